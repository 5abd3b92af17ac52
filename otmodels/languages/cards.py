"""The cards of an MPS file: which of several sets is used, and what HiGHS passes over in silence.

HiGHS reads MPS files, but it merges several sets of right-hand sides, ranges or bounds into one, adds a column where a bound
has a name that no column has, takes a set that is named like a column for that column, passes over a third pair of a line and
over lines in no section, "OBJSENSE MAXIMIZE" among them, and takes the right-hand side of a second row of type N for that of
the objective. Here each line is understood or refused, and where HiGHS would read something else it gets a file of its own.

An upper bound below 0 without a lower bound makes the lower bound -inf, as most readers have it (SAS, QSopt, lp_solve).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from otmodels.errors import FileFormatError

SETS = ("RHS", "RANGES", "BOUNDS")
"""Sections that may hold several sets."""

_BEFORE = {
    "OBJSENSE": {"ROWS"},
    "NAME": {"ROWS"},
    "ROWS": {"COLUMNS"},
    "COLUMNS": set(SETS),
    "RHS": {"RANGES"},
    "RANGES": set[str](),
    "BOUNDS": set[str](),
}
"""Sections, and those that may not come before them."""

_OTHERS = frozenset("ENDATA QUADOBJ QMATRIX QSECTION QCMATRIX CSECTION SETS SOS INDICATORS".split())  # noqa: SIM905
_WITH_TEXT = frozenset({"NAME", "OBJSENSE", "QSECTION", "QCMATRIX", "CSECTION"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity)", re.IGNORECASE)
LOWER = frozenset({"LO", "FX", "MI", "FR", "LI", "BV"})
"""Types of bounds that give a lower bound."""

_UPPER = frozenset({"UP", "FX", "PL", "FR", "UI", "BV", "SC", "SI"})
_WITH_NUMBER = frozenset({"UP", "LO", "FX", "LI", "UI", "SC", "SI"})


@dataclass(frozen=True, slots=True)
class Card:
    """A line of RHS, RANGES or BOUNDS: its set, the type of a bound, and names with numbers as they are written."""

    line: int
    set: str
    kind: str
    entries: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Deck:
    """An MPS file, understood.

    Attributes
    ----------
    path : Path
        Where it is.
    fixed : bool
        Whether it is in fixed format, where names may have blanks.
    lines : list of tuple of str
        The section of each line, and the line; heads of sections among them, comments not.
    rows, columns : dict of str to None
        Names, in order; rows of type N are not among them.
    objectives : list of str
        The rows of type N: the first is the objective, further ones bound nothing.
    cards : dict of str to list of Card
        By section.
    sense : {"min", "max"} or None
        What OBJSENSE says.
    """

    path: Path
    fixed: bool
    lines: list[tuple[str, str]] = field(default_factory=list)
    rows: dict[str, None] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    objectives: list[str] = field(default_factory=list)
    cards: dict[str, list[Card]] = field(default_factory=lambda: {section: [] for section in SETS})
    sense: Literal["min", "max"] | None = None

    @property
    def free(self) -> list[str]:
        """Rows of type N after the first, which bound nothing."""
        return self.objectives[1:]


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, which may be compressed.

    Raises
    ------
    FileFormatError
        It cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as lines:
            yield from (line.decode("utf-8", errors="replace").rstrip("\r\n") for line in lines)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(str(path), f"cannot be read ({error})", "Give a text file, or one that gzip has packed") from error


def read_deck(path: Path, fixed: bool) -> Deck:
    """Understand each line of an MPS file.

    Raises
    ------
    FileFormatError
        A line is none of its section's; the message has its number.
    """
    return _Reader(path, fixed).read()


class _Reader:
    def __init__(self, path: Path, fixed: bool) -> None:
        self.deck = Deck(path, fixed)
        self._line = 0
        self._column = ""
        self._rows: set[str] = set()
        self._seen: set[tuple[str, ...]] = set()
        self._take: dict[str, Callable[[str, list[str]], None]] = {
            "OBJSENSE": self._sense, "ROWS": self._row, "COLUMNS": self._entry, "BOUNDS": self._bound,
            "RHS": lambda *parts: self._side("RHS", *parts), "RANGES": lambda *parts: self._side("RANGES", *parts),
        }  # fmt: skip

    def read(self) -> Deck:
        section = ""
        for number, line in enumerate(lines_of(self.deck.path), start=1):
            self._line, words = number, line.split()
            if not words or line.startswith("*"):
                continue
            if head := self._head(line, words):
                section = self._opened(head)
                if head == "OBJSENSE" and len(words) > 1:
                    self._sense(line, words[1:])
            elif section in self._take:
                self._take[section](line, words)
            elif section not in _OTHERS:
                fault = f"{line.strip()!r} stands in no section that is known"
                raise self._fault(fault, "Correct the file" if self._seen else "Give an MPS file")
            self.deck.lines.append((section, line))
            if section == "ENDATA":
                break
        return self.deck

    def _head(self, line: str, words: Sequence[str]) -> str | None:
        """The section that a line opens, as HiGHS sees it: anywhere in a free format, at the first place in a fixed one."""
        word = words[0].upper().replace("OBJSENSE:", "OBJSENSE")
        if self.deck.fixed and line[0].isspace():
            return None
        return word if word in (_BEFORE.keys() | _OTHERS) and (len(words) == 1 or word in _WITH_TEXT) else None

    def _opened(self, section: str) -> str:
        opened = {part[0] for part in self._seen if len(part) == 1}
        if section in _BEFORE and (late := opened & ({section} | _BEFORE[section])):
            raise self._fault(f"{section} opens after {' and '.join(sorted(late))}")
        self._seen.add((section,))
        return section

    def _sense(self, line: str, words: Sequence[str]) -> None:
        for sense in ("min", "max"):
            if words[0].lower().startswith(sense):
                self.deck.sense = sense
                return
        raise self._fault(f"OBJSENSE is {line.strip()!r}, which is neither MIN nor MAX")

    def _row(self, line: str, words: Sequence[str]) -> None:
        kind, name = (line[1:3].strip(), line[4:12].strip()) if self.deck.fixed else (words[0], words[-1])
        if kind not in ("N", "E", "L", "G") or not name or not (self.deck.fixed or len(words) == 2):
            raise self._fault(f"{line.strip()!r} is no row: one is a type, N, E, L or G, and a name")
        self._once(f"row {name}", "row", name)
        if kind == "N":
            self.deck.objectives.append(name)
        else:
            self.deck.rows[name] = None

    def _entry(self, line: str, words: Sequence[str]) -> None:
        if "'MARKER'" in words:
            return
        column, entries = self._pairs(line, words)
        if column != self._column:
            self._once(f"column {column}", "column", column)
            self._column, self.deck.columns[column], self._rows = column, None, set()
        for row, _ in entries:
            self._known(row)
            if row in self._rows:
                raise self._fault(f"the entry of column {column} in row {row} is there a second time")
            self._rows.add(row)

    def _side(self, section: str, line: str, words: Sequence[str]) -> None:
        chosen, entries = self._pairs(line, words, bare=True)
        for row, _ in entries:
            self._known(row)
            self._once(f"row {row} in the {section} set {chosen}", section, chosen, row)
        self.deck.cards[section].append(Card(self._line, chosen, "", tuple(entries)))

    def _bound(self, line: str, words: Sequence[str]) -> None:
        kind, rest = (line[1:3].strip(), _fields(line)[:3]) if self.deck.fixed else (words[0], list(words[1:]))
        if kind not in LOWER | _UPPER:
            raise self._fault(f"{kind!r} is no type of bound")
        if len(rest) < 3 and not (len(rest) == 2 and kind not in _WITH_NUMBER and rest[1] in self.deck.columns):
            rest = ["", *rest]  # no name of a set
        chosen, column, number = [*rest, ""][:3] if len(rest) in (2, 3) else ("", "", "")
        if column not in self.deck.columns:
            raise self._fault(f"{line.strip()!r} is no bound of a column: none is named {column!r}")
        if kind in _WITH_NUMBER:
            self._number(number)
        for side, kinds in (("lower", LOWER), ("upper", _UPPER)):
            if kind in kinds:
                self._once(f"the {side} bound of {column} in the set {chosen}", side, chosen, column)
        self.deck.cards["BOUNDS"].append(Card(self._line, chosen, kind, ((column, number),)))

    def _pairs(self, line: str, words: Sequence[str], bare: bool = False) -> tuple[str, list[tuple[str, str]]]:
        """What a line begins with, a column or a set, and its pairs of row and number; the set may be left out."""
        parts = [part for part in _fields(line) if part] if self.deck.fixed else list(words)
        if bare and len(parts) % 2 == 0:
            parts.insert(0, "")
        if len(parts) not in (3, 5):
            raise self._fault(f"{line.strip()!r} is not a name and one or two pairs of row and number")
        for text in parts[2::2]:
            self._number(text)
        return parts[0], list(zip(parts[1::2], parts[2::2], strict=True))

    def _number(self, text: str) -> None:
        """Raise where a number is none: HiGHS reads "2,5" and "2D5" as 2, and a name as 0, without a word."""
        if not _NUMBER.fullmatch(text):
            raise self._fault(f"it has {text!r} where a number belongs", "Write it as 2.5e5")

    def _known(self, row: str) -> None:
        if row not in self.deck.rows and row not in self.deck.objectives:
            raise self._fault(f"there is no row {row!r}")

    def _once(self, what: str, *key: str) -> None:
        if (key := (*key, "")) in self._seen:
            raise self._fault(f"{what} is there a second time")
        self._seen.add(key)

    def _fault(self, fault: str, remedy: str = "Correct the file") -> FileFormatError:
        return FileFormatError(str(self.deck.path), f"line {self._line}: {fault}", remedy)


def _fields(line: str) -> list[str]:
    """Fields 2 to 6 of a line in fixed format."""
    return [line[start:end].strip() for start, end in ((4, 12), (14, 22), (24, 36), (39, 47), (49, 61))]
