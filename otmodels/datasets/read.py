"""Reading data sets: measures from tables or pictures, and the cost that is stated for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from otmodels.datasets.statement import CostRule, GridRule, Units, read_toml
from otmodels.entry import checked_path
from otmodels.errors import FileFormatError, InputError, LabelMismatchError, ParameterError
from otmodels.images import PICTURE_SUFFIXES, read_image
from otmodels.measure import Measure, read_measure, read_rows
from otmodels.network.graph import Graph, read_graph
from otmodels.problem import TransportProblem


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

    @property
    def mass_unit(self) -> str:
        """Unit of the masses of `problem`: those of the files, or shares of the total where they were rescaled."""
        return "share of the total" if self.balance == "rescale" else self.units.mass


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
    with _located({**keys, "spacing": f"{path}, grid.spacing", "balance": f"{path}, balance"}):
        source, target = _table_or_picture(folder, "source"), _table_or_picture(folder, "target")
        if "grid" in stated and not (_is_picture(source) or _is_picture(target)):
            raise ParameterError(f"{path}, grid", "is given and neither source nor target is a picture", "Leave it out")
        coordinates, problem = _assemble(source, target, rule, balance, GridRule(**stated.get("grid", {})))
    title, description, origin, licence = (stated.get(key, "").strip() for key in ("title", "description", "source", "licence"))
    units = rule.units(stated.get("units", {}))
    return Dataset(folder.resolve().name, title, description, origin, licence, coordinates, units, balance, problem)


def read_files(
    source: str | Path,
    target: str | Path,
    cost: str | Path | None = None,
    *,
    metric: str | None = None,
    power: float | None = None,
    order: float | None = None,
    balance: str = "raise",
) -> Dataset:
    r"""Read a data set from single files: two measures, and a cost matrix or a metric on their points.

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
    chosen = {"metric": metric, "power": power, "order": order, "matrix": None if cost is None else str(cost)}
    rule = CostRule.stated({key: value for key, value in chosen.items() if value is not None})
    coordinates, problem = _assemble(source, target, rule, balance, GridRule())
    name, title = f"{source.stem}_to_{target.stem}", f"{source.name} to {target.name}"
    return Dataset(name, title, "", f"{source}, {target}", "", coordinates, Units(), balance, problem)


def _assemble(
    source: Path, target: Path, rule: CostRule, balance: str, grid: GridRule
) -> tuple[tuple[str, ...], TransportProblem]:
    coordinates = _coordinates(source, target, rule)
    both = f"{source}, {target}"
    places = {"source": str(source), "target": str(target), "source, target": both, "points": f"{both}, points"}
    with _located({**places, "cost": str(rule.file)}):
        graph = read_graph(rule.graph, rule.places, rule.directed) if rule.graph else None
        a, b = (_placed(_measure(path, grid), argument, graph) for path, argument in ((source, "source"), (target, "target")))
        return coordinates, TransportProblem(a, b, rule.cost(a, b, graph), balance)


def _measure(path: Path, grid: GridRule) -> Measure:
    return read_image(path, grid.spacing, grid.invert) if _is_picture(path) else read_measure(path)


def _placed(measure: Measure, argument: str, graph: Graph | None) -> Measure:
    """The measure with the coordinates of the vertices that its labels name, where it has none of its own."""
    if graph is None or graph.points is None or measure.points is not None or isinstance(measure.labels, pd.RangeIndex):
        return measure
    # Whole numbers stay such, so that they count as exact.
    mass = measure.mass if measure.rounding else measure.mass.astype(np.int64)
    return Measure(mass, graph.points[graph.vertices(measure.labels, argument)], measure.labels)


def _table_or_picture(folder: Path, name: str) -> Path:
    table, picture = folder / f"{name}.csv", folder / f"{name}.png"
    if table.exists() and picture.exists():
        raise FileFormatError(str(folder), f"has both {table.name} and {picture.name}", "Leave out one of the two")
    return picture if picture.exists() else table


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES


def _coordinates(source: Path, target: Path, rule: CostRule) -> tuple[str, ...]:
    """Return the coordinate columns, the same in both files: a swap would move every point in silence."""
    x, y = _columns(source), _columns(target)
    if x != y:
        found = f"has the coordinates {', '.join(y) or '(none)'}, {source} has {', '.join(x) or '(none)'}"
        raise LabelMismatchError(str(target), found, "Give both files the same columns of coordinates, in the same order")
    if rule.file is None and rule.metric == "haversine" and x and x[0].lower().startswith("lat"):
        raise LabelMismatchError(f"{source}, {target}", f"have the coordinates {', '.join(x)}", "Put longitude before latitude")
    return x or (_columns(rule.places) if rule.places else ())


def _columns(path: Path) -> tuple[str, ...]:
    """Names of the coordinates in a file."""
    if _is_picture(path):
        return "row", "column"
    return tuple(name for name in read_rows(path)[0] if name not in ("mass", "label"))


@contextmanager
def _located(places: Mapping[str, str]) -> Iterator[None]:
    """Make an error raised within that names an argument name the file or the key that the argument came from."""
    try:
        yield
    except InputError as error:
        named = error.argument if error.argument in places else error.argument.partition(", ")[0]
        if named not in places:
            raise
        raise type(error)(error.argument.replace(named, places[named], 1), error.fault, error.remedy) from error
