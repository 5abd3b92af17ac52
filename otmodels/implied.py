"""The potentials that a plan implies; where there are none, a cycle of pairs that improves the plan.

A plan is optimal if and only if there are potentials with f_i + g_j = C_ij on the pairs that carry mass and f_i + g_j <= C_ij on
all others. Along a spanning forest of the pairs that carry mass the first condition leaves one number free in each of its parts;
between parts the second one says by how much these may differ, t_p <= t_q + w_pq with w_pq the least slack of a source of p and a
target of q. So they are lengths of shortest paths, and there are none exactly where a cycle has a negative length: mass that goes
round it pays less.

Source: Ahuja, Magnanti and Orlin (1993), Network flows, theorems 5.7 and 9.1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from otmodels.arrays import FloatArray, IndexArray, spanning_forest
from otmodels.blocks import over_blocks
from otmodels.checks import Certificate, Check
from otmodels.deadline import suffices
from otmodels.differences import bounded_differences
from otmodels.interval import UNKNOWN, Interval
from otmodels.problem import TransportProblem
from otmodels.repair import Pairs
from otmodels.safe import SafeDual

EPS = float(np.finfo(np.float64).eps)

MOST_ENTRIES = 1 << 22
"""Most pairs with mass that a forest is looked for in: seconds."""

MOST_PAIRS = 1 << 27
"""Most pairs among which one that breaks a bound is looked for: a second a pass."""

MOST_PARTS = 4096
"""Most parts of a forest between which shortest paths are looked for: 128 MiB of steps."""

_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """Mass that takes other pairs, leaves all marginals as they are, and pays less.

    Attributes
    ----------
    problem : TransportProblem
        The data.
    left, taken : tuple of (int, int)
        Pairs that a unit of mass each is moved from, and to.
    saving : float
        By how much that is cheaper, > 0, worked out exactly.
    mass : float
        How much can be moved.
    """

    problem: TransportProblem
    left: tuple[tuple[int, int], ...]
    taken: tuple[tuple[int, int], ...]
    saving: float
    mass: float

    @property
    def total(self) -> float:
        """What moving all of it saves."""
        return self.saving * self.mass

    def __str__(self) -> str:
        return f"move mass from {self._named(self.left)} to {self._named(self.taken)}: saves {self.saving:.6g} a unit"

    def _named(self, pairs: tuple[tuple[int, int], ...]) -> str:
        shown = ", ".join("({}, {})".format(*self.problem.pair(i, j)) for i, j in pairs[:_SHOWN])
        return shown if len(pairs) <= _SHOWN else f"{shown} and {len(pairs) - _SHOWN} more"


def of_plan_alone(pairs: Pairs, felt: float, judge: Callable[[FloatArray | None, Interval], Certificate]) -> Certificate:
    """The certificate of a plan: with the potentials that it implies, else with a check that names a cycle that improves it.

    Parameters
    ----------
    pairs : Pairs
        The plan.
    felt : float
        Where a cycle saves more, potentials need not be tried.
    judge : callable
        The certificate of the plan with a potential (n,), or without one, and with bounds that are known besides.
    """
    cycles, known = [], UNKNOWN
    for forest in forests(pairs.problem, pairs.i, pairs.j, pairs.mass):
        f, cycle = forest.potentials(), forest.cycle()
        hopeless = cycle is not None and cycle.total > felt
        if f is not None and not hopeless:
            found = judge(f, UNKNOWN)
            if found.passed:
                return found
            known = known.intersection(found.interval)
        elif f is not None:
            dual = SafeDual.of(pairs.problem, f)
            known = known if dual.stuck else known.intersection((dual.value().lower, np.inf))
        if cycle is not None:
            cycles.append(cycle)
        if hopeless:
            break
    plain = judge(None, known)
    if not cycles:
        return plain
    best = max(cycles, key=lambda cycle: cycle.total)
    check = Check("no cycle improves the plan", best.total, plain.checks[-1].tolerance, f"a cycle: {best}")
    return replace(plain, checks=(*plain.checks, check))


def forests(problem: TransportProblem, i: IndexArray, j: IndexArray, mass: FloatArray) -> Iterator[Forest]:
    """Forests of a plan's pairs: of all of them, then of those whose mass is more than rounding of the marginals.

    None where there are more pairs than `MOST_ENTRIES`, and none after a solve that has reached its end.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    i, j : ndarray of int (k,)
        Different pairs, allowed.
    mass : ndarray (k,)
        What they carry, > 0.
    """
    if not 0 < mass.size <= MOST_ENTRIES or not suffices(0.0):
        return
    yield Forest(problem, i, j, mass)
    matter = mass > 4 * EPS * sum(problem.shape) * problem.mass_unit
    if matter.any() and not matter.all():
        yield Forest(problem, i[matter], j[matter], mass[matter])


class Forest:
    """The heaviest spanning forest of pairs that carry mass, and potentials along it, 0 at the first node of each part.

    Nodes are the sources 0..n-1 and the targets n..n+m-1.
    """

    def __init__(self, problem: TransportProblem, i: IndexArray, j: IndexArray, mass: FloatArray) -> None:
        self.problem, self.i, self.j, self.mass = problem, i, j, mass
        self.costs = problem.cost.entries(i, j)
        n, nodes = problem.shape[0], sum(problem.shape)
        heaviest = np.argsort(-mass, kind="stable")
        rank = np.empty(mass.size)
        rank[heaviest] = np.arange(1, mass.size + 1)
        tree = spanning_forest(rank, (i, n + j), nodes).tocoo()
        kept = heaviest[tree.data.astype(np.intp) - 1]
        count, part = connected_components(tree, directed=False)
        self.count, self.part = int(count), np.asarray(part, dtype=np.intp)
        self._hang(i[kept], n + j[kept], kept)
        self.f, self.g = self._along()

    def _hang(self, one: IndexArray, other: IndexArray, pair: IndexArray) -> None:
        """Hang each part on its first node, and these on a node of their own: nodes from above, and what each hangs on."""
        top = self.part.size
        roots = np.unique(self.part, return_index=True)[1]
        ends = np.concatenate([one, np.full(roots.size, top)]), np.concatenate([other, roots])
        graph = coo_array((np.ones(ends[0].size), ends), shape=(top + 1, top + 1))
        self._nodes, self._above = breadth_first_order(graph.tocsr(), top, directed=False)
        self._pair = np.full(top, -1)
        self._pair[np.where(self._above[one] == other, one, other)] = pair

    def _along(self) -> tuple[FloatArray, FloatArray]:
        """Potentials with f_i + g_j = C_ij along the forest."""
        n, above, pair = self.problem.shape[0], self._above.tolist(), self._pair.tolist()
        potential, costs = [0.0] * self.part.size, self.costs.tolist()
        for node in self._nodes[1:].tolist():
            if pair[node] >= 0:
                potential[node] = costs[pair[node]] - potential[above[node]]
        return np.array(potential[:n]), np.array(potential[n:])

    @property
    def _is_small(self) -> bool:
        """Whether its parts can be laid side by side."""
        n, m = self.problem.shape
        return n * m <= MOST_PAIRS and self.count <= MOST_PARTS

    def potentials(self) -> FloatArray | None:
        """The only f (n,) there can be, or one of them; None where parts leave none, or are too many."""
        if self.count == 1:
            return self.f
        shift, _ = self._shifts
        return None if shift is None else self.f + shift[self.part[: self.f.size]]

    def cycle(self) -> Cycle | None:
        """The cycle that saves most among a few that improve the plan; None where none was found."""
        found = [self._off_a_pair()]
        if self._is_small:
            loop = self._shifts[1]
            found += [self._within_a_part(), self._between(loop) if loop else None]
        return max((cycle for cycle in found if cycle), key=lambda cycle: cycle.total, default=None)

    @cached_property
    def _steps(self) -> FloatArray:
        """Least slack of a target of part q and a source of part p, at [q, p]; +inf where no pair is allowed."""
        n = self.problem.shape[0]
        order = np.argsort(self.part[n:], kind="stable")
        parts = self.part[n:][order]
        first = np.flatnonzero(np.diff(parts, prepend=-1))

        def least(rows: slice, block: FloatArray) -> tuple[IndexArray, FloatArray]:
            slack = block - self.f[rows, None] - self.g
            return self.part[:n][rows], np.minimum.reduceat(slack[:, order], first, axis=1)

        steps = np.full((self.count, self.count), np.inf)
        held = np.full((self.count, first.size), np.inf)
        for rows, slacks in over_blocks(self.problem.cost, least):
            for row, slack in zip(rows.tolist(), slacks, strict=True):
                np.minimum(held[row], slack, out=held[row])
        steps[parts[first]] = held.T
        return steps

    @cached_property
    def _shifts(self) -> tuple[FloatArray | None, list[int]]:
        """What to add to f in each part, by shortest paths, or the parts of a cycle of negative length.

        Each part of a cycle is followed by the one that its step comes from. Neither where there are too many pairs or parts.
        """
        if not self._is_small:
            return None, []
        steps, size = self._steps.copy(), np.zeros(self.count)
        np.fill_diagonal(steps, np.inf)
        np.maximum.at(size, self.part, np.abs(np.concatenate([self.f, self.g])))
        with np.errstate(over="ignore"):
            return bounded_differences(steps, size)

    def _off_a_pair(self) -> Cycle | None:
        """Off the pair with mass that is furthest from tight, along the forest."""
        slack = self.costs - self.f[self.i] - self.g[self.j]
        worst = int((self.mass * slack).argmax())
        i, j = int(self.i[worst]), int(self.j[worst])
        path = self._path(i, self.problem.shape[0] + j)
        return self._of([worst, *path[1::2]], [self._ends(k) for k in path[::2]]) if slack[worst] > 0 else None

    def _within_a_part(self) -> Cycle | None:
        """To the pair of sources and targets of one part that is furthest below its bound, along the forest."""
        worst = int(self._steps.diagonal().argmin())
        return self._between([worst]) if self._steps[worst, worst] < 0 else None

    def _between(self, loop: list[int]) -> Cycle | None:
        """To the tightest pairs from part to part, and along the forest in each."""
        entered = [self._tightest(p, q) for p, q in zip(loop, [*loop[1:], loop[0]], strict=True)]
        left, taken = [], list(entered)
        for (_, j), (i, _) in zip(entered, [*entered[1:], entered[0]], strict=True):
            path = self._path(self.problem.shape[0] + j, i)
            left += path[::2]
            taken += [self._ends(k) for k in path[1::2]]
        return self._of(left, taken)

    def _tightest(self, p: int, q: int) -> tuple[int, int]:
        """The pair of least slack from a source of part p to a target of part q."""
        n = self.problem.shape[0]
        rows, columns = np.flatnonzero(self.part[:n] == p), np.flatnonzero(self.part[n:] == q)
        f, g = self.f[rows], self.g[columns]

        def least(some: slice, block: FloatArray) -> tuple[float, int, int]:
            slack = block - f[some, None] - g
            i, j = np.unravel_index(int(slack.argmin()), slack.shape)
            return float(slack[i, j]), int(rows[some][i]), int(columns[j])

        return min(over_blocks(self.problem.cost.among(rows, columns), least))[1:]

    def _ends(self, k: int) -> tuple[int, int]:
        return int(self.i[k]), int(self.j[k])

    def _path(self, one: int, other: int) -> list[int]:
        """The pairs along the forest from a node to another one of its part."""
        up, down = self._upwards(one), self._upwards(other)
        while up and down and up[-1] == down[-1]:
            up.pop()
            down.pop()
        return [*up, *reversed(down)]

    def _upwards(self, node: int) -> list[int]:
        pairs = []
        while (pair := int(self._pair[node])) >= 0:
            pairs.append(pair)
            node = int(self._above[node])
        return pairs

    def _of(self, left: list[int], taken: Iterable[tuple[int, int]]) -> Cycle | None:
        """The cycle, if it saves anything in exact arithmetic."""
        off, onto = sorted(self._ends(k) for k in left), sorted(taken)
        saving = self._sum(off) - self._sum(onto)
        if saving <= 0:
            return None
        saved = float(min(saving, Fraction(sys.float_info.max)))
        return Cycle(self.problem, tuple(off), tuple(onto), saved, float(self.mass[left].min()))

    def _sum(self, pairs: list[tuple[int, int]]) -> Fraction:
        i, j = np.array(pairs, dtype=np.intp).T
        return sum((Fraction(cost) for cost in self.problem.cost.entries(i, j).tolist()), Fraction(0))
