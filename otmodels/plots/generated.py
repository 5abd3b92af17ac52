"""Generated points over time, small panels of one scale: clouds over the data, histograms on the line, tiles of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.measure import Measure
from otmodels.plots.canvas import DARK, LIGHT, with_unit

PANELS = 6
"""Most panels."""

COLUMNS = 3
"""Fewer panels leave room on their right."""

MOST_POINTS = 400
"""Most points of a cloud, evenly chosen from the data or from the generated ones."""

BINS = 30
"""Bins of a histogram."""

SMALLEST_PICTURE = 4
"""Points are drawn as pictures from so many pixels in height and width on."""

TILES = 4
"""Pictures in a row and in a column of a panel."""

_MARGIN = 0.06
_NARROWEST = 0.6
_CORNER = (0.36, 0.13)
_PAPER: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
_HIGHEST = 2.6
_LABELS, _TITLE = 0.75, 0.2
_SIDE_ROOM = 0.9
_BETWEEN = "0.8"


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Data (n, d) with masses, generated points after some steps, and the limits (2, d) of all panels."""

    points: FloatArray
    mass: FloatArray
    samples: Mapping[int, FloatArray]
    low: FloatArray
    high: FloatArray
    unit: str

    @classmethod
    def of(cls, data: Measure, samples: Mapping[int, FloatArray], unit: str) -> Shown | None:
        """What is shown of a run; None where nothing was kept or it cannot be drawn."""
        points = data.points
        if points is None or not samples or (points.shape[1] > 2 and not _side(points.shape[1])):
            return None
        steps = np.array(sorted(samples))
        panels = PANELS - (points.shape[1] > 2)
        chosen = np.unique(np.linspace(0, steps.size - 1, panels).round().astype(int))
        last = np.asarray(samples[int(steps[-1])])
        low, high = _limits(points, last[np.isfinite(last).all(axis=1)])
        return cls(points, data.mass, {int(step): np.asarray(samples[int(step)]) for step in steps[chosen]}, low, high, unit)

    @property
    def dimension(self) -> int:
        """Coordinates of a point."""
        return int(self.points.shape[1])

    @property
    def count(self) -> int:
        """How many panels there are."""
        return len(self.samples) + (self.dimension > 2)

    @property
    def columns(self) -> int:
        """How many have room."""
        return max(self.count, COLUMNS)

    def height(self, width: float) -> float:
        """Inches that the row of panels takes in a figure that is so wide."""
        across = (width - _SIDE_ROOM) / self.columns - 0.1
        if self.dimension > 2:
            return min(across, _HIGHEST) + _TITLE
        extent = self.high - self.low
        ratio = float(extent[1] / extent[0]) if self.dimension == 2 else 0.75
        return min(across * ratio, _HIGHEST) + _LABELS

    def draw(self, figure: Figure, room: SubplotSpec) -> tuple[Axes, ...]:
        """A panel a step, from left to right, and the key to them."""
        grid = room.subgridspec(1, self.columns)
        alike = self.dimension <= 2
        panels: list[Axes] = []
        for k in range(self.count):
            first = panels[0] if panels and alike else None
            panels.append(figure.add_subplot(grid[k], sharex=first, sharey=first))
        for ax, (step, made) in zip(panels, self.samples.items(), strict=False):
            ax.set_title(f"step {step:,}", fontsize="medium")
            {1: self._histograms, 2: self._clouds}.get(self.dimension, self._pictures)(ax, made)
        if not alike:
            panels[-1].set_title("data", fontsize="medium")
            self._pictures(panels[-1], self.points)
            return tuple(panels)
        for ax in panels:
            self._dress(ax, ax is panels[0])
        figure.legend(handles=self._handles(), loc="outside lower left", ncols=2, frameon=False)
        return tuple(panels)

    def _clouds(self, ax: Axes, made: FloatArray) -> None:
        """Generated points, dark, over the data, light and hollow."""
        at, its = _some(len(self.points)), made[_some(len(made))]
        heavy = self.mass[at] / self.mass.mean()
        size = 70 / np.sqrt(max(at.size, 30))
        area = np.clip(size * heavy, 0.2 * size, 6 * size)
        ax.scatter(self.points[at, 0], self.points[at, 1], s=area, facecolors="none", edgecolors=LIGHT, linewidths=0.7, zorder=2)
        seen = its[self._within(its)]
        ax.scatter(seen[:, 0], seen[:, 1], s=70 / np.sqrt(max(len(its), 30)), color=DARK, linewidths=0, zorder=3)
        ax.set_aspect("equal")
        self._count_outside(ax, made)

    def _histograms(self, ax: Axes, made: FloatArray) -> None:
        """Generated points, a dark outline, over the data, light and filled; shares of all in a bin."""
        edges = np.linspace(self.low[0], self.high[0], BINS + 1)
        ax.stairs(self._shares(self.points, self.mass), edges, fill=True, color=LIGHT, alpha=0.55, zorder=2)
        ax.stairs(self._shares(made, np.ones(len(made))), edges, color=DARK, linewidth=1.3, zorder=3)
        self._count_outside(ax, made)

    def _shares(self, points: FloatArray, mass: FloatArray) -> FloatArray:
        """The share of the mass that is in each bin."""
        found = np.histogram(points[:, 0], BINS, (self.low[0], self.high[0]), weights=mass)[0]
        return np.asarray(found / mass.sum())

    def _pictures(self, ax: Axes, made: FloatArray) -> None:
        """Some pictures side by side, on the scale of the data."""
        side = _side(self.dimension)
        chosen = made[np.linspace(0, len(made) - 1, min(TILES**2, len(made))).round().astype(int)]
        page = np.full((TILES, side + 1, TILES, side + 1), np.nan)
        for k, picture in enumerate(chosen):
            page[k // TILES, :side, k % TILES, :side] = picture.reshape(side, side)
        wide = TILES * (side + 1)
        ink = colormaps["gray_r"].with_extremes(bad=_BETWEEN)
        ax.imshow(page.reshape(wide, wide)[:-1, :-1], cmap=ink, vmin=self.points.min(), vmax=self.points.max())
        ax.set_axis_off()

    def _count_outside(self, ax: Axes, made: FloatArray) -> None:
        """Say how many points are outside, in the corner where the fewest points are."""
        outside = int((~self._within(made)).sum())
        if not outside:
            return
        right, up = self._emptiest(made) if self.dimension == 2 else (False, True)
        x, y, ha, va = 0.97 if right else 0.03, 0.97 if up else 0.03, "right" if right else "left", "top" if up else "bottom"
        style: dict[str, Any] = {"ha": ha, "va": va, "fontsize": "x-small", "bbox": _PAPER, "zorder": 5}
        ax.text(x, y, f"{outside:,} outside", transform=ax.transAxes, **style)

    def _within(self, points: FloatArray) -> BoolArray:
        """Which points are inside the limits."""
        return np.asarray(((points >= self.low) & (points <= self.high)).all(axis=1))

    def _emptiest(self, made: FloatArray) -> tuple[bool, bool]:
        """Whether the corner with the fewest points is on the right, and whether it is above."""
        with np.errstate(all="ignore"):
            places = (np.concatenate([self.points, made]) - self.low) / (self.high - self.low)
        corners = {}
        for right in (False, True):
            for up in (True, False):
                near = np.abs(places - np.array([right, up]))
                corners[right, up] = int(((near < _CORNER) & (places > 0) & (places < 1)).all(axis=1).sum())
        return min(corners, key=corners.__getitem__)

    def _dress(self, ax: Axes, leftmost: bool) -> None:
        """Limits that are the same everywhere, and few ticks."""
        ax.set_xlim(self.low[0], self.high[0])
        ax.set_xlabel(with_unit("x", self.unit))
        ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        ax.tick_params(labelsize="small", labelleft=leftmost)
        if self.dimension == 1:
            last = self.samples[max(self.samples)]
            shares = [self._shares(self.points, self.mass), self._shares(last, np.ones(len(last)))]
            ax.set_ylim(0, 1.35 * max(float(each.max()) for each in shares))
            ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            ax.spines[["top", "right"]].set_visible(False)
        else:
            ax.set_ylim(self.low[1], self.high[1])
            ax.spines[:].set(color="0.7")
        if leftmost:
            ax.set_ylabel("share in a bin" if self.dimension == 1 else with_unit("y", self.unit))

    def _handles(self) -> list[Patch] | list[Line2D]:
        if self.dimension == 1:
            return [
                Patch(color=LIGHT, alpha=0.55, linewidth=0, label="data"),
                Patch(facecolor="none", edgecolor=DARK, linewidth=1.3, label="generated"),
            ]
        dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
        return [
            Line2D([], [], color=LIGHT, markerfacecolor="none", label="data", **dot),
            Line2D([], [], color=DARK, markeredgewidth=0, label="generated", **dot),
        ]


def _side(dimension: int) -> int:
    """Pixels along the side of a square picture; 0 where points are none."""
    side = isqrt(dimension)
    return side if side >= SMALLEST_PICTURE and side**2 == dimension else 0


def _some(count: int) -> IndexArray:
    """Places of as many points as a cloud may have, evenly chosen."""
    return np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(np.intp)


def _limits(points: FloatArray, last: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of the data and of the last points, as far as these are no further from the data than these are wide."""
    low, high = points.min(axis=0), points.max(axis=0)
    reach = float(np.ptp(points, axis=0).max()) or 1.0
    low = np.maximum(np.minimum(low, last.min(axis=0, initial=np.inf)), low - reach)
    high = np.minimum(np.maximum(high, last.max(axis=0, initial=-np.inf)), high + reach)
    extent = np.maximum(high - low, _NARROWEST * float((high - low).max()) or 1.0)
    centre = (low + high) / 2
    return centre - (0.5 + _MARGIN) * extent, centre + (0.5 + _MARGIN) * extent
