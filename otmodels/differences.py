"""Numbers whose differences are bounded, t_p <= t_q + w_qp: shortest paths from a node that all are reached from at 0.

There are such numbers exactly where no cycle has a negative length. Of all steps, which may be millions, few are on shortest
paths: the paths are looked for along the shortest steps into each node, then steps that break a bound are added, until none is.

Source: Bellman (1958) and Ford (1956); Cherkassky and Goldberg (1999), Negative-cycle detection algorithms, section 3, for the
cycle, which shows among the last steps of the paths.
"""

from __future__ import annotations

import numpy as np

from otmodels.arrays import BoolArray, FloatArray, IndexArray

EPS = float(np.finfo(np.float64).eps)

_NEAREST = 12
"""Steps into a node that are added at once."""

_OFTEN = 16
"""Rounds after which a cycle is looked for."""

_MOST_LOOKED_AT = 1 << 31
"""Most steps that are looked at before giving up: some seconds."""


def bounded_differences(steps: FloatArray, size: FloatArray) -> tuple[FloatArray | None, list[int]]:
    """Numbers t (k,) with t_p <= t_q + steps[q, p] up to rounding, or a cycle; neither where that would take too long.

    Parameters
    ----------
    steps : ndarray (k, k)
        Bounds on the differences, +inf where there is none, and on the diagonal.
    size : ndarray (k,)
        How large the numbers were that steps into and out of a node are rounded sums of.

    Returns
    -------
    numbers : ndarray (k,) or None
        None where there are none.
    cycle : list of int
        Nodes p of a cycle of negative length, each followed by the q that its step comes from; empty where none was found.

    Examples
    --------
    >>> bounded_differences(np.array([[np.inf, -1.0], [3.0, np.inf]]), np.zeros(2))[0].tolist()
    [0.0, -1.0]
    >>> bounded_differences(np.array([[np.inf, -1.0], [0.5, np.inf]]), np.zeros(2))[1]
    [0, 1]
    """
    paths = _Paths(steps, size)
    for _ in range(max(1, _MOST_LOOKED_AT // steps.size)):
        if not paths.add_broken():
            return paths.length, []
        loop = paths.settle()
        if loop:
            return None, loop
    return None, []


class _Paths:
    """Shortest paths along some steps: their lengths, and the node before the last one of each."""

    def __init__(self, steps: FloatArray, size: FloatArray) -> None:
        self.steps, self.size = steps, size
        self.length, self.before = np.zeros(size.size), np.full(size.size, -1)
        self.taken = np.zeros(0, dtype=np.intp)  # steps (q, p) as p k + q, ascending

    def add_broken(self) -> bool:
        """Add the shortest ways into each node whose bound is broken; whether there was one."""
        k = self.size.size
        broken = []
        for start in range(0, k, 512):
            heads = np.arange(start, min(start + 512, k))
            lengths = self.steps[:, heads].T + self.length
            best = lengths.argmin(axis=1)
            bad = np.flatnonzero(self._is_shorter(lengths[np.arange(heads.size), best], best, heads))
            nearest = np.argpartition(lengths[bad], min(_NEAREST, k) - 1, axis=1)[:, :_NEAREST]
            broken.append((heads[bad, None] * k + nearest).ravel())
        found = np.concatenate(broken)
        self.taken = np.union1d(self.taken, found[np.isfinite(self.steps[found % k, found // k])])
        return found.size > 0

    def settle(self) -> list[int]:
        """Shortest paths along the steps at hand; a cycle of negative length where there is one."""
        head, tail = np.divmod(self.taken, self.size.size)
        step = self.steps[tail, head]
        first = np.flatnonzero(np.diff(head, prepend=-1))
        often = np.diff(np.append(first, head.size))
        turn = 0
        while True:
            turn += 1
            lengths = step + self.length[tail]
            least = np.minimum.reduceat(lengths, first)
            best = np.flatnonzero(lengths == np.repeat(least, often))
            best = best[self._is_shorter(lengths[best], tail[best], head[best])]
            if best.size:
                self.length[head[best]], self.before[head[best]] = lengths[best], tail[best]
            if not best.size or turn % _OFTEN == 0:
                loop = _loop(self.before)
                if loop or not best.size:
                    return loop

    def _is_shorter(self, length: FloatArray, tail: IndexArray, head: IndexArray) -> BoolArray:
        """Whether the paths by these steps are shorter than the ones at hand by more than rounding."""
        now = self.length[head]
        rounding = 8 * EPS * (np.abs(now) + np.abs(length) + self.size[head] + self.size[tail])
        return np.asarray(length < now - rounding)


def _loop(before: IndexArray) -> list[int]:
    """Nodes of a circle, each followed by the one before it; empty where there is none."""
    back, seen = before.tolist(), [-1] * before.size
    for start in range(len(back)):
        node = start
        while node >= 0 and seen[node] < 0:
            seen[node] = start
            node = back[node]
        if node >= 0 and seen[node] == start:
            loop = [node]
            while (node := back[node]) != loop[0]:
                loop.append(node)
            return loop
    return []
