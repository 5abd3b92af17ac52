"""Rounds of generation: solve a program on few columns, price all others, add those that are violated, go on.

One mechanism for pairs of a transport plan and for arcs of a flow; they differ in what a column is and how it is priced. A
minimum on some of the columns is at least the minimum over all of them, so that a plan or a flow bounds the optimal value above;
multipliers, lowered until no column at all is violated, bound it below. Every round says both.

Source: Dantzig and Wolfe (1960), Decomposition principle for linear programs; Lubbecke and Desrosiers (2005), Selected topics in
column generation, sections 2 and 4.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypedDict

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.deadline import end
from otmodels.languages import PRIMAL_SIMPLEX, Session
from otmodels.languages.highs import Answer
from otmodels.status import PointStatus, Status, Termination

ROUNDING = 16 * np.finfo(np.float64).eps
"""A violation below this part of the largest cost is rounding."""


FINISHES = 16
"""Most times that a refined answer is priced and its violated columns added."""

ROUNDED = 1e-6
"""A gap is reached where rounds come nearer by this part of it, so that a certificate, which counts rounding in, agrees."""


@dataclass(frozen=True, slots=True)
class Round:
    """Where the generation stands.

    Attributes
    ----------
    number : int
        Rounds done, from 0.
    columns : int
        Pairs, or arcs, in the program.
    lower, upper : float
        Bounds on the transport cost, the best so far, right up to rounding and to masses that are set aside; a result's interval
        is the proven one.
    seconds : float
        Time since the start.
    """

    number: int
    columns: int
    lower: float
    upper: float
    seconds: float

    @property
    def gap(self) -> float:
        """Width of the bounds over the upper one."""
        width = max(self.upper - self.lower, 0.0)
        return width / abs(self.upper) if self.upper else width

    def __str__(self) -> str:
        bounds = f"value in [{self.lower:.9g}, {self.upper:.9g}]"
        return f"round {self.number}: {self.columns} columns, {bounds}, gap {self.gap:.1e}, {self.seconds:.1f} s"


Watch: TypeAlias = Callable[[Round], None]
"""Called after each round."""


class Asked(TypedDict, total=False):
    """What generation may be asked for besides its data, see `otmodels.generation.generate_pairs`."""

    gap: float
    time_limit: float | None
    watch: Watch | None
    verbose: bool


class Generation(ABC):
    """A program whose columns are generated.

    Parameters
    ----------
    deadline : float
        Of `time.perf_counter`, +inf for none.
    watch : callable, optional
        Called with a `Round` after each round.
    verbose : bool
        Whether HiGHS prints its log.
    """

    session: Session

    def __init__(self, deadline: float, watch: Watch | None, verbose: bool) -> None:
        self.deadline, self.watch, self.verbose = min(deadline, end()), watch, verbose
        self.started = time.perf_counter()
        self.rounds: list[Round] = []
        self.refinements = 0
        self.finishing = False

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self.started

    def run(self, gap: float) -> Status:
        """Rounds until nothing is violated, the gap is reached, or a limit or Ctrl-C stops them."""
        try:
            return self._run(gap)
        except KeyboardInterrupt:
            return self._ended(Termination.INTERRUPTED)

    def _run(self, gap: float) -> Status:
        answer = self.first()
        while answer.status.optimal and answer.x is not None and answer.y is not None:
            if self.price(answer.x, answer.y):
                self.finishing = True
                return self.finish(answer.x, answer.y)
            if gap > 0 and self.rounds[-1].gap <= gap * (1 - ROUNDED):
                return Status(Termination.GAP, PointStatus.FEASIBLE, PointStatus.FEASIBLE)
            stuck = self.add()
            if stuck is not None:
                return stuck
            answer = self.session.run(PRIMAL_SIMPLEX)
        return self._ended(answer.status.termination)

    def _ended(self, termination: Termination) -> Status:
        known = PointStatus.FEASIBLE if self.rounds else PointStatus.NONE
        return Status(termination, known, known)

    def note(self, columns: int, lower: float, upper: float) -> None:
        """Record a round; bounds never get worse. A refined answer on the same columns is the same round."""
        if self.rounds:
            lower, upper = max(lower, self.rounds[-1].lower), min(upper, self.rounds[-1].upper)
        if self.finishing and columns == self.rounds[-1].columns:
            self.rounds[-1] = replace(self.rounds[-1], lower=lower, upper=upper, seconds=self.seconds)
            return
        self.rounds.append(Round(len(self.rounds), columns, lower, upper, self.seconds))
        if self.watch:
            self.watch(self.rounds[-1])

    def as_stated(self) -> None:
        """The program's own costs and sides again, which refinement replaced by those of a correction."""
        program = self.session.program
        self.session.change(program.c, program.row_lower, program.row_upper, program.lower, program.upper)

    @abstractmethod
    def first(self) -> Answer:
        """State and solve the first program."""

    @abstractmethod
    def price(self, x: FloatArray, y: FloatArray) -> bool:
        """Price all columns, note the bounds, and remember what is violated; whether nothing is left to do."""

    @abstractmethod
    def add(self) -> Status | None:
        """Add what was found to be violated; a status where that is found to be of no use."""

    @abstractmethod
    def finish(self, x: FloatArray, y: FloatArray) -> Status:
        """Refine the last answer, where nothing is violated."""
