"""The modelling languages: compile a native model, solve it with HiGHS, normalise signs and status."""

from otmodels.languages.base import Block, Compiled, Declaration
from otmodels.languages.door import declare
from otmodels.languages.files import read_lp, read_mps
from otmodels.languages.highs import DUAL_SIMPLEX, INTERIOR_POINT, METHODS, PRIMAL_SIMPLEX, Method, Session
from otmodels.languages.mps import write_mps
from otmodels.languages.reading import read
from otmodels.languages.refinement import refine
from otmodels.languages.registry import LANGUAGES, compile_model, unsupported
from otmodels.languages.run import Run, check_time_limit, solve_program
from otmodels.languages.statement import to_cvxpy, to_highspy, to_pyomo

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
    "declare",
    "read",
    "read_lp",
    "read_mps",
    "refine",
    "solve_program",
    "to_cvxpy",
    "to_highspy",
    "to_pyomo",
    "unsupported",
    "write_mps",
]
