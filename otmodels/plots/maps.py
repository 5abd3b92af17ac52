"""A plan between points in the plane: a map, or the cells of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from otmodels.arrays import FloatArray
from otmodels.errors import ShapeError
from otmodels.ground import GroundCost
from otmodels.measure import Measure
from otmodels.metrics import Haversine
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
    with_unit,
)
from otmodels.problem import TransportProblem


def plan_map(
    solution: Solved, *, ax: Axes | None = None, image: bool = False, mass_unit: str = "", length_unit: str = ""
) -> Axes:
    """Draw the plan in the plane: sources as discs, targets as rings, and a wedge for every mass that moves.

    Areas of discs and rings are proportional to mass, on one scale, which the legend gives. The width of a wedge at its
    source is proportional to the mass that moves, on a scale of its own, and it runs to a point at its target. Mass that
    stays where it is has no wedge. Wedges are straight on the paper, whatever the metric.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        Of measures with two coordinates. With the metric "haversine" they are longitude and latitude, and a degree of
        longitude is drawn shorter than one of latitude, by the cosine of the latitude in the middle of the map.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    image : bool
        Whether the points are (row, column) of an image, as from `grid_measure`: columns then run to the right, rows down.
    mass_unit, length_unit : str
        Units for the legend and the axis labels.

    Returns
    -------
    Axes
        Its collections are the wedges, the discs and the rings, in this order; atoms without mass are left out.

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
    squeeze = _squeeze(problem, points)
    extent = np.ptp(points, axis=0) * (squeeze, 1.0)
    ax = ax if ax is not None else new_axes(*_size(extent))
    ax.set_aspect(1 / squeeze)
    scale = _scale(ax, extent, problem)
    _wedges(ax, x[i[away]], y[j[away]], mass[away], squeeze, scale)
    _discs(ax, x, problem.a, scale, filled=True)
    _discs(ax, y, problem.b, scale, filled=False)
    _limit(ax, points, squeeze, scale)
    _dress(ax, problem, image, length_unit)
    _key(ax, scale, float(mass[away].max(initial=0.0)), mass_unit)
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


def _squeeze(problem: TransportProblem, points: FloatArray) -> float:
    """Length on paper of a unit to the right over that of a unit upwards."""
    if not _is_globe(problem):
        return 1.0
    middle = (points[:, 1].min() + points[:, 1].max()) / 2
    return max(float(np.cos(np.radians(middle))), 0.1)


def _is_globe(problem: TransportProblem) -> bool:
    return isinstance(problem.cost, GroundCost) and isinstance(problem.cost.metric, Haversine)


def _size(extent: FloatArray) -> tuple[float, float]:
    """Inches of a figure that the map fills about."""
    ratio = float(np.clip(extent[1] / extent[0] if extent[0] else 1.6, 0.4, 1.6))
    width = float(np.clip(6.0 / np.sqrt(ratio), 5.6, 9.0))
    return width + 0.6, width * ratio + 0.9


def _scale(ax: Axes, extent: FloatArray, problem: TransportProblem) -> _Scale:
    """Choose a scale on which neighbours on a full grid do not quite touch."""
    paper = length_in_points(ax, "x"), length_in_points(ax, "y")
    point = float((extent / paper).max())
    diameter = float(np.clip(0.8 * np.sqrt(paper[0] * paper[1] / max(problem.shape)), 2.0, 32.0))
    return _Scale(float(max(problem.a.max(), problem.b.max())), diameter, 0.6 * diameter * point)


def _wedges(ax: Axes, start: FloatArray, end: FloatArray, mass: FloatArray, squeeze: float, scale: _Scale) -> None:
    along = (end - start) * (squeeze, 1.0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    half = across / (squeeze, 1.0) * (scale.width * mass / mass.max(initial=0.0) / 2)[:, None]
    triangles = np.stack([start - half, start + half, end], axis=1)
    polygons(ax, triangles, facecolors=INK, edgecolors=INK, linewidths=0.4, alpha=0.6)


def _discs(ax: Axes, points: FloatArray, mass: FloatArray, scale: _Scale, *, filled: bool) -> None:
    some = mass > 0
    lines: list[float] = [0.0] if filled else scale.line(mass[some]).tolist()
    face, edge = (DARK, "none") if filled else ("none", LIGHT)
    ax.scatter(
        points[some, 0], points[some, 1], scale.across(mass[some]) ** 2, facecolors=face, edgecolors=edge, linewidths=lines
    )


def _limit(ax: Axes, points: FloatArray, squeeze: float, scale: _Scale) -> None:
    """Show all points, atoms without mass too, and no disc cut off."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(0.05 * float(np.max((high - low) * (squeeze, 1.0))), 1.2 * scale.width) or 1.0
    ax.set_xlim(low[0] - margin / squeeze, high[0] + margin / squeeze)
    ax.set_ylim(low[1] - margin, high[1] + margin)


def _dress(ax: Axes, problem: TransportProblem, image: bool, length_unit: str) -> None:
    names = ("column", "row") if image else ("longitude", "latitude") if _is_globe(problem) else ("x", "y")
    unit = "°" if _is_globe(problem) else length_unit
    ax.set(xlabel=with_unit(names[0], unit), ylabel=with_unit(names[1], unit))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    if image:
        ax.invert_yaxis()


def _key(ax: Axes, scale: _Scale, largest: float, mass_unit: str) -> None:
    """Make the legend a scale too: its disc and its ring have a round mass."""
    power = 10 ** np.floor(np.log10(scale.mass))
    mass = float(power * max((digit for digit in (2, 5) if digit * power <= scale.mass), default=1))
    size = float(scale.across(mass))
    amount = _amount(mass, mass_unit)
    disc = Line2D([], [], linestyle="", marker="o", markersize=size, color=DARK, markeredgewidth=0, label=f"source, {amount}")
    ring = Line2D([], [], linestyle="", marker="o", markersize=size, color=LIGHT, label=f"target, {amount}")
    ring.set(markerfacecolor="none", markeredgewidth=float(scale.line(mass)))
    wedge = Line2D([], [], linestyle="", marker=">", markersize=8, color=INK, alpha=0.6, markeredgewidth=0)
    wedge.set_label(f"moves ≤ {_amount(largest, mass_unit)}")
    room = {"handlelength": 1 + size / 12, "borderpad": 0.2 + size / 25, "labelspacing": max(0.5, size / 10 - 0.7)}
    key_above(ax, [disc, ring, wedge] if largest else [disc, ring], **room)


def _amount(mass: float, mass_unit: str) -> str:
    return f"{mass:.2g} {mass_unit}".rstrip()
