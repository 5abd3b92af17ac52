"""A linear program as a native model that people can read: the names become variables and constraints.

"gamma[Seattle,Chicago]" is an entry of the variable gamma, "x" a variable of its own; rows likewise. Rows are written
`expression == data`, `expression >= data`, `expression <= data`, so that multipliers have the sign that each language
documents. Bounds are attributes of the variables, never rows.

cvxpy has no ranged rows: one becomes two, "cap (lower)" and "cap (upper)". A free row is `expression <= inf`. A group whose
rows are of several kinds becomes a constraint a kind, labelled "cap (=)", "cap (lower)", "cap (upper)", "cap (free)".
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cvxpy as cp
import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression
from pyomo.core.expr.numeric_expr import MonomialTermExpression
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ModelError
from otmodels.languages.base import Block, Declaration
from otmodels.languages.highspy import HighspyProgram, declared
from otmodels.languages.naming import Group, check_statable, groups, unused
from otmodels.lp import LinearProgram, Names, Program

_KINDS = {"==": " (=)", ">=": " (lower)", "<=": " (upper)", "free": " (free)"}


def to_cvxpy(program: Program) -> Declaration:
    """The program in cvxpy: a vector a group of columns, a constraint a group of rows and kind, the data as named constants.

    Raises
    ------
    DuplicateLabelError
        A name repeats.
    ModelError
        There is no variable at all, or one has a lower bound above its upper one: cvxpy can state neither.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> print(to_cvxpy(LinearProgram.canonical([2, 3], [[1, 1]], [4])).native)
    minimize 2.0 * x_0 + 3.0 * x_1
    subject to row_0: 4.0 <= x_0 + x_1
    """
    check_statable(program, crossing_columns="cvxpy")
    if not program.shape[1]:
        raise ModelError("program", "has no variables", "cvxpy cannot state it; pyomo can")
    variables = groups(program.column_names)
    labels = _labels([group.name for group in variables])
    handles = [_cvxpy_variable(program, group, label) for group, label in zip(variables, labels, strict=True)]
    terms = _Terms.of(program, variables, handles, labels)
    constraints: dict[str, Block] = {}
    for group in groups(program.row_names):
        for label, rows, relation, names in _parts(program, group):
            own = unused(label, constraints)
            constraint = _relation(program, terms.expression(rows, own, group.indices is None), rows, relation, own)
            constraints[own] = Block(constraint.set_label(own), Names(len(names), partial(list, names)))
    objective = terms.objective(program.c, program.offset)
    problem = cp.Problem(
        cp.Minimize(objective) if program.sense == "min" else cp.Maximize(objective), [c.handle for c in constraints.values()]
    )
    blocks = {
        label: Block(handle, _names(program.column_names, group.positions))
        for label, handle, group in zip(labels, handles, variables, strict=True)
    }
    return Declaration(problem, blocks, constraints)


def to_pyomo(program: Program) -> Declaration:
    """The program in pyomo: variables and constraints indexed by what stands in the brackets of the names.

    Where two components would have the same name, or one that pyomo reserves, the later one gets an underscore.

    Raises
    ------
    DuplicateLabelError
        A name repeats.
    ModelError
        A row has a lower bound above its upper one: pyomo cannot state it.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> model = to_pyomo(LinearProgram.canonical([2, 3], [[1, 1]], [4], ["need"], ["x[a]", "x[b]"])).native
    >>> print(model.need.expr)
    4.0  <=  x[a] + x[b]
    """
    check_statable(program, crossing_rows="pyomo")
    model = pyo.ConcreteModel()
    entries: list[Any] = [None] * program.shape[1]
    variables: dict[str, Block] = {}
    for group in groups(program.column_names):
        variable = _named(model, group.name, _pyomo_variable(program, group))
        for column, data in zip(group.positions.tolist(), variable.values(), strict=True):
            entries[column] = data
        variables[variable.name] = Block(variable, _names(program.column_names, group.positions))
    sense = pyo.minimize if program.sense == "min" else pyo.maximize
    cost = _sum(program.c[used := np.flatnonzero(program.c)], used, entries, program.offset)
    _named(model, "objective", pyo.Objective(expr=cost, sense=sense), set(program.row_names))
    matrix = csr_array(program.A)
    constraints: dict[str, Block] = {}
    for group in groups(program.row_names):
        made = [_pyomo_row(program, matrix, row, entries) for row in group.positions.tolist()]
        constraint = _named(model, group.name, _pyomo_constraint(group, made))
        constraints[constraint.name] = Block(constraint, _names(program.row_names, group.positions))
    return Declaration(model, variables, constraints)


def to_highspy(program: Program) -> Declaration:
    """The program as arrays in HiGHS, in its own order of rows and columns, with its names.

    Raises
    ------
    DuplicateLabelError
        A name repeats.
    ModelError
        HiGHS does not take the program as it is: it drops coefficients up to 1e-9, and refuses those above 1e15.
    """
    check_statable(program)
    rows, columns = program.shape
    declaration = declared(_summed(program), {"columns": range(columns)}, {"rows": range(rows)})
    if declaration.native.getNumCol() != columns or not program.same_as(
        HighspyProgram(declaration).program, np.arange(rows), np.arange(columns)
    ):
        fault = "has coefficients that HiGHS drops or refuses: up to 1e-9 or above 1e15"
        raise ModelError("program", fault, "Choose other units for its rows and columns")
    return declaration


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """Sums of coefficient times variable in cvxpy."""

    matrix: csr_array
    variables: Sequence[Group]
    handles: Sequence[Any]
    labels: Sequence[str]
    group: IndexArray
    place: IndexArray

    @classmethod
    def of(cls, program: Program, variables: Sequence[Group], handles: Sequence[Any], labels: Sequence[str]) -> _Terms:
        """Where each column is: in which group, and where in it."""
        group, place = np.empty(program.shape[1], dtype=np.intp), np.empty(program.shape[1], dtype=np.intp)
        for k, found in enumerate(variables):
            group[found.positions], place[found.positions] = k, np.arange(found.positions.size)
        return cls(csr_array(program.A), variables, handles, labels, group, place)

    def objective(self, c: FloatArray, offset: float) -> Any:
        """C'x + offset; variables that no row mentions are here with cost 0, so that the problem has them."""
        mentioned = np.zeros(len(self.handles), dtype=np.bool_)
        mentioned[self.group[self.matrix.indices[self.matrix.data != 0]]] = True
        used = np.flatnonzero((c != 0) | ~mentioned[self.group])
        if not used.size:
            return offset
        terms = list(self._split(coo_array((c[used], (np.zeros_like(used), used)), shape=(1, c.size)), "c", True))
        cost = sum(terms[1:], terms[0])
        return cost + offset if offset else cost

    def expression(self, rows: IndexArray, label: str, single: bool) -> Any:
        """The rows of A x; 0 times some variable where they are empty."""
        part = coo_array(self.matrix[rows])
        part.eliminate_zeros()
        if not part.nnz:
            part = coo_array((np.zeros(1), (np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp))), shape=part.shape)
        terms = list(self._split(part, f"A[{label}]", single))
        return sum(terms[1:], terms[0])

    def _split(self, part: coo_array, name: str, single: bool) -> Iterator[Any]:
        """The part's terms, one a variable."""
        group = self.group[part.col]
        order = np.argsort(group, kind="stable")
        for entries in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            k = int(group[entries[0]])
            handle, size = self.handles[k], self.variables[k].positions.size
            places = part.row[entries], self.place[part.col[entries]]
            block = csr_array(coo_array((part.data[entries], places), shape=(part.shape[0], size)))
            yield _term(block, handle, f"{name}[{self.labels[k]}]", single)


