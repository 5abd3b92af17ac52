"""The routes of wasserstein_distance: told before anything is solved, and taken as told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import otmodels as om
from otmodels import wasserstein
from otmodels.errors import ParameterError

RNG = np.random.default_rng(0)
GRID = om.grid_measure([[0, 2, 1], [0, 1, 0]]), om.grid_measure([[1, 0, 0], [2, 0, 1]])
UNEVEN = om.Measure(np.ones(6), [[x, y] for x in (0, 1, 3) for y in (0, 1)])
LINE = om.Measure([1, 1], [0, 1]), om.Measure([1, 1], [2, 5])
FEW = om.Measure.from_samples(RNG.normal(size=(5, 2))), om.Measure.from_samples(RNG.normal(size=(4, 2)))
MANY = om.Measure.from_samples(RNG.normal(size=(70, 2))), om.Measure.from_samples(RNG.normal(size=(60, 2)))


def between(pair: tuple[om.Measure, om.Measure], metric: str = "euclidean", power: float = 1.0) -> om.TransportProblem:
    return om.TransportProblem(*pair, om.ground_cost(*pair, metric, power))


NEIGHBOURS, DIRECTIONS = "flow between neighbours on a grid", "flow on generated arcs of a grid"
PAIRS, ALL = "program on generated pairs", "program of all pairs"

CASES: dict[str, tuple[Callable[[], om.TransportProblem], list[str]]] = {
    "line": (lambda: between(LINE), ["flow on the line", NEIGHBOURS, DIRECTIONS, ALL]),
    "line, squared": (lambda: between(LINE, power=2), ["monotone plan on the line", ALL]),
    "line, concave": (lambda: between(LINE, power=0.5), [ALL]),
    "grid, city-block": (lambda: between(GRID, "cityblock"), [NEIGHBOURS, DIRECTIONS, ALL]),
    "grid, Chebyshev": (lambda: between(GRID, "chebyshev"), [NEIGHBOURS, DIRECTIONS, ALL]),
    "uneven grid, Chebyshev": (lambda: between((UNEVEN, UNEVEN), "chebyshev"), [DIRECTIONS, ALL]),
    "grid, Euclidean": (lambda: between(GRID), [DIRECTIONS, ALL]),
    "grid, squared": (lambda: between(GRID, power=2), [ALL]),
    "roads": (lambda: om.read_dataset("data/roads").problem, ["flow along the edges of a graph", ALL]),
    "scattered": (lambda: between(FEW), [ALL]),
    "scattered, many": (lambda: between(MANY), [PAIRS, ALL]),
    "matrix": (lambda: om.read_dataset("data/canning").problem, [ALL]),
}


@pytest.mark.parametrize("name", CASES)
class TestRoutes:
    def test_which_apply(self, name: str) -> None:
        make, expected = CASES[name]
        table = om.routes(make())
        assert table.index[table["applies"]].tolist() == expected
        assert (table["reason"].str.len() > 0).tolist() == table["applies"].tolist()
        assert table.index.tolist() == [route.NAME for route in wasserstein.ROUTES]

    def test_each_that_applies_gives_the_same_certified_value(self, name: str) -> None:
        problem = CASES[name][0]()
        task = wasserstein.Task(problem)
        results = [route.solve(task) for route in wasserstein.ROUTES if route.applies(problem) is not None]
        values = [result.value for result in results if not isinstance(result, om.Unsolved)]
        assert len(values) == len(results)
        assert values == pytest.approx([values[-1]] * len(values), rel=1e-9)


def test_the_first_that_applies_is_the_one_that_is_taken() -> None:
    for pair, metric in ((LINE, "euclidean"), (GRID, "cityblock"), (GRID, "euclidean"), (FEW, "euclidean")):
        problem = between(pair, metric)
        taken = wasserstein.first(problem).solve(wasserstein.Task(problem))
        distance = om.wasserstein_distance(*pair, metric)
        assert not isinstance(taken, om.Unsolved)
        assert taken.provenance.reason == distance.provenance.reason
        assert taken.provenance.algorithm == distance.provenance.algorithm


def test_what_is_no_problem() -> None:
    with pytest.raises(ParameterError, match="problem: is a Measure"):
        om.routes(LINE[0])  # type: ignore[arg-type]
