"""Numbers from elsewhere: POT's network simplex, right where it is right and caught where it is not."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import ot
import pytest

import otmodels as om
from otmodels.arrays import FloatArray


def random_data(n: int = 60) -> tuple[FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(0)
    cost, a, b = rng.random((n, n)), rng.random(n), rng.random(n)
    return cost, a / a.sum(), b / b.sum()


def emd(a: FloatArray, b: FloatArray, cost: FloatArray, **options: Any) -> tuple[FloatArray, dict[str, Any]]:
    with warnings.catch_warnings(action="ignore"):
        plan, log = ot.emd(a, b, cost, log=True, **options)
    return plan, log


def optimum(problem: om.TransportProblem) -> float:
    solution = om.solve(problem)
    assert isinstance(solution, om.Solution)
    return solution.value


def test_an_optimal_answer_of_pot_is_certified() -> None:
    cost, a, b = random_data()
    plan, log = emd(a, b, cost)
    problem = om.TransportProblem(a, b, cost)
    certificate = om.certify(problem, plan, log["u"], log["v"])
    assert certificate.passed
    assert certificate.primal_value == pytest.approx(optimum(problem), rel=1e-9)


@pytest.mark.parametrize("unit", [1e-12, 1e-16])
def test_an_answer_that_pot_calls_converged_but_is_far_off_is_caught(unit: float) -> None:
    cost, a, b = random_data()
    plan, log = emd(a, b, unit * cost)
    problem = om.TransportProblem(a, b, unit * cost)
    true = optimum(problem)
    assert log["warning"] is None, "POT reports convergence"
    assert (plan * unit * cost).sum() > 1.2 * true, "and is at least a fifth above the optimum"
    certificate = om.certify(problem, plan, log["u"], log["v"])
    assert not certificate.passed
    lower, upper = certificate.interval
    assert lower <= true <= upper


def test_an_answer_that_was_stopped_early_is_caught() -> None:
    cost, a, b = random_data()
    plan, log = emd(a, b, cost, numItermax=100)
    assert not om.certify(om.TransportProblem(a, b, cost), plan, log["u"], log["v"]).passed


def test_an_entropic_plan_is_not_optimal() -> None:
    cost, a, b = random_data()
    problem = om.TransportProblem(a, b, cost)
    plan = ot.sinkhorn(a, b, cost, reg=0.05, numItermax=20_000, stopThr=1e-13)
    certificate = om.certify(problem, plan)
    assert not certificate.passed
    assert certificate.interval[1] > optimum(problem)
