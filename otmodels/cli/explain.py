"""`otmodels explain`."""

from __future__ import annotations

from typing import NoReturn

import typer

from otmodels.cli import explanations, inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder
from otmodels.cli.routes import is_certified, solved
from otmodels.cli.solve import OutOption, TimeLimitOption
from otmodels.cli.terminal import console, progress
from otmodels.datasets import Dataset
from otmodels.feasibility import Infeasibility
from otmodels.lipschitz_solution import Result
from otmodels.sensitivity import check_size
from otmodels.solution import Solution
from otmodels.verbs import explain_infeasibility


def explain(
    dataset: inputs.DatasetArgument = None,
    out: OutOption = None,
    time_limit: TimeLimitOption = None,
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
    """Explain the answer: why there is none, or how firm it is.

    Where forbidden pairs leave no feasible plan: the sources that hold more
    than the targets that they may reach take, and the least that has to give.
    Else: what of plan and potentials is unique, and for which changes of a
    cost or a mass they stay optimal.

    \b
    otmodels explain data/canning
    otmodels explain --source a.csv --target b.csv --cost c.csv --out result
    """  # noqa: D301
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    folder = None if out is None else Folder(out)
    with progress("looking for a feasible plan"):
        found = explain_infeasibility(data.problem)
    if found is not None:
        _infeasible(data, found, folder, as_json)
    check_size(data.problem)
    result = solved(data.problem, "primal", "highspy", time_limit=time_limit)
    if not isinstance(result, Solution) or not is_certified(result):
        _not_certified(data, result, as_json)
    with progress("looking at all optimal answers"):
        firm = explanations.Firm.of(data, result)
    _finish(firm.payload(), folder, as_json, firm.tables(), firm.sections(folder))


def _infeasible(data: Dataset, found: Infeasibility, folder: Folder | None, as_json: bool) -> NoReturn:
    explained = explanations.Stuck(data, found)
    _finish(explained.payload(), folder, as_json, explained.tables(), explained.sections(folder))


def _finish(
    about: explanations.Payload,
    folder: Folder | None,
    as_json: bool,
    tables: explanations.Tables,
    sections: explanations.Sections,
) -> NoReturn:
    """Write, print, and exit with 0: what is said is proven."""
    if folder is not None:
        for name, table in tables.items():
            folder.add_table(f"{name}.csv", table.reset_index(), index=False)
    if as_json:
        typer.echo(payload.dumps({**about, "files": payload.files(folder)}))
    else:
        report.print_sections(console(), *sections)
        if folder is not None:
            folder.report()
    raise typer.Exit(ExitCode.CERTIFIED)


def _not_certified(data: Dataset, result: Result, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(payload.dumps(payload.of_answer(data, result)))
    else:
        report.print_sections(console(), report.title(data), report.answer(data, result))
    raise typer.Exit(ExitCode.NOT_CERTIFIED)
