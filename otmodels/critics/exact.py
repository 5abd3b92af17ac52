"""The exact critic of two samples: the 1-Lipschitz function that tells them apart best, everywhere.

From optimal potentials (f, g) of a metric cost, f(z) = min_j d(z, y_j) - g_j is 1-Lipschitz in z, as a minimum of functions that
are: |d(z, y_j) - d(w, y_j)| <= d(z, w). At the sources it is at least f_i, since f_i + g_j <= d(x_i, y_j), and at the targets at
most -g_j, since d(y_j, y_j) = 0. So sum a f(x) - sum b f(y) is at least <a, f> + <b, g> = W1, and as f is 1-Lipschitz it is no
more: f attains the maximum in max sum a f(x) - sum b f(y) over all 1-Lipschitz f, which is the loss of a Wasserstein critic with
its sign turned. The same holds for max_i f_i - d(x_i, z), from below, and for the mean of the two.

Source: Kantorovich and Rubinstein (1958); McShane (1934), Extension of range of functions; Arjovsky, Chintala and Bottou (2017),
Wasserstein generative adversarial networks; Mallasto, Montufar and Gerolin (2019), How well do WGANs estimate the Wasserstein
metric?, on c-transforms of samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import check_name, check_type
from otmodels.arrays import FloatArray, read_only, read_points, travels
from otmodels.certificate import outside
from otmodels.checks import Certificate, Check
from otmodels.critics.batches import solved
from otmodels.critics.bracket import SPLITS, Bracket, bracket
from otmodels.critics.directions import toward
from otmodels.critics.extension import EXTENSIONS, extended, of_potentials
from otmodels.critics.slopes import largest_slope
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import MetricFunction, Minkowski, UserMetric
from otmodels.problem import TransportProblem
from otmodels.rounding import exact_dot
from otmodels.safe import middle
from otmodels.solution import Solution
from otmodels.tolerances import DEFAULT


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Critic:
    """The exact critic of two samples; call it at any points.

    Attributes
    ----------
    solution : Solution or LipschitzSolution
        The certified transport problem that it comes from: its plan has the rays along which the critic falls with slope 1.
    cost : GroundCost (n, m)
        Distances between the sources and the targets.
    extension : {"upper", "lower", "mean"}
        How it is had beyond the samples.
    at_source, at_target : ndarray (n,), (m,)
        The critic at the samples.
    certificate : Certificate
        Of the transport problem, and of the critic: 1-Lipschitz over all pairs of the n + m points, and of its value.
    metric, order
        As they were asked for.
    """

    solution: Solution | LipschitzSolution
    cost: GroundCost
    extension: str
    at_source: FloatArray
    at_target: FloatArray
    certificate: Certificate
    metric: str | MetricFunction = "euclidean"
    order: float | None = None

    @property
    def source(self) -> Measure:
        """The first sample."""
        return self.solution.problem.source

    @property
    def target(self) -> Measure:
        """The second sample."""
        return self.solution.problem.target

    @property
    def value(self) -> float:
        """Sum a f(x) - sum b f(y), which is W1: minus the loss that a critic is trained to make small."""
        return self.certificate.dual_value

    def __call__(self, points: npt.ArrayLike) -> FloatArray:
        """The critic at points (k, d), or (k,) on the line, in blocks.

        Raises
        ------
        ShapeError, NotANumberError
        """
        return extended(self.solution, self.cost, self.extension, read_points(points, self.cost.x.shape[1]))

    def gradient(self, points: npt.ArrayLike) -> FloatArray:
        """The gradient at points (k, d); NaN where there is none.

        The upper extension has one where one of the distances to targets that attain the minimum has it, and no other kinks
        there, the lower one likewise at sources; their mean where both do. Its norm, dual to the metric's, is 1 for the upper and
        the lower one.

        Raises
        ------
        ParameterError
            The metric is no Minkowski metric, whose gradients are known.
        ShapeError, NotANumberError
        """
        given = read_points(points, self.cost.x.shape[1])
        return of_potentials(toward, self.solution, self.cost, self.extension, given)

    def undefined(self, points: npt.ArrayLike) -> int:
        """At how many of the points there is no gradient."""
        return int(np.isnan(self.gradient(points)).any(axis=1).sum())

    def of_distributions(self, splits: int = SPLITS, seed: int = 0) -> Bracket:
        """What the samples say of W1 of the distributions that they are from; see `otmodels.critics.bracket`.

        Critics of halves are extended as this one is.

        Parameters
        ----------
        splits : int
            How often the samples are cut into halves, >= 2; each takes three solves of half the size.
        seed : int
            Of the halves.
        """
        return bracket(
            self.source, self.target, self.metric, order=self.order, extension=self.extension, splits=splits, seed=seed
        )

    def rays(self) -> pd.DataFrame:
        """One row a pair along which mass moves: source, target, mass, distance, and by how much the critic falls."""
        plan = self.solution.sparse_plan.tocoo()
        moved = np.flatnonzero(plan.data > 0)
        i, j = plan.row[moved].astype(np.intp), plan.col[moved].astype(np.intp)
        distance = self.cost.entries(i, j)
        columns = {"source": self.source.labels[i], "target": self.target.labels[j], "mass": plan.data[moved]}
        fall = self.at_source[i] - self.at_target[j]
        table = pd.DataFrame(columns | {"distance": distance, "fall": fall})
        return table[distance > 0].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """One row an atom, indexed by (side, label): mass and critic."""
        sides = (("source", self.source, self.at_source), ("target", self.target, self.at_target))
        index = pd.MultiIndex.from_tuples(
            [(side, label) for side, measure, _ in sides for label in measure.labels], names=["side", "label"]
        )
        mass = np.concatenate([measure.mass for _, measure, _ in sides])
        return pd.DataFrame({"mass": mass, "critic": np.concatenate([values for *_, values in sides])}, index=index)

    def __repr__(self) -> str:
        sizes = f"{self.source.size} and {self.target.size} points"
        return f"Critic({self.extension} extension, {sizes}, value {self.value:.12g}, {self.certificate.word})"


def critic(
    source: Measure,
    target: Measure,
    metric: str | MetricFunction = "euclidean",
    *,
    order: float | None = None,
    extension: str = "upper",
    balance: str = "raise",
    time_limit: float | None = None,
) -> Critic:
    """The exact critic of two samples: max sum a f(x) - sum b f(y) over all 1-Lipschitz f, attained and certified.

    Parameters
    ----------
    source, target : Measure
        With points of the same dimension; weights are masses, of the same total.
    metric : str or callable
        As for `ground_cost`; it has to be a metric.
    order : float, optional
        Of the Minkowski metric.
    extension : {"upper", "lower", "mean"}
        Beyond the samples the least of the cones that the targets carry, the largest of those that hang from the sources, or
        the mean of the two: all are optimal, and between the first two lies every other one (McShane 1934).
    balance : {"raise", "rescale"}
        As for `TransportProblem`.
    time_limit : float, optional
        Seconds, > 0.

    Raises
    ------
    ParameterError
        The metric is none: it is not symmetric, or breaks the triangle inequality. Or the samples are so far apart, beside how
        close two points of one are, that distances are too rounded for a critic.
    ShapeError, UnbalancedError, UnknownNameError, SolveError

    Examples
    --------
    >>> f = critic(Measure.from_samples([0.0, 2.0]), Measure.from_samples([1.0, 5.0]))
    >>> f.value, f([0.0, 1.0, 3.0]).tolist()
    (2.0, [0.0, -1.0, -2.0])
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    check_name("extension", extension, EXTENSIONS)
    if not isinstance(metric, str) and not callable(metric):
        raise ParameterError(
            "metric", f"is {metric!r}", "Name a metric of points, or give a callable: a critic is a function of them"
        )
    solution = solved(source, target, metric, order=order, balance=balance, time_limit=time_limit)
    cost = solution.problem.cost
    assert isinstance(cost, GroundCost)
    _check_symmetry(solution, cost)
    at_source = extended(solution, cost, extension, cost.x)
    at_target = extended(solution, cost, extension, cost.y)
    certificate = _certificate(solution, cost, at_source, at_target)
    lipschitz, worth = certificate.checks[-2:]
    if not lipschitz.passed and isinstance(cost.metric, Minkowski):
        fault = f"lie so far apart, beside how close some of their points are, that rounding hides the slope there: {lipschitz}"
        raise ParameterError("source, target", fault, "Merge points that are as good as one, or bring the samples nearer")
    if not lipschitz.passed:
        raise _no_metric(f"by the triangle inequality the critic would be 1-Lipschitz, and {lipschitz}")
    if not worth.passed and isinstance(cost.metric, UserMetric):
        raise _no_metric(f"with distances >= 0, and 0 from a point to itself, the critic would be worth W1, and {worth}")
    return Critic(solution, cost, extension, read_only(at_source), read_only(at_target), certificate, metric, order)


