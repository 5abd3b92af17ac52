"""`otmodels solve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otmodels.cli import inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder, write_result
from otmodels.cli.routes import is_certified, solved
from otmodels.cli.terminal import console, progress
from otmodels.datasets import Dataset
from otmodels.lipschitz_solution import Result

OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write CSV tables and PNG figures into DIR.")]
TimeLimitOption = Annotated[
    float | None,
    typer.Option("--time-limit", metavar="SECONDS", help="Stop then, and print the interval that is certified by then."),
]
FormOption = Annotated[
    str,
    typer.Option(metavar=inputs.FORM, help="Kantorovich's program or its dual; for a metric, Lipschitz or its dual, flow."),
]
SupportOption = Annotated[
    str,
    typer.Option(
        metavar=inputs.SUPPORT,
        help="Pairs that get a variable: all, or the few that generation finds. For the Lipschitz forms arcs: all, the "
        "neighbours of a grid or graph, or generated ones.",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Let a Lipschitz form take a cost that is no metric, for a lower bound.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show the log of HiGHS, on stderr.")]


def solve(
    dataset: inputs.DatasetArgument = None,
    form: FormOption = "primal",
    language: Annotated[str, typer.Option(metavar=inputs.LANGUAGE, help="What it is declared in.")] = "cvxpy",
    support: SupportOption = "full",
    force: ForceOption = False,
    out: OutOption = None,
    time_limit: TimeLimitOption = None,
    verbose: VerboseOption = False,
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
    """Solve a transport problem and certify the answer.

    \b
    otmodels solve data/earth_moving
    otmodels solve data/canning --form dual --language pyomo --out result
    otmodels solve data/pictures --form flow --support neighbours
    otmodels solve --source a.csv --target b.csv --metric euclidean --power 2
    otmodels solve --source a.csv --target b.csv --cost c.csv --json
    """  # noqa: D301
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    folder = None if out is None else Folder(out)
    result = solved(data.problem, form, language, support=support, force=force, time_limit=time_limit, verbose=verbose)
    if not as_json:
        _print(data, result, folder)
    if folder is not None:
        with progress("writing tables and figures"):
            write_result(folder, data, result)
    if as_json:
        typer.echo(payload.dumps({**payload.of_result(data, result), "files": payload.files(folder)}))
    elif folder is not None:
        folder.report()
    raise typer.Exit(ExitCode.CERTIFIED if is_certified(result) else ExitCode.NOT_CERTIFIED)


def _print(data: Dataset, result: Result, folder: Folder | None) -> None:
    with progress("making tables"):
        sections = [list(section) for section in report.of_result(data, result, folder)]
    report.print_sections(console(), *sections)
