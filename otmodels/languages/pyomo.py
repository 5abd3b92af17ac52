"""pyomo: its interface to HiGHS with two steps replaced, reading the model and handing the program over.

The interface's own reading goes through every expression several times (8 s at 250,000 variables) and ignores unknown
options; here a linear expression is read once, in one pass over its terms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyomo.environ as pyo
from pyomo.common.collections import ComponentMap
from pyomo.common.gc_manager import PauseGC
from pyomo.common.numeric_types import native_numeric_types
from pyomo.contrib.solver.common.results import Results, SolutionStatus, TerminationCondition
from pyomo.contrib.solver.common.solution_loader import SolutionLoader
from pyomo.contrib.solver.common.util import NoOptimalSolutionError, NoSolutionError
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.core.base.block import BlockData
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import MonomialTermExpression, SumExpression
from pyomo.repn import generate_standard_repn
from scipy.sparse import coo_array, csc_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ModelError, NotLinearError
from otmodels.languages.base import Compiled, Declaration
from otmodels.languages.run import Run, solve_program
from otmodels.lp import LinearProgram, Names, numbered
from otmodels.status import Termination

_TERMINATION = {
    Termination.OPTIMAL: TerminationCondition.convergenceCriteriaSatisfied,
    Termination.INFEASIBLE: TerminationCondition.provenInfeasible,
    Termination.UNBOUNDED: TerminationCondition.unbounded,
    Termination.INFEASIBLE_OR_UNBOUNDED: TerminationCondition.infeasibleOrUnbounded,
    Termination.TIME_LIMIT: TerminationCondition.maxTimeLimit,
    Termination.ITERATION_LIMIT: TerminationCondition.iterationLimit,
    Termination.INTERRUPTED: TerminationCondition.interrupted,
    Termination.FAILED: TerminationCondition.error,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A pyomo model as arrays, with the variables and constraints in their order."""

    variables: Sequence[VarData]
    constraints: Sequence[ConstraintData]
    column: Mapping[int, int]
    program: LinearProgram


class ScaledHighs(Highs):  # type: ignore[misc]
    """pyomo's interface to HiGHS, run in units, interruptible and refined: `ScaledHighs().solve(model)`.

    Takes the interface's `time_limit`, `tee`, `load_solutions` and `raise_exception_on_nonoptimal_result`;
    `solver_options` are refused.
    """

    def set_instance(self, model: Any) -> None:
        """Read the model."""
        self._reinit()
        self._model = model
        self.reading = read(model)
        self._fresh = True

    def update(self, timer: Any = None) -> None:
        """Read the model again, unless it was read just now for this solve."""
        if not self._fresh:
            self.set_instance(self._model)

    def _solve(self) -> Results:
        config, self._fresh = self._active_config, False
        if len(config.solver_options):
            raise ValueError(f"unknown options {sorted(config.solver_options)}: this solver takes time_limit and tee only")
        self.run = solve_program(self.reading.program, time_limit=config.time_limit, verbose=bool(config.tee))
        results = Results()
        results.solver_name, results.solver_version, results.solver_config = self.name, self.version(), config
        results.termination_condition = _TERMINATION[self.run.status.termination]
        results.solution_status = SolutionStatus.optimal if self.run.status.optimal else SolutionStatus.noSolution
        results.solution_loader = _Loader(self.reading, self.run)
        results.timing_info.highs_time = self.run.seconds
        if not self.run.status.optimal and config.raise_exception_on_nonoptimal_result:
            raise NoOptimalSolutionError()
        if self.run.status.optimal and self.run.x is not None:
            results.incumbent_objective = results.objective_bound = self.reading.program.value(self.run.x)
            if config.load_solutions:
                results.solution_loader.load_vars()
        return results


