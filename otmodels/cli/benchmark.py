"""`otmodels benchmark`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import RenderableType

from otmodels import benchmark as benchmarks
from otmodels.cli import numerals, payload, report
from otmodels.cli.files import Folder
from otmodels.cli.terminal import console, fact, heading, say, table

benchmark = typer.Typer(no_args_is_help=True, help="Measure speed and memory as ratios within one run.")


@benchmark.command()
def languages(
    size: Annotated[list[int] | None, typer.Option(min=1, help="Atoms on each side; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Turns that each candidate takes; medians are shown.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder for languages.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build, compile, solve and extract in every form and language.

    \b
    otmodels benchmark languages
    otmodels benchmark languages --size 100 --repeats 1
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    measured = benchmarks.languages(tuple(size or (100, 300, 500)), repeats, say)
    if folder is not None:
        folder.add_table("languages.csv", measured)
    if as_json:
        typer.echo(payload.dumps({"repeats": repeats, "languages": payload.records(measured.reset_index())}))
        return
    report.print_sections(console(), _table(measured, repeats))
    if folder is not None:
        folder.report()


def _table(measured: pd.DataFrame, repeats: int) -> Iterator[RenderableType]:
    yield heading("Languages", "random points in the unit square, Euclidean, certified")
    yield fact("columns", f"median seconds of {repeats} turns; total / highspy's, total / the primal's; peak MiB")
    yield fact("worst gap", numerals.small(measured["relative_gap"].max()))
    for n, rows in measured.reset_index().groupby("n"):
        seconds = [[f"{value:.2f}" for value in rows[step]] for step in benchmarks.STEPS]
        ratios = [[f"{value:.2f}" for value in rows[ratio]] for ratio in ("to_highspy", "to_primal")]
        programs, memory = (rows["form"] + " " + rows["language"]).tolist(), [f"{value:.0f}" for value in rows["peak_mib"]]
        names = [f"n = {n}", "build", "comp", "solve", "extr", "total", "/hspy", "/prim", "MiB"]
        yield table(names, [programs, *seconds, *ratios, memory], words=())
