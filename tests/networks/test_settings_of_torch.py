"""However torch is set where training is called, the numbers are the same, and its settings are as they were afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from otmodels.errors import ParameterError
from otmodels.wgan import Network, Neural, TorchGenerator, W1Loss, fit_critic, sample, train

KINDS = ("clipping", "penalty", "spectral", "groupsort")
RING, MOONS = sample("ring", 40), sample("moons", 30)
NET = Network.random(2, 2, hidden=4, seed=1)


@contextmanager
def usual(dtype: Any) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu"),
    "another device": lambda: torch.device("meta"),
    "double": lambda: usual(torch.float64),
    "half": lambda: usual(torch.float16),
}


def settings() -> tuple[Any, ...]:
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_device(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.get_rng_state().tolist(),
    )


def small() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_neural_critics(kind: str, setting: str) -> None:
    options: dict[str, Any] = {"batch": 8, "audit": 2}
    wanted = fit_critic(kind, RING, MOONS, steps=3, **options), train(NET, MOONS, kind, steps=3, **options)
    with SETTINGS[setting]():
        before = settings()
        fit = fit_critic(kind, RING, MOONS, steps=2, **options).resume(1)
        audit = fit.audit()
        history = train(NET, MOONS, kind, steps=2, **options).resume(1)
        phi = history.critic
        assert settings() == before
    assert audit.agreement is not None
    assert fit.frame["loss"].tolist() == wanted[0].frame["loss"].tolist()
    assert history.frame["loss"].tolist() == wanted[1].frame["loss"].tolist()
    for one, other in zip(phi.state_dict().values(), wanted[1].critic.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("setting", SETTINGS)
def test_generators(setting: str) -> None:
    module = small()
    wanted = train(TorchGenerator(module, 2), MOONS, steps=3, batch=8)
    with SETTINGS[setting]():
        before = settings()
        found = train(TorchGenerator(module, 2), MOONS, steps=2, batch=8).resume(1)
        assert settings() == before
    assert found.frame["loss"].tolist() == wanted.frame["loss"].tolist()
    assert found.generator.parameters["0.weight"].tolist() == wanted.generator.parameters["0.weight"].tolist()


def test_the_network_of_a_generator_that_was_made_without_gradients_can_be_trained_on() -> None:
    with torch.inference_mode():
        found = train(TorchGenerator(small(), 2), MOONS, steps=1, batch=8).generator
    assert isinstance(found, TorchGenerator)
    found.module(torch.zeros(2, 2)).sum().backward()
    assert all(each.grad is not None for each in found.module.parameters())


def test_seeds_of_any_size() -> None:
    one, other = (Neural("penalty", (4,), seed=seed).module(2)[0].weight for seed in (3, 2**64 + 4))
    assert not torch.equal(one, other)


def test_what_has_no_numbers_is_refused() -> None:
    with torch.device("meta"):
        module, points = small(), torch.zeros(3, 2)
    with pytest.raises(ParameterError, match="module: is on the meta device"):
        TorchGenerator(module, 2)
    with pytest.raises(ParameterError, match="generated: is on the meta device"):
        W1Loss()(points, torch.tensor(np.array(MOONS.points)))
