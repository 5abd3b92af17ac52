"""Optimality of a linear program's point and multipliers: the Karush-Kuhn-Tucker conditions, recomputed in numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.checks import Certificate, Check
from otmodels.errors import ShapeError
from otmodels.lp.program import LinearProgram
from otmodels.tolerances import DEFAULT, Tolerances


def certify(program: LinearProgram, x: FloatArray, y: FloatArray, tolerances: Tolerances = DEFAULT) -> Certificate:
    """Check x (k,) and the row multipliers y (r,) against a linear program and say what they prove.

    With z = c - A'y the reduced costs, a minimum has a value of at least sum_i y_i (bound of row i) + sum_j z_j (bound
    of x_j), each multiplier taking the bound that its sign points to: lower where positive, upper where negative. The
    point is optimal if it is feasible and the two values agree (strong duality; Dantzig 1963, chapter 6).

    Parameters
    ----------
    program : LinearProgram
        The program; a maximum is checked as the minimum of its negative.
    x : ndarray (k,)
        Point.
    y : ndarray (r,)
        Row multipliers, d(optimal value)/d(right-hand side).
    tolerances : Tolerances
        Relative tolerances; the units are the largest finite bound and the largest cost.

    Raises
    ------
    ShapeError
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    rows, columns = program.shape
    for argument, vector, size in (("x", x, columns), ("y", y, rows)):
        if vector.shape != (size,):
            raise ShapeError(argument, f"has shape {vector.shape}", f"Give shape ({size},)")
    sign = 1.0 if program.sense == "min" else -1.0
    y = sign * y
    z = sign * program.c - program.A.T @ y
    activity = program.A @ x
    bounds = np.concatenate([program.row_lower, program.row_upper, program.lower, program.upper])
    bound_unit = float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0)) or 1.0
    cost_unit = float(np.abs(program.c).max(initial=0.0)) or 1.0

    row_split, row_signs = _complementarity(y, activity, program.row_lower, program.row_upper)
    column_split, column_signs = _complementarity(z, x, program.lower, program.upper)
    primal = sign * program.value(x)
    dual = (
        sign * program.offset
        + _bound_value(y, program.row_lower, program.row_upper)
        + _bound_value(z, program.lower, program.upper)
    )
    magnitude = float(np.abs(program.c * x).sum() + np.abs(y * activity).sum())
    scale = max(abs(primal), abs(dual), tolerances.rounding * magnitude)
    checks = (
        _worst(
            "row bounds",
            _outside(activity, program.row_lower, program.row_upper),
            tolerances.marginal * bound_unit,
            program.row_names,
        ),
        _worst("variable bounds", _outside(x, program.lower, program.upper), tolerances.sign * bound_unit, program.column_names),
        _worst("sign of row multipliers", row_signs, tolerances.slack * cost_unit, program.row_names),
        _worst("sign of reduced costs", column_signs, tolerances.slack * cost_unit, program.column_names),
        _worst("complementary slackness, rows", row_split, tolerances.complementarity * scale, program.row_names),
        _worst("complementary slackness, variables", column_split, tolerances.complementarity * scale, program.column_names),
        Check("duality gap", abs(primal - dual), tolerances.gap * scale),
    )
    lower = dual if checks[2].passed and checks[3].passed else -np.inf
    upper = primal if checks[0].passed and checks[1].passed else np.inf
    interval = (lower, upper) if sign > 0 else (-upper, -lower)
    relative = abs(primal - dual) / scale if scale else abs(primal - dual)
    return Certificate(checks, sign * primal, sign * dual, interval, relative)


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


def _worst(name: str, violation: FloatArray, tolerance: float, names: Sequence[str]) -> Check:
    if not violation.size:
        return Check(name, 0.0, tolerance)
    worst = int(np.argmax(np.where(np.isnan(violation), np.inf, violation)))
    return Check(name, float(violation[worst]), tolerance, names[worst] if violation[worst] != 0 else "")
