"""What training asks of its data and of a generator before any work, and of numbers at every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray
from otmodels.critics.directions import check_gradients_known
from otmodels.errors import ParameterError, ShapeError
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.wgan.astray import LARGEST
from otmodels.wgan.generators import Generator, Parameters
from otmodels.wgan.state import Options

_GENERATORS = "Give Affine, Network, TorchGenerator(module, latent), or what has the methods of Generator"

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
    mass = data.mass[held] / data.mass.max()  # whose sum may be beyond floating point
    return Measure(mass / mass.sum(), data.points[held], data.labels[held])


def check_generator(generator: Generator, data: Measure, options: Options) -> None:
    """Try a generator on two points.

    Raises
    ------
    ParameterError, ShapeError
    """
    check_methods(generator)
    check_gradients_known(options.metric)
    assert data.points is not None
    latent, wanted = generator.draw(FEWEST, options.shown()), (FEWEST, data.points.shape[1])
    check_points(generator(latent), wanted)
    pair = Measure.from_samples(np.zeros(wanted)), Measure.from_samples(data.points[:1])
    ground_cost(*pair, options.metric, order=options.order)
    check_names(generator.parameters, generator.pullback(latent, np.zeros(wanted)))


def check_methods(generator: Generator) -> None:
    """Raise unless it has what training calls.

    Raises
    ------
    ParameterError
    """
    if isinstance(generator, type):
        raise ParameterError("generator", f"is the class {generator.__name__}, not one of its kind", f"{_GENERATORS}, made")
    needed = ("parameters", "draw", "__call__", "pullback", "moved_to")
    lacking = [name for name in needed if not hasattr(generator, name)]
    if lacking:
        raise ParameterError("generator", f"is {kind_of(generator)} without {', '.join(lacking)}", _GENERATORS)
    parameters: object = generator.parameters
    if not isinstance(parameters, Mapping) or not parameters:
        fault = "has no parameters" if parameters == {} else f"has as parameters {kind_of(parameters)}, not arrays by name"
        raise ParameterError("generator", fault, "Give it a property `parameters`, a dict of arrays")


def check_points(points: object, wanted: tuple[int, int]) -> None:
    """Raise unless these are so many points, as numbers of numpy.

    Raises
    ------
    ParameterError, ShapeError
    """
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "fiu":
        raise ParameterError("generator", f"makes points that are {kind_of(points)}, not an array of numbers", _GENERATORS)
    if points.shape != wanted:
        raise ShapeError("generator", f"makes points of shape {points.shape}, and {wanted} is wanted", "Make them alike")


def check_names(parameters: Parameters, gradient: Parameters) -> None:
    """Raise unless there is a gradient for each parameter, of its shape.

    Raises
    ------
    ParameterError, ShapeError
    """
    if not isinstance(gradient, Mapping):
        raise ParameterError(
            "generator", f"has a pullback that returns {kind_of(gradient)}", "Return a dict, one array a parameter"
        )
    shapes = {name: np.shape(array) for name, array in parameters.items()}
    found = {name: np.shape(array) for name, array in gradient.items()}
    if shapes != found:
        raise ShapeError("generator", f"has parameters {shapes} and gradients {found}", "Its pullback returns one a parameter")
