"""The axioms of a metric, checked on a cost: what Kantorovich-Rubinstein duality needs, with a witness where one fails.

Source: Villani (2003), Topics in Optimal Transportation, theorem 1.14.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arrays import FloatArray, IndexArray
from otmodels.cost import BaseCost, Cost
from otmodels.deadline import check
from otmodels.errors import DuplicateLabelError, LabelMismatchError, NotAMetricError, ShapeError
from otmodels.ground import GroundCost
from otmodels.measure import some
from otmodels.metrics import Haversine, Metric, Minkowski
from otmodels.problem import TransportProblem
from otmodels.tolerances import METRIC

TILE_ENTRIES = 1 << 15
"""Entries of a tile of sums d(i, k) + d(k, j): two tiles of 256 KiB stay in a core's cache."""

NAMED_AXES = 3
"""Points of up to this many coordinates are labelled by their coordinates, others by their positions."""

_SENTENCES = {
    "zero diagonal": "d({0}, {0}) = {d0}, not 0",
    "positivity": "d({0}, {1}) = {d0} is not > 0",
    "symmetry": "d({0}, {1}) = {d0} > d({1}, {0}) = {d1}",
    "triangle inequality": "d({0}, {1}) = {d0} > d({0}, {2}) + d({2}, {1}) = {d1} + {d2}",
}
_REMEDIES = {
    "zero diagonal": "Let staying cost nothing",
    "positivity": "Merge atoms at distance 0 and give no negative cost",
    "symmetry": "Make the costs equal both ways",
    "triangle inequality": "Take the costs of cheapest paths",
}


@dataclass(frozen=True, slots=True)
class Axiom:
    """One axiom of a metric d, and the worst offender where it fails.

    Attributes
    ----------
    name : str
        "zero diagonal", "positivity", "symmetry" or "triangle inequality".
    holds : bool
        Whether it holds up to rounding (`tolerances.METRIC`).
    how : str
        How that is known.
    witness : tuple of labels
        Empty where the axiom holds; else (i,) with d(i, i) != 0, (i, j) with d(i, j) <= 0 or d(i, j) > d(j, i), or
        (i, j, k) with d(i, j) > d(i, k) + d(k, j): from i to j it is cheaper through k.
    values : tuple of float
        The costs at the witness, in the order in which the line above has them.
    excess : float
        By how much the witness fails: |d(i, i)|, -d(i, j), d(i, j) - d(j, i) or d(i, j) - (d(i, k) + d(k, j)); 0 where
        the axiom holds.
    """

    name: str
    holds: bool
    how: str
    witness: tuple[Hashable, ...] = ()
    values: tuple[float, ...] = ()
    excess: float = 0.0

    def __str__(self) -> str:
        if self.holds:
            return f"{self.name} holds ({self.how})"
        plain = self.excess >= 1e-4 * abs(self.values[0])
        numbers = {f"d{place}": f"{value:.6g}" if plain else _exact(value) for place, value in enumerate(self.values)}
        return f"{self.name} fails, {_SENTENCES[self.name].format(*self.witness, **numbers)}"


@dataclass(frozen=True, slots=True)
class MetricReport:
    """Which axioms of a metric a cost satisfies; see `metric_report`."""

    zero_diagonal: Axiom
    positivity: Axiom
    symmetry: Axiom
    triangle: Axiom

    @property
    def axioms(self) -> tuple[Axiom, ...]:
        """All four."""
        return self.zero_diagonal, self.positivity, self.symmetry, self.triangle

    @property
    def is_metric(self) -> bool:
        """Whether all four hold."""
        return all(axiom.holds for axiom in self.axioms)

    @property
    def supports_lipschitz(self) -> bool:
        """Whether g = -f can be had at no loss: all hold but positivity, for atoms at distance 0 are as good as one."""
        return all(axiom.holds for axiom in self.axioms if axiom is not self.positivity)

    @property
    def verdict(self) -> str:
        """What the cost is, in a sentence, with the first witness against it."""
        failed = [axiom for axiom in self.axioms if not axiom.holds]
        if not failed:
            return "metric: zero diagonal, positivity, symmetry and triangle inequality hold"
        if self.supports_lipschitz:
            return f"pseudometric: {failed[0]}; zero diagonal, symmetry and triangle inequality hold"
        others = f" ({' and '.join(axiom.name for axiom in failed[1:])} as well)" if failed[1:] else ""
        return f"no metric: {failed[0]}{others}"

    def table(self) -> pd.DataFrame:
        """One row an axiom: holds, witness, excess, how."""
        rows = [(axiom.name, axiom.holds, axiom.witness, axiom.excess, axiom.how) for axiom in self.axioms]
        return pd.DataFrame(rows, columns=["axiom", "holds", "witness", "excess", "how"]).set_index("axiom")

    def raise_if_not_metric(self, *, pseudometric: bool = False) -> None:
        """Raise unless the cost is a metric.

        Parameters
        ----------
        pseudometric : bool
            Whether different atoms may be at distance 0, see `supports_lipschitz`.

        Raises
        ------
        NotAMetricError
            With the first axiom that fails, its witness and the numbers.
        """
        if self.is_metric or (pseudometric and self.supports_lipschitz):
            return
        failed = [axiom for axiom in self.axioms if not (axiom.holds or (pseudometric and axiom is self.positivity))]
        raise NotAMetricError(
            "cost", f"is no metric: {failed[0]}", f"{_REMEDIES[failed[0].name]}, or choose a form that needs no metric"
        )


