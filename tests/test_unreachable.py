"""Atoms without any pair that is allowed: harmless where they have no mass, and the reason for everything where they have."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InfeasibleError
from otmodels.feasibility import infeasibility_of

INF = np.inf
ALL = om.supports("primal", "dual")

Stated: TypeAlias = tuple[list[int], list[int], list[list[float]]]

IDLE: dict[str, Stated] = {
    "source": ([2, 0, 1], [1, 2], [[0, 1], [INF, INF], [1, 3]]),
    "target": ([2, 1], [1, 0, 2], [[0, INF, 1], [1, INF, 3]]),
    "both": ([2, 0, 1], [1, 0, 2], [[0, INF, 1], [INF, INF, INF], [1, INF, 3]]),
}
"""Atoms without mass and without pairs, beside two sources and two targets between which the least cost is 3."""

STUCK: dict[str, Stated] = {
    "source": ([2, 1], [1, 2], [[INF, INF], [1, 3]]),
    "target": ([2, 1], [1, 2], [[1, INF], [1, INF]]),
    "both": ([2, 1], [2, 1], [[INF, INF], [1, INF]]),
    "all": ([2, 1], [1, 2], [[INF, INF], [INF, INF]]),
}


def islands() -> om.Graph:
    """Three towns on a road, and three islands."""
    roads = pd.DataFrame({"from": ["Ulm", "Bonn"], "to": ["Bonn", "Kiel"], "length": [1, 2]})
    return om.Graph.from_frame(roads, places=pd.DataFrame(index=["Ulm", "Bonn", "Kiel", "Elba", "Capri", "Sylt"]))


def explained(problem: om.TransportProblem) -> om.Infeasibility:
    found = om.explain_infeasibility(problem)
    assert found is not None
    return found


class TestWithoutMass:
    @pytest.mark.parametrize("support", ["full", "generated"])
    @pytest.mark.parametrize(("form", "language"), ALL)
    @pytest.mark.parametrize("side", IDLE)
    def test_it_changes_nothing_in_any_form_language_or_support(self, side: str, form: str, language: str, support: str) -> None:
        problem = om.TransportProblem(*IDLE[side])
        solution = om.solve(problem, form, language, support=support)
        assert solution.value == pytest.approx(3, rel=1e-12)
        assert solution.certificate.passed
        assert np.isfinite(solution.potentials_table()["potential"]).all()

    @pytest.mark.parametrize("side", IDLE)
    def test_it_is_no_reason_for_infeasibility(self, side: str) -> None:
        assert om.explain_infeasibility(om.TransportProblem(*IDLE[side])) is None

    def test_any_potential_there_is_feasible(self) -> None:
        problem = om.TransportProblem(*IDLE["both"])
        plan = [[0, 0, 2], [0, 0, 0], [1, 0, 0]]
        assert om.certify(problem, plan, f=[0, 7, 1], g=[0, 7, 1]).passed
        assert om.certify(problem, f=[0, 7, 1]).interval.lower == pytest.approx(3)
        assert om.certify(problem, g=[0, 7, 1]).interval.lower == pytest.approx(3)

    def test_its_potential_may_be_anything_and_its_mass_nothing_but_0(self) -> None:
        solution = om.solve(om.TransportProblem(*IDLE["source"]))
        potential = solution.uniqueness().xs("source potential").loc[1].iloc[0]
        assert (potential["lowest"], potential["highest"]) == (-INF, INF)
        mass = solution.ranging().xs("source mass").loc[1].iloc[0]
        assert (mass["lowest"], mass["highest"]) == (0, 0)

    def test_on_an_island_of_a_graph_every_route_has_the_same_value(self) -> None:
        source, target = om.Measure([1, 0], labels=["Ulm", "Elba"]), om.Measure([1, 0], labels=["Kiel", "Capri"])
        graph = islands()
        distance = om.wasserstein_distance(source, target, graph)
        assert isinstance(distance, om.LipschitzSolution)
        assert distance.value == 3
        problem = om.TransportProblem(source, target, om.graph_cost(source, target, graph))
        compared = om.compare(problem)
        assert compared["certified"].all()
        assert len(compared) == 12
        assert compared["value"].tolist() == pytest.approx([3] * 12)

    def test_g_is_minus_f_beyond_it(self) -> None:
        source, target = om.Measure([1, 0], labels=["Ulm", "Elba"]), om.Measure([1, 0], labels=["Kiel", "Capri"])
        report = om.lipschitz_report(om.solve(om.TransportProblem(source, target, om.graph_cost(source, target, islands()))))
        assert all(check.passed for check in report.proof)
        assert np.isfinite(report.phi).all()


class TestWithMass:
    @pytest.mark.parametrize(("form", "language"), om.supports())
    @pytest.mark.parametrize("side", STUCK)
    def test_solving_names_it_in_every_form_and_language(self, side: str, form: str, language: str) -> None:
        with pytest.raises(InfeasibleError, match="no pair of theirs may carry mass: 2 has nowhere to"):
            om.solve(om.TransportProblem(*STUCK[side]), form, language)

    @pytest.mark.parametrize(("form", "language"), ALL)
    @pytest.mark.parametrize("side", STUCK)
    def test_so_does_a_model_built_by_hand(self, side: str, form: str, language: str) -> None:
        model = om.build(om.TransportProblem(*STUCK[side]), form, language)
        with pytest.raises(InfeasibleError) as caught:
            model.solve()
        assert isinstance(caught.value.explanation, om.Infeasibility)
        assert om.explain_infeasibility(model) is not None

    def test_the_target_that_nobody_may_serve_is_named_and_not_all_sources(self) -> None:
        source = om.Measure([2, 1], labels=["Ulm", "Kiel"])
        found = explained(om.TransportProblem(source, om.Measure([1, 2], labels=["mill", "dam"]), [[1, INF], [1, INF]]))
        assert str(found) == "targets 'dam' take 2, and no pair of theirs may carry mass: 2 has nowhere to come from"
        assert found.table().to_dict("list") == {"bottleneck": [1], "side": ["target"], "label": ["dam"], "mass": [2]}

    def test_a_target_and_a_source_without_pairs_are_both_named(self) -> None:
        found = explained(om.TransportProblem(*STUCK["both"]))
        named = [(list(part.sources), list(part.targets), part.of_targets) for part in found.bottlenecks]
        assert ([0], [], False) in named
        assert any(1 in targets and turned for _, targets, turned in named)

    def test_the_distance_along_a_graph_says_so_too(self) -> None:
        source, target = om.Measure([1, 1], labels=["Ulm", "Elba"]), om.Measure([1, 1], labels=["Kiel", "Capri"])
        with pytest.raises(InfeasibleError, match=r"'Capri'.*'Elba'"):
            om.wasserstein_distance(source, target, islands())

    def test_so_does_the_distance_between_many_points_under_a_rule_of_the_user_s(self) -> None:
        def within(x: FloatArray, y: FloatArray) -> FloatArray:
            apart = np.abs(x[:, None, 0] - y[None, :, 0])
            return np.where(apart > 50, INF, apart)

        line = np.linspace(0, 10, 70)
        source, target = om.Measure(np.ones(71), points=[*line, 99]), om.Measure(np.ones(71), points=[*line, 5])
        with pytest.raises(InfeasibleError, match="sources 70 hold 1, and no pair of theirs"):
            om.wasserstein_distance(source, target, within)

    @given(st.integers(0, 2**32 - 1))
    @settings(deadline=None, max_examples=80)
    def test_the_proof_is_one_and_the_least_repair_opens_the_way(self, seed: int) -> None:
        """Whatever is forbidden: f + g <= 0 on the rest, the shortfall is what no plan serves, and no repair needs less."""
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 6, size=2)
        a, b = rng.integers(0, 5, n), rng.integers(0, 5, m)
        a[0], b[0] = a[0] + 1, b[0] + 1
        a, b = a * b.sum(), b * a.sum()
        cost = np.where(rng.random((n, m)) < rng.choice([0.4, 0.7, 0.95]), INF, 0.0)
        problem = om.TransportProblem(a, b, cost)
        least = om.solve(om.TransportProblem(a, b, np.where(np.isinf(cost), 1.0, 0.0)), language="highspy").value
        found = om.explain_infeasibility(problem)
        if found is None:
            assert least == pytest.approx(0, abs=1e-9)
            return
        assert (found.f[:, None] + found.g[None, :])[np.isfinite(cost)].max(initial=-1) <= 0
        assert found.shortfall == pytest.approx(float(a @ found.f + b @ found.g), rel=1e-12)
        assert found.shortfall == pytest.approx(least, rel=1e-9)
        alone = [("source", int(i)) for i in np.flatnonzero(np.isinf(cost).all(axis=1) & (a > 0))]
        alone += [("target", int(j)) for j in np.flatnonzero(np.isinf(cost).all(axis=0) & (b > 0))]
        named = set(zip(found.table()["side"], found.table()["label"], strict=True))
        assert set(alone) <= named
        repair = found.repair()
        assert repair["mass"].sum() == pytest.approx(found.shortfall, abs=1e-8 * a.sum())
        opened = cost.copy()
        opened[repair["source"], repair["target"]] = 0
        assert om.explain_infeasibility(om.TransportProblem(a, b, opened)) is None


def holes(size: int, cut_off: tuple[slice, slice]) -> om.TransportProblem:
    """One pair in three is forbidden, and some of the atoms have none that is not."""
    rng = np.random.default_rng(0)
    cost = np.where(rng.random((size, size)) < 1 / 3, INF, 1.0)
    cost[cut_off[0]] = INF
    cost[:, cut_off[1]] = INF
    return om.TransportProblem(np.ones(size, dtype=int), np.ones(size, dtype=int), cost)


class TestTooManyPairs:
    """A maximum flow along a few pairs of each atom, and more until its cut is one of all pairs."""

    @pytest.mark.parametrize("cut_off", [(slice(0, 0), slice(3, 5)), (slice(7, 8), slice(0, 0)), (slice(7, 8), slice(3, 5))])
    def test_it_proves_as_much_as_one_along_all(self, cut_off: tuple[slice, slice]) -> None:
        problem = holes(300, cut_off)
        cost = problem.cost.values
        found = infeasibility_of(problem, csr_array(problem.shape))
        assert found is not None
        assert found.shortfall == max(int(np.isinf(cost).all(axis=axis).sum()) for axis in (0, 1))
        assert (found.f[:, None] + found.g[None, :])[np.isfinite(cost)].max() <= 0
        opened = cost.copy()
        opened[found.repair()["source"], found.repair()["target"]] = 0
        assert om.explain_infeasibility(om.TransportProblem(problem.a, problem.b, opened)) is None

    def test_pairs_that_no_first_look_finds_are_found(self) -> None:
        """Each source but one may serve fifty targets and one of its own, which a few of its many pairs leave out."""
        cost = np.full((300, 300), INF)
        cost[:, :50] = 1
        np.fill_diagonal(cost, 1)
        cost[60] = INF
        cost[0, 60] = 1
        found = infeasibility_of(om.TransportProblem(np.ones(300, int), np.ones(300, int), cost), csr_array((300, 300)))
        assert found is not None
        assert [(list(part.sources), list(part.targets)) for part in found.bottlenecks] == [([60], [])]
        assert found.repair()["mass"].sum() == 1

    def test_more_than_four_million_pairs_are_explained_and_refused_with_the_same_words(self) -> None:
        problem = holes(2100, (slice(7, 8), slice(3, 5)))
        assert explained(problem).shortfall == 2
        with pytest.raises(InfeasibleError, match="no pair of theirs may carry mass"):
            om.solve(problem, language="highspy", support="generated")
