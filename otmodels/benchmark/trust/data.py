"""Data of a transport problem as a user would write them down: masses, costs or points, and the lines of code that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.truth import Truth
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.network import Graph, graph_cost
from otmodels.problem import TransportProblem

HEADER = "import numpy as np\nimport pandas as pd\nimport otmodels as om\n\ninf = np.inf"
MOST_COST_ORDERS, MOST_MASS_ORDERS = 1e12, 1e15
"""An instance is ordinary where its costs, and its masses, are within these ratios of each other."""

Edges = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Masses, and a cost matrix, points with a metric, or a graph.

    Attributes
    ----------
    a, b : ndarray (n,), (m,)
        Masses, in the type that they are handed over in.
    cost : ndarray (n, m) or None
        A matrix, +inf at forbidden pairs.
    x, y : ndarray (n, d), (m, d) or None
        Points.
    metric, power : str, float
        The cost between points, or between the vertices of a graph.
    edges : list of (int, int, float) or None
        A graph; the atoms are its vertices 0, 1, ....
    is_metric : bool
        Whether the Lipschitz forms apply: a metric on a common support.
    on_grid : bool
        Whether the points are the crossings of a grid, the same on both sides.
    """

    a: npt.NDArray[Any]
    b: npt.NDArray[Any]
    cost: FloatArray | None = None
    x: FloatArray | None = None
    y: FloatArray | None = None
    metric: str = "euclidean"
    power: float = 1.0
    edges: Edges | None = None
    is_metric: bool = False
    on_grid: bool = False

    def measures(self) -> tuple[Measure, Measure]:
        """Source and target."""
        return Measure(self.a, self.x), Measure(self.b, self.y)

    @property
    def has_rule(self) -> bool:
        """Whether the cost is a rule, so that `wasserstein_distance` takes it."""
        return self.cost is None

    def ground(self) -> str | Graph:
        """The metric, as `wasserstein_distance` takes it."""
        if self.edges is None:
            return self.metric
        return Graph.from_frame(pd.DataFrame(self.edges, columns=["from", "to", "length"]), places=_places(self.a.size))

    def problem(self) -> TransportProblem:
        """The problem."""
        source, target = self.measures()
        if self.cost is not None:
            return TransportProblem(source, target, self.cost)
        ground = self.ground()
        if isinstance(ground, Graph):
            return TransportProblem(source, target, graph_cost(source, target, ground, self.power))
        return TransportProblem(source, target, ground_cost(source, target, ground, self.power))

    def truth(self, problem: TransportProblem) -> Truth:
        """The truth of the problem that was made of the data."""
        return Truth.of(problem, self.b.astype(np.float64))

    @property
    def ordinary(self) -> bool:
        """Whether the masses are within fifteen orders of each other, and the costs of a matrix within twelve."""
        costs = np.ones(1) if self.cost is None else self.cost
        return spread(costs) <= MOST_COST_ORDERS and spread(np.concatenate([self.a, self.b])) <= MOST_MASS_ORDERS

    def code(self) -> str:
        """Lines that make `source`, `target` and `problem`."""
        lines = [HEADER]
        for name, mass, points in (("source", self.a, self.x), ("target", self.b, self.y)):
            at = "" if points is None else f", {points.tolist()}"
            lines.append(f"{name} = om.Measure({_written(mass)}{at})")
        if self.cost is not None:
            lines.append(f"problem = om.TransportProblem(source, target, {self.cost.tolist()})")
            return "\n".join(lines)
        if self.edges is not None:
            lines.append(f"edges = pd.DataFrame({self.edges}, columns=['from', 'to', 'length'])")
            lines.append(f"metric = om.Graph.from_frame(edges, places=pd.DataFrame(index=range({self.a.size})))")
            cost = f"om.graph_cost(source, target, metric, {self.power!r})"
        else:
            lines.append(f"metric = {self.metric!r}")
            cost = f"om.ground_cost(source, target, metric, {self.power!r})"
        lines.append(f"problem = om.TransportProblem(source, target, {cost})")
        return "\n".join(lines)


def _places(vertices: int) -> pd.DataFrame:
    return pd.DataFrame(index=range(vertices))


def _written(mass: npt.NDArray[Any]) -> str:
    """The masses as they are, those in single precision by their type."""
    values = str(mass.tolist())
    return f"np.array({values}, dtype=np.float32)" if mass.dtype == np.float32 else values


def spread(values: npt.NDArray[Any]) -> float:
    """Largest over smallest size of what is neither 0 nor infinite."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)]).astype(np.float64)
    if not sizes.size:
        return 1.0
    with np.errstate(over="ignore"):
        return float(sizes.max() / sizes.min())
