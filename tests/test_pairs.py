"""Pairs that are generated: the value of all pairs from few of them, whatever masses and costs; an end at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from catalogue import INSTANCES, SOLVERS, Instance, cost_matrix, floats
from hypothesis import given, settings
from hypothesis import strategies as st
from places import distance
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InfeasibleError, NotANumberError, ParameterError, ShapeError, StoppedError
from otmodels.families import kantorovich, ungenerated
from otmodels.generation import GeneratedPairs, Round, generate_pairs, start
from otmodels.generation.pairs import north_west
from otmodels.generation.start import near_pairs
from otmodels.generation.sweeps import SparsePairs, first_of_node, sweep_all
from otmodels.status import Termination
from otmodels.wasserstein import generated_pairs

INF = np.inf
LANGUAGES = ("cvxpy", "pyomo", "highspy")


@pytest.fixture
def from_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generation proper for problems that are small enough for all pairs to be taken at once."""
    monkeypatch.setattr(start, "DIRECT", 0)


def problem_of(a: Any, b: Any, cost: Any) -> om.TransportProblem:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return om.TransportProblem(a, b * (a.sum() / b.sum()), cost)


def in_the_plane(n: int, m: int, seed: int = 0, power: float = 1.0, clusters: int = 0) -> om.TransportProblem:
    rng = np.random.default_rng(seed)
    x, y = rng.random((n, 2)), rng.random((m, 2))
    if clusters:
        centres = rng.random((clusters, 2))
        x, y = (centres[rng.integers(0, clusters, k)] + 0.01 * rng.normal(size=(k, 2)) for k in (n, m))
    source, target = om.Measure(rng.dirichlet(np.ones(n)), x), om.Measure(rng.dirichlet(np.ones(m)), y)
    return om.TransportProblem(source, target, om.ground_cost(source, target, power=power))


def with_matrix(n: int, m: int, seed: int, kind: str) -> om.TransportProblem:
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, max(n, m)))[0, :n], rng.random(m)
    if kind == "random":
        return problem_of(a, b, rng.random((n, m)))
    if kind == "ties":
        return problem_of(np.ones(n), np.ones(m), rng.integers(0, 3, (n, m)))
    if kind == "equal":
        return problem_of(np.ones(n), np.ones(m), np.ones((n, m)))
    if kind == "negative":
        return problem_of(a, b, -rng.random((n, m)))
    if kind == "zero masses":
        return problem_of(np.where(rng.random(n) < 0.3, 0, a), np.where(rng.random(m) < 0.3, 0, b), rng.random((n, m)))
    if kind == "masses of every size":
        return problem_of(10 ** rng.uniform(-11, 0, n), 10 ** rng.uniform(-11, 0, m), rng.random((n, m)))
    assert kind == "forbidden pairs"
    cost = np.where(rng.random((n, m)) < 0.6, INF, rng.random((n, m)))
    cost[np.arange(n), np.arange(n) % m] = cost[np.arange(m) % n, np.arange(m)] = 2.0
    return om.TransportProblem(np.full(n, 1 / n), np.full(m, 1 / m), cost)


KINDS = ("random", "ties", "equal", "negative", "zero masses", "masses of every size", "forbidden pairs")


def twentieth_power(x: FloatArray, y: FloatArray) -> FloatArray:
    """Costs over more than twenty orders of magnitude."""
    return np.asarray(cdist(x, y) ** 20)


def value_of(problem: om.TransportProblem) -> float:
    """With all pairs."""
    solution = om.solve(problem, language="highspy")
    assert solution.certificate.passed
    return solution.value


def assert_exact(made: GeneratedPairs, problem: om.TransportProblem) -> None:
    """Certified over all pairs, and of the value of the program of all pairs."""
    assert made.status.optimal
    certificate = om.certify(problem, made.plan, made.f if (problem.a > 0).all() else None, made.g)
    unit = problem.mass_unit * problem.cost_unit
    assert certificate.primal_value == pytest.approx(value_of(problem), rel=1e-9, abs=1e-12 * unit)
    last = made.rounds[-1]
    assert last.upper - last.lower <= 1e-9 * max(abs(last.upper), 1e-6 * unit)


