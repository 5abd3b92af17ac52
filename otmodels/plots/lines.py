"""Figures of a plan and of potentials over a line, or over labels where the atoms have no coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from otmodels.arrays import FloatArray
from otmodels.errors import ShapeError
from otmodels.plots.canvas import DARK, INK, LIGHT, boxes, moves, name_ticks, new_axes, refuse_above, shades, with_unit
from otmodels.problem import TransportProblem

if TYPE_CHECKING:
    from otmodels.solution import Solution

_COMPARABLE = 4.0
"""Panels share a scale of mass up to this ratio between their tallest bars; beyond it the smaller would be illegible."""


def earth_moving(
    solution: Solution, *, ax: tuple[Axes, Axes] | None = None, mass_unit: str = "", length_unit: str = ""
) -> tuple[Axes, Axes]:
    """Draw the earth-moving picture: every source atom in its own colour, and where the pieces of it went.

    Above, the source measure as bars. Below, the target measure as bars, each one stacked from the pieces that it is
    made of, in the colour of the source atom that they came from; pieces from the left lie below those from the right.

    Parameters
    ----------
    solution : Solution
        Of measures on a line, or of labelled atoms without points, which then stand side by side.
    ax : pair of Axes, optional
        Where to draw sources and targets; a new figure with two panels where omitted.
    mass_unit, length_unit : str
        Units for the axis labels.

    Returns
    -------
    tuple of Axes
        The axes of the sources and of the targets. Each has one collection of
        rectangles: one a source atom above, one a plan entry below.

    Raises
    ------
    ShapeError
        Points have two coordinates or more, or there are more than 2000 atoms on a side.
    """
    problem = solution.problem
    refuse_above(solution, "earth_moving", "Draw a smaller problem, or read solution.plan_table()")
    line = _on_a_line(problem, "earth_moving", "Use plan_map for points in the plane, plan_heatmap for any others")
    x, y = _coordinates(problem) if line else _places(problem)
    top, bottom = ax if ax is not None else plt.subplots(2, figsize=(7, 5), sharex=line, layout="constrained")[1]
    i, j, mass = moves(solution)
    rank = np.argsort(np.argsort(x, kind="stable"))
    order = np.argsort(rank[i], kind="stable")
    colours, width = shades(x.size)[rank], _bar_width(x, y)
    _stack(top, x, problem.a, colours, width)
    _stack(bottom, y[j[order]], mass[order], colours[i[order]], width)
    _dress(top, bottom, problem, mass_unit)
    if line:
        for panel in (top, bottom):
            _measure_out(panel, length_unit)
            panel.set_xlim(min(x.min(), y.min()) - width, max(x.max(), y.max()) + width)
        top.set_xlabel("")
    else:
        _name_places(top, bottom, x, y, problem)
    return top, bottom


def potentials_line(solution: Solution, *, ax: Axes | None = None, length_unit: str = "", cost_unit: str = "") -> Axes:
    """Draw the potentials over the line: f at the sources, and over it -g at the targets.

    Where the cost is a metric, g = -f is optimal and the two curves lie on each other; where it is not, one sees by how
    much they part. Atoms without points stand side by side under their labels, without lines between them.

    Parameters
    ----------
    solution : Solution
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
    problem = solution.problem
    line = _on_a_line(problem, "potentials_line", "Use slack_heatmap, or read solution.potentials_table()")
    if not line:
        refuse_above(solution, "potentials_line", "Draw a smaller problem, or read solution.potentials_table()")
    ax = ax if ax is not None else new_axes(7, 4)
    labels = problem.source.labels.union(problem.target.labels, sort=False)
    x, y = _coordinates(problem) if line else (_index(labels, problem.source.labels), _index(labels, problem.target.labels))
    marked = not line or max(x.size, y.size) <= 60
    _curve(ax, x, solution.f, "$f$ at sources", DARK, "-" if line else "none", "o" if marked else "none", filled=True)
    _curve(ax, y, -solution.g, "$-g$ at targets", LIGHT, "--" if line else "none", "s" if marked else "none", filled=False)
    ax.set_ylabel(with_unit("potential", cost_unit))
    ax.grid(axis="y", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    if line:
        _measure_out(ax, length_unit)
    else:
        ax.grid(axis="x", color="0.9")
        name_ticks(ax, "x", range(len(labels)), labels)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False)
    return ax


