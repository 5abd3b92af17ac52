"""Networks of torch as generators: their gradients, training with them, and what is refused."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pullbacks import pullback_by_differences

import otmodels as om
from otmodels.errors import InputError, NotANumberError, ParameterError, ShapeError, UnknownNameError
from otmodels.wgan import Network, TorchGenerator, held_out, sample, train

nn = torch.nn
SHORT: dict[str, Any] = {"batch": 12, "rate": 0.02, "seed": 5}
MOONS = sample("moons", 300)


def own(forward: Callable[..., Any], **parts: Any) -> Any:
    """A network that its user wrote, with a layer `inner` from R^2 to R^2."""
    torch.manual_seed(1)
    module = type("Own", (nn.Module,), {"forward": forward})()
    for name, part in {"inner": nn.Linear(2, 2).double(), **parts}.items():
        setattr(module, name, part)
    return module


def layers(*between: Any, k: int = 3, d: int = 2, dtype: Any = torch.float64) -> Any:
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(k, 5), *(between or (nn.Tanh(),)), nn.Linear(5, d)).to(dtype)


def twins(seed: int = 1, dtype: Any = torch.float64) -> tuple[Network, Any]:
    """The same network in numpy and in torch."""
    made = Network.random(2, 2, hidden=8, seed=seed)
    module = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).to(dtype)
    with torch.no_grad():
        for tensor, array in zip(module.parameters(), made.parameters.values(), strict=True):
            tensor.copy_(torch.tensor(array))
    return made, module


def frozen(module: Any) -> Any:
    return module.requires_grad_(False)


def state_of(module: Any) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def assert_same_state(module: Any, before: dict[str, Any]) -> None:
    assert {name: tensor.tolist() for name, tensor in module.state_dict().items()} == {k: v.tolist() for k, v in before.items()}


SMOOTH = {
    "tanh": layers(),
    "norm of a batch": layers(nn.BatchNorm1d(5), nn.Softplus()),
    "norm of the past": layers(nn.BatchNorm1d(5), nn.Softplus()).eval(),
    "norm of weights": nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)).double(), nn.Tanh()),
    "one weight twice": own(lambda self, z: self.inner(torch.tanh(self.inner(z)))),
    "dropout that is off": layers(nn.Dropout(0.5), nn.Tanh()).eval(),
}


@pytest.mark.parametrize("name", SMOOTH)
class TestAnyNetwork:
    def test_the_pullback_is_that_of_differences(self, name: str) -> None:
        made = TorchGenerator(SMOOTH[name], 2 if name == "one weight twice" else 3)
        rng = np.random.default_rng(0)
        z, c = rng.normal(size=(7, made.latent)), rng.normal(size=(7, 2))
        found = made.pullback(z, c)
        assert found.keys() == made.parameters.keys()
        for parameter, slopes in pullback_by_differences(made, z, c).items():
            assert found[parameter] == pytest.approx(slopes, abs=1e-6), parameter

    def test_the_network_that_was_given_is_left_as_it_was(self, name: str) -> None:
        module = SMOOTH[name]
        before, modes = state_of(module), [part.training for part in module.modules()]
        made = TorchGenerator(module, 2 if name == "one weight twice" else 3)
        z = made.draw(6, np.random.default_rng(0))
        made(z)
        made.pullback(z, np.ones((6, 2)))
        far = made.moved_to({each: array + 1 for each, array in made.parameters.items()})
        assert_same_state(module, before)
        assert_same_state(made.module, before)
        assert [part.training for part in module.modules()] == modes == [part.training for part in far.module.modules()]
        assert all(tensor.grad is None for tensor in (*module.parameters(), *made.module.parameters()))
        assert (np.abs(far(z) - made(z)) > 1e-3).any()


def test_by_hand() -> None:
    numpy_one, module = twins()
    made = TorchGenerator(module, 2, "uniform")
    assert repr(made) == "TorchGenerator(Sequential, R^2 to R^2, uniform latent points)"
    assert (made.latent, made.dimension, made.noise) == (2, 2, "uniform")
    assert list(made.parameters) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for array, wanted in zip(made.parameters.values(), numpy_one.parameters.values(), strict=True):
        assert array.dtype == np.float64
        assert not array.flags.writeable
        assert array.tolist() == wanted.tolist()
    z = made.draw(9, np.random.default_rng(4))
    assert np.abs(z).max() <= 1
    assert (z == Network.random(2, 2, 1, noise="uniform").draw(9, np.random.default_rng(4))).all()
    assert made(z) == pytest.approx(numpy_one(z), abs=1e-12)
    c = np.random.default_rng(5).normal(size=(9, 2))
    with torch.no_grad():
        found = made.pullback(z, c)
    for array, wanted in zip(found.values(), numpy_one.pullback(z, c).values(), strict=True):
        assert array == pytest.approx(wanted, abs=1e-12)


class TestParameters:
    def test_those_that_are_frozen_stay(self) -> None:
        module = layers()
        module[0].requires_grad_(False)
        made = TorchGenerator(module, 3)
        assert list(made.parameters) == ["2.weight", "2.bias"]
        trained = train(made, MOONS, steps=3, **SHORT).generator
        assert isinstance(trained, TorchGenerator)
        assert torch.equal(trained.module[0].weight, module[0].weight)
        assert not torch.equal(trained.module[2].weight, module[2].weight)
        assert not trained.module[0].weight.requires_grad

    def test_those_that_are_not_used_have_the_gradient_0(self) -> None:
        made = TorchGenerator(own(lambda self, z: self.inner(z), spare=nn.Linear(4, 3)), 2)
        found = made.pullback(np.ones((2, 2)), np.ones((2, 2)))
        assert found["spare.weight"].tolist() == np.zeros((3, 4)).tolist()
        assert found["inner.bias"].tolist() == [2, 2]
        trained = train(made, MOONS, steps=3, **SHORT).generator
        assert trained.parameters["spare.weight"].tolist() == made.parameters["spare.weight"].tolist()

    def test_buffers_are_kept(self) -> None:
        module = layers(nn.BatchNorm1d(5), nn.Tanh())
        module(torch.ones(4, 3, dtype=torch.float64))
        mean = module[1].running_mean.clone()
        trained = train(TorchGenerator(module, 3), MOONS, steps=3, **SHORT).generator
        assert isinstance(trained, TorchGenerator)
        assert torch.equal(trained.module[1].running_mean, mean)

    def test_others_are_refused(self) -> None:
        made = TorchGenerator(layers(), 3)
        for wrong in ({}, {**made.parameters, "more": np.zeros(1)}, {**made.parameters, "0.bias": np.zeros(4)}):
            with pytest.raises(ShapeError, match=r"parameters: have the shapes .*0\.bias"):
                made.moved_to(wrong)


class TestSinglePrecision:
    def test_it_computes_in_its_own_numbers_and_hands_on_float64(self) -> None:
        module = layers(dtype=torch.float32)
        seen = []
        module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].dtype))
        made = TorchGenerator(module, 3)
        z = made.draw(5, np.random.default_rng(0))
        points, found = made(z), made.pullback(z, np.ones((5, 2)))
        assert set(seen) == {torch.float32}
        assert points.dtype == np.float64
        assert (points == points.astype(np.float32)).all()
        assert all(array.dtype == np.float64 for array in (*found.values(), *made.parameters.values()))
        assert made.moved_to(made.parameters).module[0].weight.dtype == torch.float32

    def test_it_learns(self) -> None:
        _, module = twins(dtype=torch.float32)
        assert MOONS.points is not None
        far = om.Measure.from_samples(MOONS.points + 3)
        history = train(TorchGenerator(module, 2), far, steps=60, batch=32, rate=0.05)
        assert history.is_done
        losses = history.frame["loss"]
        assert losses.loc[51:].mean() < losses.loc[:5].mean() / 2
        assert np.isfinite(held_out(history.generator, sample("moons", 100, 1), 50, 2).ratio)


class TestTraining:
    def test_losses_are_those_of_the_same_network_in_numpy(self) -> None:
        numpy_one, module = twins()
        wanted, found = (train(each, MOONS, steps=6, **SHORT) for each in (numpy_one, TorchGenerator(module, 2)))
        assert found.is_done
        assert bool(found.frame["certified"].all())
        assert found.frame["loss"].to_numpy() == pytest.approx(wanted.frame["loss"].to_numpy(), abs=1e-9)
        for array, other in zip(found.generator.parameters.values(), wanted.generator.parameters.values(), strict=True):
            assert array == pytest.approx(other, abs=1e-9)

    @pytest.mark.parametrize("between", [(nn.Tanh(),), (nn.BatchNorm1d(5), nn.ReLU())], ids=["tanh", "norm of a batch"])
    def test_it_goes_on_to_the_same_numbers(self, between: tuple[Any, ...]) -> None:
        made = TorchGenerator(layers(*between), 3)
        whole = train(made, MOONS, steps=6, **SHORT)
        half = pickle.loads(pickle.dumps(train(made, MOONS, steps=3, **SHORT)))
        on = half.resume(3)
        assert on.frame["loss"].to_numpy() == pytest.approx(whole.frame["loss"].to_numpy(), abs=1e-12)
        for name, array in whole.generator.parameters.items():
            assert on.generator.parameters[name] == pytest.approx(array, abs=1e-12)

    def test_the_data_are_of_another_dimension(self) -> None:
        with pytest.raises(ShapeError, match=r"generator: makes points of shape \(2, 3\)"):
            train(TorchGenerator(layers(d=3), 3), MOONS, steps=1)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))], ids=["copied", "pickled"])
def test_it_travels(again: Callable[[TorchGenerator], TorchGenerator]) -> None:
    made = TorchGenerator(layers(), 3, "uniform")
    back = again(made)
    z = made.draw(4, np.random.default_rng(0))
    assert back.module is not made.module
    assert back(z).tolist() == made(z).tolist()
    assert repr(back) == repr(made)


def test_no_random_numbers_of_torch_are_used_up() -> None:
    plain, noisy = layers(), own(lambda self, z: self.inner(z) + torch.randn(2))
    torch.manual_seed(8)
    wanted = torch.rand(3).tolist()
    torch.manual_seed(8)
    TorchGenerator(plain, 3)
    with pytest.raises(ParameterError):
        TorchGenerator(noisy, 2)
    assert torch.rand(3).tolist() == wanted


def test_points_of_another_kind() -> None:
    made = TorchGenerator(layers(), 3)
    with pytest.raises(ShapeError, match="latent: have shape"):
        made(np.zeros((2, 4)))
    with pytest.raises(NotANumberError, match="latent"):
        made(np.full((2, 3), np.nan))
    with pytest.raises(ShapeError, match="cotangent: has 3 rows for 2 latent points"):
        made.pullback(np.zeros((2, 3)), np.zeros((3, 2)))
    assert made(np.zeros((0, 3))).shape == (0, 2)
    with pytest.raises(ParameterError, match=r"module: was called with .* and raised ValueError"):
        TorchGenerator(layers(nn.BatchNorm1d(5)), 3)(np.zeros((1, 3)))


def test_a_network_that_writes_into_its_latent_points() -> None:
    made = TorchGenerator(own(lambda self, z: self.inner(z.mul_(2))), 2)
    z = np.ones((3, 2))
    made(z)
    assert z.tolist() == np.ones((3, 2)).tolist()


NO_GRADIENT = "module: its output has no gradient"
BAD: dict[str, tuple[Callable[[], Any], type[InputError], str]] = {
    "a function": (lambda: TorchGenerator(torch.tanh, 2), ParameterError, "module: is a .*, not a network.*torch.nn.Module"),
    "a class": (lambda: TorchGenerator(nn.Linear, 2), ParameterError, "module: is a type, not a network"),
    "nothing": (lambda: TorchGenerator(None, 2), ParameterError, "module: is None"),
    "no latent points": (lambda: TorchGenerator(layers(), 0), ParameterError, "latent: is 0"),
    "half a latent point": (lambda: TorchGenerator(layers(), 1.5), ParameterError, "latent: is 1.5"),  # type: ignore[arg-type]
    "another noise": (lambda: TorchGenerator(layers(), 3, "pink"), UnknownNameError, "noise: 'pink'"),
    "other latent points": (
        lambda: TorchGenerator(layers(), 2),
        ParameterError,
        r"module: was called with a float64 tensor of shape \(64, 2\) and raised RuntimeError.*latent points \(n, 2",
    ),
    "lazy": (lambda: TorchGenerator(nn.LazyLinear(2), 2), ParameterError, "module: has layers without weights.*Call it once"),
    "frozen": (lambda: TorchGenerator(frozen(layers()), 3), ParameterError, rf"{NO_GRADIENT}: .*requires_grad_\(True\)"),
    "without parameters": (lambda: TorchGenerator(nn.Tanh(), 3), ParameterError, NO_GRADIENT),
    "detached": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z).detach()), 2),
        ParameterError,
        rf"{NO_GRADIENT}: .*Leave detach\(\)",
    ),
    "without recording": (
        lambda: TorchGenerator(own(torch.no_grad()(lambda self, z: self.inner(z))), 2),
        ParameterError,
        rf"{NO_GRADIENT}: .*torch\.no_grad\(\)",
    ),
    "points that depend on nothing": (lambda: TorchGenerator(own(lambda self, z: z), 2), ParameterError, NO_GRADIENT),
    "numbers, not points": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z)[:, 0]), 2),
        ShapeError,
        r"module: returned shape \(64,\) for a float64 tensor of shape \(64, 2\)\. Return one row a point",
    ),
    "pictures": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z)[:, None, None]), 2),
        ShapeError,
        r"module: returned shape \(64, 1, 1, 2\).*flatten",
    ),
    "points too few": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z)[1:]), 2),
        ShapeError,
        r"returned shape \(63, 2\)",
    ),
    "points without coordinates": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z)[:, :0]), 2),
        ShapeError,
        r"returned shape \(64, 0\)",
    ),
    "no tensor": (
        lambda: TorchGenerator(own(lambda self, z: (self.inner(z),)), 2),
        ParameterError,
        "module: returned a tuple, not a tensor",
    ),
    "dropout": (
        lambda: TorchGenerator(layers(nn.Dropout(1e-9)), 3),
        ParameterError,
        r"different points of the same latent points at two calls, for 1 is dropout in training mode.*module\.eval\(\)",
    ),
    "noise of its own": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z) + 1e-3 * torch.randn(2)), 2),
        ParameterError,
        "module: makes different points of the same latent points at two calls",
    ),
    "complex numbers": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z), turn=nn.Parameter(torch.tensor(1j))), 2),
        ParameterError,
        "module: has turn of type complex64",
    ),
    "what cannot be copied": (
        lambda: TorchGenerator(own(lambda self, z: self.inner(z), lock=threading.Lock()), 2),
        ParameterError,
        "module: cannot be copied: copy.deepcopy raised TypeError",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_generator_is_refused_by_name(name: str) -> None:
    make, kind, words = BAD[name]
    with pytest.raises(kind, match=words) as caught:
        make()
    assert type(caught.value) is kind


def test_complex_points_are_refused() -> None:
    class Complex(torch.nn.Linear):  # type: ignore[misc]
        def forward(self, latent: Any) -> Any:
            made = super().forward(latent)
            return torch.complex(made, made)

    with pytest.raises(ParameterError, match="module: returned complex numbers"):
        TorchGenerator(Complex(2, 2), 2)


def test_parameters_that_are_infinite_once_they_are_rounded_undo_the_step() -> None:
    found = train(TorchGenerator(torch.nn.Linear(2, 2, dtype=torch.float16), 2), sample("moons", 20), steps=5, batch=4, rate=1e6)
    assert found.ended.startswith("step 1 was undone: weight would be infinite")
    assert all(np.isfinite(each).all() for each in found.generator.parameters.values())
