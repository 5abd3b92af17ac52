"""`otmodels report`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from otmodels.cli import inputs
from otmodels.cli import report as printed
from otmodels.cli.faults import ExitCode
from otmodels.cli.page.document import document
from otmodels.cli.page.material import Material, command_line, gathered
from otmodels.cli.solve import TimeLimitOption
from otmodels.cli.terminal import console, fact, progress
from otmodels.errors import FileFormatError
from otmodels.feasibility import Infeasibility

PageOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="The page, in place of the data's name with .html, here.", show_default=False),
]
LanguageOption = Annotated[
    str, typer.Option(metavar=inputs.LANGUAGE, help="What the program is declared in, where all pairs are stated.")
]


def report(
    dataset: inputs.DatasetArgument = None,
    out: PageOption = None,
    language: LanguageOption = "cvxpy",
    time_limit: TimeLimitOption = None,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    cost: inputs.CostOption = None,
    metric: inputs.MetricOption = None,
    graph: inputs.GraphOption = None,
    power: inputs.PowerOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Write everything about a problem into one HTML page to send to another.

    The data, the programs in algebra, the plan, the potentials, figures, the
    certificate and versions; why there is no answer, where there is none. The
    page loads nothing from anywhere. Small problems are solved by the program
    of all pairs, large ones by the fastest route.

    \b
    otmodels report data/canning --out canning.html
    otmodels report --source a.csv --target b.csv --metric euclidean
    """  # noqa: D301
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance, graph)
    path = _checked(Path(f"{data.name}.html") if out is None else out)
    files = {"": dataset, "source": source, "target": target, "cost": cost, "graph": graph}
    rule = {"metric": metric, "power": power, "order": order, "balance": balance}
    chosen = {"language": None if language == "cvxpy" else language, "time-limit": time_limit, "out": path}
    if dataset is None:
        # Where the files lie is nobody's business but their owner's.
        data = replace(data, source=", ".join(file.name for file in files.values() if file is not None))
    material = gathered(data, command_line({**files, **rule, **chosen}), language, time_limit)
    existed = path.exists()
    with progress("writing the page"):
        path.write_text(document(material), encoding="utf-8")
    _say(material, path, "replaced" if existed else "wrote")
    raise typer.Exit(ExitCode.CERTIFIED if material.proven else ExitCode.NOT_CERTIFIED)


def _checked(path: Path) -> Path:
    """The path of the page, where a page can be.

    Raises
    ------
    FileFormatError
    """
    if path.is_dir():
        raise FileFormatError(str(path), "is a folder", "Give --out the name of a file, such as report.html")
    if path.suffix.lower() not in (".html", ".htm"):
        raise FileFormatError(str(path), "does not end in .html", "Give --out the name of a page, such as report.html")
    if not path.parent.is_dir():
        raise FileFormatError(str(path.parent), "is not a folder", "Make it, or give --out another place")
    return path


def _say(material: Material, path: Path, verb: str) -> None:
    data, outcome = material.data, material.outcome
    stuck = [fact("verdict", f"no feasible plan exists: {outcome}", printed.BAD)]
    answer = stuck if isinstance(outcome, Infeasibility) else printed.answer(data, outcome)
    printed.print_sections(console(), printed.title(data), answer, [fact(verb, str(path))])
