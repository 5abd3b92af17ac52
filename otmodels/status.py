"""Why a solve stopped, and what its primal and dual vectors are: three separate questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Termination(Enum):
    """Why the solver stopped; the value is the sentence that a user reads."""

    OPTIMAL = "the solver reports an optimal solution"
    INFEASIBLE = "no feasible point exists"
    UNBOUNDED = "the objective is unbounded over the feasible points"
    INFEASIBLE_OR_UNBOUNDED = "the program is infeasible or unbounded; the solver did not find out which"
    TIME_LIMIT = "the time limit was reached (allow more time)"
    ITERATION_LIMIT = "an iteration limit was reached (allow more iterations)"
    GAP = "the gap that was asked for is reached"
    INTERRUPTED = "the solve was interrupted"
    FAILED = "the solver failed; its log, which verbose output shows, may say why"

    @property
    def stopped(self) -> bool:
        """Whether a limit or the user ended the solve early."""
        return self in (Termination.TIME_LIMIT, Termination.ITERATION_LIMIT, Termination.INTERRUPTED)


class PointStatus(Enum):
    """What a primal or dual vector is."""

    OPTIMAL = "an optimal point"
    FEASIBLE = "a feasible point"
    RAY = "a ray that proves that there is no optimal point"
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class Status:
    """Answers to three questions about a solve.

    Attributes
    ----------
    termination : Termination
        Why the solver stopped.
    primal, dual : PointStatus
        What is known of the plan and of the potentials.
    """

    termination: Termination
    primal: PointStatus
    dual: PointStatus

    @property
    def optimal(self) -> bool:
        """Whether the solver reports an optimal solution (the certificate says whether it is one)."""
        return self.termination is Termination.OPTIMAL

    def __str__(self) -> str:
        return self.termination.name.lower()


OPTIMAL = Status(Termination.OPTIMAL, PointStatus.OPTIMAL, PointStatus.OPTIMAL)
