"""Sums and products of floats without rounding: error-free transformations, and sums that know how wrong they are.

A float is a rational number. The sum of two floats is the sum of two others exactly, the rounded sum and what rounding left out;
the same holds for differences and products. Sums of many are taken in pairs, what rounding left out is summed on the side, and
what that sum may be wrong by is bounded.

Source: Knuth (1969), The Art of Computer Programming, volume 2, section 4.2.2; Dekker (1971), A floating-point technique for
extending the available precision; Ogita, Rump, Oishi (2005), Accurate sum and dot product; Rump, Ogita, Oishi (2008), Accurate
floating-point summation part I (digits cut at a common place).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from otmodels.arrays import FloatArray, IndexArray

UNIT = 2.0**-53
"""Largest relative error of one rounded operation."""

TINY = 2.0**-1074
"""The least float > 0: what a product may lose below the range of floats is less than it."""

CACHED = 1 << 15
"""Numbers that are summed at once: what is made of them stays in a processor's cache."""

_SPLIT = 2.0**27 + 1.0
_LARGE = 2.0**900
"""Factors above this are scaled down before they are split."""


class Sum(NamedTuple):
    """A sum of floats: value + rest, up to an error of at most `error`."""

    value: float
    rest: float
    error: float

    @property
    def lower(self) -> float:
        """A float that is not above the exact sum."""
        return _down(self.value, math.nextafter(self.rest - self.error, -math.inf) if self.error else self.rest)

    @property
    def upper(self) -> float:
        """A float that is not below the exact sum."""
        return -Sum(-self.value, -self.rest, self.error).lower


