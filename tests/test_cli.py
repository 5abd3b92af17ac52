"""The command line: a certified answer or one clear line, and an exit code that says which."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

import otmodels as om
from otmodels.cli import app, numerals, terminal

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
BUNDLED = sorted(path.parent.name for path in DATA.glob("*/problem.toml"))
ASKED = {"pictures": ("--form", "flow", "--support", "neighbours", "--language", "highspy")}
"""What a data set needs beside the default: 268 million pairs are too many."""
TABLES = ["certificate.csv", "plan.csv", "potentials.csv", "summary.csv"]
CERTIFIED, NOT_CERTIFIED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


@pytest.fixture(autouse=True)
def narrow_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def stone(tmp_path: Path) -> Path:
    """Stone from two quarries to two sites along a road; the least cost is 4, and 5 the other way."""
    (tmp_path / "source.csv").write_text("label,mass\nnorth,3\nsouth,1\n")
    (tmp_path / "target.csv").write_text("label,mass\nbridge,2\nmill,2\n")
    (tmp_path / "cost.csv").write_text("quarry,bridge,mill\nnorth,1,2\nsouth,2,0\n")
    (tmp_path / "problem.toml").write_text('title = "Stone"\n[cost]\nmatrix = "cost.csv"\n[units]\nvalue = "euros"\n')
    return tmp_path


def middle_of_the_pictures(folder: Path) -> Path:
    """The data set of pictures cut to 48 x 48 pixels, whose 5 million pairs are still too many to state them all."""
    for path in (DATA / "pictures").iterdir():
        if path.suffix == ".png":
            Image.open(path).crop((40, 40, 88, 88)).save(folder / path.name)
        else:
            shutil.copy(path, folder)
    return folder


def otmodels(*words: str | Path, code: int = CERTIFIED) -> str:
    """What a command prints on stdout, given that it exits as it should."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.stdout


def refusal(*words: str | Path) -> str:
    """The one line on stderr of a command that refuses its input."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == BAD_INPUT, result.output + repr(result.exception)
    assert result.stdout == ""
    assert re.fullmatch(r"error: [^\n]*\n", result.stderr)
    return result.stderr


def as_json(*words: str | Path, code: int = CERTIFIED) -> dict[str, Any]:
    """What a command prints with --json, read by a parser that takes nothing that JSON does not have."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    read = json.loads(otmodels(*words, "--json", code=code), parse_constant=refuse)
    assert isinstance(read, dict)
    return read


