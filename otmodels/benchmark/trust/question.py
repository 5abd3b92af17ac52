"""What a question is: something to ask of the package, and how to judge what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otmodels.benchmark.trust.asking import Reply
from otmodels.benchmark.trust.judge import Verdict

LANGUAGES, LANGUAGE_ODDS = ("highspy", "cvxpy", "pyomo"), (0.8, 0.1, 0.1)
"""The modelling languages cost ten times highspy's seconds, and share most of what can go wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Something to ask of the package, and how to judge what it says.

    Attributes
    ----------
    ordinary : bool
        Whether the data are such that a refusal is a fault.
    code : str
        Lines that ask the same.
    ask : callable
        Asks.
    judge : callable
        From the reply to a verdict.
    """

    ordinary: bool
    code: str
    ask: Callable[[], object]
    judge: Callable[[Reply], Verdict]
