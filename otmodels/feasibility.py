"""Why forbidden pairs leave no feasible plan: Hall's condition, by a maximum flow, before any model is built.

A feasible plan exists if and only if no set of sources holds more mass than all targets that it may reach take together (Hall's
condition for transport). Where it fails, f = 1 on such sources and g = -1 on their targets is the certificate of Farkas' lemma:
f_i + g_j <= 0 on every pair that is allowed, and <a, f> + <b, g> > 0. The same story may be told of the targets, which then ask
for more than all sources that may serve them hold; it is where there is a target that no source may serve at all.

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
from otmodels.measure import Measure, some
from otmodels.problem import TransportProblem

_DIGITS = 30
_UNITS = 2**_DIGITS
"""Masses are counted in at most this many parts of the total for the flow, which takes 32-bit integers; its cut is then
checked with the masses themselves."""

_FEW = 8
"""Pairs of an atom that a maximum flow along some of the pairs starts with, and that it adds at a time."""

_LEFT = 1e-15
"""Mass that a plan leaves at a source, below this part of the total, is rounding."""


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Sources that hold more mass than all targets that they may reach take, or targets that ask for more than is theirs to have.

    Attributes
    ----------
    sources, targets : Index
        Labels of the sources, and of all targets that they may reach; of the targets, and of all sources that may serve them.
    held, room : float
        Mass that the sources hold and that the targets take.
    of_targets : bool
        Whether it is the targets that are stuck: room > held.
    """

    sources: pd.Index
    targets: pd.Index
    held: float
    room: float
    of_targets: bool = False

    @property
    def shortfall(self) -> float:
        """Mass that has nowhere to go, or to come from."""
        return abs(self.held - self.room)

    def __str__(self) -> str:
        if self.of_targets:
            stuck, others = f"targets {some(self.targets)} take {self.room:.6g}", f"hold {self.held:.6g}"
            whose, named, end = "sources that may serve them", self.sources, "has nowhere to come from"
        else:
            stuck, others = f"sources {some(self.sources)} hold {self.held:.6g}", f"take {self.room:.6g}"
            whose, named, end = "targets that they may reach", self.targets, "has nowhere to go"
        others = f"the {whose}, {some(named)}, {others}" if len(named) else "no pair of theirs may carry mass"
        return f"{stuck}, and {others}: {self.shortfall:.6g} {end}"


