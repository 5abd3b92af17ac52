"""Potentials that are feasible without any tolerance, and slacks that are right to the last bit.

For any f at all, (f, f^c) is feasible. In floats C_ij - f_i is rounded; rounding is monotone, so that the least of the exact
differences is among the pairs whose rounded difference is least, and what rounding left out at these tells which. So f^c is had
exactly, as the sum of two floats, in one pass over all pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.blocks import over_blocks
from otmodels.cost import BaseCost
from otmodels.line import Line, on_the_line
from otmodels.problem import TransportProblem
from otmodels.rounding import UNIT, Sum, exact_dot, exact_sum, product_above, rounded_product, two_difference

_FAR = 4.0
"""A gauge that is off by less than so many times the size of potentials is left as it is: moving it rounds them."""


@dataclass(frozen=True, slots=True, eq=False)
class SafeDual:
    """f, and g = g_high + g_low with f_i + g_j <= C_ij for all pairs, exactly.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    f, g_high, g_low : ndarray (n,), (m,), (m,)
        Potentials; 0 at a target that no source may reach.
    stuck : bool
        Whether a target with mass may be reached by no source, so that there is no feasible plan.
    """

    problem: TransportProblem
    f: FloatArray
    g_high: FloatArray
    g_low: FloatArray
    stuck: bool

    @classmethod
    def of(cls, problem: TransportProblem, f: FloatArray) -> SafeDual:
        """The potentials (f, f^c); see `gauge` for the one that costs no digits."""
        high, low = exact_c_transform(problem.cost, f)
        alone = ~np.isfinite(high)
        if not alone.any():
            return cls(problem, f, high, low, False)
        stuck = bool((alone & (problem.b > 0)).any()) and not problem.exact_target.balanced  # what it holds may be rounding
        return cls(problem, f, np.where(alone, 0.0, high), np.where(alone, 0.0, low), stuck)

    def value(self) -> Sum:
        """<a, f> + <b, g> of the exact masses; the high part of a bound that no rounding can break is its `lower`."""
        problem, exact = self.problem, self.problem.exact_target
        found = exact_dot(np.concatenate([problem.a, problem.b]), np.concatenate([self.f, self.g_high]))
        low, low_error = rounded_product(problem.b, self.g_low)
        correction, correction_error = rounded_product(exact.correction, self.g_high)
        doubtful = product_above(np.abs(exact.correction) + exact.error, np.abs(self.g_low))
        lost = low_error + correction_error + product_above(exact.error, np.abs(self.g_high)) + doubtful
        if not lost.any():
            return found
        together = exact_sum(np.array([found.value, found.rest]), low, correction)
        error = together.error + found.error + float(lost.sum()) * (1 + 2 * lost.size * UNIT)
        return together._replace(error=math.nextafter(error, math.inf))

    def slack(self, i: IndexArray, j: IndexArray) -> tuple[FloatArray, FloatArray]:
        """C_ij - f_i - g_j >= 0 of some allowed pairs (k,), and a bound on its error: 0 where the pair is exactly tight."""
        p, q = two_difference(self.problem.cost.entries(i, j), self.f[i])
        t, r = two_difference(p, self.g_high[j])
        first = q - self.g_low[j]
        second = r + first
        slack = t + second
        wrong = np.where((q != 0) & (self.g_low[j] != 0), np.abs(first), 0.0)
        wrong += np.where((r != 0) & (first != 0), np.abs(second), 0.0) + np.where(second != 0, np.abs(slack), 0.0)
        return np.maximum(slack, 0.0), UNIT * wrong * (1 + 1e-9)

    def above(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """Slacks of some allowed pairs (k,), rounded up."""
        slack, error = self.slack(i, j)
        return np.where(error > 0, (slack + error) * (1 + 2 * UNIT), slack)

    @property
    def g(self) -> FloatArray:
        """G (m,) in floats."""
        return self.g_high + self.g_low


def gauge(f: FloatArray, mass: FloatArray) -> float:
    """What to take from f so that large potentials cost no digits: its middle, where that is far from 0, else nothing."""
    shift = middle(f, mass)
    return shift if abs(shift) > _FAR * middle(np.abs(f - shift), mass) else 0.0


def middle(f: FloatArray, mass: FloatArray) -> float:
    """The median of f weighted by mass: the shift after which large potentials are those of little mass."""
    return _medians(f, mass, 0.0)[0]


def middles(f: FloatArray, mass: FloatArray) -> tuple[float, float]:
    """The least and the largest median of f weighted by mass, where rounding could take either for half of it."""
    return _medians(f, mass, 4 * f.size * UNIT)


def _medians(f: FloatArray, mass: FloatArray, doubt: float) -> tuple[float, float]:
    """Where half of the mass is at or below, for a half that is less, and more, by some part of it."""
    order = np.argsort(f, kind="stable")
    below = np.cumsum(mass[order])
    half = below[-1] / 2 * np.array([1 - doubt, 1 + doubt])
    low, high = np.minimum(np.searchsorted(below, half), f.size - 1)
    return float(f[order[low]]), float(f[order[high]])


def exact_c_transform(cost: BaseCost, f: FloatArray) -> tuple[FloatArray, FloatArray]:
    """f^c_j = min_i C_ij - f_i exactly, as the sum of two floats (m,), (m,); +inf where every pair is forbidden.

    Of a long line, whose pairs are too many, a lower bound that is as good but for the rounding of its search.
    """
    line = on_the_line(cost)
    if line is not None:
        return _below_on_line(line, f)

    def least(rows: slice, block: FloatArray) -> tuple[FloatArray, FloatArray]:
        with np.errstate(over="ignore"):
            difference = block - f[rows, None]
        low = difference.min(axis=0)
        i, j = np.nonzero(difference == low)
        finite = np.isfinite(low[j])
        i, j = i[finite], j[finite]
        left = two_difference(block[i, j], f[rows][i])[1]
        rest = np.full(low.size, np.inf)
        np.minimum.at(rest, j, left)
        return low, np.where(np.isfinite(rest), rest, 0.0)

    high, low = np.full(cost.shape[1], np.inf), np.zeros(cost.shape[1])
    for other_high, other_low in over_blocks(cost, least):
        low = np.where(other_high < high, other_low, np.where(other_high == high, np.minimum(low, other_low), low))
        high = np.minimum(high, other_high)
    return high, low


def _below_on_line(line: Line, f: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What the search on a line finds, less what rounding can make it miss.

    The search compares rounded values C_ij - f_i, each wrong by a few units of |C_ij| + |f_i|; a source that is wrongly passed
    over for any target at one of its levels costs at most what it costs there, because the exact costs are Monge. Where such a
    source could be the best, |C_ij| <= |f_i| + |g_j| + what it is better by, so that 8 (2 max|f| + max|g|) units a level are
    more than enough.
    """
    g = line.transform(f)
    levels = int(g.size).bit_length() + 1
    largest = 2 * float(np.abs(f[np.isfinite(f)]).max(initial=0.0)) + float(np.abs(g).max())
    return g, np.full(g.size, -8 * UNIT * levels * largest)


def least_of(cost: BaseCost, shift: FloatArray, axis: int) -> FloatArray:
    """Row minima (axis 1) of C - shift_j, or column minima (axis 0) of C - shift_i, in one pass; +inf where all are forbidden."""
    if axis:
        return np.concatenate(over_blocks(cost, lambda _, block: (block - shift).min(axis=1)))
    return np.asarray(np.min(over_blocks(cost, lambda rows, block: (block - shift[rows, None]).min(axis=0)), axis=0))
