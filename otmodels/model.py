"""A model: a transport problem declared in a language, open to its user, ready to be solved and certified."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array

from otmodels import lp
from otmodels.arrays import FloatArray
from otmodels.certificate import certify
from otmodels.errors import InfeasibleError, ModelError, SolveError, StoppedError, UnboundedError
from otmodels.feasibility import Bottleneck, find_bottleneck
from otmodels.formulations import Support, formulation
from otmodels.languages import Compiled, Declaration, Run, check_time_limit, compile_model
from otmodels.lp import LinearProgram
from otmodels.potentials import close, normalise, polish
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Provenance, Solution, Unsolved
from otmodels.status import PointStatus, Status, Termination

_REMEDY = {
    Termination.INFEASIBLE: "; loosen or take out a constraint that was added",
    Termination.UNBOUNDED: "; bound what the objective can gain",
    Termination.INFEASIBLE_OR_UNBOUNDED: "; look at the constraints and the objective that were added",
}


class Model:
    """A transport problem declared in cvxpy, pyomo or highspy.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    form, language : str
        Which program, in which language.
    native : cvxpy.Problem, pyomo ConcreteModel or highspy.Highs
        The model itself. Extend it: set `native` to a cvxpy Problem with more constraints on `variables`, or add
        constraints to the pyomo model; `solve` then certifies the extended program.
    variables, constraints : mapping
        The language's own variables and constraints, by name.

    Examples
    --------
    >>> import cvxpy as cp
    >>> import otmodels as om
    >>> problem = om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [1, 0]])
    >>> model = om.build(problem)
    >>> cap = (model.variables["gamma"] <= 0.3).set_label("cap")
    >>> model.native = cp.Problem(model.native.objective, [*model.native.constraints, cap])
    >>> round(model.solve().value, 9)
    0.4
    """

    def __init__(self, problem: TransportProblem, form: str, language: str, support: Literal["full"] | npt.ArrayLike) -> None:
        self._formulation = formulation(form, language)
        self.problem = problem
        self.form = form
        self.language = language
        started = time.perf_counter()
        self._support = Support(problem, support)
        self._declaration = self._formulation.declare(self._support, language)
        self._build_s = time.perf_counter() - started

    @property
    def native(self) -> Any:
        """The language's own model."""
        return self._declaration.native

    @native.setter
    def native(self, native: Any) -> None:
        self._declaration = Declaration(native, self._declaration.variables, self._declaration.constraints)

    @property
    def variables(self) -> Mapping[str, Any]:
        """The language's own variables by name."""
        return {name: block.handle for name, block in self._declaration.variables.items()}

    @property
    def constraints(self) -> Mapping[str, Any]:
        """The language's own constraints by name, as declared."""
        return {name: block.handle for name, block in self._declaration.constraints.items()}

    def __repr__(self) -> str:
        n, m = self.problem.shape
        return f"Model({self.form} in {self.language}, {n} x {m})"

    def linear_program(self) -> LinearProgram:
        """The model as compiled by its language: (c, A, b) with named rows and columns, as in A vec(gamma) = b."""
        return compile_model(self._declaration, self.language).program

    def solve(
        self, *, time_limit: float | None = None, throw: bool = True, verbose: bool = False
    ) -> Solution | ExtendedSolution | Unsolved:
        """Solve with HiGHS through the language's interface, in units, and certify.

        Parameters
        ----------
        time_limit : float, optional
            Seconds, > 0.
        throw : bool
            Raise where there is no optimal solution; otherwise return an `Unsolved` with the certified interval.
        verbose : bool
            Whether HiGHS prints its log.

        Raises
        ------
        InfeasibleError, UnboundedError, StoppedError, SolveError
            No optimal solution; the error has the status and the certified interval.
        """
        check_time_limit(time_limit)
        started = time.perf_counter()
        compiled = compile_model(self._declaration, self.language)
        extended = self._is_extended(compiled)
        compiled_at = time.perf_counter()
        run = compiled.run(time_limit, verbose)
        solved_at = time.perf_counter()
        if not run.status.optimal or run.x is None or run.y is None:
            unsolved = self._unsolved(compiled, run, extended)
            if throw:
                raise error_of(unsolved)
            return unsolved
        plan, f, g = self._parts(compiled, run.x, run.y)
        seconds = self._build_s, compiled_at - started, solved_at - compiled_at, time.perf_counter() - solved_at
        if extended:
            return self._extended_solution(compiled, run.x, run.y, (plan, f, g), run, self._provenance(run, *seconds))
        return self._solution(plan, f, g, run, self._provenance(run, *seconds))

    def _provenance(self, run: Run, *seconds: float) -> Provenance:
        build_s, compile_s, solve_s, extract_s = seconds
        return Provenance(
            form=self.form,
            language=self.language,
            pairs=self._support.size,
            algorithm=run.algorithm,
            iterations=run.iterations,
            refinements=run.refinements,
            build_s=build_s,
            compile_s=compile_s,
            solve_s=solve_s,
            extract_s=extract_s,
            versions=_versions(self.language),
        )

    def _solution(self, plan: csr_array, f: FloatArray, g: FloatArray, run: Run, provenance: Provenance) -> Solution:
        """Gauge, closure and certificate; where rounding is in the certificate's way, potentials are polished first."""
        f, g = close(self.problem, *normalise(self.problem, f, g))
        certificate = certify(self.problem, plan, f, g)
        if not certificate.passed:
            polished = close(self.problem, *normalise(self.problem, *polish(self.problem, plan, f, g)))
            again = certify(self.problem, plan, *polished)
            if again.relative_gap < certificate.relative_gap:
                (f, g), certificate = polished, again
        return Solution(run.status, self.problem, certificate.primal_value, f, g, plan, certificate, provenance)

    def _parts(self, compiled: Compiled, x: FloatArray, y: FloatArray) -> tuple[csr_array, FloatArray, FloatArray]:
        """Plan, f and g out of a point and its multipliers."""
        columns = compiled.columns
        if self.form == "primal":
            mass, (f, g) = (
                x[columns["gamma"]],
                (self._multiplier(compiled, y, f"{side}_marginal") for side in ("source", "target")),
            )
        else:
            mass, f, g = self._multiplier(compiled, y, "below_cost"), x[columns["f"]], x[columns["g"]]
        i, j = self._support.indices()
        carried = mass > 0
        return csr_array(coo_array((mass[carried], (i[carried], j[carried])), shape=self.problem.shape)), f, g

    def _multiplier(self, compiled: Compiled, y: FloatArray, name: str) -> FloatArray:
        """Multipliers of a declared constraint, 0 where its user took it or one of its rows out."""
        size = len(self._declaration.constraints[name].names)
        rows = compiled.rows.get(name, np.full(size, -1))
        if rows.size != size:
            raise ModelError(
                "native", f"{name!r} has {rows.size} rows in place of {size}", "Give a constraint of your own its own name"
            )
        return np.append(y, 0.0)[rows]

    def _is_extended(self, compiled: Compiled) -> bool:
        """Whether the native model is no longer the one that was declared."""
        program, declared = compiled.program, self._formulation.program(self._support)
        columns = np.concatenate([compiled.columns[name] for name in self._declaration.variables])
        known = [compiled.rows[name] for name in self._declaration.constraints if name in compiled.rows]
        rows = np.concatenate(known) if known else np.array([], dtype=np.intp)
        if program.shape != declared.shape or rows.size != declared.shape[0] or (rows < 0).any():
            return True
        return not declared.same_as(program, rows, columns)

    def _extended_solution(
        self,
        compiled: Compiled,
        x: FloatArray,
        y: FloatArray,
        parts: tuple[csr_array, FloatArray, FloatArray],
        run: Run,
        provenance: Provenance,
    ) -> ExtendedSolution:
        plan, f, g = parts
        program = compiled.program
        row_names, column_names = np.array(program.row_names, dtype=object), np.array(program.column_names, dtype=object)
        present = {name: rows[rows >= 0] for name, rows in compiled.rows.items()}
        multipliers = {name: pd.Series(y[rows], index=row_names[rows]) for name, rows in present.items()}
        variables = {name: pd.Series(x[columns], index=column_names[columns]) for name, columns in compiled.columns.items()}
        certificate = lp.certify(program, x, y)
        return ExtendedSolution(
            run.status, self.problem, program.value(x), f, g, plan, certificate, provenance, multipliers, variables
        )

    def _unsolved(self, compiled: Compiled, run: Run, extended: bool) -> Unsolved:
        if extended:
            return Unsolved(
                run.status,
                self.problem,
                (-np.inf, np.inf),
                f"the extended model: {run.status.termination.value}{_REMEDY.get(run.status.termination, '')}",
            )
        dual_ray = self.form == "dual" and run.status.termination in (Termination.UNBOUNDED, Termination.INFEASIBLE_OR_UNBOUNDED)
        if dual_ray or run.status.termination is Termination.INFEASIBLE:
            return self._infeasible(compiled, run)
        message = f"{run.status.termination.value}, or take the proven interval"
        return Unsolved(run.status, self.problem, self._interval(compiled, run), message)

    def _infeasible(self, compiled: Compiled, run: Run) -> Unsolved:
        """The problem itself has no feasible plan, or only its given support has none, which proves nothing above."""
        if not self._support.given:
            return infeasible(self.problem, find_bottleneck(self.problem))
        status = Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.NONE)
        bottleneck = find_bottleneck(self.problem, self._support.pairs)
        reason = f": {bottleneck}" if bottleneck else ""
        message = f"no feasible plan exists on the given support{reason}. Give more pairs, or support='full'"
        return Unsolved(status, self.problem, self._interval(compiled, run), message)

    def _interval(self, compiled: Compiled, run: Run) -> tuple[float, float]:
        """What a stopped run proves: (f, f^c) below, its point or the independent coupling above."""
        x = np.zeros(compiled.program.shape[1]) if run.x is None else run.x
        y = np.zeros(compiled.program.shape[0]) if run.y is None else run.y
        plan, f, _ = self._parts(compiled, x, y)
        (lower, upper), (least, _) = certify(self.problem, plan, f).interval, certify(self.problem, plan).interval
        if not self.problem.has_forbidden:
            spread = sum(float(self.problem.a[rows] @ (block @ self.problem.b)) for rows, block in self.problem.cost.blocks())
            upper = min(upper, spread / self.problem.target.total)
        return max(lower, least), upper


def infeasible(problem: TransportProblem, bottleneck: Bottleneck | None) -> Unsolved:
    """The result for a problem whose forbidden pairs leave no feasible plan."""
    reason = f": {bottleneck}" if bottleneck else ""
    message = f"no feasible plan exists, because of the forbidden pairs{reason}. Allow more pairs, or move mass"
    return Unsolved(Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.NONE), problem, (np.inf, np.inf), message)


def error_of(unsolved: Unsolved) -> SolveError:
    """The exception that says the same as an unsolved result."""
    termination = unsolved.status.termination
    kind = SolveError
    if termination is Termination.INFEASIBLE:
        kind = InfeasibleError
    elif termination is Termination.UNBOUNDED:
        kind = UnboundedError
    elif termination.stopped:
        kind = StoppedError
    lower, upper = unsolved.interval
    proven = (
        "" if np.isinf(lower) and np.isinf(upper) else f"; proven so far: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
    )
    return kind(unsolved.message + proven, unsolved.status, unsolved.interval)


def _versions(language: str) -> dict[str, str]:
    return {name: version(name) for name in dict.fromkeys(("otmodels", language, "highspy"))}
