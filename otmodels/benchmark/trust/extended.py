"""Questions about models that their users extended, judged as the linear programs that they compile to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from otmodels.benchmark.trust import draws, programs, questions
from otmodels.benchmark.trust.asking import Reply, reply_to, solving
from otmodels.benchmark.trust.data import Data
from otmodels.benchmark.trust.editors import EDITORS, Editor
from otmodels.benchmark.trust.judge import FALSE, FOREIGN, Verdict
from otmodels.benchmark.trust.question import LANGUAGES, Question
from otmodels.benchmark.trust.truth import ProgramTruth
from otmodels.errors import InputError
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.lp import LinearProgram
from otmodels.problem import TransportProblem
from otmodels.solution import Solution
from otmodels.verbs import build

ODDS = (0.6, 0.2, 0.2)
"""Of the languages: a change is another matter in each."""

DRAWS = (draws.ties, draws.ties, draws.assignment, draws.negative, draws.ordinary)

Change: TypeAlias = Callable[[np.random.Generator, Editor, Data], None]


def capacity(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """Some variables together at most, or at least, so much."""
    chosen = _some(rng, editor.size)
    size = _total(data) * float(rng.choice([0.25, 0.5, 1.0, rng.random()]))
    editor.row(dict.fromkeys(chosen, 1.0), *((-np.inf, size) if rng.random() < 0.7 else (size, np.inf)))


def ranged(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """A combination of some variables between two bounds, or equal to one number."""
    coefficients = {k: float(rng.choice([-1.0, 1.0, 2.0, rng.normal()])) for k in _some(rng, editor.size)}
    middle = _total(data) * float(rng.random() - 0.3)
    editor.row(coefficients, middle, middle + float(rng.choice([0.0, 0.5, rng.random()])) * _total(data))


def extra(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """A variable of the user's own, which stands in for some of the others, at a price."""
    lower, upper = ((0.0, np.inf), (0.0, 2.0), (-np.inf, np.inf), (-1.0, 3.0))[rng.integers(4)]
    new = editor.column(float(rng.normal()), lower, upper)
    chosen = [k for k in _some(rng, editor.size) if k != new]
    editor.row(dict.fromkeys(chosen, 1.0) | {new: 1.0}, _total(data) / 2, np.inf)


def bounded(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """A declared variable bounded from above."""
    editor.at_most(int(rng.integers(editor.size)), _total(data) * float(rng.choice([0.125, 0.5, rng.random()])))


def beside_large(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """A row that is small next to another, or to its own terms: 1e6 y = -0.9 beside 1e8, 1e-7 x + 1000 z <= 1000."""
    new = editor.column(float(rng.choice([1.0, -1.0, rng.normal()])), -np.inf, np.inf)
    size, chosen = 10.0 ** rng.integers(3, 9), int(rng.integers(editor.size - 1))
    if rng.random() < 0.5:
        editor.row({new: size}, -0.9, float(rng.choice([-0.9, 0.9])))
        editor.row({new: 1.0, chosen: size * 100}, -np.inf, size * 100 * _total(data))
    else:
        editor.row({new: 1 / size, chosen: 1000.0}, -np.inf, 1000.0 * _total(data))
        editor.row({new: 1.0}, -10.0, 10.0 * size)


def without(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """Something that was declared is taken out."""
    editor.delete(rng)


def whole(rng: np.random.Generator, editor: Editor, data: Data) -> None:
    """A variable takes whole values only."""
    editor.make_integer(int(rng.integers(editor.size)))


def extended(rng: np.random.Generator) -> Question:
    """A declared model with rows, columns and bounds of its user's."""
    return _asked(rng, (capacity, ranged, extra, bounded)[rng.integers(4)], (capacity, ranged, extra, bounded))


def badly_scaled(rng: np.random.Generator) -> Question:
    """A declared model with a row whose terms are of very different sizes."""
    return _asked(rng, beside_large, (capacity, beside_large))


def deleted(rng: np.random.Generator) -> Question:
    """A declared model that has lost a constraint, or one of its rows."""
    return _asked(rng, without, (capacity, ranged, bounded))


def not_linear(rng: np.random.Generator) -> Question:
    """A declared model that is no linear program any more."""
    return _asked(rng, whole, (capacity, ranged, bounded))


KINDS: dict[str, Callable[[np.random.Generator], Question]] = {
    "extended": extended,
    "badly scaled rows": badly_scaled,
    "deleted rows": deleted,
    "not linear": not_linear,
    "program": programs.program,
    "certify program": programs.certified_program,
}


def _asked(rng: np.random.Generator, first: Change, others: tuple[Change, ...]) -> Question:
    """A model that was changed in one way, and then up to twice in others."""
    metric = rng.random() < 0.3
    data = draws.metric_matrix(rng) if metric else DRAWS[rng.integers(len(DRAWS))](rng)
    form = str(rng.choice(["lipschitz", "flow"] if metric else ["primal", "primal", "dual"]))
    language = str(rng.choice(LANGUAGES, p=ODDS))
    problem = data.problem()
    model = build(problem, form, language)
    editor = EDITORS[language](model)
    for change in (first, *(others[k] for k in rng.integers(len(others), size=rng.integers(3)))):
        change(rng, editor, data)
    throw = bool(rng.random() < 0.5)
    lines = [
        data.code(),
        f"model = om.build(problem, {form!r}, {language!r})",
        *editor.code,
        f"print(model.solve(throw={throw}))",
    ]
    compiled = None if first is whole else reply_to(model.linear_program).result
    truth = ProgramTruth.of(compiled) if isinstance(compiled, LinearProgram) else None
    judge = _judge_refused if first is whole else partial(_judge, data, problem, truth)
    return Question(data.ordinary, "\n".join(lines), lambda: model.solve(throw=throw), judge)


def _judge(data: Data, problem: TransportProblem, truth: ProgramTruth | None, reply: Reply) -> Verdict:
    """As a program; a model that is still the declared one as a transport problem, and one that is refused not at all."""
    if isinstance(reply.result, Solution | LipschitzSolution):
        return questions.judge(data.truth(problem), solving("primal", "highspy"), reply)
    if truth is not None:
        return programs.judge(truth, False, reply)
    return Verdict(faults=tuple((FOREIGN, said) for said in reply.foreign))


def _judge_refused(reply: Reply) -> Verdict:
    """A program that is not linear is refused by name, before it is solved."""
    faults = [(FOREIGN, said) for said in reply.foreign]
    if not reply.foreign and not isinstance(reply.error, InputError):
        faults.append((FALSE, f"no linear program, and the answer is {reply.error or reply.result!r}"))
    return Verdict(faults=tuple(faults))


def _some(rng: np.random.Generator, size: int) -> list[int]:
    """Some positions, at least one."""
    chosen = np.flatnonzero(rng.random(size) < 0.4)
    return chosen.tolist() if chosen.size else [int(rng.integers(size))]


def _total(data: Data) -> float:
    return float(data.a.sum())
