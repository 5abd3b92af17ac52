"""Why a program has no optimal point: a ray that proves it infeasible or unbounded, verified in numpy.

Infeasible: multipliers >= 0 of lower and of upper bounds, on rows and on variables, under which all variables cancel while the
bounds do not: whatever x is, the rows and bounds summed with them say 0 >= something > 0 (Farkas' lemma for the general form).
Unbounded: a feasible point, and a direction that leads away from no bound and improves the objective for ever.

Source: Matousek and Gaertner (2007), sections 6.4 and 6.5; Dantzig (1963), chapter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from otmodels.arrays import FloatArray
from otmodels.checks import Check
from otmodels.lp.claim import canonical
from otmodels.lp.kkt import feasibility
from otmodels.lp.program import Program
from otmodels.lp.rational import nearest
from otmodels.lp.rigour import gain_of, runs_away, summed
from otmodels.lp.verified import proven_gain, recession, rounding, unbounded
from otmodels.tolerances import DEFAULT

NOISE = 1e-12
"""A multiplier of a row is rounding where its row counts this little beside the others."""

SHOWN = 6
"""Most rows and bounds that a sentence names."""


class Bounds(NamedTuple):
    """One side of all rows, or of all variables, with its multipliers."""

    kind: str
    side: str
    names: Sequence[str]
    values: FloatArray
    multipliers: FloatArray

    @property
    def terms(self) -> FloatArray:
        """What each bound adds to the sum, 0 where it has no multiplier."""
        sign = 1.0 if self.side == "lower" else -1.0
        return np.asarray(sign * self.multipliers * np.where(self.multipliers != 0, self.values, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class DualRay:
    """Multipliers that prove a program infeasible.

    Attributes
    ----------
    program : Program
        The program.
    rows : ndarray (2, r)
        Multipliers >= 0 of the rows' lower bounds, and of their upper bounds.
    columns : ndarray (2, k)
        Those of the variables' lower bounds, and of their upper bounds.
    exact : tuple of Fraction or None
        The row multipliers (r,) in rational numbers, with their signs, where they are known; else exact ones are looked for next
        to those in floats where these leave the proof to rounding.
    """

    program: Program
    rows: FloatArray
    columns: FloatArray
    exact: tuple[Fraction, ...] | None = None

    @classmethod
    def of_exact(cls, program: Program, y: Sequence[Fraction]) -> DualRay:
        """The ray that row multipliers in rational numbers make, scaled to a largest one of 1."""
        largest = max(map(abs, y))
        exact = tuple(value / largest for value in y)
        left = nearest([-value for value in summed(canonical(program), exact)])
        return cls(program, _sides(nearest(exact)), _sides(left), exact)

    @classmethod
    def of(cls, program: Program, y: FloatArray) -> DualRay:
        """The ray that row multipliers (r,) make: y_i > 0 leans on the row's lower bound, y_i < 0 on its upper one.

        The variables' bounds take what is left, -A'y. What is rounding, and adds nothing to the gain, is 0.
        """
        size = abs(program.A)
        side = _terms(y, program.row_lower, program.row_upper)
        gained = float(np.abs(side).sum())
        weight = np.abs(y) * (size @ np.ones(size.shape[1]))
        y = np.where((weight <= NOISE * weight.max(initial=0.0)) & (np.abs(side) <= NOISE * gained), 0.0, y)
        left = -(program.A.T @ y)
        small = np.abs(left) <= DEFAULT.slack * (size.T @ np.abs(y))
        adds = np.abs(_terms(left, program.lower, program.upper)) > DEFAULT.gap * gained
        return cls(program, _sides(y), _sides(np.where(small & ~adds, 0.0, left)))

    @classmethod
    def of_crossed_bounds(cls, program: Program) -> DualRay | None:
        """The ray of a row or a variable whose lower bound is above its upper one; None where there is none."""
        rows, columns = np.zeros((2, program.shape[0])), np.zeros((2, program.shape[1]))
        for multipliers, lower, upper in (
            (rows, program.row_lower, program.row_upper),
            (columns, program.lower, program.upper),
        ):
            if (lower > upper).any():
                multipliers[:, int((lower > upper).argmax())] = 1.0
                return cls(program, rows, columns)
        return None

    @property
    def y(self) -> FloatArray:
        """Row multipliers (r,), > 0 where they lean on a lower bound, < 0 on an upper one."""
        return np.asarray(self.rows[0] - self.rows[1])

    @property
    def z(self) -> FloatArray:
        """Multipliers of the variables' bounds (k,), with the same signs."""
        return np.asarray(self.columns[0] - self.columns[1])

    @property
    def bounds(self) -> tuple[Bounds, ...]:
        """All four kinds of bounds with their multipliers."""
        program = self.program
        return (
            Bounds("row", "lower", program.row_names, program.row_lower, self.rows[0]),
            Bounds("row", "upper", program.row_names, program.row_upper, self.rows[1]),
            Bounds("variable", "lower", program.column_names, program.lower, self.columns[0]),
            Bounds("variable", "upper", program.column_names, program.upper, self.columns[1]),
        )

    @property
    def gain(self) -> float:
        """What the bounds sum to: they say 0 >= gain, and gain > 0. In the units of the right-hand sides."""
        return float(sum(part.terms.sum() for part in self.bounds))

    @property
    def size(self) -> int:
        """Number of bounds that have a multiplier."""
        return int(np.count_nonzero(self.rows) + np.count_nonzero(self.columns))

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is recomputed: that the multipliers are what they are said to be, and that they prove it, without tolerance."""
        residual = np.abs(self.program.A.T @ self.y + self.z)
        size = np.maximum(abs(self.program.A).T @ np.abs(self.y), np.abs(self.z))
        relative = np.divide(residual, size, out=np.zeros_like(residual), where=size > 0)
        terms = np.concatenate([part.terms for part in self.bounds])
        return (
            Check("variables cancel (relative)", float(relative.max(initial=0.0)), DEFAULT.slack),
            Check("multipliers >= 0", -float(min(self.rows.min(initial=0.0), self.columns.min(initial=0.0))), 0.0),
            Check("bounds exist", float(np.isinf(terms).any()), 0.0),
            Check("gain > 0", 0.0 if self._crossed.size or self._proven > 0 else 1.0, 0.5),
        )

    @property
    def _proven(self) -> Fraction:
        """A lower bound on the gain, without any rounding."""
        program = canonical(self.program)
        if self.exact is None:
            found = proven_gain(program, self.y)[0]
            return Fraction(found) if np.isfinite(found) else Fraction(-1)
        gain = gain_of(program, self.exact)
        return Fraction(-1) if gain is None else gain

    @property
    def _crossed(self) -> FloatArray:
        """By how much bounds that both have multipliers are the wrong way round, over their size."""
        program = self.program
        sides = ((self.rows, program.row_lower, program.row_upper), (self.columns, program.lower, program.upper))
        crossed = [
            (lower - upper)[here] / (np.abs(lower) + np.abs(upper))[here]
            for multipliers, lower, upper in sides
            if (here := multipliers.all(axis=0) & (lower > upper)).any()
        ]
        return np.concatenate([np.zeros(0), *crossed])

    @property
    def by_rounding(self) -> bool:
        """Whether it proves that there is no feasible point by so little that rounding of the data may have decided it."""
        if self._crossed.size:
            return bool(self._crossed.max() <= 4 * np.finfo(np.float64).eps)
        return self._proven <= Fraction(rounding(canonical(self.program), self.y))

    @property
    def verified(self) -> bool:
        """Whether the multipliers, or exact ones next to them, prove that there is no feasible point."""
        return all(check.passed for check in self.checks)

    def table(self) -> pd.DataFrame:
        """One row a bound that takes part, indexed by (kind, name): side, bound, multiplier, and its term in the gain."""
        entries = [
            (part.kind, part.names[k], part.side, part.values[k], part.multipliers[k], terms[k])
            for part, terms in ((part, part.terms) for part in self.bounds)
            for k in np.flatnonzero(part.multipliers).tolist()
        ]
        columns = ["kind", "name", "side", "bound", "multiplier", "term"]
        return pd.DataFrame(entries, columns=columns).set_index(["kind", "name"])

    def __str__(self) -> str:
        """The rows, and the bounds on variables other than >= 0, that contradict each other."""
        rows, (_, _, lower, upper) = np.flatnonzero(self.rows.any(axis=0)), self.bounds
        bounded = np.flatnonzero((lower.terms != 0) | (upper.multipliers > 0))
        count, program = rows.size + bounded.size, self.program
        named = [_named(program.row_names[i], program.row_lower[i], program.row_upper[i]) for i in rows[:SHOWN].tolist()]
        left = max(SHOWN - len(named), 0)
        named += [_named(program.column_names[j], program.lower[j], program.upper[j]) for j in bounded[:left].tolist()]
        more = f" and {count - SHOWN} more" if count > SHOWN else ""
        verb = "contradict each other" if count > 1 else "cannot hold"
        rounded = ", by rounding alone" if self.by_rounding else ""
        return f"{', '.join(named)}{more} {verb}{rounded}: multiplied and summed they say 0 >= {self.gain:.6g}"

    def __repr__(self) -> str:
        how = "verified" if self.verified else "not verified"
        return f"DualRay({int(self.rows.any(axis=0).sum())} rows, 0 >= {self.gain:.6g}, {how})"


@dataclass(frozen=True, slots=True, eq=False)
class PrimalRay:
    """A feasible point and a direction that prove a program unbounded.

    Attributes
    ----------
    program : Program
        The program.
    point : ndarray (k,)
        A feasible point.
    direction : ndarray (k,)
        point + t direction is feasible for every t >= 0, and better the larger t is.
    exact : pair of tuples of Fraction or None
        Point and direction in rational numbers, where they are known; else exact ones are looked for next to those in floats.
    """

    program: Program
    point: FloatArray
    direction: FloatArray
    exact: tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None = None

    @property
    def rate(self) -> float:
        """c'direction: what a step of 1 changes the objective by, < 0 in a minimum."""
        return float(self.program.c @ self.direction)

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is recomputed in numpy."""
        program = canonical(self.program)
        feasible, improves = self._proven(program)
        away = feasibility(recession(program), self.direction)
        return (
            *feasibility(program, self.point),
            *(replace(check, name=f"direction: {check.name}") for check in away),
            Check("feasible in exact arithmetic", 0.0 if feasible else 1.0, 0.5),
            Check("direction improves", 0.0 if improves else 1.0, 0.5),
        )

    @property
    def by_rounding(self) -> bool:
        """Whether the direction improves by so little that rounding of the costs may have decided it."""
        terms = np.abs(self.program.c * self.direction)
        rounding = 4 * float(np.finfo(np.float64).eps) * (np.count_nonzero(terms) + 1)
        return bool(abs(self.rate) <= rounding * float(terms.sum()))

    def _proven(self, program: Program) -> tuple[bool, bool]:
        """Whether there is a feasible point, and a direction from it that never ends and improves, without any rounding."""
        if self.exact is None:
            return unbounded(program, self.point, self.direction)
        proven = runs_away(program, *self.exact)
        return proven, proven

    @property
    def verified(self) -> bool:
        """Whether point and direction prove that the objective is unbounded."""
        return all(check.passed for check in self.checks)

    def table(self) -> pd.DataFrame:
        """One row a variable that the direction moves: cost, point, direction, and its term in the rate."""
        moved = np.flatnonzero(self.direction)
        columns = {
            "cost": self.program.c[moved],
            "point": self.point[moved],
            "direction": self.direction[moved],
            "term": (self.program.c * self.direction)[moved],
        }
        return pd.DataFrame(columns, index=pd.Index([self.program.column_names[j] for j in moved.tolist()], name="variable"))

    def __str__(self) -> str:
        moved = np.flatnonzero(self.direction)
        named = [f"{self.direction[j]:+.6g} {self.program.column_names[j]}" for j in moved[:SHOWN].tolist()]
        more = f" and {moved.size - SHOWN} more" if moved.size > SHOWN else ""
        return f"each step along {', '.join(named)}{more} stays feasible and changes the objective by {self.rate:+.6g}"

    def __repr__(self) -> str:
        return f"PrimalRay(rate {self.rate:.6g}, {'verified' if self.verified else 'not verified'})"


def _terms(multipliers: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """What multipliers add with the bound that they lean on, 0 where there is none."""
    bound = np.where(multipliers > 0, lower, upper)
    return np.asarray(multipliers * np.where(np.isinf(bound), 0.0, bound))


def _sides(multipliers: FloatArray) -> FloatArray:
    """Multipliers as those of the lower and those of the upper bounds."""
    return np.stack([np.maximum(multipliers, 0.0), np.maximum(-multipliers, 0.0)])


def _named(name: str, lower: float, upper: float) -> str:
    if lower == upper:
        return f"{name} (= {lower:.6g})"
    low, high = f">= {lower:.6g}", f"<= {upper:.6g}"
    both = [word for word, bound in ((low, lower), (high, upper)) if np.isfinite(bound)]
    return f"{name} ({', '.join(both)})"
