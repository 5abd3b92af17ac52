"""What a flow is drawn with: outlines of arrows, net flows over intervals and blocks, and names that keep out of the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.patheffects import withStroke

from otmodels.arrays import FloatArray, IndexArray
from otmodels.network import Arcs

_SIDES = tuple((x, y) for x in (1, -1, 0) for y in (0, 1, -1) if x or y)
"""Where a name may stand beside its node, the first choice first."""

_SWEEPS = 3


def pale() -> Colormap:
    """A perceptually uniform map, light enough that black arrows stand out from it, and more is darker: viridis cut short."""
    return ListedColormap(colormaps["viridis"](np.linspace(1.0, 0.45, 256)), name="otmodels pale")


def outlines(start: FloatArray, end: FloatArray, shaft: FloatArray, head: FloatArray) -> FloatArray:
    """Corners (k, 7, 2) of arrows from start to end (k, 2), the tip fourth.

    Parameters
    ----------
    start, end : ndarray (k, 2)
        Ends, which must differ.
    shaft, head : ndarray (k,)
        Widths of shaft and of head; a head is as long as it is wide, but no more than 0.6 of its arrow.
    """
    along = end - start
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = along / length
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / 2
    neck = end - along * np.minimum(head[:, None], 0.6 * length)
    side, wing = across * shaft[:, None], across * head[:, None]
    return np.stack([start - side, neck - side, neck - wing, end, neck + wing, neck + side, start + side], axis=1)


def crossings(position: FloatArray, arcs: Arcs, flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places on the line (p,), ascending, and the net mass (p - 1,) that crosses each interval between them to the right."""
    places, rank = np.unique(position, return_inverse=True)
    tail, head = rank[arcs.tail], rank[arcs.head]
    starts = np.bincount(np.minimum(tail, head), np.sign(head - tail) * flow, places.size)
    ends = np.bincount(np.maximum(tail, head), np.sign(head - tail) * flow, places.size)
    return places, np.cumsum(starts - ends)[:-1]


def coarser(places: FloatArray, amount: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """At most so many intervals, each made of several that lie next to each other, with the mean of their amounts by length."""
    if amount.size <= most:
        return places, amount
    first = np.arange(0, amount.size, -(-amount.size // most))
    gaps = np.diff(places)
    mean = np.add.reduceat(amount * gaps, first) / np.add.reduceat(gaps, first)
    return np.append(places[first], places[-1]), mean


def net_flow(points: FloatArray, arcs: Arcs, flow: FloatArray) -> FloatArray:
    """Net flow vector of each node (N, 2): the sum over the arcs that leave it of mass times (x_head - x_tail)."""
    step = flow[:, None] * (points[arcs.head] - points[arcs.tail])
    return np.stack([np.bincount(arcs.tail, step[:, axis], arcs.size) for axis in (0, 1)], axis=1)


def block_means(points: FloatArray, vectors: FloatArray, cell: IndexArray, block: int) -> tuple[FloatArray, FloatArray]:
    """Mean place and mean vector (k, 2) of the nodes in each block of so many lines each way.

    Parameters
    ----------
    points, vectors : ndarray (N, 2)
        Of the nodes.
    cell : ndarray of int (N, 2)
        Number of the line across each axis that a node is on.
    block : int
        Lines in a block.
    """
    _, which, count = np.unique(cell // block, axis=0, return_inverse=True, return_counts=True)
    middle, mean = (
        np.stack([np.bincount(which.ravel(), of[:, axis]) for axis in (0, 1)], axis=1) / count[:, None]
        for of in (points, vectors)
    )
    return middle, mean


def write_names(ax: Axes, points: FloatArray, names: Sequence[str], lines: Sequence[FloatArray], radius: float) -> None:
    """Write a name beside each of a few nodes, where it covers the least of other names, of nodes and of lines.

    Parameters
    ----------
    ax : Axes
        With all else drawn: its layout is settled first.
    points : ndarray (N, 2)
        Nodes.
    names : sequence of str
        One a node.
    lines : sequence of ndarray (c, 2)
        Corners of each line to keep out of the way of.
    radius : float
        Of a node, in points (1/72 inch).
    """
    ax.figure.figure.draw_without_rendering()
    style: dict[str, Any] = {
        "fontsize": 8,
        "ha": "center",
        "va": "center",
        "zorder": 6,
        "path_effects": [withStroke(linewidth=2, foreground="white")],
    }
    texts = [
        ax.annotate(name, tuple(point), (0, 0), textcoords="offset points", parse_math=False, annotation_clip=False, **style)
        for name, point in zip(names, points, strict=True)
    ]
    dot = ax.figure.dpi / 72
    boxes = [text.get_window_extent() for text in texts]
    half = np.array([[box.width / 2, 0.42 * box.height] for box in boxes])
    at = ax.transData.transform(points)
    shifts = np.concatenate([np.array(_SIDES) * (half[:, None] + far * (radius + 1.5) * dot) for far in (1.0, 2.0)], axis=1)
    frame = ax.get_window_extent()
    walls = np.array([[frame.x0, frame.y0], [frame.x1, frame.y1]])
    chosen = _placed(at, half, shifts, ax.transData.transform(_dotted(lines)), walls, (radius + 1) * dot)
    for text, shift in zip(texts, chosen, strict=True):
        text.set_position(tuple(shift / dot))


def _dotted(lines: Sequence[FloatArray]) -> FloatArray:
    """Points along lines."""
    share = np.linspace(0, 1, 60)[:, None, None]
    dots = [(line[:-1] + share * np.diff(line, axis=0)).reshape(-1, 2) for line in lines]
    return np.concatenate([np.empty((0, 2)), *dots])


def _placed(
    at: FloatArray, half: FloatArray, shifts: FloatArray, dots: FloatArray, walls: FloatArray, radius: float
) -> FloatArray:
    """The shift of each name (N, 2) out of its choices (N, c, 2), one name at a time while the others stay, a few times over."""
    centre = at[:, None] + shifts
    fixed = np.stack([_fixed_cost(centre[k], half[k], at, dots, walls, radius) for k in range(len(at))])
    pick = fixed.argmin(axis=1)
    for _ in range(_SWEEPS):
        for k in range(len(at)):
            others = np.arange(len(at)) != k
            now = centre[np.arange(len(at)), pick][others]
            pick[k] = np.argmin(fixed[k] + 20 * _cover(centre[k], half[k] + 2, now, half[others]))
    return np.asarray(shifts[np.arange(len(at)), pick])


def _fixed_cost(
    centre: FloatArray, half: FloatArray, at: FloatArray, dots: FloatArray, walls: FloatArray, radius: float
) -> npt.NDArray[np.float64]:
    """What a name covers of nodes and lines, and how far it sticks out of the axes, at each of its choices (c,)."""
    nodes = _cover(centre, half, at, np.full_like(at, radius))
    lines = (np.abs(centre[:, None] - dots) < half).all(axis=2).sum(axis=1)
    outside = np.maximum(0, np.stack([walls[0] - (centre - half), centre + half - walls[1]])).sum(axis=(0, 2))
    return np.asarray(10 * nodes + lines + 10 * outside + 0.1 * np.arange(len(centre)))


def _cover(centre: FloatArray, half: FloatArray, others: FloatArray, halves: FloatArray) -> FloatArray:
    """How much a name covers of other boxes at each of its choices (c,), in pixels of depth."""
    depth = np.minimum(*np.moveaxis(half + halves - np.abs(centre[:, None] - others), 2, 0))
    return np.asarray(np.maximum(0, depth).sum(axis=1))
