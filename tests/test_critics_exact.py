"""The exact critic of two samples: as much as the transport costs, and 1-Lipschitz everywhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.critics import Critic, critic
from otmodels.critics.directions import dual_norm
from otmodels.errors import InputError, NotANumberError, ParameterError, ShapeError, UnbalancedError, UnknownNameError
from otmodels.metrics import Minkowski

METRICS = (("euclidean", None), ("cityblock", None), ("chebyshev", None), ("minkowski", 3.0))
EXTENSIONS = ("upper", "lower", "mean")


def samples(seed: int) -> tuple[om.Measure, om.Measure]:
    """Points of one to five coordinates; some seeds with weights, ties, repeated points, or atoms without mass."""
    rng = np.random.default_rng(seed)
    n, m, d = (int(k) for k in rng.integers([1, 1, 1], [30, 30, 6]))
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.5
    if seed % 3 == 0:
        x, y = np.round(x), np.round(y)
    a, b = (rng.integers(0 if seed % 4 == 0 else 1, 5, k).astype(float) for k in (n, m))
    a[0] = b[0] = 1.0
    return om.Measure(a * b.sum(), x), om.Measure(b * a.sum(), y)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize(("metric", "order"), METRICS)
@pytest.mark.parametrize("seed", range(8))
class TestAsGoodAsThePlan:
    def test_its_value_is_that_of_the_primal_program(self, seed: int, metric: str, order: float | None, extension: str) -> None:
        source, target = samples(seed)
        found = critic(source, target, metric, order=order, extension=extension)
        cost = om.ground_cost(source, target, metric, order=order)
        value = om.solve(om.TransportProblem(source, target, cost), "primal", "highspy").value
        assert found.certificate.passed
        assert found.value == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert source.mass @ found.at_source - target.mass @ found.at_target == pytest.approx(value, rel=1e-9, abs=1e-9)

    def test_it_is_1_lipschitz_off_the_samples(self, seed: int, metric: str, order: float | None, extension: str) -> None:
        source, target = samples(seed)
        found = critic(source, target, metric, order=order, extension=extension)
        rng = np.random.default_rng(seed)
        assert source.points is not None
        z, w = rng.normal(size=(2, 10_000, source.points.shape[1])) * 3
        w[:5000] = z[:5000] + 1e-3 * w[:5000]
        distance = found.cost.metric.paired(z, w)
        rise = np.abs(found(z) - found(w))
        assert (rise <= distance * (1 + 1e-9) + 1e-12).all()

    def test_its_gradient_is_that_of_differences(self, seed: int, metric: str, order: float | None, extension: str) -> None:
        source, target = samples(seed)
        found = critic(source, target, metric, order=order, extension=extension)
        rng = np.random.default_rng(seed)
        assert source.points is not None
        z = rng.normal(size=(300, source.points.shape[1])) * 2
        gradient, h = found.gradient(z), 1e-6
        steps = [(found(z + h * unit) - found(z - h * unit)) / (2 * h) for unit in np.eye(z.shape[1])]
        smooth = ~np.isnan(gradient).any(axis=1)
        assert found.undefined(z) == (~smooth).sum()
        wrong = np.abs(gradient - np.stack(steps, axis=1))[smooth].max(axis=1, initial=0.0)
        assert (wrong < 1e-4).sum() >= 0.98 * wrong.size  # a kink within the difference is seen by it alone
        assert isinstance(found.cost.metric, Minkowski)
        if extension != "mean":
            assert np.allclose(dual_norm(found.cost.metric.order, gradient[smooth]), 1.0, atol=1e-9)


class TestByHand:
    def test_on_the_line(self) -> None:
        """0 goes to 1 and 2 to 5, each with half the mass: the critic falls by 1 and by 3."""
        found = critic(om.Measure.from_samples([0.0, 2.0]), om.Measure.from_samples([1.0, 5.0]))
        assert found.value == 2
        assert (found.at_source - found.at_target).tolist() == [1, 3]
        assert (found([0.0, 2.0, 3.0]) - found([0.5, 4.0, 5.0])).tolist() == [0.5, 2.0, 2.0]
        assert found.gradient([0.5, 4.0]).tolist() == [[-1], [-1]]

    def test_between_two_targets_there_is_no_gradient_and_at_a_target_none(self) -> None:
        found = critic(om.Measure([2.0], [[0.0, 0.0]]), om.Measure([1, 1], [[-1.0, 0.0], [1.0, 0.0]]))
        points = [[0.0, 0.5], [0.5, 0.0], [1.0, 0.0]]
        assert np.isnan(found.gradient(points)).any(axis=1).tolist() == [True, False, True]
        assert found.gradient(points)[1].tolist() == [-1.0, 0.0]
        assert found.undefined(points) == 2

    def test_targets_in_one_place_are_one(self) -> None:
        found = critic(om.Measure([2.0], [[0.0, 0.0]]), om.Measure([1, 1], [[3.0, 4.0], [3.0, 4.0]]))
        assert found.gradient([[0.0, 0.0]]) == pytest.approx(np.array([[-0.6, -0.8]]))

    def test_city_block_gradients_have_maximum_norm_1(self) -> None:
        found = critic(om.Measure([1.0], [[0.0, 0.0]]), om.Measure([1.0], [[3.0, 4.0]]), "cityblock")
        assert found.value == 7
        assert found.gradient([[1.0, 1.0], [3.0, 1.0]])[0].tolist() == [-1.0, -1.0]
        assert np.isnan(found.gradient([[3.0, 1.0]])).all()

    def test_equal_samples(self) -> None:
        x = om.Measure.from_samples([[0.0, 1.0], [2.0, 3.0]])
        found = critic(x, x)
        assert found.value == 0
        assert found.certificate.passed
        assert not len(found.rays())

    def test_the_extensions_lie_above_each_other_and_agree_along_rays(self) -> None:
        source, target = samples(1)
        upper, lower, mean = (critic(source, target, extension=extension) for extension in EXTENSIONS)
        z = np.random.default_rng(0).normal(size=(500, source.points.shape[1]))  # type: ignore[union-attr]
        shift = upper.at_source[0] - lower.at_source[0]
        assert (upper(z) - lower(z) - shift >= -1e-9).all()
        assert mean(z) == pytest.approx(0.5 * (upper(z) + lower(z)))
        for found in (upper, lower, mean):
            rays = found.rays()
            assert rays["fall"].to_numpy() == pytest.approx(rays["distance"].to_numpy(), abs=1e-9)
            assert rays["mass"].sum() == pytest.approx(source.total)

    def test_rays_and_table_are_in_the_labels_of_the_user(self) -> None:
        source = om.Measure([1, 1], [[0.0], [1.0]], labels=["Ulm", "Bonn"])
        target = om.Measure([1, 1], [[2.0], [3.0]], labels=["Kiel", "Trier"])
        found = critic(source, target)
        assert set(found.rays()["source"]) == {"Ulm", "Bonn"}
        at = found.table()["critic"].to_dict()
        assert at["target", "Kiel"] - at["source", "Ulm"] == -2
        assert "value 4" in repr(found)


class TestExact:
    @pytest.mark.parametrize("seed", range(10))
    def test_whole_points_on_the_line_have_whole_values(self, seed: int) -> None:
        """W1 on the line is the area between the distribution functions, here in fractions."""
        rng = np.random.default_rng(seed)
        x, y = rng.integers(-20, 20, (2, 12))
        exact = Fraction(int(np.abs(np.sort(x) - np.sort(y)).sum()), 12)
        found = critic(om.Measure.from_samples(x.astype(float)), om.Measure.from_samples(y.astype(float)))
        assert found.certificate.interval.lower <= exact <= found.certificate.interval.upper
        assert abs(Fraction(found.value) - exact) <= Fraction(1, 10**12)

    def test_points_that_all_but_coincide_are_no_steeper_by_rounding(self) -> None:
        rng = np.random.default_rng(0)
        x = np.repeat(rng.normal(size=(20, 2)), 2, axis=0)
        x[::2] += 1e-13 * rng.normal(size=(20, 2))
        assert critic(om.Measure.from_samples(x), om.Measure.from_samples(x + np.array([5.0, 1.0]))).certificate.passed


class TestBadInput:
    HERE = om.Measure.from_samples([[0.0, 1.0], [2.0, 3.0]])

    def test_points(self) -> None:
        found = critic(self.HERE, self.HERE)
        assert found(np.empty((0, 2))).tolist() == []
        with pytest.raises(ShapeError, match=r"points: have shape \(3,\)\. Give shape \(k, 2\)"):
            found([1, 2, 3])
        with pytest.raises(NotANumberError, match="points"):
            found([[np.nan, 0.0]])

    def test_samples(self) -> None:
        with pytest.raises(ShapeError, match="coordinates"):
            critic(self.HERE, om.Measure.from_samples([0.0, 1.0]))
        with pytest.raises(UnbalancedError):
            critic(self.HERE, om.Measure([1, 2], [[0.0, 1.0], [2.0, 3.0]]))
        with pytest.raises(ParameterError, match="source: is a list"):
            critic([1, 2], self.HERE)  # type: ignore[arg-type]
        with pytest.raises(InputError):
            critic(om.Measure([1, 1]), self.HERE)

    def test_names(self) -> None:
        with pytest.raises(UnknownNameError, match=r"extension.*upper, lower, mean"):
            critic(self.HERE, self.HERE, extension="middle")
        with pytest.raises(UnknownNameError, match="metric"):
            critic(self.HERE, self.HERE, "sqeuclidean")
        graph = om.Graph.from_frame(pd.DataFrame({"from": [0], "to": [1], "length": [1.0]}))
        with pytest.raises(ParameterError, match="metric"):
            critic(self.HERE, self.HERE, graph)  # type: ignore[arg-type]

    def test_a_callable_that_is_no_metric(self) -> None:
        """Squared distances on the line break the triangle inequality."""

        def squared(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray((x[:, None, 0] - y[None, :, 0]) ** 2)

        with pytest.raises(ParameterError, match="metric: is no metric"):
            critic(om.Measure.from_samples([0.0, 1.0, 2.0]), om.Measure.from_samples([0.5, 3.0, 4.0]), squared)

    def test_a_callable_metric_has_no_known_gradient(self) -> None:
        def half(x: FloatArray, y: FloatArray) -> FloatArray:
            return np.asarray(np.abs(x[:, None, 0] - y[None, :, 0]) / 2)

        found = critic(om.Measure.from_samples([0.0, 1.0]), om.Measure.from_samples([2.0, 3.0]), half)
        assert isinstance(found, Critic)
        assert found.value == pytest.approx(1.0)
        with pytest.raises(ParameterError, match="metric: is half, whose gradients"):
            found.gradient([0.0])