def metric_report(cost: TransportProblem | BaseCost | pd.DataFrame | npt.ArrayLike) -> MetricReport:
    """Which axioms of a metric the costs satisfy on a common support, with the worst offender where one fails.

    An axiom fails only beyond rounding of the numbers that it compares. Forbidden pairs are at distance +inf, which is
    allowed; the triangle inequality fails where a detour is not forbidden. What a theorem proves is not checked: norms
    and great circles, and their powers up to 1, are metrics. Otherwise every triple is looked at: n^3 steps, n^2 numbers.

    Parameters
    ----------
    cost : TransportProblem, Cost, GroundCost, DataFrame or array_like, shape (n, n)
        Costs among the atoms of one support. Columns are aligned to rows by label; without labels, row i and column i
        are the same atom. A `GroundCost` is a rule on points and is judged on all points of source and target.

    Returns
    -------
    MetricReport
        Witnesses are labels of atoms. Points are labelled by their atoms where source and target do not give one label
        to two points; else by their coordinates, or beyond three coordinates by their positions, source first.

    Raises
    ------
    ShapeError, LabelMismatchError, DuplicateLabelError, NotANumberError

    Examples
    --------
    >>> report = metric_report([[0, 1, 4], [1, 0, 1], [4, 1, 0]])
    >>> report.verdict
    'no metric: triangle inequality fails, d(0, 2) = 4 > d(0, 1) + d(1, 2) = 1 + 1'
    >>> report.triangle.witness, report.triangle.excess
    ((0, 2, 1), 2.0)
    """
    if isinstance(cost, TransportProblem):
        return _of_problem(cost)
    if isinstance(cost, GroundCost):
        return _on_points(cost, None)
    if not isinstance(cost, BaseCost):
        cost = Cost(cost)
    if isinstance(cost, Cost) and cost.source_labels is not None and cost.target_labels is not None:
        return _aligned(cost, cost.source_labels, cost.target_labels)
    return axioms_of(cost, pd.RangeIndex(cost.shape[0]))


def axioms_of(cost: BaseCost, labels: pd.Index[Any]) -> MetricReport:
    """The axioms on a square cost: row i and column i are the same atom, labels[i].

    Parameters
    ----------
    cost : BaseCost, shape (n, n)
        A `GroundCost` from points to the same points is judged by theorem where one applies.
    labels : Index of length n
        Labels of the atoms.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError
    """
    n, m = cost.shape
    if n != m:
        raise ShapeError("cost", f"has shape {cost.shape}", "A metric is on one support: give a row and a column to every atom")
    if len(labels) != n:
        raise ShapeError("labels", f"has {len(labels)} entries for {n} atoms", "Give one label per atom")
    if isinstance(cost, GroundCost) and _is_metric(cost.metric) and np.array_equal(cost.x, cost.y):
        return _by_theorem(cost, labels)
    values = cost.values if isinstance(cost, Cost) else Cost(pd.DataFrame(cost.values, index=labels, columns=labels)).values
    zero_diagonal = _zero_diagonal(values, labels)
    if zero_diagonal.holds and np.diag(values).any():
        values = values.copy()
        np.fill_diagonal(values, 0.0)  # what was there is rounding, which would fail beside itself
    return MetricReport(zero_diagonal, _positivity(values, labels), _symmetry(values, labels), _triangle(values, labels))


