"""Graphs: shortest paths as costs, from a user's own table of edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from otmodels.arrays import FloatArray
from otmodels.cost import Cost
from otmodels.distance import wasserstein_distance
from otmodels.errors import (
    DuplicateLabelError,
    FileFormatError,
    InfiniteValueError,
    InputError,
    LabelMismatchError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnknownNameError,
)
from otmodels.measure import Measure
from otmodels.network import graph as graphs
from otmodels.network.arcs import Arcs
from otmodels.network.graph import Graph, GraphCost, graph_cost, read_graph
from otmodels.problem import TransportProblem
from otmodels.solution import Solution
from otmodels.verbs import solve

ROADS = Path(__file__).parents[1] / "data" / "roads"

Edge = tuple[Any, Any, Any]


def table(*edges: Edge) -> pd.DataFrame:
    return pd.DataFrame(list(edges), columns=["from", "to", "length"])


def graph(*edges: Edge, **options: Any) -> Graph:
    return Graph.from_frame(table(*edges), **options)


def measure(labels: Sequence[Any]) -> Measure:
    return Measure(np.ones(len(labels)), labels=labels)


def everywhere(graph: Graph, power: float = 1.0) -> GraphCost:
    one = measure(graph.labels[:1].tolist())
    return graph_cost(one, one, graph, power).everywhere()


def between(graph: Graph, start: Any, end: Any, power: float = 1.0) -> float:
    return float(graph_cost(measure([start]), measure([end]), graph, power).values[0, 0])


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> InputError:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []
    return caught.value


def floyd_warshall(n: int, edges: list[tuple[int, int, int]], directed: bool) -> FloatArray:
    """Shortest paths by relaxing over every vertex in turn (Floyd 1962)."""
    d = np.full((n, n), np.inf)
    np.fill_diagonal(d, 0)
    for i, j, length in edges:
        d[i, j] = min(d[i, j], length)
        if not directed:
            d[j, i] = d[i, j]
    for k in range(n):
        d = np.minimum(d, d[:, [k]] + d[[k], :])
    return d


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int]], bool]:
    """Vertices 0..n-1, edges of whole lengths (0 among them, loops among them), no edge twice; directed or not."""
    n = draw(st.integers(1, 7))
    directed = draw(st.booleans())
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, max_size=14))
    if not directed:
        pairs = {(min(pair), max(pair)) for pair in pairs}
    lengths = draw(st.lists(st.integers(0, 9), min_size=len(pairs), max_size=len(pairs)))
    return n, [(i, j, length) for (i, j), length in zip(sorted(pairs), lengths, strict=True)], directed


def built(network: tuple[int, list[tuple[int, int, int]], bool]) -> Graph:
    n, edges, directed = network
    return graph(*edges, directed=directed, places=pd.DataFrame(index=range(n)))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no costs, and search from two vertices at a time at most."""
    monkeypatch.setattr(graphs, "KEPT_ENTRIES", 0)
    monkeypatch.setattr(graphs, "BLOCK_ENTRIES", 12)


