"""The commands of g = -f: lipschitz, distance, and the Lipschitz forms of solve and compare."""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console
from test_cli import BAD_INPUT, DATA, NOT_CERTIFIED, ROOT, as_json, middle_of_the_pictures, otmodels, refusal
from typer.testing import CliRunner

import otmodels as om
from otmodels.cli import answers, app, atoms, findings, numerals, routes, terminal
from otmodels.datasets import read_dataset
from otmodels.errors import StoppedError
from otmodels.generation import Round
from otmodels.status import OPTIMAL

METRIC = ["digits", "earth_moving", "roads", "world_population"]
"""Data sets whose cost is a metric, and which are small."""

VALUES = {"earth_moving": 351 / 497, "roads": 13915}


@pytest.fixture(autouse=True)
def narrow_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def squared(tmp_path: Path) -> Path:
    """One unit of mass to be moved from 0 to 2, the cost the squared distance: 4, and 2 for a 1-Lipschitz function."""
    (tmp_path / "source.csv").write_text("label,mass,x\na,1,0\nb,0,1\nc,0,2\n")
    (tmp_path / "target.csv").write_text("label,mass,x\na,0,0\nb,0,1\nc,1,2\n")
    (tmp_path / "problem.toml").write_text('title = "Squared"\n[cost]\nmetric = "euclidean"\npower = 2\n')
    return tmp_path


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[str | Path, ...]:
    """Two small pictures as single files, Euclidean distances between their pixels."""
    rng = np.random.default_rng(0)
    for side in ("source", "target"):
        Image.fromarray(rng.integers(0, 256, (9, 8)).astype(np.uint8)).save(tmp_path / f"{side}.png")
    return "--source", tmp_path / "source.png", "--target", tmp_path / "target.png", "--balance", "rescale"


def _smooth(pictures: tuple[str | Path, ...]) -> None:
    """Light in opposite corners, so that it has far to go, in many directions."""
    down, right = np.mgrid[0:16, 0:16]
    for path, light in zip(pictures[1:4:2], (16 * (15 - down), 8 * (down + right)), strict=True):
        Image.fromarray(light.astype(np.uint8)).save(path)


def files_of(name: str, *kinds: str) -> list[str | Path]:
    return [word for kind in kinds for word in (f"--{kind}", DATA / name / f"{kind}.csv")]


def narrow(printed: str) -> str:
    """What was printed, once it is seen to fit into 80 columns."""
    assert max(map(len, printed.splitlines())) <= 80
    assert "\x1b" not in printed
    assert "nan" not in printed.split()
    return printed