def _of_problem(problem: TransportProblem) -> MetricReport:
    source, target, cost = problem.source, problem.target, problem.cost
    if isinstance(cost, GroundCost):
        return _on_points(cost, source.labels.append(target.labels))
    order = _order(source.labels, target.labels)
    if source.points is not None and target.points is not None:
        same = source.points.shape[1] == target.points.shape[1]
        near = np.isclose(target.points[order], source.points, rtol=METRIC, atol=0).all(axis=1) if same else np.zeros(order.size)
        apart = np.flatnonzero(np.logical_not(near))
        if apart.size:
            raise _different(f"the points of {some(source.labels[apart])} differ")
    return _aligned(cost, source.labels, target.labels)


def _aligned(cost: BaseCost, rows: pd.Index[Any], columns: pd.Index[Any]) -> MetricReport:
    """The report with columns in the order of the rows' labels."""
    order = _order(rows, columns)
    if (order == np.arange(order.size)).all():
        return axioms_of(cost, rows)
    return axioms_of(Cost(pd.DataFrame(cost.values[:, order], index=rows, columns=rows)), rows)


def _order(rows: pd.Index[Any], columns: pd.Index[Any]) -> IndexArray:
    """Position of each row's label among the columns."""
    for labels in (rows, columns):
        if not labels.is_unique:
            repeated = some(labels[labels.duplicated()].unique())
            raise DuplicateLabelError("cost", f"has the label {repeated} more than once", "Give every atom its own label")
    order = np.asarray(columns.get_indexer(rows), dtype=np.intp)
    sides = (("source", rows[order < 0]), ("target", columns[rows.get_indexer(columns) < 0]))
    alone = [f"only the {side} has {some(labels)}" for side, labels in sides if len(labels)]
    if alone:
        raise _different(", ".join(alone))
    return order


def _different(why: str) -> LabelMismatchError:
    return LabelMismatchError(
        "cost", f"source and target are different supports: {why}", "Give points and a metric, or costs among all atoms"
    )


def _on_points(cost: GroundCost, labels: pd.Index[Any] | None) -> MetricReport:
    """The report on the points of x and what y adds, each once however often it is given; `labels` are those of x, then y."""
    points = np.concatenate([cost.x, cost.y])
    home = _home(cost.metric, points)
    keep = np.flatnonzero(home == np.arange(home.size))
    if labels is not None and pd.DataFrame({"label": labels, "home": home}).drop_duplicates()["label"].is_unique:
        names = labels[keep]
    elif points.shape[1] <= NAMED_AXES:
        names = pd.Index([_written(point) for point in points[keep].tolist()])
    else:
        names = pd.Index(keep)
    union = points[keep]
    return axioms_of(replace(cost, x=union, y=union), names)


def _home(metric: Metric, points: FloatArray) -> IndexArray:
    """Position of the first point at the same place; on a sphere, longitudes turn full circle and vanish at the poles."""
    places = points.copy()
    if isinstance(metric, Haversine):
        places[:, 0] = np.where(np.abs(points[:, 1]) == 90, 0.0, np.mod(np.mod(points[:, 0], 360), 360))
    _, first, inverse = np.unique(places, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[inverse.ravel()], dtype=np.intp)


def _written(point: list[float]) -> str:
    numbers = ", ".join(_exact(number) for number in point)
    return f"({numbers})" if len(point) > 1 else numbers


def _exact(number: float) -> str:
    """The shortest text that is this number and no other."""
    return repr(number).removesuffix(".0")


def _is_metric(metric: Metric) -> bool:
    return isinstance(metric, Haversine) or (isinstance(metric, Minkowski) and metric.order >= 1)


