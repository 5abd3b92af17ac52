"""Numbers from elsewhere: right where they are right, and caught where they are not; what README says of other packages."""

from __future__ import annotations

import warnings
from typing import Any

import cvxpy as cp
import numpy as np
import ot
import pyomo.environ as pyo
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from scipy.stats import wasserstein_distance, wasserstein_distance_nd

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
    assert lower <= true * (1 + 1e-12)
    assert upper >= true * (1 - 1e-12)


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


INF, NAN = float("inf"), float("nan")
HALVES = np.array([0.5, 0.5])
SMALL = np.array([[0.0, 1.0], [2.0, 3.0]])
FORBIDDEN, UNKNOWN = np.array([[0.0, INF], [2.0, 3.0]]), np.array([[0.0, NAN], [2.0, 3.0]])


def by_linprog(cost: FloatArray, a: FloatArray, b: FloatArray) -> Any:
    n, m = cost.shape
    rows = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    return linprog(cost.ravel(), A_eq=rows, b_eq=np.concatenate([a, b]), method="highs")


def by_cvxpy(cost: FloatArray, a: FloatArray, b: FloatArray) -> Any:
    gamma = cp.Variable(cost.shape, nonneg=True)
    marginals = [cp.sum(gamma, axis=1) == a, cp.sum(gamma, axis=0) == b]
    program = cp.Problem(cp.Minimize(cp.sum(cp.multiply(cost, gamma))), marginals)
    program.solve(solver=cp.HIGHS)
    return program


def by_pyomo(cost: FloatArray, a: FloatArray, b: FloatArray) -> Any:
    n, m = cost.shape
    model = pyo.ConcreteModel()
    model.gamma = pyo.Var(range(n), range(m), domain=pyo.NonNegativeReals)
    model.cost = pyo.Objective(expr=sum(float(cost[i, j]) * model.gamma[i, j] for i in range(n) for j in range(m)))
    model.source = pyo.Constraint(range(n), rule=lambda p, i: sum(p.gamma[i, j] for j in range(m)) == float(a[i]))
    model.target = pyo.Constraint(range(m), rule=lambda p, j: sum(p.gamma[i, j] for i in range(n)) == float(b[j]))
    model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    model.result = pyo.SolverFactory("appsi_highs").solve(model).solver.termination_condition
    return model


def distance(x: FloatArray, y: FloatArray) -> float:
    solution = om.wasserstein_distance(om.Measure.from_samples(x), om.Measure.from_samples(y))
    assert not isinstance(solution, om.Unsolved)
    return solution.value


