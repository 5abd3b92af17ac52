"""Optimality of a linear program's point and multipliers, proven from the program alone.

The proof has two sides. Above, a point that is feasible in exact arithmetic: the one that was handed in, or one next to it (see
`otmodels.lp.vertex`). Below, a bound that multipliers prove, whatever they are: a reduced cost of the wrong sign, and a slack of
a row that has a price, cost what they are worth (see `otmodels.lp.safe`). Both sides hold for the floats of the program as the
rationals that they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import FloatArray, floats
from otmodels.checks import Certificate, Check
from otmodels.errors import InfiniteValueError, NotANumberError, ShapeError
from otmodels.interval import UNKNOWN, Interval
from otmodels.lp.bounds import implied
from otmodels.lp.complementary import endless, multipliers, signed, step, touching
from otmodels.lp.contradictions import Contradiction
from otmodels.lp.products import products
from otmodels.lp.program import Program
from otmodels.lp.rational import dot, nearest
from otmodels.lp.rigour import is_optimal
from otmodels.lp.safe import (
    Enclosure,
    Excess,
    enclosed,
    least_terms,
    outward,
    reduced_costs,
    rounding,
    row_excess,
    sharpened,
    variable_excess,
)
from otmodels.lp.sizes import carried, cost_sizes, least_shares, row_sizes, tight_rows
from otmodels.lp.vertex import FAR, Point, repair
from otmodels.rounding import UNIT, exact_dot
from otmodels.tolerances import DEFAULT, REFINEMENT, Tolerances

CARRIED = 32 * UNIT
"""Rounding that a variable or a multiplier carries over from the rows or columns that it is computed from."""

STEPS = 12
"""Most steps of the simplex method, in exact arithmetic, from the point that was handed in to one that is optimal."""


def certify(lp: Program, x: FloatArray, y: FloatArray, tolerances: Tolerances = DEFAULT) -> Certificate:
    """Check x (k,) and the row multipliers y (r,) against a linear program and say what they prove.

    `passed` means two things. The interval is narrow: its width is at most 1e-9 of the value, or where the value vanishes or
    cancels, 8 eps times the least that sum_j |c_j x_j| can be at any feasible point, which no number that is handed in and no
    cost or row that a point can do without makes larger. And x and y are what it was made from: each row holds to the rounding
    of its own terms, each variable keeps to its bounds and each multiplier and reduced cost to its sign, a check each.

    Where no point next to x is feasible in exact arithmetic, or a reduced cost that has to be 0 is so up to rounding only,
    the side of the interval that would follow is infinite, `proven` is False, and what passes is optimal to tolerance: x misses
    no row by more than rounding, and what it misses is counted at its price |y_i|.

    Where rows contradict each other by rounding alone, as marginals whose totals differ in the last digit, the certificate is
    about right-hand sides that are moved by as much, and says so in `about`.

    Parameters
    ----------
    lp : Program
        The program; a maximum is checked as the minimum of its negative.
    x : ndarray (k,)
        Point.
    y : ndarray (r,)
        Row multipliers, d(optimal value)/d(right-hand side).
    tolerances : Tolerances
        `gap` of the interval; `slack` of signs, over the size of the terms that are summed.

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
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = _Claim.of(lp, x, y)
        return claim.certificate(claim.proof(tolerances), tolerances)


def settle(lp: Program, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, Certificate]:
    """A solver's point and multipliers with their certificate, or the exact ones next to them, rounded, where these pass instead.

    Parameters
    ----------
    lp, x, y
        See `certify`.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = _Claim.of(lp, x, y)
        proof = claim.proof(DEFAULT)
        certificate = claim.certificate(proof, DEFAULT)
        if certificate.passed and certificate.proven:
            return x, y, certificate
        if not math.isfinite(proof.interval.size):
            proof = claim.proof(DEFAULT, np.inf)
        exact_x = x if proof.point is None else proof.point.rounded
        exact_y = y if proof.multipliers is None else claim.sign * proof.multipliers.rounded + 0.0
        again = _Claim.of(lp, exact_x, exact_y).certificate(proof, DEFAULT)
    better = again.passed and (again.proven or not certificate.passed)
    return (exact_x, exact_y, again) if better else (x, y, certificate)


def settle_exactly(
    lp: Program, x: Sequence[Fraction], y: Sequence[Fraction]
) -> tuple[FloatArray, FloatArray, Certificate] | None:
    """An optimal point and multipliers in rational numbers, rounded, with their certificate; None where they are not optimal.

    Parameters
    ----------
    lp : Program
        A small one.
    x, y : sequence of Fraction (k,), (r,)
        See `certify`.
    """
    program, sign = canonical(lp), 1 if lp.sense == "min" else -1
    turned = [sign * value for value in y]
    if not is_optimal(program, x, turned):
        return None
    rounded = nearest(x), nearest(y)
    point = Point.loose(rounded[0], len(y))
    value = outward(Fraction(program.offset) + dot(csr_array(program.c[None, :]), 0, x))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = _Claim.of(lp, *rounded)
        given = program.value(rounded[0])
        proof = _Proof(Interval(*value), given if value[0] <= given <= value[1] else value[0], 0.0, point)
        return *rounded, claim.certificate(proof, DEFAULT)


def worth(lp: Program, x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """The value of a point and the bound that multipliers prove, up to rounding; NaN where they are not feasible.

    Parameters
    ----------
    lp, x, y
        See `certify`.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = _Claim.of(lp, x, y)
        rows, bounds, row_signs, signs, *_ = claim.numbers(DEFAULT.slack, 0.0)
    feasible, dual_feasible = rows.passed and bounds.passed, row_signs.passed and signs.passed
    value, bound = claim.sign * claim.program.value(x), claim.sign * claim.dual_value()
    return value if feasible else math.nan, bound if dual_feasible else math.nan


