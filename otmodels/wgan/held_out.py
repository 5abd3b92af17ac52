"""What a generator is worth on points that it was not trained on: its W1 beside that of two true samples of the same size.

Two samples of one distribution are some way apart, and no generator is asked to be nearer than that: a ratio of 1 is as good as
the truth at this size. At the size of the batches that it was trained on a generator may be a little nearer than the truth, see
`otmodels.wgan.train`; more points tell more.

Source: Fournier and Guillin (2015), On the rate of convergence in Wasserstein distance of the empirical measure; Bellemare et al.
(2017), The Cramer distance as a solution to biased Wasserstein gradients, on W1 of batches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otmodels.arguments import check_type, whole
from otmodels.arrays import FloatArray, read_only, travels
from otmodels.critics.batches import solved
from otmodels.errors import ParameterError
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.wgan.batches import is_even
from otmodels.wgan.generators import Generator
from otmodels.wgan.readiness import check_methods


@travels
@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """W1 of generated and of true points to true ones that a generator has not seen.

    Attributes
    ----------
    generated : ndarray (repeats,)
        Between n generated points and n true ones.
    true : ndarray (repeats,)
        Between n other true points and the same n.
    size : int
        n.
    """

    generated: FloatArray
    true: FloatArray
    size: int

    @property
    def ratio(self) -> float:
        """Mean of the first over mean of the second: 1 is as good as the truth. NaN where all true points are one."""
        return float(self.generated.mean() / self.true.mean()) if self.true.any() else float("nan")

    @property
    def standard_error(self) -> float:
        """Of the ratio, to first order; NaN of a single repeat, and where the ratio is."""
        if self.generated.size == 1 or not self.true.any():
            return float("nan")
        rest = self.generated - self.ratio * self.true
        return float(rest.std(ddof=1) / np.sqrt(rest.size) / self.true.mean())

    def __repr__(self) -> str:
        means = f"W1 {self.generated.mean():.4g}, of true samples {self.true.mean():.4g}"
        return f"HeldOut({self.size} points: {means}, ratio {self.ratio:.3f} +- {self.standard_error:.3f})"


def held_out(
    generator: Generator,
    data: Measure,
    n: int = 256,
    repeats: int = 20,
    *,
    metric: str = "euclidean",
    order: float | None = None,
    seed: int = 0,
) -> HeldOut:
    """Compare generated with true points, on data that the generator was not trained on.

    Parameters
    ----------
    generator : Generator
        That was trained.
    data : Measure
        At least 2 n points of equal mass that it was not trained on.
    n : int
        Points of a sample, >= 1.
    repeats : int
        How often all samples are drawn, >= 1; true ones from the data without putting back.
    metric, order : optional
        As for `wasserstein_distance`.
    seed : int
        Of all that is drawn, >= 0.

    Raises
    ------
    ParameterError
        The data are too few, or of unlike masses, or it is no generator.
    ShapeError, UnknownNameError

    Examples
    --------
    >>> from otmodels.wgan import Affine, sample
    >>> exact = Affine([[1.0], [0.5]], [0.0, 0.0], "uniform")
    >>> bool(0.5 < held_out(exact, sample("line", 2000), 50).ratio < 2)
    True
    """
    check_type("data", data, Measure, MAKE_A_MEASURE)
    check_methods(generator)
    size, count, seed = whole("n", n, 1), whole("repeats", repeats, 1), whole("seed", seed, 0)
    if data.points is None:
        raise ParameterError("data", "has no points", "Give the measure points")
    if not is_even(data):
        remedy = "Draw points in proportion to their masses, and give those: Measure.from_samples(points)"
        raise ParameterError("data", "are of unlike masses, and true samples are drawn without putting back", remedy)
    if data.size < 2 * size:
        fault = f"are {data.size} atoms, and {2 * size} points of equal mass are needed"
        raise ParameterError("data", fault, "Give more, or compare fewer")
    rng = np.random.default_rng([seed, 2])
    pairs = np.empty((count, 2))
    for pair in pairs:
        first, other = np.split(data.points[rng.choice(data.size, 2 * size, replace=False)], 2)
        made = np.asarray(generator(generator.draw(size, rng)))
        against = Measure.from_samples(first)
        for k, points in enumerate((made, other)):
            pair[k] = solved(Measure.from_samples(points), against, metric, order=order).value
    generated, true = (read_only(column.copy()) for column in pairs.T)
    return HeldOut(generated, true, size)