class TestLipschitz:
    @pytest.mark.parametrize("name", METRIC)
    def test_four_values_agree_in_every_language(self, name: str) -> None:
        printed = narrow(otmodels("lipschitz", DATA / name))
        for form, language in om.supports():
            assert re.search(rf"{form} +{language} .* yes ", printed)
        assert "no loss" in printed
        assert "4 of 4 hold" in printed
        assert "FAIL" not in printed

    @pytest.mark.parametrize("name", METRIC)
    def test_json_has_the_whole_report(self, name: str) -> None:
        read = as_json("lipschitz", DATA / name, "--language", "highspy")
        found = read["lipschitz"]
        assert read["certified"] is True
        assert found["verdict"] in ("holds", "no_loss")
        assert found["is_metric"] is True
        assert all(axiom["holds"] for axiom in found["axioms"])
        assert all(check["passed"] for check in found["proof"])
        assert found["constant"] == pytest.approx(1)
        values = [row["value"] for row in found["answers"]]
        assert len(values) == 4
        assert values == pytest.approx([VALUES.get(name, read["value"])] * 4, rel=1e-9)
        assert found["lipschitz_value"] == pytest.approx(read["value"], rel=1e-9)
        assert all(row["difference"] == pytest.approx(row["distance"]) for row in found["tightness"])

    def test_the_verdict_comes_first(self) -> None:
        printed = otmodels("lipschitz", DATA / "earth_moving", "--language", "highspy")
        assert re.search(r"^g = -f +holds.*^value +0\.706237424547 steps on average", printed, re.MULTILINE | re.DOTALL)

    def test_languages_are_those_asked_for(self) -> None:
        read = as_json("lipschitz", DATA / "digits", "--language", "pyomo", "--language", "cvxpy")
        assert {row["language"] for row in read["lipschitz"]["answers"]} == {"cvxpy", "pyomo"}
        assert read["provenance"]["language"] == "cvxpy"

    def test_all_languages_can_be_asked_for_on_a_larger_problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(findings, "SMALL", 10)
        few, every = (as_json("lipschitz", DATA / "roads", *words) for words in ((), ("--language", "all")))
        assert {row["language"] for row in few["lipschitz"]["answers"]} == {"highspy"}
        assert {row["language"] for row in every["lipschitz"]["answers"]} == {"cvxpy", "pyomo", "highspy"}

    def test_pictures_go_by_the_flow_between_neighbours(self, tmp_path: Path) -> None:
        pictures = middle_of_the_pictures(tmp_path)
        value = as_json("distance", pictures)["value"]
        printed = narrow(otmodels("lipschitz", pictures))
        assert "9,024 arcs: grid neighbours" in printed
        rows = dict(re.findall(r"(\w+) +highspy +([\d.]+)", printed))
        assert {form: float(found) for form, found in rows.items()} == pytest.approx({"lipschitz": value, "flow": value})
        assert "primal" not in printed

    def test_a_cost_that_is_no_metric_has_its_witness_and_both_values(self, squared: Path) -> None:
        printed = " ".join(narrow(otmodels("lipschitz", squared)).split())
        assert "g = -f is false here" in printed
        assert "<a - b, f> is at most 2, transport costs 4" in printed
        assert "d(a, c) = 4 > d(a, b) + d(b, c) = 1 + 1" in printed
        assert "a loss of 2" in printed
        assert "certified optimal" in printed
        assert "lipschitz highspy" not in printed
        found = as_json("lipschitz", squared)["lipschitz"]
        assert (found["verdict"], found["value"], found["lipschitz_value"], found["loss"]) == ("false", 4, 2, 2)
        assert {row["form"] for row in found["answers"]} == {"primal", "dual"}

    def test_different_supports_have_no_common_metric(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "solve", lambda *_, **__: pytest.fail("solved before it was refused"))
        assert "different supports" in refusal("lipschitz", DATA / "canning")

    def test_one_way_streets_are_no_fault(self, tmp_path: Path) -> None:
        (tmp_path / "source.csv").write_text("label,mass\na,1\n")
        (tmp_path / "target.csv").write_text("label,mass\nb,1\n")
        (tmp_path / "edges.csv").write_text("from,to,length\na,b,2\nb,a,5\n")
        text = 'title = "One way"\n[cost]\ngraph = "edges.csv"\ndirected = true\n'
        (tmp_path / "problem.toml").write_text(text)
        found = as_json("lipschitz", tmp_path, "--language", "highspy")["lipschitz"]
        assert found["is_metric"] is False
        assert found["lipschitz_value"] == 2
        assert [row["value"] for row in found["answers"]] == [2, 2, 2, 2]

    def test_writes_tables_in_full_and_figures(self, tmp_path: Path) -> None:
        printed = otmodels("lipschitz", DATA / "roads", "--out", tmp_path)
        names = sorted(path.name for path in tmp_path.iterdir())
        tables = ["attained", "axioms", "certificate", "compare", "flow", "nodes", "report", "tightness"]
        assert [name for name in names if name.endswith(".csv")] == [f"{name}.csv" for name in tables]
        assert [name for name in names if name.endswith(".png")] == [
            "flow_arrows.png",
            "lipschitz_matrix.png",
            "potentials_overlay.png",
        ]
        assert all(name in printed for name in names)
        flow = pd.read_csv(tmp_path / "flow.csv")
        assert flow["cost"].sum() == pytest.approx(13915)
        assert len(pd.read_csv(tmp_path / "nodes.csv")) == 20
        assert pd.read_csv(tmp_path / "report.csv", index_col="fact").loc["loss", "value"] == "0.0"

    def test_figures_of_a_lower_bound_too(self, squared: Path) -> None:
        otmodels("lipschitz", squared, "--out", squared / "result")
        assert (squared / "result" / "lipschitz_matrix.png").stat().st_size > 5_000
        assert pd.read_csv(squared / "result" / "flow.csv")["mass"].tolist() == [1, 1]

    def test_ctrl_c_in_the_table_of_values_leaves_the_report(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stopped(*_: object) -> pd.DataFrame:
            raise StoppedError("the solve was interrupted", OPTIMAL)

        monkeypatch.setattr(answers, "solved", stopped)
        result = CliRunner().invoke(app, ["lipschitz", str(DATA / "roads")])
        assert result.exit_code == 0
        assert "Values" not in result.stdout
        assert "g = -f" in result.stdout
        assert "interrupted" in result.stderr

    def test_a_solve_that_stops_prints_its_interval(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "solve", lambda *words, **options: om.solve(*words, **{**options, "time_limit": 1e-9}))
        assert "proven to lie in" in otmodels("lipschitz", DATA / "digits", code=NOT_CERTIFIED)
        assert as_json("lipschitz", DATA / "digits", code=NOT_CERTIFIED)["value"] is None

    def test_unknown_language(self) -> None:
        assert "'ampl' is not known" in refusal("lipschitz", DATA / "digits", "--language", "ampl")


class TestDistance:
    @pytest.mark.parametrize(
        ("name", "distance", "why"),
        [
            ("earth_moving", "W_1 = 0.706237424547 steps", "points on the line"),
            ("digits", "W_1 = 0.862116809341 pixels", "which neighbours span"),
            ("roads", "W_1 = 13915, for a mass of 40", "which its edges span"),
            ("world_population", "W_1 = 842.951508366 km", "pairs generated"),
            ("pictures", "W_1 = 27.8457674384 pixels", "which neighbours span"),
        ],
    )
    def test_says_the_distance_and_the_route(self, name: str, distance: str, why: str) -> None:
        printed = " ".join(narrow(otmodels("distance", DATA / name)).split())
        assert distance in printed
        assert why in printed
        assert "certified optimal" in printed
        assert "proven to lie in [" in printed

    def test_the_root_of_a_power(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("mass,x\n0.5,0\n0.5,1\n")
        (tmp_path / "b.csv").write_text("mass,x\n0.5,2\n0.5,5\n")
        read = as_json("distance", "--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv", "--power", "2")
        assert read["value"] == pytest.approx(10)
        assert read["distance"] == pytest.approx(10**0.5)
        assert read["provenance"]["form"] == "closed form"

    @pytest.mark.parametrize(
        ("metric", "value"),
        [(("cityblock",), 7), (("euclidean",), 5), (("chebyshev",), 4), (("minkowski", "--order", "3"), 91 ** (1 / 3))],
    )
    def test_every_metric(self, tmp_path: Path, metric: tuple[str, ...], value: float) -> None:
        (tmp_path / "a.csv").write_text("mass,x,y\n1,0,0\n")
        (tmp_path / "b.csv").write_text("mass,x,y\n1,3,4\n")
        files = ("--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv")
        assert as_json("distance", *files, "--metric", *metric)["value"] == pytest.approx(value)

    def test_pictures_as_single_files(self, pictures: tuple[str | Path, ...]) -> None:
        read = as_json("distance", *pictures)
        assert (read["dataset"]["sources"], read["dataset"]["cost"]) == (72, "euclidean")
        assert read["rounds"][-1]["lower"] == pytest.approx(read["value"], rel=1e-9)
        assert read["value"] == pytest.approx(as_json("solve", *pictures, "--language", "highspy")["value"], rel=1e-9)

    def test_a_gap_stops_earlier_with_an_interval(self, pictures: tuple[str | Path, ...]) -> None:
        _smooth(pictures)
        exact, near = as_json("distance", *pictures), as_json("distance", *pictures, "--gap", "0.2")
        assert near["status"]["termination"] == "gap"
        lower, upper = near["interval"]
        assert lower <= exact["value"] * (1 + 1e-12)
        assert upper >= exact["value"] * (1 - 1e-12)
        assert lower < upper < 1.3 * lower
        assert "certified to a gap, relative gap" in otmodels("distance", *pictures, "--gap", "0.2")

    def test_a_graph(self) -> None:
        words = ("distance", *files_of("roads", "source", "target"), "--graph", DATA / "roads" / "edges.csv")
        assert as_json(*words)["value"] == 13915
        assert as_json(*words, "--balance", "rescale")["value"] == pytest.approx(13915 / 40)
        assert "cost: shortest path^2" in otmodels(*words, "--power", "2")

    def test_files(self, tmp_path: Path) -> None:
        otmodels("distance", DATA / "digits", "--out", tmp_path)
        names = {path.name for path in tmp_path.iterdir()}
        assert names >= {"summary.csv", "plan.csv", "potentials.csv", "certificate.csv", "flow.csv", "nodes.csv"}
        assert names >= {"flow_arrows.png", "potentials_overlay.png", "lipschitz_matrix.png", "plan_map.png"}
        why = pd.read_csv(tmp_path / "summary.csv", index_col="fact").loc["why", "value"]
        assert "neighbours span" in str(why)

    def test_ctrl_c_between_rounds_leaves_the_interval(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, watch: Callable[[Round], None], **__: object) -> None:
            watch(Round(0, 10, 1.0, 3.0, 0.1))
            watch(Round(1, 20, 1.5, 2.0, 0.2))
            raise KeyboardInterrupt

        monkeypatch.setattr(routes, "wasserstein_distance", interrupted)
        printed = otmodels("distance", DATA / "digits", code=NOT_CERTIFIED)
        assert "its rounds stood at round 1" in " ".join(printed.split())
        read = as_json("distance", DATA / "digits", code=NOT_CERTIFIED)
        assert (read["value"], read["distance"]) == (None, None)
        lower, upper = read["interval"]  # what costs and masses alone prove, in one pass
        assert 0 <= lower <= upper < float("inf")

    def test_ctrl_c_in_the_solver_leaves_the_interval(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        for side in ("source", "target"):
            Image.fromarray(rng.integers(0, 256, (48, 48)).astype(np.uint8)).save(tmp_path / f"{side}.png")
        files = [f"--source={tmp_path / 'source.png'}", f"--target={tmp_path / 'target.png'}", "--balance=rescale", "--verbose"]
        process = subprocess.Popen(
            [sys.executable, "-m", "otmodels", "distance", *files],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            assert process.stderr is not None
            # The first round has begun, with a second of work before it.
            assert any(line.startswith("Running") for line in process.stderr)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == NOT_CERTIFIED
        assert "Traceback" not in err
        found = re.search(r"proven to lie in \[(.+), (.+)\]", out)
        assert found is not None
        assert 0 <= float(found[1]) < float(found[2])

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--gap", "2"), "--gap: is 2.0"),
            (("--gap", "-0.1"), "--gap: is -0.1"),
            (("--time-limit", "0"), "--time-limit: is 0.0"),
            (("--metric", "euclidean"), "is given beside the data set"),
            (("--graph", "edges.csv"), "is given beside the data set"),
        ],
    )
    def test_options_out_of_range(self, words: tuple[str, ...], said: str) -> None:
        assert said in refusal("distance", DATA / "digits", *words)

    def test_a_cost_matrix_is_no_metric_of_points(self) -> None:
        assert "is a matrix, and a distance needs a metric" in refusal("distance", DATA / "canning")

    def test_a_rule_beside_a_graph(self) -> None:
        words = ("distance", *files_of("roads", "source", "target"), "--graph", DATA / "roads" / "edges.csv")
        assert "--metric: is given beside --graph" in refusal(*words, "--metric", "euclidean")
        assert "--graph: is given beside --cost" in refusal("solve", *words[1:], "--cost", DATA / "canning" / "cost.csv")

    def test_atoms_that_are_no_vertices(self) -> None:
        words = ("distance", *files_of("digits", "source", "target"), "--graph", DATA / "roads" / "edges.csv")
        assert "not among the vertices of the graph" in refusal(*words)

    def test_atoms_without_labels_on_a_graph(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("mass\n1\n")
        words = ("--source", tmp_path / "a.csv", "--target", tmp_path / "a.csv", "--graph", DATA / "roads" / "edges.csv")
        assert "Add a column 'label'" in refusal("distance", *words)

    def test_a_negative_length(self, tmp_path: Path) -> None:
        shutil.copytree(DATA / "roads", tmp_path / "roads")
        edges = tmp_path / "roads" / "edges.csv"
        edges.write_text(edges.read_text().replace("Arad,Zerind,75", "Arad,Zerind,-75"))
        for command in ("distance", "lipschitz", "solve"):
            said = refusal(command, tmp_path / "roads")
            assert "edges.csv" in said
            assert "-75" in said

    @pytest.mark.parametrize("spacing", ["0", "-1.5"])
    def test_a_spacing_that_is_not_positive(self, tmp_path: Path, pictures: tuple[str | Path, ...], spacing: str) -> None:
        (tmp_path / "problem.toml").write_text(f'title = "Spaced"\nbalance = "rescale"\n[grid]\nspacing = {spacing}\n')
        assert "grid.spacing" in refusal("distance", tmp_path)


class TestRounds:
    def test_are_told_as_they_come(self) -> None:
        told: list[str] = []
        rounds: list[Round] = []
        routes._watch(rounds, told.append)(Round(3, 89_474, 10.123456789, 10.2, 6.0))
        assert told == ["round 3: 89,474 columns, in [10.1235, 10.2], gap 8e-03"]
        assert rounds[0].number == 3

    def test_stand_in_the_progress_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = io.StringIO()
        monkeypatch.setattr(terminal, "console", lambda *, stderr: Console(file=shown, force_terminal=True))
        monkeypatch.setattr(terminal, "QUICK", 0.01)
        with terminal.progress("solving") as say:
            time.sleep(0.2)
            say("round 0")
            time.sleep(0.3)
        assert "solving" in shown.getvalue()
        assert "round 0" in shown.getvalue()

    def test_there_are_none_without_generation(self) -> None:
        data = read_dataset(DATA / "digits")
        result, rounds = routes.shortest(data.problem)
        assert isinstance(result, om.LipschitzSolution)
        assert rounds == []


class TestSolve:
    @pytest.mark.parametrize("form", ["lipschitz", "flow"])
    @pytest.mark.parametrize("name", METRIC)
    def test_prints_flow_and_nodes(self, name: str, form: str) -> None:
        printed = narrow(otmodels("solve", DATA / name, "--form", form))
        assert "certified optimal" in printed
        assert re.search(r"\nnetwork +\d+ nodes?, [\d,]+ arcs: ", printed)
        assert re.search(r"\nFlow  \d+ arcs of [\d,]+ with mass", printed)
        assert re.search(r"\nNodes  \d+ nodes", printed)

    @pytest.mark.parametrize("support", ["full", "neighbours"])
    def test_supports(self, support: str) -> None:
        read = as_json("solve", DATA / "digits", "--form", "flow", "--support", support)
        assert read["value"] == pytest.approx(0.862116809341, rel=1e-9)
        assert read["network"]["arcs"] == {"full": 64 * 63, "neighbours": 224}[support]
        assert sum(row["cost"] for row in read["flow"]) == pytest.approx(read["value"])
        assert len(read["nodes"]) == 64

    def test_generated_arcs(self, pictures: tuple[str | Path, ...]) -> None:
        value = as_json("solve", *pictures, "--form", "flow", "--language", "highspy")["value"]
        read = as_json("solve", *pictures, "--form", "lipschitz", "--support", "generated")
        assert read["value"] == pytest.approx(value, rel=1e-9)
        assert read["network"]["arcs"] < 72 * 71

    def test_writes_the_flow(self, tmp_path: Path) -> None:
        otmodels("solve", DATA / "earth_moving", "--form", "flow", "--support", "neighbours", "--out", tmp_path)
        names = {path.name for path in tmp_path.iterdir()}
        assert names >= {"flow.csv", "nodes.csv", "plan.csv", "potentials.csv", "flow_arrows.png", "lipschitz_matrix.png"}
        assert pd.read_csv(tmp_path / "flow.csv")["cost"].sum() == pytest.approx(351 / 497)

    def test_a_forced_lower_bound_says_so(self, squared: Path) -> None:
        words = ("solve", squared, "--form", "lipschitz", "--force")
        printed = " ".join(narrow(otmodels(*words, code=NOT_CERTIFIED)).split())
        assert "value at least 2" in printed
        assert "a lower bound: the cost is no metric: triangle inequality fails" in printed
        assert "proven to lie in [2, 4]" in printed
        read = as_json(*words, code=NOT_CERTIFIED)
        assert (read["certified"], read["is_lower_bound"], read["interval"]) == (False, True, [2, 4])

    def test_a_time_limit_leaves_an_interval(self) -> None:
        words = ("solve", DATA / "digits", "--form", "flow", "--time-limit", "1e-9")
        assert "proven to lie in" in otmodels(*words, code=NOT_CERTIFIED)

    def test_a_graph_says_that_its_cost_is_a_path(self) -> None:
        assert "4 sources to 6 targets, cost: shortest path\n" in otmodels("solve", DATA / "roads")

    @pytest.mark.parametrize("form", ["primal", "dual"])
    @pytest.mark.parametrize("language", ["cvxpy", "highspy"])
    def test_what_is_too_large_is_refused_with_a_way_out(self, form: str, language: str) -> None:
        said = refusal("solve", DATA / "pictures", "--form", form, "--language", language)
        assert "268,435,456 pairs" in said
        assert "--support generated" in said
        assert "--form flow --support neighbours" in said

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("{data}/pictures", "--form", "flow"), "--support neighbours"),
            (("{data}/canning", "--form", "lipschitz"), "different supports"),
            (("{data}/canning", "--form", "lipschitz", "--force"), "different supports"),
            (("{data}/digits", "--form", "flow", "--support", "everything"), "'everything' is not known"),
            (("{data}/digits", "--support", "neighbours"), "'neighbours' is not for this form"),
            (("{data}/digits", "--force"), "--force: is set"),
            (("{data}/world_population", "--form", "flow", "--support", "neighbours"), "are no grid"),
        ],
    )
    def test_wrong_input(self, words: tuple[str, ...], said: str) -> None:
        assert said in refusal("solve", *(word.format(data=DATA) for word in words))

    def test_no_metric_has_its_witness(self, squared: Path) -> None:
        assert "d(a, c) = 4 > d(a, b) + d(b, c) = 1 + 1" in refusal("solve", squared, "--form", "flow")


