"""A certificate says what anybody's plan and potentials prove, from the data alone."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catalogue import solve
from scipy.sparse import coo_array, csc_matrix, csr_array, csr_matrix

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import (
    CertificateError,
    DuplicateLabelError,
    InfiniteValueError,
    LabelMismatchError,
    NotANumberError,
    ParameterError,
    ShapeError,
)

SOURCES = ["mine", "quarry", "pit"]
TARGETS = ["port", "mill"]
COST = np.array([[2.0, 6.0], [3.0, 5.0], [7.0, 4.0]])
PLAN = np.array([[30.0, 0.0], [10.0, 10.0], [0.0, 50.0]])
F = np.array([0.0, 1.0, 0.0])
G = np.array([2.0, 4.0])
VALUE = 340.0
"""30 * 2 + 10 * 3 + 10 * 5 + 50 * 4 moved; 20 * 1 + 40 * 2 + 60 * 4 proven: the same."""


@pytest.fixture
def problem() -> om.TransportProblem:
    """Three sources, two targets; plan and potentials above are the only optimal ones."""
    return om.TransportProblem(om.Measure([30, 20, 50], labels=SOURCES), om.Measure([40, 60], labels=TARGETS), COST)


def failed(certificate: om.Certificate) -> set[str]:
    return {check.name for check in certificate.checks if not check.passed}


def worst(certificate: om.Certificate) -> om.Check:
    assert certificate.worst is not None
    return certificate.worst


class TestWhatIsProven:
    def test_plan_and_potentials_of_equal_value_prove_optimality(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, PLAN, F, G)
        assert certificate.passed
        assert (certificate.primal_value, certificate.dual_value) == (VALUE, VALUE)
        assert certificate.interval == (VALUE, VALUE)
        assert certificate.gap == certificate.relative_gap == 0
        assert certificate.worst is None
        assert certificate.verdict == "certified optimal: the value is 340, relative gap 0.0e+00"
        certificate.raise_if_failed()

    def test_a_plan_alone_proves_an_upper_bound(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, plan=[[20, 10], [20, 0], [0, 50]])
        assert not certificate.passed
        assert certificate.primal_value == 360
        assert math.isnan(certificate.dual_value)
        assert 40 * 2 + 60 * 4 <= certificate.interval[0] <= VALUE
        assert certificate.interval[1] == 360

    def test_a_plan_alone_is_optimal_where_every_target_is_served_at_its_cheapest(self) -> None:
        problem = om.TransportProblem([1, 2], [2, 1], [[5, 1], [2, 7]])
        certificate = om.certify(problem, plan=[[0, 1], [2, 0]])
        assert certificate.passed
        assert certificate.interval == (5, 5)

    def test_a_plan_at_the_cheapest_pairs_is_proven_optimal_beside_potentials_that_fall_short(self) -> None:
        problem = om.TransportProblem([1, 2], [2, 1], [[5, 1], [2, 7]])
        certificate = om.certify(problem, [[0, 1], [2, 0]], [9, -9])
        assert certificate.interval == (5, 5)
        assert certificate.dual_value < 5
        assert not certificate.passed

    @pytest.mark.parametrize("given", [{"f": F}, {"g": G}, {"f": F, "g": G}], ids=["f", "g", "f and g"])
    def test_potentials_alone_prove_a_lower_bound(self, problem: om.TransportProblem, given: dict[str, Any]) -> None:
        certificate = om.certify(problem, **given)
        assert not certificate.passed
        assert certificate.dual_value == VALUE
        assert certificate.interval == (VALUE, math.inf)
        assert math.isnan(certificate.primal_value)
        assert certificate.gap == math.inf
        assert certificate.verdict.endswith("proven: the optimal value is at least 340")

    @pytest.mark.parametrize("given", [{"f": F}, {"g": G}], ids=["f", "g"])
    def test_a_missing_potential_is_the_transform_of_the_other(self, problem: om.TransportProblem, given: dict[str, Any]) -> None:
        assert om.certify(problem, PLAN, **given).passed

    def test_infeasible_potentials_still_prove_the_bound_of_f_and_its_transform(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, f=[9, 0, 0], g=[90, 90])
        assert failed(certificate) >= {"dual feasibility f + g <= C"}
        assert certificate.interval[0] == 30 * 9 + 40 * -7 + 60 * -3

    def test_an_infeasible_plan_is_repaired_and_proves_what_the_repaired_one_costs(self, problem: om.TransportProblem) -> None:
        """Half a plan, and the other half spread over all pairs in proportion to what atoms still have: 15, 10, 25 and 20, 30."""
        spread = sum(a * b * COST[i, j] / 50 for i, a in enumerate((15, 10, 25)) for j, b in enumerate((20, 30)))
        lower, upper = om.certify(problem, PLAN / 2, F, G).interval
        assert lower == VALUE
        assert VALUE / 2 + spread <= upper <= (VALUE / 2 + spread) * (1 + 1e-12)

    def test_without_a_repair_along_allowed_pairs_there_is_no_upper_bound(self) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], np.array([[1, np.inf], [1, 1]]))
        assert om.certify(problem, [[0, 0], [1, 0]], [0, 0], [1, 1]).interval == (2, math.inf)

    def test_a_suboptimal_plan_leaves_an_interval(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, [[20, 10], [20, 0], [0, 50]], F, G)
        assert failed(certificate) == {"duality gap", "complementary slackness"}
        assert certificate.verdict.endswith("proven: the optimal value lies in [340, 360]")
        assert certificate.gap == 20
        assert certificate.relative_gap == pytest.approx(20 / 360)

    def test_the_gauge_of_potentials_does_not_matter(self, problem: om.TransportProblem) -> None:
        assert om.certify(problem, PLAN, F + 128, G - 128).passed

    def test_negated_potentials_are_not_potentials(self, problem: om.TransportProblem) -> None:
        assert not om.certify(problem, PLAN, -F, -G).passed
        assert not om.certify(problem, PLAN, F, -G).passed
        assert not om.certify(problem, PLAN, -F, G).passed

    def test_nothing_given_is_an_error(self, problem: om.TransportProblem) -> None:
        with pytest.raises(ParameterError, match="Give a plan, potentials, or both"):
            om.certify(problem)


class TestEachCheckCanFail:
    """One answer for each check, wrong in that respect, named with the worst offender."""

    @pytest.mark.parametrize(
        ("change", "name", "where"),
        [
            ([[0, 0], [0, 0], [0, -20]], "source marginal", "pit"),
            ([[0, 0], [7, 0], [0, 0]], "source marginal", "quarry"),
            ([[-30, 30], [0, 0], [0, 0]], "target marginal", "port"),
            ([[10, -10], [-10, 10], [0, 0]], "plan is non-negative", "(mine, mill)"),
            ([[-10, 10], [10, -10], [0, 0]], "complementary slackness", "(mine, mill)"),
            ([[-10, 10], [10, -10], [0, 0]], "duality gap", ""),
        ],
    )
    def test_of_the_plan(self, problem: om.TransportProblem, change: list[list[float]], name: str, where: str) -> None:
        certificate = om.certify(problem, PLAN + np.array(change), F, G)
        assert name in failed(certificate)
        check = next(check for check in certificate.checks if check.name == name)
        assert check.where == where
        assert bool(certificate.table().loc[name, "passed"]) is False

    def test_of_the_potentials(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, PLAN, F + np.array([0, 0, 5]), G)
        check = next(check for check in certificate.checks if check.name == "dual feasibility f + g <= C")
        assert (check.violation, check.where) == (5.0, "(pit, mill)")

    def test_of_forbidden_pairs(self) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], om.Cost(np.array([[1, np.inf], [1, 1]])))
        certificate = om.certify(problem, [[0, 1], [1, 0]], [0, 0], [1, 1])
        check = next(check for check in certificate.checks if check.name == "forbidden pairs are empty")
        assert (check.violation, check.where) == (1.0, "(0, 1)")
        assert not check.passed
        assert certificate.interval[1] == math.inf

    def test_of_atoms_whose_mass_is_too_small_to_show_in_the_total(self) -> None:
        problem = om.TransportProblem([1.0, 1e-11], [1.0 + 1e-11], [[1], [1]])
        certificate = om.certify(problem, [[1.0 + 1e-11], [0.0]], [0, 0], [1])
        assert failed(certificate) == {"source atoms served"}
        assert worst(certificate).where == "1"
        problem = om.TransportProblem([1.0 + 1e-11], [1.0, 1e-11], [[1, 1]])
        certificate = om.certify(problem, [[1.0 + 1e-11, 0.0]], [0], [1, 1])
        assert failed(certificate) == {"target atoms served"}

    def test_mass_for_an_atom_without_mass(self) -> None:
        problem = om.TransportProblem([1, 0], [1], [[1], [1]])
        certificate = om.certify(problem, [[1 - 1e-6], [1e-6]], [0, 0], [1])
        assert "source marginal" in failed(certificate)


class TestEachCheckIsStrict:
    """A millionth too much is too much for each check by itself, a trillionth is rounding."""

    STEPS = pytest.mark.parametrize(("step", "passes"), [(1e-6, False), (1e-12, True)])

    @STEPS
    def test_when_mass_takes_a_dear_road(self, problem: om.TransportProblem, step: float, passes: bool) -> None:
        """340 is the value; a step of 170 moved from (mine, port) to (mine, mill), and back at the quarry, costs 340."""
        plan = PLAN + 170 * step * np.array([[-1, 1], [1, -1], [0, 0]])
        expected = set() if passes else {"duality gap", "complementary slackness"}
        assert failed(om.certify(problem, plan, F, G)) == expected

    @STEPS
    def test_when_only_the_plan_is_there_to_judge(self, step: float, passes: bool) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[1, 2], [2, 1]])
        plan = np.eye(2) + step * np.array([[-1, 1], [1, -1]])
        assert failed(om.certify(problem, plan)) == (set() if passes else {"duality gap", "no cycle improves the plan"})

    @STEPS
    def test_when_potentials_are_too_low(self, problem: om.TransportProblem, step: float, passes: bool) -> None:
        certificate = om.certify(problem, PLAN, F, G - 3.4 * step)
        expected = {"value of the potentials lies in the interval", "complementary slackness"}
        assert failed(certificate) == (set() if passes else expected)

    @STEPS
    def test_when_a_potential_is_too_high(self, step: float, passes: bool) -> None:
        """At a target without mass, where it changes no value."""
        problem = om.TransportProblem([1], [1, 0], [[1, 7]])
        assert failed(om.certify(problem, [[1, 0]], [0], [1, 7 + 7 * step])) == (
            set() if passes else {"dual feasibility f + g <= C"}
        )

    @STEPS
    def test_when_an_entry_is_negative(self, step: float, passes: bool) -> None:
        """Where all plans cost the same, and the marginals are right."""
        problem = om.TransportProblem([1, 1], [1, 1], [[1, 1], [1, 1]])
        plan = np.eye(2) + 2 * step * np.array([[1, -1], [-1, 1]])
        assert failed(om.certify(problem, plan, [0, 0], [1, 1])) == (set() if passes else {"plan is non-negative"})

    @STEPS
    def test_when_a_forbidden_pair_carries_mass(self, step: float, passes: bool) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], om.Cost(np.array([[0, np.inf], [0, 0]])))
        plan = np.eye(2) + 2 * step * np.array([[-1, 1], [1, -1]])
        assert failed(om.certify(problem, plan, [0, 0], [0, 0])) == (set() if passes else {"forbidden pairs are empty"})

    @STEPS
    def test_when_mass_is_lost_on_the_way(self, step: float, passes: bool) -> None:
        """Free of charge, so that no value tells."""
        problem = om.TransportProblem([1, 1], [1, 1], [[0, 0], [0, 0]])
        plan = np.eye(2) - 2 * step * np.array([[1, 0], [0, 0]])
        marginals = {"source marginal", "target marginal", "source atoms served", "target atoms served"}
        assert marginals - failed(om.certify(problem, plan, [0, 0], [0, 0])) == (marginals if passes else set())

    @pytest.mark.parametrize(("share", "passes"), [(0.0, False), (0.99, False), (1 - 1e-5, False), (1 - 1e-7, True), (1.0, True)])
    def test_when_an_atom_of_tiny_mass_gets_part_of_it(self, share: float, passes: bool) -> None:
        tiny = 1e-11
        problem = om.TransportProblem([1.0, tiny], [1.0 + tiny], [[1], [1]])
        certificate = om.certify(problem, [[1.0 + tiny * (1 - share)], [share * tiny]], [0, 0], [1])
        assert failed(certificate) == (set() if passes else {"source atoms served"})


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
@pytest.mark.parametrize("centre", [0.0, 1000.0])
def test_a_median_that_rounding_could_take_either_way_excuses_nothing(order: list[int], centre: float) -> None:
    """Half of the mass has f = 0 and half 1000; a pair above its cost is seen in the scale of either."""
    mass = np.array([0.1, 0.2, 0.3])[order]
    a, f = np.concatenate([mass, mass]), np.repeat([0.0, 1000.0], 3)
    raised = np.zeros(6)
    raised[1 if centre == 0 else 4] = 5e-7
    problem = om.TransportProblem(a, a, np.repeat(f[:, None] - centre, 6, axis=1))
    certificate = om.certify(problem, np.diag(a), f - centre, raised)
    assert [check.name for check in certificate.checks if not check.passed] == ["dual feasibility f + g <= C"]
    assert om.certify(problem, np.diag(a), f - centre, np.zeros(6)).passed


class TestOtherPeoplesAnswers:
    """What converged, or stopped early, and looks right."""

    def test_a_plan_that_is_feasible_and_slightly_too_dear(self, problem: om.TransportProblem) -> None:
        """1e-6 of the mass takes the dear road: 3.4e-5 on a value of 340."""
        step = 1e-6 * 30
        plan = PLAN + step * np.array([[-1, 1], [1, -1], [0, 0]])
        assert not om.certify(problem, plan, F, G).passed
        assert not om.certify(problem, plan).passed

    def test_potentials_slightly_infeasible_so_that_the_values_agree(self, problem: om.TransportProblem) -> None:
        """As from a solver stopped early: plan too dear, potentials raised by just as much, so that the gap is 0."""
        plan = np.array([[20.0, 10.0], [20.0, 0.0], [0.0, 50.0]])
        raised = G + 20 / 100
        certificate = om.certify(problem, plan, F, raised)
        assert certificate.primal_value == pytest.approx(certificate.dual_value, rel=1e-15)
        assert not certificate.passed
        assert {"dual feasibility f + g <= C", "duality gap"} <= failed(certificate)
        assert certificate.interval[0] < certificate.interval[1]

    @pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
    def test_however_small_both_errors_are(self, problem: om.TransportProblem, size: float) -> None:
        plan = PLAN + 30 * size * np.array([[-1, 1], [1, -1], [0, 0]])
        dear = float((plan * COST).sum()) - VALUE
        certificate = om.certify(problem, plan, F, G + dear / 100)
        assert abs(certificate.primal_value - certificate.dual_value) <= 1e-12 * VALUE
        assert not certificate.passed

    def test_potentials_of_the_right_value_that_are_not_feasible(self, problem: om.TransportProblem) -> None:
        """<a, f> + <b, g> = 340 with an optimal plan, f too high at one source and too low at another."""
        f = F + np.array([1e-6 / 30, -1e-6 / 20, 0])
        certificate = om.certify(problem, PLAN, f, G)
        assert abs(certificate.primal_value - certificate.dual_value) <= 1e-12 * VALUE
        assert not certificate.passed

    def test_a_huge_cost_does_not_hide_potentials_that_are_wrong_among_small_ones(self) -> None:
        """Slack is measured against the largest cost, 1e12; values are not, and give the wrong potentials away."""
        problem = om.TransportProblem([1, 1], [1, 1], np.array([[1, 1e12], [2, 1]]))
        assert om.certify(problem, [[1, 0], [0, 1]], [0, 0], [1, 1]).passed
        assert not om.certify(problem, [[1, 0], [0, 1]], [0.5, 0], [1, 0.5]).passed
        assert not om.certify(problem, [[1, 0], [0, 1]], [0.5, -0.5], [1, 1]).passed

    def test_sinkhorn_stopped_at_a_marginal_error_of_a_millionth(self) -> None:
        """Entropic plan, sharp enough to be optimal as far as one sees, its rows off by 1e-6."""
        rng = np.random.default_rng(7)
        x, y = rng.random((6, 2)), rng.random((6, 2))
        source, target = om.Measure.from_samples(x), om.Measure.from_samples(y)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        plan, f, g = sinkhorn(problem.cost.values, problem.a, problem.b, regularisation=0.02, error=1e-6)
        assert 1e-8 < np.abs(plan.sum(axis=1) - problem.a).sum() <= 1e-6
        certificate = om.certify(problem, plan, f, g)
        assert not certificate.passed
        assert "source marginal" in failed(certificate)
        assert certificate.interval.lower <= solve(problem).interval.upper

    def test_an_optimal_plan_whose_marginals_are_off_by_a_millionth(self, problem: om.TransportProblem) -> None:
        assert failed(om.certify(problem, PLAN * (1 + 1e-6), F, G)) >= {"source marginal", "target marginal"}

    def test_single_precision_is_not_enough(self) -> None:
        instance = om.TransportProblem(np.full(3, 1 / 3), np.full(3, 1 / 3), [[0.1, 0.7, 0.9], [0.3, 0.2, 0.8], [0.6, 0.5, 0.4]])
        solution = solve(instance)
        assert solution.certificate.passed
        assert not om.certify(instance, solution.plan.astype(np.float32), solution.f, solution.g).passed


def sinkhorn(
    cost: FloatArray, a: FloatArray, b: FloatArray, regularisation: float, error: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Entropic plan and potentials by alternating scaling in the log domain, until the rows are right to `error` (1-norm)."""
    f, g = np.zeros(a.size), np.zeros(b.size)
    while True:
        f = -regularisation * np.log(np.exp((g[None, :] - cost) / regularisation).sum(axis=1) / a)
        g = -regularisation * np.log(np.exp((f[:, None] - cost) / regularisation).sum(axis=0) / b)
        plan = np.exp((f[:, None] + g[None, :] - cost) / regularisation)
        if np.abs(plan.sum(axis=1) - a).sum() <= error:
            return plan, f, g


