"""W_p for any p: finite and certified where W_p^p is beyond floating point, and where next to far pairs it is next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import distance

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, ParameterError
from otmodels.line import Line, potentials_along, staircase
from otmodels.powers import PLAIN, Scale, scale_by_distances, scale_on_line

INF = np.inf
POWERS = (1.0, 2.0, 100.0, 170.0, 180.0, 540.0, 5000.0, 1e6)
EXACT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Decimals of 50 digits and any exponent."""


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


def in_the_plane(mass: Any, *x: float) -> om.Measure:
    return om.Measure(mass, [[place, 0.0] for place in x])


def on_the_line(mass: Any, *x: float) -> om.Measure:
    return om.Measure(mass, list(x))


def rule(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.abs(x[:, None, 0] - y[None, :, 0])


def least_sum_of_powers(distances: FloatArray, power: float) -> Decimal:
    """The cheapest way to pair off n sources and n targets, by looking at all of them."""
    raised = [[EXACT.power(Decimal(d), Decimal(power)) if d else Decimal(0) for d in row] for row in distances.tolist()]
    ways = permutations(range(len(raised)))
    sums = []
    for way in ways:
        total = Decimal(0)
        for i, j in enumerate(way):
            total = EXACT.add(total, raised[i][j])
        sums.append(total)
    return min(sums)


class TestTwoPointsFiftyApart:
    """A quarter of the mass goes 50 far: W_p = 50 (1/4)^(1/p)."""

    @staticmethod
    def right(solution: Any, power: float, apart: float = 50.0) -> None:
        assert solution.certificate.passed
        assert solution.distance == pytest.approx(apart * 0.25 ** (1 / power), rel=1e-15)
        value = EXACT.multiply(EXACT.power(Decimal(apart), Decimal(power)), Decimal("0.25"))
        assert solution.value == pytest.approx(float(value), rel=1e-13, abs=0)

    @pytest.mark.parametrize("make", [on_the_line, in_the_plane])
    @pytest.mark.parametrize("power", POWERS)
    def test_by_the_fastest_route(self, power: float, make: Callable[..., om.Measure]) -> None:
        self.right(distance(make([0.25, 0.75], 0, 0), make([0.25, 0.75], 50, 0), power=power), power)

    @pytest.mark.parametrize("metric", ["cityblock", "chebyshev", rule])
    @pytest.mark.parametrize("power", POWERS)
    def test_in_every_metric(self, power: float, metric: Any) -> None:
        source, target = in_the_plane([0.25, 0.75], 0, 0), in_the_plane([0.25, 0.75], 50, 0)
        self.right(distance(source, target, metric, power), power)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_in_every_form_and_language(self, form: str, language: str) -> None:
        source, target = in_the_plane([0.25, 0.75], 0, 0), in_the_plane([0.25, 0.75], 50, 0)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target, power=540))
        self.right(om.solve(problem, form, language), 540)

    @pytest.mark.parametrize("make", [on_the_line, in_the_plane])
    def test_on_generated_pairs(self, make: Callable[..., om.Measure]) -> None:
        source, target = make([0.25, 0.75], 0, 0), make([0.25, 0.75], 50, 0)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target, power=540))
        self.right(om.solve(problem, language="highspy", support="generated"), 540)

    @pytest.mark.parametrize("form", ["lipschitz", "flow"])
    def test_between_two_nodes_any_power_is_a_metric(self, form: str) -> None:
        source, target = in_the_plane([0.25, 0.75], 50, 0), in_the_plane([1.0, 0.0], 0, 50)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target, power=540))
        self.right(om.solve(problem, form, "highspy"), 540)

    def test_on_a_graph(self) -> None:
        graph = om.Graph.from_frame(pd.DataFrame({"from": ["a", "b"], "to": ["b", "c"], "length": [20.0, 30.0]}))
        source, target = om.Measure([0.25, 0.75], labels=["a", "b"]), om.Measure([0.75, 0.25], labels=["b", "c"])
        for power in POWERS:
            self.right(distance(source, target, graph, power), power, 50.0 if power == 1 else least_graph(power))

    def test_what_is_scaled_is_said(self) -> None:
        solution = distance(in_the_plane([0.25, 0.75], 0, 0), in_the_plane([0.25, 0.75], 50, 0), power=540)
        assert solution.value == INF
        assert solution.worth == 0.25
        assert solution.problem.cost.description == "(euclidean / 50)^540"
        (note,) = solution.problem.adjustments
        assert "in units of 50^540" in note
        assert note in solution.summary()["value"].tolist()

    def test_in_feet_or_in_light_years(self) -> None:
        """Whatever the unit of length, W_p is in it."""
        for unit, cubed in ((1e-300, 0.0), (1e-100, 1e-300), (1e-5, 1e-15), (1e100, 1e300), (1e300, INF)):
            solution = distance(in_the_plane([1, 3], 0, 0), in_the_plane([1, 3], unit, 0), power=3)
            assert solution.certificate.passed
            assert solution.distance == pytest.approx(unit, rel=1e-15)
            assert solution.value == pytest.approx(cubed, rel=1e-14, abs=0)


