"""Stopping early: a solve that a limit or Ctrl-C ends gives its proven interval, and never a bare value."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import otmodels as om
from otmodels.errors import ParameterError, StoppedError
from otmodels.status import PointStatus, Termination

every_model = pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))


def scattered(n: int, seed: int = 0) -> om.TransportProblem:
    """Random masses at random places of a square."""
    rng = np.random.default_rng(seed)
    source = om.Measure(rng.random(n), rng.random((n, 2)))
    target = om.Measure(rng.random(n), rng.random((n, 2)))
    return om.TransportProblem(source, target, om.ground_cost(source, target), balance="rescale")


@pytest.fixture(scope="module")
def large() -> om.TransportProblem:
    return scattered(400)


@pytest.fixture(scope="module")
def value(large: om.TransportProblem) -> float:
    solution = om.solve(large, language="highspy")
    assert isinstance(solution, om.Solution)
    assert solution.certificate.passed
    return solution.value


class TestTimeLimit:
    @every_model
    def test_a_solve_that_runs_out_of_time_raises_with_a_proven_interval(
        self, large: om.TransportProblem, value: float, form: str, language: str
    ) -> None:
        model = om.build(large, form, language)
        with pytest.raises(StoppedError, match="time limit") as caught:
            model.solve(time_limit=1e-3)
        lower, upper = caught.value.interval
        assert 0 < lower <= value <= upper < np.inf
        assert f"{lower:.9g}" in str(caught.value)
        assert f"{upper:.9g}" in str(caught.value)
        assert caught.value.status.termination is Termination.TIME_LIMIT
        assert not caught.value.status.optimal

        unsolved = model.solve(time_limit=1e-3, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.interval[0] <= value <= unsolved.interval[1]
        assert not hasattr(unsolved, "value")
        assert not hasattr(unsolved, "plan")
        assert "interval" in unsolved.message

    @pytest.mark.parametrize("form", ["primal", "dual"])
    @pytest.mark.parametrize("limit", [0.02, 0.1, 0.3])
    def test_whenever_it_stops_the_interval_holds_the_value(
        self, large: om.TransportProblem, value: float, form: str, limit: float
    ) -> None:
        result = om.solve(large, form, "highspy", time_limit=limit, throw=False)
        assert not isinstance(result, om.ExtendedSolution)
        lower, upper = result.interval
        assert lower <= value * (1 + 1e-12)
        assert upper >= value * (1 - 1e-12)

    @every_model
    def test_time_that_suffices_is_no_limit(self, form: str, language: str) -> None:
        solution = om.solve(scattered(5), form, language, time_limit=600)
        assert isinstance(solution, om.Solution)
        assert solution.certificate.passed

    def test_no_end_is_a_limit_that_suffices(self) -> None:
        assert isinstance(om.solve(scattered(5), time_limit=float("inf")), om.Solution)

    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    def test_a_limit_that_stopped_one_solve_does_not_stop_the_next(self, language: str) -> None:
        model = om.build(scattered(30), language=language)
        first = model.solve(time_limit=1e-9, throw=False)
        second = model.solve(time_limit=600)
        third = model.solve(time_limit=1e-9, throw=False)
        fourth = model.solve()
        assert [type(result) for result in (first, second, third, fourth)] == [om.Unsolved, om.Solution] * 2

    def test_a_native_model_that_was_stopped_shows_no_value(self) -> None:
        model = om.build(scattered(30))
        model.solve()
        model.solve(time_limit=1e-9, throw=False)
        assert model.native.value is None
        assert model.variables["gamma"].value is None
        assert model.native.status not in ("optimal", "optimal_inaccurate")

    def test_the_interval_with_forbidden_pairs(self) -> None:
        problem = om.TransportProblem([1, 2], [2, 1], [[0.0, np.inf], [1.0, 1.0]])
        unsolved = om.solve(problem, time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        lower, upper = unsolved.interval
        assert lower <= 2 <= upper

    @pytest.mark.parametrize("extend", [False, True])
    def test_an_extended_model_that_was_stopped_proves_nothing_about_another_program(self, extend: bool) -> None:
        model = om.build(om.TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [1, 0]]), language="pyomo")
        if extend:
            model.native.gamma[0, 0].setub(0.3)
        unsolved = model.solve(time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        lower, upper = unsolved.interval
        assert lower <= (0.4 if extend else 0) <= upper

    @pytest.mark.parametrize("limit", [0, 0.0, -1, -1e-9, float("nan"), float("-inf"), "5"])
    @pytest.mark.parametrize(
        "verb", [om.solve, lambda problem, **limit: om.build(problem).solve(**limit)], ids=["solve", "model"]
    )
    def test_a_limit_that_is_no_time_is_refused(self, verb: Callable[..., object], limit: Any) -> None:
        with pytest.raises(ParameterError, match="time_limit") as caught:
            verb(scattered(3), time_limit=limit)
        assert caught.value.remedy

    @pytest.mark.parametrize("field", ["primal", "dual"])
    def test_what_is_left_says_what_it_is(self, field: str) -> None:
        unsolved = om.solve(scattered(5), time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert getattr(unsolved.status, field) in (PointStatus.NONE, PointStatus.FEASIBLE)
        assert str(unsolved.status) == "time_limit"
        assert unsolved.summary().loc["proven lower bound", "value"] == unsolved.interval[0]


SCRIPT = """
import sys
import numpy as np
import otmodels as om
from otmodels.errors import StoppedError

