"""W_1 on a grid and any norm: a flow on coprime directions, and on the arcs that its potential asks for."""

from __future__ import annotations

import time

from otmodels.families import solution_of, ungenerated_arcs
from otmodels.generation import REACH, generate_arcs
from otmodels.lipschitz_solution import Result
from otmodels.network import Network, detour
from otmodels.problem import TransportProblem
from otmodels.wasserstein.grids import grid_of, norm_of
from otmodels.wasserstein.task import Task, generated, timed

NAME = "flow on generated arcs of a grid"


def applies(problem: TransportProblem) -> str | None:
    """A grid, a metric of a norm, and the power 1."""
    norm = norm_of(problem)
    return None if norm is None or grid_of(problem) is None else f"points on a grid and the {norm.name} metric"


def solve(task: Task) -> Result:
    """The flow, on arcs that are generated until no pair of nodes violates its constraint."""
    started, norm, reason = time.perf_counter(), norm_of(task.problem), applies(task.problem)
    assert norm is not None
    assert reason is not None
    start = Network.directions(task.problem, REACH)
    assert start.nodes.grid is not None
    stretch = detour(start.nodes.grid, norm, REACH)
    made = generate_arcs(start, stretch=stretch, **task.asked)
    if made.status.termination.stopped or not made.rounds:
        return ungenerated_arcs(made)
    arcs = made.network.arcs
    how = generated("flow", arcs.description, arcs.count, "arcs", made, reason)
    return timed(solution_of(made.network, made.flow, made.potential, made.status, how, tolerances=task.tolerances), started)
