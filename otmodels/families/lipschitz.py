"""The Lipschitz forms: answers read as a potential of the nodes and a flow on the arcs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array

from otmodels.arrays import FloatArray
from otmodels.axioms import axioms_of
from otmodels.certificate import plan_value, rounding_width
from otmodels.checks import Certificate
from otmodels.errors import InputError, ParameterError
from otmodels.families.base import Answer, Family, unsolved_program
from otmodels.families.exactly import exactly, infeasible
from otmodels.families.settling import Effort
from otmodels.feasibility import Infeasibility, infeasibility
from otmodels.formulations import Links, formulation
from otmodels.generation import GeneratedArcs
from otmodels.ground import GroundCost
from otmodels.interval import UNKNOWN, Interval
from otmodels.languages import Declaration, Run
from otmodels.lipschitz_certificate import certify_flow, closed, lipschitz_below
from otmodels.lipschitz_solution import ExtendedFlow, LipschitzSolution, Result
from otmodels.lp import LinearProgram
from otmodels.lp import certify as certify_program
from otmodels.metrics import Minkowski
from otmodels.network import Arcs, ArcSupport, GraphCost, Network, network, placed_flow, plan_of_flow, tree_flow
from otmodels.problem import TransportProblem
from otmodels.solution import Provenance, Solution, Unsolved
from otmodels.status import Status, Termination
from otmodels.tolerances import DEFAULT, Tolerances

_NO_WAY = {
    "flow": (Termination.INFEASIBLE, Termination.INFEASIBLE_OR_UNBOUNDED),
    "lipschitz": (Termination.UNBOUNDED, Termination.INFEASIBLE_OR_UNBOUNDED),
}


class KantorovichRubinstein(Family):
    """The Lipschitz program and the flow program on a network.

    Parameters
    ----------
    problem : TransportProblem
        The data.
    support : ArcSupport or GeneratedArcs
        Which arcs, see `otmodels.network.network`.
    force : bool
        Whether a cost that is no metric is let through, for a lower bound.

    Raises
    ------
    NotAMetricError
        The cost is no metric; the message has the witness.
    UnbalancedError
        Parts of the network that no arc connects differ in mass.
    ParameterError
        An arc has a negative length.
    """

    def __init__(self, problem: TransportProblem, support: ArcSupport | GeneratedArcs, force: bool = False) -> None:
        self.problem = problem
        self.is_given = not isinstance(support, str | GeneratedArcs)
        if isinstance(support, GeneratedArcs):
            self.generate_s, support = support.seconds, support.network
        self.network = network(problem, support)
        self.is_metric = _is_metric(self.network, force)
        self.network.check_connected()
        self._links = Links(self.network)

    def declare(self, form: str, language: str) -> Declaration:
        """A form as a native model."""
        return formulation(form).declare(self._links, language)

    def program(self, form: str) -> LinearProgram:
        """A form as the linear program that it states."""
        return formulation(form).program(self._links)

    @property
    def size(self) -> int:
        """Number of arcs."""
        return self.network.arcs.count

    @property
    def support(self) -> str:
        """Which arcs these are, in words."""
        return self.network.arcs.description

    def solution(self, form: str, answer: Answer, run: Run, provenance: Provenance) -> LipschitzSolution:
        """Gauge and certificate."""
        flow, potential = self._parts(form, answer)
        found = solution_of(self.network, flow, potential, run.status, provenance, is_metric=self.is_metric)
        if found.certificate.passed or not (self.is_given and self.is_metric):
            return found
        return replace(found, is_on_given_arcs=certify_program(self.program("flow"), flow, potential).passed)

    def extended(
        self, form: str, answer: Answer, status: Status, certificate: Certificate, provenance: Provenance
    ) -> ExtendedFlow:
        """Potential, flow and multipliers, with the certificate of the program as compiled."""
        flow, potential = self._parts(form, answer)
        value, named = certificate.primal_value, (answer.multipliers(), answer.variables())
        return ExtendedFlow(status, self.problem, value, self.network, potential, flow, certificate, provenance, *named)

    def exactly(self, near: Result, provenance: Provenance, effort: Effort) -> Result:
        """The solution in exact arithmetic, as a flow along the pairs of the plan; on arcs of the user's there is none."""
        found = exactly(self.problem, near, provenance, effort) if self.is_metric and not self.is_given else near
        if not isinstance(found, Solution):
            return found
        return carried(self.network, found, found.provenance, effort.tolerances)

    def unsolved(self, form: str, answer: Answer, run: Run) -> Unsolved:
        """Infeasible, where one-way arcs do not lead where mass has to go; or stopped, with the interval proven by then."""
        if run.status.termination in _NO_WAY[form]:
            found = self.infeasibility()
            return (
                unsolved_program(self.problem, answer.program.settled(run), "the program") if found is None else infeasible(found)
            )
        flow, potential = self._parts(form, answer)
        message = f"{run.status.termination.value}; the interval holds what is proven by then"
        return Unsolved(run.status, self.problem, interval_of(self.network, flow, potential, self.is_metric), message)

    def infeasibility(self) -> Infeasibility | None:
        """Why mass has nowhere to go along the arcs; None where it has."""
        return infeasibility(self.problem)

    def _parts(self, form: str, answer: Answer) -> tuple[FloatArray, FloatArray]:
        """Flow and potential."""
        if form == "flow":
            return answer.variable("w"), answer.multiplier("balance")
        return answer.multiplier("lipschitz"), answer.variable("f")


