"""High powers of a distance: the unit in which they are taken, and the reach within which.

d^p of a far pair overflows long before W_p does, and next to it nothing is left of what a plan pays. But no plan pays for far
pairs where all mass finds a place nearby: within the bottleneck distance D = W_inf, for at most D^p a unit of mass. So costs are
powers of d / D where those of d are beyond floating point; and beyond a reach, at which D^p has been left far behind, they stay
level, or on the line go on straight, so that they stay convex. Such a cost is at most the power: potentials that are feasible for
it are so for the power. A plan that moves nothing beyond the reach pays the same by both. So what is optimal for the one, and
moves nothing that far, is optimal for the other.

Source: Garfinkel and Rao (1971), The bottleneck transportation problem; Champion, De Pascale, Juutinen (2008), The
infinity-Wasserstein distance: W_p tends to W_inf.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from math import inf, isfinite, lcm, log2
from numbers import Real
from typing import Protocol, runtime_checkable

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow

from otmodels.arrays import FloatArray, IndexArray
from otmodels.errors import ParameterError

HIGH = 8.0
"""Powers above this one are looked at more closely: their costs may range further than a solver tells them apart."""

LOGARITHM = 900.0
"""Costs are plain powers where all are within 2^-900 and 2^900, so that sums of them over masses are floats too."""

MODERATE = 256.0
"""High powers are measured in D^p where costs would not stay within 2^-256 and 2^256."""

RANGE = 30.0
"""Costs up to 2^30 times what a plan pays are left as they are: a solver still tells what it pays."""

ROOM = 4.0
"""The reach is where costs are 2^4 D^p over the share of the lightest atom in the mass: alone it would pay for all. On the line
no share is asked for: no plan beats the monotone one, whatever convex cost lies beyond its distances."""

GRAIN = 8.0
"""D is found up to a factor of 2^8 in D^p."""

PARTS = 1 << 30
"""Masses are counted in this many parts of the total where they are no multiples of one, in 32-bit integers."""

KEPT = 1 << 24
"""Most distances that are kept while D is looked for, 128 MiB; more are computed each time."""

LEAST = 2.0**-960
"""Costs a unit of mass that are next to nothing, where floating point loses digits."""

_EXACT = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


@dataclass(frozen=True, slots=True)
class Scale:
    """How a distance is raised to a power p: (d / unit)^p up to a reach.

    Attributes
    ----------
    unit : float
        Length in which distances are measured before they are raised: costs are in units of unit^p.
    reach : float
        Distance up to which the cost is the power.
    slope : float
        How the cost goes on: by this share of itself over each reach; 0 is level, p the tangent of the power.

    Examples
    --------
    >>> Scale(unit=10.0, reach=20.0).raised(np.array([0.0, 10.0, 20.0, 30.0]), 2.0).tolist()
    [0.0, 1.0, 4.0, 4.0]
    >>> Scale(unit=10.0, reach=20.0, slope=2.0).raised(np.array([0.0, 10.0, 20.0, 30.0]), 2.0).tolist()
    [0.0, 1.0, 4.0, 8.0]
    """

    unit: float = 1.0
    reach: float = inf
    slope: float = 0.0

    def raised(self, distance: FloatArray, power: float) -> FloatArray:
        """The costs; +inf where they overflow, and of an infinite distance."""
        with np.errstate(over="ignore", under="ignore"):
            length = distance if self.unit == 1 else distance / self.unit
            if self.reach == inf:
                return length if power == 1 else np.asarray(length**power)
            most = self.reach / self.unit
            cost = np.minimum(length, most) ** power
            if self.slope:
                cost = cost * (1 + self.slope * np.maximum(length / most - 1, 0.0))
            return np.where(np.isinf(length), inf, cost)

    def in_full(self, value: float, power: float) -> float:
        """A value in units of unit^p as a plain one; infinite, or 0, where it is beyond floating point."""
        if self.unit == 1 or value == 0 or not np.isfinite(value):
            return value
        return float(_EXACT.multiply(Decimal(value), _EXACT.power(Decimal(self.unit), Decimal(power))))

    def root(self, value: float, power: float) -> float:
        """The p-th root of a value in units of unit^p: a length."""
        with np.errstate(over="ignore"):
            return float(self.unit * np.float64(max(value, 0.0)) ** (1 / power))

    def in_words(self, name: str, power: float) -> str:
        """The cost, in words."""
        length = name if self.unit == 1 else f"({name} / {self.unit:.6g})"
        raised = length if power == 1 else f"{length}^{power:g}"
        return raised if self.reach == inf else f"{raised}, {self._beyond} beyond {self.reach:.6g}"

    def notes(self, name: str, power: float) -> tuple[str, ...]:
        """What is not as in the plain power, in sentences; empty where nothing is."""
        notes = []
        if self.unit != 1:
            notes.append(
                f"costs are powers of {name} / {self.unit!r}, within floating point: they, potentials and proven bounds are in "
                f"units of {self.unit:.6g}^{power:g}; value is not, and infinite or 0 where that is beyond floating point"
            )
        if self.reach != inf:
            notes.append(
                f"beyond a distance of {self.reach!r} costs go on {self._beyond}, below {name}^{power:g}: all mass finds a place "
                "so much nearer that no optimal plan goes that far, but for mass that is rounding"
            )
        return tuple(notes)

    @property
    def _beyond(self) -> str:
        return "straight" if self.slope else "level"


PLAIN = Scale()


@runtime_checkable
class PowerCost(Protocol):
    """A cost that is a power of a distance."""

    @property
    def power(self) -> float:
        """The exponent p > 0."""

    @property
    def scale(self) -> Scale:
        """How distances are raised to it."""

    @property
    def description(self) -> str:
        """What the cost is, in words."""

    @property
    def distances(self) -> Blocks:
        """The distances, as a cost of power 1."""


class Blocks(Protocol):
    """Costs by blocks of rows and by pairs, see `otmodels.cost.BaseCost`."""

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Blocks of rows."""

    def at(self, i: IndexArray, j: IndexArray) -> FloatArray:
        """C[i[0], j[0]], C[i[1], j[1]], ..."""


