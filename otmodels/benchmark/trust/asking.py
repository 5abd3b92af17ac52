"""What is asked of the package: a solve, a distance or a certificate, and what came out of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.data import Data
from otmodels.certificate import certify
from otmodels.distance import wasserstein_distance
from otmodels.errors import OtmodelsError
from otmodels.problem import TransportProblem
from otmodels.status import Termination
from otmodels.verbs import solve


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What a call ended with.

    Attributes
    ----------
    result : object
        What it returned; None where it raised.
    error : OtmodelsError or None
        The package's error.
    foreign : tuple of str
        Errors of others, and warnings.
    seconds : float
        How long it took.
    """

    result: object
    error: OtmodelsError | None
    foreign: tuple[str, ...]
    seconds: float


def reply_to(call: Callable[[], object]) -> Reply:
    """Call, and keep whatever comes.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C came; one that the package turned into an error of its own, too.
    """
    started, result, error, foreign = time.perf_counter(), None, None, []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = call()
        except OtmodelsError as raised:
            error = raised
        except Exception as raised:
            foreign.append(f"{type(raised).__name__}: {raised}")
    status = getattr(error or result, "status", None)
    if getattr(status, "termination", None) is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    foreign += [f"{warning.category.__name__}: {warning.message}" for warning in warned]
    return Reply(result, error, tuple(foreign), time.perf_counter() - started)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One call about a problem, and the line of code that it is.

    Attributes
    ----------
    call : callable
        From data and problem to what the package returns.
    code : str
        The same as a line, after those of `Data.code`.
    gap : float
        Relative gap that is asked for.
    excused : bool
        Whether an answer may come back uncertified: a time limit, pairs of the user's, a lower bound, numbers that are wrong.
    """

    call: Callable[[Data, TransportProblem], object]
    code: str
    gap: float = 0.0
    excused: bool = False


def solving(form: str, language: str, excused: bool = False, **options: Any) -> Way:
    """`solve` in a form and a language."""
    said = "".join(f", {name}={_written(value)}" for name, value in options.items())
    code = f"print(om.solve(problem, {form!r}, {language!r}{said}))"
    return Way(lambda _, problem: solve(problem, form, language, **options), code, excused=excused)


def measuring(gap: float = 0.0, excused: bool = False, **options: Any) -> Way:
    """`wasserstein_distance` by its fastest route."""
    said = "".join(f", {name}={value!r}" for name, value in {"gap": gap, **options}.items())

    def call(data: Data, problem: TransportProblem) -> object:
        return wasserstein_distance(*data.measures(), data.ground(), data.power, gap=gap, **options)

    return Way(call, f"print(om.wasserstein_distance(source, target, metric, {{power}}{said}))", gap, excused)


def certifying(plan: FloatArray | None, f: FloatArray | None, g: FloatArray | None, excused: bool) -> Way:
    """`certify` of numbers from elsewhere."""
    given = {name: value for name, value in (("plan", plan), ("f", f), ("g", g)) if value is not None}
    said = "".join(f", {name}={_written(value)}" for name, value in given.items())
    code = f"print(om.certify(problem{said}).verdict)"
    return Way(lambda _, problem: Certified(certify(problem, plan, f, g), plan, f, g), code, excused=excused)


@dataclass(frozen=True, slots=True, eq=False)
class Certified:
    """A certificate, and the numbers that were handed in for it."""

    certificate: Any
    plan: FloatArray | None
    f: FloatArray | None
    g: FloatArray | None


def _written(value: npt.NDArray[Any] | object) -> str:
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)
