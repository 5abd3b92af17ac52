"""Networks: few arcs say what all pairs say, a flow is a plan, and arcs that cannot carry the masses are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import (
    KR,
    assert_right,
    balanced,
    between,
    crossings,
    dense_value,
    on_a_graph,
    on_a_grid,
    roads,
    solve,
    unit_of,
)

import otmodels as om
from otmodels.errors import InputError, LabelMismatchError, ParameterError, ShapeError, UnbalancedError, UnknownNameError
from otmodels.metrics import Minkowski
from otmodels.network import Arcs, Grid, Network, Nodes, acyclic, coprime_directions, detour, network, plan_of_flow, tree_flow

modest = settings(deadline=None, max_examples=25)
few = settings(deadline=None, max_examples=8)


def refused(kind: type[InputError], make: Any, *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


def assert_neighbours_say_what_all_pairs_say(source: om.Measure, target: om.Measure, metric: str) -> None:
    problem = between(source, target, metric)
    all_pairs = solve(problem, "flow")
    assert_right(all_pairs, dense_value(problem), unit_of(problem))
    for form in ("flow", "lipschitz"):
        few_arcs = solve(problem, form, support="neighbours")
        assert_right(few_arcs, all_pairs.value, unit_of(problem))
        assert few_arcs.network.arcs.count <= (3 ** problem.cost.x.shape[1] - 1) * few_arcs.network.nodes.size  # type: ignore[attr-defined]


class TestNeighboursEqualAllPairs:
    @given(st.sampled_from(["equal", "unequal", "uneven"]).flatmap(lambda spacing: on_a_grid(1, 12, spacing)))
    @modest
    def test_on_the_line_in_any_metric_of_a_norm(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        for metric in ("cityblock", "euclidean", "chebyshev"):
            assert_neighbours_say_what_all_pairs_say(*drawn, metric)

    @given(st.sampled_from(["equal", "unequal", "uneven"]).flatmap(lambda spacing: on_a_grid(2, 6, spacing)))
    @modest
    def test_city_block_in_the_plane_with_any_gaps(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        assert_neighbours_say_what_all_pairs_say(*drawn, "cityblock")

    @given(st.sampled_from(["unequal", "uneven"]).flatmap(lambda spacing: on_a_grid(2, 12, spacing)))
    @few
    def test_city_block_in_the_plane_up_to_12_by_12(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        assert_neighbours_say_what_all_pairs_say(*drawn, "cityblock")

    @given(st.sampled_from(["equal", "unequal", "uneven"]).flatmap(lambda spacing: on_a_grid(3, 4, spacing)))
    @modest
    def test_city_block_in_space(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        assert_neighbours_say_what_all_pairs_say(*drawn, "cityblock")

    @given(on_a_grid(2, 12, "equal"))
    @few
    def test_chebyshev_in_the_plane_with_equal_gaps(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        assert_neighbours_say_what_all_pairs_say(*drawn, "chebyshev")

    @given(on_a_grid(3, 4, "equal"))
    @modest
    def test_chebyshev_in_space_with_equal_gaps(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        assert_neighbours_say_what_all_pairs_say(*drawn, "chebyshev")

    @given(st.booleans().flatmap(on_a_graph))
    @modest
    def test_edges_of_a_graph_one_way_or_both(self, problem: om.TransportProblem) -> None:
        for form in ("flow", "lipschitz"):
            for support in ("full", "neighbours"):
                assert_right(solve(problem, form, support=support), dense_value(problem))

    @pytest.mark.parametrize(("form", "language"), KR)
    def test_in_every_form_and_language(self, form: str, language: str) -> None:
        """A 4 x 5 grid with uneven gaps and holes; whole masses and quarter lengths."""
        rng = np.random.default_rng(7)
        points = crossings((4, 5), [np.array([1, 2.25, 0.5]), np.array([3, 1, 0.25, 2])])
        a, b = balanced(rng, 20)
        problem = between(om.Measure(a[a > 0], points[a > 0]), om.Measure(b, points), "cityblock")
        for support in ("full", "neighbours"):
            assert_right(solve(problem, form, language, support=support), dense_value(problem))

    def test_a_hole_is_walked_through(self) -> None:
        """No mass in the middle of a 3 x 3 grid; the way from left to right still leads through it."""
        array = np.zeros((3, 3))
        source, target = array.copy(), array.copy()
        source[1, 0] = target[1, 2] = 1
        problem = between(om.grid_measure(source), om.grid_measure(target), "cityblock")
        assert solve(problem, support="neighbours").value == 2
        corners = om.Measure([1, 1], [[0, 0], [2, 2]]), om.Measure([1, 1], [[0, 2], [2, 0]])
        assert solve(between(*corners, "cityblock"), support="neighbours").value == 4

    def test_nodes_are_all_crossings_named_by_their_atoms_or_their_place(self) -> None:
        source, target = om.Measure([1], [[0, 0]], ["here"]), om.Measure([1], [[1, 2]], ["there"])
        nodes = network(between(source, target, "cityblock"), "neighbours").nodes
        assert set(nodes.labels) == {"here", "there", "(0.0, 2.0)", "(1.0, 0.0)"}
        assert nodes.divergence.sum() == 0


class TestPlanOfAFlow:
    @given(on_a_grid(2, 5, "uneven"), st.integers(0, 2**32 - 1))
    @modest
    def test_any_flow_is_a_plan_that_costs_no_more(self, drawn: tuple[om.Measure, om.Measure], seed: int) -> None:
        """Paths, their detours and cycles taken out: marginals are exact for whole masses."""
        problem = between(*drawn, "cityblock")
        solution = solve(problem, support="neighbours")
        arcs = solution.network.arcs
        rng = np.random.default_rng(seed)
        circulation = rng.integers(0, 3, arcs.count // 2 if arcs.count else 0)
        twice = np.zeros(arcs.count)
        back = {pair: k for k, pair in enumerate(zip(arcs.tail.tolist(), arcs.head.tolist(), strict=True))}
        for k, mass in zip(rng.permutation(arcs.count)[: circulation.size], circulation, strict=True):
            twice[k] += mass
            twice[back[int(arcs.head[k]), int(arcs.tail[k])]] += mass
        flow = np.rint(solution.flow) + twice
        plan = plan_of_flow(solution.network, flow)
        assert (plan.data > 0).all()
        np.testing.assert_array_equal(plan.sum(axis=1), problem.a)
        np.testing.assert_array_equal(plan.sum(axis=0), problem.b)
        cost = float((plan.toarray() * problem.cost.values).sum())
        assert dense_value(problem) - 1e-9 <= cost <= float(arcs.length @ flow) + 1e-9

    def test_a_flow_in_a_circle_moves_nothing(self) -> None:
        ring = Arcs(3, np.array([0, 1, 2, 0]), np.array([1, 2, 0, 2]), np.ones(4), "a ring")
        tail, head, mass = acyclic(ring, np.array([2.0, 2.0, 2.0, 1.0]))
        assert (tail.tolist(), head.tolist(), mass.tolist()) == ([0], [2], [1.0])

    @given(st.integers(0, 2**32 - 1), st.sampled_from(["cityblock", "euclidean", "chebyshev"]))
    @settings(deadline=None, max_examples=40)
    def test_samples_that_repeat_points_are_served_one_by_one(self, seed: int, metric: str) -> None:
        rng = np.random.default_rng(seed)
        n, dimension = int(rng.integers(1, 8)), int(rng.integers(1, 3))
        x, y = rng.integers(0, 3, (n, dimension)), rng.integers(0, 3, (n, dimension))
        source, target = om.Measure(np.ones(n), x), om.Measure(np.ones(n), y)
        problem = between(source, target, metric)
        for form in ("flow", "lipschitz"):
            assert_right(solve(problem, form), dense_value(problem))
        plan = solve(problem).plan
        np.testing.assert_array_equal(plan.sum(axis=0), 1)
        np.testing.assert_array_equal(plan.sum(axis=1), 1)

    def test_common_mass_stays_where_it_is(self) -> None:
        a, b = om.Measure([3, 2, 0], [0, 1, 2]), om.Measure([0, 2, 3], [0, 1, 2])
        solution = solve(between(a, b), support="neighbours")
        assert solution.value == 6
        np.testing.assert_array_equal(solution.plan, [[0, 0, 3], [0, 2, 0], [0, 0, 0]])
        assert solution.flow_table()["mass"].tolist() == [3, 3]

    def test_tables_name_the_nodes(self) -> None:
        a, b = om.Measure([3, 0], [0, 4], ["low", "high"]), om.Measure([1, 2], [0, 4], ["low", "high"])
        solution = solve(between(a, b))
        table = solution.flow_table()
        assert table.to_numpy()[0].tolist() == ["low", "high", 2, 4, 8]
        assert solution.nodes_table().loc[["high"]].to_numpy()[0].tolist() == [0, 2, -4]


class TestDirections:
    def test_coprime_directions_of_a_plane(self) -> None:
        grid = Grid((np.arange(9.0), np.arange(9.0)))
        assert [len(coprime_directions(grid, reach)) for reach in (1, 2, 3, 4)] == [8, 16, 32, 48]
        assert len(coprime_directions(Grid((np.arange(3.0),) * 3), 1)) == 26

    @given(on_a_grid(2, 6, "unequal"), st.integers(1, 3))
    @few
    def test_they_bracket_the_euclidean_value(self, drawn: tuple[om.Measure, om.Measure], reach: int) -> None:
        """V_L / kappa_L <= V <= V_L."""
        problem = between(*drawn)
        net = Network.directions(problem, reach)
        solution = solve(problem, support=net)
        value, size = dense_value(problem), unit_of(problem)
        around = float(net.arcs.length @ solution.flow)
        assert net.nodes.grid is not None
        kappa = detour(net.nodes.grid, Minkowski(2), reach)
        assert 1 <= kappa < np.inf
        assert around / kappa - 1e-12 * size <= value <= around + 1e-12 * size
        assert solution.interval[0] <= value + 1e-12 * size
        assert solution.interval[1] >= value - 1e-12 * size

    @pytest.mark.parametrize("reach", [0, -1])
    def test_a_reach_below_one(self, reach: int) -> None:
        square = om.grid_measure(np.ones((2, 2)))
        refused(ParameterError, lambda: Network.directions(between(square, square), reach), "reach", str(reach))


class TestRefused:
    def test_neighbours_that_do_not_span_the_metric(self) -> None:
        square = om.grid_measure(np.ones((3, 3)))
        wide = om.grid_measure(np.ones((3, 3)), (1, 2))
        for problem, word in (
            (between(square, square, "euclidean"), "euclidean"),
            (between(square, square, "minkowski", order=3), "order 3"),
            (between(wide, wide, "chebyshev"), "equal"),
            (between(square, square, "cityblock", power=2), "power"),
            (between(square, square, lambda x, y: np.abs(x[:, None] - y).sum(-1)), "lambda"),
        ):
            refused(ParameterError, lambda p=problem: network(p, "neighbours"), word)

    def test_points_that_are_no_grid_and_costs_without_points(self) -> None:
        scattered = om.Measure(np.ones(9), np.random.default_rng(0).random((9, 2)))
        refused(ParameterError, lambda: network(between(scattered, scattered, "cityblock"), "neighbours"), "no grid")
        matrix = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])
        refused(ParameterError, lambda: network(matrix, "neighbours"), "cost matrix")

    @pytest.mark.parametrize("bad", ["all", "generate", ""])
    def test_an_unknown_name(self, bad: str) -> None:
        line = om.grid_measure([1, 1])
        refused(UnknownNameError, lambda: solve(between(line, line), support=bad), "support", repr(bad))

    def test_the_network_of_another_problem(self) -> None:
        line = om.grid_measure([1, 1])
        one, other = between(line, line), between(line, line)
        refused(ParameterError, lambda: solve(one, support=network(other, "full")), "another problem")
        refused(ParameterError, lambda: om.solve(one, "primal", support=network(one, "full")), "primal")

    @pytest.mark.parametrize("bad", [[], [0, 1], [[0, 1, 2]], [[0.0, 1.0]], [["a", "b"]], [[0, 2]], [[-1, 0]]])
    def test_what_is_no_list_of_arcs(self, bad: Any) -> None:
        line = om.grid_measure([1, 1])
        refused(ShapeError, lambda: solve(between(line, line), support=bad), "support")

    def test_an_arc_that_leads_nowhere(self) -> None:
        line = om.grid_measure([1, 1])
        refused(ShapeError, lambda: solve(between(line, line), support=[[1, 1]]), "1, 1")

    def test_parts_that_no_arc_connects_are_named_with_their_masses(self) -> None:
        problem = between(om.Measure([2, 1, 1], [0, 1, 5], list("abc")), om.Measure([1, 1, 2], [0, 1, 5], list("abc")))
        for form in ("flow", "lipschitz"):
            refused(
                UnbalancedError, lambda form=form: solve(problem, form, support=[[0, 1], [1, 0]]), "2 parts", "'a', 'b'", "3", "2"
            )
        islands = om.Graph.from_frame(roads([("a", "b", 1), ("c", "d", 1)]))
        a, b = om.Measure([2, 1], labels=["a", "c"]), om.Measure([1, 2], labels=["b", "d"])
        apart = om.TransportProblem(a, b, om.graph_cost(a, b, islands))
        refused(UnbalancedError, lambda: om.build(apart, "flow", "highspy", support="neighbours"), "parts", "'a', 'b'")

    def test_parts_that_balance_are_solved_each(self) -> None:
        islands = om.Graph.from_frame(roads([("a", "b", 1), ("c", "d", 5)]))
        a, b = om.Measure([2, 1], labels=["a", "c"]), om.Measure([2, 1], labels=["b", "d"])
        problem = om.TransportProblem(a, b, om.graph_cost(a, b, islands))
        for form in ("flow", "lipschitz"):
            for support in ("full", "neighbours", [(0, 1), (2, 3)]):
                assert_right(solve(problem, form, support=support), 7)

    def test_a_part_where_nothing_moves_has_a_potential_too(self) -> None:
        """Equal masses on an island of their own, given arcs that are not known to span."""
        inf = np.inf
        cost = om.Cost([[0, 1, inf, inf], [1, 0, inf, inf], [inf, inf, 0, 3], [inf, inf, 3, 0]])
        problem = om.TransportProblem([1, 1, 2, 0], [1, 1, 0, 2], cost)
        solution = solve(problem, support=[(0, 1), (1, 0), (2, 3)])
        assert np.isfinite(solution.potential).all()
        assert_right(solution, 6)

    def test_costs_between_different_supports(self) -> None:
        source, target = om.Measure([1, 1], labels=["a", "b"]), om.Measure([1, 1], labels=["a", "c"])
        refused(LabelMismatchError, lambda: Nodes.of(om.TransportProblem(source, target, [[0, 1], [1, 0]])), "'c'")
        wide = om.TransportProblem([1, 1], [1, 0.5, 0.5], [[0, 1, 1], [1, 0, 1]])
        refused(LabelMismatchError, lambda: solve(wide), "2")

    def test_a_label_at_two_places(self) -> None:
        source, target = om.Measure([1, 1], [0, 1], ["a", "b"]), om.Measure([1, 1], [0, 2], ["a", "b"])
        refused(LabelMismatchError, lambda: solve(om.TransportProblem(source, target, [[0, 1], [1, 0]])), "'b'")

    @pytest.mark.parametrize(("form", "language"), KR)
    def test_of_two_arcs_between_the_same_nodes_both_count(self, form: str, language: str) -> None:
        """A graph put together by hand with two roads from a to b, of which the shorter is taken."""
        arcs = Arcs(3, np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 2, 1]), np.array([2.0, 1, 1, 1, 1]), "roads", "all roads")
        a, b = om.Measure([1, 1, 0], labels=list("abc")), om.Measure([0, 0, 2], labels=list("abc"))
        graph = om.Graph(a.labels, arcs)
        problem = om.TransportProblem(a, b, om.graph_cost(a, b, graph))
        assert_right(solve(problem, form, language, support="neighbours"), 3)


def test_one_place_needs_no_flow_however_it_is_asked_for() -> None:
    """A solve that is stopped asks for a flow along a tree: of one place there is none to route."""
    here = om.Measure([15.0], [[1000003.0, 1000003.0]])
    problem = om.TransportProblem(here, here, om.ground_cost(here, here))
    network = Network.full(problem)
    flow = tree_flow(network.nodes, network.arcs)
    assert flow is not None
    assert flow.tolist() == []
