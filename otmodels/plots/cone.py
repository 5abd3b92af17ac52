"""Farkas' lemma as a picture: the cone of the columns of A with b inside, or outside with a hyperplane between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError
from otmodels.plots.arrows import outlines, write_names
from otmodels.plots.canvas import DARK, INK, LIGHT, key_above, polygons
from otmodels.plots.scene import Scene
from otmodels.plots.sectors import Sector, unit
from otmodels.plots.sketch import plane_axes

_POINTER = 0.3
"""Length of y, of which the direction alone counts, in parts of the size of what is drawn."""

_DOWN = np.array([0.0, 0.0, -1.0])


def farkas_cone(
    A: npt.ArrayLike | Sequence[Any] | csc_array | csr_array,  # noqa: N803 - the symbol of the mathematics
    b: npt.ArrayLike | Sequence[Any],
    *,
    ax: Axes | None = None,
    names: Sequence[str] | None = None,
) -> Axes:
    """Draw the cone {A x : x >= 0} of the columns of A, and b.

    Where b is inside, dashed lines show how two or three of the columns make it: b is a corner of the box of their
    multiples. Where it is outside, the hyperplane {z : y'z = 0} of Farkas' lemma (see `otmodels.lp.farkas`) is drawn with its
    normal y: the cone lies where y'z <= 0, and b where y'z > 0. What the cone is, is decided in exact arithmetic.

    Parameters
    ----------
    A : array_like or sparse array, shape (2, n) or (3, n)
        Numbers or Fractions; at most 100 columns.
    b : array_like, shape (2,) or (3,)
        Numbers or Fractions.
    ax : Axes, optional
        Where to draw, with ``projection="3d"`` for three rows; a new figure where omitted.
    names : sequence of str, optional
        Of the columns, a₁, a₂, ... where omitted.

    Returns
    -------
    Axes
        Of two rows, its collections are the cone, where it has an inside, the columns as arrows, their fourth corner the tip,
        and where b is outside, the half-plane y'z > 0 and y as an arrow. Where the columns and b are too different in length
        to be seen together, all are drawn as long as each other: that changes neither the cone nor the side b is on.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError
        Other numbers of rows, more than 100 columns, shapes that do not match; entries that are not finite.
    ParameterError
        `ax` is of the wrong kind; the answer is beyond floating point.
    """
    scene = Scene.of(A, b, names)
    space = scene.dimension == 3
    if ax is not None and ax.name != ("3d" if space else "rectilinear"):
        fault = f"is of kind {ax.name!r}, and A has {scene.dimension} rows"
        raise ParameterError("ax", fault, "Give plt.subplot(projection='3d')" if space else "Give axes of a plane, plt.subplot()")
    return _in_space(scene, ax) if space else _in_plane(scene, ax)


def _in_plane(scene: Scene, ax: Axes | None) -> Axes:
    low, high, size = _limits(scene)
    ax = ax if ax is not None else plane_axes(high - low)
    _frame(ax, low, high, scene.uneven)
    far = 1.1 * float(np.hypot(*np.maximum(np.abs(low), np.abs(high))))
    for face in scene.faces:
        if face.solid:
            polygons(ax, face.corners(far)[None, :, :2], facecolors=DARK, alpha=0.22, edgecolors="none", zorder=0.5)
    _lines(ax, scene, far)
    lines = [*scene.box, np.stack([0 * scene.b, scene.b])]
    lines += _arrows(ax, scene.columns[scene.columns.any(axis=1)], size, facecolors=DARK, edgecolors=DARK)
    places, names = scene.named
    if scene.answer.x is None:
        tip = _POINTER * size * scene.normal[None]
        sides, border = _half_plane(ax, scene, np.stack([low, high]), far)
        lines += [border, *_arrows(ax, tip, size, facecolors="white", edgecolors="black")]
        places, names = np.concatenate([places, tip, sides]), [*names, "y", "y'z > 0", "y'z ≤ 0"]
    key_above(ax, scene.key())
    write_names(ax, places, names, lines, 5.0)
    return ax


def _lines(ax: Any, scene: Scene, far: float) -> None:
    """Draw what are lines in the plane as in space: a cone without an inside, the box of the multiples that make b, and b."""
    for face in scene.faces:
        if not face.solid:
            ends = face.ends(far)[:, : scene.dimension]
            ax.plot(*ends.T, color=DARK, alpha=0.3, linewidth=8.0, solid_capstyle="butt", zorder=0.5)
    for edge in scene.box:
        ax.plot(*edge.T, color=INK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=2.5)
    ax.plot(*np.stack([0 * scene.b, scene.b]).T, color=LIGHT, linewidth=2.5, zorder=2.4)
    ax.plot(*scene.b[:, None], color=LIGHT, marker="o", markersize=9.0, markeredgecolor="black", zorder=4)


def _limits(scene: Scene) -> tuple[FloatArray, FloatArray, float]:
    """Limits (2,) in which everything is seen, the one side at least 0.75 of the other, and the size of what is drawn."""
    size = float(np.ptp(scene.tips, axis=0).max()) or 1.0
    seen = np.concatenate([scene.tips, _POINTER * size * scene.normal[None]])
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = 0.15 * size + np.maximum(0.75 * size - (high - low), 0) / 2
    return low - margin, high + margin, size


def _frame(ax: Axes, low: FloatArray, high: FloatArray, uneven: bool) -> None:
    """The axes, with lines through the origin; without numbers where lengths mean nothing."""
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", autoscale_on=False, xlabel="row 1", ylabel="row 2")
    ax.axhline(0, color="0.8", linewidth=0.8, zorder=0.6)
    ax.axvline(0, color="0.8", linewidth=0.8, zorder=0.6)
    if uneven:
        ax.set(xticks=[], yticks=[])


def _arrows(ax: Axes, to: FloatArray, size: float, **style: Any) -> list[FloatArray]:
    """Draw arrows from the origin; the corners of each."""
    if not len(to):
        return []
    thickness = np.full(len(to), 0.008 * size * min(1.0, float(np.sqrt(16 / len(to)))))
    corners = outlines(np.zeros_like(to), to, thickness, 4.5 * thickness)
    polygons(ax, corners, linewidths=0.8, zorder=3, **style)
    return list(corners)


def _half_plane(ax: Axes, scene: Scene, limits: FloatArray, far: float) -> tuple[FloatArray, FloatArray]:
    """Draw the half-plane y'z > 0 and its border; places (2, 2) on both sides, and the ends (2, 2) of the border in the axes."""
    normal, along = scene.normal, np.array([scene.normal[1], -scene.normal[0]])
    side = Sector(np.append(along, 0), np.append(normal, 0), np.pi, "half-plane")
    polygons(ax, side.corners(far)[None, :, :2], facecolors=LIGHT, alpha=0.16, edgecolors="none", zorder=0.4)
    ax.plot(*(far * np.stack([-along, along])).T, color=INK, linewidth=2.0, zorder=2)
    ends = np.stack([way * _reach(way, limits) for way in (along, -along)])
    free = _freest(np.concatenate([share * ends for share in (0.85, 0.7, 0.55)]), _dotted(scene.tips))
    aside = 0.055 * np.ptp(limits, axis=0).max() * normal
    return np.stack([free + aside, free - aside]), ends


def _dotted(tips: FloatArray) -> FloatArray:
    """Points along arrows from the origin."""
    return np.concatenate([share * tips for share in np.linspace(0, 1, 11)])


def _freest(places: FloatArray, taken: FloatArray) -> FloatArray:
    """Of places (k, d) the one that is furthest from all that are taken."""
    apart = np.linalg.norm(places[:, None] - taken, axis=2).min(axis=1)
    return np.asarray(places[apart.argmax()])


def _reach(way: FloatArray, limits: FloatArray) -> float:
    """How far one can go from the origin within limits (2, 2)."""
    moving = way != 0
    return float((np.where(way > 0, limits[1], limits[0])[moving] / way[moving]).min())


def _in_space(scene: Scene, given: Axes | None) -> Axes:
    ax: Any = given if given is not None else plt.figure(figsize=(7.0, 6.6), layout="constrained").add_subplot(projection="3d")
    size = float(np.linalg.norm(scene.tips, axis=1).max()) or 1.0
    faces = [face.corners(size) for face in scene.faces if face.solid]
    for face in faces:
        ax.add_collection3d(Poly3DCollection([face], facecolor=DARK, alpha=0.16, edgecolor=DARK, linewidth=0.8))
    _lines(ax, scene, size)
    arrows = scene.columns[scene.columns.any(axis=1)]
    ax.quiver(*np.zeros_like(arrows).T, *arrows.T, color=DARK, linewidth=2.0, arrow_length_ratio=0.12)
    places, names = scene.named
    places = places + 0.1 * size * np.array([unit(place if place.any() else _DOWN) for place in places])
    seen = _view(ax, scene, size)
    drawn = [scene.tips, *faces]
    if scene.answer.x is None:
        disc, sides = _plane(ax, scene, size, seen)
        drawn.append(disc)
        places, names = np.concatenate([places, sides]), [*names, "y", "y'z > 0", "y'z ≤ 0"]
    for place, name in zip(places, names, strict=True):
        halo = [withStroke(linewidth=2, foreground="white")]
        ax.text(*place, name, ha="center", va="center", parse_math=False, zorder=6, path_effects=halo)
    _frame_space(ax, np.concatenate([*drawn, places]), scene.uneven)
    key_above(ax, scene.key())
    axes: Axes = ax
    return axes


def _plane(ax: Any, scene: Scene, size: float, seen: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Draw the disc of the plane y'z = 0 and y; its rim (k, 3), and places (3, 3) for the names of y and of both sides."""
    normal = scene.normal
    along = unit(np.cross(normal, np.eye(3)[np.abs(normal).argmin()]))
    disc = Sector(along, np.cross(normal, along), 2 * np.pi, "plane").corners(size)
    ax.add_collection3d(Poly3DCollection([disc], facecolor=LIGHT, alpha=0.22, edgecolor=INK, linewidth=1.2))
    tip, aside = 0.5 * size * normal, 0.16 * size * normal
    ax.quiver(*np.zeros(3), *tip, color="black", linewidth=1.4, arrow_length_ratio=0.2)
    taken = _dotted(np.concatenate([scene.tips, tip[None]])) @ seen
    free = disc[(disc @ seen == _freest(disc @ seen, taken)).all(axis=1).argmax()]
    return disc, np.stack([1.12 * tip, free + aside, free - aside])


def _view(ax: Any, scene: Scene, size: float) -> FloatArray:
    """Look from where the tips stand furthest apart, at a plane almost from its edge, and along no axis; a projection (3, 2)."""
    points = np.unique(np.concatenate([scene.tips, [scene.b / 2, 0.5 * size * scene.normal]]), axis=0) / size
    best, projection = -np.inf, np.zeros((3, 2))
    for up, about in product((14, 22, 30), (quarter + turn for quarter in (-90, 0, 90, 180) for turn in (25, 35, 45, 55, 65))):
        e, a = np.radians([up, about])
        right, eye = np.array([-np.sin(a), np.cos(a), 0]), np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        seen = np.stack([right, np.cross(eye, right)], axis=1)
        apart = np.linalg.norm((points[:, None] - points) @ seen, axis=2) + 2 * np.eye(len(points))
        score = float(apart.min()) - abs(abs(float(eye @ scene.normal)) - 0.3)
        if score > best + 1e-9:
            best, projection = score, seen
            ax.view_init(elev=up, azim=about)
    return projection


def _frame_space(ax: Any, drawn: FloatArray, uneven: bool) -> None:
    """Limits of the axes, in which all is seen, undistorted."""
    middle, half = (drawn.min(axis=0) + drawn.max(axis=0)) / 2, 0.52 * float(np.ptp(drawn, axis=0).max())
    for which, centre in zip("xyz", middle.tolist(), strict=True):
        ax.set(**{f"{which}lim": (centre - half, centre + half), f"{which}label": f"row {'xyz'.index(which) + 1}"})
        getattr(ax, f"{which}axis").set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        if uneven:
            ax.tick_params(axis=which, label1On=False)
    ax.set_box_aspect((1, 1, 1))
