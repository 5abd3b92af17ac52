"""Potentials (f, g) of a transport problem: slack, c-transform, gauge, closure where nothing pins them.

Source: Villani (2003), Topics in Optimal Transportation, section 2.4; Peyre and Cuturi (2019), section 3.2.
"""

from __future__ import annotations

import numpy as np

from otmodels.arrays import BoolArray, FloatArray
from otmodels.cost import BaseCost
from otmodels.problem import TransportProblem


def slack(problem: TransportProblem, f: FloatArray, g: FloatArray) -> FloatArray:
    """C - f - g (n, m), the reduced cost of each pair; >= 0 for feasible potentials, +inf at forbidden pairs."""
    return problem.cost.values - np.asarray(f)[:, None] - np.asarray(g)[None, :]


def c_transform(cost: BaseCost, f: FloatArray) -> FloatArray:
    """f^c_j = min_i C_ij - f_i (m,): the largest g for which (f, g) is feasible.

    Parameters
    ----------
    cost : Cost or GroundCost, shape (n, m)
        Evaluated in blocks.
    f : ndarray (n,)
        Potential on the sources; -inf leaves an atom out.

    Examples
    --------
    >>> from otmodels import Cost
    >>> c_transform(Cost([[0, 1], [2, 3]]), np.array([0.0, 2.0])).tolist()
    [0.0, 1.0]
    """
    g = np.full(cost.shape[1], np.inf)
    for rows, block in cost.blocks():
        np.minimum(g, (block - f[rows, None]).min(axis=0), out=g)
    return g


def cbar_transform(cost: BaseCost, g: FloatArray) -> FloatArray:
    """g^cbar_i = min_j C_ij - g_j (n,): the largest f for which (f, g) is feasible; -inf in g leaves an atom out."""
    return np.concatenate([(block - g[None, :]).min(axis=1) for _, block in cost.blocks()])


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
        f = np.where(no_source, cbar_transform(cost, np.where(no_target, -np.inf, g)), f)
    if no_target.any():
        g = np.where(no_target, c_transform(cost, _left_out(f)), g)
    if np.isfinite(f).all() and np.isfinite(g).all():
        return f, g
    return _close_islands(cost, f, g)


def _close_islands(cost: BaseCost, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Close atoms without mass that forbidden pairs cut off from those with mass: f from the g at hand, else 0."""
    f = np.where(np.isfinite(f), f, cbar_transform(cost, _left_out(g)))
    f = np.where(np.isfinite(f), f, 0.0)
    return f, np.where(np.isfinite(g), g, c_transform(cost, f))


def _left_out(potential: FloatArray) -> FloatArray:
    unknown: BoolArray = ~np.isfinite(potential)
    return np.where(unknown, -np.inf, potential)
