"""Generators trained against the exact critic and against neural ones: the same data, the same start, the same seeds.

What is measured is what a generator is worth on points that neither it nor its critic has seen: W1 between as many generated and
true points, over that between two true samples. 1 is as good as the truth. Rates are the best of a few that were tried on the
ring of Gaussians.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from otmodels.arguments import check_name, whole
from otmodels.benchmark.harness import check_torch, in_own_process
from otmodels.critics.tensors import import_torch
from otmodels.errors import InputError, ParameterError
from otmodels.measure import Measure
from otmodels.wgan import History, generator_of, held_out, sample, train
from otmodels.wgan.loop import was_interrupted
from otmodels.wgan.neural import RATES
from otmodels.wgan.readiness import FEWEST

CRITICS = ("exact", *RATES)
"""What generators are trained against."""

RATE = 0.1
"""Of the generator against the exact critic; against neural ones it is that of `train`."""

GENERATOR_STEPS, GENERATOR_BATCH = 2000, 256
"""Steps of each generator, and points of each batch, where nothing else is asked for."""

DATA = ("line", "moons", "ring")
"""What is learnt."""

TRAINING, TEST = 4000, 8000
"""Points that are trained on, and at least so many others that a generator is compared with."""

SHOWN = 100
"""Generated points of each sample that are kept."""

KEPT = (0.0, 0.01, 0.05, 0.25, 1.0)
"""After which parts of the steps generated points are kept."""

AUDITS = 40
"""How often a neural critic is audited, about."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Generators that were trained, see `generators`.

    Attributes
    ----------
    table : DataFrame
        Indexed by (data, critic): held-out W1 of a batch of generated points and of as many true ones, their ratio and its
        standard error; share of W1 that the critic proved and its L, medians of the audits of the second half; seconds of
        training; steps that were taken, fewer than were asked for where one went astray and was undone.
    histories : DataFrame
        Indexed by (data, critic, step): of audited steps the columns of `History.frame`.
    samples : DataFrame
        Indexed by (data, critic, step, point): coordinates of generated points, always of the same latent points.
    """

    table: pd.DataFrame
    histories: pd.DataFrame
    samples: pd.DataFrame


def generators(
    data: Sequence[str] = DATA,
    critics: Sequence[str] = CRITICS,
    steps: int = GENERATOR_STEPS,
    batch: int = GENERATOR_BATCH,
    pictures: Mapping[str, Measure] | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train a generator on each of some data against each of some critics.

    Parameters
    ----------
    data : sequence of str
        Of "line", "moons" and "ring".
    critics : sequence of str
        Of "exact", "clipping", "penalty", "spectral" and "groupsort"; all but the first need torch.
    steps : int
        Of each generator, >= 1. For half of them the rate stays, then it halves every tenth.
    batch : int
        Points of each batch, >= 2, and of the samples that are compared in the end.
    pictures : mapping of str to Measure, optional
        Pictures by name that are learnt too, by other names than `data`.
    seed : int
        Of all that is drawn.
    progress : callable, optional
        Called with a line of text before each training.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError
        Torch is not installed and a neural critic was asked for, among others.
    """
    sources, opponents = _asked(data, critics, pictures or {})
    steps, batch, seed = whole("steps", steps, 1), whole("batch", batch, FEWEST), whole("seed", seed, 0)
    say = progress or (lambda _: None)
    rows, histories, samples = [], {}, {}
    for name, source in sources.items():
        for critic in opponents:
            say(f"{name}, against {critic}: {steps:,} steps of {batch} points")
            row, history, points = in_own_process(_trained, source, critic, steps, batch, seed)
            rows.append({"data": name, "critic": critic, **row})
            histories[name, critic], samples[name, critic] = history, points
    return Trained(
        pd.DataFrame(rows).set_index(["data", "critic"]),
        pd.concat(histories, names=["data", "critic"]),
        pd.concat(samples, names=["data", "critic"]),
    )


def _asked(
    data: Sequence[str], critics: Sequence[str], pictures: Mapping[str, Measure]
) -> tuple[dict[str, str | Measure], list[str]]:
    """What is learnt, by name, and against what, each once.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError
    """
    for name in data:
        check_name("data", name, DATA)
        if name in pictures:
            raise ParameterError("pictures", f"has one named {name!r}, as other data are", "Give it another name")
    for name in critics:
        check_name("critics", name, CRITICS)
    for name, picture in pictures.items():
        try:
            sample(picture, 1)
        except InputError as error:
            raise type(error)("pictures", f"{name!r} {error.fault}", error.remedy) from error
    if not (data or pictures):
        raise ParameterError("data", "is empty", f"Name some of {', '.join(DATA)}, or give pictures")
    if not critics:
        raise ParameterError("critics", "is empty", f"Name some of {', '.join(CRITICS)}")
    if any(critic != "exact" for critic in critics):
        check_torch("train against the exact critic alone")
    return {name: name for name in data} | dict(pictures), list(dict.fromkeys(critics))


def _trained(
    source: str | Measure, critic: str, steps: int, batch: int, seed: int
) -> tuple[dict[str, float], pd.DataFrame, pd.DataFrame]:
    """One training: its row, audited steps, and samples over time."""
    if critic != "exact":
        import_torch("critic").set_num_threads(1)  # networks are too small for more
    kept, every = sorted({round(part * steps) for part in KEPT}), max(steps // AUDITS, 1)
    history = train(
        generator_of(source, seed + 1),
        sample(source, TRAINING, seed),
        critic,
        steps=steps,
        batch=batch,
        rate=RATE if critic == "exact" else None,
        hold=steps // 2,
        halving=max(steps / 10, 1.0),
        seed=seed,
        audit=every,
        keep=kept,
    )
    if was_interrupted(history.ended):
        raise KeyboardInterrupt
    found = held_out(history.generator, sample(source, max(TEST, 2 * batch), seed + 1), batch, seed=seed)
    frame = history.frame
    audits = frame[(frame.index == 1) | (frame.index % every == 0)]
    late = audits[audits.index > steps / 2]
    row = {
        "generated": float(found.generated.mean()),
        "true": float(found.true.mean()),
        "ratio": found.ratio,
        "standard_error": found.standard_error,
        "share": float(late["share"].median()),
        "constant": float(late["constant"].median()),
        "seconds": float(frame["seconds"].sum()),
        "steps": history.state.step,
    }
    return row, audits, _points(history)


def _points(history: History) -> pd.DataFrame:
    """Generated points after the steps that were kept."""
    frames = {step: pd.DataFrame(points[:SHOWN]).rename(columns=lambda k: f"x{k}") for step, points in history.samples.items()}
    return pd.concat(frames, names=["step", "point"])
