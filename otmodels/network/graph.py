"""Graphs: labelled vertices, edges with lengths between them, and the cost of going along shortest paths."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from otmodels.arguments import check_type, checked_path
from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.cost import BLOCK_ENTRIES, BaseCost
from otmodels.errors import (
    DuplicateLabelError,
    InfiniteValueError,
    InputError,
    LabelMismatchError,
    ParameterError,
    ShapeError,
)
from otmodels.measure import Measure, some
from otmodels.network.arcs import Arcs, both_ways
from otmodels.network.edges import checked_lengths, distinct, points_of, read_edges, read_places, vertices_of
from otmodels.powers import PLAIN, Scale, exponent, is_plain, scale_by_distances

KEPT_ENTRIES = 1 << 24
"""Most costs that a `GraphCost` keeps once they are found: 128 MiB of float64."""

_EDGES = "edges of the graph"
_SPANNING = "the cost is the length of a shortest path along these edges"


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Vertices with labels, and edges with lengths between them; see `Graph.from_frame` and `read_graph`.

    Attributes
    ----------
    labels : Index
        Labels of the N vertices, unique.
    arcs : Arcs
        Each edge once in either direction, or once from tail to head where the graph is directed.
    points : ndarray (N, d) or None
        Coordinates of the vertices, for drawing: no length is taken from them.
    directed : bool
        Whether an edge leads one way only.

    Raises
    ------
    ShapeError, DuplicateLabelError, ParameterError
    """

    labels: pd.Index[Any]
    arcs: Arcs
    points: FloatArray | None = None
    directed: bool = False

    def __post_init__(self) -> None:
        check_type("labels", self.labels, pd.Index, "Make a graph by Graph.from_frame(edges) or read_graph(path)")
        check_type("arcs", self.arcs, Arcs, "Make a graph by Graph.from_frame(edges) or read_graph(path)")
        n = len(self.labels)
        if self.arcs.size != n or (self.points is not None and (self.points.ndim != 2 or len(self.points) != n)):
            found = f"{n} labels, arcs between {self.arcs.size} nodes"
            found += "" if self.points is None else f" and points of shape {self.points.shape}"
            raise ShapeError("graph", f"has {found}", "Give one label and one row of coordinates a vertex")
        if not self.labels.is_unique:
            repeated = some(self.labels[self.labels.duplicated()].unique())
            raise DuplicateLabelError("labels", f"repeat {repeated}", "Labels must be unique: give every vertex its own")
        if not (np.isfinite(self.arcs.length) & (self.arcs.length >= 0)).all():
            raise ParameterError("arcs", "have a length that is negative or not finite", "Give finite lengths >= 0")
        with np.errstate(over="ignore"):
            total = self.arcs.length.sum()
        if not np.isfinite(total):
            raise InfiniteValueError("arcs", "are so long that a path along them may overflow", "Use a larger unit")

    @classmethod
    def from_frame(
        cls,
        edges: pd.DataFrame,
        tail: str = "from",
        head: str = "to",
        length: str = "length",
        directed: bool = False,
        places: pd.DataFrame | None = None,
    ) -> Graph:
        """A graph from a table with one row an edge.

        An edge may be listed more than once, as in a table that holds both directions, but with one length only: of
        parallel edges, give the shorter. An edge from a vertex to itself shortens no path and is left out.

        Parameters
        ----------
        edges : DataFrame
            One row an edge; columns besides the three named are passed over.
        tail, head, length : str
            Names of the columns: labels of the two ends, and the length, finite and >= 0.
        directed : bool
            Whether edges lead from tail to head only.
        places : DataFrame, optional
            Index = labels of all vertices, with or without edges; columns = their coordinates, if any. Where omitted,
            the vertices are the ends of the edges in order of first appearance.

        Raises
        ------
        UnknownNameError, ShapeError, NotANumberError, InfiniteValueError, ParameterError
            A column, an end or a length that is missing or out of range; an edge of two lengths.
        LabelMismatchError, DuplicateLabelError
            An edge ends at none of the places; two places share a label.

        Examples
        --------
        >>> roads = pd.DataFrame({"from": ["Arad", "Sibiu"], "to": ["Sibiu", "Fagaras"], "length": [140, 99]})
        >>> graph = Graph.from_frame(roads)
        >>> list(graph.labels), graph.arcs.count
        (['Arad', 'Sibiu', 'Fagaras'], 4)
        """
        lengths = checked_lengths(edges, tail, head, length)
        labels, ends = vertices_of(edges, tail, head, places)
        kept = distinct(edges, length, labels, ends, lengths, directed)
        (one, other), lengths = ends[kept].T, lengths[kept]
        if directed:
            arcs = Arcs(len(labels), one, other, lengths, _EDGES, _SPANNING)
        else:
            arcs = both_ways(len(labels), one, other, lengths, _EDGES, _SPANNING)
        for array in (arcs.tail, arcs.head, arcs.length):
            read_only(array)
        return cls(labels, arcs, None if places is None else points_of(places), directed)

    @property
    def size(self) -> int:
        """Number of vertices N."""
        return len(self.labels)

    def vertices(self, labels: pd.Index[Any], argument: str = "labels") -> IndexArray:
        """Position among the vertices of each label.

        Raises
        ------
        LabelMismatchError
            A label is none of a vertex.
        """
        position = np.asarray(self.labels.get_indexer(labels), dtype=np.intp)
        if (position < 0).any():
            fault = f"names {some(labels[position < 0])}, not among the vertices of the graph"
            raise LabelMismatchError(argument, fault, f"Name each atom by a vertex; these are {some(self.labels)}")
        return position

    def lengths(self) -> csr_array:
        """Matrix (N, N): the length of the shortest arc i -> j where there is one, stored even where it is 0."""
        arcs = self.arcs
        order = np.lexsort((arcs.length, arcs.head, arcs.tail))
        tail, head = arcs.tail[order], arcs.head[order]
        # Put together by hand: scipy adds up the entries of one pair, and drops none of length 0 only this way.
        first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])[: order.size]
        start = np.searchsorted(tail[first], np.arange(self.size + 1)).astype(np.int32)
        return csr_array((arcs.length[order][first], head[first].astype(np.int32), start), shape=(self.size, self.size))

    def __repr__(self) -> str:
        edges = f"{self.arcs.count} directed edges" if self.directed else f"{self.arcs.count // 2} edges"
        return f"Graph({self.size} vertices, {edges})"


