"""Programs without an optimal point: exactly one verified answer each, and the rows that are to blame, none too many."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, vstack
from test_lp_conversion import drawn, programs, stated

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, SolveError
from otmodels.languages import Declaration, compile_model, solve_program
from otmodels.lp import Conflict, DualRay, LinearProgram, PrimalRay, conflict, conflict_of, farkas, proof, repair
from otmodels.status import PointStatus, Termination

INF = np.inf
STUCK = np.array([[0.0, INF], [1.0, 1.0]])
Member = tuple[str, str, int]


def infeasible(lp: LinearProgram) -> Conflict:
    found = conflict(lp)
    assert found is not None
    assert found.ray.verified
    return found


def members(found: Conflict) -> list[Member]:
    return [(part.kind, part.side, int(k)) for part in found.ray.bounds for k in np.flatnonzero(part.multipliers)]


def only(lp: LinearProgram, kept: list[Member]) -> LinearProgram:
    """The program that consists of some bounds, with nothing to minimise."""
    rows, columns = np.tile([[-INF], [INF]], lp.shape[0]), np.tile([[-INF], [INF]], lp.shape[1])
    given = {"row": (rows, (lp.row_lower, lp.row_upper)), "variable": (columns, (lp.lower, lp.upper))}
    for kind, side, k in kept:
        loose, ends = given[kind]
        loose[int(side == "upper"), k] = ends[int(side == "upper")][k]
    return replace(
        lp, c=np.zeros(lp.shape[1]), row_lower=rows[0], row_upper=rows[1], lower=columns[0], upper=columns[1], offset=0.0
    )


def has_a_point(lp: LinearProgram) -> bool:
    """By Farkas' lemma, in rational numbers."""
    form = lp.standard_form().program
    return farkas(form.A, form.row_lower, exact=True).feasible


class TestExactlyOneAnswer:
    @given(programs(30))
    @settings(deadline=None, max_examples=150)
    def test_every_program_ends_with_one_answer_that_is_verified(self, lp: LinearProgram) -> None:
        solution = lp.solve()
        assert solution.verified
        assert (solution.certificate is None) != (solution.ray is None)
        termination, primal, dual = solution.status.termination, solution.status.primal, solution.status.dual
        if isinstance(solution.ray, DualRay):
            assert (termination, dual) == (Termination.INFEASIBLE, PointStatus.RAY)
        elif isinstance(solution.ray, PrimalRay):
            assert (termination, primal) == (Termination.UNBOUNDED, PointStatus.RAY)
        else:
            assert solution.certificate is not None
            assert solution.certificate.passed

    @pytest.mark.parametrize(("seed", "most"), [(437882, 30), (439601, 15)])
    def test_rounding_in_a_proof_and_a_solver_that_gives_up_are_no_obstacle(self, seed: int, most: int) -> None:
        """Multipliers of 1e-17 on rows without a bound; a dual simplex method that ends with "unknown"."""
        assert drawn(seed, most).solve().verified

    @given(programs(6))
    @settings(deadline=None, max_examples=60)
    def test_a_dual_ray_is_there_exactly_where_rational_arithmetic_finds_no_point(self, lp: LinearProgram) -> None:
        assert isinstance(lp.solve().ray, DualRay) != has_a_point(lp)

    def test_all_three_endings_occur(self) -> None:
        rays = [type(drawn(seed, 8).solve().ray) for seed in range(120)]
        assert {DualRay, PrimalRay, type(None)} == set(rays)

    @pytest.mark.parametrize("times", [1, 8])
    @pytest.mark.parametrize("sense", ["min", "max"])
    def test_what_highs_leaves_behind_is_a_proof_by_itself_handed_over_as_written_or_as_its_dual(
        self, times: int, sense: Literal["min", "max"]
    ) -> None:
        """Eight times as many rows as columns: HiGHS is given the dual, whose rays are those of the program turned around."""
        sign = 1.0 if sense == "min" else -1.0
        matrix = np.tile([[1.0, -1.0], [1.0, 1.0]], (times, 1))
        improving = stated([-sign, -sign], matrix, [(-INF, 2.0), (1.0, INF)] * times, [(0, INF)] * 2, sense)
        run = solve_program(improving)
        if run.primal_ray is not None:
            assert PrimalRay(improving, np.array([1.0, 1.0]), run.primal_ray).verified
        assert isinstance(improving.solve().ray, PrimalRay)
        crossing = stated([sign, sign], matrix, [(-INF, -3.0), (-INF, 2.0)] * times, [(0, INF), (0, 1)], sense)
        run = solve_program(crossing)
        assert run.dual_ray is not None
        assert DualRay.of(crossing, run.dual_ray).verified

    @pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
    def test_units_of_rows_do_not_matter(self, unit: float) -> None:
        lp = stated([1, 1], [[1, 1], [unit, unit]], [(5, INF), (-INF, 3 * unit)], [(0, INF)] * 2)
        assert isinstance(lp.solve().ray, DualRay)
        proposed = solve_program(lp).dual_ray
        assert proposed is not None
        assert DualRay.of(lp, proposed).verified
        loose = stated([1, 1], [[1, 1], [unit, unit]], [(5, INF), (-INF, 5 * unit)], [(0, INF)] * 2)
        assert loose.solve().verified


