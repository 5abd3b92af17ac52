"""Tables of a page: a caption, headings with units, numbers that line up, and what is left out of a long one."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from otmodels.checks import Check
from otmodels.cli import numerals
from otmodels.cli.page.markup import Html, element, joined
from otmodels.cli.report import count

MOST_ROWS = 100
"""Rows of a table that is shown whole."""

SOME_ROWS = 40
"""Rows that a longer one is cut to."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, unit : str
        Its heading.
    cells : sequence
        Text, or numbers as they are to be read.
    numeric : bool
        Whether its cells are aligned as numbers.
    """

    name: str
    cells: Sequence[Hashable]
    unit: str = ""
    numeric: bool = False


def words(name: str, cells: Iterable[Hashable]) -> Column:
    """A column of text."""
    return Column(name, list(cells))


def numbers(name: str, values: Iterable[float], unit: str = "", size: float = 0.0) -> Column:
    """A column of numbers in a unit; `size` as the unit of `numerals.column`."""
    return Column(name, numerals.column(values, size), unit, numeric=True)


def table(caption: str, columns: Sequence[Column], *, note: Hashable = "") -> Html:
    """A table whose first column names its rows, in a box that scrolls where the page is too narrow."""
    head = element("tr", *(_heading(column) for column in columns))
    rows = [element("tr", *_row(cells, columns)) for cells in zip(*(column.cells for column in columns), strict=True)]
    aside = element("span", f" \N{EN DASH} {note}", class_="note") if note else Html()
    made = element("table", element("caption", caption, aside), element("thead", head), element("tbody", *rows))
    return element("div", made, class_="wide", tabindex="0", role="region", aria_label=caption)


def shortened(
    caption: str,
    rows: pd.DataFrame,
    columns: Callable[[pd.DataFrame], Sequence[Column]],
    *,
    what: str,
    by: pd.Series,
) -> Html:
    """A table of rows, or of those largest by a weight where they are too many, saying how many more there are.

    Parameters
    ----------
    caption : str
        What the table shows.
    rows : DataFrame
        All rows.
    columns : callable
        Makes the columns out of the rows that are shown.
    what : str
        What a row is, in the singular.
    by : Series
        The weight of each row, aligned with the rows by position.
    """
    if len(rows) <= MOST_ROWS:
        return table(caption, columns(rows), note=count(len(rows), what))
    places = by.reset_index(drop=True).nlargest(SOME_ROWS, keep="first").index.sort_values()
    left, total = len(rows) - SOME_ROWS, float(by.sum())
    part = 1.0 - float(by.iloc[places].sum()) / total if total > 0 else 0.0
    share = f", which hold {100 * part:.3g} % of the mass" if total > 0 else ""
    note = f"the {SOME_ROWS} of most mass, of {count(len(rows), what)}; {count(left, what)} left out{share}"
    return table(caption, columns(rows.iloc[places]), note=note)


def checks(caption: str, made: Sequence[Check]) -> Html:
    """Everything that was recomputed: by how much it fails, and by how much it may."""
    columns = [
        words("check", (check.name for check in made)),
        Column("violation", [_violation(check.violation) for check in made], numeric=True),
        Column("tolerance", [numerals.small(check.tolerance) for check in made], numeric=True),
        words("worst at", (check.where or "-" for check in made)),
        words("", (passing(check.passed) for check in made)),
    ]
    passed = sum(check.passed for check in made)
    return table(caption, columns, note=f"{passed} of {count(len(made), 'check')} passed")


def passing(passed: bool, yes: str = "pass", no: str = "FAIL") -> Html:
    """A word for passed or not that does not need its colour to be told apart."""
    return element("span", yes, class_="good") if passed else element("strong", no, class_="bad")


def _violation(violation: float) -> str:
    return numerals.small(violation) if math.isfinite(violation) else "nothing given"


def _heading(column: Column) -> Html:
    unit = joined((" ", element("span", f"({column.unit})", class_="unit"))) if column.unit else Html()
    return element("th", column.name, unit, scope="col", class_="number" if column.numeric else None)


def _row(cells: Sequence[Hashable], columns: Sequence[Column]) -> Iterable[Html]:
    for k, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        style = "number" if column.numeric else None
        yield element("td", cell, class_=style) if k else element("th", cell, scope="row", class_=style)
