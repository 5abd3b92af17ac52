"""`otmodels benchmark wgan`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import RenderableType

from otmodels import benchmark as benchmarks
from otmodels.cli.files import Folder
from otmodels.cli.measurements import finish
from otmodels.cli.terminal import fact, heading, say, table
from otmodels.datasets import read_dataset


def wgan(
    data: Annotated[
        list[str] | None, typer.Option(metavar="|".join(benchmarks.DATA), help="What is learnt; may be repeated.")
    ] = None,
    critic: Annotated[
        list[str] | None, typer.Option(metavar="|".join(benchmarks.CRITICS), help="Against which critic; may be repeated.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Folder of a data set whose target is a picture to learn too.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Of each generator.")] = benchmarks.GENERATOR_STEPS,
    batch: Annotated[int, typer.Option(min=2, help="Points of each batch.")] = benchmarks.GENERATOR_BATCH,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for wgan.csv, wgan_histories.csv and wgan_samples.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Generators trained against the exact critic and against neural ones, on the same data and seeds.

    \b
    otmodels benchmark wgan --picture data/digits
    otmodels benchmark wgan --data ring --critic exact --steps 500
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    pictures = {} if picture is None else {picture.resolve().name: read_dataset(picture).problem.target}
    asked = tuple(data or benchmarks.DATA), tuple(critic or benchmarks.CRITICS)
    trained = benchmarks.generators(*asked, steps, batch, pictures, seed, say)
    if folder is not None:
        folder.add_table("wgan_histories.csv", trained.histories)
        folder.add_table("wgan_samples.csv", trained.samples)
    about = {"steps": steps, "batch": batch, "seed": seed}
    finish("wgan", trained.table, about, folder, as_json, _sections(trained.table, steps, batch))


def _sections(trained: pd.DataFrame, steps: int, batch: int) -> Iterator[RenderableType]:
    """One table for all that was learnt."""
    yield heading("Generators", f"trained against the exact critic and neural ones, batches of {batch} + {batch} points")
    yield fact(
        "columns",
        f"W1 of {batch} generated points to unseen ones, over that of as many true ones: 1 is as good as the truth; its standard "
        "error; L of the critic and the share of W1 that it proves, medians of the second half; seconds",
    )
    rows = trained.reset_index()
    for row in rows[rows["steps"] < steps].to_dict("records"):
        taken = f"{row['steps']:,} of {steps:,} steps were taken, the next one went astray"
        yield fact(f"{row['data']}, {row['critic']}", taken)
    columns = [
        rows["data"].tolist(),
        rows["critic"].tolist(),
        [f"{value:.3f}" for value in rows["ratio"]],
        [f"{value:.3f}" for value in rows["standard_error"]],
        [f"{value:.3g}" for value in rows["constant"]],
        [f"{value:.3f}" for value in rows["share"]],
        [f"{value:.1f}" for value in rows["seconds"]],
    ]
    yield table(["data", "critic", "ratio", "+-", "L", "share", "s"], columns, words=("data", "critic"))
