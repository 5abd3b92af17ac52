"""Everything that a page is made from: the data, what became of it, and what was found out about the answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from otmodels.cli import findings
from otmodels.cli.findings import Findings
from otmodels.cli.page.figures import Image, drawn
from otmodels.cli.routes import is_certified, shortest, solved
from otmodels.cli.terminal import progress
from otmodels.cost import Cost
from otmodels.datasets import Dataset
from otmodels.errors import LabelMismatchError
from otmodels.families import applicable_network
from otmodels.feasibility import Infeasibility
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.network import Nodes
from otmodels.solution import Solution, Unsolved
from otmodels.verbs import explain_infeasibility

MOST_STATED = 1 << 18
"""Most pairs, or arcs, of a program that is solved for the page: seconds. Larger problems take the fastest route."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a page shows.

    Attributes
    ----------
    data : Dataset
        What was asked.
    command : str
        The command line that makes the page again.
    outcome : Solution, LipschitzSolution, Unsolved or Infeasibility
        What became of it.
    found : Findings or None
        On g = -f; None where there is no common support, no certified answer or too much of it.
    degeneracy, uniqueness : DataFrame or None
        As a solution has them, where it is certified and small.
    images : mapping of str to Image
        The figures that fit the data.
    """

    data: Dataset
    command: str
    outcome: Result | Infeasibility
    found: Findings | None = None
    degeneracy: pd.DataFrame | None = None
    uniqueness: pd.DataFrame | None = None
    images: Mapping[str, Image] = field(default_factory=dict)

    @property
    def answer(self) -> Solution | LipschitzSolution | None:
        """The solution, certified or not; None where there is none."""
        return self.outcome if isinstance(self.outcome, Solution | LipschitzSolution) else None

    @property
    def proven(self) -> bool:
        """Whether what the page says of the problem is proven: that its answer is optimal, or that there is none."""
        return isinstance(self.outcome, Infeasibility) or is_certified(self.outcome)


def gathered(data: Dataset, command: str, language: str, time_limit: float | None) -> Material:
    """Solve, examine and draw, with the progress on stderr.

    Raises
    ------
    InputError, SolveError
    """
    with progress("looking for a feasible plan"):
        stuck = explain_infeasibility(data.problem)
    if stuck is not None:
        return Material(data, command, stuck)
    result = _solved(data, language, time_limit)
    if isinstance(result, Unsolved):
        return Material(data, command, result)
    found = _examined(data, result, language) if is_certified(result) else None
    degeneracy, uniqueness = _firmness(data, result)
    flow = result if isinstance(result, LipschitzSolution) else _flow(found)
    with progress("drawing"):
        images = drawn(data, result, flow)
    return Material(data, command, result, found, degeneracy, uniqueness, images)


def command_line(options: Mapping[str, object]) -> str:
    """The command line with the options that were given, files by their names alone.

    >>> command_line({"": Path("somewhere/canning"), "time-limit": None, "out": Path("pages/a page.html")})
    "otmodels report canning --out 'a page.html'"
    """
    words = ["otmodels", "report"]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name}"] if name else []
            words += [value.resolve().name if isinstance(value, Path) else f"{value}"]
    return shlex.join(words)


def _small(data: Dataset) -> bool:
    n, m = data.problem.shape
    return n * m <= findings.SMALL


def _solved(data: Dataset, language: str, time_limit: float | None) -> Result:
    n, m = data.problem.shape
    if n * m <= MOST_STATED or isinstance(data.problem.cost, Cost):
        return solved(data.problem, "primal", language, time_limit=time_limit)
    return shortest(data.problem, time_limit=time_limit)[0]


def _examined(data: Dataset, result: Solution | LipschitzSolution, language: str) -> Findings | None:
    """What becomes of g = -f, with the values of all programs where they are small."""
    n, m = data.problem.shape
    if isinstance(result, Solution):
        try:
            nodes = Nodes.of(data.problem).size
        except LabelMismatchError:
            return None
        # Without a metric the Lipschitz program of all pairs of nodes has to be solved.
        if n * m > MOST_STATED or (nodes**2 > MOST_STATED and applicable_network(data.problem) is None):
            return None
    return findings.examine(data, result, [language] if _small(data) else [])


def _flow(found: Findings | None) -> LipschitzSolution | None:
    """A flow to draw, where it is quickly had."""
    if found is None:
        return None
    arcs = found.report.nodes.size**2 if found.network is None else found.network.arcs.count
    return findings.flow_of(found) if arcs <= MOST_STATED else None


def _firmness(data: Dataset, result: Solution | LipschitzSolution) -> tuple[pd.DataFrame, pd.DataFrame] | tuple[None, None]:
    if not (_small(data) and is_certified(result)):
        return None, None
    with progress("looking at all optimal answers"):
        return result.degeneracy(), result.uniqueness()
