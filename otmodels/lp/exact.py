"""Linear systems and programs over the rationals: the simplex method in exact arithmetic, with Bland's rule, for small ones.

Source: Bland (1977), New finite pivoting rules for the simplex method; Chvatal (1983), Linear Programming, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Row: TypeAlias = list[Fraction]
_Sparse: TypeAlias = dict[int, Fraction]


@dataclass(frozen=True, slots=True)
class Optimum:
    """An optimal point of min c'x, A x = b, x >= 0, and multipliers of its rows with the same value."""

    x: Row
    y: Row


@dataclass(frozen=True, slots=True)
class Contradictory:
    """Multipliers with A'y <= 0 and b'y > 0: there is no feasible point."""

    y: Row


@dataclass(frozen=True, slots=True)
class Endless:
    """A feasible point, and a direction d >= 0 with A d = 0 and c'd < 0: the objective has no bound."""

    x: Row
    direction: Row


def alternative(
    matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction], columns: int | None = None
) -> tuple[Row | None, Row | None]:
    """Either x >= 0 with A x = b, or y with A'y <= 0 and b'y > 0: the first phase of the simplex method decides.

    Parameters
    ----------
    matrix : sequence of rows (m, n) of Fraction
        A.
    right : sequence of Fraction (m,)
        b.
    columns : int, optional
        n, which a matrix without rows does not tell.
    """
    count = columns if columns is not None else len(matrix[0]) if matrix else 0
    tableau = _Tableau(matrix, right, count)
    tableau.minimise(dict.fromkeys(range(count, tableau.last), Fraction(1)))
    if tableau.costs.get(tableau.last):
        return None, tableau.multipliers(1)
    return tableau.point(), None


def minimise(
    matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction], costs: Sequence[Fraction]
) -> Optimum | Contradictory | Endless:
    """The program min c'x, A x = b, x >= 0: both phases of the simplex method.

    Parameters
    ----------
    matrix, right
        See `alternative`.
    costs : sequence of Fraction (n,)
        c.
    """
    tableau = _Tableau(matrix, right, len(costs))
    tableau.minimise(dict.fromkeys(range(len(costs), tableau.last), Fraction(1)))
    if tableau.costs.get(tableau.last):
        return Contradictory(tableau.multipliers(1))
    tableau.expel()
    entering = tableau.minimise({j: cost for j, cost in enumerate(costs) if cost})
    if entering is None:
        return Optimum(tableau.point(), tableau.multipliers(0))
    return Endless(tableau.point(), tableau.direction(entering))


class _Tableau:
    """The rows in terms of a basis, which starts with an artificial variable a row, of the sign of its right-hand side."""

    def __init__(self, matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction], columns: int) -> None:
        self.columns, self.last = columns, columns + len(right)
        self.sign = [-1 if entry < 0 else 1 for entry in right]
        self.rows = [
            {j: s * entry for j, entry in enumerate(row) if entry} | {columns + i: Fraction(1), self.last: s * right[i]}
            for i, (s, row) in enumerate(zip(self.sign, matrix, strict=True))
        ]
        self.basis = list(range(columns, self.last))
        self.costs: _Sparse = {}

    def minimise(self, costs: _Sparse) -> int | None:
        """Pivot to the least of some costs; the variable that the least has no end along, None where it is attained."""
        self.costs = dict(costs)
        for j, row in zip(self.basis, self.rows, strict=True):
            if j in costs:
                _subtract(self.costs, costs[j], row)
        while (entering := min((j for j, c in self.costs.items() if j < self.columns and c < 0), default=None)) is not None:
            leaving = self._leaving(entering)
            if leaving is None:
                return entering
            self._pivot(leaving, entering)
        return None

    def expel(self) -> None:
        """Take artificial variables, which are 0, out of the basis where their row has another one."""
        for i, j in enumerate(self.basis):
            if j >= self.columns:
                other = min((k for k in self.rows[i] if k < self.columns), default=None)
                if other is not None:
                    self._pivot(i, other)

    def point(self) -> Row:
        """Values of the variables."""
        values = {j: row.get(self.last, Fraction(0)) for j, row in zip(self.basis, self.rows, strict=True)}
        return [values.get(j, Fraction(0)) for j in range(self.columns)]

    def multipliers(self, artificial: int) -> Row:
        """Multipliers of the rows, where the artificial variables have this cost."""
        zero = Fraction(0)
        return [s * (artificial - self.costs.get(self.columns + i, zero)) for i, s in enumerate(self.sign)]

    def direction(self, entering: int) -> Row:
        """What the variables change by along one that no row stops."""
        moves = {j: -row.get(entering, Fraction(0)) for j, row in zip(self.basis, self.rows, strict=True)}
        moves[entering] = Fraction(1)
        return [moves.get(j, Fraction(0)) for j in range(self.columns)]

    def _leaving(self, entering: int) -> int | None:
        """The row of the least ratio; of several the one of the smallest variable, which rules out cycles."""
        positive = [(i, row) for i, row in enumerate(self.rows) if row.get(entering, 0) > 0]
        ratios = [(row.get(self.last, Fraction(0)) / row[entering], self.basis[i], i) for i, row in positive]
        return min(ratios)[2] if ratios else None

    def _pivot(self, leaving: int, entering: int) -> None:
        """Bring a variable into the basis."""
        pivot = self.rows[leaving][entering]
        row = self.rows[leaving] = {j: entry / pivot for j, entry in self.rows[leaving].items()}
        for other in (*(r for i, r in enumerate(self.rows) if i != leaving), self.costs):
            if entering in other:
                _subtract(other, other[entering], row)
        self.basis[leaving] = entering


def _subtract(row: _Sparse, factor: Fraction, step: _Sparse) -> None:
    """Take a multiple of one row from another, in place; what comes to 0 is not stored."""
    for j, entry in step.items():
        if left := row.get(j, 0) - factor * entry:
            row[j] = left
        else:
            row.pop(j, None)
