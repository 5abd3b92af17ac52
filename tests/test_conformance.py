"""Every form in every language gives the known answer to every instance of the catalogue, in one sign convention."""

from __future__ import annotations

import numpy as np
import pytest
from catalogue import (
    BY_NAME,
    INSTANCES,
    SOLVERS,
    Instance,
    cost_matrix,
    floats,
    solve,
    solved,
    two_gaussians,
    value_by_assignment,
)

import otmodels as om
from otmodels.potentials import close

every_solver = pytest.mark.parametrize(("form", "language"), SOLVERS)
every_instance = pytest.mark.parametrize("instance", INSTANCES, ids=lambda instance: instance.name)


def value_unit(problem: om.TransportProblem) -> float:
    return problem.mass_unit * problem.cost_unit


@every_solver
@every_instance
class TestKnownAnswers:
    def test_value_is_the_known_one(self, instance: Instance, form: str, language: str) -> None:
        solution = solved(instance.name, form, language)
        known = float(instance.value)
        assert abs(solution.value - known) <= (1e-9 * abs(known) if known else 1e-15 * value_unit(solution.problem))

    def test_answer_is_certified_optimal(self, instance: Instance, form: str, language: str) -> None:
        solution = solved(instance.name, form, language)
        assert solution.certificate.passed, solution.certificate.verdict
        assert solution.status.optimal
        assert solution.certificate.verdict.startswith("certified optimal")
        assert (solution.provenance.form, solution.provenance.language) == (form, language)

    def test_plan_moves_the_source_onto_the_target(self, instance: Instance, form: str, language: str) -> None:
        plan = solved(instance.name, form, language).plan
        a, b = floats(instance.a), floats(instance.b)
        assert (plan >= 0).all()
        np.testing.assert_allclose(plan.sum(axis=1), a, rtol=1e-12, atol=1e-15 * a.sum())
        np.testing.assert_allclose(plan.sum(axis=0), b, rtol=1e-12, atol=1e-15 * b.sum())

    def test_no_mass_moves_over_a_forbidden_pair(self, instance: Instance, form: str, language: str) -> None:
        assert not solved(instance.name, form, language).plan[np.isinf(cost_matrix(instance.cost))].any()

    def test_potentials_are_feasible_and_attain_the_value(self, instance: Instance, form: str, language: str) -> None:
        solution = solved(instance.name, form, language)
        slack = cost_matrix(instance.cost) - solution.f[:, None] - solution.g[None, :]
        assert np.isfinite(solution.f).all()
        assert np.isfinite(solution.g).all()
        assert slack.min() >= -1e-12 * solution.problem.cost_unit
        value = floats(instance.a) @ solution.f + floats(instance.b) @ solution.g
        assert abs(value - float(instance.value)) <= 1e-9 * (abs(float(instance.value)) or value_unit(solution.problem))

    def test_mass_moves_only_where_the_slack_is_zero(self, instance: Instance, form: str, language: str) -> None:
        solution = solved(instance.name, form, language)
        slack = cost_matrix(instance.cost) - solution.f[:, None] - solution.g[None, :]
        assert np.abs(slack[solution.plan > 0]).max() <= 1e-12 * solution.problem.cost_unit

    def test_first_source_with_mass_has_potential_zero(self, instance: Instance, form: str, language: str) -> None:
        first = next(i for i, mass in enumerate(instance.a) if mass)
        assert solved(instance.name, form, language).f[first] == 0


@every_solver
@pytest.mark.parametrize("instance", [i for i in INSTANCES if i.plan is not None], ids=lambda instance: instance.name)
def test_a_unique_plan_is_found_in_every_form_and_language(instance: Instance, form: str, language: str) -> None:
    assert instance.plan is not None
    known = np.array([floats(row) for row in instance.plan])
    np.testing.assert_allclose(solved(instance.name, form, language).plan, known, rtol=1e-12, atol=1e-15 * known.sum())


@every_solver
@pytest.mark.parametrize("instance", [i for i in INSTANCES if i.f is not None], ids=lambda instance: instance.name)
def test_unique_potentials_are_found_in_every_form_and_language(instance: Instance, form: str, language: str) -> None:
    assert instance.f is not None
    assert instance.g is not None
    solution = solved(instance.name, form, language)
    tolerance = 1e-12 * solution.problem.cost_unit
    np.testing.assert_allclose(solution.f, floats(instance.f), rtol=0, atol=tolerance)
    np.testing.assert_allclose(solution.g, floats(instance.g), rtol=0, atol=tolerance)


@every_solver
def test_potentials_are_what_a_little_more_mass_would_cost(form: str, language: str) -> None:
    """C = [[0, 1], [2, 3]]: the second source pays 2 more than the first, the second target 1 more; negated they cost less."""
    solution = solved("signs", form, language)
    np.testing.assert_allclose(solution.f, [0, 2], atol=1e-15)
    np.testing.assert_allclose(solution.g, [0, 1], atol=1e-15)


