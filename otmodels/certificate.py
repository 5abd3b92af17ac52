"""The certificate of a plan and potentials, recomputed in numpy from cost, a and b alone.

Weak duality: for a feasible plan gamma and feasible potentials (f, g), <C, gamma> >= <a, f> + <b, g>, and the difference is
sum_ij gamma_ij (C_ij - f_i - g_j). So a feasible pair whose values agree is optimal, whoever computed it.

For any f at all, (f, f^c) is feasible, and <a, f> + <b, f^c> is a lower bound that no tolerance enters, only the rounding
of the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, issparse

from otmodels.arrays import FloatArray, floats
from otmodels.checks import Certificate, Check
from otmodels.errors import InfiniteValueError, NotANumberError, ParameterError, ShapeError
from otmodels.interval import Interval
from otmodels.measure import Measure
from otmodels.potentials import c_transform, cbar_transform
from otmodels.problem import TransportProblem
from otmodels.tolerances import DEFAULT, Tolerances

LARGEST_TERMS = 4.0
"""Values are sums of terms of about this many mass units times cost units at the most; what is claimed beyond that is no
excuse for a gap."""


def certify(
    problem: TransportProblem,
    plan: npt.ArrayLike | csr_array | pd.DataFrame | None = None,
    f: npt.ArrayLike | pd.Series | None = None,
    g: npt.ArrayLike | pd.Series | None = None,
    *,
    tolerances: Tolerances = DEFAULT,
) -> Certificate:
    """Check anybody's plan, potentials or both, and say what they prove.

    Parameters
    ----------
    problem : TransportProblem
        The data that the numbers are about.
    plan : array_like, sparse array or DataFrame, shape (n, m), optional
        A plan; a DataFrame is aligned by its labels. Alone it proves an upper bound.
    f, g : array_like or Series, shape (n,) and (m,), optional
        Potentials; a Series is aligned by its labels. Alone they prove a lower bound. If one is missing it is the
        c-transform of the other.

    Returns
    -------
    Certificate
        `passed` means that the numbers prove optimality; `verdict` says what they prove otherwise, `interval` has the
        bounds and `worst` the worst offender by label.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, LabelMismatchError, ParameterError

    Examples
    --------
    >>> problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
    >>> certify(problem, plan=[[0.5, 0], [0, 0.5]], f=[0, 2], g=[0, 1]).passed
    True
    >>> certify(problem, f=[0, 0]).interval
    Interval(lower=0.5, upper=inf)
    """
    if plan is None and f is None and g is None:
        raise ParameterError("plan, f, g", "are all missing", "Give a plan, potentials, or both")
    moved = None if plan is None else _read_plan(problem, plan)
    return _conclude(problem, moved, _Potentials.read(problem, f, g), tolerances)


def _conclude(
    problem: TransportProblem, plan: csr_array | None, potentials: _Potentials | None, tolerances: Tolerances
) -> Certificate:
    """Run the checks that there are numbers for, and put the bounds together."""
    checks: list[Check] = []
    primal, upper, dual = np.nan, np.inf, np.nan
    if plan is not None:
        checks += _plan_checks(problem, plan, tolerances)
        primal = plan_value(problem, plan)
        upper = _upper_bound(problem, plan) if all(check.passed for check in checks) else np.inf
    if potentials is None:
        lower = float(problem.b @ c_transform(problem.cost, np.zeros(problem.source.size)))
    else:
        checks.append(_slack_check(problem, potentials, tolerances))
        dual, lower = potentials.value(problem), potentials.safe_bound(problem)
    magnitude = min(_magnitude(problem, plan, potentials), LARGEST_TERMS * problem.mass_unit * problem.cost_unit)
    scale = float(np.nanmax([abs(primal), abs(dual), tolerances.rounding * magnitude]))
    if plan is not None and potentials is not None:
        checks.append(_complementarity(problem, plan, potentials, tolerances.complementarity * scale))
        checks.append(Check("duality gap", abs(primal - dual), tolerances.gap * scale))
    to_bound = np.inf if plan is None else abs(primal - lower)
    checks.append(Check("gap to the safe bound (f, f^c)", to_bound, tolerances.gap * scale))
    return Certificate(tuple(checks), primal, dual, Interval(lower, upper))


@dataclass(frozen=True, slots=True)
class _Potentials:
    """Potentials in the gauge of `otmodels.potentials.normalise`, and the c-transform of f.

    A gauge of 1e14 would leave nothing but rounding of the differences that prove something.
    """

    f: FloatArray
    g: FloatArray
    f_c: FloatArray

    @classmethod
    def read(
        cls, problem: TransportProblem, f: npt.ArrayLike | pd.Series | None, g: npt.ArrayLike | pd.Series | None
    ) -> _Potentials | None:
        """Both potentials, a missing one by c-transform; None where both are missing."""
        given_f = None if f is None else _read_potential("f", f, problem.source)
        given_g = None if g is None else _read_potential("g", g, problem.target)
        if given_f is None:
            if given_g is None:
                return None
            given_f = cbar_transform(problem.cost, given_g)
        shift = given_f[int((problem.a > 0).argmax())]
        f_c = c_transform(problem.cost, given_f - shift)
        return cls(given_f - shift, f_c if given_g is None else given_g + shift, f_c)

    def value(self, problem: TransportProblem) -> float:
        """<a, f> + <b, g>."""
        return float(problem.a @ self.f + problem.b @ self.g)

    def safe_bound(self, problem: TransportProblem) -> float:
        """<a, f> + <b, f^c>, less the rounding of potentials that are far larger than the costs."""
        largest = float(np.abs(self.f).max() - LARGEST_TERMS * problem.cost_unit)
        rounding = 8 * np.finfo(np.float64).eps * problem.mass_unit * max(largest, 0.0)
        return float(problem.a @ self.f + problem.b @ self.f_c - rounding)


def _plan_checks(problem: TransportProblem, plan: csr_array, tolerances: Tolerances) -> list[Check]:
    unit = problem.mass_unit
    sides = (("source", problem.source, plan.sum(axis=1)), ("target", problem.target, plan.sum(axis=0)))
    checks = []
    for side, measure, sums in sides:
        residual = np.abs(np.asarray(sums).ravel() - measure.mass)
        worst = int(residual.argmax())
        checks.append(
            Check(f"{side} marginal", float(residual[worst]), tolerances.marginal * unit, _at(measure, worst, residual))
        )
        weighs = measure.mass > np.finfo(np.float64).eps * unit
        share = np.divide(residual, measure.mass, out=np.zeros_like(residual), where=weighs)
        worst = int(share.argmax())
        checks.append(
            Check(f"{side} atoms served (relative)", float(share[worst]), tolerances.served, _at(measure, worst, share))
        )
    i, j = _indices(plan)
    negative = np.maximum(-plan.data, 0.0)
    forbidden = np.where(np.isfinite(problem.cost.at(i, j)), 0.0, np.abs(plan.data))
    checks.append(_pair_check(problem, "plan is non-negative", negative, i, j, tolerances.sign * unit))
    if problem.has_forbidden:
        checks.append(_pair_check(problem, "forbidden pairs are empty", forbidden, i, j, tolerances.sign * unit))
    return checks


def _slack_check(problem: TransportProblem, potentials: _Potentials, tolerances: Tolerances) -> Check:
    """f_i + g_j <= C_ij, that is g <= f^c."""
    excess = potentials.g - potentials.f_c
    worst = int(excess.argmax())
    tolerance = tolerances.slack * problem.cost_unit
    if excess[worst] <= 0:
        return Check("dual feasibility f + g <= C", 0.0, tolerance)
    sources = np.arange(problem.source.size)
    column = problem.cost.at(sources, np.full_like(sources, worst))
    source, target = problem.pair(int((column - potentials.f).argmin()), worst)
    return Check("dual feasibility f + g <= C", float(excess[worst]), tolerance, f"({source}, {target})")


def _complementarity(problem: TransportProblem, plan: csr_array, potentials: _Potentials, tolerance: float) -> Check:
    i, j = _indices(plan)
    cost = problem.cost.at(i, j)
    allowed = np.isfinite(cost)
    product = np.abs(np.where(allowed, plan.data * (np.where(allowed, cost, 0.0) - potentials.f[i] - potentials.g[j]), 0.0))
    worst = _pair_check(problem, "", product, i, j, tolerance).where
    return Check("complementary slackness", float(product.sum()), tolerance, worst)


def _pair_check(
    problem: TransportProblem,
    name: str,
    violation: FloatArray,
    i: npt.NDArray[np.intp],
    j: npt.NDArray[np.intp],
    tolerance: float,
) -> Check:
    if not violation.any():
        return Check(name, 0.0, tolerance)
    worst = int(violation.argmax())
    source, target = problem.pair(int(i[worst]), int(j[worst]))
    return Check(name, float(violation[worst]), tolerance, f"({source}, {target})")


def _at(measure: Measure, worst: int, violation: FloatArray) -> str:
    return str(measure.labels[worst]) if violation[worst] > 0 else ""


def plan_value(problem: TransportProblem, plan: csr_array) -> float:
    """Cost <C, gamma> of a plan, over the pairs that are allowed."""
    cost = problem.cost.at(*_indices(plan))
    return float(plan.data @ np.where(np.isfinite(cost), cost, 0.0))


def _upper_bound(problem: TransportProblem, plan: csr_array) -> float:
    """Value of a feasible plan next to this one, whose marginals are right up to the tolerance only.

    Rounding a plan to the marginals moves at most 2 (|r|_1 + |s|_1) of mass, r and s the residuals (Altschuler, Weed,
    Rigollet 2017, lemma 7). Where pairs are forbidden the bound holds up to the tolerance.
    """
    kept = csr_array((np.maximum(plan.data, 0.0), plan.indices, plan.indptr), shape=plan.shape)
    rows, columns = (np.asarray(kept.sum(axis=axis)).ravel() for axis in (1, 0))
    residual = float(np.abs(rows - problem.a).sum() + np.abs(columns - problem.b).sum())
    return plan_value(problem, kept) + (0.0 if problem.has_forbidden else 2 * residual * problem.cost_unit)


def _magnitude(problem: TransportProblem, plan: csr_array | None, potentials: _Potentials | None) -> float:
    """Size of the terms that the values are summed from."""
    size = 0.0
    if plan is not None:
        cost = problem.cost.at(*_indices(plan))
        size += float(np.abs(plan.data) @ np.where(np.isfinite(cost), np.abs(cost), 0.0))
    if potentials is not None:
        size += float(problem.a @ np.abs(potentials.f) + problem.b @ np.abs(potentials.g))
    return size


def _indices(plan: csr_array) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.repeat(np.arange(plan.shape[0]), np.diff(plan.indptr)), plan.indices.astype(np.intp)


def _read_plan(problem: TransportProblem, plan: npt.ArrayLike | csr_array | pd.DataFrame) -> csr_array:
    if isinstance(plan, pd.DataFrame):
        rows = problem.source.positions(plan.index, "plan, rows")
        columns = problem.target.positions(plan.columns, "plan, columns")
        plan = plan.to_numpy()[np.ix_(rows, columns)]
    given: Any = plan if issparse(plan) else floats("plan", plan)
    if given.shape != problem.shape:
        remedy = f"Give one row a source and one column a target, shape {problem.shape}"
        raise ShapeError("plan", f"has shape {given.shape}", remedy)
    matrix = csr_array(given, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    _check_finite("plan", matrix.data, lambda k: str(problem.pair(*(int(index[k]) for index in _indices(matrix)))))
    return matrix


def _read_potential(argument: str, potential: npt.ArrayLike | pd.Series, measure: Measure) -> FloatArray:
    if isinstance(potential, pd.Series):
        potential = potential.to_numpy()[measure.positions(potential.index, argument)]
    values = floats(argument, potential)
    if values.shape != (measure.size,):
        raise ShapeError(argument, f"has shape {values.shape}", f"Give one potential an atom, shape ({measure.size},)")
    _check_finite(argument, values, lambda k: str(measure.labels[k]))
    return values


def _check_finite(argument: str, values: FloatArray, label: Callable[[int], str]) -> None:
    if not np.isfinite(values).all():
        worst = int((~np.isfinite(values)).argmax())
        kind = NotANumberError if np.isnan(values[worst]) else InfiniteValueError
        raise kind(argument, f"is {values[worst]} at {label(worst)}", "Numbers to be certified must be finite")
