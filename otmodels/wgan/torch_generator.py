"""Networks of torch as generators, trained as the package's own are. Torch is imported when one is made.

Source: Paszke et al. (2019), PyTorch: an imperative style, high-performance deep learning library, on the products with the
Jacobian that it finds.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from otmodels.arguments import check_name, kind_of, whole
from otmodels.arrays import FloatArray, floats, read_only, read_points
from otmodels.critics.foreign import first_line
from otmodels.critics.tensors import as_usual, import_torch
from otmodels.errors import ParameterError, ShapeError
from otmodels.wgan.generators import NOISES, Parameters, check_same, drawn, paired

TRIED = 64
"""Latent points that a network is tried at."""

NEAR = 100
"""Two evaluations may differ by so many machine epsilons of the largest coordinate."""


@dataclass(frozen=True, eq=False, init=False)
class TorchGenerator:
    """x = G(z), with G a network of torch.

    Parameters
    ----------
    module : torch.nn.Module
        G: tensors (n, k) to tensors (n, d). A copy of it is taken, and the module itself is left as it is.
    latent : int
        Coordinates of a latent point, k >= 1.
    noise : {"normal", "uniform"}
        How latent points are drawn: standard normal, or uniform on [-1, 1]^k.

    Attributes
    ----------
    module : torch.nn.Module
        The copy. Of a trained generator it is the trained network.
    latent : int
        k.
    dimension : int
        Coordinates of a point, d.
    noise : str
        As given.

    Raises
    ------
    ParameterError
        Torch is missing; it is no network, has no weights yet, cannot be copied or cannot be called with latent points; its
        output has no gradient; or the same latent points give different points at two calls.
    ShapeError
        It does not make one point, a row, of each latent point.

    Notes
    -----
    The parameters are those that ask for a gradient. The network computes in its own numbers, where it is; parameters, points and
    gradients are handed on in float64.

    It is evaluated in the mode that it is in. Dropout in training mode is refused: training could not go on to the same numbers.
    Batch normalisation in training mode takes mean and variance of the points that are made at once. Evaluation changes no
    buffer, so that its running mean and variance, which it takes in eval mode, stay as they were given.

    Examples
    --------
    With torch installed::

        net = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Tanh(), torch.nn.Linear(64, 2))
        history = train(TorchGenerator(net, latent=2), sample("moons", 4000), steps=200)
        history.generator.module
    """

    module: Any
    latent: int
    dimension: int
    noise: str

    def __init__(self, module: Any, latent: int, noise: str = "normal") -> None:
        _check_module(module)
        check_name("noise", noise, NOISES)
        count = whole("latent", latent, 1)
        with _computing(module):
            for name, value in {"module": _copied(module), "latent": count, "noise": noise}.items():
                object.__setattr__(self, name, value)
            object.__setattr__(self, "dimension", _tried(self))

    @property
    def parameters(self) -> Parameters:
        """The parameters that are trained, by torch's names."""
        return {name: read_only(_array(tensor)) for name, tensor in self._trained().items()}

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Latent points (n, k)."""
        return drawn(self.noise, n, self.latent, rng)

    def __call__(self, latent: npt.ArrayLike) -> FloatArray:
        """Points (n, d) of latent points (n, k).

        Raises
        ------
        ShapeError, NotANumberError, ParameterError
        """
        z = read_points(latent, self.latent, "latent")
        with _computing(self.module), _torch().no_grad():
            return _array(self._points(z))

    def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
        """The gradient in each parameter of sum_i <c_i, G(z_i)>; 0 where G does not depend on it.

        Raises
        ------
        ShapeError, NotANumberError, ParameterError
        """
        z, c = paired(latent, cotangent, self.latent, self.dimension)
        torch, trained = _torch(), self._trained()
        with _computing(self.module):
            points = self._points(z)
            _check_gradient(self, points)
            along = torch.tensor(c, dtype=points.dtype, device=points.device)
            found = torch.autograd.grad(points, list(trained.values()), along, allow_unused=True)
        gradients = zip(trained.items(), found, strict=True)
        return {name: np.zeros(tuple(tensor.shape)) if each is None else _array(each) for (name, tensor), each in gradients}

    def moved_to(self, parameters: Parameters) -> TorchGenerator:
        """The same with other parameters, rounded to the numbers of the network; buffers are those of this one.

        Raises
        ------
        ShapeError
            They have other names or shapes.
        """
        check_same(self.parameters, parameters)
        arrays = {name: floats(name, array) for name, array in parameters.items()}
        moved = copy.copy(self)
        with _computing(self.module), _torch().no_grad():
            object.__setattr__(moved, "module", _copied(self.module))
            for name, tensor in moved._trained().items():
                tensor.copy_(_torch().tensor(arrays[name], device="cpu"))
        return moved

    def _trained(self) -> dict[str, Any]:
        return {name: tensor for name, tensor in self.module.named_parameters() if tensor.requires_grad}

    def _points(self, z: FloatArray) -> Any:
        """A tensor (n, d) of points, checked; the buffers of the network are as before."""
        torch = _torch()
        first = _first(self.module)
        latent = torch.tensor(z, dtype=first.dtype, device=first.device)
        fed = f"a {_named(latent.dtype)} tensor of shape {z.shape}"
        buffers = {name: tensor.clone() for name, tensor in self.module.named_buffers()}
        try:
            points = torch.func.functional_call(self.module, buffers, (latent,)) if buffers else self.module(latent)
        except Exception as error:
            remedy = f"Give a network of latent points (n, {self.latent})"
            raise ParameterError("module", f"was called with {fed} and raised {first_line(error)}", remedy) from error
        if not isinstance(points, torch.Tensor):
            raise ParameterError("module", f"returned {kind_of(points)}, not a tensor", "Return one of shape (n, d)")
        if points.is_complex():
            raise ParameterError(
                "module", "returned complex numbers", "Return real ones, as torch.view_as_real(...).flatten(1) does"
            )
        if points.ndim != 2 or len(points) != len(z) or not points.shape[1]:
            fault = f"returned shape {tuple(points.shape)} for {fed}"
            raise ShapeError("module", fault, "Return one row a point, shape (n, d); tensor.flatten(1) makes one of pictures")
        return points

    def __repr__(self) -> str:
        maps = f"{type(self.module).__name__}, R^{self.latent} to R^{self.dimension}"
        return f"TorchGenerator({maps}, {self.noise} latent points)"


def _torch() -> Any:
    return import_torch("TorchGenerator", "is a generator of torch")


def _computing(module: Any) -> AbstractContextManager[None]:
    """A network computes in its own numbers and with gradients, whatever torch was told elsewhere."""
    return as_usual(_torch(), _first(module).device.type)


def _array(tensor: Any) -> FloatArray:
    """A float64 array of its own."""
    return np.array(tensor.detach().cpu().double().numpy())


def _named(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _first(module: Any) -> Any:
    """What tells which numbers a network computes in, and where."""
    return next(each for each in chain(module.parameters(), module.buffers()) if each.is_floating_point())


def _copied(module: Any) -> Any:
    try:
        return copy.deepcopy(module)
    except Exception as error:
        remedy = "Give a network that copy.deepcopy can copy; torch.nn.utils.parametrizations has norms of weights that it can"
        raise ParameterError("module", f"cannot be copied: copy.deepcopy raised {first_line(error)}", remedy) from error


def _check_module(module: Any) -> None:
    """Raise unless it is a network with parameters to train.

    Raises
    ------
    ParameterError
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise ParameterError("module", f"is {kind_of(module)}, not a network", "Give a torch.nn.Module")
    if any(torch.nn.parameter.is_lazy(each) for each in chain(module.parameters(), module.buffers())):
        fault = "has layers without weights, which are drawn at random when it is first called"
        raise ParameterError("module", fault, "Call it once with latent points")
    if any(each.is_meta for each in chain(module.parameters(), module.buffers())):
        raise ParameterError("module", "is on the meta device, where there are no numbers", "Give it on a device that computes")
    trained = {name: each for name, each in module.named_parameters() if each.requires_grad}
    if not trained:
        fault = "its output has no gradient: it has no parameter that asks for one"
        raise ParameterError("module", fault, "Give a network with parameters, after module.requires_grad_(True)")
    for name, each in trained.items():
        if not each.is_floating_point():
            raise ParameterError("module", f"has {name} of type {_named(each.dtype)}", "Give parameters that are real numbers")
    for name, part in module.named_modules():
        if part.training and isinstance(part, torch.nn.modules.dropout._DropoutNd) and part.p > 0:
            raise _differs(f", for {name or 'it'} is dropout in training mode")