def least_graph(power: float) -> Any:
    """(1/4)^(1/p) times this is the W_p along a - b - c: a quarter goes 20 and 30, or 50 at once."""
    at_once, shared = 50.0, 30.0 * (1 + (20 / 30) ** power) ** (1 / power)
    return min(at_once, shared)


class TestAgainstAllWaysToPairOff:
    @settings(deadline=None, max_examples=60)
    @given(
        st.integers(1, 5).flatmap(
            lambda n: st.tuples(*[st.lists(st.tuples(*[st.integers(0, 50)] * 2), min_size=n, max_size=n)] * 2)
        ),
        st.sampled_from([1.5, 3.0, 9.0, 20.0, 100.0, 540.0, 1e4, 1e6]),
        st.sampled_from([1e-200, 1.0, 1e200]),
        st.sampled_from(["w", "primal", "generated"]),
    )
    def test_it_is_the_least(self, places: Any, power: float, unit: float, route: str) -> None:
        x, y = (np.array(side, dtype=float) * unit for side in places)
        source, target = om.Measure(np.ones(len(x)), x), om.Measure(np.ones(len(y)), y)
        cost = om.ground_cost(source, target, power=power)
        solution: Any = distance(source, target, power=power)
        if route != "w":
            support = "full" if route == "primal" else "generated"
            solution = om.solve(om.TransportProblem(source, target, cost), language="highspy", support=support)
        assert solution.certificate.passed
        least = least_sum_of_powers(cost.distances.values, power)
        root = EXACT.power(least, Decimal(1 / power)) if least else Decimal(0)
        assert solution.distance == pytest.approx(float(root), rel=1e-12, abs=0)
        assert solution.value == pytest.approx(float(least), rel=1e-9, abs=1e-300)

    @pytest.mark.parametrize("dimension", [1, 2])
    def test_it_grows_to_the_bottleneck_distance(self, dimension: int) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.random((2, 60, dimension))
        source, target = om.Measure(rng.integers(1, 9, 60), x), om.Measure(np.ones(60), y)
        found = [distance(source, target, power=p, balance="rescale") for p in (1, 2, 4, 8, 16, 40, 100, 540, 1e4, 1e6, 1e9)]
        roots = [solution.distance for solution in found]
        assert all(solution.certificate.passed for solution in found)
        assert roots == sorted(roots)
        carried = found[-1].sparse_plan.tocoo()
        furthest = om.ground_cost(source, target).at(carried.row, carried.col)[carried.data > 1e-12].max()
        assert roots[-1] == pytest.approx(furthest, rel=1e-8)

    @pytest.mark.parametrize("dimension", [1, 2])
    def test_far_pairs_that_no_plan_takes_do_not_matter(self, dimension: int) -> None:
        """Two clusters a thousand apart, the masses of each equal: every atom stays with its cluster."""
        x = np.zeros((4, dimension))
        x[:, 0] = [0, 1, 1000, 1001]
        y = x.copy()
        y[:, 0] += [0.25, 0.25, 0.5, 0.25]
        solution = distance(om.Measure([1, 2, 3, 4], x), om.Measure([1, 2, 3, 4], y), power=540)
        assert solution.certificate.passed
        worth = 3 * Fraction(1, 2) ** 540 + 7 * Fraction(1, 4) ** 540
        assert solution.distance == pytest.approx(float(worth) ** (1 / 540), rel=1e-13)
        assert any("beyond a distance of" in note for note in solution.problem.adjustments)

    def test_an_atom_without_mass_may_be_anywhere(self) -> None:
        for make in (on_the_line, in_the_plane):
            near = distance(make([1, 1], 0, 3), make([1, 1], 1, 5), power=300)
            far = distance(make([1, 1, 0], 0, 3, 1e9), make([1, 1], 1, 5), power=300)
            assert far.certificate.passed
            assert far.distance == pytest.approx(near.distance, rel=1e-14)

    def test_pairs_that_a_rule_forbids_stay_forbidden(self) -> None:
        def no_step_back(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.where(y[None, :, 0] >= x[:, None, 0], rule(x, y), INF)

        solution = distance(in_the_plane([1, 1], 0, 10), in_the_plane([1, 1], 9, 60), no_step_back, 540)
        assert solution.certificate.passed
        assert solution.problem.has_forbidden
        assert solution.distance == pytest.approx(50, rel=1e-15)

    def test_a_rule_that_pays_is_taken_by_its_largest_size(self) -> None:
        def profit(x: FloatArray, y: FloatArray) -> FloatArray:
            return -rule(x, y)

        source, target = in_the_plane([1, 1], 0, 1), in_the_plane([1, 1], 50, 0)
        solution = distance(source, target, profit, 541)
        assert solution.certificate.passed
        assert (solution.worth, solution.value) == (-1, -INF)


class TestWhatIsLeftAlone:
    @pytest.mark.parametrize("power", [0.5, 1, 2, 3, 8])
    def test_ordinary_powers_are_powers(self, power: float) -> None:
        rng = np.random.default_rng(1)
        source, target = (om.Measure(np.ones(20), 100 * rng.random((20, 2))) for _ in range(2))
        cost = om.ground_cost(source, target, power=power)
        assert cost.scale == PLAIN
        assert cost.notes == ()
        np.testing.assert_array_equal(cost.values, om.ground_cost(source, target).values ** power)

    def test_high_powers_are_powers_where_they_can_be(self) -> None:
        square = om.grid_measure(np.ones((3, 3)))
        cost = om.ground_cost(square, square, power=20)
        np.testing.assert_array_equal(cost.values, om.ground_cost(square, square).values ** 20)

    @pytest.mark.parametrize("power", [INF, -INF, np.nan, 0, -2, "2", None, 1j])
    def test_what_is_no_power(self, power: Any) -> None:
        here = om.Measure([1], [[0.0]])
        refused(ParameterError, lambda: om.ground_cost(here, here, power=power), "power", repr(power).strip("'"), "> 0")

    def test_infinity_is_told_of_the_limit(self) -> None:
        here = om.Measure([1], [[0.0]])
        refused(ParameterError, lambda: om.wasserstein_distance(here, here, power=INF), "W_inf", "1e6")


class TestNumbersOfOneProblem:
    """Potentials, plan and certificate are about the costs as the problem has them."""

    def problem(self) -> om.TransportProblem:
        source, target = in_the_plane([1, 1], 0, 50), in_the_plane([1, 1], 60, 20)
        return om.TransportProblem(source, target, om.ground_cost(source, target, power=540))

    def test_certify_takes_what_solve_gives(self) -> None:
        problem = self.problem()
        solution = om.solve(problem)
        assert om.certify(problem, solution.plan, solution.f, solution.g).passed
        assert not om.certify(problem, solution.plan, solution.f + np.array([0.0, 1.0]), solution.g).passed
        assert not om.certify(problem, solution.plan[::-1], solution.f, solution.g).passed

    def test_tables_are_in_the_unit_of_the_costs(self) -> None:
        solution = om.solve(self.problem())
        assert solution.plan_table()["cost"].sum() == pytest.approx(solution.certificate.primal_value, rel=1e-15)

    def test_an_extended_model_is_in_the_unit_of_the_costs(self) -> None:
        model = om.build(self.problem(), language="pyomo")
        model.native.cap = __import__("pyomo.environ").environ.Constraint(expr=model.variables["gamma"][0, 0] <= 0.5)
        solution = model.solve()
        assert isinstance(solution, om.ExtendedSolution)
        assert solution.value == pytest.approx(solution.certificate.primal_value, rel=1e-12)
        assert solution.distance == pytest.approx(solution.problem.cost.scale.unit * solution.value ** (1 / 540), rel=1e-15)  # type: ignore[attr-defined]


class TestWhatCannotBeSaid:
    def test_masses_so_small_that_they_are_not_counted(self) -> None:
        """A mass of 1e-11 has to go a thousand far. To the power 540 that is more than all others pay for one step."""
        source = in_the_plane([0.5 + 1e-11, 0.1, 0.2, 0.2 - 1e-11], 0, 1, 1000, 1001)
        target = in_the_plane([0.5, 0.1, 0.2, 0.2], 1, 0, 1001, 1000)
        solution = distance(source, target, power=540)
        refused(ParameterError, lambda: solution.distance, "power", "540", "1e-11")

    def test_distances_so_small_that_their_squares_are_nothing(self) -> None:
        source, target = in_the_plane([1, 1], 0, 1), om.Measure([1, 1], [[0, 1e-200], [1, 1e-200]])
        solution = distance(source, target, power=2)
        refused(ParameterError, lambda: solution.distance, "power", "small")
        assert distance(source, target).value == pytest.approx(2e-200, rel=1e-15)

    def test_no_distance_at_all_is_none(self) -> None:
        here = in_the_plane([1, 1], 0, 1)
        assert distance(here, here, power=2).distance == 0
        assert distance(here, here, power=540).distance == 0


class TestScale:
    def test_beyond_the_reach_the_cost_is_below_the_power_and_does_not_fall(self) -> None:
        d = np.linspace(0, 10, 101)
        for scale in (Scale(2.0, 3.0), Scale(2.0, 3.0, 7.0)):
            cost = scale.raised(d, 7.0)
            np.testing.assert_array_equal(cost[d <= 3], (d[d <= 3] / 2) ** 7)
            assert (cost[d > 3] < (d[d > 3] / 2) ** 7).all()
            assert (np.diff(cost) >= 0).all()
            assert scale.raised(np.array([INF]), 7.0) == INF

    def test_a_straight_end_is_convex(self) -> None:
        cost = Scale(2.0, 3.0, 7.0).raised(np.linspace(0, 10, 101), 7.0)
        assert (np.diff(cost, 2) >= -1e-9).all()

    @given(st.floats(1e-3, 1e3), st.floats(0.1, 100), st.floats(0.1, 600))
    @settings(deadline=None)
    def test_values_come_back_in_full(self, value: float, unit: float, power: float) -> None:
        exact = EXACT.multiply(EXACT.power(Decimal(unit), Decimal(power)), Decimal(value))
        assert Scale(unit).in_full(value, power) == pytest.approx(float(exact), rel=1e-15, abs=0)
        assert (Scale(unit).in_full(0.0, power), Scale(unit).in_full(INF, power)) == (0, INF)

    @pytest.mark.parametrize("power", [9.0, 60.0, 540.0, 1e5])
    def test_on_the_line_both_searches_find_the_same_distance(self, power: float) -> None:
        rng = np.random.default_rng(2)
        x, y = 1e6 * rng.random((2, 40))
        a, b = rng.integers(1, 9, 40).astype(float), np.ones(40)
        source, target = om.Measure(a, x), om.Measure(b, y)
        closed, searched = scale_on_line(x, y, a, b, power), scale_by_distances(om.ground_cost(source, target), a, b, power)
        assert closed.unit <= searched.unit * (1 + 1e-15)
        assert searched.unit <= closed.unit * 2 ** (8 / power) * (1 + 1e-15)

    def test_potentials_along_the_line_hold_for_all_pairs(self) -> None:
        rng = np.random.default_rng(3)
        x, y = 1000 * rng.random((2, 30))
        mass = np.ones(30)
        scale = scale_on_line(x, y, mass, mass, 540.0)
        line = Line(x, y, 540.0, scale)
        f, g = potentials_along(line, *staircase(line, mass, mass))
        slack = line.cost(x[:, None], y[None, :]) - f[:, None] - g[None, :]
        assert scale.reach < 1000
        assert slack.min() >= -1e-12 * line.cost(x[:, None], y[None, :]).max()
        np.testing.assert_allclose(line.transform(f), g - np.minimum(0, slack.min(axis=0)), rtol=0, atol=1e-9)
