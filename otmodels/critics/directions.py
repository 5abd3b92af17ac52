"""Gradients of distances, and of the least of them."""

from __future__ import annotations

import numpy as np

from otmodels.arguments import check_type
from otmodels.arrays import BoolArray, FloatArray
from otmodels.cost import BLOCK_ENTRIES
from otmodels.errors import ParameterError, UnknownNameError
from otmodels.ground import GroundCost
from otmodels.metrics import METRICS, Metric, Minkowski

TIED = 16 * float(np.finfo(np.float64).eps)
"""Values that differ by this part of their terms may be equal."""

GRADIENTS = ("euclidean", "cityblock", "chebyshev", "minkowski")
"""Metrics whose gradients are known."""

TAKE = f"Take {', '.join(GRADIENTS[:-1])} or {GRADIENTS[-1]}"
"""The remedy where gradients of a metric are not known."""

SAME = 1e-9
"""Gradients of norm 1 whose coordinates differ by no more are one."""


def toward(cost: GroundCost, g: FloatArray) -> FloatArray:
    """The gradient (k, d) of min_j d(z, y_j) - g_j at the points z of the cost's rows; NaN where there is none.

    There is one if and only if one of the distances that attain the minimum has it, and all others have it as a subgradient, so
    that none of them falls faster in any direction. The tip of a cone that lies on another one is no kink, and cones of
    city-block and of Chebyshev distances may be one in whole regions.

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
    metric = with_gradients(cost.metric)
    gradient = np.full(cost.x.shape, np.nan)
    for rows, block in cost.blocks():
        values, noise = block - g, TIED * (block + np.abs(g))
        here = np.arange(len(values)), values.argmin(axis=1)
        tied = values - noise <= (values[here] + noise[here])[:, None]
        gradient[rows] = _common(metric, cost.x[rows], cost.y, tied)
    return gradient


def check_gradients_known(metric: object) -> None:
    """Raise unless it is the name of a metric whose gradients are known.

    Raises
    ------
    UnknownNameError, ParameterError
    """
    check_type("metric", metric, str, TAKE)
    if metric in GRADIENTS:
        return
    if metric in METRICS.split(", "):
        raise ParameterError("metric", f"is {metric}, whose gradients are not known here", TAKE)
    raise UnknownNameError("metric", f"{metric!r} is not known", TAKE)


def with_gradients(metric: Metric) -> Minkowski:
    """The metric, of whose distances gradients are known.

    Raises
    ------
    ParameterError
        They are not.
    """
    if isinstance(metric, Minkowski):
        return metric
    raise ParameterError("metric", f"is {metric.name}, whose gradients are not known here", TAKE)


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
    return Minkowski(dual, careful=True).paired(vectors, np.zeros_like(vectors))


def _common(metric: Minkowski, x: FloatArray, y: FloatArray, tied: BoolArray) -> FloatArray:
    """The gradient (k, d) of the least of the distances to tied columns; NaN where they have none in common."""
    row, column = np.nonzero(tied)
    step = max(1, BLOCK_ENTRIES // x.shape[1])
    parts = [(row[start : start + step], column[start : start + step]) for start in range(0, row.size, step)]
    common, kinked = np.full(x.shape, np.nan), np.zeros(len(x), dtype=bool)
    for i, j in parts:
        found = of_distance(metric.order, x[i] - y[j])
        smooth = ~np.isnan(found).any(axis=1)
        common[i[smooth]] = found[smooth]
    for i, j in parts:
        apart = x[i] - y[j]
        found, p = of_distance(metric.order, apart), common[i]
        alike = np.abs(found - p).max(axis=1) <= SAME
        under = (p * apart).sum(axis=1) >= (1 - SAME) * metric.paired(x[i], y[j])
        kinked[i[~np.where(np.isnan(found).any(axis=1), under, alike)]] = True
    common[kinked] = np.nan
    return common
