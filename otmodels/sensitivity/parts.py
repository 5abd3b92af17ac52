"""How far two potentials can be apart: shortest paths between the parts of an optimal plan.

Optimal potentials are those that are feasible and tight wherever one optimal plan moves mass. Written with h = -g, all of this
is about differences: f_i - h_j <= C_ij for all pairs, h_j - f_i <= -C_ij for those that carry mass. How far two of them can
be apart is the length of a shortest path in the graph of these differences, the dual of the linear program that asks; taken
from the optimal potentials at hand all lengths are slacks, and >= 0. Atoms that exchange mass are 0 apart both ways, so that
the graph need hold one node a part of the plan; a plan that is not degenerate is a single one.

Source: Ahuja, Magnanti, Orlin (1993), Network Flows, section 5.2; Chvatal (1983), Linear Programming, chapter 10.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, csgraph_from_dense, dijkstra

from otmodels.arrays import BoolArray, FloatArray, IndexArray


class Parts:
    """Groups of atoms whose potentials move together.

    Parameters
    ----------
    slack : ndarray (n, m)
        C - f - g of optimal potentials, >= 0, infinite at forbidden pairs.
    row, column : ndarray (k,)
        Pairs that carry mass.
    """

    def __init__(self, slack: FloatArray, row: IndexArray, column: IndexArray) -> None:
        self._slack, self._row, self._column = slack, row, column
        self._n = slack.shape[0]
        self._count, self._part = self._components(np.ones(row.size, dtype=bool))
        self._length = np.full((self._count, self._count), np.inf)
        np.minimum.at(self._length, (self._part[self._n :][None, :], self._part[: self._n][:, None]), slack)

    def reach(self, start: int, *, backwards: bool = False) -> FloatArray:
        """By how much each potential (n + m,), first f and then h, can rise against one of them at most; backwards, fall."""
        length = self._length.T if backwards else self._length
        return np.asarray(_distances(length, [int(self._part[start])])[0][self._part])

    def all_reach(self) -> FloatArray:
        """By how much f_i can fall against h_j at most, (n, m)."""
        distance = _distances(self._length, range(self._count))
        return np.asarray(distance[self._part[: self._n]][:, self._part[self._n :]])

    def without(self, k: int) -> tuple[float, float]:
        """By how much the cost of the k-th pair that carries mass may fall and rise: other paths between its two potentials."""
        i, j, (_, part) = int(self._row[k]), int(self._column[k]), self._components(np.arange(self._row.size) != k)
        side, other = part == part[i], part == part[self._n + j]
        if side[self._n + j]:
            return 0.0, 0.0
        length = self._split(i, side, other, (i, j))
        ends = [int(self._part[i]), self._count]
        there, back = _distances(length, ends)
        return float(there[ends[1]]), float(back[ends[0]])

    def _split(self, i: int, side: BoolArray, other: BoolArray, pair: tuple[int, int]) -> FloatArray:
        """Lengths between parts where that of i is two, the other one the last; the pair between them is left out."""
        n, part, count = self._n, np.where(other, self._count, self._part), self._count
        length = np.full((count + 1, count + 1), np.inf)
        length[:count, :count] = self._length
        length[self._part[i]] = length[:, self._part[i]] = np.inf
        slack, kept = self._slack, self._slack[pair]
        slack[pair] = np.inf
        for node, members in ((int(self._part[i]), side), (count, other)):
            np.minimum.at(length[:, node], part[n:], slack[members[:n]].min(axis=0, initial=np.inf))
            np.minimum.at(length[node], part[:n], slack[:, members[n:]].min(axis=1, initial=np.inf))
        slack[pair] = kept
        return length

    def _components(self, used: BoolArray) -> tuple[int, IndexArray]:
        size = sum(self._slack.shape)
        ends = self._row[used], self._n + self._column[used]
        count, part = connected_components(coo_array((np.ones(ends[0].size), ends), shape=(size, size)), directed=False)
        return int(count), np.asarray(part)


def _distances(length: FloatArray, starts: range | list[int]) -> FloatArray:
    """Shortest paths from some nodes, where no entry is an arc of infinite length and 0 is one of length 0."""
    return np.asarray(dijkstra(csgraph_from_dense(length, null_value=np.inf), indices=list(starts)))
