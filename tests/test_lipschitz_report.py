"""g = -f examined: it holds, it can be had at no loss, or it is false, each with its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catalogue import EARTH_F, EARTH_P, EARTH_Q, floats
from hypothesis import given, settings
from hypothesis import strategies as st
from places import KR, assert_right, between, distance, on_a_graph, on_a_grid, roads, solve

import otmodels as om
from otmodels.collapse import Verdict, lipschitz_report
from otmodels.errors import InputError, LabelMismatchError, NotANumberError, ParameterError, ShapeError

modest = settings(deadline=None, max_examples=30)


def kantorovich(problem: om.TransportProblem, form: str = "primal") -> om.Solution:
    solution = om.solve(problem, form, "highspy")
    assert isinstance(solution, om.Solution)
    return solution


def report_of(problem: om.TransportProblem) -> om.LipschitzReport:
    return lipschitz_report(kantorovich(problem))


def on_the_line(a: Any, b: Any, **options: Any) -> om.TransportProblem:
    return between(om.Measure(a, np.arange(len(a))), om.Measure(b, np.arange(len(b))), **options)


def earth() -> om.TransportProblem:
    return on_the_line(floats(EARTH_P), floats(EARTH_Q))


class TestHolds:
    @pytest.mark.parametrize(("form", "language"), om.supports())
    def test_where_the_distance_pins_the_potentials(self, form: str, language: str) -> None:
        solution = om.solve(earth(), form, language)
        report = lipschitz_report(solution)
        assert report.verdict is Verdict.HOLDS
        assert report.metric.is_metric
        np.testing.assert_allclose(report.phi, floats(EARTH_F), atol=1e-12)
        assert report.largest_sum == pytest.approx(0, abs=1e-12)
        assert report.value == pytest.approx(351 / 497, rel=1e-12)
        assert report.lipschitz_value == pytest.approx(351 / 497, rel=1e-12)
        assert report.loss == pytest.approx(0, abs=1e-12)
        assert report.constant == pytest.approx(1, rel=1e-12)
        assert all(check.passed for check in report.proof)

    def test_where_the_constant_is_attained(self) -> None:
        """f falls by 1 a step from 0 to 3 and from 7 to 9, and rises in between: 6 + 10 + 3 pairs."""
        pairs = report_of(earth()).attained()
        assert len(pairs) == 6 + 10 + 3
        np.testing.assert_allclose(pairs["difference"], pairs["distance"], rtol=1e-12)
        assert set(zip(pairs["from"], pairs["to"], strict=True)) == {
            *((i, j) for i in range(4) for j in range(i + 1, 4)),
            *((j, i) for i in range(3, 8) for j in range(i + 1, 8)),
            *((i, j) for i in range(7, 10) for j in range(i + 1, 10)),
        }
        assert len(report_of(earth()).attained(5)) == 5

    def test_mass_moves_where_the_potential_is_steepest(self) -> None:
        for solution in (kantorovich(earth()), solve(earth(), support="neighbours")):
            table = lipschitz_report(solution).tightness()
            assert (table["mass"] > 0).all()
            assert (table["from"] != table["to"]).all()
            np.testing.assert_allclose(table["slack"], 0, atol=1e-12)
            assert (table["mass"] * table["distance"]).sum() == pytest.approx(351 / 497, rel=1e-12)

    def test_it_is_told_in_a_table_and_a_sentence(self) -> None:
        report = report_of(earth())
        assert report.summary().loc["Lipschitz constant of phi", "value"] == pytest.approx(1)
        assert "holds for these potentials already" in report.sentence
        assert report.sentence in repr(report)
        table = report.table()
        np.testing.assert_allclose(table["f"] + table["g"], 0, atol=1e-12)
        assert table["source_mass"].sum() == pytest.approx(1)


class TestNoLoss:
    def test_where_potentials_are_no_single_function_one_is_found(self) -> None:
        """Mass comes and goes at place 1; f and g there differ by what passing through it would cost."""
        problem = between(om.Measure([1, 1], [[0, 0], [4, 0]]), om.Measure([1, 1], [[1, 0], [4, 3]]), "cityblock")
        solution = kantorovich(problem)
        apart = om.Solution(
            solution.status,
            problem,
            solution.value,
            np.array([0.0, 0.0]),
            np.array([1.0, 3.0]),
            solution.sparse_plan,
            om.certify(problem, solution.plan, [0, 0], [1, 3]),
            solution.provenance,
        )
        assert apart.certificate.passed
        report = lipschitz_report(apart)
        assert report.verdict in (Verdict.HOLDS, Verdict.NO_LOSS)
        assert report.lipschitz_value == pytest.approx(4, rel=1e-12)

    def test_a_potential_lower_than_it_could_be(self) -> None:
        """Equal masses stay; f may be as low as one likes at a place without source mass, and g = -f is had by raising it."""
        problem = on_the_line([1, 0, 0], [0, 0, 1])
        solution = kantorovich(problem)
        f, g = np.array([0.0, -7.0, -9.0]), np.array([-8.0, -9.0, 2.0])
        lower = om.Solution(
            solution.status,
            problem,
            2.0,
            f,
            g,
            solution.sparse_plan,
            om.certify(problem, solution.plan, f, g),
            solution.provenance,
        )
        assert lower.certificate.passed
        report = lipschitz_report(lower)
        assert report.verdict is Verdict.NO_LOSS
        assert report.largest_sum == 16
        assert report.lipschitz_value == report.value == 2
        assert "at no loss" in report.sentence
        assert [check.passed for check in report.proof] == [True] * 4
        assert (report.phi >= report.f).all()
        assert (-report.phi >= report.g).all()

    @given(st.sampled_from([1, 2]).flatmap(lambda d: on_a_grid(d, 5, "uneven")), st.sampled_from(["cityblock", "euclidean"]))
    @modest
    def test_on_any_metric_it_loses_nothing(self, drawn: tuple[om.Measure, om.Measure], metric: str) -> None:
        """Kantorovich-Rubinstein, with numbers, through the union of the points."""
        problem = between(*drawn, metric)
        for solution in (kantorovich(problem), kantorovich(problem, "dual"), distance(*drawn, metric)):
            report = lipschitz_report(solution)
            assert report.verdict in (Verdict.HOLDS, Verdict.NO_LOSS)
            assert report.loss == pytest.approx(0, abs=1e-9 * max(report.value, 1))
            d = report.nodes.cost.values
            assert (report.phi[:, None] - report.phi[None, :] <= d + 1e-9).all()
            assert report.constant <= 1 + 1e-9
            assert all(check.passed for check in report.proof)
            assert np.abs(report.tightness()["slack"]).max() <= 1e-9 if len(report.tightness()) else True
            slopes = report.attained()
            np.testing.assert_allclose(slopes["difference"], report.constant * slopes["distance"], rtol=1e-8)

    @given(st.booleans().flatmap(on_a_graph))
    @modest
    def test_on_a_graph_one_way_or_both(self, problem: om.TransportProblem) -> None:
        for solution in (kantorovich(problem), solve(problem, support="neighbours")):
            report = lipschitz_report(solution)
            assert report.verdict in (Verdict.HOLDS, Verdict.NO_LOSS)
            assert all(check.passed for check in report.proof)


class TestTwoSupports:
    def test_the_nodes_are_the_union_of_the_points(self) -> None:
        problem = between(om.Measure([1, 1], [0, 2], ["a", "b"]), om.Measure([1, 1], [1, 5], ["c", "d"]))
        report = report_of(problem)
        assert set(report.nodes.labels) == {"a", "b", "c", "d"}
        assert np.isnan(report.f).sum() == np.isnan(report.g).sum() == 2
        assert np.isnan(report.largest_sum)
        assert report.lipschitz_value == pytest.approx(4, rel=1e-12)
        assert report.verdict is Verdict.HOLDS

    def test_costs_between_different_supports_say_nothing_within_one(self) -> None:
        problem = om.TransportProblem([1, 1], om.Measure([1, 1], labels=["c", "d"]), [[0, 1], [1, 0]])
        with pytest.raises(LabelMismatchError):
            report_of(problem)


class TestFalse:
    def test_the_square_of_a_distance(self) -> None:
        problem = on_the_line([1, 0, 0], [0, 0, 1], power=2)
        for solution in (kantorovich(problem), solve(problem, force=True), distance(problem.source, problem.target, power=2)):
            report = lipschitz_report(solution)
            assert report.verdict is Verdict.FALSE
            assert (report.value, report.lipschitz_value, report.loss) == pytest.approx((4, 2, 2), rel=1e-12)
            assert "d(0, 2) = 4 > d(0, 1) + d(1, 2) = 1 + 1" in report.sentence
            assert "at most 2, transport costs 4" in report.sentence
            assert not report.proof[-1].passed
            assert not report.metric.is_metric

    def test_the_earth_moved_at_the_square_of_the_distance(self) -> None:
        report = report_of(on_the_line(floats(EARTH_P), floats(EARTH_Q), power=2))
        assert report.verdict is Verdict.FALSE
        assert report.value == pytest.approx(4721 / 5467, rel=1e-12)
        assert report.lipschitz_value == pytest.approx(351 / 497, rel=1e-12)
        assert report.largest_sum == pytest.approx(2, rel=1e-9)

    def test_a_cost_that_is_no_metric_may_lose_nothing_all_the_same(self) -> None:
        report = report_of(on_the_line([1, 0, 0], [0, 1, 0], power=2))
        assert report.verdict in (Verdict.HOLDS, Verdict.NO_LOSS)
        assert "though no metric" in report.sentence

    def test_an_answer_that_is_not_optimal_says_nothing_about_g_and_f(self) -> None:
        """On a metric g = -f is never false; a plan that costs too much, or a gap that was asked for, does not make it so."""
        poor = om.solve(om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]]), "primal", "highspy", support=[(0, 1), (1, 0)])
        rng = np.random.default_rng(0)
        images = om.grid_measure(rng.random((12, 12))), om.grid_measure(rng.random((12, 12)))
        rough = distance(*images, balance="rescale", gap=0.05)
        assert rough.interval[0] < rough.interval[1]
        for solution in (poor, rough):
            try:
                report = lipschitz_report(solution)
            except InputError:
                continue
            assert report.verdict is not Verdict.FALSE


class TestExtension:
    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    def test_is_lipschitz_agrees_at_the_nodes_and_least_is_below_greatest(self, metric: str) -> None:
        rng = np.random.default_rng(3)
        problem = between(om.Measure(np.ones(9), rng.random((9, 2))), om.Measure(np.ones(9), rng.random((9, 2))), metric)
        report = report_of(problem)
        at_nodes = report.extension(report.nodes.points)
        np.testing.assert_allclose(at_nodes["least"], report.phi, atol=1e-12)
        np.testing.assert_allclose(at_nodes["greatest"], report.phi, atol=1e-12)
        new = rng.uniform(-1, 2, (50, 2))
        extended = report.extension(new)
        assert (extended["least"] <= extended["greatest"] + 1e-12).all()
        everywhere = np.concatenate([new, report.nodes.points])
        atoms = om.Measure(np.ones(len(everywhere)), everywhere)
        apart = om.ground_cost(atoms, atoms, metric).values
        for name in ("least", "greatest"):
            values = np.concatenate([extended[name], report.phi])
            assert (values[:, None] - values[None, :] <= apart + 1e-12).all()

    def test_on_the_line_it_is_what_one_draws(self) -> None:
        report = report_of(on_the_line([1, 0, 0], [0, 0, 1]))
        table = report.extension([0.5, -1, 4])
        np.testing.assert_allclose(table["least"], [-0.5, -1, -4])
        np.testing.assert_allclose(table["greatest"], [-0.5, 1, 0])

    def test_where_there_is_nothing_to_extend(self) -> None:
        squared = report_of(on_the_line([1, 0, 0], [0, 0, 1], power=2))
        matrix = report_of(om.TransportProblem([1, 0], [0, 1], [[0, 1], [1, 0]]))
        graph = om.Graph.from_frame(roads([("a", "b", 1)]))
        a, b = om.Measure([1], labels=["a"]), om.Measure([1], labels=["b"])
        on_roads = report_of(om.TransportProblem(a, b, om.graph_cost(a, b, graph)))
        for report in (squared, matrix, on_roads):
            with pytest.raises(ParameterError, match="no metric of points"):
                report.extension([[0.0]])

    @pytest.mark.parametrize("bad", [[[0, 1]], 3.0, [[[0]]]])
    def test_points_of_another_dimension(self, bad: Any) -> None:
        with pytest.raises(ShapeError, match="points"):
            report_of(earth()).extension(bad)

    def test_points_that_are_no_numbers(self) -> None:
        with pytest.raises(NotANumberError, match="points"):
            report_of(earth()).extension([0.5, np.nan])


@pytest.mark.parametrize(("form", "language"), KR)
def test_one_place_and_equal_measures(form: str, language: str) -> None:
    for points in ([0.0], [0.0, 1.0, 3.0]):
        measure = om.Measure(np.ones(len(points)), points)
        solution = solve(between(measure, measure), form, language)
        assert_right(solution, 0)
        report = lipschitz_report(solution)
        assert report.verdict is Verdict.HOLDS
        assert report.value == report.lipschitz_value == 0
        assert len(report.tightness()) == 0
        assert report.summary().loc["largest slack where mass moves", "value"] == 0
        assert len(report.attained()) == 0 or report.constant > 0
