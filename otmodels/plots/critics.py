"""What critics look like: the exact one over the plane or the line with its rays, and what becomes of W1 in somebody's hands."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from otmodels.arrays import IndexArray
from otmodels.critics.audit import Audit
from otmodels.critics.exact import Critic
from otmodels.errors import ShapeError
from otmodels.plots.canvas import DARK, INK, LIGHT, inches_of, key_above, light_to_dark, new_axes, with_unit
from otmodels.plots.sketch import bar_beside, plane_axes

RESOLUTION = 160
"""Points along the longer side of a figure at which a critic is evaluated."""

MOST_RAYS = 600
"""Most rays that are drawn; of more, those that carry most."""

_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
_MARGIN = 0.12
_NARROWEST = 0.25
_LEVELS = 14
_NOUGHT = 1e-12


def critic_map(critic: Critic, *, ax: Axes | None = None, rays: bool = True, value_unit: str = "", length_unit: str = "") -> Axes:
    """Draw the exact critic: over the plane in shades and contours, on the line as a curve, with the rays on which mass moves.

    Along each ray, from a source to the target that its mass goes to, the critic falls with slope 1. Contours are equally
    spaced in value, so that in the Euclidean metric they stand no closer than that anywhere, and rays cross them squarely.

    Parameters
    ----------
    critic : Critic
        Of samples in the plane or on the line.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    rays : bool
        Whether the rays are drawn, at most 600 of them.
    value_unit, length_unit : str
        Units for the labels.

    Returns
    -------
    Axes
        In the plane its collections are the shades, the contours, the rays if any, sources and targets; on the line its first
        line is the critic.

    Raises
    ------
    ShapeError
        The samples are neither in the plane nor on the line.
    """
    dimension = critic.cost.x.shape[1]
    if dimension > 2:
        raise ShapeError("critic", f"is a function of {dimension} coordinates", "Draw critics of one or two")
    if dimension == 1:
        return _curve(critic, ax if ax is not None else new_axes(7, 4), rays, value_unit, length_unit)
    x, y = critic.cost.x, critic.cost.y
    points = np.concatenate([x, y])
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    centre = low + extent / 2
    extent = np.maximum(extent, _NARROWEST * extent.max() or 1.0)  # points on a line are in the middle of a strip
    low, high = centre - (0.5 + _MARGIN) * extent, centre + (0.5 + _MARGIN) * extent
    ax = ax if ax is not None else plane_axes(extent)
    steps = np.maximum((RESOLUTION * extent / extent.max()).astype(int), 2)
    across, up = (np.linspace(low[k], high[k], steps[k]) for k in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    values = critic(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    shades = ax.contourf(across, up, values, levels=_LEVELS, cmap=light_to_dark(), alpha=0.55, zorder=0)
    ax.contour(across, up, values, levels=shades.levels, colors="white", linewidths=0.6, linestyles="solid", zorder=1)
    handles: list[Any] = []
    if rays:
        i, j = _rays(critic)
        ax.add_collection(LineCollection(list(np.stack([x[i], y[j]], axis=1)), colors=INK, linewidths=0.7, zorder=2))
        handles += [Line2D([], [], color=INK, linewidth=0.7, label="ray: mass moves, slope 1")] if i.size else []
    size = _area(len(points))
    ax.scatter(x[:, 0], x[:, 1], s=size, color=DARK, linewidths=0, zorder=4)
    ax.scatter(y[:, 0], y[:, 1], s=size, facecolors="white", edgecolors=LIGHT, linewidths=1.1, zorder=3)
    handles += [
        Line2D([], [], linestyle="", marker="o", color=DARK, markersize=5, label="source"),
        Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=LIGHT, markersize=5, label="target"),
    ]
    bar_beside(ax, shades, with_unit("critic f", value_unit))
    ax.set_aspect("equal")
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.set(xlabel=with_unit("first coordinate", length_unit), ylabel=with_unit("second coordinate", length_unit))
    key_above(ax, handles)
    return ax


def _curve(critic: Critic, ax: Axes, rays: bool, value_unit: str, length_unit: str) -> Axes:
    """The critic over the line, with the points of the samples on it."""
    x, y = critic.cost.x[:, 0], critic.cost.y[:, 0]
    points = np.concatenate([x, y])
    margin = _MARGIN * (np.ptp(points) or 1.0)
    across = np.unique(np.concatenate([np.linspace(points.min() - margin, points.max() + margin, 800), points]))
    handles = ax.plot(across, critic(across), color=INK, linewidth=1.4, label="critic f", zorder=1)
    if rays:
        i, j = _rays(critic)
        ends = np.stack([np.stack([x[i], critic.at_source[i]], axis=1), np.stack([y[j], critic.at_target[j]], axis=1)], axis=1)
        ax.add_collection(LineCollection(list(ends), colors=LIGHT, linewidths=3.0, alpha=0.35, zorder=0))
        handles += [Line2D([], [], color=LIGHT, linewidth=3.0, alpha=0.35, label="ray: mass moves, slope 1")] if i.size else []
    size = _area(points.size)
    ax.scatter(x, critic.at_source, s=size, color=DARK, linewidths=0, zorder=3)
    ax.scatter(y, critic.at_target, s=size, facecolors="white", edgecolors=LIGHT, linewidths=1.1, zorder=2)
    handles += [
        Line2D([], [], linestyle="", marker="o", color=DARK, markersize=5, label="source"),
        Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=LIGHT, markersize=5, label="target"),
    ]
    ax.set(xlabel=with_unit("point", length_unit), ylabel=with_unit("critic f", value_unit))
    ax.spines[["top", "right"]].set_visible(False)
    key_above(ax, handles)
    return ax


def audit_bars(audit: Audit, *, ax: Axes | None = None, value_unit: str = "") -> Axes:
    """Draw what becomes of W1: the exact value, what the critic is worth at slope 1, its own value, and what it proves.

    From the first bar to the second goes what its shape loses, from the second to the third what its scale leaves unused, or
    feigns.

    Parameters
    ----------
    audit : Audit
        Of a critic whose constant is finite.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    value_unit : str
        Unit of W1, for the label.

    Returns
    -------
    Axes
        Its patches are the bars, from W1 down, then the differences between the first three.
    """
    rows = [
        ("W1, exact", audit.w1, DARK),
        ("R / L, at slope 1", audit.scaled, LIGHT),
        ("R, as it is", audit.value, LIGHT),
        *((_short(bound.name), bound.value, "0.6") for bound in audit.bounds[2:]),
    ]
    if audit.w1 == 0:  # what is left are the last digits of zeros
        problem = audit.exact.solution.problem
        least = _NOUGHT * problem.mass_unit * problem.cost_unit
        rows = [(name, value if abs(value) > least else 0.0, colour) for name, value, colour in rows]
    ax = ax if ax is not None else new_axes(8.0, 0.9 + 0.42 * len(rows))
    places = np.arange(len(rows))
    ax.barh(places, [value for _, value, _ in rows], height=0.62, color=[colour for *_, colour in rows], zorder=2)
    steps = ((audit.w1, audit.scaled, 1, "lost by shape"), (audit.scaled, audit.value, 2, "lost by scale"))
    shown = [step for step in steps if abs(step[0] - step[1]) > 1e-6 * abs(audit.w1)]
    for before, after, place, _ in shown:
        left, width = min(before, after), abs(before - after)
        ax.barh(place, width, left=left, height=0.62, fill=False, edgecolor=INK, linestyle=(0, (3, 2)), hatch="///", zorder=3)
    most = max(abs(value) for _, value, _ in rows) or 1.0
    for place, (_, value, _) in enumerate(rows):
        ends = [value, 0.0, *(end for before, after, at, _ in shown if at == place for end in (before, after))]
        tip, align = (max(ends) + 0.01 * most, "left") if value >= 0 else (min(ends) - 0.01 * most, "right")
        ax.text(tip, float(place), f"{value:.4g}", va="center", ha=align, fontsize="small", bbox=_PAPER, zorder=5)
    ax.set_yticks(places, [name for name, *_ in rows])
    ax.invert_yaxis()
    ax.axvline(0, color=INK, linewidth=0.8, zorder=4)
    ax.axvline(audit.w1, color=DARK, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1)
    low, high = ax.get_xlim()
    room = 0.1 * (high - low)
    ax.set_xlim(low - room * (low < 0), high + room)
    ax.set_xlabel(with_unit("value", value_unit))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    handles = [
        Patch(color=DARK, label="exact"),
        Patch(color=LIGHT, label="the critic"),
        Patch(color="0.6", label="also proven by it"),
    ]
    if shown:
        handles.append(
            Patch(fill=False, edgecolor=INK, linestyle=(0, (3, 2)), hatch="///", label=", ".join(step[3] for step in shown))
        )
    key_above(ax, handles, inches_of([name for name, *_ in rows]))
    return ax


def _short(name: str) -> str:
    """What a bound is called in a figure."""
    return {
        "phi over its largest slope across the samples": "at slope 1 across",
        "the same at the sources, its c-transform at the targets": "c-transform at the targets",
        "the same at the targets, its c-transform at the sources": "c-transform at the sources",
    }.get(name, name)


def _rays(critic: Critic) -> tuple[IndexArray, IndexArray]:
    """Sources and targets between which mass moves, the heaviest first."""
    plan = critic.solution.sparse_plan.tocoo()
    used = np.flatnonzero((plan.data > 0) & (critic.cost.x[plan.row] != critic.cost.y[plan.col]).any(axis=1))
    used = used[np.argsort(-plan.data[used], kind="stable")[:MOST_RAYS]]
    return plan.row[used].astype(np.intp), plan.col[used].astype(np.intp)


def _area(count: int) -> float:
    """Size of a mark, smaller where there are many."""
    return float(np.clip(2400 / count, 5, 26))
