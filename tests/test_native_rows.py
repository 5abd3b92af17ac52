"""Prices stay with their rows, whatever a user takes out of the native model, moves in it or adds to it; or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from statements import in_turn, refused

import otmodels as om
from otmodels.errors import DuplicateLabelError, ModelError
from otmodels.lp import LinearProgram

INF = float("inf")


def two_towns(language: str, form: str = "primal") -> om.Model:
    """0.1 crosses, from 1 to 0 at a price of 2: f = (0, 2), g = (0, -2) up to a constant.

    With at most 0.3 staying at 0 the value is 1/2, and the prices are f = (., -1), g = (3, 1), -3 for the cap.
    """
    source, target = om.Measure([0.4, 0.6], labels=["Ulm", "Bonn"]), om.Measure([0.5, 0.5], labels=["Kiel", "Trier"])
    return om.build(om.TransportProblem(source, target, [[0, 1], [2, 0]]), form, language)


def indices(*k: int) -> Any:
    return np.array(k, dtype=np.int32)


def add_row(highs: Any, entries: dict[int, float], name: str = "", lower: float = -INF, upper: float = INF) -> None:
    highs.addRow(lower, upper, len(entries), indices(*entries), np.array(list(entries.values())))
    if name:
        highs.passRowName(highs.getNumRow() - 1, name)


def solved(model: om.Model) -> om.ExtendedSolution:
    solution = model.solve()
    assert isinstance(solution, om.ExtendedSolution)
    assert solution.certificate.passed
    return solution


def prices(solution: om.ExtendedSolution) -> dict[str, float]:
    return {str(name): value for part in solution.multipliers.values() for name, value in part.items()}


CAPPED = {
    "source_marginal[Bonn]": -1.0,
    "target_marginal[Kiel]": 3.0,
    "target_marginal[Trier]": 1.0,
}


class TestHighsRowsThatAreDeleted:
    def test_the_object_holds_the_names_of_the_problem(self) -> None:
        lp = two_towns("highspy").native.getLp()
        assert lp.col_names_ == ["gamma[Ulm,Kiel]", "gamma[Ulm,Trier]", "gamma[Bonn,Kiel]", "gamma[Bonn,Trier]"]
        assert lp.row_names_ == ["source_marginal[Ulm]", *CAPPED]

    def test_one_is_deleted_and_another_one_added(self) -> None:
        model = two_towns("highspy")
        model.native.deleteRows(1, indices(0))
        add_row(model.native, {0: 1.0}, "cap", upper=0.3)
        solution = solved(model)
        assert solution.value == pytest.approx(0.5)
        assert prices(solution) == pytest.approx(CAPPED | {"cap": -3})
        assert solution.f.tolist() == pytest.approx([0, -1])
        assert solution.g.tolist() == pytest.approx([3, 1])

    def test_a_constraint_of_highspy_is_removed(self) -> None:
        model = two_towns("highspy")
        model.native.removeConstr(model.native.getConstrs()[0])
        solution = solved(model)
        assert solution.value == pytest.approx(0.2)
        assert "source_marginal[Ulm]" not in prices(solution)
        assert solution.f[1] + solution.g[0] == pytest.approx(2)

    def test_a_whole_marginal_and_everything(self) -> None:
        model = two_towns("highspy")
        model.native.deleteRows(2, indices(0, 1))
        solution = solved(model)
        assert (solution.value, solution.f.tolist(), list(solution.multipliers)) == (0, [0, 0], ["target_marginal"])
        model.native.deleteRows(2, indices(0, 1))
        add_row(model.native, {0: 1.0}, "least", lower=0.25)
        assert prices(solved(model)) == {"least": 0}

    def test_one_that_is_put_back_under_its_name_is_the_declared_one(self) -> None:
        model = two_towns("highspy")
        model.native.deleteRows(1, indices(0))
        add_row(model.native, {0: 1.0, 1: 1.0}, "source_marginal[Ulm]", 0.4, 0.4)
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert solution.f.tolist() == pytest.approx([0, 2])
        add_row(model.native, {1: 1.0}, "road", lower=0.2)
        assert prices(solved(model))["road"] == pytest.approx(3)

    def test_an_object_with_its_rows_in_another_order(self) -> None:
        model = two_towns("highspy")
        other = highspy.Highs()
        other.silent()
        other.addVars(4, np.zeros(4), np.full(4, INF))
        other.changeColsCost(4, indices(0, 1, 2, 3), np.array([0.0, 1.0, 2.0, 0.0]))
        rows = [("target_marginal[Kiel]", (0, 2), 0.5), ("source_marginal[Ulm]", (0, 1), 0.4)]
        rows += [("target_marginal[Trier]", (1, 3), 0.5), ("source_marginal[Bonn]", (2, 3), 0.6)]
        for name, columns, mass in rows:
            add_row(other, dict.fromkeys(columns, 1.0), name, mass, mass)
        for k, name in enumerate(model.native.getLp().col_names_):
            other.passColName(k, name)
        model.native = other
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert (solution.f.tolist(), solution.g.tolist()) == (pytest.approx([0, 2]), pytest.approx([0, -2]))
        other.deleteRows(1, indices(1))
        add_row(other, {0: 1.0}, "cap", upper=0.3)
        assert prices(solved(model)) == pytest.approx(CAPPED | {"cap": -3})

    def test_in_the_dual_a_pair_without_a_row_carries_nothing(self) -> None:
        model = two_towns("highspy", "dual")
        model.native.deleteRows(1, indices(1))
        solution = solved(model)
        assert solution.plan[0, 1] == 0
        np.testing.assert_allclose(solution.plan, [[0.4, 0], [0.1, 0.5]], atol=1e-12)


class TestHighsNames:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (in_turn(*(lambda h, k=k: add_row(h, {k: 1.0}, "cap") for k in (0, 3))), ["'cap'", "row"]),
            (lambda h: add_row(h, {0: 1.0}, "source_marginal[Ulm]"), ["'source_marginal[Ulm]'"]),
            (lambda h: add_row(h, {0: 1.0}, "source_marginal"), ["'source_marginal'"]),
            (in_turn(lambda h: add_row(h, {0: 1.0}, "row_5"), lambda h: add_row(h, {3: 1.0})), ["'row_5'"]),
            (
                in_turn(lambda h: h.addCol(0, 0, 1, 0, indices(), np.array([])), lambda h: h.passColName(4, "gamma[Ulm,Kiel]")),
                ["'gamma[Ulm,Kiel]'", "column"],
            ),
        ],
        ids=["two rows", "a declared row", "a group of rows", "a row by its number", "two columns"],
    )
    def test_that_are_those_of_others(self, change: Callable[[Any], None], words: list[str]) -> None:
        model = two_towns("highspy")
        change(model.native)
        refused(DuplicateLabelError, model.solve, "native", *words)

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            (lambda h: h.deleteCols(1, indices(1)), "gamma[Ulm,Trier]"),
            (lambda h: h.passColName(0, "mine"), "gamma[Ulm,Kiel]"),
            (lambda h: h.clearModel(), "gamma[Ulm,Kiel]"),
        ],
        ids=["deleted", "renamed", "emptied"],
    )
    def test_of_columns_that_are_gone(self, change: Callable[[Any], Any], name: str) -> None:
        model = two_towns("highspy")
        change(model.native)
        refused(ModelError, model.solve, "native", name, "changeColBounds")

    def test_a_column_that_is_deleted_and_another_one_added_is_not_taken_for_it(self) -> None:
        model = two_towns("highspy")
        model.native.deleteCols(1, indices(1))
        model.native.addCol(1.0, 0.0, 1.0, 2, indices(0, 3), np.array([1.0, 1.0]))
        refused(ModelError, model.solve, "gamma[Ulm,Trier]")
        model.native.passColName(3, "gamma[Ulm,Trier]")
        solution = solved(model)
        np.testing.assert_allclose(solution.plan, [[0.4, 0], [0.1, 0.5]], atol=1e-12)

    @pytest.mark.parametrize("names", [True, False])
    def test_a_copy_is_as_good_as_the_object_as_long_as_it_has_the_names(self, names: bool) -> None:
        model = two_towns("highspy")
        lp, copy = model.native.getLp(), highspy.Highs()
        copy.silent()
        if not names:
            lp.col_names_, lp.row_names_ = [], []
        copy.passModel(lp)
        model.native = copy
        if names:
            assert isinstance(model.solve(), om.Solution)
        else:
            refused(ModelError, model.solve, "gamma[Ulm,Kiel]")
        assert LinearProgram.from_model(copy).solve().value == pytest.approx(0.2)

    def test_two_rows_of_one_name_in_a_model_that_was_never_ours(self) -> None:
        highs = highspy.Highs()
        highs.silent()
        highs.addVars(2, np.zeros(2), np.ones(2))
        for k in (0, 1):
            add_row(highs, {k: 1.0}, "need", lower=0.5)
        refused(DuplicateLabelError, lambda: LinearProgram.from_model(highs), "row", "'need'")
        highs.passRowName(1, "more")
        for k in (0, 1):
            highs.passColName(k, "x")
        refused(DuplicateLabelError, lambda: LinearProgram.from_model(highs), "column", "'x'")


class TestPyomo:
    def test_a_row_that_is_deleted_has_no_price_and_the_others_keep_theirs(self) -> None:
        model = two_towns("pyomo")
        del model.native.source_marginal["Ulm"]
        model.native.cap = pyo.Constraint(expr=model.native.gamma["Ulm", "Kiel"] <= 0.3)
        solution = solved(model)
        assert prices(solution) == pytest.approx(CAPPED | {"cap": -3})
        assert solution.f.tolist() == pytest.approx([0, -1])

    def test_a_row_that_is_put_back_is_the_declared_one(self) -> None:
        model = two_towns("pyomo")
        m = model.native
        del m.source_marginal["Ulm"]
        m.source_marginal.add("Ulm", m.gamma["Ulm", "Kiel"] + m.gamma["Ulm", "Trier"] == 0.4)
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert solution.f.tolist() == pytest.approx([0, 2])

    def test_another_constraint_under_a_declared_name(self) -> None:
        """Its index may be in any order, so its rows are nobody's."""
        model = two_towns("pyomo")
        m = model.native
        m.del_component("target_marginal")
        m.target_marginal = pyo.Constraint(["Trier", "Kiel"], rule=lambda m, j: sum(m.gamma[i, j] for i in m.sources) == 0.5)
        refused(DuplicateLabelError, model.solve, "native", "'target_marginal'")

    def test_a_declared_constraint_with_a_row_more(self) -> None:
        model = two_towns("pyomo")
        m = model.native
        m.targets.add("Jena")
        m.target_marginal.add("Jena", m.gamma["Ulm", "Kiel"] <= 0.3)
        refused(ModelError, model.solve, "'target_marginal'", "index set")


