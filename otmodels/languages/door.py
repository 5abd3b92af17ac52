"""What this room offers to linear programs: installed when it is imported, so that `otmodels.lp` need not know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from otmodels.languages.approach import trace
from otmodels.languages.base import Declaration
from otmodels.languages.files import read_lp, read_mps
from otmodels.languages.mps import write_mps
from otmodels.languages.reading import read
from otmodels.languages.registry import unsupported
from otmodels.languages.run import Run, solve_program
from otmodels.languages.statement import to_cvxpy, to_highspy, to_pyomo
from otmodels.lp import LinearProgram, Program, install

_STATEMENTS: dict[str, Callable[[Program], Declaration]] = {"cvxpy": to_cvxpy, "pyomo": to_pyomo, "highspy": to_highspy}


def declare(program: Program, language: str) -> Declaration:
    """A program as a model of a language, with what was declared in it.

    Raises
    ------
    UnknownNameError
        There is no such language.
    DuplicateLabelError, ModelError
        The language cannot state the program, see `otmodels.languages.statement`.
    """
    if language not in _STATEMENTS:
        raise unsupported(language)
    return _STATEMENTS[language](program)


class Languages:
    """The languages, HiGHS and its files, as `otmodels.lp.engine.Door`."""

    def solve(self, program: Program, time_limit: float | None, verbose: bool) -> Run:
        """Solve with HiGHS."""
        return solve_program(program, time_limit=time_limit, verbose=verbose)

    def trace(self, program: Program, method: str, most: int) -> Iterator[Run]:
        """Run a simplex method of HiGHS iteration by iteration."""
        return trace(program, method, most)

    def declare(self, program: Program, language: str) -> Any:
        """The program as a cvxpy Problem, pyomo ConcreteModel or highspy Highs."""
        return declare(program, language).native

    def read(self, native: Any) -> LinearProgram:
        """The program that a native model states."""
        return read(native)

    def read_mps(self, path: Path, sets: Mapping[str, str] | None = None) -> LinearProgram:
        """The program in an MPS file."""
        return read_mps(path, sets)

    def read_lp(self, path: Path) -> LinearProgram:
        """The program in an LP file."""
        return read_lp(path)

    def write_mps(self, program: Program, path: Path) -> None:
        """Write a program as an MPS file."""
        write_mps(program, path)


install(Languages())
