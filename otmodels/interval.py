"""Proven bounds on an optimal value."""

from __future__ import annotations

import math
from typing import NamedTuple

from otmodels.errors import CertificateError


class Interval(NamedTuple):
    """A closed interval that the exact optimal value of the data lies in; infinite where nothing is proven.

    Attributes
    ----------
    lower, upper : float
        Bounds, in the units of the value.

    Examples
    --------
    >>> Interval(1.0, 1.5).width, Interval(1.0, 1.5).intersection(Interval(1.25, 2.0))
    (0.5, Interval(lower=1.25, upper=1.5))
    """

    lower: float
    upper: float

    @property
    def width(self) -> float:
        """Upper less lower bound, rounded up; 0 where both are the same, infinite ones too."""
        if self.lower == self.upper:
            return 0.0
        width = self.upper - self.lower
        return width if _exact(self.upper, self.lower, width) else math.nextafter(width, math.inf)

    @property
    def size(self) -> float:
        """The larger of |lower| and |upper|."""
        return max(abs(self.lower), abs(self.upper))

    @property
    def relative_width(self) -> float:
        """Width over the larger of |lower| and |upper|; 0 over 0 is 0, and it is infinite where a bound is."""
        width = self.width
        if width == 0 or math.isinf(width):
            return width
        return width / self.size

    def intersection(self, other: tuple[float, float]) -> Interval:
        """What both say together.

        Raises
        ------
        CertificateError
            They have no number in common, so that one of the two is wrong.
        """
        lower, upper = max(self.lower, other[0]), min(self.upper, other[1])
        if lower > upper:
            raise CertificateError(f"the intervals {tuple(self)} and {tuple(other)} have no number in common")
        return Interval(lower, upper)

    def __contains__(self, value: object) -> bool:
        """Whether a number lies within."""
        return isinstance(value, int | float) and self.lower <= value <= self.upper


UNKNOWN = Interval(-math.inf, math.inf)
"""Nothing is proven."""


def _exact(upper: float, lower: float, width: float) -> bool:
    """Whether width is upper - lower without rounding (Knuth's two-sum)."""
    if math.isinf(width):
        return True
    back = width - upper
    return (upper - (width - back)) + (-lower - back) == 0
