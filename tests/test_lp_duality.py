"""Duality of linear programs: the dual, conversions, weak duality term by term, Farkas' lemma, strong duality out of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError, SolveError
from otmodels.lp import LinearProgram, certify, eps_sweep, farkas, repair, weak_duality
from otmodels.status import Termination

INF = np.inf
modest = settings(deadline=None, max_examples=60)


@st.composite
def programs(draw: st.DrawFn, most: int = 8) -> LinearProgram:
    """Integer programs of every kind: all sorts of rows, bounds, directions; feasible, infeasible and unbounded ones."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(0, most)), draw(st.integers(0, most))
    matrix = rng.integers(-3, 4, (rows, columns)).astype(np.float64)
    low, high = np.sort(rng.integers(-5, 6, (2, rows)).astype(np.float64), axis=0)
    least, most_of = np.sort(rng.integers(-3, 4, (2, columns)).astype(np.float64), axis=0)
    kinds, signs = rng.integers(0, 5, rows), rng.integers(0, 6, columns)
    row_lower = np.select([kinds == 0, kinds == 1, kinds == 4], [-INF, low, -INF], low)
    row_upper = np.select([kinds == 1, kinds == 2, kinds == 4], [INF, low, INF], high)
    lower = np.select([signs == 0, signs == 1, signs == 2], [0.0, -INF, -INF], least)
    upper = np.select([signs == 0, signs == 1, signs == 2, signs == 3], [INF, 0.0, INF, INF], most_of)
    return LinearProgram(
        rng.integers(-4, 5, columns).astype(np.float64),
        csc_array(matrix),
        row_lower,
        row_upper,
        lower,
        upper,
        [f"row {k}" for k in range(rows)],
        [f"x {k}" for k in range(columns)],
        "max" if rng.random() < 0.5 else "min",
        float(rng.integers(-3, 4)),
    )


