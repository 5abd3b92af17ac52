"""Exact arithmetic of linear programs: systems, sums, bounds and the simplex method, against rational numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array
from test_lp_conversion import stated

from otmodels.lp.bounds import implied
from otmodels.lp.exact import Contradictory, Endless, Optimum, minimise
from otmodels.lp.products import products
from otmodels.lp.rational import solve
from otmodels.lp.safe import least_terms, outward

INF = np.inf
seeds = st.integers(0, 2**32 - 1)


def dot(left: Any, right: Any) -> Fraction:
    """A scalar product of floats or fractions, as rational numbers."""
    return sum((Fraction(a) * Fraction(b) for a, b in zip(left, right, strict=True)), Fraction(0))


def rank(matrix: Any) -> int:
    """By elimination in fractions: numpy takes what is 1e-6 beside other rows for dependent on them."""
    rows, found = [[Fraction(value) for value in row] for row in matrix.tolist()], 0
    for j in range(matrix.shape[1]):
        pivot = next((i for i in range(found, len(rows)) if rows[i][j]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for row in rows[found + 1 :]:
            share = row[j] / rows[found][j]
            row[:] = [value - share * other for value, other in zip(row, rows[found], strict=True)]
        found += 1
    return found


class TestSystems:
    @given(seeds)
    @settings(deadline=None, max_examples=150)
    def test_rows_hold_exactly_but_for_those_that_depend_on_others(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        m, n = (int(v) for v in rng.integers(1, 9, 2))
        matrix = rng.integers(-3, 4, (m, n)) * rng.choice([1.0, 0.1, 3.7, 1e-6], (m, n)) * (rng.random((m, n)) < 0.6)
        if m > 2:
            matrix[-1] = matrix[0]
        right = [Fraction(v) for v in rng.standard_normal(m).tolist()]
        found = solve(csr_array(matrix), right)
        assert found is not None
        x = [found.values.get(j, Fraction(0)) for j in range(n)]
        for row, side, i in zip(matrix.tolist(), right, range(m), strict=True):
            assert side - dot(row, x) == found.left.get(i, 0)
        assert len(found.left) >= m - rank(matrix)

    @pytest.mark.parametrize("size", [2, 9, 30])
    def test_a_full_system_of_decimals_is_solved_digit_by_digit(self, size: int) -> None:
        rng = np.random.default_rng(size)
        matrix = rng.random((size, size)) + np.eye(size)
        found = solve(csr_array(matrix), [Fraction(1, 3)] * size)
        assert found is not None
        assert not found.left
        assert all(dot(row, [found.values[j] for j in range(size)]) == Fraction(1, 3) for row in matrix.tolist())

    def test_a_tree_of_any_length_is_solved_from_its_leaves(self) -> None:
        """x_0 = 1/10, x_k + x_{k+1} = 1: ones and zeros, but for a tenth more or less."""
        n = 3000
        places = np.arange(n)
        ones, rows, columns = np.ones(2 * n - 1), np.concatenate([places, places[1:]]), np.concatenate([places, places[:-1]])
        found = solve(csr_array((ones, (rows, columns))), [Fraction(1, 10)] + [Fraction(1)] * (n - 1))
        assert found is not None
        assert set(found.values.values()) == {Fraction(1, 10), Fraction(9, 10)}

    def test_of_rows_that_contradict_each_other_those_of_the_largest_number_are_left(self) -> None:
        for order, left in (([0, 1, 2], 2), ([2, 1, 0], 0)):
            found = solve(csr_array(np.ones((3, 1))), [Fraction(k) for k in (5, 6, 7)], np.array(order, dtype=float))
            assert found is not None
            assert left in found.left
            assert len(found.left) == 2


class TestSums:
    @given(seeds)
    @settings(deadline=None, max_examples=150)
    def test_enclose_the_exact_ones(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        m, n = (int(v) for v in rng.integers(1, 30, 2))
        matrix = rng.choice([1.0, -1.0, 0.1, 1e-300, 1e150, 3.0], (m, n)) * 10.0 ** rng.integers(-9, 9, (m, n))
        vector = rng.standard_normal(n) * 10.0 ** rng.integers(-20, 20, n)
        if rng.random() < 0.3:
            matrix, vector = np.sign(matrix), np.rint(vector)
        for sums in (products(csr_array(matrix), vector), products(csc_array(matrix.T), vector)):
            for row, low, high in zip(matrix.tolist(), sums.lower.tolist(), sums.upper.tolist(), strict=True):
                assert low <= dot(row, vector.tolist()) <= high

    def test_keep_what_cancels(self) -> None:
        sums = products(csr_array([[1.0, 1.0, -1.0]]), np.array([1e16, 1.0, 1e16]))
        assert 1 - 1e-13 < sums.lower[0] <= 1 <= sums.upper[0] < 1 + 1e-13
        third = products(csr_array([[0.1, 0.2, -0.3]]), np.ones(3))
        assert third.lower[0] <= Fraction(0.1) + Fraction(0.2) - Fraction(0.3) <= third.upper[0] < 6e-17

    @given(st.fractions())
    def test_floats_next_to_a_fraction_hold_it(self, value: Fraction) -> None:
        low, high = outward(value)
        assert low <= value <= high
        assert high in (low, np.nextafter(low, INF))


class TestBounds:
    def test_masses_are_bounded_by_what_their_rows_hold(self) -> None:
        rows = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
        lp = stated([0] * 4, rows, [(0.25, 0.25), (0.75, 0.75), (0.5, 0.5), (0.5, 0.5)], [(0, INF)] * 4)
        lower, upper = implied(lp, INF, np.zeros(4, dtype=bool), np.ones(4, dtype=bool))
        assert (upper >= [0.25, 0.25, 0.5, 0.5]).all()
        np.testing.assert_allclose(upper, [0.25, 0.25, 0.5, 0.5], rtol=1e-14)
        assert lower.tolist() == [0] * 4

    def test_costs_bound_what_no_row_does_once_a_value_is_known(self) -> None:
        """2 u + 4 v <= 12, u and v >= 0."""
        lp = stated([2, 4], [[1, 1]], [(1, INF)], [(0, INF)] * 2)
        every = np.ones(2, dtype=bool)
        assert np.isinf(implied(lp, INF, ~every, every)[1]).all()
        _, upper = implied(lp, 12.0, ~every, every)
        assert (upper >= [6, 3]).all()
        np.testing.assert_allclose(upper, [6, 3], rtol=1e-14)

    @given(seeds)
    @settings(deadline=None, max_examples=150)
    def test_every_feasible_point_keeps_to_them(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        m, n = int(rng.integers(1, 5)), int(rng.integers(1, 6))
        matrix, x = rng.integers(-3, 4, (m, n)) * rng.choice([1.0, 0.1, 1e5], (m, n)), rng.standard_normal(n)
        activity = np.array([float(dot(row, x.tolist())) for row in matrix.tolist()])
        room = np.abs(activity) * 1e-15 + 1e-300
        rows = np.stack([activity - room, activity + rng.random(m)], axis=1)
        bounds = np.where(rng.random((n, 2)) < 0.5, [[-INF, INF]], np.stack([x - rng.random(n), x + rng.random(n)], axis=1))
        lp = stated(rng.standard_normal(n), matrix, rows, bounds)
        for most in (INF, float(lp.c @ x) + 1e-9):
            lower, upper = implied(lp, most, np.ones(n, dtype=bool), np.ones(n, dtype=bool))
            assert (lower <= x).all()
            assert (x <= upper).all()

    def test_what_every_point_pays_is_no_more_than_the_cheapest_way(self) -> None:
        """Rows of masses 1/4 and 3/4 at no less than 3 and 1 a unit, a column with 1 more; a dear way, and a row nobody needs."""
        rows = [[1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]]
        lp = stated([3, 5, 1, 1e30], rows, [(0.25, 0.25), (0.75, 0.75), (0.5, 0.5), (-INF, 1e12)], [(0, INF)] * 4)
        assert least_terms(lp) == 0.25 * 3 + 0.75 * 1 + 0.5 * 2
        assert least_terms(stated([-2, 7], [[1, 1]], [(-4, 3)], [(1, 5), (-3, -2)])) == 2 * 1 + 7 * 2


class TestSimplex:
    """min c'x, A x = b, x >= 0 ends in one of three ways, each with its proof."""

    @given(seeds)
    @settings(deadline=None, max_examples=200)
    def test_each_ending_proves_itself(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        m, n = int(rng.integers(0, 5)), int(rng.integers(1, 7))
        matrix = (rng.integers(-3, 4, (m, n)) * (rng.random((m, n)) < 0.7)).tolist()
        right, costs = rng.integers(-4, 5, m).tolist(), rng.integers(-4, 5, n).tolist()
        rows, b, c = [[Fraction(v) for v in row] for row in matrix], [Fraction(v) for v in right], [Fraction(v) for v in costs]
        found = minimise(rows, b, c)
        columns = [[row[j] for row in rows] for j in range(n)]
        if isinstance(found, Contradictory):
            assert all(dot(column, found.y) <= 0 for column in columns)
            assert dot(b, found.y) > 0
            return
        assert all(v >= 0 for v in found.x)
        assert [dot(row, found.x) for row in rows] == b
        if isinstance(found, Endless):
            assert all(v >= 0 for v in found.direction)
            assert [dot(row, found.direction) for row in rows] == [0] * m
            assert dot(c, found.direction) < 0
            return
        assert isinstance(found, Optimum)
        assert all(dot(column, found.y) <= cost for column, cost in zip(columns, c, strict=True))
        assert dot(b, found.y) == dot(c, found.x)

    def test_all_three_endings_occur(self) -> None:
        one = Fraction(1)
        assert isinstance(minimise([[one]], [one], [one]), Optimum)
        assert isinstance(minimise([[one]], [-one], [one]), Contradictory)
        assert isinstance(minimise([[one, -one]], [one], [-one, one / 2]), Endless)
