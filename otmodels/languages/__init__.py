"""The modelling languages: compile a native model, solve it with HiGHS, normalise signs and status."""

from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.registry import LANGUAGES, compile_model, unsupported
from otmodels.languages.run import Run, check_time_limit, solve_program

__all__ = [
    "LANGUAGES",
    "Block",
    "Compiled",
    "Declaration",
    "Run",
    "check_time_limit",
    "compile_model",
    "solve_program",
    "unsupported",
]
