"""A plan repaired to the exact marginals bounds the optimum from above, whatever plan and potentials are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.hitchcock import Optimum, transport
from otmodels.certificate import certify
from otmodels.repair import Pairs, width
from otmodels.safe import SafeDual

INF = float("inf")


def optimum(problem: om.TransportProblem) -> Optimum | None:
    costs = [[None if np.isinf(cost) else Fraction(cost) for cost in row] for row in problem.cost.values.tolist()]
    return transport(*problem.exact_masses(), costs)


def bound(problem: om.TransportProblem, plan: FloatArray, f: FloatArray) -> Fraction | None:
    """Lower bound and width together, exactly; None for no bound."""
    dual = SafeDual.of(problem, f)
    i, j = np.nonzero((plan > 0) & np.isfinite(problem.cost.values))
    found = width(dual, Pairs(problem, i, j, plan[i, j]))
    if np.isinf(found):
        return None
    g = [Fraction(p) + Fraction(q) for p, q in zip(dual.g_high.tolist(), dual.g_low.tolist(), strict=True)]
    a, b = problem.exact_masses()
    terms = zip([*a, *b], [*map(Fraction, f.tolist()), *g], strict=True)
    return sum((mass * potential for mass, potential in terms), Fraction(0)) + Fraction(found)


def drawn(seed: int) -> tuple[om.TransportProblem, FloatArray, FloatArray]:
    """A problem, a plan near or far from an optimal one, and potentials of the same kind."""
    rng = np.random.default_rng([5, seed])
    n, m = rng.integers(1, 7, 2)
    masses = [rng.random(n) + 0.01, rng.random(m) + 0.01]
    if seed % 4 == 1:
        masses = [10.0 ** rng.uniform(-18, 0, k) for k in (n, m)]
    if seed % 4 == 2:
        masses = [rng.integers(0, 3, k) + np.eye(k)[0] for k in (n, m)]
    if seed % 8 == 3:
        masses = [10.0 ** rng.uniform(-190, -180, k) for k in (n, m)]
    a, b = masses[0], masses[1] * (masses[0].sum() / masses[1].sum())
    cost = rng.integers(0, 7, (n, m)).astype(float) if seed % 3 else rng.normal(size=(n, m))
    if seed % 2:
        cost[rng.random((n, m)) < rng.uniform(0, 0.6)] = INF
        cost[0, np.isinf(cost).all(axis=0)] = 2
        cost[np.isinf(cost).all(axis=1), 0] = 3
    problem = om.TransportProblem(a, b, cost)
    found, plan, f = optimum(problem), np.zeros((n, m)), rng.normal(size=n)
    if found is None or seed % 7 == 0:
        return problem, rng.random((n, m)) * a.max() * (rng.random((n, m)) < 0.5), f
    for (i, j), mass in found.plan.items():
        plan[i, j] = float(mass)
    f = np.array([float(value) for value in found.f])
    if rng.random() < 0.6:
        plan *= np.maximum(1 + rng.normal(size=(n, m)) * 10.0 ** rng.uniform(-16, 0), 0)
    if rng.random() < 0.3:
        plan += a.sum() * 10.0 ** rng.uniform(-20, -1) * rng.random((n, m)) * (rng.random((n, m)) < 0.3)
    if rng.random() < 0.3:
        plan *= rng.random((n, m)) < 0.8
    if rng.random() < 0.6:
        f += rng.normal(size=n) * 10.0 ** rng.uniform(-16, 2)
    return problem, plan, f


class TestBound:
    @pytest.mark.parametrize("start", range(0, 1600, 100))
    def test_it_is_not_below_the_exact_optimum_and_there_is_none_where_there_is_no_plan(self, start: int) -> None:
        for seed in range(start, start + 100):
            problem, plan, f = drawn(seed)
            found, above = optimum(problem), bound(problem, plan, f)
            if found is None:
                assert above is None, seed
            else:
                assert above is None or found.value <= above, seed

    @pytest.mark.parametrize("seed", range(12))
    def test_an_optimal_plan_in_floats_proves_its_own_value_but_for_rounding(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.random(6), rng.random(5)
        problem = om.TransportProblem(a, b * (a.sum() / b.sum()), rng.integers(1, 9, (6, 5)))
        found, plan = optimum(problem), np.zeros((6, 5))
        assert found is not None
        for (i, j), mass in found.plan.items():
            plan[i, j] = float(mass)
        above = bound(problem, plan, np.array([float(value) for value in found.f]))
        assert above is not None
        assert found.value <= above <= found.value * (1 + Fraction(1, 10**13))

    def test_an_exact_plan_along_tight_pairs_is_as_wide_as_nothing(self) -> None:
        problem = om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
        plan = Pairs(problem, np.array([0, 1]), np.array([0, 1]), np.array([0.5, 0.5]))
        assert width(SafeDual.of(problem, np.array([0.0, 2.0])), plan) == 0


class TestResiduals:
    def test_they_are_wrong_by_what_the_exact_target_is(self) -> None:
        """Masses in single precision, scaled by more than rounding in double precision: the plan holds their floats."""
        a, b = np.array([0.1, 0.2, 0.7], dtype=np.float32), np.array([0.4, 0.6], dtype=np.float32)
        problem = om.TransportProblem(a, b, np.ones((3, 2)))
        exact_b = problem.exact_masses()[1]
        plan = Pairs(problem, np.array([0, 0]), np.array([0, 1]), problem.b)
        residual, error = (part[3:].tolist() for part in plan.residuals())
        wrong = [
            abs(mass - Fraction(own) - Fraction(left))
            for mass, own, left in zip(exact_b, problem.b.tolist(), residual, strict=True)
        ]
        assert any(wrong)
        assert all(off <= Fraction(most) for off, most in zip(wrong, error, strict=True))

    def test_they_are_wrong_by_what_the_sums_of_the_plan_are(self) -> None:
        """The row adds up to 2^50 + 7 and 2^-52, which is lost: it looks served."""
        problem = om.TransportProblem([2.0**50 + 7], [2.0**50 + 3, 3.0, 1.0], np.ones((1, 3)))
        plan = Pairs(problem, np.zeros(3, dtype=np.intp), np.arange(3), np.array([2.0**50 + 3, 3.0, 1 + 2.0**-52]))
        residual, error = (Fraction(float(part[0])) for part in plan.residuals())
        assert abs(-Fraction(1, 2**52) - residual) <= error


class TestAlongTree:
    """A source of no mass carries much, and one of little mass carries nothing: what that one is short of is seen."""

    LIGHT = 2.0**-47
    PLAN = np.array([[0.5, 0.5], [2.0, 0.0], [0.0, 0.0]])

    def light(self, cost: float) -> om.TransportProblem:
        return om.TransportProblem([1, 0, self.LIGHT], [0.5, 0.5 + self.LIGHT], np.array([[0, 0], [0, 0], [cost, cost]]))

    def test_its_mass_is_served_however_little_it_is(self) -> None:
        problem = self.light(2.0**40)
        found, above = optimum(problem), bound(problem, self.PLAN, np.zeros(3))
        assert found is not None
        assert found.value == Fraction(1, 128)
        assert above is None or found.value <= above
        lower, upper = certify(problem, self.PLAN, np.zeros(3)).interval
        assert Fraction(lower) <= found.value <= upper

    def test_where_nothing_serves_it_there_is_no_bound(self) -> None:
        problem = self.light(INF)
        assert not problem.exact_target.balanced
        assert bound(problem, self.PLAN, np.zeros(3)) is None


class TestOnTheWay:
    """A hub of sources p, q and targets r, s; a source beside it has too much, a target beside it too little."""

    COST = np.array([[0, 1, INF, INF], [INF, 0, INF, 0], [0, INF, 0, INF], [INF, INF, INF, 0]])
    PLAN = np.array([[1.0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])

    @pytest.mark.parametrize("excess", [2.0**-10, 2.0**-20, 2.0**-40])
    def test_mass_that_passes_through_a_part_pays_the_slack_of_the_pairs_there(self, excess: float) -> None:
        """What is too much can only go through p -> s, which costs 1: 1 for the mass that moves there already, and the excess."""
        a, b = np.array([2.0, 1.0, 1.0 + excess, 1.0]), np.array([1.0, 2.0, 1.0, 1.0 + excess])
        problem = om.TransportProblem(a, b, self.COST)
        found, above = optimum(problem), bound(problem, self.PLAN, np.zeros(4))
        assert found is not None
        assert found.value == 1 + Fraction(excess)
        assert above is None or found.value <= above

    def test_a_source_that_can_only_serve_what_is_full_has_no_repair(self) -> None:
        """Source 2 holds 0.039 and reaches target 1 only, which takes 0.003."""
        problem = om.TransportProblem(
            [0.4375, 0.0234375, 0.0390625], [0.4970703125, 0.0029296875], np.array([[5, 0], [5, INF], [INF, 3]])
        )
        assert optimum(problem) is None
        assert bound(problem, np.array([[0.375, 0.0], [0.375, 0.0], [0.0, 0.0]]), np.zeros(3)) is None

    def test_light_ends_that_were_handed_on_leave_no_part_balanced_by_itself(self) -> None:
        """Nothing of source 1 and target 1 moves yet; the rest hangs together and looks balanced."""
        a, b = np.array([0.5, 0.25, 0.25]), np.array([0.625, 0.375])
        cost = np.array([[4.0, 4.0], [5.0, 3.0], [5.0, 3.0]])
        problem = om.TransportProblem(a, b, cost)
        plan = np.array([[0.5, 0.0], [0.0, 0.0], [0.125, 0.125]])
        found = optimum(problem)
        assert found is not None
        for f in (np.zeros(3), np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0 - 2.0**-20, 1.0])):
            above = bound(problem, plan, f)
            assert above is None or found.value <= above


class TestWithoutPlan:
    def test_no_repair_along_allowed_pairs_is_no_bound(self) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], np.array([[1, INF], [1, 1]]))
        assert bound(problem, np.array([[0.0, 0.0], [1.0, 0.0]]), np.zeros(2)) is None

    def test_blocks_out_of_balance_are_no_bound(self) -> None:
        problem = om.TransportProblem([1, 1], [1.5, 0.5], [[1, INF], [INF, 1]])
        assert bound(problem, np.diag([1.0, 0.5]), np.zeros(2)) is None

    def test_blocks_out_of_balance_by_rounding_are_one(self) -> None:
        step = 2.0**-52
        problem = om.TransportProblem([1, 1], [1 + step, 1 - step], [[1, INF], [INF, 2]])
        assert bound(problem, np.diag([1.0, 1.0]), np.array([1.0, 2.0])) == 3


class TestScaled:
    COST = np.array([[0.0, 2.0, 5.0], [1.0, 0.0, 3.0], [4.0, 2.0, 0.0]])
    A, B = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.25, 0.5])

    @pytest.mark.parametrize("scale", [0.0, 1e-300, 0.5, 0.999, 1.0, 1.001, 3.0, 1e6])
    def test_a_scaled_plan_proves_something_still(self, scale: float) -> None:
        """Empty, it is the product of the marginals; too full, it is cut down."""
        problem = om.TransportProblem(self.A, self.B, self.COST)
        found = optimum(problem)
        assert found is not None
        plan = np.zeros((3, 3))
        for (i, j), mass in found.plan.items():
            plan[i, j] = scale * float(mass)
        product = Fraction(float(self.A @ self.COST @ self.B))  # small whole multiples of 1/16: exact
        upper = certify(problem, plan, [float(value) for value in found.f]).interval.upper
        assert found.value <= Fraction(upper) <= product * (1 + Fraction(1, 10**12))

    @pytest.mark.parametrize("mass", [1.0, 1e-150, 1e-190, 1e-290])
    def test_the_unit_of_mass_does_not_matter(self, mass: float) -> None:
        """Half a plan of masses whose products are below the range of floats."""
        problem = om.TransportProblem(self.A * mass, self.B * mass, self.COST)
        found = optimum(problem)
        assert found is not None
        above = bound(problem, np.diag(self.A * mass / 2), np.zeros(3))
        assert above is not None
        assert found.value <= above <= 2 * Fraction(mass)

    def test_of_a_long_line_the_slack_counts_what_the_potential_was_lowered_by(self) -> None:
        """One source: half the plan, the rest spread; the only plan costs the sum of what is carried."""
        m = (1 << 21) + 1
        y = np.arange(m) * 2.0**-21
        source, target = om.Measure([m * 2.0**-21], points=[0.25]), om.Measure(np.full(m, 2.0**-21), points=y)
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        quarter, rest = m // 4, m - m // 4
        exact = Fraction(quarter * (quarter + 1) + (rest - 1) * rest, 2 * 2**42)
        lower, upper = certify(problem, np.full((1, m), 2.0**-22), [0.0]).interval
        assert Fraction(lower) <= exact <= Fraction(upper)
