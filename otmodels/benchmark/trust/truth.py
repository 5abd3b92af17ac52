"""What is true of a problem: its exact data as rationals, and its exact optimum."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.hitchcock import Optimum, OracleError, transport
from otmodels.benchmark.trust.simplex import ZERO, Bound, Contradiction, Descent, Outcome, Rational, Solved, minimise
from otmodels.lp import Program
from otmodels.problem import TransportProblem

EPS = Fraction(float(np.finfo(np.float64).eps))
ABSOLUTE, MOVED = 8 * EPS, 4 * EPS
"""What an absolute gap may be next to the terms of the value, and how much of the total an atom's rounding may move."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A transport problem in rationals, and its optimum.

    Attributes
    ----------
    a, b : list of Fraction (n,), (m,)
        The exact masses: of the source as given, of the target scaled to the source's total; moved where that alone makes it
        feasible, as the problem says.
    costs : list (n, m)
        Costs, None where a pair is forbidden.
    optimum : Optimum or None
        None where there is no feasible plan.
    by_rounding : bool
        Whether the masses as scaled leave no plan, and a shortfall that is rounding is all that they lack.
    """

    a: list[Fraction]
    b: list[Fraction]
    costs: list[list[Fraction | None]]
    optimum: Optimum | None
    by_rounding: bool = False

    @property
    def rounding(self) -> Fraction:
        """8 eps sum(a_i |u_i| + b_j |v_j|), u the row minima of C and v the column minima of C - u: an absolute gap."""
        u = [min((cost for cost in row if cost is not None), default=ZERO) for row in self.costs]
        rows = [[None if cost is None else cost - low for cost in row] for row, low in zip(self.costs, u, strict=True)]
        v = [min((cost for cost in column if cost is not None), default=ZERO) for column in zip(*rows, strict=True)]
        return ABSOLUTE * (sum_of(self.a, map(abs, u)) + sum_of(self.b, map(abs, v)))

    @classmethod
    def of(cls, problem: TransportProblem, given: FloatArray) -> Truth:
        """The truth of a problem, the masses of whose target were given as these.

        Raises
        ------
        OracleError
            What the problem calls its exact masses is not what they are to be.
        """
        costs = [[Fraction(cost) if np.isfinite(cost) else None for cost in row] for row in problem.cost.values.tolist()]
        a, b = rationals(problem.a), rationals(given)
        factor = sum(a, ZERO) / sum(b, ZERO)
        b = [mass * factor for mass in b]
        optimum = transport(a, b, costs)
        lacking = ZERO if optimum is not None else shortfall(a, b, costs)
        stated_a, stated_b = problem.exact_masses()
        if not 0 < lacking <= MOVED * (len(a) + len(b)) * sum(a, ZERO):
            if (stated_a, stated_b) != (a, b):
                raise OracleError("the exact masses are not the given ones, scaled")
            return cls(a, b, costs, optimum)
        moved = sum((abs(x - y) for x, y in zip((*a, *b), (*stated_a, *stated_b), strict=True)), ZERO)
        if min(*stated_a, *stated_b) < 0 or moved > 2 * MOVED * (len(a) + len(b)) * sum(a, ZERO):
            raise OracleError(f"the exact masses are {float(moved):.3g} away from those that were given")
        return cls(stated_a, stated_b, costs, transport(stated_a, stated_b, costs), by_rounding=True)


def sum_of(masses: list[Fraction], values: map[Fraction] | list[Fraction]) -> Fraction:
    """<a, f>, exactly."""
    return sum((mass * value for mass, value in zip(masses, values, strict=True)), ZERO)


def rationals(values: FloatArray) -> list[Fraction]:
    """Floats as the rationals that they are."""
    return [Fraction(value) for value in values.tolist()]


def shortfall(a: list[Fraction], b: list[Fraction], costs: list[list[Fraction | None]]) -> Fraction:
    """The least mass that forbidden pairs have to carry."""
    toll: list[list[Fraction | None]] = [[Fraction(cost is None) for cost in row] for row in costs]
    found = transport(a, b, toll)
    assert found is not None
    return found.value


@dataclass(frozen=True, slots=True, eq=False)
class ProgramTruth:
    """A linear program in rationals, and what it ends with.

    Attributes
    ----------
    program : Rational
        As a minimum.
    sign : int
        -1 where it was stated as a maximum.
    outcome : Solved, Contradiction or Descent
        Verified.
    loosened : Solved, Descent or None
        Where nothing is feasible, and rows that give way by rounding change that: the outcome when they do.
    """

    program: Rational
    sign: int
    outcome: Outcome
    loosened: Solved | Descent | None

    @classmethod
    def of(cls, program: Program) -> ProgramTruth:
        """The truth of a program as compiled."""
        sign = 1 if program.sense == "min" else -1
        stated = rational(program, sign)
        outcome = minimise(stated)
        loosened = minimise(_loosened(stated)) if isinstance(outcome, Contradiction) else None
        return cls(stated, sign, outcome, None if isinstance(loosened, Contradiction) else loosened)

    @property
    def value(self) -> Fraction | None:
        """The optimal value, in the program's own sense; None where there is none."""
        return self.sign * self.outcome.value if isinstance(self.outcome, Solved) else None


def rational(program: Program, sign: int) -> Rational:
    """A program in rationals, as a minimum of sign c'x."""
    matrix = program.A.tocsr()
    rows = []
    for i in range(program.shape[0]):
        chosen = slice(matrix.indptr[i], matrix.indptr[i + 1])
        row: dict[int, Fraction] = {}
        for j, entry in zip(matrix.indices[chosen].tolist(), rationals(matrix.data[chosen]), strict=True):
            row[j] = row.get(j, ZERO) + entry
        rows.append({j: entry for j, entry in row.items() if entry})
    return Rational(
        [sign * cost for cost in rationals(program.c)],
        rows,
        [(_bound(low), _bound(high)) for low, high in zip(program.row_lower, program.row_upper, strict=True)],
        [(_bound(low), _bound(high)) for low, high in zip(program.lower, program.upper, strict=True)],
        sign * Fraction(program.offset),
    )


def _bound(value: float) -> Bound:
    return Fraction(float(value)) if np.isfinite(value) else None


def _loosened(program: Rational) -> Rational:
    """Every row gives way by the rounding of the largest right-hand side."""
    sizes = [abs(bound) for bounds in program.row_bounds for bound in bounds if bound is not None]
    slack = 4 * EPS * (len(sizes) + 1) * max(sizes, default=ZERO)
    wider = [(None if low is None else low - slack, None if high is None else high + slack) for low, high in program.row_bounds]
    return Rational(program.c, program.rows, wider, program.bounds, program.offset)
