"""Atoms that are left out while pairs are generated: those without mass, and those so light that they are placed afterwards."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.blocks import over_blocks
from otmodels.cost import BaseCost
from otmodels.problem import TransportProblem


def put_back(
    problem: TransportProblem,
    rows: IndexArray,
    columns: IndexArray,
    pairs: tuple[IndexArray, IndexArray],
    plan: csr_array,
    potentials: tuple[FloatArray, FloatArray],
) -> tuple[IndexArray, IndexArray, csr_array, FloatArray, FloatArray]:
    """An answer for some atoms as one for all: rows and columns of its pairs, plan, f and g.

    Light atoms get their potentials by c-transform, and their tightest pairs, on which their mass is placed; atoms without mass
    need neither, see `otmodels.potentials.close`.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    rows, columns : ndarray of int
        The atoms that the answer is about.
    pairs, plan, potentials : tuple of ndarray, csr_array, tuple of ndarray
        The answer, among these.
    """
    i, j = plan.tocoo().coords
    f, g = np.full(problem.a.size, -np.inf), np.full(problem.b.size, -np.inf)
    f[rows], g[columns] = potentials
    placed = csr_array((plan.tocoo().data, (rows[i], columns[j])), shape=problem.shape)
    together = [(rows[pairs[0]], columns[pairs[1]])]
    light = np.flatnonzero(np.isneginf(f) & (problem.a > 0))
    if light.size:
        least, tight = _tightest_of_rows(problem.cost.among(light, columns), g[columns])
        reached = np.isfinite(least)
        f[light[reached]] = least[reached]
        together.append((light[reached], columns[tight[reached]]))
    light, known = np.flatnonzero(np.isneginf(g) & (problem.b > 0)), np.flatnonzero(np.isfinite(f))
    if light.size:
        least, tight = _tightest_of_columns(problem.cost.among(known, light), f[known])
        reached = np.isfinite(least)
        g[light[reached]] = least[reached]
        together.append((known[tight[reached]], light[reached]))
    i, j = (np.concatenate(part) for part in zip(*together, strict=True))
    f, g = (np.where(np.isfinite(potential), potential, 0.0) for potential in (f, g))
    return i, j, placed, f, g


def _tightest_of_rows(cost: BaseCost, g: FloatArray) -> tuple[FloatArray, IndexArray]:
    """The least of C - g_j in each row, and its column."""

    def least(_: slice, block: FloatArray) -> tuple[FloatArray, IndexArray]:
        slack = block - g
        column = slack.argmin(axis=1)
        return slack[np.arange(column.size), column], column

    value, column = zip(*over_blocks(cost, least), strict=True)
    return np.concatenate(value), np.concatenate(column)


def _tightest_of_columns(cost: BaseCost, f: FloatArray) -> tuple[FloatArray, IndexArray]:
    """The least of C - f_i in each column, and its row."""

    def least(rows: slice, block: FloatArray) -> tuple[FloatArray, IndexArray]:
        slack = block - f[rows, None]
        row = slack.argmin(axis=0)
        return slack[row, np.arange(row.size)], row + rows.start

    values, rows = (np.stack(part) for part in zip(*over_blocks(cost, least), strict=True))
    best = values.argmin(axis=0), np.arange(values.shape[1])
    return values[best], rows[best]
