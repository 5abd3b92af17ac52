"""How firm an optimum is: ranges agree with solving again, and with answers known by hand."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array

import otmodels as om


def solved(problem: om.TransportProblem) -> om.Solution:
    solution = om.solve(problem, language="highspy")
    assert isinstance(solution, om.Solution)
    return solution


def value(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> float:
    return solved(om.TransportProblem(a, b, cost)).value


def random_problem(seed: int, n: int = 4, m: int = 5) -> om.TransportProblem:
    """Integer masses and costs: many ties, so that optima are seldom unique."""
    rng = np.random.default_rng(seed)
    a = rng.integers(1, 6, n).astype(np.float64)
    b = rng.multinomial(int(a.sum()), np.full(m, 1 / m)).astype(np.float64)
    return om.TransportProblem(a, b, rng.integers(0, 6, (n, m)).astype(np.float64))


def part(table: pd.DataFrame, what: str) -> pd.DataFrame:
    chosen = table.xs(what, level="what")
    assert isinstance(chosen, pd.DataFrame)
    return chosen


class TestUniqueness:
    def test_of_dantzigs_canneries(self) -> None:
        """Who keeps the spare cases is open; potentials are not."""
        table = solved(om.read_dataset("data/canning").problem).uniqueness()
        assert part(table, "source potential")["unique"].all()
        assert part(table, "target potential")["unique"].all()
        plan = part(table, "plan")
        open_to = plan[["lowest", "highest"]].to_numpy()[plan.index.get_loc(("Seattle", "New York"))]
        assert open_to.tolist() == [0, 50]
        assert plan.loc[("Seattle", "Chicago"), "unique"]

    def test_of_one_pair_and_of_two_that_are_apart(self) -> None:
        assert solved(om.TransportProblem([1], [1], [[2]])).uniqueness()["unique"].all()
        table = solved(om.TransportProblem([1, 1], [1, 1], [[0, 5], [5, 0]])).uniqueness()
        assert part(table, "plan")["unique"].all()
        loose = part(table, "source potential").iloc[1]
        assert (loose["lowest"], loose["highest"]) == (-5, 5)

    @pytest.mark.parametrize("seed", range(8))
    def test_potentials_are_optimal_at_both_ends_of_their_range_and_not_beyond(self, seed: int) -> None:
        """A linear program of its own: the range of f_k over all optimal potentials."""
        problem = random_problem(seed)
        solution = solved(problem)
        table = part(solution.uniqueness(), "source potential")
        best = solution.value
        for k in range(problem.source.size):
            for end, sense in (("lowest", "min"), ("highest", "max")):
                assert table[end].iloc[k] == pytest.approx(_extreme(problem, best, k, sense), abs=1e-7)

    @pytest.mark.parametrize("seed", range(8))
    def test_plan_entries_have_the_range_that_cheaper_and_dearer_pairs_find(self, seed: int) -> None:
        """A pair made a little cheaper carries its most, a little dearer its least."""
        problem = random_problem(seed)
        plan = part(solved(problem).uniqueness(), "plan")
        for key, row in plan.iterrows():
            i, j = cast(tuple[int, int], key)
            for step, end in ((-1e-3, "highest"), (1e-3, "lowest")):
                cost = problem.cost.values.copy()
                cost[i, j] += step
                again = solved(om.TransportProblem(problem.a, problem.b, cost)).plan[i, j]
                assert again == pytest.approx(row[end], abs=1e-9)


def _extreme(problem: om.TransportProblem, best: float, k: int, sense: str) -> float:
    """min or max f_k over f_i + g_j <= C_ij, <a, f> + <b, g> = best, f = 0 at the gauge."""
    n, m = problem.shape
    i, j = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    rows = np.zeros((n * m + 1, n + m))
    rows[np.arange(n * m), i], rows[np.arange(n * m), n + j] = 1, 1
    rows[-1] = np.concatenate([problem.a, problem.b])
    gauge = int((problem.a > 0).argmax())
    lower, upper = np.full(n + m, -np.inf), np.full(n + m, np.inf)
    lower[gauge] = upper[gauge] = 0
    cost = np.eye(n + m)[k]
    program = om.lp.LinearProgram(
        cost,
        csc_array(rows),
        np.append(np.full(n * m, -np.inf), best),
        np.append(problem.cost.values.ravel(), best),
        lower,
        upper,
        om.lp.numbered("row_", n * m + 1),
        om.lp.numbered("x_", n + m),
        "min" if sense == "min" else "max",
    )
    solution = program.solve()
    if solution.x is None:
        return -np.inf if sense == "min" else np.inf
    return solution.value


class TestRanging:
    @pytest.mark.parametrize("seed", range(8))
    def test_a_plan_stays_optimal_within_its_costs_range_and_not_beyond(self, seed: int) -> None:
        problem = random_problem(seed)
        solution = solved(problem)
        table = part(solution.ranging(), "cost")
        plan = solution.plan
        for key, row in table.iterrows():
            i, j = cast(tuple[int, int], key)
            for end, outward in (("lowest", -1.0), ("highest", 1.0)):
                if not np.isfinite(row[end]):
                    continue
                for beyond in (0.0, 0.5):
                    cost = problem.cost.values.copy()
                    cost[i, j] = row[end] + outward * beyond
                    best = value(problem.a, problem.b, cost)
                    held = float((plan * cost).sum())
                    assert (held <= best + 1e-9) == (beyond == 0.0)

    @pytest.mark.parametrize("seed", range(8))
    def test_potentials_stay_optimal_within_a_masss_range_and_not_beyond(self, seed: int) -> None:
        problem = random_problem(seed)
        solution = solved(problem)
        table, gauge = solution.ranging(), int((problem.a > 0).argmax())
        for what, side in (("source mass", 0), ("target mass", 1)):
            for key, row in part(table, what).iterrows():
                atom = cast(tuple[int, int], key)[side]
                for end, outward in (("lowest", -1.0), ("highest", 1.0)):
                    for beyond in (0.0, 0.25):
                        change = row[end] - row["value"] + outward * beyond
                        a, b = problem.a.copy(), problem.b.copy()
                        (a if side == 0 else b)[atom] += change
                        a[gauge] += change if side else -change
                        if not np.isfinite(change) or (a < 0).any() or (b < 0).any():
                            continue
                        predicted = solution.value + row["rate"] * change
                        assert (value(a, b, problem.cost.values) <= predicted + 1e-9) == (beyond == 0.0)
