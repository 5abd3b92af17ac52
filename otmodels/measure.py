"""Discrete measures: labelled atoms that carry mass, with or without coordinates."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import check_type, checked_path, is_hashable, kind_of
from otmodels.arrays import FloatArray, floats, numbers, read_only, rounding_of, travels, unmasked
from otmodels.errors import (
    DuplicateLabelError,
    FileFormatError,
    InfiniteValueError,
    InputError,
    LabelMismatchError,
    NegativeMassError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnknownNameError,
    ZeroMassError,
)
from otmodels.rows import Table, coordinates_of, lacking, read_table

_CALLED_MASS = ("weight", "weights", "masse", "amount", "quantity", "count", "value", "population", "menge", "gewicht", "kg", "t")

MAKE_A_MEASURE = "Make one: Measure(mass, points), Measure.from_samples(x) or grid_measure(array)"
"""The remedy where something else was given."""

FEWEST_PIXELS = 5
"""Pictures have at least so many rows and columns; what has fewer is not taken for one."""

BYTE = 255
"""Highest level of a colour channel."""


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Measure:
    """A discrete measure sum_i mass_i delta(point_i).

    Parameters
    ----------
    mass : array_like, shape (n,)
        Mass of each atom, not negative, in the user's unit. Integers and float32 are taken over exactly.
    points : array_like, shape (n, d) or (n,), optional
        Coordinates of the atoms; (n,) is read as (n, 1).
    labels : sequence of length n, optional
        Unique hashable labels; 0..n-1 where omitted.

    Attributes
    ----------
    rounding : float
        Relative rounding error of the masses as given (0 for integers), used to tell totals that differ by rounding
        from totals that differ.

    Raises
    ------
    NotANumberError, InfiniteValueError, NegativeMassError, ZeroMassError, DuplicateLabelError, ShapeError

    Examples
    --------
    >>> import otmodels as om
    >>> om.Measure([350, 600], labels=["Seattle", "San Diego"])
    Measure(2 atoms, total mass 950)
    """

    mass: FloatArray
    points: FloatArray | None
    labels: pd.Index[Any]
    rounding: float

    def __init__(
        self,
        mass: npt.ArrayLike,
        points: npt.ArrayLike | None = None,
        labels: Sequence[Hashable] | pd.Index[Any] | None = None,
    ) -> None:
        raw = numbers("mass", mass)
        if raw.ndim != 1 or raw.size == 0:
            raise ShapeError("mass", f"has shape {raw.shape}", "Give one mass per atom, shape (n,) with n >= 1")
        values = floats("mass", raw)
        index = _labels(labels, values.size)
        _check_mass(values, index)
        object.__setattr__(self, "mass", read_only(values))
        object.__setattr__(self, "points", None if points is None else _points(points, index))
        object.__setattr__(self, "labels", index)
        object.__setattr__(self, "rounding", rounding_of(raw))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, mass: str = "mass", points: Sequence[str] | None = None) -> Measure:
        """A measure from a table: index = labels, one column of masses, columns of coordinates by name.

        Parameters
        ----------
        frame : DataFrame
            One row an atom.
        mass : str
            Name of the column of masses.
        points : sequence of str, optional
            Names of the columns of coordinates; no coordinates where omitted.

        Raises
        ------
        UnknownNameError
            A column does not exist.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"mass": [1, 3], "x": [0.0, 2.5]}, index=["left", "right"])
        >>> Measure.from_frame(frame, points=["x"]).points.ravel().tolist()
        [0.0, 2.5]
        """
        check_type("frame", frame, pd.DataFrame, "Give a table with one row an atom")
        check_type("points", points, (list, tuple, pd.Index, type(None)), "Give a list of names of columns, such as ['x', 'y']")
        for column in [mass, *(() if points is None else points)]:
            if not is_hashable(column) or column not in frame.columns:
                raise UnknownNameError(
                    "frame", f"has no column {column!r}", f"Its columns are {', '.join(map(str, frame.columns))}"
                )
        coordinates = None if points is None else frame[list(points)].to_numpy()
        return cls(frame[mass].to_numpy(), coordinates, frame.index)

    @classmethod
    def from_samples(cls, x: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Measure:
        """The empirical measure of samples: one atom a sample, weight 1/n each where none are given.

        Parameters
        ----------
        x : array_like, shape (n, d) or (n,)
            Samples.
        weights : array_like, shape (n,), optional
            Mass of each sample.

        Examples
        --------
        >>> Measure.from_samples([3.4, 3.9, 7.5, 7.8]).mass.tolist()
        [0.25, 0.25, 0.25, 0.25]
        """
        samples = numbers("x", x)
        if samples.ndim == 0 or samples.shape[0] == 0:
            raise ShapeError("x", "has no samples", "Give at least one sample, shape (n, d) or (n,)")
        n = samples.shape[0]
        return cls(np.full(n, 1.0 / n) if weights is None else weights, samples)

    @property
    def size(self) -> int:
        """Number of atoms."""
        return self.mass.size

    @property
    def total(self) -> float:
        """Total mass."""
        with np.errstate(over="ignore"):
            return float(self.mass.sum())

    def scaled(self, factor: float) -> Measure:
        """The same atoms with every mass multiplied by a factor > 0.

        Raises
        ------
        ParameterError
            The factor is beyond floating point.
        """
        if not 0 < factor < np.inf:
            raise ParameterError("mass", f"cannot be multiplied by {factor:g}", "Measure mass in a unit of its own size")
        scaled = Measure(self.mass * factor, self.points, self.labels)
        object.__setattr__(scaled, "rounding", max(self.rounding, rounding_of(scaled.mass)))
        return scaled

    def positions(self, labels: pd.Index[Any], argument: str) -> npt.NDArray[np.intp]:
        """Position of each of this measure's atoms among `labels`, which have to be the same set.

        Raises
        ------
        DuplicateLabelError, LabelMismatchError
        """
        if not labels.is_unique:
            raise _duplicate(argument, labels)
        position = labels.get_indexer(self.labels)
        missing = self.labels[position < 0]
        extra = labels[self.labels.get_indexer(labels) < 0]
        if len(missing) or len(extra):
            faults = [f"{what} {some(which)}" for what, which in (("lacks", missing), ("has the extra", extra)) if len(which)]
            raise LabelMismatchError(argument, " and ".join(faults), "Its labels must be those of the measure, in any order")
        return position

    def __repr__(self) -> str:
        dimension = "" if self.points is None else f" in R^{self.points.shape[1]}"
        return f"Measure({self.size} atoms{dimension}, total mass {self.total:.6g})"


def grid_measure(array: npt.ArrayLike, spacing: float | Sequence[float] = 1.0) -> Measure:
    """A histogram or an image as a measure: one atom a cell, its point is index * spacing.

    Parameters
    ----------
    array : array_like, shape (h,), (h, w) or more
        Mass of each cell, not negative.
    spacing : float or sequence of float
        Distance between neighbouring cells, one for all axes or one an axis, > 0.

    Raises
    ------
    ShapeError
        It has no cells, or looks like a picture in colours: (h, w, 3) or (h, w, 4), levels up to 255 or shares up to 1. Where it
        is a histogram on three axes, three spacings say so.
    ParameterError
        A spacing is out of range.

    Returns
    -------
    Measure
        Atoms in C order. Labels are 0..h-1 in one dimension and "(row, column)" in more.

    Examples
    --------
    >>> image = grid_measure([[0, 1], [2, 0]])
    >>> list(image.labels)
    ['(0, 0)', '(0, 1)', '(1, 0)', '(1, 1)']
    """
    cells = numbers("array", array)
    if cells.ndim == 0 or cells.size == 0:
        raise ShapeError("array", f"has shape {cells.shape}", "Give a histogram or an image with at least one cell")
    steps = floats("spacing", spacing)
    if steps.size not in (1, cells.ndim) or steps.ndim > 1:
        raise ShapeError("spacing", f"has {steps.size} entries for {cells.ndim} axes", "Give one number, or one an axis")
    if not (np.isfinite(steps).all() and (steps > 0).all()):
        raise ParameterError("spacing", f"is {spacing}", "Give finite numbers > 0")
    if steps.size < cells.ndim and _looks_like_colours(cells):
        remedy = "Make it grey, as array.mean(axis=2) or read_image(path) do; of a histogram on three axes, give three spacings"
        raise ShapeError("array", f"has shape {cells.shape}, and looks like a picture in colours", remedy)
    index = np.indices(cells.shape).reshape(cells.ndim, -1).T
    labels = None if cells.ndim == 1 else [f"({', '.join(map(str, cell))})" for cell in index.tolist()]
    with np.errstate(over="ignore"):
        points = index * steps
    return Measure(cells.ravel(), points, labels)


def _looks_like_colours(cells: npt.NDArray[Any]) -> bool:
    """Whether it is a picture of three or four channels, as far as can be told: levels of a byte, or shares that sum to no 1."""
    if cells.ndim != 3 or cells.shape[2] not in (3, 4) or min(cells.shape[:2]) < FEWEST_PIXELS:
        return False
    least, most = cells.min(), cells.max()
    if cells.dtype == np.uint8:
        return True
    if least >= 0 and most <= 1:
        return cells.dtype.kind == "f" and float(cells.sum()) > 2
    return bool(least >= 0 and BYTE // 2 < most <= BYTE and (cells == np.rint(cells)).all())


def read_measure(path: str | Path) -> Measure:
    """A measure from a CSV file with a header.

    The column `mass` is required, the column `label` optional, and all other columns are coordinates. Columns may also be
    parted by semicolons or tabs, as spreadsheets do, with a comma as the decimal mark then.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8.

    Raises
    ------
    FileFormatError
        The file is missing, empty or malformed, or a column of names would be a coordinate; the message has the line.
    """
    return measure_of(read_table(checked_path(path)))


def measure_of(table: Table) -> Measure:
    """The measure that a table of atoms is, see `read_measure`."""
    check_mass(table)
    coordinates = coordinates_of(table.path, table.header, ("mass", "label"))
    mass = np.array(table.numbers("mass"))
    points = [_coordinate(table, name) for name in coordinates]
    labels = table.column("label") if "label" in table.header else None
    try:
        return Measure(mass, np.array(points).T if coordinates else None, labels)
    except InputError as error:
        raise type(error)(f"{table.path}, {error.argument}", error.fault, error.remedy) from error


def check_mass(table: Table) -> None:
    """Raise where a table of atoms has no column of masses.

    Raises
    ------
    FileFormatError
    """
    if "mass" not in table.header:
        raise lacking(table.path, table.header, "mass", "masses", _CALLED_MASS)


def _coordinate(table: Table, name: str) -> list[float]:
    """The numbers of a column of coordinates."""
    try:
        return [float(x) for x in table.numbers(name)]
    except FileFormatError as error:
        remedy = f"{error.remedy}, or leave the column out: all but mass and label are coordinates"
        raise FileFormatError(error.argument, error.fault, remedy) from error


def some(labels: Sequence[Hashable] | pd.Index[Any], most: int = 5) -> str:
    """The first few labels, for a message."""
    shown = ", ".join(repr(label) if isinstance(label, str) else str(label) for label in list(labels[:most]))
    return shown if len(labels) <= most else f"{shown} and {len(labels) - most} more"


def _labels(labels: Sequence[Hashable] | pd.Index[Any] | None, n: int) -> pd.Index[Any]:
    if labels is None:
        return pd.RangeIndex(n)
    index = labels if isinstance(labels, pd.Index) else _index(unmasked("labels", labels))
    index = index.to_flat_index() if isinstance(index, pd.MultiIndex) else index
    if len(index) != n:
        raise ShapeError("labels", f"has {len(index)} entries for {n} masses", "Give one label per atom")
    missing = np.flatnonzero(index.isna())
    if missing.size:
        raise NotANumberError("labels", f"the label at position {missing[0]} is missing", "Name every atom")
    if not index.is_unique:
        raise _duplicate("labels", index)
    return index


def _index(labels: Sequence[Hashable]) -> pd.Index[Any]:
    try:
        listed = list(labels)
    except TypeError as error:
        raise ParameterError("labels", f"is {kind_of(labels)}", "Give a list of labels, one an atom") from error
    for label in listed:
        if not is_hashable(label):
            raise ParameterError("labels", f"holds {label!r}, which cannot be hashed", "Give texts, numbers or tuples of them")
    return pd.Index(listed, tupleize_cols=False)


def _duplicate(argument: str, index: pd.Index[Any]) -> DuplicateLabelError:
    repeated = index[index.duplicated()].unique()
    return DuplicateLabelError(
        argument, f"repeats {some(repeated)}", "Labels must be unique: rename the atoms or add their masses up"
    )


def _check_mass(mass: FloatArray, labels: pd.Index[Any]) -> None:
    if np.isnan(mass).any():
        raise NotANumberError("mass", f"is NaN at {some(labels[np.isnan(mass)])}", "Give a number, 0 for an atom without mass")
    if np.isinf(mass).any():
        raise InfiniteValueError("mass", f"is infinite at {some(labels[np.isinf(mass)])}", "Give finite masses")
    if (mass < 0).any():
        worst = int(mass.argmin())
        raise NegativeMassError("mass", f"is {mass[worst]:g} at {some(labels[[worst]])}", "Masses must be >= 0")
    if not mass.any():
        raise ZeroMassError("mass", f"is 0 at all {mass.size} atoms", "At least one atom must have mass")


def _points(points: npt.ArrayLike, labels: pd.Index[Any]) -> FloatArray:
    values = floats("points", points)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[0] != len(labels) or values.shape[1] == 0:
        raise ShapeError(
            "points", f"has shape {values.shape} for {len(labels)} atoms", "Give one row of coordinates per atom, shape (n, d)"
        )
    bad = np.asarray(~np.isfinite(values).all(axis=1))
    if bad.any():
        first = values[bad][0]
        kind = NotANumberError if np.isnan(first).any() else InfiniteValueError
        raise kind("points", f"is {first.tolist()} at {some(labels[bad])}", "Coordinates must be finite numbers")
    read_only(values)
    return values
