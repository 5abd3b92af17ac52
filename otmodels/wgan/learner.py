"""A neural critic while it is trained: its network, its optimiser, and one step of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.critics.tensors import import_torch, in_eval_mode
from otmodels.measure import Measure
from otmodels.wgan.astray import Astray
from otmodels.wgan.neural import Neural

LARGEST = 1e12
"""Parameters, points and values beyond this one are no longer trained."""


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
        self.network = recipe.module(dimension)
        optimisers, parameters = self.torch.optim, self.network.parameters()
        if recipe.kind == "clipping":  # momentum made clipped critics unstable (Arjovsky et al. 2017, section 4)
            self.optimiser = optimisers.RMSprop(parameters, recipe.rate)
        else:
            self.optimiser = optimisers.Adam(parameters, recipe.rate, betas=(0.5, 0.9))
        if mark is not None:
            self.put_back(mark)

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
            loss = loss + self.recipe.weight * self._penalty(self._points(p), self._points(q), rng)
        loss.backward()
        self.optimiser.step()
        if self.recipe.kind == "clipping":
            with torch.no_grad():
                for parameter in self.network.parameters():
                    parameter.clamp_(-self.recipe.clip, self.recipe.clip)
        if not all(bool((each.detach().abs() <= LARGEST).all()) for each in (loss, *self.network.parameters())):
            raise Astray(f"the critic has weights that are NaN or beyond {LARGEST:g}; take a smaller rate for it")
        return float(difference.detach())

    def difference(self, p: Measure, q: Measure) -> float:
        """E_p f - E_q f, of the network as it is, nothing learnt."""
        with self.torch.no_grad(), in_eval_mode(self.network):
            return float(self._difference(p, q))

    def _difference(self, p: Measure, q: Measure) -> Any:
        a, b = (self.torch.as_tensor(side.mass / side.total) for side in (p, q))
        return a @ self.network(self._points(p))[:, 0] - b @ self.network(self._points(q))[:, 0]

    def _penalty(self, x: Any, y: Any, rng: np.random.Generator) -> Any:
        """Mean of (|grad f| - 1)^2 at a random point of each segment between two points, one of each batch."""
        count = max(len(x), len(y))
        first, second = (side if len(side) == count else side[rng.integers(0, len(side), count)] for side in (x, y))
        share = self.torch.as_tensor(rng.random((count, 1)))
        between = (share * first + (1 - share) * second).requires_grad_()
        (slope,) = self.torch.autograd.grad(self.network(between).sum(), between, create_graph=True)
        return ((slope.norm(dim=1) - 1) ** 2).mean()

    def _points(self, side: Measure) -> Any:
        return self.torch.as_tensor(np.array(side.points))

    def gradient(self, points: FloatArray) -> FloatArray:
        """Of f at points (k, d)."""
        given = self.torch.as_tensor(np.array(points)).requires_grad_()
        with in_eval_mode(self.network):
            (slope,) = self.torch.autograd.grad(self.network(given).sum(), given)
        return np.asarray(slope.numpy())

    def mark(self) -> Mark:
        """Where it stands."""
        return Mark(*(_copied(each.state_dict(), self.torch) for each in (self.network, self.optimiser)))

    def put_back(self, mark: Mark) -> None:
        """Stand there again."""
        self.network.load_state_dict(mark.network)
        self.optimiser.load_state_dict(_copied(mark.optimiser, self.torch))

    def plain(self) -> Any:
        """The network as it is now, in eval mode, with plain layers: nothing of its training is left in it."""
        torch = self.torch
        made = Learner(self.recipe, self.dimension, self.mark()).network.eval()
        parametrize = torch.nn.utils.parametrize
        for layer in made:
            if parametrize.is_parametrized(layer):
                parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        return made.requires_grad_(False)


def _copied(state: Any, torch: Any) -> Any:
    """A state of torch, tensors and what holds them copied."""
    if isinstance(state, dict):
        return {key: _copied(value, torch) for key, value in state.items()}
    if isinstance(state, list):
        return [_copied(each, torch) for each in state]
    return state.detach().clone() if isinstance(state, torch.Tensor) else state
