"""What a modelling language costs: every form of Kantorovich's in every language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from otmodels.benchmark.harness import Measurement, in_own_process, measured
from otmodels.formulations import KANTOROVICH, supports
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.problem import TransportProblem
from otmodels.verbs import solve

STEPS = ("build_s", "compile_s", "solve_s", "extract_s", "total_s")


def random_problem(n: int, seed: int = 0) -> TransportProblem:
    """N x n points uniform in the unit square with uniform random masses, Euclidean cost."""
    rng = np.random.default_rng(seed)
    source, target = (Measure(mass / mass.sum(), rng.random((n, 2))) for mass in (rng.random(n) + 0.1, rng.random(n) + 0.1))
    return TransportProblem(source, target, ground_cost(source, target))


def languages(
    sizes: Sequence[int] = (100, 300, 500), repeats: int = 3, progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Every form in every language on random problems of n x n atoms.

    Parameters
    ----------
    sizes : sequence of int
        Values of n.
    repeats : int
        Turns that each candidate takes.
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (n, form, language): median seconds by step, the ratio of the total to highspy's on the same program
        and to the primal's in the same language, peak memory in MiB of a process that does nothing else, relative gap.

    Raises
    ------
    CertificateError
        A solution was not certified: no time is reported for a wrong answer.
    """
    candidates = [(n, form, language) for n in sizes for form, language in supports(*KANTOROVICH)]
    turns: dict[tuple[int, str, str], list[tuple[Measurement, tuple[float, ...]]]] = {candidate: [] for candidate in candidates}
    for turn in range(repeats):
        for n, form, language in candidates:
            if progress:
                progress(f"turn {turn + 1} of {repeats}: n = {n}, {form}, {language}")
            turns[n, form, language].append(in_own_process(_measure, n, form, language))
    return _table(turns)


def _table(measured: dict[tuple[int, str, str], list[tuple[Measurement, tuple[float, ...]]]]) -> pd.DataFrame:
    rows = {}
    for candidate, turns in measured.items():
        medians = np.median([seconds for _, seconds in turns], axis=0)
        rows[candidate] = dict(zip(STEPS, medians, strict=True)) | {
            "peak_mib": float(np.median([turn.peak_mib for turn, _ in turns])),
            "relative_gap": max(turn.relative_gap for turn, _ in turns),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["n", "form", "language"])
    total = table["total_s"]
    table.insert(len(STEPS), "to_highspy", [total[key] / total[n, form, "highspy"] for key in rows for n, form, _ in [key]])
    table.insert(
        len(STEPS) + 1, "to_primal", [total[key] / total[n, "primal", language] for key in rows for n, _, language in [key]]
    )
    return table


def _measure(n: int, form: str, language: str) -> tuple[Measurement, tuple[float, ...]]:
    """The measurement of one solve, and its seconds by step."""
    solve(random_problem(2), form, language)  # a first solve loads modules that later ones find loaded
    solution = solve(random_problem(n), form, language)
    made = solution.provenance
    seconds = (made.build_s, made.compile_s, made.solve_s, made.extract_s, made.total_s)
    return measured(solution, made.total_s, f"n = {n}, {form}, {language}"), seconds
