"""What the README shows, run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import otmodels as om

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


NETWORKS = ("import torch", "fit_critic")
"""In what needs torch, which tests/networks run."""


def blocks() -> list[str]:
    found = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    return [block for block in found if not any(word in block for word in NETWORKS)]


def test_the_python_of_the_readme_runs_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(blocks()) == 14
    names: dict[str, Any] = {}
    for block in blocks():
        if "solution" in names:
            solution = names["solution"]
            names |= {"some_plan": solution.plan, "some_f": solution.f, "some_g": solution.g}
        exec(block, names)
        if "extended" in names:
            assert names["extended"].value == pytest.approx(154.125, rel=1e-12)
            assert names["extended"].multipliers["truck"].item() == pytest.approx(-0.009)
    assert names["solution"].value == pytest.approx(153.675, rel=1e-12)
    assert names["extended"].certificate.passed
    assert np.isclose(names["line"].value, 351 / 497)
    assert names["report"].verdict.name == "HOLDS"
    assert np.isclose(names["flow"].value, 351 / 497)
    assert names["distance"].certificate.passed
    assert names["f"].certificate.passed
    assert 0.5 < names["audit"].share < 1
    assert names["history"].is_done
    assert names["history"].frame["certified"].all()
    assert sorted(names["history"].samples) == [0, 20, 80]
    assert names["worth"].ratio < 2
    assert names["dense"].certificate.passed
    assert names["dense"].provenance.pairs < 5000
    assert names["answer"].value == pytest.approx(10)
    assert str(om.lp.conflict(names["diet"])).endswith("0 >= 1")
    assert str(om.explain_infeasibility(names["stuck"])).startswith("sources 'Ulm' hold 3, and the targets that they may reach")
    plt.close("all")


@pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
def test_there_is_a_first_example_of_about_ten_lines_in_each_language(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [block] = [block for block in blocks() if f'language="{language}"' in block and "build" in block]
    assert len(block.split("\n\n", 1)[1].splitlines()) <= 10
    names: dict[str, Any] = {}
    exec(block, names)  # alone, without what stands above it
    assert names["extended"].certificate.passed


TABLES = [("languages", "## What a language costs"), ("grid", "## What neighbours save"), ("critics", "## Critics")]


@pytest.mark.parametrize(("table", "heading"), TABLES)
def test_measurements_are_those_of_data(table: str, heading: str) -> None:
    section = README.split(heading, 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[2:-1] for line in section.splitlines() if line.startswith("|")][2:]
    printed = [[float(cell.replace(",", "").strip() or "nan") for cell in row] for row in rows]
    stored = pd.read_csv(ROOT / "data" / "benchmarks" / f"{table}.csv")
    columns = {
        "languages": ["build_s", "compile_s", "solve_s", "extract_s", "total_s", "to_highspy", "to_primal", "peak_mib"],
        "grid": ["seconds", "peak_mib", "relative_gap", "emd_seconds", "emd_peak_mib", "emd_over_otmodels"],
        "critics": ["n", "seconds", "peak_mib", "against_seconds", "ratio"],
    }[table]
    assert np.array_equal(printed, stored[columns].to_numpy(dtype=np.float64), equal_nan=True)


def stored(table: str) -> Any:
    return pd.read_csv(ROOT / "data" / "benchmarks" / f"{table}.csv")


def printed_after(words: str) -> dict[str, list[float]]:
    """The first table after some words: the numbers of each row by what stands in its first cell."""
    rows = README.split(words, 1)[1].split("\n\n|", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name: [float(number) for number in numbers] for name, *numbers in cells}


def test_generators_are_those_of_data() -> None:
    """Ratios on all data; L, share and seconds of the ring."""
    ratios = stored("wgan").pivot(index="critic", columns="data", values="ratio")
    ring = stored("wgan").query("data == 'ring'").set_index("critic")
    for critic, printed in printed_after("`otmodels benchmark wgan --picture data/digits`").items():
        about = ring.loc[critic, ["constant", "share", "seconds"]].tolist()
        assert printed == [*ratios.loc[critic, ["line", "moons", "ring", "digits"]].tolist(), *about]


def test_critics_on_known_truth_are_those_of_data() -> None:
    """Ratios in each dimension, then cosine, L2 and seconds of the funnels in 16."""
    known = stored("known")
    ratios = known.pivot(index="critic", columns=["pair", "dimension"], values="ratio")
    about = known[(known["pair"] == "funnels") & (known["dimension"] == 16)].set_index("critic")
    found = printed_after("`otmodels benchmark critics`, second table")
    assert list(found) == known["critic"].drop_duplicates().tolist()
    for critic, printed in found.items():
        wanted = [ratios.loc[critic, (pair, d)] for pair in ("scaled ball", "funnels") for d in (2, 16, 64)]
        assert printed == [*wanted, *about.loc[critic, ["cosine", "l2", "seconds"]].tolist()]


def test_the_commands_of_the_readme_are_those_that_ci_runs() -> None:
    readme, ci = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run"))
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all(command in ci for command in commands)


def test_no_placeholder_was_left_in_the_readme() -> None:
    assert not re.search(r"^[A-Z]+$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