class TestDualRay:
    def lp(self) -> LinearProgram:
        """At least 2 of bread and 3 of milk, at most 4 in the bag."""
        rows = [(2, INF), (3, INF), (-INF, 4), (-INF, 9)]
        lp = stated([1, 1], [[1, 0], [0, 1], [1, 1], [1, 0]], rows, [(0, INF)] * 2)
        return replace(lp, row_names=["bread", "milk", "bag", "purse"], column_names=["loaves", "bottles"])

    def test_the_rows_that_contradict_each_other_are_named_with_what_they_say(self) -> None:
        found = infeasible(self.lp())
        assert found.irreducible
        assert set(found.rows) == {"bread", "milk", "bag"}
        assert str(found) == "bread (>= 2), milk (>= 3), bag (<= 4) contradict each other: multiplied and summed they say 0 >= 1"
        table = found.table()
        assert table["term"].sum() == found.ray.gain == 1
        assert table.xs("bag", level="name").to_numpy().tolist() == [["upper", 4, 1, -4]]

    def test_multipliers_that_do_not_cancel_or_lean_on_no_bound_or_gain_nothing_prove_nothing(self) -> None:
        lp, ray = self.lp(), infeasible(self.lp()).ray
        assert not DualRay.of(lp, -ray.y).verified
        assert not DualRay.of(lp, np.array([1.0, 1.0, -0.9, 0.0])).verified
        assert not DualRay.of(lp, np.zeros(4)).verified
        assert not DualRay(lp, ray.rows, ray.columns + 0.1).verified
        assert not DualRay(replace(lp, row_upper=np.array([INF, INF, 5, 9.0])), ray.rows, ray.columns).verified

    def test_each_flaw_of_a_false_proof_is_found_by_itself(self) -> None:
        lp, ray = self.lp(), infeasible(self.lp()).ray
        on_a_bound_of_zero = ray.columns + np.array([[1.0], [0.0]])
        assert DualRay(lp, ray.rows, on_a_bound_of_zero).gain == ray.gain
        assert not DualRay(lp, ray.rows, on_a_bound_of_zero).verified
        # 2 is within 1 and 3: only a multiplier < 0 of the lower bound makes a contradiction of it.
        row = stated([0], [[1], [1]], [(1, 3), (2, INF)], [(-INF, INF)])
        assert not DualRay(row, np.array([[-1.0, 1.0], [0.0, 0.0]]), np.zeros((2, 1))).verified
        variable = stated([0], [[1]], [(2, INF)], [(1, 3)])
        assert not DualRay(variable, np.array([[1.0], [0.0]]), np.array([[-1.0], [0.0]])).verified

    def test_a_contradiction_by_rounding_proves_nothing(self) -> None:
        """0.1 + 0.2 is more than 0.3 in floating point."""
        ray = DualRay.of(stated([0], [[1], [1]], [(0.1 + 0.2, INF), (-INF, 0.3)], [(-INF, INF)]), np.array([1.0, -1.0]))
        assert ray.gain > 0
        assert not ray.verified

    def test_what_cancels_but_for_a_part_in_a_billion_counts_where_its_bound_is_large(self) -> None:
        lp = stated([0], [[1 + 2.0**-30], [1]], [(3, INF), (-INF, 1)], [(-INF, 2.0**30)])
        assert DualRay.of(lp, np.array([1.0, -1.0])).gain == 3 - 1 - 1

    def test_a_sentence_names_six_at_most_and_bounds_other_than_zero(self) -> None:
        lp = stated([0] * 8, np.ones((1, 8)), [(-INF, 3)], [(1, INF), (-1, INF), *[(1, INF)] * 6])
        said = str(infeasible(lp))
        assert said.startswith("row 0 (<= 3), x 0 (>= 1), x 1 (>= -1), x 2 (>= 1), x 3 (>= 1), x 4 (>= 1) and 3 more contradict")
        lp = stated([0] * 3, np.ones((1, 3)), [(-INF, -3)], [(0, INF), (-1, INF), (0, INF)])
        assert str(infeasible(lp)).startswith("row 0 (<= -3), x 1 (>= -1) contradict each other")
        lp = stated([0], [[1], [-1]], [(5, INF), (-4, INF)], [(-INF, INF)])
        assert str(infeasible(lp)) == "row 0 (>= 5), row 1 (>= -4) contradict each other: multiplied and summed they say 0 >= 1"
        lp = stated([0] * 7, np.vstack([np.eye(7), np.ones((1, 7))]), [*[(1, INF)] * 7, (-INF, 6)], [(-INF, INF)] * 7)
        assert "and 2 more contradict" in str(infeasible(lp))

    @pytest.mark.parametrize(("row", "bounds"), [((2, 1), (0, INF)), ((0, 1), (3, 2))])
    def test_bounds_that_cross_are_a_conflict_by_themselves(self, row: object, bounds: object) -> None:
        found = infeasible(stated([1], [[1]], [row], [bounds]))
        assert found.irreducible
        assert len(members(found)) == 2
        assert found.ray.gain == 1

    def test_a_bound_on_a_variable_can_be_to_blame(self) -> None:
        lp = stated([0, 0], [[1, 1]], [(5, INF)], [(0, 2), (0, 2)])
        assert str(infeasible(lp)) == (
            "row 0 (>= 5), x 0 (>= 0, <= 2), x 1 (>= 0, <= 2) contradict each other: multiplied and summed they say 0 >= 1"
        )


