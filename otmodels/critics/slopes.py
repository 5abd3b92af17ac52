"""The largest slope of a function between points where it is known: its Lipschitz constant on these, and no more.

Between all points it is looked for in blocks. Where the points fill a grid and a shortest path of the metric runs along
neighbours, no pair is steeper than the steepest pair of neighbours, since a slope over a path is a mean of slopes of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.blocks import BLOCK, in_parallel
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.metrics import Minkowski
from otmodels.network import Grid, neighbour_arcs

ATTAINED = 1e-9
"""Pairs whose slope is within this part of the largest attain it."""

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Values that differ by this part of their size may differ by rounding, which next to a tiny distance would be steep."""

SEEN = 1e-10
"""Rounding of less than this part of a difference is left in it."""

MOST = 1000
"""Most pairs that are listed."""

_STRIP = 128
"""Rows of a strip of a triangle of pairs that is small: of wider strips, more is outside the triangle."""

LITTLE = 1e-3
"""Part of the largest slope up to which it is lifted, where too much was taken off for rounding."""


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """The largest slope (v_i - v_j) / d(z_i, z_j) over pairs of points.

    Attributes
    ----------
    constant : float
        The Lipschitz constant on the points: 0 for a constant function, +inf where equal points have unlike values.
    i, j : ndarray (k,)
        Pairs that attain it, v_i > v_j; at most `MOST` of them.
    """

    constant: float
    i: IndexArray
    j: IndexArray

    def __post_init__(self) -> None:
        """Seal the pairs."""
        read_only(self.i)
        read_only(self.j)


def largest_slope(cost: GroundCost, values: FloatArray, rounding: float = ROUNDING) -> Slope:
    """The largest slope over all pairs of points.

    Parameters
    ----------
    cost : GroundCost (k, k)
        Distances between the points and themselves, symmetric.
    values : ndarray (k,)
        The function at the points.
    rounding : float
        Values may be off by this part of their size: networks compute in single precision.

    Examples
    --------
    >>> from otmodels import Measure, ground_cost
    >>> line = Measure([1, 1, 1], [0, 1, 3])
    >>> slope = largest_slope(ground_cost(line, line), np.array([0.0, 2.0, 1.0]))
    >>> slope.constant, slope.i.tolist(), slope.j.tolist()
    (2.0, [1], [0])
    """
    along = _on_grid(cost, values, rounding)
    return _over_all_pairs(cost, values, rounding) if along is None else along


def at_least(cost: GroundCost, values: FloatArray, least: float, rounding: float = ROUNDING) -> Slope:
    """As `largest_slope`, of values that are known to be as steep as `least` somewhere, unless they are rounding altogether.

    A plan proves it: as R <= L W1, a critic worth R has a slope of R / W1. Where less is left once rounding was taken off, that
    was too much: values that huge ones are added to may be right to the last bit.
    """
    found = largest_slope(cost, values, rounding)
    if not 0 < found.constant < least:
        return found
    if least > found.constant * (1 + LITTLE):
        whole = largest_slope(cost, values, 0.0)
        if least <= whole.constant < np.inf:
            return whole
    return replace(found, constant=least)


