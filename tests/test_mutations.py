"""Thousands of wrong answers, each one small change away from a right one: the certificate rejects them all.

Problems have integer data and changes are multiples of 2^-20, so that whether a changed answer is still right, which some
are, is decided exactly from the data: moving mass between pairs without slack keeps a plan optimal, and an atom without
mass may have any potential that is low enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pytest
from catalogue import solve

import otmodels as om
from otmodels.arrays import FloatArray

SIZES = 2.0 ** -np.arange(20)
"""1 down to 2e-6, relative to the total mass or the largest cost."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Plan and potentials, claimed to be optimal for masses a, b and costs C."""

    a: FloatArray
    b: FloatArray
    C: FloatArray
    plan: FloatArray
    f: FloatArray
    g: FloatArray

    @property
    def is_right(self) -> bool:
        """Feasible on both sides, and mass only where the slack is zero. Exact: all numbers are multiples of 2^-20 below 2^20."""
        slack = self.C - self.f[:, None] - self.g[None, :]
        moves_the_source = np.array_equal(self.plan.sum(axis=1), self.a) and np.array_equal(self.plan.sum(axis=0), self.b)
        return bool(
            moves_the_source and (self.plan >= 0).all() and (slack >= 0).all() and not ((self.plan > 0) & (slack > 0)).any()
        )

    def certified(self, mass_unit: float = 1.0, cost_unit: float = 1.0) -> bool:
        """Whether the certificate takes it, the problem stated in other units."""
        problem = om.TransportProblem(self.a * mass_unit, self.b * mass_unit, om.Cost(self.C * cost_unit))
        return om.certify(problem, self.plan * mass_unit, self.f * cost_unit, self.g * cost_unit).passed


Mutation: TypeAlias = Callable[[Answer, np.random.Generator], Answer]


def an_answer(seed: int) -> Answer:
    """A right answer to a random problem: some with atoms without mass, forbidden pairs, tied costs or negative costs."""
    rng = np.random.default_rng([2, seed])
    n, m = rng.integers(2, 7, 2)
    moved = rng.integers(1, 6, (n, m)) * (rng.random((n, m)) < 0.5)
    moved[rng.integers(n), rng.integers(m)] += 1
    if seed % 3 == 0:
        moved[rng.integers(n)] = 0
        moved[:, rng.integers(m)] = 0
        moved[0, 0] += 2
    cost = rng.integers(-4 if seed % 4 == 0 else 1, 5 if seed % 5 == 0 else 16, (n, m)).astype(np.float64)
    if seed % 2:
        cost[(moved == 0) & (rng.random((n, m)) < 0.3)] = np.inf
        reached = np.isfinite(cost)
        cost[~reached.any(axis=1), :] = 5.0
        cost[:, ~reached.any(axis=0)] = 5.0
    a, b = moved.sum(axis=1).astype(np.float64), moved.sum(axis=0).astype(np.float64)
    solution = solve(om.TransportProblem(a, b, om.Cost(cost)))
    answer = Answer(a, b, cost, solution.plan, solution.f, solution.g)
    return replace(answer, plan=np.rint(answer.plan), f=np.rint(answer.f), g=np.rint(answer.g))


ANSWERS = 60
ROUNDS = 5


def mass_step(answer: Answer, rng: np.random.Generator) -> float:
    """A part of the largest power of two within the total mass."""
    return float(rng.choice(SIZES) * power_of_two(answer.a.sum()))


def cost_step(answer: Answer, rng: np.random.Generator) -> float:
    """A part of the largest power of two within the largest cost, up or down."""
    largest = np.abs(answer.C[np.isfinite(answer.C)]).max(initial=1.0)
    return float(rng.choice([-1, 1]) * rng.choice(SIZES) * power_of_two(largest))


def power_of_two(size: float) -> float:
    """The largest power of two that is not above the size."""
    return float(2.0 ** np.floor(np.log2(size)))


