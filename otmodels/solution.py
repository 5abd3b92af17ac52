"""Results: a solved transport problem, a solved extended model, and what is left of a solve that did not end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from otmodels import tables
from otmodels.arrays import FloatArray
from otmodels.checks import Certificate
from otmodels.errors import ParameterError
from otmodels.feasibility import Infeasibility
from otmodels.interval import Interval
from otmodels.lp import Conflict, PrimalRay
from otmodels.potentials import slack
from otmodels.powers import LEAST, PLAIN, PowerCost, check_paid
from otmodels.problem import TransportProblem
from otmodels.sensitivity import Firmness
from otmodels.status import Status


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a result came about.

    Attributes
    ----------
    form, language : str
        Which program, declared in which language; "closed form" in numpy where there was none to declare.
    support : str
        Which pairs or arcs had a variable or a row, in words.
    pairs : int
        How many they were.
    algorithm : str
        HiGHS's algorithm, and `iterations` and rounds of iterative refinement (`refinements`).
    build_s, compile_s, solve_s, extract_s : float
        Seconds to declare the model, to compile it, to solve it, and to read and certify the answer.
    generate_s : float
        Seconds to generate the pairs or arcs of the model before; 0 where all of them, or given ones, were taken.
    versions : mapping
        Versions of otmodels, the language and HiGHS.
    reason : str
        Why this way was taken, where it was not the caller's choice.
    """

    form: str
    language: str
    support: str
    pairs: int
    algorithm: str
    iterations: int
    refinements: int
    build_s: float
    compile_s: float
    solve_s: float
    extract_s: float
    versions: Mapping[str, str]
    reason: str = ""
    generate_s: float = 0.0

    @property
    def total_s(self) -> float:
        """All seconds together."""
        return self.generate_s + self.build_s + self.compile_s + self.solve_s + self.extract_s


class _Numbers(Protocol):
    """What every result with a plan has."""

    @property
    def status(self) -> Status: ...
    @property
    def problem(self) -> TransportProblem: ...
    @property
    def value(self) -> float: ...
    @property
    def worth(self) -> float: ...
    @property
    def f(self) -> FloatArray: ...
    @property
    def g(self) -> FloatArray: ...
    @property
    def sparse_plan(self) -> csr_array: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def provenance(self) -> Provenance: ...


class Planned:
    """What follows from plan, potentials and certificate, whichever form they came from."""

    __slots__ = ()

    @property
    def plan(self: _Numbers) -> FloatArray:
        """The plan gamma (n, m), dense, made when asked for."""
        return np.asarray(self.sparse_plan.toarray())

    @property
    def interval(self: _Numbers) -> Interval:
        """Proven bounds on the optimal value."""
        return self.certificate.interval

    @property
    def distance(self: _Numbers) -> float:
        """The p-th root of the value where the cost is a metric to the power p: W_p between measures of mass 1.

        Raises
        ------
        ParameterError
            The cost is a matrix, of which nobody said that it is a power; or the plan pays costs that are not the power to
            floating point, see `otmodels.powers`.
        """
        cost = self.problem.cost
        if not isinstance(cost, PowerCost):
            raise ParameterError("cost", "is a matrix without a stated power", "Take the root of `value` yourself")
        if cost.power != 1 and not (cost.scale == PLAIN and self.worth > LEAST):
            check_paid(cost, csr_array(self.sparse_plan), self.worth)
        return cost.scale.root(self.worth, cost.power)

    def plan_table(self: _Numbers) -> pd.DataFrame:
        """One row a pair that carries mass: source, target, mass, unit_cost, cost."""
        return tables.plan_table(self.problem, self.sparse_plan)

    def potentials_table(self: _Numbers) -> pd.DataFrame:
        """One row an atom, indexed by (side, label): mass, potential, least slack over its pairs."""
        return tables.potentials_table(self.problem, self.f, self.g)

    def summary(self: _Numbers) -> pd.DataFrame:
        """One row a fact: value, certificate, size, how it was solved, what was changed in the data."""
        made = self.provenance
        facts: list[tuple[str, Any]] = [
            *_proof(self),
            ("atoms", f"{self.problem.source.size} x {self.problem.target.size}"),
            ("pairs that carry mass", int(np.count_nonzero(self.sparse_plan.data))),
            ("form, language", f"{made.form}, {made.language}"),
            ("support", f"{made.support}: {made.pairs}"),
            ("algorithm", f"{made.algorithm}, {made.iterations} iterations, {made.refinements} refinements"),
            *([("why", made.reason)] if made.reason else []),
            ("seconds", made.total_s),
            *(("adjustment", note) for note in self.problem.adjustments),
        ]
        return pd.DataFrame(facts, columns=["fact", "value"]).set_index("fact")


