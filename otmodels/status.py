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
    TIME_LIMIT = "the time limit was reached; raise time_limit or accept the interval"
    ITERATION_LIMIT = "an iteration limit was reached; accept the interval or raise the limit"
    INTERRUPTED = "the solve was interrupted; the interval is what was certified so far"
    FAILED = "the solver failed; run again with verbose=True to see its log"

    @property
    def stopped(self) -> bool:
        """Whether a limit or the user ended the solve early."""
        return self in (Termination.TIME_LIMIT, Termination.ITERATION_LIMIT, Termination.INTERRUPTED)


class PointStatus(Enum):
    """What a primal or dual vector is."""

    OPTIMAL = "an optimal point"
    FEASIBLE = "a feasible point"
    INFEASIBILITY_CERTIFICATE = "a certificate that the other side is infeasible"
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
