"""What two samples say of the distributions that they are from: W1 of the distributions between two numbers.

A critic of one half of the samples, held against the other half, has seen nothing of it: its mean there is that of a 1-Lipschitz
function over the distributions, which is at most W1(P, Q). And W1 of samples is at least W1(P, Q) in the mean, since the exact
critic fits their noise too. By how much is at most W1(x_A, x_B) + W1(y_A, y_B) of halves, in the mean.

Errors are over random halves: a mean over half of a sample, drawn from it without replacement, varies by as much as that over a
whole sample varies from one to the next (the delete-half jackknife), so that the deviation over splits is the standard error, and
is not divided by their number. A bootstrap would draw points twice, whose distance is 0, and make W1 of samples too large.

Source: Villani (2003), theorem 1.14; Shao and Wu (1989), A general theory for jackknife variance estimation; Weed and Bach
(2019), Sharp asymptotic and finite-sample rates of convergence of empirical measures in Wasserstein distance; Stanczuk et al.
(2021), Wasserstein GANs work because they fail, on samples in high dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from otmodels.arguments import check_name, check_type, whole
from otmodels.arrays import FloatArray, read_only, travels
from otmodels.critics.batches import solved
from otmodels.critics.extension import EXTENSIONS, extended
from otmodels.errors import ParameterError, ShapeError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import MetricFunction
from otmodels.solution import Solution

SPLITS = 10
"""Splits into halves, where nobody says how many."""

FEWEST = 4
"""Atoms of a sample that is cut into halves."""

HELD = 0.95
"""In what part of samples the interval holds W1 of the distributions."""


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Bracket:
    """W1(P, Q) between two numbers, from splits of samples of P and Q into halves.

    P and Q have mass 1, whatever the samples have: times the mass of a sample it is in the unit of `Critic.value`.

    Attributes
    ----------
    held_out : ndarray (s,)
        Values on one half of the critic of the other half, a split each.
    sampled : ndarray (s,)
        W1 of halves.
    bias : ndarray (s,)
        W1(x_A, x_B) + W1(y_A, y_B) of halves: by how much W1 of halves may be above W1(P, Q).
    """

    held_out: FloatArray
    sampled: FloatArray
    bias: FloatArray

    @property
    def lower(self) -> float:
        """Mean held-out value: at most W1(P, Q) in expectation."""
        return _mean(self.held_out)

    @property
    def upper(self) -> float:
        """Mean W1 of halves: at least W1(P, Q) in expectation."""
        return _mean(self.sampled)

    @property
    def lower_error(self) -> float:
        """Standard error of the lower end."""
        return _deviation(self.held_out)

    @property
    def upper_error(self) -> float:
        """Standard error of the upper end."""
        return _deviation(self.sampled)

    @property
    def interval(self) -> tuple[float, float]:
        """Holds W1(P, Q) in 95 % of samples, or more: the ends and their errors, times Student's quantile for so many splits."""
        errors = float(stdtrit(self.held_out.size - 1, (1 + HELD) / 2))
        return max(self.lower - errors * self.lower_error, 0.0), self.upper + errors * self.upper_error

    def table(self) -> pd.DataFrame:
        """One row a number: its mean over splits and its standard error."""
        rows = [
            ("held-out value of a half-sample's critic, at most W1(P, Q)", self.lower, self.lower_error),
            ("W1 of half-samples, at least W1(P, Q)", self.upper, self.upper_error),
            ("W1(x_A, x_B) + W1(y_A, y_B), at least the bias of W1 of halves", _mean(self.bias), _deviation(self.bias)),
        ]
        return pd.DataFrame(rows, columns=["number", "mean", "standard error"]).set_index("number")

    def __repr__(self) -> str:
        low, high = self.interval
        return f"Bracket({self.lower:.4g} <= W1(P, Q) <= {self.upper:.4g} in expectation; 95 %: {low:.4g} to {high:.4g})"


def bracket(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction = "euclidean",
    *,
    order: float | None = None,
    extension: str = "upper",
    splits: int = SPLITS,
    seed: int = 0,
) -> Bracket:
    """Bound W1 of two distributions by samples of them.

    Parameters
    ----------
    source, target : Measure
        Samples with points, of at least four atoms each; masses are weights, their totals are of no account.
    metric, order
        As for `wasserstein_distance`.
    extension : {"upper", "lower", "mean"}
        How the critic of one half is had at the other, see `critic`. The lower end holds for each, and which one's is higher
        depends on the distributions: choose before you look.
    splits : int
        Random splits into halves, >= 2; each takes three solves of half the size.
    seed : int
        Of the halves, >= 0.

    Raises
    ------
    ParameterError
        Too few splits or atoms.
    ShapeError
        The samples have no points, or points of different dimensions.
    UnknownNameError
        There is no such extension.
    """
    check_name("extension", extension, EXTENSIONS)
    splits, seed = whole("splits", splits, 2), whole("seed", seed, 0)
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
        if measure.points is None:
            raise ShapeError(argument, "has no points", "Give the sample its points: a critic is a function of them")
        if np.count_nonzero(measure.mass) < FEWEST:
            raise ParameterError(
                argument, f"has fewer than {FEWEST} atoms with mass", "Give a larger sample: it is cut into halves"
            )
    rng = np.random.default_rng(seed)

    def between(x: Measure, y: Measure) -> Solution | LipschitzSolution:
        return solved(x, y, metric, order=order, balance="rescale")

    held_out, sampled, bias = np.empty((3, splits))
    for k in range(splits):
        (x, other_x), (y, other_y) = _halves(source, rng), _halves(target, rng)
        solution = between(x, y)
        sampled[k], held_out[k] = solution.value, _mean_of(solution, extension, other_x) - _mean_of(solution, extension, other_y)
        bias[k] = between(x, other_x).value + between(y, other_y).value
    return Bracket(*map(read_only, (held_out, sampled, bias)))


def _mean_of(solution: Solution | LipschitzSolution, extension: str, sample: Measure) -> float:
    """The mean of the critic of a solved problem over another sample."""
    cost = solution.problem.cost
    assert isinstance(cost, GroundCost)
    assert sample.points is not None
    return float(sample.mass @ extended(solution, cost, extension, sample.points))


def _halves(measure: Measure, rng: np.random.Generator) -> tuple[Measure, Measure]:
    """Two halves of the atoms with mass, each of mass 1 as a distribution has."""
    assert measure.points is not None
    weights = measure.mass / measure.mass.max()
    order = rng.permutation(np.flatnonzero(measure.mass))
    half = order.size // 2
    first, second = (
        Measure(weights[chosen] / weights[chosen].sum(), measure.points[chosen]) for chosen in (order[:half], order[half:])
    )
    return first, second


def _mean(values: FloatArray) -> float:
    """The mean of numbers whose sum may be beyond floating point."""
    size = float(np.abs(values).max()) or 1.0
    return size * float((values / size).mean())


def _deviation(values: FloatArray) -> float:
    """The standard deviation of numbers whose squares may be beyond floating point."""
    size = float(np.abs(values).max()) or 1.0
    return size * float((values / size).std(ddof=1))
