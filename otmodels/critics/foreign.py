"""Critics that somebody else made, read: functions of points, networks of torch, or values at the two samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import kind_of
from otmodels.arrays import FloatArray, floats, read_only, read_points, travels
from otmodels.claims import PotentialLike, read_potential
from otmodels.critics.ceiling import ceiling_of
from otmodels.critics.tensors import TensorWay, array_of, check_torch, module_of, tensor_ways
from otmodels.errors import NotANumberError, ParameterError, ShapeError
from otmodels.measure import Measure
from otmodels.metrics import Metric

BATCH = 4096
"""Most points that a critic is called with at once."""

FEW = 64
"""Points at which the ways to call a critic are tried."""

CriticLike: TypeAlias = Callable[[Any], Any] | tuple[PotentialLike, PotentialLike] | list[PotentialLike]
"""A function of points, numpy's or torch's, or its values at the two samples."""

GradientLike: TypeAlias = Callable[[Any], Any]

_SIDES = ("source", "target")
_CRITICS = "Give a function of points (k, d), a torch.nn.Module, or a pair of its values (at_source, at_target)"
_FUNCTIONS = {
    "critic": "Give a function of points (k, d) that returns one value a point, or the torch.nn.Module itself",
    "gradient": "Give a function of points (k, d) that returns one gradient a point, shape (k, d)",
}


class Way(Protocol):
    """How a function is called with a batch of points (k, d)."""

    def __call__(self, batch: FloatArray) -> Any:
        """What it returns."""

    def fed(self, shape: tuple[int, ...]) -> str:
        """What it is called with, for a message."""


@dataclass(frozen=True, eq=False)
class ArrayWay:
    """A function called with arrays of float64."""

    function: Callable[[Any], Any]

    def __call__(self, batch: FloatArray) -> Any:
        """What it returns."""
        return self.function(batch)

    def fed(self, shape: tuple[int, ...]) -> str:
        """What it is called with."""
        return f"a float64 array of shape {shape}"


@dataclass(frozen=True, eq=False)
class Rule:
    """A function of points, called in batches, the shapes of its answers checked.

    Attributes
    ----------
    argument : str
        What messages call it.
    way : Way
        How it is called.
    dimension : int
        Coordinates of a point.
    vectors : bool
        Whether it returns one vector (d,) a point, not one number.
    """

    argument: str
    way: Way
    dimension: int
    vectors: bool

    def __call__(self, points: FloatArray) -> tuple[FloatArray, float]:
        """Answers (k,) or (k, d), and the machine epsilon of the numbers that they are in."""
        answers = [self._answer(batch) for batch in _batches(points)]
        if not answers:
            return np.empty(points.shape if self.vectors else len(points)), 0.0
        return np.concatenate([values for values, _ in answers]), max(epsilon for _, epsilon in answers)

    def _answer(self, batch: FloatArray) -> tuple[FloatArray, float]:
        shape = batch.shape
        try:
            given, epsilon = array_of(self.way(batch))
        except Exception as error:
            fault = f"was called with {self.way.fed(shape)} and raised {first_line(error)}"
            raise ParameterError(self.argument, fault, _FUNCTIONS[self.argument]) from error
        values = floats(self.argument, given)
        k, wanted = len(batch), shape if self.vectors else shape[:1]
        plain = {(k, self.dimension)} if self.vectors else {(k,), (k, 1)}
        loose = ({(k,)} if self.dimension == 1 else set()) | ({wanted[1:]} if k == 1 else set())
        if values.shape not in plain | loose:
            fault = f"returned shape {values.shape} for {self.way.fed(shape)}"
            what = f"one gradient a point, shape {wanted}" if self.vectors else f"one value a point, shape {wanted} or {(k, 1)}"
            raise ShapeError(self.argument, fault, f"Return {what}")
        return values.reshape(wanted), epsilon


@travels
@dataclass(frozen=True, eq=False)
class Foreign:
    """A critic phi that somebody else made.

    Attributes
    ----------
    at_source : ndarray (n,)
        Its values at the atoms of the source.
    at_target : ndarray (m,)
        Its values at the atoms of the target.
    name : str
        What it is called.
    ceiling : float or None
        Of a network the product of the norms of its layers: its Lipschitz constant is at most this one. None where there is none.
    ceiling_reason : str
        What the ceiling is, or why there is none.
    gradient_reason : str
        Where its gradients are from, or why there are none.
    rounding : float
        Machine epsilon of the numbers that it computes in, 0 for integers: so much of its values, and of its points, is rounded.
    """

    at_source: FloatArray
    at_target: FloatArray
    name: str
    ceiling: float | None
    ceiling_reason: str
    gradient_reason: str
    rounding: float
    rule: Rule | None = field(default=None, repr=False)
    slope: Rule | None = field(default=None, repr=False)

    @property
    def is_function(self) -> bool:
        """Whether it can be evaluated at other points."""
        return self.rule is not None

    def values(self, points: npt.ArrayLike) -> FloatArray:
        """Its values (k,) at points (k, d).

        Raises
        ------
        ParameterError
            Only its values at the atoms were given, or it raised.
        ShapeError, NotANumberError
        """
        if self.rule is None:
            fault = "was given by its values at the atoms, and has none at other points"
            raise ParameterError("critic", fault, "Give the function itself")
        return _evaluated(self.rule, points)

    def gradients(self, points: npt.ArrayLike) -> FloatArray | None:
        """Its gradients (k, d) at points (k, d), NaN where one point has none; None where none are known.

        Raises
        ------
        ParameterError
            The function that finds them raised.
        ShapeError, NotANumberError
        """
        return None if self.slope is None else _evaluated(self.slope, points)


def read_critic(
    critic: CriticLike, source: Measure, target: Measure, metric: Metric, gradient: GradientLike | None = None
) -> Foreign:
    """A critic as it was handed in, evaluated at both samples.

    Parameters
    ----------
    critic : callable or pair of array_like
        A function of points (k, d), called with float64 arrays of at most 4096 points, that returns (k,) or (k, 1). Or a
        torch.nn.Module, called in its own numbers and in eval mode, or a function of tensors. Or its values (at_source,
        at_target); a Series is aligned by its labels.
    source, target : Measure
        The samples.
    metric : Metric
        In which a network's Lipschitz constant is bounded.
    gradient : callable, optional
        Points (k, d) to gradients (k, d). Torch finds those of its networks where it is omitted.

    Raises
    ------
    ParameterError
        It is none of these, it raised, it belongs to torch and torch is not installed, or the samples have no points.
    ShapeError, NotANumberError, InfiniteValueError, LabelMismatchError

    Examples
    --------
    >>> from otmodels.metrics import Minkowski
    >>> line = Measure([1, 1], points=[0, 3]), Measure([1, 1], points=[1, 2])
    >>> read_critic(lambda x: abs(x).sum(axis=1), *line, Minkowski(2.0)).at_source.tolist()
    [0.0, 3.0]
    """
    slope, why = _given_gradient(gradient, source, target)
    if isinstance(critic, tuple | list):
        pair, rounding = _pair(critic, source, target)
        return Foreign(
            *pair, "values", None, "it is known at the atoms only", why or "it is known at the atoms only", rounding, None, slope
        )
    if not callable(critic):
        raise ParameterError("critic", f"is {kind_of(critic)}", _CRITICS)
    check_torch("critic", critic)
    points = _points("critic", source, target)
    rule = _working("critic", critic, points[0], vectors=False)
    answers = [rule(side) for side in points]
    at_source, at_target = (
        _at_atoms(side, values, measure) for side, (values, _), measure in zip(_SIDES, answers, (source, target), strict=True)
    )
    if slope is None:
        slope, why = _own_gradient(rule, points[0])
    rounding = max(epsilon for _, epsilon in answers)
    if isinstance(rule.way, TensorWay):
        rounding = max(rounding, rule.way.epsilon)
    ceiling, reason = _ceiling(critic, rule, metric, rounding)
    name = getattr(critic, "__name__", type(critic).__name__)
    return Foreign(at_source, at_target, name, ceiling, reason, why, rounding, rule, slope)


def _ceiling(critic: object, rule: Rule, metric: Metric, rounding: float) -> tuple[float | None, str]:
    """The bound of a network, or why there is none."""
    if module_of(critic) is not critic:
        return None, "it is a function, not a network whose layers are known"
    bound = ceiling_of(critic, metric, rule.dimension, rounding)
    return (None, bound) if isinstance(bound, str) else (bound, "the product of the norms of its layers")


def _given_gradient(gradient: object, source: Measure, target: Measure) -> tuple[Rule | None, str]:
    """The gradients that were handed in, tried at one point."""
    if gradient is None:
        return None, ""
    if not callable(gradient):
        raise ParameterError("gradient", f"is {kind_of(gradient)}, which cannot be called", _FUNCTIONS["gradient"])
    check_torch("gradient", gradient)
    one = _points("gradient", source, target)[0][:1]
    rule = _working("gradient", gradient, one, vectors=True)
    rule(one)
    return rule, "as given"


def _own_gradient(rule: Rule, points: FloatArray) -> tuple[Rule | None, str]:
    """The gradients that torch finds, tried at a few points."""
    if not isinstance(rule.way, TensorWay):
        return None, "it is a function of arrays, and no gradient was given"
    way = rule.way.autograd()
    try:
        found = way(points[:FEW].copy())
    except Exception as error:
        return None, f"torch raised {first_line(error)}"
    if found is None:
        return None, "torch sees no way from its points to its values"
    return Rule("gradient", way, rule.dimension, vectors=True), "found by torch"


def _working(argument: str, function: Callable[[Any], Any], points: FloatArray, vectors: bool) -> Rule:
    """The first way to call a function that does not raise at a few points.

    Raises
    ------
    ParameterError
        All of them raise.
    """
    batch = points[:FEW]
    faults: dict[str, str] = {}
    cause: Exception | None = None
    for way in _ways(argument, function, vectors):
        try:
            way(batch.copy())
        except Exception as error:
            said = first_line(error)
            faults.setdefault(said, f"with {way.fed(batch.shape)} and raised {said}")
            cause = cause or error
        else:
            return Rule(argument, way, points.shape[1], vectors)
    raise ParameterError(argument, f"was called {', then '.join(faults.values())}", _FUNCTIONS[argument]) from cause


def _ways(argument: str, function: Callable[[Any], Any], vectors: bool) -> Iterator[Way]:
    """Networks are called with tensors, other functions with arrays and, where they raise, with tensors."""
    if module_of(function) is None:
        yield ArrayWay(function)
    yield from tensor_ways(argument, function, vectors)


def _points(argument: str, source: Measure, target: Measure) -> tuple[FloatArray, FloatArray]:
    """The points of both samples, of the same dimension."""
    x, y = source.points, target.points
    if x is None or y is None:
        side = _SIDES[x is not None]
        remedy = "Give the measure points, or the critic's values at the atoms, a pair (at_source, at_target)"
        raise ParameterError(argument, f"is a function of points, and the {side} has none", remedy)
    if x.shape[1] != y.shape[1]:
        fault = f"source points have {x.shape[1]} coordinates, target points {y.shape[1]}"
        raise ShapeError("points", fault, "Give both the same number")
    return x, y


def _pair(critic: tuple[Any, ...] | list[Any], source: Measure, target: Measure) -> tuple[tuple[FloatArray, FloatArray], float]:
    """The values at both samples, and the machine epsilon that they are rounded by."""
    if len(critic) != 2:
        raise ParameterError("critic", f"is {kind_of(critic)} of {len(critic)} entries", _CRITICS)
    found = [_one_side(*each) for each in zip(_SIDES, critic, (source, target), strict=True)]
    return (found[0][0], found[1][0]), max(epsilon for _, epsilon in found)


def _one_side(side: str, given: Any, measure: Measure) -> tuple[FloatArray, float]:
    check_torch("critic", given)
    array, epsilon = array_of(given)
    if not isinstance(array, pd.Series):
        array = floats(f"critic, at the {side}", array)
        array = array[:, 0] if array.shape == (measure.size, 1) else array
    return _at_atoms(side, array, measure), epsilon


def _at_atoms(side: str, values: Any, measure: Measure) -> FloatArray:
    return read_only(read_potential(f"critic, at the {side}", values, measure))


def _evaluated(rule: Rule, points: npt.ArrayLike) -> FloatArray:
    """What a rule answers at points that a user may have given: finite, or NaN where there is no gradient."""
    where = read_points(points, rule.dimension)
    values, _ = rule(where)
    finite = np.isfinite(values) | (rule.vectors & np.isnan(values))
    bad = np.flatnonzero(~(finite.all(axis=1) if rule.vectors else finite))
    if bad.size:
        fault = f"is {values[bad[0]].tolist()} at the point {where[bad[0]].tolist()}"
        raise NotANumberError(rule.argument, fault, "It must be finite wherever it is evaluated")
    return values


def _batches(points: FloatArray) -> Iterator[FloatArray]:
    """Copies of at most 4096 points, which a function may write into."""
    for start in range(0, len(points), BATCH):
        yield np.array(points[start : start + BATCH])


def first_line(error: Exception) -> str:
    """The kind of an error and the first line of what it says."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0].rstrip('.')}" if said else type(error).__name__
