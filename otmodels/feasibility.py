"""Why forbidden pairs leave no feasible plan: Hall's condition, by a maximum flow, before any model is built.

A feasible plan exists if and only if no set of sources holds more mass than all targets that it may reach take together (Hall's
condition for transport). Where it fails, f = 1 on such sources and g = -1 on their targets is the certificate of Farkas' lemma:
f_i + g_j <= 0 on every pair that is allowed, and <a, f> + <b, g> > 0.

Source: Gale (1957), A theorem on flows in networks; Ford and Fulkerson (1962), Flows in Networks, section II.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.measure import some
from otmodels.problem import TransportProblem

_UNITS = 2**30
"""Masses are counted in this many parts of the total for the flow, which takes 32-bit integers; its cut is then checked
with the masses themselves."""

_LEFT = 1e-15
"""Mass that a plan leaves at a source, below this part of the total, is rounding."""


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Sources that hold more mass than all targets that they may reach together take.

    Attributes
    ----------
    sources, targets : Index
        Labels of the sources, and of all targets that they may reach.
    held, room : float
        Their masses.
    """

    sources: pd.Index
    targets: pd.Index
    held: float
    room: float

    @property
    def shortfall(self) -> float:
        """Mass that has nowhere to go."""
        return self.held - self.room

    def __str__(self) -> str:
        return (
            f"sources {some(self.sources)} hold {self.held:.6g}, and the targets that they may reach, "
            f"{some(self.targets)}, take {self.room:.6g}: {self.shortfall:.6g} has nowhere to go"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Infeasibility:
    """Why a transport problem has no feasible plan, in the user's labels.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    bottlenecks : tuple of Bottleneck
        Sources that hold too much for the targets that they may reach, in groups that share no target; the largest
        shortfall first.
    f, g : ndarray (n,), (m,)
        The certificate of Farkas' lemma: f_i + g_j <= 0 on every pair that may carry mass, and <a, f> + <b, g> > 0.
    """

    problem: TransportProblem
    bottlenecks: tuple[Bottleneck, ...]
    f: FloatArray
    g: FloatArray
    _repair: tuple[IndexArray, IndexArray, FloatArray]

    @property
    def shortfall(self) -> float:
        """All mass that has nowhere to go: <a, f> + <b, g>."""
        return math.fsum(bottleneck.shortfall for bottleneck in self.bottlenecks)

    def table(self) -> pd.DataFrame:
        """One row an atom that is part of a bottleneck: bottleneck (from 1), side, label, mass."""
        rows = [
            (number, side, label, mass)
            for number, bottleneck in enumerate(self.bottlenecks, start=1)
            for side, measure, labels in (
                ("source", self.problem.source, bottleneck.sources),
                ("target", self.problem.target, bottleneck.targets),
            )
            for label, mass in zip(labels, measure.mass[measure.labels.get_indexer(labels)], strict=True)
        ]
        return pd.DataFrame(rows, columns=["bottleneck", "side", "label", "mass"])

    def repair(self) -> pd.DataFrame:
        """The least that has to give: pairs that would make the problem feasible if they were allowed, with their mass.

        No way of allowing pairs needs less mass on them; there may be other pairs that do with as little. Masses are right
        to 8 digits of the total.

        Returns
        -------
        DataFrame
            One row a pair: source, target, mass.
        """
        i, j, mass = self._repair
        return pd.DataFrame({"source": self.problem.source.labels[i], "target": self.problem.target.labels[j], "mass": mass})

    def __str__(self) -> str:
        return "; ".join(map(str, self.bottlenecks))

    def __repr__(self) -> str:
        count = len(self.bottlenecks)
        return f"Infeasibility({count} bottleneck{'s' if count > 1 else ''}, {self.shortfall:.6g} has nowhere to go)"


def infeasibility(problem: TransportProblem, pairs: tuple[IndexArray, IndexArray] | None = None) -> Infeasibility | None:
    """The proof that no feasible plan exists; None where the flow finds none.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    pairs : tuple of ndarray (k,), optional
        Rows and columns of the pairs that may carry mass; those that are not forbidden where omitted.
    """
    if pairs is None and not problem.has_forbidden:
        return None
    i, j = problem.allowed_pairs() if pairs is None else pairs
    return _concluded(problem, _Flow.of(problem, i, j), i, j)


def _concluded(problem: TransportProblem, flow: _Flow, i: IndexArray, j: IndexArray) -> Infeasibility | None:
    """What a maximum flow along pairs proves."""
    targets = np.zeros(problem.target.size, dtype=bool)
    targets[j[flow.sources[i]]] = True
    bottlenecks = [
        bottleneck
        for some_sources, some_targets in _groups(flow.sources, targets, i, j)
        if (bottleneck := _verified(problem, some_sources, some_targets)) is not None
    ]
    if not bottlenecks:
        return None
    f, g = _certificate(problem, bottlenecks)
    bottlenecks.sort(key=lambda bottleneck: -bottleneck.shortfall)
    return Infeasibility(problem, tuple(bottlenecks), f, g, flow.left_over())


def infeasibility_of(problem: TransportProblem, plan: csr_array) -> Infeasibility | None:
    """The proof that no feasible plan exists, from one that carries as much mass as can be; None where that proves nothing.

    Sources that it leaves with mass, the targets that they may reach, the sources that it serves these from, and so on: where
    none of these targets has room left, the sources hold too much. Costs are looked at in blocks of the sources' rows.
    """
    unserved = problem.a - np.asarray(plan.sum(axis=1)).ravel()
    unfilled = np.maximum(problem.b - np.asarray(plan.sum(axis=0)).ravel(), 0.0)
    into = csc_array(plan)
    sources, targets = unserved > _LEFT * problem.mass_unit, np.zeros(problem.target.size, dtype=bool)
    fresh, pairs = np.flatnonzero(sources), []
    while fresh.size:
        for source in fresh.tolist():
            allowed = np.flatnonzero(np.isfinite(problem.cost.block(slice(source, source + 1))[0]))
            pairs.append((np.full(allowed.size, source), allowed))
        reached = np.unique(np.concatenate([j for _, j in pairs[-fresh.size :]]))
        reached = reached[~targets[reached]]
        targets[reached] = True
        fresh = np.setdiff1d(np.unique(into[:, reached].indices), np.flatnonzero(sources))
        sources[fresh] = True
    if not pairs:
        return None
    i, j = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return _concluded(problem, _Flow(sources, np.maximum(unserved, 0.0), unfilled, problem.mass_unit), i, j)


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """A maximum flow along the pairs: the sources of its minimum cut, and what it leaves at sources and targets."""

    sources: BoolArray
    unserved: FloatArray
    unfilled: FloatArray
    total: float

    @classmethod
    def of(cls, problem: TransportProblem, i: IndexArray, j: IndexArray) -> _Flow:
        """The flow along some pairs."""
        n, m = problem.shape
        total = problem.mass_unit
        supply, demand = np.floor(problem.a / total * _UNITS), np.ceil(problem.b / total * _UNITS)
        source, sink = n + m, n + m + 1
        tails = np.concatenate([np.full(n, source), i, n + np.arange(m)])
        heads = np.concatenate([np.arange(n), n + j, np.full(m, sink)])
        room = np.concatenate([supply, np.full(i.size, _UNITS), demand]).astype(np.int32)
        graph = csr_array(coo_array((room, (tails, heads)), shape=(n + m + 2, n + m + 2)))
        flow = maximum_flow(graph, source, sink).flow
        residual = csr_array(graph - flow)
        residual.data[residual.data < 0] = 0
        residual.eliminate_zeros()
        reached = np.zeros(n + m + 2, dtype=bool)
        reached[breadth_first_order(residual, source, return_predecessors=False)] = True
        sent, received = flow[[source]].toarray()[0, :n], -flow[[sink]].toarray()[0, n : n + m]
        left, taken = ((supply - sent) / _UNITS * total, received / _UNITS * total)
        return cls(reached[:n], left, np.maximum(problem.b - taken, 0.0), total)

    def left_over(self) -> tuple[IndexArray, IndexArray, FloatArray]:
        """What sources are left with, laid onto what targets lack, in order: source, target and mass of each piece."""
        left, lacking = np.cumsum(self.unserved), np.cumsum(self.unfilled)
        ends = np.union1d(left, lacking)
        ends = ends[(ends > 0) & (ends <= left[-1])]
        mass = np.diff(ends, prepend=0.0)
        middle = ends - mass / 2
        i = np.searchsorted(left, middle)
        j = np.minimum(np.searchsorted(lacking, middle), lacking.size - 1)
        kept = mass > 4 * self.total / _UNITS
        digits = 8 - math.ceil(math.log10(self.total))  # further ones are rounding of the flow
        return i[kept].astype(np.intp), j[kept].astype(np.intp), np.array([round(left, digits) for left in mass[kept].tolist()])


def _groups(sources: BoolArray, targets: BoolArray, i: IndexArray, j: IndexArray) -> list[tuple[IndexArray, IndexArray]]:
    """Sources with the targets that they may reach, taken apart where they share none."""
    n, m = sources.size, targets.size
    within = sources[i]
    graph = coo_array((np.ones(int(within.sum())), (i[within], n + j[within])), shape=(n + m, n + m))
    _, part = connected_components(graph, directed=False)
    return [
        (np.flatnonzero(sources & (part[:n] == k)), np.flatnonzero(targets & (part[n:] == k)))
        for k in np.unique(part[:n][sources])
    ]


def _verified(problem: TransportProblem, sources: IndexArray, targets: IndexArray) -> Bottleneck | None:
    held, room = math.fsum(problem.a[sources]), math.fsum(problem.b[targets])
    rounding = (problem.source.size + problem.target.size) * np.finfo(np.float64).eps * problem.mass_unit
    if held - room <= rounding:
        return None
    return Bottleneck(problem.source.labels[sources], problem.target.labels[targets], held, room)


def _certificate(problem: TransportProblem, bottlenecks: list[Bottleneck]) -> tuple[FloatArray, FloatArray]:
    f, g = np.zeros(problem.source.size), np.zeros(problem.target.size)
    for bottleneck in bottlenecks:
        f[problem.source.labels.get_indexer(bottleneck.sources)] = 1.0
        g[problem.target.labels.get_indexer(bottleneck.targets)] = -1.0
    return f, g
