"""Why there is no answer: conflicts that need all their bounds, and explanations in atoms, in every language."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, vstack
from scipy.sparse.csgraph import maximum_flow
from test_lp_conversion import drawn, stated
from test_rays import Member, contradictory, infeasible, members

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, SolveError
from otmodels.lp import Conflict, DualRay, LinearProgram, conflict, conflict_of, repair
from otmodels.status import PointStatus, Termination

INF = np.inf
STUCK = np.array([[0.0, INF], [1.0, 1.0]])


def only(lp: LinearProgram, kept: list[Member]) -> LinearProgram:
    """The program that consists of some bounds, with nothing to minimise."""
    rows, columns = np.tile([[-INF], [INF]], lp.shape[0]), np.tile([[-INF], [INF]], lp.shape[1])
    given = {"row": (rows, (lp.row_lower, lp.row_upper)), "variable": (columns, (lp.lower, lp.upper))}
    for kind, side, k in kept:
        loose, ends = given[kind]
        loose[int(side == "upper"), k] = ends[int(side == "upper")][k]
    return replace(
        lp, c=np.zeros(lp.shape[1]), row_lower=rows[0], row_upper=rows[1], lower=columns[0], upper=columns[1], offset=0.0
    )


def summed(lp: LinearProgram, seed: int) -> DualRay:
    """The sum of three proofs: those of the least violation with its rows in three systems of units."""
    y = np.zeros(lp.shape[0])
    for size in 2.0 ** np.random.default_rng(seed).integers(-3, 4, (3, y.size)):
        matrix = csc_array(lp.A.multiply(size[:, None]))
        y += size * repair(replace(lp, A=matrix, row_lower=lp.row_lower * size, row_upper=lp.row_upper * size)).multipliers
    return DualRay.of(lp, y / np.abs(y).max())


class TestConflict:
    @given(st.integers(0, 2**32 - 1), st.integers(3, 20))
    @settings(deadline=None, max_examples=60)
    def test_is_infeasible_and_feasible_without_any_one_of_its_bounds(self, seed: int, most: int) -> None:
        lp = drawn(seed, most)
        found = conflict(lp)
        if found is None:
            assert not isinstance(lp.solve().ray, DualRay)
            return
        kept = members(found)
        assert found.irreducible
        assert isinstance(only(lp, kept).solve().ray, DualRay)
        for left_out in kept:
            assert only(lp, [member for member in kept if member != left_out]).solve().status.optimal

    @given(st.integers(0, 2**32 - 1), st.integers(4, 14))
    @settings(deadline=None, max_examples=150)
    def test_a_sum_of_proofs_is_reduced_to_one_that_needs_all_its_bounds(self, seed: int, most: int) -> None:
        lp = drawn(seed, most)
        if not isinstance(lp.solve().ray, DualRay):
            return
        start = summed(lp, seed)
        assert start.verified
        found = conflict_of(start)
        kept = members(found)
        assert found.irreducible
        assert set(kept) <= set(members(Conflict(start, False)))
        assert isinstance(only(lp, kept).solve().ray, DualRay)
        for left_out in kept:
            assert only(lp, [member for member in kept if member != left_out]).solve().status.optimal

    def test_what_is_too_large_to_be_reduced_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.modules[conflict.__module__], "MOST_ROWS", 2)
        found = infeasible(contradictory())
        assert not found.irreducible
        assert set(found.rows) == {"bread", "milk", "bag"}

    def test_a_proof_with_more_rows_than_it_needs_is_reduced(self) -> None:
        """Two contradictions at once, and their sum as the proof to start from."""
        lp = stated([0, 0], np.repeat(np.eye(2), 2, axis=0), [(2, INF), (-INF, 1), (5, INF), (-INF, 1)], [(-INF, INF)] * 2)
        both = DualRay.of(lp, np.array([1.0, -1.0, 1.0, -1.0]))
        assert both.verified
        found = om.lp.conflict_of(both)
        assert found.irreducible
        assert found.rows in (("row 0", "row 1"), ("row 2", "row 3"))

    def test_the_irreducible_infeasible_subset_of_highs_is_one_too(self) -> None:
        """HiGHS's own search: where only one conflict exists, the two find the same rows."""
        lp = contradictory()
        highs = lp.to_highspy()
        highs.setOptionValue("iis_strategy", 6)
        highs.run()
        _, iis = highs.getIis()
        assert {lp.row_names[i] for i in iis.row_index_} == set(infeasible(lp).rows)

    def test_a_feasible_program_has_none(self) -> None:
        assert conflict(stated([1], [[1]], [(1, INF)], [(0, INF)])) is None
        assert conflict(stated([-1], [[1]], [(1, INF)], [(0, INF)])) is None

    def test_bounds_that_cross_are_named_where_no_repair_of_rows_exists(self) -> None:
        for lp, words in (
            (stated([1], [[1]], [(2, 1)], [(0, INF)]), "row row 0 with its lower bound 2 above its upper bound 1"),
            (stated([1], [[1]], [(0, 1)], [(3, 2)]), "variable x 0 with its lower bound 3 above its upper bound 2"),
        ):
            with pytest.raises(ParameterError, match=words):
                infeasible(lp).repair()

    def test_a_decision_that_was_stopped_is_no_decision(self) -> None:
        with pytest.raises(SolveError, match="not decided"):
            conflict(om.build(om.read_dataset("data/digits").problem).linear_program(), time_limit=1e-9)


