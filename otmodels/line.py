"""Costs on the line: |x - y|^p with p >= 1 is a Monge array once the points are sorted, which saves looking at all pairs.

C_ij + C_kl <= C_il + C_kj for x_i <= x_k and y_j <= y_l. Therefore the monotone plan is optimal, and the place of the least
C_ij - f_i moves to the right with y_j.

Source: Hoffman (1963), On simple linear programming problems; Villani (2003), Topics in Optimal Transportation, section 2.2;
Burkard, Klinz, Rudolf (1996), Perspectives of Monge properties in optimization.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otmodels.arrays import FloatArray, IndexArray, travels
from otmodels.cost import BLOCK_ENTRIES, BaseCost
from otmodels.ground import GroundCost
from otmodels.metrics import Minkowski
from otmodels.powers import PLAIN, Scale


@travels
@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Sources and targets on the line, and the power of their distance.

    Attributes
    ----------
    x, y : ndarray (n,), (m,)
        Coordinates of the sources and of the targets.
    power : float
        p >= 1.
    scale : Scale
        The unit of distances, and where the power goes on along its tangent: a convex function all the same.
    """

    x: FloatArray
    y: FloatArray
    power: float
    scale: Scale = PLAIN

    @classmethod
    def of(cls, cost: BaseCost) -> Line | None:
        """The line that a cost is on; None for any other cost."""
        if isinstance(cost, GroundCost) and isinstance(cost.metric, Minkowski) and cost.x.shape[1] == 1 and cost.power >= 1:
            return cls(cost.x[:, 0], cost.y[:, 0], cost.power, cost.scale)
        return None

    def turned(self) -> Line:
        """The same with sources and targets exchanged."""
        return Line(self.y, self.x, self.power, self.scale)

    def cost(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """|x - y|^p, entry by entry."""
        return self.scale.raised(np.abs(x - y), self.power)

    def transform(self, f: FloatArray) -> FloatArray:
        """f^c_j = min_i C_ij - f_i (m,), in (n + m) log m steps; -inf leaves an atom out.

        The least of every second target is looked for between those of its neighbours, which are known: first among
        targets far apart, then among closer and closer ones.
        """
        known = np.flatnonzero(f > -np.inf)
        rows = known[np.argsort(self.x[known], kind="stable")]
        columns = np.argsort(self.y, kind="stable")
        x, y, values = self.x[rows], self.y[columns], f[rows]
        m = y.size
        place, least = np.full(m + 2, 0), np.full(m, np.inf)
        place[m + 1] = max(rows.size - 1, 0)
        if not rows.size:
            return least
        step = 1 << m.bit_length()
        while step >= 1:
            new = np.arange(step - 1, m, 2 * step)
            low, high = place[np.maximum(new - step, -1) + 1], place[np.minimum(new + step, m) + 1]
            least[new], place[new + 1] = self._least(x, values, y[new], low, high)
            step //= 2
        transformed = np.empty(m)
        transformed[columns] = least
        return transformed

    def _least(
        self, x: FloatArray, f: FloatArray, y: FloatArray, low: IndexArray, high: IndexArray
    ) -> tuple[FloatArray, IndexArray]:
        """The least of C_ij - f_i over low_j <= i <= high_j for each j, and the first place of it."""
        count = np.maximum(high - low, 0) + 1
        first = np.cumsum(count) - count
        i = np.arange(int(count.sum())) + np.repeat(low - first, count)
        value = self.cost(x[i], np.repeat(y, count)) - f[i]
        least = np.minimum.reduceat(value, first)
        hit = np.flatnonzero(value == np.repeat(least, count))
        owner = np.repeat(np.arange(y.size), count)[hit]
        place = np.empty(y.size, dtype=np.intp)
        place[owner[::-1]] = i[hit[::-1]]
        return least, place


def staircase(line: Line, a: FloatArray, b: FloatArray) -> tuple[IndexArray, IndexArray]:
    """The pairs (n + m - 1) along the monotone plan, each one step from the last: the next source, or the next target.

    Where a source and a target are used up at once, the pair between carries no mass, and ties the two together.
    """
    rows, columns = np.argsort(line.x, kind="stable"), np.argsort(line.y, kind="stable")
    ends = np.concatenate([np.cumsum(a[rows])[:-1], np.cumsum(b[columns])[:-1]])
    next_source = np.argsort(ends, kind="stable") < a.size - 1
    i, j = (np.concatenate([[0], np.cumsum(steps)]) for steps in (next_source, ~next_source))
    return rows[i], columns[j]


def rounded_staircase(line: Line, a: FloatArray, b: FloatArray) -> tuple[IndexArray, IndexArray, FloatArray]:
    """The pairs along the monotone plan and their masses, by sums in floating point."""
    i, j = staircase(line, a, b)
    return i, j, masses_along(i, j, a, b)


def masses_along(i: IndexArray, j: IndexArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """The mass of each pair along a staircase, from left to right, by sums in floating point."""
    new_source, new_target = (np.concatenate([[True], np.diff(index) != 0]) for index in (i, j))
    used = np.sort(np.concatenate([np.cumsum(a[i[new_source]])[:-1], np.cumsum(b[j[new_target]])[:-1]]))
    return np.diff(np.concatenate([[0.0], used, [max(float(a.sum()), float(used[-1]) if used.size else 0.0)]]))


def exact_staircase(line: Line, a: FloatArray, b: FloatArray) -> tuple[IndexArray, IndexArray, FloatArray]:
    """The pairs along the monotone plan and their masses, in whole multiples of the least float: nothing is rounded.

    What the totals differ by is taken from the heaviest target. Slower; needed where atoms are a billion times lighter than
    others, whose share of a sum is rounding.
    """
    rows, columns = np.argsort(line.x, kind="stable"), np.argsort(line.y, kind="stable")
    unit = 1 << 1074
    left = [unit // q * p for p, q in map(float.as_integer_ratio, a[rows].tolist())]
    room = [unit // q * p for p, q in map(float.as_integer_ratio, b[columns].tolist())]
    room[int(b[columns].argmax())] += sum(left) - sum(room)
    i = j = 0
    steps, masses = [], []
    while True:
        moved = min(left[i], room[j])
        left[i] -= moved
        room[j] -= moved
        steps.append((i, j))
        masses.append(moved / unit)
        if i + 1 < len(left) and (left[i] == 0 or j + 1 == len(room)):
            i += 1
        elif j + 1 < len(room):
            j += 1
        else:
            break
    source, target = np.array(steps, dtype=np.intp).T
    return rows[source], columns[target], np.array(masses)


def potentials_along(line: Line, i: IndexArray, j: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Potentials with f_i + g_j = C_ij along a staircase, which are feasible for all pairs because the cost is Monge."""
    new_source, new_target = (np.diff(index) != 0 for index in (i, j))
    step = line.cost(line.x[i[1:]], line.y[j[1:]]) - line.cost(line.x[i[:-1]], line.y[j[:-1]])
    f, g = np.zeros(line.x.size), np.zeros(line.y.size)
    f[i[1:][new_source]] = np.cumsum(step[new_source])
    first = float(line.cost(line.x[i[:1]], line.y[j[:1]])[0])
    g[j[0]] = first
    g[j[1:][new_target]] = first + np.cumsum(step[new_target])
    return f, g


def flow_along(surplus: FloatArray) -> FloatArray:
    """The flow (N - 1,) from each node of a line to the next: the surplus to the left of it.

    It is summed from both ends towards the node of the largest surplus, so that what rounding leaves is left at a node which
    is heavy enough not to notice.
    """
    heavy = int(np.abs(surplus).argmax())
    return np.concatenate([np.cumsum(surplus[:heavy]), -np.cumsum(surplus[:heavy:-1])[::-1]])


def on_the_line(cost: BaseCost) -> Line | None:
    """The line that a cost is on, where it has so many pairs that this pays."""
    return Line.of(cost) if cost.shape[0] * cost.shape[1] > BLOCK_ENTRIES else None
