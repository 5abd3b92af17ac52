"""The certificate of a flow and a potential: thousands of answers, each a small change away from a right one.

Masses and lengths are whole numbers and changes are multiples of 2^-20, so that whether a changed answer is still right is
decided exactly from the data: a flow may go another shortest way, and where nothing pins it, a potential may be another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import balanced, between, crossings, dense_value, on_a_graph, on_a_grid, roads, solve, unit_of

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.lipschitz_certificate import certify_flow, closed, lipschitz_below
from otmodels.network import Arcs, Network, network

SIZES = 2.0 ** -np.arange(20)
"""1 down to 2e-6, relative to the total mass or the longest distance."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Flow and potential, claimed to be optimal on a network whose nodes are d (N, N) apart."""

    net: Network
    d: FloatArray
    flow: FloatArray
    f: FloatArray

    @property
    def is_right(self) -> bool:
        """Balanced, no flow negative, f 1-Lipschitz between all nodes and tight where mass flows: exact in whole numbers."""
        arcs, f = self.net.arcs, self.f
        slack = arcs.length - (f[arcs.tail] - f[arcs.head])
        return bool(
            np.array_equal(arcs.divergence(self.flow), self.net.nodes.divergence)
            and (self.flow >= 0).all()
            and (self.f[:, None] - self.f[None, :] <= self.d).all()
            and not ((self.flow > 0) & (slack > 0)).any()
        )

    def certified(self) -> bool:
        return certify_flow(self.net, self.flow, self.f).passed


