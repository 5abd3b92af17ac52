"""The answers of several forms and languages, one after the other and side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from otmodels import compare
from otmodels.cli import numerals, report
from otmodels.cli.terminal import heading, progress, table
from otmodels.datasets import Dataset
from otmodels.errors import UnknownNameError
from otmodels.problem import TransportProblem


def check_names(option: str, chosen: Sequence[str] | None, known: Sequence[str]) -> None:
    """Raise where a name is not known.

    Raises
    ------
    UnknownNameError
    """
    for word in chosen or ():
        if word not in known:
            raise UnknownNameError(option, f"{word!r} is not known", f"Choose among {', '.join(known)}")


def solved(problem: TransportProblem, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """One row a (form, language), one after the other, so that the progress line can say which."""
    rows = []
    for k, (form, language) in enumerate(pairs, start=1):
        with progress(f"solving the {form} in {language} ({k} of {len(pairs)})"):
            rows.append(compare(problem, [form], [language]))
    return pd.concat(rows)


def side_by_side(data: Dataset, answers: pd.DataFrame, name: str = "Answers") -> Iterator[RenderableType]:
    """The answers as a table."""
    values = answers["value"]
    spread = numerals.small((values.max() - values.min()) / (values.abs().max() or 1.0))
    yield heading(name, f"the values differ by {spread} relative")
    yield from report.units(("value", data.units.value))
    rows = answers.reset_index()
    columns = [
        rows["form"].tolist(),
        rows["language"].tolist(),
        [numerals.value(value) for value in rows["value"]],
        [f"{pairs:,}" for pairs in rows["pairs"]],
        [numerals.small(gap) for gap in rows["relative_gap"]],
        [Text("yes", "green") if passed else Text("NO", report.BAD) for passed in rows["certified"]],
        [f"{seconds:.3f}" for seconds in rows["total_s"]],
    ]
    names = ["form", "language", "value", "pairs", "gap", "proven", "seconds"]
    yield table(names, columns, words=("form", "language", "proven"))
