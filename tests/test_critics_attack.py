"""Critics and audits of data that are out to break them: extreme numbers, points on one line, metrics that are none."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import otmodels as om
from otmodels import plots
from otmodels.arrays import FloatArray
from otmodels.critics import bracket, score, translation
from otmodels.critics.directions import dual_norm, of_distance
from otmodels.errors import ParameterError, ShapeError


@pytest.fixture(autouse=True)
def _nothing_warns() -> Iterator[None]:
    """What numpy has to say of overflow is no user's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def clouds(n: int = 12, m: int = 15, scale: float = 1.0, shift: float = 0.0) -> tuple[om.Measure, om.Measure]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + 1
    return om.Measure.from_samples(x * scale + shift), om.Measure.from_samples(y * scale + shift)


def waves(points: FloatArray) -> FloatArray:
    return np.asarray(np.sin(points[:, 0]) - points[:, 1])


class TestGradient:
    """NaN only where there is none."""

    def test_the_tip_of_a_cone_that_lies_on_another_is_no_kink(self) -> None:
        line = om.critic(om.Measure([2.0], [0.0]), om.Measure([1, 1], [1.0, 5.0]))
        assert line.gradient([0.0, 1.0, 3.0]).ravel().tolist() == [-1, -1, -1]
        assert np.isnan(line.gradient([5.0])).all()
        plane = om.critic(om.Measure([2.0], [[0.0, 0.0]]), om.Measure([1, 1], [[1.0, 1.0], [2.0, 2.0]]))
        assert plane.gradient([[1.0, 1.0]]) == pytest.approx(np.full((1, 2), -math.sqrt(0.5)))
        assert plane.undefined([[1.0, 1.0], [2.0, 2.0]]) == 1

    @pytest.mark.parametrize("extension", ["upper", "lower"])
    @pytest.mark.parametrize("seed", range(12))
    def test_on_whole_points_of_the_line_it_is_missing_at_kinks_alone(self, seed: int, extension: str) -> None:
        """Between quarters of whole points the critic is linear, so that slopes on either side tell."""
        rng = np.random.default_rng(seed)
        x, y = rng.integers(-6, 7, (2, 8)).astype(float)
        f = om.critic(om.Measure.from_samples(x), om.Measure.from_samples(y), extension=extension)
        z = np.arange(-7.0, 8.0)
        left, right = 4 * (f(z) - f(z - 0.25)), 4 * (f(z + 0.25) - f(z))
        smooth = np.abs(left - right) < 1e-6
        found = f.gradient(z).ravel()
        assert np.isnan(found).tolist() == (~smooth).tolist()
        assert found[smooth] == pytest.approx(left[smooth])

    @pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
    @pytest.mark.parametrize("seed", range(6))
    def test_on_whole_points_of_the_plane_it_is_missing_at_kinks_alone(self, seed: int, metric: str) -> None:
        """Where the critic is as steep one way as it falls the other way, in many directions, it is smooth."""
        rng = np.random.default_rng(seed)
        x, y = rng.integers(-3, 4, (2, 9, 2)).astype(float)
        f = om.critic(om.Measure.from_samples(x), om.Measure.from_samples(y), metric)
        z, step = np.concatenate([x, y, rng.integers(-4, 5, (40, 2))]), 2.0**-20
        angles = np.linspace(0, np.pi, 24, endpoint=False)
        ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        bent = np.stack([f(z + step * way) + f(z - step * way) - 2 * f(z) for way in ways]) / step
        assert np.isnan(f.gradient(z)).any(axis=1).tolist() == (np.abs(bent) > 1e-3).any(axis=0).tolist()

    def test_points_from_afar(self) -> None:
        """Squares of their coordinates are beyond floating point, those of the samples are not."""
        f = om.critic(*clouds())
        far = np.array([[1e200, 0.0], [1e160, 1e160]])
        assert f(far) == pytest.approx([1e200, math.sqrt(2) * 1e160])
        assert f.gradient(far) == pytest.approx(np.array([[1.0, 0.0], [math.sqrt(0.5)] * 2]))

    def test_many_equal_targets_take_no_memory(self) -> None:
        target = om.Measure(np.full(2000, 1 / 2000), np.zeros((2000, 100)))
        f = om.critic(om.Measure.from_samples(np.eye(100)[:3]), target)
        z = np.random.default_rng(0).normal(size=(30, 100))
        assert f.gradient(z) == pytest.approx(z / np.linalg.norm(z, axis=1, keepdims=True))

    @pytest.mark.parametrize("order", [1.0, 1 + 1e-12, 1.001, 1.5, 2.0, 20.0, 1e6, np.inf])
    @pytest.mark.parametrize("size", [5.0, 1e200, 1e-200])
    def test_dual_norms_of_all_orders_and_sizes(self, order: float, size: float) -> None:
        assert dual_norm(order, np.array([[-size, 0.0], [0.0, 0.0]])) == pytest.approx([size, 0.0])
        unit = of_distance(order, size * np.array([[3.0, -4.0]]))
        assert dual_norm(order, size * unit) == pytest.approx(size)


