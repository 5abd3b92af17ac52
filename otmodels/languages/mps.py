"""Linear programs in MPS files, read by HiGHS.

Written here and not by HiGHS, whose writer keeps 15 digits, drops small coefficients and replaces names: numbers are written in
full, so that the same floats are read back. Only the far end of a row that is bounded on both sides may move by a rounding,
because MPS keeps it as a difference.

The format separates names by blanks. A name with blanks, or one that the format keeps for itself, is written in another
way, and a comment at the head of the file says which name is whose: `* column New_York = "New York"`. `read_mps` undoes it.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from otmodels.errors import FileFormatError, InputError, NotLinearError
from otmodels.languages.highspy import read_highs
from otmodels.languages.naming import check_statable, unused
from otmodels.lp import LinearProgram, Program

_KEYWORDS = frozenset(
    """NAME ROWS COLUMNS RHS RANGES BOUNDS ENDATA OBJSENSE OBJSENSE: OBJECT MAX MIN MAXIMIZE MINIMIZE QUADOBJ QMATRIX QSECTION
    QCMATRIX CSECTION SOS SOS1 SOS2 SETS MARKER DELAYEDROWS MODELCUTS USERCUTS INDICATORS GENCONS PWLOBJ
    OBJECTIVE SIDE RANGE BOUND""".split()  # noqa: SIM905 - a list of forty strings would fill the page
)
_RENAMED = re.compile(r"\* (row|column) (\S+) = (\".*\")")
_LEGAL = re.compile(r"[^\s*$'\"][^\s]*")
_HARMLESS = ("assume fixed format", "switching to fixed format")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity)", re.IGNORECASE)
_WITH_NUMBER = frozenset({"UP", "LO", "FX", "LI", "UI", "SC", "SI"})
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


def read_mps(path: Path) -> LinearProgram:
    """Read a program from an MPS file, free or fixed format, under the names that the file gives or restores.

    Rows of type N after the first, which bound nothing, are left out, as HiGHS does.

    Raises
    ------
    FileFormatError
        There is no such file, or HiGHS cannot read it, or not all of it: the message has HiGHS's complaint.
    NotLinearError
        It has integer variables or a quadratic objective.
    """
    if not path.is_file():
        raise FileFormatError(str(path), "is not there", "Give the path of an MPS file")
    highs, complaints, fixed = _read(path)
    try:
        program = read_highs(highs)
    except NotLinearError as error:
        raise NotLinearError(str(path), error.fault, error.remedy) from error
    except InputError as error:
        raise FileFormatError(str(path), error.fault, error.remedy) from error
    if complaints:
        raise FileFormatError(str(path), f"HiGHS reads it only in part: {complaints[0]}", "Correct the file")
    _check_numbers(path, fixed)
    names = _restored(path)
    row_names, column_names = (
        [names.get((kind, name), name) for name in given]
        for kind, given in (("row", program.row_names), ("column", program.column_names))
    )
    return replace(program, row_names=row_names, column_names=column_names)


def _read(path: Path) -> tuple[Any, list[str], bool]:
    """A Highs object with the file read, what HiGHS complained of, and whether it took the format as fixed."""
    highs = highspy.Highs()
    with tempfile.TemporaryDirectory() as folder:
        log, model = Path(folder, "log"), path
        if path.suffix.lower() not in (".mps", ".gz"):
            model = Path(folder, "model.mps")  # HiGHS tells formats apart by the ending
            shutil.copy(path, model)
        options = {"log_to_console": False, "log_file": str(log), "small_matrix_value": 1e-12}
        for name, value in options.items():
            highs.setOptionValue(name, value)
        status = highs.readModel(str(model))
        highs.setOptionValue("log_file", "")
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    said = [re.sub(r"^\w+: *", "", line).strip() for line in lines if line.startswith(("WARNING", "ERROR"))]
    if status == highspy.HighsStatus.kError:
        reason = said[0].replace(str(model), path.name) if said else "no reason given"
        raise FileFormatError(str(path), f"HiGHS cannot read it ({reason})", "Give an MPS file")
    complaints = [line for line in said if not any(words in line for words in _HARMLESS)]
    return highs, complaints, any(_HARMLESS[1] in line for line in said)


def _lines(path: Path) -> Iterator[str]:
    with (
        gzip.open(path, "rt", encoding="utf-8", errors="replace")
        if path.suffix.lower() == ".gz"
        else path.open(encoding="utf-8", errors="replace") as lines
    ):
        yield from (line.rstrip("\r\n") for line in lines)


def _restored(path: Path) -> dict[tuple[str, str], str]:
    """The names that comments at the head of the file say were written in another way."""
    head = takewhile(lambda line: line.startswith("*"), _lines(path))
    return {(match[1], match[2]): str(json.loads(match[3])) for match in map(_RENAMED.fullmatch, head) if match}


def _check_numbers(path: Path, fixed: bool) -> None:
    """Raise at the first number that is none: HiGHS reads "2,5" and "2D5" as 2, and "nan" as nothing, without a word."""
    section = ""
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or line.startswith("*"):
            continue
        if not line[0].isspace():
            section = line.split()[0].upper()
            continue
        for text in _numbers_at(section, line, fixed):
            if not _NUMBER.fullmatch(text):
                raise FileFormatError(str(path), f"line {number} has {text!r} where a number belongs", "Write it as 2.5e5")


def _numbers_at(section: str, line: str, fixed: bool) -> list[str]:
    """What stands where a line of a section has its numbers."""
    words = line.split()
    if section == "BOUNDS":
        wanted = words[0].upper() in _WITH_NUMBER
        return [(line[24:36].strip() if fixed else words[-1])] if wanted else []
    if section not in ("COLUMNS", "RHS", "RANGES") or "'MARKER'" in words:
        return []
    if fixed:
        return [text for text in (line[24:36].strip(), line[49:61].strip()) if text]
    return words[2::2] if len(words) % 2 else words[1::2]


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