def one_sided(cost: GroundCost, u: FloatArray, v: FloatArray) -> float:
    """The largest (u_i - v_j) / d(x_i, y_j) over pairs of a source and a target, below 0 where v is above u everywhere.

    Parameters
    ----------
    cost : GroundCost (n, m)
        Distances.
    u, v : ndarray (n,), (m,)
        The function at the sources and at the targets.
    """

    def steepest(rows: slice) -> float:
        return float(_over(u[rows, None] - v, cost.block(rows)).max())

    n, m = cost.shape
    step = max(1, BLOCK // m)
    found = in_parallel(steepest, [slice(k, min(k + step, n)) for k in range(0, n, step)], None if cost.threadsafe else 1)
    return max(found)


def _over_all_pairs(cost: GroundCost, values: FloatArray, rounding: float) -> Slope:
    """Each pair once: blocks of rows against the points from the first of them on."""
    size = values.size

    def steepest(rows: slice) -> tuple[FloatArray, IndexArray, IndexArray]:
        later = slice(rows.start, size)
        block = replace(cost, x=cost.x[rows], y=cost.y[later]).block(slice(None))
        near, slope = _steepest(values[rows], values[later], block, rounding)
        i, j = np.divmod(near, size - rows.start)
        return slope, i + rows.start, j + rows.start

    threads = None if cost.threadsafe and size * size > BLOCK else 1
    found = in_parallel(steepest, _starts(size), threads)
    slope, i, j = (np.concatenate([part[k] for part in found]) for k in (0, 1, 2))
    constant = float(slope.max(initial=0.0))
    if constant == 0:
        return Slope(0.0, *np.empty((2, 0), dtype=np.intp))
    attained = slope >= constant * (1 - ATTAINED)
    return _upwards(values, constant, i[attained], j[attained])


def _steepest(u: FloatArray, v: FloatArray, distance: FloatArray, rounding: float) -> tuple[IndexArray, FloatArray]:
    """Positions in a block (k, l) of pairs with the largest slope of the block, at most `MOST`, and their slopes.

    Slopes with the rounding left in them are no smaller, so that rounding is looked at only where they are among the largest.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        plain = np.subtract.outer(u, v)
        np.abs(plain, out=plain)
        plain /= distance
    plain, distance = plain.ravel(), distance.ravel()

    def exact(at: IndexArray) -> FloatArray:
        i, j = np.divmod(at, v.size)
        return _over(_rise(u[i], v[j], rounding), distance[at])

    here = np.flatnonzero(distance == 0)
    plain[here] = exact(here)
    steepest = np.array([plain.argmax()])
    largest = plain[steepest[0]]
    if not largest > 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    floor = exact(steepest)[0]
    if floor < largest * (1 - ATTAINED):
        floor = exact(np.argpartition(plain, max(plain.size - MOST, 0))[-MOST:]).max()
    near = np.flatnonzero(plain >= floor * (1 - ATTAINED)).astype(np.intp)
    slope = exact(near)
    attained = np.flatnonzero(slope >= slope.max() * (1 - ATTAINED))[:MOST]
    return near[attained], slope[attained]


def _starts(size: int) -> list[slice]:
    """Blocks of rows of about as many pairs each, a triangle cut into strips."""
    blocks, start = [], 0
    while start < size:
        end = min(size, start + max(1, min(BLOCK // (size - start), max(_STRIP, size // 8))))
        blocks.append(slice(start, end))
        start = end
    return blocks


def _attaining(cost: GroundCost, values: FloatArray, rounding: float, constant: float, i: IndexArray, j: IndexArray) -> Slope:
    """The pairs among these that attain the constant, each upwards and once."""
    if np.isfinite(constant):
        attained = _over(_rise(values[i], values[j], rounding), cost.entries(i, j)) >= constant * (1 - ATTAINED)
        i, j = i[attained], j[attained]
    return _upwards(values, constant, i, j)


def _upwards(values: FloatArray, constant: float, i: IndexArray, j: IndexArray) -> Slope:
    """Pairs that attain the constant, each from the larger value to the smaller, and once."""
    up = values[i] >= values[j]
    keys = np.unique(np.where(up, i, j) * values.size + np.where(up, j, i))[:MOST]
    return Slope(constant, *(side.astype(np.intp) for side in np.divmod(keys, values.size)))


def _rise(one: FloatArray, other: FloatArray, rounding: float) -> FloatArray:
    """By how much two values differ, less their rounding where that can be seen."""
    apart, noise = np.abs(one - other), rounding * (np.abs(one) + np.abs(other))
    return np.where(noise <= SEEN * apart, apart, np.maximum(apart - noise, 0.0))


def _over(difference: FloatArray, distance: FloatArray) -> FloatArray:
    """Differences over distances; none between equal values, infinite between unlike values of one point."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = difference / distance
    slope[np.isnan(slope)] = 0.0
    return slope


def _on_grid(cost: GroundCost, values: FloatArray, rounding: float) -> Slope | None:
    """Along neighbours, where the points fill a grid that they span the metric on; None elsewhere."""
    if not isinstance(cost.metric, Minkowski) or not cost.x.shape[0]:
        return None
    grid = Grid.through(cost.x)
    if grid is None or grid.size < 2:
        return None
    cell = grid.cells(cost.x)
    if np.bincount(cell, minlength=grid.size).min() == 0:
        return None
    try:
        arcs = neighbour_arcs(grid, cost.metric)
    except ParameterError:
        return None
    first = np.empty(grid.size, dtype=np.intp)
    first[cell[::-1]] = np.arange(cell.size - 1, -1, -1)
    unlike = np.flatnonzero(_rise(values, values[first[cell]], rounding))
    if unlike.size:
        return _attaining(cost, values, rounding, np.inf, unlike, first[cell[unlike]])
    slope = _over(_rise(values[first[arcs.tail]], values[first[arcs.head]], rounding), arcs.length)
    constant = float(slope.max(initial=0.0))
    near = np.flatnonzero(slope >= constant * (1 - ATTAINED))[:MOST] if constant > 0 else np.empty(0, dtype=np.intp)
    return _attaining(cost, values, rounding, constant, first[arcs.tail[near]], first[arcs.head[near]])
