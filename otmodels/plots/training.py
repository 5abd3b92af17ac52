"""A run of training in one picture: the loss, W1 and what the critic proves of it, its slope, and generated points over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill, shorten
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError
from otmodels.plots.canvas import DARK, INK, LIGHT, key_above, with_unit
from otmodels.plots.generated import Shown
from otmodels.wgan import Fit, History
from otmodels.wgan.fit import LAST

MOST_STEPS = 500
"""Most points of a curve; of more steps, the means of as many at a time are drawn."""

MARKED = 40
"""Most audits of a curve that are marked one by one."""

FALL = 20.0
"""W1 that falls by more than this factor has a logarithmic axis."""

DECADE = 10.0
"""L that varies by more than this factor has a logarithmic axis."""

_WIDTH = 8.0
_CURVES, _STRIP, _EMPTY, _REST = 2.5, 0.95, 0.7, 0.9
_LETTERS = 108
_APART = 0.07
_GREY = "0.93"
_ONE = "W1"
_BOUND: dict[str, Any] = {
    "marker": "v",
    "color": INK,
    "markerfacecolor": "white",
    "linewidth": 1.0,
    "linestyle": (0, (4, 2)),
    "zorder": 4,
}
_GUIDE: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (5, 3)), "zorder": 1}


@dataclass(frozen=True, slots=True, eq=False)
class _Story:
    """What is told of a run: its numbers, W1 where it is one number, words, whether its critic is neural, and points."""

    frame: pd.DataFrame
    w1: float | None
    words: str
    neural: bool
    settling: bool
    shown: Shown | None

    @classmethod
    def of(cls, run: History | Fit, length_unit: str) -> _Story:
        """The story of a run.

        Raises
        ------
        ParameterError
            It is something else.
        """
        if isinstance(run, Fit):
            words = [run.recipe.said, run.settled] if run.steps else [run.recipe.said]
            return cls(run.frame, run.exact.value, _words(words, run), True, True, None)
        if not isinstance(run, History):
            fault = f"is {kind_of(run)}"
            raise ParameterError("run", fault, "Give what otmodels.wgan.train or otmodels.wgan.fit_critic returned")
        neural = run.state.options.neural
        words = ["against the exact critic of each batch" if neural is None else f"against {neural.said}"]
        shown = Shown.of(run.data, run.samples, length_unit)
        return cls(run.frame, None, _words(words, run), neural is not None, False, shown)


def training(run: History | Fit, *, value_unit: str = "", length_unit: str = "") -> tuple[Axes, ...]:
    """Draw a run of training: its loss and W1 over the steps, the critic's slope, and generated points over time.

    Against the exact critic, loss, W1 and bound are one curve. Of a neural one, E_p f - E_q f as it was trained is thin and
    light, and there are marks where it was audited: W1, the best lower bound on it that the critic proves, and in two strips
    of their own L, the critic's largest slope, and the share of W1 that it proves. For a `Fit`, W1 is one number, and the last
    fifth of the steps, in which the bound is to have settled, is shaded. The axis is logarithmic where W1 falls by more than a
    factor of 20, and linear around 0 where something is negative.

    Below, the points that a `History` kept, over the data. Limits are those of the data and of the last points, and points
    outside are counted. On the line the points are histograms; where they are pictures, of 16 pixels or more and as high as
    wide, some of them are drawn, and some of the data beside them; other points with more than two coordinates are not drawn.

    Parameters
    ----------
    run : History or Fit
        From `otmodels.wgan.train`, with `keep` for generated points, or `otmodels.wgan.fit_critic`.
    value_unit, length_unit : str
        Units for the labels, of W1 and of the points.

    Returns
    -------
    tuple of Axes
        The curves; for neural critics L and the share; then one panel a kept step, at most six, the first and the last among
        them; where they are pictures at most five, and the data.

    Raises
    ------
    ParameterError
        It is no run.
    """
    story = _Story.of(run, length_unit)
    strips = 2 if story.neural else 0
    high = [_CURVES if len(story.frame) else _EMPTY, *[_STRIP] * strips]
    rooms = [sum(high), *([] if story.shown is None else [story.shown.height(_WIDTH)])]
    figure = plt.figure(figsize=(_WIDTH, sum(rooms) + _REST))
    figure.set_layout_engine("constrained", h_pad=_APART)
    outer = GridSpec(len(rooms), 1, figure, height_ratios=rooms)
    upper = outer[0].subgridspec(len(high), 1, height_ratios=high)
    curves = figure.add_subplot(upper[0])
    panels = [curves, *(figure.add_subplot(upper[k + 1], sharex=curves) for k in range(strips))]
    handles = _draw_curves(curves, story, value_unit)
    if strips:
        _draw_slope(panels[1], story.frame["constant"])
        _draw_share(panels[2], story.frame["share"])
    _dress(panels, story)
    if [str(line.get_label()) for line in handles] not in ([], [_ONE]):
        key_above(curves, handles)
    figure.align_ylabels(panels)
    _entitle(figure, story.words)
    points = () if story.shown is None else story.shown.draw(figure, outer[1])
    return (*panels, *points)


def _draw_curves(ax: Axes, story: _Story, unit: str) -> list[Line2D]:
    """Loss, W1 and bound, and an axis on which all of them are seen; what there is, for the key."""
    frame, handles = story.frame, []
    ax.set_ylabel(with_unit("value" if story.neural else "W1 of the batches", unit))
    if not story.neural:
        handles = [_curve(ax, frame["w1"], _ONE, color=DARK, linewidth=1.2, zorder=3)]
    else:
        handles = [_curve(ax, frame["loss"], "$E_p f - E_q f$, as trained", color=LIGHT, linewidth=0.8, zorder=2)]
        if story.w1 is None:
            handles.append(_curve(ax, frame["w1"], "W1 of the batches", marker="o", color=DARK, linewidth=1.6, zorder=3))
        else:
            label = f"W1 = {story.w1:.4g} {unit}".rstrip().replace("$", r"\$")
            handles.append(ax.axhline(story.w1, color=DARK, linewidth=1.6, label=label, zorder=3))
        handles.append(_curve(ax, frame["bound"], "lower bound proven", **_BOUND))
    drawn = np.concatenate([_finite(line.get_ydata()) for line in handles])
    _stretch(ax, drawn, _finite(frame["w1"] if story.w1 is None else [story.w1]), FALL)
    return handles if len(frame) else []


def _draw_slope(ax: Axes, constant: pd.Series[float]) -> None:
    """L at the audits, and the 1 that is asked for."""
    line = _curve(ax, constant, "L", marker="o", color=DARK, linewidth=1.2, zorder=3)
    ax.axhline(1, **_GUIDE)
    _stretch(ax, _finite([*np.asarray(line.get_ydata()), 1.0]), _finite(constant), DECADE, narrow=True)
    ax.set_ylabel("largest\nslope L", fontsize="small")


def _draw_share(ax: Axes, share: pd.Series[float]) -> None:
    """The share of W1 that is proven at the audits, and all of it."""
    _curve(ax, share, "share of W1", marker="v", color=INK, markerfacecolor="white", linewidth=1.0, zorder=3)
    ax.axhline(1, **_GUIDE)
    ax.set_ylim(min(0.0, float(share.min()) if share.notna().any() else 0.0), 1.1)
    ax.yaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("share of\nW1 proven", fontsize="small")


def _curve(ax: Axes, values: pd.Series[float], label: str, **style: Any) -> Line2D:
    """A column of the frame where it is not empty, means of some steps at a time where they are many."""
    found = values[np.isfinite(values)]
    at, heights, block = found.index.to_numpy(dtype=np.float64), found.to_numpy(), -(-len(found) // MOST_STEPS)
    if block > 1:
        first = np.arange(0, len(found), block)
        size = np.diff(np.append(first, len(found)))
        at, heights = (np.add.reduceat(each, first) / size for each in (at, heights))
        label += f", means of {block}"
    if at.size == 1:
        style.setdefault("marker", "o")
    return ax.plot(at, heights, label=label, markersize=4.5, markevery=max(1, -(-at.size // MARKED)), **style)[0]


def _finite(values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]


def _stretch(ax: Axes, drawn: FloatArray, leading: FloatArray, factor: float, *, narrow: bool = False) -> None:
    """Choose a scale: linear from 0, or logarithmic where what matters varies by more than a factor, or what is drawn dwarfs it.

    A logarithmic axis is linear around 0 where something is not positive, or so small that it would take all the room.
    """
    positive = leading[leading > 0]
    if drawn.min(initial=0.0) < 0:
        ax.axhline(0, color=INK, linewidth=0.6, zorder=1)
    size = float(np.abs(drawn).max(initial=0.0))
    if not positive.size or size <= factor * positive.min():
        ax.set_ylim(*_around(min(float(drawn.min(initial=0.0)), 0.0), float(drawn.max(initial=0.0))))
        ax.yaxis.set_major_locator(MaxNLocator(3 if narrow else 6, steps=[1, 2, 5, 10]))
        return
    least = float(positive.min())
    if drawn.min() >= 0.01 * least:
        ax.set_yscale("log")
        decades = np.log10(size / drawn.min())
        subs = (1.0, 2.0, 5.0) if decades <= 2.5 and not narrow else (1.0,)
        ax.yaxis.set_major_locator(LogLocator(subs=subs, numticks=3 if narrow else 9))
    else:
        linear = 0.1 * least if drawn.min() >= 0 else least
        ax.set_yscale("symlog", linthresh=linear, linscale=0.5)
        ax.yaxis.set_major_locator(FixedLocator(_both_ways(linear, *ax.get_ylim(), most=3 if narrow else 8)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _both_ways(linear: float, low: float, high: float, most: int) -> list[float]:
    """Zero and at most about so many powers of ten on both sides of it, as far from it as from each other."""
    decades = [max(0.0, float(np.log10(side / linear))) if side > 0 else 0.0 for side in (-low, high)]
    every = max(1, -(-int(sum(decades)) // most))
    nearest, farthest = int(np.ceil(np.log10(linear) + every - 0.9)), int(np.ceil(np.log10(max(-low, high))))
    powers = [10.0**power for power in range(nearest, farthest + 1, every)]
    return [tick for tick in (*(-power for power in reversed(powers)), 0.0, *powers) if low <= tick <= high]


def _around(low: float, high: float) -> tuple[float, float]:
    room = 0.06 * (high - low) or 1.0
    return low - room * (low < 0), high + room


def _dress(panels: Sequence[Axes], story: _Story) -> None:
    """One axis of steps for all panels, named under the lowest."""
    last = len(story.frame)
    margin = 0.02 * max(last, 2)
    if story.settling and last:
        for ax in panels:
            ax.axvspan((1 - LAST) * last, last + margin, color=_GREY, linewidth=0, zorder=0)
    for ax in panels:
        ax.set_xlim(-margin, max(last, 1) + margin)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(axis="x", labelbottom=ax is panels[-1])
    panels[-1].xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))
    panels[-1].set_xlabel("step")
    if not last:
        panels[0].set(xticks=[], yticks=[], ylabel="")
        panels[0].text(0.5, 0.5, "no step was taken", ha="center", va="center", transform=panels[0].transAxes)


def _words(words: list[str], run: History | Fit) -> str:
    """The title: who, and what went otherwise than it was asked for."""
    if not run.is_done:
        words.append(shorten(run.ended.split(";")[0], _LETTERS, placeholder=" …"))
    certified = [step.audit.certified for step in run.steps if step.audit is not None]
    if not all(certified):
        words.append(f"W1 not certified at {certified.count(False)} of {len(certified)} audits")
    return "; ".join(words)


def _entitle(figure: Figure, words: str) -> None:
    """Write the title line, from the left."""
    title = figure.suptitle(words, x=0.01, ha="left", fontsize="medium", parse_math=False)
    for letters in range(len(words), _LETTERS // 2, -3):
        title.set_text(fill(words, letters))
        if title.get_window_extent().width < 0.98 * figure.bbox.width:
            return
