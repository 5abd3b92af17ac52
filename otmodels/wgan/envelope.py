"""The gradient of W1 of two samples with respect to their points, through an optimal plan.

W1(x) is the least of F(x) = sum_ij gamma_ij d(x_i, y_j) over plans gamma, which do not depend on x. Where one gamma alone is
optimal and F has a gradient at x, W1 has the same one, grad_i = sum_j gamma_ij grad_x d(x_i, y_j): the plan can be held fixed.
Where the exact critic has a gradient at x_i, it is mass times that one, since along every ray of the plan the critic falls with
slope 1: it is what a critic that was trained to the end would hand to a generator.

Where several plans are optimal, W1 need not have a gradient, and that of F is a choice, one a plan. It is no subgradient of a
convex function, as W1 is the least of many F; but W1 <= F everywhere, with equality at x, so that a short step against it makes
W1 smaller by as much as F to the first order, whichever optimal plan it is from.

Source: Danskin (1967), The theory of max-min, chapter I; Milgrom and Segal (2002), Envelope theorems for arbitrary choice sets,
theorem 1; Peyre and Cuturi (2019), Computational optimal transport, section 9.1, on gradients with respect to positions;
Arjovsky, Chintala and Bottou (2017), theorem 3, on the gradient of W1 through an optimal critic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otmodels.arguments import check_type
from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.checks import Certificate
from otmodels.critics.batches import assigned
from otmodels.critics.directions import TIED, check_gradients_known, of_distance, with_gradients
from otmodels.critics.exact import Critic, critic
from otmodels.distance import wasserstein_distance
from otmodels.ground import ground_cost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.model import raise_unless_settled
from otmodels.solution import Solution, Unsolved


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """W1 of two samples and its gradient with respect to their points.

    Attributes
    ----------
    gradient : ndarray (n, d)
        With respect to the points of the first sample: sum_j gamma_ij grad_x d(x_i, y_j), the mass of the point counted in.
    target_gradient : ndarray (m, d)
        With respect to the points of the second.
    coincident : int
        Pairs that carry mass at distance 0, where a distance has no gradient; 0 is taken, the middle of its subgradients.
    kinks : int
        Other pairs that carry mass whose distance has no gradient: equal coordinates in city-block, two largest differences in
        Chebyshev. The middle of its subgradients is taken there: 0 along an equal coordinate, equal shares of the largest.
    solution : Solution or LipschitzSolution
        The certified transport problem. `solution.degeneracy()` says whether its plan is the only one; where it is not, the
        gradient is a choice, see `otmodels.wgan.envelope`.
    metric, order, balance
        As they were asked for.
    """

    gradient: FloatArray
    target_gradient: FloatArray
    coincident: int
    kinks: int
    solution: Solution | LipschitzSolution
    metric: str = "euclidean"
    order: float | None = None
    balance: str = "raise"

    @property
    def value(self) -> float:
        """W1 of the samples, the total mass counted in."""
        return self.solution.value

    @property
    def certificate(self) -> Certificate:
        """Of the value and of the plan that the gradient is from."""
        return self.solution.certificate

    @property
    def is_smooth(self) -> bool:
        """Whether every pair that carries mass has a distance with a gradient."""
        return not (self.coincident or self.kinks)

    def critic(self, extension: str = "upper") -> Critic:
        """The exact critic of the samples, solved for when it is asked for; see `otmodels.critics.critic`."""
        problem = self.solution.problem
        sides = problem.source, problem.target
        return critic(*sides, self.metric, order=self.order, extension=extension, balance=self.balance)

    def __repr__(self) -> str:
        rough = "" if self.is_smooth else f", {self.coincident} pairs at distance 0, {self.kinks} kinks"
        return f"Envelope(value {self.value:.12g}, {self.certificate.word}{rough})"


def envelope(
    source: Measure,
    target: Measure,
    metric: str = "euclidean",
    *,
    order: float | None = None,
    balance: str = "raise",
    time_limit: float | None = None,
    throw: bool = True,
) -> Envelope:
    """W1 of two samples with its gradient with respect to their points.

    Parameters
    ----------
    source, target : Measure
        With points of the same dimension; weights are masses, of the same total.
    metric : {"euclidean", "cityblock", "chebyshev", "minkowski"}
        Those whose gradients are known.
    order : float, optional
        Of the Minkowski metric.
    balance : {"raise", "rescale"}
        As for `TransportProblem`.
    time_limit : float, optional
        Seconds, > 0.
    throw : bool
        Whether a plan that is not certified is an error; otherwise its certificate says so. What was stopped always is one.

    Raises
    ------
    ParameterError
        The metric is another one.
    ShapeError, UnbalancedError, UnknownNameError, SolveError

    Examples
    --------
    >>> found = envelope(Measure.from_samples([[0.0, 0.0], [6.0, 0.0]]), Measure.from_samples([[3.0, 4.0], [6.0, 1.0]]))
    >>> found.value, found.gradient.tolist()
    (3.0, [[-0.3, -0.4], [0.0, -0.5]])
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    check_gradients_known(metric)
    cost = ground_cost(source, target, metric, order=order)
    norm = with_gradients(cost.metric)
    options: dict[str, Any] = {"metric": metric, "order": order, "balance": balance}
    found = assigned(source, target, **options) if time_limit is None else None
    solution = found or _solved(source, target, options, time_limit, throw)
    plan = solution.sparse_plan.tocoo()
    moved = plan.data > 0
    i, j, mass = plan.row[moved].astype(np.intp), plan.col[moved].astype(np.intp), plan.data[moved]
    steepest, coincident, kinks = middle_gradients(norm.order, cost.x[i] - cost.y[j])
    pull = mass[:, None] * steepest
    gradient, other = _summed(i, pull, len(cost.x)), _summed(j, -pull, len(cost.y))
    return Envelope(read_only(gradient), read_only(other), coincident, kinks, solution, metric, order, balance)


