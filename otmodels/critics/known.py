"""Pairs of distributions whose W1 and whose optimal critic are known, to score any critic on. The metric is Euclidean.

Let f be 1-Lipschitz and let T move every x to where f is lower by as much as x moves, f(x) - f(Tx) = |x - Tx|. For X with law P
and TX with law Q, E f(X) - E f(TX) = E |X - TX|: a critic is worth as much as a plan costs, so that both are optimal and
W1(P, Q) = E |X - TX|. The same holds of every sample of X with its image under T. Here T is chosen such that the mean is known
in closed form.

Any other optimal critic falls as fast along almost every segment from x to Tx. Where it is differentiable, it therefore has the
gradient (x - Tx) / |x - Tx| at x and at Tx: the gradient to compare with is the same for all of them.

Source: Villani (2003), Topics in Optimal Transportation, theorem 1.14; Evans and Gangbo (1999), Differential equations methods
for the Monge-Kantorovich mass transfer problem, on transport rays; Korotin, Kolesov, Burnaev (2022), Kantorovich Strikes Back!
Wasserstein GANs are not Optimal Transport?, on pairs made from a critic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otmodels.arguments import real, whole
from otmodels.arrays import FloatArray, floats, read_only, travels
from otmodels.errors import NotANumberError, ParameterError, ShapeError
from otmodels.measure import Measure

LEAST = 1e-6
"""Moves below this part of what is moved would be lost in the rounding of coordinates."""

MOST = 1e6
"""The longest move."""


@dataclass(frozen=True, slots=True, eq=False)
class Known(ABC):
    """A pair P, Q of distributions in R^d with known W1 and a known optimal critic, see `translation`, `scaled_ball`, `funnels`.

    Attributes
    ----------
    name : str
        What the pair is, in words.
    dimension : int
        d.
    value : float
        W1(P, Q).
    """

    name: str
    dimension: int
    value: float

    @abstractmethod
    def _draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Points of P, (n, d)."""

    @abstractmethod
    def _moved(self, x: FloatArray) -> FloatArray:
        """The points of Q that an optimal plan moves points of P to."""

    @abstractmethod
    def _critic(self, points: FloatArray) -> FloatArray:
        """As `critic`, of points that are fit for it."""

    @abstractmethod
    def _gradient(self, points: FloatArray) -> FloatArray:
        """As `gradient`, of points that are fit for it."""

    def sample(self, n: int, seed: int = 0) -> tuple[Measure, Measure]:
        """Independent samples of P and of Q.

        Parameters
        ----------
        n : int
            Number of atoms of each, mass 1/n each.
        seed : int
            Which samples, >= 0; the same seed gives the same samples.
        """
        n, seed = whole("n", n, 1), whole("seed", seed, 0)
        x, other = (self._draw(np.random.default_rng([seed, stream]), n) for stream in (0, 1))
        return Measure.from_samples(x), Measure.from_samples(self._moved(other))

    def pair(self, n: int, seed: int = 0) -> tuple[Measure, Measure]:
        """A sample of P, and where an optimal plan moves it, atom by atom; never the points of `sample`.

        The empirical measures have W1 = mean |x - Tx| exactly, and `critic` is optimal for them too.

        Parameters
        ----------
        n, seed : int
            As for `sample`.
        """
        n, seed = whole("n", n, 1), whole("seed", seed, 0)
        x = self._draw(np.random.default_rng([seed, 2]), n)
        return Measure.from_samples(x), Measure.from_samples(self._moved(x))

    def critic(self, points: npt.ArrayLike) -> FloatArray:
        """An optimal critic f: 1-Lipschitz, E f(X) - E f(Y) = W1 for X with law P and Y with law Q.

        Parameters
        ----------
        points : array_like, shape (k, d)
            Where to evaluate it.

        Raises
        ------
        ShapeError, NotANumberError
            The points have another dimension, or are not finite.
        """
        return self._critic(self._points(points))

    def gradient(self, points: npt.ArrayLike) -> FloatArray:
        """The gradient of `critic` (k, d): unit vectors, NaN where it is not differentiable.

        Parameters
        ----------
        points : array_like, shape (k, d)
            Where to evaluate it.

        Raises
        ------
        ShapeError, NotANumberError
        """
        return self._gradient(self._points(points))

    def _points(self, points: npt.ArrayLike) -> FloatArray:
        given = floats("points", points)
        if given.ndim != 2 or given.shape[1] != self.dimension:
            raise ShapeError("points", f"have shape {given.shape}", f"Give shape (k, {self.dimension})")
        if not np.isfinite(given).all():
            raise NotANumberError("points", "hold NaN or infinite coordinates", "Give finite numbers")
        return given

    def __repr__(self) -> str:
        return f"Known({self.name}, W1 = {self.value:.6g})"