def union(cost: GroundCost) -> GroundCost:
    """Distances (n + m, n + m) between all points of both samples."""
    points = np.concatenate([cost.x, cost.y])
    return replace(cost, x=points, y=points)


def worth_of(problem: TransportProblem, u: FloatArray, v: FloatArray) -> float:
    """Sum a u - sum b v of a function that is u at the sources and v at the targets, b the exact masses of the target.

    0 where no more than that is certain.
    """
    b = problem.exact_target.correction
    found = exact_dot(np.concatenate([problem.a, -problem.b, -b]), np.concatenate([u, v, v]))
    return found.value if abs(found.value) > found.error else 0.0


def _check_symmetry(solution: Solution | LipschitzSolution, cost: GroundCost) -> None:
    """Raise where a callable has another distance from a target to a source than back: beyond the samples f would be steeper."""
    if not isinstance(cost.metric, UserMetric):
        return
    for rows, there in cost.blocks():
        back = cost.metric.between(cost.y, cost.x[rows]).T
        alike = np.isclose(there, back, rtol=DEFAULT.slack, atol=0.0)
        if not alike.all():
            i, j = np.argwhere(~alike)[0]
            source, target = solution.problem.pair(int(i) + rows.start, int(j))
            raise _no_metric(f"it is {there[i, j]:g} from source {source} to target {target}, and {back[i, j]:g} back")


