"""Distances between images, and on the line, against POT's ot.emd with its cost matrix."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd

from otmodels.benchmark.harness import Measurement, in_own_process, measured, peak_mib
from otmodels.benchmark.images import two_images
from otmodels.distance import wasserstein_distance
from otmodels.errors import ParameterError
from otmodels.measure import Measure, grid_measure

LARGEST_EMD = 128
"""Largest side for which ot.emd is run: at 128 it takes 11 GB and minutes, at 256 it would take 170 GB."""

LINE_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a metric, a kind of images, and the side of the grid; or points on the line.

    Attributes
    ----------
    metric : str
        "cityblock", "euclidean", or "line" for samples on the line and "histogram" for bins.
    images : str
        "field" or "pictures"; empty on the line.
    side : int
        Side of the grid, or number of points.
    """

    metric: str
    images: str
    side: int

    def __str__(self) -> str:
        return f"{self.metric} {self.side}" if not self.images else f"{self.metric} {self.side} x {self.side} {self.images}"


CASES = (
    Case("cityblock", "field", 64),
    Case("cityblock", "pictures", 64),
    Case("euclidean", "field", 64),
    Case("euclidean", "pictures", 64),
    Case("cityblock", "field", 128),
    Case("cityblock", "pictures", 128),
    Case("cityblock", "field", 256),
    Case("line", "", LINE_POINTS),
    Case("histogram", "", LINE_POINTS),
)


def grid(
    cases: Sequence[Case] = CASES,
    repeats: int = 3,
    emd_repeats: int = 1,
    largest_emd: int = LARGEST_EMD,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """`wasserstein_distance` on images and on the line, against ot.emd.

    Parameters
    ----------
    cases : sequence of Case
        Rows.
    repeats : int
        Turns that otmodels takes; medians are reported.
    emd_repeats : int
        Turns that ot.emd takes, with `ot.dist` for its cost matrix: it is the slow one.
    largest_emd : int
        Largest side for which ot.emd is run.
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (metric, images, side): median seconds and peak MiB of both, the ratio of their seconds, the relative gap
        of the certificate, and by how much the two values differ relatively. NaN where ot.emd was not run.

    Raises
    ------
    ParameterError
        POT is not installed and ot.emd was asked for.
    CertificateError
        A solution was not certified: no time is reported for a wrong answer.
    """
    if find_spec("ot") is None and any(_has_emd(case, largest_emd) for case in cases):
        raise ParameterError("ot", "is not installed", "pip install 'otmodels[bench]', or leave ot.emd out with largest_emd=0")
    ours: dict[Case, list[Measurement]] = {case: [] for case in cases}
    theirs: dict[Case, list[Measurement]] = {case: [] for case in cases}
    for turn in range(max(repeats, emd_repeats)):
        for case in cases:
            for name, work, found, turns in (("otmodels", _ours, ours, repeats), ("ot.emd", _emd, theirs, emd_repeats)):
                if turn >= turns or (name == "ot.emd" and not _has_emd(case, largest_emd)):
                    continue
                if progress:
                    progress(f"turn {turn + 1} of {turns}: {case}, {name}")
                found[case].append(in_own_process(work, case))
    return _table(ours, theirs)


def _has_emd(case: Case, largest: int) -> bool:
    return bool(case.images) and case.side <= largest


def _table(ours: dict[Case, list[Measurement]], theirs: dict[Case, list[Measurement]]) -> pd.DataFrame:
    rows = []
    for case, turns in ours.items():
        other = theirs[case]
        seconds, emd_seconds = (float(np.median([t.seconds for t in ran])) if ran else np.nan for ran in (turns, other))
        rows.append(
            {
                "metric": case.metric,
                "images": case.images,
                "side": case.side,
                "seconds": seconds,
                "peak_mib": float(np.median([turn.peak_mib for turn in turns])),
                "relative_gap": max(turn.relative_gap for turn in turns),
                "emd_seconds": emd_seconds,
                "emd_peak_mib": float(np.median([turn.peak_mib for turn in other])) if other else np.nan,
                "emd_over_otmodels": emd_seconds / seconds,
                "difference": abs(turns[0].value - other[0].value) / turns[0].value if other else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index(["metric", "images", "side"])


def _measures(case: Case) -> tuple[Measure, Measure]:
    if case.images:
        return two_images(case.images, case.side)
    rng = np.random.default_rng(0)
    if case.metric == "histogram":
        bins = rng.random((2, case.side))
        return grid_measure(bins[0] / bins[0].sum()), grid_measure(bins[1] / bins[1].sum())
    return Measure.from_samples(rng.normal(size=case.side)), Measure.from_samples(0.3 + rng.normal(size=case.side))


def _ours(case: Case) -> Measurement:
    metric = case.metric if case.images else "euclidean"
    small = grid_measure(np.eye(3)), grid_measure(np.eye(3)[::-1])
    wasserstein_distance(*small, metric)  # a first solve loads modules that later ones find loaded
    source, target = _measures(case)
    started = time.perf_counter()
    solution = wasserstein_distance(source, target, metric)
    return measured(solution, time.perf_counter() - started, str(case))


def _emd(case: Case) -> Measurement:
    import ot

    source, target = _measures(case)
    ot.emd2([1.0], [1.0], [[0.0]])
    started = time.perf_counter()
    cost = ot.dist(source.points, target.points, metric=case.metric)
    plan, log = ot.emd(source.mass, target.mass, cost, numItermax=10**9, log=True)
    seconds = time.perf_counter() - started
    del plan
    return Measurement(seconds, peak_mib(), float(log["cost"]), np.nan)
