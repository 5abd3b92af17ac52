"""Linear programs in files, MPS and LP, read by HiGHS under the names that they give.

The MPS format separates names by blanks. A name with blanks, or one that the format keeps for itself, is written in another
way by `otmodels.languages.mps`, and a comment at the head of the file says which name is whose:
`* column New_York = "New York"`. `read_mps` undoes it.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import highspy

from otmodels.errors import FileFormatError, InputError, NotLinearError
from otmodels.languages.cards import lines_of, read_deck
from otmodels.languages.highspy import read_highs
from otmodels.languages.lp_text import check_text
from otmodels.languages.sets import choose, listed, rewritten
from otmodels.lp import LinearProgram

_RENAMED = re.compile(r"\* (row|column) (\S+) = (\".*\")")
_HARMLESS = ("assume fixed format", "switching to fixed format", "values summed to", "repeated variable", "explicit zero")


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """A Highs object with a file in it, or the error that it could not be read, complaints, and whether the format is fixed."""

    highs: Any
    error: FileFormatError | None
    complaints: list[str]
    fixed: bool


def read_mps(path: Path, sets: Mapping[str, str] | None = None) -> LinearProgram:
    """Read a program from an MPS file, free or fixed format, under the names that the file gives or restores.

    Of several sets of right-hand sides, ranges or bounds the first is used, or the one that is asked for; rows of type N after
    the first, which bound nothing, are left out; an upper bound below 0 without a lower bound makes the lower bound -inf. What
    was decided is in the program's `notes`.

    Parameters
    ----------
    path : Path
        The file.
    sets : mapping of str to str, optional
        Names of sets by section: {"RHS": "RHS2", "BOUNDS": "low"}.

    Raises
    ------
    FileFormatError
        There is no such file, or a line of it is not understood, or HiGHS cannot read it, or not all of it.
    UnknownNameError
        There is no such set.
    NotLinearError
        It has integer variables or a quadratic objective.
    """
    _check_there(path, "an MPS file")
    file = _read(path, path, "mps")
    deck = read_deck(path, file.fixed)
    choice = choose(deck, sets)
    if (text := rewritten(deck, choice)) is not None:
        file = _read(path, text, "mps")
    program = _program(path, file)
    names = _restored(path)
    row_names, column_names = (
        [names.get((kind, name), name) for name in given]
        for kind, given in (("row", program.row_names), ("column", program.column_names))
    )
    return replace(program, row_names=row_names, column_names=column_names, sense=deck.sense or program.sense, notes=choice.notes)


def read_lp(path: Path) -> LinearProgram:
    """Read a program from a file in the LP format of CPLEX, as far as HiGHS reads that; rows without a name are "row_k".

    Raises
    ------
    FileFormatError
        There is no such file, or a line has what HiGHS does not read, or reads otherwise than it is meant.
    NotLinearError
        It has integer or semicontinuous variables, special ordered sets or quadratic terms.
    """
    _check_there(path, "an LP file")
    written = check_text(path)
    program = _program(path, _read(path, path, "lp"))
    if program.shape[0] != len(written.rows) or set(program.column_names) != written.columns:
        raise FileFormatError(str(path), "HiGHS reads other rows or variables than it has", "Give the program as an MPS file")
    row_names = [label or f"row_{k}" for k, label in enumerate(written.rows)]
    alone = (f"variables that stand among the bounds alone: {listed(written.bounded)}",) if written.bounded else ()
    return replace(program, row_names=row_names, notes=alone)


def _check_there(path: Path, what: str) -> None:
    if not path.is_file():
        raise FileFormatError(str(path), "is not there", f"Give the path of {what}")


def _read(path: Path, source: Path | str, ending: str) -> _File:
    """A file, or the text to read in its place, in HiGHS, which tells formats apart by the ending."""
    highs = highspy.Highs()
    with tempfile.TemporaryDirectory() as folder:
        log, model = Path(folder, "log"), Path(folder, f"model.{ending}")
        if isinstance(source, str):
            model.write_text(source, encoding="utf-8")
        elif path.name.lower().endswith((f".{ending}", f".{ending}.gz")):
            model = path
        else:
            model = model.with_suffix(f".{ending}.gz" if path.suffix.lower() == ".gz" else f".{ending}")
            shutil.copy(path, model)
        options = {"log_to_console": False, "log_file": str(log), "small_matrix_value": 1e-12}
        for name, value in options.items():
            highs.setOptionValue(name, value)
        status = highs.readModel(str(model))
        highs.setOptionValue("log_file", "")
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    said = [re.sub(r"^\w+: *", "", line).strip() for line in lines if line.startswith(("WARNING", "ERROR"))]
    complaints = [line.replace(str(model), path.name) for line in said if not any(words in line for words in _HARMLESS)]
    fault = f"HiGHS cannot read it ({complaints[0] if complaints else 'no reason given'})"
    error = FileFormatError(str(path), fault, f"Give an {ending.upper()} file")
    failed = status == highspy.HighsStatus.kError
    return _File(highs, error if failed else None, complaints, any(_HARMLESS[1] in line for line in said))


def _program(path: Path, file: _File) -> LinearProgram:
    """The program that HiGHS read, if it read all of it."""
    if file.error is not None:
        raise file.error
    try:
        program = read_highs(file.highs)
    except NotLinearError as error:
        raise NotLinearError(str(path), error.fault, error.remedy) from error
    except InputError as error:
        raise FileFormatError(str(path), error.fault, error.remedy) from error
    crossing = program.lower > program.upper
    if crossing.any():
        k = int(crossing.argmax())
        fault = f"{program.column_names[k]} has the lower bound {program.lower[k]:g} above the upper bound {program.upper[k]:g}"
        raise FileFormatError(str(path), fault, "Correct its bounds; a variable that has no other has the lower bound 0")
    if file.complaints:
        raise FileFormatError(str(path), f"HiGHS reads it only in part: {file.complaints[0]}", "Correct the file")
    return program


def _restored(path: Path) -> dict[tuple[str, str], str]:
    """The names that comments at the head of the file say were written in another way."""
    head = takewhile(lambda line: line.startswith("*"), lines_of(path))
    return {(match[1], match[2]): str(json.loads(match[3])) for match in map(_RENAMED.fullmatch, head) if match}
