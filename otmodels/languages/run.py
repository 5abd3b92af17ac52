"""Solve a linear program with HiGHS: choose the side, run, refine. Every language ends up here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from numbers import Real

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.deadline import end
from otmodels.errors import ParameterError
from otmodels.languages.highs import DUAL_SIMPLEX, INTERIOR_POINT, PRIMAL_SIMPLEX, STEADY, Answer, Method, Session
from otmodels.languages.refinement import refine
from otmodels.lp import Dual, Program
from otmodels.status import PointStatus, Status, Termination
from otmodels.tolerances import SOLVER

TALL = 3
"""A program with more than this many times as many rows as columns is handed to HiGHS as its dual: as written, one of 250,000
rows and 1,000 columns took the simplex method 4 to 5 times as long, and the Lipschitz program of a 128 x 128 grid, 65,000 rows
and 16,000 columns, 3 times."""

LARGE = 4_000
"""From this many rows on, the interior point method and crossover take the place of the dual simplex method: on the flow program
of a grid they took as long at 4,000 rows, and a sixth of the time at 65,000 (`otmodels benchmark methods`)."""

DENSE = 256
"""With more entries than this a row, they do not: on 900 x 900 pairs they took five times as long as the dual simplex method,
and on 2,100 x 2,100 they paid a time limit of 20 s no heed for minutes."""

MANY_TINY, TINY_SHARE, STEADY_ITERATIONS = 50, 1 / 4, 20
"""Where so many rows, and so large a part of them, ask for less than HiGHS notices, as Gaussian masses do, the primal simplex
method without perturbation comes first, for so many iterations a row: on 500 x 500 bins with squared costs it took 1 to 10 s,
900 to 4,400 iterations, and the dual simplex method 20 s to more than 40; on other such masses as long, or twice as long."""


@dataclass(frozen=True, slots=True)
class Run:
    """What HiGHS made of a program, in the program's own units and in otmodels' sign convention.

    Attributes
    ----------
    status : Status
        Termination, and what x and y are.
    x : ndarray (k,) or None
        Point; None where HiGHS has none that is feasible to its tolerance.
    y : ndarray (r,) or None
        Row multipliers; None where there are none. After a stop they prove whatever a certificate makes of them.
    algorithm : str
        What HiGHS was run on and with.
    iterations : int
        Iterations of the method, of crossover and of refinement.
    refinements : int
        Rounds of iterative refinement.
    seconds : float
        Wall time.
    dual_ray, primal_ray : ndarray (r,), (k,) or None
        Row multipliers that HiGHS proposes as a proof that the program is infeasible, and a direction that it is unbounded;
        `otmodels.lp.rays` tells whether they are.
    """

    status: Status
    x: FloatArray | None
    y: FloatArray | None
    algorithm: str
    iterations: int
    refinements: int
    seconds: float
    dual_ray: FloatArray | None = None
    primal_ray: FloatArray | None = None


def solve_program(program: Program, *, time_limit: float | None = None, verbose: bool = False) -> Run:
    """Solve a linear program with HiGHS.

    Parameters
    ----------
    program : Program
        Any general-form program.
    time_limit : float, optional
        Seconds, > 0.
    verbose : bool
        Whether HiGHS prints its log.

    Raises
    ------
    ParameterError
        The time limit is not a positive number.
    """
    check_time_limit(time_limit)
    started = time.perf_counter()
    ends = min(end(), started + (time_limit or np.inf))
    if ends <= started:
        nothing = Status(Termination.TIME_LIMIT, PointStatus.NONE, PointStatus.NONE)
        return Run(nothing, None, None, DUAL_SIMPLEX.name, 0, 0, 0.0)
    dual = Dual.of(program) if program.shape[0] > TALL * program.shape[1] else None
    session = Session(dual.program if dual else program, ends, verbose)
    method, answer = _first(session)
    if answer.status.termination is Termination.FAILED:  # the dual simplex method can end on an unbounded program undecided
        method = PRIMAL_SIMPLEX
        answer = session.afresh(method)
    if answer.status.optimal and not answer.within:  # crossover may leave a vertex that is off by a hair
        answer = session.run(PRIMAL_SIMPLEX)
    x, y, status, refinements = answer.x, answer.y, answer.status, 0
    rays = session.rays()
    if status.optimal and x is not None and y is not None:
        x, y, refinements = refine(session, x, y)
    if dual:
        rays = dual.rays(*rays)
        x, y = None if y is None else dual.point(y), None if x is None else dual.multipliers(x)
        status = _of_primal(status)
    x, y = None if x is None else x + 0.0, None if y is None else y + 0.0  # no negative zeros
    algorithm = f"{method.name} on the dual program" if dual else method.name
    return Run(status, x, y, algorithm, session.iterations, refinements, time.perf_counter() - started, *rays)


def _first(session: Session) -> tuple[Method, Answer]:
    """The method that the program's size and right-hand sides ask for, and its answer."""
    rows = session.program.shape[0]
    if rows >= LARGE and session.program.A.nnz <= DENSE * rows:
        return INTERIOR_POINT, session.run(INTERIOR_POINT)
    if _tiny(session) >= max(MANY_TINY, TINY_SHARE * rows):
        answer = session.run(STEADY, iterations=STEADY_ITERATIONS * rows)
        if answer.status.optimal or answer.status.termination in (Termination.TIME_LIMIT, Termination.INTERRUPTED):
            return STEADY, answer  # of an infeasible program only the dual simplex method leaves a proof
    return DUAL_SIMPLEX, session.run(DUAL_SIMPLEX)


def _tiny(session: Session) -> int:
    """Number of rows that ask for something, and for less than HiGHS notices."""
    program, units = session.program, session.units
    equal = program.row_lower == program.row_upper
    scaled = np.abs(program.row_lower[equal]) / units.rows[equal] / units.bound
    return int(np.count_nonzero((scaled > 0) & (scaled < SOLVER)))


def _of_primal(dual: Status) -> Status:
    """What the status of a run on the dual says of the program itself."""
    termination = {
        Termination.UNBOUNDED: Termination.INFEASIBLE,
        Termination.INFEASIBLE: Termination.INFEASIBLE_OR_UNBOUNDED,
    }.get(dual.termination, dual.termination)
    return Status(termination, dual.dual, dual.primal)


def check_time_limit(time_limit: float | None) -> None:
    """Raise unless the limit is None or a positive number of seconds.

    Raises
    ------
    ParameterError
    """
    if time_limit is not None and not (isinstance(time_limit, Real) and time_limit > 0):
        raise ParameterError("time_limit", f"is {time_limit}", "Give a number of seconds > 0, or None")
