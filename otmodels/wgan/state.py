"""The state that training goes on from, how it is asked for, and what is seen of a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from otmodels.wgan.adam import Moments
from otmodels.wgan.generators import Generator
from otmodels.wgan.learner import Mark
from otmodels.wgan.neural import Neural


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
    neural: Neural | None = None
    audit: int = 1

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

    def is_audited(self, step: int) -> bool:
        """Whether the critic of a step, from 1, is audited: the first one, and every so-manieth."""
        return step == 1 or step % self.audit == 0

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
    critic : Mark or None
        Where a neural critic stands; None where the exact one is solved for anew at each step.
    """

    step: int
    generator: Generator
    moments: Moments
    options: Options
    critic: Mark | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """What the exact critic says of the critic of a step.

    Attributes
    ----------
    bound : float
        The best lower bound on W1 that the critic proves.
    w1 : float
        The exact W1 of the samples.
    constant : float
        L, its largest slope over all pairs of points.
    share : float
        Of W1, bound / w1; NaN where W1 is 0.
    certified : bool
        Whether the certificate of W1 passed.
    """

    bound: float
    w1: float
    constant: float
    share: float
    certified: bool

    @property
    def said_share(self) -> str:
        """Its share in words; of W1 = 0 there is none."""
        return f"{self.share:.1%} of W1" if self.w1 > 0 else "0 of W1 = 0"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken, for those who watch.

    Attributes
    ----------
    number, last : int
        Which, from 1, and the last one that is asked for.
    loss : float
        E_p f - E_q f on the batches of the step: of the exact critic, W1.
    seconds : float
        Of this step.
    audit : Audited or None
        What the exact critic says of it; None where it was not asked.
    """

    number: int
    last: int
    loss: float
    seconds: float
    audit: Audited | None = None

    def __str__(self) -> str:
        about, audit = f"step {self.number} of {self.last}: ", self.audit
        if audit is not None and audit.w1 == self.loss:
            about += f"W1 {self.loss:.6g}"
        else:
            about += f"E_p f - E_q f {self.loss:.6g}"
            if audit is not None:
                share = f" ({audit.share:.0%})" if audit.w1 > 0 else ""
                about += f", proves {audit.bound:.6g} of W1 {audit.w1:.6g}{share}, L {audit.constant:.4g}"
        about += "" if audit is None or audit.certified else ", not certified"
        return f"{about}, {self.seconds:.3f} s"


Watch: TypeAlias = Callable[[Step], None]
"""Called after each step."""


def frame_of(steps: Sequence[Step]) -> pd.DataFrame:
    """One row a step, indexed by step from 1: loss, bound, w1, constant, share, certified, seconds; empty where not audited."""
    index = pd.Index([step.number for step in steps], dtype=np.int64, name="step")
    audits = [step.audit for step in steps]
    columns: dict[str, pd.Series[float]] = {"loss": pd.Series([step.loss for step in steps], index, np.float64)}
    for name in ("bound", "w1", "constant", "share"):
        found = [math.nan if audit is None else float(getattr(audit, name)) for audit in audits]
        columns[name] = pd.Series(found, index, np.float64)
    certified = pd.Series([None if audit is None else audit.certified for audit in audits], index, "boolean")
    seconds = pd.Series([step.seconds for step in steps], index, np.float64)
    return pd.DataFrame({**columns, "certified": certified, "seconds": seconds})
