"""pyomo: its interface to HiGHS with two steps replaced, reading the model and handing the program over.

The interface's own reading goes through every expression several times (8 s at 250,000 variables) and ignores unknown
options; here a linear expression is read once, in one pass over its terms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from pyomo.common.collections import ComponentMap
from pyomo.contrib.solver.common.results import Results, SolutionStatus, TerminationCondition
from pyomo.contrib.solver.common.solution_loader import SolutionLoader
from pyomo.contrib.solver.common.util import NoOptimalSolutionError, NoSolutionError
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.core.base.block import BlockData
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import DuplicateLabelError, ModelError
from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.pyomo_reading import Reading, read
from otmodels.languages.run import Run, solve_program
from otmodels.lp import LinearProgram, Names
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

    def __init__(self, reading: Reading, run: Run) -> None:
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
        return {name: self._columns_of(name, block) for name, block in self._declaration.variables.items()}

    def _columns_of(self, name: str, block: Block) -> IndexArray:
        position = self._solver.reading.column
        columns = [position.get(id(variable), -1) for variable in block.handle.values()]
        if -1 in columns or len(columns) != len(block.names):
            raise ModelError("native", f"does not have the variable {name!r} as it was declared", "Extend the model as built")
        return np.array(columns, dtype=np.intp)

    @cached_property
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each active constraint's entries are, by component name; -1 for a declared row that is not active."""
        rows: dict[int, list[int]] = {}
        reading = self._solver.reading
        components = [constraint.parent_component() for constraint in reading.constraints]
        for k, component in enumerate(components):
            rows.setdefault(id(component), []).append(k)
        declared = {id(block.handle): (name, block) for name, block in self._declaration.constraints.items()}
        found: dict[str, IndexArray] = {}
        for component, positions in rows.items():
            name, block = declared.get(component, (components[positions[0]].name, None))
            if block is None and name in self._declaration.constraints:
                remedy = "Give it a name of its own: multipliers are told apart by name"
                raise DuplicateLabelError("native", f"another constraint has the name of the declared {name!r}", remedy)
            found[name] = np.array(positions, dtype=np.intp) if block is None else self._rows_of(name, block, positions)
        return found

    def _rows_of(self, name: str, block: Block, positions: Sequence[int]) -> IndexArray:
        """The rows of a declared constraint in the order of declaration, by index where some are not active."""
        if len(positions) == len(block.names):
            return np.array(positions, dtype=np.intp)
        row = {self._solver.reading.constraints[k].index(): k for k in positions}
        keys = list(islice(block.handle.index_set(), len(block.names)))
        if len(keys) < len(block.names) or not row.keys() <= set(keys):
            remedy = "Leave its index set as it is, and give a constraint of your own its own name"
            raise ModelError("native", f"the declared constraint {name!r} has another index set now", remedy)
        return np.array([row.get(key, -1) for key in keys], dtype=np.intp)

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
            for row, entry in zip(self.rows.get(name, ()), block.names, strict=False):
                if row >= 0:
                    names[row] = entry
        return names
