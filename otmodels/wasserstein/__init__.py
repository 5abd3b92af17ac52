"""The ways from two measures and a ground metric to W_p, a file a route; the first that applies is taken.

Each file states its mathematics, `applies(problem)`, the reason why it may be taken or None, and `solve(task)`.
"""

from __future__ import annotations

import pandas as pd

from otmodels.arguments import check_type
from otmodels.problem import TransportProblem
from otmodels.wasserstein import all_pairs, generated_pairs, graph_edges, grid_directions, grid_neighbours, line_flow, line_plan
from otmodels.wasserstein.task import Route, Task

ROUTES: tuple[Route, ...] = (line_flow, line_plan, grid_neighbours, grid_directions, graph_edges, generated_pairs, all_pairs)
"""In the order in which they are asked; the last one always applies."""


def first(problem: TransportProblem) -> Route:
    """The route that is taken."""
    return next(route for route in ROUTES if route.applies(problem) is not None)


def routes(problem: TransportProblem) -> pd.DataFrame:
    """The routes of `wasserstein_distance` in order; nothing is solved.

    Parameters
    ----------
    problem : TransportProblem
        With any cost.

    Returns
    -------
    DataFrame
        Indexed by route: `applies`, and `reason`, why it may be taken, empty where it may not. The first that applies is taken;
        where its answer is not certified, generated pairs, all pairs and exact arithmetic follow.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> from otmodels import Measure, TransportProblem, ground_cost
    >>> x, y = Measure([1, 1], points=[0, 1]), Measure([1, 1], points=[2, 5])
    >>> found = routes(TransportProblem(x, y, ground_cost(x, y)))
    >>> found.index[found["applies"]][0]
    'flow on the line'
    """
    check_type("problem", problem, TransportProblem, "Make one: TransportProblem(source, target, cost)")
    reasons = {route.NAME: route.applies(problem) for route in ROUTES}
    index = pd.Index(list(reasons), name="route")
    columns = {"applies": [reason is not None for reason in reasons.values()], "reason": [r or "" for r in reasons.values()]}
    return pd.DataFrame(columns, index)


__all__ = ["ROUTES", "Route", "Task", "first", "routes"]
