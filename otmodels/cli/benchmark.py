"""`otmodels benchmark`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from rich.console import RenderableType

from otmodels import benchmark as benchmarks
from otmodels.cli import numerals, payload, report
from otmodels.cli.files import Folder
from otmodels.cli.generators import wgan
from otmodels.cli.measurements import finish
from otmodels.cli.terminal import console, fact, heading, literal, progress, say, table
from otmodels.errors import ParameterError

benchmark = typer.Typer(no_args_is_help=True, help="Measure speed and memory as ratios within one run.")
benchmark.command()(wgan)


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
    finish("languages", measured, {"repeats": repeats}, folder, as_json, _table(measured, repeats))


@benchmark.command()
def grid(
    side: Annotated[list[int] | None, typer.Option(min=2, help="Only images of this side; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of otmodels; medians are shown.")] = 3,
    emd_repeats: Annotated[int, typer.Option(min=0, help="Turns of ot.emd.")] = 1,
    largest_emd: Annotated[
        int, typer.Option(help="Largest side for ot.emd: 128 takes 11 GB and minutes; 0 leaves it out.")
    ] = 128,
    out: Annotated[Path | None, typer.Option(help="Folder for grid.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Distances between images and on the line, against POT's ot.emd with its cost matrix.

    \b
    otmodels benchmark grid
    otmodels benchmark grid --side 64 --repeats 1
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    cases = [case for case in benchmarks.CASES if side is None or case.side in side]
    if not cases:
        known = ", ".join(str(n) for n in sorted({case.side for case in benchmarks.CASES}))
        raise ParameterError("--side", f"{side} is not measured", f"Choose among {known}")
    measured = benchmarks.grid(cases, repeats, emd_repeats, largest_emd if emd_repeats else 0, say)
    finish("grid", measured, {"repeats": repeats}, folder, as_json, _grid_table(measured))


@benchmark.command()
def dense(
    size: Annotated[list[int] | None, typer.Option(min=1, help="Atoms on each side; may be repeated.")] = None,
    family: Annotated[
        list[str] | None, typer.Option(metavar="|".join(benchmarks.FAMILIES), help="Kinds of costs; may be repeated.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of otmodels and of ot.emd; medians are shown.")] = 3,
    largest_emd: Annotated[int, typer.Option(help="Largest size for ot.emd: 10,000 takes 4.5 GB; 0 leaves it out.")] = 10_000,
    out: Annotated[Path | None, typer.Option(help="Folder for dense.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Large dense problems on generated pairs, against ot.emd, SciPy and the full program.

    \b
    otmodels benchmark dense
    otmodels benchmark dense --size 10000 --family euclidean --repeats 1
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    sizes, families = tuple(size or benchmarks.SIZES), tuple(family or benchmarks.FAMILIES)
    measured = benchmarks.dense(families, sizes, repeats, largest_emd, say)
    finish("dense", measured, {"repeats": repeats}, folder, as_json, _dense_table(measured))


@benchmark.command()
def critics(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", "--sizes", min=2, help="Points of each sample of an audit; may be repeated.")
    ] = None,
    dimension: Annotated[list[int] | None, typer.Option(min=1, help="Coordinates of the batches; may be repeated.")] = None,
    batch: Annotated[int, typer.Option(min=0, help="Points of each batch; 0 leaves batches and ot.emd2 out.")] = benchmarks.BATCH,
    side: Annotated[int, typer.Option(min=0, help="Side of the picture; 0 leaves it out.")] = benchmarks.SIDE,
    repeats: Annotated[int, typer.Option(min=1, help="Turns that each candidate takes; medians are shown.")] = 3,
    known: Annotated[
        bool | None,
        typer.Option(
            "--known/--no-known",
            help="Score exact and neural critics where the best one is known; done unless cases above are chosen.",
            show_default=False,
        ),
    ] = None,
    known_dimension: Annotated[list[int] | None, typer.Option(min=1, help="Of these points; may be repeated.")] = None,
    points: Annotated[int, typer.Option(min=2, help="Of each sample there.")] = benchmarks.KNOWN_SAMPLES,
    steps: Annotated[
        int, typer.Option(min=0, help="Of each neural critic; 0 leaves them and torch out.")
    ] = benchmarks.KNOWN_STEPS,
    seeds: Annotated[int, typer.Option(min=1, help="Samples of each pair; means are shown.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder for critics.csv and known.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Audits, exact critics of batches and slopes in time; exact and neural critics in worth.

    \b
    otmodels benchmark critics
    otmodels benchmark critics --size 1000 --repeats 1
    otmodels benchmark critics --size 1000 --batch 0 --side 0 --known --known-dimension 2 --seeds 1
    """  # noqa: D301
    usual = (sizes, dimension, batch, side) == (None, None, benchmarks.BATCH, benchmarks.SIDE)
    known = usual if known is None else known
    if known:
        benchmarks.check_trainable(steps)
    folder = None if out is None else Folder(out)
    dimensions = tuple(dimension or benchmarks.DIMENSIONS) if batch else ()
    measured = benchmarks.critics(tuple(sizes or benchmarks.SAMPLES), dimensions, batch, side, repeats, say)
    about: dict[str, Any] = {"repeats": repeats}
    if not known:
        return finish("critics", measured, about, folder, as_json, _critics_table(measured))
    if folder is not None:
        folder.add_table("critics.csv", measured)
    if not as_json:
        report.print_sections(console(), _critics_table(measured), ())
    truth = benchmarks.known_truth(tuple(known_dimension or benchmarks.KNOWN_DIMENSIONS), steps, points, seeds, say)
    about |= {"seeds": seeds, "critics": payload.records(measured.reset_index())}
    return finish("known", truth, about, folder, as_json, _known_table(truth, seeds))


