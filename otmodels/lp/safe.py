"""Bounds on the optimal value of a minimum that hold whatever the multipliers are, rounding counted in.

For a point x within its bounds and any y of legal signs, with z = c - A'y, every feasible x' has

    c'x' >= c'x - sum_i y_i (A x - b)_i - sum_j max_x' z_j (x_j - x'_j),

b_i the bound of row i that y_i leans on, and x'_j between the bounds of the variable, or those that the rows imply: a reduced
cost of the wrong sign costs the variable's range. What is subtracted is the excess; where x is feasible no term is below 0, and
it is how far x is from optimal at the most. It is summed from enclosures and rounded outwards once.

Source: Neumaier and Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Programming A 99.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.lp.products import products
from otmodels.lp.program import Program
from otmodels.lp.vertex import Point
from otmodels.rounding import TINY, UNIT


class Enclosure(NamedTuple):
    """Numbers (k,) that lie between two others."""

    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """How far a point is from the bound that multipliers prove.

    Attributes
    ----------
    rows, variables : ndarray (r,), (k,)
        Upper bounds on the terms; infinite where a multiplier leans on a bound that does not exist.
    """

    rows: FloatArray
    variables: FloatArray

    @property
    def total(self) -> float:
        """An upper bound on the sum of the terms."""
        terms = np.concatenate([self.rows, self.variables])
        with np.errstate(over="ignore"):
            total, size = float(terms.sum()), float(np.abs(terms).sum())
        if not np.isfinite(size):
            return np.inf
        return total + (terms.size.bit_length() + 70) * 2 * UNIT * size if size else 0.0


def variable_excess(x: Enclosure, z: Enclosure, bounds: Enclosure) -> FloatArray:
    """The terms of the variables in the excess of a point.

    Parameters
    ----------
    x, z : Enclosure of ndarray (k,)
        The point, within the bounds, and the reduced costs.
    bounds : Enclosure of ndarray (k,)
        Lower and upper bounds that every feasible point keeps to.
    """
    down, up = _times(np.maximum(z.upper, 0.0), x.upper, bounds.lower), _times(np.maximum(-z.lower, 0.0), bounds.upper, x.lower)
    return np.maximum(down, up)


def row_excess(program: Program, point: Point, y: FloatArray) -> FloatArray:
    """The terms of the rows in the excess of a point; below 0 where it violates a row that has a price.

    Parameters
    ----------
    program : Program
        Rows as they are; the sense does not matter.
    point : Point
        Within the bounds of the variables.
    y : ndarray (r,)
        Multipliers of legal signs.
    """
    rows = np.zeros(y.size)
    priced = np.flatnonzero(((y > 0) & ~point.at_lower) | ((y < 0) & ~point.at_upper))
    if priced.size:
        activity, price = activities(program, point, priced), y[priced]
        low, high = program.row_lower[priced], program.row_upper[priced]
        rows[priced] = np.where(price > 0, _times(price, activity.upper, low), _times(-price, high, activity.lower))
    return rows


def enclosed(point: Point) -> Enclosure:
    """A point between floats."""
    lower, upper = point.base.copy(), point.base.copy()
    for j in point.steps:
        lower[j], upper[j] = outward(point.at(j))
    return Enclosure(lower, upper)


def activities(program: Program, point: Point, rows: IndexArray) -> Enclosure:
    """The activities of some rows at a point, between floats."""
    part = csr_array(csr_array(program.A)[rows])
    at_base = products(part, point.base)
    if not point.steps:
        return Enclosure(at_base.lower, at_base.upper)
    moved = list(point.steps)
    size = np.array([float(point.steps[j]) for j in moved])
    delta = csr_array(part[:, moved])
    change, error = delta @ size, 4 * (len(moved) + 4) * UNIT * (abs(delta) @ np.abs(size)) + TINY * len(moved)
    touched = np.diff(delta.indptr) > 0
    lower, upper = (_nudged(bound, change, error, to) for bound, to in ((at_base.lower, -np.inf), (at_base.upper, np.inf)))
    return Enclosure(np.where(touched, lower, at_base.lower), np.where(touched, upper, at_base.upper))


def _nudged(bound: FloatArray, change: FloatArray, error: FloatArray, to: float) -> FloatArray:
    """A bound + change -+ error, rounded outwards."""
    inner = np.nextafter(change + np.sign(to) * error, to)
    return np.asarray(np.nextafter(bound + inner, to))


def reduced_costs(program: Program, y: FloatArray) -> Enclosure:
    """The reduced costs c - A'y between floats, to the plain rounding of their terms."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        z = program.c - program.A.T @ y
        error = rounding(program, y)
        lower, upper = np.nextafter(z - error, -np.inf), np.nextafter(z + error, np.inf)
    exact = error == 0
    lower, upper = np.where(exact, z, lower), np.where(exact, z, upper)
    return Enclosure(np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper))


