"""Forms of linear programs: whatever the rows and bounds, each form says the same, and answers find their way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from otmodels.arrays import FloatArray
from otmodels.errors import DuplicateLabelError, ParameterError
from otmodels.lp import Conversion, LinearProgram, LPSolution, Names, certify, farkas, weak_duality
from otmodels.status import Termination

INF = np.inf
Sense = Literal["min", "max"]
FORMS: dict[str, Callable[[LinearProgram], Conversion[LinearProgram]]] = {
    "normal": LinearProgram.normal_form,
    "standard": LinearProgram.standard_form,
    "canonical": LinearProgram.canonical_form,
}
every_form = pytest.mark.parametrize("form", list(FORMS.values()), ids=list(FORMS))


def stated(c: Any, A: Any, rows: Any, bounds: Any, sense: Sense = "min", offset: float = 0.0) -> LinearProgram:  # noqa: N803
    """Rows and bounds as pairs (lower, upper)."""
    ends, limits = np.array(rows, dtype=float).reshape(-1, 2), np.array(bounds, dtype=float).reshape(-1, 2)
    matrix = csc_array(np.array(A, dtype=float).reshape(len(ends), len(limits)))
    row_names, names = [f"row {i}" for i in range(len(ends))], [f"x {j}" for j in range(len(limits))]
    (row_lower, row_upper), (lower, upper) = ends.T.copy(), limits.T.copy()
    costs = np.array(c, dtype=float)
    return LinearProgram(costs, matrix, row_lower, row_upper, lower, upper, row_names, names, sense, offset)


def _ends(rng: np.random.Generator, inside: FloatArray, zero: bool) -> FloatArray:
    """Intervals of every kind that hold the given numbers: one point, from below, from above, both, the whole line."""
    down, up = rng.integers(0, 3, (2, inside.size))
    kind = rng.integers(0, 5, inside.size)
    lower = np.select([kind == 2, kind == 4], [-INF, -INF], inside - down * (kind > 0))
    upper = np.select([kind == 1, kind == 4], [INF, INF], inside + up * (kind > 0))
    if zero:
        sign = (rng.random(inside.size) < 0.4) & (inside >= 0)
        lower, upper = np.where(sign, 0.0, lower), np.where(sign, INF, upper)
    return np.stack([lower, upper], axis=1)


def drawn(seed: int, most: int) -> LinearProgram:
    """Integer programs: sparse or full, rows twice over, empty rows and columns; with a point and with multipliers, or not."""
    rng = np.random.default_rng(seed)
    r, k = rng.integers(0, most + 1, 2)
    k = max(k, 1) if r == 0 else k
    matrix = (rng.integers(-3, 4, (r, k)) * (rng.random((r, k)) < rng.choice([0.15, 0.5, 1.0]))).astype(float)
    if r > 1 and rng.random() < 0.5:
        matrix[-1] = matrix[0]
    x = rng.integers(-2, 4, k).astype(float)
    rows, bounds = _ends(rng, matrix @ x, zero=False), _ends(rng, x, zero=True)
    if rng.random() < 0.3:
        rows += rng.integers(-4, 5, (r, 1))
    sense: Sense = "min" if rng.random() < 0.5 else "max"
    c = rng.integers(-4, 5, k).astype(float)
    if rng.random() < 0.6:
        y = rng.integers(-2, 3, r) * 1.0
        y[np.isinf(rows).all(axis=1)] = 0
        y = np.where(np.isneginf(rows[:, 0]), -abs(y), np.where(np.isposinf(rows[:, 1]), abs(y), y))
        z = rng.integers(-2, 3, k) * 1.0
        z[np.isinf(bounds).all(axis=1)] = 0
        z = np.where(np.isneginf(bounds[:, 0]), -abs(z), np.where(np.isposinf(bounds[:, 1]), abs(z), z))
        c = (matrix.T @ y + z) * (1 if sense == "min" else -1)
    return stated(c, matrix, rows, bounds, sense, float(rng.integers(-3, 4)))


def programs(most: int) -> st.SearchStrategy[LinearProgram]:
    return st.integers(0, 2**32 - 1).map(lambda seed: drawn(seed, most))


def feasible(lp: LinearProgram) -> bool:
    """Whether there is a point, by Farkas' lemma and in rational numbers."""
    form = lp.standard_form().program
    answer = farkas(form.A, form.row_lower, exact=True)
    assert answer.verified
    assert answer.exact is not None
    return answer.feasible


def answer_of(solution: LPSolution) -> tuple[FloatArray, FloatArray]:
    assert solution.certificate is not None
    assert solution.certificate.passed, solution.certificate.verdict
    assert solution.x is not None
    assert solution.y is not None
    return solution.x, solution.y


