"""W1 of batches, as many points each of the same mass: an assignment and its potentials, certified like any other answer."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import otmodels as om
from otmodels.critics.batches import LARGEST, solved
from otmodels.errors import UnbalancedError


def batches(n: int, d: int, seed: int = 0, shift: float = 0.3) -> tuple[om.Measure, om.Measure]:
    rng = np.random.default_rng(seed)
    return om.Measure.from_samples(rng.normal(size=(n, d))), om.Measure.from_samples(rng.normal(size=(n, d)) + shift)


def is_assigned(solution: om.Solution | om.LipschitzSolution) -> bool:
    return solution.provenance.language == "scipy"


class TestValue:
    @pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
    @pytest.mark.parametrize(("n", "d", "shift"), [(5, 2, 0.0), (17, 3, 0.3), (80, 2, 5.0), (130, 30, 0.3)])
    def test_it_is_that_of_the_linear_program(self, n: int, d: int, shift: float, metric: str) -> None:
        x, y = batches(n, d, n, shift)
        found, other = solved(x, y, metric), om.wasserstein_distance(x, y, metric)
        assert is_assigned(found)
        assert found.certificate.passed
        assert found.value == pytest.approx(other.value, rel=1e-9)
        assert found.sparse_plan.sum(axis=0) == pytest.approx(np.full(n, 1 / n))
        assert found.sparse_plan.nnz == n

    @pytest.mark.parametrize("seed", range(10))
    def test_points_with_many_ties_against_all_assignments_exactly(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, y = rng.integers(0, 3, (5, 2)), rng.integers(0, 3, (5, 2)) + np.array([0, 1])
        x, y = x + np.array([0.0, 1 / 4]), y + np.array([1 / 2, 0.0])
        cost = [[sum(abs(Fraction(p) - Fraction(q)) for p, q in zip(one, two, strict=True)) for two in y] for one in x]
        least = min(sum((cost[i][j] for i, j in enumerate(order)), Fraction(0)) for order in permutations(range(5))) / 5
        found = solved(om.Measure.from_samples(x), om.Measure.from_samples(y), "cityblock")
        assert found.certificate.passed
        assert found.value == pytest.approx(float(least), rel=1e-12)

    def test_equal_batches(self) -> None:
        x, _ = batches(40, 2)
        found = solved(x, x)
        assert found.certificate.passed
        assert found.value == pytest.approx(0, abs=1e-12)

    def test_a_critic_of_batches_is_exact(self) -> None:
        x, y = batches(150, 2)
        critic = om.critic(x, y)
        assert is_assigned(critic.solution)
        assert critic.certificate.passed
        assert critic.value == pytest.approx(om.wasserstein_distance(x, y).value, rel=1e-9)

    def test_points_far_from_the_origin_and_huge_outliers(self) -> None:
        rng = np.random.default_rng(3)
        x, y = rng.normal(size=(50, 2)) + 1e7, rng.normal(size=(50, 2)) + 1e7
        y[7] += 1e12
        found = solved(om.Measure.from_samples(x), om.Measure.from_samples(y))
        assert found.certificate.passed
        assert found.value == pytest.approx(om.wasserstein_distance(om.Measure.from_samples(x), om.Measure.from_samples(y)).value)


class TestOtherSamples:
    """What is no pair of batches goes by the routes of `wasserstein_distance`."""

    def test_other_sizes_and_masses(self) -> None:
        x, y = batches(30, 2)
        z = om.Measure(np.r_[2.0, np.ones(28), 0.0], y.points)
        assert y.points is not None
        fewer = om.Measure.from_samples(y.points[:20])
        for other in (z, fewer):
            found = solved(x, other, balance="rescale")
            assert not is_assigned(found)
            assert found.certificate.passed

    def test_the_line_and_grids_have_faster_routes(self) -> None:
        for d in (1, 2):
            places = np.stack(np.meshgrid(*[np.arange(6.0)] * d), axis=-1).reshape(-1, d)
            x, y = om.Measure.from_samples(places[:3]), om.Measure.from_samples(places[3:6])
            assert not is_assigned(solved(x, y, "cityblock"))

    def test_large_samples_and_time_limits(self) -> None:
        x, y = batches(12, 2)
        assert not is_assigned(solved(x, y, time_limit=60))
        assert is_assigned(solved(x, y))
        x, y = batches(LARGEST + 1, 1)
        assert not is_assigned(solved(x, y))

    def test_different_masses_on_both_sides_are_rescaled(self) -> None:
        x, y = batches(12, 2)
        twice = om.Measure(np.full(12, 2.0), y.points)
        with pytest.raises(UnbalancedError):
            solved(x, twice)
        found = solved(x, twice, balance="rescale")
        assert is_assigned(found)
        assert found.value == pytest.approx(solved(x, y).value)
