"""What every entry looks at first: whether an argument is of the kind that it should be."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from otmodels.errors import FileFormatError, ParameterError
from otmodels.words import unknown


def check_type(argument: str, given: object, kind: type[Any] | tuple[type[Any], ...], remedy: str) -> None:
    """Raise unless an argument is of a type.

    Raises
    ------
    ParameterError
    """
    if not isinstance(given, kind):
        names = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise ParameterError(argument, f"is {kind_of(given)}, not a {names}", remedy)


def check_name(argument: str, given: object, names: Iterable[str]) -> None:
    """Raise unless an argument is one of some names.

    Raises
    ------
    UnknownNameError
    """
    known = tuple(names)
    if not (isinstance(given, str) and given in known):
        raise unknown(argument, given, known)


def checked_path(given: object) -> Path:
    """The path of a file that a user named.

    Raises
    ------
    FileFormatError
        It is no path.
    """
    if isinstance(given, str) or (isinstance(given, PathLike) and isinstance(fspath(given), str)):
        return Path(given)
    raise FileFormatError("path", f"is {kind_of(given)}, not a path", "Give the path of a file as text or a pathlib.Path")


def is_hashable(given: object) -> bool:
    """Whether an argument can be a label or the name of a column: tuples with lists in them cannot."""
    try:
        hash(given)
    except TypeError:
        return False
    return isinstance(given, Hashable)


def kind_of(given: object) -> str:
    """What was given instead, in words."""
    return "None" if given is None else f"of type {type(given).__name__}"


def shown(given: object) -> str:
    """What was given, in short."""
    text = repr(given)
    return text if len(text) <= 40 and "\n" not in text else f"an argument of type {type(given).__name__}"
