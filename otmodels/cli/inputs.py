"""Where the data comes from: a folder, or single files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from otmodels.cli.terminal import progress
from otmodels.datasets import Dataset, Units, read_dataset, read_files
from otmodels.errors import LabelMismatchError, ParameterError
from otmodels.formulations import FORMS
from otmodels.languages import LANGUAGES
from otmodels.measure import read_measure
from otmodels.network import graph_cost, read_graph
from otmodels.problem import TransportProblem

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
    graph: Path | None = None,
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
            return read_dataset(dataset)
        if source is None or target is None:
            missing = "DATASET" if not options else "--target" if target is None else "--source"
            raise ParameterError(missing, "is missing", "Give a DATASET folder, or --source FILE and --target FILE")
        if graph is not None:
            stated = {"graph": graph, "matrix": cost, "metric": metric, "power": power, "order": order}
            return _on_graph(source, target, {key: value for key, value in stated.items() if value is not None}, balance)
        return read_files(source, target, cost, metric=metric, power=power, order=order, balance=balance or "raise")


def _on_graph(source: Path, target: Path, stated: dict[str, Any], balance: str | None) -> Dataset:
    """Two measures on the vertices of a graph."""
    graph = read_graph(stated["graph"])
    for key in ("matrix", "metric", "order"):
        if key in stated:
            raise ParameterError(f"--{key.replace('matrix', 'cost')}", "is given beside --graph", "Leave out one of the two")
    a, b = read_measure(source), read_measure(target)
    for path, measure in ((source, a), (target, b)):
        if isinstance(measure.labels, pd.RangeIndex):
            raise LabelMismatchError(str(path), f"has no labels to find in {stated['graph']}", "Add a column 'label'")
        graph.vertices(measure.labels, str(path))
    problem = TransportProblem(a, b, graph_cost(a, b, graph, stated.get("power", 1.0)), balance or "raise")
    name, title = f"{source.stem}_to_{target.stem}", f"{source.name} to {target.name}"
    return Dataset(name, title, "", f"{source}, {target}", "", (), Units(), balance or "raise", problem)
