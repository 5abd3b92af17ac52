"""Linear programs in general form solved over the rationals, with every outcome checked exactly.

Every row is a variable of its own, its activity, with the row's bounds; what is basic is written as a combination of what is
not. First the basic variables are brought within their bounds, then the objective is improved. The method knows nothing of the
package's own: it is the judge of it.

Source: Dutertre and de Moura (2006), A fast linear-arithmetic solver for DPLL(T), section 3, for the first phase; Chvatal
(1983), Linear Programming, chapter 8, for bounded variables; Bland (1977) for the rule that rules out cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from otmodels.benchmark.trust.hitchcock import OracleError

Bound: TypeAlias = Fraction | None
"""None where there is none."""
Combination: TypeAlias = dict[int, Fraction]
"""Coefficients by variable, none of them 0."""

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Rational:
    """min c'x + offset subject to bounds on A x and on x, in rationals.

    Attributes
    ----------
    c : list (k,)
        Costs.
    rows : list (r,) of dict
        The rows of A by column; what is not there is 0.
    row_bounds, bounds : list of (lower, upper), (r,) and (k,)
        None where there is none.
    """

    c: list[Fraction]
    rows: list[Combination]
    row_bounds: list[tuple[Bound, Bound]]
    bounds: list[tuple[Bound, Bound]]
    offset: Fraction = ZERO


@dataclass(frozen=True, slots=True)
class Solved:
    """An optimal point and optimal multipliers, verified.

    Attributes
    ----------
    value : Fraction
        c'x + offset.
    x, y : list (k,), (r,)
        Point, and multipliers of the rows: d(value)/d(right-hand side).
    """

    value: Fraction
    x: list[Fraction]
    y: list[Fraction]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """No point is feasible; `weights` of the columns and then of the rows' activities prove it.

    There are none where a lower bound is above its upper bound, which proves itself.
    """

    weights: list[Fraction]


@dataclass(frozen=True, slots=True)
class Descent:
    """The objective has no lower bound: from a feasible point x, along a direction."""

    x: list[Fraction]
    direction: list[Fraction]


Outcome: TypeAlias = Solved | Contradiction | Descent


def minimise(program: Rational) -> Outcome:
    """The optimum, or a proof that there is none.

    Raises
    ------
    OracleError
        The outcome does not pass its own check.
    """
    found = _Dictionary(program).outcome()
    if isinstance(found, Contradiction):
        _check_contradiction(program, found)
    elif isinstance(found, Descent):
        _check_descent(program, found)
    else:
        _check_optimum(program, found)
    return found


def _activity(program: Rational, x: Sequence[Fraction]) -> list[Fraction]:
    return [sum((entry * x[j] for j, entry in row.items()), ZERO) for row in program.rows]


def _within(values: Sequence[Fraction], bounds: Sequence[tuple[Bound, Bound]]) -> bool:
    return all((low is None or low <= v) and (high is None or v <= high) for v, (low, high) in zip(values, bounds, strict=True))


def _check_feasible(program: Rational, x: Sequence[Fraction]) -> None:
    if not (_within(x, program.bounds) and _within(_activity(program, x), program.row_bounds)):
        raise OracleError("the point is not feasible")


def _check_optimum(program: Rational, found: Solved) -> None:
    """Feasible on both sides and of equal value."""
    _check_feasible(program, found.x)
    reduced = _reduced(program, found.y)
    dual = program.offset
    for multiplier, (low, high) in zip((*reduced, *found.y), (*program.bounds, *program.row_bounds), strict=True):
        bound = low if multiplier > 0 else high
        if multiplier and bound is None:
            raise OracleError("a multiplier leans on a bound that does not exist")
        dual += multiplier * (bound or ZERO)
    if not found.value == dual == program.offset + sum((c * v for c, v in zip(program.c, found.x, strict=True)), ZERO):
        raise OracleError("point and multipliers differ in value")


def _reduced(program: Rational, y: Sequence[Fraction]) -> list[Fraction]:
    """C - A'y."""
    reduced = list(program.c)
    for multiplier, row in zip(y, program.rows, strict=True):
        for j, entry in row.items():
            reduced[j] -= multiplier * entry
    return reduced


def _check_contradiction(program: Rational, found: Contradiction) -> None:
    """The weights cancel in x, and no values within the bounds bring their combination up to 0."""
    columns = len(program.c)
    if not found.weights:
        if not any(_crossed(*bounds) for bounds in (*program.bounds, *program.row_bounds)):
            raise OracleError("infeasible, and no bounds are crossed")
        return
    left, most = list(found.weights[:columns]), ZERO
    for weight, row in zip(found.weights[columns:], program.rows, strict=True):
        for j, entry in row.items():
            left[j] += weight * entry
    for weight, (low, high) in zip(found.weights, (*program.bounds, *program.row_bounds), strict=True):
        bound = high if weight > 0 else low
        if weight and bound is None:
            raise OracleError("a weight leans on a bound that does not exist")
        most += weight * (bound or ZERO)
    if any(left) or most >= 0:
        raise OracleError("infeasible, and the proof fails")


def _check_descent(program: Rational, found: Descent) -> None:
    """A feasible point, and a direction that leads away from no bound and improves the objective."""
    _check_feasible(program, found.x)
    steps = (*found.direction, *_activity(program, found.direction))
    for step, (low, high) in zip(steps, (*program.bounds, *program.row_bounds), strict=True):
        if (step > 0 and high is not None) or (step < 0 and low is not None):
            raise OracleError("unbounded, and the direction meets a bound")
    if sum((c * step for c, step in zip(program.c, found.direction, strict=True)), ZERO) >= 0:
        raise OracleError("unbounded, and the direction does not improve")


