"""Models: the native model is the user's to extend, and whatever becomes of it is solved, named and proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.results import TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs

import otmodels as om
from otmodels.errors import InfeasibleError, InputError, NotLinearError, ParameterError, UnboundedError
from otmodels.languages.cvxpy import ScaledHighs as CvxpyHighs
from otmodels.languages.pyomo import ScaledHighs as PyomoHighs
from otmodels.status import Termination

INF = float("inf")
Wish = Callable[[Any], Any]
"""What a user asks for, in terms of gamma (or f) indexed by (i, j) (or i): the same text in cvxpy and in pyomo."""

both = pytest.mark.parametrize("language", ["cvxpy", "pyomo"])


def crossing() -> om.TransportProblem:
    """Half the mass at each of two places, which may stay for nothing or cross for 1: staying costs 0."""
    return om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [1, 0]])


def uneven() -> om.TransportProblem:
    rng = np.random.default_rng(7)
    return om.TransportProblem([0.2, 0.5, 0.3], [0.4, 0.35, 0.25], rng.random((3, 3)).round(2))


def add(model: om.Model, name: str, wish: Wish, variable: str = "gamma") -> None:
    row = wish(model.variables[variable])
    if model.language == "cvxpy":
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, row.set_label(name)])
    else:
        model.native.add_component(name, pyo.Constraint(expr=row))


def extended(
    problem: om.TransportProblem, language: str, wish: Wish, form: str = "primal", variable: str = "gamma"
) -> om.ExtendedSolution:
    model = om.build(problem, form, language)
    add(model, "wish", wish, variable)
    solution = model.solve()
    assert isinstance(solution, om.ExtendedSolution)
    return solution


def solved(model: om.Model) -> om.ExtendedSolution:
    solution = model.solve()
    assert isinstance(solution, om.ExtendedSolution)
    return solution


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


# name -> (what is asked for with data r, r, the value of `crossing` with it, d(value)/dr)
WISHES: dict[str, tuple[Callable[[Any, float], Any], float, float, float]] = {
    "a road that takes no more": (lambda gamma, r: gamma[0, 0] <= r, 0.3, 0.4, -2),
    "the same, data on the left": (lambda gamma, r: r >= gamma[0, 0], 0.3, 0.4, -2),
    "a road that takes at least": (lambda gamma, r: gamma[0, 1] >= r, 0.2, 0.4, 2),
    "the same at least, data on the left": (lambda gamma, r: r <= gamma[0, 1], 0.2, 0.4, 2),
    "a road that takes exactly": (lambda gamma, r: gamma[0, 1] == r, 0.2, 0.4, 2),
    "the same exactly, data on the left": (lambda gamma, r: r == gamma[0, 1], 0.2, 0.4, 2),
    "a sum of roads": (lambda gamma, r: gamma[0, 0] + gamma[1, 1] <= r, 0.6, 0.4, -1),
    "a multiple of a road": (lambda gamma, r: 2 * gamma[0, 0] <= r, 0.6, 0.4, -1),
    "data on both sides": (lambda gamma, r: gamma[0, 1] - 0.1 >= r, 0.1, 0.4, 2),
    "a road that takes more than it will": (lambda gamma, r: gamma[0, 1] <= r, 0.4, 0, 0),
    "a road that it takes anyway": (lambda gamma, r: gamma[0, 0] >= r, 0.1, 0, 0),
}
wished = pytest.mark.parametrize(("wish", "r", "value", "slope"), list(WISHES.values()), ids=list(WISHES))


class TestPrimal:
    @both
    @wished
    def test_value_and_multiplier_of_a_wish(
        self, language: str, wish: Callable[[Any, float], Any], r: float, value: float, slope: float
    ) -> None:
        solution = extended(crossing(), language, lambda gamma: wish(gamma, r))
        assert solution.value == pytest.approx(value, abs=1e-12)
        assert solution.multipliers["wish"].tolist() == pytest.approx([slope], abs=1e-9)
        assert solution.certificate.passed, solution.certificate.verdict
        assert solution.certificate.interval == pytest.approx((value, value), abs=1e-12)

    @both
    @wished
    def test_a_multiplier_is_the_slope_of_the_value(
        self, language: str, wish: Callable[[Any, float], Any], r: float, value: float, slope: float
    ) -> None:
        step = 1e-3
        up = extended(crossing(), language, lambda gamma: wish(gamma, r + step))
        down = extended(crossing(), language, lambda gamma: wish(gamma, r - step))
        assert (up.value - down.value) / (2 * step) == pytest.approx(slope, abs=1e-9)

    @both
    def test_variables_on_both_sides_stand_below_a_right_hand_side(self, language: str) -> None:
        """Both languages read x >= r + y / 2 as y / 2 - x <= -r, and the multiplier is the slope in -r."""
        solution = extended(crossing(), language, lambda gamma: gamma[0, 1] >= 0.2 + 0.5 * gamma[0, 0])
        assert solution.value == pytest.approx(0.6)
        assert solution.multipliers["wish"].tolist() == pytest.approx([-4 / 3])
        assert solution.certificate.passed

    @pytest.mark.parametrize("pair", [(0, 0), (1, 2), (2, 1)])
    @pytest.mark.parametrize("sense", ["<=", ">=", "=="])
    def test_both_languages_agree_on_every_multiplier_where_it_is_unique(self, pair: tuple[int, int], sense: str) -> None:
        r = 0.11

        def wish(gamma: Any) -> Any:
            return {"<=": lambda: gamma[pair] <= r, ">=": lambda: gamma[pair] >= r, "==": lambda: gamma[pair] == r}[sense]()

        one, two = (extended(uneven(), language, wish) for language in ("cvxpy", "pyomo"))
        assert one.value == pytest.approx(two.value, rel=1e-12)
        assert one.multipliers["wish"].tolist() == pytest.approx(two.multipliers["wish"].tolist(), abs=1e-9)
        assert set(one.multipliers) == set(two.multipliers) == {"source_marginal", "target_marginal", "wish"}
        for name, multipliers in one.multipliers.items():
            assert multipliers.index.tolist() == two.multipliers[name].index.tolist()

    @both
    def test_several_wishes_keep_their_names(self, language: str) -> None:
        model = om.build(crossing(), language=language)
        add(model, "east", lambda gamma: gamma[0, 0] <= 0.3)
        add(model, "west", lambda gamma: gamma[1, 1] <= 0.2)
        solution = solved(model)
        assert solution.value == pytest.approx(0.6)
        assert solution.multipliers["east"].tolist() == pytest.approx([0], abs=1e-12)
        assert solution.multipliers["west"].tolist() == pytest.approx([-2])
        table = solution.multipliers_table().set_index("constraint")["multiplier"]
        assert table["west"] == pytest.approx(-2)
        assert table.size == 6

    @both
    def test_plan_and_prices_of_an_extended_model_belong_to_it(self, language: str) -> None:
        solution = extended(crossing(), language, lambda gamma: gamma[0, 0] <= 0.3)
        np.testing.assert_allclose(solution.plan, [[0.3, 0.2], [0.2, 0.3]], atol=1e-12)
        np.testing.assert_allclose(solution.variables["gamma"], [0.3, 0.2, 0.2, 0.3], atol=1e-12)
        assert solution.variables["gamma"].index.tolist() == ["gamma[0,0]", "gamma[0,1]", "gamma[1,0]", "gamma[1,1]"]
        assert (solution.f.shape, solution.g.shape) == ((2,), (2,))
        prices = solution.f[:, None] + solution.g[None, :]
        prices[0, 0] += solution.multipliers["wish"].iloc[0]
        np.testing.assert_allclose(prices, solution.problem.cost.values, atol=1e-12)
        assert solution.plan_table()["mass"].sum() == pytest.approx(1)
        assert solution.summary().loc["certified optimal", "value"]

    @both
    def test_the_certificate_of_an_extended_model_fails_when_a_price_is_wrong(self, language: str) -> None:
        model = om.build(crossing(), language=language)
        add(model, "wish", lambda gamma: gamma[0, 0] <= 0.3)
        solution, lp = solved(model), model.linear_program()
        rows = {name: value for series in solution.multipliers.values() for name, value in series.items()}
        columns = {name: value for series in solution.variables.values() for name, value in series.items()}
        y = np.array([rows[name] for name in lp.row_names])
        x = np.array([columns[name] for name in lp.column_names])
        assert om.lp.certify(lp, x, y).passed
        for k in range(y.size):
            for step in (1e-3, -1e-3):
                wrong = y.copy()
                wrong[k] += step
                assert not om.lp.certify(lp, x, wrong).passed
        for k in range(x.size):
            wrong = x.copy()
            wrong[k] += 1e-3
            assert not om.lp.certify(lp, wrong, y).passed

    @both
    def test_a_wish_that_costs_nothing_leaves_the_value(self, language: str) -> None:
        plain = om.solve(uneven(), language=language)
        assert isinstance(plain, om.Solution)
        solution = extended(uneven(), language, lambda gamma: gamma[0, 0] <= 1)
        assert solution.value == pytest.approx(plain.value, rel=1e-12)
        assert solution.multipliers["wish"].tolist() == [0]

    @both
    @pytest.mark.parametrize("big", [1e6, 1e12])
    def test_a_generous_capacity_changes_nothing(self, language: str, big: float) -> None:
        solution = extended(uneven(), language, lambda gamma: gamma[0, 0] <= big)
        plain = om.solve(uneven(), language=language)
        assert isinstance(plain, om.Solution)
        assert solution.value == pytest.approx(plain.value, rel=1e-12)
        np.testing.assert_allclose(solution.plan.sum(axis=1), solution.problem.a, rtol=1e-12)
        assert solution.certificate.passed

    @both
    def test_a_model_nobody_touched_is_no_extension_however_often_it_is_solved(self, language: str) -> None:
        model = om.build(crossing(), language=language)
        assert isinstance(model.solve(), om.Solution)
        assert isinstance(model.solve(), om.Solution)

    @both
    def test_extending_after_solving_is_noticed(self, language: str) -> None:
        model = om.build(crossing(), language=language)
        model.solve()
        add(model, "wish", lambda gamma: gamma[0, 0] <= 0.3)
        assert solved(model).value == pytest.approx(0.4)

    @both
    def test_forbidden_pairs_may_be_extended_too(self, language: str) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[0.0, 1.0], [2.0, INF]])
        model = om.build(problem, language=language)
        if language == "cvxpy":
            gamma = model.variables["gamma"]
            model.native = cp.Problem(model.native.objective, [*model.native.constraints, (cp.sum(gamma) <= 9).set_label("wish")])
        else:
            model.native.wish = pyo.Constraint(expr=pyo.quicksum(model.native.gamma.values()) <= 9)
        assert solved(model).value == pytest.approx(3)


class TestDual:
    @both
    @pytest.mark.parametrize("left", [False, True])
    def test_a_bound_on_a_potential_has_a_multiplier(self, language: str, left: bool) -> None:
        """max <a, f> + <b, g> with f_0 - f_1 <= 0.5, which is moving mass over at a price of 0.5."""
        problem = om.TransportProblem([1, 0], [0, 1], [[0, 1], [1, 0]])

        def value(r: float) -> om.ExtendedSolution:
            return extended(problem, language, lambda f: r >= f[0] - f[1] if left else f[0] - f[1] <= r, "dual", "f")

        solution = value(0.5)
        assert solution.value == pytest.approx(0.5)
        assert solution.multipliers["wish"].tolist() == pytest.approx([1])
        assert (value(0.51).value - value(0.49).value) / 0.02 == pytest.approx(1)
        assert solution.certificate.passed
        assert set(solution.multipliers) == {"below_cost", "wish"}
        np.testing.assert_allclose(solution.plan.ravel(), solution.multipliers["below_cost"], atol=1e-12)

    @both
    def test_a_lower_bound_on_a_potential_has_a_multiplier_of_the_other_sign(self, language: str) -> None:
        problem = om.TransportProblem([1, 0], [0, 1], [[0, 1], [1, 0]])
        solution = extended(problem, language, lambda f: f[1] - f[0] >= -0.5, "dual", "f")
        assert solution.value == pytest.approx(0.5)
        assert solution.multipliers["wish"].tolist() == pytest.approx([-1])

    @both
    def test_pinning_a_potential_fixes_the_gauge_and_costs_nothing(self, language: str) -> None:
        plain = om.solve(uneven())
        assert isinstance(plain, om.Solution)
        solution = extended(uneven(), language, lambda f: f[1] == 4, "dual", "f")
        assert solution.value == pytest.approx(plain.value, rel=1e-9)
        assert solution.f[1] == pytest.approx(4)
        assert solution.multipliers["wish"].tolist() == pytest.approx([0], abs=1e-9)
        assert solution.certificate.passed


class TestHighspy:
    def test_an_added_row_keeps_the_name_that_it_was_given(self) -> None:
        model = om.build(crossing(), language="highspy")
        for k, capacity in ((0, 0.3), (3, 0.2)):
            model.native.addRow(-INF, capacity, 1, np.array([k], dtype=np.int32), np.array([1.0]))
        model.native.passRowName(4, "east")
        solution = solved(model)
        assert solution.value == pytest.approx(0.6)
        assert solution.multipliers["east"].tolist() == pytest.approx([0], abs=1e-12)
        assert solution.multipliers["row_5"].tolist() == pytest.approx([-2])
        assert solution.certificate.passed

    def test_an_added_column_is_an_extension(self) -> None:
        model = om.build(crossing(), language="highspy")
        model.native.addRow(-INF, 0.3, 1, np.array([0], dtype=np.int32), np.array([1.0]))
        model.native.addCol(0.25, 0.0, 0.1, 1, np.array([4], dtype=np.int32), np.array([-1.0]))
        solution = solved(model)
        assert solution.value == pytest.approx(0.225)
        assert solution.certificate.passed

    def test_a_changed_bound_is_an_extension(self) -> None:
        model = om.build(crossing(), language="highspy")
        model.native.changeColBounds(0, 0.0, 0.3)
        assert solved(model).value == pytest.approx(0.4)

    def test_in_the_dual_too(self) -> None:
        model = om.build(om.TransportProblem([1, 0], [0, 1], [[0, 1], [1, 0]]), "dual", "highspy")
        model.native.addRow(-INF, 0.5, 2, np.array([0, 1], dtype=np.int32), np.array([1.0, -1.0]))
        solution = solved(model)
        assert solution.value == pytest.approx(0.5)
        assert solution.multipliers["row_4"].tolist() == pytest.approx([1])


class TestPyomoInPlace:
    @pytest.mark.parametrize(
        ("change", "value"),
        [
            (lambda m: m.gamma[0, 0].fix(0.3), 0.4),
            (lambda m: m.gamma[0, 0].setub(0.3), 0.4),
            (lambda m: m.gamma[0, 1].setlb(0.3), 0.6),
            (lambda m: m.target_marginal[1].deactivate(), 0.0),
            (lambda m: m.source_marginal[0].set_value(m.gamma[0, 0] + 2 * m.gamma[0, 1] == 0.8), 0.6),
            (lambda m: m.cost.set_value(m.gamma[0, 1]), 0.0),
            (lambda m: m.cost.set_sense(pyo.maximize), 1.0),
            (lambda m: m.add_component("cap", pyo.Constraint(expr=pyo.inequality(0.1, m.gamma[0, 0], 0.3))), 0.4),
        ],
        ids=["fix", "upper bound", "lower bound", "one row less", "another row", "objective", "sense", "ranged row"],
    )
    def test_a_change_in_place_is_an_extension(self, change: Callable[[Any], None], value: float) -> None:
        model = om.build(crossing(), language="pyomo")
        change(model.native)
        solution = solved(model)
        assert solution.value == pytest.approx(value, abs=1e-12)
        assert solution.certificate.passed

    def test_a_change_taken_back_is_none(self) -> None:
        model = om.build(crossing(), language="pyomo")
        model.native.gamma[0, 0].fix(0.3)
        assert isinstance(model.solve(), om.ExtendedSolution)
        model.native.gamma[0, 0].unfix()
        assert isinstance(model.solve(), om.Solution)

    def test_blocks_lists_parameters_and_new_variables_are_read(self) -> None:
        model = om.build(crossing(), language="pyomo")
        m = model.native
        m.r = pyo.Param(initialize=0.3, mutable=True)
        m.help = pyo.Var(bounds=(0, 0.05))
        m.local = pyo.Block()
        m.local.caps = pyo.ConstraintList()
        m.local.caps.add(m.gamma[0, 0] <= m.r + m.help)
        m.local.caps.add(m.gamma[1, 1] <= 0.4)
        solution = solved(model)
        assert solution.value == pytest.approx(0.3)
        assert solution.multipliers["local.caps"].tolist() == pytest.approx([-2, 0], abs=1e-12)
        m.r.set_value(0.2)
        assert solved(model).value == pytest.approx(0.5)


class TestCvxpyAtoms:
    """What cvxpy writes as rows with helper variables is a linear program still."""

    @pytest.mark.parametrize(
        ("wish", "value", "slope"),
        [
            (lambda gamma, r: cp.max(gamma) <= 0.3 + r, 0.4, -2),
            (lambda gamma, r: 0.3 + r >= cp.max(gamma), 0.4, -2),
            (lambda gamma, r: cp.abs(gamma[0, 0] - 0.1) <= 0.1 + r, 0.6, -2),
            (lambda gamma, r: cp.norm(gamma[0, :] - 0.25, 1) <= 0.2 + r, 0.3, -1),
            (lambda gamma, r: cp.norm(gamma[:, 0], "inf") <= 0.3 + r, 0.4, -2),
            (lambda gamma, r: cp.Constant(0.2 + r) == gamma[0, 1], 0.4, 2),
            (lambda gamma, r: cp.Parameter(value=0.2 + r) == gamma[0, 1], 0.4, 2),
            (lambda gamma, r: gamma[0, 1] - cp.Parameter(value=0.2 + r) == 0, 0.4, 2),
            (lambda gamma, r: cp.Zero(gamma[0, 1] - 0.2 - r), 0.4, 2),
            (lambda gamma, r: cp.NonPos(0.2 + r - gamma[0, 1]), 0.4, -2),
            (lambda gamma, r: cp.NonNeg(gamma[0, 1] - 0.2 - r), 0.4, 2),
        ],
        ids=["max", "max left", "abs", "norm1", "norminf", "Constant", "Parameter", "minus", "Zero", "NonPos", "NonNeg"],
    )
    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
    def test_value_and_multiplier(self, wish: Callable[[Any, float], Any], value: float, slope: float) -> None:
        """NonPos(r - x) and NonNeg(x - r) have the right-hand side 0: r - x <= 0 and x - r >= 0."""
        solution = extended(crossing(), "cvxpy", lambda gamma: wish(gamma, 0))
        assert solution.value == pytest.approx(value)
        assert solution.certificate.passed
        assert solution.multipliers["wish"].tolist() == pytest.approx([slope])

    def test_a_matrix_of_rows_has_a_multiplier_each_in_reading_order(self) -> None:
        solution = extended(crossing(), "cvxpy", lambda gamma: gamma <= np.array([[0.3, 1.0], [1.0, 1.0]]))
        assert solution.multipliers["wish"].tolist() == pytest.approx([-2, 0, 0, 0], abs=1e-12)
        assert solution.multipliers["wish"].index.tolist() == ["wish[0]", "wish[1]", "wish[2]", "wish[3]"]

    def test_another_objective(self) -> None:
        model = om.build(crossing())
        gamma = model.variables["gamma"]
        model.native = cp.Problem(cp.Minimize(cp.max(gamma)), model.native.constraints)
        solution = solved(model)
        assert solution.value == pytest.approx(0.25)
        assert solution.certificate.passed
        model.native = cp.Problem(cp.Maximize(gamma[0, 1] + 3), model.native.constraints)
        assert solved(model).value == pytest.approx(3.5)

    def test_a_row_without_a_label_is_numbered(self) -> None:
        model = om.build(crossing())
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, model.variables["gamma"][0, 0] <= 0.3])
        assert solved(model).multipliers["constraint_2"].tolist() == pytest.approx([-2])

    def test_another_variable_may_have_any_name(self) -> None:
        """A variable of the user's that is called gamma as well is not mistaken for the plan."""
        model = om.build(crossing())
        other = cp.Variable((2, 2), name="gamma", nonneg=True)
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, other[0, 1] >= 5])
        try:
            solution = model.solve()
        except InputError:
            return
        assert isinstance(solution, om.ExtendedSolution)
        np.testing.assert_allclose(solution.plan, [[0.5, 0], [0, 0.5]], atol=1e-12)

    @pytest.mark.parametrize("label", ["cap", "source_marginal"])
    def test_a_label_given_twice_loses_no_multiplier(self, label: str) -> None:
        model = om.build(crossing())
        gamma = model.variables["gamma"]
        rows = [(gamma[0, 0] <= 0.2).set_label(label), (gamma[1, 1] <= 0.3).set_label(label)]
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, *rows])
        try:
            solution = model.solve()
        except InputError:
            return
        assert isinstance(solution, om.ExtendedSolution)
        assert -2 in solution.multipliers_table()["multiplier"].round(9).tolist()
        assert len(solution.multipliers_table()) == 6


