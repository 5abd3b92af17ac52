"""Farkas' lemma on systems of every kind: one alternative holds, it is proven without rounding, and the other one cannot."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array, csr_array, lil_array

from otmodels.arrays import FloatArray
from otmodels.errors import InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError
from otmodels.lp import Farkas, farkas
from otmodels.lp.exact import alternative


def solves(matrix: Any, x: Sequence[Fraction], right: Any) -> bool:
    """Whether x >= 0 and A x = b, in rational numbers."""
    sums = [_product(row, x) for row in np.asarray(matrix).tolist()]
    return all(value >= 0 for value in x) and sums == [Fraction(side) for side in np.asarray(right).tolist()]


def separates(matrix: Any, y: Sequence[Fraction], right: Any) -> bool:
    """Whether A'y <= 0 and b'y = 1, in rational numbers."""
    array = np.asarray(matrix)
    sums = [_product(column, y) for column in array.T.tolist()] if array.size else []
    return all(total <= 0 for total in sums) and _product(np.asarray(right).tolist(), y) == 1


def _product(numbers: Sequence[Any], values: Sequence[Fraction]) -> Fraction:
    """Their scalar product, exactly; zeros are passed over, which most entries of a large matrix are."""
    terms = (Fraction(one) * other for one, other in zip(numbers, values, strict=True) if one and other)
    return sum(terms, Fraction(0))


def assert_proven(answer: Farkas, matrix: Any, right: Any) -> None:
    """One alternative and one only, verified, exact, and in floats as in rational numbers."""
    assert answer.verified
    assert (answer.x is None) != (answer.y is None)
    assert answer.feasible == (answer.x is not None)
    assert answer.exact is not None
    assert (solves if answer.feasible else separates)(matrix, answer.exact, right)
    given_in_floats = answer.x if answer.x is not None else answer.y
    assert given_in_floats is not None
    assert given_in_floats.tolist() == [float(entry) for entry in answer.exact]


@st.composite
def systems(draw: st.DrawFn, most: int) -> tuple[Any, Any]:
    """Integer systems, with zero rows and columns, rows twice over, and right-hand sides inside and outside the cone."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(0, most)), draw(st.integers(0, most))
    matrix = rng.integers(-3, 4, (rows, columns)) * (rng.random((rows, columns)) < draw(st.sampled_from([0.1, 0.4, 1.0])))
    matrix *= draw(st.sampled_from([1, 1, 10**6]))
    right = matrix @ rng.integers(0, 3, columns) if draw(st.booleans()) else rng.integers(-4, 5, rows)
    if rows > 1 and draw(st.booleans()):
        matrix[-1], right[-1] = matrix[0], right[0] + rng.integers(0, 2)
    return matrix, right


class TestEitherOr:
    @given(systems(30))
    @settings(deadline=None, max_examples=60)
    def test_one_alternative_holds_in_rational_numbers(self, system: tuple[Any, Any]) -> None:
        assert_proven(farkas(*system), *system)

    @given(systems(6), st.booleans(), st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=150)
    def test_what_is_inside_the_cone_is_never_separated_from_it(
        self, system: tuple[Any, Any], fractions: bool, seed: int
    ) -> None:
        matrix, _ = system
        rng = np.random.default_rng(seed)
        x = rng.integers(0, 4, matrix.shape[1]).astype(object)
        weights = x * Fraction(1, 7) if fractions else x
        assert farkas(matrix, matrix.astype(object) @ weights).feasible

    @given(systems(6), st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=150)
    def test_what_a_hyperplane_separates_from_the_cone_has_no_solution(self, system: tuple[Any, Any], seed: int) -> None:
        """Every column is turned to the side A'y <= 0 of some y, and b put on the other."""
        matrix, _ = system
        y = np.random.default_rng(seed).integers(-3, 4, matrix.shape[0])
        right = y * 1
        turned = matrix * np.where(y @ matrix > 0, -1, 1)
        answer = farkas(turned, right)
        assert answer.feasible == (not y.any())
        assert_proven(answer, turned, right)

    @given(systems(10))
    @settings(deadline=None, max_examples=60)
    def test_the_solver_in_floating_point_finds_the_same_alternative(self, system: tuple[Any, Any]) -> None:
        answer = farkas(*system, exact=False)
        assert answer.verified
        assert answer.feasible == farkas(*system).feasible
        assert answer.exact is None or (solves if answer.feasible else separates)(system[0], answer.exact, system[1])

    @given(systems(5), st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=60)
    def test_positive_units_of_columns_and_an_order_of_rows_change_nothing(self, system: tuple[Any, Any], seed: int) -> None:
        matrix, right = system
        rng = np.random.default_rng(seed)
        order, units = rng.permutation(right.size), rng.integers(1, 9, matrix.shape[1])
        assert farkas((matrix * units)[order], right[order]).feasible == farkas(matrix, right).feasible

    def test_a_system_on_which_the_largest_gain_cycles_is_decided(self) -> None:
        """Beale's example, with its optimal value 1/20 asked for and a little more."""
        a = Fraction(1, 4)
        rows = [[a, -60, -Fraction(1, 25), 9, 1, 0, 0], [2 * a, -90, -Fraction(1, 50), 3, 0, 1, 0], [0, 0, 1, 0, 0, 0, 1]]
        rows.append([3 * a, -150, Fraction(1, 50), -6, 0, 0, 0])
        for value, feasible in ((Fraction(1, 20), True), (Fraction(1, 20) + Fraction(1, 10**9), False)):
            answer = farkas(rows, [0, 0, 1, value])
            assert answer.feasible == feasible
            assert_proven(answer, np.array(rows, dtype=object), np.array([0, 0, 1, value], dtype=object))


