"""How firm an optimum is: ranges agree with solving again, and with answers known by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import maximum_flow

import otmodels as om
from otmodels.errors import ParameterError
from otmodels.sensitivity import Firmness, check_size


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
        table = solution.uniqueness().drop(index="plan", level="what")
        best = solution.value
        for k in range(problem.source.size + problem.target.size):
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
    """min or max of the k-th of f and g over f_i + g_j <= C_ij, <a, f> + <b, g> = best, f = 0 at the gauge."""
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
    if solution.certificate is None:
        return -np.inf if sense == "min" else np.inf
    return solution.value


def fact(solution: om.Solution | om.LipschitzSolution, name: str) -> object:
    return solution.degeneracy()["value"][name]


class TestInvariance:
    @pytest.mark.parametrize("seed", range(6))
    def test_a_source_without_mass_changes_no_range_wherever_it_stands(self, seed: int) -> None:
        """Standing first, it is not what the others are measured against."""
        problem = random_problem(seed, 3, 3)
        cost = np.vstack([problem.cost.values, [[3.0, 1.0, 4.0]]])
        tables = []
        for order in ([0, 1, 2, 3], [3, 0, 1, 2]):
            source = om.Measure(np.append(problem.a, 0.0)[order], labels=order)
            solution = solved(om.TransportProblem(source, problem.target, cost[order]))
            masses = part(solution.ranging(), "source mass").reset_index()["source"]
            assert set(masses) == {1, 2, 3}
            tables.append(solution.uniqueness().drop(index="plan", level="what")[["lowest", "highest"]])
        np.testing.assert_allclose(tables[0], tables[1].loc[[*tables[0].index]], atol=1e-9)

    @pytest.mark.parametrize("seed", range(8))
    def test_units_that_round_change_no_verdict(self, seed: int) -> None:
        """Masses as parts of 1 and costs in thirds: ranges in proportion, and unique what was unique."""
        whole = random_problem(seed)
        parts = om.TransportProblem(whole.a, whole.b, whole.cost.values / 3, balance="rescale")
        one, two = solved(whole), solved(parts)
        assert one.degeneracy()["value"].tolist() == two.degeneracy()["value"].tolist()
        left, right = one.uniqueness(), two.uniqueness()
        assert left["unique"].tolist() == right["unique"].tolist()
        unit = np.where(left.index.get_level_values("what") == "plan", whole.a.sum(), 3)[:, None]
        np.testing.assert_allclose(left[["lowest", "highest"]], right[["lowest", "highest"]] * unit, atol=1e-8)


class TestLabelsAndSizes:
    def test_labels_that_are_tuples_or_of_several_types(self) -> None:
        source, target = om.Measure([1, 2], labels=[("a", 1), ("b", 2)]), om.Measure([2, 1], labels=[7, "7"])
        solution = solved(om.TransportProblem(source, target, [[0, 1], [1, 0]]))
        for table in (solution.uniqueness(), solution.ranging()):
            assert table.index.is_unique
            assert {("b", 2), ("a", 1)} <= set(table.reset_index()["source"])
        plan = solution.uniqueness().reset_index()
        (row,) = plan[(plan["source"] == ("b", 2)) & (plan["target"] == "7")].to_dict("records")
        assert (row["what"], row["value"], row["unique"]) == ("plan", 1, True)
        rows = solution.ranging().reset_index()
        assert rows["what"].tolist() == ["cost"] * 4 + ["source mass"] + ["target mass"] * 2

    def test_a_plan_without_cycles_is_unique_without_a_flow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(0)
        a, b = rng.random((2, 40))
        solution = solved(om.TransportProblem(a, b * a.sum() / b.sum(), rng.random((40, 40))))
        monkeypatch.setattr("otmodels.sensitivity.residual.maximum_flow", lambda *_: pytest.fail("a flow is computed"))
        table = solution.uniqueness()
        assert part(table, "plan")["unique"].all()
        assert part(table, "plan")["value"].sum() == pytest.approx(a.sum())


class TestDegeneracy:
    def test_a_plan_in_two_parts_says_which_masses_are_equal(self) -> None:
        source, target = om.Measure([2, 3], labels=["Ulm", "Bonn"]), om.Measure([3, 2], labels=["mill", "dam"])
        table = solved(om.TransportProblem(source, target, [[9, 1], [1, 9]])).degeneracy()
        assert table["value"].tolist() == [2, 3, 2, True, 0, False]
        assert table["meaning"]["parts of the plan"] == "sources 'Ulm' hold just what targets 'dam' take, 2"

    @pytest.mark.parametrize("seed", range(30))
    def test_what_is_not_degenerate_is_unique(self, seed: int) -> None:
        solution = solved(random_problem(seed))
        table = solution.uniqueness()
        massive: set[tuple[object, ...]] = {("source potential", i, "") for i in np.flatnonzero(solution.problem.a)}
        massive |= {("target potential", "", j) for j in np.flatnonzero(solution.problem.b)}
        if not fact(solution, "plan is degenerate"):
            assert table.loc[[key in massive for key in table.index], "unique"].all()
        if not fact(solution, "potentials are degenerate"):
            assert part(table, "plan")["unique"].all()

    def test_both_kinds_occur_and_so_do_neither(self) -> None:
        seen = {
            (bool(fact(s, "plan is degenerate")), bool(fact(s, "potentials are degenerate")))
            for s in (solved(random_problem(seed)) for seed in range(30))
        }
        assert seen == {(True, True), (True, False), (False, True), (False, False)}

    def test_pairs_of_atoms_without_mass_leave_the_plan_alone(self) -> None:
        """All four pairs are tight, and mass can go along one."""
        solution = solved(om.TransportProblem([1, 0], [1, 0], np.zeros((2, 2))))
        assert not fact(solution, "potentials are degenerate")
        assert fact(solution, "tight pairs without mass") == 0
        assert part(solution.uniqueness(), "plan")["unique"].all()

    def test_rounding_in_a_plan_is_no_mass(self) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[0, 5], [9, 0]])
        firm = Firmness(problem, csr_array(np.array([[1.0, 1e-14], [0.0, 1.0]])), np.zeros(2), np.zeros(2))
        assert firm.degeneracy()["value"]["pairs that carry mass"] == 2

    def test_a_tight_pair_without_mass_need_not_close_a_cycle(self) -> None:
        """Two parts joined by a tight pair: one potential is pinned by it from one side only, the plan is unique."""
        solution = solved(om.TransportProblem([1, 1], [1, 1], [[0, 5], [9, 0]]))
        assert not fact(solution, "potentials are degenerate")


class TestWhatCannotBeExamined:
    def test_a_flow_is_examined_as_the_plan_that_it_is(self) -> None:
        problem = om.read_dataset("data/earth_moving").problem
        flow = om.solve(problem, "flow", "highspy", support="neighbours")
        ranges = [part(s.uniqueness(), "plan")[["lowest", "highest"]] for s in (flow, solved(problem))]
        pd.testing.assert_frame_equal(ranges[0], ranges[1])

    def test_a_lower_bound_is_no_optimum(self) -> None:
        line = om.Measure([1, 0, 0], [0, 1, 2]), om.Measure([0, 0, 1], [0, 1, 2])
        bound = om.solve(om.TransportProblem(*line, om.ground_cost(*line, power=2)), "lipschitz", "highspy", force=True)
        with pytest.raises(ParameterError, match="not certified"):
            bound.ranging()

    def test_more_pairs_than_memory_is_meant_for(self) -> None:
        n = 1025
        line = om.Measure(np.ones(n), np.arange(n))
        with pytest.raises(ParameterError, match=r"1,025 x 1,025 pairs.*about a minute"):
            check_size(om.TransportProblem(line, line, om.ground_cost(line, line)))

    def test_more_flows_than_anybody_waits_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two costs of 12 x 12 at random: most tight pairs lie on cycles that no direct exchange closes."""
        rng = np.random.default_rng(0)
        solution = solved(om.TransportProblem(np.ones(12), np.ones(12), rng.integers(0, 2, (12, 12))))
        monkeypatch.setattr("otmodels.sensitivity.firmness.MOST_TIES", 500)
        for table in (solution.uniqueness, solution.ranging):
            with pytest.raises(ParameterError, match=r"pairs tight.*more than about a minute"):
                table()


