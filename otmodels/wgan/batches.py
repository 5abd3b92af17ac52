"""Batches: points drawn from data."""

from __future__ import annotations

import numpy as np

from otmodels.measure import Measure


def is_even(data: Measure) -> bool:
    """Whether all masses are alike."""
    return bool((data.mass == data.mass[0]).all())


def draw(data: Measure, size: int, rng: np.random.Generator) -> Measure:
    """Points drawn in proportion to their masses, of total 1; where all are alike and there are enough, none twice."""
    assert data.points is not None
    alike = is_even(data)
    chosen = rng.choice(data.size, size, replace=not (alike and size <= data.size), p=None if alike else data.mass)
    return Measure.from_samples(data.points[chosen])
