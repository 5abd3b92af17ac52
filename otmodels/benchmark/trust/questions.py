"""Questions about transport problems: data, one way of asking, and how the answer is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from otmodels.arrays import IndexArray
from otmodels.benchmark.trust import numbers
from otmodels.benchmark.trust.asking import Certified, Reply, Way, certifying, measuring, solving
from otmodels.benchmark.trust.data import Data
from otmodels.benchmark.trust.draws import KINDS, Draw
from otmodels.benchmark.trust.judge import (
    FOREIGN,
    OUTSIDE,
    REFUSED,
    Fault,
    Numbers,
    Verdict,
    judge_certificate,
    judge_flow,
    judge_interval,
    numbers_of,
)
from otmodels.benchmark.trust.question import LANGUAGE_ODDS, LANGUAGES, Question
from otmodels.benchmark.trust.truth import Truth
from otmodels.errors import InfeasibleError, InputError, OtmodelsError, SolveError
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.problem import TransportProblem
from otmodels.solution import Infeasible, Solution, Unsolved


def solved(draw: Draw, rng: np.random.Generator) -> Question:
    """A problem of some kind, solved in some way."""
    data = draw(rng)
    return _question(data, lambda truth: _way(rng, data, truth))


def certified(change: numbers.Change, rng: np.random.Generator) -> Question:
    """The optimum of some problem, changed in some way and handed in."""
    draws = list(KINDS.values())
    data = draws[rng.integers(len(draws))](rng)
    while (truth := data.truth(data.problem())).optimum is None:
        data = draws[rng.integers(len(draws))](rng)
    handed = change(rng, truth)
    return _question(data, lambda _: certifying(handed.plan, handed.f, handed.g, excused=not handed.right))


def kinds() -> dict[str, Callable[[np.random.Generator], Question]]:
    """Every kind of question about transport problems by name."""
    asked: dict[str, Callable[[np.random.Generator], Question]] = {name: partial(solved, draw) for name, draw in KINDS.items()}
    changes = {name: change for name, change in numbers.CHANGES.items() if name != numbers.EMD or find_spec("ot")}
    return asked | {f"certify {name}": partial(certified, change) for name, change in changes.items()}


def _question(data: Data, way_of: Callable[[Truth], Way]) -> Question:
    problem = data.problem()
    way = way_of(data.truth(problem))
    code = f"{data.code()}\n{way.code.replace('{power}', repr(data.power))}"
    return Question(data.ordinary, code, lambda: _read(way.call(data, problem)), partial(_judged, data, problem, way))


def _judged(data: Data, problem: TransportProblem, way: Way, reply: Reply) -> Verdict:
    """As masses are after the call: a solve may find that they are to be moved, by rounding."""
    return judge(data.truth(problem), way, reply)


def _read(result: object) -> object:
    """The same result, its plan made: that of a flow is made when somebody looks."""
    if isinstance(result, LipschitzSolution):
        _ = result.sparse_plan
    return result


def _way(rng: np.random.Generator, data: Data, truth: Truth) -> Way:
    """A language, a form, a support, a limit."""
    limits: dict[str, Any] = {"throw": False} if rng.random() < 0.3 else {}
    if limited := rng.random() < 0.05:
        limits["time_limit"] = 10.0 ** rng.uniform(-6, -1)
    if data.has_rule and rng.random() < 0.6:
        return measuring(float(rng.choice([0, 0, 0, 1e-3, 1e-6])), limited, **limits)
    form, language = _form(rng, data), str(rng.choice(LANGUAGES, p=LANGUAGE_ODDS))
    lipschitz = form in ("lipschitz", "flow")
    if lipschitz and not data.is_metric:
        return solving(form, language, True, force=True, **limits)
    if lipschitz:
        return solving(form, language, limited, **_arcs(rng, data), **limits)
    chosen = rng.random()
    if chosen < 0.2:
        return solving(form, language, limited, support="generated", **limits)
    if chosen < 0.3 and truth.optimum is not None:
        return solving(form, language, True, support=_pairs(rng, truth), **limits)
    return solving(form, language, limited, **limits)


def _form(rng: np.random.Generator, data: Data) -> str:
    if data.is_metric:
        return str(rng.choice(["primal", "dual", "lipschitz", "flow"], p=[0.2, 0.1, 0.3, 0.4]))
    square = data.cost is not None and data.a.size == data.b.size and np.isfinite(data.cost).all() and (data.cost >= 0).all()
    if square and rng.random() < 0.05:
        return str(rng.choice(["lipschitz", "flow"]))
    return str(rng.choice(["primal", "dual"], p=[0.7, 0.3]))


def _arcs(rng: np.random.Generator, data: Data) -> dict[str, str]:
    """All pairs; neighbours where they span the metric; generated arcs on a grid."""
    choices: list[dict[str, str]] = [{}, {}]
    if data.edges is not None or (data.on_grid and data.metric == "cityblock"):
        choices.append({"support": "neighbours"})
    if data.on_grid:
        choices.append({"support": "generated"})
    return choices[rng.integers(len(choices))]


def _pairs(rng: np.random.Generator, truth: Truth) -> IndexArray:
    """Pairs (k, 2): those that an optimal plan uses, one of each atom, and some others that are allowed."""
    assert truth.optimum is not None
    allowed = [(i, j) for i, row in enumerate(truth.costs) for j, cost in enumerate(row) if cost is not None]
    chosen = set(truth.optimum.plan) | {pair for pair in allowed if rng.random() < 0.3}
    for side, atoms in enumerate((truth.a, truth.b)):
        chosen |= {next(pair for pair in allowed if pair[side] == k) for k in range(len(atoms))}
    return np.array(sorted(chosen), dtype=np.intp)


def judge(truth: Truth, way: Way, reply: Reply) -> Verdict:
    """What a reply about a transport problem is worth."""
    faults = [(FOREIGN, said) for said in reply.foreign]
    passes = absolute = False
    if reply.error is not None:
        faults += _judge_error(truth, way, reply.error)
    elif isinstance(reply.result, Unsolved):
        faults += _judge_unsolved(truth, way, reply.result.interval, str(reply.result), isinstance(reply.result, Infeasible))
    elif isinstance(reply.result, Solution | LipschitzSolution | Certified):
        certificate = reply.result.certificate
        passes = certificate.passed and certificate.proven
        absolute = passes and certificate.absolute
        faults += _judge_answer(truth, way, reply.result)
    return Verdict(passes, absolute, tuple(faults))


def _judge_error(truth: Truth, way: Way, error: OtmodelsError) -> Iterator[Fault]:
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, SolveError):
        yield from _judge_unsolved(truth, way, error.interval, said, isinstance(error, InfeasibleError))
    elif not isinstance(error, InputError) or truth.optimum is not None:
        yield REFUSED, said


def _judge_unsolved(truth: Truth, way: Way, interval: tuple[float, float], said: str, infeasible: bool) -> Iterator[Fault]:
    outside = list(judge_interval(interval, None if truth.optimum is None else truth.optimum.value))
    yield from ((kind, f"{words}; {said}") for kind, words in outside)
    if not way.excused and (truth.by_rounding or not (infeasible and truth.optimum is None)):
        yield REFUSED, said


def _judge_answer(truth: Truth, way: Way, found: Solution | LipschitzSolution | Certified) -> Iterator[Fault]:
    certificate = found.certificate
    optimum = None if truth.optimum is None else truth.optimum.value
    if certificate.proven:
        yield from judge_interval(certificate.interval, optimum)
    if isinstance(found, LipschitzSolution) and found.is_lower_bound:
        if optimum is not None and found.value > optimum + abs(optimum) / 10**9 + truth.rounding:
            yield OUTSIDE, f"the lower bound {found.value!r} is above the exact optimum {float(optimum)!r}"
        return
    if certificate.passed and certificate.proven:
        numbers = _handed_in(found) if isinstance(found, Certified) else numbers_of(found)
        yield from judge_certificate(truth, certificate, numbers, way.gap)
        if isinstance(found, LipschitzSolution):
            yield from judge_flow(found)
    elif not way.excused:
        yield REFUSED, f"{certificate.verdict}"


def _handed_in(found: Certified) -> Numbers:
    certificate = found.certificate
    plan = None if found.plan is None else csr_array(found.plan)
    return Numbers(certificate.primal_value, plan, found.f, found.g)
