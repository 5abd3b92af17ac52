"""The notebooks run, and what is stored of them is what they put out."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from rerun_notebooks import FOLDER, METADATA, differences, executed, faults, main, notebooks, read, texts

LARGEST = 1_000_000
"""Bytes that a page loads without a wait."""


@pytest.fixture(scope="module")
def run() -> dict[Path, Any]:
    """All notebooks, run together; a CellExecutionError where one failed."""
    return dict(zip(notebooks(), executed(notebooks()), strict=True))


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_runs_and_says_what_is_stored_of_it(path: Path, run: dict[Path, Any]) -> None:
    stored, fresh = read(path), run[path]
    nbformat.validate(stored)
    assert not list(faults(stored))
    assert not isinstance(fresh, BaseException), fresh
    assert not list(faults(fresh))
    assert not list(differences(stored, fresh)), "run `python tests/rerun_notebooks.py` and read what has changed"


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_is_a_page_that_loads_at_once(path: Path) -> None:
    assert path.stat().st_size <= LARGEST


def test_the_notebooks_are_there() -> None:
    names = ["01_moving_earth", "02_duality", "03_potentials", "04_lipschitz", "05_benchmarks", "06_critics"]
    assert [path.stem for path in notebooks()] == names


def _notebook(*sources: str) -> Any:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "source": source,
            "execution_count": number,
            "metadata": {},
            "outputs": [_printed("value 0.25, gap -1.2e-17\n")],
        }
        for number, source in enumerate(sources, start=1)
    ]
    return _node({"nbformat": 4, "nbformat_minor": 5, "metadata": METADATA, "cells": cells})


def _printed(text: str, name: str = "stdout") -> Any:
    return {"output_type": "stream", "name": name, "text": text}


def _node(data: Any) -> Any:
    return nbformat.reads(json.dumps(data), as_version=4)


def _with(text: str, name: str = "stdout") -> Any:
    notebook = _notebook("show()", "assert True")
    notebook.cells[0].outputs[0].update(_printed(text, name))
    return notebook


def _stored(path: Path, notebook: Any) -> Path:
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_a_notebook_as_it_should_be_has_no_faults() -> None:
    assert not list(faults(_notebook("x = 1", "for k in range(3):\n    assert k < 3\nassert x == 1")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("read /" + "home/ann/data.csv", "a path of the machine"),
        ("read C:\\data", "a path of the machine"),
        ("at 12:34 it", "a time of day"),
        ("<Model at 0x7f3a2b1c>", "a memory address"),
        ("(<Axes: xlabel='x'>,)", "axes as Python prints them"),
    ],
)
def test_what_differs_from_run_to_run_is_a_fault(text: str, fault: str) -> None:
    assert [fault in found for found in faults(_with(text))] == [True]


def test_a_ratio_and_an_address_on_the_web_are_no_faults() -> None:
    assert not list(faults(_with("row_0:  2 x, ../data/earth_moving, 3:2, https://example.org/home/")))


def test_a_warning_is_a_fault() -> None:
    assert "stderr" in next(faults(_with("UserWarning: no", name="stderr")))


def test_outputs_that_are_missing_or_out_of_order_are_faults() -> None:
    notebook = _notebook("x = 1", "assert x")
    notebook.cells[0].execution_count = 3
    assert "in order" in next(faults(notebook))
    for cell in notebook.cells:
        cell.outputs = []
    assert "no outputs" in next(faults(notebook))


def test_what_an_editor_leaves_behind_is_a_fault() -> None:
    notebook = _notebook("assert True")
    notebook.cells[0].metadata["scrolled"] = True
    assert list(faults(notebook)) == ["there is metadata of an editor or of a run"]


@pytest.mark.parametrize("last", ["x = 1", "for k in range(3):\n    print(k)", ""])
def test_a_notebook_that_ends_in_no_asserts_is_at_fault(last: str) -> None:
    assert "asserts" in list(faults(_notebook("x = 1", last)))[-1]


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ("value 0.25, gap 3e-18\n", True),
        ("value   0.250000001, gap -1.2e-17", True),
        ("value 0.2501, gap -1.2e-17", False),
        ("value 0.25, gap 1e-3", False),
        ("price 0.25, gap -1.2e-17", False),
        ("value 0.25", False),
    ],
)
def test_numbers_are_compared_to_six_digits_and_words_to_the_letter(now: str, same: bool) -> None:
    stored = _notebook("assert True")
    fresh = deepcopy(stored)
    fresh.cells[0].outputs[0].text = now
    assert (not list(differences(stored, fresh))) == same


def test_a_cell_that_fails_or_warns_is_noticed_on_a_fresh_kernel(tmp_path: Path) -> None:
    warns = _stored(tmp_path / "warns.ipynb", _notebook("import warnings\nwarnings.warn('careful')", "assert True"))
    fails = _stored(tmp_path / "fails.ipynb", _notebook("assert 1 + 1 == 3"))
    warned, failed = executed([warns, fails])
    assert any("careful" in fault for fault in faults(warned))
    assert isinstance(failed, CellExecutionError)
    assert "AssertionError" in str(failed)
    with pytest.raises(CellExecutionError, match="AssertionError"):
        main([str(fails)])
    assert read(fails) == _notebook("assert 1 + 1 == 3")


def test_a_kernel_works_in_the_folder_of_the_notebooks(tmp_path: Path) -> None:
    path = _stored(tmp_path / "place.ipynb", _notebook("from pathlib import Path\nprint(Path.cwd().name)", "assert True"))
    [notebook] = executed([path])
    assert notebook.cells[0].outputs[0].text.strip() == FOLDER.name


def test_running_again_in_place_stores_what_a_reader_sees(tmp_path: Path) -> None:
    path = _stored(tmp_path / "stale.ipynb", _notebook("print(2 * 21)", "assert True"))
    main([str(path)])
    stored = read(path)
    assert not list(faults(stored))
    assert texts(stored.cells[0]) == ["42\n"]
