"""Tables of neural critics and of what is learnt from them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from otmodels import benchmark
from otmodels.wgan.neural import RATES


def in_this_process(work: Callable[..., Any], *about: Any) -> Any:
    return work(*about)


def test_neural_critics_stand_beside_the_exact_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("otmodels.benchmark.known"), "in_own_process", in_this_process)
    table: Any = benchmark.known_truth((2,), steps=40, n=40, seeds=1)
    neural = table[table.index.isin(RATES, level="critic")]
    assert len(neural) == 2 * len(RATES)
    assert (neural["ratio"] <= 1 + 1e-9).all()
    assert (neural["share"] <= 1).all()
    assert (neural["share"] > 0).all()
    assert (neural["cosine"].abs() <= 1).all()
    assert (neural["converged"].isin([0, 1])).all()
    assert neural["budget"].str.fullmatch("40 steps of 256 \\+ 256 points, 4,417 parameters").all()
    assert (neural["constant"].xs("groupsort", level="critic") <= 1 + 1e-9).all()
    assert (neural["constant"].xs("clipping", level="critic") < 0.1).all()


def test_generators_against_neural_critics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("otmodels.benchmark.wgan"), "in_own_process", in_this_process)
    found = benchmark.generators(("ring",), ("exact", "spectral"), 80, 16)
    assert list(found.table.index) == [("ring", "exact"), ("ring", "spectral")]
    audits: Any = found.histories.loc[("ring", "spectral")]
    assert audits.index.tolist() == [1, *range(2, 81, 2)]
    assert (audits["bound"] <= audits["w1"] * (1 + 1e-9)).all()
    assert audits["certified"].all()
