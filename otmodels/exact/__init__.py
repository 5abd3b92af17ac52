"""Transport problems solved exactly: a network simplex method in rational arithmetic that starts from an answer in floats."""

from otmodels.exact.simplex import ExactAnswer as ExactAnswer
from otmodels.exact.simplex import solve_exactly as solve_exactly
