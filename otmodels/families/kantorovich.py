"""Kantorovich's forms: answers read as plan and potentials."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from otmodels.arrays import FloatArray, IndexArray
from otmodels.certificate import certify
from otmodels.checks import Certificate
from otmodels.cost import OnPairs
from otmodels.errors import SolveError
from otmodels.families.base import Answer, Family, unsolved_program
from otmodels.families.beginning import at_once
from otmodels.families.exactly import PROVEN, exactly, infeasible
from otmodels.families.settling import Effort
from otmodels.feasibility import Infeasibility, infeasibility, infeasibility_of
from otmodels.formulations import Support, formulation
from otmodels.generation import GeneratedPairs, generate_pairs
from otmodels.interval import Interval
from otmodels.languages import Declaration, Run
from otmodels.lipschitz_solution import Result
from otmodels.lp import LinearProgram
from otmodels.placing import placed
from otmodels.potentials import c_transform, close, normalise, polish
from otmodels.problem import TransportProblem
from otmodels.solution import ExtendedSolution, Infeasible, Provenance, Solution, Unsolved
from otmodels.status import Status, Termination
from otmodels.tolerances import DEFAULT, Tolerances

_OF_GENERATION = "potentials of the generation: the model's own are feasible on its pairs, and not on all"


class Kantorovich(Family):
    """The primal and the dual on a support.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    support : "full", array_like of int (k, 2) or GeneratedPairs
        Which pairs get a variable.
    """

    def __init__(self, problem: TransportProblem, support: Literal["full"] | npt.ArrayLike | GeneratedPairs) -> None:
        self.problem = problem
        self._generated = support if isinstance(support, GeneratedPairs) else None
        self._support = Support(problem, _reaching_all(problem, support) if isinstance(support, GeneratedPairs) else support)
        if self._generated is not None:
            self.generate_s = self._generated.seconds

    def declare(self, form: str, language: str) -> Declaration:
        """A form as a native model."""
        return formulation(form).declare(self._support, language)

    def program(self, form: str) -> LinearProgram:
        """A form as the linear program that it states."""
        return formulation(form).program(self._support)

    @property
    def size(self) -> int:
        """Number of pairs that have a variable or a row."""
        return self._support.size

    @property
    def support(self) -> str:
        """Which pairs these are, in words."""
        if self._generated is not None:
            return "generated pairs"
        return "given pairs" if self._support.given else "all pairs that are allowed"

    def solution(self, form: str, answer: Answer, run: Run, provenance: Provenance) -> Solution:
        """The certified solution; on generated pairs with the potentials of the generation where the model's are not enough.

        Multipliers of a model on some pairs need not be feasible on all others where optimal potentials are not unique. Those
        that generation ended with are, and go with every optimal plan.
        """
        plan, f, g = self._parts(form, answer)
        found = planned(self.problem, plan, f, g, run.status, provenance)
        if found.certificate.passed:
            return found
        if self._generated is None:
            return self._judged(found) if self.is_given else found
        made = replace(provenance, reason=_OF_GENERATION)
        return planned(self.problem, plan, self._generated.f, self._generated.g, run.status, made)

    def extended(
        self, form: str, answer: Answer, status: Status, certificate: Certificate, provenance: Provenance
    ) -> ExtendedSolution:
        """Plan and multipliers, with the certificate of the program as compiled."""
        plan, f, g = self._parts(form, answer)
        value, named = certificate.primal_value, (answer.multipliers(), answer.variables())
        return ExtendedSolution(status, self.problem, value, f, g, plan, certificate, provenance, *named)

    def exactly(self, near: Result, provenance: Provenance, effort: Effort) -> Result:
        """The solution in exact arithmetic, on pairs that the user gave the best on these."""
        if not self.is_given:
            return exactly(self.problem, near, provenance, effort)
        found = exactly(self._restricted(), near, provenance, effort)
        if found is near or not isinstance(found, Solution):
            return near
        certificate = certify(self.problem, found.sparse_plan, found.f, found.g, tolerances=effort.tolerances)
        return replace(found, problem=self.problem, certificate=certificate, is_on_given_pairs=not certificate.passed)

    def _judged(self, found: Solution) -> Solution:
        """The solution, with word that it is optimal on the pairs that the user gave, where it is proven to be."""
        restricted = self._restricted()
        f, g = close(restricted, *normalise(restricted, found.f, found.g))
        plan, above = found.sparse_plan, c_transform(restricted.cost, f)
        proven = certify(restricted, plan, f, np.where(np.isfinite(above), above, g)).passed
        return replace(found, is_on_given_pairs=proven)

    def _restricted(self) -> TransportProblem:
        """The problem in which all other pairs are forbidden."""
        i, j = self._support.indices()
        keys = np.unique(i * self.problem.shape[1] + j)
        return TransportProblem(self.problem.source, self.problem.target, OnPairs(self.problem.cost, keys))

    @property
    def is_generated(self) -> bool:
        """Whether the pairs were generated."""
        return self._generated is not None

    @property
    def is_given(self) -> bool:
        """Whether the pairs are the user's choice, never to be widened."""
        return self._support.given and self._generated is None

    def unsolved(self, form: str, answer: Answer, run: Run) -> Unsolved:
        """Infeasible, with the atoms to blame; or stopped, with the interval that is proven by then."""
        termination = run.status.termination
        dual_ray = form == "dual" and termination in (Termination.UNBOUNDED, Termination.INFEASIBLE_OR_UNBOUNDED)
        if dual_ray or termination is Termination.INFEASIBLE:
            return self._infeasible(form, answer, run)
        message = f"{termination.value}; the interval holds what is proven by then"
        return Unsolved(run.status, self.problem, self._interval(form, answer), message)

    def _parts(self, form: str, answer: Answer) -> tuple[csr_array, FloatArray, FloatArray]:
        """Plan, f and g."""
        if form == "primal":
            mass, f, g = answer.variable("gamma"), answer.multiplier("source_marginal"), answer.multiplier("target_marginal")
        else:
            mass, f, g = answer.multiplier("below_cost"), answer.variable("f"), answer.variable("g")
        i, j = self._support.indices()
        carried = mass > 0
        return csr_array(coo_array((mass[carried], (i[carried], j[carried])), shape=self.problem.shape)), f, g

    def infeasibility(self) -> Infeasibility | None:
        """Why the pairs that have a variable leave no feasible plan; None where they leave one."""
        return infeasibility(self.problem, self._support.pairs if self._support.given else None)

    def _infeasible(self, form: str, answer: Answer, run: Run) -> Unsolved:
        """The problem itself has no feasible plan, or only its given support has none, which proves nothing above."""
        found = self.infeasibility()
        if found is None and not self._support.given:
            with suppress(SolveError):
                found = finest_infeasibility(self.problem)
        if found is None:
            return unsolved_program(self.problem, answer.program.settled(run), "the program")
        if not self._support.given:
            return infeasible(found)
        message = f"no feasible plan exists on the given support: {found}. Give more pairs, or support='full'"
        return Infeasible(PROVEN, self.problem, self._interval(form, answer), message, found)

    def _interval(self, form: str, answer: Answer) -> Interval:
        """What a stopped run proves: (f, f^c) below, its point above, or what is proven without one."""
        plan, f, _ = self._parts(form, answer)
        known = certify(self.problem, plan, f).interval.intersection(at_once(self.problem))
        if self._generated is not None:
            made = self._generated
            known = known.intersection(certify(self.problem, made.plan, made.f, made.g).interval)
        return known


