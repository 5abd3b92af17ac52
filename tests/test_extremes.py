"""Numbers at the ends of floating point: taken, or refused in the package's words, and never a warning of numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, ParameterError

SIZES = np.array([1.7e308, 1e308, 1e200, 1e150, 2.0**53, 3, 1, 1, 0.1, 1e-16, 1e-150, 1e-308, 1e-310, 5e-324])
METRICS = ("cityblock", "euclidean", "chebyshev", "haversine")
POWERS = (0.3, 1.0, 2.0, 3.0, 20.0, 540.0)


class Drawn:
    """Numbers of all sizes, a little data made of them."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.n = int(self.rng.integers(1, 5))

    def numbers(self, *shape: int, signed: bool = False) -> FloatArray:
        values = self.rng.choice(SIZES, shape)
        kind = self.rng.integers(4)
        if kind == 0:
            values = np.full(shape, self.rng.choice(SIZES))
        elif kind == 1:
            values = self.rng.random(shape) * self.rng.choice(SIZES)
        elif kind == 2:
            values = self.rng.integers(0, 4, shape).astype(float)
        return np.asarray(values * self.rng.choice([-1, 1], shape) if signed else values)

    def measures(self) -> tuple[om.Measure, om.Measure]:
        d, mass = int(self.rng.integers(1, 4)), self.numbers(self.n)
        x, y = (self.numbers(self.n, d, signed=True) for _ in range(2))
        return om.Measure(mass, x), om.Measure(self.rng.permutation(mass), y)

    def matrix(self) -> om.TransportProblem:
        mass = self.numbers(self.n)
        costs = self.numbers(self.n, self.n, signed=bool(self.rng.integers(2)))
        costs[self.rng.random(costs.shape) < 0.2] = np.inf
        return om.TransportProblem(mass, self.rng.permutation(mass), costs, str(self.rng.choice(["raise", "rescale"])))

    def ground(self) -> om.TransportProblem:
        source, target = self.measures()
        cost = om.ground_cost(source, target, str(self.rng.choice(METRICS)), float(self.rng.choice(POWERS)))
        return om.TransportProblem(source, target, cost, "rescale")

    def graph_cost(self) -> om.GraphCost:
        k = int(self.rng.integers(1, 5))
        ends = pd.DataFrame({"from": self.rng.integers(0, 3, k), "to": self.rng.integers(0, 3, k), "length": self.numbers(k)})
        graph = om.Graph.from_frame(ends)
        everywhere = om.Measure(np.ones(len(graph.labels)), labels=graph.labels)
        return om.graph_cost(everywhere, everywhere, graph, float(self.rng.choice(POWERS)))


MADE: dict[str, Callable[[Drawn], Any]] = {
    "totals": lambda drawn: [measure.total for measure in drawn.measures()],
    "cells": lambda drawn: om.grid_measure(drawn.numbers(3, 2), float(drawn.rng.choice(SIZES))),
    "a matrix": Drawn.matrix,
    "costs of points": lambda drawn: [drawn.ground().cost.values, drawn.ground().cost.bound],
    "costs of pairs": lambda drawn: (lambda cost, k: cost.at(k, k))(drawn.ground().cost, np.arange(drawn.n)),
    "costs on roads": lambda drawn: drawn.graph_cost().values,
    "axioms": lambda drawn: om.metric_report(drawn.matrix()).table(),
    "axioms on points": lambda drawn: om.metric_report(drawn.ground()).table(),
    "what is infeasible": lambda drawn: om.explain_infeasibility(drawn.matrix()),
}


@pytest.mark.parametrize("name", MADE)
def test_no_warning_reaches_the_user(name: str) -> None:
    ends: Counter[str] = Counter()
    for seed in range(200):
        with np.errstate(over="warn", divide="warn", invalid="warn"):
            try:
                MADE[name](Drawn(seed))
                ends["taken"] += 1
            except InputError as error:
                ends["refused" if error.remedy else "refused without a remedy"] += 1
    assert ends["taken"] > 20
    assert ends.keys() <= {"taken", "refused"}


class TestTotals:
    def test_a_total_beyond_floating_point_is_infinite_and_refused(self) -> None:
        measure = om.Measure([1e308, 1e308])
        assert measure.total == np.inf
        with pytest.raises(ParameterError, match="total mass"):
            om.TransportProblem(measure, measure, np.eye(2))

    def test_a_total_whose_inverse_is_beyond_floating_point(self) -> None:
        with pytest.raises(ParameterError, match="unit of its own size"):
            om.TransportProblem([5e-324, 0], [5e-324, 0], np.eye(2), "rescale")

    def test_masses_that_are_denormal_are_masses(self) -> None:
        problem = om.TransportProblem([1e-310, 3e-310], [2e-310, 2e-310], [[0.0, np.inf], [1.0, 1.0]])
        assert om.explain_infeasibility(problem) is None
        blocked = om.TransportProblem([3e-310, 1e-310], [2e-310, 2e-310], [[0.0, np.inf], [1.0, 1.0]])
        found = om.explain_infeasibility(blocked)
        assert isinstance(found, om.Infeasibility)
        assert found.shortfall == pytest.approx(1e-310, rel=1e-9)


U = 1e-170
UP = 1 + 4e-16
BELOW_THE_FLOATS = {
    "mass times slack": ([U, U * UP], [U * UP, U], [[0, 1e-150], [1e-150, 0]], [U, U], [0, 0]),
    "what floats leave out of a potential": (
        [1, 1e-300],
        [0.5, 0.5],
        [[1e-100, 1e-100], [1e-100, 1e-100]],
        [[0.5, 0.5], [0, 0]],
        [0, 0],
    ),
    "the scale of totals": ([1e300, 1e-300], [1e300, 2e-300], [[0, 1], [1, 0]], [1e300, 1e-300], [0, 0]),
    "tiny on both sides": ([1e-200, 3e-200], [3e-200, 1e-200], [[1e-200, 2e-200], [3e-200, 1e-200]], [1e-200, 1e-200], [0, 0]),
}


@pytest.mark.parametrize("name", BELOW_THE_FLOATS)
def test_products_below_the_floats_are_not_lost(name: str) -> None:
    a, b, cost, kept, f = (np.array(given) for given in BELOW_THE_FLOATS[name])
    problem = om.TransportProblem(a, b, cost)
    (a0, _), (b0, b1) = problem.exact_masses()
    c = [Fraction(float(entry)) for entry in problem.cost.values.ravel()]
    lower, upper = max(a0 - b1, Fraction(0)), min(a0, b0)
    optimum = min(x * c[0] + (a0 - x) * c[1] + (b0 - x) * c[2] + (b1 - a0 + x) * c[3] for x in (lower, upper))
    interval = om.certify(problem, plan=kept if kept.ndim == 2 else np.diag(kept), f=f).interval
    assert Fraction(interval.lower) <= optimum
    assert interval.upper == np.inf or optimum <= Fraction(interval.upper)


@pytest.mark.parametrize("largest", [1e308, 1.75e308])
def test_potentials_whose_products_are_beyond_the_floats_are_refused(largest: float) -> None:
    problem = om.TransportProblem([1e-10, 1e-12], [1e-10, 1e-12], np.array([[0, 1], [-1.2e307, 0]]))
    for f, g in (([0, largest], None), ([largest, -largest], [-largest, largest]), (None, [0, -largest])):
        with pytest.raises(ParameterError, match="beyond floating point"):
            om.certify(problem, f=f, g=g)
    with pytest.raises(ParameterError, match="beyond floating point"):
        om.certify(problem, plan=[[largest, 0], [0, 1]])
