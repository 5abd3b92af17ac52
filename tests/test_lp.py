"""Linear programs as such: stated by name, solved in units, and proven optimal from their own data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import (
    DuplicateLabelError,
    InfiniteValueError,
    InputError,
    NotANumberError,
    ParameterError,
    ShapeError,
)
from otmodels.languages import Run, solve_program
from otmodels.languages.highs import Units, power_of_two
from otmodels.lp import Dual, LinearProgram, Names, Program, certify, numbered
from otmodels.status import PointStatus, Termination

INF = float("inf")
Sense = Literal["min", "max"]


def program(
    c: Sequence[float],
    rows: Sequence[tuple[float, Sequence[float], float]],
    lower: Sequence[float] | None = None,
    upper: Sequence[float] | None = None,
    sense: Sense = "min",
    offset: float = 0.0,
) -> LinearProgram:
    """Rows as (lower, coefficients, upper); variables x0, x1, ... >= 0 and rows r0, r1, ..."""
    k, r = len(c), len(rows)
    return LinearProgram(
        np.array(c, dtype=float),
        csc_array(np.array([row for _, row, _ in rows], dtype=float).reshape(r, k)),
        np.array([low for low, _, _ in rows], dtype=float),
        np.array([high for _, _, high in rows], dtype=float),
        np.zeros(k) if lower is None else np.array(lower, dtype=float),
        np.full(k, INF) if upper is None else np.array(upper, dtype=float),
        numbered("r", r),
        numbered("x", k),
        sense,
        offset,
    )


def solved(lp: Program) -> tuple[FloatArray, FloatArray]:
    run = solve_program(lp)
    assert run.status.optimal
    assert run.x is not None
    assert run.y is not None
    return run.x, run.y


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


# Small programs with the answer known: name -> (program, x, y, value).
KNOWN: dict[str, tuple[LinearProgram, list[float], list[float], float]] = {
    "a minimum with an equality": (program([1, 3], [(1, [1, 1], 1)]), [1, 0], [1], 1),
    "a maximum with an equality": (program([1, 3], [(1, [1, 1], 1)], sense="max"), [0, 1], [3], 3),
    "a minimum held up from below": (program([1, 2], [(2, [1, 1], INF), (1, [0, 1], INF)]), [1, 1], [1, 1], 3),
    "a minimum held down from above": (program([-1, -2], [(-INF, [1, 1], 3), (-INF, [0, 1], 1)]), [2, 1], [-1, -1], -4),
    "a maximum held down from above": (program([1, 2], [(-INF, [1, 1], 3), (-INF, [0, 1], 1)], sense="max"), [2, 1], [1, 1], 4),
    "a maximum held up from below": (program([-1], [(2, [1], INF)], sense="max"), [2], [-1], -2),
    "a ranged row at its lower end": (program([1, 1], [(1, [1, 2], 5)]), [0, 0.5], [0.5], 0.5),
    "a ranged row at its upper end": (program([-1, -1], [(1, [2, 1], 5)]), [0, 5], [-1], -5),
    "a ranged row in between": (program([1], [(-1, [1], 5)]), [0], [0], 0),
    "a row that is free": (program([1], [(-INF, [1], INF)], lower=[2]), [2], [0], 2),
    "a variable at its upper bound": (program([-1, 1], [(-INF, [1, -1], 9)], upper=[2, INF]), [2, 0], [0], -2),
    "a free variable": (program([1, 0], [(0, [1, -1], INF), (-3, [0, 1], INF)], [-INF, -INF]), [-3, -3], [1, 1], -3),
    "a variable below zero": (program([1], [(-9, [1], INF)], [-4], [-2]), [-4], [0], -4),
    "a fixed variable": (program([5, 1], [(4, [1, 1], INF)], [3, 0], [3, INF]), [3, 1], [1], 16),
    "a constant in the objective": (program([1], [(1, [1], INF)], offset=10), [1], [1], 11),
    "a maximum with a constant": (program([1], [(-INF, [1], 1)], sense="max", offset=10), [1], [1], 11),
    "no objective at all": (program([0, 0], [(1, [1, 1], 1)]), [0.5, 0.5], [0], 0),
    "a degenerate corner": (program([1, 1], [(1, [1, 0], INF), (1, [1, 0], INF), (1, [1, 1], INF)]), [1, 0], [0.5, 0.5, 0], 1),
}
known = pytest.mark.parametrize(("lp", "x", "y", "value"), list(KNOWN.values()), ids=list(KNOWN))


class TestStating:
    LP = program([1, 2], [(1, [3, 4], 1), (-INF, [5, 6], 7), (8, [0, 9], INF)])

    def test_its_size_and_value(self) -> None:
        assert self.LP.shape == (3, 2)
        assert self.LP.value(np.array([10.0, 1.0])) == 12
        assert program([1], [], offset=5).value(np.array([2.0])) == 7
        assert repr(self.LP) == "LinearProgram(min, 3 rows, 2 columns, 5 nonzeros)"

    def test_each_row_of_one_side_has_a_right_hand_side(self) -> None:
        assert self.LP.b.tolist() == [1, 7, 8]

    @pytest.mark.parametrize("row", [(1, [1], 2), (-INF, [1], INF)], ids=["ranged", "free"])
    def test_a_row_of_two_sides_or_none_has_no_right_hand_side(self, row: Any) -> None:
        lp = program([1], [(0, [1], 0), row])
        refused(ShapeError, lambda: lp.b, "r1", "row_lower")

    def test_it_cannot_be_written_to(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            self.LP.c[0] = 5

    def test_stating_it_leaves_the_given_arrays_writeable(self) -> None:
        c = np.array([1.0])
        LinearProgram(c, csc_array([[1.0]]), np.zeros(1), np.ones(1), np.zeros(1), np.ones(1), ["r"], ["x"])
        c[0] = 2

    def test_names_are_made_when_somebody_looks(self) -> None:
        made: list[int] = []

        def make() -> list[str]:
            made.append(1)
            return ["a", "b"]

        names = Names(2, make)
        assert (len(names), repr(names), made) == (2, "Names(2)", [])
        assert (list(names), names[1], names[:1], made) == (["a", "b"], "b", ["a"], [1])

    @pytest.mark.parametrize(
        ("change", "argument"),
        [
            ({"c": np.ones(3)}, "c"),
            ({"row_lower": np.ones(1)}, "row_lower"),
            ({"row_upper": np.ones((3, 1))}, "row_upper"),
            ({"lower": np.ones(0)}, "lower"),
            ({"upper": np.ones(5)}, "upper"),
            ({"row_names": ["a"]}, "row_names"),
            ({"column_names": ["a"]}, "column_names"),
        ],
    )
    def test_what_does_not_fit_the_matrix(self, change: dict[str, Any], argument: str) -> None:
        refused(ShapeError, lambda: self.changed(**change), argument, "3 x 2")

    @pytest.mark.parametrize("argument", ["c", "row_lower", "row_upper", "lower", "upper"])
    def test_nan_anywhere(self, argument: str) -> None:
        bad = getattr(self.LP, argument).copy()
        bad[0] = np.nan
        refused(NotANumberError, lambda: self.changed(**{argument: bad}), argument)

    def test_costs_and_coefficients_are_finite(self) -> None:
        refused(InfiniteValueError, lambda: self.changed(c=np.array([1.0, INF])))
        refused(InfiniteValueError, lambda: self.changed(A=csc_array([[np.nan, 1.0], [1, 1], [1, 1]])))

    @pytest.mark.parametrize("offset", [INF, np.nan])
    def test_so_is_the_constant_in_the_objective(self, offset: float) -> None:
        refused(InfiniteValueError, lambda: self.changed(offset=offset), "offset")

    @pytest.mark.parametrize(
        ("side", "value", "kind"), [("row_lower", INF, "row"), ("row_upper", -INF, "row"), ("lower", INF, "column")]
    )
    def test_no_bound_is_infinite_on_the_wrong_side(self, side: str, value: float, kind: str) -> None:
        bad = getattr(self.LP, side).copy()
        bad[1] = value
        refused(InfiniteValueError, lambda: self.changed(**{side: bad}), f"{kind} {getattr(self.LP, f'{kind}_names')[1]}")

    @pytest.mark.parametrize("sense", ["minimize", "MAX", None])
    def test_a_direction_is_one_of_two_and_never_guessed(self, sense: Any) -> None:
        refused(ParameterError, lambda: self.changed(sense=sense), "sense", "'min' or 'max'")

    @pytest.mark.parametrize("argument", ["row_names", "column_names"])
    def test_names_are_strings(self, argument: str) -> None:
        names: Any = [*range(len(getattr(self.LP, argument)))]
        refused(ParameterError, lambda: self.changed(**{argument: names}), argument, "type int")

    def changed(self, **change: Any) -> LinearProgram:
        names = ("c", "A", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset")
        return LinearProgram(**({name: getattr(self.LP, name) for name in names} | change))


class TestSameness:
    LP = LinearProgram(
        np.array([1.0, 2.0, 3.0]),
        csc_array([[1.0, 0.0, 2.0], [0.0, 3.0, 4.0]]),
        np.array([1.0, -INF]),
        np.array([1.0, 5.0]),
        np.zeros(3),
        np.array([INF, 1.0, 2.0]),
        ["second", "first"],
        ["c", "a", "b"],
        "max",
        7.0,
    )

    def test_sorting_by_name_moves_everything_together(self) -> None:
        lp = self.LP.ordered()
        assert (list(lp.row_names), list(lp.column_names)) == (["first", "second"], ["a", "b", "c"])
        assert lp.A.toarray().tolist() == [[3, 4, 0], [0, 2, 1]]
        assert (lp.c.tolist(), lp.upper.tolist()) == ([2, 3, 1], [1, 2, INF])
        assert (lp.row_lower.tolist(), lp.row_upper.tolist()) == ([-INF, 1], [5, 1])
        assert (lp.sense, lp.offset) == ("max", 7)

    def test_names_that_repeat_are_refused_and_those_made_late_where_they_are_sorted_by(self) -> None:
        named = lambda: LinearProgram.standard([1, 1], [[1, 1]], [1], None, ["Ulm", "Ulm"])  # noqa: E731
        refused(DuplicateLabelError, named, "column_names", "'Ulm'")
        late = replace(LinearProgram.standard([1, 1], [[1, 1]], [1]), column_names=Names(2, lambda: ["Ulm", "Ulm"]))
        refused(DuplicateLabelError, late.ordered, "column_names", "'Ulm'")

    def test_a_program_is_itself_in_any_order_of_rows_and_columns(self) -> None:
        assert self.LP.same_as(self.LP, np.arange(2), np.arange(3))
        assert self.LP.ordered().same_as(self.LP, np.array([1, 0]), np.array([1, 2, 0]))
        assert not self.LP.ordered().same_as(self.LP, np.arange(2), np.arange(3))

    @pytest.mark.parametrize(
        "change",
        [
            {"c": np.array([1.0, 2.0, np.nextafter(3.0, 4.0)])},
            {"A": csc_array([[1.0, 0.0, 2.0], [0.0, 3.0, 4.5]])},
            {"A": csc_array([[1.0, 1e-9, 2.0], [0.0, 3.0, 4.0]])},
            {"row_lower": np.array([1.0, 0.0])},
            {"row_upper": np.array([2.0, 5.0])},
            {"lower": np.array([-INF, 0, 0])},
            {"upper": np.array([INF, 1.0, INF])},
            {"sense": "min"},
            {"offset": 0.0},
        ],
    )
    def test_any_other_number_makes_it_another_program(self, change: dict[str, Any]) -> None:
        names = ("c", "A", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset")
        other = LinearProgram(**({name: getattr(self.LP, name) for name in names} | change))
        assert not self.LP.same_as(other, np.arange(2), np.arange(3))

    def test_stored_zeros_and_doubled_entries_do_not_make_it_another(self) -> None:
        stored = csc_array((np.array([1.0, 0.0, 3.0, 1.0, 1.0, 4.0]), ([0, 1, 1, 0, 0, 1], [0, 0, 1, 2, 2, 2])), shape=(2, 3))
        names = ("c", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset")
        other = LinearProgram(A=stored, **{name: getattr(self.LP, name) for name in names})
        assert self.LP.same_as(other, np.arange(2), np.arange(3))

    def test_a_matrix_may_be_dense_and_programs_are_compared_as_they_come(self) -> None:
        names = ("c", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset")
        dense: Any = self.LP.A.toarray()
        assert LinearProgram(A=dense, **{name: getattr(self.LP, name) for name in names}).same_as(self.LP)
        assert not self.LP.ordered().same_as(self.LP)

    def test_a_row_more_makes_it_another(self) -> None:
        one, two = program([1], [(0, [1], 1)]), program([1], [(0, [1], 1), (0, [0], 1)])
        assert not two.same_as(one, np.array([0]), np.array([0]))


class TestCertificate:
    @known
    def test_the_right_answer_passes(self, lp: LinearProgram, x: list[float], y: list[float], value: float) -> None:
        certificate = certify(lp, np.array(x), np.array(y))
        assert certificate.passed, certificate.verdict
        assert certificate.primal_value == certificate.dual_value == value
        assert certificate.interval == (value, value)
        assert certificate.worst is None
        certificate.raise_if_failed()

    @known
    @pytest.mark.parametrize("step", [1e-6, -1e-6, 0.3])
    def test_another_point_fails_unless_it_is_as_good(
        self, lp: LinearProgram, x: list[float], y: list[float], value: float, step: float
    ) -> None:
        for j in range(len(x)):
            moved = np.array(x)
            moved[j] += step
            activity = lp.A @ moved
            feasible = ((lp.lower <= moved) & (moved <= lp.upper)).all()
            feasible &= ((lp.row_lower <= activity) & (activity <= lp.row_upper)).all()
            as_good = bool(feasible) and lp.value(moved) == value
            certificate = certify(lp, moved, np.array(y))
            assert certificate.passed == as_good
            if not as_good:
                assert certificate.worst is not None
                with pytest.raises(om.errors.CertificateError, match="not certified"):
                    certificate.raise_if_failed()

    @known
    @pytest.mark.parametrize("step", [1e-6, -1e-6, 0.3])
    def test_another_multiplier_fails_unless_it_proves_the_same(
        self, lp: LinearProgram, x: list[float], y: list[float], value: float, step: float
    ) -> None:
        for i in range(len(y)):
            moved = np.array(y)
            moved[i] += step
            certificate = certify(lp, np.array(x), moved)
            lower, upper = certificate.interval
            assert lower <= value <= upper
            if certificate.passed:
                assert certificate.dual_value == pytest.approx(value, rel=1e-9)
        if abs(lp.A).sum() and np.any(y) and np.unique(lp.row_lower).size == lp.shape[0]:
            assert not certify(lp, np.array(x), 1.001 * np.array(y)).passed

    @known
    def test_the_other_sign_convention_is_not_ours(self, lp: LinearProgram, x: list[float], y: list[float], value: float) -> None:
        assert certify(lp, np.array(x), -np.array(y)).passed == (not np.any(y))

    def test_the_worst_offender_is_named(self) -> None:
        lp, x, y, _ = KNOWN["a minimum held up from below"]
        too_little = certify(lp, np.array([1.0, 0.5]), np.array(y))
        free_of_cost = certify(KNOWN["no objective at all"][0], np.array([0.25, 0.0]), np.zeros(1)).worst
        assert free_of_cost is not None
        assert (free_of_cost.name, free_of_cost.where, free_of_cost.violation) == ("row bounds", "r0", 0.75)
        assert too_little.table().loc["row bounds", "where"] in ("r0", "r1")
        below_zero = certify(lp, np.array([2.0, 1.0]) - np.array([0.0, 2.0]), np.array(y))
        assert below_zero.table().loc["variable bounds", "where"] == "x1"
        wrong_sign = certify(lp, np.array(x), np.array([2.0, -1.0]))
        assert wrong_sign.table().loc["sign of row multipliers", "where"] == "r1"
        too_dear = certify(lp, np.array(x), np.array([1.5, 1.0]))
        assert too_dear.table().loc["sign of reduced costs", "where"] in ("x0", "x1")
        assert "r1" in wrong_sign.verdict or "x0" in wrong_sign.verdict

    def test_a_feasible_point_alone_bounds_a_minimum_from_above_and_a_maximum_from_below(self) -> None:
        lp = KNOWN["a minimum held up from below"][0]
        lower, upper = certify(lp, np.array([3.0, 3.0]), np.zeros(2)).interval
        assert lower <= KNOWN["a minimum held up from below"][3] <= upper == 9
        lp = KNOWN["a maximum held down from above"][0]
        lower, upper = certify(lp, np.array([1.0, 0.0]), np.array([2.0, 0.0])).interval
        assert 1 == lower <= KNOWN["a maximum held down from above"][3] <= upper <= 6 * (1 + 1e-12)

    def test_an_infeasible_point_and_unsigned_multipliers_prove_nothing(self) -> None:
        lp = KNOWN["a minimum held up from below"][0]
        certificate = certify(lp, np.zeros(2), -np.ones(2))
        lower, upper = certificate.interval
        assert not certificate.passed
        assert lower <= KNOWN["a minimum held up from below"][3] <= upper == INF

    @pytest.mark.parametrize("bad", [np.nan, INF, -INF])
    def test_numbers_that_are_none_prove_nothing(self, bad: float) -> None:
        box = program([1, 1], [(1, [1, 1], 1)], upper=[1, 1])
        cases = list(KNOWN.values())
        cases.append((box, [1, 0], [1], 1))
        for lp, x, y, value in cases:
            for point, multipliers in (([bad, *x[1:]], y), (x, [bad, *y[1:]])):
                try:
                    certificate = certify(lp, np.array(point), np.array(multipliers))
                except InputError:
                    continue
                lower, upper = certificate.interval
                assert not certificate.passed
                assert lower <= value <= upper

    def test_vectors_of_another_size_are_refused(self) -> None:
        lp = program([1, 1], [(1, [1, 1], INF)])
        refused(ShapeError, lambda: certify(lp, np.ones(3), np.ones(1)), "x", "(2,)")
        refused(ShapeError, lambda: certify(lp, np.ones(2), np.ones((1, 1))), "y", "(1,)")

    @pytest.mark.parametrize("big", [1e6, 1e9, 1e12, 1e15])
    def test_a_generous_bound_somewhere_does_not_excuse_violations_elsewhere(self, big: float) -> None:
        """A capacity that never binds, written as a large number, must not widen the tolerance of the other rows."""
        for lp in (
            program([0, 1], [(1, [1, 1], 1), (-INF, [1, 0], big)]),
            program([0, 1], [(1, [1, 1], 1), (-INF, [1, 0], 5)], upper=[big, big]),
        ):
            assert certify(lp, np.array([1.0, 0.0]), np.zeros(2)).passed
            assert not certify(lp, np.array([0.9, 0.0]), np.zeros(2)).passed
            assert not certify(lp, np.zeros(2), np.zeros(2)).passed

    @pytest.mark.parametrize("dear", [1e6, 1e9, 1e12, 1e15])
    def test_a_dear_variable_somewhere_does_not_excuse_wrong_prices_elsewhere(self, dear: float) -> None:
        lp = program([1, 2, dear], [(1, [1, 1, 1], 1)])
        assert certify(lp, np.array([1.0, 0.0, 0.0]), np.array([1.0])).passed
        assert not certify(lp, np.array([0.0, 1.0, 0.0]), np.array([2.0])).passed
        assert not certify(lp, np.array([1.0, 0.0, 0.0]), np.array([1.001])).passed

    @pytest.mark.parametrize("mass", [1e-12, 1e12])
    @pytest.mark.parametrize("price", [1e-12, 1e12])
    def test_the_verdict_does_not_depend_on_the_units(self, mass: float, price: float) -> None:
        lp = program([price, 3 * price], [(mass, [1, 1], mass)])
        assert certify(lp, np.array([mass, 0]), np.array([price])).passed
        assert not certify(lp, np.array([0.999 * mass, 0]), np.array([price])).passed
        assert not certify(lp, np.array([mass, 0]), np.array([0.999 * price])).passed


def _random(seed: int, tall: bool) -> tuple[LinearProgram, dict[str, Any]]:
    """A feasible and bounded program with rows and variables of every kind, and the same for scipy, as a minimum."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 5))
    r = int(rng.integers(5 * k, 8 * k)) if tall else int(rng.integers(0, 6))
    inside = rng.integers(-3, 4, k).astype(float)
    matrix = rng.integers(-3, 4, (r, k)) * (rng.random((r, k)) < 0.7).astype(float)
    activity = matrix @ inside
    kind = rng.integers(0, 5, r)
    kind[kind == 0] = np.where(rng.random((kind == 0).sum()) < 0.4, 0, 1)
    row_lower = np.where(kind == 0, activity, np.where((kind == 1) | (kind == 3), activity - rng.integers(0, 4, r), -INF))
    row_upper = np.where(kind == 0, activity, np.where((kind == 2) | (kind == 3), activity + rng.integers(0, 4, r), INF))
    open_end = rng.integers(0, 6, k)
    lower = np.where(open_end < 2, -INF, inside - rng.integers(0, 4, k))
    upper = np.where((open_end == 1) | (open_end == 2), INF, inside + rng.integers(0, 4, k))
    senses: tuple[Sense, Sense] = ("min", "max")
    c, sense, offset = rng.integers(-4, 5, k).astype(float), senses[rng.integers(2)], float(rng.integers(-3, 4))
    lp = LinearProgram(
        c, csc_array(matrix), row_lower, row_upper, lower, upper, numbered("r", r), numbered("x", k), sense, offset
    )
    sign = 1 if sense == "min" else -1
    below, above = np.isfinite(row_upper), np.isfinite(row_lower)
    stacked = np.vstack([matrix[below], -matrix[above]])
    right = np.concatenate([row_upper[below], -row_lower[above]])
    return lp, {"c": sign * c, "A_ub": stacked, "b_ub": right, "bounds": np.stack([lower, upper], axis=1)}


