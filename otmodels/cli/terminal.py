"""What commands print: text, tables and a progress line, at 80 columns, piped or not."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

QUICK = 1.0
"""Seconds of work that need no progress line."""


def console(*, stderr: bool = False) -> Console:
    """A console that prints what it is given: no markup, no emoji, no guessed colours."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def say(message: str) -> None:
    """Print one line on stderr, however long."""
    console(stderr=True).print(literal(" ".join(message.splitlines())), soft_wrap=True)


def literal(label: Hashable, style: str = "") -> Text:
    """A label as it is, control characters written out so that they cannot steer the terminal."""
    return Text("".join(c if c.isprintable() else repr(c)[1:-1] for c in str(label)), style=style)


def fact(name: str, text: str, style: str = "") -> Table:
    """A line such as "value  0.7 km", the text hanging under itself where it wraps."""
    line = Table.grid(padding=(0, 2))
    line.add_column(width=10, no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text(name, style="dim"), literal(text, style))
    return line


def heading(name: str, text: str) -> Text:
    """The line above a table."""
    return Text.assemble((name, "bold"), (f"  {text}" if text else ""))


def table(names: Sequence[str], columns: Sequence[Sequence[str] | Sequence[Text]], *, words: Sequence[str]) -> Table:
    """A table; the columns in `words` are left-aligned and may wrap, all others are numbers."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in names:
        if name in words:
            made.add_column(name, overflow="fold")
        else:
            made.add_column(name, justify="right", no_wrap=True)
    for row in zip(*columns, strict=True):
        made.add_row(*row)
    return made


@contextmanager
def progress(task: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done and for how long on stderr, once it takes over a second; on a terminal only.

    What is yielded takes other words for what is being done.
    """
    err = console(stderr=True)
    if not err.is_terminal:
        yield lambda task: None
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("Ctrl-C stops", style="dim")
    shown = Progress(*columns, console=err, transient=True, redirect_stdout=False, redirect_stderr=False)
    line = shown.add_task(task)
    timer = threading.Timer(QUICK, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda task: shown.update(line, description=task)
    finally:
        timer.cancel()
        timer.join()
        shown.stop()


@contextmanager
def log_on_stderr() -> Iterator[None]:
    """Send to stderr what the solver, which is no Python, prints on stdout; stdout stays the answer's."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        # What C has buffered would else come out on stdout later, in the middle of the answer.
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)
        os.dup2(saved, 1)
        os.close(saved)
