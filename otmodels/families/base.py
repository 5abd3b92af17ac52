"""What a family of programs has to offer, and an answer as its language numbers it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from otmodels.arrays import FloatArray
from otmodels.checks import Certificate
from otmodels.errors import ModelError
from otmodels.families.settling import Effort
from otmodels.feasibility import Infeasibility
from otmodels.interval import UNKNOWN
from otmodels.languages import Compiled, Declaration, Run
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution, Result
from otmodels.lp import DualRay, LinearProgram, LPSolution, PrimalRay, conflict_of
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Infeasible, Provenance, Solution, Unbounded, Unsolved
from otmodels.status import PointStatus, Status, Termination


@dataclass(frozen=True, slots=True)
class Answer:
    """A point and row multipliers of a compiled model, read by the names of what was declared.

    Attributes
    ----------
    x, y : ndarray (k,), (r,)
        Point and multipliers of the compiled program.
    """

    declaration: Declaration
    compiled: Compiled
    x: FloatArray
    y: FloatArray

    @classmethod
    def of(cls, declaration: Declaration, compiled: Compiled, run: Run) -> Answer:
        """What a run found, zeros in place of what it did not."""
        rows, columns = compiled.program.shape
        x = np.zeros(columns) if run.x is None else run.x
        y = np.zeros(rows) if run.y is None else run.y
        return cls(declaration, compiled, x, y)

    @property
    def program(self) -> LinearProgram:
        """The program as compiled."""
        return self.compiled.program

    def variable(self, name: str) -> FloatArray:
        """Values of a declared variable, in C order."""
        return self.x[self.compiled.columns[name]]

    def multiplier(self, name: str) -> FloatArray:
        """Multipliers of a declared constraint, 0 where its user took it or one of its rows out.

        Raises
        ------
        ModelError
            Another constraint has its name.
        """
        size = len(self.declaration.constraints[name].names)
        rows = self.compiled.rows.get(name, np.full(size, -1))
        if rows.size != size:
            raise ModelError(
                "native", f"{name!r} has {rows.size} rows in place of {size}", "Give a constraint of your own its own name"
            )
        return np.append(self.y, 0.0)[rows]

    def multipliers(self) -> Mapping[str, pd.Series]:
        """Multipliers of every constraint by name, the added ones too, indexed by row name."""
        names = np.array(self.program.row_names, dtype=object)
        present = {name: rows[rows >= 0] for name, rows in self.compiled.rows.items()}
        return {name: pd.Series(self.y[rows], index=names[rows]) for name, rows in present.items()}

    def variables(self) -> Mapping[str, pd.Series]:
        """Values of the declared variables by name, indexed by column name."""
        names = np.array(self.program.column_names, dtype=object)
        return {name: pd.Series(self.x[columns], index=names[columns]) for name, columns in self.compiled.columns.items()}


class Family(ABC):
    """A family of forms of one problem."""

    problem: TransportProblem
    generate_s: float = 0.0
    """Seconds that it took to generate the pairs or arcs; 0 where they were given."""

    @abstractmethod
    def declare(self, form: str, language: str) -> Declaration:
        """A form as a native model."""

    @abstractmethod
    def program(self, form: str) -> LinearProgram:
        """A form as the linear program that it states."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of pairs or arcs that have a variable or a row."""

    @property
    @abstractmethod
    def support(self) -> str:
        """Which pairs or arcs these are, in words."""

    @abstractmethod
    def solution(self, form: str, answer: Answer, run: Run, provenance: Provenance) -> Solution | LipschitzSolution:
        """The certified solution that an optimal answer is."""

    @abstractmethod
    def extended(
        self, form: str, answer: Answer, status: Status, certificate: Certificate, provenance: Provenance
    ) -> ExtendedSolution | ExtendedFlow:
        """The solution of a model that its user extended, with the certificate of its program."""

    @abstractmethod
    def unsolved(self, form: str, answer: Answer, run: Run) -> Unsolved:
        """What is known where there is no optimal answer."""

    @abstractmethod
    def infeasibility(self) -> Infeasibility | None:
        """Why the pairs, or arcs, that have a variable leave no feasible plan; None where that is not to blame."""

    @abstractmethod
    def exactly(self, near: Result, provenance: Provenance, effort: Effort) -> Result:
        """The result in exact arithmetic, from one near it; that one where exact arithmetic takes too long."""

    def settled_extended(
        self, form: str, answer: Answer, run: Run, provenance: Provenance
    ) -> ExtendedSolution | ExtendedFlow | Unsolved:
        """What a run makes of a model that its user extended: the exact answer next to it where it is not certified as it is."""
        found = answer.program.settled(run)
        if found.certificate is None or found.x is None or found.y is None:
            return unsolved_program(self.problem, found, "the extended model")
        return self.extended(form, replace(answer, x=found.x, y=found.y), found.status, found.certificate, provenance)


def unsolved_program(problem: TransportProblem, found: LPSolution, what: str) -> Unsolved:
    """The result for a program without an optimal answer, explained by its rows."""
    nothing, ray = UNKNOWN, found.ray
    if isinstance(ray, DualRay):
        conflict, status = conflict_of(ray), Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.RAY)
        message = f"{what} has no feasible point: {conflict}. Loosen one of them, or take it out"
        return Infeasible(status, problem, nothing, message, conflict)
    if isinstance(ray, PrimalRay):
        status = Status(Termination.UNBOUNDED, PointStatus.RAY, PointStatus.NONE)
        return Unbounded(status, problem, nothing, f"{what} is unbounded: {ray}. Bound what the objective can gain", ray)
    return Unsolved(found.status, problem, nothing, f"{what}: {found.status.termination.value}")
