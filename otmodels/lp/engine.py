"""What linear programs need from solvers and languages: a slot that their room fills, so that this one need not know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

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
    def dual_ray(self) -> FloatArray | None: ...  # noqa: D102
    @property
    def primal_ray(self) -> FloatArray | None: ...  # noqa: D102
    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def iterations(self) -> int: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102


class Door(Protocol):
    """The way to solvers, modelling languages and files."""

    def solve(self, program: Program, time_limit: float | None, verbose: bool) -> Outcome:
        """Solve a program."""

    def trace(self, program: Program, method: str, most: int) -> Iterator[Outcome]:
        """What "primal simplex" or "dual simplex" stands on after ever more iterations, at most so many times."""

    def declare(self, program: Program, language: str) -> Any:
        """The program as a language's own model."""

    def read(self, native: Any) -> Program:
        """The program that a language's own model states."""

    def read_mps(self, path: Path, sets: Mapping[str, str] | None = None) -> Program:
        """The program in an MPS file, of several sets of a section the first, or the one that is named."""

    def read_lp(self, path: Path) -> Program:
        """The program in an LP file."""

    def write_mps(self, program: Program, path: Path) -> None:
        """Write a program as an MPS file."""


_doors: list[Door] = []


def install(installed: Door) -> None:
    """Make a door the one that is used."""
    _doors[:] = [installed]


def door() -> Door:
    """The installed door; `otmodels.languages` installs one when it is imported."""
    return _doors[0]


def run(program: Program, time_limit: float | None = None, verbose: bool = False) -> Outcome:
    """Solve a program with the installed solver."""
    return door().solve(program, time_limit, verbose)