def blocked(n: int = 200) -> tuple[om.TransportProblem, FloatArray]:
    """80 sources that reach only 60 targets, which take less."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, n))
    cost = rng.random((n, n))
    cost[:80, 60:] = INF
    return om.TransportProblem(a, b * a.sum() / b.sum(), cost), a


class TestTransport:
    def test_hall_s_sets_of_200_atoms_are_named_and_their_shortfall_is_the_certificate_s(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By one maximum flow."""
        flows: list[object] = []

        def counted(*about: Any) -> Any:
            flows.append(about)
            return maximum_flow(*about)

        monkeypatch.setattr("otmodels.feasibility.maximum_flow", counted)
        problem, a = blocked()
        found = om.explain_infeasibility(problem)
        assert len(flows) == 1
        assert found is not None
        assert found.shortfall == pytest.approx(float(problem.a @ found.f + problem.b @ found.g), abs=1e-12)
        assert found.shortfall == pytest.approx(a[:80].sum() - problem.b[:60].sum(), rel=1e-12)
        allowed = np.isfinite(problem.cost.values)
        assert (found.f[:, None] + found.g[None, :])[allowed].max() <= 0

    def test_groups_that_share_no_target_are_told_apart(self) -> None:
        """Two islands, each with too little room, and a mainland with room to spare."""
        cost = np.full((3, 3), INF)
        cost[0, 0] = cost[1, 1] = 1.0
        cost[2] = 1.0
        problem = om.TransportProblem(
            om.Measure([3, 5, 2], labels=["Elba", "Capri", "Rome"]), om.Measure([1, 2, 7], labels=["e", "c", "r"]), cost
        )
        found = om.explain_infeasibility(problem)
        assert found is not None
        assert [list(part.sources) for part in found.bottlenecks] == [["Capri"], ["Elba"]]
        assert [part.shortfall for part in found.bottlenecks] == [3, 2]
        assert found.table()["label"].tolist() == ["Capri", "c", "Elba", "e"]
        assert str(found).count("has nowhere to go") == 2

    @given(st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=60)
    def test_the_repair_makes_the_problem_feasible_and_no_repair_moves_less(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 6, size=2)
        a, b = rng.integers(1, 5, n), rng.integers(1, 5, m)
        a, b = a * b.sum(), b * a.sum()
        cost = np.where(rng.random((n, m)) < 0.5, INF, 0.0)
        cost[np.arange(n), rng.integers(0, m, n)] = 0
        cost[rng.integers(0, n, m), np.arange(m)] = 0
        found = om.explain_infeasibility(om.TransportProblem(a, b, cost))
        if found is None:
            return
        repair = found.repair()
        opened = cost.copy()
        opened[repair["source"], repair["target"]] = 0
        assert om.explain_infeasibility(om.TransportProblem(a, b, opened)) is None
        assert repair["mass"].sum() == pytest.approx(found.shortfall, abs=1e-8 * a.sum())
        # Forbidden pairs at a price of 1: no plan moves less over them.
        least = om.solve(om.TransportProblem(a, b, np.where(np.isinf(cost), 1.0, 0.0)), language="highspy")
        assert least.value == pytest.approx(found.shortfall, rel=1e-9)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_the_error_of_solve_carries_the_explanation(self, form: str, language: str) -> None:
        problem = om.TransportProblem([3, 1], [2, 2], STUCK)
        with pytest.raises(om.errors.InfeasibleError, match="1 has nowhere to go") as caught:
            om.build(problem, form, language).solve()
        assert isinstance(caught.value.explanation, om.Infeasibility)
        assert caught.value.status.dual is PointStatus.RAY

    def test_a_model_of_it_is_explained_by_its_atoms_too(self) -> None:
        found = om.explain_infeasibility(om.build(om.TransportProblem([3, 1], [2, 2], STUCK), language="highspy"))
        assert isinstance(found, om.Infeasibility)
        assert found.shortfall == 1

    def test_masses_that_agree_but_for_rounding_are_not_stuck(self) -> None:
        """0.1 + 0.2 has to fit into 0.3."""
        cost = np.array([[1.0, INF], [1.0, INF], [INF, 1.0]])
        assert om.explain_infeasibility(om.TransportProblem([0.1, 0.2, 0.7], [0.3, 0.7], cost)) is None

    def test_something_else_is_no_problem(self) -> None:
        with pytest.raises(ParameterError, match=r"LinearProgram.*otmodels\.lp\.conflict"):
            om.explain_infeasibility(LinearProgram.standard([1], [[1]], [-1]))  # type: ignore[call-overload]

    def test_a_feasible_problem_needs_no_explanation(self) -> None:
        assert om.explain_infeasibility(om.TransportProblem([1], [1], [[2]])) is None
        assert om.explain_infeasibility(om.build(om.TransportProblem([1], [1], [[2]]))) is None

    def test_tuples_as_labels(self) -> None:
        labels = [("a", 1), ("a", 2)]
        source, target = om.Measure([3, 1], labels=labels), om.Measure([2, 2], labels=labels)
        found = om.explain_infeasibility(om.TransportProblem(source, target, STUCK))
        assert found is not None
        assert found.table()["label"].tolist() == [("a", 1), ("a", 1)]


