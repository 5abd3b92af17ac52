"""Which rows and bounds contradict each other: an irreducible infeasible subset.

A set of bounds with multipliers > 0 that prove it infeasible is irreducible, feasible as soon as any one of them is left out,
if and only if these multipliers are the only ones, up to a factor, under which the variables cancel. As long as there are
others, adding a multiple of them brings the multiplier of some bound to 0, and the rest is still a proof. So a conflict is
found by linear algebra from one proof, without a linear program a bound.

Source: Gleeson and Ryan (1990), Identifying minimally infeasible subsystems of inequalities, ORSA J. Computing 2(1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.errors import SolveError
from otmodels.lp.engine import run
from otmodels.lp.infeasibility import proof, repair
from otmodels.lp.program import Program, check_program
from otmodels.lp.rays import DualRay
from otmodels.tolerances import DEFAULT

MOST_ROWS = 2000
"""Largest number of rows of a proof that is reduced."""

DEPENDENT = 1e-12
"""Eigenvalue, over the largest, below which rows count as linearly dependent: what follows from it is verified."""


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Rows and bounds that contradict each other.

    Attributes
    ----------
    ray : DualRay
        The verified proof; its bounds with a multiplier are the conflict.
    irreducible : bool
        Whether the program that consists of these bounds becomes feasible as soon as any one of them is left out.
    """

    ray: DualRay
    irreducible: bool

    @property
    def program(self) -> Program:
        """The program."""
        return self.ray.program

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the rows."""
        return tuple(self.program.row_names[i] for i in np.flatnonzero(self.ray.rows.any(axis=0)).tolist())

    def table(self) -> pd.DataFrame:
        """One row a bound of the conflict, see `DualRay.table`."""
        return self.ray.table()

    def repair(self) -> pd.DataFrame:
        """The least total change of the program's rows, in this conflict or not, that makes it feasible.

        Returns
        -------
        DataFrame
            One row a row that has to give: lower, upper, activity, and loosen_by; all of it is in `otmodels.lp.repair`.

        Raises
        ------
        ParameterError, SolveError
            See `otmodels.lp.repair`.
        """
        least = repair(self.program).table()
        return least.loc[least["loosen_by"] > 0, ["lower", "upper", "activity", "loosen_by"]]

    def __str__(self) -> str:
        return str(self.ray)

    def __repr__(self) -> str:
        kind = "irreducible" if self.irreducible else "not reduced to the end"
        return f"Conflict({len(self.rows)} rows, {kind}, 0 >= {self.ray.gain:.6g})"


def conflict(program: Program, *, time_limit: float | None = None) -> Conflict | None:
    """The rows and bounds that are to blame for an infeasible program; None where it is feasible.

    Parameters
    ----------
    program : Program
        Any.
    time_limit : float, optional
        Seconds, > 0, for each of at most three linear programs.

    Raises
    ------
    SolveError
        Whether the program is feasible could not be decided and verified.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> print(conflict(LinearProgram.canonical([0, 0], [[1, 0], [-1, -1], [0, 1]], [3, -2, 0], ["bread", "purse", "milk"])))
    bread (>= 3), purse (>= -2) contradict each other: multiplied and summed they say 0 >= 1
    """
    check_program("program", program)
    outcome = run(program, time_limit)
    if outcome.status.optimal:
        return None
    found = proof(program, outcome, time_limit=time_limit)
    if isinstance(found, DualRay):
        return conflict_of(found)
    if found is None:
        termination = outcome.status.termination
        why = termination.value if termination.stopped else "no proof holds in floating point"
        raise SolveError(f"whether the program is feasible was not decided: {why}", outcome.status)
    return None


def conflict_of(ray: DualRay) -> Conflict:
    """The conflict that a verified proof contains, reduced as far as verified proofs lead."""
    while np.count_nonzero(ray.rows.any(axis=0)) <= MOST_ROWS:
        others = _other_multipliers(ray)
        if others is None:
            return Conflict(ray, True)
        smaller = next((made for made in _without_one(ray, others) if made.size < ray.size and _as_firm(made, ray)), None)
        if smaller is None:
            break
        ray = smaller
    return Conflict(ray, False)


def _as_firm(made: DualRay, ray: DualRay) -> bool:
    """Whether a proof holds, and does so by more than rounding if another one does."""
    return made.verified and (ray.by_rounding or not made.by_rounding)


def _other_multipliers(ray: DualRay) -> FloatArray | None:
    """Row multipliers (r,) on the rows of a proof, no multiple of its own, that need no bound that it does not use."""
    used = np.flatnonzero(ray.y)
    free = np.flatnonzero(~ray.columns.any(axis=0))
    if used.size < 2:
        return None
    matrix = csr_array(csr_array(ray.program.A)[used][:, free])
    size = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    size = np.where(size > 0, size, 1.0)
    gram = (matrix @ matrix.T).toarray() / np.outer(size, size)
    value, vectors = np.linalg.eigh(gram)
    null = vectors[:, value <= DEPENDENT * max(float(value[-1]), 1.0)]
    own = ray.y[used] * size
    null = null - np.outer(own, own @ null) / (own @ own)
    length = np.linalg.norm(null, axis=0)
    if not (length > 0.5).any():
        return None
    made = np.zeros(ray.y.size)
    made[used] = null[:, int(length.argmax())] / size
    return made


def _without_one(ray: DualRay, others: FloatArray) -> Iterator[DualRay]:
    """Proofs with a bound fewer: a multiple of other multipliers is added until one of the proof's own comes to 0."""
    program, y = ray.program, ray.y
    own = np.concatenate([y, ray.z])
    step = np.concatenate([others, -(program.A.T @ others)])
    step[np.abs(step) <= DEFAULT.slack * np.abs(step).max()] = 0.0
    ratio = np.divide(step, own, out=np.zeros_like(own), where=own != 0)
    for sign in (1.0, -1.0):
        least, most = float((sign * ratio).min()), float((sign * ratio).max())
        if least < 0:
            yield _at(program, y + sign * others / -least, (sign * ratio == least)[: y.size])
        elif most > 0:
            yield _at(program, sign * others - y * least, (sign * ratio == least)[: y.size])


def _at(program: Program, y: FloatArray, gone: FloatArray) -> DualRay:
    """The proof of some multipliers, scaled to a largest one of 1, exactly 0 where a bound was to go."""
    y = np.where(gone | (np.abs(y) <= DEFAULT.slack * np.abs(y).max()), 0.0, y)
    return DualRay.of(program, y / (np.abs(y).max() or 1.0))
