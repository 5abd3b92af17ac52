"""Linear systems over the rationals: the simplex method in exact arithmetic, with Bland's rule, for small systems.

Source: Bland (1977), New finite pivoting rules for the simplex method; Chvatal (1983), Linear Programming, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

Row: TypeAlias = list[Fraction]


def alternative(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> tuple[Row | None, Row | None]:
    """Either x >= 0 with A x = b, or y with A'y <= 0 and b'y > 0: the first phase of the simplex method decides.

    An artificial variable a row, of the sign of its right-hand side, makes the system feasible; their sum is minimised. Where
    it comes to 0, x is left; else the multipliers of the rows are y.

    Parameters
    ----------
    matrix : sequence of rows (m, n) of Fraction
        A.
    right : sequence of Fraction (m,)
        b.
    """
    rows, columns = len(right), len(matrix[0]) if matrix else 0
    sign = [Fraction(-1 if entry < 0 else 1) for entry in right]
    tableau = [
        [s * entry for entry in row] + [Fraction(int(i == k)) for k in range(rows)] + [s * right[i]]
        for i, (s, row) in enumerate(zip(sign, matrix, strict=True))
    ]
    # Reduced costs of the sum of the artificial variables, which are the first basis.
    last = columns + rows
    costs = [-sum((row[j] for row in tableau), Fraction(0)) for j in range(columns)] + [Fraction(0)] * rows
    costs.append(-sum((row[last] for row in tableau), Fraction(0)))
    basis = list(range(columns, last))
    while (entering := next((j for j in range(columns) if costs[j] < 0), None)) is not None:
        leaving = _leaving(tableau, basis, entering)
        assert leaving is not None, "the sum of the artificial variables is bounded below"
        _pivot(tableau, costs, leaving, entering)
        basis[leaving] = entering
    if costs[last] == 0:
        x = [Fraction(0)] * columns
        for i, j in enumerate(basis):
            if j < columns:
                x[j] = tableau[i][last]
        return x, None
    return None, [s * (1 - cost) for s, cost in zip(sign, costs[columns:last], strict=True)]


def _leaving(tableau: list[Row], basis: list[int], entering: int) -> int | None:
    """The row of the least ratio; of several the one of the smallest variable, which rules out cycles."""
    candidates = [(row[-1] / row[entering], basis[i], i) for i, row in enumerate(tableau) if row[entering] > 0]
    return min(candidates)[2] if candidates else None


def _pivot(tableau: list[Row], costs: Row, leaving: int, entering: int) -> None:
    """Bring a variable into the basis, in place."""
    pivot = tableau[leaving][entering]
    tableau[leaving] = [entry / pivot for entry in tableau[leaving]]
    row = tableau[leaving]
    for other in (*(r for i, r in enumerate(tableau) if i != leaving), costs):
        factor = other[entering]
        if factor:
            other[:] = [entry - factor * step if step else entry for entry, step in zip(other, row, strict=True)]