def feasibility(lp: Program, x: FloatArray) -> tuple[Check, Check]:
    """Whether a point keeps to the rows and to the bounds, each in its own scale."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        rows, bounds, *_ = _Claim.of(lp, x, np.zeros(lp.shape[0])).numbers(DEFAULT.slack, 0.0)
    return rows, bounds


def canonical(program: Program) -> Program:
    """The program as a minimum, its matrix without entries that are stored twice or are 0."""
    matrix = program.A
    if not matrix.has_canonical_format or not matrix.data.all():
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    if program.sense == "min" and matrix is program.A:
        return program
    sign = 1.0 if program.sense == "min" else -1.0
    return replace(program, c=sign * program.c, A=matrix, offset=sign * program.offset, sense="min")


@dataclass(frozen=True, slots=True)
class _Proof:
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
        return f"the program with {' and '.join(parts)} moved by rounding, without which it contradicts itself"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A point and multipliers of a program taken as a minimum."""

    given: Program
    program: Program
    sign: float
    x: FloatArray
    y: FloatArray
    z: FloatArray
    activity: FloatArray
    by_rows: csr_array
    """The matrix."""

    @classmethod
    def of(cls, given: Program, x: FloatArray, y: FloatArray) -> _Claim:
        """With its reduced costs and activities."""
        program, sign = canonical(given), 1.0 if given.sense == "min" else -1.0
        y = sign * y
        return cls(given, program, sign, x, y, program.c - program.A.T @ y, program.A @ x, csr_array(program.A))

    def certificate(self, proof: _Proof, tolerances: Tolerances) -> Certificate:
        """The checks, and what is proven."""
        program = self.program
        proven, (lower, upper) = math.isfinite(proof.interval.size), proof.interval
        gap = proof.interval.width if proven else proof.excess
        size = max((abs(v) for v in (lower, upper, proof.value) if math.isfinite(v)), default=0.0)
        allowed = tolerances.gap * size
        absolute = not gap <= allowed
        if absolute:
            allowed = max(allowed, 16 * UNIT * (abs(program.offset) + least_terms(program)))
        given = program.value(self.x)
        off = max(lower - given, given - upper, 0.0) if proven else 0.0
        own = REFINEMENT * float(np.abs(program.c) @ np.abs(self.x))
        ends = Check("value of the point", off, max(allowed, own)), Check("duality gap", gap, allowed)
        interval = proof.interval if self.sign > 0 else Interval(-upper, -lower)
        values = self.sign * proof.value + 0.0, self.sign * self.dual_value() + 0.0
        checks, about = (*self.numbers(tolerances.slack, allowed), *ends), proof.about(self.given)
        return Certificate(checks, *values, interval, proven, absolute and gap <= allowed, about)

    def dual_value(self) -> float:
        """What the multipliers are worth at the bounds that they lean on."""
        program = self.program
        rows = _bound_value(self.y, program.row_lower, program.row_upper)
        return program.offset + rows + _bound_value(self.z, program.lower, program.upper)

    def _tolerances(self, slack: float) -> tuple[FloatArray, FloatArray]:
        """What rows may be missed by, and reduced costs be of the wrong sign: a small part of their own terms, or rounding.

        Rounding is that of the terms, and what the variables carry over from the tight rows that they are computed from, or
        the multipliers from the columns between their bounds.
        """
        program, x, columns = self.program, self.x, csc_array(self.by_rows.T)
        sizes, prices = row_sizes(program, x), cost_sizes(program, self.y)
        counts = np.bincount(program.A.indices, minlength=self.y.size) + 2
        tight, between = tight_rows(program, self.activity, sizes), (x > program.lower) & (x < program.upper)
        return (
            np.maximum(np.maximum(REFINEMENT, counts * UNIT) * sizes, CARRIED * carried(program.A, sizes, tight)),
            np.maximum(slack * prices, CARRIED * carried(columns, prices, between)),
        )

    def numbers(self, slack: float, allowed: float) -> tuple[Check, ...]:
        """Whether rows, bounds and signs hold, each in its own scale, and each multiplier times its slack is 0."""
        program, x, y, z = self.program, self.x, self.y, self.z
        rows, reduced = self._tolerances(slack)
        bounds, row_bounds = (program.lower, program.upper), (program.row_lower, program.row_upper)
        bound = np.where(x < program.lower, program.lower, np.where(x > program.upper, program.upper, 0.0))
        room = np.maximum(least_shares(program.A, rows), REFINEMENT * np.abs(bound))
        sign_room = least_shares(csc_array(self.by_rows.T), reduced)
        row_distance, distance = _distance(y, self.activity, *row_bounds), _distance(z, x, *bounds)
        row_split = np.maximum(np.abs(y) * rows, row_distance * sign_room)
        split = np.maximum(np.abs(z) * room, distance * reduced)
        names, row_names = self.given.column_names, self.given.row_names
        rows_agree, agree = "complementary slackness, rows", "complementary slackness, variables"
        return (
            _worst("row bounds", _outside(self.activity, *row_bounds), rows, row_names),
            _worst("variable bounds", _outside(x, *bounds), room, names),
            _worst("sign of row multipliers", _unsupported(y, *row_bounds), sign_room, row_names),
            _worst("sign of reduced costs", _unsupported(z, *bounds), reduced, names),
            _worst(rows_agree, np.abs(y) * row_distance, np.maximum(allowed, row_split), row_names),
            _worst(agree, np.abs(z) * distance, np.maximum(allowed, split), names),
        )

    def proof(self, tolerances: Tolerances, far: float = FAR) -> _Proof:
        """What the numbers prove as they are, and where that is not enough, what exact ones next to them do."""
        program = self.program
        if not (program.lower <= program.upper).all():
            return _Proof(UNKNOWN, program.value(self.x), np.inf, None)
        x = np.clip(self.x, program.lower, program.upper)
        y = np.where(_unsupported(self.y, program.row_lower, program.row_upper) > 0, 0.0, self.y)
        point = self._point(x, y, far)
        stand_in = point or Point.loose(x, y.size)
        proof = self._plain(stand_in, point, y)
        if math.isfinite(proof.interval.lower) and proof.excess <= tolerances.gap * abs(proof.value):
            return proof
        return self._exact(point, x, y, far) or proof

    def _point(self, x: FloatArray, y: FloatArray, far: float) -> Point | None:
        """x itself where it is feasible in exact arithmetic, else a point next to it that is."""
        program = self.program
        sums = products(self.by_rows, x)
        lower, upper = sums.lower, sums.upper
        if ((lower >= program.row_lower) & (upper <= program.row_upper)).all():
            exact = lower == upper
            return Point(x, {}, exact & (lower == program.row_lower), exact & (lower == program.row_upper))
        found = repair(program, x, y, self.z, move=True, far=far)
        return found if isinstance(found, Point) else None

    def _plain(self, point: Point, feasible: Point | None, y: FloatArray) -> _Proof:
        """What multipliers prove about a point as they are, with as many digits, and bounds on the variables, as matter."""
        program, x, declared = self.program, enclosed(point), Enclosure(self.program.lower, self.program.upper)
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
        return self._proven(interval, feasible, forgiven.total)

    def _exact(self, point: Point | None, x: FloatArray, y: FloatArray, far: float) -> _Proof | None:
        """What exact multipliers next to y that go with the point prove; None where there are none."""
        program, touched = self.program, point or touching(self.program, x)
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
        return self._proven(interval, point, terms.total, found)

    def _proven(self, interval: Interval, point: Point | None, excess: float, multipliers: Point | None = None) -> _Proof:
        """A proof with the value of the point, and with what the given one misses at its price where there is no other."""
        given = self.program.value(self.x)
        if point is not None:
            middle = interval.upper if math.isinf(interval.lower) else 0.5 * interval.lower + 0.5 * interval.upper
            return _Proof(interval, given if interval.lower <= given <= interval.upper else middle, excess, point, multipliers)
        missed = float(np.abs(self.y) @ _outside(self.activity, self.program.row_lower, self.program.row_upper))
        return _Proof(interval, given, max(excess, 0.0) + 2 * missed, None, multipliers)


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


def _outside(value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    return np.maximum(np.maximum(lower - value, value - upper), 0.0)


def _bound_value(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    bound = np.where(multiplier > 0, lower, upper)
    return float((multiplier * np.where(np.isfinite(bound), bound, 0.0)).sum())


def _distance(multiplier: FloatArray, value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """How far values are from the bounds that multipliers lean on; 0 where there is none."""
    bound = np.where(multiplier > 0, lower, upper)
    return np.abs(value - np.where(np.isfinite(bound), bound, value))


def _unsupported(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The size of multipliers whose bound does not exist."""
    return np.where(np.isfinite(np.where(multiplier > 0, lower, upper)), 0.0, np.abs(multiplier))


def _worst(name: str, violation: FloatArray, tolerance: FloatArray, names: Sequence[str]) -> Check:
    """The check of the entry that is furthest beyond its own tolerance."""
    if not violation.any():
        return Check(name, 0.0, float(tolerance.max(initial=0.0)))
    severity = np.divide(violation, tolerance, out=np.where(violation > 0, np.inf, 0.0), where=tolerance > 0)
    worst = int(severity.argmax())
    return Check(name, float(violation[worst]), float(tolerance[worst]), names[worst])
