"""Primal values and dual bounds of linear programs, iteration by iteration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, SolveError
from otmodels.languages.run import Run
from otmodels.lp import Approach, LinearProgram, Program, approach
from otmodels.status import OPTIMAL, Termination

INF = np.inf
BREAD = LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6])


def transport(n: int, seed: int = 0) -> LinearProgram:
    """One unit of mass to each of n places from n others, all of them random."""
    rng = np.random.default_rng(seed)
    source, target = om.Measure(np.ones(n), rng.random((n, 2))), om.Measure(np.ones(n), rng.random((n, 2)))
    return om.build(om.TransportProblem(source, target, om.ground_cost(source, target))).linear_program()


def canning() -> LinearProgram:
    return om.build(om.read_dataset(Path(__file__).parents[1] / "data" / "canning").problem).linear_program()


def boxed(seed: int) -> LinearProgram:
    """Rows with two ends, free, bounded and negative variables, either sense, an offset; feasible and bounded."""
    rng = np.random.default_rng(seed)
    rows, columns = 5, 7
    matrix, point = rng.integers(-3, 4, (rows, columns)).astype(np.float64), rng.integers(-3, 4, columns).astype(np.float64)
    free = rng.random(columns) < 0.3
    cost = np.where(free, rng.integers(-2, 3, rows) @ matrix, rng.integers(-4, 5, columns)).astype(np.float64)
    return LinearProgram(
        cost,
        csc_array(matrix),
        matrix @ point - rng.integers(0, 3, rows),
        matrix @ point + rng.integers(0, 3, rows),
        np.where(free, -INF, point - 2),
        np.where(free, INF, point + 2),
        [f"row {i}" for i in range(rows)],
        [f"x {j}" for j in range(columns)],
        "max" if seed % 2 else "min",
        float(seed),
    )


PROGRAMS = {
    "bread": BREAD,
    "its dual": BREAD.dual(),
    "canning": canning(),
    "transport": transport(8),
    **{f"boxed {seed}": boxed(seed) for seed in range(8)},
}


def proven(values: FloatArray) -> FloatArray:
    return np.asarray(values[np.isfinite(values)])


@pytest.fixture(scope="module", params=PROGRAMS)
def closing(request: pytest.FixtureRequest) -> Approach:
    return approach(PROGRAMS[request.param])


class TestClosingIn:
    def test_no_point_of_a_minimum_costs_less_than_any_multipliers_prove(self, closing: Approach) -> None:
        rounding = 1e-9 * max(1.0, abs(closing.value))
        upper, lower = proven(closing.upper.values), proven(closing.lower.values)
        assert upper.min() >= closing.value - rounding
        assert lower.max() <= closing.value + rounding
        assert upper.min() >= lower.max() - rounding

    def test_neither_method_gets_worse(self, closing: Approach) -> None:
        rounding = 1e-9 * max(1.0, abs(closing.value))
        assert (np.diff(proven(closing.upper.values)) <= rounding).all()
        assert (np.diff(proven(closing.lower.values)) >= -rounding).all()

    def test_both_end_at_the_optimal_value(self, closing: Approach) -> None:
        value = LinearProgram.of(closing.program).solve().value
        for steps in (closing.primal, closing.dual):
            assert steps.values[-1] == pytest.approx(value, rel=1e-9, abs=1e-9)
            assert steps.certificate.passed
        assert closing.value == pytest.approx(value, rel=1e-9, abs=1e-9)

    def test_every_iteration_is_there_once(self, closing: Approach) -> None:
        for steps in (closing.primal, closing.dual):
            assert steps.complete
            np.testing.assert_array_equal(steps.iterations, np.arange(steps.values.size))

    def test_what_is_feasible_once_stays_so(self, closing: Approach) -> None:
        for steps in (closing.primal, closing.dual):
            known = np.isfinite(steps.values)
            assert known[known.argmax() :].all()

    def test_points_are_on_the_side_that_the_sense_says(self, closing: Approach) -> None:
        assert closing.upper is (closing.primal if closing.program.sense == "min" else closing.dual)
        assert {closing.upper.method, closing.lower.method} == {"primal simplex", "dual simplex"}


def test_the_bread_of_the_textbook() -> None:
    """min 2 u + 3 v, u + v >= 4, u + 2 v >= 6: from (6, 0) and (0, 3/2) to (2, 2) and (1, 1)."""
    closing = approach(BREAD)
    np.testing.assert_array_equal(closing.primal.values, [np.nan, 12, 10])
    np.testing.assert_array_equal(closing.dual.values, [0, 8, 10])


def test_its_dual_is_approached_from_the_other_side() -> None:
    closing = approach(BREAD.dual())
    np.testing.assert_array_equal(closing.primal.values, [0, 9, 10])
    np.testing.assert_array_equal(closing.dual.values, [np.nan, 12, 10])


def test_an_offset_counts() -> None:
    closing, shifted = approach(BREAD), approach(replace(BREAD, offset=5.0))
    np.testing.assert_allclose(shifted.primal.values, closing.primal.values + 5)
    np.testing.assert_allclose(shifted.dual.values, closing.dual.values + 5)


def test_small_numbers_have_values_too() -> None:
    closing = approach(LinearProgram.standard([1e-9, 2e-9], [[1, 1]], [1e-11]))
    assert closing.value == pytest.approx(1e-20, rel=1e-9)
    assert closing.dual.values[-1] == pytest.approx(1e-20, rel=1e-9)


def test_no_bound_is_lost_to_changed_costs() -> None:
    """HiGHS changes costs a little against degeneracy, for which the bounds of an assignment are not bounds of this one."""
    steps = approach(transport(100), most=60).dual
    assert np.isfinite(steps.values).all()


class TestMost:
    def test_many_iterations_are_thinned_evenly_with_the_values_that_they_had(self) -> None:
        whole, thin = approach(transport(8)), approach(transport(8), most=6)
        for full, few in ((whole.primal, thin.primal), (whole.dual, thin.dual)):
            assert not few.complete
            assert few.iterations.size == 6
            assert few.iterations[0] == 0
            assert few.iterations[-1] == full.iterations[-1]
            assert np.ptp(np.diff(few.iterations)) <= 1
            np.testing.assert_allclose(few.values, full.values[few.iterations])

    def test_it_is_said(self) -> None:
        thin = approach(transport(8), most=6)
        assert f"primal simplex, 6 of {thin.primal.iterations[-1]} iterations" in repr(thin)
        assert "primal simplex, 2 iterations" in repr(approach(BREAD))

    @pytest.mark.parametrize("most", [1, 0, -3, 2.5, True, "all"])
    def test_start_and_end_are_the_least(self, most: int) -> None:
        with pytest.raises(ParameterError, match=rf"most: is {most}.*>= 2"):
            approach(BREAD, most=most)

    def test_two_are_the_start_and_the_end(self) -> None:
        closing = approach(canning(), most=2)
        assert closing.dual.values.tolist() == pytest.approx([0, 153.675])


def test_the_table_has_a_row_a_step() -> None:
    closing = approach(BREAD)
    table = closing.table()
    assert table.index.names == ["method", "iteration"]
    assert table.loc[("primal simplex", 1), "value"] == 12
    assert table.loc[("dual simplex", 1), "value"] == 8
    assert len(table) == closing.primal.values.size + closing.dual.values.size


def test_steps_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        approach(BREAD).primal.values[0] = 0


class _Claims:
    """A solver that claims things of a program."""

    def __init__(self, *claims: tuple[list[float] | None, list[float] | None]) -> None:
        self.claims = claims

    def trace(self, program: Program, method: str, most: int) -> Iterator[Run]:
        for count, (x, y) in enumerate(self.claims):
            point, multipliers = (None if v is None else np.array(v) for v in (x, y))
            yield Run(OPTIMAL, point, multipliers, method, count, 0, 0.0)


class TestTruth:
    def test_what_a_solver_claims_has_no_value_where_it_is_not_feasible(self, monkeypatch: pytest.MonkeyPatch) -> None:
        solver = _Claims(([0, 0], [5, 5]), ([6, 0], [0, 1.5]), (None, None), ([2, 2], [1, 1]))
        monkeypatch.setattr(import_module("otmodels.lp.approach"), "door", lambda: solver)
        closing = approach(BREAD)
        np.testing.assert_array_equal(closing.primal.values, [np.nan, 12, np.nan, 10])
        np.testing.assert_array_equal(closing.dual.values, [np.nan, 9, np.nan, 10])

    def test_nothing_is_made_of_a_point_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Zeros would be feasible here, but no method stood there."""
        program = LinearProgram.standard([1, 1], [[1, -1]], [0])
        monkeypatch.setattr(import_module("otmodels.lp.approach"), "door", lambda: _Claims((None, None), ([0, 0], [0])))
        closing = approach(program)
        np.testing.assert_array_equal(closing.primal.values, [np.nan, 0])
        np.testing.assert_array_equal(closing.dual.values, [np.nan, 0])

    def test_an_end_without_proof_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_module("otmodels.lp.approach"), "door", lambda: _Claims(([0, 0], [1, 1])))
        with pytest.raises(SolveError, match=r"primal simplex method ended without proof.*program\.solve\(\)"):
            approach(BREAD)


class TestNothingToCloseInOn:
    def test_infeasible(self) -> None:
        program = LinearProgram.standard([1], [[1], [1]], [1, 2])
        with pytest.raises(SolveError, match=r"no feasible point exists; otmodels\.lp\.repair") as caught:
            approach(program)
        assert caught.value.status.termination is Termination.INFEASIBLE

    def test_unbounded(self) -> None:
        program = LinearProgram.standard([-1, 0], [[1, -1]], [0])
        with pytest.raises(SolveError, match=r"unbounded.*add the bound that is missing"):
            approach(program)

    def test_rows_without_columns(self) -> None:
        program = LinearProgram.standard([], np.zeros((1, 0)), [1])
        with pytest.raises(SolveError):
            approach(program)

    @pytest.mark.parametrize("sense", ["min", "max"])
    def test_no_rows_at_all_is_no_iteration_at_all(self, sense: str) -> None:
        program = LinearProgram.standard([1, 2], np.zeros((0, 2)), [])
        program = replace(program, upper=np.array([3.0, 4.0]), sense="min" if sense == "min" else "max")
        closing = approach(program)
        assert closing.value == (0 if sense == "min" else 11)
        assert closing.primal.values.size == closing.dual.values.size == 1