def planned(
    problem: TransportProblem,
    plan: csr_array,
    f: FloatArray,
    g: FloatArray,
    status: Status,
    provenance: Provenance,
    tolerances: Tolerances = DEFAULT,
) -> Solution:
    """The certified solution that a plan and potentials are.

    Potentials are put in the gauge, closed, and g is the c-transform of f, so that no tolerance of a solver's is left in
    f + g <= C; masses that the solver let go are placed. Where rounding is in the way, potentials are set anew along the plan.
    """
    f, g = _feasible(problem, f, g)
    plan = placed(problem, plan, f, g)
    certificate = certify(problem, plan, f, g, tolerances=tolerances)
    if not certificate.passed:
        polished = _feasible(problem, *polish(problem, plan, f, g))
        again = certify(problem, plan, *polished, tolerances=tolerances)
        if again.passed or again.interval.width < certificate.interval.width:
            (f, g), certificate = polished, again
    return Solution(status, problem, problem.cost.in_full(certificate.value), f, g, plan, certificate, provenance)


def _feasible(problem: TransportProblem, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Potentials in the gauge, closed, g as large as f lets it be."""
    f, g = close(problem, *normalise(problem, f, g))
    above = c_transform(problem.cost, f)
    return f, np.where(np.isfinite(above), above, g)


def finest_infeasibility(problem: TransportProblem) -> Infeasibility | None:
    """As `infeasibility`, for shortfalls that a flow in parts of the total does not see; a solve on generated pairs.

    Raises
    ------
    SolveError
        Whether there is a feasible plan was not decided.
    KeyboardInterrupt
        Ctrl-C came before it was.
    """
    if not problem.has_forbidden:
        return None
    made = generate_pairs(problem)
    if made.status.optimal:
        return None
    if made.status.termination is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    stuck = made.status.termination is Termination.INFEASIBLE
    found = infeasibility_of(problem, made.plan) if stuck else None
    if found is None:
        raise SolveError(f"whether there is a feasible plan was not decided: {made.status.termination.value}", made.status)
    return found


def ungenerated(problem: TransportProblem, made: GeneratedPairs) -> Unsolved:
    """The result where generation ended without an optimal plan: mass has nowhere to go, or it was stopped."""
    if made.status.termination is Termination.INFEASIBLE:
        found = infeasibility_of(problem, made.plan)
        if found is not None:
            return infeasible(found)
    message = f"{made.status.termination.value}; the interval holds what is proven by then"
    return Unsolved(made.status, problem, certify(problem, made.plan, made.f, made.g).interval, message)


def _reaching_all(problem: TransportProblem, made: GeneratedPairs) -> IndexArray:
    """The generated pairs (k, 2), and the cheapest pair of each atom without mass, which has none in them."""
    i, j = [made.i], [made.j]
    for k in np.setdiff1d(np.arange(problem.source.size), made.i).tolist():
        i.append(np.array([k]))
        j.append(problem.cost.block(slice(k, k + 1)).argmin(axis=1))
    alone = np.setdiff1d(np.arange(problem.target.size), np.concatenate(j))
    if alone.size:
        i.append(problem.cost.among(np.arange(problem.source.size), alone).values.argmin(axis=0))
        j.append(alone)
    return np.stack([np.concatenate(i), np.concatenate(j)], axis=1)