def a_network(seed: int) -> Network:
    """All pairs, neighbours or given arcs on a line, in the plane or in space; the edges of a graph, one way or both."""
    rng = np.random.default_rng([3, seed])
    if seed % 4 == 3:
        n = int(rng.integers(3, 8))
        edges = {(i, (i + 1) % n): int(rng.integers(0, 8)) for i in range(n)} | {(0, n // 2): int(rng.integers(0, 8))}
        graph = om.Graph.from_frame(roads([(*ends, length) for ends, length in edges.items()]), directed=bool(seed % 8 == 7))
        a, b = (om.Measure(mass, labels=range(n)) for mass in balanced(rng, n))
        problem = om.TransportProblem(a, b, om.graph_cost(a, b, graph))
        return network(problem, "neighbours" if seed % 3 else "full")
    shape = [(9,), (3, 4), (2, 2, 3)][seed % 4]
    metric = "chebyshev" if seed % 3 == 0 else "cityblock"
    gaps = [np.ones(9) if metric == "chebyshev" else rng.integers(1, 5, 9).astype(np.float64) for _ in shape]
    points = crossings(shape, gaps)
    a, b = (om.Measure(mass, points) for mass in balanced(rng, len(points)))
    problem = between(a, b, metric)
    made = network(problem, "full" if seed % 5 == 0 else "neighbours")
    if seed % 5 == 1:  # the same arcs, without word that they span the metric: f is looked at between all pairs
        return Network.pairs(problem, np.stack([made.arcs.tail, made.arcs.head], axis=1))
    return made


def an_answer(seed: int) -> Answer:
    net = a_network(seed)
    solution = solve(net.problem, support=net)
    return Answer(net, net.nodes.cost.values, np.rint(solution.flow), np.rint(solution.potential))


Mutation: TypeAlias = Callable[[Answer, np.random.Generator], Answer]
ANSWERS, ROUNDS = 48, 4


def power_of_two(size: float) -> float:
    return float(2.0 ** np.floor(np.log2(size)))


def mass_step(answer: Answer, rng: np.random.Generator) -> float:
    return float(rng.choice(SIZES) * power_of_two(answer.net.problem.mass_unit))


def length_step(answer: Answer, rng: np.random.Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.choice(SIZES) * power_of_two(max(answer.d[np.isfinite(answer.d)].max(), 1.0)))


def with_entry(array: FloatArray, index: int, value: float) -> FloatArray:
    changed = array.copy()
    changed[index] = value
    return changed


def used(answer: Answer, rng: np.random.Generator) -> int:
    return int(rng.choice(np.flatnonzero(answer.flow > 0)))


def any_arc(answer: Answer, rng: np.random.Generator) -> int:
    return int(rng.integers(answer.flow.size))


def any_node(answer: Answer, rng: np.random.Generator) -> int:
    return int(rng.integers(answer.f.size))


def flip_the_sign_of_a_flow(answer: Answer, rng: np.random.Generator) -> Answer:
    arc = used(answer, rng)
    return replace(answer, flow=with_entry(answer.flow, arc, -answer.flow[arc]))


def flip_the_sign_of_f(answer: Answer, _: np.random.Generator) -> Answer:
    return replace(answer, f=0.0 - answer.f)


def flip_the_sign_of_f_at_a_node(answer: Answer, rng: np.random.Generator) -> Answer:
    node = any_node(answer, rng)
    return replace(answer, f=with_entry(answer.f, node, -answer.f[node]))


def move_flow_to_another_arc(answer: Answer, rng: np.random.Generator) -> Answer:
    start, end = used(answer, rng), any_arc(answer, rng)
    step = min(mass_step(answer, rng), float(answer.flow[start]))
    flow = with_entry(answer.flow, start, answer.flow[start] - step)
    return replace(answer, flow=with_entry(flow, end, flow[end] + step))


def drop_the_flow_of_an_arc(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, flow=with_entry(answer.flow, used(answer, rng), 0.0))


def add_flow_to_an_arc(answer: Answer, rng: np.random.Generator) -> Answer:
    arc = any_arc(answer, rng)
    return replace(answer, flow=with_entry(answer.flow, arc, answer.flow[arc] + mass_step(answer, rng)))


def scale_the_flow(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, flow=answer.flow * (1 + rng.choice([-1, 1]) * rng.choice(SIZES)))


def there_and_back(answer: Answer, rng: np.random.Generator) -> Answer:
    """Every node stays balanced; the sign may make both flows negative, and the total cheaper than it can be."""
    arcs, arc = answer.net.arcs, any_arc(answer, rng)
    back = np.flatnonzero((arcs.tail == arcs.head[arc]) & (arcs.head == arcs.tail[arc]))
    step = mass_step(answer, rng) * rng.choice([-1, 1])
    flow = with_entry(answer.flow, arc, answer.flow[arc] + step)
    return replace(answer, flow=with_entry(flow, back[0], flow[back[0]] + step) if back.size else flow)


def detour_by_another_node(answer: Answer, rng: np.random.Generator) -> Answer:
    """Every node stays balanced; right where the other node is on a shortest way."""
    arcs, arc = answer.net.arcs, used(answer, rng)
    first, second = arcs.tail == arcs.tail[arc], arcs.head == arcs.head[arc]
    middle = np.intersect1d(arcs.head[first], arcs.tail[second])
    if not middle.size:
        return drop_the_flow_of_an_arc(answer, rng)
    k, step = rng.choice(middle), min(mass_step(answer, rng), float(answer.flow[arc]))
    flow = answer.flow.copy()
    flow[arc] -= step
    flow[first & (arcs.head == k)] += step
    flow[second & (arcs.tail == k)] += step
    return replace(answer, flow=flow)


def swap_two_flows(answer: Answer, rng: np.random.Generator) -> Answer:
    order, one, other = np.arange(answer.flow.size), used(answer, rng), any_arc(answer, rng)
    order[[one, other]] = other, one
    return replace(answer, flow=answer.flow[order])


def swap_f_at_two_nodes(answer: Answer, rng: np.random.Generator) -> Answer:
    order, one, other = np.arange(answer.f.size), any_node(answer, rng), any_node(answer, rng)
    order[[one, other]] = other, one
    return replace(answer, f=answer.f[order])


def shift_f_at_a_node(answer: Answer, rng: np.random.Generator) -> Answer:
    node = any_node(answer, rng)
    return replace(answer, f=with_entry(answer.f, node, answer.f[node] + length_step(answer, rng)))


def scale_f(answer: Answer, rng: np.random.Generator) -> Answer:
    return replace(answer, f=answer.f * (1 + rng.choice([-1, 1]) * rng.choice(SIZES)))


def change_the_gauge(answer: Answer, rng: np.random.Generator) -> Answer:
    """Never wrong."""
    return replace(answer, f=answer.f + length_step(answer, rng))


MUTATIONS: list[Mutation] = [
    flip_the_sign_of_a_flow,
    flip_the_sign_of_f,
    flip_the_sign_of_f_at_a_node,
    move_flow_to_another_arc,
    drop_the_flow_of_an_arc,
    add_flow_to_an_arc,
    scale_the_flow,
    there_and_back,
    detour_by_another_node,
    swap_two_flows,
    swap_f_at_two_nodes,
    shift_f_at_a_node,
    scale_f,
    change_the_gauge,
]


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    made = [an_answer(seed) for seed in range(ANSWERS)]
    return [answer for answer in made if answer.flow.any()]


def mutants(answers: list[Answer], mutation: Mutation) -> Iterator[Answer]:
    for k, answer in enumerate(answers):
        rng = np.random.default_rng([k, MUTATIONS.index(mutation)])
        for _ in range(ROUNDS):
            yield mutation(answer, rng)


def test_right_answers_pass(answers: list[Answer]) -> None:
    assert len(answers) > ANSWERS / 2
    assert all(answer.is_right for answer in answers)
    assert all(answer.certified() for answer in answers)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_the_certificate_tells_changed_answers_that_are_wrong_from_those_that_are_right(
    answers: list[Answer], mutation: Mutation
) -> None:
    for mutant in mutants(answers, mutation):
        assert mutant.certified() is mutant.is_right, mutant


def test_more_than_a_thousand_of_the_changed_answers_are_wrong(answers: list[Answer]) -> None:
    wrong = Counter(mutation.__name__ for mutation in MUTATIONS for mutant in mutants(answers, mutation) if not mutant.is_right)
    assert wrong.pop("change_the_gauge", 0) == 0
    assert wrong.total() > 1000
    assert len(wrong) == len(MUTATIONS) - 1
    assert min(wrong.values()) > 20


def shortened(net: Network, factor: float) -> Network:
    arcs = net.arcs
    length = arcs.length.copy()
    length[: length.size // 2] *= factor
    return Network(net.problem, net.nodes, Arcs(arcs.size, arcs.tail, arcs.head, length, arcs.description))


@pytest.mark.parametrize("factor", [0.5, 0.99, 1.01, 2.0])
@pytest.mark.parametrize("seed", [0, 1, 2, 5, 6, 3, 11])
def test_lengths_that_arcs_claim_are_not_believed(seed: int, factor: float) -> None:
    """Solved with wrong lengths, an answer may still be right; certified it is only if it is so for the metric."""
    net = a_network(seed)
    value = dense_value(net.problem)
    solution = solve(net.problem, support=shortened(net, factor))
    lower, upper = solution.interval
    assert lower <= value * (1 + 1e-12)
    assert upper >= value * (1 - 1e-12)
    assert not solution.certificate.passed or solution.value == pytest.approx(value, rel=1e-9)


def test_a_potential_that_is_lipschitz_along_arcs_only_is_not_taken() -> None:
    """Knight's moves and longer ones are missing: f = 1.08 d along the diagonals of a 5 x 5 grid."""
    source, target = np.zeros((5, 5)), np.zeros((5, 5))
    source[0, 0] = target[4, 2] = 1
    problem = between(om.grid_measure(source), om.grid_measure(target))
    net = Network.directions(problem, 1)
    arcs = net.arcs
    one_way = om.solve(problem, "flow", "highspy", support=net)
    assert isinstance(one_way, om.LipschitzSolution)
    around = om.Graph.from_frame(
        roads([(int(i), int(j), float(d)) for i, j, d in zip(arcs.tail, arcs.head, arcs.length, strict=True) if i < j])
    )
    to_target = om.graph_cost(om.Measure(np.ones(25), labels=range(25)), om.Measure([25], labels=[14 + 8]), around).values[:, 0]
    assert (to_target[arcs.tail] - to_target[arcs.head] <= arcs.length + 1e-12).all()
    flow = one_way.flow
    certificate = certify_flow(net, flow, to_target)
    assert arcs.length @ flow == pytest.approx(net.nodes.divergence @ to_target, rel=1e-12)
    assert not certificate.passed
    assert certificate.worst is not None
    assert "all pairs" in certificate.worst.name
    assert certificate.interval[0] <= np.sqrt(20) * (1 + 1e-12)
    assert certificate.interval[1] >= np.sqrt(20)


NETWORKS = st.one_of(
    st.integers(0, 10_000).map(a_network),
    st.booleans().flatmap(on_a_graph).map(lambda problem: network(problem, "neighbours")),
    on_a_grid(2, 4, "unequal").map(lambda pair: Network.directions(between(*pair), 1)),
    on_a_grid(1, 8, "uneven").map(lambda pair: network(between(*pair), "neighbours")),
)


@given(NETWORKS, st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1e-3, 1e-9, 1e-10, 0.0]), st.sampled_from([10.0, 1.0, 1e-6]))
@settings(deadline=None, max_examples=150)
def test_whatever_is_given_the_interval_holds_the_value(net: Network, seed: int, mass: float, height: float) -> None:
    """Any flow, the optimal one and changes to it; any potential, above the optimal one and far from it."""
    rng = np.random.default_rng(seed)
    value, size = dense_value(net.problem), unit_of(net.problem)
    solution = solve(net.problem, support=net)
    flow = solution.flow + mass * net.problem.mass_unit * rng.uniform(-1, 1, solution.flow.size)
    f = solution.potential * rng.choice([1.0, 0.0, 1.01, -1.0]) + height * net.unit * rng.normal(size=solution.potential.size)
    lower, upper = certify_flow(net, flow, f).interval
    assert lower <= value + 1e-12 * size
    assert upper >= value - 1e-12 * size
    below = lipschitz_below(net, f)
    assert (below <= f).all()
    if net.arcs.spanning or not np.isinf(net.nodes.cost.values).any():
        assert (below[:, None] - below[None, :] <= net.nodes.cost.values + 1e-12 * (net.unit + np.abs(f).max())).all()


def test_negative_flows_within_the_tolerance_make_nothing_cheaper() -> None:
    """A little less than nothing there and back on each of 40 x 39 arcs; the value is 1."""
    a, b = np.zeros(40), np.zeros(40)
    a[0] = b[1] = 1
    problem = between(om.grid_measure(a), om.grid_measure(b))
    net = network(problem, "full")
    flow = np.where((net.arcs.tail == 0) & (net.arcs.head == 1), 1.0, -0.9e-9)
    lower, upper = certify_flow(net, flow, np.zeros(40)).interval
    assert lower <= 1 <= upper


def test_a_potential_that_takes_long_to_lower_is_no_proof_before() -> None:
    """A road of 3,000 towns, two of them in one place: lowering f from the far end reaches one of these before the other."""
    length = np.ones(2999)
    length[1500] = 0
    graph = om.Graph.from_frame(roads([(k, k + 1, length[k]) for k in range(2999)]))
    a, b = np.zeros(3000), np.zeros(3000)
    a[1500] = b[1501] = 1
    source, target = om.Measure(a, labels=range(3000)), om.Measure(b, labels=range(3000))
    net = network(om.TransportProblem(source, target, om.graph_cost(source, target, graph)), "neighbours")
    for far in range(2495, 2510):
        f = np.zeros(3000)
        f[far] = -1e6
        assert certify_flow(net, np.zeros(net.arcs.count), f).interval[0] <= 0


@given(on_a_grid(2, 5, "unequal"), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_an_extension_from_the_deficits_is_lipschitz_and_loses_nothing(pair: tuple[om.Measure, om.Measure], seed: int) -> None:
    net = Network.directions(between(*pair), 1)
    f = lipschitz_below(net, np.random.default_rng(seed).normal(size=net.nodes.size))
    extended, d = closed(net, f), net.nodes.cost.values
    assert (extended[:, None] - extended[None, :] <= d + 1e-12).all()
    assert net.nodes.divergence @ extended >= net.nodes.divergence @ f - 1e-9


def test_numbers_that_are_none_prove_nothing() -> None:
    problem = between(om.grid_measure([1, 0, 0]), om.grid_measure([0, 0, 1]))
    net = network(problem, "neighbours")
    solution = solve(problem, support=net)
    assert not certify_flow(net, with_entry(solution.flow, 0, np.nan), solution.potential).passed
    assert not certify_flow(net, solution.flow, with_entry(solution.potential, 1, np.nan)).passed


def test_a_flow_that_serves_nobody_is_repaired_through_the_heaviest_node() -> None:
    """What is missing goes to the heaviest node and on from there: 1 from the first node to the last, which are 2 apart."""
    problem = between(om.grid_measure([1, 0, 0]), om.grid_measure([0, 0, 1]))
    net = network(problem, "neighbours")
    for f in (-np.arange(3.0), -2 * np.arange(3.0)):
        certificate = certify_flow(net, np.zeros(net.arcs.count), f)
        assert not certificate.passed
        assert certificate.interval.lower == 2 <= certificate.interval.upper <= 2 * (1 + 1e-12)


def test_arcs_that_leave_places_out_leave_no_place_without_a_potential() -> None:
    """One arc carries all; the other places are held by none, and f is extended to them."""
    problem = between(om.grid_measure([0, 1, 0, 0, 0]), om.grid_measure([0, 0, 0, 1, 0]))
    solution = solve(problem, support=[(1, 3)])
    assert solution.certificate.passed, solution.certificate.verdict
    assert (np.abs(np.subtract.outer(solution.potential, solution.potential)) <= solution.network.nodes.cost.values).all()


def test_flows_below_nothing_serve_nobody() -> None:
    """What is missing from 0 to 1 is balanced by a flow of -1 from 1 to 0; the value is 1."""
    problem = between(om.grid_measure([1, 0]), om.grid_measure([0, 1]))
    net = network(problem, "neighbours")
    flow = np.where((net.arcs.tail == 1) & (net.arcs.head == 0), -1.0, 0.0)
    assert np.array_equal(net.arcs.divergence(flow), net.nodes.divergence)
    assert certify_flow(net, flow, np.zeros(2)).interval.upper >= 1


class TestRoundedDownwards:
    """What a potential proves, where the next float up is above the exact value."""

    def test_a_value_between_two_floats(self) -> None:
        """1 over a distance of 1 and 2^-54 over 3: the value is 1 + 3/4 2^-52."""
        light = 2.0**-54
        problem = between(om.grid_measure([light, 1, 0, 0]), om.grid_measure([0, 0, 1, light]), "cityblock")
        net = network(problem, "neighbours")
        lower, upper = certify_flow(net, np.zeros(net.arcs.count), -np.arange(4.0)).interval
        assert lower == 1 < 1 + Fraction(3, 4) * Fraction(1, 2**52) <= upper

    def test_a_value_just_below_a_float(self) -> None:
        """All that the middle takes goes over a distance of 1: its mass times the exact scale, 1 + 2^-52 / (1 + 2^-70)."""
        light = 2.0**-70
        problem = between(om.grid_measure([1 + 2.0**-52, 0, light]), om.grid_measure([light, 1, 0]), "cityblock")
        net = network(problem, "neighbours")
        value = problem.exact_masses()[1][problem.b.argmax()]
        assert 1 < value < 1 + Fraction(1, 2**52)
        lower, upper = certify_flow(net, np.zeros(net.arcs.count), np.array([0.0, -1.0, 0.0])).interval
        assert lower == 1
        assert value <= upper

    def test_a_distance_that_rounding_makes_shorter_than_the_path_along_the_axes(self) -> None:
        """A box of 1 x 2^-53 x ... x 2^-53 in eight dimensions: the arcs add up to 1 + 7 2^-53, coordinate by coordinate to 1."""
        points = np.array(list(product([0.0, 1.0], *[[0.0, 2.0**-53]] * 7)))
        a, b = np.zeros((2, len(points)))
        a[-1] = b[0] = 1
        problem = between(om.Measure(a, points=points), om.Measure(b, points=points), "cityblock")
        net = network(problem, "neighbours")
        at = net.nodes.points
        assert at is not None
        f = at[:, 1:].sum(axis=1) + (at[:, 0] - 1)
        distance = problem.cost.entries(np.array([len(points) - 1]), np.array([0]))[0]
        lower, upper = certify_flow(net, np.zeros(net.arcs.count), f).interval
        assert 1 - 1e-13 < lower <= distance <= upper
