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

MOST_DIRECTIONS = 1024
"""Most directions in which arcs lead from a crossing: their number grows exponentially with the axes."""

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

    Points may have any number of coordinates. What is laid out along the axes, crossings and directions, has a place for those
    axes only that have more than one line: `FULLNESS` leaves few of them, where arrays have at most 32 or 64 dimensions.

    Attributes
    ----------
    axes : tuple of ndarray
        Coordinates of the lines across each axis, ascending; gaps may differ.
    """

    axes: tuple[FloatArray, ...]

    @classmethod
    def through(cls, points: FloatArray) -> Grid | None:
        """The grid through points (n, d); None where it would be much larger than they are many."""
        axes, size = [], 1
        for axis in range(points.shape[1]):
            axes.append(np.unique(points[:, axis]))
            size *= axes[-1].size
            if size > FULLNESS * len(points):
                return None
        return cls(tuple(axes))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of lines across each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def long(self) -> tuple[FloatArray, ...]:
        """The axes that have more than one line."""
        return tuple(axis for axis in self.axes if axis.size > 1)

    @property
    def size(self) -> int:
        """Number of crossings."""
        return prod(self.shape)

    @property
    def points(self) -> FloatArray:
        """Coordinates of the crossings (size, d), in C order."""
        points = np.tile([axis[0] for axis in self.axes], (self.size, 1))
        for axis, lines in zip(self._long_axes, np.meshgrid(*self.long, indexing="ij"), strict=True):
            points[:, axis] = lines.ravel()
        return points

    @property
    def spacing(self) -> FloatArray | None:
        """Gap along each axis that has more than one line; None where the gaps along an axis differ."""
        gaps = [np.diff(axis) for axis in self.long]
        if any(gap.max() - gap.min() > EVEN * gap.max() for gap in gaps):
            return None
        return np.array([gap.mean() for gap in gaps])

    def cells(self, points: FloatArray) -> IndexArray:
        """Position among the crossings of each point (n, d), which has to be one of them."""
        cells = np.zeros(len(points), dtype=np.intp)
        for axis in self._long_axes:
            cells = cells * self.axes[axis].size + _found(self.axes[axis], points[:, axis])
        return cells

    def arcs(self, directions: list[tuple[int, ...]], metric: Metric, description: str, spanning: str = "") -> Arcs:
        """Arcs from every crossing to the one that lies a direction away, in lines across each axis that has more than one."""
        cells, points = np.arange(self.size).reshape([axis.size for axis in self.long]), self.points
        opposite = [tuple(-step for step in direction) for direction in directions]
        tail, head = (
            np.concatenate([np.empty(0, dtype=np.intp), *(cells[self._before(step)].ravel() for step in steps)])
            for steps in (directions, opposite)
        )
        return Arcs(self.size, tail, head, metric.paired(points[tail], points[head]), description, spanning)

    def _before(self, direction: tuple[int, ...]) -> tuple[slice, ...]:
        """The crossings from which a direction does not lead off the grid."""
        sizes = (axis.size for axis in self.long)
        return tuple(slice(max(0, -s), max(0, k - max(0, s))) for s, k in zip(direction, sizes, strict=True))

    @property
    def _long_axes(self) -> list[int]:
        return [axis for axis, lines in enumerate(self.axes) if lines.size > 1]


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
        Neighbours do not span the metric, or would be more than `MOST_DIRECTIONS`.
    """
    fault = _unspanned(grid, metric)
    if fault is not None:
        raise fault
    assert isinstance(metric, Minkowski)
    if len(grid.long) <= 1 or metric.order == 1:
        return grid.arcs(_along_axes(grid), metric, "grid neighbours", ALONG_AXES)
    return grid.arcs(coprime_directions(grid, 1), metric, "grid neighbours, diagonals included", DIAGONALLY)


def spans(grid: Grid, metric: Metric) -> bool:
    """Whether `neighbour_arcs` of a grid span a metric.

    Examples
    --------
    >>> square = Grid.through(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    >>> [spans(square, Minkowski(order)) for order in (1.0, 2.0, np.inf)]
    [True, False, True]
    """
    return _unspanned(grid, metric) is None


def _unspanned(grid: Grid, metric: Metric) -> ParameterError | None:
    """Why the neighbours of a grid do not span a metric."""
    order = metric.order if isinstance(metric, Minkowski) else np.nan
    d = len(grid.long)
    if np.isnan(order) or (d > 1 and order not in (1, np.inf)):
        remedy = "Use support='full', or support='generated', which finds the arcs that it takes"
        return ParameterError("support", f"is 'neighbours', and on a grid they do not span the {metric.name} metric", remedy)
    if d <= 1 or order == 1:
        return None
    if 3**d - 1 > MOST_DIRECTIONS:
        fault = f"is 'neighbours', and along {d} axes of a grid the Chebyshev metric takes {3**d - 1} neighbours a point"
        return ParameterError("support", fault, "Use support='generated', which finds the arcs that it takes")
    gaps = grid.spacing
    if gaps is None or gaps.max() - gaps.min() > EVEN * gaps.max():
        remedy = "Use support='generated', which finds the arcs that it takes, or a grid of equal gaps"
        return ParameterError("support", "is 'neighbours', which span the Chebyshev metric only where all gaps are equal", remedy)
    return None


def coprime_directions(grid: Grid, reach: int) -> list[tuple[int, ...]]:
    """Directions (s_1, ..., s_d) with |s_k| <= reach and no common divisor, along the d axes that have more than one line."""
    choices = [range(-reach, reach + 1)] * len(grid.long)
    return [direction for direction in product(*choices) if gcd(*direction) == 1]


def _along_axes(grid: Grid) -> list[tuple[int, ...]]:
    """The directions to the next line across each axis that has more than one."""
    d = len(grid.long)
    return [tuple(sign * (axis == other) for other in range(d)) for axis in range(d) for sign in (1, -1)]


def direction_arcs(grid: Grid, metric: Metric, reach: int) -> Arcs:
    """The arcs along coprime directions up to a reach.

    Paths along them are at most `detour(grid, metric, reach)` times as long as the distance, where that is known. Along three
    axes or more, the reach is less where there would be more than `MOST_DIRECTIONS`; beyond six, arcs run along the axes alone.

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
    d = len(grid.long)
    while d > 2 and reach and (2 * reach + 1) ** d > MOST_DIRECTIONS:
        reach -= 1
    if not reach:
        return grid.arcs(_along_axes(grid), metric, "grid neighbours")
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
    if not isinstance(metric, Minkowski) or metric.order != 2 or len(grid.long) > 2 or spacing is None:
        return np.inf
    if len(grid.long) < 2:
        return 1.0
    steps = np.array([step for step in coprime_directions(grid, reach) if min(step) >= 0]) * spacing
    return float(1 / np.cos(np.diff(np.sort(np.arctan2(steps[:, 1], steps[:, 0]))).max() / 2))
