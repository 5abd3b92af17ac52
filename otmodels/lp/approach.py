"""The primal and the dual values of a linear program closing in on each other, iteration by iteration.

The primal simplex method goes from feasible point to feasible point: for a minimum, each value is an upper bound on the optimal
one. The dual simplex method goes from dual-feasible multipliers to dual-feasible multipliers: each is a lower bound. Neither
gets worse on its way, and they meet (strong duality). For a maximum the points are below and the multipliers above.

Source: Dantzig (1963), Linear Programming and Extensions, chapters 5 and 11; Lemke (1954), The dual method of solving the linear
programming problem, Naval Research Logistics Quarterly 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.checks import Certificate
from otmodels.errors import ParameterError, SolveError
from otmodels.lp.engine import Outcome, door
from otmodels.lp.kkt import settle, worth
from otmodels.lp.program import Program, check_program
from otmodels.status import Status, Termination

_REMEDIES = {
    Termination.INFEASIBLE: "otmodels.lp.repair(program).table() shows the rows that have to give",
    Termination.UNBOUNDED: "no multipliers bound it: add the bound that is missing, or correct a sign in c",
    Termination.INFEASIBLE_OR_UNBOUNDED: "solve it with c = 0: where that has no point it is infeasible, else unbounded",
}

_ELSE = "solve it first, with program.solve(), and read its status and certificate"


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The values that one method proves on its way.

    Attributes
    ----------
    method : {"primal simplex", "dual simplex"}
        Of the points, or of the multipliers.
    iterations : ndarray of int (s,)
        After how many iterations, ascending from 0 to the last.
    values : ndarray (s,)
        c'x + offset of the point where it is feasible, or the bound that the multipliers prove where they are dual feasible;
        NaN where the method is still on its way to a first such one, or stands on none by rounding.
    certificate : Certificate
        Of the last step.
    """

    method: Literal["primal simplex", "dual simplex"]
    iterations: IndexArray
    values: FloatArray
    certificate: Certificate

    @property
    def complete(self) -> bool:
        """Whether every iteration is there, and not a selection."""
        return bool(self.iterations.size == self.iterations[-1] + 1)

    def __repr__(self) -> str:
        shown = "" if self.complete else f"{self.iterations.size:,} of "
        total = int(self.iterations[-1])
        return f"Steps({self.method}, {shown}{total:,} iteration{'s' if total != 1 else ''})"


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """Primal values and dual bounds of a program, iteration by iteration.

    Attributes
    ----------
    program : Program
        As given.
    primal : Steps
        Values of the points of the primal simplex method: from above for a minimum, from below for a maximum.
    dual : Steps
        Bounds of the multipliers of the dual simplex method: from below for a minimum, from above for a maximum.
    """

    program: Program
    primal: Steps
    dual: Steps

    @property
    def value(self) -> float:
        """The optimal value: that of the last point of the primal simplex method, see `primal.certificate`."""
        return self.primal.certificate.primal_value

    @property
    def upper(self) -> Steps:
        """The steps that come from above."""
        return self.primal if self.program.sense == "min" else self.dual

    @property
    def lower(self) -> Steps:
        """The steps that come from below."""
        return self.dual if self.program.sense == "min" else self.primal

    def table(self) -> pd.DataFrame:
        """One row a step, by method and iteration: the value of the point or the bound of the multipliers, NaN for none."""
        parts = (self.primal, self.dual)
        methods = np.repeat([part.method for part in parts], [part.values.size for part in parts])
        iterations = np.concatenate([part.iterations for part in parts])
        index = pd.MultiIndex.from_arrays([methods, iterations], names=["method", "iteration"])
        return pd.DataFrame({"value": np.concatenate([part.values for part in parts])}, index=index)

    def __repr__(self) -> str:
        return f"Approach(value {self.value:.12g}, {self.primal}, {self.dual})"


def approach(program: Program, *, most: int = 200) -> Approach:
    """Values of feasible points and bounds of dual-feasible multipliers, by iterations of the primal and the dual simplex method.

    HiGHS is run again for every step, stopped after that many iterations; what it stands on then is checked against the program
    in numpy (see `otmodels.lp.certify`), and what is not feasible has no value. So this takes about `most` times as long as
    solving does.

    Parameters
    ----------
    program : Program
        Feasible and bounded.
    most : int
        Most steps of either method, >= 2. Where it takes more iterations, so many of them are taken, evenly spaced, and
        `Steps.complete` is False.

    Raises
    ------
    SolveError
        The program is infeasible or unbounded, or HiGHS did not come to a proven end; the message says what to do.
    ParameterError
        `most` is not a whole number >= 2.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> bread = LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6])
    >>> closing = approach(bread)
    >>> closing
    Approach(value 10, Steps(primal simplex, 2 iterations), Steps(dual simplex, 2 iterations))
    >>> closing.primal.values.tolist(), closing.dual.values.tolist()
    ([nan, 12.0, 10.0], [0.0, 8.0, 10.0])
    """
    check_program("program", program)
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 2:
        raise ParameterError("most", f"is {most}", "Give a whole number >= 2, for the start and the end at least")
    return Approach(program, _steps(program, "primal simplex", int(most)), _steps(program, "dual simplex", int(most)))


def _steps(program: Program, method: Literal["primal simplex", "dual simplex"], most: int) -> Steps:
    """Run a method, look what it stands on after each number of iterations is worth, and certify the last."""
    points = method == "primal simplex"
    counts: list[int] = []
    values: list[float] = []
    for outcome in door().trace(program, method, most):
        status = outcome.status
        if not status.optimal and status.termination is not Termination.ITERATION_LIMIT:
            raise SolveError(_complaint(status), status)
        counts.append(outcome.iterations)
        values.append(_worth(program, outcome, points))
    _, _, certificate = settle(program, *_shown(program, outcome))
    if np.isnan(values[-1]) or not certificate.passed:
        raise SolveError(f"the {method} method ended without proof: {certificate.verdict}; {_ELSE}", status)
    iterations = read_only(np.array(counts, dtype=np.intp))
    return Steps(method, iterations, read_only(np.array(values)), certificate)


def _worth(program: Program, outcome: Outcome, points: bool) -> float:
    """The value of a feasible point, or the bound of dual-feasible multipliers; NaN where there are none."""
    if (outcome.x if points else outcome.y) is None:
        return float("nan")
    of_point, of_multipliers = worth(program, *_shown(program, outcome))
    return of_point if points else of_multipliers


def _shown(program: Program, outcome: Outcome) -> tuple[FloatArray, FloatArray]:
    """Point and multipliers: zeros stand in where the solver shows none."""
    rows, columns = program.shape
    return np.zeros(columns) if outcome.x is None else outcome.x, np.zeros(rows) if outcome.y is None else outcome.y


def _complaint(status: Status) -> str:
    termination = status.termination
    remedy = _REMEDIES.get(termination, _ELSE)
    return f"the program has no optimal value to close in on: {termination.value}; {remedy}"