def rounding(program: Program, y: FloatArray) -> FloatArray:
    """What rounding can do to each entry of c - A'y: gamma_n (|c_j| + sum_i |a_ij y_i|); 0 where nothing is summed."""
    counts = np.diff(program.A.indptr) + 2.0
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        terms = abs(program.A).T @ np.abs(y)
        error = 2 * counts * UNIT * (np.abs(program.c) + terms) + counts * TINY
    return np.where(terms > 0, error, 0.0)


def sharpened(program: Program, y: FloatArray, z: Enclosure, columns: BoolArray) -> Enclosure:
    """The same reduced costs, those of some columns to twice the digits."""
    chosen = np.flatnonzero(columns)
    if not chosen.size:
        return z
    sums = products(csc_array(program.A[:, chosen]), y).taken_from(program.c[chosen])
    lower, upper = z.lower.copy(), z.upper.copy()
    lower[chosen], upper[chosen] = np.maximum(lower[chosen], sums.lower), np.minimum(upper[chosen], sums.upper)
    return Enclosure(lower, upper)


def _times(price: FloatArray, upper: FloatArray, lower: FloatArray) -> FloatArray:
    """A price times upper - lower, rounded up; 0 where the price or the difference is, the other one infinite or not."""
    counts = np.flatnonzero((price != 0) & (upper != lower))
    found = np.zeros(price.size)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        difference = np.nextafter(upper[counts] - lower[counts], np.inf)
        found[counts] = np.where(difference == 0, 0.0, np.nextafter(price[counts] * difference, np.inf))
    return np.where(np.isnan(found), np.inf, found)


def outward(exact: Fraction) -> tuple[float, float]:
    """The floats next to a fraction, below and above; twice the same where it is one."""
    try:
        nearest = float(exact)
    except OverflowError:
        return (np.finfo(np.float64).max, np.inf) if exact > 0 else (-np.inf, -np.finfo(np.float64).max)
    if nearest == exact:
        return nearest, nearest
    if nearest < exact:
        return nearest, float(np.nextafter(nearest, np.inf))
    return float(np.nextafter(nearest, -np.inf)), nearest


def least_terms(program: Program) -> float:
    """A lower bound on sum_j |c_j x_j| over the feasible points: the size of the terms that each of them sums.

    Where a row is worth at least b_i and the prices p >= 0 keep sum_i p_i |a_ij| <= |c_j|, every feasible point has
    sum_j |c_j x_j| >= sum_i p_i |b_i|. The rows take what is left of the costs one after the other: in a transport problem the
    minima of the rows of the cost matrix, and then those of its columns.
    """
    left, total = np.abs(program.c), 0.0
    matrix = csr_array(program.A)
    for i in np.flatnonzero(_least(program.row_lower, program.row_upper)).tolist():
        start, end = matrix.indptr[i], matrix.indptr[i + 1]
        columns, size = matrix.indices[start:end], np.abs(matrix.data[start:end])
        price = float((left[columns][size > 0] / size[size > 0]).min(initial=np.inf))
        if 0 < price < np.inf:
            total += price * float(_least(program.row_lower[i : i + 1], program.row_upper[i : i + 1])[0])
            left[columns] = np.maximum(left[columns] - price * size, 0.0)
    return total + float((left * _least(program.lower, program.upper)).sum())


def _least(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The least |v| of lower <= v <= upper."""
    return np.where(lower > 0, lower, np.where(upper < 0, -upper, 0.0))
