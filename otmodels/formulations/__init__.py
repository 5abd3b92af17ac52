"""The formulations: which programs there are, and in which languages each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyomo.common.gc_manager import PauseGC

from otmodels.formulations import kantorovich, lipschitz
from otmodels.formulations.links import Links
from otmodels.formulations.support import Support
from otmodels.languages import LANGUAGES, Declaration, unsupported
from otmodels.lp import LinearProgram
from otmodels.words import unknown

__all__ = ["FORMS", "KANTOROVICH", "LIPSCHITZ", "Formulation", "Links", "Support", "formulation", "supports"]


@dataclass(frozen=True, slots=True)
class Formulation:
    """One program: its stacked form, and its builder in each language, all from the same data (Support or Links)."""

    program: Callable[[Any], LinearProgram]
    builders: Mapping[str, Callable[[Any], Declaration]]

    def declare(self, data: Support | Links, language: str) -> Declaration:
        """The program as a native model; the garbage collector waits, which would search it for cycles again and again."""
        with PauseGC():
            return self.builders[language](data)


_FORMULATIONS = {
    "primal": Formulation(
        kantorovich.primal_program,
        {"cvxpy": kantorovich.primal_cvxpy, "pyomo": kantorovich.primal_pyomo, "highspy": kantorovich.primal_highspy},
    ),
    "dual": Formulation(
        kantorovich.dual_program,
        {"cvxpy": kantorovich.dual_cvxpy, "pyomo": kantorovich.dual_pyomo, "highspy": kantorovich.dual_highspy},
    ),
    "lipschitz": Formulation(
        lipschitz.lipschitz_program,
        {"cvxpy": lipschitz.lipschitz_cvxpy, "pyomo": lipschitz.lipschitz_pyomo, "highspy": lipschitz.lipschitz_highspy},
    ),
    "flow": Formulation(
        lipschitz.flow_program,
        {"cvxpy": lipschitz.flow_cvxpy, "pyomo": lipschitz.flow_pyomo, "highspy": lipschitz.flow_highspy},
    ),
}

FORMS = tuple(_FORMULATIONS)
KANTOROVICH, LIPSCHITZ = ("primal", "dual"), ("lipschitz", "flow")
"""The two families of forms: for any cost, and for a metric on a common support."""


def supports(*forms: str) -> list[tuple[str, str]]:
    """Every (form, language) that exists, of all forms or of those that are named.

    Examples
    --------
    >>> supports("flow")
    [('flow', 'cvxpy'), ('flow', 'pyomo'), ('flow', 'highspy')]
    """
    return [(form, language) for form in forms or FORMS for language in formulation(form).builders]


def formulation(form: str, language: str = LANGUAGES[0]) -> Formulation:
    """The formulation of that name, known to exist in that language.

    Raises
    ------
    UnknownNameError
    """
    if not isinstance(form, str) or form not in _FORMULATIONS:
        raise unknown("form", form, FORMS)
    if not isinstance(language, str) or language not in LANGUAGES:
        raise unsupported(language)
    return _FORMULATIONS[form]
