"""Neural critics trained on two samples that stay as they are, and audited against the exact critic of these.

Here nothing moves but the critic, so that what it lacks is its own: how far its bound is from W1 once it has converged is what
its network and the device that holds its slope cannot do; before, it is what its budget did not reach.

Source: Anil, Lucas and Grosse (2019), Sorting out Lipschitz function approximation, section 6; Pinetz, Soukup and Pock (2019), On
the estimation of the Wasserstein distance in generative models; Korotin, Kolesov and Burnaev (2022).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import check_type, check_watch, whole
from otmodels.critics.audit import Audit, audit_against
from otmodels.critics.exact import Critic
from otmodels.critics.exact import critic as exact_critic
from otmodels.errors import ParameterError
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.wgan.batches import draw
from otmodels.wgan.learner import Learner, Mark
from otmodels.wgan.loop import DONE, take_steps
from otmodels.wgan.neural import RATES, Neural, recipe_of
from otmodels.wgan.opponents import audited
from otmodels.wgan.readiness import FEWEST, read_data
from otmodels.wgan.state import Step, Watch, frame_of

LAST = 0.2
"""Part of the steps at the end in which a bound is to have settled."""

SETTLED = 0.01
"""A bound that rose by no more than this in the last part is called converged."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What training a critic takes; see `fit_critic`."""

    batch: int
    audit: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A neural critic that was trained on two samples.

    Attributes
    ----------
    recipe : Neural
        Its network, and how it was trained.
    exact : Critic
        The exact critic of the samples, each of total mass 1: `exact.value` is W1, certified.
    ended : str
        How training ended: all steps were taken, Ctrl-C, or the step that was undone and why.
    options : Budget
        Of `fit_critic`.
    """

    recipe: Neural
    exact: Critic
    ended: str
    options: Budget
    mark: Mark = field(repr=False)
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def critic(self) -> Any:
        """The trained critic, a torch.nn.Module from points (k, d) to values (k, 1), of plain layers and float64."""
        return self._learner().plain()

    def audit(self) -> Audit:
        """What it is worth now, against the exact critic."""
        return audit_against(self.exact, self.critic)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a step, see `History.frame`: the loss is that of its batches before it, audits are of the critic after it."""
        return frame_of(self.steps)

    @property
    def is_done(self) -> bool:
        """Whether all steps were taken that were asked for."""
        return self.ended == DONE

    @property
    def rise(self) -> float:
        """By how much, relatively, the best bound rose over the last fifth of the steps; infinite where it was 0 before.

        NaN where that is not known: the critic was not audited before that fifth, or not within it.
        """
        bounds = self.frame["bound"].dropna()
        is_early = bounds.index <= (1 - LAST) * len(self.steps)
        if is_early.all() or not is_early.any():
            return float("nan")
        before, after = float(bounds[is_early].max()), float(bounds.max())
        return after / before - 1 if before > 0 else float("inf") if after > 0 else 0.0

    @property
    def is_converged(self) -> bool:
        """Whether its bound rose by at most 1 % over the last fifth of the steps; it did not where that is not known."""
        return bool(self.rise <= SETTLED)

    @property
    def settled(self) -> str:
        """Whether it is converged, and why not, in words."""
        if self.is_converged:
            return "converged"
        if math.isnan(self.rise):
            return "not known to be converged: it was not audited both before and in the last fifth"
        rose = f"rose by {100 * self.rise:.3g} %" if math.isfinite(self.rise) else "rose from 0"
        return f"not converged: its bound {rose} over the last fifth"

    @property
    def budget(self) -> str:
        """What it took, in words."""
        size = sum(each.numel() for each in self._learner().network.parameters())
        steps, seconds = len(self.steps), sum(step.seconds for step in self.steps)
        return (
            f"{self.recipe.said}, {size:,} parameters; {steps:,} steps of {self.options.batch} + {self.options.batch} points; "
            f"{seconds:.1f} s"
        )

    def resume(self, steps: int, *, watch: Watch | None = None) -> Fit:
        """Go on for some steps, to the same numbers as if training had never stopped.

        Parameters
        ----------
        steps : int
            How many more.
        watch : callable, optional
            As for `fit_critic`.
        """
        count = whole("steps", steps, 1)
        check_watch(watch, "Step")
        return _run(self.recipe, self.exact, self.options, self._learner(), count, watch, self.steps)

    def _learner(self) -> Learner:
        return Learner(self.recipe, self.exact.cost.x.shape[1], self.mark)

    def __repr__(self) -> str:
        audits = [step.audit for step in self.steps if step.audit is not None]
        share = f"proves {audits[-1].said_share}, L {audits[-1].constant:.3g}; " if audits else ""
        return f"Fit({share}{self.settled}; {self.ended}; {self.budget})"


