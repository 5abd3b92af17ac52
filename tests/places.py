"""Measures on grids and graphs, drawn at random, and the helpers that the tests of the Lipschitz forms share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import otmodels as om
from otmodels.arrays import FloatArray

KR = om.supports("lipschitz", "flow")
"""Every (form, language) of the Lipschitz forms."""


def solve(problem: om.TransportProblem, form: str = "flow", language: str = "highspy", **options: Any) -> om.LipschitzSolution:
    solution = om.solve(problem, form, language, **options)
    assert isinstance(solution, om.LipschitzSolution)
    return solution


def distance(source: om.Measure, target: om.Measure, *args: Any, **options: Any) -> om.Solution | om.LipschitzSolution:
    result: om.Solution | om.LipschitzSolution | om.Unsolved = om.wasserstein_distance(source, target, *args, **options)
    assert not isinstance(result, om.Unsolved)
    return result


def between(source: om.Measure, target: om.Measure, metric: Any = "euclidean", **options: Any) -> om.TransportProblem:
    return om.TransportProblem(source, target, om.ground_cost(source, target, metric, **options))


@cache
def _dense(problem: om.TransportProblem) -> float:
    solution = om.solve(problem, "primal", "highspy")
    assert isinstance(solution, om.Solution)
    assert solution.certificate.passed, solution.certificate.verdict
    return solution.value


def dense_value(problem: om.TransportProblem) -> float:
    """The value by Kantorovich's primal over all pairs."""
    return _dense(problem)


def unit_of(problem: om.TransportProblem) -> float:
    return problem.mass_unit * problem.cost_unit


def assert_right(solution: om.Solution | om.LipschitzSolution, value: float, size: float = 0.0) -> None:
    """Certified, of the value (up to rounding of terms of a size), and its plan and potentials prove it to anybody."""
    assert solution.certificate.passed, solution.certificate.verdict
    assert abs(solution.value - value) <= 1e-9 * abs(value) + 1e-14 * size
    lower, upper = solution.interval
    assert lower <= value + 1e-9 * abs(value) + 1e-14 * size
    assert upper >= value - 1e-9 * abs(value) - 1e-14 * size
    anybodys = om.certify(solution.problem, plan=solution.sparse_plan, f=solution.f, g=solution.g)
    assert anybodys.passed, anybodys.verdict
    assert abs(anybodys.primal_value - value) <= 1e-9 * abs(value) + 1e-14 * size


def balanced(rng: np.random.Generator, size: int, filled: float = 0.6) -> tuple[FloatArray, FloatArray]:
    """Two lists of whole masses of equal total, many of them 0."""
    a, b = (rng.integers(1, 9, size) * (rng.random(size) < filled) for _ in range(2))
    a[rng.integers(size)] += 1
    short = int(a.sum() - b.sum())
    (b if short > 0 else a)[rng.integers(size)] += abs(short)
    return a.astype(np.float64), b.astype(np.float64)


def scaled_masses(rng: np.random.Generator, size: int, decades: float) -> tuple[FloatArray, FloatArray]:
    """Two lists of masses spread over so many decades, of equal total up to rounding."""
    a, b = (10.0 ** rng.uniform(-decades, 0, size) for _ in range(2))
    return a, b * (a.sum() / b.sum())


def crossings(shape: Sequence[int], gaps: Sequence[FloatArray]) -> FloatArray:
    """Points (size, d) of a grid, by the gaps along each axis."""
    axes = [np.concatenate([[0.0], np.cumsum(gap[: size - 1])]) for size, gap in zip(shape, gaps, strict=True)]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


@st.composite
def on_a_grid(draw: st.DrawFn, dimension: int, most: int, spacing: str) -> tuple[om.Measure, om.Measure]:
    """Two measures on a grid, the target or both on a part of it.

    The spacing is "equal" along all axes, "unequal" from axis to axis, or "uneven" from line to line. Both are on a part only
    where it is uneven, because where a line of the grid is left out, the gaps are.
    """
    shape = [draw(st.integers(1, most)) for _ in range(dimension)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    step = {"equal": np.ones(dimension) * rng.integers(1, 5) / 4, "unequal": rng.integers(1, 9, dimension) / 4}
    gaps = [np.full(most, step[spacing][k]) if spacing in step else rng.integers(1, 9, most) / 4 for k in range(dimension)]
    points = crossings(shape, gaps) + rng.integers(-5, 5, dimension)
    a, b = balanced(rng, len(points), draw(st.sampled_from([0.2, 0.6, 1.0])))
    held = a > 0 if spacing == "uneven" and draw(st.booleans()) else np.ones(a.size, dtype=bool)
    return om.Measure(a[held], points[held]), om.Measure(b[b > 0], points[b > 0])


@st.composite
def on_a_graph(draw: st.DrawFn, directed: bool) -> om.TransportProblem:
    """Whole masses at vertices 0..n-1 of a graph of whole lengths (0 among them) in which every vertex reaches every other."""
    n = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ring = {(i, (i + 1) % n): int(rng.integers(0, 10)) for i in range(n if directed or n > 2 else 1)}
    for i, j in rng.integers(0, n, (int(rng.integers(0, 10)), 2)).tolist():
        if i != j and (directed or (j, i) not in ring):
            ring[i, j] = int(rng.integers(0, 10))
    graph = om.Graph.from_frame(roads([(i, j, length) for (i, j), length in ring.items()]), directed=directed)
    a, b = balanced(rng, n)
    source, target = om.Measure(a, labels=range(n)), om.Measure(b, labels=range(n))
    return om.TransportProblem(source, target, om.graph_cost(source, target, graph))


def roads(edges: Sequence[tuple[Any, Any, float]]) -> pd.DataFrame:
    return pd.DataFrame(list(edges), columns=["from", "to", "length"])
