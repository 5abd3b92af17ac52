"""A critic's gradients beside those of the exact one, along the rays on which mass moves.

Where mass moves from x to y, the exact critic falls with slope 1 all the way, so that at points between them its gradient, where
it has one, is the unit vector from y to x (Gulrajani et al. 2017, proposition 1). A critic may be close to it in value and point
elsewhere, and a generator is moved by gradients alone (Korotin, Kolesov and Burnaev 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.critics.directions import dual_norm, of_distance
from otmodels.critics.exact import Critic
from otmodels.critics.foreign import Foreign
from otmodels.metrics import Minkowski

MOST_RAYS = 20_000
"""Most pairs on whose segments gradients are taken; of more, those that carry most."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Gradients of a critic at the samples and on the segments along which mass moves.

    Attributes
    ----------
    on_samples, between : float
        The largest norm, dual to the metric's, at the samples and at one random point of each segment.
    cosine : float
        Mean cosine, weighted by mass, between the critic's gradient and the exact one on the segments; NaN unless Euclidean.
    l2 : float
        Root of the mean squared distance between the two, weighted alike; NaN unless Euclidean.
    rays : int
        Number of segments at whose points it has a gradient.
    """

    on_samples: float
    between: float
    cosine: float
    l2: float
    rays: int

    def facts(self) -> list[tuple[str, Any]]:
        """One row a fact."""
        return [
            ("largest gradient at the samples", self.on_samples),
            ("largest gradient between them", self.between),
            ("cosine with the exact gradient along the rays", self.cosine),
            ("L2 distance to the exact gradient along the rays", self.l2),
            ("rays", self.rays),
        ]


def agreement(foreign: Foreign, exact: Critic, seed: int) -> Agreement | None:
    """Compare gradients; None where the critic has none, or the metric is none of a norm."""
    cost = exact.cost
    if not isinstance(cost.metric, Minkowski):
        return None
    at_samples = foreign.gradients(np.concatenate([cost.x, cost.y]))
    if at_samples is None:
        return None
    order = cost.metric.order
    on_samples = _largest(order, at_samples)
    plan = exact.solution.sparse_plan.sorted_indices().tocoo()
    apart = cost.x[plan.row] - cost.y[plan.col]
    rays = np.flatnonzero((plan.data > 0) & (apart != 0).any(axis=1))
    if not rays.size:
        return Agreement(on_samples, np.nan, np.nan, np.nan, 0)
    share = np.random.default_rng(seed).random(rays.size)[:, None]  # by place in the plan: rounding decides between like masses
    if rays.size > MOST_RAYS:
        heaviest = np.sort(np.argsort(-plan.data[rays], kind="stable")[:MOST_RAYS])
        rays, share = rays[heaviest], share[heaviest]
    found = foreign.gradients(cost.y[plan.col[rays]] + share * apart[rays])
    assert found is not None
    between = _largest(order, found)
    smooth = np.flatnonzero(~np.isnan(found).any(axis=1))
    if order != 2 or not smooth.size:
        return Agreement(on_samples, between, np.nan, np.nan, smooth.size)
    right = of_distance(2.0, apart[rays])
    return Agreement(on_samples, between, *_alike(found[smooth], right[smooth], plan.data[rays[smooth]]), smooth.size)


def _largest(order: float, gradients: FloatArray) -> float:
    """The largest norm of those that are defined; NaN where none is."""
    norms = dual_norm(order, gradients)
    return float(norms[~np.isnan(norms)].max(initial=-np.inf)) if not np.isnan(norms).all() else np.nan


def _alike(found: FloatArray, right: FloatArray, mass: FloatArray) -> tuple[float, float]:
    """Mean cosine and root mean squared distance, weighted by mass; the cosine with a gradient of 0 is 0."""
    weight = mass / mass.sum()
    along = np.nan_to_num(of_distance(2.0, found))
    apart = dual_norm(2.0, found - right)
    most = float(apart.max()) or 1.0  # squares of large gradients are beyond floating point
    return float(weight @ (along * right).sum(axis=1)), most * float(np.sqrt(weight @ (apart / most) ** 2))
