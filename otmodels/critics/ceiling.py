"""What the Lipschitz constant of a network is at most: the product of the norms of its layers.

Each norm is the largest slope between Euclidean distances before and after a layer: of a linear layer its largest singular value,
of an activation the largest size of its derivative. The bound is about the network in exact arithmetic; in floats its values are
rounded. It is seldom attained by more than one layer.

Source: Szegedy et al. (2014), Intriguing properties of neural networks, section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf, isfinite, log, nextafter
from typing import Any

import numpy as np

from otmodels.critics.layers import group_sort
from otmodels.critics.tensors import imported, in_eval_mode
from otmodels.metrics import Metric, Minkowski

ROUNDED_UP = 1 + 1e-12
"""Singular values of matrices and powers are computed to far better than this."""

SILU = 1.09984
"""x sigmoid(x) is steepest where x tanh(x / 2) = 2, at 2.39936, with slope 1.0998393..."""

GELU = 1.12891
"""x Phi(x), Phi the normal distribution, is steepest at the square root of 2, with slope 1.1289041..."""

APART = "its layers are known, the way that they are put together is not"

Bound = float | str
"""A norm, or why there is none."""

Rule = Callable[[Any, float], Bound]
"""The norm of a layer, given the machine epsilon of the numbers that it computes in."""


def ceiling_of(module: Any, metric: Metric, dimension: int, epsilon: float) -> Bound:
    """An upper bound on the Lipschitz constant of a network in a metric, or why there is none.

    Parameters
    ----------
    module : torch.nn.Module
        Just evaluated, so that weights that are found anew at each call are those of that call.
    metric : Metric
        Of its points.
    dimension : int
        Coordinates of a point.
    epsilon : float
        Machine epsilon of the numbers that it computes in.
    """
    stretch = stretch_of(metric, dimension)
    if isinstance(stretch, str):
        return stretch
    with in_eval_mode(module), imported().no_grad():
        norm = _norm(module, "", epsilon)
    if isinstance(norm, str):
        return norm
    return norm * stretch if isfinite(norm * stretch) else "the product of the norms of its layers is beyond floating point"


def stretch_of(metric: Metric, dimension: int) -> Bound:
    """The least c with |x - y| <= c metric(x, y), |x - y| the Euclidean distance, or why none is known.

    Examples
    --------
    >>> stretch_of(Minkowski(1.0), 9), stretch_of(Minkowski(inf), 1)
    (1.0, 1.0)
    """
    if not isinstance(metric, Minkowski):
        return f"the norms of layers are about Euclidean distances, which no multiple of {metric.name} is known to bound"
    if metric.order <= 2 or dimension == 1:
        return 1.0
    return float(dimension ** (0.5 - 1 / metric.order)) * ROUNDED_UP


def _norm(layer: Any, place: str, epsilon: float) -> Bound:
    """The norm of a layer, or of layers one after another."""
    nn = imported().nn
    name = f"layer {place} ({type(layer).__name__})" if place else type(layer).__name__
    if _is_hooked(layer):
        return f"{name} has hooks, and what they do to what passes is not known"
    if _is_plain(layer, nn.Sequential):
        return _product([_norm(part, f"{place}.{k}" if place else str(k), epsilon) for k, part in enumerate(layer)])
    if _is_plain(layer, group_sort()):
        return 1.0
    for known, rule in _RULES.items():
        if _is_plain(layer, getattr(nn, known)):
            norm = rule(layer, epsilon)
            return f"{name} {norm}" if isinstance(norm, str) else norm
    if any(True for _ in layer.children()):
        return f"{name}: {APART}" if place else APART
    return f"no norm is known of {name}"


def _product(norms: list[Bound]) -> Bound:
    """The product of norms, rounded up."""
    product = 1.0
    for norm in norms:
        if isinstance(norm, str):
            return norm
        product = product if norm == 1 else 0.0 if 0 in (product, norm) else nextafter(product * norm, inf)
    return product


def _is_plain(layer: Any, kind: Any) -> bool:
    """Whether a layer does what its kind does: one of another name may, one that is called in another way may not."""
    if not isinstance(layer, kind) or "forward" in vars(layer):
        return False
    module: Any = imported().nn.Module
    own: Any = type(layer)
    return own.forward is kind.forward and own.__call__ is module.__call__


def _is_hooked(layer: Any) -> bool:
    """Whether something is done before or after a layer, other than to find its weights."""
    finders = ("torch.nn.utils.spectral_norm", "torch.nn.utils.weight_norm")
    before = [hook for hook in layer._forward_pre_hooks.values() if type(hook).__module__ not in finders]
    return bool(before or layer._forward_hooks)


def _linear(layer: Any, epsilon: float) -> Bound:
    weight = layer.weight.detach().cpu().double().numpy()
    if not np.isfinite(weight).all():
        return "has weights that are not finite"
    return float(np.linalg.norm(weight, 2)) * ROUNDED_UP if weight.size else 0.0


def _dropout(layer: Any, epsilon: float) -> Bound:
    return "drops at random in eval mode too" if layer.training else 1.0


def _gelu(layer: Any, epsilon: float) -> Bound:
    return GELU if layer.approximate == "none" else "is an approximation whose steepest slope is not known"


def _softplus(layer: Any, epsilon: float) -> Bound:
    """1, unless the jump to x at the threshold, from where on torch computes x instead, is more than rounding."""
    if layer.beta <= 0:
        return f"has beta {layer.beta:g}"
    jump = float(np.logaddexp(0.0, -layer.threshold))
    if jump <= epsilon * layer.threshold:
        return 1.0
    remedy = f"a threshold of {ceil(-log(epsilon))} would do"
    return f"jumps by {jump / layer.beta:.3g} at its threshold {layer.threshold:g}, {remedy}"


def _constant(norm: float) -> Rule:
    return lambda layer, epsilon: norm


_RULES: dict[str, Rule] = {
    "Linear": _linear,
    "Dropout": _dropout,
    "Softplus": _softplus,
    "GELU": _gelu,
    "SiLU": _constant(SILU),
    "Sigmoid": _constant(0.25),
    "LeakyReLU": lambda layer, epsilon: max(abs(float(layer.negative_slope)), 1.0),
    "ELU": lambda layer, epsilon: max(abs(float(layer.alpha)), 1.0),
    **dict.fromkeys(("Identity", "Flatten", "ReLU", "Tanh", "Hardtanh", "Softsign"), _constant(1.0)),
}
"""The norms of layers by their names in torch.nn."""
