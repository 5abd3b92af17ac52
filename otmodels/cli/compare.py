"""`otmodels compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from otmodels import supports
from otmodels.cli import answers, inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder
from otmodels.cli.routes import check_size, most_pairs
from otmodels.cli.solve import OutOption
from otmodels.cli.terminal import console, progress, say
from otmodels.families import applicable_network
from otmodels.formulations import FORMS, KANTOROVICH
from otmodels.languages import LANGUAGES
from otmodels.problem import TransportProblem


def compare(
    dataset: inputs.DatasetArgument = None,
    form: Annotated[list[str] | None, typer.Option(metavar=inputs.FORM, help="Only this form; may be repeated.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar=inputs.LANGUAGE, help="Only this language; may be repeated.")
    ] = None,
    out: OutOption = None,
    as_json: inputs.JsonOption = False,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    cost: inputs.CostOption = None,
    metric: inputs.MetricOption = None,
    graph: inputs.GraphOption = None,
    power: inputs.PowerOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Solve in every form and language and lay the answers side by side.

    The Lipschitz forms are among them where the cost is a metric on one support.

    \b
    otmodels compare data/earth_moving
    otmodels compare data/canning --form primal --language cvxpy --language pyomo
    """  # noqa: D301
    answers.check_names("--form", form, FORMS)
    answers.check_names("--language", language, LANGUAGES)
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    folder = None if out is None else Folder(out)
    with progress("checking the axioms of a metric"):
        pairs = _pairs(data.problem, form, language or LANGUAGES)
    rows = answers.solved(data.problem, pairs)
    if folder is not None:
        folder.add_table("compare.csv", rows)
    if as_json:
        typer.echo(payload.dumps({**payload.of_dataset(data), "answers": payload.records(rows.reset_index())}))
    else:
        report.print_sections(console(), report.title(data), answers.side_by_side(data, rows))
        if folder is not None:
            folder.report()
    raise typer.Exit(ExitCode.CERTIFIED if rows["certified"].all() else ExitCode.NOT_CERTIFIED)


def _pairs(problem: TransportProblem, forms: Sequence[str] | None, languages: Sequence[str]) -> list[tuple[str, str]]:
    """The forms that were asked for; where none was, those that apply and fit into memory."""
    if forms is None:
        forms = FORMS if applicable_network(problem) is not None else KANTOROVICH
        small = [form for form in forms if form not in KANTOROVICH or _fits(problem, languages)]
        if len(small) < len(forms):
            n, m = problem.shape
            say(f"note: primal and dual are left out, they state all {n * m:,} pairs")
        forms = small or forms
    for language in languages:
        for form in forms:
            check_size(problem, form, language)
    return [pair for pair in supports() if pair[0] in forms and pair[1] in languages]


def _fits(problem: TransportProblem, languages: Sequence[str]) -> bool:
    n, m = problem.shape
    return n * m <= min(map(most_pairs, languages))
