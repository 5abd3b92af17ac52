"""Linear systems over the rationals: the simplex method in exact arithmetic, with Bland's rule, for small systems.

Source: Bland (1977), New finite pivoting rules for the simplex method; Chvatal (1983), Linear Programming, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

Row: TypeAlias = list[Fraction]
_Sparse: TypeAlias = dict[int, Fraction]


def alternative(
    matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction], columns: int | None = None
) -> tuple[Row | None, Row | None]:
    """Either x >= 0 with A x = b, or y with A'y <= 0 and b'y > 0: the first phase of the simplex method decides.

    An artificial variable a row, of the sign of its right-hand side, makes the system feasible; their sum is minimised. Where
    it comes to 0, x is left; else the multipliers of the rows are y.

    Parameters
    ----------
    matrix : sequence of rows (m, n) of Fraction
        A.
    right : sequence of Fraction (m,)
        b.
    columns : int, optional
        n, which a matrix without rows does not tell.
    """
    rows, columns = len(right), columns if columns is not None else len(matrix[0]) if matrix else 0
    sign = [-1 if entry < 0 else 1 for entry in right]
    last = columns + rows
    tableau = [
        {j: s * entry for j, entry in enumerate(row) if entry} | {columns + i: Fraction(1), last: s * right[i]}
        for i, (s, row) in enumerate(zip(sign, matrix, strict=True))
    ]
    # Reduced costs of the sum of the artificial variables, which are the first basis.
    costs = {j: Fraction(1) for j in range(columns, last)}
    for row in tableau:
        _subtract(costs, Fraction(1), row)
    basis = list(range(columns, last))
    while (entering := min((j for j, cost in costs.items() if j < columns and cost < 0), default=None)) is not None:
        leaving = _leaving(tableau, basis, entering, last)
        assert leaving is not None, "the sum of the artificial variables is bounded below"
        _pivot(tableau, costs, leaving, entering)
        basis[leaving] = entering
    zero = Fraction(0)
    if not costs.get(last, zero):
        values = {j: row.get(last, zero) for j, row in zip(basis, tableau, strict=True)}
        return [values.get(j, zero) for j in range(columns)], None
    return None, [s * (1 - costs.get(columns + i, zero)) for i, s in enumerate(sign)]


def _leaving(tableau: list[_Sparse], basis: list[int], entering: int, last: int) -> int | None:
    """The row of the least ratio; of several the one of the smallest variable, which rules out cycles."""
    positive = [(i, row) for i, row in enumerate(tableau) if row.get(entering, 0) > 0]
    candidates = [(row.get(last, Fraction(0)) / row[entering], basis[i], i) for i, row in positive]
    return min(candidates)[2] if candidates else None


def _pivot(tableau: list[_Sparse], costs: _Sparse, leaving: int, entering: int) -> None:
    """Bring a variable into the basis, in place."""
    pivot = tableau[leaving][entering]
    row = tableau[leaving] = {j: entry / pivot for j, entry in tableau[leaving].items()}
    for other in (*(r for i, r in enumerate(tableau) if i != leaving), costs):
        if entering in other:
            _subtract(other, other[entering], row)


def _subtract(row: _Sparse, factor: Fraction, step: _Sparse) -> None:
    """Take a multiple of one row from another, in place; what comes to 0 is not stored."""
    for j, entry in step.items():
        if left := row.get(j, 0) - factor * entry:
            row[j] = left
        else:
            row.pop(j, None)
