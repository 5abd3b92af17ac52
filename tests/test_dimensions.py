"""Points of many coordinates, more than an array has dimensions: every route and every form takes them."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import otmodels as om
from otmodels.errors import ParameterError
from otmodels.metrics import Minkowski, UserMetric
from otmodels.network import Grid, Network, coprime_directions, direction_arcs, neighbour_arcs

MANY = (33, 65, 1000)
METRICS = ("cityblock", "euclidean", "chebyshev")
FORMS = [
    *product(("primal", "dual"), ("full", "generated")),
    *product(("lipschitz", "flow"), ("full", "generated", "neighbours")),
]


def unit_vectors(d: int, *which: int) -> np.ndarray:
    return np.eye(d)[list(which)]


def problem_of(source: om.Measure, target: om.Measure, metric: Any = "cityblock") -> om.TransportProblem:
    return om.TransportProblem(source, target, om.ground_cost(source, target, metric))


def worth(solution: Any, value: float) -> None:
    assert solution.certificate.passed
    assert solution.value == pytest.approx(value, rel=1e-12, abs=0)


@pytest.mark.parametrize("metric", [*METRICS, "callable"])
@pytest.mark.parametrize("d", MANY)
class TestDistance:
    @staticmethod
    def metric(name: str) -> Any:
        return name if name != "callable" else lambda x, y: np.abs(x[:, None] - y).max(axis=2)

    def test_mass_at_one_point_stays_there(self, d: int, metric: str) -> None:
        here = np.full((1, d), 0.1)
        worth(om.wasserstein_distance(om.Measure([1], here), om.Measure([1], here), self.metric(metric)), 0)

    def test_atoms_at_one_point_are_one_atom(self, d: int, metric: str) -> None:
        source, target = om.Measure([1, 2], np.zeros((2, d))), om.Measure([1, 1, 1], np.zeros((3, d)))
        worth(om.wasserstein_distance(source, target, self.metric(metric)), 0)

    def test_from_one_unit_vector_to_another(self, d: int, metric: str) -> None:
        source, target = om.Measure([3], unit_vectors(d, 0)), om.Measure([1, 2], unit_vectors(d, 0, d - 1))
        apart = {"cityblock": 2.0, "euclidean": np.sqrt(2.0)}.get(metric, 1.0)
        worth(om.wasserstein_distance(source, target, self.metric(metric)), 2 * apart)
        worth(om.wasserstein_distance(source, target, self.metric(metric), 2), 2 * apart**2)


def test_forty_words_and_the_same_in_another_order() -> None:
    words, masses = np.eye(40), np.arange(1, 41)
    worth(om.wasserstein_distance(om.Measure(masses, words), om.Measure(masses[::-1], words[::-1])), 0)
    shifted = np.roll(masses, 1)
    moved = Fraction(int(np.abs(masses - shifted).sum()), 2)
    worth(om.wasserstein_distance(om.Measure(masses, words), om.Measure(shifted, words), "cityblock"), float(2 * moved))


@pytest.mark.parametrize(("form", "support"), FORMS)
@pytest.mark.parametrize("d", MANY)
def test_every_form_on_every_support(d: int, form: str, support: str) -> None:
    """Half of the corner (1, 1, 0, ...) goes one step down, half goes two."""
    source = om.Measure([2], [[1, 1] + [0] * (d - 2)])
    target = om.Measure([1, 1], [[0, 1] + [0] * (d - 2), [0, 0] + [0] * (d - 2)])
    worth(om.solve(problem_of(source, target), form, "highspy", support=support), 3)


@pytest.mark.parametrize("language", ["cvxpy", "pyomo"])
@pytest.mark.parametrize("form", ["primal", "flow"])
def test_every_language(form: str, language: str) -> None:
    worth(om.solve(problem_of(om.Measure([1], unit_vectors(65, 0)), om.Measure([1], unit_vectors(65, 64))), form, language), 2)


@pytest.mark.parametrize("d", MANY)
def test_what_is_said_of_a_solution(d: int) -> None:
    source, target = om.Measure([1, 1], unit_vectors(d, 0, 1)), om.Measure([2], unit_vectors(d, 2))
    solution = om.solve(problem_of(source, target))
    report = om.lipschitz_report(solution)
    assert report.lipschitz_value == pytest.approx(4, rel=1e-12)
    assert report.metric.is_metric
    assert om.metric_report(om.ground_cost(source, target)).is_metric


class TestGrid:
    """A grid lays out those axes only that have more than one line."""

    @pytest.mark.parametrize("d", [1, 2, 3, 40, 1000])
    def test_its_crossings_are_those_of_its_long_axes(self, d: int) -> None:
        points = np.full((6, d), 7.0)
        points[:, [0, -1]] = list(product([0.0, 1.0, 5.0], [2.0, 3.0])) if d > 1 else np.arange(6.0)[:, None]
        grid = Grid.through(points)
        assert grid is not None
        assert grid.size == 6
        np.testing.assert_array_equal(grid.points, points)
        np.testing.assert_array_equal(grid.cells(points[::-1]), np.arange(6)[::-1])
        assert len(grid.shape) == d
        assert len(grid.long) == min(d, 2)

    def test_the_corners_of_a_cube_of_many_axes(self) -> None:
        """Beside each other along the axes, 9 neighbours a corner; 3^9 - 1 with diagonals are too many to list."""
        grid = Grid.through(np.array(list(product([0.0, 1.0], repeat=9))))
        assert grid is not None
        assert neighbour_arcs(grid, Minkowski(1.0)).count == 9 * 2**9
        assert direction_arcs(grid, Minkowski(2.0), 3).count == 9 * 2**9
        with pytest.raises(ParameterError, match="19682 neighbours"):
            neighbour_arcs(grid, Minkowski(np.inf))

    def test_in_the_plane_no_direction_is_left_out(self) -> None:
        grid = Grid((np.arange(9.0), np.arange(9.0), np.zeros(1)))
        arcs = direction_arcs(grid, Minkowski(2.0), 20)
        assert arcs.count == grid.arcs(coprime_directions(grid, 20), Minkowski(2.0), "").count

    @pytest.mark.parametrize("metric", METRICS)
    def test_between_the_corners_of_a_cube_of_ten_axes(self, metric: str) -> None:
        """From every corner with x_1 = 0 to its neighbour across."""
        corners = np.array(list(product([0.0, 1.0], repeat=10)))
        first = corners[:, 0] == 0
        source, target = om.Measure(first.astype(int), corners), om.Measure((~first).astype(int), corners)
        worth(om.wasserstein_distance(source, target, metric), 512)


def test_no_pairs_are_no_distances() -> None:
    nothing = np.empty((0, 3))
    assert UserMetric(lambda x, y: np.zeros((len(x), len(y)))).paired(nothing, nothing).shape == (0,)
    here = om.Measure([1], [[1.0, 2.0]])
    assert Network.full(problem_of(here, here, lambda x, y: np.zeros((len(x), len(y))))).arcs.count == 0
