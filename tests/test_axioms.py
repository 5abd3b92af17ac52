"""Axioms of a metric: which hold, who breaks the others, and that rounding breaks none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

import otmodels as om
from otmodels import axioms
from otmodels.arrays import FloatArray
from otmodels.axioms import Axiom, MetricReport, axioms_of, metric_report
from otmodels.cost import BaseCost
from otmodels.errors import (
    DuplicateLabelError,
    InputError,
    LabelMismatchError,
    NotAMetricError,
    NotANumberError,
    ShapeError,
)
from otmodels.metrics import Minkowski

INF: Any = float("inf")
NAN: Any = float("nan")
SQUARES = [[0, 1, 4], [1, 0, 1], [4, 1, 0]]
SIDES = [[0, 3, 4], [3, 0, 5], [4, 5, 0]]
NAMES = ("zero_diagonal", "positivity", "symmetry", "triangle")


def failed(report: MetricReport) -> dict[str, tuple[Any, ...]]:
    """Witness of each axiom that fails."""
    return {name: axiom.witness for name in NAMES if not (axiom := getattr(report, name)).holds}


def on_points(x: Any, y: Any = None, metric: Any = "euclidean", power: float = 1.0, **options: Any) -> om.GroundCost:
    source, target = (om.Measure(np.ones(len(points)), points) for points in (x, x if y is None else y))
    return om.ground_cost(source, target, metric, power, **options)


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


class TestWitnesses:
    def test_the_square_of_a_distance_is_beaten_by_a_stop_halfway(self) -> None:
        report = metric_report(on_points([0, 1, 2], power=2))
        assert report.triangle == Axiom(
            "triangle inequality", False, "checked on all triples", ("0", "2", "1"), (4.0, 1.0, 1.0), 2.0
        )
        assert failed(report) == {"triangle": ("0", "2", "1")}
        assert not report.is_metric
        assert not report.supports_lipschitz
        assert report.verdict == "no metric: triangle inequality fails, d(0, 2) = 4 > d(0, 1) + d(1, 2) = 1 + 1"

    def test_on_two_points_the_square_of_a_distance_is_a_metric(self) -> None:
        assert metric_report(on_points([0, 3], power=2)).is_metric

    @pytest.mark.parametrize(
        ("values", "name", "witness", "costs", "excess", "says"),
        [
            ([[0, 1], [1, 0.5]], "zero_diagonal", (1,), (0.5,), 0.5, "d(1, 1) = 0.5, not 0"),
            ([[0, 1], [1, -0.5]], "zero_diagonal", (1,), (-0.5,), 0.5, "d(1, 1) = -0.5, not 0"),
            ([[0, 0], [0, 0]], "positivity", (0, 1), (0.0,), 0.0, "d(0, 1) = 0 is not > 0"),
            ([[0, 1, 1], [1, 0, 2], [1, 1, 0]], "symmetry", (1, 2), (2.0, 1.0), 1.0, "d(1, 2) = 2 > d(2, 1) = 1"),
            (SQUARES, "triangle", (0, 2, 1), (4.0, 1.0, 1.0), 2.0, "d(0, 2) = 4 > d(0, 1) + d(1, 2) = 1 + 1"),
        ],
    )
    def test_an_axiom_that_fails_says_where_and_by_how_much(
        self, values: Any, name: str, witness: tuple[int, ...], costs: tuple[float, ...], excess: float, says: str
    ) -> None:
        report = metric_report(values)
        axiom = getattr(report, name)
        assert (axiom.witness, axiom.values, axiom.excess) == (witness, costs, excess)
        assert str(axiom) == f"{axiom.name} fails, {says}"
        assert axiom == next(other for other in report.axioms if not other.holds)
        assert str(axiom) in report.verdict

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ([[0, 2], [2, 1]], "zero_diagonal"),
            ([[0, 0], [0, 0]], "positivity"),
            ([[0, 1], [2, 0]], "symmetry"),
            (SQUARES, "triangle"),
        ],
    )
    def test_each_axiom_can_fail_alone(self, values: Any, name: str) -> None:
        report = metric_report(values)
        assert set(failed(report)) == {name}
        assert not report.is_metric
        assert report.supports_lipschitz == (name == "positivity")

    def test_the_worst_offender_is_named(self) -> None:
        line = np.array([0.0, 1.0, 2.0, 10.0, 20.0])
        report = metric_report(np.abs(line[:, None] - line) ** 2)
        assert failed(report) == {"triangle": (0, 4, 3)}
        assert report.triangle.excess == 200
        values = np.ones((4, 4)) - np.eye(4)
        values[1, 2], values[3, 0], values[2, 3], values[3, 3], values[1, 1] = 1.5, 1.75, -3, -2, 1
        report = metric_report(values)
        assert report.zero_diagonal.witness == (3,)
        assert report.positivity.witness == (2, 3)
        assert report.symmetry.witness == (3, 2)

    def test_a_negative_cost_is_no_distance(self) -> None:
        report = metric_report([[0, -1], [-1, 0]])
        assert report.positivity == Axiom("positivity", False, "checked on all pairs", (0, 1), (-1.0,), 1.0)
        assert report.triangle.excess == 2
        assert not report.supports_lipschitz
        assert report.verdict == "no metric: positivity fails, d(0, 1) = -1 is not > 0 (triangle inequality as well)"

    def test_atoms_at_distance_zero_leave_a_pseudometric(self) -> None:
        report = metric_report([[0, 0, 1], [0, 0, 1], [1, 1, 0]])
        assert report.verdict == (
            "pseudometric: positivity fails, d(0, 1) = 0 is not > 0; zero diagonal, symmetry and triangle inequality hold"
        )
        report.raise_if_not_metric(pseudometric=True)
        refused(NotAMetricError, report.raise_if_not_metric, "cost", "d(0, 1) = 0")

    def test_one_atom_is_a_metric_space(self) -> None:
        assert metric_report([[0]]).is_metric
        assert failed(metric_report([[1]])) == {"zero_diagonal": (0,)}


class TestReport:
    def test_a_metric_says_so(self) -> None:
        report = metric_report(SIDES)
        assert report.is_metric
        assert report.supports_lipschitz
        assert report.verdict == "metric: zero diagonal, positivity, symmetry and triangle inequality hold"
        assert str(report.triangle) == "triangle inequality holds (checked on all triples)"
        report.raise_if_not_metric()

    def test_the_table_has_a_row_an_axiom(self) -> None:
        table = metric_report(SQUARES).table()
        assert list(table.index) == ["zero diagonal", "positivity", "symmetry", "triangle inequality"]
        assert list(table.columns) == ["holds", "witness", "excess", "how"]
        assert table["holds"].tolist() == [True, True, True, False]
        assert table["witness"].tolist() == [(), (), (), (0, 2, 1)]
        assert table["excess"].tolist() == [0, 0, 0, 2]

    def test_where_a_metric_is_needed_the_error_has_witness_and_numbers(self) -> None:
        frame = pd.DataFrame(SQUARES, index=list("abc"), columns=list("abc"))
        report = metric_report(frame)
        for pseudometric in (False, True):
            refused(
                NotAMetricError,
                partial(report.raise_if_not_metric, pseudometric=pseudometric),
                "cost: is no metric",
                "d(a, c) = 4 > d(a, b) + d(b, c) = 1 + 1",
                "cheapest paths",
            )

    def test_a_pseudometric_that_is_none_is_refused_for_what_matters(self) -> None:
        report = metric_report([[0, 0, 4], [0, 0, 1], [4, 1, 0]])
        assert set(failed(report)) == {"positivity", "triangle"}
        refused(NotAMetricError, lambda: report.raise_if_not_metric(pseudometric=True), "d(0, 2) = 4 > d(0, 1) + d(1, 2) = 0 + 1")

    def test_numbers_are_written_out_where_six_digits_look_equal(self) -> None:
        report = metric_report([[0, 1, 2.000000001], [1.0, 0, 1], [2.000000001, 1, 0]])
        assert str(report.triangle).endswith("d(0, 2) = 2.000000001 > d(0, 1) + d(1, 2) = 1 + 1")
        report = metric_report(np.array(SQUARES) / 3)
        assert str(report.triangle).endswith("d(0, 2) = 1.33333 > d(0, 1) + d(1, 2) = 0.333333 + 0.333333")


class TestLabels:
    def test_columns_are_aligned_to_rows(self) -> None:
        frame = pd.DataFrame(SQUARES, index=list("abc"), columns=list("abc"))
        for report in (metric_report(frame[["c", "a", "b"]]), metric_report(om.Cost(frame.loc[["b", "c", "a"]]))):
            assert set(failed(report)) == {"triangle"}
            assert set(report.triangle.witness[:2]) == {"a", "c"}
            assert report.triangle.witness[2] == "b"
            assert report.triangle.excess == 2

    def test_costs_that_differ_both_ways_are_aligned_the_right_way_round(self) -> None:
        frame = pd.DataFrame([[0, 7, 8], [5, 0, 9], [6, 4, 0]], index=list("abc"), columns=list("abc"))
        report = metric_report(frame[["b", "c", "a"]])
        assert failed(report) == {"symmetry": ("b", "c")}
        assert report.symmetry.values == (9, 4)

    def test_labels_are_plain_values(self) -> None:
        frame = pd.DataFrame([[0, -1], [-1, 0]], index=[10, 20], columns=[20, 10])[[10, 20]]
        assert repr(metric_report(frame).positivity.witness) == "(10, 20)"

    def test_labels_may_be_tuples(self) -> None:
        index = pd.MultiIndex.from_tuples([("DE", "Ulm"), ("FR", "Metz")])
        frame = pd.DataFrame([[0, 1], [2, 0]], index=index, columns=index[::-1])
        assert metric_report(frame).zero_diagonal.witness == (("FR", "Metz"),)
        frame.columns = frame.columns.to_flat_index()
        assert metric_report(frame).zero_diagonal.witness == (("FR", "Metz"),)

    def test_other_label_sets_are_other_supports(self) -> None:
        frame = pd.DataFrame([[0, 1], [1, 0]], index=["a", "b"], columns=["a", "c"])
        refused(LabelMismatchError, lambda: metric_report(frame), "cost", "source has 'b'", "target has 'c'", "points")
        wide = pd.DataFrame([[0, 1]], index=["a"], columns=["a", "c"])
        refused(LabelMismatchError, lambda: metric_report(wide), "'c'")

    def test_a_label_twice_is_refused(self) -> None:
        frame = pd.DataFrame([[0, 1], [1, 0]], index=["a", "b"], columns=["a", "a"])
        refused(DuplicateLabelError, lambda: metric_report(frame), "'a'")

    def test_a_matrix_that_is_not_square_is_refused(self) -> None:
        refused(ShapeError, lambda: metric_report([[0, 1]]), "(1, 2)")
        refused(ShapeError, lambda: axioms_of(om.Cost([[0, 1]]), pd.RangeIndex(1)), "(1, 2)")
        refused(ShapeError, lambda: axioms_of(om.Cost([[0]]), pd.RangeIndex(2)), "labels", "2 entries")

    def test_nan_is_refused(self) -> None:
        refused(NotANumberError, lambda: metric_report([[0, NAN], [1, 0]]), "(0, 1)")


class Table(BaseCost):
    """A cost of another kind."""

    def __init__(self, values: Any) -> None:
        self.table = np.array(values, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        return self.table.shape[0], self.table.shape[1]

    def block(self, rows: slice) -> FloatArray:
        return self.table[rows]

    def at(self, i: Any, j: Any) -> FloatArray:
        return np.asarray(self.table[i, j])

    @property
    def description(self) -> str:
        return "table"


class TestOtherCosts:
    def test_a_cost_of_another_kind_is_taken_as_on_one_support(self) -> None:
        assert failed(metric_report(Table(SQUARES))) == {"triangle": (0, 2, 1)}
        assert failed(axioms_of(Table(SQUARES), pd.Index(list("abc")))) == {"triangle": ("a", "c", "b")}
        refused(ShapeError, lambda: metric_report(Table([[0, 1]])))

    def test_nan_in_it_is_refused_by_label(self) -> None:
        refused(NotANumberError, lambda: axioms_of(Table([[0, NAN], [1, 0]]), pd.Index(["a", "b"])), "'a', 'b'")

    def test_in_a_problem_it_is_aligned_too(self) -> None:
        source, target = om.Measure([1, 1, 1], labels=list("abc")), om.Measure([1, 1, 1], labels=list("cab"))
        values = np.array(SQUARES)[:, [2, 0, 1]]
        assert failed(metric_report(om.TransportProblem(source, target, Table(values)))) == {"triangle": ("a", "c", "b")}


class TestPoints:
    def test_the_support_is_the_union_of_the_points(self) -> None:
        report = metric_report(on_points([0, 2], [1], power=2))
        assert failed(report) == {"triangle": ("0", "2", "1")}
        assert metric_report(on_points([0, 2], [2, 0], power=2)).is_metric

    def test_a_point_of_both_measures_or_given_twice_is_one_point(self) -> None:
        for power in (1, 2):
            assert metric_report(on_points([0.0, 3, 3], [-0.0, 3], power=power)).is_metric
            assert metric_report(on_points([0.0, -0.0, 3], power=power)).is_metric

    def test_points_are_labelled_by_their_coordinates(self) -> None:
        report = metric_report(on_points([[0, 0], [0, 0.25]], [[0, 0.5]], power=2))
        assert report.triangle.witness == ("(0, 0)", "(0, 0.5)", "(0, 0.25)")

    def test_points_of_many_coordinates_are_labelled_by_position(self) -> None:
        x, y = np.zeros((2, 4)), np.array([[0.0, 0, 0, 2], [0, 0, 0, 1]])
        assert metric_report(on_points(x, y, power=2)).triangle.witness == (0, 2, 3)

    def test_a_rule_of_the_users_is_checked(self) -> None:
        def one_way(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.maximum(y[:, 0] - x[:, :1], 0) * 2 + np.maximum(x[:, :1] - y[:, 0], 0)

        report = metric_report(on_points([0, 1], metric=one_way))
        assert failed(report) == {"symmetry": ("0", "1")}
        assert report.symmetry.values == (2, 1)

    @pytest.mark.parametrize("power", [0.5, 1, 2])
    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev", "minkowski", "haversine"])
    def test_theorem_and_check_agree(self, metric: str, power: float) -> None:
        points = np.random.default_rng(5).uniform(-80, 80, (30, 2)).round(1)
        options = {"order": 3.0} if metric == "minkowski" else {}
        cost = on_points(points, metric=metric, power=power, **options)
        proved, checked = metric_report(cost), metric_report(cost.values)
        assert [axiom.holds for axiom in proved.axioms] == [axiom.holds for axiom in checked.axioms]
        assert proved.is_metric == (power <= 1)
        assert proved.triangle.excess == checked.triangle.excess
        assert ("checked" in proved.triangle.how) == (power > 1)
        assert [axiom.how for axiom in checked.axioms] == [
            f"checked on all {what}" for what in ("atoms", "pairs", "pairs", "triples")
        ]

    def test_what_a_theorem_proves_is_said_and_takes_no_matrix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(axioms, "_detour", None)
        plane = np.random.default_rng(1).uniform(0, 80, (20_000, 2))
        assert metric_report(on_points(plane)).triangle.how == "by Minkowski's inequality"
        assert metric_report(on_points(plane, power=0.5)).triangle.how == "by Minkowski's inequality, t^0.5 is subadditive"
        assert metric_report(on_points(plane, metric="haversine")).triangle.how == "great circles are shortest paths"
        assert "definition" in metric_report(on_points(plane)).symmetry.how

    def test_a_power_below_order_one_is_no_norm(self) -> None:
        cost = om.GroundCost(*(np.array([[0.0, 0], [1, 0], [1, 1]]),) * 2, Minkowski(0.5), 1.0)
        assert set(failed(metric_report(cost))) == {"triangle"}

    def test_atoms_at_one_point_are_told_apart_when_asked_about_as_atoms(self) -> None:
        report = axioms_of(on_points([0, 1, 0]), pd.Index(list("abc")))
        assert failed(report) == {"positivity": ("a", "c")}
        assert report.supports_lipschitz

    def test_a_rule_between_different_points_is_judged_as_the_matrix_that_it_is(self) -> None:
        report = axioms_of(on_points([0, 1], [0, 3]), pd.Index(["a", "b"]))
        assert report.zero_diagonal.witness == ("b",)

    @pytest.mark.parametrize(
        ("one", "other"),
        [([-180, 10], [180, 10]), ([0, 5], [360, 5]), ([0, 5], [-1e-20, 5]), ([20, 90], [70, 90]), ([1, -90], [2, -90])],
    )
    def test_on_the_sphere_a_place_has_many_names(self, one: list[float], other: list[float]) -> None:
        labels = pd.Index(["here", "there", "here again"])
        report = axioms_of(on_points([one, [100, 0], other], metric="haversine"), labels)
        assert failed(report) == {"positivity": ("here", "here again")}
        assert metric_report(on_points([one, [100, 0], other], metric="haversine", power=2)).is_metric


class TestProblems:
    def problem(self, x: Any, y: Any, s: Any = None, t: Any = None, cost: Any = None, power: float = 2) -> om.TransportProblem:
        source, target = om.Measure(np.full(len(x), 1 / len(x)), x, s), om.Measure(np.full(len(y), 1 / len(y)), y, t)
        return om.TransportProblem(source, target, om.ground_cost(source, target, power=power) if cost is None else cost)

    def test_points_have_the_labels_of_their_atoms(self) -> None:
        report = metric_report(self.problem([0, 2], [1, 2], ["a", "c"], ["b", "c"]))
        assert failed(report) == {"triangle": ("a", "c", "b")}

    def test_a_label_that_means_two_points_is_none(self) -> None:
        report = metric_report(self.problem([0, 2], [1, 2]))
        assert failed(report) == {"triangle": ("0", "2", "1")}
        report = metric_report(self.problem([0, 1, 2], [1, 0, 2]))
        assert failed(report) == {"triangle": ("0", "2", "1")}
        report = metric_report(self.problem([10, 12], [10, 11]))
        assert failed(report) == {"triangle": ("10", "12", "11")}

    def test_a_distance_between_two_measures_is_a_metric_on_all_their_points(self) -> None:
        report = metric_report(self.problem(np.random.default_rng(0).normal(size=(5, 2)), np.zeros((3, 2)), power=1))
        assert report.is_metric
        assert report.triangle.how == "by Minkowski's inequality"

    def test_a_matrix_is_aligned_to_the_atoms(self) -> None:
        source, target = om.Measure([1, 1, 1], labels=list("abc")), om.Measure([1, 1, 1], labels=list("cab"))
        frame = pd.DataFrame(SQUARES, index=list("abc"), columns=list("abc"))
        for cost in (frame, np.array(SQUARES)[:, [2, 0, 1]]):
            assert failed(metric_report(om.TransportProblem(source, target, cost))) == {"triangle": ("a", "c", "b")}

    def test_a_matrix_without_labels_is_on_one_support(self) -> None:
        assert failed(metric_report(om.TransportProblem([1, 1, 1], [1, 1, 1], SQUARES))) == {"triangle": (0, 2, 1)}

    def test_a_matrix_between_different_supports_is_refused(self) -> None:
        problem = om.TransportProblem(pd.Series([1, 1], ["a", "b"]), pd.Series([1, 1], ["b", "c"]), [[0, 1], [1, 0]])
        refused(LabelMismatchError, lambda: metric_report(problem), "different supports", "'a'", "'c'", "points and a metric")

    def test_one_label_at_two_points_is_two_supports(self) -> None:
        cost = [[0, 1], [1, 0]]
        assert metric_report(self.problem([0, 1], [1, 0], "ab", "ba", [[1, 0], [0, 1]])).is_metric
        refused(LabelMismatchError, lambda: metric_report(self.problem([0, 1], [0, 2], "ab", "ab", cost)), "points of 'b' differ")
        assert not metric_report(self.problem([0, 0.3], [0, 0.1 + 0.2], "ab", "ab", cost)).axioms[0].witness
        other = self.problem([0, 1], [[0, 0], [1, 0]], "ab", "ab", cost)
        refused(LabelMismatchError, lambda: metric_report(other), "'a', 'b'")


class TestForbidden:
    def test_islands_are_a_metric_space(self) -> None:
        assert metric_report([[0, 1, INF], [1, 0, INF], [INF, INF, 0]]).is_metric

    def test_a_forbidden_pair_with_a_detour_breaks_the_triangle(self) -> None:
        report = metric_report([[0, 1, INF], [1, 0, 1], [INF, 1, 0]])
        assert failed(report) == {"triangle": (0, 2, 1)}
        assert report.triangle.excess == INF
        assert "d(0, 2) = inf > d(0, 1) + d(1, 2) = 1 + 1" in report.verdict

    def test_a_pair_that_is_forbidden_one_way_breaks_symmetry(self) -> None:
        report = metric_report([[0, INF], [1, 0]])
        assert failed(report) == {"symmetry": (0, 1)}
        assert report.symmetry.excess == INF

    def test_what_is_forbidden_both_ways_is_symmetric(self) -> None:
        assert failed(metric_report([[0, 2, INF], [1, 0, INF], [INF, INF, 0]])) == {"symmetry": (0, 1)}

    def test_staying_may_not_be_forbidden(self) -> None:
        report = metric_report([[0, 1], [1, INF]])
        assert report.zero_diagonal.witness == (1,)
        assert report.zero_diagonal.excess == INF

    def test_where_all_else_is_forbidden_staying_costs_exactly_nothing(self) -> None:
        assert failed(metric_report([[1e-30, INF], [INF, 0]])) == {"zero_diagonal": (0,)}


class TestRounding:
    @pytest.mark.parametrize("metric", ["cityblock", "euclidean", "chebyshev"])
    @pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e8, 1.0), (1e8, 1e-3), (0.0, 1e-100), (0.0, 1e100)])
    def test_distances_are_metrics_wherever_the_points_are(self, metric: Any, offset: float, scale: float) -> None:
        rng = np.random.default_rng(3)
        for points in (rng.normal(size=(60, 3)), np.outer(rng.normal(size=60), rng.normal(size=3))):
            assert metric_report(cdist(offset + scale * points, offset + scale * points, metric)).is_metric

    def test_points_close_together_and_far_apart(self) -> None:
        points = np.array([0, 1e-9, 2e-9, 3e-9, 1, 1 + 1e-12, 1e6, 1e6 + 1e-9])[:, None] * [[0.6, 0.8]]
        assert metric_report(cdist(points, points)).is_metric

    @pytest.mark.parametrize("latitudes", [(0.0, 0.0), (-90.0, 90.0), (50.0, 50.0000001)])
    def test_great_circles(self, latitudes: tuple[float, float]) -> None:
        rng = np.random.default_rng(7)
        width = 1e-7 if latitudes[0] == 50 else 170.0
        points = np.column_stack([rng.uniform(0, width, 80), rng.uniform(*latitudes, 80)])
        assert metric_report(on_points(points, metric="haversine").values).is_metric

    def test_near_the_antipodes_great_circles_need_the_theorem(self) -> None:
        rng = np.random.default_rng(7)
        points = np.concatenate([rng.uniform(0, 1e-3, (20, 2)), rng.uniform(0, 1e-3, (20, 2)) + np.array([180, 0])])
        assert metric_report(on_points(points, metric="haversine")).is_metric

    def test_small_costs_are_not_lost_beside_large_ones(self) -> None:
        values = np.full((6, 6), 1e6)
        values[:3, :3] = np.array(SQUARES) * 1e-6
        np.fill_diagonal(values, 0)
        assert failed(metric_report(values)) == {"triangle": (0, 2, 1)}
        values[0, 2] = values[2, 0] = 2e-6
        assert metric_report(values).is_metric
        values[0, 1] = 1.1e-6
        assert failed(metric_report(values)) == {"symmetry": (0, 1)}

    def test_a_violation_just_beyond_rounding_is_found(self) -> None:
        for scale in (1e-200, 1.0, 1e200):
            for stretch, holds in ((1e-13, True), (1e-11, False)):
                values = np.array(SIDES, dtype=np.float64) * scale
                values[1, 2] = values[2, 1] = 7 * scale * (1 + stretch)
                report = metric_report(values)
                assert report.triangle.holds is holds
                assert report.symmetry.holds
                values[2, 1] = 7 * scale
                assert metric_report(values).symmetry.holds is holds

    def test_staying_at_a_cost_of_rounding_is_free(self) -> None:
        assert metric_report([[1e-17, 1], [1, -1e-17]]).is_metric
        assert not metric_report([[1e-17, 1e-6], [1e-6, 0]]).zero_diagonal.holds

    def test_opposite_signs_are_compared_by_their_size(self) -> None:
        values = np.array([[0, 1e-7, 1e6], [1e-7, 0, 1e6], [-1e6, -1e6, 0]])
        assert metric_report(values).triangle.holds

    def test_costs_at_the_end_of_floating_point(self) -> None:
        assert metric_report(np.full((3, 3), np.finfo(np.float64).max) * (1 - np.eye(3))).is_metric
        assert not metric_report(np.full((3, 3), -1.7e308) * (1 - np.eye(3))).triangle.holds
        assert metric_report([[0, 1.7e308], [-1.7e308, 0]]).symmetry.excess == INF


small = st.integers(1, 7).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(-1, 6)))


def symmetric(values: FloatArray) -> FloatArray:
    lower = np.tril(np.abs(values), -1)
    return lower + lower.T


def brute_force(d: Any) -> dict[str, float]:
    """Excess of each axiom that fails."""
    every = range(len(d))
    pairs, triples = list(product(every, every)), list(product(every, every, every))
    worst = {
        "zero_diagonal": max([abs(d[i][i]) for i in every if d[i][i] != 0], default=None),
        "positivity": max([-d[i][j] for i, j in pairs if i != j and not d[i][j] > 0], default=None),
        "symmetry": max([d[i][j] - d[j][i] for i, j in pairs if d[i][j] > d[j][i]], default=None),
        "triangle": max([d[i][j] - d[i][k] - d[k][j] for i, j, k in triples if d[i][j] > d[i][k] + d[k][j]], default=None),
    }
    return {name: excess for name, excess in worst.items() if excess is not None}


class TestLaws:
    @settings(deadline=None, max_examples=300)
    @given(st.one_of(small, small.map(symmetric)), st.sampled_from([1, 8, 1 << 15]))
    def test_the_report_is_that_of_a_loop_over_triples(self, values: FloatArray, tile: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(axioms, "TILE_ENTRIES", tile)
            report = metric_report(values)
        d: Any = values.astype(float)
        assert {name: getattr(report, name).excess for name in failed(report)} == brute_force(values.tolist())
        for name, at in failed(report).items():
            reread: Any = {
                "zero_diagonal": lambda i: (abs(d[i, i]),),
                "positivity": lambda i, j: (-d[i, j],),
                "symmetry": lambda i, j: (d[i, j], -d[j, i]),
                "triangle": lambda i, j, k: (d[i, j], -d[i, k], -d[k, j]),
            }[name]
            assert sum(reread(*at)) == getattr(report, name).excess
            assert [abs(value) for value in getattr(report, name).values] == [abs(value) for value in reread(*at)]

    @settings(deadline=None)
    @given(small.map(symmetric), st.sampled_from([1e-200, 1e-6, 1e6, 1e200]))
    def test_the_unit_does_not_matter(self, values: FloatArray, unit: float) -> None:
        assert list(failed(metric_report(values * unit))) == list(failed(metric_report(values)))

    @settings(deadline=None)
    @given(small, st.randoms(use_true_random=False))
    def test_the_order_of_the_atoms_does_not_matter(self, values: FloatArray, random: Any) -> None:
        order = random.sample(range(len(values)), len(values))
        shuffled, plain = metric_report(values[np.ix_(order, order)]), metric_report(values)
        assert [axiom.excess for axiom in shuffled.axioms] == [axiom.excess for axiom in plain.axioms]
        assert [axiom.holds for axiom in shuffled.axioms] == [axiom.holds for axiom in plain.axioms]

    @settings(deadline=None)
    @given(small.map(symmetric))
    def test_shortest_paths_mend_the_triangle(self, values: FloatArray) -> None:
        d = values.astype(np.float64)
        for k in range(len(d)):
            d = np.minimum(d, d[:, k, None] + d[k])
        assert metric_report(d).supports_lipschitz
