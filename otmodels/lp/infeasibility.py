"""A program without an optimal point: the proof, the rows that are to blame, and the least that has to give.

The first phase of the simplex method, min sum of what rows miss their bounds by, has the least total violation as its value,
and its multipliers are a certificate of infeasibility (Farkas): summed with them, the rows and bounds say 0 >= something > 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, eye_array, hstack

from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, SolveError
from otmodels.lp.claim import canonical
from otmodels.lp.engine import Outcome, run
from otmodels.lp.program import Program, check_program, numbered
from otmodels.lp.rays import DualRay, PrimalRay
from otmodels.lp.verified import proven_gain, recession
from otmodels.status import Termination
from otmodels.tolerances import DEFAULT


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """The least total violation of a program's rows, its bounds on variables kept.

    Attributes
    ----------
    program : LinearProgram
        As given.
    point : ndarray (k,)
        A point within the bounds on variables that violates rows by as little as possible in total.
    missing : ndarray (r,)
        What each row's activity is short of its lower bound by (> 0), or above its upper bound by (< 0).
    multipliers : ndarray (r,)
        d(total violation)/d(right-hand side): the certificate of infeasibility, 0 at rows that have no part in it.
    """

    program: Program
    point: FloatArray
    missing: FloatArray
    multipliers: FloatArray

    @property
    def total(self) -> float:
        """Sum of |missing|; 0 where the program is feasible."""
        return float(np.abs(self.missing).sum())

    @property
    def proven(self) -> float:
        """A lower bound on the total violation, from the multipliers and the bounds alone: > 0 proves infeasibility."""
        program, y = canonical(self.program), np.clip(self.multipliers, -1.0, 1.0)
        y = np.where(np.isfinite(np.where(y > 0, program.row_lower, program.row_upper)), y, 0.0)
        gain, largest = proven_gain(program, y)
        return max(gain / max(largest, 1.0), 0.0)

    def table(self) -> pd.DataFrame:
        """One row a row of the program that has to give or is part of the proof: bounds, activity, change, multiplier."""
        program, activity = self.program, self.program.A @ self.point
        unit = max(float(np.abs(self.missing).max(initial=0.0)), DEFAULT.marginal)
        shown = np.flatnonzero((np.abs(self.missing) > DEFAULT.marginal * unit) | (np.abs(self.multipliers) > DEFAULT.slack))
        columns = {
            "lower": program.row_lower[shown],
            "upper": program.row_upper[shown],
            "activity": activity[shown],
            "loosen_by": np.abs(self.missing[shown]),
            "multiplier": self.multipliers[shown],
        }
        return pd.DataFrame(columns, index=pd.Index([program.row_names[i] for i in shown.tolist()], name="row"))


def repair(program: Program, *, time_limit: float | None = None) -> Repair:
    """The least total violation of the rows of a program, as a linear program.

    Parameters
    ----------
    program : Program
        Any.
    time_limit : float, optional
        Seconds, > 0.

    Raises
    ------
    ParameterError
        The lower bound of a row or a variable is above its upper one, which no change of an activity repairs.
    SolveError
        The solver ended without an answer.
    """
    check_program("program", program)
    _check_order("row", program.row_names, program.row_lower, program.row_upper)
    _check_order("variable", program.column_names, program.lower, program.upper)
    rows, columns = program.shape
    slack = hstack([eye_array(rows), -eye_array(rows)])
    elastic = replace(
        program,
        c=np.concatenate([np.zeros(columns), np.ones(2 * rows)]),
        A=csc_array(hstack([program.A, slack])),
        lower=np.concatenate([program.lower, np.zeros(2 * rows)]),
        upper=np.concatenate([program.upper, np.full(2 * rows, np.inf)]),
        column_names=numbered("column_", columns + 2 * rows),
        sense="min",
        offset=0.0,
    )
    outcome = run(elastic, time_limit)
    if not outcome.status.optimal or outcome.x is None or outcome.y is None:
        raise SolveError(f"no repair was found: {outcome.status.termination.value}", outcome.status)
    added = outcome.x[columns:]
    return Repair(program, outcome.x[:columns], added[:rows] - added[rows:], outcome.y)


def _check_order(kind: str, names: Sequence[str], lower: FloatArray, upper: FloatArray) -> None:
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        k = int(crossed[0])
        fault = f"has {kind} {names[k]} with its lower bound {lower[k]:.6g} above its upper bound {upper[k]:.6g}"
        raise ParameterError("program", fault, "Change one of the two first")


def proof(program: Program, outcome: Outcome, *, time_limit: float | None = None) -> DualRay | PrimalRay | None:
    """The verified ray that proves that a program has no optimal point.

    The solver's own ray where it left one that holds; else that of the first phase, or of the program of the directions.

    Parameters
    ----------
    program : Program
        Any.
    outcome : Outcome
        What a solver ended with.
    time_limit : float, optional
        Seconds, > 0, for each linear program that is solved besides.

    Returns
    -------
    DualRay, PrimalRay or None
        None where the outcome is another one, or nothing could be verified.
    """
    if outcome.status.optimal or outcome.status.termination.stopped:
        return None
    crossed = DualRay.of_crossed_bounds(program)
    if crossed is not None:
        return crossed
    try:
        found = _infeasible(program, outcome.dual_ray, time_limit)
        if found is not None and (not found.by_rounding or outcome.status.termination is Termination.INFEASIBLE):
            return found
        return _unbounded(program, outcome, time_limit) or found
    except SolveError:
        return None


def _infeasible(program: Program, proposed: FloatArray | None, time_limit: float | None) -> DualRay | None:
    """A proof of infeasibility, by more than rounding where there is one."""

    def candidates() -> Iterator[FloatArray]:
        if proposed is not None and proposed.any():
            yield proposed / np.abs(proposed).max()
        yield repair(program, time_limit=time_limit).multipliers

    found = None
    for ray in (DualRay.of(program, y) for y in candidates()):
        if ray.verified:
            found = ray
            if not ray.by_rounding:
                break
    return found


def _unbounded(program: Program, outcome: Outcome, time_limit: float | None) -> PrimalRay | None:
    def candidates() -> Iterator[FloatArray]:
        if outcome.primal_ray is not None and outcome.primal_ray.any():
            yield outcome.primal_ray / np.abs(outcome.primal_ray).max()
        box = recession(program)
        box = replace(box, lower=np.maximum(box.lower, -1.0), upper=np.minimum(box.upper, 1.0))
        found = run(box, time_limit)
        if found.x is not None:
            yield found.x

    point = repair(program, time_limit=time_limit).point
    rays = (PrimalRay(program, point, direction) for direction in candidates())
    return next((ray for ray in rays if ray.verified), None)
