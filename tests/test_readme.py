"""What the README shows, run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import otmodels as om

ROOT = Path(__file__).parents[1]


def test_the_python_of_the_readme_runs_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 10
    names: dict[str, Any] = {}
    for block in blocks:
        if "solution" in names:
            solution = names["solution"]
            names |= {"some_plan": solution.plan, "some_f": solution.f, "some_g": solution.g}
        exec(block, names)
    assert names["solution"].value == pytest.approx(153.675, rel=1e-12)
    assert names["extended"].value == pytest.approx(154.125, rel=1e-12)
    assert names["extended"].certificate.passed
    assert np.isclose(names["line"].value, 351 / 497)
    assert names["report"].verdict.name == "HOLDS"
    assert np.isclose(names["flow"].value, 351 / 497)
    assert names["distance"].certificate.passed
    assert names["answer"].value == pytest.approx(10)
    assert str(om.lp.conflict(names["diet"])).endswith("0 >= 1")
    assert str(om.explain_infeasibility(names["stuck"])).startswith("sources 'Ulm' hold 3, and the targets that they may reach")
    plt.close("all")


def test_the_commands_of_the_readme_are_those_that_ci_runs() -> None:
    readme, ci = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run"))
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all(command in ci for command in commands)


def test_no_placeholder_was_left_in_the_readme() -> None:
    assert not re.search(r"^[A-Z]+$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
