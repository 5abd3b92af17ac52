"""The forms that a linear program can take, and the way back from each.

Normal form: every row has one right-hand side (=, <= or >=), every variable is free, >= 0 or <= 0. It has the same variables;
a row bounded on both sides becomes two, a free row goes, and a bound that is no sign becomes a row. What is new is named after
what it comes from, with a prime where that name is another's.
Standard form: min c'x, A x = b, x >= 0. Canonical form: min c'x, A x >= b, x >= 0.

Source: Dantzig (1963), Linear Programming and Extensions, chapter 6; Matousek and Gaertner (2007), Understanding and Using
Linear Programming, sections 4.1 and 6.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, eye_array, hstack, vstack

from otmodels.arrays import FloatArray, IndexArray
from otmodels.lp.program import Program
from otmodels.lp.rational import dot

P = TypeVar("P", bound=Program)


@dataclass(frozen=True, slots=True, eq=False)
class Conversion(Generic[P]):
    """A program in another form, and the maps that take its answers back.

    Attributes
    ----------
    original, program : Program
        Before and after.
    """

    original: P
    program: P
    _points: csr_array
    _multipliers: csr_array

    def point(self, x: FloatArray) -> FloatArray:
        """The original program's point (k,) that a point of the converted program is."""
        return np.asarray(self._points @ np.asarray(x, dtype=np.float64))

    def multipliers(self, y: FloatArray) -> FloatArray:
        """The original program's row multipliers (r,) that those of the converted program are."""
        return np.asarray(self._multipliers @ np.asarray(y, dtype=np.float64))

    def rational_point(self, x: Sequence[Fraction]) -> list[Fraction]:
        """The same of a point in rational numbers."""
        return [dot(self._points, j, x) for j in range(self._points.shape[0])]

    def rational_multipliers(self, y: Sequence[Fraction]) -> list[Fraction]:
        """The same of multipliers in rational numbers."""
        return [dot(self._multipliers, i, y) for i in range(self._multipliers.shape[0])]

    def then(self, other: Conversion[P]) -> Conversion[P]:
        """The conversion followed by another one of its program."""
        points = csr_array(self._points @ other._points)
        return Conversion(self.original, other.program, points, csr_array(self._multipliers @ other._multipliers))


def normal_form(program: P) -> Conversion[P]:
    """The program with one right-hand side a row and one sign a variable."""
    rows, columns = program.shape
    lower, upper = program.lower, program.upper
    fixed = lower == upper
    at_least, at_most = np.isfinite(lower) & ~fixed & (lower != 0), np.isfinite(upper) & ~fixed & (upper != 0)
    ends = _RowEnds.of(program.row_lower, program.row_upper, program.row_names, ("(=)", "(lower)", "(upper)"), suffixed=False)
    as_rows = np.where(at_least | fixed, lower, -np.inf), np.where(at_most | fixed, upper, np.inf)
    suffixes = ("(fixed)", "(lower bound)", "(upper bound)")
    bounds = _RowEnds.of(*as_rows, program.column_names, suffixes, suffixed=True)
    matrix = vstack([csr_array(program.A)[ends.row], csr_array(eye_array(columns))[bounds.row]])
    free_below, free_above = at_least | fixed | np.isneginf(lower), at_most | fixed | np.isposinf(upper)
    stated = replace(
        program,
        A=csc_array(matrix),
        row_lower=np.concatenate([ends.lower, bounds.lower]),
        row_upper=np.concatenate([ends.upper, bounds.upper]),
        lower=np.where(free_below, -np.inf, 0.0),
        upper=np.where(free_above, np.inf, 0.0),
        row_names=_apart([*ends.names, *bounds.names], [*ends.derived, *bounds.derived]),
    )
    kept = ends.row.size
    multipliers = coo_array((np.ones(kept), (ends.row, np.arange(kept))), shape=(rows, stated.shape[0]))
    return Conversion(program, stated, csr_array(eye_array(columns)), csr_array(multipliers))


def standard_form(program: P) -> Conversion[P]:
    """The form min c'x, A x = b, x >= 0: a slack an inequality, two variables a free one, a maximum negated."""
    normal = normal_form(program)
    signed, signs = _non_negative(normal.program)
    rows, columns = signed.shape
    slack = np.flatnonzero(signed.row_lower != signed.row_upper)
    sign = np.where(np.isfinite(signed.row_lower[slack]), -1.0, 1.0)
    slacks = coo_array((sign, (slack, np.arange(slack.size))), shape=(rows, slack.size))
    right = np.where(np.isfinite(signed.row_lower), signed.row_lower, signed.row_upper)
    stated = replace(
        signed,
        c=np.concatenate([signed.c, np.zeros(slack.size)]),
        A=csc_array(hstack([signed.A, slacks])),
        row_lower=right,
        row_upper=right.copy(),
        lower=np.zeros(columns + slack.size),
        upper=np.full(columns + slack.size, np.inf),
        column_names=_apart(
            [*signed.column_names, *(f"slack of {signed.row_names[i]}" for i in slack.tolist())],
            np.arange(columns + slack.size) >= columns,
        ),
    )
    points = csr_array(hstack([signs, csr_array((signs.shape[0], slack.size))]))
    turned = csr_array(_sense(program) * eye_array(rows))
    return normal.then(Conversion(normal.program, stated, points, turned))


