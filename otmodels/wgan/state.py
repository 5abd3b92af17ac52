"""The state that training goes on from, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from otmodels.wgan.adam import Moments
from otmodels.wgan.generators import Generator


@dataclass(frozen=True, slots=True)
class Options:
    """How a generator is trained, see `otmodels.wgan.train`."""

    batch: int
    rate: float
    hold: int
    halving: float | None
    seed: int
    metric: str
    order: float | None
    full: bool

    def rate_at(self, step: int) -> float:
        """The rate of a step, from 1: whole for `hold` steps, then halved every `halving`.

        Examples
        --------
        >>> options = Options(256, 0.1, 100, 50, 0, "euclidean", None, False)
        >>> [options.rate_at(step) for step in (1, 100, 150, 200)]
        [0.1, 0.1, 0.05, 0.025]
        """
        if self.halving is None:
            return self.rate
        return float(self.rate * 0.5 ** (max(0, step - self.hold) / self.halving))

    def rng(self, step: int) -> np.random.Generator:
        """What a step's batches are drawn with: seed and step are all of the random state."""
        return np.random.default_rng([self.seed, 0, step])

    def shown(self) -> np.random.Generator:
        """What the latent points are drawn with that samples over time are made of, the same at all times."""
        return np.random.default_rng([self.seed, 1])


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """All that training goes on from, besides the data.

    Attributes
    ----------
    step : int
        Steps taken. The random numbers of a step follow from the seed and the step alone.
    generator : Generator
        As it is after them.
    moments : Moments
        Those of Adam.
    options : Options
        Of `train`.
    """

    step: int
    generator: Generator
    moments: Moments
    options: Options


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken, for those who watch.

    Attributes
    ----------
    number, last : int
        Which, from 1, and the last one that is asked for.
    loss : float
        W1 between the generated batch and the data before the step.
    certified : bool
        Whether the certificate of the plan passed.
    seconds : float
        Of this step.
    """

    number: int
    last: int
    loss: float
    certified: bool
    seconds: float

    def __str__(self) -> str:
        proof = "" if self.certified else ", not certified"
        return f"step {self.number} of {self.last}: W1 {self.loss:.6g}{proof}, {self.seconds:.3f} s"


Watch: TypeAlias = Callable[[Step], None]
"""Called after each step."""
