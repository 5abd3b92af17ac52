"""Arcs that are generated: the value of all pairs from a few of them, bounds on the way, and an end at any moment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import KR, assert_right, balanced, between, dense_value, distance, on_a_grid, scaled_masses, solve, unit_of

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import NotAMetricError, ParameterError, StoppedError
from otmodels.generation import Round, generate_arcs
from otmodels.generation.arcs import PER_NODE
from otmodels.network import Network
from otmodels.status import Termination

modest = settings(deadline=None, max_examples=30)


def images(n: int, seed: int = 0) -> tuple[om.Measure, om.Measure]:
    rng = np.random.default_rng(seed)
    return om.grid_measure(rng.random((n, n))), om.grid_measure(rng.random((n, n)))


def picture(n: int, seed: int = 0) -> om.TransportProblem:
    source, target = images(n, seed)
    return om.TransportProblem(source, target, om.ground_cost(source, target), balance="rescale")


def whole_image(h: int, w: int, seed: int) -> tuple[om.Measure, om.Measure]:
    a, b = balanced(np.random.default_rng(seed), h * w)
    return om.grid_measure(a.reshape(h, w)), om.grid_measure(b.reshape(h, w))


class TestGeneratedEqualsAllPairs:
    @given(
        st.sampled_from(["equal", "unequal", "uneven"]).flatmap(lambda spacing: on_a_grid(2, 7, spacing)),
        st.sampled_from([("euclidean", None), ("minkowski", 3.0), ("chebyshev", None)]),
    )
    @modest
    def test_in_the_plane(self, drawn: tuple[om.Measure, om.Measure], metric: tuple[str, float | None]) -> None:
        name, order = metric
        problem = between(*drawn, name, order=order)
        assert_right(distance(*drawn, name, order=order), dense_value(problem), unit_of(problem))

    @given(on_a_grid(3, 3, "unequal"))
    @modest
    def test_in_space(self, drawn: tuple[om.Measure, om.Measure]) -> None:
        problem = between(*drawn)
        assert_right(distance(*drawn), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize("seed", range(12))
    def test_on_larger_grids(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        source, target = whole_image(int(rng.integers(8, 13)), int(rng.integers(8, 13)), seed)
        assert_right(distance(source, target), dense_value(between(source, target)))

    @pytest.mark.parametrize("form", ["flow", "lipschitz"])
    def test_as_a_support_of_either_form(self, form: str) -> None:
        """The arcs pin the value; among the potentials that attain it on these arcs the one between all pairs is told."""
        for seed in (119, *range(40)):
            source, target = whole_image(3, 3, seed)
            problem = between(source, target)
            assert_right(solve(problem, form, support="generated"), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize(("form", "language"), KR)
    def test_where_the_arcs_leave_the_potential_open(self, form: str, language: str) -> None:
        source = om.grid_measure([[3, 3, 2], [0, 1, 3], [0, 0, 3]])
        target = om.grid_measure([[2, 0, 0], [4, 2, 3], [3, 0, 1]])
        problem = between(source, target)
        assert_right(solve(problem, form, language, support="generated"), dense_value(problem))

    @pytest.mark.parametrize("metric", ["euclidean", "chebyshev"])
    def test_equal_measures_and_one_place(self, metric: str) -> None:
        square, place = om.grid_measure([[1, 2], [3, 4]]), om.Measure([2], [[3, 4]])
        for measure in (square, place):
            assert_right(distance(measure, measure, metric), 0)
            for form in ("flow", "lipschitz"):
                assert_right(solve(between(measure, measure, metric), form, support="generated"), 0)

    @pytest.mark.parametrize("seed", [378, *range(12)])
    def test_masses_of_every_size(self, seed: int) -> None:
        """What refinement makes of the last answer is looked at between all pairs again."""
        rng = np.random.default_rng(seed)
        h, w = rng.integers(2, 6, 2)
        a, b = scaled_masses(rng, int(h * w), 12)
        source, target = om.grid_measure(a.reshape(h, w)), om.grid_measure(b.reshape(h, w))
        problem = between(source, target)
        assert_right(distance(source, target), dense_value(problem), unit_of(problem))

    @pytest.mark.parametrize("share", [1e-4, 1e-7, 1e-12])
    def test_nearly_equal_measures(self, share: float) -> None:
        for seed in range(8):
            rng = np.random.default_rng(seed)
            a = rng.random((4, 4))
            a /= a.sum()
            b = a.copy()
            b[0, 1], b[3, 2] = b[0, 1] + share * a[0, 1], b[3, 2] - share * a[0, 1]
            assert_right(distance(om.grid_measure(a), om.grid_measure(b)), share * a[0, 1] * np.sqrt(10), 8.0)

    @pytest.mark.parametrize("mass", [1e-12, 1e12])
    @pytest.mark.parametrize("length", [1e-9, 1e9])
    def test_in_any_unit_and_far_from_the_origin(self, mass: float, length: float) -> None:
        source, target = whole_image(4, 5, 3)
        value = dense_value(between(source, target)) * mass * length
        assert source.points is not None
        moved = [om.Measure(m.mass * mass, (source.points + 1e6) * length) for m in (source, target)]
        assert_right(distance(moved[0], moved[1]), value)

    def test_rounds_say_where_it_stands(self) -> None:
        rounds: list[Round] = []
        source, target = images(12)
        solution = distance(source, target, balance="rescale", watch=rounds.append)
        assert isinstance(solution, om.LipschitzSolution)
        assert [made.number for made in rounds] == list(range(len(rounds)))
        assert len(rounds) >= 2
        for last, made in pairwise(rounds):
            assert last.lower <= made.lower <= made.upper * (1 + 1e-12)
            assert made.upper <= last.upper * (1 + 1e-12)
            assert last.columns < made.columns <= last.columns + 2 * PER_NODE * 144
            assert last.seconds <= made.seconds
        for made in rounds:
            assert made.lower <= solution.value * (1 + 1e-12)
            assert solution.value <= made.upper * (1 + 1e-12)
            assert f"round {made.number}: {made.columns} columns" in str(made)
        assert rounds[-1].gap <= 1e-9
        assert solution.provenance.pairs == rounds[-1].columns < 144 * 143 / 2
        assert f"{len(rounds)} rounds" in solution.provenance.reason
        assert "generated" in solution.provenance.support


class TestGap:
    @pytest.mark.parametrize("gap", [0.5, 1e-1, 1e-2, 1e-3])
    def test_a_gap_that_suffices_ends_it(self, gap: float) -> None:
        source, target = images(14, 1)
        exact = distance(source, target, balance="rescale")
        rounds: list[Round] = []
        near = distance(source, target, balance="rescale", gap=gap, watch=rounds.append)
        lower, upper = near.interval
        assert lower <= exact.value * (1 + 1e-12)
        assert exact.value * (1 - 1e-12) <= upper
        assert upper - lower <= gap * upper * (1 + 1e-9)
        assert near.value <= upper * (1 + 1e-12)
        assert rounds[-1].gap <= gap
        assert all(made.gap > gap for made in rounds[:-1])
        assert near.certificate.passed
        if gap >= 1e-1:
            assert near.status.termination is Termination.GAP
            assert not near.status.optimal
            assert near.provenance.pairs < exact.provenance.pairs

    def test_no_gap_is_the_exact_value(self) -> None:
        assert distance(*images(10), balance="rescale").status.optimal

    @pytest.mark.parametrize("gap", [-1e-3, 1, 2, np.nan, np.inf])
    def test_a_gap_out_of_range(self, gap: float) -> None:
        with pytest.raises(ParameterError, match="gap"):
            distance(*images(4), balance="rescale", gap=gap)


class TestStopping:
    @pytest.mark.parametrize("limit", [1e-6, 1e-3, 0.02, 0.1])
    def test_out_of_time_it_has_a_proven_interval(self, limit: float) -> None:
        source, target = images(20, 2)
        value = distance(source, target, balance="rescale").value
        result = om.wasserstein_distance(source, target, balance="rescale", time_limit=limit, throw=False)
        lower, upper = result.interval
        assert 0 < lower <= value * (1 + 1e-12)
        assert value * (1 - 1e-12) <= upper < np.inf
        if limit == 1e-6:
            assert isinstance(result, om.Unsolved)
            with pytest.raises(StoppedError, match="time limit"):
                om.wasserstein_distance(source, target, balance="rescale", time_limit=limit)

    @pytest.mark.parametrize("form", ["flow", "lipschitz"])
    def test_a_limit_holds_for_the_arcs_of_a_form_too(self, form: str) -> None:
        problem = picture(12)
        result = om.solve(problem, form, "highspy", support="generated", time_limit=1e-6, throw=False)
        assert isinstance(result, om.Unsolved)
        lower, upper = result.interval
        assert 0 < lower <= dense_value(problem) * (1 + 1e-12)
        assert dense_value(problem) * (1 - 1e-12) <= upper < np.inf

    @pytest.mark.parametrize("last", [0, 1])
    def test_ctrl_c_between_two_rounds_gives_the_bounds_so_far(self, last: int) -> None:
        source, target = images(12)
        value = distance(source, target, balance="rescale").value
        rounds: list[Round] = []

        def stop(made: Round) -> None:
            rounds.append(made)
            if made.number == last:
                signal.raise_signal(signal.SIGINT)

        try:
            result = om.wasserstein_distance(source, target, balance="rescale", watch=stop, throw=False)
        except KeyboardInterrupt:
            pytest.fail("the bounds are lost")
        assert isinstance(result, om.Unsolved)
        assert result.status.termination is Termination.INTERRUPTED
        lower, upper = result.interval
        assert rounds[-1].lower <= lower * (1 + 1e-12)
        assert lower <= value * (1 + 1e-12)
        assert value * (1 - 1e-12) <= upper <= rounds[-1].upper * (1 + 1e-12)


SCRIPT = """
import numpy as np
import otmodels as om
from otmodels.errors import StoppedError

