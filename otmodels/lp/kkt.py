"""Optimality of a linear program's point and multipliers: the Karush-Kuhn-Tucker conditions, recomputed in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from otmodels.arrays import FloatArray, IndexArray, floats
from otmodels.checks import Certificate, Check
from otmodels.errors import InfiniteValueError, NotANumberError, ShapeError
from otmodels.interval import Interval
from otmodels.lp.program import Program
from otmodels.tolerances import DEFAULT, Tolerances

NOISE = 16 * np.finfo(np.float64).eps
"""Rounding of a sum, over the size of its terms."""


def certify(lp: Program, x: FloatArray, y: FloatArray, tolerances: Tolerances = DEFAULT) -> Certificate:
    """Check x (k,) and the row multipliers y (r,) against a linear program and say what they prove.

    With z = c - A'y the reduced costs, a minimum has a value of at least sum_i y_i (bound of row i) + sum_j z_j (bound
    of x_j), each multiplier taking the bound that its sign points to: lower where positive, upper where negative. The
    point is optimal if it is feasible and the two values agree (strong duality; Dantzig 1963, chapter 6).

    Parameters
    ----------
    lp : Program
        The program; a maximum is checked as the minimum of its negative.
    x : ndarray (k,)
        Point.
    y : ndarray (r,)
        Row multipliers, d(optimal value)/d(right-hand side).
    tolerances : Tolerances
        Relative tolerances; each row and each reduced cost is measured against the size of the terms that it sums.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError
    """
    x, y = floats("x", x), floats("y", y)
    for argument, vector, size in (("x", x, lp.shape[1]), ("y", y, lp.shape[0])):
        if vector.shape != (size,):
            raise ShapeError(argument, f"has shape {vector.shape}", f"Give shape ({size},)")
        if not np.isfinite(vector).all():
            kind = NotANumberError if np.isnan(vector).any() else InfiniteValueError
            raise kind(argument, "holds entries that are not finite", "Numbers to be certified must be finite")
    sign = 1.0 if lp.sense == "min" else -1.0
    return _conclude(lp, sign, x, sign * y, tolerances)


def _conclude(program: Program, sign: float, x: FloatArray, y: FloatArray, tolerances: Tolerances) -> Certificate:
    """Check the point and the multipliers of the program taken as a minimum of sign * c'x."""
    z, activity = sign * program.c - program.A.T @ y, program.A @ x
    sizes = _Sizes.of(program, x, y, tolerances.rounding)
    row_bounds, bounds = (program.row_lower, program.row_upper), (program.lower, program.upper)
    primal = sign * program.value(x)
    dual = sign * program.offset + _bound_value(y, *row_bounds) + _bound_value(z, *bounds)
    terms = float(np.abs(program.c * x).sum())
    largest = float(np.abs(program.c).max(initial=0.0) * np.abs(x).sum())  # multipliers may stand in any gauge
    magnitude = terms + min(float(np.abs(y * activity).sum()), terms + largest)
    # Multipliers in floating point cannot be better than this, where they are large and what they multiply cancels.
    noise = min(NOISE * float(np.abs(y) @ (abs(program.A) @ np.abs(x))), tolerances.gap * (terms + largest))
    scale = max(abs(primal), abs(dual), tolerances.rounding * magnitude, noise / tolerances.gap)
    row_split, row_signs = _complementarity(y, activity, *row_bounds)
    split, signs = _complementarity(z, x, *bounds)
    row_names, names, product = program.row_names, program.column_names, tolerances.complementarity * scale
    feasible = (
        _worst("row bounds", _outside(activity, *row_bounds), tolerances.marginal * sizes.rows, row_names),
        _worst("variable bounds", _outside(x, *bounds), tolerances.sign * sizes.columns, names),
    )
    dual_feasible = (
        _worst("sign of row multipliers", row_signs, tolerances.slack * sizes.row_prices, row_names),
        _worst("sign of reduced costs", signs, tolerances.slack * sizes.prices, names),
    )
    agree = (
        _worst("complementary slackness, rows", row_split, np.full_like(row_split, product), row_names),
        _worst("complementary slackness, variables", split, np.full_like(split, product), names),
        Check("duality gap", abs(primal - dual), tolerances.gap * scale),
    )
    lower = dual if all(check.passed for check in dual_feasible) else -np.inf
    upper = primal if all(check.passed for check in feasible) else np.inf
    interval = Interval(lower, upper) if sign > 0 else Interval(-upper, -lower)
    return Certificate((*feasible, *dual_feasible, *agree), sign * primal, sign * dual, interval)


