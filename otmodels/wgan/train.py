"""Training a generator: every step goes against the gradient of what a critic makes of a batch, of W1 for the exact one.

A generator G is to make W1(G(z), data) small: the minimum over generators of the maximum over critics. Where a Wasserstein critic
is a second network, trained at every step and never to the end, the exact critic's gradient is that of W1 itself, through an
optimal plan of the batch (`otmodels.wgan.envelope`). What is made small is the mean of W1 over batches. That is above W1 of the
distributions, and need not be least where they are one: batches of few points are met best by points that lie closer together
than the data. The larger the batches, the less so.

Source: Arjovsky, Chintala and Bottou (2017), Wasserstein generative adversarial networks; Bellemare et al. (2017), The Cramer
distance as a solution to biased Wasserstein gradients; Bernton, Jacob, Gerber and Robert (2019), On parameter estimation with the
Wasserstein distance; Fatras et al. (2020), Learning with minibatch Wasserstein; Kingma and Ba (2015).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from otmodels.arguments import check_flags, check_type, check_watch, kind_of, positive, real, whole
from otmodels.arrays import FloatArray, read_only, travels
from otmodels.errors import ParameterError, SolveError
from otmodels.measure import MAKE_A_MEASURE, Measure
from otmodels.status import Termination
from otmodels.wgan.adam import MEAN, Moments
from otmodels.wgan.astray import Astray
from otmodels.wgan.batches import draw
from otmodels.wgan.generators import Generator, Parameters
from otmodels.wgan.learner import Learner
from otmodels.wgan.loop import DONE, take_steps
from otmodels.wgan.neural import Neural, recipe_of
from otmodels.wgan.opponents import Met, Opponent, Pair, opponent
from otmodels.wgan.readiness import FEWEST, check_generator, check_names, check_points, is_tame, read_data, wild
from otmodels.wgan.state import Options, State, Step, Watch, frame_of

RATE = 0.05
"""Of the generator, against the exact critic."""

AGAINST_NEURAL = 0.02, 0.0
"""Rate and momentum against a neural critic: the best of a few that were tried on the ring of Gaussians."""

AUDITS = 50
"""A neural critic is audited every so many steps, where nothing else is asked for."""


@travels
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
        Generated points after chosen steps, a batch of them, always of the same latent points.
    data : Measure
        What the generator was trained on.
    """

    state: State
    ended: str
    samples: Mapping[int, FloatArray]
    data: Measure
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def generator(self) -> Generator:
        """What was trained."""
        return self.state.generator

    @property
    def is_done(self) -> bool:
        """Whether all steps were taken that were asked for."""
        return self.ended == DONE

    @property
    def critic(self) -> Any:
        """The neural critic after the last step, a torch.nn.Module; None where it was trained against the exact one."""
        neural, mark = self.state.options.neural, self.state.critic
        if neural is None or mark is None:
            return None
        assert self.data.points is not None
        return Learner(neural, self.data.points.shape[1], mark).plain()

    @property
    def budget(self) -> str:
        """What it took, in words."""
        options, seconds = self.state.options, sum(step.seconds for step in self.steps)
        against = "the exact critic of each batch" if options.neural is None else options.neural.said
        side = f"all {self.data.size}" if options.full else options.batch
        turns = "" if options.neural is None else f", each after {options.neural.turns} of the critic"
        return f"{self.state.step:,} steps of {options.batch} + {side} points against {against}{turns}; {seconds:.1f} s"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a step, indexed by step from 1.

        `loss`, E_p f - E_q f of the batches before the step, p the data and q what is generated; `bound`, the best lower bound on
        their W1 that the critic proves; `w1`, exact; `constant`, L, the critic's largest slope; `share`, bound / w1; `certified`,
        W1's certificate; `seconds`. Against the exact critic the first three are one number, up to rounding, and L is 1 by
        construction. A neural critic is audited at some steps, and the columns from `bound` to `certified` are empty at others.
        """
        return frame_of(self.steps)

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
            As for `train`; steps count from the start of training, and those that are past are not kept any more.

        Returns
        -------
        History
            All of it, this one's steps first.
        """
        count, chosen = whole("steps", steps, 1), _chosen(keep)
        check_watch(watch, "Step")
        size = self.state.options.batch if batch is None else whole("batch", batch, FEWEST)
        speed = self.state.options.rate if rate is None else positive("rate", rate)
        state = replace(self.state, options=replace(self.state.options, batch=size, rate=speed))
        return _run(self.data, state, count, watch, chosen, self.steps, self.samples)

    def __repr__(self) -> str:
        loss = f", last loss {self.steps[-1].loss:.6g}" if self.steps else ""
        return f"History({self.state.generator!r}, {self.state.step} steps{loss}; {self.ended}; {self.budget})"


