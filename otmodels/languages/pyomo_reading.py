"""A pyomo model, read once, in one pass over the terms of its expressions; what is no linear program is refused by name.

A variable is a column wherever it is declared, in a block that is not active too. One that takes only some values, such as a
binary one, is refused where an active constraint or objective uses it, unless it is fixed and so a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC
from pyomo.common.numeric_types import native_numeric_types
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import MonomialTermExpression, SumExpression
from pyomo.dae import ContinuousSet
from pyomo.network import Port
from pyomo.repn import generate_standard_repn
from scipy.sparse import coo_array, csc_array

from otmodels.arrays import BoolArray, FloatArray
from otmodels.errors import InputError, ModelError, NotLinearError
from otmodels.lp import LinearProgram, numbered

_ROWS = (pyo.Var, pyo.Constraint, pyo.Objective, pyo.Block)
_DATA = (pyo.Set, pyo.RangeSet, pyo.SetOf, ContinuousSet, pyo.Param, pyo.Expression, pyo.ExternalFunction)
_ASIDE = (pyo.Suffix, pyo.BuildAction, pyo.BuildCheck, pyo.BooleanVar, Port)
_KNOWN = frozenset((*_ROWS, *_DATA, *_ASIDE))
"""What an active part of a model may be: rows and columns, the data in them, and what bounds nothing by itself."""

_FAILURES = (ValueError, TypeError, ArithmeticError, AttributeError)
"""What pyomo raises where an expression has no value or is of a kind that it cannot analyse."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A pyomo model as arrays, with the variables and constraints in their order, and the column of each variable by id."""

    variables: Sequence[VarData]
    constraints: Sequence[ConstraintData]
    column: Mapping[int, int]
    program: LinearProgram


def read(model: Any) -> Reading:
    """Read a linear pyomo model.

    Raises
    ------
    NotLinearError
        It has an active part that is no linear row, such as a Disjunction or an SOSConstraint; a variable that is in use and
        not continuous; a nonlinear expression; or not exactly one active objective.
    ModelError
        It is abstract, an expression has no value, or it uses a variable that is not in the model.
    """
    if not model.is_constructed():
        raise ModelError("native", "the pyomo model is abstract and holds no data", "Give model.create_instance(...)")
    _check_parts(model)
    with PauseGC():
        variables = list(model.component_data_objects(pyo.Var, descend_into=True))
        constraints = list(model.component_data_objects(pyo.Constraint, active=True, descend_into=True))
        objectives = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        if len(objectives) != 1:
            raise NotLinearError("native", f"the pyomo model has {len(objectives)} active objectives", "Keep exactly one")
        column = {id(variable): k for k, variable in enumerate(variables)}
        lower, upper, discrete_columns = _bounds(variables)
        matrix, row_lower, row_upper = _rows(constraints, column)
        costs, offset, used = _objective(objectives[0], column)
        used |= np.diff(matrix.indptr) > 0
    if discrete := [variables[k] for k in discrete_columns if used[k]]:
        fault = f"the variable {discrete[0].name} is not continuous: its values are those of {discrete[0].domain}"
        raise NotLinearError("native", fault, "Potentials exist for linear programs: make it continuous, or fix it")
    names = numbered("row_", len(constraints)), numbered("column_", len(variables))
    sense: Literal["min", "max"] = "min" if objectives[0].sense == pyo.minimize else "max"
    program = LinearProgram(costs, matrix, row_lower, row_upper, lower, upper, *names, sense, offset)
    return Reading(variables, constraints, column, program)


def _check_parts(model: Any) -> None:
    """Raise at an active part of a type that is not read: leaving it out would solve another model."""
    for component in model.component_objects(active=True, descend_into=True):
        if component.ctype in _KNOWN:
            continue
        for data in component.values():
            if getattr(data, "active", True):
                fault = f"{data.name} is of the type {component.ctype.__name__}, which is no linear row"
                raise NotLinearError("native", fault, "Deactivate it, or write it as linear constraints")


