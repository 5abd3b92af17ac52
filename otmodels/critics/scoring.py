"""What a critic is worth on a pair of distributions whose optimal critic is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from otmodels.arguments import check_type
from otmodels.arrays import FloatArray
from otmodels.critics.foreign import CriticLike, GradientLike, read_critic
from otmodels.critics.known import Known
from otmodels.critics.slopes import ROUNDING, at_least
from otmodels.errors import InfiniteValueError
from otmodels.ground import ground_cost
from otmodels.measure import Measure
from otmodels.metrics import Minkowski

EUCLIDEAN = Minkowski(2.0)

LARGEST = 1e300
"""Values and gradients beyond this size are refused: their slopes or squares would overflow."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a critic phi is worth on a pair whose W1 is known; see `score`.

    Attributes
    ----------
    name : str
        The pair.
    n : int
        Number of points of each sample.
    value : float
        W1(P, Q).
    sampled : float
        W1 of the two samples, exactly; `value` up to sampling.
    difference : float
        Mean of phi on the sample of P less that on the sample of Q.
    slope : float
        The largest slope of phi over all pairs of sampled points; no Lipschitz constant of phi is lower.
    ratio : float
        difference / slope / sampled: at most 1 for whatever phi, up to rounding, 1 only where phi / slope is optimal for the
        samples; negative where phi takes P for Q, 0 for a constant.
    cosine : float
        Cosine between the gradients of phi and of the known critic, as functions: E <u, v> / sqrt(E |u|^2 E |v|^2), half of the
        mass on either sample, over the points where both are defined; 0 for a gradient that is 0; NaN where phi has none, which
        was not given and which torch does not find.
    l2 : float
        sqrt(E |u - v|^2) of the two gradients, over the same points; of phi as it is, not of phi / slope.
    """

    name: str
    n: int
    value: float
    sampled: float
    difference: float
    slope: float
    ratio: float
    cosine: float
    l2: float

    def table(self) -> pd.DataFrame:
        """One row, by the name of the pair: tables of several scores may be stacked."""
        return pd.DataFrame([asdict(self)]).set_index("name")


def score(known: Known, critic: CriticLike, gradient: GradientLike | None = None, n: int = 1000, seed: int = 0) -> Score:
    """How near a critic comes to an optimal one, on a sample of P and the points of Q that an optimal plan moves it to.

    No critic can be worth more than the W1 of the samples, and that is known exactly: mean |x - Tx|. With points that are paired
    in this way slopes along the transport rays are among those looked at, which in high dimension independent samples
    would miss.

    Parameters
    ----------
    known : Known
        The pair.
    critic : callable, torch.nn.Module, or pair of array_like (n,), (n,)
        Any function phi, large on P, small on Q, read as `audit_critic` reads it: points (k, d) to values (k,) or (k, 1), in numpy
        or torch, or its values at the two samples, `known.pair(n, seed)`. A function is called more than once: first with a few
        points, to see what it takes, then with at most 4096 at once.
    gradient : callable, optional
        Its gradient, from points (k, d) to (k, d); NaN where it is not defined. A torch network has its own.
    n : int
        Number of points of each sample. All 4 n^2 pairs are looked at.
    seed : int
        Which samples; never those of `known.sample`.

    Raises
    ------
    ParameterError
        The critic raises, or cannot be called with what it is given; torch is missing.
    ShapeError, NotANumberError, InfiniteValueError
        What it returns.

    Examples
    --------
    >>> from otmodels.critics import scaled_ball
    >>> known = scaled_ball(2, factor=0.5)
    >>> round(score(known, lambda z: 3 * known.critic(z)).ratio, 9)
    1.0
    >>> score(known, lambda z: z[:, 0]).ratio < 0.1
    True
    """
    check_type("known", known, Known, "Make one: translation(d), scaled_ball(d) or funnels(d)")
    x, y = known.pair(n, seed)
    assert x.points is not None
    assert y.points is not None
    foreign = read_critic(critic, x, y, EUCLIDEAN, gradient)
    phi = np.concatenate([foreign.at_source, foreign.at_target])
    _check_size("critic", phi)
    points = np.concatenate([x.points, y.points])
    sampled = float(np.linalg.norm(x.points - y.points, axis=1).mean())
    difference = float(foreign.at_source.mean() - foreign.at_target.mean())
    nodes = Measure.from_samples(points)
    rounding = max(ROUNDING, 4 * foreign.rounding)
    slope = at_least(ground_cost(nodes, nodes), phi, abs(difference) / sampled, rounding).constant
    ratio = difference / slope / sampled if slope > 0 else 0.0
    cosine = l2 = float("nan")
    gradients = foreign.gradients(points)
    if gradients is not None:
        _check_size("gradient", gradients)
        cosine, l2 = _compared(gradients, known.gradient(points))
    return Score(known.name, x.size, known.value, sampled, difference, slope, ratio, cosine, l2)


def _check_size(argument: str, answers: FloatArray) -> None:
    """Raise where slopes or squares would overflow."""
    most = float(np.nanmax(np.abs(answers), initial=0.0))
    if most > LARGEST:
        raise InfiniteValueError(argument, f"returned {most:g}", f"Return numbers of at most {LARGEST:g}")


def _compared(u: FloatArray, v: FloatArray) -> tuple[float, float]:
    """Cosine and L2 of two fields of vectors, over the points where both are defined, each of the same mass."""
    both = ~(np.isnan(u) | np.isnan(v)).any(axis=1)
    if not both.any():
        return float("nan"), float("nan")
    u, v = u[both], v[both]
    size = float(np.abs(u).max())
    if size == 0:
        return 0.0, float(np.sqrt((v**2).sum(axis=1).mean()))
    w = u / size
    cosine = float((w * v).sum() / np.sqrt((w**2).sum() * (v**2).sum()))
    return cosine, float(np.sqrt((((u - v) / max(size, 1.0)) ** 2).sum(axis=1).mean()) * max(size, 1.0))
