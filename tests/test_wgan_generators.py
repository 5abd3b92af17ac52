"""Generators: points of latent points, products with their Jacobians, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from pullbacks import pullback_by_differences

from otmodels.arrays import FloatArray
from otmodels.errors import InputError, NotANumberError, ParameterError, ShapeError, UnknownNameError
from otmodels.wgan import Affine, Network

MADE = (Affine.random(3, 2, seed=4), Network.random(3, 2, hidden=5, seed=4), Affine.random(1, 1), Network.random(2, 4, hidden=1))


@pytest.mark.parametrize("generator", MADE, ids=repr)
class TestAnyGenerator:
    def test_the_pullback_is_that_of_differences(self, generator: Affine | Network) -> None:
        rng = np.random.default_rng(0)
        z, c = rng.normal(size=(7, generator.latent)), rng.normal(size=(7, generator.dimension))
        found = generator.pullback(z, c)
        assert found.keys() == generator.parameters.keys()
        for name, slopes in pullback_by_differences(generator, z, c).items():
            assert found[name] == pytest.approx(slopes, abs=1e-7), name

    def test_points_are_drawn_the_same_from_one_seed(self, generator: Affine | Network) -> None:
        once, again = (generator.draw(5, np.random.default_rng(3)) for _ in range(2))
        assert once.shape == (5, generator.latent)
        assert (once == again).all()
        assert generator(once).shape == (5, generator.dimension)

    def test_it_travels_and_cannot_be_written_into(self, generator: Affine | Network) -> None:
        again = pickle.loads(pickle.dumps(generator))
        z = generator.draw(4, np.random.default_rng(0))
        assert (again(z) == generator(z)).all()
        assert not any(array.flags.writeable for made in (generator, again) for array in made.parameters.values())

    def test_latent_points_of_another_kind(self, generator: Affine | Network) -> None:
        wide = np.zeros((2, generator.latent + 1))
        with pytest.raises(ShapeError, match="latent: have shape"):
            generator(wide)
        with pytest.raises(NotANumberError, match="latent"):
            generator(np.full((2, generator.latent), np.nan))
        with pytest.raises(ShapeError, match="cotangent: has 3 rows for 2 latent points"):
            generator.pullback(np.zeros((2, generator.latent)), np.zeros((3, generator.dimension)))


def test_affine_by_hand() -> None:
    made = Affine([[1, 2], [0, -1]], [10, 0])
    assert made([[3, 4]]).tolist() == [[21, -4]]
    found = made.pullback([[3, 4], [1, 0]], [[1, 0], [1, 5]])
    assert found["matrix"].tolist() == [[4, 4], [5, 0]]
    assert found["shift"].tolist() == [2, 5]


def test_network_by_hand() -> None:
    """Two units whose tanh is 3/5 and -4/5."""
    z = np.array([[1.0]])
    made = Network(np.zeros((2, 1)), np.arctanh([0.6, -0.8]), np.array([[1.0, 2.0]]), np.array([5.0]))
    assert made(z) == pytest.approx(np.array([[4.0]]))
    found = made.pullback(z, [[1.0]])
    assert found["outer"] == pytest.approx(np.array([[0.6, -0.8]]))
    assert found["bias"] == pytest.approx(np.array([0.64, 0.72]))
    assert found["inner"] == pytest.approx(np.array([[0.64], [0.72]]))


def test_noise() -> None:
    rng = np.random.default_rng(0)
    flat, bell = (Affine.random(2, 2, noise=noise).draw(4000, rng) for noise in ("uniform", "normal"))
    assert np.abs(flat).max() <= 1
    assert np.abs(flat.std(axis=0) - 3**-0.5).max() < 0.03
    assert np.abs(bell.std(axis=0) - 1).max() < 0.06


def test_weights_at_the_start_have_the_variance_that_is_said() -> None:
    made = Network.random(50, 40, hidden=300, seed=1)
    for weights, variance in ((made.inner, 1 / 50), (made.outer, 1 / 300), (made.bias, 1.0)):
        assert weights.var() == pytest.approx(variance, rel=0.3)
    assert (Network.random(3, 2, seed=1).inner != Network.random(3, 2, seed=2).inner).all()


BAD: list[tuple[Any, type[InputError], str]] = [
    (lambda: Affine([[1.0]], [0.0, 0.0]), ShapeError, "shift: has 2 entries, and matrix 1 rows"),
    (lambda: Affine([1.0], [0.0]), ShapeError, "matrix: has shape"),
    (lambda: Affine([[np.nan]], [0.0]), NotANumberError, "matrix: holds NaN"),
    (lambda: Affine([[1.0]], [0.0], "cauchy"), UnknownNameError, r"noise.*normal, uniform"),
    (lambda: Affine.random(0, 2), ParameterError, "latent: is 0"),
    (lambda: Network.random(2, 2, hidden=0), ParameterError, "hidden: is 0"),
    (lambda: Network.random(2, 2, seed=-1), ParameterError, "seed: is -1"),
    (lambda: network(outer=np.zeros((2, 4))), ShapeError, "outer: takes 4 hidden units, and there are 3"),
    (lambda: network(bias=np.zeros(4)), ShapeError, "bias: has 4 entries, and inner 3 rows"),
    (lambda: network(shift=np.zeros((2, 1))), ShapeError, "shift: has shape"),
]


def network(**other: FloatArray) -> Network:
    parts: dict[str, FloatArray] = {
        "inner": np.zeros((3, 2)),
        "bias": np.zeros(3),
        "outer": np.zeros((2, 3)),
        "shift": np.zeros(2),
    }
    parts |= other
    return Network(parts["inner"], parts["bias"], parts["outer"], parts["shift"])


@pytest.mark.parametrize(("make", "kind", "message"), BAD)
def test_bad_parameters(make: Any, kind: type[InputError], message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


@pytest.mark.parametrize("made", [Affine([[1.0]], [0.0]), Network.random(1, 1, 2)])
@pytest.mark.parametrize("other", [None, {}, {"a": 1.0}, {"matrix": [[1.0, 2.0]], "shift": [0.0]}])
def test_other_parameters_are_as_many_and_of_the_same_shapes(made: Any, other: Any) -> None:
    with pytest.raises(ShapeError, match="parameters: have the shapes"):
        made.moved_to(other)


def test_no_points_cannot_be_drawn() -> None:
    with pytest.raises(ParameterError, match="n: is -1"):
        Affine([[1.0]], [0.0]).draw(-1, np.random.default_rng(0))