class TestPrimalRay:
    def test_says_where_the_objective_runs_away(self) -> None:
        lp = stated([-1, 0], [[1, -1]], [(0, 0)], [(0, INF)] * 2)
        ray = lp.solve().ray
        assert isinstance(ray, PrimalRay)
        assert str(ray) == "each step along +1 x 0, +1 x 1 stays feasible and changes the objective by -1"
        assert ray.table()["term"].sum() == ray.rate == -1
        moved = PrimalRay(lp, np.array([4.0, 4.0]), np.array([2.0, 2.0])).table()
        assert moved.to_numpy().tolist() == [[-1, 4, 2, -2], [0, 4, 2, 0]]
        for t in (0.0, 1.0, 1e6):
            assert lp.A @ (ray.point + t * ray.direction) == pytest.approx(0)

    def test_directions_that_leave_or_do_not_improve_and_points_outside_prove_nothing(self) -> None:
        lp = stated([-1, 0], [[1, -1]], [(0, 0)], [(0, INF)] * 2)
        inside, along = np.zeros(2), np.ones(2)
        assert PrimalRay(lp, inside, along).verified
        assert not PrimalRay(lp, inside, np.array([1.0, 0.0])).verified
        assert not PrimalRay(lp, inside, -along).verified
        assert not PrimalRay(lp, np.array([1.0, 0.0]), along).verified
        assert not PrimalRay(lp, np.array([-1.0, -1.0]), along).verified
        assert not PrimalRay(replace(lp, sense="max"), inside, along).verified
        assert not PrimalRay(replace(lp, upper=np.array([INF, 7.0])), inside, along).verified
        # What is gained is the rounding of 0.1 + 0.2 - 0.3 alone.
        level = stated([-0.1, -0.2, 0.3], np.zeros((1, 3)), [(0, 0)], [(0, INF)] * 3)
        assert PrimalRay(level, np.zeros(3), np.ones(3)).rate < 0
        assert not PrimalRay(level, np.zeros(3), np.ones(3)).verified


