"""Sums and products of floats: what rounding leaves out is had exactly, or bounded."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otmodels.arrays import FloatArray
from otmodels.rounding import (
    TINY,
    Sum,
    bounded_above,
    exact_dot,
    exact_sum,
    segment_sums,
    two_difference,
    two_product,
    two_sum,
)

LEAST = Fraction(TINY)


def wild(largest: float) -> st.SearchStrategy[float]:
    """Floats of any size up to a largest, denormal ones among them."""
    return st.floats(-largest, largest, allow_subnormal=True)


SUMMANDS = st.lists(wild(1e290), min_size=0, max_size=40)
FACTORS = st.lists(st.tuples(wild(1e150), wild(1e150)), min_size=0, max_size=30)


def rational(values: FloatArray) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def scattered(seed: int, count: int, exponent: int = 300) -> FloatArray:
    """Numbers of both signs over hundreds of orders of magnitude, each with a near opposite."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count) * 10.0 ** rng.uniform(-exponent, min(exponent, 290), count)
    return rng.permutation(np.concatenate([x, -x * (1 + rng.integers(-3, 4, count) * 2.0**-52)]))


def assert_encloses(found: Sum, exact: Fraction) -> None:
    assert abs(exact - Fraction(found.value) - Fraction(found.rest)) <= Fraction(found.error)
    assert Fraction(found.lower) <= exact <= Fraction(found.upper)


class TestTransformations:
    @given(wild(1e300), wild(1e300))
    def test_a_sum_and_what_rounding_left_out_are_the_sum(self, x: float, y: float) -> None:
        for transformed, exact in (
            (two_sum(np.array([x]), np.array([y])), Fraction(x) + Fraction(y)),
            (two_difference(np.array([x]), np.array([y])), Fraction(x) - Fraction(y)),
        ):
            s, e = (float(part[0]) for part in transformed)
            assert Fraction(s) + Fraction(e) == exact

    @given(wild(1e300), wild(1e300))
    def test_a_product_and_what_rounding_left_out_are_the_product_down_to_the_least_float(self, x: float, y: float) -> None:
        exact = Fraction(x) * Fraction(y)
        if abs(exact) > Fraction(1e307):
            return
        p, e = (float(part[0]) for part in two_product(np.array([x]), np.array([y])))
        left = abs(exact - Fraction(p) - Fraction(e))
        assert left == 0 if abs(exact) > Fraction(2) ** -960 or exact == 0 else left <= 4 * LEAST

    @pytest.mark.parametrize(("x", "y"), [(2.0**1023, 0.75 + 2.0**-52), (2.0**950 * 1.1, 2.0**-1074), (1.7e308, 0.9999999)])
    def test_factors_at_both_ends_of_the_range(self, x: float, y: float) -> None:
        p, e = (float(part[0]) for part in two_product(np.array([x]), np.array([y])))
        assert Fraction(p) + Fraction(e) == Fraction(x) * Fraction(y)


class TestSums:
    @given(SUMMANDS)
    def test_a_sum_is_within_its_error_and_its_ends_enclose_it(self, numbers: list[float]) -> None:
        x = np.array(numbers, dtype=np.float64)
        assert_encloses(exact_sum(x), sum(rational(x), Fraction(0)))

    @pytest.mark.parametrize("count", [1, 7, 64, 500, 3000])
    @pytest.mark.parametrize("seed", range(3))
    def test_summands_over_hundreds_of_orders_that_cancel(self, seed: int, count: int) -> None:
        x = scattered(seed, count)
        exact = sum(rational(x), Fraction(0))
        found = exact_sum(x[:count], x[count:])
        assert_encloses(found, exact)
        assert Fraction(found.error) <= Fraction(2) ** -90 * sum(map(abs, rational(x))) + LEAST

    @pytest.mark.parametrize("seed", range(4))
    def test_a_sum_of_ordinary_numbers_is_rounded_once(self, seed: int) -> None:
        x = np.random.default_rng(seed).random(1000)
        found = exact_sum(x)
        assert Fraction(found.upper) - Fraction(found.lower) <= 2 * Fraction(np.spacing(found.value))

    def test_a_sum_that_needs_no_rounding_has_no_error(self) -> None:
        found = exact_sum(np.arange(1000.0))
        assert found == (499500.0, 0.0, 0.0)
        assert found.lower == found.upper

    def test_a_rest_moves_both_ends_to_its_side_only(self) -> None:
        above, below = Sum(1.0, 1e-30, 0.0), Sum(1.0, -1e-30, 0.0)
        assert (above.lower, above.upper) == (1.0, np.nextafter(1.0, 2.0))
        assert (below.lower, below.upper) == (np.nextafter(1.0, 0.0), 1.0)

    def test_an_error_moves_both_ends_outwards(self) -> None:
        assert Sum(1.0, 0.0, 1e-30).lower < 1.0 < Sum(1.0, 0.0, 1e-30).upper


