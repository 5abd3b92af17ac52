"""highspy: the program as arrays in a Highs object; the floor that the modelling languages are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ModelError
from otmodels.languages.base import Compiled, Declaration
from otmodels.languages.run import Run, solve_program
from otmodels.lp import LinearProgram, Names


def load(program: LinearProgram) -> Any:
    """The program, unscaled, in a new Highs object that the user may extend."""
    rows, columns = program.shape
    highs = highspy.Highs()
    highs.silent()
    for option in ("infinite_bound", "infinite_cost"):  # masses from 1e20 on are finite, if in an odd unit
        highs.setOptionValue(option, highspy.kHighsInf)
    empty = np.array([], dtype=np.int32)
    highs.addRows(rows, program.row_lower, program.row_upper, 0, empty, empty, np.array([], dtype=np.float64))
    start, index = program.A.indptr[:-1].astype(np.int32), program.A.indices.astype(np.int32)
    highs.addCols(columns, program.c, program.lower, program.upper, program.A.nnz, start, index, program.A.data)
    highs.changeObjectiveOffset(program.offset)
    if program.sense == "max":
        highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    return highs


class HighspyProgram(Compiled):
    """A Highs object, read back."""

    def __init__(self, declaration: Declaration) -> None:
        if not isinstance(declaration.native, highspy.Highs):
            raise ModelError("native", f"is {type(declaration.native).__name__}, not a highspy Highs", "Give it a Highs object")
        self._declaration = declaration
        self._program = self._read(declaration.native)

    def _read(self, highs: Any) -> LinearProgram:
        highs.ensureColwise()
        lp = highs.getLp()
        columns, rows = lp.num_col_, lp.num_row_
        if columns < sum(len(block.names) for block in self._declaration.variables.values()):
            raise ModelError("native", "has lost columns", "Add rows and columns, but leave the declared ones")
        matrix = csc_array(
            (_floats(lp.a_matrix_.value_), np.array(lp.a_matrix_.index_), np.array(lp.a_matrix_.start_)), shape=(rows, columns)
        )
        return LinearProgram(
            _floats(lp.col_cost_),
            matrix,
            _floats(lp.row_lower_),
            _floats(lp.row_upper_),
            _floats(lp.col_lower_),
            _floats(lp.col_upper_),
            Names(rows, self._row_names),
            Names(columns, self._column_names),
            "min" if lp.sense_ == highspy.ObjSense.kMinimize else "max",
            float(lp.offset_),
        )

    @property
    def program(self) -> LinearProgram:
        """The program as read back."""
        return self._program

    @property
    def columns(self) -> Mapping[str, IndexArray]:
        """Where each declared variable's entries are."""
        return {name: np.asarray(block.handle, dtype=np.intp) for name, block in self._declaration.variables.items()}

    @property
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each declared constraint's entries are; rows added later are named after themselves, or "row_k"."""
        declared = {name: np.asarray(block.handle, dtype=np.intp) for name, block in self._declaration.constraints.items()}
        first = sum(rows.size for rows in declared.values())
        return declared | {self._added(row): np.array([row], dtype=np.intp) for row in range(first, self._program.shape[0])}

    def run(self, time_limit: float | None, verbose: bool) -> Run:
        """Solve the program in units; an optimal point is set in the native object."""
        run = solve_program(self._program, time_limit=time_limit, verbose=verbose)
        if run.status.optimal and run.x is not None and run.y is not None:
            solution = highspy.HighsSolution()
            solution.col_value, solution.row_dual = run.x.tolist(), run.y.tolist()
            self._declaration.native.setSolution(solution)
        return run

    def _added(self, row: int) -> str:
        return str(self._declaration.native.getRowName(row)[1]) or f"row_{row}"

    def _column_names(self) -> list[str]:
        declared = [entry for block in self._declaration.variables.values() for entry in block.names]
        return declared + [f"column_{k}" for k in range(len(declared), self._program.shape[1])]

    def _row_names(self) -> list[str]:
        declared = [entry for block in self._declaration.constraints.values() for entry in block.names]
        return declared + [self._added(k) for k in range(len(declared), self._program.shape[0])]


def _floats(values: Any) -> FloatArray:
    return np.array(values, dtype=np.float64)
