"""Tables of edges and places as a user has them: checked, and turned into numbers of vertices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import check_type, is_hashable
from otmodels.arrays import FloatArray, IndexArray, floats, read_only
from otmodels.errors import (
    DuplicateLabelError,
    FileFormatError,
    InfiniteValueError,
    LabelMismatchError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnknownNameError,
)
from otmodels.measure import some
from otmodels.rows import Table, coordinates_of, lacking, read_table


def checked_lengths(edges: pd.DataFrame, tail: str, head: str, length: str) -> FloatArray:
    """The column of lengths (k,); what a row lacks or has out of range is an error that names the row."""
    check_type("edges", edges, pd.DataFrame, "Give a table with one row an edge")
    for column in (tail, head, length):
        if not is_hashable(column) or column not in edges.columns:
            raise UnknownNameError("edges", f"has no column {column!r}", f"Its columns are {', '.join(map(str, edges.columns))}")
    if edges.empty:
        raise ShapeError("edges", "has no rows", "Give at least one edge")
    nameless = edges[[tail, head]].isna().any(axis=1).to_numpy()
    if nameless.any():
        raise NotANumberError("edges", f"lacks an end on {_row(edges, int(nameless.argmax()))}", "Name both ends of each edge")
    lengths = floats(f"edges, {length}", edges[length].to_numpy())
    for bad, kind, remedy in (
        (np.isnan(lengths), NotANumberError, "Give a number >= 0"),
        (np.isinf(lengths), InfiniteValueError, "Give a finite length, or leave the edge out"),
        (lengths < 0, ParameterError, "Lengths must be >= 0"),
    ):
        if bad.any():
            k = int(bad.argmax())
            ends = f"from {some([edges[tail].iloc[k]])} to {some([edges[head].iloc[k]])}"
            raise kind(f"edges, {length}", f"is {lengths[k]:g} {ends}, {_row(edges, k)}", remedy)
    return lengths


def vertices_of(edges: pd.DataFrame, tail: str, head: str, places: pd.DataFrame | None) -> tuple[pd.Index[Any], IndexArray]:
    """Labels of the vertices, and the vertices at the two ends of each edge (k, 2)."""
    # Row by row, so that first appearance is as one reads; pandas keeps numbers and words apart where numpy would not.
    rowwise = np.arange(2 * len(edges)).reshape(2, -1).T.ravel()
    ends = pd.concat([edges[tail], edges[head]], ignore_index=True).iloc[rowwise]
    if places is None:
        codes, found = pd.factorize(ends)
        return pd.Index(list(found), tupleize_cols=False), codes.astype(np.intp).reshape(-1, 2)
    check_type("places", places, pd.DataFrame, "Give a table with one row a place, labels as its index")
    labels = places.index.to_flat_index() if isinstance(places.index, pd.MultiIndex) else places.index
    if labels.isna().any():
        raise NotANumberError("places", f"has no label at position {int(labels.isna().argmax())}", "Name every place")
    if not labels.is_unique:
        repeated = some(labels[labels.duplicated()].unique())
        raise DuplicateLabelError("places", f"repeats {repeated}", "Labels must be unique: give every place its own")
    codes = labels.get_indexer(pd.Index(list(ends), tupleize_cols=False))
    if (codes < 0).any():
        k = int((codes < 0).argmax())
        fault = f"names {some([ends.iloc[k]])} on {_row(edges, k // 2)}, which is not among the places"
        raise LabelMismatchError("edges", fault, f"Add it to the places, or correct it; they are {some(labels)}")
    return labels, codes.astype(np.intp).reshape(-1, 2)


def distinct(
    edges: pd.DataFrame, length: str, labels: pd.Index[Any], ends: IndexArray, lengths: FloatArray, directed: bool
) -> IndexArray:
    """Rows to keep: of an edge listed again the first, of an edge from a vertex to itself none."""
    one, other = (ends if directed else np.sort(ends, axis=1)).T
    _, first, again = np.unique(one * len(labels) + other, return_index=True, return_inverse=True)
    of_two = (lengths != lengths[first[again]]) & (one != other)
    if of_two.any():
        k = int(of_two.argmax())
        earlier = int(first[again[k]])
        between = f"between {some(labels[ends[k]])}"
        fault = f"is {lengths[earlier]:g} on {_row(edges, earlier)} and {lengths[k]:g} on {_row(edges, k)}, both {between}"
        remedy = "Keep one, of parallel edges the shorter"
        raise ParameterError(f"edges, {length}", fault, remedy if directed else f"{remedy}; one-way edges need directed=True")
    return np.sort(first[one[first] != other[first]])


def points_of(places: pd.DataFrame) -> FloatArray | None:
    """Coordinates of the places (N, d); None where there are no columns."""
    if not len(places.columns):
        return None
    points = floats("places", places.to_numpy())
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        k = int(bad.argmax())
        kind = NotANumberError if np.isnan(points[k]).any() else InfiniteValueError
        raise kind("places", f"has {points[k].tolist()} at {some(places.index[[k]])}", "Coordinates must be finite numbers")
    return read_only(points)


def read_edges(path: Path) -> pd.DataFrame:
    """Columns from, to and length of a CSV file, indexed by line."""
    table = _with_columns(path, {"from": _CALLED_FROM, "to": _CALLED_TO, "length": _CALLED_LENGTH})
    cells = {"from": table.column("from"), "to": table.column("to"), "length": table.numbers("length")}
    return pd.DataFrame(cells, pd.Index([line for line, _ in table.rows], name="line"))


def read_places(path: Path) -> pd.DataFrame:
    """Coordinates of a CSV file, indexed by its column label."""
    table = _with_columns(path, {"label": ("name", "id", "place", "town", "node", "vertex")})
    points = {name: [float(x) for x in table.numbers(name)] for name in coordinates_of(path, table.header, ("label",))}
    return pd.DataFrame(points, table.column("label"))


_CALLED_FROM = ("source", "tail", "start", "u", "a")
_CALLED_TO = ("target", "head", "end", "v", "b")
_CALLED_LENGTH = ("distance", "weight", "cost", "km", "miles")
"""What other tables of edges call their columns."""


def _with_columns(path: Path, columns: Mapping[str, tuple[str, ...]]) -> Table:
    """A CSV file that has these columns, none of their cells empty; each with what others call it."""
    table = read_table(path)
    for name, called in columns.items():
        if name not in table.header:
            raise lacking(path, table.header, name, {"label": "labels", "length": "lengths"}.get(name, "ends"), called)
        for (line, _), cell in zip(table.rows, table.column(name), strict=True):
            if not cell:
                raise FileFormatError(str(path), f"line {line}, column {name!r} is empty", "Fill it in")
    return table


def _row(edges: pd.DataFrame, k: int) -> str:
    """The name of a row: by its line, where it is from a file."""
    return f"{edges.index.name or 'row'} {edges.index[k]}"
