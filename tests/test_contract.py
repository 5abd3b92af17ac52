"""The contract: names that stay, with the parameters that they were promised with, and each of them shown to a reader."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import otmodels as om
from otmodels.cli.app import app

ROOT = Path(__file__).parents[1]
NO_DEFAULT = "(none)"

FUNCTIONS: dict[str, dict[str, Any]] = {
    "Measure": {"mass": NO_DEFAULT, "points": None, "labels": None},
    "Measure.from_frame": {"frame": NO_DEFAULT, "mass": "mass", "points": None},
    "Measure.from_samples": {"x": NO_DEFAULT, "weights": None},
    "read_measure": {"path": NO_DEFAULT},
    "grid_measure": {"array": NO_DEFAULT, "spacing": 1.0},
    "Cost": {"values": NO_DEFAULT, "forbidden": None},
    "read_cost": {"path": NO_DEFAULT},
    "ground_cost": {"source": NO_DEFAULT, "target": NO_DEFAULT, "metric": "euclidean", "power": 1.0},
    "TransportProblem": {"source": NO_DEFAULT, "target": NO_DEFAULT, "cost": NO_DEFAULT, "balance": "raise"},
    "build": {"problem": NO_DEFAULT, "form": "primal", "language": "cvxpy"},
    "solve": {"problem": NO_DEFAULT, "form": "primal", "language": "cvxpy"},
    "compare": {"problem": NO_DEFAULT, "forms": None, "languages": None},
    "wasserstein_distance": {"source": NO_DEFAULT, "target": NO_DEFAULT, "metric": "euclidean", "power": 1.0},
    "routes": {"problem": NO_DEFAULT},
    "certify": {"problem": NO_DEFAULT, "plan": None, "f": None, "g": None},
    "metric_report": {"cost": NO_DEFAULT},
    "lipschitz_report": {"solution": NO_DEFAULT},
    "critic": {"source": NO_DEFAULT, "target": NO_DEFAULT, "metric": "euclidean"},
    "audit_critic": {
        "critic": NO_DEFAULT,
        "source": NO_DEFAULT,
        "target": NO_DEFAULT,
        "metric": "euclidean",
        "gradient": None,
    },
    "critics.bracket": {"source": NO_DEFAULT, "target": NO_DEFAULT, "metric": "euclidean"},
    "critics.translation": {"dimension": NO_DEFAULT, "shift": 1.0},
    "critics.scaled_ball": {"dimension": NO_DEFAULT, "factor": 2.0},
    "critics.funnels": {"dimension": NO_DEFAULT, "count": 4, "seed": 0, "share": 0.5},
    "critics.funnels_at": {"centres": NO_DEFAULT, "offsets": None, "radius": None, "share": 0.5},
    "critics.score": {"known": NO_DEFAULT, "critic": NO_DEFAULT, "gradient": None, "n": 1000, "seed": 0},
    "critics.largest_slope": {"cost": NO_DEFAULT, "values": NO_DEFAULT},
    "wgan.train": {"generator": NO_DEFAULT, "data": NO_DEFAULT, "critic": "exact"},
    "wgan.fit_critic": {"critic": NO_DEFAULT, "source": NO_DEFAULT, "target": NO_DEFAULT},
    "wgan.envelope": {"source": NO_DEFAULT, "target": NO_DEFAULT, "metric": "euclidean"},
    "wgan.sample": {"name": NO_DEFAULT, "n": NO_DEFAULT, "seed": 0},
    "wgan.held_out": {"generator": NO_DEFAULT, "data": NO_DEFAULT, "n": 256, "repeats": 20},
    "lp.LinearProgram": {"c": NO_DEFAULT, "A": NO_DEFAULT},
    "lp.LinearProgram.dual": {},
    "lp.LinearProgram.solve": {},
    "lp.certify": {"lp": NO_DEFAULT, "x": NO_DEFAULT, "y": NO_DEFAULT},
    "lp.farkas": {"A": NO_DEFAULT, "b": NO_DEFAULT},
}
"""Positional parameters, in order, with their defaults; more may follow."""

KEYWORDS: dict[str, dict[str, Any]] = {
    "ground_cost": {"order": None},
    "solve": {"support": "full", "time_limit": None, "throw": True, "verbose": False},
    "critic": {"order": None, "extension": "upper", "balance": "raise", "time_limit": None},
    "audit_critic": {"order": None, "balance": "raise", "time_limit": None, "seed": 0},
    "critics.bracket": {"order": None, "extension": "upper", "splits": 10, "seed": 0},
    "wgan.train": {"batch": 256, "rate": None, "momentum": None, "seed": 0},
    "wgan.fit_critic": {"steps": 2000, "batch": 256, "audit": 100, "seed": 0},
    "Model.solve": {"time_limit": None, "throw": True, "verbose": False},
}
"""Parameters that are given by name."""

MEMBERS = {
    "Model": "native variables constraints linear_program solve",
    "Solution": "status value f g certificate problem provenance sparse_plan plan plan_table potentials_table summary distance",
    "LipschitzSolution": "status value f g certificate problem provenance sparse_plan plan plan_table potentials_table summary",
    "Certificate": "passed gap checks table raise_if_failed",
    "Critic": "value at_source at_target certificate extension metric order gradient undefined rays table of_distributions",
    "Audit": "critic exact value slope across bounds agreement constant w1 best share scaled lost_by_shape lost_by_scale "
    "is_backwards attained table summary sentence standard_error",
    "Bracket": "held_out sampled bias lower upper lower_error upper_error interval table",
    "critics.Known": "name dimension value sample pair critic gradient",
    "critics.Score": "value sampled difference slope ratio cosine l2 table",
    "critics.Bound": "name value share certificate",
    "critics.Slope": "constant i j",
    "critics.Agreement": "on_samples between cosine l2 rays",
    "critics.Foreign": "at_source at_target name ceiling gradient_reason values gradients",
    "wgan.History": "frame samples generator ended budget resume",
    "wgan.Fit": "critic frame rise is_converged audit exact",
    "wgan.HeldOut": "ratio",
    "wgan.Envelope": "gradient critic is_smooth",
    "lp.Farkas": "x y",
}
COMMANDS = ["solve", "compare", "certify", "lipschitz", "benchmark"]
METRICS = ["cityblock", "euclidean", "chebyshev", "minkowski", "haversine"]


def public(name: str) -> Any:
    found: Any = om
    for part in name.split("."):
        found = getattr(found, part)
    return found


def parameters(name: str) -> dict[str, inspect.Parameter]:
    found = inspect.signature(public(name)).parameters
    return {key: value for key, value in found.items() if key != "self"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_may_be_given_by_position_comes_in_the_promised_order(name: str) -> None:
    found = list(parameters(name).values())[: len(FUNCTIONS[name])]
    assert [each.name for each in found] == list(FUNCTIONS[name])
    assert all(each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for each in found)
    for each in found:
        promised = FUNCTIONS[name][each.name]
        assert each.default == (inspect.Parameter.empty if promised == NO_DEFAULT else promised)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whatever_else_there_is_may_be_left_out(name: str) -> None:
    # Rows, bounds and names: the contract leaves their order open. Steps of a training are always said, by name.
    if name not in ("lp.LinearProgram", "wgan.train"):
        assert all(
            each.default is not inspect.Parameter.empty for each in list(parameters(name).values())[len(FUNCTIONS[name]) :]
        )


@pytest.mark.parametrize("name", KEYWORDS)
def test_what_is_given_by_name_has_the_promised_default(name: str) -> None:
    found = parameters(name)
    assert {key: found[key].default for key in KEYWORDS[name]} == KEYWORDS[name]
    assert all(found[key].kind is inspect.Parameter.KEYWORD_ONLY for key in KEYWORDS[name])


def test_a_linear_program_is_made_of_costs_a_matrix_rows_bounds_and_names_and_has_notes() -> None:
    made = {"c", "A", "row_lower", "row_upper", "lower", "upper", "row_names", "column_names", "sense", "offset", "notes"}
    assert set(parameters("lp.LinearProgram")) == made


@pytest.mark.parametrize("name", MEMBERS)
def test_results_and_models_have_the_promised_members(name: str) -> None:
    kind = public(name)
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    missing = [member for member in MEMBERS[name].split() if member not in fields and not hasattr(kind, member)]
    assert not missing


def test_forms_and_languages_are_the_promised_ones() -> None:
    promised = {"primal", "dual", "lipschitz", "flow"}
    assert set(om.supports()) == {(form, language) for form in promised for language in ("cvxpy", "pyomo", "highspy")}


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_go_by_the_promised_names(metric: str) -> None:
    x, y = om.Measure([1], points=[[0, 0]]), om.Measure([1], points=[[0, 1]])
    cost = om.ground_cost(x, y, metric, order=3 if metric == "minkowski" else None)
    assert cost.values[0, 0] > 0


def test_the_command_line_has_the_same_verbs() -> None:
    assert set(COMMANDS) <= set(getattr(get_command(app), "commands"))  # noqa: B009


@cache
def shown() -> str:
    """What a reader of the README and of the code and text of the notebooks has before them, outputs left out."""
    pages = [(ROOT / "README.md").read_text(encoding="utf-8")]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        pages.extend("".join(cell["source"]) for cell in cells)
    return "\n".join(pages)


def is_shown(*patterns: str) -> bool:
    return all(re.search(pattern, shown()) for pattern in patterns)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_shown(name: str) -> None:
    last = name.rsplit(".", 1)[-1]
    method = name.count(".") == 2 or name.startswith("Measure.")
    assert is_shown(rf"\.{last}\b" if method else rf"\bom\.{re.escape(name)}\b")


@pytest.mark.parametrize("name", KEYWORDS)
def test_every_keyword_is_shown(name: str) -> None:
    assert is_shown(*(rf"\b{key}\b" for key in KEYWORDS[name]))


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_is_shown(name: str) -> None:
    missing = [member for member in MEMBERS[name].split() if not is_shown(rf"\.{member}\b")]
    assert not missing


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert is_shown(rf"otmodels {command}\b")


@pytest.mark.parametrize(
    "word", [*METRICS, "rescale", "generated", "neighbours", "primal", "dual", "lipschitz", "flow", "upper", "lower", "mean"]
)
def test_every_name_that_is_passed_as_text_is_shown(word: str) -> None:
    assert is_shown(rf"[\"'`]{word}[\"'`]")