def with_entry(array: FloatArray, index: tuple[int, ...], value: float) -> FloatArray:
    changed = array.copy()
    changed[index] = value
    return changed


def a_carrying_pair(answer: Answer, rng: np.random.Generator) -> tuple[int, int]:
    i, j = rng.choice(np.argwhere(answer.plan > 0))
    return int(i), int(j)


def a_pair(answer: Answer, rng: np.random.Generator) -> tuple[int, int]:
    n, m = answer.plan.shape
    return int(rng.integers(n)), int(rng.integers(m))


def two_of(size: int, rng: np.random.Generator) -> tuple[int, int]:
    i, k = rng.choice(size, 2, replace=False)
    return int(i), int(k)


def swapped(array: FloatArray, i: int, k: int) -> FloatArray:
    order = np.arange(len(array))
    order[[i, k]] = k, i
    return array[order]


def flip_the_sign_of_an_entry(answer: Answer, rng: np.random.Generator) -> Answer:
    pair = a_carrying_pair(answer, rng)
    return replace(answer, plan=with_entry(answer.plan, pair, -answer.plan[pair]))


def flip_the_sign_of_a_source_potential(answer: Answer, rng: np.random.Generator) -> Answer:
    i, _ = a_pair(answer, rng)
    return replace(answer, f=with_entry(answer.f, (i,), -answer.f[i]))


def flip_the_sign_of_a_target_potential(answer: Answer, rng: np.random.Generator) -> Answer:
    _, j = a_pair(answer, rng)
    return replace(answer, g=with_entry(answer.g, (j,), -answer.g[j]))


def flip_the_sign_of_all_potentials(answer: Answer, rng: np.random.Generator) -> Answer:
    changes = [{"f": -answer.f}, {"g": -answer.g}, {"f": -answer.f, "g": -answer.g}]
    return replace(answer, **changes[rng.integers(3)])


def move_mass_to_another_pair(answer: Answer, rng: np.random.Generator) -> Answer:
    start, end = a_carrying_pair(answer, rng), a_pair(answer, rng)
    step = min(mass_step(answer, rng), float(answer.plan[start]))
    plan = with_entry(answer.plan, start, answer.plan[start] - step)
    return replace(answer, plan=with_entry(plan, end, plan[end] + step))


def exchange_the_targets_of_two_sources(answer: Answer, rng: np.random.Generator) -> Answer:
    """Both marginals stay right."""
    (i, j), (k, n) = a_carrying_pair(answer, rng), a_carrying_pair(answer, rng)
    step = min(mass_step(answer, rng), float(answer.plan[i, j]), float(answer.plan[k, n]))
    plan = answer.plan.copy()
    plan[i, j] -= step
    plan[k, n] -= step
    plan[i, n] += step
    plan[k, j] += step
    return replace(answer, plan=plan)


def exchange_more_than_there_is(answer: Answer, rng: np.random.Generator) -> Answer:
    """Both marginals stay right, an entry gets negative."""
    (i, k), (j, n) = two_of(answer.a.size, rng), two_of(answer.b.size, rng)
    step = float(answer.plan[i, j]) + mass_step(answer, rng)
    plan = answer.plan.copy()
    plan[[i, k], [j, n]] -= step
    plan[[i, k], [n, j]] += step
    return replace(answer, plan=plan)


def add_mass(answer: Answer, rng: np.random.Generator) -> Answer:
    pair = a_pair(answer, rng)
    return replace(answer, plan=with_entry(answer.plan, pair, answer.plan[pair] + mass_step(answer, rng)))


def drop_an_entry(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, plan=with_entry(answer.plan, a_carrying_pair(answer, rng), 0.0))


def scale_the_plan(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, plan=answer.plan * (1 + rng.choice([-1, 1]) * rng.choice(SIZES)))


def shift_a_source_potential(answer: Answer, rng: np.random.Generator) -> Answer:
    i, _ = a_pair(answer, rng)
    return replace(answer, f=with_entry(answer.f, (i,), answer.f[i] + cost_step(answer, rng)))


