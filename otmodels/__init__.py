"""Optimal transport as linear programming: cvxpy and pyomo side by side, HiGHS, every answer certified.

Conventions. Source a (n,), target b (m,), cost C (n, m), plan gamma (n, m), potentials f (n,) and g (m,). Primal: min
<C, gamma>, gamma 1 = a, gamma' 1 = b, gamma >= 0. Dual: max <a, f> + <b, g>, f_i + g_j <= C_ij. A multiplier is
d(optimal value)/d(right-hand side), so f and g are the multipliers of the marginals, and the plan is the multiplier of
f_i + g_j <= C_ij. Stored potentials have f = 0 at the first source atom with mass. Forbidden pairs cost +inf.

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

from otmodels import errors, lp
from otmodels.axioms import MetricReport, metric_report
from otmodels.certificate import certify
from otmodels.checks import Certificate, Check
from otmodels.cost import Cost, GroundCost, ground_cost, read_cost
from otmodels.datasets import Dataset, read_dataset
from otmodels.distance import wasserstein_distance
from otmodels.feasibility import Infeasibility
from otmodels.formulations import supports
from otmodels.generation import Round
from otmodels.images import read_image
from otmodels.lipschitz_report import LipschitzReport, lipschitz_report
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution
from otmodels.measure import Measure, grid_measure, read_measure
from otmodels.model import Model
from otmodels.network import Arcs, Graph, GraphCost, Network, graph_cost, read_graph
from otmodels.potentials import c_transform, cbar_transform
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Infeasible, Solution, Unbounded, Unsolved
from otmodels.solve import build, compare, explain_infeasibility, solve

__version__ = "0.1.0"

__all__ = [
    "Arcs",
    "Certificate",
    "Check",
    "Cost",
    "Dataset",
    "ExtendedFlow",
    "ExtendedSolution",
    "Graph",
    "GraphCost",
    "GroundCost",
    "Infeasibility",
    "Infeasible",
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
    "build",
    "c_transform",
    "cbar_transform",
    "certify",
    "compare",
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
    "solve",
    "supports",
    "wasserstein_distance",
]
