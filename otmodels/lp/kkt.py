"""Optimality of a linear program's point and multipliers: the Karush-Kuhn-Tucker conditions, and what they prove.

Two things are asked, and a check can veto, never excuse. Is the interval narrow that the numbers prove, rigorously (see
`otmodels.lp.optimality`)? And are the numbers those that it was made from: rows, bounds, signs and complementary slackness, each
in its own scale?
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray, floats
from otmodels.checks import Certificate, Check
from otmodels.errors import InfiniteValueError, NotANumberError, ShapeError
from otmodels.interval import UNKNOWN, Interval
from otmodels.lp.claim import Claim, outside, unsupported
from otmodels.lp.optimality import Proof, proof_of, prove
from otmodels.lp.program import Program, check_program
from otmodels.lp.rational import nearest
from otmodels.lp.safe import least_terms
from otmodels.lp.sizes import carried, cost_sizes, least_shares, row_sizes, tight_rows
from otmodels.rounding import UNIT
from otmodels.tolerances import DEFAULT, REFINEMENT, Tolerances

CARRIED = 32 * UNIT
"""Rounding that a variable or a multiplier carries over from the rows or columns that it is computed from."""

Answer = tuple[FloatArray, FloatArray, Certificate]
"""Point, multipliers and their certificate."""


def certify(lp: Program, x: npt.ArrayLike, y: npt.ArrayLike, tolerances: Tolerances = DEFAULT) -> Certificate:
    """Check x (k,) and the row multipliers y (r,) against a linear program and say what they prove.

    It passes where two things hold. The interval, which is rigorous, is narrow: its width is at most 1e-9 of the value, or, where
    the value vanishes or cancels, 8 eps times the least that sum_j |c_j x_j| comes to at any feasible point: no number that is
    handed in, and no cost or row that a point can do without, makes that larger. And x and y are what it was made from: rows are
    missed by at most 1e-12 of their own terms, or by rounding, and in the same way variables keep to their bounds, multipliers
    and reduced costs to their signs, and one of a multiplier and its slack is 0. A fixed variable's reduced cost has no sign.

    Where x is not feasible in exact arithmetic, the interval is that of a point next to it that is, and where a reduced cost has
    to be 0 and is up to rounding, of exact multipliers next to y. Where there are none such, or too much would have to be
    computed, that side of the interval is infinite, `proven` is False, and what passes is optimal to tolerance: a row that is
    missed counts at its price, |y_i| times what is missing.

    Where rows contradict each other by rounding alone, as marginals whose totals differ in the last digit, right-hand sides are
    moved by as much, which is said in `about`; so are costs that leave the program unbounded by rounding alone. What is found
    then is optimal to tolerance: the program itself has no optimum.

    Parameters
    ----------
    lp : Program
        The program; a maximum is checked as the minimum of its negative.
    x : ndarray (k,)
        Point.
    y : ndarray (r,)
        Row multipliers, d(optimal value)/d(right-hand side).
    tolerances : Tolerances
        `gap` of the interval over the value; `slack` of signs over the terms that are summed.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> bread = LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6])
    >>> certify(bread, [2, 2], [1, 1]).verdict
    'certified optimal: the value is 10, relative gap 0.0e+00'
    >>> lower, upper = certify(bread, [6, 0], [0, 1.5]).interval  # 12 at the point, 9 by the multipliers
    >>> lower <= 9 < 10 < upper == 12
    True
    """
    check_program("lp", lp)
    x, y = floats("x", x), floats("y", y)
    for argument, vector, size in (("x", x, lp.shape[1]), ("y", y, lp.shape[0])):
        if vector.shape != (size,):
            raise ShapeError(argument, f"has shape {vector.shape}", f"Give shape ({size},)")
        if not np.isfinite(vector).all():
            kind = NotANumberError if np.isnan(vector).any() else InfiniteValueError
            raise kind(argument, "holds entries that are not finite", "Numbers to be certified must be finite")
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = Claim.of(lp, x, y)
        return _certificate(claim, prove(claim, tolerances.gap), tolerances)


def settle(lp: Program, x: FloatArray, y: FloatArray) -> Answer:
    """A solver's point and multipliers with their certificate, or the exact ones next to them, rounded, where these do better.

    Parameters
    ----------
    lp, x, y
        See `certify`.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = Claim.of(lp, x, y)
        proof = prove(claim, DEFAULT.gap)
        found = x, y, _certificate(claim, proof, DEFAULT)
        for _ in range(2):
            if found[-1].passed and (found[-1].proven or found[-1].about):
                break
            exact_x = x if proof.point is None else proof.point.rounded
            exact_y = y if proof.multipliers is None else claim.sign * proof.multipliers.rounded + 0.0
            again = _certificate(Claim.of(lp, exact_x, exact_y), proof, DEFAULT)
            if again.passed and (again.proven or not found[-1].passed):
                found = exact_x, exact_y, again
            else:
                proof = prove(claim, DEFAULT.gap, far=math.inf)
    return found


