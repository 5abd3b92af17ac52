"""Duality as it happens: values and bounds that close in on each other, and strong duality out of Farkas' lemma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.generation import Round
from otmodels.lp import Approach, EpsSweep, Farkas, Steps
from otmodels.plots.canvas import DARK, INK, LIGHT, key_above, new_axes, with_unit
from otmodels.tolerances import DEFAULT, REFINEMENT

MARKED = 40
"""Most steps that are marked one by one."""

_GAP = "0.88"


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """What comes from one side: the best value so far (s,) after so many iterations or rounds (s,)."""

    at: IndexArray
    best: FloatArray
    colour: str
    label: str

    @classmethod
    def of(cls, at: IndexArray, values: FloatArray, colour: str, label: str, *, above: bool) -> _Side:
        """A side, its values nowhere worse than before: what is proven stays proven."""
        values = np.where(np.isfinite(values), values, np.nan)
        best = (np.fmin if above else np.fmax).accumulate(values)
        return cls(at, np.asarray(best), colour, label)

    def after(self, at: IndexArray) -> FloatArray:
        """The best so far after other numbers of iterations (k,)."""
        return np.asarray(self.best[np.searchsorted(self.at, at, side="right") - 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Closing:
    """Two sides, what they close in on, and words for it."""

    upper: _Side
    lower: _Side
    value: float | None
    unit: str
    counted: str
    measured: str

    @classmethod
    def of_simplex(cls, bounds: Approach, unit: str) -> _Closing:
        """The two simplex methods of a program."""
        sides = {}
        for steps, colour, words in ((bounds.primal, DARK, "points"), (bounds.dual, LIGHT, "multipliers")):
            label = f"{steps.method}: {words}{_reservations(steps)}"
            sides[steps.method] = _Side.of(steps.iterations, steps.values, colour, label, above=steps is bounds.upper)
        upper, lower = sides[bounds.upper.method], sides[bounds.lower.method]
        return cls(upper, lower, bounds.value, unit, "iterations", "objective")

    @classmethod
    def of_rounds(cls, rounds: Sequence[Round], unit: str) -> _Closing:
        """The rounds of generated arcs."""
        at = np.array([made.number for made in rounds], dtype=np.intp)
        upper = _Side.of(at, np.array([made.upper for made in rounds]), DARK, "cost of the flow", above=True)
        lower = _Side.of(at, np.array([made.lower for made in rounds]), LIGHT, "value of the potential", above=False)
        value = float(upper.best[-1]) if rounds[-1].gap <= DEFAULT.gap else None
        return cls(upper, lower, value, unit, "rounds", "transport cost")

    @property
    def verdict(self) -> str:
        """What is known in the end."""
        unit = f" {self.unit}".rstrip().replace("$", r"\$")
        if self.value is not None:
            return f"optimal value {self.value:.9g}{unit}"
        return f"optimal value in [{self.lower.best[-1]:.9g}, {self.upper.best[-1]:.9g}]{unit}"


def _reservations(steps: Steps) -> str:
    first = int(np.isfinite(steps.values).argmax())
    feasible = f", feasible from iteration {steps.iterations[first]:,} on" if first else ""
    return feasible + ("" if steps.complete else f" ({steps.iterations.size:,} of {steps.iterations[-1]:,} iterations)")


def closing_in(bounds: Approach | Sequence[Round], *, ax: Axes | None = None, value_unit: str = "") -> Axes:
    """Draw the primal and the dual values as steps that close in on the optimal value, the gap between them shaded.

    Out of `otmodels.lp.approach`: the values of the primal simplex method's feasible points and the bounds that the dual
    simplex method's multipliers prove, by iteration; a method that is done stays where it is. Out of the rounds of
    generated arcs: the cost of the flow and the value of the potential, by round. What has been proven once stays proven,
    so each curve is the best so far.

    Parameters
    ----------
    bounds : Approach or sequence of Round
        What to draw.
    ax : Axes, optional
        Where to draw; a new figure where omitted.
    value_unit : str
        Unit of the objective, for the labels.

    Returns
    -------
    Axes
        Its first line comes from above, its second from below, its third, where the optimal value is known, is that value;
        its collection is the gap.

    Raises
    ------
    ParameterError
        There is nothing to draw, or it is something else.
    """
    closing = _closing(bounds, value_unit)
    ax = ax if ax is not None else new_axes(7, 4)
    last = int(max(closing.upper.at[-1], closing.lower.at[-1]))
    margin = 0.04 * max(last, 3)
    curves = [_curve(ax, side, last + margin) for side in (closing.upper, closing.lower)]
    at = np.union1d(closing.upper.at, closing.lower.at)
    ends = np.append(at, last + margin)
    high, low = (np.append(side.after(at), side.best[-1]) for side in (closing.upper, closing.lower))
    gap = ax.fill_between(ends, low, high, step="post", color=_GAP, linewidth=0, label="gap", zorder=0)
    if closing.value is None:
        optimal = Line2D([], [], linestyle="", label=closing.verdict)
    else:
        optimal = ax.axhline(closing.value, color=INK, linewidth=1.0, linestyle=(0, (5, 3)), label=closing.verdict, zorder=1)
    ax.set(xlabel=closing.counted, ylabel=with_unit(closing.measured, value_unit), xlim=(-margin, last + margin))
    ax.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    key_above(ax, [*curves, gap, optimal])
    return ax


def _closing(bounds: Approach | Sequence[Round], unit: str) -> _Closing:
    if isinstance(bounds, Approach):
        return _Closing.of_simplex(bounds, unit)
    rounds = list(bounds) if isinstance(bounds, Sequence) else []
    if not rounds or not all(isinstance(made, Round) for made in rounds):
        fault = "holds no rounds" if isinstance(bounds, Sequence) else f"is {kind_of(bounds)}"
        raise ParameterError("bounds", fault, "Give otmodels.lp.approach(program), or the Rounds that a watch was called with")
    return _Closing.of_rounds(rounds, unit)


def _curve(ax: Axes, side: _Side, end: float) -> Line2D:
    """A side as steps that go on to the end of the axis, each marked where they are few; thin and dark over thick and light."""
    marked = list(range(side.at.size)) if side.at.size <= MARKED else [side.at.size - 1]
    dark = side.colour == DARK
    style: dict[str, Any] = {"color": side.colour, "linewidth": 1.6 if dark else 3.2, "zorder": 3 if dark else 2}
    style |= {"marker": "o" if dark else "s", "markersize": 4.5 if dark else 7.0, "markevery": marked, "label": side.label}
    return ax.plot(np.append(side.at, end), np.append(side.best, side.best[-1]), drawstyle="steps-post", **style)[0]


def eps_sweep(sweep: EpsSweep, *, ax: Axes | None = None) -> Axes:
    """Draw strong duality out of Farkas' lemma: how far below the optimal value z the dual value stays, for each eps.

    For eps > 0 no x >= 0 with A x = b costs z - eps or less, and the certificate of that is a dual-feasible y with
    b'y > z - eps: each distance z - b'y lies strictly below the line distance = eps. Both scales are logarithmic, but
    for the stretch at the foot of the figure, which leads to the exact 0 of a y that is optimal. At eps = 0 the other
    alternative holds: there is an x.

    Parameters
    ----------
    sweep : EpsSweep
        From `otmodels.lp.eps_sweep`, of the standard form of a program.
    ax : Axes, optional
        Where to draw; a new figure where omitted.

    Returns
    -------
    Axes
        Its first line is distance = eps, its second marks 0, its third and fourth are the distances > 0 and those that are 0.

    Raises
    ------
    ParameterError
        There is no eps > 0.
    """
    found = [(eps, _distance(sweep, k)) for k, eps in enumerate(sweep.epsilons) if not sweep.answers[k].feasible]
    if not found:
        raise ParameterError("sweep", "has no eps > 0", "Give otmodels.lp.eps_sweep some, such as 1, 0.1, 0.01")
    eps, distance = np.array(sorted(found)).T
    ax = ax if ax is not None else new_axes(6.4, 4.8)
    linear = 0.25 * float(min(eps.min(), distance[distance > 0].min(initial=np.inf)))
    ax.set_xscale("log")
    ax.set_yscale("symlog", linthresh=linear, linscale=0.4)
    handles = [*_below(ax, np.geomspace(eps.min() / 3, eps.max() * 3, 200)), *_certificates(ax, sweep, eps, distance)]
    ax.set_ylim(-0.5 * linear, eps.max() * 3)
    _name_decades(ax, linear)
    ax.set(
        xlabel=r"$\varepsilon$: how far below $z$ a cost is asked for", ylabel="$z - b'y$: how far below $z$ the dual value is"
    )
    ax.spines[["top", "right"]].set_visible(False)
    other = rf"$\varepsilon = 0$: an $x$ with $c'x = z = {sweep.value:.9g}$"
    key_above(ax, [*handles, Line2D([], [], linestyle="", label=other)])
    return ax


def _below(ax: Axes, across: FloatArray) -> tuple[Line2D, Patch]:
    """The line distance = eps and the room below it, over the whole width."""
    line = ax.plot(across, across, color=INK, linewidth=1.4, linestyle=(0, (5, 3)), label=r"distance $= \varepsilon$")[0]
    ax.fill_between(across, 0, across, color=_GAP, linewidth=0, zorder=0)
    ax.axhline(0, color=INK, linewidth=0.6, zorder=1)
    ax.set_xlim(across[0], across[-1])
    return line, Patch(color=_GAP, label=r"Farkas' lemma: $b'y > z - \varepsilon$")


def _certificates(ax: Axes, sweep: EpsSweep, eps: FloatArray, distance: FloatArray) -> list[Line2D]:
    """The certificates as points, hollow where the distance is 0; those that there are, for the legend."""
    style: dict[str, Any] = {"color": DARK, "linestyle": "none", "marker": "o", "markersize": 7.0, "markeredgewidth": 1.8}
    some, how = distance > 0, "up to rounding" if _exact(sweep) is None else "exactly"
    apart = ax.plot(eps[some], distance[some], label="$y$ of the certificate", **style)[0]
    met = ax.plot(eps[~some], distance[~some], label=f"an optimal $y$: distance 0 {how}", markerfacecolor="white", **style)[0]
    return [line for line, points in ((apart, some), (met, ~some)) if points.any()]


def _distance(sweep: EpsSweep, k: int) -> float:
    """Distance z - b'y of the k-th certificate: exact where all of it is known in rationals, else 0 where it is rounding."""
    right, z, certificate = sweep.program.standard_form().program.row_lower, _exact(sweep), sweep.answers[k].exact
    if z is not None and certificate is not None:
        gain = sum((u * Fraction(side) for u, side in zip(certificate, right.tolist(), strict=False)), Fraction(0))
        return float(z + gain / certificate[-1])
    terms = right * sweep.multipliers(k)
    distance = sweep.value - float(terms.sum())
    return distance if distance > REFINEMENT * max(abs(sweep.value), float(np.abs(terms).sum())) else 0.0


def _exact(sweep: EpsSweep) -> Fraction | None:
    """The optimal value z = c'x in rationals, of the alternative at eps = 0; None where it is known in floats alone."""
    last: Farkas = sweep.answers[-1]
    if not sweep.exact or last.exact is None or not all(answer.exact is not None for answer in sweep.answers):
        return None
    costs = sweep.program.standard_form().program.c.tolist()
    return sum((Fraction(cost) * entry for cost, entry in zip(costs, last.exact, strict=False)), Fraction(0))


def _name_decades(ax: Axes, linear: float) -> None:
    """Name at most about eight powers of ten on either axis, and 0 on the vertical one."""
    for axis, (low, high), zero in ((ax.xaxis, ax.get_xlim(), False), (ax.yaxis, (linear, ax.get_ylim()[1]), True)):
        first, last = int(np.ceil(np.log10(low))), int(np.floor(np.log10(high)))
        powers = range(last, first - 1, -max(1, -(-(last - first) // 8)))
        named = {10.0**power: f"$10^{{{power}}}$" for power in powers} | ({0.0: "0"} if zero else {})
        axis.set_ticks(list(named), list(named.values()))
        axis.set_ticks([], minor=True)
