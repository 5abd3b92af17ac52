"""Distributions in the plane that are easy to sample and less easy to make from one piece, each with the rule that makes it.

Source: Metz, Poole, Pfau and Sohl-Dickstein (2017), Unrolled generative adversarial networks, section 3.1, on a ring of
Gaussians; Pedregosa et al. (2011), Scikit-learn, `make_moons`, on two moons.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from otmodels.arguments import check_name, whole
from otmodels.arrays import FloatArray
from otmodels.measure import Measure

SPREAD = 0.05
"""Standard deviation of moons and of each Gaussian, in each coordinate."""

GAUSSIANS = 8
"""How many stand on the ring."""


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


def sample(name: str, n: int, seed: int = 0) -> Measure:
    """A sample of a distribution in the plane, mass 1/n a point.

    Parameters
    ----------
    name : {"line", "moons", "ring"}
        A segment; two half circles that hook into each other; eight Gaussians on a circle. See `otmodels.wgan.data`.
    n : int
        Number of points, >= 1.
    seed : int
        Which sample, >= 0; the same seed gives the same sample.

    Raises
    ------
    UnknownNameError, ParameterError

    Examples
    --------
    >>> sample("moons", 256)
    Measure(256 atoms in R^2, total mass 1)
    """
    check_name("name", name, RULES)
    return Measure.from_samples(RULES[name](whole("n", n, 1), np.random.default_rng(whole("seed", seed, 0))))
