"""Potentials that are feasible without tolerance: every claim is checked in fractions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.blocks import over_blocks
from otmodels.cost import BaseCost, OnPairs
from otmodels.safe import SafeDual, exact_c_transform, gauge, middle, middles

INF = np.inf


def exact(value: float) -> Fraction:
    return Fraction(float(value))


def drawn(seed: int) -> tuple[om.TransportProblem, FloatArray]:
    """A problem of whole, rounded, outlying or signed costs, some pairs of it forbidden, and a potential of any size."""
    rng = np.random.default_rng([1, seed])
    n, m = rng.integers(1, 8, 2)
    cost = (
        rng.integers(0, 9, (n, m)).astype(float),
        rng.normal(size=(n, m)),
        10.0 ** rng.uniform(-12, 15, (n, m)),
        np.round(rng.random((n, m)), 1),
    )[seed % 4]
    if seed % 3 == 1:
        cost[rng.random((n, m)) < 0.4] = INF
        cost[0, :], cost[:, 0] = 0.1, 0.3
    a, b = rng.random(n), rng.random(m)
    f = rng.normal(size=n) * 10.0 ** rng.uniform(-8, 8)
    if seed % 5 == 0:
        f += 1e12 / 3
    return om.TransportProblem(a, b * (a.sum() / b.sum()), cost), f


def potentials(dual: SafeDual) -> tuple[list[Fraction], list[Fraction]]:
    high, low = dual.g_high.tolist(), dual.g_low.tolist()
    return [Fraction(f) for f in dual.f.tolist()], [Fraction(p) + Fraction(q) for p, q in zip(high, low, strict=True)]


def allowed(problem: om.TransportProblem) -> Iterator[tuple[int, int, Fraction]]:
    for (i, j), cost in np.ndenumerate(problem.cost.values):
        if np.isfinite(cost):
            yield i, j, exact(cost)


class TestFeasible:
    @pytest.mark.parametrize("seed", range(60))
    def test_f_and_g_are_below_every_cost_and_each_g_reaches_one(self, seed: int) -> None:
        problem, values = drawn(seed)
        f, g = potentials(SafeDual.of(problem, values))
        least = [min(cost - f[i] - g[j] for i, j, cost in allowed(problem) if j == k) for k in range(len(g))]
        assert least == [0] * len(g)

    @pytest.mark.parametrize("seed", range(60))
    def test_the_value_is_within_its_error_and_its_ends_enclose_it(self, seed: int) -> None:
        problem, values = drawn(seed)
        dual = SafeDual.of(problem, values)
        (a, b), (f, g) = problem.exact_masses(), potentials(dual)
        proven = sum(x * y for x, y in zip([*a, *b], [*f, *g], strict=True))
        found = dual.value()
        assert abs(proven - exact(found.value) - exact(found.rest)) <= exact(found.error)
        assert exact(found.lower) <= proven <= exact(found.upper)

    @pytest.mark.parametrize("seed", range(60))
    def test_slacks_are_within_their_error_and_those_of_tight_pairs_are_0(self, seed: int) -> None:
        problem, values = drawn(seed)
        dual = SafeDual.of(problem, values)
        f, g = potentials(dual)
        pairs = list(allowed(problem))
        i, j = (np.array([pair[k] for pair in pairs], dtype=np.intp) for k in (0, 1))
        slack, error = dual.slack(i, j)
        above = dual.above(i, j)
        for k, (row, column, cost) in enumerate(pairs):
            true = cost - f[row] - g[column]
            assert abs(true - exact(slack[k])) <= exact(error[k])
            assert true <= exact(above[k])
            if true == 0:
                assert (slack[k], error[k]) == (0, 0)

    @pytest.mark.parametrize("g", [1.0, 1 + 55 * 2.0**-20])
    def test_the_value_counts_how_wrong_the_correction_of_a_mass_is_and_its_product(self, g: float) -> None:
        """Float masses and potentials make 0; what is left is g times the correction of one target, wrong by almost 2 units."""
        x, y, least = 0.5 + 83 * 2.0**-12, 0.5 - 3 * 2.0**-6, 2.0**-60
        problem = om.TransportProblem([x, least * (1 + 2.0**-40), y], [least, x, y], [[0, 0, 0], [0, 2, 0], [0, 2, 0]])
        dual = SafeDual.of(problem, np.array([-g, 0.0, 0.0]))
        assert dual.g_high.tolist() == [0, g, 0]
        proven, found = exact(g) * (problem.exact_masses()[1][1] - exact(x)), dual.value()
        assert proven != 0
        assert abs(proven - exact(found.value) - exact(found.rest)) <= exact(found.error)
        assert exact(found.lower) <= proven <= exact(found.upper)

    def test_the_value_counts_what_the_sum_of_its_products_loses(self) -> None:
        """2^60 + 1 and -2^60 + 2^-60 leave out 1 and 2^-60, the sum of which is rounded; a light atom has a g of two floats."""
        f = np.array([2.0**60, -(2.0**60), 0.0, 2.0**-80])
        cost = np.full((4, 4), 2.0**62)
        cost[2, :2], cost[2, 2], cost[3, 3] = [1.0, 2.0**-60], 0.0, 1.0
        mass = [1.0, 1.0, 1.0, 2.0**-200]
        problem = om.TransportProblem(mass, mass, cost)
        dual = SafeDual.of(problem, f)
        assert dual.g_high.tolist() == [1, 2.0**-60, 0, 1]
        proven, found = 1 + exact(2.0**-60) + exact(2.0**-200), dual.value()
        assert abs(proven - exact(found.value) - exact(found.rest)) <= exact(found.error)
        assert exact(found.lower) <= proven <= exact(found.upper)

    @pytest.mark.parametrize("d", [2, 3, 5, 9])
    def test_in_space_every_target_has_a_pair_that_is_exactly_tight(self, d: int) -> None:
        rng = np.random.default_rng(d)
        source, target = (om.Measure(np.full(25, 1 / 25), points=rng.random((25, d))) for _ in range(2))
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        i, j = np.divmod(np.arange(625), 25)
        slack, error = SafeDual.of(problem, rng.normal(size=25)).slack(i, j)
        assert ((slack == 0) & (error == 0)).reshape(25, 25).any(axis=0).all()

    def test_a_third_of_1e12_costs_no_digits_of_g(self) -> None:
        """F_0 + g_0 is 0.1 exactly although neither the sum nor the difference of 0.1 and 1e12 / 3 is a float."""
        problem = om.TransportProblem([1.0], [1.0], [[0.1]])
        f, g = potentials(SafeDual.of(problem, np.array([1e12 / 3])))
        assert f[0] + g[0] == Fraction(0.1)

    def test_of_rounded_differences_that_tie_the_least_exact_one_counts(self) -> None:
        """0.1 + 2^-60 and 0.1 less than 2^60 are the same float; the second is nearer to it."""
        cost = np.array([[0.0], [2.0**-60]])
        high, low = exact_c_transform(om.Cost(cost), np.array([2.0**60, 2.0**60 + 256]))
        assert exact(high[0]) + exact(low[0]) == Fraction(2.0**-60) - 2**60 - 256
        high, low = exact_c_transform(om.Cost(cost), np.array([-1.0, -1.0]))
        assert exact(high[0]) + exact(low[0]) == 1
        high, low = exact_c_transform(om.Cost(cost[::-1]), np.array([-1.0, -1.0]))
        assert exact(high[0]) + exact(low[0]) == 1

    def test_ties_across_blocks(self) -> None:
        """More pairs than a block holds, the same rounded difference in each: the least exact one is in one of them only."""
        n, m = 1024, 700
        cost = np.full((n, m), 2.0**-60)
        cost[700, :] = 0.0
        high, low = exact_c_transform(om.Cost(cost), np.full(n, -1.0))
        assert (high == 1).all()
        assert not low.any()
        cost[700, :] = 2.0**-60
        high, low = exact_c_transform(om.Cost(cost), np.full(n, -1.0))
        assert (low == 2.0**-60).all()

    def test_a_target_that_nothing_reaches_is_stuck_where_it_has_mass(self) -> None:
        """Its own potential is then 0; the problem is one on some pairs, and has no plan."""
        whole = om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[1, 2], [3, 4]])
        cost = OnPairs(whole.cost, np.array([0, 2]))
        high, low = exact_c_transform(cost, np.zeros(2))
        assert high.tolist() == [1, INF]
        assert not low.any()


class TestLongLine:
    """Of a line with more than two million pairs the transform is looked for, and lowered by what rounding can miss."""

    @staticmethod
    def far(power: float, distance: float) -> om.TransportProblem:
        n, m = 1026, 2048
        x, y = np.repeat([0.0, 1.0], n // 2), np.concatenate([np.repeat([0.0, 1.0], [1024, 1023]), [distance]])
        a, b = np.zeros(n), np.zeros(m)
        a[[0, -1]] = b[[0, -2]] = 0.5
        source, target = om.Measure(a, points=x), om.Measure(b, points=y)
        return om.TransportProblem(source, target, om.ground_cost(source, target, power=power))

    @pytest.mark.parametrize("power", [1, 2])
    @pytest.mark.parametrize("distance", [2.0, 1e9, 1e17])
    def test_it_is_feasible_however_far_one_target_is(self, power: float, distance: float) -> None:
        problem = self.far(power, distance)
        f = np.repeat([0.0, 1.0], 513)
        dual = SafeDual.of(problem, f)
        i, j = np.repeat([0, 1025], 3), np.tile([0, 1024, 2047], 2)
        exact_f, exact_g = potentials(dual)
        for row, column, cost in zip(i.tolist(), j.tolist(), problem.cost.entries(i, j).tolist(), strict=True):
            assert exact_f[row] + exact_g[column] <= Fraction(cost)

    def test_a_plan_of_cost_1_is_not_certified_where_nothing_has_to_move(self) -> None:
        """Half of the mass at 0 goes to 1 and the other back; a target without mass at 1e17 hides the way."""
        problem = self.far(1, 1e17)
        f, g = problem.source.points, problem.target.points
        assert f is not None
        assert g is not None
        plan = np.zeros(problem.shape)
        plan[0, -2] = plan[-1, 0] = 0.5
        certificate = om.certify(problem, plan, f[:, 0], g[:, 0])
        assert not certificate.passed
        assert certificate.interval.lower <= 0 <= certificate.interval.upper


class TestGauge:
    def test_the_middle_is_where_half_of_the_mass_is_below(self) -> None:
        assert middle(np.array([5.0, 1.0, 3.0]), np.array([1.0, 1.0, 1.0])) == 3
        assert middle(np.array([5.0, 1.0, 3.0]), np.array([0.0, 9.0, 1.0])) == 1

    @pytest.mark.parametrize("mass", [[0.1, 0.2, 0.3, 0.3, 0.2, 0.1], [0.3, 0.2, 0.1, 0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.6, 0, 0]])
    def test_half_of_the_mass_but_for_rounding_has_two_medians(self, mass: list[float]) -> None:
        assert middles(np.array([1.0, 1.0, 1.0, 5.0, 5.0, 5.0]), np.array(mass)) == (1, 5)

    def test_more_than_half_of_it_has_one(self) -> None:
        assert middles(np.array([1.0, 1.0, 5.0]), np.array([0.3, 0.3, 0.5999])) == (1, 1)

    def test_a_shift_common_to_most_of_the_mass_is_taken_off(self) -> None:
        f = np.array([1e9, 1e9 + 1, 1e9 + 2, -3e20])
        assert gauge(f, np.array([1.0, 1.0, 1.0, 1e-30])) == 1e9 + 1

    def test_potentials_about_0_stay_as_they_are(self) -> None:
        assert gauge(np.array([-1.0, 0.5, 2.0]), np.ones(3)) == 0


def same_from(block: FloatArray, rows: slice, entries: FloatArray, m: int) -> bool:
    return np.array_equal(block.ravel(), entries[rows.start * m : (rows.start + len(block)) * m])


COSTS = [
    *(("cityblock", power, d) for power in (1.0, 0.5, 3.0) for d in (1, 2, 5, 9)),
    *(("euclidean", power, d) for power in (1.0, 2.0, 1.5) for d in range(1, 10)),
    *(("chebyshev", 1.0, d) for d in (1, 3, 8)),
    *(("minkowski", 1.0, d) for d in (1, 2, 7)),
    ("haversine", 1.0, 2),
    ("haversine", 2.0, 2),
]


class TestEntries:
    @pytest.mark.parametrize(("metric", "power", "d"), COSTS)
    def test_they_are_those_of_blocks_to_the_last_bit(self, metric: str, power: float, d: int) -> None:
        rng = np.random.default_rng(d)
        n, m = 130, 37
        source, target = (om.Measure(np.ones(k), points=80 * rng.random((k, d))) for k in (n, m))
        cost: BaseCost = om.ground_cost(source, target, metric, power, order=2.7 if metric == "minkowski" else None)
        i, j = np.divmod(np.arange(n * m), m)
        entries = cost.entries(i, j)
        assert all(over_blocks(cost, lambda rows, block: same_from(block, rows, entries, m)))
        assert all(same_from(block, rows, entries, m) for rows, block in cost.blocks())
        some = rng.choice(n * m, 61, replace=False)
        assert np.array_equal(cost.entries(i[some], j[some]), entries[some])
        one = np.array([cost.block(slice(p, p + 1))[0, q] for p, q in zip(i[some].tolist(), j[some].tolist(), strict=True)])
        assert np.array_equal(one, entries[some])
        keys = np.sort(some)
        assert np.array_equal(OnPairs(cost, keys).entries(i[keys], j[keys]), entries[keys])
