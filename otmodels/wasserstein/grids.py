"""What routes on a grid ask of a problem."""

from __future__ import annotations

import numpy as np

from otmodels.ground import GroundCost
from otmodels.metrics import Minkowski
from otmodels.network import Grid
from otmodels.problem import TransportProblem


def norm_of(problem: TransportProblem) -> Minkowski | None:
    """The metric of a norm, to the power 1, that costs are; None where they are something else."""
    cost = problem.cost
    return cost.metric if isinstance(cost, GroundCost) and cost.power == 1 and isinstance(cost.metric, Minkowski) else None


def grid_of(problem: TransportProblem) -> Grid | None:
    """The grid through all points, None where there is none."""
    cost = problem.cost
    return Grid.through(np.concatenate([cost.x, cost.y])) if isinstance(cost, GroundCost) else None
