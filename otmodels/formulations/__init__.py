"""The formulations: which programs there are, and in which languages each is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyomo.common.gc_manager import PauseGC

from otmodels.errors import UnknownNameError
from otmodels.formulations import kantorovich
from otmodels.formulations.support import Support
from otmodels.languages import LANGUAGES, Declaration, unsupported
from otmodels.lp import LinearProgram

__all__ = ["FORMS", "Formulation", "Support", "formulation", "supports"]


@dataclass(frozen=True, slots=True)
class Formulation:
    """One program: its stacked form, and its builder in each language."""

    program: Callable[[Support], LinearProgram]
    builders: dict[str, Callable[[Support], Declaration]]

    def declare(self, support: Support, language: str) -> Declaration:
        """The program as a native model; the garbage collector waits, which would search it for cycles again and again."""
        with PauseGC():
            return self.builders[language](support)


_FORMULATIONS = {
    "primal": Formulation(
        kantorovich.primal_program,
        {"cvxpy": kantorovich.primal_cvxpy, "pyomo": kantorovich.primal_pyomo, "highspy": kantorovich.primal_highspy},
    ),
    "dual": Formulation(
        kantorovich.dual_program,
        {"cvxpy": kantorovich.dual_cvxpy, "pyomo": kantorovich.dual_pyomo, "highspy": kantorovich.dual_highspy},
    ),
}

FORMS = tuple(_FORMULATIONS)


def supports() -> list[tuple[str, str]]:
    """Every (form, language) that exists."""
    return [(form, language) for form, formulation in _FORMULATIONS.items() for language in formulation.builders]


def formulation(form: str, language: str) -> Formulation:
    """The formulation of that name, known to exist in that language.

    Raises
    ------
    UnknownNameError
    """
    if form not in _FORMULATIONS:
        raise UnknownNameError("form", f"{form!r} is not known", f"Choose one of {', '.join(FORMS)}")
    if language not in LANGUAGES:
        raise unsupported(language)
    return _FORMULATIONS[form]
