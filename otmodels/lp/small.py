"""Small programs, solved in rational arithmetic from the start where floating point has come to no end."""

from __future__ import annotations

from fractions import Fraction

from otmodels.lp.conversion import standard_form
from otmodels.lp.exact import Contradictory, Endless, Optimum, minimise
from otmodels.lp.program import Program

ENTRIES = 10_000
"""Largest standard form, in entries of A, that is solved in rational arithmetic."""


def solved(program: Program) -> Optimum | Contradictory | Endless | None:
    """How a small program ends, in rational numbers, its floats read as the rationals that they are.

    Parameters
    ----------
    program : Program
        Its bounds are not the wrong way round.

    Returns
    -------
    Optimum, Contradictory, Endless or None
        In the program's own variables and rows; multipliers that prove that there is no point lean on a lower bound where they
        are > 0. None where the program is not small.
    """
    form = standard_form(program)
    if form.program.shape[0] * form.program.shape[1] > ENTRIES:
        return None
    found = optimum(form.program)
    if isinstance(found, Optimum):
        return Optimum(form.rational_point(found.x), form.rational_multipliers(found.y))
    if isinstance(found, Contradictory):
        sign = 1 if program.sense == "min" else -1
        return Contradictory([sign * value for value in form.rational_multipliers(found.y)])
    return Endless(form.rational_point(found.x), form.rational_point(found.direction))


def optimum(stated: Program) -> Optimum | Contradictory | Endless:
    """How a program in standard form ends, in rational numbers."""
    matrix = [list(map(Fraction, row)) for row in stated.A.toarray().tolist()]
    costs, right = (list(map(Fraction, vector.tolist())) for vector in (stated.c, stated.row_lower))
    return minimise(matrix, right, costs)
