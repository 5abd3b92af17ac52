"""What a page says beyond the answer: whether g = -f holds, and how firm the answer is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from otmodels.cli import numerals
from otmodels.cli.findings import SMALL, Findings
from otmodels.cli.page import tables
from otmodels.cli.page.figures import shown
from otmodels.cli.page.markup import Html, element, facts, joined, section
from otmodels.cli.page.material import Material
from otmodels.cli.page.tables import Column, numbers, passing, shortened, table, words
from otmodels.lipschitz_solution import LipschitzSolution

_FIGURES = ("flow_arrows", "potentials_overlay", "lipschitz_matrix")


def lipschitz_section(material: Material) -> Html:
    """The verdict on g = -f with its proof, the flow, and the values of all programs."""
    found = material.found
    if found is None:
        return Html()
    made, unit = found.report, material.data.units.value
    loss = "none" if made.proof[-1].passed else f"{numerals.value(made.loss)} {unit}".rstrip()
    said = facts(
        ("verdict", made.sentence),
        ("worth of a 1-Lipschitz function", f"{numerals.value(made.lipschitz_value)} {unit}".rstrip()),
        ("loss against the plan", loss),
        ("Lipschitz constant", f"{numerals.value(made.constant)}, the largest (phi_i - phi_j) / d_ij"),
    )
    parts = [said, _axioms(found), tables.checks("Proof", made.proof), *_values(found), *_flow(material), _nodes(found)]
    return section("lipschitz", "One potential: g = -f", *parts, shown(material.images, _FIGURES))


def firmness_section(material: Material) -> Html:
    """What of the answer is unique, and why the rest is not."""
    facts_of, ranges, data = material.degeneracy, material.uniqueness, material.data
    if facts_of is None or ranges is None:
        return _not_examined(material)
    rows = facts_of.reset_index()
    values = [("yes" if value else "no") if isinstance(value, bool) else f"{value:,}" for value in rows["value"]]
    made = table("Degeneracy", [words("fact", rows["fact"]), words("value", values), words("meaning", rows["meaning"])])
    loose = ranges[~ranges["unique"]].reset_index()
    if loose.empty:
        return section("firm", "How firm it is", element("p", "The plan and all potentials are unique."), made)

    def columns(some: pd.DataFrame) -> Sequence[Column]:
        named = [words(name, map(str, some[name])) for name in ("what", "source", "target")]
        return [*named, *(numbers(name, some[name]) for name in ("value", "lowest", "highest"))]

    units = (("plan", data.mass_unit), ("potentials", data.units.cost))
    where = "; ".join(f"{name} in {unit}" for name, unit in units if unit)
    prose = f"The value is unique, what makes it up is not: {len(loose):,} of {len(ranges):,} numbers have other optimal values."
    caption = "Ranges over all optimal answers" + (f", {where}" if where else "")
    entries = shortened(caption, loose, columns, what="number", by=loose["value"].where(loose["what"] == "plan", 0.0))
    return section("firm", "How firm it is", element("p", prose), made, entries)


def _not_examined(material: Material) -> Html:
    n, m = material.data.problem.shape
    if material.answer is None or not material.proven:
        return Html()
    said = f"Not examined: there are {n * m:,} pairs, and ranges are looked for among at most {SMALL:,}."
    return section("firm", "How firm it is", element("p", said))


def _axioms(found: Findings) -> Html:
    axioms = found.report.metric.axioms
    columns = [
        words("axiom of a metric", (axiom.name for axiom in axioms)),
        words("", (passing(axiom.holds, "holds", "FAILS") for axiom in axioms)),
        words("why", (axiom.how if axiom.holds else str(axiom).partition(" fails, ")[2] for axiom in axioms)),
    ]
    return table("Axioms", columns)


def _values(found: Findings) -> Iterator[Html]:
    """The values of all programs, where they were solved."""
    if found.answers.empty:
        return
    rows = found.answers.reset_index()
    columns = [
        words("program", rows["form"]),
        words("language", rows["language"]),
        Column("value", [numerals.value(value) for value in rows["value"]], found.data.units.value, numeric=True),
        Column("pairs or arcs", [f"{pairs:,}" for pairs in rows["pairs"]], numeric=True),
        Column("relative gap", [numerals.small(gap) for gap in rows["relative_gap"]], numeric=True),
        words("certified", (passing(passed, "yes", "NO") for passed in rows["certified"])),
    ]
    yield table("Values of the programs", columns)


def _flow(material: Material) -> Iterator[Html]:
    result, data = material.answer, material.data
    if not isinstance(result, LipschitzSolution):
        return
    moves = result.flow_table()

    def columns(some: pd.DataFrame) -> Sequence[Column]:
        ends = [words(end, map(str, some[end])) for end in ("tail", "head")]
        mass, length = numbers("mass", some["mass"], data.mass_unit), numbers("length", some["length"], data.units.cost)
        return [*ends, mass, length, numbers("cost", some["cost"], data.units.value)]

    yield shortened("Flow along the arcs", moves, columns, what="arc", by=moves["mass"])


def _nodes(found: Findings) -> Html:
    """One potential for both sides, beside the two."""
    if isinstance(found.result, LipschitzSolution):
        return Html()
    rows, data = found.report.table(), found.data

    def columns(some: pd.DataFrame) -> Sequence[Column]:
        potentials = [numbers(name, some[name], data.units.cost, data.problem.cost_unit) for name in ("f", "g", "phi")]
        return [words("node", map(str, some.index)), *potentials]

    prose = "phi is one 1-Lipschitz function for both sides; a dash is where a node has no source or no target."
    made = shortened("Potentials of the nodes", rows, columns, what="node", by=rows["source_mass"] + rows["target_mass"])
    return joined((element("p", prose), made))