class TestCompare:
    @pytest.mark.parametrize("name", METRIC)
    def test_all_four_forms_where_the_cost_is_a_metric(self, name: str) -> None:
        printed = narrow(otmodels("compare", DATA / name))
        assert all(re.search(rf"{form} +{language} .* yes ", printed) for form, language in om.supports())
        assert "pairs" in printed

    @pytest.mark.parametrize("name", ["canning", ""])
    def test_primal_and_dual_alone_where_it_is_none(self, squared: Path, name: str) -> None:
        answers = as_json("compare", DATA / name if name else squared)["answers"]
        assert {row["form"] for row in answers} == {"primal", "dual"}
        assert len(answers) == 6

    def test_what_is_too_large_is_left_out_and_said(self) -> None:
        result = CliRunner().invoke(app, ["compare", str(DATA / "pictures"), "--language", "highspy"])
        assert result.exit_code == 0
        assert re.search(r"flow +highspy +27\.8457674384 +65,024 ", result.stdout)
        assert "primal " not in result.stdout
        assert "primal and dual are left out" in result.stderr

    def test_what_is_too_large_and_asked_for_is_refused(self) -> None:
        assert "268,435,456 pairs" in refusal("compare", DATA / "pictures", "--form", "primal")

    def test_a_form_that_does_not_apply(self, squared: Path) -> None:
        assert "is no metric" in refusal("compare", squared, "--form", "flow")


