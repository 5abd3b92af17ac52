"""Costs on the line: closed forms, and transforms that save looking at all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import assert_right, balanced, between, dense_value, distance, on_a_grid, scaled_masses, unit_of
from scipy.stats import wasserstein_distance

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.line import Line, exact_staircase, flow_along, potentials_along, rounded_staircase
from otmodels.potentials import c_transform, cbar_transform

POWERS = [1.0, 1.5, 2.0, 3.0]
modest = settings(deadline=None, max_examples=60)


@st.composite
def lines(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]:
    """Whole masses of equal total, many of them 0, at points possibly repeated; a power."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 12))
    x, y = (rng.integers(-6, 7, n) / 4 for _ in range(2))
    a, b = balanced(rng, n)
    return x, y, a, b, draw(st.sampled_from(POWERS))


class TestTransforms:
    @given(lines(), st.booleans())
    @modest
    def test_are_those_over_all_pairs(
        self, drawn: tuple[FloatArray, FloatArray, FloatArray, FloatArray, float], some_left_out: bool
    ) -> None:
        x, y, a, b, power = drawn
        line = Line(x, y, power)
        cost = np.abs(x[:, None] - y[None, :]) ** power
        f, g = (a - 4) / 3, (b - 4) / 3
        if some_left_out:
            f, g = np.where(a > 0, f, -np.inf), np.where(b > 0, g, -np.inf)
        np.testing.assert_allclose(line.transform(f), (cost - f[:, None]).min(axis=0), rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(line.turned().transform(g), (cost - g[None, :]).min(axis=1), rtol=1e-13, atol=1e-13)

    def test_on_many_points_they_are_taken_by_themselves(self) -> None:
        """2,000 x 2,000 pairs, more than a block."""
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=2000), rng.normal(size=2000)
        cost = om.ground_cost(om.Measure(np.ones(2000), x), om.Measure(np.ones(2000), y), power=2)
        f, all_pairs = rng.normal(size=2000), np.abs(x[:, None] - y[None, :]) ** 2
        np.testing.assert_allclose(c_transform(cost, f), (all_pairs - f[:, None]).min(axis=0), rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(cbar_transform(cost, f), (all_pairs - f[None, :]).min(axis=1), rtol=1e-13, atol=1e-13)

    def test_with_everybody_left_out_nothing_is_known(self) -> None:
        assert np.isposinf(Line(np.zeros(2), np.zeros(3), 1.0).transform(np.full(2, -np.inf))).all()

    def test_a_line_is_one_dimension_a_norm_and_a_power_of_one_or_more(self) -> None:
        line, plane = om.grid_measure([1, 1]), om.grid_measure(np.ones((2, 1)))
        assert (
            Line.of(om.ground_cost(line, line, "chebyshev", 1.5)) == Line.of(om.ground_cost(line, line, "chebyshev", 1.5)) or True
        )
        of_it = Line.of(om.ground_cost(line, line, "chebyshev", 1.5))
        assert of_it is not None
        assert (of_it.x.tolist(), of_it.y.tolist(), of_it.power) == ([0, 1], [0, 1], 1.5)
        assert Line.of(om.ground_cost(line, line, "minkowski", order=3)) is not None
        assert Line.of(om.ground_cost(line, line, power=0.5)) is None
        assert Line.of(om.ground_cost(plane, plane)) is None
        assert Line.of(om.Cost([[0, 1], [1, 0]])) is None


class TestStaircase:
    @given(lines())
    @modest
    def test_masses_along_it_are_a_plan_and_potentials_are_tight(
        self, drawn: tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]
    ) -> None:
        x, y, a, b, power = drawn
        line = Line(x, y, power)
        cost = np.abs(x[:, None] - y[None, :]) ** power
        for walk in (rounded_staircase, exact_staircase):
            i, j, mass = walk(line, a, b)
            assert i.size == a.size + b.size - 1
            assert (mass >= 0).all()
            np.testing.assert_array_equal(np.bincount(i, mass, a.size), a)
            np.testing.assert_array_equal(np.bincount(j, mass, b.size), b)
            f, g = potentials_along(line, i, j)
            np.testing.assert_allclose(f[i] + g[j], cost[i, j], atol=1e-12)
            assert (f[:, None] + g[None, :] <= cost + 1e-12).all()

    def test_no_mass_is_too_small_to_be_counted_exactly(self) -> None:
        a, b = np.array([5e-324, 1.0]), np.array([1.0, 5e-324])
        i, _, mass = exact_staircase(Line(np.arange(2.0), np.arange(2.0), 2.0), a, b)
        np.testing.assert_array_equal(np.bincount(i, mass, 2), a)

    def test_what_totals_differ_by_is_taken_from_the_heaviest_target(self) -> None:
        a, b = np.array([0.1, 0.2, 0.7]), np.array([1.0 + 2.3e-16, 1e-17])
        i, j, mass = exact_staircase(Line(np.arange(3.0), np.arange(2.0), 2.0), a, b)
        np.testing.assert_allclose(np.bincount(i, mass, 3), a, rtol=1e-15)
        np.testing.assert_allclose(np.bincount(j, mass, 2), b, rtol=1e-15)
        assert np.bincount(j, mass, 2)[1] == 1e-17
        assert np.bincount(i, mass, 3)[2] == a[2]

    def test_many_light_atoms_are_all_served(self) -> None:
        """A hundred thousand shares of a total that sums round: the walk in floating point may leave one of them short."""
        rng = np.random.default_rng(0)
        masses, points = rng.integers(1, 9, (2, 10**5)), rng.random((2, 10**5))
        source, target = (om.Measure(mass, point) for mass, point in zip(masses, points, strict=True))
        solution = om.wasserstein_distance(source, target, power=2, balance="rescale")
        assert isinstance(solution, om.Solution)
        assert solution.certificate.passed

    @given(st.integers(0, 2**32 - 1), st.integers(1, 20))
    @modest
    def test_the_flow_along_a_line_has_the_surplus_as_divergence(self, seed: int, n: int) -> None:
        a, b = balanced(np.random.default_rng(seed), n)
        flow = np.concatenate([[0.0], flow_along(a - b), [0.0]])
        np.testing.assert_array_equal(np.diff(flow), a - b)


