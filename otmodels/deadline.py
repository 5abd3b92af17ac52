"""The time by which a solve has to end, known to everything that is done for it.

A solve is many steps, and any of them may be the one that takes long: a check before a model is built, its building, the solver,
a second program that proves why the first has no answer. They share one end: within `within`, and within functions that
`keeps_time_limit` decorates, no run of a solver goes on beyond it, checks give up at it, and what would take longer is not begun.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from numbers import Real
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")

_END: ContextVar[float] = ContextVar("end of the solve", default=math.inf)


class OutOfTimeError(Exception):
    """Something that was done for a solve reached its end; caught where what is proven by then is known."""


def end() -> float:
    """When the solve has to end, as `time.perf_counter` counts; +inf where it may take as long as it likes."""
    return _END.get()


def suffices(seconds: float) -> bool:
    """Whether so many seconds are left."""
    return time.perf_counter() + seconds <= end()


def check() -> None:
    """Raise where the end is reached.

    Raises
    ------
    OutOfTimeError
    """
    if not suffices(0.0):
        raise OutOfTimeError


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Within, everything ends after so many seconds, or when it had to end before; None sets no end of its own.

    >>> with within(3600), within(None):
    ...     suffices(1), suffices(7200)
    (True, False)
    """
    token = _END.set(min(end(), time.perf_counter() + seconds) if seconds is not None else end())
    try:
        yield
    finally:
        _END.reset(token)


def keeps_time_limit(verb: Callable[Given, Made]) -> Callable[Given, Made]:
    """A function whose keyword `time_limit`, seconds > 0 or None, bounds all that it does; what is no such number it refuses."""

    @wraps(verb)
    def kept(*args: Given.args, **given: Given.kwargs) -> Made:
        limit = given.get("time_limit")
        with within(float(limit) if isinstance(limit, Real) and float(limit) > 0 else None):
            return verb(*args, **given)

    return kept
