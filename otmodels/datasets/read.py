"""Reading data sets: measures from tables or pictures, and the cost that is stated for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from otmodels.arguments import checked_path
from otmodels.datasets.sides import Side, is_picture, shared_coordinates, table_or_picture
from otmodels.datasets.statement import CostRule, GridRule, Units, read_toml
from otmodels.errors import FileFormatError, InputError, ParameterError
from otmodels.ground import GroundCost
from otmodels.metrics import Haversine
from otmodels.network.graph import read_graph
from otmodels.problem import TransportProblem
from otmodels.rows import coordinates_of, note_of, read_table
from otmodels.words import restated

MOST_NAMED = 8
"""Most coordinates that are named in a line."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A transport problem with what its numbers mean and where they are from.

    Attributes
    ----------
    name, title, description : str
        A word that can name a file, a line, and a paragraph.
    source, licence : str
        Where the data is from, and on what terms.
    coordinates : tuple of str
        Names of the coordinates of the points; empty where atoms have none.
    units, balance : Units, str
        Units of the numbers in the files, and "raise" or "rescale".
    problem : TransportProblem
    notes : tuple of str
        How files were read that are no plain CSV; empty where all are.
    """

    name: str
    title: str
    description: str
    source: str
    licence: str
    coordinates: tuple[str, ...]
    units: Units
    balance: str
    problem: TransportProblem
    notes: tuple[str, ...] = ()

    @property
    def mass_unit(self) -> str:
        """Unit of the masses of `problem`: those of the files, or shares of the total where they were rescaled."""
        return "share of the total" if self.balance == "rescale" else self.units.mass

    @property
    def places(self) -> str:
        """Which columns were taken as coordinates, and that they play no part in the cost where it is no metric of points."""
        if not self.coordinates:
            return ""
        few, more = self.coordinates[:MOST_NAMED], len(self.coordinates) - MOST_NAMED
        named = ", ".join(few) + (f" and {more} more" if more > 0 else "")
        if not isinstance(self.problem.cost, GroundCost):
            return f"{named}, for figures alone"
        degrees = self.coordinates[0].lower().startswith("lon") and not isinstance(self.problem.cost.metric, Haversine)
        return f"{named}, degrees taken as plain lengths" if degrees else named


def read_dataset(folder: str | Path) -> Dataset:
    """Read a data set from a folder with source.csv, target.csv and problem.toml, or with pictures as source and target.

    Parameters
    ----------
    folder : str or Path
        The two CSV files are as for `read_measure`; source.png or target.png in place of one is as for `read_image`. The
        keys of problem.toml are `title` (required), `description`, `source`, `licence` and `balance` ("raise", the
        default, or "rescale"); in a table `[cost]` either `matrix`, the name of a CSV file as for `read_cost`, or
        `graph`, that of a CSV file as for `read_graph`, with `places`, `directed` and `power`, or `metric`, `power` and
        `order` as for `ground_cost`; in a table `[grid]` the `spacing` of the pixels and `invert`, as for `read_image`;
        in a table `[units]` what `Units` has. Atoms without coordinates have those of `places`.

    Raises
    ------
    FileFormatError
        A file is missing, empty or malformed; the message has the line.
    UnknownNameError, ParameterError
        A key or a name that does not exist; a value of the wrong type or range, or two keys that exclude each other.
    LabelMismatchError, InputError
        Labels or coordinates that do not match; any other fault that the measures, the cost and the problem have.
    """
    folder = checked_path(folder)
    if not folder.is_dir():
        raise FileFormatError(str(folder), "is not a folder", "Give one with source.csv, target.csv and problem.toml")
    path = folder / "problem.toml"
    stated = read_toml(path)
    if not stated.get("title"):
        raise FileFormatError(str(path), "has no title", 'Write one as its first line: title = "..."')
    rule = CostRule.stated(stated.get("cost", {}), path)
    balance = stated.get("balance", "raise")
    keys = {key: f"{path}, cost.{key}" for key in ("metric", "power", "order")}
    with _located({**keys, "spacing": f"{path}, grid.spacing", "balance": f"{path}, balance"}, path):
        source, target = table_or_picture(folder, "source"), table_or_picture(folder, "target")
        if "grid" in stated and not (is_picture(source) or is_picture(target)):
            raise ParameterError(f"{path}, grid", "is given and neither source nor target is a picture", "Leave it out")
        parts = _assemble(source, target, rule, balance, GridRule(**stated.get("grid", {})))
    title, description, origin, licence = (stated.get(key, "").strip() for key in ("title", "description", "source", "licence"))
    units = rule.units(stated.get("units", {}))
    coordinates, problem, notes = parts
    return Dataset(folder.resolve().name, title, description, origin, licence, coordinates, units, balance, problem, notes)


def read_files(
    source: str | Path,
    target: str | Path,
    cost: str | Path | None = None,
    *,
    metric: str | None = None,
    power: float | None = None,
    order: float | None = None,
    balance: str = "raise",
    graph: str | Path | None = None,
) -> Dataset:
    r"""Read a data set from single files: two measures, and a cost matrix, a metric on their points or a graph.

    Parameters
    ----------
    source, target : str or Path
        CSV files as for `read_measure`, or pictures as for `read_image`.
    cost : str or Path, optional
        CSV file as for `read_cost`.
    metric, power, order : optional
        As for `ground_cost`, in place of a cost matrix. Where neither is given, the cost is the Euclidean distance.
    balance : {"raise", "rescale"}
        As for `TransportProblem`.
    graph : str or Path, optional
        CSV file of edges as for `read_graph`, in place of a metric; with `power` alone.

    Raises
    ------
    InputError, as `read_dataset`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     quarries, sites = Path(folder, "quarries.csv"), Path(folder, "sites.csv")
    ...     _ = quarries.write_text("label,mass,x\nnorth,3,0\nsouth,1,2\n")
    ...     _ = sites.write_text("label,mass,x\nbridge,4,1\n")
    ...     read_files(quarries, sites).problem
    TransportProblem(2 x 1, euclidean, mass 4)
    """
    source, target = checked_path(source), checked_path(target)
    files = {"matrix": None if cost is None else str(cost), "graph": None if graph is None else str(graph)}
    chosen = {**files, "metric": metric, "power": power, "order": order}
    rule = CostRule.stated({key: value for key, value in chosen.items() if value is not None})
    coordinates, problem, notes = _assemble(source, target, rule, balance, GridRule())
    name, title = f"{source.stem}_to_{target.stem}", f"{source.name} to {target.name}"
    return Dataset(name, title, "", f"{source}, {target}", "", coordinates, rule.units({}), balance, problem, notes)


def _assemble(
    source: Path, target: Path, rule: CostRule, balance: str, grid: GridRule
) -> tuple[tuple[str, ...], TransportProblem, tuple[str, ...]]:
    """Names of the coordinates, the problem, and what is to be said of the files."""
    sides = Side.of(source), Side.of(target)
    coordinates = shared_coordinates(*sides, haversine=rule.file is None and rule.metric == "haversine")
    both = f"{source}, {target}"
    places = {"source": str(source), "target": str(target), "source, target": both, "points": f"{both}, points"}
    with _located({**places, "cost": str(rule.file)}):
        graph = read_graph(rule.graph, rule.places, rule.directed) if rule.graph else None
        a, b = (side.measure(grid, graph, name) for side, name in zip(sides, ("source", "target"), strict=True))
        problem = TransportProblem(a, b, rule.cost(a, b, graph), balance)
    if rule.places and not coordinates:
        coordinates = tuple(coordinates_of(rule.places, read_table(rule.places).header, ("label",)))
    files = (rule.matrix, rule.graph, rule.places)
    said = [*(side.table.note for side in sides if side.table), *(note_of(path) for path in files if path)]
    return coordinates, problem, tuple(dict.fromkeys(filter(None, said)))


@contextmanager
def _located(places: Mapping[str, str], stated: Path | None = None) -> Iterator[None]:
    """Make an error raised within that names an argument name the file or the key that the argument came from.

    Where options are stated in a file, it says what to write there.
    """
    try:
        yield
    except InputError as error:
        argument, remedy = error.argument, error.remedy
        named = argument if argument in places else argument.partition(", ")[0]
        if stated is not None:
            remedy = restated(remedy, _KEYS, lambda name, value: f"{name} = {_toml(value)} in {stated.name}")
        if named not in places and remedy == error.remedy:
            raise
        raise type(error)(argument.replace(named, places.get(named, named), 1), error.fault, remedy) from error


_KEYS = ("balance", "directed", "invert", "metric", "order", "power")


def _toml(value: str) -> str:
    """A value of Python's as it is written in problem.toml."""
    if value in ("True", "False"):
        return value.lower()
    return value if value[0].isdigit() else f'"{value}"'
