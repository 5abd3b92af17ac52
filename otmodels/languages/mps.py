"""Linear programs written as MPS files.

Written here and not by HiGHS, whose writer keeps 15 digits, drops small coefficients and replaces names: numbers are written in
full, so that the same floats are read back. Only the far end of a row that is bounded on both sides may move by a rounding,
because MPS keeps it as a difference. How names with blanks are written, and read back: see `otmodels.languages.files`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from otmodels.errors import FileFormatError
from otmodels.languages.naming import check_statable, unused
from otmodels.lp import Program

_KEYWORDS = frozenset(
    """NAME ROWS COLUMNS RHS RANGES BOUNDS ENDATA OBJSENSE OBJSENSE: OBJECT MAX MIN MAXIMIZE MINIMIZE QUADOBJ QMATRIX QSECTION
    QCMATRIX CSECTION SOS SOS1 SOS2 SETS MARKER DELAYEDROWS MODELCUTS USERCUTS INDICATORS GENCONS PWLOBJ
    OBJECTIVE SIDE RANGE BOUND""".split()  # noqa: SIM905 - a list of forty strings would fill the page
)
_LEGAL = re.compile(r"[^\s*$'\"][^\s]*")
_INFINITE = 1e20


def write_mps(program: Program, path: Path) -> None:
    """Write a program in free MPS format.

    Raises
    ------
    DuplicateLabelError
        A name repeats.
    ModelError
        Bounds that MPS cannot state: a lower bound above an upper one.
    FileFormatError
        The numbers are beyond what HiGHS reads, or the file cannot be written.
    """
    check_statable(program, "MPS", "MPS")
    _check_sizes(program, path)
    rows, row_map = _written(program.row_names)
    columns, column_map = _written(program.column_names)
    comments = [f"* row {new} = {json.dumps(old)}" for new, old in row_map.items()]
    comments += [f"* column {new} = {json.dumps(old)}" for new, old in column_map.items()]
    sense = ["OBJSENSE", "  MAX"] if program.sense == "max" else []
    body = [*_rows(program, rows), *_columns(program, rows, columns), *_sides(program, rows), *_bounds(program, columns)]
    try:
        path.write_text("\n".join([*comments, "NAME", *sense, *body, "ENDATA", ""]), encoding="utf-8")
    except OSError as error:
        raise FileFormatError(str(path), f"cannot be written ({error.strerror})", "Give a path that can") from error


def _written(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Names as the format can hold them, and those that had to change, by what they became."""
    taken = {name for name in names if _is_legal(name)}
    written, changed = [], {}
    for name in names:
        if _is_legal(name):
            written.append(name)
            continue
        plain = "".join("_" if sign.isspace() or not sign.isprintable() else sign for sign in name)
        new = unused(plain if _is_legal(plain) else f"_{plain}", taken)
        taken.add(new)
        changed[new] = name
        written.append(new)
    return written, changed


def _is_legal(name: str) -> bool:
    return _LEGAL.fullmatch(name) is not None and name.upper() not in _KEYWORDS and name.isprintable()


def _rows(program: Program, names: Sequence[str]) -> Iterator[str]:
    yield from ("ROWS", " N OBJECTIVE")
    for name, lower, upper in zip(names, program.row_lower.tolist(), program.row_upper.tolist(), strict=True):
        yield f" {_type(lower, upper)} {name}"


def _type(lower: float, upper: float) -> str:
    """E, G or L; of a row with two ends, that from which the other one is reached without rounding."""
    if lower == upper:
        return "E"
    if not math.isfinite(lower):
        return "L"
    return "L" if math.isfinite(upper) and lower + (upper - lower) != upper else "G"


def _columns(program: Program, rows: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    yield "COLUMNS"
    matrix = program.A.copy()
    matrix.sum_duplicates()
    for j, (name, cost) in enumerate(zip(columns, program.c.tolist(), strict=True)):
        yield f" {name} OBJECTIVE {cost!r}"
        span = slice(matrix.indptr[j], matrix.indptr[j + 1])
        for i, entry in zip(matrix.indices[span].tolist(), matrix.data[span].tolist(), strict=True):
            if entry:
                yield f" {name} {rows[i]} {entry!r}"


def _sides(program: Program, names: Sequence[str]) -> Iterator[str]:
    """Right-hand sides and ranges; a free row is one with an infinite right-hand side."""
    yield "RHS"
    if program.offset:
        yield f" SIDE OBJECTIVE {-program.offset!r}"
    ranges = []
    for name, lower, upper in zip(names, program.row_lower.tolist(), program.row_upper.tolist(), strict=True):
        kind = _type(lower, upper)
        side = upper if kind == "L" else lower
        if side:
            yield f" SIDE {name} {side!r}"
        if kind != "E" and math.isfinite(lower) and math.isfinite(upper):
            ranges.append(f" RANGE {name} {upper - lower!r}")
    if ranges:
        yield from ("RANGES", *ranges)


def _bounds(program: Program, names: Sequence[str]) -> Iterator[str]:
    yield "BOUNDS"
    for name, lower, upper in zip(names, program.lower.tolist(), program.upper.tolist(), strict=True):
        if lower == upper:
            yield f" FX BOUND {name} {lower!r}"
        elif not math.isfinite(lower) and not math.isfinite(upper):
            yield f" FR BOUND {name}"
        else:
            if not math.isfinite(lower):
                yield f" MI BOUND {name}"
            elif lower:
                yield f" LO BOUND {name} {lower!r}"
            if math.isfinite(upper):
                yield f" UP BOUND {name} {upper!r}"


def _check_sizes(program: Program, path: Path) -> None:
    """Raise where HiGHS would drop a number or read it as infinite."""
    entries = np.abs(program.A.data[program.A.data != 0])
    vectors = program.c, program.row_lower, program.row_upper, program.lower, program.upper
    largest = max(np.abs(vector[np.isfinite(vector)]).max(initial=0.0) for vector in vectors)
    if largest >= _INFINITE or entries.max(initial=0.0) > 1e15 or entries.min(initial=1.0) <= 1e-12:
        fault = "the program has numbers that HiGHS would not read back: coefficients up to 1e-12 or above 1e15, others from 1e20"
        raise FileFormatError(str(path), fault, "Choose other units for its rows and columns")
