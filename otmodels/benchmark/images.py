"""Pairs of images to measure with: seeded smooth random fields, and the bundled pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from otmodels.arrays import FloatArray
from otmodels.datasets import read_dataset
from otmodels.errors import ParameterError
from otmodels.measure import Measure, grid_measure

IMAGES = ("field", "pictures")
SMOOTHNESS = 1 / 16
"""Width of the filter that smooths a field, over the side of the image."""


def smooth_field(side: int, seed: int) -> FloatArray:
    """A random field, exp(2 z) for z normal, smoothed and standardised: bright and dark places, total mass 1."""
    noise = np.random.default_rng(seed).standard_normal((side, side))
    smooth = gaussian_filter(noise, SMOOTHNESS * side)
    field = np.exp(2 * smooth / smooth.std())
    return np.asarray(field / field.sum())


def two_images(kind: str, side: int) -> tuple[Measure, Measure]:
    """Two measures of mass 1 on a grid of side x side.

    Parameters
    ----------
    kind : {"field", "pictures"}
        Smooth random fields, or the pictures of the bundled data set, averaged over blocks of pixels.
    side : int
        A divisor of 128 for the pictures.

    Raises
    ------
    ParameterError
        The pictures cannot be had at that size, or not here.
    """
    if kind == "field":
        return grid_measure(smooth_field(side, 1)), grid_measure(smooth_field(side, 2))
    folder = Path(__file__).parents[2] / "data" / "pictures"
    if not folder.is_dir():
        raise ParameterError("images", "'pictures' are in the folder data of the source tree", "Run from a clone, or use 'field'")
    problem = read_dataset(folder).problem
    source, target = (_averaged(measure.mass, side) for measure in (problem.source, problem.target))
    return grid_measure(source), grid_measure(target)


def _averaged(mass: FloatArray, side: int) -> FloatArray:
    full = int(np.sqrt(mass.size))
    if full % side:
        raise ParameterError("side", f"is {side}, and the pictures have {full} x {full} pixels", f"Give a divisor of {full}")
    block = full // side
    small = mass.reshape(side, block, side, block).sum(axis=(1, 3))
    return np.asarray(small / small.sum())
