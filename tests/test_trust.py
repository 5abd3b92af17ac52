"""The campaign that counts wrong certificates: its oracle is right, its judge notices, and a short run of it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from test_cli import as_json, otmodels, refusal

import otmodels as om
from otmodels import benchmark
from otmodels.benchmark.trust import KINDS, hitchcock, simplex, trust
from otmodels.benchmark.trust.asking import Certified, Reply, measuring, reply_to, solving
from otmodels.benchmark.trust.hitchcock import Costs, OracleError, transport
from otmodels.benchmark.trust.programs import judge as judge_program
from otmodels.benchmark.trust.questions import judge
from otmodels.benchmark.trust.simplex import Bound, Contradiction, Descent, Rational, Solved, minimise
from otmodels.benchmark.trust.truth import ProgramTruth, Truth
from otmodels.errors import InfeasibleError, ParameterError
from otmodels.interval import Interval
from otmodels.lp.exact import alternative
from otmodels.problem import TransportProblem
from otmodels.status import OPTIMAL

Cells = tuple[tuple[int, int], ...]

INF = float("inf")


def fraction(rng: Random) -> Fraction:
    return Fraction(rng.randint(1, 20), rng.randint(1, 6))


def drawn(rng: Random, n: int, m: int, allowed: float = 1.0) -> tuple[list[Fraction], list[Fraction], Costs]:
    """Masses of equal total, and costs with some pairs forbidden; many ties."""
    a = [fraction(rng) for _ in range(n)] if rng.random() < 0.5 else [Fraction(1)] * n
    b = [fraction(rng) for _ in range(m)] if rng.random() < 0.5 else [Fraction(1)] * m
    b = [mass * sum(a) / sum(b) for mass in b]
    return a, b, [[Fraction(rng.randint(-3, 5)) if rng.random() < allowed else None for _ in b] for _ in a]


def vertices(a: list[Fraction], b: list[Fraction], costs: Costs) -> Iterator[Fraction]:
    """Costs of all basic feasible plans: of every set of n + m - 1 cells that is a tree, read off from its leaves."""
    cells = [(i, j) for i, row in enumerate(costs) for j, cost in enumerate(row) if cost is not None]
    for basis in combinations(cells, len(a) + len(b) - 1):
        plan = from_leaves(basis, [*a], [*b])
        if plan is not None and min(plan.values(), default=0) >= 0:
            yield sum((mass * (costs[i][j] or 0) for (i, j), mass in plan.items()), Fraction(0))


def from_leaves(basis: Cells, a: list[Fraction], b: list[Fraction]) -> dict[tuple[int, int], Fraction] | None:
    left, plan = set(basis), dict[tuple[int, int], Fraction]()
    while left:
        leaf = next((c for c in left if 1 in (sum(d[0] == c[0] for d in left), sum(d[1] == c[1] for d in left))), None)
        if leaf is None:
            return None
        i, j = leaf
        mass = plan[leaf] = a[i] if sum(d[0] == i for d in left) == 1 else b[j]
        a[i], b[j] = a[i] - mass, b[j] - mass
        left.remove(leaf)
    return plan if not any((*a, *b)) else None


def as_program(a: list[Fraction], b: list[Fraction], costs: Costs) -> Rational:
    cells = [(i, j) for i, row in enumerate(costs) for j, cost in enumerate(row) if cost is not None]
    rows = [{k: Fraction(1) for k, cell in enumerate(cells) if cell[side] == atom} for side, atom in atoms_of(a, b)]
    prices = [costs[i][j] or Fraction(0) for i, j in cells]
    return Rational(prices, rows, [(mass, mass) for mass in (*a, *b)], [(Fraction(0), None)] * len(cells))


def atoms_of(a: list[Fraction], b: list[Fraction]) -> list[tuple[int, int]]:
    return [*((0, i) for i in range(len(a))), *((1, j) for j in range(len(b)))]


class TestOracle:
    """Exact optima, each by two methods that share nothing."""

    @pytest.mark.parametrize("seed", range(40))
    def test_the_least_of_all_vertices(self, seed: int) -> None:
        a, b, costs = drawn(Random(seed), *((2, 3), (3, 3), (1, 4), (3, 2))[seed % 4], allowed=(1.0, 0.7)[seed % 2])
        found = transport(a, b, costs)
        assert (None if found is None else found.value) == min(vertices(a, b, costs), default=None)

    def test_the_plan_of_a_tiny_problem(self) -> None:
        found = transport(
            [Fraction(1, 2)] * 2, [Fraction(1, 4), Fraction(3, 4)], [[Fraction(1), Fraction(2)], [None, Fraction(1)]]
        )
        assert found is not None
        assert found.plan == {(0, 0): Fraction(1, 4), (0, 1): Fraction(1, 4), (1, 1): Fraction(1, 2)}

    @pytest.mark.parametrize("n", [1, 2, 4, 5])
    def test_equal_masses_are_an_assignment(self, n: int) -> None:
        rng = Random(n)
        costs: list[list[Fraction | None]] = [[fraction(rng) for _ in range(n)] for _ in range(n)]
        found = transport([Fraction(1)] * n, [Fraction(1)] * n, costs)
        assert found is not None
        assert found.value == min(sum(costs[i][j] or 0 for i, j in enumerate(order)) for order in permutations(range(n)))

    @pytest.mark.parametrize("seed", range(40))
    def test_the_tree_and_the_dictionary_agree(self, seed: int) -> None:
        rng = Random(seed)
        a, b, costs = drawn(rng, rng.randint(1, 6), rng.randint(1, 6), allowed=0.7)
        found, other = transport(a, b, costs), minimise(as_program(a, b, costs))
        if found is None:
            assert isinstance(other, Contradiction)
        else:
            assert isinstance(other, Solved)
            assert found.value == other.value

    @pytest.mark.parametrize("seed", range(60))
    def test_the_alternative_of_farkas_says_the_same(self, seed: int) -> None:
        """c'x <= v can be had together with A x = b, x >= 0 at the optimum v, and for no less."""
        rng = Random(seed)
        rows, columns = rng.randint(1, 4), rng.randint(1, 6)
        matrix = [[Fraction(rng.randint(-3, 4)) for _ in range(columns)] for _ in range(rows)]
        right, costs = [Fraction(rng.randint(-4, 9)) for _ in range(rows)], [Fraction(rng.randint(-2, 6)) for _ in range(columns)]
        free: list[tuple[Bound, Bound]] = [(Fraction(0), None)] * columns
        stated = Rational(costs, [dict(enumerate(row)) for row in matrix], [(entry, entry) for entry in right], free)

        def reached(value: Fraction) -> bool:
            slack = [[*row, Fraction(0)] for row in matrix] + [[*costs, Fraction(1)]]
            return alternative(slack, [*right, value])[0] is not None

        found = minimise(stated)
        if isinstance(found, Solved):
            assert reached(found.value)
            assert not reached(found.value - Fraction(1, 10**9))
        elif isinstance(found, Descent):
            assert reached(Fraction(-(10**9)))
        else:
            assert alternative(matrix, right)[0] is None

    def test_bounds_on_both_sides_of_rows_and_columns(self) -> None:
        """Max x + y with 1 <= x + y <= 3, -1 <= x - y, x <= 2, y <= 3/2, as the minimum of its negative."""
        one = Fraction(1)
        rows = [{0: one, 1: one}, {0: one, 1: -one}]
        bounds: list[tuple[Bound, Bound]] = [(None, Fraction(2)), (None, Fraction(3, 2))]
        found = minimise(Rational([-one, -one], rows, [(one, Fraction(3)), (-one, None)], bounds))
        assert isinstance(found, Solved)
        assert found.value == -3
        assert isinstance(minimise(Rational([one, -one], rows, [(one, Fraction(3)), (-one, None)], bounds)), Descent) is False

    def test_crossed_bounds_are_a_contradiction(self) -> None:
        assert isinstance(minimise(Rational([Fraction(0)], [], [], [(Fraction(1), Fraction(0))])), Contradiction)

    @pytest.mark.parametrize("costs", [[[0, 1], [1, 10]], [[0, 0, None], [0, None, None], [0, None, None]]])
    def test_a_tree_that_stops_too_early_is_an_error(self, costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The oracle's own check is the last word, of an optimum and of a proof that there is no plan."""
        for step in ("_next", "_first"):
            monkeypatch.setattr(hitchcock._Tree, step, lambda *_: None)
        stated = [[None if cost is None else Fraction(cost) for cost in row] for row in costs]
        with pytest.raises(OracleError):
            transport([Fraction(1)] * len(costs), [Fraction(1)] * len(costs), stated)

    @pytest.mark.parametrize("bounds", [(Fraction(0), Fraction(1)), (Fraction(0), None)])
    def test_a_dictionary_that_stops_too_early_is_an_error(
        self, bounds: tuple[Bound, Bound], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(simplex._Dictionary, "_can", lambda *_: False)
        with pytest.raises(OracleError):
            minimise(Rational([Fraction(-1)], [], [], [bounds]))

    def test_values_that_differ_and_a_proof_that_proves_nothing_are_errors(self) -> None:
        costs, zero = [[0, 1], [1, 0]], [0, 0]
        hitchcock._check([1, 1], [1, 1], costs, {(0, 0): 1, (1, 1): 1}, zero, zero)
        with pytest.raises(OracleError, match="differ in value"):
            hitchcock._check([1, 1], [1, 1], costs, {(0, 1): 1, (1, 0): 1}, zero, zero)
        one = Fraction(1)
        stated = Rational([one], [{0: one}], [(one, None)], [(None, Fraction(2))])
        with pytest.raises(OracleError, match="the proof fails"):
            simplex._check_contradiction(stated, Contradiction([one, -one]))

    def test_an_example_that_cycles_without_blands_rule(self) -> None:
        """Chvatal (1983), page 31: the largest coefficient enters and, of several, the first variable leaves."""
        rows = ((1, -11, -5, 18), (1, -3, -1, 2), (2, 0, 0, 0))
        costs = [Fraction(cost) for cost in (-10, 57, 9, 24)]
        at_most: list[tuple[Bound, Bound]] = [(None, Fraction(0)), (None, Fraction(0)), (None, Fraction(1))]
        matrix = [{j: Fraction(entry, 2) for j, entry in enumerate(row)} for row in rows]
        found = minimise(Rational(costs, matrix, at_most, [(Fraction(0), None)] * 4))
        assert isinstance(found, Solved)
        assert found.value == -1


def quarry() -> TransportProblem:
    """The optimum is 5/4, exact in binary: mass 1/4 on (0, 0) at 1, 1/4 on (0, 1) at 2, 1/2 on (1, 1) at 1."""
    return TransportProblem([0.5, 0.5], [0.25, 0.75], [[1.0, 2.0], [4.0, 1.0]])


SOLVING = solving("primal", "highspy")
VALUE = Fraction(5, 4)


def truth_of(problem: TransportProblem) -> Truth:
    return Truth.of(problem, problem.b)


def solved() -> Any:
    """An exactly right solution with an exactly right certificate."""
    problem = quarry()
    solution: Any = om.solve(problem, language="highspy")
    plan, f, g = csr_array([[0.25, 0.25], [0.0, 0.5]]), np.array([0.0, -1.0]), np.array([1.0, 2.0])
    certificate = replace(solution.certificate, checks=(), primal_value=1.25, dual_value=1.25, interval=Interval(1.25, 1.25))
    return replace(solution, value=1.25, sparse_plan=plan, f=f, g=g, certificate=certificate)


def faults(result: object = None, error: Any = None, foreign: tuple[str, ...] = ()) -> set[str]:
    truth = truth_of(quarry())
    return {kind for kind, _ in judge(truth, SOLVING, Reply(result, error, foreign, 0.0)).faults}


def claiming(**changes: Any) -> Any:
    solution = solved()
    return replace(solution, certificate=replace(solution.certificate, **changes))


class TestJudge:
    """Each way in which an answer can be wrong is noticed, and a right one is left alone."""

    def test_what_is_right_passes(self) -> None:
        truth = truth_of(quarry())
        assert truth.optimum is not None
        assert truth.optimum.value == VALUE
        verdict = judge(truth, SOLVING, Reply(solved(), None, (), 0.0))
        assert (verdict.certified, verdict.absolute, verdict.faults) == (True, False, ())

    def test_a_value_that_is_off(self) -> None:
        assert faults(replace(solved(), value=1.25 + 2e-9)) == {"false"}
        assert faults(replace(solved(), value=1.25 + 1e-9)) == set()
        assert faults(replace(solved(), value=float("nan"))) == {"false"}

    def test_an_interval_that_misses_the_optimum_by_an_ulp(self) -> None:
        above = np.nextafter(1.25, 2)
        assert faults(claiming(interval=Interval(above, above))) == {"outside"}
        assert faults(claiming(interval=Interval(1.0, np.nextafter(1.25, 0)))) == {"outside", "false"}

    def test_an_interval_that_is_wide_or_missing(self) -> None:
        assert faults(claiming(interval=Interval(1.25, 1.25 + 2e-9))) == {"false"}
        assert faults(claiming(interval=Interval(1.25, INF))) == {"false"}

    def test_an_absolute_gap_is_as_wide_as_the_rounding_of_the_terms(self) -> None:
        """8 eps (3/2 + 0), and not a billionth of a value that cancels."""
        problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[1.0, 2.0], [-1.0, -1.0]])
        truth = truth_of(problem)
        assert truth.optimum is not None
        assert truth.optimum.value == 0
        assert truth.rounding == 8 * Fraction(2) ** -52
        solution = om.solve(problem, language="highspy")
        interval = Interval(0.0, 8 * 2.0**-52)
        narrow = replace(solution.certificate, checks=(), interval=interval, absolute=True)
        for certificate, wrong in ((narrow, False), (replace(narrow, absolute=False), True)):
            verdict = judge(truth, SOLVING, Reply(replace(solution, certificate=certificate), None, (), 0.0))
            assert verdict.has("false") is wrong

    @pytest.mark.parametrize(
        "plan",
        [
            [[0.25, 0.25], [0.0, 0.5 + 1e-8]],
            [[0.25, 0.25 - 1e-8], [0.0, 0.5]],
            [[0.25 + 1e-8, 0.25 - 1e-8], [-1e-8, 0.5 + 1e-8]],
        ],
    )
    def test_a_plan_that_is_not_feasible(self, plan: list[list[float]]) -> None:
        assert faults(replace(solved(), sparse_plan=csr_array(plan))) == {"false"}

    def test_an_atom_of_little_mass_is_to_be_served_as_well(self) -> None:
        problem = TransportProblem([1.0, 2.0**-40], [1.0, 2.0**-40], [[0.0, 1.0], [1.0, 0.0]])
        truth = truth_of(problem)
        solution = om.solve(problem, language="highspy")
        certificate = replace(solution.certificate, checks=(), interval=Interval(0.0, 0.0))
        for second, wrong in ((2.0**-40, False), (0.0, True)):
            answer = replace(solution, sparse_plan=csr_array([[1.0, 0.0], [0.0, second]]), certificate=certificate)
            assert judge(truth, SOLVING, Reply(answer, None, (), 0.0)).has("false") is wrong

    def test_mass_on_a_forbidden_pair(self) -> None:
        problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0.0, INF], [0.0, 0.0]])
        truth = truth_of(problem)
        solution = om.solve(problem, language="highspy")
        certificate = replace(solution.certificate, checks=(), interval=Interval(0.0, 0.0))
        answer = replace(solution, sparse_plan=csr_array([[0.25, 0.25], [0.25, 0.25]]), certificate=certificate)
        assert judge(truth, SOLVING, Reply(answer, None, (), 0.0)).has("false")

    @pytest.mark.parametrize(("f", "g"), [([0.0, -1.0], [1.0, 2.0 + 1e-8]), ([0.0, -1.0], [0.5, 2.0]), ([1.0, 0.0], [1.0, 2.0])])
    def test_potentials_above_a_cost_or_worth_less(self, f: list[float], g: list[float]) -> None:
        assert faults(replace(solved(), f=np.array(f), g=np.array(g))) == {"false"}

    @pytest.mark.parametrize("gauge", [0.0, 2.0**20])
    def test_a_potential_above_a_cost_where_there_is_no_mass_to_show_it(self, gauge: float) -> None:
        """The second target has no mass, so that no value is off, and a large gauge is no excuse."""
        problem = TransportProblem([1.0], [1.0, 0.0], [[1.0, 1.0]])
        solution: Any = om.solve(problem, language="highspy")
        certificate = replace(solution.certificate, checks=(), interval=Interval(1.0, 1.0))
        for excess, wrong in ((0.0, False), (2.0**-26, True)):
            f, g = np.array([gauge]), np.array([1.0, 1.0 + excess]) - gauge
            answer = replace(solution, value=1.0, f=f, g=g, certificate=certificate)
            assert judge(truth_of(problem), SOLVING, Reply(answer, None, (), 0.0)).has("false") is wrong

    def test_potentials_in_another_gauge_are_as_good(self) -> None:
        assert faults(replace(solved(), f=np.array([2.0**30, 2.0**30 - 1]), g=np.array([1 - 2.0**30, 2 - 2.0**30]))) == set()

    def test_numbers_that_were_handed_in(self) -> None:
        plan, f, g = np.array([[0.25, 0.25], [0.0, 0.5]]), np.array([0.0, -1.0]), np.array([1.0, 2.0])
        right = solved().certificate
        assert faults(Certified(right, plan, f, g)) == set()
        assert faults(Certified(right, plan, f + 1, g)) == {"false"}
        assert faults(Certified(right, plan * 1e-12, f, g)) == {"false"}

    def test_a_solution_without_a_certificate_is_a_refusal_unless_it_is_excused(self) -> None:
        vetoed = claiming(checks=(om.Check("duality gap", 1.0, 0.5),))
        assert faults(vetoed) == {"refused"}
        truth = truth_of(quarry())
        excused = measuring(excused=True)
        assert judge(truth, excused, Reply(vetoed, None, (), 0.0)).faults == ()

    def test_infeasible_is_a_refusal_and_an_interval_that_misses(self) -> None:
        problem = TransportProblem([3, 1], [2, 2], [[0.0, INF], [1.0, 1.0]])
        with pytest.raises(InfeasibleError) as raised:
            om.solve(problem)
        assert faults(error=raised.value) == {"refused", "outside"}
        assert judge(truth_of(problem), SOLVING, Reply(None, raised.value, (), 0.0)).faults == ()

    def test_certified_where_there_is_no_plan(self) -> None:
        truth = truth_of(TransportProblem([3, 1], [2, 2], [[0.0, INF], [1.0, 1.0]]))
        verdict = judge(truth, SOLVING, Reply(solved(), None, (), 0.0))
        assert verdict.has("false")
        assert verdict.has("outside")

    def test_errors_and_warnings_that_are_not_the_packages(self) -> None:
        def overflow() -> object:
            return np.float64(1e300) * np.float64(1e300)

        assert faults(foreign=reply_to(overflow).foreign) == {"foreign"}
        assert reply_to(lambda: [][0]).foreign == ("IndexError: list index out of range",)

    def test_ctrl_c_is_passed_on(self) -> None:
        def stopped() -> object:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            reply_to(stopped)

    def test_flow_that_does_not_balance(self) -> None:
        problem = TransportProblem([0.5, 0.5], [0.25, 0.75], [[0.0, 1.0], [1.0, 0.0]])
        truth = truth_of(problem)
        solution: Any = om.solve(problem, "flow", "highspy")
        certificate = replace(solution.certificate, checks=(), interval=Interval(0.25, 0.25))
        for flow, wrong in ((solution.flow, False), (solution.flow * 1.01, True)):
            answer = replace(solution, flow=flow, value=0.25, certificate=certificate)
            assert judge(truth, SOLVING, Reply(answer, None, (), 0.0)).has("false") is wrong

    def test_masses_that_are_scaled_exactly(self) -> None:
        """1/10 three times is not 3/10 in floating point: the target is scaled to what the source has."""
        truth = Truth.of(TransportProblem([0.1, 0.1, 0.1], [0.3], [[1.0], [1.0], [1.0]]), np.array([0.3]))
        assert truth.b == [3 * Fraction(0.1)]
        assert truth.optimum is not None
        assert truth.optimum.value == 3 * Fraction(0.1) != Fraction(0.3)


