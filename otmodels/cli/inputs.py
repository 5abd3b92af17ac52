"""Where the data comes from: a folder, or single files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otmodels.cli.terminal import progress
from otmodels.datasets import Dataset, read_dataset, read_files
from otmodels.errors import ParameterError
from otmodels.formulations import FORMS
from otmodels.languages import LANGUAGES

_FILES = "Single files in place of DATASET"

DatasetArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATASET",
        help="Folder with problem.toml, and source and target as .csv tables or .png pictures.",
        show_default=False,
    ),
]
SourceOption = Annotated[
    Path | None,
    typer.Option(
        "--source", metavar="FILE", help="CSV: mass, optional label, coordinates. Or a picture.", rich_help_panel=_FILES
    ),
]
TargetOption = Annotated[Path | None, typer.Option("--target", metavar="FILE", help="As --source.", rich_help_panel=_FILES)]
CostOption = Annotated[
    Path | None,
    typer.Option("--cost", metavar="FILE", help="CSV: a row a source, a column a target; inf forbids.", rich_help_panel=_FILES),
]
MetricOption = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help="In place of --cost: cityblock, euclidean (as where neither is given), chebyshev, minkowski or haversine.",
        rich_help_panel=_FILES,
    ),
]
GraphOption = Annotated[
    Path | None,
    typer.Option(
        "--graph",
        metavar="FILE",
        help="In place of --metric: CSV of edges (from, to, length); distances are shortest paths between labels.",
        rich_help_panel=_FILES,
    ),
]
PowerOption = Annotated[
    float | None, typer.Option("--power", metavar="P", help="Cost = metric to the power P.", rich_help_panel=_FILES)
]
OrderOption = Annotated[float | None, typer.Option("--order", metavar="O", help="Order of minkowski.", rich_help_panel=_FILES)]
BalanceOption = Annotated[
    str | None,
    typer.Option(
        "--balance",
        metavar="raise|rescale",
        help="Unequal totals: an error, or each side taken as shares of its total.",
        rich_help_panel=_FILES,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

FORM = "|".join(FORMS)
LANGUAGE = "|".join(LANGUAGES)
SUPPORT = "full|neighbours|generated"


def read_input(
    dataset: Path | None,
    source: Path | None,
    target: Path | None,
    cost: Path | None,
    metric: str | None,
    power: float | None,
    order: float | None,
    balance: str | None,
    graph: Path | None,
) -> Dataset:
    """Read the data that a command was given.

    Raises
    ------
    InputError
        The data cannot be used, or options that exclude each other were given.
    """
    given = {"source": source, "target": target, "cost": cost, "graph": graph}
    given_rule = {"metric": metric, "power": power, "order": order, "balance": balance}
    options = [f"--{name}" for name, value in {**given, **given_rule}.items() if value is not None]
    with progress("reading the data"):
        if dataset is not None:
            if options:
                remedy = "A data set states it itself, in problem.toml; leave out the option, or the data set"
                raise ParameterError(options[0], f"is given beside the data set {dataset}", remedy)
            if dataset.is_file():
                raise ParameterError(str(dataset), "is a file, and a DATASET is a folder", "Give --source FILE and --target FILE")
            return read_dataset(dataset)
        if source is None or target is None:
            missing = "DATASET" if not options else "--target" if target is None else "--source"
            raise ParameterError(missing, "is missing", "Give a DATASET folder, or --source FILE and --target FILE")
        return read_files(source, target, cost, metric=metric, power=power, order=order, balance=balance or "raise", graph=graph)
