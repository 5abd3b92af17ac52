"""A plan alone: it implies potentials if and only if it is optimal, and otherwise a cycle of pairs that improves it."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.differences import bounded_differences
from otmodels.errors import InputError, LabelMismatchError, ParameterError, ShapeError, UnknownNameError
from otmodels.implied import Forest

SOURCES, TARGETS = ["mine", "quarry", "pit"], ["port", "mill"]
PLAN = np.array([[30.0, 0.0], [10.0, 10.0], [0.0, 50.0]])
DEAR = np.array([[20.0, 10.0], [20.0, 0.0], [0.0, 50.0]])
HARD = np.array([[2.0, 1, 4], [5, 3, 1], [9, 8, 5]])
"""The diagonal, 10, is optimal; no other assignment is, and the cheapest pairs prove less."""
CYCLE = "no cycle improves the plan"


@pytest.fixture
def problem() -> om.TransportProblem:
    """The only optimal plan is PLAN, of 340; DEAR pays 360."""
    cost = np.array([[2.0, 6.0], [3.0, 5.0], [7.0, 4.0]])
    return om.TransportProblem(om.Measure([30, 20, 50], labels=SOURCES), om.Measure([40, 60], labels=TARGETS), cost)


def unit(cost: Any) -> om.TransportProblem:
    """One unit from each source, one to each target."""
    n, m = np.shape(cost)
    return om.TransportProblem(np.ones(n), np.ones(m), cost)


def check(certificate: om.Certificate, name: str = CYCLE) -> om.Check:
    return next(check for check in certificate.checks if check.name == name)


def improved(problem: om.TransportProblem, plan: FloatArray) -> float:
    """What a plan costs after the cycle that its whole support has, which has to be a plan too."""
    i, j = np.nonzero(plan)
    cycle = Forest(problem, i, j, plan[i, j]).cycle()
    assert cycle is not None
    better = plan.copy()
    for sign, pairs in ((-1, cycle.left), (1, cycle.taken)):
        for pair in pairs:
            better[pair] += sign * cycle.mass
    assert (better >= 0).all()
    assert better.sum(axis=0).tolist() == problem.b.tolist()
    assert better.sum(axis=1).tolist() == problem.a.tolist()
    paid = float((better[better > 0] * problem.cost.values[better > 0]).sum())
    assert paid == float((plan[plan > 0] * problem.cost.values[plan > 0]).sum()) - cycle.total
    return paid


class TestAPlanAlone:
    def test_is_proven_optimal_by_the_potentials_that_it_implies(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, plan=PLAN)
        assert certificate.passed
        assert (certificate.primal_value, certificate.dual_value) == (340, 340)
        assert certificate.interval == (340, 340)

    def test_is_told_the_cycle_that_improves_it(self, problem: om.TransportProblem) -> None:
        """Ten units can go round it, each for 2 less."""
        certificate = om.certify(problem, plan=DEAR)
        assert certificate.worst == check(certificate)
        assert check(certificate).violation == 20
        words = "move mass from (mine, mill), (quarry, port) to (mine, port), (quarry, mill): saves 2 a unit"
        assert words in check(certificate).where
        assert certificate.verdict.startswith(f"not certified: {CYCLE}: 20 at a cycle: {words}")
        lower, upper = certificate.interval
        assert 320 <= lower <= 340
        assert upper == 360
        assert improved(problem, DEAR) == 340

    def test_is_bounded_below_by_what_most_of_it_implies(self, problem: om.TransportProblem) -> None:
        """Half a ton goes astray. The cheapest pairs prove 320 only, and those of the rest of the plan 340."""
        certificate = om.certify(problem, plan=PLAN + 0.5 * np.array([[-1, 1], [1, -1], [0, 0]]))
        assert check(certificate).violation == 1
        assert certificate.interval == (340, 341)

    def test_that_is_wrong_in_one_part_is_bounded_below_by_the_others(self) -> None:
        """The dear part pays 10 for what is free; the other one is HARD, of 1000, of which the cheapest pairs prove 800."""
        cost, plan = np.full((5, 5), np.inf), np.eye(5)
        cost[:3, :3], cost[3:, 3:], plan[3, 4] = 100 * HARD, [[5, 0], [0, 5]], 1
        problem = om.TransportProblem(plan.sum(axis=1), plan.sum(axis=0), cost)
        certificate = om.certify(problem, plan)
        assert check(certificate).violation == 10
        assert certificate.interval == (1000, 1010)

    def test_goes_round_three_pairs_where_no_two_of_them_help(self) -> None:
        problem = unit([[1, 0, 9], [9, 1, 0], [0, 9, 1]])
        certificate = om.certify(problem, plan=np.eye(3))
        assert check(certificate).violation == 3
        assert "from (0, 0), (1, 1), (2, 2) to (0, 1), (1, 2), (2, 0): saves 3 a unit" in check(certificate).where
        assert improved(problem, np.eye(3)) == 0

    def test_leaves_a_pair_with_mass_that_is_too_dear(self) -> None:
        """All four pairs carry mass: 3 on the diagonal at 5 + 5, 1 off it at 0, which can take all."""
        problem = om.TransportProblem([4, 4], [4, 4], [[5, 0], [0, 5]])
        plan = np.array([[3.0, 1], [1, 3]])
        assert check(om.certify(problem, plan)).violation == 30
        assert improved(problem, plan) == 0

    def test_may_have_all_pairs_where_all_plans_cost_the_same(self) -> None:
        cost = np.add.outer([1, 2, 3], [5, 8])
        problem = om.TransportProblem([2, 2, 2], [3, 3], cost)
        certificate = om.certify(problem, plan=np.ones((3, 2)))
        assert certificate.passed
        assert certificate.interval == (51, 51)

    def test_never_takes_a_forbidden_pair(self) -> None:
        """The one way to save leads over (0, 1)."""
        assert om.certify(unit([[1, np.inf], [0, 1]]), plan=np.eye(2)).passed
        assert check(om.certify(unit([[1, 0], [0, 1]]), plan=np.eye(2))).violation == 2

    def test_is_optimal_in_parts_that_share_no_allowed_pair(self) -> None:
        inf = np.inf
        problem = unit([[3, 1, inf, inf], [4, 3, inf, inf], [inf, inf, 1, 2], [inf, inf, 2, 5]])
        plan = np.zeros((4, 4))
        plan[[0, 1, 2, 3], [1, 0, 3, 2]] = 1
        assert om.certify(problem, plan=plan).interval == (9, 9)
        plan[2:] = [[0, 0, 1, 0], [0, 0, 0, 1]]
        assert check(om.certify(problem, plan=plan)).violation == 2

    def test_serves_atoms_without_mass_for_nothing(self) -> None:
        problem = om.TransportProblem([1, 0, 1], [1, 1, 0], [[1, 0, 0], [9, 9, 9], [3, 1, 0]])
        certificate = om.certify(problem, plan=[[1, 0, 0], [0, 0, 0], [0, 1, 0]])
        assert certificate.passed
        assert certificate.interval == (2, 2)

    def test_has_the_costs_of_a_rule_too(self) -> None:
        rng = np.random.default_rng(1)
        source, target = (om.Measure(np.full(40, 1 / 40), rng.random((40, 2))) for _ in range(2))
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        rows, columns = linear_sum_assignment(problem.cost.values)
        best = csr_array((np.full(40, 1 / 40), (rows, columns)), shape=(40, 40))
        assert om.certify(problem, best).passed
        assert not check(om.certify(problem, csr_array((best.data, (rows, np.roll(columns, 1))), shape=(40, 40)))).passed

    def test_on_the_line_hangs_together_by_long_paths_only(self) -> None:
        """Each pair is held by its neighbours alone."""
        rng = np.random.default_rng(2)
        x, y = rng.permutation(200), rng.permutation(200) + 0.25
        plan = np.zeros((200, 200))
        plan[np.argsort(x), np.argsort(y)] = 1
        certificate = om.certify(unit((x[:, None] - y) ** 2), plan)
        assert certificate.passed
        assert certificate.interval == (200 / 16, 200 / 16)

    def test_spread_over_all_pairs_is_told_a_cycle_as_well(self) -> None:
        rng = np.random.default_rng(3)
        a, b, cost = rng.integers(1, 9, 30), rng.integers(1, 9, 30), rng.integers(0, 99, (30, 30))
        b[0] += max(a.sum() - b.sum(), 0)
        a[0] += max(b.sum() - a.sum(), 0)
        problem = om.TransportProblem(a, b, cost)
        certificate = om.certify(problem, np.outer(a, b) / a.sum())
        assert not check(certificate).passed
        assert certificate.interval[0] <= om.solve(problem, language="highspy").value <= certificate.interval[1]


class TestRounding:
    @pytest.mark.parametrize("crumb", [1e-17, 1e-16])
    @pytest.mark.parametrize("pair", [(0, 2), (2, 0), (1, 0)])
    def test_crumbs_on_dear_pairs_are_no_mass(self, crumb: float, pair: tuple[int, int]) -> None:
        plan = np.eye(3)
        plan[pair] = crumb
        assert om.certify(unit(HARD), plan).passed

    def test_a_crumb_of_a_thousandth_is_mass(self) -> None:
        plan = np.eye(3)
        plan[[0, 2], [0, 2]] -= 2.0**-10
        plan[[0, 2], [2, 0]] += 2.0**-10
        certificate = om.certify(unit(HARD), plan)
        assert check(certificate).violation == 6 / 1024
        assert improved(unit(HARD), plan) == 10

    def test_a_plan_with_wrong_marginals_has_potentials_and_is_no_plan(self, problem: om.TransportProblem) -> None:
        certificate = om.certify(problem, PLAN * 1.25)
        assert {"source marginal", "target marginal"} <= {c.name for c in certificate.checks if not c.passed}
        assert CYCLE not in certificate.table().index
        assert certificate.interval[0] == 340
        assert math.isnan(certificate.dual_value)

    @pytest.mark.parametrize("outlier", [1e9, 1e14, 1e32, 1e300])
    def test_a_cost_that_nobody_pays_changes_nothing(self, outlier: float) -> None:
        cost = np.pad(HARD, ((0, 1), (0, 1)), constant_values=outlier)
        cost[3, 3] = 7
        certificate = om.certify(unit(cost), np.eye(4))
        assert certificate.passed
        assert certificate.interval == (17, 17)
        swapped = np.eye(4)[[1, 0, 2, 3]]
        assert check(om.certify(unit(cost), swapped)).violation == 1

    @pytest.mark.parametrize("plan", [2e-9 * np.eye(2)[::-1], np.array([[0.5, 1.5], [1.5, 0.5]]) * 1e-9])
    def test_costs_next_to_the_largest_float_give_no_warning(self, plan: FloatArray) -> None:
        huge = 4e307 * np.array([[-1, 1], [1, -1]])
        certificate = om.certify(om.TransportProblem([2e-9, 2e-9], [2e-9, 2e-9], huge), plan)
        assert not certificate.passed
        assert check(certificate).violation == pytest.approx(1.6e308 * plan[0, 1], rel=1e-15)


numbers = st.integers(0, 6).map(float)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(numbers | st.just(np.inf), min_size=4, max_size=4), min_size=4, max_size=4), st.permutations(range(4)))
def test_an_assignment_passes_if_and_only_if_none_is_cheaper(rows: list[list[float]], order: list[int]) -> None:
    """Vertices of the plans with unit masses are assignments (Birkhoff), so that all can be tried."""
    cost = np.array(rows)
    cost[range(4), order] = np.where(np.isinf(cost[range(4), order]), 3.0, cost[range(4), order])
    problem, plan = unit(cost), np.eye(4)[list(order)]
    mine, best = (cost[range(4), order].sum(), min(cost[range(4), other].sum() for other in permutations(range(4))))
    certificate = om.certify(problem, plan)
    assert certificate.interval[0] <= best <= certificate.interval[1]
    assert certificate.passed == (mine == best)
    if mine == best:
        assert certificate.interval == (best, best)
    else:
        assert best <= improved(problem, plan) < mine
        assert check(certificate).violation > 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    st.lists(st.integers(0, 5), min_size=9, max_size=9),
    st.lists(st.integers(0, 2), min_size=9, max_size=9),
)
def test_any_plan_passes_if_and_only_if_it_is_optimal(extra: list[int], costs: list[int], moved: list[int]) -> None:
    plan = np.array(moved, dtype=float).reshape(3, 3) + np.diag(extra)
    problem = om.TransportProblem(plan.sum(axis=1), plan.sum(axis=0), np.array(costs).reshape(3, 3))
    best = om.solve(problem, language="highspy").value
    certificate = om.certify(problem, plan)
    assert certificate.passed == (float((plan * problem.cost.values).sum()) <= best + 1e-6)
    if not certificate.passed:
        assert best - 1e-6 <= improved(problem, plan)


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 7), st.data())
def test_differences_are_bounded_or_a_cycle_says_why_not(size: int, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.integers(-2, 9) | st.just(np.inf), min_size=size**2, max_size=size**2))
    steps = np.array(drawn, dtype=float).reshape(size, size)
    np.fill_diagonal(steps, np.inf)
    numbers, cycle = bounded_differences(steps, np.zeros(size))
    if numbers is None:
        assert len(set(cycle)) == len(cycle) > 1
        assert sum(steps[before, node] for node, before in zip(cycle, [*cycle[1:], cycle[0]], strict=True)) < 0
    else:
        assert cycle == []
        assert (numbers[None, :] <= numbers[:, None] + steps).all()


class TestASolutionAsPlan:
    def test_brings_its_plan_and_its_potentials(self, problem: om.TransportProblem) -> None:
        solution = om.solve(problem, language="highspy")
        certificate = om.certify(problem, solution)
        assert certificate.passed
        assert certificate.dual_value == 340
        assert "dual feasibility f + g <= C" in certificate.table().index
        assert om.certify(problem, plan=solution.plan_table()).passed

    def test_brings_no_potentials_where_others_are_given(self, problem: om.TransportProblem) -> None:
        solution = om.solve(problem, language="highspy")
        assert not om.certify(problem, solution, f=[0, 0, 9]).passed
        assert not om.certify(problem, solution, g=[9, 0]).passed

    def test_is_aligned_by_the_labels_of_its_problem(self, problem: om.TransportProblem) -> None:
        rows, columns = [2, 0, 1], [1, 0]
        source = om.Measure(problem.a[rows], labels=[SOURCES[i] for i in rows])
        target = om.Measure(problem.b[columns], labels=[TARGETS[j] for j in columns])
        other = om.TransportProblem(source, target, problem.cost.values[np.ix_(rows, columns)])
        assert om.certify(other, om.solve(problem, language="highspy")).passed

    def test_of_the_same_atoms_is_judged_by_the_data_at_hand(self, problem: om.TransportProblem) -> None:
        dearer = om.TransportProblem(problem.source, problem.target, problem.cost.values + np.outer([9, 0, 0], [1, 0]))
        assert not om.certify(dearer, om.solve(problem, language="highspy")).passed

    @pytest.mark.parametrize("form", ["lipschitz", "flow"])
    def test_of_a_lipschitz_form_is_a_plan_too(self, form: str) -> None:
        source, target = (om.Measure(mass, points=[0, 1, 3]) for mass in ([2, 1, 0], [0, 1, 2]))
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        certificate = om.certify(problem, om.solve(problem, form, "highspy"))
        assert certificate.passed
        assert certificate.interval == (6, 6)

    def test_of_another_problem_is_refused(self, problem: om.TransportProblem) -> None:
        solution = om.solve(problem, language="highspy")
        with pytest.raises(ShapeError, match=r"plan: is the solution of a problem of shape \(3, 2\)\..*\(2, 2\)"):
            om.certify(unit([[0, 1], [1, 0]]), solution)
        renamed = om.TransportProblem(om.Measure(problem.a, labels=["mine", "quarry", "well"]), problem.target, problem.cost)
        with pytest.raises(LabelMismatchError, match=r"plan, source labels: .*'well'"):
            om.certify(renamed, solution)

    def test_that_is_none_is_refused(self, problem: om.TransportProblem) -> None:
        with pytest.raises(ParameterError, match="plan: is a solve that ended without one"):
            om.certify(problem, om.solve(problem, time_limit=1e-9, throw=False))
        model = om.build(problem)
        cap = model.variables["gamma"][0, 0] <= 25
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, cap.set_label("cap")])
        with pytest.raises(ParameterError, match=r"plan: is the solution of an extended model.*`sparse_plan`"):
            om.certify(problem, model.solve())

    def test_is_read_from_its_table_where_labels_are_pairs(self) -> None:
        corners = om.grid_measure(np.array([[1.0, 2.0], [3.0, 4.0]]))
        labels, masses = [(0, 0), (0, 1), (1, 0), (1, 1)], ([1, 2, 3, 4], [4, 3, 2, 1])
        source, target = (om.Measure(mass, corners.points, labels) for mass in masses)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        assert om.certify(problem, plan=om.solve(problem, language="highspy").plan_table()).passed


SQUARE = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])
NEAR, FAR = om.Measure([1, 1], points=[[0, 0], [1, 0]]), om.Measure([1, 1], points=[[3, 1], [1, 2]])
SOLVED = om.solve(SQUARE, language="highspy")
ANY: Any = om
"""The package, to which any type may be passed."""


class TestThingsOfTheWrongType:
    @pytest.mark.parametrize(
        ("call", "argument", "remedy"),
        [
            (lambda: ANY.solve([1, 2]), "problem", "Make one: TransportProblem"),
            (lambda: ANY.solve(NEAR, "dual", "pyomo"), "problem", "Make one: TransportProblem"),
            (lambda: ANY.build(3), "problem", "Make one: TransportProblem"),
            (lambda: ANY.compare(SOLVED), "problem", "Give its `problem`"),
            (lambda: ANY.compare(om.build(SQUARE)), "problem", "Give its `problem`"),
            (lambda: ANY.certify(SOLVED), "problem", "Give its `problem`"),
            (lambda: ANY.certify([1, 2], plan=[[1, 0], [0, 1]]), "problem", "Make one: TransportProblem"),
            (lambda: ANY.certify(None, f=[0, 0]), "problem", "is None"),
            (lambda: ANY.certify(SQUARE, SQUARE), "plan", "real numbers"),
            (lambda: ANY.certify(SQUARE, csr_array(1j * np.eye(2))), "plan", "real numbers"),
            (lambda: ANY.certify(SQUARE, np.eye(2), tolerances=1e-9), "tolerances", "Give a Tolerances"),
            (lambda: ANY.metric_report(3), "cost", r"shape \(n, m\)"),
            (lambda: ANY.metric_report(SOLVED), "cost", "real numbers"),
            (lambda: ANY.lipschitz_report(SQUARE), "solution", "Solve the problem first"),
            (lambda: ANY.lipschitz_report(None), "solution", "is None"),
            (lambda: ANY.explain_infeasibility(5), "what", "Give a TransportProblem or a Model"),
            (lambda: ANY.wasserstein_distance([1, 2], [3]), "source", "Make one: Measure"),
            (lambda: ANY.solve(SQUARE, None), "form", "Choose one of primal"),
            (lambda: ANY.solve(SQUARE, ["primal"]), "form", "Choose one of primal"),
            (lambda: ANY.solve(SQUARE, "primal", 3), "language", "Choose one of cvxpy"),
            (lambda: ANY.build(SQUARE, "primal", np.array(["cvxpy", "pyomo"])), "language", "Choose one of cvxpy"),
            (lambda: ANY.supports(["primal"]), "form", "Choose one of primal"),
            (
                lambda: ANY.compare(SQUARE, "primal"),
                "forms",
                r"'primal'\. Give a list of names, such as \['primal'\]",
            ),
            (lambda: ANY.compare(SQUARE, None, "highspy"), "languages", r"such as \['highspy'\]"),
            (lambda: ANY.compare(SQUARE, 3), "forms", r"is an int\. Give a list"),
            (lambda: ANY.compare(SQUARE, [["primal"]]), "form", "Choose one of primal"),
            (lambda: ANY.compare(SQUARE, ["primal"], [3]), "language", "Choose one of cvxpy"),
            (lambda: ANY.solve(SQUARE, support=None), "support", r"Give integer pairs \(i, j\)"),
            (lambda: ANY.solve(SQUARE, support={}), "support", r"Give integer pairs \(i, j\)"),
            (lambda: ANY.solve(SQUARE, time_limit="3"), "time_limit", "Give a number of seconds"),
            (lambda: ANY.build(SQUARE).solve(time_limit="3"), "time_limit", "Give a number of seconds"),
            (lambda: ANY.solve(SQUARE, watch=3), "watch", "Give a function of a Round"),
            (lambda: ANY.solve(SQUARE, verbose="no"), "verbose", "is 'no'. Give True or False"),
            (lambda: ANY.solve(SQUARE, throw=None), "throw", "Give True or False"),
            (lambda: ANY.build(SQUARE, force=2), "force", "Give True or False"),
            (lambda: ANY.build(SQUARE).solve(throw="no"), "throw", "Give True or False"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, watch="print"), "watch", "is a str, which cannot be called"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, verbose=np.ones(2)), "verbose", "Give True or False"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, throw=1.0), "throw", "Give True or False"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, gap="0.1"), "gap", "Give a relative gap"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, power="2"), "power", "Give a finite number > 0"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, power=1j), "power", "Give a finite number > 0"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, "minkowski", order="2"), "order", "an order >= 1"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, ["euclidean"]), "metric", "Choose one of cityblock"),
            (lambda: ANY.wasserstein_distance(NEAR, FAR, balance=np.ones(2)), "balance", "Choose one of raise, rescale"),
        ],
    )
    def test_are_refused_by_name_with_what_to_give(self, call: Any, argument: str, remedy: str) -> None:
        with pytest.raises(InputError, match=remedy) as raised:
            call()
        assert raised.value.argument == argument

    @pytest.mark.parametrize("flag", [1, 0, np.True_, np.int64(1)])
    def test_are_not_ones_and_zeros(self, flag: Any) -> None:
        assert om.solve(SQUARE, "primal", "highspy", throw=flag).value == 0

    def test_are_told_the_name_that_was_meant(self) -> None:
        with pytest.raises(UnknownNameError, match="'primal'"):
            om.compare(SQUARE, ["primel"])

    def test_are_not_names_in_any_order_or_container(self) -> None:
        containers: list[Any] = [["dual"], ("dual",), {"dual"}, iter(["dual"])]
        tables = [om.compare(SQUARE, forms, ("highspy",)) for forms in containers]
        assert all(isinstance(table, pd.DataFrame) and list(table.index) == [("dual", "highspy")] for table in tables)


def test_the_value_of_a_distance_needs_no_assertion_of_its_type() -> None:
    """A type checker reads this too: the default raises, so that what comes back has a value."""
    value: float = om.wasserstein_distance(NEAR, FAR).value
    root: float = om.wasserstein_distance(NEAR, FAR, power=2, throw=True).distance
    assert value > 0
    assert root > 0
    assert om.wasserstein_distance(NEAR, FAR, throw=False).interval[0] > 0
