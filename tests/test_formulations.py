"""Formulations: the page, cvxpy, pyomo and arrays state one and the same program, line by line and name by name."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from places import roads

import otmodels as om
from otmodels import formulations
from otmodels.errors import InputError, LabelMismatchError, ShapeError, UnknownNameError
from otmodels.formulations import KANTOROVICH, LIPSCHITZ, Links, Support, formulation, kantorovich, lipschitz
from otmodels.languages import LANGUAGES
from otmodels.lp import LinearProgram
from otmodels.network import network

INF = float("inf")
TAG = re.compile(r"\(([PDLB]\d)\)")
BUILDERS = [
    (page, section, f"{section.lower()}_{language}")
    for page, sections in ((kantorovich, ("Primal", "Dual")), (lipschitz, ("Lipschitz", "Flow")))
    for section in sections
    for language in ("cvxpy", "pyomo")
]


def tags_of_page(page: ModuleType, section: str) -> list[str]:
    """The tags in the section of the docstring that starts with its name on a line of its own."""
    body = (inspect.getdoc(page) or "").split(f"\n{section}\n", 1)[1]
    lines = []
    for line in body.splitlines():
        if not line.startswith("    ") and line.strip():
            break
        lines.append(line)
    return TAG.findall("\n".join(lines))


def tags_of_builder(page: ModuleType, name: str) -> list[str]:
    """The tags at the ends of a builder's lines, in order."""
    source = inspect.getsource(getattr(page, name))
    return [tag for line in source.splitlines() if "#" in line for tag in TAG.findall(line.rsplit("#", 1)[1])]


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


class TestPage:
    @pytest.mark.parametrize(("page", "section", "builder"), BUILDERS)
    def test_a_builder_follows_the_page_line_by_line(self, page: ModuleType, section: str, builder: str) -> None:
        assert tags_of_builder(page, builder) == tags_of_page(page, section)

    def test_the_page_has_every_tag_once(self) -> None:
        assert sorted(tags_of_page(kantorovich, "Primal")) == ["P0", "P1", "P2", "P3"]
        assert sorted(tags_of_page(kantorovich, "Dual")) == ["D0", "D1"]
        assert sorted(tags_of_page(lipschitz, "Lipschitz")) == ["L0", "L1"]
        assert sorted(tags_of_page(lipschitz, "Flow")) == ["B0", "B1", "B2"]

    @pytest.mark.parametrize(("page", "section", "builder"), BUILDERS)
    def test_every_line_that_states_the_program_ends_in_its_tag(self, page: ModuleType, section: str, builder: str) -> None:
        """A constraint, an objective or a variable of either language is declared in a statement that carries a tag."""
        source = inspect.getsource(getattr(page, builder))
        lines = source.splitlines()
        stating = {"Variable", "Minimize", "Maximize", "Var", "Objective", "Constraint"}
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assign):
                called = {
                    call.func.attr
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
                }
                compares = any(
                    isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq | ast.LtE) for part in ast.walk(node)
                )
                free = section in ("Dual", "Lipschitz") and called & {"Variable", "Var"}
                if (called & stating or compares) and not free:
                    assert TAG.search(lines[(node.end_lineno or node.lineno) - 1]), ast.unparse(node)

    def test_the_two_languages_use_the_same_names(self) -> None:
        problem = om.TransportProblem([1, 2], [2, 1], [[0, 1], [2, 3]])
        for form in (*KANTOROVICH, *LIPSCHITZ):
            stated = problem if form in KANTOROVICH else three_places()
            models = [om.build(stated, form, language) for language in LANGUAGES]
            assert len({tuple(model.variables) for model in models}) == 1
            assert len({tuple(model.constraints) for model in models}) == 1

    def test_a_page_that_is_out_of_order_would_be_noticed(self) -> None:
        assert tags_of_page(kantorovich, "Primal") != sorted(tags_of_page(kantorovich, "Primal"))
        assert tags_of_page(lipschitz, "Flow") != sorted(tags_of_page(lipschitz, "Flow"))


