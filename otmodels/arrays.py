"""Array types and the conversions that every entry point shares."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from otmodels.errors import ParameterError, ShapeError

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Kind = TypeVar("Kind")


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
    """The array that a value is, or those that a list or a tuple holds."""
    return [part for part in (value if isinstance(value, list | tuple) else [value]) if isinstance(part, np.ndarray)]


def numbers(argument: str, data: npt.ArrayLike) -> npt.NDArray[Any]:
    """The data as an array of real numbers, integers still integers.

    Raises
    ------
    ShapeError
        They are not numbers, or not an array.
    """
    try:
        array = np.asarray(data)
        if array.dtype == object:
            array = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ShapeError(argument, f"is not an array of numbers ({error})", "Give real numbers") from error
    if array.dtype.kind not in "iufb":
        raise ShapeError(argument, f"has entries of type {array.dtype}", "Give real numbers")
    return array.astype(np.int64) if array.dtype.kind == "b" else array


def floats(argument: str, data: npt.ArrayLike) -> FloatArray:
    """A float64 copy of the data, exact.

    Raises
    ------
    ShapeError
        They are not numbers.
    ParameterError
        An integer is beyond 2^53 and has no exact float64.
    """
    array = numbers(argument, data)
    values = array.astype(np.float64)
    if array.dtype.kind in "iu" and (np.abs(values) >= 2.0**53).any():
        raise ParameterError(argument, "holds integers beyond 2^53, which floating point rounds", "Use a larger unit")
    return values


def rounding_of(data: npt.NDArray[Any]) -> float:
    """Relative rounding error carried by data of this type: 0 for integers, the machine epsilon for floats."""
    if np.issubdtype(data.dtype, np.floating):
        return float(np.finfo(data.dtype).eps)
    return 0.0
