from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import same_color

import otmodels as om
from otmodels import plots
from otmodels.errors import InputError, ParameterError, ShapeError
from otmodels.solution import Solution, Unsolved
from otmodels.status import PointStatus, Status, Termination

FIGURES: list[Callable[[Solution], Any]] = [plots.earth_moving, plots.plan_heatmap, plots.potentials_line, plots.slack_heatmap]


def solved(problem: om.TransportProblem) -> Solution:
    solution = om.solve(problem)
    assert isinstance(solution, Solution)
    return solution


pytestmark = pytest.mark.usefixtures("no_window_and_no_figure_left")


@pytest.fixture(scope="module")
def earth() -> Solution:
    """Ten atoms on a line, from Herrmann (2017)."""
    points = np.arange(10)
    source = om.Measure([12, 7, 4, 1, 19, 14, 9, 6, 3, 2], points)
    target = om.Measure([1, 5, 11, 17, 13, 9, 6, 4, 3, 2], points)
    return solved(om.TransportProblem(source, target, om.ground_cost(source, target), balance="rescale"))


@pytest.fixture(scope="module")
def canning() -> Solution:
    """Two plants, three markets and what is left over, from Dantzig (1963)."""
    source = om.Measure([350, 600], labels=["Seattle", "San Diego"])
    target = om.Measure([325, 300, 275, 50], labels=["New York", "Chicago", "Topeka", "unused"])
    cost = pd.DataFrame([[0.225, 0.153, 0.162, 0], [0.225, 0.162, 0.126, 0]], source.labels, target.labels)
    return solved(om.TransportProblem(source, target, cost))


@pytest.fixture(scope="module")
def forbidden() -> Solution:
    return solved(om.TransportProblem([3, 2, 1], [2, 2, 2], [[1, np.inf, 3], [2, 1, np.inf], [np.inf, 1, 2]]))


@pytest.fixture(scope="module")
def plane() -> Solution:
    """Three places: the first keeps 2 of its 3, the second has nothing."""
    points = [[8.0, 50.0], [9.0, 50.0], [10.0, 52.0]]
    source, target = om.Measure([3, 0, 1], points), om.Measure([2, 1, 1], points)
    return solved(om.TransportProblem(source, target, om.ground_cost(source, target, "haversine")))


def rectangles(ax: Any) -> npt.NDArray[Any]:
    """Left, right, bottom and top of every rectangle in the first collection of axes."""
    corners = np.array([path.vertices[:4] for path in ax.collections[0].get_paths()], dtype=np.float64)
    low, high = corners.min(axis=1), corners.max(axis=1)
    return np.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], axis=1)


def heights(ax: Any) -> npt.NDArray[Any]:
    _, _, bottom, top = rectangles(ax).T
    return np.asarray(top - bottom)


def middles(ax: Any) -> npt.NDArray[Any]:
    left, right, _, _ = rectangles(ax).T
    return np.asarray((left + right) / 2)


def colours(collection: Collection) -> npt.NDArray[Any]:
    return np.asarray(collection.get_facecolor())


def tick_texts(ax: Axes, which: str = "x") -> list[str]:
    return [text.get_text() for text in (ax.get_xticklabels() if which == "x" else ax.get_yticklabels())]


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def largest_disc(ax: Axes) -> float:
    """Diameter of the largest disc of a map, in points."""
    discs = ax.collections[1]
    assert isinstance(discs, PathCollection)
    return float(np.sqrt(np.asarray(discs.get_sizes()).max()))


