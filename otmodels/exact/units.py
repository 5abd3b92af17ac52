"""Costs as integers, and as floats that know how wrong they are: a slack is decided in floats where these can tell, else exactly.

A float is an integer times a power of two, so all costs are integers in units of 2^low. An integer potential is kept for numpy as
a sum of two floats, and C - f - g is taken without rounding but in its last digits (Knuth's two-sum): its sign is certain unless
it is less than about 1e-31 of the numbers that it is the difference of.

Source: Shewchuk (1997), Adaptive precision floating-point arithmetic and fast robust geometric predicates; Knuth (1969), The Art
of Computer Programming, volume 2, section 4.2.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.cost import BaseCost
from otmodels.rounding import TINY, UNIT, two_difference

_DIGITS = 53
_LOWEST = -1074
"""Every float is a multiple of 2^-1074."""
_WIDEST = 1000
"""Integers of more bits are cut before they are made floats, and costs above 2^1000 are scaled down."""
_ROOM = 8
"""Potentials stay below 2^8 times n + m times the largest cost."""
_NEAR, _MASK = 60, (1 << 64) - 1
"""A slack that is known to be less than 2^60 units is the same in the arithmetic of 64 binary digits."""
_KEPT = 1 << 22
"""Most pairs whose costs are kept between passes: 32 MiB."""


class LateError(Exception):
    """The time is up."""


class Halves(NamedTuple):
    """Integers, and the same as scaled sums of two floats, the second what the first leaves out."""

    whole: Sequence[int]
    high: FloatArray
    low: FloatArray


class Pairs(NamedTuple):
    """Pairs of a source and a target, with their costs."""

    i: IndexArray
    j: IndexArray
    cost: FloatArray

    def some(self, which: IndexArray | slice) -> Pairs:
        """A part of them, in the order asked for."""
        return Pairs(self.i[which], self.j[which], self.cost[which])

    @classmethod
    def joined(cls, *parts: Pairs) -> Pairs:
        """All of several, one after the other; none of none."""
        none = cls(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))
        return cls(*(np.concatenate(column) for column in zip(none, *parts, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The costs of a problem in units that make them integers.

    Attributes
    ----------
    cost : BaseCost, shape (n, m)
        The costs. What its `blocks` give is what counts: a rule need not give the same to the last bit pair by pair.
    kept : tuple of blocks
        All blocks, where they are few enough to be kept.
    low : int
        Every finite cost is a multiple of 2^low.
    largest : int
        So many units are above every finite |C_ij|.
    cut : int
        So many of the last digits of integers are left out in floats.
    over : int
        Costs and potentials as floats are divided by 2^over, so that none overflows: they are "scaled".
    late : callable
        Whether the time is up.
    """

    cost: BaseCost
    kept: tuple[tuple[slice, FloatArray], ...]
    low: int
    largest: int
    cut: int
    over: int
    late: Callable[[], bool]

    @classmethod
    def of(cls, cost: BaseCost, late: Callable[[], bool]) -> Units:
        """Read all costs once.

        Raises
        ------
        LateError
            The time is up.
        """
        small = cost.shape[0] * cost.shape[1] <= _KEPT
        kept, least, most = [], [], []
        for rows, block in cost.blocks():
            if late():
                raise LateError
            kept += [(rows, block)] if small else []
            exponents = np.frexp(block[np.isfinite(block) & (block != 0)])[1]
            least.append(int(exponents.min(initial=1024)))
            most.append(int(exponents.max(initial=_LOWEST)))
        top = max(most)
        low = max(min(*least, top) - _DIGITS, _LOWEST)
        space = top + _ROOM + sum(cost.shape).bit_length()
        return cls(cost, tuple(kept), low, 1 << max(top - low, 0), max(0, space - low - _WIDEST), max(0, space - _WIDEST), late)

    @property
    def dear(self) -> int:
        """A price above that of any way through a tree, with the potentials that its ends start from."""
        return 8 * sum(self.cost.shape) * self.largest + 1

    @property
    def bound(self) -> float:
        """What no sum of costs along a path is above, scaled."""
        return sum(self.cost.shape) * math.ldexp(float(self.largest >> self.cut), self.low + self.cut - self.over)

    @property
    def grain(self) -> float:
        """What a slack in floats may be off by because digits were cut; 0 where none are."""
        return 8 * max(2.0 ** (self.low + self.cut - self.over), TINY) if self.cut or self.over else 0.0

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Blocks of rows of the costs.

        Raises
        ------
        LateError
            The time is up.
        """
        for rows, block in self.kept or self.cost.blocks():
            if self.late():
                raise LateError
            yield rows, block

    def at(self, i: IndexArray, j: IndexArray) -> Pairs:
        """Some pairs with their costs, as blocks have them."""
        values = np.empty(i.size)
        for rows, block in self.blocks():
            here = np.flatnonzero((i >= rows.start) & (i < rows.stop))
            values[here] = block[i[here] - rows.start, j[here]]
        return Pairs(i, j, values)

    def scaled(self, values: FloatArray) -> FloatArray:
        """Costs as floats that go with potentials as halves."""
        return np.ldexp(values, -self.over) if self.over else values

    def integers(self, values: FloatArray, over: int = 0) -> list[int]:
        """Finite floats times 2^over in units; what is less than a unit is left out."""
        whole, shifts = self._binary(values, over)
        return [x << k if k >= 0 else x >> -k for x, k in zip(whole.tolist(), shifts.tolist(), strict=True)]

    def _binary(self, values: FloatArray, over: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Integers of 53 binary digits, and how many zeros to append."""
        digits, exponents = np.frexp(values)
        return (digits * 2.0**_DIGITS).astype(np.int64), exponents.astype(np.int64) + (over - _DIGITS - self.low)

    def halves(self, integers: Sequence[int]) -> Halves:
        """Integers with what floats know of them."""
        whole = [x >> self.cut for x in integers] if self.cut else integers
        high = np.array(whole, dtype=np.float64)
        low = np.array([x - int(h) for x, h in zip(whole, high.tolist(), strict=True)], dtype=np.float64)
        size = self.low + self.cut - self.over
        return Halves(integers, np.ldexp(high, size), np.ldexp(low, size))

    def slack(self, pairs: Pairs, f: Halves, g: Halves) -> tuple[FloatArray, BoolArray]:
        """C - f - g of some pairs in scaled floats, and whether it is negative, for certain."""
        slack, wrong = self.slack_in_floats(pairs, f, g)
        negative = slack < -wrong
        doubt = np.flatnonzero(~negative & (slack < wrong))
        if doubt.size:
            near = wrong[doubt] < math.ldexp(1.0, _NEAR + self.low - self.over)
            few, many = doubt[~near], doubt[near]
            negative[many] = self._wrapped(pairs.some(many), f, g) < 0
            part = pairs.some(few)
            costs = zip(part.i.tolist(), part.j.tolist(), self.integers(part.cost), strict=True)
            negative[few] = [cost < f.whole[i] + g.whole[j] for i, j, cost in costs]
        return slack, negative

    def slack_in_floats(self, pairs: Pairs, f: Halves, g: Halves) -> tuple[FloatArray, FloatArray]:
        """C - f - g of some pairs, scaled, and what it may be wrong by; it is exact where that is 0.

        Two differences leave out no digit: what rounding took from them is summed, in three operations more, with what the
        halves are off by. Rounding the last sum does not change its sign.
        """
        s, d = two_difference(self.scaled(pairs.cost), f.high[pairs.i])
        t, e = two_difference(s, g.high[pairs.j])
        x, y = f.low[pairs.i], g.low[pairs.j]
        wrong = 8 * UNIT * (np.abs(d) + np.abs(e) + np.abs(x) + np.abs(y)) + self.grain
        return t + (((d + e) - x) - y), wrong

    def _wrapped(self, pairs: Pairs, f: Halves, g: Halves) -> npt.NDArray[np.int64]:
        """The last 64 binary digits of C - f - g in units, which is all there is where it is known to be small."""
        digits, shifts = self._binary(pairs.cost, 0)
        cost = np.where(shifts < 0, digits >> np.clip(-shifts, 0, 63), np.where(shifts < 64, digits << np.clip(shifts, 0, 63), 0))
        rows, columns = (np.array([x & _MASK for x in side.whole], dtype=np.uint64) for side in (f, g))
        return (cost.view(np.uint64) - rows[pairs.i] - columns[pairs.j]).view(np.int64)

    def open(self, f: Halves, g: Halves) -> Iterator[Pairs]:
        """All pairs, block by block, but those whose slack a rough look shows to be no less than 0.

        Rounding keeps order: where C - F comes out above G in floats, C - F >= G. With F and G above f and g by more than the
        halves that are left out, u |f| and u |g|, that leaves the pair a slack.
        """
        above_f, above_g = (half.high + (4 * UNIT * np.abs(half.high) + self.grain) for half in (f, g))
        for rows, block in self.blocks():
            i, j = np.nonzero(self.scaled(block) - above_f[rows, None] <= above_g)
            yield Pairs(i + rows.start, j, block[i, j])
