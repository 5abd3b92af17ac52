"""What the entry points check of their arguments before any work: that each is of the kind that it is said to be."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

from otmodels.errors import ParameterError


def check_flags(**flags: object) -> None:
    """Raise unless each is True or False, by the name of the argument; 1 and 0 are taken for these.

    Raises
    ------
    ParameterError
    """
    for name, flag in flags.items():
        if not (isinstance(flag, bool | np.bool_) or (isinstance(flag, Integral) and flag in (0, 1))):
            raise ParameterError(name, f"is {flag!r}", "Give True or False")


def check_watch(watch: object) -> None:
    """Raise unless it can be called with a `Round`, or is None.

    Raises
    ------
    ParameterError
    """
    if watch is not None and not callable(watch):
        raise ParameterError("watch", f"is {kind_of(watch)}, which cannot be called", "Give a function of a Round, such as print")


def check_real(argument: str, number: object, remedy: str) -> None:
    """Raise unless it is a real number, NaN too.

    Raises
    ------
    ParameterError
    """
    if not isinstance(number, Real):
        raise ParameterError(argument, f"is {number!r}", remedy)


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
