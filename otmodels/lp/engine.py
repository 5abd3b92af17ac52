"""The solver that programs are handed to: a slot that the room of the solvers fills, so that this one need not know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from otmodels.arrays import FloatArray
from otmodels.lp.program import Program
from otmodels.status import Status


class Outcome(Protocol):
    """What a solver found, in the program's own units and in the convention for signs."""

    @property
    def status(self) -> Status: ...  # noqa: D102
    @property
    def x(self) -> FloatArray | None: ...  # noqa: D102
    @property
    def y(self) -> FloatArray | None: ...  # noqa: D102
    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def iterations(self) -> int: ...  # noqa: D102


Engine = Callable[[Program, float | None, bool], Outcome]
"""(program, time_limit, verbose) -> outcome."""

_engines: list[Engine] = []


def install(engine: Engine) -> None:
    """Make an engine the one that solves."""
    _engines[:] = [engine]


def run(program: Program, time_limit: float | None = None, verbose: bool = False) -> Outcome:
    """Solve a program with the installed engine."""
    return _engines[0](program, time_limit, verbose)
