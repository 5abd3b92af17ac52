"""Large dense problems on generated pairs, against POT's ot.emd, SciPy's wasserstein_distance_nd and the full program."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd

from otmodels.arrays import FloatArray
from otmodels.benchmark.harness import Measurement, in_own_process, measured, peak_mib
from otmodels.cost import Cost
from otmodels.distance import wasserstein_distance
from otmodels.errors import ParameterError
from otmodels.families import planned
from otmodels.generation import Round, generate_pairs
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution
from otmodels.verbs import solve

FAMILIES = ("euclidean", "squared", "clustered", "random", "integer")
"""Uniform points with Euclidean and squared cost, clustered points, random cost matrices, integer costs with many ties."""

SIZES = (500, 1000, 2000, 4000)
LARGEST_FULL = 500
"""Largest n for which the program of all pairs is solved: at 500 it takes seconds, at 1000 a minute."""
LARGEST_SCIPY = 300
"""Largest n for which SciPy's wasserstein_distance_nd is run: it takes seconds at 300, and gigabytes beyond."""
MATRICES = ("random", "integer")


@dataclass(frozen=True, slots=True)
class Instance:
    """N x n atoms of a family."""

    family: str
    n: int

    def __str__(self) -> str:
        return f"{self.family}, n = {self.n}"

    def problem(self) -> TransportProblem:
        """The problem; the same at every call."""
        rng = np.random.default_rng(self.n)
        a, b = (mass / mass.sum() for mass in rng.random((2, self.n)) + 0.1)
        if self.family == "random":
            return TransportProblem(a, b, Cost(rng.random((self.n, self.n))))
        if self.family == "integer":
            return TransportProblem(a, b, Cost(rng.integers(1, 11, (self.n, self.n))))
        x, y = self._points(rng)
        source, target = Measure(a, x), Measure(b, y)
        return TransportProblem(source, target, ground_cost(source, target, power=2 if self.family == "squared" else 1))

    def _points(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        if self.family != "clustered":
            return rng.random((self.n, 2)), rng.random((self.n, 2))
        centres = rng.random((20, 2))
        x, y = (centres[rng.integers(0, 20, self.n)] + 0.02 * rng.normal(size=(self.n, 2)) for _ in range(2))
        return x, y


@dataclass(frozen=True, slots=True)
class Generated:
    """A measurement of otmodels, with its rounds and the pairs that it used."""

    measurement: Measurement
    rounds: int
    pairs: int


def dense(
    families: Sequence[str] = FAMILIES,
    sizes: Sequence[int] = SIZES,
    repeats: int = 3,
    largest_emd: int = 10_000,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Transport problems of n x n atoms on generated pairs, against other ways to the same value.

    Parameters
    ----------
    families : sequence of str
        See `FAMILIES`.
    sizes : sequence of int
        Values of n.
    repeats : int
        Turns that otmodels and ot.emd take; medians are reported. The full program and SciPy take one.
    largest_emd : int
        Largest n for which ot.emd is run, with its cost matrix; 0 leaves it out.
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (family, n): seconds and peak MiB, certificate included, rounds, pairs per atom of one side, relative gap
        of the certificate; seconds and MiB of ot.emd, and the ratios of otmodels' seconds to those of ot.emd; of the seconds of
        SciPy and of the full program to otmodels'; by how much the values differ from ot.emd's relatively. NaN where
        something was not run.

    Raises
    ------
    ParameterError
        There is no such family; POT is not installed and ot.emd was asked for.
    CertificateError
        A solution was not certified: no time is reported for a wrong answer.
    """
    for family in families:
        if family not in FAMILIES:
            raise ParameterError("families", f"hold {family!r}", f"Choose among {', '.join(FAMILIES)}")
    if find_spec("ot") is None and largest_emd >= min(sizes):
        raise ParameterError("ot", "is not installed", "pip install 'otmodels[bench]', or leave ot.emd out with largest_emd=0")
    instances = [Instance(family, n) for n in sizes for family in families]
    rows = [_row(instance, repeats, largest_emd, progress or (lambda _: None)) for instance in instances]
    return pd.DataFrame(rows).set_index(["family", "n"])


def _row(instance: Instance, repeats: int, largest_emd: int, say: Callable[[str], None]) -> dict[str, object]:
    ours: list[Generated] = []
    emd: list[Measurement] = []
    for turn in range(repeats):
        say(f"{instance}: otmodels, turn {turn + 1} of {repeats}")
        ours.append(in_own_process(_ours, instance))
        if instance.n <= largest_emd:
            say(f"{instance}: ot.emd, turn {turn + 1} of {repeats}")
            emd.append(in_own_process(_emd, instance))
    scipy = full = np.nan
    if instance.n <= LARGEST_SCIPY and instance.family == "euclidean":
        say(f"{instance}: SciPy")
        scipy = in_own_process(_scipy, instance).seconds
    if instance.n <= LARGEST_FULL:
        say(f"{instance}: all pairs")
        full = in_own_process(_full, instance).seconds
    seconds, peak = _medians([made.measurement for made in ours])
    emd_seconds, emd_peak = _medians(emd)
    first = ours[0]
    return {
        "family": instance.family,
        "n": instance.n,
        "seconds": seconds,
        "peak_mib": peak,
        "rounds": first.rounds,
        "pairs_per_atom": first.pairs / instance.n,
        "relative_gap": max(made.measurement.relative_gap for made in ours),
        "emd_seconds": emd_seconds,
        "emd_peak_mib": emd_peak,
        "to_emd": seconds / emd_seconds,
        "scipy_over_otmodels": scipy / seconds,
        "full_over_otmodels": full / seconds,
        "difference": abs(first.measurement.value - emd[0].value) / abs(emd[0].value) if emd else np.nan,
    }


def _medians(turns: Sequence[Measurement]) -> tuple[float, float]:
    if not turns:
        return float("nan"), float("nan")
    return float(np.median([turn.seconds for turn in turns])), float(np.median([turn.peak_mib for turn in turns]))


def _ours(instance: Instance) -> Generated:
    """Generation and certificate, of points by `wasserstein_distance`."""
    _answer(Instance(instance.family, 80))  # a first solve loads modules that later ones find loaded
    problem, started = instance.problem(), time.perf_counter()
    solution, rounds, pairs = _answer(instance, problem)
    return Generated(measured(solution, time.perf_counter() - started, str(instance)), rounds, pairs)


def _answer(instance: Instance, problem: TransportProblem | None = None) -> tuple[Solution, int, int]:
    problem = problem or instance.problem()
    rounds: list[Round] = []
    if instance.family in MATRICES:
        made = generate_pairs(problem, watch=rounds.append)
        about = Provenance("primal", "highspy", "generated pairs", made.i.size, "", 0, 0, 0.0, 0.0, 0.0, 0.0, {})
        return planned(problem, made.plan, made.f, made.g, made.status, about), len(rounds), made.i.size
    power = 2 if instance.family == "squared" else 1
    solution = wasserstein_distance(problem.source, problem.target, power=power, watch=rounds.append)
    assert isinstance(solution, Solution)
    return solution, len(rounds), solution.provenance.pairs


def _emd(instance: Instance) -> Measurement:
    import ot

    problem = instance.problem()
    ot.emd2([1.0], [1.0], [[0.0]])
    started = time.perf_counter()
    if instance.family in MATRICES:
        cost = problem.cost.values
    else:
        metric = "sqeuclidean" if instance.family == "squared" else "euclidean"
        cost = ot.dist(problem.source.points, problem.target.points, metric=metric)
    plan, log = ot.emd(problem.a, problem.b, cost, numItermax=10**9, log=True)
    seconds = time.perf_counter() - started
    del plan
    return Measurement(seconds, peak_mib(), float(log["cost"]), np.nan)


def _scipy(instance: Instance) -> Measurement:
    from scipy.stats import wasserstein_distance_nd

    problem = instance.problem()
    started = time.perf_counter()
    value = wasserstein_distance_nd(problem.source.points, problem.target.points, problem.a, problem.b)
    return Measurement(time.perf_counter() - started, peak_mib(), float(value), np.nan)


def _full(instance: Instance) -> Measurement:
    problem = instance.problem()
    solve(Instance(instance.family, 2).problem(), language="highspy")
    started = time.perf_counter()
    solution = solve(problem, language="highspy")
    return measured(solution, time.perf_counter() - started, str(instance))
