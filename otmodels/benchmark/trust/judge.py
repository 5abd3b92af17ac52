"""The judge: what an answer claims, held against the exact optimum, in rationals throughout.

Condition (a) of a certificate: the interval holds the exact optimum and is narrow, and the value is as near to it. Condition (b):
the arrays are feasible, each number in its own scale. A row sum is off by at most 1e-9 of the total mass, and by at most 1e-6 of
its own mass where that is above the rounding of the total; an entry is negative, or on a forbidden pair, by at most 1e-9 of the
total and 1e-6 of the larger of its two masses; f_i + g_j is above C_ij by at most 1e-9 of |C_ij| + |f_i| + |g_j|, the potentials
centred so that no gauge excuses anything but its own rounding; and <a, f> + <b, g> is as near to the optimum as the value, but
for the rounding of its own terms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.simplex import ZERO
from otmodels.benchmark.trust.truth import ABSOLUTE, EPS, Truth, rationals, sum_of
from otmodels.checks import Certificate
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.solution import Solution

GAP, SERVED = Fraction(1e-9), Fraction(1e-6)
FALSE, OUTSIDE, REFUSED, FOREIGN = "false", "outside", "refused", "foreign"
"""What may go wrong: a false certificate, an exact optimum outside an interval, a refusal, an error that is not the package's."""