class TestJudgeOfPrograms:
    """Min x + y, x + 2 y >= 2, x, y >= 0 has the value 1."""

    stated = om.lp.LinearProgram.canonical([1, 1], [[1, 2]], [2])

    def faults(self, value: float, interval: tuple[float, float]) -> set[str]:
        certificate = om.Certificate((), value, value, Interval(*interval))
        answer = om.lp.LPSolution(self.stated, OPTIMAL, np.array([0.0, value]), np.array([0.5]), certificate, None)
        return {kind for kind, _ in judge_program(ProgramTruth.of(self.stated), False, Reply(answer, None, (), 0.0)).faults}

    def test_right_and_wrong(self) -> None:
        assert self.faults(1.0, (1.0, 1.0)) == set()
        assert self.faults(1.1, (1.1, 1.1)) == {"false", "outside"}
        assert self.faults(1.0, (0.5, 1.0)) == {"false"}

    def test_a_ray_of_a_program_that_has_an_optimum(self) -> None:
        ray = om.lp.DualRay(self.stated, np.zeros((2, 1)), np.zeros((2, 2)))
        answer = om.lp.LPSolution(self.stated, OPTIMAL, None, None, None, ray)
        verdict = judge_program(ProgramTruth.of(self.stated), False, Reply(answer, None, (), 0.0))
        assert [kind for kind, _ in verdict.faults] == ["false"]

    def test_a_maximum_is_judged_in_its_own_sense(self) -> None:
        truth = ProgramTruth.of(self.stated.dual())
        assert truth.value == 1
        unbounded = ProgramTruth.of(om.lp.LinearProgram.canonical([-1], [[1]], [0]))
        assert isinstance(unbounded.outcome, Descent)