class TestShapesOfInput:
    @pytest.mark.parametrize(
        "form",
        [
            np.array,
            lambda plan: plan.tolist(),
            lambda plan: plan.astype(np.int64),
            lambda plan: plan.astype(np.float32),
            np.asfortranarray,
            csr_array,
            csr_matrix,
            csc_matrix,
            coo_array,
            pd.DataFrame,
        ],
        ids=["array", "list", "integers", "float32", "fortran", "csr array", "csr matrix", "csc matrix", "coo array", "frame"],
    )
    def test_plans_of_any_make_are_the_same_plan(self, form: Any) -> None:
        unlabelled = om.TransportProblem([30, 20, 50], [40, 60], COST)
        assert om.certify(unlabelled, form(PLAN), F, G).passed

    def test_entries_of_a_sparse_plan_that_stand_twice_add_up(self, problem: om.TransportProblem) -> None:
        plan = coo_array(([20.0, 10.0, 10.0, 10.0, 50.0], ([0, 0, 1, 1, 2], [0, 0, 0, 1, 1])), shape=(3, 2))
        assert om.certify(problem, plan, F, G).passed

    def test_the_plan_that_was_given_is_left_as_it_is(self, problem: om.TransportProblem) -> None:
        data, indices = np.array([10.0, 20.0, 10.0, 10.0, 50.0]), np.array([0, 0, 1, 0, 1])
        plan = csr_array((data, indices, np.array([0, 2, 4, 5])), shape=(3, 2))
        assert om.certify(problem, plan, F, G).passed
        assert plan.data.tolist() == [10.0, 20.0, 10.0, 10.0, 50.0]
        assert plan.indices.tolist() == [0, 0, 1, 0, 1]
        assert plan.indptr.tolist() == [0, 2, 4, 5]

    def test_a_frame_is_aligned_by_its_labels(self, problem: om.TransportProblem) -> None:
        frame = pd.DataFrame(PLAN, index=SOURCES, columns=TARGETS)
        assert om.certify(problem, frame.loc[["pit", "mine", "quarry"], ["mill", "port"]], F, G).passed

    def test_a_series_is_aligned_by_its_labels(self, problem: om.TransportProblem) -> None:
        f, g = pd.Series(F, index=SOURCES), pd.Series(G, index=TARGETS)
        assert om.certify(problem, PLAN, f[["quarry", "pit", "mine"]], g[["mill", "port"]]).passed

    def test_the_tables_of_a_solution_certify_it(self, problem: om.TransportProblem) -> None:
        solution = solve(problem)
        potentials = solution.potentials_table()["potential"]
        plan = solution.plan_table().pivot_table("mass", "source", "target", fill_value=0.0)
        assert om.certify(problem, plan, potentials.loc["source"], potentials.loc["target"]).passed

    def test_ground_costs_and_matrices_give_the_same_certificate(self) -> None:
        source, target = om.Measure([1, 2], points=[0, 4]), om.Measure([2, 1], points=[1, 3])
        rule = om.TransportProblem(source, target, om.ground_cost(source, target))
        matrix = om.TransportProblem(source, target, rule.cost.values)
        answer: list[Any] = [[[1, 0], [1, 1]], [0, 2], [1, -1]]
        one, two = om.certify(rule, *answer), om.certify(matrix, *answer)
        assert (one.checks, one.interval) == (two.checks, two.interval)
        assert one.passed
        assert (one.about, two.about) == ("the float costs that euclidean gives", "")


