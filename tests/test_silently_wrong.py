"""Data on which a solver with absolute tolerances gives a wrong answer and calls it optimal, right here in every language.

The base problem has small integers; what is asked of it in other units follows by exact scaling.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from catalogue import SOLVERS, Costs, Masses, cost_matrix, floats, problem_of, solve, value_by_assignment

import otmodels as om
from otmodels.errors import NegativeMassError, NotANumberError, UnbalancedError

pytestmark = pytest.mark.parametrize(("form", "language"), SOLVERS)

A = [4, 7, 2]
B = [3, 1, 5, 4]
COST = [[3, 8, 2, 5], [6, 1, 4, 9], [7, 2, 6, 3]]
VALUE = int(value_by_assignment(A, B, np.array(COST)))


def times(factor: Fraction | int, masses: Masses) -> list[Fraction]:
    return [Fraction(factor) * mass for mass in masses]


def costs_times(factor: Fraction, cost: list[list[int]]) -> Costs:
    return [times(factor, row) for row in cost]


def assert_right(solution: om.Solution, value: Fraction | float) -> None:
    """Certified, of the right value, and every atom served in proportion to its own mass."""
    problem = solution.problem
    assert solution.certificate.passed, solution.certificate.verdict
    assert abs(solution.value - float(value)) <= 1e-9 * abs(float(value))
    np.testing.assert_allclose(solution.plan.sum(axis=1), problem.a, rtol=1e-6)
    np.testing.assert_allclose(solution.plan.sum(axis=0), problem.b, rtol=1e-6)
    assert (problem.cost.values - solution.f[:, None] - solution.g[None, :]).min() >= -1e-12 * problem.cost_unit


POWERS = (-15, -12, -9, -8, -7, -6, 6, 9, 12, 15)


@pytest.mark.parametrize("power", POWERS)
def test_costs_in_any_unit(power: int, form: str, language: str) -> None:
    unit = Fraction(10) ** power
    assert_right(solve(problem_of(A, B, costs_times(unit, COST)), form, language), VALUE * unit)


@pytest.mark.parametrize("power", POWERS)
def test_masses_in_any_unit(power: int, form: str, language: str) -> None:
    """Total mass 1e-6, 1e-7, 1e-12: unscaled, 3 % off, no plan at all, and worse."""
    unit = Fraction(10) ** power / sum(A)
    assert_right(solve(problem_of(times(unit, A), times(unit, B), COST), form, language), VALUE * unit)


@pytest.mark.parametrize(("mass_power", "cost_power"), [(-12, -12), (-12, 12), (12, -12), (12, 12)])
def test_masses_and_costs_in_any_unit(mass_power: int, cost_power: int, form: str, language: str) -> None:
    mass, cost = Fraction(10) ** mass_power / 3, Fraction(10) ** cost_power / 7
    problem = problem_of(times(mass, A), times(mass, B), costs_times(cost, COST))
    assert_right(solve(problem, form, language), VALUE * mass * cost)


@pytest.mark.parametrize(("mass", "cost"), [(1e20, 1.0), (1e300, 1.0), (1.0, 1e20), (1.0, 1e300), (1e150, 1e150)])
def test_numbers_that_highs_would_take_as_infinite(mass: float, cost: float, form: str, language: str) -> None:
    solution = solve(om.TransportProblem(mass * np.array(A), mass * np.array(B), cost * np.array(COST)), form, language)
    assert_right(solution, VALUE * mass * cost)


@pytest.mark.parametrize("power", [-6, -7, -9, -11, -12])
def test_an_atom_of_tiny_mass_is_served(power: int, form: str, language: str) -> None:
    """The tiny source goes where it is cheapest at the margin, at the price that the potentials of the rest set."""
    tiny = 10.0**power
    a, b = np.array([tiny, 0.5, 0.5 - tiny]), np.array([0.25, 0.75])
    solution = solve(om.TransportProblem(a, b, [[1, 5], [2, 3], [4, 4]]), form, language)
    assert_right(solution, tiny * 1 + (0.25 - tiny) * 2 + (0.25 + tiny) * 3 + (0.5 - tiny) * 4)
    np.testing.assert_allclose(solution.plan[0], [tiny, 0], rtol=1e-6, atol=0)
    assert solution.plan_table().set_index(["source", "target"]).loc[(0, 0), "mass"] == pytest.approx(tiny, rel=1e-6)


def test_a_target_of_tiny_mass_is_served(form: str, language: str) -> None:
    tiny = 1e-11
    solution = solve(om.TransportProblem([1.0], [tiny, 1 - tiny], [[1e3, 1]]), form, language)
    assert_right(solution, 1 + 999 * tiny)
    assert solution.plan[0, 0] == pytest.approx(tiny, rel=1e-6)


def test_tiny_masses_of_different_size_are_each_served(form: str, language: str) -> None:
    """Between two targets, sources take the cheaper one in the order of what they save: an exact sum."""
    tiny = [Fraction(1, 10**power) for power in (6, 8, 10, 11, 12)]
    a = [*tiny, 1 - sum(tiny)]
    b = [Fraction(1, 4), Fraction(3, 4)]
    cost = [[1, 9], [9, 1], [2, 9], [9, 2], [3, 9], [4, 5]]
    solution = solve(problem_of(a, b, cost), form, language)
    cheap = [min(row) for row in cost[:5]]
    left = b[0] - tiny[0] - tiny[2] - tiny[4]
    assert_right(solution, sum(mass * price for mass, price in zip(tiny, cheap, strict=True)) + left * 4 + (a[-1] - left) * 5)
    served = [solution.plan[0, 0], solution.plan[1, 1], solution.plan[2, 0], solution.plan[3, 1], solution.plan[4, 0]]
    np.testing.assert_allclose(served, floats(tiny), rtol=1e-6, atol=0)


@pytest.mark.parametrize("huge", [1e6, 1e9, 1e12])
def test_one_huge_cost_among_small_ones(huge: float, form: str, language: str) -> None:
    """The dear pair stays empty and the cheap ones are told apart all the same."""
    cost = cost_matrix(COST)
    cost[1, 3] = huge
    assert_right(solve(om.TransportProblem(floats(A), floats(B), cost), form, language), value_by_assignment(A, B, cost))


@pytest.mark.parametrize("huge", [10**6, 10**9, 10**12])
def test_one_huge_cost_that_has_to_be_paid(huge: int, form: str, language: str) -> None:
    """The only way to the second target is dear; what is left to choose, between costs 1 and 2, is still chosen right."""
    solution = solve(
        om.TransportProblem([1, 1, 1], [1, 1, 1], om.Cost([[np.inf, huge, np.inf], [1, np.inf, 2], [2, np.inf, 1]])),
        form,
        language,
    )
    assert_right(solution, huge + 2)
    np.testing.assert_allclose(solution.plan, [[0, 1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)


@pytest.mark.parametrize("huge", [1e8 / 3, 1e9 / 3, 1e10 / 3, 1e12 / 3])
def test_one_huge_cost_at_an_atom_without_mass(huge: float, form: str, language: str) -> None:
    """What a source that has nothing would pay is nothing to the others, not even by rounding."""
    assert_right(solve(om.TransportProblem([0, 1, 1], [2], [[huge], [0.1], [0.7]]), form, language), 0.8)


def test_one_huge_cost_paid_by_a_tiny_mass(form: str, language: str) -> None:
    tiny = 8.4e-12
    solution = solve(om.TransportProblem([1 + tiny], [1, tiny], [[1838.4344, 2583033100.0]]), form, language)
    assert_right(solution, 1838.4344 + tiny * 2583033100.0)
    np.testing.assert_allclose(solution.g, [1838.4344, 2583033100.0], rtol=1e-12)


def test_costs_of_every_size(form: str, language: str) -> None:
    """From 1e-6 to 6e5 in one problem, the masses ordinary."""
    a, b = [794, 20, 3, 375, 1092], [1003, 794, 117, 350, 20]
    cost = np.array(
        [
            [0.8, 5e-5, 4e5, 1e-3, 1e5],
            [2.0, 5e5, 6e5, 7e-5, 1e5],
            [0.01, 0.002, 1e-6, 3e5, 1e-4],
            [3e-4, 7e-4, 5e-6, 0.4, 10.0],
            [0.01, 1e4, 9e4, 0.06, 800.0],
        ]
    )
    assert_right(solve(om.TransportProblem(a, b, cost), form, language), Fraction("185.809635"))


def test_costs_of_every_size_and_forbidden_pairs(form: str, language: str) -> None:
    """Costs of a millionth are told apart next to costs of thousands."""
    no = np.inf
    cost = np.array(
        [
            [0.0067, 9.2e-5, 320.0],
            [3900.0, no, 0.001],
            [1.3e-6, no, 2.1e-6],
            [no, -0.0033, no],
            [4.9e-5, 8700.0, no],
            [-0.0078, no, no],
        ]
    )
    a, b = np.array([2, 2, 1, 1, 2, 1]) * 10**5, np.array([3, 3, 3]) * 10**5
    assert_right(solve(om.TransportProblem(a, b, cost), form, language), Fraction("-881.59"))


@pytest.mark.parametrize("step", [Fraction(1), Fraction(1, 2**10), Fraction(1, 2**20)])
def test_small_differences_on_top_of_large_costs(step: Fraction, form: str, language: str) -> None:
    """Costs 1e6 + small differences: the plan is optimal for the differences alone, which is what tells plans apart."""
    total, small = sum(A), costs_times(step, COST)
    shifted = [[10**6 + entry for entry in row if entry is not None] for row in small]
    solution = solve(problem_of(A, B, shifted), form, language)
    assert_right(solution, 10**6 * total + step * VALUE)
    assert float((solution.plan * cost_matrix(small)).sum()) == pytest.approx(float(step * VALUE), rel=1e-9)


def test_a_cost_that_is_not_a_number_is_an_error(form: str, language: str) -> None:
    cost = cost_matrix(COST)
    cost[1, 2] = np.nan
    with pytest.raises(NotANumberError, match=r"cost: is NaN at \(1, 2\)"):
        solve(om.TransportProblem(floats(A), floats(B), cost), form, language)


@pytest.mark.parametrize("difference", [9e-8, -9e-8, 1e-12])
def test_totals_that_differ_are_an_error(difference: float, form: str, language: str) -> None:
    with pytest.raises(UnbalancedError, match="total masses are"):
        solve(om.TransportProblem([0.5, 0.5 + difference], [0.25, 0.75], [[1, 2], [3, 4]]), form, language)


def test_a_mass_slightly_below_zero_is_an_error(form: str, language: str) -> None:
    with pytest.raises(NegativeMassError, match="is -1e-09 at 'north'"):
        solve(
            om.TransportProblem(om.Measure([-1e-9, 1 + 1e-9], labels=["north", "south"]), [0.5, 0.5], [[1, 2], [3, 4]]),
            form,
            language,
        )
