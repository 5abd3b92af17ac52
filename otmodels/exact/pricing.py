"""Pricing: which pairs have a negative slack, so that mass along them would lower the cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.exact.tree import Tree
from otmodels.exact.units import Halves, LateError, Pairs, Units
from otmodels.rounding import TINY

Arc: TypeAlias = tuple[int, int, int]
"""Tail, head, and the cost in units."""

TOGETHER, SHARE = 16, 1 / 16
"""So many pivots, or so large a share of the nodes, at the most before candidates are priced again."""


@dataclass(frozen=True, slots=True, eq=False)
class Pricing:
    """The pairs of a problem as its tree prices them.

    What a pair could save is its slack times the lesser of its two masses. Where masses are of very different sizes that settles
    the heavy atoms first, which the light ones then follow: by slack alone the light ones are moved again with every heavy one.

    Attributes
    ----------
    units : Units
        The costs.
    tree : Tree
        The tree as it stands.
    sizes : ndarray (n + m,)
        Binary digits of the masses.
    """

    units: Units
    tree: Tree
    sizes: FloatArray

    @classmethod
    def of(cls, units: Units, tree: Tree, mass: Sequence[int]) -> Pricing:
        """Pricing for some masses (n + m,)."""
        return cls(units, tree, np.array([x.bit_length() for x in mass], dtype=np.float64))

    def negative(self, pairs: Pairs) -> Pairs:
        """Of some pairs whose slack is negative those that could save most in their row or their column, the best first."""
        return self._best(pairs, *self._potentials())

    def all_negative(self) -> Pairs:
        """Of all pairs whose slack is negative those that could save most in their row or, block by block, in their column."""
        f, g = self._potentials()
        return Pairs.joined(*(self._best(pairs, f, g) for pairs in self.units.open(f, g)))

    def arcs(self, pairs: Pairs) -> Iterator[Arc]:
        """Pairs as arcs, made a few at a time when they are asked for."""
        for first in range(0, pairs.i.size, TOGETHER):
            few = pairs.some(slice(first, first + TOGETHER))
            yield from zip(few.i.tolist(), (few.j + self.tree.sources).tolist(), self.units.integers(few.cost), strict=True)

    def improve(self, entering: Iterable[Arc]) -> bool:
        """Let some arcs enter one after the other, those whose slack is negative then; whether there were any.

        Raises
        ------
        LateError
            The time is up.
        """
        if self.units.late():
            raise LateError
        tree, potential = self.tree, self.tree.potential
        before = tree.pivots
        end = before + max(TOGETHER, int(SHARE * tree.root))
        for tail, head, cost in entering:
            if cost < potential[tail] + potential[head]:
                tree.enter(tail, head, cost)
                if tree.pivots == end:
                    break
        return tree.pivots > before

    def _potentials(self) -> tuple[Halves, Halves]:
        tree, n = self.tree, self.tree.sources
        return self.units.halves(tree.potential[:n]), self.units.halves(tree.potential[n : tree.root])

    def _best(self, pairs: Pairs, f: Halves, g: Halves) -> Pairs:
        """What could save most, in digits, in each row and in each column; ties are spread over both."""
        slack, negative = self.units.slack(pairs, f, g)
        which, n = np.flatnonzero(negative), self.tree.sources
        i, j = pairs.i[which], pairs.j[which]
        saved = np.log2(np.maximum(-slack[which], TINY)) + np.minimum(self.sizes[i], self.sizes[n + j])
        order = np.lexsort(((j - i) % self.tree.root, -saved))
        rows, columns = (np.unique(index[order], return_index=True)[1] for index in (i, j))
        return pairs.some(which[order[np.union1d(rows, columns)]])
