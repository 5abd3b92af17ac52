"""A plan and potentials in rational numbers, checked without any tolerance and without trust in whoever made them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.blocks import over_blocks
from otmodels.interval import Interval
from otmodels.problem import TransportProblem
from otmodels.rounding import UNIT


@dataclass(frozen=True, slots=True, eq=False)
class RationalAnswer:
    """A plan and potentials that are claimed to be optimal.

    Attributes
    ----------
    i, j : ndarray of int (k,)
        Pairs that carry mass.
    mass : sequence of Fraction (k,)
        What they carry.
    f, g : sequence of Fraction (n,), (m,)
        Potentials.
    """

    i: IndexArray
    j: IndexArray
    mass: Sequence[Fraction]
    f: Sequence[Fraction]
    g: Sequence[Fraction]

    def interval(self, problem: TransportProblem) -> Interval | None:
        """The optimal value, rounded outwards; None where the answer is not optimal for the exact data.

        Exact marginals, masses >= 0, f_i + g_j = C_ij where mass moves, and f_i + g_j <= C_ij everywhere: floats with a bound
        on their error decide most pairs of the last, rational numbers the rest.
        """
        value = self._value(problem)
        if value is None or not self._feasible(problem):
            return None
        nearest = float(value)
        below = nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)
        above = nearest if Fraction(nearest) >= value else math.nextafter(nearest, math.inf)
        return Interval(below, above)

    def _value(self, problem: TransportProblem) -> Fraction | None:
        """The cost of the plan where it has the exact marginals and moves along tight pairs only; else None."""
        a, b = problem.exact_masses()
        value = Fraction(0)
        costs = problem.cost.entries(self.i, self.j)
        for i, j, mass, cost in zip(self.i.tolist(), self.j.tolist(), self.mass, costs.tolist(), strict=True):
            if mass < 0 or math.isinf(cost) or self.f[i] + self.g[j] != Fraction(cost):
                return None
            a[i] -= mass
            b[j] -= mass
            value += mass * Fraction(cost)
        return None if any(a) or any(b) else value

    def _feasible(self, problem: TransportProblem) -> bool:
        """Whether f_i + g_j <= C_ij for all allowed pairs."""
        f, g = (np.array([float(entry) for entry in potential]) for potential in (self.f, self.g))
        g_size = np.abs(g)

        def doubtful(rows: slice, block: FloatArray) -> list[tuple[int, int, float]]:
            error = 8 * UNIT * (np.abs(block) + np.abs(f[rows, None]) + g_size)
            i, j = np.nonzero(np.isfinite(block) & ((block - f[rows, None]) - g <= error))
            return list(zip((i + rows.start).tolist(), j.tolist(), block[i, j].tolist(), strict=True))

        return all(self.f[i] + self.g[j] <= Fraction(cost) for some in over_blocks(problem.cost, doubtful) for i, j, cost in some)
