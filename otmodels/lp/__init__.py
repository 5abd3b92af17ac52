"""Linear programs as such: the general form with named rows and columns, and certificates of optimality."""

from otmodels.lp.dual import Dual
from otmodels.lp.kkt import certify
from otmodels.lp.program import LinearProgram, Names, numbered

__all__ = ["Dual", "LinearProgram", "Names", "certify", "numbered"]
