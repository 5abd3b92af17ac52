"""Numbers for people: as many digits as mean something, the same decimals down a column."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from otmodels.arrays import FloatArray

_DIGITS = 6
"""Significant digits of the largest number of a column."""

_NOISE = 1e-12
"""Relative to the largest number of a column, rounding."""

_LOST = 0.05
"""A number that its column's decimals change by more than this, relative to itself, is written with an exponent."""


def value(number: float) -> str:
    """A number that is the answer: 12 digits.

    >>> value(351 / 497)
    '0.706237424547'
    """
    return f"{number + 0.0:.12g}"


def small(number: float) -> str:
    """An error or a tolerance: its size is what counts.

    >>> small(1.1102230246251565e-16), small(0)
    ('1.1e-16', '0')
    """
    return "0" if number == 0 else f"{number:.1e}"


def column(numbers: Iterable[float], unit: float = 0.0) -> list[str]:
    """The numbers of a column, with the decimals that the largest needs and no more; a dash where there is none (NaN).

    Parameters
    ----------
    numbers : iterable of float
        The column.
    unit : float
        Size of the quantity, where the column may hold nothing but rounding.

    Examples
    --------
    >>> column([350, 0.1 + 0.2, 5e-17])
    ['350.0', '0.3', '0.0']
    >>> column([12 / 77, 1e-9])
    ['0.155844', '1.0e-09']
    >>> column([1e-16, 0], unit=1)
    ['0', '0']
    >>> column([float("nan"), 2.5, -float("inf")])
    ['-', '2.5', '-inf']
    """
    given = np.asarray(list(numbers), dtype=np.float64)
    finite = np.isfinite(given)
    shown = iter(_column(given[finite], unit))
    words = ("-" if math.isnan(number) else str(number) for number in given[~finite].tolist())
    return [next(shown) if known else next(words) for known in finite]


def _column(values: FloatArray, unit: float) -> list[str]:
    scale = max(float(np.abs(values).max(initial=0.0)), unit)
    values = np.where(np.abs(values) <= _NOISE * scale, 0.0, values)
    largest = float(np.abs(values).max(initial=0.0))
    exponent = math.floor(math.log10(largest)) if largest else 0
    if not -4 <= exponent < 12:
        return ["0" if number == 0 else f"{number:.{_DIGITS - 1}e}" for number in values]
    decimals = _decimals(values, max(0, _DIGITS - 1 - exponent), scale)
    return [_fixed(number, decimals) for number in values]


def _decimals(values: FloatArray, most: int, scale: float) -> int:
    """The least decimals that show the same as `most` do."""
    for decimals in range(most):
        if np.abs(np.round(values, decimals) - values).max(initial=0.0) <= _NOISE * scale:
            return decimals
    return most


def _fixed(number: float, decimals: int) -> str:
    shown = round(number, decimals)
    if abs(shown - number) > _LOST * abs(number):
        return f"{number:.1e}"
    return f"{shown + 0.0:.{decimals}f}"
