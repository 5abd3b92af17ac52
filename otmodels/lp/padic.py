"""The expansion of the solution of a linear system in powers of a prime, digit by digit.

With d = B^-1 r modulo p, the rest r - B d is a multiple of p, and what it is a multiple by is the right-hand side of the next
digit. Integers of many bits are kept as limbs of 24, so that each digit takes a few operations on whole arrays.

Source: Dixon (1982), Exact solution of linear equations using p-adic expansions, Numerische Mathematik 40; Wang (1981), A p-adic
algorithm for univariate partial fractions.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

PRIME = 67_108_859
"""The largest prime below 2^26: products of two digits, 2,048 of them summed, fit into 64 bits."""

LIMB = 24
MASK = (1 << LIMB) - 1

Integers = npt.NDArray[np.int64]
Whole = list[tuple[list[int], list[int]]]
"""Rows of integers: columns and values."""


def limbs(values: list[int], least: int = 1) -> Integers:
    """Integers as limbs (l, k), the lowest first; the highest one has the sign."""
    longest = max((value.bit_length() for value in values), default=1)
    count = max(longest // LIMB + 1, least)
    table = [[value >> (LIMB * place) & MASK for value in values] for place in range(count - 1)]
    table.append([value >> (LIMB * (count - 1)) for value in values])
    return np.array(table, dtype=np.int64).reshape(count, len(values))


class Digits:
    """The expansion, as far as it is known.

    Attributes
    ----------
    modulus : int
        p to the number of digits.
    count : int
        Number of digits.
    longest : int
        The unknown that had too few digits when the solution was last asked for.
    """

    def __init__(self, rows: Whole, right: list[int], inverse: Integers) -> None:
        self.rows, self.right, self.inverse = rows, right, inverse
        size = len(rows)
        ends = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in rows])])
        indices = np.array([j for columns, _ in rows for j in columns], dtype=np.intp)
        parts = limbs([value for _, values in rows for value in values])
        self.parts = [csr_array((part, indices, ends), shape=(size, size)) for part in parts]
        self.rest = limbs(right, len(self.parts) + 3)
        self.known = [0] * size
        self.modulus = 1
        self.count = 0
        self.longest = 0

    def extend(self, steps: int) -> None:
        """So many digits more."""
        found = []
        for _ in range(steps):
            digit = self.inverse @ self._residues() % PRIME
            found.append(digit.tolist())
            for place, part in enumerate(self.parts):
                self.rest[place] -= part @ digit
            self._divide()
        block, base = found, PRIME
        while len(block) > 1:
            if len(block) % 2:
                block.append([0] * len(self.known))
            block = [[x + base * y for x, y in zip(*pair, strict=True)] for pair in zip(block[::2], block[1::2], strict=True)]
            base *= base
        self.known = [x + self.modulus * more for x, more in zip(self.known, block[0], strict=True)]
        self.modulus *= PRIME**steps
        self.count += steps

    def _residues(self) -> Integers:
        """The rest modulo p."""
        residue = self.rest[-1] % PRIME
        for limb in self.rest[-2::-1]:
            residue = ((residue << LIMB) + limb) % PRIME
        return np.asarray(residue)

    def _divide(self) -> None:
        """Divide the rest by p, which it is a multiple of."""
        rest = self.rest
        for place in range(len(rest) - 1):
            rest[place + 1] += rest[place] >> LIMB
            rest[place] &= MASK
        carried = np.zeros_like(rest[0])
        for place in range(len(rest) - 1, -1, -1):
            carried = (carried << LIMB) + rest[place]
            rest[place] = carried // PRIME
            carried -= rest[place] * PRIME
        if len(rest) > len(self.parts) + 3 and not rest[-1].any() and not (rest[-2] >> (LIMB - 1)).any():
            self.rest = rest[:-1]

    def numerators(self) -> tuple[list[int], int] | None:
        """The solution over a common denominator, if the digits tell it: short beside the expansion, and solving the system."""
        limit = math.isqrt(self.modulus) >> 8
        common = 1
        over = {}
        for place in (self.longest, *range(len(self.known))):
            numerator = self.known[place] * common % self.modulus
            if min(numerator, self.modulus - numerator) > limit:
                denominator = _denominator(numerator, self.modulus, limit)
                if denominator is None or common * denominator > limit:
                    self.longest = place
                    return None
                numerator = numerator * denominator % self.modulus
                common *= denominator
            over[place] = (min(numerator, numerator - self.modulus, key=abs), common)
        found = [numerator * (common // own) for numerator, own in (over[place] for place in range(len(over)))]
        solves = all(
            sum(a * found[j] for j, a in zip(columns, values, strict=True)) == side * common
            for (columns, values), side in zip(self.rows, self.right, strict=True)
        )
        return (found, common) if solves else None


def _denominator(x: int, modulus: int, limit: int) -> int | None:
    """Denominator of the fraction that x is modulo the modulus, numerator and denominator at most `limit`; None for none."""
    r, last, t, before = modulus, x, 0, 1
    while last > limit:
        quotient = r // last
        r, last = last, r - quotient * last
        t, before = before, t - quotient * before
    return abs(before) if 0 < abs(before) <= limit else None
