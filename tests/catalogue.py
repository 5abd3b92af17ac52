"""Tiny transport problems with known answers, and the helpers that the tests share to state them and to solve them.

Numbers are exact: integers and fractions, None for a forbidden pair. Values come from the literature, from the closed form
on the line, or from a sum that fits on one line of paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

import otmodels as om
from otmodels.arrays import FloatArray

Number: TypeAlias = int | Fraction
Masses: TypeAlias = Sequence[Number]
Costs: TypeAlias = Sequence[Sequence[Number | None]]

SOLVERS = om.supports("primal", "dual")
"""Every (form, language)."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A transport problem in exact numbers, and what is known of its answer.

    Attributes
    ----------
    a, b, cost
        Masses (n,), (m,) and costs (n, m).
    value
        The optimal value.
    plan
        The optimal plan, where it is unique.
    f, g
        The optimal potentials with f = 0 at the first source with mass, where they are unique once they are closed by
        c-transform at atoms without mass.
    """

    name: str
    a: Masses
    b: Masses
    cost: Costs
    value: Number
    plan: Sequence[Sequence[Number]] | None = None
    f: Masses | None = None
    g: Masses | None = None

    def problem(self) -> om.TransportProblem:
        """The problem in floating point."""
        return problem_of(self.a, self.b, self.cost)


def floats(numbers: Masses) -> FloatArray:
    return np.array([float(number) for number in numbers])


def cost_matrix(cost: Costs) -> FloatArray:
    return np.array([[np.inf if entry is None else float(entry) for entry in row] for row in cost])


def problem_of(a: Masses, b: Masses, cost: Costs) -> om.TransportProblem:
    return om.TransportProblem(floats(a), floats(b), om.Cost(cost_matrix(cost)))


@cache
def solved(name: str, form: str, language: str) -> om.Solution:
    """The answer to an instance of the catalogue; each is solved once a run."""
    return solve(BY_NAME[name].problem(), form, language)


def solve(problem: om.TransportProblem, form: str = "primal", language: str = "highspy") -> om.Solution:
    solution = om.solve(problem, form, language)
    assert isinstance(solution, om.Solution)
    return solution


def on_the_line(x: Masses, y: Masses, power: int = 1) -> Costs:
    """|x_i - y_j|^power."""
    return [[abs(Fraction(xi) - Fraction(yj)) ** power for yj in y] for xi in x]


def value_by_assignment(a: Sequence[int], b: Sequence[int], cost: FloatArray) -> float:
    """The optimal value for integer masses, by cutting every atom into units and assigning units: no linear program."""
    i, j = np.repeat(np.arange(len(a)), a), np.repeat(np.arange(len(b)), b)
    units = np.asarray(cost)[np.ix_(i, j)]
    return float(units[linear_sum_assignment(units)].sum())


def monotone_plan(a: Masses, b: Masses) -> list[list[Fraction]]:
    """The plan that serves targets in order from sources in order: on the line the only optimum of a strictly convex cost."""
    plan = [[Fraction(0)] * len(b) for _ in a]
    left, room = [Fraction(mass) for mass in a], [Fraction(mass) for mass in b]
    for i in range(len(a)):
        for j in range(len(b)):
            plan[i][j] = min(left[i], room[j])
            left[i] -= plan[i][j]
            room[j] -= plan[i][j]
    return plan


def _thirds(*numbers: int) -> list[Fraction]:
    return [Fraction(number, 3) for number in numbers]


def _shares(*decimals: str) -> list[Fraction]:
    total = sum(map(Fraction, decimals))
    return [Fraction(decimal) / total for decimal in decimals]


def _exact(*decimals: str) -> list[Fraction]:
    return [Fraction(decimal) for decimal in decimals]


HALF = Fraction(1, 2)
EARTH_P = [Fraction(mass, 77) for mass in (12, 7, 4, 1, 19, 14, 9, 6, 3, 2)]
EARTH_Q = [Fraction(mass, 71) for mass in (1, 5, 11, 17, 13, 9, 6, 4, 3, 2)]
EARTH_F = [0, -1, -2, -3, -2, -1, 0, 1, 0, -1]
TEN = range(10)

LITERATURE = [
    # Herrmann 2017, Wasserstein GAN and the Kantorovich-Rubinstein duality. g = -f, the distance being a metric.
    Instance(
        "earth_moving",
        EARTH_P,
        EARTH_Q,
        on_the_line(TEN, TEN),
        Fraction(351, 497),
        f=EARTH_F,
        g=[-potential for potential in EARTH_F],
    ),
    Instance(
        "earth_moving_squared",
        EARTH_P,
        EARTH_Q,
        on_the_line(TEN, TEN, 2),
        Fraction(4721, 5467),
        plan=monotone_plan(EARTH_P, EARTH_Q),
    ),
    # Dantzig 1963 (GAMS trnsport): 90 dollars a case and thousand miles; 50 of the 950 cases stay where they are.
    Instance(
        "canning",
        [350, 600],
        [325, 300, 275, 50],
        [_exact("0.225", "0.153", "0.162", "0"), _exact("0.225", "0.162", "0.126", "0")],
        Fraction("153.675"),
        f=[0, 0],
        g=_exact("0.225", "0.153", "0.126", "0"),
    ),
    # SciPy's documentation of wasserstein_distance.
    Instance("scipy_thirds", _thirds(1, 1, 1), _thirds(1, 1, 1), on_the_line([0, 1, 3], [5, 6, 8]), 5),
    Instance("scipy_two_points", _shares("3", "1"), _shares("2", "2"), on_the_line([0, 1], [0, 1]), Fraction(1, 4)),
    Instance(
        "scipy_weighted",
        _shares("1.4", "0.9", "3.1", "7.2"),
        _shares("3.2", "3.5"),
        on_the_line(_exact("3.4", "3.9", "7.5", "7.8"), _exact("4.5", "1.4")),
        Fraction(86069, 21105),
    ),
    # POT, issue 345.
    Instance("small_integers", [1, 0], [0, 1], [[2, 1], [1, 1]], 1, plan=[[0, 1], [0, 0]], f=[0, 0], g=[1, 1]),
    # Villani, Topics in Optimal Transportation, Corollary 1.16: mass in common may stay only where the cost is a metric.
    Instance(
        "common_mass_squared",
        [HALF, HALF, 0],
        [0, HALF, HALF],
        on_the_line(range(3), range(3), 2),
        1,
        plan=[[0, HALF, 0], [0, 0, HALF], [0, 0, 0]],
    ),
    Instance("common_mass_cancelled", [HALF, 0, 0], [0, 0, HALF], on_the_line(range(3), range(3), 2), 2),
    Instance("common_mass_distance", [HALF, HALF, 0], [0, HALF, HALF], on_the_line(range(3), range(3)), 1),
]

BY_HAND = [
    Instance("signs", [HALF, HALF], [HALF, HALF], [[0, 1], [2, 3]], Fraction(3, 2), f=[0, 2], g=[0, 1]),
    Instance(
        "atoms_without_mass_on_the_line",
        [Fraction(3, 4), 0, 0, Fraction(1, 4), 0, 0],
        [0, 0, HALF, 0, 0, HALF],
        on_the_line(range(6), range(6)),
        Fraction(11, 4),
        f=[0, -1, -2, -3, -4, -5],
        g=[0, 1, 2, 3, 4, 5],
    ),
    Instance(
        "squared_is_no_metric",
        [1, 0, 0],
        [0, 0, 1],
        on_the_line(range(3), range(3), 2),
        4,
        plan=[[0, 0, 1], [0, 0, 0], [0, 0, 0]],
        f=[0, -3, -4],
        g=[0, 1, 4],
    ),
    Instance("one_to_one", [3], [3], [[Fraction(7, 2)]], Fraction(21, 2), plan=[[3]], f=[0], g=[Fraction(7, 2)]),
    Instance("one_source", [6], [1, 2, 3], [[4, -1, 2]], 8, plan=[[1, 2, 3]], f=[0], g=[4, -1, 2]),
    Instance("one_target", [1, 2, 3], [6], [[4], [-1], [2]], 8, plan=[[1], [2], [3]], f=[0, -5, -2], g=[4]),
    Instance(
        "two_by_three",
        [20, 30],
        [10, 25, 15],
        [[2, 3, 1], [5, 4, 8]],
        5 * 2 + 15 * 1 + 5 * 5 + 25 * 4,
        plan=[[5, 0, 15], [5, 25, 0]],
        f=[0, 3],
        g=[2, 1, 1],
    ),
    Instance(
        "no_mass_on_either_side",
        [0, 2, 0, 3],
        [4, 0, 1],
        [[9, 9, 9], [1, 5, 3], [0, 0, 0], [2, 0, 6]],
        1 + 3 + 3 * 2,
        plan=[[0, 0, 0], [1, 0, 1], [0, 0, 0], [3, 0, 0]],
        f=[6, 0, -3, 1],
        g=[1, -1, 3],
    ),
    Instance(
        "repeated_points",
        [1, 1, 1],
        [1, 1, 1],
        on_the_line([0, 0, 1], [0, 1, 1]),
        1,
    ),
    Instance(
        "every_assignment_ties",
        [1] * 4,
        [1] * 4,
        [[i + j for j in range(4)] for i in range(4)],
        12,
        f=[0, 1, 2, 3],
        g=[*range(4)],
    ),
    Instance("some_assignments_tie", [1] * 3, [1] * 3, [[1, 1, 2], [1, 1, 2], [2, 2, 1]], 3),
    Instance("equal_measures", [1, 2, 3], [1, 2, 3], on_the_line(range(3), range(3)), 0, plan=[[1, 0, 0], [0, 2, 0], [0, 0, 3]]),
    Instance(
        "equal_measures_with_gaps",
        [1, 0, 3],
        [1, 0, 3],
        on_the_line(range(3), range(3)),
        0,
        plan=[[1, 0, 0], [0, 0, 0], [0, 0, 3]],
    ),
    Instance("free_of_charge", [1, 2], [2, 1], [[0, 0], [0, 0]], 0, f=[0, 0], g=[0, 0]),
    Instance("paid_to_move", [2, 1], [1, 2], [[-3, -1], [-4, -6]], -3 - 1 - 6, plan=[[1, 1], [0, 1]], f=[0, -5], g=[-3, -1]),
    Instance(
        "shifted_by_a_million",
        [2, 1],
        [1, 2],
        [[10**6, 10**6 + 1], [10**6 + 2, 10**6]],
        3 * 10**6 + 1,
        plan=[[1, 1], [0, 1]],
        f=[0, -1],
        g=[10**6, 10**6 + 1],
    ),
]

FORBIDDEN = [
    Instance(
        "only_forward",
        [1, 2, 3],
        [1, 1, 4],
        [[1, 2, 3], [None, 1, 2], [None, None, 1]],
        1 + 1 + 2 + 3,
        plan=[[1, 0, 0], [0, 1, 1], [0, 0, 3]],
    ),
    Instance(
        "two_islands",
        [1, 2, 4],
        [3, 1, 3],
        [[2, None, None], [5, None, None], [None, 7, 1]],
        2 + 10 + 7 + 3,
        plan=[[1, 0, 0], [2, 0, 0], [0, 1, 3]],
    ),
    Instance(
        "no_one_stays",
        [1, 1, 1],
        [1, 1, 1],
        [[None, 1, 5], [5, None, 1], [1, 5, None]],
        3,
        plan=[[0, 1, 0], [0, 0, 1], [1, 0, 0]],
    ),
    Instance(
        "island_without_mass",
        [2, 0, 1],
        [0, 1, 2],
        [[None, 1, 2], [3, None, None], [None, 4, 1]],
        1 + 2 + 1,
        plan=[[0, 1, 1], [0, 0, 0], [0, 0, 1]],
    ),
]

INSTANCES = [*LITERATURE, *BY_HAND, *FORBIDDEN]
BY_NAME = {instance.name: instance for instance in INSTANCES}


def two_gaussians(step: int = 1) -> om.TransportProblem:
    """POT's test of two normal densities, mean 300 and 400, in bins 0..499 and 0..599: 100 apart, to seven digits.

    Far from the means the densities fall below 1e-300, and then to 0. Of the bins, every so many-th is taken.
    """

    def density(bins: int, mean: float, deviation: float) -> om.Measure:
        x = np.arange(0, bins, step, dtype=np.float64)
        mass = np.exp(-((x - mean) ** 2) / (2 * deviation**2))
        return om.Measure(mass / mass.sum(), points=x)

    source, target = density(500, 300.0, 5.0), density(600, 400.0, 10.0)
    return om.TransportProblem(source, target, om.ground_cost(source, target))
