"""Ground metrics by name, each as distances between all points of two blocks and between points taken pair by pair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import TypeAlias

import numpy as np
from scipy.spatial.distance import cdist

from otmodels.arguments import shown
from otmodels.arrays import FloatArray, floats
from otmodels.errors import InfiniteValueError, NotANumberError, ParameterError, ShapeError
from otmodels.words import unknown

EARTH_RADIUS_KM = 6371.0088
"""Mean Earth radius R1, kilometres (Moritz 2000, Geodetic Reference System 1980)."""

MetricFunction: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
"""A rule on blocks: points (k, d) and (l, d) to distances (k, l)."""

METRICS = "cityblock, euclidean, chebyshev, minkowski, haversine"
"""The names of metrics."""

TINY = 2.0**-500
"""Coordinates below this one in size, or above its inverse, have squares beyond floating point or near to it."""

TOGETHER = 64
"""Points of a block in which a callable is asked for distances pair by pair."""


class Metric(ABC):
    """A distance between points, evaluated in blocks."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How a user asks for it."""

    @abstractmethod
    def between(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k, l) between all of x (k, d) and all of y (l, d)."""

    @abstractmethod
    def paired(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k,) between x[0] and y[0], x[1] and y[1], ..."""

    def bound(self, x: FloatArray, y: FloatArray) -> float:
        """A number that no distance between x (k, d) and y (l, d) is above, had without looking at pairs; +inf if none is."""
        return np.inf


