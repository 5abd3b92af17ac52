"""A network: nodes, and the arcs that a Lipschitz program has as constraints and a flow program as variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from otmodels.arrays import numbers
from otmodels.errors import ParameterError, ShapeError, UnbalancedError
from otmodels.ground import GroundCost
from otmodels.measure import some
from otmodels.network.arcs import Arcs
from otmodels.network.graph import GraphCost
from otmodels.network.grids import direction_arcs, neighbour_arcs
from otmodels.network.nodes import Nodes
from otmodels.problem import TransportProblem
from otmodels.tolerances import DEFAULT
from otmodels.words import unknown

MOST_ARCS = 1 << 24
"""Most arcs of a network of all pairs: above it a program is refused that would take tens of gigabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The nodes and arcs on which a transport problem with a metric cost is stated.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    nodes : Nodes
        The common support of both measures, with the masses and the metric.
    arcs : Arcs
        Between which nodes f_i - f_j <= d_ij is asked for, and along which mass flows.
    """

    problem: TransportProblem
    nodes: Nodes
    arcs: Arcs

    @classmethod
    def full(cls, problem: TransportProblem) -> Network:
        """An arc between every two nodes whose distance is finite.

        Raises
        ------
        LabelMismatchError
            The cost is a matrix between different supports.
        ParameterError
            There are more than `MOST_ARCS` pairs.
        """
        nodes = Nodes.of(problem)
        if nodes.size * (nodes.size - 1) > MOST_ARCS:
            fault = f"is 'full', which takes {nodes.size * (nodes.size - 1)} arcs between {nodes.size} nodes"
            raise ParameterError("support", fault, "Use support='neighbours' on a grid or graph, or support='generated'")
        values = nodes.cost.values
        tail, head = np.nonzero(np.isfinite(values) & ~np.eye(nodes.size, dtype=bool))
        return cls(problem, nodes, Arcs(nodes.size, tail, head, values[tail, head].copy(), "all pairs", "they are all pairs"))

    @classmethod
    def neighbours(cls, problem: TransportProblem) -> Network:
        """Arcs between neighbours on a grid, or along the edges of a graph: few, and they span the metric.

        Raises
        ------
        ParameterError
            The points are no grid, or its neighbours do not span the metric.
        """
        cost = problem.cost
        if isinstance(cost, GraphCost | GroundCost) and cost.power != 1:
            fault = f"is 'neighbours', which span no power of a metric, and the cost is {cost.description}"
            raise ParameterError("support", fault, "Use support='full', or the power 1")
        if isinstance(cost, GraphCost):
            return cls(problem, Nodes.of(problem), cost.graph.arcs.distinct())
        nodes = Nodes.on_grid(problem)
        assert nodes.grid is not None
        assert isinstance(cost, GroundCost)
        return cls(problem, nodes, neighbour_arcs(nodes.grid, cost.metric))

    @classmethod
    def directions(cls, problem: TransportProblem, reach: int) -> Network:
        """On a grid, arcs along coprime directions up to a reach: they approximate a metric, and `detour` says how well.

        Raises
        ------
        ParameterError
            The points are no grid, the cost is a power of a metric, or the reach is below 1.
        """
        nodes = Nodes.on_grid(problem)
        cost = nodes.cost
        assert nodes.grid is not None
        assert isinstance(cost, GroundCost)
        if cost.power != 1:
            raise ParameterError("cost", f"is {cost.description}", "Directions on a grid approximate a metric: use the power 1")
        return cls(problem, nodes, direction_arcs(nodes.grid, cost.metric, reach))

    @classmethod
    def pairs(cls, problem: TransportProblem, pairs: npt.ArrayLike) -> Network:
        """Arcs between given nodes.

        Parameters
        ----------
        problem : TransportProblem
            The data.
        pairs : array_like of int (k, 2)
            Tail and head of each arc, as positions in `Nodes.of(problem)`.

        Raises
        ------
        ShapeError
            Not pairs of nodes; a pair of a node with itself, or of infinite distance.
        """
        nodes = Nodes.of(problem)
        given = numbers("support", pairs)
        if np.asarray(pairs).dtype == np.bool_ or given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iu":
            fault = f"has shape {given.shape} and type {given.dtype}"
            raise ShapeError("support", fault, "Give integer pairs of nodes (i, j), shape (k, 2)")
        if (given < 0).any() or (given >= nodes.size).any():
            bad = given[((given < 0) | (given >= nodes.size)).any(axis=1)][0].tolist()
            raise ShapeError("support", f"holds the pair {tuple(bad)} and there are {nodes.size} nodes", "Count nodes from 0")
        tail, head = np.unique(given, axis=0).astype(np.intp).T
        length = nodes.cost.at(tail, head)
        useless = (tail == head) | ~np.isfinite(length)
        if useless.any():
            names = some(nodes.labels[[tail[useless][0], head[useless][0]]])
            raise ShapeError("support", f"holds an arc between {names}, which are one node or apart forever", "Leave it out")
        return cls(problem, nodes, Arcs(nodes.size, tail, head, length, "given pairs"))

    @property
    def unit(self) -> float:
        """Largest length of an arc, 1 where all are 0."""
        return float(self.arcs.length.max(initial=0.0)) or 1.0

    def pair(self, tail: int, head: int) -> tuple[Any, Any]:
        """Labels of two nodes."""
        return self.nodes.labels[tail], self.nodes.labels[head]

    def check_connected(self) -> None:
        """Raise unless the mass that leaves each connected part of the network is the mass that arrives in it.

        Raises
        ------
        UnbalancedError
            Says which part, by the labels of its nodes, and by how much.
        """
        part = self.arcs.parts()
        surplus = np.bincount(part, self.nodes.divergence)
        worst = int(np.abs(surplus).argmax())
        if abs(surplus[worst]) <= DEFAULT.marginal * self.problem.mass_unit:
            return
        members = self.nodes.labels[part == worst]
        leaves, arrives = (float(np.bincount(part, mass)[worst]) for mass in (self.nodes.a, self.nodes.b))
        fault = (
            f"fall into {surplus.size} parts that no arc connects, and the part of {some(members)} has {leaves:.6g} of source "
            f"mass and {arrives:.6g} of target mass"
        )
        raise UnbalancedError("arcs", fault, "Connect the parts, or balance the masses of each")

    def __repr__(self) -> str:
        return f"Network({self.nodes.size} nodes, {self.arcs.count} arcs: {self.arcs.description})"


ArcSupport: TypeAlias = Network | Literal["full", "neighbours"] | npt.ArrayLike
"""How arcs are asked for: by name, as pairs of nodes, or as a network."""


def network(problem: TransportProblem, support: ArcSupport = "full") -> Network:
    """The network that a user asked for.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    support : {"full", "neighbours"}, array_like of int (k, 2) or Network
        All pairs; neighbours on a grid or edges of a graph; pairs of nodes; or a network made before, as by
        `Network.directions`.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError, LabelMismatchError

    Examples
    --------
    >>> from otmodels import TransportProblem, grid_measure, ground_cost
    >>> a, b = grid_measure([[1, 0], [0, 0]]), grid_measure([[0, 0], [0, 1]])
    >>> network(TransportProblem(a, b, ground_cost(a, b, "cityblock")), "neighbours")
    Network(4 nodes, 8 arcs: grid neighbours)
    """
    if isinstance(support, Network):
        if support.problem is not problem:
            raise ParameterError("support", "is the network of another problem", "Make one of this problem")
        return support
    if not isinstance(support, str):
        return Network.pairs(problem, support)
    if support == "full":
        return Network.full(problem)
    if support == "neighbours":
        return Network.neighbours(problem)
    raise unknown("support", support, ("full", "neighbours", "generated"), "or give arcs")
