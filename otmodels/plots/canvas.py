"""What all figures share: colours, new axes, labels that fit, the entries of a plan, limits of size."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from textwrap import fill, wrap
from typing import Any, Literal, TypeAlias, cast

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib import colormaps, rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError, ShapeError
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Solution, Unsolved

Solved: TypeAlias = Solution | ExtendedSolution
"""What can be drawn."""

MOST_ATOMS = 2000
"""Most atoms a side of a figure that draws each atom, or each pair, by itself."""

MOST_MOVES = 200_000
"""Most plan entries in one figure."""

MANY = 100
"""Above so many atoms their marks touch, and white gaps and markers would swamp them."""

DARK, LIGHT, INK = "#3b2a6b", "#e08214", "0.25"
"""Two colours that differ in lightness as well as in hue, and the grey of everything that is neither."""

_LONGEST_LABEL = 20

_LEFT_BY_LAYOUT = 0.8
"""Part of its length that an axis keeps when labels, colour bars and the like have taken their room."""


def shades(n: int) -> FloatArray:
    """Take n colours (n, 4) from dark to light, apart in greyscale too; the lightest still stands out from white paper."""
    return np.asarray(colormaps["viridis"](0.92 * (np.arange(n) + 0.5) / n), dtype=np.float64)


def light_to_dark() -> Colormap:
    """Make the same colours a map for amounts >= 0: more is darker."""
    return ListedColormap(shades(256)[::-1], name="otmodels")


def new_axes(width: float, height: float) -> Axes:
    """Make a figure of that many inches and return its axes."""
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def problem_of(solution: Solved) -> TransportProblem:
    """Return the problem of a solution that has a plan.

    Raises
    ------
    ParameterError
        The solve ended without one.
    """
    if isinstance(solution, Unsolved):
        raise ParameterError("solution", f"has no plan to draw: {solution.status}", "Solve to the end, with a larger time_limit")
    return solution.problem


def moves(solution: Solved) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Find source, target and mass of every plan entry that carries mass.

    Raises
    ------
    ShapeError
        There are more than a figure can hold.
    """
    plan = solution.sparse_plan.tocoo()
    moved = plan.data > 0
    if moved.sum() > MOST_MOVES:
        fault = f"has a plan of {moved.sum()} entries, and a figure holds at most {MOST_MOVES}"
        raise ShapeError("solution", fault, "Draw a smaller problem, or read solution.sparse_plan")
    return plan.row[moved].astype(np.intp), plan.col[moved].astype(np.intp), plan.data[moved]


def refuse_above(problem: TransportProblem, figure: str, instead: str) -> None:
    """Raise a ShapeError where there are too many atoms to be drawn one by one."""
    n, m = problem.shape
    if max(n, m) > MOST_ATOMS:
        raise ShapeError("solution", f"has {n} x {m} atoms, and {figure} draws at most {MOST_ATOMS} a side", instead)


def polygons(ax: Axes, corners: npt.NDArray[Any], **style: Any) -> PolyCollection:
    """Draw polygons (k, corners, 2) as one collection: thousands cost as little as ten, which is not so with patches."""
    collection = PolyCollection(cast(Sequence[npt.ArrayLike], corners), **style)
    ax.add_collection(collection)
    ax.autoscale_view()
    return collection


def boxes(
    ax: Axes,
    left: npt.NDArray[Any],
    right: npt.NDArray[Any],
    bottom: npt.NDArray[Any],
    top: npt.NDArray[Any],
    **style: Any,
) -> PolyCollection:
    """Draw rectangles as one collection."""
    corners = np.stack([left, bottom, right, bottom, right, top, left, top], axis=1)
    return polygons(ax, corners.reshape(-1, 4, 2), **style)


