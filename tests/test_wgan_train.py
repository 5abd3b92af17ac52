"""Training against the exact critic: it learns, goes on to the same numbers, stops, and undoes what went astray."""

from __future__ import annotations

import pickle
import signal
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, ParameterError, ShapeError, UnknownNameError
from otmodels.wgan import Affine, History, Network, Step, held_out, sample, train
from otmodels.wgan.generators import Parameters

NET = Network.random(2, 2, hidden=8, seed=1)
MOONS = sample("moons", 300)
SHORT: dict[str, Any] = {"batch": 12, "rate": 0.02, "seed": 5}


@dataclass(frozen=True)
class Shift:
    """x = z + b, with something that happens the so-manieth time that points are made."""

    shift: FloatArray
    calls: list[int]
    at: int = -1
    happens: Any = None

    @property
    def parameters(self) -> Parameters:
        return {"shift": self.shift}

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        return rng.normal(size=(n, 2))

    def __call__(self, latent: npt.ArrayLike) -> FloatArray:
        self.calls.append(1)
        points = np.asarray(latent) + self.shift
        return points if len(self.calls) != self.at else self.happens(points)

    def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
        return {"shift": np.asarray(cotangent).sum(axis=0)}

    def moved_to(self, parameters: Parameters) -> Shift:
        return replace(self, shift=parameters["shift"])


def same(one: History, other: History) -> bool:
    """Whether two trainings have the same losses and the same parameters, to the last bit."""
    mine, its = one.generator.parameters, other.generator.parameters
    alike = all((mine[name] == its[name]).all() for name in mine)
    return alike and (one.frame["loss"].to_numpy() == other.frame["loss"].to_numpy()).all() and one.state.step == other.state.step


class TestLearning:
    def test_a_shift_is_found_where_w1_has_its_least(self) -> None:
        """Two samples of one shape: W1 of the distributions is how far one is moved."""
        rng = np.random.default_rng(0)
        data = om.Measure.from_samples(rng.normal([3, -1], size=(400, 2)))
        found = train(Shift(np.zeros(2), []), data, steps=80, batch=32, rate=0.2, hold=30, halving=15)
        assert found.generator.parameters["shift"] == pytest.approx([3, -1], abs=0.3)
        losses = found.frame["loss"]
        assert losses.iloc[0] == pytest.approx(10**0.5, abs=0.7)
        assert losses.iloc[-10:].mean() < 1

    def test_a_segment_is_learnt_to_within_what_samples_say(self) -> None:
        start = Affine([[0.2], [-0.3]], [1.0, 1.0], "uniform")
        found = train(start, sample("line", 2000), steps=150, batch=24, rate=0.05, hold=60, halving=25)
        matrix = found.generator.parameters["matrix"][:, 0]
        assert matrix * np.sign(matrix[0]) == pytest.approx([1, 0.5], abs=0.1)
        assert held_out(found.generator, sample("line", 2000, seed=1), 50, 8).ratio < 1.4

    def test_a_network_comes_nearer(self) -> None:
        found = train(NET, MOONS, steps=60, batch=24, rate=0.05, hold=30, halving=15)
        before, after = (held_out(made, sample("moons", 500, seed=1), 50, 4).ratio for made in (NET, found.generator))
        assert after < 0.8 * before
        assert found.frame["certified"].all()

    def test_all_of_the_data_with_their_masses(self) -> None:
        """The mean of the data is weighted, an atom without mass is never seen."""
        data = om.Measure([6, 2, 0], [[0.0, 0.0], [4.0, 0.0], [1e9, 0.0]])
        for full in (True, False):
            still = train(Shift(np.array([20.0, 0.0]), []), data, steps=1, batch=64, rate=1e-9, full=full)
            assert still.frame["loss"].iloc[0] == pytest.approx(19, abs=1.5)
            assert f"1 steps of 64 + {'all 2' if full else 64} points against" in still.budget

    @pytest.mark.parametrize(("metric", "order"), [("cityblock", None), ("chebyshev", None), ("minkowski", 3.0)])
    def test_other_metrics(self, metric: str, order: float | None) -> None:
        found = train(NET, MOONS, steps=3, metric=metric, order=order, **SHORT)
        assert found.is_done
        assert found.frame["certified"].all()


