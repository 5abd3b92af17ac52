"""What a reader of a critic, of an audit and of their figures is told: names, places and numbers that mean one thing."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

import otmodels as om
from otmodels import plots
from otmodels.arrays import FloatArray
from otmodels.errors import UnknownNameError


def samples(n: int = 60, m: int = 49) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(7)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + 0.5


def measures() -> tuple[om.Measure, om.Measure]:
    x, y = samples()
    return om.Measure.from_samples(x), om.Measure.from_samples(y)


class TestExtension:
    def test_what_is_said_of_the_distributions_is_said_of_the_extension_that_was_chosen(self) -> None:
        """In many dimensions fresh points are far from all samples, where the extensions are far apart."""
        x, y = om.critics.scaled_ball(8).sample(60)
        upper, lower = (
            om.critic(x, y, extension=name).of_distributions(splits=3, seed=2).held_out for name in ("upper", "lower")
        )
        assert upper.tolist() == om.critics.bracket(x, y, splits=3, seed=2).held_out.tolist()
        assert lower.tolist() == om.critics.bracket(x, y, extension="lower", splits=3, seed=2).held_out.tolist()
        assert (lower > upper + 0.1).all()

    def test_the_mean_is_between_the_two_and_the_other_numbers_are_the_same(self) -> None:
        x, y = measures()
        upper, lower, mean = (om.critics.bracket(x, y, extension=name, splits=3) for name in ("upper", "lower", "mean"))
        assert mean.held_out == pytest.approx((upper.held_out + lower.held_out) / 2)
        assert upper.sampled.tolist() == lower.sampled.tolist() == mean.sampled.tolist()

    def test_others_are_refused(self) -> None:
        with pytest.raises(UnknownNameError, match="extension"):
            om.critics.bracket(*measures(), extension="middle")


class TestPlaces:
    def test_the_certificate_says_on_which_side_the_points_are(self) -> None:
        """Both samples number their points from 0."""
        [check] = [check for check in om.critic(*measures()).certificate.checks if "1-Lipschitz" in check.name]
        assert re.fullmatch(r"\((source|target) \d+, (source|target) \d+\)", check.where)

    @pytest.mark.parametrize("factor", [3.0, 0.1, 7.0])
    def test_where_gradients_are_taken_is_not_left_to_the_rounding_of_masses(self, factor: float) -> None:
        x, y = samples()
        found = [
            om.audit_critic(
                lambda z: np.sin(z).sum(axis=1), om.Measure.from_samples(x, a), om.Measure.from_samples(y, b), gradient=np.cos
            ).agreement
            for a, b in ((np.full(60, 1 / 60), np.full(49, 1 / 49)), (np.full(60, factor / 60), np.full(49, factor / 49)))
        ]
        assert found[0] is not None
        assert found[1] is not None
        assert found[0].cosine == pytest.approx(found[1].cosine, rel=1e-9)
        assert found[0].l2 == pytest.approx(found[1].l2, rel=1e-9)

    def test_the_proof_of_a_bound_is_of_that_bound(self) -> None:
        audit = om.audit_critic(lambda z: np.clip(-z[:, 0], -1.0, 0.2), *measures())
        for row in audit.table().iloc[1:].itertuples():
            assert str(row.proof).endswith(f"at least {row.value:.9g}")
        assert all(bound.certificate.interval.lower >= bound.value for bound in audit.bounds if bound.certificate is not None)


class TestGradient:
    def test_beyond_two_targets_on_one_ray_their_cones_are_one(self) -> None:
        source, target = om.Measure([2.0], [[0.0, 0.0]]), om.Measure([1, 1], [[1.0, 1.0], [2.0, 2.0]])
        behind = [[-1.0, -2.0], [-0.5, -0.25], [0.0, 0.0]]
        assert om.critic(source, target, "cityblock").gradient(behind).tolist() == [[-1.0, -1.0]] * 3
        along = om.critic(source, target).gradient([[-1.0, -1.0], [0.0, 0.0], [1.5, 1.5]])
        assert along == pytest.approx(np.full((3, 2), -np.sqrt(0.5)))

    @pytest.mark.parametrize("extension", ["upper", "lower"])
    @pytest.mark.parametrize(("metric", "dual"), [("cityblock", np.inf), ("chebyshev", 1)])
    def test_polyhedral_metrics_have_gradients_almost_everywhere(self, metric: str, dual: float, extension: str) -> None:
        points = np.random.default_rng(0).uniform(-3, 3, size=(2000, 2))
        found = om.critic(*measures(), metric, extension=extension)
        assert found.undefined(points) == 0
        assert np.linalg.norm(found.gradient(points), ord=dual, axis=1) == pytest.approx(np.ones(2000))


class TestFigures:
    def test_the_colour_bar_of_a_map_is_as_high_as_the_map(self) -> None:
        ax = plots.critic_map(om.critic(*measures()))
        ax.figure.canvas.draw()
        [bar] = ax.child_axes
        assert bar.get_ylabel() == "critic f"
        assert bar.get_window_extent().height == pytest.approx(ax.get_window_extent().height)
        plt.close("all")

    def test_the_number_of_a_negative_bar_is_at_its_end(self) -> None:
        f = om.critic(*measures())
        ax = plots.audit_bars(om.audit_critic(lambda z: -f(z), *measures()))
        beside = {text.get_text(): text for text in ax.texts}
        ours = beside[f"{-f.value:.4g}"]
        assert ours.get_position()[0] < -f.value
        assert ours.get_horizontalalignment() == "right"
        assert ax.get_xlim()[0] < ours.get_position()[0]
        plt.close("all")
