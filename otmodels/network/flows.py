"""Flows on a network: a feasible one at hand, paths out of a flow, and the plan that the paths are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

from otmodels.arrays import FloatArray, IndexArray, spanning_forest
from otmodels.network.arcs import Arcs
from otmodels.network.network import Network
from otmodels.network.nodes import Nodes

SHORT, WORTH = 1e-11, 1e-8
"""A node off by less than the first part of its mass is left so, and all are where none is off by more than the second."""


def plan_of_flow(network: Network, flow: FloatArray) -> csr_array:
    """The plan (n, m) that a flow moves: mass common to source and target stays, the rest follows the flow path by path.

    The flow is taken apart into paths, first in first out at every node. The cost of the plan is at most that of the
    flow, because no distance is longer than a path; it is the same for an optimal flow.

    Parameters
    ----------
    network : Network
        Nodes with their masses, and arcs.
    flow : ndarray (k,)
        Flow on the arcs >= 0 whose divergence is a - b.

    References
    ----------
    Ahuja, Magnanti, Orlin (1993), Network Flows, section 3.5: flow decomposition.
    """
    nodes = network.nodes
    i, j, mass = _paths(network.arcs, flow, nodes.divergence)
    stays = np.minimum(nodes.a, nodes.b)
    kept = np.flatnonzero(stays > 0)
    i, j, mass = np.concatenate([kept, i]), np.concatenate([kept, j]), np.concatenate([stays[kept], mass])
    i, mass, j = _to_atoms(i, mass, nodes.source, network.problem.a, j)
    j, mass, i = _to_atoms(j, mass, nodes.target, network.problem.b, i)
    plan = csr_array(coo_array((mass, (i, j)), shape=network.problem.shape))
    plan.sum_duplicates()
    return plan


def _paths(arcs: Arcs, flow: FloatArray, surplus: FloatArray) -> tuple[IndexArray, IndexArray, FloatArray]:
    """First node, last node and mass of each path of a flow."""
    tail, head, carried = acyclic(arcs, flow)
    # Small amounts are taken first, so that what rounding leaves short is short of the largest.
    small_first = np.lexsort((carried, tail))
    tail, head, carried = tail[small_first], head[small_first], carried[small_first]
    start = np.searchsorted(tail, np.arange(arcs.size + 1)).tolist()
    heads, masses, left = head.tolist(), carried.tolist(), surplus.tolist()
    arrived: list[deque[tuple[int, float]]] = [deque() for _ in range(arcs.size)]
    found: list[tuple[int, int, float]] = []
    for node in _upstream_first(arcs.size, tail, head):
        queue, demand = arrived[node], -left[node]
        if demand < 0:
            queue.append((node, -demand))
        for arc in range(start[node], start[node + 1]):
            if 0 < demand <= masses[arc]:
                found += [(origin, node, mass) for origin, mass in _take(queue, demand)]
                demand = 0.0
            arrived[heads[arc]].extend(_take(queue, masses[arc]))
        if demand > 0:
            found += [(origin, node, mass) for origin, mass in _take(queue, demand)]
        arrived[node] = deque()
    origin, last, mass = zip(*found, strict=True) if found else ((), (), ())
    return np.array(origin, dtype=np.intp), np.array(last, dtype=np.intp), np.array(mass, dtype=np.float64)


def _take(queue: deque[tuple[int, float]], amount: float) -> Iterator[tuple[int, float]]:
    """Take an amount out of a queue of (origin, mass), splitting the last piece; what rounding leaves short is left short."""
    while amount > 0 and queue:
        origin, mass = queue.popleft()
        if mass > amount:
            queue.appendleft((origin, mass - amount))
            mass = amount
        amount -= mass
        yield origin, mass


def _upstream_first(size: int, tail: IndexArray, head: IndexArray) -> Iterator[int]:
    """The nodes, each after all nodes that an arc leads from to it; nodes on a cycle are left out."""
    waits = np.bincount(head, minlength=size).tolist()
    start = np.searchsorted(tail, np.arange(size + 1)).tolist()
    heads = head.tolist()
    ready = deque(node for node in range(size) if not waits[node])
    while ready:
        node = ready.popleft()
        yield node
        for arc in range(start[node], start[node + 1]):
            waits[heads[arc]] -= 1
            if not waits[heads[arc]]:
                ready.append(heads[arc])


def acyclic(arcs: Arcs, flow: FloatArray) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Tail, head and mass of a flow of the same divergence without cycles, by tail; no arc carries more than before."""
    used = np.flatnonzero(flow > 0)
    order = used[np.argsort(arcs.tail[used], kind="stable")]
    tail, head, mass = arcs.tail[order], arcs.head[order], flow[order].copy()
    while True:
        waits = np.ones(arcs.size, dtype=bool)
        waits[list(_upstream_first(arcs.size, tail, head))] = False
        if not waits.any():
            return tail, head, mass
        cycle = _cycle(tail, head, waits)
        mass[cycle] -= mass[cycle].min()
        kept = mass > 0
        tail, head, mass = tail[kept], head[kept], mass[kept]


def _cycle(tail: IndexArray, head: IndexArray, waits: np.ndarray) -> list[int]:
    """The arcs of a cycle among nodes that wait for each other: upstream from one of them until a node comes again."""
    inward = {int(head[arc]): int(arc) for arc in np.flatnonzero(waits[tail] & waits[head])}
    node = next(iter(inward))
    seen: dict[int, int] = {}
    path: list[int] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(inward[node])
        node = int(tail[inward[node]])
    return path[seen[node] :]


