"""Adam: steps along the mean of past gradients over the root of their mean square, both forgetting.

Source: Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otmodels.wgan.generators import Parameters

MEAN = 0.9
"""Of the mean of gradients so much is kept a step, where nothing else is asked for."""

SQUARE = 0.99
"""Of the mean of their squares: less than the usual 0.999, as a gradient through an exact plan is less noisy than most."""

SMALL = 1e-8
"""Roots are no smaller, for gradients that are 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Where Adam stands.

    Attributes
    ----------
    mean, square : mapping of str to ndarray
        Of the gradient in each parameter.
    count : int
        Gradients seen.
    kept : float
        Of the mean of gradients so much is kept a step, in [0, 1).
    """

    mean: Parameters
    square: Parameters
    count: int = 0
    kept: float = MEAN

    @classmethod
    def none(cls, parameters: Parameters, kept: float = MEAN) -> Moments:
        """Before the first gradient."""
        zeros = {name: np.zeros_like(array) for name, array in parameters.items()}
        return cls(zeros, zeros, 0, kept)

    def after(self, gradient: Parameters) -> Moments:
        """With one more gradient.

        Examples
        --------
        >>> found = Moments.none({"b": np.zeros(2)}).after({"b": np.array([1.0, -3.0])})
        >>> np.round(found.step(0.1)["b"], 6).tolist()
        [-0.1, 0.1]
        """
        mean = {name: self.kept * self.mean[name] + (1 - self.kept) * gradient[name] for name in self.mean}
        square = {name: SQUARE * self.square[name] + (1 - SQUARE) * gradient[name] ** 2 for name in self.square}
        return Moments(mean, square, self.count + 1, self.kept)

    def step(self, rate: float) -> Parameters:
        """What to add to each parameter."""
        first, second = 1 - self.kept**self.count, 1 - SQUARE**self.count
        return {name: -rate * (self.mean[name] / first) / (np.sqrt(self.square[name] / second) + SMALL) for name in self.mean}
