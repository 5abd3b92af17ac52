"""Batches: points drawn from data."""

from __future__ import annotations

import numpy as np

from otmodels.measure import Measure


def draw(data: Measure, size: int, rng: np.random.Generator) -> Measure:
    """Points drawn in proportion to their masses, of total 1; where all are alike and there are enough, none twice."""
    assert data.points is not None
    alike = bool((data.mass == data.mass[0]).all())
    chosen = rng.choice(data.size, size, replace=not (alike and size <= data.size), p=None if alike else data.mass)
    return Measure.from_samples(data.points[chosen])
