"""Figures of duality: Farkas' cone, values and bounds closing in, the eps sweep."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import same_color
from matplotlib.lines import Line2D
from scipy.sparse import csr_array
from scipy.spatial import ConvexHull

import otmodels as om
from otmodels import plots
from otmodels.arrays import FloatArray
from otmodels.errors import InfiniteValueError, NotANumberError, ParameterError, ShapeError
from otmodels.lp import Approach, EpsSweep, LinearProgram, farkas
from otmodels.plots.canvas import DARK, LIGHT

DATA = Path(__file__).parents[1] / "data"
BREAD = LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6])

pytestmark = pytest.mark.usefixtures("no_window_and_no_figure_left")


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def written() -> int:
    """Size of the figure as a file."""
    file = io.BytesIO()
    plt.gcf().savefig(file, format="png")
    return file.getbuffer().nbytes


def program_of(name: str) -> LinearProgram:
    return om.build(om.read_dataset(DATA / name).problem).linear_program()


def xy(line: Line2D) -> tuple[FloatArray, FloatArray]:
    return np.asarray(line.get_xdata(), dtype=np.float64), np.asarray(line.get_ydata(), dtype=np.float64)


@pytest.fixture(scope="module", params=["bread", "its dual", "canning", "earth_moving"])
def closing(request: pytest.FixtureRequest) -> Approach:
    name = request.param
    program = {"bread": BREAD, "its dual": BREAD.dual()}.get(name)
    return om.lp.approach(program if program is not None else program_of(name))


class TestClosingIn:
    def test_what_comes_from_above_never_falls_below_what_comes_from_below(self, closing: Approach) -> None:
        above, below, optimal = plots.closing_in(closing).get_lines()
        (_, high), (_, low) = xy(above), xy(below)
        assert np.nanmin(high) >= np.nanmax(low) - 1e-9 * abs(closing.value)
        np.testing.assert_allclose([high[-1], low[-1], *xy(optimal)[1]], closing.value)

    def test_the_steps_are_the_values_and_go_on_to_the_end(self, closing: Approach) -> None:
        ax = plots.closing_in(closing)
        above, below, _ = ax.get_lines()
        for line, steps in ((above, closing.upper), (below, closing.lower)):
            at, values = xy(line)
            assert line.get_drawstyle() == "steps-post"
            np.testing.assert_array_equal(at[:-1], steps.iterations)
            np.testing.assert_allclose(values[:-1], steps.values)
            assert at[-1] == ax.get_xlim()[1]

    def test_the_gap_lies_between_the_steps(self, closing: Approach) -> None:
        ax = plots.closing_in(closing)
        (gap,) = ax.collections
        at, values = (gap.get_paths()[0].vertices[:, k] for k in (0, 1))  # type: ignore[index]
        (x_above, high), (x_below, low) = xy(ax.get_lines()[0]), xy(ax.get_lines()[1])
        both = max(x_above[np.isfinite(high)][0], x_below[np.isfinite(low)][0])
        assert np.min(at) == both
        assert np.max(values) == pytest.approx(high[np.searchsorted(x_above, both)])
        assert np.min(values) == pytest.approx(low[np.searchsorted(x_below, both, side="right") - 1])

    def test_the_primal_is_dark_on_either_side(self) -> None:
        for program, colours in ((BREAD, (DARK, LIGHT)), (BREAD.dual(), (LIGHT, DARK))):
            lines = plots.closing_in(om.lp.approach(program)).get_lines()
            assert all(same_color(line.get_color(), colour) for line, colour in zip(lines, colours, strict=False))

    def test_the_optimal_value_is_named_with_its_unit(self) -> None:
        ax = plots.closing_in(om.lp.approach(program_of("canning")), value_unit="$1000")
        assert legend_texts(ax)[-1] == r"optimal value 153.675 \$1000"
        assert ax.get_ylabel() == "objective [$1000]"
        assert written() > 1000

    def test_where_a_method_becomes_feasible_is_said(self) -> None:
        assert legend_texts(plots.closing_in(om.lp.approach(BREAD)))[:2] == [
            "primal simplex: points, feasible from iteration 1 on",
            "dual simplex: multipliers",
        ]

    def test_a_selection_of_iterations_is_said(self) -> None:
        closing = om.lp.approach(program_of("earth_moving"), most=5)
        assert f"(5 of {closing.dual.iterations[-1]} iterations)" in legend_texts(plots.closing_in(closing))[1]

    def test_one_step_is_a_picture_too(self) -> None:
        program = replace(LinearProgram.standard([1, 2], np.zeros((0, 2)), []), upper=np.array([3.0, 4.0]))
        low, high = plots.closing_in(om.lp.approach(program)).get_xlim()
        assert low < 0 < high
        assert written() > 1000

    def test_draws_into_given_axes(self) -> None:
        _, given = plt.subplots()
        assert plots.closing_in(om.lp.approach(BREAD), ax=given) is given


class TestRoundsClosingIn:
    ROUNDS = (om.Round(0, 10, -np.inf, 9.0, 0.1), om.Round(1, 20, 3.0, 6.0, 0.2), om.Round(2, 30, 5.0, 5.0, 0.3))

    def test_bounds_by_round(self) -> None:
        ax = plots.closing_in(self.ROUNDS, value_unit="m")
        above, below, optimal = ax.get_lines()
        np.testing.assert_array_equal(xy(above)[1], [9, 6, 5, 5])
        np.testing.assert_array_equal(xy(below)[1], [np.nan, 3, 5, 5])
        np.testing.assert_array_equal(xy(above)[0][:-1], [0, 1, 2])
        assert xy(optimal)[1][0] == 5
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("rounds", "transport cost [m]")
        assert legend_texts(ax) == ["cost of the flow", "value of the potential", "gap", "optimal value 5 m"]

    def test_what_is_proven_stays_proven(self) -> None:
        worse = om.Round(2, 30, 2.0, 8.0, 0.3)
        above, below = plots.closing_in([*self.ROUNDS[:2], worse]).get_lines()
        np.testing.assert_array_equal(xy(above)[1], [9, 6, 6, 6])
        np.testing.assert_array_equal(xy(below)[1], [np.nan, 3, 3, 3])

    def test_an_open_gap_has_an_interval_and_no_line(self) -> None:
        ax = plots.closing_in(self.ROUNDS[:2])
        assert len(ax.get_lines()) == 2
        assert legend_texts(ax)[-1] == "optimal value in [3, 6]"

    def test_rounds_of_generated_arcs(self) -> None:
        rng = np.random.default_rng(0)
        rounds: list[om.Round] = []
        source, target = om.grid_measure(rng.random((12, 12))), om.grid_measure(rng.random((12, 12)))
        solution = om.wasserstein_distance(source, target, balance="rescale", watch=rounds.append)
        *_, optimal = plots.closing_in(rounds).get_lines()
        assert isinstance(solution, om.LipschitzSolution)
        assert xy(optimal)[1][0] == pytest.approx(solution.value)

    @pytest.mark.parametrize("bounds", [[], [1, 2], "rounds", None, 3])
    def test_nothing_else_is_drawn(self, bounds: Any) -> None:
        with pytest.raises(ParameterError, match=r"bounds: .*otmodels\.lp\.approach"):
            plots.closing_in(bounds)
        assert plt.get_fignums() == []


@pytest.fixture(scope="module", params=["bread", "canning", "earth_moving", "cover"])
def sweep(request: pytest.FixtureRequest) -> EpsSweep:
    name = request.param
    if name == "cover":  # some certificates are no optimal y
        rng = np.random.default_rng(3)
        cover = LinearProgram.canonical(rng.integers(1, 9, 8), rng.integers(1, 9, (6, 8)), rng.integers(5, 50, 6))
        return om.lp.eps_sweep(cover, [1, 0.5, 0.25, 1e-3])
    return om.lp.eps_sweep(BREAD if name == "bread" else program_of(name))


class TestEpsSweep:
    def test_every_distance_is_strictly_below_the_line(self, sweep: EpsSweep) -> None:
        line, _, apart, met = plots.eps_sweep(sweep).get_lines()
        np.testing.assert_array_equal(*xy(line))
        for points in (apart, met):
            eps, distance = xy(points)
            assert (distance < eps).all()
            assert (distance >= 0).all()

    def test_a_point_for_each_eps(self, sweep: EpsSweep) -> None:
        *_, apart, met = plots.eps_sweep(sweep).get_lines()
        (eps, distance), (eps_met, zero) = xy(apart), xy(met)
        np.testing.assert_array_equal(np.sort([*eps, *eps_met]), np.sort(sweep.epsilons[:-1]))
        assert (distance > 0).all()
        np.testing.assert_array_equal(zero, 0)

    def test_distances_are_those_of_the_dual_values(self, sweep: EpsSweep) -> None:
        *_, apart, met = plots.eps_sweep(sweep).get_lines()
        drawn = dict(zip(*xy(apart), strict=True)) | dict(zip(*xy(met), strict=True))
        dual = sweep.table()["dual_value"].iloc[:-1]
        for eps, value in dual.items():
            assert drawn[eps] == pytest.approx(sweep.value - value, abs=1e-12 * max(1, abs(sweep.value)))

    def test_zero_is_on_the_scale(self, sweep: EpsSweep) -> None:
        ax = plots.eps_sweep(sweep)
        low, high = ax.get_ylim()
        assert low < 0 < high
        assert "0" in [text.get_text() for text in ax.get_yticklabels()]
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "symlog")
        assert ax.transData.transform((1, 0))[1] < ax.transData.transform((1, min(sweep.epsilons[:-1])))[1] - 5
        assert written() > 1000

    def test_the_last_alternative_is_an_x(self, sweep: EpsSweep) -> None:
        assert legend_texts(plots.eps_sweep(sweep))[-1] == rf"$\varepsilon = 0$: an $x$ with $c'x = z = {sweep.value:.9g}$"

    def test_exact_and_rounded_zeros_are_told_apart(self) -> None:
        sweep = om.lp.eps_sweep(program_of("canning"))
        assert "an optimal $y$: distance 0 exactly" in legend_texts(plots.eps_sweep(sweep))
        rounded = plots.eps_sweep(replace(sweep, answers=tuple(replace(answer, exact=None) for answer in sweep.answers)))
        assert "an optimal $y$: distance 0 up to rounding" in legend_texts(rounded)
        assert not xy(rounded.get_lines()[2])[0].size

    def test_what_is_not_there_is_not_in_the_legend(self) -> None:
        assert len(legend_texts(plots.eps_sweep(om.lp.eps_sweep(BREAD)))) == 4

    def test_there_has_to_be_an_eps(self) -> None:
        with pytest.raises(ParameterError, match="sweep: has no eps > 0"):
            plots.eps_sweep(om.lp.eps_sweep(BREAD, []))
        assert plt.get_fignums() == []

    def test_draws_into_given_axes(self) -> None:
        _, given = plt.subplots()
        assert plots.eps_sweep(om.lp.eps_sweep(BREAD, [0.5]), ax=given) is given


INSIDE: Any = ([[3, 1, 2], [1, 2, 2.5]], [3, 3])
OUTSIDE: Any = ([[3, 1, 2], [1, 2, 2.5]], [-1, 2])


def polygons(ax: Axes, colour: str, *, translucent: bool) -> list[FloatArray]:
    """Corners of the polygons of a colour in the plane: areas are translucent, arrows are not."""
    found = []
    for collection in ax.collections:
        assert isinstance(collection, PolyCollection)
        face: Any = np.asarray(collection.get_facecolor())[0]
        if same_color(face[:3], colour) and (collection.get_alpha() is not None) == translucent:
            found += [np.asarray(path.vertices, dtype=np.float64)[:-1] for path in collection.get_paths()]
    return found


def filled(ax: Axes, colour: str) -> list[FloatArray]:
    return polygons(ax, colour, translucent=True)


def arrow_tips(ax: Axes, colour: str = DARK) -> FloatArray:
    return np.array([corners[3] for corners in polygons(ax, colour, translucent=False)])


def dashed(ax: Axes) -> list[npt.NDArray[Any]]:
    return [np.asarray(line.get_xydata()) for line in ax.get_lines() if line.get_linestyle() == "--"]


def hyperplane(ax: Axes) -> FloatArray:
    """Ends (2, 2) of the one thick dark line."""
    (line,) = [line for line in ax.get_lines() if line.get_linewidth() == 2.0]
    return np.asarray(line.get_xydata())


def marked(ax: Any) -> FloatArray:
    """Where the marker of b is."""
    (line,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    data = line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_data()
    return np.asarray(data, dtype=np.float64).ravel()


def cross(u: Any, v: Any) -> float:
    return float(u[0] * v[1] - u[1] * v[0])


class TestConeInThePlane:
    def test_the_wedge_is_spanned_by_the_outermost_columns(self) -> None:
        (wedge,) = filled(plots.farkas_cone(*INSIDE), DARK)
        np.testing.assert_array_equal(wedge[0], [0, 0])
        assert cross(wedge[1], [3, 1]) == pytest.approx(0)
        assert cross(wedge[-1], [1, 2]) == pytest.approx(0)
        assert all(cross(wedge[1], corner) >= -1e-9 and cross(corner, wedge[-1]) >= -1e-9 for corner in wedge)

    def test_the_wedge_fills_the_axes(self) -> None:
        ax = plots.farkas_cone(*INSIDE)
        (wedge,) = filled(ax, DARK)
        corner = np.array([ax.get_xlim()[1], ax.get_ylim()[1]])
        assert mpl.path.Path(wedge).contains_point(tuple(0.999 * corner))

    @pytest.mark.parametrize("seed", range(30))
    def test_what_is_filled_is_what_farkas_lemma_says_is_inside(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        matrix = rng.integers(-3, 4, (2, int(rng.integers(1, 5 if seed % 2 else 12))))
        ax = plots.farkas_cone(matrix, [1, 1])
        wedges = filled(ax, DARK)
        points = np.stack([rng.uniform(*ax.get_xlim(), 20), rng.uniform(*ax.get_ylim(), 20)], axis=1)
        inside = [farkas(matrix, point).feasible for point in points]
        drawn = [any(mpl.path.Path(wedge).contains_point(point) for wedge in wedges) for point in points]
        assert drawn == inside

    def test_arrows_end_where_the_columns_do(self) -> None:
        np.testing.assert_allclose(arrow_tips(plots.farkas_cone(*INSIDE)), np.transpose(INSIDE[0]))

    def test_b_is_a_corner_of_the_box_of_the_multiples_that_make_it(self) -> None:
        ax = plots.farkas_cone(*INSIDE)
        edges = dashed(ax)
        assert len(edges) == 4
        x = farkas(*INSIDE).x
        assert x is not None
        multiples = [x[j] * np.transpose(INSIDE[0])[j] for j in np.flatnonzero(x)]
        steps = np.array([edge[1] - edge[0] for edge in edges])
        assert all(min(np.abs(step - multiple).max() for multiple in multiples) < 1e-12 for step in steps)
        ends = np.array([edge[1] for edge in edges])
        np.testing.assert_allclose(ends[np.abs(ends - INSIDE[1]).max(axis=1).argmin()], INSIDE[1])
        np.testing.assert_array_equal(marked(ax), INSIDE[1])
        assert legend_texts(ax) == ["cone {A x : x ≥ 0}", "b = 0.6 a₁ + 1.2 a₂: inside"]

    def test_the_hyperplane_is_orthogonal_to_y(self) -> None:
        ax = plots.farkas_cone(*OUTSIDE)
        y = farkas(*OUTSIDE).y
        assert y is not None
        np.testing.assert_allclose(hyperplane(ax) @ y, 0, atol=1e-12)
        (arrow,) = arrow_tips(ax, "white")
        assert cross(arrow, y) == pytest.approx(0)
        assert arrow @ y > 0

    def test_b_lies_in_the_half_plane_and_no_column_does(self) -> None:
        ax = plots.farkas_cone(*OUTSIDE)
        (half,) = filled(ax, LIGHT)
        assert mpl.path.Path(half).contains_point(tuple(marked(ax)))
        np.testing.assert_array_equal(marked(ax), OUTSIDE[1])
        direction = hyperplane(ax)[1] - hyperplane(ax)[0]
        sides = np.sign([cross(direction, point) for point in (*arrow_tips(ax), marked(ax))])
        assert sides[-1] != 0
        assert set(sides[:-1]) <= {0, -sides[-1]}
        assert not dashed(ax)

    def test_both_sides_are_named_on_their_side(self) -> None:
        ax = plots.farkas_cone(*OUTSIDE)
        y = farkas(*OUTSIDE).y
        assert y is not None
        places = {text.get_text(): np.array(text.xy) @ y for text in ax.texts}  # type: ignore[attr-defined]
        assert places["y'z > 0"] > 0 > places["y'z ≤ 0"]
        assert {"a₁", "a₂", "a₃", "b", "y"} <= set(places)

    def test_units_are_as_long_both_ways(self) -> None:
        for system in (INSIDE, OUTSIDE):
            ax = plots.farkas_cone(*system)
            plt.gcf().draw_without_rendering()
            (left, bottom), (right, top) = ax.transData.transform([(0, 0), (1, 1)])
            assert right - left == pytest.approx(top - bottom)

    @pytest.mark.parametrize("system", [INSIDE, OUTSIDE])
    def test_all_is_in_sight(self, system: Any) -> None:
        ax = plots.farkas_cone(*system)
        seen = np.concatenate([arrow_tips(ax), [marked(ax)], [[0, 0]], *dashed(ax)])
        for values, (low, high) in zip(seen.T, (ax.get_xlim(), ax.get_ylim()), strict=True):
            assert low < values.min()
            assert values.max() < high

    @pytest.mark.parametrize(
        ("matrix", "kind", "areas"),
        [
            ([[1, 0], [0, 1]], "", 1),
            ([[1, -1, 0], [0, 0, 1]], ", a half-plane", 1),
            ([[1, -1, 0], [0, 1, -1]], ", the whole plane", 1),
            ([[1, -1, 0, 0], [0, 0, 1, -1]], ", the whole plane", 1),
            ([[1, -2], [1, -2]], ", a line", 0),
            ([[1, 2, 0], [1, 2, 0]], ", a ray", 0),
            ([[0, 0], [0, 0]], ", the origin alone", 0),
            (np.zeros((2, 0)), ", the origin alone", 0),
            ([[1, -1], [0, 1e-30]], "", 1),
            ([[0.1, 0.3], [0.3, 0.9]], "", 1),
            ([[Fraction(1, 10), Fraction(3, 10)], [Fraction(3, 10), Fraction(9, 10)]], ", a ray", 0),
        ],
    )
    @pytest.mark.parametrize("b", [[1, 0], [-2, 3], [0, 0]])
    def test_degenerate_cones_are_what_they_are_exactly(self, matrix: Any, kind: str, areas: int, b: Any) -> None:
        ax = plots.farkas_cone(matrix, b)
        assert legend_texts(ax)[0] == f"cone {{A x : x ≥ 0}}{kind}"
        assert len(filled(ax, DARK)) == areas
        assert written() > 1000

    @pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e-3, 1e7, 1e300])
    @pytest.mark.parametrize("b", [[3, 3], [-1, 2]])
    def test_the_same_figure_at_any_scale(self, scale: float, b: list[int]) -> None:
        ax = plots.farkas_cone(np.multiply(INSIDE[0], scale), np.multiply(b, scale))
        tips = arrow_tips(ax)
        turned = [cross(u, v) for u, v in zip(tips / tips.max(), np.transpose(INSIDE[0]), strict=True)]
        np.testing.assert_allclose(turned, 0, atol=1e-9)
        assert len(filled(ax, DARK)) == 1
        assert ("inside" in legend_texts(ax)[1]) == (b == [3, 3])
        assert written() > 1000

    def test_lengths_that_cannot_be_seen_together_are_drawn_equal(self) -> None:
        matrix, b = [[1e6, 1e-3], [1e6, 3e-3]], [1, 2.5]
        ax = plots.farkas_cone(matrix, b)
        np.testing.assert_allclose(np.linalg.norm([*arrow_tips(ax), marked(ax)], axis=1), 1)
        np.testing.assert_allclose([cross(u, v) for u, v in zip(arrow_tips(ax), [(1, 1), (1, 3)], strict=True)], 0, atol=1e-12)
        assert legend_texts(ax)[-1] == "directions only: lengths are drawn equal"
        assert legend_texts(ax)[1] == "b = 2.5e-07 a₁ + 750 a₂: inside"
        assert len(ax.get_xticks()) == 0
        ends = np.array([edge[1] for edge in dashed(ax)])
        assert np.abs(ends - marked(ax)).max(axis=1).min() < 1e-12

    def test_a_direction_may_be_beyond_floats(self) -> None:
        ax = plots.farkas_cone([[1e300, 1], [1e-20, 1]], [1, 1])
        np.testing.assert_allclose(arrow_tips(ax), [[1, 0], [0.5**0.5, 0.5**0.5]], atol=1e-15)
        (wedge,) = filled(ax, DARK)
        np.testing.assert_allclose(wedge[1] / wedge[1, 0], [1, 0], atol=1e-15)

    def test_what_rounding_decided_is_said(self) -> None:
        ax = plots.farkas_cone([[1.0], [0.3]], [3.0, 3 * 0.3])
        assert legend_texts(ax)[1].endswith("b is outside (by rounding alone)")

    def test_sparse_matrices_and_fractions_are_drawn_as_others_are(self) -> None:
        dense = plots.farkas_cone([[1, 0, 2], [0, 1, 1]], [1, 3])
        sparse = plots.farkas_cone(csr_array(np.array([[1.0, 0, 2], [0, 1, 1]])), [1, 3])
        rational = plots.farkas_cone([[Fraction(1), 0, Fraction(2)], [0, 1, Fraction(1)]], [Fraction(1), 3])
        for ax in (sparse, rational):
            np.testing.assert_array_equal(arrow_tips(ax), arrow_tips(dense))
            assert legend_texts(ax) == legend_texts(dense)

    def test_names_are_written_as_they_are(self) -> None:
        ax = plots.farkas_cone([[1, 0], [0, 1]], [2, 1], names=["$wheat$", "rye"])
        assert {"$wheat$", "rye", "b"} == {text.get_text() for text in ax.texts}
        assert legend_texts(ax)[1] == r"b = 2 \$wheat\$ + rye: inside"
        assert written() > 1000

    def test_columns_that_end_in_the_same_place_share_a_name(self) -> None:
        ax = plots.farkas_cone([[1, 1, 0, 0], [1, 1, 0, 0]], [1, 1])
        assert sorted(text.get_text() for text in ax.texts) == ["a₁, a₂, b", "a₃, a₄"]

    def test_of_many_columns_those_that_make_b_are_named(self) -> None:
        matrix = np.random.default_rng(0).uniform(1, 2, (2, 60))
        ax = plots.farkas_cone(matrix, [1.4, 1.5])
        assert len(arrow_tips(ax)) == 60
        assert len(ax.texts) == 3

    def test_draws_into_given_axes(self) -> None:
        _, given = plt.subplots()
        assert plots.farkas_cone(*INSIDE, ax=given) is given
        assert given.get_aspect() == 1


class TestConeInSpace:
    @pytest.fixture
    def faces(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[FloatArray, str]]:
        """Corners (k, 3) and colour of every polygon that is drawn in space."""
        drawn: list[tuple[FloatArray, str]] = []
        module = import_module("otmodels.plots.cone")
        original = module.Poly3DCollection

        def recorded(corners: Sequence[FloatArray], **style: Any) -> Any:
            drawn.extend((corner, style["facecolor"]) for corner in corners)
            return original(corners, **style)

        monkeypatch.setattr(module, "Poly3DCollection", recorded)
        return drawn

    def test_the_orthant_has_three_faces_in_the_coordinate_planes(self, faces: list[tuple[FloatArray, str]]) -> None:
        plots.farkas_cone(np.eye(3), [1, 2, 3])
        assert len(faces) == 3
        flat = sorted(int((np.abs(corners) < 1e-12).all(axis=0).argmax()) for corners, _ in faces)
        assert flat == [0, 1, 2]
        assert all((corners > -1e-12).all() and not corners[0].any() for corners, _ in faces)

    @pytest.mark.parametrize("seed", range(8))
    def test_a_face_for_each_side_of_the_cut(self, faces: list[tuple[FloatArray, str]], seed: int) -> None:
        """A cone of positive columns, cut by the plane of sum 1, is a polygon: as many sides as the cone has faces."""
        matrix = np.random.default_rng(seed).integers(1, 20, (3, 9))
        plots.farkas_cone(matrix, [-1, 2, 3])
        sides = [corners for corners, colour in faces if colour == DARK]
        assert len(sides) == len(ConvexHull((matrix / matrix.sum(axis=0))[:2].T).vertices)
        for corners in sides:
            normal = np.cross(corners[1], corners[-1])
            height = normal / np.linalg.norm(normal) @ matrix
            assert (height <= 1e-9).all() or (height >= -1e-9).all()
            assert (np.abs(height) < 1e-9).sum() >= 2

    @pytest.mark.parametrize("seed", range(8))
    def test_the_plane_is_orthogonal_to_y_and_b_and_the_columns_are_on_their_sides(
        self, faces: list[tuple[FloatArray, str]], seed: int
    ) -> None:
        matrix = np.random.default_rng(seed).integers(1, 90, (3, 4))
        b = np.array([40, -20, 30])
        ax: Any = plots.farkas_cone(matrix, b)
        y = farkas(matrix, b).y
        assert y is not None
        (disc,) = [corners for corners, colour in faces if colour == LIGHT]
        np.testing.assert_allclose(disc @ y, 0, atol=1e-9)
        np.testing.assert_array_equal(marked(ax), b)
        places = {text.get_text(): np.array(text.get_position_3d()) @ y for text in ax.texts}
        assert places["y"] > 0
        assert places["y'z > 0"] > 0 > places["y'z ≤ 0"]
        assert places["b"] > 0
        assert all(places[name] <= 1e-7 for name in ("a₁", "a₂", "a₃", "a₄"))

    def test_b_is_a_corner_of_the_box(self) -> None:
        matrix, b = [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]], [1, 1.2, 0.6]
        ax: Any = plots.farkas_cone(matrix, b)
        edges = [np.array(line.get_data_3d()).T for line in ax.get_lines() if line.get_linestyle() == "--"]
        assert len(edges) == 12
        assert min(np.abs(edge[1] - b).max() for edge in edges) < 1e-12
        assert legend_texts(ax)[1] == "b = a₁ + 1.2 a₂ + 0.6 a₃: inside"

    @pytest.mark.parametrize(
        ("matrix", "kind", "count"),
        [
            ([[1, 1, 2], [1, -1, 1], [1, 1, 2]], "", 1),
            ([[1, -1, 0], [0, 1, -1], [0, 0, 0]], ", a plane", 1),
            ([[1, -1, 0], [0, 0, 1], [0, 0, 0]], ", a half-plane", 1),
            ([[1, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "", 2),
            ([[1, -1, 0, 0, 0], [0, 0, 1, -1, 0], [0, 0, 0, 0, 1]], ", a half-space", 1),
            ([[1, 0, 0, -1], [0, 1, 0, -1], [0, 0, 1, -1]], ", the whole space", 0),
            ([[1, 2], [1, 2], [1, 2]], ", a ray", 0),
            ([[0, 0], [0, 0], [1, -3]], ", a line", 0),
            (np.zeros((3, 2)), ", the origin alone", 0),
            (np.zeros((3, 0)), ", the origin alone", 0),
        ],
    )
    @pytest.mark.parametrize("b", [[1, 0, 2], [0, -1, -1], [0, 0, 0]])
    def test_degenerate_cones(self, faces: list[tuple[FloatArray, str]], matrix: Any, kind: str, count: int, b: Any) -> None:
        ax = plots.farkas_cone(matrix, b)
        assert legend_texts(ax)[0] == f"cone {{A x : x ≥ 0}}{kind}"
        assert len([corners for corners, colour in faces if colour == DARK]) == count
        assert written() > 1000

    @pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e5, 1e300])
    @pytest.mark.parametrize("b", [[1, 1, 1], [1, 1, -1]])
    def test_any_scale(self, scale: float, b: list[int]) -> None:
        plots.farkas_cone(scale * np.eye(3), np.multiply(b, scale))
        assert written() > 1000

    def test_all_is_in_sight_and_undistorted(self, faces: list[tuple[FloatArray, str]]) -> None:
        ax: Any = plots.farkas_cone(np.eye(3), [1, 1, -1])
        limits = np.array([ax.get_xlim3d(), ax.get_ylim3d(), ax.get_zlim3d()])
        np.testing.assert_allclose(np.ptp(limits, axis=1), np.ptp(limits[0]))
        seen = np.concatenate([corners for corners, _ in faces])
        assert (seen >= limits[:, 0]).all()
        assert (seen <= limits[:, 1]).all()

    def test_draws_into_given_axes(self) -> None:
        given = plt.figure().add_subplot(projection="3d")
        assert plots.farkas_cone(np.eye(3), [1, 1, 1], ax=given) is given


class TestWhatCannotBeDrawn:
    @pytest.mark.parametrize("shape", [(1, 3), (4, 3), (0, 0), (2, 101)])
    def test_other_shapes(self, shape: tuple[int, int]) -> None:
        with pytest.raises(ShapeError, match=r"A: has shape .* draws two or three rows.*otmodels\.lp\.farkas"):
            plots.farkas_cone(np.ones(shape), np.ones(shape[0]))

    def test_a_vector_is_no_matrix(self) -> None:
        with pytest.raises(ShapeError, match=r"A: has shape \(2,\)"):
            plots.farkas_cone([1, 2], [1, 2])

    def test_b_of_another_length(self) -> None:
        with pytest.raises(ShapeError, match="b: has shape"):
            plots.farkas_cone(np.eye(2), [1, 2, 3])

    @pytest.mark.parametrize(("entry", "error"), [(np.nan, NotANumberError), (np.inf, InfiniteValueError)])
    def test_entries_that_are_not_finite(self, entry: float, error: type[Exception]) -> None:
        with pytest.raises(error):
            plots.farkas_cone([[1, entry], [0, 1]], [1, 1])

    def test_names_have_to_be_as_many_as_columns(self) -> None:
        with pytest.raises(ShapeError, match="names: are 1 for 2 columns"):
            plots.farkas_cone(np.eye(2), [1, 1], names=["a"])

    @pytest.mark.parametrize(
        ("rows", "projection", "instead"),
        [(3, "rectilinear", "projection='3d'"), (2, "3d", "axes of a plane"), (2, "polar", "plane")],
    )
    def test_axes_of_the_wrong_kind(self, rows: int, projection: str, instead: str) -> None:
        given = plt.figure().add_subplot(projection=projection)
        with pytest.raises(ParameterError, match=rf"ax: is of kind '{projection}', and A has {rows} rows.*{instead}"):
            plots.farkas_cone(np.eye(rows), np.ones(rows), ax=given)

    def test_a_refusal_leaves_no_empty_figure_behind(self) -> None:
        for matrix, b in ((np.ones((4, 2)), np.ones(4)), (np.eye(2), np.ones(3)), ([[np.nan], [1]], [1, 1])):
            with pytest.raises(ValueError, match=r"A|b"):
                plots.farkas_cone(matrix, b)
        assert plt.get_fignums() == []


def test_figures_change_no_setting() -> None:
    before = dict(mpl.rcParams)
    plots.farkas_cone(*INSIDE)
    plots.farkas_cone(np.eye(3), [1, -1, 0])
    plots.closing_in(om.lp.approach(BREAD))
    plots.eps_sweep(om.lp.eps_sweep(BREAD))
    assert dict(mpl.rcParams) == before
