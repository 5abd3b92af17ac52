"""Ground metrics: the distances that they are named after, the same in blocks and pair by pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError, UnknownNameError
from otmodels.metrics import EARTH_RADIUS_KM, Metric, resolve

BERLIN, PARIS, LONDON, NEW_YORK = (13.4050, 52.5200), (2.3522, 48.8566), (-0.1278, 51.5074), (-74.0060, 40.7128)


def measure(points: Any) -> om.Measure:
    return om.Measure(np.ones(len(points)), points)


def distances(x: Any, y: Any, metric: Any, **options: Any) -> FloatArray:
    return om.ground_cost(measure(x), measure(y), metric, **options).values


def kilometres(x: tuple[float, float], y: tuple[float, float]) -> float:
    return float(distances([x], [y], "haversine")[0, 0])


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


points = arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-1e3, 1e3))
named = st.sampled_from([("cityblock", None), ("euclidean", None), ("chebyshev", None), ("minkowski", 3.0), ("minkowski", 1.5)])


class TestNamed:
    @settings(deadline=None)
    @given(points, points, named)
    def test_a_name_means_what_scipy_means_by_it(self, x: FloatArray, y: FloatArray, metric: tuple[str, float | None]) -> None:
        name, order = metric
        x, y = (np.where(np.abs(z) < 1e-100, 0.0, z) for z in (x, y))  # of which scipy's powers underflow
        expected = cdist(x, y, name) if order is None else cdist(x, y, name, p=order)
        np.testing.assert_allclose(distances(x, y, name, order=order), expected, rtol=1e-13, atol=0)

    @settings(deadline=None)
    @given(points, named)
    def test_a_distance_is_symmetric_and_zero_at_home(self, x: FloatArray, metric: tuple[str, float | None]) -> None:
        name, order = metric
        d = distances(x, x, name, order=order)
        assert (np.diag(d) == 0).all()
        np.testing.assert_allclose(d, d.T, rtol=1e-13)

    @settings(deadline=None)
    @given(points, named)
    def test_pair_by_pair_agrees_with_in_blocks(self, x: FloatArray, metric: tuple[str, float | None]) -> None:
        rule: Metric = resolve(*metric, x, x)
        i, j = (index.ravel() for index in np.indices((len(x), len(x))))
        np.testing.assert_allclose(rule.paired(x[i], x[j]), rule.between(x, x).ravel(), rtol=1e-13, atol=1e-13)

    @pytest.mark.parametrize("unit", [2.0**-1070, 1e-300, 1e-160, 1e160, 1e307])
    @pytest.mark.parametrize(("metric", "order", "side"), [("euclidean", None, 5), ("minkowski", 1, 7), ("minkowski", 540, 4)])
    def test_in_every_unit_of_length(self, metric: str, order: float | None, side: float, unit: float) -> None:
        """A triangle of sides 3, 4, 5, and far from it a point at distance 0 from itself."""
        x, y = np.array([[0, 0], [1, 1]]) * unit, np.array([[3, 4], [1, 1]]) * unit
        d = distances(x, y, metric, order=order)
        assert d[0, 0] == pytest.approx(side * unit, rel=1e-13, abs=0)
        assert d[1, 1] == 0
        rule: Metric = resolve(metric, order, x, y)
        np.testing.assert_allclose(rule.paired(x, y), np.diag(d), rtol=1e-13)
        assert rule.bound(x, y) >= d.max() * (1 - 1e-13)

    def test_known_distances(self) -> None:
        x, y = [[0, 0]], [[3, 4]]
        assert distances(x, y, "cityblock") == 7
        assert distances(x, y, "euclidean") == 5
        assert distances(x, y, "chebyshev") == 4
        assert distances(x, y, "minkowski", order=3) == pytest.approx(91 ** (1 / 3), rel=1e-15)

    @pytest.mark.parametrize(("order", "name"), [(1, "cityblock"), (2, "euclidean"), (np.inf, "chebyshev")])
    def test_minkowski_holds_its_famous_members(self, order: float, name: str) -> None:
        x = np.random.default_rng(0).normal(size=(4, 2))
        assert np.array_equal(distances(x, x, "minkowski", order=order), distances(x, x, name))
        assert om.ground_cost(measure(x), measure(x), "minkowski", order=order).description == name

    def test_a_cost_says_which_metric_and_power_it_is(self) -> None:
        x = measure([0, 1])
        assert om.ground_cost(x, x, power=2).description == "euclidean^2"
        assert om.ground_cost(x, x, "minkowski", order=3).description == "minkowski (order 3)"


class TestGreatCircle:
    def test_between_cities(self) -> None:
        assert kilometres(BERLIN, PARIS) == pytest.approx(878, abs=1)
        assert kilometres(LONDON, NEW_YORK) == pytest.approx(5570, abs=2)

    def test_antipodes_are_half_a_circumference_apart(self) -> None:
        half = np.pi * EARTH_RADIUS_KM
        assert kilometres((0, 0), (180, 0)) == pytest.approx(half, rel=1e-12)
        assert kilometres((0, 90), (0, -90)) == pytest.approx(half, rel=1e-12)
        assert kilometres((30, 40), (-150, -40)) == pytest.approx(half, rel=1e-7)

    def test_a_degree_of_the_equator(self) -> None:
        assert kilometres((0, 0), (1, 0)) == pytest.approx(111.195, abs=1e-3)

    def test_the_date_line_is_no_wall(self) -> None:
        assert kilometres((179.5, 0), (-179.5, 0)) == pytest.approx(kilometres((0, 0), (1, 0)), rel=1e-12)
        assert kilometres((350, 10), (-10, 10)) == pytest.approx(0, abs=1e-9)

    def test_all_longitudes_are_one_place_at_the_pole(self) -> None:
        assert kilometres((0, 90), (77, 90)) == pytest.approx(0, abs=1e-9)

    def test_near_places_keep_their_digits(self) -> None:
        metre = 1 / 111_195.0
        assert kilometres((0, 0), (0, metre)) == pytest.approx(1e-3, rel=1e-5)

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=5))
    def test_pair_by_pair_agrees_with_in_blocks(self, places: list[tuple[float, float]]) -> None:
        x = np.array(places)
        rule = resolve("haversine", None, x, x)
        i, j = (index.ravel() for index in np.indices((len(x), len(x))))
        np.testing.assert_allclose(rule.paired(x[i], x[j]), rule.between(x, x).ravel(), rtol=1e-12, atol=1e-9)

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=3))
    def test_detours_are_no_shorter(self, places: list[tuple[float, float]]) -> None:
        d = distances(places, places, "haversine")
        assert d[0, 2] <= d[0, 1] + d[1, 2] + 1e-4

    @pytest.mark.parametrize("place", [(52.5, 113.4), (0, 90.1), (361, 0)])
    def test_places_off_the_globe(self, place: tuple[float, float]) -> None:
        refused(ParameterError, lambda: distances([BERLIN, place], [PARIS], "haversine"), "points", str(list(map(float, place))))
        refused(ParameterError, lambda: distances([PARIS], [place], "haversine"), "longitude first")

    def test_places_need_two_coordinates(self) -> None:
        refused(ShapeError, lambda: distances([[1, 2, 3]], [[1, 2, 3]], "haversine"), "3 coordinates")


class TestRefused:
    @pytest.mark.parametrize("name", ["euklid", "", "Euclidean", None, 2])
    def test_an_unknown_metric(self, name: Any) -> None:
        refused(UnknownNameError, lambda: distances([0], [1], name), "metric", repr(name), "euclidean", "haversine")

    @pytest.mark.parametrize("order", [None, 0.5, -1, np.nan])
    def test_minkowski_needs_an_order(self, order: float | None) -> None:
        refused(ParameterError, lambda: distances([0], [1], "minkowski", order=order), "order", "order=3")

    def test_no_other_metric_takes_an_order(self) -> None:
        refused(ParameterError, lambda: distances([0], [1], "euclidean", order=2), "order", "'euclidean'")

    def test_points_of_different_dimension(self) -> None:
        refused(ShapeError, lambda: distances([[0, 0]], [[0, 0, 0]], "euclidean"), "points", "2", "3")

    @pytest.mark.parametrize("power", [0, -1, np.nan, np.inf])
    def test_a_power_that_is_no_power(self, power: float) -> None:
        refused(ParameterError, lambda: distances([0], [1], "euclidean", power=power), "power")

    def test_a_measure_without_points(self) -> None:
        refused(ShapeError, lambda: om.ground_cost(om.Measure([1]), measure([0])), "source", "no points")
        refused(ShapeError, lambda: om.ground_cost(measure([0]), om.Measure([1])), "target", "no points")


class TestCallable:
    def test_a_rule_of_ones_own(self) -> None:
        def l1(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(np.abs(x[:, None] - y[None]).sum(axis=2))

        x, y = np.random.default_rng(0).normal(size=(2, 3, 2))
        cost = om.ground_cost(measure(x), measure(y), l1, power=2)
        np.testing.assert_allclose(cost.values, cdist(x, y, "cityblock") ** 2)
        np.testing.assert_allclose(cost.at(np.array([0, 2]), np.array([1, 0])), cost.values[[0, 2], [1, 0]])
        assert cost.description == "l1^2"

    def test_a_rule_may_forbid_pairs(self) -> None:
        def near(x: FloatArray, y: FloatArray) -> FloatArray:
            d = cdist(x, y)
            return np.where(d > 1.5, np.inf, d)

        assert om.TransportProblem(
            [1, 1, 1], [1, 1, 1], om.ground_cost(measure([0, 1, 2]), measure([0, 1, 2]), near)
        ).has_forbidden

    def test_a_rule_that_answers_in_the_wrong_shape(self) -> None:
        def rowwise(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.zeros(len(x))

        refused(ShapeError, lambda: distances([0, 1], [0, 1, 2], rowwise), "rowwise", "(2,)", "(2, 3)")

    def test_a_rule_that_answers_nan_is_told_where(self) -> None:
        def root(x: FloatArray, y: FloatArray) -> FloatArray:
            d = x - y.T
            return np.where(d < 0, np.nan, d)

        refused(NotANumberError, lambda: distances([1, 2], [1.5], root), "root", "[1.0]", "[1.5]")

    def test_a_rule_that_answers_minus_infinity(self) -> None:
        refused(InfiniteValueError, lambda: distances([0], [0], lambda x, y: np.full((len(x), len(y)), -np.inf)), "-inf")

    def test_a_negative_rule_has_no_root(self) -> None:
        with pytest.raises(InputError):
            distances([0], [0], lambda x, y: -np.ones((len(x), len(y))), power=0.5)

    def test_a_bad_rule_is_found_before_anything_is_built(self) -> None:
        def broken(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.full((len(x), len(y)), np.nan)

        refused(NotANumberError, lambda: om.TransportProblem([1], [1], om.ground_cost(measure([0]), measure([0]), broken)))


@pytest.mark.parametrize("power", [1, 2])
def test_points_so_far_apart_that_the_distance_overflows_are_no_forbidden_pairs(power: float) -> None:
    source, target = measure([[0.0, 0.0], [1e308, 1e308]]), measure([[0.0, 0.0], [-1e308, -1e308]])
    with pytest.raises(InputError, match=r"(?i)overflow|floating point|unit"):
        om.TransportProblem(source, target, om.ground_cost(source, target, power=power))
