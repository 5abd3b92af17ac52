"""Figures of a plan and of potentials over a line, or over labels where the atoms have no coordinates."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from otmodels.arrays import FloatArray
from otmodels.errors import ShapeError
from otmodels.plots.canvas import (
    DARK,
    INK,
    LIGHT,
    MANY,
    Solved,
    boxes,
    key_above,
    moves,
    name_ticks,
    new_axes,
    problem_of,
    refuse_above,
    room_along,
    shades,
    with_unit,
)
from otmodels.problem import TransportProblem

_COMPARABLE = 4.0
"""Panels share a scale of mass up to this ratio between their tallest bars; beyond it the smaller would be illegible."""


def earth_moving(
    solution: Solved, *, ax: Iterable[Axes] | None = None, mass_unit: str = "", length_unit: str = ""
) -> tuple[Axes, Axes]:
    """Draw the earth-moving picture: every source atom in its own colour, and where the pieces of it went.

    Above, the source measure as bars. Below, the target measure as bars, each one stacked from the pieces that it is
    made of, in the colour of the source atom that they came from; pieces from the left lie below those from the right.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        Of measures on a line, or of labelled atoms without points, which then stand side by side.
    ax : pair of Axes, optional
        Where to draw sources and targets, such as ``plt.subplots(2, sharex=True)[1]``; a new figure where omitted.
    mass_unit, length_unit : str
        Units for the axis labels.

    Returns
    -------
    tuple of Axes
        The axes of the sources and of the targets. Each has one collection of rectangles: one a source atom above, one a
        plan entry below, left to right by the source.

    Raises
    ------
    ShapeError
        Points have two coordinates or more, there are more than 2000 atoms on a side, or `ax` is not a pair.
    """
    problem = problem_of(solution)
    refuse_above(problem, "earth_moving", "Draw a smaller problem, or read solution.plan_table()")
    line = _coordinates(problem, "earth_moving", "Use plan_map for points in the plane, plan_heatmap for any others")
    x, y = line or _side_by_side(problem)
    top, bottom = _panels(ax, sharex=line is not None)
    i, j, mass = moves(solution)
    rank = np.argsort(np.argsort(x, kind="stable"))
    order = np.argsort(rank[i], kind="stable")
    colours, width = shades(x.size)[rank], _bar_width(x, y)
    _stack(top, x, problem.a, colours, width)
    _stack(bottom, y[j[order]], mass[order], colours[i[order]], width)
    _dress(top, bottom, mass_unit)
    if line:
        for panel in (top, bottom):
            _measure_out(panel, length_unit)
            panel.set_xlim(min(x.min(), y.min()) - width, max(x.max(), y.max()) + width)
        top.set_xlabel("")
    else:
        _name_places(top, bottom, problem)
    return top, bottom


def potentials_line(solution: Solved, *, ax: Axes | None = None, length_unit: str = "", cost_unit: str = "") -> Axes:
    """Draw the potentials over the line: f at the sources, and over it -g at the targets.

    Where the cost is a metric, g = -f is optimal and the two curves lie on each other; where it is not, one sees by how
    much they part. Atoms without points stand side by side under their labels, without lines between them.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        Of measures on a line, or of labelled atoms without points.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    length_unit, cost_unit : str
        Units for the axis labels.

    Returns
    -------
    Axes
        Its first line is f, its second -g.

    Raises
    ------
    ShapeError
        Points have two coordinates or more, or atoms without points are more than 2000 on a side.
    """
    problem = problem_of(solution)
    line = _coordinates(problem, "potentials_line", "Use slack_heatmap, or read solution.potentials_table()")
    if line is None:
        refuse_above(problem, "potentials_line", "Read solution.potentials_table()")
    ax = ax if ax is not None else new_axes(7, 4)
    labels = list(dict.fromkeys([*problem.source.labels, *problem.target.labels]))
    x, y = line or (_places(problem.source.labels, labels), _places(problem.target.labels, labels))
    curves = [_curve(ax, x, solution.f, "$f$ at sources"), _curve(ax, y, -solution.g, "$-g$ at targets")]
    marked = line is None or max(problem.shape) <= MANY
    curves[0].set(color=DARK, linestyle="-" if line else "none", linewidth=2.4, marker="o" if marked else "none", markersize=5)
    curves[1].set(color=LIGHT, linestyle="--" if line else "none", linewidth=1.4, marker="s" if marked else "none", markersize=9)
    curves[1].set_markerfacecolor("none")
    ax.set_ylabel(with_unit("potential", cost_unit, room_along(ax, "y")))
    ax.grid(axis="y" if line else "both", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    if line:
        _measure_out(ax, length_unit)
    else:
        name_ticks(ax, "x", np.arange(len(labels)), labels)
    key_above(ax, curves)
    return ax


def _coordinates(problem: TransportProblem, figure: str, instead: str) -> tuple[FloatArray, FloatArray] | None:
    """Coordinates of source and target on the line; None where atoms have none."""
    for name, measure in (("source", problem.source), ("target", problem.target)):
        if measure.points is not None and measure.points.shape[1] != 1:
            fault = f"has points in R^{measure.points.shape[1]}, and {figure} draws points on a line or atoms without points"
            raise ShapeError(f"solution.problem.{name}", fault, instead)
    x, y = problem.source.points, problem.target.points
    return None if x is None or y is None else (x[:, 0], y[:, 0])


def _side_by_side(problem: TransportProblem) -> tuple[FloatArray, FloatArray]:
    """Places 0, 1, ... in the order of the labels; the same place on both sides where the labels are the same."""
    source, target = list(problem.source.labels), list(problem.target.labels)
    return _places(source, source), _places(target, source if set(source) == set(target) else target)


def _places(labels: Iterable[Hashable], among: Sequence[Hashable]) -> FloatArray:
    place = {label: k for k, label in enumerate(among)}
    return np.array([place[label] for label in labels], dtype=np.float64)


def _panels(ax: Iterable[Axes] | None, *, sharex: bool) -> tuple[Axes, Axes]:
    if ax is None:
        top, bottom = plt.subplots(2, figsize=(7, 5), sharex=sharex, layout="constrained")[1]
        return top, bottom
    panels = list(ax) if isinstance(ax, Iterable) else [ax]
    if len(panels) != 2:
        raise ShapeError("ax", f"has {len(panels)} axes for two panels", "Give a pair, such as plt.subplots(2, sharex=True)[1]")
    return panels[0], panels[1]


def _bar_width(x: FloatArray, y: FloatArray) -> float:
    """Fill most of the smallest distance within either measure, but never so little that a bar is lost."""
    span = float(max(x.max(), y.max()) - min(x.min(), y.min())) or 1.0
    gaps = np.concatenate([np.diff(np.sort(x)), np.diff(np.sort(y))])
    return max(0.9 * float(gaps[gaps > 1e-9 * span].min(initial=span)), span / 200)


def _stack(ax: Axes, x: FloatArray, height: FloatArray, colours: FloatArray, width: float) -> None:
    """Draw bars over x, one on another where x is the same, in the order given."""
    top = pd.Series(height).groupby(x).cumsum().to_numpy()
    gap = 0.5 if np.unique(x).size <= MANY else 0.0
    boxes(ax, x - width / 2, x + width / 2, top - height, top, facecolors=colours, edgecolors="white", linewidths=gap)


def _dress(top: Axes, bottom: Axes, mass_unit: str) -> None:
    for ax, title in ((top, "source"), (bottom, "target")):
        ax.set_title(title, loc="left", fontsize="medium", color=INK)
        ax.set_ylabel(with_unit("mass", mass_unit, room_along(ax, "y")))
        ax.spines[["top", "right"]].set_visible(False)
    highest = [ax.dataLim.y1 for ax in (top, bottom)]
    if max(highest) <= _COMPARABLE * min(highest):
        highest = 2 * [max(highest)]
    top.set_ylim(0, 1.05 * highest[0])
    bottom.set_ylim(0, 1.05 * highest[1])


def _measure_out(ax: Axes, length_unit: str) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
    ax.set_xlabel(with_unit("position", length_unit, room_along(ax, "x")))


def _name_places(top: Axes, bottom: Axes, problem: TransportProblem) -> None:
    """Label each panel, both as wide, so that equal masses have equal areas."""
    (x, y), half = _side_by_side(problem), max(problem.shape) / 2
    for ax, places, labels in ((top, x, problem.source.labels), (bottom, y, problem.target.labels)):
        ax.set_xlim((places.size - 1) / 2 - half, (places.size - 1) / 2 + half)
        name_ticks(ax, "x", places, list(labels))


def _curve(ax: Axes, x: FloatArray, value: FloatArray, label: str) -> Line2D:
    order = np.argsort(x, kind="stable")
    return ax.plot(x[order], value[order], label=label)[0]
