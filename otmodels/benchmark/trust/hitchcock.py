"""Transport problems solved in whole numbers: the simplex method on spanning trees, with both answers checked exactly.

Floats are rationals, so that masses and costs become integers when they are multiplied by their common denominators. The method
knows nothing of the package's own: it is the judge of it.

Source: Hitchcock (1941), The distribution of a product from several sources to numerous localities; Dantzig (1951), Application
of the simplex method to a transportation problem; Bland (1977) for the rule that rules out cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

Cell: TypeAlias = tuple[int, int]
Costs: TypeAlias = Sequence[Sequence[Fraction | None]]
"""Costs (n, m), None where a pair is forbidden."""


class OracleError(ArithmeticError):
    """The exact method contradicts itself: a fault of the campaign, not of what it measures."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """An optimal plan and optimal potentials, verified in exact arithmetic.

    Attributes
    ----------
    value : Fraction
        <C, gamma> = <a, f> + <b, g>.
    plan : dict
        Mass > 0 by pair (i, j).
    f, g : list of Fraction (n,), (m,)
        Potentials, f_i + g_j <= C_ij on every pair that is allowed.
    """

    value: Fraction
    plan: dict[Cell, Fraction]
    f: list[Fraction]
    g: list[Fraction]


def transport(a: Sequence[Fraction], b: Sequence[Fraction], costs: Costs) -> Optimum | None:
    """The optimum of a transport problem with equal totals; None where forbidden pairs leave no plan, which is proven.

    A forbidden pair costs more than any tree of allowed ones can save, so that it is used only where nothing else is left.

    Raises
    ------
    OracleError
        The answer does not pass its own check.
    """
    if sum(a) != sum(b):
        raise OracleError(f"the totals {sum(a)} and {sum(b)} differ")
    mass_unit = lcm(*(entry.denominator for entry in (*a, *b)))
    cost_unit = lcm(*(cost.denominator for row in costs for cost in row if cost is not None))
    supply, demand = ([int(entry * mass_unit) for entry in side] for side in (a, b))
    priced = [[None if cost is None else int(cost * cost_unit) for cost in row] for row in costs]
    large = 1 + 2 * (len(a) + len(b)) * max((abs(cost) for row in priced for cost in row if cost is not None), default=0)
    whole = [[large if cost is None else cost for cost in row] for row in priced]
    flow, f, g = _Tree(supply, demand, whole).solved()
    if any(mass and priced[i][j] is None for (i, j), mass in flow.items()):
        _prove_infeasible(supply, demand, priced)
        return None
    _check(supply, demand, priced, flow, f, g)
    value = sum(whole[i][j] * mass for (i, j), mass in flow.items())
    plan = {cell: Fraction(mass, mass_unit) for cell, mass in flow.items() if mass}
    potentials = ([Fraction(entry, cost_unit) for entry in side] for side in (f, g))
    return Optimum(Fraction(value, mass_unit * cost_unit), plan, *potentials)


def _check(
    a: Sequence[int], b: Sequence[int], costs: Sequence[Sequence[int | None]], flow: dict[Cell, int], f: list[int], g: list[int]
) -> None:
    """Plan feasible, potentials feasible, equal values: optimal by weak duality, whatever the method did."""
    rows, columns = [0] * len(a), [0] * len(b)
    primal = 0
    for (i, j), mass in flow.items():
        cost = costs[i][j]
        rows[i], columns[j] = rows[i] + mass, columns[j] + mass
        if mass < 0 or (mass and cost is None):
            raise OracleError(f"mass {mass} on the pair {i, j}")
        primal += mass * (cost or 0)
    if rows != list(a) or columns != list(b):
        raise OracleError("the plan has other marginals")
    if any(cost is not None and f[i] + g[j] > cost for i, row in enumerate(costs) for j, cost in enumerate(row)):
        raise OracleError("the potentials are above a cost")
    if primal != _paired(a, f) + _paired(b, g):
        raise OracleError("plan and potentials differ in value")


def _prove_infeasible(a: Sequence[int], b: Sequence[int], costs: Sequence[Sequence[int | None]]) -> None:
    """Potentials of the cost 1 on forbidden pairs and 0 on all others: positive value and f + g <= 0 is Farkas' certificate."""
    _, f, g = _Tree(a, b, [[int(cost is None) for cost in row] for row in costs]).solved()
    allowed = [(i, j) for i, row in enumerate(costs) for j, cost in enumerate(row) if cost is not None]
    if any(f[i] + g[j] > 0 for i, j in allowed) or _paired(a, f) + _paired(b, g) <= 0:
        raise OracleError("infeasible, and the proof fails")


