"""Wasserstein distances: the fastest exact route for the data, known answers by every route, and data that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catalogue import EARTH_P, EARTH_Q, floats, two_gaussians
from hypothesis import given, settings
from hypothesis import strategies as st
from places import assert_right, balanced, between, dense_value, distance, on_a_graph, on_a_grid, roads, unit_of

import otmodels as om
from otmodels.errors import (
    InfeasibleError,
    InputError,
    LabelMismatchError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnbalancedError,
    UnknownNameError,
    ZeroMassError,
)

line, square = om.grid_measure([1, 2, 3]), om.grid_measure(np.arange(1, 10).reshape(3, 3))
turned_line, turned_square = om.grid_measure([3, 2, 1]), om.grid_measure(np.arange(1, 10)[::-1].reshape(3, 3))
rng = np.random.default_rng(0)
scattered = om.Measure(np.ones(12), rng.random((12, 2))), om.Measure(np.ones(12), rng.random((12, 2)))


class TestKnownAnswers:
    def test_of_the_literature(self) -> None:
        x = np.arange(10)
        earth = om.Measure(floats(EARTH_P), x), om.Measure(floats(EARTH_Q), x)
        assert_right(distance(*earth), 351 / 497)
        assert_right(distance(*earth, power=2), 4721 / 5467)
        np.testing.assert_allclose(distance(*earth).f, [0, -1, -2, -3, -2, -1, 0, 1, 0, -1], atol=1e-12)
        assert distance(*earth, power=2).distance == pytest.approx(np.sqrt(4721 / 5467), rel=1e-12)

    def test_two_gaussians_are_a_hundred_apart(self) -> None:
        problem = two_gaussians()
        solution = distance(problem.source, problem.target)
        assert solution.certificate.passed
        assert solution.value == pytest.approx(100, rel=1e-7)

    @pytest.mark.parametrize("embedded", [False, True], ids=["on the line", "on a line in the plane"])
    def test_worked_by_hand(self, embedded: bool) -> None:
        def at(points: Any) -> Any:
            return np.stack([np.full(len(points), 2.0), points], axis=1) if embedded else points

        for a, b, power, value in (
            ([0.75, 0, 0, 0.25, 0, 0], [0, 0, 0.5, 0, 0, 0.5], 1, 2.75),
            ([1, 0, 0], [0, 0, 1], 2, 4),
            ([0.5, 0.5, 0], [0, 0.5, 0.5], 2, 1),
            ([0.5, 0.5, 0], [0, 0.5, 0.5], 1, 1),
        ):
            points = at(np.arange(len(a)))
            assert_right(distance(om.Measure(a, points), om.Measure(b, points), power=power), value)

    def test_on_the_line_as_scipy_has_it(self) -> None:
        u, v = om.Measure.from_samples([0, 1, 3]), om.Measure.from_samples([5, 6, 8])
        assert_right(distance(u, v), 5)
        u, v = om.Measure([3, 1], [0, 1]), om.Measure([2, 2], [0, 1])
        assert_right(distance(u, v, balance="rescale"), 0.25)


class TestRoutes:
    @pytest.mark.parametrize(
        ("measures", "options", "form", "words"),
        [
            ((line, turned_line), {}, "closed form", "line"),
            ((line, turned_line), {"power": 2}, "closed form", "monotone"),
            ((line, turned_line), {"metric": "chebyshev", "power": 1.5}, "closed form", "monotone"),
            ((square, turned_square), {"metric": "cityblock"}, "flow", "neighbours span"),
            ((square, turned_square), {"metric": "chebyshev"}, "flow", "neighbours span"),
            ((square, turned_square), {"metric": "minkowski", "order": 1}, "flow", "neighbours span"),
            ((square, turned_square), {}, "flow", "generated"),
            ((square, turned_square), {"metric": "minkowski", "order": 3}, "flow", "generated"),
            ((square, turned_square), {"power": 2}, "primal", "all pairs"),
            (scattered, {}, "primal", "all pairs"),
            (scattered, {"metric": "haversine"}, "primal", "all pairs"),
            ((line, turned_line), {"metric": lambda x, y: np.abs(x[:, None, 0] - y[None, :, 0])}, "primal", "all pairs"),
        ],
    )
    def test_the_route_is_the_fastest_and_says_why(self, measures: Any, options: Any, form: str, words: str) -> None:
        solution = distance(*measures, **options)
        made = solution.provenance
        assert made.form == form
        assert words in made.reason
        assert ("why" in solution.summary().index) is True
        assert_right(solution, dense_value(between(*measures, **options)), unit_of(solution.problem))
        assert made.total_s >= 0

    def test_on_a_graph(self) -> None:
        graph = om.Graph.from_frame(roads([("a", "b", 1), ("b", "c", 2), ("a", "c", 9)]))
        source, target = om.Measure([2], labels=["a"]), om.Measure([1, 1], labels=["b", "c"])
        solution = distance(source, target, graph)
        assert_right(solution, 4)
        assert "graph" in solution.provenance.reason
        assert_right(distance(source, target, graph, 2), 1 + 9)

    @given(st.booleans().flatmap(on_a_graph))
    @settings(deadline=None, max_examples=25)
    def test_on_any_graph(self, problem: om.TransportProblem) -> None:
        cost = problem.cost
        assert isinstance(cost, om.GraphCost)
        assert_right(distance(problem.source, problem.target, cost.graph), dense_value(problem))

    @pytest.mark.parametrize(("measures", "power"), [((line, turned_line), 0.5), ((square, turned_square), 2)])
    def test_a_reason_says_nothing_that_is_false(self, measures: Any, power: float) -> None:
        """These points are on the line, or on a grid; it is the power that has no faster route."""
        reason = distance(*measures, power=power).provenance.reason
        assert "neither on the line nor a grid" not in reason
        assert "all pairs" in reason

    @given(
        st.sampled_from([(1, 8), (2, 4), (3, 3)]).flatmap(lambda d: on_a_grid(*d, "uneven")),
        st.sampled_from(["cityblock", "euclidean", "chebyshev"]),
        st.sampled_from([0.5, 1.0, 2.0]),
    )
    @settings(deadline=None, max_examples=60)
    def test_every_route_gives_the_value_over_all_pairs(
        self, drawn: tuple[om.Measure, om.Measure], metric: str, power: float
    ) -> None:
        problem = between(*drawn, metric, power=power)
        solution = distance(*drawn, metric, power)
        assert_right(solution, dense_value(problem), unit_of(problem))
        assert distance(drawn[1], drawn[0], metric, power).value == pytest.approx(solution.value, rel=1e-9, abs=1e-12)

    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    @pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.0])
    @pytest.mark.parametrize(
        "measure",
        [om.Measure([2], [3]), om.Measure([2], [[3, 4]]), line, square, scattered[0]],
        ids=["one place on the line", "one place", "line", "square", "scattered"],
    )
    def test_a_measure_is_no_way_from_itself(self, measure: om.Measure, metric: str, power: float) -> None:
        solution = distance(measure, measure, metric, power)
        assert solution.value == solution.distance == 0
        assert_right(solution, 0)

    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    def test_samples_that_say_the_same_in_other_numbers(self, metric: str) -> None:
        for y in (np.array([[0.0], [1], [2]]), np.array([[0.0, 0], [0, 1], [1, 0]])):
            x = np.repeat(y, 2, axis=0)
            assert_right(distance(om.Measure.from_samples(x), om.Measure.from_samples(y), metric), 0, 1.0)

    @pytest.mark.parametrize("offset", [1e6, 1e9])
    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    def test_far_from_the_origin(self, metric: str, offset: float) -> None:
        a, b = balanced(np.random.default_rng(9), 16)
        points = np.indices((4, 4)).reshape(2, -1).T.astype(np.float64)
        value = dense_value(between(om.Measure(a, points), om.Measure(b, points), metric))
        assert_right(distance(om.Measure(a, points + offset), om.Measure(b, points + offset), metric), value)

    def test_the_distance_is_a_root_for_measures_of_mass_one(self) -> None:
        one, other = om.Measure([1], [[0, 0]]), om.Measure([1], [[3, 4]])
        for power in (0.5, 1, 2, 3):
            assert distance(one, other, power=power).distance == pytest.approx(5, rel=1e-12)

    def test_totals_are_rescaled_where_asked_for(self) -> None:
        solution = distance(om.Measure([3, 1], [0, 1]), om.Measure([2, 6], [0, 1]), balance="rescale")
        assert_right(solution, 0.5)
        assert len(solution.problem.adjustments) == 2


def refused(kind: type[InputError], *args: Any, match: str = "", **options: Any) -> None:
    with pytest.raises(kind, match=match) as caught:
        om.wasserstein_distance(*args, **options)
    assert caught.value.remedy


class TestRefused:
    @pytest.mark.parametrize("bad", [[1, 2, 3], np.ones((3, 3)), None, "line"], ids=["list", "array", "nothing", "text"])
    def test_what_is_no_measure(self, bad: Any) -> None:
        refused(ParameterError, bad, line, match="source: is .* not a Measure")
        refused(ParameterError, line, bad, match="target: is .* not a Measure")

    def test_measures_that_are_none(self) -> None:
        for mass in ([], [0, 0]):
            with pytest.raises((ShapeError, ZeroMassError)):
                om.Measure(mass)
        with pytest.raises(NotANumberError):
            om.grid_measure([[1, np.nan]])
        with pytest.raises(NotANumberError):
            om.Measure([1], [np.nan])

    @pytest.mark.parametrize("spacing", [0, -1, np.nan, np.inf, [1, 0]])
    def test_a_spacing_out_of_range(self, spacing: Any) -> None:
        with pytest.raises(ParameterError, match="spacing"):
            om.grid_measure([[1, 2]], spacing)

    def test_negative_lengths(self) -> None:
        with pytest.raises(ParameterError, match="-1 from 'a' to 'b'"):
            om.Graph.from_frame(roads([("a", "b", -1)]))

    def test_measures_without_points_or_in_different_dimensions(self) -> None:
        refused(ShapeError, om.Measure([1]), om.Measure([1]), match="no points")
        refused(ShapeError, line, square, match="coordinates")

    def test_totals_that_differ(self) -> None:
        refused(UnbalancedError, line, om.grid_measure([3, 2, 2]), match="total masses")
        refused(UnknownNameError, line, line, match="balance", balance="scale")

    def test_metrics_orders_and_powers_that_do_not_exist(self) -> None:
        refused(UnknownNameError, line, line, "manhattan", match="metric")
        refused(ParameterError, line, line, "minkowski", match="order")
        refused(ParameterError, line, line, "minkowski", match="order", order=0.5)
        refused(ParameterError, line, line, "euclidean", match="order", order=2)
        for power in (0, -1, np.nan, np.inf):
            refused(ParameterError, line, line, match="power", power=power)

    @pytest.mark.parametrize("limit", [0, -1, np.nan, "5"])
    def test_a_limit_that_is_no_time(self, limit: Any) -> None:
        for measure in (line, square):
            refused(ParameterError, measure, measure, match="time_limit", time_limit=limit)

    def test_options_of_a_graph(self) -> None:
        graph = om.Graph.from_frame(roads([("a", "b", 1)]))
        one, other = om.Measure([1], labels=["a"]), om.Measure([1], labels=["b"])
        refused(ParameterError, one, other, graph, match="order", order=2)
        refused(ParameterError, one, other, graph, match="power", power=0)
        refused(LabelMismatchError, one, line, graph, match="vertices")

    def test_a_graph_whose_parts_differ_in_mass(self) -> None:
        islands = om.Graph.from_frame(roads([("a", "b", 1), ("c", "d", 1)]))
        source, target = om.Measure([2, 1], labels=["a", "c"]), om.Measure([1, 2], labels=["b", "d"])
        with pytest.raises(InfeasibleError, match="'a' hold 2, and the targets that they may reach, 'b', take 1"):
            om.wasserstein_distance(source, target, islands)