@dataclass(frozen=True, slots=True, eq=False)
class Infeasibility:
    """Why a transport problem has no feasible plan, in the user's labels.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    bottlenecks : tuple of Bottleneck
        Sources that hold too much for the targets that they may reach, in groups that share no target; the largest
        shortfall first. Where a target with mass has no pair at all, targets that ask for too much, and each source that has
        no pair either.
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
        return math.fsum(np.concatenate([self.problem.a * self.f, self.problem.b * self.g]))

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
    n, m = problem.shape
    view = _View.of(problem, np.isin(np.arange(n), i), np.isin(np.arange(m), j))
    here, there = (j, i) if view.turned else (i, j)
    return _concluded(view, _Flow.of(view, here, there), here, there)


def infeasibility_of(problem: TransportProblem, plan: csr_array) -> Infeasibility | None:
    """The proof that no feasible plan exists, from one that carries as much mass as can be; None where that proves nothing.

    Sources that it leaves with mass, the targets that they may reach, the sources that it serves these from, and so on: where
    none of these targets has room left, the sources hold too much. Where an atom with mass has no pair the plan plays no part:
    a maximum flow along some of the pairs, and more until its cut is one of all pairs, proves it. Costs are looked at in blocks.
    """
    cut_off, reach = stranded(problem)
    view = _View.of(problem, *reach)
    if cut_off:
        return _concluded(view, *_enough(view))
    unserved = problem.a - np.asarray(plan.sum(axis=1)).ravel()
    unfilled = np.maximum(problem.b - np.asarray(plan.sum(axis=0)).ravel(), 0.0)
    into = csc_array(plan)
    sources, targets = unserved > _LEFT * problem.mass_unit, np.zeros(problem.target.size, dtype=bool)
    fresh, pairs = np.flatnonzero(sources), []
    while fresh.size:
        pairs.append(view.pairs(fresh))
        reached = np.unique(pairs[-1][1])
        reached = reached[~targets[reached]]
        targets[reached] = True
        fresh = np.setdiff1d(np.unique(into[:, reached].indices), np.flatnonzero(sources))
        sources[fresh] = True
    if not pairs:
        return None
    i, j = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return _concluded(view, _Flow(sources, np.maximum(unserved, 0.0), unfilled, problem.mass_unit), i, j)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A problem from the side that is stuck: sources with nowhere to go or, turned round, targets with nowhere to come from.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    turned : bool
        Whether the targets are looked at.
    alone : ndarray of int
        Sources with mass that have no pair, where the view is turned and does not name them.
    """

    problem: TransportProblem
    turned: bool
    alone: IndexArray

    @classmethod
    def of(cls, problem: TransportProblem, sources: BoolArray, targets: BoolArray) -> _View:
        """The sources' view, unless a target with mass has no pair; by which sources and targets have one."""
        weighs = _rounding(problem)
        turned = bool((~targets & (problem.b > weighs)).any())
        return cls(problem, turned, np.flatnonzero(turned & ~sources & (problem.a > weighs)))

    @property
    def stuck(self) -> Measure:
        """The side that is looked at."""
        return self.problem.target if self.turned else self.problem.source

    @property
    def other(self) -> Measure:
        """The side that it may reach."""
        return self.problem.source if self.turned else self.problem.target

    def pairs(self, atoms: IndexArray, but: BoolArray | None = None, most: int | None = None) -> tuple[IndexArray, IndexArray]:
        """Atoms of this side, and partners that each may move mass to or from: all but some, or so many spread over them."""
        found = []
        for atom in atoms.tolist():
            partners = self._partners(atom)
            partners = partners if but is None else partners[~but[partners]]
            few = partners.size if most is None else min(most, partners.size)
            found.append(partners[np.arange(few) * partners.size // max(few, 1)])
        return np.repeat(atoms, [some.size for some in found]), np.concatenate([*found, atoms[:0]])

    def _partners(self, atom: int) -> IndexArray:
        if not self.turned:
            return np.flatnonzero(np.isfinite(self.problem.cost.block(slice(atom, atom + 1))[0]))
        sources = np.arange(self.other.size)
        return np.flatnonzero(np.isfinite(self.problem.cost.at(sources, np.full_like(sources, atom))))

    def verified(self, stuck: IndexArray, other: IndexArray) -> Bottleneck | None:
        """The bottleneck that atoms and all their partners are, if they are one by more than rounding."""
        held, room = math.fsum(self.stuck.mass[stuck]), math.fsum(self.other.mass[other])
        if held - room <= _rounding(self.problem):
            return None
        here, there = self.stuck.labels[stuck], self.other.labels[other]
        return Bottleneck(there, here, room, held, of_targets=True) if self.turned else Bottleneck(here, there, held, room)

    def certificate(self, bottlenecks: list[Bottleneck]) -> tuple[FloatArray, FloatArray]:
        """1 on the atoms that are stuck and -1 on their partners: f and g."""
        f, g = np.zeros(self.problem.source.size), np.zeros(self.problem.target.size)
        for bottleneck in bottlenecks:
            f[self.problem.source.labels.get_indexer(bottleneck.sources)] = -1.0 if self.turned else 1.0
            g[self.problem.target.labels.get_indexer(bottleneck.targets)] = 1.0 if self.turned else -1.0
        return f, g


def stranded(problem: TransportProblem) -> tuple[bool, tuple[BoolArray, BoolArray]]:
    """Whether an atom has more mass than rounding and no pair that is not forbidden; the sources and targets that have one."""
    sources, targets = np.ones(problem.source.size, dtype=bool), np.ones(problem.target.size, dtype=bool)
    if problem.has_forbidden:
        targets[:] = False
        for rows, block in problem.cost.blocks():
            allowed = np.isfinite(block)
            sources[rows] = allowed.any(axis=1)
            targets |= allowed.any(axis=0)
    cut_off = max(problem.a[~sources].max(initial=0.0), problem.b[~targets].max(initial=0.0))
    return bool(cut_off > _rounding(problem)), (sources, targets)


def _rounding(problem: TransportProblem) -> float:
    """The largest difference of masses that may be rounding."""
    return (problem.source.size + problem.target.size) * float(np.finfo(np.float64).eps) * problem.mass_unit


def _enough(view: _View) -> tuple[_Flow, IndexArray, IndexArray]:
    """A maximum flow along some pairs, the cut of which is one of all pairs; and all pairs of its stuck side."""
    here, there = view.pairs(np.arange(view.stuck.size), most=_FEW)
    while True:
        flow = _Flow.of(view, here, there)
        stuck, known = np.flatnonzero(flow.stuck), np.zeros(view.other.size, dtype=bool)
        known[there[flow.stuck[here]]] = True
        beyond = view.pairs(stuck, known, _FEW)
        if not beyond[0].size:
            return flow, *view.pairs(stuck)
        here, there = np.concatenate([here, beyond[0]]), np.concatenate([there, beyond[1]])


def _concluded(view: _View, flow: _Flow, here: IndexArray, there: IndexArray) -> Infeasibility | None:
    """What a maximum flow along pairs proves."""
    room = np.zeros(view.other.size, dtype=bool)
    room[there[flow.stuck[here]]] = True
    groups = _groups(flow.stuck, room, here, there)
    bottlenecks = [found for stuck, other in groups if (found := view.verified(stuck, other)) is not None]
    if not bottlenecks:
        return None
    problem = view.problem
    proof = view.certificate(bottlenecks)
    for k in view.alone:
        bottlenecks.append(Bottleneck(problem.source.labels[[k]], problem.target.labels[:0], float(problem.a[k]), 0.0))
    bottlenecks.sort(key=lambda bottleneck: -bottleneck.shortfall)
    i, j, mass = flow.left_over()
    return Infeasibility(problem, tuple(bottlenecks), *proof, (j, i, mass) if view.turned else (i, j, mass))


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """A maximum flow along the pairs: the stuck side of its minimum cut, and what it leaves on either side."""

    stuck: BoolArray
    unserved: FloatArray
    unfilled: FloatArray
    total: float

    @classmethod
    def of(cls, view: _View, here: IndexArray, there: IndexArray) -> _Flow:
        """The flow along some pairs."""
        held, room = view.stuck.mass, view.other.mass
        n, m = held.size, room.size
        size = math.ceil(math.log2(view.problem.mass_unit))  # a power of 2, in which whole numbers are whole
        supply, demand = np.floor(np.ldexp(held, _DIGITS - size)), np.ceil(np.ldexp(room, _DIGITS - size))
        source, sink = n + m, n + m + 1
        tails = np.concatenate([np.full(n, source), here, n + np.arange(m)])
        heads = np.concatenate([np.arange(n), n + there, np.full(m, sink)])
        most = np.concatenate([supply, np.full(here.size, _UNITS), demand]).astype(np.int32)
        graph = csr_array(coo_array((most, (tails, heads)), shape=(n + m + 2, n + m + 2)))
        flow = maximum_flow(graph, source, sink).flow
        residual = csr_array(graph - flow)
        residual.data[residual.data < 0] = 0
        residual.eliminate_zeros()
        reached = np.zeros(n + m + 2, dtype=bool)
        reached[breadth_first_order(residual, source, return_predecessors=False)] = True
        sent, received = flow[[source]].toarray()[0, :n], -flow[[sink]].toarray()[0, n : n + m]
        left, taken = np.ldexp(supply - sent, size - _DIGITS), np.ldexp(received.astype(np.float64), size - _DIGITS)
        return cls(reached[:n], left, np.maximum(room - taken, 0.0), view.problem.mass_unit)

    def left_over(self) -> tuple[IndexArray, IndexArray, FloatArray]:
        """What the stuck side is left with, laid onto what the other lacks, in order: both ends and the mass of each piece."""
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


def _groups(stuck: BoolArray, room: BoolArray, here: IndexArray, there: IndexArray) -> list[tuple[IndexArray, IndexArray]]:
    """Atoms with their partners, taken apart where they share none."""
    n, m = stuck.size, room.size
    within = stuck[here]
    graph = coo_array((np.ones(int(within.sum())), (here[within], n + there[within])), shape=(n + m, n + m))
    _, part = connected_components(graph, directed=False)
    return [(np.flatnonzero(stuck & (part[:n] == k)), np.flatnonzero(room & (part[n:] == k))) for k in np.unique(part[:n][stuck])]