class TestProducts:
    @given(FACTORS)
    def test_a_dot_product_is_within_its_error_and_its_ends_enclose_it(self, factors: list[tuple[float, float]]) -> None:
        x, y = (np.array([pair[k] for pair in factors], dtype=np.float64) for k in (0, 1))
        exact = sum((p * q for p, q in zip(rational(x), rational(y), strict=True)), Fraction(0))
        assert_encloses(exact_dot(x, y), exact)

    @pytest.mark.parametrize("seed", range(8))
    def test_products_below_the_range_of_floats_are_counted(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, y = (rng.normal(size=50) * 10.0 ** rng.uniform(-300, -100, 50) for _ in range(2))
        assert_encloses(exact_dot(x, y), sum((p * q for p, q in zip(rational(x), rational(y), strict=True)), Fraction(0)))

    def test_a_product_that_vanishes_in_floats_is_above_0(self) -> None:
        found = exact_dot(np.array([1e-200]), np.array([1e-200]))
        assert found.lower <= 0 < found.upper

    def test_many_products_that_vanish_in_floats_add_up(self) -> None:
        x, y = np.full(100, 2.0**-537), np.full(100, 0.8 * 2.0**-538)
        assert not (x * y).any()
        assert_encloses(exact_dot(x, y), 100 * Fraction(2.0**-537) * Fraction(0.8 * 2.0**-538))

    def test_masses_and_costs_that_cancel_to_the_last_bit(self) -> None:
        x, y = np.array([1e8, 1.0, -1e8]), np.array([1e8 + 1, 2.0**-30, 1e8 + 1])
        found = exact_dot(x, y)
        assert found.value == 2.0**-30
        assert_encloses(found, Fraction(1, 2**30))


class TestSegments:
    @given(st.lists(st.tuples(st.integers(0, 4), wild(1e290)), max_size=40))
    def test_the_sum_of_each_index_is_within_its_error(self, given: list[tuple[int, float]]) -> None:
        index, values = np.array([k for k, _ in given], dtype=np.intp), np.array([x for _, x in given], dtype=np.float64)
        s, e, error = segment_sums(values, index, 5)
        for k in range(5):
            exact = sum(rational(values[index == k]), Fraction(0))
            assert abs(exact - Fraction(float(s[k])) - Fraction(float(e[k]))) <= Fraction(float(error[k]))

    @pytest.mark.parametrize("seed", range(3))
    def test_many_that_cancel(self, seed: int) -> None:
        values = scattered(seed, 1500)
        index = np.random.default_rng(seed).integers(0, 7, values.size)
        s, e, error = segment_sums(values, index, 8)
        for k in range(8):
            exact = sum(rational(values[index == k]), Fraction(0))
            assert abs(exact - Fraction(float(s[k])) - Fraction(float(e[k]))) <= Fraction(float(error[k]))

    def test_what_needs_no_rounding_has_no_error(self) -> None:
        s, e, error = segment_sums(np.array([1.0, 2.0, 4.0, 8.0]), np.array([1, 1, 1, 3]), 4)
        assert (s.tolist(), e.tolist(), error.tolist()) == ([0, 7, 0, 8], [0, 0, 0, 0], [0, 0, 0, 0])

    @staticmethod
    def enclosed(*values: float) -> tuple[Fraction, Fraction]:
        """By how much the sum of one index is wrong, and the bound on it."""
        s, e, error = (float(part[0]) for part in segment_sums(np.array(values), np.zeros(len(values), dtype=np.intp), 1))
        wrong, bound = abs(sum(map(Fraction, values), Fraction(0)) - Fraction(s) - Fraction(e)), Fraction(error)
        assert wrong <= bound
        return wrong, bound

    def test_what_is_cut_off_may_add_up_to_one_digit_too_many(self) -> None:
        """Cut at 2: -1, -1 and -1 + 2^-52 are left of three numbers."""
        wrong, _ = self.enclosed(2.0**50 + 3, 3.0, 1 + 2.0**-52)
        assert wrong == Fraction(1, 2**52)

    def test_what_is_cut_off_is_summed_exactly_while_its_digits_are_few(self) -> None:
        assert not any(self.enclosed(2.0**50 + 3, 3.0, 3 + 2.0**-51))

    def test_every_sum_of_what_is_cut_off_may_lose_half_a_unit(self) -> None:
        """Beside 2^42 is cut at 2: 1 is left, and a thousand times 2^-53, each of which gets lost beside it."""
        wrong, bound = self.enclosed(2.0**42, 1.0, *[2.0**-53] * 1000)
        assert wrong == 1000 * Fraction(1, 2**53)
        assert bound < Fraction(1005, 1000) * wrong

    def test_what_is_cut_off_next_to_the_least_floats(self) -> None:
        """The bound on what is lost is itself below the normal floats."""
        scale = 2.0**-1022
        wrong, _ = self.enclosed(scale * (2.0**50 + 3), scale * 3, scale * (1 + 2.0**-52))
        assert wrong == Fraction(TINY)

    def test_near_the_largest_float(self) -> None:
        largest = float(np.finfo(np.float64).max)
        assert self.enclosed(largest, 1.0, -largest)[1] < Fraction(largest) / 2**100
        assert not any(self.enclosed(2.0**1023, -(2.0**1020), -(2.0**1023)))

    def test_what_gets_lost_where_large_numbers_are_scaled_down(self) -> None:
        wrong, bound = self.enclosed(2.0**1000, 2.0**-1000, -(2.0**1000), 2.0**-946 * 0.4)
        assert 0 < wrong <= bound < Fraction(2) ** -900


class TestBoundedAbove:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("count", [1, 9, 129, 5000])
    def test_it_is_not_below_the_sum_of_rounded_products(self, seed: int, count: int) -> None:
        rng = np.random.default_rng(seed)
        mass, slack = rng.random(count), 10.0 ** rng.uniform(-20, 3, count)
        exact = sum((p * q for p, q in zip(rational(mass), rational(slack), strict=True)), Fraction(0))
        assert exact <= Fraction(bounded_above(mass, slack)) <= exact * (1 + Fraction(1, 10**12))

    def test_products_cut_off_below_the_least_normal_float(self) -> None:
        mass, slack = np.full(100, 1.3e-160), np.full(100, 0.77e-161)
        exact = sum((p * q for p, q in zip(rational(mass), rational(slack), strict=True)), Fraction(0))
        assert exact <= Fraction(bounded_above(mass, slack))

    def test_products_that_lose_a_third_to_the_least_float(self) -> None:
        mass, slack = np.full(100, 1.4 * 2.0**-537), np.full(100, 2.0**-537)
        assert 100 * Fraction(1.4 * 2.0**-537) * Fraction(2.0**-537) <= Fraction(bounded_above(mass, slack))

    def test_nothing_is_nothing(self) -> None:
        assert bounded_above(np.zeros(5), np.ones(5)) == 0.0
