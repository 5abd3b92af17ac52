"""Certificates of linear programs: what passes is as near to the exact optimum as it says, and that is in the interval."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lp_conversion import stated

import otmodels as om
from otmodels.checks import Certificate
from otmodels.lp import LinearProgram, certify, rational, small
from otmodels.lp.exact import Optimum
from otmodels.lp.small import solved
from otmodels.status import OPTIMAL

INF = np.inf
FREE, POSITIVE = (-INF, INF), (0, INF)
EPS = 2.0**-52


def exactly(values: Any) -> list[Fraction]:
    """Floats as the rationals that they are."""
    return [Fraction(value) for value in np.asarray(values, dtype=float).tolist()]


def optimum(lp: LinearProgram) -> Fraction:
    """The exact optimal value of the floats, from a point and multipliers that are checked here: feasible, and of one value."""
    found = solved(lp)
    assert isinstance(found, Optimum)
    sign = 1 if lp.sense == "min" else -1
    x, y = found.x, [sign * value for value in found.y]
    matrix = [exactly(row) for row in lp.A.toarray()]
    costs = [sign * c for c in exactly(lp.c)]
    activity = [sum((a * v for a, v in zip(row, x, strict=True)), Fraction(0)) for row in matrix]
    z = [c - sum((row[j] * v for row, v in zip(matrix, y, strict=True)), Fraction(0)) for j, c in enumerate(costs)]
    bound = Fraction(0)
    for multipliers, values, lower, upper in ((y, activity, lp.row_lower, lp.row_upper), (z, x, lp.lower, lp.upper)):
        for multiplier, value, low, high in zip(multipliers, values, lower.tolist(), upper.tolist(), strict=True):
            assert low <= value <= high
            if multiplier:
                bound += multiplier * Fraction(low if multiplier > 0 else high)
    value = sum((c * v for c, v in zip(costs, x, strict=True)), Fraction(0))
    assert value == bound
    return sign * value + Fraction(lp.offset)


def assert_holds(certificate: Certificate, value: Fraction) -> None:
    """The exact optimum is within, and where it is proven and passes, the interval and the value are near it."""
    lower, upper = certificate.interval
    assert lower <= value <= upper
    if certificate.passed and certificate.proven and not certificate.absolute:
        assert Fraction(upper) - Fraction(lower) <= Fraction(1e-9) * abs(value)
        assert abs(Fraction(certificate.primal_value) - value) <= Fraction(1e-9) * abs(value)


class TestPrices:
    """A violation counts by its price; only rounding is forgiven, and a check excuses nothing."""

    def test_a_row_of_large_entries_is_not_excused_by_a_large_number_beside_it(self) -> None:
        """1e6 y = -0.9, and z = 1e8."""
        lp = stated([1, 0], [[1e6, 0], [0, 1]], [(-0.9, -0.9), (1e8, 1e8)], [FREE, FREE])
        wrong = certify(lp, np.array([0.0, 1e8]), np.array([1e-6, 0.0]))
        assert not wrong.passed
        assert wrong.worst is not None
        assert (wrong.worst.name, wrong.worst.where) == ("row bounds", "row 0")
        right = certify(lp, np.array([-0.9 / 1e6, 1e8]), np.array([1e-6, 0.0]))
        assert right.passed
        assert_holds(right, Fraction(-0.9) / 10**6)

    def test_a_small_term_is_not_excused_by_a_large_one_in_its_row(self) -> None:
        """1e-7 x + 1000 z <= 1000 and z >= 1 leave x = 0."""
        lp = stated([1, 0], [[1e-7, 1000]], [(-INF, 1000)], [POSITIVE, (1, INF)], "max")
        assert certify(lp, np.array([0.0, 1.0]), np.array([1e7])).interval == (0, 0)
        for x in (1.0, 0.01, 1e-4):
            for y in (1e7, 0.0):
                wrong = certify(lp, np.array([x, 1.0]), np.array([y]))
                assert not wrong.passed
                assert wrong.interval.lower <= 0 <= wrong.interval.upper

    def test_nor_where_it_costs_nothing(self) -> None:
        lp = stated([0, 0], [[1e-7, 1000]], [(-INF, 1000)], [POSITIVE, (1, INF)])
        assert certify(lp, np.array([0.0, 1.0]), np.zeros(1)).passed
        assert not certify(lp, np.array([1.0, 1.0]), np.zeros(1)).passed

    @pytest.mark.parametrize("dear", [1e14, 1e100, 1e300])
    def test_a_cost_that_no_sensible_plan_pays_does_not_widen_what_passes(self, dear: float) -> None:
        """Half a unit each from two places to two: 1 for the plan that stays, 2 for the one that crosses, and a third way."""
        rows = [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1, 1]]
        lp = stated([1, 2, 2, 1, dear], rows, [(0.5, 0.5)] * 4, [POSITIVE] * 5)
        stays, crosses = np.array([0.5, 0, 0, 0.5, 0]), np.array([0, 0.5, 0.5, 0, 0])
        assert certify(lp, stays, np.array([1.0, 1.0, 0.0, 0.0])).interval == (1, 1)
        for y in ([1.0, 1, 0, 0], [2.0, 2, 0, 0], [dear, dear, -dear, -dear], [0.0, 0, 0, 0]):
            wrong = certify(lp, crosses, np.array(y))
            assert not wrong.passed
            assert_holds(wrong, Fraction(1))

    def test_a_reduced_cost_of_the_wrong_sign_costs_the_range_of_its_variable(self) -> None:
        """Masses >= 0 that sum to 1/4: the row bounds each of them, and y = 1 + 1/8 is worth 1/32 less than it says."""
        lp = stated([1, 1], [[1, 1]], [(0.25, 0.25)], [POSITIVE] * 2)
        lower, upper = certify(lp, np.array([0.25, 0]), np.array([1.125])).interval
        assert upper == 0.25
        assert 0.25 - 2 / 32 - 1e-15 <= lower <= 0.25 - 1 / 32

    @pytest.mark.parametrize("at", [-3.0, 0.0, 7.0])
    @pytest.mark.parametrize("cost", [-5.0, 0.0, 5.0])
    def test_a_fixed_variable_s_reduced_cost_has_no_sign_to_keep(self, at: float, cost: float) -> None:
        lp = stated([cost, 1], [[1, 1]], [(4 + at, INF)], [(at, at), POSITIVE])
        certificate = certify(lp, np.array([at, 4.0]), np.array([1.0]))
        assert certificate.passed
        assert certificate.interval == (cost * at + 4, cost * at + 4)


class TestExactOptimum:
    """Floats are rationals, and their optimum is a fraction."""

    @pytest.mark.parametrize(
        ("lp", "value"),
        [
            (stated([0.1, 0.2], [[1, 1]], [(0.3, 0.3)], [POSITIVE] * 2), Fraction(0.1) * Fraction(0.3)),
            (stated([1, 1], [[3, 1], [1, 3]], [(1, INF)] * 2, [POSITIVE] * 2), Fraction(1, 2)),
            (stated([1], [[3]], [(1, 1)], [FREE]), Fraction(1, 3)),
            (stated([1, 1], [[0.1, 0.7]], [(0.3, INF)], [POSITIVE] * 2), Fraction(0.3) / Fraction(0.7)),
            (stated([-1, -1], [[1, 0.1], [0.1, 1]], [(-INF, 1)] * 2, [POSITIVE] * 2), -2 / (1 + Fraction(0.1))),
            (stated([1e-7, 1e8], [[1e8, 1e-7]], [(1, INF)], [POSITIVE] * 2), Fraction(1e-7) / 10**8),
            (stated([1, 0.1], [[1, 1], [0.1, -0.3]], [(1, 1), (0, 0)], [FREE] * 2), None),
        ],
    )  # fmt: skip
    def test_is_in_the_interval_which_is_a_few_floats_wide(self, lp: LinearProgram, value: Fraction | None) -> None:
        solution = lp.solve()
        assert solution.certificate is not None
        assert solution.proven
        exact = optimum(lp)
        assert value in (None, exact)
        assert_holds(solution.certificate, exact)
        assert solution.certificate.gap <= 16 * EPS * abs(float(exact))

    @settings(deadline=None, max_examples=120)
    @given(st.integers(0, 2**32 - 1))
    def test_of_small_programs_is_in_the_interval_whatever_is_handed_in(self, seed: int) -> None:
        lp, rng = decimals(seed), np.random.default_rng(seed)
        found = solved(lp)
        if not isinstance(found, Optimum):
            certificate = lp.solve().certificate
            assert certificate is None or not certificate.proven
            return
        value = optimum(lp)
        x, y = (np.array([float(entry) for entry in part]) for part in (found.x, found.y))
        assert_holds(certify(lp, x, y), value)
        for size in (1e-15, 1e-9, 1e-3, 1.0):
            for _ in range(3):
                noise = [size * rng.standard_normal(v.size) * (rng.random(v.size) < 0.5) for v in (x, y)]
                assert_holds(certify(lp, x + noise[0], y), value)
                assert_holds(certify(lp, x, y + noise[1]), value)
                assert_holds(certify(lp, x * (1 + noise[0]), y * (1 + noise[1])), value)

    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, 2**32 - 1))
    def test_of_every_small_program_that_has_one_is_found_and_proven(self, seed: int) -> None:
        lp = decimals(seed)
        if isinstance(solved(lp), Optimum):
            solution = lp.solve()
            assert solution.certificate is not None
            assert solution.proven, solution.certificate.verdict
            assert_holds(solution.certificate, optimum(lp))

    def test_that_a_ranged_row_leaves_is_not_taken_at_its_other_end(self) -> None:
        """A row of a millionth's width, its multiplier leaning on one end, the point at the other."""
        lp = stated([1], [[1]], [(1, 1 + 2.0**-20)], [FREE])
        lower, upper = certify(lp, np.array([1 + 2.0**-20]), np.array([1.0])).interval
        assert 1 - 4 * EPS <= lower <= 1
        assert upper == 1 + 2.0**-20


