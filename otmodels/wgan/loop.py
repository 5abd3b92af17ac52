"""The loop of all training: steps until they are done, one went astray, or Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from otmodels.halting import ctrl_c_noted
from otmodels.wgan.astray import Astray
from otmodels.wgan.state import Step, Watch

S = TypeVar("S")

DONE = "all steps were taken"
"""How training ends that nothing stopped."""

STOPPED = "stopped by Ctrl-C"


def was_interrupted(ended: str) -> bool:
    """Whether Ctrl-C ended training, by what is said of its end."""
    return ended.startswith(STOPPED)


def take_steps(
    start: S, before: Sequence[Step], count: int, take: Callable[[S, int, int], tuple[S, Step]], watch: Watch | None
) -> tuple[S, tuple[Step, ...], str]:
    """Where training stands after some more steps, all steps that were taken, and how it ended.

    Parameters
    ----------
    start
        Where it stands.
    before : sequence of Step
        That were taken already.
    count : int
        How many more.
    take : callable
        Takes one step from where training stands, given its number, from 1, and that of the last.
    watch : callable, optional
        Called after each step.
    """
    first, steps = len(before), list(before)
    last, at, ended = first + count, (start, first), DONE
    with ctrl_c_noted() as asked:
        try:
            while at[1] < last:
                if asked.is_set():
                    raise KeyboardInterrupt
                moved, step = take(at[0], at[1] + 1, last)
                del steps[at[1] :]
                steps.append(step)
                at = moved, step.number  # at once, so that Ctrl-C finds both or neither
                if watch is not None:
                    watch(step)
        except Astray as why:
            ended = f"step {at[1] + 1} was undone: {why}"
        except KeyboardInterrupt:
            ended = f"{STOPPED} after step {at[1]}"
    return at[0], tuple(steps[: at[1]]), ended
