"""Arcs that are generated: a flow program that starts from few arcs and is given those that its potential asks for.

The cost is a metric on the nodes. A flow on some of the pairs costs at least the transport cost; its potential f need not be
1-Lipschitz where there is no arc. Each round prices all pairs of a node with surplus and a node with deficit, in blocks, adds the
worst of those with f_i - f_j > d_ij as arcs, and solves again from the last basis, until there are none. Then f is 1-Lipschitz
between these nodes, min_j f_j + d_ij over the deficit nodes extends it to all, and the flow is optimal among all pairs.

Every round has bounds: the flow's cost above; below, the value of f lowered at each surplus node by its worst violation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.formulations import Links
from otmodels.formulations.lipschitz import flow_program
from otmodels.languages import DUAL_SIMPLEX, INTERIOR_POINT, PRIMAL_SIMPLEX, Session, refine
from otmodels.lipschitz_certificate import closed
from otmodels.network import Arcs, Network
from otmodels.status import OPTIMAL, PointStatus, Status, Termination

PER_NODE = 4
"""Most arcs that a round adds at a node of either side."""

REACH = 3
"""Coprime directions to start from: on 64 x 64 pixels 3 took 5.6 s on smooth fields and 10 s on photographs, 1 took 4.0 s and
13 s, and 4 took 8 s and 11 s."""

MANY_NODES = 1024
"""From this many nodes on, the first run is one of the interior point method."""

ROUNDING = 16 * np.finfo(np.float64).eps
"""A violation below this part of the largest cost is rounding."""


@dataclass(frozen=True, slots=True)
class Round:
    """Where the generation stands.

    Attributes
    ----------
    number : int
        Rounds done, from 0.
    arcs : int
        Arcs in the program.
    lower, upper : float
        Proven bounds on the transport cost, the best so far.
    seconds : float
        Time since the start.
    """

    number: int
    arcs: int
    lower: float
    upper: float
    seconds: float

    @property
    def gap(self) -> float:
        """Width of the bounds over the upper one."""
        return max(self.upper - self.lower, 0.0) / self.upper if self.upper > 0 else 0.0

    def __str__(self) -> str:
        bounds = f"value in [{self.lower:.9g}, {self.upper:.9g}]"
        return f"round {self.number}: {self.arcs} arcs, {bounds}, gap {self.gap:.1e}, {self.seconds:.1f} s"


Watch: TypeAlias = Callable[[Round], None]
"""Called after each round."""


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """What generation ended with.

    Attributes
    ----------
    status : Status
        Optimal, or why it stopped.
    network : Network
        With the arcs as generated.
    flow, potential : ndarray (k,), (N,)
        The best flow and, 1-Lipschitz between all nodes, the best potential.
    rounds : tuple of Round
        Bounds by round.
    iterations, refinements : int
        Of all runs of HiGHS.
    """

    status: Status
    network: Network
    flow: FloatArray
    potential: FloatArray
    rounds: tuple[Round, ...]
    iterations: int
    refinements: int


def generate(
    start: Network,
    *,
    stretch: float = np.inf,
    gap: float = 0.0,
    time_limit: float | None = None,
    watch: Watch | None = None,
    verbose: bool = False,
) -> Generated:
    """Solve a flow program over all pairs of nodes, starting from the arcs of a network.

    Parameters
    ----------
    start : Network
        Of a metric cost, connected.
    stretch : float
        How many times the distance a path along the arcs can be, `detour` of a grid's directions: f / stretch is
        1-Lipschitz, which bounds the cost before any pair is priced.
    gap : float
        Relative gap between the bounds at which to stop, 0 for the exact value.
    time_limit : float, optional
        Seconds.
    watch : callable, optional
        Called with a `Round` after each round.
    verbose : bool
        Whether HiGHS prints its log.
    """
    return _Generation(start, stretch, time.perf_counter() + (time_limit or np.inf), verbose, watch).run(gap)


@dataclass(slots=True)
class _Generation:
    """The state of a generation."""

    start: Network
    stretch: float
    deadline: float
    verbose: bool
    watch: Watch | None
    started: float = field(default_factory=time.perf_counter)
    rounds: list[Round] = field(default_factory=list)
    flow: FloatArray = field(default_factory=lambda: np.zeros(0))
    network: Network = field(init=False)
    session: Session = field(init=False)
    potential: FloatArray = field(init=False)

    def run(self, gap: float) -> Generated:
        """Rounds until nothing is violated, the gap is reached, or something stops them."""
        if not self.start.nodes.divergence.any():
            return self._nothing_moves()
        self.network, self.potential = self.start, np.zeros(self.start.nodes.size)
        self.session = Session(flow_program(Links(self.start)), self.deadline, self.verbose)
        refinements = 0
        try:
            status, f = self._rounds(gap)
            if status.optimal:
                self.flow, self.potential, refinements = refine(self.session, self.flow, f)
        except KeyboardInterrupt:
            status = self._ended(Termination.INTERRUPTED)
        flow = np.concatenate([np.maximum(self.flow, 0.0), np.zeros(self.network.arcs.count - self.flow.size)])
        potential, iterations = closed(self.network, self.potential), self.session.iterations
        return Generated(status, self.network, flow, potential, tuple(self.rounds), iterations, refinements)

    def _rounds(self, gap: float) -> tuple[Status, FloatArray]:
        """Solve, price and add arcs; the status, and the multipliers of the last run."""
        method = INTERIOR_POINT if self.network.nodes.size >= MANY_NODES else DUAL_SIMPLEX
        prices, f = _Prices(self.network), self.potential
        while True:
            answer = self.session.run(method)
            if not answer.status.optimal or answer.x is None or answer.y is None:
                return self._ended(answer.status.termination), f
            self.flow, f = answer.x, answer.y
            found = prices.of(f, self.network.arcs)
            self._note((found.lowered, f / self.stretch))
            if not found.tail.size:
                return OPTIMAL, f
            if self.rounds[-1].gap <= gap:
                return Status(Termination.GAP, PointStatus.FEASIBLE, PointStatus.FEASIBLE), f
            added = found.arcs(self.network)
            self.session.add_columns(added.length, added.incidence())
            self.network = Network(self.network.problem, self.network.nodes, _joined(self.network.arcs, added))
            method = PRIMAL_SIMPLEX

    def _ended(self, termination: Termination) -> Status:
        known = PointStatus.FEASIBLE if self.rounds else PointStatus.NONE
        return Status(termination, known, known)

    def _nothing_moves(self) -> Generated:
        nodes, arcs = self.start.nodes.size, self.start.arcs.count
        self.rounds.append(Round(0, arcs, 0.0, 0.0, time.perf_counter() - self.started))
        return Generated(OPTIMAL, self.start, np.zeros(arcs), np.zeros(nodes), tuple(self.rounds), 0, 0)

    def _note(self, candidates: tuple[FloatArray, ...]) -> None:
        """Record the bounds of a round, and keep the potential of the best lower one."""
        upper, best = float(self.network.arcs.length @ self.flow), self.rounds[-1].lower if self.rounds else -np.inf
        for potential in candidates:
            value = float(self.network.nodes.divergence @ potential)
            if value > best:
                best, self.potential = value, potential
        seconds = time.perf_counter() - self.started
        self.rounds.append(Round(len(self.rounds), self.network.arcs.count, best, upper, seconds))
        if self.watch:
            self.watch(self.rounds[-1])


def _joined(one: Arcs, other: Arcs) -> Arcs:
    ends = [(one.tail, other.tail), (one.head, other.head), (one.length, other.length)]
    tail, head, length = (np.concatenate(pair) for pair in ends)
    start = one.description.removesuffix(_AND_GENERATED)
    return Arcs(one.size, tail, head, length, f"{start}{_AND_GENERATED}")


_AND_GENERATED = " and generated arcs"


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What pricing found: f lowered where it is too steep, and the arcs to add."""

    lowered: FloatArray
    tail: IndexArray
    head: IndexArray
    length: FloatArray

    def arcs(self, network: Network) -> Arcs:
        """The arcs to add."""
        return Arcs(network.nodes.size, self.tail, self.head, self.length, "generated")


