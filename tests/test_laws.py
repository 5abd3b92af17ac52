"""Laws of optimal transport and of its duality, on random problems."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from catalogue import SOLVERS, solve, value_by_assignment
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

import otmodels as om
from otmodels.arrays import FloatArray

modest = settings(deadline=None, max_examples=40)
thorough = settings(deadline=None, max_examples=150)

SIZES = st.integers(1, 5)
COSTS = st.integers(-20, 20)
UNITS = st.sampled_from([1e-12, 1e-7, 1 / 3, 1.0, 1e3, 1e12])


@dataclass(frozen=True, slots=True)
class Integers:
    """Integer masses of equal total, some 0, and integer costs; `moved` is a feasible plan."""

    moved: tuple[tuple[int, ...], ...]
    C: tuple[tuple[int, ...], ...]

    @property
    def plan(self) -> FloatArray:
        return np.array(self.moved, dtype=np.float64)

    @property
    def cost(self) -> FloatArray:
        return np.array(self.C, dtype=np.float64)

    @property
    def a(self) -> list[int]:
        return [sum(row) for row in self.moved]

    @property
    def b(self) -> list[int]:
        return [sum(column) for column in zip(*self.moved, strict=True)]

    @property
    def problem(self) -> om.TransportProblem:
        return om.TransportProblem(self.a, self.b, self.cost)

    @property
    def value(self) -> float:
        return value_by_assignment(self.a, self.b, self.cost)


def matrices(entries: st.SearchStrategy[int], n: int, m: int) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    return st.tuples(*[st.tuples(*[entries] * m)] * n)


@st.composite
def integer_problems(draw: st.DrawFn) -> Integers:
    n, m = draw(SIZES), draw(SIZES)
    moved = draw(matrices(st.sampled_from([0, 0, 0, 1, 2, 5]), n, m))
    assume(any(map(any, moved)))
    return Integers(moved, draw(matrices(COSTS, n, m)))


def potentials(size: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(-50, 50), min_size=size, max_size=size)


@st.composite
def problems_with_potentials(draw: st.DrawFn) -> tuple[Integers, FloatArray, FloatArray]:
    """A problem, and any f (n,) and g (m,)."""
    integers = draw(integer_problems())
    return integers, np.array(draw(potentials(len(integers.a)))), np.array(draw(potentials(len(integers.b))))


@st.composite
def problems_with_orders(draw: st.DrawFn) -> tuple[Integers, list[int], list[int]]:
    """A problem, and an order of its sources and of its targets."""
    integers = draw(integer_problems())
    return (
        integers,
        draw(st.permutations(range(len(integers.a)))),
        draw(st.permutations(range(len(integers.b)))),
    )


@st.composite
def samples_on_the_line(draw: st.DrawFn) -> tuple[om.Measure, om.Measure]:
    """Two measures on the line of the same integer total, points possibly repeated."""
    integers = draw(integer_problems())
    places = st.integers(-1000, 1000).map(lambda place: place / 8)
    x, y = (draw(st.lists(places, min_size=len(masses), max_size=len(masses))) for masses in (integers.a, integers.b))
    return om.Measure(integers.a, points=x), om.Measure(integers.b, points=y)


@given(problems_with_potentials())
@thorough
def test_any_feasible_potentials_stay_below_any_feasible_plan(drawn: tuple[Integers, FloatArray, FloatArray]) -> None:
    """Weak duality: <a, f> + <b, g> <= <C, gamma>, and the difference is the mass times the slack."""
    integers, f, g = drawn
    problem, excess = integers.problem, (f[:, None] + g[None, :] - integers.cost).max()
    certificate = om.certify(problem, integers.plan, f - max(excess, 0.0), g)
    assert certificate.dual_value <= certificate.primal_value + 1e-9
    assert certificate.interval[0] <= certificate.interval[1] + 1e-9
    slack = integers.cost - (f - max(excess, 0.0))[:, None] - g[None, :]
    assert certificate.primal_value - certificate.dual_value == pytest.approx((integers.plan * slack).sum(), abs=1e-9)


@given(problems_with_potentials())
@thorough
def test_the_safe_bound_never_exceeds_the_optimum(drawn: tuple[Integers, FloatArray, FloatArray]) -> None:
    """(f, f^c) is feasible for any f, and so is (g^cbar, g) for any g."""
    integers, f, g = drawn
    for given_potentials in ({"f": f}, {"g": g}, {"f": f, "g": g}):
        lower, upper = om.certify(integers.problem, **given_potentials).interval  # type: ignore[arg-type]
        assert lower <= integers.value + 1e-9
        assert upper == np.inf


@given(integer_problems())
@thorough
def test_no_plan_is_below_the_bound_that_costs_alone_give(integers: Integers) -> None:
    lower, upper = om.certify(integers.problem, integers.plan).interval
    assert lower <= integers.value <= upper + 1e-9


@given(problems_with_potentials())
@thorough
def test_three_transforms_are_one(drawn: tuple[Integers, FloatArray, FloatArray]) -> None:
    """f^ccc = f^c, and f^cc >= f: the pair (f^cc, f^c) cannot be raised any further."""
    integers, f, g = drawn
    cost = om.Cost(integers.cost)
    f_c = om.c_transform(cost, f)
    f_cc = om.cbar_transform(cost, f_c)
    assert (f_cc >= f - 1e-12).all()
    np.testing.assert_allclose(om.c_transform(cost, f_cc), f_c, atol=1e-12)
    g_cbar = om.cbar_transform(cost, g)
    assert (om.c_transform(cost, g_cbar) >= g - 1e-12).all()
    np.testing.assert_allclose(om.cbar_transform(cost, om.c_transform(cost, g_cbar)), g_cbar, atol=1e-12)


@given(problems_with_potentials())
@thorough
def test_the_transform_is_the_largest_feasible_partner(drawn: tuple[Integers, FloatArray, FloatArray]) -> None:
    """f_i + f^c_j <= C_ij for all i, with equality for some, for each j."""
    integers, f, _ = drawn
    slack = integers.cost - f[:, None] - om.c_transform(om.Cost(integers.cost), f)[None, :]
    np.testing.assert_allclose(slack.min(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize(("form", "language"), SOLVERS)
def test_every_form_and_language_is_right_and_certified(form: str, language: str) -> None:
    @given(integer_problems())
    @modest
    def check(integers: Integers) -> None:
        solution = solve(integers.problem, form, language)
        assert solution.certificate.passed, solution.certificate.verdict
        assert solution.value == pytest.approx(integers.value, rel=1e-12, abs=1e-12)
        assert (solution.plan >= 0).all()
        assert (integers.cost - solution.f[:, None] - solution.g[None, :]).min() >= -1e-12

    check()


@pytest.mark.parametrize(("form", "language"), SOLVERS)
def test_every_form_and_language_respects_forbidden_pairs(form: str, language: str) -> None:
    @given(integer_problems())
    @modest
    def check(integers: Integers) -> None:
        cost = np.where((integers.plan == 0) & (integers.cost > 5), np.inf, integers.cost)
        assume(np.isfinite(cost).any(axis=0).all() and np.isfinite(cost).any(axis=1).all())
        solution = solve(om.TransportProblem(integers.a, integers.b, om.Cost(cost)), form, language)
        assert solution.certificate.passed, solution.certificate.verdict
        assert solution.value == pytest.approx(value_by_assignment(integers.a, integers.b, cost), rel=1e-12, abs=1e-12)
        assert not solution.plan[np.isinf(cost)].any()

    check()


@given(problems_with_orders(), st.sampled_from(SOLVERS))
@modest
def test_permuting_atoms_permutes_the_answer(drawn: tuple[Integers, list[int], list[int]], solver: tuple[str, str]) -> None:
    integers, rows, columns = drawn
    problem = integers.problem
    permuted = om.TransportProblem(problem.a[rows], problem.b[columns], integers.cost[np.ix_(rows, columns)])
    solution = solve(permuted, *solver)
    plan, f, g = np.empty(problem.shape), np.empty(problem.a.size), np.empty(problem.b.size)
    plan[np.ix_(rows, columns)], f[rows], g[columns] = solution.plan, solution.f, solution.g
    certificate = om.certify(problem, plan, f, g)
    assert certificate.passed, certificate.verdict
    assert solution.value == pytest.approx(integers.value, rel=1e-12, abs=1e-12)


@given(integer_problems(), UNITS, UNITS, st.sampled_from(SOLVERS))
@modest
def test_scaling_masses_and_costs_scales_the_answer(
    integers: Integers, mass: float, price: float, solver: tuple[str, str]
) -> None:
    problem = om.TransportProblem(mass * np.array(integers.a), mass * np.array(integers.b), price * integers.cost)
    solution = solve(problem, *solver)
    assert solution.certificate.passed, solution.certificate.verdict
    size = mass * price * sum(integers.a) * 20
    assert solution.value == pytest.approx(mass * price * integers.value, rel=1e-9, abs=1e-15 * size)
    assert om.certify(integers.problem, f=solution.f / price, g=solution.g / price).interval[0] == pytest.approx(
        integers.value, rel=1e-9, abs=1e-9
    )


@given(problems_with_potentials(), st.sampled_from(SOLVERS))
@modest
def test_a_fee_at_the_gates_is_paid_by_every_plan(
    drawn: tuple[Integers, FloatArray, FloatArray], solver: tuple[str, str]
) -> None:
    """Adding u_i + v_j to the cost adds <a, u> + <b, v> to the value and leaves the plan optimal."""
    integers, u, v = drawn
    problem = om.TransportProblem(integers.a, integers.b, integers.cost + u[:, None] + v[None, :])
    solution = solve(problem, *solver)
    fees = float(problem.a @ u + problem.b @ v)
    assert solution.certificate.passed, solution.certificate.verdict
    assert solution.value == pytest.approx(integers.value + fees, rel=1e-9, abs=1e-9)
    assert float((solution.plan * integers.cost).sum()) == pytest.approx(integers.value, rel=1e-9, abs=1e-9)


@given(integer_problems(), st.sampled_from(SOLVERS))
@modest
def test_source_and_target_are_two_names_for_the_same_thing(integers: Integers, solver: tuple[str, str]) -> None:
    """Transposed, the problem has the transposed answer."""
    solution = solve(om.TransportProblem(integers.b, integers.a, integers.cost.T), *solver)
    assert solution.value == pytest.approx(integers.value, rel=1e-12, abs=1e-12)
    assert om.certify(integers.problem, solution.plan.T, solution.g, solution.f).passed


@given(samples_on_the_line(), st.sampled_from(SOLVERS))
@modest
def test_on_the_line_the_value_is_the_area_between_the_distribution_functions(
    drawn: tuple[om.Measure, om.Measure], solver: tuple[str, str]
) -> None:
    source, target = drawn
    assert source.points is not None
    assert target.points is not None
    solution = solve(om.TransportProblem(source, target, om.ground_cost(source, target)), *solver)
    area = wasserstein_distance(source.points.ravel(), target.points.ravel(), source.mass, target.mass)
    assert solution.certificate.passed, solution.certificate.verdict
    assert solution.value == pytest.approx(area * source.total, rel=1e-9, abs=1e-9)


KINDS_OF_LABEL: list[st.SearchStrategy[Hashable]] = [
    st.text(max_size=8),
    st.integers(-99, 99),
    st.tuples(st.integers(0, 9), st.text("ab", max_size=2)),
    st.dates().map(pd.Timestamp),
]


@st.composite
def labelled_problems(draw: st.DrawFn) -> om.TransportProblem:
    integers = draw(integer_problems())

    def labels(size: int) -> list[Hashable]:
        kind = draw(st.sampled_from(KINDS_OF_LABEL))
        return draw(st.lists(kind, min_size=size, max_size=size, unique=True))

    source = om.Measure(integers.a, labels=labels(len(integers.a)))
    target = om.Measure(integers.b, labels=labels(len(integers.b)))
    return om.TransportProblem(source, target, integers.cost)


def assert_tables_carry_the_answer(problem: om.TransportProblem, form: str, language: str) -> None:
    """What the tables say, taken back by label in another order, is the certified answer."""
    solution = solve(problem, form, language)
    table = solution.plan_table()
    plan = np.zeros(problem.shape)
    plan[
        problem.source.labels.get_indexer(pd.Index(table["source"])), problem.target.labels.get_indexer(pd.Index(table["target"]))
    ] = table["mass"]
    frame = pd.DataFrame(plan, index=problem.source.labels, columns=problem.target.labels).iloc[::-1, ::-1]
    potential = solution.potentials_table()["potential"].to_numpy()
    f = pd.Series(potential[: problem.a.size], index=problem.source.labels)[::-1]
    g = pd.Series(potential[problem.a.size :], index=problem.target.labels)[::-1]
    certificate = om.certify(problem, frame, f, g)
    assert certificate.passed, certificate.verdict
    assert certificate.primal_value == pytest.approx(solution.value, rel=1e-12, abs=1e-12)


@given(labelled_problems(), st.sampled_from(SOLVERS))
@modest
def test_tables_carry_the_answer_by_label(problem: om.TransportProblem, solver: tuple[str, str]) -> None:
    assert_tables_carry_the_answer(problem, *solver)


@pytest.mark.parametrize(("form", "language"), SOLVERS)
@pytest.mark.parametrize(
    "labels",
    [
        pd.MultiIndex.from_tuples([(0, "north"), (0, "south"), (1, "north")]),
        pd.CategoricalIndex(["x", "y", "z"]),
        pd.period_range("2020-01", periods=3, freq="M"),
        [1, "1", "one"],
        [(0, 1), 0, "zero"],
        [(0, 1), "(0, 1)", "pair"],
        ["a,b", "a", "b"],
        ["None", "nan", "*"],
    ],
    ids=["two levels", "categories", "months", "number and text", "pair and number", "pair and its text", "commas", "no names"],
)
def test_awkward_labels_are_labels(labels: pd.Index, form: str, language: str) -> None:
    source, target = om.Measure([1, 2, 3], labels=labels), om.Measure([2, 2, 2], labels=["left", "middle", "right"])
    assert_tables_carry_the_answer(om.TransportProblem(source, target, [[1, 2, 3], [4, 0, 1], [2, 2, 2]]), form, language)
