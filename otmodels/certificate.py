"""The certificate of a plan and potentials, recomputed from cost, a and b alone: rigorous, rounding counted in.

Two conditions make it pass, both necessary.

(a) The interval is narrow. Floats are rational numbers, and the exact optimum of the problem that they state lies in the
interval, always. Below it is <a, f> + <b, f^c>, feasible whatever f is. Above, the plan repaired to exact marginals along allowed
pairs: weak duality says that the difference of the two is sum_ij gamma_ij (C_ij - f_i - g_j), a sum of numbers >= 0, which is
summed with a bound on its error and rounded outwards once. It is narrow next to the value; or, where the value vanishes or
cancels, next to sum a_i |u_i| + b_j |v_j|, u the row minima of C and v the column minima of C - u: what any plan pays at least.

(b) The numbers handed in are those it was made from: marginals, signs, forbidden pairs, f + g <= C, each in its own scale, and
their values lie in the interval. The interval alone would accept any g.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray, IndexArray
from otmodels.checks import Certificate, Check
from otmodels.claims import PlanLike, PotentialLike, SolvedLike, indices, read_plan, read_potential, read_solved
from otmodels.cost import BLOCK_ENTRIES, Cost
from otmodels.errors import ParameterError
from otmodels.implied import of_plan_alone
from otmodels.interval import UNKNOWN, Interval
from otmodels.measure import Measure
from otmodels.potentials import cbar_transform
from otmodels.problem import TransportProblem, check_problem
from otmodels.rational_check import RationalAnswer
from otmodels.repair import Pairs, width
from otmodels.rounding import exact_dot, exact_sum, two_difference, two_sum
from otmodels.safe import SafeDual, gauge, least_of, middles
from otmodels.tolerances import DEFAULT, Tolerances

EPS = float(np.finfo(np.float64).eps)


def certify(
    problem: TransportProblem,
    plan: PlanLike | SolvedLike | None = None,
    f: PotentialLike | None = None,
    g: PotentialLike | None = None,
    *,
    tolerances: Tolerances = DEFAULT,
    exact: RationalAnswer | None = None,
) -> Certificate:
    """Check anybody's plan, potentials or both, and say what they prove.

    Parameters
    ----------
    problem : TransportProblem
        The data that the numbers are about.
    plan : array_like, sparse array or DataFrame, shape (n, m), or Solution or LipschitzSolution, optional
        A plan; a DataFrame is aligned by its labels, or lists pairs as `plan_table` does. Alone it is checked with the
        potentials that it implies, which exist if and only if it is optimal; where there are none, a check names a cycle of
        pairs that improves it. A solution is aligned by the labels of its problem, and brings its potentials where no others
        are given.
    f, g : array_like or Series, shape (n,) and (m,), optional
        Potentials; a Series is aligned by its labels. Alone they prove a lower bound. If one is missing it is the
        c-transform of the other.
    tolerances : Tolerances
        How narrow the interval has to be, and how right the numbers.
    exact : RationalAnswer, optional
        A plan and potentials in rational numbers, of which the others are the floats: checked without any tolerance, they
        prove the value itself where floats are too coarse.

    Returns
    -------
    Certificate
        `passed` means that the numbers prove optimality; `verdict` says what they prove otherwise, `interval` has the
        bounds, in which the exact optimum lies, and `worst` the worst offender by label.

    Raises
    ------
    ShapeError, NotANumberError, InfiniteValueError, LabelMismatchError, ParameterError

    Examples
    --------
    >>> problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
    >>> certify(problem, plan=[[0.5, 0], [0, 0.5]], f=[0, 2], g=[0, 1]).passed
    True
    >>> certify(problem, f=[0, 0]).interval
    Interval(lower=0.5, upper=inf)
    """
    check_problem(problem)
    if plan is None and f is None and g is None:
        raise ParameterError("plan, f, g", "are all missing", "Give a plan, potentials, or both")
    if not isinstance(tolerances, Tolerances):
        raise ParameterError("tolerances", f"is {kind_of(tolerances)}", "Give a Tolerances")
    if not isinstance(exact, RationalAnswer | None):
        raise ParameterError("exact", f"is {kind_of(exact)}", "Give a RationalAnswer, whose floats the plan and potentials are")
    if isinstance(plan, SolvedLike):
        moved, *own = read_solved(problem, plan)
        f, g = own if f is None and g is None else (f, g)
    else:
        moved = None if plan is None else read_plan(problem, plan)
    claim = _Claim(problem, moved, *_potentials(problem, f, g), tolerances, exact)
    if claim.pairs is None or claim.f is not None or exact is not None:
        return claim.certificate()
    return of_plan_alone(claim.pairs, claim.felt, lambda f, known: replace(claim, f=f, known=known).certificate())


def bounds_of(
    problem: TransportProblem, plan: csr_array, f: FloatArray, tolerances: Tolerances = DEFAULT
) -> tuple[Interval, float]:
    """The rigorous interval that a plan and a potential prove, and the width up to which it is narrow."""
    claim = _Claim(problem, plan, f, None, tolerances)
    _, interval = claim._bounds()
    return interval, claim.allowed_width(interval)


def rounding_width(problem: TransportProblem) -> float:
    """Absolute width that is narrow where the value vanishes or cancels: 8 eps sum a_i |u_i| + b_j |v_j|, see above."""
    return _Claim(problem, None, None, None, DEFAULT).rounding


def _potentials(
    problem: TransportProblem, f: PotentialLike | None, g: PotentialLike | None
) -> tuple[FloatArray | None, FloatArray | None]:
    """Potentials as given; None for what was not, f by c-transform where g alone was."""
    given_f = None if f is None else read_potential("f", f, problem.source)
    given_g = None if g is None else read_potential("g", g, problem.target)
    if given_f is None:
        if given_g is None:
            return None, None
        given_f = cbar_transform(problem.cost, given_g)
        given_f = np.where(np.isfinite(given_f), given_f, 0.0)
    return given_f, given_g


@dataclass(frozen=True, eq=False)
class _Claim:
    """Numbers handed in, and what is worked out from them."""

    problem: TransportProblem
    plan: csr_array | None
    f: FloatArray | None
    g: FloatArray | None
    tolerances: Tolerances
    exact: RationalAnswer | None = None
    known: Interval = UNKNOWN

    @cached_property
    def pairs(self) -> Pairs | None:
        """What of the plan a feasible one can keep: masses >= 0 on allowed pairs."""
        if self.plan is None:
            return None
        i, j = indices(self.plan)
        kept = (self.plan.data > 0) & self.allowed
        return Pairs(self.problem, i[kept], j[kept], self.plan.data[kept])

    @cached_property
    def costs(self) -> FloatArray:
        """Costs of the plan's entries, +inf where forbidden."""
        assert self.plan is not None
        return self.problem.cost.entries(*indices(self.plan))

    @cached_property
    def allowed(self) -> FloatArray:
        """Which entries of the plan are on allowed pairs."""
        return np.isfinite(self.costs)

    @cached_property
    def centred(self) -> tuple[FloatArray, FloatArray]:
        """The potentials in a gauge that costs no digits; g = 0 where none was given."""
        assert self.f is not None
        shift = gauge(self.f, self.problem.a)
        return self.f - shift, np.zeros(self.problem.target.size) if self.g is None else self.g + shift

    @cached_property
    def cheapest(self) -> tuple[FloatArray, FloatArray]:
        """The row minima u of C and the column minima v of C - u; 0 for atoms that nothing reaches."""
        cost = self.problem.cost
        u = least_of(cost, np.zeros(self.problem.target.size), axis=1)
        u = np.where(np.isfinite(u), u, 0.0)
        v = least_of(cost, u, axis=0)
        return u, np.where(np.isfinite(v), v, 0.0)

    @cached_property
    def rounding(self) -> float:
        """Absolute width that passes where the value vanishes or cancels."""
        u, v = self.cheapest
        return 8 * EPS * float(self.problem.a @ np.abs(u) + self.problem.b @ np.abs(v))

    def certificate(self) -> Certificate:
        """Run the checks that there are numbers for, and put the bounds together."""
        dual, interval = self._bounds()
        allowed = self.allowed_width(interval)
        beside = max(allowed - interval.width, 0.0)  # a value and the interval together are no wider than what passes
        checks: list[Check] = []
        primal, own = np.nan, np.nan
        if self.plan is not None:
            checks += self._plan_checks()
            primal = self._plan_value(interval)
            checks.append(Check("value of the plan lies in the interval", outside(primal, interval), beside))
        if self.f is not None:
            checks.append(self._slack_check(dual))
            own, off = self._own_value(dual)
            checks.append(Check("value of the potentials lies in the interval", outside(own, interval), max(beside, off)))
            if self.plan is not None:
                checks.append(self._complementarity(allowed))
        width = interval.width if np.isfinite(interval.size) else np.inf
        checks.append(Check("duality gap", width, allowed))
        absolute = self.tolerances.gap * interval.size < width <= allowed
        return Certificate(tuple(checks), primal, own, interval, absolute=absolute, about=_about(self.problem))

    def allowed_width(self, interval: Interval) -> float:
        """Up to which width an interval is narrow: next to the value, else next to what any plan pays at least."""
        if not np.isfinite(interval.size):
            return 0.0
        relative = self.tolerances.gap * interval.size
        return relative if interval.width <= relative or self._is_large() else max(relative, self.rounding)

    @cached_property
    def felt(self) -> float:
        """A plan that could be so much cheaper proves no narrow interval, whatever the potentials."""
        assert self.plan is not None
        return 2 * (self.tolerances.gap * abs(plan_value(self.problem, self.plan)) + self.rounding)

    def _bounds(self) -> tuple[SafeDual, Interval]:
        """The potentials whose bound is best, and the interval; those of the cheapest pairs are tried where others fall short."""
        if self.f is None:
            dual = SafeDual.of(self.problem, self.cheapest[0])
            return dual, self._interval(dual).intersection(self.known)
        dual = SafeDual.of(self.problem, self.centred[0])
        exactly = None if self.exact is None else self.exact.interval(self.problem)
        if exactly is not None:
            return dual, exactly
        interval = self._interval(dual)
        if interval.width <= self.tolerances.gap * interval.size or self.pairs is None or self._is_large():
            return dual, interval
        other = self._interval(SafeDual.of(self.problem, self.cheapest[0]))
        return dual, other if other.width < interval.width else interval

    def _is_large(self) -> bool:
        """Whether a pass over all pairs for potentials that seldom help would be felt."""
        n, m = self.problem.shape
        return n * m > 16 * BLOCK_ENTRIES

    def _interval(self, dual: SafeDual) -> Interval:
        """What potentials prove below and, with the plan repaired, above."""
        if dual.stuck:
            return Interval(np.inf, np.inf)
        below = dual.value()
        if self.pairs is None:
            return Interval(below.lower, np.inf)
        gap = width(dual, self.pairs)
        if not np.isfinite(gap):
            return Interval(below.lower, np.inf)
        above = exact_sum(np.array([below.value, below.rest, gap]))
        return Interval(below.lower, above._replace(error=above.error + below.error).upper)

    def _plan_value(self, interval: Interval) -> float:
        """<C, gamma> of the plan handed in; of a rational plan in floats the value of the former, which rounding may miss."""
        assert self.plan is not None
        found = exact_dot(self.plan.data, np.where(self.allowed, self.costs, 0.0)).value
        return found if self.exact is None else min(max(found, interval.lower), interval.upper)

    def _own_value(self, dual: SafeDual) -> tuple[float, float]:
        """<a, f> + <b, g> of the potentials handed in, and what their rounding may make of that."""
        (f, g), a, b = self.centred, self.problem.a, self.problem.b
        g = dual.g if self.g is None else g
        found = exact_dot(np.concatenate([a, b]), np.concatenate([f, g]))
        return found.value, 8 * EPS * float(a @ np.abs(f) + b @ np.abs(g))

    def _plan_checks(self) -> list[Check]:
        assert self.plan is not None
        plan, problem, allow = self.plan, self.problem, self.tolerances
        unit = problem.mass_unit
        checks = []
        sides = (("source", problem.source, plan.sum(axis=1)), ("target", problem.target, plan.sum(axis=0)))
        for side, measure, sums in sides:
            residual = np.abs(np.asarray(sums).ravel() - measure.mass)
            own = np.where(measure.mass > 0, allow.served * measure.mass, EPS * unit)
            checks.append(_atom_check(f"{side} marginal", measure, residual, np.full(residual.size, allow.marginal * unit)))
            checks.append(_atom_check(f"{side} atoms served", measure, residual, own))
        i, j = indices(plan)
        own = allow.sign * np.minimum(problem.a[i], problem.b[j])
        negative = np.maximum(-plan.data, 0.0)
        checks.append(_pair_check(problem, "plan is non-negative", negative, i, j, own))
        if problem.has_forbidden:
            forbidden = np.where(self.allowed, 0.0, np.abs(plan.data))
            checks.append(_pair_check(problem, "forbidden pairs are empty", forbidden, i, j, own))
        return checks

    def _slack_check(self, dual: SafeDual) -> Check:
        """f_i + g_j <= C_ij, each pair in the scale of its own terms; where g is not above f^c no pair is violated."""
        assert self.f is not None
        name, allow = "dual feasibility f + g <= C", self.tolerances.slack
        if self.g is None:
            return Check(name, 0.0, 0.0)
        centres = np.array(middles(self.f, self.problem.a))[:, None]
        f_size, g_size = np.abs(self.f - centres), np.abs(self.g + centres)
        above = (self.centred[1] - dual.g_high) - dual.g_low
        above[~np.isfinite(above)] = 0.0
        doubtful = np.flatnonzero(above > allow * g_size.min(axis=0))
        fine = np.maximum(np.delete(above, doubtful), 0.0)
        worst = Check(name, float(fine.max(initial=0.0)), allow * float((f_size.max(axis=1) + g_size.max(axis=1)).min()))
        rows = np.arange(self.problem.source.size)
        step = max(1, BLOCK_ENTRIES // rows.size)
        for columns in (doubtful[first : first + step] for first in range(0, doubtful.size, step)):
            i, j = (index.ravel() for index in np.meshgrid(rows, columns, indexing="ij"))
            cost = self.problem.cost.entries(i, j)
            finite = np.where(np.isfinite(cost), cost, 0.0)
            total, lost = two_sum(self.f[i], self.g[j])
            excess, rest = two_difference(total, finite)
            violation = np.where(np.isfinite(cost), excess + (rest + lost), 0.0)
            scale = np.abs(finite) + (f_size[:, i] + g_size[:, j]).min(axis=0)
            rounding = 4 * EPS * (np.abs(self.f[i]) + np.abs(self.g[j]))
            found = _pair_check(self.problem, name, np.maximum(violation, 0.0), i, j, allow * scale + rounding)
            worst = max(worst, found, key=lambda check: (not check.passed, check.severity))
        return worst

    def _complementarity(self, allowed: float) -> Check:
        """Mass times slack, of the potentials handed in."""
        assert self.plan is not None
        assert self.f is not None
        i, j = indices(self.plan)
        if self.g is None:
            return Check("complementary slackness", 0.0, allowed)
        cost = np.where(self.allowed, self.costs, 0.0)
        f, g = self.centred
        product = np.where(self.allowed, np.abs(self.plan.data * (cost - (self.f[i] + self.g[j]))), 0.0)
        terms = np.abs(self.plan.data) * (np.abs(cost) + np.abs(f[i]) + np.abs(g[j]))
        worst = _pair_check(self.problem, "", product, i, j, np.full(product.size, allowed)).where
        return Check("complementary slackness", float(product.sum()), max(allowed, 4 * EPS * float(terms.sum())), worst)


def plan_value(problem: TransportProblem, plan: csr_array) -> float:
    """Cost <C, gamma> of a plan, over the pairs that are allowed."""
    cost = problem.cost.entries(*indices(plan))
    return exact_dot(plan.data, np.where(np.isfinite(cost), cost, 0.0)).value


def _about(problem: TransportProblem) -> str:
    """What the exact data are."""
    parts = [] if isinstance(problem.cost, Cost) else [f"the float costs that {problem.cost.description} gives"]
    return "; ".join([*parts, *problem.adjustments])


def outside(value: float, interval: Interval) -> float:
    """By how much a value is outside an interval."""
    return max(value - interval.upper, interval.lower - value, 0.0)


def _atom_check(name: str, measure: Measure, violation: FloatArray, tolerance: FloatArray) -> Check:
    """The check of the atom that is furthest beyond its own tolerance."""
    worst = furthest(violation, tolerance)
    where = str(measure.labels[worst]) if violation[worst] > 0 else ""
    return Check(name, float(violation[worst]), float(tolerance[worst]), where)


def _pair_check(
    problem: TransportProblem, name: str, violation: FloatArray, i: IndexArray, j: IndexArray, tolerance: FloatArray
) -> Check:
    """The check of the pair that is furthest beyond its own tolerance."""
    if not violation.any():
        return Check(name, 0.0, float(tolerance.max(initial=0.0)))
    worst = furthest(violation, tolerance)
    source, target = problem.pair(int(i[worst]), int(j[worst]))
    return Check(name, float(violation[worst]), float(tolerance[worst]), f"({source}, {target})")


def furthest(violation: FloatArray, tolerance: FloatArray) -> int:
    """Where violation over tolerance is largest; among those within, where the violation is."""
    with np.errstate(over="ignore"):
        severity = np.divide(violation, tolerance, out=np.where(violation > 0, np.inf, 0.0), where=tolerance > 0)
    return int(severity.argmax())
