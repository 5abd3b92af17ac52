"""highspy: the program as arrays in a Highs object; the floor that the modelling languages are measured against.

Rows and columns are told apart by the names that the object holds, so that multipliers stay with their rows where a user
deletes some or hands the object over in another order. What the object holds beside its linear program and names is either
refused (kinds of columns, a Hessian, further objectives) or no part of the problem (options, a basis, a solution, callbacks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import DuplicateLabelError, ModelError, NotLinearError
from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.run import Run, solve_program
from otmodels.lp import LinearProgram, Names


def load(program: LinearProgram) -> Any:
    """The program, unscaled, with its names, in a new Highs object that the user may extend."""
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
    named = highs.getLp()  # a copy: names handed over with it take a tenth of the time that they take one by one
    named.row_names_, named.col_names_ = list(program.row_names), list(program.column_names)
    highs.passModel(named)
    return highs


def declared(program: LinearProgram, variables: Mapping[str, range], constraints: Mapping[str, range]) -> Declaration:
    """The program in a new Highs object, its columns and rows declared under names of their own.

    Parameters
    ----------
    program : LinearProgram
        Any whose numbers HiGHS takes.
    variables, constraints : mapping of str to range
        Which columns and rows they are, in order, all of them.
    """
    blocks = (
        {name: Block(at, _part(names, at)) for name, at in parts.items()}
        for names, parts in ((program.column_names, variables), (program.row_names, constraints))
    )
    return Declaration(load(program), *blocks)


def _part(names: Sequence[str], at: range) -> Names:
    return Names(len(at), lambda: list(names[at.start : at.stop]))


def read_highs(highs: Any) -> LinearProgram:
    """The linear program in a Highs object, under its names, "row_k" and "column_k" where it has none.

    Raises
    ------
    NotLinearError
        A column is not continuous, or the objective is quadratic or one of several.
    DuplicateLabelError
        Two rows, or two columns, have the same name.
    """
    lp = _lp(highs)
    names = _given(lp.row_names_, "row_", range(lp.num_row_)), _given(lp.col_names_, "column_", range(lp.num_col_))
    _check_linear(highs, lp, names[1])
    _check_unique("row", names[0])
    _check_unique("column", names[1])
    return _program(lp, *names)


class HighspyProgram(Compiled):
    """A Highs object, read back."""

    def __init__(self, declaration: Declaration) -> None:
        highs = declaration.native
        if not isinstance(highs, highspy.Highs):
            raise ModelError("native", f"is {type(highs).__name__}, not a highspy Highs", "Give it a Highs object")
        self._highs = highs
        lp = _lp(highs)
        columns = _located("column", declaration.variables, lp.col_names_, lp.num_col_)
        rows = _located("row", declaration.constraints, lp.row_names_, lp.num_row_)
        _check_linear(highs, lp, columns.names)
        if columns.lost:
            remedy = "Leave the declared columns and their names; changeColBounds(k, 0, 0) takes one out"
            raise ModelError("native", f"no longer has the column {columns.lost[0]!r}", remedy)
        self._columns, self._rows = columns.declared, rows.declared | rows.added
        self._program = _program(lp, rows.names, columns.names)

    @property
    def program(self) -> LinearProgram:
        """The program as read back."""
        return self._program

    @property
    def columns(self) -> Mapping[str, IndexArray]:
        """Where each declared variable's entries are."""
        return self._columns

    @property
    def rows(self) -> Mapping[str, IndexArray]:
        """Where each declared constraint's entries are, -1 where a row is gone; added rows after themselves, or "row_k"."""
        return self._rows

    def run(self, time_limit: float | None, verbose: bool) -> Run:
        """Solve the program in units; an optimal point is set in the native object."""
        run = solve_program(self._program, time_limit=time_limit, verbose=verbose)
        if run.status.optimal and run.x is not None and run.y is not None:
            solution = highspy.HighsSolution()
            solution.col_value, solution.row_dual = run.x.tolist(), run.y.tolist()
            self._highs.setSolution(solution)
        return run


@dataclass(frozen=True, slots=True)
class _Located:
    """The rows, or the columns, of a Highs object.

    Attributes
    ----------
    names : list of str
        All of them, in its order.
    declared : dict
        Where those of each declared block are, -1 for one that is gone; without the blocks that are gone as a whole.
    added : dict
        Where the others are, by name.
    lost : list of str
        The declared ones that are gone.
    """

    names: list[str]
    declared: dict[str, IndexArray]
    added: dict[str, IndexArray]
    lost: list[str]


