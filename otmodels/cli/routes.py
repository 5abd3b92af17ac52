"""How a command gets from a problem to a result: the program that was asked for, or the fastest route."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from otmodels.certificate import certify
from otmodels.cli.terminal import log_on_stderr, progress
from otmodels.cost import BaseCost
from otmodels.distance import wasserstein_distance
from otmodels.errors import ParameterError
from otmodels.formulations import KANTOROVICH
from otmodels.generation import Round
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.metrics import Haversine, Metric, Minkowski
from otmodels.model import error_of
from otmodels.network import Graph, GraphCost
from otmodels.network.network import MOST_ARCS
from otmodels.problem import TransportProblem
from otmodels.solution import Solution, Unsolved
from otmodels.status import PointStatus, Status, Termination
from otmodels.verbs import solve

MOST_PAIRS = 1 << 26
"""Most pairs of a program that states them all: above, it would take tens of gigabytes."""


def most_pairs(language: str) -> int:
    """Most pairs of a program that states them all: above, it would take tens of gigabytes."""
    return MOST_PAIRS if language == "highspy" else MOST_ARCS


def check_size(problem: TransportProblem, form: str, language: str) -> None:
    """Refuse one of Kantorovich's programs that would not fit into memory.

    Raises
    ------
    ParameterError
        It has more than `most_pairs`.
    """
    n, m = problem.shape
    if form in KANTOROVICH and n * m > most_pairs(language):
        fault = f"is {form}, which states all {n * m:,} pairs, and {language} is given at most {most_pairs(language):,}"
        remedy = "Use --support generated, or --form flow --support neighbours on a grid or a graph"
        raise ParameterError("--form", fault, remedy)


def solved(
    problem: TransportProblem,
    form: str,
    language: str,
    *,
    support: str = "full",
    force: bool = False,
    time_limit: float | None = None,
    verbose: bool = False,
) -> Result:
    """Solve a form in a language, with its progress on stderr.

    Raises
    ------
    InputError, InfeasibleError
    """
    if support == "full":
        check_size(problem, form, language)
    task = f"solving the {form} in {language}"
    with log_on_stderr() if verbose else progress(task) as say:
        result = solve(
            problem,
            form,
            language,
            support=support,
            force=force,
            time_limit=time_limit,
            throw=False,
            watch=_watch([], say),
            verbose=verbose,
        )
    return _feasible(result)


def shortest(
    problem: TransportProblem, *, gap: float = 0.0, time_limit: float | None = None, verbose: bool = False
) -> tuple[Result, list[Round]]:
    """Solve by the fastest route, with its rounds on stderr; what is proven by then where Ctrl-C comes between two.

    Raises
    ------
    ParameterError
        The cost is a matrix, or a number is out of range.
    InfeasibleError
    """
    metric, order, power = _metric(problem.cost)
    rounds: list[Round] = []
    with log_on_stderr() if verbose else progress("solving by the fastest route") as say:
        try:
            result = wasserstein_distance(
                problem.source,
                problem.target,
                metric,
                power,
                order=order,
                gap=gap,
                time_limit=time_limit,
                throw=False,
                watch=_watch(rounds, say),
                verbose=verbose,
            )
        except KeyboardInterrupt:
            if not rounds:
                raise
            result = _interrupted(problem, rounds[-1])
    return _feasible(result), rounds


def _feasible(result: Result) -> Result:
    """A result, unless there is no feasible plan: that is an error, and the data's fault."""
    if isinstance(result, Unsolved) and result.status.termination is Termination.INFEASIBLE:
        raise error_of(result)
    return result


def is_certified(result: Result) -> bool:
    """Whether a result proves that it is optimal."""
    return isinstance(result, Solution | LipschitzSolution) and result.certificate.passed


def _watch(rounds: list[Round], say: Callable[[str], None] | None) -> Callable[[Round], None]:
    def watch(made: Round) -> None:
        rounds.append(made)
        if say is not None:
            bounds = f"in [{made.lower:.6g}, {made.upper:.6g}]"
            say(f"round {made.number}: {made.columns:,} columns, {bounds}, gap {made.gap:.0e}")

    return watch


def _metric(cost: BaseCost) -> tuple[str | Graph, float | None, float]:
    """Metric, order and power, as `wasserstein_distance` takes them."""
    if isinstance(cost, GraphCost):
        return cost.graph, None, cost.power
    if isinstance(cost, GroundCost):
        return *named(cost.metric), cost.power
    remedy = "Use otmodels solve, or give points and --metric, or labels and --graph"
    raise ParameterError("cost", "is a matrix, and a distance needs a metric", remedy)


def named(metric: Metric) -> tuple[str, float | None]:
    """Name and order of a metric, as `wasserstein_distance` takes them."""
    if isinstance(metric, Minkowski):
        return (metric.name, None) if metric.order in (1, 2, np.inf) else ("minkowski", metric.order)
    assert isinstance(metric, Haversine)
    return "haversine", None


def _interrupted(problem: TransportProblem, last: Round) -> Unsolved:
    status = Status(Termination.INTERRUPTED, PointStatus.FEASIBLE, PointStatus.FEASIBLE)
    message = f"{status.termination.value}; its rounds stood at {last}"
    return Unsolved(status, problem, certify(problem, plan=csr_array(problem.shape)).interval, message)
