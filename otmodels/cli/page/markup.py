"""HTML out of text: what is not markup already is escaped, so that forgetting to cannot happen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from html import escape
from unicodedata import category

_ALONE = {"img", "meta"}
_OWN_LINE = {"h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "section", "figure"}
_OWN_LINE |= {"div", "header", "main", "footer", "nav", "head", "body", "title", "meta", "style", "pre"}


class Html(str):
    """Markup, which stands in a page as it is; every other string is text."""

    __slots__ = ()


def text(content: Hashable) -> Html:
    """Markup as it is; anything else as text, escaped, characters that do not print written out.

    >>> text("a < b & 'c'")
    'a &lt; b &amp; &#x27;c&#x27;'
    """
    return content if isinstance(content, Html) else Html(escape("".join(map(_printable, str(content)))))


def joined(parts: Iterable[Hashable]) -> Html:
    """Parts one after the other."""
    return Html("".join(map(text, parts)))


def element(name: str, /, *content: Hashable, **attributes: str | None) -> Html:
    """An element; an underscore at the end of an attribute's name is left out, one within is a hyphen; None is no attribute.

    >>> element("th", "mass <t>", scope="col", class_="number")
    '<th scope="col" class="number">mass &lt;t&gt;</th>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value is not None
    )
    closed = "" if name in _ALONE else f"{joined(content)}</{name}>"
    return Html(f"<{name}{written}>{closed}" + ("\n" if name in _OWN_LINE else ""))


def section(key: str, title: str, *content: Hashable) -> Html:
    """A section that the list of contents can point to."""
    return element("section", element("h2", title, id=key), *content, aria_labelledby=key)


def facts(*rows: tuple[str, Hashable]) -> Html:
    """Names with what is to be said under each; rows without anything are left out."""
    return element("dl", *(joined((element("dt", name), element("dd", said))) for name, said in rows if said != ""))


def paragraphs(prose: str) -> Html:
    """Text whose paragraphs are parted by empty lines."""
    parts = (" ".join(part.split()) for part in prose.split("\n\n"))
    return joined(element("p", part) for part in parts if part)


def preformatted(lines: str, label: str) -> Html:
    """Text whose lines and spaces stay, in a box that scrolls."""
    kept = Html("\n".join(text(line) for line in lines.split("\n")))
    return element("pre", kept, tabindex="0", role="region", aria_label=label)


def _printable(character: str) -> str:
    """A character as it is, unless it could hide or steer what stands beside it."""
    return character if character.isprintable() or category(character) == "Zs" else repr(character)[1:-1]
