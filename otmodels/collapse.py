"""Does g = -f hold for the potentials of a solution, can it be had at no loss, or is it false here, and why.

From any optimal potentials (f, g) of a metric cost, phi(x) = min_y C(x, y) - g(y) is 1-Lipschitz, at least f on the sources
and at most -g on the targets, so that (phi, -phi) is feasible and at least as good: the Kantorovich-Rubinstein theorem, here
with its numbers. Where the cost is no metric, the Lipschitz program may be worth less, and a witness says why.

Source: Kantorovich and Rubinstein (1958); Villani (2003), Topics in Optimal Transportation, theorem 1.14.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import check_type
from otmodels.arrays import FloatArray, IndexArray, read_points
from otmodels.axioms import MetricReport, axioms_of
from otmodels.checks import Check
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.network import Arcs, Nodes
from otmodels.potentials import c_transform, cbar_transform
from otmodels.solution import Solution
from otmodels.tolerances import DEFAULT
from otmodels.verbs import solve

ATTAINED = 1e-9
"""Pairs whose slope is within this part of the Lipschitz constant attain it; mass that moves is as tight."""


class Verdict(Enum):
    """What becomes of g = -f; the value is the sentence that a user reads."""

    HOLDS = "g = -f holds for these potentials already: they are the values of one 1-Lipschitz function"
    NO_LOSS = "g = -f can be had at no loss: (phi, -phi) is feasible and as good"
    FALSE = "g = -f is false here: a 1-Lipschitz function is worth less than the transport costs"


@dataclass(frozen=True, eq=False)
class LipschitzReport:
    """What g = -f is worth for a solved problem.

    Attributes
    ----------
    verdict : Verdict
        Holds, at no loss, or false here.
    metric : MetricReport
        The axioms on the common support, with a witness for each that fails.
    nodes : Nodes
        The common support: the union of the points of both measures.
    f, g : ndarray (N,)
        The potentials of the solution at the nodes, NaN where a node has no source, or no target.
    phi : ndarray (N,)
        One potential for both: min_y C(x, y) - g(y) for a metric cost, else that of the Lipschitz program.
    value, lipschitz_value : float
        Cost of the plan, and <a - b, phi>.
    proof : tuple of Check
        phi >= f on the sources, -phi >= g on the targets, phi 1-Lipschitz, values equal.
    """

    solution: Solution | LipschitzSolution
    verdict: Verdict
    metric: MetricReport
    nodes: Nodes
    f: FloatArray
    g: FloatArray
    phi: FloatArray
    value: float
    lipschitz_value: float
    proof: tuple[Check, ...]

    @property
    def sentence(self) -> str:
        """The verdict with its reason."""
        if self.verdict is Verdict.FALSE:
            values = f"<a - b, f> is at most {self.lipschitz_value:.9g}, transport costs {self.value:.9g}"
            return f"{self.verdict.value}; {values}; {self.metric.verdict}"
        return self.verdict.value if self.metric.supports_lipschitz else f"{self.verdict.value}, though {self.metric.verdict}"

    @property
    def loss(self) -> float:
        """Value less Lipschitz value: 0 up to rounding for a metric cost."""
        return self.value - self.lipschitz_value

    @property
    def largest_sum(self) -> float:
        """Max |f + g| over the nodes that are both source and target, 0 where g = -f; NaN where there are none."""
        both = np.abs(self.f + self.g)
        return float(np.nanmax(both)) if np.isfinite(both).any() else float("nan")

    @cached_property
    def constant(self) -> float:
        """The Lipschitz constant max (phi_i - phi_j) / d_ij over all nodes that are apart; 0 for a constant phi.

        Along arcs that span the metric it is the largest slope of an arc.
        """
        arcs = _spanning(self.solution)
        if arcs is not None:
            apart = arcs.length > 0
            rise = self.phi[arcs.tail[apart]] - self.phi[arcs.head[apart]]
            return float((rise / arcs.length[apart]).max(initial=0.0))
        return max((float(np.nanmax(slope, initial=0.0)) for _, slope in self._slopes()), default=0.0)

    def attained(self, most: int = 1000) -> pd.DataFrame:
        """One row a pair with phi_i - phi_j = constant * d_ij: from, to, distance, difference; the first `most` of them."""
        found: list[tuple[IndexArray, IndexArray]] = []
        for rows, slope in self._slopes():
            i, j = np.nonzero(slope >= self.constant * (1 - ATTAINED)) if self.constant > 0 else (np.array([], int),) * 2
            found.append((i + rows.start, j))
            if sum(pairs[0].size for pairs in found) >= most:
                break
        i, j = (np.concatenate([pairs[side] for pairs in found])[:most].astype(np.intp) for side in (0, 1))
        return self._pairs(i, j)

    def tightness(self) -> pd.DataFrame:
        """One row a pair along which mass moves: from, to, distance, difference, mass, slack; 0 slack where it is tight."""
        plan = self.solution.sparse_plan.tocoo()
        i, j = self.nodes.source[plan.row], self.nodes.target[plan.col]
        moved = (plan.data > 0) & (i != j)
        table = self._pairs(i[moved], j[moved])
        return table.assign(mass=plan.data[moved], slack=table["distance"] - table["difference"])

    def extension(self, points: Any) -> pd.DataFrame:
        """The least and the greatest 1-Lipschitz function that agree with phi on the nodes, at new points.

        Parameters
        ----------
        points : array_like (k, d) or (k,)
            Where to extend phi to.

        Returns
        -------
        DataFrame
            One row a point: least = max_i phi_i - d(x_i, x), greatest = min_i phi_i + d(x_i, x). Every 1-Lipschitz extension
            lies between the two, and both are 1-Lipschitz.

        Raises
        ------
        ParameterError
            The nodes have no coordinates, or the cost is no metric of points.
        ShapeError, NotANumberError
            The points have another dimension, or are not finite.

        References
        ----------
        McShane (1934), Extension of range of functions; Whitney (1934), Analytic extensions of differentiable functions.
        """
        cost = self.nodes.cost
        if not isinstance(cost, GroundCost) or self.verdict is Verdict.FALSE or self.nodes.points is None:
            raise ParameterError("cost", "is no metric of points", "Extend a potential whose cost is a metric and has points")
        there = replace(cost, x=read_points(points, self.nodes.points.shape[1]), y=self.nodes.points)
        greatest, least = cbar_transform(there, -self.phi), -cbar_transform(there, self.phi)
        return pd.DataFrame({"least": least, "greatest": greatest})

    def table(self) -> pd.DataFrame:
        """One row a node: f, g, phi, and source and target mass."""
        columns = {"source_mass": self.nodes.a, "target_mass": self.nodes.b, "f": self.f, "g": self.g, "phi": self.phi}
        return pd.DataFrame(columns, index=self.nodes.labels.rename("node"))

    def summary(self) -> pd.DataFrame:
        """One row a fact."""
        slack = self.tightness()["slack"]
        facts: list[tuple[str, Any]] = [
            ("verdict", self.sentence),
            ("value of the transport problem", self.value),
            ("value of the Lipschitz program", self.lipschitz_value),
            ("loss", self.loss),
            ("max |f + g| on the common support", self.largest_sum),
            ("Lipschitz constant of phi", self.constant),
            ("largest slack where mass moves", float(slack.max()) if len(slack) else 0.0),
            ("nodes", self.nodes.size),
            *((check.name, check.violation) for check in self.proof),
        ]
        return pd.DataFrame(facts, columns=["fact", "value"]).set_index("fact")

    def __repr__(self) -> str:
        return f"LipschitzReport({self.sentence})"

    def _slopes(self) -> Any:
        """Blocks of (phi_i - phi_j) / d_ij, NaN where i and j are in one place."""
        for rows, block in self.nodes.cost.blocks():
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                slope = (self.phi[rows, None] - self.phi[None, :]) / block
            yield rows, np.where(block > 0, slope, np.nan)

    def _pairs(self, i: IndexArray, j: IndexArray) -> pd.DataFrame:
        labels = self.nodes.labels
        columns = {"from": labels[i], "to": labels[j], "distance": self.nodes.cost.at(i, j)}
        return pd.DataFrame(columns | {"difference": self.phi[i] - self.phi[j]})


def lipschitz_report(solution: Solution | LipschitzSolution) -> LipschitzReport:
    """Examine g = -f for a solved transport problem.

    Parameters
    ----------
    solution : Solution or LipschitzSolution
        Of a problem on a common support: points with a ground cost, the vertices of a graph, or a cost matrix whose rows and
        columns have the same labels.

    Returns
    -------
    LipschitzReport
        `verdict` and `sentence` say what holds; `table()`, `attained()`, `tightness()` and `extension()` show it.

    Raises
    ------
    LabelMismatchError
        The cost is a matrix between different supports.
    ParameterError
        The solution is not certified optimal.

    Examples
    --------
    >>> from otmodels import TransportProblem
    >>> problem = TransportProblem([1, 0, 0], [0, 0, 1], [[0, 1, 4], [1, 0, 1], [4, 1, 0]])
    >>> report = lipschitz_report(solve(problem))
    >>> report.value, report.lipschitz_value
    (4.0, 2.0)
    """
    remedy = "Solve the problem first: lipschitz_report(solve(problem)); of a cost alone, metric_report tells"
    check_type("solution", solution, (Solution, LipschitzSolution), remedy)
    lower_bound = isinstance(solution, LipschitzSolution) and solution.is_lower_bound
    proven = solution.certificate.passed and solution.certificate.relative_gap <= DEFAULT.gap
    if not (proven or lower_bound):
        remedy = "Solve to the end, over all pairs: potentials that are not optimal say nothing about g = -f"
        raise ParameterError("solution", f"is {solution.certificate.verdict}", remedy)
    problem, value = solution.problem, solution.certificate.primal_value
    nodes = solution.network.nodes if isinstance(solution, LipschitzSolution) else Nodes.of(problem)
    metric = axioms_of(nodes.cost, nodes.labels)
    phi = _phi(solution, nodes, metric)
    f, g = _at_nodes(nodes.source, solution.f, nodes.size), _at_nodes(nodes.target, solution.g, nodes.size)
    proof = _proof(solution, nodes, (f, g, phi))
    apart = np.abs(np.concatenate([f - phi, g + phi]))
    if not (proof[-1].passed and proof[-2].passed):
        verdict = Verdict.FALSE
    elif np.nanmax(apart) <= DEFAULT.slack * problem.cost_unit:
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.NO_LOSS
    return LipschitzReport(solution, verdict, metric, nodes, f, g, phi, value, float(nodes.divergence @ phi), proof)


def _phi(solution: Solution | LipschitzSolution, nodes: Nodes, metric: MetricReport) -> FloatArray:
    """One potential for both sides."""
    if isinstance(solution, LipschitzSolution):
        return solution.potential
    if metric.zero_diagonal.holds and metric.triangle.holds:
        phi = cbar_transform(nodes.cost.among(np.arange(nodes.size), nodes.target), solution.g)
        return phi if np.isfinite(phi).all() else _beyond(solution, nodes, phi)
    forced = solve(solution.problem, "lipschitz", "highspy", force=True)
    assert isinstance(forced, LipschitzSolution)
    return forced.potential


def _beyond(solution: Solution, nodes: Nodes, phi: FloatArray) -> FloatArray:
    """One potential where some nodes lead to no target: there the least that is 1-Lipschitz and >= f, 0 where nothing binds."""
    f = np.nan_to_num(_at_nodes(nodes.source, solution.f, nodes.size), nan=-np.inf)
    least = -c_transform(nodes.cost, np.where(np.isfinite(phi), phi, f))
    return np.where(np.isfinite(phi), phi, np.where(np.isfinite(least), least, 0.0))


def _at_nodes(node: IndexArray, potential: FloatArray, size: int) -> FloatArray:
    """A potential of atoms at their nodes; the largest of several at one node, NaN where there is none."""
    values = np.full(size, -np.inf)
    np.maximum.at(values, node, potential)
    return np.where(np.isneginf(values), np.nan, values)


def _proof(
    solution: Solution | LipschitzSolution, nodes: Nodes, potentials: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[Check, ...]:
    """Why (phi, -phi) is feasible and as good."""
    problem, value, (f, g, phi) = solution.problem, solution.certificate.primal_value, potentials
    tolerance = DEFAULT.slack * problem.cost_unit
    scale = max(abs(value), DEFAULT.rounding * problem.mass_unit * problem.cost_unit)
    arcs = _spanning(solution)
    if arcs is None:
        steepest = float((phi - cbar_transform(nodes.cost, -phi)).max())
    else:
        steepest = float((phi[arcs.tail] - phi[arcs.head] - arcs.length).max(initial=0.0))
    return (
        _check("phi >= f on the sources", f - phi, tolerance, nodes),
        _check("-phi >= g on the targets", g + phi, tolerance, nodes),
        Check("phi is 1-Lipschitz between all nodes", max(steepest, 0.0), tolerance),
        Check("<a - b, phi> equals the value", abs(value - float(nodes.divergence @ phi)), DEFAULT.gap * scale),
    )


def _check(name: str, excess: FloatArray, tolerance: float, nodes: Nodes) -> Check:
    """A check of numbers that should not be above 0; NaN where there is nothing to check."""
    worst = int(np.nan_to_num(excess, nan=-np.inf).argmax())
    violation = max(float(excess[worst]), 0.0)
    return Check(name, violation, tolerance, str(nodes.labels[worst]) if violation > tolerance else "")


def _spanning(solution: Solution | LipschitzSolution) -> Arcs | None:
    """The arcs of a solution that are known to span its metric."""
    if isinstance(solution, LipschitzSolution) and solution.network.arcs.spanning:
        return solution.network.arcs
    return None
