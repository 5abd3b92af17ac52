"""Data sets: a folder that states a transport problem, what its numbers mean and where they are from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from otmodels.cost import BaseCost, ground_cost, read_cost
from otmodels.errors import FileFormatError, InputError, LabelMismatchError, ParameterError, UnknownNameError
from otmodels.measure import read_measure, read_rows
from otmodels.problem import TransportProblem

_SCHEMA: dict[str, dict[str, type]] = {
    "": {"title": str, "description": str, "source": str, "licence": str, "balance": str, "cost": dict, "units": dict},
    "cost": {"metric": str, "power": float, "order": float, "matrix": str},
    "units": {"mass": str, "distance": str, "cost": str, "value": str},
}
_WORDS = {str: 'text in quotes, such as "..."', float: "a number", dict: "a table, as a line [{key}] of its own"}


@dataclass(frozen=True, slots=True)
class Units:
    """What the numbers of a data set are measured in, in words; empty where nothing was stated.

    Attributes
    ----------
    mass, distance, cost, value : str
        Units of the masses in the files, of the metric, of the costs and potentials (distance^power where it is not
        stated), and of the optimal value.
    """

    mass: str = ""
    distance: str = ""
    cost: str = ""
    value: str = ""


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
    """Read a data set from a folder with source.csv, target.csv and problem.toml.

    Parameters
    ----------
    folder : str or Path
        The two CSV files are as for `read_measure`. The keys of problem.toml are `title` (required), `description`,
        `source`, `licence` and `balance` ("raise", the default, or "rescale"); in a table `[cost]` either `matrix`, the
        name of a CSV file as for `read_cost`, or `metric`, `power` and `order` as for `ground_cost`; in a table
        `[units]` what `Units` has.

    Raises
    ------
    FileFormatError
        A file is missing, empty or malformed; the message has the line.
    UnknownNameError, ParameterError
        A key or a name that does not exist; a value of the wrong type or range, or two keys that exclude each other.
    LabelMismatchError, InputError
        Labels or coordinates that do not match; any other fault that the measures, the cost and the problem have.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileFormatError(str(folder), "is not a folder", "Give one with source.csv, target.csv and problem.toml")
    path = folder / "problem.toml"
    stated = _read_toml(path)
    if not stated.get("title"):
        raise FileFormatError(str(path), "has no title", 'Write one as its first line: title = "..."')
    rule = _CostRule.stated(stated.get("cost", {}), path)
    balance = stated.get("balance", "raise")
    keys = {key: f"{path}, cost.{key}" for key in ("metric", "power", "order")}
    with _located({**keys, "balance": f"{path}, balance"}):
        coordinates, problem = _assemble(folder / "source.csv", folder / "target.csv", rule, balance)
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
        CSV files as for `read_measure`.
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
    source, target = Path(source), Path(target)
    chosen = {"metric": metric, "power": power, "order": order, "matrix": None if cost is None else str(cost)}
    rule = _CostRule.stated({key: value for key, value in chosen.items() if value is not None})
    coordinates, problem = _assemble(source, target, rule, balance)
    name, title = f"{source.stem}_to_{target.stem}", f"{source.name} to {target.name}"
    return Dataset(name, title, "", f"{source}, {target}", "", coordinates, Units(), balance, problem)


@dataclass(frozen=True, slots=True)
class _CostRule:
    """How the cost is given: a file with a matrix, or a metric."""

    metric: str
    power: float
    order: float | None
    matrix: Path | None

    @classmethod
    def stated(cls, keys: Mapping[str, Any], path: Path | None = None) -> _CostRule:
        extra = [key for key in ("metric", "power", "order") if key in keys]
        if "matrix" in keys and extra:
            where = f"{path}, cost.{extra[0]}" if path else extra[0]
            raise ParameterError(where, "is given beside a cost matrix", "Leave out one of the two")
        matrix = (path.parent if path else Path()) / keys["matrix"] if "matrix" in keys else None
        return cls(keys.get("metric", "euclidean"), keys.get("power", 1.0), keys.get("order"), matrix)

    def units(self, stated: Mapping[str, str]) -> Units:
        distance = stated.get("distance", "")
        power = f"^{self.power:g}" if distance and self.power != 1 else ""
        return Units(**{"cost": distance + power, **stated})


def _assemble(source: Path, target: Path, rule: _CostRule, balance: str) -> tuple[tuple[str, ...], TransportProblem]:
    coordinates = _coordinates(source, target, rule)
    a, b = read_measure(source), read_measure(target)
    both = f"{source}, {target}"
    places = {"source": str(source), "target": str(target), "source, target": both, "points": f"{both}, points"}
    with _located({**places, "cost": str(rule.matrix)}):
        if rule.matrix is None:
            cost: BaseCost = ground_cost(a, b, rule.metric, rule.power, order=rule.order)
        else:
            cost = read_cost(rule.matrix)
            for argument, measure in (("source", a), ("target", b)):
                if isinstance(measure.labels, pd.RangeIndex):
                    raise LabelMismatchError(argument, f"has no labels to find in {rule.matrix}", "Add a column 'label'")
        return coordinates, TransportProblem(a, b, cost, balance)


def _coordinates(source: Path, target: Path, rule: _CostRule) -> tuple[str, ...]:
    """Return the coordinate columns, the same in both files: a swap would move every point in silence."""
    x, y = (tuple(name for name in read_rows(path)[0] if name not in ("mass", "label")) for path in (source, target))
    if x != y:
        found = f"has the coordinates {', '.join(y) or '(none)'}, {source} has {', '.join(x) or '(none)'}"
        raise LabelMismatchError(str(target), found, "Give both files the same columns of coordinates, in the same order")
    if rule.matrix is None and rule.metric == "haversine" and x and x[0].lower().startswith("lat"):
        raise LabelMismatchError(f"{source}, {target}", f"have the coordinates {', '.join(x)}", "Put longitude before latitude")
    return x


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        stated = tomllib.loads(text)
    except OSError as error:
        raise FileFormatError(str(path), f"cannot be read ({error.strerror})", "Add the file to the folder") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(str(path), f"is not UTF-8 ({error})", "Save it as text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        fault = str(error).replace("at end of document", f"at line {len(text.splitlines())}, the last")
        raise FileFormatError(str(path), f"is not TOML: {fault}", "Correct that line") from error
    _check_keys(path, "", stated)
    for table in ("cost", "units"):
        _check_keys(path, table, stated.get(table, {}))
    return stated


def _check_keys(path: Path, table: str, stated: Mapping[str, Any]) -> None:
    known = _SCHEMA[table]
    for key, value in stated.items():
        where = f"{path}, {table}.{key}" if table else f"{path}, {key}"
        if key not in known:
            near = [f"Did you mean {match!r}? " for match in get_close_matches(key, known, n=1)]
            raise UnknownNameError(where, "is not a known key", f"{''.join(near)}The keys here are {', '.join(known)}")
        kinds = (int, float) if known[key] is float else (known[key],)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ParameterError(where, f"is {value!r}", f"Write {_WORDS[known[key]].format(key=key)}")


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