def _outside(value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    return np.maximum(np.maximum(lower - value, value - upper), 0.0)


def _bound_value(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    bound = np.where(multiplier > 0, lower, upper)
    return float((multiplier * np.where(np.isfinite(bound), bound, 0.0)).sum())


def _complementarity(
    multiplier: FloatArray, value: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Multiplier times distance to its bound, and the multipliers whose bound does not exist."""
    bound = np.where(multiplier > 0, lower, upper)
    exists = np.isfinite(bound)
    split = np.abs(multiplier * (value - np.where(exists, bound, value)))
    return split, np.where(exists, 0.0, np.abs(multiplier))


def _worst(name: str, violation: FloatArray, tolerance: FloatArray, names: Sequence[str]) -> Check:
    """The check of the entry that is furthest beyond its own tolerance."""
    if not violation.any():
        return Check(name, 0.0, float(tolerance.max(initial=0.0)))
    severity = np.divide(violation, tolerance, out=np.where(violation > 0, np.inf, 0.0), where=tolerance > 0)
    worst = int(severity.argmax())
    return Check(name, float(violation[worst]), float(tolerance[worst]), names[worst])


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How large the terms are that each row and each reduced cost sums: what a violation is measured against.

    A bound on a variable, and the sign of a row's multiplier, have no sum of their own: they take the smallest size of
    the rows, or of the reduced costs, that they enter. Nothing is smaller than the rounding of the largest entry of x,
    or of y: where the answer is 0, its own size says nothing.
    """

    rows: FloatArray
    columns: FloatArray
    prices: FloatArray
    row_prices: FloatArray

    @classmethod
    def of(cls, program: Program, x: FloatArray, y: FloatArray, rounding: float) -> _Sizes:
        """The sizes at a point and its multipliers."""
        size = abs(program.A)
        activity = program.A @ x
        nearest = np.where(
            activity < program.row_lower, program.row_lower, np.where(activity > program.row_upper, program.row_upper, 0.0)
        )
        equal = np.where(program.row_lower == program.row_upper, program.row_upper, 0.0)
        rows = np.maximum.reduce([np.abs(nearest), np.abs(equal), size @ np.abs(x)])
        prices = np.maximum(np.abs(program.c), size.T @ np.abs(y))
        entries = coo_array(size)
        columns = _smallest(entries.col, rows[entries.row], entries.data, x.size)
        row_prices = _smallest(entries.row, prices[entries.col], entries.data, y.size)
        bound = np.where(x < program.lower, program.lower, np.where(x > program.upper, program.upper, 0.0))
        noise_x, noise_y = rounding * np.abs(x).max(initial=0.0), rounding * np.abs(y).max(initial=0.0)
        largest_in_row, largest_in_column = (np.zeros(count) for count in program.shape)
        np.maximum.at(largest_in_row, entries.row, entries.data)
        np.maximum.at(largest_in_column, entries.col, entries.data)
        return cls(
            np.maximum(rows, noise_x * largest_in_row),
            np.maximum.reduce([columns, np.abs(bound), np.full(x.size, noise_x)]),
            np.maximum(prices, noise_y * largest_in_column),
            np.maximum(row_prices, noise_y),
        )


def _smallest(index: IndexArray, size: FloatArray, coefficient: FloatArray, count: int) -> FloatArray:
    """Least positive size over coefficient by index; 0 where there is none."""
    least = np.full(count, np.inf)
    used = (size > 0) & (coefficient > 0)
    np.minimum.at(least, index[used], size[used] / coefficient[used])
    return np.where(np.isfinite(least), least, 0.0)