def _differs(why: str = "") -> ParameterError:
    fault = f"makes different points of the same latent points at two calls{why}"
    return ParameterError("module", fault, "Take all that is random out of it; module.eval() does so with dropout")


def _check_gradient(generator: TorchGenerator, points: Any) -> None:
    if not points.requires_grad:
        fault = "its output has no gradient: it does not depend on the parameters that ask for one, or was cut off from them"
        raise ParameterError("module", fault, "Leave detach(), torch.no_grad() and numpy out of its forward")


def _tried(generator: TorchGenerator) -> int:
    """Try a network at a few latent points, twice; the coordinates of the points that it makes.

    Raises
    ------
    ParameterError, ShapeError
    """
    torch = _torch()
    z = generator.draw(TRIED, np.random.default_rng(0))
    with _random_numbers_kept(_first(generator.module).device):
        points, again = generator._points(z), generator._points(z)
    _check_gradient(generator, points)
    arrays = _array(points), _array(again)
    size = float(np.abs(arrays[0]).max(initial=0.0, where=np.isfinite(arrays[0])))
    if not np.allclose(*arrays, rtol=0, atol=NEAR * float(torch.finfo(points.dtype).eps) * size, equal_nan=True):
        raise _differs()
    return int(points.shape[1])


@contextmanager
def _random_numbers_kept(device: Any) -> Iterator[None]:
    """Torch's random numbers go on afterwards as if none had been drawn."""
    with _torch().random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield
