"""Convex cones of a few vectors, decided in exact arithmetic: their faces as sectors of planes, which is how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cmp_to_key, partial
from itertools import combinations
from math import gcd, lcm
from typing import Any, TypeAlias

import numpy as np

from otmodels.arrays import FloatArray

Ray: TypeAlias = tuple[int, int, int]
"""A direction: three whole numbers without a common factor, the last one 0 in the plane."""


def unit(vector: FloatArray) -> FloatArray:
    """A vector over its length; safe where squares overflow, and 0 where it is 0."""
    vector = vector / (np.abs(vector).max(initial=0.0) or 1.0)
    return np.asarray(vector / (np.linalg.norm(vector) or 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Sector:
    """A convex cone in a plane: from a direction, counterclockwise about the plane, by an angle of up to a full turn."""

    along: FloatArray
    across: FloatArray
    angle: float
    kind: str

    @classmethod
    def of(cls, rays: Sequence[Ray], normal: Ray) -> Sector:
        """The cone of rays that lie in the plane across a normal.

        In order about the plane, a turn of more than half a circle from one ray to the next is what the cone leaves out.
        """
        order = sorted(rays, key=cmp_to_key(partial(_later, rays[0], normal)))
        after = [*order[1:], order[0]]
        turns = [_dot(normal, _cross(u, v)) for u, v in zip(order, after, strict=True)]
        wide = [k for k, turn in enumerate(turns) if turn <= 0]
        start, end = (after[wide[0]], order[wide[0]]) if wide else (order[0], order[0])
        along = _direction(start)
        across = np.cross(_direction(normal), along)
        if len(order) == 1:
            return cls(along, across, 0.0, "ray")
        if not wide:
            return cls(along, across, 2 * np.pi, "plane")
        if turns[wide[0]] == 0:
            return cls(along, across, np.pi, "line" if len(order) == 2 else "half-plane")
        last = _direction(end)
        return cls(along, across, abs(float(np.arctan2(last @ across, last @ along))), "wedge")

    @property
    def solid(self) -> bool:
        """Whether it has an area."""
        return self.kind not in ("ray", "line")

    def ends(self, radius: float) -> FloatArray:
        """Ends (2, 3) of a ray or a line."""
        return radius * np.stack([-self.along if self.kind == "line" else 0 * self.along, self.along])

    def corners(self, radius: float) -> FloatArray:
        """Corners (k, 3) of the sector, which hold all of it up to a radius: the origin, but for a whole plane, and an arc."""
        count = max(2, int(np.ceil(self.angle / (np.pi / 12))) + 1)
        angle = np.linspace(0, self.angle, count)[:, None]
        arc = radius * (np.cos(angle) * self.along + np.sin(angle) * self.across)
        return arc if self.angle > 6 else np.concatenate([np.zeros((1, 3)), arc])


def cone(rays: Sequence[Ray]) -> tuple[Sector, ...]:
    """The faces of the cone of rays: a sector in each plane that has all rays on one side of it and two of them in it.

    One sector where all rays lie in a plane; none where there are no rays, or where the cone is all of space.
    """
    rays = list(dict.fromkeys(rays))
    normals = {_primitive(_cross(u, v)) for u, v in combinations(rays, 2)} - {(0, 0, 0)}
    normals = {max(normal, _turned(normal)) for normal in normals}
    if len(normals) <= 1:
        return tuple(Sector.of(rays, normal) for normal in normals or [_any_across(ray) for ray in rays[:1]])
    sides = [side for normal in sorted(normals) for side in (normal, _turned(normal)) if all(_dot(side, u) <= 0 for u in rays)]
    faces = tuple(Sector.of([u for u in rays if not _dot(side, u)], side) for side in sides)
    return faces if len(faces) != 1 else (replace(faces[0], kind="half-space"),)


def said(faces: Sequence[Sector], rays: int, rows: int) -> str:
    """What a cone of so many rays is, where it does not end in a point or an edge."""
    if not faces:
        return "the whole space" if rays else "the origin alone"
    kind = faces[0].kind if len(faces) == 1 else "wedge"
    return {"wedge": "", "plane": "a plane" if rows == 3 else "the whole plane"}.get(kind, f"a {kind}")


def ray_of(column: Sequence[Any]) -> Ray:
    """The whole numbers without a common factor that a column (2,) or (3,) is a positive multiple of."""
    entries = [*map(Fraction, column), Fraction(0)][:3]
    scale = lcm(*(entry.denominator for entry in entries))
    x, y, z = (int(entry * scale) for entry in entries)
    return _primitive((x, y, z))


def _primitive(ray: Ray) -> Ray:
    factor = gcd(*ray) or 1
    return ray[0] // factor, ray[1] // factor, ray[2] // factor


def _turned(ray: Ray) -> Ray:
    return -ray[0], -ray[1], -ray[2]


def _any_across(ray: Ray) -> Ray:
    return _cross(ray, (0, 0, 1) if ray[0] or ray[1] else (1, 0, 0))


def _direction(ray: Ray) -> FloatArray:
    """A ray as a unit vector; its whole numbers may be beyond floats."""
    largest = max(map(abs, ray))
    return unit(np.array([entry / largest for entry in ray]))


def _dot(u: Ray, v: Ray) -> int:
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


def _cross(u: Ray, v: Ray) -> Ray:
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


def _later(first: Ray, normal: Ray, u: Ray, v: Ray) -> int:
    """Whether u comes after v (> 0) or before it (< 0) in a turn about the normal that starts at the first of all rays."""
    past = [_dot(normal, _cross(first, ray)) < 0 for ray in (u, v)]
    return past[0] - past[1] or -_dot(normal, _cross(u, v))
