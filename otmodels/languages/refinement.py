"""Iterative refinement: from right relative to the largest entries to right relative to each entry.

A solver with an absolute tolerance serves a mass of 1 and lets a mass of 1e-11 go. Here the residuals of its answer are
computed in double precision, enlarged, and solved for as a correction that starts from the same basis; a round or two
usually make every row and every reduced cost right relative to its own size, and the certificate tells if not.

Source: Gleixner, Steffy, Wolter (2016), Iterative refinement for linear programming, INFORMS J. Computing 28(3).
"""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
from scipy.sparse import block_array, coo_array, csc_array, csr_array, eye_array
from scipy.sparse.csgraph import connected_components

from otmodels.arrays import FloatArray, IndexArray
from otmodels.languages.highs import Session, power_of_two
from otmodels.lp import Program, numbered
from otmodels.tolerances import REFINEMENT

ROUNDS = 8
LARGEST_STEP = 2.0**50
"""Most by which the magnification grows from one round to the next."""
ROUNDING = 8 * np.finfo(np.float64).eps
"""Relative rounding error that a row's activity is allowed in the enlarged program, which would be infeasible otherwise
where redundant rows agree only up to rounding."""
ANCHOR = 2.0**4
"""Largest correction, in the program's units, of one free variable of each connected part: where the costs of free
variables cancel only up to rounding, the enlarged program would be unbounded otherwise."""


def refine(session: Session, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Refine the optimal answer of a session.

    Parameters
    ----------
    session : Session
        Just solved to optimality, with its basis.
    x : ndarray (k,)
        Its point.
    y : ndarray (r,)
        Its row multipliers.

    Returns
    -------
    tuple
        Point, multipliers, and the number of rounds that it took: 0 where the answer was right already.
    """
    program = session.program
    x = np.clip(x, program.lower, program.upper)
    form = _with_slacks(program)
    slack = _inequalities(program)
    point = np.concatenate([x, np.clip((program.A @ x)[slack], program.row_lower[slack], program.row_upper[slack])])
    if _violations(form, point, y, _cost_sizes(form, program)) == (0.0, 0.0):
        return x, y, 0
    inner = _restart(session, form, slack)
    point, y, rounds = _rounds(inner, point, y, _cost_sizes(form, program))
    if inner is not session:
        session.iterations += inner.iterations
    return point[: x.size], y, rounds


def _rounds(session: Session, x: FloatArray, y: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Solve for corrections of x and y until nothing is wrong, or a correction cannot be had."""
    program, units = session.program, session.units
    anchors = _anchors(program)
    p = d = 1.0
    for done in range(ROUNDS):
        primal, dual = _violations(program, x, y, sizes)
        if primal == 0 and dual == 0:
            return x, y, done
        p, d = _magnification(primal, units.bound, p), _magnification(dual, units.cost, d)
        residual = program.row_lower - program.A @ x
        allowed = ROUNDING * _row_sizes(program, x)
        lower, upper = p * (program.lower - x), p * (program.upper - x)
        lower[anchors], upper[anchors] = -ANCHOR * units.bound, ANCHOR * units.bound
        session.change(d * (program.c - program.A.T @ y), p * (residual - allowed), p * (residual + allowed), lower, upper)
        answer = session.run()
        if not answer.status.optimal or answer.x is None or answer.y is None:
            return x, y, done
        x, y = np.clip(x + answer.x / p, program.lower, program.upper), y + answer.y / d
    return x, y, ROUNDS


def _violations(program: Program, x: FloatArray, y: FloatArray, sizes: FloatArray) -> tuple[float, float]:
    """Largest violation among the rows, and among the reduced costs, that are wrong relative to their own size."""
    residual = np.abs(program.row_lower - program.A @ x)
    primal = residual[residual > REFINEMENT * _row_sizes(program, x)]
    z = (1.0 if program.sense == "min" else -1.0) * (program.c - program.A.T @ y)
    wrong = np.abs(np.where(z > 0, x != program.lower, x != program.upper) * z)
    dual = wrong[wrong > REFINEMENT * np.maximum(sizes, abs(program.A).T @ np.abs(y) * (program.c != 0))]
    return float(primal.max(initial=0.0)), float(dual.max(initial=0.0))


def _row_sizes(program: Program, x: FloatArray) -> FloatArray:
    """Size of the terms that each row sums."""
    sizes: FloatArray = np.maximum(np.abs(program.row_lower), abs(program.A) @ np.abs(x))
    return sizes


def _cost_sizes(form: Program, program: Program) -> FloatArray:
    """Size of each variable's cost; a slack, which has none, takes the largest cost of its row."""
    slack = _inequalities(program)
    costs = np.abs(program.c)
    matrix = csr_array(program.A)[slack]
    rows = np.repeat(np.arange(slack.size), np.diff(matrix.indptr))
    largest = np.zeros(slack.size)
    np.maximum.at(largest, rows, costs[matrix.indices])
    return np.concatenate([costs, largest])


def _magnification(violation: float, unit: float, last: float) -> float:
    wanted = unit / violation if violation else last
    return float(power_of_two(np.float64(min(max(wanted, 1.0), last * LARGEST_STEP))))


def _inequalities(program: Program) -> IndexArray:
    return np.flatnonzero(program.row_lower != program.row_upper)


def _with_slacks(program: Program) -> Program:
    """The program with equality rows only: A x - s = 0, row_lower <= s <= row_upper in place of each inequality."""
    slack = _inequalities(program)
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