def settle_exactly(lp: Program, x: Sequence[Fraction], y: Sequence[Fraction]) -> Answer | None:
    """An optimal point and multipliers in rational numbers, rounded, with their certificate; None where they are not optimal.

    Parameters
    ----------
    lp : Program
        A small one.
    x, y : sequence of Fraction (k,), (r,)
        See `certify`.
    """
    rounded = nearest(x), nearest(y)
    if not all(np.isfinite(vector).all() for vector in rounded):
        return None
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = Claim.of(lp, *rounded)
        proof = proof_of(claim, x, [value if claim.sign > 0 else -value for value in y])
        return None if proof is None else (*rounded, _certificate(claim, proof, DEFAULT))


def worth(lp: Program, x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """The value of a point and the bound that multipliers prove, up to rounding; NaN where they are not feasible.

    Parameters
    ----------
    lp, x, y
        See `certify`.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        claim = Claim.of(lp, x, y)
        rows, bounds, row_signs, signs, *_ = _numbers(claim, DEFAULT.slack, 0.0)
        value, bound = claim.sign * claim.program.value(x), claim.sign * _dual_value(claim)
    feasible, dual_feasible = rows.passed and bounds.passed, row_signs.passed and signs.passed
    return value if feasible else math.nan, bound if dual_feasible else math.nan


def feasibility(lp: Program, x: FloatArray) -> tuple[Check, Check]:
    """Whether a point keeps to the rows and to the bounds, each in its own scale."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        rows, bounds, *_ = _numbers(Claim.of(lp, x, np.zeros(lp.shape[0])), DEFAULT.slack, 0.0)
    return rows, bounds


def _certificate(claim: Claim, proof: Proof, tolerances: Tolerances) -> Certificate:
    """The checks, and what is proven."""
    program, proven, (lower, upper) = claim.program, math.isfinite(proof.interval.size), proof.interval
    gap = proof.interval.width if proven else proof.excess
    size = max((abs(v) for v in (lower, upper, proof.value) if math.isfinite(v)), default=0.0)
    allowed = tolerances.gap * size
    absolute = not gap <= allowed
    if absolute:
        allowed = max(allowed, 16 * UNIT * (abs(program.offset) + least_terms(program)))
    given = program.value(claim.x)
    off = max(lower - given, given - upper, 0.0) if proven else 0.0
    own = REFINEMENT * float(np.abs(program.c) @ np.abs(claim.x))
    checks = (
        *_numbers(claim, tolerances.slack, allowed),
        Check("value of the point", off, max(allowed, own)),
        Check("duality gap", gap, allowed),
    )
    about = proof.about(claim.given)
    if about:  # the program itself may have no optimum, by rounding: what is proven is about another one
        proven, (lower, upper) = False, UNKNOWN
    interval = Interval(lower, upper) if claim.sign > 0 else Interval(-upper, -lower)
    values = claim.sign * proof.value + 0.0, claim.sign * _dual_value(claim) + 0.0
    return Certificate(checks, *values, interval, proven, absolute and gap <= allowed, about)


def _dual_value(claim: Claim) -> float:
    """What the multipliers are worth at the bounds that they lean on."""
    program = claim.program
    rows = _at_bounds(claim.y, program.row_lower, program.row_upper)
    return program.offset + rows + _at_bounds(claim.z, program.lower, program.upper)


def _numbers(claim: Claim, slack: float, allowed: float) -> tuple[Check, ...]:
    """Whether rows, bounds and signs hold, each in its own scale, and one of each multiplier and its slack is 0.

    Parameters
    ----------
    claim : Claim
        The numbers.
    slack : float
        Of a reduced cost of the wrong sign, over the terms that it sums.
    allowed : float
        What a multiplier times its slack may be, where it is not rounding of one of the two.
    """
    program, x, y, z = claim.program, claim.x, claim.y, claim.z
    rows, reduced = _tolerances(claim, slack)
    bounds, row_bounds = (program.lower, program.upper), (program.row_lower, program.row_upper)
    bound = np.where(x < program.lower, program.lower, np.where(x > program.upper, program.upper, 0.0))
    room = np.maximum(least_shares(program.A, rows), REFINEMENT * np.abs(bound))
    sign_room = least_shares(csc_array(claim.by_rows.T), reduced)
    row_distance, distance = _distance(y, claim.activity, *row_bounds), _distance(z, x, *bounds)
    row_split = np.maximum(np.abs(y) * rows, row_distance * sign_room)
    split = np.maximum(np.abs(z) * room, distance * reduced)
    names, row_names = claim.given.column_names, claim.given.row_names
    rows_agree, agree = "complementary slackness, rows", "complementary slackness, variables"
    return (
        _worst("row bounds", claim.missed, rows, row_names),
        _worst("variable bounds", outside(x, *bounds), room, names),
        _worst("sign of row multipliers", unsupported(y, *row_bounds), sign_room, row_names),
        _worst("sign of reduced costs", unsupported(z, *bounds), reduced, names),
        _worst(rows_agree, np.abs(y) * row_distance, np.maximum(allowed, row_split), row_names),
        _worst(agree, np.abs(z) * distance, np.maximum(allowed, split), names),
    )


def _tolerances(claim: Claim, slack: float) -> tuple[FloatArray, FloatArray]:
    """What rows may be missed by, and reduced costs be of the wrong sign: a small part of their own terms, or rounding.

    Rounding is that of the terms, and what the variables carry over from the tight rows that they are computed from, or the
    multipliers from the columns between their bounds.
    """
    program, x, by_rows = claim.program, claim.x, csc_array(claim.by_rows.T)
    sizes, prices = row_sizes(program, x), cost_sizes(program, claim.y)
    part = np.maximum(REFINEMENT, (np.diff(claim.by_rows.indptr) + 2) * UNIT)
    tight, between = tight_rows(program, claim.activity, sizes), (x > program.lower) & (x < program.upper)
    return (
        np.maximum(part * sizes, CARRIED * carried(program.A, sizes, tight)),
        np.maximum(slack * prices, CARRIED * carried(by_rows, prices, between)),
    )


def _distance(multiplier: FloatArray, value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """How far values are from the bounds that multipliers lean on; 0 where there is none."""
    bound = np.where(multiplier > 0, lower, upper)
    return np.abs(value - np.where(np.isfinite(bound), bound, value))


def _at_bounds(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    bound = np.where(multiplier > 0, lower, upper)
    return float((multiplier * np.where(np.isfinite(bound), bound, 0.0)).sum())


def _worst(name: str, violation: FloatArray, tolerance: FloatArray, names: Sequence[str]) -> Check:
    """The check of the entry that is furthest beyond its own tolerance."""
    if not violation.any():
        return Check(name, 0.0, float(tolerance.max(initial=0.0)))
    severity = np.divide(violation, tolerance, out=np.where(violation > 0, np.inf, 0.0), where=tolerance > 0)
    worst = int(severity.argmax())
    return Check(name, float(violation[worst]), float(tolerance[worst]), names[worst])
