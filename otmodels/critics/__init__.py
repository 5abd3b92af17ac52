"""Critics: the exact one of two samples, what anybody's is worth, and pairs of distributions whose optimal critic is known."""

from typing import Any

from otmodels.critics.agreement import Agreement
from otmodels.critics.audit import Audit, Bound, audit_against, audit_critic
from otmodels.critics.bracket import Bracket, bracket
from otmodels.critics.exact import Critic, critic
from otmodels.critics.foreign import Foreign
from otmodels.critics.funnel_pairs import funnels, funnels_at
from otmodels.critics.known import Known, scaled_ball, translation
from otmodels.critics.scoring import Score, score
from otmodels.critics.slopes import Slope, largest_slope

__all__ = [
    "Agreement",
    "Audit",
    "Bound",
    "Bracket",
    "Critic",
    "Foreign",
    "GroupSort",
    "Known",
    "Score",
    "Slope",
    "audit_against",
    "audit_critic",
    "bracket",
    "critic",
    "funnels",
    "funnels_at",
    "largest_slope",
    "scaled_ball",
    "score",
    "translation",
]


def __getattr__(name: str) -> Any:
    """`GroupSort`, which needs torch, when it is asked for."""
    if name == "GroupSort":
        from otmodels.critics.layers import group_sort

        return group_sort()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