class TestCvxpy:
    def test_a_constraint_that_is_there_twice_has_the_price_of_both(self) -> None:
        model = two_towns("cvxpy")
        cap = model.variables["gamma"][0, 0] <= 0.3
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, cap, cap])
        multipliers = solved(model).multipliers
        assert multipliers["constraint_2"].iloc[0] + multipliers["constraint_3"].iloc[0] == pytest.approx(-3)

    def test_a_variable_of_another_model_is_one_more(self) -> None:
        model, other = two_towns("cvxpy"), two_towns("cvxpy")
        mine, theirs = model.variables["gamma"], other.variables["gamma"]
        rows = [(mine[0, 0] <= theirs[0, 0]).set_label("wish"), (theirs[0, 0] <= 0.3).set_label("cap")]
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, *rows])
        solution = solved(model)
        assert solution.value == pytest.approx(0.5)
        np.testing.assert_allclose(solution.plan, [[0.3, 0.1], [0.2, 0.4]], atol=1e-12)
        model.native = other.native
        refused(ModelError, model.solve, "'gamma'")


def test_what_the_solver_leaves_open_is_answered_where_exact_arithmetic_has_the_answer() -> None:
    """A free column that 1e8 x <= 0.9 alone bounds adds 9e-9 to the distance; HiGHS ends on "unbounded or infeasible"."""
    a = [0.923548085351262, 0.023875192028153913, 0.5142829340064164, 0.306657816304032, 0.6620289112768479, 0.22026224401559868]
    b = [0.764827372399545, 0.7338067697947124, 0.5884557174939556, 0.10581902899272874, 0.20585732389219122, 0.2518889704091785]
    x = np.array([0.0, 0.026785712657186322, 0.5863191810376758, -0.40752448519651285, 0.0651435331727358, -0.017774949110132])
    problem = om.TransportProblem(om.Measure(a, x), om.Measure(b, x), om.ground_cost(om.Measure(a, x), om.Measure(b, x)))
    model = om.build(problem, "lipschitz", "highspy")
    model.native.addCol(1.0, -INF, INF, 0, indices(), np.array([]))
    add_row(model.native, {6: 1e8}, "tight", -0.9, 0.9)
    add_row(model.native, {6: 1.0, 1: 1e10}, "wide", upper=26506551829.823112)
    found = model.solve()
    assert isinstance(found, om.ExtendedFlow)
    assert found.certificate.proven
    assert found.value == pytest.approx(om.wasserstein_distance(problem.source, problem.target).value + 9e-9, abs=1e-12)
