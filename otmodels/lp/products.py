"""Matrix times vector with what rounding left out, and bounds on the exact result.

Each entry of A v is the sum of products that are taken without rounding; each sum is taken in pairs, what rounding leaves out is
summed on the side, and what that sum may be wrong by is bounded. So an entry whose terms cancel keeps its digits, and one that
is exact is known to be.

Source: Ogita, Rump, Oishi (2005), Accurate sum and dot product, SIAM J. Scientific Computing 26(6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.rounding import TINY, UNIT, two_product, two_sum

_SMALL = 2.0**-960
"""A product below it may have lost digits below the range of floats."""


class Sums(NamedTuple):
    """Sums (k,): value + rest, each up to its own error."""

    value: FloatArray
    rest: FloatArray
    error: FloatArray

    @property
    def lower(self) -> FloatArray:
        """Floats that are not above the exact sums; -inf beyond the range of floats."""
        with np.errstate(over="ignore", invalid="ignore"):
            rest = np.where(self.error > 0, np.nextafter(self.rest - self.error, -np.inf), self.rest)
            total, left = two_sum(self.value, rest)
            total = np.where(left < 0, np.nextafter(total, -np.inf), total)
        return np.where(np.isfinite(total) & np.isfinite(left), total, -np.inf)

    @property
    def upper(self) -> FloatArray:
        """Floats that are not below the exact sums; inf beyond the range of floats."""
        return -Sums(-self.value, -self.rest, self.error).lower

    def taken_from(self, vector: FloatArray) -> Sums:
        """The vector less the sums."""
        with np.errstate(over="ignore", invalid="ignore"):
            value, left = two_sum(vector, -self.value)
            rest, lost = two_sum(left, -self.rest)
        return Sums(value, rest, self.error + np.abs(lost))


def products(matrix: csr_array | csc_array, vector: FloatArray) -> Sums:
    """The scalar products of the compressed rows, or columns, of a matrix with a vector: A v of a csr, A'v of a csc matrix.

    Parameters
    ----------
    matrix : csr_array or csc_array
        Without entries stored twice.
    vector : ndarray
        Finite.
    """
    if _whole(matrix.data, vector):
        return Sums(matrix @ vector if matrix.format == "csr" else matrix.T @ vector, *np.zeros((2, len(matrix.indptr) - 1)))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        factors = vector[matrix.indices]
        if (np.abs(matrix.data) == 1).all():
            product, left = matrix.data * factors, np.zeros_like(factors)
        else:
            product, left = two_product(matrix.data, factors)
        inexact = (np.abs(product) < _SMALL) & (matrix.data != 0) & (factors != 0) & (np.abs(matrix.data) != 1)
        return _summed(product, left, inexact, np.diff(matrix.indptr).astype(np.intp))


def _whole(entries: FloatArray, vector: FloatArray) -> bool:
    """Whether all numbers are whole, and so small that no sum of their products is rounded."""
    largest = np.abs(entries).max(initial=0.0) * np.abs(vector).max(initial=0.0) * max(entries.size, 1)
    return bool(largest < 2.0**53 and (entries == np.rint(entries)).all() and (vector == np.rint(vector)).all())


def _summed(product: FloatArray, left: FloatArray, inexact: FloatArray, lengths: IndexArray) -> Sums:
    """Sums of consecutive runs of so many products, and of what was left of each, in pairs."""
    segment = np.repeat(np.arange(lengths.size), lengths)
    rest, lost = (np.asarray(np.bincount(segment, v, lengths.size), dtype=np.float64) for v in (left, np.abs(left)))
    underflows = np.bincount(segment[inexact], minlength=lengths.size)
    count = lengths.copy()
    while product.size and (most := int(count.max())) > 1:
        starts = np.cumsum(count) - count
        place = np.arange(product.size) - starts[segment]
        even = np.flatnonzero(place % 2 == 0)
        paired = place[even] + 1 < count[segment[even]]
        partner = np.where(paired, product[np.minimum(even + 1, product.size - 1)], 0.0)
        product, rounded = two_sum(product[even], partner)
        segment = segment[even]
        rest += np.bincount(segment, rounded, lengths.size)
        lost += np.bincount(segment, np.abs(rounded), lengths.size)
        count = (count + 1) // 2
        assert most > count.max(), "runs become shorter"
    value = np.zeros(lengths.size)
    value[count == 1] = product
    terms = 2.0 * lengths + 64
    error = np.where(lost > 0, terms * UNIT * lost * (1 + 1e-9) + TINY, 0.0) + 4 * TINY * underflows
    return Sums(value, rest, np.where(np.isfinite(value) & np.isfinite(error), error, np.inf))
