"""Gradients of distances, and of the least of them."""

from __future__ import annotations

import numpy as np

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.metrics import Minkowski

TIED = 16 * float(np.finfo(np.float64).eps)
"""Values that differ by this part of their terms may be equal."""


def toward(cost: GroundCost, g: FloatArray) -> FloatArray:
    """The gradient (k, d) of min_j d(z, y_j) - g_j at the points z of the cost's rows; NaN where there is none.

    There is one where all that attain the minimum stand in one place, and the distance to it has a gradient.

    Parameters
    ----------
    cost : GroundCost (k, m)
        Distances of a Minkowski metric.
    g : ndarray (m,)
        What is taken off.

    Raises
    ------
    ParameterError
        The metric is another one.
    """
    if not isinstance(cost.metric, Minkowski):
        remedy = "Take cityblock, euclidean, chebyshev or minkowski"
        raise ParameterError("metric", f"is {cost.metric.name}, whose gradients are not known here", remedy)
    gradient = np.full(cost.x.shape, np.nan)
    for rows, block in cost.blocks():
        values = block - g
        nearest = values.argmin(axis=1)
        here = np.arange(len(nearest))
        tied = values <= (values[here, nearest] + TIED * (block[here, nearest] + np.abs(g[nearest])))[:, None]
        alone = _in_one_place(cost.y, tied, nearest)
        gradient[rows][alone] = of_distance(cost.metric.order, cost.x[rows][alone] - cost.y[nearest[alone]])
    return gradient


def of_distance(order: float, apart: FloatArray) -> FloatArray:
    """The gradient (k, d) of the norm of some order at vectors (k, d); NaN where it has none.

    Source: the equality case of Hoelder's inequality: its dual norm is 1.
    """
    size = np.abs(apart)
    largest = size.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = size / largest
    if apart.shape[1] == 1:
        return np.where(size > 0, np.sign(apart), np.nan)
    if order == 1:
        return np.where((size > 0).all(axis=1, keepdims=True), np.sign(apart), np.nan)
    if order == np.inf:
        single = (share >= 1 - TIED).sum(axis=1, keepdims=True) == 1
        return np.where(single, np.where(share >= 1 - TIED, np.sign(apart), 0.0), np.nan)
    total = (share**order).sum(axis=1, keepdims=True)
    return np.asarray(np.sign(apart) * (share / total ** (1 / order)) ** (order - 1))


def dual_norm(order: float, vectors: FloatArray) -> FloatArray:
    """The norms (k,) of gradients (k, d), dual to the norm of some order: city-block has the maximum norm."""
    dual = {1.0: np.inf, np.inf: 1.0}.get(order, order / (order - 1) if order != 1 else np.inf)
    return np.asarray(np.linalg.norm(vectors, ord=dual, axis=1), dtype=np.float64)


def _in_one_place(y: FloatArray, tied: BoolArray, nearest: IndexArray) -> BoolArray:
    """Rows whose tied columns are one point."""
    alone: BoolArray = tied.sum(axis=1) == 1
    for row in np.flatnonzero(~alone):
        alone[row] = (y[tied[row]] == y[nearest[row]]).all()
    return alone