class _Dictionary:
    """Basic variables as combinations of the others, which sit at a bound, or at 0 where they have none."""

    def __init__(self, program: Rational) -> None:
        self._columns = len(program.c)
        self._offset = program.offset
        self._bounds = [*program.bounds, *program.row_bounds]
        self._rows = {self._columns + i: {j: entry for j, entry in row.items() if entry} for i, row in enumerate(program.rows)}
        self._costs = {j: cost for j, cost in enumerate(program.c) if cost}
        start = [_nearest(*bounds) for bounds in program.bounds]
        self._value = [*start, *_activity(program, start)]

    def outcome(self) -> Outcome:
        if any(_crossed(*bounds) for bounds in self._bounds):
            return Contradiction([])
        while (basic := min((v for v in self._rows if self._outside(v)), default=None)) is not None:
            entering = self._towards(basic)
            if entering is None:
                return self._contradiction(basic)
            low, high = self._bounds[basic]
            bound = low if self._outside(basic) < 0 else high
            assert bound is not None
            self._move(entering, (bound - self._value[basic]) / self._rows[basic][entering])
            self._swap(basic, entering)
        return self._improved()

    def _outside(self, variable: int) -> int:
        """-1 below the lower bound, 1 above the upper one, 0 within."""
        low, high = self._bounds[variable]
        value = self._value[variable]
        return -1 if low is not None and value < low else int(high is not None and value > high)

    def _can(self, variable: int, way: int) -> bool:
        """Whether a variable that is not basic can go up (1) or down (-1)."""
        bound = self._bounds[variable][1 if way > 0 else 0]
        return bound is None or (bound - self._value[variable]) * way > 0

    def _towards(self, basic: int) -> int | None:
        """The first variable whose change brings a basic one nearer to its bounds."""
        way = -self._outside(basic)
        ways = {j: way if entry > 0 else -way for j, entry in self._rows[basic].items()}
        return min((j for j, sign in ways.items() if self._can(j, sign)), default=None)

    def _improved(self) -> Outcome:
        """The second phase: the steepest cost enters, the first one while steps move nothing (Bland)."""
        moving = True
        while True:
            ways = {j: -1 if cost > 0 else 1 for j, cost in self._costs.items()}
            ways = {j: way for j, way in ways.items() if self._can(j, way)}
            if not ways:
                return self._optimum()
            entering = min(ways, key=lambda j: (-abs(self._costs[j]), j)) if moving else min(ways)
            step, leaving = self._ratio(entering, ways[entering])
            if step is None:
                return self._descent(entering, ways[entering])
            self._move(entering, step * ways[entering])
            if leaving != entering:
                self._swap(leaving, entering)
            moving = step > 0

    def _ratio(self, entering: int, way: int) -> tuple[Fraction | None, int]:
        """How far a variable can go until it, or a basic one, meets a bound, and which: the first of several."""
        limits = []
        rates = {entering: Fraction(way)} | {v: row[entering] * way for v, row in self._rows.items() if entering in row}
        for variable, rate in rates.items():
            bound = self._bounds[variable][1 if rate > 0 else 0]
            if bound is not None:
                limits.append(((bound - self._value[variable]) / rate, variable))
        return min(limits, default=(None, entering))

    def _move(self, entering: int, change: Fraction) -> None:
        self._value[entering] += change
        for variable, row in self._rows.items():
            if entering in row:
                self._value[variable] += row[entering] * change

    def _swap(self, leaving: int, entering: int) -> None:
        """Solve the row of a basic variable for another one, which takes its place everywhere."""
        row = self._rows.pop(leaving)
        pivot = row.pop(entering)
        solved = {j: -entry / pivot for j, entry in row.items()} | {leaving: 1 / pivot}
        for other in (*self._rows.values(), self._costs):
            if entering in other:
                _add(other, other.pop(entering), solved)
        self._rows[entering] = solved

    def _optimum(self) -> Solved:
        rows = range(self._columns, len(self._bounds))
        x, y = self._value[: self._columns], [self._costs.get(v, ZERO) for v in rows]
        # The objective is the sum of costs times values of what is not basic: the constant of a dictionary is 0 throughout.
        return Solved(self._offset + sum((cost * self._value[j] for j, cost in self._costs.items()), ZERO), x, y)

    def _contradiction(self, basic: int) -> Contradiction:
        """The row of a basic variable that nothing brings within its bounds."""
        way = -self._outside(basic)
        row = self._rows[basic] | {basic: Fraction(-1)}
        return Contradiction([way * row.get(v, ZERO) for v in range(len(self._bounds))])

    def _descent(self, entering: int, way: int) -> Descent:
        direction = [ZERO] * len(self._bounds)
        direction[entering] = Fraction(way)
        for variable, row in self._rows.items():
            direction[variable] = row.get(entering, ZERO) * way
        return Descent(self._value[: self._columns], direction[: self._columns])


def _crossed(low: Bound, high: Bound) -> bool:
    return low is not None and high is not None and low > high


def _nearest(low: Bound, high: Bound) -> Fraction:
    """The bound nearest to 0; 0 where there is none."""
    return min((bound for bound in (low, high) if bound is not None), key=abs, default=ZERO)


def _add(combination: Combination, factor: Fraction, step: Combination) -> None:
    """Add a multiple of one combination to another, in place; what comes to 0 is not stored."""
    for j, entry in step.items():
        if total := combination.get(j, ZERO) + factor * entry:
            combination[j] = total
        else:
            combination.pop(j, None)
