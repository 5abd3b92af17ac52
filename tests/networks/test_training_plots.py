"""The picture of real neural runs."""

from __future__ import annotations

import numpy as np
import pytest

from otmodels import plots
from otmodels.wgan import Network, Neural, fit_critic, sample, train

RING, MOONS = sample("ring", 60), sample("moons", 60)
SMALL = Neural("penalty", (8, 8))

pytestmark = pytest.mark.usefixtures("no_window_and_no_figure_left")


def test_a_run_against_a_neural_critic() -> None:
    run = train(Network.random(2, 2, hidden=8, seed=1), RING, SMALL, steps=6, batch=16, audit=3, keep=[0, 6])
    curves, slope, share, *panels = plots.training(run)
    assert [ax.get_title() for ax in panels] == ["step 0", "step 6"]
    loss, w1, bound, *_ = curves.get_lines()
    for line, name in ((loss, "loss"), (w1, "w1"), (bound, "bound"), (slope.get_lines()[0], "constant")):
        assert np.asarray(line.get_ydata()).tolist() == run.frame[name].dropna().tolist()
    assert np.asarray(share.get_lines()[0].get_ydata()).tolist() == run.frame["share"].dropna().tolist()


def test_a_fit() -> None:
    run = fit_critic(SMALL, RING, MOONS, steps=5, batch=16, audit=1)
    curves, slope, _ = plots.training(run)
    assert f"W1 = {run.exact.value:.4g}" in [line.get_label() for line in curves.get_lines()]
    assert np.asarray(slope.get_lines()[0].get_ydata()).tolist() == run.frame["constant"].tolist()