STRINGS = (["Seattle", "San Diego"], ["New York", "Chicago", "Topeka"])
INTEGERS = ([10, 2], [7, 1, 33])
TUPLES = ([(0, 1), (1, 0)], [("a", 1), ("a", 2), ("b", 1)])
DATES = (list(pd.to_datetime(["2020-01-01", "2020-01-02"])), [0.5, 1.5, 2.5])
labelled = pytest.mark.parametrize("labels", [STRINGS, INTEGERS, TUPLES, DATES], ids=["strings", "integers", "tuples", "dates"])

FULL = [[2.5, 1.7, 1.8], [2.5, 0.0, -1.4]]
FORBIDDEN = [[2.5, INF, 1.8], [INF, 1.8, 1.4]]
GIVEN = [(1, 2), (0, 0), (0, 2), (1, 1), (0, 0)]
supported = pytest.mark.parametrize(
    ("cost", "support"),
    [(FULL, "full"), (FORBIDDEN, "full"), (FULL, GIVEN), (FORBIDDEN, GIVEN)],
    ids=["full", "forbidden", "given", "given among allowed"],
)


def two_by_three(labels: Any = STRINGS, cost: Any = FULL) -> om.TransportProblem:
    source, target = labels
    return om.TransportProblem(om.Measure([350, 600], labels=source), om.Measure([325, 300, 325], labels=target), cost)


def compiled(language: str, form: str, problem: om.TransportProblem, support: Any = "full") -> LinearProgram:
    return om.build(problem, form, language, support=support).linear_program().ordered()


def assert_same(one: LinearProgram, two: LinearProgram) -> None:
    assert list(one.row_names) == list(two.row_names)
    assert list(one.column_names) == list(two.column_names)
    assert (one.sense, one.offset) == (two.sense, two.offset)
    for name in ("c", "row_lower", "row_upper", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    np.testing.assert_array_equal(one.A.toarray(), two.A.toarray())
    assert one.same_as(two, np.arange(one.shape[0]), np.arange(one.shape[1]))


class TestOneProgram:
    @pytest.mark.parametrize("form", KANTOROVICH)
    @labelled
    @supported
    def test_every_language_states_it(self, form: str, labels: Any, cost: Any, support: Any) -> None:
        problem = two_by_three(labels, cost)
        first = compiled("highspy", form, problem, support)
        for language in LANGUAGES:
            assert_same(compiled(language, form, problem, support), first)
        assert_same(formulation(form, "cvxpy").program(Support(problem, support)).ordered(), first)

    @pytest.mark.parametrize("form", KANTOROVICH)
    @pytest.mark.parametrize("seed", range(5))
    def test_every_language_states_it_with_other_numbers(self, form: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 7, 2)
        a = rng.random(n) * (rng.random(n) < 0.8)
        a[0] = 1
        b = rng.random(m)
        cost = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-9, 9)
        problem = om.TransportProblem(a, b * (a.sum() / b.sum()), cost)
        first = compiled("highspy", form, problem)
        for language in LANGUAGES:
            assert_same(compiled(language, form, problem), first)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_primal_is_the_one_written_by_hand(self, language: str) -> None:
        lp = compiled(language, "primal", two_by_three())
        pairs = [f"gamma[{i},{j}]" for i in STRINGS[0] for j in STRINGS[1]]
        rows = [f"source_marginal[{i}]" for i in STRINGS[0]] + [f"target_marginal[{j}]" for j in STRINGS[1]]
        by_hand = pd.DataFrame(
            [
                [1, 1, 1, 0, 0, 0],
                [0, 0, 0, 1, 1, 1],
                [1, 0, 0, 1, 0, 0],
                [0, 1, 0, 0, 1, 0],
                [0, 0, 1, 0, 0, 1],
            ],
            index=rows,
            columns=pairs,
        )
        stated = pd.DataFrame(lp.A.toarray(), index=list(lp.row_names), columns=list(lp.column_names))
        pd.testing.assert_frame_equal(stated.loc[rows, pairs], by_hand.astype(float))
        assert pd.Series(lp.b, list(lp.row_names))[rows].tolist() == [350, 600, 325, 300, 325]
        assert pd.Series(lp.c, list(lp.column_names))[pairs].tolist() == [2.5, 1.7, 1.8, 2.5, 0, -1.4]
        assert (lp.row_lower == lp.row_upper).all()
        assert (lp.lower.tolist(), lp.upper.tolist()) == ([0] * 6, [INF] * 6)
        assert (lp.sense, lp.offset) == ("min", 0)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_dual_is_its_transpose(self, language: str) -> None:
        lp = compiled(language, "dual", two_by_three())
        pairs = [f"below_cost[{i},{j}]" for i in STRINGS[0] for j in STRINGS[1]]
        potentials = [f"f[{i}]" for i in STRINGS[0]] + [f"g[{j}]" for j in STRINGS[1]]
        by_hand = np.array(
            [[1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1], [0, 1, 1, 0, 0], [0, 1, 0, 1, 0], [0, 1, 0, 0, 1]], dtype=float
        )
        stated = pd.DataFrame(lp.A.toarray(), index=list(lp.row_names), columns=list(lp.column_names))
        np.testing.assert_array_equal(stated.loc[pairs, potentials], by_hand)
        assert pd.Series(lp.b, list(lp.row_names))[pairs].tolist() == [2.5, 1.7, 1.8, 2.5, 0, -1.4]
        assert pd.Series(lp.c, list(lp.column_names))[potentials].tolist() == [350, 600, 325, 300, 325]
        assert np.isneginf(lp.row_lower).all()
        assert np.isneginf(lp.lower).all()
        assert np.isposinf(lp.upper).all()
        assert (lp.sense, lp.offset) == ("max", 0)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_plan_stacked_row_by_row_has_the_marginals_as_its_right_hand_side(self, language: str) -> None:
        """A vec(gamma) = b: the plan is an ordinary point of an ordinary linear program."""
        problem = two_by_three()
        solution = om.solve(problem, "primal", language)
        assert isinstance(solution, om.Solution)
        lp = om.build(problem, "primal", language).linear_program()
        where = {name: k for k, name in enumerate(lp.column_names)}
        x = np.empty(6)
        for i, source in enumerate(STRINGS[0]):
            for j, target in enumerate(STRINGS[1]):
                x[where[f"gamma[{source},{target}]"]] = solution.plan[i, j]
        np.testing.assert_allclose(lp.A @ x, lp.b, rtol=1e-12)
        assert lp.value(x) == pytest.approx(solution.value, rel=1e-12)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_pair_outside_the_support_has_no_variable_and_no_row(self, language: str) -> None:
        problem = two_by_three(cost=FORBIDDEN)
        primal, dual = compiled(language, "primal", problem), compiled(language, "dual", problem)
        assert "gamma[Seattle,Chicago]" not in list(primal.column_names)
        assert "below_cost[Seattle,Chicago]" not in list(dual.row_names)
        assert primal.shape == (5, 4)
        assert dual.shape == (4, 5)