def _paired(masses: Sequence[int], potentials: Sequence[int]) -> int:
    return sum(mass * potential for mass, potential in zip(masses, potentials, strict=True))


class _Tree:
    """A basis: n + m - 1 cells that are a spanning tree of rows and columns, each with its flow."""

    def __init__(self, a: Sequence[int], b: Sequence[int], costs: Sequence[Sequence[int]]) -> None:
        self._costs = costs
        self._n, self._m = len(a), len(b)
        self._flow = self._cheapest_first(list(a), list(b))
        self._near: list[set[int]] = [set() for _ in range(self._n + self._m)]
        for i, j in self._flow:
            self._near[i].add(self._n + j)
            self._near[self._n + j].add(i)

    def _cheapest_first(self, a: list[int], b: list[int]) -> dict[Cell, int]:
        """Serve the cheapest cell that is left as far as it goes, and cross out its row or its column, never both."""
        rows, columns = set(range(self._n)), set(range(self._m))
        flow: dict[Cell, int] = {}
        for _, i, j in sorted((self._costs[i][j], i, j) for i in rows for j in columns):
            if i not in rows or j not in columns:
                continue
            mass = flow[i, j] = min(a[i], b[j])
            a[i], b[j] = a[i] - mass, b[j] - mass
            if len(rows) > 1 and (a[i] == 0 or len(columns) == 1):
                rows.remove(i)
            else:
                columns.remove(j)
        return flow

    def solved(self) -> tuple[dict[Cell, int], list[int], list[int]]:
        """Flow on the optimal tree, and its potentials f and g.

        The cell of a row that gains most enters, rows in turn; where a step moves nothing, the first of all cells that
        gains, and the first that may leaves, until one moves (Bland).
        """
        start, moving = 0, True
        while True:
            f, g = self._potentials()
            entering = self._next(f, g, start) if moving else self._first(f, g)
            if entering is None:
                return self._flow, f, g
            start, moving = entering[0], self._pivot(entering)

    def _potentials(self) -> tuple[list[int], list[int]]:
        """f_i + g_j = C_ij along the tree, f_0 = 0."""
        potential: list[int | None] = [None] * (self._n + self._m)
        potential[0] = 0
        reached, n = [0], self._n
        for node in reached:
            here = potential[node]
            assert here is not None
            for other in self._near[node]:
                if potential[other] is None:
                    i, j = (node, other - n) if node < n else (other, node - n)
                    potential[other] = self._costs[i][j] - here
                    reached.append(other)
        if len(reached) != len(potential):
            raise OracleError("the basis is no spanning tree")
        whole = [entry or 0 for entry in potential]
        return whole[:n], whole[n:]

    def _next(self, f: list[int], g: list[int], start: int) -> Cell | None:
        for i in (*range(start, self._n), *range(start)):
            gain, j = min((cost - g[j], j) for j, cost in enumerate(self._costs[i]))
            if gain < f[i]:
                return i, j
        return None

    def _first(self, f: list[int], g: list[int]) -> Cell | None:
        for i, row in enumerate(self._costs):
            for j, cost in enumerate(row):
                if cost < f[i] + g[j]:
                    return i, j
        return None

    def _pivot(self, entering: Cell) -> bool:
        """Send what there is around the cycle that a cell closes; whether that is anything."""
        path = self._path(*entering)
        back, onward = path[0::2], path[1::2]
        mass, leaving = min((self._flow[cell], cell) for cell in back)
        for cell in back:
            self._flow[cell] -= mass
        for cell in onward:
            self._flow[cell] += mass
        del self._flow[leaving]
        self._flow[entering] = mass
        for (i, j), change in ((leaving, set.remove), (entering, set.add)):
            change(self._near[i], self._n + j)
            change(self._near[self._n + j], i)
        return mass > 0

    def _path(self, i: int, j: int) -> list[Cell]:
        """Cells of the tree from row i to column j, an odd number of them: the first, third, ... give mass back."""
        came = {i: i}
        reached, n, end = [i], self._n, self._n + j
        for node in reached:
            if node == end:
                break
            for other in self._near[node]:
                if other not in came:
                    came[other] = node
                    reached.append(other)
        cells: list[Cell] = []
        while end != i:
            node, end = end, came[end]
            cells.append((node, end - n) if node < n else (end, node - n))
        return cells