def solution_of(
    net: Network,
    flow: FloatArray,
    potential: FloatArray,
    status: Status,
    provenance: Provenance,
    *,
    is_metric: bool = True,
    tolerances: Tolerances = DEFAULT,
    known: Interval = UNKNOWN,
) -> LipschitzSolution:
    """The certified solution that a flow and a potential are, in the gauge and closed where nothing pins the potential."""
    problem = net.problem
    if is_metric and not net.arcs.spanning:
        potential = closed(net, potential)
    first = net.nodes.source[int((problem.a > 0).argmax())]
    if is_metric and net.arcs.spanning:
        potential = lipschitz_below(net, potential)
    potential = potential - potential[first]
    flow = placed_flow(net.nodes, net.arcs, flow, potential)
    certificate = _certificate(net, flow, potential, is_metric, tolerances, known)
    value = problem.cost.in_full(certificate.value if is_metric else certificate.dual_value)
    return LipschitzSolution(
        status,
        problem,
        value,
        net,
        potential,
        flow,
        certificate,
        provenance,
        is_lower_bound=not (is_metric or certificate.passed) and _bounds_below(problem, certificate),
    )


def _bounds_below(problem: TransportProblem, certificate: Certificate) -> bool:
    """Whether a potential is worth no more than what is proven: one that is too steep may be worth anything."""
    lower = certificate.interval.lower
    return certificate.dual_value <= lower + DEFAULT.gap * abs(lower) + rounding_width(problem)


def carried(net: Network, solution: Solution, provenance: Provenance, tolerances: Tolerances = DEFAULT) -> LipschitzSolution:
    """A certified plan and potentials as a flow along the pairs of the plan, and the potential that -g extends to."""
    nodes = net.nodes
    plan = coo_array(solution.sparse_plan)
    tail, head = nodes.source[plan.coords[0]], nodes.target[plan.coords[1]]
    moves = tail != head
    tail, head, mass = tail[moves], head[moves], plan.data[moves]
    key, place = np.unique(tail * nodes.size + head, return_inverse=True)
    ends = key // nodes.size, key % nodes.size
    arcs = Arcs(nodes.size, *ends, nodes.cost.entries(*ends), "pairs of the plan")
    made = Network(net.problem, nodes, arcs)
    potential = np.zeros(nodes.size)
    potential[nodes.source] = solution.f
    potential[nodes.target] = -solution.g
    flow = np.bincount(place, mass, key.size).astype(np.float64)
    known = solution.certificate.interval
    return solution_of(made, flow, potential, solution.status, provenance, tolerances=tolerances, known=known)


