"""The exact masses that a certificate is about, as rational numbers.

Floats are rationals, and sums of floats seldom agree to the last bit. Where the totals differ by rounding, the exact target is
the given one scaled to the source's total. Where forbidden pairs make even that infeasible, by rounding alone, masses are moved
from target to target until it is feasible: each part of the graph of allowed pairs has to balance by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.rounding import TINY, UNIT, exact_sum, product_above, rounded_product, two_difference, two_sum

Rationals: TypeAlias = list[Fraction]

MOVABLE = 4 * float(np.finfo(np.float64).eps)
"""A shortfall of this many times the atoms and the total mass is rounding."""

LIGHT = 1e-13
"""Masses of which all together are this part of the total are set aside while a program is solved, and placed afterwards: where
they matter for the value all the same, the certificate says so, and the program is solved with them."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactTarget:
    """The exact target masses, as corrections of their floats.

    Attributes
    ----------
    correction, error : ndarray (m,)
        Exact mass less the float, and a bound on the error of that difference.
    moved : mapping of int to Fraction
        What is added to the mass of a target after that; sums to 0.
    balanced : bool
        Whether every part into which forbidden pairs split the atoms balances exactly; where one does not, by more than
        rounding, there is no feasible plan.
    """

    correction: FloatArray
    error: FloatArray
    moved: Mapping[int, Fraction]
    balanced: bool = True

    @property
    def amount(self) -> float:
        """Mass that was moved."""
        return float(sum(abs(mass) for mass in self.moved.values()) / 2)

    def masses(self, a: FloatArray, given: FloatArray) -> Rationals:
        """The exact masses (m,), from those of the source and those of the target as given."""
        scale = exact_scale(a, given)
        exact = [Fraction(mass) * scale for mass in given.tolist()]
        for j, mass in self.moved.items():
            exact[j] += mass
        return exact


def exact_target(
    a: FloatArray, given: FloatArray, b: FloatArray, pairs: tuple[IndexArray, IndexArray] | None = None
) -> ExactTarget:
    """The exact target of a problem.

    Parameters
    ----------
    a, given, b : ndarray (n,), (m,), (m,)
        Source, target as given, and target as the problem states it in floats.
    pairs : tuple of ndarray (k,), optional
        Rows and columns of the allowed pairs; all are where omitted.
    """
    moved, balanced = ({}, True) if pairs is None else _moves(a, given, pairs)
    return corrected(a, given, b, moved, balanced)


def corrected(
    a: FloatArray, given: FloatArray, b: FloatArray, moved: Mapping[int, Fraction], balanced: bool = True
) -> ExactTarget:
    """The exact target that the source's total and moves make."""
    stretch, wrong = _stretch(a, given)
    difference, rest = two_difference(given, b)
    scaled, rounding = rounded_product(given, stretch)
    correction, lost = two_sum(difference, scaled)
    error = (product_above(given, wrong) + rounding + np.abs(lost) + np.abs(rest)) * (1 + 4 * UNIT)
    if moved:
        scale = exact_scale(a, given)
        for j, mass in moved.items():
            exact = Fraction(float(given[j])) * scale + mass - Fraction(float(b[j]))
            correction[j] = float(exact)
            error[j] = UNIT * abs(correction[j]) + TINY
    return ExactTarget(correction, error, moved, balanced)


def exact_scale(a: FloatArray, given: FloatArray) -> Fraction:
    """What the given target is multiplied by: the source's total over its own."""
    return _total(a) / _total(given)


def _stretch(a: FloatArray, given: FloatArray) -> tuple[float, float]:
    """The scale less 1, and a bound on the error of it."""
    difference, total = exact_sum(a, -given), float(given.sum())
    if abs(difference.value) > 2.0**20 * difference.error or not (difference.value or difference.error):
        stretch = (difference.value + difference.rest) / total
        rounding = given.size.bit_length() + 70  # of the total, a sum of pairs
        wrong = (2 * rounding * UNIT * abs(difference.value) + difference.error) / total
        return stretch, wrong + TINY if difference.value else wrong
    exact = exact_scale(a, given) - 1
    stretch = float(exact)
    return stretch, UNIT * abs(stretch) + TINY if exact else 0.0


