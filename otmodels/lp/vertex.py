"""A point next to a given one that is feasible in exact arithmetic.

What a solver hands over is feasible up to rounding. Where variables stand at their bounds they are kept there; those in between
are moved until the equalities, and the inequalities that have a price, hold as equations between rational numbers. Rows that
depend on each other may contradict each other by rounding: 0.1 + 0.2 is not 0.3. Then variables leave their bounds, or rows
that need not be tight give way (see `otmodels.lp.contradictions`). Where none can, the data themselves are contradictory, which
is proven, and if it is by rounding alone, the right-hand side of the largest row is moved.

Whatever is found is verified in exact arithmetic: how it was found does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.deadline import suffices
from otmodels.lp.contradictions import Contradiction, Stand, combined, resolve
from otmodels.lp.products import products
from otmodels.lp.program import Program
from otmodels.lp.rational import dot, nearest, rational, solve
from otmodels.lp.sizes import NEAR, carried, least_shares, row_sizes, tight_rows
from otmodels.rounding import UNIT

FAR = 1e-6
"""A point that misses a row by more than so much of its terms is another point, not one to be repaired."""

CARRIED = 2.0**-40
"""The same for both over what its variables may carry over from other rows."""

NOISE = 1e-13
"""A variable within so much of its bound, over the smallest row that it enters, stands at it, unless that turns out wrong."""

OWN = 2.0**-44
"""Part of its own right-hand side that a row may be moved by where another one would do as well."""

ATTEMPTS = 20

MOST_TERMS = 200_000
"""Most terms that are summed in rational numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A point that is feasible in exact arithmetic: base + steps.

    Attributes
    ----------
    base : ndarray (k,)
        Floats.
    steps : dict of int to Fraction
        What variables are more than that.
    at_lower, at_upper : ndarray of bool (r,)
        Rows that are at their lower, and at their upper bound exactly; equalities are at both.
    moved : dict of int to Fraction
        The right-hand sides of rows that contradicted others by rounding, as they were moved.
    """

    base: FloatArray
    steps: dict[int, Fraction]
    at_lower: BoolArray
    at_upper: BoolArray
    moved: dict[int, Fraction] = field(default_factory=dict)

    @classmethod
    def loose(cls, base: FloatArray, rows: int) -> Point:
        """A point of which it is not known what it touches."""
        return cls(base, {}, *np.zeros((2, rows), dtype=bool))

    @property
    def rounded(self) -> FloatArray:
        """The point in floats."""
        x = self.base.copy()
        for j in self.steps:
            x[j] = float(self.at(j))
        return x

    def at(self, j: int) -> Fraction:
        """The value of a variable."""
        return Fraction(float(self.base[j])) + self.steps.get(j, Fraction(0))


def repair(
    program: Program, x: FloatArray, prices: FloatArray, costs: FloatArray, *, move: bool, far: float = FAR
) -> Point | Contradiction | None:
    """An exactly feasible point next to x, with the rows that have a price tight.

    Parameters
    ----------
    program : Program
        Its rows and bounds; the objective does not matter.
    x : ndarray (k,)
        A point.
    prices : ndarray (r,)
        Rows of a price other than 0 are made tight where x touches them.
    costs : ndarray (k,)
        Where variables have to leave their bounds, those of the smallest |cost| do first.
    move : bool
        Whether right-hand sides are moved where rows contradict each other by rounding.
    far : float
        What a row may be missed by, over the size of its terms; infinite to try any point.

    Returns
    -------
    Point, Contradiction or None
        A contradiction where there is none by more than rounding, or none at all with `move` off; None where x is not next to a
        feasible point, or neither was found.
    """
    search = _Search.of(program, x, prices, costs, far)
    return None if search is None else search.run(move)


@dataclass(slots=True, eq=False)
class _Search:
    """The rows that are taken as equations, and the variables that may move."""

    program: Program
    matrix: csr_array
    prices: FloatArray
    costs: FloatArray
    base: FloatArray
    inside: BoolArray
    wanted: BoolArray
    at: FloatArray
    given: dict[int, Fraction] = field(default_factory=dict)
    """Steps of variables that left their bounds."""
    slack: dict[int, Fraction] = field(default_factory=dict)
    """What wanted rows are more than their bound."""
    sticky: set[int] = field(default_factory=set)
    """Rows that contradicted others once: what is let go has to serve all of them."""
    loose: dict[int, Fraction] = field(default_factory=dict)
    """Rows whose right-hand side moves, with the most that it may."""

    @classmethod
    def of(cls, program: Program, x: FloatArray, prices: FloatArray, costs: FloatArray, far: float) -> _Search | None:
        """Start from what a point touches."""
        base = np.clip(x, program.lower, program.upper) + 0.0
        sizes, activity = row_sizes(program, base), program.A @ base
        if program.has_crossed_bounds or not np.isfinite(sizes).all():
            return None
        low, high = activity - program.row_lower, program.row_upper - activity
        around = CARRIED * carried(program.A, sizes, tight_rows(program, activity, sizes))
        if np.isfinite(far) and not (np.minimum(low, high) >= -np.maximum(far * sizes, around)).all():
            return None
        lower_side = np.where(prices != 0, prices > 0, np.abs(low) <= np.abs(high))
        lower_side = np.where((low < 0) | (high < 0), low <= high, lower_side)
        touched = (np.abs(np.where(lower_side, low, high)) <= np.maximum(NEAR * sizes, around)) & (prices != 0)
        at = np.where(lower_side, program.row_lower, program.row_upper)
        wanted = (program.row_lower == program.row_upper) | ((touched | (np.minimum(low, high) < 0)) & np.isfinite(at))
        noise = NOISE * least_shares(program.A, sizes)
        down, up = base - program.lower, program.upper - base
        inside = (down > noise) & (up > noise)
        base = np.where(inside, base, np.where(down <= up, program.lower, program.upper))
        return cls(program, csr_array(program.A), prices, costs, base, inside, wanted, at)

    def run(self, move: bool) -> Point | Contradiction | None:
        """Solve, look what is wrong, change what is tight or moves, and solve again."""
        for _ in range(ATTEMPTS):
            if not suffices(0.0):
                return None
            rows, columns = np.flatnonzero(self.wanted), np.flatnonzero(self.inside)
            part, right = csr_array(self.program.A[:, columns])[rows], self._residuals(rows)
            solved = None if right is None else solve(part, right, self._order(rows))
            if solved is None:
                return None
            left = {int(rows[i]): short for i, short in solved.left.items()}
            bad = {i: short for i, short in left.items() if i in self.sticky or (short and not self._gives(i, short))}
            if any(short and not self._gives(i, short) for i, short in bad.items()):
                self.sticky |= bad.keys()
                if self.given or self.slack:
                    self.given, self.slack = {}, {}
                    continue
                combinations = combined(part, rows, left, list(bad))
                found = None if combinations is None else resolve(self._stand(), combinations, list(bad.values()))
                if isinstance(found, tuple):
                    self.given, self.slack = found
                    continue
                loosened = self._loosen(found, left) if move and found is not None else None
                if loosened is None:
                    return found
                if bad.keys() != {loosened}:
                    continue
                rows = rows[rows != loosened]
            steps = self.given | {int(columns[j]): step for j, step in solved.values.items()}
            if self._kept_within(steps) and self._rows_hold(rows, steps):
                return self._point(rows, steps, left)
        return None

    def _stand(self) -> Stand:
        return Stand(self.program, self.matrix, self.base, self.inside, self.at, self.costs)

    def _order(self, rows: IndexArray) -> FloatArray:
        """Equalities first, rows without a price last; of equals the smaller first."""
        equal = self.program.row_lower[rows] == self.program.row_upper[rows]
        kind = np.where(equal, 0.0, np.where(self.prices[rows] != 0, 1.0, 2.0))
        size = np.abs(self.at[rows])
        return kind + 0.5 * size / (size.max(initial=0.0) or 1.0)

    def _residuals(self, rows: IndexArray) -> list[Fraction] | None:
        """What the base and the given steps are short of the right-hand sides of some rows by; None where these are too long."""
        other = np.flatnonzero(self.base)
        part, base = csr_array(self.program.A[:, other])[rows], self.base[other]
        sums = products(part, base)
        if np.diff(part.indptr)[sums.error > 0].sum() > MOST_TERMS:
            return None
        given, steps = csr_array(self.program.A[:, list(self.given)])[rows], list(self.given.values())
        zero, found = Fraction(0), []
        for place, i in enumerate(rows.tolist()):
            exact = sums.error[place] == 0
            known = (float(sums.value[place]), float(sums.rest[place]))
            activity = sum(map(Fraction, known), zero) if exact else dot(part, place, base)
            found.append(Fraction(float(self.at[i])) + self.slack.get(i, zero) - activity - dot(given, place, steps))
        return found

    def _gives(self, i: int, short: Fraction) -> bool:
        """Whether a row that misses the bound that it was to be at holds as the inequality that it is."""
        low, high = float(self.program.row_lower[i]), float(self.program.row_upper[i])
        activity = Fraction(float(self.at[i])) + self.slack.get(i, Fraction(0)) - short
        return low != high and low <= activity <= high

    def _loosen(self, found: Contradiction, left: dict[int, Fraction]) -> int | None:
        """Leave the right-hand side of a row of a contradiction open, where that is a matter of rounding.

        Of the rows that depend on others one whose own size is far above what it is short of, else the largest row.
        """
        if not found.by_rounding:
            return None
        equal = {i for i in found.sizes if self.program.row_lower[i] == self.program.row_upper[i]} or set(found.sizes)
        small = [i for i in left if i in equal and abs(left[i]) <= OWN * abs(float(self.at[i]))]
        chosen = max(small or equal, key=lambda i: found.sizes[i])
        self.loose[chosen] = 2 * found.rounding / abs(found.multipliers[chosen])
        self.wanted[chosen] = False
        return chosen

    def _kept_within(self, steps: dict[int, Fraction]) -> bool:
        """Whether all variables keep to their bounds; those that do not are put there."""
        within = True
        for j, step in steps.items():
            lower, upper = float(self.program.lower[j]), float(self.program.upper[j])
            value = Fraction(float(self.base[j])) + step
            if not lower <= value <= upper:
                within, self.inside[j] = False, False
                self.base[j] = lower if value < lower else upper
                self.given.pop(j, None)
        return within

    def _rows_hold(self, rows: IndexArray, steps: dict[int, Fraction]) -> bool:
        """Whether the rows hold that are not solved for exactly at a bound; those that do not become equations."""
        solved = [i for i in rows.tolist() if not self.slack.get(i)]
        others = np.setdiff1d(np.arange(self.program.shape[0]), [*solved, *self.loose])
        if not others.size:
            return True
        part, moved = csr_array(self.matrix[others]), list(steps)
        sums, delta = products(part, self.base), csr_array(part[:, moved])
        size = nearest(steps.values())
        change = delta @ size
        error = 4 * UNIT * ((len(moved) + 4) * (abs(delta) @ np.abs(size)) + np.abs(sums.value) * (np.diff(delta.indptr) > 0))
        low, high = self.program.row_lower[others], self.program.row_upper[others]
        unclear = ~((sums.lower + change - error >= low) & (sums.upper + change + error <= high))
        places, exact_steps, hold = np.flatnonzero(unclear), list(steps.values()), True
        if np.diff(part.indptr)[places].sum() > MOST_TERMS:
            return False
        for place in places.tolist():
            activity = dot(part, place, self.base) + dot(delta, place, exact_steps)
            if not float(low[place]) <= activity <= float(high[place]):
                i, hold = int(others[place]), False
                self.wanted[i], self.at[i] = True, low[place] if activity < float(low[place]) else high[place]
                self.slack.pop(i, None)
        return hold

    def _point(self, rows: IndexArray, steps: dict[int, Fraction], left: dict[int, Fraction]) -> Point | None:
        """What was found."""
        tight = np.zeros(self.program.shape[0], dtype=bool)
        tight[rows] = True
        tight[[*(i for i, short in left.items() if short), *(i for i, more in self.slack.items() if more)]] = False
        at_lower, at_upper = (tight & (self.at == bound) for bound in (self.program.row_lower, self.program.row_upper))
        moved, values = {}, list(steps.values())
        for i, most in self.loose.items():
            row = csr_array(self.matrix[[i]])
            activity = dot(row, 0, self.base) + dot(csr_array(row[:, list(steps)]), 0, values)
            if abs(activity - rational(float(self.at[i]))) > most:
                return None
            moved[i] = activity
            at_lower[i], at_upper[i] = self.at[i] == self.program.row_lower[i], self.at[i] == self.program.row_upper[i]
        return Point(self.base, {j: step for j, step in steps.items() if step}, at_lower, at_upper, moved)
