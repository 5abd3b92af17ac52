"""Masses that a solver let go are placed afterwards, where that is allowed and cheap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.placing import placed

INF = float("inf")


def laid(problem: om.TransportProblem, plan: FloatArray) -> FloatArray:
    n, m = problem.shape
    return np.asarray(placed(problem, csr_array(plan), np.zeros(n), np.zeros(m)).toarray())


def missed(problem: om.TransportProblem, plan: FloatArray) -> float:
    """The largest part of its own mass that an atom is off by."""
    one = np.abs(plan.sum(axis=1) - problem.a)[problem.a > 0] / problem.a[problem.a > 0]
    other = np.abs(plan.sum(axis=0) - problem.b)[problem.b > 0] / problem.b[problem.b > 0]
    return float(max(one.max(), other.max()))


def light(cost: FloatArray) -> om.TransportProblem:
    """Two atoms of mass 1/2 and one of 1e-20 on either side."""
    return om.TransportProblem([0.5, 0.5, 1e-20], [0.5, 1e-20, 0.5], cost)


class TestPlaced:
    def test_a_plan_that_serves_all_stays_as_it_is(self) -> None:
        problem = om.TransportProblem([0.5, 0.5], [0.25, 0.75], np.ones((2, 2)))
        plan = np.array([[0.25, 0.25], [0.0, 0.5]])
        assert np.array_equal(laid(problem, plan), plan)

    def test_light_atoms_that_were_let_go_on_both_sides_serve_each_other(self) -> None:
        plan = np.array([[0.5, 0, 0], [0, 0, 0.5], [0, 0, 0]])
        found = laid(light(np.ones((3, 3))), plan)
        assert found[2, 1] == 1e-20
        assert found[0, 0] == found[1, 2] == 0.5

    def test_where_that_pair_is_forbidden_heavy_atoms_take_what_they_do_not_notice_at_the_least_slack(self) -> None:
        cost = np.array([[0.0, 3.0, 9.0], [9.0, 2.0, 0.0], [7.0, INF, 4.0]])
        found = laid(light(cost), np.array([[0.5, 0, 0], [0, 0, 0.5], [0, 0, 0]]))
        assert found[2].tolist() == [0, 0, 1e-20]
        assert found[:, 1].tolist() == [0, 1e-20, 0]
        assert missed(light(cost), found) <= 1e-9

    def test_what_an_atom_has_taken_it_notices(self) -> None:
        """Two sources of 0.6e-9 are cheapest at target 0, of mass 1, which does not notice one of them, but both."""
        little = 0.6e-9
        cost = np.array([[0, 0, 0], [0, 0, 0], [0, INF, 1], [0, INF, 1]])
        problem = om.TransportProblem([1.0, 2.0, little, little], [1.0, 1 + 2 * little, 1.0], cost)
        found = laid(problem, np.array([[1.0, 0, 0], [0, 1, 1], [0, 0, 0], [0, 0, 0]]))
        assert sorted(found[2:, 0]) == sorted(found[2:, 2]) == [0, little]
        assert missed(problem, found) <= 1e-9

    @pytest.mark.parametrize("seed", range(20))
    def test_every_atom_is_served_in_proportion_to_its_own_mass(self, seed: int) -> None:
        """Masses over 250 orders of magnitude, of which a solver with a tolerance of 1e-10 serves the heavy ones."""
        rng = np.random.default_rng(seed)
        a, b = (np.append(10.0 ** rng.uniform(-250, -12, 12), [0.5, 0.5]) for _ in range(2))
        b *= a.sum() / b.sum()
        problem = om.TransportProblem(a, b, rng.random((14, 14)))
        plan = np.zeros((14, 14))
        plan[12, 12] = plan[13, 13] = 0.5
        found = laid(problem, plan)
        assert missed(problem, found) <= 1e-8
        assert (found >= 0).all()

    def test_too_much_is_scaled_down(self) -> None:
        problem = om.TransportProblem([1.0, 1.0], [1.0, 1.0], np.ones((2, 2)))
        found = laid(problem, np.array([[2.0, 0.0], [0.0, 1.0]]))
        assert found.tolist() == [[1, 0], [0, 1]]

    def test_what_is_negative_forbidden_or_of_no_mass_is_left_out(self) -> None:
        problem = om.TransportProblem([1.0, 0.0, 1.0], [1.0, 1.0], np.array([[1, INF], [1, 1], [1, 1]]))
        found = laid(problem, np.array([[1.0, 0.5], [0.5, 0.5], [-1e-9, 1.0]]))
        assert found.tolist() == [[1, 0], [0, 0], [0, 1]]

    def test_nothing_is_ever_laid_on_a_forbidden_pair(self) -> None:
        problem = om.TransportProblem([1.0, 1e-20], [1e-20, 1.0], np.array([[0, 1], [INF, 1]]))
        found = laid(problem, np.array([[0.0, 1.0], [0.0, 0.0]]))
        assert found[1, 0] == 0
        assert missed(problem, found) <= 1e-9


class TestCertified:
    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    def test_masses_far_below_any_tolerance_of_a_solver(self, language: str) -> None:
        """0.5 stays, 1e-20 moves by 1 and 1e-30 by 4; the rest is cheapest where it is."""
        a, b = [0.5, 0.5, 1e-20, 1e-30], [0.5, 0.5, 1e-30, 1e-20]
        cost = np.array([[0.0, 9, 9, 9], [9, 1, 9, 9], [9, 9, 9, 1], [9, 9, 4, 9]])
        solution = om.solve(om.TransportProblem(a, b, cost), language=language)
        assert isinstance(solution, om.Solution)
        assert solution.certificate.passed
        assert solution.plan[2].sum() == pytest.approx(1e-20, rel=1e-6)
        assert solution.plan[3].sum() == pytest.approx(1e-30, rel=1e-6)
