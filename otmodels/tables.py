"""Tables: arrays that belong to a transport problem as DataFrames on the user's own labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.potentials import c_transform, cbar_transform
from otmodels.problem import TransportProblem


def plan_table(problem: TransportProblem, plan: csr_array) -> pd.DataFrame:
    """One row a pair that carries mass: source, target, mass, unit cost, total cost."""
    i, j, mass = _entries(plan)
    unit_cost = problem.cost.at(i, j)
    columns = {
        "source": problem.source.labels[i],
        "target": problem.target.labels[j],
        "mass": mass,
        "unit_cost": unit_cost,
        "cost": mass * unit_cost,
    }
    return pd.DataFrame(columns)


def potentials_table(problem: TransportProblem, f: FloatArray, g: FloatArray) -> pd.DataFrame:
    """One row an atom, indexed by (side, label): mass, potential, and the least slack over its pairs."""
    sides = (
        ("source", problem.source, f, cbar_transform(problem.cost, g)),
        ("target", problem.target, g, c_transform(problem.cost, f)),
    )
    frames = [
        pd.DataFrame(
            {"mass": measure.mass, "potential": potential, "least_slack": bound - potential},
            index=pd.MultiIndex.from_product([[side], measure.labels], names=["side", "label"]),
        )
        for side, measure, potential, bound in sides
    ]
    return pd.concat(frames)


def _entries(plan: csr_array) -> tuple[np.ndarray, np.ndarray, FloatArray]:
    rows = np.repeat(np.arange(plan.shape[0]), np.diff(plan.indptr))
    carried = plan.data != 0
    return rows[carried], plan.indices[carried].astype(np.intp), plan.data[carried]