class TestGoingOn:
    @pytest.mark.parametrize("full", [False, True])
    def test_the_same_numbers_as_if_it_had_never_stopped(self, full: bool) -> None:
        options = {**SHORT, "hold": 3, "halving": 2.0, "momentum": 0.3, "full": full}
        whole = train(NET, MOONS, steps=12, **options)
        first = train(NET, MOONS, steps=5, **options)
        assert same(whole, first.resume(4).resume(3))
        assert first.state.step == 5
        assert same(whole, pickle.loads(pickle.dumps(first)).resume(7))

    def test_a_seed_says_which(self) -> None:
        one, other = (train(NET, MOONS, steps=2, **{**SHORT, "seed": seed}) for seed in (5, 6))
        assert not same(one, other)
        assert same(one, train(NET, MOONS, steps=2, **SHORT))

    def test_another_batch_and_rate_from_here_on(self) -> None:
        first = train(NET, MOONS, steps=2, **SHORT)
        bigger = first.resume(2, batch=20, rate=0.001)
        assert (bigger.state.options.batch, bigger.state.options.rate, first.state.options.batch) == (20, 0.001, 12)
        assert (bigger.frame["loss"][:2] == first.frame["loss"]).all()
        with pytest.raises(ParameterError, match="batch: is 1"):
            first.resume(2, batch=1)
        with pytest.raises(ParameterError, match="steps: is 0"):
            first.resume(0)

    def test_the_generator_that_was_given_is_left_as_it_is(self) -> None:
        before = {name: array.copy() for name, array in NET.parameters.items()}
        found = train(NET, MOONS, steps=1, **SHORT)
        assert all((NET.parameters[name] == before[name]).all() for name in before)
        assert all((found.generator.parameters[name] != before[name]).all() for name in before)


class TestStopping:
    def test_ctrl_c_between_steps(self) -> None:
        def watch(step: Step) -> None:
            if step.number == 3:
                signal.raise_signal(signal.SIGINT)

        found = train(NET, MOONS, steps=100, watch=watch, **SHORT)
        assert found.ended == "stopped by Ctrl-C after step 3"
        assert not found.is_done
        assert len(found.frame) == found.state.step == 3
        assert same(found.resume(4), train(NET, MOONS, steps=7, **SHORT))

    @pytest.mark.parametrize(("times", "last"), [(1, 4), (2, 3)])
    def test_ctrl_c_within_a_step(self, times: int, last: int) -> None:
        """The first waits for the step, the second does not."""

        def stop(points: FloatArray) -> FloatArray:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
            return points

        # The first call tries the generator, so that the fifth is in step 4.
        found = train(Shift(np.zeros(2), [], 5, stop), MOONS, steps=100, **SHORT)
        assert found.ended == f"stopped by Ctrl-C after step {last}"
        assert len(found.frame) == last
        assert same(found.resume(2), train(Shift(np.zeros(2), []), MOONS, steps=last + 2, **SHORT))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_ctrl_c_that_raises_is_heard_too(self) -> None:
        """As it does where somebody else has a hand on it."""

        def stop(points: FloatArray) -> FloatArray:
            raise KeyboardInterrupt

        found = train(Shift(np.zeros(2), [], 5, stop), MOONS, steps=100, **SHORT)
        assert found.ended == "stopped by Ctrl-C after step 3"

    def test_no_ctrl_c_is_lost_while_a_solver_runs(self) -> None:
        """A solve that is all but done ends as if nothing had been; the training does not."""
        before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            for k in range(6):

                def watch(step: Step, seconds: float = 0.01 + 0.007 * k) -> None:
                    if step.number == 1:
                        signal.setitimer(signal.ITIMER_REAL, seconds)

                found = train(NET, MOONS, steps=100_000, batch=100, watch=watch)
                assert found.ended.startswith("stopped by Ctrl-C")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def test_a_watcher_may_stop_it_and_its_own_errors_are_its_own(self) -> None:
        def watch(step: Step) -> None:
            raise RuntimeError(str(step))

        with pytest.raises(RuntimeError, match=r"step 1 of 2: W1 \d"):
            train(NET, MOONS, steps=2, watch=watch, **SHORT)


