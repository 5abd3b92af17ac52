"""A user's own model, in cvxpy, pyomo or highspy, as a `LinearProgram` with the names that the user gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, product
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
from pyomo.core.base.block import BlockData

from otmodels.errors import DuplicateLabelError, ModelError
from otmodels.languages import pyomo_reading
from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.cvxpy import CvxpyProgram, labels
from otmodels.languages.highspy import read_highs
from otmodels.languages.naming import entry
from otmodels.lp import LinearProgram, Names

_UNNAMED = ("symmetric", "diag")
"""Attributes of cvxpy variables that make it replace the variable by another one, under another name."""


def read(native: Any) -> LinearProgram:
    """The linear program that a model states.

    cvxpy: entries are named "x", "x[0]", "x[0,1]" after `variable.name()`, rows after the label of their constraint, or
    "constraint_k" by position; what cvxpy adds to state a norm or a maximum is "auxiliary[k]" and "auxiliary_row[k]".
    pyomo: the components' names with their index, "gamma[Seattle,Chicago]"; a fixed variable is one with equal bounds, and
    a number where pyomo folds it into the right-hand side.
    highspy: its names, or "column_k" and "row_k" where it has none.

    Parameters
    ----------
    native : cvxpy.Problem, pyomo ConcreteModel or highspy.Highs
        The model; it is left as it is.

    Raises
    ------
    NotLinearError
        It is no linear program: integer variables, quadratic terms, and the like.
    ModelError
        It is no model of these languages, or not complete: parameters or fixed variables without a value.
    DuplicateLabelError
        Two variables or constraints have the same name.

    Examples
    --------
    >>> x = cp.Variable(2, name="x", nonneg=True)
    >>> program = read(cp.Problem(cp.Minimize(cp.sum(x)), [(x[0] - x[1] >= 1).set_label("lead")]))
    >>> list(program.column_names), list(program.row_names)
    (['x[0]', 'x[1]'], ['lead'])
    """
    if isinstance(native, cp.Problem):
        return _read_cvxpy(native)
    if isinstance(native, BlockData):
        return _read_pyomo(native)
    if isinstance(native, highspy.Highs):
        return read_highs(native)
    remedy = "Give a cvxpy Problem, a pyomo ConcreteModel or a highspy Highs"
    raise ModelError("native", f"is {type(native).__module__}.{type(native).__qualname__}, no model that is known", remedy)


def _read_cvxpy(problem: cp.Problem) -> LinearProgram:
    variables, constraints = problem.variables(), problem.constraints
    if not variables:
        raise ModelError("native", "the cvxpy problem has no variables", "There is nothing to decide: add some")
    _check_unique("variable", [variable.name() for variable in variables])
    for variable in variables:
        if attributes := [name for name in _UNNAMED if variable.attributes.get(name)]:
            fault = f"the variable {variable.name()} has the attribute {attributes[0]}"
            raise ModelError("native", fault, "cvxpy replaces it by a variable without its name: write it as constraints")
    named = labels(problem)
    _check_unique("constraint", named)
    declared = {label: _block(c, _entries(label, _all(c.shape))) for label, c in zip(named, constraints, strict=True)}
    blocks = {variable.name(): _block(variable, _entries(variable.name(), _stored(variable))) for variable in variables}
    return _under_own_names(CvxpyProgram(Declaration(problem, blocks, declared)), blocks)


def _all(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return product(*map(range, shape))


def _stored(variable: Any) -> list[tuple[int, ...]]:
    """Indices of a variable's entries as cvxpy stores them: by columns, those of a sparsity pattern by rows."""
    pattern = variable.attributes["sparsity"]
    if pattern:
        return sorted({tuple(index) for index in np.transpose([np.asarray(axis) for axis in pattern]).tolist()})
    return sorted(_all(variable.shape), key=lambda index: index[::-1])


def _entries(name: str, indices: Iterable[tuple[int, ...]]) -> list[str]:
    return [entry(name, ",".join(map(str, index))) if index else name for index in indices]


def _block(handle: Any, names: list[str]) -> Block:
    return Block(handle, Names(len(names), lambda: names))


def _under_own_names(compiled: Compiled, stored: Mapping[str, Block]) -> LinearProgram:
    """The program, its columns named as they are stored, and what the user did not declare named by number."""
    program = compiled.program
    columns: list[str | None] = [None] * program.shape[1]
    rows: list[str | None] = [None] * program.shape[0]
    for name, block in stored.items():
        positions = compiled.columns[name]
        for position, own in zip(np.sort(positions).tolist(), block.names, strict=True):
            columns[position] = own
    for positions in compiled.rows.values():
        for position in positions.tolist():
            rows[position] = program.row_names[position]
    return replace(program, column_names=_filled(columns, "auxiliary"), row_names=_filled(rows, "auxiliary_row"))


def _filled(names: Sequence[str | None], prefix: str) -> list[str]:
    number = count()
    return [f"{prefix}[{next(number)}]" if name is None else name for name in names]


def _read_pyomo(model: Any) -> LinearProgram:
    reading = pyomo_reading.read(model)
    return replace(
        reading.program, column_names=_component_names(reading.variables), row_names=_component_names(reading.constraints)
    )


def _component_names(entries: Sequence[Any]) -> list[str]:
    """The components' names with their index, as plain text; pyomo's own, with quotes, where two would look the same."""
    names = [_component_name(data) for data in entries]
    return names if len(set(names)) == len(names) else [data.name for data in entries]


def _component_name(data: Any) -> str:
    component = data.parent_component()
    name = component.local_name if component.parent_block().parent_block() is None else component.name
    plain = name[1:-1] if len(name) > 1 and name[0] == name[-1] == "'" else name
    if not component.is_indexed():
        return str(plain)
    index = data.index()
    return entry(plain, ",".join(map(str, index if isinstance(index, tuple) else (index,))))


def _check_unique(kind: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DuplicateLabelError("native", f"two {kind}s are named {name!r}", "Give each its own name")
        seen.add(name)
