"""Ctrl-C as a wish that a loop of many solves is asked to heed between them.

A solve that is all but done when Ctrl-C comes ends as if nothing had been, so that a loop that waits for an exception may wait in
vain. Here the first Ctrl-C is noted, for the loop to end after what it is doing; the second raises KeyboardInterrupt at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c_noted() -> Iterator[threading.Event]:
    """Within, the first Ctrl-C sets the event, the second raises. Where it does something else already, that is left as it is.

    Examples
    --------
    >>> with ctrl_c_noted() as asked:
    ...     asked.is_set()
    False
    """
    asked = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield asked
        return

    def hear(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signal.signal(signal.SIGINT, hear)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
