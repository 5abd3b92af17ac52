"""What `otmodels explain` finds, as text, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from otmodels.cli import numerals, payload, report
from otmodels.cli.files import Folder
from otmodels.cli.terminal import fact, heading, literal, table
from otmodels.datasets import Dataset
from otmodels.feasibility import Infeasibility
from otmodels.solution import Solution

Payload: TypeAlias = Mapping[str, Any]
Tables: TypeAlias = Mapping[str, pd.DataFrame]
Sections: TypeAlias = Iterable[Iterable[RenderableType]]

_KEYS = ("what", "source", "target")


@dataclass(frozen=True, slots=True, eq=False)
class Stuck:
    """A problem without a feasible plan."""

    data: Dataset
    found: Infeasibility

    def tables(self) -> Tables:
        """Tables by name of their file."""
        return {"bottlenecks": self.found.table().set_index("bottleneck"), "repair": self.found.repair().set_index("source")}

    def payload(self) -> Payload:
        """All of it for JSON."""
        return {
            **payload.of_dataset(self.data),
            "feasible": False,
            "message": str(self.found),
            "shortfall": self.found.shortfall,
            "bottlenecks": payload.records(self.found.table()),
            "repair": payload.records(self.found.repair()),
        }

    def sections(self, folder: Folder | None) -> Iterator[Iterator[RenderableType]]:
        """Who is stuck, and what would help."""
        yield report.title(self.data)
        yield self._verdict()
        yield self._atoms(_rest(folder, "bottlenecks"))
        yield self._repair(_rest(folder, "repair"))

    def _verdict(self) -> Iterator[RenderableType]:
        yield fact("verdict", "no feasible plan exists: proven by the sets of atoms below (Hall's condition)", report.BAD)
        unit = f" {self.data.mass_unit}".rstrip()
        for bottleneck in self.found.bottlenecks:
            yield fact("because", str(bottleneck) + unit)

    def _atoms(self, rest: str) -> Iterator[RenderableType]:
        atoms = self.found.table()
        groups = report.count(len(self.found.bottlenecks), "bottleneck")
        yield heading("Atoms that are stuck", f"{groups}, {report.count(len(atoms), 'atom')}")
        yield from report.units(("mass", self.data.mass_unit))
        yield from _shown(atoms, ["bottleneck", "side", "label"], ["mass"], rest)

    def _repair(self, rest: str) -> Iterator[RenderableType]:
        pairs = self.found.repair()
        least = numerals.value(self.found.shortfall)
        yield heading("Least repair", f"allow these pairs, for {least} {self.data.mass_unit}".rstrip())
        yield from _shown(pairs, ["source", "target"], ["mass"], rest)


@dataclass(frozen=True, slots=True, eq=False)
class Firm:
    """A solved problem, and how firm its answer is."""

    data: Dataset
    result: Solution
    degeneracy: pd.DataFrame
    uniqueness: pd.DataFrame
    ranging: pd.DataFrame

    @classmethod
    def of(cls, data: Dataset, result: Solution) -> Firm:
        """Examine a certified solution."""
        return cls(data, result, result.degeneracy(), result.uniqueness(), result.ranging())

    def tables(self) -> Tables:
        """Tables by name of their file."""
        return {"degeneracy": self.degeneracy, "uniqueness": self.uniqueness, "ranging": self.ranging}

    def payload(self) -> Payload:
        """All of it for JSON."""
        found = {name: payload.records(made.reset_index()) for name, made in self.tables().items()}
        return {**payload.of_answer(self.data, self.result), "feasible": True, **found}

    def sections(self, folder: Folder | None) -> Iterator[Iterator[RenderableType]]:
        """The answer, what of it is unique, and how far it holds."""
        yield report.title(self.data)
        yield report.answer(self.data, self.result)
        yield self._degeneracy()
        yield self._uniqueness(_rest(folder, "uniqueness"))
        yield self._costs(_rest(folder, "ranging"))
        yield self._masses(_rest(folder, "ranging"))

    def _degeneracy(self) -> Iterator[RenderableType]:
        yield heading("Degeneracy", "")
        rows = self.degeneracy.reset_index()
        values = [("yes" if value else "no") if isinstance(value, bool) else f"{value:,}" for value in rows["value"]]
        words = [literal(word) for word in rows["fact"]], [literal(word) for word in rows["meaning"]]
        yield table(["", "value", "meaning"], [words[0], [Text(value) for value in values], words[1]], words=("", "meaning"))

    def _uniqueness(self, rest: str) -> Iterator[RenderableType]:
        rows = self.uniqueness.reset_index()
        loose = rows[~rows["unique"]]
        if loose.empty:
            yield heading("Unique", "the plan and all potentials")
            return
        yield heading(
            "Not unique", f"{len(loose):,} of {report.count(len(rows), 'number')}: their range over all optimal answers"
        )
        yield from report.units(("plan", self.data.mass_unit), ("potentials", self.data.units.cost))
        yield from _shown(loose, _KEYS, ["value", "lowest", "highest"], rest)

    def _costs(self, rest: str) -> Iterator[RenderableType]:
        rows = self.ranging.reset_index()
        moved = rows[(rows["what"] == "cost") & (rows["rate"] > 0)].nlargest(len(rows), "rate", keep="all")
        yield heading("Costs of the pairs in use", "the plan stays optimal from lowest to highest")
        yield from report.units(("cost", self.data.units.cost), ("rate", self.data.mass_unit))
        yield from _shown(moved, _KEYS[1:], ["value", "lowest", "highest", "rate"], rest)

    def _masses(self, rest: str) -> Iterator[RenderableType]:
        rows = self.ranging.reset_index()
        masses = rows[rows["what"] != "cost"].nlargest(len(rows), "value", keep="all")
        first = self.data.problem.source.labels[int((self.data.problem.a > 0).argmax())]
        yield heading("Masses", f"the potentials stay optimal from lowest to highest, source {first} giving or taking the rest")
        yield from report.units(("mass", self.data.mass_unit), ("rate", self.data.units.cost))
        yield from _shown(masses, _KEYS, ["value", "lowest", "highest", "rate"], rest)


def _rest(folder: Folder | None, name: str) -> str:
    return report.NO_FOLDER if folder is None else str(folder.path / f"{name}.csv")


def _shown(rows: pd.DataFrame, words: Sequence[str], numbers: Sequence[str], rest: str) -> Iterator[RenderableType]:
    """The first rows as a table; `rest` says where all of them are."""
    some = rows.head(report.MOST_ROWS)
    columns: list[list[str] | list[Text]] = [[literal(cell) for cell in some[name]] for name in words]
    columns += [numerals.column(some[name]) for name in numbers]
    yield table([*words, *numbers], columns, words=words)
    if len(rows) > len(some):
        yield literal(f"and {report.count(len(rows) - len(some), 'row')} more; all: {rest}", "dim")
