"""Pairs of distributions with a known optimal critic: what is said to be known is true, and critics get what they deserve."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import otmodels as om
from otmodels.arrays import FloatArray
from otmodels.critics import Known, Score, funnels, funnels_at, scaled_ball, score, translation
from otmodels.errors import InfiniteValueError, InputError, NotANumberError, ParameterError, ShapeError

DIMENSIONS = (2, 8, 128)


def pairs_in(d: int) -> dict[str, Known]:
    return {
        f"moved, {d}": translation(d),
        f"moved along an axis, {d}": translation(d, shift=np.eye(d)[0] * -3),
        f"ball grown, {d}": scaled_ball(d, factor=2.0),
        f"ball shrunk, {d}": scaled_ball(d, factor=0.25),
        f"one funnel, {d}": funnels(d, count=1, share=0.25),
        f"four funnels, {d}": funnels(d),
        f"many funnels, {d}": funnels(d, count=30, seed=5, share=0.9),
    }


KNOWN = {name: known for d in DIMENSIONS for name, known in pairs_in(d).items()} | {
    "moved on the line": translation(1, shift=-0.5),
    "funnels with radii": funnels_at([[0.0, 0.0], [4.0, 0.0], [0.0, 5.0]], [0.0, 1.0, -1.0], [1.75, 1.25, 2.5], share=0.5),
}
every_pair = pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)


def points_of(measure: om.Measure) -> FloatArray:
    assert measure.points is not None
    return measure.points


def anywhere(known: Known, n: int, seed: int) -> FloatArray:
    """Points of both distributions, and between and around them."""
    x, y = (points_of(side) for side in known.sample(n, seed))
    rng = np.random.default_rng(seed)
    spread = 0.5 * rng.standard_normal((n, known.dimension))
    return np.concatenate([x, y, 1.5 * x + spread, (x + y[::-1]) / 2])


class TestKnown:
    @every_pair
    def test_the_critic_is_1_lipschitz(self, known: Known) -> None:
        points = anywhere(known, 2500, 1)
        rng = np.random.default_rng(2)
        one, other = points, points[rng.permutation(len(points))]
        rise = np.abs(known.critic(one) - known.critic(other))
        assert (rise <= np.linalg.norm(one - other, axis=1) + 1e-12).all()

    @every_pair
    def test_moves_along_rays_on_which_the_critic_falls_as_fast_as_it_may(self, known: Known) -> None:
        x, y = (points_of(side) for side in known.pair(2000, 3))
        np.testing.assert_allclose(known.critic(x) - known.critic(y), np.linalg.norm(x - y, axis=1), rtol=1e-12, atol=1e-12)

    @every_pair
    def test_the_value_is_the_mean_of_the_moves(self, known: Known) -> None:
        x, y = (points_of(side) for side in known.pair(50_000 // known.dimension, 4))
        moves = np.linalg.norm(x - y, axis=1)
        assert abs(moves.mean() - known.value) <= 5 * moves.std() / np.sqrt(len(moves)) + 1e-12

    @every_pair
    def test_the_value_is_what_the_critic_is_worth_on_independent_samples(self, known: Known) -> None:
        heights = [known.critic(points_of(side)) for side in known.sample(50_000 // known.dimension, 5)]
        error = np.sqrt(sum(height.var() / height.size for height in heights))
        assert abs(heights[0].mean() - heights[1].mean() - known.value) <= 5 * error

    @every_pair
    def test_both_samples_are_of_the_distributions_that_the_pair_is_of(self, known: Known) -> None:
        """Mean and spread of the critic on the moved points are the same, moved along with their own or not."""
        alone, along = (known.critic(points_of(side)) for side in (known.sample(4000, 6)[1], known.pair(4000, 6)[1]))
        error = np.sqrt((alone.var() + along.var()) / 4000)
        assert abs(alone.mean() - along.mean()) <= 5 * error
        assert alone.std() == pytest.approx(along.std(), rel=0.2)

    @every_pair
    def test_no_plan_between_paired_samples_is_cheaper(self, known: Known) -> None:
        x, y = known.pair(40, 7)
        exact = om.wasserstein_distance(x, y)
        moves = np.linalg.norm(points_of(x) - points_of(y), axis=1).mean()
        assert exact.value == pytest.approx(moves, rel=1e-9)
        assert x.mass @ known.critic(points_of(x)) - y.mass @ known.critic(points_of(y)) == pytest.approx(exact.value, rel=1e-9)

    @every_pair
    def test_the_gradient_is_that_of_the_critic(self, known: Known) -> None:
        points, step = anywhere(known, 200, 8), 1e-6
        gradient = known.gradient(points)
        np.testing.assert_allclose(np.linalg.norm(gradient, axis=1), 1, rtol=1e-12)
        away = np.random.default_rng(9).standard_normal(points.shape)
        away /= np.linalg.norm(away, axis=1)[:, None]
        differences = (known.critic(points + step * away) - known.critic(points - step * away)) / (2 * step)
        off = np.abs(differences - (gradient * away).sum(axis=1))
        assert np.quantile(off, 0.99) < 1e-6  # but for points within a step of where two funnels meet

    @every_pair
    def test_the_gradient_points_from_where_points_move_to(self, known: Known) -> None:
        x, y = (points_of(side) for side in known.pair(200, 10))
        rays = (x - y) / np.linalg.norm(x - y, axis=1)[:, None]
        np.testing.assert_allclose(known.gradient(x), rays, atol=1e-9)
        np.testing.assert_allclose(known.gradient(y), rays, atol=1e-9)

    def test_the_values_are_the_closed_forms(self) -> None:
        assert translation(7, shift=2.5).value == pytest.approx(2.5, rel=1e-15)
        assert translation(3, shift=[2, -3, 6]).value == 7
        assert scaled_ball(4, factor=3.5).value == 2
        assert scaled_ball(1, factor=0.5).value == 0.25
        assert funnels_at([[1.0, 2.0, 3.0]], radius=8, share=0.5).value == 3
        assert KNOWN["funnels with radii"].value == pytest.approx(0.5 * 2 / 3 * 5.5 / 3, rel=1e-15)

    def test_where_there_is_no_gradient_it_is_nan(self) -> None:
        assert np.isnan(scaled_ball(3).gradient(np.zeros((1, 3)))).all()
        two = funnels_at([[0.0, 0.0], [2.0, 0.0]])
        gradient = two.gradient([[0.0, 0.0], [2.0, 0.0], [1.0, 5.0], [0.5, 0.0]])
        np.testing.assert_array_equal(np.isnan(gradient).any(axis=1), [True, True, True, False])
        assert gradient[3].tolist() == [1, 0]

    def test_the_same_seed_gives_the_same_points_and_another_gives_others(self) -> None:
        known = funnels(3)
        drawn = [*known.sample(10, 1), *known.pair(10, 1)]
        again = [*known.sample(10, 1), *known.pair(10, 1)]
        for one, other in zip(drawn, again, strict=True):
            np.testing.assert_array_equal(points_of(one), points_of(other))
        apart = [points_of(side) for side in (*drawn, *known.sample(10, 2))]
        assert len({tuple(row) for side in apart for row in side.tolist()}) == 60
        assert all(side.size == 10 and side.mass.tolist() == [0.1] * 10 for side in drawn)

    def test_samples_are_independent_of_each_other_and_paired_ones_are_not(self) -> None:
        known = translation(2, shift=[1.0, 0.0])
        for draw, related in ((known.sample, 0), (known.pair, 1)):
            x, y = (points_of(side) for side in draw(5000))
            assert np.corrcoef(x[:, 0], y[:, 0])[0, 1] == pytest.approx(related, abs=0.1)

    def test_a_pair_travels(self) -> None:
        for known in (translation(2), scaled_ball(2), funnels(2)):
            back = pickle.loads(pickle.dumps(known))
            assert repr(back) == repr(known)
            np.testing.assert_array_equal(points_of(back.sample(5)[1]), points_of(known.sample(5)[1]))

    def test_it_says_what_it_is(self) -> None:
        assert repr(translation(2, shift=[3, 4])) == "Known(normal in R^2, moved by 5, W1 = 5)"
        assert repr(scaled_ball(1, 3)) == "Known(unit ball in R^1, scaled by 3, W1 = 1)"
        assert repr(funnels_at([[0.0]], radius=4)) == "Known(1 funnel in R^1, share 0.5, W1 = 1)"


class TestFunnels:
    @pytest.mark.parametrize("d", DIMENSIONS)
    @pytest.mark.parametrize("count", [2, 7, 40])
    def test_those_at_random_have_room_for_their_balls(self, d: int, count: int) -> None:
        for seed in range(5):
            known = funnels(d, count, seed)
            assert known.value > 0
            assert known.dimension == d

    def test_a_ball_may_come_as_near_to_the_next_funnel_as_it_likes_but_not_into_it(self) -> None:
        """Room of (4 + 1 - 0) / 2 around the first centre, (4 + 0 - 1) / 2 around the second."""
        centres, offsets = [[0.0, 0.0], [4.0, 0.0]], [0.0, 1.0]
        known = funnels_at(centres, offsets, [2.499, 1.499])
        assert known.value == pytest.approx(0.5 * 2 / 3 * (2.499 + 1.499) / 2, rel=1e-12)
        with pytest.raises(ParameterError, match=r"radius: is 2.5 around centre 0.*Give less than 2.5"):
            funnels_at(centres, offsets, [2.5, 1.0])
        with pytest.raises(ParameterError, match=r"radius: is 2 around centre 1.*Give less than 1.5"):
            funnels_at(centres, offsets, 2.0)

    def test_beyond_that_a_point_is_lower_in_the_other_funnel(self) -> None:
        """The first ball may have a radius of up to 2.5: there the critic is the distance from its centre, and no further."""
        known = funnels_at([[0.0, 0.0], [4.0, 0.0]], [0.0, 1.0])
        assert known.critic([[2.4, 0.0]])[0] == 2.4
        assert known.critic([[2.6, 0.0]])[0] == pytest.approx(2.4, rel=1e-12)


class TestScore:
    @every_pair
    def test_the_true_critic_gets_full_marks(self, known: Known) -> None:
        full = score(known, known.critic, known.gradient, n=200)
        assert full.ratio == pytest.approx(1, rel=1e-8)
        assert full.slope == pytest.approx(1, rel=1e-8)
        assert full.difference == pytest.approx(full.sampled, rel=1e-9)
        assert full.cosine == pytest.approx(1, rel=1e-12)
        assert full.l2 == 0
        x, y = (points_of(side) for side in known.pair(200))
        error = np.linalg.norm(x - y, axis=1).std() / np.sqrt(200)
        assert abs(full.difference / full.slope - known.value) <= 5 * error + 1e-8 * known.value

    @pytest.mark.parametrize("d", DIMENSIONS)
    def test_twice_as_steep_is_as_good_but_for_the_length_of_its_gradient(self, d: int) -> None:
        known = funnels(d)
        twice = score(known, lambda z: 2 * known.critic(z) + 7, lambda z: 2 * known.gradient(z), n=200)
        assert twice.ratio == pytest.approx(1, rel=1e-8)
        assert twice.slope == pytest.approx(2, rel=1e-8)
        assert twice.cosine == pytest.approx(1, rel=1e-12)
        assert twice.l2 == pytest.approx(1, rel=1e-12)

    def test_the_wrong_way_round_is_as_bad_as_can_be(self) -> None:
        known = scaled_ball(8)
        wrong = score(known, lambda z: -known.critic(z), lambda z: -known.gradient(z), n=100)
        assert wrong.ratio == pytest.approx(-1, rel=1e-8)
        assert wrong.cosine == pytest.approx(-1, rel=1e-12)
        assert wrong.l2 == pytest.approx(2, rel=1e-12)

    def test_a_constant_is_worth_nothing(self) -> None:
        none = score(funnels(2), lambda z: np.full(len(z), 3.0), np.zeros_like, n=100)
        assert (none.ratio, none.slope, none.difference, none.cosine) == (0, 0, 0, 0)
        assert none.l2 == pytest.approx(1, rel=1e-12)

    @every_pair
    def test_no_critic_is_worth_more_than_the_true_one(self, known: Known) -> None:
        rng = np.random.default_rng(11)
        for _ in range(5):
            inner, shift, outer = (rng.standard_normal(shape) for shape in ((known.dimension, 8), 8, 8))

            def network(z: FloatArray, parts: tuple[FloatArray, ...] = (inner, shift, outer)) -> FloatArray:
                return np.asarray(np.tanh(z @ parts[0] + parts[1]) @ parts[2])

            assert abs(score(known, network, n=100).ratio) <= 1 + 1e-9

    def test_a_critic_that_looks_at_one_coordinate_gets_what_it_sees(self) -> None:
        """Moved by (3, 4), the first coordinate sees 3 of 5; its gradient is at the cosine 3 / 5, 2 sqrt(1/5) away."""
        known = translation(2, shift=[3.0, 4.0])
        first = score(known, lambda z: -z[:, 0], lambda z: np.broadcast_to([-1.0, 0.0], z.shape), n=300)
        assert first.difference == pytest.approx(3, rel=1e-12)
        assert first.ratio == pytest.approx(0.6, rel=0.01)
        assert first.ratio >= 0.6 * (1 - 1e-12)
        assert first.cosine == pytest.approx(0.6, rel=1e-12)
        assert first.l2 == pytest.approx(2 / np.sqrt(5), rel=1e-12)

    def test_points_without_a_gradient_do_not_count(self) -> None:
        known = scaled_ball(2)

        def on_the_right(z: FloatArray) -> FloatArray:
            return np.where(z[:, :1] > 0, known.gradient(z), np.nan)

        half = score(known, known.critic, on_the_right, n=100)
        assert half.cosine == pytest.approx(1, rel=1e-12)
        assert half.l2 == 0
        nowhere = score(known, known.critic, lambda z: np.full(z.shape, np.nan), n=100)
        assert np.isnan([nowhere.cosine, nowhere.l2]).all()
        not_given = score(known, known.critic, n=100)
        assert np.isnan([not_given.cosine, not_given.l2]).all()
        assert not_given.ratio == half.ratio

    def test_columns_and_values_at_the_samples_are_as_good_as_values(self) -> None:
        known = funnels(3)
        plain = score(known, known.critic, n=50)
        sides = [known.critic(points_of(side)) for side in known.pair(50)]
        for same in (lambda z: known.critic(z)[:, None], (sides[0], sides[1])):
            found = score(known, same, n=50)
            assert (found.ratio, found.slope, found.difference) == (plain.ratio, plain.slope, plain.difference)
            assert np.isnan([found.cosine, found.l2]).all()

    def test_a_critic_is_never_called_with_more_points_than_it_is_said_to_be(self) -> None:
        known, sizes = translation(2), []

        def counted(z: FloatArray) -> FloatArray:
            sizes.append(len(z))
            return known.critic(z)

        assert score(known, counted, n=5000).ratio == pytest.approx(1, rel=1e-8)
        assert max(sizes) <= 4096
        assert sum(sizes) >= 10_000

    @pytest.mark.parametrize("factor", [1e-300, 1e300])
    def test_values_of_any_size_are_taken_without_a_warning(self, factor: float) -> None:
        known = scaled_ball(2, factor=0.5)
        found = score(known, lambda z: factor * known.critic(z), lambda z: factor * known.gradient(z), n=20)
        assert found.ratio == pytest.approx(1, rel=1e-8)
        assert found.cosine == pytest.approx(1, rel=1e-8)
        assert found.l2 == pytest.approx(abs(1 - factor), rel=1e-8)

    def test_the_table_has_one_row_by_the_name_of_the_pair(self) -> None:
        known = scaled_ball(2)
        full = score(known, known.critic, known.gradient, n=10, seed=3)
        assert isinstance(full, Score)
        table = full.table()
        assert table.index.tolist() == [known.name]
        assert table.columns.tolist() == ["n", "value", "sampled", "difference", "slope", "ratio", "cosine", "l2"]
        assert table.loc[known.name, "value"] == known.value


BAD: dict[str, tuple[Any, type[InputError], str]] = {
    "no dimension": (lambda: translation(0), ParameterError, "dimension: is 0. Give a whole number >= 1"),
    "half a dimension": (lambda: scaled_ball(1.5), ParameterError, "dimension: is 1.5"),  # type: ignore[arg-type]
    "a dimension that is a flag": (lambda: funnels(True), ParameterError, "dimension: is True"),
    "not moved": (lambda: translation(2, [0.0, 0.0]), ParameterError, "shift: has the length 0"),
    "moved nowhere": (lambda: translation(2, np.nan), ParameterError, "shift: has the length nan"),
    "moved too far": (lambda: translation(2, 1e200), ParameterError, "shift: has the length"),
    "moved in another space": (lambda: translation(2, [1.0, 2.0, 3.0]), ShapeError, r"shift: has shape \(3,\)"),
    "moved by a word": (lambda: translation(2, "far"), ShapeError, "shift"),
    "not scaled": (lambda: scaled_ball(2, 1.0), ParameterError, "factor: is 1"),
    "scaled to nothing": (lambda: scaled_ball(2, 0.0), ParameterError, "factor: is 0"),
    "turned inside out": (lambda: scaled_ball(2, -2.0), ParameterError, "factor: is -2"),
    "scaled by no number": (lambda: scaled_ball(2, float("nan")), ParameterError, "factor: is nan"),
    "scaled by a list": (lambda: scaled_ball(2, [2.0]), ParameterError, "factor: is"),  # type: ignore[arg-type]
    "no funnels": (lambda: funnels(2, 0), ParameterError, "count: is 0"),
    "a seed below 0": (lambda: funnels(2, 3, -1), ParameterError, "seed: is -1"),
    "all of the way": (lambda: funnels(2, share=1.0), ParameterError, "share: is 1"),
    "none of the way": (lambda: funnels(2, share=0.0), ParameterError, "share: is 0"),
    "centres in a row": (lambda: funnels_at([1.0, 2.0]), ShapeError, r"centres: have shape \(2,\)"),
    "no centres": (lambda: funnels_at(np.zeros((0, 2))), ShapeError, "centres"),
    "a centre nowhere": (lambda: funnels_at([[np.nan, 1.0]]), NotANumberError, "centres"),
    "two centres in one place": (lambda: funnels_at([[1.0], [1.0]]), ParameterError, "offsets: leave no room around centre 0"),
    "a funnel below another": (lambda: funnels_at([[0.0], [1.0]], [0.0, 1.5]), ParameterError, "no room around centre 1"),
    "an offset too few": (lambda: funnels_at([[0.0], [1.0]], [0.0]), ShapeError, "offsets: have shape"),
    "a radius too few": (lambda: funnels_at([[0.0], [1.0]], radius=[0.1]), ShapeError, "radius: has shape"),
    "a radius of 0": (lambda: funnels_at([[0.0], [1.0]], radius=0.0), ParameterError, "radius: is 0 around centre 0"),
    "a radius below 0": (lambda: funnels_at([[0.0]], radius=-1.0), ParameterError, "radius: is -1"),
    "a ball that rounding would swallow": (
        lambda: funnels_at([[1e9]], radius=1.0),
        ParameterError,
        "radius: is 1 around centre 0",
    ),
    "a ball without bounds": (lambda: funnels_at([[0.0]], radius=1e9), ParameterError, r"radius: is 1e\+09 around centre 0"),
    "no points": (lambda: translation(2).sample(0), ParameterError, "n: is 0"),
    "a seed that is a word": (lambda: translation(2).pair(3, "a"), ParameterError, "seed: is 'a'"),  # type: ignore[arg-type]
    "points of another space": (lambda: translation(2).critic([[1.0, 2.0, 3.0]]), ShapeError, r"points: have shape \(1, 3\)"),
    "points without end": (lambda: scaled_ball(2).gradient([[1.0, np.inf]]), NotANumberError, "points"),
    "no pair": (lambda: score("two", np.sum), ParameterError, "known: is a str"),  # type: ignore[arg-type]
    "no critic": (lambda: score(translation(2), 3), ParameterError, "critic: is an int"),  # type: ignore[arg-type]
    "no gradient": (lambda: score(translation(2), np.sum, 3), ParameterError, "gradient: is an int"),  # type: ignore[arg-type]
    "a critic of a square": (
        lambda: score(translation(2), lambda z: z, n=5),
        ShapeError,
        r"critic: returned shape \(5, 2\) for a float64 array of shape \(5, 2\)",
    ),
    "a critic that falls over": (
        lambda: score(translation(2), lambda z: z[:, 5], n=5),
        ParameterError,
        "critic: was called with a float64 array .* and raised IndexError",
    ),
    "values of other samples": (lambda: score(translation(2), ([1.0], [2.0]), n=5), ShapeError, "critic, at the source"),
    "a critic at a loss": (
        lambda: score(translation(2), lambda z: z[:, 0] * np.nan, n=5),
        NotANumberError,
        "critic.*is nan at 0",
    ),
    "a critic beyond floats": (lambda: score(translation(2), lambda z: z[:, 0] * np.inf, n=5), InfiniteValueError, "critic.*inf"),
    "a critic without bounds": (lambda: score(translation(2), lambda z: z[:, 0] * 1e305, n=5), InfiniteValueError, "critic"),
    "a gradient of one number": (
        lambda: score(translation(2), lambda z: z[:, 0], lambda z: z[:, 0], n=5),
        ShapeError,
        "gradient",
    ),
    "a gradient without bounds": (
        lambda: score(translation(2), lambda z: z[:, 0], lambda z: np.full(z.shape, 1e301), n=5),
        InfiniteValueError,
        r"gradient: returned 1e\+301",
    ),
    "half a sample": (lambda: score(translation(2), lambda z: z[:, 0], n=0.5), ParameterError, "n: is 0.5"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", BAD)
def test_what_makes_no_sense_is_refused_by_name(name: str) -> None:
    make, kind, words = BAD[name]
    with pytest.raises(kind, match=words) as caught:
        make()
    assert caught.value.argument
    assert caught.value.fault
    assert caught.value.remedy