Fault: TypeAlias = tuple[str, str]
"""What went wrong, and in words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one question.

    Attributes
    ----------
    certified, absolute : bool
        Whether the answer was certified, and whether its gap is narrow next to the terms of the value only.
    faults : tuple of (str, str)
        What went wrong: a kind and a sentence each.
    """

    certified: bool = False
    absolute: bool = False
    faults: tuple[Fault, ...] = field(default=())

    def has(self, kind: str) -> bool:
        """Whether something of a kind went wrong."""
        return any(found == kind for found, _ in self.faults)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The numbers that a certificate is about.

    Attributes
    ----------
    value : float
        What is called the optimal value.
    plan : csr_array or None
        The plan.
    f, g : ndarray or None
        The potentials.
    """

    value: float
    plan: csr_array | None
    f: FloatArray | None
    g: FloatArray | None


def judge_interval(interval: tuple[float, float], optimum: Fraction | None) -> Iterator[Fault]:
    """Whether the exact optimum is within; one that does not exist is +inf."""
    lower, upper = interval
    value = math.inf if optimum is None else optimum
    if not lower <= value <= upper:
        yield OUTSIDE, f"the exact optimum {_shown(optimum)} is outside [{lower!r}, {upper!r}]{_by_how_much(interval, optimum)}"


def _by_how_much(interval: tuple[float, float], optimum: Fraction | None) -> str:
    if optimum is None or not all(map(math.isfinite, interval)):
        return ""
    lower, upper = map(Fraction, interval)
    off = float(max(lower - optimum, optimum - upper))
    return f", by {off:.3g}, {_ratio(off, float(optimum))} of it"


def _ratio(part: float, whole: float) -> str:
    return f"{part / abs(whole):.3g}" if whole else "inf"


def judge_certificate(truth: Truth, certificate: Certificate, numbers: Numbers, gap: float = 0.0) -> Iterator[Fault]:
    """Everything that a certificate which passes, and calls itself proven, claims of a problem."""
    if truth.optimum is None:
        yield FALSE, "certified optimal, and there is no feasible plan"
        return
    allowed = allowance(certificate, truth.rounding, gap)
    yield from judge_width(certificate, allowed)
    yield from judge_value("value", numbers.value, truth.optimum.value, allowed)
    if numbers.plan is not None:
        yield from judge_plan(truth, numbers.plan)
    if numbers.f is not None and numbers.g is not None:
        yield from judge_potentials(truth, truth.optimum.value, rationals(numbers.f), rationals(numbers.g), allowed)


def allowance(certificate: Certificate, rounding: Fraction, gap: float = 0.0) -> Fraction:
    """How wide the interval may be: 1e-9 of the larger bound, or the gap that was asked for, or what rounding leaves."""
    size = certificate.interval.size
    if not math.isfinite(size):
        return ZERO
    relative = max(GAP, Fraction(gap)) * Fraction(size)
    return max(relative, rounding) if certificate.absolute else relative


def judge_width(certificate: Certificate, allowed: Fraction) -> Iterator[Fault]:
    """Whether the interval is narrow."""
    lower, upper = certificate.interval
    if not (math.isfinite(lower) and math.isfinite(upper)):
        yield FALSE, f"certified, and the interval is [{lower!r}, {upper!r}]"
    elif Fraction(upper) - Fraction(lower) > allowed:
        yield FALSE, f"certified, and [{lower!r}, {upper!r}] is wider than {float(allowed):.3g}"


def judge_value(name: str, value: float, optimum: Fraction, allowed: Fraction) -> Iterator[Fault]:
    """Whether a certified value is near the exact optimum."""
    if not math.isfinite(value) or abs(Fraction(value) - optimum) > allowed:
        off = math.nan if not math.isfinite(value) else float(Fraction(value) - optimum)
        yield FALSE, f"certified {name} {value!r}, and the exact optimum is {_shown(optimum)}: off by {off:.3g}"


def judge_plan(truth: Truth, plan: csr_array) -> Iterator[Fault]:
    """Marginals, signs and forbidden pairs."""
    coo = plan.tocoo()
    entries = list(zip(coo.row.tolist(), coo.col.tolist(), rationals(coo.data.astype(np.float64)), strict=True))
    total = sum(truth.a, ZERO)
    sums = [[ZERO] * len(truth.a), [ZERO] * len(truth.b)]
    for i, j, mass in entries:
        sums[0][i], sums[1][j] = sums[0][i] + mass, sums[1][j] + mass
        own = max(truth.a[i], truth.b[j], EPS * total)
        if (mass < 0 or truth.costs[i][j] is None) and abs(mass) > min(GAP * total, SERVED * own):
            yield FALSE, f"certified plan has {float(mass)!r} at {i, j}" + ("" if mass < 0 else ", which is forbidden")
    for side, found, masses in (("source", sums[0], truth.a), ("target", sums[1], truth.b)):
        for k, (has, mass) in enumerate(zip(found, masses, strict=True)):
            if abs(has - mass) > min(GAP * total, SERVED * mass if mass > EPS * total else total):
                yield FALSE, f"certified plan has {float(has)!r} at {side} {k} of mass {float(mass)!r}"


def judge_potentials(truth: Truth, optimum: Fraction, f: list[Fraction], g: list[Fraction], allowed: Fraction) -> Iterator[Fault]:
    """F + g <= C, and the value of the potentials."""
    shift = _median(f, truth.a)
    for i, row in enumerate(truth.costs):
        for j, cost in enumerate(row):
            if cost is None or f[i] + g[j] <= cost:
                continue
            size = abs(cost) + abs(f[i] - shift) + abs(g[j] + shift)
            if f[i] + g[j] - cost > GAP * size + 4 * EPS * (abs(f[i]) + abs(g[j])):
                excess = float(f[i] + g[j] - cost)
                yield FALSE, f"certified potentials are above the cost {float(cost)!r} of {i, j} by {excess:.3g}"
    terms = sum_of(truth.a, map(abs, f)) + sum_of(truth.b, map(abs, g))
    off = sum_of(truth.a, f) + sum_of(truth.b, g) - optimum
    if abs(off) > allowed + ABSOLUTE * terms:
        yield FALSE, f"certified potentials are worth {float(off):.3g} more than the exact optimum {_shown(optimum)}"


def _median(values: list[Fraction], masses: list[Fraction]) -> Fraction:
    """The value that half of the mass is at or below."""
    seen, half = ZERO, sum(masses, ZERO) / 2
    for value, mass in sorted(zip(values, masses, strict=True)):
        seen += mass
        if seen >= half:
            return value
    return values[0]


def judge_flow(found: LipschitzSolution) -> Iterator[Fault]:
    """Outflow - inflow = a - b, and no negative flow."""
    nodes, arcs = found.network.nodes, found.network.arcs
    a, b, flow = (rationals(values) for values in (nodes.a, nodes.b, found.flow))
    factor = sum(a, ZERO) / sum(b, ZERO)
    surplus = [mass - other * factor for mass, other in zip(a, b, strict=True)]
    total, through = sum(a, ZERO), [ZERO] * len(a)
    for tail, head, moved in zip(arcs.tail.tolist(), arcs.head.tolist(), flow, strict=True):
        surplus[tail], surplus[head] = surplus[tail] - moved, surplus[head] + moved
        through[tail], through[head] = through[tail] + abs(moved), through[head] + abs(moved)
        if moved < -GAP * total:
            yield FALSE, f"certified flow is {float(moved)!r} from {tail} to {head}"
    for node, left in enumerate(surplus):
        own, limit = max(a[node], b[node]), GAP * total
        if own > EPS * total:
            limit = min(limit, max(SERVED * own, 16 * EPS * through[node]))
        if abs(left) > limit:
            yield FALSE, f"certified flow leaves {float(left):.3g} at node {node}"


def numbers_of(solution: Solution | LipschitzSolution) -> Numbers:
    """What a solution hands over."""
    return Numbers(solution.value, solution.sparse_plan, solution.f, solution.g)


def _shown(value: Fraction | None) -> str:
    return "+inf" if value is None else repr(float(value))
