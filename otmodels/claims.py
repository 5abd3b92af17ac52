"""Numbers handed in to be certified: a plan and potentials from anywhere, aligned by label and checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array, issparse

from otmodels.arrays import FloatArray, IndexArray, floats
from otmodels.errors import InfiniteValueError, LabelMismatchError, NotANumberError, ParameterError, ShapeError
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import Measure, some
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Solution, Unsolved

PlanLike: TypeAlias = npt.ArrayLike | csr_array | pd.DataFrame
PotentialLike: TypeAlias = npt.ArrayLike | pd.Series
SolvedLike = Solution | LipschitzSolution
"""Results that have a plan and potentials of their problem."""

MARGIN = 4.0
"""Sums of a few potentials, times all masses, are floats."""

_LISTED = {"source", "target", "mass"}
"""Columns of a plan that is listed pair by pair, as `plan_table` lists it."""


def read_plan(problem: TransportProblem, plan: PlanLike) -> csr_array:
    """A plan (n, m) as a sparse array, one entry a pair.

    Parameters
    ----------
    problem : TransportProblem
        Whose labels and shape it has.
    plan : array_like, sparse array or DataFrame
        Shape (n, m); a DataFrame of that shape is aligned by its labels. A DataFrame with the columns source, target and mass
        has one row a pair, as `plan_table` makes it.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, LabelMismatchError
    ParameterError
        It is a result that has no plan of the problem's own.
    """
    _check_kind(plan)
    if isinstance(plan, pd.DataFrame):
        if set(plan.columns) >= _LISTED:
            return _listed(problem, plan)
        rows = problem.source.positions(plan.index, "plan, rows")
        columns = problem.target.positions(plan.columns, "plan, columns")
        plan = plan.to_numpy()[np.ix_(rows, columns)]
    given: Any = plan if issparse(plan) else floats("plan", plan)
    if given.dtype.kind not in "iufb":
        raise ShapeError("plan", f"has entries of type {given.dtype}", "Give real numbers")
    if given.shape != problem.shape:
        remedy = f"Give one row a source and one column a target, shape {problem.shape}"
        raise ShapeError("plan", f"has shape {given.shape}", remedy)
    matrix = csr_array(given, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    _check_finite("plan", matrix.data, lambda k: str(problem.pair(*(int(index[k]) for index in indices(matrix)))))
    _check_products("plan", matrix.data, max(matrix.nnz * problem.cost_unit, 1.0))
    return matrix


def read_solved(problem: TransportProblem, solved: Solution | LipschitzSolution) -> tuple[csr_array, FloatArray, FloatArray]:
    """Plan (n, m) and potentials (n,), (m,) of a result, in the order of the problem's labels.

    Raises
    ------
    ShapeError, LabelMismatchError
        It is the result of a problem with other atoms.
    """
    own = solved.problem
    if own.shape != problem.shape:
        remedy = f"Give a solution of this problem, whose shape is {problem.shape}"
        raise ShapeError("plan", f"is the solution of a problem of shape {own.shape}", remedy)
    rows = problem.source.positions(own.source.labels, "plan, source labels")
    columns = problem.target.positions(own.target.labels, "plan, target labels")
    return csr_array(solved.sparse_plan[rows][:, columns]), solved.f[rows], solved.g[columns]


def _check_kind(plan: object) -> None:
    """Raise where a plan is a result without one, or with one that other rules made."""
    if isinstance(plan, Unsolved):
        remedy = "Give a plan; what is proven of the value stands in its `interval`"
        raise ParameterError("plan", f"is a solve that ended without one ({plan.status})", remedy)
    if isinstance(plan, ExtendedSolution):
        remedy = "Its own certificate is about the extended program; give its `sparse_plan` to check that against the plain one"
        raise ParameterError("plan", "is the solution of an extended model", remedy)


def _listed(problem: TransportProblem, table: pd.DataFrame) -> csr_array:
    """A plan listed pair by pair."""
    places = []
    for side, measure in (("source", problem.source), ("target", problem.target)):
        place = measure.labels.get_indexer(pd.Index(table[side]))
        if (place < 0).any():
            unknown = some(list(pd.unique(table[side][place < 0])))
            raise LabelMismatchError(f"plan, column {side!r}", f"has {unknown}", f"Its labels must be those of the {side}")
        places.append(place)
    mass = floats("plan, column 'mass'", table["mass"].to_numpy())
    _check_finite("plan", mass, lambda k: str(problem.pair(int(places[0][k]), int(places[1][k]))))
    matrix = csr_array(coo_array((mass, (places[0], places[1])), shape=problem.shape))
    matrix.sum_duplicates()
    return matrix


def read_potential(argument: str, potential: PotentialLike, measure: Measure) -> FloatArray:
    """A potential (n,) or (m,); a Series is aligned by its labels.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, LabelMismatchError
    """
    if isinstance(potential, pd.Series):
        potential = potential.to_numpy()[measure.positions(potential.index, argument)]
    values = floats(argument, potential)
    if values.shape != (measure.size,):
        raise ShapeError(argument, f"has shape {values.shape}", f"Give one potential an atom, shape ({measure.size},)")
    _check_finite(argument, values, lambda k: str(measure.labels[k]))
    _check_products(argument, values, max(measure.total, 1.0))
    return values


def indices(plan: csr_array) -> tuple[IndexArray, IndexArray]:
    """Row and column of each stored entry."""
    return np.repeat(np.arange(plan.shape[0]), np.diff(plan.indptr)), plan.indices.astype(np.intp)


def _check_products(argument: str, values: FloatArray, unit: float) -> None:
    """Raise where sums of products with masses, or with costs, can overflow."""
    largest = float(np.abs(values).max(initial=0.0))
    if not np.isfinite(MARGIN * largest * unit):
        fault = f"holds {largest:.3g} in size, and its products with the data are beyond floating point"
        raise ParameterError(argument, fault, "Measure mass or cost in a larger unit")


def _check_finite(argument: str, values: FloatArray, label: Callable[[int], str]) -> None:
    if not np.isfinite(values).all():
        worst = int((~np.isfinite(values)).argmax())
        kind = NotANumberError if np.isnan(values[worst]) else InfiniteValueError
        raise kind(argument, f"is {values[worst]} at {label(worst)}", "Numbers to be certified must be finite")
