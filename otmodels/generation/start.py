"""Where the generation of pairs starts: rough potentials, coarse to fine, and the pairs that they favour.

A sample of the nodes, each with the mass of the nodes that are nearest to it, is solved to a loose gap; its potentials are
extended to all nodes by c-transform, smoothed by sweeps over all pairs, and then annealed on the few pairs of each node that
matter, where a sweep costs next to nothing, down to a small entropy.

Source: Merigot (2011), A multiscale approach to optimal transport; Schmitzer (2019), Stabilized sparse scaling algorithms for
entropy regularized transport problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.spatial import cKDTree

from otmodels.arrays import FloatArray, IndexArray
from otmodels.blocks import BLOCK, over_blocks
from otmodels.cost import BaseCost, Cost
from otmodels.generation.sweeps import SparsePairs, in_single, sweep_all

Masses: TypeAlias = tuple[FloatArray, FloatArray]
Solve: TypeAlias = Callable[[BaseCost, Masses], tuple[FloatArray, FloatArray]]
"""Potentials of a smaller problem, to a loose gap."""

DIRECT = 4096
"""Up to so many pairs, all of them get a variable."""

BASE = 300
"""Up to so many nodes a side, rough potentials come from sweeps alone."""

SHARE = 1 / 8
"""Of the nodes in the sample."""

SUPPORT = 24
"""Pairs of each node that the later sweeps see."""

PER_NODE = 6
"""Pairs of each node that the program starts with."""

_COARSE_SPREAD = 16.0
"""How many targets matter to a source at the first entropy after the sample."""
_SWEEPS, _BASE_SWEEPS = 6, 8
"""Sweeps over all pairs at an entropy, after a sample and without one."""
_ABOVE, _BELOW, _STAGES, _STAGE_SWEEPS = 16.0, 32.0, 8, 12
"""The later sweeps go from so many times the last entropy down to so small a part of it, in so many stages."""
_TIED = 3.0
"""So many pairs of each node within the last entropy of tight are ties, to be broken."""
_LANDMARKS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where to start.

    Attributes
    ----------
    keys : ndarray (k,)
        Pairs i m + j that get a variable.
    f, g : ndarray (n,), (m,)
        Potentials, feasible on these pairs.
    epsilon : float
        The entropy that they are right at.
    tied : bool
        Whether many pairs are as good as tight.
    """

    keys: IndexArray
    f: FloatArray
    g: FloatArray
    epsilon: float
    tied: bool


def start_from(cost: BaseCost, masses: Masses, solve: Solve, late: Callable[[], bool]) -> Start:
    """Pairs to start from, and rough potentials.

    Parameters
    ----------
    cost : BaseCost, shape (n, m)
        Every node has a pair that is allowed.
    masses : tuple of ndarray (n,), (m,)
        All > 0, of the same total.
    solve : callable
        Solves the sample.
    late : callable
        Whether time is up.

    Raises
    ------
    OutOfTimeError
        Time was up before there was anything to start from.
    """
    n, m = cost.shape
    if n * m <= DIRECT:
        return _all_pairs(cost)
    g, epsilon = _rough(cost, masses, solve, late)
    keys = near_pairs(cost, g, SUPPORT, epsilon, late)
    costs = cost.at(*np.divmod(keys, m))
    allowed = np.isfinite(costs)
    keys, pairs = keys[allowed], SparsePairs(keys[allowed], costs[allowed], masses)
    last = epsilon / _BELOW
    g = pairs.anneal(g, np.geomspace(_ABOVE * epsilon, last, _STAGES), _STAGE_SWEEPS)
    f, tight_g, slack = pairs.tight(g)
    chosen = pairs.favoured(g, last, PER_NODE) | (slack <= 0)
    tied = bool(np.count_nonzero(slack <= last) > _TIED * (n + m))
    drift = float(np.median(f))  # what sweeps add to all of f and take from g only costs digits
    return Start(keys[chosen], f - drift, tight_g + drift, epsilon, tied)


def _all_pairs(cost: BaseCost) -> Start:
    block = cost.values
    f = block.min(axis=1)
    g = (block - f[:, None]).min(axis=0)
    keys = np.flatnonzero(np.isfinite(block))
    return Start(keys, f, g, 4 * float(np.ptp(block.ravel()[keys])) or 1.0, tied=False)


