"""Critics: 1-Lipschitz functions that tell two distributions apart, and pairs of distributions to score them on."""

from otmodels.critic.funnel_pairs import funnels, funnels_at
from otmodels.critic.known import Known, scaled_ball, translation
from otmodels.critic.scoring import Score, score

__all__ = ["Known", "Score", "funnels", "funnels_at", "scaled_ball", "score", "translation"]
