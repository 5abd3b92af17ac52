"""Going on where an answer is not certified: what may be spent on it, and which of two results is the better one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from otmodels.errors import CertificateError
from otmodels.interval import Interval
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Infeasible, Unsolved
from otmodels.status import PointStatus, Status, Termination
from otmodels.tolerances import DEFAULT, Tolerances

Way = Callable[[Result], Result]
"""Another way to an answer, which is told the best one so far."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent on an answer, and how right it has to be.

    Attributes
    ----------
    deadline : float
        Of `time.perf_counter`, +inf for none.
    tolerances : Tolerances
        Of the certificate.
    """

    deadline: float = np.inf
    tolerances: Tolerances = DEFAULT

    @property
    def left(self) -> float | None:
        """Seconds that are left, None where there is no limit; never 0."""
        return None if np.isinf(self.deadline) else max(self.deadline - time.perf_counter(), 1e-9)

    def late(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() > self.deadline


def is_settled(result: Result) -> bool:
    """Whether nothing is left to do: certified, or a result that says what else it is, or stopped, or proven to have none."""
    if isinstance(result, Unsolved):
        return isinstance(result, Infeasible) or result.status.termination.stopped
    if isinstance(result, LipschitzSolution):
        return result.certificate.passed or result.is_lower_bound or result.is_on_given_arcs
    return result.certificate.passed or result.is_on_given_pairs


_STOPPED = Status(Termination.TIME_LIMIT, PointStatus.FEASIBLE, PointStatus.FEASIBLE)


def settled(result: Result, ways: Iterable[Way], effort: Effort) -> Result:
    """The first certified result among one at hand and those that other ways give; the best where none is."""
    for way in ways:
        if is_settled(result):
            return result
        if effort.late():
            return replace(result, status=_STOPPED)
        result = _better(result, way(result))
    return result


def _better(one: Result, other: Result) -> Result:
    """The certified one of two results, else the one with numbers, with what both prove."""
    if is_settled(other) and not isinstance(other, Unsolved):
        return other
    if isinstance(other, Infeasible):
        return other
    try:
        known = Interval(*one.interval).intersection(other.interval)
    except CertificateError:
        known = Interval(*one.interval)
    if isinstance(one, Unsolved) and not isinstance(other, Unsolved):
        return _knowing(other, known)
    return _knowing(one, known)


def _knowing(result: Result, interval: Interval) -> Result:
    if isinstance(result, Unsolved):
        return replace(result, interval=interval)
    return replace(result, certificate=replace(result.certificate, interval=interval))
