"""Benchmarks, on problems that are small enough for a test: what they report is what was certified, or nothing at all."""

from __future__ import annotations

import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_cli import as_json, otmodels, refusal

import otmodels as om
from otmodels import benchmark
from otmodels.errors import InputError, ParameterError, UnknownNameError


def in_this_process(work: Callable[..., Any], *about: Any) -> Any:
    return work(*about)


class TestDense:
    def test_a_row_a_family_and_size_with_the_value_of_ot_emd(self, monkeypatch: pytest.MonkeyPatch) -> None:
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


class TestKnownTruth:
    def test_exact_critics_where_the_best_one_is_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_module("otmodels.benchmark.known"), "in_own_process", in_this_process)
        said: list[str] = []
        table = benchmark.known_truth((2,), steps=0, n=60, seeds=2, progress=said.append)
        exact = ["exact, upper", "exact, lower", "exact, mean"]
        assert list(table.index) == [(pair, 2, critic) for pair in ("scaled ball", "funnels") for critic in exact]
        assert (table["ratio"] <= 1 + 1e-9).all()
        assert (table["ratio"] > 0.2).all()
        assert (table["cosine"] > 0.3).all()
        assert table["constant"].to_numpy() == pytest.approx(1, rel=1e-9)
        assert table["share"].to_numpy() == pytest.approx(1, rel=1e-9)
        assert (table["converged"] == 1).all()
        assert set(table["budget"]) == {"60 + 60 points"}
        assert len(said) == 4

    def test_from_the_command_line(self, tmp_path: Path) -> None:
        words = "benchmark", "critics", "--size", "30", "--batch", "0", "--side", "0", "--repeats", "1"
        known = "--known", "--known-dimension", "2", "--points", "20", "--steps", "0", "--seeds", "1"
        read = as_json(*words, *known)
        assert len(read["known"]) == 6
        assert len(read["critics"]) == 1
        printed = otmodels(*words, *known, "--out", tmp_path)
        assert "funnels, d = 2" in printed
        assert len(pd.read_csv(tmp_path / "known.csv")) == 6
        assert len(pd.read_csv(tmp_path / "critics.csv")) == 1

    @pytest.mark.parametrize(
        "bad", [{"dimensions": (0,)}, {"steps": -1}, {"n": 1}, {"seeds": 0}], ids=["dimensions", "steps", "n", "seeds"]
    )
    def test_numbers_that_are_none(self, bad: dict[str, Any]) -> None:
        [name] = bad
        with pytest.raises(ParameterError, match=f"{name}: is "):
            benchmark.known_truth(**{"steps": 0, **bad})