class _Prices:
    """d_ij - (f_i - f_j) for surplus nodes i and deficit nodes j, in blocks."""

    def __init__(self, network: Network) -> None:
        surplus = network.nodes.divergence
        self.tails, self.heads = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
        self.cost = network.nodes.cost
        self.between = network.nodes.cost.among(self.tails, self.heads)
        self.floor = ROUNDING * network.problem.cost_unit

    def of(self, f: FloatArray, arcs: Arcs) -> _Found:
        """The violations of f, and the worst ones of each node that are no arcs yet."""
        lowered, keys = f.copy(), []
        into = _Least.none(self.heads.size)
        for rows, block in self.between.blocks():
            tails = self.tails[rows]
            slack = block - (f[tails, None] - f[None, self.heads])
            lowered[tails] += np.minimum(slack.min(axis=1), 0.0)
            out_of = _Least.of(slack.T)
            j, i = out_of.below(-self.floor)
            keys.append(tails[i] * f.size + self.heads[j])
            into = into.merged(_Least.of(slack), tails)
        tail, j = into.below(-self.floor)
        key = np.unique(np.concatenate([*keys, tail * f.size + self.heads[j]]))
        key = key[~np.isin(key, arcs.tail * f.size + arcs.head)]
        tail, head = key // f.size, key % f.size
        return _Found(lowered, tail, head, self.cost.at(tail, head))


@dataclass(frozen=True, slots=True, eq=False)
class _Least:
    """The few least entries of each column of an array, and their rows."""

    value: FloatArray
    row: IndexArray

    @classmethod
    def none(cls, columns: int) -> _Least:
        """Of an array without rows."""
        return cls(np.empty((0, columns)), np.empty((0, columns), dtype=np.intp))

    @classmethod
    def of(cls, array: FloatArray) -> _Least:
        """The `PER_NODE` least of each column."""
        if array.shape[0] <= PER_NODE:
            return cls(array, np.broadcast_to(np.arange(array.shape[0])[:, None], array.shape))
        row = np.argpartition(array, PER_NODE, axis=0)[:PER_NODE]
        return cls(np.take_along_axis(array, row, axis=0), row)

    def merged(self, other: _Least, names: IndexArray) -> _Least:
        """The least of these and of others, whose rows have other names."""
        value, row = np.concatenate([self.value, other.value]), np.concatenate([self.row, names[other.row]])
        kept = _Least.of(value)
        return _Least(kept.value, np.take_along_axis(row, kept.row, axis=0))

    def below(self, floor: float) -> tuple[IndexArray, IndexArray]:
        """Rows and columns of those below a floor."""
        k, column = np.nonzero(self.value < floor)
        return self.row[k, column], column
