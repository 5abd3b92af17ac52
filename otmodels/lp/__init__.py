"""Linear programs as such: general form, dual, conversions, weak and strong duality, Farkas' lemma, certificates."""

from otmodels.lp.approach import Approach, Steps, approach
from otmodels.lp.conflict import Conflict, conflict, conflict_of
from otmodels.lp.conversion import Conversion
from otmodels.lp.dual import Dual
from otmodels.lp.duality import weak_duality
from otmodels.lp.engine import Door, install
from otmodels.lp.farkas import Farkas, farkas
from otmodels.lp.infeasibility import Repair, proof, repair
from otmodels.lp.kkt import certify
from otmodels.lp.linear_program import LinearProgram, LPSolution
from otmodels.lp.program import Names, Program, numbered
from otmodels.lp.rays import DualRay, PrimalRay
from otmodels.lp.strong import EpsSweep, eps_sweep

__all__ = [
    "Approach",
    "Conflict",
    "Conversion",
    "Door",
    "Dual",
    "DualRay",
    "EpsSweep",
    "Farkas",
    "LPSolution",
    "LinearProgram",
    "Names",
    "PrimalRay",
    "Program",
    "Repair",
    "Steps",
    "approach",
    "certify",
    "conflict",
    "conflict_of",
    "eps_sweep",
    "farkas",
    "install",
    "numbered",
    "proof",
    "repair",
    "weak_duality",
]