class TestLargeTables:
    def test_potentials_of_many_pairs_come_without_slack(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(atoms, "MOST_PRICED", 10)
        printed = narrow(otmodels("solve", DATA / "canning", "--out", tmp_path))
        assert "least slack" in printed  # 8 pairs
        printed = narrow(otmodels("solve", DATA / "roads", "--out", tmp_path))
        assert "least slack" not in printed
        table = pd.read_csv(tmp_path / "potentials.csv")
        assert list(table.columns) == ["side", "label", "mass", "potential"]
        words = ("--plan", tmp_path / "plan.csv", "--potentials", tmp_path / "potentials.csv")
        assert "certified optimal" in otmodels("certify", DATA / "roads", *words)

    def test_a_dash_stands_for_no_number(self) -> None:
        assert numerals.column([float("nan"), 2.5, 10]) == ["-", "2.5", "10.0"]
        assert numerals.column([float("nan")]) == ["-"]


class TestHelp:
    @pytest.mark.parametrize("command", ["solve", "distance", "lipschitz", "compare", "certify"])
    def test_fits_in_80_columns(self, command: str) -> None:
        printed = narrow(otmodels(command, "--help"))
        assert f" {command} [OPTIONS]" in printed

    def test_unknown_command(self) -> None:
        otmodels("wasserstein", code=BAD_INPUT)
