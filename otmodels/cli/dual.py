"""`otmodels dual`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from otmodels.cli import inputs, numerals, payload, report
from otmodels.cli.faults import ExitCode
from otmodels.cli.solve import TimeLimitOption
from otmodels.cli.terminal import console, fact, heading, literal, progress
from otmodels.errors import FileFormatError, ParameterError
from otmodels.lp import LinearProgram, LPSolution

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A linear program in an MPS file, or in an .lp file.", show_default=False)
]
SetsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sets",
        metavar="SECTION=NAME",
        help="Which of several sets of an MPS file to use, such as RHS=RHS2; again for RANGES or BOUNDS. [default: the first]",
        show_default=False,
    ),
]
RowsOption = Annotated[int, typer.Option("--rows", metavar="N", help="Most rows of a program that are written out.")]
OutFileOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the dual as an MPS file.")]


def dual(
    model: ModelArgument,
    rows: RowsOption = 40,
    out: OutFileOption = None,
    sets: SetsOption = None,
    time_limit: TimeLimitOption = None,
    as_json: inputs.JsonOption = False,
) -> None:
    """Print a linear program and its dual in algebra, and solve both.

    The dual has a row for each variable and a variable for each row, of the
    same name. Where one of the two has no optimal point, the proof is printed.

    \b
    otmodels dual model.mps
    otmodels dual model.mps --rows 100 --out dual.mps
    otmodels dual model.mps --sets RHS=winter --sets BOUNDS=low
    """  # noqa: D301
    terminal = console()
    with progress("reading the model"):
        programs = (primal := _read(model, sets or []), primal.dual())
        written = [program.algebra(rows, terminal.width) for program in programs]
    if out is not None:
        _write(programs[1], out)
    with progress("solving both"):
        answers = [program.solve(time_limit=time_limit) for program in programs]
    if as_json:
        about = (_payload(*both) for both in zip(answers, written, strict=True))
        typer.echo(payload.dumps(dict(zip(("primal", "dual"), about, strict=True))))
    else:
        titles = (f"Primal  {model}", "Dual")
        sections = [_program(*parts) for parts in zip(titles, answers, written, strict=True)]
        report.print_sections(terminal, *sections, _agreement(*answers))
        if out is not None:
            terminal.print(fact("wrote", str(out)))
    proven = all(answer.verified for answer in answers)
    raise typer.Exit(ExitCode.CERTIFIED if proven else ExitCode.NOT_CERTIFIED)


def _read(model: Path, sets: Sequence[str]) -> LinearProgram:
    if not model.name.lower().endswith((".lp", ".lp.gz")):
        return LinearProgram.read_mps(model, dict(map(_set, sets)))
    if sets:
        raise ParameterError("--sets", f"is given for {model.name}", "Leave it out: an .lp file has no sets")
    return LinearProgram.read_lp(model)


def _set(text: str) -> tuple[str, str]:
    section, equals, name = text.partition("=")
    if not equals:
        raise ParameterError("--sets", f"is {text!r}", "Give a section and the name of a set, such as RHS=RHS2")
    return section, name


def _write(program: LinearProgram, path: Path) -> None:
    if path.is_dir():
        raise FileFormatError(str(path), "is a folder", "Give --out the name of a file, such as dual.mps")
    program.write_mps(path)


def _program(name: str, answer: LPSolution, algebra: str) -> Iterator[RenderableType]:
    program = answer.program
    size = f"{report.count(program.shape[0], 'row')}, {report.count(program.shape[1], 'variable')}"
    yield heading(name, size)
    yield from (fact("read", note) for note in program.notes)
    yield Text("\n").join(literal(line) for line in algebra.splitlines())
    yield from _answer(answer)


def _answer(answer: LPSolution) -> Iterator[RenderableType]:
    if answer.certificate is not None:
        yield fact("value", numerals.value(answer.value), "bold")
        yield report.verdict(answer.certificate)
    elif answer.ray is not None:
        yield fact("verdict", f"{answer.status}, proven", report.BAD)
        yield fact("because", str(answer.ray))
    else:
        yield fact("verdict", f"not certified: {answer.status.termination.value}", report.BAD)


def _agreement(primal: LPSolution, mirrored: LPSolution) -> Iterator[RenderableType]:
    yield heading("Duality", "")
    if all(answer.verified and answer.certificate is not None for answer in (primal, mirrored)):
        gap = abs(primal.value - mirrored.value) / max(abs(primal.value), abs(mirrored.value), 1e-300)
        yield literal(f"strong duality: the two values agree, relative gap {numerals.small(gap)}")
    elif primal.ray is not None and mirrored.ray is not None:
        yield literal(f"the program is {primal.status}, its dual {mirrored.status}")
    else:
        yield literal("not decided")


def _payload(answer: LPSolution, algebra: str) -> dict[str, object]:
    program = answer.program
    optimal = answer.certificate is not None
    return {
        "rows": program.shape[0],
        "columns": program.shape[1],
        "notes": list(program.notes),
        "algebra": algebra,
        "status": payload.of_status(answer.status),
        "verified": answer.verified,
        "value": answer.value if optimal else None,
        "point": dict(zip(program.column_names, answer.x.tolist(), strict=True)) if optimal and answer.x is not None else None,
        "multipliers": dict(zip(program.row_names, answer.y.tolist(), strict=True)) if optimal and answer.y is not None else None,
        "certificate": None if answer.certificate is None else payload.of_certificate(answer.certificate),
        "proof": None if answer.ray is None else str(answer.ray),
    }
