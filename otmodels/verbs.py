"""The verbs: build a model, solve a problem, compare forms and languages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import check_flags, check_watch, kind_of, read_names
from otmodels.deadline import keeps_time_limit, suffices
from otmodels.errors import ParameterError, UnknownNameError
from otmodels.families import (
    Effort,
    Family,
    Kantorovich,
    KantorovichRubinstein,
    Way,
    applicable_network,
    begun,
    carried,
    finest_infeasibility,
    infeasible,
    is_settled,
    settled,
    ungenerated,
    ungenerated_arcs,
)
from otmodels.feasibility import Infeasibility, infeasibility
from otmodels.formulations import FORMS, KANTOROVICH, LIPSCHITZ, formulation, supports
from otmodels.generation import REACH, Asked, Watch, generate_arcs, generate_pairs
from otmodels.interval import UNKNOWN
from otmodels.languages import LANGUAGES, check_time_limit
from otmodels.lipschitz_solution import LipschitzSolution, Result
from otmodels.lp import Conflict
from otmodels.model import Model, error_of, raise_unless_settled
from otmodels.network import Network
from otmodels.problem import TransportProblem, check_problem
from otmodels.solution import Infeasible, Solution, Unbounded, Unsolved
from otmodels.status import PointStatus, Status, Termination

Support: TypeAlias = Literal["full", "neighbours", "generated"] | Network | npt.ArrayLike
"""Which pairs get a variable; for the Lipschitz forms, which arcs."""

MOST_FLOW = 1 << 22
"""Most pairs along which a maximum flow looks for a feasible plan before a program is stated; above, it takes gigabytes."""

FLOW = 1e-6
"""Seconds a pair that it takes."""

FALLBACK = 1 << 18
"""Up to so many pairs, all of them are tried where generated ones gave no proof: seconds."""


def build(
    problem: TransportProblem,
    form: str = "primal",
    language: str = "cvxpy",
    *,
    support: Support = "full",
    force: bool = False,
) -> Model:
    """Declare a transport problem in a modelling language.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    form : {"primal", "dual", "lipschitz", "flow"}
        Kantorovich's program or its dual; the Lipschitz program or its dual, the flow, which need a metric cost.
    language : {"cvxpy", "pyomo", "highspy"}
        The language.
    support : "full", "neighbours", "generated", array_like of int (k, 2) or Network
        Which pairs get a variable; "generated" the few that matter, found by pricing all of them, so that the solution is
        optimal over all pairs. For the Lipschitz forms, which pairs of nodes are arcs: "neighbours" takes those of a grid or
        the edges of a graph, where they span the metric; "generated", on a grid, coprime directions and the arcs that an
        optimal flow needs besides; a `Network` any arcs.
    force : bool
        Whether the Lipschitz forms take a cost that is no metric, and give a lower bound.

    Raises
    ------
    UnknownNameError, ShapeError, LabelMismatchError, ParameterError, NotAMetricError, UnbalancedError

    Examples
    --------
    >>> problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
    >>> build(problem, language="pyomo").linear_program()
    LinearProgram(min, 4 rows, 4 columns, 8 nonzeros)
    """
    check_problem(problem)
    check_flags(force=force)
    formulation(form, language)
    family = _family(problem, form, support, force)
    if isinstance(family, Unsolved):
        raise error_of(family)
    return Model(family, form, language)


def _family(problem: TransportProblem, form: str, support: Support, force: bool, asked: Asked | None = None) -> Family | Unsolved:
    """The family of a form on a support; what is known where the support could not be generated."""
    generated, asked = isinstance(support, str) and support == "generated", asked or Asked()
    if form in LIPSCHITZ:
        return _on_arcs(problem, force, asked) if generated else KantorovichRubinstein(problem, support, force)
    if force:
        raise ParameterError("force", f"is set with form {form!r}, which takes any cost", "Leave it out")
    if isinstance(support, Network):
        raise ParameterError("support", f"is a network with form {form!r}", "Give pairs (k, 2), or choose 'lipschitz' or 'flow'")
    if not generated:
        return Kantorovich(problem, support)
    pairs = generate_pairs(problem, **asked)
    return Kantorovich(problem, pairs) if pairs.status.optimal else ungenerated(problem, pairs)


def _on_arcs(problem: TransportProblem, force: bool, asked: Asked) -> Family | Unsolved:
    """The Lipschitz forms on the arcs that an optimal flow on a grid takes."""
    start = KantorovichRubinstein(problem, Network.directions(problem, REACH), force).network
    made = generate_arcs(start, **asked)
    if made.status.optimal:
        return KantorovichRubinstein(problem, made, force)
    return ungenerated_arcs(made)


@overload
def solve(
    problem: TransportProblem,
    form: str = ...,
    language: str = ...,
    *,
    support: Support = ...,
    force: bool = ...,
    time_limit: float | None = ...,
    throw: Literal[True] = ...,
    watch: Watch | None = ...,
    verbose: bool = ...,
) -> Solution | LipschitzSolution: ...
@overload
def solve(
    problem: TransportProblem,
    form: str = ...,
    language: str = ...,
    *,
    support: Support = ...,
    force: bool = ...,
    time_limit: float | None = ...,
    throw: bool,
    watch: Watch | None = ...,
    verbose: bool = ...,
) -> Solution | LipschitzSolution | Unsolved: ...
@keeps_time_limit
def solve(
    problem: TransportProblem,
    form: str = "primal",
    language: str = "cvxpy",
    *,
    support: Support = "full",
    force: bool = False,
    time_limit: float | None = None,
    throw: bool = True,
    watch: Watch | None = None,
    verbose: bool = False,
) -> Solution | LipschitzSolution | Unsolved:
    """Solve a transport problem and certify the answer over all pairs.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    form : {"primal", "dual", "lipschitz", "flow"}
        Kantorovich's program or its dual; both give plan and potentials. The Lipschitz program or its dual, the flow, for
        a metric cost on a common support; both give one potential f, with g = -f, and a flow.
    language : {"cvxpy", "pyomo", "highspy"}
        The language that the program is declared in.
    support : "full", "neighbours", "generated", array_like of int (k, 2) or Network
        Which pairs get a variable, or which arcs, see `build`.
    force : bool
        Whether the Lipschitz forms take a cost that is no metric: the value is then a lower bound, and says so.
    time_limit : float, optional
        Seconds, > 0, for all of it: a model that would take longer to build is not begun, and a pass over the pairs, for what
        is proven by then, is all that comes after.
    throw : bool
        Raise where there is no optimal solution, or none that is certified; otherwise return an `Unsolved` with the proven
        interval, or the best solution, whose certificate says that it is not one.
    watch : callable, optional
        Called with a `Round` (number, columns, lower, upper, seconds) after each round of generation.
    verbose : bool
        Whether HiGHS prints its log.

    Raises
    ------
    UnknownNameError, ParameterError
        Bad arguments, before any work.
    NotAMetricError
        A Lipschitz form and a cost that is no metric; the message has the witness.
    InfeasibleError
        Forbidden pairs leave no feasible plan; names the atoms.
    StoppedError, SolveError
        The solve ended early, or neither it, nor other pairs, nor exact arithmetic gave an answer that is certified; the error
        has the proven interval and the best solution.

    Examples
    --------
    >>> solution = solve(TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]]))
    >>> solution.value, solution.certificate.passed
    (1.5, True)
    """
    check_problem(problem)
    check_flags(force=force, throw=throw, verbose=verbose)
    check_watch(watch)
    formulation(form, language)
    check_time_limit(time_limit)
    started, asked = time.perf_counter(), Asked(time_limit=time_limit, watch=watch, verbose=verbose)
    found = infeasibility(problem) if _flows_fast(problem) else None
    family = infeasible(found) if found else begun(lambda: _family(problem, form, support, force, asked), problem, language)
    if isinstance(family, Unsolved):
        if throw:
            raise error_of(family)
        return family
    effort = Effort(started + (time_limit or np.inf))
    model = Model(family, form, language)
    result = model.attempt(time_limit=effort.left, verbose=verbose)
    ways = [*_other_ways(problem, form, family, verbose, effort), model.last_resort(effort)]
    result = settled(result, ways, effort)
    if throw:
        raise_unless_settled(result)
    return result


def _other_ways(problem: TransportProblem, form: str, family: Family, verbose: bool, effort: Effort) -> Iterator[Way]:
    """Where a model gave no proof: pairs that are generated, or all of them where they were, as a flow for the Lipschitz forms.

    A support of the user's is never widened.
    """
    if isinstance(family, Kantorovich):
        if not family.is_given and family.is_generated:
            yield lambda _: all_pairs(problem, form, verbose, effort)
        return
    assert isinstance(family, KantorovichRubinstein)
    if family.is_metric and not family.is_given:
        yield lambda _: _as_flow(family, generated_pairs(problem, "primal", verbose, effort), effort)
        yield lambda _: _as_flow(family, all_pairs(problem, "primal", verbose, effort), effort)


def _as_flow(family: KantorovichRubinstein, found: Result, effort: Effort) -> Result:
    """A certified plan as a flow; of another answer what it proves."""
    if isinstance(found, Unsolved):
        return found
    if isinstance(found, Solution) and is_settled(found):
        return carried(family.network, found, found.provenance, effort.tolerances)
    return Unsolved(found.status, found.problem, found.interval, found.certificate.verdict)


def generated_pairs(problem: TransportProblem, form: str, verbose: bool, effort: Effort) -> Result:
    """The answer on generated pairs, where an answer of another kind gave no proof."""
    family = _family(problem, form, "generated", False, Asked(time_limit=effort.left, verbose=verbose))
    if isinstance(family, Unsolved):
        return family
    return _afresh(family, form, "generated pairs, since no proof came out of other ones", verbose, effort)


def all_pairs(problem: TransportProblem, form: str, verbose: bool, effort: Effort) -> Result:
    """The answer on all pairs where they are few, where generated ones gave no proof."""
    if problem.shape[0] * problem.shape[1] > FALLBACK:
        message = f"{problem.shape[0] * problem.shape[1]} pairs are too many to be tried all at once"
        return Unsolved(Status(Termination.FAILED, PointStatus.NONE, PointStatus.NONE), problem, UNKNOWN, message)
    return _afresh(Kantorovich(problem, "full"), form, "all pairs, since no proof came out of generated ones", verbose, effort)


def _afresh(family: Family, form: str, reason: str, verbose: bool, effort: Effort) -> Result:
    result = Model(family, form, "highspy").attempt(time_limit=effort.left, verbose=verbose)
    return result if isinstance(result, Unsolved) else replace(result, provenance=replace(result.provenance, reason=reason))


def _flows_fast(problem: TransportProblem) -> bool:
    pairs = problem.shape[0] * problem.shape[1]
    return pairs <= MOST_FLOW and suffices(FLOW * pairs)


@overload
def explain_infeasibility(what: TransportProblem) -> Infeasibility | None: ...
@overload
def explain_infeasibility(what: Model) -> Infeasibility | Conflict | None: ...
def explain_infeasibility(what: TransportProblem | Model) -> Infeasibility | Conflict | None:
    """Say why a transport problem, or a model that its user extended, has no feasible plan.

    Parameters
    ----------
    what : TransportProblem or Model
        The data, or a model with capacities and rows of its own.

    Returns
    -------
    Infeasibility, Conflict or None
        Of forbidden pairs: the sources that hold more than the targets that they may reach take, and the pairs that would make
        the problem feasible. Of an extended model: an irreducible set of rows that contradict each other, by name. Both
        print as a sentence, and have a `table()`, a `repair()` and the certificate of Farkas' lemma. None where there is a
        feasible plan.

    Raises
    ------
    ParameterError
        It is neither a problem nor a model.
    SolveError
        Whether there is a feasible plan could not be decided and verified.

    Examples
    --------
    >>> print(explain_infeasibility(TransportProblem([3, 1], [2, 2], [[0, float("inf")], [1, 1]])))
    sources 0 hold 3, and the targets that they may reach, 0, take 2: 1 has nowhere to go
    """
    if isinstance(what, Model):
        return what.explain_infeasibility()
    if not isinstance(what, TransportProblem):
        remedy = "Give a TransportProblem or a Model; of a linear program, otmodels.lp.conflict(program) tells"
        raise ParameterError("what", f"is {kind_of(what)}", remedy)
    found = infeasibility(what) if _flows_fast(what) else None
    return found or finest_infeasibility(what)


def compare(
    problem: TransportProblem, forms: Sequence[str] | None = None, languages: Sequence[str] | None = None
) -> pd.DataFrame:
    """Solve a problem in several forms and languages and lay the answers side by side.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    forms, languages : sequence of str, optional
        All that exist where omitted; the Lipschitz forms where the cost is a metric on a common support. They are stated
        on the neighbours of a grid or the edges of a graph where these span the metric, else on all pairs.

    Returns
    -------
    DataFrame
        One row a (form, language): value, gap, relative_gap, certified, number of pairs or arcs, and the seconds of each
        step.

    Raises
    ------
    UnknownNameError
        A form or a language does not exist, or no combination is left.
    NotAMetricError, LabelMismatchError
        A Lipschitz form was asked for and the cost is no metric on a common support.
    """
    check_problem(problem)
    forms, languages = read_names("forms", forms, "primal"), read_names("languages", languages, "highspy")
    for form in forms or FORMS:
        formulation(form)
    for language in languages or LANGUAGES:
        formulation(FORMS[0], language)
    network = applicable_network(problem) if forms is None or set(forms) & set(LIPSCHITZ) else None
    stated = FORMS if forms is not None or network is not None else KANTOROVICH
    pairs = [
        (form, language) for form, language in supports() if form in (forms or stated) and language in (languages or LANGUAGES)
    ]
    if not pairs:
        raise UnknownNameError("forms, languages", "leave no combination", f"Choose among {supports()}")
    arcs: dict[str, Support] = dict.fromkeys(LIPSCHITZ, network or "full")
    rows = [
        _row(form, language, solve(problem, form, language, support=arcs.get(form, "full"), throw=False))
        for form, language in pairs
    ]
    return pd.DataFrame(rows).set_index(["form", "language"])


def _row(form: str, language: str, solution: Result) -> dict[str, Any]:
    if isinstance(solution, Infeasible | Unbounded):
        raise error_of(solution)
    if isinstance(solution, Unsolved):
        return {"form": form, "language": language, "value": np.nan, "certified": False}
    made, certificate = solution.provenance, solution.certificate
    return {
        "form": form,
        "language": language,
        "value": solution.value,
        "gap": certificate.gap,
        "relative_gap": certificate.relative_gap,
        "certified": certificate.passed,
        "pairs": made.pairs,
        "build_s": made.build_s,
        "compile_s": made.compile_s,
        "solve_s": made.solve_s,
        "extract_s": made.extract_s,
        "total_s": made.total_s,
    }