def _by_theorem(cost: GroundCost, labels: pd.Index[Any]) -> MetricReport:
    """d^p for a metric d on points: t^p is increasing, 0 at 0, and for p <= 1 subadditive."""
    home = _home(cost.metric, cost.x)
    repeated = np.flatnonzero(home != np.arange(home.size))[:1]
    positivity = Axiom("positivity", True, "the points are distinct")
    if repeated.size:
        positivity = _failed("positivity", "checked on all points", labels, [home[repeated[0]], repeated[0]], [0.0], 0.0)
    theorem = "great circles are shortest paths" if isinstance(cost.metric, Haversine) else "by Minkowski's inequality"
    theorem += "" if cost.power == 1 else f", t^{cost.power:g} is subadditive"
    return MetricReport(
        Axiom("zero diagonal", True, "d(x, x) = 0 by definition"),
        positivity,
        Axiom("symmetry", True, "d(x, y) = d(y, x) by definition"),
        Axiom("triangle inequality", True, theorem) if cost.power <= 1 else _triangle(cost.values, labels),
    )


def _failed(name: str, how: str, labels: pd.Index[Any], where: list[Any], values: list[Any], excess: float) -> Axiom:
    witness = tuple(labels[np.array(where, dtype=np.intp)].tolist())
    return Axiom(name, False, how, witness, tuple(float(value) for value in values), float(excess))


def _loosened(values: FloatArray) -> FloatArray:
    """C + METRIC |C|: what is above it, or above a sum of it, is so beyond rounding. +inf stays."""
    with np.errstate(over="ignore"):
        return np.asarray(values * (1 + METRIC * np.sign(values)))


def _zero_diagonal(values: FloatArray, labels: pd.Index[Any]) -> Axiom:
    """|C_ii| is rounding where it is so next to the least cost from or to i."""
    name, how = "zero diagonal", "checked on all atoms"
    others, diagonal = np.abs(values), np.abs(np.diag(values))
    np.fill_diagonal(others, np.inf)
    nearest = np.minimum(others.min(axis=0), others.min(axis=1))
    excess = np.where(diagonal > METRIC * np.where(np.isinf(nearest), 0.0, nearest), diagonal, 0.0)
    i = excess.argmax()
    return _failed(name, how, labels, [i], [values[i, i]], excess[i]) if excess[i] else Axiom(name, True, how)


def _positivity(values: FloatArray, labels: pd.Index[Any]) -> Axiom:
    name, how = "positivity", "checked on all pairs"
    others = values.copy()
    np.fill_diagonal(others, np.inf)
    i, j = np.unravel_index(others.argmin(), others.shape)
    least = others[i, j]
    return Axiom(name, True, how) if least > 0 else _failed(name, how, labels, [i, j], [least], 0.0 - least)


def _symmetry(values: FloatArray, labels: pd.Index[Any]) -> Axiom:
    name, how = "symmetry", "checked on all pairs"
    back = values.T
    beyond = values > _loosened(back)
    if not beyond.any():
        return Axiom(name, True, how)
    with np.errstate(over="ignore"):
        excess = np.subtract(values, back, where=beyond, out=np.zeros_like(values))
    i, j = np.unravel_index(excess.argmax(), excess.shape)
    return _failed(name, how, labels, [i, j], [values[i, j], values[j, i]], excess[i, j])


def _triangle(values: FloatArray, labels: pd.Index[Any]) -> Axiom:
    name, how = "triangle inequality", "checked on all triples"
    upper, n = _loosened(values), len(values)
    most, worst = 0.0, 0
    step = max(1, TILE_ENTRIES // n)
    with np.errstate(over="ignore"):
        for start in range(0, n, step):
            check()
            rows = slice(start, start + step)
            direct, detour = values[rows], _detour(upper, rows)
            excess = np.subtract(direct, detour, where=direct > detour, out=np.zeros_like(direct)).ravel()
            at = int(excess.argmax())
            if excess[at] > most:
                most, worst = float(excess[at]), start * n + at
        if not most:
            return Axiom(name, True, how)
        i, j = divmod(worst, n)
        k = (upper[i] + upper[:, j]).argmin()
        costs = [values[i, j], values[i, k], values[k, j]]
        return _failed(name, how, labels, [i, j, k], costs, costs[0] - (costs[1] + costs[2]))


def _detour(upper: FloatArray, rows: slice) -> FloatArray:
    """min_k C_ik + C_kj for the rows i: the product of C with itself in the (min, +) algebra."""
    first = upper[rows]
    best, sums = np.full_like(first, np.inf), np.empty_like(first)
    for k, second in enumerate(upper):
        np.add(first[:, k, None], second, out=sums)
        np.minimum(best, sums, out=best)
    return best