def same(one: LinearProgram, two: LinearProgram) -> None:
    assert (one.sense, one.offset, one.shape) == (two.sense, two.offset, two.shape)
    assert (list(one.row_names), list(one.column_names)) == (list(two.row_names), list(two.column_names))
    for name in ("c", "row_lower", "row_upper", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    np.testing.assert_array_equal(one.A.toarray(), two.A.toarray())


class TestDual:
    @given(programs())
    @modest
    def test_of_the_dual_is_the_normal_form_again(self, program: LinearProgram) -> None:
        normal = program.normal_form().program
        same(normal.dual().dual(), normal)
        same(program.dual().dual(), normal)

    @given(programs())
    @modest
    def test_has_the_multipliers_as_its_point_and_the_same_value(self, program: LinearProgram) -> None:
        normal = program.normal_form()
        primal, dual = normal.program.solve(), normal.program.dual().solve()
        if primal.certificate is None:
            assert dual.certificate is None
            return
        assert primal.certificate.passed
        assert dual.certificate is not None
        assert dual.certificate.passed
        assert primal.x is not None
        assert dual.x is not None
        assert dual.y is not None
        assert primal.value == pytest.approx(dual.value, rel=1e-9, abs=1e-9)
        assert certify(normal.program, dual.y, dual.x).passed
        assert certify(program, normal.point(primal.x), normal.multipliers(dual.x)).passed

    @pytest.mark.parametrize(
        ("c", "matrix", "b", "primal", "dual"),
        [
            ([1.0], [[1.0]], [1.0], "optimal", "optimal"),
            ([-1.0], [[1.0]], [1.0], "unbounded", "infeasible"),
            ([1.0], [[-1.0]], [1.0], "infeasible", "unbounded"),
            ([-1.0, 0.0], [[0.0, -1.0]], [1.0], "infeasible", "infeasible"),
        ],
    )
    def test_every_pair_of_the_duality_table(self, c: Any, matrix: Any, b: Any, primal: str, dual: str) -> None:
        """min c'x, A x >= b, x >= 0; that neither is feasible is possible, that both are unbounded is not."""
        program = LinearProgram.canonical(c, matrix, b)
        for stated, expected in ((program, primal), (program.dual(), dual)):
            found = stated.solve()
            assert found.status.termination.name.lower() == expected
            assert found.verified

    @given(programs())
    @modest
    def test_highs_s_own_multipliers_are_its_optimal_point(self, program: LinearProgram) -> None:
        """Not those of otmodels' own solve: HiGHS as it comes, on the model that the program states."""
        normal = program.normal_form().program
        if 0 in normal.shape:
            return
        highs = normal.to_highspy()
        highs.setOptionValue("output_flag", False)
        highs.run()
        if highs.getModelStatus().name != "kOptimal":
            return
        answer = highs.getSolution()
        x, y = np.array(answer.col_value), np.array(answer.row_dual)
        assert certify(normal, x, y).passed
        assert certify(normal.dual(), y, x).passed

    def test_names_change_places(self) -> None:
        bread = LinearProgram.canonical([2, 3], [[1, 1], [1, 2]], [4, 6], ["flour", "yeast"], ["rye", "wheat"])
        dual = bread.dual()
        assert (list(dual.row_names), list(dual.column_names)) == (["rye", "wheat"], ["flour", "yeast"])
        assert dual.solve().value == pytest.approx(bread.solve().value) == 10


class TestConversion:
    @given(programs())
    @modest
    def test_an_answer_in_standard_and_canonical_form_is_one_of_the_program(self, program: LinearProgram) -> None:
        direct = program.solve()
        for converted in (program.standard_form(), program.canonical_form()):
            stated = converted.program
            assert stated.sense == "min"
            assert (stated.lower == 0).all()
            assert np.isposinf(stated.upper).all()
            solution = stated.solve()
            assert (solution.certificate is None) == (direct.certificate is None)
            if solution.certificate is None:
                continue
            assert solution.x is not None
            assert solution.y is not None
            assert certify(program, converted.point(solution.x), converted.multipliers(solution.y)).passed
            turned = -1 if program.sense == "max" else 1
            assert turned * solution.value == pytest.approx(direct.value, rel=1e-9, abs=1e-9)

    def test_forms_are_what_they_are_called(self) -> None:
        program = LinearProgram.canonical([1, -1], [[1, 2], [3, 4]], [1, 2]).standard_form().program
        np.testing.assert_array_equal(program.row_lower, program.row_upper)
        np.testing.assert_array_equal(program.A.toarray(), [[1, 2, -1, 0], [3, 4, 0, -1]])
        equal = LinearProgram.standard([1], [[2]], [3]).canonical_form().program
        np.testing.assert_array_equal(equal.A.toarray(), [[2], [-2]])
        np.testing.assert_array_equal(equal.row_lower, [3, -3])


class TestWeakDuality:
    @given(programs())
    @modest
    def test_the_gap_is_the_sum_of_its_terms_which_have_one_sign(self, program: LinearProgram) -> None:
        normal = program.normal_form().program
        solution = normal.solve()
        if solution.certificate is None:
            return
        assert solution.x is not None
        assert solution.y is not None
        table = weak_duality(normal, solution.x, solution.y)
        size = 1 + np.abs(solution.x).max(initial=0.0) + np.abs(solution.y).max(initial=0.0)
        assert table["term"].sum() == pytest.approx(float(normal.c @ solution.x - normal.b @ solution.y), abs=1e-9 * size)
        sign = 1 if normal.sense == "min" else -1
        assert (sign * table["term"] >= -1e-9 * size).all()
        assert (table[["primal_violation", "dual_violation"]].to_numpy() <= 1e-9 * size).all()

    def test_says_which_row_is_violated_and_by_how_much(self) -> None:
        program = LinearProgram.canonical([1], [[1]], [2], ["enough"], ["bread"])
        table = weak_duality(program, np.array([0.5]), np.array([3.0]))
        assert table.loc[("y_i (A x - b)_i", "enough"), "primal_violation"] == 1.5
        assert table.loc[("x_j (c - A'y)_j", "bread"), "dual_violation"] == 2
        assert table["term"].sum() == 0.5 - 6

    def test_shapes_and_numbers_are_checked(self) -> None:
        program = LinearProgram.canonical([1], [[1]], [2])
        with pytest.raises(ShapeError):
            weak_duality(program, np.zeros(2), np.zeros(1))
        with pytest.raises(NotANumberError):
            weak_duality(program, np.array([np.nan]), np.zeros(1))


class TestFarkas:
    @given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(0, 30))
    @settings(deadline=None, max_examples=80)
    def test_exactly_one_alternative_holds_exactly(self, seed: int, rows: int, columns: int) -> None:
        rng = np.random.default_rng(seed)
        matrix = rng.integers(-3, 4, (rows, columns))
        right = matrix @ rng.integers(0, 3, columns) if rng.random() < 0.5 else rng.integers(-4, 5, rows)
        answer = farkas(matrix, right)
        assert answer.verified
        assert (answer.x is None) != (answer.y is None)
        assert answer.exact is not None
        exact = answer.exact
        if answer.feasible:
            assert all(entry >= 0 for entry in exact)
            for i in range(rows):
                assert sum((int(matrix[i, j]) * exact[j] for j in range(columns)), Fraction(0)) == int(right[i])
        else:
            for j in range(columns):
                assert sum((int(matrix[i, j]) * exact[i] for i in range(rows)), Fraction(0)) <= 0
            assert sum((int(right[i]) * exact[i] for i in range(rows)), Fraction(0)) == 1

    @pytest.mark.parametrize("short", [0.0, 0.25])
    def test_a_large_system_of_a_transport_problem_is_decided_and_proven(self, short: float) -> None:
        """60 sources that reach only the first 40 targets, which take as much as they hold, or a quarter less."""
        n, m = 60, 60
        pairs = [(i, j) for i in range(n) for j in range(m) if j < 40 or i >= 50]
        rows = np.array([[i for i, _ in pairs], [n + j for _, j in pairs]])
        matrix = csc_array((np.ones(rows.size), (rows.ravel(), np.tile(np.arange(len(pairs)), 2))), shape=(n + m, len(pairs)))
        a = np.concatenate([np.full(50, 1.0), np.full(10, 2.0 + short)])
        b = np.concatenate([np.full(40, (50.0 - 10 * short) / 40), np.full(20, (20 + 20 * short) / 20)])
        answer = farkas(matrix, np.concatenate([a, b]))
        assert answer.verified
        assert answer.feasible == (short == 0.0)
        if not answer.feasible:
            assert answer.exact is not None
            assert answer.y is not None
            assert (matrix.T @ answer.y).max() <= 0

    def test_floats_are_read_as_the_rationals_that_they_are(self) -> None:
        """0.1 + 0.2 is not 0.3: two rows that agree up to rounding contradict each other exactly, and not up to rounding."""
        matrix, right = [[1.0], [1.0]], [0.1 + 0.2, 0.3]
        assert not farkas(matrix, right).feasible
        assert farkas(matrix, right, exact=False).feasible
        assert farkas([[Fraction(1, 3)]], [Fraction(1, 9)]).exact == (Fraction(1, 3),)

    @pytest.mark.parametrize(
        ("matrix", "right", "kind"),
        [
            ([[1, 2]], [1, 2], ShapeError),
            ([[np.nan]], [1], NotANumberError),
            ([[1]], [np.inf], InfiniteValueError),
            ([["a"]], [1], ShapeError),
        ],
    )
    def test_bad_input_is_refused(self, matrix: Any, right: Any, kind: type[InputError]) -> None:
        with pytest.raises(kind):
            farkas(matrix, right)

    def test_empty_systems_have_an_answer(self) -> None:
        assert farkas(np.zeros((0, 3)), np.zeros(0)).feasible
        assert farkas(np.zeros((2, 0)), np.zeros(2)).feasible
        assert not farkas(np.zeros((2, 0)), [0.0, 1.0]).feasible


