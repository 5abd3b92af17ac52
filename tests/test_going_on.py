"""Answers that are not certified are not returned as if nothing were wrong: other ways, then an error with what is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array

import otmodels as om
from otmodels.benchmark.trust.hitchcock import transport
from otmodels.errors import SolveError, StoppedError
from otmodels.families import Effort, is_settled, settled
from otmodels.families.exactly import exactly
from otmodels.families.kantorovich import planned
from otmodels.families.settling import Way
from otmodels.lipschitz_solution import Result
from otmodels.model import raise_unless_settled
from otmodels.solution import Provenance
from otmodels.status import OPTIMAL
from otmodels.verbs import _row

LANGUAGES = ["cvxpy", "pyomo", "highspy"]
PROBLEM = om.TransportProblem([1, 2, 3], [2, 2, 2], [[1, 4, 6], [2, 3, 5], [7, 2, 1]])


def optimum(problem: om.TransportProblem) -> Fraction:
    costs = [[None if np.isinf(cost) else Fraction(cost) for cost in row] for row in problem.cost.values.tolist()]
    found = transport(*problem.exact_masses(), costs)
    assert found is not None
    return found.value


def provenance() -> Provenance:
    solution = om.solve(PROBLEM, language="highspy")
    assert isinstance(solution, om.Solution)
    return solution.provenance


def poor() -> om.Solution:
    """A plan that serves all and costs too much, with potentials that prove little: no certificate."""
    plan = csr_array(np.array([[0.0, 1, 0], [0, 0, 2], [2, 1, 0]]))
    return planned(PROBLEM, plan, np.zeros(3), np.zeros(3), OPTIMAL, provenance())


def worse() -> om.Solution:
    """Another one."""
    plan = csr_array(np.array([[0.0, 0, 1], [0, 1, 1], [2, 1, 0]]))
    return planned(PROBLEM, plan, np.array([0.0, 1, -1]), np.zeros(3), OPTIMAL, provenance())


def inside(value: Fraction, interval: tuple[float, float]) -> bool:
    lower, upper = interval
    return (lower == -np.inf or Fraction(lower) <= value) and (upper == np.inf or value <= Fraction(upper))


class TestNotCertified:
    def test_it_raises_with_the_interval_and_the_best_solution(self) -> None:
        found = poor()
        with pytest.raises(SolveError, match="not certified") as caught:
            raise_unless_settled(found)
        assert caught.value.solution is found
        assert caught.value.interval == found.certificate.interval
        assert inside(optimum(PROBLEM), found.certificate.interval)

    def test_its_certificate_says_by_name_what_it_is(self) -> None:
        found = poor()
        assert found.certificate.word == "not certified"
        assert not is_settled(found)

    def test_other_ways_are_taken_in_turn_until_one_is_certified(self) -> None:
        taken: list[str] = []

        def way(name: str, result: Result) -> Way:
            def go(_: Result) -> Result:
                taken.append(name)
                return result

            return go

        right = om.solve(PROBLEM, language="highspy")
        found = settled(poor(), [way("worse", worse()), way("right", right), way("never", worse())], Effort())
        assert found is right
        assert taken == ["worse", "right"]

    def test_where_none_is_certified_what_all_prove_is_kept(self) -> None:
        one, other = poor(), worse()
        found = settled(one, [lambda _: other], Effort())
        assert isinstance(found, om.Solution)
        known = found.certificate.interval
        assert known.lower == max(one.certificate.interval.lower, other.certificate.interval.lower)
        assert known.upper == min(one.certificate.interval.upper, other.certificate.interval.upper)
        assert not found.certificate.passed

    def test_no_way_is_begun_after_the_time_is_up(self) -> None:
        found = settled(poor(), [lambda _: om.solve(PROBLEM, language="highspy")], Effort(deadline=0.0))
        assert found.status.termination.stopped
        with pytest.raises(StoppedError) as caught:
            raise_unless_settled(found)
        assert inside(optimum(PROBLEM), caught.value.interval)

    def test_a_row_of_a_comparison_shows_it(self) -> None:
        row = _row("primal", "highspy", poor())
        assert row["certified"] is False
        assert row["relative_gap"] > 1e-3

    def test_a_comparison_of_what_is_certified_says_so(self) -> None:
        table = om.compare(PROBLEM, forms=["primal", "dual"], languages=["highspy"])
        assert table["certified"].all()
        assert table["value"].tolist() == pytest.approx([float(optimum(PROBLEM))] * 2)


class TestExactArithmetic:
    def test_it_ends_certified_from_any_answer(self) -> None:
        for near in (poor(), worse()):
            found = exactly(PROBLEM, near, near.provenance, Effort())
            assert isinstance(found, om.Solution)
            assert found.certificate.passed
            assert found.certificate.interval == (float(optimum(PROBLEM)), float(optimum(PROBLEM)))
            assert "exact arithmetic" in found.provenance.reason

    def test_it_ends_in_time(self) -> None:
        near = poor()
        assert exactly(PROBLEM, near, near.provenance, Effort(deadline=0.0)) is near

    @pytest.mark.parametrize("form", ["primal", "dual", "lipschitz", "flow"])
    @pytest.mark.parametrize("steps", [1, 3, -2])
    def test_measures_that_differ_by_rounding(self, form: str, steps: int) -> None:
        """B_j (1 + k eps) on one side: what moves is a few units of rounding, and its exact cost lies in the interval."""
        points = np.array([0.0, 1.0, 3.0, 7.0])
        b = np.array([0.1, 0.2, 0.3, 0.4])
        a = b * (1 + steps * np.array([2.0**-52, 0.0, -(2.0**-52), 0.0]))
        source, target = om.Measure(a, points=points), om.Measure(b, points=points)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        exact = optimum(problem)
        assert 0 < exact < Fraction(1, 10**14)
        solution = om.solve(problem, form, "highspy")
        assert solution.certificate.passed
        assert inside(exact, solution.certificate.interval)
        distance = om.wasserstein_distance(source, target)
        assert not isinstance(distance, om.Unsolved)
        assert inside(exact, distance.certificate.interval)


class TestGivenPairs:
    PAIRS = ((0, 1), (1, 2), (1, 0), (2, 0), (2, 1), (2, 2))

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_they_are_never_widened_and_the_answer_says_what_it_is(self, form: str, language: str) -> None:
        solution = om.solve(PROBLEM, form, language, support=self.PAIRS)
        assert isinstance(solution, om.Solution)
        assert solution.is_on_given_pairs
        assert not solution.certificate.passed
        assert set(zip(*(index.tolist() for index in solution.sparse_plan.tocoo().coords), strict=True)) <= set(self.PAIRS)
        assert inside(optimum(PROBLEM), solution.certificate.interval)
        assert solution.value > optimum(PROBLEM)

    def test_pairs_that_hold_an_optimal_plan_are_certified_over_all(self) -> None:
        best = om.solve(PROBLEM, language="highspy")
        assert isinstance(best, om.Solution)
        pairs = np.stack(best.sparse_plan.tocoo().coords, axis=1)
        solution = om.solve(PROBLEM, language="highspy", support=pairs)
        assert isinstance(solution, om.Solution)
        assert solution.certificate.passed
        assert not solution.is_on_given_pairs


class TestStopped:
    @pytest.mark.parametrize("support", ["full", "generated"])
    def test_a_limit_that_is_over_at_once_raises_with_a_proven_interval(self, support: str) -> None:
        rng = np.random.default_rng(0)
        problem = om.TransportProblem(np.full(60, 1 / 60), np.full(60, 1 / 60), rng.integers(1, 50, (60, 60)))
        with pytest.raises(StoppedError) as caught:
            om.solve(problem, language="highspy", support=support, time_limit=1e-9)
        assert inside(optimum(problem), caught.value.interval)


class TestExtended:
    def test_one_without_answer_is_not_answered_by_the_plain_problem(self) -> None:
        """At least 5 from source 0, which has 1."""
        from pyomo.environ import Constraint

        model = om.build(PROBLEM, language="pyomo")
        model.native.too_much = Constraint(expr=model.variables["gamma"][0, 0] >= 5)
        result = model.solve(throw=False)
        assert isinstance(result, om.Unsolved)
        with pytest.raises(SolveError):
            model.solve()

    def test_one_without_bound_is_not_answered_by_the_plain_problem(self) -> None:
        model = om.build(PROBLEM, "dual", language="pyomo")
        model.native.below_cost.deactivate()
        with pytest.raises(SolveError) as caught:
            model.solve()
        assert caught.value.solution is None
