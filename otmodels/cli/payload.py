"""Results as JSON: plain numbers and strings, null where there is no finite number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from otmodels.checks import Certificate
from otmodels.cli.atoms import potentials_table
from otmodels.cli.files import Folder
from otmodels.datasets import Dataset
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Unsolved
from otmodels.status import Status


def dumps(payload: Mapping[str, Any]) -> str:
    """Write JSON that every parser reads.

    >>> print(dumps({"interval": (0.5, float("inf"))}))
    {
      "interval": [
        0.5,
        null
      ]
    }
    """
    return json.dumps(_plain(payload), indent=2, allow_nan=False)


def of_result(data: Dataset, result: Result) -> dict[str, Any]:
    """Everything about a solve: what is missing after one that was stopped is null."""
    about = of_answer(data, result)
    if isinstance(result, Unsolved):
        return {**about, **dict.fromkeys(("plan", "potentials"))}
    about |= {"plan": records(result.plan_table()), "potentials": records(potentials_table(result).reset_index())}
    if isinstance(result, LipschitzSolution):
        about |= {"flow": records(result.flow_table()), "nodes": records(result.nodes_table().reset_index())}
    return about


def of_answer(data: Dataset, result: Result) -> dict[str, Any]:
    """The value, what is proven of it and how it came about."""
    about = {
        **of_dataset(data),
        "status": of_status(result.status),
        "certified": False,
        "value": None,
        "interval": result.interval,
    }
    if isinstance(result, Unsolved):
        return {**about, **dict.fromkeys(("certificate", "provenance"))}
    about |= {
        **of_proof(result.certificate),
        "value": result.value,
        "provenance": {**asdict(result.provenance), "total_s": result.provenance.total_s},
    }
    if isinstance(result, LipschitzSolution):
        arcs = result.network.arcs
        about["network"] = {"nodes": arcs.size, "arcs": arcs.count, "description": arcs.description}
        about["is_lower_bound"] = result.is_lower_bound
    return about


def files(folder: Folder | None) -> list[str]:
    """Paths of the files that were written."""
    return [] if folder is None else [str(folder.path / name) for name in folder.names]


def of_dataset(data: Dataset) -> dict[str, Any]:
    """What was solved, and the units of all numbers that follow."""
    n, m = data.problem.shape
    about = {name: getattr(data, name) for name in ("name", "title", "description", "source", "licence", "balance")}
    sizes = {"sources": n, "targets": m, "cost": data.problem.cost.description, "adjustments": data.problem.adjustments}
    read = {"coordinates": data.coordinates, "notes": data.notes}
    return {"dataset": {**about, **sizes, **read}, "units": {**asdict(data.units), "mass": data.mass_unit}}


def of_proof(certificate: Certificate) -> dict[str, Any]:
    """What a certificate proves."""
    certified = certificate.passed and certificate.proven
    return {"certified": certified, "interval": certificate.interval, "certificate": of_certificate(certificate)}


def of_certificate(certificate: Certificate) -> dict[str, Any]:
    """The certificate with all its checks."""
    return {
        "passed": certificate.passed,
        "word": certificate.word,
        "verdict": certificate.verdict,
        "proven": certificate.proven,
        "absolute": certificate.absolute,
        "about": certificate.about,
        "interval": certificate.interval,
        "primal_value": certificate.primal_value,
        "dual_value": certificate.dual_value,
        "gap": certificate.gap,
        "relative_gap": certificate.relative_gap,
        "checks": records(certificate.table().reset_index()),
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as a list of objects, one a row."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def of_status(status: Status) -> dict[str, str]:
    """Why a solve stopped, and what its vectors are."""
    words = {name: getattr(status, name) for name in ("termination", "primal", "dual")}
    return {**{name: word.name.lower() for name, word in words.items()}, "message": status.termination.value}


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    if isinstance(data, np.generic):
        return _plain(data.item())
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    return data if data is None or isinstance(data, str | int) else str(data)