def _solved(
    source: Measure, target: Measure, options: dict[str, Any], time_limit: float | None, throw: bool
) -> Solution | LipschitzSolution:
    """W1 by the fastest exact route; what was stopped is an error, as there is no gradient then."""
    solution = wasserstein_distance(source, target, **options, time_limit=time_limit, throw=False)
    if throw or isinstance(solution, Unsolved) or solution.status.termination.stopped:
        raise_unless_settled(solution)
    assert not isinstance(solution, Unsolved)
    return solution


def middle_gradients(order: float, apart: FloatArray) -> tuple[FloatArray, int, int]:
    """Gradients (k, d) of the norm of some order at vectors (k, d), how many vectors are 0, and at how many others it has none.

    Where it has none, the middle of its subgradients: 0 at 0, sgn(0) = 0 in city-block, in Chebyshev equal shares of the largest.
    """
    found = of_distance(order, apart)
    rough = np.flatnonzero(np.isnan(found).any(axis=1))
    if not rough.size:
        return found, 0, 0
    size = np.abs(apart[rough])
    largest = size.max(axis=1, keepdims=True)
    nowhere = largest[:, 0] == 0
    share = np.ones_like(size) if order == 1 else (size >= (1 - TIED) * largest).astype(np.float64)
    share /= 1.0 if order == 1 else share.sum(axis=1, keepdims=True)
    found[rough] = np.sign(apart[rough]) * share
    return found, int(nowhere.sum()), int((~nowhere).sum())


def _summed(which: IndexArray, vectors: FloatArray, count: int) -> FloatArray:
    """Sums (count, d) of vectors (k, d) by the point that each belongs to."""
    columns = [np.bincount(which, vectors[:, axis], minlength=count) for axis in range(vectors.shape[1])]
    return np.stack(columns, axis=1)
