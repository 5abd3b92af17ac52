"""What `otmodels lipschitz` finds, as text, as tables and figures, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from otmodels.cli import answers, numerals, payload, report
from otmodels.cli.files import Folder, write_flow, write_lipschitz_figures
from otmodels.cli.routes import is_certified, shortest, solved
from otmodels.cli.terminal import fact, heading, literal, progress, say, table
from otmodels.collapse import ATTAINED, LipschitzReport, Verdict, lipschitz_report
from otmodels.datasets import Dataset
from otmodels.errors import StoppedError
from otmodels.families import applicable_network
from otmodels.formulations import KANTOROVICH, LIPSCHITZ, supports
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.network import Network
from otmodels.problem import TransportProblem
from otmodels.solution import Solution
from otmodels.verbs import solve

SMALL = 10_000
"""Most pairs of a problem that is solved in all languages unless some are named."""

MOST_DENSE = 4_000_000
"""Most pairs of a problem whose potentials come from the primal; above, from the fastest route."""

MOST_COMPARED = 1 << 20
"""Most pairs or arcs of a program that is solved for the table of values alone."""

FEW_ROWS = 5
"""Rows of the tables of pairs that a terminal shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """A solved problem, its report, and the answers of all forms that apply.

    Attributes
    ----------
    network : Network or None
        Arcs on which the Lipschitz forms are stated, None where the cost is no metric.
    answers : DataFrame
        As `compare` gives it; empty where every program is too large.
    attained, tightness : DataFrame
        As the report has them.
    """

    data: Dataset
    result: Solution | LipschitzSolution
    report: LipschitzReport
    network: Network | None
    answers: pd.DataFrame
    attained: pd.DataFrame
    tightness: pd.DataFrame

    @property
    def certified(self) -> bool:
        """Whether the transport problem is, and with it every answer."""
        return is_certified(self.result) and (self.answers.empty or bool(self.answers["certified"].all()))


def transport(problem: TransportProblem, language: str) -> Result:
    """Solve the transport problem: the primal, or the fastest route where it is large."""
    n, m = problem.shape
    return solved(problem, "primal", language) if n * m <= MOST_DENSE else shortest(problem)[0]


def examine(data: Dataset, result: Solution | LipschitzSolution, languages: Sequence[str]) -> Findings:
    """Examine g = -f, and solve the other forms."""
    with progress("examining g = -f"):
        found = lipschitz_report(result)
        network = None if found.verdict is Verdict.FALSE else applicable_network(data.problem)
        attained, tightness = found.attained(), found.tightness()
    pairs = _compared(data.problem, network, languages)
    try:
        rows = answers.solved(data.problem, pairs) if pairs else pd.DataFrame()
    except StoppedError:
        say("note: interrupted, the table of values is left out")
        rows = pd.DataFrame()
    return Findings(data, result, found, network, rows, attained, tightness)


def _compared(problem: TransportProblem, network: Network | None, languages: Sequence[str]) -> list[tuple[str, str]]:
    """The forms and languages for the table of values: those that apply and are small."""
    n, m = problem.shape
    forms = [*KANTOROVICH] if n * m <= MOST_COMPARED else []
    forms += LIPSCHITZ if network is not None and network.arcs.count <= MOST_COMPARED else ()
    return [pair for pair in supports() if pair[0] in forms and pair[1] in languages]


def write(found: Findings, folder: Folder) -> None:
    """Write the tables and the figures that fit the data."""
    folder.add_table("report.csv", found.report.summary())
    folder.add_table("axioms.csv", found.report.metric.table())
    folder.add_table("nodes.csv", found.report.table())
    folder.add_table("attained.csv", found.attained, index=False)
    folder.add_table("tightness.csv", found.tightness, index=False)
    folder.add_table("certificate.csv", found.result.certificate.table())
    if not found.answers.empty:
        folder.add_table("compare.csv", found.answers)
    flow = flow_of(found)
    if flow is not None:
        write_flow(folder, flow)
        write_lipschitz_figures(folder, found.data, flow)


def flow_of(found: Findings) -> LipschitzSolution | None:
    """A solution with a flow; for a cost that is no metric that of the lower bound, None where it is too large."""
    if isinstance(found.result, LipschitzSolution):
        return found.result
    arcs = found.report.nodes.size**2 if found.network is None else found.network.arcs.count
    if arcs > MOST_DENSE:
        return None
    support = found.network or "full"
    made = solve(found.data.problem, "flow", "highspy", support=support, force=found.network is None)
    assert isinstance(made, LipschitzSolution)
    return made


