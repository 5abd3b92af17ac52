"""Benchmarks, on problems that are small enough for a test: what they report is what was certified, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from test_cli import as_json, refusal

from otmodels import benchmark
from otmodels.errors import ParameterError


class TestDense:
    def test_a_row_a_family_and_size_with_the_value_of_ot_emd(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def in_this_process(work: Callable[..., Any], *about: Any) -> Any:
            return work(*about)

        monkeypatch.setattr(import_module("otmodels.benchmark.dense"), "in_own_process", in_this_process)
        said: list[str] = []
        table = benchmark.dense(("euclidean", "integer"), (70,), repeats=1, progress=said.append)
        assert list(table.index) == [("euclidean", 70), ("integer", 70)]
        assert (table["difference"] <= 1e-9).all()
        assert (table["relative_gap"] <= 1e-9).all()
        assert (table["pairs_per_atom"] < 70).all()
        assert np.isfinite(table["scipy_over_otmodels"]).tolist() == [True, False]
        assert said == [
            "euclidean, n = 70: otmodels, turn 1 of 1",
            "euclidean, n = 70: ot.emd, turn 1 of 1",
            "euclidean, n = 70: SciPy",
            "euclidean, n = 70: all pairs",
            "integer, n = 70: otmodels, turn 1 of 1",
            "integer, n = 70: ot.emd, turn 1 of 1",
            "integer, n = 70: all pairs",
        ]

    def test_a_family_that_does_not_exist(self) -> None:
        with pytest.raises(ParameterError, match="Choose among euclidean"):
            benchmark.dense(("spherical",), (70,))
        assert "spherical" in refusal("benchmark", "dense", "--family", "spherical")

    def test_from_the_command_line_without_ot_emd(self) -> None:
        read = as_json("benchmark", "dense", "--size", "66", "--family", "clustered", "--repeats", "1", "--largest-emd", "0")
        (row,) = read["dense"]
        assert (row["family"], row["n"], row["emd_seconds"]) == ("clustered", 66, None)
        assert row["seconds"] > 0
