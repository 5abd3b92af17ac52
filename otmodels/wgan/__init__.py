"""Training against a critic, exact or neural: gradients of W1 through a plan, generators, data, and a loss for torch."""

from typing import Any

from otmodels.wgan.data import generator_of, sample
from otmodels.wgan.envelope import Envelope, envelope
from otmodels.wgan.fit import Fit, fit_critic
from otmodels.wgan.generators import Affine, Generator, Network
from otmodels.wgan.held_out import HeldOut, held_out
from otmodels.wgan.neural import Neural
from otmodels.wgan.state import Audited, State, Step
from otmodels.wgan.torch_generator import TorchGenerator
from otmodels.wgan.train import History, train

__all__ = [
    "Affine",
    "Audited",
    "Envelope",
    "Fit",
    "Generator",
    "HeldOut",
    "History",
    "Network",
    "Neural",
    "State",
    "Step",
    "TorchGenerator",
    "W1Loss",
    "envelope",
    "fit_critic",
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
