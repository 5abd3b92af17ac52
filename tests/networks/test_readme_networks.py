"""What the README shows of networks, run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

import otmodels as om
from otmodels.critics import Critic

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(word: str) -> str:
    [found] = [block for block in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL) if word in block]
    return str(found)


def test_w1_loss_trains_an_ordinary_module_in_ten_lines() -> None:
    """Not counted: two imports, the seed, and what is looked at afterwards."""
    code = block("W1Loss()").strip().splitlines()
    counted = [line for line in code if line and not re.match(r"import|from|torch.manual_seed|loss.certificate", line)]
    assert len(counted) <= 10
    names: dict[str, Any] = {}
    exec("\n".join(code), names)
    assert names["loss"].certificate.passed
    assert isinstance(names["loss"].critic, Critic)
    made, truth = (om.Measure.from_samples(each) for each in (points(names["generator"]), names["moons"][:500].numpy()))
    assert om.wasserstein_distance(made, truth).value < 0.25


def points(generator: Any) -> Any:
    with torch.no_grad():
        return generator(torch.randn(500, 2)).double().numpy()


def test_a_neural_critic_is_fitted_and_audited(capsys: Any) -> None:
    names: dict[str, Any] = {}
    exec(block("fit_critic("), names)
    fit = names["fit"]
    assert "penalty 10 with 64 and 64 units" in capsys.readouterr().out
    assert fit.is_done
    assert 0.8 < fit.audit().share <= 1
    assert np.isclose(fit.exact.value, om.wasserstein_distance(names["ring"], names["moons"]).value)