def _rough(cost: BaseCost, masses: Masses, solve: Solve, late: Callable[[], bool]) -> tuple[FloatArray, float]:
    """Return g, and the entropy that it is right at."""
    n, m = cost.shape
    if max(n, m) <= BASE:
        block = cost.values
        width = float(np.ptp(block[np.isfinite(block)]))
        return sweep_all(cost, masses, np.zeros(m), width / 8 or 1.0, _BASE_SWEEPS, late)
    rows, columns = _sample(n), _sample(m)
    block = cost.among(rows, columns).values
    finite = block[np.isfinite(block)]
    ceiling = float(finite.max() + np.ptp(finite)) if finite.size else 1.0
    block = np.minimum(block, ceiling)
    f, g = solve(Cost(block), _gathered(cost, masses, rows, columns, ceiling))
    epsilon = _entropy_for(block - g, _COARSE_SPREAD)
    extended = np.minimum(cost.among(rows, np.arange(m)).values, ceiling) - f[:, None]
    return sweep_all(cost, masses, extended.min(axis=0), epsilon, _SWEEPS, late)


def _sample(size: int) -> IndexArray:
    few = size if size <= BASE else max(BASE // 2, int(size * SHARE))
    return np.sort(np.random.default_rng(0).permutation(size)[:few])


def _gathered(cost: BaseCost, masses: Masses, rows: IndexArray, columns: IndexArray, ceiling: float) -> Masses:
    """The masses of sampled nodes and of those nearest to them, by their costs to a few landmarks."""
    n, m = cost.shape
    far, near = (some[:: max(1, some.size // _LANDMARKS)][:_LANDMARKS] for some in (columns, rows))
    from_rows = np.minimum(cost.among(np.arange(n), far).values, ceiling)
    from_columns = np.minimum(cost.among(near, np.arange(m)).values, ceiling).T
    nearest = cKDTree(from_rows[rows]).query(from_rows)[1], cKDTree(from_columns[columns]).query(from_columns)[1]
    a, b = (np.bincount(near, mass, some.size) for near, mass, some in zip(nearest, masses, (rows, columns), strict=True))
    return a.astype(np.float64), b.astype(np.float64)


def _entropy_for(slack: FloatArray, spread: float) -> float:
    """The entropy at which about so many targets matter to a source, exact ties not counted."""
    slack = slack[np.linspace(0, len(slack) - 1, min(64, len(slack))).astype(np.intp)]
    slack = slack - slack.min(axis=1)[:, None]
    unit = float(slack.max()) or 1.0
    slack[slack <= 1e-9 * unit] = np.inf
    found = float(np.median(np.sort(slack, axis=1)[:, min(int(spread), slack.shape[1] - 1)]))
    return found / 3 if np.isfinite(found) else unit / 30


def near_pairs(cost: BaseCost, g: FloatArray, quota: int, jitter: float, late: Callable[[], bool] = lambda: False) -> IndexArray:
    """Sorted keys i m + j of about the `quota` pairs of least slack of each row and column, ties broken at random.

    Each row and each column has one at least.
    """
    n, m = cost.shape
    f = np.concatenate(over_blocks(cost, lambda _, block: (block - g).min(axis=1), late))
    row_least, column_least = (_thresholds(cost, f, g, quota, jitter, axis) for axis in (1, 0))
    noise = jitter * np.random.default_rng(0).random((min(n, max(1, BLOCK // m)), m))

    def near(rows: slice, block: FloatArray) -> tuple[IndexArray, FloatArray, IndexArray]:
        slack = block - f[rows, None]
        slack -= g
        slack += noise[: len(slack)]
        least = np.arange(rows.start, rows.stop) * m + slack.argmin(axis=1)
        below = np.flatnonzero((slack <= row_least[rows, None]) | (slack <= column_least)) + rows.start * m
        where = slack.argmin(axis=0)
        return np.concatenate([least, below]), slack[where, np.arange(m)], where + rows.start

    keys, slacks, where = zip(*over_blocks(cost, near, late), strict=True)
    best = np.stack(where)[np.stack(slacks).argmin(axis=0), np.arange(m)]
    return np.unique(np.concatenate([*keys, best * m + np.arange(m)]))


def _thresholds(cost: BaseCost, f: FloatArray, g: FloatArray, quota: int, jitter: float, axis: int) -> FloatArray:
    """The slack of each row (axis 1) or column (0) below which about `quota` pairs are, by a sample of them."""
    n, m = cost.shape
    rng, size = np.random.default_rng(axis + 1), cost.shape[axis]
    few = min(size, max(64, 4 * size // quota))
    some = np.sort(rng.permutation(size)[:few])
    rows, columns = (np.arange(n), some) if axis else (some, np.arange(m))
    slack, unit = in_single(cost.among(rows, columns).values - f[rows, None] - g[columns], jitter)
    slack += np.float32(jitter / unit) * rng.random(slack.shape, dtype=np.float32)
    k = min(int(np.ceil(quota * few / size)), few) - 1
    found = np.partition(slack if axis else np.ascontiguousarray(slack.T), k, axis=1)[:, k]
    return np.minimum(unit * found.astype(np.float64), 1e300)