TABLE = {
    (True, True): (Termination.OPTIMAL, Termination.OPTIMAL),
    (True, False): (Termination.UNBOUNDED, Termination.INFEASIBLE),
    (False, True): (Termination.INFEASIBLE, Termination.UNBOUNDED),
    (False, False): (Termination.INFEASIBLE, Termination.INFEASIBLE),
}
"""What a program and its dual end with, by whether they have a feasible point (Dantzig 1963, chapter 6)."""


class TestDualityTable:
    @pytest.mark.parametrize("most", [3, 6])
    def test_feasibility_of_a_program_and_its_dual_decide_how_both_end(self, most: int) -> None:
        seen: Counter[tuple[bool, bool]] = Counter()
        for seed in range(150):
            lp = drawn(seed, most)
            dual = lp.dual()
            case = feasible(lp), feasible(dual)
            ends = lp.solve().status.termination, dual.solve().status.termination
            assert ends == TABLE[case], (seed, case, ends)
            seen[case] += 1
        assert set(seen) == set(TABLE)

    @given(programs(30))
    @settings(deadline=None, max_examples=60)
    def test_one_ends_optimal_where_and_only_where_the_other_does_and_at_the_same_value(self, lp: LinearProgram) -> None:
        primal, dual = lp.solve(), lp.dual().solve()
        assert primal.status.optimal == dual.status.optimal
        assert Termination.UNBOUNDED not in (primal.status.termination, dual.status.termination) or not primal.status.optimal
        assert {primal.status.termination, dual.status.termination} != {Termination.UNBOUNDED}
        if primal.status.optimal:
            x, y = answer_of(primal)
            price, point = answer_of(dual)
            np.testing.assert_allclose(lp.value(x), lp.dual().value(price), rtol=1e-9, atol=1e-9)
            assert certify(lp, point, lp.normal_form().multipliers(price)).passed
            assert certify(lp, x, y).passed

    @given(programs(30))
    @settings(deadline=None, max_examples=40)
    def test_the_dual_of_the_dual_is_the_normal_form_to_the_last_name(self, lp: LinearProgram) -> None:
        normal, twice = lp.normal_form().program, lp.dual().dual()
        rows, columns = (np.arange(size) for size in normal.shape)
        assert twice.same_as(normal, rows, columns)
        assert list(twice.row_names) == list(normal.row_names)
        assert list(twice.column_names) == list(normal.column_names) == list(lp.column_names)
        once = lp.dual()
        assert (list(once.row_names), list(once.column_names)) == (list(normal.column_names), list(normal.row_names))
        assert once.sense != lp.sense

    @pytest.mark.parametrize("sense", ["min", "max"])
    def test_signs_of_the_dual_follow_those_of_the_rows_and_variables(self, sense: Sense) -> None:
        """Written out: rows >=, <=, =; variables >= 0, <= 0, free."""
        lp = stated([1, 2, 3], np.eye(3), [(4, INF), (-INF, 5), (6, 6)], [(0, INF), (-INF, 0), (-INF, INF)], sense, 7)
        dual = lp.dual()
        least = [(0, INF), (-INF, 0), (-INF, INF)]
        signs, rows = (least, [(-INF, 1), (2, INF), (3, 3)]) if sense == "min" else (
            [(-INF, 0), (0, INF), (-INF, INF)], [(1, INF), (-INF, 2), (3, 3)]
        )  # fmt: skip
        assert list(zip(dual.lower, dual.upper, strict=True)) == signs
        assert list(zip(dual.row_lower, dual.row_upper, strict=True)) == rows
        assert (dual.c.tolist(), dual.offset, dual.sense) == ([4, 5, 6], 7, "max" if sense == "min" else "min")


