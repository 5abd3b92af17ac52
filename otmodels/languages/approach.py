"""The simplex methods of HiGHS, stopped after fewer iterations than they need: what each iteration stands on.

Every run starts afresh, so that the one of k iterations is the beginning of the one of k + 1. The small random changes that
HiGHS makes to costs and bounds against degeneracy are turned off: with them, what an iteration stands on is feasible for the
changed program alone (on an assignment of 100 to 100, 7 of 53 bounds of the dual method were lost to it).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from otmodels.languages.highs import DUAL_SIMPLEX, PRIMAL_SIMPLEX, Session
from otmodels.languages.refinement import refine
from otmodels.languages.run import Run
from otmodels.lp import Program

_METHODS = {method.name: method for method in (PRIMAL_SIMPLEX, DUAL_SIMPLEX)}


def trace(program: Program, method: str, most: int) -> Iterator[Run]:
    """What a simplex method stands on after 0, 1, 2, ... iterations, the end included.

    Parameters
    ----------
    program : Program
        Taken as it stands, not as its dual; in units.
    method : {"primal simplex", "dual simplex"}
        Which.
    most : int
        Most runs that are shown, >= 2; where there are more iterations, they are evenly spaced.

    Yields
    ------
    Run
        After ever more iterations. The last one is refined where it is optimal, and the only one where it is not.
    """
    last = _stopped(program, method, None)
    if last.status.optimal:
        shown = np.linspace(0, last.iterations, min(last.iterations + 1, most)).round().astype(int)
        for count in shown[:-1].tolist():
            yield _stopped(program, method, count)
    yield last


def _stopped(program: Program, method: str, limit: int | None) -> Run:
    """A run that is stopped after so many iterations, or goes on to its end and is refined."""
    started = time.perf_counter()
    session = Session(program, np.inf, verbose=False)
    for option in ("dual_simplex_cost_perturbation_multiplier", "primal_simplex_bound_perturbation_multiplier"):
        session.highs.setOptionValue(option, 0.0)
    if limit is not None:
        session.highs.setOptionValue("simplex_iteration_limit", limit)
    answer = session.run(_METHODS[method])
    x, y, iterations, refinements = answer.x, answer.y, session.iterations, 0
    if answer.status.optimal and limit is None and x is not None and y is not None:
        x, y, refinements = refine(session, x, y)
    return Run(answer.status, x, y, method, iterations, refinements, time.perf_counter() - started)
