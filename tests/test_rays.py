"""Programs without an optimal point: exactly one verified answer each, and the rows that are to blame, none too many."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from test_lp_conversion import drawn, programs, stated

import otmodels as om
from otmodels.languages import Declaration, compile_model, solve_program
from otmodels.lp import Conflict, DualRay, LinearProgram, PrimalRay, conflict, farkas, proof
from otmodels.status import PointStatus, Termination

INF = np.inf
Member = tuple[str, str, int]


def infeasible(lp: LinearProgram) -> Conflict:
    found = conflict(lp)
    assert found is not None
    assert found.ray.verified
    return found


def members(found: Conflict) -> list[Member]:
    return [(part.kind, part.side, int(k)) for part in found.ray.bounds for k in np.flatnonzero(part.multipliers)]


def has_a_point(lp: LinearProgram) -> bool:
    """By Farkas' lemma, in rational numbers."""
    form = lp.standard_form().program
    return farkas(form.A, form.row_lower, exact=True).feasible


def contradictory() -> LinearProgram:
    """At least 2 of bread and 3 of milk, at most 4 in the bag."""
    rows = [(2, INF), (3, INF), (-INF, 4), (-INF, 9)]
    lp = stated([1, 1], [[1, 0], [0, 1], [1, 1], [1, 0]], rows, [(0, INF)] * 2)
    return replace(lp, row_names=["bread", "milk", "bag", "purse"], column_names=["loaves", "bottles"])


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
    def test_the_rows_that_contradict_each_other_are_named_with_what_they_say(self) -> None:
        found = infeasible(contradictory())
        assert found.irreducible
        assert set(found.rows) == {"bread", "milk", "bag"}
        assert str(found) == "bread (>= 2), milk (>= 3), bag (<= 4) contradict each other: multiplied and summed they say 0 >= 1"
        table = found.table()
        assert table["term"].sum() == found.ray.gain == 1
        assert table.xs("bag", level="name").to_numpy().tolist() == [["upper", 4, 1, -4]]

    def test_multipliers_that_do_not_cancel_or_lean_on_no_bound_or_gain_nothing_prove_nothing(self) -> None:
        lp, ray = contradictory(), infeasible(contradictory()).ray
        assert not DualRay.of(lp, -ray.y).verified
        assert not DualRay.of(lp, np.array([1.0, 1.0, -0.9, 0.0])).verified
        assert not DualRay.of(lp, np.zeros(4)).verified
        assert not DualRay(lp, ray.rows, ray.columns + 0.1).verified
        assert not DualRay(replace(lp, row_upper=np.array([INF, INF, 5, 9.0])), ray.rows, ray.columns).verified

    def test_each_flaw_of_a_false_proof_is_found_by_itself(self) -> None:
        lp, ray = contradictory(), infeasible(contradictory()).ray
        on_a_bound_of_zero = ray.columns + np.array([[1.0], [0.0]])
        assert DualRay(lp, ray.rows, on_a_bound_of_zero).gain == ray.gain
        assert not DualRay(lp, ray.rows, on_a_bound_of_zero).verified
        # 2 is within 1 and 3: only a multiplier < 0 of the lower bound makes a contradiction of it.
        row = stated([0], [[1], [1]], [(1, 3), (2, INF)], [(-INF, INF)])
        assert not DualRay(row, np.array([[-1.0, 1.0], [0.0, 0.0]]), np.zeros((2, 1))).verified
        variable = stated([0], [[1]], [(2, INF)], [(1, 3)])
        assert not DualRay(variable, np.array([[1.0], [0.0]]), np.array([[-1.0], [0.0]])).verified

    def test_floats_are_the_rational_numbers_that_they_are(self) -> None:
        """0.1 + 0.2 is more than 0.3 in floating point, by 2^-54; with both the same there is no contradiction."""
        ray = DualRay.of(stated([0], [[1], [1]], [(0.1 + 0.2, INF), (-INF, 0.3)], [(-INF, INF)]), np.array([1.0, -1.0]))
        assert ray.gain == 2.0**-54
        assert ray.verified
        same = DualRay.of(stated([0], [[1], [1]], [(0.3, INF), (-INF, 0.3)], [(-INF, INF)]), np.array([1.0, -1.0]))
        assert not same.verified

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


class TestProof:
    def test_a_solver_that_proposes_no_proof_or_a_false_one_does_not_decide(self) -> None:
        lp = contradictory()
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
        lp = contradictory()
        assert proof(lp, replace(solve_program(lp), dual_ray=None), time_limit=1e-9) is None
        bread = LinearProgram.canonical([1], [[1]], [1])
        assert proof(bread, solve_program(bread)) is None


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


def test_rational_data_far_apart_are_decided_by_farkas_exactly() -> None:
    third = Fraction(1, 3)
    assert farkas([[third], [1]], [1, 3]).feasible
    assert not farkas([[third], [1]], [1, Fraction(3) + Fraction(1, 10**30)]).feasible
