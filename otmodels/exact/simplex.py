"""The network simplex method for transport in exact arithmetic: the optimum of the data as they are, with its proof.

Masses and costs are fractions and floats, hence integers in units of their own, and pivots are made in integers. Which pair
enters is looked for in floats that know how wrong they are, among some candidates as long as these help, then among all pairs;
what floats leave in doubt is decided in integers.

Source: Cunningham (1976), A network simplex method; Ahuja, Magnanti, Orlin (1993), Network Flows, chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from otmodels.arrays import FloatArray, IndexArray
from otmodels.cost import BaseCost
from otmodels.errors import NegativeMassError, ShapeError
from otmodels.exact.pricing import Arc, Pricing
from otmodels.exact.start import Given, candidates, first_tree, potentials
from otmodels.exact.tree import Tree
from otmodels.exact.units import LateError, Pairs, Units


@dataclass(frozen=True, slots=True, eq=False)
class ExactAnswer:
    """An optimal plan and optimal potentials as fractions: each proves the other.

    Attributes
    ----------
    value : Fraction
        <C, gamma>; <a, f> + <b, g> is the same where all mass can be moved.
    i, j : ndarray of int (k,)
        Source and target of the pairs that carry mass.
    mass : tuple of Fraction (k,)
        What they carry, > 0.
    f, g : tuple of Fraction (n,), (m,)
        f_i + g_j <= C_ij on all allowed pairs, with equality where mass moves.
    unserved, unfilled : tuple of (int, Fraction)
        Sources and what they are left with, targets and what they lack: none where all mass can be moved. Else no plan moves
        more, and none that moves as much costs less.
    pivots : int
        Steps from the first tree to the last.
    """

    value: Fraction
    i: IndexArray
    j: IndexArray
    mass: tuple[Fraction, ...]
    f: tuple[Fraction, ...]
    g: tuple[Fraction, ...]
    unserved: tuple[tuple[int, Fraction], ...]
    unfilled: tuple[tuple[int, Fraction], ...]
    pivots: int


def solve_exactly(
    a: Sequence[Fraction],
    b: Sequence[Fraction],
    cost: BaseCost,
    start: tuple[IndexArray, IndexArray] | None = None,
    f: FloatArray | None = None,
    g: FloatArray | None = None,
    masses: FloatArray | None = None,
    late: Callable[[], bool] = lambda: False,
) -> ExactAnswer | None:
    """The optimum of a transport problem in rational numbers.

    Parameters
    ----------
    a, b : sequence of Fraction (n,), (m,)
        Masses >= 0. Where the totals differ, the lesser one is moved.
    cost : BaseCost, shape (n, m)
        Costs, read as the rational numbers that floats are; +inf is a forbidden pair.
    start : tuple of ndarray (k,), optional
        Source and target of pairs that carry mass, or are tight, in the answer of a solver in floats.
    f, g : ndarray (n,), (m,), optional
        Its potentials. What is given to start from may be wrong: that takes more pivots, and the answer is as good.
    masses : ndarray (k,), optional
        What the pairs carry in its plan.
    late : callable
        Whether the time is up; asked again and again.

    Returns
    -------
    ExactAnswer or None
        None where the time was up.

    Raises
    ------
    ShapeError, NegativeMassError

    Examples
    --------
    >>> from otmodels import Cost
    >>> third = Fraction(1, 3)
    >>> answer = solve_exactly([third, 2 * third], [2 * third, third], Cost([[0, 1], [2, 4]]))
    >>> answer.value, answer.mass
    (Fraction(5, 3), (Fraction(1, 3), Fraction(2, 3)))
    """
    if (len(a), len(b)) != cost.shape:
        raise ShapeError("cost", f"has shape {cost.shape}", f"Give shape {(len(a), len(b))}, as there are masses")
    if (least := min(*a, *b)) < 0:
        raise NegativeMassError("a, b", f"hold {least}", "Give masses >= 0")
    try:
        return _solved(a, b, cost, Given(start, masses, f, g), late)
    except LateError:
        return None


def _solved(a: Sequence[Fraction], b: Sequence[Fraction], cost: BaseCost, given: Given, late: Callable[[], bool]) -> ExactAnswer:
    parts = math.lcm(*(mass.denominator for mass in (*a, *b)))
    mass = [mass.numerator * (parts // mass.denominator) for mass in (*a, *b)]
    units = Units.of(cost, late)
    f, g = potentials(units, given)
    pairs = candidates(units, given, f, g, np.array([x > 0 for x in mass[len(a) :]]))
    tree = first_tree(units, pairs, f, g, mass)
    pricing = Pricing.of(units, tree, mass)
    pairs = _optimised(pricing, pairs, ends=False)
    if any(tree.mass[node] for node in tree.below[tree.root]):
        _level(units, tree)
        _optimised(pricing, pairs, ends=True)
        _draw_near(pricing)
    _fill_in(pricing, mass)
    return _answer(units, tree, parts)


def _optimised(pricing: Pricing, pairs: Pairs, *, ends: bool) -> Pairs:
    """Pivot until no pair has a negative slack, with `ends` until no mass had better be left elsewhere; the candidates then."""
    while True:
        if pricing.improve(pricing.arcs(pricing.negative(pairs))):
            continue
        if ends and pricing.improve(_ends(pricing.units, pricing.tree)):
            continue
        missed = pricing.all_negative()
        if not missed.i.size:
            return pairs
        pairs = Pairs.joined(pairs, missed)


def _ends(units: Units, tree: Tree) -> list[Arc]:
    """Arcs along which mass is left at a source for nothing, or is lacking at a target at its price; those of most use first."""
    n, root, dear = tree.sources, tree.root, units.dear
    gains = [(f, i, root, 0) for i, f in enumerate(tree.potential[:n])]
    gains += [(g - dear, root, j, dear) for j, g in enumerate(tree.potential[n:root], n)]
    return [(tail, head, cost) for gain, tail, head, cost in sorted(gains, reverse=True) if gain > 0]


def _level(units: Units, tree: Tree) -> None:
    """Mass left at one source costs what it does at another, and so for targets, no longer what it took to start from."""
    for node in tree.below[tree.root]:
        tree.shift(node, -tree.potential[node] if node < tree.sources else tree.potential[node] - units.dear)


def _draw_near(pricing: Pricing) -> None:
    """Potentials of what lacks mass as near to the others as pairs between the two allow."""
    tree, by_slack = pricing.tree, replace(pricing, sizes=np.zeros_like(pricing.sizes))
    lacking = tree.lacking()
    for node in lacking:
        tree.shift(node, pricing.units.dear)
    while (missed := by_slack.all_negative()).i.size:
        worst = min(cost - tree.potential[i] - tree.potential[j] for i, j, cost in pricing.arcs(missed))
        for node in lacking:
            tree.shift(node, worst)


def _fill_in(pricing: Pricing, mass: Sequence[int]) -> None:
    """Potentials of targets without mass as high as all sources allow; 0 where there is no allowed pair."""
    tree, dear = pricing.tree, pricing.units.dear
    potential = tree.potential
    empty = [node for node in range(tree.sources, tree.root) if not mass[node]]
    for node in empty:
        potential[node] = dear
    while empty and (missed := pricing.all_negative()).i.size:
        for i, j, cost in pricing.arcs(missed):
            potential[j] = min(potential[j], cost - potential[i])
    for node in empty:
        potential[node] = 0 if potential[node] == dear else potential[node]


def _answer(units: Units, tree: Tree, parts: int) -> ExactAnswer:
    n, root, unit = tree.sources, tree.root, Fraction(2) ** units.low
    moving = [(min(v, top), max(v, top), tree.mass[v]) for v, top in enumerate(tree.above[:root]) if tree.mass[v] and top != root]
    moving.sort()
    left = sorted((v, Fraction(tree.mass[v], parts)) for v in tree.below[root] if tree.mass[v])
    potential = [x * unit for x in tree.potential[:root]]
    return ExactAnswer(
        value=Fraction(sum(x * (tree.potential[i] + tree.potential[j]) for i, j, x in moving), parts) * unit,
        i=np.array([i for i, _, _ in moving], dtype=np.intp),
        j=np.array([j - n for _, j, _ in moving], dtype=np.intp),
        mass=tuple(Fraction(x, parts) for _, _, x in moving),
        f=tuple(potential[:n]),
        g=tuple(potential[n:]),
        unserved=tuple((v, x) for v, x in left if v < n),
        unfilled=tuple((v - n, x) for v, x in left if v >= n),
        pivots=tree.pivots,
    )