rng = np.random.default_rng(0)
source, target = (om.grid_measure(rng.random((48, 48))) for _ in range(2))
try:
    om.wasserstein_distance(source, target, balance="rescale", watch=lambda made: print(made, flush=True))
    print("solved")
except StoppedError as error:
    print("stopped:", *error.interval, error.status, flush=True)
small = om.grid_measure([[1, 0], [0, 1]]), om.grid_measure([[0, 1], [1, 0]])
print("again:", om.wasserstein_distance(*small).value)
"""


def test_ctrl_c_ends_generation_with_a_proven_interval() -> None:
    """Ctrl-C is sent when the first round is done; whether it meets HiGHS or the pricing, the bounds are kept."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    found = re.search(r"^stopped: (\S+) (\S+) interrupted$", output, re.MULTILINE)
    assert found, output + errors
    lower, upper = map(float, found.groups())
    bounds = re.search(r"value in \[(\S+), (\S+)\]", first)
    assert bounds
    assert float(bounds[1]) * (1 - 1e-8) <= lower < upper <= float(bounds[2]) * (1 + 1e-8)
    assert "again: 2.0" in output


class TestRefused:
    def test_a_metric_that_is_none_is_found_before_any_arc_is_generated(self) -> None:
        def less_than_nothing(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(-np.abs(x[:, None] - y[None]).sum(axis=-1))

        def squared(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(((x[:, None] - y[None]) ** 2).sum(axis=-1))

        source, target = whole_image(3, 3, 1)
        for rule in (less_than_nothing, squared):
            with pytest.raises((NotAMetricError, ParameterError)):
                solve(between(source, target, rule), support="generated")

    def test_what_is_no_grid_or_no_first_power(self) -> None:
        rng = np.random.default_rng(0)
        scattered = om.Measure(np.ones(9), rng.random((9, 2)))
        square = om.grid_measure(np.ones((3, 3)))
        for problem in (
            between(scattered, scattered),
            between(square, square, power=0.5),
            om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]]),
        ):
            with pytest.raises(ParameterError):
                solve(problem, support="generated")


def test_the_potential_of_a_generation_is_lipschitz_between_all_nodes() -> None:
    for seed in range(10):
        problem = between(*whole_image(5, 6, seed))
        made = generate_arcs(Network.directions(problem, 1))
        d = made.network.nodes.cost.values
        assert (made.potential[:, None] - made.potential[None, :] <= d + 1e-12).all()
        assert made.network.nodes.divergence @ made.potential == pytest.approx(dense_value(problem), rel=1e-12)
        assert (made.flow >= 0).all()
        assert made.status.optimal
