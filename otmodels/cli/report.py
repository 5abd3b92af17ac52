"""Results as people read them: the data, the answer, the plan, the potentials, the proof."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console, RenderableType
from rich.text import Text

from otmodels.axioms import axioms_of
from otmodels.checks import Certificate, Check
from otmodels.cli import numerals
from otmodels.cli.atoms import potentials_table
from otmodels.cli.terminal import fact, heading, literal, table
from otmodels.cost import Cost
from otmodels.datasets import Dataset
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Solution, Unsolved
from otmodels.tables import at_rest

if TYPE_CHECKING:
    from otmodels.cli.files import Folder

MOST_ROWS = 20
"""Rows of a table that a terminal shows."""

NO_FOLDER = "--out DIR writes them"
"""Where all rows are to be had when no folder was given."""

GOOD, FAIR, BAD = "bold green", "bold yellow", "bold red"


def print_sections(out: Console, *sections: Iterable[RenderableType]) -> None:
    """Print sections with a blank line between them."""
    for k, section in enumerate(sections):
        if k:
            out.print()
        for part in section:
            out.print(part)


def of_result(data: Dataset, result: Result, folder: Folder | None) -> Iterator[Iterator[RenderableType]]:
    """Everything about a result, in sections."""

    def rest(name: str) -> str:
        return NO_FOLDER if folder is None else str(folder.path / name)

    yield title(data)
    yield answer(data, result)
    if isinstance(result, Unsolved):
        return
    yield plan(data, result, rest("plan.csv"))
    if isinstance(result, LipschitzSolution):
        yield flow(data, result, rest("flow.csv"))
        masses = [("source mass", "source_mass"), ("target mass", "target_mass")]
        yield nodes(data, result.nodes_table(), [*masses, ("potential", "potential")], rest("nodes.csv"))
    else:
        yield potentials(data, result, rest("potentials.csv"))
    yield checks(result.certificate)


def title(data: Dataset) -> Iterator[RenderableType]:
    """What is solved, and what was changed in it."""
    n, m = data.problem.shape
    yield literal(data.title, "bold")
    cost = data.problem.cost
    kind = "costs from a matrix" if isinstance(cost, Cost) else f"cost: {cost.description}"
    yield literal(f"{count(n, 'source')} to {count(m, 'target')}, {kind}")
    if data.places:
        yield fact("points", f"coordinates {data.places}")
    for note in data.notes:
        yield fact("read", note)
    for note in data.problem.adjustments:
        yield fact("changed", note)


def answer(data: Dataset, result: Result) -> Iterator[RenderableType]:
    """The value with its unit and what is proven of it."""
    unit = data.units.value
    if isinstance(result, Unsolved):
        yield fact("stopped" if result.status.termination.stopped else "failed", result.message, BAD)
        yield fact("value", f"{interval(result.interval)} {unit}".rstrip(), "bold")
        yield fact("verdict", "not certified: there is no optimal solution to certify", BAD)
        return
    if isinstance(result, LipschitzSolution) and result.is_lower_bound:
        yield from _lower_bound(result, unit)
    else:
        yield fact("value", f"{numerals.value(result.value)} {unit}".rstrip(), "bold")
        yield from proven(data, result.certificate)
    yield from solved(result)


def _lower_bound(result: LipschitzSolution, unit: str) -> Iterator[RenderableType]:
    yield fact("value", f"at least {numerals.value(result.value)} {unit}".rstrip(), "bold")
    nodes = result.network.nodes
    yield fact("verdict", f"a lower bound: the cost is {axioms_of(nodes.cost, nodes.labels).verdict}", BAD)
    yield fact("interval", interval(result.interval))


def solved(result: Solution | LipschitzSolution) -> Iterator[RenderableType]:
    """How a result came about."""
    made = result.provenance
    steps = f" in {count(made.iterations, 'iteration')}" if made.iterations or made.form != "closed form" else ""
    yield fact("solved", f"{made.form} in {made.language}, by {made.algorithm}{steps}, {made.total_s:.2g} s")
    if isinstance(result, LipschitzSolution):
        arcs = result.network.arcs
        yield fact("network", f"{count(result.network.nodes.size, 'node')}, {count(arcs.count, 'arc')}: {arcs.description}")
    if made.reason:
        yield fact("why", made.reason)


def proof(data: Dataset, certificate: Certificate) -> Iterator[RenderableType]:
    """What numbers prove of the value, whoever computed them."""
    for name, value in (("plan", certificate.primal_value), ("potentials", certificate.dual_value)):
        if math.isfinite(value):
            yield fact(name, f"worth {numerals.value(value)} {data.units.value}".rstrip(), "bold")
    yield from proven(data, certificate)


def proven(data: Dataset, certificate: Certificate) -> Iterator[RenderableType]:
    """What the certificate says: its verdict, its bounds, and what the exact data are that they are about."""
    yield verdict(certificate)
    yield fact("interval", interval(certificate.interval))
    if about(data, certificate):
        yield fact("exact data", about(data, certificate))


def about(data: Dataset, certificate: Certificate) -> str:
    """What the exact data are, besides what was changed in the data as the title says."""
    said = certificate.about
    for note in data.problem.adjustments:
        said = said.replace(note, "")
    return "; ".join(part for part in said.split("; ") if part.strip("; "))


def verdict(certificate: Certificate) -> RenderableType:
    """What the certificate says, in one line where it passed."""
    if certificate.passed:
        return fact("verdict", f"{certificate.word}, {gap(certificate)}", GOOD if certificate.proven else FAIR)
    return fact("verdict", certificate.verdict, BAD)


def gap(certificate: Certificate) -> str:
    """The gap that is narrow: next to the value, or to the terms that it is summed from where it vanishes or cancels."""
    if certificate.absolute:
        return f"absolute gap {numerals.small(certificate.gap)}"
    return f"relative gap {numerals.small(certificate.relative_gap)}"


def plan(data: Dataset, result: Solution | LipschitzSolution, rest: str) -> Iterator[RenderableType]:
    """The plan, or the largest moves of it; `rest` says where all of it is."""
    moves, staying = result.plan_table(), ""
    if len(moves) > MOST_ROWS:
        moves, staying = apart(data, moves)
    more = len(moves) - MOST_ROWS
    shown = moves.nlargest(MOST_ROWS, "mass", keep="first") if more > 0 else moves
    yield heading("Plan", count(len(moves), "move") + (f", the {MOST_ROWS} largest" if more > 0 else ""))
    if staying:
        yield literal(staying, "dim")
    yield from units(("mass", data.mass_unit), ("unit cost", data.units.cost))
    labels = [[literal(label) for label in shown[side]] for side in ("source", "target")]
    numbers = [numerals.column(shown[name]) for name in ("mass", "unit_cost", "cost")]
    yield table(["source", "target", "mass", "unit cost", "cost"], [*labels, *numbers], words=("source", "target"))
    if more > 0:
        yield literal(f"and {count(more, 'smaller move')}; all: {rest}", "dim")


def apart(data: Dataset, moves: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The moves that go anywhere, and what there is to say of the mass that stays where it is."""
    rest = at_rest(data.problem, moves)
    if not rest.any():
        return moves, ""
    mass = f"{math.fsum(moves.loc[rest, 'mass']):.6g} {data.mass_unit}".rstrip()
    return moves[~rest], f"{mass} stays where it is, at {count(int(rest.sum()), 'place')}, and is left out"


