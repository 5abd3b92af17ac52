"""How things are measured: each in a process of its own, the candidates taking turns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from otmodels.errors import CertificateError, ParameterError
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.solution import Solution

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One piece of work in one process: wall time, peak memory of the process in MiB, value and relative gap of the answer."""

    seconds: float
    peak_mib: float
    value: float
    relative_gap: float


def measured(solution: Result, seconds: float, what: str) -> Measurement:
    """The measurement of a certified solution.

    Raises
    ------
    CertificateError
        It is not certified: no time is reported for a wrong answer.
    """
    if not isinstance(solution, Solution | LipschitzSolution) or not solution.certificate.passed:
        raise CertificateError(f"{what}: not certified")
    return Measurement(seconds, peak_mib(), solution.value, solution.certificate.relative_gap)


def in_own_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of work done in a new process, which ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def check_torch(instead: str) -> None:
    """Raise where torch is missing, before any work.

    Parameters
    ----------
    instead : str
        What may be done without it.

    Raises
    ------
    ParameterError
    """
    if find_spec("torch") is None:
        raise ParameterError("torch", "is not installed", f"pip install 'otmodels[wgan]', or {instead}")


def peak_mib() -> float:
    """Peak resident memory of this process; NaN where the system does not tell."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
