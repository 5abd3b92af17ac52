"""Kantorovich's problem in exact arithmetic, from an answer near the optimum: the last resort of every form."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray
from otmodels.certificate import certify
from otmodels.exact import ExactAnswer, solve_exactly
from otmodels.families.settling import Effort
from otmodels.feasibility import Infeasibility, infeasibility_of
from otmodels.interval import Interval
from otmodels.lipschitz_solution import Result
from otmodels.masses import movable, moves_for
from otmodels.problem import TransportProblem
from otmodels.rational_check import RationalAnswer
from otmodels.solution import Infeasible, Provenance, Solution, Unsolved
from otmodels.status import OPTIMAL, PointStatus, Status, Termination

PROVEN = Status(Termination.INFEASIBLE, PointStatus.NONE, PointStatus.RAY)

EXACT_PAIRS = 1 << 24
"""Up to so many pairs exact arithmetic is tried."""

EXACT_SECONDS = 60.0
"""How long it is tried where no time limit is set."""


def exactly(problem: TransportProblem, near: Result, provenance: Provenance, effort: Effort) -> Result:
    """The optimum in rational numbers, from a plan and potentials near it; what was at hand where that takes too long.

    Where forbidden pairs make the exact masses infeasible by rounding alone, masses are moved first, see `adjustments`.
    """
    n, m = problem.shape
    if n * m > EXACT_PAIRS:
        return near
    deadline = min(effort.deadline, time.perf_counter() + EXACT_SECONDS)
    answer = _solved_exactly(problem, near, deadline)
    if answer is None:
        return near
    if answer.unserved:
        moved = csr_array(coo_array((_floats(answer.mass), (answer.i, answer.j)), shape=problem.shape))
        found = infeasibility_of(problem, moved)
        return near if found is None else infeasible(found)
    rational = RationalAnswer(answer.i, answer.j, answer.mass, answer.f, answer.g)
    first = answer.f[int((problem.a > 0).argmax())]
    f, g = _floats([value - first for value in answer.f]), _floats([value + first for value in answer.g])
    if not (np.isfinite(f).all() and np.isfinite(g).all()):
        return near
    plan = csr_array(coo_array((_floats(answer.mass), (answer.i, answer.j)), shape=problem.shape))
    plan.eliminate_zeros()
    certificate = certify(problem, plan, f, g, tolerances=effort.tolerances, exact=rational)
    reason = f"exact arithmetic in {answer.pivots} pivots, since floating point gave no proof"
    made = replace(provenance, reason="; ".join(filter(None, (provenance.reason, reason))))
    value = problem.cost.in_full(certificate.value)
    return Solution(OPTIMAL, problem, value, f, g, plan, certificate, made)


def _solved_exactly(problem: TransportProblem, near: Result, deadline: float) -> ExactAnswer | None:
    """The exact optimum; of masses that are moved by rounding where the exact ones have no plan."""

    def late() -> bool:
        return time.perf_counter() > deadline

    if isinstance(near, Unsolved):
        answer = solve_exactly(*problem.exact_masses(), problem.cost, late=late)
    else:
        plan = coo_array(near.sparse_plan)
        start = plan.coords[0].astype(np.intp), plan.coords[1].astype(np.intp)
        answer = solve_exactly(*problem.exact_masses(), problem.cost, start, near.f, near.g, plan.data, late)
    if answer is None or not answer.unserved:
        return answer
    missing = sum((mass for _, mass in answer.unserved), Fraction(0))
    if not movable(missing, sum(problem.shape), problem.mass_unit):
        return answer
    reach = {i: int(np.isfinite(problem.cost.block(slice(i, i + 1))[0]).argmax()) for i, _ in answer.unserved}
    problem.move(moves_for(dict(answer.unserved), dict(answer.unfilled), reach))
    f, g, masses = _floats(answer.f), _floats(answer.g), _floats(answer.mass)
    return solve_exactly(*problem.exact_masses(), problem.cost, (answer.i, answer.j), f, g, masses, late)


def infeasible(found: Infeasibility) -> Infeasible:
    """The result for a problem whose forbidden pairs leave no feasible plan."""
    message = f"no feasible plan exists, because of the forbidden pairs: {found}. Allow more pairs, or move mass"
    return Infeasible(PROVEN, found.problem, Interval(np.inf, np.inf), message, found)


def _floats(values: Iterable[Fraction]) -> FloatArray:
    """As floats, infinite where they are beyond those."""
    return np.array([_float(value) for value in values])


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
