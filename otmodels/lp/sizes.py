"""The sizes that violations of rows, bounds and signs are measured against, each its own."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array

from otmodels.arrays import BoolArray, FloatArray
from otmodels.lp.program import Program

NEAR = 1e-9
"""A row within so much of its terms of a bound is taken as tight."""


def row_sizes(program: Program, x: FloatArray) -> FloatArray:
    """The size of what each row sums: sum_j |a_ij x_j|; the bound of an equality, or one that is violated, where that is more."""
    activity = program.A @ x
    low, high = activity < program.row_lower, activity > program.row_upper
    equal = program.row_lower == program.row_upper
    bound = np.where(low | equal, program.row_lower, np.where(high, program.row_upper, 0.0))
    terms: FloatArray = abs(program.A) @ np.abs(x)
    return np.maximum(terms, np.abs(bound))


def cost_sizes(program: Program, y: FloatArray) -> FloatArray:
    """The size of what each reduced cost sums: sum_i |a_ij y_i|, or |c_j| where that is more."""
    terms: FloatArray = abs(program.A).T @ np.abs(y)
    return np.maximum(np.abs(program.c), terms)


def least_shares(matrix: csc_array, rows: FloatArray) -> FloatArray:
    """The smallest size > 0 of a row over its entry, for each column; 0 where there is none."""
    found = np.full(matrix.shape[1], np.inf)
    used = np.flatnonzero(np.diff(matrix.indptr))
    if used.size:
        share = _shares(matrix, rows)
        found[used] = np.minimum.reduceat(np.where(share > 0, share, np.inf), matrix.indptr[used])
    return np.where(np.isfinite(found), found, 0.0)


def carried(matrix: csc_array, rows: FloatArray, tight: BoolArray) -> FloatArray:
    """The size of what each row sums if every variable is as large as the largest tight row that it enters.

    A variable is computed from one of these, whose rounding it carries over into the others.
    """
    found = np.zeros(matrix.shape[1])
    used = np.flatnonzero(np.diff(matrix.indptr))
    if used.size:
        found[used] = np.maximum.reduceat(_shares(matrix, np.where(tight, rows, 0.0)), matrix.indptr[used])
    sizes: FloatArray = abs(matrix) @ found
    return sizes


def tight_rows(program: Program, activity: FloatArray, sizes: FloatArray) -> BoolArray:
    """Which rows are at a bound, or beyond it, up to a small part of their size."""
    slack = np.minimum(activity - program.row_lower, program.row_upper - activity)
    return np.asarray((slack <= NEAR * sizes) | (program.row_lower == program.row_upper))


def _shares(matrix: csc_array, rows: FloatArray) -> FloatArray:
    """The size of each entry's row over the entry; 0 where that is beyond floating point."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore", under="ignore"):
        share = rows[matrix.indices] / np.abs(matrix.data)
    return np.where(np.isfinite(share), share, 0.0)
