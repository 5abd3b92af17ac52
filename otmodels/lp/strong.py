"""Strong duality out of Farkas' lemma, run.

For min c'x, A x = b, x >= 0 of value z and any eps > 0, no x >= 0 has A x = b and c'x <= z - eps. So Farkas' lemma gives
(u, t) with A'u + t c <= 0, t <= 0 and b'u + t (z - eps) > 0. Here t < 0, because b'u > 0 with A'u <= 0 would make A x = b itself
infeasible; y = -u / t then has A'y <= c and b'y > z - eps. The smaller eps, the closer the dual value comes to z, and at
eps = 0 the first alternative holds: there is an x.

Source: Matousek and Gaertner (2007), section 6.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack, vstack

from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, SolveError
from otmodels.lp.exact import alternative
from otmodels.lp.farkas import Farkas, farkas
from otmodels.lp.linear_program import LinearProgram
from otmodels.lp.program import check_program

EPSILONS = tuple(2.0**-k for k in range(0, 21, 2))
EXACT_ENTRIES = 2000
"""Largest standard form, in entries of A, whose value is found in exact arithmetic, from its optimality conditions."""


@dataclass(frozen=True, slots=True, eq=False)
class EpsSweep:
    """What Farkas' lemma says about c'x <= z - eps, for a sweep of eps.

    Attributes
    ----------
    program : LinearProgram
        As given.
    value : float
        z, the optimal value of its standard form (a minimum).
    exact : bool
        Whether z, and every alternative, is known in rational numbers.
    epsilons : tuple of float
        eps > 0, then 0.
    answers : tuple of Farkas
        The alternative of each.
    """

    program: LinearProgram
    value: float
    exact: bool
    epsilons: tuple[float, ...]
    answers: tuple[Farkas, ...]

    def multipliers(self, k: int) -> FloatArray:
        """The dual-feasible y (r,), for the rows of the standard form, that the k-th certificate is.

        Raises
        ------
        ParameterError
            The k-th alternative is an x.
        """
        certificate = self.answers[k].y
        if certificate is None:
            raise ParameterError("k", f"is {k}, where the alternative is an x", "Choose one of eps > 0")
        return np.asarray(-certificate[:-1] / certificate[-1])

    def table(self) -> pd.DataFrame:
        """One row an eps: the bound z - eps, the alternative, and the dual value b'y, which lies above the bound."""
        right = self.program.standard_form().program.row_lower
        rows = []
        for k, (eps, answer) in enumerate(zip(self.epsilons, self.answers, strict=True)):
            dual = np.nan if answer.feasible else float(right @ self.multipliers(k))
            found = "x" if answer.feasible else "y"
            rows.append((eps, self.value - eps, found, dual, dual - self.value + eps, answer.verified, answer.exact is not None))
        columns = ["eps", "bound", "alternative", "dual_value", "above_bound", "verified", "exact"]
        return pd.DataFrame(rows, columns=columns).set_index("eps")


def eps_sweep(program: LinearProgram, epsilons: Sequence[float] = EPSILONS) -> EpsSweep:
    """Farkas' alternatives for c'x <= z - eps.

    Parameters
    ----------
    program : LinearProgram
        Feasible and bounded; taken in standard form.
    epsilons : sequence of float
        Values > 0; they count in units of max(1, |z|). 0 is added at the end.

    Raises
    ------
    SolveError
        The program has no optimal point.
    ParameterError
        An eps that is not > 0.

    Examples
    --------
    >>> sweep = eps_sweep(LinearProgram.standard([1, 2], [[1, 1]], [3]), [1.0, 0.5])
    >>> sweep.table()["alternative"].tolist()
    ['y', 'y', 'x']
    """
    check_program("program", program)
    if not all(isinstance(eps, Real) and np.isfinite(eps) and eps > 0 for eps in epsilons):
        raise ParameterError("epsilons", f"are {list(epsilons)}", "Give numbers > 0, such as 1, 0.1, 0.01")
    stated = program.standard_form().program
    value = _value(stated)
    unit = max(1.0, abs(float(value)))
    steps = (*(float(eps) * unit for eps in epsilons), 0.0)
    below_z = np.append(stated.c, 1.0)[None, :]
    slackless = hstack([csr_array(stated.A), csr_array((stated.shape[0], 1))])
    matrix = csr_array(vstack([slackless, csr_array(below_z)]))
    answers = []
    for eps in steps:
        if isinstance(value, Fraction):
            right = np.array([*map(Fraction, stated.row_lower.tolist()), value - Fraction(eps)], dtype=object)
            answers.append(farkas(matrix, right, exact=True))
        else:
            answers.append(farkas(matrix, np.append(stated.row_lower, value - eps), exact=False))
    return EpsSweep(program, float(value), isinstance(value, Fraction), steps, tuple(answers))


def _value(stated: LinearProgram) -> Fraction | float:
    """The optimal value of a standard form, less its offset: exact where it is small and its rows agree exactly."""
    exact = _exact_value(stated) if stated.shape[0] * stated.shape[1] <= EXACT_ENTRIES else None
    if exact is not None:
        return exact
    solution = stated.solve()
    if solution.x is None or solution.certificate is None:
        raise SolveError(f"the program has no optimal point: {solution.status.termination.value}", solution.status)
    return float(stated.c @ solution.x)


def _exact_value(stated: LinearProgram) -> Fraction | None:
    """C'x of x, y, s >= 0 with A x = b, A'y + s = c, c'x = b'y, y of either sign; None where there are none."""
    matrix = [list(map(Fraction, row)) for row in stated.A.toarray().tolist()]
    rows, columns = stated.shape
    c, b = (list(map(Fraction, vector.tolist())) for vector in (stated.c, stated.row_lower))
    zero = Fraction(0)
    system = [[*row, *[zero] * (2 * rows + columns)] for row in matrix]
    for j in range(columns):
        column = [row[j] for row in matrix]
        slack = [Fraction(int(j == k)) for k in range(columns)]
        system.append([*[zero] * columns, *column, *(-entry for entry in column), *slack])
    system.append([*c, *(-entry for entry in b), *b, *[zero] * columns])
    x, _ = alternative(system, [*b, *c, zero])
    return None if x is None else sum((cost * entry for cost, entry in zip(c, x, strict=False)), zero)
