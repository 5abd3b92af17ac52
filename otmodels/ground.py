"""Ground costs: a rule on points, a metric to a power, evaluated in blocks when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from otmodels.arguments import check_type
from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.cost import BaseCost
from otmodels.errors import InfiniteValueError, ParameterError, ShapeError
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import TOGETHER, Metric, MetricFunction, Minkowski, UserMetric, resolve
from otmodels.powers import PLAIN, Scale, exponent, is_plain, scale_by_distances, scale_on_line

KEPT = 1 << 17
"""Entries up to which the costs between points are kept, 1 MiB."""


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
    _held: list[FloatArray] = field(default_factory=list, init=False, repr=False)

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
        return self._whole[rows] if self._is_small else self._raised(self.metric.between(self.x[rows], self.y))

    @property
    def _is_small(self) -> bool:
        """Whether all costs are kept once they were asked for: a certificate passes over them several times."""
        return not isinstance(self.metric, UserMetric) and len(self.x) * len(self.y) <= KEPT

    @property
    def _whole(self) -> FloatArray:
        if not self._held:
            self._held.append(read_only(self._raised(self.metric.between(self.x, self.y))))
        return self._held[0]

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self._raised(self.metric.paired(self.x[i], self.y[j]))

    def entries(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """As `at`, from blocks of a few sources and the targets that any of them is paired with."""
        if not i.size or (self.x.shape[1] == 1 and not isinstance(self.metric, UserMetric)):
            return self.at(i, j)
        if self._is_small:
            return np.asarray(self._whole[i, j])
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
