"""Stopping early: a solve that a limit or Ctrl-C ends gives its proven interval, and never a bare value."""

from __future__ import annotations

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
from otmodels.deadline import OutOfTimeError, check, end, keeps_time_limit, suffices, within
from otmodels.errors import ParameterError, StoppedError
from otmodels.families.beginning import at_once
from otmodels.languages import solve_program
from otmodels.languages.building import building_seconds
from otmodels.lp import LinearProgram
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
    """Solved in some tenths of a second."""
    return scattered(250)


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
        assert 0 < lower <= value * (1 + 1e-12)
        assert value * (1 - 1e-12) <= upper < np.inf
        assert f"{lower:.9g}" in str(caught.value)
        assert f"{upper:.9g}" in str(caught.value)
        assert caught.value.status.termination is Termination.TIME_LIMIT
        assert not caught.value.status.optimal

        unsolved = model.solve(time_limit=1e-3, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.interval[0] <= value * (1 + 1e-12)
        assert unsolved.interval[1] >= value * (1 - 1e-12)
        assert not hasattr(unsolved, "value")
        assert not hasattr(unsolved, "plan")
        assert "interval" in unsolved.message

    @pytest.mark.parametrize("form", ["primal", "dual"])
    @pytest.mark.parametrize("limit", [0.01, 0.03, 0.1])
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


def moved_picture(metric: str, power: float) -> tuple[om.TransportProblem, float]:
    """A picture of 40 x 60 pixels and the same one moved by (6, 8), and the value: all of it moves that far."""
    picture = np.random.default_rng(0).integers(1, 10, (30, 50)).astype(float)
    before, after = np.zeros((40, 60)), np.zeros((40, 60))
    before[:30, :50], after[6:36, 8:58] = picture, picture
    source, target = om.grid_measure(before), om.grid_measure(after)
    far = {"euclidean": 10.0, "cityblock": 14.0, "chebyshev": 8.0}[metric]
    return om.TransportProblem(source, target, om.ground_cost(source, target, metric, power)), far**power * picture.sum()


class TestBeforeThereIsAModel:
    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    @pytest.mark.parametrize(("metric", "power"), [("euclidean", 1), ("cityblock", 1), ("chebyshev", 1), ("euclidean", 2)])
    def test_a_model_that_takes_longer_to_build_than_there_is_time_is_not_begun(
        self, metric: str, power: float, language: str
    ) -> None:
        problem, value = moved_picture(metric, power)
        unsolved = om.solve(problem, language=language, time_limit=1e-3, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.status.termination is Termination.TIME_LIMIT
        assert "no model was begun, since 5,760,000 pairs" in unsolved.message
        lower, upper = unsolved.interval
        assert value * (1 - 1e-12) <= lower <= value  # Jensen's inequality is an equation here
        assert value <= upper < 10 * value
        with pytest.raises(StoppedError, match="no model was begun"):
            om.solve(problem, language=language, time_limit=1e-3)

    def test_a_model_that_can_be_built_in_time_is(self) -> None:
        assert isinstance(om.solve(scattered(30), "dual", "pyomo", time_limit=600), om.Solution)

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("kind", ["matrix", "signed", "forbidden", "rectangular", "concave", "sphere", "line"])
    def test_what_is_proven_without_a_model_holds_the_value(self, kind: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = (7, 4) if kind == "rectangular" else (6, 6)
        source, target = (om.Measure(rng.random(k) + 0.1, 50 * rng.random((k, 1 if kind == "line" else 2))) for k in (n, m))
        cost: Any = rng.random((n, m)) - (0.5 if kind == "signed" else 0.0)
        if kind == "forbidden":
            cost = np.where((rng.random((n, m)) < 0.2) & ~np.eye(n, dtype=bool), np.inf, cost)
            target = om.Measure(source.mass)
            source = om.Measure(source.mass)
        elif kind in ("rectangular", "concave", "sphere", "line"):
            cost = om.ground_cost(source, target, "haversine" if kind == "sphere" else "euclidean", {"concave": 0.5}.get(kind, 1))
        problem = om.TransportProblem(source, target, cost, balance="rescale")
        value = om.solve(problem).value
        lower, upper = at_once(problem)
        assert lower <= value * (1 + 1e-12 * np.sign(value))
        assert upper >= value * (1 - 1e-12 * np.sign(value))
        assert np.isfinite([lower, upper]).all()

    def test_mass_that_need_not_move_stays(self) -> None:
        source = om.grid_measure(np.random.default_rng(0).random((5, 5)))
        lower, upper = at_once(om.TransportProblem(source, source, om.ground_cost(source, source)))
        assert lower == 0
        assert 0 <= upper < 1e-20

        one, other = np.ones((5, 5)), np.ones((5, 5))
        one[0, 0], other[4, 4] = 2, 2
        source, target = om.grid_measure(one), om.grid_measure(other)
        assert at_once(om.TransportProblem(source, target, om.ground_cost(source, target))).upper < 6  # one mass moves 4 sqrt 2

    def test_atoms_in_an_order_that_the_costs_know_are_filled_in_that_order(self) -> None:
        """Gaspard Monge's order is optimal where costs are convex in the distance along it."""
        rng = np.random.default_rng(0)
        steps = np.arange(20)[:, None] - np.arange(30) / 1.5
        problem = om.TransportProblem(rng.dirichlet(np.ones(20)), rng.dirichlet(np.ones(30)), steps**2)
        assert at_once(problem).upper == pytest.approx(om.solve(problem).value, rel=1e-9)

    def test_axioms_of_a_metric_are_not_checked_to_the_end(self) -> None:
        rng = np.random.default_rng(0)
        points = rng.random((50, 2))
        costs = np.linalg.norm(points[:, None] - points, axis=2)
        problem = om.TransportProblem(rng.dirichlet(np.ones(50)), rng.dirichlet(np.ones(50)), costs)
        unsolved = om.solve(problem, "lipschitz", time_limit=1e-9, throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert "axioms" in unsolved.message
        assert unsolved.interval[0] <= om.solve(problem).value <= unsolved.interval[1]

    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    def test_twice_the_pairs_take_twice_as_long(self, language: str) -> None:
        assert building_seconds(2000, language, 1e-6) == 2 * building_seconds(1000, language, 1e-6) > 0


class TestTheEndIsSharedByAll:
    def test_the_first_of_several_ends_counts_and_is_gone_afterwards(self) -> None:
        with within(1000):
            outer = end()
            with within(1e6), within(None):
                assert end() == outer
            with within(10):
                assert end() < outer
                assert suffices(1)
                assert not suffices(100)
            assert end() == outer
        assert end() == np.inf

    def test_an_error_leaves_no_end_behind(self) -> None:
        with pytest.raises(OutOfTimeError), within(1e-9):
            check()
        assert end() == np.inf
        check()

    def test_a_verb_hands_its_limit_on(self) -> None:
        @keeps_time_limit
        def verb(*, time_limit: Any = None) -> float:
            return end()

        assert verb() == verb(time_limit=None) == np.inf
        assert verb(time_limit=1e6) < np.inf
        assert verb(time_limit="5") == verb(time_limit=float("nan")) == verb(time_limit=-1) == np.inf  # which it refuses itself

    def test_a_program_that_is_solved_within_another_solve_ends_with_it(self) -> None:
        program = LinearProgram.canonical([1, 1], [[1, 2], [3, 1]], [4, 5])
        with within(1e-9):
            assert solve_program(program).status.termination is Termination.TIME_LIMIT
            assert solve_program(program, time_limit=600).status.termination is Termination.TIME_LIMIT
        assert solve_program(program, time_limit=600).status.optimal

    def test_pairs_that_are_generated_end_with_the_solve_that_asked_for_them(self) -> None:
        with within(1e-9):
            unsolved = om.solve(scattered(80), language="highspy", support="generated", throw=False)
        assert isinstance(unsolved, om.Unsolved)
        assert unsolved.status.termination is Termination.TIME_LIMIT


SCRIPT = """
import sys
import numpy as np
import otmodels as om
from otmodels.errors import StoppedError

n = int(sys.argv[1])
problem = om.TransportProblem(np.full(n, 1 / n), np.full(n, 1 / n), np.random.default_rng(0).random((n, n)))
for model in sys.argv[2:]:
    try:
        om.build(problem, *model.split("-")).solve(verbose=True)
        print("solved")
    except StoppedError as error:
        print("stopped:", *error.interval, error.status)
    print("again:", type(om.solve(om.TransportProblem([1], [1], [[2]]))).__name__, flush=True)
"""
MODELS = ("dual-highspy", "primal-cvxpy", "primal-pyomo")
PLACES = 400


@pytest.fixture(scope="module")
def interrupted() -> dict[str, str]:
    """What models say, one after the other in one process, to Ctrl-C at the first iteration in the solver's log."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(PLACES), *MODELS]
    said = dict.fromkeys(MODELS, "")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        late = threading.Timer(240, process.kill)
        late.start()
        assert process.stdout is not None
        for model in MODELS:
            for line in process.stdout:
                if line.split()[:1] == ["Iteration"] and "Iteration" not in said[model]:
                    process.send_signal(signal.SIGINT)
                said[model] += line
                if line.startswith("again:"):
                    break
        _, errors = process.communicate()
        late.cancel()
    assert process.returncode == 0, errors
    return said


@pytest.mark.parametrize("model", MODELS)
def test_ctrl_c_ends_a_solve_with_a_proven_interval(model: str, interrupted: dict[str, str]) -> None:
    output = interrupted[model]
    found = re.search(r"^stopped: (\S+) (\S+) interrupted$", output, re.MULTILINE)
    assert found, output
    lower, upper = map(float, found.groups())
    # n places, each matched to one of n at random costs in [0, 1]: the value is about 1.6 / n (Aldous 2001).
    assert 0 < lower <= np.pi**2 / 6 / PLACES * 1.2
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
            assert two.value == pytest.approx(one.value, rel=1e-12)
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
