"""Questions about linear programs in general: random ones, and the optimum of some, changed and handed in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np
from scipy.sparse import csc_array

from otmodels import lp
from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.asking import Reply
from otmodels.benchmark.trust.data import MOST_COST_ORDERS, spread
from otmodels.benchmark.trust.judge import (
    FALSE,
    FOREIGN,
    OUTSIDE,
    REFUSED,
    Fault,
    Verdict,
    allowance,
    judge_interval,
    judge_value,
    judge_width,
)
from otmodels.benchmark.trust.question import Question
from otmodels.benchmark.trust.simplex import ZERO, Contradiction, Descent, Solved
from otmodels.benchmark.trust.truth import ABSOLUTE, ProgramTruth
from otmodels.checks import Certificate
from otmodels.errors import InfeasibleError, InputError, OtmodelsError, UnboundedError
from otmodels.lp import DualRay, LinearProgram, LPSolution, PrimalRay
from otmodels.solution import ExtendedSolution, Infeasible, Unbounded, Unsolved

INFEASIBLE, UNBOUNDED = "infeasible", "unbounded"
LOOSE = Fraction(1e-6)
"""How near a value has to be to the optimum of a program whose rows contradict each other by rounding alone."""


def program(rng: np.random.Generator) -> Question:
    """A program with bounds, ranges and free variables, solved."""
    stated = _drawn(rng)
    code = f"{_code(stated)}\nprint(program.solve().certificate)"
    return Question(_ordinary(stated), code, stated.solve, partial(judge, ProgramTruth.of(stated), False))


def certified_program(rng: np.random.Generator) -> Question:
    """The optimum of a program, rounded, changed or not, and handed in to `lp.certify`."""
    while True:
        stated = _drawn(rng)
        truth = ProgramTruth.of(stated)
        if isinstance(truth.outcome, Solved):
            break
    x, y = (np.array([float(entry) for entry in part]) for part in (truth.outcome.x, truth.outcome.y))
    y *= truth.sign
    right = rng.random() < 0.3
    if not right:
        changed = x if rng.random() < 0.5 and x.size else y
        if changed.size:
            size = (np.abs(changed).max() or 1.0) * 10.0 ** rng.uniform(-14, 0) * rng.choice([-1, 1])
            changed[rng.integers(changed.size)] += size
    code = f"{_code(stated)}\nprint(om.lp.certify(program, np.array({x.tolist()}), np.array({y.tolist()})).verdict)"
    # Points that are not exactly feasible prove nothing above, so that exact numbers may fail when they are rounded.
    return Question(_ordinary(stated), code, lambda: _Point(lp.certify(stated, x, y), x), partial(judge, truth, True))


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """A certificate of a program, and the point that was handed in."""

    certificate: Certificate
    x: FloatArray


def _drawn(rng: np.random.Generator) -> LinearProgram:
    """Few rows and columns, of whole numbers, of floats, or of numbers over some orders."""
    rows, columns = int(rng.integers(1, 7)), int(rng.integers(1, 9))
    style = rng.integers(3)

    def entries(*shape: int) -> FloatArray:
        whole = rng.integers(-4, 9, shape).astype(np.float64)
        if style == 0:
            return whole
        return np.asarray(rng.normal(size=shape) * (10.0 ** rng.uniform(-4, 6, shape) if style == 2 else 1.0))

    matrix = entries(rows, columns) * (rng.random((rows, columns)) < 0.6)
    inside = entries(columns)
    activity = matrix @ inside if rng.random() < 0.8 else entries(rows)
    row_lower, row_upper = _around(rng, activity)
    lower, upper = _around(rng, np.where(rng.random(columns) < 0.6, np.minimum(inside, 0), inside))
    names = [f"r{i}" for i in range(rows)], [f"x{j}" for j in range(columns)]
    sense: Literal["min", "max"] = "min" if rng.random() < 0.7 else "max"
    offset = float(rng.integers(-5, 6)) if rng.random() < 0.3 else 0.0
    return LinearProgram(entries(columns), csc_array(matrix), row_lower, row_upper, lower, upper, *names, sense, offset)


def _around(rng: np.random.Generator, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds below, above, on both sides, equal, or none."""
    room = np.abs(values) * rng.random(values.size) + rng.integers(0, 2, values.size)
    kind = rng.choice(5, values.size, p=[0.4, 0.2, 0.2, 0.15, 0.05])
    lower = np.select([kind == 0, kind == 2, kind == 3], [values, values - room, values], -np.inf)
    upper = np.select([kind == 1, kind == 2, kind == 3], [values, values + room, values], np.inf)
    return lower, upper


