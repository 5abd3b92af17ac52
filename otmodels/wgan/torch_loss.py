"""W1 as a loss of torch, for anybody's training loop. Torch is imported when the loss is asked for, and need not be installed.

Forward the exact W1 of two batches is solved and certified; backward its gradient through an optimal plan is handed on, see
`otmodels.wgan.envelope`. It is a gradient of first order: what is built of it cannot be differentiated again.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from otmodels.arguments import check_real, kind_of
from otmodels.arrays import FloatArray
from otmodels.checks import Certificate
from otmodels.critics.directions import check_gradients_known
from otmodels.critics.exact import Critic
from otmodels.critics.tensors import import_torch
from otmodels.errors import InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError, UnbalancedError
from otmodels.measure import Measure
from otmodels.wgan.envelope import Envelope, envelope

_SIDES = ("generated", "real")


class Loss:
    """W1 of generated and real points, exact, with its gradient.

    Parameters
    ----------
    metric : {"euclidean", "cityblock", "chebyshev", "minkowski"}
        The distance between points.
    order : float, optional
        Of the Minkowski metric.
    time_limit : float, optional
        Seconds, > 0, for each solve.

    Notes
    -----
    Called as `loss(generated, real, weights=None, real_weights=None)` with tensors (n, d) and (m, d) of float32 or float64, and
    weights (n,) and (m,) of the same total, 1/n and 1/m where there are none. It returns a tensor without axes where `generated`
    is, from which gradients flow to both, wherever they are asked for. It is solved in float64 on the CPU.

    A batch that cannot be used is a ShapeError, ParameterError, NotANumberError or InfiniteValueError, which name the row.
    """

    def __init__(self, metric: str = "euclidean", *, order: float | None = None, time_limit: float | None = None) -> None:
        super().__init__()
        check_gradients_known(metric)
        remedy = "Give minkowski an order >= 1, and no other one"
        if order is not None:
            check_real("order", order, remedy)
        if (order is None) == (metric == "minkowski") or (order is not None and not order >= 1):
            raise ParameterError("order", f"is {order} with metric {metric!r}", remedy)
        self.metric, self.order, self.time_limit = metric, order, time_limit
        self.last: Envelope | None = None
        self._critic: Critic | None = None

    def forward(self, generated: Any, real: Any, weights: Any = None, real_weights: Any = None) -> Any:
        """W1 of two batches, a tensor without axes."""
        torch = import_torch("W1Loss", "is a loss of torch")
        for side, tensor in zip(_SIDES, (generated, real), strict=True):
            _check_batch(torch, side, tensor)
        if generated.shape[1] != real.shape[1]:
            fault = f"has {real.shape[1]} columns, and generated {generated.shape[1]}"
            raise ShapeError("real", fault, "Give both the same number")
        masses = _masses(torch, "weights", weights, len(generated)), _masses(torch, "real_weights", real_weights, len(real))
        return w1_function().apply(generated, real, *masses, self)

    def solved(self, generated: FloatArray, real: FloatArray, a: FloatArray | None, b: FloatArray | None) -> Envelope:
        """W1 of two samples with its gradients, remembered."""
        source, target = _measure("weights", generated, a), _measure("real_weights", real, b)
        try:
            found = envelope(source, target, self.metric, order=self.order, time_limit=self.time_limit)
        except UnbalancedError as error:
            fault = f"are {source.total:.6g} in all, and real_weights {target.total:.6g}"
            remedy = "Divide each by its sum; points without weights have 1 in all"
            raise UnbalancedError("weights", fault, remedy) from error
        self.last, self._critic = found, None
        return found

    @property
    def certificate(self) -> Certificate | None:
        """Of the last call; None before the first."""
        return None if self.last is None else self.last.certificate

    @property
    def critic(self) -> Critic | None:
        """The exact critic of the last two batches, solved for when it is asked for; None before the first call."""
        if self._critic is None and self.last is not None:
            self._critic = self.last.critic()
        return self._critic

    def extra_repr(self) -> str:
        """What stands between its brackets."""
        return self.metric if self.order is None else f"{self.metric}, order={self.order:g}"


@cache
def w1_loss() -> Any:
    """The class `W1Loss`: `Loss` as a module of torch.

    Raises
    ------
    ParameterError
        Torch is not installed.
    """
    torch = import_torch("W1Loss", "is a loss of torch")
    about = {"__module__": "otmodels.wgan", "__doc__": Loss.__doc__}
    return type("W1Loss", (Loss, torch.nn.Module), about)


@cache
def w1_function() -> Any:
    """W1 as a function that torch can go back through."""
    torch = import_torch("W1Loss", "is a loss of torch")

    def forward(ctx: Any, generated: Any, real: Any, weights: Any, real_weights: Any, loss: Loss) -> Any:
        found = loss.solved(_array(generated), _array(real), weights, real_weights)
        ctx.points = generated, real
        ctx.gradients = [
            torch.as_tensor(np.array(gradient), dtype=tensor.dtype, device=tensor.device) if needed else None
            for gradient, tensor, needed in zip(
                (found.gradient, found.target_gradient), (generated, real), ctx.needs_input_grad[:2], strict=True
            )
        ]
        dtype = torch.promote_types(generated.dtype, real.dtype)
        return torch.as_tensor(found.value, dtype=dtype, device=generated.device)

    def backward(ctx: Any, upstream: Any) -> tuple[Any, ...]:
        pairs = zip(ctx.points, ctx.gradients, strict=True)
        back = [None if each is None else slope_function().apply(upstream, points, each) for points, each in pairs]
        return *back, None, None, None

    return _function("W1Function", forward, backward)


@cache
def slope_function() -> Any:
    """Its gradient, of which torch is to know that it depends on the points, and that nobody knows how."""

    def forward(ctx: Any, upstream: Any, points: Any, gradient: Any) -> Any:
        return upstream.to(gradient.device, gradient.dtype) * gradient

    def backward(ctx: Any, upstream: Any) -> Any:
        raise ParameterError("W1Loss", "was differentiated twice", "Its gradient is known, and no gradient of that")

    return _function("W1Slope", forward, backward)


def _function(name: str, forward: Any, backward: Any) -> Any:
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type(name, (import_torch("W1Loss", "is a loss of torch").autograd.Function,), methods)


def _measure(argument: str, points: FloatArray, weights: FloatArray | None) -> Measure:
    """A sample, what is wrong with its weights told by their name."""
    try:
        return Measure.from_samples(points, weights)
    except InputError as error:
        raise type(error)(argument, error.fault, error.remedy) from error


def _array(tensor: Any) -> FloatArray:
    return np.asarray(tensor.detach().cpu().double().numpy())


def _check_batch(torch: Any, side: str, tensor: Any) -> None:
    """Raise unless it is a batch of points."""
    _check_tensor(torch, side, tensor)
    if tensor.ndim != 2 or not tensor.shape[1]:
        fault = f"has shape {tuple(tensor.shape)}"
        raise ShapeError(side, fault, "Give one row a point, shape (n, d); tensor.flatten(1) makes one of pictures")
    if not len(tensor):
        raise ShapeError(side, "is an empty batch", "Give at least one point")
    values = _array(tensor)
    rows = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if rows.size:
        row = values[rows[0]]
        kind, word = (NotANumberError, "NaN") if np.isnan(row).any() else (InfiniteValueError, "an infinite number")
        raise kind(side, f"holds {word} in row {rows[0]}", "Give finite numbers; the step before may have been too long")


def _check_tensor(torch: Any, argument: str, tensor: Any) -> None:
    if not isinstance(tensor, torch.Tensor):
        raise ParameterError(argument, f"is {kind_of(tensor)}, not a tensor", "Give a torch.Tensor of float32 or float64")
    if tensor.dtype not in (torch.float32, torch.float64):
        fault = f"has numbers of type {str(tensor.dtype).removeprefix('torch.')}"
        raise ParameterError(argument, fault, "Give float32 or float64, as tensor.float() does")
    if tensor.layout != torch.strided:
        raise ParameterError(argument, "is sparse", "Give tensor.to_dense()")
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        fault = "is a tensor of torch.func, whose numbers cannot be read"
        raise ParameterError(argument, fault, "Call the loss outside of it, and backward() or torch.autograd.grad")
    if tensor.is_meta:
        raise ParameterError(argument, "is on the meta device, where there are no numbers", "Give it on a device that computes")


def _masses(torch: Any, argument: str, weights: Any, count: int) -> Any:
    """Weights as an array in their own numbers, whose rounding a measure knows; None where there are none."""
    if weights is None:
        return None
    _check_tensor(torch, argument, weights)
    if weights.requires_grad:
        remedy = "Give weights.detach(); the multipliers of the masses are `loss.last.solution.f` and `.g`"
        raise ParameterError(argument, "asks for a gradient, which is known for points alone", remedy)
    if tuple(weights.shape) != (count,):
        raise ShapeError(argument, f"has shape {tuple(weights.shape)} for {count} points", f"Give shape ({count},)")
    return weights.detach().cpu().numpy()
