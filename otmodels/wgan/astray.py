"""When a step is not to be taken, and how it says so."""

from __future__ import annotations

LARGEST = 1e12
"""Training ends where a parameter, a coordinate of a point or a loss is beyond this one."""


class Astray(Exception):  # noqa: N818 - it reaches no user: training ends with its reason
    """A step went astray and is to be undone; the text says why."""