@benchmark.command()
def methods(
    side: Annotated[list[int] | None, typer.Option(min=2, help="Sides of the grids; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Turns that each method takes; medians are shown.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder for methods.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The algorithms of HiGHS on a grid's flow program, with crossover and without.

    \b
    otmodels benchmark methods --side 64
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    measured = benchmarks.methods(tuple(side or (64, 128)), repeats, say)
    finish("methods", measured, {"repeats": repeats}, folder, as_json, _methods_table(measured))


@benchmark.command()
def trust(
    seconds: Annotated[float, typer.Option(min=0, help="How long it goes on asking.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the random numbers.")] = 0,
    only: Annotated[int | None, typer.Option(min=0, help="Only this instance of the seed.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind of question; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for trust.csv and failures.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How often a certificate is wrong: random problems of every kind, solved in exact arithmetic too.

    Exit code 1 where a certificate was false, or an exact optimum outside an interval.

    \b
    otmodels benchmark trust --seconds 600 --seed 1
    otmodels benchmark trust --seed 1 --only 4711
    """  # noqa: D301
    folder = None if out is None else Folder(out)
    with progress("asking") as show:
        found = benchmarks.trust(seconds, seed, only=only, kinds=kind, progress=lambda so_far, name: show(_so_far(so_far, name)))
    failures = pd.DataFrame([asdict(failure) for failure in found.failures])
    if folder is not None:
        folder.add_table("failures.csv", failures)
    about = {"seed": seed, "seconds": found.seconds, "interrupted": found.interrupted, "failures": payload.records(failures)}
    finish("trust", found.table(), about, folder, as_json, _trust_table(found))
    if not as_json:
        _show_failures(found)
    raise typer.Exit(0 if found.trusted else 1)


def _grid_table(measured: pd.DataFrame) -> Iterator[RenderableType]:
    yield heading("Grid", "wasserstein_distance, certified; ot.emd with its cost matrix")
    yield fact("columns", "seconds and peak MiB of both; emd / otmodels in time; relative gap")
    rows = measured.reset_index()
    names = [f"{metric} {side} {images}".strip() for metric, side, images in rows[["metric", "side", "images"]].to_numpy()]
    columns = [
        [f"{value:.2f}" for value in rows["seconds"]],
        [f"{value:.0f}" for value in rows["peak_mib"]],
        [numerals.small(value) for value in rows["relative_gap"]],
        *([_or_dash(value, places) for value in rows[name]] for name, places in _EMD_COLUMNS),
    ]
    yield table(["", "s", "MiB", "gap", "emd s", "emd MiB", "ratio"], [names, *columns], words=("",))


_EMD_COLUMNS = (("emd_seconds", 2), ("emd_peak_mib", 0), ("emd_over_otmodels", 2))


def _or_dash(value: float, places: int) -> str:
    return "-" if np.isnan(value) else f"{value:.{places}f}"


def _dense_table(measured: pd.DataFrame) -> Iterator[RenderableType]:
    yield heading("Dense", "generated pairs, certified over all; ot.emd with its cost matrix")
    yield fact("columns", "seconds, peak MiB; pairs an atom; our time / ot.emd's; SciPy's and the full program's time / ours")
    yield fact("worst gap", numerals.small(measured["relative_gap"].max()))
    rows = measured.reset_index()
    shown = [(heading, name, places) for heading, name, places in _DENSE_COLUMNS if rows[name].notna().any()]
    columns = [
        [f"{value:.2f}" for value in rows["seconds"]],
        [f"{value:.0f}" for value in rows["peak_mib"]],
        [f"{value:.1f}" for value in rows["pairs_per_atom"]],
        *([_or_dash(value, places) for value in rows[name]] for _, name, places in shown),
    ]
    names = [f"{family} {n:,}" for family, n in zip(rows["family"], rows["n"], strict=True)]
    yield table(["", "s", "MiB", "pairs", *(heading for heading, _, _ in shown)], [names, *columns], words=())


_DENSE_COLUMNS = (
    ("emd s", "emd_seconds", 2),
    ("MiB", "emd_peak_mib", 0),
    ("/emd", "to_emd", 2),
    ("SciPy/", "scipy_over_otmodels", 0),
    ("full/", "full_over_otmodels", 1),
)


def _critics_table(measured: pd.DataFrame) -> Iterator[RenderableType]:
    yield heading("Critics", "audits of n x n samples in the plane, exact critics of batches, slopes on n x n pixels")
    yield fact(
        "columns", "median seconds, peak MiB; of what stands next to it, the exact W1 alone or ot.emd2; ratio; what is asked"
    )
    rows = measured.reset_index()
    limits = [rows[f"asked_{what}"].tolist() for what in ("ratio", "seconds", "mib")]
    asked = [", ".join(_limits(*each)) for each in zip(*limits, strict=True)]
    columns = [
        rows["case"].tolist(),
        [f"{n:,}" for n in rows["n"]],
        [_or_dash(value, 4) for value in rows["seconds"]],
        [f"{value:.0f}" for value in rows["peak_mib"]],
        [_or_dash(value, 4) for value in rows["against_seconds"]],
        [_or_dash(value, 2) for value in rows["ratio"]],
        asked,
    ]
    yield table(["", "n", "s", "MiB", "next to s", "ratio", "at most"], columns, words=("", "at most"))


def _limits(ratio: float, seconds: float, mib: float) -> Iterator[str]:
    """What is asked for, in words."""
    said = f"ratio {ratio:g}", f"{seconds:g} s", f"{mib:g} MiB"
    yield from (words for words, limit in zip(said, (ratio, seconds, mib), strict=True) if not np.isnan(limit))


def _known_table(truth: pd.DataFrame, seeds: int) -> Iterator[RenderableType]:
    """A table a pair and dimension."""
    yield heading("Known truth", f"critics of the same samples, scored on other points; means over {report.count(seeds, 'seed')}")
    yield fact(
        "columns",
        "(E_p f - E_q f) / L over W1, 1 for the best f; cosine and L2 distance of its gradient and that of the best; "
        "L and the proven share of W1 on the samples; median seconds without audits; whether that share had settled",
    )
    for (pair, dimension), group in truth.reset_index().groupby(["pair", "dimension"], sort=False):
        columns = [
            group["critic"].tolist(),
            *(
                [f"{value:.3g}" if name == "constant" else _or_dash(value, places) for value in group[name]]
                for _, name, places in _KNOWN_COLUMNS
            ),
            [_agreed(round(share * seeds), seeds) for share in group["converged"]],
        ]
        yield literal("")
        yield heading(f"{pair}, d = {dimension}", "; ".join(group["budget"].unique()))
        yield table(
            ["critic", *(heading for heading, _, _ in _KNOWN_COLUMNS), "converged"], columns, words=("critic", "converged")
        )


_KNOWN_COLUMNS = (
    ("ratio", "ratio", 3),
    ("cosine", "cosine", 3),
    ("L2", "l2", 3),
    ("L", "constant", 3),
    ("share", "share", 3),
    ("s", "seconds", 2),
)


def _agreed(converged: int, seeds: int) -> str:
    """With how many of the seeds training converged, in words."""
    return "yes" if converged == seeds else f"{converged} of {seeds}" if converged else "NO"


def _methods_table(measured: pd.DataFrame) -> Iterator[RenderableType]:
    yield heading("Methods", "flow and Lipschitz program of two smooth fields, city-block")
    yield fact("columns", "median seconds; / the fastest of that side; relative gap as certified")
    rows = measured.reset_index()
    columns = [
        [str(value) for value in rows["side"]],
        rows["form"].tolist(),
        rows["method"].tolist(),
        [f"{value:.2f}" for value in rows["seconds"]],
        [f"{value:.1f}" for value in rows["to_fastest"]],
        [_or_dash_small(value) for value in rows["relative_gap"]],
    ]
    yield table(["side", "form", "method", "s", "ratio", "gap"], columns, words=("form", "method"))


def _or_dash_small(value: float) -> str:
    return "-" if np.isnan(value) else numerals.small(value)


def _so_far(found: benchmarks.Counts, kind: str) -> str:
    counts = ", ".join(f"{found.total(column)} {column}" for column in ("false", "outside", "refused", "foreign"))
    return f"{found.asked:,}: {kind}; {counts}"


def _trust_table(found: benchmarks.Counts) -> Iterator[RenderableType]:
    yield heading("Trust", f"seed {found.seed}, {found.seconds:.0f} s, against exact rational optima")
    yield fact("columns", "certified, of these to an absolute gap; refused, of ordinary and of extreme data; exact optimum")
    yield fact("", "outside the interval; false certificates; errors and warnings that are not the package's")
    if found.interrupted:
        yield fact("stopped", f"by Ctrl-C at instance {found.asked}")
    frame = found.table()
    frame.loc["all"] = frame.sum()
    names = ["", "asked", "cert", "abs", "ref", "extr", "out", "false", "err"]
    yield table(names, [frame.index.tolist(), *([f"{count}" for count in frame[name]] for name in frame)], words=("",))


_GRAVEST_FIRST = ("false", "outside", "foreign", "refused")


def _show_failures(found: benchmarks.Counts) -> None:
    """The shortest failure of a kind and a fault, as lines of code that are not wrapped; refusals of extreme data are counted."""
    shortest: dict[tuple[int, str], benchmarks.Failure] = {}
    for failure in sorted(found.failures, key=lambda failure: len(failure.code)):
        if failure.fault in _GRAVEST_FIRST:
            shortest.setdefault((_GRAVEST_FIRST.index(failure.fault), failure.kind), failure)
    for _, failure in sorted(shortest.items(), key=lambda item: item[0]):
        typer.echo(f"\n# {failure.fault}: {failure.kind}, instance {failure.instance}: {failure.said}\n{failure.code}")
    if left := len(found.failures) - len(shortest):
        typer.echo(f"\n# {left} failures more: --json or --out DIR has all")


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
