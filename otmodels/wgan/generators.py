"""Generators: maps from latent points to points whose parameters are arrays, with their vector-Jacobian product.

A generator G with parameters theta makes points x = G(z) of latent points z that are drawn from a known distribution. Of a loss
with gradient c_i at the points x_i, its gradient in theta is the vector-Jacobian product sum_i (dx_i / dtheta)' c_i, which is all
that training needs to know of G.

Source: Goodfellow et al. (2014), Generative adversarial nets; Baydin et al. (2018), Automatic differentiation in machine
learning, section 3.2, on products with the Jacobian; LeCun, Bottou, Orr and Mueller (1998), Efficient BackProp, section 4.6, on
weights at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from otmodels.arguments import check_name, kind_of, whole
from otmodels.arrays import FloatArray, floats, read_only, read_points, travels
from otmodels.errors import NotANumberError, ShapeError

NOISES = ("normal", "uniform")
"""Distributions of latent points: standard normal, or uniform on [-1, 1], in every coordinate."""

Parameters: TypeAlias = dict[str, FloatArray]
"""Arrays by name."""


class Generator(Protocol):
    """What can be trained: anything that has these."""

    @property
    def parameters(self) -> Parameters:
        """The arrays that are trained, by name."""

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Latent points (n, k)."""

    def __call__(self, latent: npt.ArrayLike) -> FloatArray:
        """Points (n, d) of latent points (n, k)."""

    def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
        """The gradient in each parameter of sum_i <c_i, G(z_i)>, by the same names."""

    def moved_to(self, parameters: Parameters) -> Generator:
        """The same generator with other parameters."""


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Affine:
    """x = A z + b.

    Attributes
    ----------
    matrix : ndarray (d, k)
        A.
    shift : ndarray (d,)
        b.
    noise : {"normal", "uniform"}
        How latent points are drawn: standard normal, or uniform on [-1, 1]^k.

    Examples
    --------
    >>> double = Affine([[2.0], [0.0]], [1.0, 1.0])
    >>> double([[3.0]]).tolist()
    [[7.0, 1.0]]
    >>> double.pullback([[3.0]], [[1.0, 10.0]])["matrix"].tolist()
    [[3.0], [30.0]]
    """

    matrix: FloatArray
    shift: FloatArray
    noise: str

    def __init__(self, matrix: npt.ArrayLike, shift: npt.ArrayLike, noise: str = "normal") -> None:
        _settle(self, noise, matrix=(matrix, 2), shift=(shift, 1))
        _check_sizes("matrix", self.matrix, "shift", self.shift)

    @classmethod
    def random(cls, latent: int, dimension: int, seed: int = 0, noise: str = "normal") -> Affine:
        """One with a matrix drawn at random, as `Network.random` does, and b = 0.

        Parameters
        ----------
        latent, dimension : int
            k and d, >= 1.
        seed : int
            Of the matrix, >= 0.
        noise : {"normal", "uniform"}
            How latent points are drawn.
        """
        k, d, rng = whole("latent", latent, 1), whole("dimension", dimension, 1), _rng(seed)
        return cls(_weights(rng, d, k), np.zeros(d), noise)

    @property
    def latent(self) -> int:
        """Coordinates of a latent point, k."""
        return int(self.matrix.shape[1])

    @property
    def dimension(self) -> int:
        """Coordinates of a point, d."""
        return self.shift.size

    @property
    def parameters(self) -> Parameters:
        """A and b."""
        return {"matrix": self.matrix, "shift": self.shift}

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Latent points (n, k)."""
        return drawn(self.noise, n, self.latent, rng)

    def __call__(self, latent: npt.ArrayLike) -> FloatArray:
        """Points (n, d) of latent points (n, k)."""
        return read_points(latent, self.latent, "latent") @ self.matrix.T + self.shift

    def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
        """The gradient in A and b of sum_i <c_i, A z_i + b>."""
        z, c = paired(latent, cotangent, self.latent, self.dimension)
        return {"matrix": c.T @ z, "shift": c.sum(axis=0)}

    def moved_to(self, parameters: Parameters) -> Affine:
        """The same with another A and b.

        Raises
        ------
        ShapeError, NotANumberError
        """
        check_same(self.parameters, parameters)
        return Affine(**parameters, noise=self.noise)

    def __repr__(self) -> str:
        return f"Affine(R^{self.latent} to R^{self.dimension}, {self.noise} latent points)"


@travels
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Network:
    """One hidden layer: x = V tanh(W z + w) + v.

    Attributes
    ----------
    inner : ndarray (h, k)
        W.
    bias : ndarray (h,)
        w.
    outer : ndarray (d, h)
        V.
    shift : ndarray (d,)
        v.
    noise : {"normal", "uniform"}
        How latent points are drawn: standard normal, or uniform on [-1, 1]^k.

    Examples
    --------
    >>> net = Network.random(latent=2, dimension=3, hidden=16)
    >>> net
    Network(R^2 to R^3, 16 hidden units, normal latent points)
    >>> net([[0.0, 0.0], [1.0, 2.0]]).shape
    (2, 3)
    """

    inner: FloatArray
    bias: FloatArray
    outer: FloatArray
    shift: FloatArray
    noise: str

    def __init__(
        self,
        inner: npt.ArrayLike,
        bias: npt.ArrayLike,
        outer: npt.ArrayLike,
        shift: npt.ArrayLike,
        noise: str = "normal",
    ) -> None:
        _settle(self, noise, inner=(inner, 2), bias=(bias, 1), outer=(outer, 2), shift=(shift, 1))
        _check_sizes("inner", self.inner, "bias", self.bias)
        _check_sizes("outer", self.outer, "shift", self.shift)
        if self.outer.shape[1] != self.bias.size:
            fault = f"takes {self.outer.shape[1]} hidden units, and there are {self.bias.size}"
            raise ShapeError("outer", fault, f"Give shape (d, {self.bias.size})")

    @classmethod
    def random(cls, latent: int, dimension: int, hidden: int = 64, seed: int = 0, noise: str = "normal") -> Network:
        """One with weights drawn at random.

        Weights are normal with variance 1 / inputs of their layer (LeCun et al. 1998), biases of hidden units with variance 1, so
        that the units bend at different places; v = 0.

        Parameters
        ----------
        latent, dimension, hidden : int
            k, d and h, >= 1.
        seed : int
            Of the weights, >= 0.
        noise : {"normal", "uniform"}
            How latent points are drawn.
        """
        k, d, h = (whole(*each, 1) for each in (("latent", latent), ("dimension", dimension), ("hidden", hidden)))
        rng = _rng(seed)
        return cls(_weights(rng, h, k), rng.normal(size=h), _weights(rng, d, h), np.zeros(d), noise)

    @property
    def latent(self) -> int:
        """Coordinates of a latent point, k."""
        return int(self.inner.shape[1])

    @property
    def dimension(self) -> int:
        """Coordinates of a point, d."""
        return self.shift.size

    @property
    def parameters(self) -> Parameters:
        """W, w, V and v."""
        return {"inner": self.inner, "bias": self.bias, "outer": self.outer, "shift": self.shift}

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Latent points (n, k)."""
        return drawn(self.noise, n, self.latent, rng)

    def __call__(self, latent: npt.ArrayLike) -> FloatArray:
        """Points (n, d) of latent points (n, k)."""
        return np.asarray(self._hidden(read_points(latent, self.latent, "latent")) @ self.outer.T + self.shift)

    def pullback(self, latent: npt.ArrayLike, cotangent: npt.ArrayLike) -> Parameters:
        """The gradient in W, w, V and v of sum_i <c_i, G(z_i)>."""
        z, c = paired(latent, cotangent, self.latent, self.dimension)
        hidden = self._hidden(z)
        back = (c @ self.outer) * (1 - hidden**2)
        return {"inner": back.T @ z, "bias": back.sum(axis=0), "outer": c.T @ hidden, "shift": c.sum(axis=0)}

    def moved_to(self, parameters: Parameters) -> Network:
        """The same with other weights and biases.

        Raises
        ------
        ShapeError, NotANumberError
        """
        check_same(self.parameters, parameters)
        return Network(**parameters, noise=self.noise)

    def _hidden(self, z: FloatArray) -> FloatArray:
        return np.asarray(np.tanh(z @ self.inner.T + self.bias))

    def __repr__(self) -> str:
        maps = f"R^{self.latent} to R^{self.dimension}, {self.bias.size} hidden units"
        return f"Network({maps}, {self.noise} latent points)"


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(whole("seed", seed, 0))