class TestNotLinear:
    @pytest.mark.parametrize(
        "wish",
        [
            lambda gamma: cp.sum_squares(gamma) <= 1,
            lambda gamma: cp.norm(gamma[0, :], 2) <= 1,
            lambda gamma: gamma[0, 0] >= cp.Variable(integer=True),
            lambda gamma: gamma[0, 0] <= cp.Variable(boolean=True),
            lambda gamma: cp.max(gamma) >= 0.1,
        ],
        ids=["square", "cone", "integer", "boolean", "not convex"],
    )
    def test_cvxpy_rows(self, wish: Wish) -> None:
        model = om.build(crossing())
        add(model, "wish", wish)
        refused(NotLinearError, model.solve, "native")

    def test_cvxpy_objective(self) -> None:
        model = om.build(crossing())
        model.native = cp.Problem(cp.Minimize(cp.sum_squares(model.variables["gamma"])), model.native.constraints)
        refused(NotLinearError, model.solve, "native")

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            (lambda m: m.add_component("wish", pyo.Constraint(expr=m.gamma[0, 0] ** 2 <= 1)), "wish"),
            (lambda m: m.add_component("wish", pyo.Constraint(expr=m.gamma[0, 0] * m.gamma[1, 1] <= 1)), "wish"),
            (lambda m: m.cost.set_value(pyo.exp(m.gamma[0, 0])), "cost"),
            (lambda m: setattr(m.gamma[0, 1], "domain", pyo.NonNegativeIntegers), "gamma[0,1]"),
            (lambda m: m.add_component("other", pyo.Objective(expr=m.gamma[0, 0])), "2"),
            (lambda m: m.cost.deactivate(), "0"),
        ],
        ids=["square", "product", "objective", "integer", "two objectives", "no objective"],
    )
    def test_pyomo(self, change: Callable[[Any], None], word: str) -> None:
        model = om.build(crossing(), language="pyomo")
        change(model.native)
        refused(NotLinearError, model.solve, "native", word)