class TestBadInput:
    @pytest.mark.parametrize(
        ("argument", "value", "error", "words"),
        [
            ("plan", PLAN.T, ShapeError, r"shape \(2, 3\).*\(3, 2\)"),
            ("plan", PLAN[:2], ShapeError, r"shape \(2, 2\)"),
            ("plan", csr_array(PLAN[:2]), ShapeError, r"shape \(2, 2\)"),
            ("plan", PLAN.ravel(), ShapeError, r"shape"),
            ("plan", 5.0, ShapeError, r"shape"),
            ("f", G, ShapeError, r"shape \(2,\).*\(3,\)"),
            ("g", F, ShapeError, r"shape \(3,\).*\(2,\)"),
            ("f", F[:, None], ShapeError, r"shape \(3, 1\)"),
            ("f", 0.0, ShapeError, r"shape \(\)"),
            ("plan", np.where(PLAN == 10, np.nan, PLAN), NotANumberError, r"nan at \('quarry', 'port'\)"),
            ("plan", np.where(PLAN == 50, np.inf, PLAN), InfiniteValueError, r"inf at \('pit', 'mill'\)"),
            ("plan", csr_array(np.where(PLAN == 50, np.nan, PLAN)), NotANumberError, r"nan at \('pit', 'mill'\)"),
            ("f", [0, np.nan, 0], NotANumberError, "nan at quarry"),
            ("f", [0, 0, -np.inf], InfiniteValueError, "-inf at pit"),
            ("g", [np.inf, 0], InfiniteValueError, "inf at port"),
            ("f", pd.Series(F, index=["mine", "quarry", "well"]), LabelMismatchError, "lacks 'pit' and has the extra 'well'"),
            ("g", pd.Series([1.0], index=["port"]), LabelMismatchError, "lacks 'mill'"),
            ("f", pd.Series([0, 1, 0, 0], index=[*SOURCES, "mine"]), DuplicateLabelError, "repeats 'mine'"),
            (
                "plan",
                pd.DataFrame(PLAN, index=SOURCES, columns=["port", "sea"]),
                LabelMismatchError,
                "plan, columns: lacks 'mill'",
            ),
            ("plan", pd.DataFrame(PLAN, index=["a", "b", "c"], columns=TARGETS), LabelMismatchError, "plan, rows: lacks 'mine'"),
        ],
    )
    def test_raises_with_argument_and_label(
        self, problem: om.TransportProblem, argument: str, value: Any, error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words) as raised:
            om.certify(problem, **{argument: value})
        assert str(raised.value).startswith(argument)


