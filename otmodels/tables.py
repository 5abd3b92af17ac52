"""Tables: arrays that belong to a transport problem as DataFrames on the user's own labels."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from otmodels.arrays import BoolArray, FloatArray
from otmodels.cost import Cost
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


def at_rest(problem: TransportProblem, moves: pd.DataFrame) -> BoolArray:
    """Which rows of a plan's table move nowhere: at distance 0 or, where costs are a matrix, to a namesake at no cost."""
    free = moves["unit_cost"].to_numpy() == 0
    if isinstance(problem.cost, Cost):
        return np.asarray(free & (moves["source"] == moves["target"]).to_numpy(), dtype=bool)
    return np.asarray(free, dtype=bool)


def potentials_table(problem: TransportProblem, f: FloatArray, g: FloatArray) -> pd.DataFrame:
    """One row an atom, indexed by (side, label): mass, potential, and the least slack over its pairs."""
    columns = {
        "mass": np.concatenate([problem.a, problem.b]),
        "potential": np.concatenate([f, g]),
        "least_slack": np.concatenate([cbar_transform(problem.cost, g) - f, c_transform(problem.cost, f) - g]),
    }
    return pd.DataFrame(columns, index=_atoms(problem))


def _atoms(problem: TransportProblem) -> pd.MultiIndex:
    """(side, label) of every atom; put together by hand, because pandas takes labels that are tuples apart."""
    labels = [*problem.source.labels, *problem.target.labels]
    position = {label: k for k, label in enumerate(dict.fromkeys(labels))}
    level = pd.Index(_objects(list(position)), tupleize_cols=False)
    sides = np.repeat([0, 1], problem.shape)
    codes = [sides.tolist(), [position[label] for label in labels]]
    return pd.MultiIndex(levels=[["source", "target"], cast(Any, level)], codes=codes, names=["side", "label"])


def _objects(labels: list[Hashable]) -> np.ndarray:
    """The labels as an array of objects, one entry a label, tuples too."""
    array = np.empty(len(labels), dtype=object)
    for k, label in enumerate(labels):
        array[k] = label
    return array


def _entries(plan: csr_array) -> tuple[np.ndarray, np.ndarray, FloatArray]:
    rows = np.repeat(np.arange(plan.shape[0]), np.diff(plan.indptr))
    carried = plan.data != 0
    return rows[carried], plan.indices[carried].astype(np.intp), plan.data[carried]
