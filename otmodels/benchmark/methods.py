"""Which algorithm of HiGHS solves a grid's flow program fastest, with crossover or without: the choice made in `run.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from otmodels.benchmark.harness import in_own_process
from otmodels.benchmark.images import two_images
from otmodels.formulations import LIPSCHITZ, Links, formulation
from otmodels.ground import ground_cost
from otmodels.languages import METHODS, Session
from otmodels.lipschitz_certificate import certify_flow
from otmodels.network import Network
from otmodels.problem import TransportProblem

TIME_LIMIT = 300.0
"""Seconds that a method gets."""


def methods(
    sides: Sequence[int] = (64, 128, 256), repeats: int = 3, progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Every method on the flow program, and on the Lipschitz program as written, of two smooth fields, city-block metric.

    Parameters
    ----------
    sides : sequence of int
        Sides of the grids.
    repeats : int
        Turns that each method takes; medians are reported.
    progress : callable, optional
        Called with a line of text before each measurement.

    Returns
    -------
    DataFrame
        Indexed by (side, form, method): median seconds, infinite where the time limit of 300 s ended it, their ratio to the
        fastest of that side, and the relative gap that `certify_flow` finds.
    """
    candidates = [(side, form, k) for side in sides for form in reversed(LIPSCHITZ) for k in range(len(METHODS))]
    found: dict[tuple[int, str, int], list[tuple[float, float]]] = {candidate: [] for candidate in candidates}
    for turn in range(repeats):
        for candidate in candidates:
            side, form, k = candidate
            if any(np.isinf(seconds) for seconds, _ in found[candidate]):
                continue
            if progress:
                progress(f"turn {turn + 1} of {repeats}: {side} x {side}, {form}, {METHODS[k].name}")
            found[candidate].append(in_own_process(_measure, *candidate))
    rows = [
        {
            "side": side,
            "form": form,
            "method": METHODS[k].name,
            "seconds": float(np.median([seconds for seconds, _ in turns])),
            "relative_gap": max(gap for _, gap in turns),
        }
        for (side, form, k), turns in found.items()
    ]
    table = pd.DataFrame(rows).set_index(["side", "form", "method"])
    table.insert(1, "to_fastest", table["seconds"] / table.groupby("side")["seconds"].transform("min"))
    return table


def _measure(side: int, form: str, k: int) -> tuple[float, float]:
    """Seconds and relative gap."""
    source, target = two_images("field", side)
    problem = TransportProblem(source, target, ground_cost(source, target, "cityblock"))
    network = Network.neighbours(problem)
    program = formulation(form).program(Links(network))
    started = time.perf_counter()
    answer = Session(program, started + TIME_LIMIT, False).run(METHODS[k])
    seconds = time.perf_counter() - started
    if not answer.status.optimal or answer.x is None or answer.y is None:
        return np.inf, np.nan
    flow, f = (answer.x, answer.y) if form == "flow" else (answer.y, answer.x)
    return seconds, certify_flow(network, np.maximum(flow, 0.0), f - f[0]).relative_gap