class TestAstray:
    @pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinite"), (1e13, "beyond 1e\\+12")])
    def test_points(self, value: float, word: str) -> None:
        broken = Shift(np.zeros(2), [], 4, lambda points: points + value)
        found = train(broken, MOONS, steps=10, **SHORT)
        with pytest.raises(AssertionError, match=f"step 3 was undone: points that it is from are {word}"):
            raise AssertionError(found.ended)
        assert found.state.step == len(found.frame) == 2
        assert found.frame["loss"].notna().all()
        assert same(found, train(Shift(np.zeros(2), []), MOONS, steps=2, **SHORT))

    def test_parameters_and_a_smaller_rate_goes_on(self) -> None:
        found = train(NET, MOONS, steps=10, batch=12, rate=1e15)
        assert found.ended.startswith("step 1 was undone: inner would be beyond")
        assert "smaller rate" in found.ended
        assert found.generator is NET
        assert not len(found.frame)
        assert found.resume(2, rate=0.01).is_done

    def test_gradients_that_are_no_numbers(self) -> None:
        class Broken(Shift):
            def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
                return {"shift": np.full(2, np.nan) if np.abs(self.shift).max() > 0 else np.ones(2)}

        found = train(Broken(np.zeros(2), []), MOONS, steps=10, **SHORT)
        assert found.ended.startswith("step 2 was undone: shift would be NaN")
        assert np.isfinite(found.generator.parameters["shift"]).all()


class TestWhatIsSeen:
    def test_history(self) -> None:
        seen: list[Step] = []
        found = train(NET, MOONS, steps=4, watch=seen.append, keep=[0, 2, 4, 99], **SHORT)
        frame = found.frame
        assert frame.index.tolist() == [1, 2, 3, 4]
        assert frame.columns.tolist() == ["loss", "bound", "w1", "constant", "share", "certified", "seconds"]
        assert frame.dtypes.astype(str).tolist() == [*["float64"] * 5, "boolean", "float64"]
        assert frame["bound"].to_numpy() == pytest.approx(frame["w1"].to_numpy(), rel=1e-9)
        assert (frame["bound"] <= frame["w1"]).all()
        assert (frame["loss"] == frame["w1"]).all()
        assert (frame["constant"] == 1).all()
        assert frame["share"].to_numpy() == pytest.approx(np.ones(4), rel=1e-9)
        assert found.critic is None
        assert found.budget.startswith("4 steps of 12 + 12 points against the exact critic of each batch; ")
        assert [step.loss for step in seen] == frame["loss"].tolist()
        assert [(step.number, step.last) for step in seen] == [(k, 4) for k in range(1, 5)]
        assert sorted(found.samples) == [0, 2, 4]
        assert "4 steps" in repr(found)
        more = found.resume(2, keep=[6])
        assert sorted(more.samples) == [0, 2, 4, 6]
        assert sorted(found.samples) == [0, 2, 4]

    def test_samples_over_time_are_of_the_same_latent_points(self) -> None:
        found = train(NET, MOONS, steps=2, keep=[0, 2], **SHORT)
        latent = NET.draw(12, found.state.options.shown())
        assert (found.samples[0] == NET(latent)).all()
        assert (found.samples[2] == found.generator(latent)).all()

    def test_the_first_loss_is_w1_of_the_first_batch(self) -> None:
        all_of_it = sample("moons", 12)
        found = train(NET, all_of_it, steps=1, **SHORT)
        made = om.Measure.from_samples(NET(NET.draw(12, found.state.options.rng(1))))
        assert found.frame["loss"].iloc[0] == pytest.approx(om.wasserstein_distance(made, all_of_it).value, rel=1e-9)


