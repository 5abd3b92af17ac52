"""Families: what a form means, which data its programs are about, and how their answers are read."""

from __future__ import annotations

from otmodels.families.base import Answer, Family
from otmodels.families.kantorovich import (
    Kantorovich,
    finest_infeasibility,
    independent_coupling,
    infeasible,
    planned,
    ungenerated,
)
from otmodels.families.lipschitz import KantorovichRubinstein, applicable_network, interval_of, solution_of, ungenerated_arcs

__all__ = [
    "Answer",
    "Family",
    "Kantorovich",
    "KantorovichRubinstein",
    "applicable_network",
    "finest_infeasibility",
    "independent_coupling",
    "infeasible",
    "interval_of",
    "planned",
    "solution_of",
    "ungenerated",
    "ungenerated_arcs",
]
