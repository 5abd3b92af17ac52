"""Masses that a solver with an absolute tolerance let go, placed on pairs afterwards.

A solver serves a mass of 1 and lets one of 1e-20 go. Where what it let go is too little to matter for the value, no better answer
need be solved for: rows and columns that are too full are scaled down, and what atoms are short of, in proportion to their own
mass, is laid onto pairs of little slack. Atoms far heavier than what they take do not notice it. The certificate tells the cost.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.problem import TransportProblem

SHORT = 1e-11
"""An atom that misses more than this part of its own mass is served better."""

UNNOTICED = 1e-9
"""Part of its own mass that an atom takes, or gives, beside its own without being out of balance."""

MOST_ENTRIES = 1 << 24
"""Most slacks that are looked at for atoms that are short."""


def placed(problem: TransportProblem, plan: csr_array, f: FloatArray, g: FloatArray) -> csr_array:
    """The plan (n, m) with every atom served in proportion to its own mass, as far as allowed pairs let it.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    plan : csr_array (n, m)
        Right up to a solver's tolerance; entries < 0, and those on forbidden pairs or of atoms without mass, are left out.
    f, g : ndarray (n,), (m,)
        Potentials: what is laid on goes where their slack is small.
    """
    i, j = (index.astype(np.intp) for index in coo_array(plan).coords)
    kept = (plan.data > 0) & (problem.a[i] > 0) & (problem.b[j] > 0)
    if problem.has_forbidden:
        kept &= np.isfinite(problem.cost.entries(i, j))
    i, j, mass = i[kept], j[kept], plan.data[kept]
    for index, held in ((i, problem.a), (j, problem.b)):
        total = np.bincount(index, mass, held.size)
        mass = mass * np.divide(held, total, out=np.ones(held.size), where=total > held)[index]
    rows = np.maximum(problem.a - np.bincount(i, mass, problem.a.size), 0.0)
    columns = np.maximum(problem.b - np.bincount(j, mass, problem.b.size), 0.0)
    rows[rows <= SHORT * problem.a], columns[columns <= SHORT * problem.b] = 0.0, 0.0
    pieces = [(i, j, mass)]
    if rows.any() or columns.any():
        pieces += _matched(problem, rows, columns)
        pieces += _absorbed(problem, rows, columns, f, g)
    i, j, mass = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return csr_array(coo_array((mass, (i, j)), shape=problem.shape))


Pieces = list[tuple[IndexArray, IndexArray, FloatArray]]


def _matched(problem: TransportProblem, rows: FloatArray, columns: FloatArray) -> Pieces:
    """What sources are short of laid onto what targets are short of, the largest first; both are reduced in place."""
    one, other = (np.argsort(-short, kind="stable")[: np.count_nonzero(short)].tolist() for short in (rows, columns))
    left, room = rows.tolist(), columns.tolist()
    found: list[tuple[int, int, float]] = []
    p = q = 0
    while p < len(one) and q < len(other):
        i, j = one[p], other[q]
        moved = min(left[i], room[j])
        found.append((i, j, moved))
        left[i] -= moved
        room[j] -= moved
        if left[i] <= SHORT * problem.a[i]:
            left[i] = 0.0
            p += 1
        if room[j] <= SHORT * problem.b[j]:
            room[j] = 0.0
            q += 1
    if not found:
        return []
    i, j = (np.array(index, dtype=np.intp) for index in list(zip(*found, strict=True))[:2])
    mass = np.array([moved for _, _, moved in found])
    allowed = np.isfinite(problem.cost.entries(i, j)) if problem.has_forbidden else np.ones(i.size, dtype=bool)
    rows[:], columns[:] = left, room
    np.add.at(rows, i[~allowed], mass[~allowed])
    np.add.at(columns, j[~allowed], mass[~allowed])
    return [(i[allowed], j[allowed], mass[allowed])]


def _absorbed(problem: TransportProblem, rows: FloatArray, columns: FloatArray, f: FloatArray, g: FloatArray) -> Pieces:
    """What atoms are short of laid onto atoms that do not notice it, where the slack is least."""
    n, m = problem.shape
    pieces: Pieces = []
    for short, other, transposed in ((rows, problem.b, False), (columns, problem.a, True)):
        atoms = np.flatnonzero(short)
        if not atoms.size or atoms.size * other.size > MOST_ENTRIES:
            continue
        index = (np.arange(n), atoms) if transposed else (atoms, np.arange(m))
        slack = problem.cost.among(*index).values - f[index[0], None] - g[index[1]]
        slack = slack.T if transposed else slack
        room, chosen = UNNOTICED * other, np.full(atoms.size, -1)
        for k in np.argsort(-short[atoms], kind="stable").tolist():
            needed = float(short[atoms[k]])
            best = int(np.where(room >= needed, slack[k], np.inf).argmin())
            if np.isfinite(slack[k, best]) and room[best] >= needed:
                chosen[k] = best
                room[best] -= needed
        taken = chosen >= 0
        one, two, mass = atoms[taken], chosen[taken].astype(np.intp), short[atoms[taken]]
        pieces.append((two, one, mass) if transposed else (one, two, mass))
    return pieces
