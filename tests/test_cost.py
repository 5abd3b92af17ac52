"""Costs: a matrix with labels, or a rule on points, seen alike by everything that uses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import otmodels as om
from otmodels import cost as cost_module
from otmodels.cost import BaseCost
from otmodels.errors import (
    DuplicateLabelError,
    FileFormatError,
    InfiniteValueError,
    InputError,
    LabelMismatchError,
    NotANumberError,
    ShapeError,
)

INF, NAN = float("inf"), float("nan")


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


def problem_on(measure: om.Measure) -> om.TransportProblem:
    return om.TransportProblem(measure, measure, om.ground_cost(measure, measure))


def written(folder: Path, text: str) -> Path:
    path = folder / "cost.csv"
    path.write_text(text, encoding="utf-8")
    return path


class TestMatrix:
    def test_values_are_kept_as_given(self) -> None:
        cost = om.Cost([[0.0, 1.5], [-2.0, 3.0], [1e-300, 1e300]])
        assert cost.shape == (3, 2)
        assert cost.values.tolist() == [[0, 1.5], [-2, 3], [1e-300, 1e300]]
        assert not cost.forbidden.any()

    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, bool])
    def test_every_numeric_type_is_taken_over_exactly(self, dtype: Any) -> None:
        given = np.array([[0, 1], [1, 0]], dtype=dtype)
        assert om.Cost(given).values.dtype == np.float64
        assert om.Cost(given).values.tolist() == [[0, 1], [1, 0]]

    def test_float32_is_widened_without_another_rounding(self) -> None:
        given = np.array([[0.1, 1 / 3]], dtype=np.float32)
        assert om.Cost(given).values.tolist() == given.astype(float).tolist()

    def test_the_given_array_and_mask_stay_as_they_were(self) -> None:
        values, mask = np.ones((2, 2)), np.array([[True, False], [False, False]])
        cost = om.Cost(values, forbidden=mask)
        values[1, 1] = 7
        assert np.isfinite(values).all()
        assert cost.values.tolist() == [[INF, 1], [1, 1]]

    def test_a_cost_cannot_be_written_to(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            om.Cost([[1.0]]).values[0, 0] = 2
        assert om.Cost(om.Cost([[1.0]]).values).values.tolist() == [[1]]

    def test_infinite_costs_and_the_mask_forbid_pairs_alike(self) -> None:
        cost = om.Cost([[0.0, INF], [2.0, 3.0]], forbidden=[[False, False], [True, False]])
        assert cost.forbidden.tolist() == [[False, True], [True, False]]
        assert repr(cost) == "Cost(2 x 2, 2 forbidden)"

    @pytest.mark.parametrize("values", [[], [1, 2], [[]], 3.0, np.zeros((2, 2, 2)), np.zeros((0, 3))])
    def test_what_is_no_matrix(self, values: Any) -> None:
        refused(ShapeError, lambda: om.Cost(values), "cost", "(n, m)")

    @pytest.mark.parametrize("values", [[["a", 1]], [[1], [1, 2]], [[1j, 2]]])
    def test_what_is_no_matrix_of_numbers(self, values: Any) -> None:
        refused(ShapeError, lambda: om.Cost(values), "cost")

    def test_nan_is_named_by_position_or_label(self) -> None:
        frame = pd.DataFrame([[0, 1], [NAN, 2]], index=["Ulm", "Bonn"], columns=["x", "y"])
        refused(NotANumberError, lambda: om.Cost(frame), "cost", "'Bonn'", "'x'", "+inf")
        refused(NotANumberError, lambda: om.Cost(frame.to_numpy()), "(1, 0)")

    def test_a_missing_value_is_named_like_nan(self) -> None:
        frame = pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}, index=["Ulm", "Bonn"])
        refused(NotANumberError, lambda: om.Cost(frame), "cost", "'Bonn'", "'x'")

    def test_minus_infinity_is_no_bargain(self) -> None:
        refused(InfiniteValueError, lambda: om.Cost([[0.0, -INF]]), "cost", "-inf", "(0, 1)")

    def test_what_is_masked_is_refused_wherever_numbers_are_asked_for(self) -> None:
        diagonal = np.eye(2, dtype=bool)
        pair, matrix = np.ma.masked_array([1.0, 2.0], [False, True]), np.ma.masked_array(np.eye(2), diagonal)
        problem = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])
        here = om.Measure([1, 1], [0, 1])
        cases: list[tuple[str, Callable[[], object]]] = [
            ("cost", lambda: om.Cost(matrix)),
            ("forbidden", lambda: om.Cost(np.eye(2), np.ma.masked_array(diagonal, diagonal))),
            ("mass", lambda: om.TransportProblem(pair, [1, 2], np.eye(2))),
            ("plan", lambda: om.certify(problem, matrix)),
            ("f", lambda: om.certify(problem, f=pair)),
            ("g", lambda: om.certify(problem, g=pair)),
            ("support", lambda: om.solve(problem, support=np.ma.masked_array([[0, 0], [1, 1]], diagonal))),
            ("metric", lambda: om.ground_cost(here, here, lambda x, y: matrix).values),
            ("c", lambda: om.lp.LinearProgram.standard(pair, [[1, 1]], [1])),
            ("A", lambda: om.lp.farkas(matrix, [1, 1])),
            ("points", lambda: om.lipschitz_report(om.solve(problem_on(here))).extension(pair)),
        ]
        for argument, make in cases:
            refused(NotANumberError, make, f"{argument}: is masked at position", ".filled(value)")

    def test_a_mask_that_masks_nothing_is_none(self) -> None:
        assert om.Cost(np.ma.masked_array([[1.0, 2.0]], False)).values.tolist() == [[1, 2]]

    @pytest.mark.parametrize("mask", [[[True]], [[0, 1], [0, 0]], [True, False]])
    def test_a_mask_is_a_matrix_of_booleans(self, mask: Any) -> None:
        refused(ShapeError, lambda: om.Cost([[0, 1], [2, 3]], forbidden=mask), "forbidden", "(2, 2)")


class TestLabels:
    FRAME = pd.DataFrame([[1, 2, 3], [4, 5, 6]], index=["b", "a"], columns=["z", "x", "y"])

    def test_a_table_is_put_in_the_order_of_the_measures(self) -> None:
        source, target = om.Measure([1, 2], labels=["a", "b"]), om.Measure([1, 1, 1], labels=["x", "y", "z"])
        problem = om.TransportProblem(source, target, self.FRAME)
        assert problem.cost.values.tolist() == [[5, 6, 4], [2, 3, 1]]

    def test_the_value_does_not_depend_on_the_order_of_a_table(self) -> None:
        source, target = om.Measure([1, 2], labels=["a", "b"]), om.Measure([1, 1, 1], labels=["x", "y", "z"])
        shuffled = self.FRAME.loc[["a", "b"], ["y", "z", "x"]]
        for table in (self.FRAME, shuffled):
            solution = om.solve(om.TransportProblem(source, target, om.Cost(table)))
            assert isinstance(solution, om.Solution)
            assert solution.value == pytest.approx(9, rel=1e-12)

    def test_forbidden_pairs_move_with_their_labels(self) -> None:
        source, target = om.Measure([1, 2], labels=["a", "b"]), om.Measure([1, 1, 1], labels=["x", "y", "z"])
        cost = om.Cost(self.FRAME, forbidden=np.array([[True, False, False], [False, False, False]]))
        assert np.argwhere(~np.isfinite(cost.aligned(source, target).values)).tolist() == [[1, 2]]

    def test_integer_labels_are_labels_not_positions(self) -> None:
        source, target = om.Measure([1, 2], labels=[1, 0]), om.Measure([3])
        table = pd.DataFrame([[10], [20]], index=[0, 1])
        assert om.TransportProblem(source, target, table).cost.values.ravel().tolist() == [20, 10]

    def test_a_matrix_without_labels_is_taken_as_it_stands(self) -> None:
        cost = om.Cost([[1, 2]])
        assert cost.aligned(om.Measure([1], labels=["a"]), om.Measure([1, 1], labels=["x", "y"])) is cost

    def test_labels_that_do_not_match_are_named(self) -> None:
        source, target = om.Measure([1, 2], labels=["a", "Ulm"]), om.Measure([1, 1, 1], labels=["x", "y", "z"])
        refused(
            LabelMismatchError, lambda: om.TransportProblem(source, target, self.FRAME), "cost, source labels", "'Ulm'", "'b'"
        )
        refused(LabelMismatchError, lambda: om.TransportProblem(target, source, self.FRAME.T), "cost, target labels", "'Ulm'")

    def test_labels_that_repeat_are_named(self) -> None:
        table = pd.DataFrame([[1], [2]], index=["Ulm", "Ulm"], columns=["x"])
        source, target = om.Measure([1, 1], labels=["Ulm", "b"]), om.Measure([2], labels=["x"])
        refused(DuplicateLabelError, lambda: om.TransportProblem(source, target, table), "cost, source labels", "'Ulm'")


class TestFile:
    def test_rows_are_sources_and_the_header_is_targets(self, tmp_path: Path) -> None:
        cost = om.read_cost(written(tmp_path, "from,mill,bridge\nsouth,1,2.5\nnorth,inf,4\n"))
        problem = om.TransportProblem(
            om.Measure([1, 1], labels=["north", "south"]), om.Measure([1, 1], labels=["bridge", "mill"]), cost
        )
        assert problem.cost.values.tolist() == [[4, INF], [2.5, 1]]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", ["empty"]),
            ("from,mill\n", ["line 1"]),
            ("from\nsouth\n", ["line 1", "no target"]),
            ("from,mill,mill\nsouth,1,2\n", ["line 1", "'mill'"]),
            ("from,mill\nsouth,1\nnorth\n", ["line 3"]),
            ("from,mill\nsouth,1\nnorth,dear\n", ["line 3", "'mill'", "'dear'"]),
            ("from,mill\nsouth,\n", ["line 2", "'mill'", "empty"]),
        ],
    )
    def test_a_malformed_file_is_named_with_its_line(self, tmp_path: Path, text: str, words: list[str]) -> None:
        refused(FileFormatError, lambda: om.read_cost(written(tmp_path, text)), "cost.csv", *words)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_cost(tmp_path / "no.csv"), "no.csv")

    @pytest.mark.parametrize(("cell", "kind"), [("nan", NotANumberError), ("-inf", InfiniteValueError)])
    def test_a_bad_cost_names_the_file_and_the_pair(self, tmp_path: Path, cell: str, kind: type[InputError]) -> None:
        path = written(tmp_path, f"from,mill\nsouth,1\nnorth,{cell}\n")
        refused(kind, lambda: om.read_cost(path), "cost.csv", "'north'", "'mill'")

    def test_an_integer_beyond_floating_point(self, tmp_path: Path) -> None:
        path = written(tmp_path, f"from,mill\nsouth,{10**400}\n")
        with pytest.raises(InputError, match=r"cost\.csv"):
            om.read_cost(path)


def _ground(n: int, m: int) -> om.GroundCost:
    rng = np.random.default_rng(n)
    source, target = om.Measure(np.ones(n), rng.normal(size=(n, 2))), om.Measure(np.ones(m), rng.normal(size=(m, 2)))
    return om.ground_cost(source, target, power=2)


class TestSeenInPieces:
    @pytest.mark.parametrize("cost", [_ground(7, 5), om.Cost(np.arange(35.0).reshape(7, 5))], ids=["rule", "matrix"])
    @pytest.mark.parametrize("entries", [1, 5, 12, 1000])
    def test_blocks_and_pairs_are_the_matrix(self, cost: BaseCost, entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cost_module, "BLOCK_ENTRIES", entries)
        pieces = list(cost.blocks())
        assert np.array_equal(np.concatenate([block for _, block in pieces]), cost.values)
        assert [row for rows, _ in pieces for row in range(rows.start, rows.stop)] == list(range(7))
        i, j = (index.ravel() for index in np.indices(cost.shape))
        np.testing.assert_allclose(cost.at(i, j), cost.values.ravel(), rtol=1e-14)

    def test_no_block_of_an_image_is_the_whole_matrix(self) -> None:
        image = om.grid_measure(np.ones((64, 64)))
        cost = om.ground_cost(image, image, "cityblock")
        assert max(block.size for _, block in cost.blocks()) <= cost_module.BLOCK_ENTRIES < 4096**2

    def test_a_rule_says_what_it_is(self) -> None:
        assert repr(_ground(7, 5)) == "GroundCost(euclidean^2, 7 x 5)"

    def test_a_rule_and_its_matrix_have_the_same_value(self) -> None:
        cost = _ground(6, 6)
        ones = np.ones(6)
        by_rule, by_matrix = (om.solve(om.TransportProblem(ones, ones, form)) for form in (cost, cost.values))
        assert isinstance(by_rule, om.Solution)
        assert isinstance(by_matrix, om.Solution)
        assert by_rule.value == pytest.approx(by_matrix.value, rel=1e-13)