class TestSolving:
    @known
    def test_known_answers_come_out_and_are_certified(
        self, lp: LinearProgram, x: list[float], y: list[float], value: float
    ) -> None:
        point, multipliers = solved(lp)
        assert lp.value(point) == pytest.approx(value, rel=1e-12)
        assert certify(lp, point, multipliers).passed

    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, 2**32 - 1), st.booleans())
    def test_the_value_is_the_one_that_scipy_finds_and_it_is_certified(self, seed: int, tall: bool) -> None:
        lp, same = _random(seed, tall)
        reference = linprog(**same)
        run = solve_program(lp)
        if reference.status == 3:
            assert run.status.termination in (Termination.UNBOUNDED, Termination.INFEASIBLE_OR_UNBOUNDED)
            return
        assume(reference.status == 0)
        assert run.status.optimal
        assert run.x is not None
        assert run.y is not None
        sign = 1 if lp.sense == "min" else -1
        certificate = lp.solve().certificate
        assert certificate is not None
        assert certificate.passed, certificate.verdict
        assert lp.value(run.x) == pytest.approx(sign * reference.fun + lp.offset, rel=1e-8, abs=1e-8)

    @settings(deadline=None, max_examples=60)
    @given(st.integers(0, 2**32 - 1), st.booleans())
    def test_a_multiplier_is_the_slope_of_the_value_in_the_right_hand_side(self, seed: int, tall: bool) -> None:
        lp, same = _random(seed, tall)
        assume(linprog(**same).status == 0 and lp.shape[0] > 0)
        _, y = solved(lp)
        i, step = int(np.abs(y).argmax()), 1e-3
        slopes = []
        for h in (step, -step):
            shift = np.zeros(lp.shape[0])
            shift[i] = h
            moved = LinearProgram(
                lp.c,
                lp.A,
                lp.row_lower + shift,
                lp.row_upper + shift,
                lp.lower,
                lp.upper,
                lp.row_names,
                lp.column_names,
                lp.sense,
            )
            run = solve_program(moved)
            if run.status.optimal and run.x is not None:
                slopes.append((moved.value(run.x) + lp.offset - lp.value(solved(lp)[0])) / h)
        assume(len(slopes) == 2)
        assert min(slopes) - 1e-6 <= y[i] <= max(slopes) + 1e-6

    def test_no_rows_are_no_obstacle(self) -> None:
        x, y = solved(program([1, -1], [], upper=[2, 2]))
        assert (x.tolist(), y.size) == ([0, 2], 0)

    @pytest.mark.parametrize("many", [1, 50])
    def test_infeasible(self, many: int) -> None:
        run = solve_program(program([1], [(3, [1], INF)] * many, upper=[2]))
        assert run.status.termination is Termination.INFEASIBLE
        assert run.x is None

    @pytest.mark.parametrize("many", [1, 50])
    def test_unbounded(self, many: int) -> None:
        for lp in (program([-1], [(0, [1], INF)] * many), program([1], [(0, [1], INF)] * many, sense="max")):
            run = solve_program(lp)
            assert run.status.termination in (Termination.UNBOUNDED, Termination.INFEASIBLE_OR_UNBOUNDED)
            assert not run.status.optimal

    @pytest.mark.parametrize("bounds", [([2.0], [1.0]), ([5.0], [-5.0])])
    def test_bounds_that_cross_leave_nothing(self, bounds: tuple[list[float], list[float]]) -> None:
        assert solve_program(program([1], [(0, [1], INF)], *bounds)).status.termination is Termination.INFEASIBLE

    def test_a_limit_of_no_time_at_all_ends_without_a_point(self) -> None:
        run = solve_program(program([1], [(1, [1], INF)]), time_limit=1e-12)
        assert run.status.termination is Termination.TIME_LIMIT
        assert run.status.termination.stopped
        assert (run.x, run.y, run.status.primal) == (None, None, PointStatus.NONE)

    @pytest.mark.parametrize("limit", [0, -1, np.nan, -INF])
    def test_a_time_limit_that_is_no_time(self, limit: float) -> None:
        refused(ParameterError, lambda: solve_program(program([1], []), time_limit=limit), "time_limit")

    def test_a_matrix_stored_by_rows_is_the_same_program_or_is_refused(self) -> None:
        matrix = csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
        right = np.array([1.0, 0.5])
        try:
            lp = LinearProgram(
                np.array([1.0, 2.0, 1.0]), matrix, right, right.copy(), np.zeros(3), np.full(3, INF), ["r", "s"], list("xyz")
            )  # type: ignore[arg-type, unused-ignore]
        except InputError:
            return
        x, y = solved(lp)
        assert lp.value(x) == pytest.approx(1.25)
        assert certify(lp, x, y).passed


