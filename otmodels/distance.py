"""Wasserstein distances by the fastest exact route that the data allow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Literal, overload

import numpy as np
from scipy.sparse import coo_array, csr_array

from otmodels.arguments import check_flags, check_real, check_type, check_watch
from otmodels.certificate import certify
from otmodels.deadline import keeps_time_limit
from otmodels.errors import ParameterError
from otmodels.families import Effort, Way, exactly, planned, settled, solution_of, ungenerated, ungenerated_arcs
from otmodels.generation import DIRECT, REACH, Asked, GeneratedArcs, GeneratedPairs, Watch, generate_arcs, generate_pairs
from otmodels.ground import GroundCost, ground_cost
from otmodels.languages import PRIMAL_SIMPLEX, check_time_limit
from otmodels.line import Line, exact_staircase, flow_along, potentials_along, rounded_staircase
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import MetricFunction, Minkowski
from otmodels.model import raise_unless_settled, versions
from otmodels.network import Graph, Grid, Network, detour, graph_cost
from otmodels.potentials import close, normalise
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution, Unsolved
from otmodels.solve import Support, all_pairs, solve
from otmodels.status import OPTIMAL, Termination
from otmodels.tolerances import DEFAULT, Tolerances

MOST_PAIRS = 1 << 28
"""Up to so many pairs generated ones are tried where another route gave no proof: minutes."""


@overload
def wasserstein_distance(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction | Graph = ...,
    power: float = ...,
    *,
    order: float | None = ...,
    balance: str = ...,
    gap: float = ...,
    time_limit: float | None = ...,
    throw: Literal[True] = ...,
    watch: Watch | None = ...,
    verbose: bool = ...,
) -> Solution | LipschitzSolution: ...
@overload
def wasserstein_distance(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction | Graph = ...,
    power: float = ...,
    *,
    order: float | None = ...,
    balance: str = ...,
    gap: float = ...,
    time_limit: float | None = ...,
    throw: bool,
    watch: Watch | None = ...,
    verbose: bool = ...,
) -> Result: ...
@keeps_time_limit
def wasserstein_distance(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction | Graph = "euclidean",
    power: float = 1.0,
    *,
    order: float | None = None,
    balance: str = "raise",
    gap: float = 0.0,
    time_limit: float | None = None,
    throw: bool = True,
    watch: Watch | None = None,
    verbose: bool = False,
) -> Result:
    """Solve the transport problem of a ground metric by the fastest exact route, and certify the answer.

    The routes, the first that applies: on the line a closed form; on a grid with the city-block or Chebyshev metric, and on
    a graph, a flow between neighbours; on a grid with another metric of a norm, a flow on arcs that are generated; else the
    program of all pairs, on pairs that are generated where there are more than 4096. `solution.provenance.reason` says which
    was taken and why.

    Parameters
    ----------
    source, target : Measure
        With points of the same dimension; for a graph, with its vertices as labels.
    metric : str, callable or Graph
        As for `ground_cost`, or a graph, whose metric is the length of a shortest path.
    power : float
        p > 0: the cost is metric^p, the value is W_p^p and `solution.distance` W_p, which is finite where W_p^p is not.
    order : float, optional
        Of the Minkowski metric.
    balance : {"raise", "rescale"}
        As for `TransportProblem`.
    gap : float
        Relative gap between certified bounds at which generation may stop, 0 for the exact value.
    time_limit : float, optional
        Seconds, > 0.
    throw : bool
        Raise where there is no optimal solution, or none that is certified; otherwise return an `Unsolved` with the proven
        interval, or the best solution, whose certificate says that it is not one.
    watch : callable, optional
        Called with a `Round` (number, columns, lower, upper, seconds) after each round of generation.
    verbose : bool
        Whether HiGHS prints its log.

    Raises
    ------
    InputError
        Data or options that cannot be used.
    StoppedError
        Stopped by `time_limit` or Ctrl-C; the error has the certified interval.
    SolveError
        Neither the route, nor other ones, nor exact arithmetic gave an answer that is certified; the error has the interval and
        the best solution.

    Examples
    --------
    >>> from otmodels import Measure
    >>> solution = wasserstein_distance(Measure([1, 1], points=[0, 1]), Measure([1, 1], points=[2, 5]), power=2)
    >>> solution.value, solution.provenance.form
    (20.0, 'closed form')
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    if not (isinstance(gap, Real) and 0 <= gap < 1):
        raise ParameterError("gap", f"is {gap!r}", "Give a relative gap in [0, 1), such as 1e-3; 0 asks for the exact value")
    check_real("power", power, "Give a finite number > 0")
    if order is not None:
        check_real("order", order, "Give minkowski an order >= 1, such as order=3")
    check_flags(throw=throw, verbose=verbose)
    check_watch(watch)
    check_time_limit(time_limit)
    if isinstance(metric, Graph):
        if order is not None:
            raise ParameterError("order", f"is {order} with a graph", "Only 'minkowski' takes an order")
        problem = TransportProblem(source, target, graph_cost(source, target, metric, power), balance)
    else:
        problem = TransportProblem(source, target, ground_cost(source, target, metric, power, order=order), balance)
    route = _Route(problem, gap, time_limit, watch, verbose)
    result = route.taken()
    result = settled(result, route.other_ways(result), route.effort)
    if throw:
        raise_unless_settled(result)
    return result


