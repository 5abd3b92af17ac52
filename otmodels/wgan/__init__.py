"""Training against the exact critic: gradients of W1 through a plan."""

from otmodels.wgan.envelope import Envelope, envelope

__all__ = ["Envelope", "envelope"]