def uncut(picture: Path) -> bool:
    """Whether nothing in a picture touches its edge, and no edge is far from what it shows: a narrow white margin all around."""
    drawn = np.asarray((plt.imread(picture)[..., :3] < 1.0).any(axis=2))
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    margins = [rows[0], len(drawn) - 1 - rows[-1], columns[0], drawn.shape[1] - 1 - columns[-1]]
    return bool(3 <= min(margins) <= max(margins) <= 40)


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line for real."""
    command = [sys.executable, "-m", "otmodels", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


class TestProcess:
    def test_a_bundled_problem_is_solved_and_certified(self) -> None:
        done = run("solve", "data/earth_moving")
        assert done.returncode == CERTIFIED
        assert "0.706237424547 steps on average" in done.stdout
        assert "certified optimal" in done.stdout
        assert "\x1b" not in done.stdout
        assert done.stderr == ""

    def test_bad_input_is_one_line_and_no_traceback(self) -> None:
        done = run("solve", "data/nowhere")
        assert done.returncode == BAD_INPUT
        assert done.stdout == ""
        assert done.stderr.startswith("error: data/nowhere")
        assert done.stderr.count("\n") == 1

    def test_json_stays_json_while_the_solver_logs(self) -> None:
        done = run("solve", "data/canning", "--json", "--verbose")
        assert done.returncode == CERTIFIED
        assert json.loads(done.stdout)["value"] == pytest.approx(153.675, rel=1e-12)
        assert "Simplex" in done.stderr

    def test_version(self) -> None:
        assert run("--version").stdout == f"otmodels {om.__version__}\n"


class TestInterrupt:
    @pytest.fixture
    def start(self) -> Iterator[Callable[..., subprocess.Popen[str]]]:
        """Start the command line, to be killed after two minutes at the latest."""
        started: list[subprocess.Popen[str]] = []
        timers: list[threading.Timer] = []

        def begin(*words: str | Path) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "otmodels", *map(str, words)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
            started.append(process)
            timers.append(threading.Timer(120, process.kill))
            timers[-1].start()
            return process

        yield begin
        for process, timer in zip(started, timers, strict=True):
            timer.cancel()
            process.kill()
            process.communicate()

    def test_during_the_solve_leaves_a_certified_interval(
        self, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
    ) -> None:
        n, rng = 600, np.random.default_rng(0)
        x, y = rng.random((n, 1, 2)), rng.random((1, n, 2))
        pd.DataFrame(((x - y) ** 2).sum(axis=2)).to_csv(tmp_path / "cost.csv")
        for side in ("source", "target"):
            masses = rng.permutation(np.arange(1, n + 1))
            pd.DataFrame({"mass": masses}, index=pd.RangeIndex(n, name="label")).to_csv(tmp_path / f"{side}.csv")
        files = [word for side in ("source", "target", "cost") for word in (f"--{side}", tmp_path / f"{side}.csv")]
        process = start("solve", *files, "--verbose")
        assert process.stderr is not None
        # The heading of HiGHS's log: from here on it works, for about ten seconds.
        assert any("Iteration" in line for line in process.stderr)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        assert process.returncode == NOT_CERTIFIED
        assert "Traceback" not in err
        assert "interrupted" in out
        found = re.search(r"proven to lie in \[(.+), (.+)\]", out)
        assert found is not None
        assert 0 <= float(found[1]) < float(found[2])

    def test_outside_the_solve_is_a_short_message(self, start: Callable[..., subprocess.Popen[str]], stone: Path) -> None:
        (stone / "source.csv").unlink()
        os.mkfifo(stone / "source.csv")
        process = start("solve", stone)
        # A pipe can be opened for writing once somebody reads it, and then never hears more.
        writer = None
        while writer is None and process.poll() is None:
            try:
                writer = os.open(stone / "source.csv", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.05)
        assert writer is not None
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        os.close(writer)
        assert (process.returncode, out) == (INTERRUPTED, "")
        assert err == "interrupted: nothing was certified\n"


class TestSolve:
    @pytest.mark.parametrize("name", BUNDLED)
    def test_fits_in_80_columns_without_colour(self, name: str, tmp_path: Path) -> None:
        data = middle_of_the_pictures(tmp_path) if name == "pictures" else DATA / name
        printed = otmodels("solve", data, *ASKED.get(name, ()))
        assert max(map(len, printed.splitlines())) <= 80
        assert "\x1b" not in printed
        assert re.search(r"\d\.\d{13}", printed) is None

    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_every_form_and_language(self, stone: Path, form: str, language: str) -> None:
        printed = otmodels("solve", stone, "--form", form, "--language", language)
        assert "4 euros" in printed
        assert f"{form} in {language}" in printed

    def test_what_was_changed_in_the_data_is_said(self) -> None:
        printed = otmodels("solve", DATA / "earth_moving")
        assert printed.startswith("Earth moving: ten heaps into ten others\n10 sources to 10 targets")
        assert "source masses divided by their total 77" in printed
        assert "mass in share of the total" in printed

    def test_long_tables_show_the_largest_rows_and_say_where_the_rest_is(self) -> None:
        printed = otmodels("solve", DATA / "world_population")
        assert "the 20 largest" in printed
        assert re.search(r"and \d+ smaller moves; all: --out DIR", printed)
        assert re.search(r"China +India", printed)

    def test_what_moves_nowhere_is_not_among_the_largest_moves(self) -> None:
        printed = otmodels("solve", DATA / "world_population")
        assert not re.search(r"China +China", printed)
        assert re.search(r"0\.813458 share of the total stays where it is, at 92 places, and is left out", printed)

    def test_labels_print_as_they_are(self, stone: Path) -> None:
        (stone / "source.csv").write_text('label,mass\n"[red]x [/] :smile:",3\n"a\x1b[31mb",1\n')
        (stone / "cost.csv").write_text('quarry,bridge,mill\n"[red]x [/] :smile:",1,2\n"a\x1b[31mb",2,0\n')
        printed = otmodels("solve", stone)
        assert "[red]x [/] :smile:" in printed
        assert "a\\x1b[31mb" in printed

    def test_single_files_and_a_metric(self, stone: Path) -> None:
        for side, x in (("source", 0), ("target", 3)):
            (stone / f"{side}.csv").write_text(f"mass,x,y\n1,{x},{x}\n")
        files = ("solve", "--source", stone / "source.csv", "--target", stone / "target.csv")
        assert as_json(*files)["value"] == pytest.approx(18**0.5)
        assert as_json(*files, "--metric", "cityblock", "--power", "2")["value"] == pytest.approx(36)
        assert as_json(*files, "--metric", "minkowski", "--order", "3")["value"] == pytest.approx(54 ** (1 / 3))

    def test_unequal_totals_can_be_rescaled(self, stone: Path) -> None:
        (stone / "source.csv").write_text("label,mass\nnorth,6\nsouth,2\n")
        files = [word for side in ("source", "target", "cost") for word in (f"--{side}", stone / f"{side}.csv")]
        read = as_json("solve", *files, "--balance", "rescale")
        assert read["value"] == pytest.approx(1)
        assert len(read["dataset"]["adjustments"]) == 2
        assert read["units"]["mass"] == "share of the total"

    def test_json_has_everything(self, stone: Path) -> None:
        read = as_json("solve", stone)
        assert read["certified"] is True
        assert read["value"] == 4
        assert read["interval"] == pytest.approx([4, 4])
        assert read["status"]["termination"] == "optimal"
        assert read["units"]["value"] == "euros"
        assert read["provenance"]["language"] == "cvxpy"
        assert {check["name"] if "name" in check else check["check"] for check in read["certificate"]["checks"]} >= {
            "duality gap"
        }
        assert sum(row["mass"] for row in read["plan"]) == pytest.approx(4)
        assert [row["label"] for row in read["potentials"]] == ["north", "south", "bridge", "mill"]

    @pytest.mark.parametrize("language", ["cvxpy", "pyomo", "highspy"])
    def test_a_time_limit_leaves_an_interval_and_no_value(self, stone: Path, language: str) -> None:
        words = ("solve", stone, "--language", language, "--time-limit", "1e-9")
        assert re.search(r"proven to lie in \[.+, .+\] euros", otmodels(*words, code=NOT_CERTIFIED))
        read = as_json(*words, code=NOT_CERTIFIED)
        assert (read["certified"], read["value"], read["plan"]) == (False, None, None)
        assert read["status"]["termination"] == "time_limit"
        lower, upper = read["interval"]
        assert lower <= 4 <= upper


class TestFolder:
    def test_holds_tables_in_full_and_the_figures_that_fit(self, tmp_path: Path) -> None:
        printed = otmodels("solve", DATA / "canning", "--out", tmp_path / "new" / "result")
        names = sorted(path.name for path in (tmp_path / "new" / "result").iterdir())
        assert [name for name in names if name.endswith(".csv")] == TABLES
        assert "plan_heatmap.png" in names
        assert "plan_map.png" not in names
        assert all(name in printed for name in names)
        plan = pd.read_csv(tmp_path / "new" / "result" / "plan.csv")
        assert plan["cost"].sum() == pytest.approx(153.675, rel=1e-12)

    def test_images_get_a_map(self, tmp_path: Path) -> None:
        otmodels("solve", DATA / "digits", "--out", tmp_path)
        assert (tmp_path / "plan_map.png").stat().st_size > 10_000
        assert not (tmp_path / "earth_moving.png").exists()

    def test_only_its_own_files_are_replaced_and_it_says_which(self, stone: Path, tmp_path: Path) -> None:
        folder = tmp_path / "result"
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
        (folder / "plan.csv").write_text("old")
        printed = " ".join(otmodels("solve", stone, "--out", folder).split())
        assert (folder / "notes.txt").read_text() == "mine"
        assert (folder / "plan.csv").read_text() != "old"
        assert re.search(r"replaced in [^:]*: plan.csv", printed)

    def test_json_names_the_files(self, stone: Path) -> None:
        read = as_json("solve", stone, "--out", stone / "result")
        assert str(stone / "result" / "plan.csv") in read["files"]

    def test_after_a_stop_holds_the_interval_alone(self, stone: Path) -> None:
        otmodels("solve", stone, "--time-limit", "1e-9", "--language", "highspy", "--out", stone / "result", code=NOT_CERTIFIED)
        assert [path.name for path in (stone / "result").iterdir()] == ["summary.csv"]


class TestLongWords:
    """Names and units as they are in the world, in every figure that there is."""

    NAMES = ("Hauptbahnhof Frankfurt am Main (tief)", "Llanfairpwllgwyngyllgogerychwyrndrobwll", "Aa", "$x_1$ & <b>")
    MASS = "metric tonnes, gross weight, insured by the carrier, with packaging and with the pallets that it stands on"
    UNITS = f'[units]\nmass = "{MASS}"\ncost = "US$ a metric tonne and kilometre of the year 2024"\n'

    @pytest.fixture(params=["matrix", "graph"])
    def folder(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        one, two, three, four = self.NAMES
        pd.DataFrame({"label": [one, two], "mass": [3, 2]}).to_csv(tmp_path / "source.csv", index=False)
        pd.DataFrame({"label": [three, four], "mass": [1, 4]}).to_csv(tmp_path / "target.csv", index=False)
        pd.DataFrame([[1, 2], [np.inf, 1]], [one, two], [three, four]).to_csv(tmp_path / "cost.csv")
        edges = {"from": [one, two, three], "to": [two, three, four], "length": [1, 2, 3]}
        pd.DataFrame(edges).to_csv(tmp_path / "edges.csv", index=False)
        pd.DataFrame({"label": self.NAMES, "x": [0, 1, 5, 6], "y": [0, 3, 1, 6]}).to_csv(tmp_path / "places.csv", index=False)
        cost = {"matrix": 'matrix = "cost.csv"', "graph": 'graph = "edges.csv"\nplaces = "places.csv"'}[request.param]
        (tmp_path / "problem.toml").write_text(f'title = "Long"\n[cost]\n{cost}\n{self.UNITS}', encoding="utf-8")
        return tmp_path

    def test_are_not_cut_off_and_leave_room_for_the_figure(self, folder: Path) -> None:
        form = ("--form", "flow", "--support", "neighbours") if "graph" in (folder / "problem.toml").read_text() else ()
        result = CliRunner().invoke(app, ["solve", str(folder), *form, "--out", str(folder / "out")])
        assert result.exit_code == CERTIFIED
        assert result.stderr == ""  # matplotlib would remark that axes have collapsed
        pictures = sorted((folder / "out").glob("*.png"))
        assert len(pictures) >= 4
        assert [picture.name for picture in pictures if not uncut(picture)] == []


class TestCompare:
    def test_lays_all_forms_and_languages_side_by_side(self, stone: Path) -> None:
        printed = otmodels("compare", stone, "--out", stone / "result")
        assert all(re.search(rf"{form} +{language} +4 ", printed) for form, language in om.supports("primal", "dual"))
        assert max(map(len, printed.splitlines())) <= 80
        table = pd.read_csv(stone / "result" / "compare.csv")
        assert table["certified"].all()
        assert len(table) == len(om.supports("primal", "dual"))

    def test_json(self, stone: Path) -> None:
        read = as_json("compare", stone, "--form", "primal", "--language", "cvxpy", "--language", "highspy")
        assert [(row["form"], row["language"]) for row in read["answers"]] == [("primal", "cvxpy"), ("primal", "highspy")]
        assert all(row["certified"] for row in read["answers"])


class TestCertify:
    @pytest.fixture
    def numbers(self, stone: Path) -> Path:
        """An optimal plan and optimal potentials, not by us."""
        (stone / "plan.csv").write_text("source,target,mass\nnorth,bridge,2\nnorth,mill,1\nsouth,mill,1\n")
        (stone / "potentials.csv").write_text(
            "side,label,potential\nsource,north,0\nsource,south,-2\ntarget,bridge,1\ntarget,mill,2\n"
        )
        return stone

    @pytest.mark.parametrize("name", BUNDLED)
    def test_round_trip_and_figures_that_are_not_cut_off(self, name: str, tmp_path: Path) -> None:
        data, out = middle_of_the_pictures(tmp_path) if name == "pictures" else DATA / name, tmp_path / "result"
        otmodels("solve", data, *ASKED.get(name, ("--language", "highspy")), "--out", out)
        printed = otmodels("certify", data, "--plan", out / "plan.csv", "--potentials", out / "potentials.csv")
        assert "certified optimal" in printed
        pictures = sorted(out.glob("*.png"))
        assert pictures
        assert [picture.name for picture in pictures if not uncut(picture)] == []

    def test_anybodys_numbers(self, numbers: Path) -> None:
        read = as_json("certify", numbers, "--plan", numbers / "plan.csv", "--potentials", numbers / "potentials.csv")
        assert read["certified"] is True
        assert read["interval"] == [4, 4]

    def test_a_plan_as_a_matrix_in_any_order(self, numbers: Path) -> None:
        (numbers / "plan.csv").write_text("quarry,mill,bridge\nsouth,1,0\nnorth,1,2\n")
        words = ("certify", numbers, "--plan", numbers / "plan.csv", "--potentials", numbers / "potentials.csv")
        assert "certified optimal" in otmodels(*words)

    def test_a_worse_plan_is_not_certified(self, numbers: Path) -> None:
        (numbers / "plan.csv").write_text("source,target,mass\nnorth,bridge,1\nnorth,mill,2\nsouth,bridge,1\n")
        words = ("certify", numbers, "--plan", numbers / "plan.csv", "--potentials", numbers / "potentials.csv")
        printed = " ".join(otmodels(*words, code=NOT_CERTIFIED).split())
        assert "not certified" in printed
        assert "lies in [4, 7]" in printed
        assert "FAIL" in printed

    def test_an_optimal_plan_alone_has_the_potentials_that_it_implies(self, numbers: Path) -> None:
        assert as_json("certify", numbers, "--plan", numbers / "plan.csv")["interval"] == [4, 4]

    def test_a_plan_alone_proves_an_upper_bound_and_is_told_what_improves_it(self, numbers: Path) -> None:
        (numbers / "plan.csv").write_text("source,target,mass\nnorth,bridge,1\nnorth,mill,2\nsouth,bridge,1\n")
        words = "certify", numbers, "--plan", numbers / "plan.csv"
        lower, upper = as_json(*words, code=NOT_CERTIFIED)["interval"]
        assert lower <= 4 < 7 == upper
        printed = " ".join(otmodels(*words, code=NOT_CERTIFIED).split())
        assert "no cycle improves the plan" in printed

    def test_potentials_alone_prove_a_lower_bound(self, numbers: Path) -> None:
        words = ("certify", numbers, "--potentials", numbers / "potentials.csv")
        assert as_json(*words, code=NOT_CERTIFIED)["interval"] == [4, None]
        assert "at least 4" in " ".join(otmodels(*words, code=NOT_CERTIFIED).split())

    def test_one_side_of_the_potentials_is_completed(self, numbers: Path) -> None:
        (numbers / "potentials.csv").write_text("side,label,potential\nsource,north,0\nsource,south,-2\n")
        assert as_json("certify", numbers, "--potentials", numbers / "potentials.csv", code=NOT_CERTIFIED)["interval"][0] == 4

    @pytest.mark.parametrize(
        ("plan", "said"),
        [
            ("source,target,mass\nnorth,bridge,x\n", "line 2, column 'mass' holds 'x'"),
            ("source,target,mass\nnorth,bridge,1\nnorth,mill,nan\n", "line 3"),
            ("source,target,mass\nnorth,sea,1\n", "'sea' is not a target"),
            ("source,target,mass\nnorth,mill,1\nnorth,mill,1\n", "line 3: repeats (north, mill)"),
            ("quarry,bridge,mill\nnorth,1,2\n", "lacks the source 'south'"),
            ("quarry,bridge\nnorth,1\nsouth,2\n", "lacks the target 'mill'"),
            ("quarry,bridge,mill\nnorth,1,2\nnorth,1,2\nsouth,1,2\n", "line 3: repeats the source 'north'"),
            ("from,to,amount\nnorth,mill,1\n", "line 1 names neither"),
            ("", "is empty"),
        ],
    )
    def test_a_plan_that_cannot_be_read(self, numbers: Path, plan: str, said: str) -> None:
        (numbers / "plan.csv").write_text(plan)
        assert said in refusal("certify", numbers, "--plan", numbers / "plan.csv")

    @pytest.mark.parametrize(
        ("potentials", "said"),
        [
            ("side,label,potential\nsource,north,inf\n", "line 2"),
            ("side,label,potential\nleft,north,1\n", "line 2 has the side 'left'"),
            ("side,label,potential\nsource,north,1\n", "lacks the source 'south'"),
            ("side,label,potential\nsource,north,1\nsource,north,1\n", "line 3: repeats"),
            ("side,label,f\nsource,north,1\n", "no column 'potential'"),
        ],
    )
    def test_potentials_that_cannot_be_read(self, numbers: Path, potentials: str, said: str) -> None:
        (numbers / "potentials.csv").write_text(potentials)
        assert said in refusal("certify", numbers, "--potentials", numbers / "potentials.csv")

    def test_nothing_to_certify(self, stone: Path) -> None:
        assert "both missing" in refusal("certify", stone)


class TestBadInput:
    def test_missing_file(self, stone: Path) -> None:
        (stone / "target.csv").unlink()
        assert "target.csv" in refusal("solve", stone)

    def test_malformed_csv_with_its_line(self, stone: Path) -> None:
        (stone / "source.csv").write_text("label,mass\nnorth,3\nsouth,\n")
        assert "line 3, column 'mass' is empty" in refusal("solve", stone)

    def test_nan(self, stone: Path) -> None:
        (stone / "source.csv").write_text("label,mass\nnorth,nan\nsouth,1\n")
        said = refusal("solve", stone)
        assert "source.csv" in said
        assert "NaN" in said

    def test_unequal_totals(self, stone: Path) -> None:
        (stone / "source.csv").write_text("label,mass\nnorth,4\nsouth,1\n")
        assert "5.0 and 4.0" in refusal("solve", stone)

    def test_forbidden_pairs_that_leave_no_plan(self, stone: Path) -> None:
        (stone / "cost.csv").write_text("quarry,bridge,mill\nnorth,1,inf\nsouth,2,0\n")
        said = refusal("solve", stone)
        assert "no feasible plan" in said
        assert "'north'" in said
        assert "no feasible plan" in refusal("compare", stone)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--form", "quadratic"), "Choose one of primal, dual"),
            (("--language", "ampl"), "Choose one of cvxpy, pyomo, highspy"),
            (("--time-limit", "-1"), "--time-limit: is -1.0. Give a number of seconds > 0."),
            (("--metric", "euclidean"), "is given beside the data set"),
            (("--out", "{stone}/cost.csv"), "cannot be made"),
        ],
    )
    def test_options(self, stone: Path, words: tuple[str, ...], said: str) -> None:
        assert said in refusal("solve", stone, *(word.format(stone=stone) for word in words))

    def test_unknown_metric(self, stone: Path) -> None:
        files = ("--source", stone / "source.csv", "--target", stone / "target.csv")
        for side in ("source", "target"):
            (stone / f"{side}.csv").write_text("mass,x\n1,0\n")
        assert "'manhatan' is not known" in refusal("solve", *files, "--metric", "manhatan")

    def test_no_data_at_all(self, stone: Path) -> None:
        assert "DATASET" in refusal("solve")
        assert "--target" in refusal("solve", "--source", stone / "source.csv")

    def test_unknown_form_to_compare(self, stone: Path) -> None:
        assert "'quadratic' is not known" in refusal("compare", stone, "--form", "quadratic")

    def test_unknown_option(self, stone: Path) -> None:
        otmodels("solve", stone, "--colour", code=BAD_INPUT)

    def test_a_place_that_cannot_be_written(self, stone: Path) -> None:
        (stone / "result" / "summary.csv").mkdir(parents=True)
        result = CliRunner().invoke(app, ["solve", str(stone), "--out", str(stone / "result")])
        assert result.exit_code == BAD_INPUT
        assert "summary.csv" in result.stderr


class TestTerminal:
    @pytest.fixture
    def screen(self, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
        """A terminal in place of stderr."""
        shown = io.StringIO()
        monkeypatch.setattr(terminal, "console", lambda *, stderr: Console(file=shown, force_terminal=True))
        return shown

    def test_quick_work_has_no_progress_line(self, screen: io.StringIO) -> None:
        with terminal.progress("thinking"):
            pass
        assert "thinking" not in screen.getvalue()

    def test_work_of_over_a_second_has_one(self, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(terminal, "QUICK", 0.05)
        with terminal.progress("thinking"):
            time.sleep(0.3)
        assert "thinking" in screen.getvalue()
        assert "0:00:0" in screen.getvalue()

    def test_without_a_terminal_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = io.StringIO()
        monkeypatch.setattr(terminal, "console", lambda *, stderr: Console(file=shown))
        monkeypatch.setattr(terminal, "QUICK", 0.0)
        with terminal.progress("thinking"):
            time.sleep(0.1)
        assert shown.getvalue() == ""


class TestNumerals:
    @pytest.mark.parametrize(
        ("numbers", "shown"),
        [
            ([350, 50], ["350", "50"]),
            ([0.225, 0.1530000000000001], ["0.225", "0.153"]),
            ([1 / 3, 100], ["0.333", "100.000"]),
            ([1.0, -1.1e-16], ["1", "0"]),
            ([1.0, 1e-8], ["1.00000", "1.0e-08"]),
            ([1e-9, 0], ["1.00000e-09", "0"]),
            ([2.5e15], ["2.50000e+15"]),
            ([], []),
        ],
    )
    def test_columns_are_aligned_and_free_of_noise(self, numbers: list[float], shown: list[str]) -> None:
        assert numerals.column(numbers) == shown

    def test_no_number_is_shown_as_zero_that_is_not_noise(self) -> None:
        sizes = 10.0 ** np.arange(-11, 1)
        assert all(float(text) > 0 for text in numerals.column(sizes))