@dataclass(frozen=True, slots=True)
class _Route:
    """The ways to solve a problem of a ground metric, and what is asked for."""

    problem: TransportProblem
    gap: float
    time_limit: float | None
    watch: Watch | None
    verbose: bool
    started: float = field(default_factory=time.perf_counter)

    @property
    def effort(self) -> Effort:
        """What may be spent."""
        return Effort(self.started + (self.time_limit or np.inf), self._tolerances())

    def taken(self) -> Result:
        """The result of the first route that applies."""
        cost = self.problem.cost
        line = Line.of(cost)
        if line is not None:
            return self._flow_on_line() if line.power == 1 else self._monotone(line)
        if isinstance(cost, GroundCost) and cost.power == 1 and isinstance(cost.metric, Minkowski):
            grid = Grid.through(np.concatenate([cost.x, cost.y]))
            if grid is not None:
                return self._on_grid(cost.metric)
        if not isinstance(cost, GroundCost) and getattr(cost, "power", None) == 1:
            return self._solved("flow", "neighbours", "the metric of a graph, which its edges span")
        return self._dense()

    def _flow_on_line(self) -> Result:
        """W_1 on the line: between neighbouring points flows the difference of the masses to the left of them."""
        started = time.perf_counter()
        network = Network.neighbours(self.problem)
        points, arcs = network.nodes.points, network.arcs
        assert points is not None
        onward = flow_along(network.nodes.divergence)
        potential = np.concatenate([[0.0], -np.cumsum(np.sign(onward) * np.diff(points[:, 0]))])
        flow = np.zeros(arcs.count)
        flow[: onward.size], flow[onward.size :] = np.maximum(onward, 0.0), np.maximum(-onward, 0.0)
        made = self._closed_form("flow between neighbours on the line", "points on the line, power 1: a flow in closed form")
        made = replace(made, support=network.arcs.description, pairs=network.arcs.count)
        return _timed(solution_of(network, flow, potential, OPTIMAL, made), started)

    def _monotone(self, line: Line) -> Result:
        """W_p on the line: the monotone plan, and potentials along its staircase."""
        started = time.perf_counter()
        problem = self.problem
        solution = None
        for walk in (rounded_staircase, exact_staircase):
            i, j, mass = walk(line, problem.a, problem.b)
            f, g = close(problem, *normalise(problem, *potentials_along(line, i, j)))
            plan = csr_array(coo_array((mass[mass > 0], (i[mass > 0], j[mass > 0])), shape=problem.shape))
            certificate = certify(problem, plan, f, g)
            made = self._closed_form("monotone plan", "points on the line and a convex cost: the monotone plan is optimal")
            made = replace(made, support="pairs along the monotone plan", pairs=i.size)
            value = problem.cost.in_full(certificate.value)
            solution = Solution(OPTIMAL, problem, value, f, g, plan, certificate, made)
            if certificate.passed:
                break
        assert solution is not None
        return _timed(solution, started)

    def _on_grid(self, metric: Minkowski) -> Result:
        """Neighbours where they span the metric, else arcs that are generated."""
        network = None
        with suppress(ParameterError):
            network = Network.neighbours(self.problem)
        if network is None:
            return self._on_arcs(metric)
        return self._solved("flow", network, f"points on a grid and the {metric.name} metric, which neighbours span")

    def _dense(self) -> Result:
        """The program of all pairs; where they are many, on pairs that are generated."""
        n, m = self.problem.shape
        if n * m > DIRECT:
            return self._on_pairs()
        return self._solved("primal", "full", f"{self._why_dense()}: all pairs")

    def _why_dense(self) -> str:
        cost = self.problem.cost
        if getattr(cost, "power", 1) != 1:
            return f"cost {cost.description}, and off the line only power 1 has a faster route"
        if isinstance(cost, GroundCost) and isinstance(cost.metric, Minkowski):
            return "points that are neither on the line nor on a grid"
        return f"cost {cost.description}, which has no faster route"

    def _solved(self, form: str, support: Support, reason: str) -> Result:
        result = solve(
            self.problem, form, "highspy", support=support, time_limit=self.time_limit, throw=False, verbose=self.verbose
        )
        return result if isinstance(result, Unsolved) else replace(result, provenance=replace(result.provenance, reason=reason))

    def _on_arcs(self, metric: Minkowski) -> Result:
        """A flow on coprime directions, and the arcs that its potential asks for."""
        started = time.perf_counter()
        start = Network.directions(self.problem, REACH)
        assert start.nodes.grid is not None
        stretch = detour(start.nodes.grid, metric, REACH)
        made = generate_arcs(start, stretch=stretch, **self._asked())
        if made.status.termination.stopped or not made.rounds:
            return ungenerated_arcs(made)
        arcs = made.network.arcs
        reason = f"points on a grid and the {metric.name} metric: arcs generated in {_rounds(made)}"
        about = self._generation("flow", arcs.description, arcs.count, "arcs", made, reason)
        tolerances = self._tolerances()
        return _timed(solution_of(made.network, made.flow, made.potential, made.status, about, tolerances=tolerances), started)

    def _on_pairs(self) -> Result:
        """The program of all pairs, on those that are generated."""
        started = time.perf_counter()
        made = generate_pairs(self.problem, **self._asked())
        if not made.status.optimal and made.status.termination is not Termination.GAP:
            return ungenerated(self.problem, made)
        reason = f"{self._why_dense()}: pairs generated in {_rounds(made)}"
        about = self._generation("primal", "generated pairs", made.i.size, "pairs", made, reason)
        solution = planned(self.problem, made.plan, made.f, made.g, made.status, about, self._tolerances())
        return _timed(solution, started)

    def other_ways(self, result: Result) -> Iterator[Way]:
        """Where a route gave no proof: pairs that are generated, all of them, and exact arithmetic."""
        pairs = self.problem.shape[0] * self.problem.shape[1]
        if DIRECT < pairs <= MOST_PAIRS and not isinstance(result, Solution):
            yield lambda _: self._on_pairs()
        yield lambda _: all_pairs(self.problem, "primal", self.verbose, self.effort)
        about = "primal", "highspy", "all pairs", pairs, "network simplex in rational numbers", 0, 0, 0.0, 0.0, 0.0, 0.0
        yield lambda near: exactly(self.problem, near, Provenance(*about, versions("highspy")), self.effort)

    def _generation(
        self, form: str, support: str, columns: int, what: str, made: GeneratedArcs | GeneratedPairs, reason: str
    ) -> Provenance:
        algorithm = f"{PRIMAL_SIMPLEX.name} on generated {what}"
        counts, seconds = (made.iterations, made.refinements), made.rounds[-1].seconds
        return Provenance(
            form, "highspy", support, columns, algorithm, *counts, 0.0, 0.0, seconds, 0.0, versions("highspy"), reason
        )

    def _tolerances(self) -> Tolerances:
        """As wide as the gap that is asked for."""
        return replace(DEFAULT, gap=max(self.gap, DEFAULT.gap), complementarity=max(self.gap, DEFAULT.complementarity))

    def _asked(self) -> Asked:
        return Asked(gap=self.gap, time_limit=self.time_limit, watch=self.watch, verbose=self.verbose)

    def _closed_form(self, algorithm: str, reason: str) -> Provenance:
        return Provenance("closed form", "numpy", "", 0, algorithm, 0, 0, 0.0, 0.0, 0.0, 0.0, versions("numpy"), reason)


def _rounds(made: GeneratedArcs | GeneratedPairs) -> str:
    return "1 round" if len(made.rounds) == 1 else f"{len(made.rounds)} rounds"


def _timed(result: Solution | LipschitzSolution, started: float) -> Solution | LipschitzSolution:
    """The result with its seconds: those not spent in the solver count as reading and certifying."""
    made = result.provenance
    return replace(result, provenance=replace(made, extract_s=time.perf_counter() - started - made.solve_s))
