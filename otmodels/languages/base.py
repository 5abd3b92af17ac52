"""What a modelling language has to offer: compile a native model to a `LinearProgram`, run it, say where things are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otmodels.arrays import IndexArray
from otmodels.languages.run import Run
from otmodels.lp import LinearProgram, Names


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A declared variable or constraint of a native model.

    Attributes
    ----------
    handle : object
        The language's own variable or constraint; for highspy a range of columns or rows.
    names : Names
        One name an entry, in C order, such as "gamma[Seattle,Chicago]".
    """

    handle: Any
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A native model and what was declared in it.

    Attributes
    ----------
    native : object
        A cvxpy Problem, a pyomo ConcreteModel or a highspy Highs.
    variables, constraints : mapping of str to Block
        By name, in the order of declaration.
    """

    native: Any
    variables: Mapping[str, Block]
    constraints: Mapping[str, Block]


class Compiled(ABC):
    """A native model read once, ready to be solved."""

    @property
    @abstractmethod
    def program(self) -> LinearProgram:
        """The linear program that it states."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, IndexArray]:
        """Where each declared variable's entries are in the program, in C order."""

    @property
    @abstractmethod
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each constraint's entries are in the program, those that the user added included."""

    @abstractmethod
    def run(self, time_limit: float | None, verbose: bool) -> Run:
        """Solve through the language's interface to HiGHS; an optimal answer is loaded into the native model."""
