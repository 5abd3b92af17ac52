"""Multipliers that go with a point, in exact arithmetic.

Where a variable is between its bounds its reduced cost is 0; at a bound it has the sign of that bound. A row that is at a bound
has a multiplier of its sign, another row none. Multipliers that keep to that prove the point optimal (complementary slackness),
and make up a polyhedron, which `otmodels.lp.vertex` finds a point of next to given multipliers. Where it is empty, the proof of
that is a direction along which the point improves: a step of the simplex method.

Source: Dantzig (1963), Linear Programming and Extensions, chapters 5 and 6.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import BoolArray, FloatArray
from otmodels.lp.contradictions import Contradiction
from otmodels.lp.program import Program, numbered
from otmodels.lp.rational import dot, rational
from otmodels.lp.safe import Enclosure
from otmodels.lp.sizes import NEAR, least_shares, row_sizes
from otmodels.lp.vertex import FAR, NOISE, Point, repair

MOST_TERMS = 20_000
"""Most terms of rows that a step is measured in."""


def touching(program: Program, x: FloatArray) -> Point:
    """What a point within the bounds touches up to rounding: variables are put at their bounds, rows are said to be at theirs."""
    sizes, activity = row_sizes(program, x), program.A @ x
    noise = NOISE * least_shares(program.A, sizes)
    down, up = x - program.lower, program.upper - x
    base = np.where((down <= noise) | (up <= noise), np.where(down <= up, program.lower, program.upper), x)
    equal = program.row_lower == program.row_upper
    at_lower, at_upper = (equal | (np.abs(activity - bound) <= NEAR * sizes) for bound in (program.row_lower, program.row_upper))
    return Point(base, {}, at_lower, at_upper)


def multipliers(
    program: Program, point: Point, y: FloatArray, *, move: bool = False, far: float = FAR
) -> Point | Contradiction | None:
    """Exact multipliers next to y that go with a point.

    Parameters
    ----------
    program : Program
        Taken as a minimum.
    point : Point
        With what it touches.
    y : ndarray (r,)
        Multipliers.
    move, far
        See `otmodels.lp.vertex.repair`; what moves are costs.

    Returns
    -------
    Point, Contradiction or None
        Where there are none, a contradiction whose multipliers, turned around, are a direction that improves the point.
    """
    between, at_lower, at_upper = _stand(program, point)
    rows, columns = program.shape
    stated = Program(
        np.zeros(rows),
        csc_array(program.A.T),
        np.where(between | at_upper, program.c, -np.inf),
        np.where(between | at_lower, program.c, np.inf),
        np.where(point.at_upper, -np.inf, 0.0),
        np.where(point.at_lower, np.inf, 0.0),
        numbered("x_", columns),
        numbered("y_", rows),
    )
    activity = program.A @ point.base
    slack = np.minimum(np.abs(activity - program.row_lower), np.abs(program.row_upper - activity))
    prices = np.where(between, np.abs(point.rounded) + 1.0, 0.0)
    return repair(stated, y, prices, np.where(np.isfinite(slack), slack, 0.0), move=move, far=far)


def signed(program: Program, point: Point, z: Enclosure) -> Enclosure:
    """Reduced costs of exact multipliers that go with a point, whose signs are known."""
    between, at_lower, at_upper = _stand(program, point)
    lower = np.where(at_lower, np.maximum(z.lower, 0.0), z.lower)
    upper = np.where(at_upper, np.minimum(z.upper, 0.0), z.upper)
    return Enclosure(np.where(between, 0.0, lower), np.where(between, 0.0, upper))


def _stand(program: Program, point: Point) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Which variables are between their bounds, at the lower one only, at the upper one only."""
    at_lower, at_upper = point.base == program.lower, point.base == program.upper
    for j in point.steps:
        value = point.at(j)
        at_lower[j], at_upper[j] = value == float(program.lower[j]), value == float(program.upper[j])
    return ~(at_lower | at_upper), at_lower & ~at_upper, at_upper & ~at_lower


def step(program: Program, point: Point, direction: dict[int, Fraction]) -> Point | None:
    """The point as far along a direction as rows and bounds allow.

    Parameters
    ----------
    program : Program
        Its rows and bounds.
    point : Point
        Feasible in exact arithmetic.
    direction : dict of int to Fraction
        What each variable changes by.

    Returns
    -------
    Point or None
        None where there is no way, or no end of it.
    """
    matrix = csr_array(program.A)
    touched = np.flatnonzero(np.diff(csr_array(matrix[:, list(direction)]).indptr))
    part = csr_array(matrix[touched])
    if part.nnz > MOST_TERMS:
        return None
    along, moves = csr_array(part[:, list(direction)]), list(direction.values())
    here, values = csr_array(part[:, list(point.steps)]), list(point.steps.values())
    rates = [dot(along, k, moves) for k in range(touched.size)]
    activities = [dot(part, k, point.base) + dot(here, k, values) for k in range(touched.size)]
    ends = [_reach(point.at(j), d, float(program.lower[j]), float(program.upper[j])) for j, d in direction.items()]
    for i, activity, rate in zip(touched.tolist(), activities, rates, strict=True):
        if i not in point.moved:
            ends.append(_reach(activity, rate, float(program.row_lower[i]), float(program.row_upper[i])))
        elif rate:
            return None
    length = min((end for end in ends if end is not None), default=None)
    if not length:
        return None
    steps = dict(point.steps)
    for j, d in direction.items():
        steps[j] = steps.get(j, Fraction(0)) + length * d
    at_lower, at_upper = point.at_lower.copy(), point.at_upper.copy()
    for i, activity, rate in zip(touched.tolist(), activities, rates, strict=True):
        if rate:
            reached = activity + length * rate
            at_lower[i], at_upper[i] = reached == float(program.row_lower[i]), reached == float(program.row_upper[i])
    return Point(point.base, {j: v for j, v in steps.items() if v}, at_lower, at_upper, point.moved)


def _reach(value: Fraction, rate: Fraction, lower: float, upper: float) -> Fraction | None:
    """How far a value may go at a rate until it meets its bound; None where there is none."""
    bound = upper if rate > 0 else lower
    return None if not rate or np.isinf(bound) else (rational(bound) - value) / rate


def endless(program: Program, direction: dict[int, Fraction]) -> bool:
    """Whether a direction leads away from no row and no bound, in exact arithmetic."""
    matrix = csr_array(program.A)
    along = csr_array(matrix[:, list(direction)])
    touched = np.flatnonzero(np.diff(along.indptr)).tolist()
    moves = list(direction.values())
    bounded = [(d, program.lower[j], program.upper[j]) for j, d in direction.items()]
    bounded += [(dot(along, i, moves), program.row_lower[i], program.row_upper[i]) for i in touched]
    return not any((rate > 0 and np.isfinite(upper)) or (rate < 0 and np.isfinite(lower)) for rate, lower, upper in bounded)