def check_paid(cost: PowerCost, plan: csr_array, worth: float) -> None:
    """Raise unless what a plan pays is the power of the distances to floating point.

    Parameters
    ----------
    cost : PowerCost, shape (n, m)
        The cost.
    plan : csr_array (n, m)
        Who pays.
    worth : float
        What, in the unit of the costs.

    Raises
    ------
    ParameterError
        More mass than rounding moves so far that it pays less than the power; or mass moves and pays nothing.
    """
    moved = coo_array(plan)
    i, j = (index.astype(np.intp) for index in moved.coords)
    distance, total = cost.distances.at(i, j), float(moved.data.sum())
    far = float(moved.data[distance > cost.scale.reach].sum())
    if far > 4 * np.finfo(np.float64).eps * sum(plan.shape) * total:
        fault = f"is {cost.power:g}, and the plan moves {far:.3g} of mass {total:.6g} so far that it pays less than the power"
        raise ParameterError(
            "power", fault, "Use a smaller power: next to this, masses as small as these count as much as large ones"
        )
    if worth <= LEAST * total and (distance[moved.data > 0] > 0).any():
        fault = f"is {cost.power:g}, and distances that mass moves are so small next to others that their powers are 0"
        raise ParameterError("power", fault, "Use a smaller power, or a larger unit of length")


def exponent(power: float) -> float:
    """The exponent p that a user gave.

    Raises
    ------
    ParameterError
        It is no finite number > 0.
    """
    if isinstance(power, Real) and isfinite(power) and power > 0:
        return float(power)
    if isinstance(power, Real) and power == inf:
        raise ParameterError("power", "is inf", "Give a finite number > 0, such as 1e6: W_p tends to W_inf as p grows")
    raise ParameterError("power", f"is {power!r}", "Give a finite number > 0")


def is_plain(largest: float, power: float) -> bool:
    """Whether a power needs no scale, as far as can be said without looking at pairs: none is known to be larger than that."""
    return power <= 1 or (power <= HIGH and (largest in (0, inf) or abs(power * log2(largest)) <= LOGARITHM))


def _scale_by_largest(largest: float, power: float) -> Scale:
    """The largest distance as the unit where its power is beyond floating point."""
    beyond = 0 < largest < inf and abs(power * log2(largest)) > LOGARITHM
    return Scale(unit=largest) if beyond else PLAIN


def scale_by_distances(distances: Blocks, a: FloatArray, b: FloatArray, power: float) -> Scale:
    """The scale of a high power of distances.

    Parameters
    ----------
    distances : Blocks
        Gives the distances (n, m) in blocks of rows, +inf for a forbidden pair.
    a, b : ndarray (n,), (m,)
        Masses; totals may differ.
    power : float
        The exponent.
    """
    found = _Bottleneck(distances, a, b)
    if found.least < 0:
        return _scale_by_largest(max(found.largest, -found.least), power)
    return _scale_around(found.distance(2 ** (GRAIN / power)), found.largest, a, b, power, 0.0)


def scale_on_line(x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray, power: float) -> Scale:
    """The scale of a high power of |x - y|, from the monotone plan, whose largest distance is the least as well."""
    rows, columns = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    left, right = (np.cumsum(mass) / mass.sum() for mass in (a[rows] / a.max(), b[columns] / b.max()))
    ends = np.union1d(left, right)
    steps = np.diff(ends, prepend=0.0)
    middle = (ends - steps / 2)[steps > np.finfo(np.float64).eps * (a.size + b.size)]
    i, j = (np.minimum(np.searchsorted(side, middle), side.size - 1) for side in (left, right))
    with np.errstate(over="ignore"):
        apart, largest = np.abs(x[rows[i]] - y[columns[j]]).max(), max(x.max() - y.min(), y.max() - x.min())
        gaps = np.diff(np.unique(np.concatenate([x, y])))
    return _scale_around(float(apart or gaps.min(initial=largest)), float(largest), a, b, power, power)


