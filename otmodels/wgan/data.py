"""Distributions in the plane that are easy to sample and less easy to make from one piece, each with the rule that makes it.

A picture is one as well: points where its ink is. Its unit is that in which the other distributions are about 1.

Source: Metz, Poole, Pfau and Sohl-Dickstein (2017), Unrolled generative adversarial networks, section 3.1, on a ring of
Gaussians; Pedregosa et al. (2011), Scikit-learn, `make_moons`, on two moons.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from otmodels.arguments import whole
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, ShapeError
from otmodels.measure import Measure
from otmodels.network import Grid
from otmodels.wgan.generators import Affine, Network
from otmodels.words import unknown

SPREAD = 0.05
"""Standard deviation of moons and of each Gaussian, in each coordinate."""

GAUSSIANS = 8
"""How many stand on the ring."""

HIDDEN = 64
"""Hidden units of the networks that are to make moons, a ring or a picture."""


def line(n: int, rng: np.random.Generator) -> FloatArray:
    """(2 u - 1) (1, 1/2) with u uniform on [0, 1]: a segment from (-1, -1/2) to (1, 1/2), points (n, 2)."""
    return np.asarray(rng.uniform(-1, 1, (n, 1)) * np.array([1.0, 0.5]))


def moons(n: int, rng: np.random.Generator) -> FloatArray:
    """(cos t, sin t) or (1 - cos t, 1/2 - sin t), as likely, t uniform on [0, pi], and Gaussian noise, points (n, 2)."""
    t = rng.uniform(0, np.pi, n)
    arc = np.stack([np.cos(t), np.sin(t)], axis=1)
    below = rng.random(n) < 0.5
    arc[below] = np.array([1.0, 0.5]) - arc[below]
    return arc + SPREAD * rng.normal(size=(n, 2))


def ring(n: int, rng: np.random.Generator) -> FloatArray:
    """One of eight points that part the unit circle, as likely, and Gaussian noise, points (n, 2)."""
    angle = rng.integers(0, GAUSSIANS, n) * (2 * np.pi / GAUSSIANS)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + SPREAD * rng.normal(size=(n, 2))


RULES: dict[str, Callable[[int, np.random.Generator], FloatArray]] = {"line": line, "moons": moons, "ring": ring}
"""What draws points, by name."""


def sample(name: str | Measure, n: int, seed: int = 0) -> Measure:
    """A sample of a distribution in the plane, mass 1/n a point.

    Parameters
    ----------
    name : {"line", "moons", "ring"} or Measure
        A segment; two half circles that hook into each other; eight Gaussians on a circle. See `otmodels.wgan.data`.
        Or a picture, its pixels the atoms, as `grid_measure` and `read_image` make it: points are drawn in proportion to mass,
        evenly within the cell of a pixel. The centre of the picture is at 0, its larger side goes from -1 to 1, columns to the
        right and rows down, so that the points lie as the ink does.
    n : int
        Number of points, >= 1.
    seed : int
        Which sample, >= 0; the same seed gives the same sample.

    Raises
    ------
    UnknownNameError
    ParameterError, ShapeError
        A number is out of range, or the measure is no picture.

    Examples
    --------
    >>> sample("moons", 256)
    Measure(256 atoms in R^2, total mass 1)
    >>> from otmodels import grid_measure
    >>> corner = sample(grid_measure([[0, 1], [0, 0]]), 256).points  # first row, second column: above on the right
    >>> bool((corner >= 0).all() and (corner <= 1).all())
    True
    """
    _check(name)
    count, rng = whole("n", n, 1), np.random.default_rng(whole("seed", seed, 0))
    return Measure.from_samples(_inked(name, count, rng) if isinstance(name, Measure) else RULES[name](count, rng))


def generator_of(name: str | Measure, seed: int = 0) -> Affine | Network:
    """A generator with random parameters, of a family that comes near a distribution, to start training from.

    Parameters
    ----------
    name : {"line", "moons", "ring"} or Measure
        As for `sample`. A segment is an affine image of a uniform latent point, so that `Affine` from R^1 holds it exactly.
        Of the others no generator here is exact. They are bent or in pieces, and an affine image of normal points is neither:
        `Network` from R^2, with 64 hidden units, comes near. It is continuous, and leaves a few points between the pieces.
    seed : int
        Of the parameters, >= 0.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError

    Examples
    --------
    >>> generator_of("line"), generator_of("ring")
    (Affine(R^1 to R^2, uniform latent points), Network(R^2 to R^2, 64 hidden units, normal latent points))
    """
    _check(name)
    if isinstance(name, str) and name == "line":
        return Affine.random(1, 2, seed, "uniform")
    return Network.random(2, 2, HIDDEN, seed)


def _check(name: object) -> None:
    """Raise unless it is a name that is known, or a measure with points in the plane.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError
    """
    if isinstance(name, Measure):
        if name.points is None:
            raise ParameterError("name", "is a measure without points", _PICTURE)
        if name.points.shape[1] != 2:
            raise ShapeError("name", f"is a measure in R^{name.points.shape[1]}, not in the plane", _PICTURE)
    elif not (isinstance(name, str) and name in RULES):
        raise unknown("name", name, list(RULES), "or give the Measure of a picture")


def _inked(picture: Measure, n: int, rng: np.random.Generator) -> FloatArray:
    """Points (n, 2) where the ink of a picture is, in the unit in which it is [-1, 1]^2.

    Raises
    ------
    ParameterError
        The atoms are not all of the pixels of a picture.
    """
    assert picture.points is not None
    grid = Grid.through(picture.points)
    if grid is None or grid.size != picture.size or np.unique(grid.cells(picture.points)).size < picture.size:
        raise ParameterError("name", "is a measure whose points are not the pixels of a picture, each of them once", _PICTURE)
    gaps = grid.spacing
    if gaps is None:
        raise ParameterError("name", "is a measure on a grid of unequal gaps, which are no pixels", _PICTURE)
    cell = np.ones(2) * (gaps[0] if gaps.size else 1.0)  # a pixel of a single row or column is square
    cell[[axis.size > 1 for axis in grid.axes]] = gaps
    unit = (cell * grid.shape).max() / 2
    middle = [(axis[0] + axis[-1]) / 2 for axis in grid.axes]
    weight = picture.mass / picture.mass.max()
    pixel = picture.points[rng.choice(picture.size, n, p=weight / weight.sum())]
    place = (pixel - middle + cell * rng.uniform(-0.5, 0.5, (n, 2))) / unit
    return np.asarray(place[:, ::-1] * [1.0, -1.0])


_PICTURE = "Give a picture, as grid_measure(array) or read_image(path) make it: one atom a pixel, those without ink too"
