"""A neural critic while it is trained: its network, its optimiser, and one step of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.critics.tensors import as_usual, import_torch, in_eval_mode
from otmodels.measure import Measure
from otmodels.wgan.astray import LARGEST, Astray
from otmodels.wgan.batches import is_even
from otmodels.wgan.neural import Neural

P = ParamSpec("P")
T = TypeVar("T")


def _as_usual(method: Callable[Concatenate[Learner, P], T]) -> Callable[Concatenate[Learner, P], T]:
    """A method of a learner, which neither gradients that are off, autocast nor a usual device other than the CPU can change."""

    @wraps(method)
    def settled(self: Learner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with as_usual(self.torch, own=True):
            return method(self, *args, **kwargs)

    return settled


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Where a learner stands, to go on from.

    Attributes
    ----------
    network, optimiser : dict
        Their states as torch has them, copied.
    """

    network: dict[str, Any]
    optimiser: dict[str, Any]


class Learner:
    """A critic of points in R^d that learns.

    Parameters
    ----------
    recipe : Neural
        Its network, and how it is trained.
    dimension : int
        d.
    mark : Mark, optional
        Where it goes on from.
    """

    def __init__(self, recipe: Neural, dimension: int, mark: Mark | None = None) -> None:
        self.recipe, self.dimension = recipe, dimension
        self.torch = import_torch("critic")
        with as_usual(self.torch, own=True):
            self.network = recipe.module(dimension)
            optimisers, parameters = self.torch.optim, self.network.parameters()
            if recipe.kind == "clipping":  # momentum made clipped critics unstable (Arjovsky et al. 2017, section 4)
                self.optimiser = optimisers.RMSprop(parameters, recipe.rate)
            else:
                self.optimiser = optimisers.Adam(parameters, recipe.rate, betas=(0.5, 0.9))
        if mark is not None:
            self.put_back(mark)

    @_as_usual
    def step(self, p: Measure, q: Measure, rng: np.random.Generator) -> float:
        """One step up E_p f - E_q f; its value before.

        Raises
        ------
        Astray
            The value or a weight is no number any more.
        """
        torch = self.torch
        self.optimiser.zero_grad()
        difference = self._difference(p, q)
        loss = -difference
        if self.recipe.kind == "penalty":
            loss = loss + self.recipe.weight * self._penalty(p, q, rng)
        loss.backward()
        self.optimiser.step()
        if self.recipe.kind == "clipping":
            with torch.no_grad():
                for parameter in self.network.parameters():
                    parameter.clamp_(-self.recipe.clip, self.recipe.clip)
        if not all(bool((each.detach().abs() <= LARGEST).all()) for each in (loss, *self.network.parameters())):
            raise Astray(f"the critic has a loss or weights that are NaN or beyond {LARGEST:g}; take a smaller rate for it")
        return float(difference.detach())

    @_as_usual
    def difference(self, p: Measure, q: Measure) -> float:
        """E_p f - E_q f, of the network as it is, nothing learnt."""
        with self.torch.no_grad(), in_eval_mode(self.network):
            return float(self._difference(p, q))

    def _difference(self, p: Measure, q: Measure) -> Any:
        a, b = (self.torch.as_tensor(side.mass / side.total) for side in (p, q))
        return a @ self.network(self._points(p))[:, 0] - b @ self.network(self._points(q))[:, 0]

    def _penalty(self, p: Measure, q: Measure, rng: np.random.Generator) -> Any:
        """Mean of (|grad f| - 1)^2 at a random point of each segment between two points, one of each batch."""
        count = max(p.size, q.size)
        first, second = (self._points(side)[_places(side, count, rng)] for side in (p, q))
        share = self.torch.as_tensor(rng.random((count, 1)))
        between = (share * first + (1 - share) * second).requires_grad_()
        (slope,) = self.torch.autograd.grad(self.network(between).sum(), between, create_graph=True)
        return ((slope.norm(dim=1) - 1) ** 2).mean()

    def _points(self, side: Measure) -> Any:
        return self.torch.as_tensor(np.array(side.points))

    @_as_usual
    def gradient(self, points: FloatArray) -> FloatArray:
        """Of f at points (k, d)."""
        given = self.torch.as_tensor(np.array(points)).requires_grad_()
        with in_eval_mode(self.network):
            (slope,) = self.torch.autograd.grad(self.network(given).sum(), given)
        return np.asarray(slope.numpy())

    @_as_usual
    def mark(self) -> Mark:
        """Where it stands."""
        return Mark(*(_copied(each.state_dict(), self.torch) for each in (self.network, self.optimiser)))

    @_as_usual
    def put_back(self, mark: Mark) -> None:
        """Stand there again."""
        self.network.load_state_dict(mark.network)
        self.optimiser.load_state_dict(_copied(mark.optimiser, self.torch))

    @_as_usual
    def plain(self) -> Any:
        """The network as it is now, in eval mode, with plain layers: nothing of its training is left in it."""
        torch = self.torch
        made = Learner(self.recipe, self.dimension, self.mark()).network.eval()
        parametrize = torch.nn.utils.parametrize
        for layer in made:
            if parametrize.is_parametrized(layer):
                parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        return made.requires_grad_(False)


def _places(side: Measure, count: int, rng: np.random.Generator) -> IndexArray:
    """So many points in proportion to their masses: all of them, one by one, where they are as many and alike."""
    if not is_even(side):
        return rng.choice(side.size, count, p=side.mass / side.total)
    return np.arange(count) if side.size == count else rng.integers(0, side.size, count)


def _copied(state: Any, torch: Any) -> Any:
    """A state of torch, tensors and what holds them copied."""
    if isinstance(state, dict):
        return {key: _copied(value, torch) for key, value in state.items()}
    if isinstance(state, list):
        return [_copied(each, torch) for each in state]
    return state.detach().clone() if isinstance(state, torch.Tensor) else state
