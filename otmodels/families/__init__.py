"""Families: what a form means, which data its programs are about, and how their answers are read."""

from __future__ import annotations

from otmodels.families.base import Answer, Family
from otmodels.families.beginning import begun
from otmodels.families.exactly import exactly, infeasible
from otmodels.families.kantorovich import (
    Kantorovich,
    finest_infeasibility,
    planned,
    ungenerated,
)
from otmodels.families.lipschitz import (
    KantorovichRubinstein,
    applicable_network,
    carried,
    interval_of,
    solution_of,
    ungenerated_arcs,
)
from otmodels.families.settling import Effort, Way, is_settled, settled

__all__ = [
    "Answer",
    "Effort",
    "Family",
    "Kantorovich",
    "KantorovichRubinstein",
    "Way",
    "applicable_network",
    "begun",
    "carried",
    "exactly",
    "finest_infeasibility",
    "infeasible",
    "interval_of",
    "is_settled",
    "planned",
    "settled",
    "solution_of",
    "ungenerated",
    "ungenerated_arcs",
]