class TestForms:
    @every_form
    @given(lp=programs(12))
    @settings(deadline=None, max_examples=40)
    def test_they_end_alike_and_their_answers_come_back_certified(self, form: Any, lp: LinearProgram) -> None:
        converted = form(lp)
        assert feasible(converted.program) == feasible(lp)
        solution = converted.program.solve()
        assert solution.status.optimal == lp.solve().status.optimal
        if solution.status.optimal:
            x, y = answer_of(solution)
            point, multipliers = converted.point(x), converted.multipliers(y)
            certificate = certify(lp, point, multipliers)
            assert certificate.passed, certificate.verdict
            turned = -1 if lp.sense == "max" and form is not FORMS["normal"] else 1
            np.testing.assert_allclose(turned * solution.value, lp.value(point), rtol=1e-9, atol=1e-9)

    @given(programs(8))
    @settings(deadline=None, max_examples=100)
    def test_each_is_of_its_form(self, lp: LinearProgram) -> None:
        normal, standard, canonical = (form(lp).program for form in FORMS.values())
        assert normal.shape[1] == lp.shape[1]
        assert (normal.c == lp.c).all()
        for least, most in zip(normal.lower, normal.upper, strict=True):
            assert (least, most) in {(0, INF), (-INF, 0), (-INF, INF)}
        assert np.isfinite(normal.b).all()
        for program in (standard, canonical):
            assert program.sense == "min"
            assert not program.lower.any()
            assert np.isposinf(program.upper).all()
        assert (standard.row_lower == standard.row_upper).all()
        assert np.isfinite(canonical.row_lower).all()
        assert np.isposinf(canonical.row_upper).all()

    @every_form
    @given(lp=programs(8))
    @settings(deadline=None, max_examples=40)
    def test_a_form_of_a_form_is_itself(self, form: Any, lp: LinearProgram) -> None:
        once = form(lp).program
        twice = form(once).program
        assert twice.same_as(once, *(np.arange(size) for size in once.shape))
        assert list(twice.row_names) == list(once.row_names)
        assert list(twice.column_names) == list(once.column_names)

    @given(programs(8))
    @settings(deadline=None, max_examples=40)
    def test_conversions_in_a_row_lead_back_in_one_step(self, lp: LinearProgram) -> None:
        first = lp.standard_form()
        second = first.program.canonical_form()
        both = first.then(second)
        assert (both.original, both.program) == (lp, second.program)
        solution = both.program.solve()
        assume(solution.status.optimal)
        x, y = answer_of(solution)
        assert certify(lp, both.point(x), both.multipliers(y)).passed

    def test_names_say_what_became_of_rows_and_variables(self) -> None:
        lp = stated(
            np.ones(6),
            np.ones((4, 6)),
            [(1, 1), (1, 2), (-INF, INF), (-INF, 3)],
            [(0, INF), (-INF, 0), (-INF, INF), (1, 1), (0, 2), (-1, INF)],
        )
        normal, standard, canonical = (form(lp).program for form in FORMS.values())
        bounds = ["x 3 (fixed)", "x 4 (upper bound)", "x 5 (lower bound)"]
        rows = ["row 0", "row 1 (lower)", "row 1 (upper)", "row 3", *bounds]
        assert list(normal.row_names) == list(standard.row_names) == rows
        split = ["x 0", "x 1 (negated)", "x 2 (+)", "x 3 (+)", "x 4", "x 5 (+)", "x 2 (-)", "x 3 (-)", "x 5 (-)"]
        slack = [f"slack of {name}" for name in rows if name not in ("row 0", "x 3 (fixed)")]
        assert list(standard.column_names) == split + slack
        assert list(canonical.column_names) == split
        held = ["row 0", "row 1 (lower)", "x 3 (fixed)", "x 5 (lower bound)"]
        turned = ["row 0", "row 1 (upper)", "row 3", "x 3 (fixed)", "x 4 (upper bound)"]
        assert list(canonical.row_names) == held + [f"{name} (negated)" for name in turned]

    def test_a_name_that_another_has_is_followed_by_a_prime(self) -> None:
        lp = replace(
            stated([1, 1, 1], np.ones((4, 3)), [(1, 2), (0, INF), (-INF, 5), (-INF, 6)], [(-INF, INF), (0, 3), (0, INF)]),
            row_names=["r", "r (lower)", "x (upper bound)", "r (lower)'"],
            column_names=["x (-)", "x", "slack of r (upper)"],
        )
        normal, standard, canonical = (form(lp).program for form in FORMS.values())
        rows = ["r (lower)''", "r (upper)", "r (lower)", "x (upper bound)", "r (lower)'", "x (upper bound)'"]
        assert list(normal.row_names) == list(standard.row_names) == rows
        assert list(lp.dual().column_names) == rows
        assert list(standard.column_names)[:6] == [
            "x (-) (+)",
            "x",
            "slack of r (upper)",
            "x (-) (-)",
            "slack of r (lower)''",
            "slack of r (upper)'",
        ]
        assert len(set(canonical.row_names)) == len(canonical.row_names)
        free = replace(stated([0, 0], [[1, 1]], [(1, 1)], [(-INF, INF), (0, INF)]), column_names=["x", "x (-)"])
        assert list(free.standard_form().program.column_names) == ["x (+)", "x (-)", "x (-)'"]
        turned = replace(stated([0], [[1], [1]], [(-INF, 1), (0, INF)], [(0, INF)]), row_names=["r", "r (negated)"])
        assert list(turned.canonical_form().program.row_names) == ["r (negated)", "r (negated)'"]

    @every_form
    @pytest.mark.parametrize("bounds", [(2, 1), (0, -1), (1, 0), (-1, -2)])
    def test_bounds_that_cross_have_no_point_in_any_form(self, form: Any, bounds: tuple[float, float]) -> None:
        for lp in (stated([1], [[1]], [(-9, 9)], [bounds]), stated([1], [[1]], [bounds], [(-INF, INF)])):
            assert not feasible(lp)
            assert not feasible(form(lp).program)
            assert form(lp).program.solve().status.termination is Termination.INFEASIBLE

    def test_names_that_repeat_are_refused_where_programs_are_compared(self) -> None:
        with pytest.raises(DuplicateLabelError, match="column_names: repeats 'Ulm'"):
            LinearProgram.standard([1, 1], [[1, 2]], [3], ["r"], ["Ulm", "Ulm"])
        lp = replace(LinearProgram.standard([1, 1], [[1, 2]], [3]), column_names=Names(2, lambda: ["Ulm", "Ulm"]))
        with pytest.raises(DuplicateLabelError, match="column_names: repeats 'Ulm'"):
            lp.ordered()
        with pytest.raises(DuplicateLabelError, match="row_names: repeats 'Ulm'"):
            lp.dual().ordered()