class TestVerdict:
    def test_names_the_worst_offender(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, PLAN + np.array([[0, 0], [0, 0], [0, -20]]), F, G)
        assert worst(certificate).where in ("pit", "mill")
        assert certificate.verdict.startswith("not certified: ")
        assert f"20 at {worst(certificate).where}" in certificate.verdict

    def test_raises_when_asked_to(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, PLAN / 2, F, G)
        with pytest.raises(CertificateError, match=r"not certified: .*; proven: the optimal value lies in \[340, "):
            certificate.raise_if_failed()

    def test_table_has_a_row_for_every_check(self, problem: om.TransportProblem) -> None:
        table = om.certify(problem, PLAN, F, G).table()
        assert list(table.columns) == ["violation", "tolerance", "passed", "where"]
        assert list(table.index) == [
            "source marginal",
            "source atoms served",
            "target marginal",
            "target atoms served",
            "plan is non-negative",
            "value of the plan lies in the interval",
            "dual feasibility f + g <= C",
            "value of the potentials lies in the interval",
            "complementary slackness",
            "duality gap",
        ]
        assert table["passed"].all()
        assert (table["tolerance"] > 0).all()

    def test_a_violation_that_is_not_a_number_never_passes(self) -> None:
        check = om.Check("anything", math.nan, 1.0)
        assert not check.passed
        assert check.severity == math.inf


