"""Figures of all pairs at once: the plan with its marginals, and the slack of the dual constraints."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from otmodels.arrays import FloatArray
from otmodels.plots.canvas import (
    INK,
    MANY,
    Solved,
    boxes,
    colour_bar,
    inches_of,
    key_above,
    length_in_points,
    light_to_dark,
    moves,
    name_ticks,
    new_axes,
    problem_of,
    refuse_above,
)
from otmodels.potentials import slack
from otmodels.problem import TransportProblem
from otmodels.tolerances import DEFAULT

_SMALLER = "Draw a smaller problem, or plan_map where the points lie in the plane"


def plan_heatmap(solution: Solved, *, ax: Axes | None = None, mass_unit: str = "") -> Axes:
    """Draw the plan as a heatmap, rows = sources and columns = targets, with both marginals as bars beside it.

    Only pairs that carry mass are coloured, and no cell is drawn so small that it is lost.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        What to draw.
    ax : Axes, optional
        Where to draw, best in a figure with constrained layout; a new figure where omitted.
    mass_unit : str
        Unit for the axis labels.

    Returns
    -------
    Axes
        Those of the plan, with one collection of cells, one a plan entry. The marginals of targets (above) and sources
        (right) are its `child_axes`, in this order.

    Raises
    ------
    ShapeError
        There are more than 2000 atoms on a side.
    """
    problem = problem_of(solution)
    refuse_above(problem, "plan_heatmap", _SMALLER)
    i, j, mass = moves(solution)
    ax = ax if ax is not None else _new_axes(problem, 1.5)
    style = {"array": mass, "cmap": light_to_dark(), "edgecolors": "face", "linewidths": 0.8}
    cells = boxes(ax, j - 0.5, j + 0.5, i - 0.5, i + 0.5, **style)
    cells.set_clim(0, float(mass.max()))
    _frame(ax, problem)
    wide = _marginals(ax, problem)
    colour_bar(ax, cells, "mass moved", mass_unit, wide)
    return ax


def slack_heatmap(solution: Solved, *, ax: Axes | None = None, cost_unit: str = "") -> Axes:
    """Draw the slack C - f - g of the dual constraints as a heatmap, with a dot on every pair that carries mass.

    Complementary slackness at a glance: the dots stand on cells of slack 0. Forbidden pairs are hatched.

    Parameters
    ----------
    solution : Solution or ExtendedSolution
        What to draw.
    ax : Axes, optional
        Where to draw, best in a figure with constrained layout; a new figure where omitted.
    cost_unit : str
        Unit for the axis labels.

    Returns
    -------
    Axes
        With one image, the slack (n, m), masked where a pair is forbidden, and one collection of dots.

    Raises
    ------
    ShapeError
        There are more than 2000 atoms on a side.
    """
    problem = problem_of(solution)
    refuse_above(problem, "slack_heatmap", "Draw a smaller problem, or read solution.potentials_table()")
    i, j, _ = moves(solution)
    ax = ax if ax is not None else _new_axes(problem, 0.5)
    values = np.ma.masked_invalid(slack(problem, solution.f, solution.g))
    low, high = _range(values, problem)
    image = ax.imshow(values, cmap=light_to_dark(), aspect="auto", vmin=low, vmax=high)
    diameter = float(np.clip(120 / max(problem.shape), 1.8, 7.0))
    ax.scatter(j, i, s=diameter**2, color="black", linewidths=0)
    _frame(ax, problem)
    colour_bar(ax, image, "slack $C - f - g$", cost_unit)
    handles: list[Line2D | Patch] = [Line2D([], [], marker="o", linestyle="", color="black", markersize=5, label="carries mass")]
    if problem.has_forbidden:
        ax.patch.set(facecolor="0.88", edgecolor="0.45", hatch="////", linewidth=0)
        handles.append(Patch(facecolor="0.88", edgecolor="0.45", hatch="////", linewidth=0, label="forbidden"))
    key_above(ax, handles, borderaxespad=0.2)
    return ax


def _range(values: FloatArray, problem: TransportProblem) -> tuple[float, float]:
    """Range of the colours: from 0 to the largest slack, and slacks that are 0 but for rounding are not told apart."""
    rounding = DEFAULT.slack * problem.cost_unit
    low, high = float(values.min()), float(values.max())
    return low if low < -rounding else 0.0, high if high > rounding else problem.cost_unit


def _new_axes(problem: TransportProblem, extra: float) -> Axes:
    """Make cells about square, as far as a page allows; extra inches are for what stands beside them."""
    n, m = problem.shape
    beside, below = inches_of(list(problem.source.labels)), 0.6 * inches_of(list(problem.target.labels))
    width = float(np.clip(1.8 + 0.45 * m, 3.8, 6.6)) + beside + extra
    return new_axes(width, float(np.clip(0.8 + 0.45 * n, 2.0, 6.0)) + below + extra)


def _frame(ax: Axes, problem: TransportProblem) -> None:
    n, m = problem.shape
    ax.set(xlim=(-0.5, m - 0.5), ylim=(n - 0.5, -0.5), xlabel="target", ylabel="source")
    name_ticks(ax, "x", np.arange(m), list(problem.target.labels))
    name_ticks(ax, "y", np.arange(n), list(problem.source.labels))


def _marginals(ax: Axes, problem: TransportProblem) -> float:
    """Draw the masses along the top and the right of the plan; return the room on the right, as part of its width."""
    n, m = problem.shape
    wide = float(np.clip(50 / length_in_points(ax, "x"), 0.12, 0.4))
    high = float(np.clip(50 / length_in_points(ax, "y"), 0.12, 0.4))
    above = ax.inset_axes((0.0, 1.03, 1.0, high), sharex=ax)
    right = ax.inset_axes((1.02, 0.0, wide, 1.0), sharey=ax)
    i, j = np.arange(n), np.arange(m)
    half, line = (0.4, 0.0) if max(n, m) <= MANY else (0.5, 0.5)
    style = {"facecolors": INK, "edgecolors": INK, "linewidths": line}
    boxes(above, j - half, j + half, 0 * problem.b, problem.b, **style)
    boxes(right, 0 * problem.a, problem.a, i - half, i + half, **style)
    above.set_ylim(0, 1.05 * problem.b.max())
    right.set_xlim(0, 1.05 * problem.a.max())
    above.tick_params(axis="x", labelbottom=False, length=0)
    right.tick_params(axis="y", labelleft=False, length=0)
    above.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], prune="lower"))
    right.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10], prune="lower"))
    above.set_ylabel("mass", rotation=0, ha="right", va="center")  # the unit stands on the colour bar
    right.set_xlabel("mass")
    for marginal in (above, right):
        marginal.spines[["top", "right"]].set_visible(False)
    return wide + 0.02