SIDES = np.array([[0, 3, 4], [3, 0, 5], [4, 5, 0.0]])


def three_places(labels: Any = ("Seattle", "San Diego", "Topeka"), order: Any = (0, 1, 2)) -> om.TransportProblem:
    """Distances 3, 4, 5; the target's labels in another order."""
    index = list(order)
    source = om.Measure([4, 0, 2], labels=list(labels))
    target = om.Measure(np.array([1, 3, 2])[index], labels=[labels[k] for k in index])
    return om.TransportProblem(source, target, SIDES[:, index])


class TestOneLipschitzProgram:
    @pytest.mark.parametrize("form", LIPSCHITZ)
    @pytest.mark.parametrize(
        "labels",
        [STRINGS[1], INTEGERS[1], TUPLES[1], list(pd.to_datetime(["2020-01-01", "2020-01-02", "2021-01-01"]))],
        ids=["strings", "integers", "tuples", "dates"],
    )
    @pytest.mark.parametrize("support", ["full", [(2, 1), (0, 1), (1, 2), (0, 2), (0, 1)]], ids=["full", "given"])
    def test_every_language_states_it(self, form: str, labels: Any, support: Any) -> None:
        problem = three_places(labels, (2, 0, 1))
        first = compiled("highspy", form, problem, support)
        for language in LANGUAGES:
            assert_same(compiled(language, form, problem, support), first)
        assert_same(formulation(form, "cvxpy").program(Links(network(problem, support))).ordered(), first)

    @pytest.mark.parametrize("form", LIPSCHITZ)
    def test_on_a_grid_and_on_a_directed_graph(self, form: str) -> None:
        rng = np.random.default_rng(0)
        mass = rng.integers(1, 9, (3, 4))
        source, target = om.grid_measure(mass, (1, 2)), om.grid_measure(mass[::-1], (1, 2))
        on_grid = om.TransportProblem(source, target, om.ground_cost(source, target, "cityblock"))
        graph = om.Graph.from_frame(roads([("a", "b", 1), ("b", "c", 0), ("c", "a", 2)]), directed=True)
        one, other = om.Measure([1, 2], labels=["a", "b"]), om.Measure([3], labels=["c"])
        on_graph = om.TransportProblem(one, other, om.graph_cost(one, other, graph))
        for problem in (on_grid, on_graph):
            first = compiled("highspy", form, problem, "neighbours")
            for language in LANGUAGES:
                assert_same(compiled(language, form, problem, "neighbours"), first)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_two_are_written_by_hand(self, language: str) -> None:
        """Surplus 3, -3, 0 at the nodes; one arc from the first to the second, and back, and to the third."""
        arcs, names = [(0, 1), (1, 0), (0, 2)], ["Seattle", "San Diego", "Topeka"]
        ends = [f"[{names[i]},{names[j]}]" for i, j in arcs]
        flow, slopes = (compiled(language, form, three_places(), arcs) for form in ("flow", "lipschitz"))
        balance = pd.DataFrame(
            [[1, -1, 1], [-1, 1, 0], [0, 0, -1.0]], [f"balance[{name}]" for name in names], [f"w{end}" for end in ends]
        )
        stated = pd.DataFrame(flow.A.toarray(), list(flow.row_names), list(flow.column_names))
        pd.testing.assert_frame_equal(stated.loc[balance.index, balance.columns], balance.astype(float))
        assert pd.Series(flow.b, list(flow.row_names))[balance.index].tolist() == [3, -3, 0]
        assert pd.Series(flow.c, list(flow.column_names))[balance.columns].tolist() == [3, 3, 4]
        assert (flow.lower.tolist(), flow.upper.tolist(), flow.sense) == ([0] * 3, [INF] * 3, "min")
        assert (flow.row_lower == flow.row_upper).all()
        rows, columns = [f"lipschitz{end}" for end in ends], [f"f[{name}]" for name in names]
        stated = pd.DataFrame(slopes.A.toarray(), list(slopes.row_names), list(slopes.column_names))
        np.testing.assert_array_equal(stated.loc[rows, columns], balance.T)
        assert pd.Series(slopes.b, list(slopes.row_names))[rows].tolist() == [3, 3, 4]
        assert pd.Series(slopes.c, list(slopes.column_names))[columns].tolist() == [3, -3, 0]
        assert np.isneginf(slopes.row_lower).all()
        assert np.isneginf(slopes.lower).all()
        assert (slopes.sense, slopes.offset, flow.offset) == ("max", 0, 0)

    @pytest.mark.parametrize(("form", "language"), om.supports("lipschitz", "flow"))
    def test_what_is_listed_can_be_built(self, form: str, language: str) -> None:
        model = om.build(three_places(), form, language)
        assert (model.form, model.language) == (form, language)
        assert model.native is not None