class TestUnits:
    """Grams or tonnes, cents or millions: the same numbers get the same verdict."""

    @pytest.mark.parametrize("mass", [1e-12, 1e-7, 1 / 3, 1.0, 7e5, 1e12])
    @pytest.mark.parametrize("price", [1e-12, 1e-7, 1 / 3, 1.0, 7e5, 1e12])
    @pytest.mark.parametrize("step", [0, 1e-12, 1e-7, 1e-3, 1])
    def test_verdicts_do_not_depend_on_units(self, mass: float, price: float, step: float) -> None:
        shift = 30 * step * np.array([[-1, 1], [1, -1], [0, 0]])
        raised = G + step * np.array([1, 0])
        problem = om.TransportProblem(mass * np.array([30, 20, 50]), mass * np.array([40, 60]), price * COST)
        answers = [(PLAN + shift, F, G), (PLAN, F, raised), (PLAN, F, G - step), (PLAN * (1 + step), F, G)]
        for plan, f, g in answers:
            certificate = om.certify(problem, mass * plan, price * f, price * g)
            assert certificate.passed is (step <= 1e-12), certificate.verdict

    @pytest.mark.parametrize("mass", [Fraction(1, 10**9), Fraction(10**9)])
    @pytest.mark.parametrize("price", [Fraction(1, 10**9), Fraction(10**9)])
    def test_bounds_scale_with_units(self, mass: Fraction, price: Fraction) -> None:
        k, p = float(mass), float(price)
        problem = om.TransportProblem(k * np.array([30, 20, 50]), k * np.array([40, 60]), p * COST)
        lower, upper = om.certify(problem, k * np.array([[20, 10], [20, 0], [0, 50]]), p * F, p * G).interval
        assert lower == pytest.approx(340 * k * p, rel=1e-14)
        assert upper == pytest.approx(360 * k * p, rel=1e-14)