def _to_atoms(
    node: IndexArray, mass: FloatArray, node_of: IndexArray, held: FloatArray, other: IndexArray
) -> tuple[IndexArray, FloatArray, IndexArray]:
    """Plan entries by node as entries by atom: where several atoms are at one node, they are served one after the other."""
    atoms = np.argsort(node_of, kind="stable")
    atoms = atoms[held[atoms] > 0]
    count = np.bincount(node_of[atoms], minlength=int(max(node.max(initial=0), node_of.max())) + 1)
    if (count <= 1).all():
        atom_of = np.zeros(count.size, dtype=np.intp)
        atom_of[node_of[atoms]] = atoms
        return atom_of[node], mass, other
    start = np.cumsum(count) - count
    queues = {
        k: deque((int(atom), float(held[atom])) for atom in atoms[start[k] : start[k] + count[k]]) for k in set(node.tolist())
    }
    pieces = []
    for k, amount, partner in zip(node.tolist(), mass.tolist(), other.tolist(), strict=True):
        served = list(_take(queues[k], amount))
        short = amount - sum(piece for _, piece in served)
        pieces += [(atom, piece, partner) for atom, piece in served]
        if short > 0:
            # Rounding: the last atom of the node takes the rest.
            pieces.append((int(atoms[start[k] + count[k] - 1]), short, partner))
    atom, piece, partner = zip(*pieces, strict=True)
    return np.array(atom, dtype=np.intp), np.array(piece), np.array(partner, dtype=np.intp)


def placed_flow(nodes: Nodes, arcs: Arcs, flow: FloatArray, f: FloatArray) -> FloatArray:
    """The flow (k,) with every node in balance in proportion to its own mass: what a solver let go is handed on along a tree.

    Along the spanning tree of least slack, from its ends towards the heaviest node, each node that is off by more than rounding
    hands that on to the next, until one is heavy enough, or enough passes through it, not to notice. Nothing is taken from any
    arc. Unchanged where nodes are in balance, or arcs that lead both ways do not connect them.

    Parameters
    ----------
    nodes, arcs : Nodes, Arcs
        With the masses and the lengths.
    flow, f : ndarray (k,), (N,)
        A flow, right up to a solver's tolerance, and its potential.
    """
    flow = np.maximum(flow, 0.0)
    off = nodes.divergence - arcs.divergence(flow)
    with np.errstate(over="ignore"):
        through = np.bincount(arcs.tail, flow, arcs.size) + np.bincount(arcs.head, flow, arcs.size)
    unnoticed = SHORT * np.maximum(nodes.a, nodes.b) + 4 * np.finfo(np.float64).eps * through
    if (np.abs(off) <= unnoticed + WORTH * np.maximum(nodes.a, nodes.b)).all():
        return flow
    slack = np.maximum(arcs.length - (f[arcs.tail] - f[arcs.head]), 0.0)
    unit = float(slack.max(initial=0.0)) or 1.0
    both = np.isin(arcs.tail * arcs.size + arcs.head, arcs.head * arcs.size + arcs.tail)
    tree = spanning_forest(slack[both] / unit + 1e-9, (arcs.tail[both], arcs.head[both]), arcs.size)
    order, above = breadth_first_order(tree, int(np.maximum(nodes.a, nodes.b).argmax()), directed=False)
    number = csr_array((np.arange(1, arcs.count + 1), (arcs.tail, arcs.head)), shape=(arcs.size, arcs.size))
    child = order[:0:-1]
    up, down = (np.asarray(number[one, other]).ravel() - 1 for one, other in ((child, above[child]), (above[child], child)))
    if child.size < arcs.size - 1:
        return flow
    left, noticed, more = off.tolist(), unnoticed.tolist(), flow.tolist()
    for node, out, into, parent in zip(child.tolist(), up.tolist(), down.tolist(), above[child].tolist(), strict=True):
        amount = left[node]
        if abs(amount) > noticed[node]:
            more[out if amount > 0 else into] += abs(amount)
            left[parent] += amount
    return np.array(more)


def tree_flow(nodes: Nodes, arcs: Arcs) -> FloatArray | None:
    """A feasible flow (k,) along a shortest spanning tree: what is in a subtree and has to leave it, or to come in.

    None where the tree would need an arc in a direction that is not there.
    """
    tree = spanning_forest(arcs.length + 1.0, (arcs.tail, arcs.head), arcs.size)
    order, above = breadth_first_order(tree, 0, directed=False)
    surplus = nodes.divergence.copy()
    for node in order[:0:-1].tolist():
        surplus[above[node]] += surplus[node]
    number = csr_array((np.arange(1, arcs.count + 1), (arcs.tail, arcs.head)), shape=(arcs.size, arcs.size))
    child = order[1:]
    up, down = (np.asarray(number[one, other]).ravel() for one, other in ((child, above[child]), (above[child], child)))
    arc = np.where(surplus[child] > 0, up, down).astype(np.intp) - 1
    if child.size < arcs.size - 1 or (arc < 0).any():
        return None
    flow = np.zeros(arcs.count)
    flow[arc] = np.abs(surplus[child])
    return flow