class TestScales:
    @pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
    def test_points(self, scale: float) -> None:
        usual, audit = (
            om.audit_critic(lambda z: -z[:, 0], *clouds(scale=each), gradient=lambda z: np.tile([-1.0, 0.0], (len(z), 1)))
            for each in (1.0, scale)
        )
        assert usual.agreement is not None
        assert audit.agreement is not None
        assert audit.share == pytest.approx(usual.share)
        assert audit.constant == pytest.approx(usual.constant)
        assert audit.standard_error() / scale == pytest.approx(usual.standard_error())
        assert audit.agreement.cosine == pytest.approx(usual.agreement.cosine)
        assert audit.agreement.l2 == pytest.approx(usual.agreement.l2)

    @pytest.mark.parametrize("scale", [1e-300, 1e300])
    def test_values(self, scale: float) -> None:
        usual, audit = (
            om.audit_critic(lambda z, by=each: by * waves(z), *clouds(), gradient=lambda z, by=each: by * np.ones(z.shape))
            for each in (1.0, scale)
        )
        assert usual.agreement is not None
        assert audit.agreement is not None
        assert audit.share == pytest.approx(usual.share)
        assert audit.standard_error() / scale == pytest.approx(usual.standard_error())
        assert audit.agreement.between / scale == pytest.approx(usual.agreement.between)
        assert audit.agreement.cosine == pytest.approx(usual.agreement.cosine)

    @pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
    def test_brackets(self, scale: float) -> None:
        usual, found = (bracket(*clouds(scale=each), splits=3) for each in (1.0, scale))
        assert found.lower_error / scale == pytest.approx(usual.lower_error)
        assert np.array(found.interval) / scale == pytest.approx(usual.interval)
        assert found.table().to_numpy() / scale == pytest.approx(usual.table().to_numpy())

    def test_a_bound_beyond_floating_point_is_left_out(self) -> None:
        """Across the samples the slope is 1e-200, and at an atom without mass the critic would be 1e350."""
        source, target = om.Measure([1.0], [0.0]), om.Measure([1.0, 0.0], [1.0, 2.0])
        audit = om.audit_critic((np.array([1e-200]), np.array([0.0, 1e150])), source, target)
        assert audit.across == pytest.approx(1e-200)
        assert not any("across" in bound.name for bound in audit.bounds)

    def test_too_steep_for_a_float_is_not_said_of_equal_points(self) -> None:
        audit = om.audit_critic((np.array([0.0]), np.array([1e200])), om.Measure([1.0], [0.0]), om.Measure([1.0], [1e-200]))
        assert audit.constant == np.inf
        assert "equal points" not in audit.sentence
        assert "steeper than any float" in audit.sentence


