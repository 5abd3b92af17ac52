"""What a point and multipliers prove about the optimal value, rigorously, from above and from below.

Above, a point that is feasible in exact arithmetic: the one that was handed in, or one next to it (see `otmodels.lp.vertex`).
Below, a bound that multipliers prove, whatever they are (see `otmodels.lp.safe`). Where the two do not meet, multipliers are
looked for that go with the point exactly (see `otmodels.lp.complementary`), or with one that steps of the simplex method lead to.
Everything holds for the floats of the program as the rationals that they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.interval import UNKNOWN, Interval
from otmodels.lp.bounds import implied
from otmodels.lp.claim import Claim, unsupported
from otmodels.lp.complementary import endless, multipliers, signed, step, touching
from otmodels.lp.contradictions import Contradiction
from otmodels.lp.products import products
from otmodels.lp.program import Program
from otmodels.lp.rational import dot
from otmodels.lp.rigour import is_optimal
from otmodels.lp.safe import (
    Enclosure,
    Excess,
    enclosed,
    outward,
    reduced_costs,
    rounding,
    row_excess,
    sharpened,
    variable_excess,
)
from otmodels.lp.vertex import FAR, Point, repair
from otmodels.rounding import UNIT, exact_dot

STEPS = 12
"""Most steps of the simplex method, in exact arithmetic, from the point that was handed in to one that is optimal."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Bounds on the value of a minimum, and what they were made of.

    Attributes
    ----------
    interval : Interval
        Rigorous; infinite where nothing is proven.
    value : float
        Of the point; in the interval where it is proven.
    excess : float
        Of the point over the multipliers, what is right up to rounding only taken as right.
    point, multipliers : Point or None
        In exact arithmetic, where they were needed and found.
    """

    interval: Interval
    value: float
    excess: float
    point: Point | None
    multipliers: Point | None = None

    def about(self, program: Program) -> str:
        """Which data were moved by rounding, in words."""
        rows = self.point.moved if self.point else {}
        costs = self.multipliers.moved if self.multipliers else {}
        named = (("right-hand side", program.row_names, rows), ("cost", program.column_names, costs))
        parts = [
            f"the {kind} of {names[min(moved)]}{f' and {len(moved) - 1} more' if len(moved) > 1 else ''}"
            for kind, names, moved in named
            if moved
        ]
        if not parts:
            return ""
        return f"the program with {' and '.join(parts)} moved by rounding"


def prove(claim: Claim, gap: float, far: float = FAR) -> Proof:
    """What numbers prove as they are, and where that is not enough, what exact ones next to them do.

    Parameters
    ----------
    claim : Claim
        The numbers.
    gap : float
        Excess, over the value, that is enough.
    far : float
        See `otmodels.lp.vertex.repair`.
    """
    program = claim.program
    if program.has_crossed_bounds:
        return Proof(UNKNOWN, program.value(claim.x), np.inf, None)
    x = np.clip(claim.x, program.lower, program.upper)
    y = np.where(unsupported(claim.y, program.row_lower, program.row_upper) > 0, 0.0, claim.y)
    point = _point(claim, x, y, far)
    stand_in = point or Point.loose(x, y.size)
    proof = _plain(claim, stand_in, point, y)
    if math.isfinite(proof.interval.lower) and proof.excess <= gap * abs(proof.value):
        return proof
    return _exact(claim, point, x, y, far) or proof


def proof_of(claim: Claim, x: Sequence[Fraction], y: Sequence[Fraction]) -> Proof | None:
    """The proof that an optimal point and multipliers in rational numbers are; None where they are not.

    Parameters
    ----------
    claim : Claim
        The two, rounded.
    x, y : sequence of Fraction (k,), (r,)
        Of the program as a minimum.
    """
    program = claim.program
    if not is_optimal(program, x, y):
        return None
    interval = Interval(*outward(Fraction(program.offset) + dot(csr_array(program.c[None, :]), 0, x)))
    given = program.value(claim.x)
    value = given if interval.lower <= given <= interval.upper else interval.lower
    return Proof(interval, value, 0.0, Point.loose(claim.x, len(y)))


def _point(claim: Claim, x: FloatArray, y: FloatArray, far: float) -> Point | None:
    """The point itself where it is feasible in exact arithmetic, else a point next to it that is."""
    program = claim.program
    sums = products(claim.by_rows, x)
    lower, upper = sums.lower, sums.upper
    if ((lower >= program.row_lower) & (upper <= program.row_upper)).all():
        exact = lower == upper
        return Point(x, {}, exact & (lower == program.row_lower), exact & (lower == program.row_upper))
    found = repair(program, x, y, claim.z, move=True, far=far)
    return found if isinstance(found, Point) else None


def _plain(claim: Claim, point: Point, feasible: Point | None, y: FloatArray) -> Proof:
    """What multipliers prove about a point as they are, with as many digits, and bounds on the variables, as matter."""
    program, x, declared = claim.program, enclosed(point), Enclosure(claim.program.lower, claim.program.upper)
    (lower, upper), rows = value_between(program, point), row_excess(program, point, y)
    z = reduced_costs(program, y)
    matters = variable_excess(x, z, declared) != 0
    z = sharpened(program, y, z, matters)
    terms = Excess(rows, variable_excess(x, z, declared))
    if not terms.total <= UNIT * abs(lower):
        below, above = (terms.variables > 0) & (z.upper > 0), (terms.variables > 0) & (z.lower < 0)
        most = math.nextafter(upper - program.offset, math.inf) if feasible else math.inf
        bounds = Enclosure(*implied(_widened(program, point), most, below, above))
        terms = Excess(rows, variable_excess(x, z, bounds))
    rounded = np.maximum(np.abs(z.lower), np.abs(z.upper)) <= 2 * rounding(program, y)
    forgiven = Excess(rows, np.where(np.isinf(terms.variables) & rounded, 0.0, terms.variables))
    interval = _interval(lower, upper if feasible else np.inf, terms.total)
    return _proven(claim, interval, feasible, forgiven.total)


def _exact(claim: Claim, point: Point | None, x: FloatArray, y: FloatArray, far: float) -> Proof | None:
    """What exact multipliers next to y that go with the point prove; None where there are none."""
    program, touched = claim.program, point or touching(claim.program, x)
    found = multipliers(program, touched, y, far=far)
    for _ in range(STEPS):
        if not isinstance(found, Contradiction) or point is None:
            break
        direction = {j: -d for j, d in found.multipliers.items()}
        further = step(program, touched, direction)
        if further is None:
            moves = found.by_rounding and endless(program, direction)
            found = multipliers(program, touched, y, move=True, far=far) if moves else None
            break
        point = touched = further
        found = multipliers(program, touched, y, far=far)
    if not isinstance(found, Point):
        return None
    z = signed(program, touched, reduced_costs(program, found.rounded))
    stands = point or Point.loose(touched.base, y.size)
    variables = variable_excess(enclosed(stands), z, Enclosure(program.lower, program.upper))
    terms = Excess(row_excess(program, stands, found.rounded), variables)
    lower, upper = value_between(program, stands, found.moved)
    interval = _interval(lower, upper if point else np.inf, terms.total)
    return _proven(claim, interval, point, terms.total, found)


def _proven(claim: Claim, interval: Interval, point: Point | None, excess: float, multipliers: Point | None = None) -> Proof:
    """A proof with the value of the point, and with what the given one misses at its price where there is no other."""
    given = claim.program.value(claim.x)
    if point is not None:
        middle = interval.upper if math.isinf(interval.lower) else 0.5 * interval.lower + 0.5 * interval.upper
        return Proof(interval, given if interval.lower <= given <= interval.upper else middle, excess, point, multipliers)
    missed = float(np.abs(claim.y) @ claim.missed)
    return Proof(interval, given, max(excess, 0.0) + 2 * missed, None, multipliers)


def _interval(lower: float, upper: float, excess: float) -> Interval:
    """A value less its excess, rounded down, and the value."""
    below = math.nextafter(lower - excess, -math.inf) if excess else lower
    return Interval(below if math.isfinite(below) else -math.inf, upper if math.isfinite(upper) else math.inf)


def value_between(program: Program, point: Point, costs: Mapping[int, Fraction] = MappingProxyType({})) -> Interval:
    """The objective at a point between floats, some of the costs being others than the program's."""
    base = exact_dot(program.c, point.base)
    if not math.isfinite(base.value + base.rest + base.error):
        return UNKNOWN
    zero = Fraction(0)
    more = Fraction(program.offset) + sum((Fraction(float(program.c[j])) * v for j, v in point.steps.items()), zero)
    more += sum(((cost - Fraction(float(program.c[j]))) * point.at(j) for j, cost in costs.items()), zero)
    if base.error == 0:
        return Interval(*outward(Fraction(base.value) + Fraction(base.rest) + more))
    (low, _), (_, high) = outward(Fraction(base.lower) + more), outward(Fraction(base.upper) + more)
    return Interval(low, high)


def _widened(program: Program, point: Point) -> Program:
    """The program with the rows whose right-hand side was moved between floats."""
    if not point.moved:
        return program
    row_lower, row_upper = program.row_lower.copy(), program.row_upper.copy()
    for i, side in point.moved.items():
        low, high = outward(side)
        row_lower[i], row_upper[i] = min(row_lower[i], low), max(row_upper[i], high)
    return replace(program, row_lower=row_lower, row_upper=row_upper)