class TestGenerators:
    def test_against_the_exact_critic(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_module("otmodels.benchmark.wgan"), "in_own_process", in_this_process)
        square = om.grid_measure([[1, 0], [2, 1]])
        found = benchmark.generators(("line",), ("exact",), 40, 16, pictures={"square": square})
        assert list(found.table.index) == [("line", "exact"), ("square", "exact")]
        assert found.table["share"].to_numpy() == pytest.approx(1, rel=1e-9)
        assert (found.table["constant"] == 1).all()
        assert (found.table["ratio"] == found.table["generated"] / found.table["true"]).all()
        assert found.histories.loc["line"].loc["exact"].index.tolist() == list(range(1, 41))
        assert sorted(set(found.samples.loc["square"].loc["exact"].index.get_level_values("step"))) == [0, 2, 10, 40]
        assert list(found.samples.columns) == ["x0", "x1"]

    def test_from_the_command_line(self, tmp_path: Path) -> None:
        words = "benchmark", "wgan", "--data", "line", "--critic", "exact", "--steps", "3", "--batch", "8"
        assert [row["critic"] for row in as_json(*words)["wgan"]] == ["exact"]
        printed = otmodels(*words, "--picture", "data/digits", "--out", tmp_path)
        assert "digits" in printed
        assert {path.name for path in tmp_path.iterdir()} == {"wgan.csv", "wgan_histories.csv", "wgan_samples.csv"}

    def test_what_is_not_known(self) -> None:
        with pytest.raises(UnknownNameError, match=r"data.*line, moons, ring"):
            benchmark.generators(("spiral",))
        with pytest.raises(UnknownNameError, match=r"critics.*exact, clipping"):
            benchmark.generators(critics=("gan",))

    @pytest.mark.parametrize(
        ("asked", "kind", "message"),
        [
            ({"data": ()}, ParameterError, "data: is empty"),
            ({"critics": ()}, ParameterError, "critics: is empty"),
            ({"steps": 0}, ParameterError, "steps: is 0"),
            ({"batch": 1}, ParameterError, "batch: is 1"),
            ({"seed": -1}, ParameterError, "seed: is -1"),
            ({"pictures": {"line": om.grid_measure([[1, 2]])}}, ParameterError, "pictures: has one named 'line'"),
            ({"pictures": {"a": om.Measure([1, 1])}}, ParameterError, "pictures: 'a' is a measure without points"),
        ],
    )
    def test_what_cannot_be_is_said_before_any_work(self, asked: dict[str, Any], kind: type[InputError], message: str) -> None:
        said: list[str] = []
        with pytest.raises(kind, match=message):
            benchmark.generators(**{"data": ("line",), "critics": ("exact",), **asked}, progress=said.append)
        assert not said

    def test_each_is_trained_once_and_on_batches_of_any_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = import_module("otmodels.benchmark.wgan")
        monkeypatch.setattr(module, "in_own_process", in_this_process)
        monkeypatch.setattr(module, "TEST", 20)
        found = benchmark.generators(("line", "line"), ("exact", "exact"), 2, 16)
        assert found.table["steps"].to_dict() == {("line", "exact"): 2}

    def test_ctrl_c_ends_it_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = import_module("otmodels.benchmark.wgan")
        monkeypatch.setattr(module, "in_own_process", in_this_process)
        plain = module.train

        def interrupted(*about: Any, **options: Any) -> Any:
            return plain(*about, **options, watch=lambda _: signal.raise_signal(signal.SIGINT))

        monkeypatch.setattr(module, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            benchmark.generators(("line",), ("exact",), 5, 16)

    def test_a_step_that_went_astray_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = import_module("otmodels.benchmark.wgan")
        monkeypatch.setattr(module, "in_own_process", in_this_process)
        monkeypatch.setattr(module, "RATE", 1e15)
        printed = otmodels("benchmark", "wgan", "--data", "line", "--critic", "exact", "--steps", "3", "--batch", "8")
        assert "0 of 3 steps were taken" in printed


class TestCritics:
    def test_a_row_a_case_with_the_values_of_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(import_module("otmodels.benchmark.critics"), "in_own_process", in_this_process)
        said: list[str] = []
        table = benchmark.critics((40,), (2, 5), batch=20, side=9, repeats=1, progress=said.append)
        assert list(table.index) == [("audit", 40), ("batch, d = 2", 20), ("batch, d = 5", 20), ("picture", 9)]
        assert (table["difference"].iloc[:3] <= 1e-9).all()
        assert (table["seconds"] > 0).all()
        assert (table["ratio"].iloc[:3] > 0).all()
        assert table["ratio"].isna().tolist() == [False, False, False, True]
        assert table["asked_ratio"].iloc[:3].tolist() == [1.5, 3, 3]
        assert table.loc[("picture", 9), "asked_seconds"] == 2
        assert len(said) == 5

    def test_from_the_command_line(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        words = "benchmark", "critics", "--sizes", "30", "--batch", "0", "--side", "5", "--repeats", "1"
        read = as_json(*words)
        assert [row["case"] for row in read["critics"]] == ["audit", "picture"]
        printed = otmodels(*words, "--out", tmp_path)
        assert max(map(len, printed.splitlines())) <= 80
        assert "ratio 1.5, 1024 MiB" in " ".join(printed.split())
        assert len(pd.read_csv(tmp_path / "critics.csv")) == 2