class Examined(Planned):
    """How firm an optimal plan and optimal potentials are.

    All three tables raise a ParameterError where the solution is not certified optimal, or has more than a million pairs; so do
    `uniqueness` and `ranging` where so many pairs are tight that the flows among them would take more than about a minute.
    """

    __slots__ = ()

    def uniqueness(self: _Numbers) -> pd.DataFrame:
        """What of the answer is unique: the range of each potential and of each plan entry over all optimal answers.

        Returns
        -------
        DataFrame
            Indexed by (what, source, target): value, lowest, highest, unique. Potentials are in the gauge f = 0 at the first
            source atom with mass; those of atoms without mass may run to -inf. Plan entries are those on tight pairs, each
            by the largest flow that closes a cycle with it; on all other pairs every optimal plan is 0.
        """
        return _firmness(self).uniqueness()

    def degeneracy(self: _Numbers) -> pd.DataFrame:
        """Whether plan and potentials are degenerate, which is where uniqueness can fail.

        A plan that falls into parts, groups of sources and targets that exchange nothing with others because their masses
        are equal, leaves the potentials of each part free to move. Tight pairs that carry no mass and close a cycle with
        those that do, or could, leave the plan free.

        Returns
        -------
        DataFrame
            Indexed by fact: value and meaning, in the atoms' labels; `uniqueness` says how far each one can move.
        """
        return _firmness(self).degeneracy()

    def ranging(self: _Numbers) -> pd.DataFrame:
        """For which changes of one cost the plan stays optimal, and of one mass the potentials.

        Returns
        -------
        DataFrame
            Indexed by (what, source, target): value, lowest and highest up to which it holds, and the rate at which the
            optimal value changes within. A mass changes together with that of the first source atom with mass: a source's at
            its expense, a target's along with it, so that totals stay equal and the rate is the atom's potential.
        """
        return _firmness(self).ranging()


def _firmness(result: _Numbers) -> Firmness:
    if not result.certificate.passed:
        raise ParameterError("solution", "is not certified optimal", "Only an optimum can be examined: see solution.certificate")
    return Firmness(result.problem, result.sparse_plan, result.f, result.g)


