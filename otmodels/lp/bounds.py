"""Bounds on the variables that the rows of a program imply.

What a row leaves for one variable, once the others take the least or the most that they can, is a bound on it: of masses >= 0
that sum to a_i, none is above a_i. Every bound is rounded outwards, so that each feasible point keeps to them.

Source: Savelsbergh (1994), Preprocessing and probing techniques for mixed integer programming problems, ORSA J. Computing 6(4).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.lp.program import Program
from otmodels.rounding import TINY, UNIT

ROUNDS = 6
"""Most times that bounds are taken from the rows, each time with those found before."""


def implied(program: Program, at_most: float, below: BoolArray, above: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds (k,) that hold for every feasible point with c'x <= at_most, those of the program among them.

    Parameters
    ----------
    program : Program
        Any; c'x is taken as it stands, whatever the sense, and without the offset. The matrix has no stored zeros.
    at_most : float
        An upper bound on the optimal value of a minimum, which then is a row as the others are.
    below, above : ndarray of bool (k,)
        The variables whose lower bound, and whose upper bound, is asked for; where these do not follow from one look at the rows,
        all bounds are looked for again and again.
    """
    entries, row_lower, row_upper = program.A, program.row_lower, program.row_upper
    if np.isfinite(at_most) and program.c.any():
        entries = csc_array(vstack([entries, csr_array(program.c[None, :])]))
        row_lower, row_upper = np.append(row_lower, -np.inf), np.append(row_upper, at_most)
        entries.eliminate_zeros()
    rows, bounds = _Rows(entries, row_lower, row_upper), (program.lower, program.upper)
    found = rows.left_for(*bounds, np.flatnonzero(below | above))
    if np.isfinite(found[0][below]).all() and np.isfinite(found[1][above]).all():
        return found
    for _ in range(ROUNDS):
        found, last = rows.left_for(*found), found
        if all(np.array_equal(np.isinf(new), np.isinf(old)) for new, old in zip(found, last, strict=True)):
            break
    return found


class _Rows:
    """The entries of a matrix, column by column, with the bounds on its rows."""

    def __init__(self, entries: csc_array, row_lower: FloatArray, row_upper: FloatArray) -> None:
        self.entries = entries
        self.row, self.a = entries.indices.astype(np.intp), entries.data
        self.column = np.repeat(np.arange(entries.shape[1]), np.diff(entries.indptr))
        self.row_lower, self.row_upper = row_lower, row_upper
        self.count = np.bincount(self.row, minlength=entries.shape[0]) + 4.0

    def left_for(self, lower: FloatArray, upper: FloatArray, columns: IndexArray | None = None) -> tuple[FloatArray, FloatArray]:
        """The bounds, those of all or of some variables drawn closer by what the rows leave for them."""
        chosen = np.arange(lower.size) if columns is None else columns
        chosen = chosen[np.diff(self.entries.indptr)[chosen] > 0]
        lengths = np.diff(self.entries.indptr)[chosen]
        starts = np.cumsum(lengths) - lengths
        place = np.arange(int(lengths.sum())) + np.repeat(self.entries.indptr[chosen] - starts, lengths)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            positive = self.a > 0
            least = self.a * np.where(positive, lower[self.column], upper[self.column])
            most = self.a * np.where(positive, upper[self.column], lower[self.column])
            at_most = self._left(self.row_upper, least, 1.0, place) / self.a[place]
            at_least = self._left(self.row_lower, most, -1.0, place) / self.a[place]
        positive = positive[place]
        low, high = np.where(positive, at_least, at_most), np.where(positive, at_most, at_least)
        low, high = (np.where(np.isnan(v), open_end, v) for v, open_end in ((low, -np.inf), (high, np.inf)))
        found = lower.copy(), upper.copy()
        if place.size:
            for bounds, v, reduce, side in ((found[0], low, np.maximum, -1), (found[1], high, np.minimum, 1)):
                best = reduce.reduceat(v, starts)
                slack = np.where(np.isfinite(best), 8 * UNIT * np.abs(best) + 4 * TINY, 0.0)
                bounds[chosen] = reduce(bounds[chosen], best + side * slack)
        return found

    def _left(self, bound: FloatArray, term: FloatArray, outward: float, place: IndexArray) -> FloatArray:
        """A row's bound less the extreme terms of its other entries, rounded outwards; infinite where there is no bound."""
        finite, rows, row = np.isfinite(term), self.count.size, self.row
        known = np.where(finite, term, 0.0)
        total, size = (np.bincount(row, v, rows) for v in (known, np.abs(known)))
        unknown = np.bincount(row[~finite], minlength=rows)
        side = np.where(np.isfinite(bound), bound, 0.0)
        slack = 4 * UNIT * (np.abs(side) + self.count * size) + 4 * TINY * self.count
        left = (side - total + outward * slack)[row[place]] + known[place]
        free = np.isinf(bound)[row[place]] | (unknown[row[place]] - ~finite[place] > 0)
        return np.where(free, outward * np.inf, left)