class TestEarthMoving:
    def test_source_bars_are_the_source_masses(self, earth: Solution) -> None:
        top, _ = plots.earth_moving(earth)
        np.testing.assert_allclose(heights(top), earth.problem.a)
        np.testing.assert_allclose(middles(top), np.arange(10))

    def test_one_piece_a_plan_entry(self, earth: Solution) -> None:
        _, bottom = plots.earth_moving(earth)
        assert len(rectangles(bottom)) == np.count_nonzero(earth.plan)
        np.testing.assert_allclose(np.sort(heights(bottom)), np.sort(earth.plan[earth.plan > 0]))

    def test_pieces_over_a_target_add_up_to_its_mass(self, earth: Solution) -> None:
        _, bottom = plots.earth_moving(earth)
        place = middles(bottom).round().astype(int)
        np.testing.assert_allclose(np.bincount(place, heights(bottom)), earth.problem.b)

    def test_pieces_lie_on_each_other_without_gaps(self, earth: Solution) -> None:
        _, bottom = plots.earth_moving(earth)
        for place in range(10):
            pieces = rectangles(bottom)[middles(bottom).round() == place]
            pieces = pieces[pieces[:, 2].argsort()]
            np.testing.assert_allclose(pieces[:, 2], [0, *pieces[:-1, 3]], atol=1e-15)

    def test_a_piece_has_the_colour_of_its_source(self, earth: Solution) -> None:
        top, bottom = plots.earth_moving(earth)
        source_colour = colours(top.collections[0])
        for place, height, colour in zip(middles(bottom).round(), heights(bottom), colours(bottom.collections[0]), strict=True):
            (source,) = [i for i in range(10) if same_color(source_colour[i], colour)]
            assert height == pytest.approx(earth.plan[source, int(place)])

    def test_source_colours_differ_in_greyscale(self, earth: Solution) -> None:
        top, _ = plots.earth_moving(earth)
        luminance = colours(top.collections[0])[:, :3] @ [0.299, 0.587, 0.114]
        assert (np.diff(luminance) > 0.02).all()
        assert luminance.max() < 0.85

    def test_panels_share_position_and_scale_and_name_their_units(self, earth: Solution) -> None:
        top, bottom = plots.earth_moving(earth, mass_unit="t", length_unit="km")
        assert top.get_xlim() == bottom.get_xlim()
        assert top.get_ylim() == bottom.get_ylim()
        assert bottom.get_xlabel() == "position [km]"
        assert top.get_ylabel() == bottom.get_ylabel() == "mass [t]"

    def test_masses_on_very_different_scales_keep_their_own(self) -> None:
        target = om.Measure(np.full(50, 0.02), np.arange(50))
        source = om.Measure([1.0], [0])
        top, bottom = plots.earth_moving(solved(om.TransportProblem(source, target, om.ground_cost(source, target))))
        assert top.get_ylim()[1] > 1 > 0.1 > bottom.get_ylim()[1] > 0.02

    def test_atoms_at_one_point_are_stacked(self) -> None:
        source, target = om.Measure([1, 2, 3], [0, 0, 1]), om.Measure([6], [5])
        top, bottom = plots.earth_moving(solved(om.TransportProblem(source, target, om.ground_cost(source, target))))
        np.testing.assert_allclose(rectangles(top)[:, 2:], [[0, 1], [1, 3], [0, 3]])
        assert rectangles(bottom)[:, 3].max() == pytest.approx(6)

    def test_atoms_without_points_stand_side_by_side_under_their_labels(self, canning: Solution) -> None:
        top, bottom = plots.earth_moving(canning)
        assert tick_texts(top) == ["Seattle", "San Diego"]
        assert tick_texts(bottom) == ["New York", "Chicago", "Topeka", "unused"]
        np.testing.assert_allclose(np.bincount(middles(bottom).round().astype(int), heights(bottom)), [325, 300, 275, 50])

    def test_equal_masses_have_equal_areas(self, canning: Solution) -> None:
        top, bottom = plots.earth_moving(canning)
        assert np.ptp(top.get_xlim()) == np.ptp(bottom.get_xlim())
        assert top.get_ylim() == bottom.get_ylim()

    def test_the_same_labels_stand_at_the_same_places(self) -> None:
        source, target = om.Measure([1, 2], labels=["a", "b"]), om.Measure([2, 1], labels=["b", "a"])
        cost = pd.DataFrame([[0, 1], [1, 0]], ["a", "b"], ["a", "b"])
        top, bottom = plots.earth_moving(solved(om.TransportProblem(source, target, cost)))
        np.testing.assert_allclose(heights(bottom)[middles(bottom).argsort()], [1, 2])
        assert tick_texts(top) == ["a", "b"]

    def test_draws_into_a_pair_of_axes(self, earth: Solution) -> None:
        _, panels = plt.subplots(2)
        assert plots.earth_moving(earth, ax=panels) == tuple(panels)
        assert len(plt.get_fignums()) == 1

    def test_a_single_axes_is_refused(self, earth: Solution) -> None:
        single: Any = plt.subplots()[1]
        with pytest.raises(ShapeError, match=r"ax: has 1 axes for two panels\. Give a pair"):
            plots.earth_moving(earth, ax=single)


