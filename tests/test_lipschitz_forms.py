"""The Lipschitz and the flow form, in every language: known answers, costs that are no metric, extensions, odd data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np
import pyomo.environ as pyo
import pytest
from catalogue import EARTH_F, EARTH_P, EARTH_Q, floats, two_gaussians
from places import KR, assert_right, balanced, between, crossings, dense_value, roads, scaled_masses, solve, unit_of

import otmodels as om
from otmodels.errors import (
    InfeasibleError,
    InputError,
    NotAMetricError,
    ParameterError,
    SolveError,
    StoppedError,
    UnbalancedError,
)
from otmodels.status import Termination

every = pytest.mark.parametrize(("form", "language"), KR)
both = pytest.mark.parametrize("support", ["full", "neighbours"])


def on_the_line(a: Any, b: Any, **options: Any) -> om.TransportProblem:
    return between(om.Measure(a, np.arange(len(a))), om.Measure(b, np.arange(len(b))), **options)


def earth() -> om.TransportProblem:
    return on_the_line(floats(EARTH_P), floats(EARTH_Q))


def squares(a: Any = (1, 0, 0), b: Any = (0, 0, 1)) -> om.TransportProblem:
    return on_the_line(list(a), list(b), power=2)


@every
@both
class TestKnownAnswers:
    def test_earth_moving_has_one_potential(self, form: str, language: str, support: str) -> None:
        solution = solve(earth(), form, language, support=support)
        assert_right(solution, 351 / 497)
        np.testing.assert_allclose(solution.potential, floats(EARTH_F), atol=1e-12)
        np.testing.assert_allclose(solution.g, -floats(EARTH_F), atol=1e-12)
        assert solution.potential[0] == 0
        assert (solution.provenance.form, solution.provenance.language) == (form, language)
        assert solution.provenance.pairs == (90 if support == "full" else 18)
        assert not solution.is_lower_bound

    def test_potentials_of_places_without_mass_are_lipschitz(self, form: str, language: str, support: str) -> None:
        solution = solve(on_the_line([0.75, 0, 0, 0.25, 0, 0], [0, 0, 0.5, 0, 0, 0.5]), form, language, support=support)
        assert_right(solution, 2.75)
        np.testing.assert_allclose(solution.potential, [0, -1, -2, -3, -4, -5], atol=1e-12)

    def test_common_mass_cancels(self, form: str, language: str, support: str) -> None:
        together = solve(on_the_line([0.5, 0.5, 0], [0, 0.5, 0.5]), form, language, support=support)
        apart = solve(on_the_line([0.5, 0, 0], [0, 0, 0.5]), form, language, support=support)
        assert_right(together, 1)
        assert_right(apart, 1)
        np.testing.assert_array_equal(together.network.nodes.divergence, apart.network.nodes.divergence)

    def test_on_the_line_as_scipy_has_it(self, form: str, language: str, support: str) -> None:
        cases: list[tuple[Any, Any, Any, Any, float]] = [
            ([0, 1, 3], [5, 6, 8], None, None, 5),
            ([0, 1], [0, 1], [3, 1], [2, 2], 0.25),
            ([3.4, 3.9, 7.5, 7.8], [4.5, 1.4], [1.4, 0.9, 3.1, 7.2], [3.2, 3.5], 4.0781331438047861),
        ]
        for u, v, u_weights, v_weights, value in cases:
            source, target = om.Measure.from_samples(u, u_weights), om.Measure.from_samples(v, v_weights)
            problem = om.TransportProblem(source, target, om.ground_cost(source, target), balance="rescale")
            assert_right(solve(problem, form, language, support=support), value)

    @pytest.mark.parametrize("points", [[[3, 4]], [[3, 4], [3, 5]]], ids=["one place", "two places"])
    def test_equal_measures_are_no_way_apart(self, points: Any, form: str, language: str, support: str) -> None:
        measure = om.Measure(np.arange(1, len(points) + 1), points)
        solution = solve(between(measure, measure), form, language, support=support)
        assert_right(solution, 0)
        assert solution.value == 0
        np.testing.assert_array_equal(solution.plan, np.diag(measure.mass))

    def test_many_atoms_at_one_place(self, form: str, language: str, support: str) -> None:
        """Thirds and halves that add up to one and the same mass only up to rounding."""
        source, target = om.Measure.from_samples([1, 1]), om.Measure.from_samples([1, 1, 1, 1, 1, 1])
        solution = solve(between(source, target), form, language, support=support)
        assert_right(solution, 0, 1.0)


@pytest.mark.parametrize("form", ["flow", "lipschitz"])
def test_two_gaussians_are_a_hundred_apart(form: str) -> None:
    """600 nodes, masses down to 1e-300; between neighbours in every language `test_conformance` has it."""
    solution = solve(two_gaussians(), form, support="neighbours")
    assert solution.certificate.passed
    assert solution.value == pytest.approx(100, rel=1e-7)


class TestNearlyEqualMeasures:
    """What is left to move is far below the masses, and next to it their rounding is not small."""

    @pytest.mark.parametrize("form", ["flow", "lipschitz"])
    @pytest.mark.parametrize("share", [1e-5, 1e-6, 1e-8, 1e-10, 1e-12, 1e-15])
    def test_a_small_move_is_found(self, form: str, share: float) -> None:
        for seed in range(4):
            rng = np.random.default_rng(seed)
            a = rng.random((4, 4))
            a /= a.sum()
            b = a.copy()
            b[0, 1], b[3, 2] = b[0, 1] + share * a[0, 1], b[3, 2] - share * a[0, 1]
            problem = between(om.grid_measure(a), om.grid_measure(b), "cityblock")
            for support in ("full", "neighbours"):
                assert_right(solve(problem, form, support=support), share * a[0, 1] * 4, 8.0)

    @pytest.mark.parametrize("form", ["flow", "lipschitz"])
    def test_samples_that_say_the_same_in_other_numbers(self, form: str) -> None:
        """Six samples against three, the shares 1/6 + 1/6 and 1/3."""
        for x, y in (([0, 0, 1, 1, 2, 2], [2, 1, 0]), ([0, 1, 1, 2, 2, 2], [0, 1, 1, 2, 2, 2] * 3)):
            problem = between(om.Measure.from_samples(x), om.Measure.from_samples(y))
            assert_right(solve(problem, form), 0, 1.0)


class TestNoMetric:
    @every
    def test_a_cost_that_is_none_is_refused_with_its_witness(self, form: str, language: str) -> None:
        with pytest.raises(NotAMetricError, match=r"d\(0, 2\) = 4 > d\(0, 1\) \+ d\(1, 2\) = 1 \+ 1") as caught:
            om.solve(squares(), form, language)
        assert caught.value.remedy

    @every
    def test_forced_it_is_a_lower_bound_and_says_so(self, form: str, language: str) -> None:
        solution = solve(squares(), form, language, force=True)
        assert (solution.value, solution.interval) == (2, (2, 4))
        assert solution.is_lower_bound
        assert not solution.certificate.passed
        assert "lower bound" in repr(solution)

    def test_forced_where_it_loses_nothing_it_is_the_value(self) -> None:
        solution = solve(squares((1, 0, 0), (0, 1, 0)), force=True)
        assert solution.value == 1
        assert solution.certificate.passed
        assert not solution.is_lower_bound

    @pytest.mark.parametrize("form", ["flow", "lipschitz"])
    def test_forced_on_some_arcs_it_would_bound_nothing_and_is_refused(self, form: str) -> None:
        """The arcs lead only by a detour of 5 + 1; going straight costs 1."""
        problem = om.TransportProblem([1, 0, 0], [0, 1, 0], [[0, 1, 5], [1, 0, 1], [5, 1, 0]])
        with pytest.raises(ParameterError, match="full"):
            solve(problem, form, support=[(0, 2), (2, 1)], force=True)

    @pytest.mark.parametrize("seed", range(30))
    def test_forced_the_interval_holds_the_value(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 6))
        cost = rng.integers(1, 20, (n, n)) * (1 - np.eye(n))
        a, b = balanced(rng, n)
        problem = om.TransportProblem(a, b, cost)
        solution = solve(problem, force=True)
        lower, upper = solution.interval
        assert lower <= dense_value(problem) + 1e-9
        assert upper >= dense_value(problem) - 1e-9
        assert not solution.is_lower_bound or solution.value <= dense_value(problem) + 1e-9

    def test_forced_where_staying_earns_something(self) -> None:
        """A reward of 1 for staying: the Lipschitz program knows nothing of it, and its value is no lower bound."""
        problem = om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[-1, 5], [5, -1]])
        try:
            lower, _ = solve(problem, force=True).interval
        except InputError:
            return
        assert lower <= -1

    @every
    def test_one_axiom_that_fails_is_named(self, form: str, language: str) -> None:
        for values, says in (([[0, 1], [2, 0]], "symmetry"), ([[1, 2], [2, 0]], "zero diagonal")):
            with pytest.raises(NotAMetricError, match=says):
                om.solve(om.TransportProblem([1, 1], [1, 1], values), form, language)

    @every
    def test_a_negative_distance_is_refused_forced_or_not(self, form: str, language: str) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[0, -1], [-1, 0]])
        for force in (False, True):
            with pytest.raises(ParameterError, match="-1 from 0 to 1"):
                om.solve(problem, form, language, force=force)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_forms_that_take_any_cost_are_not_forced(self, form: str, language: str) -> None:
        with pytest.raises(ParameterError, match="force"):
            om.solve(squares(), form, language, force=True)

    def test_places_in_one_point_are_a_pseudometric_which_is_enough(self) -> None:
        problem = om.TransportProblem([1, 0, 1], [0, 1, 1], [[0, 0, 1], [0, 0, 1], [1, 1, 0]])
        assert_right(solve(problem), 0)


class TestScale:
    @pytest.mark.parametrize("mass", [1e-12, 1e-6, 1.0, 1e12])
    @pytest.mark.parametrize("length", [1e-9, 1.0, 1e9])
    def test_masses_and_lengths_in_any_unit(self, mass: float, length: float) -> None:
        rng = np.random.default_rng(11)
        points = crossings((4, 4), [np.array([1.0, 3, 2])] * 2)
        a, b = balanced(rng, 16)
        source, target = om.Measure(a * mass, points * length), om.Measure(b * mass, points * length)
        value = dense_value(between(om.Measure(a, points), om.Measure(b, points), "cityblock")) * mass * length
        for form in ("flow", "lipschitz"):
            for support in ("full", "neighbours"):
                assert_right(solve(between(source, target, "cityblock"), form, support=support), value)

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("metric", ["cityblock", "euclidean"])
    def test_masses_of_every_size(self, seed: int, metric: str) -> None:
        rng = np.random.default_rng(seed)
        a, b = scaled_masses(rng, 16, 12)
        points = np.indices((4, 4)).reshape(2, -1).T
        problem = between(om.Measure(a, points), om.Measure(b, points), metric)
        for form in ("flow", "lipschitz"):
            for support in ("full", "neighbours")[: 1 + (metric == "cityblock")]:
                assert_right(solve(problem, form, support=support), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize("seed", range(8))
    def test_lengths_of_every_size(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        points = crossings((4, 4), list(10.0 ** rng.uniform(-6, 3, (2, 3))))
        a, b = balanced(rng, 16)
        problem = between(om.Measure(a, points), om.Measure(b, points), "cityblock")
        for form in ("flow", "lipschitz"):
            assert_right(solve(problem, form, support="neighbours"), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
    def test_far_from_the_origin(self, offset: float) -> None:
        rng = np.random.default_rng(5)
        points = np.indices((4, 4)).reshape(2, -1).T.astype(np.float64)
        a, b = balanced(rng, 16)
        near = between(om.Measure(a, points), om.Measure(b, points), "cityblock")
        there = between(om.Measure(a, points + offset), om.Measure(b, points + offset), "cityblock")
        for form in ("flow", "lipschitz"):
            for support in ("full", "neighbours"):
                assert_right(solve(there, form, support=support), dense_value(near))


Wish = Callable[[Any], Any]


def extended(problem: om.TransportProblem, form: str, language: str, wish: Wish) -> om.ExtendedFlow:
    """With one more constraint on the declared variable, named "wish"."""
    model = om.build(problem, form, language)
    variable = model.variables["w" if form == "flow" else "f"]
    if language == "cvxpy":
        arcs = model.linear_program().column_names if form == "flow" else []
        at = {name: k for k, name in enumerate(arcs)}
        entry = (lambda i, j: variable[at[f"w[{i},{j}]"]]) if form == "flow" else (lambda i: variable[i])
        constraint = wish(entry).set_label("wish")
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, constraint])
    else:
        model.native.wish = pyo.Constraint(expr=wish(lambda *k: variable[k if len(k) > 1 else k[0]]))
    solution = model.solve()
    assert isinstance(solution, om.ExtendedFlow)
    return solution


@pytest.mark.parametrize("language", ["cvxpy", "pyomo"])
class TestExtensions:
    def test_a_road_of_limited_capacity(self, language: str) -> None:
        """Mass 1 from 0 to 2 at distance 2, by the road 0 -> 2 no more than 0.25 of it: the rest goes by 1, 3 + 3 long."""
        d = [[0, 3, 2], [3, 0, 3], [2, 3, 0]]
        problem = om.TransportProblem([1, 0, 0], [0, 0, 1], d)
        solution = extended(problem, "flow", language, lambda w: w(0, 2) <= 0.25)
        assert solution.value == pytest.approx(0.25 * 2 + 0.75 * 6, rel=1e-12)
        assert solution.certificate.passed
        assert solution.multipliers["wish"].tolist() == pytest.approx([-4], rel=1e-9)
        flow = dict(zip(zip(solution.network.arcs.tail, solution.network.arcs.head, strict=True), solution.flow, strict=True))
        assert flow[0, 2] == pytest.approx(0.25, rel=1e-12)
        assert flow[0, 1] == flow[1, 2] == pytest.approx(0.75, rel=1e-12)
        assert solution.potential[0] - solution.potential[2] == pytest.approx(6, rel=1e-12)
        assert "certified" in repr(solution)

    def test_a_potential_that_is_held(self, language: str) -> None:
        """On the points 0, 1, 2 the potential may fall by no more than 0.5 from 0 to 2."""
        problem = on_the_line([1, 0, 0], [0, 0, 1])
        solution = extended(problem, "lipschitz", language, lambda f: f(0) - f(2) <= 0.5)
        assert solution.value == pytest.approx(0.5, rel=1e-12)
        assert solution.certificate.passed
        assert solution.multipliers["wish"].tolist() == pytest.approx([1], rel=1e-9)
        assert solution.variables["f"].size == 3

    def test_a_capacity_that_leaves_no_way(self, language: str) -> None:
        with pytest.raises(InfeasibleError):
            extended(on_the_line([1, 0], [0, 1]), "flow", language, lambda w: w(0, 1) <= 0.5)


class TestStopping:
    @every
    def test_a_solve_without_time_has_a_proven_interval(self, form: str, language: str) -> None:
        rng = np.random.default_rng(2)
        a, b = balanced(rng, 64)
        points = np.indices((8, 8)).reshape(2, -1).T
        problem = between(om.Measure(a, points), om.Measure(b, points), "cityblock")
        model = om.build(problem, form, language, support="neighbours")
        unsolved = model.solve(time_limit=1e-6, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        lower, upper = unsolved.interval
        assert 0 < lower <= dense_value(problem) * (1 + 1e-12)
        assert dense_value(problem) * (1 - 1e-12) <= upper < np.inf
        assert unsolved.status.termination is Termination.TIME_LIMIT
        with pytest.raises(StoppedError, match="time limit"):
            model.solve(time_limit=1e-6)
        assert_right(model.solve(), dense_value(problem))  # type: ignore[arg-type]

    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    def test_a_move_straight_along_an_axis_is_known_at_once(self, metric: str) -> None:
        """The coordinate that the mass moves along bounds the cost by exactly what it is."""
        a, b = np.zeros((4, 5)), np.zeros((4, 5))
        a[1, 0] = b[1, 4] = 3
        problem = between(om.grid_measure(a), om.grid_measure(b), metric)
        unsolved = om.solve(problem, "flow", "highspy", time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.interval[0] == pytest.approx(12, rel=1e-12)
        assert unsolved.interval[1] >= 12 * (1 - 1e-12)

    def test_on_a_graph_with_two_arcs_between_the_same_nodes(self) -> None:
        arcs = om.Arcs(2, np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([5.0, 1, 1]), "roads", "all roads")
        a, b = om.Measure([1, 0], labels=["a", "b"]), om.Measure([0, 1], labels=["a", "b"])
        problem = om.TransportProblem(a, b, om.graph_cost(a, b, om.Graph(a.labels, arcs)))
        unsolved = om.solve(problem, "flow", "highspy", support="neighbours", time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.interval[0] <= 1 <= unsolved.interval[1]

    @every
    def test_no_way_at_all_is_infeasible_in_either_form(self, form: str, language: str) -> None:
        """A one-way road in the wrong direction, between equal masses on the whole."""
        graph = om.Graph.from_frame(roads([("a", "b", 1), ("b", "c", 1)]), directed=True)
        a, b = om.Measure([0, 1, 1], labels=list("abc")), om.Measure([1, 1, 0], labels=list("abc"))
        problem = om.TransportProblem(a, b, om.graph_cost(a, b, graph))
        with pytest.raises(InfeasibleError, match="'c'"):
            om.solve(problem, form, language, support="neighbours")
        with pytest.raises((InfeasibleError, UnbalancedError)):
            om.build(problem, form, language, support="neighbours").solve()


def test_comparison_takes_the_lipschitz_forms_where_the_cost_is_a_metric() -> None:
    table = om.compare(earth())
    assert sorted(table.index) == sorted(om.supports())
    np.testing.assert_allclose(table["value"].to_numpy(), 351 / 497, rtol=1e-12)
    assert table["certified"].all()
    assert sorted(om.compare(squares()).index) == sorted(om.supports("primal", "dual"))
    with pytest.raises(NotAMetricError):
        om.compare(squares(), forms=["flow"])


@pytest.mark.parametrize("language", ["cvxpy", "highspy"])
def test_a_potential_that_is_too_steep_is_no_lower_bound(language: str) -> None:
    """Costs over 275 orders, for which the solver's potential is off by 1e17: the optimum is 5.9e-31."""
    cost = [
        [3.437691084293173e-38, 1.2343974547876506e70, 4.0814540791317683e-53, 5.214492447982124e133],
        [3.1506854574140637e128, 7.199970850166813e34, 1.954866986843113e-31, 2.226555249996846e-129],
        [5.2779076172678e-90, 1.7170877572256564e-98, 5.6415997557271425e146, 2.4648567363888022e88],
        [9.686067191077096e16, 8.105826912641428e-57, 7.165845360241278e-43, 5.025586761275577e-31],
    ]
    problem = om.TransportProblem([1.0, 6.0, 3.0, 2.0], [2.0, 3.0, 4.0, 3.0], cost)
    found = om.solve(problem, "lipschitz", language, force=True, throw=False)
    assert isinstance(found, om.LipschitzSolution)
    if found.is_lower_bound or found.certificate.passed:
        assert found.value <= 5.8646009605293395e-31
    else:
        with pytest.raises(SolveError, match="not certified"):
            om.solve(problem, "lipschitz", language, force=True)