def _located(kind: str, blocks: Mapping[str, Block], given: Sequence[str], size: int) -> _Located:
    own = [entry for block in blocks.values() for entry in block.names]
    if given[: len(own)] == own:
        names, places = [*own, *_given(given[len(own) :], f"{kind}_", range(len(own), size))], np.arange(len(own))
    else:
        names = _given(given, f"{kind}_", range(size))
        at = {name: k for k, name in enumerate(names)}
        places = np.array([at.get(name, -1) for name in own], dtype=np.intp)
    added = np.ones(size, dtype=np.bool_)
    added[places[places >= 0]] = False
    if others := np.flatnonzero(added).tolist():
        _check_taken(kind, [names[k] for k in others], [*own, *blocks])
    ends = np.cumsum([0, *(len(block.names) for block in blocks.values())]).tolist()
    found = {name: places[start:end] for name, (start, end) in zip(blocks, pairwise(ends), strict=True)}
    return _Located(
        names,
        {name: at for name, at in found.items() if at.size == 0 or at.max() >= 0},
        {names[k]: np.array([k], dtype=np.intp) for k in others},
        [own[k] for k in np.flatnonzero(places < 0).tolist()],
    )


def _check_taken(kind: str, added: Sequence[str], declared: Sequence[str]) -> None:
    taken = set(declared)
    for name, times in Counter(added).items():
        if times > 1 or name in taken:
            fault = f"the name {name!r} of an added {kind} is that of another one"
            raise DuplicateLabelError("native", fault, f"Multipliers are told apart by name: give each {kind} its own")


def _check_unique(kind: str, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        repeated = next(name for name, times in Counter(names).items() if times > 1)
        raise DuplicateLabelError("native", f"two {kind}s are named {repeated!r}", "Give each its own name")


def _check_linear(highs: Any, lp: Any, columns: Sequence[str]) -> None:
    """Raise where the object holds more than a linear program: what is not read is not solved either."""
    for k, kind in enumerate(lp.integrality_):
        if kind != highspy.HighsVarType.kContinuous:
            fault = f"the HiGHS model has the column {columns[k]!r} that is not continuous ({kind.name})"
            raise NotLinearError("native", fault, "Potentials exist for linear programs: make it continuous")
    if highs.getHessianNumNz():
        hessian = highs.getModel().hessian_
        for k, entry in zip(hessian.index_, hessian.value_, strict=True):
            if entry:
                raise NotLinearError("native", f"the HiGHS model has a quadratic objective, in {columns[k]!r}", "Keep it linear")
    if number := highs.getNumLinearObjectives():
        fault = f"the HiGHS model has objectives beside its columns' costs: {number}, by addLinearObjective"
        raise NotLinearError("native", fault, "Keep one objective, as costs, and clearLinearObjectives()")


def _given(names: Sequence[str], prefix: str, positions: range) -> list[str]:
    """The names that the object has at some positions, prefix and position where it has none."""
    return [name or f"{prefix}{k}" for k, name in zip(positions, chain(names, repeat("")), strict=False)]


def _lp(highs: Any) -> Any:
    """A copy of the program that the object holds, by columns."""
    highs.ensureColwise()
    return highs.getLp()


def _program(lp: Any, rows: list[str], columns: list[str]) -> LinearProgram:
    entries = lp.a_matrix_
    index, start = np.array(entries.index_, dtype=np.int32), np.array(entries.start_, dtype=np.int32)
    matrix = csc_array((_floats(entries.value_), index, start), shape=(len(rows), len(columns)))
    return LinearProgram(
        _floats(lp.col_cost_),
        matrix,
        _floats(lp.row_lower_),
        _floats(lp.row_upper_),
        _floats(lp.col_lower_),
        _floats(lp.col_upper_),
        Names(len(rows), lambda: rows),
        Names(len(columns), lambda: columns),
        "min" if lp.sense_ == highspy.ObjSense.kMinimize else "max",
        float(lp.offset_),
    )


def _floats(values: Any) -> FloatArray:
    return np.array(values, dtype=np.float64)
