"""Array types and the conversions that every entry point shares."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IndexArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, no longer writeable."""
    array.setflags(write=False)
    return array


def rounding_of(data: npt.NDArray[Any]) -> float:
    """Relative rounding error carried by data of this type: 0 for integers, the machine epsilon for floats."""
    if np.issubdtype(data.dtype, np.floating):
        return float(np.finfo(data.dtype).eps)
    return 0.0
