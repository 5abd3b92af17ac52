"""Which languages there are."""

from __future__ import annotations

from collections.abc import Callable

from otmodels.errors import UnknownNameError
from otmodels.languages.base import Compiled, Declaration
from otmodels.languages.cvxpy import CvxpyProgram
from otmodels.languages.highspy import HighspyProgram
from otmodels.languages.pyomo import PyomoProgram
from otmodels.words import unknown

_PROGRAMS: dict[str, Callable[[Declaration], Compiled]] = {
    "cvxpy": CvxpyProgram,
    "pyomo": PyomoProgram,
    "highspy": HighspyProgram,
}

LANGUAGES = tuple(_PROGRAMS)


def compile_model(declaration: Declaration, language: str) -> Compiled:
    """Read a native model of a language."""
    return _PROGRAMS[language](declaration)


def unsupported(language: str) -> UnknownNameError:
    """The error for a language that does not exist."""
    return unknown("language", language, LANGUAGES)
