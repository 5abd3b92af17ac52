"""How firm an optimum is: what is unique, and for which changes of a cost or a mass plan and potentials stay optimal.

Ranges of potentials and of costs are lengths of shortest paths between the parts of a plan (`otmodels.sensitivity.parts`), those
of plan entries and of masses largest flows along tight pairs (`otmodels.sensitivity.residual`).

Source: Ahuja, Magnanti, Orlin (1993), Network Flows, sections 5.2 and 9.11; Chvatal (1983), Linear Programming, chapter 10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.measure import some
from otmodels.problem import TransportProblem
from otmodels.sensitivity.parts import Parts
from otmodels.sensitivity.residual import Residual
from otmodels.tolerances import DEFAULT

MOST_PAIRS = 1 << 20
"""Most pairs of a problem that is examined: about a minute, and all of them stand in memory."""

MOST_TIES = 1 << 29
"""Most flows that are computed, times tight pairs that they can take: about a minute."""

_Block: TypeAlias = tuple[str, IndexArray | None, IndexArray | None]
"""Rows of a table: what they are about, and the source and the target of each; None where there is none."""

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
        fault = f"has {n:,} x {m:,} pairs, and at most {MOST_PAIRS:,} are examined, which take about a minute"
        raise ParameterError("problem", fault, "Examine a smaller problem, such as some of its atoms")


def _check_ties(flows: int, tight: int) -> None:
    """Raise where too many flows are asked for among too many tight pairs."""
    if flows * tight > MOST_TIES:
        fault = f"leaves {tight:,} pairs tight, and {flows:,} flows among them take more than about a minute"
        raise ParameterError("problem", fault, "Examine some of its atoms, or costs with fewer ties")


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
        self.slack[self.row, self.column] = 0.0
        i, j = np.nonzero(self.slack == 0)
        self.tight = i, j
        self.gauge = int((problem.a > 0).argmax())
        self.parts = Parts(self.slack, self.row, self.column)

    def uniqueness(self) -> pd.DataFrame:
        """See `Solution.uniqueness`."""
        (n, m), (i, j) = self.problem.shape, self.tight
        up, down = self.parts.reach(self.gauge), self.parts.reach(self.gauge, backwards=True)
        potential, lowest, highest = self._potentials(up, down)
        value = self._carried()[i, j]
        least, most = self._entries(i, j, value)
        tolerance = np.repeat(
            [DEFAULT.slack * self.problem.cost_unit, DEFAULT.marginal * self.problem.mass_unit], [n + m, i.size]
        )
        columns = {
            "value": np.concatenate([potential, value]),
            "lowest": np.concatenate([lowest, least]),
            "highest": np.concatenate([highest, most]),
        }
        blocks: list[_Block] = [
            ("source potential", np.arange(n), None),
            ("target potential", None, np.arange(m)),
            ("plan", i, j),
        ]
        table = pd.DataFrame(columns, index=_index(self.problem, blocks))
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
        (costs, cost_ranges), (masses, mass_ranges) = self._cost_ranging(), self._mass_ranging()
        index = _index(self.problem, [*costs, *masses])
        return pd.DataFrame(np.concatenate([cost_ranges, mass_ranges]), index, ["value", "lowest", "highest", "rate"])

    def _cost_ranging(self) -> tuple[list[_Block], FloatArray]:
        """One row a cost of a pair that is allowed."""
        cost, slack = self.problem.cost.values, self.slack
        # An unused pair may get cheaper by the largest slack that it has over the optimal potentials.
        decrease = slack + self.parts.all_reach()
        increase = np.full_like(slack, np.inf)
        for k, pair in enumerate(zip(self.row.tolist(), self.column.tolist(), strict=True)):
            decrease[pair], increase[pair] = self.parts.without(k)
        i, j = np.nonzero(np.isfinite(cost))
        value, down, up, rate = (column[i, j] for column in (cost, decrease, increase, self._carried()))
        return [("cost", i, j)], np.stack([value, value - down, value + up, rate], axis=1)

    def _mass_ranging(self) -> tuple[list[_Block], FloatArray]:
        """One row a mass, but for that of the first source atom with mass."""
        problem, (n, m), residual, gauge = self.problem, self.problem.shape, self._residual(), self.gauge
        right = np.concatenate([problem.a, problem.b])
        kept = np.flatnonzero(np.arange(n + m) != gauge)
        _check_ties(2 * kept.size, self.tight[0].size)
        out = np.array([residual.between(k, gauge) for k in kept.tolist()])
        back = np.array([residual.between(gauge, k) for k in kept.tolist()])
        source = kept < n
        up, down = np.where(source, out, back), np.where(source, back, out)
        value = right[kept]
        columns = value, value - down, value + up, np.concatenate([self.f, self.g])[kept]
        blocks: list[_Block] = [("source mass", kept[source], None), ("target mass", None, kept[~source] - n)]
        return blocks, np.stack(columns, axis=1)

    def _potentials(self, up: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values and ranges of f and g: h runs from h - down to h + up, g = -h the other way."""
        n = self.f.size
        lowest = np.concatenate([self.f - down[:n], self.g - up[n:]])
        highest = np.concatenate([self.f + up[:n], self.g + down[n:]])
        return np.concatenate([self.f, self.g]), lowest, highest

    def _entries(self, i: IndexArray, j: IndexArray, value: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Least and most of each plan entry on tight pairs, over all optimal plans: that at hand where no cycle is closed."""
        problem, residual = self.problem, self._residual()
        room = np.minimum(problem.a[i], problem.b[j])
        on_cycles = _on_cycles(*problem.shape, i, j, room > 0)
        fuller, emptier = np.flatnonzero(on_cycles & (value < room)), np.flatnonzero(on_cycles & (value > 0))
        least, most = value.copy(), value.copy()
        most[fuller] += [residual.at_once(k) for k in fuller.tolist()]
        hard = np.flatnonzero(np.isnan(most))
        _check_ties(hard.size + emptier.size, i.size)
        most[hard] = value[hard] + [residual.more(k) for k in hard.tolist()]
        least[emptier] -= [residual.less(k) for k in emptier.tolist()]
        return least, most

    def _residual(self) -> Residual:
        return Residual(self.problem.shape, self.tight, self._carried()[self.tight])

    def _carried(self) -> FloatArray:
        """The plan (n, m), without what is rounding."""
        carried = np.zeros(self.problem.shape)
        carried[self.row, self.column] = self.mass
        return carried


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


def _index(problem: TransportProblem, blocks: Sequence[_Block]) -> pd.MultiIndex:
    """What, source and target of each row; levels are made one by one, because labels may be tuples themselves."""
    sizes = [next(atoms.size for atoms in block[1:] if atoms is not None) for block in blocks]
    levels: list[Any] = [[what for what, *_ in blocks]]
    codes: list[Any] = [np.repeat(np.arange(len(blocks)), sizes)]
    for side, measure in ((1, problem.source), (2, problem.target)):
        labels = [*measure.labels]
        blank = labels.index("") if "" in labels else len(labels)
        levels.append(pd.Index(labels if blank < len(labels) else [*labels, ""], tupleize_cols=False))
        atoms = (block[side] for block in blocks)
        codes.append(np.concatenate([np.full(k, blank) if a is None else a for k, a in zip(sizes, atoms, strict=True)]))
    return pd.MultiIndex(levels, codes, names=["what", "source", "target"])