class TestUnits:
    @given(st.floats(1e-300, 1e300))
    def test_a_unit_is_a_power_of_two_next_to_the_size(self, size: float) -> None:
        unit = float(power_of_two(np.float64(size)))
        assert np.frexp(unit)[0] == 0.5
        assert unit <= size < 2 * unit

    def test_nothing_is_measured_in_ones(self) -> None:
        assert power_of_two(np.array([0.0, 1.0, 3.0])).tolist() == [1, 1, 2]

    def test_the_largest_cost_bound_and_coefficient_are_near_one(self) -> None:
        units = Units.of(program([3e-9, 1e-9], [(5e6, [1000, 1], 5e6)]))
        assert 1 <= 3e-9 / units.cost < 2
        assert 1 <= 1000 / units.rows[0] < 2
        assert 1 <= 5e6 / units.rows[0] / units.bound < 2

    @pytest.mark.parametrize("price", [2.0**-60, 2.0**-10, 2.0**40, 1e-12, 1e12])
    @pytest.mark.parametrize("mass", [2.0**-60, 2.0**-10, 2.0**40, 1e-9, 1e9])
    @pytest.mark.parametrize("tall", [False, True])
    def test_units_that_are_powers_of_two_do_not_change_a_bit_and_others_no_digit(
        self, price: float, mass: float, tall: bool
    ) -> None:
        lp, _ = _random(5 if tall else 3, tall)
        scaled = LinearProgram(
            price * lp.c, lp.A, mass * lp.row_lower, mass * lp.row_upper, mass * lp.lower, mass * lp.upper, lp.row_names,
            lp.column_names, lp.sense,
        )  # fmt: skip
        run, again = solve_program(lp), solve_program(scaled)
        assert run.status == again.status
        if run.x is None or run.y is None:
            return
        assert again.x is not None
        assert again.y is not None
        exact = {np.frexp(unit)[0] for unit in (price, mass)} == {0.5}
        tolerance = 0 if exact else 1e-12
        np.testing.assert_allclose(again.x, mass * run.x, rtol=tolerance, atol=tolerance * mass)
        np.testing.assert_allclose(again.y, price * run.y, rtol=tolerance, atol=tolerance * price)
        assert certify(scaled, again.x, again.y).passed

    @pytest.mark.parametrize("big", [1e6, 1e9, 1e12, 1e15])
    def test_a_generous_bound_somewhere_does_not_drown_the_other_rows(self, big: float) -> None:
        lp = program([1, 3], [(0.5, [1, 1], 0.5), (0.25, [0, 1], INF), (-INF, [1, 0], big)])
        x, y = solved(lp)
        np.testing.assert_allclose(x, [0.25, 0.25], rtol=1e-12)
        np.testing.assert_allclose(y, [1, 2, 0], rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("dear", [1e6, 1e9, 1e12, 1e15])
    def test_a_dear_variable_somewhere_does_not_drown_the_other_prices(self, dear: float) -> None:
        lp = program([2, 1, dear], [(1, [1, 1, 1], 1), (-INF, [0, 1, 0], 0.5)])
        x, y = solved(lp)
        np.testing.assert_allclose(x, [0.5, 0.5, 0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(y, [2, -1], rtol=1e-12)


def _served(seed: int) -> tuple[LinearProgram, FloatArray]:
    """A transport program with masses spread over fourteen orders of magnitude, and its masses."""
    rng = np.random.default_rng(seed)
    n = 8
    a = 10.0 ** rng.uniform(-14, 0, n)
    a[0] = 1.0
    b = rng.permutation(a)
    rows = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    right = np.concatenate([a, b])
    return program(rng.random(n * n).tolist(), [(m, row.tolist(), m) for m, row in zip(right, rows, strict=True)]), right


class TestRefinement:
    @pytest.mark.parametrize("seed", range(8))
    def test_the_smallest_mass_is_served_as_exactly_as_the_largest(self, seed: int) -> None:
        lp, masses = _served(seed)
        run = solve_program(lp)
        assert run.x is not None
        assert run.y is not None
        np.testing.assert_allclose(lp.A @ run.x, masses, rtol=1e-9)
        assert (run.x >= 0).all()
        assert certify(lp, run.x, run.y).passed

    def test_without_it_the_smallest_mass_would_be_left_behind(self) -> None:
        assert max(solve_program(_served(seed)[0]).refinements for seed in range(8)) >= 1

    def test_an_answer_that_is_right_is_left_alone(self) -> None:
        assert solve_program(KNOWN["a minimum with an equality"][0]).refinements == 0

    @pytest.mark.parametrize("seed", range(4))
    def test_prices_spread_over_many_orders_come_out_to_each_ones_own_digits(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n = 6
        prices = np.sort(10.0 ** rng.uniform(-13, 0, n))
        lp = program(prices.tolist(), [(0, np.eye(n)[i].tolist(), INF) for i in range(n)] + [(1, [1] * n, 1)])
        x, y = solved(lp)
        assert y[-1] == pytest.approx(prices[0], rel=1e-9)
        assert lp.value(x) == pytest.approx(prices[0], rel=1e-9)


class TestManyRows:
    """A program of many more rows than columns is solved on its other side; nobody should notice."""

    def test_the_side_is_chosen_by_shape(self) -> None:
        square = solve_program(program([1], [(1, [1], INF)]))
        tall = solve_program(program([1], [(float(k), [1], INF) for k in range(9)]))
        assert square.algorithm != tall.algorithm

    def test_the_one_row_that_binds_has_the_multiplier(self) -> None:
        lp = program([2], [(float(k), [1], INF) for k in range(9)])
        x, y = solved(lp)
        assert x.tolist() == [8]
        assert y.tolist() == [0] * 8 + [2]

    def test_a_kantorovich_dual_gives_potentials_and_plan(self) -> None:
        rng = np.random.default_rng(0)
        n = 20
        problem = om.TransportProblem(np.full(n, 1 / n), np.full(n, 1 / n), rng.random((n, n)))
        primal, dual = (om.build(problem, form, "highspy").linear_program() for form in ("primal", "dual"))
        (plan, potentials), (f, mass) = solved(primal), solved(dual)
        assert primal.value(plan) == pytest.approx(dual.value(f), rel=1e-12)
        assert certify(primal, mass, f).passed
        assert certify(dual, potentials, plan).passed

    @settings(deadline=None, max_examples=100)
    @given(st.integers(0, 2**32 - 1), st.booleans())
    @example(63336, True)  # a value of 0, multipliers of 78 that cancel, and nothing but rounding between the two
    def test_the_dual_of_a_program_has_its_value_and_leads_back_to_its_answer(self, seed: int, tall: bool) -> None:
        lp, same = _random(seed, tall)
        assume(linprog(**same).status == 0)
        dual = Dual.of(lp)
        f, x = solved(dual.program)
        point = dual.point(x)
        point[np.abs(point) < 1e-12] = 0.0  # 0 up to rounding on the way through the dual
        assert certify(lp, point, dual.multipliers(f)).passed


def test_a_run_says_how_it_went() -> None:
    run = solve_program(program([1, 3], [(1, [1, 1], 1)]))
    assert isinstance(run, Run)
    assert run.status.optimal
    assert str(run.status) == "optimal"
    assert run.iterations >= 0
    assert run.seconds > 0


def test_iterations_of_a_refined_solve_are_counted_once() -> None:
    mass = np.array([1e-11, 0.4, 0.6 - 1e-11])
    names = [f"c{k}" for k in range(3)]
    plain = LinearProgram(
        np.array([1.0, 2.0, 3.0]), csc_array(np.eye(3)), mass, mass.copy(), np.zeros(3), np.full(3, INF), list("rst"), names
    )
    run = solve_program(plain)
    assert run.status.optimal
    assert run.iterations <= 3 * (1 + run.refinements)