def squeeze(model: om.Model) -> None:
    """No road takes more than 0.1, which leaves 0.6 without a way."""
    if model.language == "cvxpy":
        add(model, "squeeze", lambda gamma: gamma <= 0.1)
    elif model.language == "pyomo":
        for road in model.native.gamma.values():
            road.setub(0.1)
    else:
        model.native.changeColsBounds(4, np.arange(4, dtype=np.int32), np.zeros(4), np.full(4, 0.1))


def reward(model: om.Model) -> None:
    """A helper variable that earns without end."""
    if model.language == "cvxpy":
        free = cp.Variable(nonneg=True)
        model.native = cp.Problem(cp.Minimize(model.native.objective.expr - free), [*model.native.constraints, free >= 1])
    elif model.language == "pyomo":
        model.native.free = pyo.Var(domain=pyo.NonNegativeReals)
        model.native.cost.set_value(model.native.cost.expr - model.native.free)
    else:
        model.native.addCol(-1.0, 0.0, INF, 0, np.array([], dtype=np.int32), np.array([]))


@pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
class TestNoAnswer:
    @pytest.mark.parametrize(
        ("change", "kind", "termination"),
        [(squeeze, InfeasibleError, Termination.INFEASIBLE), (reward, UnboundedError, Termination.UNBOUNDED)],
    )
    def test_an_extension_without_an_answer_says_so(
        self, language: str, change: Callable[[om.Model], None], kind: type[Exception], termination: Termination
    ) -> None:
        model = om.build(crossing(), language=language)
        change(model)
        with pytest.raises(kind, match="extended model") as caught:
            model.solve()
        assert type(caught.value) is kind
        unsolved = model.solve(throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.status.termination is termination
        assert unsolved.interval == (-INF, INF)
        assert not hasattr(unsolved, "value")
        assert "forbidden" not in unsolved.message
        assert unsolved.message in unsolved.summary()["value"].tolist()

    def test_a_bad_time_limit_is_refused(self, language: str) -> None:
        refused(ParameterError, lambda: om.build(crossing(), language=language).solve(time_limit=0), "time_limit")


def without(model: om.Model, name: str) -> None:
    if model.language == "cvxpy":
        kept = [row for row in model.native.constraints if row is not model.constraints[name]]
        model.native = cp.Problem(model.native.objective, kept)
    else:
        model.constraints[name].deactivate()


class TestTakenAway:
    """Leaving a constraint out is a relaxation: the constraint that is gone has no price, and the rest is certified."""

    @both
    def test_a_marginal(self, language: str) -> None:
        model = om.build(om.TransportProblem([0.5, 0.5], [0.9, 0.1], [[0, 1], [1, 0]]), language=language)
        without(model, "target_marginal")
        solution = solved(model)
        assert solution.value == pytest.approx(0, abs=1e-12)
        np.testing.assert_allclose(solution.plan.sum(axis=1), [0.5, 0.5])
        assert solution.g.tolist() == [0, 0]
        assert solution.f.shape == (2,)
        assert solution.certificate.passed

    def test_one_row_of_a_marginal(self) -> None:
        model = om.build(om.TransportProblem([0.5, 0.5], [0.9, 0.1], [[0, 1], [1, 0]]), language="pyomo")
        model.native.target_marginal[0].deactivate()
        solution = solved(model)
        assert solution.value == pytest.approx(0.4)
        assert solution.g.shape == (2,)
        assert solution.g[0] == 0
        assert solution.g[1] == pytest.approx(solution.multipliers["target_marginal"]["target_marginal[1]"])
        assert solution.potentials_table().shape[0] == 4

    def test_one_pair_of_the_dual_carries_nothing(self) -> None:
        model = om.build(om.TransportProblem([0.5, 0.5], [0.9, 0.1], [[0, 1], [1, 3]]), "dual", "pyomo")
        model.native.below_cost[1, 1].deactivate()
        solution = solved(model)
        assert solution.plan[1, 1] == 0
        assert solution.value == pytest.approx(solution.problem.cost.values.ravel() @ solution.plan.ravel())

    @both
    def test_all_rows_of_the_dual_leave_it_unbounded(self, language: str) -> None:
        model = om.build(crossing(), "dual", language)
        without(model, "below_cost")
        add(model, "wish", lambda f: f[0] <= 1, "f")
        add(model, "more", lambda g: g[0] <= 1, "g")
        with pytest.raises(UnboundedError):
            model.solve()

    def test_a_component_that_was_deleted(self) -> None:
        model = om.build(om.TransportProblem([0.5, 0.5], [0.9, 0.1], [[0, 1], [1, 0]]), language="pyomo")
        model.native.del_component("target_marginal")
        assert solved(model).value == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize(
        "foreign",
        [
            cp.Problem(cp.Minimize(cp.Variable()), []),
            om.build(crossing()).native,
            om.build(crossing(), language="pyomo").native,
            3,
        ],
        ids=["empty", "another", "another language", "a number"],
    )
    @both
    def test_a_model_without_the_declared_variables_is_refused(self, language: str, foreign: Any) -> None:
        model = om.build(crossing(), language=language)

        def put() -> None:
            model.native = foreign
            model.solve()

        with pytest.raises(InputError, match="native"):
            put()

    def test_a_clone_is_a_model_without_the_declared_variables(self) -> None:
        model = om.build(crossing(), language="pyomo")

        def put() -> None:
            model.native = model.native.clone()
            model.solve()

        with pytest.raises(InputError, match="native"):
            put()


SIGNS = om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
"""f = (0, 2), g = (0, 1) up to a constant, and the value is 3/2."""


class TestNativeAfterwards:
    """The native model holds the answer, in its own language's conventions."""

    def test_cvxpy_primal(self) -> None:
        model = om.build(SIGNS)
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert model.native.status == cp.OPTIMAL
        assert model.native.value == pytest.approx(1.5)
        np.testing.assert_allclose(model.variables["gamma"].value, solution.plan, atol=1e-12)
        source, target = (model.constraints[name].dual_value for name in ("source_marginal", "target_marginal"))
        np.testing.assert_allclose(np.diff(source), [-2], atol=1e-9)
        np.testing.assert_allclose(np.diff(target), [-1], atol=1e-9)
        assert model.native.objective.value == pytest.approx(1.5)

    def test_cvxpy_dual(self) -> None:
        model = om.build(SIGNS, "dual")
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert model.native.value == pytest.approx(1.5)
        np.testing.assert_allclose(np.diff(model.variables["f"].value), [2], atol=1e-9)
        np.testing.assert_allclose(model.constraints["below_cost"].dual_value, solution.plan, atol=1e-9)

    def test_cvxpy_agrees_with_its_own_interface_to_the_sign(self) -> None:
        own, ours = om.build(uneven()), om.build(uneven())
        own.native.solve(solver=cp.HIGHS)
        ours.solve()
        assert ours.native.value == pytest.approx(own.native.value, rel=1e-9)
        for name in own.constraints:
            one, two = own.constraints[name].dual_value, ours.constraints[name].dual_value
            np.testing.assert_allclose(one - one[0], two - two[0], atol=1e-7)

    def test_pyomo_primal(self) -> None:
        model = om.build(SIGNS, language="pyomo")
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert pyo.value(model.native.cost) == pytest.approx(1.5)
        np.testing.assert_allclose([pyo.value(road) for road in model.native.gamma.values()], solution.plan.ravel(), atol=1e-12)

    def test_pyomo_dual(self) -> None:
        model = om.build(SIGNS, "dual", "pyomo")
        model.solve()
        assert pyo.value(model.native.potential) == pytest.approx(1.5)
        assert model.native.f[1].value - model.native.f[0].value == pytest.approx(2)

    def test_highspy(self) -> None:
        model = om.build(SIGNS, language="highspy")
        model.solve()
        answer = model.native.getSolution()
        assert answer.value_valid
        assert answer.dual_valid
        assert np.dot(answer.col_value, [0, 1, 2, 3]) == pytest.approx(1.5)
        assert np.dot(answer.row_dual, [0.5] * 4) == pytest.approx(1.5)

    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_the_unmodified_interfaces_give_the_same_value(self, form: str) -> None:
        expected = om.solve(uneven(), form)
        assert isinstance(expected, om.Solution)
        by_cvxpy, by_pyomo, by_highspy = (om.build(uneven(), form, language).native for language in ("cvxpy", "pyomo", "highspy"))
        assert by_cvxpy.solve(solver=cp.HIGHS) == pytest.approx(expected.value, rel=1e-7)
        assert Highs().solve(by_pyomo).incumbent_objective == pytest.approx(expected.value, rel=1e-7)
        by_highspy.run()
        assert by_highspy.getInfo().objective_function_value == pytest.approx(expected.value, rel=1e-7)

    @both
    def test_the_answer_to_an_extension_is_there_too(self, language: str) -> None:
        model = om.build(crossing(), language=language)
        add(model, "wish", lambda gamma: gamma[0, 0] <= 0.3)
        model.solve()
        gamma = model.variables["gamma"]
        assert (gamma.value[0, 0] if language == "cvxpy" else gamma[0, 0].value) == pytest.approx(0.3)

    def test_a_problem_without_an_answer_holds_none(self) -> None:
        model = om.build(crossing())
        model.solve()
        squeeze(model)
        model.solve(throw=False)
        assert model.native.status == cp.INFEASIBLE
        assert model.variables["gamma"].value is None


class TestOwnSolvers:
    """The two interfaces to HiGHS are useful on anybody's models."""

    def test_cvxpy(self) -> None:
        x = cp.Variable(2, nonneg=True)
        problem = cp.Problem(cp.Minimize(x[0] + 2 * x[1] + 1), [cp.sum(x) == 1e-11, x[1] >= 4e-12])
        problem.solve(solver=CvxpyHighs())
        assert problem.status == cp.OPTIMAL
        assert problem.value == pytest.approx(1)
        np.testing.assert_allclose(x.value, [6e-12, 4e-12], rtol=1e-9)
        assert problem.constraints[0].dual_value == pytest.approx(-1)
        assert problem.constraints[1].dual_value == pytest.approx(1)

    def test_cvxpy_on_a_model_of_ours(self) -> None:
        assert om.build(SIGNS).native.solve(solver=CvxpyHighs()) == pytest.approx(1.5)

    @pytest.mark.parametrize(("bound", "status"), [(-1, cp.INFEASIBLE), (None, cp.UNBOUNDED)])
    def test_cvxpy_without_an_answer(self, bound: float | None, status: str) -> None:
        x = cp.Variable(nonneg=True)
        problem = cp.Problem(cp.Minimize(-x), [x >= 1] if bound is None else [x <= bound])
        problem.solve(solver=CvxpyHighs())
        assert problem.status == status
        assert x.value is None

    def test_cvxpy_refuses_options_that_it_does_not_know(self) -> None:
        problem = om.build(SIGNS).native
        with pytest.raises(ValueError, match="presolv"):
            problem.solve(solver=CvxpyHighs(), presolv="off")
        with pytest.raises(ParameterError, match="time_limit"):
            problem.solve(solver=CvxpyHighs(), time_limit=-1)

    def test_cvxpy_refuses_integers(self) -> None:
        x = cp.Variable(integer=True)
        with pytest.raises(cp.SolverError):
            cp.Problem(cp.Minimize(x), [x >= 0.5]).solve(solver=CvxpyHighs())

    def test_pyomo(self) -> None:
        m = pyo.ConcreteModel()
        m.x = pyo.Var([0, 1], domain=pyo.NonNegativeReals)
        m.o = pyo.Objective(expr=m.x[0] + 2 * m.x[1] + 1)
        m.total = pyo.Constraint(expr=m.x[0] + m.x[1] == 1e-11)
        m.least = pyo.Constraint(expr=m.x[1] >= 4e-12)
        results = PyomoHighs().solve(m)
        assert results.termination_condition is TerminationCondition.convergenceCriteriaSatisfied
        assert m.x[0].value == pytest.approx(6e-12, rel=1e-9)
        assert results.incumbent_objective == pytest.approx(1)
        duals = results.solution_loader.get_duals()
        assert (duals[m.total], duals[m.least]) == pytest.approx((1, 1))
        assert results.solution_loader.get_duals([m.least]) == {m.least: pytest.approx(1)}

    def test_pyomo_hands_values_and_reduced_costs_out(self) -> None:
        model = om.build(crossing(), language="pyomo").native
        loader = PyomoHighs().solve(model).solution_loader
        values = loader.get_vars()
        assert values[model.gamma[0, 0]] == pytest.approx(0.5)
        costs = loader.get_reduced_costs()
        assert costs[model.gamma[0, 0]] == pytest.approx(0, abs=1e-12)

    def test_pyomo_solves_again_after_a_change(self) -> None:
        model, solver = om.build(crossing(), language="pyomo").native, PyomoHighs()
        assert solver.solve(model).incumbent_objective == pytest.approx(0, abs=1e-12)
        model.gamma[0, 0].setub(0.3)
        assert solver.solve(model).incumbent_objective == pytest.approx(0.4)

    def test_pyomo_without_an_answer_raises_as_pyomo_does_unless_told_otherwise(self) -> None:
        model = om.build(crossing(), language="pyomo")
        squeeze(model)
        with pytest.raises(Exception, match=r"(?i)feasible|optimal|solution") as own:
            Highs().solve(model.native)
        with pytest.raises(type(own.value)):
            PyomoHighs().solve(model.native)
        results = PyomoHighs().solve(model.native, load_solutions=False, raise_exception_on_nonoptimal_result=False)
        assert results.termination_condition is TerminationCondition.provenInfeasible

    def test_pyomo_refuses_options_that_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="presolv"):
            PyomoHighs().solve(om.build(SIGNS, language="pyomo").native, solver_options={"presolv": "off"})


@pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
def test_a_model_opens_up_to_its_user(form: str, language: str) -> None:
    model = om.build(SIGNS, form, language)
    assert list(model.variables) == (["gamma"] if form == "primal" else ["f", "g"])
    assert list(model.constraints) == (["source_marginal", "target_marginal"] if form == "primal" else ["below_cost"])
    assert model.problem is SIGNS
    solution = model.solve()
    assert isinstance(solution, om.Solution)
    assert solution.f.tolist() == pytest.approx([0, 2])
    assert solution.g.tolist() == pytest.approx([0, 1])
    made = solution.provenance
    assert (made.form, made.language, made.pairs) == (form, language, 4)
    assert min(made.build_s, made.compile_s, made.solve_s, made.extract_s) >= 0
    assert set(made.versions) == {"otmodels", language, "highspy"}