def summed(lp: LinearProgram, seed: int) -> DualRay:
    """The sum of three proofs: those of the least violation with its rows in three systems of units."""
    y = np.zeros(lp.shape[0])
    for size in 2.0 ** np.random.default_rng(seed).integers(-3, 4, (3, y.size)):
        matrix = csc_array(lp.A.multiply(size[:, None]))
        y += size * repair(replace(lp, A=matrix, row_lower=lp.row_lower * size, row_upper=lp.row_upper * size)).multipliers
    return DualRay.of(lp, y / np.abs(y).max())


class TestProof:
    def test_a_solver_that_proposes_no_proof_or_a_false_one_does_not_decide(self) -> None:
        lp = TestDualRay().lp()
        run = solve_program(lp)
        assert run.dual_ray is not None
        for proposed in (None, -run.dual_ray, np.zeros(4), np.ones(4)):
            ray = proof(lp, replace(run, dual_ray=proposed))
            assert isinstance(ray, DualRay)
            assert ray.verified
        lp = stated([-1, 0], [[1, -1]], [(0, 0)], [(0, INF)] * 2)
        run = solve_program(lp)
        for direction in (None, -np.ones(2), np.zeros(2), np.ones(2)):
            assert isinstance(proof(lp, replace(run, primal_ray=direction)), PrimalRay)

    def test_there_is_none_where_time_runs_out_or_an_optimum_was_found(self) -> None:
        lp = TestDualRay().lp()
        assert proof(lp, replace(solve_program(lp), dual_ray=None), time_limit=1e-9) is None
        bread = LinearProgram.canonical([1], [[1]], [1])
        assert proof(bread, solve_program(bread)) is None


class TestConflict:
    @given(st.integers(0, 2**32 - 1), st.integers(3, 20))
    @settings(deadline=None, max_examples=60)
    def test_is_infeasible_and_feasible_without_any_one_of_its_bounds(self, seed: int, most: int) -> None:
        lp = drawn(seed, most)
        found = conflict(lp)
        if found is None:
            assert not isinstance(lp.solve().ray, DualRay)
            return
        kept = members(found)
        assert found.irreducible
        assert isinstance(only(lp, kept).solve().ray, DualRay)
        for left_out in kept:
            assert only(lp, [member for member in kept if member != left_out]).solve().status.optimal

    @given(st.integers(0, 2**32 - 1), st.integers(4, 14))
    @settings(deadline=None, max_examples=150)
    def test_a_sum_of_proofs_is_reduced_to_one_that_needs_all_its_bounds(self, seed: int, most: int) -> None:
        lp = drawn(seed, most)
        if not isinstance(lp.solve().ray, DualRay):
            return
        start = summed(lp, seed)
        assert start.verified
        found = conflict_of(start)
        kept = members(found)
        assert found.irreducible
        assert set(kept) <= set(members(Conflict(start, False)))
        assert isinstance(only(lp, kept).solve().ray, DualRay)
        for left_out in kept:
            assert only(lp, [member for member in kept if member != left_out]).solve().status.optimal

    def test_what_is_too_large_to_be_reduced_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.modules[conflict.__module__], "MOST_ROWS", 2)
        found = infeasible(TestDualRay().lp())
        assert not found.irreducible
        assert set(found.rows) == {"bread", "milk", "bag"}

    def test_a_proof_with_more_rows_than_it_needs_is_reduced(self) -> None:
        """Two contradictions at once, and their sum as the proof to start from."""
        lp = stated([0, 0], np.repeat(np.eye(2), 2, axis=0), [(2, INF), (-INF, 1), (5, INF), (-INF, 1)], [(-INF, INF)] * 2)
        both = DualRay.of(lp, np.array([1.0, -1.0, 1.0, -1.0]))
        assert both.verified
        found = om.lp.conflict_of(both)
        assert found.irreducible
        assert found.rows in (("row 0", "row 1"), ("row 2", "row 3"))

    def test_the_irreducible_infeasible_subset_of_highs_is_one_too(self) -> None:
        """HiGHS's own search: where only one conflict exists, the two find the same rows."""
        lp = TestDualRay().lp()
        highs = lp.to_highspy()
        highs.setOptionValue("iis_strategy", 6)
        highs.run()
        _, iis = highs.getIis()
        assert {lp.row_names[i] for i in iis.row_index_} == set(infeasible(lp).rows)

    def test_a_feasible_program_has_none(self) -> None:
        assert conflict(stated([1], [[1]], [(1, INF)], [(0, INF)])) is None
        assert conflict(stated([-1], [[1]], [(1, INF)], [(0, INF)])) is None

    def test_bounds_that_cross_are_named_where_no_repair_of_rows_exists(self) -> None:
        for lp, words in (
            (stated([1], [[1]], [(2, 1)], [(0, INF)]), "row row 0 with its lower bound 2 above its upper bound 1"),
            (stated([1], [[1]], [(0, 1)], [(3, 2)]), "variable x 0 with its lower bound 3 above its upper bound 2"),
        ):
            with pytest.raises(ParameterError, match=words):
                infeasible(lp).repair()

    def test_a_decision_that_was_stopped_is_no_decision(self) -> None:
        with pytest.raises(SolveError, match="not decided"):
            conflict(om.build(om.read_dataset("data/digits").problem).linear_program(), time_limit=1e-9)


