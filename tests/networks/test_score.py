"""Networks of torch, scored on pairs whose critic is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from otmodels.critics import Known, funnels, scaled_ball, score, translation
from otmodels.errors import InfiniteValueError, ParameterError, ShapeError

nn = torch.nn


def norm(sign: float, dtype: Any) -> Any:
    """A network that is |x|, or its negative."""

    def forward(self: Any, x: Any) -> Any:
        return self.sign * x.norm(dim=1, keepdim=True)

    module = type("Norm", (nn.Module,), {"forward": forward})()
    module.sign = nn.Parameter(torch.tensor(sign, dtype=dtype))
    return module


def network(d: int, dtype: Any = torch.float64) -> Any:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(d, 8), nn.Tanh(), nn.Linear(8, 1)).to(dtype)


def by_hand(net: Any) -> tuple[Any, Any]:
    """The values and gradients of `network` in numpy."""
    inner, bias, outer, shift = (each.detach().double().numpy() for each in net.parameters())

    def value(z: Any) -> Any:
        return np.tanh(z @ inner.T + bias) @ outer[0] + shift[0]

    def gradient(z: Any) -> Any:
        return (1 - np.tanh(z @ inner.T + bias) ** 2) * outer[0] @ inner

    return value, gradient


@pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("known", [translation(2), scaled_ball(8), funnels(3)], ids=repr)
class TestAsGoodAsInNumpy:
    def test_value_slope_and_gradients_are_those_of_the_same_network(self, known: Known, dtype: Any, near: float) -> None:
        net = network(known.dimension, dtype)
        found, wanted = score(known, net, n=80), score(known, *by_hand(net), n=80)
        for name in ("difference", "slope", "ratio", "cosine", "l2"):
            assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=near, abs=near), name

    def test_a_gradient_that_is_given_is_taken(self, known: Known, dtype: Any, near: float) -> None:
        net = network(known.dimension, dtype)
        found = score(known, net, known.gradient, n=80)
        assert found.cosine == pytest.approx(1, rel=1e-9)
        assert found.l2 == 0
        assert found.ratio == score(known, net, n=80).ratio


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("factor", "sign"), [(0.5, 1.0), (2.0, -1.0)])
def test_the_true_critic_as_a_network_gets_full_marks(factor: float, sign: float, dtype: Any) -> None:
    full = score(scaled_ball(3, factor=factor), norm(sign, dtype), n=150)
    assert full.ratio == pytest.approx(1, rel=1e-4)
    assert full.ratio <= 1 + 1e-12
    assert full.cosine == pytest.approx(1, rel=1e-5)
    assert full.l2 == pytest.approx(0, abs=1e-5)


def test_it_is_scored_in_eval_mode_and_left_as_it_was() -> None:
    known = translation(2)
    torch.manual_seed(5)
    net = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1)).double()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    found = score(known, net, n=60)
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(each.grad is None for each in net.parameters())
    assert found == score(known, net.eval(), n=60)


def test_functions_of_tensors_have_gradients_too() -> None:
    known = translation(2, shift=[3.0, 4.0])
    found = score(known, lambda z: -torch.relu(z[:, 0] + 100), n=60)
    assert found.cosine == pytest.approx(0.6, rel=1e-12)
    assert found.l2 == pytest.approx(2 / np.sqrt(5), rel=1e-12)


def test_without_a_way_back_there_are_no_gradients() -> None:
    known = translation(2)
    for critic in (lambda z: torch.relu(z[:, 0]).detach(), lambda z: z[:, 0]):
        found = score(known, critic, n=60)
        assert np.isnan([found.cosine, found.l2]).all()
        assert np.isfinite(found.ratio)


def test_what_cannot_be_scored() -> None:
    known = translation(2)
    with pytest.raises(ParameterError, match=r"critic: was called with a float64 tensor .* and raised RuntimeError"):
        score(known, network(3), n=5)
    with pytest.raises(ShapeError, match=r"critic: returned shape \(5, 2\) for a float64 tensor of shape \(5, 2\)"):
        score(known, nn.Linear(2, 2).double(), n=5)
    with pytest.raises(InfiniteValueError, match="critic"):
        score(known, lambda z: torch.exp(z[:, 0]) * 1e301, n=5)
