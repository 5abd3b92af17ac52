"""Any cost, many pairs: the program of all pairs on those that are generated, all others being priced."""

from __future__ import annotations

import time

from otmodels.families import planned, ungenerated
from otmodels.generation import DIRECT, generate_pairs
from otmodels.lipschitz_solution import Result
from otmodels.problem import TransportProblem
from otmodels.status import Termination
from otmodels.wasserstein.all_pairs import why_dense
from otmodels.wasserstein.task import Task, generated, timed

NAME = "program on generated pairs"


def applies(problem: TransportProblem) -> str | None:
    """More pairs than are solved all at once."""
    n, m = problem.shape
    return f"any cost, and {n * m:,} pairs are more than {DIRECT:,}" if n * m > DIRECT else None


def solve(task: Task) -> Result:
    """The plan on the pairs that were generated, and potentials that all pairs were priced with."""
    started = time.perf_counter()
    made = generate_pairs(task.problem, **task.asked)
    if not made.status.optimal and made.status.termination is not Termination.GAP:
        return ungenerated(task.problem, made)
    how = generated("primal", "generated pairs", made.i.size, "pairs", made, why_dense(task.problem))
    return timed(planned(task.problem, made.plan, made.f, made.g, made.status, how, task.tolerances), started)
