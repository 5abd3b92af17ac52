"""How a step says that it is not to be taken."""

from __future__ import annotations


class Astray(Exception):  # noqa: N818 - it reaches no user: training ends with its reason
    """A step went astray and is to be undone; the text says why."""
