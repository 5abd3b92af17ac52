"""Inputs from public reports that once were answered wrongly, or not at all: exact optima as fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import ot
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.hitchcock import transport

FORMS = [(form, language) for form in ("primal", "dual") for language in ("cvxpy", "pyomo", "highspy")]


def optimum(problem: om.TransportProblem) -> Fraction:
    costs = [[None if np.isinf(cost) else Fraction(cost) for cost in row] for row in problem.cost.values.tolist()]
    found = transport(*problem.exact_masses(), costs)
    assert found is not None
    return found.value


def assert_certified(solution: Any, exact: Fraction) -> None:
    assert solution.certificate.passed, solution.certificate.verdict
    lower, upper = solution.certificate.interval
    assert Fraction(lower) <= exact <= Fraction(upper)
    assert abs(Fraction(solution.value) - exact) <= abs(exact) / 10**9


class TestOutlierCosts:
    """One cost far above the others, which no sensible plan pays: POT, issue 229."""

    B = 1e32
    MASSES = np.array([1, 1, 1, 1, 4]) / 8
    COST = np.array(
        [
            [250.275352, 374.653218, 2413.52736, B, 0.0015175154],
            [213.08203, 328.812836, 2294.87946, B, 0.1371098],
            [197.333083, 309.175848, 2242.5055, B, 2.46506283],
            [B, B, B, 5.26223432, B],
            [38.4690152, 80.9465684, 333.064175, B, 0],
        ]
    )
    PROBLEM = om.TransportProblem(MASSES, MASSES, COST)
    EXACT = optimum(PROBLEM)

    def test_the_exact_optimum(self) -> None:
        assert float(self.EXACT) == pytest.approx(57.543210383175, rel=1e-13)

    def test_an_answer_of_88_5_is_refused(self) -> None:
        """Everybody at home, which is a feasible plan; and potentials in a gauge of 1e32, in which 31 are rounding."""
        plan = np.diag(self.MASSES)
        assert float((plan * self.COST).sum()) > 300
        plan = np.zeros((5, 5))
        plan[[0, 1, 2, 3, 4, 4], [4, 4, 2, 3, 0, 1]] = 1 / 8
        plan[4, 4] = 2 / 8
        value = float((plan * self.COST).sum())
        assert value > 1.5 * float(self.EXACT)
        potentials = [(np.zeros(5), np.zeros(5)), (np.full(5, self.B), np.full(5, -self.B)), (self.COST[:, 4], np.zeros(5))]
        for f, g in potentials:
            certificate = om.certify(self.PROBLEM, plan, f, g)
            assert not certificate.passed
            lower, upper = certificate.interval
            assert Fraction(lower) <= self.EXACT <= (Fraction(upper) if np.isfinite(upper) else self.EXACT)
        assert not om.certify(self.PROBLEM, plan).passed

    def test_what_pot_answers_is_certified_only_where_it_is_right(self) -> None:
        plan, log = ot.emd(self.MASSES, self.MASSES, self.COST, log=True)
        certificate = om.certify(self.PROBLEM, plan, log["u"], log["v"])
        right = abs(Fraction(float((plan * self.COST).sum())) - self.EXACT) <= self.EXACT / 10**9
        assert right or not certificate.passed
        assert Fraction(certificate.interval.lower) <= self.EXACT

    @pytest.mark.parametrize(("form", "language"), FORMS)
    def test_every_form_and_language(self, form: str, language: str) -> None:
        assert_certified(om.solve(self.PROBLEM, form, language), self.EXACT)

    def test_generated_pairs(self) -> None:
        assert_certified(om.solve(self.PROBLEM, language="highspy", support="generated"), self.EXACT)

    @pytest.mark.parametrize(("form", "language"), FORMS)
    @pytest.mark.parametrize("large", [1e14, 1e30, 1e290])
    def test_10_is_not_11(self, form: str, language: str, large: float) -> None:
        cost = np.array([[5.0, 6.0, large], [5.0, 5.0, large], [large, large, 0.0]])
        problem = om.TransportProblem([1, 1, 1], [1, 1, 1], cost)
        assert_certified(om.solve(problem, form, language), Fraction(10))
        wrong = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
        for f, g in (([0, 0, 0], [5, 6, 0]), ([0, 0, -large], [5, 5, large]), ([0, 0, large / 2], [5, 6, -large / 2])):
            certificate = om.certify(problem, wrong, f, g)
            assert not certificate.passed
            assert certificate.interval.lower <= 10 <= certificate.interval.upper

    @pytest.mark.parametrize("large", [1e10, 1e14, 1e20])
    def test_12_is_not_24(self, large: float) -> None:
        """Four atoms, one pair of them dear: 3 each at home or 6 each one further."""
        cost = np.full((4, 4), 9.0)
        cost[range(4), range(4)], cost[range(4), [1, 2, 3, 0]] = 3, 6
        cost[0, 2] = large
        problem = om.TransportProblem(np.ones(4), np.ones(4), cost)
        wrong = np.roll(np.eye(4), 1, axis=1)
        for u in (0.0, large, -large):
            certificate = om.certify(problem, wrong, np.full(4, u), np.full(4, 6 - u))
            assert not certificate.passed
            assert certificate.interval.lower <= 12 <= certificate.interval.upper
        assert_certified(om.solve(problem, language="highspy"), Fraction(12))

    @pytest.mark.parametrize("seed", range(12))
    def test_outliers_anywhere(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        cost = rng.integers(1, 30, (5, 6)).astype(float)
        cost[rng.integers(0, 5, 3), rng.integers(0, 6, 3)] = 10.0 ** rng.uniform(10, 290)
        a, b = rng.random(5), rng.random(6)
        problem = om.TransportProblem(a, b * (a.sum() / b.sum()), cost)
        form, language = FORMS[seed % len(FORMS)]
        assert_certified(om.solve(problem, form, language), optimum(problem))


def gaussian(size: int, x: float, y: float, variance: float) -> FloatArray:
    """Masses of a Gaussian on a grid, some of them 1e-100, of total 1."""
    i, j = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    mass = np.exp(-((i - x) ** 2 + (j - y) ** 2) / variance)
    return np.asarray(mass / mass.sum())


class TestManyOrders:
    """Masses over hundreds of orders of magnitude: the most ordinary ones, Gaussians on a grid or a line."""

    def test_gaussians_on_a_grid(self) -> None:
        source = om.grid_measure(gaussian(32, 8, 9.6, 8))
        target = om.grid_measure(gaussian(32, 22.4, 19.2, 11.52))
        solution = om.wasserstein_distance(source, target)
        assert not isinstance(solution, om.Unsolved)
        assert solution.certificate.passed
        assert solution.value == pytest.approx(17.31084, abs=1e-5)

    @pytest.mark.parametrize("form", ["primal", "flow"])
    def test_gaussians_on_a_smaller_grid(self, form: str) -> None:
        source, target = (om.grid_measure(gaussian(16, *about)) for about in ((4, 4.8, 2), (11.2, 9.6, 2.88)))
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        solution = om.solve(problem, form, "highspy", support="generated")
        assert solution.certificate.passed
        known = ot.emd2(source.mass, target.mass, problem.cost.values, numItermax=10**6)
        assert solution.value == pytest.approx(known, rel=1e-7)

    def test_a_softmax_in_single_precision(self) -> None:
        u = np.random.default_rng(0).random((2, 12, 12)).astype(np.float32) * np.float32(1000)
        one, other = (np.exp(x - x.max()) for x in u)
        source, target = (om.grid_measure((x / x.sum()).astype(np.float64)) for x in (one, other))
        solution = om.wasserstein_distance(source, target, balance="rescale")
        assert not isinstance(solution, om.Unsolved)
        assert solution.certificate.passed

    @staticmethod
    def line(bins: int, middle: float, widths: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
        x = np.arange(bins)
        one, other = (np.exp(-((x - middle) ** 2) / (2 * width**2)) for width in widths)
        return one / one.sum(), other / other.sum()

    def test_histograms_on_the_line_as_points(self) -> None:
        a, b = self.line(500, 20, (5, 10))
        source, target = (om.Measure(mass, points=np.arange(500.0)) for mass in (a, b))
        solution = om.wasserstein_distance(source, target, power=2)
        assert not isinstance(solution, om.Unsolved)
        assert solution.certificate.passed
        assert solution.value == pytest.approx(20.630344972100, rel=1e-12)

    @pytest.mark.parametrize(("form", "language"), FORMS)
    def test_histograms_on_the_line_as_a_matrix(self, form: str, language: str) -> None:
        a, b = self.line(60, 20, (2, 3))
        i = np.arange(60.0)
        problem = om.TransportProblem(a, b, (i[:, None] - i) ** 2)
        source, target = (om.Measure(mass, points=i) for mass in (a, b))
        known = om.wasserstein_distance(source, target, power=2)
        assert not isinstance(known, om.Unsolved)
        solution = om.solve(problem, form, language)
        assert solution.certificate.passed
        assert solution.value == pytest.approx(known.value, rel=1e-9)

    def test_the_matrix_of_500_bins_on_generated_pairs(self) -> None:
        a, b = self.line(500, 20, (5, 10))
        i = np.arange(500.0)
        problem = om.TransportProblem(a, b, (i[:, None] - i) ** 2)
        solution = om.solve(problem, language="highspy", support="generated")
        assert solution.certificate.passed
        assert solution.value == pytest.approx(20.630344972100, rel=1e-9)
