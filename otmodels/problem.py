"""The transport problem: two measures of equal mass and the cost of moving one unit between their atoms."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from otmodels.arguments import check_name, kind_of
from otmodels.arrays import FloatArray, IndexArray, travels
from otmodels.cost import BLOCK_ENTRIES, BaseCost, Cost
from otmodels.errors import ParameterError, ShapeError, UnbalancedError
from otmodels.masses import ExactTarget, Rationals, corrected, exact_scale, exact_target
from otmodels.measure import Measure, some


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class TransportProblem:
    """Move the source measure a (n,) onto the target measure b (m,) at cost C (n, m).

    Parameters
    ----------
    source, target : Measure or array_like
        An array is read as the masses of unlabelled atoms, a Series as masses with labels.
    cost : Cost, GroundCost, DataFrame or array_like, shape (n, m)
        Costs that carry labels are aligned to the measures by label.
    balance : {"raise", "rescale"}
        What to do when the totals differ by more than rounding: "raise" an error, or "rescale" both measures to total
        mass 1 (always, so that the unit of the value does not depend on the data). Totals that differ by rounding
        alone are made equal by scaling the target.

    Attributes
    ----------
    has_forbidden : bool
        Whether a pair is forbidden.
    mass_unit, cost_unit : float
        Total mass, and largest finite cost in absolute value (1 where all costs are 0), or a bound on it where there are
        more than two million pairs of points: the units of `tolerances`.

    Raises
    ------
    ShapeError, LabelMismatchError, UnbalancedError, UnknownNameError
    ParameterError
        A total mass, or a total mass times the largest potential that there can be, is beyond floating point.

    Examples
    --------
    >>> problem = TransportProblem([0.5, 0.5], [0.5, 0.5], [[0, 1], [2, 3]])
    >>> problem.shape
    (2, 2)
    """

    source: Measure
    target: Measure
    cost: BaseCost
    has_forbidden: bool
    cost_unit: float
    _notes: tuple[str, ...]
    _given: FloatArray
    _exact: list[ExactTarget]

    def __init__(
        self,
        source: Measure | pd.Series[Any] | npt.ArrayLike,
        target: Measure | pd.Series[Any] | npt.ArrayLike,
        cost: BaseCost | pd.DataFrame | npt.ArrayLike,
        balance: str = "raise",
    ) -> None:
        source, target = _measure(source), _measure(target)
        cost = cost if isinstance(cost, BaseCost) else Cost(cost)
        if isinstance(cost, Cost):
            cost = cost.aligned(source, target)
        if cost.shape != (source.size, target.size):
            atoms = f"{source.size} source and {target.size} target atoms"
            raise ShapeError("cost", f"has shape {cost.shape} for {atoms}", "Give one row a source and one column a target")
        source, target, given, notes = _balanced(source, target, balance)
        has_forbidden, cost_unit = _scan(cost, source, target)
        _check_products(source, target, cost_unit)
        for name, value in (
            ("source", source),
            ("target", target),
            ("cost", cost),
            ("has_forbidden", has_forbidden),
            ("cost_unit", cost_unit),
            ("_notes", (*notes, *cost.notes)),
            ("_given", given),
            ("_exact", []),
        ):
            object.__setattr__(self, name, value)

    @property
    def a(self) -> FloatArray:
        """Source masses (n,)."""
        return self.source.mass

    @property
    def b(self) -> FloatArray:
        """Target masses (m,)."""
        return self.target.mass

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.source.size, self.target.size

    @property
    def mass_unit(self) -> float:
        """Total mass."""
        return max(self.source.total, self.target.total)

    @property
    def exact_target(self) -> ExactTarget:
        """The exact target masses, as corrections of their floats; worked out when asked for."""
        if not self._exact:
            pairs = self.allowed_pairs() if self.has_forbidden else None
            self._exact.append(exact_target(self.a, self._given, self.b, pairs))
        return self._exact[0]

    def exact_masses(self) -> tuple[Rationals, Rationals]:
        """The masses that certificates are about, as rational numbers: (n,) and (m,), of the same total.

        Floats are taken as the rationals that they are. Where the totals differ by rounding the target as given is scaled
        exactly to the source's total; where forbidden pairs leave no plan by rounding alone, masses are moved, as
        `adjustments` says.

        Examples
        --------
        >>> a, b = TransportProblem([0.1] * 3, [0.3], [[1.0]] * 3).exact_masses()
        >>> sum(a) == sum(b), sum(b) == Fraction(0.3)
        (True, False)
        """
        return [Fraction(mass) for mass in self.a.tolist()], self.exact_target.masses(self.a, self._given)

    def move(self, moved: Mapping[int, Fraction]) -> None:
        """Take some exact target masses to be other ones, by amounts of rounding that add up to 0; `adjustments` says so."""
        before = self.exact_target
        together = dict(before.moved)
        for j, mass in moved.items():
            together[j] = together.get(j, Fraction(0)) + mass
        self._exact[:] = [corrected(self.a, self._given, self.b, together)]

    @property
    def adjustments(self) -> tuple[str, ...]:
        """What was changed in the data as given, in words; empty where nothing was."""
        exact = self.exact_target if self.has_forbidden else None
        if exact is None or not exact.moved:
            return self._notes
        labels = some([self.target.labels[j] for j in exact.moved])
        amount = f"{exact.amount:.3g}" if exact.amount else "less than the least float"
        why = "forbidden pairs leave no plan of the exact masses, by rounding alone"
        return (*self._notes, f"masses moved between targets {labels}, by {amount} in all: {why}")

    def allowed_pairs(self) -> tuple[IndexArray, IndexArray]:
        """Row and column of every pair that is not forbidden, in C order."""
        parts = [(*np.nonzero(np.isfinite(block)), rows.start) for rows, block in self.cost.blocks()]
        return np.concatenate([i + start for i, _, start in parts]), np.concatenate([j for _, j, _ in parts])

    def pair(self, i: int, j: int) -> tuple[Hashable, Hashable]:
        """Labels of the pair (i, j)."""
        return self.source.labels[i], self.target.labels[j]

    def __repr__(self) -> str:
        n, m = self.shape
        return f"TransportProblem({n} x {m}, {self.cost.description}, mass {self.mass_unit:.6g})"


def check_problem(what: object) -> None:
    """Raise unless it is a transport problem.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> check_problem([1, 2])
    Traceback (most recent call last):
    ...
    otmodels.errors.ParameterError: problem: is a list, not a TransportProblem. Make one: TransportProblem(source, target, cost).
    """
    if not isinstance(what, TransportProblem):
        its_own = isinstance(getattr(what, "problem", None), TransportProblem)
        remedy = "Give its `problem`" if its_own else "Make one: TransportProblem(source, target, cost)"
        raise ParameterError("problem", f"is {kind_of(what)}, not a TransportProblem", remedy)


def _measure(data: Measure | pd.Series[Any] | npt.ArrayLike) -> Measure:
    if isinstance(data, Measure):
        return data
    return Measure(data.to_numpy(), labels=data.index) if isinstance(data, pd.Series) else Measure(data)


def _balanced(source: Measure, target: Measure, balance: str) -> tuple[Measure, Measure, FloatArray, tuple[str, ...]]:
    """Measures of the same total up to rounding in double precision, the target's masses as given, and what was changed."""
    check_name("balance", balance, ("raise", "rescale"))
    a, b = source.total, target.total
    if not (np.isfinite(a) and np.isfinite(b)):
        raise ParameterError(
            "source" if np.isinf(a) else "target", "has a total mass beyond floating point", "Measure mass in a larger unit"
        )
    if balance == "rescale":
        notes = tuple(
            f"{name} masses divided by their total {total!r}" for name, total in (("source", a), ("target", b)) if total != 1
        )
        source, target = source.scaled(1 / a), target.scaled(1 / b)
        return source, target, target.mass, notes
    rounding = 4 * np.sqrt(source.size + target.size) * max(source.rounding, target.rounding)
    if abs(a - b) > rounding * max(a, b):
        raise UnbalancedError(
            "source, target",
            f"total masses are {a!r} and {b!r}, a difference of {abs(a - b):.6g}",
            "Make them equal, add an atom that takes the rest, or choose balance='rescale' to divide each by its total",
        )
    if a == b:
        return source, target, target.mass, ()
    note = f"target masses multiplied by {a / b!r}: the totals {a!r} and {b!r} differed by rounding"
    in_doubles = abs(a - b) <= 4 * np.sqrt(source.size + target.size) * np.finfo(np.float64).eps * max(a, b)
    if in_doubles and exact_scale(source.mass, target.mass) == 1:
        return source, target, target.mass, ()  # only the sums were rounded
    return source, target if in_doubles else target.scaled(a / b), target.mass, (note,)


def _check_products(source: Measure, target: Measure, cost_unit: float) -> None:
    """Raise where <a, f> can overflow: potentials are sums of up to n + m costs."""
    mass, atoms = max(source.total, target.total), source.size + target.size
    if not np.isfinite(atoms * float(cost_unit) * mass):
        fault = f"a total mass of {mass:.3g} times costs up to {cost_unit:.3g} is beyond floating point"
        raise ParameterError("source, cost", fault, "Measure mass or cost in a larger unit")


def _scan(cost: BaseCost, source: Measure, target: Measure) -> tuple[bool, float]:
    """Whether a pair is forbidden, and the largest finite cost.

    Where there are too many pairs to look at them all, a bound on the costs stands for the largest.
    """
    if source.size * target.size > BLOCK_ENTRIES and np.isfinite(cost.bound):
        return False, cost.bound or 1.0
    largest, has_forbidden = 0.0, False
    for _, block in cost.blocks():
        finite = np.isfinite(block)
        has_forbidden = has_forbidden or not finite.all()
        largest = max(largest, float(np.abs(block, where=finite, out=np.zeros_like(block)).max(initial=0.0)))
    return has_forbidden, largest or 1.0
