"""What the pullback of any generator has to be."""

from __future__ import annotations

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.wgan import Generator
from otmodels.wgan.generators import Parameters


def pullback_by_differences(generator: Generator, z: FloatArray, c: FloatArray) -> Parameters:
    """The gradient of sum_i <c_i, G(z_i)> in each parameter, by differences as one entry after another moves."""
    slopes = {name: np.empty(array.shape) for name, array in generator.parameters.items()}
    for name, array in generator.parameters.items():
        for position in np.ndindex(array.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = array.copy()
                moved[position] += h
                ends.append((generator.moved_to({**generator.parameters, name: moved})(z) * c).sum())
            slopes[name][position] = (ends[0] - ends[1]) / 2e-6
    return slopes
