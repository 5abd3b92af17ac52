"""A plan repaired to exact marginals, and what that costs: without it a plan proves no upper bound.

A plan in floats misses the exact masses by rounding, or by a tolerance. Its residuals are bounded, and routed where mass moves
already: along a spanning forest of heavy pairs, each of which carries more than all that is routed, up or down. Where the
forest falls into parts, what a part has too much, or lacks, goes along pairs of least slack to the heaviest part and on from
there. Each step costs the slack of the pairs that it uses, and no more: sum_ij gamma_ij (C_ij - f_i - g_j) of the repaired plan
is its cost less <a, f> + <b, g>. Where that cannot be done, and no pair is forbidden, rows and columns are scaled down until
none is too full, and what is missing is spread over all pairs (Altschuler, Weed and Rigollet 2017, algorithm 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from otmodels.arrays import BoolArray, FloatArray, IndexArray, spanning_forest
from otmodels.blocks import over_blocks
from otmodels.problem import TransportProblem
from otmodels.rounding import TINY, UNIT, bounded_above, exact_dot, segment_sums, two_difference
from otmodels.safe import SafeDual

MOST_PARTS = 2048
"""Most parts of a forest between which mass is routed by shortest paths."""


MOST_PAIRS = 1 << 26
"""Most pairs that are looked at for steps between parts."""

MOST_SPREAD = 1 << 30
"""Most pairs over which mass is spread."""

SLOPPY = 1e-12
"""Residuals of more than this part of the total mass are no rounding: spreading them may cost less than routing them."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Allowed pairs that carry mass >= 0: the nodes are the sources 0..n-1 and the targets n..n+m-1."""

    problem: TransportProblem
    i: IndexArray
    j: IndexArray
    mass: FloatArray

    @property
    def nodes(self) -> int:
        """Number of sources and targets."""
        return self.problem.source.size + self.problem.target.size

    @property
    def ends(self) -> tuple[IndexArray, IndexArray]:
        """Both nodes of each pair."""
        return self.i, self.problem.source.size + self.j

    def residuals(self) -> tuple[FloatArray, FloatArray]:
        """Exact mass less the sum of the plan, by node, and a bound on the error of it."""
        problem, exact = self.problem, self.problem.exact_target
        sides = (
            (problem.a, self.i, np.zeros_like(problem.a), np.zeros_like(problem.a)),
            (problem.b, self.j, exact.correction, exact.error),
        )
        residuals, errors = [], []
        for mass, index, correction, wrong in sides:
            s, e, lost = segment_sums(self.mass, index, mass.size)
            d, r = two_difference(mass, s)
            small = (r - e) + correction
            residual = d + small
            rounding = np.where(correction == 0, 0.0, np.abs(small)) + np.abs(r - e) * ((r != 0) & (e != 0))
            residuals.append(residual)
            errors.append(UNIT * (2 * rounding + np.abs(residual) * (small != 0)) * (1 + 1e-9) + lost + wrong)
        return np.concatenate(residuals), np.concatenate(errors)


def width(dual: SafeDual, pairs: Pairs) -> float:
    """An upper bound on sum gamma_ij (C_ij - f_i - g_j) of a plan next to this one with the exact marginals; +inf without one.

    Parameters
    ----------
    dual : SafeDual
        Feasible potentials.
    pairs : Pairs
        The plan.
    """
    if not pairs.problem.exact_target.balanced:  # what follows finds no repair either, in more time
        return np.inf
    slack = dual.above(pairs.i, pairs.j)
    residual, error = pairs.residuals()
    carried = exact_dot(pairs.mass, slack).upper
    if not (residual.any() or error.any()):
        return carried
    routing = _Routing(dual, pairs, slack, residual, error)
    routed = routing.cost()
    found = (carried + routed) * (1 + 2 * UNIT) if routed else carried
    if float(np.abs(residual).sum()) > SLOPPY * pairs.problem.mass_unit:
        found = min(found, _spread(dual, pairs))
    if np.isfinite(found):
        return found
    apart = routing.apart(pairs)
    if apart.any():  # what little crosses between parts may be what is in the way
        return width(dual, Pairs(pairs.problem, pairs.i[~apart], pairs.j[~apart], pairs.mass[~apart]))
    return _spread(dual, pairs)


