"""Small linear programs of every kind, and what it means that two of them are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.sparse import csc_array

from otmodels.errors import InputError
from otmodels.lp import LinearProgram, Program

INF = float("inf")
FIELDS = ("c", "A", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset")
Sense = Literal["min", "max"]

# Rows and bounds of every kind, as (lower, upper).
ENDS = st.one_of(
    st.integers(-9, 9).map(lambda v: (v, v)),
    st.integers(-9, 9).map(lambda v: (v, INF)),
    st.integers(-9, 9).map(lambda v: (-INF, v)),
    st.tuples(st.integers(-9, 9), st.integers(1, 9)).map(lambda v: (v[0], v[0] + v[1])),
    st.just((-INF, INF)),
    st.just((0, INF)),
)
NAMES = (
    lambda word, k: f"{word}_{k}",
    lambda word, k: f"{word}[{k}]",
    lambda word, k: f"{word}[{['Ulm', 'Bonn', 'Kiel', 'Trier'][k % 4]},{k // 4}]",
    lambda word, k: f"{word}{k % 3}[{k}] (upper bound)" if k % 2 else f"{word} of [{k}",
    lambda word, k: [f"{word}.{k}", f"{word}[a.{k}]", f"{word} [b {k}", f"name{word * k}"][k % 4],
)


@st.composite
def programs(draw: st.DrawFn, least_columns: int = 0, ends: Any = ENDS) -> LinearProgram:
    rows, columns = draw(st.integers(0, 6)), draw(st.integers(least_columns, 6))
    numbers = st.integers(-5, 5).map(float)
    matrix = draw(st.lists(numbers, min_size=rows * columns, max_size=rows * columns))
    row_ends = np.array(draw(st.lists(ends, min_size=rows, max_size=rows)), dtype=float).reshape(rows, 2)
    bounds = np.array(draw(st.lists(ends, min_size=columns, max_size=columns)), dtype=float).reshape(columns, 2)
    name, word = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["r", "x"]))
    return LinearProgram(
        np.array(draw(st.lists(numbers, min_size=columns, max_size=columns)), dtype=float),
        csc_array(np.array(matrix, dtype=float).reshape(rows, columns)),
        row_ends[:, 0].copy(),
        row_ends[:, 1].copy(),
        bounds[:, 0].copy(),
        bounds[:, 1].copy(),
        [name(word, k) for k in range(rows)],
        [name("x", k) for k in range(columns)],
        draw(st.sampled_from(["min", "max"])),
        draw(numbers),
    )


def same(one: Program, two: Program) -> None:
    """The same program by name, to the last bit."""
    one, two = one.ordered(), two.ordered()
    assert list(one.row_names) == list(two.row_names)
    assert list(one.column_names) == list(two.column_names)
    for name in ("c", "row_lower", "row_upper", "lower", "upper"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist(), name
    assert (one.A - two.A).nnz == 0 or abs(one.A - two.A).max() == 0
    assert (one.sense, one.offset) == (two.sense, two.offset)


def changed(lp: LinearProgram, **change: Any) -> LinearProgram:
    return LinearProgram(**({name: getattr(lp, name) for name in FIELDS} | change))


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


def bread() -> LinearProgram:
    """A diet: two foods, two needs."""
    needs, foods = ["energy", "protein"], ["buy[bread]", "buy[milk]"]
    return LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6], needs, foods)


def in_turn(*changes: Callable[[Any], Any]) -> Callable[[Any], None]:
    """One change after the other, as one."""

    def change(native: Any) -> None:
        for step in changes:
            step(native)

    return change
