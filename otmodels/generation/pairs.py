"""Pairs that are generated: Kantorovich's program over all pairs, solved on the few that matter.

1. Rough potentials and the pairs that they favour, see `otmodels.generation.start`.
2. A restricted program on these pairs. Its costs are reduced by the rough potentials, which is the same program up to a
   constant, so that the slack basis of the dual simplex method is dual feasible and near the optimum. Each marginal may be
   left unserved at a price: the program is feasible whatever the pairs, and its multipliers stay within that price of the
   rough ones, where a thin set of pairs would otherwise throw them far away.
3. Rounds: price all pairs in blocks, add the worst violated ones of each node, move the price limits with the multipliers and
   raise them while mass is unserved, go on with the primal simplex method from the last basis, until nothing is violated
   or unserved.

Every round has bounds: the cost of a feasible plan above; below, <a, f> + <b, f^c>.

Source: du Merle, Villeneuve, Desrosiers, Hansen (1999), Stabilized column generation; Schmitzer and Schnorr (2013), A
hierarchical approach to optimal transport.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack

from otmodels.arrays import FloatArray, IndexArray
from otmodels.blocks import over_blocks
from otmodels.cost import BaseCost
from otmodels.deadline import OutOfTimeError
from otmodels.errors import ParameterError
from otmodels.feasibility import stranded
from otmodels.generation.aside import put_back
from otmodels.generation.rounds import FINISHES, ROUNDING, Generation, Round, Watch
from otmodels.generation.start import Masses, start_from
from otmodels.generation.sweeps import first_of_node
from otmodels.ground import GroundCost
from otmodels.languages import DUAL_SIMPLEX, PRIMAL_SIMPLEX, Session, refine
from otmodels.languages.highs import Answer
from otmodels.lp import Program, numbered
from otmodels.masses import light
from otmodels.metrics import UserMetric
from otmodels.problem import TransportProblem
from otmodels.status import OPTIMAL, PointStatus, Status, Termination

PER_NODE = 2
"""Most pairs that a round adds at a node of either side."""

COARSE_GAP = 1e-3
"""Gap to which the sample is solved."""

_BOX, _GROW = 4.0, 8.0
"""First price of unserved mass, in entropies of the rough potentials, and its growth by a round."""

_LARGEST_PRICE = 1e3
"""Where mass is unserved at a price of so many times the largest cost and the number of nodes, it has nowhere to go."""

UNSERVED = 1e-12
"""Unserved mass below this part of the total is rounding."""

_SERVED, _LOSS, _PROVEN = 1e-10, 1e-12, 1e-10
"""How right the last answer is without refinement: nodes served relative to their own mass, loss and bounds to the value."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedPairs:
    """What generation ended with.

    Attributes
    ----------
    status : Status
        Optimal, or why it stopped; infeasible where mass has nowhere to go.
    i, j : ndarray (k,)
        The pairs in the program.
    plan : csr_array (n, m)
        The best plan; of an infeasible problem, as much of one as there can be.
    f, g : ndarray (n,), (m,)
        The best potentials, feasible on all pairs.
    rounds : tuple of Round
        Bounds by round.
    iterations, refinements : int
        Of all runs of HiGHS.
    seconds : float
        Wall time.
    """

    status: Status
    i: IndexArray
    j: IndexArray
    plan: csr_array
    f: FloatArray
    g: FloatArray
    rounds: tuple[Round, ...]
    iterations: int
    refinements: int
    seconds: float


def generate_pairs(
    problem: TransportProblem,
    *,
    gap: float = 0.0,
    time_limit: float | None = None,
    watch: Watch | None = None,
    verbose: bool = False,
) -> GeneratedPairs:
    """Solve a transport problem over all pairs, starting from few.

    Parameters
    ----------
    problem : TransportProblem
        The data; its cost is evaluated in blocks, and never held as a whole.
    gap : float
        Relative gap between the bounds at which to stop, 0 for the exact value.
    time_limit : float, optional
        Seconds.
    watch : callable, optional
        Called with a `Round` after each round.
    verbose : bool
        Whether HiGHS prints its log.

    Raises
    ------
    ParameterError
        A metric of the user's gives different distances for the same points.
    """
    cut_off, reach = stranded(problem)
    if cut_off:
        return _nothing(problem)
    rows, columns = (
        np.flatnonzero((mass > 0) & ~light(mass) & some) for mass, some in zip((problem.a, problem.b), reach, strict=True)
    )
    whole = (rows.size, columns.size) == problem.shape
    cost = problem.cost if whole else problem.cost.among(rows, columns)
    masses = problem.a[rows], problem.b[columns].copy()
    masses[1][int(masses[1].argmax())] += masses[0].sum() - masses[1].sum()
    deadline = time.perf_counter() + (time_limit or np.inf)
    made = _Pairs(cost, masses, deadline, watch, verbose).generated(gap)
    if whole:
        return made
    i, j, plan, f, g = put_back(problem, rows, columns, (made.i, made.j), made.plan, (made.f, made.g))
    return replace(made, i=i, j=j, plan=plan, f=f, g=g)


