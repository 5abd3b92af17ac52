"""Standard output and error that outlive whoever reads them."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


class _Tireless(io.FileIO):
    """A stream that writes to nowhere once its reader has gone: `otmodels ... | head -1` is no failure."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(data)


def tireless(stream: TextIO) -> TextIO:
    """A stream in place of another, on the same file descriptor, for a label that its encoding lacks too."""
    raw = _Tireless(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=stream.encoding, errors="backslashreplace", line_buffering=stream.isatty()
    )


def keep_writing() -> None:
    """Let standard output and error be tireless, where they are files of the process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.flush()
            setattr(sys, name, tireless(stream))
