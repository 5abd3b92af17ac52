"""Linear programs leave as models that people can read, come back as the same programs, and say so when they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array
from statements import FIELDS, INF, bread, changed, programs, refused, same

import otmodels as om
from otmodels.errors import (
    DuplicateLabelError,
    ModelError,
    NotLinearError,
    UnknownNameError,
)
from otmodels.languages import LANGUAGES, Declaration, compile_model, declare, solve_program
from otmodels.languages.cvxpy import ScaledHighs
from otmodels.languages.naming import entry, groups
from otmodels.lp import LinearProgram, Names, Program, certify


def two_rows_each(lp: LinearProgram) -> LinearProgram:
    """The program with each row of two different ends as two rows, as cvxpy has to state it."""
    parts: list[tuple[int, float, float, str]] = []
    for i, (low, high) in enumerate(zip(lp.row_lower.tolist(), lp.row_upper.tolist(), strict=True)):
        if np.isfinite(low) and np.isfinite(high) and low != high:
            parts += [(i, low, INF, f"{lp.row_names[i]} (lower)"), (i, -INF, high, f"{lp.row_names[i]} (upper)")]
        else:
            parts.append((i, low, high, lp.row_names[i]))
    row = [part[0] for part in parts]
    lower, upper = (np.array([part[k] for part in parts], dtype=float) for k in (1, 2))
    names = [part[3] for part in parts]
    return changed(lp, A=csc_array(lp.A[row]), row_lower=lower, row_upper=upper, row_names=names)


def compiled(lp: Program, language: str) -> LinearProgram:
    return compile_model(declare(lp, language), language).program


class TestStatements:
    @settings(deadline=None, max_examples=150)
    @given(programs(least_columns=1))
    def test_a_program_in_cvxpy_is_the_program_up_to_rows_of_two_ends(self, lp: LinearProgram) -> None:
        same(compiled(lp, "cvxpy"), two_rows_each(lp))

    @settings(deadline=None, max_examples=150)
    @given(programs())
    def test_a_program_in_pyomo_is_the_program(self, lp: LinearProgram) -> None:
        same(compiled(lp, "pyomo"), lp)

    @settings(deadline=None, max_examples=150)
    @given(programs())
    def test_a_program_in_highs_is_the_program_in_its_own_order(self, lp: LinearProgram) -> None:
        again = compiled(lp, "highspy")
        assert list(again.column_names) == list(lp.column_names)
        same(again, lp)
        same(LinearProgram.from_model(lp.to_highspy()), lp)

    @settings(deadline=None, max_examples=60)
    @given(programs(least_columns=1))
    def test_the_languages_agree_on_the_value(self, lp: LinearProgram) -> None:
        runs = [solve_program(lp), *(solve_program(compiled(lp, language)) for language in LANGUAGES)]
        assert len({run.status.optimal for run in runs}) == 1
        values = [lp.value(lp_run.x) for lp_run in runs[:1] if lp_run.status.optimal and lp_run.x is not None]
        for language, run in zip(LANGUAGES, runs[1:], strict=True):
            for value in values:
                assert run.x is not None
                assert compiled(lp, language).value(run.x) == pytest.approx(value, rel=1e-9, abs=1e-9)

    def test_groups_of_names_become_variables_and_labelled_constraints(self) -> None:
        problem = bread().to_cvxpy()
        assert [variable.name() for variable in problem.variables()] == ["buy"]
        assert [constraint.label for constraint in problem.constraints] == ["energy", "protein"]
        assert "c[buy] @ buy" in str(problem)
        model = bread().to_pyomo()
        assert model.buy["bread"].domain is pyo.NonNegativeReals
        assert str(model.energy.expr) == "4.0  <=  buy[bread] + buy[milk]"

    def test_bounds_are_attributes_and_not_rows(self) -> None:
        lp = changed(bread(), upper=np.array([5.0, INF]))
        (x,) = lp.to_cvxpy().variables()
        assert x.bounds[1].tolist() == [5, INF]
        assert bread().to_cvxpy().variables()[0].attributes["nonneg"]
        assert lp.to_pyomo().buy["bread"].bounds == (0, 5)
        assert len(lp.to_cvxpy().constraints) == 2

    def test_indices_that_are_integers_are_integers_in_pyomo(self) -> None:
        lp = LinearProgram.standard([1, 1, 1], [[1, 1, 1]], [1], ["total"], ["x[0,a]", "x[1,a]", "x[-2,b]"])
        assert list(lp.to_pyomo().x) == [(0, "a"), (1, "a"), (-2, "b")]
        odd = LinearProgram.standard([1, 1], [[1, 1]], [1], ["total"], ["x[01]", "x[a,b]"])
        assert list(odd.to_pyomo().x) == ["01", "a,b"]
        alike = LinearProgram.standard([1, 1], [[1, 1]], [1], ["total"], ["x[01]", "x[1]"])
        assert list(alike.to_pyomo().x) == ["01", "1"]

    def test_a_variable_that_costs_nothing_and_stands_in_no_row_is_stated_all_the_same(self) -> None:
        lp = LinearProgram.standard([1, 0], [[1, 0]], [1], None, ["used", "idle"])
        assert {variable.name() for variable in lp.to_cvxpy().variables()} == {"used", "idle"}

    @pytest.mark.parametrize("names", [["objective", "name"], ["dual", "objective_"], ["x", "x[a]"], ["", "unnamed"]])
    def test_names_that_pyomo_keeps_for_itself_and_names_of_both_rows_and_columns(self, names: list[str]) -> None:
        lp = LinearProgram.canonical([1, 1], [[1, 1], [0, 1]], [1, 2], names, names)
        for language in LANGUAGES:
            if language == "highspy" and "" in names:
                continue
            same(compiled(lp, language), lp)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_that_repeat(self, language: str) -> None:
        lp = changed(LinearProgram.standard([1, 1], [[1, 1]], [1]), column_names=Names(2, lambda: ["Ulm", "Ulm"]))
        refused(DuplicateLabelError, lambda: declare(lp, language), "column_names", "'Ulm'")
        twice = changed(LinearProgram.standard([1], [[1], [1]], [1, 1]), row_names=Names(2, lambda: ["r", "r"]))
        refused(DuplicateLabelError, lambda: declare(twice, language), "row_names", "'r'")

    def test_what_cvxpy_cannot_state(self) -> None:
        refused(ModelError, changed(bread(), upper=np.array([5.0, -1.0])).to_cvxpy, "buy[milk]", "cvxpy")
        refused(ModelError, LinearProgram.standard([], [], []).to_cvxpy, "no variables")
        crossing = changed(bread(), row_upper=np.array([3.0, INF]))
        assert not solve_program(compiled(crossing, "cvxpy")).status.optimal

    def test_bounds_that_cross_are_kept_where_they_can_be_stated(self) -> None:
        crossing = changed(bread(), upper=np.array([5.0, -1.0]))
        for language in ("pyomo", "highspy"):
            same(compiled(crossing, language), crossing)
        crossing = changed(crossing, row_upper=np.array([3.0, INF]))
        same(compiled(crossing, "highspy"), crossing)
        refused(ModelError, crossing.to_pyomo, "energy", "pyomo")

    @pytest.mark.parametrize("entry", [1e-10, 1e16])
    def test_numbers_that_highs_would_drop(self, entry: float) -> None:
        lp = LinearProgram.standard([1, 1], [[1, entry]], [1])
        refused(ModelError, lp.to_highspy, "HiGHS", "units")

    def test_a_language_that_does_not_exist(self) -> None:
        refused(UnknownNameError, lambda: declare(bread(), "ampl"), "ampl", "cvxpy")


class TestReading:
    @settings(deadline=None, max_examples=100)
    @given(programs(least_columns=1))
    def test_a_pyomo_model_of_a_program_reads_as_its_numbers(self, lp: LinearProgram) -> None:
        read = LinearProgram.from_model(lp.to_pyomo())
        assert read.shape == lp.shape
        assert sorted(read.c.tolist()) == sorted(lp.c.tolist())
        if all("." not in name and not name.startswith("name") for name in [*lp.row_names, *lp.column_names]) and not (
            set(lp.row_names) & set(lp.column_names)
        ):
            same(read, lp)

    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_a_transport_model_of_any_language_reads_as_the_same_program(self, form: str) -> None:
        problem = om.TransportProblem([0.25, 0.75], [0.5, 0.25, 0.25], [[0.0, 1, 2], [3, 4, 5.5]])
        known = om.build(problem, form, "highspy").linear_program()
        for language in ("cvxpy", "pyomo"):
            same(LinearProgram.from_model(om.build(problem, form, language).native), known)
        same(LinearProgram.from_model(known.to_highspy()), known)

    def test_labels_of_a_transport_model_come_back_from_pyomo(self) -> None:
        source, target = om.Measure([0.5, 0.5], labels=["Seattle", "San Diego"]), om.Measure([1.0], labels=["New York"])
        model = om.build(om.TransportProblem(source, target, [[1], [2]]), "primal", "pyomo")
        same(LinearProgram.from_model(model.native), model.linear_program())

    def test_a_cvxpy_problem_with_variables_of_every_shape(self) -> None:
        s, v, m = cp.Variable(name="s"), cp.Variable(2, name="v", nonneg=True), cp.Variable((2, 3), name="m", bounds=[-1, 4])
        weights = np.arange(6.0).reshape(2, 3)
        constraints = [(m <= weights).set_label("cap"), s + cp.sum(v) == 3, v[0] - s >= 1]
        program = LinearProgram.from_model(cp.Problem(cp.Maximize(cp.sum(cp.multiply(weights, m)) - 2 * s + 5), constraints))
        column = dict(zip(program.column_names, program.c.tolist(), strict=True))
        assert column == {"s": -2, "v[0]": 0, "v[1]": 0} | {f"m[{i},{j}]": weights[i, j] for i in (0, 1) for j in (0, 1, 2)}
        right = dict(
            zip(program.row_names, zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True), strict=True)
        )
        assert right == {f"cap[{i},{j}]": (-INF, weights[i, j]) for i in (0, 1) for j in (0, 1, 2)} | {
            "constraint_1": (3, 3), "constraint_2": (1, INF)
        }  # fmt: skip
        assert (program.sense, program.offset) == ("max", 5)

    def test_a_cvxpy_variable_with_a_sparsity_pattern_keeps_the_names_of_its_entries(self) -> None:
        pattern = (np.array([1, 0, 2]), np.array([0, 2, 1]))
        x = cp.Variable((3, 3), name="x", sparsity=pattern)
        weights = np.arange(9.0).reshape(3, 3)
        program = LinearProgram.from_model(cp.Problem(cp.Minimize(cp.sum(cp.multiply(weights, x))), [cp.sum(x) == 1]))
        assert dict(zip(program.column_names, program.c.tolist(), strict=True)) == {"x[1,0]": 3, "x[0,2]": 2, "x[2,1]": 7}

    def test_what_cvxpy_adds_is_numbered(self) -> None:
        x = cp.Variable(2, name="x")
        program = LinearProgram.from_model(cp.Problem(cp.Minimize(cp.norm1(x)), [(x[0] == 1).set_label("one")]))
        assert set(program.column_names) >= {"x[0]", "x[1]", "auxiliary[0]"}
        assert {name.split("[")[0] for name in program.row_names} == {"one", "auxiliary_row"}
        assert program.solve().value == pytest.approx(1)

    def test_parameters_are_read_at_their_values(self) -> None:
        x, price = cp.Variable(name="x", nonneg=True), cp.Parameter(name="price")
        problem = cp.Problem(cp.Minimize(price * x), [x >= 1])
        refused(ModelError, lambda: LinearProgram.from_model(problem), "price")
        price.value = 3.0
        assert LinearProgram.from_model(problem).c.tolist() == [3]

    def test_a_pyomo_model_with_blocks_fixed_variables_and_two_sided_rows(self) -> None:
        m = pyo.ConcreteModel()
        m.x = pyo.Var([1, 2], ["a b"], bounds=(-1, None))
        m.plant = pyo.Block([7])
        m.plant[7].y = pyo.Var(domain=pyo.NonPositiveReals)
        m.z = pyo.Var()
        m.z.fix(4)
        m.cost = pyo.Objective(expr=m.x[1, "a b"] + 2 * m.plant[7].y + 3, sense=pyo.maximize)
        m.row = pyo.Constraint(expr=(1, m.x[1, "a b"] + m.z, 9))
        m.off = pyo.Constraint(expr=m.z == 5)
        m.off.deactivate()
        program = LinearProgram.from_model(m)
        assert list(program.column_names) == ["x[1,a b]", "x[2,a b]", "z", "plant[7].y"]
        assert list(zip(program.lower.tolist(), program.upper.tolist(), strict=True)) == [(-1, INF), (-1, INF), (4, 4), (-INF, 0)]
        at = np.array([2.5, 0, 4, -1])
        assert list(program.row_names) == ["row"]
        assert ((program.A @ at) - program.row_lower).tolist() == [5.5]
        assert (program.row_upper - (program.A @ at)).tolist() == [2.5]
        assert (program.c.tolist(), program.sense, program.offset) == ([1, 0, 0, 2], "max", 3)
        m.z.value = None
        refused(ModelError, lambda: LinearProgram.from_model(m), "z", "value")

    def test_pyomo_indices_that_look_the_same_are_told_apart(self) -> None:
        m = pyo.ConcreteModel()
        m.x = pyo.Var([1, "1"])
        m.cost = pyo.Objective(expr=m.x[1])
        names = list(LinearProgram.from_model(m).column_names)
        assert len(set(names)) == 2

    def test_a_highs_model_under_its_own_names_and_numbers(self) -> None:
        highs = highspy.Highs()
        highs.silent()
        highs.addVar(0, 5)
        highs.addVar(-INF, INF)
        highs.changeColCost(0, 2.0)
        highs.addRow(1, INF, 2, np.array([0, 1], dtype=np.int32), np.array([1.0, 3.0]))
        program = LinearProgram.from_model(highs)
        assert (list(program.column_names), list(program.row_names)) == (["column_0", "column_1"], ["row_0"])
        highs.passColName(1, "New York")
        assert list(LinearProgram.from_model(highs).column_names) == ["column_0", "New York"]
        highs.changeColIntegrality(1, highspy.HighsVarType.kInteger)
        refused(NotLinearError, lambda: LinearProgram.from_model(highs), "New York")

    def test_a_quadratic_highs_model(self) -> None:
        highs = bread().to_highspy()
        one = np.array([1], dtype=np.int32)
        highs.passHessian(2, 1, 1, np.array([0, 1], dtype=np.int32), one, np.array([1.0]))
        refused(NotLinearError, lambda: LinearProgram.from_model(highs), "quadratic")

    @pytest.mark.parametrize("native", [None, 3, "model.mps", np.eye(2), cp.Variable(), bread()])
    def test_what_is_no_model(self, native: Any) -> None:
        refused(ModelError, lambda: LinearProgram.from_model(native), "native", type(native).__name__)

    def test_cvxpy_problems_that_are_no_linear_programs(self) -> None:
        x, k = cp.Variable(2, name="x"), cp.Variable(name="k", integer=True)
        for problem in (
            cp.Problem(cp.Minimize(cp.sum_squares(x))),
            cp.Problem(cp.Minimize(k), [k >= 0]),
            cp.Problem(cp.Minimize(cp.sum(x)), [cp.norm(x) <= 1]),
            cp.Problem(cp.Maximize(cp.abs(x[0]))),
        ):
            refused(NotLinearError, lambda problem=problem: LinearProgram.from_model(problem), "cvxpy")  # type: ignore[misc]

    def test_cvxpy_problems_that_cannot_be_named(self) -> None:
        x, y, s = cp.Variable(name="x"), cp.Variable(name="x"), cp.Variable((2, 2), name="s", symmetric=True)
        read = LinearProgram.from_model
        refused(DuplicateLabelError, lambda: read(cp.Problem(cp.Minimize(x + y))), "'x'")
        twice = [(x >= 1).set_label("r"), (x <= 2).set_label("r")]
        refused(DuplicateLabelError, lambda: read(cp.Problem(cp.Minimize(x), twice)), "'r'")
        refused(ModelError, lambda: read(cp.Problem(cp.Minimize(cp.sum(s)), [s >= 0])), "s", "symmetric")
        refused(ModelError, lambda: read(cp.Problem(cp.Minimize(0))), "no variables")

    def test_pyomo_models_that_are_no_linear_programs(self) -> None:
        def model(**parts: Any) -> pyo.ConcreteModel:
            m = pyo.ConcreteModel()
            m.x, m.k = pyo.Var([0, 1]), pyo.Var(domain=parts.pop("domain", pyo.Reals))
            m.cost = pyo.Objective(expr=parts.pop("cost", lambda m: m.x[0] + m.k)(m))
            for name, part in parts.items():
                m.add_component(name, part(m))
            return m

        for m, word in (
            (model(domain=pyo.Integers), "k"),
            (model(domain=pyo.Binary), "k"),
            (model(cost=lambda m: m.x[0] * m.x[1]), "cost"),
            (model(bend=lambda m: pyo.Constraint(expr=m.x[0] ** 2 <= 1)), "bend"),
            (model(choice=lambda m: pyo.SOSConstraint(var=m.x, sos=1)), "choice"),
            (model(truth=lambda m: pyo.LogicalConstraint(expr=pyo.BooleanConstant(True))), "truth"),
            (model(second=lambda m: pyo.Objective(expr=m.k)), "2 active objectives"),
        ):
            refused(NotLinearError, lambda m=m: LinearProgram.from_model(m), word)  # type: ignore[misc]

    def test_pyomo_models_that_are_not_complete(self) -> None:
        refused(ModelError, lambda: LinearProgram.from_model(pyo.AbstractModel()), "abstract")
        one, other = pyo.ConcreteModel(), pyo.ConcreteModel()
        other.x = pyo.Var()
        one.cost = pyo.Objective(expr=other.x)
        refused(ModelError, lambda: LinearProgram.from_model(one), "another model")


class TestTheDualOfAUsersModel:
    def test_of_cvxpy_comes_back_as_models_with_the_same_optimum(self) -> None:
        x = cp.Variable(2, name="buy", nonneg=True)
        energy, protein = (cp.sum(x) >= 4).set_label("energy"), (x[0] + 2 * x[1] >= 6).set_label("protein")
        primal = cp.Problem(cp.Minimize(2 * x[0] + 3 * x[1]), [energy, protein])
        primal.solve(solver=ScaledHighs())
        dual = LinearProgram.from_model(primal).dual()
        problem = dual.to_cvxpy()
        problem.solve(solver=ScaledHighs())
        assert problem.value == pytest.approx(primal.value)
        prices = {variable.name(): float(variable.value) for variable in problem.variables()}
        assert prices == pytest.approx({"energy": energy.dual_value, "protein": protein.dual_value})
        assert [constraint.label for constraint in problem.constraints] == ["buy"]
        np.testing.assert_allclose(problem.constraints[0].dual_value, x.value, atol=1e-12)

    def test_of_cvxpy_comes_back_in_pyomo_with_the_point_as_multipliers(self) -> None:
        x = cp.Variable(2, name="buy", nonneg=True)
        primal = cp.Problem(cp.Minimize(2 * x[0] + 3 * x[1]), [cp.sum(x) >= 4, x[0] + 2 * x[1] >= 6])
        dual = LinearProgram.from_model(primal).dual().to_pyomo()
        dual.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        run = solve_program(LinearProgram.from_model(dual))
        primal.solve(solver=ScaledHighs())
        assert run.y is not None
        np.testing.assert_allclose(run.y, x.value, atol=1e-12)
        assert list(dual.buy) == [0, 1]

    @settings(deadline=None, max_examples=60)
    @given(programs(least_columns=1))
    def test_of_any_program_through_any_language_has_the_same_optimum(self, lp: LinearProgram) -> None:
        primal = solve_program(lp)
        if not primal.status.optimal or primal.x is None:
            return
        dual = lp.dual()
        for language in LANGUAGES if dual.shape[1] else ("pyomo", "highspy"):
            run = solve_program(compiled(dual, language))
            assert run.x is not None
            assert compiled(dual, language).value(run.x) == pytest.approx(lp.value(primal.x), rel=1e-9, abs=1e-9)

    @settings(deadline=None, max_examples=40)
    @given(programs(least_columns=1, ends=st.integers(-9, 9).flatmap(lambda v: st.sampled_from([(v, v), (v, INF), (-INF, v)]))))
    def test_agrees_with_pyomos_own_inside_its_limits(self, lp: LinearProgram) -> None:
        """Its limits: variables >= 0, no constants; and each row and each variable has an entry."""
        k = lp.shape[1]
        lp = changed(
            lp, lower=np.zeros(k), upper=np.full(k, INF), offset=0.0, column_names=[f"x_{j}" for j in range(k)],
            row_names=[f"r_{i}" for i in range(lp.shape[0])],
        )  # fmt: skip
        if not lp.shape[0] or not lp.c.any() or not abs(lp.A).sum(axis=1).all() or not abs(lp.A).sum(axis=0).all():
            return
        model, transformation = lp.to_pyomo(), pyo.TransformationFactory("core.lp_dual")
        turned = transformation.create_using(model)
        theirs = LinearProgram.from_model(turned)
        ours = lp.dual()
        assert theirs.sense == ours.sense
        one, two = solve_program(theirs), solve_program(ours)
        assert one.status.optimal == two.status.optimal
        if one.status.optimal and one.x is not None and two.x is not None:
            assert theirs.value(one.x) == pytest.approx(ours.value(two.x), rel=1e-9, abs=1e-9)
            rows = [transformation.get_dual_var(turned, model.component(name)).name for name in lp.row_names]
            order = [list(theirs.column_names).index(name) for name in rows]
            solved = solve_program(lp)
            assert solved.x is not None
            assert certify(lp, solved.x, one.x[order]).passed


class TestNames:
    @given(st.lists(st.text("ab[](), 01-\n", max_size=12), unique=True, max_size=8))
    def test_every_name_is_in_one_group_and_told_apart_there(self, names: list[str]) -> None:
        found = groups(names)
        assert sorted(k for group in found for k in group.positions.tolist()) == list(range(len(names)))
        for group in found:
            assert len(set(group.keys())) == len(group.indices or ())
            told = [group.name] if group.indices is None else [entry(group.name, index) for index in group.indices]
            assert told == [names[k] for k in group.positions.tolist()]

    def test_a_name_that_would_come_back_as_another_is_a_group_of_its_own(self) -> None:
        assert [group.name for group in groups(["x (a)[1]", "x[1] (a)"])] == ["x (a)[1]", "x (a)"]

    def test_a_duplicated_entry_of_the_matrix_is_their_sum(self, tmp_path: Path) -> None:
        doubled = csc_array(coo_array((np.array([1.0, 2.0, 4.0]), ([0, 0, 0], [0, 0, 1])), shape=(1, 2)))
        raw = csc_array((np.array([1.0, 2.0, 4.0]), np.array([0, 0, 0]), np.array([0, 2, 3])), shape=(1, 2))
        lp, summed = (LinearProgram.standard([1, 1], matrix, [1]) for matrix in (raw, doubled))
        for language in LANGUAGES:
            same(compiled(lp, language), summed)
        lp.write_mps(tmp_path / "a.mps")
        same(LinearProgram.read_mps(tmp_path / "a.mps"), summed)

    def test_a_plain_program_is_a_linear_program_of_the_same_numbers(self) -> None:
        plain = Program(**{name: getattr(bread(), name) for name in FIELDS})
        assert type(LinearProgram.of(plain)) is LinearProgram
        same(LinearProgram.of(plain), bread())
        lp = bread()
        assert LinearProgram.of(lp) is lp
        assert isinstance(declare(plain, "highspy"), Declaration)
