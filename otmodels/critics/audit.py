"""What anybody's critic is worth: how far from W1, and whether its shape or its scale is to blame.

Let phi be a critic, R = sum a phi(x) - sum b phi(y) what it makes of two samples, and L its largest slope over all pairs of their
points. phi / L is 1-Lipschitz on these, so R / L <= W1, and W1 - R = (W1 - R / L) + (R / L - R): what its shape loses, which is
>= 0 and is the network's and the optimiser's together, and what its scale leaves unused, where L < 1, or feigns, where L > 1.
Between the samples alone a smaller L may do, and with a c-transform in place of one side any function proves a bound. Of what
lies between the points that were seen nothing is claimed.

Source: Arjovsky, Chintala and Bottou (2017); Gulrajani et al. (2017), Improved training of Wasserstein GANs, proposition 1 on the
gradient along rays; Mallasto, Montufar and Gerolin (2019) on c-transforms; Korotin, Kolesov and Burnaev (2022), Kantorovich
strikes back!, on how far critics are off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import check_type, whole
from otmodels.arrays import FloatArray, travels
from otmodels.certificate import certify
from otmodels.checks import Certificate
from otmodels.claims import MARGIN
from otmodels.critics.agreement import Agreement, agreement
from otmodels.critics.exact import Critic, union, worth_of
from otmodels.critics.exact import critic as exact_critic
from otmodels.critics.foreign import Foreign, read_critic
from otmodels.critics.slopes import ROUNDING, Slope, at_least, one_sided
from otmodels.errors import ParameterError
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.metrics import MetricFunction, Minkowski
from otmodels.safe import middle

NEGLIGIBLE = 1e-9
"""Part of W1 below which what a critic is worth counts as 0."""

WHOLE = 1 - 1e-6
"""Share of W1 from which on a critic is called optimal on the samples."""


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A lower bound on W1 that a critic proves.

    Attributes
    ----------
    name : str
        How it is had from the critic.
    value : float
        The bound, rounding counted in.
    share : float
        Of the exact W1; NaN where that is 0.
    certificate : Certificate or None
        Of the potentials that prove it; None of the bound 0, which needs none.
    """

    name: str
    value: float
    share: float
    certificate: Certificate | None


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What a critic makes of two samples, beside the exact one.

    Attributes
    ----------
    critic : Foreign
        The critic that was audited, as read: its values, and gradients where there are any.
    exact : Critic
        The exact critic of the two samples; `exact.value` is W1, certified.
    value : float
        R = sum a phi(x) - sum b phi(y).
    slope : Slope
        The largest slope over all pairs of both samples, and the pairs that attain it.
    across : float
        The largest (phi(x_i) - phi(y_j)) / d(x_i, y_j) between the samples.
    bounds : tuple of Bound
        Lower bounds on W1 that it proves, each with its share.
    agreement : Agreement or None
        Its gradients beside those of the exact critic; None where it has none.
    """

    critic: Foreign
    exact: Critic
    value: float
    slope: Slope
    across: float
    bounds: tuple[Bound, ...]
    agreement: Agreement | None

    @property
    def constant(self) -> float:
        """L: the Lipschitz constant on the points that were seen."""
        return self.slope.constant

    @property
    def w1(self) -> float:
        """The exact W1 of the samples."""
        return self.exact.value

    @property
    def best(self) -> Bound:
        """The best bound that it proves."""
        return max(self.bounds, key=lambda bound: bound.value)

    @property
    def share(self) -> float:
        """Share of W1 that the best bound proves; NaN where W1 is 0."""
        return self.best.share

    @property
    def scaled(self) -> float:
        """R / L, what the critic is worth once it is 1-Lipschitz; 0 where it is constant, or L is infinite."""
        return self.value / self.constant if 0 < self.constant < np.inf else 0.0

    @property
    def lost_by_shape(self) -> float:
        """W1 - R / L >= 0: what no factor can mend."""
        return self.w1 - self.scaled

    @property
    def lost_by_scale(self) -> float:
        """R / L - R: what a smaller critic leaves unused, > 0, or a steeper one feigns, < 0."""
        return self.scaled - self.value

    @property
    def is_backwards(self) -> bool:
        """Whether its negative is worth more, by more than rounding."""
        return self.scaled < -NEGLIGIBLE * self.w1

    def attained(self) -> pd.DataFrame:
        """One row a pair with the largest slope: from, to, distance, difference."""
        cost = union(self.exact.cost)
        i, j = self.slope.i, self.slope.j
        sides = (("source", self.exact.source), ("target", self.exact.target))
        labels = pd.Index([(side, label) for side, measure in sides for label in measure.labels], tupleize_cols=False)
        values = np.concatenate([self.critic.at_source, self.critic.at_target])
        columns = {"from": labels[i], "to": labels[j], "distance": cost.entries(i, j) if i.size else np.empty(0)}
        return pd.DataFrame(columns | {"difference": values[i] - values[j]})

    def table(self) -> pd.DataFrame:
        """One row a bound: its value, its share of W1, and what its certificate says."""
        rows = [(b.name, b.value, b.share, _proof(b)) for b in self.bounds]
        return pd.DataFrame(rows, columns=["bound", "value", "share", "proof"]).set_index("bound")

    def summary(self) -> pd.DataFrame:
        """One row a fact."""
        facts: list[tuple[str, Any]] = [
            ("verdict", self.sentence),
            ("exact W1 of the samples", self.w1),
            ("R = sum a phi(x) - sum b phi(y)", self.value),
            ("L, largest slope over all pairs", self.constant),
            ("R / L", self.scaled),
            ("W1 - R / L, lost by its shape", self.lost_by_shape),
            ("R / L - R, lost by its scale", self.lost_by_scale),
            ("largest slope from the first sample to the second", self.across),
            ("best proven bound", self.best.value),
            ("share of W1", self.share),
        ]
        if self.agreement is not None:
            facts += self.agreement.facts()
        if self.critic.ceiling is not None:
            facts.append(("product of the layers' norms, at least its constant anywhere", self.critic.ceiling))
        return pd.DataFrame(facts, columns=["fact", "value"]).set_index("fact")

    @property
    def sentence(self) -> str:
        """The verdict, in a sentence or two."""
        return " ".join(_sentences(self))

    def standard_error(self) -> float:
        """Of R, where the samples are fresh: the critic was fixed before they were drawn.

        R is a difference of two means, for which the bootstrap has a closed form: with weights p = a / sum a, the variance of
        each is sum p_i^2 (phi_i - mean)^2. Of samples that the critic was trained on it says nothing.
        """
        parts = []
        sides = ((self.exact.solution.problem.a, self.critic.at_source), (self.exact.solution.problem.b, self.critic.at_target))
        for mass, values in sides:
            weight = mass / mass.sum()
            centred = values - weight @ values
            size = float(np.abs(centred).max()) or 1.0  # squares may be beyond floating point
            parts.append(size * math.sqrt((weight**2) @ (centred / size) ** 2))
        return self.exact.source.total * math.hypot(*parts)

    def __repr__(self) -> str:
        return f"Audit(share {self.share:.4g}, L = {self.constant:.4g}, W1 = {self.w1:.6g})"


def audit_critic(
    critic: Any,
    source: Measure,
    target: Measure,
    metric: str | MetricFunction = "euclidean",
    gradient: Any = None,
    *,
    order: float | None = None,
    balance: str = "raise",
    time_limit: float | None = None,
    seed: int = 0,
) -> Audit:
    """Audit a critic against the exact W1 of two samples.

    Parameters
    ----------
    critic : callable, torch.nn.Module, or pair of array_like (n,), (m,)
        phi: a function of points (k, d) to values (k,), in numpy or torch, or its values at the two samples.
    source, target : Measure
        The samples, with points of the same dimension and the same total mass.
    metric : str or callable
        As for `ground_cost`.
    gradient : callable, optional
        Points (k, d) to gradients (k, d); a torch network has its own.
    order : float, optional
        Of the Minkowski metric.
    balance : {"raise", "rescale"}
        As for `TransportProblem`.
    time_limit : float, optional
        Seconds, > 0, for the exact W1.
    seed : int
        Of the points on segments between the samples at which gradients are taken, >= 0.

    Raises
    ------
    ParameterError
        The critic raises, or cannot be called with what it is given; torch is missing.
    ShapeError, NotANumberError, InfiniteValueError
        What it returns.

    Examples
    --------
    >>> x, y = Measure.from_samples([0.0, 2.0]), Measure.from_samples([1.0, 5.0])
    >>> steep = audit_critic(lambda points: -2 * points[:, 0], x, y)
    >>> steep.constant, steep.value, steep.w1, steep.share
    (2.0, 4.0, 2.0, 1.0)
    """
    for argument, measure in (("source", source), ("target", target)):
        check_type(argument, measure, Measure, MAKE_A_MEASURE)
    whole("seed", seed, 0)
    exact = exact_critic(source, target, metric, order=order, balance=balance, time_limit=time_limit)
    return audit_against(exact, critic, gradient, seed=seed)


def audit_against(exact: Critic, critic: Any, gradient: Any = None, *, seed: int = 0) -> Audit:
    """Audit a critic against an exact one that is at hand: one solve for many critics of the same samples.

    Parameters
    ----------
    exact : Critic
        The exact critic of the two samples, see `critic`.
    critic, gradient, seed
        As for `audit_critic`.

    Raises
    ------
    ParameterError, ShapeError, NotANumberError, InfiniteValueError

    Examples
    --------
    >>> best = exact_critic(Measure.from_samples([0.0, 2.0]), Measure.from_samples([1.0, 5.0]))
    >>> [audit_against(best, phi).share for phi in (best, lambda z: -z[:, 0])]
    [1.0, 1.0]
    """
    check_type("exact", exact, Critic, "Make one: om.critic(source, target)")
    seed = whole("seed", seed, 0)
    foreign = read_critic(critic, exact.source, exact.target, exact.cost.metric, gradient)
    if gradient is not None and not isinstance(exact.cost.metric, Minkowski):
        fault = f"is of no use with {exact.cost.metric.name}, the dual norm of which is not known here"
        raise ParameterError("gradient", fault, "Leave it out, or take a Minkowski metric")
    problem = exact.solution.problem
    centre = middle(foreign.at_source, problem.a)
    u, v = foreign.at_source - centre, foreign.at_target - centre
    value = worth_of(problem, u, v)
    values = np.concatenate([foreign.at_source, foreign.at_target])
    least = abs(value) / exact.value if exact.value > 0 else 0.0
    slope = at_least(union(exact.cost), values, least, max(ROUNDING, 4 * foreign.rounding))
    across = min(one_sided(exact.cost, u, v), slope.constant)
    bounds = tuple(_bounds(exact, u, v, slope.constant, across))
    near = agreement(foreign, exact, seed)
    return Audit(foreign, exact, value, slope, across, bounds, near)


def _bounds(exact: Critic, u: FloatArray, v: FloatArray, constant: float, across: float) -> Sequence[Bound]:
    """What a critic proves, from 0 up."""
    problem, w1 = exact.solution.problem, exact.value
    found = [Bound("0, which any critic proves", 0.0, _share(0.0, w1), None)]

    def add(name: str, f: FloatArray | None, g: FloatArray | None) -> None:
        largest = max(float(np.abs(part).max()) for part in (f, g) if part is not None)
        if not np.isfinite(MARGIN * largest * max(problem.mass_unit, 1.0)):
            return  # what it pays is beyond floating point
        certificate = certify(problem, f=f, g=g)
        own = certificate.interval.lower
        if f is not None and g is not None:
            own = min(own, certificate.dual_value)
        found.append(Bound(name, own, _share(own, w1), certificate))

    if 0 < constant < np.inf:
        psi, minus = _over(u, constant), -_over(v, constant)
        add("phi over its largest slope", psi, minus)
        if across > 0:
            add("phi over its largest slope across the samples", _over(u, across), -_over(v, across))
        add("the same at the sources, its c-transform at the targets", psi, None)
        add("the same at the targets, its c-transform at the sources", None, minus)
    return found


def _over(values: FloatArray, slope: float) -> FloatArray:
    """A critic made less steep, infinite beyond floating point."""
    with np.errstate(over="ignore"):
        return values / slope


def _share(value: float, w1: float) -> float:
    """A bound as a part of W1: at most 1, however both are rounded."""
    return min(value / w1, 1.0) if w1 > 0 else math.nan


def _proof(bound: Bound) -> str:
    if bound.certificate is None:
        return "needs no proof"
    return f"potentials feasible over all pairs: W1 is at least {bound.value:.9g}"


def _sentences(audit: Audit) -> list[str]:
    """What is to be said of a critic."""
    w1, constant = audit.w1, audit.constant
    if w1 == 0:
        return ["The samples are one distribution, W1 = 0: no critic tells them apart, and a share of W1 is not defined."]
    if constant == np.inf:
        pairs = audit.attained().sort_values("distance", kind="stable")
        i, j = pairs[["from", "to"]].iloc[0]
        where, equal = f"{_named(i)} and {_named(j)}", pairs["distance"].iloc[0] == 0
        fault = "has unlike values at equal points" if equal else "is steeper than any float"
        return [f"The critic {fault} ({where}): its constant is infinite, and it proves nothing."]
    if constant == 0:
        return [f"The critic is constant on the samples: it proves nothing of W1 = {w1:.6g}."]
    if audit.is_backwards:
        flipped = -audit.scaled / w1
        worth = f"scaled to slope 1, its negative is worth {flipped:.2%} of W1 = {w1:.6g}."
        return ["The critic has the wrong sign: it is larger where the second sample is;", worth]
    shape = f"Scaled to slope 1, the critic is worth {max(audit.scaled, 0.0) / w1:.2%} of the exact W1 = {w1:.6g} of the samples;"
    if audit.scaled >= WHOLE * w1:
        shape = f"Scaled to slope 1, the critic attains the exact W1 = {w1:.6g} of the samples;"
    if abs(constant - 1) <= 1e-6:
        return [shape, "its largest slope is 1."]
    verb = "feigns" if constant > 1 else "leaves unused"
    return [
        shape,
        f"its largest slope is {constant:.4g}, so that its own value {audit.value:.6g} {verb} {abs(audit.lost_by_scale):.4g}.",
    ]


def _named(end: Any) -> str:
    side, label = end
    return f"{side} {label}"
