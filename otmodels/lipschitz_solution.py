"""Results of the Lipschitz forms: a potential of the nodes and a flow on the arcs, and what they say of plan and potentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.checks import Certificate
from otmodels.network import Network, plan_of_flow
from otmodels.placing import placed
from otmodels.problem import TransportProblem
from otmodels.solution import Examined, Provenance, Solution, Unsolved
from otmodels.status import Status


@dataclass(frozen=True, eq=False)
class LipschitzSolution(Examined):
    """A transport problem solved in a Lipschitz form.

    Attributes
    ----------
    status : Status
        What the solver said; the certificate says whether it is so.
    value : float
        <d, w>, recomputed from the problem's own data, in the user's units; for a cost that is no metric, <a - b, f>.
    network : Network
        Nodes and arcs that the program was stated on.
    potential : ndarray (N,)
        f at the nodes, 1-Lipschitz, 0 at the first source atom with mass.
    flow : ndarray (k,)
        w on the arcs.
    certificate : Certificate
        Recomputed from masses, metric, flow and potential.
    is_lower_bound : bool
        Whether the cost is no metric, so that the value bounds the transport cost from below and may be less.
    is_on_given_arcs : bool
        Whether it is optimal among the flows on the arcs that the user gave, and not proven to be so among all.
    """

    status: Status
    problem: TransportProblem
    value: float
    network: Network
    potential: FloatArray
    flow: FloatArray
    certificate: Certificate
    provenance: Provenance
    is_lower_bound: bool = False
    is_on_given_arcs: bool = False

    @property
    def worth(self) -> float:
        """The value in the unit of the costs, which is that of `value` but where high powers are scaled."""
        return self.certificate.dual_value if self.is_lower_bound else self.certificate.value

    @property
    def f(self) -> FloatArray:
        """F at the source atoms (n,)."""
        return self.potential[self.network.nodes.source]

    @property
    def g(self) -> FloatArray:
        """G = -f at the target atoms (m,)."""
        return 0.0 - self.potential[self.network.nodes.target]

    @cached_property
    def sparse_plan(self) -> csr_array:
        """The plan gamma (n, m) that the flow's paths are, mass common to both measures staying where it is."""
        return placed(self.problem, plan_of_flow(self.network, self.flow), self.f, self.g)

    def flow_table(self) -> pd.DataFrame:
        """One row an arc that carries mass: tail, head, mass, length, cost."""
        arcs, labels = self.network.arcs, self.network.nodes.labels
        used = np.flatnonzero(self.flow > 0)
        mass, length = self.flow[used], arcs.length[used]
        columns = {"tail": labels[arcs.tail[used]], "head": labels[arcs.head[used]], "mass": mass, "length": length}
        return pd.DataFrame(columns | {"cost": mass * length})

    def nodes_table(self) -> pd.DataFrame:
        """One row a node: source mass, target mass, potential."""
        nodes = self.network.nodes
        columns = {"source_mass": nodes.a, "target_mass": nodes.b, "potential": self.potential}
        return pd.DataFrame(columns, index=nodes.labels.rename("node"))

    def __repr__(self) -> str:
        word = "optimal on the given arcs" if self.is_on_given_arcs else self.certificate.word
        bound = "a lower bound, the cost being no metric" if self.is_lower_bound else word
        return f"LipschitzSolution(value {self.value:.12g}, {bound})"


@dataclass(frozen=True, slots=True, eq=False)
class ExtendedFlow:
    """A solved Lipschitz or flow model that its user extended.

    Attributes
    ----------
    value : float
        Objective of the extended program.
    network : Network
        Nodes and arcs that it was declared on.
    potential, flow : ndarray (N,), (k,)
        Variables, or multipliers of the declared rows. Other constraints have multipliers of their own, so that neither
        f need be 1-Lipschitz nor w balance.
    certificate : Certificate
        Optimality (KKT) of the extended linear program as compiled, recomputed in numpy.
    multipliers : mapping of str to Series
        d(value)/d(right-hand side) of every constraint by name, the added ones included, indexed by row name.
    variables : mapping of str to Series
        Values of the declared variables, indexed by column name.
    """

    status: Status
    problem: TransportProblem
    value: float
    network: Network
    potential: FloatArray
    flow: FloatArray
    certificate: Certificate
    provenance: Provenance
    multipliers: Mapping[str, pd.Series[Any]]
    variables: Mapping[str, pd.Series[Any]]

    def __repr__(self) -> str:
        return f"ExtendedFlow(value {self.value:.12g}, {self.certificate.word})"


Result: TypeAlias = Solution | LipschitzSolution | Unsolved
"""What solving a transport problem ends with."""
