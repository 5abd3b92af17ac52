"""The certificate of a flow and a potential on a network, recomputed in numpy from the masses and the metric.

A flow w >= 0 with outflow - inflow = a - b costs at least as much as the plan that its paths are, because a metric is no
longer than a path. A 1-Lipschitz f gives potentials (f, -f) that are feasible for Kantorovich's dual. So <d, w> is an upper
bound on the transport cost and <a - b, f> a lower one, and where they agree both are optimal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from otmodels.arrays import FloatArray
from otmodels.checks import Certificate, Check
from otmodels.interval import Interval
from otmodels.network import ALONG_AXES, Arcs, GraphCost, Network
from otmodels.potentials import cbar_transform
from otmodels.tolerances import DEFAULT, Tolerances

MOST_NAMED = 100_000
"""Above so many nodes, a check that passes does not say where: naming them all would take longer than the check."""

SWEEPS = 4
"""Sweeps that lower a potential along the arcs before shortest paths do: rounding is gone after two or three."""


def certify_flow(
    network: Network, flow: FloatArray, f: FloatArray, plan_cost: float | None = None, tolerances: Tolerances = DEFAULT
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
    """
    return _Numbers.of(network, flow, f, plan_cost).certificate(tolerances)


@dataclass(frozen=True, slots=True, eq=False)
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
        length = arcs.length if of_graph else cost.at(arcs.tail, arcs.head)
        return cls(network, flow, f, lipschitz_below(network, f), length, plan_cost)

    @property
    def unit(self) -> float:
        """The unit of costs."""
        return max(self.network.unit, self.network.problem.cost_unit)

    def certificate(self, tolerances: Tolerances) -> Certificate:
        surplus, moved = self.network.nodes.divergence, float(self.length @ self.flow)
        primal = moved if self.plan_cost is None else self.plan_cost
        dual, lower = float(surplus @ self.f), float(surplus @ self.lowered)
        magnitude = float(self.length @ np.abs(self.flow) + np.abs(surplus) @ np.abs(self.f))
        scale = max(abs(primal), abs(dual), tolerances.rounding * magnitude)
        feasible = self._flow_checks(tolerances)
        slack = self.length - (self.f[self.network.arcs.tail] - self.f[self.network.arcs.head])
        checks = (
            *feasible,
            self._lipschitz_check(tolerances.slack * self.unit),
            self._arc_check("complementary slackness", np.abs(self.flow * slack), tolerances.complementarity * scale, total=True),
            Check("duality gap", abs(primal - dual), tolerances.gap * scale),
            Check("gap to the safe bound (f lowered until it is 1-Lipschitz)", abs(primal - lower), tolerances.gap * scale),
        )
        upper = np.inf
        if all(check.passed for check in feasible):
            kept = np.maximum(self.flow, 0.0)
            residual = float(np.abs(self.network.arcs.divergence(kept) - surplus).sum())
            upper = max(primal, float(self.length @ kept) if self.plan_cost is None else primal) + 2 * residual * self.unit
        return Certificate(checks, primal, dual, Interval(lower, max(lower, upper)))

    def _flow_checks(self, tolerances: Tolerances) -> tuple[Check, ...]:
        nodes, unit, arcs = self.network.nodes, self.network.problem.mass_unit, self.network.arcs
        residual = np.abs(arcs.divergence(self.flow) - nodes.divergence)
        mass = np.maximum(nodes.a, nodes.b)
        throughput = np.bincount(arcs.tail, np.abs(self.flow), arcs.size) + np.bincount(arcs.head, np.abs(self.flow), arcs.size)
        eps = np.finfo(np.float64).eps
        weighs = mass > np.maximum(eps * unit, 8 * eps / tolerances.served * throughput)
        share = np.divide(residual, mass, out=np.zeros_like(residual), where=weighs)
        return (
            self._node_check("balance outflow - inflow = a - b", residual, tolerances.marginal * unit),
            self._node_check("nodes served (relative)", share, tolerances.served),
            self._arc_check("flow is non-negative", np.maximum(-self.flow, 0.0), tolerances.sign * unit),
        )

    def _lipschitz_check(self, tolerance: float) -> Check:
        """f_i - f_j <= d_ij, the worst pair named."""
        arcs, f = self.network.arcs, self.f
        if arcs.spanning:
            excess = np.maximum(f[arcs.tail] - f[arcs.head] - self.length, 0.0)
            return self._arc_check(f"f is 1-Lipschitz over {arcs.description}", excess, tolerance)
        excess = f - self.lowered
        worst = int(excess.argmax())
        name = "f is 1-Lipschitz over all pairs"
        if excess[worst] <= 0:
            return Check(name, 0.0, tolerance)
        other = int((self.network.nodes.cost.block(slice(worst, worst + 1))[0] + f).argmin())
        return Check(name, float(excess[worst]), tolerance, _where(self.network, worst, other))

    def _node_check(self, name: str, violation: FloatArray, tolerance: float) -> Check:
        worst = int(violation.argmax())
        named = violation[worst] > (0.0 if violation.size <= MOST_NAMED else tolerance)
        return Check(name, float(violation[worst]), tolerance, str(self.network.nodes.labels[worst]) if named else "")

    def _arc_check(self, name: str, violation: FloatArray, tolerance: float, *, total: bool = False) -> Check:
        if not violation.any():
            return Check(name, 0.0, tolerance)
        worst = int(violation.argmax())
        size = violation.sum() if total else violation[worst]
        arcs = self.network.arcs
        named = arcs.size <= MOST_NAMED or size > tolerance
        ends = int(arcs.tail[worst]), int(arcs.head[worst])
        return Check(name, float(size), tolerance, _where(self.network, *ends) if named else "")


def lipschitz_below(network: Network, f: FloatArray) -> FloatArray:
    """The largest 1-Lipschitz function that is nowhere above f (N,): min_j d_ij + f_j.

    On a grid with the city-block metric f is lowered along one axis after the other, along other arcs that span the metric
    until nothing changes, and without such arcs over all pairs, in blocks.
    """
    arcs, grid = network.arcs, network.nodes.grid
    if not arcs.spanning:
        return np.minimum(f, cbar_transform(network.nodes.cost, -f))
    if grid is not None and arcs.spanning == ALONG_AXES:
        return _lowered_on_grid(f.reshape(grid.shape), grid.axes).ravel()
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


def closed(network: Network, f: FloatArray) -> FloatArray:
    """The extension min_j f_j + d_ij over the nodes j with a deficit, 1-Lipschitz between all nodes (N,).

    Where the arcs do not span the metric, nothing holds f between nodes without an arc, and nothing at all at nodes
    without surplus or deficit. No value is lost where f is 1-Lipschitz from every surplus node to every deficit node.
    """
    nodes = network.nodes
    deficit = np.flatnonzero(nodes.divergence < 0)
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
