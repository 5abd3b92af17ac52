"""What critics cost: an audit next to the exact W1, the exact critic of a batch next to ot.emd2, the slope over a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np
import pandas as pd

from otmodels.benchmark.harness import Measurement, in_own_process, measured, peak_mib
from otmodels.critics import audit_critic, critic, largest_slope
from otmodels.distance import wasserstein_distance
from otmodels.errors import CertificateError, ParameterError
from otmodels.ground import ground_cost
from otmodels.measure import Measure, grid_measure

SAMPLES = (1000, 5000)
"""Points of each of two samples in the plane that an audit is timed on."""

DIMENSIONS = (2, 64)
"""Coordinates of the batches."""

BATCH = 256
"""Points of each of two batches."""

SIDE = 512
"""Pixels along a side of the picture."""

TURNS = 15
"""Turns that a batch takes in one process, for each of the repeats."""

AUDIT, MEMORY, BATCHES, PICTURE = 1.5, 1024.0, 3.0, 2.0
"""What is asked for: audit / exact W1, MiB of an audit, exact critic / ot.emd2, seconds of the slope over a picture."""


def critics(
    sizes: Sequence[int] = SAMPLES,
    dimensions: Sequence[int] = DIMENSIONS,
    batch: int = BATCH,
    side: int = SIDE,
    repeats: int = 3,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Audits of a linear critic, exact critics of batches, and the city-block constant of values on a picture.

    Parameters
    ----------
    sizes : sequence of int
        Points of each sample in the plane, for audits.
    dimensions : sequence of int
        Coordinates of the batches; where there are none, POT is not needed.
    batch : int
        Points of each batch.
    side : int
        Of the picture, >= 2; 0 leaves it out.
    repeats : int
        Turns; medians are reported.
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (case, n): seconds and peak MiB; seconds of what it stands next to, and the ratio of the two; what is asked
        of ratio, seconds and MiB; by how much the value differs from the other one relatively. NaN where something is not
        asked for, or stands alone.

    Raises
    ------
    ParameterError
        POT is not installed and batches were asked for.
    CertificateError
        An answer was not certified: no time is reported for a wrong one.
    """
    if dimensions and find_spec("ot") is None:
        remedy = "pip install 'otmodels[bench]', or leave the batches out with dimensions=()"
        raise ParameterError("ot", "is not installed", remedy)
    say = progress or (lambda _: None)
    rows = [_audits(n, repeats, say) for n in sizes]
    rows += [_batches(d, batch, repeats, say) for d in dimensions]
    rows += [_picture(side, repeats, say)] if side else []
    return pd.DataFrame(rows).set_index(["case", "n"])


def _audits(n: int, repeats: int, say: Callable[[str], None]) -> dict[str, object]:
    ours, alone = [], []
    for turn in range(repeats):
        say(f"audit, n = {n}: exact W1 alone, turn {turn + 1} of {repeats}")
        alone.append(in_own_process(_exact, n))
        say(f"audit, n = {n}: audit, turn {turn + 1} of {repeats}")
        ours.append(in_own_process(_audit, n))
    return _row("audit", n, ours, alone, AUDIT, np.nan, MEMORY)


def _batches(dimension: int, n: int, repeats: int, say: Callable[[str], None]) -> dict[str, object]:
    turns = []
    for turn in range(repeats):
        say(f"batches of {n} in {dimension} dimensions: turn {turn + 1} of {repeats}")
        turns.append(in_own_process(_batch, dimension, n))
    return _row(f"batch, d = {dimension}", n, [ours for ours, _ in turns], [emd for _, emd in turns], BATCHES, np.nan, np.nan)


def _picture(side: int, repeats: int, say: Callable[[str], None]) -> dict[str, object]:
    ours = []
    for turn in range(repeats):
        say(f"picture of {side} x {side}: turn {turn + 1} of {repeats}")
        ours.append(in_own_process(_slope, side))
    return _row("picture", side, ours, [], np.nan, PICTURE, np.nan)


def _row(
    case: str, n: int, ours: Sequence[Measurement], other: Sequence[Measurement], ratio: float, seconds: float, mib: float
) -> dict[str, object]:
    mine, against = (float(np.median([turn.seconds for turn in turns])) if turns else np.nan for turns in (ours, other))
    value = ours[0].value
    return {
        "case": case,
        "n": n,
        "seconds": mine,
        "peak_mib": float(np.median([turn.peak_mib for turn in ours])),
        "against_seconds": against,
        "ratio": mine / against,
        "asked_ratio": ratio,
        "asked_seconds": seconds,
        "asked_mib": mib,
        "difference": abs(value - other[0].value) / abs(other[0].value) if other else np.nan,
    }


def samples(n: int, dimension: int) -> tuple[Measure, Measure]:
    """Two samples of n points of normal distributions, one moved by 0.3 along each axis; the same at every call."""
    rng = np.random.default_rng(n + dimension)
    return Measure.from_samples(rng.normal(size=(n, dimension))), Measure.from_samples(rng.normal(size=(n, dimension)) + 0.3)


def _exact(n: int) -> Measurement:
    """W1 alone."""
    wasserstein_distance(*samples(80, 2))  # a first solve loads modules that later ones find loaded
    x, y = samples(n, 2)
    started = time.perf_counter()
    solution = wasserstein_distance(x, y)
    return measured(solution, time.perf_counter() - started, f"W1, n = {n}")


def _audit(n: int) -> Measurement:
    """The audit of a linear critic by its values."""
    wasserstein_distance(*samples(80, 2))
    x, y = samples(n, 2)
    assert x.points is not None
    assert y.points is not None
    values = -x.points[:, 0], -y.points[:, 0]
    started = time.perf_counter()
    audit = audit_critic(values, x, y)
    seconds = time.perf_counter() - started
    certificate = audit.exact.certificate
    if not certificate.passed:
        raise CertificateError(f"audit, n = {n}: not certified")
    return Measurement(seconds, peak_mib(), audit.w1, certificate.relative_gap)


def _batch(dimension: int, n: int) -> tuple[Measurement, Measurement]:
    """The exact critic, and ot.emd2 with its cost matrix, in turns of one process."""
    import ot

    x, y = samples(n, dimension)
    mass = np.full(n, 1 / n)

    def emd() -> float:
        return float(ot.emd2(mass, mass, ot.dist(x.points, y.points, metric="euclidean")))

    found, other = critic(x, y), emd()
    if not found.certificate.passed:
        raise CertificateError(f"batches of {n} in {dimension} dimensions: not certified")
    ours, theirs = [], []
    for _ in range(TURNS):
        started = time.perf_counter()
        critic(x, y)
        between = time.perf_counter()
        emd()
        ours.append(between - started)
        theirs.append(time.perf_counter() - between)
    gap = found.certificate.relative_gap
    return (
        Measurement(float(np.median(ours)), peak_mib(), found.value, gap),
        Measurement(float(np.median(theirs)), peak_mib(), other, np.nan),
    )


def _slope(side: int) -> Measurement:
    """The city-block constant of values at the pixels of two pictures."""
    down, right = np.mgrid[0:side, 0:side]
    pixels = grid_measure(np.ones((side, side)))
    assert pixels.points is not None
    both = Measure.from_samples(np.concatenate([pixels.points, pixels.points]))
    values = np.tile((np.sin(down / 7) + np.cos(right / 11) * down / side).ravel(), 2)
    cost = ground_cost(both, both, "cityblock")
    started = time.perf_counter()
    constant = largest_slope(cost, values).constant
    return Measurement(time.perf_counter() - started, peak_mib(), constant, np.nan)
