"""The picture of a run of training: what its curves, marks and panels are, of real exact runs and of audits made by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.transforms import Bbox

import otmodels as om
from otmodels import plots
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, ParameterError
from otmodels.plots.generated import MOST_POINTS, PANELS
from otmodels.wgan import Affine, Audited, Fit, History, Network, Neural, Step, sample, train
from otmodels.wgan.adam import Moments
from otmodels.wgan.fit import Budget
from otmodels.wgan.learner import Mark
from otmodels.wgan.loop import DONE
from otmodels.wgan.state import Options, State

NET = Network.random(2, 2, hidden=8, seed=1)
PENALTY = Neural("penalty")
MARK = Mark({}, {})

pytestmark = pytest.mark.usefixtures("no_window_and_no_figure_left")


@pytest.fixture(scope="module")
def exact() -> History:
    return train(NET, sample("ring", 200), steps=12, batch=16, rate=0.05, keep=[0, 5, 12])


def audited(bound: float, w1: float, constant: float = 1.2, certified: bool = True) -> Audited:
    return Audited(bound, w1, constant, bound / w1 if w1 else float("nan"), certified)


def steps_of(losses: npt.ArrayLike, audits: Mapping[int, Audited]) -> tuple[Step, ...]:
    values = np.asarray(losses, dtype=np.float64).tolist()
    return tuple(Step(k, len(values), loss, 0.01, audits.get(k)) for k, loss in enumerate(values, 1))


def history(
    losses: npt.ArrayLike,
    audits: Mapping[int, Audited],
    data: om.Measure | None = None,
    samples: Mapping[int, FloatArray] | None = None,
    ended: str = DONE,
) -> History:
    """A run against a neural critic, made by hand."""
    steps, of = steps_of(losses, audits), sample("ring", 60) if data is None else data
    options = Options(16, 0.01, 0, None, 0, "euclidean", None, False, PENALTY, 10)
    state = State(len(steps), NET, Moments.none(NET.parameters), options, MARK)
    return History(state, ended, {} if samples is None else samples, of, steps)


def fit(losses: npt.ArrayLike, audits: Mapping[int, Audited], ended: str = DONE) -> Fit:
    critic = om.critic(sample("ring", 20), sample("moons", 20))
    return Fit(PENALTY, critic, ended, Budget(16, 10, 0), MARK, steps_of(losses, audits))


TYPICAL = history(np.linspace(-1, 1, 20), {k: audited(0.5 + k / 50, 1.0, 2 - k / 20) for k in (1, 10, 20)})


def xy(line: Line2D) -> tuple[FloatArray, FloatArray]:
    return np.asarray(line.get_xdata(), dtype=np.float64), np.asarray(line.get_ydata(), dtype=np.float64)


def line_of(ax: Axes, label: str) -> Line2D:
    (line,) = [each for each in ax.get_lines() if str(each.get_label()).startswith(label)]
    return line


def title(axes: tuple[Axes, ...]) -> str:
    figure = axes[0].figure
    assert isinstance(figure, Figure)
    return figure.get_suptitle().replace("\n", " ")


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def offsets(ax: Axes, which: int) -> FloatArray:
    scatter = ax.collections[which]
    assert isinstance(scatter, PathCollection)
    return np.asarray(scatter.get_offsets(), dtype=np.float64)


def written() -> None:
    plt.gcf().savefig(io.BytesIO(), format="png")


class TestAgainstTheExactCritic:
    def test_loss_w1_and_bound_are_one_curve_without_strips(self, exact: History) -> None:
        axes = plots.training(exact)
        assert len(axes) == 1 + 3
        (line,) = axes[0].get_lines()
        at, w1 = xy(line)
        assert at.tolist() == exact.frame.index.tolist()
        assert w1.tolist() == exact.frame["w1"].tolist()
        assert line.get_label() == "W1"
        assert axes[0].get_ylabel() == "W1 of the batches"
        assert "exact critic" in title(axes)

    def test_means_of_many_steps_are_called_so(self, exact: History) -> None:
        (step, *_) = exact.steps
        many = replace(exact, steps=tuple(replace(step, number=k) for k in range(1, 1001)), samples={})
        assert legend_texts(plots.training(many)[0]) == ["W1, means of 2"]
        assert plots.training(exact)[0].get_legend() is None

    def test_units_are_named(self, exact: History) -> None:
        curves, first, *_ = plots.training(exact, value_unit="EUR", length_unit="km")
        assert curves.get_ylabel() == "W1 of the batches [EUR]"
        assert (first.get_xlabel(), first.get_ylabel()) == ("x [km]", "y [km]")

    def test_points_lie_over_the_data(self, exact: History) -> None:
        assert exact.data.points is not None
        _, *panels = plots.training(exact)
        assert [ax.get_title() for ax in panels] == ["step 0", "step 5", "step 12"]
        for ax, step in zip(panels, (0, 5, 12), strict=True):
            assert np.array_equal(offsets(ax, 0), exact.data.points)
            (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
            made = exact.samples[step]
            within = ((made >= (left, bottom)) & (made <= (right, top))).all(axis=1)
            assert np.array_equal(offsets(ax, 1), made[within])
            assert [text.get_text() for text in ax.texts] == ([] if within.all() else [f"{(~within).sum()} outside"])

    def test_panels_have_the_same_limits_with_the_data_and_the_last_points_in_them(self, exact: History) -> None:
        assert exact.data.points is not None
        _, *panels = plots.training(exact)
        assert len({(*ax.get_xlim(), *ax.get_ylim()) for ax in panels}) == 1
        (left, right), (bottom, top) = panels[0].get_xlim(), panels[0].get_ylim()
        for points in (exact.data.points, exact.samples[12]):
            assert ((points > (left, bottom)) & (points < (right, top))).all()

    def test_a_run_without_samples_has_curves_alone(self) -> None:
        assert len(plots.training(train(NET, sample("line", 50), steps=2, batch=8))) == 1

    def test_an_undone_run_says_so(self) -> None:
        run = train(NET, sample("line", 50), steps=5, batch=8, rate=1e15, keep=[0])
        axes = plots.training(run)
        assert "step 1 was undone" in title(axes)
        assert [text.get_text() for text in axes[0].texts] == ["no step was taken"]
        assert axes[1].get_title() == "step 0"
        written()


class TestAgainstANeuralCritic:
    def test_curves_are_the_columns_of_the_frame(self) -> None:
        curves, slope, share = plots.training(TYPICAL)
        found = {"$E_p": (curves, "loss"), "W1": (curves, "w1"), "lower bound": (curves, "bound")}
        found |= {"L": (slope, "constant"), "share": (share, "share")}
        for label, (ax, name) in found.items():
            column = TYPICAL.frame[name].dropna()
            at, values = xy(line_of(ax, label))
            assert at.tolist() == column.index.tolist()
            assert values.tolist() == column.tolist()

    def test_audits_are_marked_and_the_loss_is_thin_and_light(self) -> None:
        curves, *_ = plots.training(TYPICAL)
        loss, w1, bound = (line_of(curves, label) for label in ("$E_p", "W1", "lower bound"))
        assert loss.get_marker() == "None"
        assert w1.get_marker() != bound.get_marker()
        assert loss.get_linewidth() < w1.get_linewidth()
        grey = [float(np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114])) for line in (loss, w1, bound)]
        assert grey[0] > max(grey[1:]) + 0.2

    def test_many_audits_are_not_all_marked(self) -> None:
        run = history(np.ones(300), {k: audited(0.9, 1.0) for k in range(1, 301)})
        line = line_of(plots.training(run)[0], "W1")
        every = line.get_markevery()
        assert isinstance(every, int)
        assert len(xy(line)[0]) / every <= 40

    def test_of_many_steps_means_are_drawn(self) -> None:
        losses = np.arange(1203.0)
        curves, *_ = plots.training(history(losses, {1: audited(0.9, 1.0)}))
        line = line_of(curves, "$E_p")
        at, values = xy(line)
        assert str(line.get_label()).endswith("means of 3")
        assert values.tolist() == losses.reshape(-1, 3).mean(axis=1).tolist()
        assert (at - 1).tolist() == values.tolist()

    def test_means_of_steps_that_do_not_come_out_even(self) -> None:
        values = xy(line_of(plots.training(history(np.arange(1001.0), {}))[0], "$E_p"))[1]
        assert values[-1] == 999.5
        assert len(values) == 334

    def test_what_is_not_certified_is_said(self) -> None:
        run = history([1.0, 1.0], {1: audited(0.9, 1.0, certified=False), 2: audited(0.9, 1.0)})
        assert "W1 not certified at 1 of 2 audits" in title(plots.training(run))

    def test_a_run_that_was_stopped_says_so(self) -> None:
        axes = plots.training(replace(TYPICAL, ended="stopped by Ctrl-C after step 20"))
        assert title(axes).endswith("stopped by Ctrl-C after step 20")

    def test_a_long_reason_is_cut(self) -> None:
        axes = plots.training(replace(TYPICAL, ended="step 21 was undone: " + "W1 was not had " * 40 + "; take a smaller rate"))
        assert "step 21 was undone" in title(axes)
        assert len(title(axes)) < 200
        written()

    def test_numbers_that_are_not_finite_are_left_out(self) -> None:
        run = history([1.0, np.nan, 2.0], {1: audited(0.9, 1.0, np.inf), 3: audited(0.0, 0.0, 0.0)})
        curves, slope, share = plots.training(run)
        assert xy(line_of(curves, "$E_p"))[0].tolist() == [1, 3]
        assert xy(line_of(slope, "L"))[0].tolist() == [3]
        assert xy(line_of(share, "share"))[0].tolist() == [1]
        written()


class TestScales:
    @pytest.mark.parametrize(("last", "scale"), [(0.06, "linear"), (0.04, "log")])
    def test_w1_that_falls_far_has_a_logarithmic_axis(self, last: float, scale: str) -> None:
        run = history([1.0, last], {1: audited(0.9, 1.0), 2: audited(0.9 * last, last)})
        assert plots.training(run)[0].get_yscale() == scale
        written()

    @pytest.mark.parametrize("last", [0.5, 0.001])
    def test_negative_losses_are_seen(self, last: float) -> None:
        run = history([1.0, -3.0, 0.5], {1: audited(0.9, 1.0), 3: audited(0.9 * last, last)})
        ax = plots.training(run)[0]
        assert ax.get_yscale() == ("linear" if last == 0.5 else "symlog")
        assert ax.get_ylim()[0] < -3
        written()

    def test_a_loss_that_dwarfs_w1_does_not_hide_it(self) -> None:
        run = history([1.0, 1e6, -1e6], {1: audited(0.9, 1.0), 3: audited(0.5, 1.0)})
        ax = plots.training(run)[0]
        low, high = ax.transData.transform([(1, 0.0), (1, 1.0)])[:, 1]
        assert high - low > 0.02 * ax.bbox.height
        written()

    def test_ticks_around_0_keep_clear_of_each_other(self) -> None:
        for last in np.geomspace(1e-4, 0.04, 9).tolist():
            run = history([1.0, -3.0, 0.5], {1: audited(0.9, 1.0), 3: audited(0.9 * last, last)})
            ax = plots.training(run)[0]
            written()
            ticks = np.asarray(ax.get_yticks())
            heights = ax.transData.transform(np.stack([np.ones(ticks.size), ticks], axis=1))[:, 1]
            assert np.diff(heights).min() > 12
            assert 0 in ticks
            assert ticks.size >= 3
            plt.close("all")

    def test_a_loss_that_is_tiny_takes_no_decades(self) -> None:
        run = history([1e-9, 1e-9, 1e-9], {1: audited(0.9, 1.0), 3: audited(0.01, 0.02)})
        ax = plots.training(run)[0]
        low, high = ax.transData.transform([(1, 0.02), (1, 1.0)])[:, 1]
        assert high - low > 0.4 * ax.bbox.height
        written()

    @pytest.mark.parametrize(("constants", "scale"), [((0.9, 1.4), "linear"), ((0.001, 1.4), "log"), ((2.0, 40.0), "log")])
    def test_slopes_over_more_than_a_decade_have_a_logarithmic_axis(self, constants: tuple[float, float], scale: str) -> None:
        run = history([1.0, 1.0], {k: audited(0.9, 1.0, constant) for k, constant in enumerate(constants, 1)})
        ax = plots.training(run)[1]
        assert ax.get_yscale() == scale
        low, high = ax.get_ylim()
        assert all(low < number < high for number in (*constants, 1.0))
        written()


class TestFits:
    def test_w1_is_one_line(self) -> None:
        run = fit([0.1, 0.2, 0.3], {1: audited(0.1, 0.4), 3: audited(0.2, 0.4)})
        axes = plots.training(run)
        assert len(axes) == 3
        assert set(xy(line_of(axes[0], "W1 = "))[1].tolist()) == {run.exact.value}
        assert xy(line_of(axes[0], "lower bound"))[1].tolist() == [0.1, 0.2]

    def test_the_last_fifth_is_shaded(self) -> None:
        axes = plots.training(fit(np.ones(50), {1: audited(0.1, 0.4), 50: audited(0.2, 0.4)}))
        for ax in axes:
            (span,) = ax.patches
            box = span.get_path().get_extents(span.get_patch_transform())
            assert box.x0 == 40
            assert box.x1 == ax.get_xlim()[1]

    def test_a_bound_that_still_rises_is_told(self) -> None:
        run = fit(np.ones(10), {1: audited(0.1, 0.4), 10: audited(0.125, 0.4)})
        assert "not converged: its bound rose by 25 % over the last fifth" in title(plots.training(run))
        flat = fit(np.ones(10), {1: audited(0.1, 0.4), 10: audited(0.1, 0.4)})
        assert title(plots.training(flat)).endswith("converged")
        assert "not converged" not in title(plots.training(flat))

    def test_a_bound_that_rose_from_nothing_is_told(self) -> None:
        run = fit(np.ones(10), {1: audited(0.0, 0.4), 10: audited(0.1, 0.4)})
        assert "its bound rose from 0 over" in title(plots.training(run))

    def test_a_fit_without_steps_is_drawn(self) -> None:
        axes = plots.training(fit([], {}, "step 1 was undone: values are NaN; take a smaller rate"))
        assert title(axes).endswith("step 1 was undone: values are NaN")
        written()


def points_at(*places: tuple[float, ...]) -> FloatArray:
    return np.array(places, dtype=np.float64)


class TestPoints:
    SQUARE = om.Measure.from_samples(points_at((0, 0), (1, 0), (0, 1), (1, 1)))

    def panels(self, data: om.Measure, samples: Mapping[int, FloatArray]) -> tuple[Axes, ...]:
        return plots.training(history(np.ones(3), {1: audited(0.9, 1.0)}, data, samples))[3:]

    def test_at_most_six_panels_with_the_first_and_the_last(self) -> None:
        panels = self.panels(self.SQUARE, {step: points_at((0, 0)) for step in range(30, -1, -1)})
        assert [ax.get_title() for ax in panels] == [f"step {step}" for step in (0, 6, 12, 18, 24, 30)]
        assert len(panels) == PANELS

    def test_points_outside_are_counted(self) -> None:
        samples = {0: points_at((9, 9), (0.5, 0.5), (-9, 0), (np.inf, 0), (0, np.nan)), 3: points_at((0.5, 0.5))}
        first, last = self.panels(self.SQUARE, samples)
        assert [text.get_text() for text in first.texts] == ["4 outside"]
        assert not last.texts
        written()

    def test_last_points_that_are_far_away_do_not_make_a_dot_of_the_data(self) -> None:
        (ax,) = self.panels(self.SQUARE, {3: points_at((1e11, 0), (0.5, 0.5), (np.inf, np.nan))})
        assert np.ptp(ax.get_xlim()) < 5
        assert [text.get_text() for text in ax.texts] == ["2 outside"]
        written()

    def test_the_number_outside_stands_in_the_emptiest_corner(self) -> None:
        crowd = [(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0) if (x, y) != (1, 0)]
        samples = {0: points_at((99, 0.5)), 3: points_at((0.5, 0.5))}
        (text,) = self.panels(om.Measure.from_samples(points_at(*crowd)), samples)[0].texts
        assert (text.get_horizontalalignment(), text.get_verticalalignment()) == ("right", "bottom")

    def test_data_that_are_one_point(self) -> None:
        self.panels(om.Measure.from_samples(points_at((2, 2), (2, 2))), {0: points_at((2, 2)), 3: points_at((2.5, 2))})
        written()

    def test_clouds_are_thinned(self) -> None:
        (ax,) = self.panels(sample("ring", 5000), {3: np.zeros((2000, 2))})
        assert len(offsets(ax, 0)) == len(offsets(ax, 1)) == MOST_POINTS

    def test_heavy_points_of_the_data_are_larger(self) -> None:
        (ax,) = self.panels(om.Measure([3.0, 1.0], points_at((0, 0), (1, 1))), {3: points_at((0, 0))})
        scatter = ax.collections[0]
        assert isinstance(scatter, PathCollection)
        large, small = scatter.get_sizes()
        assert large / small == pytest.approx(3)

    def test_on_the_line_they_are_histograms(self) -> None:
        data = om.Measure([3.0, 1.0], points_at((0,), (1,)))
        panels = self.panels(data, {0: points_at((0.1,), (50,)), 3: points_at((0.1,), (0.9,))})
        for ax, within in zip(panels, (0.5, 1.0), strict=True):
            (light, edges, _), (dark, same, _) = (patch.get_data() for patch in ax.patches if isinstance(patch, StepPatch))
            assert np.unique(light).tolist() == [0, 0.25, 0.75]
            assert dark.sum() == within
            assert np.array_equal(edges, same)
        assert [[text.get_text() for text in ax.texts] for ax in panels] == [["1 outside"], []]
        written()

    def test_pictures_are_tiles_beside_those_of_the_data(self) -> None:
        rng = np.random.default_rng(0)
        data, made = rng.uniform(0, 1, (40, 64)), {k: rng.uniform(-1, 2, (20, 64)) for k in range(9)}
        panels = self.panels(om.Measure.from_samples(data), made)
        assert [ax.get_title() for ax in panels] == ["step 0", "step 2", "step 4", "step 6", "step 8", "data"]
        for ax, first in zip(panels, [*(made[k][0] for k in (0, 2, 4, 6, 8)), data[0]], strict=True):
            (image,) = ax.images
            page = np.asarray(image.get_array())
            assert np.array_equal(page[:8, :8], first.reshape(8, 8))
            assert image.get_clim() == (data.min(), data.max())
        written()

    @pytest.mark.parametrize("dimension", [1, 2, 16])
    def test_numbers_of_any_size_are_drawn(self, dimension: int) -> None:
        wild = np.array([np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300, 0.5])
        made = np.repeat(wild[:, None], dimension, axis=1)
        data = om.Measure.from_samples(np.random.default_rng(0).uniform(size=(30, dimension)))
        for samples in ({0: made, 3: made[-1:]}, {0: made}, {0: made[:3]}):
            self.panels(data, samples)
            written()

    @pytest.mark.parametrize("dimension", [3, 9, 15, 17])
    def test_other_points_are_not_drawn(self, dimension: int) -> None:
        assert self.panels(om.Measure.from_samples(np.ones((4, dimension))), {3: np.zeros((4, dimension))}) == ()


def overlap(one: Bbox, other: Bbox) -> bool:
    both = Bbox.intersection(one, other)
    return both is not None and both.width > 1 and both.height > 1


@pytest.mark.parametrize(
    "run",
    [
        TYPICAL,
        replace(TYPICAL, samples={k: np.eye(2) for k in range(6)}),
        replace(TYPICAL, samples={0: np.eye(2)}, ended="step 21 was undone: " + "words " * 40),
        fit(np.linspace(-1, 2, 30), {k: audited(0.1 * k, 4.0) for k in range(1, 31)}),
    ],
)
def test_titles_keys_and_panels_keep_clear_of_each_other(run: History | Fit) -> None:
    axes = plots.training(run, value_unit="thousand euros", length_unit="km")
    figure = axes[0].figure
    figure.draw_without_rendering()  # type: ignore[union-attr]
    boxes: list[Any] = [ax.get_tightbbox() for ax in axes]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    boxes += [each.get_window_extent() for each in figure.texts]
    inside = figure.bbox.padded(1)
    assert not any(overlap(boxes[k], boxes[j]) for k in range(len(boxes)) for j in range(k))
    assert all(inside.contains(*corner) for box in boxes for corner in box.corners())


def test_something_else_is_refused() -> None:
    with pytest.raises(ParameterError, match="train"):
        plots.training(3)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        plots.training(Affine.random(1, 2))  # type: ignore[arg-type]


def test_colours_and_settings_of_others_are_left_alone(exact: History) -> None:
    before = dict(mpl.rcParams)
    plots.training(exact)
    assert dict(mpl.rcParams) == before
    assert legend_texts(plots.training(TYPICAL)[0])[1] == "W1 of the batches"