def _weights(rng: np.random.Generator, outputs: int, inputs: int) -> FloatArray:
    return rng.normal(scale=inputs**-0.5, size=(outputs, inputs))


def drawn(noise: str, n: int, dimension: int, rng: np.random.Generator) -> FloatArray:
    """Latent points (n, k), each coordinate standard normal or uniform on [-1, 1]."""
    size = (whole("n", n, 1), dimension)
    return rng.normal(size=size) if noise == "normal" else rng.uniform(-1, 1, size)


def _settle(generator: Affine | Network, noise: str, **given: tuple[npt.ArrayLike, int]) -> None:
    """Take the parameters over as read-only arrays of finite numbers, each with so many axes.

    Raises
    ------
    ShapeError, NotANumberError, UnknownNameError
    """
    check_name("noise", noise, NOISES)
    object.__setattr__(generator, "noise", noise)
    for name, (parameter, ndim) in given.items():
        array = floats(name, parameter)
        if array.ndim != ndim or not array.size:
            raise ShapeError(name, f"has shape {array.shape}", f"Give {'a matrix' if ndim == 2 else 'a vector'}")
        if not np.isfinite(array).all():
            raise NotANumberError(name, "holds NaN or infinite numbers", "Give finite ones")
        object.__setattr__(generator, name, read_only(array))


def _check_sizes(matrix: str, weights: FloatArray, vector: str, bias: FloatArray) -> None:
    if len(weights) != bias.size:
        raise ShapeError(vector, f"has {bias.size} entries, and {matrix} {len(weights)} rows", "Give as many as rows")


def check_same(wanted: Parameters, given: object) -> None:
    """Raise unless there is an array for each parameter, of its shape, and no other one.

    Raises
    ------
    ShapeError
    """
    shapes = {name: np.shape(array) for name, array in wanted.items()}
    found = {name: np.shape(array) for name, array in given.items()} if isinstance(given, Mapping) else kind_of(given)
    if found != shapes:
        raise ShapeError("parameters", f"have the shapes {found}", f"Give one array a parameter: {shapes}")


def paired(latent: npt.ArrayLike, cotangent: npt.ArrayLike, k: int, d: int) -> tuple[FloatArray, FloatArray]:
    """Latent points (n, k), and one vector (n, d) for each."""
    z, c = read_points(latent, k, "latent"), read_points(cotangent, d, "cotangent")
    if len(z) != len(c):
        raise ShapeError("cotangent", f"has {len(c)} rows for {len(z)} latent points", "Give one a point")
    return z, c