def transport(n: int, allowed: Any, a: FloatArray, b: FloatArray) -> tuple[csr_array, FloatArray]:
    """The marginal rows of the pairs that are allowed."""
    i, j = np.nonzero(allowed)
    pairs = np.arange(i.size)
    entries = (np.ones(2 * i.size), (np.concatenate([i, n + j]), np.tile(pairs, 2)))
    return csr_array(coo_array(entries, shape=(n + b.size, i.size))), np.concatenate([a, b])


class TestLargeSystems:
    def test_sources_that_hold_more_than_their_targets_take_are_told_by_a_vector_of_signs(self) -> None:
        """60 x 60, sources 0-19 reach targets 0-18 only."""
        allowed = np.ones((60, 60), dtype=bool)
        allowed[:20, 19:] = False
        matrix, right = transport(60, allowed, np.ones(60), np.ones(60))
        answer = farkas(matrix, right)
        assert_proven(answer, matrix.toarray(), right)
        assert not answer.feasible
        assert answer.y is not None
        assert len(set(np.abs(answer.y).tolist()) - {0.0}) == 1
        assert (matrix.T @ answer.y).max() == 0
        assert (answer.y[:20] > 0).all()
        assert (answer.y[60:79] < 0).all()

    def test_totals_that_differ_are_told_exactly(self) -> None:
        matrix, right = transport(60, np.ones((60, 60), dtype=bool), np.full(60, 2.0), np.append(np.full(59, 2.0), 3.0))
        answer = farkas(matrix, right)
        assert_proven(answer, matrix.toarray(), right)
        assert answer.y is not None
        assert set(np.abs(answer.y).tolist()) == {1.0}

    def test_a_plan_of_whole_numbers_is_exact(self) -> None:
        allowed = np.random.default_rng(0).random((60, 60)) < 0.2
        np.fill_diagonal(allowed, True)
        matrix, right = transport(60, allowed, np.full(60, 3.0), np.full(60, 3.0))
        answer = farkas(matrix, right)
        assert answer.feasible
        assert_proven(answer, matrix.toarray(), right)

    def test_masses_that_floats_round_are_decided_up_to_rounding(self) -> None:
        rng = np.random.default_rng(1)
        plan = rng.random((60, 60))
        matrix, right = transport(60, np.ones((60, 60), dtype=bool), plan.sum(axis=1), plan.sum(axis=0))
        answer = farkas(matrix, right)
        assert (answer.feasible, answer.verified, answer.exact) == (True, True, None)
        assert repr(answer) == "Farkas(x >= 0 with A x = b, in floating point)"
        assert answer.x is not None
        np.testing.assert_allclose(matrix @ answer.x, right, rtol=1e-9)
        assert (answer.x >= 0).all()

    def test_a_shortage_of_random_masses_is_proven(self) -> None:
        rng = np.random.default_rng(2)
        allowed = np.ones((60, 60), dtype=bool)
        allowed[:30, 20:] = False
        matrix, right = transport(60, allowed, rng.random(60) + 1, rng.random(60) + 1)
        answer = farkas(matrix, right)
        assert not answer.feasible
        assert_proven(answer, matrix.toarray(), right)

    def test_fractions_that_floats_round_are_proven_as_fractions(self) -> None:
        """60 rows x >= 0 of 1/3 each, and their total, 20 exactly, or a little more: floats tell neither."""
        third = Fraction(1, 3)
        matrix = np.vstack([np.eye(60, dtype=int), np.ones((1, 60), dtype=int)])
        assert farkas(matrix, [third] * 60 + [Fraction(20)], exact=False).exact == (third,) * 60
        off = farkas(matrix, [third] * 60 + [Fraction(20) + Fraction(1, 2**70)], exact=True)
        assert not off.feasible
        assert off.by_rounding
        assert farkas(matrix, [third] * 60 + [Fraction(20) + Fraction(1, 2**70)], exact=False).exact is None

    def test_large_entries_are_measured_in_their_own_row_s_unit(self) -> None:
        """Next to 3,000,000 an artificial variable of 1 is nothing to a solver, and multipliers are millionths."""
        matrix, right = np.zeros((5, 4), dtype=int), np.array([0, 2, -4, 3, 1])
        matrix[1:3, 2] = 3_000_000
        answer = farkas(matrix, right, exact=False)
        assert not answer.feasible
        assert_proven(answer, matrix, right)

    @pytest.mark.parametrize("seed", range(6))
    def test_multipliers_that_are_no_simple_fractions_are_exact_or_do_not_say_so(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        matrix = rng.integers(-3, 4, (12, 6)) * np.where(rng.random((12, 1)) < 0.5, 1, 999_983)
        right = rng.integers(-4, 5, 12)
        answer = farkas(matrix, right, exact=False)
        assert answer.verified
        assert not answer.feasible
        assert answer.exact is None or separates(matrix, answer.exact, right)

    def test_many_rows_in_few_unknowns_are_decided_exactly(self) -> None:
        matrix = np.arange(2400)[:, None] + 1
        assert_proven(farkas(matrix, 2 * matrix[:, 0]), matrix, 2 * matrix[:, 0])
        right = 2 * matrix[:, 0]
        right[1000] += 1
        assert_proven(farkas(matrix, right), matrix, right)


class TestNumbers:
    def test_rows_that_differ_by_rounding_contradict_each_other_and_it_is_said(self) -> None:
        answer = farkas([[1.0], [1.0]], [0.1 + 0.2, 0.3])
        assert_proven(answer, [[1.0], [1.0]], [0.1 + 0.2, 0.3])
        assert (answer.feasible, answer.by_rounding) == (False, True)
        assert repr(answer) == "Farkas(y with A'y <= 0, b'y > 0, exact, but by rounding alone)"
        assert [check.name for check in answer.checks if not check.passed] == ["b'y > 0"]

    def test_up_to_rounding_they_agree(self) -> None:
        answer = farkas([[1.0], [1.0]], [0.1 + 0.2, 0.3], exact=False)
        assert (answer.feasible, answer.exact) == (True, None)
        assert repr(answer) == "Farkas(x >= 0 with A x = b, in floating point)"

    def test_a_contradiction_in_the_data_is_no_rounding(self) -> None:
        answer = farkas([[1.0], [1.0]], [0.3, 0.4])
        assert (answer.feasible, answer.by_rounding) == (False, False)
        assert repr(answer) == "Farkas(y with A'y <= 0, b'y > 0, exact)"

    def test_fractions_and_integers_are_never_rounded(self) -> None:
        third, big = Fraction(1, 3), 2**60
        assert farkas([[third, 1]], [Fraction(1, 3)]).exact == (Fraction(1), Fraction(0))
        assert not farkas([[1], [1]], [big, big + 1]).feasible
        assert not farkas(np.array([[1], [1]]), np.array([big, big + 1])).feasible
        assert not farkas([[big], [big + 1]], [1, 1]).feasible
        assert not farkas(csr_array(np.array([[big], [big + 1]])), [1, 1]).feasible
        assert farkas([[Decimal("0.1")], [1]], [Decimal("0.3"), 3]).feasible
        assert not farkas([[0.1], [1]], [0.3, 3]).feasible

    @pytest.mark.parametrize("form", [np.array, csr_array, csc_array, coo_array, lil_array])
    def test_a_matrix_is_the_same_in_every_form(self, form: Any) -> None:
        matrix = np.array([[1.0, 0.0, 2.0], [0.0, -3.0, 0.0]])
        assert farkas(form(matrix), [2, -3]).exact == (Fraction(2), Fraction(1), Fraction(0))
        assert farkas(form(matrix), [2, 3]).exact == (Fraction(0), Fraction(1, 3))

    def test_entries_given_twice_add_up_and_stay_as_they_were_given(self) -> None:
        matrix = csr_array((np.array([1.0, 2.0]), np.array([0, 0]), np.array([0, 2])), shape=(1, 1))
        assert farkas(matrix, [3.0]).exact == (Fraction(1),)
        assert matrix.data.tolist() == [1, 2]

    @pytest.mark.parametrize(
        ("rows", "columns", "right", "feasible"),
        [
            (0, 0, [], True),
            (0, 3, [], True),
            (2, 0, [0, 0], True),
            (2, 0, [0, -5], False),
            (2, 3, [0, 0], True),
            (1, 3, [1], False),
        ],
    )
    def test_systems_without_rows_or_columns_or_entries(self, rows: int, columns: int, right: Any, feasible: bool) -> None:
        for matrix in (np.zeros((rows, columns)), csr_array((rows, columns)), np.zeros((rows, columns), dtype=object)):
            for exact in (None, False):
                answer = farkas(matrix, right, exact=exact)
                assert answer.feasible == feasible
                assert_proven(answer, np.zeros((rows, columns)), right)
                assert (answer.x if answer.x is not None else answer.y).shape == (columns if feasible else rows,)  # type: ignore[union-attr]

    def test_nothing_at_all_is_solved_by_nothing(self) -> None:
        assert farkas([], []).exact == ()
        assert repr(farkas([], [])) == "Farkas(x >= 0 with A x = b, exact)"

    def test_the_exact_alternative_of_no_rows_has_as_many_unknowns_as_it_is_told(self) -> None:
        assert alternative([], [], 3) == ([Fraction(0)] * 3, None)
        assert alternative([], []) == ([], None)


@pytest.mark.parametrize(
    ("matrix", "right", "kind", "argument"),
    [
        ([[1, 2]], [1, 2], ShapeError, "b"),
        ([[1], [2]], [1], ShapeError, "b"),
        ([[1]], [[1]], ShapeError, "b"),
        ([[1]], 1, ShapeError, "b"),
        ([1, 2], [3], ShapeError, "A"),
        ([], [1], ShapeError, "A"),
        (1, [1], ShapeError, "A"),
        (np.ones((1, 1, 1)), [1], ShapeError, "A"),
        (coo_array(np.ones(2)), [1, 2], ShapeError, "A"),
        ([[1], [1, 2]], [1, 2], ShapeError, "A"),
        ([["1"]], [1], ShapeError, "A"),
        ([[1]], ["1"], ShapeError, "b"),
        ([[1j]], [1], ShapeError, "A"),
        (csr_array(np.array([[1j]])), [1], ShapeError, "A"),
        ([[None]], [1], NotANumberError, "A"),
        ([[10**400]], [1], ParameterError, "A"),
        ([[np.nan, 1]], [1], NotANumberError, "A"),
        ([[1]], [np.nan], NotANumberError, "b"),
        ([[np.inf]], [1], InfiniteValueError, "A"),
        (csr_array(np.array([[-np.inf]])), [1], InfiniteValueError, "A"),
        ([[1]], [-np.inf], InfiniteValueError, "b"),
        ([[1e-300]], [1e300], ParameterError, "A, b"),
        ([[1e300]], [1e-300], ParameterError, "A, b"),
    ],
)
def test_what_is_no_system_is_refused_by_the_name_of_what_is_wrong(
    matrix: Any, right: Any, kind: type[InputError], argument: str
) -> None:
    with pytest.raises(InputError) as caught:
        farkas(matrix, right)
    assert type(caught.value) is kind
    assert caught.value.argument == argument
    assert caught.value.remedy
