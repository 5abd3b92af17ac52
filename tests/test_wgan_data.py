"""Samples of distributions in the plane, what a generator is worth on them, and that torch is not needed for any of it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import otmodels as om
from otmodels import wgan
from otmodels.arrays import FloatArray
from otmodels.errors import InputError, ParameterError, ShapeError, UnknownNameError
from otmodels.wgan import Affine, HeldOut, Network, generator_of, held_out, sample, train
from otmodels.wgan.data import SPREAD

NAMES = ("line", "moons", "ring")


def points(name: str | om.Measure, n: int = 4000, seed: int = 0) -> FloatArray:
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
    for wrong in ("swiss roll", ["line"], None):
        with pytest.raises(UnknownNameError, match=r"name.*line, moons, ring, or give the Measure of a picture"):
            sample(wrong, 10)  # type: ignore[arg-type]
        with pytest.raises(UnknownNameError, match="name"):
            generator_of(wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="n: is 0"):
        sample("line", 0)
    with pytest.raises(ParameterError, match="seed: is -1"):
        sample("line", 1, -1)


def digits() -> tuple[om.Measure, om.Measure]:
    problem = om.read_dataset("data/digits").problem
    return problem.source, problem.target


class TestPictures:
    @pytest.mark.parametrize("side", [0, 1])
    def test_points_lie_in_pixels_in_proportion_to_ink(self, side: int) -> None:
        digit, n = digits()[side], 40_000
        ink = digit.mass.reshape(8, 8) / digit.total
        x = points(digit, n)
        assert np.abs(x).max() <= 1
        row, column = np.floor((1 - x[:, 1]) * 4).astype(int), np.floor((x[:, 0] + 1) * 4).astype(int)
        counts = np.zeros((8, 8))
        np.add.at(counts, (row, column), 1)
        assert (counts[ink == 0] == 0).all()
        assert np.abs(counts / n - ink).max() < 5 * np.sqrt(ink.max() / n)

    def test_within_a_pixel_they_are_spread_evenly(self) -> None:
        x = points(om.grid_measure([[0, 3, 0], [0, 0, 0], [0, 0, 0]]), 20_000)
        bins = np.histogram2d(x[:, 0], x[:, 1], bins=5, range=[[-1 / 3, 1 / 3], [1 / 3, 1]])[0]
        assert bins.sum() == 20_000
        assert np.abs(bins / 20_000 - 1 / 25).max() < 5 * np.sqrt(1 / 25 / 20_000)

    @pytest.mark.parametrize("spacing", [1.0, 0.1, 3e-7, 1e9])
    def test_the_unit_of_the_picture_is_its_own(self, spacing: float) -> None:
        ink = np.arange(15).reshape(3, 5)
        assert points(om.grid_measure(ink, spacing), 50) == pytest.approx(points(om.grid_measure(ink), 50), abs=1e-12)
        moved = om.grid_measure(ink)
        assert moved.points is not None
        away = om.Measure(1e-300 * moved.mass, moved.points - [17.0, -4.0])
        assert points(away, 50) == pytest.approx(points(moved, 50), abs=1e-12)

    def test_the_order_of_the_atoms_is_theirs_to_choose(self) -> None:
        first = om.grid_measure([[0, 1], [0, 0]])
        assert first.points is not None
        turned = om.Measure(first.mass[::-1], first.points[::-1])
        for measure in (first, turned):
            x = points(measure, 100)
            assert (x >= 0).all()
            assert (x <= 1).all()

    @pytest.mark.parametrize(
        ("array", "spacing", "ends"),
        [
            (np.ones((2, 8)), 1.0, (1, 0.25)),
            (np.ones((8, 2)), 1.0, (0.25, 1)),
            (np.ones((4, 4)), [1.0, 2.0], (1, 0.5)),
            (np.ones((1, 4)), 3.0, (1, 0.25)),
            (np.ones((4, 1)), 3.0, (0.25, 1)),
            (np.ones((1, 1)), 1.0, (1, 1)),
        ],
    )
    def test_the_larger_side_is_from_minus_1_to_1(self, array: FloatArray, spacing: float, ends: tuple[float, float]) -> None:
        x = points(om.grid_measure(array, spacing), 5000)
        assert x.max(axis=0) == pytest.approx(ends, rel=0.01)
        assert -x.min(axis=0) == pytest.approx(ends, rel=0.01)
        assert (np.abs(x) <= np.asarray(ends) * (1 + 1e-12)).all()

    def test_a_seed_gives_one_sample(self) -> None:
        three = digits()[0]
        assert (points(three) == points(three)).all()
        assert (points(three) != points(three, seed=1)).any(axis=1).all()
        assert sample(three, 7).mass.tolist() == [1 / 7] * 7

    def test_what_is_no_picture(self) -> None:
        square = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        bad: dict[str, tuple[om.Measure, type[InputError]]] = {
            "without points": (om.Measure([1, 2]), ParameterError),
            "in R.1, not in the plane": (om.grid_measure([1, 2]), ShapeError),
            "in R.3, not in the plane": (om.grid_measure(np.ones((2, 2, 2))), ShapeError),
            "not the pixels of a picture.*grid_measure": (sample("ring", 50), ParameterError),
            "pixels of a picture, each of them once.*those without ink too": (om.Measure([1] * 3, square[:3]), ParameterError),
            "each of them once": (om.Measure([1] * 5, [*square, square[1]]), ParameterError),
            "unequal gaps": (om.Measure([1] * 6, [[i, j] for i in (0, 1) for j in (0, 1, 3)]), ParameterError),
        }
        for words, (measure, kind) in bad.items():
            with pytest.raises(kind, match=f"name: is a measure .*{words}"):
                sample(measure, 10)
        for words in list(bad)[:3]:
            with pytest.raises(bad[words][1], match=words):
                generator_of(bad[words][0])


class TestGeneratorOf:
    def test_the_line_is_held_exactly(self) -> None:
        made = generator_of("line", 3)
        assert isinstance(made, Affine)
        assert made.matrix.tolist() == Affine.random(1, 2, 3).matrix.tolist()
        exact = made.moved_to({"matrix": np.array([[1.0], [0.5]]), "shift": np.zeros(2)})
        latent = made.draw(1000, np.random.default_rng(0))
        assert np.abs(latent).max() <= 1
        assert (exact(latent) == latent * [1.0, 0.5]).all()

    def test_the_others_are_networks_of_the_plane(self) -> None:
        for name in ("moons", "ring", digits()[1], om.grid_measure([[1, 2]])):
            made = generator_of(name, 7)
            assert isinstance(made, Network)
            assert (made.latent, made.dimension, made.bias.size, made.noise) == (2, 2, 64, "normal")
            assert made.outer.tolist() == Network.random(2, 2, 64, 7).outer.tolist()

    def test_it_learns_what_it_is_for(self) -> None:
        three = digits()[0]
        history = train(generator_of(three), sample(three, 1000), steps=40, batch=32, rate=0.05)
        losses = history.frame["loss"]
        assert losses.loc[31:].mean() < losses.loc[1] / 2

    def test_seeds(self) -> None:
        with pytest.raises(ParameterError, match="seed: is -1"):
            generator_of("moons", -1)


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
        with pytest.raises(ParameterError, match="data: are of unlike masses"):
            held_out(self.EXACT, om.Measure([1, 2], [[0.0, 0.0], [1.0, 1.0]]), 1)
        with pytest.raises(ParameterError, match="data: has no points"):
            held_out(self.EXACT, om.Measure([1, 1]), 1)


WITHOUT_TORCH = """
import sys
import otmodels, otmodels.wgan, otmodels.wgan.torch_generator, otmodels.wgan.torch_loss
assert "torch" not in sys.modules
sys.modules["torch"] = None
for needs_it in (lambda: otmodels.wgan.W1Loss, lambda: otmodels.wgan.TorchGenerator(None, 2)):
    try:
        needs_it()
    except otmodels.errors.ParameterError as error:
        print(error)
"""


def test_torch_is_imported_for_what_is_of_torch_alone_and_missed_by_name() -> None:
    said = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True).stdout
    loss, generator = said.splitlines()
    assert loss.startswith("W1Loss: is a loss of torch, which cannot be imported")
    assert generator.startswith("TorchGenerator: is a generator of torch, which cannot be imported")
    assert all(line.endswith("Install it: pip install 'otmodels[wgan]'.") for line in (loss, generator))


def test_other_names_are_not_there() -> None:
    assert set(wgan.__all__) - {"W1Loss"} <= set(dir(wgan))
    with pytest.raises(AttributeError, match="W2Loss"):
        wgan.W2Loss  # noqa: B018
