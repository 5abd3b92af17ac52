"""What is wrong with an answer, and what of it is worth putting right.

A row is right if it is off by a small part of the terms that it sums, and a reduced cost likewise: a mass of 1e-11 beside
masses of 1 is to be served as exactly as they are. But masses may fall over hundreds of orders of magnitude, and what all of
the smallest together can cost may be nothing beside the value. Rows are therefore left as they are, the smallest first, while
the sum of their sizes times the largest multiplier stays below a part of the value; variables, while the sum of the sizes of
their costs times the sum of the point does. Where the value is 0, or cancels, nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.lp import Program
from otmodels.tolerances import REFINEMENT

ROUNDING = 8 * np.finfo(np.float64).eps
"""Relative rounding error of a sum: of a row's activity, of a reduced cost, of a distance to a bound."""

WORTH = 1e-12
"""Part of the value that what is left as it is may cost: a thousandth of what a certificate lets pass."""


@dataclass(frozen=True, slots=True)
class Enough:
    """When an answer is right enough to be left alone.

    Attributes
    ----------
    relative : float
        A row, or a reduced cost, is right if it is off by at most this part of its own size.
    worth : float
        Part of the value that all rows together, and all variables together, that are left as they are may cost; 0: none is.
    value : float or None
        The value, where it is not c'x: of a program whose costs are reduced costs of another.
    price : float or None
        Cost of serving a unit of a row's mass in another way, where it is not the largest multiplier.
    """

    relative: float = REFINEMENT
    worth: float = WORTH
    value: float | None = None
    price: float | None = None


class Sought(NamedTuple):
    """What a correction is to add to the rows, from `least` to `most` (r,), and its costs (k,)."""

    least: FloatArray
    most: FloatArray
    costs: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A point and multipliers of a program of equality rows, with what is wrong with them.

    Attributes
    ----------
    x, y : ndarray (k,), (r,)
        Point, within its bounds, and multipliers.
    residual, reduced : ndarray (r,), (k,)
        b - A x and c - A'y.
    allowed : ndarray (r,)
        Rounding of each row.
    rows, columns : ndarray of bool (r,), (k,)
        Rows, and reduced costs that are wrong, that are left as they are.
    primal, dual : float
        Largest residual, and largest reduced cost of the wrong sign or of a variable off its bound, of those that are wrong
        relative to their own size.
    """

    x: FloatArray
    y: FloatArray
    residual: FloatArray
    reduced: FloatArray
    allowed: FloatArray
    rows: BoolArray
    columns: BoolArray
    primal: float
    dual: float

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return self.primal == 0 and self.dual == 0

    @property
    def leaves(self) -> bool:
        """Whether anything that is wrong is left as it is."""
        return bool((self.rows & (np.abs(self.residual) > self.allowed)).any() or self.columns.any())

    def sought(self, lenient: bool) -> Sought:
        """What a correction is to add; in rows that are left, if lenient, anything between nothing and what is missing."""
        least, most, costs = self.residual, self.residual, self.reduced
        if lenient:
            least, most = (np.where(self.rows, bound(self.residual, 0.0), self.residual) for bound in (np.minimum, np.maximum))
            costs = np.where(self.columns, 0.0, costs)
        return Sought(least - self.allowed, most + self.allowed, costs)

    def better_than(self, other: Judged, bound: float, cost: float) -> bool:
        """Whether less is wrong than with another answer, in units of bounds and of costs."""
        if self.primal <= other.primal and self.dual <= other.dual:
            return self.primal < other.primal or self.dual < other.dual
        mine, its = (max(judged.primal / bound, judged.dual / cost) for judged in (self, other))
        return mine < its / 2


class Judge:
    """Says what is wrong with points and multipliers of a program.

    Parameters
    ----------
    program : Program
        With equality rows only.
    costs : ndarray (k,)
        Size of each variable's cost.
    rows : ndarray (r,)
        Units of the rows.
    slack_of : ndarray (s,)
        The rows that the last s variables are slacks of.
    """

    def __init__(self, program: Program, costs: FloatArray, rows: FloatArray, slack_of: IndexArray) -> None:
        self.program = program
        self._sign = 1.0 if program.sense == "min" else -1.0
        self._size: csc_array = abs(program.A)
        self._costs, self._rows, self._slack_of = costs, rows, slack_of

    def of(self, x: FloatArray, y: FloatArray, enough: Enough) -> Judged:
        """What is wrong; x is first set on the bounds that it is only rounding away from."""
        program = self.program
        x, sizes = self._placed(x)
        residual, reduced = program.row_lower - program.A @ x, program.c - program.A.T @ y
        summed = self._size.T @ np.abs(y)
        z = self._sign * reduced
        off = np.where(np.where(z > 0, x != program.lower, x != program.upper), np.abs(z), 0.0)
        own = np.maximum(self._costs, summed * (program.c != 0))
        rows, columns = self._left(x, y, sizes, np.maximum(np.abs(program.c), summed), enough)
        columns &= off > 0
        primal = _largest(np.where(rows, 0.0, np.abs(residual)), enough.relative * sizes)
        dual = _largest(np.where(columns, 0.0, off), np.maximum(enough.relative * own, ROUNDING * summed))
        return Judged(x, y, residual, reduced, ROUNDING * sizes, rows, columns, primal, dual)

    def _placed(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The point within its bounds, on them where rounding is all that is between, and the size of each row's terms."""
        program = self.program
        x = np.clip(x, program.lower, program.upper)
        sizes = np.maximum(np.abs(program.row_lower), self._size @ np.abs(x))
        room = np.abs(x)
        room[x.size - self._slack_of.size :] = sizes[self._slack_of]
        room *= ROUNDING
        x = np.where(x - program.lower <= room, program.lower, np.where(program.upper - x <= room, program.upper, x))
        return x, sizes

    def _left(
        self, x: FloatArray, y: FloatArray, rows: FloatArray, costs: FloatArray, enough: Enough
    ) -> tuple[BoolArray, BoolArray]:
        """Rows and variables that are worth too little."""
        with np.errstate(over="ignore"):
            budget = enough.worth * abs(float(self.program.c @ x) if enough.value is None else enough.value)
            price = float(np.abs(y * self._rows).max(initial=0.0)) if enough.price is None else enough.price
            return _least(rows / self._rows, budget, price), _least(costs, budget, float(np.abs(x).sum()))


def _largest(violation: FloatArray, tolerance: FloatArray) -> float:
    return float(violation[violation > tolerance].max(initial=0.0))


def _least(sizes: FloatArray, budget: float, price: float) -> BoolArray:
    """The least sizes, as many as cost less than the budget together at a price."""
    left, price = np.zeros(sizes.size, dtype=bool), min(price, float(np.finfo(np.float64).max))
    few = np.flatnonzero(sizes * price < budget)
    few = few[np.argsort(sizes[few], kind="stable")]
    left[few[np.cumsum(sizes[few]) * price < budget]] = True
    return left