@pytest.mark.parametrize("by", [1, 3, 1000])
def test_bounds_that_cross_by_some_floats_leave_nothing(by: int) -> None:
    """A solver takes them as equal."""
    high = 0.3 - by * np.spacing(0.3)
    for lp in (stated([1], [[1]], [(0.3, high)], [FREE]), stated([1], [[1]], [(-INF, INF)], [(0.3, high)])):
        assert not certify(lp, np.array([0.3]), np.ones(1) if np.isfinite(lp.row_lower[0]) else np.zeros(1)).proven
        solution = lp.solve()
        assert isinstance(solution.ray, om.lp.DualRay)
        assert solution.ray.verified
        assert lp.settled(_Outcome(np.array([0.3]), np.zeros(1))).ray is not None


def decimals(seed: int) -> LinearProgram:
    """Programs of decimals, over some orders or not, with rows that depend on each other, fixed and free variables, ranges."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(0, 6)), int(rng.integers(1, 7))
    unit = 10.0 ** rng.integers(-6, 7, columns) if rng.random() < 0.3 else np.ones(columns)

    def drawn(*shape: int) -> Any:
        return rng.integers(-9, 10, shape) / 10 * rng.choice([1.0, 1.0, 0.1, 3.0], shape)

    matrix = drawn(rows, columns) * unit * (rng.random((rows, columns)) < rng.choice([0.4, 1.0]))
    if rows > 1 and rng.random() < 0.4:
        matrix[-1] = rng.choice([1.0, -2.0, 0.1]) * matrix[0]
    inside = drawn(columns) / unit
    ends = _around(rng, matrix @ inside, np.abs(drawn(rows)))
    bounds = _around(rng, np.where(rng.random(columns) < 0.5, 0.0, inside), np.abs(drawn(columns)) / unit)
    bounds[:, 0], bounds[:, 1] = np.minimum(bounds[:, 0], inside), np.maximum(bounds[:, 1], inside)
    costs = drawn(columns) * unit
    return stated(costs, matrix, ends, bounds, "min" if rng.random() < 0.6 else "max", float(rng.integers(-3, 4)))


def _around(rng: np.random.Generator, values: Any, room: Any) -> Any:
    """Bounds below, above, on both sides, equal, a few floats apart, or none."""
    kind = rng.choice(6, values.size, p=[0.25, 0.2, 0.15, 0.2, 0.1, 0.1])
    close = values + rng.integers(1, 9, values.size) * np.spacing(np.abs(values))
    lower = np.select([kind == 0, kind == 2, kind == 3, kind == 4], [values, values - room, values, values], -INF)
    upper = np.select([kind == 1, kind == 2, kind == 3, kind == 4], [values, values + room, values, close], INF)
    return np.stack([lower, upper], axis=1)


class TestRounding:
    """Rows that agree up to the last digit only."""

    SPLIT = stated([1, 2], [[1, 0], [0, 1], [1, 1]], [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)], [POSITIVE] * 2)
    """0.1 and 0.2 are 0.30000000000000004 together."""

    def test_right_hand_sides_that_contradict_each_other_by_rounding_are_moved_and_it_is_said(self) -> None:
        """The floats have no feasible point, so that nothing is certified about them."""
        certificate = certify(self.SPLIT, np.array([0.1, 0.2]), np.array([1.0, 2.0, 0.0]))
        assert certificate.passed
        assert certificate.word == "optimal to tolerance"
        assert certificate.about == "the program with the right-hand side of row 2 moved by rounding"
        assert certificate.interval == (-INF, INF)
        assert certificate.primal_value == pytest.approx(0.5, rel=1e-15)

    def test_by_more_than_rounding_they_are_not(self) -> None:
        lp = replace(self.SPLIT, row_lower=np.array([0.1, 0.2, 0.3 + 1e-12]), row_upper=np.array([0.1, 0.2, 0.3 + 1e-12]))
        certificate = certify(lp, np.array([0.1, 0.2]), np.array([1.0, 2.0, 0.0]))
        assert not certificate.proven
        assert not certificate.about
        assert not certificate.passed

    def test_rows_that_are_no_equalities_give_way_before_any_right_hand_side_does(self) -> None:
        lp = replace(self.SPLIT, row_upper=np.array([0.1, 0.2, INF]))
        certificate = certify(lp, np.array([0.1, 0.2]), np.array([1.0, 2.0, 0.0]))
        assert (certificate.passed, certificate.about) == (True, "")
        assert_holds(certificate, optimum(lp))

    def test_so_do_variables_that_may_leave_their_bounds(self) -> None:
        """What 0.1 + 0.2 has too much goes where it costs 5."""
        rows = [[1, 0, 0], [0, 1, 0], [1, 1, -1]]
        lp = stated([1, 2, 5], rows, [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)], [POSITIVE] * 3)
        certificate = certify(lp, np.array([0.1, 0.2, 0.0]), np.array([1.0, 2.0, 0.0]))
        assert (certificate.passed, certificate.about) == (True, "")
        more = Fraction(0.1) + Fraction(0.2) - Fraction(0.3)
        assert more > 0
        assert optimum(lp) == Fraction(0.1) + 2 * Fraction(0.2) + 5 * more
        assert_holds(certificate, optimum(lp))

    def test_costs_that_leave_a_program_unbounded_by_rounding_are_moved_likewise(self) -> None:
        """The dual of the same: prices u + w, v + w <= 1, 2 of 0.1, 0.2 and -0.3 gain 5.6e-17 a unit for ever."""
        lp = self.SPLIT.dual()
        solution = lp.solve()
        assert solution.certificate is not None
        assert solution.certificate.word == "optimal to tolerance"
        assert "the cost of row" in solution.certificate.about

    @pytest.mark.parametrize("rounded", [False, True])
    def test_an_extended_model_is_certified_but_for_marginals_whose_totals_differ_by_rounding(self, rounded: bool) -> None:
        """Ten masses in whole numbers, or in hundredths, and a gate on a third of the pairs."""
        rng = np.random.default_rng(4)
        a, b = rng.multinomial(100, [0.1] * 10, size=2) / (100.0 if rounded else 1.0)
        model = om.build(om.TransportProblem(a, b, rng.random((10, 10))), language="highspy")
        chosen = np.flatnonzero(rng.random(100) < 0.3).astype(np.int32)
        model.native.addRow(-INF, 0.2 * a.sum(), chosen.size, chosen, np.ones(chosen.size))
        model.native.passRowName(model.native.getNumRow() - 1, "gate")
        solution = model.solve()
        assert isinstance(solution, om.ExtendedSolution)
        certificate = solution.certificate
        assert certificate.passed
        assert certificate.word == ("optimal to tolerance" if certificate.about else "certified optimal")
        if not rounded:
            assert not certificate.about
            assert certificate.relative_gap <= 4 * EPS

    def test_a_value_that_vanishes_is_proven_to_vanish(self) -> None:
        lp = stated([1, -1], [[1, -1]], [(0, 0)], [(0, 3)] * 2)
        for x in ([0.0, 0.0], [0.1, 0.1], [1 / 3, 1 / 3]):
            certificate = certify(lp, np.array(x), np.array([1.0]))
            assert (certificate.passed, certificate.interval, certificate.relative_gap) == (True, (0, 0), 0)

    @pytest.mark.parametrize("big", [1.0, 1e8, 1e15])
    def test_points_whose_terms_cancel_do_not_widen_what_passes(self, big: float) -> None:
        """u - v = 1/2 at a price of 1: large u and v that agree are no excuse for missing it."""
        lp = stated([1, -1], [[1, -1]], [(0.5, 0.5)], [FREE] * 2)
        right = certify(lp, np.array([big + 0.5, big]), np.array([1.0]))
        if right.passed:
            assert right.interval == (0.5, 0.5)
            assert right.primal_value == 0.5
        missed = certify(lp, np.array([big, big]), np.array([1.0]))
        assert missed.interval.lower <= 0.5 <= missed.interval.upper
        assert not missed.passed or missed.primal_value == 0.5


class TestWithoutProof:
    """Where exact arithmetic is out of reach, numbers may be right to a tolerance, and are not called certified."""

    LP = stated([1, 1, 1], [[3, 1, 1], [1, 3, 1], [1, 1, 7]], [(1, 1)] * 3, [POSITIVE] * 3)

    @pytest.fixture(autouse=True)
    def _out_of_reach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rational, "LARGEST_CORE", 0)

    def numbers(self) -> tuple[Any, Any]:
        matrix = self.LP.A.toarray()
        return np.linalg.solve(matrix, np.ones(3)), np.linalg.solve(matrix.T, np.ones(3))

    def test_they_are_optimal_to_tolerance_and_the_proven_side_is_said(self) -> None:
        certificate = certify(self.LP, *self.numbers())
        assert certificate.passed
        assert not certificate.proven
        assert certificate.word == "optimal to tolerance"
        assert certificate.interval.upper == INF
        value = Fraction(7, 13)
        assert certificate.interval.lower <= value
        assert f"{float(value):.12g}" in certificate.verdict
        assert "proven: the optimal value is at least" in certificate.verdict

    def test_what_they_miss_counts_at_its_price(self) -> None:
        x, y = self.numbers()
        assert not certify(self.LP, x * (1 + 1e-7), y).passed
        assert not certify(self.LP, x, y * (1 + 1e-7)).passed
        assert not certify(self.LP, x - np.array([1e-8, 0, 0]), y).passed

    def test_where_arithmetic_reaches_they_are_certified(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        certificate = certify(self.LP, *self.numbers())
        assert certificate.word == "certified optimal"
        assert_holds(certificate, Fraction(7, 13))


class TestSettling:
    """Answers that are not right as they come are rounded from the exact ones next to them, of large programs as of small."""

    @pytest.fixture(autouse=True)
    def _nothing_is_small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(small, "ENTRIES", 0)

    def test_a_multiplier_that_a_solver_lost_is_found(self) -> None:
        """A fixed variable's row in the dual has to have its fixed value as its multiplier, here 1, and 0 was handed over."""
        lp = stated([2, 1], [[1, 1]], [(3, INF)], [(1, 1), POSITIVE]).dual()
        solution = lp.solve()
        assert solution.y is not None
        assert solution.proven
        claim = _Outcome(np.asarray(solution.x), np.zeros_like(solution.y))
        again = lp.settled(claim)
        assert again.proven
        assert again.y is not None
        np.testing.assert_array_equal(again.y, solution.y)
        assert again.value == 4

    def test_a_reduced_cost_that_is_wrong_by_a_hair_does_not_leave_a_program_undecided(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A price of 3e-3 that is 6e-12 off, and nothing that bounds its variable."""
        lp = stated([3e-3 * (1 + 1e-13), 1, 0.2], [[0.01, 3, 1], [0, 1, -1]], [(1, INF), (0.2, INF)], [POSITIVE, FREE, FREE])
        solution = lp.solve()
        assert solution.x is not None
        assert solution.y is not None
        off = solution.y + np.array([6e-10, -6e-10])
        assert not certify(lp, solution.x, off).passed
        again = lp.settled(_Outcome(solution.x, off))
        assert again.certificate is not None
        assert again.proven
        monkeypatch.undo()
        assert_holds(again.certificate, optimum(lp))

    def test_balances_that_ask_for_too_much_are_proven_to(self) -> None:
        """Blends: a chain of tanks, each passes on 0.7 of what it gets, the last is to hold 0.0342 more than 0.7^5 leaves."""
        n = 5
        matrix = np.zeros((n + 1, n + 1))
        matrix[0, 0] = 1
        for k in range(1, n + 1):
            matrix[k, k - 1], matrix[k, k] = 0.7, -1
        needed = 0.7**n + 0.0342
        lp = stated(np.zeros(n + 1), matrix, [(-INF, 1.0)] + [(0, 0)] * n, [POSITIVE] * n + [(needed, INF)])
        solution = lp.solve()
        assert isinstance(solution.ray, om.lp.DualRay)
        assert solution.ray.verified
        assert not solution.ray.by_rounding
        least = om.lp.repair(lp)
        assert 0 < least.proven <= least.total * (1 + 1e-12)
        assert least.total == pytest.approx(0.0342, rel=1e-9)
        found = om.lp.conflict(lp)
        assert found is not None
        assert found.irreducible
        assert len(found.rows) == n + 1


class _Outcome:
    """What a solver claims to be optimal."""

    status, dual_ray, primal_ray, algorithm, iterations, seconds = OPTIMAL, None, None, "none", 0, 0.0

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y


def test_a_proof_that_takes_too_long_beside_the_solve_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 110 equations in decimals no float is a solution: proven in rational numbers, where there is time for them."""
    rng = np.random.default_rng(0)
    matrix, x, cost = np.round(rng.random((110, 110)), 1), np.round(rng.random(110), 1) + 0.1, np.round(rng.random(110), 1)
    lp = LinearProgram.standard(cost, matrix, matrix @ x)
    monkeypatch.setattr("otmodels.lp.linear_program.PROOF", 0.0)
    monkeypatch.setattr("otmodels.lp.linear_program.PROOF_SHARE", 0.0)
    for limit, proven in ((None, False), (60.0, True)):
        certificate = lp.solve(time_limit=limit).certificate
        assert certificate is not None
        assert (certificate.passed, certificate.proven) == (True, proven)
