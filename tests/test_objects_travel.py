"""Objects travel: pickled, copied, or sent to another process and back, everything that a user can get is what it was."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from functools import cache
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from scipy.sparse import issparse
from scipy.spatial.distance import cdist

import otmodels as om
from otmodels import datasets, errors, lp, network
from otmodels.arrays import FloatArray
from otmodels.errors import InfeasibleError, InputError, ModelError, OtmodelsError, SolveError, StoppedError, UnboundedError
from otmodels.generation import generate_arcs, generate_pairs
from otmodels.line import Line
from otmodels.network import Network, Nodes
from otmodels.rounding import exact_sum
from otmodels.status import OPTIMAL
from otmodels.tolerances import DEFAULT

PAGES = (om, errors, lp, network, datasets, om.critics, om.wgan)
"""Where the names of the package are that a user can import."""

NOT_GIVEN = {
    "Model": "refused by name",
    "Door": "a protocol",
    "Known": "its kinds are given",
    "Generator": "a protocol",
    "Fit": "needs torch, see tests/networks",
    "TorchGenerator": "needs torch, see tests/networks",
}
"""Public classes of which a user gets no instance that could travel, and why."""

INF = np.inf


def far_and_near(x: FloatArray, y: FloatArray) -> FloatArray:
    """A rule that another process can import."""
    return np.asarray(cdist(x, y, "cityblock"))


def falling(points: FloatArray) -> FloatArray:
    """A critic that another process can import."""
    return -points[:, 0]


def slopes(points: FloatArray) -> FloatArray:
    """Its gradient."""
    return np.tile([-1.0, 0.0], (len(points), 1))


def raised(make: Callable[[], object]) -> OtmodelsError:
    with pytest.raises(OtmodelsError) as caught:
        make()
    return caught.value


def on_a_grid(metric: Any = "cityblock", power: float = 1.0) -> om.TransportProblem:
    source, target = om.grid_measure([[1, 0], [2, 1]]), om.grid_measure([[0, 1], [1, 2]])
    return om.TransportProblem(source, target, om.ground_cost(source, target, metric, power))


def on_roads() -> om.TransportProblem:
    roads = om.Graph.from_frame(
        pd.DataFrame({"from": ["a", "b"], "to": ["b", "c"], "length": [1.0, 2.0]}),
        places=pd.DataFrame({"x": [0.0, 1.0, 3.0]}, index=["a", "b", "c"]),
    )
    farms, mills = om.Measure([1, 2], labels=["a", "b"]), om.Measure([3], labels=["c"])
    return om.TransportProblem(farms, mills, om.graph_cost(farms, mills, roads))


def blocked() -> om.TransportProblem:
    return om.TransportProblem([3, 1], [2, 2], [[0.0, INF], [1.0, 1.0]])


def labelled() -> om.TransportProblem:
    place = pd.Index([("Ulm", 1)], tupleize_cols=False)
    costs = pd.DataFrame([[1.0, 2.0]], index=place, columns=["x", "y"])
    return om.TransportProblem(om.Measure([2], labels=place), om.Measure([1, 1], labels=["x", "y"]), costs)


def by_rounding() -> om.TransportProblem:
    problem = om.TransportProblem(np.full(3, 0.1, np.float32), np.array([0.3], np.float32), [[1.0]] * 3)
    assert "differed by rounding" in problem.adjustments[0]
    assert sum(problem.exact_masses()[0]) == sum(problem.exact_masses()[1])
    return problem


def capped(form: str) -> om.Model:
    """A model with a row of its own."""
    model = om.build(on_a_grid(), form, "pyomo")
    variable = next(iter(model.variables.values()))
    model.native.cap = pyo.Constraint(expr=sum(variable[index] for index in variable) <= 100)
    return model


def bottomless() -> om.Model:
    """A model whose objective has no bound."""
    model = om.build(on_a_grid(), "primal", "pyomo")
    model.native.debt = pyo.Var()
    next(model.native.component_objects(pyo.Objective)).expr += model.native.debt
    return model


PROGRAM = lp.LinearProgram.canonical([2, 3], [[1, 1]], [4])
EMPTY = lp.LinearProgram.canonical([1], [[1], [-1]], [1, 0])
FREE = lp.LinearProgram.canonical([-1], [[1]], [1])

GIVEN: dict[str, Callable[[], Any]] = {
    "problem on a grid": on_a_grid,
    "problem on roads": on_roads,
    "problem with a forbidden pair": blocked,
    "problem with labels": labelled,
    "problem whose totals differ by rounding": by_rounding,
    "problem of a high power": lambda: on_a_grid("euclidean", 2000),
    "problem of great circles": lambda: on_a_grid("haversine"),
    "problem of a rule": lambda: on_a_grid(far_and_near),
    "part of a rule": lambda: on_a_grid().cost.among(np.array([0]), np.array([1])),
    "part of a rule that others do not know": lambda: om.cost.BaseCost.among(on_a_grid().cost, np.array([0]), np.array([1])),
    "costs on roads that were looked at": lambda: (on_roads().cost, on_roads().cost.values)[0],
    "line": lambda: Line.of(om.ground_cost(om.Measure([1], [0]), om.Measure([1], [3]), power=2)),
    "nodes of a matrix": lambda: Nodes.of(om.TransportProblem([1, 1], [1, 1], [[0, 1], [1, 0]])),
    "nodes on roads": lambda: Nodes.of(on_roads()),
    "nodes by their points": lambda: Nodes.of(on_a_grid()),
    "solution": lambda: om.solve(on_a_grid(), language="highspy"),
    "tables": lambda: [om.solve(on_roads()).summary(), om.solve(on_roads()).plan_table()],
    "solution on the line": lambda: om.wasserstein_distance(om.Measure([1, 1], [0, 2]), om.Measure([2], [1]), power=3),
    "flow": lambda: om.wasserstein_distance(on_a_grid().source, on_a_grid().target, "cityblock"),
    "flow on roads, looked at": lambda: _looked_at(om.solve(on_roads(), "flow", "highspy", support="neighbours")),
    "extended plan": lambda: capped("primal").solve(),
    "extended flow": lambda: capped("flow").solve(),
    "stopped": lambda: om.solve(on_a_grid(), time_limit=1e-9, throw=False),
    "infeasible": lambda: om.solve(blocked(), throw=False),
    "infeasible with rows": lambda: om.explain_infeasibility(_with_a_row_too_many()),
    "unbounded": lambda: bottomless().solve(throw=False),
    "generated pairs": lambda: generate_pairs(on_a_grid()),
    "generated arcs": lambda: generate_arcs(Network.directions(on_a_grid("euclidean"), 1)),
    "axioms": lambda: om.metric_report(om.Cost([[0, 1, 4], [1, 0, 1], [4, 1, 0]])),
    "g = -f": lambda: om.lipschitz_report(om.solve(on_a_grid())),
    "exact critic": lambda: om.critic(on_a_grid().source, on_a_grid().target, extension="mean"),
    "audit of a function": lambda: om.audit_critic(falling, on_a_grid().source, on_a_grid().target, gradient=slopes),
    "bracket": lambda: om.critics.bracket(*om.critics.translation(2).sample(8, 0), splits=2),
    "known pairs": lambda: [om.critics.scaled_ball(3, factor=2), om.critics.funnels(2, 3, 0, share=0.5)],
    "score": lambda: om.critics.score(om.critics.translation(2), falling, n=20),
    "gradient of W1": lambda: om.wgan.envelope(on_a_grid().source, on_a_grid().target),
    "generators": lambda: [om.wgan.Affine([[1.0]], [0.0]), om.wgan.Network.random(2, 2, 3)],
    "training": lambda: om.wgan.train(om.wgan.generator_of("line"), om.wgan.sample("line", 9), steps=2, batch=3, keep=[1]),
    "held out": lambda: om.wgan.held_out(om.wgan.generator_of("line"), om.wgan.sample("line", 8), 4, 2),
    "neural critic": lambda: om.wgan.Neural("penalty"),
    "data set": lambda: om.read_dataset("data/roads"),
    "tolerances": lambda: DEFAULT,
    "a sum": lambda: exact_sum(np.array([0.1, 0.2])),
    "program": lambda: PROGRAM,
    "plain program": lambda: lp.Program(
        np.ones(2), PROGRAM.A, np.ones(1), np.ones(1), np.zeros(2), np.ones(2), row_names=["r"], column_names=["x", "y"]
    ),
    "program of a model": lambda: om.build(on_a_grid(), "dual").linear_program(),
    "dual of a program": lambda: [PROGRAM.dual(), lp.Dual.of(PROGRAM)],
    "forms of a program": lambda: [PROGRAM.standard_form(), PROGRAM.normal_form()],
    "solved programs": lambda: [program.solve() for program in (PROGRAM, EMPTY, FREE)],
    "why there is no point": lambda: [lp.conflict(EMPTY), lp.repair(EMPTY), lp.conflict_of(_ray()).ray.bounds],
    "alternatives": lambda: [lp.farkas([[1, 1]], [1]), lp.eps_sweep(PROGRAM.standard_form().program)],
    "approach": lambda: lp.approach(PROGRAM),
}


def _ray() -> lp.DualRay:
    ray = EMPTY.solve().ray
    assert isinstance(ray, lp.DualRay)
    return ray


def _looked_at(flow: Any) -> om.LipschitzSolution:
    """With everything in it that is made when somebody looks."""
    assert isinstance(flow, om.LipschitzSolution)
    assert flow.plan_table()["cost"].sum() == flow.value
    assert flow.flow_table()["mass"].sum() > 0
    return flow


def _with_a_row_too_many() -> om.Model:
    model = om.build(on_a_grid(), "primal", "pyomo")
    variable = next(iter(model.variables.values()))
    model.native.nothing = pyo.Constraint(expr=sum(variable[index] for index in variable) <= 1)
    return model


ERRORS: dict[str, Callable[[], OtmodelsError]] = {
    "no number": lambda: raised(lambda: om.Measure([1, np.nan])),
    "stopped": lambda: raised(lambda: om.solve(on_a_grid(), time_limit=1e-9)),
    "infeasible": lambda: raised(lambda: om.solve(blocked())),
    "infeasible with rows": lambda: raised(_with_a_row_too_many().solve),
    "unbounded": lambda: raised(bottomless().solve),
    "uncertified": lambda: raised(om.certify(on_a_grid(), f=[0, 0, 0, 0]).raise_if_failed),
    "failed": lambda: SolveError("it failed", OPTIMAL, (0.0, 1.0)),
    "base": lambda: OtmodelsError("it failed"),
    **{
        kind.__name__: lambda kind=kind: kind("mass", "is -1 at 'Ulm'", "Masses must be >= 0")  # type: ignore[misc]
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, InputError)
    },
}

made: Callable[[str], Any] = cache(lambda name: GIVEN[name]())
failed: Callable[[str], Any] = cache(lambda name: ERRORS[name]())


def parts_of(thing: Any) -> dict[str, Any]:
    """What an object is made of, by name."""
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(thing, name) for name in slots if hasattr(thing, name)} | dict(getattr(thing, "__dict__", {}))


def is_ours(thing: Any) -> bool:
    return type(thing).__module__.startswith("otmodels") and not isinstance(thing, Enum)


def all_within(thing: Any) -> Iterator[Any]:
    """An object and everything of the package that it is made of."""
    if is_ours(thing):
        yield thing
        for part in parts_of(thing).values():
            yield from all_within(part)
    if isinstance(thing, tuple | list):
        for part in thing:
            yield from all_within(part)


def assert_same(one: Any, other: Any, where: str) -> None:
    """The same type, the same numbers, as writeable, all the way down."""
    assert type(one) is type(other), where
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, err_msg=where)
        assert (one.dtype, one.flags.writeable) == (other.dtype, other.flags.writeable), where
    elif issparse(one):
        assert (one.shape, one.nnz) == (other.shape, other.nnz)
        np.testing.assert_array_equal(one.toarray(), other.toarray(), err_msg=where)
    elif isinstance(one, pd.DataFrame | pd.Series | pd.Index):
        assert one.equals(other), where
    elif isinstance(one, lp.Names):
        assert list(one) == list(other), where
    elif isinstance(one, Mapping):
        assert list(one) == list(other), where
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), where
        for k, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{k}]")
    elif is_ours(one):
        assert (str(one), repr(one)) == (str(other), repr(other)), where
        mine, its = parts_of(one), parts_of(other)
        assert mine.keys() == its.keys(), where
        for name in mine:
            assert_same(mine[name], its[name], f"{where}.{name}")
    elif not callable(one):
        assert one == other or one != one, where


@pytest.mark.parametrize("name", GIVEN)
class TestEverythingThatIsGiven:
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_is_pickled(self, name: str, protocol: int) -> None:
        assert_same(made(name), pickle.loads(pickle.dumps(made(name), protocol)), name)

    def test_is_pickled_again(self, name: str) -> None:
        once = pickle.loads(pickle.dumps(made(name)))
        assert_same(once, pickle.loads(pickle.dumps(once)), name)

    def test_is_copied(self, name: str) -> None:
        assert_same(made(name), copy.copy(made(name)), name)
        assert_same(made(name), copy.deepcopy(made(name)), name)


@pytest.mark.parametrize("name", ERRORS)
class TestEveryError:
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_is_pickled(self, name: str, protocol: int) -> None:
        self.assert_as_it_was(name, pickle.loads(pickle.dumps(failed(name), protocol)))

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_is_copied(self, name: str, copied: Callable[[Any], Any]) -> None:
        self.assert_as_it_was(name, copied(failed(name)))

    @staticmethod
    def assert_as_it_was(name: str, again: OtmodelsError) -> None:
        error = failed(name)
        assert (type(error), str(error), error.args) == (type(again), str(again), again.args)
        assert error.__dict__.keys() == again.__dict__.keys()
        for part, value in error.__dict__.items():
            if part != "__notes__":
                assert_same(value, getattr(again, part), f"{name}.{part}")


def test_no_public_class_is_left_out() -> None:
    """A class that is new has an example in GIVEN or ERRORS, or a reason in NOT_GIVEN."""
    named = {name: getattr(page, name) for page in PAGES for name in dir(page) if name[0] != "_"}
    public = {thing for thing in named.values() if inspect.isclass(thing)}
    ours = {kind for kind in public if kind.__module__.startswith("otmodels.")}
    seen = {type(part) for name in GIVEN for part in all_within(made(name))} | {type(failed(name)) for name in ERRORS}
    assert {om.Solution, om.Measure, lp.Farkas, errors.ZeroMassError, network.Grid} <= ours
    assert {kind.__name__ for kind in ours - seen} == set(NOT_GIVEN)


class TestReadOnly:
    def test_what_cannot_be_written_to_cannot_be_afterwards(self) -> None:
        problem: Any = on_a_grid()
        for again in (pickle.loads(pickle.dumps(problem)), copy.deepcopy(problem), copy.copy(problem)):
            for array in (again.a, again.source.points, again.cost.x):
                with pytest.raises(ValueError, match="read-only"):
                    array[0] = 7

    def test_what_is_shared_stays_shared(self) -> None:
        """The points of a cost are those of its measures, and travel once."""
        source: Any = om.Measure(np.ones(20000), np.random.default_rng(0).random((20000, 2)))
        problem = om.TransportProblem(source, source, om.ground_cost(source, source))
        again = pickle.loads(pickle.dumps(problem))
        assert again.cost.x is again.source.points is again.cost.y
        assert len(pickle.dumps(problem)) < 1.2 * (source.mass.nbytes + source.points.nbytes)


class TestModels:
    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    @pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_a_model_says_what_to_send_instead(self, language: str, way: Callable[[Any], object]) -> None:
        model = om.build(on_a_grid(), language=language)
        with pytest.raises(ModelError, match=rf"{language}.*`problem`.*linear_program\(\)"):
            way(model)

    def test_and_that_travels(self) -> None:
        again = pickle.loads(pickle.dumps(capped("primal").linear_program()))
        assert again.solve().value == pytest.approx(om.solve(on_a_grid()).value, rel=1e-12)


def test_a_rule_without_a_name_is_told_by_pickle() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(on_a_grid(lambda x, y: far_and_near(x, y)))


class TestOtherProcesses:
    """Processes that start afresh, as they do on macOS and Windows, and get what they work on by pickle."""

    def test_a_pool_of_processes_takes_problems_and_gives_solutions_and_errors(self) -> None:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            solving = pool.submit(om.solve, on_a_grid(), "primal", "highspy")
            failing, refused = pool.submit(om.solve, blocked()), pool.submit(om.Measure, [-1.0])
            echoes = {name: pool.submit(copy.copy, made(name)) for name in GIVEN}
            errors_too = {name: pool.submit(copy.copy, failed(name)) for name in ERRORS}
            assert solving.result().value == om.solve(on_a_grid(), "primal", "highspy").value
            with pytest.raises(InfeasibleError, match="has nowhere to go") as infeasible:
                failing.result()
            assert infeasible.value.explanation.shortfall == 1  # type: ignore[union-attr]
            with pytest.raises(errors.NegativeMassError, match="is -1 at 0"):
                refused.result()
            for name, echo in echoes.items():
                assert_same(made(name), echo.result(), name)
            for name, error in errors_too.items():
                TestEveryError.assert_as_it_was(name, error.result())

    def test_so_does_multiprocessing(self) -> None:
        with get_context("spawn").Pool(1) as pool:
            (solution,) = pool.map(om.solve, [on_roads()])
            with pytest.raises(StoppedError) as stopped:
                pool.apply(om.solve, (on_a_grid(),), {"time_limit": 1e-9})
            with pytest.raises(UnboundedError) as unbounded:
                pool.apply(_raise, (failed("unbounded"),))
        assert solution.certificate.passed
        assert stopped.value.interval[0] >= 0
        assert unbounded.value.ray.direction.any()


def _raise(error: OtmodelsError) -> None:
    raise error
