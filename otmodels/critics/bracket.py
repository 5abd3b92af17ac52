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

from otmodels.arguments import check_name
from otmodels.arrays import FloatArray, read_only, travels
from otmodels.critics.batches import solved
from otmodels.critics.extension import EXTENSIONS, extended
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import Measure
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
        return float(self.held_out.mean())

    @property
    def upper(self) -> float:
        """Mean W1 of halves: at least W1(P, Q) in expectation."""
        return float(self.sampled.mean())

    @property
    def lower_error(self) -> float:
        """Standard error of the lower end."""
        return float(self.held_out.std(ddof=1))

    @property
    def upper_error(self) -> float:
        """Standard error of the upper end."""
        return float(self.sampled.std(ddof=1))

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
            (
                "W1(x_A, x_B) + W1(y_A, y_B), at least the bias of W1 of halves",
                float(self.bias.mean()),
                float(self.bias.std(ddof=1)),
            ),
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
        Samples, of at least four atoms each.
    metric, order
        As for `wasserstein_distance`.
    extension : {"upper", "lower", "mean"}
        How the critic of one half is had at the other, see `critic`. The lower end holds for each, and which one's is higher
        depends on the distributions: choose before you look.
    splits : int
        Random splits into halves, >= 2; each takes three solves of half the size.
    seed : int
        Of the halves.

    Raises
    ------
    ParameterError
        Too few splits or atoms.
    UnknownNameError
        There is no such extension.
    """
    check_name("extension", extension, EXTENSIONS)
    if isinstance(splits, bool) or not isinstance(splits, int | np.integer) or splits < 2:
        raise ParameterError("splits", f"is {splits!r}", "Give a whole number >= 2")
    for argument, measure in (("source", source), ("target", target)):
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
    """The mass times the critic of a solved problem at another sample."""
    cost = solution.problem.cost
    assert isinstance(cost, GroundCost)
    assert sample.points is not None
    return float(sample.mass @ extended(solution, cost, extension, sample.points))


def _halves(measure: Measure, rng: np.random.Generator) -> tuple[Measure, Measure]:
    """Two halves of the atoms with mass, each of mass 1 as a distribution has."""
    assert measure.points is not None
    order = rng.permutation(np.flatnonzero(measure.mass))
    half = order.size // 2
    first, second = (
        Measure(measure.mass[chosen] / measure.mass[chosen].sum(), measure.points[chosen])
        for chosen in (order[:half], order[half:])
    )
    return first, second
