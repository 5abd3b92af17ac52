"""W_1 on a graph, whose metric is spanned by its edges: a flow along them."""

from __future__ import annotations

from otmodels.lipschitz_solution import Result
from otmodels.network import GraphCost
from otmodels.problem import TransportProblem
from otmodels.wasserstein.task import Task

NAME = "flow along the edges of a graph"


def applies(problem: TransportProblem) -> str | None:
    """A graph, and the power 1."""
    cost = problem.cost
    return "the metric of a graph, which its edges span" if isinstance(cost, GraphCost) and cost.power == 1 else None


def solve(task: Task) -> Result:
    """The program of the flow on the edges."""
    reason = applies(task.problem)
    assert reason is not None
    return task.program("flow", "neighbours", reason)
