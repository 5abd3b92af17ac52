"""How long it takes to state a program in a language: known before it is begun, since nothing stops it afterwards.

Stating, compiling, reading back and handing a program to HiGHS takes a time in proportion to its pairs, be they variables or
rows. Measured with all forms on a machine busy with other work, in steps of a plain loop at the same time: at 1,000,000 pairs
highspy 6 to 8, cvxpy 9 to 14, pyomo 60 to 150; at 5,760,000, where memory is what counts, two to three times as many.
"""

from __future__ import annotations

import time

STEPS = {"highspy": 30.0, "cvxpy": 40.0, "pyomo": 300.0}
"""Steps of a plain loop that take as long as all that is done for one pair, rather too many than too few."""

SLOW = 1e-6
"""Seconds that no machine takes for a step."""

_SAMPLE = 250_000
"""Steps that are long enough to feel what else the machine does: some 20 ms."""


def building_seconds(pairs: int, language: str, step: float | None = None) -> float:
    """Seconds that a model of so many pairs, or arcs, takes until HiGHS can begin.

    Parameters
    ----------
    pairs : int
        How many.
    language : str
        What it is stated in.
    step : float, optional
        Seconds that a step of a plain loop takes; measured where omitted.

    >>> building_seconds(10**6, "highspy", SLOW)
    30.0
    """
    return pairs * STEPS[language] * (step_seconds() if step is None else step)


def step_seconds() -> float:
    """Seconds that a step of a plain loop takes on this machine, now."""
    started, made = time.perf_counter(), {}
    for k in range(_SAMPLE):
        made[k % 1_000] = (k, k * 0.5)
    return (time.perf_counter() - started) / _SAMPLE
