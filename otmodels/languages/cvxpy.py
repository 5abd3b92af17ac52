"""cvxpy: its compiler, and its interface to HiGHS with the one step replaced that hands the program over.

cvxpy's `dual_value` is the negative of d(value)/d(right-hand side) in a minimum, and depends on how a row was written. Here
multipliers come from the compiled rows, turned so that the data stand on the right: `expression <= data`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import cvxpy as cp
import numpy as np
from cvxpy.reductions.solution import failure_solution
from cvxpy.reductions.solvers.conic_solvers.highs_conif import HIGHS
from scipy.sparse import csc_array, dia_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import DuplicateLabelError, ModelError, NotLinearError
from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.run import Run, solve_program
from otmodels.lp import LinearProgram, Names, numbered
from otmodels.status import Termination

_STATUS = {
    Termination.INFEASIBLE: cp.INFEASIBLE,
    Termination.UNBOUNDED: cp.UNBOUNDED,
    Termination.INFEASIBLE_OR_UNBOUNDED: cp.settings.INFEASIBLE_OR_UNBOUNDED,
    Termination.FAILED: cp.SOLVER_ERROR,
}


class ScaledHighs(HIGHS):  # type: ignore[misc]
    """cvxpy's interface to HiGHS, run in units, interruptible and refined: `problem.solve(solver=ScaledHighs())`.

    Takes `time_limit` in seconds; other solver options are refused.
    """

    MIP_CAPABLE = False

    def name(self) -> str:
        """Name of the solver, different from cvxpy's own."""
        return "SCALED_HIGHS"

    def solve_via_data(
        self, data: dict[str, Any], warm_start: bool, verbose: bool, solver_opts: dict[str, Any], solver_cache: Any = None
    ) -> dict[str, Any]:
        """Solve the compiled program; the answer is in the form that cvxpy's own interface returns."""
        unknown = set(solver_opts) - {"time_limit"}
        if unknown:
            raise ValueError(f"unknown options {sorted(unknown)}: this solver takes time_limit only")
        if data[cp.settings.BOOL_IDX] or data[cp.settings.INT_IDX]:
            raise cp.SolverError("a constraint, such as a FiniteSet, stands for integer variables: this solver has none")
        run = solve_program(_program(data), time_limit=solver_opts.get("time_limit"), verbose=verbose)
        optimal = run.status.optimal
        counts = dict.fromkeys(("ipm", "crossover", "pdlp", "qp"), 0) | {"simplex": run.iterations}
        info = {f"{kind}_iteration_count": count for kind, count in counts.items()}
        value = float(data["c"] @ run.x) if optimal and run.x is not None else np.nan
        return {
            "run": run,
            "run_time": run.seconds,
            "info": SimpleNamespace(objective_function_value=value, **info),
            "solution": SimpleNamespace(col_value=run.x, row_dual=run.y),
            "model_status": "kOptimal" if optimal else "kSolveError",
        }

    def invert(self, results: dict[str, Any], inverse_data: Any) -> Any:
        """Return cvxpy's solution; one without values where there is none that is optimal."""
        run: Run = results["run"]
        if run.status.optimal:
            return super().invert(results, inverse_data)
        status = _STATUS.get(run.status.termination, cp.SOLVER_ERROR)
        return failure_solution(status, {cp.settings.SOLVE_TIME: run.seconds})