def blocked(n: int = 200) -> tuple[om.TransportProblem, FloatArray]:
    """80 sources that reach only 60 targets, which take less."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, n))
    cost = rng.random((n, n))
    cost[:80, 60:] = INF
    return om.TransportProblem(a, b * a.sum() / b.sum(), cost), a


class TestTransport:
    def test_hall_s_sets_of_200_atoms_are_named_and_their_shortfall_is_the_certificate_s(self) -> None:
        problem, a = blocked()
        found = om.explain_infeasibility(problem)
        assert found is not None
        assert found.shortfall == pytest.approx(float(problem.a @ found.f + problem.b @ found.g), abs=1e-12)
        assert found.shortfall == pytest.approx(a[:80].sum() - problem.b[:60].sum(), rel=1e-12)
        allowed = np.isfinite(problem.cost.values)
        started = time.process_time()
        om.explain_infeasibility(problem)
        assert time.process_time() - started < 1
        assert (found.f[:, None] + found.g[None, :])[allowed].max() <= 0

    def test_groups_that_share_no_target_are_told_apart(self) -> None:
        """Two islands, each with too little room, and a mainland with room to spare."""
        cost = np.full((3, 3), INF)
        cost[0, 0] = cost[1, 1] = 1.0
        cost[2] = 1.0
        problem = om.TransportProblem(
            om.Measure([3, 5, 2], labels=["Elba", "Capri", "Rome"]), om.Measure([1, 2, 7], labels=["e", "c", "r"]), cost
        )
        found = om.explain_infeasibility(problem)
        assert found is not None
        assert [list(part.sources) for part in found.bottlenecks] == [["Capri"], ["Elba"]]
        assert [part.shortfall for part in found.bottlenecks] == [3, 2]
        assert found.table()["label"].tolist() == ["Capri", "c", "Elba", "e"]
        assert str(found).count("has nowhere to go") == 2

    @given(st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=60)
    def test_the_repair_makes_the_problem_feasible_and_no_repair_moves_less(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 6, size=2)
        a, b = rng.integers(1, 5, n), rng.integers(1, 5, m)
        a, b = a * b.sum(), b * a.sum()
        cost = np.where(rng.random((n, m)) < 0.5, INF, 0.0)
        cost[np.arange(n), rng.integers(0, m, n)] = 0
        cost[rng.integers(0, n, m), np.arange(m)] = 0
        found = om.explain_infeasibility(om.TransportProblem(a, b, cost))
        if found is None:
            return
        repair = found.repair()
        opened = cost.copy()
        opened[repair["source"], repair["target"]] = 0
        assert om.explain_infeasibility(om.TransportProblem(a, b, opened)) is None
        assert repair["mass"].sum() == pytest.approx(found.shortfall, abs=1e-8 * a.sum())
        # Forbidden pairs at a price of 1: no plan moves less over them.
        least = om.solve(om.TransportProblem(a, b, np.where(np.isinf(cost), 1.0, 0.0)), language="highspy")
        assert least.value == pytest.approx(found.shortfall, rel=1e-9)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_the_error_of_solve_carries_the_explanation(self, form: str, language: str) -> None:
        problem = om.TransportProblem([3, 1], [2, 2], STUCK)
        with pytest.raises(om.errors.InfeasibleError, match="1 has nowhere to go") as caught:
            om.build(problem, form, language).solve()
        assert isinstance(caught.value.explanation, om.Infeasibility)
        assert caught.value.status.dual is PointStatus.RAY

    def test_a_model_of_it_is_explained_by_its_atoms_too(self) -> None:
        found = om.explain_infeasibility(om.build(om.TransportProblem([3, 1], [2, 2], STUCK), language="highspy"))
        assert isinstance(found, om.Infeasibility)
        assert found.shortfall == 1

    def test_masses_that_agree_but_for_rounding_are_not_stuck(self) -> None:
        """0.1 + 0.2 has to fit into 0.3."""
        cost = np.array([[1.0, INF], [1.0, INF], [INF, 1.0]])
        assert om.explain_infeasibility(om.TransportProblem([0.1, 0.2, 0.7], [0.3, 0.7], cost)) is None

    def test_something_else_is_no_problem(self) -> None:
        with pytest.raises(ParameterError, match=r"LinearProgram.*otmodels\.lp\.conflict"):
            om.explain_infeasibility(LinearProgram.standard([1], [[1]], [-1]))  # type: ignore[call-overload]

    def test_a_feasible_problem_needs_no_explanation(self) -> None:
        assert om.explain_infeasibility(om.TransportProblem([1], [1], [[2]])) is None
        assert om.explain_infeasibility(om.build(om.TransportProblem([1], [1], [[2]]))) is None

    def test_tuples_as_labels(self) -> None:
        labels = [("a", 1), ("a", 2)]
        source, target = om.Measure([3, 1], labels=labels), om.Measure([2, 2], labels=labels)
        found = om.explain_infeasibility(om.TransportProblem(source, target, STUCK))
        assert found is not None
        assert found.table()["label"].tolist() == [("a", 1), ("a", 1)]


def canned(language: str) -> om.Model:
    """Dantzig's canneries, where Seattle may send out 300 of its 350 cases, and 100 to the spare target at most."""
    model = om.build(om.read_dataset("data/canning").problem, language=language)
    if language == "cvxpy":
        import cvxpy as cp

        gate = (cp.sum(model.variables["gamma"][0, :]) <= 300).set_label("gate")
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, gate])
    elif language == "pyomo":
        import pyomo.environ as pyo

        gamma = model.native.gamma
        model.native.gate = pyo.Constraint(expr=sum(gamma["Seattle", j] for j in model.problem.target.labels) <= 300)
    else:
        m = model.problem.shape[1]
        model.native.addRow(-INF, 300.0, m, np.arange(m, dtype=np.int32), np.ones(m))
        model.native.passRowName(model.native.getNumRow() - 1, "gate")
    return model


