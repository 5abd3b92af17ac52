"""The folder that a command writes into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from otmodels.cli import gallery
from otmodels.cli.atoms import potentials_table
from otmodels.cli.terminal import console, fact, say
from otmodels.critics import Audit
from otmodels.datasets import Dataset
from otmodels.errors import ParameterError
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Unsolved

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox


TABLES = ("summary", "plan", "potentials", "certificate", "flow", "nodes", "report", "axioms", "attained", "tightness", "compare")
CRITICS = ("bounds", "critic")
EXPLANATIONS = ("bottlenecks", "repair", "degeneracy", "uniqueness", "ranging")


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
        figures = (*gallery.FIGURES, *gallery.LIPSCHITZ_FIGURES, *gallery.CRITIC_FIGURES)
        ours = [f"{name}.csv" for name in (*TABLES, *CRITICS, *EXPLANATIONS)] + [f"{name}.png" for name in figures]
        left = [name for name in ours if name not in self.names and (self.path / name).exists()]
        for verb, names in (("wrote", self.written), ("replaced", self.overwritten), ("left as is", left)):
            if names:
                out.print(fact(verb, f"in {self.path}: {', '.join(sorted(names))}"))


def write_result(folder: Folder, data: Dataset, result: Result) -> None:
    """Write the tables of a result and the figures that fit the data."""
    folder.add_table("summary.csv", with_data(data, result.summary()))
    if isinstance(result, Unsolved):
        return
    folder.add_table("plan.csv", result.plan_table(), index=False)
    folder.add_table("potentials.csv", potentials_table(result))
    folder.add_table("certificate.csv", result.certificate.table())
    if isinstance(result, LipschitzSolution):
        write_flow(folder, result)
        folder.add_table("nodes.csv", result.nodes_table())
        write_lipschitz_figures(folder, data, result)
    _write_figures(folder, gallery.of_plan(data, result))


def write_flow(folder: Folder, result: LipschitzSolution) -> None:
    """Write the arcs that carry mass."""
    folder.add_table("flow.csv", result.flow_table(), index=False)


def with_data(data: Dataset, summary: pd.DataFrame) -> pd.DataFrame:
    """A summary, one row a fact, with what there is to say of the data besides."""
    units = {"value": data.units.value, "mass": data.mass_unit, "cost": data.units.cost, "distance": data.units.distance}
    read = [("coordinates", data.places), *(("read", note) for note in data.notes)]
    known = [(name, said) for name, said in read if said]
    about = [("data set", data.title), *known, *((f"unit of {name}", unit) for name, unit in units.items() if unit)]
    return pd.concat([summary, pd.DataFrame(about, columns=["fact", "value"]).set_index("fact")])


def write_lipschitz_figures(folder: Folder, data: Dataset, result: LipschitzSolution) -> None:
    """Write the figures of one potential and a flow."""
    _write_figures(folder, gallery.of_flow(data, result))


def write_critic_figures(folder: Folder, data: Dataset, audit: Audit) -> None:
    """Write the figures of an audit and of the exact critic."""
    _write_figures(folder, gallery.of_audit(data, audit))


def _write_figures(folder: Folder, drawers: gallery.Drawers) -> None:
    """Write figures, and say on stderr what matplotlib remarks on them."""

    def keep(name: str, figure: Figure, box: Bbox) -> None:
        folder.add(f"{name}.png", lambda path: figure.savefig(path, dpi=150, bbox_inches=box))

    for name, remarks in gallery.keep_each(drawers, keep):
        for remark in remarks:
            say(f"note: {name}.png: {remark}")
