"""Potentials (f, g) of a transport problem: slack, c-transform, gauge, closure where nothing pins them.

Source: Villani (2003), Topics in Optimal Transportation, section 2.4; Peyre and Cuturi (2019), section 3.2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from otmodels.arguments import check_type
from otmodels.arrays import BoolArray, FloatArray, IndexArray, floats, spanning_forest
from otmodels.cost import BaseCost
from otmodels.errors import ShapeError
from otmodels.line import on_the_line
from otmodels.problem import TransportProblem

TIGHT = 1e-11
"""A slack this small, relative to the terms that it is the difference of, may be rounding; so may a slack of a few machine
epsilons of the largest cost."""


def slack(problem: TransportProblem, f: FloatArray, g: FloatArray) -> FloatArray:
    """C - f - g (n, m), the reduced cost of each pair; >= 0 for feasible potentials, +inf at forbidden pairs."""
    return problem.cost.values - np.asarray(f)[:, None] - np.asarray(g)[None, :]


def c_transform(cost: BaseCost, f: npt.ArrayLike) -> FloatArray:
    """f^c_j = min_i C_ij - f_i (m,): the largest g for which (f, g) is feasible.

    Parameters
    ----------
    cost : Cost or GroundCost, shape (n, m)
        Evaluated in blocks.
    f : ndarray (n,)
        Potential on the sources; -inf leaves an atom out.

    Raises
    ------
    ParameterError
        The cost is none.
    ShapeError

    Examples
    --------
    >>> from otmodels import Cost
    >>> c_transform(Cost([[0, 1], [2, 3]]), np.array([0.0, 2.0])).tolist()
    [0.0, 1.0]
    """
    check_type("cost", cost, BaseCost, "Make one: Cost(matrix), ground_cost(source, target) or problem.cost")
    f = _read("f", f, cost.shape[0])
    line = on_the_line(cost)
    if line is not None:
        return line.transform(f)
    g = np.full(cost.shape[1], np.inf)
    for rows, block in cost.blocks():
        np.minimum(g, _less(block, f[rows, None]).min(axis=0), out=g)
    return g


def cbar_transform(cost: BaseCost, g: npt.ArrayLike) -> FloatArray:
    """g^cbar_i = min_j C_ij - g_j (n,): the largest f for which (f, g) is feasible; -inf in g leaves an atom out."""
    check_type("cost", cost, BaseCost, "Make one: Cost(matrix), ground_cost(source, target) or problem.cost")
    g = _read("g", g, cost.shape[1])
    line = on_the_line(cost)
    if line is not None:
        return line.turned().transform(g)
    return np.concatenate([_less(block, g[None, :]).min(axis=1) for _, block in cost.blocks()])


def _read(argument: str, potential: npt.ArrayLike, size: int) -> FloatArray:
    values = floats(argument, potential)
    if values.shape != (size,):
        raise ShapeError(argument, f"has shape {values.shape}", f"Give one potential an atom, shape ({size},)")
    return values


def _less(block: FloatArray, potential: FloatArray) -> FloatArray:
    """Costs less a potential; a forbidden pair holds nothing, not even an infinite one."""
    with np.errstate(over="ignore", invalid="ignore"):
        left = block - potential
    return np.where(np.isposinf(block), np.inf, left) if np.isposinf(potential).any() else left


def finite(potential: FloatArray) -> FloatArray:
    """A c-transform with 0 where it is +inf: an atom without any pair asks nothing of its potential."""
    return np.where(np.isposinf(potential), 0.0, potential)


def normalise(problem: TransportProblem, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(f - t, g + t) with f = 0 at the first source atom that has mass: the gauge of all stored potentials."""
    shift = f[int((problem.a > 0).argmax())]
    return f - shift, g + shift


