"""`otmodels lipschitz`."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from otmodels.cli import answers, findings, inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder
from otmodels.cli.solve import OutOption
from otmodels.cli.terminal import console, progress
from otmodels.datasets import Dataset
from otmodels.languages import LANGUAGES
from otmodels.network import Nodes
from otmodels.solution import Unsolved

LanguagesOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar=f"{inputs.LANGUAGE}|all",
        help="Languages of the table of values; may be repeated. All on small problems, else highspy.",
    ),
]


def lipschitz(
    dataset: inputs.DatasetArgument = None,
    language: LanguagesOption = None,
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
    """Say whether g = -f holds, can be had at no loss, or is false, and why.

    Solves the transport problem, makes one 1-Lipschitz potential phi of its two
    potentials f and g, and lays the values of primal, dual, Lipschitz program
    and flow side by side. Against a cost that is no metric it has a witness.

    \b
    otmodels lipschitz data/earth_moving
    otmodels lipschitz data/pictures --out result
    otmodels lipschitz --source a.csv --target b.csv --power 2
    """  # noqa: D301
    answers.check_names("--language", language, (*LANGUAGES, "all"))
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    folder = None if out is None else Folder(out)
    # Different supports are an error before anything is solved.
    Nodes.of(data.problem)
    languages = _languages(data, language)
    result = findings.transport(data.problem, languages[0] if language else "highspy")
    if isinstance(result, Unsolved):
        _stopped(data, result, as_json)
    found = findings.examine(data, result, languages)
    if folder is not None:
        with progress("writing tables and figures"):
            findings.write(found, folder)
    if as_json:
        typer.echo(payload.dumps({**findings.payload_of(found), "files": payload.files(folder)}))
    else:
        report.print_sections(console(), *findings.sections(found, folder))
        if folder is not None:
            folder.report()
    raise typer.Exit(ExitCode.CERTIFIED if found.certified else ExitCode.NOT_CERTIFIED)


def _languages(data: Dataset, chosen: list[str] | None) -> tuple[str, ...]:
    if chosen and "all" not in chosen:
        return tuple(name for name in LANGUAGES if name in chosen)
    n, m = data.problem.shape
    return LANGUAGES if chosen or n * m <= findings.SMALL else ("highspy",)


def _stopped(data: Dataset, result: Unsolved, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(payload.dumps(payload.of_result(data, result)))
    else:
        report.print_sections(console(), report.title(data), report.answer(data, result))
    raise typer.Exit(ExitCode.NOT_CERTIFIED)
