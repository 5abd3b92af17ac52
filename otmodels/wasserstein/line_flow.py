"""W_1 on the line: between neighbouring points flows the difference of the masses to the left of them.

With F and G the distribution functions, W_1 = integral |F - G|; the potential falls with slope sgn(F - G).

Source: Vallender (1974), Calculation of the Wasserstein distance between probability distributions on the line.
"""

from __future__ import annotations

import time

import numpy as np

from otmodels.families import solution_of
from otmodels.line import Line, flow_along
from otmodels.lipschitz_solution import Result
from otmodels.network import Network
from otmodels.problem import TransportProblem
from otmodels.status import OPTIMAL
from otmodels.wasserstein.task import Task, closed_form, timed

NAME = "flow on the line"


def applies(problem: TransportProblem) -> str | None:
    """Points on the line, and the power 1."""
    line = Line.of(problem.cost)
    return "points on the line, power 1: a flow in closed form" if line is not None and line.power == 1 else None


def solve(task: Task) -> Result:
    """The flow between neighbours, and its potential."""
    started, reason = time.perf_counter(), applies(task.problem)
    assert reason is not None
    network = Network.neighbours(task.problem)
    points, arcs = network.nodes.points, network.arcs
    assert points is not None
    onward = flow_along(network.nodes.divergence)
    potential = np.concatenate([[0.0], -np.cumsum(np.sign(onward) * np.diff(points[:, 0]))])
    flow = np.zeros(arcs.count)
    flow[: onward.size], flow[onward.size :] = np.maximum(onward, 0.0), np.maximum(-onward, 0.0)
    how = closed_form("flow between neighbours on the line", arcs.description, arcs.count, reason)
    return timed(solution_of(network, flow, potential, OPTIMAL, how), started)
