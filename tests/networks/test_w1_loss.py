"""W1 as a loss of torch: its value and gradients, its dtypes, and what it refuses."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import otmodels as om
from otmodels import wgan
from otmodels.errors import (
    InfiniteValueError,
    InputError,
    NegativeMassError,
    NotANumberError,
    ParameterError,
    ShapeError,
    StoppedError,
    UnbalancedError,
)
from otmodels.wgan import W1Loss, envelope

METRICS = (("euclidean", None), ("cityblock", None), ("chebyshev", None), ("minkowski", 3.0))


def batch(n: int, d: int = 2, seed: int = 0, dtype: Any = torch.float64, grad: bool = True) -> Any:
    """Random points: one plan is optimal, no pair coincides and no coordinate is shared."""
    return torch.as_tensor(np.random.default_rng(seed).normal(size=(n, d)), dtype=dtype).requires_grad_(grad)


@pytest.mark.parametrize(("metric", "order"), METRICS)
class TestAsGoodAsTheProgram:
    @pytest.mark.parametrize(("n", "m", "d"), [(4, 4, 2), (2, 3, 3)])
    def test_gradients_are_those_of_differences(self, metric: str, order: float | None, n: int, m: int, d: int) -> None:
        loss = wgan.W1Loss(metric, order=order)
        x, y = batch(n, d), batch(m, d, seed=1)
        loss(x, y).backward()
        for tensor in (x, y):
            for position in np.ndindex(*tensor.shape):
                ends = []
                for h in (1e-5, -1e-5):
                    moved = [each.detach().clone() for each in (x, y)]
                    moved[tensor is y][position] += h
                    ends.append(float(loss(*moved)))
                assert float(tensor.grad[position]) == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-6)

    def test_gradcheck(self, metric: str, order: float | None) -> None:
        loss = wgan.W1Loss(metric, order=order)
        assert torch.autograd.gradcheck(loss, (batch(3), batch(4, seed=1)))

    def test_value_gradient_and_certificate_are_those_of_the_envelope(self, metric: str, order: float | None) -> None:
        loss, x, y = wgan.W1Loss(metric, order=order), batch(8), batch(6, seed=1)
        value = loss(x, y)
        (3 * value).backward()
        source, target = (om.Measure.from_samples(each.detach().numpy()) for each in (x, y))
        found = envelope(source, target, metric, order=order)
        assert value.shape == ()
        assert float(value.detach()) == found.value
        assert (x.grad.numpy() == 3 * found.gradient).all()
        assert (y.grad.numpy() == 3 * found.target_gradient).all()
        assert loss.certificate.passed
        assert loss.critic.value == pytest.approx(found.value)


class TestTensors:
    def test_single_precision_stays_so(self) -> None:
        loss, x, y = wgan.W1Loss(), batch(9, dtype=torch.float32), batch(9, seed=1, dtype=torch.float32)
        value = loss(x, y)
        value.backward()
        assert (value.dtype, x.grad.dtype, y.grad.dtype) == (torch.float32,) * 3
        exact = wgan.W1Loss()(x.detach().double(), y.detach().double())
        assert float(value.detach()) == pytest.approx(float(exact), rel=1e-6)

    def test_of_two_precisions_the_value_has_the_finer(self) -> None:
        x, y = batch(4, dtype=torch.float32), batch(5, seed=1)
        value = wgan.W1Loss()(x, y)
        value.backward()
        assert (value.dtype, x.grad.dtype, y.grad.dtype) == (torch.float64, torch.float32, torch.float64)

    @pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
    def test_gradients_only_where_they_are_asked_for(self, first: bool, second: bool) -> None:
        x, y = batch(4, grad=first), batch(5, seed=1, grad=second)
        value = wgan.W1Loss()(x, y)
        assert value.requires_grad == (first or second)
        if value.requires_grad:
            value.backward()
        assert (x.grad is not None, y.grad is not None) == (first, second)

    def test_views_and_transposes(self) -> None:
        wide = batch(6, 8)
        value = wgan.W1Loss()(wide[::2, 1:3], wide.T[:4, :2])
        value.backward()
        assert wide.grad.shape == (6, 8)
        plain = wide.detach()
        copied = wgan.W1Loss()(plain[::2, 1:3].clone(), plain.T[:4, :2].clone())
        assert float(value.detach()) == pytest.approx(float(copied))

    def test_it_is_of_first_order(self) -> None:
        """A penalty on its gradient would be trained on half of the truth: it is refused."""
        scale, y = torch.ones(2, dtype=torch.float64, requires_grad=True), batch(5, seed=1)
        for power in (1, 2):
            x = scale * batch(4, grad=False)
            (slope,) = torch.autograd.grad(wgan.W1Loss()(x, y) ** power, x, create_graph=True)
            with pytest.raises(ParameterError, match="W1Loss: was differentiated twice"):
                (slope**2).sum().backward()

    def test_a_training_loop(self) -> None:
        torch.manual_seed(0)
        net = torch.nn.Linear(1, 2)
        loss, step = wgan.W1Loss(), torch.optim.Adam(net.parameters(), lr=0.05)
        data = torch.tensor(wgan.sample("line", 24).points, dtype=torch.float32)
        losses = []
        for _ in range(50):
            value = loss(net(2 * torch.rand(24, 1) - 1), data)
            step.zero_grad()
            value.backward()
            step.step()
            losses.append(float(value.detach()))
        assert np.mean(losses[-10:]) < 0.5 * losses[0]
        assert loss.certificate.passed


class TestWeights:
    def test_they_are_masses(self) -> None:
        x, y = batch(2, 1), torch.zeros(1, 1, dtype=torch.float64)
        weights = torch.tensor([0.25, 0.75], dtype=torch.float64)
        value = wgan.W1Loss()(x, y, weights, torch.ones(1, dtype=torch.float64))
        value.backward()
        size = x.detach().abs()[:, 0]
        assert float(value.detach()) == pytest.approx(float(weights @ size))
        assert x.grad[:, 0].tolist() == pytest.approx((weights * x.detach()[:, 0].sign()).tolist())

    def test_shares_in_single_precision_sum_to_1_as_far_as_they_can(self) -> None:
        x, y = batch(50), batch(60, seed=1)
        weights = torch.softmax(torch.arange(50, dtype=torch.float32) / 7, 0)
        assert float(wgan.W1Loss()(x, y, weights).detach()) > 0

    def test_bad_ones(self) -> None:
        loss, x, y = wgan.W1Loss(), batch(2), batch(3, seed=1)
        with pytest.raises(UnbalancedError):
            loss(x, y, torch.ones(2))
        with pytest.raises(ShapeError, match=r"weights: has shape \(3,\) for 2 points"):
            loss(x, y, torch.ones(3))
        with pytest.raises(ParameterError, match="real_weights: asks for a gradient"):
            loss(x, y, None, torch.full((3,), 1 / 3, requires_grad=True))
        with pytest.raises(ParameterError, match="weights: is a list, not a tensor"):
            loss(x, y, [0.5, 0.5])
        with pytest.raises(ParameterError, match="weights: has numbers of type int64"):
            loss(x, y, torch.ones(2, dtype=torch.int64))


BAD: list[tuple[Any, Any, type[InputError], str]] = [
    (torch.zeros(3), torch.zeros(3, 2), ShapeError, r"generated: has shape \(3,\)"),
    (torch.zeros(3, 2), torch.zeros(3, 2, 2), ShapeError, r"real: has shape \(3, 2, 2\).*flatten"),
    (torch.zeros(3, 0), torch.zeros(3, 0), ShapeError, r"generated: has shape \(3, 0\)"),
    (torch.zeros(3, 2), torch.zeros(3, 4), ShapeError, "real: has 4 columns, and generated 2"),
    (torch.zeros(0, 2), torch.zeros(3, 2), ShapeError, "generated: is an empty batch"),
    (torch.zeros(3, 2), torch.zeros(0, 2), ShapeError, "real: is an empty batch"),
    (torch.zeros(3, 2, dtype=torch.int64), torch.zeros(3, 2), ParameterError, "generated: has numbers of type int64"),
    (torch.zeros(3, 2).half(), torch.zeros(3, 2), ParameterError, "generated: has numbers of type float16"),
    (np.zeros((3, 2)), torch.zeros(3, 2), ParameterError, "generated: is an? ndarray, not a tensor"),
    (torch.tensor([[0.0], [1.0], [np.nan]]), torch.zeros(3, 1), NotANumberError, "generated: holds NaN in row 2"),
    (torch.zeros(3, 1), torch.tensor([[0.0], [-np.inf]]), InfiniteValueError, "real: holds an infinite number in row 1"),
]


@pytest.mark.parametrize(("generated", "real", "kind", "message"), BAD)
def test_batches_that_cannot_be_used(generated: Any, real: Any, kind: type[InputError], message: str) -> None:
    loss = wgan.W1Loss()
    with pytest.raises(kind, match=message):
        loss(generated, real)
    assert loss.certificate is None
    assert loss.critic is None


def test_options() -> None:
    assert repr(wgan.W1Loss("minkowski", order=3)) == "W1Loss(minkowski, order=3)"
    for options in ({"metric": "haversine"}, {"metric": "minkowski"}, {"order": 2.0}, {"metric": "minkowski", "order": 0.5}):
        with pytest.raises(InputError):
            wgan.W1Loss(**options)
    with pytest.raises(StoppedError):
        wgan.W1Loss(time_limit=1e-6)(batch(200), batch(200, seed=1))


def test_it_is_a_module_that_travels() -> None:
    loss = wgan.W1Loss("cityblock")
    value = loss(batch(4), batch(5, seed=1))
    assert isinstance(loss, torch.nn.Module)
    assert wgan.W1Loss is type(loss)
    for again in (pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)):
        assert again.certificate.passed
        assert float(again(batch(4), batch(5, seed=1)).detach()) == float(value.detach())


def test_weights_of_unlike_sums_and_below_0_are_told_by_their_names() -> None:
    points, weights = torch.zeros(3, 2), torch.tensor([1.0, 2.0, -1.0])
    with pytest.raises(UnbalancedError, match="weights: are 3 in all, and real_weights 1\\. Divide each by its sum"):
        W1Loss()(points, points, torch.ones(3))
    with pytest.raises(NegativeMassError, match="real_weights: is -1 at 2"):
        W1Loss()(points, points, torch.ones(3), weights)


def test_tensors_whose_numbers_cannot_be_read() -> None:
    points = torch.zeros(3, 2)
    with pytest.raises(ParameterError, match="generated: is a tensor of torch"):
        torch.func.grad(lambda given: W1Loss()(given, points))(points)
    with pytest.raises(ParameterError, match="real: is sparse"):
        W1Loss()(points, points.to_sparse())
