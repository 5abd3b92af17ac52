"""The files of the two measures, tables or pictures, and the coordinates that both have to share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from otmodels.datasets.statement import GridRule
from otmodels.errors import FileFormatError, LabelMismatchError
from otmodels.images import PICTURE_SUFFIXES, read_image
from otmodels.measure import Measure, check_mass, measure_of
from otmodels.network.graph import Graph
from otmodels.rows import Table, coordinates_of, read_table


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two measures as it lies in a file.

    Attributes
    ----------
    path : Path
        The file.
    table : Table or None
        Its rows; None where it is a picture.
    """

    path: Path
    table: Table | None

    @classmethod
    def of(cls, path: Path) -> Side:
        """A file, read where it is a table."""
        if is_picture(path):
            return cls(path, None)
        table = read_table(path)
        check_mass(table)
        return cls(path, table)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        if self.table is None:
            return "row", "column"
        return tuple(coordinates_of(self.path, self.table.header, ("mass", "label")))

    def measure(self, grid: GridRule, graph: Graph | None, argument: str) -> Measure:
        """The measure; where it has no coordinates of its own, with those of the vertices that its labels name."""
        if self.table is None:
            return read_image(self.path, grid.spacing, grid.invert)
        measure = measure_of(self.table)
        if graph is None or graph.points is None or measure.points is not None or isinstance(measure.labels, pd.RangeIndex):
            return measure
        # Whole numbers stay such, so that they count as exact.
        mass = measure.mass if measure.rounding else measure.mass.astype(np.int64)
        return Measure(mass, graph.points[graph.vertices(measure.labels, argument)], measure.labels)


def table_or_picture(folder: Path, name: str) -> Path:
    """The file of a side in a folder.

    Raises
    ------
    FileFormatError
        There are two.
    """
    table, picture = folder / f"{name}.csv", folder / f"{name}.png"
    if table.exists() and picture.exists():
        raise FileFormatError(str(folder), f"has both {table.name} and {picture.name}", "Leave out one of the two")
    return picture if picture.exists() else table


def is_picture(path: Path) -> bool:
    """Whether a file is one, by its name."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def shared_coordinates(source: Side, target: Side, haversine: bool) -> tuple[str, ...]:
    """The coordinate columns, the same in both files: a swap would move every point in silence.

    Raises
    ------
    LabelMismatchError
        They differ, or are latitude and longitude where longitude and latitude are asked for.
    """
    x, y = source.coordinates, target.coordinates
    if x != y:
        found = f"has the coordinates {', '.join(y) or '(none)'}, {source.path} has {', '.join(x) or '(none)'}"
        raise LabelMismatchError(str(target.path), found, "Give both files the same columns of coordinates, in the same order")
    if haversine and x and x[0].lower().startswith("lat"):
        both = f"{source.path}, {target.path}"
        raise LabelMismatchError(both, f"have the coordinates {', '.join(x)}", "Put longitude before latitude")
    return x