def canonical_form(program: P) -> Conversion[P]:
    """The form min c'x, A x >= b, x >= 0: an equality as two rows, <= negated, two variables a free one, a maximum negated."""
    normal = normal_form(program)
    signed, signs = _non_negative(normal.program)
    at_least, at_most = np.flatnonzero(np.isfinite(signed.row_lower)), np.flatnonzero(np.isfinite(signed.row_upper))
    row, sign = np.concatenate([at_least, at_most]), np.repeat([1.0, -1.0], [at_least.size, at_most.size])
    names = [signed.row_names[i] for i in at_least.tolist()] + [f"{signed.row_names[i]} (negated)" for i in at_most.tolist()]
    right = np.concatenate([signed.row_lower[at_least], -signed.row_upper[at_most]])
    stated = replace(
        signed,
        A=csc_array(csr_array(signed.A)[row].multiply(sign[:, None])),
        row_lower=right,
        row_upper=np.full(row.size, np.inf),
        row_names=_apart(names, sign < 0),
    )
    turned = coo_array((_sense(program) * sign, (row, np.arange(row.size))), shape=(signed.shape[0], row.size))
    return normal.then(Conversion(normal.program, stated, signs, csr_array(turned)))


def _sense(program: Program) -> float:
    return 1.0 if program.sense == "min" else -1.0


def _non_negative(normal: P) -> tuple[P, csr_array]:
    """A normal program as a minimum over variables >= 0, and the map of their points back."""
    free = np.flatnonzero(np.isneginf(normal.lower) & np.isposinf(normal.upper))
    turned = np.flatnonzero(np.isneginf(normal.lower) & (normal.upper == 0))
    columns = normal.shape[1]
    sign = np.ones(columns)
    sign[turned] = -1.0
    index = np.concatenate([np.arange(columns), free])
    signs = np.concatenate([sign, -np.ones(free.size)])
    names = _named(normal.column_names, free, turned)
    map_back = csr_array(coo_array((signs, (index, np.arange(index.size))), shape=(columns, index.size)))
    stated = replace(
        normal,
        c=_sense(normal) * (map_back.T @ normal.c),
        A=csc_array(normal.A @ map_back),
        lower=np.zeros(index.size),
        upper=np.full(index.size, np.inf),
        column_names=names,
        sense="min",
        offset=_sense(normal) * normal.offset,
    )
    return stated, map_back


def _named(names: Sequence[str], free: IndexArray, turned: IndexArray) -> list[str]:
    made = list(names)
    for j in free:
        made[j] = f"{names[j]} (+)"
    for j in turned:
        made[j] = f"{names[j]} (negated)"
    derived = np.zeros(len(made) + free.size, dtype=bool)
    derived[free] = derived[turned] = derived[len(made) :] = True
    return _apart(made + [f"{names[j]} (-)" for j in free], derived)


def _apart(names: list[str], derived: Iterable[bool]) -> list[str]:
    """The names, each that is derived from another one with a prime more for as long as it is taken; those given stay."""
    marked = list(derived)
    taken = {name for name, made in zip(names, marked, strict=True) if not made}
    apart = []
    for name, made in zip(names, marked, strict=True):
        while made and name in taken:
            name += "'"
        taken.add(name)
        apart.append(name)
    return apart


@dataclass(frozen=True, slots=True, eq=False)
class _RowEnds:
    """Rows with one right-hand side each, out of rows with two ends."""

    row: IndexArray
    lower: FloatArray
    upper: FloatArray
    names: list[str]
    derived: list[bool]

    @classmethod
    def of(
        cls, lower: FloatArray, upper: FloatArray, names: Sequence[str], suffixes: tuple[str, str, str], *, suffixed: bool
    ) -> _RowEnds:
        """Equal ends stay one row; two different finite ends become two; a name says which where it has to."""
        row, low, high, made, derived = [], [], [], [], []
        for i, (least, most) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
            two = np.isfinite(least) and np.isfinite(most) and least != most
            if least == most:
                parts = [(least, most, suffixes[0])]
            else:
                parts = [(least, np.inf, suffixes[1])] if np.isfinite(least) else []
                parts += [(-np.inf, most, suffixes[2])] if np.isfinite(most) else []
            for below, above, suffix in parts:
                row.append(i)
                low.append(below)
                high.append(above)
                derived.append(suffixed or bool(two))
                made.append(f"{names[i]} {suffix}" if derived[-1] else names[i])
        return cls(np.array(row, dtype=np.intp), np.array(low), np.array(high), made, derived)
