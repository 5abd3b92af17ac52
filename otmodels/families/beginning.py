"""Whether a model is begun at all: one whose building would outlast the time limit is not, and what is proven comes back.

What one or two passes over the pairs prove without a solver: above, a plan that fills sources and targets in turn, in an order in
which neighbours are near each other; below, potentials and their c-transform. On points with a norm, to the power p >= 1, the
potentials are linear, and the bound is the cost of moving one mean to the other (Jensen's inequality); otherwise the potential of
a source is its least cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.certificate import certify
from otmodels.deadline import OutOfTimeError, suffices
from otmodels.families.base import Family
from otmodels.generation.pairs import north_west
from otmodels.ground import GroundCost
from otmodels.interval import Interval
from otmodels.languages.building import SLOW, building_seconds
from otmodels.metrics import Minkowski
from otmodels.potentials import cbar_transform
from otmodels.problem import TransportProblem
from otmodels.solution import Unsolved
from otmodels.status import PointStatus, Status, Termination

MOST_AXES = 8
"""Coordinates along which atoms are put into an order."""

STOPPED = Status(Termination.TIME_LIMIT, PointStatus.FEASIBLE, PointStatus.FEASIBLE)


def begun(make: Callable[[], Family | Unsolved], problem: TransportProblem, language: str) -> Family | Unsolved:
    """The family that a model is about to be built of; where the time limit does not suffice for that, what is proven.

    Parameters
    ----------
    make : callable
        Makes the family: checks, and generation.
    problem : TransportProblem
        The data.
    language : str
        What the model is to be declared in.
    """
    try:
        family = make()
    except OutOfTimeError:
        return unbegun(problem, "it ended while the axioms of a metric were checked")
    if isinstance(family, Unsolved):
        return family
    if suffices(building_seconds(family.size, language, SLOW)):
        return family
    seconds = building_seconds(family.size, language)
    if suffices(seconds):
        return family
    about = f"{family.size:,} pairs in {language} take about {float(f'{seconds:.2g}'):g} s to state"
    return unbegun(problem, f"no model was begun, since {about}")


def unbegun(problem: TransportProblem, why: str) -> Unsolved:
    """The result where there was no time for a model."""
    remedy = "support='generated' states few pairs"
    message = f"{Termination.TIME_LIMIT.value}: {why}; {remedy}; the interval holds what is proven without one"
    return Unsolved(STOPPED, problem, at_once(problem), message)


def at_once(problem: TransportProblem) -> Interval:
    """Proven bounds on the optimal value, in one pass over the pairs on points with a norm, else in two."""
    f = _linear(problem)
    f = cbar_transform(problem.cost, np.zeros(problem.target.size)) if f is None else f
    f = np.where(np.isfinite(f), f, 0.0)
    lower, upper = certify(problem, _filled(problem), f).interval
    return Interval(lower, upper)


def _linear(problem: TransportProblem) -> FloatArray | None:
    """Potentials -<s, x>, s the slope of h at the difference of the means, where costs are h(y - x), h convex; else None."""
    cost = problem.cost
    if not isinstance(cost, GroundCost) or not isinstance(cost.metric, Minkowski) or cost.power < 1:
        return None
    shift = problem.b / problem.target.total @ cost.y - problem.a / problem.source.total @ cost.x
    order = cost.metric.order
    length = np.linalg.norm(shift, ord=order)
    if length == 0:
        return np.zeros(problem.source.size)
    slope = np.sign(shift) * (np.abs(shift) / np.abs(shift).max()) ** (order - 1)
    slope /= np.linalg.norm(slope, ord=np.inf if order == 1 else 1 / (1 - 1 / order))
    with np.errstate(over="ignore"):
        return np.asarray(-(cost.x @ slope) * (cost.power * length ** (cost.power - 1)))


def _filled(problem: TransportProblem) -> csr_array:
    """The cheapest of some plans that fill sources and targets in turn, mass that need not move left where it is or not."""

    def value(plan: csr_array) -> float:
        return float(plan.data @ problem.cost.at(*(index.astype(np.intp) for index in coo_array(plan).coords)))

    return min(_plans(problem), key=value)


def _plans(problem: TransportProblem) -> Iterator[csr_array]:
    a, b = problem.a, problem.b
    stays = np.minimum(a, b) if a.size == b.size else None
    for order in _orders(problem):
        yield _placed(problem, *north_west((a, b), order))
        if stays is not None:
            here, moves = np.arange(a.size) * (a.size + 1), bool((a > stays).any() and (b > stays).any())
            keys, mass = north_west((a - stays, b - stays), order) if moves else (here[:0], stays[:0])
            yield _placed(problem, np.concatenate([here, keys]), np.concatenate([stays, mass]))


def _placed(problem: TransportProblem, keys: IndexArray, mass: FloatArray) -> csr_array:
    return csr_array(coo_array((mass, np.divmod(keys, problem.target.size)), shape=problem.shape))


def _orders(problem: TransportProblem) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Numbers that sources rise by, and targets fall by: their positions, and each coordinate."""
    source, target = problem.source, problem.target
    yield np.arange(source.size, dtype=np.float64), -np.arange(target.size, dtype=np.float64)
    if source.points is not None and target.points is not None and source.points.shape[1] == target.points.shape[1]:
        for axis in range(min(source.points.shape[1], MOST_AXES)):
            yield source.points[:, axis], -target.points[:, axis]
