"""Critics that are networks of torch, evaluated in their own numbers and left as they were. Torch need not be installed.

Torch is imported only where a critic of torch is handed in and nobody has imported it yet.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray, rounding_of
from otmodels.errors import ParameterError


def imported() -> Any:
    """Torch where it has been imported, else None."""
    return sys.modules.get("torch")


def import_torch(argument: str, why: str = "needs torch") -> Any:
    """Torch, for something that cannot be without it.

    Parameters
    ----------
    argument : str
        What needs it.
    why : str
        Where it does, in words that end in torch.

    Raises
    ------
    ParameterError
        Torch is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        remedy = "Install it: pip install 'otmodels[wgan]'"
        raise ParameterError(argument, f"{why}, which cannot be imported ({error})", remedy) from error


def check_torch(argument: str, function: object) -> None:
    """Import torch where a function is one of its networks.

    Raises
    ------
    ParameterError
        Torch is not installed, or cannot be imported.
    """
    if imported() is None and _looks_like_torch(function):
        import_torch(argument, f"is {kind_of(function)}, a network of torch")


def _looks_like_torch(function: object) -> bool:
    kind = type(function)
    if kind.__module__.split(".")[0] == "torch":
        return True
    return all(callable(getattr(kind, method, None)) for method in ("parameters", "eval"))


def module_of(function: object) -> Any:
    """The torch.nn.Module that a function is, or is a method of; None where there is none."""
    torch = imported()
    candidates = (function, getattr(function, "__self__", None)) if torch is not None else ()
    return next((each for each in candidates if isinstance(each, torch.nn.Module)), None)


def array_of(given: Any) -> tuple[Any, float]:
    """What was given, a tensor as an array, and the machine epsilon of the numbers that it is in, 0 for integers."""
    torch, usual = imported(), float(np.finfo(np.float64).eps)
    if torch is None or not isinstance(given, torch.Tensor):
        dtype = getattr(given, "dtype", None)
        return given, rounding_of(np.empty(0, dtype)) if isinstance(dtype, np.dtype) and dtype.kind in "iufb" else usual
    tensor = given.detach().to_dense().cpu()
    if not tensor.is_floating_point():
        return tensor.numpy(), 0.0
    return tensor.double().numpy(), max(float(torch.finfo(tensor.dtype).eps), usual)


@contextmanager
def in_eval_mode(module: Any) -> Iterator[None]:
    """A network in eval mode, each part of it in its own mode afterwards; None is no network."""
    if module is None:
        yield
        return
    modes = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def as_usual(torch: Any, kind: str = "cpu", *, own: bool = False) -> Iterator[None]:
    """Torch with gradients and without autocast, however the caller has set it; his settings are back afterwards.

    Parameters
    ----------
    torch : module
        Torch.
    kind : str
        Of the device that is computed on.
    own : bool
        Whether new tensors are on the CPU too, wherever the caller wants his.
    """
    elsewhere = own and torch.get_default_device().type != "cpu"
    casts = kind if torch.amp.is_autocast_available(kind) else "cpu"
    device = torch.device("cpu") if elsewhere else nullcontext()
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(casts, enabled=False), device:
        yield


@dataclass(frozen=True, eq=False)
class TensorWay:
    """A function called with tensors.

    Attributes
    ----------
    function : callable
        Tensors (k, d) to tensors.
    module : torch.nn.Module or None
        The network that it belongs to, put into eval mode meanwhile.
    dtype, device
        Of the tensors; None is torch's usual device.
    tracks : bool
        Whether torch records what the function does, as one that finds gradients itself needs.
    """

    function: Callable[[Any], Any]
    module: Any
    dtype: Any
    device: Any
    tracks: bool = False

    def fed(self, shape: tuple[int, ...]) -> str:
        """What the function is called with, for a message."""
        return f"a {str(self.dtype).removeprefix('torch.')} tensor of shape {shape}"

    def __call__(self, batch: FloatArray) -> Any:
        """What the function returns for a batch (k, d)."""
        with in_eval_mode(self.module), imported().set_grad_enabled(self.tracks):
            return self.function(self.tensor(batch))

    @property
    def epsilon(self) -> float:
        """Machine epsilon of the numbers that it computes in."""
        return float(imported().finfo(self.dtype).eps)

    def tensor(self, batch: FloatArray) -> Any:
        """A batch in the numbers of the network, where the network is."""
        return imported().as_tensor(batch, dtype=self.dtype, device=self.device)

    def autograd(self) -> AutogradWay:
        """The gradients of the function, found by torch."""
        return AutogradWay(self.function, self.module, self.dtype, self.device)


class AutogradWay(TensorWay):
    """Gradients of a function of tensors with one value a point."""

    def __call__(self, batch: FloatArray) -> Any:
        """Gradients (k, d), None where torch sees no way from the points to the values."""
        torch = imported()
        with in_eval_mode(self.module), torch.inference_mode(False), torch.enable_grad():
            points = self.tensor(batch).requires_grad_()
            values = self.function(points.clone())  # a copy, since a first layer may write into what it is given
            if not (isinstance(values, torch.Tensor) and values.requires_grad):
                return None
            return torch.autograd.grad(values.sum(), points, allow_unused=True)[0]


def tensor_ways(argument: str, function: Callable[[Any], Any], tracks: bool) -> Iterator[TensorWay]:
    """The ways to call a function with tensors: a network's own numbers where it has some, else float64, then torch's usual ones.

    Raises
    ------
    ParameterError
        The network has no weights yet.
    """
    torch = imported()
    if torch is None:
        return
    module = module_of(function)
    own = [] if module is None else list(chain(module.parameters(), module.buffers()))
    if any(torch.nn.parameter.is_lazy(each) for each in own):
        fault = "has layers without weights, which are drawn at random when it is first called"
        raise ParameterError(argument, fault, "Train it, or call it once")
    first = next((each for each in own if each.is_floating_point()), None)
    if first is not None:
        yield TensorWay(function, module, first.dtype, first.device, tracks)
        return
    for dtype in dict.fromkeys((torch.float64, torch.get_default_dtype())):
        yield TensorWay(function, module, dtype, None, tracks)
