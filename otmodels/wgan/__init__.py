"""Training against the exact critic: gradients of W1 through a plan, and generators."""

from otmodels.wgan.data import sample
from otmodels.wgan.envelope import Envelope, envelope
from otmodels.wgan.generators import Affine, Generator, Network
from otmodels.wgan.held_out import HeldOut, held_out
from otmodels.wgan.state import State, Step
from otmodels.wgan.train import History, train

__all__ = [
    "Affine",
    "Envelope",
    "Generator",
    "HeldOut",
    "History",
    "Network",
    "State",
    "Step",
    "envelope",
    "held_out",
    "sample",
    "train",
]
