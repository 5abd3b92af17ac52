"""Optimal transport as linear programming: cvxpy and pyomo side by side, HiGHS, every answer certified.

Data. Source a (n,), target b (m,), both >= 0 and of the same total; cost C (n, m), +inf on forbidden pairs, NaN refused. A cost
between points is a rule, evaluated in blocks. Labels name the atoms in every table and message. Nothing is rescaled, clipped or
dropped in silence: `problem.adjustments` says what was.

Programs. Plan gamma (n, m), potentials f (n,) and g (m,). Primal: min <C, gamma>, gamma 1 = a, gamma' 1 = b, gamma >= 0. Dual:
max <a, f> + <b, g>, f_i + g_j <= C_ij; slack is C - f - g, the reduced cost. Where C is a metric d on a common support, g = -f.
Lipschitz: max <a - b, f>, f_i - f_j <= d_ij. Flow: min <d, w>, outflow - inflow = a - b, w >= 0.

Signs. A multiplier is d(optimal value)/d(right-hand side), in every language: f and g are the multipliers of the marginals of
the primal, and the plan is the multiplier of f_i + g_j <= C_ij.

Gauge. (f + t, g - t) is as optimal as (f, g). Stored potentials have f = 0 at the first source atom with mass, and where an atom
has no mass, its potential is closed by c-transform, f^c_j = min_i C_ij - f_i.

Truth. Value, feasibility and duality gap, <C, gamma> - <a, f> - <b, g>, are recomputed in numpy from C, a, b and the numbers,
over all pairs, whatever had a variable. What passes stands in `otmodels.tolerances`, relative to the problem's own units. A solve
that was stopped gives a certified interval, never a bare value.

README.md has a glossary.

Examples
--------
>>> import otmodels as om
>>> source = om.Measure([350, 600], labels=["Seattle", "San Diego"])
>>> target = om.Measure([325, 300, 325], labels=["New York", "Chicago", "Topeka"])
>>> problem = om.TransportProblem(source, target, [[0.225, 0.153, 0.162], [0.225, 0.162, 0.126]])
>>> solution = om.solve(problem)
>>> solution.certificate.passed
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otmodels import critics, errors, lp, wgan
    from otmodels.axioms import MetricReport, metric_report
    from otmodels.certificate import certify
    from otmodels.checks import Certificate, Check
    from otmodels.collapse import LipschitzReport, lipschitz_report
    from otmodels.cost import Cost, read_cost
    from otmodels.critics import Audit, Bracket, Critic, audit_critic, critic
    from otmodels.datasets import Dataset, read_dataset
    from otmodels.distance import wasserstein_distance
    from otmodels.feasibility import Infeasibility
    from otmodels.formulations import supports
    from otmodels.generation import Round
    from otmodels.ground import GroundCost, ground_cost
    from otmodels.images import read_image
    from otmodels.interval import Interval
    from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
    from otmodels.measure import Measure, grid_measure, read_measure
    from otmodels.model import Model
    from otmodels.network import Arcs, Graph, GraphCost, Network, graph_cost, read_graph
    from otmodels.potentials import c_transform, cbar_transform
    from otmodels.problem import TransportProblem
    from otmodels.solution import ExtendedSolution, Infeasible, Solution, Unbounded, Unsolved
    from otmodels.verbs import build, compare, explain_infeasibility, solve
    from otmodels.wasserstein import routes

__version__ = "0.1.0"

__all__ = [
    "Arcs",
    "Audit",
    "Bracket",
    "Certificate",
    "Check",
    "Cost",
    "Critic",
    "Dataset",
    "ExtendedFlow",
    "ExtendedSolution",
    "Graph",
    "GraphCost",
    "GroundCost",
    "Infeasibility",
    "Infeasible",
    "Interval",
    "LipschitzReport",
    "LipschitzSolution",
    "Measure",
    "MetricReport",
    "Model",
    "Network",
    "Round",
    "Solution",
    "TransportProblem",
    "Unbounded",
    "Unsolved",
    "audit_critic",
    "build",
    "c_transform",
    "cbar_transform",
    "certify",
    "compare",
    "critic",
    "critics",
    "errors",
    "explain_infeasibility",
    "graph_cost",
    "grid_measure",
    "ground_cost",
    "lipschitz_report",
    "lp",
    "metric_report",
    "read_cost",
    "read_dataset",
    "read_graph",
    "read_image",
    "read_measure",
    "routes",
    "solve",
    "supports",
    "wasserstein_distance",
    "wgan",
]

_ROOMS = ("critics", "errors", "lp", "wgan")
_HOMES = {
    name: room
    for room, names in {
        "axioms": "MetricReport metric_report",
        "certificate": "certify",
        "checks": "Certificate Check",
        "cost": "Cost read_cost",
        "critics": "Audit Bracket Critic audit_critic critic",
        "datasets": "Dataset read_dataset",
        "distance": "wasserstein_distance",
        "feasibility": "Infeasibility",
        "formulations": "supports",
        "generation": "Round",
        "ground": "GroundCost ground_cost",
        "images": "read_image",
        "interval": "Interval",
        "collapse": "LipschitzReport lipschitz_report",
        "lipschitz_solution": "ExtendedFlow LipschitzSolution",
        "measure": "Measure grid_measure read_measure",
        "model": "Model",
        "network": "Arcs Graph GraphCost Network graph_cost read_graph",
        "potentials": "c_transform cbar_transform",
        "problem": "TransportProblem",
        "solution": "ExtendedSolution Infeasible Solution Unbounded Unsolved",
        "verbs": "build compare explain_infeasibility solve",
        "wasserstein": "routes",
    }.items()
    for name in names.split()
}
"""Where public names are from: each is imported when it is first asked for, and what it needs with it."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A public name, imported."""
        if name in _ROOMS:
            return import_module(f"{__name__}.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