def _scale_around(bottleneck: float, largest: float, a: FloatArray, b: FloatArray, power: float, slope: float) -> Scale:
    """The unit and the reach, from the distance within which all mass finds a place."""
    if not 0 < bottleneck <= largest < inf:
        return _scale_by_largest(largest, power)
    reach, paid, top = inf, power * log2(bottleneck), power * log2(largest)
    if top - paid > RANGE:
        room = ROOM if slope else min(ROOM - min(_lightest_share(a), _lightest_share(b)), MODERATE)
        reach = bottleneck * 2 ** (room / power)
    if reach < largest:
        top = power * log2(reach) + log2(1 + slope * (largest / reach - 1))
    fits = paid >= -MODERATE and top <= MODERATE
    return Scale(1.0 if fits else bottleneck, *((reach, slope) if reach < largest else ()))


def _lightest_share(mass: FloatArray) -> float:
    """The logarithm to base 2 of the share of the lightest atom in the mass."""
    return log2(mass[mass > 0].min()) - log2(mass.max()) - log2((mass / mass.max()).sum())


class _Bottleneck:
    """Distances between atoms, and how far mass has to go."""

    def __init__(self, distances: Blocks, a: FloatArray, b: FloatArray) -> None:
        self._distances, self._shape = distances, (a.size, b.size)
        self._kept = list(distances.blocks()) if a.size * b.size <= KEPT else None
        self._supply, self._demand = _counted(a, b)
        self.least, self.largest, self._start = inf, 0.0, 0.0
        nearest = np.full(b.size, inf)
        for rows, block in self._blocks():
            self.least = min(self.least, float(block.min()))
            self.largest = max(self.largest, float(block.max(where=np.isfinite(block), initial=0.0)))
            heavy = block[a[rows] > 0]
            self._start = max(self._start, float(heavy.min(axis=1, where=b > 0, initial=inf).max(initial=0.0)))
            nearest = np.minimum(nearest, heavy.min(axis=0, initial=inf))
        self._start = max(self._start, float(nearest[b > 0].max()))

    def distance(self, ratio: float) -> float:
        """The least distance > 0 within which all mass finds a place, or more by a ratio; +inf where it finds none.

        It is at least that of every atom to its nearest. From there it is looked for in growing steps, then halved, so that
        flows run along few pairs.
        """
        low, high = 0.0, self._start or self._next(0.0)
        while high < inf and not self._suffices(high):
            low, high = high, self._next(high) if high < self.largest else inf
        while 0 < low < low * ratio < high < inf:
            middle = low * float(np.sqrt(high / low))
            if not low < middle < high:
                break
            low, high = (low, middle) if self._suffices(middle) else (middle, high)
        if high == inf:
            return inf
        return max(float(block.max(where=block <= high, initial=0.0)) for _, block in self._blocks())

    def _blocks(self) -> Iterable[tuple[slice, FloatArray]]:
        return self._distances.blocks() if self._kept is None else self._kept

    def _next(self, distance: float) -> float:
        """Half as far again; from 0 on, the least distance above."""
        if distance > 0:
            return min(1.5 * distance, self.largest)
        return min(float(block.min(where=block > 0, initial=inf)) for _, block in self._blocks())

    def _suffices(self, distance: float) -> bool:
        """Whether all mass, up to a part of it, can go no further than a distance."""
        n, m = self._shape
        pairs = [(*np.nonzero(block <= distance), rows.start) for rows, block in self._blocks()]
        i, j = np.concatenate([i + start for i, _, start in pairs]), np.concatenate([j for _, j, _ in pairs])
        tails: IndexArray = np.concatenate([np.full(n, n + m), i, n + np.arange(m)])
        heads: IndexArray = np.concatenate([np.arange(n), n + j, np.full(m, n + m + 1)])
        room = np.concatenate([self._supply, np.minimum(self._supply[i], self._demand[j]), self._demand]).astype(np.int32)
        graph = csr_array(coo_array((room, (tails.astype(np.int32), heads.astype(np.int32))), shape=(n + m + 2, n + m + 2)))
        return int(maximum_flow(graph, n + m, n + m + 1).flow_value) == int(self._supply.sum())


def _counted(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Masses in whole parts of one total, exactly where they are multiples of the lightest; else those of b rounded up."""
    with np.errstate(over="ignore"):
        counts = [mass / mass[mass > 0].min() for mass in (a, b)]
        exact = all((count == np.rint(count)).all() and count.sum() <= PARTS for count in counts)
    if exact:
        totals = [int(count.sum()) for count in counts]
        whole = lcm(*totals)
        if whole <= PARTS:
            return counts[0] * (whole // totals[0]), counts[1] * (whole // totals[1])
    shares = [mass / mass.max() for mass in (a, b)]
    supply, demand = (share / share.sum() * PARTS for share in shares)
    return np.floor(supply), np.ceil(demand)