def unbounded(language: str) -> om.Model:
    """A transport model with a variable that nothing bounds."""
    model = om.build(om.TransportProblem([1], [1], [[2]]), language=language)
    if language == "cvxpy":
        import cvxpy as cp

        model.native = cp.Problem(cp.Minimize(model.native.objective.expr - cp.Variable(nonneg=True)), model.native.constraints)
    elif language == "pyomo":
        import pyomo.environ as pyo

        model.native.free = pyo.Var(domain=pyo.NonNegativeReals)
        (objective,) = model.native.component_data_objects(pyo.Objective)
        objective.expr -= model.native.free
    else:
        model.native.addVar(0.0, INF)
        model.native.changeColCost(1, -1.0)
    return model


@pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
class TestEveryLanguage:
    def test_an_extended_model_names_the_rows_that_contradict_each_other(self, language: str) -> None:
        found = om.explain_infeasibility(canned(language))
        assert isinstance(found, Conflict)
        assert found.irreducible
        assert set(found.rows) == {"source_marginal[Seattle]", "gate"}
        assert found.ray.gain == pytest.approx(50)
        assert found.repair()["loosen_by"].sum() == pytest.approx(50)
        assert (found.repair()["loosen_by"] > 0).all()

    def test_its_error_says_so_and_has_the_proof(self, language: str) -> None:
        with pytest.raises(om.errors.InfeasibleError, match=r"gate \(<= 300\)") as caught:
            canned(language).solve()
        assert isinstance(caught.value.explanation, Conflict)
        assert caught.value.explanation.ray.verified
        result = canned(language).solve(throw=False)
        assert isinstance(result, om.Infeasible)
        assert (result.status.termination, result.status.dual) == (Termination.INFEASIBLE, PointStatus.RAY)

    def test_an_unbounded_model_has_a_direction(self, language: str) -> None:
        with pytest.raises(om.errors.UnboundedError, match="unbounded") as caught:
            unbounded(language).solve()
        assert caught.value.ray.verified
        assert caught.value.ray.rate < 0
        result = unbounded(language).solve(throw=False)
        assert isinstance(result, om.Unbounded)

    def test_a_user_s_own_model_has_the_same_answer_as_the_program_it_states(self, language: str) -> None:
        lp = LinearProgram.canonical([1, 1], [[1, 1], [-1, 0], [0, -1]], [5, -1, -2], ["need", "left", "right"])
        read = LinearProgram.from_model(getattr(lp, f"to_{language}")())
        assert set(infeasible(read).rows) == {"need", "left", "right"}
        assert infeasible(read).ray.gain == pytest.approx(2)


