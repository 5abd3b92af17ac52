"""Results as people read them: the data, the answer, the plan, the potentials, the proof."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rich.console import Console, RenderableType
from rich.text import Text

from otmodels.checks import Certificate
from otmodels.cli import numerals
from otmodels.cli.terminal import fact, heading, literal, table
from otmodels.cost import GroundCost
from otmodels.datasets import Dataset
from otmodels.solution import Solution, Unsolved

MOST_ROWS = 20
"""Rows of a table that a terminal shows."""

NO_FOLDER = "--out DIR writes them"
"""Where all rows are to be had when no folder was given."""

GOOD, BAD = "bold green", "bold red"


def print_sections(out: Console, *sections: Iterator[RenderableType]) -> None:
    """Print sections with a blank line between them."""
    for k, section in enumerate(sections):
        if k:
            out.print()
        for part in section:
            out.print(part)


def title(data: Dataset) -> Iterator[RenderableType]:
    """What is solved, and what was changed in it."""
    n, m = data.problem.shape
    yield literal(data.title, "bold")
    cost = data.problem.cost
    kind = f"cost: {cost.description}" if isinstance(cost, GroundCost) else "costs from a matrix"
    yield literal(f"{_count(n, 'source')} to {_count(m, 'target')}, {kind}")
    for note in data.problem.adjustments:
        yield fact("changed", note)


def answer(data: Dataset, result: Solution | Unsolved) -> Iterator[RenderableType]:
    """The value with its unit and what is proven of it."""
    unit = data.units.value
    if isinstance(result, Unsolved):
        yield fact("stopped" if result.status.termination.stopped else "failed", result.message, BAD)
        yield fact("value", f"{_interval(result.interval)} {unit}".rstrip(), "bold")
        yield fact("verdict", "not certified: there is no optimal solution to certify", BAD)
        return
    yield fact("value", f"{numerals.value(result.value)} {unit}".rstrip(), "bold")
    yield verdict(result.certificate)
    made = result.provenance
    how = f"by {made.algorithm} in {_count(made.iterations, 'iteration')}, {made.total_s:.2g} s"
    yield fact("solved", f"{made.form} in {made.language}, {how}")


def proof(data: Dataset, certificate: Certificate) -> Iterator[RenderableType]:
    """What numbers prove of the value, whoever computed them."""
    for name, value in (("plan", certificate.primal_value), ("potentials", certificate.dual_value)):
        if math.isfinite(value):
            yield fact(name, f"worth {numerals.value(value)} {data.units.value}".rstrip(), "bold")
    yield verdict(certificate)


def verdict(certificate: Certificate) -> RenderableType:
    """What the certificate says, in one line where it passed."""
    if certificate.passed:
        gap = numerals.small(certificate.relative_gap)
        return fact("verdict", f"certified optimal, relative gap {gap}", GOOD)
    return fact("verdict", certificate.verdict, BAD)


def plan(data: Dataset, result: Solution, rest: str) -> Iterator[RenderableType]:
    """The plan, or the largest moves of it; `rest` says where all of it is."""
    moves = result.plan_table()
    more = len(moves) - MOST_ROWS
    shown = moves.nlargest(MOST_ROWS, "mass", keep="first") if more > 0 else moves
    yield heading("Plan", _count(len(moves), "move") + (f", the {MOST_ROWS} largest" if more > 0 else ""))
    yield from units(("mass", data.mass_unit), ("unit cost", data.units.cost))
    labels = [[literal(label) for label in shown[side]] for side in ("source", "target")]
    numbers = [numerals.column(shown[name]) for name in ("mass", "unit_cost", "cost")]
    yield table(["source", "target", "mass", "unit cost", "cost"], [*labels, *numbers], words=("source", "target"))
    if more > 0:
        yield literal(f"and {_count(more, 'smaller move')}; all: {rest}", "dim")


def potentials(data: Dataset, result: Solution, rest: str) -> Iterator[RenderableType]:
    """The potentials of all atoms, or of the heaviest on each side; `rest` says where all of them are."""
    atoms = result.potentials_table().reset_index()
    more = len(atoms) - MOST_ROWS
    shown = _heaviest(atoms) if more > 0 else atoms
    yield heading("Potentials", _count(len(atoms), "atom") + (", those of most mass on each side" if more > 0 else ""))
    yield from units(("mass", data.mass_unit), ("potential and least slack", data.units.cost))
    words = [[literal(word) for word in shown[name]] for name in ("side", "label")]
    unit = data.problem.cost_unit
    numbers = [numerals.column(shown["mass"])] + [numerals.column(shown[name], unit) for name in ("potential", "least_slack")]
    yield table(["side", "atom", "mass", "potential", "least slack"], [*words, *numbers], words=("side", "atom"))
    if more > 0:
        yield literal(f"and {_count(more, 'lighter atom')}; all: {rest}", "dim")


def checks(certificate: Certificate) -> Iterator[RenderableType]:
    """Everything that was recomputed."""
    passed = sum(check.passed for check in certificate.checks)
    yield heading("Certificate", f"{passed} of {_count(len(certificate.checks), 'check')} passed")
    columns: list[list[str] | list[Text]] = [
        [check.name for check in certificate.checks],
        [_violation(check.violation) for check in certificate.checks],
        [numerals.small(check.tolerance) for check in certificate.checks],
        [literal(check.where) for check in certificate.checks],
        [Text("pass", "green") if check.passed else Text("FAIL", BAD) for check in certificate.checks],
    ]
    yield table(["check", "violation", "tolerance", "worst at", ""], columns, words=("check", "worst at", ""))


def units(*columns: tuple[str, str]) -> Iterator[RenderableType]:
    """Which unit the columns are in, where it is known."""
    known = [f"{name} in {unit}" for name, unit in columns if unit]
    if known:
        yield literal("; ".join(known), "dim")


def _heaviest(atoms: pd.DataFrame) -> pd.DataFrame:
    """Half the rows for each side; more where the other side needs fewer."""
    sides = [atoms[atoms["side"] == side] for side in ("source", "target")]
    most = [max(MOST_ROWS // 2, MOST_ROWS - len(other)) for other in reversed(sides)]
    return pd.concat([side.nlargest(rows, "mass", keep="first") for side, rows in zip(sides, most, strict=True)])


def _interval(interval: tuple[float, float]) -> str:
    lower, upper = interval
    if math.isfinite(lower) and math.isfinite(upper):
        return f"proven to lie in [{numerals.value(lower)}, {numerals.value(upper)}]"
    if np.isfinite(lower):
        return f"proven to be at least {numerals.value(lower)}"
    return f"proven to be at most {numerals.value(upper)}" if np.isfinite(upper) else "nothing is proven"


def _violation(violation: float) -> str:
    return numerals.small(violation) if math.isfinite(violation) else "nothing given"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