def _proof(result: _Numbers) -> list[tuple[str, Any]]:
    certificate, (lower, upper) = result.certificate, result.certificate.interval
    return [
        ("value", result.value),
        ("certified optimal", certificate.passed),
        ("duality gap", certificate.gap),
        ("relative gap", certificate.relative_gap),
        ("proven lower bound", lower),
        ("proven upper bound", upper),
        ("status", str(result.status)),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Planned(Planned):
    """What every result of Kantorovich's forms has."""

    status: Status
    problem: TransportProblem
    value: float
    f: FloatArray
    g: FloatArray
    sparse_plan: csr_array
    certificate: Certificate
    provenance: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Solution(Examined, _Planned):
    """A solved transport problem.

    Attributes
    ----------
    status : Status
        What the solver said; the certificate says whether it is so.
    value : float
        <C, gamma>, recomputed from the problem's own data, in the user's units; infinite, or 0, where a high power is beyond
        floating point, which `problem.adjustments` says.
    f, g : ndarray (n,), (m,)
        Potentials: multipliers of the marginals, d(value)/d(mass), f = 0 at the first source atom with mass; at atoms
        without mass closed by c-transform.
    sparse_plan : csr_array (n, m)
        The plan gamma.
    certificate : Certificate
        Recomputed from cost, a, b, plan, f and g over all pairs.
    is_on_given_pairs : bool
        Whether it is proven optimal among the plans on the pairs that the user gave, and not among all.
    """

    is_on_given_pairs: bool = False

    @property
    def worth(self) -> float:
        """The value in the unit of the costs, which is that of `value` but where high powers are scaled."""
        return self.certificate.value

    def slack(self) -> pd.DataFrame:
        """C - f - g (n, m) by label: what a pair would have to be cheaper by to be used."""
        values = slack(self.problem, self.f, self.g)
        return pd.DataFrame(values, index=self.problem.source.labels, columns=self.problem.target.labels)

    def __repr__(self) -> str:
        word = "optimal on the given pairs" if self.is_on_given_pairs else self.certificate.word
        return f"Solution(value {self.value:.12g}, {word})"


@dataclass(frozen=True, slots=True, eq=False)
class ExtendedSolution(_Planned):
    """A solved model that its user extended.

    Attributes
    ----------
    value : float
        Objective of the extended program.
    f, g : ndarray (n,), (m,)
        Multipliers of the marginals. Other constraints have multipliers of their own, so that f + g <= C need not hold.
    multipliers : mapping of str to Series
        d(value)/d(right-hand side) of every constraint by name, the added ones included, indexed by row name.
    variables : mapping of str to Series
        Values of the declared variables, indexed by column name.
    certificate : Certificate
        Optimality (KKT) of the extended linear program as compiled, recomputed in numpy: on the pairs that it has, where these
        were given or generated.
    """

    multipliers: Mapping[str, pd.Series]
    variables: Mapping[str, pd.Series]

    @property
    def worth(self) -> float:
        """The value: that of the program, in the unit of the costs."""
        return self.value

    def multipliers_table(self) -> pd.DataFrame:
        """One row a constraint row: constraint, row, multiplier."""
        rows = [(name, row, value) for name, series in self.multipliers.items() for row, value in series.items()]
        return pd.DataFrame(rows, columns=["constraint", "row", "multiplier"])

    def __repr__(self) -> str:
        return f"ExtendedSolution(value {self.value:.12g}, {self.certificate.word})"


@dataclass(frozen=True, slots=True, eq=False)
class Unsolved:
    """What is known after a solve that ended without an optimal solution: never a bare value.

    Attributes
    ----------
    status : Status
        Why it stopped.
    interval : Interval
        Proven bounds on the optimal value; infinite where nothing is proven.
    message : str
        What happened and what to try.
    """

    status: Status
    problem: TransportProblem
    interval: Interval
    message: str

    def __repr__(self) -> str:
        lower, upper = self.interval
        return f"Unsolved({self.status}, value in [{lower:.9g}, {upper:.9g}])"

    def summary(self) -> pd.DataFrame:
        """One row a fact."""
        facts = [
            ("status", str(self.status)),
            ("proven lower bound", self.interval[0]),
            ("proven upper bound", self.interval[1]),
            ("message", self.message),
        ]
        return pd.DataFrame(facts, columns=["fact", "value"]).set_index("fact")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Infeasible(Unsolved):
    """No feasible plan exists, and why.

    Attributes
    ----------
    explanation : Infeasibility or Conflict
        The atoms that are to blame, or the rows of an extended model, with the proof.
    """

    explanation: Infeasibility | Conflict


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unbounded(Unsolved):
    """The objective of an extended model has no bound, and why.

    Attributes
    ----------
    ray : PrimalRay
        A feasible point and a direction that prove it.
    """

    ray: PrimalRay