def test_a_proof_from_cvxpy_has_the_signs_of_the_rows_as_they_were_written() -> None:
    """At least 400 cases out of Seattle, which holds 350: a row that cvxpy turns around."""
    import cvxpy as cp

    model = om.build(om.read_dataset("data/canning").problem)
    gate = (cp.sum(model.variables["gamma"][0, :]) >= 400).set_label("gate")
    native = cp.Problem(model.native.objective, [*model.native.constraints, gate])
    compiled = compile_model(Declaration(native, {}, {}), "cvxpy")
    proposed = compiled.run(None, False).dual_ray
    assert proposed is not None
    ray = DualRay.of(compiled.program, proposed)
    assert ray.verified
    assert ray.table().loc[("row", "gate"), "side"] == "lower"


def test_capacities_as_rows_of_many_atoms_are_reduced() -> None:
    """A gate of 9 tenths of what 30 of 200 sources hold."""
    rng = np.random.default_rng(1)
    n = 200
    a, b = rng.random((2, n))
    problem = om.TransportProblem(a, b * a.sum() / b.sum(), rng.random((n, n)))
    lp = om.build(problem, language="highspy").linear_program()
    gate = np.zeros((1, n * n))
    gate[0, : 30 * n] = 1
    names = [*lp.row_names, "gate"]
    held = float(a[:30].sum())
    lower, upper = np.append(lp.row_lower, -INF), np.append(lp.row_upper, 0.9 * held)
    matrix = csc_array(vstack([lp.A, csc_array(gate)]))
    ray = replace(lp, A=matrix, row_lower=lower, row_upper=upper, row_names=names).solve().ray
    assert isinstance(ray, DualRay)
    started = time.process_time()
    found = conflict_of(ray)
    assert len(found.table()) > 30
    assert time.process_time() - started < 1
    assert found.irreducible
    assert found.ray.verified
    assert set(found.rows) == {"gate", *(f"source_marginal[{i}]" for i in range(30))}
    assert found.ray.gain == pytest.approx(0.1 * held)


def test_rational_data_far_apart_are_decided_by_farkas_exactly() -> None:
    third = Fraction(1, 3)
    assert farkas([[third], [1]], [1, 3]).feasible
    assert not farkas([[third], [1]], [1, Fraction(3) + Fraction(1, 10**30)]).feasible
