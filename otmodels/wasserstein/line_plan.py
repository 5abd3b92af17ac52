"""W_p on the line, p >= 1: the monotone plan is optimal for a convex cost, and potentials follow along its staircase.

Source: Santambrogio (2015), Optimal transport for applied mathematicians, theorem 2.9.
"""

from __future__ import annotations

import time

from scipy.sparse import coo_array, csr_array

from otmodels.certificate import certify
from otmodels.line import Line, exact_staircase, potentials_along, rounded_staircase
from otmodels.lipschitz_solution import Result
from otmodels.potentials import close, normalise
from otmodels.problem import TransportProblem
from otmodels.solution import Solution
from otmodels.status import OPTIMAL
from otmodels.wasserstein.task import Task, closed_form, timed

NAME = "monotone plan on the line"


def applies(problem: TransportProblem) -> str | None:
    """Points on the line and a convex cost."""
    line = Line.of(problem.cost)
    if line is None or line.power == 1:
        return None
    return "points on the line and a convex cost: the monotone plan is optimal"


def solve(task: Task) -> Result:
    """The monotone plan; where rounding spoils its proof, the same in exact arithmetic."""
    started, problem, reason = time.perf_counter(), task.problem, applies(task.problem)
    line = Line.of(problem.cost)
    assert line is not None
    assert reason is not None
    solution = None
    for walk in (rounded_staircase, exact_staircase):
        i, j, mass = walk(line, problem.a, problem.b)
        f, g = close(problem, *normalise(problem, *potentials_along(line, i, j)))
        plan = csr_array(coo_array((mass[mass > 0], (i[mass > 0], j[mass > 0])), shape=problem.shape))
        certificate = certify(problem, plan, f, g)
        how = closed_form("monotone plan", "pairs along the monotone plan", i.size, reason)
        value = problem.cost.in_full(certificate.value)
        solution = Solution(OPTIMAL, problem, value, f, g, plan, certificate, how)
        if certificate.passed:
            break
    assert solution is not None
    return timed(solution, started)
