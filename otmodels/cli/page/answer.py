"""The answer of a page: the value and what is proven of it, the plan, the potentials, or why there are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from otmodels.cli import numerals, report
from otmodels.cli.atoms import potentials_table
from otmodels.cli.page import tables
from otmodels.cli.page.figures import shown
from otmodels.cli.page.markup import Html, element, facts, joined, section
from otmodels.cli.page.material import Material
from otmodels.cli.page.tables import Column, numbers, shortened, words
from otmodels.datasets import Dataset
from otmodels.feasibility import Infeasibility
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.solution import Solution, Unsolved

UNIT_MASS = 1e-9
"""Total masses that are so close to 1 are shares."""


def answer_section(material: Material) -> Html:
    """What became of the problem, first of all."""
    data, outcome = material.data, material.outcome
    if isinstance(outcome, Infeasibility):
        return section("answer", "No feasible plan", *_infeasible(data, outcome))
    if isinstance(outcome, Unsolved):
        return section("answer", "Not solved to the end", *_unsolved(data, outcome))
    return section("answer", "Answer", *_solved(data, outcome))


def plan_section(material: Material) -> Html:
    """The plan as a table and in figures."""
    data, result = material.data, material.answer
    if result is None:
        return Html()
    moves = result.plan_table()

    def columns(some: pd.DataFrame) -> Sequence[Column]:
        ends = [words(side, map(str, some[side])) for side in ("source", "target")]
        mass, unit_cost = numbers("mass", some["mass"], data.mass_unit), numbers("unit cost", some["unit_cost"], data.units.cost)
        return [*ends, mass, unit_cost, numbers("cost", some["cost"], data.units.value)]

    staying = ""
    if len(moves) > tables.MOST_ROWS:
        moves, staying = report.apart(data, moves)
    rows = shortened("Plan", moves, columns, what="move", by=moves["mass"])
    prose = element("p", f"{staying}.") if staying else Html()
    return section("plan", "Plan", prose, rows, shown(material.images, ("earth_moving", "plan_map", "plan_heatmap")))


def potentials_section(material: Material) -> Html:
    """The potentials as a table and in figures; those of nodes where source and target share them."""
    data, result = material.data, material.answer
    if result is None:
        return Html()
    rows = _nodes(data, result) if isinstance(result, LipschitzSolution) else _atoms(data, result)
    gauge = "Potentials are fixed up to (f + t, g - t): here f = 0 at the first source with mass."
    images = shown(material.images, ("potentials_line", "slack_heatmap"))
    return section("potentials", "Potentials", element("p", gauge), rows, images)


def certificate_section(material: Material) -> Html:
    """Everything that was recomputed from the data."""
    result = material.answer
    if result is None:
        return Html()
    how = (
        "Recomputed in floating point from the masses, the cost, the plan and the potentials alone, over all pairs; the solver's "
        "own status plays no part. A check passes where its violation is within its tolerance; both are in the units of the data."
    )
    made = tables.checks("Certificate", result.certificate.checks)
    verdict = element("p", result.certificate.verdict + ".")
    return section("certificate", "Certificate", element("p", how), made, verdict)


def _solved(data: Dataset, result: Solution | LipschitzSolution) -> Iterator[Html]:
    certificate, unit = result.certificate, data.units.value
    value = f"{numerals.value(result.value)} {unit}".rstrip()
    proven = tables.passing(certificate.passed, certificate.word, certificate.word.upper())
    yield element("p", element("strong", value, class_="value"), " ", proven, class_="verdict")
    worth = [certificate.primal_value, certificate.dual_value]
    if all(map(math.isfinite, worth)):
        plan, potentials = map(numerals.value, worth)
        yield element(
            "p",
            f"The plan costs {plan}, the potentials are worth {potentials}. No plan costs less than feasible potentials are "
            f"worth, so the two prove each other: {report.gap(certificate)}."
            if certificate.passed
            else f"The plan is worth {plan}, the potentials {potentials}, and that proves no optimum. {certificate.verdict}.",
        )
    bounds = f"{report.interval(certificate.interval)} {unit}".rstrip()
    root = ("distance", _distance(data, result))
    yield facts(("optimal value", bounds), root, ("exact data", report.about(data, certificate)), ("solved as", _way(result)))


def _distance(data: Dataset, result: Solution | LipschitzSolution) -> str:
    """The p-th root of the value, where it is another number."""
    power = getattr(data.problem.cost, "power", 1.0)
    if power == 1 or abs(data.problem.mass_unit - 1) > UNIT_MASS:
        return ""
    return f"W_{power:g} = {numerals.value(result.distance)} {data.units.distance}".rstrip()


def _way(result: Solution | LipschitzSolution) -> str:
    made = result.provenance
    return f"{made.form} in {made.language}, by {made.algorithm}" + (f"; {made.reason}" if made.reason else "")


def _unsolved(data: Dataset, outcome: Unsolved) -> Iterator[Html]:
    word = "STOPPED" if outcome.status.termination.stopped else "FAILED"
    yield element("p", element("strong", word, class_="bad"), f" {outcome.message}", class_="verdict")
    bounds = f"{report.interval(outcome.interval)} {data.units.value}".rstrip()
    yield facts(("optimal value", bounds), ("certified", "no: there is no optimal solution to certify"))


def _infeasible(data: Dataset, found: Infeasibility) -> Iterator[Html]:
    yield element("p", element("strong", "INFEASIBLE", class_="bad"), " no plan meets all masses: proven", class_="verdict")
    unit = f" {data.mass_unit}".rstrip()
    reasons = (element("li", f"{bottleneck}{unit}") for bottleneck in found.bottlenecks)
    hall = "Forbidden pairs leave these atoms too little, whatever the costs (Hall's condition):"
    yield joined((element("p", hall), element("ul", *reasons)))
    atoms, pairs = found.table(), found.repair()
    yield shortened("Atoms that are stuck", atoms, lambda some: _stuck(some, data), what="atom", by=atoms["mass"])
    least = f"{numerals.value(found.shortfall)} {data.mass_unit}".rstrip()
    yield element("p", f"Least repair: if these pairs were allowed, for {least} in all, there would be a plan.")
    yield shortened("Pairs to allow", pairs, lambda some: _opened(some, data), what="pair", by=pairs["mass"])


def _stuck(some: pd.DataFrame, data: Dataset) -> Sequence[Column]:
    named = [words(name, map(str, some[name])) for name in ("label", "side", "bottleneck")]
    return [*named, numbers("mass", some["mass"], data.mass_unit)]


def _opened(some: pd.DataFrame, data: Dataset) -> Sequence[Column]:
    ends = [words(name, map(str, some[name])) for name in ("source", "target")]
    return [*ends, numbers("mass", some["mass"], data.mass_unit)]


def _atoms(data: Dataset, result: Solution) -> Html:
    """A table a side."""
    atoms = potentials_table(result).reset_index()
    sides = []
    for side, caption, letter in (("source", "Sources", "f"), ("target", "Targets", "g")):
        rows = atoms[atoms["side"] == side]

        def columns(some: pd.DataFrame, letter: str = letter) -> Sequence[Column]:
            unit, size = data.units.cost, data.problem.cost_unit
            slack = [numbers("least slack", some["least_slack"], unit, size)] if "least_slack" in some else []
            mass, potential = numbers("mass", some["mass"], data.mass_unit), numbers(letter, some["potential"], unit, size)
            return [words("atom", map(str, some["label"])), mass, potential, *slack]

        sides.append(shortened(caption, rows, columns, what="atom", by=rows["mass"]))
    return element("div", *sides, class_="beside")


def _nodes(data: Dataset, result: LipschitzSolution) -> Html:
    rows = result.nodes_table()

    def columns(some: pd.DataFrame) -> Sequence[Column]:
        masses = [numbers(f"{side} mass", some[f"{side}_mass"], data.mass_unit) for side in ("source", "target")]
        potential = numbers("f = -g", some["potential"], data.units.cost, data.problem.cost_unit)
        return [words("node", map(str, some.index)), *masses, potential]

    return shortened("Nodes", rows, columns, what="node", by=rows["source_mass"] + rows["target_mass"])