def _nothing(problem: TransportProblem) -> GeneratedPairs:
    """The answer where an atom with mass has no pair: infeasible, and no plan begun."""
    status, none = Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.NONE), np.zeros(0, dtype=np.intp)
    f, g = np.zeros(problem.a.size), np.zeros(problem.b.size)
    return GeneratedPairs(status, none, none, csr_array(problem.shape), f, g, (), 0, 0, 0.0)


class _Pairs(Generation):
    """A program whose first n + m columns are unserved mass, and whose others are pairs i m + j."""

    def __init__(self, cost: BaseCost, masses: Masses, deadline: float, watch: Watch | None, verbose: bool) -> None:
        super().__init__(deadline, watch, verbose)
        self.cost, self.masses = cost, masses
        self.total = float(masses[0].sum())
        self.keys, self.costs = np.zeros(0, dtype=np.intp), np.zeros(0)
        self.plan = north_west(masses, (np.zeros(cost.shape[0]), np.zeros(cost.shape[1])))
        self.potentials: Masses | None = None

    @property
    def nodes(self) -> int:
        """Rows of the program."""
        return self.cost.shape[0] + self.cost.shape[1]

    @property
    def unit(self) -> float:
        """Largest cost in the program."""
        return float(np.abs(self.costs).max(initial=0.0)) or 1.0

    def _scale(self, f: FloatArray, g: FloatArray) -> float:
        """What slacks are rounded relative to: no violated cost is above f + g, and outliers among the others do not count."""
        return min(self.unit, float(np.abs(f).max() + np.abs(g).max()))

    def generated(self, gap: float) -> GeneratedPairs:
        """What the rounds end with."""
        status = self.run(gap)
        f, g = self.potentials or _cheapest(self.cost)
        keys, mass = self.plan
        plan = csr_array((mass, np.divmod(keys, self.cost.shape[1])), shape=self.cost.shape)
        iterations = self.session.iterations if hasattr(self, "session") else 0
        i, j = np.divmod(self.keys, self.cost.shape[1])
        about = tuple(self.rounds), iterations, self.refinements, self.seconds
        return GeneratedPairs(status, i, j, plan, f, g, *about)

    def first(self) -> Answer:
        """The restricted program from the slack basis; where ties are many, at costs that break them, and then its own."""
        try:
            self._start = start_from(self.cost, self.masses, self._sampled, self._late)
        except OutOfTimeError:
            return Answer(Status(Termination.TIME_LIMIT, PointStatus.NONE, PointStatus.NONE), None, None)
        self._open()
        answer = self.session.run(DUAL_SIMPLEX)
        if self._start.tied and answer.status.optimal:
            self._charge(self._costs(np.zeros(self.nodes)))
            answer = self.session.run(PRIMAL_SIMPLEX)
        return answer

    def _late(self) -> bool:
        return time.perf_counter() > self.deadline

    def _sampled(self, cost: BaseCost, masses: Masses) -> Masses:
        """Potentials of the sample."""
        made = _Pairs(cost, masses, self.deadline, None, self.verbose).generated(COARSE_GAP)
        if made.status.termination is Termination.INTERRUPTED:
            raise KeyboardInterrupt
        if made.status.termination is Termination.TIME_LIMIT:
            raise OutOfTimeError
        return made.f, made.g

    def _open(self) -> None:
        """State the restricted program."""
        start, r = self._start, self.nodes
        self.keys, k = start.keys, start.keys.size
        self.costs = self.cost.at(*np.divmod(self.keys, self.cost.shape[1]))
        self.price_limit = _BOX * start.epsilon
        c = self._costs(np.zeros(r))
        if start.tied:
            c[r:] += start.epsilon * np.random.default_rng(0).random(k)
        sides = np.concatenate(self.masses)
        matrix = csc_array(hstack([eye_array(r, format="csc"), self._incidence(self.keys)]))
        names = numbered("row_", r), numbered("column_", r + k)
        program = Program(c, matrix, sides, sides.copy(), np.zeros(r + k), np.full(r + k, np.inf), *names)
        self.session = Session(program, self.deadline, self.verbose)
        self.session.highs.setOptionValue("threads", 1)

    def _costs(self, y: FloatArray) -> FloatArray:
        """Costs of all columns: unserved mass at the multipliers and the price, pairs at their slacks."""
        i, j = np.divmod(self.keys, self.cost.shape[1])
        return np.concatenate([y + self.price_limit, self.costs - self._start.f[i] - self._start.g[j]])

    def _incidence(self, keys: IndexArray) -> csc_array:
        i, j = np.divmod(keys, self.cost.shape[1])
        indices = np.stack([i, j + self.cost.shape[0]], axis=1).astype(np.int32).ravel()
        ends = np.arange(0, indices.size + 1, 2, dtype=np.int32)
        return csc_array((np.ones(indices.size), indices, ends), shape=(self.nodes, keys.size))

    def _charge(self, c: FloatArray) -> None:
        """Replace the costs of the first columns of the program."""
        self.session.change_costs(np.concatenate([c, self.session.program.c[c.size :]]))

    def price(self, x: FloatArray, y: FloatArray) -> bool:
        """Slacks of all pairs, the bounds, and whether nothing is violated or unserved."""
        n = self.cost.shape[0]
        f, g = self._start.f + y[:n], self._start.g + y[n:]
        self._violated, lowered = self._priced(f, g)
        self._y, self._unserved = y, float(x[: self.nodes].sum())
        lower = float(self.masses[0] @ f + self.masses[1] @ lowered)
        if not self.rounds or lower > self.rounds[-1].lower:
            self.potentials = f, lowered
        self.note(self.keys.size, lower, self._served(x, f, g))
        return not self._violated.size and self._all_served()

    def _all_served(self) -> bool:
        return self._unserved <= UNSERVED * self.total

    def add(self) -> Status | None:
        """The violated pairs, and a higher price where mass is unserved."""
        if not self._all_served():
            if self.price_limit <= _LARGEST_PRICE * self.nodes * self.unit:
                self.price_limit *= _GROW
                self._charge(self._y + self.price_limit)
            elif not self._violated.size:
                self.plan = self._carried
                return Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.FEASIBLE)
        self._add_violated()
        return None

    def _add_violated(self) -> None:
        keys = self._violated
        i, j = np.divmod(keys, self.cost.shape[1])
        costs = self.cost.at(i, j)
        self.session.add_columns(costs - self._start.f[i] - self._start.g[j], self._incidence(keys))
        self.keys, self.costs = np.concatenate([self.keys, keys]), np.concatenate([self.costs, costs])

    def finish(self, x: FloatArray, y: FloatArray) -> Status:
        """Where it is not right yet: unserved mass at a price above that of any pair, and refinement to relative accuracy."""
        if self._right(x, y):
            return OPTIMAL
        self._charge(np.full(self.nodes, 4 * self.unit) + np.abs(y))
        for _ in range(FINISHES):
            answer = self.session.run(PRIMAL_SIMPLEX)
            if not answer.status.optimal or answer.x is None or answer.y is None:
                return OPTIMAL if answer.status.optimal else self._ended(answer.status.termination)
            x, y, rounds = refine(self.session, answer.x, answer.y)
            self.refinements += rounds
            self.price(x, y)
            if not self._violated.size:
                return OPTIMAL
            self.as_stated()
            self._add_violated()
        return OPTIMAL

    def _right(self, x: FloatArray, y: FloatArray) -> bool:
        """Whether the pairs alone serve each node relative to its own mass, at no loss and at a cost near the lower bound.

        Multipliers that HiGHS takes for feasible relative to the largest cost can prove nothing where that is an outlier.
        """
        program, r, n = self.session.program, self.nodes, self.cost.shape[0]
        masses, moved = np.concatenate(self.masses), x[r:]
        missed = np.abs(program.A[:, r:] @ moved - masses)
        served = (missed <= _SERVED * masses + np.finfo(np.float64).eps * self.total).all()
        loss, value = float(np.abs(moved) @ np.abs(program.c - program.A.T @ y)[r:]), float(self.costs @ moved)
        rounding = 4 * ROUNDING * self._scale(self._start.f + y[:n], self._start.g + y[n:]) * self.total
        proven = value - self.rounds[-1].lower <= max(_PROVEN * abs(value), rounding)
        return bool(served and proven and loss <= max(_LOSS * abs(value), rounding))

    def _served(self, x: FloatArray, f: FloatArray, g: FloatArray) -> float:
        """Cost of the plan, unserved mass moved in north-west corner order; it is kept if it is the best so far."""
        r, n = self.nodes, self.cost.shape[0]
        moved = np.flatnonzero(x[r:] > 0)
        keys, mass, costs = self.keys[moved], x[r:][moved], self.costs[moved]
        self._carried = keys, mass
        if not self._all_served():
            more, amount = north_west((np.maximum(x[:n], 0.0), np.maximum(x[n:r], 0.0)), (f, g))
            keys, mass = np.concatenate([keys, more]), np.concatenate([mass, amount])
            costs = np.concatenate([costs, self.cost.at(*np.divmod(more, self.cost.shape[1]))])
        upper = float(costs @ mass)
        if self._all_served() or not self.rounds or upper <= self.rounds[-1].upper:
            self.plan = keys, mass
        return upper

    def _priced(self, f: FloatArray, g: FloatArray) -> tuple[IndexArray, FloatArray]:
        """Keys of the worst violated pairs of each node that are not in yet, and f^c."""
        m, floor = self.cost.shape[1], -ROUNDING * self._scale(f, g)

        def violated(rows: slice, block: FloatArray) -> tuple[FloatArray, IndexArray, FloatArray]:
            slack = block - f[rows, None]
            low = slack.min(axis=0)
            if (low - g).min() >= floor:
                return low, np.zeros(0, dtype=np.intp), np.zeros(0)
            slack -= g
            flat = np.flatnonzero(slack < floor)
            return low, flat + rows.start * m, slack.ravel()[flat]

        lows, keys, slacks = zip(*over_blocks(self.cost, violated), strict=True)
        lowered, key, value = np.min(lows, axis=0), np.concatenate(keys), np.concatenate(slacks)
        i, j = np.divmod(key, m)
        key = key[first_of_node(i, value, PER_NODE) | first_of_node(j, value, PER_NODE)]
        known = np.isin(key, self.keys)
        if known.any():
            self._check_steady(key[known])
        return key[~known], lowered

    def _check_steady(self, keys: IndexArray) -> None:
        """Raise where pairs of the program are violated because their distance is not what it was."""
        if not (isinstance(self.cost, GroundCost) and isinstance(self.cost.metric, UserMetric)):
            return
        i, j = np.divmod(keys, self.cost.shape[1])
        was = self.costs[np.argsort(self.keys)[np.searchsorted(np.sort(self.keys), keys)]]
        now = np.array([self.cost.block(slice(row, row + 1))[0, column] for row, column in zip(i[:8], j[:8], strict=True)])
        if (np.abs(now - was[:8]) > 1e-9 * self.unit).any():
            worst = int(np.abs(now - was[:8]).argmax())
            x, y = self.cost.x[i[worst]].tolist(), self.cost.y[j[worst]].tolist()
            fault = f"{self.cost.metric.name} gives {was[worst]:.9g} and then {now[worst]:.9g} between {x} and {y}"
            raise ParameterError("metric", fault, "Return the same distance for the same points, whatever block they are in")