def two_sum(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(s, e) with s = fl(x + y) and s + e = x + y exactly, entry by entry."""
    s = x + y
    back = s - x
    return s, (x - (s - back)) + (y - back)


def two_difference(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(s, e) with s = fl(x - y) and s + e = x - y exactly, entry by entry."""
    return two_sum(x, -y)


def two_product(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(p, e) with p = fl(x y) and p + e = x y, entry by entry; exactly, but for what is below the range of floats (`TINY`)."""
    p = x * y
    if max(np.abs(x).max(initial=0.0), np.abs(y).max(initial=0.0)) <= _LARGE:
        return p, _left_out(x, y, p)
    x_scale, y_scale = (np.where(np.abs(v) > _LARGE, 2.0**-128, 1.0) for v in (x, y))
    return p, _left_out(x * x_scale, y * y_scale, p * x_scale * y_scale) / x_scale / y_scale


def exact_sum(*parts: FloatArray) -> Sum:
    """The sum of all entries of some arrays, with a bound on its error that is of second order.

    >>> exact_sum(np.array([1e16, 1.0, -1e16])).value
    1.0
    """
    x = np.concatenate([np.ravel(part) for part in parts]) if len(parts) != 1 else np.ravel(parts[0])
    return _together([_in_pairs(x[start : start + CACHED]) for start in range(0, x.size, CACHED)])


def exact_dot(x: FloatArray, y: FloatArray) -> Sum:
    """<x, y> with a bound on its error that is of second order.

    >>> exact_dot(np.array([1e16, 1.0]), np.array([1.0, 0.5])).rest
    0.5
    """
    return _together([_dot(x[start : start + CACHED], y[start : start + CACHED]) for start in range(0, x.size, CACHED)])


def _dot(x: FloatArray, y: FloatArray) -> Sum:
    p, e = two_product(x, y)
    found = _in_pairs(np.concatenate([p, e]))
    underflow = int(np.count_nonzero((p != 0) & (np.abs(p) < 2.0**-960) | ((p == 0) & (x != 0) & (y != 0))))
    return found._replace(error=math.nextafter(found.error + 4 * underflow * TINY, math.inf)) if underflow else found


def _in_pairs(x: FloatArray) -> Sum:
    """A sum taken in pairs."""
    rest, lost, levels = 0.0, 0.0, 0
    while x.size > 1:
        half, odd = divmod(x.size, 2)
        s, e = two_sum(x[:half], x[half : 2 * half])
        x = np.append(s, x[-1]) if odd else s
        rest += float(e.sum())
        lost += float(np.abs(e).sum())
        levels += 1
    total, left = _two_sum(float(x[0]) if x.size else 0.0, rest)
    count = 64 + 2 * levels  # a sum of pairs in numpy has an error of some dozens of units at the most
    return Sum(total, left, 0.0 if lost == 0 else count * UNIT * lost * (1 + 1e-9) + TINY)


def _together(sums: list[Sum]) -> Sum:
    """The sum of some sums."""
    if len(sums) == 1:
        return sums[0]
    values, rests, errors = np.array(sums, dtype=np.float64).reshape(-1, 3).T
    found, doubt = _in_pairs(np.concatenate([values, rests])), float(errors.sum())
    return found._replace(error=math.nextafter((found.error + doubt) * (1 + 1e-9), math.inf)) if doubt else found


def segment_sums(values: FloatArray, index: IndexArray, size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums of the values of each index: (s, e, error) with |sum - (s + e)| <= error, of second order; each (size,).

    Parameters
    ----------
    values : ndarray (k,)
        Numbers.
    index : ndarray (k,)
        To which sum each belongs, in 0..size-1.
    size : int
        Number of sums.
    """
    sizes, largest, terms = np.abs(values), np.zeros(size), np.bincount(index, minlength=size)
    with np.errstate(invalid="ignore"):
        np.maximum.at(largest, index, sizes)
    if largest.max(initial=0.0) > _LARGE:
        scaled = values * 2.0**-128
        total, rest, error = segment_sums(scaled, index, size)
        cut_off = np.bincount(index, scaled * 2.0**128 != values, size) * (TINY * 2.0**128)
        return total * 2.0**128, rest * 2.0**128, error * 2.0**128 + cut_off
    first = np.frexp(largest)[1] + np.frexp(terms)[1]
    level = np.ldexp(1.0, first)[index]  # a power of two above all partial sums of an index: at its last digit they are cut
    high = (level + values) - level
    low = values - high
    total, rest = two_sum(*(np.bincount(index, part, size).astype(np.float64) for part in (high, low)))
    least = np.full(size, np.inf)
    np.minimum.at(least, index, np.where(sizes > 0, sizes, np.inf))
    last = np.maximum(np.frexp(least)[1] - 53, -1074)  # of the digits below the cut, sums of which are exact while they are few
    doubtful = np.isfinite(least) & (first - 53 + np.frexp(terms)[1] > last + 53)
    if not doubtful.any():
        return total, rest, np.zeros(size)
    lost = np.bincount(index, np.abs(low), size)
    # Where a sum of these is rounded, lost >= 2^-1021: what cutting the bound below the range of floats takes is in the 2.
    return total, rest, np.where(doubtful, (terms + 2) * UNIT * lost * (1 + 1e-9), 0.0)


def product_above(x: FloatArray, y: FloatArray | float) -> FloatArray:
    """Floats that are not below x y, of numbers >= 0, entry by entry; 0 only where a factor is.

    >>> product_above(np.array([1e-200, 0.0]), np.array([1e-200, 1.0])).tolist()
    [5e-324, 0.0]
    """
    return np.where((x > 0) & (y > 0), x * y * (1 + 2 * UNIT) + TINY, 0.0)


def rounded_product(x: FloatArray, y: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Products in floats, entry by entry, and a bound on what rounding made of each."""
    p = x * y
    return p, np.where((x != 0) & (y != 0), UNIT * np.abs(p) + TINY, 0.0)


def bounded_above(x: FloatArray, y: FloatArray, terms: int = 1) -> float:
    """A float that is not below <x, y>, of numbers >= 0 that were rounded up to so many times."""
    products = product_above(x, y)
    total = float(products.sum())
    return total * (1 + (products.size.bit_length() + 64 + 2 * terms) * 2 * UNIT) + (TINY * products.size if total else 0.0)


def _left_out(x: FloatArray, y: FloatArray, p: FloatArray) -> FloatArray:
    """X y - p, of factors that can be split."""
    (x_high, x_low), (y_high, y_low) = _split(x), _split(y)
    return ((x_high * y_high - p) + x_high * y_low + x_low * y_high) + x_low * y_low


def _split(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two halves of the digits (Dekker)."""
    c = _SPLIT * x
    high = c - (c - x)
    return high, x - high


def _down(value: float, rest: float) -> float:
    """A float that is not above value + rest."""
    total, left = _two_sum(value, rest)
    return math.nextafter(total, -math.inf) if left < 0 else total


def _two_sum(x: float, y: float) -> tuple[float, float]:
    total = x + y
    back = total - x
    return total, (x - (total - back)) + (y - back)
