"""W1 of batches: samples of as many points each, all of the same mass, whose optimal plan is an assignment.

By Birkhoff's theorem one of the optimal plans moves each source to one target. Potentials along it are lengths of shortest paths:
with g at the target s(k) of source k set to C_{k s(k)} - f_k, f is feasible where f_i <= f_k + C_{i s(k)} - C_{k s(k)} for all
pairs, and an assignment is optimal exactly where such an f exists, since a cycle of negative length would improve it.

Source: Birkhoff (1946); Crouse (2016), On implementing 2D rectangular assignment algorithms; Ahuja, Magnanti and Orlin (1993),
Network flows, theorem 9.1.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.distance import wasserstein_distance
from otmodels.families import planned
from otmodels.ground import GroundCost, ground_cost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import Measure
from otmodels.metrics import MetricFunction
from otmodels.model import versions
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution, Unsolved
from otmodels.status import OPTIMAL
from otmodels.wasserstein import all_pairs, first, generated_pairs

LARGEST = 512
"""Most points of a batch: of more, generated pairs are the faster way."""

_SMOOTHING, _SWEEPS = 0.03, 60
"""Entropy of the rough potentials, in mean costs less the least of each row and column, and how often they are improved."""

_EPS = 4 * float(np.finfo(np.float64).eps)


def solved(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction = "euclidean",
    *,
    order: float | None = None,
    balance: str = "raise",
    time_limit: float | None = None,
) -> Solution | LipschitzSolution:
    """The certified W1 of two samples: as an assignment where they are batches, else as `wasserstein_distance` has it.

    Parameters
    ----------
    source, target, metric, order, balance, time_limit
        As for `wasserstein_distance`; an assignment is not begun where there is a time limit, which it could not keep.

    Raises
    ------
    InputError, StoppedError, SolveError
    """
    if time_limit is None:
        found = assigned(source, target, metric, order=order, balance=balance)
        if found is not None:
            return found
    solution = wasserstein_distance(source, target, metric, order=order, balance=balance, time_limit=time_limit)
    assert not isinstance(solution, Unsolved)
    return solution


def assigned(
    source: Measure, target: Measure, metric: str | MetricFunction, *, order: float | None, balance: str
) -> Solution | None:
    """The certified W1 of two batches; None where they are none, another route is faster, or the proof falls short."""
    if not _may_be_batches(source, target):
        return None
    return _assigned(TransportProblem(source, target, ground_cost(source, target, metric, order=order), balance))


def _may_be_batches(source: Measure, target: Measure) -> bool:
    """Whether both have as many atoms, few enough, and all of one have the same mass."""
    even = all(float(measure.mass.min()) == float(measure.mass.max()) > 0 for measure in (source, target))
    return source.size == target.size <= LARGEST and source.points is not None and target.points is not None and even


def _assigned(problem: TransportProblem) -> Solution | None:
    """The certified assignment; None where another route is faster, or its proof falls short."""
    cost, started = problem.cost, time.perf_counter()
    if not isinstance(cost, GroundCost) or problem.has_forbidden or first(problem) not in (generated_pairs, all_pairs):
        return None
    distance = cost.values
    f, reduced = _rough(distance)
    _, j = linear_sum_assignment(reduced)
    rows = np.arange(j.size)
    own = distance[rows, j]
    f = _shortest(np.subtract(distance.T[j], own[:, None], order="C"), f)
    g = np.empty_like(f)
    g[j] = own - f
    solve_s = time.perf_counter() - started
    plan = csr_array((problem.a, (rows, j)), shape=problem.shape)
    found = planned(problem, plan, f, g, OPTIMAL, _provenance(j, solve_s))
    if not found.certificate.passed:
        return None
    rest = time.perf_counter() - started - solve_s
    return replace(found, provenance=replace(found.provenance, extract_s=rest))


def _rough(distance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A potential near an optimal one, by Sinkhorn's iteration in short floats, and the costs less it and its c-transform.

    Of these, augmenting paths are shorter.
    """
    f = distance.min(axis=1)
    with np.errstate(all="ignore"):
        kernel = distance.astype(np.float32)
        kernel -= kernel.min(axis=1)[:, None]
        kernel -= kernel.min(axis=0)
        epsilon = _SMOOTHING * float(kernel.mean())
        if epsilon > 0:
            kernel *= np.float32(-1 / epsilon)
            np.exp(kernel, out=kernel)
            a, b = np.ones((2, len(kernel)), dtype=np.float32)
            for _ in range(_SWEEPS):
                np.reciprocal(kernel @ b, out=a)
                np.reciprocal(a @ kernel, out=b)
            shift = epsilon * np.log(a.astype(np.float64))
            f = f + shift if np.isfinite(shift).all() else f
    reduced = distance - f[:, None]
    reduced -= reduced.min(axis=0)
    return f, reduced


def _shortest(lengths: FloatArray, f: FloatArray) -> FloatArray:
    """Potentials (n,) with f_i <= f_k + lengths[k, i] for all pairs, but for rounding: from f down, what changes passed on."""
    rounding = _EPS * float(max(lengths.max(), -lengths.min()))
    reached = (lengths + f[:, None]).min(axis=0)
    f = f.copy()
    for _ in range(f.size):
        changed = np.flatnonzero(reached < f - rounding)
        if not changed.size:
            break
        f[changed] = reached[changed]
        through = lengths[changed]
        through += f[changed, None]
        reached = through.min(axis=0)
    return f


def _provenance(j: IndexArray, seconds: float) -> Provenance:
    about = "primal", "scipy", "pairs of the assignment", j.size, "shortest augmenting paths", 0, 0, 0.0, 0.0, seconds, 0.0
    return Provenance(*about, versions("scipy"), "as many points on each side, all of the same mass: an assignment is optimal")
