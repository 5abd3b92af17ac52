"""Ground costs: a matrix, or a rule on points that is evaluated in blocks when it is needed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arrays import BoolArray, FloatArray, IndexArray, floats, read_only, travels, unmasked
from otmodels.entry import check_type, checked_path
from otmodels.errors import FileFormatError, InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError
from otmodels.measure import MAKE_A_MEASURE, Measure, number, read_rows, some
from otmodels.metrics import TOGETHER, Metric, MetricFunction, Minkowski, UserMetric, resolve
from otmodels.powers import PLAIN, Scale, exponent, is_plain, scale_by_distances, scale_on_line

BLOCK_ENTRIES = 1 << 21
"""Most entries of a block of costs that is held at once: 16 MiB of float64."""


class BaseCost(ABC):
    """C (n, m) as seen by everything that uses it: by blocks of rows, and pair by pair. +inf is a forbidden pair."""

    __slots__ = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(n, m)."""

    @abstractmethod
    def block(self, rows: slice) -> FloatArray:
        """C[rows, :], +inf at forbidden pairs; not to be written to."""

    @abstractmethod
    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""

    def entries(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """As `at`, to the last bit the numbers that blocks hold: what a certificate is about."""
        return self.at(i, j)

    @property
    @abstractmethod
    def description(self) -> str:
        """What the cost is, in words."""

    @property
    def threadsafe(self) -> bool:
        """Whether two threads may ask for blocks at the same time: not of a user's own function."""
        return True

    @property
    def bound(self) -> float:
        """A number that no |C_ij| is above, had without looking at pairs, no pair forbidden; +inf where none is known."""
        return np.inf

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user has to know of the costs besides their description, in sentences."""
        return ()

    def in_full(self, value: float) -> float:
        """A value in the unit of the costs as the user reads it."""
        return value

    @property
    def values(self) -> FloatArray:
        """C as a dense array (n, m), +inf at forbidden pairs."""
        return self.block(slice(0, self.shape[0]))

    def among(self, rows: IndexArray, columns: IndexArray) -> BaseCost:
        """The costs between some sources and some targets, by position."""
        return _Among(self, rows, columns)

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Blocks of rows, none above `BLOCK_ENTRIES` entries unless one row is."""
        n, m = self.shape
        step = max(1, BLOCK_ENTRIES // m)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            yield rows, self.block(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Among(BaseCost):
    """Some rows and columns of a cost."""

    whole: BaseCost
    rows: IndexArray
    columns: IndexArray

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.rows.size, self.columns.size

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return self.whole.description

    @property
    def threadsafe(self) -> bool:
        """As that of the whole."""
        return self.whole.threadsafe

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        chosen = self.rows[rows]
        i, j = np.repeat(chosen, self.columns.size), np.tile(self.columns, chosen.size)
        return self.whole.at(i, j).reshape(chosen.size, self.columns.size)

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self.whole.at(self.rows[i], self.columns[j])


@dataclass(frozen=True, slots=True, eq=False)
class OnPairs(BaseCost):
    """A cost on some pairs only, all others forbidden.

    Attributes
    ----------
    whole : BaseCost (n, m)
        The cost.
    keys : ndarray of int (k,)
        The pairs i m + j, ascending.
    """

    whole: BaseCost
    keys: IndexArray

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.whole.shape

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return f"{self.whole.description} on {self.keys.size} pairs"

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :], +inf at all other pairs."""
        m = self.shape[1]
        first, last = np.searchsorted(self.keys, [rows.start * m, rows.stop * m])
        i, j = np.divmod(self.keys[first:last], m)
        block = np.full((rows.stop - rows.start, m), np.inf)
        block[i - rows.start, j] = self.whole.entries(i, j)
        return block

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        keys = i * self.shape[1] + j
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[place] == keys, self.whole.entries(i, j), np.inf)


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Cost(BaseCost):
    """A cost matrix.

    Parameters
    ----------
    values : array_like or DataFrame, shape (n, m)
        Cost of moving one unit of mass; +inf marks a forbidden pair. A DataFrame brings source labels (its index) and
        target labels (its columns), to which a `TransportProblem` aligns.
    forbidden : array_like of bool, shape (n, m), optional
        Pairs that may carry no mass, besides those of infinite cost.

    Raises
    ------
    NotANumberError, InfiniteValueError, ShapeError

    Examples
    --------
    >>> Cost([[0, 1], [2, float("inf")]]).forbidden.tolist()
    [[False, False], [False, True]]
    """

    _values: FloatArray
    source_labels: pd.Index[Any] | None
    target_labels: pd.Index[Any] | None

    def __init__(self, values: npt.ArrayLike | pd.DataFrame, forbidden: npt.ArrayLike | None = None) -> None:
        labelled = isinstance(values, pd.DataFrame)
        matrix = floats("cost", values.to_numpy() if isinstance(values, pd.DataFrame) else values)
        if matrix.ndim != 2 or matrix.size == 0:
            raise ShapeError("cost", f"has shape {matrix.shape}", "Give one row a source and one column a target, shape (n, m)")
        source = values.index if isinstance(values, pd.DataFrame) else None
        target = values.columns if isinstance(values, pd.DataFrame) else None
        _check(matrix, source, target)
        if forbidden is not None:
            mask = np.asarray(unmasked("forbidden", forbidden))
            if mask.shape != matrix.shape or mask.dtype != np.bool_:
                raise ShapeError(
                    "forbidden", f"has shape {mask.shape} and type {mask.dtype}", f"Give booleans of shape {matrix.shape}"
                )
            matrix[mask] = np.inf
        object.__setattr__(self, "_values", read_only(matrix))
        object.__setattr__(self, "source_labels", source if labelled else None)
        object.__setattr__(self, "target_labels", target if labelled else None)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self._values.shape[0], self._values.shape[1]

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return "cost matrix"

    @property
    def forbidden(self) -> BoolArray:
        """Where no mass may move, (n, m)."""
        return np.isposinf(self._values)

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        return self._values[rows]

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self._values[i, j]

    def among(self, rows: IndexArray, columns: IndexArray) -> Cost:
        """The costs between some sources and some targets, by position."""
        return Cost(self._values[np.ix_(rows, columns)])

    def aligned(self, source: Measure, target: Measure) -> Cost:
        """The same costs with rows and columns in the order of the measures' labels.

        Raises
        ------
        LabelMismatchError, DuplicateLabelError
        """
        if self.source_labels is None or self.target_labels is None:
            return self
        rows = source.positions(self.source_labels, "cost, source labels")
        columns = target.positions(self.target_labels, "cost, target labels")
        return Cost(pd.DataFrame(self._values[np.ix_(rows, columns)], index=source.labels, columns=target.labels))

    def __repr__(self) -> str:
        return f"Cost({self.shape[0]} x {self.shape[1]}, {int(self.forbidden.sum())} forbidden)"


@travels
@dataclass(frozen=True, slots=True, eq=False)
class GroundCost(BaseCost):
    """d(x_i, y_j)^power for points x (n, d) and y (m, d), evaluated in blocks; see `ground_cost`.

    `scale` says in which unit distances are raised, and from which distance on the cost follows a tangent of the power.
    """

    x: FloatArray
    y: FloatArray
    metric: Metric
    power: float
    scale: Scale = PLAIN

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return len(self.x), len(self.y)

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return self.scale.in_words(self.metric.name, self.power)

    @property
    def distances(self) -> GroundCost:
        """The distances themselves."""
        return replace(self, power=1.0, scale=PLAIN)

    @property
    def notes(self) -> tuple[str, ...]:
        """The unit of the costs and their tangent, where they are not plain powers."""
        return self.scale.notes(self.metric.name, self.power)

    def in_full(self, value: float) -> float:
        """A value in the unit of the costs in that of d^power; infinite or 0 beyond floating point."""
        return self.scale.in_full(value, self.power)

    @property
    def bound(self) -> float:
        """A number that no cost is above; +inf where none is known."""
        return float(self.scale.raised(np.array([self.metric.bound(self.x, self.y)]), self.power)[0])

    @property
    def threadsafe(self) -> bool:
        """Whether the metric is a named one."""
        return not isinstance(self.metric, UserMetric)

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        return self._raised(self.metric.between(self.x[rows], self.y))

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self._raised(self.metric.paired(self.x[i], self.y[j]))

    def entries(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """As `at`, from blocks of a few sources and the targets that any of them is paired with."""
        if not i.size or (self.x.shape[1] == 1 and not isinstance(self.metric, UserMetric)):
            return self.at(i, j)
        rows, which = np.unique(i, return_inverse=True)
        order = np.argsort(which, kind="stable")
        firsts = range(0, rows.size, TOGETHER)
        entries = np.empty(i.size)
        for first, mine in zip(firsts, np.split(order, np.searchsorted(which[order], firsts[1:])), strict=True):
            columns, column = np.unique(j[mine], return_inverse=True)
            block = self.among(rows[first : first + TOGETHER], columns).values
            entries[mine] = block[which[mine] - first, column]
        return entries

    def among(self, rows: IndexArray, columns: IndexArray) -> GroundCost:
        """The costs between some sources and some targets, by position."""
        return replace(self, x=self.x[rows], y=self.y[columns])

    def _raised(self, distance: FloatArray) -> FloatArray:
        if self.power == 1 and self.scale == PLAIN and isinstance(self.metric, UserMetric):
            return distance
        if (distance < 0).any() and self.power != round(self.power):
            raise ParameterError("power", f"is {self.power:g} and {self.metric.name} is negative", "Give a power of 1, 2, ...")
        cost = self.scale.raised(distance, self.power)
        if np.isfinite(self.bound):
            return cost  # no look for overflow, a quarter of the time of a pass, where there can be none
        overflows = np.isinf(cost) & (np.isfinite(distance) | (not isinstance(self.metric, UserMetric)))
        if overflows.any():
            raise InfiniteValueError("points", f"are so far apart that {self.description} overflows", "Use a larger unit")
        return cost

    def __repr__(self) -> str:
        return f"GroundCost({self.description}, {self.shape[0]} x {self.shape[1]})"


def ground_cost(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction = "euclidean",
    power: float = 1.0,
    *,
    order: float | None = None,
) -> GroundCost:
    """The cost d(x_i, y_j)^power between the points of two measures.

    Parameters
    ----------
    source, target : Measure
        Both with points of the same dimension.
    metric : str or callable
        "cityblock", "euclidean", "chebyshev", "minkowski" (with `order`), "haversine" (great circle in kilometres on
        longitude, latitude in degrees), or a callable from points (k, d), (l, d) to distances (k, l).
    power : float
        Exponent p > 0; with a metric, the p-th root of the value is the p-Wasserstein distance. Where powers would be beyond
        floating point, or too large for what a plan pays to be seen next to them, they are scaled, see `otmodels.powers`:
        `problem.adjustments` says how.
    order : float, optional
        Order >= 1 of the Minkowski metric.

    Raises
    ------
    ShapeError, UnknownNameError, ParameterError

    Examples
    --------
    >>> line = Measure([1, 1, 1], points=[0, 1, 3])
    >>> ground_cost(line, line, power=2).values.tolist()
    [[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    if source.points is None or target.points is None:
        which = "source" if source.points is None else "target"
        raise ShapeError(which, "has no points", "A ground cost needs coordinates: give points, or a cost matrix")
    power = exponent(power)
    named = resolve(metric, order, source.points, target.points)
    return GroundCost(source.points, target.points, named, power, _scale(source, target, named, power))


def _scale(source: Measure, target: Measure, metric: Metric, power: float) -> Scale:
    """How distances between two measures are raised to a power."""
    assert source.points is not None
    assert target.points is not None
    if is_plain(metric.bound(source.points, target.points), power):
        return PLAIN
    if isinstance(metric, Minkowski) and source.points.shape[1] == 1:
        return scale_on_line(source.points[:, 0], target.points[:, 0], source.mass, target.mass, power)
    return scale_by_distances(GroundCost(source.points, target.points, metric, 1.0), source.mass, target.mass, power)


def read_cost(path: str | Path) -> Cost:
    """A cost matrix from a CSV file: first column = source labels, header = target labels, `inf` = forbidden.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8.

    Raises
    ------
    FileFormatError
        The file is missing, empty or malformed; the message has the line.
    """
    path = checked_path(path)
    header, rows = read_rows(path)
    if len(header) < 2:
        raise FileFormatError(
            str(path), "line 1 names no target", "Write the target labels in the header, after one cell for the source labels"
        )
    costs = [
        [float(number(path, line, name, cell)) for name, cell in zip(header[1:], row[1:], strict=True)] for line, row in rows
    ]
    try:
        return Cost(pd.DataFrame(costs, index=[row[0] for _, row in rows], columns=header[1:]))
    except InputError as error:
        raise type(error)(f"{path}, {error.argument}", error.fault, error.remedy) from error


def _check(matrix: FloatArray, source: pd.Index[Any] | None, target: pd.Index[Any] | None) -> None:
    def pair(bad: BoolArray) -> str:
        i, j = np.argwhere(bad)[0]
        return f"({some([i if source is None else source[i]])}, {some([j if target is None else target[j]])})"

    if np.isnan(matrix).any():
        raise NotANumberError("cost", f"is NaN at {pair(np.isnan(matrix))}", "Give a number, +inf for a forbidden pair")
    if np.isneginf(matrix).any():
        raise InfiniteValueError(
            "cost", f"is -inf at {pair(np.isneginf(matrix))}", "Costs must be finite, or +inf for a forbidden pair"
        )