@travels
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Translation(Known):
    """T x = x + shift, f(z) = -<shift, z> / |shift|."""

    shift: FloatArray

    def _draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        return rng.standard_normal((n, self.dimension))

    def _moved(self, x: FloatArray) -> FloatArray:
        return np.asarray(x + self.shift, dtype=np.float64)

    def _critic(self, points: FloatArray) -> FloatArray:
        return np.asarray(points @ (-self.shift / self.value), dtype=np.float64)

    def _gradient(self, points: FloatArray) -> FloatArray:
        return np.broadcast_to(-self.shift / self.value, points.shape).copy()


@travels
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _ScaledBall(Known):
    """T x = factor x, f(z) = |z| for a factor < 1 and -|z| for one > 1."""

    factor: float

    def _draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        return in_ball(rng, n, self.dimension)

    def _moved(self, x: FloatArray) -> FloatArray:
        return np.asarray(self.factor * x, dtype=np.float64)

    def _critic(self, points: FloatArray) -> FloatArray:
        return np.asarray(self._sign * np.linalg.norm(points, axis=1), dtype=np.float64)

    def _gradient(self, points: FloatArray) -> FloatArray:
        return self._sign * directions(points)

    @property
    def _sign(self) -> float:
        return 1.0 if self.factor < 1 else -1.0


def translation(dimension: int, shift: npt.ArrayLike = 1.0) -> Known:
    """P standard normal, Q the same moved by a vector v: W1 = |v|, f(z) = -<v, z> / |v|.

    Parameters
    ----------
    dimension : int
        d >= 1.
    shift : float or array_like, shape (d,)
        The vector v, or its length, along the diagonal then.

    Raises
    ------
    ParameterError
        The vector is shorter than 1e-6 or longer than 1e6.
    ShapeError
        The vector has another dimension.

    Examples
    --------
    >>> known = translation(2, shift=[3.0, 4.0])
    >>> known.value
    5.0
    >>> known.critic([[-3.0, -4.0], [3.0, 4.0]]).tolist()
    [5.0, -5.0]
    """
    dimension = whole("dimension", dimension, 1)
    vector = floats("shift", shift)
    vector = np.full(dimension, vector / np.sqrt(dimension)) if vector.ndim == 0 else vector
    if vector.shape != (dimension,):
        raise ShapeError("shift", f"has shape {vector.shape}", f"Give a length, or a vector of shape ({dimension},)")
    with np.errstate(over="ignore", invalid="ignore"):
        length = float(np.linalg.norm(vector))
    if not LEAST <= length <= MOST:
        raise ParameterError("shift", f"has the length {length:g}", f"Give a vector of length {LEAST:g} to {MOST:g}")
    return _Translation(f"normal in R^{dimension}, moved by {length:g}", dimension, length, read_only(vector))


def scaled_ball(dimension: int, factor: float = 2.0) -> Known:
    """P uniform in the unit ball, Q the law of s X for X with law P: W1 = |s - 1| d / (d + 1).

    Mass moves along rays through the origin: f(z) = -|z| for s > 1, |z| for s < 1.

    Parameters
    ----------
    dimension : int
        d >= 1.
    factor : float
        s > 0, not 1.

    Raises
    ------
    ParameterError
        The factor is not in [1e-6, 1e6], or is within 1e-6 of 1.

    Examples
    --------
    >>> scaled_ball(3, factor=0.5).value
    0.375
    """
    dimension, factor = whole("dimension", dimension, 1), real("factor", factor)
    if not (LEAST <= factor <= MOST and abs(factor - 1) >= LEAST):
        remedy = f"Give a number from {LEAST:g} to {MOST:g} that is {LEAST:g} or more away from 1"
        raise ParameterError("factor", f"is {factor:g}", remedy)
    value = abs(factor - 1) * dimension / (dimension + 1)
    return _ScaledBall(f"unit ball in R^{dimension}, scaled by {factor:g}", dimension, value, factor)


def in_ball(rng: np.random.Generator, n: int, dimension: int) -> FloatArray:
    """Points uniform in the unit ball (n, d)."""
    return directions(rng.standard_normal((n, dimension))) * rng.random((n, 1)) ** (1 / dimension)


def directions(vectors: FloatArray) -> FloatArray:
    """Unit vectors v / |v|, NaN for 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, np.nan)
