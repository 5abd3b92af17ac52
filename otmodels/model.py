"""A model: a transport problem declared in a language, open to its user, ready to be solved and certified."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Any, Never, TypeAlias

import numpy as np

from otmodels.arguments import check_flags
from otmodels.deadline import keeps_time_limit
from otmodels.errors import InfeasibleError, ModelError, SolveError, StoppedError, UnboundedError
from otmodels.families import Answer, Effort, Family, Way, is_settled, settled
from otmodels.feasibility import Infeasibility
from otmodels.languages import Compiled, Declaration, Run, check_time_limit, compile_model
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution, Result
from otmodels.lp import Conflict, LinearProgram, conflict
from otmodels.solution import ExtendedSolution, Infeasible, Provenance, Solution, Unbounded, Unsolved

ModelResult: TypeAlias = Solution | LipschitzSolution | ExtendedSolution | ExtendedFlow | Unsolved
"""What solving a model ends with."""


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

    def __init__(self, family: Family, form: str, language: str) -> None:
        self.problem = family.problem
        self.form = form
        self.language = language
        self._family = family
        started = time.perf_counter()
        self._declaration = family.declare(form, language)
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

    def __reduce__(self) -> Never:
        """Refuse to travel: a native model is a solver's object, or a web of the language's own.

        Raises
        ------
        ModelError
        """
        remedy = "Send `problem` and build the model there, or send `linear_program()`, which takes along what was added"
        raise ModelError("model", f"is stated in {self.language}, and such models are neither pickled nor copied", remedy)

    def linear_program(self) -> LinearProgram:
        """The model as compiled by its language: (c, A, b) with named rows and columns, as in A vec(gamma) = b."""
        return compile_model(self._declaration, self.language).program

    def explain_infeasibility(self) -> Infeasibility | Conflict | None:
        """Why the model has no feasible point; None where it has one. See `otmodels.explain_infeasibility`."""
        declared = self._family.infeasibility()
        return conflict(self.linear_program()) if declared is None else declared

    @keeps_time_limit
    def solve(self, *, time_limit: float | None = None, throw: bool = True, verbose: bool = False) -> ModelResult:
        """Solve with HiGHS through the language's interface, in units, and certify; without a proof, go on in exact arithmetic.

        Parameters
        ----------
        time_limit : float, optional
            Seconds, > 0.
        throw : bool
            Raise where there is no optimal solution, or none that is certified; otherwise return an `Unsolved` with the
            proven interval, or the best solution, whose certificate says that it is not one.
        verbose : bool
            Whether HiGHS prints its log.

        Raises
        ------
        InfeasibleError, UnboundedError, StoppedError, SolveError
            No optimal solution, or none that is certified; the error has the status, the proven interval and the best solution.
        """
        check_time_limit(time_limit)
        check_flags(throw=throw, verbose=verbose)
        effort = Effort(time.perf_counter() + (time_limit or np.inf))
        result, extended = self._attempt(time_limit, verbose)
        if not extended:
            result = settled(_plain(result), [self.last_resort(effort)], effort)
        if throw:
            raise_unless_settled(result)
        return result

    def attempt(self, *, time_limit: float | None = None, verbose: bool = False) -> Result:
        """What one run of HiGHS gives of the model as declared, certified or not; see `solve`."""
        return _plain(self._attempt(time_limit, verbose)[0])

    def _attempt(self, time_limit: float | None, verbose: bool) -> tuple[ModelResult, bool]:
        """What one run of HiGHS gives, and whether it is of an extended model."""
        started = time.perf_counter()
        compiled = compile_model(self._declaration, self.language)
        extended = self._is_extended(compiled)
        compiled_at = time.perf_counter()
        run = compiled.run(time_limit, verbose)
        solved_at = time.perf_counter()
        answer = Answer.of(self._declaration, compiled, run)
        if not (extended or run.status.optimal):
            return self._family.unsolved(self.form, answer, run), extended
        read = self._family.settled_extended if extended else self._family.solution
        seconds = self._build_s, compiled_at - started, solved_at - compiled_at
        result = read(self.form, answer, run, self._provenance(run, *seconds, 0.0))
        if isinstance(result, Unsolved):
            return result, extended
        extract_s = time.perf_counter() - solved_at
        return replace(result, provenance=replace(result.provenance, extract_s=extract_s)), extended

    def last_resort(self, effort: Effort) -> Way:
        """Exact arithmetic, as the family of the form reads it."""
        return lambda near: self._family.exactly(near, self._unrun(), effort)

    def _unrun(self) -> Provenance:
        """How a result comes about that HiGHS has no part in."""
        about = self._family.support, self._family.size, "network simplex in rational numbers"
        return Provenance(self.form, self.language, *about, 0, 0, self._build_s, 0.0, 0.0, 0.0, versions(self.language))

    def _provenance(self, run: Run, *seconds: float) -> Provenance:
        build_s, compile_s, solve_s, extract_s = seconds
        return Provenance(
            form=self.form,
            language=self.language,
            support=self._family.support,
            pairs=self._family.size,
            algorithm=run.algorithm,
            iterations=run.iterations,
            refinements=run.refinements,
            build_s=build_s,
            compile_s=compile_s,
            solve_s=solve_s,
            extract_s=extract_s,
            versions=versions(self.language),
            generate_s=self._family.generate_s,
        )

    def _is_extended(self, compiled: Compiled) -> bool:
        """Whether the native model is no longer the one that was declared."""
        program, declared = compiled.program, self._family.program(self.form)
        columns = np.concatenate([compiled.columns[name] for name in self._declaration.variables])
        known = [compiled.rows[name] for name in self._declaration.constraints if name in compiled.rows]
        rows = np.concatenate(known) if known else np.array([], dtype=np.intp)
        if program.shape != declared.shape or rows.size != declared.shape[0] or (rows < 0).any():
            return True
        return not declared.same_as(program, rows, columns)


def _plain(result: ModelResult) -> Result:
    assert isinstance(result, Solution | LipschitzSolution | Unsolved)
    return result


def raise_unless_settled(result: ModelResult) -> None:
    """Raise where a result is not what was asked for: there is none, or it is neither certified nor exempt from that.

    Raises
    ------
    InfeasibleError, UnboundedError, StoppedError, SolveError
    """
    if isinstance(result, Unsolved):
        raise error_of(result)
    if result.certificate.passed or (isinstance(result, Solution | LipschitzSolution) and is_settled(result)):
        return
    remedy = "throw=False returns it as it is; the error has it as `solution`"
    kind = StoppedError if result.status.termination.stopped else SolveError
    raise kind(f"{result.certificate.verdict}. {remedy}", result.status, result.certificate.interval, result)


def error_of(unsolved: Unsolved) -> SolveError:
    """The exception that says the same as an unsolved result."""
    lower, upper = unsolved.interval
    proven = (
        "" if np.isinf(lower) and np.isinf(upper) else f"; proven so far: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
    )
    about = unsolved.message + proven, unsolved.status, unsolved.interval
    if isinstance(unsolved, Infeasible):
        return InfeasibleError(*about, unsolved.explanation)
    if isinstance(unsolved, Unbounded):
        return UnboundedError(*about, unsolved.ray)
    return StoppedError(*about) if unsolved.status.termination.stopped else SolveError(*about)


def versions(language: str) -> dict[str, str]:
    """Versions of what a result was made with."""
    return {name: _version(name) for name in dict.fromkeys(("otmodels", language, "highspy"))}


@cache
def _version(package: str) -> str:
    """The version of a package, read once: reading it takes milliseconds."""
    return version(package)
