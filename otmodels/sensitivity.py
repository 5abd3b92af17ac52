"""How firm an optimum is: what is unique, and for which changes of a cost or a mass plan and potentials stay optimal.

Optimal potentials are those that are feasible and tight wherever one optimal plan moves mass. Written with h = -g, all of this
is about differences: f_i - h_j <= C_ij for all pairs, h_j - f_i <= -C_ij for those that carry mass. How far two of them can
be apart is the length of a shortest path in the graph of these differences, the dual of the linear program that asks; taken
from the optimal potentials at hand all lengths are slacks, and >= 0. Optimal plans are those on the tight pairs of one optimal
pair of potentials; the range of an entry there is a linear program on few pairs.

Source: Ahuja, Magnanti, Orlin (1993), Network Flows, sections 5.2 and 9.11; Chvatal (1983), Linear Programming, chapter 10.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.lp import Program, numbered
from otmodels.lp.engine import run
from otmodels.measure import some
from otmodels.problem import TransportProblem
from otmodels.tolerances import DEFAULT

MOST_PAIRS = 1 << 22
"""Most pairs of a problem that is examined: all of them stand in memory."""

_FREE = "potentials may move against each other, part by part"
_OTHER_PLANS = "mass may go another way at the same cost"


def check_size(problem: TransportProblem) -> None:
    """Raise where there are too many pairs to examine.

    Raises
    ------
    ParameterError
    """
    n, m = problem.shape
    if n * m > MOST_PAIRS:
        fault = f"has {n:,} x {m:,} pairs, and at most {MOST_PAIRS:,} are examined"
        raise ParameterError("problem", fault, "Examine a smaller problem, such as some of its atoms")


class Firmness:
    """The optimal faces of a transport problem, seen from one optimal plan and one optimal pair of potentials.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    plan : csr_array (n, m)
        An optimal plan.
    f, g : ndarray (n,), (m,)
        Optimal potentials, f = 0 at the first source atom with mass.
    """

    def __init__(self, problem: TransportProblem, plan: csr_array, f: FloatArray, g: FloatArray) -> None:
        check_size(problem)
        self.problem, self.f, self.g = problem, f, g
        entries = plan.tocoo()
        moved = entries.data > DEFAULT.sign * problem.mass_unit
        self.row, self.column = entries.row[moved].astype(np.intp), entries.col[moved].astype(np.intp)
        self.mass = entries.data[moved]
        slack = problem.cost.values - f[:, None] - g[None, :]
        tolerance = DEFAULT.slack * problem.cost_unit
        self.slack = np.where(slack <= tolerance, 0.0, slack)
        self.tight = np.nonzero(self.slack == 0)
        self.gauge = int((problem.a > 0).argmax())

    def uniqueness(self) -> pd.DataFrame:
        """See `Solution.uniqueness`."""
        n, m = self.problem.shape
        up, down = self._reach(self.gauge), self._reach(self.gauge, backwards=True)
        potential, lowest, highest = self._potentials(up, down)
        atoms = self._atoms()
        i, j = self.tight
        value = np.asarray(csr_array((self.mass, (self.row, self.column)), shape=(n, m))[i, j]).ravel()
        least, most = self._entries(i, j, value)
        tolerance = np.concatenate(
            [np.full(n + m, DEFAULT.slack * self.problem.cost_unit), np.full(i.size, DEFAULT.marginal * self.problem.mass_unit)]
        )
        columns = {
            "value": np.concatenate([potential, value]),
            "lowest": np.concatenate([lowest, least]),
            "highest": np.concatenate([highest, most]),
        }
        keys = [*atoms, *(("plan", *self.problem.pair(int(a), int(b))) for a, b in zip(i, j, strict=True))]
        table = pd.DataFrame(columns, index=_index(keys))
        return table.assign(unique=table["highest"] - table["lowest"] <= tolerance)

    def degeneracy(self) -> pd.DataFrame:
        """See `Solution.degeneracy`."""
        (n, m), problem = self.problem.shape, self.problem
        carried = coo_array((np.ones(self.row.size), (self.row, n + self.column)), shape=(n + m, n + m))
        _, part = connected_components(carried, directed=False)
        massive = np.concatenate([problem.a > 0, problem.b > 0])
        groups = np.unique(part[massive])
        i, j = self.tight
        used = np.zeros((n, m), dtype=bool)
        used[self.row, self.column] = True
        served = (problem.a[i] > 0) & (problem.b[j] > 0)
        loose, basis = served & ~used[i, j], int(massive.sum()) - 1
        cyclic = _has_cycle(n, m, i[served], j[served])
        smallest = min(groups.tolist(), key=lambda k: int((part == k).sum()))
        facts = [
            ("pairs that carry mass", self.row.size, ""),
            ("pairs of a basis", basis, "atoms with mass, less one"),
            ("parts of the plan", groups.size, self._part_in_words(part == smallest) if groups.size > 1 else ""),
            ("plan is degenerate", groups.size > 1, _FREE if groups.size > 1 else "potentials are unique at atoms with mass"),
            ("tight pairs without mass", int(loose.sum()), self._pairs_in_words(i[loose], j[loose])),
            ("potentials are degenerate", cyclic, _OTHER_PLANS if cyclic else "the plan is unique"),
        ]
        return pd.DataFrame(facts, columns=["fact", "value", "meaning"]).set_index("fact")

    def _part_in_words(self, members: BoolArray) -> str:
        n, problem = self.f.size, self.problem
        sources, targets = members[:n] & (problem.a > 0), members[n:] & (problem.b > 0)
        of = some(problem.source.labels[sources], 3), some(problem.target.labels[targets], 3)
        return f"sources {of[0]} hold just what targets {of[1]} take, {math.fsum(problem.a[sources]):.6g}"

    def _pairs_in_words(self, i: IndexArray, j: IndexArray) -> str:
        return some([self.problem.pair(int(a), int(b)) for a, b in zip(i[:4], j[:4], strict=True)], 3) if i.size else ""

    def ranging(self) -> pd.DataFrame:
        """See `Solution.ranging`."""
        parts = self._cost_ranging(), self._mass_ranging()
        return pd.concat(parts, ignore_index=True).set_axis(_index([key for part in parts for key in part.index]))

    def _cost_ranging(self) -> pd.DataFrame:
        """One row a cost of a pair that is allowed."""
        n, _ = self.problem.shape
        distance = self._all_reach()
        cost, slack = self.problem.cost.values, self.slack
        # An unused pair may get cheaper by the largest slack that it has over the optimal potentials.
        decrease = slack + distance[:n, n:]
        increase = np.full_like(slack, np.inf)
        for i, j in zip(self.row.tolist(), self.column.tolist(), strict=True):
            decrease[i, j], increase[i, j] = self._used(i, j)
        i, j = np.nonzero(np.isfinite(cost))
        carried = np.zeros(cost.shape)
        carried[self.row, self.column] = self.mass
        pairs = [("cost", *self.problem.pair(int(a), int(b))) for a, b in zip(i, j, strict=True)]
        columns = {
            "value": cost[i, j],
            "lowest": cost[i, j] - decrease[i, j],
            "highest": cost[i, j] + increase[i, j],
            "rate": carried[i, j],
        }
        return pd.DataFrame(columns, index=_index(pairs))

    def _mass_ranging(self) -> pd.DataFrame:
        """One row a mass, but for that of the first source atom with mass."""
        problem, (n, m) = self.problem, self.problem.shape
        atoms = self._atoms()
        del atoms[self.gauge]
        right = np.concatenate([problem.a, problem.b])
        lowest, highest = np.empty(n + m), np.empty(n + m)
        for atom in range(n + m):
            change = np.zeros(n + m)
            change[atom] += 1.0
            change[self.gauge] += -1.0 if atom < n else 1.0
            lowest[atom], highest[atom] = self._extremes(right, change) if atom != self.gauge else (0.0, 0.0)
        kept = np.arange(n + m) != self.gauge
        columns = {
            "value": right[kept],
            "lowest": (right + lowest)[kept],
            "highest": (right + highest)[kept],
            "rate": np.concatenate([self.f, self.g])[kept],
        }
        renamed = [(f"{side.split()[0]} mass", *labels) for side, *labels in atoms]
        return pd.DataFrame(columns, index=_index(renamed))

    def _atoms(self) -> list[tuple[str, Hashable, Hashable]]:
        sources = [("source potential", label, "") for label in self.problem.source.labels]
        return sources + [("target potential", "", label) for label in self.problem.target.labels]

    def _graph(self, without: tuple[int, int] | None = None) -> csr_array:
        """Arcs u -> v of length l for potential_v - potential_u <= l, nodes f_1..f_n, h_1..h_m, measured from those at hand."""
        n, m = self.problem.shape
        i, j = np.nonzero(np.isfinite(self.slack))
        tail, head, length = n + j, i, self.slack[i, j]
        back = self.row, n + self.column
        if without is not None:
            kept, used = (i != without[0]) | (j != without[1]), (self.row != without[0]) | (self.column != without[1])
            tail, head, length, back = tail[kept], head[kept], length[kept], (back[0][used], back[1][used])
        # Entries of 0 that are stored are arcs of length 0, not missing ones; no arc is there twice, which would add lengths.
        ends = np.concatenate([tail, back[0]]), np.concatenate([head, back[1]])
        return csr_array((np.concatenate([length, np.zeros(back[0].size)]), ends), shape=(n + m, n + m))

    def _reach(self, start: int, *, backwards: bool = False) -> FloatArray:
        graph = self._graph()
        return np.asarray(dijkstra(csr_array(graph.T) if backwards else graph, indices=start))

    def _all_reach(self) -> FloatArray:
        return np.asarray(dijkstra(self._graph()))

    def _potentials(self, up: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values and ranges of f and g: h runs from h - down to h + up, g = -h the other way."""
        n = self.f.size
        lowest = np.concatenate([self.f - down[:n], self.g - up[n:]])
        highest = np.concatenate([self.f + up[:n], self.g + down[n:]])
        return np.concatenate([self.f, self.g]), lowest, highest

    def _used(self, i: int, j: int) -> tuple[float, float]:
        """By how much the cost of a pair that carries mass may fall and rise: other paths between its two potentials."""
        graph, n = self._graph(without=(i, j)), self.f.size
        rise = dijkstra(graph, indices=n + j)[i]
        fall = dijkstra(graph, indices=i)[n + j]
        return float(fall), float(rise)

    def _entries(self, i: IndexArray, j: IndexArray, value: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Least and most of each plan entry on tight pairs, over all optimal plans: that at hand where no cycle is closed."""
        problem = self.problem
        right, room = np.concatenate([problem.a, problem.b]), np.minimum(problem.a[i], problem.b[j])
        least, most = value.copy(), value.copy()
        for k in np.flatnonzero(_on_cycles(*problem.shape, i, j, room > 0)).tolist():
            cost = np.zeros(i.size)
            cost[k] = 1.0
            if value[k] > 0:
                least[k] = self._value(cost, right, "min")
            if value[k] < room[k]:
                most[k] = self._value(cost, right, "max")
        return least, most

    def _extremes(self, right: FloatArray, change: FloatArray) -> tuple[float, float]:
        """The least and the greatest t for which the tight pairs can carry masses right + t change."""
        k = self.tight[0].size
        cost = np.append(np.zeros(k), 1.0)
        return self._value(cost, right, "min", change), self._value(cost, right, "max", change)

    def _value(
        self, cost: FloatArray, right: FloatArray, sense: Literal["min", "max"], change: FloatArray | None = None
    ) -> float:
        """Optimal value over plans on the tight pairs, with a free step t of the masses where a change is given."""
        (n, m), (i, j) = self.problem.shape, self.tight
        k = i.size
        rows, columns = np.concatenate([i, n + j]), np.tile(np.arange(k), 2)
        entries = np.ones(2 * k)
        lower = np.zeros(cost.size)
        if change is not None:
            used = np.flatnonzero(change)
            rows, columns = np.concatenate([rows, used]), np.concatenate([columns, np.full(used.size, k)])
            entries, lower[k] = np.concatenate([entries, -change[used]]), -np.inf
        matrix = csc_array(coo_array((entries, (rows, columns)), shape=(n + m, cost.size)))
        upper = np.full(cost.size, np.inf)
        names = numbered("row_", n + m), numbered("column_", cost.size)
        outcome = run(Program(cost, matrix, right, right.copy(), lower, upper, *names, sense))
        if outcome.x is None or not outcome.status.optimal:
            return -np.inf if sense == "min" else np.inf
        return float(cost @ outcome.x)


def _has_cycle(n: int, m: int, i: IndexArray, j: IndexArray) -> bool:
    """Whether pairs (i, j), as edges between n sources and m targets, close a cycle."""
    parts, _ = connected_components(coo_array((np.ones(i.size), (i, n + j)), shape=(n + m, n + m)), directed=False)
    return bool(i.size > n + m - parts)


def _on_cycles(n: int, m: int, i: IndexArray, j: IndexArray, kept: BoolArray) -> BoolArray:
    """Which of the pairs (i, j) that are kept may lie on a cycle: those left when pairs that are an atom's only one go.

    The mass on a pair that goes follows from the masses of the atoms that went before it: all optimal plans agree on it.
    """
    while True:
        count = np.bincount(i[kept], minlength=n)[i], np.bincount(j[kept], minlength=m)[j]
        left = kept & (count[0] > 1) & (count[1] > 1)
        if left.sum() == kept.sum():
            return np.asarray(left)
        kept = left


def _index(keys: list[tuple[Any, ...]]) -> pd.MultiIndex:
    """Keys (what, source, target) as an index; its levels are made one by one, because labels may be tuples themselves."""
    levels, codes = [], []
    for labels in zip(*keys, strict=True):
        place = {label: code for code, label in enumerate(dict.fromkeys(labels))}
        levels.append(pd.Index(list(place), tupleize_cols=False))
        codes.append([place[label] for label in labels])
    return pd.MultiIndex(levels, codes, names=["what", "source", "target"])
