"""Linear programs in general form, with named rows and columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Self, overload

import numpy as np
from scipy.sparse import csc_array, issparse

from otmodels.arguments import check_type
from otmodels.arrays import FloatArray, IndexArray, read_only, travels
from otmodels.errors import DuplicateLabelError, InfiniteValueError, NotANumberError, ParameterError, ShapeError


class Names(Sequence[str]):
    """Names that are made when somebody looks at them: a program of 250,000 columns is solved without.

    Parameters
    ----------
    size : int
        How many there are.
    make : callable
        Makes them all.
    """

    def __init__(self, size: int, make: Callable[[], list[str]]) -> None:
        self._size = size
        self._make = make
        self._made: list[str] | None = None

    def _all(self) -> list[str]:
        if self._made is None:
            self._made = self._make()
        return self._made

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._all()[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"Names({self._size})"

    def __copy__(self) -> Names:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Names:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """What makes names may not travel; the names do."""
        return Names, (self._size, partial(list, self._all()))


def numbered(prefix: str, size: int) -> Names:
    """Names prefix0, prefix1, ..."""
    return Names(size, lambda: [f"{prefix}{k}" for k in range(size)])


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """min or max c'x + offset subject to row_lower <= A x <= row_upper, lower <= x <= upper.

    Multipliers y follow one convention: y_i is d(optimal value)/d(right-hand side of row i), whatever the sense.

    Attributes
    ----------
    c : ndarray (k,)
        Costs.
    A : csc_array (r, k)
        Matrix; a dense one, or one of another sparse format, is converted.
    row_lower, row_upper : ndarray (r,)
        Bounds on the rows, equal in an equality row, infinite where there is none.
    lower, upper : ndarray (k,)
        Bounds on the variables.
    row_names, column_names : sequence of str
        Names, each its own; those that are made when somebody looks (`Names`) are checked where they are compared.
    sense : {"min", "max"}
        Direction.
    offset : float
        Constant in the objective.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, DuplicateLabelError, ParameterError
    """

    c: FloatArray
    A: csc_array
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_names: Sequence[str]
    column_names: Sequence[str]
    sense: Literal["min", "max"] = "min"
    offset: float = field(default=0.0)

    def __post_init__(self) -> None:
        if not issparse(self.A) or self.A.format != "csc":
            object.__setattr__(self, "A", csc_array(self.A))
        rows, columns = self.A.shape
        sizes = {
            "c": (self.c.shape, columns),
            "row_lower": (self.row_lower.shape, rows),
            "row_upper": (self.row_upper.shape, rows),
            "lower": (self.lower.shape, columns),
            "upper": (self.upper.shape, columns),
            "row_names": ((len(self.row_names),), rows),
            "column_names": ((len(self.column_names),), columns),
        }
        for argument, (shape, size) in sizes.items():
            if shape != (size,):
                raise ShapeError(argument, f"has shape {shape} for a matrix {rows} x {columns}", f"Give shape ({size},)")
        for argument in ("c", "row_lower", "row_upper", "lower", "upper"):
            if np.isnan(getattr(self, argument)).any():
                raise NotANumberError(argument, "holds NaN", "Give numbers; a missing bound is infinite")
            object.__setattr__(self, argument, read_only(getattr(self, argument).view()))
        for argument in ("row_names", "column_names"):
            if not isinstance(getattr(self, argument), Names):
                _check_names(argument, getattr(self, argument))
        if not (np.isfinite(self.c).all() and np.isfinite(self.A.data).all() and np.isfinite(self.offset)):
            raise InfiniteValueError("c, A, offset", "hold NaN or infinite entries", "Costs and coefficients must be finite")
        if self.sense not in ("min", "max"):
            raise ParameterError("sense", f"is {self.sense!r}", "Choose 'min' or 'max'")
        self._check_bounds()

    def _check_bounds(self) -> None:
        sides = (
            ("row", self.row_names, self.row_lower, self.row_upper),
            ("column", self.column_names, self.lower, self.upper),
        )
        for kind, names, lower, upper in sides:
            nowhere = np.isposinf(lower) | np.isneginf(upper)
            if nowhere.any():
                fault = f"{kind} {names[int(nowhere.argmax())]} has an infinite bound on the wrong side"
                raise InfiniteValueError("bounds", fault, "A lower bound is finite or -inf, an upper one finite or inf")

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.A.shape[0], self.A.shape[1]

    @property
    def has_crossed_bounds(self) -> bool:
        """Whether the lower bound of a row or of a variable is above its upper one, be it by one float."""
        return bool((self.lower > self.upper).any() or (self.row_lower > self.row_upper).any())

    @property
    def b(self) -> FloatArray:
        """Right-hand side of a program whose rows each have one: equalities, or bounded on one side.

        Raises
        ------
        ShapeError
            A row is free, or bounded on both sides by different numbers.
        """
        equal = self.row_lower == self.row_upper
        below, above = np.isfinite(self.row_lower), np.isfinite(self.row_upper)
        unclear = ~(equal | (below ^ above))
        if unclear.any():
            name = self.row_names[int(unclear.argmax())]
            raise ShapeError("b", f"row {name} has no single right-hand side", "Use row_lower and row_upper")
        return np.where(below, self.row_lower, self.row_upper)

    def value(self, x: FloatArray) -> float:
        """Objective at x (k,)."""
        return float(self.c @ x) + self.offset

    def ordered(self) -> Self:
        """The same program with rows and columns sorted by name, so that two of them can be compared entry by entry.

        Raises
        ------
        DuplicateLabelError
        """
        rows, columns = _order("row_names", self.row_names), _order("column_names", self.column_names)
        matrix = csc_array(self.A[rows][:, columns])
        matrix.sort_indices()
        return type(self)(
            self.c[columns],
            matrix,
            self.row_lower[rows],
            self.row_upper[rows],
            self.lower[columns],
            self.upper[columns],
            [self.row_names[i] for i in rows],
            [self.column_names[j] for j in columns],
            self.sense,
            self.offset,
        )

    def same_as(self, other: Program, rows: IndexArray | None = None, columns: IndexArray | None = None) -> bool:
        """Whether `other`, its rows and columns taken in the given order, is this program to the last bit, names aside.

        Where no order is given, they are taken as they come.
        """
        rows = np.arange(other.shape[0]) if rows is None else rows
        columns = np.arange(other.shape[1]) if columns is None else columns
        vectors = (
            (self.c, other.c, columns),
            (self.lower, other.lower, columns),
            (self.upper, other.upper, columns),
            (self.row_lower, other.row_lower, rows),
            (self.row_upper, other.row_upper, rows),
        )
        if (self.shape, self.sense, self.offset) != ((rows.size, columns.size), other.sense, other.offset):
            return False
        if not all(np.array_equal(mine, theirs[order]) for mine, theirs, order in vectors):
            return False
        mine, theirs = self.A.copy(), other.A
        if not np.array_equal(columns, np.arange(columns.size)):
            theirs = csc_array(theirs[:, columns])
        position = np.empty(rows.size, dtype=theirs.indices.dtype)
        position[rows] = np.arange(rows.size, dtype=position.dtype)
        theirs = csc_array((theirs.data.copy(), position[theirs.indices], theirs.indptr), shape=theirs.shape)
        for matrix in (mine, theirs):
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        pairs = ((mine.indptr, theirs.indptr), (mine.indices, theirs.indices), (mine.data, theirs.data))
        return all(np.array_equal(one, two) for one, two in pairs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sense}, {self.shape[0]} rows, {self.shape[1]} columns, {self.A.nnz} nonzeros)"


def _check_names(argument: str, names: Sequence[str]) -> None:
    other = next((name for name in names if not isinstance(name, str)), None)
    if other is not None:
        raise ParameterError(argument, f"hold {other!r} of type {type(other).__name__}", "Give strings")
    _check_unique(argument, names)


def _check_unique(argument: str, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        repeated = next(name for name, times in Counter(names).items() if times > 1)
        raise DuplicateLabelError(argument, f"repeats {repeated!r}", "Rows and columns are told apart by name: rename one")


def _order(argument: str, names: Sequence[str]) -> list[int]:
    _check_unique(argument, names)
    return sorted(range(len(names)), key=lambda k: names[k])


def check_program(argument: str, given: object) -> None:
    """Raise unless it is a linear program.

    Raises
    ------
    ParameterError
    """
    check_type(argument, given, Program, "Make one: LinearProgram.standard(c, A, b) or LinearProgram.read_mps(path)")
