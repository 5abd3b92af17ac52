"""An infeasible program: the rows that are to blame, and the least that has to give.

The first phase of the simplex method, min sum of what rows miss their bounds by, has the least total violation as its value,
and its multipliers are a certificate of infeasibility (Farkas): summed with them, the rows and bounds say 0 >= something > 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, eye_array, hstack

from otmodels.arrays import FloatArray
from otmodels.errors import SolveError
from otmodels.lp.engine import run
from otmodels.lp.program import Program, numbered
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
        y = np.clip(self.multipliers, -1.0, 1.0)
        z = -(self.program.A.T @ y)
        return _least(y, self.program.row_lower, self.program.row_upper) + _least(z, self.program.lower, self.program.upper)

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


def repair(program: Program) -> Repair:
    """The least total violation of the rows of a program, as a linear program.

    Raises
    ------
    SolveError
        The solver ended without an answer; bounds on variables that exclude each other have no repair among the rows.
    """
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
    outcome = run(elastic)
    if not outcome.status.optimal or outcome.x is None or outcome.y is None:
        raise SolveError(f"no repair was found: {outcome.status.termination.value}", outcome.status)
    added = outcome.x[columns:]
    return Repair(program, outcome.x[:columns], added[:rows] - added[rows:], outcome.y)


def _least(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """The least of sum_i multiplier_i t_i over lower <= t <= upper: -inf where a bound is missing."""
    bound = np.where(multiplier > 0, lower, upper)
    used = np.abs(multiplier) > DEFAULT.slack
    return float((multiplier[used] * bound[used]).sum())