def interval_of(net: Network, flow: FloatArray, potential: FloatArray, is_metric: bool = True) -> Interval:
    """What a stopped run proves: its potential, lowered until it is 1-Lipschitz; its flow, or a flow along a tree."""
    known = _certificate(net, flow, potential, is_metric).interval
    along_tree = tree_flow(net.nodes, net.arcs) if is_metric else None
    if along_tree is None:
        return known
    return known.intersection(_certificate(net, along_tree, _coordinate(net), is_metric).interval)


def ungenerated_arcs(made: GeneratedArcs) -> Unsolved:
    """The result where the generation of arcs was stopped: what its flow and potential, and its rounds, prove by then."""
    message = f"{made.status.termination.value}; the interval holds what is proven by then"
    return Unsolved(made.status, made.network.problem, interval_of(made.network, made.flow, made.potential), message)


def _coordinate(net: Network) -> FloatArray:
    """The coordinate, or its negative, that bounds the cost best: 1-Lipschitz for every norm; 0 where there is none."""
    nodes = net.nodes
    if not isinstance(nodes.cost, GroundCost) or not isinstance(nodes.cost.metric, Minkowski) or nodes.cost.power != 1:
        return np.zeros(nodes.size)
    shift = nodes.divergence @ nodes.cost.x
    axis = int(np.abs(shift).argmax())
    return np.asarray(np.sign(shift[axis]) * nodes.cost.x[:, axis])


def _certificate(
    net: Network,
    flow: FloatArray,
    potential: FloatArray,
    is_metric: bool,
    tolerances: Tolerances = DEFAULT,
    known: Interval = UNKNOWN,
) -> Certificate:
    cost = None if is_metric else plan_value(net.problem, plan_of_flow(net, flow))
    return certify_flow(net, flow, potential, cost, tolerances, known)


_NEGATIVE = "A distance must be >= 0; use form='primal' or 'dual' for such costs"


def _is_metric(net: Network, force: bool) -> bool:
    """Whether the cost has what the Kantorovich-Rubinstein theorem needs: zero diagonal, symmetry, triangle inequality."""
    if (net.arcs.length < 0).any():
        worst = int(net.arcs.length.argmin())
        tail, head = net.pair(int(net.arcs.tail[worst]), int(net.arcs.head[worst]))
        fault = f"is {net.arcs.length[worst]:g} from {tail} to {head}"
        raise ParameterError("cost", fault, _NEGATIVE)
    cost = net.nodes.cost
    here = cost.at(np.arange(net.nodes.size), np.arange(net.nodes.size))
    if (here < 0).any():
        where = net.nodes.labels[int(here.argmin())]
        raise ParameterError("cost", f"is {here.min():g} from {where} to itself", _NEGATIVE)
    if isinstance(cost, GraphCost) and cost.power <= 1:
        # Shortest paths obey the triangle inequality; where the graph is directed, one-way streets are no fault.
        return True
    report = axioms_of(cost, net.nodes.labels)
    if force and not report.supports_lipschitz and not net.arcs.spanning:
        fault = f"is set with arcs that are {net.arcs.description}, and the cost is no metric"
        raise ParameterError("force", fault, "Only with support='full' is the value a lower bound")
    if not force:
        report.raise_if_not_metric(pseudometric=True)
    return report.supports_lipschitz


def applicable_network(problem: TransportProblem) -> Network | None:
    """The fewest arcs known to span the cost, where it is a metric on a common support: neighbours, else all pairs."""
    for make in (Network.neighbours, Network.full):
        try:
            net = make(problem)
            _is_metric(net, force=False)
            net.check_connected()
        except InputError:
            continue
        return net
    return None