class _Loader(SolutionLoader):  # type: ignore[misc]
    """Hands an answer back to pyomo's variables and constraints."""

    def __init__(self, reading: _Reading, run: Run) -> None:
        self._reading = reading
        self._run = run

    def invalidate(self) -> None:
        """Called before the same solver solves again; an answer stays what it is."""

    def get_number_of_solutions(self) -> int:
        """1 where HiGHS reported an optimal solution."""
        return int(self._run.status.optimal)

    def get_duals(self, cons_to_load: Sequence[ConstraintData] | None = None) -> dict[ConstraintData, float]:
        """Row multipliers by constraint."""
        y = [] if self._run.y is None else self._run.y.tolist()
        duals = dict(zip(self._reading.constraints, y, strict=False))
        return duals if cons_to_load is None else {constraint: duals[constraint] for constraint in cons_to_load}

    def get_vars(self, vars_to_load: Sequence[VarData] | None = None) -> ComponentMap:
        """Values by variable."""
        return self._by_variable(self._run.x, vars_to_load)

    def get_reduced_costs(self, vars_to_load: Sequence[VarData] | None = None) -> ComponentMap:
        """C - A'y by variable."""
        program = self._reading.program
        return self._by_variable(None if self._run.y is None else program.c - program.A.T @ self._run.y, vars_to_load)

    def load_vars(self, vars_to_load: Sequence[VarData] | None = None) -> None:
        """Set the variables' values."""
        if vars_to_load is None and self._run.x is not None:
            for variable, value in zip(self._reading.variables, self._run.x.tolist(), strict=True):
                variable.set_value(value, skip_validation=True)
            return
        for variable, value in self.get_vars(vars_to_load).items():
            variable.set_value(value, skip_validation=True)

    def _by_variable(self, values: FloatArray | None, wanted: Sequence[VarData] | None) -> ComponentMap:
        if values is None:
            raise NoSolutionError()
        chosen = self._reading.variables if wanted is None else wanted
        return ComponentMap((variable, float(values[self._reading.column[id(variable)]])) for variable in chosen)


class PyomoProgram(Compiled):
    """A pyomo model, compiled."""

    def __init__(self, declaration: Declaration) -> None:
        if not isinstance(declaration.native, BlockData):
            raise ModelError("native", f"is {type(declaration.native).__name__}, not a pyomo model", "Give it a ConcreteModel")
        self._declaration = declaration
        self._solver = ScaledHighs()
        self._solver.set_instance(declaration.native)

    @cached_property
    def program(self) -> LinearProgram:
        """The program as read, under the declared names."""
        read = self._solver.reading.program
        row_names, column_names = Names(read.shape[0], self._row_names), Names(read.shape[1], self._column_names)
        return LinearProgram(
            read.c,
            read.A,
            read.row_lower,
            read.row_upper,
            read.lower,
            read.upper,
            row_names,
            column_names,
            read.sense,
            read.offset,
        )

    @cached_property
    def columns(self) -> Mapping[str, IndexArray]:
        """Where each declared variable's entries are."""
        position = self._solver.reading.column
        for name, block in self._declaration.variables.items():
            if not all(id(variable) in position for variable in block.handle.values()):
                raise ModelError("native", f"does not have the variable {name!r} that was declared", "Extend the model as built")
        return {
            name: np.array([position[id(variable)] for variable in block.handle.values()], dtype=np.intp)
            for name, block in self._declaration.variables.items()
        }

    @cached_property
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each active constraint's entries are, by component name; -1 for a declared row that is not active."""
        rows: dict[int, list[int]] = {}
        reading = self._solver.reading
        components = [constraint.parent_component() for constraint in reading.constraints]
        for k, component in enumerate(components):
            rows.setdefault(id(component), []).append(k)
        found = {components[positions[0]].name: np.array(positions, dtype=np.intp) for positions in rows.values()}
        for name, block in self._declaration.constraints.items():
            if len(found.get(name, ())) not in (0, len(block.names)):
                row = {id(constraint): k for k, constraint in enumerate(reading.constraints)}
                found[name] = np.array([row.get(id(data), -1) for data in block.handle.values()], dtype=np.intp)
        return found

    def run(self, time_limit: float | None, verbose: bool) -> Run:
        """Solve through `ScaledHighs`; the variables' values are set where the solution is optimal."""
        results = self._solver.solve(
            self._declaration.native,
            time_limit=time_limit,
            tee=verbose,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
        )
        if results.solution_status is SolutionStatus.optimal:
            results.solution_loader.load_vars()
        run: Run = self._solver.run
        return run

    def _column_names(self) -> list[str]:
        names = [variable.name for variable in self._solver.reading.variables]
        for name, block in self._declaration.variables.items():
            for column, entry in zip(self.columns[name], block.names, strict=True):
                names[column] = entry
        return names

    def _row_names(self) -> list[str]:
        names = [constraint.name for constraint in self._solver.reading.constraints]
        for name, block in self._declaration.constraints.items():
            rows = self.rows.get(name, ())
            if len(rows) == len(block.names):
                for row, entry in zip(rows, block.names, strict=True):
                    if row >= 0:
                        names[row] = entry
        return names


