"""Sparse linear systems of floats, solved in rational numbers.

Rows with one unknown, and unknowns in one row, are solved for one after the other: of a tree, such as the plan of a vertex of a
transport problem, nothing else is left. What is left is solved p-adically: with an inverse modulo a prime p, one digit after
the other of the solution's expansion in powers of p, from which the fractions are read, and which are verified in the system.

Source: Dixon (1982), Exact solution of linear equations using p-adic expansions, Numerische Mathematik 40.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.deadline import suffices
from otmodels.lp.padic import PRIME, Digits

LARGEST_CORE = 600
"""Most unknowns of what is left after the rows and unknowns that stand alone."""

MOST_BITS = 120_000
"""Most bits of an expansion."""

DEPENDENT = 2.0**-40
"""Rows whose independent part is this small beside them count as dependent: what follows from it is verified."""

Number: TypeAlias = int | Fraction
_Row: TypeAlias = dict[int, Number]


@dataclass(frozen=True, slots=True)
class Solved:
    """An exact solution of as many rows as are independent.

    Attributes
    ----------
    values : dict of int to Fraction
        The unknowns that are not 0.
    left : dict of int to Fraction
        Right-hand side less activity of the rows that depend on the others, by row: other than 0 where it contradicts them.
    """

    values: dict[int, Fraction]
    left: dict[int, Fraction]


def rational(value: float) -> Number:
    """A float as the rational that it is; an int where it is whole."""
    return int(value) if value.is_integer() else Fraction(value)


def nearest(values: Iterable[Fraction]) -> FloatArray:
    """Fractions rounded to floats; infinite where they are beyond."""
    return np.array([_nearest(value) for value in values], dtype=np.float64)


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def dot(matrix: csr_array, row: int, vector: Sequence[Number] | FloatArray) -> Fraction:
    """A row times a vector of floats or fractions."""
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    exact = (Fraction(vector[j]) for j in matrix.indices[start:end].tolist())
    return sum((rational(a) * v for a, v in zip(matrix.data[start:end].tolist(), exact, strict=True)), Fraction(0))


def solve(matrix: csr_array, right: Sequence[Fraction], order: FloatArray | None = None) -> Solved | None:
    """A solution v of A v = r in rational numbers, 0 where nothing asks for anything else.

    Parameters
    ----------
    matrix : csr_array (m, n)
        A; its floats are the rationals that they are.
    right : sequence of Fraction (m,)
        r.
    order : ndarray (m,), optional
        Where rows depend on each other, those of a larger number are left.

    Returns
    -------
    Solved or None
        None where what stands neither alone nor in a chain is too much, or time is up (see `otmodels.deadline`).
    """
    common = math.lcm(*(r.denominator for r in right))
    whole: list[Number] = [r.numerator * (common // r.denominator) for r in right]
    system = _System(matrix, whole, np.zeros(len(right)) if order is None else order)
    system.strip()
    if not system.solve_core():
        return None
    system.resubstitute()
    values = {j: Fraction(value) / common for j, value in system.values.items() if value}
    return Solved(values, {i: Fraction(r) / common for i, r in system.left.items()})


def _over(value: Number, a: Number) -> Number:
    """A quotient; an int where it is whole."""
    if a == 1:
        return value
    if isinstance(value, int) and isinstance(a, int):
        quotient, rest = divmod(value, a)
        return Fraction(value, a) if rest else quotient
    return Fraction(value) / a


class _System:
    """The rows that are not solved for yet."""

    def __init__(self, matrix: csr_array, right: list[Number], order: FloatArray) -> None:
        ends, columns, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        self.order = order.tolist()
        self.rows: dict[int, _Row] = {
            i: {j: rational(a) for j, a in zip(columns[start:end], data[start:end], strict=True) if a}
            for i, (start, end) in enumerate(pairwise(ends))
        }
        self.right = right
        self.columns: dict[int, set[int]] = {}
        for i, row in self.rows.items():
            for j in row:
                self.columns.setdefault(j, set()).add(i)
        self.values: dict[int, Number] = {}
        self.left: dict[int, Number] = {}
        self.later: list[tuple[int, int, _Row]] = []

    def strip(self) -> None:
        """Solve rows with one unknown; where there are none, put rows with an unknown of their own aside."""
        single = [(self.order[i], i) for i, row in self.rows.items() if len(row) <= 1]
        heapq.heapify(single)
        own = [j for j, rows in self.columns.items() if len(rows) == 1]
        while single or own:
            if single:
                self._solve_single(heapq.heappop(single)[1], single, own)
            else:
                self._put_aside(own.pop(), single, own)

    def _solve_single(self, i: int, single: list[tuple[float, int]], own: list[int]) -> None:
        if i not in self.rows:
            return
        row = self.rows.pop(i)
        if not row:
            self.left[i] = self.right[i]
            return
        ((j, a),) = row.items()
        value = _over(self.right[i], a)
        self.values[j] = value
        for k in self.columns.pop(j):
            if k != i:
                self.right[k] -= self.rows[k].pop(j) * value
                if len(self.rows[k]) <= 1:
                    heapq.heappush(single, (self.order[k], k))

    def _put_aside(self, j: int, single: list[tuple[float, int]], own: list[int]) -> None:
        if len(self.columns.get(j, ())) != 1:
            return
        (i,) = self.columns.pop(j)
        row = self.rows.pop(i)
        self.later.append((i, j, row))
        for other in row:
            if other != j:
                self.columns[other].discard(i)
                if len(self.columns[other]) == 1:
                    own.append(other)

    def solve_core(self) -> bool:
        """Solve what is left; False where it is too large."""
        rows = list(self.rows)
        columns = sorted({j for row in self.rows.values() for j in row})
        if not rows:
            return True
        if min(len(rows), len(columns)) > LARGEST_CORE:
            return False
        place = {j: k for k, j in enumerate(columns)}
        core = [{place[j]: a for j, a in self.rows[i].items()} for i in rows]
        chosen, used = _independent(core, len(columns))
        found = _expanded([core[i] for i in chosen], used, [Fraction(self.right[rows[i]]) for i in chosen])
        if found is None:
            return False
        numerators, common = dict(zip(used, found[0], strict=True)), found[1]
        self.values |= {columns[k]: Fraction(numerator, common) for k, numerator in numerators.items()}
        for k in set(range(len(rows))) - set(chosen):
            activity = sum(a * numerators[place] for place, a in core[k].items() if place in numerators)
            self.left[rows[k]] = self.right[rows[k]] - _over(activity, common)
        return True

    def resubstitute(self) -> None:
        """Solve the rows that were put aside, the last one first."""
        for i, j, row in reversed(self.later):
            known = sum(a * self.values[k] for k, a in row.items() if k != j and k in self.values)
            self.values[j] = _over(self.right[i] - known, row[j])


def _independent(core: list[_Row], columns: int) -> tuple[list[int], list[int]]:
    """Rows and columns of a well conditioned square part of the largest size, by orthogonalisation with pivoting."""
    dense = np.zeros((len(core), columns))
    for i, row in enumerate(core):
        largest = max(abs(Fraction(a)) for a in row.values())
        for k, a in row.items():
            dense[i, k] = float(a / largest)
    size = np.abs(dense).max(axis=0)
    dense /= np.where(size > 0, size, 1.0)
    used = _leading(dense)
    chosen = list(range(len(core))) if len(used) == len(core) else _leading(dense[:, used].T)
    return chosen, used[: len(chosen)]


def _leading(dense: FloatArray) -> list[int]:
    """Independent columns."""
    triangle, pivots = qr(dense, mode="r", pivoting=True, check_finite=False)
    size = np.abs(np.diagonal(triangle))
    return [int(k) for k in pivots[: int((size > DEPENDENT * size.max(initial=0.0)).sum())]]


def _expanded(rows: list[_Row], used: list[int], right: list[Fraction]) -> tuple[list[int], int] | None:
    """The solution of square rows on the columns in use, over a common denominator; None where it is too long."""
    place = {j: k for k, j in enumerate(used)}
    whole: list[tuple[list[int], list[int]]] = []
    sides: list[Fraction] = []
    for row, side in zip(rows, right, strict=True):
        kept = {place[j]: a for j, a in row.items() if j in place}
        scale = math.lcm(*(a.denominator for a in kept.values()))
        whole.append((list(kept), [int(a * scale) for a in kept.values()]))
        sides.append(side * scale)
    common = math.lcm(*(side.denominator for side in sides))
    integers = [int(side * common) for side in sides]
    bits = _bits(whole, integers)
    inverse = None if bits > MOST_BITS else _inverse(whole)
    if inverse is None:
        return None
    digits = Digits(whole, integers, inverse)
    steps = 8
    while digits.modulus.bit_length() <= bits and suffices(0.0):
        digits.extend(steps)
        if (found := digits.numerators()) is not None:
            return found[0], found[1] * common
        steps = max(8, digits.count // 2)
    return None


def _bits(rows: list[tuple[list[int], list[int]]], right: list[int]) -> int:
    """Bits of an expansion that tells every solution (Cramer's rule, Hadamard's bound)."""
    sizes = sum(max(sum(map(abs, values)), 1).bit_length() for _, values in rows)
    return 2 * (sizes + max((abs(side).bit_length() for side in right), default=1)) + 64


def _inverse(rows: list[tuple[list[int], list[int]]]) -> npt.NDArray[np.int64] | None:
    """The inverse modulo p, by elimination."""
    size = len(rows)
    both = np.zeros((size, 2 * size), dtype=np.int64)
    both[np.arange(size), size + np.arange(size)] = 1
    for i, (columns, values) in enumerate(rows):
        both[i, columns] = [value % PRIME for value in values]
    for k in range(size):
        candidates = k + np.flatnonzero(both[k:, k])
        if not candidates.size:
            return None
        pivot = int(candidates[np.count_nonzero(both[candidates], axis=1).argmin()])
        both[[k, pivot]] = both[[pivot, k]]
        both[k] = both[k] * pow(int(both[k, k]), -1, PRIME) % PRIME
        others = np.flatnonzero(both[:, k])
        others = others[others != k]
        filled = np.flatnonzero(both[k])
        update = both[others, k][:, None] * both[k, filled][None, :]
        both[np.ix_(others, filled)] = (both[np.ix_(others, filled)] - update) % PRIME
    return np.ascontiguousarray(both[:, size:])