class TestShortestPaths:
    @settings(deadline=None)
    @given(networks())
    def test_are_those_of_floyd_and_warshall(self, network: tuple[int, list[tuple[int, int, int]], bool]) -> None:
        assert np.array_equal(everywhere(built(network)).values, floyd_warshall(*network))

    @settings(deadline=None)
    @given(networks())
    def test_obey_the_triangle_inequality_and_are_symmetric_unless_directed(
        self, network: tuple[int, list[tuple[int, int, int]], bool]
    ) -> None:
        d = everywhere(built(network)).values
        assert (np.diag(d) == 0).all()
        assert (d[:, None, :] <= d[:, :, None] + d[None, :, :]).all()
        assert network[2] or np.array_equal(d, d.T)

    @settings(deadline=None)
    @given(networks(), st.randoms(use_true_random=False))
    def test_do_not_depend_on_the_order_of_the_edges_nor_on_which_end_comes_first(
        self, network: tuple[int, list[tuple[int, int, int]], bool], random: Any
    ) -> None:
        n, edges, directed = network
        turned = [(j, i, length) if not directed and random.random() < 0.5 else (i, j, length) for i, j, length in edges]
        random.shuffle(turned)
        assert np.array_equal(everywhere(built((n, turned, directed))).values, everywhere(built(network)).values)

    @settings(deadline=None)
    @given(networks(), st.data())
    def test_block_and_at_agree_kept_or_not(
        self, network: tuple[int, list[tuple[int, int, int]], bool], data: st.DataObject
    ) -> None:
        some = st.lists(st.integers(0, network[0] - 1), min_size=1, unique=True)
        source, target = data.draw(some), data.draw(some)
        power = data.draw(st.sampled_from([1.0, 2.0, 0.5]))
        expected = floyd_warshall(*network)[np.ix_(source, target)] ** power
        pairs = data.draw(st.lists(st.tuples(st.sampled_from(range(len(source))), st.sampled_from(range(len(target))))))
        i, j = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        for kept, block in ((1 << 24, 1 << 21), (0, 12)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(graphs, "KEPT_ENTRIES", kept)
                patch.setattr(graphs, "BLOCK_ENTRIES", block)
                cost = graph_cost(measure(source), measure(target), built(network), power)
                assert np.array_equal(cost.values, expected)
                assert np.array_equal(cost.at(i, j), expected[i, j])
                assert np.array_equal(cost.block(slice(0, 1)), expected[:1])
                assert cost.shape == expected.shape

    def test_arad_to_bucharest_is_418_km_by_rimnicu_vilcea(self) -> None:
        roads = read_graph(ROADS / "edges.csv", ROADS / "places.csv")
        assert between(roads, "Arad", "Bucharest") == 140 + 80 + 97 + 101
        assert between(roads, "Bucharest", "Arad") == 418
        assert between(roads, "Arad", "Bucharest", power=2) == 418**2

    def test_an_edge_longer_than_the_way_round_is_not_taken(self) -> None:
        assert between(graph(("a", "b", 5), ("a", "c", 1), ("c", "b", 2)), "a", "b") == 3

    def test_an_edge_of_length_0_is_an_edge(self) -> None:
        joined = graph(("a", "b", 0), ("b", "c", 2))
        assert everywhere(joined).values.tolist() == [[0, 0, 2], [0, 0, 2], [2, 2, 0]]
        assert between(joined, "a", "b", power=0.5) == 0

    def test_what_cannot_be_reached_is_forbidden(self) -> None:
        apart = graph(("a", "b", 1), ("c", "d", 1))
        assert between(apart, "a", "d") == np.inf
        assert between(apart, "a", "d", power=3) == np.inf
        problem = TransportProblem(
            measure(["a", "c"]), measure(["b", "d"]), graph_cost(measure(["a", "c"]), measure(["b", "d"]), apart)
        )
        assert problem.has_forbidden
        assert solve(problem).value == 2

    def test_a_directed_edge_leads_one_way(self) -> None:
        ring = graph(("a", "b", 1), ("b", "c", 1), ("c", "a", 1), directed=True)
        assert everywhere(ring).values.tolist() == [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
        assert between(graph(("a", "b", 1), directed=True), "b", "a") == np.inf

    def test_directions_may_differ_in_length(self) -> None:
        hill = graph(("valley", "top", 9), ("top", "valley", 4), directed=True)
        assert everywhere(hill).values.tolist() == [[0, 9], [4, 0]]

    @pytest.mark.usefixtures("few")
    def test_are_searched_anew_where_they_are_too_many_to_keep(self) -> None:
        line = graph(*((k, k + 1, 1) for k in range(5)))
        cost = everywhere(line)
        assert np.array_equal(cost.values, np.abs(np.subtract.outer(np.arange(6), np.arange(6))))
        assert cost.at(np.array([5, 0, 5, 3]), np.array([0, 5, 5, 1])).tolist() == [5, 5, 0, 2]
        assert not cost._kept

    @pytest.mark.parametrize(("atoms", "searched"), [((1, 6), 1), ((6, 1), 1), ((6, 2), 2)])
    def test_are_searched_from_the_side_with_fewer_atoms_and_once(
        self, atoms: tuple[int, int], searched: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        searches: list[int] = []

        def counting(lengths: Any, indices: Any) -> Any:
            searches.append(len(indices))
            return dijkstra(lengths, indices=indices)

        monkeypatch.setattr(graphs, "dijkstra", counting)
        one_way = graph(*((k, k + 1, 1) for k in range(5)), directed=True)
        source, target = range(atoms[0]), range(6 - atoms[1], 6)
        cost = graph_cost(measure(source), measure(target), one_way)
        expected = [[j - i if j >= i else np.inf for j in target] for i in source]
        assert cost.values.tolist() == cost.block(slice(0, 6)).tolist() == expected
        assert searches == [searched]


class TestGraphCost:
    def test_atoms_are_found_by_label_in_any_order(self) -> None:
        path = graph(("a", "b", 1), ("b", "c", 10))
        cost = graph_cost(measure(["c", "a"]), measure(["b"]), path)
        assert cost.values.tolist() == [[10], [1]]
        assert (cost.source.tolist(), cost.target.tolist()) == ([2, 0], [1])

    def test_names_itself(self) -> None:
        path = graph(("a", "b", 1))
        assert everywhere(path).description == "shortest path"
        assert everywhere(path, 2).description == "shortest path^2"
        assert everywhere(path, 2).everywhere().power == 2
        assert repr(everywhere(path, 0.5)) == "GraphCost(shortest path^0.5, 2 x 2)"
        assert repr(path) == "Graph(2 vertices, 1 edges)"

    def test_everywhere_is_the_cost_between_all_vertices(self) -> None:
        path = graph(("a", "b", 1), ("b", "c", 10))
        cost = graph_cost(measure(["c"]), measure(["a"]), path, power=2)
        assert cost.everywhere().values.tolist() == [[0, 1, 121], [1, 0, 100], [121, 100, 0]]

    def test_among_is_the_cost_between_some_atoms_found_before_or_not(self) -> None:
        cost = everywhere(graph(("a", "b", 1), ("b", "c", 10)), power=2)
        rows, columns = np.array([2, 0]), np.array([1])
        assert cost.among(rows, columns).values.tolist() == [[100], [1]]
        assert cost.values.shape == (3, 3)
        assert cost.among(rows, columns).values.tolist() == [[100], [1]]
        assert cost.among(rows, columns).at(np.array([1]), np.array([0])).tolist() == [1]

    def test_a_problem_on_roads_is_the_problem_of_its_matrix(self) -> None:
        roads = read_graph(ROADS / "edges.csv")
        source = Measure([3, 2], labels=["Arad", "Iasi"])
        target = Measure([4, 1], labels=["Bucharest", "Neamt"])
        cost = graph_cost(source, target, roads)
        by_matrix = solve(TransportProblem(source, target, Cost(cost.values)))
        by_graph = solve(TransportProblem(source, target, cost))
        assert by_graph.value == pytest.approx(3 * 418 + 319 + 87) == by_matrix.value

    def test_costs_are_not_to_be_written_to(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            everywhere(graph(("a", "b", 1))).values[0, 0] = 7

    def test_an_atom_at_no_vertex_is_refused_by_its_label(self) -> None:
        path = graph(("a", "b", 1))
        refused(LabelMismatchError, lambda: graph_cost(measure(["a", "z"]), measure(["b"]), path), "source", "'z'")
        refused(LabelMismatchError, lambda: graph_cost(measure(["a"]), measure(["y", "b", "x"]), path), "target", "'y', 'x'")
        refused(LabelMismatchError, lambda: graph_cost(Measure([1]), measure(["b"]), path), "source", "names 0")

    @pytest.mark.parametrize("power", [0, -1, np.nan, np.inf])
    def test_a_power_out_of_range_is_refused(self, power: float) -> None:
        refused(ParameterError, lambda: between(graph(("a", "b", 1)), "a", "b", power), "power", "> 0")

    def test_a_power_that_overflows_is_taken_in_a_larger_unit(self) -> None:
        far = graph(("a", "b", 1e200))
        solution = wasserstein_distance(measure(["a"]), measure(["b"]), far, 2)
        assert isinstance(solution, Solution)
        assert (solution.value, solution.distance, solution.certificate.passed) == (np.inf, 1e200, True)
        assert "units of 1e+200^2" in solution.problem.adjustments[0]
        assert between(far, "a", "b") == 1e200

    def test_lengths_that_overflow_in_a_sum_are_refused(self) -> None:
        refused(InfiniteValueError, lambda: graph(("a", "b", 1e308), ("b", "c", 1e308)), "overflow", "larger unit")


class TestTables:
    def test_vertices_come_in_order_of_first_appearance(self) -> None:
        assert list(graph(("b", "a", 1), ("c", "b", 2)).labels) == ["b", "a", "c"]

    def test_places_give_the_order_the_points_and_vertices_without_edges(self) -> None:
        places = pd.DataFrame({"x": [0.0, 1, 2], "y": [5, 6, 7]}, index=["lonely", "b", "a"])
        placed = graph(("a", "b", 1), places=places)
        assert list(placed.labels) == ["lonely", "b", "a"]
        assert placed.points is not None
        assert placed.points.tolist() == [[0, 5], [1, 6], [2, 7]]
        assert everywhere(placed).values[0].tolist() == [0, np.inf, np.inf]

    def test_each_edge_is_two_arcs_and_one_where_directed(self) -> None:
        edges = (("a", "b", 1), ("b", "c", 2))
        arcs = graph(*edges).arcs
        assert list(zip(arcs.tail, arcs.head, arcs.length, strict=True)) == [(0, 1, 1), (1, 0, 1), (1, 2, 2), (2, 1, 2)]
        arcs = graph(*edges, directed=True).arcs
        assert list(zip(arcs.tail, arcs.head, arcs.length, strict=True)) == [(0, 1, 1), (1, 2, 2)]
        assert arcs.description == "edges of the graph"
        assert "shortest path" in arcs.spanning

    @pytest.mark.parametrize(
        "ends",
        [
            [(1, 2), (2, 3)],
            [("1", 1), (1, 2)],
            [(("a", 1), ("a", 2)), (("a", 2), ("b", 1))],
            [(1.5, 2), (2, "c")],
            [(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")), (pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-03"))],
        ],
    )
    def test_labels_keep_their_type(self, ends: list[tuple[Any, Any]]) -> None:
        path = graph(*((*pair, 1) for pair in ends))
        assert (path.size, path.labels.nlevels) == (3, 1)
        assert between(path, ends[0][0], ends[1][1]) == (1 if ends[0][0] == "1" and ends[1][1] == 1 else 2)

    def test_columns_may_have_other_names_and_others_are_passed_over(self) -> None:
        frame = pd.DataFrame({"road": ["A1"], "start": ["a"], "end": ["b"], "km": [7]})
        assert between(Graph.from_frame(frame, "start", "end", "km"), "a", "b") == 7

    def test_an_edge_listed_in_both_directions_counts_once(self) -> None:
        assert graph(("a", "b", 1), ("b", "a", 1), ("a", "b", 1)).arcs.count == 2

    def test_a_loop_shortens_nothing_and_is_left_out(self) -> None:
        looped = graph(("a", "a", 3), ("a", "b", 1), ("a", "a", 4), ("c", "c", 0))
        assert looped.arcs.count == 2
        assert everywhere(looped).values.tolist() == [[0, 1, np.inf], [1, 0, np.inf], [np.inf, np.inf, 0]]

    def test_an_edge_of_two_lengths_is_refused_with_both_rows(self) -> None:
        error = refused(
            ParameterError, lambda: graph(("a", "b", 75), ("a", "c", 1), ("b", "a", 80)), "75 on row 0", "80 on row 2", "'b', 'a'"
        )
        assert "directed=True" in error.remedy
        error = refused(ParameterError, lambda: graph(("a", "b", 75), ("a", "b", 80), directed=True), "row 0", "row 1")
        assert "directed" not in error.remedy

    @pytest.mark.parametrize(
        ("length", "kind", "words"),
        [
            (-3, ParameterError, "is -3 from 'b' to 'c', row 1"),
            (np.nan, NotANumberError, "is nan from 'b' to 'c', row 1"),
            (np.inf, InfiniteValueError, "is inf from 'b' to 'c', row 1"),
            ("far", ShapeError, "edges, length"),
            (2**53 + 1, ParameterError, "2^53"),
        ],
    )
    def test_a_length_out_of_range_is_refused_with_its_edge(self, length: Any, kind: type[InputError], words: str) -> None:
        refused(kind, lambda: graph(("a", "b", 1), ("b", "c", length)), "edges, length", words)

    def test_a_negative_loop_is_refused_too(self) -> None:
        refused(ParameterError, lambda: graph(("a", "a", -1), ("a", "b", 1)), "'a' to 'a'")

    @pytest.mark.parametrize("column", ["from", "to", "length"])
    def test_a_missing_column_is_refused_by_name(self, column: str) -> None:
        frame = table(("a", "b", 1)).drop(columns=column)
        refused(UnknownNameError, lambda: Graph.from_frame(frame), "edges", repr(column), *frame.columns)

    def test_a_table_without_edges_is_refused(self) -> None:
        refused(ShapeError, lambda: Graph.from_frame(table()), "edges", "no rows")

    @pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
    def test_an_edge_without_an_end_is_refused_by_its_row(self, nothing: Any) -> None:
        refused(NotANumberError, lambda: graph(("a", "b", 1), ("a", nothing, 1)), "edges", "row 1")

    def test_an_edge_to_no_place_is_refused_with_label_and_row(self) -> None:
        places = pd.DataFrame(index=["a", "b"])
        refused(LabelMismatchError, lambda: graph(("a", "b", 1), ("b", "z", 1), places=places), "'z'", "row 1", "'a', 'b'")

    def test_places_that_cannot_be_used_are_refused(self) -> None:
        edge = ("a", "b", 1)
        for places, kind, words in (
            (pd.DataFrame({"x": [1, 2, 3]}, index=["a", "b", "a"]), DuplicateLabelError, "'a'"),
            (pd.DataFrame({"x": [1, 2, 3]}, index=["a", "b", None]), NotANumberError, "position 2"),
            (pd.DataFrame({"x": [1, np.nan]}, index=["a", "b"]), NotANumberError, "'b'"),
            (pd.DataFrame({"x": [1, np.inf]}, index=["a", "b"]), InfiniteValueError, "'b'"),
            (pd.DataFrame({"x": ["here", "there"]}, index=["a", "b"]), ShapeError, "'here'"),
        ):
            error = refused(kind, lambda places=places: graph(edge, places=places), words)  # type: ignore[misc]
            assert error.argument.startswith("places")

    def test_a_graph_put_together_by_hand_is_checked(self) -> None:
        tail, head = np.array([0, 1]), np.array([1, 0])
        arcs = Arcs(2, tail, head, np.array([1.0, 1.0]), "roads")
        assert between(Graph(pd.Index(["a", "b"]), arcs), "a", "b") == 1
        refused(ShapeError, lambda: Graph(pd.Index(["a"]), arcs), "1 labels", "2 nodes")
        refused(ShapeError, lambda: Graph(pd.Index(["a", "b"]), arcs, np.zeros((3, 2))), "points", "(3, 2)")
        refused(DuplicateLabelError, lambda: Graph(pd.Index(["a", "a"]), arcs), "'a'")
        refused(ParameterError, lambda: Graph(pd.Index(["a", "b"]), Arcs(2, tail, head, np.array([1.0, -1]), "")), "negative")

    def test_of_parallel_arcs_the_shortest_counts(self) -> None:
        arcs = Arcs(2, np.array([0, 0, 0]), np.array([1, 1, 1]), np.array([5.0, 0, 7]), "roads")
        assert between(Graph(pd.Index(["a", "b"]), arcs, directed=True), "a", "b") == 0


class TestFiles:
    def read(self, folder: Path, edges: str, places: str | None = None, **options: Any) -> Graph:
        (folder / "edges.csv").write_text(edges)
        if places is not None:
            (folder / "places.csv").write_text(places)
        return read_graph(folder / "edges.csv", None if places is None else folder / "places.csv", **options)

    def test_the_road_map_has_20_towns_23_roads_and_points(self) -> None:
        roads = read_graph(ROADS / "edges.csv", ROADS / "places.csv")
        assert repr(roads) == "Graph(20 vertices, 23 edges)"
        assert roads.points is not None
        assert roads.points.shape == (20, 2)
        assert set(roads.labels) == set(read_graph(ROADS / "edges.csv").labels)

    def test_columns_may_stand_in_any_order_and_blank_lines_between(self, tmp_path: Path) -> None:
        read = self.read(tmp_path, "length,road,to,from\n7,A1,b,a\n\n2,A2,c,b\n")
        assert between(read, "a", "c") == 9
        assert read.points is None

    def test_directed_is_taken_over(self, tmp_path: Path) -> None:
        assert between(self.read(tmp_path, "from,to,length\na,b,1\n", directed=True), "b", "a") == np.inf

    def test_places_without_coordinates_are_a_list_of_vertices(self, tmp_path: Path) -> None:
        read = self.read(tmp_path, "from,to,length\na,b,1\n", "label\nz\nb\na\n")
        assert list(read.labels) == ["z", "b", "a"]
        assert read.points is None

    @pytest.mark.parametrize(
        ("edges", "kind", "words"),
        [
            ("from,to,length\na,b,far\n", FileFormatError, "line 2, column 'length' holds 'far'"),
            ("from,to,length\na,b,1\n\na,,1\n", FileFormatError, "line 4, column 'to' is empty"),
            ("from,to,length\na,b\n", FileFormatError, "line 2 has 2 cells"),
            ("from,to\na,b\n", FileFormatError, "no column 'length' but from, to"),
            ("from,to,length\n", FileFormatError, "no row follows"),
            ("from,to,length\na,b,1\nb,c,-1\n", ParameterError, ", length: is -1 from 'b' to 'c', line 3"),
            ("from,to,length\na,b,nan\n", NotANumberError, "line 2"),
            ("from,to,length\na,b,1\n\nb,a,2\n", ParameterError, "1 on line 2 and 2 on line 4"),
        ],
    )
    def test_a_table_that_cannot_be_used_is_refused_with_file_and_line(
        self, tmp_path: Path, edges: str, kind: type[InputError], words: str
    ) -> None:
        error = refused(kind, lambda: self.read(tmp_path, edges), words)
        assert error.argument.startswith(str(tmp_path / "edges.csv"))

    @pytest.mark.parametrize(
        ("places", "kind", "words", "file"),
        [
            ("label,x\na,here\nb,2\n", FileFormatError, "line 2, column 'x'", "places.csv"),
            ("town,x\na,1\nb,2\n", FileFormatError, "no column 'label'", "places.csv"),
            ("label,x\na,1\na,2\n", DuplicateLabelError, "'a'", "places.csv"),
            ("label,x\na,1\nb,nan\n", NotANumberError, "'b'", "places.csv"),
            ("label,x\na,1\n", LabelMismatchError, "'b' on line 2", "edges.csv"),
        ],
    )
    def test_places_that_cannot_be_used_are_refused_with_the_file(
        self, tmp_path: Path, places: str, kind: type[InputError], words: str, file: str
    ) -> None:
        error = refused(kind, lambda: self.read(tmp_path, "from,to,length\na,b,1\n", places), words)
        assert error.argument.startswith(str(tmp_path / file))

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: read_graph(tmp_path / "none.csv"), str(tmp_path / "none.csv"))
        refused(FileFormatError, lambda: read_graph(ROADS / "edges.csv", tmp_path / "none.csv"), str(tmp_path / "none.csv"))