n = int(sys.argv[3])
problem = om.TransportProblem(np.full(n, 1 / n), np.full(n, 1 / n), np.random.default_rng(0).random((n, n)))
model = om.build(problem, sys.argv[1], sys.argv[2])
try:
    model.solve(verbose=True)
    print("solved")
except StoppedError as error:
    print("stopped:", *error.interval, error.status, flush=True)
    print("again:", type(om.solve(om.TransportProblem([1], [1], [[2]]))).__name__)
"""


@pytest.mark.parametrize(
    ("form", "language", "n"),
    [("dual", "highspy", 400), ("primal", "cvxpy", 400), ("primal", "pyomo", 400)],
)
def test_ctrl_c_ends_a_solve_with_a_proven_interval(form: str, language: str, n: int) -> None:
    """Ctrl-C is sent as soon as the solver's log shows its first iteration."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT, form, language, str(n)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.split()[:1] == ["Iteration"]:
                process.send_signal(signal.SIGINT)
                break
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "solved" not in output
    found = re.search(r"^stopped: (\S+) (\S+) interrupted$", output, re.MULTILINE)
    assert found, output + errors
    lower, upper = map(float, found.groups())
    # n places, each matched to one of n at random costs in [0, 1]: the value is about 1.6 / n (Aldous 2001).
    assert 0 < lower <= np.pi**2 / 6 / n * 1.2
    assert lower < upper < 1
    assert "again: Solution" in output


def test_a_stop_by_hand_is_a_stopped_error_like_any_other() -> None:
    assert Termination.INTERRUPTED.stopped
    assert Termination.TIME_LIMIT.stopped
    assert not Termination.OPTIMAL.stopped
    assert not Termination.INFEASIBLE.stopped


class TestAtOnce:
    @staticmethod
    def together(tasks: list[Callable[[], Any]]) -> list[Any]:
        """Run tasks in threads that start at the same moment."""
        barrier = threading.Barrier(len(tasks))
        answers: list[Any] = [None] * len(tasks)

        def work(k: int) -> None:
            barrier.wait()
            try:
                answers[k] = tasks[k]()
            except Exception as error:
                answers[k] = error

        threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(len(tasks))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()
        return answers

    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_two_threads_solve_their_own_problems(self, form: str, language: str) -> None:
        problems = [scattered(40, seed) for seed in (1, 2, 3, 4)]
        alone = [om.solve(problem, form, language) for problem in problems]
        answers = self.together([partial(om.solve, problem, form, language) for problem in problems])
        for one, two in zip(alone, answers, strict=True):
            assert isinstance(one, om.Solution)
            assert isinstance(two, om.Solution)
            assert two.value == one.value
            assert two.certificate.passed

    def test_languages_do_not_get_in_each_others_way(self) -> None:
        problem = scattered(40)
        pairs = [*om.supports("primal", "dual"), *om.supports("primal", "dual")]
        answers = self.together([partial(om.solve, problem, *pair) for pair in pairs])
        assert [answer.certificate.passed for answer in answers] == [True] * len(pairs)
        assert {answer.provenance.language for answer in answers} == {"cvxpy", "pyomo", "highspy"}

    def test_a_limit_in_one_thread_does_not_stop_another(self) -> None:
        problem = scattered(60)
        answers = self.together(
            [
                lambda: om.solve(problem, language="highspy", time_limit=1e-9, throw=False),
                lambda: om.solve(problem, language="highspy"),
            ]
        )
        assert [type(answer) for answer in answers] == [om.Unsolved, om.Solution]
