"""Where the numbers of a page come from: how they were computed, with which versions, and how to compute them again."""

from __future__ import annotations

import platform
from importlib.metadata import version

from otmodels.cli.page.markup import Html, element, facts, joined, section
from otmodels.cli.page.material import Material
from otmodels.cli.page.tables import table, words
from otmodels.cli.report import count
from otmodels.feasibility import Infeasibility
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.solution import Solution

PACKAGES = ("otmodels", "highspy", "cvxpy", "pyomo", "numpy", "scipy", "pandas", "matplotlib")


def origin_section(material: Material) -> Html:
    """Provenance and how to reproduce."""
    result = material.answer
    made = _provenance(result) if result is not None else Html()
    versions = [("python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    verb = "explain" if isinstance(material.outcome, Infeasibility) else "solve"
    names, numbers = zip(*versions, strict=True)
    shown = table("Versions", [words("package", names), words("version", numbers)])
    again = joined(
        (
            element("h3", "To reproduce"),
            element("p", "Beside the data, with otmodels installed:"),
            element("pre", element("code", material.command), tabindex="0", role="region", aria_label="command line"),
            element("p", f"otmodels {verb}, on the same data and with --out and a folder, writes every table in full as CSV."),
        )
    )
    return section("origin", "Provenance", made, shown, again)


def _provenance(result: Solution | LipschitzSolution) -> Html:
    made = result.provenance
    network = result.network.arcs if isinstance(result, LipschitzSolution) else None
    variables = f"{made.support}: {made.pairs:,}" if made.support else ""
    return facts(
        ("program", made.form),
        ("language", made.language),
        ("algorithm", made.algorithm),
        ("why this way", made.reason),
        ("pairs or arcs with a variable", variables),
        ("network", f"{count(network.size, 'node')}, {count(network.count, 'arc')}: {network.description}" if network else ""),
        ("iterations, refinements", f"{made.iterations:,}, {made.refinements:,}"),
        ("seconds", f"{made.total_s:.2g}"),
    )
