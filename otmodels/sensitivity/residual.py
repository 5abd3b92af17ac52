"""By how much mass can go another way among tight pairs: largest flows in the residual graph of an optimal plan.

Optimal plans are those on the tight pairs of one optimal pair of potentials. From the plan at hand, mass can be sent from a
source to a target along any tight pair, and taken back along a pair as far as there is some. So an atom's mass can change at
the expense of another's as far as the largest flow between them; an entry of the plan, as far as the largest one that closes a
cycle with it.

Source: Ahuja, Magnanti, Orlin (1993), Network Flows, sections 2.4, 6.5 and 9.11.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from otmodels.arrays import FloatArray, IndexArray

_Int32: TypeAlias = npt.NDArray[np.int32]

_STEPS = 2.0**29
"""The largest flow there can be is at most so many steps, an arc without a limit twice as many: 32 bits hold four times that."""

_EXACT = 1e-14
"""Share of the total mass within which a flow has to come to the capacity of a cut."""


class Residual:
    """The ways that are open to mass: n sources, then m targets as nodes.

    Parameters
    ----------
    shape : tuple of int
        (n, m).
    tight : tuple of ndarray (k,)
        Source and target of each tight pair.
    mass : ndarray (k,)
        What an optimal plan moves along each.
    """

    def __init__(self, shape: tuple[int, int], tight: tuple[IndexArray, IndexArray], mass: FloatArray) -> None:
        (i, j), n, size, k = tight, shape[0], sum(shape), mass.size
        tail, head = np.concatenate([i, n + j]), np.concatenate([n + j, i])
        order = np.lexsort((head, tail))
        place = np.empty(2 * k, dtype=np.intp)
        place[order] = np.arange(2 * k)
        self._there, self._back = place[:k], place[k:]
        self._tail, self._head = tail[order].astype(np.int32), head[order].astype(np.int32)
        self._start = np.searchsorted(self._tail, np.arange(size + 1)).astype(np.int32)
        self._room = np.concatenate([np.full(k, np.inf), mass])[order]
        self._total = float(mass.sum())
        self._tight, self._mass = np.zeros(shape, dtype=bool), np.zeros(shape)
        self._tight[tight], self._mass[tight] = True, mass

    def between(self, start: int, end: int) -> float:
        """The most that can go from a node to another; infinite from a source to a target that are a tight pair."""
        if np.isinf(self._room[self._start[start] : self._start[start + 1]][self._heads(start) == end]).any():
            return np.inf
        return self._largest(self._room.copy(), start, end)

    def at_once(self, k: int) -> float:
        """As `more`, where all that its target takes and all that its source gives can change places directly; else NaN."""
        source, target = self._ends(k)
        i, j = source, target - self._mass.shape[0]
        givers, takers = np.flatnonzero(self._mass[:, j]), np.flatnonzero(self._mass[i])
        givers, takers = givers[givers != i], takers[takers != j]
        if not self._tight[np.ix_(givers, takers)].all():
            return np.nan
        return float(min(self._mass[givers, j].sum(), self._mass[i, takers].sum()))

    def more(self, k: int) -> float:
        """By how much the k-th tight pair can carry more."""
        source, target = self._ends(k)
        return self._largest(self._without(k), target, source)

    def less(self, k: int) -> float:
        """By how much the k-th tight pair can carry less."""
        source, target = self._ends(k)
        return min(float(self._room[self._back[k]]), self._largest(self._without(k), source, target))

    def _ends(self, k: int) -> tuple[int, int]:
        return int(self._tail[self._there[k]]), int(self._head[self._there[k]])

    def _heads(self, node: int) -> _Int32:
        return self._head[self._start[node] : self._start[node + 1]]

    def _without(self, k: int) -> FloatArray:
        room = self._room.copy()
        room[[self._there[k], self._back[k]]] = 0.0
        return room

    def _largest(self, room: FloatArray, start: int, end: int) -> float:
        """The largest flow within some room an arc.

        It is found in whole steps, and what they leave of the room in smaller ones, until no room is left across a cut.
        """
        left, unit = math.frexp(self._total)
        flow, enough, room = 0.0, _EXACT * left, np.ldexp(room, -unit)
        while left > enough:
            step = math.ldexp(1.0, math.frexp(left)[1]) / _STEPS
            capacity = np.floor(np.minimum(room, 2 * left) / step).astype(np.int32)
            found = maximum_flow(self._graph(capacity), start, end)
            flow += step * found.flow_value
            room = room - step * found.flow.data
            left = self._across(room, capacity - found.flow.data, start)
        return math.ldexp(flow + left, unit)

    def _across(self, room: FloatArray, unused: _Int32, start: int) -> float:
        """Room that is left between the nodes that can still be reached by whole steps and those that cannot."""
        open_ = unused > 0
        starts = np.concatenate([[0], np.cumsum(open_)])[self._start]
        graph = csr_array((unused[open_], self._head[open_], starts), shape=(self._start.size - 1,) * 2)
        reached = np.zeros(self._start.size - 1, dtype=bool)
        reached[breadth_first_order(graph, start, return_predecessors=False)] = True
        return float(room[reached[self._tail] & ~reached[self._head]].sum())

    def _graph(self, capacity: _Int32) -> csr_array:
        return csr_array((capacity, self._head, self._start), shape=(self._start.size - 1,) * 2)
