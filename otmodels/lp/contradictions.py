"""Rows that depend on each other and contradict each other: what gives way, or the proof that nothing can.

Multipliers under which the variables that may move cancel say what the rows are short of together. Variables at their bounds may
leave them, and rows that are inequalities need not be tight: whether that makes up for it is a small linear system with signs,
decided in rational numbers, to which columns are added as they are priced in. Where it has no solution, Farkas' lemma has
multipliers of the rows that prove that the program has no feasible point.

Source: Farkas (1902), Theorie der einfachen Ungleichungen; Matousek and Gaertner (2007), section 6.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.sparse import csc_array, csr_array

from otmodels.arrays import BoolArray, FloatArray, IndexArray
from otmodels.lp.exact import alternative
from otmodels.lp.products import products
from otmodels.lp.program import Program
from otmodels.lp.rational import nearest, rational, solve
from otmodels.rounding import UNIT

MOST = 40
"""Most contradictions that are looked at together."""

AT_ONCE = 40
"""Variables that are priced in at once."""

PRICINGS = 12

CANCELS = 2.0**-40
"""A sum this small beside its terms may be rounding of the data."""

Combination = dict[int, Fraction]
"""Multipliers of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Contradiction:
    """A proof that a program has no feasible point, in exact arithmetic.

    Attributes
    ----------
    multipliers : dict of int to Fraction
        Of the rows: summed with them, the rows ask for more than the variables can give within their bounds.
    gain : Fraction
        How much more, > 0.
    sizes : dict of int to Fraction
        What each row adds to the terms that are compared, in absolute value.
    """

    multipliers: Combination
    gain: Fraction
    sizes: dict[int, Fraction]

    @property
    def rounding(self) -> Fraction:
        """What rounding the data can come to: 4 eps times the number of rows times the size of the terms."""
        return Fraction(8 * UNIT) * (len(self.sizes) + 1) * sum(self.sizes.values(), Fraction(0))

    @property
    def by_rounding(self) -> bool:
        """Whether rounding of the data may have decided it."""
        return self.gain <= self.rounding


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """Where a program's variables stand: between their bounds, and may move, or at one of them; and what rows are to be at."""

    program: Program
    matrix: csr_array
    base: FloatArray
    inside: BoolArray
    at: FloatArray
    costs: FloatArray


def combined(part: csr_array, rows: IndexArray, left: dict[int, Fraction], bad: list[int]) -> list[Combination] | None:
    """For each bad row the multipliers of the others under which the variables cancel; None where they were not found.

    Parameters
    ----------
    part : csr_array
        The rows on the variables that may move.
    rows : ndarray
        Their numbers in the program.
    left : dict of int to Fraction
        The rows that depend on the others and do not hold.
    bad : list of int
        Those of them that have to.
    """
    if len(bad) > MOST:
        return None
    kept = np.array([k for k, i in enumerate(rows.tolist()) if i not in left], dtype=np.intp)
    place = {i: k for k, i in enumerate(rows.tolist())}
    others, found = csr_array(part[kept].T), []
    for i in bad:
        row = csr_array(part[[place[i]]])
        right = [Fraction(0)] * part.shape[1]
        for j, a in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            right[j] = Fraction(-a)
        solved = solve(others, right)
        if solved is None or solved.left:
            return None
        found.append({i: Fraction(1)} | {int(rows[kept[k]]): value for k, value in solved.values.items()})
    return found


def resolve(
    stand: Stand, combinations: list[Combination], shortfalls: list[Fraction]
) -> tuple[dict[int, Fraction], dict[int, Fraction]] | Contradiction | None:
    """Steps of variables away from their bounds and of rows off theirs that make up for the shortfalls, or the contradiction.

    Returns
    -------
    tuple of dict, Contradiction or None
        Steps of variables and slacks of rows; None where pricing did not come to an end.
    """
    members = sorted({i for combination in combinations for i in combination})
    columns = _slacks(stand, members, combinations)
    pricing = _Pricing(stand, members)
    columns += pricing.cheapest(combinations)
    for _ in range(PRICINGS):
        system = [[column.entries[k] for column in columns] for k in range(len(combinations))]
        found, proof = alternative(system, shortfalls, len(columns))
        if found is not None:
            steps: tuple[dict[int, Fraction], dict[int, Fraction]] = ({}, {})
            for column, amount in zip(columns, found, strict=True):
                if amount:
                    steps[column.is_row][column.number] = column.sign * amount
            return steps
        assert proof is not None
        mixed = _mixed(combinations, proof)
        if not (more := pricing.of(mixed, combinations)):
            gain = sum((y * short for y, short in zip(proof, shortfalls, strict=True)), Fraction(0))
            return Contradiction(mixed, gain, _sizes(stand, mixed))
        columns += more
    return None


