"""The certificate of a flow and a potential on a network, recomputed from masses and metric: rigorous, rounding counted in.

A flow w >= 0 with outflow - inflow = a - b costs at least as much as the plan that its paths are, because a metric is no
longer than a path. A 1-Lipschitz f gives potentials (f, -f) that are feasible for Kantorovich's dual. So <d, w> is an upper
bound on the transport cost and <a - b, f> a lower one, and where they agree both are optimal.

In floats a flow misses the exact masses by rounding: what each node is off by goes straight to the heaviest node, and costs its
distance. A path of float lengths may be shorter than the float distance by rounding, which is bounded for a norm and on a graph.
Other metrics obey the triangle inequality up to a tolerance only; of these the plan is looked at, pair by pair, as
`otmodels.certificate` does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from otmodels.arrays import FloatArray, IndexArray
from otmodels.certificate import EPS, bounds_of, furthest, outside, rounding_width
from otmodels.checks import Certificate, Check
from otmodels.cost import BLOCK_ENTRIES, Cost
from otmodels.ground import GroundCost
from otmodels.interval import UNKNOWN, Interval
from otmodels.metrics import Minkowski
from otmodels.network import ALONG_AXES, DIAGONALLY, Arcs, GraphCost, Network, plan_of_flow
from otmodels.potentials import cbar_transform
from otmodels.rounding import UNIT, Sum, bounded_above, exact_dot, segment_sums, two_difference
from otmodels.safe import SafeDual
from otmodels.tolerances import DEFAULT, Tolerances

MOST_NAMED = 100_000
"""Above so many nodes, a check that passes does not say where: naming them all would take longer than the check."""

SWEEPS = 4
"""Sweeps that lower a potential along the arcs before shortest paths do: rounding is gone after two or three."""


def certify_flow(
    network: Network,
    flow: FloatArray,
    f: FloatArray,
    plan_cost: float | None = None,
    tolerances: Tolerances = DEFAULT,
    known: Interval = UNKNOWN,
) -> Certificate:
    """Check a flow and a potential, and say what they prove of the transport cost.

    Parameters
    ----------
    network : Network
        Masses, metric and arcs. Where its arcs are known to span the metric, f is checked along them, else over all
        pairs, in blocks.
    flow : ndarray (k,)
        Flow on the arcs.
    f : ndarray (N,)
        Potential of the nodes.
    plan_cost : float, optional
        Cost of a plan that takes the place of the flow's, where the cost is no metric and a flow's cost bounds nothing.
    tolerances : Tolerances
        Largest violations that pass.
    known : Interval
        What is proven of the optimal value already.
    """
    return _Numbers.of(network, flow, f, plan_cost).certificate(tolerances, known)


@dataclass(frozen=True, eq=False)
class _Numbers:
    """What the checks share."""

    network: Network
    flow: FloatArray
    f: FloatArray
    lowered: FloatArray
    length: FloatArray
    plan_cost: float | None

    @classmethod
    def of(cls, network: Network, flow: FloatArray, f: FloatArray, plan_cost: float | None) -> _Numbers:
        arcs, cost = network.arcs, network.nodes.cost
        of_graph = isinstance(cost, GraphCost) and arcs is cost.graph.arcs.distinct()
        length = arcs.length if of_graph else cost.entries(arcs.tail, arcs.head)
        return cls(network, flow, f, lipschitz_below(network, f), length, plan_cost)

    @cached_property
    def used(self) -> IndexArray:
        """The arcs on which mass flows forward."""
        return np.flatnonzero(self.flow > 0)

    @cached_property
    def moved(self) -> Sum:
        """Cost of what flows forward."""
        return exact_dot(self.flow[self.used], self.length[self.used])

    @cached_property
    def balance(self) -> tuple[FloatArray, FloatArray]:
        """What outflow less inflow of a node, by the flow >= 0, is off from its exact surplus (N,), and a bound on the error."""
        nodes, arcs, problem = self.network.nodes, self.network.arcs, self.network.problem
        exact, kept = problem.exact_target, self.flow[self.used]
        corrected = np.flatnonzero(exact.correction)
        parts = (problem.a, -problem.b, -exact.correction[corrected], -kept, kept)
        where = np.concatenate([nodes.source, nodes.target, nodes.target[corrected], arcs.tail[self.used], arcs.head[self.used]])
        s, e, lost = segment_sums(np.concatenate(parts), where, nodes.size)
        wrong = np.bincount(nodes.target, exact.error, nodes.size) * (1 + 2 * nodes.size * UNIT)
        return s + e, (lost + wrong + UNIT * np.abs(s + e) * (e != 0)) * (1 + 4 * UNIT)

    @cached_property
    def detour(self) -> float:
        """By how much, relative to it, a float distance may be above or below the float length of a path; +inf if not known."""
        cost, points = self.network.nodes.cost, self.network.nodes.points
        if isinstance(cost, GraphCost):
            if cost.power != 1:
                return np.inf
            return 0.0 if _are_whole(cost.graph.arcs.length) else 4 * self.network.nodes.size * UNIT
        if not (isinstance(cost, GroundCost) and isinstance(cost.metric, Minkowski) and cost.power == 1 and points is not None):
            return np.inf
        largest, least = float(np.abs(points).max()), float(np.abs(points[points != 0]).min(initial=1.0))
        uneven = _unevenness(self.network) if self.network.arcs.spanning == DIAGONALLY else 0.0
        if (cost.metric.order in (1, np.inf) or points.shape[1] == 1) and _are_whole(points):
            return uneven
        if largest > 1e140 or least < 1e-140:
            return np.inf
        power = float(cost.metric.order) if np.isfinite(cost.metric.order) else 1.0
        return float(uneven + (4 * points.shape[1] + 16 + 8 * power) * UNIT)

    @cached_property
    def interval(self) -> Interval:
        """What the potential proves below and the flow above."""
        if self.plan_cost is not None or not np.isfinite(self.detour):
            return self._of_plan()
        lower = self._lower()
        off, error = self.balance
        amount = (np.abs(off) + error) * (1 + 2 * UNIT)
        wrong = np.flatnonzero(amount)
        moved = self.moved.upper
        upper = moved
        if wrong.size:
            cost, hub = self.network.nodes.cost, int(self.network.nodes.a.argmax())
            away, back = cost.at(np.full(wrong.size, hub), wrong), cost.at(wrong, np.full(wrong.size, hub))
            away[wrong == hub] = back[wrong == hub] = 0.0
            upper = (moved + bounded_above(amount[wrong], np.maximum(away, back), 4)) * (1 + 4 * UNIT)
        if self.detour:
            upper = math.nextafter(upper * (1 + 2 * self.detour), math.inf) if upper else upper
        if not np.isfinite(upper):
            return self._of_plan()
        return Interval(min(lower, upper), upper)

    def _of_plan(self) -> Interval:
        """As of a plan and potentials, over all pairs."""
        nodes, problem = self.network.nodes, self.network.problem
        return bounds_of(problem, plan_of_flow(self.network, np.maximum(self.flow, 0.0)), self.f[nodes.source])[0]

    def _lower(self) -> float:
        """<a - b, f> of the potential lowered until it is 1-Lipschitz, and then by what rounding makes it too steep."""
        nodes, problem, arcs = self.network.nodes, self.network.problem, self.network.arcs
        if not arcs.spanning:
            return max(SafeDual.of(problem, self.lowered[nodes.source]).value().lower, 0.0)
        f = self.lowered
        exact = problem.exact_target
        at_target = f[nodes.target]
        parts = np.concatenate([problem.a, problem.b, exact.correction])
        against = np.concatenate([f[nodes.source], -at_target, -at_target])
        value, doubt = exact_dot(parts, against).lower, bounded_above(exact.error, np.abs(at_target))
        value = math.nextafter(value - doubt, -math.inf) if doubt else value
        nearly = value - self._lowering_error() * float(np.abs(nodes.divergence).sum()) * (1 + 1e-9)
        steep, rest = two_difference(f[arcs.tail], f[arcs.head])
        beyond = np.flatnonzero((steep > self.length) | ((steep == self.length) & (rest > 0)))
        if not beyond.size:
            stretch = 1.0
        elif (self.length[beyond] == 0).any():
            stretch = np.inf
        else:
            stretch = float((steep[beyond] / self.length[beyond]).max()) * (1 + 8 * UNIT)
        value = max(value / stretch if stretch > 1 else value, nearly, 0.0)
        if stretch == 1 and not self.detour:
            return value
        # What rounding does to the quotient is in the 8 units, and to the product in the second detour.
        return max(math.nextafter(value * (1 - 2 * self.detour), -math.inf), 0.0)

    def _lowering_error(self) -> float:
        """How far f, lowered along the axes of a grid, is from the exact one, which is 1-Lipschitz; +inf on other arcs."""
        grid = self.network.nodes.grid
        if grid is None or self.network.arcs.spanning != ALONG_AXES:
            return np.inf
        size = float(np.abs(self.f).max()) + sum(float(np.abs(axis - axis[0]).max()) for axis in grid.axes)
        return 8 * (len(grid.axes) + 1) * UNIT * size

    def certificate(self, tolerances: Tolerances, known: Interval) -> Certificate:
        moved = exact_dot(self.flow, self.length) if (self.flow < 0).any() else self.moved
        primal = moved.value if self.plan_cost is None else self.plan_cost
        surplus = self.network.nodes.divergence
        dual = exact_dot(surplus, self.f).value
        interval = self.interval.intersection(known)
        finite = bool(np.isfinite(interval.size))
        relative = tolerances.gap * interval.size if finite else 0.0
        narrow = interval.width <= relative
        allowed = relative if narrow or not finite or self._is_large() else max(relative, self._rounding())
        beside = max(allowed - interval.width, 0.0)
        flow_size, f_size = float(np.abs(self.flow) @ self.length), float(np.abs(surplus) @ np.abs(self.f))
        slack = self.length - (self.f[self.network.arcs.tail] - self.f[self.network.arcs.head])
        terms = 4 * EPS * (flow_size + 2 * float(np.abs(self.flow) @ np.abs(self.f[self.network.arcs.tail])))
        checks = (
            *self._flow_checks(tolerances),
            Check("value of the flow lies in the interval", outside(primal, interval), beside),
            self._lipschitz_check(tolerances.slack),
            Check("value of the potential lies in the interval", outside(dual, interval), max(beside, 8 * EPS * f_size)),
            self._arc_check("complementary slackness", np.abs(self.flow * slack), max(allowed, terms), total=True),
            Check("duality gap", interval.width if finite else np.inf, allowed),
        )
        about = (
            ""
            if isinstance(self.network.nodes.cost, Cost)
            else f"the float costs that {self.network.nodes.cost.description} gives"
        )
        return Certificate(checks, primal, dual, interval, absolute=not narrow and checks[-1].passed, about=about)

    def _rounding(self) -> float:
        return rounding_width(self.network.problem)

    def _is_large(self) -> bool:
        n, m = self.network.problem.shape
        return n * m > 16 * BLOCK_ENTRIES

    def _flow_checks(self, tolerances: Tolerances) -> tuple[Check, ...]:
        nodes, unit, arcs = self.network.nodes, self.network.problem.mass_unit, self.network.arcs
        residual = np.abs(arcs.divergence(self.flow) - nodes.divergence)
        mass, size = np.maximum(nodes.a, nodes.b), np.abs(self.flow)
        throughput = np.bincount(arcs.tail, size, arcs.size) + np.bincount(arcs.head, size, arcs.size)
        own = tolerances.served * mass + 8 * EPS * throughput + EPS * unit * (mass == 0)
        total = np.full(residual.size, tolerances.marginal * unit)
        return (
            self._node_check("balance outflow - inflow = a - b", residual, total),
            self._node_check("nodes served", residual, own),
            self._arc_check("flow is non-negative", np.maximum(-self.flow, 0.0), tolerances.sign * unit),
        )

    def _lipschitz_check(self, slack: float) -> Check:
        """f_i - f_j <= d_ij, each pair in the scale of its own terms; the worst one named."""
        arcs, f = self.network.arcs, self.f
        if arcs.spanning:
            excess = np.maximum(f[arcs.tail] - f[arcs.head] - self.length, 0.0)
            name = f"f is 1-Lipschitz over {arcs.description}"
            if not excess.any():
                return Check(name, 0.0, slack * float(self.length.max(initial=0.0)))
            own = slack * self.length + 8 * EPS * float(np.abs(f).max())
            worst = furthest(excess, own)
            return self._arc_check(name, np.where(np.arange(excess.size) == worst, excess, 0.0), float(own[worst]))
        excess = f - self.lowered
        name = "f is 1-Lipschitz over all pairs"
        own = slack * np.abs(f) + 8 * EPS * float(np.abs(f).max(initial=0.0))
        worst = furthest(excess, own)
        if excess[worst] <= 0:
            return Check(name, 0.0, float(own.max(initial=0.0)))
        row = self.network.nodes.cost.block(slice(worst, worst + 1))[0]
        other = int((row + f).argmin())
        tolerance = slack * float(row[other]) + 8 * EPS * float(abs(f[worst]) + abs(f[other]))
        return Check(name, float(excess[worst]), tolerance, _where(self.network, worst, other))

    def _node_check(self, name: str, violation: FloatArray, tolerance: FloatArray) -> Check:
        worst = furthest(violation, tolerance)
        named = violation[worst] > (0.0 if violation.size <= MOST_NAMED else tolerance[worst])
        where = str(self.network.nodes.labels[worst]) if named else ""
        return Check(name, float(violation[worst]), float(tolerance[worst]), where)

    def _arc_check(self, name: str, violation: FloatArray, tolerance: float, *, total: bool = False) -> Check:
        if not violation.any():
            return Check(name, 0.0, tolerance)
        worst = int(violation.argmax())
        size = violation.sum() if total else violation[worst]
        arcs = self.network.arcs
        named = arcs.size <= MOST_NAMED or size > tolerance
        ends = int(arcs.tail[worst]), int(arcs.head[worst])
        return Check(name, float(size), tolerance, _where(self.network, *ends) if named else "")


def _unevenness(network: Network) -> float:
    """By how much the gaps of a grid differ, relative to them."""
    assert network.nodes.grid is not None
    gaps = np.concatenate([np.diff(axis) for axis in network.nodes.grid.axes])
    return 4 * float((gaps.max() - gaps.min()) / gaps.min()) if gaps.size else 0.0


def _are_whole(values: FloatArray) -> bool:
    """Whether sums and differences of them are exact: multiples of one power of two, with digits to spare."""
    largest = float(np.abs(values).max(initial=0.0))
    unit = 2.0 ** (np.frexp(largest)[1] - 40)
    return bool(np.isfinite(largest) and (unit == 0 or (values / unit == np.round(values / unit)).all()))


def lipschitz_below(network: Network, f: FloatArray) -> FloatArray:
    """The largest 1-Lipschitz function that is nowhere above f (N,): min_j d_ij + f_j.

    On a grid with the city-block metric f is lowered along one axis after the other, along other arcs that span the metric
    until nothing changes, and without such arcs over all pairs, in blocks.
    """
    arcs, grid = network.arcs, network.nodes.grid
    if not arcs.spanning:
        return np.minimum(f, cbar_transform(network.nodes.cost, -f))
    if grid is not None and arcs.spanning == ALONG_AXES:
        return _lowered_on_grid(f.reshape([axis.size for axis in grid.long]), grid.long).ravel()
    return _lowered_along_arcs(arcs, f)


def _lowered_on_grid(f: FloatArray, axes: tuple[FloatArray, ...]) -> FloatArray:
    """min_j f_j + |x_i - x_j| along every axis, from below and from above."""
    for axis, line in enumerate(axes):
        x = (line - line[0]).reshape([-1 if other == axis else 1 for other in range(f.ndim)])
        from_below = np.minimum.accumulate(f - x, axis=axis) + x
        from_above = np.flip(np.minimum.accumulate(np.flip(f + x, axis), axis=axis), axis) - x
        f = np.minimum.reduce([f, from_below, from_above])
    return f


def _lowered_along_arcs(arcs: Arcs, f: FloatArray) -> FloatArray:
    lowered = f.copy()
    for _ in range(SWEEPS):
        allowed = lowered[arcs.head] + arcs.length
        wrong = allowed < lowered[arcs.tail]
        if not wrong.any():
            return lowered
        np.minimum.at(lowered, arcs.tail[wrong], allowed[wrong])
    return _shortest_paths(arcs, lowered)


def _shortest_paths(arcs: Arcs, f: FloatArray) -> FloatArray:
    """min_j d_ij + f_j as lengths of shortest paths from one more node, from which an arc of length f_j leads to each j."""
    least = float(f.min())
    tail = np.concatenate([arcs.head, np.full(arcs.size, arcs.size)])
    head = np.concatenate([arcs.tail, np.arange(arcs.size)])
    graph = csr_array((np.concatenate([arcs.length, f - least]), (tail, head)), shape=(arcs.size + 1, arcs.size + 1))
    return np.asarray(np.minimum(f, dijkstra(graph, indices=arcs.size)[: arcs.size] + least))


def closed(network: Network, f: FloatArray, surplus: FloatArray | None = None) -> FloatArray:
    """The extension min_j f_j + d_ij over the nodes j with a deficit, 1-Lipschitz between all nodes (N,).

    Where the arcs do not span the metric, nothing holds f between nodes without an arc, and nothing at all at nodes
    without surplus or deficit. No value is lost where f is 1-Lipschitz from every surplus node to every deficit node; which these
    are, a surplus (N,) of its own may say.
    """
    nodes = network.nodes
    deficit = np.flatnonzero((nodes.divergence if surplus is None else surplus) < 0)
    if not deficit.size:
        return np.zeros_like(f)
    to_deficit = nodes.cost.among(np.arange(f.size), deficit)
    extended = cbar_transform(to_deficit, -f[deficit])
    reaches = np.isfinite(extended)
    # What cannot reach a deficit is held by nothing from above.
    return np.where(reaches, extended, extended[reaches].max())


def _where(network: Network, tail: int, head: int) -> str:
    tail_label, head_label = network.pair(tail, head)
    return f"({tail_label}, {head_label})"
