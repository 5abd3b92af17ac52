"""Training against the exact critic: gradients of W1 through a plan, generators, and a loss of torch where it is installed."""

from typing import Any

from otmodels.wgan.data import generator_of, sample
from otmodels.wgan.envelope import Envelope, envelope
from otmodels.wgan.generators import Affine, Generator, Network
from otmodels.wgan.held_out import HeldOut, held_out
from otmodels.wgan.state import State, Step
from otmodels.wgan.torch_generator import TorchGenerator
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
    "TorchGenerator",
    "W1Loss",
    "envelope",
    "generator_of",
    "held_out",
    "sample",
    "train",
]


def __getattr__(name: str) -> Any:
    """`W1Loss`, which needs torch, when it is asked for."""
    if name == "W1Loss":
        from otmodels.wgan.torch_loss import w1_loss

        return w1_loss()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
