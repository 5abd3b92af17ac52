"""Pairs of distributions whose optimal critic is the least of several funnels |z - a_n| + b_n.

Source: Korotin, Kolesov, Burnaev (2022), Kantorovich Strikes Back! Wasserstein GANs are not Optimal Transport? There the points
of the unmoved distribution are anywhere, in a cube or among images, and W1 is a mean over samples. Here they fill balls around
the centres, each within its own funnel, and W1 is a formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from otmodels.arguments import real, whole
from otmodels.arrays import FloatArray, floats, read_only, travels
from otmodels.critics.known import LEAST, MOST, Known, directions, in_ball
from otmodels.errors import NotANumberError, ParameterError, ShapeError

FILLED = 0.9
"""Part of the room around a centre that its ball takes where nobody says otherwise."""


@travels
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Funnels(Known):
    """T x = x - share (x - a_n) on the ball around a_n, f(z) = min_n |z - a_n| + b_n."""

    centres: FloatArray
    offsets: FloatArray
    radii: FloatArray
    share: float

    def _draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        which = rng.integers(len(self.centres), size=n)
        return self.centres[which] + self.radii[which, None] * in_ball(rng, n, self.dimension)

    def _moved(self, x: FloatArray) -> FloatArray:
        centres = self.centres[self._heights(x).argmin(axis=1)]
        return np.asarray(centres + (1 - self.share) * (x - centres), dtype=np.float64)

    def _critic(self, points: FloatArray) -> FloatArray:
        return np.asarray(self._heights(points).min(axis=1), dtype=np.float64)

    def _gradient(self, points: FloatArray) -> FloatArray:
        heights = self._heights(points)
        gradient = directions(points - self.centres[heights.argmin(axis=1)])
        gradient[(heights == heights.min(axis=1)[:, None]).sum(axis=1) > 1] = np.nan  # between two funnels
        return gradient

    def _heights(self, points: FloatArray) -> FloatArray:
        """|z - a_n| + b_n (k, N)."""
        return np.asarray(cdist(points, self.centres) + self.offsets, dtype=np.float64)


def funnels(dimension: int, count: int = 4, seed: int = 0, share: float = 0.5) -> Known:
    """A pair as of `funnels_at` with centres and offsets at random: normal centres, offsets that leave each centre some room.

    Parameters
    ----------
    dimension : int
        d >= 1.
    count : int
        Number N of funnels, >= 1.
    seed : int
        Which centres and offsets, >= 0.
    share : float
        Part of its way to the centre that a point moves, in (0, 1).

    Raises
    ------
    ParameterError
        A number is out of range, or centres drawn are too near to each other.

    Examples
    --------
    >>> funnels(8, count=5).dimension
    8
    """
    dimension, count, seed = whole("dimension", dimension, 1), whole("count", count, 1), whole("seed", seed, 0)
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count, dimension))
    nearest = _room(centres, np.zeros(count)).min() * 2
    offsets = rng.random(count) * (nearest / 2 if count > 1 else 1.0)  # b_n - b_m <= |a_n - a_m| / 2
    return funnels_at(centres, offsets, share=share)


def funnels_at(
    centres: npt.ArrayLike, offsets: npt.ArrayLike | None = None, radius: npt.ArrayLike | None = None, share: float = 0.5
) -> Known:
    """P uniform in one of N balls around centres a_n, each as probable; Q the same with every point nearer to its centre.

    f(z) = min_n |z - a_n| + b_n is 1-Lipschitz. On a ball with 2 r_n < |a_n - a_m| + b_m - b_n for all m other than n the
    minimum is taken at n, for |z - a_m| >= |a_n - a_m| - |z - a_n|; the condition can not be weakened, as z between a_n and a_m
    shows. Where all balls meet it, f falls by 1 a step along the way to the centre, and W1 = share d / (d + 1) mean r_n.

    Parameters
    ----------
    centres : array_like, shape (N, d)
        a_n.
    offsets : array_like, shape (N,), optional
        b_n; 0 where omitted.
    radius : float or array_like, shape (N,), optional
        r_n; where omitted 0.9 of the bound above, 1 for a single funnel.
    share : float
        Part of its way to the centre that a point moves, in (0, 1).

    Raises
    ------
    ParameterError
        A ball would reach beyond its own funnel, or a number is out of range.
    ShapeError, NotANumberError
        Arrays do not fit, or are not finite.

    Examples
    --------
    >>> known = funnels_at([[0.0, 0.0], [4.0, 0.0]], offsets=[0.0, 1.0], radius=[2.0, 1.0])
    >>> known.value
    0.5
    >>> known.critic([[1.0, 0.0], [4.0, 0.5], [2.5, 0.0]]).tolist()
    [1.0, 1.5, 2.5]
    >>> known.gradient([[1.0, 0.0], [4.0, 0.5], [2.5, 0.0]]).tolist()
    [[1.0, 0.0], [0.0, 1.0], [nan, nan]]
    """
    a, share = _finite("centres", centres), real("share", share)
    if a.ndim != 2 or a.size == 0:
        raise ShapeError("centres", f"have shape {a.shape}", "Give one row a funnel, shape (N, d)")
    count, dimension = a.shape
    b = np.zeros(count) if offsets is None else _finite("offsets", offsets)
    if b.shape != (count,):
        raise ShapeError("offsets", f"have shape {b.shape}", f"Give one a funnel, shape ({count},)")
    if not LEAST <= share <= 1 - LEAST:
        raise ParameterError("share", f"is {share:g}", f"Give a number in (0, 1), {LEAST:g} or more away from both")
    room = _room(a, b)
    if room.min() <= 0:
        fault = f"leave no room around centre {int(room.argmin())}: another funnel is as low there"
        raise ParameterError("offsets", fault, "Let them differ by less than the distances of their centres")
    r = np.where(np.isinf(room), 1.0, FILLED * room) if radius is None else _finite("radius", radius)
    if r.shape not in ((), (count,)):
        raise ShapeError("radius", f"has shape {r.shape}", f"Give one number, or one a funnel, shape ({count},)")
    r = np.broadcast_to(r, count).copy()
    _check_radii(r, room, max(float(np.abs(a).max()), float(np.abs(b).max())))
    name = f"{count} funnel{'s' * (count > 1)} in R^{dimension}, share {share:g}"
    value = share * dimension / (dimension + 1) * float(r.mean())
    return _Funnels(name, dimension, value, read_only(a), read_only(b), read_only(r), share)


def _room(centres: FloatArray, offsets: FloatArray) -> FloatArray:
    """The radius that each ball has to stay below, min (|a_n - a_m| + b_m - b_n) / 2 over m; infinite for a single funnel."""
    room = (cdist(centres, centres) + offsets[None, :] - offsets[:, None]) / 2
    np.fill_diagonal(room, np.inf)
    return np.asarray(room.min(axis=1), dtype=np.float64)


def _check_radii(radii: FloatArray, room: FloatArray, size: float) -> None:
    """Raise unless each ball stays within its own funnel, and is not lost in the rounding of numbers of some size."""
    n = int((room - radii).argmin())
    if not radii[n] < room[n]:
        fault = f"is {radii[n]:g} around centre {n}, so that the ball reaches beyond its own funnel"
        raise ParameterError("radius", fault, f"Give less than {room[n]:g} there, or move the centres apart")
    least, n = LEAST * max(size, LEAST), int(radii.argmin())
    if not (radii[n] >= least and radii.max() <= MOST):
        n = n if radii[n] < least else int(radii.argmax())
        remedy = f"Give {least:g} to {MOST:g}: smaller balls are lost in rounding next to centres and offsets of this size"
        raise ParameterError("radius", f"is {radii[n]:g} around centre {n}", remedy)


def _finite(argument: str, data: npt.ArrayLike) -> FloatArray:
    values = floats(argument, data)
    if not np.isfinite(values).all():
        raise NotANumberError(argument, "hold NaN or infinity", "Give finite numbers")
    return values
