"""A linear program in readable algebra, with its names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError
from otmodels.lp.program import Program

WIDTH = 100
"""Columns of a line unless told otherwise; a single name may be longer."""

TERMS = 100
"""Largest number of terms of a sum that is written out."""

_INDENT = 12


def algebra(program: Program, rows: int = 40, width: int = WIDTH) -> str:
    """The program as one would write it on paper.

    Coefficients of 1 are not written, numbers to 9 digits; sums of more than 100 terms are cut short, and say by how many.

    Parameters
    ----------
    program : Program
        Any.
    rows : int
        Largest number of rows, and of lines of bounds, that are written out.
    width : int
        Columns of a line; a single name may be longer.

    Raises
    ------
    ParameterError
        The number of rows is negative.

    Examples
    --------
    >>> from otmodels.lp import LinearProgram
    >>> print(algebra(LinearProgram.canonical([2, 3], [[1, 1], [1, -2]], [4, 0])))
    minimise    2 x_0 + 3 x_1
    subject to  row_0:  x_0 + x_1 >= 4
                row_1:  x_0 - 2 x_1 >= 0
    with        x_0, x_1 >= 0
    """
    if not isinstance(rows, int | np.integer) or rows < 0:
        raise ParameterError("rows", f"is {rows}", "Give a whole number >= 0")
    used = np.flatnonzero(program.c)
    cost = _sum(program.c[used], used, program.column_names, program.offset)
    sections = [("minimise" if program.sense == "min" else "maximise", [_wrapped(cost, width, _INDENT)])]
    sections += [("subject to", _rows(program, rows, width)), ("with", _bounds(program, rows, width))]
    return "\n".join(_section(title, lines) for title, lines in sections if lines)


def _section(title: str, lines: Sequence[str]) -> str:
    margin = " " * _INDENT
    return f"{title:<{_INDENT}}" + f"\n{margin}".join(lines)


def _rows(program: Program, most: int, width: int) -> list[str]:
    matrix = csr_array(program.A)
    count = matrix.shape[0]
    lines = []
    for i in range(min(most, count)):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        words = _sum(matrix.data[span], matrix.indices[span], program.column_names)
        before, after = _relation(program.row_lower[i], program.row_upper[i], free=" (free)")
        name = f"{program.row_names[i]}:  "
        lines.append(name + _wrapped([*before, *words, *after], width, _INDENT + len(name), _INDENT + 4))
    return lines + _more(count - most, "row")


def _relation(lower: float, upper: float, free: str = "free") -> tuple[list[str], list[str]]:
    """What stands before and after an expression between two bounds; a row without any is set off from its last name."""
    below, above = np.isfinite(lower), np.isfinite(upper)
    if lower == upper:
        return [], [f"= {_number(lower)}"]
    if below and above:
        return [f"{_number(lower)} <="], [f"<= {_number(upper)}"]
    return [], [f">= {_number(lower)}"] if below else [f"<= {_number(upper)}"] if above else [free]


def _bounds(program: Program, most: int, width: int) -> list[str]:
    """Variables by their bounds, in the order in which the bounds first appear."""
    pairs = list(zip(program.lower.tolist(), program.upper.tolist(), strict=True))
    columns: dict[tuple[float, float], list[int]] = {}
    for j, pair in enumerate(pairs):
        columns.setdefault(pair, []).append(j)
    lines = []
    for (lower, upper), members in list(columns.items())[:most]:
        before, after = _relation(lower, upper)
        names = [program.column_names[j] for j in members[:TERMS]]
        words = [f"{name}," for name in names[:-1]] + names[-1:]
        if len(members) > TERMS:
            words += [f"and {len(members) - TERMS:,} more"]
        lines.append(_wrapped([*before, *words, *after], width, _INDENT, _INDENT + 4))
    left = sum(len(members) for members in list(columns.values())[most:])
    return lines + _more(left, "variable")


def _more(count: int, what: str) -> list[str]:
    return [f"... and {count:,} more {what}{'s' if count > 1 else ''}"] if count > 0 else []


def _sum(coefficients: FloatArray, columns: IndexArray, names: Sequence[str], constant: float = 0.0) -> list[str]:
    """The words of a sum, each with its sign."""
    kept = coefficients != 0
    coefficients, columns = coefficients[kept], columns[kept]
    words: list[str] = []
    for factor, column in zip(coefficients[:TERMS].tolist(), columns[:TERMS].tolist(), strict=True):
        size = "" if abs(factor) == 1 else f"{_number(abs(factor))} "
        words.append(f"{_sign(factor, not words)}{size}{names[column]}")
    if coefficients.size > TERMS:
        words.append(f"+ ... ({coefficients.size - TERMS:,} more terms)")
    if constant:
        words.append(f"{_sign(constant, not words)}{_number(abs(constant))}")
    return words or ["0"]


def _sign(number: float, first: bool) -> str:
    if first:
        return "-" if number < 0 else ""
    return "- " if number < 0 else "+ "


def _number(value: float) -> str:
    return format(value + 0.0, ".9g")


def _wrapped(words: Sequence[str], width: int, column: int, indent: int | None = None) -> str:
    """Words in lines of about `width` columns, the first from a column on, the others indented."""
    return "\n".join(_lines(words, width, column, column if indent is None else indent))


def _lines(words: Sequence[str], width: int, column: int, indent: int) -> Iterator[str]:
    line, end = "", column
    for word in words:
        if line.strip() and end + 1 + len(word) > width:
            yield line
            line, end = " " * indent + word, indent + len(word)
        else:
            line, end = (f"{line} {word}", end + 1 + len(word)) if line.strip() else (line + word, end + len(word))
    yield line