class TestClosedForm:
    @given(st.sampled_from(["equal", "uneven"]).flatmap(lambda spacing: on_a_grid(1, 12, spacing)), st.sampled_from(POWERS))
    @modest
    def test_is_the_value_over_all_pairs(self, drawn: tuple[om.Measure, om.Measure], power: float) -> None:
        problem = between(*drawn, power=power)
        solution = distance(*drawn, power=power)
        assert_right(solution, dense_value(problem), unit_of(problem))
        assert solution.provenance.form == "closed form"
        assert "line" in solution.provenance.reason
        assert solution.distance == pytest.approx(solution.value ** (1 / power), rel=1e-12)

    @given(lines())
    @modest
    def test_points_in_any_order_and_repeated(self, drawn: tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]) -> None:
        x, y, a, b, power = drawn
        source, target = om.Measure(a, x), om.Measure(b, y)
        solution = distance(source, target, power=power)
        problem = between(source, target, power=power)
        assert_right(solution, dense_value(problem), unit_of(problem))
        if power == 1:
            assert solution.value == pytest.approx(wasserstein_distance(x, y, a, b) * a.sum(), rel=1e-12, abs=1e-12)

    @pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
    @pytest.mark.parametrize("mass", [1e-12, 1.0, 1e12])
    @pytest.mark.parametrize("length", [1e-9, 1e-3, 1e9])
    def test_in_any_unit(self, power: float, mass: float, length: float) -> None:
        rng = np.random.default_rng(4)
        a, b = balanced(rng, 10)
        x = np.cumsum(rng.integers(1, 5, 10))
        value = dense_value(between(om.Measure(a, x), om.Measure(b, x), power=power)) * mass * length**power
        assert_right(distance(om.Measure(a * mass, x * length), om.Measure(b * mass, x * length), power=power), value)

    @pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
    @pytest.mark.parametrize("seed", range(8))
    def test_masses_and_gaps_of_every_size(self, power: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = scaled_masses(rng, 8, 12)
        x = np.cumsum(10.0 ** rng.uniform(-9, 3, 8))
        source, target = om.Measure(a, x), om.Measure(b, x)
        problem = between(source, target, power=power)
        assert_right(distance(source, target, power=power), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
    @pytest.mark.parametrize("offset", [1e3, 1e6, -1e9])
    def test_far_from_the_origin(self, power: float, offset: float) -> None:
        a, b = balanced(np.random.default_rng(6), 10)
        x = np.arange(10.0)
        value = dense_value(between(om.Measure(a, x), om.Measure(b, x), power=power))
        assert_right(distance(om.Measure(a, x + offset), om.Measure(b, x + offset), power=power), value)

    @pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
    @pytest.mark.parametrize("share", [1e-4, 1e-6, 1e-8, 1e-12])
    def test_nearly_equal_measures(self, power: float, share: float) -> None:
        """What flows is far below the masses, and where nothing has to flow rounding does not count as flow."""
        for seed in range(10):
            rng = np.random.default_rng(seed)
            a = rng.random(12)
            a /= a.sum()
            b = a.copy()
            b[2], b[3] = b[2] + share * a[2], b[3] - share * a[2]
            problem = between(om.grid_measure(a), om.grid_measure(b), power=power)
            assert_right(distance(om.grid_measure(a), om.grid_measure(b), power=power), share * a[2], unit_of(problem))

    def test_a_hundred_thousand_points(self) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=100_000), rng.normal(1, 2, 100_000)
        source, target = om.Measure.from_samples(x), om.Measure.from_samples(y)
        for power in (1.0, 2.0):
            solution = distance(source, target, power=power)
            assert solution.certificate.passed, solution.certificate.verdict
            assert solution.value == pytest.approx((np.abs(np.sort(x) - np.sort(y)) ** power).mean(), rel=1e-9)
