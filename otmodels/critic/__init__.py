"""Critics: the exact one of two samples, and what anybody's is worth."""

from otmodels.critic.exact import Critic, critic

__all__ = ["Critic", "critic"]
