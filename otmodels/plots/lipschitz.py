"""What g = -f looks like: the two potentials on top of each other, and the constraints of the Lipschitz program."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from otmodels.arguments import kind_of
from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.errors import LabelMismatchError, ParameterError, ShapeError
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
from otmodels.network import Nodes
from otmodels.plots.canvas import (
    DARK,
    LIGHT,
    MANY,
    Solved,
    boxes,
    inches_of,
    key_above,
    length_in_points,
    name_ticks,
    new_axes,
    problem_of,
    room_along,
    shortened,
    with_unit,
)
from otmodels.problem import TransportProblem
from otmodels.tolerances import DEFAULT

MOST_ROWS = 2000
"""Most rows or columns of a constraint matrix in a figure."""

NAMED_ROWS = 60
"""Most rows that are named."""

_SMALLEST = 4.5
"""Smallest print, in points."""


def potentials_overlay(
    solution: Solved | LipschitzSolution, *, ax: Axes | None = None, cost_unit: str = "", length_unit: str = ""
) -> Axes:
    """Draw f, a thick light line, and -g, a thin dark dashed one over it: where g = -f they lie on each other.

    On a line, f stands over the source points and -g over the target points. Elsewhere the atoms' places are put in
    order of f, of -g where there is only a target, and stand side by side. Atoms without mass are hollow; there, f and g
    are closed by c-transform and may part although g = -f could be had. The legend says by how much f and -g differ at
    most on the common support.

    Parameters
    ----------
    solution : Solution, ExtendedSolution or LipschitzSolution
        What to draw.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    cost_unit, length_unit : str
        Units for the axis labels.

    Returns
    -------
    Axes
        Its first line is f, its second -g; its two collections are their atoms, up to 100 on a side.

    Raises
    ------
    LabelMismatchError
        The atoms are not on a line, and the cost is a matrix between different supports.
    ParameterError
        The solve ended without a solution.
    """
    problem = solution.problem if isinstance(solution, LipschitzSolution) else problem_of(solution)
    f, minus_g = solution.f, 0.0 - solution.g
    at, apart, line = _places(problem, f, minus_g)
    ax = ax if ax is not None else new_axes(7, 4)
    curves = [
        _curve(ax, at[0], f, "$f$ at sources", color=LIGHT, linewidth=5.0, alpha=0.75),
        _curve(ax, at[1], minus_g, "$-g$ at targets", color=DARK, linewidth=1.4, linestyle=(0, (4, 2))),
    ]
    if max(problem.shape) <= MANY:
        size = float(np.clip(380 / max(problem.shape), 4.0, 10.0))
        _atoms(ax, curves[0], at[0], problem.a > 0, "o", size)
        _atoms(ax, curves[1], at[1], problem.b > 0, "s", 0.45 * size)
    position = with_unit("position", length_unit, room_along(ax, "x")) if line else _RANK
    ax.set(ylabel=with_unit("potential", cost_unit, room_along(ax, "y")), xlabel=position)
    ax.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10], integer=not line))
    ax.grid(axis="y", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    key_above(ax, [*curves, *_verdict(apart, cost_unit)])
    return ax


_RANK = "places in order of the potential"


def _places(
    problem: TransportProblem, f: FloatArray, minus_g: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], float | None, bool]:
    """Where sources and targets stand; by how much f and -g differ at most; whether the places are points on a line."""
    x, y = problem.source.points, problem.target.points
    line = x is not None and y is not None and x.shape[1] == y.shape[1] == 1
    try:
        nodes = Nodes.of(problem)
    except LabelMismatchError as error:
        if not line:
            remedy = "Draw potentials_line, or read solution.potentials_table()"
            raise LabelMismatchError(f"solution.problem.{error.argument}", error.fault, remedy) from error
        nodes = None
    apart = None if nodes is None else _difference(nodes, f, minus_g)
    if x is not None and y is not None and line:
        return (x[:, 0], y[:, 0]), apart, True
    assert nodes is not None
    level = np.full(nodes.size, np.inf)
    level[nodes.target] = minus_g
    level[nodes.source] = f
    # Vertices of a graph without atoms come last, where nothing is drawn.
    rank = np.argsort(np.argsort(level, kind="stable")).astype(np.float64)
    return (rank[nodes.source], rank[nodes.target]), apart, False


def _difference(nodes: Nodes, f: FloatArray, minus_g: FloatArray) -> float | None:
    """Largest |f + g| over nodes that have a source and a target atom; None where there is none."""
    least, most = [], []
    for at, level in ((nodes.source, f), (nodes.target, minus_g)):
        low, high = np.full(nodes.size, np.inf), np.full(nodes.size, -np.inf)
        np.minimum.at(low, at, level)
        np.maximum.at(high, at, level)
        least.append(low)
        most.append(high)
    common = np.isfinite(most[0]) & np.isfinite(most[1])
    apart = np.maximum(most[0] - least[1], most[1] - least[0], where=common, out=np.zeros(nodes.size))
    return float(apart[common].max()) if common.any() else None


def _curve(ax: Axes, x: FloatArray, value: FloatArray, label: str, **style: object) -> Line2D:
    order = np.argsort(x, kind="stable")
    return ax.plot(x[order], value[order], label=label, **style)[0]  # type: ignore[arg-type]


def _atoms(ax: Axes, curve: Line2D, x: FloatArray, some: BoolArray, marker: str, size: float) -> None:
    """Mark the atoms of a curve, hollow those without mass."""
    colour = to_rgba(curve.get_color())
    faces = np.where(some[np.argsort(x, kind="stable"), None], colour, to_rgba("white"))
    ax.scatter(*curve.get_data(), s=size**2, marker=marker, facecolors=faces, edgecolors=[colour], linewidths=1.2, zorder=3)


def _verdict(apart: float | None, unit: str) -> list[Line2D]:
    if apart is None:
        return [Line2D([], [], linestyle="", label="no common support")]
    amount = f"{apart:.2g} {unit}".rstrip().replace("$", r"\$")
    return [Line2D([], [], linestyle="", label=rf"largest $|f + g|$: {amount}")]


def lipschitz_matrix(solution: LipschitzSolution | ExtendedFlow, *, ax: Axes | None = None) -> Axes:
    """Draw the constraint matrix of the Lipschitz program: a row f_i - f_j <= d_ij for each arc, a column for each node.

    Rows are in order of tail, then head. A grey band marks an active row, f_i - f_j = d_ij up to rounding, and a dot on
    the right one whose arc carries mass: by complementary slackness every dot stands on a band.

    Parameters
    ----------
    solution : LipschitzSolution or ExtendedFlow
        What to draw.
    ax : Axes, optional
        Where to draw, best in a figure with constrained layout; a new figure where omitted.

    Returns
    -------
    Axes
        Its collections are the bands, the entries 1, the entries -1 and the dots, in this order.

    Raises
    ------
    ShapeError
        There are more than 2000 arcs or nodes.
    ParameterError
        The solution is of another form.
    """
    if not isinstance(solution, LipschitzSolution | ExtendedFlow):
        fault = f"is {kind_of(solution)}, which has no arcs"
        raise ParameterError("solution", fault, "Solve to the end with form='flow' or form='lipschitz'")
    arcs = solution.network.arcs
    if max(arcs.count, arcs.size) > MOST_ROWS:
        fault = f"has {arcs.count} arcs between {arcs.size} nodes, and lipschitz_matrix draws at most {MOST_ROWS} rows"
        raise ShapeError("solution", fault, "Draw a smaller problem, or support='neighbours' where it applies")
    order = np.lexsort((arcs.head, arcs.tail))
    tail, head = arcs.tail[order], arcs.head[order]
    slack = arcs.length[order] - (solution.potential[tail] - solution.potential[head])
    active = slack <= DEFAULT.slack * solution.problem.cost_unit
    used = solution.flow[order] > 0
    ax = ax if ax is not None else _tall_axes(arcs.count, solution.network.nodes.labels.tolist())
    _bands(ax, np.flatnonzero(active), arcs.size)
    _entries(ax, tail, head, arcs.size)
    _frame(ax, solution, tail, head)
    _dots(ax, np.flatnonzero(used), arcs.size)
    _count(ax, active, used, _beside(arcs.count, solution.network.nodes.labels.tolist()))
    return ax


def _tall_axes(rows: int, labels: list[Hashable]) -> Axes:
    """Make a figure with room for the names of the rows, where there are few, and for those of the columns."""
    width = float(np.clip(2.4 + 0.32 * len(labels), 5.0, 9.4)) + _beside(rows, labels)
    return new_axes(width, float(np.clip(1.2 + 0.16 * rows, 2.2, 9.6)) + 0.6 * inches_of(labels))


def _beside(rows: int, labels: list[Hashable]) -> float:
    """Estimate the inches that the names of the rows take."""
    return 2 * inches_of(labels) + 0.2 if rows <= NAMED_ROWS else 0.4


def _bands(ax: Axes, rows: IndexArray, columns: int) -> None:
    left, right = np.full(rows.size, -0.5), np.full(rows.size, columns + 0.5)
    boxes(ax, left, right, rows - 0.5, rows + 0.5, facecolors=_BAND, edgecolors="none")


_BAND = "0.86"


def _entries(ax: Axes, tail: IndexArray, head: IndexArray, columns: int) -> None:
    row = np.arange(tail.size)
    inset = 0.42 if tail.size <= MANY else 0.5
    for column, colour in ((tail, DARK), (head, LIGHT)):
        half = 0.42 if columns <= MANY else 0.5
        style = {"facecolors": colour, "edgecolors": colour, "linewidths": 0.0 if tail.size <= MANY else 0.8}
        boxes(ax, column - half, column + half, row - inset, row + inset, **style)


def _frame(ax: Axes, solution: LipschitzSolution | ExtendedFlow, tail: IndexArray, head: IndexArray) -> None:
    labels = solution.network.nodes.labels
    rows, columns = tail.size, len(labels)
    ax.set(xlim=(-0.5, columns + 0.5), ylim=(max(rows, 1) - 0.5, -0.5), xlabel="node", ylabel="arc")
    name_ticks(ax, "x", np.arange(columns), labels.tolist())
    size = 0.7 * length_in_points(ax, "y") / max(rows, 1)
    if not 0 < rows <= NAMED_ROWS or size < _SMALLEST:
        ax.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True))
        return
    texts = [f"{shortened(one)} → {shortened(other)}" for one, other in zip(labels[tail], labels[head], strict=True)]
    ax.set_yticks(np.arange(rows), texts, parse_math=False, fontsize=min(size, 9.0))


def _dots(ax: Axes, rows: IndexArray, columns: int) -> None:
    """Mark rows in a column of their own, to the right of the nodes'."""
    size = float(np.clip(0.8 * length_in_points(ax, "y") / max(ax.get_ylim()), 3.0, 5.0))
    ax.scatter(np.full(rows.size, columns), rows, size**2, color="black", linewidths=0, zorder=3)


def _count(ax: Axes, active: BoolArray, used: BoolArray, beside: float) -> None:
    dot = Line2D([], [], linestyle="", marker="o", markersize=5, color="black", label=f"carries mass: {used.sum()} rows")
    band = Patch(facecolor=_BAND, label=f"active, $f_i - f_j = d_{{ij}}$: {active.sum()} of {active.size} rows")
    entries = [Patch(color=DARK, label="1, tail $i$"), Patch(color=LIGHT, label="$-1$, head $j$")]
    key_above(ax, [*entries, band, dot], beside)
