"""The dual of a linear program, with the way back: its point are the multipliers, its multipliers the point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, vstack

from otmodels.arrays import FloatArray, IndexArray
from otmodels.lp.program import Program, numbered


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """max b'y, A'y <= c and its variants, for min c'x, A x >= b and its variants; a maximum is taken as -min.

    Rows bounded on both sides count as two, and a bound on both sides of a variable as a row; bounds on one side are
    shifted to 0.

    Attributes
    ----------
    program : Program
        The dual, a maximum.
    """

    program: Program
    _sign: float
    _shift: FloatArray
    _row: IndexArray
    _size: int

    @classmethod
    def of(cls, primal: Program) -> Dual:
        """The dual of a program."""
        sign = 1.0 if primal.sense == "min" else -1.0
        rows, columns = primal.shape
        below, above = np.isfinite(primal.lower), np.isfinite(primal.upper)
        boxed = np.flatnonzero(below & above)
        matrix = csr_array(vstack([csr_array(primal.A), csr_array(eye_array(columns))[boxed]]))
        lower = np.concatenate([primal.row_lower, np.where(primal.lower == primal.upper, primal.upper, -np.inf)[boxed]])
        upper = np.concatenate([primal.row_upper, primal.upper[boxed]])
        equal = lower == upper
        at_least, at_most = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper) & ~equal)
        row = np.concatenate([at_least, at_most])
        shift = np.where(below, primal.lower, np.where(above, primal.upper, 0.0))
        matrix = csr_array(matrix[row])
        right = np.concatenate([lower[at_least], upper[at_most]]) - matrix @ shift
        free = np.where(equal[at_least], -np.inf, 0.0)
        program = Program(
            right,
            csc_array(matrix.T),
            np.where(below, -np.inf, sign * primal.c),
            np.where(above & ~below, np.inf, sign * primal.c),
            np.concatenate([free, np.full(at_most.size, -np.inf)]),
            np.concatenate([np.full(at_least.size, np.inf), np.zeros(at_most.size)]),
            numbered("column_", columns),
            numbered("row_", row.size),
            "max",
        )
        return cls(program, sign, shift, row, rows)

    def point(self, multipliers: FloatArray) -> FloatArray:
        """The primal point that the dual's row multipliers are."""
        return self._shift + multipliers

    def multipliers(self, point: FloatArray) -> FloatArray:
        """The primal row multipliers that the dual's point is."""
        size = max(self._size, int(self._row.max(initial=0)) + 1)
        summed = np.bincount(self._row, point, size).astype(np.float64)
        return self._sign * summed[: self._size]

    def rays(self, dual_ray: FloatArray | None, primal_ray: FloatArray | None) -> tuple[FloatArray | None, FloatArray | None]:
        """The primal's (dual, primal) rays that those of the dual are: a direction of its points is one of multipliers."""
        return (
            None if primal_ray is None else self._sign * self.multipliers(primal_ray),
            None if dual_ray is None else -dual_ray,
        )