@every_solver
def test_potentials_predict_the_value_when_mass_changes(form: str, language: str) -> None:
    """A multiplier is d(value)/d(right-hand side): where the optimal plan is unique and has full support, over a whole step."""
    instance = BY_NAME["paid_to_move"]
    before = solved(instance.name, form, language)
    a, b, step = floats(instance.a), floats(instance.b), 0.25
    for i in range(2):
        for j in range(2):
            after = solve(
                om.TransportProblem(a + step * np.eye(2)[i], b + step * np.eye(2)[j], cost_matrix(instance.cost)), form, language
            )
            assert after.value - before.value == pytest.approx(step * (before.f[i] + before.g[j]), abs=1e-12)


@every_solver
def test_on_the_line_potentials_of_atoms_without_mass_are_lipschitz_and_optimal(form: str, language: str) -> None:
    """Closed by c-transform, f is 1-Lipschitz on all points and (f, -f) is optimal; left free it need be neither."""
    solution = solved("atoms_without_mass_on_the_line", form, language)
    x = np.arange(6)
    assert (np.abs(solution.f[:, None] - solution.f[None, :]) <= np.abs(x[:, None] - x[None, :]) + 1e-12).all()
    assert (solution.problem.a - solution.problem.b) @ solution.f == pytest.approx(2.75, rel=1e-12)
    np.testing.assert_allclose(solution.g, -solution.f, atol=1e-12)


@pytest.mark.parametrize("instance", [i for i in INSTANCES if not all([*i.a, *i.b])], ids=lambda instance: instance.name)
@pytest.mark.parametrize("left_over", [-1e3, 1e3])
def test_what_a_solver_leaves_at_atoms_without_mass_is_forgotten(instance: Instance, left_over: float) -> None:
    """Closed potentials depend on those of the atoms with mass alone, and nothing can be added to f without mass."""
    solution = solved(instance.name, "primal", "highspy")
    problem = solution.problem
    f, g = np.where(problem.a > 0, solution.f, left_over), np.where(problem.b > 0, solution.g, left_over)
    closed_f, closed_g = close(problem, f, g)
    assert om.certify(problem, solution.sparse_plan, closed_f, closed_g).passed
    np.testing.assert_allclose(closed_f, solution.f, atol=1e-12)
    np.testing.assert_allclose(closed_g, solution.g, atol=1e-12)


@every_solver
def test_with_the_squared_distance_g_is_not_minus_f(form: str, language: str) -> None:
    solution = solved("earth_moving_squared", form, language)
    f_of_g = om.cbar_transform(solution.problem.cost, solution.g)
    assert np.abs(f_of_g + solution.g).max() >= 1


@pytest.mark.parametrize(("together", "apart", "same"), [("common_mass_distance", 1, True), ("common_mass_squared", 2, False)])
def test_common_mass_may_be_cancelled_only_where_the_cost_is_a_metric(together: str, apart: float, same: bool) -> None:
    assert (solved(together, "primal", "highspy").value == pytest.approx(apart, rel=1e-12)) is same


@pytest.mark.parametrize(
    "instance", [i for i in INSTANCES if all(isinstance(x, int) for x in [*i.a, *i.b])], ids=lambda i: i.name
)
def test_known_values_agree_with_the_assignment_of_unit_masses(instance: Instance) -> None:
    a, b = [int(mass) for mass in instance.a], [int(mass) for mass in instance.b]
    assert value_by_assignment(a, b, cost_matrix(instance.cost)) == pytest.approx(float(instance.value), rel=1e-12, abs=1e-12)


def test_two_gaussians_are_a_hundred_apart_in_every_form_and_language() -> None:
    """125 x 150 bins, masses down to the smallest numbers there are."""
    values = om.compare(two_gaussians(step=4))
    assert list(values.index) == om.supports()
    assert values["certified"].all()
    assert values["value"].to_numpy() == pytest.approx(100, rel=1e-7)
    assert values["value"].max() - values["value"].min() <= 1e-9 * 100


def test_two_gaussians_in_all_their_bins_are_a_hundred_apart() -> None:
    """500 x 600 bins: the one instance that takes seconds a solve."""
    solution = solve(two_gaussians())
    assert solution.certificate.passed, solution.certificate.verdict
    assert solution.value == pytest.approx(100, rel=1e-7)


@pytest.mark.parametrize("name", ["earth_moving", "two_islands", "no_mass_on_either_side"])
def test_comparison_has_a_certified_row_for_every_form_and_language(name: str) -> None:
    table = om.compare(BY_NAME[name].problem())
    assert sorted(table.index) == sorted(om.supports() if name == "earth_moving" else SOLVERS)
    assert table.index.names == ["form", "language"]
    assert table["certified"].all()
    np.testing.assert_allclose(table["value"].to_numpy(), float(BY_NAME[name].value), rtol=1e-12)
    assert (table["gap"].to_numpy() <= 1e-9 * table["value"].to_numpy()).all()
    assert (table[["build_s", "compile_s", "solve_s", "extract_s"]].to_numpy() >= 0).all()
    np.testing.assert_allclose(table[["build_s", "compile_s", "solve_s", "extract_s"]].sum(axis=1), table["total_s"])


def test_comparison_takes_the_forms_and_languages_that_were_asked_for() -> None:
    table = om.compare(BY_NAME["signs"].problem(), forms=["dual"], languages=["pyomo", "highspy"])
    assert list(table.index) == [("dual", "pyomo"), ("dual", "highspy")]
