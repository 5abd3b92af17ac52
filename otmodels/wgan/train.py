"""Training a generator against the exact critic: every step solves W1 of a batch, certified, and moves along its gradient.

A generator G is to make W1(G(z), data) small. Where a Wasserstein critic is a second network, trained at every step and never to
the end, here the gradient is that of W1 itself, through an optimal plan of the batch (`otmodels.wgan.envelope`). What is made
small is the mean of W1 over batches. That is above W1 of the distributions, and need not be least where they are one: batches of
few points are met best by points that lie closer together than the data. The larger the batches, the less so.

Source: Arjovsky, Chintala and Bottou (2017), Wasserstein generative adversarial networks; Bellemare et al. (2017), The Cramer
distance as a solution to biased Wasserstein gradients; Bernton, Jacob, Gerber and Robert (2019), On parameter estimation with the
Wasserstein distance; Fatras et al. (2020), Learning with minibatch Wasserstein; Kingma and Ba (2015).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypeAlias

import numpy as np
import pandas as pd

from otmodels.arguments import check_flags, check_type, check_watch, kind_of, real, whole
from otmodels.arrays import FloatArray, read_only
from otmodels.errors import ParameterError, ShapeError, SolveError
from otmodels.ground import ground_cost
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.status import Termination
from otmodels.wgan.adam import Moments
from otmodels.wgan.envelope import Envelope, envelope
from otmodels.wgan.generators import Generator, Parameters
from otmodels.wgan.halting import ctrl_c_noted
from otmodels.wgan.state import Options, State, Step, Watch

DONE = "all steps were taken"
"""How training ends that nothing stopped."""

STOPPED = "stopped by Ctrl-C"

LARGEST = 1e12
"""Parameters and points beyond this one are no longer trained."""

FEWEST = 2
"""Points of the smallest batch: one point has no distribution to learn from."""

Row: TypeAlias = tuple[float, float, bool]
"""Loss, seconds, and whether it is certified, of one step."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What training was.

    Attributes
    ----------
    state : State
        After the last step; `state.generator` is what was trained.
    ended : str
        How it ended: all steps were taken, Ctrl-C, or the step that was undone and why.
    samples : mapping of int to ndarray (k, d)
        Generated points after chosen steps, always of the same latent points.
    data : Measure
        What the generator was trained on.
    """

    state: State
    ended: str
    samples: Mapping[int, FloatArray]
    data: Measure
    rows: tuple[Row, ...] = field(repr=False)

    @property
    def generator(self) -> Generator:
        """What was trained."""
        return self.state.generator

    @property
    def is_done(self) -> bool:
        """Whether all steps were taken that were asked for."""
        return self.ended == DONE

    @property
    def frame(self) -> pd.DataFrame:
        """One row a step, indexed by step from 1: loss, W1 of its batch before the step; seconds; certified."""
        index = pd.RangeIndex(1, len(self.rows) + 1, name="step")
        columns = list(zip(*self.rows, strict=True)) or [()] * 3
        dtypes = {"loss": np.float64, "seconds": np.float64, "certified": np.bool_}
        made = zip(dtypes.items(), columns, strict=True)
        return pd.DataFrame({name: pd.Series(list(column), index, dtype) for (name, dtype), column in made})

    def resume(
        self,
        steps: int,
        *,
        batch: int | None = None,
        rate: float | None = None,
        watch: Watch | None = None,
        keep: Iterable[int] = (),
    ) -> History:
        """Go on for some steps, to the same numbers as if training had never stopped.

        Parameters
        ----------
        steps : int
            How many more.
        batch, rate : optional
            Others from here on, say larger batches at the end; `rate` is the one before it is halved.
        watch, keep
            As for `train`; steps count from the start of training.

        Returns
        -------
        History
            All of it, this one's steps first.
        """
        count, chosen = whole("steps", steps, 1), _chosen(keep)
        check_watch(watch, "Step")
        size = self.state.options.batch if batch is None else whole("batch", batch, FEWEST)
        speed = self.state.options.rate if rate is None else _positive("rate", rate)
        state = replace(self.state, options=replace(self.state.options, batch=size, rate=speed))
        with ctrl_c_noted() as asked:
            return _run(self.data, state, count, watch, chosen, list(self.rows), dict(self.samples), asked)

    def __repr__(self) -> str:
        loss = f", last loss {self.rows[-1][0]:.6g}" if self.rows else ""
        return f"History({self.state.generator!r}, {self.state.step} steps{loss}; {self.ended})"


def train(
    generator: Generator,
    data: Measure,
    *,
    steps: int,
    batch: int = 256,
    rate: float = 0.05,
    hold: int = 0,
    halving: float | None = None,
    seed: int = 0,
    metric: str = "euclidean",
    order: float | None = None,
    full: bool = False,
    watch: Watch | None = None,
    keep: Iterable[int] = (),
) -> History:
    """Train a generator against the exact critic, by Adam on batches.

    Ctrl-C ends it after the step that is being taken, a second one at once, without that step. A step that makes a parameter or a
    point NaN, infinite or too large is undone and ends it too; `ended` names it and says why. `History.resume` goes on.

    Parameters
    ----------
    generator : Generator
        `Affine`, `Network`, or what has the methods of `Generator`. It is left as it is; `History.generator` is the trained one.
    data : Measure
        With points, in a unit in which they are about 1; weights are how often a point is drawn.
    steps : int
        How many, >= 1.
    batch : int
        Points of a batch, >= 2, generated ones and real ones each.
    rate : float
        Of Adam, > 0: about how far a parameter moves in a step.
    hold, halving : optional
        For `hold` steps the rate stays, then it halves every `halving` steps; without `halving` it never does.
    seed : int
        Of all that is drawn, >= 0.
    metric, order : optional
        As for `otmodels.wgan.envelope`.
    full : bool
        Whether every step is against all of the data, not a batch of them.
    watch : callable, optional
        Called with a `Step` after each step, say `print`.
    keep : iterable of int
        After which steps generated points are kept in `History.samples`; 0 is before the first.

    Raises
    ------
    ParameterError, ShapeError

    Examples
    --------
    >>> from otmodels.wgan import Affine, sample
    >>> history = train(Affine([[0.1], [0.1]], [1.0, 0.0], "uniform"), sample("line", 500), steps=60, batch=32, rate=0.05)
    >>> history.is_done, bool(history.frame["certified"].all())
    (True, True)
    >>> bool(np.abs(history.generator.matrix - [[1.0], [0.5]]).max() < 0.3)
    True
    """
    check_type("data", data, Measure, MAKE_A_MEASURE)
    check_flags(full=full)
    check_watch(watch, "Step")
    halves = None if halving is None else _positive("halving", halving)
    sizes = whole("batch", batch, FEWEST), _positive("rate", rate), whole("hold", hold, 0), halves, whole("seed", seed, 0)
    options = Options(*sizes, metric, order, bool(full))
    count, chosen = whole("steps", steps, 1), _chosen(keep)
    measure = _read_data(data)
    _check_generator(generator, measure, options)
    state = State(0, generator, Moments.none(generator.parameters), options)
    with ctrl_c_noted() as asked:
        return _run(measure, state, count, watch, chosen, [], {}, asked)


def _run(
    data: Measure,
    state: State,
    steps: int,
    watch: Watch | None,
    keep: frozenset[int],
    rows: list[Row],
    samples: dict[int, FloatArray],
    asked: Event,
) -> History:
    """Steps until they are done, one is undone, or Ctrl-C."""
    last, ended = state.step + steps, DONE
    try:
        while state.step < last:
            if asked.is_set():
                raise KeyboardInterrupt
            if state.step in keep:
                samples[state.step] = _shot(state)
            begun = time.perf_counter()
            found = _step(data, state)
            if isinstance(found, str):
                ended = f"step {state.step + 1} was undone: {found}"
                break
            moved, loss, certified = found
            row = loss, time.perf_counter() - begun, certified
            del rows[state.step :]
            rows.append(row)
            state = moved
            if watch is not None:
                watch(Step(state.step, last, loss, certified, row[1]))
    except KeyboardInterrupt:
        ended = f"{STOPPED} after step {state.step}"
    if state.step in keep:
        samples[state.step] = _shot(state)
    return History(state, ended, samples, data, tuple(rows[: state.step]))


def _step(data: Measure, state: State) -> tuple[State, float, bool] | str:
    """The state after one more step, its loss and whether that is certified; or why there is none."""
    number, options, before = state.step + 1, state.options, state.generator.parameters
    rng = options.rng(number)
    latent = state.generator.draw(options.batch, rng)
    with np.errstate(all="ignore"):
        points = state.generator(latent)
        if not _tame(points):
            return "points that it is from are " + _wild(points)
        try:
            found = _against(data, points, options, rng)
        except SolveError as error:
            if error.status.termination is Termination.INTERRUPTED:
                raise KeyboardInterrupt from error
            return f"W1 was not had ({error})"
        gradient = state.generator.pullback(latent, found.gradient)
        _check_names(before, gradient)
        moments = state.moments.after(gradient)
        change = moments.step(options.rate_at(number))
        after = {name: array + change[name] for name, array in before.items()}
    for name, array in after.items():
        if not _tame(array):
            return f"{name} would be " + _wild(array)
    moved = State(number, state.generator.moved_to(after), moments, options)
    return moved, found.value, found.certificate.passed


def _against(data: Measure, points: FloatArray, options: Options, rng: np.random.Generator) -> Envelope:
    """W1 between generated points and the data, or a batch of them, with its gradient."""
    generated = Measure.from_samples(points)
    return envelope(
        generated, data if options.full else _batch(data, options.batch, rng), options.metric, order=options.order, throw=False
    )


def _batch(data: Measure, size: int, rng: np.random.Generator) -> Measure:
    """Points drawn in proportion to their masses; where all are alike and there are enough, none twice."""
    assert data.points is not None
    alike = bool((data.mass == data.mass[0]).all())
    chosen = rng.choice(data.size, size, replace=not (alike and size <= data.size), p=None if alike else data.mass)
    return Measure.from_samples(data.points[chosen])


def _shot(state: State) -> FloatArray:
    """Generated points of the latent points that are always the same."""
    with np.errstate(all="ignore"):
        return read_only(np.array(state.generator(state.generator.draw(state.options.batch, state.options.shown()))))


def _tame(array: FloatArray) -> bool:
    return bool((np.abs(array) <= LARGEST).all())


def _wild(array: FloatArray) -> str:
    worst = "NaN" if np.isnan(array).any() else "infinite" if np.isinf(array).any() else f"beyond {LARGEST:g}"
    return f"{worst}; take a smaller rate"


def _positive(argument: str, number: object) -> float:
    value = real(argument, number)
    if not 0 < value < math.inf:
        raise ParameterError(argument, f"is {value:g}", "Give a finite number > 0")
    return value


def _chosen(keep: Iterable[int]) -> frozenset[int]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise ParameterError("keep", f"is {kind_of(keep)}", "Give steps, such as [0, 100, 1000]")
    return frozenset(whole("keep", step, 0) for step in keep)


def _read_data(data: Measure) -> Measure:
    """The data with total mass 1, without atoms that hold none.

    Raises
    ------
    ParameterError
    """
    if data.points is None:
        raise ParameterError("data", "have no points", "Give the measure points")
    if not _tame(data.points):
        raise ParameterError("data", f"have coordinates beyond {LARGEST:g}", "Measure them in a unit in which they are about 1")
    held = data.mass > 0
    mass = data.mass[held] / data.mass[held].sum()
    return Measure(mass, data.points[held])


def _check_generator(generator: Generator, data: Measure, options: Options) -> None:
    """Try a generator on two points.

    Raises
    ------
    ParameterError, ShapeError
    """
    needed = ("parameters", "draw", "__call__", "pullback", "moved_to")
    lacking = [name for name in needed if not hasattr(generator, name)]
    if lacking:
        fault = f"is {kind_of(generator)} without {', '.join(lacking)}"
        raise ParameterError("generator", fault, "Give Affine, Network, or what has the methods of Generator")
    assert data.points is not None
    latent = generator.draw(FEWEST, options.shown())
    points, wanted = np.asarray(generator(latent)), (FEWEST, data.points.shape[1])
    if points.shape != wanted:
        raise ShapeError("generator", f"makes points of shape {points.shape}, and the data want {wanted}", "Make them alike")
    pair = Measure.from_samples(np.zeros(wanted)), Measure.from_samples(data.points[:1])
    ground_cost(*pair, options.metric, order=options.order)
    _check_names(generator.parameters, generator.pullback(latent, np.zeros(wanted)))


def _check_names(parameters: Parameters, gradient: Parameters) -> None:
    shapes = {name: np.shape(array) for name, array in parameters.items()}
    found = {name: np.shape(array) for name, array in gradient.items()}
    if shapes != found:
        raise ShapeError("generator", f"has parameters {shapes} and gradients {found}", "Its pullback returns one a parameter")
