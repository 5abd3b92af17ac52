"""Linear programs as such: general form, dual, conversions, weak and strong duality, Farkas' lemma, certificates."""

from otmodels.lp.conversion import Conversion
from otmodels.lp.dual import Dual
from otmodels.lp.duality import weak_duality
from otmodels.lp.engine import Door, install
from otmodels.lp.farkas import Farkas, farkas
from otmodels.lp.infeasibility import Repair, repair
from otmodels.lp.kkt import certify
from otmodels.lp.linear_program import LinearProgram, LPSolution
from otmodels.lp.program import Names, Program, numbered
from otmodels.lp.strong import EpsSweep, eps_sweep

__all__ = [
    "Conversion",
    "Door",
    "Dual",
    "EpsSweep",
    "Farkas",
    "LPSolution",
    "LinearProgram",
    "Names",
    "Program",
    "Repair",
    "certify",
    "eps_sweep",
    "farkas",
    "install",
    "numbered",
    "repair",
    "weak_duality",
]
