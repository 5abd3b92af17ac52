"""Figures of a solution, of critics and of training, as matplotlib axes.

Every function draws into the axes it is given, or else into a new figure with constrained layout; `training` always makes a new
one. None shows a figure or changes matplotlib's settings. `DARK`, `LIGHT` and `INK` are their colours, apart in greyscale too,
for figures of your own that stand beside them.
"""

from otmodels.plots.canvas import DARK, INK, LIGHT
from otmodels.plots.cone import farkas_cone
from otmodels.plots.critics import audit_bars, critic_map
from otmodels.plots.duality import closing_in, eps_sweep
from otmodels.plots.heatmaps import plan_heatmap, slack_heatmap
from otmodels.plots.lines import earth_moving, potentials_line
from otmodels.plots.lipschitz import lipschitz_matrix, potentials_overlay
from otmodels.plots.maps import plan_map
from otmodels.plots.network import flow_arrows
from otmodels.plots.training import training

__all__ = [
    "DARK",
    "INK",
    "LIGHT",
    "audit_bars",
    "closing_in",
    "critic_map",
    "earth_moving",
    "eps_sweep",
    "farkas_cone",
    "flow_arrows",
    "lipschitz_matrix",
    "plan_heatmap",
    "plan_map",
    "potentials_line",
    "potentials_overlay",
    "slack_heatmap",
    "training",
]
