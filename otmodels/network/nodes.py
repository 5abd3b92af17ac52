"""The common support of two measures: the nodes between which distances are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.cost import BaseCost, Cost
from otmodels.errors import LabelMismatchError, ParameterError
from otmodels.ground import GroundCost
from otmodels.measure import Measure, some
from otmodels.network.graph import GraphCost
from otmodels.network.grids import Grid
from otmodels.problem import TransportProblem
from otmodels.rounding import UNIT, segment_sums, two_difference


@travels
@dataclass(frozen=True, eq=False)
class Nodes:
    """Places, each with the mass that leaves it and the mass that arrives, and the cost between any two.

    Attributes
    ----------
    name : callable
        Makes the labels.
    points : ndarray (N, d) or None
        Coordinates.
    source, target : ndarray of int (n,), (m,)
        Node of each source atom and of each target atom.
    a, b : ndarray (N,)
        Source mass and target mass of each node, 0 where there is no atom.
    surplus : ndarray (N,)
        Exact source mass less exact target mass, which matters where the two are nearly the same; 0 where it is rounding.
    cost : BaseCost (N, N)
        Cost between all nodes.
    grid : Grid or None
        The grid whose crossings the nodes are.
    """

    name: Callable[[], pd.Index[Any]]
    points: FloatArray | None
    source: IndexArray
    target: IndexArray
    a: FloatArray
    b: FloatArray
    surplus: FloatArray
    cost: BaseCost
    grid: Grid | None = None

    @cached_property
    def labels(self) -> pd.Index[Any]:
        """A source atom's label, else a target atom's, else the place written out; made when somebody looks."""
        return self.name()

    @classmethod
    def of(cls, problem: TransportProblem) -> Nodes:
        """The union of the points of both measures; all vertices of a graph; for a cost matrix, the labels that both share.

        Raises
        ------
        LabelMismatchError
            The cost is a matrix, and source and target are different supports: costs from source to source are not known.
        """
        cost = problem.cost
        if isinstance(cost, GraphCost):
            graph, name = cost.graph, partial(getattr, cost.graph, "labels")
            return cls._made(problem, cost.source, cost.target, name, graph.points, cost.everywhere())
        if isinstance(cost, GroundCost):
            return cls._union(problem, cost)
        target = _shared_labels(problem)
        order = np.argsort(target, kind="stable")
        square = Cost(cost.values[:, order])
        name, points = partial(getattr, problem.source, "labels"), problem.source.points
        return cls._made(problem, np.arange(problem.source.size), target, name, points, square)

    @classmethod
    def on_grid(cls, problem: TransportProblem) -> Nodes:
        """All crossings of the grid through the points of both measures, those without an atom too.

        Raises
        ------
        ParameterError
            There are no points, or they are no grid.
        """
        cost = problem.cost
        if not isinstance(cost, GroundCost):
            raise ParameterError("cost", f"is a {cost.description}, not a metric on points", "A grid needs points and a metric")
        grid = Grid.through(np.concatenate([cost.x, cost.y]))
        if grid is None:
            raise ParameterError("points", "are no grid: coordinate lines through them cross at far more places", _NO_GRID)
        points, source, target = grid.points, grid.cells(cost.x), grid.cells(cost.y)
        name = partial(_labels, problem, source, target, points)
        return replace(cls._made(problem, source, target, name, points, replace(cost, x=points, y=points)), grid=grid)

    @classmethod
    def _union(cls, problem: TransportProblem, cost: GroundCost) -> Nodes:
        x, y = cost.x, cost.y
        if np.array_equal(x, y) and len(np.unique(x, axis=0)) == len(x):
            source = target = np.arange(len(x))
            points = x
        else:
            _, first, which = np.unique(np.concatenate([x, y]) + 0.0, axis=0, return_index=True, return_inverse=True)
            rank = np.argsort(np.argsort(first))
            source, target = np.split(rank[which.ravel()], [len(x)])
            points = np.concatenate([x, y])[np.sort(first)]
        name = partial(_labels, problem, source, target, points)
        return cls._made(problem, source, target, name, points, replace(cost, x=points, y=points))

    @classmethod
    def _made(
        cls,
        problem: TransportProblem,
        source: IndexArray,
        target: IndexArray,
        name: Callable[[], pd.Index[Any]],
        points: FloatArray | None,
        cost: BaseCost,
    ) -> Nodes:
        a, b = (
            np.bincount(at, mass, cost.shape[0]).astype(np.float64) for at, mass in ((source, problem.a), (target, problem.b))
        )
        exact, size = problem.exact_target, cost.shape[0]
        if all(np.bincount(at).max() <= 1 for at in (source, target)):
            difference, rest = two_difference(a, b)
            s, more = two_difference(difference, np.bincount(target, exact.correction, size).astype(np.float64))
            e = rest + more
            lost = np.asarray(UNIT * np.abs(e))
        else:
            nodes = np.concatenate([source, target, target])
            s, e, lost = segment_sums(np.concatenate([problem.a, -problem.b, -exact.correction]), nodes, size)
        rounding = 4 * (lost + np.bincount(target, exact.error, size))
        surplus = np.where(np.abs(s + e) <= rounding, 0.0, s + e)
        return cls(name, points, source.astype(np.intp), target.astype(np.intp), a, b, surplus, cost)

    @property
    def size(self) -> int:
        """Number of nodes N."""
        return self.a.size

    @cached_property
    def divergence(self) -> FloatArray:
        """Surplus a - b (N,): the mass that has to leave each node, net.

        It sums to 0: what rounding leaves of the totals, which next to a small surplus would not be small, is taken from the
        heaviest node.
        """
        surplus = self.surplus.copy()
        surplus[int(np.maximum(self.a, self.b).argmax())] -= surplus.sum()
        return read_only(surplus)


_NO_GRID = "Use support='full', or lay the masses out with grid_measure"


def _shared_labels(problem: TransportProblem) -> IndexArray:
    """Node of each target atom where source and target have the same labels."""
    source, target = problem.source, problem.target
    where = np.asarray(source.labels.get_indexer(target.labels), dtype=np.intp)
    remedy = "Give the points of both and a metric, or costs between all atoms, the same labels on both sides"
    if (where < 0).any() or source.size != target.size:
        only = target.labels[where < 0] if (where < 0).any() else source.labels[source.size - target.size :]
        fault = f"is a matrix between different supports ({some(only)} is on one side only), and says nothing within a side"
        raise LabelMismatchError("cost", fault, remedy)
    _check_same_places(source, target, where, remedy)
    return where


def _check_same_places(source: Measure, target: Measure, where: IndexArray, remedy: str) -> None:
    if source.points is None or target.points is None:
        return
    if source.points.shape[1] == target.points.shape[1]:
        apart = np.flatnonzero((source.points[where] != target.points).any(axis=1))
        if not apart.size:
            return
        label = some(target.labels[apart[:1]])
        raise LabelMismatchError(
            "cost", f"is a matrix, and {label} is at one place as a source and at another as a target", remedy
        )
    raise LabelMismatchError("cost", "is a matrix, and source and target have points of different dimensions", remedy)


def _labels(problem: TransportProblem, source: IndexArray, target: IndexArray, points: FloatArray) -> pd.Index[Any]:
    """A label a node: the source atom's, else the target atom's, else the place; by side where two would look the same."""
    bare = np.ones(len(points), dtype=bool)
    bare[source], bare[target] = False, False
    labels = np.empty(len(points), dtype=object)
    labels[bare] = [str(tuple(point)) for point in points[bare].tolist()]
    index = pd.Index(labels)
    for decorate in (lambda label, side: label, lambda label, side: f"{side} {label}"):
        for side, measure, nodes in (("target", problem.target, target), ("source", problem.source, source)):
            # The first atom of several at one place names it, so it is written last.
            for node, label in zip(nodes[::-1].tolist(), reversed(measure.labels.tolist()), strict=True):
                labels[node] = decorate(label, side)
        index = pd.Index(labels, tupleize_cols=False)
        if index.is_unique:
            break
    return index
