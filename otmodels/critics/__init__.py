"""Critics: the exact one of two samples, what anybody's is worth, and pairs of distributions whose optimal critic is known."""

from otmodels.critics.bracket import Bracket, bracket
from otmodels.critics.exact import Critic, critic
from otmodels.critics.funnel_pairs import funnels, funnels_at
from otmodels.critics.known import Known, scaled_ball, translation
from otmodels.critics.scoring import Score, score

__all__ = [
    "Bracket",
    "Critic",
    "Known",
    "Score",
    "bracket",
    "critic",
    "funnels",
    "funnels_at",
    "scaled_ball",
    "score",
    "translation",
]