def close(problem: TransportProblem, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Set the potentials of atoms without mass, which optimality leaves free, by c-transform.

    A source without mass gets the largest f that the targets with mass allow, then a target without mass the largest g
    that all sources allow. Then on a metric cost, f is 1-Lipschitz if it is so at the atoms with mass.
    """
    no_source, no_target = problem.a == 0, problem.b == 0
    if not (no_source.any() or no_target.any()):
        return f, g
    cost = problem.cost
    if no_source.any():
        reach = np.where(no_target, -np.inf, g)
        f = np.where(no_source, _below(cost, cbar_transform(cost, reach), reach), f)
    if no_target.any():
        g = np.where(no_target, c_transform(cost, _left_out(f)), g)
    if np.isfinite(f).all() and np.isfinite(g).all():
        return f, g
    return _close_islands(cost, f, g)


def _below(cost: BaseCost, f: FloatArray, g: FloatArray) -> FloatArray:
    """F = g^cbar, lowered by the rounding by which C - f falls below g: next to a huge cost that is a lot."""
    known = _left_out(f)
    excess = np.concatenate([(g[None, :] - (block - known[rows, None])).max(axis=1) for rows, block in cost.blocks()])
    return np.where(excess > 0, np.nextafter(f - excess, -np.inf), f)


def _close_islands(cost: BaseCost, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Close atoms without mass that forbidden pairs cut off from those with mass: f from the g at hand, else 0."""
    f = np.where(np.isfinite(f), f, cbar_transform(cost, _left_out(g)))
    f = np.where(np.isfinite(f), f, 0.0)
    return f, np.where(np.isfinite(g), g, finite(c_transform(cost, f)))


def _left_out(potential: FloatArray) -> FloatArray:
    unknown: BoolArray = ~np.isfinite(potential)
    return np.where(unknown, -np.inf, potential)


def polish(problem: TransportProblem, plan: csr_array, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Potentials recomputed along the plan, f_i + g_j = C_ij where mass moves, so that no rounding of the solver's is left.

    A solver's potentials may stand in a gauge of 1e9 where differences of 1e-9 matter. Here they are set one from the
    other along a spanning tree of the pairs that carry mass or have no slack but rounding, starting from the gauge;
    where the tree falls into parts, a part keeps its place.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    plan : csr_array (n, m)
        An optimal plan.
    f, g : ndarray (n,), (m,)
        Its potentials, normalised, right up to rounding.
    """
    n, m = problem.shape
    i, j, order = _tight_pairs(problem, plan, f, g)
    tree = spanning_forest(order, (i, n + j), n + m)
    potential = np.concatenate([f, g])
    _, part = connected_components(tree, directed=False)
    first = int((problem.a > 0).argmax())
    roots = {int(part[node]): node for node in range(n + m - 1, -1, -1)} | {int(part[first]): first}
    for root in roots.values():
        nodes, before = breadth_first_order(tree, root, directed=False)
        edges = [(min(node, before[node]), max(node, before[node]) - n) for node in nodes[1:]]
        costs = problem.cost.at(*np.array(edges, dtype=np.intp).reshape(-1, 2).T)
        for node, cost in zip(nodes[1:], costs, strict=True):
            potential[node] = cost - potential[before[node]]
    f = potential[:n]
    return f, c_transform(problem.cost, np.where(problem.a > 0, f, -np.inf))


def _tight_pairs(
    problem: TransportProblem, plan: csr_array, f: FloatArray, g: FloatArray
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Pairs that carry mass, and pairs whose slack is rounding, with a weight > 0 that puts the former first."""
    found = [coo_array(plan).coords]
    weights = [np.ones(plan.nnz)]
    floor = 64 * np.finfo(np.float64).eps * problem.cost_unit
    for rows, block in problem.cost.blocks():
        slack = np.abs(block - f[rows, None] - g[None, :])
        noise = floor + TIGHT * (np.abs(block) + np.abs(f[rows, None]) + np.abs(g[None, :]))
        i, j = np.nonzero(np.isfinite(block) & (slack <= noise))
        found.append((i + rows.start, j))
        near, within = slack[i, j], noise[i, j]
        weights.append(2 + np.divide(near, within, out=np.zeros_like(near), where=within > 0))
    i, j = (np.concatenate([pairs[axis] for pairs in found]).astype(np.intp) for axis in (0, 1))
    weight = np.concatenate(weights)
    _, once = np.unique(i * problem.shape[1] + j, return_index=True)
    return i[once], j[once], weight[once]
