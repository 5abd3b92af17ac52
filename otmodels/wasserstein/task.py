"""What a route is, and what it is asked to do."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from otmodels.families import Effort
from otmodels.generation import Asked, GeneratedArcs, GeneratedPairs, Watch
from otmodels.languages import PRIMAL_SIMPLEX
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.model import versions
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution, Unsolved
from otmodels.tolerances import DEFAULT, Tolerances
from otmodels.verbs import Support, solve


class Route(Protocol):
    """A way to solve problems of some kind: a file of this room."""

    NAME: str

    def applies(self, problem: TransportProblem) -> str | None:
        """Why it may be taken, None where it may not."""

    def solve(self, task: Task) -> Result:
        """The result, where it applies."""


@dataclass(frozen=True, slots=True)
class Task:
    """A problem of a ground metric, and what is asked for; see `wasserstein_distance`."""

    problem: TransportProblem
    gap: float = 0.0
    time_limit: float | None = None
    watch: Watch | None = None
    verbose: bool = False
    started: float = field(default_factory=time.perf_counter)

    @property
    def effort(self) -> Effort:
        """What may be spent."""
        return Effort(self.started + (self.time_limit or np.inf), self.tolerances)

    @property
    def tolerances(self) -> Tolerances:
        """As wide as the gap that is asked for."""
        return replace(DEFAULT, gap=max(self.gap, DEFAULT.gap), complementarity=max(self.gap, DEFAULT.complementarity))

    @property
    def asked(self) -> Asked:
        """What generation is asked for."""
        return Asked(gap=self.gap, time_limit=self.time_limit, watch=self.watch, verbose=self.verbose)

    def program(self, form: str, support: Support, reason: str) -> Result:
        """The result of a program as it is stated, with the reason for it."""
        result = solve(
            self.problem, form, "highspy", support=support, time_limit=self.time_limit, throw=False, verbose=self.verbose
        )
        return result if isinstance(result, Unsolved) else replace(result, provenance=replace(result.provenance, reason=reason))


def closed_form(algorithm: str, support: str, pairs: int, reason: str) -> Provenance:
    """Of an answer that no solver was needed for."""
    return Provenance("closed form", "numpy", support, pairs, algorithm, 0, 0, 0.0, 0.0, 0.0, 0.0, versions("numpy"), reason)


def generated(form: str, support: str, columns: int, what: str, made: GeneratedArcs | GeneratedPairs, why: str) -> Provenance:
    """Of an answer on generated columns."""
    algorithm = f"{PRIMAL_SIMPLEX.name} on generated {what}"
    counts, seconds = (made.iterations, made.refinements), made.rounds[-1].seconds
    rounds = "1 round" if len(made.rounds) == 1 else f"{len(made.rounds)} rounds"
    reason = f"{why}: {what} generated in {rounds}"
    return Provenance(form, "highspy", support, columns, algorithm, *counts, 0.0, 0.0, seconds, 0.0, versions("highspy"), reason)


def timed(result: Solution | LipschitzSolution, started: float) -> Solution | LipschitzSolution:
    """The result with its seconds: those not spent in the solver count as reading and certifying."""
    provenance = result.provenance
    return replace(result, provenance=replace(provenance, extract_s=time.perf_counter() - started - provenance.solve_s))
