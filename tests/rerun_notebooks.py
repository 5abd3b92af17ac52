"""Notebooks run on fresh kernels, and what has to hold of a stored one.

`python tests/rerun_notebooks.py` runs every notebook of notebooks/ again and stores its outputs; `python tests/rerun_notebooks.py
notebooks/02_duality.ipynb` one of them.
"""

from __future__ import annotations

import ast
import asyncio
import math
import os
import re
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
SECONDS = 120
"""Longest that a cell may take."""

AT_ONCE = 2
"""Kernels that work at the same time."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

STRANGE = {
    "a path of the machine": re.compile(
        r"(?<![\w.])/(?:home|root|tmp|work|usr|opt|Users|private|var)/|site-packages|\b[A-Z]:\\\w"
    ),
    "a time of day": re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?\b"),
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "axes as Python prints them": re.compile(r"<Axes|<matplotlib\."),
}
"""What would change from run to run, or mean nothing to a reader of the page."""

_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def notebooks() -> list[Path]:
    """The notebooks of the repository, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    """A notebook as stored."""
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def executed(paths: Sequence[Path]) -> list[Any]:
    """Copies of notebooks, each run on a fresh kernel in the folder of the notebooks; nothing of a run but its outputs is kept.

    Returns
    -------
    list
        A notebook a path, or the nbclient.exceptions.CellExecutionError of the cell that failed.
    """

    async def together() -> list[Any]:
        room = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(_executed(path, room) for path in paths), return_exceptions=True)

    return asyncio.run(together())


async def _executed(path: Path, room: asyncio.Semaphore) -> Any:
    notebook = deepcopy(read(path))
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # Agg would show no figure
    client = NotebookClient(notebook, timeout=SECONDS, record_timing=False, coalesce_streams=True)
    client.resources = {"metadata": {"path": str(FOLDER)}}
    async with room:
        await client.async_execute(env=environment)
    notebook.metadata.clear()
    notebook.metadata.update(METADATA)
    for cell in notebook.cells:
        cell.metadata.clear()
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    """The cells with code in them."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def texts(cell: Any) -> list[str]:
    """What a cell puts out as text: what it prints, and its values as plain text."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append(output.text)
        elif "data" in output:
            found.append(output.data.get("text/plain", ""))
    return found


def faults(notebook: Any) -> Iterator[str]:
    """What is wrong with the outputs of a notebook, stored or fresh."""
    cells = code_cells(notebook)
    if not any(cell.outputs for cell in cells):
        yield "no outputs are stored"
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        yield f"the cells were not run once each, in order: {counts}"
    if dict(notebook.metadata) != METADATA or any(cell.metadata for cell in notebook.cells):
        yield "there is metadata of an editor or of a run"
    for cell in cells:
        yield from _output_faults(cell)
    if not cells or not _asserts(cells[-1].source):
        yield "the last cell of code does not consist of asserts"


def _output_faults(cell: Any) -> Iterator[str]:
    place = f"cell {cell.execution_count}"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"{place} failed: {output.ename}: {output.evalue}"
        elif output.get("name") == "stderr":
            yield f"{place} writes to stderr: {output.text}"
    for text in [*texts(cell), *(output.data.get("text/html", "") for output in cell.outputs if "data" in output)]:
        for what, pattern in STRANGE.items():
            if found := pattern.search(text):
                yield f"{place} puts out {what}: {found[0]!r}"


def _asserts(source: str) -> bool:
    """Whether code consists of asserts, alone or in loops."""
    statements = ast.parse(source).body
    loops = [part for part in statements if isinstance(part, ast.For)]
    inner = [part for loop in loops for part in loop.body]
    return bool(statements) and all(isinstance(part, ast.Assert) for part in [*inner, *statements] if part not in loops)


def differences(stored: Any, fresh: Any) -> Iterator[str]:
    """Where a fresh run says other than the stored outputs: words to the letter, numbers to 6 digits or to 1e-9."""
    for old, new in zip_longest(code_cells(stored), code_cells(fresh)):
        before, now = texts(old), texts(new)
        if len(before) != len(now):
            yield f"cell {new.execution_count} has {len(now)} outputs, and {len(before)} are stored"
        for one, other in zip(before, now, strict=False):
            if not _same(one, other):
                yield f"cell {new.execution_count} puts out\n{other}\nand stored is\n{one}"


def _same(one: str, other: str) -> bool:
    words = [" ".join(_NUMBER.sub(" # ", text).replace("-", " ").split()) for text in (one, other)]
    numbers = [[float(found.replace(",", "")) for found in _NUMBER.findall(text)] for text in (one, other)]
    return words[0] == words[1] and all(
        math.isclose(before, now, rel_tol=1e-6, abs_tol=1e-9) for before, now in zip(*numbers, strict=True)
    )


def main(names: list[str]) -> None:
    """Run notebooks again, all of them unless some are named, and store their outputs."""
    paths = [Path(name) for name in names] or notebooks()
    for path, notebook in zip(paths, executed(paths), strict=True):
        if isinstance(notebook, BaseException):
            raise notebook
        path.write_text(nbformat.writes(notebook), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
