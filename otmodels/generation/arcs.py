"""Arcs that are generated: a flow program that starts from few arcs and is given those that its potential asks for.

The cost is a metric on the nodes. A flow on some of the pairs costs at least the transport cost; its potential f need not be
1-Lipschitz where there is no arc. Each round prices all pairs of a node with surplus and a node with deficit, in blocks, adds the
worst of those with f_i - f_j > d_ij as arcs, and solves again from the last basis, until there are none. Then f is 1-Lipschitz
between these nodes, min_j f_j + d_ij over the deficit nodes extends it to all, and the flow is optimal among all pairs.

Every round has bounds: the flow's cost above; below, the value of f lowered at each surplus node by its worst violation.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.formulations import Links
from otmodels.formulations.lipschitz import flow_program
from otmodels.generation.rounds import FINISHES, ROUNDING, Generation, Round, Watch
from otmodels.languages import DUAL_SIMPLEX, INTERIOR_POINT, PRIMAL_SIMPLEX, Session, refine
from otmodels.languages.highs import Answer
from otmodels.lipschitz_certificate import closed
from otmodels.masses import light
from otmodels.network import Arcs, Network
from otmodels.status import OPTIMAL, Status

PER_NODE = 4
"""Most arcs that a round adds at a node of either side."""

REACH = 3
"""Coprime directions to start from: on 64 x 64 pixels 3 took 5.6 s on smooth fields and 10 s on photographs, 1 took 4.0 s and
13 s, and 4 took 8 s and 11 s."""

MANY_NODES = 1024
"""From this many nodes on, the first run is one of the interior point method."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedArcs:
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
    seconds : float
        Wall time.
    """

    status: Status
    network: Network
    flow: FloatArray
    potential: FloatArray
    rounds: tuple[Round, ...]
    iterations: int
    refinements: int
    seconds: float


def generate_arcs(
    start: Network,
    *,
    stretch: float = np.inf,
    gap: float = 0.0,
    time_limit: float | None = None,
    watch: Watch | None = None,
    verbose: bool = False,
) -> GeneratedArcs:
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
    made = _Arcs(start, stretch, time.perf_counter() + (time_limit or np.inf), watch, verbose)
    return made.nothing_moves() if not start.nodes.divergence.any() else made.generated(gap)


class _Arcs(Generation):
    """A flow program whose arcs are generated."""

    def __init__(self, start: Network, stretch: float, deadline: float, watch: Watch | None, verbose: bool) -> None:
        super().__init__(deadline, watch, verbose)
        self.network, self.stretch = start, stretch
        self.surplus = _without_light(start.nodes.divergence)
        self.flow, self.potential = np.zeros(0), np.zeros(start.nodes.size)

    def generated(self, gap: float) -> GeneratedArcs:
        """What the rounds end with."""
        program = replace(flow_program(Links(self.network)), row_lower=self.surplus, row_upper=self.surplus.copy())
        self.session = Session(program, self.deadline, self.verbose)
        self._prices = _Prices(self.network, self.surplus)
        status = self.run(gap)
        flow = np.concatenate([np.maximum(self.flow, 0.0), np.zeros(self.network.arcs.count - self.flow.size)])
        potential, iterations = closed(self.network, self.potential, self.surplus), self.session.iterations
        about = tuple(self.rounds), iterations, self.refinements, self.seconds
        return GeneratedArcs(status, self.network, flow, potential, *about)

    def nothing_moves(self) -> GeneratedArcs:
        """Where both measures are the same."""
        nodes, arcs = self.network.nodes.size, self.network.arcs.count
        self.note(arcs, 0.0, 0.0)
        return GeneratedArcs(OPTIMAL, self.network, np.zeros(arcs), np.zeros(nodes), tuple(self.rounds), 0, 0, self.seconds)

    def first(self) -> Answer:
        """All arcs of the network at once."""
        return self.session.run(INTERIOR_POINT if self.network.nodes.size >= MANY_NODES else DUAL_SIMPLEX)

    def price(self, x: FloatArray, y: FloatArray) -> bool:
        """Steepness of the potential y along all pairs of a surplus and a deficit node."""
        self.flow = x
        self._found = self._prices.of(y, self.network.arcs)
        self._bound((self._found.lowered, y / self.stretch))
        return not self._found.tail.size

    def add(self) -> None:
        """The steepest pairs as arcs."""
        added = self._found.arcs(self.network)
        self.session.add_columns(added.length, added.incidence())
        self.network = Network(self.network.problem, self.network.nodes, _joined(self.network.arcs, added))

    def finish(self, x: FloatArray, y: FloatArray) -> Status:
        """Flow and potential to relative accuracy; refined potentials are priced like any other."""
        for _ in range(FINISHES):
            flow, potential, rounds = refine(self.session, x, y)
            self.refinements += rounds
            if self.price(flow, potential):
                return OPTIMAL
            self.as_stated()
            self.add()
            answer = self.session.run(PRIMAL_SIMPLEX)
            if not answer.status.optimal or answer.x is None or answer.y is None:
                return OPTIMAL if answer.status.optimal else self._ended(answer.status.termination)
            x, y = answer.x, answer.y
        return OPTIMAL

    def _bound(self, candidates: tuple[FloatArray, ...]) -> None:
        """Note the bounds of a round, and keep the potential of the best lower one."""
        best = self.rounds[-1].lower if self.rounds else -np.inf
        for potential in candidates:
            value = float(self.surplus @ potential)
            if value > best:
                best, self.potential = value, potential
        self.note(self.network.arcs.count, best, float(self.network.arcs.length @ self.flow))


def _without_light(surplus: FloatArray) -> FloatArray:
    """The surplus (N,) with light entries 0, and what they come to at the heaviest."""
    found = light(surplus)
    kept = np.where(found, 0.0, surplus)
    kept[int(np.abs(surplus).argmax())] += float(surplus[found].sum())
    return kept


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

    def __init__(self, network: Network, surplus: FloatArray) -> None:
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
