"""W_1 on a grid whose neighbours span the metric, as they do for city-block and, with equal gaps, for Chebyshev: a flow.

Source: Ling and Okada (2007), An efficient earth mover's distance algorithm for robust histogram comparison.
"""

from __future__ import annotations

from otmodels.lipschitz_solution import Result
from otmodels.network import Network, spans
from otmodels.problem import TransportProblem
from otmodels.wasserstein.grids import grid_of, norm_of
from otmodels.wasserstein.task import Task

NAME = "flow between neighbours on a grid"


def applies(problem: TransportProblem) -> str | None:
    """A grid, a metric that neighbours span, and the power 1."""
    norm, grid = norm_of(problem), grid_of(problem)
    if norm is None or grid is None or not spans(grid, norm):
        return None
    return f"points on a grid and the {norm.name} metric, which neighbours span"


def solve(task: Task) -> Result:
    """The program of the flow on the arcs between neighbours."""
    reason = applies(task.problem)
    assert reason is not None
    return task.program("flow", Network.neighbours(task.problem), reason)
