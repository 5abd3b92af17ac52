"""The text of an LP file, before HiGHS reads it: what HiGHS would read otherwise than it is meant is refused, by its line.

HiGHS says nothing where it drops a constant on the left of a row, everything on a line after a semicolon, everything before the
first section, all but the last of a variable's terms in the objective, or where it takes "x y" for x + y, "(x" for a name, "0x1"
for a number, and "infeed" for infinity times "eed". A misspelt name among the bounds is a new variable, which is noted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from otmodels.errors import FileFormatError, NotLinearError
from otmodels.languages.cards import lines_of

_TOKEN = re.compile(
    r"(?P<compare><=|>=|=(?![<>])|[<>]|=[<>])|(?P<hex>0[xX])|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<sign>[+-])|(?P<colon>:)|(?P<name>[^\s\d.,()\\:+<>^=/\-*\[\];][^\s\\:+<>^=/\-*\[\];]*)|(?P<other>\S)"
)
_SECTIONS = {
    "objective": ("min", "minimize", "minimum", "max", "maximize", "maximum"),
    "rows": ("st", "s.t."),
    "bounds": ("bound", "bounds"),
    "discrete": ("binary", "binaries", "bin", "general", "generals", "gen", "integer", "integers", "semi", "semis"),
    "sets": ("sos", "sos1", "sos2"),
    "end": ("end",),
}
_SECTION = {word: section for section, words in _SECTIONS.items() for word in words}
_PHRASES = re.compile(r"(?i)(?<!\S)(?:subject\s+to|such\s+that|semi-continuous)(?!\S)")
_INFINITY = ("inf", "infinity")


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of text, what it is, its line, and whether it is the first there."""

    kind: str
    text: str
    line: int
    first: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What an LP file has.

    Attributes
    ----------
    rows : list of str
        Names of the rows, empty where one has none.
    columns : set of str
        Names of the variables.
    bounded : list of str
        Those of them that stand among the bounds and in neither the objective nor a row.
    """

    rows: list[str]
    columns: set[str]
    bounded: list[str]


def check_text(path: Path) -> Written:
    """Understand an LP file.

    Raises
    ------
    FileFormatError
        A line is none of the format, or not one that HiGHS reads as it is meant.
    NotLinearError
        It has quadratic terms or special ordered sets.
    """
    return _Text(path).read()


class _Text:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = Written([], set(), [])
        self._tokens = [*self._split(), _Token("section", "", 0, True)]
        self._at = 0

    def read(self) -> Written:
        if _SECTION.get(self._token.text) != "objective":
            self._fail("it does not begin with minimize or maximize", "Give an LP file")
        self._next()
        self._objective()
        parts = {"rows": self._rows, "bounds": self._bounds, "discrete": self._discrete}
        while self._token.text:
            section = _SECTION[self._token.text]
            if section == "objective":
                self._fail("a second objective begins", "Keep one")
            if section == "sets":
                raise NotLinearError(str(self.path), "it has special ordered sets", "Write it as a linear program")
            self._next()
            if section not in parts:
                break
            parts[section]()
        if self._token.text:
            self._fail(f"{self._token.text!r} stands behind the end")
        return self.written

    def _split(self) -> Iterator[_Token]:
        for number, line in enumerate(lines_of(self.path), start=1):
            text = _PHRASES.sub(lambda match: "semi" if "-" in match[0] else "st", line.split("\\")[0])
            for k, match in enumerate(_TOKEN.finditer(text)):
                kind, word = str(match.lastgroup), match[0]
                section = kind == "name" and word.lower() in _SECTION
                yield _Token("section" if section else kind, word.lower() if section else word, number, k == 0)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _objective(self) -> None:
        self._label()
        names = self._terms(constants=True)
        if repeated := [name for name, times in Counter(names).items() if times > 1]:
            self._fail(f"the objective has two terms in {repeated[0]!r}, of which HiGHS keeps the last", "Write them as one")
        if self._token.kind != "section":
            self._fail(f"{self._token.text!r} stands in the objective, which is a sum of number times variable")

    def _rows(self) -> None:
        while self._token.kind != "section":
            self._begin("row")
            self.written.rows.append(label := self._label())
            if not (self._terms() or label):
                self._fail("a row begins without a variable", "Write the variables on the left, and one number on the right")
            if self._next_if("compare") not in ("<=", ">=", "="):
                self._fail("a row has no <=, >= or = after its variables", "HiGHS reads these three")
            self._number()

    def _bounds(self) -> None:
        while self._token.kind != "section":
            self._begin("bound")
            left = self._token.kind != "name" or self._token.text.lower() in _INFINITY
            if left:
                self._number()
                self._next_if("compare")
            name = self._next_if("name")
            if name not in self.written.columns:
                self.written.columns.add(name)
                self.written.bounded.append(name)
            if self._token.text.lower() == "free" and not left:
                self._next()
            elif self._token.kind == "compare":
                self._next()
                self._number()
            elif not left:
                self._fail(f"the bound of {name!r} is missing")

    def _discrete(self) -> None:
        while self._token.kind != "section":
            if (name := self._next_if("name")) not in self.written.columns:
                self._fail(f"there is no variable {name!r} in the objective or a row", "Correct the name")

    def _terms(self, constants: bool = False) -> list[str]:
        """The variables of a sum of number times variable."""
        names: list[str] = []
        first = True
        while (signed := self._signs()) or self._token.kind in ("number", "name"):
            if not (signed or first):
                self._fail(f"{self._token.text!r} follows without + or -")
            number = self._next().text if self._token.kind == "number" else ""
            if self._token.kind == "name":
                names.append(self._name())
            elif not (number and constants):
                self._fail("a constant stands on the left of a row, or a sign by itself", "Take it to the right")
            first = False
        self.written.columns.update(names)
        return names

    def _label(self) -> str:
        if self._token.kind == "name" and self._tokens[self._at + 1].kind == "colon":
            label = self._next().text
            self._next()
            return label
        return ""

    def _signs(self) -> bool:
        start = self._at
        while self._token.kind == "sign" and self._at - start < 2:
            self._next()
        return self._at > start

    def _number(self) -> None:
        self._signs()
        if self._token.kind != "number" and self._token.text.lower() not in _INFINITY:
            self._fail(f"{self._token.text!r} stands where one number belongs")
        self._next()

    def _name(self) -> str:
        name = self._next().text
        if name.lower().startswith(("inf", "nan")) or name.lower() == "free":
            self._at -= 1
            self._fail(f"HiGHS does not read {name!r} as the name of a variable", "Rename it")
        return name

    def _next_if(self, kind: str) -> str:
        if self._token.kind != kind:
            self._fail(f"{self._token.text!r} stands where a {'variable' if kind == 'name' else 'comparison'} belongs")
        return self._next().text

    def _begin(self, what: str) -> None:
        if not self._token.first and self._tokens[self._at - 1].kind != "section":
            self._fail(f"{self._token.text!r} follows on the line of another {what}", f"Give each {what} a line of its own")

    def _fail(self, fault: str, remedy: str = "Correct the file") -> NoReturn:
        if self._token.text == "[":
            raise NotLinearError(str(self.path), f"line {self._token.line} has a quadratic term", "Keep it linear")
        where = f"line {self._token.line}: " if self._token.line else ""
        raise FileFormatError(str(self.path), where + fault, remedy)
