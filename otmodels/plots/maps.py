"""A plan between points in the plane: a map, or the cells of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy.spatial import cKDTree

from otmodels.arrays import FloatArray
from otmodels.errors import ShapeError
from otmodels.ground import GroundCost
from otmodels.measure import Measure
from otmodels.metrics import Haversine
from otmodels.network import GraphCost
from otmodels.plots.arrows import write_names
from otmodels.plots.canvas import (
    DARK,
    INK,
    LIGHT,
    Solved,
    key_above,
    length_in_points,
    moves,
    new_axes,
    polygons,
    problem_of,
    room_along,
    shortened,
    with_unit,
)
from otmodels.problem import TransportProblem

MOST_WEDGES = 1000
"""Most moves that have a wedge each: more would cover each other, and the map."""

BLOCKS = 12
"""Blocks along the longer side of a map on which moves are taken together."""

NAMED = 40
"""Most places whose names are written on a map."""


def plan_map(
    solution: Solved,
    *,
    ax: Axes | None = None,
    image: bool = False,
    geographic: bool = False,
    mass_unit: str = "",
    length_unit: str = "",
) -> Axes:
    """Draw the plan in the plane: sources as discs, targets as rings, and a wedge for every mass that moves.

    Areas of discs and rings are proportional to mass, on one scale, which the legend gives: as large as the picture and the
    distances between them allow. The width of a wedge at its source is proportional to the mass that moves, on a scale of its
    own, and it runs to a point at its target. Mass that stays where it is has no wedge. Wedges are straight on the paper,
    whatever the metric. More than 1000 moves are taken together: a wedge for all that starts in one of 12 x 12 blocks, from
    where it starts in the mean to where it ends in the mean. Along a graph whose places are known, its edges are thin lines.
    Where there are labels and at most 40 places, they have their names.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        Of measures with two coordinates. With the metric "haversine" they are longitude and latitude, and a degree of
        longitude is drawn shorter than one of latitude, by the cosine of the latitude in the middle of the map.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    image : bool
        Whether the points are (row, column) of an image, as from `grid_measure`: columns then run to the right, rows down.
    geographic : bool
        Whether the points are longitude and latitude whatever the cost is, as of towns along the roads of a graph.
    mass_unit, length_unit : str
        Units for the legend and the axis labels.

    Returns
    -------
    Axes
        Its collections are the wedges, the discs and the rings, in this order, and the edges of a graph; atoms without mass
        are left out.

    Raises
    ------
    ShapeError
        Source or target has no points, or points that are not in the plane.
    """
    problem = problem_of(solution)
    x, y = _plane("source", problem.source, image), _plane("target", problem.target, image)
    i, j, mass = moves(solution)
    away = (x[i] != y[j]).any(axis=1)
    points = np.concatenate([x, y])
    globe = geographic or (isinstance(problem.cost, GroundCost) and isinstance(problem.cost.metric, Haversine))
    squeeze = _squeeze(points) if globe else 1.0
    extent = np.ptp(points, axis=0) * (squeeze, 1.0)
    ax = ax if ax is not None else new_axes(*_size(extent))
    ax.set_aspect(1 / squeeze)
    start, end, moved = _together(x[i[away]], y[j[away]], mass[away])
    scale = _scale(ax, extent, problem, (x * (squeeze, 1.0), y * (squeeze, 1.0)))
    crowded = np.count_nonzero(away) > MOST_WEDGES
    width = 0.25 * float(extent.max()) / BLOCKS if crowded else scale.width
    style: dict[str, Any] = {"facecolors": "black", "linewidths": 0, "alpha": 0.8, "zorder": 3} if crowded else {}
    _wedges(ax, start, end, moved, squeeze, width, **style)
    _discs(ax, x, problem.a, scale, 0.5 if crowded else 1.0, filled=True)
    _discs(ax, y, problem.b, scale, 0.5 if crowded else 1.0, filled=False)
    roads = _roads(ax, problem)
    _limit(ax, points, squeeze, scale)
    _dress(ax, problem, ("column", "row") if image else ("longitude", "latitude") if globe else ("x", "y"), length_unit)
    _key(ax, scale, float(moved.max(initial=0.0)), mass_unit, "moves from a block" if crowded else "moves")
    if not image:
        _names(ax, problem, (x, y), [*roads, *np.stack([start, end], axis=1)], scale)
    return ax


@dataclass(frozen=True, slots=True)
class _Scale:
    """The largest mass of an atom and its diameter in points; the width in coordinates of the widest wedge."""

    mass: float
    diameter: float
    width: float

    def across(self, mass: FloatArray | float) -> FloatArray:
        """Diameter of a disc or ring in points; its area is proportional to its mass."""
        return np.asarray(self.diameter * np.sqrt(np.asarray(mass) / self.mass), dtype=np.float64)

    def line(self, mass: FloatArray | float) -> FloatArray:
        """Line width of a ring, so thin that a small one does not hide the disc in it."""
        return np.clip(self.across(mass) / 10, 0.4, 1.6)


def _plane(name: str, measure: Measure, image: bool) -> FloatArray:
    """Points (n, 2), the coordinate that runs to the right first."""
    if measure.points is None or measure.points.shape[1] != 2:
        found = "no points" if measure.points is None else f"points in R^{measure.points.shape[1]}"
        fault = f"has {found}, and plan_map draws points with two coordinates"
        raise ShapeError(f"solution.problem.{name}", fault, "Use plan_heatmap, or earth_moving on a line")
    return measure.points[:, ::-1] if image else measure.points


def _squeeze(points: FloatArray) -> float:
    """Length on paper of a degree of longitude over that of a degree of latitude."""
    middle = (points[:, 1].min() + points[:, 1].max()) / 2
    return max(float(np.cos(np.radians(middle))), 0.1)


def _size(extent: FloatArray) -> tuple[float, float]:
    """Inches of a figure that the map fills about."""
    ratio = float(np.clip(extent[1] / extent[0] if extent[0] else 1.6, 0.4, 1.6))
    width = float(np.clip(6.0 / np.sqrt(ratio), 5.6, 9.0))
    return width + 0.6, width * ratio + 0.9


def _scale(ax: Axes, extent: FloatArray, problem: TransportProblem, sides: tuple[FloatArray, FloatArray]) -> _Scale:
    """Choose a scale on which few neighbours on a side touch, and the largest disc is a small part of the picture."""
    paper = np.array([length_in_points(ax, "x"), length_in_points(ax, "y")])
    point = float((extent / paper).max()) or 1.0
    heaviest = float(max(problem.a.max(), problem.b.max()))
    shorter = float(paper.min())
    room = [_room(points, mass / heaviest) / point for points, mass in zip(sides, (problem.a, problem.b), strict=True)]
    count = max(np.count_nonzero(problem.a), np.count_nonzero(problem.b))
    least = min(shorter / 50, 0.8 * float(np.sqrt(paper.prod() / count)))
    diameter = float(np.clip(0.9 * min(room), least, min(shorter / 10, 32.0)))
    return _Scale(heaviest, diameter, 0.6 * diameter * point)


def _room(points: FloatArray, share: FloatArray) -> float:
    """The diameter of a disc of the largest mass with which three discs in four keep clear of the one that is nearest."""
    some = share > 0
    places, which = np.unique(points[some], axis=0, return_inverse=True)
    if len(places) < 2:
        return np.inf
    radius = np.sqrt(np.bincount(which.ravel(), share[some])) / 2
    apart, other = cKDTree(places).query(places, k=2)
    return float(np.quantile(apart[:, 1] / (radius + radius[other[:, 1]]), 0.25))


def _together(start: FloatArray, end: FloatArray, mass: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Moves as given or, where they are many, those that start in a block of the map as one, from mean to mean."""
    if mass.size <= MOST_WEDGES:
        return start, end, mass
    low, side = start.min(axis=0), float(np.ptp(start, axis=0).max()) / BLOCKS or 1.0
    _, block = np.unique(np.minimum((start - low) // side, BLOCKS - 1), axis=0, return_inverse=True)
    total = np.bincount(block.ravel(), mass)
    means = [
        np.stack([np.bincount(block.ravel(), mass * of[:, axis]) for axis in (0, 1)], axis=1) / total[:, None]
        for of in (start, end)
    ]
    apart = (means[0] != means[1]).any(axis=1)
    return means[0][apart], means[1][apart], total[apart]


def _wedges(ax: Axes, start: FloatArray, end: FloatArray, mass: FloatArray, squeeze: float, width: float, **style: Any) -> None:
    along = (end - start) * (squeeze, 1.0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    half = across / (squeeze, 1.0) * (width * mass / mass.max(initial=0.0) / 2)[:, None]
    triangles = np.stack([start - half, start + half, end], axis=1)
    polygons(ax, triangles, **{"facecolors": INK, "edgecolors": INK, "linewidths": 0.4, "alpha": 0.6, **style})


def _roads(ax: Axes, problem: TransportProblem) -> FloatArray:
    """Draw the edges of a graph whose places are known; return their ends (k, 2, 2)."""
    cost = problem.cost
    if not isinstance(cost, GraphCost) or cost.graph.points is None or cost.graph.points.shape[1] != 2:
        return np.empty((0, 2, 2))
    arcs = cost.graph.arcs
    ends = np.unique(np.sort(np.stack([arcs.tail, arcs.head], axis=1), axis=1), axis=0)
    lines = cost.graph.points[ends]
    ax.add_collection(LineCollection(list(lines), colors="0.65", linewidths=0.8, zorder=0.5))
    return np.asarray(lines)


def _discs(ax: Axes, points: FloatArray, mass: FloatArray, scale: _Scale, alpha: float, *, filled: bool) -> None:
    some = mass > 0
    lines: list[float] = [0.0] if filled else scale.line(mass[some]).tolist()
    face, edge = (DARK, "none") if filled else ("none", LIGHT)
    style: dict[str, Any] = {"facecolors": face, "edgecolors": edge, "linewidths": lines, "alpha": alpha}
    ax.scatter(points[some, 0], points[some, 1], scale.across(mass[some]) ** 2, **style)


def _limit(ax: Axes, points: FloatArray, squeeze: float, scale: _Scale) -> None:
    """Show all points, atoms without mass too, and no disc cut off."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(0.05 * float(np.max((high - low) * (squeeze, 1.0))), 1.2 * scale.width) or 1.0
    ax.set_xlim(low[0] - margin / squeeze, high[0] + margin / squeeze)
    ax.set_ylim(low[1] - margin, high[1] + margin)


def _dress(ax: Axes, problem: TransportProblem, names: tuple[str, str], length_unit: str) -> None:
    unit = "°" if names[0] == "longitude" else length_unit
    across, up = (with_unit(name, unit, room_along(ax, "x")) for name in names)
    ax.set(xlabel=across, ylabel=up)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    if names[0] == "column":
        ax.invert_yaxis()


def _names(
    ax: Axes, problem: TransportProblem, sides: tuple[FloatArray, FloatArray], lines: list[FloatArray], scale: _Scale
) -> None:
    """Write the labels of a few places, one of each that sources and targets share."""
    measures = (problem.source, problem.target)
    if any(isinstance(measure.labels, pd.RangeIndex) for measure in measures):
        return
    named = {
        (str(label), *place): np.array(place)
        for measure, points in zip(measures, sides, strict=True)
        for label, place in zip(measure.labels, points.tolist(), strict=True)
    }
    if len(named) <= NAMED:
        write_names(ax, np.array(list(named.values())), [shortened(name) for name, *_ in named], lines, scale.diameter / 2)


def _key(ax: Axes, scale: _Scale, largest: float, mass_unit: str, moved: str) -> None:
    """Make the legend a scale too: its disc and its ring have a round mass."""
    power = 10 ** np.floor(np.log10(scale.mass))
    mass = float(power * max((digit for digit in (2, 5) if digit * power <= scale.mass), default=1))
    size = float(scale.across(mass))
    amount = _amount(mass, mass_unit)
    disc = Line2D([], [], linestyle="", marker="o", markersize=size, color=DARK, markeredgewidth=0, label=f"source, {amount}")
    ring = Line2D([], [], linestyle="", marker="o", markersize=size, color=LIGHT, label=f"target, {amount}")
    ring.set(markerfacecolor="none", markeredgewidth=float(scale.line(mass)))
    wedge = Line2D([], [], linestyle="", marker=">", markersize=8, color=INK, alpha=0.6, markeredgewidth=0)
    wedge.set_label(f"{moved} ≤ {_amount(largest, mass_unit)}")
    room = {"handlelength": 1 + size / 12, "borderpad": 0.2 + size / 25, "labelspacing": max(0.5, size / 10 - 0.7)}
    key_above(ax, [disc, ring, wedge] if largest else [disc, ring], **room)


def _amount(mass: float, mass_unit: str) -> str:
    return f"{mass:.2g} {mass_unit}".rstrip().replace("$", r"\$")