@dataclass(frozen=True, slots=True)
class Minkowski(Metric):
    """(sum_k |x_k - y_k|^order)^(1/order), order >= 1; 1 is city-block, 2 Euclidean, inf Chebyshev.

    Attributes
    ----------
    order : float
        >= 1.
    careful : bool
        Whether coordinates are so large or so small that their squares may be beyond floating point, see `resolve`. It holds for
        all points alike, so that a distance is the same number in every block.
    """

    order: float
    careful: bool = False

    @property
    def name(self) -> str:
        """How a user asks for it."""
        return {1.0: "cityblock", 2.0: "euclidean", np.inf: "chebyshev"}.get(self.order, f"minkowski (order {self.order:g})")

    def between(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k, l)."""
        if x.shape[1] == 1:
            return np.asarray(cdist(x, y, "cityblock"), dtype=np.float64)  # |x - y| without squares and roots, as `paired`
        if self._is_simple:
            return np.asarray(cdist(x, y, self.name), dtype=np.float64)
        return self._norm(lambda: (np.abs(x[:, axis, None] - y[None, :, axis]) for axis in range(x.shape[1])))

    def paired(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k,)."""
        with np.errstate(over="ignore"):
            apart = np.abs(x - y)
            if x.shape[1] == 1:
                return apart[:, 0]
            if self._is_simple:
                return np.asarray(np.linalg.norm(apart, ord=self.order, axis=1), dtype=np.float64)
        return self._norm(lambda: iter(apart.T))

    def bound(self, x: FloatArray, y: FloatArray) -> float:
        """The length of the longest vector that the extents along the axes allow."""
        with np.errstate(over="ignore"):
            extents = np.maximum(x.max(axis=0) - y.min(axis=0), y.max(axis=0) - x.min(axis=0))
        return float(self.paired(extents[None], np.zeros((1, extents.size)))[0])

    @property
    def _is_simple(self) -> bool:
        return self.order in (1, np.inf) or (self.order == 2 and not self.careful)

    def _norm(self, apart: Callable[[], Iterator[FloatArray]]) -> FloatArray:
        """The norm of vectors given by the sizes of their coordinates, one axis at a time, each measured by the largest."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            most = next(apart()).copy()
            for size in apart():
                np.maximum(most, size, out=most)
            if self.order == np.inf:
                return most
            total = np.zeros_like(most)
            for size in apart():
                share = size / most
                total += share if self.order == 1 else share**self.order
            plain = (most == 0) | np.isinf(most)
            return np.where(plain, most, most * total ** (1 / self.order))


@dataclass(frozen=True, slots=True)
class Haversine(Metric):
    """Great-circle distance in kilometres between (longitude, latitude) in degrees, on a sphere of mean Earth radius."""

    @property
    def name(self) -> str:
        """How a user asks for it."""
        return "haversine"

    def between(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k, l)."""
        return _great_circle(x[:, None, :], y[None, :, :])

    def paired(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k,)."""
        return _great_circle(x, y)


@dataclass(frozen=True, slots=True)
class UserMetric(Metric):
    """A callable on blocks, its answers checked for shape and numbers."""

    function: MetricFunction

    @property
    def name(self) -> str:
        """How a user asks for it."""
        return getattr(self.function, "__name__", "callable")

    def between(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k, l)."""
        distances = floats("metric", self.function(x, y))
        if distances.shape != (len(x), len(y)):
            raise ShapeError(
                "metric",
                f"{self.name} returned shape {distances.shape} for blocks of {len(x)} and {len(y)} points",
                f"Return all distances between the two blocks, here shape {(len(x), len(y))}",
            )
        if np.isnan(distances).any():
            i, j = np.argwhere(np.isnan(distances))[0]
            raise NotANumberError(
                "metric",
                f"{self.name} is NaN between {x[i].tolist()} and {y[j].tolist()}",
                "Return numbers, +inf for a forbidden pair",
            )
        if np.isneginf(distances).any():
            raise InfiniteValueError("metric", f"{self.name} returned -inf", "Return numbers, +inf for a forbidden pair")
        return distances

    def paired(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances (k,), from blocks of a few points and all that any of them is paired with: a callable is slow to start."""
        points, which = np.unique(x, axis=0, return_inverse=True)
        which = which.ravel()
        order = np.argsort(which, kind="stable")
        starts = range(0, len(points), TOGETHER)
        distances = np.empty(len(x))
        for start, mine in zip(starts, np.split(order, np.searchsorted(which[order], starts))[1:], strict=True):
            partners, column = np.unique(y[mine], axis=0, return_inverse=True)
            block = self.between(points[start : start + TOGETHER], partners)
            distances[mine] = block[which[mine] - start, column.ravel()]
        return distances


def resolve(metric: str | MetricFunction, order: float | None, x: FloatArray, y: FloatArray) -> Metric:
    """The metric that a user named, checked against the points.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError
    """
    if x.shape[1] != y.shape[1]:
        raise ShapeError(
            "points", f"source points have {x.shape[1]} coordinates, target points {y.shape[1]}", "Give both the same number"
        )
    if callable(metric):
        return UserMetric(metric)
    if isinstance(metric, str) and metric == "minkowski":
        if not isinstance(order, Real) or not order >= 1:
            raise ParameterError("order", f"is {order}", "Give minkowski an order >= 1, such as order=3")
        return Minkowski(float(order))
    if order is not None:
        raise ParameterError("order", f"is {shown(order)} with metric {shown(metric)}", "Only 'minkowski' takes an order")
    if isinstance(metric, str) and metric == "haversine":
        _check_degrees(x)
        _check_degrees(y)
        return Haversine()
    orders = {"cityblock": 1.0, "euclidean": 2.0, "chebyshev": np.inf}
    if not isinstance(metric, str) or metric not in orders:
        raise unknown("metric", metric, [*orders, "minkowski", "haversine"], "or give a callable")
    return Minkowski(orders[metric], _are_extreme(x) or _are_extreme(y))


def fit_for(metric: Metric, points: FloatArray) -> Metric:
    """The same metric, careful where it has to be at points that were not known when it was resolved."""
    if isinstance(metric, Minkowski) and not metric.careful and _are_extreme(points):
        return replace(metric, careful=True)
    return metric


def _are_extreme(points: FloatArray) -> bool:
    """Whether squares of coordinates are beyond floating point or near to it."""
    sizes = np.abs(points)
    return bool(((sizes < TINY) & (sizes > 0)).any() or sizes.max(initial=0.0) > 1 / TINY)


def _great_circle(x: FloatArray, y: FloatArray) -> FloatArray:
    """2 R atan2(sqrt(h), sqrt(1 - h)), h the haversine, 1 - h that of the antipode: exact near and far."""
    longitude = np.radians(x[..., 0] - y[..., 0]) / 2
    one, other = np.radians(x[..., 1]), np.radians(y[..., 1])
    both = np.cos(one) * np.cos(other)
    near = np.sin((one - other) / 2) ** 2 + both * np.sin(longitude) ** 2
    far = np.sin((one + other) / 2) ** 2 + both * np.cos(longitude) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arctan2(np.sqrt(near), np.sqrt(far)), dtype=np.float64)


def _check_degrees(points: FloatArray) -> None:
    if points.shape[1] != 2:
        raise ShapeError("points", f"have {points.shape[1]} coordinates", "'haversine' needs two: longitude, latitude in degrees")
    if (np.abs(points[:, 1]) > 90).any() or (np.abs(points[:, 0]) > 360).any():
        worst = points[(np.abs(points[:, 1]) > 90) | (np.abs(points[:, 0]) > 360)][0]
        raise ParameterError(
            "points", f"hold {worst.tolist()}, which is no (longitude, latitude)", "Give degrees, longitude first"
        )
