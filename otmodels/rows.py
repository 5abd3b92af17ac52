"""CSV files: a header and rows, however a spreadsheet wrote them, and the line of every fault.

Columns are parted by commas; by semicolons or tabs where only that gives every row as many cells as the header. In such a file,
which a spreadsheet writes where a comma is the decimal mark, 1.073,5 is a thousand and some; whether 1.073 is cannot be told
where no other number of the file has a mark that tells, and is refused.
"""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from otmodels.errors import FileFormatError
from otmodels.words import nearest

_Lines: TypeAlias = list[tuple[int, list[str]]]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_WITH_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_WITH_POINT = re.compile(r"[+-]?[\d.]*\.\d+")
_NAMES_OF_NAMES = "id ids index idx key code nr no number nummer name names uid uuid guid fid gid pk unnamed0".split()  # noqa: SIM905
"""Columns of such names, or ending in _id, hold names of atoms and no places: they are never taken as coordinates."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A CSV file as read.

    Attributes
    ----------
    path : Path
        The file.
    header : list of str
        Names of the columns, unique.
    rows : list of (int, list of str)
        Line and cells of each row, as many as the header has.
    separator : str
        What parts the columns.
    mark : str
        The decimal mark: "." or ",", and "?" where it cannot be told.
    """

    path: Path
    header: list[str]
    rows: _Lines
    separator: str
    mark: str

    @property
    def note(self) -> str:
        """How the file was read where it is no plain CSV, in words; empty where it is."""
        if self.separator == ",":
            return ""
        mark = "; a comma is the decimal mark" if self.mark == "," else ""
        return f"{self.path.name}: columns parted by {_SEPARATORS[self.separator]}{mark}"

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        at = self.header.index(name)
        return [row[at] for _, row in self.rows]

    def numbers(self, name: str) -> list[int | float]:
        """The numbers of a column; see `number`."""
        at = self.header.index(name)
        return [self.number(line, name, row[at]) for line, row in self.rows]

    def number(self, line: int, column: str, cell: str) -> int | float:
        """The number in a cell; integers stay integers, so that they are exact.

        Raises
        ------
        FileFormatError
            The cell is none, or has a mark that can be read in two ways.
        """
        where = f"line {line}, column {column!r}"
        text = self._plain(where, cell)
        try:
            value = float(text.replace("_", "?"))
        except ValueError:
            found = f"holds {cell!r}" if cell else "is empty"
            remedy = f"Write it with a point, as {cell.replace(',', '.')}" if _WITH_COMMA.fullmatch(cell) else "Write a number"
            raise FileFormatError(str(self.path), f"{where} {found}", remedy) from None
        if not text.lstrip("+-").isdecimal():
            return value
        if abs(value) >= 2.0**53:
            raise FileFormatError(str(self.path), f"{where} holds an integer beyond 2^53", "Use a larger unit")
        return int(text)

    def _plain(self, where: str, cell: str) -> str:
        """A number as Python writes it."""
        if self.mark == "." or not set(cell) & {".", ","}:
            return cell
        if self.mark == "?" and _THOUSANDS.fullmatch(cell):
            whole = cell.replace(".", "")
            fault = f"{where} holds {cell!r}, which may be {whole} or {cell}0, and no other number of the file tells"
            raise FileFormatError(str(self.path), fault, f"Write {whole}, or {cell}0")
        if self.mark == "," and "." in cell and not (_THOUSANDS.fullmatch(cell) or _WITH_COMMA.fullmatch(cell)):
            fault = f"{where} holds {cell!r}, and other numbers of the file have a decimal comma"
            raise FileFormatError(str(self.path), fault, "Write all numbers in one way")
        return cell.replace(".", "").replace(",", ".")


def read_table(path: Path) -> Table:
    """A CSV file in UTF-8; blank lines are passed over, ragged ones are errors.

    Raises
    ------
    FileFormatError
        The file is missing, empty or malformed; the message has the line.
    """
    separator, lines = _parted(path, _text(path))
    if not lines:
        raise FileFormatError(str(path), "is empty", "Give a header line and at least one row")
    (_, header), rows = lines[0], lines[1:]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise FileFormatError(
            str(path), f"line 1 names the column {repeated[0]!r} more than once", "Give each column its own name"
        )
    if not rows:
        raise FileFormatError(str(path), "line 1 is the header and no row follows", "Give at least one row")
    for line, row in rows:
        if len(row) != len(header):
            raise FileFormatError(str(path), f"line {line} has {len(row)} cells, the header {len(header)}", "Make them equal")
    return Table(path, header, rows, separator, "." if separator == "," else _mark(rows))