class TestStrongDuality:
    @given(programs(5))
    @settings(deadline=None, max_examples=25)
    def test_the_dual_value_comes_as_close_as_eps(self, program: LinearProgram) -> None:
        stated = program.standard_form().program
        solution = stated.solve()
        if solution.certificate is None:
            with pytest.raises(SolveError):
                eps_sweep(program, [1.0])
            return
        assert solution.x is not None
        sweep = eps_sweep(program, [1.0, 1e-3])
        assert sweep.exact
        assert sweep.value == pytest.approx(float(stated.c @ solution.x), rel=1e-9, abs=1e-9)
        assert [answer.feasible for answer in sweep.answers] == [False, False, True]
        assert all(answer.verified and answer.exact is not None for answer in sweep.answers)
        for k, eps in enumerate(sweep.epsilons[:-1]):
            y = sweep.multipliers(k)
            assert (stated.A.T @ y <= stated.c + 1e-9).all()
            assert float(stated.row_lower @ y) > sweep.value - eps - 1e-12

    def test_on_transport_itself(self) -> None:
        program = om.build(om.read_dataset("data/earth_moving").problem).linear_program()
        table = eps_sweep(program, [0.1, 1e-3, 1e-6]).table()
        assert table["alternative"].tolist() == ["y", "y", "y", "x"]
        assert table["verified"].all()
        assert (table["above_bound"].iloc[:-1] > 0).all()

    def test_eps_counts_in_units_of_the_value(self) -> None:
        assert eps_sweep(LinearProgram.standard([2], [[1]], [3]), [1.0, 0.5]).epsilons == (6, 3, 0)
        assert eps_sweep(LinearProgram.standard([-2], [[1]], [3]), [0.5]).epsilons == (3, 0)
        assert eps_sweep(LinearProgram.standard([0.25], [[1]], [1]), [0.5]).epsilons == (0.5, 0)

    @pytest.mark.parametrize("eps", [0.0, -1, INF, np.nan, "a", None])
    def test_an_eps_that_is_not_positive_is_refused(self, eps: Any) -> None:
        with pytest.raises(ParameterError, match="epsilons"):
            eps_sweep(LinearProgram.standard([1], [[1]], [1]), [eps])

    @pytest.mark.parametrize("claim", [["a", "b"], None, [[1, 2]]])
    def test_what_is_claimed_is_numbers(self, claim: Any) -> None:
        lp = LinearProgram.standard([1, 1], [[1, 1]], [1])
        for ask in (certify, weak_duality):
            with pytest.raises(ShapeError, match="x"):
                ask(lp, claim, np.zeros(1))


