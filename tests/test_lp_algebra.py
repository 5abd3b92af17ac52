"""A linear program in readable algebra says what the program is, and what it leaves out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array

from otmodels.errors import ParameterError
from otmodels.lp import LinearProgram
from otmodels.lp.algebra import WIDTH

INF = float("inf")


def diet() -> LinearProgram:
    return LinearProgram.canonical([2, 3], [[1, 1], [1, -2]], [4, 0], ["energy", "balance"], ["bread", "milk"])


def every_kind() -> LinearProgram:
    return LinearProgram(
        np.array([-1.0, 0.0, 2.5, 1.0]),
        csc_array([[1.0, 2, 0, 0], [0, -1, 1, 0], [0, 0, 0, 3], [1, 1, 1, 1], [0, 0, 0, 0]]),
        np.array([1.0, 2, -INF, -INF, -INF]),
        np.array([1.0, 5, 7, INF, 0]),
        np.array([0.0, -INF, -1, 3]),
        np.array([INF, INF, 1, 3]),
        ["equal", "between", "most", "loose", "empty"],
        ["x", "y", "z", "w"],
        "max",
        -4.0,
    )


def wide(columns: int, rows: int = 1, **change: Any) -> LinearProgram:
    return LinearProgram.standard(np.ones(columns), np.ones((rows, columns)), np.zeros(rows), **change)


def test_a_minimum() -> None:
    assert diet().algebra() == (
        "minimise    2 bread + 3 milk\n"
        "subject to  energy:  bread + milk >= 4\n"
        "            balance:  bread - 2 milk >= 0\n"
        "with        bread, milk >= 0"
    )


def test_its_dual_with_the_names_turned_round() -> None:
    assert diet().dual().algebra() == (
        "maximise    4 energy\n"
        "subject to  bread:  energy + balance <= 2\n"
        "            milk:  energy - 2 balance <= 3\n"
        "with        energy, balance >= 0"
    )


def test_rows_and_bounds_of_every_kind() -> None:
    assert every_kind().algebra() == (
        "maximise    -x + 2.5 z + w - 4\n"
        "subject to  equal:  x + 2 y = 1\n"
        "            between:  2 <= -y + z <= 5\n"
        "            most:  3 w <= 7\n"
        "            loose:  x + y + z + w  (free)\n"
        "            empty:  0 <= 0\n"
        "with        x >= 0\n"
        "            y free\n"
        "            -1 <= z <= 1\n"
        "            w = 3"
    )


def test_a_program_of_nothing() -> None:
    assert LinearProgram.standard([], [], []).algebra() == "minimise    0"
    assert wide(2, rows=0).algebra() == "minimise    x_0 + x_1\nwith        x_0, x_1 >= 0"


def test_zeros_that_are_stored_are_not_written() -> None:
    stored = csc_array((np.array([0.0, 1.0]), np.array([0, 0]), np.array([0, 1, 2])), shape=(1, 2))
    assert "row_0:  x_1 = 1\n" in LinearProgram.standard([1, 0], stored, [1]).algebra()


def test_rows_beyond_the_limit_are_counted() -> None:
    text = wide(2, rows=74).algebra()
    assert "row_39:" in text
    assert "row_40:" not in text
    assert "... and 34 more rows" in text
    assert "... and 1 more row\n" in wide(2, rows=74).algebra(rows=73)
    assert "more" not in wide(2, rows=74).algebra(rows=74)
    assert "... and 74 more rows" in wide(2, rows=74).algebra(rows=0)


def test_bounds_beyond_the_limit_are_counted() -> None:
    lp = LinearProgram(
        np.ones(9), csc_array((0, 9)), np.zeros(0), np.zeros(0), np.arange(9.0), np.full(9, INF), [], [f"x{k}" for k in range(9)]
    )
    text = lp.algebra(rows=3)
    assert text.count(">=") == 3
    assert text.endswith("... and 6 more variables")


def test_sums_are_wrapped_at_names_and_lose_nothing() -> None:
    lp = LinearProgram.standard(
        np.arange(1.0, 61), -np.ones((1, 60)), [1], ["total"], [f"gamma[Seattle,target {k}]" for k in range(60)]
    )
    text = lp.algebra()
    assert max(map(len, text.splitlines())) <= WIDTH
    for k in range(60):
        assert text.count(f"gamma[Seattle,target {k}]") == 3
    flat = " ".join(text.split())
    assert "+ 2 gamma[Seattle,target 1] + 3 gamma[Seattle,target 2]" in flat
    assert "- gamma[Seattle,target 59] = 1" in flat


def test_very_long_sums_are_cut_and_say_so() -> None:
    text = wide(100_000).algebra()
    assert text.count("+ ... (99,900 more terms)") == 2
    assert "and 99,900 more >= 0" in " ".join(text.split())
    assert len(text) < 10_000


@pytest.mark.parametrize(
    ("number", "written"), [(0.1 + 0.2, "0.3"), (1e-12, "1e-12"), (1 / 3, "0.333333333"), (123456.0, "123456")]
)
def test_numbers_are_written_short(number: float, written: str) -> None:
    assert LinearProgram.standard([number], [[-number]], [number], None, ["x"]).algebra() == (
        f"minimise    {written} x\nsubject to  row_0:  -{written} x = {written}\nwith        x >= 0"
    )


def test_bounds_that_cross_show_as_they_are() -> None:
    lp = LinearProgram(np.ones(1), csc_array((0, 1)), np.zeros(0), np.zeros(0), np.array([2.0]), np.array([1.0]), [], ["y"])
    assert "2 <= y <= 1" in lp.algebra()


@pytest.mark.parametrize("rows", [-1, 2.5, "all", None])
def test_a_limit_that_is_none(rows: Any) -> None:
    with pytest.raises(ParameterError, match="rows"):
        diet().algebra(rows)
