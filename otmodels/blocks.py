"""Passes over all pairs of a cost, in blocks of rows, on two cores where there are two."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from otmodels.arrays import FloatArray
from otmodels.cost import BaseCost
from otmodels.deadline import OutOfTimeError

Part = TypeVar("Part")
Result = TypeVar("Result")

BLOCK = 1 << 18
"""Entries of a block of costs: 2 MiB, which stays in a processor's cache while it is worked on."""

_FEW_PARTS = 4
_THREADS = min(os.cpu_count() or 1, 2)


def over_blocks(
    cost: BaseCost, work: Callable[[slice, FloatArray], Result], late: Callable[[], bool] = lambda: False
) -> list[Result]:
    """What work makes of each block of rows, in their order.

    Raises
    ------
    OutOfTimeError
        `late` became true before all blocks were done.
    """
    n, m = cost.shape
    step = max(1, BLOCK // m)
    blocks = [slice(start, min(start + step, n)) for start in range(0, n, step)]

    def timely(rows: slice) -> Result:
        if late():
            raise OutOfTimeError
        return work(rows, cost.block(rows))

    return in_parallel(timely, blocks, threads=_THREADS if cost.threadsafe else 1)


def in_parallel(work: Callable[[Part], Result], parts: Sequence[Part], threads: int | None = None) -> list[Result]:
    """What work makes of each part, in their order; half of it in a second thread where there are two cores and parts enough."""
    stop, threads = threading.Event(), _THREADS if threads is None else threads

    def run(some: Sequence[Part]) -> list[Result]:
        return [work(part) for part in some if not stop.is_set()]

    if len(parts) < _FEW_PARTS or threads < 2:
        return run(parts)
    half = len(parts) // 2
    with ThreadPoolExecutor(1) as other:
        second = other.submit(run, parts[half:])
        try:
            return run(parts[:half]) + second.result()
        except BaseException:
            stop.set()
            raise