class _Routing:
    """Residuals routed along a forest of the pairs that carry mass, and between its parts."""

    def __init__(self, dual: SafeDual, pairs: Pairs, slack: FloatArray, residual: FloatArray, error: FloatArray) -> None:
        self.dual, self.pairs = dual, pairs
        self.signed = residual.copy()
        self.signed[pairs.problem.source.size :] *= -1  # what a part of both kinds of nodes has too much
        self.error = error.copy()
        self.size = (np.abs(residual) + error) * (1 + 4 * UNIT)
        self.one, self.other, self.mass, self.slack = self._forest(slack)
        self.spent = 0.0
        self.part = np.zeros(pairs.nodes, dtype=np.intp)

    def apart(self, pairs: Pairs) -> BoolArray:
        """Which pairs cross between the parts that the forest fell into."""
        one, other = pairs.ends
        return np.asarray(self.part[one] != self.part[other])

    def _forest(self, slack: FloatArray) -> tuple[IndexArray, IndexArray, FloatArray, FloatArray]:
        """Both nodes, mass and slack of the pairs of a spanning forest, the heaviest there is."""
        one, other = self.pairs.ends
        used = np.flatnonzero(self.pairs.mass > 0)
        rank = np.empty(used.size)
        rank[np.argsort(-self.pairs.mass[used], kind="stable")] = np.arange(1, used.size + 1)
        tree = spanning_forest(rank, (one[used], other[used]), self.pairs.nodes).tocoo()
        order = np.empty(used.size, dtype=np.intp)
        order[rank.astype(np.intp) - 1] = used
        kept = order[tree.data.astype(np.intp) - 1]
        return one[kept], other[kept], self.pairs.mass[kept], slack[kept]

    def cost(self) -> float:
        """What it costs; +inf where it cannot be done."""
        along = self._along_tree()
        return self._in_parts() if along is None else along

    def _along_tree(self) -> float | None:
        """What it costs to route along the forest; None where it is no tree, or a pair carries less than passes along it."""
        n = self.pairs.nodes
        if self.one.size < np.count_nonzero(np.concatenate([self.pairs.problem.a, self.pairs.problem.b])) - 1:
            return None
        graph = coo_array((np.arange(1, self.one.size + 1), (self.one, self.other)), shape=(n, n)).tocsr()
        root = int(self.one[self.mass.argmax()]) if self.one.size else 0
        order, above = breadth_first_order(graph, root, directed=False)
        child, parent = order[1:], above[order[1:]]
        if child.size < self.one.size or np.delete(self.size, order).any():
            return None
        edge = np.asarray(graph[child, parent]).ravel() + np.asarray(graph[parent, child]).ravel() - 1
        passing, error = self.signed.tolist(), self.error.tolist()
        for node, over in zip(child[::-1].tolist(), parent[::-1].tolist(), strict=True):
            passing[over] += passing[node]
            error[over] += error[node]
        load = (np.abs(np.array(passing)[child]) + np.array(error)[child]) * (1 + n * UNIT)
        load += n * UNIT * float(self.size.sum()) * (load > 0)
        if (self.mass[edge] < load).any():
            return None
        return bounded_above(load, self.slack[edge])

    def _in_parts(self) -> float:
        """What it costs where light pairs are left as they are, and parts balanced through the heaviest."""
        n = self.pairs.nodes
        alive, kept = np.ones(self.mass.size, dtype=bool), np.ones(self.mass.size, dtype=bool)
        gone = np.zeros(n, dtype=bool)
        while True:
            self._peel(alive, gone)
            part = self._parts(kept)
            load = _sums(part[~gone], self.size[~gone], n) * (1 + n * 2 * UNIT)
            weak = alive & (self.mass < 2 * load[part[self.one]])
            if not weak.any():
                break
            alive &= ~weak
            kept &= ~weak
        self.part = part
        self.spent += bounded_above(load[part[self.one[alive]]], self.slack[alive])
        return self.spent + self._between(part, ~gone, alive, load)

    def _parts(self, kept: BoolArray) -> IndexArray:
        n = self.pairs.nodes
        graph = coo_array((np.ones(int(kept.sum())), (self.one[kept], self.other[kept])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)

    def _peel(self, alive: BoolArray, gone: BoolArray) -> None:
        """Hand what light nodes at the ends of the forest miss on to the node that they hang on, along pairs that can take it."""
        n = self.pairs.nodes
        while True:
            degree = np.bincount(self.one[alive], minlength=n) + np.bincount(self.other[alive], minlength=n)
            total = float(self.size[~gone].sum())
            first = (degree[self.one] == 1) & (degree[self.other] > 1)
            last = (degree[self.other] == 1) & (degree[self.one] > 1)
            leaf, root = np.where(first, self.one, self.other), np.where(first, self.other, self.one)
            chosen = np.flatnonzero(alive & (first | last) & (self.mass < 2 * total) & (self.mass >= self.size[leaf]))
            if not chosen.size:
                return
            leaf, root = leaf[chosen], root[chosen]
            self.spent += bounded_above(self.size[leaf], self.slack[chosen])
            for what in (self.signed, self.error, self.size):
                np.add.at(what, root, what[leaf])
            self.error[root] += 4 * chosen.size * UNIT * self.size[root]
            self.size[root] *= 1 + 4 * chosen.size * UNIT
            alive[chosen], gone[leaf] = False, True

    def _between(self, part: IndexArray, core: BoolArray, alive: BoolArray, load: FloatArray) -> float:
        """What it costs to balance the parts, each through the heaviest that it can reach."""
        n, count = self.pairs.nodes, int(part.max()) + 1
        surplus, size = (_sums(part[core], what[core], count) for what in (self.signed, self.size))
        doubt = _sums(part[core], self.error[core], count) + 2 * n * UNIT * size
        off = np.bincount(part[core], (self.signed[core] != 0) | (self.error[core] != 0), count) > 0
        amount = np.where(off, (np.abs(surplus) + doubt) * (1 + 4 * UNIT), 0.0)
        if np.count_nonzero(amount) <= 1:  # the totals are equal, so that one part cannot be off by itself
            return 0.0
        if count > MOST_PARTS or self.pairs.problem.source.size * self.pairs.problem.target.size > MOST_PAIRS:
            return np.inf
        weight, least = _sums(part[self.one[alive]], self.mass[alive], count), np.full(count, np.inf)
        np.minimum.at(least, part[self.one[alive]], self.mass[alive])
        sturdy = 2 * (float(amount.sum()) + load[:count]) < least
        steps = _least_slacks(self.dual, part, core, count)
        group = np.asarray(connected_components(np.isfinite(steps), directed=False)[1])
        if group.any() and any(sum(self._exactly(part, np.flatnonzero(group == k))) for k in np.unique(group[amount > 0])):
            return np.inf  # a group that no pair connects to the others, and that does not balance by itself
        costs = [
            self._through_hub(np.flatnonzero(group == k), part, steps, (surplus, doubt, amount), weight, sturdy)
            for k in np.unique(group[amount > 0]).tolist()
        ]
        passed_on = bounded_above(amount.sum(), self.slack[alive], n)  # on its way it may take any pair of the forest
        return float(np.sum(costs)) + passed_on

    def _through_hub(
        self,
        group: IndexArray,
        part: IndexArray,
        steps: FloatArray,
        off: tuple[FloatArray, FloatArray, FloatArray],
        weight: FloatArray,
        sturdy: BoolArray,
    ) -> float:
        """What it costs to balance parts that forbidden pairs do not separate, and which balance together."""
        surplus, doubt, amount = (what[group] for what in off)
        if np.count_nonzero(amount) <= 1:
            return 0.0
        hub = int(np.where(sturdy[group], weight[group], -1.0).argmax())
        if not sturdy[group[hub]]:
            return np.inf
        steps, sturdy = steps[np.ix_(group, group)], sturdy[group]
        out, into = _distances(steps, hub, sturdy), _distances(steps.T, hub, sturdy)
        if np.isinf(out[amount > 0]).any() or np.isinf(into[amount > 0]).any():
            surplus = np.array([float(mass) or (np.sign(mass.numerator) * TINY) for mass in self._exactly(part, group)])
            doubt, amount = np.zeros(group.size), np.abs(surplus) * (1 + 2 * UNIT)
        price = np.where(surplus > doubt, into, np.where(-surplus > doubt, out, np.maximum(into, out)))
        others = np.flatnonzero(amount > 0)
        return bounded_above(amount[others], price[others])

    def _exactly(self, part: IndexArray, group: IndexArray) -> list[Fraction]:
        """What parts have too much, exactly."""
        pairs, n = self.pairs, self.pairs.problem.source.size
        a, b = pairs.problem.exact_masses()
        left = dict.fromkeys(group.tolist(), Fraction(0))
        for node, mass in enumerate([*a, *(-mass for mass in b)]):
            if (k := int(part[node])) in left:
                left[k] += mass
        for i, j, moved in zip(pairs.i.tolist(), pairs.j.tolist(), pairs.mass.tolist(), strict=True):
            one, other = int(part[i]), int(part[n + j])
            if one != other and moved:
                for k, sign in ((one, -1), (other, 1)):
                    if k in left:
                        left[k] += sign * Fraction(moved)
        return list(left.values())


def _sums(index: IndexArray, values: FloatArray, size: int) -> FloatArray:
    return np.bincount(index, values, size).astype(np.float64)


def _least_slacks(dual: SafeDual, part: IndexArray, core: BoolArray, count: int) -> FloatArray:
    """Least slack from a source of one part to a target of another (count, count), rounded up; +inf where no pair is allowed."""
    n = dual.problem.source.size
    target_part, targets = part[n:], np.flatnonzero(core[n:])
    order = targets[np.argsort(target_part[targets], kind="stable")]
    first = np.flatnonzero(np.diff(target_part[order], prepend=-1))
    columns = target_part[order][first]
    size = np.abs(dual.g_high) + np.abs(dual.g_low) / UNIT

    def least(rows: slice, block: FloatArray) -> tuple[IndexArray, FloatArray]:
        own = np.flatnonzero(core[rows])
        f = dual.f[rows][own, None]
        rounding = 4 * UNIT * (np.abs(block[own]) + np.abs(f) + size)
        slack = np.maximum(block[own] - f - dual.g_high, 0.0) + np.where(np.isfinite(rounding), rounding, 0.0)
        return part[rows][own], np.minimum.reduceat(slack[:, order], first, axis=1)

    steps = np.full((count, count), np.inf)
    if not order.size:
        return steps
    for rows, slack in over_blocks(dual.problem.cost, least):
        for row, values in zip(rows.tolist(), slack, strict=True):
            steps[row, columns] = np.minimum(steps[row, columns], values)
    return steps


def _distances(steps: FloatArray, hub: int, transit: BoolArray) -> FloatArray:
    """Length of a shortest path from the hub to each part, through parts that can take what passes; rounded up."""
    tail, head = np.nonzero(np.isfinite(steps) & (transit | (np.arange(transit.size) == hub))[:, None])
    graph = csr_array((steps[tail, head], (tail, head)), shape=steps.shape)
    found = dijkstra(graph, indices=hub)
    return np.asarray(found * (1 + 2 * transit.size * UNIT))


def _spread(dual: SafeDual, pairs: Pairs) -> float:
    """The width of a plan with rows and columns scaled down, and the rest spread over all pairs; +inf where one is forbidden."""
    problem, n, mass = pairs.problem, pairs.problem.source.size, pairs.mass
    if problem.has_forbidden or problem.source.size * problem.target.size > MOST_SPREAD:
        return np.inf
    given = np.concatenate([problem.a, problem.b + problem.exact_target.correction])
    for index, part in ((pairs.i, slice(0, n)), (pairs.j, slice(n, None))):
        total = _sums(index, mass, given[part].size)
        factor = np.divide(given[part], total, out=np.ones_like(total), where=total > given[part])
        mass = mass * factor[index]
    mass = mass * (1 - 8 * (pairs.nodes + 8) * UNIT)
    scaled = Pairs(problem, pairs.i, pairs.j, mass)
    residual, error = scaled.residuals()
    if (residual - error < 0).any():
        return np.inf
    missing = residual + error
    rows, columns = missing[:n], missing[n:]
    moved = max(float((residual - error)[:n].sum()), float((residual - error)[n:].sum())) * (1 - 4 * pairs.nodes * UNIT)
    if moved <= 0:
        return np.inf
    share = np.where(rows > 0, rows / moved + TINY, 0.0)
    size = np.abs(dual.g_high) + np.abs(dual.g_low) / UNIT

    def cost(some: slice, block: FloatArray) -> float:
        f = dual.f[some, None]
        slack = np.maximum(block - f - dual.g_high, 0.0) + 4 * UNIT * (np.abs(block) + np.abs(f) + size)
        return float(share[some] @ (slack @ columns + TINY * columns.size))

    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(sum(over_blocks(problem.cost, cost))) * (1 + 4 * pairs.nodes * UNIT)
        found = bounded_above(mass, dual.above(pairs.i, pairs.j)) + spread * (1 + 8 * UNIT) + TINY * rows.size
    return found if found >= 0 else np.inf