class TestPlanHeatmap:
    def test_one_cell_a_plan_entry_in_its_row_and_column(self, earth: Solution) -> None:
        ax = plots.plan_heatmap(earth)
        left, right, low, high = rectangles(ax).T
        drawn = np.zeros(earth.problem.shape)
        drawn[((low + high) / 2).astype(int), ((left + right) / 2).astype(int)] = ax.collections[0].get_array()
        np.testing.assert_array_equal(drawn, earth.plan)

    def test_marginals_are_the_masses(self, canning: Solution) -> None:
        above, right = plots.plan_heatmap(canning).child_axes
        np.testing.assert_allclose(heights(above), canning.problem.b)
        np.testing.assert_allclose(np.ptp(rectangles(right)[:, :2], axis=1), canning.problem.a)

    def test_labels_and_unit(self, canning: Solution) -> None:
        ax = plots.plan_heatmap(canning, mass_unit="cases")
        assert tick_texts(ax) == ["New York", "Chicago", "Topeka", "unused"]
        assert tick_texts(ax, "y") == ["Seattle", "San Diego"]
        (bar,) = set(ax.figure.axes) - {ax, *ax.child_axes}
        assert bar.get_ylabel() == "mass moved [cases]"

    def test_many_labels_are_thinned(self) -> None:
        n = 100
        measure = om.Measure(np.ones(n), np.arange(n), [f"place {k}" for k in range(n)])
        ax = plots.plan_heatmap(solved(om.TransportProblem(measure, measure, om.ground_cost(measure, measure))))
        assert tick_texts(ax)[:2] == ["place 0", "place 10"]
        assert 10 <= len(tick_texts(ax, "y")) <= 30

    def test_draws_into_given_axes(self, earth: Solution) -> None:
        _, given = plt.subplots()
        assert plots.plan_heatmap(earth, ax=given) is given
        assert len(plt.get_fignums()) == 1


