"""`otmodels certify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otmodels import certify as certify_numbers
from otmodels.cli import inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.reading import read_plan, read_potentials
from otmodels.cli.terminal import console, progress
from otmodels.errors import ParameterError

PlanOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV: columns source, target and mass (others are ignored), or a matrix with the source labels in the first "
        "column and the target labels as header.",
    ),
]
PotentialsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="CSV: columns side (source or target), label and potential (others are ignored)."),
]


def certify(
    dataset: inputs.DatasetArgument = None,
    plan: PlanOption = None,
    potentials: PotentialsOption = None,
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
    """Check anybody's plan, potentials or both, and say what they prove.

    A plan alone is proven optimal by the potentials that it implies, or told which cycle of pairs would improve it; potentials
    alone prove a lower bound on the value.

    \b
    otmodels solve data/canning --out D
    otmodels certify data/canning --plan D/plan.csv --potentials D/potentials.csv
    """  # noqa: D301
    if plan is None and potentials is None:
        raise ParameterError("--plan, --potentials", "are both missing", "Give a plan, potentials, or both")
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    with progress("checking"):
        moved = None if plan is None else read_plan(plan, data.problem)
        f, g = (None, None) if potentials is None else read_potentials(potentials, data.problem)
        certificate = certify_numbers(data.problem, moved, f, g)
    if as_json:
        typer.echo(payload.dumps({**payload.of_dataset(data), **payload.of_proof(certificate)}))
    else:
        proved = report.proof(data, certificate)
        report.print_sections(console(), report.title(data), proved, report.checks(certificate))
    raise typer.Exit(ExitCode.CERTIFIED if certificate.passed else ExitCode.NOT_CERTIFIED)
