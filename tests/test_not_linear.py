"""A model that is no linear program is refused by name before anything is solved, in every language and by both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.core.base.range import NumericRange
from pyomo.core.expr import MinExpression
from pyomo.gdp import Disjunct, Disjunction
from pyomo.mpec import Complementarity, ComplementarityList, complements
from pyomo.network import Arc, Port
from statements import in_turn, refused

import otmodels as om
from otmodels.errors import InputError, ModelError, NotLinearError
from otmodels.languages.cvxpy import ScaledHighs
from otmodels.lp import LinearProgram

INF = float("inf")
KIND = highspy.HighsVarType


def crossing(language: str) -> om.Model:
    """Half the mass at each of two places, which may stay for nothing or cross for 1; at most 0.3 staying at one costs 0.4."""
    return om.build(om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [1, 0]]), language=language)


def refused_by_both_doors(model: om.Model, kind: type[InputError], *words: str) -> None:
    refused(kind, model.solve, *words)
    refused(kind, lambda: LinearProgram.from_model(model.native), *words)


def value(model: om.Model) -> float:
    solution = model.solve()
    assert isinstance(solution, om.Solution | om.ExtendedSolution)
    assert solution.certificate.passed
    assert LinearProgram.from_model(model.native).solve().value == pytest.approx(solution.value, abs=1e-12)
    return solution.value


def indices(*k: int) -> Any:
    return np.array(k, dtype=np.int32)


def semicontinuous(highs: Any) -> None:
    highs.changeColBounds(1, 0.1, 0.4)
    highs.changeColIntegrality(1, KIND.kSemiContinuous)


def second_objective(highs: Any) -> None:
    objective = highspy.HighsLinearObjective()
    objective.weight, objective.coefficients = 1.0, [3.0, 2.0, 1.0, 0.0]
    highs.addLinearObjective(objective)


class TestHighspy:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda h: h.changeColIntegrality(1, KIND.kInteger), ["gamma[0,1]", "kInteger"]),
            (lambda h: h.changeColIntegrality(3, KIND(4)), ["gamma[1,1]", "kImplicitInteger"]),
            (lambda h: h.changeColIntegrality(2, KIND.kSemiInteger), ["gamma[1,0]", "kSemiInteger"]),
            (semicontinuous, ["gamma[0,1]", "kSemiContinuous"]),
            (lambda h: h.addBinary(name="open"), ["open", "kInteger"]),
            (lambda h: h.passHessian(4, 1, 1, indices(0, 0, 1, 1), indices(1), np.array([1.0])), ["quadratic", "gamma[0,1]"]),
            (second_objective, ["objectives", "addLinearObjective"]),
        ],
        ids=["integer", "implied integer", "semi-integer", "semicontinuous", "binary", "Hessian", "two objectives"],
    )
    def test_what_is_put_into_the_object(self, change: Callable[[Any], None], words: list[str]) -> None:
        model = crossing("highspy")
        change(model.native)
        refused_by_both_doors(model, NotLinearError, "native", *words)

    def test_what_is_taken_back_or_nothing_is_no_fault(self) -> None:
        model = crossing("highspy")
        model.native.changeColIntegrality(1, KIND.kInteger)
        model.native.changeColIntegrality(1, KIND.kContinuous)
        second_objective(model.native)
        model.native.clearLinearObjectives()
        model.native.passHessian(4, 1, 1, indices(0, 1, 1, 1), indices(0), np.array([0.0]))
        for option, setting in (("user_bound_scale", -9), ("time_limit", 0.0), ("presolve", "off")):
            model.native.setOptionValue(option, setting)
        assert isinstance(model.solve(), om.Solution)
        assert value(model) == pytest.approx(0, abs=1e-12)


def either_or(m: Any) -> None:
    m.low, m.high = Disjunct(), Disjunct()
    m.low.cap = pyo.Constraint(expr=m.gamma[0, 0] <= 0.1)
    m.high.cap = pyo.Constraint(expr=m.gamma[0, 0] >= 0.4)
    m.either = Disjunction(expr=[m.low, m.high])


def big_m(m: Any) -> None:
    either_or(m)
    for road in m.gamma.values():
        road.setub(1)
    pyo.TransformationFactory("gdp.bigm").apply_to(m)


def complementary(m: Any) -> None:
    m.pairs_up = ComplementarityList()
    m.pairs_up.add(complements(m.gamma[0, 0] >= 0, m.gamma[1, 1] >= 0))


def logical(m: Any) -> None:
    m.open = pyo.BooleanVar()
    m.must = pyo.LogicalConstraint(expr=m.open)


def piecewise(m: Any) -> None:
    m.gamma[0, 0].setub(1)
    m.bent = pyo.Var()
    m.curve = pyo.Piecewise(m.bent, m.gamma[0, 0], pw_pts=[0, 0.2, 1], f_rule=[0, 1, 0], pw_constr_type="EQ")


def pipe(m: Any) -> None:
    m.out, m.into = Port(initialize={"flow": m.gamma[0, 0]}), Port(initialize={"flow": m.gamma[1, 1]})
    m.pipe = Arc(source=m.out, destination=m.into)


def in_a_block(m: Any) -> None:
    m.plant = pyo.Block()
    m.plant.choice = pyo.SOSConstraint(var=m.gamma, sos=1)


def capacity(m: Any, **attributes: Any) -> None:
    """At most 0.3 for each unit of k stays at the first place."""
    m.k = pyo.Var(**attributes)
    m.cap = pyo.Constraint(expr=m.gamma[0, 0] <= 0.3 * m.k)


def binary(m: Any) -> None:
    capacity(m, domain=pyo.Binary)


GAP = pyo.RangeSet(ranges=[NumericRange(0, 0, 0), NumericRange(2, 5, 0)])


class TestPyomo:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (either_or, ["low", "Disjunct"]),
            (lambda m: m.add_component("either", Disjunction(expr=[[m.gamma[0, 0] <= 0.1]])), ["either", "Disjunction"]),
            (big_m, ["binary_indicator_var", "Binary"]),
            (lambda m: m.add_component("choice", pyo.SOSConstraint(var=m.gamma, sos=1)), ["choice", "SOSConstraint"]),
            (in_a_block, ["plant.choice", "SOSConstraint"]),
            (
                lambda m: m.add_component("comp", Complementarity(expr=complements(m.gamma[0, 0] >= 0, m.gamma[0, 1] >= 0))),
                ["comp", "Complementarity"],
            ),
            (complementary, ["pairs_up[1]", "Complementarity"]),
            (logical, ["must", "LogicalConstraint"]),
            (piecewise, ["curve", "SOSConstraint"]),
            (pipe, ["pipe", "Arc"]),
            (lambda m: capacity(m, domain=pyo.Integers), ["k", "not continuous", "Integers"]),
            (binary, ["k", "Binary"]),
            (lambda m: capacity(m, domain=GAP), ["k", "not continuous"]),
            (lambda m: capacity(m, domain=pyo.Any), ["k", "Any"]),
            (lambda m: setattr(m.gamma[0, 1], "domain", pyo.NonNegativeIntegers), ["gamma[0,1]"]),
            (lambda m: m.add_component("wish", pyo.Constraint(expr=abs(m.gamma[0, 0]) <= 1)), ["wish", "not linear"]),
            (lambda m: m.cost.set_value(pyo.exp(m.gamma[0, 0])), ["cost", "not linear"]),
        ],
        ids=[
            "Disjunct", "Disjunction", "big M", "SOSConstraint", "in a block", "Complementarity", "a list of them",
            "LogicalConstraint", "Piecewise", "Arc", "integer", "binary", "a domain with a gap", "any value", "declared",
            "absolute value", "objective",
        ],
    )  # fmt: skip
    def test_active_parts(self, change: Callable[[Any], None], words: list[str]) -> None:
        model = crossing("pyomo")
        change(model.native)
        refused_by_both_doors(model, NotLinearError, "native", *words)

    def test_of_several_the_one_that_is_active_is_named(self) -> None:
        model = crossing("pyomo")
        m = model.native
        m.choice = pyo.SOSConstraint([0, 1], rule=lambda m, i: [m.gamma[i, 0], m.gamma[i, 1]], sos=1)
        m.choice[0].deactivate()
        refused_by_both_doors(model, NotLinearError, "choice[1]")
        m.choice[1].deactivate()
        assert value(model) == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (in_turn(in_a_block, lambda m: m.plant.deactivate()), 0),
            (lambda m: m.add_component("open", pyo.BooleanVar()), 0),
            (lambda m: m.add_component("dual", pyo.Suffix(direction=pyo.Suffix.IMPORT)), 0),
            (lambda m: m.add_component("k", pyo.Var(domain=pyo.Integers)), 0),
            (in_turn(binary, lambda m: m.k.fix(1)), 0.4),
            (in_turn(binary, lambda m: m.cap.deactivate()), 0),
            (lambda m: capacity(m, domain=pyo.RangeSet(0, 1, 0)), 0.4),
            (in_turn(pipe, pyo.TransformationFactory("network.expand_arcs").apply_to), 0),
        ],
        ids=[
            "inactive block", "boolean alone", "suffix", "integer without use", "integer fixed", "integer in an inactive row",
            "an interval as domain", "arcs expanded",
        ],
    )  # fmt: skip
    def test_what_bounds_nothing_or_is_a_number_is_no_fault(self, change: Callable[[Any], Any], expected: float) -> None:
        model = crossing("pyomo")
        change(model.native)
        assert value(model) == pytest.approx(expected, abs=1e-12)


def stranger(**attributes: Any) -> Any:
    other = pyo.ConcreteModel()
    other.x = pyo.Var([0, 1], **attributes)
    return other.x


def in_a_disjunct(m: Any) -> Any:
    m.part = Disjunct()
    m.part.x = pyo.Var()
    m.part.deactivate()
    return m.part.x


class TestPyomoModelsThatAreNotComplete:
    @pytest.mark.parametrize(
        "wish",
        [
            lambda m: m.gamma[0, 0] <= stranger()[0],
            lambda m: m.gamma[0, 0] + stranger()[0] + m.gamma[1, 1] <= 1,
            lambda m: 2 * m.gamma[0, 0] + 3 * stranger()[1] <= 1,
            lambda m: m.gamma[0, 0] <= m.clone().gamma[0, 0],
            lambda m: m.gamma[0, 0] <= in_a_disjunct(m),
        ],
        ids=["alone", "in a sum", "with factors", "of a clone", "in a part that is not read"],
    )
    def test_a_variable_of_another_model(self, wish: Callable[[Any], Any]) -> None:
        model = crossing("pyomo")
        model.native.wish = pyo.Constraint(expr=wish(model.native))
        refused_by_both_doors(model, ModelError, "wish uses the variable", "another model")

    def test_a_variable_of_another_model_in_the_objective(self) -> None:
        model = crossing("pyomo")
        model.native.cost.set_value(model.native.cost.expr + stranger()[0])
        refused_by_both_doors(model, ModelError, "cost uses the variable x[0]")

    def test_one_that_is_fixed_is_a_number(self) -> None:
        model, other = crossing("pyomo"), stranger()
        other.fix(0.1)
        model.native.wish = pyo.Constraint(expr=model.native.gamma[0, 0] + other[0] <= 0.4)
        assert value(model) == pytest.approx(0.4)

    @pytest.mark.parametrize(
        ("wish", "words"),
        [
            (lambda m: m.gamma[0, 0] <= m.p, ["wish", "Param", "p"]),
            (lambda m: m.p * m.gamma[0, 0] <= 1, ["wish", "Param", "p"]),
            (lambda m: m.gamma[0, 0] / m.zero <= 1, ["wish", "zero"]),
            (lambda m: pyo.inequality(m.gamma[0, 1], m.gamma[0, 0], 1), ["wish", "lower bound"]),
            (lambda m: MinExpression((m.gamma[0, 0], m.gamma[0, 1])) <= 1, ["wish", "MinExpression"]),
        ],
        ids=["right-hand side", "factor", "division by zero", "a variable as bound", "a function pyomo cannot take apart"],
    )
    def test_an_expression_that_has_no_value(self, wish: Callable[[Any], Any], words: list[str]) -> None:
        model = crossing("pyomo")
        model.native.p, model.native.zero = pyo.Param(mutable=True), pyo.Param(mutable=True, initialize=0)
        model.native.wish = pyo.Constraint(expr=wish(model.native))
        refused_by_both_doors(model, ModelError, "native", *words)

    def test_a_fixed_variable_without_a_value(self) -> None:
        model = crossing("pyomo")
        model.native.gamma[0, 0].fix()
        model.native.gamma[0, 0].value = None
        refused_by_both_doors(model, ModelError, "gamma[0,0]", "no value")

    def test_a_declared_variable_that_was_taken_out(self) -> None:
        model = crossing("pyomo")
        del model.native.gamma[0, 0]
        refused(ModelError, model.solve, "native")
        model = crossing("pyomo")
        m = model.native
        for name in ("source_marginal", "target_marginal", "gamma"):
            m.del_component(name)
        m.gamma = pyo.Var(m.pairs, domain=pyo.NonNegativeReals)
        m.cost.set_value(m.gamma[0, 1])
        refused(ModelError, model.solve, "'gamma'", "declared")


def with_rows(*rows: Any, objective: Any = None) -> Callable[[Any, Any], cp.Problem]:
    return lambda problem, gamma: cp.Problem(
        problem.objective if objective is None else objective(gamma), [*problem.constraints, *(row(gamma) for row in rows)]
    )


class TestCvxpy:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (with_rows(lambda g: g[0, 0] <= cp.Variable(name="trucks", integer=True)), ["trucks", "integer"]),
            (with_rows(lambda g: g[0, 0] <= cp.Variable(name="open", boolean=True)), ["open", "boolean"]),
            (with_rows(lambda g: g[0, 0] <= cp.Variable(2, name="some", boolean=[(1,)])[0]), ["some", "boolean"]),
            (with_rows(lambda g: g[0, 0] == cp.Variable(name="wave", complex=True)), ["wave", "complex"]),
            (with_rows(lambda g: g[0, 0] <= cp.trace(cp.Variable((2, 2), name="cone", PSD=True))), ["cone", "PSD"]),
            (with_rows(lambda g: cp.FiniteSet(g[0, 0], [0.1, 0.3]).set_label("steps")), ["steps", "not linear"]),
            (with_rows(lambda g: (cp.norm(g[0, :]) <= 1).set_label("ball")), ["ball", "not linear"]),
            (with_rows(lambda g: cp.SOC(cp.Constant(1.0), g[0, :]).set_label("ball")), ["ball", "not linear"]),
            (with_rows(lambda g: (cp.sum_squares(g) <= 1).set_label("ball")), ["ball", "not linear"]),
            (with_rows(lambda g: g[0, 0] <= 1, lambda g: cp.log(g[0, 0]) >= -3), ["constraint_3", "not linear"]),
            (with_rows(lambda g: (cp.max(g) >= 0.1).set_label("some")), ["some", "not convex"]),
            (with_rows(objective=lambda g: cp.Minimize(cp.sum_squares(g))), ["the objective", "not linear"]),
            (with_rows(objective=lambda g: cp.Minimize(-cp.sum(cp.entr(g)))), ["the objective", "not linear"]),
            (with_rows(objective=lambda g: cp.Maximize(cp.max(g))), ["the objective", "not convex"]),
            (
                with_rows(objective=lambda g: cp.Minimize(cp.sum(g) + cp.transforms.indicator([cp.norm(g) <= 1]))),
                ["the objective", "not linear"],
            ),
        ],
        ids=[
            "integer", "boolean", "one boolean", "complex", "semidefinite", "FiniteSet", "norm", "cone", "square", "logarithm",
            "not convex", "quadratic objective", "entropy", "not convex objective", "a cone in the objective",
        ],
    )  # fmt: skip
    def test_what_is_no_linear_row(self, change: Callable[[Any, Any], cp.Problem], words: list[str]) -> None:
        model = crossing("cvxpy")
        model.native = change(model.native, model.variables["gamma"])
        refused_by_both_doors(model, NotLinearError, "native", *words)

    def test_a_parameter_without_a_value(self) -> None:
        model, cap = crossing("cvxpy"), cp.Parameter(name="cap")
        model.native = with_rows(lambda g: g[0, 0] <= cap)(model.native, model.variables["gamma"])
        refused_by_both_doors(model, ModelError, "cap", "no value")
        cap.value = 0.3
        assert value(model) == pytest.approx(0.4)

    @pytest.mark.filterwarnings("ignore::FutureWarning")  # cvxpy's own, of its order of flattening
    def test_a_finite_set_is_refused_by_the_solver_too(self) -> None:
        x = cp.Variable()
        with pytest.raises(cp.SolverError, match="FiniteSet"):
            cp.Problem(cp.Minimize(x), [cp.FiniteSet(x, [1, 2, 5]), x >= 1.5]).solve(solver=ScaledHighs())
