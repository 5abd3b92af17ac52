"""`otmodels solve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otmodels import solve as solve_problem
from otmodels.cli import inputs, payload, report
from otmodels.cli.app import ExitCode
from otmodels.cli.files import Folder, write_result
from otmodels.cli.terminal import console, log_on_stderr, progress
from otmodels.datasets import Dataset
from otmodels.model import error_of
from otmodels.solution import Solution, Unsolved
from otmodels.status import Termination

OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write CSV tables and PNG figures into DIR.")]


def solve(
    dataset: inputs.DatasetArgument = None,
    form: Annotated[str, typer.Option(metavar=inputs.FORM, help="Kantorovich's program or its dual.")] = "primal",
    language: Annotated[str, typer.Option(metavar=inputs.LANGUAGE, help="What it is declared in.")] = "cvxpy",
    out: OutOption = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop the solver, and print the interval that is certified by then.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log of HiGHS, on stderr.")] = False,
    as_json: inputs.JsonOption = False,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    cost: inputs.CostOption = None,
    metric: inputs.MetricOption = None,
    power: inputs.PowerOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Solve a transport problem and certify the answer.

    \b
    otmodels solve data/earth_moving
    otmodels solve data/canning --form dual --language pyomo --out result
    otmodels solve --source a.csv --target b.csv --metric euclidean --power 2
    otmodels solve --source a.csv --target b.csv --cost c.csv --json
    """  # noqa: D301
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance)
    folder = None if out is None else Folder(out)
    result = _solved(data, form, language, time_limit, verbose)
    if not as_json:
        _print(data, result, folder)
    if folder is not None:
        with progress("writing tables and figures"):
            write_result(folder, data, result)
    if as_json:
        files = [] if folder is None else [str(folder.path / name) for name in folder.names]
        typer.echo(payload.dumps({**payload.of_result(data, result), "files": files}))
    elif folder is not None:
        folder.report()
    certified = isinstance(result, Solution) and result.certificate.passed
    raise typer.Exit(ExitCode.CERTIFIED if certified else ExitCode.NOT_CERTIFIED)


def _solved(data: Dataset, form: str, language: str, time_limit: float | None, verbose: bool) -> Solution | Unsolved:
    with log_on_stderr() if verbose else progress(f"solving the {form} in {language}"):
        result = solve_problem(data.problem, form, language, time_limit=time_limit, throw=False, verbose=verbose)
    if isinstance(result, Unsolved) and result.status.termination is Termination.INFEASIBLE:
        raise error_of(result)
    return result


def _print(data: Dataset, result: Solution | Unsolved, folder: Folder | None) -> None:
    sections = [report.title(data), report.answer(data, result)]
    if isinstance(result, Solution):
        files = [report.NO_FOLDER if folder is None else str(folder.path / name) for name in ("plan.csv", "potentials.csv")]
        sections += [
            report.plan(data, result, files[0]),
            report.potentials(data, result, files[1]),
            report.checks(result.certificate),
        ]
    report.print_sections(console(), *sections)
