"""An answer in rational numbers is checked without tolerance: doctored ones are rejected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import otmodels as om
from otmodels.rational_check import RationalAnswer

SLIGHTLY = Fraction(1, 10**40)
THIRD = Fraction(1, 3)

PROBLEM = om.TransportProblem([3, 1, 2], [2, 4], np.array([[1, 4], [2, 4], [float("inf"), 1]]))
"""The plan below is the only optimal one: 2 * 1 + 1 * 4 + 1 * 4 + 2 * 1 = 12."""
ANSWER = RationalAnswer(
    np.array([0, 0, 1, 2]),
    np.array([0, 1, 1, 1]),
    [Fraction(2), Fraction(1), Fraction(1), Fraction(2)],
    [THIRD, THIRD, THIRD - 3],
    [1 - THIRD, 4 - THIRD],
)


def changed(values: Sequence[Fraction], place: int, by: Fraction) -> list[Fraction]:
    found = list(values)
    found[place] += by
    return found


DOCTORED: dict[str, Callable[[RationalAnswer], RationalAnswer]] = {
    "a mass": lambda x: replace(x, mass=changed(x.mass, 0, SLIGHTLY)),
    "two masses of a row": lambda x: replace(x, mass=changed(changed(x.mass, 0, SLIGHTLY), 1, -SLIGHTLY)),
    "two masses of a column": lambda x: replace(x, mass=changed(changed(x.mass, 1, SLIGHTLY), 2, -SLIGHTLY)),
    "a potential f": lambda x: replace(x, f=changed(x.f, 0, SLIGHTLY)),
    "a potential f, below": lambda x: replace(x, f=changed(x.f, 2, -SLIGHTLY)),
    "a potential g": lambda x: replace(x, g=changed(x.g, 1, -SLIGHTLY)),
    "a pair left out": lambda x: replace(x, i=x.i[1:], j=x.j[1:], mass=x.mass[1:]),
    "a pair that is forbidden": lambda x: replace(x, j=np.array([0, 1, 1, 0])),
    "a pair in place of another": lambda x: replace(x, i=np.array([0, 0, 0, 2])),
    "all potentials less": lambda x: replace(x, f=[f - SLIGHTLY for f in x.f]),
    "no mass": lambda x: replace(x, mass=[Fraction(0)] * 4),
}


class TestAnswers:
    def test_the_right_one_proves_its_value(self) -> None:
        assert ANSWER.interval(PROBLEM) == (12, 12)

    @pytest.mark.parametrize("how", DOCTORED)
    def test_a_doctored_one_proves_nothing(self, how: str) -> None:
        assert DOCTORED[how](ANSWER).interval(PROBLEM) is None

    def test_negative_mass_is_no_plan_where_it_balances(self) -> None:
        """All pairs are tight, so that any feasible plan is optimal: only the sign is wrong."""
        problem = om.TransportProblem([1, 1], [1, 1], [[1, 1], [1, 1]])
        i, j = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
        potentials = [Fraction(0)] * 2, [Fraction(1)] * 2
        for mass, right in (((1, 0, 0, 1), True), ((2, -1, -1, 2), False)):
            found = RationalAnswer(i, j, [Fraction(entry) for entry in mass], *potentials).interval(problem)
            assert (found is not None) is right

    @pytest.mark.parametrize("excess", [Fraction(1, 2**80), Fraction(1, 10**300), Fraction(1)])
    def test_a_pair_without_mass_that_is_violated_by_less_than_floats_tell(self, excess: Fraction) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[0, 3], [9, 0]])
        i = j = np.array([0, 1])
        for f, right in ((Fraction(3), True), (3 + excess, False), (3 - excess, True)):
            answer = RationalAnswer(i, j, [Fraction(1)] * 2, [f, Fraction(0)], [-f, Fraction(0)])
            assert (answer.interval(problem) is not None) is right

    def test_it_is_about_the_exact_masses_and_not_their_floats(self) -> None:
        """Three tenths from three of 0.1: the target is scaled to 3 * Fraction(0.1)."""
        problem = om.TransportProblem([0.1] * 3, [0.3], [[1.0]] * 3)
        pairs = np.arange(3), np.zeros(3, dtype=np.intp)
        potentials = [Fraction(0)] * 3, [Fraction(1)]
        interval = RationalAnswer(*pairs, [Fraction(0.1)] * 3, *potentials).interval(problem)
        assert interval is not None
        assert Fraction(interval.lower) <= 3 * Fraction(0.1) <= Fraction(interval.upper)
        assert interval.lower < interval.upper == np.nextafter(interval.lower, 1)
        assert (
            RationalAnswer(*pairs, [Fraction(0.1)] * 2 + [Fraction(0.3) - 2 * Fraction(0.1)], *potentials).interval(problem)
            is None
        )


class TestRounding:
    @pytest.mark.parametrize("cost", [0.1, -0.1, 0.3, -0.7])
    @pytest.mark.parametrize("mass", [0.1, 0.3, 0.7])
    def test_the_value_is_rounded_outwards_on_both_sides(self, mass: float, cost: float) -> None:
        problem = om.TransportProblem([mass], [mass], [[cost]])
        zero = np.array([0])
        interval = RationalAnswer(zero, zero, [Fraction(mass)], [Fraction(cost)], [Fraction(0)]).interval(problem)
        assert interval is not None
        assert Fraction(interval.lower) < Fraction(mass) * Fraction(cost) < Fraction(interval.upper)


class TestCertificate:
    PLAN, F, G = [[2, 1], [0, 1], [0, 2]], [0, 0, -3], [1, 4]

    def test_a_right_answer_stands_for_its_floats(self) -> None:
        assert om.certify(PROBLEM, self.PLAN, self.F, self.G, exact=ANSWER).passed

    @pytest.mark.parametrize("how", DOCTORED)
    def test_floats_that_are_wrong_get_nothing_from_a_doctored_answer(self, how: str) -> None:
        certificate = om.certify(PROBLEM, [[1, 2], [1, 0], [0, 2]], self.F, self.G, exact=DOCTORED[how](ANSWER))
        assert not certificate.passed
        assert certificate.interval == (12, 13)  # what its floats prove: it costs 1 too much

    def test_a_right_answer_excuses_no_floats_that_are_wrong(self) -> None:
        for plan, f, g in (
            ([[1, 2], [1, 0], [0, 2]], self.F, self.G),
            ([[2, 1], [0, 1], [0, 1]], self.F, self.G),
            (self.PLAN, [0, 0, -2], self.G),
            (self.PLAN, self.F, [1, 5]),
        ):
            certificate = om.certify(PROBLEM, plan, f, g, exact=ANSWER)
            assert not certificate.passed
            assert certificate.interval == (12, 12)
