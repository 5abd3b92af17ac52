"""What a figure of Farkas' lemma is made of: the columns, b, the proof that b is inside the cone or outside, words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.sparse import issparse

from otmodels.arrays import FloatArray, numbers
from otmodels.errors import ShapeError
from otmodels.lp import Farkas, farkas
from otmodels.plots.canvas import DARK, INK, LIGHT, MANY
from otmodels.plots.sectors import Sector, cone, ray_of, said, unit

UNEVEN = 25.0
"""Where the longest of the columns and b is more than so many times as long as the shortest, only directions are drawn."""

NAMED = 40
"""Most columns that are all named; of more only those that make b."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is drawn: columns (n, d), b (d,) and the multiples (n,) that make it, the unit normal (d,); the faces of the cone."""

    columns: FloatArray
    b: FloatArray
    weights: FloatArray
    normal: FloatArray
    faces: tuple[Sector, ...]
    kind: str
    names: list[str]
    uneven: bool
    answer: Farkas

    @classmethod
    def of(cls, A: Any, b: Any, names: Sequence[str] | None) -> Scene:  # noqa: N803
        """The scene of a system, and an error where it cannot be drawn."""
        given = A if issparse(A) else numbers("A", A)
        if len(given.shape) != 2 or given.shape[0] not in (2, 3) or given.shape[1] > MANY:
            fault = f"has shape {given.shape}, and farkas_cone draws two or three rows of at most {MANY} columns"
            raise ShapeError("A", fault, "Read otmodels.lp.farkas(A, b), which takes any, or draw some of the rows and columns")
        d, n = given.shape
        if names is not None and len(names) != n:
            raise ShapeError("names", f"are {len(names)} for {n} columns", f"Give {n}")
        answer = farkas(A, b)
        exact = (A.toarray() if issparse(A) else np.asarray(A)).reshape(d, n).T.tolist()
        rays = [ray_of(column) for column in exact if any(column)]
        faces = cone(rays)
        columns, sides, uneven = _comparable(np.array(exact, dtype=np.float64).reshape(n, d), np.array(b, dtype=np.float64))
        weights, normal = np.zeros(n), np.zeros(d)
        if answer.x is not None:
            used = answer.x > 0
            weights[used] = np.linalg.lstsq(columns[used].T, sides)[0] if uneven else answer.x[used]
        else:
            normal = unit(np.asarray(answer.y))
        called = [f"a{_below(j + 1)}" for j in range(n)] if names is None else list(map(str, names))
        return cls(columns, sides, weights, normal, faces, said(faces, len(rays), d), called, uneven, answer)

    @property
    def dimension(self) -> int:
        """Number of rows, 2 or 3."""
        return int(self.b.size)

    @property
    def box(self) -> FloatArray:
        """Ends (k, 2, d) of the edges of the box of the multiples that make b."""
        multiples = (self.weights[:, None] * self.columns)[self.weights > 0]
        taken = np.array(list(product((0.0, 1.0), repeat=len(multiples)))).reshape(2 ** len(multiples), len(multiples))
        starts = [(taken[taken[:, j] == 0] @ multiples, multiple) for j, multiple in enumerate(multiples)]
        edges = [np.stack([start, start + multiple], axis=1) for start, multiple in starts]
        return np.concatenate([np.empty((0, 2, self.dimension)), *edges])

    @property
    def tips(self) -> FloatArray:
        """The origin, the ends of the columns, b and the corners of the box: what has to be seen (k, d)."""
        corners = self.box.reshape(-1, self.dimension)
        seen = np.concatenate([np.zeros((1, self.dimension)), self.columns, self.b[None]])
        reach = 4 * np.abs(seen).max(initial=0.0)
        return np.concatenate([seen, corners[(np.abs(corners) <= reach).all(axis=1)]])

    @property
    def named(self) -> tuple[FloatArray, list[str]]:
        """Places and names: of columns, those that end in the same place together, and b."""
        groups: dict[tuple[float, ...], list[str]] = {}
        for column, name, weight in zip(self.columns.tolist(), self.names, self.weights, strict=True):
            if len(self.names) <= NAMED or weight > 0:
                groups.setdefault(tuple(column), []).append(name)
        groups.setdefault(tuple(self.b.tolist()), []).append("b")
        return np.array(list(groups)), [", ".join(group) for group in groups.values()]

    def key(self) -> list[Artist]:
        """The legend: the cone, and why b is inside or outside of it."""
        cone = Patch(color=DARK, alpha=0.25, label="cone {A x : x ≥ 0}" + (f", {self.kind}" if self.kind else ""))
        rounding = " (by rounding alone)" if self.answer.by_rounding else ""
        if self.answer.x is None:
            y = ", ".join(f"{entry:.3g}" for entry in np.asarray(self.answer.y).tolist())
            words = f"hyperplane y'z = 0, y = ({y}): b is outside{rounding}"
            reason: Artist = Line2D([], [], color=INK, label=words)
            if self.dimension == 3:
                reason = Patch(facecolor=to_rgba(LIGHT, 0.22), edgecolor=INK, label=words)
        else:
            parts = [
                f"{x:.4g} {name}".removeprefix("1 ") for x, name in zip(self.answer.x.tolist(), self.names, strict=True) if x > 0
            ]
            words = f"b = {' + '.join(parts) or '0'}: inside{rounding}"
            reason = Line2D([], [], color=INK, linewidth=1.2, linestyle=(0, (4, 2)), label=words.replace("$", r"\$"))
        note = [Line2D([], [], linestyle="", label="directions only: lengths are drawn equal")] if self.uneven else []
        return [cone, reason, *note]


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _comparable(columns: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
    """Columns and b as long as they are, or all of length 1 where they could not be seen together."""
    sizes = [np.abs(vector).max() for vector in (*columns, b) if vector.any()]
    if not sizes or (max(sizes) / UNEVEN <= min(sizes) and 1e-9 < max(sizes) < 1e9):
        return columns, b, False
    return np.array([unit(column) for column in columns]).reshape(columns.shape), unit(b), True
