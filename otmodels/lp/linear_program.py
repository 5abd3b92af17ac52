"""Linear programs as people use them: stated, dualised, converted, solved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, issparse

from otmodels.arguments import checked_path
from otmodels.arrays import FloatArray, floats, travels
from otmodels.checks import Certificate
from otmodels.deadline import end, keeps_time_limit, suffices, within
from otmodels.errors import ShapeError
from otmodels.lp import duality
from otmodels.lp.algebra import WIDTH, algebra
from otmodels.lp.conversion import Conversion, canonical_form, normal_form, standard_form
from otmodels.lp.engine import Outcome, door, run
from otmodels.lp.exact import Contradictory, Endless, Optimum
from otmodels.lp.infeasibility import proof
from otmodels.lp.kkt import settle, settle_exactly
from otmodels.lp.program import Names, Program, numbered
from otmodels.lp.rational import nearest
from otmodels.lp.rays import DualRay, PrimalRay
from otmodels.lp.small import solved
from otmodels.status import OPTIMAL, PointStatus, Status, Termination

PROOF, PROOF_SHARE = 2.0, 75.0
"""Seconds, and times of what the solver took, within which optimality is proven where no time limit was set."""


@travels
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LinearProgram(Program):
    """Minimum or maximum of c'x + offset subject to row_lower <= A x <= row_upper, lower <= x <= upper.

    Multipliers y follow one convention: y_i is d(optimal value)/d(right-hand side of row i), whatever the sense.

    Attributes
    ----------
    c : ndarray (k,)
        Costs.
    A : csc_array (r, k)
        Matrix; a dense one, or one of another sparse format, is converted.
    row_lower, row_upper : ndarray (r,)
        Bounds on the rows, equal in an equality row, infinite where there is none.
    lower, upper : ndarray (k,)
        Bounds on the variables.
    row_names, column_names : sequence of str
        Names, each its own; those that are made when somebody looks (`Names`) are checked where they are compared.
    sense : {"min", "max"}
        Direction.
    offset : float
        Constant in the objective.

    notes : tuple of str
        What was decided in reading it from a file, such as which of several sets of bounds is used; empty otherwise.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, DuplicateLabelError, ParameterError

    Examples
    --------
    >>> program = LinearProgram.standard([1, 2], [[1, 1]], [3])
    >>> program.solve().x.tolist(), program.dual().solve().x.tolist()
    ([3.0, 0.0], [1.0])
    """

    notes: tuple[str, ...] = ()

    @classmethod
    def standard(
        cls,
        c: npt.ArrayLike,
        A: npt.ArrayLike | csc_array,  # noqa: N803 - the symbol of the mathematics
        b: npt.ArrayLike,
        row_names: Sequence[str] | None = None,
        column_names: Sequence[str] | None = None,
    ) -> LinearProgram:
        """The program min c'x, A x = b, x >= 0.

        Parameters
        ----------
        c, A, b : array_like (k,), (r, k), (r,)
            Numbers; A may be sparse.
        row_names, column_names : sequence of str, optional
            row_0, row_1, ... and x_0, x_1, ... where omitted.

        Raises
        ------
        ShapeError, NotANumberError, InfiniteValueError, DuplicateLabelError
        """
        right = floats("b", b)
        return cls._of(c, A, right, right.copy(), row_names, column_names)

    @classmethod
    def canonical(
        cls,
        c: npt.ArrayLike,
        A: npt.ArrayLike | csc_array,  # noqa: N803
        b: npt.ArrayLike,
        row_names: Sequence[str] | None = None,
        column_names: Sequence[str] | None = None,
    ) -> LinearProgram:
        """The program min c'x, A x >= b, x >= 0; parameters as for `standard`."""
        right = floats("b", b)
        return cls._of(c, A, right, np.full_like(right, np.inf), row_names, column_names)

    @classmethod
    def _of(
        cls,
        c: npt.ArrayLike,
        A: npt.ArrayLike | csc_array,  # noqa: N803
        lower: FloatArray,
        upper: FloatArray,
        row_names: Sequence[str] | None,
        column_names: Sequence[str] | None,
    ) -> LinearProgram:
        costs = floats("c", c)
        matrix = csc_array(A, dtype=np.float64) if issparse(A) else csc_array(_two_dimensional(A, lower.size, costs.size))
        rows: Sequence[str] | Names = numbered("row_", lower.size) if row_names is None else list(row_names)
        columns: Sequence[str] | Names = numbered("x_", costs.size) if column_names is None else list(column_names)
        unbounded = np.full(costs.size, np.inf)
        return cls(costs, matrix, lower, upper, np.zeros(costs.size), unbounded, rows, columns)

    @classmethod
    def of(cls, program: Program) -> LinearProgram:
        """A program as a `LinearProgram`: itself where it is one."""
        if isinstance(program, LinearProgram):
            return program
        return cls(**{part.name: getattr(program, part.name) for part in fields(Program)})

    @classmethod
    def from_model(cls, native: Any) -> LinearProgram:
        """The linear program that a cvxpy Problem, a pyomo ConcreteModel or a highspy Highs states, under its names.

        Raises
        ------
        NotLinearError, ModelError, DuplicateLabelError
            See `otmodels.languages.reading.read`.
        """
        return cls.of(door().read(native))

    @classmethod
    def read_mps(cls, path: str | PathLike[str], sets: Mapping[str, str] | None = None) -> LinearProgram:
        """The linear program in an MPS file, read by HiGHS; what had to be decided is in its `notes`.

        Parameters
        ----------
        path : path
            The file.
        sets : mapping of str to str, optional
            Which of several sets to use, such as {"RHS": "RHS2", "BOUNDS": "low"}; the first of each where omitted.

        Raises
        ------
        FileFormatError, NotLinearError, UnknownNameError
            See `otmodels.languages.files.read_mps`.
        """
        return cls.of(door().read_mps(checked_path(path), sets))

    @classmethod
    def read_lp(cls, path: str | PathLike[str]) -> LinearProgram:
        """The linear program in a file in CPLEX's LP format, read by HiGHS.

        Raises
        ------
        FileFormatError, NotLinearError
            See `otmodels.languages.files.read_lp`.
        """
        return cls.of(door().read_lp(checked_path(path)))

    def write_mps(self, path: str | PathLike[str]) -> None:
        """Write an MPS file that reads back as this program; see `otmodels.languages.mps` for names with blanks.

        Raises
        ------
        DuplicateLabelError, ModelError, FileFormatError
            See `otmodels.languages.mps.write_mps`.
        """
        door().write_mps(self, checked_path(path))

    def to_cvxpy(self) -> Any:
        """The program as a cvxpy Problem, see `otmodels.languages.statement.to_cvxpy`.

        Examples
        --------
        >>> print(LinearProgram.canonical([2, 3], [[1, 1]], [4]).dual().to_cvxpy())
        maximize 4.0 * row_0
        subject to x_0: row_0 <= 2.0
                   x_1: row_0 <= 3.0
        """
        return door().declare(self, "cvxpy")

    def to_pyomo(self) -> Any:
        """The program as a pyomo ConcreteModel, see `otmodels.languages.statement.to_pyomo`."""
        return door().declare(self, "pyomo")

    def to_highspy(self) -> Any:
        """The program as a highspy Highs, in the same order of rows and columns."""
        return door().declare(self, "highspy")

    def algebra(self, rows: int = 40, width: int = WIDTH) -> str:
        """The program in readable algebra, at most so many rows of it; see `otmodels.lp.algebra.algebra`."""
        return algebra(self, rows, width)

    def dual(self) -> LinearProgram:
        """The dual, see `otmodels.lp.duality.dual`: its rows are named after the variables, its variables after the rows."""
        return duality.dual(self)

    def normal_form(self) -> Conversion[LinearProgram]:
        """One right-hand side a row, one sign a variable; with the way back."""
        return normal_form(self)

    def standard_form(self) -> Conversion[LinearProgram]:
        """The form min c'x, A x = b, x >= 0; with the way back."""
        return standard_form(self)

    def canonical_form(self) -> Conversion[LinearProgram]:
        """The form min c'x, A x >= b, x >= 0; with the way back."""
        return canonical_form(self)

    @keeps_time_limit
    def solve(self, *, time_limit: float | None = None, verbose: bool = False) -> LPSolution:
        """Solve with HiGHS, in units and refined, and certify.

        Parameters
        ----------
        time_limit : float, optional
            Seconds, > 0. Without one the proof in exact arithmetic is given up where it takes many times as long as the solver.
        verbose : bool
            Whether HiGHS prints its log.
        """
        return self.settled(run(self, time_limit, verbose))

    def settled(self, outcome: Outcome) -> LPSolution:
        """What a solver ended with, certified or proven to have no end; in exact arithmetic where floating point does not decide.

        Parameters
        ----------
        outcome : Outcome
            Of this program.
        """
        if outcome.status.optimal and outcome.x is not None and outcome.y is not None:
            with within(max(PROOF, PROOF_SHARE * outcome.seconds) if math.isinf(end()) else None):
                found = LPSolution(self, outcome.status, *settle(self, outcome.x, outcome.y), None)
        else:
            ray = proof(self, outcome)
            found = LPSolution(self, outcome.status if ray is None else _proven(ray), outcome.x, outcome.y, None, ray)
        return found if found.proven or outcome.status.termination.stopped or not suffices(0.0) else self._decided(found)

    def _decided(self, found: LPSolution) -> LPSolution:
        """What rational arithmetic makes of a small program that floating point has come to no end with."""
        crossed = DualRay.of_crossed_bounds(self)
        if crossed is not None:
            return LPSolution(self, _proven(crossed), None, None, None, crossed)
        exact = solved(self)
        if exact is None:
            return found
        if isinstance(exact, Optimum):
            answer = settle_exactly(self, exact.x, exact.y)
            return LPSolution(self, OPTIMAL, *answer, None) if answer is not None and answer[-1].passed else found
        ray = _ray(self, exact)
        if not ray.verified or ((found.verified or found.status.optimal) and ray.by_rounding):
            return found
        return LPSolution(self, _proven(ray), None, None, None, ray)


