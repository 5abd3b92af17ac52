"""What a generator is trained against: the exact critic of each batch, or a neural one that learns beside it.

p are the data and q what the generator makes. With the critic f that an opponent has for them, the generator is moved to make
E_p f - E_q f small: its gradient in the generated points x_i is -q_i grad f(x_i), and a step goes against it. For the exact
critic that is the gradient of W1, see `otmodels.wgan.envelope`. A neural one takes some steps to make E_p f - E_q f large before
each step of the generator, on batches of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.critics.audit import Audit, audit_critic
from otmodels.errors import InputError
from otmodels.measure import Measure
from otmodels.wgan.astray import Astray
from otmodels.wgan.envelope import envelope
from otmodels.wgan.learner import Learner, Mark
from otmodels.wgan.state import Audited, Options

Pair = tuple[Measure, Measure]
"""A batch of data and one of generated points."""


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What becomes of a batch.

    Attributes
    ----------
    loss : float
        E_p f - E_q f.
    gradient : ndarray (n, d)
        Of it, in the generated points.
    audit : Audited or None
        Where it was asked for.
    """

    loss: float
    gradient: FloatArray
    audit: Audited | None


class Opponent(Protocol):
    """What gradients for a generator are from."""

    def meet(self, pair: Pair, others: Callable[[], Pair], rng: np.random.Generator, audit: bool) -> Met:
        """The gradient for one pair of batches, after learning from as many others as it likes.

        Raises
        ------
        Astray
            There is none.
        """

    def mark(self) -> Mark | None:
        """Where it stands, to go on from."""


@dataclass(frozen=True, slots=True)
class ExactOpponent:
    """The exact critic, found anew for each batch."""

    options: Options

    def meet(self, pair: Pair, others: Callable[[], Pair], rng: np.random.Generator, audit: bool) -> Met:
        """W1 of the pair and its gradient; every step is audited by the solve itself."""
        real, generated = pair
        found = envelope(generated, real, self.options.metric, order=self.options.order, throw=False)
        bound = min(found.certificate.interval.lower, found.value)
        share = bound / found.value if found.value > 0 else float("nan")
        return Met(found.value, found.gradient, Audited(bound, found.value, 1.0, share, found.certificate.passed))

    def mark(self) -> None:
        """It keeps nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class NeuralOpponent:
    """A neural critic that learns."""

    learner: Learner

    def meet(self, pair: Pair, others: Callable[[], Pair], rng: np.random.Generator, audit: bool) -> Met:
        """Some steps of its own, then its gradient for the pair."""
        for _ in range(self.learner.recipe.turns):
            self.learner.step(*others(), rng)
        real, generated = pair
        assert generated.points is not None
        loss = self.learner.difference(real, generated)
        gradient = -generated.mass[:, None] * self.learner.gradient(generated.points)
        return Met(loss, gradient, audited(lambda: audit_critic(self.learner.plain(), *pair)) if audit else None)

    def mark(self) -> Mark:
        """Network and optimiser."""
        return self.learner.mark()


def audited(audit: Callable[[], Audit]) -> Audited:
    """What is kept of an audit.

    Raises
    ------
    Astray
        It cannot be had.
    """
    try:
        found = audit()
    except InputError as error:
        raise Astray(f"its critic could not be audited ({error})") from error
    return Audited(found.best.value, found.w1, found.constant, found.share, found.exact.solution.certificate.passed)


def opponent(options: Options, dimension: int, mark: Mark | None) -> Opponent:
    """What a generator of points in R^dimension is trained against, as it stood."""
    if options.neural is None:
        return ExactOpponent(options)
    return NeuralOpponent(Learner(options.neural, dimension, mark))
