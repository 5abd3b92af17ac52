"""Wasserstein distances by the fastest exact route that the data allow."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Literal, overload

from otmodels.arguments import check_flags, check_real, check_type, check_watch
from otmodels.deadline import keeps_time_limit
from otmodels.errors import ParameterError
from otmodels.families import Way, exactly, settled
from otmodels.generation import DIRECT, Watch
from otmodels.ground import ground_cost
from otmodels.languages import check_time_limit
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import MetricFunction
from otmodels.model import raise_unless_settled, versions
from otmodels.network import Graph, graph_cost
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution
from otmodels.verbs import all_pairs
from otmodels.wasserstein import Task, first, generated_pairs

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
    was taken and why, `om.routes` which ones there are, without solving anything.

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
    task = Task(problem, gap, time_limit, watch, verbose)
    result = first(problem).solve(task)
    result = settled(result, _other_ways(task, result), task.effort)
    if throw:
        raise_unless_settled(result)
    return result


def _other_ways(task: Task, result: Result) -> Iterator[Way]:
    """Where a route gave no proof: pairs that are generated, all of them, and exact arithmetic."""
    pairs = task.problem.shape[0] * task.problem.shape[1]
    if DIRECT < pairs <= MOST_PAIRS and not isinstance(result, Solution):
        yield lambda _: generated_pairs.solve(task)
    yield lambda _: all_pairs(task.problem, "primal", task.verbose, task.effort)
    about = "primal", "highspy", "all pairs", pairs, "network simplex in rational numbers", 0, 0, 0.0, 0.0, 0.0, 0.0
    yield lambda near: exactly(task.problem, near, Provenance(*about, versions("highspy")), task.effort)