@travels
@dataclass(frozen=True, slots=True, eq=False)
class GraphCost(BaseCost):
    """(length of a shortest path from vertex s_i to vertex t_j)^power, +inf where no path leads; see `graph_cost`.

    Attributes
    ----------
    graph : Graph
    source, target : ndarray of int (n,), (m,)
        Vertex of each source and of each target atom.
    power : float
        Exponent > 0.
    scale : Scale
        In which unit lengths are raised to it, and up to which length.
    """

    graph: Graph
    source: IndexArray
    target: IndexArray
    power: float = 1.0
    scale: Scale = PLAIN
    _kept: list[FloatArray] = field(default_factory=list, init=False, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.source.size, self.target.size

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return self.scale.in_words("shortest path", self.power)

    @property
    def notes(self) -> tuple[str, ...]:
        """The unit of the costs and their reach, where they are not plain powers."""
        return self.scale.notes("shortest path", self.power)

    def in_full(self, value: float) -> float:
        """A value in the unit of the costs in that of d^power; infinite or 0 beyond floating point."""
        return self.scale.in_full(value, self.power)

    @property
    def distances(self) -> GraphCost:
        """The lengths of shortest paths themselves."""
        return GraphCost(self.graph, self.source, self.target)

    def everywhere(self) -> GraphCost:
        """The same cost between all vertices of the graph, (N, N)."""
        vertices = np.arange(self.graph.size, dtype=np.intp)
        return GraphCost(self.graph, vertices, vertices, self.power, self.scale)

    def among(self, rows: IndexArray, columns: IndexArray) -> GraphCost:
        """The costs between some sources and some targets, by position."""
        part = GraphCost(self.graph, self.source[rows], self.target[columns], self.power, self.scale)
        if self._kept:
            part._kept.append(read_only(self._kept[0][np.ix_(rows, columns)]))
        return part

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        if self._is_kept():
            return self._all()[rows]
        return self._raised(_paths(self.graph.lengths(), self.source[rows], self.target))

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        if self._is_kept():
            return np.asarray(self._all()[i, j])
        lengths, costs = self.graph.lengths(), np.empty(np.size(i))
        rows, row = np.unique(i, return_inverse=True)
        order, step = np.argsort(row, kind="stable"), max(1, BLOCK_ENTRIES // self.graph.size)
        firsts = range(0, rows.size, step)
        for first, pairs in zip(firsts, np.split(order, np.searchsorted(row[order], firsts[1:])), strict=False):
            paths = _paths(lengths, self.source[rows[first : first + step]], self.target)
            costs[pairs] = paths[row[pairs] - first, j[pairs]]
        return self._raised(costs)

    def _is_kept(self) -> bool:
        return self.source.size * self.target.size <= KEPT_ENTRIES

    def _all(self) -> FloatArray:
        """C, found once; searched from the side that has fewer atoms."""
        if not self._kept:
            lengths, (n, m) = self.graph.lengths(), self.shape
            paths = (
                _paths(lengths, self.source, self.target) if n <= m else _paths(csr_array(lengths.T), self.target, self.source).T
            )
            self._kept.append(read_only(self._raised(paths)))
        return self._kept[0]

    def _raised(self, length: FloatArray) -> FloatArray:
        cost = self.scale.raised(length, self.power)
        if (np.isinf(cost) & np.isfinite(length)).any():
            raise InfiniteValueError("graph", f"has paths so long that {self.description} overflows", "Use a larger unit")
        return cost

    def __repr__(self) -> str:
        return f"GraphCost({self.description}, {self.shape[0]} x {self.shape[1]})"


def graph_cost(source: Measure, target: Measure, graph: Graph, power: float = 1.0) -> GraphCost:
    """The cost of a shortest path along the edges of a graph, to a power, between the atoms of two measures.

    Parameters
    ----------
    source, target : Measure
        The label of each atom is that of a vertex; coordinates play no part.
    graph : Graph
        Where no path leads from one vertex to another, the pair is forbidden.
    power : float
        Exponent > 0.

    Raises
    ------
    LabelMismatchError, ParameterError

    Examples
    --------
    >>> roads = pd.DataFrame({"from": ["Arad", "Sibiu"], "to": ["Sibiu", "Fagaras"], "length": [140, 99]})
    >>> farms, mills = Measure([2], labels=["Arad"]), Measure([1, 1], labels=["Sibiu", "Fagaras"])
    >>> graph_cost(farms, mills, Graph.from_frame(roads)).values.tolist()
    [[140.0, 239.0]]
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, "Make one: Measure(mass, labels=vertices)")
    check_type("graph", graph, Graph, "Make one: Graph.from_frame(edges) or read_graph(path)")
    power = exponent(power)
    start, end = graph.vertices(source.labels, "source"), graph.vertices(target.labels, "target")
    distances = GraphCost(graph, start, end)
    if is_plain(float(graph.arcs.length.sum()), power):
        return replace(distances, power=power)
    scale = scale_by_distances(distances, source.mass, target.mass, power)
    return replace(distances, power=power, scale=scale)


def read_graph(path: str | Path, places: str | Path | None = None, directed: bool = False) -> Graph:
    """A graph from a CSV file of edges and, where given, one of places.

    Parameters
    ----------
    path : str or Path
        Columns `from`, `to` and `length`; others are passed over. What an edge has to be, `Graph.from_frame` says.
    places : str or Path, optional
        Column `label`; all other columns are coordinates.
    directed : bool
        Whether edges lead from `from` to `to` only.

    Raises
    ------
    FileFormatError
        A file is missing, empty or malformed; the message has the line.
    InputError, as `Graph.from_frame`; the message has the file, and the line of an edge.
    """
    table, towns = read_edges(checked_path(path)), None if places is None else read_places(checked_path(places))
    try:
        return Graph.from_frame(table, directed=directed, places=towns)
    except InputError as error:
        named = error.argument.partition(",")[0]
        file = str(places if named == "places" else path)
        raise type(error)(file + error.argument.removeprefix(named), error.fault, error.remedy) from error


def _paths(lengths: csr_array, start: IndexArray, end: IndexArray) -> FloatArray:
    """Lengths (k, l) of shortest paths between vertices, +inf where none leads; a part of the starts at a time."""
    paths = np.empty((start.size, end.size))
    step = max(1, BLOCK_ENTRIES // lengths.shape[0])
    for first in range(0, start.size, step):
        part = slice(first, first + step)
        paths[part] = dijkstra(lengths, indices=start[part])[:, end]
    return paths
