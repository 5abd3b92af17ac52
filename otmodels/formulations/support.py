"""The data of a transport problem on the pairs that get a variable, in the shapes that the languages want them in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from scipy.sparse import csr_array

from otmodels.arrays import FloatArray, IndexArray, numbers
from otmodels.errors import LabelMismatchError, ShapeError, UnknownNameError
from otmodels.formulations.names import keys, names_of, texts
from otmodels.lp import Names
from otmodels.measure import some
from otmodels.problem import TransportProblem
from otmodels.words import unknown


class Support:
    """The pairs (i, j) that may carry mass in a model, and a, b, C on them.

    Attributes
    ----------
    a, b : ndarray (n,), (m,)
        Masses.
    C : ndarray or csr_array (n, m)
        Costs, sparse where only some pairs are in the support.
    pairs : tuple of ndarray (k,), or None
        Rows and columns of the pairs in C order; None for all n m pairs.
    given : bool
        Whether the user chose the pairs.
    """

    def __init__(self, problem: TransportProblem, support: Literal["full"] | npt.ArrayLike = "full") -> None:
        self.problem = problem
        self.a, self.b = problem.a, problem.b
        self.given = not isinstance(support, str)
        self.pairs = _pairs(problem, support)

    @cached_property
    def C(self) -> FloatArray | csr_array:  # noqa: N802 - the symbol of the mathematics
        """Costs (n, m), sparse where only some pairs are in the support."""
        if self.pairs is None:
            return self.problem.cost.values
        return csr_array((self.costs, self.pairs), shape=self.problem.shape)

    @cached_property
    def costs(self) -> FloatArray:
        """Costs of the pairs (k,), in C order."""
        return self.problem.cost.values.ravel() if self.pairs is None else self.problem.cost.at(*self.pairs)

    @property
    def size(self) -> int:
        """Number of pairs k."""
        n, m = self.problem.shape
        return n * m if self.pairs is None else self.pairs[0].size

    def indices(self) -> tuple[IndexArray, IndexArray]:
        """Rows and columns of the pairs, in C order."""
        if self.pairs is not None:
            return self.pairs
        n, m = self.problem.shape
        return np.repeat(np.arange(n), m), np.tile(np.arange(m), n)

    def sets(self) -> pyo.ConcreteModel:
        """A pyomo model with the sets of sources, targets and pairs, indexed by label."""
        model = pyo.ConcreteModel()
        model.sources = pyo.Set(initialize=keys(self.problem.source.labels))
        model.targets = pyo.Set(initialize=keys(self.problem.target.labels))
        model.pairs = model.sources * model.targets if self.pairs is None else pyo.Set(initialize=self._key_pairs(), dimen=2)
        return model

    def supply(self) -> dict[Hashable, float]:
        """Source masses by label."""
        return dict(zip(keys(self.problem.source.labels), self.a.tolist(), strict=True))

    def demand(self) -> dict[Hashable, float]:
        """Target masses by label."""
        return dict(zip(keys(self.problem.target.labels), self.b.tolist(), strict=True))

    def costs_by_pair(self) -> dict[tuple[Hashable, Hashable], float]:
        """Costs by pair of labels, in C order."""
        return dict(zip(self._key_pairs(), self.costs.tolist(), strict=True))

    def partners(self) -> tuple[dict[Hashable, Sequence[Hashable]], dict[Hashable, Sequence[Hashable]]]:
        """The targets that each source may serve, and the sources that may serve each target."""
        sources, targets = keys(self.problem.source.labels), keys(self.problem.target.labels)
        if self.pairs is None:
            return dict.fromkeys(sources, targets), dict.fromkeys(targets, sources)
        targets_of: dict[Hashable, list[Hashable]] = {source: [] for source in sources}
        sources_of: dict[Hashable, list[Hashable]] = {target: [] for target in targets}
        for source, target in self._key_pairs():
            targets_of[source].append(target)
            sources_of[target].append(source)
        return dict(targets_of), dict(sources_of)

    def source_names(self, name: str) -> Names:
        """name[label] for each source."""
        return names_of(name, self.problem.source.labels)

    def target_names(self, name: str) -> Names:
        """name[label] for each target."""
        return names_of(name, self.problem.target.labels)

    def pair_names(self, name: str) -> Names:
        """name[source,target] for each pair, in C order."""
        return Names(self.size, lambda: [f"{name}[{source},{target}]" for source, target in self._pairs_of(texts)])

    def _key_pairs(self) -> list[tuple[Hashable, Hashable]]:
        return self._pairs_of(keys)

    def _pairs_of(self, made: Callable[[pd.Index[Any]], Sequence[Hashable]]) -> list[tuple[Hashable, Hashable]]:
        """What is made of the labels, for each pair, in C order."""
        sources, targets = made(self.problem.source.labels), made(self.problem.target.labels)
        if self.pairs is None:
            return [(source, target) for source in sources for target in targets]
        return [(sources[i], targets[j]) for i, j in zip(self.pairs[0].tolist(), self.pairs[1].tolist(), strict=True)]


def _pairs(problem: TransportProblem, support: Literal["full"] | npt.ArrayLike) -> tuple[IndexArray, IndexArray] | None:
    if isinstance(support, str):
        if support != "full":
            if support == "neighbours":
                remedy = "Choose full or generated, or one of the forms lipschitz and flow"
                raise UnknownNameError("support", f"{support!r} is not for this form", remedy)
            raise unknown("support", support, ("full", "generated"), "or give an array of pairs (k, 2)")
        return problem.allowed_pairs() if problem.has_forbidden else None
    try:
        given = numbers("support", support)
    except ShapeError as error:
        raise ShapeError("support", error.fault, "Give integer pairs (i, j), shape (k, 2)") from error
    n, m = problem.shape
    if given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iu" or not len(given):
        raise ShapeError("support", f"has shape {given.shape} and type {given.dtype}", "Give integer pairs (i, j), shape (k, 2)")
    if (given < 0).any() or (given >= (n, m)).any():
        bad = given[((given < 0) | (given >= (n, m))).any(axis=1)][0]
        raise ShapeError("support", f"holds the pair {tuple(bad.tolist())} outside {n} x {m}", "Count atoms from 0")
    flat = np.unique(given[:, 0].astype(np.intp) * m + given[:, 1])
    i, j = flat // m, flat % m
    allowed = np.isfinite(problem.cost.at(i, j))
    i, j = i[allowed], j[allowed]
    for side, measure, reached in (("source", problem.source, i), ("target", problem.target, j)):
        alone = np.setdiff1d(np.flatnonzero(measure.mass), reached)
        if alone.size:
            fault = f"{side} {some(measure.labels[alone])} has no allowed pair in it"
            raise LabelMismatchError("support", fault, "Give every atom with mass at least one pair")
    return i, j
