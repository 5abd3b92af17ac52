"""The programs as mathematics: what the docstring of a formulation states, set in MathML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from otmodels.cli.page.markup import Html, element, joined

_LINE = re.compile(
    r"    (?P<word>over|min|max|s\.t\.|)\s+(?P<said>\S.*?)(?:\s{2,}(?P<where>for all .*?))?(?:\s{2,}\((?P<tag>\w\d)\))?"
)
_TOKEN = re.compile(r"[A-Za-z]+(?:_[a-z]+)?|\d+|<=|>=|[-+=(),]")
_SYMBOLS = {"<=": "≤", ">=": "≥", "-": "\N{MINUS SIGN}"}
_GREEK = {"gamma": "\N{GREEK SMALL LETTER GAMMA}"}
_WORDS = {"over": "over", "min": "minimise", "max": "maximise", "s.t.": "subject to", "": ""}


@dataclass(frozen=True, slots=True)
class Statement:
    """A program as a docstring states it: its name, and of each line the word, the formula, for which it holds, and the tag."""

    name: str
    lines: tuple[tuple[str, str, str, str], ...]

    def html(self) -> Html:
        """A line a row, with its tag."""
        rows = (
            element(
                "tr",
                element("th", _WORDS[word], scope="row"),
                element("td", formula(said)),
                element("td", formula(where) if where else ""),
                element("td", f"({tag})" if tag else "", class_="tag"),
            )
            for word, said, where, tag in self.lines
        )
        made = element("table", element("caption", self.name), element("tbody", *rows), class_="program")
        return element("div", made, class_="wide", tabindex="0", role="region", aria_label=self.name)


def statements(docstring: str | None) -> Iterator[Statement]:
    """The programs that a docstring states: blocks of indented lines under a name.

    >>> [made] = statements('''Intro.
    ...
    ... Primal
    ...     over   x >= 0                    (P1)
    ...     min    sum_i c_i x_i             (P0)
    ... ''')
    >>> made.name, made.lines[1]
    ('Primal', ('min', 'sum_i c_i x_i', '', 'P0'))
    """
    for block in (docstring or "").split("\n\n"):
        name, *lines = block.strip("\n").splitlines() or [""]
        found = [_LINE.fullmatch(line.rstrip()) for line in lines]
        if found and all(found):
            yield Statement(name, tuple(_parts(match) for match in found if match))


def formula(said: str) -> Html:
    """A formula of a docstring in MathML; names of more than a letter that are not Greek are words.

    >>> formula("f_i >= 0")
    '<math><msub><mi>f</mi><mi>i</mi></msub><mo>≥</mo><mn>0</mn></math>'
    """
    return element("math", *(_token(token) for token in _TOKEN.findall(said)))


def _parts(match: re.Match[str]) -> tuple[str, str, str, str]:
    word, said, where, tag = (match[name] or "" for name in ("word", "said", "where", "tag"))
    return word, said, where, tag


def _token(token: str) -> Html:
    name, _, index = token.partition("_")
    if not name[0].isalpha():
        return element("mn" if name.isdigit() else "mo", _SYMBOLS.get(name, name))
    if not index:
        return _name(name)
    letters = joined(element("mi", letter) for letter in index)
    below = letters if len(index) == 1 else element("mrow", letters)
    return element("munder", element("mo", "∑"), below) if name == "sum" else element("msub", _name(name), below)


def _name(name: str) -> Html:
    if len(name) == 1 or name in _GREEK:
        return element("mi", _GREEK.get(name, name))
    return element("mtext", f"\N{NO-BREAK SPACE}{name}\N{NO-BREAK SPACE}")
