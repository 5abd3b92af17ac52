"""Array types and the conversions that every entry point shares."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from otmodels.errors import InputError, NotANumberError, ParameterError, ShapeError

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Kind = TypeVar("Kind")

LARGEST_INTEGER = 2**53
"""From here on not every integer is a float64."""


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, no longer writeable."""
    array.setflags(write=False)
    return array


def travels(cls: type[Kind]) -> type[Kind]:
    """Class decorator: pickled or copied, what was a read-only array is one again, which numpy alone would not see to."""
    for name, method in (("__getstate__", _state), ("__setstate__", _restore)):
        setattr(cls, name, method)
    return cls


def _state(self: Any) -> tuple[dict[str, Any], list[str]]:
    """All attributes, and which of them are read-only."""
    slots = [field.name for field in fields(self)]
    held = dict(self.__dict__) if hasattr(self, "__dict__") else {name: getattr(self, name) for name in slots}
    return held, [name for name, value in held.items() if not any(array.flags.writeable for array in _arrays(value))]


def _restore(self: Any, state: tuple[dict[str, Any], list[str]]) -> None:
    held, sealed = state
    for name, value in held.items():
        object.__setattr__(self, name, value)
    for name in sealed:
        for array in _arrays(held[name]):
            read_only(array)


def _arrays(value: Any) -> list[npt.NDArray[Any]]:
    """The array that a value is, or those that a list, a tuple or a mapping holds."""
    parts = value if isinstance(value, list | tuple) else value.values() if isinstance(value, Mapping) else [value]
    return [part for part in parts if isinstance(part, np.ndarray)]


def unmasked(argument: str, data: Any) -> Any:
    """The data, of a masked array that masks nothing the array.

    Raises
    ------
    NotANumberError
        Something is masked: what is to stand there, nobody said.
    """
    masks = data if isinstance(data, list | tuple) else [data]
    for row, part in enumerate(masks):
        if isinstance(part, np.ma.MaskedArray) and np.ma.getmaskarray(part).any():
            first = np.argwhere(np.ma.getmaskarray(part))[0].tolist()
            where = ", ".join(map(str, first if part is data else [row, *first]))
            remedy = "Say what stands there, masked.filled(value), or leave it out"
            raise NotANumberError(argument, f"is masked at position {where}", remedy)
    return np.ma.getdata(data) if isinstance(data, np.ma.MaskedArray) else data


def numbers(argument: str, data: npt.ArrayLike) -> npt.NDArray[Any]:
    """The data as an array of real numbers, integers still integers, missing values NaN.

    Raises
    ------
    ShapeError
        They are not numbers, or not an array.
    NotANumberError
        They are masked.
    ParameterError
        An integer is beyond 2^53 and has no exact float64.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of numpy, where a list holds what is masked
            array = np.asarray(unmasked(argument, data))
            array = _of_objects(argument, array) if array.dtype == object else array
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError, UserWarning) as error:
        raise ShapeError(argument, f"is not an array of numbers ({error})", "Give real numbers") from error
    if array.dtype.kind not in "iufb":
        raise ShapeError(argument, f"has entries of type {array.dtype}", "Give real numbers")
    return array.astype(np.int64) if array.dtype.kind == "b" else array


def _of_objects(argument: str, array: npt.NDArray[Any]) -> FloatArray:
    """Python's numbers, fractions and decimals as floats; text is none, though it may look like one."""
    for entry in array.flat:
        if isinstance(entry, str | bytes):
            raise ShapeError(argument, f"holds the text {entry!r}", "Give real numbers")
        if isinstance(entry, int) and abs(entry) >= LARGEST_INTEGER:
            raise _too_long(argument)
    return np.where(pd.isna(array), np.nan, array).astype(np.float64)


def _too_long(argument: str) -> ParameterError:
    return ParameterError(argument, "holds integers beyond 2^53, which floating point rounds", "Use a larger unit")


def floats(argument: str, data: npt.ArrayLike) -> FloatArray:
    """A float64 copy of the data, exact.

    Raises
    ------
    ShapeError
        They are not numbers.
    NotANumberError
        They are masked.
    ParameterError
        An integer is beyond 2^53 and has no exact float64.
    """
    array = numbers(argument, data)
    with np.errstate(over="ignore"):
        values = array.astype(np.float64)
    if array.dtype.kind in "iu" and (np.abs(values) >= LARGEST_INTEGER).any():
        raise _too_long(argument)
    return values


def read_points(points: npt.ArrayLike, dimension: int, argument: str = "points") -> FloatArray:
    """Points (k, d) of a given dimension, those on the line also as (k,).

    Raises
    ------
    ShapeError, NotANumberError
    """
    given = floats(argument, points)
    given = given[:, None] if given.ndim == 1 and dimension == 1 else given
    if given.ndim != 2 or given.shape[1] != dimension:
        raise ShapeError(argument, f"have shape {np.shape(points)}", f"Give shape (k, {dimension})")
    if not np.isfinite(given).all():
        raise NotANumberError(argument, "hold NaN or infinite coordinates", "Give finite numbers")
    return given


def rounding_of(data: npt.NDArray[Any]) -> float:
    """Relative rounding error carried by data of this type: 0 for integers, the machine epsilon for floats."""
    if np.issubdtype(data.dtype, np.floating):
        return max(float(np.finfo(data.dtype).eps), float(np.finfo(np.float64).eps))
    return 0.0


def spanning_forest(weights: FloatArray, ends: tuple[IndexArray, IndexArray], nodes: int) -> csr_array:
    """The edges of a spanning forest of least weight, as a matrix (nodes, nodes) of their weights, which are not 0.

    Examples
    --------
    >>> spanning_forest(np.array([2.0, 1.0, 3.0]), (np.array([0, 1, 0]), np.array([1, 2, 2])), 4).sum()
    np.float64(3.0)
    """
    tail, head = (end.astype(np.int32) for end in ends)  # SciPy before 1.17.1 takes no wider ones here
    return csr_array(minimum_spanning_tree(coo_array((weights, (tail, head)), shape=(nodes, nodes))))