def test_the_interval_holds_the_optimum_where_marginals_are_off_within_their_tolerance() -> None:
    off = 4e-10
    problem = om.TransportProblem([0.5 + off, 0.5 - off], [0.5, 0.5], [[0, 1], [1, 0]])
    certificate = om.certify(problem, np.diag([0.5, 0.5]), [0, 0], [0, 0])
    lower, upper = certificate.interval
    assert lower <= off <= upper


@pytest.mark.parametrize("gauge", [1e6, 1e10, 1e14, -1e14])
def test_a_huge_gauge_is_no_excuse_for_a_wrong_plan(gauge: float) -> None:
    problem = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])
    certificate = om.certify(problem, [[0, 1], [1, 0]], [gauge, gauge], [-gauge, -gauge])
    assert not certificate.passed
    assert certificate.interval == (0, 2)


def test_potentials_of_outlandish_size_prove_no_more_than_is_true() -> None:
    rng = np.random.default_rng(5)
    problem = om.TransportProblem(np.full(30, 1 / 30), np.full(30, 1 / 30), rng.random((30, 30)))
    solution = om.solve(problem)
    for size in (1e3, 1e8, 1e13):
        for wild in (solution.f + size, solution.f + size * rng.random(30), size * solution.f):
            assert om.certify(problem, f=wild).interval.lower <= solution.interval.upper
            assert not om.certify(problem, np.full((30, 30), 1 / 900), wild).passed


def test_a_linear_program_in_a_huge_gauge_is_no_excuse_either() -> None:
    program = om.build(om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]]), language="highspy").linear_program()
    wrong = om.lp.certify(program, np.array([0.0, 1, 1, 0]), np.array([1e14, 1e14, -1e14, -1e14]))
    assert not wrong.passed
