"""Figures of Lipschitz solutions: what is drawn is what was solved."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.markers import MarkerStyle

import otmodels as om
from otmodels import plots
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, LabelMismatchError, ParameterError, ShapeError
from otmodels.network import Network
from otmodels.plots.arrows import pale, write_names
from otmodels.plots.canvas import DARK, LIGHT
from otmodels.solution import Solution, Unsolved
from otmodels.status import PointStatus, Status, Termination

ROADS = Path(__file__).parents[1] / "data" / "roads"
FIGURES: list[Callable[[om.LipschitzSolution], Axes]] = [plots.flow_arrows, plots.potentials_overlay, plots.lipschitz_matrix]

pytestmark = pytest.mark.usefixtures("no_window_and_no_figure_left")


def flow_of(problem: om.TransportProblem, support: Any = "neighbours", **options: Any) -> om.LipschitzSolution:
    solution = om.solve(problem, "flow", "highspy", support=support, **options)
    assert isinstance(solution, om.LipschitzSolution)
    return solution


def plan_of(problem: om.TransportProblem) -> Solution:
    solution = om.solve(problem, language="highspy")
    assert isinstance(solution, Solution)
    return solution


def between(a: om.Measure, b: om.Measure, metric: str = "cityblock", power: float = 1.0) -> om.TransportProblem:
    return om.TransportProblem(a, b, om.ground_cost(a, b, metric, power), balance="rescale")


def images(*shape: int, seed: int = 7) -> om.TransportProblem:
    rng = np.random.default_rng(seed)
    return between(om.grid_measure(rng.random(shape)), om.grid_measure(rng.random(shape)))


@pytest.fixture(scope="module")
def earth() -> om.LipschitzSolution:
    """Ten heaps on a line, from Herrmann (2017)."""
    source = om.Measure([12, 7, 4, 1, 19, 14, 9, 6, 3, 2], np.arange(10))
    target = om.Measure([1, 5, 11, 17, 13, 9, 6, 4, 3, 2], np.arange(10))
    return flow_of(between(source, target))


@pytest.fixture(scope="module")
def small() -> om.LipschitzSolution:
    return flow_of(images(8, 8))


@pytest.fixture(scope="module")
def large() -> om.LipschitzSolution:
    return flow_of(images(70, 50))


@pytest.fixture(scope="module")
def roads() -> om.LipschitzSolution:
    return flow_of(om.read_dataset(ROADS).problem)


@pytest.fixture(scope="module")
def nowhere() -> om.LipschitzSolution:
    """Labelled atoms without points."""
    mass, other = pd.Series([2, 1, 0], ["a", "b", "c"]), pd.Series([0, 1, 2], ["a", "b", "c"])
    return flow_of(om.TransportProblem(mass, other, [[0, 1, 2], [1, 0, 1], [2, 1, 0]]), "full")


def polygons(ax: Axes, which: int) -> FloatArray:
    """Corners of every polygon of a collection."""
    found = ax.collections[which]
    assert isinstance(found, PolyCollection)
    return np.array([np.asarray(path.vertices)[:-1] for path in found.get_paths()], dtype=np.float64)


def bars(ax: Axes) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Left, right and signed height of the bars above a line."""
    above: Any = ax.child_axes[0]
    corners = polygons(above, 0)
    x, y = corners[:, :, 0], corners[:, :, 1]
    return x.min(axis=1), x.max(axis=1), y.max(axis=1) + y.min(axis=1)


def shafts(arrows: FloatArray) -> FloatArray:
    """Widths of the shafts of arrows (k, 7, 2)."""
    return np.asarray(np.linalg.norm(arrows[:, 0] - arrows[:, 6], axis=1))


def ways(arrows: FloatArray) -> FloatArray:
    """Directions of arrows, from the middle of the rear edge to the tip, of length 1."""
    along = arrows[:, 3] - (arrows[:, 0] + arrows[:, 6]) / 2
    return np.asarray(along / np.linalg.norm(along, axis=1, keepdims=True))


def areas(arrows: FloatArray) -> FloatArray:
    x, y = arrows[:, :, 0], arrows[:, :, 1]
    return np.asarray(np.abs((x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)) / 2)


def ydata(ax: Axes, which: int) -> npt.NDArray[Any]:
    return np.asarray(ax.get_lines()[which].get_ydata())


def xdata(ax: Axes, which: int) -> npt.NDArray[Any]:
    return np.asarray(ax.get_lines()[which].get_xdata())


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def faces(collection: Collection) -> npt.NDArray[Any]:
    return np.asarray(collection.get_facecolor())


