"""The potentials of atoms as a table, however many pairs there are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.solution import Solution

MOST_PRICED = 1 << 29
"""Most pairs that are looked at for the least slack of each atom: about ten seconds."""


def potentials_table(result: Solution | LipschitzSolution) -> pd.DataFrame:
    """One row an atom, indexed by (side, label): mass, potential and, where there are few enough pairs, least slack."""
    problem = result.problem
    n, m = problem.shape
    if n * m <= MOST_PRICED:
        return result.potentials_table()
    columns = {
        "side": np.repeat(["source", "target"], [n, m]),
        "label": [*problem.source.labels, *problem.target.labels],
        "mass": np.concatenate([problem.a, problem.b]),
        "potential": np.concatenate([result.f, result.g]),
    }
    return pd.DataFrame(columns).set_index(["side", "label"])