def _no_metric(why: str) -> ParameterError:
    return ParameterError("metric", f"is no metric: {why}", "Give a metric; om.metric_report(cost) names what fails")


def _certificate(
    solution: Solution | LipschitzSolution, cost: GroundCost, at_source: FloatArray, at_target: FloatArray
) -> Certificate:
    """That of the transport problem, with the critic in place of the potentials."""
    problem, given = solution.problem, solution.certificate
    centre = middle(at_source, problem.a)
    values = np.concatenate([at_source, at_target]) - centre
    masses = np.concatenate([problem.a, -problem.b])
    value = worth_of(problem, at_source - centre, at_target - centre)
    slope = largest_slope(union(cost), values)
    sides = (("source", problem.source), ("target", problem.target))
    names = [f"{side} {label}" for side, measure in sides for label in measure.labels] if slope.i.size else []
    where = f"({names[slope.i[0]]}, {names[slope.j[0]]})" if names else ""
    rounding = 8 * float(np.finfo(np.float64).eps) * float(np.abs(masses) @ np.abs(values))
    beside = max(DEFAULT.gap * given.interval.size - given.interval.width, rounding)
    checks = (
        *given.checks,
        Check("f is 1-Lipschitz over all pairs of both samples", max(slope.constant - 1, 0.0), DEFAULT.slack, where),
        Check("value of the critic lies in the interval", outside(value, given.interval), beside),
    )
    if outside(value, given.interval) <= beside:
        value = min(max(value, given.interval.lower), given.interval.upper)  # W1 is there, for certain
    return replace(given, checks=checks, dual_value=value)