def canned(language: str) -> om.Model:
    """Dantzig's canneries, where Seattle may send out 300 of its 350 cases, and 100 to the spare target at most."""
    model = om.build(om.read_dataset("data/canning").problem, language=language)
    if language == "cvxpy":
        import cvxpy as cp

        gate = (cp.sum(model.variables["gamma"][0, :]) <= 300).set_label("gate")
        model.native = cp.Problem(model.native.objective, [*model.native.constraints, gate])
    elif language == "pyomo":
        import pyomo.environ as pyo

        gamma = model.native.gamma
        model.native.gate = pyo.Constraint(expr=sum(gamma["Seattle", j] for j in model.problem.target.labels) <= 300)
    else:
        m = model.problem.shape[1]
        model.native.addRow(-INF, 300.0, m, np.arange(m, dtype=np.int32), np.ones(m))
        model.native.passRowName(model.native.getNumRow() - 1, "gate")
    return model


def unbounded(language: str) -> om.Model:
    """A transport model with a variable that nothing bounds."""
    model = om.build(om.TransportProblem([1], [1], [[2]]), language=language)
    if language == "cvxpy":
        import cvxpy as cp

        model.native = cp.Problem(cp.Minimize(model.native.objective.expr - cp.Variable(nonneg=True)), model.native.constraints)
    elif language == "pyomo":
        import pyomo.environ as pyo

        model.native.free = pyo.Var(domain=pyo.NonNegativeReals)
        (objective,) = model.native.component_data_objects(pyo.Objective)
        objective.expr -= model.native.free
    else:
        model.native.addVar(0.0, INF)
        model.native.changeColCost(1, -1.0)
    return model


@pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
class TestEveryLanguage:
    def test_an_extended_model_names_the_rows_that_contradict_each_other(self, language: str) -> None:
        found = om.explain_infeasibility(canned(language))
        assert isinstance(found, Conflict)
        assert found.irreducible
        assert set(found.rows) == {"source_marginal[Seattle]", "gate"}
        assert found.ray.gain == pytest.approx(50)
        assert found.repair()["loosen_by"].sum() == pytest.approx(50)
        assert (found.repair()["loosen_by"] > 0).all()

    def test_its_error_says_so_and_has_the_proof(self, language: str) -> None:
        with pytest.raises(om.errors.InfeasibleError, match=r"gate \(<= 300\)") as caught:
            canned(language).solve()
        assert isinstance(caught.value.explanation, Conflict)
        assert caught.value.explanation.ray.verified
        result = canned(language).solve(throw=False)
        assert isinstance(result, om.Infeasible)
        assert (result.status.termination, result.status.dual) == (Termination.INFEASIBLE, PointStatus.RAY)

    def test_an_unbounded_model_has_a_direction(self, language: str) -> None:
        with pytest.raises(om.errors.UnboundedError, match="unbounded") as caught:
            unbounded(language).solve()
        assert caught.value.ray.verified
        assert caught.value.ray.rate < 0
        result = unbounded(language).solve(throw=False)
        assert isinstance(result, om.Unbounded)

    def test_a_user_s_own_model_has_the_same_answer_as_the_program_it_states(self, language: str) -> None:
        lp = LinearProgram.canonical([1, 1], [[1, 1], [-1, 0], [0, -1]], [5, -1, -2], ["need", "left", "right"])
        read = LinearProgram.from_model(getattr(lp, f"to_{language}")())
        assert set(infeasible(read).rows) == {"need", "left", "right"}
        assert infeasible(read).ray.gain == pytest.approx(2)


def test_capacities_as_rows_of_many_atoms_are_reduced() -> None:
    """A gate of 9 tenths of what 30 of 200 sources hold."""
    rng = np.random.default_rng(1)
    n = 200
    a, b = rng.random((2, n))
    problem = om.TransportProblem(a, b * a.sum() / b.sum(), rng.random((n, n)))
    lp = om.build(problem, language="highspy").linear_program()
    gate = np.zeros((1, n * n))
    gate[0, : 30 * n] = 1
    names = [*lp.row_names, "gate"]
    held = float(a[:30].sum())
    lower, upper = np.append(lp.row_lower, -INF), np.append(lp.row_upper, 0.9 * held)
    matrix = csc_array(vstack([lp.A, csc_array(gate)]))
    ray = replace(lp, A=matrix, row_lower=lower, row_upper=upper, row_names=names).solve().ray
    assert isinstance(ray, DualRay)
    found = conflict_of(ray)
    assert len(found.table()) > 30
    assert found.irreducible
    assert found.ray.verified
    assert set(found.rows) == {"gate", *(f"source_marginal[{i}]" for i in range(30))}
    assert found.ray.gain == pytest.approx(0.1 * held)
