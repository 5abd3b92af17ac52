"""The dual of a linear program, weak duality term by term.

For a program in normal form, min c'x: a row >= b has a multiplier y >= 0, a row <= b one <= 0, a row = b a free one; a variable
x >= 0 gives the row A'y <= c, x <= 0 the row A'y >= c, a free x the row A'y = c; the dual is max b'y. For a maximum all
signs turn. A multiplier is d(optimal value)/d(right-hand side) either way, so that the dual's optimal point are the primal's
multipliers and the other way round.

Source: Dantzig (1963), chapter 6; Matousek and Gaertner (2007), section 6.2.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray, floats
from otmodels.errors import InfiniteValueError, NotANumberError, ParameterError, ShapeError
from otmodels.lp.conversion import normal_form
from otmodels.lp.program import Program, check_program

P = TypeVar("P", bound=Program)


def dual(program: P) -> P:
    """The dual: a variable a row and a row a variable, of the same names; the dual of the dual is the normal form again.

    Parameters
    ----------
    program : Program
        Any; taken in its normal form, see `otmodels.lp.conversion`.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> bread = LinearProgram.canonical([2.0, 3.0], [[1.0, 1.0], [1.0, 2.0]], [4.0, 6.0])
    >>> dual(bread)
    LinearProgram(max, 2 rows, 2 columns, 4 nonzeros)
    """
    normal = normal_form(program).program
    least = normal.sense == "min"
    lower_row, upper_row = np.isfinite(normal.row_lower), np.isfinite(normal.row_upper)
    below, above = np.isfinite(normal.lower), np.isfinite(normal.upper)
    positive, negative = (lower_row, upper_row) if least else (upper_row, lower_row)
    at_most, at_least = (below, above) if least else (above, below)
    equal = ~(below | above)
    return type(program)(
        normal.b.copy(),
        csc_array(normal.A.T),
        np.where(at_least | equal, normal.c, -np.inf),
        np.where(at_most | equal, normal.c, np.inf),
        np.where(positive & ~negative, 0.0, -np.inf),
        np.where(negative & ~positive, 0.0, np.inf),
        normal.column_names,
        normal.row_names,
        "max" if least else "min",
        normal.offset,
    )


def weak_duality(program: Program, x: npt.ArrayLike, y: npt.ArrayLike) -> pd.DataFrame:
    """The gap c'x - b'y split into its terms: where the gap between a point and multipliers sits.

    With z = c - A'y, c'x - b'y = sum_j x_j z_j + sum_i y_i (A x - b)_i. For feasible x and y of a minimum all terms are
    >= 0, of a maximum <= 0, and their sum is the gap.

    Parameters
    ----------
    program : Program
        In normal form: one right-hand side a row, one sign a variable.
    x, y : ndarray (k,), (r,)
        Point and row multipliers, feasible or not.

    Returns
    -------
    DataFrame
        One row a term, indexed by (kind, name): the two factors, the term, and the violation, 0 where the variable, the
        row, and both signs are feasible.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError
    ParameterError
        The program is not in normal form, where the terms of feasible points may have any sign.
    """
    check_program("program", program)
    _check_normal(program)
    x, y = (_vector(name, v, size) for name, v, size in (("x", x, program.shape[1]), ("y", y, program.shape[0])))
    sign = 1.0 if program.sense == "min" else -1.0
    b, z, activity = program.b, program.c - program.A.T @ y, program.A @ x
    outside_x = np.maximum.reduce([program.lower - x, x - program.upper, np.zeros_like(x)])
    outside_row = np.maximum.reduce([program.row_lower - activity, activity - program.row_upper, np.zeros_like(y)])
    wrong_z = _wrong_sign(sign * z, program.lower, program.upper)
    wrong_y = _wrong_sign(sign * y, program.row_lower, program.row_upper)
    columns = {
        "first": np.concatenate([x, y]),
        "second": np.concatenate([z, activity - b]),
        "term": np.concatenate([x * z, y * (activity - b)]),
        "primal_violation": np.concatenate([outside_x, outside_row]),
        "dual_violation": np.concatenate([wrong_z, wrong_y]),
    }
    kinds = ["x_j (c - A'y)_j"] * x.size + ["y_i (A x - b)_i"] * y.size
    index = pd.MultiIndex.from_arrays([kinds, [*program.column_names, *program.row_names]], names=["kind", "name"])
    return pd.DataFrame(columns, index=index)


def _check_normal(program: Program) -> None:
    single = (program.row_lower == program.row_upper) | (np.isfinite(program.row_lower) ^ np.isfinite(program.row_upper))
    below, above = np.isfinite(program.lower), np.isfinite(program.upper)
    signed = ~(below & above) & ~(below & (program.lower != 0)) & ~(above & (program.upper != 0))
    for kind, normal, names, wanted in (
        ("row", single, program.row_names, "one right-hand side"),
        ("variable", signed, program.column_names, "no bounds but a sign"),
    ):
        if not normal.all():
            fault = f"is not in normal form: {kind} {names[int(normal.argmin())]} should have {wanted}"
            raise ParameterError("program", fault, "Take program.normal_form().program")


def _wrong_sign(multiplier: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """How far a multiplier of a minimum is on the side of a bound that is not there."""
    upward = np.where(np.isfinite(lower), 0.0, np.maximum(multiplier, 0.0))
    return np.asarray(upward + np.where(np.isfinite(upper), 0.0, np.maximum(-multiplier, 0.0)))


def _vector(argument: str, values: npt.ArrayLike, size: int) -> FloatArray:
    vector = floats(argument, values)
    if vector.shape != (size,):
        raise ShapeError(argument, f"has shape {vector.shape}", f"Give shape ({size},)")
    if not np.isfinite(vector).all():
        kind = NotANumberError if np.isnan(vector).any() else InfiniteValueError
        raise kind(argument, "holds entries that are not finite", "Give finite numbers")
    return vector