@dataclass(frozen=True, slots=True)
class _Column:
    """A variable that may leave its bound, or a row that may, in the direction of its sign."""

    is_row: bool
    number: int
    sign: int
    entries: list[Fraction]


def _slacks(stand: Stand, members: list[int], combinations: list[Combination]) -> list[_Column]:
    program, found = stand.program, []
    for i in members:
        if program.row_lower[i] != program.row_upper[i]:
            sign = 1 if stand.at[i] == program.row_lower[i] else -1
            found.append(_Column(True, i, sign, [-sign * c.get(i, Fraction(0)) for c in combinations]))
    return found


class _Pricing:
    """The variables at a bound that enter some rows."""

    def __init__(self, stand: Stand, members: list[int]) -> None:
        self.stand, self.members = stand, members
        self.part = stand.program.A if len(members) == stand.program.shape[0] else csc_array(stand.matrix[members])
        program = stand.program
        able = ~stand.inside & (program.lower < program.upper) & (np.diff(self.part.indptr) > 0)
        self.able = np.flatnonzero(able)
        self.sign = np.where(stand.base[self.able] == program.lower[self.able], 1, -1)
        self.taken: set[int] = set()

    def cheapest(self, combinations: list[Combination]) -> list[_Column]:
        """Those of the smallest costs, without those that cancel up to rounding."""
        counts, size = np.zeros(self.able.size, dtype=bool), abs(self.part)
        for combination in combinations:
            multipliers = np.array([float(combination.get(i, 0)) for i in self.members])
            counts |= (np.abs(self.part.T @ multipliers) > CANCELS * (size.T @ np.abs(multipliers)))[self.able]
        usable = np.flatnonzero(counts)
        order = usable[np.argsort(np.abs(self.stand.costs[self.able[usable]]), kind="stable")]
        return self._made(order[: 10 * AT_ONCE].tolist(), combinations)

    def of(self, mixed: Combination, combinations: list[Combination]) -> list[_Column]:
        """Those that a proof has overlooked: summed with it they are worth more than 0 in the direction that is open to them."""
        multipliers = [mixed.get(i, Fraction(0)) for i in self.members]
        high = nearest(multipliers)
        low = nearest(value - Fraction(v) for value, v in zip(multipliers, high.tolist(), strict=True))
        sums = products(self.part, high)
        rest = 2 * (abs(self.part).T @ np.abs(low)) if low.any() else np.zeros(sums.value.size)
        worth = np.where(self.sign > 0, sums.upper[self.able], -sums.lower[self.able]) + rest[self.able]
        open_to = np.flatnonzero(worth > 0)
        order = open_to[np.argsort(-worth[open_to], kind="stable")].tolist()
        exact = [k for k in order if int(self.able[k]) not in self.taken and self._worth(k, mixed) > 0]
        return self._made(exact, combinations)

    def _worth(self, k: int, mixed: Combination) -> Fraction:
        return int(self.sign[k]) * self._summed(int(self.able[k]), mixed)

    def _summed(self, j: int, combination: Combination) -> Fraction:
        start, end = self.part.indptr[j], self.part.indptr[j + 1]
        entries = zip(self.part.indices[start:end].tolist(), self.part.data[start:end].tolist(), strict=True)
        terms = (rational(a) * combination[self.members[i]] for i, a in entries if self.members[i] in combination)
        return sum(terms, Fraction(0))

    def _made(self, order: list[int], combinations: list[Combination]) -> list[_Column]:
        found: list[_Column] = []
        for k in order:
            j, sign = int(self.able[k]), int(self.sign[k])
            if j in self.taken:
                continue
            entries = [sign * self._summed(j, combination) for combination in combinations]
            if any(entries):
                self.taken.add(j)
                found.append(_Column(False, j, sign, entries))
            if len(found) >= AT_ONCE:
                break
        return found


def _mixed(combinations: list[Combination], proof: list[Fraction]) -> Combination:
    """The sum of combinations, each with its multiplier."""
    found: Combination = {}
    for combination, y in zip(combinations, proof, strict=True):
        for i, value in combination.items():
            found[i] = found.get(i, Fraction(0)) + y * value
    return {i: value for i, value in found.items() if value}


def _sizes(stand: Stand, multipliers: Combination) -> dict[int, Fraction]:
    """The right-hand side of each row and its terms of the variables that stand at their bounds, times the row's multiplier."""
    rows, still = np.array(list(multipliers), dtype=np.intp), np.flatnonzero(~stand.inside & (stand.base != 0))
    terms = abs(csr_array(stand.program.A[:, still])[rows]) @ np.abs(stand.base[still])
    sizes = (np.abs(stand.at[rows]) + terms).tolist()
    return {i: abs(y) * Fraction(size) for (i, y), size in zip(multipliers.items(), sizes, strict=True)}
