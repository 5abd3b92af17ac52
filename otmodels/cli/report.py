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
from otmodels.datasets import Dataset
from otmodels.solution import Solution, Unsolved

MOST_ROWS = 20
"""Rows of a table that a terminal shows."""

NO_FOLDER = "--out DIR"
"""Where all rows are to be had when none were asked for."""

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
    yield literal(f"{_count(n, 'source')} to {_count(m, 'target')}, cost: {data.problem.cost.description}")
    for note in data.problem.adjustments:
        yield fact("changed", note)


def answer(data: Dataset, result: Solution | Unsolved) -> Iterator[RenderableType]:
    """The value with its unit and what is proven of it."""
    unit = data.units.value
    if isinstance(result, Unsolved):
        yield fact("stopped", result.message, BAD)
        yield fact("value", f"{_interval(result.interval)} {unit}".rstrip(), "bold")
        yield fact("verdict", "not certified: the solve did not end", BAD)
        return
    yield fact("value", f"{numerals.value(result.value)} {unit}".rstrip(), "bold")
    yield verdict(result.certificate)
    made = result.provenance
    how = f"by {made.algorithm} in {_count(made.iterations, 'iteration')}, {made.total_s:.2g} s"
    yield fact("solved", f"{made.form} in {made.language}, {how}")


def proof(data: Dataset, certificate: Certificate) -> Iterator[RenderableType]:
    """What numbers prove of the value, whoever computed them."""
    unit = data.units.value
    for name, value in (("plan", certificate.primal_value), ("dual", certificate.dual_value)):
        if math.isfinite(value):
            yield fact(
                name,
                f"costs {numerals.value(value)} {unit}".rstrip()
                if name == "plan"
                else f"worth {numerals.value(value)} {unit}".rstrip(),
            )
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
    some = moves.nlargest(MOST_ROWS, "mass", keep="first") if len(moves) > MOST_ROWS else moves
    shown = f"{len(moves)} moves" if some is moves else f"{MOST_ROWS} of {len(moves)} moves, largest first; all: {rest}"
    yield heading("Plan", shown)
    yield _units(("mass", data.mass_unit), ("unit cost", data.units.cost))
    labels = [[literal(label) for label in some[side]] for side in ("source", "target")]
    numbers = [numerals.column(some[name]) for name in ("mass", "unit_cost", "cost")]
    yield table(["source", "target", "mass", "unit cost", "cost"], [*labels, *numbers], words=("source", "target"))


def potentials(data: Dataset, result: Solution, rest: str) -> Iterator[RenderableType]:
    """The potentials of all atoms, or of the heaviest on each side."""
    atoms = result.potentials_table().reset_index()
    some, shown = _heaviest(atoms, rest) if len(atoms) > MOST_ROWS else (atoms, f"{len(atoms)} atoms")
    yield heading("Potentials", shown)
    yield _units(("potential and least slack", data.units.cost), ("mass", data.mass_unit))
    words = [[literal(word) for word in some[name]] for name in ("side", "label")]
    unit = data.problem.cost_unit
    numbers = [numerals.column(some["mass"])] + [numerals.column(some[name], unit) for name in ("potential", "least_slack")]
    yield table(["side", "atom", "mass", "potential", "least slack"], [*words, *numbers], words=("side", "atom"))


def checks(certificate: Certificate) -> Iterator[RenderableType]:
    """Everything that was recomputed."""
    passed = sum(check.passed for check in certificate.checks)
    yield heading("Certificate", f"{passed} of {_count(len(certificate.checks), 'check')} passed")
    columns = [
        [check.name for check in certificate.checks],
        [_violation(check.violation) for check in certificate.checks],
        [numerals.small(check.tolerance) for check in certificate.checks],
        [literal(check.where) for check in certificate.checks],
        [Text("pass", "green") if check.passed else Text("FAIL", BAD) for check in certificate.checks],
    ]
    yield table(["check", "violation", "tolerance", "worst at", ""], columns, words=("check", "worst at", ""))


def _heaviest(atoms: pd.DataFrame, rest: str) -> tuple[pd.DataFrame, str]:
    """Half the rows for each side; more where the other side needs fewer."""
    sides = [atoms[atoms["side"] == side] for side in ("source", "target")]
    half = MOST_ROWS // 2
    most = [max(half, MOST_ROWS - len(other)) for other in reversed(sides)]
    some = [side.nlargest(k, "mass", keep="first") for side, k in zip(sides, most, strict=True)]
    n, m = (
        f"{len(part)} of {_count(len(side), str(name))}"
        for part, side, name in zip(some, sides, ("source", "target"), strict=True)
    )
    return pd.concat(some), f"{n} and {m}, most mass first; all: {rest}"


def _interval(interval: tuple[float, float]) -> str:
    lower, upper = interval
    if math.isfinite(lower) and math.isfinite(upper):
        return f"proven to lie in [{numerals.value(lower)}, {numerals.value(upper)}]"
    if np.isfinite(lower):
        return f"proven to be at least {numerals.value(lower)}"
    return f"proven to be at most {numerals.value(upper)}" if np.isfinite(upper) else "nothing is proven"


def _violation(violation: float) -> str:
    return numerals.small(violation) if math.isfinite(violation) else "nothing given"


def _units(*units: tuple[str, str]) -> Text:
    """Which unit the columns are in, where it is known."""
    return literal("; ".join(f"{name} in {unit}" for name, unit in units if unit), "dim")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
