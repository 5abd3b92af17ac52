"""The campaign: random questions, answered by the package and by exact arithmetic, and what came of each counted by kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pandas as pd

from otmodels.benchmark.trust import extended, questions
from otmodels.benchmark.trust.asking import reply_to
from otmodels.benchmark.trust.judge import FALSE, FOREIGN, OUTSIDE, REFUSED, Verdict
from otmodels.benchmark.trust.question import Question
from otmodels.errors import ParameterError

Ask = Callable[[np.random.Generator], Question]

KINDS: dict[str, Ask] = questions.kinds() | extended.KINDS
"""Every kind of question by name."""

COLUMNS = ("instances", "certified", "absolute", "refused", "extreme", "outside", "false", "foreign")
"""What is counted: refusals of ordinary instances, and of extreme ones, separately."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that went wrong, with the lines of code that show it.

    Attributes
    ----------
    kind : str
        Kind of question.
    instance : int
        Its number: `--only` asks it again.
    fault : str
        "false", "outside", "refused", "extreme" or "foreign".
    said : str
        What went wrong, in words.
    code : str
        Lines that ask the same.
    """

    kind: str
    instance: int
    fault: str
    said: str
    code: str


@dataclass(slots=True)
class Counts:
    """What a campaign has found so far.

    Attributes
    ----------
    seed : int
        Of the random numbers.
    by_kind : dict
        Counts by kind and column.
    failures : list of Failure
        Everything that went wrong.
    seconds : float
        How long it took.
    slowest : tuple of (float, str, int)
        Seconds, kind and number of the instance that took longest.
    asked : int
        The instance that is being asked, or was last.
    interrupted : bool
        Whether Ctrl-C ended it, at that instance.
    """

    seed: int
    by_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    slowest: tuple[float, str, int] = (0.0, "", -1)
    asked: int = -1
    interrupted: bool = False

    def total(self, column: str) -> int:
        """A count over all kinds."""
        return sum(counts[column] for counts in self.by_kind.values())

    @property
    def trusted(self) -> bool:
        """Whether no certificate was false and no exact optimum outside an interval."""
        return not (self.total("false") or self.total("outside"))

    def table(self) -> pd.DataFrame:
        """One row a kind of question, indexed by kind: the counts."""
        frame = pd.DataFrame.from_dict(self.by_kind, orient="index", columns=list(COLUMNS))
        return frame.rename_axis("kind")

    def add(self, kind: str, instance: int, question: Question, verdict: Verdict) -> None:
        """Count one answer."""
        counts = self.by_kind.setdefault(kind, dict.fromkeys(COLUMNS, 0))
        counts["instances"] += 1
        counts["certified"] += verdict.certified
        counts["absolute"] += verdict.absolute
        names = {REFUSED: "refused" if question.ordinary else "extreme", OUTSIDE: "outside", FALSE: "false", FOREIGN: "foreign"}
        for fault, column in names.items():
            said = [words for found, words in verdict.faults if found == fault]
            if said:
                counts[column] += 1
                self.failures.append(Failure(kind, instance, column, "; ".join(dict.fromkeys(said)), question.code))


def trust(
    seconds: float | None = None,
    seed: int = 0,
    *,
    instances: int | None = None,
    only: int | None = None,
    kinds: Sequence[str] | None = None,
    progress: Callable[[Counts, str], None] | None = None,
) -> Counts:
    """Ask random questions of every kind, and judge the answers in exact arithmetic.

    Parameters
    ----------
    seconds : float, optional
        How long; no limit where omitted.
    seed : int
        Of the random numbers. Instance k of a seed and of a choice of kinds is always the same.
    instances : int, optional
        How many at the most.
    only : int, optional
        Ask this one alone.
    kinds : sequence of str, optional
        Only these kinds of questions.
    progress : callable, optional
        Called before each question with what is counted so far and its kind.

    Returns
    -------
    Counts
        What was found; also where Ctrl-C came.

    Raises
    ------
    ParameterError
        A kind does not exist, or nothing says when to end.
    """
    asked = _chosen(kinds)
    if seconds is None and instances is None and only is None:
        raise ParameterError("seconds", "is missing", "Say how many seconds, or how many instances")
    started, found = time.perf_counter(), Counts(seed)
    names = list(asked)
    try:
        for k in _numbers(instances, only):
            if seconds is not None and time.perf_counter() - started > seconds:
                break
            kind, found.asked = names[k % len(names)], k
            if progress:
                progress(found, kind)
            _ask(asked[kind], kind, k, found)
    except KeyboardInterrupt:
        found.interrupted = True
    found.seconds = time.perf_counter() - started
    return found


def _ask(ask: Ask, kind: str, instance: int, found: Counts) -> None:
    """Draw, ask, judge, count; an error on the way, of the campaign's own making or not, is counted too."""
    question = Question(
        True, f"# otmodels benchmark trust --seed {found.seed} --only {instance}", lambda: None, lambda _: Verdict()
    )
    try:
        question = ask(np.random.default_rng([found.seed, instance]))
        reply = reply_to(question.ask)
        found.slowest = max(found.slowest, (reply.seconds, kind, instance))
        verdict = question.judge(reply)
    except Exception as error:
        verdict = Verdict(faults=((FOREIGN, f"before or after the call: {type(error).__name__}: {error}"),))
    found.add(kind, instance, question, verdict)


def _numbers(instances: int | None, only: int | None) -> Iterator[int]:
    if only is not None:
        return iter([only])
    return iter(range(instances)) if instances is not None else count()


def _chosen(kinds: Sequence[str] | None) -> Mapping[str, Ask]:
    unknown = [kind for kind in kinds or () if kind not in KINDS]
    if unknown:
        raise ParameterError("kinds", f"{unknown[0]!r} is not known", f"Choose among {', '.join(KINDS)}")
    return KINDS if not kinds else {kind: ask for kind, ask in KINDS.items() if kind in kinds}
