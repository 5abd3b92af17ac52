"""Grids: points on every crossing of coordinate lines, and the arcs between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import gcd, prod

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.metrics import Metric, Minkowski
from otmodels.network.arcs import Arcs

FULLNESS = 4
"""Points are taken as a grid where the grid through them has at most this many times as many crossings as there are points."""

ALONG_AXES = "on a grid, a shortest path of the city-block metric runs along the axes"
DIAGONALLY = "on a grid of equal gaps, a shortest path of the Chebyshev metric runs along diagonals and axes"
"""Why the arcs between neighbours span a metric."""

EVEN = 1e-9
"""Relative deviation up to which gaps count as equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The crossings of coordinate lines, in C order.

    Attributes
    ----------
    axes : tuple of ndarray
        Coordinates of the lines across each axis, ascending; gaps may differ.
    """

    axes: tuple[FloatArray, ...]

    @classmethod
    def through(cls, points: FloatArray) -> Grid | None:
        """The grid through points (n, d); None where it would be much larger than they are many."""
        axes = tuple(np.unique(points[:, axis]) for axis in range(points.shape[1]))
        return cls(axes) if prod(axis.size for axis in axes) <= FULLNESS * len(points) else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of lines across each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of crossings."""
        return prod(self.shape)

    @property
    def points(self) -> FloatArray:
        """Coordinates of the crossings (size, d), in C order."""
        return np.stack([axis.ravel() for axis in np.meshgrid(*self.axes, indexing="ij")], axis=1)

    @property
    def spacing(self) -> FloatArray | None:
        """Gap along each axis (d,), NaN along an axis of one line; None where the gaps along an axis differ."""
        gaps = [np.diff(axis) for axis in self.axes]
        if any(gap.size and gap.max() - gap.min() > EVEN * gap.max() for gap in gaps):
            return None
        return np.array([gap.mean() if gap.size else np.nan for gap in gaps])

    def cells(self, points: FloatArray) -> IndexArray:
        """Position among the crossings of each point (n, d), which has to be one of them."""
        index = [_found(line, points[:, axis]) for axis, line in enumerate(self.axes)]
        return np.asarray(np.ravel_multi_index(index, self.shape), dtype=np.intp)

    def arcs(self, directions: list[tuple[int, ...]], metric: Metric, description: str, spanning: str = "") -> Arcs:
        """Arcs from every crossing to the one that lies a direction away, in lines across each axis."""
        cells, points = np.arange(self.size).reshape(self.shape), self.points
        opposite = [tuple(-step for step in direction) for direction in directions]
        tail, head = (
            np.concatenate([np.empty(0, dtype=np.intp), *(cells[self._before(step)].ravel() for step in steps)])
            for steps in (directions, opposite)
        )
        return Arcs(self.size, tail, head, metric.paired(points[tail], points[head]), description, spanning)

    def _before(self, direction: tuple[int, ...]) -> tuple[slice, ...]:
        """The crossings from which a direction does not lead off the grid."""
        return tuple(slice(max(0, -s), max(0, k - max(0, s))) for s, k in zip(direction, self.shape, strict=True))


def _found(line: FloatArray, values: FloatArray) -> IndexArray:
    """Position of each value in a sorted line; sorted first, a million values are looked up three times as fast."""
    order = np.argsort(values)
    position = np.empty(values.size, dtype=np.intp)
    position[order] = np.searchsorted(line, values[order])
    return position


def neighbour_arcs(grid: Grid, metric: Metric) -> Arcs:
    """The arcs between neighbours of a grid, where they span the metric.

    City-block: a shortest path between two crossings runs along the axes and stays on the grid, whatever the gaps; 2 d
    neighbours. Chebyshev, the gaps of all axes equal: it goes diagonally as far as the shorter side goes, then straight;
    3^d - 1 neighbours. In one dimension all metrics of a norm are city-block.

    Parameters
    ----------
    grid : Grid
        The grid.
    metric : Metric
        City-block or Chebyshev; any Minkowski metric on a line.

    Raises
    ------
    ParameterError
        Neighbours do not span the metric.
    """
    order = metric.order if isinstance(metric, Minkowski) else np.nan
    long = [axis for axis, lines in enumerate(grid.shape) if lines > 1]
    if np.isnan(order) or (len(long) > 1 and order not in (1, np.inf)):
        remedy = "Use support='full', or support='generated', which finds the arcs that it takes"
        raise ParameterError("support", f"is 'neighbours', and on a grid they do not span the {metric.name} metric", remedy)
    if len(long) <= 1 or order == 1:
        steps = [tuple(sign * (axis == other) for other in range(len(grid.shape))) for axis in long for sign in (1, -1)]
        return grid.arcs(steps, metric, "grid neighbours", ALONG_AXES)
    gaps = None if grid.spacing is None else grid.spacing[long]
    if gaps is None or gaps.max() - gaps.min() > EVEN * gaps.max():
        remedy = "Use support='generated', which finds the arcs that it takes, or a grid of equal gaps"
        raise ParameterError("support", "is 'neighbours', which span the Chebyshev metric only where all gaps are equal", remedy)
    return grid.arcs(coprime_directions(grid, 1), metric, "grid neighbours, diagonals included", DIAGONALLY)


def coprime_directions(grid: Grid, reach: int) -> list[tuple[int, ...]]:
    """Directions (s_1, ..., s_d) with |s_k| <= reach and no common divisor, along the axes that have more than one line."""
    choices = [range(-reach, reach + 1) if lines > 1 else range(1) for lines in grid.shape]
    return [direction for direction in product(*choices) if gcd(*direction) == 1]


def direction_arcs(grid: Grid, metric: Metric, reach: int) -> Arcs:
    """The arcs along coprime directions up to a reach.

    Paths along them are at most `detour(grid, metric, reach)` times as long as the distance, where that is known.

    Parameters
    ----------
    grid : Grid
        The grid.
    metric : Metric
        Gives the lengths.
    reach : int
        Largest number of lines that an arc crosses along an axis, >= 1.

    Raises
    ------
    ParameterError
        The reach is below 1.
    """
    if reach < 1:
        raise ParameterError("reach", f"is {reach}", "Give a whole number >= 1")
    return grid.arcs(coprime_directions(grid, reach), metric, f"coprime directions up to {reach}")


def detour(grid: Grid, metric: Metric, reach: int) -> float:
    """kappa: how many times the Euclidean distance a path along `direction_arcs` can be, 1 / cos(widest angle / 2).

    On an even grid of two axes, a vector lies between two neighbouring directions u and v and is a sum of steps u and
    steps v, which is longest where it bisects them. With equal gaps the widest angle is atan(1 / reach), next to an axis.
    Infinite where this argument does not hold: other metrics, uneven gaps, more than two axes.

    Examples
    --------
    >>> from otmodels.metrics import Minkowski
    >>> grid = Grid((np.arange(5.0), np.arange(5.0)))
    >>> round(detour(grid, Minkowski(2), 1), 4), round(detour(grid, Minkowski(2), 4), 4)
    (1.0824, 1.0075)
    """
    spacing = grid.spacing
    if not isinstance(metric, Minkowski) or metric.order != 2 or len(grid.shape) != 2 or spacing is None:
        return np.inf
    if np.isnan(spacing).any():
        return 1.0
    steps = np.array([step for step in coprime_directions(grid, reach) if min(step) >= 0]) * spacing
    return float(1 / np.cos(np.diff(np.sort(np.arctan2(steps[:, 1], steps[:, 0]))).max() / 2))
