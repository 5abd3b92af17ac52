"""Critics that somebody else made: functions, networks of torch, values; and what a network's Lipschitz constant is at most."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import erf

from otmodels.critics.ceiling import GELU, SILU
from otmodels.critics.foreign import BATCH, Foreign, read_critic
from otmodels.errors import InfiniteValueError, InputError, LabelMismatchError, NotANumberError, ParameterError, ShapeError
from otmodels.measure import Measure
from otmodels.metrics import Haversine, Metric, Minkowski, UserMetric

nn = torch.nn
EUCLIDEAN = Minkowski(2.0)
UP = 1 + 1e-9
"""Bounds are rounded up by less."""

DTYPES = [torch.float32, torch.float64]


def cloud(n: int, d: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(n, d))


def samples(n: int = 5, m: int = 4, d: int = 2) -> tuple[Measure, Measure]:
    return Measure.from_samples(cloud(n, d)), Measure.from_samples(cloud(m, d, seed=1))


def read(critic: Any, measures: tuple[Measure, Measure] | None = None, metric: Metric = EUCLIDEAN, **options: Any) -> Foreign:
    return read_critic(critic, *(measures or samples()), metric, **options)


def slopes(found: Foreign, points: Any) -> Any:
    """Gradients where there are some."""
    gradients = found.gradients(points)
    assert gradients is not None
    return gradients


def chain(*layers: Any, dtype: Any = torch.float64) -> Any:
    """Layers one after another, weights drawn from a seed."""
    torch.manual_seed(7)
    net = nn.Sequential(*layers)
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    return net.to(dtype)


def numbers(tensor: Any) -> Any:
    return tensor.detach().double().numpy()


def network_class(forward: Callable[..., Any], base: Any = nn.Module) -> Any:
    """A kind of network that its user wrote."""
    return type("Own", (base,), {"forward": forward})


class TestFunctions:
    def test_values_are_those_of_the_function(self) -> None:
        source, target = samples()
        found = read(lambda x: x[:, 0] - 2 * x[:, 1], (source, target))
        assert source.points is not None
        assert target.points is not None
        assert found.at_source.tolist() == (source.points[:, 0] - 2 * source.points[:, 1]).tolist()
        assert found.at_target.tolist() == (target.points[:, 0] - 2 * target.points[:, 1]).tolist()
        assert found.values([[1, 2], [3, 4]]).tolist() == [-3, -5]
        assert found.is_function

    def test_a_column_of_values_is_as_good(self) -> None:
        assert read(lambda x: x[:, :1]).values([[1, 2], [3, 4]]).tolist() == [1, 3]

    def test_one_number_for_one_point(self) -> None:
        found = read(lambda x: np.squeeze(x[:, 0]), samples(1, 4))
        assert found.at_source.shape == (1,)

    def test_batches_are_float64_of_at_most_4096_points(self) -> None:
        seen = []

        def critic(x: Any) -> Any:
            assert x.dtype == np.float64
            seen.append(len(x))
            return x.sum(axis=1)

        points = cloud(2 * BATCH + 1, 2)
        assert read(critic).values(points).tolist() == points.sum(axis=1).tolist()
        assert seen[-3:] == [BATCH, BATCH, 1]

    def test_a_function_may_write_into_what_it_is_given(self) -> None:
        source, target = samples()
        assert source.points is not None
        before = source.points.copy()

        def critic(x: Any) -> Any:
            x *= 2
            return x[:, 0]

        assert read(critic, (source, target)).at_source.tolist() == (2 * before[:, 0]).tolist()
        assert source.points.tolist() == before.tolist()

    def test_no_points_have_no_values(self) -> None:
        found = read(lambda x: x[:, 0], gradient=lambda x: x)
        assert found.values(np.empty((0, 2))).shape == (0,)
        assert slopes(found, np.empty((0, 2))).shape == (0, 2)

    def test_numbers_on_the_line_are_points(self) -> None:
        found = read(lambda x: 3 * x[:, 0], samples(d=1), gradient=lambda x: np.full(len(x), 3.0))
        assert found.values([1, 2]).tolist() == [3, 6]
        assert np.array_equal(slopes(found, [1, 2]), [[3], [3]])

    def test_its_name_and_what_is_not_known_of_it(self) -> None:
        def slope(x: Any) -> Any:
            return x[:, 0]

        found = read(slope)
        assert found.name == "slope"
        assert (found.ceiling, found.ceiling_reason) == (None, "it is a function, not a network whose layers are known")
        assert found.gradients([[1, 2]]) is None
        assert found.gradient_reason == "it is a function of arrays, and no gradient was given"

    def test_gradients_that_are_given(self) -> None:
        found = read(lambda x: x[:, 0] ** 2, gradient=lambda x: np.stack([2 * x[:, 0], 0 * x[:, 1]], axis=1))
        assert np.array_equal(slopes(found, [[1, 2], [3, 4]]), [[2, 0], [6, 0]])
        assert found.gradient_reason == "as given"

    def test_rounding_is_of_the_numbers_that_it_returns(self) -> None:
        assert read(lambda x: x[:, 0]).rounding == np.finfo(np.float64).eps
        assert read(lambda x: x[:, 0].astype(np.float32)).rounding == np.finfo(np.float32).eps
        assert read(lambda x: np.sign(x[:, 0]).astype(int)).rounding == 0


class TestNetworks:
    @pytest.mark.parametrize("dtype", [*DTYPES, torch.bfloat16])
    def test_values_are_the_network_s_own_numbers(self, dtype: Any) -> None:
        net = chain(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), dtype=dtype)
        points = cloud(50, 2)
        expected = numbers(net(torch.as_tensor(points).to(dtype)))[:, 0]
        found = read(net)
        assert np.allclose(found.values(points), expected, rtol=0, atol=8 * torch.finfo(dtype).eps)
        assert found.rounding == torch.finfo(dtype).eps
        assert found.name == "Sequential"

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_gradients_are_the_closed_form(self, dtype: Any) -> None:
        net = chain(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), dtype=dtype)
        points = cloud(20, 3)
        inner, bias, outer = (numbers(each) for each in (net[0].weight, net[0].bias, net[2].weight))
        expected = (outer * (1 - np.tanh(points @ inner.T + bias) ** 2)) @ inner
        found = read(net, samples(d=3))
        assert np.allclose(slopes(found, points), expected, rtol=0, atol=100 * torch.finfo(dtype).eps)
        assert found.gradient_reason == "found by torch"

    def test_gradients_are_limits_of_differences(self) -> None:
        found = read(chain(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 16), nn.Softplus(), nn.Linear(16, 1)))
        points, h = cloud(BATCH + 10, 2), 1e-5
        for axis, gradient in enumerate(slopes(found, points).T):
            step = h * np.eye(2)[axis]
            assert np.allclose((found.values(points + step) - found.values(points - step)) / (2 * h), gradient, atol=1e-8)

    def test_gradients_of_the_user_are_used_where_they_are_given(self) -> None:
        found = read(chain(nn.Linear(2, 1)), gradient=lambda x: 7 + 0 * x)
        assert np.array_equal(slopes(found, [[1, 2]]), [[7, 7]])

    def test_gradients_of_the_user_may_be_of_tensors_and_by_autograd(self) -> None:
        net = chain(nn.Linear(2, 1))

        def gradient(x: Any) -> Any:
            x = x.requires_grad_()
            return torch.autograd.grad(net(x).sum(), x)[0]

        assert np.allclose(slopes(read(net, gradient=gradient), [[1, 2]]), numbers(net[0].weight))

    def test_every_part_is_in_its_own_mode_afterwards_and_in_eval_mode_meanwhile(self) -> None:
        net = chain(nn.Linear(2, 8), nn.Dropout(0.9), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
        net[3].eval()
        modes = [part.training for part in net.modules()]
        state = {name: value.clone() for name, value in net.state_dict().items()}
        found = read(net)
        points = cloud(9, 2)
        assert found.values(points).tolist() == found.values(points).tolist()
        assert found.gradients(points) is not None
        assert [part.training for part in net.modules()] == modes
        assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
        assert all(parameter.grad is None for parameter in net.parameters())
        net.eval()
        assert np.allclose(found.values(points), numbers(net(torch.as_tensor(points)))[:, 0])

    def test_modes_are_restored_after_an_error(self) -> None:
        net = chain(nn.Linear(2, 8), nn.Dropout(), nn.Linear(7, 1))
        with pytest.raises(ParameterError):
            read(net)
        assert net.training

    def test_a_layer_may_write_into_what_it_is_given(self) -> None:
        source, target = samples()
        assert source.points is not None
        before = source.points.copy()
        found = read(chain(nn.ReLU(inplace=True), nn.Linear(2, 1)), (source, target))
        assert found.gradients(before) is not None
        assert source.points.tolist() == before.tolist()

    def test_functions_of_tensors(self) -> None:
        net = chain(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), dtype=torch.float32)
        points = cloud(6, 2)
        found = read(lambda x: net(x).squeeze(-1))
        assert np.allclose(found.values(points), numbers(net(torch.as_tensor(points).float()))[:, 0], atol=1e-6)
        assert found.rounding == torch.finfo(torch.float32).eps
        assert found.ceiling is None
        assert np.allclose(slopes(found, points), slopes(read(net), points))
        double = read(lambda x: x.norm(dim=1))
        assert double.rounding == torch.finfo(torch.float64).eps
        assert np.allclose(slopes(double, [[3, 4]]), [[0.6, 0.8]])

    def test_a_function_of_arrays_may_return_tensors(self) -> None:
        net = chain(nn.Linear(2, 1))
        found = read(lambda x: net(torch.as_tensor(x)))
        assert np.allclose(found.values([[1, 2]]), read(net).values([[1, 2]]))

    def test_the_method_of_a_network_is_called_as_the_network(self) -> None:
        net = chain(nn.Linear(2, 8), nn.Dropout(0.9), nn.Linear(8, 1), dtype=torch.float32)
        assert read(net.forward).at_source.tolist() == read(net).at_source.tolist()
        assert net.training

    def test_a_network_without_weights(self) -> None:
        found = read(network_class(lambda self, x: x.abs().sum(dim=1))())
        assert found.values([[1, -2]]).tolist() == [3]
        assert found.rounding == torch.finfo(torch.float64).eps

    def test_a_network_without_a_way_back_has_no_gradients(self) -> None:
        found = read(network_class(lambda self, x: torch.as_tensor(np.abs(x.detach().numpy())).sum(dim=1))())
        assert found.gradients([[1, 2]]) is None
        assert found.gradient_reason == "torch sees no way from its points to its values"


class TestValues:
    def test_labels_are_aligned(self) -> None:
        source = Measure([1, 2], labels=["a", "b"])
        target = Measure([1, 1, 1], labels=["x", "y", "z"])
        found = read((pd.Series({"b": 5.0, "a": 4.0}), [1, 2, 3]), (source, target))
        assert found.at_source.tolist() == [4, 5]
        assert found.at_target.tolist() == [1, 2, 3]
        assert not found.is_function
        assert found.name == "values"

    def test_a_label_that_is_missing(self) -> None:
        with pytest.raises(LabelMismatchError, match="critic, at the source: lacks 'b'"):
            read((pd.Series({"a": 4.0}), [1.0]), (Measure([1, 2], labels=["a", "b"]), Measure([1])))

    def test_tensors_and_columns(self) -> None:
        net = chain(nn.Linear(2, 1), dtype=torch.float32)
        measures = samples()
        points = [torch.as_tensor(np.array(measure.points)).float() for measure in measures]
        found = read([net(points[0]), net(points[1])[:, 0]], measures)
        assert np.allclose(found.at_source, read(net, measures).at_source, atol=1e-6)
        assert found.at_target.shape == (4,)
        assert found.rounding == torch.finfo(torch.float32).eps
        assert read((np.arange(5), torch.arange(4)), measures).rounding == 0

    def test_what_they_have_not(self) -> None:
        found = read(([1] * 5, [2] * 4))
        assert found.gradients([[1, 2]]) is None
        assert found.ceiling is None
        assert found.ceiling_reason == "it is known at the atoms only"
        with pytest.raises(ParameterError, match=r"has none at other points. Give the function itself"):
            found.values([[1, 2]])

    def test_a_gradient_may_go_with_them(self) -> None:
        found = read(([1] * 5, [2] * 4), gradient=lambda x: x)
        assert np.array_equal(slopes(found, [[1, 2]]), [[1, 2]])

    @pytest.mark.parametrize(
        ("given", "kind", "message"),
        [
            (([1] * 4, [1] * 4), ShapeError, r"critic, at the source: has shape \(4,\)"),
            (([1] * 5, [1, 1, np.nan, 1]), NotANumberError, "critic, at the target: is nan at 2"),
            (([1, np.inf, 1, 1, 1], [1] * 4), InfiniteValueError, "critic, at the source: is inf at 1"),
            ((["a"] * 5, [1] * 4), ShapeError, "critic, at the source"),
            (([[1], [1, 2]], [1] * 4), ShapeError, "critic, at the source"),
            (([1] * 5,), ParameterError, "critic: is a tuple of 1 entries. Give a function of points"),
            (np.ones((2, 4)), ParameterError, "critic: is a ndarray. Give a function of points"),
            ("norm", ParameterError, "critic: is a str"),
            (None, ParameterError, "critic: is None"),
        ],
    )
    def test_what_is_refused(self, given: Any, kind: type[InputError], message: str) -> None:
        with pytest.raises(kind, match=message):
            read(given)


class TestFaults:
    @pytest.mark.parametrize("shape", [(5, 2), (4,), (1, 5), (5, 1, 1), ()])
    def test_values_of_the_wrong_shape(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ShapeError) as raised:
            read(lambda x: np.zeros(shape))
        assert raised.value.argument == "critic"
        assert raised.value.fault == f"returned shape {shape} for a float64 array of shape (5, 2)"
        assert raised.value.remedy == "Return one value a point, shape (5,) or (5, 1)"

    def test_a_network_with_many_values_a_point(self) -> None:
        with pytest.raises(ShapeError, match=r"returned shape \(5, 3\) for a float32 tensor of shape \(5, 2\)"):
            read(chain(nn.Linear(2, 3), dtype=torch.float32))

    def test_gradients_of_the_wrong_shape(self) -> None:
        with pytest.raises(ShapeError, match=r"^gradient: returned shape \(1, 1\) for a float64 array of shape \(1, 2\)"):
            read(lambda x: x[:, 0], gradient=lambda x: x[:, :1])

    def test_answers_that_are_no_numbers(self) -> None:
        with pytest.raises(ShapeError, match=r"^critic: is not an array of numbers|^critic: has entries"):
            read(lambda x: ["high"] * len(x))
        with pytest.raises(ShapeError, match=r"^critic"):
            read(lambda x: None)

    def test_values_that_are_not_finite_name_the_atom(self) -> None:
        measures = (Measure([1, 1], [[0.0], [1.0]], labels=["here", "there"]), Measure([2], [[3.0]], labels=["x"]))
        with np.errstate(divide="ignore"), pytest.raises(InfiniteValueError, match="critic, at the source: is -inf at here"):
            read(lambda x: np.log(x[:, 0]), measures)
        with pytest.raises(NotANumberError, match="critic, at the target: is nan at x"):
            read(lambda x: np.where(x[:, 0] == 3, np.nan, 0), measures)

    def test_values_that_are_not_finite_elsewhere_name_the_point(self) -> None:
        found = read(lambda x: np.where(x[:, 0] == 9, np.nan, 0), gradient=lambda x: np.where(x == 9, np.inf, 0))
        with pytest.raises(NotANumberError, match=r"^critic: is nan at the point \[9\.0, 1\.0\]"):
            found.values([[0, 0], [9, 1]])
        with pytest.raises(NotANumberError, match=r"^gradient: is \[inf, 0\.0\] at the point \[9\.0, 1\.0\]"):
            found.gradients([[0, 0], [9, 1]])

    def test_a_critic_that_raises(self) -> None:
        def critic(x: Any) -> Any:
            raise KeyError("no such layer")

        with pytest.raises(ParameterError, match=r"called with a float64 array of shape \(5, 2\) and raised KeyError") as raised:
            read(critic)
        assert isinstance(raised.value.__cause__, KeyError)
        assert raised.value.argument == "critic"

    def test_a_function_of_tensors_that_raises_tells_each_way(self) -> None:
        net = chain(nn.Linear(3, 1), dtype=torch.float32)
        with pytest.raises(ParameterError) as raised:
            read(lambda x: net(x))
        assert isinstance(raised.value.__cause__, TypeError)
        ways = ["a float64 array of shape (5, 2) and raised TypeError", "a float64 tensor", "a float32 tensor"]
        assert all(way in raised.value.fault for way in ways)

    def test_what_is_said_twice_is_told_once(self) -> None:
        with pytest.raises(ParameterError) as raised:
            read(nn.Linear)
        assert raised.value.fault.count("out_features") == 1

    def test_a_network_of_another_dimension(self) -> None:
        with pytest.raises(ParameterError, match=r"with a float32 tensor of shape \(5, 2\) and raised RuntimeError"):
            read(chain(nn.Linear(3, 1), dtype=torch.float32))

    def test_a_critic_that_raises_later_on(self) -> None:
        def critic(x: Any) -> Any:
            if len(x) == 1:
                raise ValueError("one point")
            return x[:, 0]

        with pytest.raises(ParameterError, match=r"float64 array of shape \(1, 2\) and raised ValueError: one point"):
            read(critic).values([[1, 2]])

    def test_a_network_whose_weights_are_not_drawn_yet(self) -> None:
        net = nn.Sequential(nn.LazyLinear(1))
        with pytest.raises(ParameterError, match=r"^critic: has layers without weights"):
            read(net)
        assert torch.nn.parameter.is_lazy(net[0].weight)

    def test_samples_without_points(self) -> None:
        source, target = Measure([1, 1]), Measure([2], points=[0])
        with pytest.raises(ParameterError, match=r"^critic: is a function of points, and the source has none"):
            read(lambda x: x[:, 0], (source, target))
        with pytest.raises(ParameterError, match=r"^gradient: is a function of points, and the target has none"):
            read(([1], [1, 2]), (target, source), gradient=lambda x: x)

    def test_samples_of_different_dimension(self) -> None:
        with pytest.raises(ShapeError, match="source points have 2 coordinates, target points 3"):
            read(lambda x: x[:, 0], (samples()[0], samples(d=3)[1]))

    def test_points_of_another_dimension(self) -> None:
        with pytest.raises(ShapeError, match=r"points: have shape \(1, 3\). Give shape \(k, 2\)"):
            read(lambda x: x[:, 0]).values([[1, 2, 3]])
        with pytest.raises(ShapeError, match="points"):
            read(lambda x: x[:, 0]).values([1, 2])

    def test_a_gradient_that_cannot_be_called(self) -> None:
        with pytest.raises(ParameterError, match=r"^gradient: is a list, which cannot be called"):
            read(lambda x: x[:, 0], gradient=[1, 2])

    def test_a_gradient_that_raises(self) -> None:
        with pytest.raises(
            ParameterError, match=r"^gradient: was called with a float64 array of shape \(1, 2\) and raised IndexE"
        ):
            read(lambda x: x[:, 0], gradient=lambda x: x[:, 5])

    def test_where_torch_has_no_gradient_it_is_nan_and_infinite_ones_are_refused(self) -> None:
        found = read(lambda x: torch.sqrt((x**2).sum(dim=1))).gradients([[0, 0], [3, 4]])
        assert found is not None
        assert np.isnan(found[0]).all()
        assert found[1] == pytest.approx([0.6, 0.8])
        steep = read(lambda x: x[:, 0], gradient=lambda x: np.full(x.shape, np.inf))
        with pytest.raises(NotANumberError, match=r"^gradient: is \[inf, inf\] at the point \[0\.0, 0\.0\]"):
            steep.gradients([[0, 0]])

    def test_a_network_where_torch_cannot_be_imported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        net = chain(nn.Linear(2, 1))
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "torch", None)
            with pytest.raises(ParameterError, match=r"critic: is a Sequential, a network of torch.*\[wgan\]"):
                read(net)
            with pytest.raises(ParameterError, match=r"gradient: is a Sequential, a network of torch.*\[wgan\]"):
                read(lambda x: x[:, 0], gradient=net)
            with pytest.raises(ParameterError, match=r"critic: is a Tensor, a network of torch.*\[wgan\]"):
                read((torch.ones(5), torch.ones(4)))
            assert read(lambda x: x[:, 0]).is_function
            assert read(([1] * 5, [1] * 4)).at_source.tolist() == [1] * 5


ACTIVATIONS: list[Callable[[], Any]] = [
    nn.ReLU,
    nn.LeakyReLU,
    lambda: nn.LeakyReLU(-3.0),
    nn.ELU,
    lambda: nn.ELU(2.0),
    nn.Tanh,
    nn.Sigmoid,
    lambda: nn.Softplus(2.0, 40.0),
    nn.SiLU,
    nn.GELU,
    nn.Hardtanh,
    nn.Softsign,
    nn.Identity,
    nn.Flatten,
    nn.Dropout,
]


def steepest(phi: Foreign, pairs: int, d: int, metric: Metric = EUCLIDEAN) -> float:
    """The largest slope over random pairs, near ones and far ones."""
    x, towards = cloud(pairs, d, seed=3), cloud(pairs, d, seed=4)
    y = x + towards * np.logspace(-3, 1, pairs)[:, None]
    return float((np.abs(phi.values(x) - phi.values(y)) / metric.paired(x, y)).max())


class TestCeiling:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_of_one_linear_layer_it_is_the_constant(self, dtype: Any) -> None:
        net = chain(nn.Linear(3, 1), dtype=dtype)
        norm = float(np.sqrt((numbers(net[0].weight) ** 2).sum()))
        for critic in (net, net[0]):
            ceiling = read(critic, samples(d=3)).ceiling
            assert ceiling is not None
            assert norm <= ceiling <= norm * UP

    def test_it_is_the_product_of_the_norms(self) -> None:
        net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()), nn.Linear(2, 1)).double()
        with torch.no_grad():
            net[0].weight.copy_(torch.diag(torch.tensor([3.0, -4.0])))
            net[2][0].weight.copy_(torch.tensor([[0.0, 5.0], [2.0, 0.0]]))
            net[3].weight.copy_(torch.tensor([[3.0, 4.0]]))
        found = read(net)
        assert found.ceiling is not None
        assert 25 <= found.ceiling <= 25 * UP
        assert found.ceiling_reason == "the product of the norms of its layers"

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_no_slope_is_above_it(self, activation: Callable[[], Any]) -> None:
        found = read(chain(nn.Linear(2, 16), activation(), nn.Linear(16, 16), activation(), nn.Linear(16, 1)))
        assert found.ceiling is not None
        assert 0 < steepest(found, 5000, 2) <= found.ceiling

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_of_an_activation_it_is_nearly_attained(self, activation: Callable[[], Any]) -> None:
        found = read(chain(activation()), samples(d=1))
        grid = np.linspace(-6, 6, 12001)[:, None]
        slope = np.abs(slopes(found, grid)).max()
        assert found.ceiling is not None
        assert found.ceiling * 0.9999 <= slope <= found.ceiling

    def test_the_steepest_slopes_of_silu_and_gelu(self) -> None:
        """Where the second derivative changes its sign, which it does between the ends of a short interval."""
        low, high = 2.3993, 2.3994
        assert low * np.tanh(low / 2) < 2 < high * np.tanh(high / 2)
        x = np.linspace(low, high, 101)
        sigmoid = 1 / (1 + np.exp(-x))
        assert SILU - 1e-6 <= (sigmoid * (1 + x * (1 - sigmoid))).max() < SILU
        root = np.sqrt(2)
        assert GELU - 1e-5 <= (1 + erf(1)) / 2 + root * np.exp(-1) / np.sqrt(2 * np.pi) < GELU

    def test_weights_of_norm_1(self) -> None:
        """The weights in use are read, not those that are trained; looking at them does not change them."""
        torch.manual_seed(2)
        normed = torch.nn.utils.parametrizations.spectral_norm
        net = nn.Sequential(normed(nn.Linear(2, 8), n_power_iterations=50), nn.ReLU(), normed(nn.Linear(8, 1)))
        state = {name: value.clone() for name, value in net.state_dict().items()}
        found = read(net)
        assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
        assert found.ceiling == pytest.approx(1, abs=1e-5)
        assert net.training

    def test_weights_that_are_found_anew_at_each_call(self) -> None:
        found = torch.nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
        hooked = torch.nn.utils.spectral_norm(nn.Linear(2, 1), n_power_iterations=50)
        with torch.no_grad():
            hooked(torch.zeros(1, 2))
            hooked.weight_orig.copy_(torch.tensor([[0.0, 5.0]]))  # the weight at hand is still that of the last call
            found.parametrizations.weight.original0.fill_(3)
        for net, norm in ((found, 3), (hooked, 1 / abs(float(hooked.weight_v[1])))):
            ceiling = read(net).ceiling
            assert ceiling == pytest.approx(norm, rel=1e-5)
            assert steepest(read(net), 1000, 2) == pytest.approx(norm, rel=1e-3)

    @pytest.mark.parametrize(
        ("net", "reason"),
        [
            (
                lambda: nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 1, 2), nn.Flatten()),
                "no norm is known of layer 0 (Unflat",
            ),
            (lambda: nn.Sequential(nn.Linear(2, 4), nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 1))), "of layer 1.0 (LayerNorm)"),
            (lambda: network_class(lambda self, x: x[:, 0])(), "no norm is known of Own"),
            (lambda: nn.Sequential(nn.Linear(2, 1), nn.GELU("tanh")), "layer 1 (GELU) is an approximation"),
            (lambda: network_class(lambda self, x: 2 * x[:, 0], nn.Linear)(2, 1), "no norm is known of Own"),
            (
                lambda: network_class(lambda self, x: x[:, 0], nn.Sequential)(nn.Linear(2, 1)),
                "the way that they are put together",
            ),
            (lambda: nn.Sequential(nn.Softplus(), nn.Linear(2, 1)).double(), "layer 0 (Softplus) jumps by 2.06e-09"),
        ],
    )
    def test_where_there_is_none(self, net: Callable[[], Any], reason: str) -> None:
        found = read(net())
        assert found.ceiling is None
        assert reason in found.ceiling_reason

    def test_layers_that_are_put_together_in_another_way(self) -> None:
        net = network_class(lambda self, x: self.layer(x) + x.sum(dim=1, keepdim=True))()
        net.layer = nn.Linear(2, 1)
        found = read(net)
        assert found.ceiling is None
        assert found.ceiling_reason == "its layers are known, the way that they are put together is not"
        inner = read(nn.Sequential(net, nn.Tanh()))
        assert inner.ceiling_reason == "layer 0 (Own): its layers are known, the way that they are put together is not"

    def test_hooks_may_do_anything(self) -> None:
        net = chain(nn.Linear(2, 1))
        net[0].register_forward_hook(lambda layer, inputs, output: 10 * output)
        found = read(net)
        assert found.ceiling is None
        assert found.ceiling_reason == "layer 0 (Linear) has hooks, and what they do to what passes is not known"

    def test_one_layer_used_twice_counts_twice(self) -> None:
        layer = nn.Linear(1, 1).double()
        with torch.no_grad():
            layer.weight.fill_(3)
        ceiling = read(nn.Sequential(layer, nn.ReLU(), layer), samples(d=1)).ceiling
        assert ceiling is not None
        assert 9 <= ceiling <= 9 * UP

    def test_softplus_in_float32_jumps_by_less_than_is_seen(self) -> None:
        net = nn.Sequential(nn.Softplus(), nn.Linear(2, 1))
        assert read(net).ceiling == pytest.approx(read(net[1]).ceiling)
        assert read(nn.Sequential(nn.Softplus(threshold=3.0), nn.Linear(2, 1))).ceiling is None

    def test_weights_beyond_floating_point(self) -> None:
        net = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(3))).double()
        with torch.no_grad():
            for layer, size in zip(net, (1e200, 1e-300, 0.0), strict=True):
                layer.weight.fill_(size)
        assert read(net, samples(d=1)).ceiling == 0
        with torch.no_grad():
            net[2].weight.fill_(1e-300)
        tiny = read(net, samples(d=1)).ceiling
        assert tiny is not None
        assert tiny > 0
        with torch.no_grad():
            net[1].weight.fill_(1e200)
        huge = read(nn.Sequential(nn.Tanh(), net[2], net[0], net[1]), samples(d=1))
        assert huge.ceiling == pytest.approx(1e100)


class TestOtherMetrics:
    ORDERS = (1.0, 1.5, 2.0, 3.0, 10.0, np.inf)

    @pytest.mark.parametrize("order", ORDERS)
    def test_no_slope_is_above_it(self, order: float) -> None:
        metric = Minkowski(order)
        found = read(chain(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), samples(d=4), metric)
        assert found.ceiling is not None
        assert steepest(found, 5000, 4, metric) <= found.ceiling

    def test_euclidean_lengths_are_compared_with_others(self) -> None:
        net = chain(nn.Linear(9, 1))
        with torch.no_grad():
            net[0].weight.fill_(1)  # norm 3
        ceilings = [read(net, samples(d=9), Minkowski(order)).ceiling for order in self.ORDERS]
        expected = [3, 3, 3, 3 * 9 ** (1 / 6), 3 * 9**0.4, 9]
        assert ceilings == [pytest.approx(each, rel=1e-9) for each in expected]
        assert all(one is not None and other is not None and one <= other for one, other in pairwise(ceilings))
        ones, found = np.ones((1, 9)), read(net, samples(d=9), Minkowski(np.inf))
        assert found.ceiling is not None
        assert (found.values(ones) - found.values(0 * ones))[0] == pytest.approx(9)
        assert found.ceiling >= 9

    def test_on_the_line_all_are_the_same(self) -> None:
        net = chain(nn.Linear(1, 1))
        assert len({read(net, samples(d=1), Minkowski(order)).ceiling for order in self.ORDERS}) == 1

    @pytest.mark.parametrize("metric", [Haversine(), UserMetric(lambda x, y: np.zeros((len(x), len(y))))])
    def test_no_bound_in_other_metrics(self, metric: Metric) -> None:
        found = read(chain(nn.Linear(2, 1)), metric=metric)
        assert found.ceiling is None
        assert metric.name in found.ceiling_reason
