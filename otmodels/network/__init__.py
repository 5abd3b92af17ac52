"""Networks: the common support of two measures as nodes, arcs with lengths between them, flows along the arcs."""

from otmodels.network.arcs import Arcs, both_ways
from otmodels.network.flows import acyclic, placed_flow, plan_of_flow, tree_flow
from otmodels.network.graph import Graph, GraphCost, graph_cost, read_graph
from otmodels.network.grids import ALONG_AXES, DIAGONALLY, Grid, coprime_directions, detour, direction_arcs, neighbour_arcs, spans
from otmodels.network.network import ArcSupport, Network, network
from otmodels.network.nodes import Nodes

__all__ = [
    "ALONG_AXES",
    "DIAGONALLY",
    "ArcSupport",
    "Arcs",
    "Graph",
    "GraphCost",
    "Grid",
    "Network",
    "Nodes",
    "acyclic",
    "both_ways",
    "coprime_directions",
    "detour",
    "direction_arcs",
    "graph_cost",
    "neighbour_arcs",
    "network",
    "placed_flow",
    "plan_of_flow",
    "read_graph",
    "spans",
    "tree_flow",
]