class CvxpyProgram(Compiled):
    """A cvxpy problem, compiled."""

    def __init__(self, declaration: Declaration) -> None:
        self._problem: cp.Problem = declaration.native
        self._declaration = declaration
        _check_variables(declaration)
        _check_linear(self._problem)
        with _sparse_variables():
            self._data, self._chain, self._inverse = self._problem.get_problem_data(ScaledHighs())
        self._sense = 1.0 if isinstance(self._problem.objective, cp.Minimize) else -1.0
        self._blocks = [*self._inverse[-1].get("eq_constr"), *self._inverse[-1].get("other_constr")]
        self._signs = np.concatenate([np.full(block.size, self._sign(block.id)) for block in self._blocks] or [np.zeros(0)])

    def _sign(self, constraint: int) -> float:
        """-1 where cvxpy's row is turned: the data stand on the left, `data <= expression`, or on none, `NonNeg`."""
        for original in self._problem.constraints:
            if original.id == constraint and len(original.args) == 2:
                left, right = original.args
                return -1.0 if left.is_constant() and not right.is_constant() else 1.0
            if original.id == constraint and isinstance(original, cp.constraints.NonNeg):
                return -1.0
        return 1.0

    @cached_property
    def columns(self) -> Mapping[str, IndexArray]:
        """Where each declared variable's entries are: cvxpy flattens in Fortran order, this is the C order."""
        return {
            name: self._first_column(block)
            + _c_order(block.handle.shape if not block.handle.attributes["sparsity"] else (len(block.names),))
            for name, block in self._declaration.variables.items()
        }

    def _first_column(self, block: Block) -> int:
        """Where a variable starts; one without entries is not in the program."""
        return int(self._data["param_prob"].var_id_to_col[self._compiled_id(block.handle.id)]) if len(block.names) else 0

    @cached_property
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each constraint's entries are, by label; one without a label is "constraint_k", k its position."""
        starts: dict[int, list[int]] = {}
        ends = np.cumsum([block.size for block in self._blocks]).tolist()
        for block, end in zip(reversed(self._blocks), reversed(ends), strict=True):
            starts.setdefault(block.id, []).append(end - block.size)
        rows: dict[str, IndexArray] = {}
        for name, constraint in zip(labels(self._problem), self._problem.constraints, strict=True):
            if name in rows:
                remedy = "Multipliers are told apart by label: give each constraint its own"
                raise DuplicateLabelError("native", f"two constraints are labelled {name!r}", remedy)
            if starts.get(constraint.id):
                rows[name] = starts[constraint.id].pop() + _c_order(constraint.shape)  # one may be there twice
        return rows

    @cached_property
    def program(self) -> LinearProgram:
        """The compiled program, with its sense and its rows as the user wrote them."""
        data = _program(self._data)
        turned = self._signs < 0
        offset = self._inverse[-1].get("offset") or 0.0
        return LinearProgram(
            self._sense * data.c,
            csc_array(dia_array((self._signs[None, :], [0]), shape=(self._signs.size, self._signs.size)) @ data.A),
            np.where(turned, -data.row_upper, data.row_lower),
            np.where(turned, -data.row_lower, data.row_upper),
            data.lower.copy(),
            data.upper.copy(),
            Names(data.shape[0], self._row_names),
            Names(data.shape[1], self._column_names),
            "min" if self._sense > 0 else "max",
            self._sense * float(offset),
        )

    def run(self, time_limit: float | None, verbose: bool) -> Run:
        """Solve through `ScaledHighs`; the problem's status, value, variables and dual values are set."""
        options = {} if time_limit is None else {"time_limit": time_limit}
        raw = self._chain.solve_via_data(self._problem, self._data, verbose=verbose, solver_opts=options)
        run: Run = raw["run"]
        with _sparse_variables():
            if run.status.optimal:
                self._problem.unpack_results(raw, self._chain, self._inverse)
            else:
                self._problem._clear_solution()  # unpack() would look for the values of a stopped solve
                self._problem._status = _STATUS.get(run.status.termination, cp.USER_LIMIT)
        y = None if run.y is None else self._sense * self._signs * run.y + 0.0
        return replace(run, y=y, dual_ray=None if run.dual_ray is None else self._signs * run.dual_ray)

    def _compiled_id(self, variable: int) -> int:
        """Id of what a variable became: one with a sparsity pattern is replaced by a vector."""
        for step in self._inverse:
            if isinstance(step, tuple) and step and variable in step[0]:
                return int(step[0][variable].id)
        return variable

    def _offsets(self) -> list[tuple[Any, int]]:
        compiled = self._data["param_prob"]
        return [(variable, compiled.var_id_to_col[variable.id]) for variable in compiled.variables]

    def _column_names(self) -> list[str]:
        names = [""] * self._data["c"].size
        for variable, offset in self._offsets():
            for k in range(variable.size):
                names[offset + k] = f"{variable.name()}[{k}]"
        for name, block in self._declaration.variables.items():
            for column, entry in zip(self.columns[name], block.names, strict=True):
                names[column] = entry
        return names

    def _row_names(self) -> list[str]:
        names = [f"{block.id}[{k}]" for block in self._blocks for k in range(block.size)]
        for name, rows in self.rows.items():
            declared = self._declaration.constraints.get(name)
            entries = _entry_names(name, rows.size) if declared is None else declared.names
            for row, entry in zip(rows, entries, strict=True):
                names[row] = entry
        return names