def flow(data: Dataset, result: LipschitzSolution, rest: str) -> Iterator[RenderableType]:
    """The flow, or its largest parts; `rest` says where all of it is."""
    moves = result.flow_table()
    more = len(moves) - MOST_ROWS
    shown = moves.nlargest(MOST_ROWS, "mass", keep="first") if more > 0 else moves
    used = f"{count(len(moves), 'arc')} of {result.network.arcs.count:,} with mass"
    yield heading("Flow", used + (f", the {MOST_ROWS} largest" if more > 0 else ""))
    yield from units(("mass", data.mass_unit), ("length", data.units.cost))
    ends = [[literal(label) for label in shown[end]] for end in ("tail", "head")]
    numbers = [numerals.column(shown[name]) for name in ("mass", "length", "cost")]
    yield table(["tail", "head", "mass", "length", "cost"], [*ends, *numbers], words=("tail", "head"))
    if more > 0:
        yield literal(f"and {count(more, 'smaller flow')}; all: {rest}", "dim")


def nodes(data: Dataset, rows: pd.DataFrame, columns: Sequence[tuple[str, str]], rest: str) -> Iterator[RenderableType]:
    """Masses and potentials (pairs of heading and column) at all nodes, or at the heaviest; `rest` says where all are."""
    more = len(rows) - MOST_ROWS
    weight = rows["source_mass"] + rows["target_mass"]
    shown = rows.loc[weight.nlargest(MOST_ROWS, keep="first").index] if more > 0 else rows
    yield heading("Nodes", count(len(rows), "node") + (f", the {MOST_ROWS} of most mass" if more > 0 else ""))
    yield from units(("mass", data.mass_unit), ("potential", data.units.cost))
    unit = data.problem.cost_unit
    numbers = [numerals.column(shown[name], 0.0 if "mass" in name else unit) for _, name in columns]
    names = [heading for heading, _ in columns]
    yield table(["node", *names], [[literal(label) for label in shown.index], *numbers], words=("node",))
    if more > 0:
        yield literal(f"and {count(more, 'lighter node')}; all: {rest}", "dim")


