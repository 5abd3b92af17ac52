"""Random data of every kind that transport problems come in, the ordinary and the hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.data import Data, Edges

Draw: TypeAlias = Callable[[np.random.Generator], Data]

LARGEST = 6
"""Most atoms a side, where a kind does not say otherwise."""


def ordinary(rng: np.random.Generator) -> Data:
    """Masses and costs of size one."""
    n, m = _shape(rng)
    return Data(*_masses(rng, n, m), rng.random((n, m)) * 10.0 ** rng.integers(-6, 7))


def ties(rng: np.random.Generator) -> Data:
    """Whole masses and small whole costs: many optima."""
    n, m = _shape(rng)
    return Data(*_whole_masses(rng, n, m), rng.integers(0, 4, (n, m)).astype(np.float64))


def outliers(rng: np.random.Generator) -> Data:
    """A few costs, or all of an atom, far larger than the others."""
    n, m = _shape(rng, 2)
    cost = rng.integers(1, 10, (n, m)).astype(np.float64) if rng.random() < 0.5 else rng.random((n, m))
    size = 10.0 ** rng.uniform(6, 300)
    chosen = rng.random((n, m)) < rng.choice([0.1, 0.3, 0.6])
    if rng.random() < 0.3:
        chosen[rng.integers(n)] = True
    cost[chosen] *= size * (rng.random(chosen.sum()) if rng.random() < 0.5 else 1.0)
    return Data(*(_whole_masses if rng.random() < 0.5 else _masses)(rng, n, m), cost)


def tiny_masses(rng: np.random.Generator) -> Data:
    """Some masses down to 1e-300 beside others of size one."""
    n, m = _shape(rng, 2)
    a, b = rng.random(n), rng.random(m)
    for mass in (a, b):
        tiny = rng.random(mass.size) < 0.5
        tiny[rng.integers(mass.size)] = False
        mass[tiny] *= 10.0 ** -rng.uniform(0, 300, tiny.sum())
    return Data(*_balanced(a, b), rng.random((n, m)))


def mixed_masses(rng: np.random.Generator) -> Data:
    """Masses over many orders."""
    n, m = _shape(rng)
    orders = rng.choice([6, 12, 20, 100])
    return Data(*_balanced(*(10.0 ** -rng.uniform(0, orders, size) for size in (n, m))), rng.random((n, m)))


def small_totals(rng: np.random.Generator) -> Data:
    """All masses and all costs in an odd unit."""
    n, m = _shape(rng)
    a, b = _masses(rng, n, m)
    unit = 10.0 ** rng.uniform(-140, 140)
    return Data(*_balanced(a * unit, b * unit), rng.random((n, m)) * 10.0 ** rng.uniform(-140, 140))


def wide_costs(rng: np.random.Generator) -> Data:
    """Costs over many orders."""
    n, m = _shape(rng)
    orders = rng.choice([6, 12, 20, 150])
    return Data(*_masses(rng, n, m), 10.0 ** rng.uniform(-orders, orders, (n, m)))


def negative(rng: np.random.Generator) -> Data:
    """Costs of both signs, so that the value may vanish or cancel."""
    n, m = _shape(rng)
    if rng.random() < 0.5:
        return Data(*_whole_masses(rng, n, m), rng.integers(-3, 4, (n, m)).astype(np.float64))
    return Data(*_masses(rng, n, m), rng.normal(size=(n, m)))


def offsets(rng: np.random.Generator) -> Data:
    """Costs that differ by little next to their size, or are sums of potentials up to little."""
    n, m = _shape(rng)
    size = 10.0 ** rng.integers(3, 13) * rng.choice([-1, 1])
    shift = size if rng.random() < 0.5 else size * (rng.normal(size=(n, 1)) + rng.normal(size=(1, m)))
    return Data(*_masses(rng, n, m), rng.random((n, m)) + shift)


def zero_masses(rng: np.random.Generator) -> Data:
    """Atoms without mass."""
    n, m = _shape(rng, 2)
    a, b = rng.random(n), rng.random(m)
    for mass in (a, b):
        empty = rng.random(mass.size) < 0.4
        empty[rng.integers(mass.size)] = False
        mass[empty] = 0
    return Data(*_balanced(a, b), rng.integers(0, 5, (n, m)).astype(np.float64) if rng.random() < 0.5 else rng.random((n, m)))


def assignment(rng: np.random.Generator) -> Data:
    """Equal masses: the most degenerate bases."""
    n = int(rng.integers(2, LARGEST + 1))
    mass = np.ones(n) if rng.random() < 0.5 else np.full(n, 1 / n)
    return Data(mass, mass, rng.integers(0, 9, (n, n)).astype(np.float64) if rng.random() < 0.5 else rng.random((n, n)))


def forbidden(rng: np.random.Generator) -> Data:
    """Some pairs may carry nothing; a plan may or may not be left."""
    n, m = _shape(rng, 2)
    a, b = (_whole_masses if rng.random() < 0.5 else _masses)(rng, n, m)
    cost = rng.random((n, m))
    cost[rng.random((n, m)) < rng.choice([0.1, 0.3])] = np.inf
    return Data(a, b, _with_a_pair_each(rng, cost))


def two_blocks(rng: np.random.Generator) -> Data:
    """Two groups that may not exchange mass, of equal totals up to rounding."""
    return _blocks(rng, 0.0, bridge=False)


def nearly_infeasible(rng: np.random.Generator) -> Data:
    """Two groups whose totals differ by little, which one pair can carry."""
    return _blocks(rng, 10.0 ** -rng.uniform(1, 17), bridge=True)


def infeasible(rng: np.random.Generator) -> Data:
    """Two groups that may not exchange mass, and whose totals differ."""
    return _blocks(rng, 10.0 ** -rng.uniform(0.5, 13), bridge=False)


def single_precision(rng: np.random.Generator) -> Data:
    """Masses of 32 bits, such as a softmax gives."""
    n, m = _shape(rng)
    a, b = (np.exp(rng.choice([1, 10, 80]) * rng.random(size)).astype(np.float32) for size in (n, m))
    return Data(a / a.sum(), b / b.sum(), rng.random((n, m)))


def unequal_totals(rng: np.random.Generator) -> Data:
    """Totals that differ by some roundings."""
    n, m = _shape(rng)
    a, b = _masses(rng, n, m)
    b = b * (1 + rng.integers(-3, 4) * np.finfo(np.float64).eps)
    return Data(a, b, rng.random((n, m)))


def one_atom(rng: np.random.Generator) -> Data:
    """1 x m, n x 1, 1 x 1: nothing to choose."""
    n, m = ((1, int(rng.integers(1, 6))), (int(rng.integers(1, 6)), 1))[rng.integers(2)]
    return Data(*_masses(rng, n, m), rng.normal(size=(n, m)))


def line(rng: np.random.Generator) -> Data:
    """Points on the line, convex costs: closed forms."""
    n, m = _shape(rng, 1, 12)
    return Data(*_masses(rng, n, m), x=_points(rng, n, 1), y=_points(rng, m, 1), power=float(rng.choice([1, 1, 2, 1.5, 3])))


def histograms(rng: np.random.Generator) -> Data:
    """Gaussian histograms on the bins of a line, or on a grid, with masses over hundreds of orders."""
    side, dimension = ((16, 1), (4, 2))[rng.integers(2)]
    cells = np.indices((side,) * dimension).reshape(dimension, -1).T.astype(np.float64)
    a, b = (_gaussian(rng, cells, side) for _ in range(2))
    power = float(rng.choice([1, 2]))
    metric = str(rng.choice(["euclidean", "cityblock"]))
    if rng.random() < 0.3:
        cost = (np.abs(cells[:, None, :] - cells[None, :, :]) ** power).sum(axis=2)
        return Data(a, b, cost, is_metric=power == 1)
    return Data(a, b, x=cells, y=cells, metric=metric, power=power, is_metric=power == 1, on_grid=power == 1)


def plane(rng: np.random.Generator) -> Data:
    """Points in space, any metric, some powers."""
    n, m = _shape(rng)
    d = int(rng.choice([2, 2, 3, 40]))
    x, y = _points(rng, n, d), _points(rng, m, d)
    metric = str(rng.choice(["euclidean", "cityblock", "chebyshev"]))
    power = float(rng.choice([1, 1, 2, 1.5, 8]))
    return Data(*_masses(rng, n, m), x=x, y=y, metric=metric, power=power, is_metric=power == 1)


def grid(rng: np.random.Generator) -> Data:
    """Images of a few cells."""
    h, w = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    cells = np.indices((h, w)).reshape(2, -1).T * rng.choice([1.0, 0.1, 3.0])
    a, b = _masses(rng, h * w, h * w)
    metric = str(rng.choice(["cityblock", "chebyshev", "euclidean"]))
    return Data(a, b, x=cells, y=cells, metric=metric, is_metric=True, on_grid=True)


def graph(rng: np.random.Generator) -> Data:
    """Shortest paths on a connected graph."""
    n = int(rng.integers(2, 9))
    lengths = rng.integers(1, 9, (n, n)).astype(np.float64) if rng.random() < 0.5 else rng.random((n, n)) + 0.01
    edges: Edges = [(int(rng.integers(k)), k, float(lengths[k, 0])) for k in range(1, n)]
    for i, j in rng.integers(n, size=(n // 2, 2)).tolist():
        if i < j and not any({i, j} == {tail, head} for tail, head, _ in edges):
            edges.append((i, j, float(lengths[i, j])))
    return Data(*_masses(rng, n, n), edges=edges, is_metric=True)


def metric_matrix(rng: np.random.Generator) -> Data:
    """A matrix that is a metric on a common support."""
    n = int(rng.integers(2, LARGEST + 1))
    cost = rng.integers(1, 9, (n, n)).astype(np.float64) if rng.random() < 0.5 else rng.random((n, n))
    cost = np.triu(cost, 1) + np.triu(cost, 1).T
    for k in range(n):
        cost = np.minimum(cost, cost[:, [k]] + cost[[k], :])
    return Data(*_masses(rng, n, n), cost, is_metric=True)


def same_measure(rng: np.random.Generator) -> Data:
    """Source and target are equal: the value is 0."""
    data = (metric_matrix, grid, graph, plane, line)[rng.integers(5)](rng)
    return replace(data, b=data.a, y=data.x)


def near_measures(rng: np.random.Generator) -> Data:
    """Source and target differ by little."""
    data = same_measure(rng)
    b = data.a * (1 + 10.0 ** -rng.uniform(2, 16) * rng.random(data.a.size))
    return replace(data, b=_balanced(data.a, b)[1])


def _shape(rng: np.random.Generator, least: int = 1, most: int = LARGEST) -> tuple[int, int]:
    n, m = rng.integers(least, most + 1, 2)
    return int(n), int(m)


def _masses(rng: np.random.Generator, n: int, m: int) -> tuple[FloatArray, FloatArray]:
    """Random masses, of probability measures half of the time; totals are equal up to rounding."""
    if rng.random() < 0.2:
        return _whole_masses(rng, n, m)
    a, b = _balanced(1e-3 + rng.random(n), 1e-3 + rng.random(m))
    return (np.asarray(a / a.sum()), np.asarray(b / b.sum())) if rng.random() < 0.5 else (a, b)


def _balanced(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    return a, np.asarray(b * (a.sum() / b.sum()))


def _whole_masses(rng: np.random.Generator, n: int, m: int) -> tuple[FloatArray, FloatArray]:
    """Whole masses of equal total, every one > 0."""
    total = max(n, m) + int(rng.integers(0, 30))
    a, b = (np.asarray(1.0 + rng.multinomial(total - size, np.full(size, 1 / size))) for size in (n, m))
    return a, b


def _points(rng: np.random.Generator, n: int, d: int) -> FloatArray:
    points = rng.integers(0, 6, (n, d)).astype(np.float64) if rng.random() < 0.3 else rng.normal(size=(n, d))
    return np.asarray(points * 10.0 ** rng.integers(-3, 4) + (1e6 if rng.random() < 0.1 else 0.0))


def _gaussian(rng: np.random.Generator, cells: FloatArray, side: int) -> FloatArray:
    centre, width = rng.uniform(0, side, cells.shape[1]), side * rng.uniform(0.02, 0.1)
    mass = np.exp(-((cells - centre) ** 2).sum(axis=1) / (2 * width**2))
    total = float(mass.sum())
    return np.asarray(mass / total) if total else np.eye(1, cells.shape[0]).ravel()


def _with_a_pair_each(rng: np.random.Generator, cost: FloatArray) -> FloatArray:
    """The same costs with a pair allowed where an atom had none."""
    n, m = cost.shape
    for i in np.flatnonzero(~np.isfinite(cost).any(axis=1)):
        cost[i, rng.integers(m)] = rng.random()
    for j in np.flatnonzero(~np.isfinite(cost).any(axis=0)):
        cost[rng.integers(n), j] = rng.random()
    return cost


def _blocks(rng: np.random.Generator, surplus: float, *, bridge: bool) -> Data:
    """Two groups of sources and targets; the first has so much more than its targets take, relative to the total."""
    parts = [(int(rng.integers(1, 4)), int(rng.integers(1, 4))) for _ in range(2)]
    masses = [_masses(rng, *part) for part in parts]
    n, m = (sum(part[side] for part in parts) for side in range(2))
    a, b = (np.concatenate([mass[side] for mass in masses]) for side in range(2))
    first, second = parts[0][1], parts[0][0]
    moved = surplus * a.sum() * min(1.0, float(b[:first].sum() / a.sum()))
    b[:first] *= 1 - moved / b[:first].sum()
    b[first:] *= 1 + moved / b[first:].sum()
    cost = np.full((n, m), np.inf)
    cost[:second, :first], cost[second:, first:] = rng.random((second, first)), rng.random((n - second, m - first))
    if bridge:
        cost[rng.integers(second), rng.integers(first, m)] = rng.random() * 10
    return Data(*_balanced(a, b), cost)


KINDS: dict[str, Draw] = {
    draw.__name__.replace("_", " "): draw
    for draw in (
        ordinary,
        ties,
        outliers,
        tiny_masses,
        mixed_masses,
        small_totals,
        wide_costs,
        negative,
        offsets,
        zero_masses,
        assignment,
        forbidden,
        two_blocks,
        nearly_infeasible,
        infeasible,
        single_precision,
        unequal_totals,
        one_atom,
        line,
        histograms,
        plane,
        grid,
        graph,
        metric_matrix,
        same_measure,
        near_measures,
    )
}
