"""Figures of a solution, as matplotlib axes.

Every function draws into the axes it is given, or else into a new figure with constrained layout; none shows a figure or
changes matplotlib's settings.
"""

from otmodels.plots.heatmaps import plan_heatmap, slack_heatmap
from otmodels.plots.lines import earth_moving, potentials_line
from otmodels.plots.maps import plan_map

__all__ = ["earth_moving", "plan_heatmap", "plan_map", "potentials_line", "slack_heatmap"]
