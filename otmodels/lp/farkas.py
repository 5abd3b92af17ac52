"""Farkas' lemma, run: either A x = b has a solution x >= 0, or some y has A'y <= 0 and b'y > 0, and never both.

Never both: x >= 0 with A x = b gives b'y = x'(A'y) <= 0. Never neither: the first phase of the simplex method, min sum of what
is missing, comes to 0 or has multipliers that are such a y.

Source: Farkas (1902), Theorie der einfachen Ungleichungen; Matousek and Gaertner (2007), section 6.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, diags_array, find, hstack, issparse

from otmodels.arrays import FloatArray, numbers
from otmodels.checks import Check
from otmodels.errors import InfiniteValueError, NotANumberError, ParameterError, ShapeError, SolveError
from otmodels.lp.engine import run
from otmodels.lp.exact import alternative
from otmodels.lp.program import Program, numbered
from otmodels.lp.verified import safe_gain, signed_multipliers
from otmodels.lp.vertex import Point, repair
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
        The same in rational numbers, where the alternative was recomputed in them and holds without any rounding, floats read
        as the rationals that they are; None where only the floating-point numbers were verified.
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
        """Whether the alternative was verified: in exact arithmetic where `exact` is given, else in numpy."""
        return self.exact is not None or all(check.passed for check in self.checks)

    @property
    def by_rounding(self) -> bool:
        """Whether the alternative holds exactly, but by so little that rounding of the data may have decided it."""
        return self.exact is not None and not all(check.passed for check in self.checks)

    def __repr__(self) -> str:
        found = "x >= 0 with A x = b" if self.feasible else "y with A'y <= 0, b'y > 0"
        how = "exact, but by rounding alone" if self.by_rounding else "exact" if self.exact is not None else "in floating point"
        return f"Farkas({found}, {how})"


def farkas(
    A: npt.ArrayLike | Sequence[Any] | csc_array | csr_array,  # noqa: N803 - the symbol of the mathematics
    b: npt.ArrayLike | Sequence[Any],
    *,
    exact: bool | None = None,
) -> Farkas:
    """Decide A x = b, x >= 0, and prove the answer.

    Parameters
    ----------
    A : array_like or sparse array, shape (m, n)
        Numbers or Fractions. Integers and Fractions are taken as they are, never rounded to floats.
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
    ParameterError
        The answer is known in rational numbers that no float is near to.
    SolveError
        Neither alternative could be verified; the message says what was tried.

    Examples
    --------
    >>> farkas([[1, 1], [1, -1]], [2, 0]).x.tolist()
    [1.0, 1.0]
    >>> farkas([[1, 1]], [-1]).y.tolist()
    [-1.0]
    """
    system = _System.of(A, b)
    rows, columns = system.matrix.shape
    small = rows * max(columns, 1) <= EXACT_ENTRIES
    if small if exact is None else exact:
        dense = [[row.get(j, Fraction(0)) for j in range(columns)] for row in system.rows()]
        x, y = alternative(dense, system.rational_right, columns)
        if x is not None:
            return _answer(system, _floats(x), None, system.solution(x))
        certificate = system.certificate(y or [])
        return _answer(system, None, _floats(certificate), certificate)
    return _large(system)


def _large(system: _System) -> Farkas:
    """Decided by a solver in floating point, then made exact where that can be done by rounding to simple fractions."""
    matrix, right = system.matrix, system.right
    rows, columns = matrix.shape
    units = _row_units(matrix)  # an artificial variable counts in its row's unit, next to which 1 may be nothing
    signs = diags_array(np.where(right < 0, -units, units))
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
    stated = Program(
        np.zeros(columns), csc_array(matrix), right, right, np.zeros(columns), np.full(columns, np.inf),
        numbered("row_", rows), numbered("x_", columns),
    )  # fmt: skip
    x, y = outcome.x[:columns], outcome.y
    point = repair(stated, x, y, phase_one.c[:columns] - matrix.T @ y, move=True)
    if isinstance(point, Point):
        simple = system.solution(_simple(point.rounded)) or system.solution([point.at(j) for j in range(columns)])
        if simple is not None:
            return _answer(system, _floats(simple), None, simple)
        if (answer := _answer(system, point.rounded, None, None)).verified:
            return answer
    y = y / (np.abs(y).max(initial=0.0) or 1.0)
    certificate = system.certificate(_simple(y)) or system.certificate(_signed(stated, y))
    if certificate is not None:
        return _answer(system, None, _floats(certificate), certificate)
    gain = float(right @ y)
    if gain > 0 and (answer := _answer(system, None, y / gain, None)).verified:
        return answer
    message = "neither alternative could be verified in floating point: the system is feasible or not by rounding alone"
    raise SolveError(message, outcome.status)


def _signed(stated: Program, y: FloatArray) -> list[Fraction]:
    """Exact multipliers next to y with A'y <= 0, where there are any."""
    found = signed_multipliers(stated, y)
    return [Fraction(0)] * y.size if found is None else [found.at(i) for i in range(y.size)]


def _row_units(matrix: csr_array) -> FloatArray:
    """The power of two at the largest entry of each row; 1 where there is none."""
    largest = np.asarray(abs(matrix).max(axis=1).toarray()).ravel() if matrix.shape[1] else np.zeros(matrix.shape[0])
    return np.asarray(np.ldexp(1.0, np.frexp(np.where(largest > 0, largest, 1.0))[1] - 1))


def _simple(values: FloatArray) -> list[Fraction]:
    return [Fraction(value).limit_denominator(LARGEST_DENOMINATOR) for value in values.tolist()]


