"""What every test may rely on, however the tests are started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from importlib.util import find_spec

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

collect_ignore = [] if find_spec("torch") else ["networks"]
"""Tests of networks need torch, which is an extra: `.ci/run` installs it and runs them by name."""


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell's background jobs ignore Ctrl-C, and so do the processes that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def no_window_and_no_figure_left() -> Iterator[None]:
    """For tests of figures: drawn where nobody looks, and closed."""
    with mpl.rc_context():
        plt.switch_backend("agg")
        yield
        plt.close("all")