def moves_for(shortfall: Mapping[int, Fraction], room: Mapping[int, Fraction], reach: Mapping[int, int]) -> dict[int, Fraction]:
    """What to add to target masses so that sources that are left with mass can give it to a target that they reach.

    Parameters
    ----------
    shortfall : mapping
        Mass that a source is left with.
    room : mapping
        Mass that a target lacks.
    reach : mapping
        A target that each such source may reach.
    """
    moved: dict[int, Fraction] = {j: -mass for j, mass in room.items()}
    for i, mass in shortfall.items():
        moved[reach[i]] = moved.get(reach[i], Fraction(0)) + mass
    return {j: mass for j, mass in moved.items() if mass}


def light(masses: FloatArray) -> BoolArray:
    """Which masses (n,), of either sign, are so light that all of them together are at most `LIGHT` of the total.

    >>> light(np.array([1.0, 1e-20, 1e-3, 1e-14])).tolist()
    [False, True, False, True]
    """
    size = np.abs(masses)
    order = np.argsort(size, kind="stable")
    below = np.cumsum(size[order])
    found = np.zeros(masses.size, dtype=bool)
    found[order[below <= LIGHT * below[-1]]] = True
    return found


def movable(amount: Fraction | float, atoms: int, total: float) -> bool:
    """Whether a shortfall is rounding."""
    return amount <= MOVABLE * atoms * total


def _total(masses: FloatArray) -> Fraction:
    """The exact sum, on a common denominator: a power of two."""
    parts, exponents = np.frexp(masses[masses > 0])
    digits = np.ldexp(parts, 53).astype(np.int64)
    distinct, place = np.unique(exponents, return_inverse=True)
    high, low = np.zeros((2, distinct.size), dtype=np.int64)
    np.add.at(high, place, digits >> 26)
    np.add.at(low, place, digits & (1 << 26) - 1)
    least = int(distinct[0])
    whole = sum(
        (more << 26) + rest << exponent - least
        for more, rest, exponent in zip(high.tolist(), low.tolist(), distinct.tolist(), strict=True)
    )
    return Fraction(whole) * Fraction(2) ** (least - 53)


def _moves(a: FloatArray, given: FloatArray, pairs: tuple[IndexArray, IndexArray]) -> tuple[dict[int, Fraction], bool]:
    """What each part's heaviest target is changed by, and whether the parts balance then: not where it is more than rounding."""
    n, m = a.size, given.size
    i, j = pairs
    count, part = connected_components(coo_array((np.ones(i.size), (i, n + j)), shape=(n + m, n + m)), directed=False)
    if count == 1:
        return {}, True
    scale = exact_scale(a, given)
    held = _by_part(part[:n], a.tolist(), count, Fraction(1))
    room = _by_part(part[n:], given.tolist(), count, scale)
    missing = {k: held[k] - room[k] for k in range(count) if held[k] != room[k]}
    if not movable(sum(abs(mass) for mass in missing.values()) / 2, n + m, math.fsum(a)):
        return {}, False
    moved = {}
    for k, mass in missing.items():
        targets = np.flatnonzero(part[n:] == k)
        if not targets.size:
            return {}, False
        heaviest = int(targets[given[targets].argmax()])
        if Fraction(float(given[heaviest])) * scale + mass < 0:
            return {}, False
        moved[heaviest] = mass
    return moved, True


def _by_part(part: IndexArray, masses: Sequence[float], count: int, scale: Fraction) -> Rationals:
    sums = [Fraction(0)] * count
    for k, mass in zip(part.tolist(), masses, strict=True):
        if mass:
            sums[k] += Fraction(mass)
    return [total * scale for total in sums]