def payload_of(found: Findings) -> dict[str, Any]:
    """Everything, for JSON."""
    made = found.report
    about = {
        "verdict": made.verdict.name.lower(),
        "sentence": made.sentence,
        "is_metric": made.metric.is_metric,
        "axioms": [asdict(axiom) for axiom in made.metric.axioms],
        "value": made.value,
        "lipschitz_value": made.lipschitz_value,
        "loss": made.loss,
        "largest_sum": made.largest_sum,
        "constant": made.constant,
        "proof": [{**asdict(check), "passed": check.passed} for check in made.proof],
        "nodes": payload.records(made.table().reset_index()),
        "attained": payload.records(found.attained),
        "tightness": payload.records(found.tightness),
        "answers": payload.records(found.answers.reset_index()) if len(found.answers) else [],
    }
    return {**payload.of_answer(found.data, found.result), "certified": found.certified, "lipschitz": about}


def sections(found: Findings, folder: Folder | None) -> Iterator[Iterator[RenderableType]]:
    """Everything, for a terminal."""

    def rest(name: str) -> str:
        return report.NO_FOLDER if folder is None else str(folder.path / name)

    made, columns = found.report, ("f", "g", "phi")
    masses = [("source mass", "source_mass"), ("target mass", "target_mass")]
    yield report.title(found.data)
    yield _verdict(found)
    yield _axioms(made)
    yield report.checked("Proof", made.proof)
    yield _attained(found, rest("attained.csv"))
    yield _tightness(found, rest("tightness.csv"))
    yield report.nodes(found.data, made.table(), [*masses, *zip(columns, columns, strict=True)], rest("nodes.csv"))
    if not found.answers.empty:
        yield answers.side_by_side(found.data, found.answers, "Values")
    yield report.checks(found.result.certificate)


def _verdict(found: Findings) -> Iterator[RenderableType]:
    made, units = found.report, found.data.units
    style = report.BAD if made.verdict is Verdict.FALSE else report.GOOD
    yield fact("g = -f", made.sentence.removeprefix("g = -f "), style)
    yield from report.answer(found.data, found.result)
    loss = "no loss" if made.proof[-1].passed else f"a loss of {numerals.value(made.loss)}"
    yield fact("Lipschitz", f"{numerals.value(made.lipschitz_value)} {units.value}".rstrip() + f", {loss}", "bold")
    yield fact("constant", f"{numerals.value(made.constant)}, the largest (phi_i - phi_j) / d_ij")


def _axioms(made: LipschitzReport) -> Iterator[RenderableType]:
    axioms = made.metric.axioms
    yield heading("Axioms of a metric", f"{sum(axiom.holds for axiom in axioms)} of {len(axioms)} hold")
    columns: list[list[str] | list[Text]] = [
        [axiom.name for axiom in axioms],
        [Text("holds", "green") if axiom.holds else Text("FAILS", report.BAD) for axiom in axioms],
        [literal(axiom.how if axiom.holds else str(axiom).partition(" fails, ")[2]) for axiom in axioms],
    ]
    yield table(["axiom", "", "why"], columns, words=("axiom", "", "why"))


def _attained(found: Findings, rest: str) -> Iterator[RenderableType]:
    pairs = found.attained
    shown = pairs.nlargest(FEW_ROWS, "distance", keep="first")
    which = f", {report.count(len(shown), 'pair')} of those farthest apart" if len(pairs) > len(shown) else ""
    yield heading("Attained", f"where phi falls most steeply{which}" if len(pairs) else "phi is constant")
    yield from _pairs_table(found, shown, ())
    if len(pairs) > len(shown):
        yield literal(f"more of them: {rest}", "dim")


def _tightness(found: Findings, rest: str) -> Iterator[RenderableType]:
    pairs = found.tightness
    noise = ATTAINED * found.data.problem.cost_unit
    loose = pairs["slack"].where(pairs["slack"] > noise, 0.0)
    shown = pairs.assign(loose=loose).sort_values(["loose", "mass"], ascending=False, kind="stable").head(FEW_ROWS)
    slack = numerals.column([float(loose.max()) if len(pairs) else 0.0])[0]
    yield heading("Tightness", f"{report.count(len(pairs), 'move')} between nodes, the largest slack is {slack}")
    yield from _pairs_table(found, shown, ("mass", "slack"))
    if len(pairs) > len(shown):
        yield literal(f"and {report.count(len(pairs) - len(shown), 'other')}; all: {rest}", "dim")


def _pairs_table(found: Findings, shown: pd.DataFrame, more: tuple[str, ...]) -> Iterator[RenderableType]:
    if shown.empty:
        return
    units = (("mass", found.data.mass_unit),) if more else ()
    yield from report.units(*units, ("distance and difference", found.data.units.cost))
    ends = [[literal(label) for label in shown[end]] for end in ("from", "to")]
    unit = found.data.problem.cost_unit
    numbers = [numerals.column(shown[name], 0.0 if name == "mass" else unit) for name in ("distance", "difference", *more)]
    yield table(["from", "to", "distance", "difference", *more], [*ends, *numbers], words=("from", "to"))
