"""The verbs: build a model, solve a problem, compare forms and languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy.typing as npt
import pandas as pd

from otmodels.errors import UnknownNameError
from otmodels.feasibility import find_bottleneck
from otmodels.formulations import FORMS, formulation, supports
from otmodels.languages import LANGUAGES, check_time_limit, unsupported
from otmodels.model import Model, error_of, infeasible
from otmodels.problem import TransportProblem
from otmodels.solution import Solution, Unsolved


def build(
    problem: TransportProblem, form: str = "primal", language: str = "cvxpy", *, support: Literal["full"] | npt.ArrayLike = "full"
) -> Model:
    """Declare a transport problem in a modelling language.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    form : {"primal", "dual"}
        Kantorovich's program or its dual.
    language : {"cvxpy", "pyomo", "highspy"}
        The language.
    support : "full" or array_like of int, shape (k, 2)
        Which pairs get a variable.

    Raises
    ------
    UnknownNameError, ShapeError, LabelMismatchError

    Examples
    --------
    >>> problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
    >>> build(problem, language="pyomo").linear_program()
    LinearProgram(min, 4 rows, 4 columns, 8 nonzeros)
    """
    return Model(problem, form, language, support)


@overload
def solve(
    problem: TransportProblem,
    form: str = ...,
    language: str = ...,
    *,
    support: Literal["full"] | npt.ArrayLike = ...,
    time_limit: float | None = ...,
    throw: Literal[True] = ...,
    verbose: bool = ...,
) -> Solution: ...
@overload
def solve(
    problem: TransportProblem,
    form: str = ...,
    language: str = ...,
    *,
    support: Literal["full"] | npt.ArrayLike = ...,
    time_limit: float | None = ...,
    throw: bool,
    verbose: bool = ...,
) -> Solution | Unsolved: ...
def solve(
    problem: TransportProblem,
    form: str = "primal",
    language: str = "cvxpy",
    *,
    support: Literal["full"] | npt.ArrayLike = "full",
    time_limit: float | None = None,
    throw: bool = True,
    verbose: bool = False,
) -> Solution | Unsolved:
    """Solve a transport problem and certify the answer over all pairs.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    form : {"primal", "dual"}
        Kantorovich's program or its dual; both give plan and potentials.
    language : {"cvxpy", "pyomo", "highspy"}
        The language that the program is declared in.
    support : "full" or array_like of int, shape (k, 2)
        Which pairs get a variable.
    time_limit : float, optional
        Seconds for the solver, > 0.
    throw : bool
        Raise where there is no optimal solution; otherwise return an `Unsolved` with the certified interval.
    verbose : bool
        Whether HiGHS prints its log.

    Raises
    ------
    UnknownNameError, ParameterError
        Bad arguments, before any work.
    InfeasibleError
        Forbidden pairs leave no feasible plan; names the atoms.
    StoppedError, SolveError
        The solve ended early or failed; the error has the certified interval.

    Examples
    --------
    >>> solution = solve(TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]]))
    >>> solution.value, solution.certificate.passed
    (1.5, True)
    """
    formulation(form, language)
    check_time_limit(time_limit)
    bottleneck = find_bottleneck(problem)
    if bottleneck is not None:
        unsolved = infeasible(problem, bottleneck)
        if throw:
            raise error_of(unsolved)
        return unsolved
    result = build(problem, form, language, support=support).solve(time_limit=time_limit, throw=throw, verbose=verbose)
    assert isinstance(result, Solution | Unsolved)
    return result


def compare(
    problem: TransportProblem, forms: Sequence[str] | None = None, languages: Sequence[str] | None = None
) -> pd.DataFrame:
    """Solve a problem in several forms and languages and lay the answers side by side.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    forms, languages : sequence of str, optional
        All that exist where omitted.

    Returns
    -------
    DataFrame
        One row a (form, language): value, gap, relative_gap, certified, and the seconds of each step.

    Raises
    ------
    UnknownNameError
        A form or a language does not exist, or no combination is left.
    """
    for form in forms or FORMS:
        formulation(form, LANGUAGES[0])
    for language in languages or LANGUAGES:
        if language not in LANGUAGES:
            raise unsupported(language)
    pairs = [
        (form, language) for form, language in supports() if form in (forms or FORMS) and language in (languages or LANGUAGES)
    ]
    if not pairs:
        raise UnknownNameError("forms, languages", "leave no combination", f"Choose among {supports()}")
    rows = [_row(solve(problem, form, language)) for form, language in pairs]
    return pd.DataFrame(rows).set_index(["form", "language"])


def _row(solution: Solution) -> dict[str, Any]:
    made, certificate = solution.provenance, solution.certificate
    return {
        "form": made.form,
        "language": made.language,
        "value": solution.value,
        "gap": certificate.gap,
        "relative_gap": certificate.relative_gap,
        "certified": certificate.passed,
        "build_s": made.build_s,
        "compile_s": made.compile_s,
        "solve_s": made.solve_s,
        "extract_s": made.extract_s,
        "total_s": made.total_s,
    }
