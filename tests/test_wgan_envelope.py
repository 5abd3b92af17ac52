"""Gradients of W1 with respect to points, through an optimal plan."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.critics.directions import dual_norm
from otmodels.errors import ParameterError, ShapeError, StoppedError, UnbalancedError, UnknownNameError
from otmodels.metrics import Minkowski
from otmodels.wgan import Envelope, envelope
from otmodels.wgan.envelope import middle_gradients

METRICS = (("euclidean", None), ("cityblock", None), ("chebyshev", None), ("minkowski", 3.0))
ORDERS = {"euclidean": 2.0, "cityblock": 1.0, "chebyshev": np.inf, "minkowski": 3.0}


def cloud(seed: int, whole: bool = False) -> tuple[om.Measure, om.Measure]:
    """Weighted points of one to four coordinates, whole ones with ties, kinks and points in common."""
    rng = np.random.default_rng(seed)
    n, m, d = (int(k) for k in rng.integers([2, 2, 1], [8, 8, 4]))
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.3
    a, b = rng.integers(1, 6, n).astype(float), rng.integers(1, 6, m).astype(float)
    return om.Measure(a * b.sum(), np.round(x) if whole else x), om.Measure(b * a.sum(), np.round(y) if whole else y)


def points_of(measure: om.Measure) -> FloatArray:
    assert measure.points is not None
    return measure.points


def w1(source: om.Measure, target: om.Measure, metric: str, order: float | None) -> float:
    return om.wasserstein_distance(source, target, metric, order=order).value


def differences(source: om.Measure, target: om.Measure, metric: str, order: float | None, h: float = 1e-5) -> FloatArray:
    """Central differences of W1 in every coordinate of the source."""
    x = points_of(source)
    found = np.empty(x.shape)
    for position in np.ndindex(x.shape):
        ends = []
        for step in (h, -h):
            moved = x.copy()
            moved[position] += step
            ends.append(w1(om.Measure(source.mass, moved), target, metric, order))
        found[position] = (ends[0] - ends[1]) / (2 * h)
    return found


@pytest.mark.parametrize(("metric", "order"), METRICS)
@pytest.mark.parametrize("seed", range(3))
class TestAnyPoints:
    def test_it_is_that_of_differences(self, seed: int, metric: str, order: float | None) -> None:
        """Random points: the plan is the only one, no pair coincides, no coordinate is shared."""
        source, target = cloud(seed)
        found = envelope(source, target, metric, order=order)
        size = source.total
        assert found.certificate.passed
        assert found.is_smooth
        assert found.gradient == pytest.approx(differences(source, target, metric, order), abs=1e-6 * size)
        assert found.target_gradient == pytest.approx(differences(target, source, metric, order), abs=1e-6 * size)

    @pytest.mark.parametrize("whole", [False, True])
    def test_what_holds_of_every_plan_and_every_subgradient(
        self, seed: int, metric: str, order: float | None, whole: bool
    ) -> None:
        """W1 does not change when all moves, grows as all points grow, and a point's gradient is no longer than its mass."""
        source, target = cloud(seed, whole)
        found = envelope(source, target, metric, order=order)
        x, y, size = points_of(source), points_of(target), source.total
        assert found.gradient.sum(axis=0) + found.target_gradient.sum(axis=0) == pytest.approx(0, abs=1e-9 * size)
        grown = float((found.gradient * x).sum() + (found.target_gradient * y).sum())
        assert grown == pytest.approx(found.value, rel=1e-9, abs=1e-9 * size)
        if x.shape[1] > 1:
            assert (dual_norm(ORDERS[metric], found.gradient) <= source.mass * (1 + 1e-9)).all()

    def test_it_is_mass_times_that_of_the_exact_critic(self, seed: int, metric: str, order: float | None) -> None:
        source, target = cloud(seed)
        found = envelope(source, target, metric, order=order)
        of_critic = found.critic().gradient(points_of(source))
        alone = ~np.isnan(of_critic).any(axis=1) & (np.diff(found.solution.sparse_plan.indptr) == 1)
        expected = source.mass[:, None] * of_critic
        assert found.gradient[alone] == pytest.approx(expected[alone], abs=1e-9 * source.total)