class TestBounds:
    """Points of whole numbers, whose W1 is a fraction: an assignment of as many atoms of equal mass."""

    @pytest.mark.parametrize("scale", [1.0, 2.0**300, 2.0**-600])
    @pytest.mark.parametrize("seed", range(12))
    def test_none_is_above_w1(self, seed: int, scale: float) -> None:
        rng = np.random.default_rng(seed)
        x, y = rng.integers(-3, 4, (2, 8, 2))
        costs = np.abs(x[:, None] - y).sum(axis=2)
        w1 = Fraction(int(costs[linear_sum_assignment(costs)].sum())) * Fraction(scale)
        nothing = [[9 * scale, 0.0]]
        source = om.Measure([*np.ones(8), 0], np.concatenate([x * scale, nothing]))
        target = om.Measure([*np.full(16, 0.5), 0], np.concatenate([y * scale, y * scale, nothing]))
        rules: tuple[Callable[[FloatArray], Any], ...] = (
            lambda z: -z[:, 0],
            lambda z: scale * waves(z / scale),
            lambda z: np.rint(z @ [1.0, 2.0] / scale).astype(np.float32) + 1000,
            om.critic(source, target, "cityblock"),
        )
        for rule in rules:
            audit = om.audit_critic(rule, source, target, "cityblock")
            assert all(Fraction(bound.value) <= w1 for bound in audit.bounds)
            assert all(bound.share <= 1 for bound in audit.bounds)
            assert abs(Fraction(audit.w1) - w1) <= w1 * Fraction(1, 10**12)
            assert audit.lost_by_shape >= -1e-12 * audit.w1
            assert audit.across <= audit.constant
        assert audit.share == pytest.approx(1)

    @pytest.mark.parametrize("offset", [1e6, 1e9, 1e12])
    def test_what_is_added_to_a_critic_makes_it_worth_no_more_than_w1(self, offset: float) -> None:
        """Its values are rounded, and what is taken off for that would leave a slope below 1."""
        f = om.critic(*clouds())
        audit = om.audit_critic(lambda z: f(z) + offset, *clouds())
        assert audit.lost_by_shape >= -1e-12 * audit.w1
        known = translation(2)
        assert score(known, lambda z: known.critic(z) + offset, n=60).ratio <= 1 + 1e-12

    def test_huge_values_that_are_right_to_the_last_bit(self) -> None:
        """Points and values are whole numbers next to 2^50; all that is taken off for rounding would leave half of the slope."""
        far = 2.0**50
        source, target = om.Measure([1.0], [[far, far]]), om.Measure([1.0], [[far + 3, far + 4]])
        audit = om.audit_critic(lambda z: -z[:, 0], source, target)
        assert audit.constant == pytest.approx(3 / 5)
        corner = om.audit_critic(
            lambda z: -z[:, 0], om.Measure([1, 1], [[far, 0.0], [far, 4]]), om.Measure([1, 1], [[far + 3, 0], [far + 3, 4]])
        )
        assert corner.constant == pytest.approx(1)
        assert corner.share == pytest.approx(1)

    def test_equal_points_of_both_samples_whose_values_differ_by_rounding(self) -> None:
        source, target = om.Measure.from_samples([0.0, 1.0]), om.Measure.from_samples([1.0, 3.0])
        audit = om.audit_critic((np.array([0.0, -1 + 2**-53]), np.array([-1.0, -3.0])), source, target)
        assert audit.across <= audit.constant
        assert audit.constant == pytest.approx(1)


class TestVerdict:
    def test_rounding_makes_no_critic_backwards(self) -> None:
        source, target = om.Measure.from_samples([[0.0, 0.0], [1.0, 0.1]]), om.Measure.from_samples([[0.0, 1.0], [1.0, 1.1]])
        audit = om.audit_critic((np.array([0.0, 1.0]), np.array([2**-53, 1.0])), source, target)
        assert audit.value < 0
        assert not audit.is_backwards
        assert "worth 0.00% of" in audit.sentence

    def test_of_one_distribution_everything_is_0(self) -> None:
        rng = np.random.default_rng(0)
        x = om.Measure.from_samples(rng.normal(size=(20, 2)))
        audit = om.audit_critic(waves, x, om.Measure(x.mass[::-1], np.asarray(x.points)[::-1]))
        assert (audit.w1, audit.value, audit.scaled) == (0, 0, 0)
        assert "W1 = 0" in audit.sentence

    def test_pairs_that_attain_are_sealed(self) -> None:
        slope = om.audit_critic(waves, *clouds()).slope
        with pytest.raises(ValueError, match="read-only"):
            slope.i[0] = 0