def note_of(path: Path) -> str:
    """How a file is read where it is no plain CSV, in words; most are, as their first line tells."""
    with path.open(encoding="utf-8-sig") as lines:
        return "" if "," in lines.readline() else read_table(path).note


def coordinates_of(path: Path, header: list[str], others: tuple[str, ...]) -> list[str]:
    """Names of the columns that are coordinates: all but some.

    Raises
    ------
    FileFormatError
        A column has no name, or one that is given to names of atoms: identifiers are no places.
    """
    names = [name for name in header if name not in others]
    for name in names:
        bare = re.sub(r"[\W]", "", name.lower())
        if bare in _NAMES_OF_NAMES or name.lower().endswith(("_id", " id")) or name.endswith("Id") or not name:
            called = f"the column {name!r}" if name else f"column {header.index(name) + 1} without a name"
            rest = "rename it if it is a coordinate, or leave it out"
            remedy = rest.capitalize() if "label" in header else f"Name it 'label' if it names the atoms, {rest}"
            raise FileFormatError(str(path), f"has {called}, and names are no coordinates", remedy)
    return names


def lacking(path: Path, header: list[str], name: str, what: str, called: tuple[str, ...] = ()) -> FileFormatError:
    """The error for a file without a column that it has to have.

    Parameters
    ----------
    path, header : Path, list of str
        The file, and the columns that it has.
    name, what : str
        The column that it lacks, and what that holds.
    called : tuple of str
        What others call it.
    """
    if all(re.fullmatch(r"[+-]?[\d.,]+([eE][+-]?\d+)?", cell) for cell in header):
        fault = f"line 1 holds {', '.join(header)}: numbers, where the names of the columns belong"
        return FileFormatError(str(path), fault, f"Write a header as line 1, with {name!r} over the {what}")
    if len(header) == 1 and re.search(r"\w[ |:]+\w", header[0]):
        fault = f"line 1 has the single column {header[0]!r}"
        return FileFormatError(str(path), fault, "Part the columns by commas, semicolons or tabs")
    bare = {cell.strip().lower(): cell for cell in header}
    near = next((bare[other] for other in (name, *called) if other in bare), None)
    near = near or next((cell for other, cell in bare.items() if nearest(other, [name])), None)
    remedy = f"Rename {near!r} to {name!r}" if near else f"Rename the column of {what} to {name!r}"
    return FileFormatError(
        str(path), f"line 1 has no column {name!r} but {', '.join(cell or '(no name)' for cell in header)}", remedy
    )


def _text(path: Path) -> str:
    """The text of a file, and an error that names what else it is."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileFormatError(str(path), f"cannot be read ({error.strerror})", "Check the path") from error
    if content.startswith(b"PK\x03\x04"):
        raise FileFormatError(str(path), "is a workbook or another archive, and no text", "Save the sheet as CSV in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        fault = "is text in UTF-16" if wide else f"is not text in UTF-8: line {line} has the byte 0x{content[error.start]:02x}"
        raise FileFormatError(str(path), fault, "Save it as CSV in UTF-8") from error


def _parted(path: Path, text: str) -> tuple[str, _Lines]:
    """What parts the columns, and the lines in cells: the first separator by which all lines have as many, else the comma."""
    for separator in _SEPARATORS:
        with suppress(FileFormatError):
            lines = _lines(path, text, separator)
            lengths = {len(cells) for _, cells in lines}
            if len(lengths) == 1 and lengths != {1}:
                return separator, lines
    return ",", _lines(path, text, ",")


def _lines(path: Path, text: str, separator: str) -> _Lines:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        fault = f"line {reader.line_num} is not CSV ({error})"
        raise FileFormatError(str(path), fault, "Save it as comma-separated text in UTF-8") from error


def _mark(rows: _Lines) -> str:
    """The decimal mark of a file whose columns are not parted by commas."""
    cells = [cell for _, row in rows for cell in row if "," in cell or "." in cell]
    if any(map(_WITH_COMMA.fullmatch, cells)):
        return ","
    parted = [cell for cell in cells if _WITH_POINT.fullmatch(cell)]
    return "?" if parted and all(map(_THOUSANDS.fullmatch, parted)) else "."
