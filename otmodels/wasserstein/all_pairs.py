"""Any cost, few pairs: Kantorovich's program as it stands."""

from __future__ import annotations

from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import Result
from otmodels.metrics import Minkowski
from otmodels.problem import TransportProblem
from otmodels.wasserstein.task import Task

NAME = "program of all pairs"


def applies(problem: TransportProblem) -> str | None:
    """Always."""
    n, m = problem.shape
    return f"any cost, all {n * m:,} pairs"


def solve(task: Task) -> Result:
    """The program of all pairs."""
    return task.program("primal", "full", f"{why_dense(task.problem)}: all pairs")


def why_dense(problem: TransportProblem) -> str:
    """Why there is no faster route than a program of pairs."""
    cost = problem.cost
    if getattr(cost, "power", 1) != 1:
        return f"cost {cost.description}, and off the line only power 1 has a faster route"
    if isinstance(cost, GroundCost) and isinstance(cost.metric, Minkowski):
        return "points that are neither on the line nor on a grid"
    return f"cost {cost.description}, which has no faster route"
