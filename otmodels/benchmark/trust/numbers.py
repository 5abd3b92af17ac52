"""Plans and potentials to be certified: the exact optimum in floating point, and what carelessness makes of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from otmodels.arrays import FloatArray
from otmodels.benchmark.trust.truth import Truth


class Handed(NamedTuple):
    """Numbers to be certified, and whether they are right, so that a certificate has to pass them."""

    plan: FloatArray | None
    f: FloatArray | None
    g: FloatArray | None
    right: bool = False


Change: TypeAlias = Callable[[np.random.Generator, Truth], Handed]

EMD = "ot.emd"


def exact(rng: np.random.Generator, truth: Truth) -> Handed:
    """The optimum, rounded."""
    return Handed(*_optimum(truth), right=True)


def moved(rng: np.random.Generator, truth: Truth) -> Handed:
    """Mass moved from pairs of the plan to others, around a cycle or not."""
    plan, f, g = _optimum(truth)
    i, k = rng.integers(plan.shape[0], size=2)
    j, l = rng.integers(plan.shape[1], size=2)  # noqa: E741 - a cycle of pairs (i, j), (k, j), (k, l), (i, l)
    mass = plan.sum() * _size(rng)
    if rng.random() < 0.5:
        mass = min(mass, plan[i, j], plan[k, l])
    plan[i, j] -= mass
    plan[k, j] += mass
    if rng.random() < 0.7:
        plan[k, l] -= mass
        plan[i, l] += mass
    return Handed(plan, f, g)


def shifted(rng: np.random.Generator, truth: Truth) -> Handed:
    """Both potentials raised, or one raised and the other lowered, which is another gauge."""
    plan, f, g = _optimum(truth)
    shift = 10.0 ** rng.uniform(-12, 16) * rng.choice([-1, 1])
    return Handed(plan, f + shift, g + (shift if rng.random() < 0.5 else -shift))


def raised(rng: np.random.Generator, truth: Truth) -> Handed:
    """One potential raised or lowered a little, or all of a side."""
    plan, f, g = _optimum(truth)
    side = g if rng.random() < 0.5 else f
    change = (np.abs(side).max() or 1.0) * _size(rng) * rng.choice([-1, 1])
    side[rng.integers(side.size) if rng.random() < 0.7 else slice(None)] += change
    return Handed(plan, f, g)


def flipped(rng: np.random.Generator, truth: Truth) -> Handed:
    """A sign lost on the way from a solver."""
    plan, f, g = _optimum(truth)
    return Handed(*((plan, -f, -g), (plan, f, -g), (-plan, f, g), (plan, -f, g))[rng.integers(4)])


def scaled(rng: np.random.Generator, truth: Truth) -> Handed:
    """Plan or potentials in another unit, or a little off."""
    plan, f, g = _optimum(truth)
    factor = 1e-12 if rng.random() < 0.3 else 1 + _size(rng) * rng.choice([-1, 1])
    return Handed(plan * factor, f, g) if rng.random() < 0.5 else Handed(plan, f * factor, g * factor)


def elsewhere(rng: np.random.Generator, truth: Truth) -> Handed:
    """Mass on one pair more: a forbidden one, or the dearest."""
    plan, f, g = _optimum(truth)
    costs = [[np.inf if cost is None else float(cost) for cost in row] for row in truth.costs]
    plan.flat[int(np.argmax(costs))] += plan.sum() * _size(rng)
    return Handed(plan, f, g)


def alone(rng: np.random.Generator, truth: Truth) -> Handed:
    """Only a plan, or only potentials, or only one of them: half a proof."""
    plan, f, g = _optimum(truth)
    parts = Handed(None, f, g), Handed(None, f, None), Handed(plan, f, None), Handed(plan, None, g), Handed(plan, None, None)
    return parts[rng.integers(len(parts))]


def emd(rng: np.random.Generator, truth: Truth) -> Handed:
    """What POT's ot.emd says, with a large cost on forbidden pairs."""
    import ot

    largest = max((abs(float(cost)) for row in truth.costs for cost in row if cost is not None), default=1.0)
    costs = np.array([[1e6 * largest if cost is None else float(cost) for cost in row] for row in truth.costs])
    a, b = (np.array([float(mass) for mass in side]) for side in (truth.a, truth.b))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is its own
        # Its test of equal totals is absolute.
        plan, log = ot.emd(a, b, costs, log=True, center_dual=False, check_marginals=False)
    if not all(np.isfinite(part).all() for part in (plan, log["u"], log["v"])):
        return exact(rng, truth)
    return Handed(plan, log["u"], log["v"])


_CHANGES: tuple[Change, ...] = (exact, moved, shifted, raised, flipped, scaled, elsewhere, alone)
CHANGES = {change.__name__: change for change in _CHANGES} | {EMD: emd}


def _optimum(truth: Truth) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Plan and potentials in floating point, each entry rounded once."""
    assert truth.optimum is not None
    plan = np.zeros((len(truth.a), len(truth.b)))
    for cell, mass in truth.optimum.plan.items():
        plan[cell] = float(mass)
    f, g = (np.array([float(entry) for entry in side]) for side in (truth.optimum.f, truth.optimum.g))
    return plan, f, g


def _size(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-14, 0))