def labels(problem: cp.Problem) -> list[str]:
    """A name for each constraint: its label, or "constraint_k"."""
    return [constraint.label or f"constraint_{k}" for k, constraint in enumerate(problem.constraints)]


def _entry_names(name: str, size: int) -> list[str]:
    return [name] if size == 1 else [f"{name}[{k}]" for k in range(size)]


def _program(data: Mapping[str, Any]) -> LinearProgram:
    """The program that cvxpy hands to its HiGHS interface: a minimum, equalities first, then A x <= b."""
    rows, columns = data["A"].shape
    equal, c, b = data["dims"].zero, _floats(data["c"]), _floats(data["b"])
    lower, upper = data["lower_bounds"], data["upper_bounds"]
    return LinearProgram(
        c,
        csc_array(data["A"]),
        np.where(np.arange(rows) < equal, b, -np.inf),
        b,
        np.full(columns, -np.inf) if lower is None else _floats(lower),
        np.full(columns, np.inf) if upper is None else _floats(upper),
        numbered("row_", rows),
        numbered("column_", columns),
    )


def _floats(array: Any) -> FloatArray:
    return np.array(array, dtype=np.float64)


def _c_order(shape: tuple[int, ...]) -> IndexArray:
    """Positions, in cvxpy's flattened (Fortran) order, of an array's entries in C order."""
    return np.arange(int(np.prod(shape, dtype=np.intp)), dtype=np.intp).reshape(shape, order="F").ravel()


def _check_variables(declaration: Declaration) -> None:
    if not isinstance(declaration.native, cp.Problem):
        raise ModelError("native", f"is {type(declaration.native).__name__}, not a cvxpy Problem", "Give it a cvxpy Problem")
    kept = {variable.id for variable in declaration.native.variables()}
    for name, block in declaration.variables.items():
        if block.handle.id not in kept:
            raise ModelError("native", f"no longer has the variable {name!r}", "Keep model.variables in the problem")


def _check_linear(problem: cp.Problem) -> None:
    """Raise at the first variable, constraint or objective that is not that of a linear program, by name."""
    for parameter in problem.parameters():
        if parameter.value is None:
            raise ModelError("native", f"the parameter {parameter.name()} has no value", "Set its value before solving")
    for variable in problem.variables():
        for kind in ("integer", "boolean", "complex", "hermitian", "imag", "PSD", "NSD"):
            if variable.attributes[kind]:
                fault = f"the cvxpy problem has the variable {variable.name()} that is {kind}"
                raise NotLinearError("native", fault, "Potentials exist for linear programs: make it real and continuous")
    if problem.is_lp():
        return
    parts = [("the objective", cp.Problem(problem.objective))]
    parts += [
        (f"the constraint {name}", cp.Problem(cp.Minimize(0), [constraint]))
        for name, constraint in zip(labels(problem), problem.constraints, strict=True)
    ]
    for name, part in parts:
        if not part.is_dcp():
            fault = f"{name} of the cvxpy problem is not convex by cvxpy's rules"
            raise NotLinearError("native", fault, "Use sums of variables, and functions that is_dcp() takes")
        if not part.is_lp():
            fault = f"{name} of the cvxpy problem is not linear"
            raise NotLinearError("native", fault, "Use objectives and constraints that cvxpy can write as linear rows")


def _sparse_variables() -> warnings.catch_warnings[None]:
    """Silences a warning that cvxpy's own compiler sets off for variables with a sparsity pattern."""
    return warnings.catch_warnings(action="ignore", category=RuntimeWarning)
