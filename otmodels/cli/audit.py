"""`otmodels audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otmodels.cli import audits, inputs, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.files import Folder
from otmodels.cli.reading import read_values
from otmodels.cli.solve import OutOption
from otmodels.cli.terminal import console, progress
from otmodels.errors import ParameterError

ValuesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The critic at the atoms. CSV: columns side (source or target), label and value (others are ignored).",
    ),
]
SplitsOption = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, help="Also say what the samples say of W1 of their distributions, from N splits into halves, N >= 2."
    ),
]
SeedOption = Annotated[int, typer.Option(metavar="K", min=0, help="Of the splits.")]


def audit(
    dataset: inputs.DatasetArgument = None,
    values: ValuesOption = None,
    splits: SplitsOption = 0,
    seed: SeedOption = 0,
    out: OutOption = None,
    as_json: inputs.JsonOption = False,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    metric: inputs.MetricOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Say what a critic is worth: how far from the exact W1, and why.

    The critic is anybody's function of points, given by its values at the
    atoms, large where the sources are. It is held against the exact W1, which
    is certified: what its shape loses, what its scale leaves unused or feigns,
    and the lower bounds on W1 that it proves.

    \b
    otmodels audit data/digits --values critic.csv
    otmodels audit --source a.csv --target b.csv --values critic.csv --splits 10
    """  # noqa: D301
    if values is None:
        raise ParameterError("--values", "is missing", "Give a CSV file with the columns side, label and value")
    if splits == 1:
        raise ParameterError("--splits", "is 1, from which no error can be told", "Give 2 or more, or 0 for none")
    data = inputs.read_input(dataset, source, target, None, metric, None, order, balance, None)
    asked = audits.metric_of(data.problem)
    critic = read_values(values, data.problem)
    folder = None if out is None else Folder(out)
    with progress("solving for the exact W1, and auditing") as say:
        found = audits.audited(data, critic, asked)
        if splits:
            say(f"solving {splits} splits into halves")
        between = found.exact.of_distributions(splits, seed) if splits else None
    if folder is not None:
        with progress("writing tables and figures"):
            audits.write(data, found, folder)
    if as_json:
        typer.echo(payload.dumps({**audits.payload_of(data, found, between), "files": payload.files(folder)}))
    else:
        report.print_sections(console(), *audits.sections(data, found, between, folder))
        if folder is not None:
            folder.report()
    raise typer.Exit(ExitCode.CERTIFIED)
