"""How a critic is had beyond the samples, from the potentials of a solved transport problem.

Of all 1-Lipschitz functions that an optimal critic may be, the least of the cones that the targets carry is the largest, and the
largest of those that hang from the sources is the least.

Source: McShane (1934), Extension of range of functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.metrics import fit_for
from otmodels.potentials import cbar_transform
from otmodels.solution import Solution

EXTENSIONS = ("upper", "lower", "mean")
"""From the targets, from the sources, or the mean of both."""


def extended(solution: Solution | LipschitzSolution, cost: GroundCost, extension: str, points: FloatArray) -> FloatArray:
    """The critic at points (k, d).

    Parameters
    ----------
    solution : Solution or LipschitzSolution
        Its potentials.
    cost : GroundCost (n, m)
        Of its problem.
    extension : {"upper", "lower", "mean"}
        Which of them.
    points : ndarray (k, d)
        Where.
    """
    if not len(points):
        return np.empty(0)
    return of_potentials(cbar_transform, solution, cost, extension, points)


def of_potentials(
    least: Callable[[GroundCost, FloatArray], FloatArray],
    solution: Solution | LipschitzSolution,
    cost: GroundCost,
    extension: str,
    points: FloatArray,
) -> FloatArray:
    """What of min_j d(z, y_j) - g_j at points z, its value or its gradient, makes the same of a critic."""
    parts = []
    if extension in ("upper", "mean"):
        parts.append(least(from_points(cost, points, cost.y), solution.g))
    if extension in ("lower", "mean"):
        parts.append(-least(from_points(cost, points, cost.x), solution.f))
    return parts[0] if len(parts) == 1 else 0.5 * (parts[0] + parts[1])


def from_points(cost: GroundCost, points: FloatArray, atoms: FloatArray) -> GroundCost:
    """Distances from points (k, d) to atoms; points may be so far away that squares are beyond floating point."""
    return replace(cost, x=points, y=atoms, metric=fit_for(cost.metric, points))
