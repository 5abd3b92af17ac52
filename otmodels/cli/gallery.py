"""The figures of a result, those that fit the data, whoever keeps them: a folder or a page."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from otmodels.critics import Audit
from otmodels.datasets import Dataset
from otmodels.errors import LabelMismatchError, ShapeError
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.network import GraphCost
from otmodels.solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

_MARGIN = 0.08
"""Inches of white around a figure."""

FIGURES = ("earth_moving", "plan_map", "plan_heatmap", "potentials_line", "slack_heatmap")
LIPSCHITZ_FIGURES = ("flow_arrows", "potentials_overlay", "lipschitz_matrix")
CRITIC_FIGURES = ("audit", "critic")

Drawers: TypeAlias = "Mapping[str, Callable[[], Axes]]"
"""How to draw each figure, by name."""


def of_plan(data: Dataset, result: Solution | LipschitzSolution) -> Drawers:
    """The figures of any plan and potentials."""
    from otmodels import plots

    # A Lipschitz solution has a plan and potentials too.
    solution = cast(Solution, result)
    mass, cost, length = data.mass_unit, data.units.cost, _length_unit(data)
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.earth_moving(solution, mass_unit=mass, length_unit=length)[0],
        lambda: plots.plan_map(solution, image=_is_image(data), geographic=_is_globe(data), mass_unit=mass, length_unit=length),
        lambda: plots.plan_heatmap(solution, mass_unit=mass),
        lambda: plots.potentials_line(solution, length_unit=length, cost_unit=cost),
        lambda: plots.slack_heatmap(solution, cost_unit=cost),
    )
    return dict(zip(FIGURES, figures, strict=True))


def of_flow(data: Dataset, result: LipschitzSolution) -> Drawers:
    """The figures of one potential and a flow."""
    from otmodels import plots

    mass, cost, length = data.mass_unit, data.units.cost, _length_unit(data)
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.flow_arrows(
            result, image=_is_image(data), geographic=_is_globe(data), mass_unit=mass, length_unit=length, cost_unit=cost
        ),
        lambda: plots.potentials_overlay(result, cost_unit=cost, length_unit=length),
        lambda: plots.lipschitz_matrix(result),
    )
    return dict(zip(LIPSCHITZ_FIGURES, figures, strict=True))


def of_audit(data: Dataset, audit: Audit) -> Drawers:
    """What becomes of W1 in the hands of a critic, and the exact critic."""
    from otmodels import plots

    value, cost, length = data.units.value, data.units.cost, _length_unit(data)
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.audit_bars(audit, value_unit=value),
        lambda: plots.critic_map(audit.exact, value_unit=cost, length_unit=length),
    )
    return dict(zip(CRITIC_FIGURES, figures, strict=True))


def keep_each(drawers: Drawers, keep: Callable[[str, Figure, Bbox], None]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Draw each figure and hand it on to be kept with all that it shows, unless it says itself that the data are not for it.

    Yields
    ------
    tuple of str and tuple of str
        Name of a figure that was kept, and what matplotlib had to remark on it.
    """
    import matplotlib.pyplot as plt

    # Files need no window, which a machine without a screen could not open.
    plt.switch_backend("agg")
    for name, draw in drawers.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                figure = draw().get_figure(root=True)
            except (ShapeError, LabelMismatchError):
                continue
            assert figure is not None
            # A layout settles in a second pass where the aspect is fixed, and must then stay as the box was taken of it.
            for _ in range(2):
                figure.canvas.draw()
            figure.set_layout_engine("none")
            # What a layout leaves no room for, such as a long label beside a low colour bar, widens the image.
            keep(name, figure, figure.get_tightbbox().padded(_MARGIN))
            plt.close(figure)
        yield name, tuple(dict.fromkeys(str(warning.message) for warning in caught))


def _length_unit(data: Dataset) -> str:
    """The unit of coordinates: that of the metric, unless distances are those of a graph that is drawn on some map."""
    return "" if isinstance(data.problem.cost, GraphCost) else data.units.distance


def _is_globe(data: Dataset) -> bool:
    """Whether coordinates are longitude and latitude, as far as their names tell."""
    return len(data.coordinates) == 2 and data.coordinates[0].lower().startswith("lon")


def _is_image(data: Dataset) -> bool:
    return data.coordinates == ("row", "column")
