"""The one tolerance policy.

All tolerances are relative to the problem's own units, so that a problem in grams and the same problem in tonnes get the
same verdict:

- the mass unit is the total mass,
- the cost unit is the largest finite cost in absolute value,
- a gap is measured against the value itself, max(|P|, |D|). Where the value is far below the size of the terms that it is
  summed from, rounding in the sum is all that is left to compare, and the size of the terms takes over (`rounding`).

For probability measures and costs of size one these are the usual max(1, |a|, |b|), max(1, |C|) and max(1, |P|, |D|),
the last one stricter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Largest violations that a certificate lets pass.

    Attributes
    ----------
    marginal : float
        Residual of a marginal, over the total mass.
    served : float
        Residual of a marginal, over the atom's own mass: an atom of tiny mass is to be served as well. Atoms below the
        machine epsilon of the total mass, which the total does not notice, are left out.
    sign : float
        Negative plan entries and mass on forbidden pairs, over the total mass.
    slack : float
        Violation of f_i + g_j <= C_ij, over the largest cost.
    complementarity : float
        Mass times slack summed over the pairs, over the value.
    gap : float
        Duality gap, over the value.
    rounding : float
        A gap below `gap * rounding` times the size of the summed terms is rounding.
    """

    marginal: float = 1e-9
    served: float = 1e-6
    sign: float = 1e-9
    slack: float = 1e-9
    complementarity: float = 1e-9
    gap: float = 1e-9
    rounding: float = 1e-5


DEFAULT = Tolerances()

REFINEMENT = 1e-12
"""Relative residual above which a solver's answer is refined (see `otmodels.languages.refinement`)."""

SOLVER = 1e-10
"""Feasibility tolerance handed to HiGHS, absolute, the least that it accepts."""

METRIC = 1e-12
"""A distance fails an axiom of a metric where it is above its bound by more than this much of the distances in the bound (see
`otmodels.axioms`)."""