def with_unit(text: str, unit: str, room: float = np.inf) -> str:
    """Write an axis label such as "mass [t]", on as many lines as it takes to fit into some room, in points."""
    if not unit:
        return text
    # A dollar of a unit is none that opens a formula.
    unit = unit.replace("$", r"\$") if "$" in text or unit.count("$") > 1 else unit
    letters = int(room / (0.55 * _points_of(rcParams["axes.labelsize"]))) if np.isfinite(room) else len(text) + len(unit) + 3
    if len(text) + len(unit) + 3 <= letters:
        return f"{text} [{unit}]"
    return "\n".join([text, *wrap(f"[{unit}]", max(letters, 12))])


def length_in_points(ax: Axes, which: Literal["x", "y"]) -> float:
    """Estimate how long an axis will be on paper, in points (1/72 inch)."""
    box = ax.get_window_extent()
    return float(box.width if which == "x" else box.height) * 72 / ax.figure.dpi


def room_along(ax: Axes, which: Literal["x", "y"]) -> float:
    """Estimate how long a label along an axis may be, in points."""
    return _LEFT_BY_LAYOUT * length_in_points(ax, which)


def inches_of(labels: Sequence[Hashable]) -> float:
    """Estimate the width of the longest of some labels, as a figure shortens them, in inches."""
    return 0.6 * _points_of(rcParams["xtick.labelsize"]) * max(len(shortened(label)) for label in labels) / 72


def name_ticks(ax: Axes, which: Literal["x", "y"], places: npt.NDArray[Any], labels: Sequence[Hashable]) -> None:
    """Write the atoms' labels along an axis: slanted where they are too wide, every k-th where they are too many."""
    texts = [shortened(label) for label in labels]
    axis = ax.xaxis if which == "x" else ax.yaxis
    size = _points_of(rcParams["xtick.labelsize" if which == "x" else "ytick.labelsize"])
    room = room_along(ax, which) / len(texts)
    level = which == "x" and 0.6 * size * (max(map(len, texts)) + 1.5) <= room
    step = 1 if level else _round_up((2.0 if which == "x" else 1.4) * size / room)
    axis.set_ticks(places[::step], texts[::step], parse_math=False)
    if which == "x" and not level:
        for text in axis.get_ticklabels():
            text.set(rotation=40, ha="right", rotation_mode="anchor")


def key_above(ax: Axes, handles: Sequence[Artist], beside: float = 0.0, **style: Any) -> None:
    """Write the legend above the axes, where it hides nothing, in as many columns as the figure has room for.

    Names along the left of the axes may take some inches of it.
    """
    room = _LEFT_BY_LAYOUT * (ax.figure.bbox.width - beside * ax.figure.dpi)
    for columns in (3, 2, 1):
        legend = ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False, **style)
        width = legend.get_window_extent().width
        if width <= room:
            return
    for text in legend.get_texts():
        words = text.get_text()
        # A formula has to stay on its line.
        if "$" not in words.replace(r"\$", ""):
            text.set_text(fill(words, max(20, int(len(words) * room / width))))


def colour_bar(ax: Axes, drawn: ScalarMappable, text: str, unit: str, beside: float = 0.0) -> None:
    """Add a colour bar on the right of axes, past what already stands there on that part of their width.

    Constrained layout sees for itself what stands there; without it the room has to be asked for.
    """
    constrained = isinstance(ax.figure.get_layout_engine(), ConstrainedLayoutEngine)
    label = with_unit(text, unit, room_along(ax, "y"))
    bar = ax.figure.colorbar(drawn, ax=ax, label=label, pad=0.02 if constrained else 0.05 + beside)
    bar.outline.set_visible(False)


def _points_of(size: Any) -> float:
    """The size of a font in points."""
    return float(FontProperties(size=size).get_size_in_points())


def _round_up(step: float) -> int:
    """Find the next of 1, 2, 5, 10, 20, 50, ..."""
    steps = (digit * int(10**power) for power in range(20) for digit in (1, 2, 5))
    return next(k for k in steps if k >= step)


def shortened(label: Hashable) -> str:
    """Write the first letters of a label that is too long for a figure."""
    text = str(label)
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