def _rows(constraints: Sequence[ConstraintData], column: Mapping[int, int]) -> tuple[csc_array, FloatArray, FloatArray]:
    coefficients: list[float] = []
    columns: list[int] = []
    ends, lower, upper = [], [], []
    for constraint in constraints:
        try:
            low, body, high = constraint.to_bounded_expression(evaluate_bounds=True)
            constant = _terms(body, column, coefficients, columns, constraint)
        except InputError:
            raise
        except _FAILURES as error:
            raise _failed(constraint, error) from error
        ends.append(len(columns))
        lower.append(-np.inf if low is None else low - constant)
        upper.append(np.inf if high is None else high - constant)
    rows = np.repeat(np.arange(len(constraints)), np.diff([0, *ends]))
    matrix = coo_array(
        (np.array(coefficients, dtype=np.float64), (rows, np.array(columns, dtype=np.intp))),
        shape=(len(constraints), len(column)),
    )
    return csc_array(matrix), np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)


def _objective(objective: Any, column: Mapping[int, int]) -> tuple[FloatArray, float, BoolArray]:
    """Costs, constant, and which variables the objective uses."""
    coefficients: list[float] = []
    columns: list[int] = []
    try:
        offset = _terms(objective.expr, column, coefficients, columns, objective)
    except InputError:
        raise
    except _FAILURES as error:
        raise _failed(objective, error) from error
    used = np.zeros(len(column), dtype=np.bool_)
    used[columns] = True
    costs = np.bincount(np.array(columns, dtype=np.intp), np.array(coefficients), len(column)).astype(np.float64)
    return costs, offset, used


def _terms(expression: Any, column: Mapping[int, int], coefficients: list[float], columns: list[int], where: Any) -> float:
    """Append the terms of a linear expression; returns its constant.

    Sums of variables, and sums of number times variable, are read off their terms; pyomo's own analysis does the rest, and
    what has a variable that is not in the model, which is no fault where it is fixed.
    """
    if isinstance(expression, SumExpression):
        terms = expression.args
        kinds = set(map(type, terms))
        factors: Sequence[Any] = ()
        variables: Sequence[Any] = ()
        if kinds == {VarData}:
            factors, variables = [1.0] * len(terms), terms
        elif kinds == {MonomialTermExpression}:
            factors, variables = zip(*[term.args for term in terms], strict=True)
        if variables and native_numeric_types.issuperset(map(type, factors)):
            places = [column.get(id(variable), -1) for variable in variables]
            if min(places) >= 0:
                coefficients.extend(factors)
                columns.extend(places)
                return 0.0
    form = generate_standard_repn(expression, quadratic=False, compute_values=True)
    if form.nonlinear_expr is not None:
        raise NotLinearError("native", f"{where.name} is not linear", "Keep objective and constraints linear in the variables")
    for variable in form.linear_vars:
        if id(variable) not in column:
            fault = f"{where.name} uses the variable {variable.name}, which is of another model, or of a part that is not read"
            raise ModelError("native", fault, "Attach every variable that is used to the model, or to a Block in it")
    coefficients.extend(float(factor) for factor in form.linear_coefs)
    columns.extend(column[id(variable)] for variable in form.linear_vars)
    return float(form.constant)


def _failed(where: Any, error: Exception) -> ModelError:
    """The error of the package for one of pyomo's."""
    reason = " ".join(str(error).split()).rstrip(".")
    return ModelError("native", f"{where.name} cannot be read: {reason}", "Give its parameters numbers, and sums of variables")


def _bounds(variables: Sequence[VarData]) -> tuple[FloatArray, FloatArray, list[int]]:
    """Lower and upper bounds, and which variables are not free to take every value between them."""
    lower, upper = np.empty(len(variables)), np.empty(len(variables))
    intervals: dict[int, tuple[float, float, bool]] = {}
    discrete = []
    for k, variable in enumerate(variables):
        domain = variable.domain
        if id(domain) not in intervals:
            intervals[id(domain)] = _interval(variable)
        low, high, continuous = intervals[id(domain)]
        if variable.fixed:
            if variable.value is None:
                fault = f"the variable {variable.name} is fixed and has no value"
                raise ModelError("native", fault, "Give it a value, or unfix it")
            low = high = variable.value
        else:
            if not (variable._lb is None and variable._ub is None):  # variable.bounds, at four times the speed
                own_low, own_high = variable.bounds
                low, high = -np.inf if own_low is None else own_low, np.inf if own_high is None else own_high
            if not continuous:
                discrete.append(k)
        lower[k], upper[k] = low, high
    return lower, upper, discrete


def _interval(variable: VarData) -> tuple[float, float, bool]:
    """The bounds that come with a variable's domain, and whether it may take every value between them."""
    low, high, _ = variable.domain.get_interval()
    return -np.inf if low is None else low, np.inf if high is None else high, variable.is_continuous()
