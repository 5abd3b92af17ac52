"""Neural critics: what holds their slopes, fits that are audited, stop and go on, and generators trained against them."""

from __future__ import annotations

import copy
import pickle
import signal
from typing import Any

import numpy as np
import pytest
import torch

import otmodels as om
from otmodels.errors import InputError, ParameterError, ShapeError, UnknownNameError
from otmodels.wgan import Fit, History, Network, Neural, Step, fit_critic, sample, train
from otmodels.wgan.learner import Learner
from otmodels.wgan.opponents import NeuralOpponent

KINDS = ("clipping", "penalty", "spectral", "groupsort")
RING, MOONS = sample("ring", 120), sample("moons", 90)
SMALL: dict[str, Any] = {"batch": 32, "audit": 10, "seed": 3}


def fitted(kind: str | Neural, steps: int = 40, **options: Any) -> Fit:
    return fit_critic(kind, RING, MOONS, steps=steps, **{**SMALL, **options})


def equal(one: Any, other: Any) -> bool:
    """Whether two networks have the same numbers, to the last bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


class TestWhatHoldsTheSlope:
    def test_no_weight_of_a_clipped_critic_is_beyond_its_bound(self) -> None:
        fit = fitted(Neural("clipping", (16, 16), rate=0.1, clip=0.05))
        assert max(float(each.abs().max()) for each in fit.critic.parameters()) <= 0.05

    def test_a_penalty_wishes_for_slope_1_and_does_not_enforce_it(self) -> None:
        light, heavy = (fitted(Neural("penalty", (32, 32), rate=0.01, weight=w), 200).audit() for w in (0.1, 100.0))
        assert light.constant > heavy.constant
        assert light.constant > 1.2

    def test_the_weights_of_a_spectral_critic_have_norm_1_once_the_estimate_has_settled(self) -> None:
        learner = Learner(Neural("spectral", (16, 16)), 2)
        points = torch.as_tensor(np.array(RING.points))
        for _ in range(200):  # each call improves the estimate
            learner.network(points)
        norms = [float(torch.linalg.matrix_norm(layer.weight, 2)) for layer in learner.plain() if hasattr(layer, "weight")]
        assert norms == pytest.approx([1, 1, 1], rel=1e-6)

    def test_groupsort_is_1_lipschitz_by_construction_and_torch_need_not_be_trusted(self) -> None:
        fit = fitted("groupsort", 100)
        audit = fit.audit()
        for layer in fit.critic:
            if hasattr(layer, "weight"):
                singular = torch.linalg.svdvals(layer.weight).numpy()
                assert singular == pytest.approx(np.ones(singular.size), abs=1e-9)
        assert audit.constant <= 1 + 1e-9
        assert audit.critic.ceiling == pytest.approx(1, abs=1e-6)
        assert audit.value <= audit.w1 * (1 + 1e-9)

    def test_group_sort_sorts_pairs(self) -> None:
        layer = om.critics.GroupSort()
        assert layer(torch.tensor([[3.0, 1.0, -2.0, 5.0]])).tolist() == [[1.0, 3.0, -2.0, 5.0]]
        assert equal(pickle.loads(pickle.dumps(layer)), layer)
        assert copy.deepcopy(layer)(torch.tensor([[2.0, 1.0]])).tolist() == [[1.0, 2.0]]
        for odd in (torch.zeros(2, 3), torch.tensor(1.0)):
            with pytest.raises(ShapeError, match=r"units: have shape .* and are sorted in pairs"):
                layer(odd)

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_gradient_that_a_generator_sees_is_that_of_differences(self, kind: str) -> None:
        learner = Learner(Neural(kind, (8, 8), clip=1.0), 2)
        points = np.random.default_rng(0).normal(size=(5, 2))
        phi, found = learner.plain(), learner.gradient(points)
        for i, k in np.ndindex(*points.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = points.copy()
                moved[i, k] += h
                ends.append(float(phi(torch.as_tensor(moved))[i, 0]))
            assert found[i, k] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


class TestFits:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_critic_learns_and_is_audited(self, kind: str) -> None:
        recipe = Neural(kind, (32, 32), rate=0.01, clip=0.2)
        fit = fitted(recipe, 60)
        exact = om.wasserstein_distance(RING, MOONS).value
        audits = fit.frame.dropna()
        assert audits.index.tolist() == [1, 10, 20, 30, 40, 50, 60]
        assert audits["w1"].to_numpy() == pytest.approx(np.full(7, exact), rel=1e-9)
        assert (audits["bound"] <= exact * (1 + 1e-9)).all()
        assert audits["bound"].to_numpy() == pytest.approx((audits["share"] * audits["w1"]).to_numpy(), rel=1e-9)
        assert audits["certified"].all()
        now = fit.audit()
        assert audits[["bound", "constant"]].iloc[-1].to_numpy() == pytest.approx([now.best.value, now.constant], rel=1e-9)
        assert now.scaled > 0.2 * exact
        assert fit.frame["loss"].iloc[-10:].mean() > fit.frame["loss"].iloc[0] + 0.1

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_numbers_as_if_it_had_never_stopped(self, kind: str) -> None:
        whole = fitted(kind, 9)
        parts = fitted(kind, 4).resume(2)
        again = pickle.loads(pickle.dumps(parts)).resume(3)
        assert again.frame["loss"].tolist() == whole.frame["loss"].tolist()
        assert equal(again.critic, whole.critic)
        assert len(parts.steps) == 6

    def test_a_bound_that_still_rises_is_not_converged(self) -> None:
        few = fitted("groupsort", 10, audit=1)
        rising = few.steps
        assert few.rise > 0.01
        assert not few.is_converged
        assert "not converged: its bound rose" in repr(few)
        many = fitted(Neural("groupsort", (16, 16)), 300, audit=20)
        assert many.is_converged
        assert many.rise == pytest.approx(0, abs=0.01)
        assert "; converged;" in repr(many)
        assert len(rising) == 10

    def test_the_budget_is_said(self) -> None:
        fit = fitted(Neural("penalty", (8,), rate=0.01, weight=1), 3)
        assert fit.budget.startswith("penalty 1 with 8 units, Adam 0.01, 33 parameters; 3 steps of 32 + 32 points; ")

    def test_weights_are_how_often_a_point_is_drawn(self) -> None:
        """An atom without mass is never seen, and W1 counts masses in."""
        light = om.Measure([3, 1, 0], [[0.0, 0.0], [1.0, 0.0], [1e9, 0.0]])
        fit = fit_critic("groupsort", light, om.Measure([1], [[2.0, 0.0]]), steps=150, batch=64, audit=50)
        assert fit.exact.value == pytest.approx(1.75)
        assert fit.frame["loss"].iloc[-1] == pytest.approx(1.75, abs=0.2)

    def test_ctrl_c(self) -> None:
        def watch(step: Step) -> None:
            if step.number == 3:
                signal.raise_signal(signal.SIGINT)

        fit = fitted("penalty", 50, watch=watch)
        assert fit.ended == "stopped by Ctrl-C after step 3"
        assert not fit.is_done
        assert fit.resume(2).frame["loss"].tolist() == fitted("penalty", 5).frame["loss"].tolist()

    def test_a_step_after_which_it_is_not_finite_is_undone(self) -> None:
        fit = fitted(Neural("penalty", (8,), rate=1e200), 50)
        assert fit.ended.startswith(
            f"step {len(fit.steps) + 1} was undone: the critic has a loss or weights that are NaN or beyond 1e+12"
        )
        assert len(fit.steps) < 50
        assert all(bool(torch.isfinite(each).all()) for each in fit.critic.parameters())

    def test_torch_s_own_random_numbers_are_left_alone(self) -> None:
        torch.manual_seed(5)
        before = torch.get_rng_state()
        fitted("penalty", 2)
        assert torch.equal(before, torch.get_rng_state())

    def test_a_trained_critic_is_an_ordinary_network(self) -> None:
        phi = fitted("spectral", 5).critic
        assert equal(pickle.loads(pickle.dumps(phi)), phi)
        assert not any(each.requires_grad for each in phi.parameters())
        assert om.audit_critic(phi, sample("ring", 30, 1), sample("moons", 30, 1)).agreement is not None

    def test_masses_that_are_equal_leave_nothing_to_learn(self) -> None:
        seen: list[Step] = []
        fit = fit_critic("penalty", RING, RING, steps=3, watch=seen.append, **{**SMALL, "audit": 1})
        assert fit.exact.value == 0
        assert fit.is_converged
        assert np.isnan(fit.frame["share"].iloc[0])
        assert repr(fit).startswith("Fit(proves 0 of W1 = 0, L ")
        assert "proves 0 of W1 0, L " in str(seen[0])

    @pytest.mark.parametrize(("steps", "audit"), [(40, 30), (10, 50), (1, 1), (4, 3)])
    def test_what_was_not_audited_is_not_called_converged(self, steps: int, audit: int) -> None:
        """Audits at the first step alone, or none within the last fifth, or none before it."""
        fit = fitted("groupsort", steps, audit=audit)
        assert np.isnan(fit.rise)
        assert not fit.is_converged
        assert "not known to be converged: it was not audited both before and in the last fifth" in repr(fit)

    def test_the_labels_of_the_samples_stay(self) -> None:
        named = om.Measure([1, 2, 0], [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], ["a", "b", "c"])
        assert fit_critic("penalty", named, MOONS, steps=1, **SMALL).exact.source.labels.tolist() == ["a", "b"]


NET = Network.random(2, 2, hidden=8, seed=1)


def trained(critic: Any, steps: int = 6, **options: Any) -> History:
    return train(NET, MOONS, critic, steps=steps, **{"batch": 16, "rate": 0.02, "seed": 4, "audit": 3, **options})


@pytest.mark.parametrize("kind", KINDS)
class TestGenerators:
    def test_history(self, kind: str) -> None:
        found = trained(Neural(kind, (8, 8), turns=2))
        assert found.frame["bound"].dropna().index.tolist() == [1, 3, 6]
        assert found.frame["loss"].notna().all()
        audits = found.frame.dropna()
        assert (audits["bound"] <= audits["w1"] * (1 + 1e-9)).all()
        assert "each after 2 of the critic" in found.budget
        assert isinstance(found.critic, torch.nn.Module)

    def test_the_same_numbers_as_if_it_had_never_stopped(self, kind: str) -> None:
        whole, parts = trained(kind), pickle.loads(pickle.dumps(trained(kind, 2))).resume(4)
        assert parts.frame["loss"].tolist() == whole.frame["loss"].tolist()
        assert equal(parts.critic, whole.critic)
        for name, array in whole.generator.parameters.items():
            assert (parts.generator.parameters[name] == array).all()


def test_a_generator_follows_a_neural_critic() -> None:
    """A cloud that is some way off comes to the data."""
    far = om.Measure.from_samples(np.random.default_rng(0).normal([2, 1], 0.3, size=(200, 2)))
    found = train(NET, far, Neural("groupsort", (16, 16), rate=0.01), steps=120, batch=32, rate=0.03, audit=20)
    w1 = found.frame["w1"].dropna()
    assert w1.iloc[-1] < 0.5 * w1.iloc[0]


def test_rate_and_momentum_are_those_that_suit_the_critic() -> None:
    exact, neural = (train(NET, MOONS, critic, steps=1, batch=8) for critic in ("exact", "penalty"))
    assert (exact.state.options.rate, exact.state.moments.kept) == (0.05, 0.9)
    assert (neural.state.options.rate, neural.state.moments.kept) == (0.02, 0.0)
    asked = train(NET, MOONS, "penalty", steps=1, batch=8, rate=0.3, momentum=0.5)
    assert (asked.state.options.rate, asked.state.moments.kept) == (0.3, 0.5)


def test_all_of_the_data_with_their_masses() -> None:
    data = om.Measure([6, 2], [[0.0, 0.0], [4.0, 0.0]])
    assert trained("penalty", 2, full=True).is_done
    found = train(NET, data, "penalty", steps=1, batch=8, full=True)
    made = om.Measure.from_samples(NET(NET.draw(8, found.state.options.rng(1))))
    assert found.frame["w1"].iloc[0] == pytest.approx(om.wasserstein_distance(data, made, balance="rescale").value, rel=1e-9)


def test_the_penalty_is_where_the_mass_is() -> None:
    """All but one of the atoms hold next to nothing, and the segments to them are as good as never drawn."""
    places = np.vstack([np.zeros(2), np.full((9, 2), 3.0)])
    one, other = om.Measure([1, *[1e-12] * 9], places), om.Measure.from_samples(np.zeros((10, 2)))
    drawn: list[Any] = []
    learner = Learner(Neural("penalty", (4,)), 2)
    learner.network.register_forward_hook(lambda _, points, __: drawn.append(points[0].detach().numpy()))
    learner.step(one, other, np.random.default_rng(0))
    assert np.abs(drawn[-1]).max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_a_batch_is_that_of_e_p_f_less_e_q_f_in_the_generated_points(kind: str) -> None:
    """Of all of the data, with their masses; and the least step against it makes the difference smaller."""
    rng, data = np.random.default_rng(1), om.Measure([1, 5, 2], [[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    data, made = om.Measure(data.mass / 8, data.points), rng.normal(size=(4, 2))
    learner = Learner(Neural(kind, (8, 8), clip=1.0, turns=1), 2)
    pair = data, om.Measure.from_samples(made)
    met = NeuralOpponent(learner).meet(pair, lambda: pair, rng, audit=False)

    def difference(points: Any) -> float:
        phi = learner.plain()
        f, g = (phi(torch.as_tensor(np.array(side))).numpy()[:, 0] for side in (data.points, points))
        return float(data.mass @ f - g.mean())

    assert met.loss == pytest.approx(difference(made), rel=1e-9)
    for i, k in np.ndindex(*made.shape):
        ends = []
        for h in (1e-6, -1e-6):
            moved = made.copy()
            moved[i, k] += h
            ends.append(difference(moved))
        assert met.gradient[i, k] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)
    assert difference(made - 1e-4 * met.gradient) < met.loss


def test_a_critic_that_cannot_be_audited_undoes_the_step_and_no_more() -> None:
    """Points that are 1e-9 apart and 1e6 away: distances are too rounded for the exact critic to say what its slope is."""
    far = om.Measure.from_samples(1e6 + 1e-9 * np.array(MOONS.points))
    found = train(NET, far, "penalty", steps=5, batch=16, audit=4)
    assert found.ended.startswith(
        f"step {found.state.step + 1} was undone: its critic could not be audited (source, target: lie so"
    )
    with pytest.raises(ParameterError, match="source, target: lie so far apart, beside how close some of their points are"):
        fit_critic("penalty", far, RING, steps=1)


def test_a_critic_that_is_not_finite_undoes_the_step_of_the_generator() -> None:
    found = trained(Neural("penalty", (8,), rate=1e200), 50)
    assert found.ended.startswith(f"step {found.state.step + 1} was undone: the critic has a loss or weights that are NaN")
    assert found.state.step == len(found.frame)


BAD: list[tuple[Any, type[InputError], str]] = [
    (lambda: fitted("weights"), UnknownNameError, "critic: .*'weights'.*clipping"),
    (lambda: fitted("exact"), ParameterError, "critic: is exact, and needs no training. Call om.critic"),
    (lambda: trained("wgan-gp"), UnknownNameError, "critic"),
    (lambda: trained(3), UnknownNameError, "critic: is an int. Name one of exact, .*, or give a Neural"),
    (lambda: trained(torch.nn.Linear(2, 1)), UnknownNameError, "critic: is a Linear. .* om.audit_critic says"),
    (lambda: trained("penalty", metric="cityblock"), ParameterError, "metric: is 'cityblock', and neural critics"),
    (lambda: fitted("penalty", batch=1), ParameterError, "batch: is 1"),
    (lambda: fitted("penalty", audit=0), ParameterError, "audit: is 0"),
    (lambda: fitted("penalty", 0), ParameterError, "steps: is 0"),
    (lambda: fitted("penalty").resume(0), ParameterError, "steps: is 0"),
    (lambda: fitted("penalty", watch=3), ParameterError, "watch"),
    (lambda: fit_critic("penalty", om.Measure([1, 1]), MOONS, steps=1), ParameterError, "source: has no points"),
    (lambda: fit_critic("penalty", [[1.0]], MOONS, steps=1), ParameterError, "source: is a list"),  # type: ignore[arg-type]
    (lambda: fit_critic("penalty", om.Measure([1], [[1.0]]), MOONS, steps=1), ShapeError, "points|source|target"),
    (lambda: Neural("gan"), UnknownNameError, "kind"),
    (lambda: Neural("groupsort", (3, 4)), ParameterError, r"hidden: is \(3, 4\), and units are sorted in pairs"),
    (lambda: Neural("penalty", (0,)), ParameterError, "hidden: is 0"),
    (lambda: Neural("penalty", 64), ParameterError, "hidden: is an int"),  # type: ignore[arg-type]
    (lambda: Neural("penalty", rate=0), ParameterError, "rate: is 0"),
    (lambda: Neural("penalty", weight=-1), ParameterError, "weight: is -1"),
    (lambda: Neural("clipping", clip=float("nan")), ParameterError, "clip: is nan"),
    (lambda: Neural("penalty", turns=0), ParameterError, "turns: is 0"),
]


@pytest.mark.parametrize(("ask", "kind", "message"), BAD)
def test_bad_input(ask: Any, kind: type[InputError], message: str) -> None:
    with pytest.raises(kind, match=message):
        ask()
