"""`otmodels compare`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pandas as pd
import typer
from rich.console import RenderableType
from rich.text import Text

from otmodels import compare as compare_models
from otmodels import supports
from otmodels.cli import inputs, numerals, payload, report
from otmodels.cli.app import ExitCode
from otmodels.cli.files import Folder
from otmodels.cli.solve import OutOption
from otmodels.cli.terminal import console, heading, progress, table
from otmodels.datasets import Dataset
from otmodels.errors import UnknownNameError
from otmodels.formulations import FORMS
from otmodels.languages import LANGUAGES


def compare(
    dataset: inputs.DatasetArgument = None,
    form: Annotated[list[str] | None, typer.Option(metavar=inputs.FORM, help="Only this form; may be repeated.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar=inputs.LANGUAGE, help="Only this language; may be repeated.")
    ] = None,
    out: OutOption = None,
    as_json: inputs.JsonOption = False,
    source: inputs.SourceOption = None,
    target: inputs.TargetOption = None,
    cost: inputs.CostOption = None,
    metric: inputs.MetricOption = None,
    power: inputs.PowerOption = None,
    order: inputs.OrderOption = None,
    balance: inputs.BalanceOption = None,
) -> None:
    """Solve in every form and language and lay the answers side by side.

    \b
    otmodels compare data/earth_moving
    otmodels compare data/canning --form primal --language cvxpy --language pyomo
    """  # noqa: D301
    pairs = _pairs(form, language)
    data = inputs.read_input(dataset, source, target, cost, metric, power, order, balance)
    folder = None if out is None else Folder(out)
    answers = _answers(data, pairs)
    if folder is not None:
        folder.add_table("compare.csv", answers)
    if as_json:
        typer.echo(payload.dumps({**payload.of_dataset(data), "answers": payload.records(answers.reset_index())}))
    else:
        report.print_sections(console(), report.title(data), _table(data, answers))
        if folder is not None:
            folder.report()
    raise typer.Exit(ExitCode.CERTIFIED if answers["certified"].all() else ExitCode.NOT_CERTIFIED)


def _pairs(forms: list[str] | None, languages: list[str] | None) -> list[tuple[str, str]]:
    for name, chosen, known in (("--form", forms, FORMS), ("--language", languages, LANGUAGES)):
        for word in chosen or ():
            if word not in known:
                raise UnknownNameError(name, f"{word!r} is not known", f"Choose among {', '.join(known)}")
    return [pair for pair in supports() if pair[0] in (forms or FORMS) and pair[1] in (languages or LANGUAGES)]


def _answers(data: Dataset, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """One row a pair, one after the other, so that the progress line can say which."""
    rows = []
    for k, (form, language) in enumerate(pairs, start=1):
        with progress(f"solving the {form} in {language} ({k} of {len(pairs)})"):
            rows.append(compare_models(data.problem, [form], [language]))
    return pd.concat(rows)


def _table(data: Dataset, answers: pd.DataFrame) -> Iterator[RenderableType]:
    values = answers["value"]
    spread = numerals.small((values.max() - values.min()) / (values.abs().max() or 1.0))
    yield heading("Answers", f"the values differ by {spread} relative")
    yield from report.units(("value", data.units.value))
    rows = answers.reset_index()
    columns = [
        rows["form"].tolist(),
        rows["language"].tolist(),
        [numerals.value(value) for value in rows["value"]],
        [numerals.small(gap) for gap in rows["relative_gap"]],
        [Text("yes", "green") if passed else Text("NO", report.BAD) for passed in rows["certified"]],
        [f"{seconds:.3f}" for seconds in rows["total_s"]],
    ]
    names = ["form", "language", "value", "relative gap", "certified", "seconds"]
    yield table(names, columns, words=("form", "language", "certified"))
