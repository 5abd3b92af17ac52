"""What training asks of its data and of a generator before any work, and of numbers at every step."""

from __future__ import annotations

import numpy as np

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, ShapeError
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.wgan.generators import Generator, Parameters
from otmodels.wgan.learner import LARGEST
from otmodels.wgan.state import Options

FEWEST = 2
"""Points of the smallest batch: one point has no distribution to learn from."""


def is_tame(array: FloatArray) -> bool:
    """Whether all numbers are of a size that is still trained."""
    return bool((np.abs(array) <= LARGEST).all())


def wild(array: FloatArray) -> str:
    """What is wrong with numbers that are not tame."""
    worst = "NaN" if np.isnan(array).any() else "infinite" if np.isinf(array).any() else f"beyond {LARGEST:g}"
    return f"{worst}; take a smaller rate"


def read_data(argument: str, data: Measure) -> Measure:
    """Points with total mass 1, without atoms that hold none.

    Raises
    ------
    ParameterError
    """
    if data.points is None:
        raise ParameterError(argument, "has no points", "Give the measure points")
    if not is_tame(data.points):
        raise ParameterError(argument, f"has coordinates beyond {LARGEST:g}", "Measure in a unit in which they are about 1")
    held = data.mass > 0
    mass = data.mass[held] / data.mass[held].sum()
    return Measure(mass, data.points[held])


def check_generator(generator: Generator, data: Measure, options: Options) -> None:
    """Try a generator on two points.

    Raises
    ------
    ParameterError, ShapeError
    """
    needed = ("parameters", "draw", "__call__", "pullback", "moved_to")
    lacking = [name for name in needed if not hasattr(generator, name)]
    if lacking:
        fault = f"is {kind_of(generator)} without {', '.join(lacking)}"
        raise ParameterError(
            "generator", fault, "Give Affine, Network, TorchGenerator(module, latent), or what has the methods of Generator"
        )
    assert data.points is not None
    latent = generator.draw(FEWEST, options.shown())
    points, wanted = np.asarray(generator(latent)), (FEWEST, data.points.shape[1])
    if points.shape != wanted:
        raise ShapeError("generator", f"makes points of shape {points.shape}, and the data want {wanted}", "Make them alike")
    pair = Measure.from_samples(np.zeros(wanted)), Measure.from_samples(data.points[:1])
    ground_cost(*pair, options.metric, order=options.order)
    check_names(generator.parameters, generator.pullback(latent, np.zeros(wanted)))


def check_names(parameters: Parameters, gradient: Parameters) -> None:
    """Raise unless there is a gradient for each parameter, of its shape.

    Raises
    ------
    ShapeError
    """
    shapes = {name: np.shape(array) for name, array in parameters.items()}
    found = {name: np.shape(array) for name, array in gradient.items()}
    if shapes != found:
        raise ShapeError("generator", f"has parameters {shapes} and gradients {found}", "Its pullback returns one a parameter")
