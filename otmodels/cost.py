"""Costs: what everything that uses one sees of it, by blocks and by pairs; and a matrix of costs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import checked_path
from otmodels.arrays import BoolArray, FloatArray, IndexArray, floats, read_only, travels, unmasked
from otmodels.errors import FileFormatError, InfiniteValueError, InputError, NotANumberError, ShapeError
from otmodels.measure import Measure, some
from otmodels.rows import read_table

BLOCK_ENTRIES = 1 << 21
"""Most entries of a block of costs that is held at once: 16 MiB of float64."""


class BaseCost(ABC):
    """C (n, m) as seen by everything that uses it: by blocks of rows, and pair by pair. +inf is a forbidden pair."""

    __slots__ = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(n, m)."""

    @abstractmethod
    def block(self, rows: slice) -> FloatArray:
        """C[rows, :], +inf at forbidden pairs; not to be written to."""

    @abstractmethod
    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""

    def entries(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """As `at`, to the last bit the numbers that blocks hold: what a certificate is about."""
        return self.at(i, j)

    @property
    @abstractmethod
    def description(self) -> str:
        """What the cost is, in words."""

    @property
    def threadsafe(self) -> bool:
        """Whether two threads may ask for blocks at the same time: not of a user's own function."""
        return True

    @property
    def bound(self) -> float:
        """A number that no |C_ij| is above, had without looking at pairs, no pair forbidden; +inf where none is known."""
        return np.inf

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user has to know of the costs besides their description, in sentences."""
        return ()

    def in_full(self, value: float) -> float:
        """A value in the unit of the costs as the user reads it."""
        return value

    @property
    def values(self) -> FloatArray:
        """C as a dense array (n, m), +inf at forbidden pairs."""
        return self.block(slice(0, self.shape[0]))

    def among(self, rows: IndexArray, columns: IndexArray) -> BaseCost:
        """The costs between some sources and some targets, by position."""
        return _Among(self, rows, columns)

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Blocks of rows, none above `BLOCK_ENTRIES` entries unless one row is."""
        n, m = self.shape
        step = max(1, BLOCK_ENTRIES // m)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            yield rows, self.block(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Among(BaseCost):
    """Some rows and columns of a cost."""

    whole: BaseCost
    rows: IndexArray
    columns: IndexArray

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.rows.size, self.columns.size

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return self.whole.description

    @property
    def threadsafe(self) -> bool:
        """As that of the whole."""
        return self.whole.threadsafe

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        chosen = self.rows[rows]
        i, j = np.repeat(chosen, self.columns.size), np.tile(self.columns, chosen.size)
        return self.whole.at(i, j).reshape(chosen.size, self.columns.size)

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self.whole.at(self.rows[i], self.columns[j])


@dataclass(frozen=True, slots=True, eq=False)
class OnPairs(BaseCost):
    """A cost on some pairs only, all others forbidden.

    Attributes
    ----------
    whole : BaseCost (n, m)
        The cost.
    keys : ndarray of int (k,)
        The pairs i m + j, ascending.
    """

    whole: BaseCost
    keys: IndexArray

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.whole.shape

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return f"{self.whole.description} on {self.keys.size} pairs"

    @property
    def notes(self) -> tuple[str, ...]:
        """As those of the whole."""
        return self.whole.notes

    def in_full(self, value: float) -> float:
        """As that of the whole."""
        return self.whole.in_full(value)

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :], +inf at all other pairs."""
        m = self.shape[1]
        first, last = np.searchsorted(self.keys, [rows.start * m, rows.stop * m])
        i, j = np.divmod(self.keys[first:last], m)
        block = np.full((rows.stop - rows.start, m), np.inf)
        block[i - rows.start, j] = self.whole.entries(i, j)
        return block

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        keys = i * self.shape[1] + j
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return np.where(self.keys[place] == keys, self.whole.entries(i, j), np.inf)


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Cost(BaseCost):
    """A cost matrix.

    Parameters
    ----------
    values : array_like or DataFrame, shape (n, m)
        Cost of moving one unit of mass; +inf marks a forbidden pair. A DataFrame brings source labels (its index) and
        target labels (its columns), to which a `TransportProblem` aligns.
    forbidden : array_like of bool, shape (n, m), optional
        Pairs that may carry no mass, besides those of infinite cost.

    Raises
    ------
    NotANumberError, InfiniteValueError, ShapeError

    Examples
    --------
    >>> Cost([[0, 1], [2, float("inf")]]).forbidden.tolist()
    [[False, False], [False, True]]
    """

    _values: FloatArray
    source_labels: pd.Index[Any] | None
    target_labels: pd.Index[Any] | None

    def __init__(self, values: npt.ArrayLike | pd.DataFrame, forbidden: npt.ArrayLike | None = None) -> None:
        labelled = isinstance(values, pd.DataFrame)
        matrix = floats("cost", values.to_numpy() if isinstance(values, pd.DataFrame) else values)
        if matrix.ndim != 2 or matrix.size == 0:
            raise ShapeError("cost", f"has shape {matrix.shape}", "Give one row a source and one column a target, shape (n, m)")
        source = values.index if isinstance(values, pd.DataFrame) else None
        target = values.columns if isinstance(values, pd.DataFrame) else None
        _check(matrix, source, target)
        if forbidden is not None:
            mask = np.asarray(unmasked("forbidden", forbidden))
            if mask.shape != matrix.shape or mask.dtype != np.bool_:
                raise ShapeError(
                    "forbidden", f"has shape {mask.shape} and type {mask.dtype}", f"Give booleans of shape {matrix.shape}"
                )
            matrix[mask] = np.inf
        object.__setattr__(self, "_values", read_only(matrix))
        object.__setattr__(self, "source_labels", source if labelled else None)
        object.__setattr__(self, "target_labels", target if labelled else None)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self._values.shape[0], self._values.shape[1]

    @property
    def description(self) -> str:
        """What the cost is, in words."""
        return "cost matrix"

    @property
    def forbidden(self) -> BoolArray:
        """Where no mass may move, (n, m)."""
        return np.isposinf(self._values)

    def block(self, rows: slice) -> FloatArray:
        """C[rows, :]."""
        return self._values[rows]

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""
        return self._values[i, j]

    def among(self, rows: IndexArray, columns: IndexArray) -> Cost:
        """The costs between some sources and some targets, by position."""
        return Cost(self._values[np.ix_(rows, columns)])

    def aligned(self, source: Measure, target: Measure) -> Cost:
        """The same costs with rows and columns in the order of the measures' labels.

        Raises
        ------
        LabelMismatchError, DuplicateLabelError
        """
        if self.source_labels is None or self.target_labels is None:
            return self
        rows = source.positions(self.source_labels, "cost, source labels")
        columns = target.positions(self.target_labels, "cost, target labels")
        return Cost(pd.DataFrame(self._values[np.ix_(rows, columns)], index=source.labels, columns=target.labels))

    def __repr__(self) -> str:
        return f"Cost({self.shape[0]} x {self.shape[1]}, {int(self.forbidden.sum())} forbidden)"


def read_cost(path: str | Path) -> Cost:
    """A cost matrix from a CSV file: first column = source labels, header = target labels, `inf` = forbidden.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8.

    Raises
    ------
    FileFormatError
        The file is missing, empty or malformed; the message has the line.
    """
    path = checked_path(path)
    table = read_table(path)
    targets = table.header[1:]
    if not targets:
        raise FileFormatError(
            str(path), "line 1 names no target", "Write the target labels in the header, after one cell for the source labels"
        )
    costs = [
        [float(table.number(line, name, cell)) for name, cell in zip(targets, row[1:], strict=True)] for line, row in table.rows
    ]
    try:
        return Cost(pd.DataFrame(costs, index=[row[0] for _, row in table.rows], columns=targets))
    except InputError as error:
        raise type(error)(f"{path}, {error.argument}", error.fault, error.remedy) from error


def _check(matrix: FloatArray, source: pd.Index[Any] | None, target: pd.Index[Any] | None) -> None:
    def pair(bad: BoolArray) -> str:
        i, j = np.argwhere(bad)[0]
        return f"({some([i if source is None else source[i]])}, {some([j if target is None else target[j]])})"

    if np.isnan(matrix).any():
        raise NotANumberError("cost", f"is NaN at {pair(np.isnan(matrix))}", "Give a number, +inf for a forbidden pair")
    if np.isneginf(matrix).any():
        raise InfiniteValueError(
            "cost", f"is -inf at {pair(np.isneginf(matrix))}", "Costs must be finite, or +inf for a forbidden pair"
        )
