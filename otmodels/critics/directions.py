"""Gradients of distances, and of the least of them."""

from __future__ import annotations

import numpy as np

from otmodels.arrays import BoolArray, FloatArray
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.metrics import Minkowski

TIED = 16 * float(np.finfo(np.float64).eps)
"""Values that differ by this part of their terms may be equal."""

SAME = 1e-9
"""Gradients of norm 1 whose coordinates differ by no more are one."""


def toward(cost: GroundCost, g: FloatArray) -> FloatArray:
    """The gradient (k, d) of min_j d(z, y_j) - g_j at the points z of the cost's rows; NaN where there is none.

    There is one where the distances to all that attain the minimum have one, and the same. For city-block and Chebyshev distances
    that is so in whole regions: beyond two targets on one ray, their cones are one.

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
        x, values = cost.x[rows], block - g
        nearest = values.argmin(axis=1)
        here = np.arange(len(nearest))
        tied = values <= (values[here, nearest] + TIED * (block[here, nearest] + np.abs(g[nearest])))[:, None]
        one = _agree(cost.metric.order, x, cost.y, tied)
        gradient[rows][one] = of_distance(cost.metric.order, x[one] - cost.y[nearest[one]])
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


def _agree(order: float, x: FloatArray, y: FloatArray, tied: BoolArray) -> BoolArray:
    """Rows in which the distances to all tied columns, of which there are some in each, have the same gradient."""
    row, column = np.nonzero(tied)
    found = of_distance(order, x[row] - y[column])
    first = np.flatnonzero(np.diff(row, prepend=-1))
    apart = np.maximum.reduceat(found, first) - np.minimum.reduceat(found, first)
    return np.asarray((apart <= SAME).all(axis=1))
