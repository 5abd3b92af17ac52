"""The folder that a command writes into."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from otmodels.cli.atoms import potentials_table
from otmodels.cli.terminal import console, fact, say
from otmodels.datasets import Dataset
from otmodels.errors import LabelMismatchError, ParameterError, ShapeError
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Solution, Unsolved

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TABLES = ("summary", "plan", "potentials", "certificate", "flow", "nodes", "report", "axioms", "attained", "tightness", "compare")
EXPLANATIONS = ("bottlenecks", "repair", "degeneracy", "uniqueness", "ranging")
FIGURES = ("earth_moving", "plan_map", "plan_heatmap", "potentials_line", "slack_heatmap")
LIPSCHITZ_FIGURES = ("flow_arrows", "potentials_overlay", "lipschitz_matrix")


class Folder:
    """A folder for results; it remembers what was written and what that replaced."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ParameterError("--out", f"{path} cannot be made ({error.strerror})", "Give a folder, new or not") from error
        self.path = path
        self.written: list[str] = []
        self.overwritten: list[str] = []

    def add(self, name: str, write: Callable[[Path], None]) -> None:
        """Write one file, over one of that name."""
        path = self.path / name
        (self.overwritten if path.exists() else self.written).append(name)
        write(path)

    def add_table(self, name: str, table: pd.DataFrame, *, index: bool = True) -> None:
        """Write a table as CSV, numbers in full."""
        self.add(name, lambda path: table.to_csv(path, index=index, encoding="utf-8"))

    @property
    def names(self) -> list[str]:
        """All files made, in order of name."""
        return sorted(self.written + self.overwritten)

    def report(self) -> None:
        """Say what was written, and what else is there that an earlier run may have written."""
        out = console()
        out.print()
        ours = [f"{name}.csv" for name in (*TABLES, *EXPLANATIONS)] + [f"{name}.png" for name in (*FIGURES, *LIPSCHITZ_FIGURES)]
        left = [name for name in ours if name not in self.names and (self.path / name).exists()]
        for verb, names in (("wrote", self.written), ("replaced", self.overwritten), ("left as is", left)):
            if names:
                out.print(fact(verb, f"in {self.path}: {', '.join(sorted(names))}"))


def write_result(folder: Folder, data: Dataset, result: Result) -> None:
    """Write the tables of a result and the figures that fit the data."""
    folder.add_table("summary.csv", _summary(data, result))
    if isinstance(result, Unsolved):
        return
    folder.add_table("plan.csv", result.plan_table(), index=False)
    folder.add_table("potentials.csv", potentials_table(result))
    folder.add_table("certificate.csv", result.certificate.table())
    if isinstance(result, LipschitzSolution):
        write_flow(folder, result)
        folder.add_table("nodes.csv", result.nodes_table())
        write_lipschitz_figures(folder, data, result)
    _write_figures(folder, data, result)


def write_flow(folder: Folder, result: LipschitzSolution) -> None:
    """Write the arcs that carry mass."""
    folder.add_table("flow.csv", result.flow_table(), index=False)


def _summary(data: Dataset, result: Result) -> pd.DataFrame:
    units = {"value": data.units.value, "mass": data.mass_unit, "cost": data.units.cost, "distance": data.units.distance}
    about = [("data set", data.title), *((f"unit of {name}", unit) for name, unit in units.items() if unit)]
    return pd.concat([result.summary(), pd.DataFrame(about, columns=["fact", "value"]).set_index("fact")])


def _write_figures(folder: Folder, data: Dataset, result: Solution | LipschitzSolution) -> None:
    """The figures of any plan and potentials."""
    from otmodels import plots

    # A Lipschitz solution has a plan and potentials too.
    solution = cast(Solution, result)
    mass, cost, length = data.mass_unit, data.units.cost, data.units.distance
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.earth_moving(solution, mass_unit=mass, length_unit=length)[0],
        lambda: plots.plan_map(solution, image=_is_image(data), mass_unit=mass, length_unit=length),
        lambda: plots.plan_heatmap(solution, mass_unit=mass),
        lambda: plots.potentials_line(solution, length_unit=length, cost_unit=cost),
        lambda: plots.slack_heatmap(solution, cost_unit=cost),
    )
    for name, draw in zip(FIGURES, figures, strict=True):
        _write_figure(folder, name, draw)


def write_lipschitz_figures(folder: Folder, data: Dataset, result: LipschitzSolution) -> None:
    """The figures of one potential and a flow."""
    from otmodels import plots

    mass, cost, length = data.mass_unit, data.units.cost, data.units.distance
    geographic = data.coordinates[:1] != () and data.coordinates[0].lower().startswith("lon")
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.flow_arrows(result, image=_is_image(data), geographic=geographic, mass_unit=mass, length_unit=length),
        lambda: plots.potentials_overlay(result, cost_unit=cost, length_unit=length),
        lambda: plots.lipschitz_matrix(result),
    )
    for name, draw in zip(LIPSCHITZ_FIGURES, figures, strict=True):
        _write_figure(folder, name, draw)


def _is_image(data: Dataset) -> bool:
    return data.coordinates == ("row", "column")


def _write_figure(folder: Folder, name: str, draw: Callable[[], Axes]) -> None:
    """Write a figure, unless it says itself that the data are not for it."""
    import matplotlib.pyplot as plt

    # Files need no window, which a machine without a screen could not open.
    plt.switch_backend("agg")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            figure = draw().get_figure(root=True)
        except (ShapeError, LabelMismatchError):
            return
        assert figure is not None
        folder.add(f"{name}.png", lambda path: figure.savefig(path, dpi=150))
        plt.close(figure)
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        say(f"note: {name}.png: {message}")
