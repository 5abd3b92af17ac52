"""The masses that a certificate is about: rationals of equal totals, changed by rounding at most, and said where they are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InfeasibleError
from otmodels.masses import LIGHT, MOVABLE, corrected, exact_scale, light

INF = float("inf")


def free(a: FloatArray, b: FloatArray) -> om.TransportProblem:
    return om.TransportProblem(a, b, np.ones((len(a), len(b))))


def rational(masses: FloatArray) -> list[Fraction]:
    return [Fraction(mass) for mass in masses.tolist()]


def assert_corrections_hold(problem: om.TransportProblem) -> None:
    """Each exact target mass is the float and its correction, within the error that is stated."""
    exact = problem.exact_target
    for j, mass in enumerate(problem.exact_masses()[1]):
        corrected = Fraction(float(problem.b[j])) + Fraction(float(exact.correction[j]))
        assert abs(mass - corrected) <= Fraction(float(exact.error[j]))


def wrong_by(a: FloatArray, given: FloatArray, b: FloatArray) -> list[tuple[Fraction, Fraction]]:
    """By how much each correction of b to the given masses, scaled, is wrong, and the bound on it that is stated."""
    found, scale = corrected(a, given, b, {}), exact_scale(a, given)
    exact = [mass * scale - own for mass, own in zip(rational(given), rational(b), strict=True)]
    wrong = [abs(mass - correction) for mass, correction in zip(exact, rational(found.correction), strict=True)]
    return list(zip(wrong, rational(found.error), strict=True))


def two_blocks(seed: int, n: int) -> om.TransportProblem:
    """2 n to 2 n atoms in two blocks that no allowed pair joins; both have mass 1/2, but for rounding."""
    rng = np.random.default_rng(seed)
    a, b = (np.concatenate([x / x.sum() / 2 for x in rng.random((2, n)) + 0.1]) for _ in range(2))
    cost = np.full((2 * n, 2 * n), INF)
    cost[:n, :n], cost[n:, n:] = rng.random((2, n, n))
    return om.TransportProblem(a, b, cost)


class TestTotals:
    @given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8), st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8))
    def test_they_are_equal_exactly_and_the_source_is_as_given(self, one: list[float], other: list[float]) -> None:
        a, b = np.array(one), np.array(other)
        problem = free(a, b * (a.sum() / b.sum()))
        exact_a, exact_b = problem.exact_masses()
        assert exact_a == rational(a)
        assert sum(exact_a) == sum(exact_b)
        assert_corrections_hold(problem)

    @pytest.mark.parametrize("seed", range(10))
    def test_the_target_as_given_is_scaled_and_every_mass_by_the_same(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, given = rng.random(30), rng.random(20)
        given *= a.sum() / given.sum() * (1 + rng.integers(-4, 5) * 2.0**-52)
        problem = free(a, given)
        scale = sum(rational(a)) / sum(rational(given))
        assert problem.exact_masses()[1] == [mass * scale for mass in rational(given)]
        assert_corrections_hold(problem)

    def test_equal_totals_need_no_correction(self) -> None:
        problem = free(np.array([0.25, 0.75]), np.array([0.5, 0.5]))
        exact = problem.exact_target
        assert not exact.correction.any()
        assert not exact.error.any()
        assert problem.exact_masses() == (rational(problem.a), rational(problem.b))

    def test_totals_that_floats_take_for_equal(self) -> None:
        """0.1 + 0.2 + 0.3 + 0.4 rounds to 1, and is above it."""
        problem = free(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.5]))
        a, b = problem.exact_masses()
        assert sum(a) == sum(b) != 1
        assert_corrections_hold(problem)

    @pytest.mark.parametrize("seed", range(5))
    def test_single_precision(self, seed: int) -> None:
        """Masses of a softmax in float32, whose totals differ in the seventh digit."""
        rng = np.random.default_rng(seed)
        a, b = (np.exp(x - x.max()) for x in 10 * rng.random((2, 20)).astype(np.float32))
        a, b = a / a.sum(), b / b.sum()
        problem = free(a, b)
        exact_a, exact_b = problem.exact_masses()
        assert sum(exact_a) == sum(exact_b)
        assert exact_a == [Fraction(float(mass)) for mass in a]
        assert_corrections_hold(problem)

    @pytest.mark.parametrize("seed", range(5))
    def test_masses_over_hundreds_of_orders(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = np.append(10.0 ** rng.uniform(-250, -1, 20), 1.0), np.append(10.0 ** rng.uniform(-250, -1, 20), 1.0)
        problem = free(a, b * (a.sum() / b.sum()))
        assert sum(problem.exact_masses()[0]) == sum(problem.exact_masses()[1])
        assert_corrections_hold(problem)

    def test_rescaled_measures_balance_exactly_too(self) -> None:
        problem = om.TransportProblem([3, 1, 3], [5, 6], np.ones((3, 2)), balance="rescale")
        a, b = problem.exact_masses()
        assert a == rational(problem.a)
        assert sum(a) == sum(b)
        assert_corrections_hold(problem)


class TestErrorOfCorrections:
    """Masses for which one part of the bound alone is not below what rounding does."""

    def test_what_the_difference_of_given_and_stated_masses_loses(self) -> None:
        """1 - 2^-60 rounds to 1; the totals are equal."""
        (found,) = wrong_by(np.array([1.0]), np.array([1.0]), np.array([2.0**-60]))
        assert found == (Fraction(1, 2**60), Fraction(2.0**-60 * (1 + 2.0**-51)))

    def test_what_adding_the_stretch_loses(self) -> None:
        """3/4 and 2^-51 / 3 add up to 3/4 and 2^-52, which is off by a third of that."""
        for wrong, error in wrong_by(np.array([3 + 2.0**-51]), np.ones(3), np.full(3, 0.25)):
            assert Fraction(1, 2**55) < wrong <= error < Fraction(1, 2**54)

    def test_what_rounding_the_stretch_and_its_product_loses(self) -> None:
        """Of totals whose difference is below what floats tell: each rounding alone loses half a unit, both together more."""
        x, y, least = 0.5 + 83 * 2.0**-12, 0.5 - 3 * 2.0**-6, 2.0**-60
        a, given = np.array([x, least * (1 + 2.0**-40), y]), np.array([least, x, y])
        found = wrong_by(a, given, given)
        unit = Fraction(1, 2**53) * Fraction(float(corrected(a, given, given, {}).correction[1]))
        assert found[1][0] > unit * Fraction(3, 2)
        assert all(wrong <= error for wrong, error in found)


class TestMoves:
    @pytest.mark.parametrize("seed", range(12))
    def test_each_block_balances_after_a_move_by_rounding(self, seed: int) -> None:
        n = 6
        problem = two_blocks(seed, n)
        a, b = problem.exact_masses()
        assert sum(a[:n]) == sum(b[:n])
        assert sum(a[n:]) == sum(b[n:])
        exact = problem.exact_target
        assert exact.balanced
        assert sum(exact.moved.values()) == 0
        assert exact.amount <= MOVABLE * 4 * n * problem.mass_unit
        assert_corrections_hold(problem)
        assert bool(exact.moved) == any("masses moved" in note for note in problem.adjustments)

    def test_a_move_says_between_which_targets_and_how_much(self) -> None:
        step = 2.0**-53
        source, target = om.Measure([0.5, 0.5], labels=["p", "q"]), om.Measure([0.5 + step, 0.5 - step], labels=["r", "s"])
        problem = om.TransportProblem(source, target, [[1, INF], [INF, 2]])
        assert problem.exact_masses()[1] == [Fraction(1, 2), Fraction(1, 2)]
        assert problem.exact_target.moved == {0: -Fraction(step), 1: Fraction(step)}
        (note,) = problem.adjustments
        assert note.startswith("masses moved between targets 'r', 's', by 1.11e-16 in all")

    def test_the_certificate_is_about_these_and_says_so(self) -> None:
        step = 2.0**-53
        problem = om.TransportProblem([0.5, 0.5], [0.5 + step, 0.5 - step], [[1, INF], [INF, 2]])
        certificate = om.certify(problem, np.diag([0.5, 0.5]), [0, 0], [1, 2])
        assert certificate.passed
        assert certificate.interval.lower <= 1.5 <= certificate.interval.upper
        assert "masses moved" in certificate.about

    @pytest.mark.parametrize("excess", [1e-12, 1e-3])
    def test_nothing_is_moved_where_a_plan_is_missing_for_real(self, excess: float) -> None:
        problem = om.TransportProblem([0.5, 0.5], [0.5 + excess, 0.5 - excess], [[1, INF], [INF, 2]])
        assert not problem.exact_target.moved
        assert not problem.exact_target.balanced
        assert problem.adjustments == ()
        assert problem.exact_masses()[1] == rational(problem.b)
        with pytest.raises(InfeasibleError, match="forbidden pairs"):
            om.solve(problem, language="highspy")

    def test_the_bound_on_what_is_rounding(self) -> None:
        """4 eps x 4 atoms x a total of 1 is 2^-48: a shortfall of that is moved, and of the next float above it not."""
        for excess, moved in ((2.0**-48, True), (2.0**-48 + 2.0**-52, False)):
            problem = om.TransportProblem([0.5, 0.5], [0.5 + excess, 0.5 - excess], [[1, INF], [INF, 2]])
            assert bool(problem.exact_target.moved) is moved

    def test_no_mass_is_moved_where_allowed_pairs_join_all_atoms(self) -> None:
        problem = om.TransportProblem([0.1, 0.2, 0.7], [0.7, 0.3], np.array([[1, 1], [1, INF], [INF, 1]]))
        assert not problem.exact_target.moved
        assert problem.exact_target.balanced

    def test_a_target_that_nothing_reaches_may_hold_what_is_rounding(self) -> None:
        problem = om.TransportProblem([0.5, 0.5], [0.5, 0.5, 1e-30], np.array([[1, 2, INF], [2, 1, INF]]))
        assert problem.exact_masses()[1][2] == 0
        lower, upper = om.certify(problem, np.array([[0.5, 0, 0], [0, 0.5, 0]]), [1, 1], [0, 0, 0]).interval
        assert lower <= 1 <= upper < 2

    def test_moves_add_up(self) -> None:
        problem = om.TransportProblem([0.5, 0.5], [0.5, 0.5], np.array([[1, INF], [1, 2]]))
        problem.move({0: Fraction(1, 2**60), 1: -Fraction(1, 2**60)})
        problem.move({0: Fraction(1, 2**60), 1: -Fraction(1, 2**60)})
        assert problem.exact_masses()[1] == [Fraction(1, 2) + Fraction(1, 2**59), Fraction(1, 2) - Fraction(1, 2**59)]
        assert_corrections_hold(problem)


class TestLight:
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(any), st.integers(-300, 0))
    def test_light_masses_are_the_lightest_and_together_at_most_that_part_of_the_total(
        self, masses: list[float], exponent: int
    ) -> None:
        x = np.array(masses) * np.array([10.0**exponent if k % 2 else 1.0 for k in range(len(masses))])
        if not x.any():
            return
        found = light(x)
        assert sum(rational(x[found])) <= Fraction(LIGHT) * sum(rational(x)) * (1 + Fraction(1, 10**9))
        assert not found.all()
        if found.any():
            assert x[found].max() <= x[~found].min()

    def test_signs_do_not_matter(self) -> None:
        assert light(np.array([-1.0, 1e-20, -1e-20, 0.5])).tolist() == [False, True, True, False]

    def test_many_that_are_light_one_by_one_are_not_all_light_together(self) -> None:
        x = np.append(np.full(100, 5e-14), 1.0)
        assert 0 < np.count_nonzero(light(x)) < 100