BAD: list[tuple[dict[str, Any], type[InputError], str]] = [
    ({"batch": 1}, ParameterError, "batch: is 1. Give a whole number >= 2"),
    ({"steps": 0}, ParameterError, "steps: is 0"),
    ({"rate": 0}, ParameterError, "rate: is 0"),
    ({"rate": np.inf}, ParameterError, "rate: is inf"),
    ({"momentum": 1.0}, ParameterError, "momentum: is 1. Give a number >= 0 and < 1"),
    ({"halving": -1.0}, ParameterError, "halving: is -1"),
    ({"hold": -1}, ParameterError, "hold: is -1"),
    ({"full": "yes"}, ParameterError, "full: is 'yes'"),
    ({"watch": 3}, ParameterError, "watch: is an int, which cannot be called"),
    ({"keep": 3}, ParameterError, "keep: is an int"),
    ({"metric": "sqeuclidean"}, UnknownNameError, "metric"),
    ({"metric": "haversine"}, ParameterError, "metric: is haversine"),
    ({"data": [[0.0, 1.0]]}, ParameterError, "data: is a list, not a Measure"),
    ({"data": om.Measure([1, 1])}, ParameterError, "data: has no points"),
    ({"data": om.Measure([1], [[1e13, 0.0]])}, ParameterError, "data: has coordinates beyond"),
    ({"data": om.Measure([1], [[0.0]])}, ShapeError, r"generator: makes points of shape \(2, 2\)"),
    ({"generator": np.tanh}, ParameterError, "generator: is an? ufunc without parameters, draw"),
]


@pytest.mark.parametrize(("options", "kind", "message"), BAD)
def test_bad_input(options: dict[str, Any], kind: type[InputError], message: str) -> None:
    given = {"generator": NET, "data": MOONS, "steps": 2, **SHORT, **options}
    with pytest.raises(kind, match=message):
        train(given.pop("generator"), given.pop("data"), **given)


def test_masses_whose_sum_is_beyond_floating_point() -> None:
    heavy = om.Measure([1e308, 1.5e308], [[0.0, 0.0], [1.0, 0.0]])
    light = om.Measure([2.0, 3.0], [[0.0, 0.0], [1.0, 0.0]])
    one, other = (train(NET, data, steps=2, **SHORT).frame["loss"].tolist() for data in (heavy, light))
    assert one == pytest.approx(other, rel=1e-9)


class Other(Shift):
    """A generator with one thing that is not as it is to be."""

    answer: Any = None

    def __call__(self, latent: npt.ArrayLike) -> Any:
        made = super().__call__(latent)
        return made if self.answer is None else self.answer(made)


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"parameters": {}}, ParameterError, "generator: has no parameters"),
        ({"parameters": lambda _: {}}, ParameterError, "generator: has as parameters a (method|function)"),
        ({"pullback": lambda *_: None}, ParameterError, "generator: has a pullback that returns None"),
        ({"pullback": lambda *_: np.zeros(2)}, ParameterError, "generator: has a pullback that returns an? ndarray"),
        ({"answer": lambda _, made: made.tolist()}, ParameterError, "generator: makes points that are a list, not an array"),
        ({"answer": lambda _, made: made.astype(str)}, ParameterError, "generator: makes points that are an? ndarray"),
        ({"answer": lambda _, made: made[:5]}, ShapeError, r"generator: makes points of shape \(5, 2\), and \(12, 2\) is wanted"),
    ],
)
def test_generators_that_are_not_as_they_are_to_be(changed: dict[str, Any], kind: type[InputError], message: str) -> None:
    broken = type("Broken", (Other,), changed)(np.zeros(2), [])
    with pytest.raises(kind, match=message):
        train(broken, MOONS, steps=1, **SHORT)


@pytest.mark.parametrize("asked", [lambda made: train(made, MOONS, steps=1), lambda made: held_out(made, MOONS, 3)])
@pytest.mark.parametrize(("made", "message"), [(Affine, "is the class Affine"), (None, "is None without parameters")])
def test_what_is_no_generator(asked: Any, made: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=f"generator: {message}"):
        asked(made)


def test_a_ratio_to_true_points_that_are_one_is_not_known() -> None:
    found = held_out(NET, om.Measure.from_samples(np.zeros((20, 2))), 4, 3)
    assert np.isnan([found.ratio, found.standard_error]).all()
    assert "ratio nan" in repr(found)


def test_a_pullback_by_other_names() -> None:
    class Broken(Shift):
        def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
            return {"b": np.zeros(2)}

    with pytest.raises(ShapeError, match="generator: has parameters"):
        train(Broken(np.zeros(2), []), MOONS, steps=1, **SHORT)