def _term(block: csr_array, variable: Any, name: str, single: bool) -> Any:
    if variable.ndim:
        return cp.Constant(block.toarray()[0] if single else block, name=name) @ variable
    column = block.toarray()[:, 0]
    if not single:
        return cp.multiply(cp.Constant(column, name=name), variable)
    return variable if column[0] == 1 else -variable if column[0] == -1 else float(column[0]) * variable


def _parts(program: Program, group: Group) -> Iterator[tuple[str, IndexArray, str, list[str]]]:
    """A group's constraints in cvxpy: label, rows, relation, names."""
    rows = group.positions
    lower, upper = program.row_lower[rows], program.row_upper[rows]
    below, above, equal = np.isfinite(lower), np.isfinite(upper), lower == upper
    chosen = {"==": equal, ">=": below & ~equal, "<=": above & ~equal, "free": ~(below | above)}
    parts = {relation: rows[mask] for relation, mask in chosen.items() if mask.any()}
    two = set(rows[below & above & ~equal].tolist())
    for relation, kept in parts.items():
        suffix = _KINDS[relation]
        names = [program.row_names[row] + (suffix if row in two else "") for row in kept.tolist()]
        yield (group.name or "unnamed") + (suffix if len(parts) > 1 else ""), kept, relation, names


def _relation(program: Program, expression: Any, rows: IndexArray, relation: str, label: str) -> Any:
    data = program.row_lower[rows] if relation == ">=" else program.row_upper[rows]
    right = cp.Constant(data, name=f"b[{label}]") if expression.ndim else float(data[0])
    if relation == "==":
        return expression == right
    return expression >= right if relation == ">=" else expression <= right