def potentials(data: Dataset, result: Solution, rest: str) -> Iterator[RenderableType]:
    """The potentials of all atoms, or of the heaviest on each side; `rest` says where all of them are."""
    atoms = potentials_table(result).reset_index()
    more = len(atoms) - MOST_ROWS
    shown = _heaviest(atoms) if more > 0 else atoms
    yield heading("Potentials", count(len(atoms), "atom") + (", those of most mass on each side" if more > 0 else ""))
    found = [name for name in ("potential", "least_slack") if name in shown]
    yield from units(("mass", data.mass_unit), (" and ".join(found).replace("_", " "), data.units.cost))
    words = [[literal(word) for word in shown[name]] for name in ("side", "label")]
    unit = data.problem.cost_unit
    numbers = [numerals.column(shown["mass"])] + [numerals.column(shown[name], unit) for name in found]
    names = ["side", "atom", "mass", *(name.replace("_", " ") for name in found)]
    yield table(names, [*words, *numbers], words=("side", "atom"))
    if more > 0:
        yield literal(f"and {count(more, 'lighter atom')}; all: {rest}", "dim")


def checks(certificate: Certificate) -> Iterator[RenderableType]:
    """Everything that was recomputed."""
    yield from checked("Certificate", certificate.checks)


def checked(name: str, checks: Sequence[Check]) -> Iterator[RenderableType]:
    """Checks under a heading."""
    passed = sum(check.passed for check in checks)
    yield heading(name, f"{passed} of {count(len(checks), 'check')} passed")
    columns: list[list[str] | list[Text]] = [
        [check.name for check in checks],
        [_violation(check.violation) for check in checks],
        [numerals.small(check.tolerance) for check in checks],
        [literal(check.where) for check in checks],
        [Text("pass", "green") if check.passed else Text("FAIL", BAD) for check in checks],
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


def interval(bounds: tuple[float, float]) -> str:
    """What proven bounds say."""
    lower, upper = bounds
    if math.isfinite(lower) and math.isfinite(upper):
        return f"proven to lie in [{numerals.value(lower)}, {numerals.value(upper)}]"
    if np.isfinite(lower):
        return f"proven to be at least {numerals.value(lower)}"
    return f"proven to be at most {numerals.value(upper)}" if np.isfinite(upper) else "nothing is proven"


def _violation(violation: float) -> str:
    return numerals.small(violation) if math.isfinite(violation) else "nothing given"


def count(number: int, name: str) -> str:
    """A number of things."""
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
