"""Proofs in rational numbers: that a point and multipliers are optimal, and that there is no optimal point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import FloatArray
from otmodels.lp.program import Program
from otmodels.lp.rational import dot

ZERO = Fraction(0)


def is_optimal(program: Program, x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
    """Whether a point is feasible, and multipliers have the signs and the slacks that go with it (complementary slackness).

    Parameters
    ----------
    program : Program
        A minimum.
    x, y : sequence of Fraction (k,), (r,)
        Point and row multipliers.
    """
    activity, z = _activities(program, x), _reduced(program, y)
    return all(
        _goes_with(multiplier, value, float(lower), float(upper))
        for multipliers, values, lowers, uppers in (
            (y, activity, program.row_lower, program.row_upper),
            (z, x, program.lower, program.upper),
        )
        for multiplier, value, lower, upper in zip(multipliers, values, lowers, uppers, strict=True)
    )


def _goes_with(multiplier: Fraction, value: Fraction, lower: float, upper: float) -> bool:
    """Whether a value is within its bounds, and at the one that its multiplier leans on."""
    return lower <= value <= upper and (multiplier <= 0 or value == lower) and (multiplier >= 0 or value == upper)


def gain_of(program: Program, y: Sequence[Fraction]) -> Fraction | None:
    """What rows, summed with multipliers, ask for beyond what the variables can give: > 0 proves that there is no feasible point.

    Parameters
    ----------
    program : Program
        Its rows and bounds.
    y : sequence of Fraction (r,)
        Row multipliers, > 0 where they lean on a lower bound, < 0 on an upper one.

    Returns
    -------
    Fraction or None
        None where a multiplier leans on a bound that does not exist.
    """
    asked = _at_bounds(y, program.row_lower, program.row_upper)
    given = _at_bounds([-value for value in summed(program, y)], program.lower, program.upper)
    return None if asked is None or given is None else asked + given


def _at_bounds(multipliers: Iterable[Fraction], lower: FloatArray, upper: FloatArray) -> Fraction | None:
    """The sum of multipliers times the bounds that they lean on."""
    total = ZERO
    for value, low, high in zip(multipliers, lower.tolist(), upper.tolist(), strict=True):
        bound = low if value > 0 else high
        if value and not np.isfinite(bound):
            return None
        total += value * Fraction(bound) if value else ZERO
    return total


def runs_away(program: Program, x: Sequence[Fraction], direction: Sequence[Fraction]) -> bool:
    """Whether a point is feasible and a direction from it keeps to all rows and bounds for ever, and improves a minimum.

    Parameters
    ----------
    program : Program
        A minimum.
    x, direction : sequence of Fraction (k,)
        Point and direction.
    """
    parts = (
        (_activities(program, x), _activities(program, direction), program.row_lower, program.row_upper),
        (x, direction, program.lower, program.upper),
    )
    stays = all(
        low <= value <= high and (rate <= 0 or np.isinf(high)) and (rate >= 0 or np.isinf(low))
        for values, rates, lower, upper in parts
        for value, rate, low, high in zip(values, rates, lower.tolist(), upper.tolist(), strict=True)
    )
    return stays and sum((Fraction(c) * d for c, d in zip(program.c.tolist(), direction, strict=True)), ZERO) < 0


def _activities(program: Program, x: Sequence[Fraction]) -> list[Fraction]:
    matrix = csr_array(program.A)
    return [dot(matrix, i, x) for i in range(matrix.shape[0])]


def summed(program: Program, y: Sequence[Fraction]) -> list[Fraction]:
    """The columns of A summed with multipliers: A'y."""
    matrix = csr_array(csc_array(program.A).T)
    return [dot(matrix, j, y) for j in range(matrix.shape[0])]


def _reduced(program: Program, y: Sequence[Fraction]) -> list[Fraction]:
    return [Fraction(c) - value for c, value in zip(program.c.tolist(), summed(program, y), strict=True)]
