"""Iterative refinement: from right relative to the largest entries to right relative to each entry.

A solver with an absolute tolerance serves a mass of 1 and lets a mass of 1e-11 go. Here the residuals of its answer are
computed in double precision, enlarged, and solved for as a correction that starts from the same basis; a round or two
usually make every row and every reduced cost right relative to its own size, and the certificate tells if not.

What is worth nothing is left as it is, see `otmodels.languages.enough`, unless little work puts it right as well. A round whose
answer is no better ends the refinement, as do its bounds on rounds, iterations and time, and the best answer is what comes back.

Source: Gleixner, Steffy, Wolter (2016), Iterative refinement for linear programming, INFORMS J. Computing 28(3).
"""

from __future__ import annotations

import time
from dataclasses import replace

import highspy
import numpy as np
from scipy.sparse import block_array, coo_array, csc_array, csr_array, eye_array
from scipy.sparse.csgraph import connected_components

from otmodels.arrays import FloatArray, IndexArray
from otmodels.languages.enough import Enough, Judge, Judged, Sought
from otmodels.languages.highs import Answer, Session, power_of_two
from otmodels.lp import Program, numbered
from otmodels.status import Termination

ROUNDS = 8
"""Most corrections that are solved for."""

LONG, AT_LEAST = 10.0, 0.5
"""The corrections together take at most so many times the seconds that the solve took, or so many seconds."""

MANY, FEW = 4, 1_000
"""A correction takes at most so many times the iterations that the solve took, one more for each row, and so many more."""

SHARE, FIRST, LAST = 1 / 4, 500, 200
"""What is worth nothing is put right as well where a correction takes at most this share of the iterations that the solve
took, or so many: of everything in the first place, and of the rest where what matters is right."""

SOON = 0.1
"""Seconds that the rest may take, or that share of those that the solve took."""

LARGEST_STEP = 2.0**50
"""Most by which the magnification grows from one round to the next."""

LARGEST = 2.0**900
"""Most by which a correction is magnified, in units."""

BOX = 2.0**20
"""Largest correction, in the program's units, of any variable where there is no optimal one without such a bound."""

_FINITE = float(np.finfo(np.float64).max)

ANCHOR = 2.0**4
"""Largest correction, in the program's units, of one free variable of each connected part: where the costs of free
variables cancel only up to rounding, the enlarged program would be unbounded otherwise."""


def refine(session: Session, x: FloatArray, y: FloatArray, enough: Enough | None = None) -> tuple[FloatArray, FloatArray, int]:
    """Refine the optimal answer of a session.

    Parameters
    ----------
    session : Session
        Just solved to optimality, with its basis.
    x : ndarray (k,)
        Its point.
    y : ndarray (r,)
        Its row multipliers.
    enough : Enough, optional
        When an answer is right enough.

    Returns
    -------
    tuple
        Point, multipliers, and the number of rounds that it took: 0 where the answer was right already. They are the best that
        was found, judged by what is wrong with them; within its bounds on iterations and time, refinement always ends.
    """
    program, enough, slack = session.program, enough or Enough(), _inequalities(session.program)
    form = _with_slacks(program, slack)
    judge = Judge(form, _cost_sizes(program, slack), session.units.rows, slack)
    best = judge.of(np.concatenate([x, (program.A @ x)[slack]]), y, enough)
    if best.right and not best.leaves:
        return best.x[: x.size], best.y, 0
    rounds = _Rounds(session, _restart(session, form, slack), judge)
    best = rounds.refined(best, enough)
    return best.x[: x.size], best.y, rounds.done


