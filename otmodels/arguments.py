"""What the entry points check of their arguments before any work: that each is of the kind that it is said to be."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from numbers import Integral, Real
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

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


def check_flags(**flags: object) -> None:
    """Raise unless each is True or False, by the name of the argument; 1 and 0 are taken for these.

    Raises
    ------
    ParameterError
    """
    for name, flag in flags.items():
        if not (isinstance(flag, bool | np.bool_) or (isinstance(flag, Integral) and flag in (0, 1))):
            raise ParameterError(name, f"is {flag!r}", "Give True or False")


def check_watch(watch: object, of: str = "Round") -> None:
    """Raise unless it can be called with what it is to watch, or is None.

    Raises
    ------
    ParameterError
    """
    if watch is not None and not callable(watch):
        raise ParameterError("watch", f"is {kind_of(watch)}, which cannot be called", f"Give a function of a {of}, such as print")


def check_real(argument: str, number: object, remedy: str) -> None:
    """Raise unless it is a real number, NaN too.

    Raises
    ------
    ParameterError
    """
    if not isinstance(number, Real):
        raise ParameterError(argument, f"is {number!r}", remedy)


def whole(argument: str, number: object, least: int) -> int:
    """A whole number that is not too small.

    Raises
    ------
    ParameterError
    """
    if not isinstance(number, Integral) or isinstance(number, bool) or number < least:
        raise ParameterError(argument, f"is {shown(number)}", f"Give a whole number >= {least}")
    return int(number)


def real(argument: str, number: object) -> float:
    """A real number as a float, NaN too.

    Raises
    ------
    ParameterError
    """
    if not isinstance(number, Real) or isinstance(number, bool):
        raise ParameterError(argument, f"is {shown(number)}", "Give a number")
    return float(number)


def positive(argument: str, number: object) -> float:
    """A finite number > 0.

    Raises
    ------
    ParameterError
    """
    value = real(argument, number)
    if not 0 < value < math.inf:
        raise ParameterError(argument, f"is {value:g}", "Give a finite number > 0")
    return value


def read_names(argument: str, names: object, such_as: str) -> list[str] | None:
    """A sequence of names as a list, None where it is None.

    Raises
    ------
    ParameterError
        It is none, or a bare string.
    """
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Iterable):
        fault = f"is the bare string {names!r}" if isinstance(names, str) else f"is {kind_of(names)}"
        such_as = names if isinstance(names, str) else such_as
        raise ParameterError(argument, fault, f"Give a list of names, such as [{such_as!r}]")
    return list(names)


def kind_of(what: object) -> str:
    """The kind of a thing, with its article: "a list", "an int", "None"."""
    name = type(what).__name__
    return "None" if what is None else f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


def shown(given: object) -> str:
    """What was given, in short."""
    text = repr(given)
    return text if len(text) <= 40 and "\n" not in text else f"an argument of type {type(given).__name__}"