def _answer(system: _System, x: FloatArray | None, y: FloatArray | None, exact: tuple[Fraction, ...] | None) -> Farkas:
    """The alternative with its checks: each row, and each column, to the rounding of the terms that it sums."""
    matrix, right, size = system.matrix, system.right, abs(system.matrix)
    rounding = 4 * np.finfo(np.float64).eps
    if x is not None:
        terms = np.maximum(np.abs(right), size @ np.abs(x))
        residual = _relative(np.abs(matrix @ x - right), terms)
        longest = int(np.diff(matrix.indptr).max(initial=0))
        checks = (
            Check("A x = b (relative)", float(residual.max(initial=0.0)), rounding * (longest + 2)),
            Check("x >= 0", float(-x.min(initial=0.0)), 0.0),
        )
        return Farkas(x, None, exact, checks)
    assert y is not None
    excess = _relative(np.maximum(matrix.T @ y, 0.0), size.T @ np.abs(y))
    gained = float(np.abs(right) @ np.abs(y))
    margin = rounding * (np.count_nonzero(y) + 1) * gained
    proves = float(right @ y) > margin if exact is not None else _proves(system, y, margin)
    checks = (
        Check("A'y <= 0 (relative)", float(excess.max(initial=0.0)), DEFAULT.slack),
        Check("b'y > 0", 0.0 if proves else 1.0, 0.5),
    )
    return Farkas(None, y, exact, checks)


def _proves(system: _System, y: FloatArray, margin: float) -> bool:
    """Whether multipliers prove that there is no x >= 0, whatever rounding does to A'y, by more than a margin."""
    rows, columns = system.matrix.shape
    stated = Program(
        np.zeros(columns), csc_array(system.matrix), system.right, system.right, np.zeros(columns), np.full(columns, np.inf),
        numbered("row_", rows), numbered("x_", columns),
    )  # fmt: skip
    return safe_gain(stated, y) > margin


def _relative(violation: FloatArray, size: FloatArray) -> FloatArray:
    return np.divide(violation, size, out=np.zeros_like(violation), where=size > 0)


def _floats(values: Sequence[Fraction] | None) -> FloatArray | None:
    if values is None:
        return None
    try:
        made = np.array([float(value) for value in values], dtype=np.float64)
    except OverflowError:
        made = np.full(len(values), np.inf)
    if not (np.isfinite(made) & ((made != 0) | np.array([not value for value in values], dtype=bool))).all():
        raise ParameterError("A, b", "have an answer that is beyond floating point", "Bring the entries nearer to 1")
    return made


def _dot(left: Mapping[int, Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((entry * right[k] for k, entry in left.items()), Fraction(0))


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """A x = b, x >= 0, in floats and, where it is asked for, in the rational numbers that were given."""

    matrix: csr_array
    right: FloatArray
    rational_right: list[Fraction]
    _entries: Iterable[tuple[int, int, Any]]

    @classmethod
    def of(cls, A: Any, b: Any) -> _System:  # noqa: N803
        """The system as given, once it is found to be one."""
        matrix, right = _read(A, b)
        rational = list(map(Fraction, np.asarray(b).tolist()))
        if issparse(A):
            rows, columns, values = find(A)
        else:
            given = np.asarray(A).reshape(matrix.shape)
            rows, columns = np.nonzero(given)
            values = given[rows, columns]
        return cls(matrix, right, rational, list(zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)))

    def rows(self) -> list[dict[int, Fraction]]:
        """The rows of A, column to entry."""
        made: list[dict[int, Fraction]] = [{} for _ in self.rational_right]
        for i, j, value in self._entries:
            made[i][j] = Fraction(value)
        return made

    def solution(self, x: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
        """The point where it is one: x >= 0, A x = b exactly."""
        solves = all(_dot(row, x) == side for row, side in zip(self.rows(), self.rational_right, strict=True))
        return tuple(x) if solves and all(entry >= 0 for entry in x) else None

    def certificate(self, y: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
        """The multipliers, scaled to b'y = 1, where they are a certificate: A'y <= 0, b'y > 0 exactly."""
        sums: dict[int, Fraction] = {}
        for i, j, value in self._entries:
            sums[j] = sums.get(j, Fraction(0)) + y[i] * Fraction(value)
        gain = sum((entry * side for entry, side in zip(y, self.rational_right, strict=True)), Fraction(0))
        return tuple(entry / gain for entry in y) if gain > 0 and all(total <= 0 for total in sums.values()) else None


def _read(A: Any, b: Any) -> tuple[csr_array, FloatArray]:  # noqa: N803
    given = csr_array(A, copy=True) if issparse(A) else numbers("A", A)
    right = np.asarray(numbers("b", b), dtype=np.float64)
    if given.shape == (0,) and not right.size:
        given = given.reshape(0, 0)
    if len(given.shape) != 2:
        raise ShapeError("A", f"has shape {given.shape}", "Give shape (m, n)")
    if right.shape != given.shape[:1]:
        raise ShapeError("b", f"has shape {right.shape} for A of shape {given.shape}", f"Give shape ({given.shape[0]},)")
    values = given.data if issparse(A) else given
    for argument, entries in (("A", numbers("A", values)), ("b", right)):
        if not np.isfinite(entries).all():
            kind = NotANumberError if np.isnan(entries).any() else InfiniteValueError
            raise kind(argument, "holds entries that are not finite", "Give finite numbers")
    matrix = csr_array(given, dtype=np.float64)
    matrix.sum_duplicates()
    return matrix, right