def used_arcs(solution: om.LipschitzSolution) -> tuple[npt.NDArray[Any], npt.NDArray[Any], FloatArray]:
    """Tail, head and mass of the arcs that carry mass, most mass first, as they are drawn."""
    arcs, used = solution.network.arcs, np.flatnonzero(solution.flow > 0)
    used = used[np.argsort(-solution.flow[used], kind="stable")]
    return arcs.tail[used], arcs.head[used], solution.flow[used]


class TestFlowOnALine:
    def test_the_line_is_f(self, earth: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(earth)
        np.testing.assert_array_equal(xdata(ax, 0), np.arange(10))
        np.testing.assert_array_equal(ydata(ax, 0), earth.potential)

    def test_bars_are_the_mass_that_crosses_each_interval(self, earth: om.LipschitzSolution) -> None:
        left, right, mass = bars(plots.flow_arrows(earth))
        np.testing.assert_array_equal(left, np.arange(9))
        np.testing.assert_array_equal(right, np.arange(1, 10))
        np.testing.assert_allclose(mass, np.cumsum(earth.problem.a - earth.problem.b)[:-1], atol=1e-12)

    def test_their_area_is_the_value(self, earth: om.LipschitzSolution) -> None:
        left, right, mass = bars(plots.flow_arrows(earth))
        assert ((right - left) * np.abs(mass)).sum() == pytest.approx(351 / 497)

    def test_mass_goes_where_f_falls_in_a_colour_a_direction(self, earth: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(earth)
        mass = bars(ax)[2]
        moves = np.abs(mass) > 1e-9
        np.testing.assert_array_equal(np.sign(mass[moves]), -np.sign(np.diff(earth.potential))[moves])
        expected = [to_rgba(DARK if amount > 0 else LIGHT) for amount in mass[moves]]
        np.testing.assert_allclose(faces(ax.child_axes[0].collections[0])[moves], expected)

    def test_arcs_between_all_pairs_cross_the_same_intervals(self, earth: om.LipschitzSolution) -> None:
        near, far = bars(plots.flow_arrows(earth)), bars(plots.flow_arrows(flow_of(earth.problem, "full")))
        np.testing.assert_allclose(near[2], far[2], atol=1e-12)

    def test_points_in_any_order_with_any_gaps(self) -> None:
        source, target = om.Measure([1, 2], [[7.0], [1.0]]), om.Measure([3], [[4.5]])
        solution = flow_of(between(source, target), "full")
        left, right, mass = bars(ax := plots.flow_arrows(solution))
        np.testing.assert_array_equal(left, [1, 4.5])
        np.testing.assert_array_equal(right, [4.5, 7])
        np.testing.assert_allclose(mass, [2 / 3, -1 / 3])
        np.testing.assert_array_equal(xdata(ax, 0), [1, 4.5, 7])
        np.testing.assert_allclose(np.diff(ydata(ax, 0)), [-3.5, 2.5])

    def test_units(self, earth: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(earth, mass_unit="t", length_unit="km")
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("position [km]", "potential f [km]")
        assert ax.child_axes[0].get_ylabel() == "mass that crosses\n[t]"

    def test_the_panel_above_is_inside_the_figure(self, earth: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(earth)
        figure: Any = ax.figure
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
        assert box.y1 <= figure.get_figheight()
        assert not ax.child_axes[0].get_window_extent().overlaps(ax.get_window_extent())

    def test_many_intervals_are_drawn_as_few_of_the_same_area(self) -> None:
        rng = np.random.default_rng(3)
        points = rng.random(4500)
        solution = flow_of(between(om.Measure(rng.random(4500), points), om.Measure(rng.random(4500), points)))
        left, right, mass = bars(plots.flow_arrows(solution))
        order = np.argsort(points)
        crossing = np.cumsum((solution.problem.a - solution.problem.b)[order])[:-1]
        assert left.size <= 2000
        np.testing.assert_array_equal(left[1:], right[:-1])
        assert ((right - left) * mass).sum() == pytest.approx((np.diff(points[order]) * crossing).sum())


class TestFlowOnAGrid:
    def test_cells_are_f_where_the_nodes_are(self, small: om.LipschitzSolution) -> None:
        cells = plots.flow_arrows(small).collections[0]
        assert isinstance(cells, QuadMesh)
        drawn = np.asarray(cells.get_array()).reshape(8, 8)
        np.testing.assert_array_equal(drawn, small.potential.reshape(8, 8).T)
        corners = np.asarray(cells.get_coordinates())
        np.testing.assert_array_equal(corners[0, :, 0], np.arange(9) - 0.5)
        np.testing.assert_array_equal(corners[:, 0, 1], np.arange(9) - 0.5)

    def test_rows_of_an_image_run_down(self, small: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(small, image=True, length_unit="pixels")
        np.testing.assert_array_equal(np.asarray(ax.collections[0].get_array()).reshape(8, 8), small.potential.reshape(8, 8))
        assert ax.yaxis_inverted()
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("column [pixels]", "row [pixels]")
        tail, head, _ = used_arcs(small)
        points = small.network.nodes.points
        assert points is not None
        np.testing.assert_allclose(ways(polygons(ax, 1)), (points[head] - points[tail])[:, ::-1], atol=1e-9)

    def test_an_arrow_a_used_arc_that_points_its_way(self, small: om.LipschitzSolution) -> None:
        arrows = polygons(plots.flow_arrows(small), 1)
        tail, head, _ = used_arcs(small)
        points = small.network.nodes.points
        assert points is not None
        assert len(arrows) == tail.size == np.count_nonzero(small.flow)
        np.testing.assert_allclose(ways(arrows), points[head] - points[tail], atol=1e-9)
        middle = (arrows[:, 3] + (arrows[:, 0] + arrows[:, 6]) / 2) / 2
        np.testing.assert_allclose(middle, (points[head] + points[tail]) / 2, atol=1e-9)

    def test_shafts_are_as_wide_as_the_mass_is_large(self, small: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(small, mass_unit="t")
        width, mass = shafts(polygons(ax, 1)), used_arcs(small)[2]
        np.testing.assert_allclose(width / width[0], mass / mass[0], atol=1e-9)
        assert width[0] < 0.5
        assert legend_texts(ax) == [f"flow on an arc ≤ {mass[0]:.2g} t"]

    def test_a_head_is_wider_than_its_shaft_and_no_longer_than_its_arrow(self, small: om.LipschitzSolution) -> None:
        arrows = polygons(plots.flow_arrows(small), 1)
        heads = np.linalg.norm(arrows[:, 2] - arrows[:, 4], axis=1)
        assert (heads > 1.5 * shafts(arrows)).all()
        neck, rear = ((arrows[:, i] + arrows[:, j]) / 2 for i, j in ((2, 4), (0, 6)))
        share = np.linalg.norm(arrows[:, 3] - neck, axis=1) / np.linalg.norm(arrows[:, 3] - rear, axis=1)
        assert (share <= 0.6 + 1e-9).all()

    def test_mass_goes_from_dark_to_light(self, small: om.LipschitzSolution) -> None:
        luminance = np.asarray(pale()(np.linspace(0, 1, 64)))[:, :3] @ [0.299, 0.587, 0.114]
        assert (np.diff(luminance) < 0).all()
        assert luminance.min() > 0.4
        tail, head, _ = used_arcs(small)
        assert (small.potential[tail] > small.potential[head]).all()

    def test_the_colour_bar_says_what_it_shows(self, small: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(small, length_unit="km")
        (bar,) = ax.child_axes
        assert bar.get_ylabel() == "potential f [km]"
        assert bar.get_ylim() == (small.potential.min(), small.potential.max())

    def test_uneven_gaps_give_uneven_cells_that_meet_half_way(self) -> None:
        points = np.array([(x, y) for x in (0, 1, 5) for y in (0, 2)], dtype=float)
        a, b = om.Measure([3, 0, 0, 0, 0, 1], points), om.Measure([0, 1, 1, 1, 1, 0], points)
        ax = plots.flow_arrows(flow_of(between(a, b)))
        cells = ax.collections[0]
        assert isinstance(cells, QuadMesh)
        np.testing.assert_array_equal(np.asarray(cells.get_coordinates())[0, :, 0], [-0.5, 0.5, 3, 7])
        np.testing.assert_array_equal(np.asarray(cells.get_coordinates())[:, 0, 1], [-1, 1, 3])
        assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 7), (-1, 3))

    @pytest.mark.parametrize("shape", [(1, 6), (6, 1), (2, 2), (1, 300), (17, 16)])
    def test_grids_of_any_shape(self, shape: tuple[int, int]) -> None:
        ax = plots.flow_arrows(flow_of(images(*shape)))
        assert np.asarray(ax.collections[0].get_array()).size == shape[0] * shape[1]
        assert 0 < len(polygons(ax, 1)) <= 1024
        plt.gcf().savefig(io.BytesIO(), format="png")

    def test_arcs_of_any_reach_are_drawn_on_the_grid_that_the_nodes_fill(self) -> None:
        problem = images(4, 4)
        solution = flow_of(problem, "full")
        assert solution.network.nodes.grid is None
        ax = plots.flow_arrows(solution)
        assert isinstance(ax.collections[0], QuadMesh)
        assert len(polygons(ax, 1)) == np.count_nonzero(solution.flow)
        reach = Network.directions(images(4, 4), 2)
        assert len(polygons(plots.flow_arrows(flow_of(reach.problem, reach)), 1)) >= 4

    def test_nothing_moves_between_equal_images(self) -> None:
        image = om.grid_measure([[1, 2], [3, 4]])
        ax = plots.flow_arrows(flow_of(between(image, image)))
        assert len(ax.collections[1].get_paths()) == 0
        assert ax.get_legend() is None


class TestFlowOnALargeGrid:
    def blocks(self, solution: om.LipschitzSolution) -> tuple[FloatArray, FloatArray]:
        """Middle and mean net flow of the 3 x 3 blocks of a 70 x 50 grid, one arc at a time."""
        arcs, points = solution.network.arcs, solution.network.nodes.points
        assert points is not None
        vector, count = np.zeros((24, 17, 2)), np.zeros((24, 17, 1))
        middle = np.zeros((24, 17, 2))
        for x, y in points.astype(int).tolist():
            count[x // 3, y // 3] += 1
            middle[x // 3, y // 3] += (x, y)
        for arc in np.flatnonzero(solution.flow):
            x, y = points[arcs.tail[arc]].astype(int).tolist()
            vector[x // 3, y // 3] += solution.flow[arc] * (points[arcs.head[arc]] - points[arcs.tail[arc]])
        return (middle / count).reshape(-1, 2), (vector / count).reshape(-1, 2)

    def test_arrows_are_the_mean_net_flow_of_blocks(self, large: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(large, mass_unit="t", length_unit="km")
        arrows = polygons(ax, 1)
        middle, mean = self.blocks(large)
        size = np.linalg.norm(mean, axis=1)
        some = size > 0
        assert len(arrows) == some.sum() <= 1024
        np.testing.assert_allclose(ways(arrows), mean[some] / size[some, None], atol=1e-8)
        np.testing.assert_allclose((arrows[:, 3] + (arrows[:, 0] + arrows[:, 6]) / 2) / 2, middle[some], atol=1e-8)
        np.testing.assert_allclose(areas(arrows) / areas(arrows).max(), size[some] / size.max(), atol=1e-9)
        assert legend_texts(ax) == [f"mean flow of 3 x 3 nodes ≤ {size.max():.2g} t x km"]

    def test_no_arrow_is_much_longer_than_its_block(self, large: om.LipschitzSolution) -> None:
        arrows = polygons(plots.flow_arrows(large), 1)
        assert np.linalg.norm(arrows[:, 3] - arrows[:, 0], axis=1).max() < 1.5 * 3

    def test_up_to_32_lines_a_node_has_an_arrow(self) -> None:
        solution = flow_of(images(20, 30))
        ax = plots.flow_arrows(solution)
        assert len(polygons(ax, 1)) <= 600
        assert legend_texts(ax)[0].startswith("mean flow of a node ≤")


class TestFlowOnAMap:
    def test_an_arrow_a_used_road_from_town_to_town(self, roads: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(roads, mass_unit="lorries")
        arrows = polygons(ax, 1)
        tail, head, mass = used_arcs(roads)
        points = roads.network.nodes.points
        assert points is not None
        assert len(arrows) == len(roads.flow_table()) == 15
        along = points[head] - points[tail]
        np.testing.assert_allclose(ways(arrows), along / np.linalg.norm(along, axis=1, keepdims=True), atol=1e-9)
        width = shafts(arrows)
        np.testing.assert_allclose(width / width[0], mass / mass[0], atol=1e-9)
        assert "flow ≤ 22 lorries" in legend_texts(ax)

    def test_each_road_is_a_thin_line_once(self, roads: om.LipschitzSolution) -> None:
        lines = plots.flow_arrows(roads).collections[0]
        assert isinstance(lines, LineCollection)
        assert len(lines.get_segments()) == 23

    def test_nodes_are_marked_by_what_becomes_of_mass_and_coloured_by_f(self, roads: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(roads, length_unit="km")
        nodes, points = roads.network.nodes, roads.network.nodes.points
        assert points is not None
        through, starts, ends = ax.collections[2:5]
        for drawn, those, marker in (
            (through, nodes.divergence == 0, "o"),
            (starts, nodes.divergence > 0, "^"),
            (ends, nodes.divergence < 0, "v"),
        ):
            assert isinstance(drawn, PathCollection)
            np.testing.assert_array_equal(drawn.get_offsets(), points[those])
            np.testing.assert_array_equal(drawn.get_array(), roads.potential[those])
            assert drawn.get_clim() == (roads.potential.min(), roads.potential.max())
            shape = MarkerStyle(marker)
            expected = shape.get_path().transformed(shape.get_transform())
            np.testing.assert_allclose(np.asarray(drawn.get_paths()[0].vertices), np.asarray(expected.vertices))
        assert legend_texts(ax)[:2] == ["mass starts", "mass ends"]
        assert ax.child_axes[0].get_ylabel() == "potential f [km]"

    def test_names_stand_apart_and_inside(self, roads: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(roads, geographic=True)
        ax.figure.figure.draw_without_rendering()
        assert {text.get_text() for text in ax.texts} == set(roads.network.nodes.labels)
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
        frame = ax.get_window_extent()
        assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
        points = roads.network.nodes.points
        assert points is not None
        assert not any(box.contains(*place) for box in boxes for place in ax.transData.transform(points))

    def test_names_are_written_as_they_are(self) -> None:
        graph = om.Graph.from_frame(
            pd.DataFrame({"from": ["$a$"], "to": ["x_1"], "length": [2.0]}),
            places=pd.DataFrame([[0, 0], [1, 1]], ["$a$", "x_1"]),
        )
        a, b = om.Measure([1], labels=["$a$"]), om.Measure([1], labels=["x_1"])
        ax = plots.flow_arrows(flow_of(om.TransportProblem(a, b, om.graph_cost(a, b, graph))))
        assert not any(text.get_parse_math() for text in ax.texts)
        plt.gcf().savefig(io.BytesIO(), format="png")

    def test_more_than_40_nodes_have_no_names(self) -> None:
        rng = np.random.default_rng(5)
        for n, names in ((40, 40), (41, 0)):
            points = rng.normal(size=(n, 2))
            a, b = (om.Measure(rng.random(n), points, [f"place {k}" for k in range(n)]) for _ in range(2))
            assert len(plots.flow_arrows(flow_of(between(a, b, "euclidean"), "full")).texts) == names

    def test_all_pairs_of_many_points_are_not_drawn_as_lines(self) -> None:
        rng = np.random.default_rng(5)
        points = rng.normal(size=(30, 2))
        problem = between(om.Measure(rng.random(30), points), om.Measure(rng.random(30), points), "euclidean")
        ax = plots.flow_arrows(solution := flow_of(problem, "full"))
        assert len(ax.collections[0].get_paths()) == 0
        assert len(polygons(ax, 1)) == np.count_nonzero(solution.flow)

    def test_longitude_and_latitude(self, roads: om.LipschitzSolution) -> None:
        ax = plots.flow_arrows(roads, geographic=True, length_unit="km")
        points = roads.network.nodes.points
        assert points is not None
        middle = np.radians((points[:, 1].min() + points[:, 1].max()) / 2)
        assert ax.get_aspect() == pytest.approx(1 / np.cos(middle))
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("longitude [°]", "latitude [°]")
        paper = polygons(ax, 1) * (np.cos(middle), 1.0)
        width, mass = shafts(paper), used_arcs(roads)[2]
        np.testing.assert_allclose(width / width[0], mass / mass[0], atol=1e-9)
        rear = (paper[:, 0] - paper[:, 6]) / width[:, None]
        np.testing.assert_allclose((rear * ways(paper)).sum(axis=1), 0, atol=1e-6)

    def test_haversine_implies_it(self) -> None:
        points = [[8.0, 50.0], [9.0, 50.0], [10.0, 52.0]]
        problem = between(om.Measure([3, 0, 1], points), om.Measure([2, 1, 1], points), "haversine")
        assert plots.flow_arrows(flow_of(problem, "full")).get_xlabel() == "longitude [°]"

    def test_coordinates_of_a_graph_have_no_unit_of_length(self, roads: om.LipschitzSolution) -> None:
        assert plots.flow_arrows(roads, length_unit="km").get_xlabel() == "x"

    def test_too_many_arrows_are_refused(self, roads: om.LipschitzSolution, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("otmodels.plots.network.MOST_MOVES", 14)
        with pytest.raises(ShapeError, match="flow on 15 arcs, and a map holds at most 14"):
            plots.flow_arrows(roads)


class TestNames:
    """Each is written to the right of its node, unless something is there."""

    def boxes(self, points: list[tuple[float, float]], lines: list[FloatArray], *others: str) -> tuple[Axes, list[Any]]:
        ax = plt.subplots(figsize=(6, 6))[1]
        ax.set(xlim=(0, 10), ylim=(0, 10))
        write_names(ax, np.array(points), ["Somewhere", *others], lines, 5.0)
        return ax, [text.get_window_extent() for text in ax.texts]

    def test_nothing_is_there(self) -> None:
        ax, (box,) = self.boxes([(5, 5)], [])
        assert box.x0 > ax.transData.transform((5, 5))[0]

    def test_another_name(self) -> None:
        _, (one, other) = self.boxes([(5, 5), (5, 5.15)], [], "Elsewhere")
        assert not one.overlaps(other)

    def test_another_node(self) -> None:
        ax, (alone,) = self.boxes([(5, 5)], [])
        node = ax.transData.inverted().transform((alone.x1 - 3, (alone.y0 + alone.y1) / 2))
        ax, (box, _) = self.boxes([(5, 5), tuple(node)], [], "")
        assert not box.contains(*ax.transData.transform(node))

    def test_the_edge_of_the_axes(self) -> None:
        ax, (box,) = self.boxes([(9.9, 5)], [])
        assert box.x1 <= ax.get_window_extent().x1

    def test_a_line(self) -> None:
        ax, (box,) = self.boxes([(5, 5)], [np.array([[5.0, 5.0], [9.0, 5.0]])])
        assert not box.contains(*ax.transData.transform((5.8, 5)))


class TestOverlay:
    def test_lines_are_f_and_minus_g(self, earth: om.LipschitzSolution) -> None:
        for solution in (earth, plan_of(earth.problem)):
            ax = plots.potentials_overlay(solution)
            np.testing.assert_array_equal(ydata(ax, 0), solution.f)
            np.testing.assert_array_equal(ydata(ax, 1), -solution.g)
            np.testing.assert_array_equal(xdata(ax, 0), np.arange(10))

    def test_where_they_coincide_both_are_seen(self, earth: om.LipschitzSolution) -> None:
        f, g = plots.potentials_overlay(earth).get_lines()
        assert f.get_linewidth() > 3 * g.get_linewidth()
        assert g.is_dashed()
        assert not f.is_dashed()
        assert g.get_zorder() >= f.get_zorder()
        luminance = [np.array(to_rgba(line.get_color())[:3]) @ [0.299, 0.587, 0.114] for line in (f, g)]
        assert luminance[0] > luminance[1] + 0.3

    def test_the_legend_says_that_they_coincide(self, earth: om.LipschitzSolution) -> None:
        ax = plots.potentials_overlay(earth, cost_unit="km", length_unit="km")
        assert legend_texts(ax) == ["$f$ at sources", "$-g$ at targets", "largest $|f + g|$: 0 km"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("position [km]", "potential [km]")

    def test_or_by_how_much_they_differ(self) -> None:
        source, target = om.Measure([2, 1, 0], [0, 1, 2]), om.Measure([0, 1, 2], [0, 1, 2])
        solution = plan_of(between(source, target, power=2.0))
        ax = plots.potentials_overlay(solution, cost_unit="$1000")
        apart = float(np.abs(solution.f + solution.g).max())
        assert apart > 0
        assert legend_texts(ax)[2] == rf"largest $|f + g|$: {apart:.2g} \$1000"
        plt.gcf().savefig(io.BytesIO(), format="png")

    def test_atoms_without_mass_are_hollow(self) -> None:
        source, target = om.Measure([0, 2, 1], [5, 0, 1]), om.Measure([1, 0, 2], [5, 0, 1])
        ax = plots.potentials_overlay(plan_of(between(source, target)))
        for collection, filled, colour in zip(ax.collections, ([1, 1, 0], [0, 1, 1]), (LIGHT, DARK), strict=True):
            np.testing.assert_array_equal(np.asarray(collection.get_offsets())[:, 0], [0, 1, 5])
            expected = [to_rgba(colour) if full else to_rgba("white") for full in filled]
            np.testing.assert_allclose(faces(collection), expected)

    def test_elsewhere_places_are_in_order_of_f(self, small: om.LipschitzSolution) -> None:
        ax = plots.potentials_overlay(small)
        np.testing.assert_array_equal(xdata(ax, 0), np.arange(64))
        np.testing.assert_array_equal(ydata(ax, 0), np.sort(small.f))
        np.testing.assert_array_equal(ydata(ax, 1), np.sort(-small.g))
        assert ax.get_xlabel() == "places in order of the potential"

    def test_g_stands_at_the_common_place_whatever_the_order_of_the_atoms(self) -> None:
        points = np.array([[0, 0], [3, 1], [1, 2], [5, 5]], dtype=float)
        source, target = om.Measure([4, 3, 2, 1], points), om.Measure([4, 3, 2, 1], points[::-1])
        solution = plan_of(between(source, target, "euclidean"))
        ax = plots.potentials_overlay(solution)
        np.testing.assert_allclose(ydata(ax, 0), np.sort(solution.f))
        np.testing.assert_allclose(ydata(ax, 1), -solution.g[::-1][np.argsort(solution.f, kind="stable")])

    def test_different_supports(self, roads: om.LipschitzSolution) -> None:
        ax = plots.potentials_overlay(roads)
        assert sorted([*xdata(ax, 0), *xdata(ax, 1)]) == list(range(10))
        assert legend_texts(ax)[2] == "no common support"

    def test_labelled_atoms_without_points(self, nowhere: om.LipschitzSolution) -> None:
        ax = plots.potentials_overlay(nowhere)
        np.testing.assert_allclose(ydata(ax, 0), [-2, -1, 0])
        np.testing.assert_allclose(ydata(ax, 1), [-2, -1, 0])

    def test_a_matrix_between_different_places_on_a_line(self) -> None:
        source, target = om.Measure([1, 1], [0, 1], ["a", "b"]), om.Measure([2], [4], ["c"])
        ax = plots.potentials_overlay(plan_of(om.TransportProblem(source, target, [[4], [3]])))
        np.testing.assert_array_equal(xdata(ax, 1), [4])
        assert legend_texts(ax)[2] == "no common support"

    def test_a_matrix_between_different_places_has_no_order(self) -> None:
        source, target = om.Measure([1, 1], labels=["a", "b"]), om.Measure([2], labels=["c"])
        solution = plan_of(om.TransportProblem(source, target, [[4], [3]]))
        with pytest.raises(LabelMismatchError, match=r"solution\.problem\.cost: is a matrix between.*Draw potentials_line"):
            plots.potentials_overlay(solution)
        assert plt.get_fignums() == []

    def test_atoms_at_one_place(self) -> None:
        points = np.zeros((3, 2))
        solution = plan_of(between(om.Measure([1, 1, 1], points), om.Measure([1, 2], [[0, 0], [1, 0]]), "euclidean"))
        ax = plots.potentials_overlay(solution)
        np.testing.assert_array_equal(xdata(ax, 0), 3 * [xdata(ax, 0)[0]])
        assert legend_texts(ax)[2] == "largest $|f + g|$: 0"

    def test_many_atoms_are_not_marked(self, large: om.LipschitzSolution) -> None:
        ax = plots.potentials_overlay(large)
        assert len(ax.collections) == 0
        np.testing.assert_array_equal(ydata(ax, 0), np.sort(large.f))


class TestLipschitzMatrix:
    def entries(self, ax: Axes, which: int) -> list[tuple[int, int]]:
        """Row and column of the cells of a collection."""
        middle = polygons(ax, which).mean(axis=1).round().astype(int)
        return [(int(row), int(column)) for column, row in middle]

    def test_a_row_an_arc_in_order_of_tail_then_head(self, small: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(small)
        arcs = small.network.arcs
        ends = sorted(zip(arcs.tail.tolist(), arcs.head.tolist(), strict=True))
        assert self.entries(ax, 1) == [(row, tail) for row, (tail, _) in enumerate(ends)]
        assert self.entries(ax, 2) == [(row, head) for row, (_, head) in enumerate(ends)]

    def test_one_and_minus_one_differ_in_greyscale(self, earth: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(earth)
        luminance = [float(faces(ax.collections[k])[0, :3] @ [0.299, 0.587, 0.114]) for k in (0, 1, 2)]
        assert luminance[1] + 0.25 < luminance[2] < luminance[0] - 0.15

    def test_bands_are_the_active_rows_and_dots_those_that_carry_mass(self, roads: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(roads)
        arcs, f = roads.network.arcs, roads.potential
        order = np.lexsort((arcs.head, arcs.tail))
        active = np.flatnonzero((np.abs(f[arcs.tail] - f[arcs.head] - arcs.length) < 1e-9)[order])
        used = np.flatnonzero(roads.flow[order] > 0)
        assert [row for row, _ in self.entries(ax, 0)] == active.tolist()
        np.testing.assert_array_equal(np.asarray(ax.collections[3].get_offsets())[:, 1], used)
        assert set(used) <= set(active)
        assert legend_texts(ax)[2:] == [
            f"active, $f_i - f_j = d_{{ij}}$: {active.size} of 46 rows",
            f"carries mass: {used.size} rows",
        ]
        assert 0 < used.size < active.size < 46

    def test_rounding_makes_no_row_inactive(self) -> None:
        rng = np.random.default_rng(11)
        points = rng.random(200) / 3
        solution = flow_of(between(om.Measure(rng.random(200), points), om.Measure(rng.random(200), points)))
        arcs, f = solution.network.arcs, solution.potential
        assert (f[arcs.tail] - f[arcs.head] != arcs.length)[solution.flow > 0].any()
        ax = plots.lipschitz_matrix(solution)
        dots = np.asarray(ax.collections[3].get_offsets())[:, 1].astype(int)
        assert dots.size == np.count_nonzero(solution.flow)
        assert set(dots.tolist()) <= {row for row, _ in self.entries(ax, 0)}

    def test_labels_of_nodes_and_of_arcs(self, roads: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(roads)
        assert [text.get_text() for text in ax.get_xticklabels()] == roads.network.nodes.labels.tolist()
        names = [text.get_text() for text in ax.get_yticklabels()]
        assert len(names) == 46
        assert names[0] == "Arad → Sibiu"
        assert not any(text.get_parse_math() for text in ax.get_yticklabels())

    def test_many_arcs_are_numbered(self, small: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(small)
        assert not any("→" in text.get_text() for text in ax.get_yticklabels())

    def test_so_are_a_few_in_too_little_room(self, roads: om.LipschitzSolution) -> None:
        ax = plots.lipschitz_matrix(roads, ax=plt.subplots(figsize=(4, 2))[1])
        assert not any("→" in text.get_text() for text in ax.get_yticklabels())

    def test_arcs_of_any_network(self, nowhere: om.LipschitzSolution) -> None:
        assert len(self.entries(plots.lipschitz_matrix(nowhere), 1)) == 6

    def test_more_than_2000_rows_are_refused(self, large: om.LipschitzSolution) -> None:
        with pytest.raises(ShapeError, match=r"13760 arcs between 3500 nodes.*at most 2000 rows\. Draw a smaller problem"):
            plots.lipschitz_matrix(large)
        assert plt.get_fignums() == []


class TestWhatCannotBeDrawn:
    def test_a_flow_needs_one_or_two_coordinates(self, nowhere: om.LipschitzSolution) -> None:
        with pytest.raises(ShapeError, match=r"nodes with no points.*Read solution\.flow_table\(\)"):
            plots.flow_arrows(nowhere)
        with pytest.raises(ShapeError, match=r"nodes with points in R\^3"):
            plots.flow_arrows(flow_of(images(2, 3, 2)))
        assert plt.get_fignums() == []

    @pytest.mark.parametrize("figure", [plots.flow_arrows, plots.lipschitz_matrix])
    def test_a_plan_has_no_flow(self, earth: om.LipschitzSolution, figure: Callable[[Any], Axes]) -> None:
        with pytest.raises(ParameterError, match=r"solution: is a Solution, which has no.*form='flow'"):
            figure(plan_of(earth.problem))

    @pytest.mark.parametrize("figure", FIGURES)
    def test_what_was_not_solved_is_not_drawn(self, earth: om.LipschitzSolution, figure: Callable[[Any], Axes]) -> None:
        status = Status(Termination.TIME_LIMIT, PointStatus.NONE, PointStatus.NONE)
        with pytest.raises(InputError, match="solution: "):
            figure(Unsolved(status=status, problem=earth.problem, interval=om.Interval(0.0, np.inf), message="stopped"))


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("instance", ["earth", "small", "roads"])
def test_figures_come_out_as_a_file_and_change_no_setting(
    request: pytest.FixtureRequest, figure: Callable[[om.LipschitzSolution], Axes], instance: str
) -> None:
    before = dict(mpl.rcParams)
    figure(request.getfixturevalue(instance))
    assert dict(mpl.rcParams) == before
    file = io.BytesIO()
    plt.gcf().savefig(file, format="png")
    assert file.getbuffer().nbytes > 1000


@pytest.mark.parametrize("instance", ["earth", "small", "roads"])
@pytest.mark.parametrize("layout", ["constrained", "none"])
def test_figures_are_drawn_into_given_axes(request: pytest.FixtureRequest, instance: str, layout: Any) -> None:
    solution = request.getfixturevalue(instance)
    drawn: list[Callable[..., Axes]] = [plots.flow_arrows, plots.potentials_overlay, plots.lipschitz_matrix]
    figure, panels = plt.subplots(1, 3, figsize=(18, 6), layout=layout)
    for draw, panel in zip(drawn, panels, strict=True):
        assert draw(solution, ax=panel) is panel
    assert plt.get_fignums() == [figure.number]
    figure.savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("point", [[[0.0]], [[0.0, 0.0]]])
def test_one_atom_is_a_picture_too(point: list[list[float]]) -> None:
    atom = om.Measure([1], point)
    solution = flow_of(between(atom, atom), "full")
    for figure in FIGURES:
        figure(solution)
        plt.gcf().savefig(io.BytesIO(), format="png")


def test_an_extended_model_is_drawn_as_well() -> None:
    model = om.build(images(3, 3), "flow", "cvxpy", support="neighbours")
    w = model.variables["w"]
    model.native = type(model.native)(model.native.objective, [*model.native.constraints, w <= 0.5])
    extended = model.solve()
    assert isinstance(extended, om.ExtendedFlow)
    assert len(polygons(plots.flow_arrows(extended), 1)) == np.count_nonzero(extended.flow > 0)
    plots.lipschitz_matrix(extended)
