"""Optima of transport problems in rational numbers, each held against another way to get it, and against its own proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
import pytest

from otmodels import Cost, Measure, ground_cost
from otmodels.arrays import FloatArray, IndexArray
from otmodels.cost import BaseCost
from otmodels.errors import NegativeMassError, ShapeError
from otmodels.exact import ExactAnswer, solve_exactly

Masses = list[Fraction]
Costs = dict[tuple[int, int], Fraction]
Random = np.random.Generator

COSTS: dict[str, Callable[[Random, int, int], FloatArray]] = {
    "uniform": lambda rng, n, m: rng.random((n, m)),
    "few integers": lambda rng, n, m: rng.integers(0, 4, (n, m)).astype(np.float64),
    "all equal": lambda rng, n, m: np.full((n, m), rng.choice([0.0, 0.1, -3.5, 1e300, 5e-324, 1.7e308])),
    "sums of a row's and a column's": lambda rng, n, m: rng.random((n, 1)) + rng.random((1, m)),
    "negative, of many sizes": lambda rng, n, m: rng.standard_normal((n, m)) * 10.0 ** rng.integers(-3, 4, (n, m)),
    "outliers": lambda rng, n, m: rng.choice([1e14, 1e32, 1e300, -1e300, 1.0, 2.0, 3.0, rng.random()], (n, m)),
    "all sizes of floats": lambda rng, n, m: 10.0 ** rng.uniform(-320, 308, (n, m)) * rng.choice([-1, 1], (n, m)),
    "forbidden pairs": lambda rng, n, m: np.where(rng.random((n, m)) < 0.4, np.inf, rng.random((n, m))),
    "ties and forbidden pairs": lambda rng, n, m: rng.choice([1.0, 2.0, np.inf], (n, m)),
}
MASSES: dict[str, Callable[[Random, int], FloatArray]] = {
    "uniform": lambda rng, k: rng.random(k),
    "ones": lambda rng, k: np.ones(k),
    "some zero": lambda rng, k: rng.integers(0, 3, k).astype(np.float64),
    "1 and 1e-17": lambda rng, k: rng.choice([1.0, 1e-17], k),
    "all sizes of floats": lambda rng, k: 10.0 ** rng.uniform(-320, 307, k),
}


def fractions(values: Sequence[float] | FloatArray) -> Masses:
    return [Fraction(float(value)) for value in values]


def total(masses: Iterable[Fraction]) -> Fraction:
    return sum(masses, Fraction(0))


def balanced(rng: Random, a: FloatArray, b: FloatArray) -> tuple[Masses, Masses]:
    """Equal totals, by a ratio that no float has to be, or by one heavier atom."""
    source, target = fractions(a), fractions(b)
    held, wanted = total(source), total(target)
    if rng.random() < 0.5 and held and wanted:
        return source, [mass * held / wanted for mass in target]
    lighter = target if held > wanted else source
    lighter[int(rng.integers(len(lighter)))] += abs(held - wanted)
    return source, target


def allowed(cost: FloatArray) -> Costs:
    return {(i, j): Fraction(float(c)) for (i, j), c in np.ndenumerate(cost) if c < np.inf}


def by_shortest_paths(a: Masses, b: Masses, costs: Costs) -> tuple[Fraction, Fraction]:
    """Least cost of the most mass that can be moved, and what cannot: cheapest paths one after the other (Jewell 1958)."""
    left, room, plan = list(a), list(b), dict.fromkeys(costs, Fraction(0))
    while path := _shortest_path(left, room, plan, costs):
        there, back = path[::2], path[1::2]
        moved = min([left[there[-1][0]], room[there[0][1]], *(plan[pair] for pair in back)])
        for pairs, step in ((there, moved), (back, -moved)):
            for pair in pairs:
                plan[pair] += step
        left[there[-1][0]] -= moved
        room[there[0][1]] -= moved
    return total(costs[pair] * mass for pair, mass in plan.items()), total(left)


def _shortest_path(left: Masses, room: Masses, plan: Costs, costs: Costs) -> list[tuple[int, int]]:
    """Pairs from a target with room back to a source with mass left, there and back in turn (Bellman and Ford)."""
    source = {i: Fraction(0) for i, mass in enumerate(left) if mass}
    target: dict[int, Fraction] = {}
    to_source: dict[int, tuple[int, int]] = {}
    to_target: dict[int, tuple[int, int]] = {}
    changed = True
    while changed:
        changed = False
        for (i, j), c in costs.items():
            if i in source and (j not in target or source[i] + c < target[j]):
                target[j], to_target[j], changed = source[i] + c, (i, j), True
            if plan[i, j] and j in target and (i not in source or target[j] - c < source[i]):
                source[i], to_source[i], changed = target[j] - c, (i, j), True
    ends = [j for j in target if room[j]]
    if not ends:
        return []
    path = [to_target[min(ends, key=target.__getitem__)]]
    while (i := path[-1][0]) in to_source:
        path.append(to_source[i])
        path.append(to_target[path[-1][1]])
    return path


def assert_proven(answer: ExactAnswer, a: Masses, b: Masses, costs: Costs) -> None:
    """The plan is one, the potentials are feasible, and each is optimal because of the other."""
    left, lacking = dict(answer.unserved), dict(answer.unfilled)
    sent, got = [left.get(i, Fraction(0)) for i in range(len(a))], [lacking.get(j, Fraction(0)) for j in range(len(b))]
    for i, j, mass in zip(answer.i.tolist(), answer.j.tolist(), answer.mass, strict=True):
        assert mass > 0
        assert answer.f[i] + answer.g[j] == costs[i, j]
        sent[i] += mass
        got[j] += mass
    assert (sent, got) == (a, b)
    assert all(answer.f[i] + answer.g[j] <= c for (i, j), c in costs.items())
    pairs = zip(answer.i.tolist(), answer.j.tolist(), answer.mass, strict=True)
    assert answer.value == total(costs[i, j] * mass for i, j, mass in pairs)
    if not left:
        assert answer.value == total(map(mul, [*a, *b], [*answer.f, *answer.g]))


def solved(a: Masses, b: Masses, cost: BaseCost, **start: Any) -> ExactAnswer:
    answer = solve_exactly(a, b, cost, **start)
    assert answer is not None
    return answer


@pytest.mark.parametrize("masses", MASSES)
@pytest.mark.parametrize("kind", COSTS)
def test_the_optimum_is_that_of_cheapest_paths(kind: str, masses: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n, m = (int(size) for size in rng.integers(1, 6, 2))
        a, b = balanced(rng, MASSES[masses](rng, n), MASSES[masses](rng, m))
        cost = COSTS[kind](rng, n, m)
        answer = solved(a, b, Cost(cost))
        assert_proven(answer, a, b, allowed(cost))
        value, left = by_shortest_paths(a, b, allowed(cost))
        assert answer.value == value
        assert total(mass for _, mass in answer.unserved) == left
        assert total(mass for _, mass in answer.unfilled) == left


def starts(rng: Random, answer: ExactAnswer) -> Iterator[dict[str, Any]]:
    """What solvers in floats may say, from right to nonsense."""
    n, m, far = len(answer.f), len(answer.g), Fraction(10) ** 308
    f, g, masses = (np.array([float(min(max(x, -far), far)) for x in side]) for side in (answer.f, answer.g, answer.mass))
    right = {"start": (answer.i, answer.j), "masses": masses, "f": f, "g": g}
    few = rng.integers(0, n, 7), rng.integers(0, m, 7)
    wild = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, 1.0])
    yield right
    yield {"start": right["start"]}
    yield {"start": tuple(np.indices((n, m)).reshape(2, -1)), "masses": np.ones(n * m)}
    yield {"f": f, "g": g}
    yield right | {"f": f + 1e9, "g": g - 1e9}
    yield right | {"f": f + rng.standard_normal(n), "g": g + rng.standard_normal(m)}
    yield {"start": few, "masses": rng.random(7)}
    yield {"start": few, "masses": rng.choice(wild, 7), "f": rng.choice(wild, n), "g": rng.choice(wild, m)}


@pytest.mark.parametrize("kind", COSTS)
def test_a_start_changes_the_way_and_not_the_optimum(kind: str) -> None:
    rng = np.random.default_rng(3)
    a, b = balanced(rng, rng.random(9), np.append(10.0 ** rng.uniform(-30, 0, 6), [0.0, 0.0]))
    cost = COSTS[kind](rng, 9, 8)
    cold = solved(a, b, Cost(cost))
    for start in starts(rng, cold):
        answer = solved(a, b, Cost(cost), **start)
        assert_proven(answer, a, b, allowed(cost))
        assert answer.value == cold.value
        assert total(x for _, x in answer.unserved) == total(x for _, x in cold.unserved)


def test_one_cost_far_above_the_others_is_not_paid_and_costs_no_digits() -> None:
    far = 1e32
    cost = np.array(
        [
            [250.275352, 374.653218, 2413.52736, far, 0.0015175154],
            [213.08203, 328.812836, 2294.87946, far, 0.1371098],
            [197.333083, 309.175848, 2242.5055, far, 2.46506283],
            [far, far, far, 5.26223432, far],
            [38.4690152, 80.9465684, 333.064175, far, 0.0],
        ]
    )
    masses = fractions([1, 1, 1, 1, 4])
    answer = solved(masses, masses, Cost(cost))
    assert_proven(answer, masses, masses, allowed(cost))
    assert answer.value == by_shortest_paths(masses, masses, allowed(cost))[0]
    assert float(answer.value / 8) == pytest.approx(57.543210383175, rel=1e-13)


def gaussian(size: int, centre: float, width: float) -> FloatArray:
    histogram = np.exp(-((np.arange(size) - centre) ** 2) / (2 * width**2))
    return np.asarray(histogram / histogram.sum())


def staircase(a: Masses, b: Masses) -> list[tuple[int, int, Fraction]]:
    """The monotone plan of two measures on the line."""
    left, room, i, j = list(a), list(b), 0, 0
    plan = []
    while i < len(a) and j < len(b):
        moved = min(left[i], room[j])
        plan.append((i, j, moved))
        left[i] -= moved
        room[j] -= moved
        i, j = (i, j + 1) if left[i] else (i + 1, j)
    return plan


@pytest.mark.parametrize("centre", [30, 110])
def test_masses_over_three_hundred_orders_go_where_the_line_sends_them(centre: int) -> None:
    """The monotone plan is optimal for the square of the distance; floats would know the heavy part of it only."""
    size = 160
    a, b = fractions(gaussian(size, 20, 3.7)), fractions(gaussian(size, centre, 10))
    b = [mass * total(a) / total(b) for mass in b]
    x = np.arange(size, dtype=np.float64)
    cost = (x[:, None] - x) ** 2
    monotone = staircase(a, b)
    assert min(a) < Fraction(1, 10**300)
    i, j, masses = (np.array(column) for column in zip(*(pair for pair in monotone if pair[2] > 1e-12), strict=True))
    answer = solved(a, b, Cost(cost), start=(i, j), masses=masses.astype(np.float64))
    assert_proven(answer, a, b, allowed(cost))
    assert answer.value == total(mass * (i - j) ** 2 for i, j, mass in monotone)


def test_the_last_bit_of_a_cost_decides() -> None:
    up = np.nextafter(0.1, 1)
    half = [Fraction(1, 2)] * 2
    answer = solved(half, half, Cost([[0.1, 0.1], [0.1, up]]))
    assert answer.value == Fraction(0.1)
    answer = solved(half, half, Cost([[0.1, up], [up, up]]))
    assert answer.value == (Fraction(0.1) + Fraction(up)) / 2


def test_all_costs_equal_leave_the_cost_times_the_mass() -> None:
    a, b = fractions([0.1, 0.2, 0.7, 0.3]), fractions([0.5, 0.3, 0.1])
    b.append(total(a) - total(b))
    assert solved(a, b, Cost(np.full((4, 4), 0.1))).value == Fraction(0.1) * total(a)


def test_an_assignment_is_as_degenerate_as_can_be() -> None:
    rng = np.random.default_rng(5)
    one = [Fraction(1)] * 60
    order = rng.permutation(60)
    cost = rng.integers(1, 3, (60, 60)).astype(np.float64)
    cost[np.arange(60), order] = 0
    answer = solved(one, one, Cost(cost))
    assert answer.value == 0
    assert answer.j.tolist() == order.tolist()
    assert_proven(answer, one, one, allowed(cost))


def test_what_has_nowhere_to_go_is_the_least_there_is_and_leaves_the_cheapest_rest() -> None:
    """Targets 0 and 1 take 3 of the 5 that sources 0 and 1 hold: source 1, the dearer one, is left with 2."""
    inf = np.inf
    cost = np.array([[1.0, 2.0, inf], [5.0, 4.0, inf], [1.0, 1.0, 7.0]])
    a, b = fractions([2, 3, 1]), fractions([1, 2, 3])
    answer = solved(a, b, Cost(cost))
    assert answer.unserved == ((1, Fraction(2)),)
    assert answer.unfilled == ((2, Fraction(2)),)
    assert answer.value == 1 * 1 + 1 * 2 + 1 * 4 + 1 * 7
    assert_proven(answer, a, b, allowed(cost))
    assert min(cost[2, j] - answer.f[2] - answer.g[j] for j in (0, 1)) == 0


def test_a_shortfall_of_rounding_is_told_to_the_last_bit() -> None:
    """Two blocks without a pair between them, and 0.1 + 0.2 is not 0.3."""
    cost = np.array([[1.0, np.inf], [1.0, np.inf], [np.inf, 1.0]])
    a = fractions([0.1, 0.2, 0.7])
    b = [Fraction(0.3), total(a) - Fraction(0.3)]
    answer = solved(a, b, Cost(cost))
    assert total(mass for _, mass in answer.unserved) == Fraction(1, 2**55)
    assert answer.unfilled == ((1, Fraction(1, 2**55)),)
    assert_proven(answer, a, b, allowed(cost))


def test_totals_that_differ_move_the_lesser_one() -> None:
    a, b, cost = fractions([2, 2]), fractions([1, 0, 2]), np.array([[3.0, 0.0, 1.0], [1.0, 0.0, 2.0]])
    answer = solved(a, b, Cost(cost))
    assert (answer.value, answer.unserved, answer.unfilled) == (Fraction(3), ((1, Fraction(1)),), ())
    assert_proven(answer, a, b, allowed(cost))


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1)])
def test_one_atom_leaves_no_choice(shape: tuple[int, int]) -> None:
    n, m = shape
    a, b = [Fraction(m, 3)] * n, [Fraction(n, 3)] * m
    cost = np.arange(1.0, n * m + 1).reshape(shape)
    assert solved(a, b, Cost(cost)).value == Fraction(n * m * (n * m + 1), 2) / 3


def test_atoms_without_mass_have_potentials_that_all_pairs_allow() -> None:
    rng = np.random.default_rng(8)
    cost = rng.standard_normal((6, 7))
    cost[:, 6], cost[5] = np.inf, np.inf
    a, b = fractions([1, 0, 2, 0, 1, 0]), fractions([0, 3, 0, 0.5, 0.5, 0, 0])
    answer = solved(a, b, Cost(cost))
    assert_proven(answer, a, b, allowed(cost))
    tight = {j for (i, j), c in allowed(cost).items() if answer.f[i] + answer.g[j] == c}
    assert tight == set(range(6))
    assert answer.g[6] == 0


def test_potentials_of_a_problem_that_can_be_served_are_made_of_its_costs() -> None:
    rng = np.random.default_rng(9)
    a, b = balanced(rng, 10.0 ** rng.uniform(-20, 0, 12), rng.random(12))
    answer = solved(a, b, Cost(rng.random((12, 12))), f=rng.standard_normal(12), g=rng.standard_normal(12))
    assert max(abs(f + g) for f in answer.f for g in answer.g) <= 24


def test_potentials_that_set_two_groups_worlds_apart_do_not_keep_mass_from_going_between_them() -> None:
    rng = np.random.default_rng(12)
    group = np.arange(20) // 10
    cost = rng.random((20, 20)) + 5 * (group[:, None] != group)
    a, b = fractions(1.0 + (group == 0)), fractions(1.0 + (group == 1))
    far = np.where(group == 1, 1e250, 0.0)
    answer = solved(a, b, Cost(cost), f=far, g=-far)
    assert answer.unserved == ()
    assert answer.value == solved(a, b, Cost(cost)).value


class RowByRow(BaseCost):
    """A cost that is had one row at a time."""

    def __init__(self, cost: BaseCost) -> None:
        self.cost = cost

    @property
    def shape(self) -> tuple[int, int]:
        return self.cost.shape

    @property
    def description(self) -> str:
        return self.cost.description

    def block(self, rows: slice) -> FloatArray:
        return self.cost.block(rows)

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        return self.cost.at(i, j)

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        for row in range(self.shape[0]):
            yield slice(row, row + 1), self.block(slice(row, row + 1))


def test_a_rule_is_read_block_by_block() -> None:
    rng = np.random.default_rng(10)
    x, y = Measure(rng.random(29), points=rng.random((29, 2))), Measure(rng.random(31), points=rng.random((31, 2)))
    a, b = balanced(rng, x.mass, y.mass)
    rule = ground_cost(x, y)
    answer = solved(a, b, RowByRow(rule))
    assert_proven(answer, a, b, allowed(rule.values))
    masses = np.array([float(mass) for mass in answer.mass])
    assert solved(a, b, RowByRow(rule), start=(answer.i, answer.j), masses=masses).value == answer.value


def test_time_that_is_up_leaves_no_answer_and_never_a_wrong_one() -> None:
    rng = np.random.default_rng(11)
    a, b = balanced(rng, rng.random(30), rng.random(30))
    cost, value = Cost(rng.random((30, 30))), None
    for asks in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        answer = solve_exactly(a, b, cost, late=partial(next, iter([False] * asks), True))
        assert value is None or answer is not None
        if answer is not None:
            assert_proven(answer, a, b, allowed(cost.values))
            value = answer.value
    assert solve_exactly(a, b, cost, late=lambda: True) is None
    assert value is not None


def test_the_clock_is_looked_at_every_few_pivots() -> None:
    a, b, x = fractions(gaussian(100, 20, 5)), fractions(gaussian(100, 60, 10)), np.arange(100.0)
    looks = iter([False] * 10_000)
    answer = solved(a, [mass * total(a) / total(b) for mass in b], Cost((x[:, None] - x) ** 2), late=partial(next, looks))
    assert answer.pivots > 500
    assert 10_000 - len(list(looks)) > answer.pivots / 16


def test_data_that_make_no_problem_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"cost: has shape \(1, 2\)"):
        solve_exactly([Fraction(1)], [Fraction(1)], Cost([[1, 2]]))
    with pytest.raises(NegativeMassError, match="hold -1/3"):
        solve_exactly([Fraction(-1, 3)], [Fraction(-1, 3)], Cost([[1]]))