def read(model: Any) -> _Reading:
    """Read a linear pyomo model.

    Raises
    ------
    NotLinearError
        It has an integer variable, a nonlinear expression, or not exactly one active objective.
    """
    with PauseGC():
        variables = list(model.component_data_objects(pyo.Var, descend_into=True))
        constraints = list(model.component_data_objects(pyo.Constraint, active=True, descend_into=True))
        objectives = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        if len(objectives) != 1:
            raise NotLinearError("native", f"the pyomo model has {len(objectives)} active objectives", "Keep exactly one")
        column = {id(variable): k for k, variable in enumerate(variables)}
        matrix, row_lower, row_upper = _rows(constraints, column)
        lower, upper = _bounds(variables)
        costs, offset = _objective(objectives[0], column)
    names = numbered("row_", len(constraints)), numbered("column_", len(variables))
    sense: Literal["min", "max"] = "min" if objectives[0].sense == pyo.minimize else "max"
    program = LinearProgram(costs, matrix, row_lower, row_upper, lower, upper, *names, sense, offset)
    return _Reading(variables, constraints, column, program)


def _rows(constraints: Sequence[ConstraintData], column: Mapping[int, int]) -> tuple[csc_array, FloatArray, FloatArray]:
    coefficients: list[float] = []
    columns: list[int] = []
    ends, lower, upper = [], [], []
    for constraint in constraints:
        low, body, high = constraint.to_bounded_expression(evaluate_bounds=True)
        constant = _terms(body, column, coefficients, columns, constraint)
        ends.append(len(columns))
        lower.append(-np.inf if low is None else low - constant)
        upper.append(np.inf if high is None else high - constant)
    rows = np.repeat(np.arange(len(constraints)), np.diff([0, *ends]))
    matrix = coo_array(
        (np.array(coefficients, dtype=np.float64), (rows, np.array(columns, dtype=np.intp))),
        shape=(len(constraints), len(column)),
    )
    return csc_array(matrix), np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)


def _objective(objective: Any, column: Mapping[int, int]) -> tuple[FloatArray, float]:
    coefficients: list[float] = []
    columns: list[int] = []
    offset = _terms(objective.expr, column, coefficients, columns, objective)
    return np.bincount(np.array(columns, dtype=np.intp), np.array(coefficients), len(column)).astype(np.float64), offset


def _terms(expression: Any, column: Mapping[int, int], coefficients: list[float], columns: list[int], where: Any) -> float:
    """Append the terms of a linear expression; returns its constant.

    Sums of variables, and sums of number times variable, are read off their terms; pyomo's own analysis does the rest.
    """
    if isinstance(expression, SumExpression):
        terms = expression.args
        kinds = set(map(type, terms))
        if kinds == {VarData}:
            coefficients.extend([1.0] * len(terms))
            columns.extend([column[id(term)] for term in terms])
            return 0.0
        if kinds == {MonomialTermExpression}:
            factors, variables = zip(*[term.args for term in terms], strict=True)
            if native_numeric_types.issuperset(map(type, factors)):
                coefficients.extend(factors)
                columns.extend([column[id(variable)] for variable in variables])
                return 0.0
    form = generate_standard_repn(expression, quadratic=False, compute_values=True)
    if form.nonlinear_expr is not None:
        raise NotLinearError("native", f"{where.name} is not linear", "Keep objective and constraints linear in the variables")
    coefficients.extend(float(factor) for factor in form.linear_coefs)
    columns.extend(column[id(variable)] for variable in form.linear_vars)
    return float(form.constant)


def _bounds(variables: Sequence[VarData]) -> tuple[FloatArray, FloatArray]:
    lower, upper = np.empty(len(variables)), np.empty(len(variables))
    intervals: dict[int, tuple[float, float]] = {}
    for k, variable in enumerate(variables):
        domain = variable.domain
        if id(domain) not in intervals:
            intervals[id(domain)] = _interval(variable)
        low, high = intervals[id(domain)]
        if variable.fixed:
            low = high = variable.value
        elif not (variable._lb is None and variable._ub is None):  # variable.bounds, at four times the speed
            own_low, own_high = variable.bounds
            low, high = -np.inf if own_low is None else own_low, np.inf if own_high is None else own_high
        lower[k], upper[k] = low, high
    return lower, upper


def _interval(variable: VarData) -> tuple[float, float]:
    """The bounds that come with a variable's domain."""
    if not variable.is_continuous():
        remedy = "Potentials exist for linear programs: make it continuous"
        raise NotLinearError("native", f"variable {variable.name} is integer", remedy)
    low, high, _ = variable.domain.get_interval()
    return -np.inf if low is None else low, np.inf if high is None else high
