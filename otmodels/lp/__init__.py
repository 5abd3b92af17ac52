"""Linear programs as such: the general form with named rows and columns, and certificates of optimality."""

from otmodels.lp.kkt import certify
from otmodels.lp.program import LinearProgram, Names, numbered

__all__ = ["LinearProgram", "Names", "certify", "numbered"]
