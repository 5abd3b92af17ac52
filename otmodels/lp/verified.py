"""Rays of infeasibility and unboundedness, verified without any tolerance.

Multipliers of the rows prove a program infeasible if the rows, summed with them, ask for more than the variables can give within
their bounds: sum_i y_i (bound of row i) > max sum_j (A'y)_j x_j. What that comes to is bounded from below, rounding counted in;
where a variable has no bound on the side that it needs, (A'y)_j has to be 0 or of the right sign in exact arithmetic, which it is
for exact multipliers next to those that were handed in.

Source: Neumaier and Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Programming A 99.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray
from otmodels.lp.bounds import implied
from otmodels.lp.program import Program, numbered
from otmodels.lp.rational import rational
from otmodels.lp.safe import Enclosure, outward, reduced_costs, sharpened
from otmodels.lp.sizes import cost_sizes
from otmodels.lp.vertex import Point, repair
from otmodels.rounding import UNIT, exact_dot


def safe_gain(program: Program, y: FloatArray) -> float:
    """A lower bound on what rows, summed with multipliers, ask for beyond what the variables can give; -inf where there is none.

    Parameters
    ----------
    program : Program
        Its rows and bounds, without entries stored twice.
    y : ndarray (r,)
        Multipliers, > 0 where they lean on a row's lower bound, < 0 on its upper one, which has to exist.
    """
    side = np.where(y > 0, program.row_lower, program.row_upper)
    if np.isinf(side[y != 0]).any():
        return -np.inf
    costless = replace(program, c=np.zeros(program.shape[1]), offset=0.0)
    z = reduced_costs(costless, y)
    z = sharpened(costless, y, z, np.ones(z.lower.size, dtype=bool))
    asked = exact_dot(y, np.where(y != 0, side, 0.0)).lower
    gain = asked + _least(z, program.lower, program.upper)
    if gain > 0:
        return gain
    below, above = (z.upper > 0) & np.isinf(program.lower), (z.lower < 0) & np.isinf(program.upper)
    return asked + _least(z, *implied(costless, np.inf, below, above))


def _least(z: Enclosure, lower: FloatArray, upper: FloatArray) -> float:
    """A lower bound on min z'x over a box, and on what adding it to something of its size loses."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        corners = [np.where((m != 0) & (bound != 0), m * bound, 0.0) for m in z for bound in (lower, upper)]
        terms = np.minimum.reduce(corners)
    terms = np.where(np.isnan(terms), -np.inf, terms)
    if np.isinf(terms).any():
        return -np.inf
    return float(terms.sum()) - (terms.size.bit_length() + 70) * 4 * UNIT * float(np.abs(terms).sum())


def proven_gain(program: Program, y: FloatArray) -> tuple[float, float]:
    """A lower bound on what multipliers, or exact ones next to them, prove, and the largest multiplier that proves it.

    Parameters
    ----------
    program, y
        See `safe_gain`.
    """
    plain, most = safe_gain(program, y), float(np.abs(y).max(initial=0.0))
    if plain > 0 or not y.any():
        return plain, most
    exact = signed_multipliers(program, y)
    if exact is None:
        return plain, most
    gain = outward(_exact_gain(program, exact))[0]
    return (gain, float(np.abs(exact.rounded).max())) if gain > plain else (plain, most)


def rounding(program: Program, y: FloatArray) -> float:
    """What rounding of the data can come to in a proof: 4 eps times the number of rows times the size of the terms."""
    side = np.where(y > 0, program.row_lower, program.row_upper)
    reduced = program.A.T @ y
    bound = np.where(reduced > 0, program.upper, program.lower)
    terms = np.abs(np.where(y != 0, side, 0.0) * y).sum() + np.abs(np.where(np.isfinite(bound), bound, 0.0) * reduced).sum()
    return 8 * UNIT * (np.count_nonzero(y) + 1) * float(terms)


def unbounded(program: Program, point: FloatArray, direction: FloatArray) -> tuple[bool, bool]:
    """Whether there is a feasible point next to one, and a direction next to one that keeps to all bounds and improves for ever.

    Parameters
    ----------
    program : Program
        A minimum.
    point, direction : ndarray (k,)
        As a solver proposes them. The point may be feasible up to rounding of the right-hand sides, the direction may not.
    """
    rows, columns = program.shape
    away = recession(program)
    found = repair(away, direction, np.zeros(rows), np.zeros(columns), move=False)
    exact = repair(program, np.clip(point, program.lower, program.upper), np.zeros(rows), np.zeros(columns), move=True)
    if not isinstance(found, Point):
        return isinstance(exact, Point), False
    moved = np.flatnonzero(found.rounded).tolist()
    terms = [rational(float(program.c[j])) * found.at(j) for j in moved]
    improves = -sum(terms, Fraction(0)) > Fraction(8 * UNIT) * (len(terms) + 1) * sum(map(abs, terms), Fraction(0))
    return isinstance(exact, Point), improves


def recession(program: Program) -> Program:
    """The program of the directions that lead away from no bound: every finite bound becomes 0."""
    bounds = program.row_lower, program.row_upper, program.lower, program.upper
    row_lower, row_upper, lower, upper = (np.where(np.isfinite(bound), 0.0, bound) for bound in bounds)
    return replace(program, offset=0.0, row_lower=row_lower, row_upper=row_upper, lower=lower, upper=upper)


def signed_multipliers(program: Program, y: FloatArray) -> Point | None:
    """Exact multipliers next to others, of the same rows, with (A'y)_j of the sign that a variable without a bound asks for."""
    below, above = np.isfinite(program.lower), np.isfinite(program.upper)
    rows, columns = program.shape
    used = y != 0
    stated = Program(
        np.zeros(rows),
        csc_array(program.A.T),
        np.where(below, -np.inf, 0.0),
        np.where(above, np.inf, 0.0),
        np.where(used & np.isfinite(program.row_upper), -np.inf, 0.0),
        np.where(used & np.isfinite(program.row_lower), np.inf, 0.0),
        numbered("x_", columns),
        numbered("y_", rows),
    )
    small = np.abs(program.A.T @ y) <= 1e-9 * cost_sizes(replace(program, c=np.zeros(columns)), y)
    found = repair(stated, y, np.where(small & ~(below & above), 1.0, 0.0), np.zeros(rows), move=False)
    return found if isinstance(found, Point) else None


def _exact_gain(program: Program, y: Point) -> Fraction:
    """What exact multipliers prove, from below; the negative of what is asked for where they prove nothing."""
    asked = Fraction(0)
    for i in np.flatnonzero(y.rounded).tolist():
        value = y.at(i)
        asked += value * rational(float(program.row_lower[i] if value > 0 else program.row_upper[i]))
    z = reduced_costs(replace(program, c=np.zeros(program.shape[1])), y.rounded)
    below, above = np.isfinite(program.lower), np.isfinite(program.upper)
    lower = np.where(~above, np.maximum(z.lower, 0.0), z.lower)
    upper = np.where(~below, np.minimum(z.upper, 0.0), z.upper)
    least = _least(Enclosure(lower, upper), program.lower, program.upper)
    return asked + Fraction(least) if np.isfinite(least) else -abs(asked)