def fit_critic(
    critic: str | Neural,
    source: Measure,
    target: Measure,
    *,
    steps: int = 2000,
    batch: int = 256,
    audit: int = 100,
    seed: int = 0,
    watch: Watch | None = None,
) -> Fit:
    """Train a neural critic on two samples, to make E_p f - E_q f large, p the source and q the target.

    Ctrl-C ends it after the step that is being taken, a second one at once. A step after which the critic is not finite is undone
    and ends it too. `Fit.resume` goes on.

    Parameters
    ----------
    critic : {"clipping", "penalty", "spectral", "groupsort"} or Neural
        See `otmodels.wgan.neural`. Torch is needed.
    source, target : Measure
        With points of the same dimension, in a unit in which they are about 1; weights are how often a point is drawn. Each is
        divided by its total, so that W1 is of total mass 1.
    steps : int
        Of the critic, >= 1.
    batch : int
        Points drawn of each sample for a step, >= 2.
    audit : int
        Every so many steps, and at the first, it is audited against the exact critic.
    seed : int
        Of all that is drawn, >= 0.
    watch : callable, optional
        Called with a `Step` after each step, say `print`.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError, SolveError
        Torch is missing among them.
    """
    recipe = recipe_of(critic)
    if recipe is None:
        raise ParameterError("critic", "is exact, and needs no training", f"Call om.critic, or name one of {', '.join(RATES)}")
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    budget = Budget(whole("batch", batch, FEWEST), whole("audit", audit, 1), whole("seed", seed, 0))
    count = whole("steps", steps, 1)
    check_watch(watch, "Step")
    exact = exact_critic(read_data("source", source), read_data("target", target))
    learner = Learner(recipe, exact.cost.x.shape[1])
    return _run(recipe, exact, budget, learner, count, watch)


def _run(
    recipe: Neural,
    exact: Critic,
    budget: Budget,
    learner: Learner,
    count: int,
    watch: Watch | None,
    before: Sequence[Step] = (),
) -> Fit:
    """Some more steps, and all that was before."""

    def take(_: Mark, number: int, last: int) -> tuple[Mark, Step]:
        begun = time.perf_counter()
        step = _step(exact, budget, learner, number, last)
        return learner.mark(), replace(step, seconds=time.perf_counter() - begun)

    mark, steps, ended = take_steps(learner.mark(), before, count, take, watch)
    return Fit(recipe, exact, ended, budget, mark, steps)


def _step(exact: Critic, budget: Budget, learner: Learner, number: int, last: int) -> Step:
    """One step of the critic, audited where it is its turn.

    Raises
    ------
    Astray
    """
    rng = np.random.default_rng([budget.seed, 3, number])
    p, q = (draw(side, budget.batch, rng) for side in (exact.source, exact.target))
    loss = learner.step(p, q, rng)
    asked = number == 1 or number % budget.audit == 0
    audit = audited(lambda: audit_against(exact, learner.plain())) if asked else None
    return Step(number, last, loss, 0.0, audit)