class TestMetricsThatAreNone:
    LINE = om.Measure.from_samples([0.0, 1.0, 2.0]), om.Measure.from_samples([3.0, 4.0, 6.0])

    @pytest.mark.parametrize("shift", [1.0, -0.5])
    def test_away_from_itself(self, shift: float) -> None:
        """With d(y, y) other than 0 the least of the cones is not worth W1."""

        def shifted(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(np.abs(x[:, None, 0] - y[None, :, 0]) + shift)

        with pytest.raises(ParameterError, match="metric: is no metric"):
            om.critic(*self.LINE, shifted)

    @pytest.mark.parametrize("downhill", [False, True])
    def test_uphill_it_is_further(self, downhill: bool) -> None:
        """Upwards twice the way: where all mass moves downwards, a critic is too steep beyond the samples alone."""

        def upwards(x: FloatArray, y: FloatArray) -> FloatArray:
            rise = y[None, :, 0] - x[:, None, 0]
            return np.where(rise > 0, 2 * rise, -rise)

        samples = self.LINE[::-1] if downhill else self.LINE
        with pytest.raises(ParameterError, match=r"metric: is no metric: it is \d+ from source 0 to target 0, and \d+ back"):
            om.critic(*samples, upwards)


class TestBrackets:
    @pytest.mark.parametrize("mass", [1e-300, 1e-12, 7.0, 1e300])
    def test_distributions_have_mass_1_whatever_their_samples_have(self, mass: float) -> None:
        source, target = clouds()
        usual, found = bracket(source, target, splits=3), bracket(source.scaled(mass), target.scaled(3.0), splits=3)
        for end in ("held_out", "sampled", "bias"):
            assert getattr(found, end) == pytest.approx(getattr(usual, end))

    def test_what_is_no_sample(self) -> None:
        source, target = clouds()
        with pytest.raises(ParameterError, match="source: is a list"):
            bracket([1, 2, 3, 4], target)  # type: ignore[arg-type]
        with pytest.raises(ShapeError, match="target: has no points"):
            bracket(source, om.Measure([1, 1, 1, 1]))

    @pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
    def test_seeds(self, seed: object) -> None:
        with pytest.raises(ParameterError, match="seed: is"):
            bracket(*clouds(), seed=seed)  # type: ignore[arg-type]
        with pytest.raises(ParameterError, match="seed: is"):
            om.audit_critic(waves, *clouds(), seed=seed)  # type: ignore[arg-type]


class TestFigures:
    @pytest.mark.parametrize(
        "points", [[[1.0, 2.0]], [[0.0, 0.0], [0.0, 3.0]], [[0.0, 0.0], [1e-9, 3.0]], [[5.0, 0.0], [1e4, 0.5]]]
    )
    def test_points_on_a_line_are_in_the_middle(self, points: list[list[float]]) -> None:
        sample = om.Measure.from_samples(points)
        ax = plots.critic_map(om.critic(sample, sample))
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        middle = (np.min(points, axis=0) + np.max(points, axis=0)) / 2
        assert ((left + right) / 2, (low + high) / 2) == pytest.approx(tuple(middle), abs=1e-9)
        assert 1 / 5 < (high - low) / (right - left) < 5

    def test_where_no_mass_moves_the_key_has_no_rays(self) -> None:
        for sample in (om.Measure.from_samples([[0.0, 1.0]]), om.Measure.from_samples([0.0])):
            legend = plots.critic_map(om.critic(sample, sample)).get_legend()
            assert legend is not None
            assert [text.get_text() for text in legend.get_texts()][-2:] == ["source", "target"]
            assert not any("ray" in text.get_text() for text in legend.get_texts())

    def test_bars_of_one_distribution_are_empty(self) -> None:
        x = clouds()[0]
        f = om.critic(*clouds())
        bars = plots.audit_bars(om.audit_critic(f, x, x))
        assert {text.get_text() for text in bars.texts} == {"0"}
