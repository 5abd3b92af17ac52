"""How a benchmark ends: its table written and printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import typer
from rich.console import RenderableType

from otmodels.cli import payload, report
from otmodels.cli.files import Folder
from otmodels.cli.terminal import console


def finish(
    name: str,
    measured: pd.DataFrame,
    about: dict[str, Any],
    folder: Folder | None,
    as_json: bool,
    section: Iterator[RenderableType],
) -> None:
    """Write and print a table of measurements."""
    if folder is not None:
        folder.add_table(f"{name}.csv", measured)
    if as_json:
        typer.echo(payload.dumps({**about, name: payload.records(measured.reset_index())}))
        return
    report.print_sections(console(), section)
    if folder is not None:
        folder.report()