class TestByHand:
    def test_three_four_five(self) -> None:
        found = envelope(om.Measure([2], [[0.0, 0.0]]), om.Measure([2], [[3.0, 4.0]]))
        assert found.value == 10
        assert [Fraction(float(g)).limit_denominator(100) for g in found.gradient[0]] == [Fraction(-6, 5), Fraction(-8, 5)]
        assert (found.gradient + found.target_gradient == 0).all()

    def test_a_point_is_pulled_by_all_that_its_mass_goes_to(self) -> None:
        found = envelope(om.Measure([3], [[0.0]]), om.Measure([1, 2], [[-5.0], [1.0]]))
        assert found.gradient.tolist() == [[-1.0]]
        assert found.target_gradient.tolist() == [[-1.0], [2.0]]

    @pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
    def test_pairs_at_distance_0_pull_nowhere(self, metric: str) -> None:
        here = om.Measure.from_samples([[0.0, 0.0], [1.0, 5.0]])
        there = om.Measure.from_samples([[0.0, 0.0], [4.0, 9.0]])
        found = envelope(here, there, metric)
        assert (found.coincident, found.kinks) == (1, 0)
        assert found.gradient[0].tolist() == [0, 0]
        assert "1 pairs at distance 0" in repr(found)

    def test_kinks_of_the_city_block_and_of_chebyshev(self) -> None:
        flat = om.Measure([1], [[0.0, 0.0]]), om.Measure([1], [[2.0, 0.0]])
        found = envelope(*flat, "cityblock")
        assert (found.coincident, found.kinks, found.gradient.tolist()) == (0, 1, [[-1.0, 0.0]])
        slanted = om.Measure([1], [[0.0, 0.0, 0.0]]), om.Measure([1], [[2.0, -2.0, 1.0]])
        found = envelope(*slanted, "chebyshev")
        assert (found.coincident, found.kinks, found.gradient.tolist()) == (0, 1, [[-0.5, 0.5, 0.0]])
        assert envelope(*flat).is_smooth

    @pytest.mark.parametrize("order", [1.0, 1.5, 2.0, np.inf])
    def test_where_a_distance_has_none_the_middle_is_a_subgradient(self, order: float) -> None:
        """s is one at v where |w| >= |v| + <s, w - v> for all w."""
        v = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, -1.0], [3.0, -3.0, 3.0], [1.0, 1.0, 0.0]])
        found, coincident, _ = middle_gradients(order, v)
        w = np.random.default_rng(0).normal(size=(200, 3)) * 3
        length = Minkowski(order).paired
        below = length(v, 0 * v) + np.einsum("wvk,vk->wv", w[:, None] - v, found)
        assert coincident == 1
        assert (length(w, 0 * w)[:, None] >= below - 1e-9).all()

    def test_where_plans_are_many_a_step_against_it_still_makes_w1_smaller(self) -> None:
        """Corners of a square to the other corners: two plans are optimal, and W1 has no gradient."""
        x, y = np.array([[0.0, 0.0], [1.0, 1.0]]), om.Measure.from_samples([[0.0, 1.0], [1.0, 0.0]])
        found = envelope(om.Measure.from_samples(x), y)
        assert found.is_smooth
        assert not found.solution.uniqueness()["unique"].all()
        fall = float((found.gradient**2).sum())
        for t in (1e-2, 1e-3):
            after = w1(om.Measure.from_samples(x - t * found.gradient), y, "euclidean", None)
            assert after <= found.value - t * fall + t**2

    def test_totals_that_differ_are_rescaled_where_that_is_asked_for(self) -> None:
        pair = om.Measure([1, 1], [0.0, 1.0]), om.Measure([1], [3.0])
        with pytest.raises(UnbalancedError):
            envelope(*pair)
        found = envelope(*pair, balance="rescale")
        assert found.gradient.tolist() == [[-0.5], [-0.5]]
        assert found.critic().value == found.value == 2.5

    def test_it_travels(self) -> None:
        found = envelope(*cloud(0))
        again = pickle.loads(pickle.dumps(found))
        assert isinstance(again, Envelope)
        assert (again.gradient == found.gradient).all()
        assert not again.gradient.flags.writeable


class TestBadInput:
    HERE = om.Measure.from_samples([[0.0, 1.0], [2.0, 3.0]])

    def test_metrics_without_known_gradients(self) -> None:
        with pytest.raises(ParameterError, match=r"metric: is haversine, whose gradients are not known here. Take euclidean"):
            envelope(self.HERE, self.HERE, "haversine")
        with pytest.raises(UnknownNameError, match=r"metric: 'sqeuclidean' is not known. Take euclidean, .* or minkowski\.$"):
            envelope(self.HERE, self.HERE, "sqeuclidean")
        with pytest.raises(ParameterError, match="metric: is a function"):
            envelope(self.HERE, self.HERE, lambda x, y: x @ y.T)  # type: ignore[arg-type]
        with pytest.raises(UnknownNameError, match="metric"):
            envelope(self.HERE, self.HERE, "sqeuclidean")
        with pytest.raises(ParameterError, match="order"):
            envelope(self.HERE, self.HERE, "minkowski")

    def test_samples(self) -> None:
        with pytest.raises(ParameterError, match="source: is a list"):
            envelope([[0.0]], self.HERE)  # type: ignore[arg-type]
        with pytest.raises(ShapeError, match="coordinates"):
            envelope(self.HERE, om.Measure.from_samples([0.0, 1.0]))

    def test_what_was_stopped_has_none(self) -> None:
        x, y = np.random.default_rng(0).normal(size=(2, 300, 3))
        with pytest.raises(StoppedError):
            envelope(om.Measure.from_samples(x), om.Measure.from_samples(y), time_limit=1e-6, throw=False)
