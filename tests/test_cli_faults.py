"""What goes wrong on the command line: told in its own words, as JSON where that was asked for, and never as a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_cli import BAD_INPUT, CERTIFIED, DATA, INTERRUPTED, NOT_CERTIFIED, ROOT, as_json, otmodels, refusal
from typer.testing import CliRunner

import otmodels as om
from otmodels.cli import app, findings
from otmodels.cli.faults import in_options


@pytest.fixture(autouse=True)
def narrow_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def points(tmp_path: Path) -> list[str | Path]:
    """Two atoms on a line at each side, and no mass too many."""
    (tmp_path / "a.csv").write_text("label,mass,x\nUlm,1,0\nBonn,2,3\n")
    (tmp_path / "b.csv").write_text("label,mass,x\nUlm,2,0\nBonn,1,3\n")
    return ["--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv"]


class TestInItsOwnWords:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("--metric manhattan", "--metric: 'manhattan' is not known. Did you mean 'cityblock'? Choose one of cityblock, "),
            ("--metric l1", "Did you mean 'cityblock'?"),
            ("--metric taxicab", "Did you mean 'cityblock'?"),
            ("--metric l2", "Did you mean 'euclidean'?"),
            ("--metric sqeuclidean", "Did you mean 'euclidean' with --power 2?"),
            ("--metric linf", "Did you mean 'chebyshev'?"),
            ("--metric maximum", "Did you mean 'chebyshev'?"),
            ("--metric euclidian", "Did you mean 'euclidean'?"),
            ("--metric minkowski", "--order: is missing. Give minkowski an order >= 1, such as --order 3."),
            ("--order 3", "--order: is 3.0 with metric 'euclidean'"),
            ("--power -1", "--power: is -1.0"),
            ("--balance normalise", "--balance: 'normalise' is not known. Did you mean 'rescale'?"),
            ("--language highs", "--language: 'highs' is not known. Did you mean 'highspy'?"),
            ("--form kantorovich", "--form: 'kantorovich' is not known. Did you mean 'primal'?"),
            ("--form flow --support neighbors", "--support: 'neighbors' is not known. Did you mean 'neighbours'?"),
            ("--form flow --support neighbours --power 2", "Use --support full"),
            ("--support all", "--support: 'all' is not known. Did you mean 'full'?"),
            ("--cost {cost} --metric euclidean", "--metric: is given beside --cost"),
            ("--cost {cost} --graph {cost}", "is given beside"),
        ],
    )
    def test_options_and_the_nearest_known_word(self, points: list[str | Path], words: str, said: str) -> None:
        shown = refusal("solve", *points, *words.format(cost=DATA / "canning" / "cost.csv").split())
        assert said in shown
        assert "callable" not in shown
        assert "='" not in shown

    def test_a_remedy_of_python_s_is_one_of_options(self, points: list[str | Path], tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("mass,x\n5,0\n")
        assert "or choose --balance rescale to divide each by its total" in refusal("solve", *points)

    def test_and_one_of_problem_toml_where_that_states_it(self, points: list[str | Path], tmp_path: Path) -> None:
        (tmp_path / "a.csv").rename(tmp_path / "source.csv")
        (tmp_path / "target.csv").write_text("label,mass,x\nUlm,9,0\n")
        (tmp_path / "problem.toml").write_text('title = "Two towns"\n')
        assert 'or choose balance = "rescale" in problem.toml to divide' in refusal("solve", tmp_path)
        (tmp_path / "problem.toml").write_text('title = "Two towns"\n[cost]\nmetric = "sqeuclidean"\n')
        assert "Did you mean 'euclidean' with power = 2 in problem.toml?" in refusal("solve", tmp_path)

    def test_labels_that_look_like_arguments_stay(self) -> None:
        assert in_options("sources 'x=1', 'cost=2' hold 3") == "sources 'x=1', 'cost=2' hold 3"


class TestJson:
    def test_bad_input_is_an_object_with_what_is_wrong_and_what_to_do(self, points: list[str | Path]) -> None:
        read = as_json("solve", *points, "--metric", "manhattan", code=BAD_INPUT)
        assert read["certified"] is False
        error = read["error"]
        assert (error["kind"], error["argument"], error["exit_code"]) == ("UnknownNameError", "--metric", BAD_INPUT)
        assert error["fault"] == "'manhattan' is not known"
        assert error["remedy"].startswith("Did you mean 'cityblock'?")

    def test_the_line_for_people_stays_on_stderr(self, points: list[str | Path]) -> None:
        result = CliRunner().invoke(app, ["solve", *map(str, points), "--metric", "manhattan", "--json"])
        assert result.stderr.startswith("error: --metric: 'manhattan'")

    @pytest.mark.parametrize("words", [("solve", "--metrik", "x"), ("slove",), ("solve", "a", "b"), ("solve", "--power", "two")])
    def test_so_is_a_command_line_that_cannot_be_read(self, words: tuple[str, ...]) -> None:
        read = as_json(*words, code=BAD_INPUT)
        assert read["error"]["kind"] == "UsageError"
        assert read["error"]["message"]

    def test_so_is_an_infeasible_problem(self, points: list[str | Path], tmp_path: Path) -> None:
        pd.DataFrame([[0, float("inf")], [1, float("inf")]], ["Ulm", "Bonn"], ["Ulm", "Bonn"]).to_csv(tmp_path / "c.csv")
        read = as_json("solve", *points, "--cost", tmp_path / "c.csv", code=BAD_INPUT)
        assert read["error"]["kind"] == "InfeasibleError"
        assert "'Bonn' take 1" in read["error"]["message"]
        assert read["error"]["status"]["termination"] == "infeasible"

    def test_so_is_a_file_that_cannot_be_written(self, points: list[str | Path], tmp_path: Path) -> None:
        (tmp_path / "out" / "summary.csv").mkdir(parents=True)
        assert as_json("solve", *points, "--out", tmp_path / "out", code=BAD_INPUT)["error"]["kind"] == "FileError"

    def test_so_is_an_interrupt(self, points: list[str | Path], monkeypatch: pytest.MonkeyPatch) -> None:
        def pressed(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(findings, "transport", pressed)
        assert as_json("lipschitz", *points, code=INTERRUPTED)["error"]["exit_code"] == INTERRUPTED

    def test_without_it_stdout_stays_empty(self, points: list[str | Path]) -> None:
        assert refusal("distance", *points, "--gap", "2").startswith("error: --gap")


def run_to_a_reader_that_leaves(*words: str) -> tuple[int, str]:
    """Exit code and stderr of a command whose output is read for a line only."""
    command = [sys.executable, "-m", "otmodels", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        return process.wait(timeout=120), process.stderr.read()


class TestBrokenPipe:
    def test_a_reader_that_has_seen_enough_is_no_failure_and_files_are_written(self, tmp_path: Path) -> None:
        assert run_to_a_reader_that_leaves("solve", "data/canning", "--out", str(tmp_path)) == (CERTIFIED, "")
        assert (tmp_path / "plan.csv").exists()
        assert (tmp_path / "plan_heatmap.png").exists()

    def test_neither_is_one_of_what_went_wrong(self) -> None:
        command = f"{sys.executable} -m otmodels solve nowhere 2>&1 | true"
        done = subprocess.run(["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, cwd=ROOT, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (BAD_INPUT, b"", b"")


class TestCertifyOnAGraph:
    def test_takes_the_graph_that_solve_takes(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("label,mass\nUlm,2\n")
        (tmp_path / "b.csv").write_text("label,mass\nBonn,1\nKiel,1\n")
        (tmp_path / "roads.csv").write_text("from,to,length\nUlm,Bonn,3\nBonn,Kiel,4\n")
        words = ("--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv", "--graph", tmp_path / "roads.csv")
        otmodels("solve", *words, "--out", tmp_path / "out")
        given = ("--plan", tmp_path / "out" / "plan.csv", "--potentials", tmp_path / "out" / "potentials.csv")
        read = as_json("certify", *words, *given)
        assert read["certified"] is True
        assert read["interval"] == [10, 10]
        (tmp_path / "plan.csv").write_text("source,target,mass\nUlm,Bonn,2\n")
        assert as_json("certify", *words, "--plan", tmp_path / "plan.csv", code=NOT_CERTIFIED)["certified"] is False
        assert set(pd.DataFrame(as_json("compare", *words, "--language", "highspy")["answers"])["value"]) == {10}


class TestUnreachable:
    @pytest.fixture
    def stranded(self, tmp_path: Path) -> list[str | Path]:
        """Kiel may send to nobody."""
        (tmp_path / "a.csv").write_text("label,mass\nUlm,3\nKiel,2\n")
        (tmp_path / "b.csv").write_text("label,mass\nmill,4\ndam,1\n")
        (tmp_path / "c.csv").write_text("from,mill,dam\nUlm,1,2\nKiel,inf,inf\n")
        return ["--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv", "--cost", tmp_path / "c.csv"]

    def test_explain_names_it_and_what_would_help(self, stranded: list[str | Path]) -> None:
        shown = " ".join(otmodels("explain", *stranded).split())
        assert "sources 'Kiel' hold 2, and no pair of theirs may carry mass: 2 has nowhere to go" in shown
        read = as_json("explain", *stranded)
        assert {row["source"] for row in read["repair"]} == {"Kiel"}
        assert sum(row["mass"] for row in read["repair"]) == 2

    def test_report_names_it_on_a_page(self, stranded: list[str | Path], tmp_path: Path) -> None:
        otmodels("report", *stranded, "--out", tmp_path / "page.html")
        assert "no pair of theirs may carry mass" in (tmp_path / "page.html").read_text(encoding="utf-8")

    def test_solve_is_refused_with_the_same_words(self, stranded: list[str | Path]) -> None:
        said = refusal("solve", *stranded)
        assert "sources 'Kiel' hold 2, and no pair of theirs may carry mass" in said
        assert said.endswith("; otmodels explain has the least that would help\n")

    def test_so_is_the_distance_along_roads(self, stranded: list[str | Path], tmp_path: Path) -> None:
        (tmp_path / "roads.csv").write_text("from,to,length\nUlm,mill,1\nmill,dam,1\nKiel,Bonn,1\n")
        words = ("distance", *stranded[:4], "--graph", tmp_path / "roads.csv")
        assert "sources 'Kiel' hold 2" in refusal(*words)
        assert as_json(*words, code=BAD_INPUT)["error"]["kind"] == "InfeasibleError"


class TestWhatWasRead:
    def test_the_columns_that_were_taken_as_coordinates_are_shown(self, points: list[str | Path], tmp_path: Path) -> None:
        for command in ("solve", "distance"):
            assert "coordinates x" in otmodels(command, *points)
            assert as_json(command, *points)["dataset"]["coordinates"] == ["x"]
        otmodels("solve", *points, "--out", tmp_path / "out")
        assert pd.read_csv(tmp_path / "out" / "summary.csv", index_col="fact").loc["coordinates", "value"] == "x"
        otmodels("report", *points, "--out", tmp_path / "page.html")
        assert "<dt>coordinates</dt><dd>x</dd>" in (tmp_path / "page.html").read_text(encoding="utf-8").replace("\n", "")

    def test_those_of_a_graph_or_beside_a_matrix_are_for_figures_alone(self) -> None:
        assert "coordinates longitude, latitude, for figures alone" in otmodels("solve", DATA / "roads")

    def test_how_a_spreadsheet_was_read_is_shown(self, points: list[str | Path], tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("label;mass;x\nUlm;1,5;0\nBonn;1,5;3\n")
        shown = " ".join(otmodels("solve", *points).split())
        assert "read a.csv: columns parted by semicolons; a comma is the decimal mark" in shown

    def test_ids_are_refused_and_not_certified(self, points: list[str | Path], tmp_path: Path) -> None:
        for name, ids in (("a", (1, 2)), ("b", (101, 102))):
            (tmp_path / f"{name}.csv").write_text(f"id,mass,x,y\n{ids[0]},1,0,0\n{ids[1]},1,1,0\n")
        assert "has the column 'id', and names are no coordinates. Name it 'label'" in refusal("solve", *points)

    def test_degrees_that_are_taken_as_plain_lengths_are_said_to_be(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / f"{name}.csv").write_text("mass,lon,lat\n1,11.5,48.1\n1,11.6,48.2\n")
        words = ("--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv")
        assert "coordinates lon, lat, degrees taken as plain lengths" in otmodels("solve", *words)
        assert "plain lengths" not in otmodels("solve", *words, "--metric", "haversine")
        assert as_json("solve", *words, "--metric", "haversine")["units"]["distance"] == "km"


class TestFirstSteps:
    def test_two_files_in_place_of_a_folder(self, points: list[str | Path]) -> None:
        _, source, _, target = points
        assert "Give --source FILE and --target FILE" in refusal("solve", source)
        result = CliRunner().invoke(app, ["solve", str(source), str(target)])
        assert result.exit_code == BAD_INPUT
        assert "Single files go with --source" in result.stderr


class TestVerdicts:
    def test_the_word_and_the_interval_are_those_of_the_certificate(self) -> None:
        shown, read = otmodels("solve", DATA / "canning"), as_json("solve", DATA / "canning")
        certificate = om.solve(om.read_dataset(DATA / "canning").problem).certificate
        assert f"verdict     {certificate.word}, " in shown
        assert "interval    proven to lie in [153.675, 153.675]" in shown
        assert {"word", "verdict", "proven", "absolute", "about", "interval"} <= set(read["certificate"])
        assert (read["certificate"]["word"], read["certificate"]["proven"]) == (certificate.word, certificate.proven)

    def test_what_was_changed_in_the_data_is_said_once(self, points: list[str | Path]) -> None:
        shown = " ".join(otmodels("distance", *points, "--power", "2000", "--balance", "rescale").split())
        assert shown.count("masses divided by their total 3.0") == 2
        assert shown.count("within floating point") == 1
        assert "exact data the float costs that (euclidean / 3)^2000 gives solved" in shown

    def test_json_is_read_by_any_parser(self, points: list[str | Path]) -> None:
        result = CliRunner().invoke(app, ["solve", *map(str, points), "--power", "-1", "--json"])
        assert json.loads(result.stdout)["error"]["argument"] == "--power"
