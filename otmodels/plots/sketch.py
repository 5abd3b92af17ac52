"""What every figure of a flow in the plane needs: the data with words for it, arrows of one look, sizes and legends."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError, ShapeError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
from otmodels.metrics import Haversine
from otmodels.network import Network
from otmodels.plots.arrows import outlines
from otmodels.plots.canvas import MOST_ATOMS, key_above, polygons, room_along, with_unit


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Network, potential and flow to be drawn, points with the coordinate that runs to the right first, and words for them."""

    network: Network
    potential: FloatArray
    flow: FloatArray
    points: FloatArray
    image: bool
    globe: bool
    mass_unit: str
    length_unit: str
    cost_unit: str

    @classmethod
    def of(cls, solution: LipschitzSolution | ExtendedFlow, image: bool, geographic: bool, units: tuple[str, str, str]) -> Sketch:
        """The sketch of a solution, in units of mass, length and cost, and an error where it cannot be drawn."""
        if not isinstance(solution, LipschitzSolution | ExtendedFlow):
            fault = f"is {kind_of(solution)}, which has no flow"
            raise ParameterError("solution", fault, "Solve to the end with form='flow' or form='lipschitz'")
        network = solution.network
        points = network.nodes.points
        if points is None or points.shape[1] > 2:
            found = "no points" if points is None else f"points in R^{points.shape[1]}"
            fault = f"has nodes with {found}, and flow_arrows draws one or two coordinates"
            raise ShapeError("solution", fault, "Read solution.flow_table() and solution.nodes_table()")
        cost = network.problem.cost
        globe = geographic or (isinstance(cost, GroundCost) and isinstance(cost.metric, Haversine))
        points = points[:, ::-1] if image else points
        return cls(network, solution.potential, solution.flow, points, image, globe, *units)

    @property
    def used(self) -> IndexArray:
        """Arcs that carry mass from one place to another."""
        arcs = self.network.arcs
        apart = (self.points[arcs.tail] != self.points[arcs.head]).any(axis=1)
        return np.flatnonzero((self.flow > 0) & apart)

    @property
    def squeeze(self) -> float:
        """Length on paper of a unit to the right over that of a unit upwards."""
        if not self.globe:
            return 1.0
        middle = (self.points[:, 1].min() + self.points[:, 1].max()) / 2
        return max(float(np.cos(np.radians(middle))), 0.1)

    def potential_label(self, ax: Axes) -> str:
        """What the potential is called beside axes: it is in units of the cost."""
        power = getattr(self.network.problem.cost, "power", 1.0)
        unit = self.length_unit if power == 1 or not self.length_unit else f"{self.length_unit}^{power:g}"
        return with_unit("potential f", self.cost_unit or unit, room_along(ax, "y"))

    def amount(self, mass: float) -> str:
        """A mass with its unit."""
        return f"{mass:.2g} {self.mass_unit}".rstrip()

    def dress(self, ax: Axes) -> None:
        """Name the axes: in units of length where distances are taken from the points."""
        names = ("column", "row") if self.image else ("longitude", "latitude") if self.globe else ("x", "y")
        measured = isinstance(self.network.problem.cost, GroundCost)
        unit = "°" if self.globe else self.length_unit if measured else ""
        x, y = (with_unit(name, unit, room_along(ax, "x")) for name in names)
        ax.set(xlabel=x, ylabel=y)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
        if self.image:
            ax.invert_yaxis()


def draw_arrows(sketch: Sketch, ax: Axes, used: IndexArray, width: FloatArray, head: float, trim: float) -> FloatArray:
    """Draw arcs as arrows, a little short of their nodes, wide ones beneath; return their corners (k, 7, 2).

    Widths, and the lengths by which heads are wider than shafts and arrows are short, are in units upwards.
    """
    order = np.argsort(-width, kind="stable")
    used, width = used[order], width[order]
    scale, arcs = np.array([sketch.squeeze, 1.0]), sketch.network.arcs
    start, end = sketch.points[arcs.tail[used]] * scale, sketch.points[arcs.head[used]] * scale
    along = end - start
    length = np.linalg.norm(along, axis=1, keepdims=True)
    short = along / length * np.minimum(trim, 0.25 * length)
    corners = outlines(start + short, end - short, width, 1.8 * width + head) / scale
    halo = [withStroke(linewidth=1.5, foreground="white")] if used.size <= MOST_ATOMS else []
    polygons(ax, corners, facecolors="black", edgecolors="black", linewidths=0.5, zorder=3, path_effects=halo)
    return np.asarray(corners)


def range_of(potential: FloatArray) -> Normalize:
    """The range of f; one unit wide where f is the same everywhere."""
    low, high = float(potential.min()), float(potential.max())
    return Normalize(low, high if high > low else low + 1)


def plane_axes(extent: FloatArray) -> Axes:
    """New axes in a figure that a map of that extent and its colour bar fill about.

    Constrained layout alone does not settle at once where the aspect is fixed.
    """
    ratio = float(np.clip(extent[1] / extent[0] if extent[0] else 1.6, 0.4, 1.6))
    width = float(np.clip(6.0 / np.sqrt(ratio), 5.6, 9.0))
    return plt.subplots(figsize=(width + 1.4, width * ratio + 0.9), layout="compressed")[1]


def bar_beside(ax: Axes, drawn: ScalarMappable, label: str) -> None:
    """Add a colour bar as high as the axes, which is not sure of one in a place of its own where the aspect is fixed."""
    bar = ax.figure.colorbar(drawn, cax=ax.inset_axes((1.02, 0.0, 0.035, 1.0)), label=label)
    bar.outline.set_visible(False)


def arrow_handle(text: str) -> Line2D:
    """An arrow for the legend."""
    return Line2D([], [], linestyle="", marker=r"$\rightarrow$", markersize=12, color="black", markeredgewidth=0, label=text)


def key(ax: Axes, handles: list[Line2D]) -> None:
    """Write the legend above the axes, if there is anything to say."""
    if handles:
        key_above(ax, handles)
