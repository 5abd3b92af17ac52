"""`otmodels distance`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import RenderableType

from otmodels.cli import inputs, numerals, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder, write_result
from otmodels.cli.routes import is_certified, shortest
from otmodels.cli.solve import OutOption, TimeLimitOption, VerboseOption
from otmodels.cli.terminal import console, fact, progress
from otmodels.datasets import Dataset
from otmodels.lipschitz_solution import Result
from otmodels.solution import Unsolved

UNIT_MASS = 1e-9
"""Total masses that are so close to 1 are shares."""


def distance(
    dataset: inputs.DatasetArgument = None,
    gap: Annotated[
        float, typer.Option(metavar="GAP", help="Stop at this relative gap between certified bounds; 0 is the exact value.")
    ] = 0.0,
    out: OutOption = None,
    time_limit: TimeLimitOption = None,
    verbose: VerboseOption = False,
    as_json: inputs.JsonOption = False,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    metric: inputs.MetricOption = None,
    graph: inputs.GraphOption = None,
    power: inputs.PowerOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Wasserstein distance by the fastest exact route, and say which.

    On the line a closed form; on a graph, or a grid with a path metric, a flow
    between neighbours; on a grid with another metric, arcs generated in rounds;
    else all pairs. Ctrl-C prints the interval that is certified by then.

    \b
    otmodels distance data/pictures
    otmodels distance --source a.png --target b.png --balance rescale --gap 1e-3
    otmodels distance --source a.csv --target b.csv --metric cityblock --power 2
    otmodels distance --source a.csv --target b.csv --graph edges.csv
    """  # noqa: D301
    data = inputs.read_input(dataset, source, target, None, metric, power, order, balance, graph)
    folder = None if out is None else Folder(out)
    result, rounds = shortest(data.problem, gap=gap, time_limit=time_limit, verbose=verbose)
    if not as_json:
        report.print_sections(console(), *_sections(data, result))
    if folder is not None:
        with progress("writing tables and figures"):
            write_result(folder, data, result)
    if as_json:
        root = None if isinstance(result, Unsolved) else result.distance
        about = {**payload.of_answer(data, result), "distance": root, "rounds": [asdict(made) for made in rounds]}
        typer.echo(payload.dumps({**about, "files": payload.files(folder)}))
    elif folder is not None:
        folder.report()
    raise typer.Exit(ExitCode.CERTIFIED if is_certified(result) else ExitCode.NOT_CERTIFIED)


def _sections(data: Dataset, result: Result) -> Iterator[Iterator[RenderableType]]:
    yield report.title(data)
    yield _answer(data, result)
    if not isinstance(result, Unsolved):
        yield report.checks(result.certificate)


def _answer(data: Dataset, result: Result) -> Iterator[RenderableType]:
    if not isinstance(result, Unsolved):
        power, mass = getattr(data.problem.cost, "power", 1.0), data.problem.mass_unit
        unit = f" {data.units.distance}".rstrip() if abs(mass - 1) <= UNIT_MASS else f", for a mass of {mass:.6g} and not of 1"
        yield fact("distance", f"W_{power:g} = {numerals.value(result.distance)}{unit}", "bold")
    yield from report.answer(data, result)
