"""The modelling languages: compile a native model, solve it with HiGHS, normalise signs and status."""

from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.highs import DUAL_SIMPLEX, INTERIOR_POINT, METHODS, PRIMAL_SIMPLEX, Method, Session
from otmodels.languages.refinement import refine
from otmodels.languages.registry import LANGUAGES, compile_model, unsupported
from otmodels.languages.run import Run, check_time_limit, solve_program

__all__ = [
    "DUAL_SIMPLEX",
    "INTERIOR_POINT",
    "LANGUAGES",
    "METHODS",
    "PRIMAL_SIMPLEX",
    "Block",
    "Compiled",
    "Declaration",
    "Method",
    "Run",
    "Session",
    "check_time_limit",
    "compile_model",
    "refine",
    "solve_program",
    "unsupported",
]
