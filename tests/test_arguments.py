"""Arguments of the wrong type get the package's own errors: which argument, what it is, and what to give instead."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import otmodels as om
from otmodels.arguments import check_name, check_type, checked_path, is_hashable
from otmodels.errors import FileFormatError, InputError, ParameterError, UnknownNameError

HERE = om.Measure([1, 1], [[0.0, 0.0], [1.0, 1.0]])
EDGES = pd.DataFrame({"from": ["a"], "to": ["b"], "length": [1]})
PROBLEM = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])

PROGRAM = om.lp.LinearProgram.standard([1, 2], [[1, 1]], [3])

WRONG: dict[str, Any] = {
    "None": None,
    "a number": 3.5,
    "a list": [1, {}],
    "a dict": {"a": 1},
    "an object": object(),
    "complex numbers": np.array([1j, 2]),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "durations": np.array([np.timedelta64(1, "D")]),
    "a date": datetime.date(2020, 1, 1),
    "a table of text": pd.DataFrame({"a": ["x"]}),
    "a missing value": pd.NA,
    "bytes": b"x",
    "a sparse matrix": csr_array(np.eye(2)),
    "a type": int,
    "a problem": PROBLEM,
    "a measure": HERE,
}

ENTRIES: dict[str, tuple[Callable[[Any], object], set[str]]] = {
    "mass": (om.Measure, set()),
    "points": (lambda given: om.Measure([1, 1], given), {"None"}),
    "labels": (lambda given: om.Measure([1, 1], labels=given), {"None", "complex numbers"}),
    "frame": (om.Measure.from_frame, set()),
    "column of masses": (lambda given: om.Measure.from_frame(pd.DataFrame({"mass": [1]}), given), set()),
    "columns of points": (lambda given: om.Measure.from_frame(pd.DataFrame({"mass": [1]}), points=given), {"None"}),
    "samples": (om.Measure.from_samples, set()),
    "file of a measure": (om.read_measure, set()),
    "file of costs": (om.read_cost, set()),
    "file of a graph": (om.read_graph, set()),
    "picture": (om.read_image, set()),
    "folder of a data set": (om.read_dataset, set()),
    "cells": (om.grid_measure, set()),
    "spacing": (lambda given: om.grid_measure([[1, 2]], given), {"a number"}),
    "cost": (om.Cost, set()),
    "forbidden": (lambda given: om.Cost([[1, 2]], given), {"None"}),
    "source": (lambda given: om.ground_cost(given, HERE), {"a measure"}),
    "target": (lambda given: om.ground_cost(HERE, given), {"a measure"}),
    "metric": (lambda given: om.ground_cost(HERE, HERE, given), {"a type"}),
    "power": (lambda given: om.ground_cost(HERE, HERE, power=given), {"a number"}),
    "order": (lambda given: om.ground_cost(HERE, HERE, "minkowski", order=given), {"a number"}),
    "source on a graph": (lambda given: om.graph_cost(given, HERE, om.Graph.from_frame(EDGES)), set()),
    "graph": (lambda given: om.graph_cost(HERE, HERE, given), set()),
    "edges": (om.Graph.from_frame, set()),
    "column of tails": (lambda given: om.Graph.from_frame(EDGES, given), set()),
    "places": (lambda given: om.Graph.from_frame(EDGES, places=given), {"None"}),
    "vertices": (lambda given: om.Graph(given, given), set()),
    "source of a problem": (lambda given: om.TransportProblem(given, [1, 1], [[0, 1], [1, 0]]), {"a measure"}),
    "cost of a problem": (lambda given: om.TransportProblem([1, 1], [1, 1], given), set()),
    "balance": (lambda given: om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]], given), set()),
    "form": (lambda given: om.solve(PROBLEM, given), set()),
    "language": (lambda given: om.solve(PROBLEM, language=given), set()),
    "solution": (om.lipschitz_report, set()),
    "what may be a metric": (om.metric_report, {"a problem"}),
    "distance": (lambda given: om.wasserstein_distance(HERE, given), {"a measure"}),
    "problem to solve": (om.solve, {"a problem"}),
    "problem to build": (lambda given: om.build(given, "primal", "highspy"), {"a problem"}),
    "problem to compare": (om.compare, {"a problem"}),
    "problem to explain": (om.explain_infeasibility, {"a problem"}),
    "support": (lambda given: om.solve(PROBLEM, support=given), set()),
    "plan": (lambda given: om.certify(PROBLEM, given), {"a sparse matrix"}),
    "f": (lambda given: om.certify(PROBLEM, f=given), set()),
    "g": (lambda given: om.certify(PROBLEM, g=given), set()),
    "tolerances": (lambda given: om.certify(PROBLEM, f=[0, 0], tolerances=given), set()),
    "rational answer": (lambda given: om.certify(PROBLEM, f=[0, 0], exact=given), {"None"}),
    "cost to transform by": (lambda given: om.c_transform(given, [0, 0]), set()),
    "potential to transform": (lambda given: om.c_transform(PROBLEM.cost, given), set()),
    "program to certify": (lambda given: om.lp.certify(given, [1], [1]), set()),
    "point of a program": (lambda given: om.lp.certify(PROGRAM, given, [1]), set()),
    "multipliers of a program": (lambda given: om.lp.certify(PROGRAM, [3, 0], given), set()),
    "program in conflict": (om.lp.conflict, set()),
    "program to repair": (om.lp.repair, set()),
    "program to close in on": (om.lp.approach, set()),
    "program between its eps": (om.lp.eps_sweep, set()),
    "program of a gap": (lambda given: om.lp.weak_duality(given, [1], [1]), set()),
    "costs of a program": (lambda given: om.lp.LinearProgram.standard(given, [[1, 1]], [3]), set()),
    "matrix of a program": (lambda given: om.lp.LinearProgram.standard([1, 2], given, [3]), set()),
    "right-hand side of a program": (lambda given: om.lp.LinearProgram.standard([1, 2], [[1, 1]], given), set()),
    "MPS file": (om.lp.LinearProgram.read_mps, set()),
    "LP file": (om.lp.LinearProgram.read_lp, set()),
    "MPS file to write": (PROGRAM.write_mps, set()),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", WRONG)
def test_the_wrong_type_is_refused_with_a_remedy(entry: str, kind: str) -> None:
    call, welcome = ENTRIES[entry]
    if kind in welcome:
        call(WRONG[kind])
        return
    with pytest.raises(InputError) as caught:
        call(WRONG[kind])
    assert caught.value.argument
    assert caught.value.remedy
    assert str(caught.value) == f"{caught.value.argument}: {caught.value.fault}. {caught.value.remedy}."


class TestWords:
    def test_a_type_is_named(self) -> None:
        check_type("source", HERE, om.Measure, "Make one")
        with pytest.raises(ParameterError, match=r"source: is a list, not a Measure\. Make one\."):
            check_type("source", [1], om.Measure, "Make one")
        with pytest.raises(ParameterError, match="solution: is None, not a Solution or LipschitzSolution"):
            check_type("solution", None, (om.Solution, om.LipschitzSolution), "Solve first")

    def test_names_to_choose_among_are_listed(self) -> None:
        check_name("balance", "raise", ("raise", "rescale"))
        with pytest.raises(UnknownNameError, match=r"balance: 'no' is not known\. Choose one of raise, rescale\."):
            check_name("balance", "no", ("raise", "rescale"))
        with pytest.raises(UnknownNameError, match=r"Choose one of a, b, c\."):
            check_name("form", np.zeros((50, 50)), ("a", "b", "c"))

    def test_a_path_is_text_or_a_path(self) -> None:
        assert str(checked_path("a.csv")) == "a.csv"
        with pytest.raises(FileFormatError, match="not a path"):
            checked_path(b"a.csv")

    def test_what_can_be_a_label(self) -> None:
        assert is_hashable(("a", 1))
        assert not is_hashable(("a", [1]))

    def test_names_of_columns_are_a_list_and_no_text(self) -> None:
        frame = pd.DataFrame({"mass": [1], "x": [0], "y": [1]})
        with pytest.raises(ParameterError, match=r"\['x', 'y'\]"):
            om.Measure.from_frame(frame, points="xy")
        assert om.Measure.from_frame(frame, points=["x", "y"]).points is not None

    def test_the_wrong_solution(self) -> None:
        with pytest.raises(ParameterError, match=r"is a TransportProblem.*metric_report"):
            om.lipschitz_report(PROBLEM)  # type: ignore[arg-type]
