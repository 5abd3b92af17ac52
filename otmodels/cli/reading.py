"""Plans, potentials and values of critics from CSV files, whoever wrote them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray
from otmodels.errors import DuplicateLabelError, FileFormatError, LabelMismatchError, NotANumberError
from otmodels.measure import Measure, some
from otmodels.problem import TransportProblem
from otmodels.rows import Table, lacking, read_table

_LIST = ("source", "target", "mass")
_ATOM = {"side": (), "label": ("name", "id", "atom")}
"""Columns that say which atom a row is about, and what others call them."""

_CALLED = {
    "potential": ("f", "g", "dual", "value", "price"),
    "value": ("phi", "critic", "output", "potential", "f"),
}
"""What others call the column of a number that each atom has."""

_Entry: TypeAlias = tuple[int, int, float]


def read_plan(path: Path, problem: TransportProblem) -> csr_array:
    """Read a plan (n, m): a list of moves (columns source, target, mass) or a matrix with labels.

    Raises
    ------
    FileFormatError, LabelMismatchError, DuplicateLabelError, NotANumberError
        The message has the line.
    """
    table = read_table(path)
    read = _moves if set(_LIST) <= set(table.header) else _matrix
    entries = read(table, problem)
    i, j, mass = (np.array(part) for part in zip(*entries, strict=True))
    return csr_array(coo_array((mass.astype(np.float64), (i, j)), shape=problem.shape))


def read_potentials(path: Path, problem: TransportProblem) -> tuple[FloatArray | None, FloatArray | None]:
    """Read potentials f (n,) and g (m,), None for a side that the file does not have.

    Raises
    ------
    FileFormatError, LabelMismatchError, DuplicateLabelError, NotANumberError
        The message has the line.
    """
    return _of_atoms(path, problem, "potential")


def read_values(path: Path, problem: TransportProblem) -> tuple[FloatArray, FloatArray]:
    """Read the values of a critic at the sources (n,) and at the targets (m,).

    Raises
    ------
    FileFormatError, LabelMismatchError, DuplicateLabelError, NotANumberError
        The message has the line.
    """
    u, v = _of_atoms(path, problem, "value")
    if u is None or v is None:
        side = "source" if u is None else "target"
        raise LabelMismatchError(str(path), f"has no row of the side {side}", f"Give every {side} a value")
    return u, v


def _of_atoms(path: Path, problem: TransportProblem, column: str) -> tuple[FloatArray | None, FloatArray | None]:
    """Read a number for every source and every target, None for a side that the file does not have."""
    table = read_table(path)
    columns = {**_ATOM, column: _CALLED[column]}
    for name, called in columns.items():
        if name not in table.header:
            raise lacking(path, table.header, name, f"{name}s", called)
    places = {"source": _Places("source", problem.source), "target": _Places("target", problem.target)}
    found: dict[str, dict[int, float]] = {"source": {}, "target": {}}
    for line, row in table.rows:
        side, label, cell = (row[table.header.index(name)] for name in columns)
        if side not in found:
            raise FileFormatError(str(path), f"line {line} has the side {side!r}", "Write source or target")
        place = places[side].of(label, path, line)
        if place in found[side]:
            raise DuplicateLabelError(f"{path}, line {line}", f"repeats the {side} {label!r}", f"Give one {column} an atom")
        found[side][place] = _finite(table, line, column, cell)
    u, v = (places[side].filled(numbers, path, column) for side, numbers in found.items())
    return u, v


class _Places:
    """Where the atoms of a measure stand, by label as written in a file."""

    def __init__(self, side: str, measure: Measure) -> None:
        self.side = side
        self.labels = [str(label) for label in measure.labels]
        self.place = {label: k for k, label in enumerate(self.labels)}

    def of(self, label: str, path: Path, line: int) -> int:
        """Position of an atom."""
        if label not in self.place:
            remedy = f"The {self.side}s are {some(self.labels)}"
            raise LabelMismatchError(f"{path}, line {line}", f"{label!r} is not a {self.side} of the data", remedy)
        return self.place[label]

    def filled(self, numbers: dict[int, float], path: Path, column: str) -> FloatArray | None:
        """All numbers of the side in order; None where there is none at all."""
        if not numbers:
            return None
        missing = [label for k, label in enumerate(self.labels) if k not in numbers]
        if missing:
            remedy = f"Give every {self.side} a {column}" + (", or none" if column == "potential" else "")
            raise LabelMismatchError(str(path), f"lacks the {self.side} {some(missing)}", remedy)
        return np.array([numbers[k] for k in range(len(self.labels))])


def _moves(table: Table, problem: TransportProblem) -> list[_Entry]:
    path, header, rows = table.path, table.header, table.rows
    sources, targets = _Places("source", problem.source), _Places("target", problem.target)
    found: dict[tuple[int, int], float] = {}
    for line, row in rows:
        source, target, cell = (row[header.index(name)] for name in _LIST)
        pair = sources.of(source, path, line), targets.of(target, path, line)
        if pair in found:
            raise DuplicateLabelError(f"{path}, line {line}", f"repeats ({source}, {target})", "Give one mass a pair")
        found[pair] = _finite(table, line, "mass", cell)
    return [(i, j, mass) for (i, j), mass in found.items()]


def _matrix(table: Table, problem: TransportProblem) -> list[_Entry]:
    path, header, rows = table.path, table.header, table.rows
    sources, targets = _Places("source", problem.source), _Places("target", problem.target)
    if not set(header[1:]) & set(targets.labels):
        fault = f"line 1 names neither the columns {', '.join(_LIST)} nor the targets {some(targets.labels)}"
        raise FileFormatError(str(path), fault, "Give a list of moves, or a matrix with labels")
    columns = [targets.of(label, path, 1) for label in header[1:]]
    _all_there(path, targets, columns)
    at = [sources.of(row[0], path, line) for line, row in rows]
    for k, (line, row) in enumerate(rows):
        if at.index(at[k]) < k:
            raise DuplicateLabelError(f"{path}, line {line}", f"repeats the source {row[0]!r}", "Give one row a source")
    _all_there(path, sources, at)
    return [
        (i, j, _finite(table, line, targets.labels[j], cell))
        for i, (line, row) in zip(at, rows, strict=True)
        for j, cell in zip(columns, row[1:], strict=True)
    ]


def _all_there(path: Path, places: _Places, found: Sequence[int]) -> None:
    there = set(found)
    missing = [label for k, label in enumerate(places.labels) if k not in there]
    if missing:
        raise LabelMismatchError(str(path), f"lacks the {places.side} {some(missing)}", "Write 0 where nothing moves")


def _finite(table: Table, line: int, column: str, cell: str) -> float:
    read = float(table.number(line, column, cell))
    if not math.isfinite(read):
        raise NotANumberError(f"{table.path}, line {line}", f"column {column!r} holds {cell!r}", "Write a finite number")
    return read