def north_west(masses: Masses, order: Masses) -> tuple[IndexArray, FloatArray]:
    """Keys and masses of a plan: sources by rising order, targets by falling, each filled in turn; none where a side has no mass.

    >>> north_west((np.array([2.0, 1.0]), np.array([1.0, 2.0])), (np.zeros(2), np.zeros(2)))[0].tolist()
    [0, 1, 3]
    """
    (a, b), (f, g) = masses, order
    rows, columns = np.argsort(f, kind="stable"), np.argsort(-g, kind="stable")
    out, into = np.cumsum(a[rows]), np.cumsum(b[columns])
    if not (out[-1] > 0 and into[-1] > 0):
        return np.zeros(0, dtype=np.intp), np.zeros(0)
    into *= out[-1] / into[-1]
    cuts = np.sort(np.concatenate([out, into]))
    mass = np.diff(cuts, prepend=0.0)
    middle = cuts - mass / 2
    i = np.searchsorted(out, middle).clip(max=a.size - 1)
    j = np.searchsorted(into, middle).clip(max=b.size - 1)
    kept = mass > 0
    return (rows[i] * b.size + columns[j])[kept], mass[kept]


def _cheapest(cost: BaseCost) -> Masses:
    """Feasible potentials that are there at once: f = 0, and g the least cost of each target."""
    return np.zeros(cost.shape[0]), np.min(over_blocks(cost, lambda _, block: block.min(axis=0)), axis=0)
