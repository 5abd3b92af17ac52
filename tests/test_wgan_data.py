"""Samples of distributions in the plane, what a generator is worth on them, and that torch is not needed for any of it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import otmodels as om
from otmodels import wgan
from otmodels.arrays import FloatArray
from otmodels.errors import ParameterError, UnknownNameError
from otmodels.wgan import Affine, HeldOut, held_out, sample
from otmodels.wgan.data import SPREAD

NAMES = ("line", "moons", "ring")


def points(name: str, n: int = 4000, seed: int = 0) -> FloatArray:
    found = sample(name, n, seed).points
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_one_sample(name: str) -> None:
    assert (points(name) == points(name)).all()
    assert (points(name) != points(name, seed=1)).any(axis=1).all()
    assert sample(name, 1).size == 1


def test_the_line_is_straight() -> None:
    x = points("line")
    assert (x[:, 0] == 2 * x[:, 1]).all()
    assert np.abs(x).max(axis=0) == pytest.approx([1, 0.5], rel=0.01)
    assert np.abs(x.mean(axis=0)).max() < 0.05


def test_moons_lie_along_two_half_circles() -> None:
    x = points("moons")
    above, below = x - [0, 0], x - [1, 0.5]
    off = np.stack([np.abs(np.hypot(*each.T) - 1) for each in (above, below)]).min(axis=0)
    assert off.max() < 6 * SPREAD
    assert x.mean(axis=0) == pytest.approx([0.5, 0.25], abs=0.05)


def test_the_ring_has_eight_gaussians() -> None:
    x = points("ring")
    k = np.round(np.arctan2(x[:, 1], x[:, 0]) / (np.pi / 4)).astype(int) % 8
    assert np.bincount(k, minlength=8).min() > 4000 / 8 * 0.8
    rest = x - np.stack([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)], axis=1)
    assert rest.std(axis=0) == pytest.approx([SPREAD, SPREAD], rel=0.1)


def test_names_and_numbers() -> None:
    with pytest.raises(UnknownNameError, match=r"name.*line, moons, ring"):
        sample("swiss roll", 10)
    with pytest.raises(ParameterError, match="n: is 0"):
        sample("line", 0)
    with pytest.raises(ParameterError, match="seed: is -1"):
        sample("line", 1, -1)


class TestHeldOut:
    EXACT = Affine([[1.0], [0.5]], [0.0, 0.0], "uniform")

    def test_the_truth_is_worth_1(self) -> None:
        found = held_out(self.EXACT, sample("line", 2000), 40, 25)
        assert abs(found.ratio - 1) < 5 * found.standard_error
        assert found.generated.shape == found.true.shape == (25,)
        assert "40 points" in repr(found)

    def test_what_is_far_is_worth_more(self) -> None:
        far = Affine([[1.0], [0.5]], [3.0, 0.0], "uniform")
        found = held_out(far, sample("line", 500), 40, 2, metric="cityblock")
        assert found.generated == pytest.approx(3, abs=0.6)
        assert found.ratio > 10

    def test_ratio_and_error_by_hand(self) -> None:
        found = HeldOut(np.array([2.0, 4.0]), np.array([1.0, 1.0]), 5)
        assert found.ratio == 3
        assert found.standard_error == pytest.approx(1.0)
        assert np.isnan(HeldOut(np.array([2.0]), np.array([1.0]), 5).standard_error)

    def test_data_that_are_too_few(self) -> None:
        with pytest.raises(ParameterError, match="data: are 79 atoms, and 80 points of equal mass are needed"):
            held_out(self.EXACT, sample("line", 79), 40)
        with pytest.raises(ParameterError, match="data"):
            held_out(self.EXACT, om.Measure([1, 2], [[0.0, 0.0], [1.0, 1.0]]), 1)


WITHOUT_TORCH = """
import sys
import otmodels, otmodels.wgan, otmodels.wgan.torch_loss
assert "torch" not in sys.modules
sys.modules["torch"] = None
try:
    otmodels.wgan.W1Loss
except otmodels.errors.ParameterError as error:
    print(error)
"""


def test_torch_is_imported_for_the_loss_alone_and_missed_by_name() -> None:
    said = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True).stdout
    assert said.startswith("W1Loss: is a loss of torch, which cannot be imported")
    assert "pip install 'otmodels[wgan]'" in said


def test_other_names_are_not_there() -> None:
    assert set(wgan.__all__) - {"W1Loss"} <= set(dir(wgan))
    with pytest.raises(AttributeError, match="W2Loss"):
        wgan.W2Loss  # noqa: B018
