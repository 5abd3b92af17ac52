"""Solve a linear program with HiGHS: choose the algorithm, run, refine. Every language ends up here."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError
from otmodels.languages.highs import Session
from otmodels.languages.refinement import refine
from otmodels.lp import LinearProgram
from otmodels.status import Status, Termination

MANY_ROWS = 5000
"""A program with more rows than this, and four times as many as columns, goes to the interior point method with
crossover: as written, the Kantorovich dual of n = 500 has 250,000 rows, on which the dual simplex takes 5 times as long."""


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
        "simplex" or "ipx" (interior point with crossover).
    iterations : int
        Simplex, interior point and crossover iterations, refinement included.
    refinements : int
        Rounds of iterative refinement.
    seconds : float
        Wall time.
    """

    status: Status
    x: FloatArray | None
    y: FloatArray | None
    algorithm: str
    iterations: int
    refinements: int
    seconds: float


def solve_program(program: LinearProgram, *, time_limit: float | None = None, verbose: bool = False) -> Run:
    """Solve a linear program with HiGHS.

    Parameters
    ----------
    program : LinearProgram
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
    session = Session(program, started + (time_limit or np.inf), verbose)
    rows, columns = program.shape
    algorithm = "ipx" if rows > MANY_ROWS and rows > 4 * columns else "simplex"
    answer = session.run(algorithm)
    if answer.status.termination is Termination.FAILED and algorithm != "simplex":
        algorithm = "simplex"
        answer = session.run(algorithm)
    x, y, refinements = answer.x, answer.y, 0
    if answer.status.optimal and x is not None and y is not None:
        x, y, refinements = refine(session, x, y)
    return Run(answer.status, x, y, algorithm, session.iterations, refinements, time.perf_counter() - started)


def check_time_limit(time_limit: float | None) -> None:
    """Raise unless the limit is None or a positive number of seconds.

    Raises
    ------
    ParameterError
    """
    if time_limit is not None and not time_limit > 0:
        raise ParameterError("time_limit", f"is {time_limit}", "Give a number of seconds > 0, or None")
