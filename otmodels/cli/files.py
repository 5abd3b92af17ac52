"""The folder that a command writes into."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from otmodels.cli.terminal import console, fact, say
from otmodels.datasets import Dataset
from otmodels.errors import ParameterError, ShapeError
from otmodels.solution import Solution, Unsolved

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TABLES = ("summary", "plan", "potentials", "certificate")
FIGURES = ("earth_moving", "plan_map", "plan_heatmap", "potentials_line", "slack_heatmap")


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
        ours = [f"{name}.csv" for name in TABLES] + [f"{name}.png" for name in FIGURES]
        left = [name for name in ours if name not in self.names and (self.path / name).exists()]
        for verb, names in (("wrote", self.written), ("replaced", self.overwritten), ("left as is", left)):
            if names:
                out.print(fact(verb, f"in {self.path}: {', '.join(sorted(names))}"))


def write_result(folder: Folder, data: Dataset, result: Solution | Unsolved) -> None:
    """Write the tables of a result and the figures that fit the data."""
    folder.add_table("summary.csv", _summary(data, result))
    if isinstance(result, Unsolved):
        return
    folder.add_table("plan.csv", result.plan_table(), index=False)
    folder.add_table("potentials.csv", result.potentials_table())
    folder.add_table("certificate.csv", result.certificate.table())
    _write_figures(folder, data, result)


def _summary(data: Dataset, result: Solution | Unsolved) -> pd.DataFrame:
    units = {"value": data.units.value, "mass": data.mass_unit, "cost": data.units.cost, "distance": data.units.distance}
    about = [("data set", data.title), *((f"unit of {name}", unit) for name, unit in units.items() if unit)]
    return pd.concat([result.summary(), pd.DataFrame(about, columns=["fact", "value"]).set_index("fact")])


def _write_figures(folder: Folder, data: Dataset, solution: Solution) -> None:
    import matplotlib.pyplot as plt

    from otmodels import plots

    # Files need no window, which a machine without a screen could not open.
    plt.switch_backend("agg")
    mass, cost, length = data.mass_unit, data.units.cost, data.units.distance
    is_image = data.coordinates == ("row", "column")
    figures: tuple[Callable[[], Axes], ...] = (
        lambda: plots.earth_moving(solution, mass_unit=mass, length_unit=length)[0],
        lambda: plots.plan_map(solution, image=is_image, mass_unit=mass, length_unit=length),
        lambda: plots.plan_heatmap(solution, mass_unit=mass),
        lambda: plots.potentials_line(solution, length_unit=length, cost_unit=cost),
        lambda: plots.slack_heatmap(solution, cost_unit=cost),
    )
    for name, draw in zip(FIGURES, figures, strict=True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                figure = draw().get_figure(root=True)
            except ShapeError:
                # The figures themselves know which data they are for.
                continue
            assert figure is not None
            folder.add(f"{name}.png", lambda path, figure=figure: figure.savefig(path, dpi=150))  # type: ignore[misc]
            plt.close(figure)
        for message in dict.fromkeys(str(warning.message) for warning in caught):
            say(f"note: {name}.png: {message}")