class TestRepair:
    def test_of_a_feasible_program_is_nothing(self) -> None:
        assert repair(LinearProgram.standard([1], [[2]], [3])).total == 0

    def test_says_on_which_side_a_row_gives(self) -> None:
        short = LinearProgram.canonical([0, 0], [[-1, 0], [0, 1]], [2, 1])
        assert repair(short).missing.tolist() == [2, 0]
        above = replace(LinearProgram.canonical([0], [[1]], [0]), row_lower=np.array([-INF]), row_upper=np.array([-3.0]))
        assert repair(above).missing.tolist() == [-3]
        assert repair(above).table()[["activity", "loosen_by"]].to_numpy().tolist() == [[0, 3]]

    def test_names_the_rows_in_conflict_and_the_least_that_has_to_give(self) -> None:
        """Two of bread and three of milk, and four of both at the most; the fourth row has no part in it."""
        program = LinearProgram(
            np.zeros(2),
            csc_array(np.array([[1.0, 0], [0, 1], [1, 1], [1, -1]])),
            np.array([2.0, 3, -INF, -INF]),
            np.array([INF, INF, 4.0, 7]),
            np.zeros(2),
            np.full(2, INF),
            ["bread", "milk", "purse", "whim"],
            ["x", "y"],
        )
        assert program.solve().status.termination is Termination.INFEASIBLE
        least = repair(program)
        assert least.total == pytest.approx(1)
        assert least.proven == pytest.approx(1)
        assert sorted(least.table().index) == ["bread", "milk", "purse"]

    @given(programs(6))
    @modest
    def test_is_positive_and_proven_exactly_where_there_is_no_feasible_point(self, program: LinearProgram) -> None:
        least = repair(program)
        feasible = _feasible(program)
        assert (least.total <= 1e-9) == feasible
        assert least.proven == pytest.approx(least.total, abs=1e-8)


def _feasible(program: LinearProgram) -> bool:
    stated: LinearProgram = program.standard_form().program
    right: FloatArray = stated.row_lower
    return farkas(stated.A, right, exact=True).feasible


def test_a_program_that_rounding_leaves_without_an_optimum_is_optimal_to_tolerance() -> None:
    """0.1 + 0.2 is not 0.3: by 2^-54 a step the dual of these masses rises for ever, and nothing is proven of its value."""
    program = om.build(om.TransportProblem([0.1, 0.2], [0.3], [[1.0], [2.0]]), "dual", "highspy").linear_program()
    certificate = om.lp.certify(program, np.array([1.0, 2.0, 0.0]), np.array([0.1, 0.2]))
    assert (certificate.passed, certificate.proven, certificate.word) == (True, False, "optimal to tolerance")
    assert certificate.interval == (-np.inf, np.inf)
    assert "moved by rounding" in certificate.about
    even = om.build(om.TransportProblem([0.25, 0.5], [0.75], [[1.0], [2.0]]), "dual", "highspy").linear_program().solve()
    assert even.certificate is not None
    assert (even.certificate.word, even.certificate.interval) == ("certified optimal", (1.25, 1.25))
