"""Intervals that an optimal value lies in."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otmodels.errors import CertificateError
from otmodels.interval import UNKNOWN, Interval

NUMBERS = st.floats(-1e300, 1e300)


class TestWidth:
    @given(NUMBERS, NUMBERS)
    def test_it_is_rounded_up_and_by_less_than_two_floats(self, one: float, other: float) -> None:
        lower, upper = sorted((one, other))
        width = Interval(lower, upper).width
        exact = Fraction(upper) - Fraction(lower)
        assert Fraction(width) >= exact
        assert width == 0 or Fraction(math.nextafter(math.nextafter(width, 0.0), 0.0)) < exact

    def test_it_is_exact_where_a_float_has_it(self) -> None:
        assert Interval(1.0, 1.5).width == 0.5
        assert Interval(-1.0, 2.0).width == 3.0

    def test_a_difference_that_rounds_down_is_rounded_up(self) -> None:
        assert Interval(-(2.0**-60), 1.0).width == math.nextafter(1.0, 2.0)

    @pytest.mark.parametrize("point", [0.0, 3.0, -1e300, math.inf, -math.inf])
    def test_a_point_has_none(self, point: float) -> None:
        assert Interval(point, point).width == Interval(point, point).relative_width == 0

    def test_nothing_proven_is_infinitely_wide(self) -> None:
        assert UNKNOWN.width == UNKNOWN.relative_width == math.inf
        assert Interval(0.0, math.inf).relative_width == math.inf


class TestRelativeWidth:
    def test_it_is_over_the_larger_bound(self) -> None:
        assert Interval(-4.0, 1.0).relative_width == 1.25
        assert Interval(3.0, 4.0).relative_width == 0.25

    def test_about_0_it_is_as_wide_as_can_be(self) -> None:
        assert Interval(-1e-300, 1e-300).relative_width == pytest.approx(2.0)


class TestTogether:
    @given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
    def test_both_say_what_both_hold_or_contradict_each_other(self, a: float, b: float, c: float, d: float) -> None:
        one, other = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
        if max(one.lower, other.lower) > min(one.upper, other.upper):
            with pytest.raises(CertificateError, match="no number in common"):
                one.intersection(other)
            return
        both = one.intersection(other)
        assert both == other.intersection(one)
        for value in (a, b, c, d):
            assert (value in both) == (value in one and value in other)

    def test_intervals_that_touch_have_a_point_in_common(self) -> None:
        assert Interval(0.0, 1.0).intersection((1.0, 2.0)) == (1.0, 1.0)

    def test_nothing_proven_adds_nothing(self) -> None:
        assert Interval(0.0, 1.0).intersection(UNKNOWN) == (0.0, 1.0)


def test_it_is_a_tuple_and_travels() -> None:
    interval = Interval(1.0, 2.0)
    lower, upper = pickle.loads(pickle.dumps(interval))
    assert (lower, upper) == interval == (1.0, 2.0)
    assert 1 in interval
    assert 2.5 not in interval
