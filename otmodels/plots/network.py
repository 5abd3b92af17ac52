"""The potential f of a Lipschitz solution with the flow drawn as arrows: over a line, over a grid, on a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import BboxTransformTo, ScaledTranslation, blended_transform_factory

from otmodels.arrays import FloatArray
from otmodels.errors import ShapeError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
from otmodels.network import GraphCost, Grid
from otmodels.plots.arrows import block_means, coarser, crossings, net_flow, outlines, pale, write_names
from otmodels.plots.canvas import (
    DARK,
    INK,
    LIGHT,
    MANY,
    MOST_ATOMS,
    MOST_MOVES,
    boxes,
    key_above,
    length_in_points,
    new_axes,
    polygons,
    room_along,
    shortened,
    with_unit,
)
from otmodels.plots.sketch import Sketch, arrow_handle, bar_beside, draw_arrows, key, plane_axes, range_of

FEW = 256
"""Most nodes of a grid on which every arc has its own arrow."""

BLOCKS = 32
"""Most arrows along an axis of a larger grid."""

NAMED = 40
"""Most nodes whose names are written on a map."""

_SPARSE = 6
"""Edges without flow are drawn where there are at most so many times as many as nodes: more would hide the map."""


def flow_arrows(
    solution: LipschitzSolution | ExtendedFlow,
    *,
    ax: Axes | None = None,
    image: bool = False,
    geographic: bool = False,
    mass_unit: str = "",
    length_unit: str = "",
    cost_unit: str = "",
) -> Axes:
    """Draw the potential f at the nodes, and the flow as arrows: mass goes where f falls as steeply as it may.

    - On a grid in the plane f is coloured cells. Up to 256 nodes, every arc that carries mass has an arrow from cell to
      cell, the width of its shaft proportional to the mass. On a larger grid there are at most 32 x 32 arrows, one a
      block of nodes: the mean of their net flow vectors, where that of a node is the sum over the arcs that leave it of
      mass times (x_head - x_tail). The area of such an arrow is proportional to the length of the mean.
    - Elsewhere in the plane, the map: nodes coloured by f, triangles upwards where more mass starts than ends, downwards
      where more ends; an arrow on every arc that carries mass, its shaft as wide as the mass is large, on thin lines for
      the other edges of a sparse network. Up to 40 nodes have their names.
    - On a line, f is a line, and bars above it are the net mass that crosses each interval: upwards to the right,
      downwards to the left. Where the cost is the distance, their area is the value. More than 2000 intervals are drawn
      as 2000, each bar the mean over those that it stands for.

    Parameters
    ----------
    solution : LipschitzSolution or ExtendedFlow
        What to draw.
    ax : Axes, optional
        Where to draw, best in a figure with constrained layout; a new figure where omitted.
    image : bool
        Whether the points are (row, column) of an image, as from `grid_measure`: columns then run to the right, rows down.
    geographic : bool
        Whether the points are longitude and latitude, as they are with the metric "haversine": a degree of longitude is
        then drawn shorter than one of latitude, by the cosine of the latitude in the middle of the map.
    mass_unit, length_unit, cost_unit : str
        Units of masses, of coordinates and of costs, for the labels; that of costs from that of coordinates where omitted.

    Returns
    -------
    Axes
        On a grid, its collections are the cells and the arrows; on a map, the thin edges, the arrows, and the nodes where
        mass neither starts nor ends, where it starts, where it ends. Of arcs, those of most mass come first. On a line,
        its line is f and its child axes have the bars. A colour bar is a child axes too.

    Raises
    ------
    ShapeError
        The nodes have no points, or points with three coordinates or more; a map would take more than 200,000 arrows.
    ParameterError
        The solution has no flow.
    """
    sketch = Sketch.of(solution, image, geographic, (mass_unit, length_unit, cost_unit))
    if sketch.points.shape[1] == 1:
        return _over_line(sketch, ax)
    grid = _grid(sketch)
    return _on_map(sketch, ax) if grid is None else _over_cells(sketch, grid, ax)


def _over_line(sketch: Sketch, ax: Axes | None) -> Axes:
    ax = ax if ax is not None else new_axes(7, 5)
    order = np.argsort(sketch.points[:, 0], kind="stable")
    marker = "o" if order.size <= MANY else "none"
    ax.plot(sketch.points[order, 0], sketch.potential[order], color=INK, linewidth=1.8, marker=marker, markersize=5)
    places, mass = coarser(*crossings(sketch.points[:, 0], sketch.network.arcs, sketch.flow), MOST_ATOMS)
    above = _panel_above(ax)
    gap = 1.0 if mass.size <= MANY else 0.0
    colours = np.where(mass > 0, DARK, LIGHT).tolist()
    style = {"facecolors": colours, "edgecolors": "white" if gap else colours, "linewidths": gap or 0.2}
    boxes(above, places[:-1], places[1:], np.minimum(mass, 0), np.maximum(mass, 0), **style)
    above.axhline(0, color=INK, linewidth=0.8)
    above.set_ylabel("\n".join(["mass that crosses", *([f"[{sketch.mass_unit}]"] if sketch.mass_unit else [])]))
    above.tick_params(axis="x", labelbottom=False, length=0)
    unit = sketch.length_unit if isinstance(sketch.network.problem.cost, GroundCost) else ""
    ax.set(xlabel=with_unit("position", unit, room_along(ax, "x")), ylabel=sketch.potential_label(ax))
    ax.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
    ax.grid(axis="y", color="0.9")
    for panel in (ax, above):
        panel.spines[["top", "right"]].set_visible(False)
    handles = [Patch(color=DARK, label=r"to the right $\rightarrow$"), Patch(color=LIGHT, label=r"$\leftarrow$ to the left")]
    key_above(above, handles)
    return ax


def _panel_above(ax: Axes) -> Axes:
    """Axes above others, as wide, and of a fixed height: constrained layout does not settle where one depends on the other."""
    inches_up = ax.figure.dpi_scale_trans + ScaledTranslation(0, 1, BboxTransformTo(ax.bbox))
    return ax.inset_axes((0.0, 0.2, 1.0, 1.6), transform=blended_transform_factory(ax.transAxes, inches_up), sharex=ax)


def _grid(sketch: Sketch) -> Grid | None:
    """The grid that the nodes fill; None on a graph, whose points play no part in its lengths."""
    if isinstance(sketch.network.problem.cost, GraphCost):
        return None
    grid = Grid.through(sketch.points)
    return grid if grid is not None and grid.size == sketch.network.nodes.size else None


def _over_cells(sketch: Sketch, grid: Grid, ax: Axes | None) -> Axes:
    gaps = np.concatenate([np.diff(lines) for lines in grid.axes])
    gap = float(np.median(gaps)) if gaps.size else 1.0
    across, up = (_edges(lines, gap) for lines in grid.axes)
    ax = ax if ax is not None else plane_axes(np.array([np.ptp(across) * sketch.squeeze, np.ptp(up)]))
    ax.set_aspect(1 / sketch.squeeze)
    values = np.empty(grid.size)
    values[grid.cells(sketch.points)] = sketch.potential
    cells = ax.pcolormesh(across, up, values.reshape(grid.shape).T, cmap=pale(), norm=range_of(sketch.potential))
    narrow = max(float(gaps.min(initial=gap)), 0.3 * gap)
    text = _arc_arrows(sketch, ax, narrow) if grid.size <= FEW else _block_arrows(sketch, ax, grid)
    ax.set(xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    sketch.dress(ax)
    bar_beside(ax, cells, sketch.potential_label(ax))
    key(ax, [arrow_handle(text)] if text else [])
    return ax


def _edges(lines: FloatArray, gap: float) -> FloatArray:
    """Borders (k + 1,) of the cells around coordinate lines: half-way between two, and as far beyond the outermost."""
    if lines.size == 1:
        return np.array([lines[0] - gap / 2, lines[0] + gap / 2])
    middle = (lines[1:] + lines[:-1]) / 2
    return np.concatenate([[2 * lines[0] - middle[0]], middle, [2 * lines[-1] - middle[-1]]])


def _arc_arrows(sketch: Sketch, ax: Axes, gap: float) -> str:
    """An arrow for every arc that carries mass; return what the legend says of them."""
    used = sketch.used
    mass = sketch.flow[used]
    width = 0.34 * gap * mass / mass.max(initial=0.0)
    draw_arrows(sketch, ax, used, width, 0.14 * gap, 0.16 * gap)
    return f"flow on an arc ≤ {sketch.amount(mass.max())}" if mass.size else ""


def _block_arrows(sketch: Sketch, ax: Axes, grid: Grid) -> str:
    """An arrow for every block of nodes; return what the legend says of them."""
    scale = np.array([sketch.squeeze, 1.0])
    block = -(-max(grid.shape) // BLOCKS)
    vectors = net_flow(sketch.points, sketch.network.arcs, sketch.flow)
    cell = np.stack(np.unravel_index(grid.cells(sketch.points), grid.shape), axis=1)
    middle, mean = block_means(sketch.points, vectors, cell, block)
    size = np.linalg.norm(mean, axis=1)
    some = size > 0
    middle, along, size = middle[some] * scale, mean[some] * scale, size[some]
    pitch = block * min(float(np.median(np.diff(lines))) for lines in grid.axes if lines.size > 1)
    long = 1.3 * pitch * np.sqrt(size / size.max(initial=0.0))
    half = along / np.linalg.norm(along, axis=1, keepdims=True) * long[:, None] / 2
    corners = outlines(middle - half, middle + half, 0.18 * long, 0.5 * long) / scale
    polygons(ax, corners, facecolors="black", edgecolors="none", zorder=3)
    unit = " x ".join(filter(None, (sketch.mass_unit, sketch.length_unit)))
    nodes = f"of {block} x {block} nodes" if block > 1 else "of a node"
    return f"mean flow {nodes} ≤ {size.max():.2g} {unit}".rstrip() if size.size else ""


def _on_map(sketch: Sketch, ax: Axes | None) -> Axes:
    used = sketch.used
    if used.size > MOST_MOVES:
        fault = f"has a flow on {used.size} arcs, and a map holds at most {MOST_MOVES} arrows"
        raise ShapeError("solution", fault, "Draw a smaller problem, or read solution.flow_table()")
    extent = np.ptp(sketch.points, axis=0) * (sketch.squeeze, 1.0)
    ax = ax if ax is not None else plane_axes(extent)
    ax.set_aspect(1 / sketch.squeeze)
    paper = 0.8 * np.array([length_in_points(ax, "x"), length_in_points(ax, "y")])
    point = float((extent / paper).max()) or 1.0
    radius = float(np.clip(0.12 * np.sqrt(paper.prod() / len(sketch.points)), 1.0, 5.0))
    mass = sketch.flow[used]
    edges = _thin_edges(sketch, ax)
    width = 1.4 * radius * point * mass / mass.max(initial=0.0)
    outlined = draw_arrows(sketch, ax, used, width, radius * point, radius * point)
    handles = _nodes(sketch, ax, radius)
    low, high = sketch.points.min(axis=0), sketch.points.max(axis=0)
    margin = 0.08 * float(extent.max()) or 1.0
    ax.set(xlim=(low[0] - margin / sketch.squeeze, high[0] + margin / sketch.squeeze), ylim=(low[1] - margin, high[1] + margin))
    sketch.dress(ax)
    bar_beside(ax, ScalarMappable(range_of(sketch.potential), pale()), sketch.potential_label(ax))
    key(ax, [*handles, *([arrow_handle(f"flow ≤ {sketch.amount(mass.max())}")] if mass.size else [])])
    if len(sketch.points) <= NAMED:
        write_names(ax, sketch.points, [shortened(label) for label in sketch.network.nodes.labels], [*edges, *outlined], radius)
    return ax


def _thin_edges(sketch: Sketch, ax: Axes) -> FloatArray:
    """Draw the edges of a sparse network; return their ends (k, 2, 2)."""
    arcs = sketch.network.arcs
    ends = np.empty((0, 2), dtype=np.intp)
    if arcs.count <= 2 * _SPARSE * arcs.size:
        ends = np.unique(np.sort(np.stack([arcs.tail, arcs.head], axis=1), axis=1), axis=0)
    lines = sketch.points[ends]
    ax.add_collection(LineCollection(list(lines), colors="0.65", linewidths=0.8, zorder=1))
    return np.asarray(lines)


def _nodes(sketch: Sketch, ax: Axes, radius: float) -> list[Line2D]:
    """Draw nodes by what becomes of mass there, coloured by f; return the handles for the legend."""
    divergence, norm = sketch.network.nodes.divergence, range_of(sketch.potential)
    handles = []
    kinds = (("o", divergence == 0, 1.5, ""), ("^", divergence > 0, 2.3, "mass starts"), ("v", divergence < 0, 2.3, "mass ends"))
    for marker, those, size, text in kinds:
        some = sketch.points[those]
        style: dict[str, Any] = {"cmap": pale(), "norm": norm, "edgecolors": "black", "linewidths": 0.15 * radius}
        area = (size * radius) ** 2
        ax.scatter(some[:, 0], some[:, 1], s=area, c=sketch.potential[those], marker=marker, zorder=4, **style)
        if text and those.any():
            handles.append(Line2D([], [], linestyle="", marker=marker, color="black", markerfacecolor="none", label=text))
    return handles
