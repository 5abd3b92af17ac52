"""What somebody claims of a program, and the program as a minimum to hold it against."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.lp.program import Program


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A point and row multipliers of a program.

    Attributes
    ----------
    given : Program
        As it was stated.
    program : Program
        As a minimum, in canonical form.
    by_rows : csr_array (r, k)
        Its matrix.
    sign : float
        -1 where it was stated as a maximum.
    x, y : ndarray (k,), (r,)
        The point, and the multipliers of the minimum.
    activity, z : ndarray (r,), (k,)
        A x and c - A'y.
    """

    given: Program
    program: Program
    by_rows: csr_array
    sign: float
    x: FloatArray
    y: FloatArray
    activity: FloatArray
    z: FloatArray

    @classmethod
    def of(cls, given: Program, x: FloatArray, y: FloatArray) -> Claim:
        """With multipliers of the program as it was stated."""
        program, sign = canonical(given), 1.0 if given.sense == "min" else -1.0
        y = sign * y
        return cls(given, program, csr_array(program.A), sign, x, y, program.A @ x, program.c - program.A.T @ y)

    @property
    def missed(self) -> FloatArray:
        """What each row is missed by."""
        return outside(self.activity, self.program.row_lower, self.program.row_upper)


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


def outside(value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """How far values are outside their bounds."""
    return np.maximum(np.maximum(lower - value, value - upper), 0.0)


def unsupported(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The size of multipliers whose bound does not exist."""
    return np.where(np.isfinite(np.where(multiplier > 0, lower, upper)), 0.0, np.abs(multiplier))