def shift_a_target_potential(answer: Answer, rng: np.random.Generator) -> Answer:
    _, j = a_pair(answer, rng)
    return replace(answer, g=with_entry(answer.g, (j,), answer.g[j] + cost_step(answer, rng)))


def shift_all_source_potentials(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, f=answer.f + cost_step(answer, rng))


def shift_both_potentials_the_same_way(answer: Answer, rng: np.random.Generator) -> Answer:
    step = cost_step(answer, rng)
    return replace(answer, f=answer.f + step, g=answer.g + step)


def change_the_gauge(answer: Answer, rng: np.random.Generator) -> Answer:
    """Never wrong."""
    step = cost_step(answer, rng)
    return replace(answer, f=answer.f + step, g=answer.g - step)


def swap_two_sources_of_the_plan(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, plan=swapped(answer.plan, *two_of(answer.a.size, rng)))


def swap_two_targets_of_the_plan(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, plan=swapped(answer.plan.T, *two_of(answer.b.size, rng)).T)


def swap_two_source_potentials(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, f=swapped(answer.f, *two_of(answer.a.size, rng)))


def swap_two_target_potentials(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, g=swapped(answer.g, *two_of(answer.b.size, rng)))


MUTATIONS: list[Mutation] = [
    flip_the_sign_of_an_entry,
    flip_the_sign_of_a_source_potential,
    flip_the_sign_of_a_target_potential,
    flip_the_sign_of_all_potentials,
    move_mass_to_another_pair,
    exchange_the_targets_of_two_sources,
    exchange_more_than_there_is,
    add_mass,
    drop_an_entry,
    scale_the_plan,
    shift_a_source_potential,
    shift_a_target_potential,
    shift_all_source_potentials,
    shift_both_potentials_the_same_way,
    change_the_gauge,
    swap_two_sources_of_the_plan,
    swap_two_targets_of_the_plan,
    swap_two_source_potentials,
    swap_two_target_potentials,
]


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return [an_answer(seed) for seed in range(ANSWERS)]


def mutants(answers: list[Answer], mutation: Mutation, rounds: int = ROUNDS) -> Iterator[Answer]:
    for k, answer in enumerate(answers):
        rng = np.random.default_rng([k, MUTATIONS.index(mutation)])
        for _ in range(rounds):
            yield mutation(answer, rng)


def test_right_answers_pass(answers: list[Answer]) -> None:
    assert all(answer.is_right for answer in answers)
    assert all(answer.certified() for answer in answers)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_the_certificate_tells_changed_answers_that_are_wrong_from_those_that_are_right(
    answers: list[Answer], mutation: Mutation
) -> None:
    for mutant in mutants(answers, mutation):
        assert mutant.certified() is mutant.is_right, mutant


@pytest.mark.parametrize(("mass_unit", "cost_unit"), [(1e-7, 1e12), (1e9 / 3, 1e-12), (1e-12, 7.0)])
def test_in_other_units_too(answers: list[Answer], mass_unit: float, cost_unit: float) -> None:
    assert all(answer.certified(mass_unit, cost_unit) for answer in answers)
    for mutation in MUTATIONS:
        for mutant in mutants(answers, mutation, rounds=1):
            assert mutant.certified(mass_unit, cost_unit) is mutant.is_right, (mutation.__name__, mutant)


def test_thousands_of_the_changed_answers_are_wrong(answers: list[Answer]) -> None:
    """So that the tests above say something: more than 4,000 in all, and more than 100 of each kind."""
    wrong = Counter(mutation.__name__ for mutation in MUTATIONS for mutant in mutants(answers, mutation) if not mutant.is_right)
    assert wrong.pop("change_the_gauge", 0) == 0
    assert wrong.total() > 4000
    assert len(wrong) == len(MUTATIONS) - 1
    assert min(wrong.values()) > 100
