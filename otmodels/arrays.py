"""Array types and the conversions that every entry point shares."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from otmodels.errors import ParameterError, ShapeError

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, no longer writeable."""
    array.setflags(write=False)
    return array


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


def spanning_forest(weights: FloatArray, ends: tuple[IndexArray, IndexArray], nodes: int) -> csr_array:
    """The edges of a spanning forest of least weight, as a matrix (nodes, nodes) of their weights, which are not 0.

    Examples
    --------
    >>> spanning_forest(np.array([2.0, 1.0, 3.0]), (np.array([0, 1, 0]), np.array([1, 2, 2])), 4).sum()
    np.float64(3.0)
    """
    tail, head = (end.astype(np.int32) for end in ends)  # SciPy before 1.17.1 takes no wider ones here
    return csr_array(minimum_spanning_tree(coo_array((weights, (tail, head)), shape=(nodes, nodes))))
