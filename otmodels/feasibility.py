"""Whether forbidden pairs leave a feasible plan at all: Hall's condition, by a maximum flow, before any model is built."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from otmodels.arrays import BoolArray, IndexArray
from otmodels.measure import some
from otmodels.problem import TransportProblem

_UNITS = 2**30
"""Masses are counted in this many parts of the total for the flow, which takes 32-bit integers; its cut is then checked
with the masses themselves."""


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Sources that hold more mass than all targets that they may reach together take.

    Attributes
    ----------
    sources, targets : Index
        Labels of the sources, and of all targets that they may reach.
    held, room : float
        Their masses.
    """

    sources: pd.Index
    targets: pd.Index
    held: float
    room: float

    def __str__(self) -> str:
        return (
            f"sources {some(self.sources)} hold {self.held:.6g}, and the targets that they may reach, "
            f"{some(self.targets)}, take {self.room:.6g}: {self.held - self.room:.6g} has nowhere to go"
        )


def find_bottleneck(problem: TransportProblem, pairs: tuple[IndexArray, IndexArray] | None = None) -> Bottleneck | None:
    """Sources and targets that prove that no feasible plan exists; None where the flow finds no such set.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    pairs : tuple of ndarray (k,), optional
        Rows and columns of the pairs that may carry mass; those that are not forbidden where omitted.

    Notes
    -----
    Source: Gale (1957), A theorem on flows in networks.
    """
    if pairs is None and not problem.has_forbidden:
        return None
    n, m = problem.shape
    i, j = problem.allowed_pairs() if pairs is None else pairs
    unit = problem.mass_unit / _UNITS
    supply, demand = np.floor(problem.a / unit), np.ceil(problem.b / unit)
    source, sink = n + m, n + m + 1
    tails = np.concatenate([np.full(n, source), i, n + np.arange(m)])
    heads = np.concatenate([np.arange(n), n + j, np.full(m, sink)])
    room = np.concatenate([supply, np.full(i.size, _UNITS), demand]).astype(np.int32)
    graph = csr_array(coo_array((room, (tails, heads)), shape=(n + m + 2, n + m + 2)))
    residual = csr_array(graph - maximum_flow(graph, source, sink).flow)
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    reached = np.zeros(n + m + 2, dtype=bool)
    reached[breadth_first_order(residual, source, return_predecessors=False)] = True
    return _verified(problem, reached[:n], i, j)


def _verified(problem: TransportProblem, sources: BoolArray, i: IndexArray, j: IndexArray) -> Bottleneck | None:
    targets = np.zeros(problem.target.size, dtype=bool)
    targets[j[sources[i]]] = True
    held, room = math.fsum(problem.a[sources]), math.fsum(problem.b[targets])
    rounding = (problem.source.size + problem.target.size) * np.finfo(np.float64).eps * problem.mass_unit
    if held - room <= rounding:
        return None
    return Bottleneck(problem.source.labels[sources], problem.target.labels[targets], held, room)