def _cvxpy_variable(program: Program, group: Group, label: str) -> Any:
    lower, upper = program.lower[group.positions], program.upper[group.positions]
    shape = () if group.indices is None else (group.positions.size,)
    if np.isposinf(upper).all() and (not lower.any() or np.isneginf(lower).all()):
        return cp.Variable(shape, name=label, nonneg=not lower.any())
    return cp.Variable(shape, name=label, bounds=[lower.reshape(shape).copy(), upper.reshape(shape).copy()])


def _labels(names: Sequence[str]) -> list[str]:
    labels: dict[str, None] = {}
    for name in names:
        labels[unused(name or "unnamed", labels)] = None
    return list(labels)


def _summed(program: Program) -> LinearProgram:
    """The program with one entry a place of the matrix, as HiGHS wants it."""
    matrix = program.A.copy()
    matrix.sum_duplicates()
    return replace(LinearProgram.of(program), A=matrix)


def _given(names: list[str]) -> Names:
    return Names(len(names), lambda: names)


def _names(names: Sequence[str], positions: IndexArray | range) -> Names:
    return Names(len(positions), lambda: [names[int(position)] for position in positions])


def _named(model: Any, name: str, component: Any, avoided: Container[str] = ()) -> Any:
    name = name or "unnamed"
    while name in avoided or hasattr(model, name):
        name += "_"
    model.add_component(name, component)
    return component


def _pyomo_variable(program: Program, group: Group) -> Any:
    lower, upper = program.lower[group.positions], program.upper[group.positions]
    attributes: dict[str, Any] = {"domain": pyo.Reals}
    if np.isposinf(upper).all() and not lower.any():
        attributes["domain"] = pyo.NonNegativeReals
    elif np.isfinite(lower).any() or np.isfinite(upper).any():
        bounds = [(_finite(low), _finite(high)) for low, high in zip(lower.tolist(), upper.tolist(), strict=True)]
        attributes["bounds"] = bounds[0] if group.indices is None else dict(zip(group.keys(), bounds, strict=True))
    return pyo.Var(**attributes) if group.indices is None else pyo.Var(group.keys(), **attributes)


def _pyomo_constraint(group: Group, rows: Sequence[Any]) -> Any:
    if group.indices is None:
        return pyo.Constraint(expr=rows[0])
    keyed: Mapping[Any, Any] = dict(zip(group.keys(), rows, strict=True))
    return pyo.Constraint(group.keys(), rule=lambda _, *key: keyed[key if len(key) > 1 else key[0]])


def _pyomo_row(program: Program, matrix: csr_array, row: int, entries: Sequence[Any]) -> Any:
    span = slice(matrix.indptr[row], matrix.indptr[row + 1])
    expression = _sum(matrix.data[span], matrix.indices[span], entries)
    lower, upper = float(program.row_lower[row]), float(program.row_upper[row])
    if lower == upper:
        return expression == lower
    if np.isneginf(lower):
        return expression <= upper
    return expression >= lower if np.isposinf(upper) else pyo.inequality(lower, expression, upper)


def _sum(coefficients: FloatArray, columns: IndexArray, entries: Sequence[Any], constant: float = 0.0) -> Any:
    terms = zip(coefficients.tolist(), columns.tolist(), strict=True)
    summed = [entries[j] if factor == 1 else MonomialTermExpression((factor, entries[j])) for factor, j in terms]
    return LinearExpression([*summed, constant] if constant else summed)


def _finite(bound: float) -> float | None:
    return bound if np.isfinite(bound) else None