def cheapest(shape: tuple[int, int], cost: np.ndarray, right: np.ndarray, tight: np.ndarray, step: np.ndarray) -> float:
    """min <cost, (plan, t)> over plans on tight pairs of masses right + t step, by a linear program; -inf if unbounded."""
    (n, m), (i, j) = shape, np.nonzero(tight)
    rows = np.zeros((n + m, i.size + 1))
    rows[i, np.arange(i.size)] = rows[n + j, np.arange(i.size)] = 1
    rows[:, -1] = -step
    lower, upper = np.append(np.zeros(i.size), -np.inf), np.full(i.size + 1, np.inf)
    names = om.lp.numbered("row_", n + m), om.lp.numbered("x_", i.size + 1)
    solution = om.lp.LinearProgram(cost, csc_array(rows), right, right.copy(), lower, upper, *names).solve()
    return solution.value if solution.status.optimal else -np.inf


class TestFlows:
    """Entries and masses over all optimal plans, against a linear program each."""

    @pytest.mark.parametrize("seed", range(10))
    @pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e-7])
    def test_ranges_are_those_of_linear_programs_to_a_part_in_a_billion_of_the_mass(self, seed: int, scale: float) -> None:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(2, 7, 2)
        a, b = rng.random((2, max(n, m)))
        a, b = a[:n] ** 8 * scale, b[:m] ** 8
        problem = om.TransportProblem(a, b * (a.sum() / b.sum()), rng.integers(0, 3, (n, m)).astype(float))
        solution = solved(problem)
        right, gauge = np.concatenate([problem.a, problem.b]), 0
        tight = problem.cost.values - solution.f[:, None] - solution.g <= 1e-9
        plan = part(solution.uniqueness(), "plan")
        for k, (least, most) in enumerate(plan[["lowest", "highest"]].to_numpy()):
            for sign, end in ((1.0, least), (-1.0, -most)):
                cost = sign * np.eye(plan.shape[0] + 1)[k]
                found = cheapest(problem.shape, cost, right, tight, np.zeros(n + m))
                assert end == pytest.approx(found, rel=0, abs=1e-9 * a.sum())
        masses = solution.ranging().drop(index="cost", level="what")
        for k, (_, row) in enumerate(masses.iterrows(), start=1):
            step = np.eye(n + m)[k]
            step[gauge] = -1.0 if k < n else 1.0
            for sign, end in ((1.0, row["lowest"] - row["value"]), (-1.0, row["value"] - row["highest"])):
                found = cheapest(problem.shape, sign * np.eye(plan.shape[0] + 1)[-1], right, tight, step)
                assert end == found or end == pytest.approx(found, rel=0, abs=1e-9 * a.sum())

    def test_where_all_costs_are_equal_any_pair_can_carry_all_of_its_atoms_and_it_takes_few_flows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Some an atom, of which there are 120, and not one a pair, of which there are 3,600."""
        flows: list[object] = []

        def counted(*about: Any) -> Any:
            flows.append(about)
            return maximum_flow(*about)

        monkeypatch.setattr("otmodels.sensitivity.residual.maximum_flow", counted)
        cost = np.ones((60, 60))
        rng = np.random.default_rng(0)
        a = rng.random(60)
        solution = solved(om.TransportProblem(a, rng.permutation(a), cost))
        plan = part(solution.uniqueness(), "plan")
        assert 0 < len(flows) < 10 * 120
        room = np.minimum.outer(solution.problem.a, solution.problem.b).ravel()
        np.testing.assert_allclose(plan["highest"], room, rtol=0, atol=1e-12 * a.sum())
        np.testing.assert_allclose(plan["lowest"], 0, rtol=0, atol=1e-12 * a.sum())


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

    def test_forbidden_pairs_have_no_cost_to_change(self) -> None:
        """One way alone: the plan stays whatever the costs, for as long as they leave it the only one."""
        table = solved(om.TransportProblem([1, 1], [1, 1], [[1.0, float("inf")], [0.0, 2.0]])).ranging()
        assert part(table, "cost").index.tolist() == [(0, 0), (1, 0), (1, 1)]
        assert table[["lowest", "highest"]].to_numpy()[:3].tolist() == [[-np.inf, np.inf]] * 3

    @pytest.mark.parametrize("seed", range(20))
    def test_random_changes_within_and_beyond_the_range_agree_with_solving_again(self, seed: int) -> None:
        """One cost or one mass at random: the value predicted by the rate is the value found exactly within the range."""
        rng = np.random.default_rng(seed)
        problem = random_problem(seed, *rng.integers(2, 6, 2).tolist())
        solution, gauge = solved(problem), int((problem.a > 0).argmax())
        table = solution.ranging().reset_index()
        for _, row in table.sample(12, random_state=seed, replace=True).iterrows():
            change = float(rng.uniform(-4, 4))
            a, b, cost = problem.a.copy(), problem.b.copy(), problem.cost.values.copy()
            if row["what"] == "cost":
                cost[row["source"], row["target"]] += change
            else:
                side, atom = (a, row["source"]) if row["what"] == "source mass" else (b, row["target"])
                side[atom] += change
                a[gauge] += -change if row["what"] == "source mass" else change
            end = row["value"] + change
            if min(a.min(), b.min()) < 0 or min(abs(end - row["lowest"]), abs(end - row["highest"])) < 1e-6:
                continue
            within = row["lowest"] <= end <= row["highest"]
            assert (abs(value(a, b, cost) - solution.value - row["rate"] * change) <= 1e-9) == within
