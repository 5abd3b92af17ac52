"""Pricing: which pairs have a negative slack, so that mass along them would lower the cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np

from otmodels.exact.tree import Tree
from otmodels.exact.units import Halves, LateError, Pairs, Units

Arc: TypeAlias = tuple[int, int, int]
"""Tail, head, and the cost in units."""

TOGETHER, SHARE = 16, 1 / 16
"""So many pivots, or so large a share of the nodes, at the most before candidates are priced again."""


def negative(units: Units, tree: Tree, pairs: Pairs) -> Pairs:
    """Of some pairs whose slack is negative the least in each row and in each column, least first, ties spread out."""
    return _least(units, tree, pairs, *_potentials(units, tree))


def all_negative(units: Units, tree: Tree) -> Pairs:
    """Of all pairs whose slack is negative the least in each row and, block by block, in each column."""
    f, g = _potentials(units, tree)
    return Pairs.joined(*(_least(units, tree, pairs, f, g) for pairs in units.open(f, g)))


def _least(units: Units, tree: Tree, pairs: Pairs, f: Halves, g: Halves) -> Pairs:
    slack, found = units.slack(pairs, f, g)
    which = np.flatnonzero(found)
    spread = (pairs.j[which] - pairs.i[which]) % tree.root
    which = which[np.lexsort((spread, slack[which]))]
    rows, columns = (np.unique(index[which], return_index=True)[1] for index in (pairs.i, pairs.j))
    return pairs.some(which[np.union1d(rows, columns)])


def arcs(units: Units, tree: Tree, pairs: Pairs) -> Iterator[Arc]:
    """Pairs as arcs, made a few at a time when they are asked for."""
    for first in range(0, pairs.i.size, TOGETHER):
        few = pairs.some(slice(first, first + TOGETHER))
        yield from zip(few.i.tolist(), (few.j + tree.sources).tolist(), units.integers(few.cost), strict=True)


def improve(units: Units, tree: Tree, entering: Iterable[Arc]) -> bool:
    """Let some arcs enter one after the other, those whose slack is negative then; whether there were any.

    Raises
    ------
    LateError
        The time is up.
    """
    if units.late():
        raise LateError
    before, potential = tree.pivots, tree.potential
    end = before + max(TOGETHER, int(SHARE * tree.root))
    for tail, head, cost in entering:
        if cost < potential[tail] + potential[head]:
            tree.enter(tail, head, cost)
            if tree.pivots == end:
                break
    return tree.pivots > before


def _potentials(units: Units, tree: Tree) -> tuple[Halves, Halves]:
    n = tree.sources
    return units.halves(tree.potential[:n]), units.halves(tree.potential[n : tree.root])
