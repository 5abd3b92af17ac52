"""The largest slope over pairs of points, over all of them and along the neighbours of a grid."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.critics.slopes import MOST, largest_slope, one_sided


def between(points: FloatArray, metric: str = "euclidean") -> om.GroundCost:
    """Distances between all points."""
    nodes = om.Measure.from_samples(points)
    return om.ground_cost(nodes, nodes, metric)


class TestAllPairs:
    @pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
    def test_it_is_the_largest_and_the_pairs_attain_it(self, metric: str) -> None:
        rng = np.random.default_rng(12)
        points, values = rng.standard_normal((1500, 3)), rng.standard_normal(1500)
        cost = between(points, metric)
        distances = cost.values + np.diag(np.full(1500, np.inf))
        slopes = (values[:, None] - values) / distances
        found = largest_slope(cost, values)
        assert found.constant == pytest.approx(slopes.max(), rel=1e-12)
        assert slopes[found.i, found.j] == pytest.approx(found.constant, rel=1e-9)
        assert found.i.size >= 1

    def test_equal_points(self) -> None:
        cost = between(np.array([[0.0], [0.0], [2.0]]))
        assert largest_slope(cost, np.array([1.0, 1.0, 2.0])).constant == 0.5
        unlike = largest_slope(cost, np.array([1.0, 1.5, 1.0]))
        assert (unlike.constant, unlike.i.tolist(), unlike.j.tolist()) == (np.inf, [1], [0])
        assert largest_slope(cost, np.array([1.0, 1.0 + 2e-16, 2.0])).constant == 0.5

    def test_close_points_whose_values_differ_by_rounding(self) -> None:
        rng = np.random.default_rng(8)
        points = np.repeat(rng.random((1200, 2)), 2, axis=0)
        points[1::2] += 1e-12 * rng.random((1200, 2))
        values = 1 + 0.3 * points[:, 0]
        values[1::2] = values[::2] + 2.0**-52
        found = largest_slope(between(points), values)
        apart = np.abs(values[:, None] - values)
        clear = np.where(apart > 1e-4, apart / np.maximum(between(points).values, 1e-9), 0.0)
        assert found.constant == pytest.approx(clear.max(), rel=1e-9)

    def test_a_constant_attains_nothing(self) -> None:
        found = largest_slope(between(np.array([[0.0], [1.0]])), np.array([3.0, 3.0]))
        assert (found.constant, found.i.size) == (0, 0)
        assert largest_slope(between(np.array([[0.0]])), np.array([3.0])).constant == 0

    def test_of_many_pairs_some_are_listed(self) -> None:
        points = np.repeat(np.linspace(0, 1, 300)[:, None] ** 2, 2, axis=1)
        found = largest_slope(between(points, "cityblock"), 4 * points[:, 0])
        assert found.constant == pytest.approx(2.0)
        assert 100 <= found.i.size <= MOST
        assert (points[found.i, 0] > points[found.j, 0]).all()


class TestAcross:
    @pytest.mark.parametrize("seed", range(5))
    def test_from_the_first_sample_to_the_second(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, y, u, v = rng.normal(size=(20, 2)), rng.normal(size=(30, 2)), rng.normal(size=20), rng.normal(size=30)
        cost = om.ground_cost(om.Measure.from_samples(x), om.Measure.from_samples(y))
        assert one_sided(cost, u, v) == pytest.approx(((u[:, None] - v) / cost.values).max())

    def test_it_may_be_negative(self) -> None:
        cost = om.ground_cost(om.Measure.from_samples([0.0]), om.Measure.from_samples([2.0]))
        assert one_sided(cost, np.array([1.0]), np.array([4.0])) == -1.5


class TestGrids:
    @pytest.mark.parametrize("metric", ["cityblock", "chebyshev"])
    @pytest.mark.parametrize("shape", [(7,), (5, 6), (3, 4, 3)])
    def test_neighbours_tell_what_all_pairs_do(self, shape: tuple[int, ...], metric: str) -> None:
        rng = np.random.default_rng(3)
        points = np.array(list(product(*(range(k) for k in shape))), dtype=np.float64)
        values = rng.normal(size=len(points))
        order = rng.permutation(len(points))
        cost = between(points[order], metric)
        slopes = np.abs(values[order][:, None] - values[order]) / (cost.values + np.diag(np.full(len(points), np.inf)))
        found = largest_slope(cost, values[order])
        assert found.constant == pytest.approx(slopes.max(), rel=1e-12)
        assert slopes[found.i, found.j] == pytest.approx(slopes.max(), rel=1e-12)

    def test_two_samples_on_one_grid(self) -> None:
        points = np.array(list(product(range(4), range(5))), dtype=np.float64)
        values = np.arange(20.0)
        both = between(np.concatenate([points, points]), "cityblock")
        assert largest_slope(both, np.concatenate([values, values])).constant == 5
        unlike = largest_slope(both, np.concatenate([values, values + (np.arange(20) == 7)]))
        assert (unlike.constant, unlike.i.tolist(), unlike.j.tolist()) == (np.inf, [27], [7])

    def test_a_hole_in_the_grid_hides_no_slope(self) -> None:
        """Between 0 and 2 there is no neighbour."""
        points = np.array([[0.0, 0], [2, 0], [0, 1], [1, 1], [2, 1]])
        found = largest_slope(between(points, "cityblock"), np.array([0.0, 3, 0, 0, 0]))
        assert found.constant == 3
        found = largest_slope(between(points, "cityblock"), np.array([0.0, 3, 1, 2, 3]))
        assert found.constant == 1.5
