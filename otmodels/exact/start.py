"""Where the simplex method starts: rough potentials, the pairs near to tight, and the tree that the heaviest of them make.

The heaviest pairs of a plan in floats, and then those of least slack, make a forest, along which masses are taken exactly from
its leaves on. An atom that holds more than the one above it takes keeps the rest and hangs from the root: what a forest cannot
carry goes nowhere, or is lacking, at first, and all else is where it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otmodels.arrays import BoolArray, FloatArray, IndexArray, spanning_forest
from otmodels.exact.tree import Tree
from otmodels.exact.units import Pairs, Units

HEAVY = 2.0**-36
"""Pairs that carry less than this share of the heaviest are placed by slack: floats do not know which of them matter."""

NEAREST = 6
"""Pairs of each atom that are candidates from the start."""

_SWEEPS = 3
_FAR = 2.0**1010
"""Potentials are brought below this before anything is done with them: a sum of two must be a float."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a solver in floats says; any of it may be missing, or wrong.

    Attributes
    ----------
    pairs : tuple of ndarray (k,), optional
        Source and target of pairs that carry mass or are tight.
    masses : ndarray (k,), optional
        What they carry, about.
    f, g : ndarray (n,), (m,), optional
        Potentials, about.
    """

    pairs: tuple[IndexArray, IndexArray] | None
    masses: FloatArray | None
    f: FloatArray | None
    g: FloatArray | None


def potentials(units: Units, given: Given) -> tuple[FloatArray, FloatArray]:
    """Potentials to start from, scaled as floats are: those given as far as they can be, else from a few sweeps."""
    if given.f is None or given.g is None:
        return _swept(units)
    f, g = (np.clip(np.nan_to_num(units.scaled(x)), -_FAR, _FAR) for x in (given.f, given.g))
    middle, bound = float(np.median(f)), units.bound
    return np.clip(f - middle, -bound, bound), np.clip(g + middle, -bound, bound)


def _swept(units: Units) -> tuple[FloatArray, FloatArray]:
    """Each atom as high as those on the other side allow, in turn."""
    n, m = units.cost.shape
    f, g = np.zeros(n), np.zeros(m)
    for _ in range(_SWEEPS):
        g = np.min([(units.scaled(block) - f[rows, None]).min(axis=0) for rows, block in units.blocks()], axis=0)
        g = np.where(np.isfinite(g), g, 0.0)
        f = np.concatenate([(units.scaled(block) - g).min(axis=1) for _, block in units.blocks()])
        f = np.where(np.isfinite(f), f, 0.0)
    return f, g


def candidates(units: Units, given: Given, f: FloatArray, g: FloatArray, filled: BoolArray) -> Pairs:
    """Pairs given and pairs of little slack, each once, the one that is wanted most in the first tree first.

    Targets without mass, those that are not `filled`, have none.
    """
    near, share = _near(units, f, g, np.flatnonzero(filled)), np.empty(0)
    pairs = near
    if given.pairs is not None:
        i, j = (np.asarray(index, dtype=np.intp) for index in given.pairs)
        masses = np.zeros(i.size) if given.masses is None else np.asarray(given.masses)
        known = units.at(i, j)
        allowed = np.flatnonzero(np.isfinite(known.cost) & filled[j])
        pairs, share = Pairs.joined(known.some(allowed), near), masses[allowed]
    share = np.concatenate([share, np.zeros(near.i.size)])
    slack = units.scaled(pairs.cost) - f[pairs.i] - g[pairs.j]
    rank = np.where(share > HEAVY * share.max(initial=0.0), -share, np.abs(slack))
    return _once(pairs.some(np.argsort(rank, kind="stable")), units)


def _once(pairs: Pairs, units: Units) -> Pairs:
    """Each pair once, at its first place."""
    _, first = np.unique(pairs.i * units.cost.shape[1] + pairs.j, return_index=True)
    return pairs.some(np.sort(first))


def _near(units: Units, f: FloatArray, g: FloatArray, columns: IndexArray) -> Pairs:
    """The allowed pairs of least slack in each row and, block by block, in each of some columns."""
    found = []
    for rows, block in units.blocks() if columns.size else ():
        part = block if columns.size == block.shape[1] else block[:, columns]
        slack = units.scaled(part) - f[rows, None] - g[columns]
        height, width = slack.shape
        across, down = min(NEAREST, width), min(NEAREST, height)
        left, top = np.argpartition(slack, across - 1, axis=1)[:, :across], np.argpartition(slack, down - 1, axis=0)[:down]
        i = np.concatenate([np.repeat(np.arange(height), across), top.ravel()])
        j = np.concatenate([left.ravel(), np.tile(np.arange(width), down)])
        pairs = Pairs(i + rows.start, columns[j], part[i, j])
        found.append(pairs.some(np.flatnonzero(np.isfinite(pairs.cost))))
    return Pairs.joined(*found)


def first_tree(units: Units, pairs: Pairs, f: FloatArray, g: FloatArray, mass: Sequence[int]) -> Tree:
    """A strongly feasible tree on the first of the pairs that close no cycle.

    What lacks mass has potentials that are off by `units.dear`, at which any way to bring it some is worth its cost. Targets
    without mass are left out, with a potential that is too low to matter.
    """
    n, root = f.size, len(mass)
    potential = units.integers(np.concatenate([f, g]), units.over)
    order, before = _rooted(_forest(units, pairs, n, root), mass, potential)
    above, moved = _carried([node for node in order if node < n or mass[node]], before, mass, n)
    tree = Tree(n, [*above, -1], [*moved, 0], [*potential, 0])
    for node in tree.lacking():
        tree.shift(node, -units.dear)
    for node in range(n, root):
        if not mass[node]:
            tree.potential[node] = -units.dear
    return tree


def _forest(units: Units, pairs: Pairs, n: int, size: int) -> list[list[tuple[int, int]]]:
    """The neighbours of each node in the forest of the first pairs that close no cycle, with the cost."""
    ranked = spanning_forest(np.arange(1.0, pairs.i.size + 1), (pairs.i, n + pairs.j), size)
    tree = pairs.some(ranked.data.astype(np.intp) - 1)
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for i, j, cost in zip(tree.i.tolist(), (n + tree.j).tolist(), units.integers(tree.cost), strict=True):
        neighbours[i].append((j, cost))
        neighbours[j].append((i, cost))
    return neighbours


def _rooted(neighbours: list[list[tuple[int, int]]], mass: Sequence[int], potential: list[int]) -> tuple[list[int], list[int]]:
    """Nodes from the heaviest of each tree on and the node before each, -1 where there is none; potentials follow the first."""
    before = [-2] * len(mass)
    order: list[int] = []
    for start in sorted(range(len(mass)), key=mass.__getitem__, reverse=True):
        if before[start] != -2:
            continue
        before[start] = -1
        nodes = [start]
        for node in nodes:
            for other, cost in neighbours[node]:
                if before[other] == -2:
                    before[other] = node
                    potential[other] = cost - potential[node]
                    nodes.append(other)
        order += nodes
    return order, before


def _carried(order: list[int], before: list[int], mass: Sequence[int], n: int) -> tuple[list[int], list[int]]:
    """The node that each hangs from and what moves between them, -1 and 0 of nodes that are not in the order.

    From the leaves on, the lighter of a node and the one before it is used up and hangs from the other; where they come out
    even, it is the target, which gets some mass. A node that nothing is before any more hangs from the root.
    """
    root = len(mass)
    left, above, moved = list(mass), [-1] * root, [0] * root
    for node in reversed(order):
        if above[node] >= 0:
            continue
        top = before[node]
        open_top = top >= 0 and above[top] < 0
        if open_top and (left[top] < left[node] or (left[top] == left[node] and node < n)):
            above[top], moved[top] = node, left[top]
            left[node] -= left[top]
            open_top = False
        elif open_top:
            left[top] -= left[node]
        unused = node < n and not left[node] and top >= 0 and above[top] != node
        above[node], moved[node] = top if open_top or unused else root, left[node]
    return above, moved