def train(
    generator: Generator,
    data: Measure,
    critic: str | Neural = "exact",
    *,
    steps: int,
    batch: int = 256,
    rate: float | None = None,
    momentum: float | None = None,
    hold: int = 0,
    halving: float | None = None,
    seed: int = 0,
    metric: str = "euclidean",
    order: float | None = None,
    full: bool = False,
    audit: int = AUDITS,
    watch: Watch | None = None,
    keep: Iterable[int] = (),
) -> History:
    """Train a generator against a critic, by Adam on batches.

    Ctrl-C ends it after the step that is being taken, a second one at once, without that step. A step that makes a parameter or a
    point NaN, infinite or too large is undone and ends it too; `ended` names it and says why. `History.resume` goes on.

    Parameters
    ----------
    generator : Generator
        `Affine`, `Network`, or what has the methods of `Generator`. It is left as it is; `History.generator` is the trained one.
    data : Measure
        With points, in a unit in which they are about 1; weights are how often a point is drawn, whatever their total.
    critic : {"exact", "clipping", "penalty", "spectral", "groupsort"} or Neural
        The exact critic of each batch, certified; or a neural one, which is trained beside the generator and needs torch, in the
        Euclidean metric.
    steps : int
        How many, >= 1.
    batch : int
        Points of a batch, >= 2, generated ones and real ones each.
    rate : float, optional
        Of Adam, > 0: about how far a parameter moves in a step. 0.05 where it is omitted, 0.02 against a neural critic.
    momentum : float, optional
        Of the mean of gradients that Adam steps along, so much is kept a step, in [0, 1). 0.9 where it is omitted, 0 against a
        neural critic: one that learns is chased round in circles by more.
    hold, halving : optional
        For `hold` steps the rate stays, then it halves every `halving` steps; without `halving` it never does.
    seed : int
        Of all that is drawn, >= 0.
    metric, order : optional
        As for `otmodels.wgan.envelope`.
    full : bool
        Whether every step is against all of the data, not a batch of them.
    audit : int
        Every so many steps, and at the first, a neural critic is audited against the exact one of the batches of that step.
    watch : callable, optional
        Called with a `Step` after each step, say `print`. What it raises is not caught; KeyboardInterrupt ends training as
        Ctrl-C does.
    keep : iterable of int
        After which steps generated points are kept in `History.samples`; 0 is before the first.

    Raises
    ------
    UnknownNameError, ParameterError, ShapeError
        Torch is missing among them, for a neural critic.

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
    halves = None if halving is None else positive("halving", halving)
    recipe = recipe_of(critic)
    usual = (RATE, MEAN) if recipe is None else AGAINST_NEURAL
    speed, kept = (own if given is None else given for given, own in zip((rate, momentum), usual, strict=True))
    sizes = whole("batch", batch, FEWEST), positive("rate", speed), whole("hold", hold, 0), halves, whole("seed", seed, 0)
    options = Options(*sizes, metric, order, bool(full), recipe, whole("audit", audit, 1))
    kept = real("momentum", kept)
    if not 0 <= kept < 1:
        raise ParameterError("momentum", f"is {kept:g}", "Give a number >= 0 and < 1")
    count, chosen = whole("steps", steps, 1), _chosen(keep)
    measure = read_data("data", data)
    check_generator(generator, measure, options)
    if options.neural is not None and metric != "euclidean":
        raise ParameterError("metric", f"is {metric!r}, and neural critics are held by Euclidean norms", "Take the exact critic")
    state = State(0, generator, Moments.none(generator.parameters, kept), options)
    return _run(measure, state, count, watch, chosen)


def _run(
    data: Measure,
    state: State,
    count: int,
    watch: Watch | None,
    keep: frozenset[int],
    before: Sequence[Step] = (),
    samples: Mapping[int, FloatArray] | None = None,
) -> History:
    """Some more steps, and all that was before."""
    assert data.points is not None
    against, kept = opponent(state.options, data.points.shape[1], state.critic), dict(samples or {})

    def shoot(state: State) -> None:
        if state.step in keep:
            kept[state.step] = _shot(state)

    def take(state: State, number: int, last: int) -> tuple[State, Step]:
        begun = time.perf_counter()
        moved, met = _step(data, state, against)
        step = Step(number, last, met.loss, time.perf_counter() - begun, met.audit)
        shoot(moved)
        return moved, step

    shoot(state)
    state, steps, ended = take_steps(replace(state, critic=against.mark()), before, count, take, watch)
    return History(state, ended, {step: points for step, points in kept.items() if step <= state.step}, data, steps)


def _step(data: Measure, state: State, against: Opponent) -> tuple[State, Met]:
    """The state after one more step, and what was made of its batch.

    Raises
    ------
    Astray
        There is none.
    """
    assert data.points is not None
    dimension = data.points.shape[1]
    number, options, before = state.step + 1, state.options, state.generator.parameters
    rng = options.rng(number)

    def pair() -> Pair:
        return _batch(data, options, rng), generated(state.generator.draw(options.batch, rng))

    def generated(latent: FloatArray) -> Measure:
        points = state.generator(latent)
        check_points(points, (options.batch, dimension))
        if not is_tame(points):
            raise Astray("points that it is from are " + wild(points))
        return Measure.from_samples(points)

    latent = state.generator.draw(options.batch, rng)
    with np.errstate(all="ignore"):
        made = generated(latent)
        try:
            met = against.meet((_batch(data, options, rng), made), pair, rng, options.is_audited(number))
        except SolveError as error:
            if error.status.termination is Termination.INTERRUPTED:
                raise KeyboardInterrupt from error
            raise Astray(f"W1 was not had ({error})") from error
        gradient = state.generator.pullback(latent, met.gradient)
        check_names(before, gradient)
        moments = state.moments.after(gradient)
        change = moments.step(options.rate_at(number))
        after = {name: array + change[name] for name, array in before.items()}
    _check_tame(after)
    moved = state.generator.moved_to(after)
    _check_tame(moved.parameters)  # a network may have rounded them to shorter numbers, which are infinite sooner
    return State(number, moved, moments, options, against.mark()), met


def _check_tame(parameters: Parameters) -> None:
    """Raise where a parameter is too large, or no number.

    Raises
    ------
    Astray
    """
    for name, array in parameters.items():
        if not is_tame(array):
            raise Astray(f"{name} would be " + wild(array))


def _batch(data: Measure, options: Options, rng: np.random.Generator) -> Measure:
    """The data, or points drawn in proportion to their masses; where all are alike and there are enough, none twice."""
    if options.full:
        return data
    assert data.points is not None
    return draw(data, options.batch, rng)


def _shot(state: State) -> FloatArray:
    """Generated points of the latent points that are always the same."""
    with np.errstate(all="ignore"):
        return read_only(np.array(state.generator(state.generator.draw(state.options.batch, state.options.shown()))))


def _chosen(keep: Iterable[int]) -> frozenset[int]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise ParameterError("keep", f"is {kind_of(keep)}", "Give steps, such as [0, 100, 1000]")
    return frozenset(whole("keep", step, 0) for step in keep)