class TestWhatExists:
    def test_every_form_is_written_in_every_language(self) -> None:
        assert om.supports() == [
            (form, language) for form in ("primal", "dual", "lipschitz", "flow") for language in ("cvxpy", "pyomo", "highspy")
        ]

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_what_is_listed_can_be_built(self, form: str, language: str) -> None:
        model = om.build(two_by_three(), form, language)
        assert (model.form, model.language) == (form, language)
        assert model.native is not None

    @pytest.mark.parametrize("verb", [om.build, om.solve], ids=["build", "solve"])
    @pytest.mark.parametrize("bad", ["Primal", "", None, "sinkhorn"])
    def test_an_unknown_form_or_language_is_refused_before_any_work(
        self, verb: Any, bad: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def work(*_: object) -> None:
            raise AssertionError("work was done")

        monkeypatch.setattr(formulations.Support, "__init__", work)
        refused(UnknownNameError, lambda: verb(two_by_three(), bad), "form", repr(bad), "primal, dual")
        refused(UnknownNameError, lambda: verb(two_by_three(), "primal", bad), "language", repr(bad), "cvxpy, pyomo, highspy")

    def test_comparing_refuses_unknown_names_before_any_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(*_: object) -> None:
            raise AssertionError("work was done")

        monkeypatch.setattr(formulations.Support, "__init__", work)
        refused(UnknownNameError, lambda: om.compare(two_by_three(), forms=["primal", "flo"]), "form", "'flo'")
        refused(UnknownNameError, lambda: om.compare(two_by_three(), languages=["ampl"]), "language", "'ampl'")


class TestSupport:
    def test_pairs_are_sorted_and_counted_once_and_forbidden_ones_left_out(self) -> None:
        pairs = Support(two_by_three(cost=FORBIDDEN), [*GIVEN, (0, 1)]).pairs
        assert pairs is not None
        assert list(zip(*(index.tolist() for index in pairs), strict=True)) == [(0, 0), (0, 2), (1, 1), (1, 2)]

    def test_all_pairs_need_no_list(self) -> None:
        assert Support(two_by_three()).pairs is None
        assert Support(two_by_three()).size == 6

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_a_support_that_holds_an_optimal_plan_gives_the_optimum_certified_over_all_pairs(
        self, form: str, language: str
    ) -> None:
        problem = two_by_three()
        best = om.solve(problem)
        assert isinstance(best, om.Solution)
        i, j = np.nonzero(best.plan)
        # A tree of pairs pins the potentials; here the optimal plan carries one.
        solution = om.solve(problem, form, language, support=np.stack([i, j], axis=1))
        assert isinstance(solution, om.Solution)
        assert solution.value == pytest.approx(best.value, rel=1e-12)
        assert solution.certificate.passed

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_a_support_that_misses_the_optimum_is_not_certified(self, form: str, language: str) -> None:
        problem = om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])
        solution = om.solve(problem, form, language, support=[(0, 1), (1, 0)])
        assert isinstance(solution, om.Solution)
        assert solution.value == 2
        assert not solution.certificate.passed
        lower, upper = solution.interval
        assert lower <= 0 <= upper == 2

    @pytest.mark.parametrize(("form", "language"), om.supports("primal", "dual"))
    def test_a_support_too_small_for_any_plan_says_so_and_nothing_about_the_problem(self, form: str, language: str) -> None:
        """No pair is forbidden and the problem has a value: only the given support has no plan."""
        problem = om.TransportProblem([0.6, 0.4], [0.5, 0.5], [[0, 1], [1, 0]])
        unsolved = om.solve(problem, form, language, support=[(0, 0), (1, 1)], throw=False)
        assert isinstance(unsolved, om.Unsolved)
        lower, upper = unsolved.interval
        assert lower <= 0.6 - 0.5 <= upper  # the float 0.6, whose difference to 1/2 is exact
        assert "forbidden" not in unsolved.message

    @pytest.mark.parametrize("bad", ["all", "generate", ""])
    def test_an_unknown_kind_of_support(self, bad: str) -> None:
        refused(UnknownNameError, lambda: Support(two_by_three(), bad), "support", repr(bad), "full")

    @pytest.mark.parametrize(
        "bad", [[], [0, 1], [[0, 1, 2]], [[0.0, 1.0]], np.ones((2, 3), dtype=bool), None, [["a", "b"]], [[0], [1, 2]]]
    )
    def test_what_is_no_list_of_pairs(self, bad: Any) -> None:
        refused(ShapeError, lambda: Support(two_by_three(), bad), "support", "(k, 2)")

    @pytest.mark.parametrize("bad", [(2, 0), (0, 3), (-1, 0)])
    def test_a_pair_that_is_not_there(self, bad: tuple[int, int]) -> None:
        refused(ShapeError, lambda: Support(two_by_three(), [*GIVEN, bad]), "support", str(bad), "2 x 3")

    def test_an_atom_left_without_a_pair_is_named(self) -> None:
        refused(LabelMismatchError, lambda: Support(two_by_three(), [(0, 0), (0, 1), (0, 2)]), "support", "source", "'San Diego'")
        refused(LabelMismatchError, lambda: Support(two_by_three(), [(0, 0), (1, 1)]), "support", "target", "'Topeka'")
        refused(LabelMismatchError, lambda: Support(two_by_three(cost=FORBIDDEN), [(0, 0), (1, 2), (0, 1)]), "'Chicago'")