class TestCampaign:
    def test_every_kind_of_question_and_nothing_to_find(self) -> None:
        found = trust(seed=11, instances=3 * len(KINDS))
        table = found.table()
        assert (table["instances"] == 3).all()
        assert sorted(table.index) == sorted(KINDS)
        assert found.failures == []

    def test_an_instance_is_the_same_alone(self) -> None:
        for k in (0, 5, 38):
            ask = list(KINDS.values())[k]
            one, other = (ask(np.random.default_rng([3, k])).code for _ in range(2))
            assert one == other

    def test_the_code_of_a_failure_asks_the_same(self) -> None:
        """What is printed runs by itself, to the last digit."""
        question = KINDS["extended"](np.random.default_rng([5, 35]))
        scope: dict[str, Any] = {}
        exec(question.code.rsplit("\n", 1)[0], scope)
        said, reply = scope["model"].solve(throw=False), reply_to(question.ask)
        assert repr(said) == repr(reply.result)

    def test_ctrl_c_leaves_what_was_counted(self) -> None:
        def stop(found: benchmark.Counts, kind: str) -> None:
            if found.asked == 2:
                raise KeyboardInterrupt

        found = trust(seed=0, instances=10, progress=stop)
        assert (found.interrupted, found.total("instances")) == (True, 2)

    def test_what_does_not_exist_and_what_would_not_end(self) -> None:
        with pytest.raises(ParameterError, match="Choose among ordinary"):
            trust(1.0, kinds=["hopeful"])
        with pytest.raises(ParameterError, match="how many seconds"):
            trust()
        assert "hopeful" in refusal("benchmark", "trust", "--kind", "hopeful")

    def test_from_the_command_line(self) -> None:
        read = as_json("benchmark", "trust", "--only", "1", "--kind", "ties")
        (row,) = read["trust"]
        assert (row["kind"], row["instances"], row["certified"], read["failures"]) == ("ties", 1, 1, [])

    def test_a_false_certificate_is_printed_and_ends_with_1(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = trust(seed=0, only=1, kinds=["ties"])
        found.by_kind["ties"]["false"] = 1
        found.failures.append(benchmark.Failure("ties", 1, "false", "certified 11 for 10", "print(om.solve(problem))"))
        monkeypatch.setattr(benchmark, "trust", lambda *_, **__: found)
        said = otmodels("benchmark", "trust", code=1)
        assert "# false: ties, instance 1: certified 11 for 10\nprint(om.solve(problem))" in said
