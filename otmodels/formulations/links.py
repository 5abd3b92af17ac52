"""The data of a network in the shapes that the languages want them in."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

import pyomo.environ as pyo
from scipy.sparse import csc_array

from otmodels.formulations.names import keys, names_of, texts
from otmodels.lp import Names
from otmodels.network import Network


class Links:
    """The arcs (i, j) of a network, and a - b and d on it.

    Attributes
    ----------
    surplus : ndarray (N,)
        a - b of each node.
    tail, head : ndarray of int (k,)
        Ends of the arcs.
    d : ndarray (k,)
        Lengths of the arcs.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.surplus = network.nodes.divergence
        self.tail, self.head, self.d = network.arcs.tail, network.arcs.head, network.arcs.length

    @property
    def nodes(self) -> int:
        """Number of nodes N."""
        return self.network.nodes.size

    @property
    def size(self) -> int:
        """Number of arcs k."""
        return self.tail.size

    @cached_property
    def incidence(self) -> csc_array:
        """The matrix (N, k) that takes a flow to outflow - inflow."""
        return self.network.arcs.incidence()

    @cached_property
    def _keys(self) -> list[Hashable]:
        return keys(self.network.nodes.labels)

    def sets(self) -> pyo.ConcreteModel:
        """A pyomo model with the sets of nodes and arcs, indexed by label."""
        model = pyo.ConcreteModel()
        model.nodes = pyo.Set(initialize=self._keys)
        model.arcs = pyo.Set(initialize=list(self.lengths()), dimen=2)
        return model

    def surpluses(self) -> dict[Hashable, float]:
        """The surplus a - b by label."""
        surplus: list[float] = self.surplus.tolist()
        return dict(zip(self._keys, surplus, strict=True))

    def lengths(self) -> dict[tuple[Hashable, Hashable], float]:
        """D by pair of labels, in the order of the arcs."""
        ends, d = zip(self.tail.tolist(), self.head.tolist(), strict=True), self.d.tolist()
        return {(self._keys[i], self._keys[j]): length for (i, j), length in zip(ends, d, strict=True)}

    def around(self) -> tuple[dict[Hashable, list[Hashable]], dict[Hashable, list[Hashable]]]:
        """The heads of the arcs that leave each node, and the tails of those that arrive."""
        heads: dict[Hashable, list[Hashable]] = {node: [] for node in self._keys}
        tails: dict[Hashable, list[Hashable]] = {node: [] for node in self._keys}
        for i, j in self.lengths():
            heads[i].append(j)
            tails[j].append(i)
        return heads, tails

    def node_names(self, name: str) -> Names:
        """name[label] for each node."""
        return names_of(name, self.network.nodes.labels)

    def arc_names(self, name: str) -> Names:
        """name[tail,head] for each arc."""

        def made() -> list[str]:
            written = texts(self.network.nodes.labels)
            return [f"{name}[{written[i]},{written[j]}]" for i, j in zip(self.tail.tolist(), self.head.tolist(), strict=True)]

        return Names(self.size, made)