class TestWhatTheReadmeSays:
    def test_signs_of_the_multipliers(self) -> None:
        solution = om.solve(om.TransportProblem(HALVES, HALVES, SMALL))
        f = np.array([0.0, 2.0])  # f_2 - f_1 is unique
        assert np.allclose(np.diff(solution.f), np.diff(f))
        _, log = emd(HALVES, HALVES, SMALL)
        assert np.allclose(np.diff(log["u"]), np.diff(f))
        assert np.allclose(np.diff(by_linprog(SMALL, HALVES, HALVES).eqlin.marginals[:2]), np.diff(f))
        assert np.allclose(np.diff(by_cvxpy(SMALL, HALVES, HALVES).constraints[0].dual_value), -np.diff(f))
        model = by_pyomo(SMALL, HALVES, HALVES)
        assert model.dual[model.source[1]] - model.dual[model.source[0]] == pytest.approx(2)

    def test_small_costs_are_answered_far_off_and_called_optimal(self) -> None:
        cost, a, b = random_data()
        small = 1e-12 * cost
        solution = om.solve(om.TransportProblem(a, b, small))
        assert solution.certificate.passed
        assert solution.value == pytest.approx(1e-12 * optimum(om.TransportProblem(a, b, cost)), rel=1e-9)
        true = solution.value
        assert emd(a, b, small)[1]["cost"] == pytest.approx(1.26 * true, rel=0.01)
        by_scipy, program, model = by_linprog(small, a, b), by_cvxpy(small, a, b), by_pyomo(small, a, b)
        assert (by_scipy.status, program.status, str(model.result)) == (0, "optimal", "optimal")
        assert min(by_scipy.fun, program.value, pyo.value(model.cost)) > 10 * true

    def test_a_cost_that_is_not_a_number(self) -> None:
        with pytest.raises(om.errors.NotANumberError, match=r"\(0, 1\)"):
            om.TransportProblem(HALVES, HALVES, UNKNOWN)
        assert emd(HALVES, HALVES, UNKNOWN)[1]["warning"] is None
        for solved in (by_linprog, by_cvxpy):
            with pytest.raises(ValueError, match=r"[Nn]a[Nn]|inf"):
                solved(UNKNOWN, HALVES, HALVES)
        assert np.isnan(pyo.value(by_pyomo(UNKNOWN, HALVES, HALVES).cost))

    def test_a_forbidden_pair(self) -> None:
        assert optimum(om.TransportProblem(HALVES, HALVES, FORBIDDEN)) == pytest.approx(1.5)
        plan, log = emd(HALVES, HALVES, FORBIDDEN)
        assert np.allclose(plan, np.diag(HALVES))
        assert np.isnan(log["u"]).all()
        for solved in (by_linprog, by_cvxpy):
            with pytest.raises(ValueError, match=r"[Ii]nf"):
                solved(FORBIDDEN, HALVES, HALVES)
        model = by_pyomo(FORBIDDEN, HALVES, HALVES)
        assert np.isnan(pyo.value(model.cost))
        assert model.gamma[1, 1].value == pytest.approx(0.5)

    def test_a_problem_without_a_plan(self) -> None:
        a, b, stuck = np.array([3.0, 1.0]), np.array([2.0, 2.0]), np.array([[0.0, INF], [1.0, 1.0]])
        problem = om.TransportProblem(a, b, stuck)
        assert om.explain_infeasibility(problem) is not None
        plan, log = emd(a, b, stuck)
        assert not plan.any()
        assert "infeasible" in log["warning"]

    @pytest.mark.parametrize("more", [1.0, 1e-6])
    def test_totals_that_differ(self, more: float) -> None:
        a, b = np.array([1.0, 1.0]), np.array([1.0, 1.0 + more])
        with pytest.raises(om.errors.UnbalancedError):
            om.TransportProblem(a, b, SMALL)
        assert om.TransportProblem(a, b, SMALL, balance="rescale").adjustments
        if more == 1:
            with pytest.raises(AssertionError):
                emd(a, b, SMALL)
        else:
            assert emd(a, b, SMALL)[0].sum() == pytest.approx(2, rel=1e-9)
        assert by_linprog(SMALL, a, b).status == 2
        program = by_cvxpy(SMALL, a, b)
        assert program.status == "infeasible"
        ray = [row.dual_value for row in program.constraints]
        assert abs(a @ ray[0] + b @ ray[1]) == pytest.approx(more * abs(ray[1][0]), rel=1e-6)
        with pytest.raises(RuntimeError, match="feasible solution was not found"):
            by_pyomo(SMALL, a, b)

    def test_where_others_give_the_same_value_sooner(self) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.random((40, 2)), rng.random((40, 2))
        cost = ot.dist(x, y, metric="euclidean")
        value = distance(x, y)
        assert cost[linear_sum_assignment(cost)].mean() == pytest.approx(value)
        assert wasserstein_distance_nd(x, y) == pytest.approx(value)
        u, v = x[:, 0], y[:, 0]
        on_line = distance(u, v)
        assert wasserstein_distance(u, v) == pytest.approx(on_line)
        assert ot.wasserstein_1d(u, v) == pytest.approx(on_line)
        assert wasserstein_distance([0, 1], [2, 5], [1, 1], [4, 4]) == pytest.approx(3), "masses are divided by their total"
