"""Names such as "gamma[Seattle,Chicago]" as a group and an index, so that a program's columns become variables with entries.

What follows the brackets belongs to the group: "gamma[Seattle,Chicago] (upper bound)" is an entry of "gamma (upper bound)".
"""

from __future__ import annotations

import re
from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from otmodels.arrays import IndexArray
from otmodels.errors import DuplicateLabelError, ModelError
from otmodels.lp import Program

_ENTRY = re.compile(r"([^\n]+)\[([^\[\]]*)\]( \([^\[\]]*\))?")
_GROUP = re.compile(r"(.*?)( \([^\[\]]*\))?", re.DOTALL)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Names that differ in what stands in their brackets.

    Attributes
    ----------
    name : str
        What they share.
    indices : list of str or None
        What stands in the brackets; None for a name without.
    positions : ndarray
        Where they are among all names.
    """

    name: str
    indices: list[str] | None
    positions: IndexArray

    def keys(self) -> list[Hashable]:
        """The indices as one would write them: "Seattle,Chicago" is a pair, and "3" is 3 where all are integers."""
        parts = [index.split(",") for index in self.indices or ()]
        if len({len(part) for part in parts}) != 1:
            return list(self.indices or ())
        columns = [_integers(column) for column in zip(*parts, strict=True)]
        return list(columns[0]) if len(columns) == 1 else list(zip(*columns, strict=True))


def entry(group: str, index: str) -> str:
    """The name of a group's entry.

    Examples
    --------
    >>> entry("gamma", "Seattle,Chicago"), entry("f (upper bound)", "0")
    ('gamma[Seattle,Chicago]', 'f[0] (upper bound)')
    """
    match = _GROUP.fullmatch(group)
    head, tail = (match[1], match[2] or "") if match else (group, "")
    return f"{head}[{index}]{tail}"


def groups(names: Sequence[str]) -> list[Group]:
    """Names by what they share, in the order of their first.

    Examples
    --------
    >>> [(group.name, group.keys()) for group in groups(["f[a]", "z", "f[b]"])]
    [('f', ['a', 'b']), ('z', [])]
    """
    found: dict[tuple[str, bool], tuple[list[str], list[int]]] = {}
    for position, name in enumerate(names):
        group, index = _split(name)
        indices, positions = found.setdefault((group, index is None), ([], []))
        indices.append(index or "")
        positions.append(position)
    return [
        Group(name, None if single else indices, np.array(positions, dtype=np.intp))
        for (name, single), (indices, positions) in found.items()
    ]


def unused(name: str, taken: Container[str]) -> str:
    """The name, with underscores appended until it is not among those taken."""
    while name in taken:
        name += "_"
    return name


def check_statable(program: Program, crossing_columns: str | None = None, crossing_rows: str | None = None) -> None:
    """Raise where a program's names or bounds cannot be stated.

    Parameters
    ----------
    program : Program
        Any.
    crossing_columns, crossing_rows : str, optional
        Who cannot state a lower bound above the upper one.

    Raises
    ------
    DuplicateLabelError
        A name repeats.
    ModelError
        Bounds cross.
    """
    sides = (
        ("column", program.column_names, program.lower, program.upper, crossing_columns),
        ("row", program.row_names, program.row_lower, program.row_upper, crossing_rows),
    )
    for kind, names, lower, upper, unable in sides:
        if len(set(names)) != len(names):
            repeated = next(name for position, name in enumerate(names) if name in names[:position])
            raise DuplicateLabelError(f"{kind}_names", f"repeats {repeated!r}", "Give each its own name")
        crossing = lower > upper
        if unable and crossing.any():
            k = int(crossing.argmax())
            fault = f"{kind} {names[k]} has the lower bound {lower[k]:g} above the upper bound {upper[k]:g}"
            raise ModelError("program", fault, f"{unable} cannot state it: make one of the two a row of its own")


def _split(name: str) -> tuple[str, str | None]:
    match = _ENTRY.fullmatch(name)
    if match is None:
        return name, None
    group = match[1] + (match[3] or "")
    return (group, match[2]) if entry(group, match[2]) == name else (name, None)


def _integers(parts: Sequence[str]) -> Sequence[Hashable]:
    return [int(part) for part in parts] if all(map(_INTEGER.fullmatch, parts)) else parts