def _ordinary(stated: LinearProgram) -> bool:
    finite = [bound[np.isfinite(bound)] for bound in (stated.row_lower, stated.row_upper, stated.lower, stated.upper)]
    return spread(np.concatenate([stated.c, stated.A.data, *finite])) <= MOST_COST_ORDERS


def _code(stated: LinearProgram) -> str:
    vectors = (stated.c, stated.A.toarray(), stated.row_lower, stated.row_upper, stated.lower, stated.upper)
    arrays = ", ".join(f"np.array({vector.tolist()})" for vector in vectors)
    names = f"{list(stated.row_names)}, {list(stated.column_names)}"
    header = "import numpy as np\nimport otmodels as om\n\ninf = np.inf"
    return f"{header}\nprogram = om.lp.LinearProgram({arrays}, {names}, {stated.sense!r}, {stated.offset!r})"


def judge(truth: ProgramTruth, excused: bool, reply: Reply) -> Verdict:
    """What a reply about a linear program is worth."""
    faults = [(FOREIGN, said) for said in reply.foreign]
    result, certificate, claim, said = reply.result, None, "", repr(reply.result)
    if reply.error is not None:
        claim, said = _claim(reply.error), f"{type(reply.error).__name__}: {reply.error}"
        excused = excused or isinstance(reply.error, InputError)
    elif isinstance(result, LPSolution):
        certificate, claim = result.certificate, _claim(result.ray)
    elif isinstance(result, Unsolved):
        claim = _claim(result)
        faults += _judge_bounds(truth, result.interval)
    else:
        certificate = getattr(result, "certificate", None)
    faults += _judge_claim(truth, claim, said)
    passes = certificate is not None and certificate.passed and certificate.proven
    if certificate is not None:
        faults += _judge_certificate(truth, certificate, _value(result))
        excused = excused or certificate.passed
        said = certificate.verdict
    if not (passes or excused or claim or reply.foreign):
        faults.append((REFUSED, said))
    absolute = certificate is not None and passes and certificate.absolute
    return Verdict(passes, absolute, tuple(faults))


def _value(result: object) -> float | None:
    """What is called the optimal value, where that is not the certificate's own."""
    return result.value if isinstance(result, LPSolution | ExtendedSolution) else None


def _claim(said: OtmodelsError | Unsolved | DualRay | PrimalRay | None) -> str:
    """Whether something says that there is no feasible point, or no bound."""
    if isinstance(said, InfeasibleError | Infeasible | DualRay):
        return INFEASIBLE
    return UNBOUNDED if isinstance(said, UnboundedError | Unbounded | PrimalRay) else ""


def _judge_claim(truth: ProgramTruth, claim: str, said: str) -> Iterator[Fault]:
    right = {INFEASIBLE: Contradiction, UNBOUNDED: Descent}.get(claim)
    if right is not None and not isinstance(truth.outcome, right) and not isinstance(truth.loosened, right):
        yield FALSE, f"called {claim}, and it is not: {said}"


def _judge_bounds(truth: ProgramTruth, interval: tuple[float, float]) -> Iterator[Fault]:
    """Whether the optimum is within: +inf for a minimum without a feasible point, -inf for one without a bound."""
    if truth.loosened is not None:
        return
    if isinstance(truth.outcome, Descent):
        bound = interval[0] if truth.sign > 0 else interval[1]
        if math.isfinite(bound):
            yield OUTSIDE, f"unbounded, and the interval is {tuple(interval)}"
        return
    value = truth.value
    lower, upper = interval if value is not None or truth.sign > 0 else (-interval[1], -interval[0])
    yield from judge_interval((lower, upper), value)


def _judge_certificate(truth: ProgramTruth, certificate: Certificate, value: float | None) -> Iterator[Fault]:
    if not certificate.proven:
        return
    yield from _judge_bounds(truth, certificate.interval)
    if not certificate.passed:
        return
    optimum = truth.loosened or truth.outcome
    if not isinstance(optimum, Solved):
        yield FALSE, f"certified optimal, and the exact outcome is {type(truth.outcome).__name__.lower()}"
        return
    allowed = allowance(certificate, _rounding(truth, optimum))
    if truth.loosened is not None:
        allowed = max(allowed, LOOSE * abs(optimum.value))
    yield from judge_width(certificate, allowed)
    found = certificate.primal_value if value is None else value
    yield from judge_value("value", found, truth.sign * optimum.value, allowed)


def _rounding(truth: ProgramTruth, optimum: Solved) -> Fraction:
    """8 eps times the terms that the value is summed from."""
    terms = sum((abs(cost * value) for cost, value in zip(truth.program.c, optimum.x, strict=True)), ZERO)
    return ABSOLUTE * (terms + abs(truth.program.offset))