class TestPotentialsLine:
    def test_lines_are_f_and_minus_g(self, earth: Solution) -> None:
        f, g = plots.potentials_line(earth).get_lines()
        np.testing.assert_array_equal(f.get_ydata(), earth.f)
        np.testing.assert_array_equal(g.get_ydata(), -earth.g)
        np.testing.assert_array_equal(f.get_xdata(), np.arange(10))

    def test_they_coincide_on_a_metric_cost(self, earth: Solution) -> None:
        f, g = plots.potentials_line(earth).get_lines()
        np.testing.assert_allclose(np.asarray(f.get_ydata(), dtype=float), np.asarray(g.get_ydata(), dtype=float), atol=1e-9)

    def test_they_differ_in_style_and_not_in_colour_alone(self, earth: Solution) -> None:
        f, g = plots.potentials_line(earth).get_lines()
        assert f.get_linestyle() != g.get_linestyle()
        assert f.get_marker() != g.get_marker()

    def test_unsorted_points_give_a_line_from_left_to_right(self) -> None:
        source, target = om.Measure([1, 1, 1], [2, 0, 1]), om.Measure([3], [4])
        solution = solved(om.TransportProblem(source, target, om.ground_cost(source, target)))
        f, _ = plots.potentials_line(solution).get_lines()
        np.testing.assert_array_equal(f.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(f.get_ydata(), solution.f[[1, 2, 0]])

    def test_atoms_without_points_are_not_joined(self, canning: Solution) -> None:
        ax = plots.potentials_line(canning, cost_unit="$1000")
        f, g = ax.get_lines()
        assert f.get_linestyle() == g.get_linestyle() == "None"
        np.testing.assert_array_equal(f.get_xdata(), [0, 1])
        np.testing.assert_array_equal(g.get_xdata(), [2, 3, 4, 5])
        assert tick_texts(ax) == ["Seattle", "San Diego", "New York", "Chicago", "Topeka", "unused"]
        assert ax.get_ylabel() == "potential [$1000]"

    def test_the_same_label_has_one_place(self) -> None:
        mass = pd.Series([1, 1], ["a", "b"])
        f, g = plots.potentials_line(solved(om.TransportProblem(mass, mass, [[0, 1], [1, 0]]))).get_lines()
        np.testing.assert_array_equal(f.get_xdata(), g.get_xdata())

    def test_draws_into_given_axes(self, earth: Solution) -> None:
        _, given = plt.subplots()
        assert plots.potentials_line(earth, ax=given) is given
        assert legend_texts(given) == ["$f$ at sources", "$-g$ at targets"]


class TestSlackHeatmap:
    def test_image_is_the_slack(self, earth: Solution) -> None:
        (image,) = plots.slack_heatmap(earth).get_images()
        np.testing.assert_allclose(np.asarray(image.get_array()), earth.slack().to_numpy(), atol=1e-12)

    def test_a_dot_on_every_pair_that_carries_mass_and_no_slack_under_it(self, earth: Solution) -> None:
        ax = plots.slack_heatmap(earth)
        j, i = np.asarray(ax.collections[0].get_offsets()).astype(int).T
        assert set(zip(i.tolist(), j.tolist(), strict=True)) == {(int(k), int(m)) for k, m in np.argwhere(earth.plan > 0)}
        np.testing.assert_allclose(np.asarray(ax.get_images()[0].get_array())[i, j], 0, atol=1e-9)

    def test_forbidden_pairs_are_left_to_the_hatching(self, forbidden: Solution) -> None:
        ax = plots.slack_heatmap(forbidden)
        mask = np.ma.getmaskarray(np.ma.asarray(ax.get_images()[0].get_array()))
        np.testing.assert_array_equal(mask, np.isinf(forbidden.problem.cost.values))
        assert ax.patch.get_hatch()
        assert legend_texts(ax) == ["carries mass", "forbidden"]

    def test_nothing_is_hatched_where_all_pairs_are_allowed(self, earth: Solution) -> None:
        ax = plots.slack_heatmap(earth)
        assert not ax.patch.get_hatch()
        assert legend_texts(ax) == ["carries mass"]

    def test_rounding_is_not_blown_up_into_a_picture(self) -> None:
        solution = solved(om.TransportProblem([0.1, 0.2], [0.3], [[0.1], [0.7]]))
        low, high = plots.slack_heatmap(solution).get_images()[0].get_clim()
        assert low == 0
        assert high == pytest.approx(0.7)


class TestPlanMap:
    def test_a_wedge_for_every_mass_that_moves_and_none_for_what_stays(self, plane: Solution) -> None:
        wedges, _, _ = plots.plan_map(plane).collections
        assert len(wedges.get_paths()) == np.count_nonzero(plane.plan - np.diag(plane.plan.diagonal())) == 1

    def test_nothing_moves_between_equal_measures(self) -> None:
        measure = om.Measure([1, 2], [[0, 0], [1, 1]])
        wedges, discs, rings = plots.plan_map(
            solved(om.TransportProblem(measure, measure, om.ground_cost(measure, measure)))
        ).collections
        assert len(wedges.get_paths()) == 0
        np.testing.assert_array_equal(discs.get_offsets(), rings.get_offsets())

    def test_a_wedge_is_wide_at_its_source_and_pointed_at_its_target(self, plane: Solution) -> None:
        wedges, _, _ = plots.plan_map(plane).collections
        corners = np.asarray(wedges.get_paths()[0].vertices)[:3]
        np.testing.assert_allclose(corners[:2].mean(axis=0), [8, 50])
        np.testing.assert_allclose(corners[2], [9, 50])

    def test_wedges_are_as_wide_as_their_mass_is_large(self) -> None:
        source, target = om.Measure([3], [[0, 0]]), om.Measure([1, 2], [[1, 0], [0, 1]])
        ax = plots.plan_map(solved(om.TransportProblem(source, target, om.ground_cost(source, target))))
        corners = [np.asarray(path.vertices) for path in ax.collections[0].get_paths()]
        widths = [float(np.linalg.norm(start[0] - start[1])) for start in corners]
        assert widths[1] == pytest.approx(2 * widths[0])
        assert legend_texts(ax)[2] == "moves ≤ 2"

    def test_areas_are_proportional_to_mass_on_one_scale(self, plane: Solution) -> None:
        _, discs, rings = plots.plan_map(plane).collections
        assert isinstance(discs, PathCollection)
        assert isinstance(rings, PathCollection)
        disc_areas, ring_areas = np.asarray(discs.get_sizes()), np.asarray(rings.get_sizes())
        np.testing.assert_allclose(disc_areas / disc_areas[0], np.array([3, 1]) / 3)
        np.testing.assert_allclose(ring_areas / disc_areas[0], np.array([2, 1, 1]) / 3)

    def test_longitude_and_latitude(self, plane: Solution) -> None:
        ax = plots.plan_map(plane, mass_unit="t")
        assert ax.get_xlabel() == "longitude [°]"
        assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(51)))
        assert legend_texts(ax)[0] == "source, 2 t"

    def test_rows_of_an_image_run_down(self) -> None:
        source, target = om.grid_measure([[1, 0], [0, 0], [0, 0]]), om.grid_measure([[0, 0], [0, 0], [0, 1]])
        solution = solved(om.TransportProblem(source, target, om.ground_cost(source, target)))
        ax = plots.plan_map(solution, image=True)
        np.testing.assert_array_equal(ax.collections[2].get_offsets(), [[1, 2]])
        assert ax.yaxis_inverted()
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")

    def test_draws_into_given_axes(self, plane: Solution) -> None:
        _, given = plt.subplots()
        assert plots.plan_map(plane, ax=given) is given

    def test_places_that_have_names_are_named_once(self) -> None:
        source = om.Measure([1, 2], [[0, 0], [5, 1]], ["Arad", "Sibiu"])
        target = om.Measure([2, 1], [[5, 1], [9, 3]], ["Sibiu", "a town whose name is far too long"])
        ax = plots.plan_map(solved(om.TransportProblem(source, target, om.ground_cost(source, target))))
        assert [text.get_text() for text in ax.texts] == ["Arad", "Sibiu", "a town whose name i…"]

    def test_positions_are_no_names(self, plane: Solution) -> None:
        assert len(plots.plan_map(plane).texts) == 0

    def test_the_roads_of_a_graph_are_drawn_where_its_places_are_known(self) -> None:
        places = pd.DataFrame({"lon": [21.3, 24.1, 26.1], "lat": [46.2, 45.8, 44.4]}, ["Arad", "Sibiu", "Bucharest"])
        edges = pd.DataFrame({"from": ["Arad", "Sibiu"], "to": ["Sibiu", "Bucharest"], "length": [140, 278]})
        graph = om.Graph.from_frame(edges, places=places)
        points = places.to_numpy()
        source, target = om.Measure([2], points[:1], ["Arad"]), om.Measure([2], points[2:], ["Bucharest"])
        solution = solved(om.TransportProblem(source, target, om.graph_cost(source, target, graph)))
        ax = plots.plan_map(solution, geographic=True)
        assert len(ax.collections[3].get_paths()) == 2
        assert ax.get_xlabel() == "longitude [°]"

    def test_discs_are_as_large_as_their_neighbours_and_the_picture_allow(self) -> None:
        """On a full grid they do not touch; the largest of a few takes a tenth of the picture at the most."""
        grid = om.grid_measure(np.ones((9, 9)))
        ax = plots.plan_map(solved(om.TransportProblem(grid, grid, om.ground_cost(grid, grid))))
        ax.figure.figure.draw_without_rendering()
        pitch = np.diff(ax.transData.transform([[0, 0], [1, 0]])[:, 0]).item() * 72 / ax.figure.dpi
        assert 0.5 * pitch < largest_disc(ax) < pitch
        few = om.Measure([1, 1000], [[0, 0], [9, 1]])
        ax = plots.plan_map(solved(om.TransportProblem(few, few, om.ground_cost(few, few))))
        paper = ax.get_window_extent().height * 72 / ax.figure.dpi
        assert largest_disc(ax) <= paper / 10

    def test_more_moves_than_a_map_can_hold_are_taken_together_block_by_block(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.random((1200, 2))
        source, target = om.Measure(np.ones(1200), x), om.Measure(np.ones(1200), x + np.array([5, 0]))
        solution = om.wasserstein_distance(source, target, power=2)
        assert isinstance(solution, Solution)
        ax = plots.plan_map(solution)
        triangles = np.array([np.asarray(path.vertices)[:3] for path in ax.collections[0].get_paths()])
        assert len(triangles) <= 144
        starts, ends = triangles[:, :2].mean(axis=1), triangles[:, 2]
        np.testing.assert_allclose(ends - starts, np.tile([5.0, 0.0], (len(triangles), 1)), atol=1e-9)
        widths = np.linalg.norm(triangles[:, 0] - triangles[:, 1], axis=1)
        masses = 1200 * widths / widths.sum()
        np.testing.assert_allclose(masses @ starts / 1200, x.mean(axis=0))
        assert legend_texts(ax)[2] == f"moves from a block ≤ {masses.max():.2g}"


class TestWhatCannotBeDrawn:
    @pytest.mark.parametrize(
        ("figure", "instead"), [(plots.earth_moving, "Use plan_map"), (plots.potentials_line, "Use slack_heatmap")]
    )
    def test_points_in_the_plane_are_not_on_a_line(
        self, plane: Solution, figure: Callable[[Solution], Any], instead: str
    ) -> None:
        with pytest.raises(ShapeError, match=rf"solution\.problem\.source: has points in R\^2.*{instead}"):
            figure(plane)

    def test_a_map_needs_two_coordinates(self, earth: Solution, canning: Solution) -> None:
        with pytest.raises(ShapeError, match=r"points in R\^1.*or earth_moving on a line"):
            plots.plan_map(earth)
        with pytest.raises(ShapeError, match=r"has no points.*Use plan_heatmap"):
            plots.plan_map(canning)

    @pytest.mark.parametrize("figure", FIGURES)
    def test_too_many_atoms_are_refused_with_their_number(self, figure: Callable[[Solution], Any]) -> None:
        n = 2001
        solution = solved(om.TransportProblem(np.ones(n), [float(n)], np.ones((n, 1))))
        with pytest.raises(ShapeError, match="2001 x 1 atoms"):
            figure(solution)

    @pytest.mark.parametrize("figure", [*FIGURES, plots.plan_map])
    def test_what_was_not_solved_has_no_plan(self, earth: Solution, figure: Callable[[Any], Any]) -> None:
        status = Status(Termination.TIME_LIMIT, PointStatus.NONE, PointStatus.NONE)
        with pytest.raises(ParameterError, match="solution: has no plan to draw: time_limit"):
            figure(Unsolved(status=status, problem=earth.problem, interval=om.Interval(0.0, np.inf), message="stopped"))

    def test_a_refusal_leaves_no_empty_figure_behind(self, plane: Solution, earth: Solution) -> None:
        for figure, solution in ((plots.earth_moving, plane), (plots.potentials_line, plane), (plots.plan_map, earth)):
            with pytest.raises(InputError):
                figure(solution)
        assert plt.get_fignums() == []


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("instance", ["earth", "canning", "forbidden"])
def test_figures_come_out_as_a_file_and_change_no_setting(
    request: pytest.FixtureRequest, figure: Callable[[Solution], Any], instance: str
) -> None:
    before = dict(mpl.rcParams)
    figure(request.getfixturevalue(instance))
    assert dict(mpl.rcParams) == before
    file = io.BytesIO()
    plt.gcf().savefig(file, format="png")
    assert file.getbuffer().nbytes > 1000


def test_one_atom_is_a_picture_too() -> None:
    atom = om.Measure([1], [[0.0]])
    solution = solved(om.TransportProblem(atom, atom, [[0.0]]))
    for figure in FIGURES:
        figure(solution)
        plt.gcf().savefig(io.BytesIO(), format="png")


def test_a_label_that_is_too_long_for_its_axis_has_more_lines(canning: Solution) -> None:
    unit = "thousand US$ of the year 1963 a case and thousand miles, insurance and freight"
    ax = plots.slack_heatmap(canning, cost_unit=unit)
    (bar,) = set(ax.figure.axes) - {ax}
    words = bar.get_ylabel().split("\n")
    assert words[0] == "slack $C - f - g$"
    assert " ".join(words[1:]).replace("\\$", "$") == f"[{unit}]"
    ax.figure.figure.draw_without_rendering()
    assert bar.yaxis.label.get_window_extent().height < 1.2 * ax.get_window_extent().height


def test_labels_are_written_as_they_are() -> None:
    source, target = (
        om.Measure([1, 1], labels=["$a$", "x_1"]),
        om.Measure([2], labels=["a label that is far too long"]),
    )
    ax = plots.plan_heatmap(solved(om.TransportProblem(source, target, [[1], [2]])))
    assert tick_texts(ax) == ["a label that is far…"]
    assert not any(text.get_parse_math() for text in ax.get_yticklabels())
    plt.gcf().savefig(io.BytesIO(), format="png")
