"""What critics are worth where the best one is known: exact ones, with each extension, and neural ones, on the same samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import whole
from otmodels.benchmark.harness import check_torch, in_own_process
from otmodels.critics import Audit, Known, Score, audit_against, critic, funnels, scaled_ball, score
from otmodels.critics.extension import EXTENSIONS
from otmodels.critics.tensors import import_torch
from otmodels.distance import wasserstein_distance
from otmodels.errors import CertificateError
from otmodels.wgan.fit import Fit, fit_critic
from otmodels.wgan.loop import was_interrupted
from otmodels.wgan.neural import RATES, Neural

PAIRS: dict[str, Callable[[int], Known]] = {"scaled ball": scaled_ball, "funnels": funnels}
"""Pairs of distributions; translations are left out, where a linear critic is optimal."""

KNOWN_DIMENSIONS = (2, 16, 64)
"""Coordinates of the points."""

KNOWN_STEPS = 2000
"""That a neural critic is trained for."""

KNOWN_SAMPLES = 1000
"""Points of each sample."""

BATCH = 256
"""Points drawn of each sample for a step."""

AUDITS = 20
"""Times that a neural critic is audited while it is trained."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one critic of one pair of samples is worth; columns as of `known_truth`."""

    critic: str
    ratio: float
    cosine: float
    l2: float
    constant: float
    share: float
    converged: float
    seconds: float
    budget: str


def known_truth(
    dimensions: Sequence[int] = KNOWN_DIMENSIONS,
    steps: int = KNOWN_STEPS,
    n: int = KNOWN_SAMPLES,
    seeds: int = 3,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Exact and neural critics of samples of a scaled ball and of funnels, scored on other points.

    All critics of a pair, a dimension and a seed have the same two samples, `Known.sample`, and the same points to be scored on,
    `Known.pair`. Neural ones are as `Neural` makes them, trained on batches of 256 + 256 points. Each is measured in a process of
    its own, torch with one thread, as networks are too small for more. Ctrl-C ends it all.

    Parameters
    ----------
    dimensions : sequence of int
        Coordinates of the points.
    steps : int
        That each neural critic is trained for; 0 leaves them out, and torch is not needed.
    n : int
        Points of each sample, and of each of the two that critics are scored on.
    seeds : int
        Of the samples, of the networks' weights and of the batches: 0, 1, ...
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (pair, dimension, critic), means over the seeds. On points that no critic has seen, see `critics.Score`: ratio,
        cosine, l2. On the samples, see `critics.Audit`: constant, the largest slope L; share, the best proven bound as a part of
        the exact W1. `converged` is the part of the seeds with which training converged, see `Fit.is_converged`; 1 for exact
        critics. `seconds`, the median over seeds: of the exact solve with its certificate; of training without its audits, which
        is the mean time of the steps without one times their number, NaN where there is none. `budget`, in words.

    Raises
    ------
    ParameterError
        Torch is not installed and neural critics were asked for; a number is out of range.
    CertificateError
        An exact critic was not certified.
    """
    dimensions = tuple(whole("dimensions", d, 1) for d in dimensions)
    steps, n, seeds = whole("steps", steps, 0), whole("n", n, 2), whole("seeds", seeds, 1)
    check_trainable(steps)
    say = progress or (lambda _: None)
    found: list[dict[str, object]] = []
    for pair, d, seed in product(PAIRS, dimensions, range(seeds)):
        turn = f"{pair}, d = {d}, seed {seed + 1} of {seeds}"
        say(f"{turn}: exact")
        worths = in_own_process(_exact, pair, d, n, seed)
        for kind in RATES if steps else ():
            say(f"{turn}: {kind}")
            worths.append(in_own_process(_trained, kind, pair, d, n, seed, steps))
        found += [{"pair": pair, "dimension": d, **asdict(worth)} for worth in worths]
    how = dict.fromkeys(("ratio", "cosine", "l2", "constant", "share", "converged"), "mean")
    return (
        pd.DataFrame(found)
        .groupby(["pair", "dimension", "critic"], sort=False)
        .agg(how | {"seconds": "median", "budget": "first"})
    )


def check_trainable(steps: int) -> None:
    """Raise where neural critics are asked for and torch is missing.

    Raises
    ------
    ParameterError
    """
    if steps:
        check_torch("leave neural critics out with steps=0, --steps 0 on the command line")


def _exact(pair: str, dimension: int, n: int, seed: int) -> list[Worth]:
    """The exact critic with each of its extensions."""
    known = PAIRS[pair](dimension)
    x, y = known.sample(n, seed)
    wasserstein_distance(*known.sample(80, seed))  # a first solve loads modules that later ones find loaded
    found = []
    for extension in EXTENSIONS:
        started = time.perf_counter()
        f = critic(x, y, extension=extension)
        seconds = time.perf_counter() - started
        if not f.certificate.passed:
            raise CertificateError(f"{known.name}, {extension} extension: not certified")
        worth = score(known, f, f.gradient, n, seed), audit_against(f, f)
        found.append(_worth(f"exact, {extension}", *worth, 1.0, seconds, f"{n:,} + {n:,} points"))
    return found


def _trained(kind: str, pair: str, dimension: int, n: int, seed: int, steps: int) -> Worth:
    """A neural critic after some steps."""
    import_torch("critic").set_num_threads(1)
    known = PAIRS[pair](dimension)
    every = max(steps // AUDITS, 2)  # not each step, so that some tell the time without an audit
    fit = fit_critic(Neural(kind, seed=seed), *known.sample(n, seed), steps=steps, batch=BATCH, audit=every, seed=seed)
    if was_interrupted(fit.ended):
        raise KeyboardInterrupt
    phi, converged = fit.critic, float(fit.is_done and fit.is_converged)
    return _worth(kind, score(known, phi, n=n, seed=seed), fit.audit(), converged, _seconds(fit), _budget(fit, phi))


def _seconds(fit: Fit) -> float:
    """Of all steps, as if none had been audited."""
    alone = [step.seconds for step in fit.steps if step.audit is None]
    return float(np.mean(alone)) * len(fit.steps) if alone else float("nan")


def _budget(fit: Fit, phi: Any) -> str:
    size = sum(each.numel() for each in phi.parameters())
    return f"{len(fit.steps):,} steps of {fit.options.batch} + {fit.options.batch} points, {size:,} parameters"


def _worth(name: str, scored: Score, audit: Audit, converged: float, seconds: float, budget: str) -> Worth:
    return Worth(name, scored.ratio, scored.cosine, scored.l2, audit.constant, audit.share, converged, seconds, budget)
