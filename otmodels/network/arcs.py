"""Directed arcs with lengths: where a Lipschitz function is held, and along which mass flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

from otmodels.arrays import FloatArray, IndexArray, travels


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs tail -> head between nodes 0..size-1, each with a length >= 0.

    Attributes
    ----------
    size : int
        Number of nodes N.
    tail, head : ndarray of int (k,)
        Ends of each arc.
    length : ndarray (k,)
        Lengths.
    description : str
        What they are, in words.
    spanning : str
        Why the distance between any two nodes is the length of a shortest path along these arcs, in words; empty where
        nobody has proved it. Then a function that is 1-Lipschitz along the arcs is so between all nodes.
    """

    size: int
    tail: IndexArray
    head: IndexArray
    length: FloatArray
    description: str
    spanning: str = ""

    @property
    def count(self) -> int:
        """Number of arcs k."""
        return self.tail.size

    def distinct(self) -> Arcs:
        """The same arcs, of several from one node to another the shortest."""
        order = np.lexsort((self.length, self.head, self.tail))
        key = self.tail[order] * self.size + self.head[order]
        first = np.concatenate([[True], np.diff(key) != 0]) if key.size else np.empty(0, dtype=bool)
        if first.all():
            return self
        kept = order[first]
        return Arcs(self.size, self.tail[kept], self.head[kept], self.length[kept], self.description, self.spanning)

    def incidence(self) -> csc_array:
        """Matrix (N, k): column of arc i -> j has 1 in row i and -1 in row j; times a flow it is outflow - inflow."""
        index = np.empty(2 * self.count, dtype=np.int32)
        index[0::2], index[1::2] = self.tail, self.head
        start = np.arange(0, index.size + 1, 2, dtype=np.int32)
        return csc_array((np.tile([1.0, -1.0], self.count), index, start), shape=(self.size, self.count))

    def divergence(self, flow: FloatArray) -> FloatArray:
        """Outflow - inflow of every node (N,)."""
        out = np.bincount(self.tail, flow, self.size)
        return np.asarray(out - np.bincount(self.head, flow, self.size))

    def parts(self) -> IndexArray:
        """Number of the connected part that each node is in (N,), arcs taken both ways."""
        graph = coo_array((np.ones(self.count), (self.tail, self.head)), shape=(self.size, self.size))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def both_ways(size: int, one: IndexArray, other: IndexArray, length: FloatArray, description: str, spanning: str = "") -> Arcs:
    """Edges as arcs: each edge once in either direction, the two next to each other."""
    ends = np.stack([one, other], axis=1)
    tail, head = ends.ravel(), ends[:, ::-1].ravel()
    return Arcs(size, tail.astype(np.intp), head.astype(np.intp), np.repeat(length, 2), description, spanning)
