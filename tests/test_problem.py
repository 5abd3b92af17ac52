"""Transport problems: two measures that balance, a cost that reaches every atom, and nothing changed in silence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otmodels as om
from otmodels.errors import (
    InfeasibleError,
    InputError,
    NegativeMassError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnbalancedError,
    UnknownNameError,
    ZeroMassError,
)
from otmodels.feasibility import Bottleneck, infeasibility
from otmodels.status import Termination

INF = float("inf")


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


def zeros(source: om.Measure, target: om.Measure) -> np.ndarray[Any, Any]:
    return np.zeros((source.size, target.size))


class TestStating:
    def test_arrays_series_and_measures_state_the_same_problem(self) -> None:
        costs = pd.DataFrame([[0, 1], [2, 3]], index=["a", "b"], columns=["x", "y"])
        series = om.TransportProblem(
            pd.Series([1, 2], index=["a", "b"]), pd.Series([2, 1], index=["x", "y"]), costs.loc[["b", "a"]]
        )
        measures = om.TransportProblem(om.Measure([1, 2], labels=["a", "b"]), om.Measure([2, 1], labels=["x", "y"]), costs)
        plain = om.TransportProblem([1, 2], [2, 1], costs.to_numpy())
        for problem in (series, measures, plain):
            assert problem.a.tolist() == [1, 2]
            assert problem.b.tolist() == [2, 1]
            assert problem.cost.values.tolist() == [[0, 1], [2, 3]]
        assert series.pair(1, 0) == ("b", "x")
        assert plain.pair(1, 0) == (1, 0)

    def test_its_picture_names_size_cost_and_mass(self) -> None:
        line = om.Measure([1, 2], [0, 1])
        assert repr(om.TransportProblem(line, line, om.ground_cost(line, line))) == "TransportProblem(2 x 2, euclidean, mass 3)"

    def test_units_are_the_total_mass_and_the_largest_finite_cost(self) -> None:
        problem = om.TransportProblem([1, 2], [2, 1], [[0.0, INF], [-5.0, 3.0]])
        assert (problem.mass_unit, problem.cost_unit, problem.has_forbidden) == (3, 5, True)

    def test_free_transport_has_a_unit_too(self) -> None:
        assert om.TransportProblem([1], [1], [[0]]).cost_unit == 1

    def test_allowed_pairs_are_listed_in_reading_order(self) -> None:
        i, j = om.TransportProblem([1, 2], [2, 1], [[0.0, INF], [-5.0, 3.0]]).allowed_pairs()
        assert list(zip(i.tolist(), j.tolist(), strict=True)) == [(0, 0), (1, 0), (1, 1)]

    def test_a_problem_cannot_be_changed(self) -> None:
        problem = om.TransportProblem([1], [1], [[0]])
        with pytest.raises(AttributeError):
            problem.cost = om.Cost([[1]])  # type: ignore[misc]

    def test_bad_masses_are_refused_here_too(self) -> None:
        refused(NegativeMassError, lambda: om.TransportProblem([1, -1], [0], [[0], [0]]), "mass")
        refused(NotANumberError, lambda: om.TransportProblem(pd.Series([np.nan], index=["Ulm"]), [1], [[0]]), "'Ulm'")
        refused(ZeroMassError, lambda: om.TransportProblem([1], [0], [[0]]), "mass")
        refused(NotANumberError, lambda: om.TransportProblem([1], [1], [[np.nan]]), "cost")

    def test_a_cost_of_another_shape(self) -> None:
        refused(ShapeError, lambda: om.TransportProblem([1, 2], [3], [[1, 2]]), "cost", "(1, 2)", "2 source and 1 target")


class TestBalance:
    def test_totals_that_differ_are_refused_with_both_totals(self) -> None:
        refused(UnbalancedError, lambda: om.TransportProblem([77], [71], [[1]]), "77", "71", "6", "balance='rescale'")

    def test_equal_totals_are_left_alone(self) -> None:
        problem = om.TransportProblem([1, 2], [3], [[1], [1]])
        assert problem.adjustments == ()
        assert problem.b.tolist() == [3]

    def test_rescaling_makes_both_probabilities_and_says_so(self) -> None:
        problem = om.TransportProblem([12, 65], [71], [[1], [1]], balance="rescale")
        assert problem.a.sum() == pytest.approx(1, abs=1e-15)
        assert problem.b.sum() == pytest.approx(1, abs=1e-15)
        assert [note.split()[0] for note in problem.adjustments] == ["source", "target"]
        assert ["77" in problem.adjustments[0], "71" in problem.adjustments[1]] == [True, True]

    def test_rescaling_probabilities_changes_nothing(self) -> None:
        problem = om.TransportProblem([0.25, 0.75], [1], [[1], [1]], balance="rescale")
        assert problem.adjustments == ()

    def test_rescaling_keeps_labels_and_points(self) -> None:
        source = om.Measure([1, 3], [0, 5], ["a", "b"])
        problem = om.TransportProblem(source, om.Measure([8], [0]), [[1], [1]], balance="rescale")
        assert problem.source.labels.tolist() == ["a", "b"]
        assert problem.source.points is not None
        assert problem.source.points.ravel().tolist() == [0, 5]

    def test_an_unknown_way_to_balance(self) -> None:
        refused(UnknownNameError, lambda: om.TransportProblem([1], [1], [[1]], balance="clip"), "balance", "'clip'", "rescale")

    def test_double_precision_rounding_is_made_equal_and_recorded(self) -> None:
        problem = om.TransportProblem([0.1] * 10, [1.0], np.ones((10, 1)))
        assert sum([0.1] * 10) != 1.0
        assert abs(problem.a.sum() - problem.b.sum()) <= 1e-15
        (note,) = problem.adjustments if problem.a.sum() != 1.0 else ("rounding",)
        assert "rounding" in note

    @settings(deadline=None)
    @given(st.integers(2, 300), st.integers(2, 300), st.integers(0, 2**32 - 1))
    def test_masses_normalised_in_float32_balance(self, n: int, m: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.random(n).astype(np.float32), rng.random(m).astype(np.float32)
        problem = om.TransportProblem(a / a.sum(), b / b.sum(), np.zeros((n, m)))
        total = problem.mass_unit
        assert abs(problem.a.sum() - problem.b.sum()) <= 4 * np.finfo(float).eps * total
        exact_a, exact_b = problem.exact_masses()
        assert sum(exact_a) == sum(exact_b)
        assert bool(problem.adjustments) == (exact_b != [Fraction(mass) for mass in (b / b.sum()).tolist()])
        assert all("target" in note and "rounding" in note for note in problem.adjustments)

    def test_a_recorded_adjustment_is_shown_with_the_answer(self) -> None:
        third = np.full(3, 1 / 3, dtype=np.float32)
        problem = om.TransportProblem(third, np.array([1.0], dtype=np.float32), np.ones((3, 1)))
        assert len(problem.adjustments) == 1
        solution = om.solve(problem)
        assert problem.adjustments[0] in solution.summary()["value"].tolist()
        assert solution.summary().loc["certified optimal", "value"]

    def test_integers_that_differ_by_one_are_a_mistake_not_rounding(self) -> None:
        refused(UnbalancedError, lambda: om.TransportProblem([10**9, 1], [10**9], [[0], [0]]), "a difference of 1")
        refused(UnbalancedError, lambda: om.TransportProblem(np.full(1000, 10**6), [10**9 + 1], np.zeros((1000, 1))))

    @pytest.mark.parametrize("off", [1e-6, 1e-9, 1e-12])
    def test_doubles_that_differ_by_more_than_rounding_are_a_mistake(self, off: float) -> None:
        refused(UnbalancedError, lambda: om.TransportProblem([0.5, 0.5], [0.5, 0.5 + off], np.zeros((2, 2))))

    @pytest.mark.parametrize("excess", [1e-2, 1e-3])
    def test_a_float32_image_with_more_mass_than_the_other_is_a_mistake_not_rounding(self, excess: float) -> None:
        flat, brighter = np.ones((2, 100, 100), np.float32)
        brighter = brighter.copy()
        brighter[0, 0] += excess * flat.size
        source, target = om.grid_measure(flat), om.grid_measure(brighter)
        rule = om.ground_cost(source, target, "cityblock")
        refused(UnbalancedError, lambda: om.TransportProblem(source, target, rule), "10000")

    def test_a_total_beyond_floating_point(self) -> None:
        huge = om.Measure([1e308, 1e308])
        with np.errstate(over="ignore"), pytest.raises(InputError, match="larger unit"):
            om.TransportProblem(huge, huge, zeros(huge, huge))

    @pytest.mark.parametrize(("mass", "cost"), [(1e300, 1e10), (1e10, 1e300), (1e160, 1e160)])
    def test_a_value_beyond_floating_point(self, mass: float, cost: float) -> None:
        with pytest.raises(ParameterError, match="source, cost: a total mass of"):
            om.TransportProblem([mass, mass], [mass, mass], [[0, cost], [cost, 0]])


def bottlenecks(problem: om.TransportProblem) -> tuple[Bottleneck, ...]:
    found = infeasibility(problem)
    assert found is not None
    return found.bottlenecks


class TestBottleneck:
    """Hall's condition: sources that together hold more than all that they may reach."""

    @staticmethod
    def stuck() -> om.TransportProblem:
        source = om.Measure([5, 4, 1], labels=["Ulm", "Bonn", "Kiel"])
        target = om.Measure([6, 3, 1], labels=["mill", "bridge", "dam"])
        return om.TransportProblem(source, target, [[0.0, INF, INF], [0.0, INF, INF], [1.0, 1.0, 1.0]])

    def test_the_atoms_that_are_stuck_are_named_with_their_masses(self) -> None:
        (bottleneck,) = bottlenecks(self.stuck())
        assert bottleneck.sources.tolist() == ["Ulm", "Bonn"]
        assert bottleneck.targets.tolist() == ["mill"]
        assert (bottleneck.held, bottleneck.room) == (9, 6)
        assert "3 has nowhere to go" in str(bottleneck)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_solving_says_that_forbidden_pairs_are_why(self, form: str, language: str) -> None:
        with pytest.raises(InfeasibleError) as caught:
            om.solve(self.stuck(), form, language)
        message = str(caught.value)
        assert [word for word in ("forbidden", "'Ulm'", "'Bonn'", "'mill'") if word not in message] == []
        assert caught.value.status.termination is Termination.INFEASIBLE
        assert caught.value.interval == (INF, INF)

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_a_model_built_by_hand_says_the_same(self, form: str, language: str) -> None:
        unsolved = om.build(self.stuck(), form, language).solve(throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.status.termination is Termination.INFEASIBLE
        assert "'Ulm', 'Bonn'" in unsolved.message
        assert not hasattr(unsolved, "value")

    def test_without_forbidden_pairs_there_is_none(self) -> None:
        assert infeasibility(om.TransportProblem([1, 2], [2, 1], [[0, 1], [2, 3]])) is None

    def test_forbidden_pairs_that_leave_a_plan_are_none(self) -> None:
        assert infeasibility(om.TransportProblem([1, 2], [1, 2], [[0.0, INF], [INF, 0.0]])) is None

    @pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e9])
    def test_a_bottleneck_does_not_depend_on_the_unit_of_mass(self, scale: float) -> None:
        problem = self.stuck()
        scaled = om.TransportProblem(problem.a * scale, problem.b * scale, problem.cost.values)
        (bottleneck,) = bottlenecks(scaled)
        assert bottleneck.sources.tolist() == [0, 1]

    @settings(deadline=None)
    @given(st.integers(0, 2**32 - 1))
    def test_a_bottleneck_is_found_exactly_where_no_plan_exists(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 5, size=2)
        a, b = rng.integers(1, 5, n), rng.integers(1, 5, m)
        a, b = a * b.sum(), b * a.sum()
        cost = np.where(rng.random((n, m)) < 0.5, INF, 1.0)
        cost[np.arange(n), rng.integers(0, m, n)] = 1
        cost[rng.integers(0, n, m), np.arange(m)] = 1
        problem = om.TransportProblem(a, b, cost)
        found = infeasibility(problem)
        result = om.build(problem, "primal", "highspy").solve(throw=False)
        assert isinstance(result, om.Solution) == (found is None)
        for bottleneck in found.bottlenecks if found is not None else ():
            reach = np.isfinite(cost[bottleneck.sources]).any(axis=0)
            assert bottleneck.targets.tolist() == np.flatnonzero(reach).tolist()
            assert a[bottleneck.sources].sum() == bottleneck.held > bottleneck.room == b[bottleneck.targets].sum()
