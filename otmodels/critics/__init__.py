"""Critics: the exact one of two samples, what anybody's is worth, and pairs of distributions whose optimal critic is known."""

from otmodels.critics.agreement import Agreement
from otmodels.critics.audit import Audit, Bound, audit_critic
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
    "Known",
    "Score",
    "Slope",
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
