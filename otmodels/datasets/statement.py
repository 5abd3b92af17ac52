"""problem.toml: its keys, their types, and which exclude each other."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from otmodels.cost import BaseCost, read_cost
from otmodels.errors import FileFormatError, LabelMismatchError, ParameterError, UnknownNameError
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.network.graph import Graph, graph_cost
from otmodels.words import nearest

_SCHEMA: dict[str, dict[str, type]] = {
    "": {
        "title": str,
        "description": str,
        "source": str,
        "licence": str,
        "balance": str,
        "cost": dict,
        "grid": dict,
        "units": dict,
    },
    "cost": {
        "metric": str,
        "power": float,
        "order": float,
        "matrix": str,
        "graph": str,
        "places": str,
        "directed": bool,
    },
    "grid": {"spacing": float, "invert": bool},
    "units": {"mass": str, "distance": str, "cost": str, "value": str},
}
_WORDS = {
    str: 'text in quotes, such as "..."',
    float: "a number",
    bool: "true or false",
    dict: "a table, as a line [{key}] of its own",
}
_BESIDE = {"matrix": (), "graph": ("places", "directed", "power"), "metric": ("power", "order")}
"""Ways to give a cost, and the keys that go with each; the first that is given is meant, the last where none is."""

_ARGUMENTS = {"matrix": "cost"}
"""What keys are called as arguments, where they are called otherwise."""

_CALLED = {"matrix": "a cost matrix", "graph": "a graph"}


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


@dataclass(frozen=True, slots=True)
class GridRule:
    """How pictures are read: the distance between neighbouring pixels, and whether mass is darkness."""

    spacing: float = 1.0
    invert: bool = False


@dataclass(frozen=True, slots=True)
class CostRule:
    """How the cost is given: a file with a matrix, a file with the edges of a graph, or a metric."""

    metric: str
    power: float
    order: float | None
    matrix: Path | None
    graph: Path | None
    places: Path | None
    directed: bool

    @classmethod
    def stated(cls, keys: Mapping[str, Any], path: Path | None = None) -> CostRule:
        """The rule that keys state, in problem.toml or as arguments.

        Raises
        ------
        ParameterError
            Two keys exclude each other, or one lacks the other that it belongs to.
        """
        way = next((way for way in _BESIDE if way in keys), "metric")
        for key in keys:
            if key == way or key in _BESIDE[way]:
                continue
            where = f"{path}, cost.{key}" if path else _ARGUMENTS.get(key, key)
            if way == "metric":
                raise ParameterError(
                    where, "is given without a graph", 'Name a file of edges, graph = "edges.csv", or leave it out'
                )
            raise ParameterError(where, f"is given beside {_CALLED[way]}", "Leave out one of the two")
        folder = path.parent if path else Path()
        matrix, graph, places = (folder / keys[key] if key in keys else None for key in ("matrix", "graph", "places"))
        metric, power, directed = keys.get("metric", "euclidean"), keys.get("power", 1.0), keys.get("directed", False)
        return cls(metric, power, keys.get("order"), matrix, graph, places, directed)

    @property
    def file(self) -> Path | None:
        """The file that the cost is found in by label; None for a metric."""
        return self.matrix or self.graph

    def cost(self, source: Measure, target: Measure, graph: Graph | None) -> BaseCost:
        """The cost between two measures, with the graph of this rule where it names one.

        Raises
        ------
        LabelMismatchError, InputError
        """
        for argument, measure in (("source", source), ("target", target)):
            if self.file and isinstance(measure.labels, pd.RangeIndex):
                raise LabelMismatchError(argument, f"has no labels to find in {self.file}", "Add a column 'label'")
        if graph is not None:
            return graph_cost(source, target, graph, self.power)
        return read_cost(self.matrix) if self.matrix else ground_cost(source, target, self.metric, self.power, order=self.order)

    def units(self, stated: Mapping[str, str]) -> Units:
        """Units as stated, that of the cost from distance and power where it is not; a great circle is in kilometres."""
        distance = stated.get("distance", "km" if self.file is None and self.metric == "haversine" else "")
        power = f"^{self.power:g}" if distance and self.power != 1 else ""
        return Units(**{"distance": distance, "cost": distance + power, **stated})


def read_toml(path: Path) -> dict[str, Any]:
    """Contents of problem.toml, its keys and their types checked.

    Raises
    ------
    FileFormatError, UnknownNameError, ParameterError
    """
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
    for table in ("cost", "grid", "units"):
        _check_keys(path, table, stated.get(table, {}))
    return stated


def _check_keys(path: Path, table: str, stated: Mapping[str, Any]) -> None:
    known = _SCHEMA[table]
    for key, value in stated.items():
        where = f"{path}, {table}.{key}" if table else f"{path}, {key}"
        if key not in known:
            remedy = f"{nearest(key, list(known))}The keys here are {', '.join(known)}"
            raise UnknownNameError(where, "is not a known key", remedy)
        kinds = (int, float) if known[key] is float else (known[key],)
        if not isinstance(value, kinds) or (isinstance(value, bool) and known[key] is not bool):
            raise ParameterError(where, f"is {value!r}", f"Write {_WORDS[known[key]].format(key=key)}")