class _Rounds:
    """Corrections that are solved for, within bounds that follow from what the solve took.

    Parameters
    ----------
    solved : Session
        The solve.
    session : Session
        The program of equality rows, with the basis of the solve.
    judge : Judge
        Of its answers.
    """

    def __init__(self, solved: Session, session: Session, judge: Judge) -> None:
        self.done = 0
        self._solved, self._session, self._judge = solved, session, judge
        self._anchors = _anchors(session.program)
        self._iterations, self._seconds = solved.iterations, solved.seconds
        self._ends = time.perf_counter() + max(AT_LEAST, LONG * solved.seconds)

    def refined(self, start: Judged, enough: Enough) -> Judged:
        """What matters put right, and with it what is worth nothing, as far as that is cheap."""
        most = MANY * self._iterations + start.y.size + FEW
        best = start
        if start.leaves:
            best = self._of(start, enough, self._share(FIRST), self._ends)
        if not best.right:
            best = self._of(best, enough, most, self._ends, lenient=best.leaves)
        if not (best.right and best.leaves):
            return best
        whole = replace(enough, worth=0.0)
        soon = min(self._ends, time.perf_counter() + max(SOON, SHARE * self._seconds))
        more = self._of(self._judge.of(best.x, best.y, whole), whole, self._share(LAST), soon)
        return more if self._judge.of(more.x, more.y, enough).right else best

    def _share(self, least: int) -> int:
        return max(least, int(SHARE * self._iterations))

    def _of(self, best: Judged, enough: Enough, iterations: int, ends: float, *, lenient: bool = False) -> Judged:
        """Corrections until nothing is wrong, one cannot be had, or its answer is no better, however much it is enlarged."""
        units, p, d, better = self._session.units, 1.0, 1.0, True
        while not best.right and self.done < ROUNDS:
            last, (p, d) = (p, d), (_magnification(best.primal, units.bound, p), _magnification(best.dual, units.cost, d))
            if not better and last == (p, d):
                return best
            answer = self._correction(best.sought(lenient), (p, d), best.x, iterations, ends)
            if answer is None:
                return best
            self.done += 1
            with np.errstate(over="ignore"):
                x, y = best.x + answer[0] / p, best.y + answer[1] / d
            if not (np.isfinite(x).all() and np.isfinite(y).all()):
                return best
            found = self._judge.of(x, y, enough)
            better = found.better_than(best, units.bound, units.cost)
            best = found if better else best
        return best

    def _correction(
        self, sought: Sought, enlarged: tuple[float, float], x: FloatArray, iterations: int, ends: float
    ) -> tuple[FloatArray, FloatArray] | None:
        """Optimal correction of point and multipliers, enlarged; None where there was none within the bounds.

        Rounding alone may make it unbounded, along a direction that costs nothing: then it is sought in a box.
        """
        session, (p, d) = self._session, enlarged
        with np.errstate(over="ignore"):  # a bound beyond the range of floats is none
            lower, upper = p * (session.program.lower - x), p * (session.program.upper - x)
            rows, costs = (p * sought.least, p * sought.most), np.clip(d * sought.costs, -_FINITE, _FINITE)
        lower[self._anchors], upper[self._anchors] = -ANCHOR * session.units.bound, ANCHOR * session.units.bound
        for box in (np.inf, BOX * session.units.bound):
            session.change(costs, *rows, np.maximum(lower, -box), np.minimum(upper, box))
            answer = self._run(iterations, ends)
            if answer.status.termination not in (Termination.UNBOUNDED, Termination.FAILED):
                break
        return (answer.x, answer.y) if answer.status.optimal and answer.x is not None and answer.y is not None else None

    def _run(self, iterations: int, ends: float) -> Answer:
        session, before = self._session, self._session.iterations
        answer = session.run(seconds=ends - time.perf_counter(), iterations=iterations)
        if session is not self._solved:
            self._solved.iterations += session.iterations - before
        return answer


def _cost_sizes(program: Program, slack: IndexArray) -> FloatArray:
    """Size of each variable's cost; a slack, which has none, takes the largest cost of its row."""
    costs = np.abs(program.c)
    matrix = csr_array(program.A)[slack]
    rows = np.repeat(np.arange(slack.size), np.diff(matrix.indptr))
    largest = np.zeros(slack.size)
    np.maximum.at(largest, rows, costs[matrix.indices])
    return np.concatenate([costs, largest])


def _magnification(violation: float, unit: float, last: float) -> float:
    wanted = unit / violation if violation else last
    return float(power_of_two(np.float64(min(max(wanted, 1.0), last * LARGEST_STEP, LARGEST / max(unit, 1.0)))))


def _inequalities(program: Program) -> IndexArray:
    return np.flatnonzero(program.row_lower != program.row_upper)


def _with_slacks(program: Program, slack: IndexArray) -> Program:
    """The program with equality rows only: A x - s = 0, row_lower <= s <= row_upper in place of each inequality."""
    if not slack.size:
        return program
    rows, count = program.shape[0], slack.size
    columns = coo_array((-np.ones(count), (slack, np.arange(count))), shape=(rows, count))
    right = np.where(program.row_lower == program.row_upper, program.row_lower, 0.0)
    return replace(
        program,
        c=np.concatenate([program.c, np.zeros(count)]),
        A=csc_array(block_array([[program.A, columns]])),
        row_lower=right,
        row_upper=right.copy(),
        lower=np.concatenate([program.lower, program.row_lower[slack]]),
        upper=np.concatenate([program.upper, program.row_upper[slack]]),
        column_names=numbered("column_", program.shape[1] + count),
    )


def _restart(session: Session, form: Program, slack: IndexArray) -> Session:
    """A session on the equality form that starts from the basis of the solved one."""
    if form is session.program:
        return session
    inner = Session(form, session.deadline, session.verbose)
    old, basis = session.highs.getBasis(), highspy.HighsBasis()
    row_status = list(old.row_status)
    basis.col_status = list(old.col_status) + [row_status[i] for i in slack]
    for i in slack:
        row_status[i] = highspy.HighsBasisStatus.kLower
    basis.row_status = row_status
    basis.valid = old.valid
    inner.highs.setBasis(basis)
    return inner


def _anchors(program: Program) -> IndexArray:
    """In each connected part of the program, the free variable of the largest cost."""
    rows, columns = program.shape
    free = np.flatnonzero(np.isneginf(program.lower) & np.isposinf(program.upper))
    if not free.size:
        return free
    graph = block_array([[None, program.A], [csc_array(program.A.T), eye_array(columns)]])
    _, part = connected_components(graph, directed=False)
    order = free[np.argsort(np.abs(program.c[free]), kind="stable")]
    return np.array(list(dict(zip(part[rows + order], order, strict=True)).values()), dtype=np.intp)