def _on_a_line(problem: TransportProblem, figure: str, instead: str) -> bool:
    """Whether all atoms have one coordinate; False where some have none."""
    for name, measure in (("source", problem.source), ("target", problem.target)):
        if measure.points is not None and measure.points.shape[1] != 1:
            raise ShapeError(
                f"solution.problem.{name}",
                f"has points in R^{measure.points.shape[1]}, and {figure} draws points on a line or atoms without points",
                instead,
            )
    return problem.source.points is not None and problem.target.points is not None


def _coordinates(problem: TransportProblem) -> tuple[FloatArray, FloatArray]:
    assert problem.source.points is not None
    assert problem.target.points is not None
    return problem.source.points[:, 0], problem.target.points[:, 0]


def _places(problem: TransportProblem) -> tuple[FloatArray, FloatArray]:
    """Places 0, 1, ... in the order of the labels; the same place on both sides where the labels are the same."""
    source, target = problem.source.labels, problem.target.labels
    same = len(source) == len(target) and bool((source.get_indexer(target) >= 0).all())
    return _index(source, source), _index(source if same else target, target)


def _index(labels: pd.Index[Any], which: pd.Index[Any]) -> FloatArray:
    return labels.get_indexer(which).astype(np.float64)


def _bar_width(x: FloatArray, y: FloatArray) -> float:
    """Fill most of the smallest distance within either measure, but never so little that a bar is lost."""
    span = float(max(x.max(), y.max()) - min(x.min(), y.min())) or 1.0
    gaps = np.concatenate([np.diff(np.sort(x)), np.diff(np.sort(y))])
    gaps = gaps[gaps > 1e-9 * span]
    return max(0.9 * float(gaps.min(initial=span)), span / 200) if gaps.size else 0.9 * span


def _stack(ax: Axes, x: FloatArray, height: FloatArray, colours: FloatArray, width: float) -> None:
    """Draw bars over x, one on another where x is the same, in the order given."""
    top = pd.Series(height).groupby(x).cumsum().to_numpy()
    line = 0.5 if len(np.unique(x)) <= 60 else 0.0
    boxes(ax, x - width / 2, x + width / 2, top - height, top, facecolors=colours, edgecolors="white", linewidths=line)


def _dress(top: Axes, bottom: Axes, problem: TransportProblem, mass_unit: str) -> None:
    for ax, title in ((top, "source"), (bottom, "target")):
        ax.set_title(title, loc="left", fontsize="medium", color=INK)
        ax.set_ylabel(with_unit("mass", mass_unit))
        ax.spines[["top", "right"]].set_visible(False)
    highest = [ax.dataLim.y1 for ax in (top, bottom)]
    if max(highest) <= _COMPARABLE * min(highest):
        highest = 2 * [max(highest)]
    top.set_ylim(0, 1.05 * highest[0])
    bottom.set_ylim(0, 1.05 * highest[1])


def _measure_out(ax: Axes, length_unit: str) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
    ax.set_xlabel(with_unit("position", length_unit))


def _name_places(top: Axes, bottom: Axes, x: FloatArray, y: FloatArray, problem: TransportProblem) -> None:
    """Labels under each panel, both as wide, so that equal masses have equal areas."""
    half = max(x.size, y.size) / 2
    for ax, places, labels in ((top, x, problem.source.labels), (bottom, y, problem.target.labels)):
        ax.set_xlim((places.size - 1) / 2 - half, (places.size - 1) / 2 + half)
        name_ticks(ax, "x", places, labels)


def _curve(ax: Axes, x: FloatArray, value: FloatArray, label: str, colour: str, style: str, marker: str, *, filled: bool) -> None:
    order = np.argsort(x, kind="stable")
    (curve,) = ax.plot(x[order], value[order], linestyle=style, linewidth=2.4 if filled else 1.4, color=colour, label=label)
    curve.set(marker=marker, markersize=5.0 if filled else 9.0, markerfacecolor=colour if filled else "none")