@dataclass(frozen=True, slots=True, eq=False)
class LPSolution:
    """What solving a linear program ended with.

    Attributes
    ----------
    status : Status
        Why the solver stopped, and what x and y are.
    x, y : ndarray (k,), (r,) or None
        Point and row multipliers, d(optimal value)/d(right-hand side).
    certificate : Certificate or None
        Optimality recomputed in numpy; None where there is no optimal point.
    ray : DualRay, PrimalRay or None
        Where there is no optimal point: the verified proof that the program is infeasible (`DualRay`) or unbounded
        (`PrimalRay`); None where there is one, or the solve was stopped.
    """

    program: LinearProgram
    status: Status
    x: FloatArray | None
    y: FloatArray | None
    certificate: Certificate | None
    ray: DualRay | PrimalRay | None

    @property
    def verified(self) -> bool:
        """Whether the outcome is verified: an optimal point with a certificate that passes, or a ray."""
        return self.ray is not None or (self.certificate is not None and self.certificate.passed)

    @property
    def proven(self) -> bool:
        """Whether it is proven in exact arithmetic, and not to a tolerance."""
        return self.verified and (self.certificate is None or self.certificate.proven)

    @property
    def value(self) -> float:
        """Objective at the optimal point, as certified; NaN where there is none."""
        return float("nan") if self.certificate is None else self.certificate.primal_value

    def __repr__(self) -> str:
        return f"LPSolution({self.status}, value {self.value:.12g})"


def _ray(program: Program, exact: Contradictory | Endless) -> DualRay | PrimalRay:
    """The ray that is known in rational numbers, in floats of the size of 1."""
    if isinstance(exact, Contradictory):
        return DualRay.of_exact(program, exact.y)
    largest = max(map(abs, exact.direction))
    direction = [value / largest for value in exact.direction]
    return PrimalRay(program, nearest(exact.x), nearest(direction), (tuple(exact.x), tuple(direction)))


def _proven(ray: DualRay | PrimalRay) -> Status:
    if isinstance(ray, DualRay):
        return Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.RAY)
    return Status(Termination.UNBOUNDED, PointStatus.RAY, PointStatus.NONE)


def _two_dimensional(A: npt.ArrayLike, rows: int, columns: int) -> FloatArray:  # noqa: N803
    matrix = floats("A", A)
    if matrix.shape != (rows, columns) and matrix.size:
        raise ShapeError(
            "A", f"has shape {matrix.shape} for {columns} costs and {rows} right-hand sides", f"Give {rows, columns}"
        )
    return matrix.reshape(rows, columns)
