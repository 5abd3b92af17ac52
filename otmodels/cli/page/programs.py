"""The programs of a page: as mathematics, and written out with the names of the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from otmodels.cli.page.markup import Html, element, preformatted, section
from otmodels.cli.page.material import Material
from otmodels.cli.page.notation import Statement, statements
from otmodels.cli.report import count
from otmodels.formulations import KANTOROVICH, LIPSCHITZ, kantorovich, lipschitz
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.verbs import Support, build

MOST_WRITTEN = 1 << 14
"""Most pairs of a problem whose program of all pairs is written out."""

SMALL, ROWS, FEW_ROWS = 400, 40, 4
"""Up to how many pairs as many rows of a program are written out, and how many of a larger one."""

WIDTH = 96

_INTRODUCTION = (
    "Source masses a, target masses b, and C the cost of a unit from a source i to a target j. The plan gamma says how much goes "
    "from i to j; the potentials f and g say what one more unit at a source or at a target would cost. The multipliers of (P1) "
    "and (P2) are the potentials, the multipliers of (D1) are the plan, and any two feasible points bound each other: the dual "
    "is never worth more than the primal."
)
_ONE_POTENTIAL = (
    "Here the cost is a metric d on a common support, so that g = -f: one 1-Lipschitz function is enough, and its dual is a flow "
    "w along the arcs. The multipliers of (L1) are the flow, those of (B1) the potential."
)


def programs_section(material: Material) -> Html:
    """Primal and dual, and the Lipschitz program and its dual where the cost is a metric."""
    parts = [element("p", _INTRODUCTION), _stated(statements(kantorovich.__doc__))]
    if _is_metric(material):
        parts += [element("p", _ONE_POTENTIAL), _stated(statements(lipschitz.__doc__))]
    written = list(_written(material))
    parts += [element("h3", "Written out"), *written] if written else []
    return section("programs", "Programs", *parts)


def _is_metric(material: Material) -> bool:
    found = material.found
    return isinstance(material.outcome, LipschitzSolution) or (found is not None and found.network is not None)


def _stated(stated: Iterator[Statement]) -> Html:
    return element("div", *(statement.html() for statement in stated), class_="beside")


def _written(material: Material) -> Iterator[Html]:
    """The program that was solved and its dual, in algebra."""
    problem, support = material.data.problem, cast(Support, "full")
    n, m = problem.shape
    forms: tuple[str, ...] = ()
    if n * m <= MOST_WRITTEN:
        forms = KANTOROVICH
    elif isinstance(material.outcome, LipschitzSolution):
        forms, problem, support = LIPSCHITZ, material.outcome.problem, material.outcome.network
    for form in forms:
        program = build(problem, form, "highspy", support=support).linear_program()
        rows, columns = program.shape
        most = ROWS if min(rows, columns) * max(rows, columns) <= SMALL * SMALL and max(rows, columns) <= SMALL else FEW_ROWS
        size = f"{form.capitalize()}: {count(rows, 'row')}, {count(columns, 'variable')}"
        cut = f"; the first {most} rows are written out, {rows - most:,} are left out" if rows > most else ""
        yield element("p", size + cut, class_="over")
        yield preformatted(program.algebra(most, WIDTH), f"{form} in algebra")
