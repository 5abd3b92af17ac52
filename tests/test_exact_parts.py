"""The tree that carries mass and the floats that know how wrong they are, on which optima in rational numbers stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from operator import mul

import numpy as np
import pytest

from otmodels import Cost
from otmodels.arrays import FloatArray
from otmodels.exact.start import Given, candidates, first_tree, potentials
from otmodels.exact.tree import Tree
from otmodels.exact.units import Pairs, Units


def assert_strongly_feasible(tree: Tree, mass: Sequence[int], costs: dict[tuple[int, int], int]) -> None:
    """Masses add up, targets get some, potentials are tight along the tree, and depths are right."""
    n, root = tree.sources, tree.root
    total = [0] * (root + 1)
    for node, top in enumerate(tree.above[:root]):
        if top < 0:
            continue
        assert node in tree.below[top]
        assert tree.depth[node] == tree.depth[top] + 1
        assert tree.mass[node] > 0 or (node < n and tree.mass[node] == 0)
        total[node] += tree.mass[node]
        if top != root:
            total[top] += tree.mass[node]
            assert tree.potential[node] + tree.potential[top] == costs[min(node, top), max(node, top) - n]
    assert total[:root] == list(mass)


def gauge(tree: Tree) -> int:
    """What potentials come to where all mass is as much at one atom as at another, targets the other way round."""
    return sum(tree.potential[: tree.sources]) - sum(tree.potential[tree.sources : tree.root])


@pytest.mark.parametrize("most", [1, 2])
def test_a_pivot_lowers_the_cost_or_else_the_potentials_so_that_no_tree_comes_twice(most: int) -> None:
    without_mass, nothing = 0, Given(None, None, None, None)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        n = 8
        mass = [*rng.integers(1, most + 1, n).tolist()] * 2
        cost = rng.integers(0, 5, (n, n)).astype(np.float64)
        units = Units.of(Cost(cost), lambda: False)
        f, g = potentials(units, nothing)
        tree = first_tree(units, candidates(units, nothing, f, g, np.ones(n, dtype=np.bool_)), f, g, mass)
        costs = dict(zip(np.ndindex(n, n), units.integers(cost.ravel()), strict=True))
        assert_strongly_feasible(tree, mass, costs)
        while better := [(i, n + j) for (i, j), c in costs.items() if c < tree.potential[i] + tree.potential[n + j]]:
            i, j = better[int(rng.integers(len(better)))]
            value, level = sum(map(mul, mass, tree.potential)), gauge(tree)
            tree.enter(i, j, costs[i, j - n])
            assert_strongly_feasible(tree, mass, costs)
            change = sum(map(mul, mass, tree.potential)) - value
            assert change < 0 or (change == 0 and gauge(tree) < level)
            without_mass += change == 0
    assert without_mass > 0


def test_targets_without_mass_are_left_out_of_the_tree_whichever_pairs_are_given() -> None:
    given = Given((np.array([0, 0, 1]), np.array([0, 1, 1])), np.ones(3), None, None)
    units = Units.of(Cost([[1, 2], [3, 4]]), lambda: False)
    f, g = potentials(units, given)
    tree = first_tree(units, candidates(units, given, f, g, np.array([True, False])), f, g, [1, 2, 3, 0])
    assert tree.above[3] == -1
    assert sorted(tree.under(tree.root)) == [0, 1, 2, 4]


SIZES: tuple[Callable[[np.random.Generator], FloatArray], ...] = (
    lambda rng: rng.random((6, 6)),
    lambda rng: 10.0 ** rng.uniform(-15, 15, (6, 6)),
    lambda rng: 10.0 ** rng.uniform(-320, 308, (6, 6)),
    lambda rng: np.asarray(rng.integers(1, 99, (6, 6)) * 5e-324, dtype=np.float64),
)


def test_floats_say_how_wrong_they_are_about_a_slack() -> None:
    """Potentials that differ from a cost by no more than its last bits, beside numbers of any size."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        cost = SIZES[seed % len(SIZES)](rng)
        units = Units.of(Cost(cost), lambda: False)
        whole = np.array(units.integers(cost.ravel()), dtype=object).reshape(6, 6)
        size = int(rng.integers(1, 8 * 12 * 2)) * units.largest >> int(rng.integers(0, 120))
        f = [int(rng.integers(-(2**62), 2**62)) * size >> 62 for _ in range(6)]
        g = [int(whole[i, i]) - f[i] + int(rng.integers(-2, 3)) for i in range(6)]
        rows_first = np.arange(36)
        pairs = Pairs(rows_first // 6, rows_first % 6, cost.ravel())
        rows, columns = units.halves(f), units.halves(g)
        exact = [c - f[i] - g[j] for i, j, c in zip(pairs.i, pairs.j, whole.ravel(), strict=True)]
        in_floats, wrong = units.slack_in_floats(pairs, rows, columns)
        unit = Fraction(2) ** (units.low - units.over)
        for value, error, true in zip(in_floats.tolist(), wrong.tolist(), exact, strict=True):
            assert abs(Fraction(value) - true * unit) <= Fraction(error) + abs(Fraction(value)) * Fraction(1, 2**53)
        assert units.slack(pairs, rows, columns)[1].tolist() == [true < 0 for true in exact]
        seen = {(i, j) for part in units.open(rows, columns) for i, j in zip(part.i.tolist(), part.j.tolist(), strict=True)}
        assert {(i, j) for i, j, true in zip(pairs.i.tolist(), pairs.j.tolist(), exact, strict=True) if true < 0} <= seen