class TestWeakDuality:
    @given(programs(6), st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=200)
    def test_whatever_the_point_and_multipliers_their_terms_sum_to_the_gap(self, lp: LinearProgram, seed: int) -> None:
        """In whole numbers, so that nothing rounds; where nothing is violated, the terms have the sign of the direction."""
        rng = np.random.default_rng(seed)
        normal = lp.normal_form().program
        x, y = rng.integers(-2, 4, normal.shape[1]).astype(float), rng.integers(-2, 3, normal.shape[0]).astype(float)
        table = weak_duality(normal, x, y)
        assert table["term"].sum() == normal.c @ x - normal.b @ y
        assert (table["first"] * table["second"] == table["term"]).all()
        sign, outside = (1 if normal.sense == "min" else -1), table[["primal_violation", "dual_violation"]].to_numpy()
        assert (outside >= 0).all()
        if not outside.any():
            assert (sign * table["term"] >= 0).all()
        activity, z = normal.A @ x, normal.c - normal.A.T @ y
        in_rows = (normal.row_lower <= activity) & (activity <= normal.row_upper)
        in_bounds = (normal.lower <= x) & (x <= normal.upper)
        np.testing.assert_array_equal(table["primal_violation"] == 0, np.concatenate([in_bounds, in_rows]))
        dual = normal.dual()
        priced = (dual.row_lower <= normal.A.T @ y) & (normal.A.T @ y <= dual.row_upper)
        signed = (dual.lower <= y) & (y <= dual.upper)
        np.testing.assert_array_equal(table["dual_violation"] == 0, np.concatenate([priced, signed]))
        np.testing.assert_array_equal(table["second"], np.concatenate([z, activity - normal.b]))

    @pytest.mark.parametrize("sense", ["min", "max"])
    def test_feasible_pairs_have_terms_of_one_sign(self, sense: Sense) -> None:
        found = 0
        for seed in range(100):
            normal = drawn(seed, 5).normal_form().program
            if normal.sense != sense:
                continue
            points = [normal.solve(), stated_without_costs(normal).solve()]
            prices = [normal.dual().solve(), stated_without_costs(normal.dual()).solve()]
            for x in (p.x for p in points if p.status.optimal and p.x is not None):
                for y in (p.x for p in prices if p.status.optimal and p.x is not None):
                    table = weak_duality(normal, x, y)
                    assert ((1 if sense == "min" else -1) * table["term"] >= -1e-9).all()
                    found += bool(abs(table["term"].sum()) > 1e-6)
        assert found > 20

    @pytest.mark.parametrize(
        ("rows", "bounds", "word"),
        [
            ([(0, 1)], [(0, INF)], "row row 0"),
            ([(-INF, INF)], [(0, INF)], "row row 0"),
            ([(0, 0)], [(0, 5)], "variable x 0"),
            ([(0, 0)], [(-1, INF)], "variable x 0"),
            ([(0, 0)], [(-INF, 1)], "variable x 0"),
            ([(0, 0)], [(0, 0)], "variable x 0"),
        ],
    )
    def test_a_program_whose_terms_could_have_any_sign_is_refused(self, rows: Any, bounds: Any, word: str) -> None:
        lp = stated([-1], [[0]], rows, bounds)
        with pytest.raises(ParameterError, match=word):
            weak_duality(lp, np.zeros(1), np.zeros(1))
        normal = lp.normal_form().program
        assert weak_duality(normal, np.zeros(1), np.zeros(normal.shape[0]))["term"].sum() == 0


def stated_without_costs(lp: LinearProgram) -> LinearProgram:
    """Any feasible point is optimal here."""
    bounds = np.stack([lp.lower, lp.upper], axis=1)
    return stated(np.zeros(lp.shape[1]), lp.A.toarray(), np.stack([lp.row_lower, lp.row_upper], axis=1), bounds)