class TestTheValueOfAllPairs:
    @pytest.mark.parametrize("power", [1.0, 2.0])
    @pytest.mark.parametrize("clusters", [0, 8])
    def test_in_the_plane(self, power: float, clusters: int) -> None:
        problem = in_the_plane(220, 180, 1, power, clusters)
        made = generate_pairs(problem)
        assert_exact(made, problem)
        assert made.i.size < 0.1 * 220 * 180

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("shape", [(150, 150), (90, 130)])
    def test_of_a_matrix_of_any_kind(self, kind: str, shape: tuple[int, int]) -> None:
        if kind == "forbidden pairs":
            shape = (120, 120)
        problem = with_matrix(*shape, 3, kind)
        assert_exact(generate_pairs(problem), problem)

    @pytest.mark.usefixtures("from_few")
    @given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.sampled_from(KINDS[:6]))
    @settings(deadline=None, max_examples=80)
    def test_of_any_size_from_one_atom_on(self, seed: int, n: int, m: int, kind: str) -> None:
        problem = with_matrix(n, m, seed, kind) if kind != "zero masses" or min(n, m) > 8 else with_matrix(n, m, seed, "random")
        made = generate_pairs(problem)
        assert_exact(made, problem)

    def test_repeated_points_and_measures_that_are_the_same(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.integers(0, 4, (400, 2)).astype(float)
        source, target = om.Measure(np.ones(400), x), om.Measure(np.ones(400), x[rng.permutation(400)])
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        made = generate_pairs(problem)
        assert made.status.optimal
        assert made.rounds[-1].upper == 0

    @pytest.mark.parametrize("shape", [(1, 900), (900, 1), (2, 600)])
    def test_one_source_to_many_and_many_to_one(self, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(start, "DIRECT", 0)
        problem = in_the_plane(*shape, 5)
        assert_exact(generate_pairs(problem), problem)

    def test_more_atoms_than_the_sample_is_solved_for_at_once(self) -> None:
        """Two levels, coarse and fine; against a solution by the flow on all pairs of a metric."""
        problem = in_the_plane(700, 650, 7)
        made = generate_pairs(problem)
        assert made.status.optimal
        assert om.certify(problem, made.plan, made.f, made.g).passed
        assert made.i.size < 0.03 * 700 * 650

    @pytest.mark.parametrize("mass", [1e-12, 1e12])
    @pytest.mark.parametrize("price", [1e-150, 1e-40, 1e-9, 1e9, 1e40, 1e150])
    def test_in_any_unit(self, mass: float, price: float) -> None:
        problem = with_matrix(100, 90, 2, "random")
        scaled = om.TransportProblem(problem.a * mass, problem.b * mass, problem.cost.values * price)
        value = generate_pairs(scaled).rounds[-1].upper
        assert value == pytest.approx(generate_pairs(problem).rounds[-1].upper * mass * price, rel=1e-9)

    @pytest.mark.parametrize("largest", [1e6, 1e9, 1e11])
    @pytest.mark.parametrize("share", [0.3, 0.95])
    def test_with_outliers_that_a_solver_measures_everything_by(self, largest: float, share: float) -> None:
        """Multipliers feasible to 1e-10 of the largest cost prove nothing about a value that is 1e-10 of it."""
        rng = np.random.default_rng(5)
        cost = rng.random((100, 100)) * np.where(rng.random((100, 100)) < share, largest, 1.0)
        problem = problem_of(rng.random(100), rng.random(100), cost)
        assert_exact(generate_pairs(problem), problem)
        solution = om.solve(problem, language="highspy", support="generated")
        assert solution.certificate.passed
        assert solution.value == pytest.approx(value_of(problem), rel=1e-9)

    @pytest.mark.parametrize("power", [0.5, 3.0, 8.0, 10.0])
    def test_of_any_power_also_where_the_value_is_a_small_part_of_the_largest_cost(self, power: float) -> None:
        problem = in_the_plane(110, 100, 5, power)
        assert generate_pairs(problem).rounds[-1].gap <= 1e-10
        solution = distance(problem.source, problem.target, power=power)
        assert solution.certificate.passed
        assert solution.value == pytest.approx(value_of(problem), rel=1e-9)

    def test_potentials_of_atoms_with_mass_are_put_back_where_others_have_none(self) -> None:
        problem = with_matrix(90, 130, 3, "zero masses")
        made = generate_pairs(problem)
        slack = problem.cost.values - made.f[:, None] - made.g
        assert slack[np.ix_(problem.a > 0, problem.b > 0)].min() >= -1e-12
        assert problem.a @ made.f + problem.b @ made.g == pytest.approx(value_of(problem), rel=1e-9)


@pytest.mark.usefixtures("from_few")
class TestAsASupport:
    @pytest.mark.parametrize(("form", "language"), SOLVERS)
    @pytest.mark.parametrize("instance", INSTANCES, ids=lambda instance: instance.name)
    def test_every_known_answer_in_every_form_and_language(self, instance: Instance, form: str, language: str) -> None:
        problem = om.TransportProblem(floats(instance.a), floats(instance.b), cost_matrix(instance.cost))
        solution = om.solve(problem, form, language, support="generated")
        known, unit = float(instance.value), problem.mass_unit * problem.cost_unit
        assert abs(solution.value - known) <= (1e-9 * abs(known) if known else 1e-15 * unit)
        assert solution.certificate.passed, solution.certificate.verdict
        assert solution.provenance.support == "generated pairs"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_model_is_a_small_one_and_its_user_may_extend_it(self, language: str) -> None:
        problem = in_the_plane(70, 80)
        model = om.build(problem, language=language, support="generated")
        assert model.linear_program().shape[1] < 0.25 * 70 * 80
        solution = model.solve()
        assert isinstance(solution, om.Solution)
        assert solution.value == pytest.approx(value_of(problem), rel=1e-9)
        assert solution.certificate.passed

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_certified_over_all_pairs_where_its_own_multipliers_would_not_be(self, language: str) -> None:
        """Equal masses: many optimal potentials on the pairs of the model, of which few are feasible on all."""
        rng = np.random.default_rng(0)
        source, target = (om.Measure(np.full(150, 1 / 150), rng.random((150, 2))) for _ in range(2))
        problem = om.TransportProblem(source, target, om.ground_cost(source, target))
        solution = om.solve(problem, "dual", language, support="generated")
        assert solution.certificate.passed
        assert solution.value == pytest.approx(value_of(problem), rel=1e-9)

    def test_the_distance_takes_it_and_says_so(self) -> None:
        problem = in_the_plane(80, 90, 4)
        rounds: list[Round] = []
        solution = distance(problem.source, problem.target, watch=rounds.append)
        assert "pairs generated in" in solution.provenance.reason
        assert solution.provenance.pairs < 80 * 90
        assert solution.value == pytest.approx(value_of(problem), rel=1e-9)
        assert rounds[-1].columns == solution.provenance.pairs

    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_rounds_are_told_while_a_support_is_generated(self, form: str) -> None:
        rounds: list[Round] = []
        problem = in_the_plane(80, 90, 4)
        solution = om.solve(problem, form, "highspy", support="generated", watch=rounds.append)
        assert rounds
        assert rounds[-1].lower == pytest.approx(solution.value, rel=1e-9)

    @pytest.mark.parametrize("n", [80, 200])
    def test_costs_over_twenty_orders_are_certified_on_all_pairs_where_generated_ones_prove_nothing(self, n: int) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.random((n, 2)), rng.random((n, 2))
        found = distance(om.Measure(rng.dirichlet(np.ones(n)), x), om.Measure(rng.dirichlet(np.ones(n)), y), twentieth_power)
        assert found.certificate.passed, found.certificate.verdict
        assert "no proof came out of generated ones" in found.provenance.reason

    def test_a_time_limit_covers_the_fall_back_and_what_was_proven_before_it_stays_proven(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.random((200, 2)), rng.random((200, 2))
        source, target = om.Measure(rng.dirichlet(np.ones(200)), x), om.Measure(rng.dirichlet(np.ones(200)), y)
        value = distance(source, target, twentieth_power).value

        def late(*args: Any, **options: Any) -> GeneratedPairs:
            """Good potentials, a plan that spreads everything, and no time left."""
            made = generate_pairs(*args, **{**options, "time_limit": None})
            time.sleep(0.5)
            return replace(made, plan=csr_array(np.outer(source.mass, target.mass)))

        monkeypatch.setattr(generated_pairs, "generate_pairs", late)
        result = om.wasserstein_distance(source, target, twentieth_power, time_limit=0.5, throw=False)
        assert result.status.termination is Termination.TIME_LIMIT
        assert isinstance(result, om.Unsolved) or not result.certificate.passed
        assert 0 < result.interval.lower <= value * (1 + 1e-9)
        assert value * (1 - 1e-9) <= result.interval.upper <= 2.0**10
        with pytest.raises(StoppedError) as raised:
            om.wasserstein_distance(source, target, power=20, time_limit=0.5)
        assert raised.value.interval[0] <= value * (1 + 1e-9)

    def test_seconds_of_the_generation_are_part_of_the_total(self) -> None:
        made = om.solve(in_the_plane(80, 90, 4), language="highspy", support="generated").provenance
        assert 0 < made.generate_s < made.total_s


class TestRounds:
    def test_bounds_close_in_and_columns_grow(self) -> None:
        rounds: list[Round] = []
        problem = in_the_plane(300, 300, 9, clusters=12)
        generate_pairs(problem, watch=rounds.append)
        value = value_of(problem)
        assert len(rounds) > 1
        for last, made in pairwise(rounds):
            assert last.lower <= made.lower <= value * (1 + 1e-9)
            assert value * (1 - 1e-9) <= made.upper <= last.upper
            assert made.columns >= last.columns
            assert made.number == last.number + 1

    def test_what_is_left_of_any_round_has_the_bounds_that_it_told(self) -> None:
        problem = in_the_plane(300, 300, 9, clusters=12)
        for end in range(len(generate_pairs(problem).rounds) - 1):

            def stop(made: Round, end: int = end) -> None:
                if made.number == end:
                    raise KeyboardInterrupt

            made, cost = generate_pairs(problem, watch=stop), problem.cost.values
            assert len(made.rounds) == end + 1
            assert (made.f[:, None] + made.g - cost).max() <= 1e-12
            assert problem.a @ made.f + problem.b @ made.g == pytest.approx(made.rounds[-1].lower, rel=1e-9, abs=1e-12)
            if end:
                assert (made.plan.toarray() * cost).sum() == pytest.approx(made.rounds[-1].upper, rel=1e-9)

    @pytest.mark.parametrize("part", [0.6, 0.99])
    def test_a_gap_is_reached_and_not_nearly(self, part: float) -> None:
        problem = in_the_plane(300, 300, 9, clusters=12)
        for told in generate_pairs(problem).rounds[:-1]:
            if 1e-12 < told.gap < 1:
                assert generate_pairs(problem, gap=part * told.gap).rounds[-1].gap <= part * told.gap

    def test_a_gap_ends_them_early_with_an_interval_that_holds_the_value(self) -> None:
        problem = in_the_plane(500, 500, 2, clusters=20)
        made = distance(problem.source, problem.target, gap=0.05)
        exact = distance(problem.source, problem.target)
        lower, upper = made.interval
        assert lower <= exact.value * (1 + 1e-12)
        assert exact.value <= upper * (1 + 1e-12)
        assert upper - lower <= 0.05 * upper

    @pytest.mark.parametrize("limit", [1e-9, 0.02])
    def test_a_time_limit_leaves_an_interval(self, limit: float) -> None:
        problem = in_the_plane(900, 900, 3)
        result = om.wasserstein_distance(problem.source, problem.target, time_limit=limit, throw=False)
        assert isinstance(result, om.Unsolved)
        assert result.status.termination is Termination.TIME_LIMIT
        value = distance(problem.source, problem.target).value
        lower, upper = result.interval
        assert 0 <= lower <= value * (1 + 1e-12)
        assert value * (1 - 1e-12) <= upper < INF
        with pytest.raises(StoppedError) as caught:
            om.solve(problem, language="highspy", support="generated", time_limit=limit)
        assert caught.value.interval[0] <= value * (1 + 1e-12)
        assert caught.value.interval[1] >= value * (1 - 1e-12)

    def test_ctrl_c_between_rounds_leaves_an_interval(self) -> None:
        def stop(made: Round) -> None:
            raise KeyboardInterrupt

        problem = in_the_plane(300, 300, 9, clusters=12)
        result = om.wasserstein_distance(problem.source, problem.target, watch=stop, throw=False)
        assert isinstance(result, om.Unsolved)
        assert result.status.termination is Termination.INTERRUPTED
        value = value_of(problem)
        assert result.interval[0] <= value * (1 + 1e-12)
        assert result.interval[1] >= value * (1 - 1e-12)

    def test_ctrl_c_at_any_moment_leaves_an_interval(self) -> None:
        code = """
            import numpy as np, otmodels as om
            rng = np.random.default_rng(0)
            x, y = (om.Measure(np.full(4000, 1 / 4000), rng.random((4000, 2))) for _ in range(2))
            solve = om.wasserstein_distance  # imports what it needs
            print("ready", flush=True)
            result = solve(x, y, throw=False)
            print(type(result).__name__, result.status, *result.interval, flush=True)
        """
        command = [sys.executable, "-c", textwrap.dedent(code)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGINT)
            name, status, lower, upper = process.stdout.readline().split()
            process.wait(60)
        assert (name, status) == ("Unsolved", "interrupted")
        assert 0 <= float(lower) <= float(upper)


class TestWhereMassHasNowhereToGo:
    def stuck(self, n: int = 120) -> om.TransportProblem:
        rng = np.random.default_rng(0)
        cost = rng.random((n, n))
        cost[: n // 2, n // 3 :] = INF
        return om.TransportProblem(np.full(n, 1.0), np.full(n, 1.0), cost)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_is_explained_before_any_pair_is_generated(self, language: str) -> None:
        with pytest.raises(
            InfeasibleError, match=r"hold 60, and the targets that they may reach.* take 40: 20 has nowhere to go"
        ):
            om.solve(self.stuck(), language=language, support="generated")

    def test_generation_finds_it_too_and_is_not_caught_in_a_loop(self) -> None:
        problem = self.stuck()
        made = generate_pairs(problem)
        assert made.status.termination is Termination.INFEASIBLE
        assert len(made.rounds) < 40
        result = ungenerated(problem, made)
        assert isinstance(result, om.Infeasible)
        assert isinstance(result.explanation, om.Infeasibility)
        assert result.explanation.shortfall == pytest.approx(20)
        allowed = np.isfinite(problem.cost.values)
        assert (result.explanation.f[:, None] + result.explanation.g)[allowed].max() <= 0

    def test_ctrl_c_while_it_is_looked_for_is_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(problem: om.TransportProblem) -> GeneratedPairs:
            def stop(made: Round) -> None:
                raise KeyboardInterrupt

            return generate_pairs(problem, watch=stop)

        monkeypatch.setattr(kantorovich, "generate_pairs", interrupted)
        with pytest.raises(KeyboardInterrupt):
            om.explain_infeasibility(with_matrix(120, 120, 3, "forbidden pairs"))

    def test_a_shortfall_that_a_flow_in_parts_of_the_total_cannot_see_is_found(self) -> None:
        tiny = 1e-9
        cost = np.array([[0, INF], [1, 1]])
        problem = om.TransportProblem([tiny, 1], [tiny / 2, 1 + tiny / 2], cost)
        found = om.explain_infeasibility(problem)
        assert found is not None
        assert found.shortfall == pytest.approx(tiny / 2, rel=1e-6)
        for form, language in SOLVERS:
            with pytest.raises(InfeasibleError, match="hold 1e-09"):
                om.solve(problem, form, language)


class TestBadCosts:
    def measures(self) -> tuple[om.Measure, om.Measure]:
        rng = np.random.default_rng(0)
        return om.Measure.from_samples(rng.random((90, 2))), om.Measure.from_samples(rng.random((90, 2)))

    def test_a_callable_of_the_right_kind_is_taken(self) -> None:
        def manhattan(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(np.abs(x[:, None] - y[None]).sum(axis=2))

        found = distance(*self.measures(), manhattan)
        assert found.value == pytest.approx(distance(*self.measures(), "cityblock").value, rel=1e-9)

    def test_one_is_asked_for_blocks_and_not_for_one_pair_after_the_other(self) -> None:
        calls: list[int] = []

        def counted(x: FloatArray, y: FloatArray) -> FloatArray:
            calls.append(len(x) * len(y))
            return np.asarray(np.abs(x[:, None] - y[None]).sum(axis=2))

        rng = np.random.default_rng(0)
        source, target = (om.Measure.from_samples(rng.random((400, 2))) for _ in range(2))
        assert distance(source, target, counted).certificate.passed
        assert len(calls) < 400
        assert sum(calls) < 40 * 400 * 400

    def test_one_that_returns_the_wrong_shape_or_nan_is_refused(self) -> None:
        source, target = self.measures()
        with pytest.raises(ShapeError, match="returned shape"):
            om.wasserstein_distance(source, target, lambda x, y: np.zeros((len(y), len(x) + 1)))
        with pytest.raises(NotANumberError, match="NaN"):
            om.wasserstein_distance(source, target, lambda x, y: np.full((len(x), len(y)), np.nan))

    def test_one_that_changes_its_mind_is_caught(self) -> None:
        rng = np.random.default_rng(0)

        def fickle(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(np.abs(x[:, None] - y[None]).sum(axis=2) * rng.uniform(0.2, 1.0, (len(x), len(y))))

        with pytest.raises(ParameterError, match="fickle gives"):
            om.wasserstein_distance(*self.measures(), fickle)

    @pytest.mark.parametrize("side", [0, 1])
    def test_there_is_no_north_west_corner_plan_where_a_side_has_no_mass(self, side: int) -> None:
        masses = [np.ones(2), np.ones(3)]
        masses[side][:] = 0.0
        keys, mass = north_west((masses[0], masses[1]), (np.zeros(2), np.zeros(3)))
        assert keys.size == mass.size == 0


class TestParts:
    @given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8))
    @settings(deadline=None, max_examples=60)
    def test_a_north_west_corner_plan_has_the_marginals(self, seed: int, n: int, m: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.random(n), rng.random(m)
        b *= a.sum() / b.sum()
        keys, mass = north_west((a, b), (rng.random(n), rng.random(m)))
        plan = np.zeros(n * m)
        np.add.at(plan, keys, mass)
        np.testing.assert_allclose(plan.reshape(n, m).sum(axis=1), a, atol=1e-15 * n)
        np.testing.assert_allclose(plan.reshape(n, m).sum(axis=0), b, atol=1e-15 * m)
        assert np.count_nonzero(plan) <= n + m - 1

    @given(st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=40)
    def test_the_first_of_each_node_are_its_least(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        node, value = rng.integers(0, 4, 30), rng.random(30)
        kept = first_of_node(node, value, 3)
        for k in range(4):
            mine = value[node == k]
            assert sorted(value[kept & (node == k)]) == sorted(mine)[:3]

    def test_every_atom_has_a_near_pair_and_near_ones_are_of_least_slack(self) -> None:
        cost = in_the_plane(60, 50).cost
        keys = near_pairs(cost, np.zeros(50), 4, 0.0)
        i, j = np.divmod(keys, 50)
        assert set(i) == set(range(60))
        assert set(j) == set(range(50))
        assert set(np.arange(60) * 50 + cost.values.argmin(axis=1)) <= set(keys)

    def test_sweeps_lead_to_potentials_of_a_value_near_the_optimum(self) -> None:
        """Made feasible by c-transform: at most the optimum, much of it after sweeps over all pairs, most at a small entropy."""
        problem = in_the_plane(80, 80, 6)
        a, b = problem.a, problem.b
        g, epsilon = sweep_all(problem.cost, (a, b), np.zeros(80), 0.2, 8, lambda: False)
        value, lower = value_of(problem), om.certify(problem, g=g).interval[0]
        assert om.certify(problem, g=np.zeros(80)).interval[0] < 0.6 * value < 0.8 * value < lower <= value * (1 + 1e-12)
        keys = np.arange(80 * 80)
        better = SparsePairs(keys, problem.cost.values.ravel(), (a, b)).anneal(g, np.geomspace(epsilon, epsilon / 32, 8), 20)
        assert max(lower, 0.98 * value) < om.certify(problem, g=better).interval[0] <= value * (1 + 1e-12)
