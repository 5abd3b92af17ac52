"""Farkas' lemma, run: either A x = b has a solution x >= 0, or some y has A'y <= 0 and b'y > 0, and never both.

Never both: x >= 0 with A x = b gives b'y = x'(A'y) <= 0. Never neither: the first phase of the simplex method, min sum of what
is missing, comes to 0 or has multipliers that are such a y.

Source: Farkas (1902), Theorie der einfachen Ungleichungen; Matousek and Gaertner (2007), section 6.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, diags_array, hstack, issparse

from otmodels.arrays import FloatArray
from otmodels.checks import Check
from otmodels.errors import InfiniteValueError, NotANumberError, ShapeError, SolveError
from otmodels.lp.engine import run
from otmodels.lp.exact import alternative
from otmodels.lp.program import Program, numbered
from otmodels.tolerances import DEFAULT

EXACT_ENTRIES = 2500
"""Largest number of entries of a system that is decided in exact arithmetic from the start; larger ones are decided in
floating point, and the answer is then checked, and where possible repaired, in exact arithmetic."""

LARGEST_DENOMINATOR = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Farkas:
    """One of the two alternatives.

    Attributes
    ----------
    x : ndarray (n,) or None
        x >= 0 with A x = b.
    y : ndarray (m,) or None
        A'y <= 0, b'y > 0, scaled to b'y = 1.
    exact : tuple of Fraction or None
        The same in rational numbers, for which the alternative holds without any rounding, A and b read as the rationals
        that their floats are; None where only the floating-point numbers were verified.
    checks : tuple of Check
        What was recomputed in numpy.
    """

    x: FloatArray | None
    y: FloatArray | None
    exact: tuple[Fraction, ...] | None
    checks: tuple[Check, ...]

    @property
    def feasible(self) -> bool:
        """Whether A x = b has a solution x >= 0."""
        return self.x is not None

    @property
    def verified(self) -> bool:
        """Whether the alternative was verified, in numpy, and in exact arithmetic where `exact` is given."""
        return all(check.passed for check in self.checks)

    def __repr__(self) -> str:
        found = "x >= 0 with A x = b" if self.feasible else "y with A'y <= 0, b'y > 0"
        return f"Farkas({found}, {'exact' if self.exact else 'in floating point'})"


def farkas(
    A: npt.ArrayLike | csc_array | csr_array,  # noqa: N803 - the symbol of the mathematics
    b: npt.ArrayLike,
    *,
    exact: bool | None = None,
) -> Farkas:
    """Decide A x = b, x >= 0, and prove the answer.

    Parameters
    ----------
    A : array_like or sparse array, shape (m, n)
        Numbers or Fractions.
    b : array_like, shape (m,)
        Numbers or Fractions.
    exact : bool, optional
        Whether to decide in rational numbers, floats read as the rationals that they are; so are small systems where it is
        omitted. Floats that agree up to rounding only, such as the totals of two marginals, are then different numbers:
        False decides in floating point, up to rounding.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError
        Shapes that do not match; entries that are not finite.
    SolveError
        Neither alternative could be verified; the message says what was tried.

    Examples
    --------
    >>> farkas([[1, 1], [1, -1]], [2, 0]).x.tolist()
    [1.0, 1.0]
    >>> farkas([[1, 1]], [-1]).y.tolist()
    [-1.0]
    """
    matrix, right = _read(A, b)
    small = matrix.shape[0] * max(matrix.shape[1], 1) <= EXACT_ENTRIES
    if small if exact is None else exact:
        x, y = alternative(_fractions(A, matrix), _fraction_row(b, right))
        if y is not None:
            scale = sum((entry * side for entry, side in zip(y, _fraction_row(b, right), strict=True)), Fraction(0))
            y = [entry / scale for entry in y]
        return _answer(matrix, right, _floats(x), _floats(y), tuple(x if x is not None else y or []))
    return _large(matrix, right)


def _large(matrix: csr_array, right: FloatArray) -> Farkas:
    """Decided by a solver in floating point, then made exact where that can be done by rounding to simple fractions."""
    rows, columns = matrix.shape
    signs = diags_array(np.where(right < 0, -1.0, 1.0))
    phase_one = Program(
        np.concatenate([np.zeros(columns), np.ones(rows)]),
        csc_array(hstack([matrix, signs])),
        right.copy(),
        right.copy(),
        np.zeros(columns + rows),
        np.full(columns + rows, np.inf),
        numbered("row_", rows),
        numbered("column_", columns + rows),
    )
    outcome = run(phase_one)
    if outcome.x is None or outcome.y is None:
        raise SolveError(f"neither alternative was found: {outcome.status.termination.value}", outcome.status)
    x, y = outcome.x[:columns], outcome.y
    first = _answer(matrix, right, x, None, None)
    if first.verified:
        return first
    gain = float(right @ y)
    if gain > 0:
        y = y / gain
        simple = tuple(Fraction(entry).limit_denominator(LARGEST_DENOMINATOR) for entry in (y * gain).tolist())
        exact = _scaled(simple, right) if _is_certificate(matrix, right, simple) else None
        second = _answer(matrix, right, None, y if exact is None else np.array([float(e) for e in exact]), exact)
        if second.verified:
            return second
    message = "neither alternative could be verified in floating point: the system is feasible or not by rounding alone"
    raise SolveError(message, outcome.status)


def _scaled(y: Sequence[Fraction], right: FloatArray) -> tuple[Fraction, ...]:
    gain = sum((entry * Fraction(side) for entry, side in zip(y, right.tolist(), strict=True)), Fraction(0))
    return tuple(entry / gain for entry in y)


def _is_certificate(matrix: csr_array, right: FloatArray, y: Sequence[Fraction]) -> bool:
    """Whether A'y <= 0 and b'y > 0 exactly."""
    columns = csc_array(matrix)
    for j in range(columns.shape[1]):
        span = slice(columns.indptr[j], columns.indptr[j + 1])
        terms = zip(columns.indices[span].tolist(), columns.data[span].tolist(), strict=True)
        if sum((y[i] * Fraction(entry) for i, entry in terms), Fraction(0)) > 0:
            return False
    return sum((entry * Fraction(side) for entry, side in zip(y, right.tolist(), strict=True)), Fraction(0)) > 0


def _answer(
    matrix: csr_array, right: FloatArray, x: FloatArray | None, y: FloatArray | None, exact: tuple[Fraction, ...] | None
) -> Farkas:
    """The alternative with its checks, each row and column relative to the size of the terms that it sums."""
    size = abs(matrix)
    if x is not None:
        terms = np.maximum(np.abs(right), size @ np.abs(x))
        residual = _relative(np.abs(matrix @ x - right), terms)
        checks = (
            Check("A x = b (relative)", float(residual.max(initial=0.0)), DEFAULT.marginal),
            Check("x >= 0", float(-x.min(initial=0.0)), 0.0),
        )
        return Farkas(x, None, exact, checks)
    assert y is not None
    excess = _relative(np.maximum(matrix.T @ y, 0.0), size.T @ np.abs(y))
    gain, gained = float(right @ y), float(np.abs(right) @ np.abs(y))
    checks = (
        Check("A'y <= 0 (relative)", float(excess.max(initial=0.0)), DEFAULT.slack),
        Check("b'y > 0", 0.0 if gain > DEFAULT.gap * gained else 1.0, 0.5),
    )
    return Farkas(None, y, exact, checks)


def _relative(violation: FloatArray, size: FloatArray) -> FloatArray:
    return np.divide(violation, size, out=np.zeros_like(violation), where=size > 0)


def _floats(values: Sequence[Fraction] | None) -> FloatArray | None:
    return None if values is None else np.array([float(value) for value in values], dtype=np.float64)


def _fractions(given: Any, matrix: csr_array) -> list[list[Fraction]]:
    dense = matrix.toarray() if issparse(given) or not _is_rational(given) else np.asarray(given, dtype=object)
    return [[Fraction(entry) for entry in row] for row in dense.tolist()]


def _fraction_row(given: Any, right: FloatArray) -> list[Fraction]:
    values = np.asarray(given, dtype=object).tolist() if _is_rational(given) else right.tolist()
    return [Fraction(entry) for entry in values]


def _is_rational(given: Any) -> bool:
    """Whether the entries are Fractions or integers, which floats might round."""
    return np.asarray(given).dtype == object


def _read(A: Any, b: Any) -> tuple[csr_array, FloatArray]:  # noqa: N803
    try:
        matrix = csr_array(A, dtype=np.float64) if issparse(A) else csr_array(np.atleast_2d(np.asarray(A, dtype=np.float64)))
        right = np.asarray(b, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError("A, b", f"are not arrays of numbers ({error})", "Give A of shape (m, n) and b of shape (m,)") from error
    if right.ndim != 1 or right.size != matrix.shape[0]:
        raise ShapeError("b", f"has shape {right.shape} for A of shape {matrix.shape}", f"Give shape ({matrix.shape[0]},)")
    for argument, values in (("A", matrix.data), ("b", right)):
        if not np.isfinite(values).all():
            kind = NotANumberError if np.isnan(values).any() else InfiniteValueError
            raise kind(argument, "holds entries that are not finite", "Give finite numbers")
    return matrix, right
