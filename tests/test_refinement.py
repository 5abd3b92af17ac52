"""Refinement: right relative to each row's own size, as far as it is worth anything; it ends, and never with a worse answer."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from catalogue import SOLVERS
from scipy.sparse import csc_array, eye_array, hstack

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.languages import Session, refine, refinement, solve_program
from otmodels.languages.enough import WORTH, Enough, Judge, Judged
from otmodels.languages.refinement import FEW, MANY, ROUNDS
from otmodels.lp import LinearProgram, certify
from otmodels.status import Termination

EVERYTHING = Enough(worth=0.0)


def judged(lp: LinearProgram, x: FloatArray, y: FloatArray, enough: Enough = EVERYTHING) -> Judged:
    """What is wrong with an answer to a program of equality rows."""
    return Judge(lp, np.abs(lp.c), np.ones(lp.shape[0]), np.zeros(0, dtype=np.intp)).of(x, y, enough)


def spread(seed: int, n: int = 8, orders: float = 14) -> LinearProgram:
    """A transport program with random costs, its masses spread over many orders of magnitude."""
    rng = np.random.default_rng(seed)
    a = 10.0 ** rng.uniform(-orders, 0, n)
    a[0] = 1.0
    rows = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    return LinearProgram.standard(rng.random(n * n), rows, np.concatenate([a, rng.permutation(a)]))


def mixed(seed: int) -> LinearProgram:
    """A random program with columns of no cost, and prices and right-hand sides over twelve orders of magnitude."""
    rng = np.random.default_rng(seed)
    r, k = 12, 40
    matrix = rng.normal(size=(r, k)) * (rng.random((r, k)) < 0.4)
    matrix[:, :r] += 3 * np.eye(r)
    y = 10.0 ** rng.uniform(-6, 6, r) * rng.choice([-1, 1], r)
    cost = np.where(rng.random(k) < 0.3, 0.0, matrix.T @ y)
    x = 10.0 ** rng.uniform(-6, 6, k) * (rng.random(k) < 0.4)
    upper = np.where(rng.random(k) < 0.5, 1e7, 1e8)
    lp = LinearProgram.standard(cost, matrix, matrix @ x)
    return LinearProgram(
        lp.c, lp.A, lp.row_lower, lp.row_upper, lp.lower, upper, lp.row_names, lp.column_names, rng.choice(["min", "max"])
    )


class TestItEnds:
    def test_what_is_rounding_is_not_refined(self) -> None:
        """Three prices of 1 cancel at a column of no cost but for 5e-17, which no multipliers in floating point do better."""
        matrix = np.hstack([np.eye(3), [[0.1], [0.2], [-0.3]]])
        lp = LinearProgram.standard([1, 1, 1, 0], matrix, [1, 1, 1])
        y = np.ones(3)
        assert (lp.c - lp.A.T @ y)[3] != 0
        assert judged(lp, np.array([1.0, 1.0, 1.0, 0.0]), y).right
        assert solve_program(lp).refinements == 0

    def test_a_point_that_is_rounding_away_from_a_bound_is_on_it(self) -> None:
        lp = LinearProgram.standard([0.1, 1], [[1, 1]], [0.3])
        upper = LinearProgram(
            lp.c, lp.A, lp.row_lower, lp.row_upper, lp.lower, np.array([0.1 + 0.2, 1.0]), lp.row_names, lp.column_names
        )
        found = judged(upper, np.array([0.3, 0.0]), np.array([1.0]))
        assert found.right
        assert found.x.tolist() == [0.1 + 0.2, 0.0]

    @pytest.mark.parametrize("seed", range(20))
    def test_programs_and_their_duals_end_within_the_bounds_on_rounds_and_iterations(self, seed: int) -> None:
        lp = mixed(seed)
        for program in (lp, lp.dual()):
            rows = max(program.shape)
            run = solve_program(program)
            assert run.status.optimal
            assert run.refinements <= ROUNDS
            assert run.iterations <= 20 * rows + 2 * ROUNDS * (MANY * 20 * rows + rows + FEW)

    @pytest.mark.parametrize("program", [spread, mixed])
    @pytest.mark.parametrize("seed", range(20))
    def test_no_answer_comes_back_that_is_worse_than_the_one_in_hand(self, program: object, seed: int) -> None:
        assert callable(program)
        lp = program(seed)
        session = Session(lp, np.inf, verbose=False)
        first = session.run()
        assert first.x is not None
        assert first.y is not None
        before = judged(lp, first.x, first.y)
        after = judged(lp, *refine(session, first.x, first.y)[:2])
        assert not before.better_than(after, session.units.bound, session.units.cost)

    @pytest.mark.parametrize("seed", range(3))
    def test_another_round_makes_nothing_worse(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        lp, found = spread(seed, orders=290), []
        for rounds in range(ROUNDS + 1):
            monkeypatch.setattr(refinement, "ROUNDS", rounds)
            run = solve_program(lp)
            assert run.x is not None
            assert run.y is not None
            assert run.refinements <= rounds
            found.append(judged(lp, run.x, run.y))
        assert not any(before.better_than(after, 1.0, 1.0) for before, after in itertools.pairwise(found))

    def test_where_the_time_is_up_the_answer_in_hand_comes_back(self) -> None:
        lp = spread(0)
        session = Session(lp, np.inf, verbose=False)
        first = session.run()
        assert first.x is not None
        assert first.y is not None
        assert not judged(lp, first.x, first.y).right
        session.deadline = 0.0
        x, y, rounds = refine(session, first.x, first.y)
        assert rounds == 0
        np.testing.assert_array_equal(x, np.maximum(first.x, 0.0))
        np.testing.assert_array_equal(y, first.y)

    @pytest.mark.parametrize("seed", range(5))
    def test_a_direction_that_costs_nothing_but_rounding_is_no_obstacle(self, seed: int) -> None:
        """Three columns sum to 0, and so do their costs, up to rounding; enlarged, going along them seems to pay without end."""
        rng = np.random.default_rng(seed)
        y = rng.integers(1, 10, 3) / 10
        one, other = rng.integers(-4, 5, (2, 3)).astype(float)
        matrix = np.column_stack([one, other, -one - other, np.eye(3), np.eye(3)])
        dearer = np.concatenate([np.zeros(6), 10.0 ** rng.uniform(-13, -11, 3)])
        lp = LinearProgram.standard(matrix.T @ y + dearer, matrix, np.ones(3))
        run = solve_program(lp)
        assert run.x is not None
        assert run.y is not None
        assert judged(lp, run.x, run.y).right
        np.testing.assert_allclose(run.x[6:], 0, atol=0)


class TestWhatItIsWorth:
    @staticmethod
    def served(sides: list[float], costs: list[float]) -> tuple[LinearProgram, Judged]:
        """Each row served by its own column; the first one is, and the others are not. What is wrong with that."""
        lp = LinearProgram.standard(costs, np.eye(len(sides)), sides)
        x = np.zeros(len(sides))
        x[0] = sides[0]
        return lp, judged(lp, x, lp.c.copy(), Enough())

    @pytest.mark.parametrize("mass", [1e-11, 1e-9, 1e-3])
    def test_a_mass_that_costs_something_is_wrong_if_it_is_let_go(self, mass: float) -> None:
        assert self.served([1, mass], [1, 1])[1].primal == mass

    @pytest.mark.parametrize("mass", [1e-13, 1e-20, 1e-300])
    def test_a_mass_that_costs_nothing_beside_the_value_may_be_let_go(self, mass: float) -> None:
        lp, found = self.served([1, mass], [1, 1])
        assert found.right
        assert found.leaves
        assert judged(lp, found.x, found.y).primal == mass

    def test_it_is_the_cost_that_counts(self) -> None:
        assert not self.served([1, 1e-20], [1, 1e10])[1].right
        assert self.served([1, 1e-8], [1e6, 1e-6])[1].primal == 1e-8  # could be served at a price of 1e6 elsewhere

    def test_many_small_masses_count_as_much_as_a_larger_one(self) -> None:
        found = self.served([1.0, *[1e-14] * 1000], [1.0] * 1001)[1]
        assert not found.right
        assert 0 < found.rows.sum() <= 100

    def test_nothing_is_let_go_where_the_value_is_0_or_cancels(self) -> None:
        assert not self.served([1, 1e-20], [0, 0])[1].right
        assert not self.served([1, 1e-20], [0, 1])[1].right

    @pytest.mark.parametrize("seed", range(10))
    def test_what_is_let_go_costs_less_than_the_part_of_the_value(self, seed: int) -> None:
        lp = spread(seed, orders=40)
        run = solve_program(lp)
        assert run.x is not None
        assert run.y is not None
        left = judged(lp, run.x, run.y, Enough()).rows
        assert 0 < left.sum() < lp.shape[0]
        assert lp.row_lower[left].sum() * np.abs(run.y).max() <= WORTH * lp.value(run.x)

    @pytest.mark.parametrize("seed", range(8))
    def test_where_it_costs_little_work_the_least_mass_is_served_as_exactly_as_the_largest(self, seed: int) -> None:
        lp = spread(seed, orders=24)
        run = solve_program(lp)
        assert run.x is not None
        np.testing.assert_allclose(lp.A @ run.x, lp.row_lower, rtol=1e-9)

    @pytest.mark.parametrize("seed", range(8))
    def test_a_mass_of_1e_30_is_served(self, seed: int) -> None:
        lp = spread(seed, orders=30)
        run = solve_program(lp)
        assert run.x is not None
        np.testing.assert_allclose(lp.A @ run.x, lp.row_lower, rtol=1e-6)

    def test_a_price_of_next_to_nothing_may_be_wrong(self) -> None:
        """The column of cost 1e-20 is the better one by 1e-20: nobody would know."""
        lp = LinearProgram.standard([1.0, 2e-20, 1e-20], [[1, 0, 0], [0, 1, 1]], [1, 1])
        found = judged(lp, np.array([1.0, 1.0, 0.0]), np.array([1.0, 2e-20]), Enough())
        assert found.right
        assert found.leaves
        assert judged(lp, found.x, found.y).dual == pytest.approx(1e-20)


def gaussian(n: int, middle: float, width: float) -> FloatArray:
    mass = np.exp(-(((np.arange(n) - middle) / width) ** 2) / 2)
    return np.asarray(mass / mass.sum())


def on_the_line(middle: float) -> om.TransportProblem:
    """Two Gaussians on 64 bins, squared distances as a matrix of costs."""
    n = 64
    steps = np.arange(n)[:, None] - np.arange(n)
    return om.TransportProblem(gaussian(n, 20, 1.5), gaussian(n, middle, 3), steps.astype(float) ** 2)


def monotone_value(a: FloatArray, b: FloatArray) -> Fraction:
    """The optimal value on the line, squared distances: both measures filled from the left, in rational numbers."""
    source, target = [Fraction(mass) for mass in a.tolist()], [Fraction(mass) for mass in b.tolist()]
    scale = sum(source, Fraction(0)) / sum(target, Fraction(0))
    target, value, i, j = [scale * mass for mass in target], Fraction(0), 0, 0
    while i < len(source) and j < len(target):
        moved = min(source[i], target[j])
        value += moved * (i - j) ** 2
        source[i], target[j] = source[i] - moved, target[j] - moved
        if source[i]:
            j += 1
        else:
            i += 1
    return value


class TestMassesOverHundredsOfOrders:
    @pytest.mark.parametrize(("form", "language"), SOLVERS)
    @pytest.mark.parametrize("middle", [20, 44])
    def test_gaussians_on_the_line_as_a_cost_matrix(self, middle: int, form: str, language: str) -> None:
        solution = om.solve(on_the_line(middle), form, language)
        assert solution.certificate.passed
        value = monotone_value(gaussian(64, 20, 1.5), gaussian(64, middle, 3))
        lower, upper = solution.interval
        assert Fraction(lower) <= value <= Fraction(upper)

    def test_a_program_of_which_most_rows_ask_for_next_to_nothing_is_begun_by_the_primal_simplex_method(self) -> None:
        run = solve_program(om.build(on_the_line(44), language="highspy").linear_program())
        assert run.status.termination is Termination.OPTIMAL
        assert run.algorithm == "primal simplex"
        assert solve_program(spread(0)).algorithm == "dual simplex"


@pytest.mark.parametrize(("columns", "algorithm"), [(20, "interior point"), (300, "dual simplex")])
def test_interior_points_are_for_many_rows_of_few_entries(columns: int, algorithm: str) -> None:
    rows = 4000
    many = np.ones((rows, columns))
    names = [f"r{i}" for i in range(rows)], [f"x{j}" for j in range(rows + columns)]
    lp = LinearProgram.standard(
        np.ones(rows + columns), hstack([eye_array(rows), csc_array(many)], format="csc"), np.ones(rows), *names
    )
    assert solve_program(lp, time_limit=1e-9).algorithm.startswith(algorithm)


@pytest.mark.parametrize("seed", range(10))
def test_refined_answers_are_certified(seed: int) -> None:
    for lp in (spread(seed), mixed(seed)):
        run = solve_program(lp)
        assert run.x is not None
        assert run.y is not None
        assert certify(lp, run.x, run.y).passed
