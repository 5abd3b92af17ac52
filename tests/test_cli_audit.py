"""`otmodels audit`: critics by their values in files, held against the exact W1."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import DATA, as_json, otmodels, refusal, uncut

import otmodels as om
from otmodels.cli import routes
from otmodels.datasets import read_dataset
from otmodels.metrics import Minkowski

FACTS = "sentence w1 value standard_error constant across scaled lost_by_shape lost_by_scale is_backwards best share".split()  # noqa: SIM905


@pytest.fixture(autouse=True)
def narrow_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """Two atoms each on the line, W1 = 2; the critic -2 z has slope 2, is worth 4, and at slope 1 all of W1."""
    (tmp_path / "source.csv").write_text("label,mass,z\na,0.5,0\nb,0.5,2\n")
    (tmp_path / "target.csv").write_text("label,mass,z\nc,0.5,1\nd,0.5,5\n")
    (tmp_path / "problem.toml").write_text('title = "Line"\n[cost]\nmetric = "euclidean"\n[units]\nvalue = "metres"\n')
    (tmp_path / "values.csv").write_text("side,label,note,value\ntarget,d,,-10\ntarget,c,,-2\nsource,a,,0\nsource,b,,-4\n")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    """A file of values."""
    (folder / "values.csv").write_text(text)
    return folder / "values.csv"


def of_points(name: str, folder: Path, weights: tuple[float, ...]) -> Path:
    """Values of a linear function at the atoms of a bundled data set."""
    problem, rows = read_dataset(DATA / name).problem, []
    for side, measure in (("source", problem.source), ("target", problem.target)):
        assert measure.points is not None
        rows += [(side, label, value) for label, value in zip(measure.labels, measure.points @ np.array(weights), strict=True)]
    pd.DataFrame(rows, columns=["side", "label", "value"]).to_csv(folder / "linear.csv", index=False)
    return folder / "linear.csv"


class TestAudit:
    def test_the_sentence_comes_first_then_parts_and_bounds(self, line: Path) -> None:
        printed = otmodels("audit", line, "--values", line / "values.csv")
        assert max(map(len, printed.splitlines())) <= 80
        said = " ".join(printed.split())
        assert "Scaled to slope 1, the critic attains the exact W1 = 2 of the samples; its largest slope is 2" in said
        places = [
            said.index(word) for word in ("attains", "certified optimal", "Where W1 goes", "Bounds", "Steepest", "Certificate")
        ]
        assert places == sorted(places)
        assert re.search(r"^R / L - R, feigned by its scale +-2 +-100\.00%$", printed, re.MULTILINE)
        assert re.search(r"^phi over its largest slope +2 +100\.00%$", printed, re.MULTILINE)
        assert re.search(r"^source a +target c +1 +2$", printed, re.MULTILINE)
        assert "Distributions" not in printed

    def test_json_has_every_number(self, line: Path) -> None:
        read = as_json("audit", line, "--values", line / "values.csv")
        found = read["audit"]
        assert read["certified"] is True
        assert set(FACTS) <= set(found)
        numbers = {
            name: found[name] for name in ("w1", "value", "constant", "across", "scaled", "lost_by_shape", "lost_by_scale")
        }
        assert numbers == pytest.approx(
            {"w1": 2, "value": 4, "constant": 2, "across": 2, "scaled": 2, "lost_by_shape": 0, "lost_by_scale": -2}, abs=1e-12
        )
        assert [bound["interval"] is None for bound in found["bounds"]] == [True, False, False, False, False]
        assert found["bounds"][1]["interval"] == [pytest.approx(2), None]
        assert found["attained"][0] == {
            "from_side": "source",
            "from": "a",
            "to_side": "target",
            "to": "c",
            "distance": 1,
            "difference": 2,
        }
        assert len(found["attained"]) == 3
        assert [row["label"] for row in found["critic"]] == ["a", "b", "c", "d"]
        assert read["distributions"] is None

    @pytest.mark.parametrize(
        ("name", "weights", "constant"),
        [("digits", (0.5, -0.25), 0.5), ("earth_moving", (2.0,), 2.0), ("world_population", (1.0, 0.0), None)],
    )
    def test_bundled_data_as_in_python(
        self, name: str, weights: tuple[float, ...], constant: float | None, tmp_path: Path
    ) -> None:
        values = of_points(name, tmp_path, weights)
        found = as_json("audit", DATA / name, "--values", values)["audit"]
        problem = read_dataset(DATA / name).problem
        assert isinstance(problem.cost, om.GroundCost)
        metric, order = routes.named(problem.cost.metric)
        assert problem.source.points is not None
        assert problem.target.points is not None
        critic = tuple(points @ np.array(weights) for points in (problem.source.points, problem.target.points))
        audit = om.audit_critic(critic, problem.source, problem.target, metric, order=order)
        assert found["w1"] == pytest.approx(audit.w1, rel=1e-9)
        assert found["value"] == pytest.approx(audit.value, rel=1e-9, abs=1e-12)
        assert found["constant"] == pytest.approx(audit.constant if constant is None else constant)

    def test_tables_and_figures(self, line: Path) -> None:
        out = line / "result"
        said = otmodels("audit", line, "--values", line / "values.csv", "--out", out)
        names = ["attained.csv", "audit.png", "bounds.csv", "critic.csv", "critic.png", "summary.csv"]
        assert sorted(path.name for path in out.iterdir()) == names
        assert "wrote" in said
        assert all(uncut(out / name) for name in names if name.endswith(".png"))
        assert pd.read_csv(out / "bounds.csv")["value"].tolist() == pytest.approx([0, 2, 2, 2, 2])
        assert pd.read_csv(out / "attained.csv")["from side"].tolist()[0] == "source"
        assert pd.read_csv(out / "critic.csv").columns.tolist() == ["side", "label", "mass", "critic"]
        facts = pd.read_csv(out / "summary.csv", index_col="fact")["value"]
        assert float(facts["exact W1 of the samples"]) == pytest.approx(2)
        assert facts["unit of value"] == "metres"

    def test_the_exact_critic_that_was_written_is_optimal(self, line: Path) -> None:
        otmodels("audit", line, "--values", line / "values.csv", "--out", line / "result")
        table = pd.read_csv(line / "result" / "critic.csv").rename(columns={"critic": "value"})
        table.to_csv(line / "exact.csv", index=False)
        found = as_json("audit", line, "--values", line / "exact.csv")["audit"]
        assert (found["constant"], found["share"]) == (pytest.approx(1), pytest.approx(1))

    def test_points_in_space_have_no_map(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        rows = []
        for side in ("source", "target"):
            points = pd.DataFrame(rng.normal(size=(6, 3)), columns=["x", "y", "z"]).assign(label=range(6), mass=1.0)
            points.to_csv(tmp_path / f"{side}.csv", index=False)
            rows += [(side, k, value) for k, value in enumerate(points["x"])]
        pd.DataFrame(rows, columns=["side", "label", "value"]).to_csv(tmp_path / "values.csv", index=False)
        files = "--source", tmp_path / "source.csv", "--target", tmp_path / "target.csv"
        read = as_json("audit", *files, "--values", tmp_path / "values.csv", "--out", tmp_path / "result")
        assert [Path(name).name for name in read["files"]].count("critic.png") == 0
        assert (tmp_path / "result" / "audit.png").exists()

    @pytest.mark.parametrize(("metric", "value"), [("cityblock", 7.0), ("euclidean", 5.0), ("chebyshev", 4.0)])
    def test_files_and_metrics(self, metric: str, value: float, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("label,mass,x,y\na,1,0,0\n")
        (tmp_path / "b.csv").write_text("label,mass,x,y\nb,3,3,4\n")
        values = written(tmp_path, "side,label,value\nsource,a,1\ntarget,b,0\n")
        files = "--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv"
        words = ("audit", *files, "--values", values, "--metric", metric, "--balance", "rescale")
        found = as_json(*words)["audit"]
        assert (found["w1"], found["constant"]) == (pytest.approx(value), pytest.approx(1 / value))
        third = as_json(*words[:-4], "--metric", "minkowski", "--order", "3", *words[-2:])["audit"]
        assert third["w1"] == pytest.approx((27 + 64) ** (1 / 3))

    def test_splits_say_what_the_samples_say_of_distributions(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(1)
        rows = []
        for side, shift in (("source", 0.0), ("target", 2.0)):
            table = pd.DataFrame(rng.normal(size=(30, 2)) + np.array([shift, 0]), columns=["x", "y"]).assign(
                label=range(30), mass=1.0
            )
            table.to_csv(tmp_path / f"{side}.csv", index=False)
            rows += [(side, k, -value) for k, value in enumerate(table["x"])]
        pd.DataFrame(rows, columns=["side", "label", "value"]).to_csv(tmp_path / "values.csv", index=False)
        files = "--source", tmp_path / "source.csv", "--target", tmp_path / "target.csv", "--values", tmp_path / "values.csv"
        one, same, other = (as_json("audit", *files, "--splits", "3", "--seed", seed)["distributions"] for seed in "445")
        assert one == same != other
        assert one["splits"] == 3
        assert one["interval"][0] <= one["lower"] <= one["upper"] <= one["interval"][1]
        printed = otmodels("audit", *files, "--splits", "3")
        assert max(map(len, printed.splitlines())) <= 80
        assert "Distributions" in printed

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ("0,0,0,0", "The critic is constant on the samples"),
            ("0,2,1,5", "The critic has the wrong sign"),
            ("0,-1,-0.5,-2.5", "leaves unused 1."),
        ],
    )
    def test_what_is_said_of_others(self, values: str, said: str, line: Path) -> None:
        u = values.split(",")
        file = written(line, f"side,label,value\nsource,a,{u[0]}\nsource,b,{u[1]}\ntarget,c,{u[2]}\ntarget,d,{u[3]}\n")
        printed = otmodels("audit", line, "--values", file, "--out", line / "result")
        assert said in " ".join(printed.split())
        assert max(map(len, printed.splitlines())) <= 80
        as_json("audit", line, "--values", file)

    def test_unlike_values_at_equal_points_and_equal_samples(self, line: Path) -> None:
        (line / "target.csv").write_text((line / "source.csv").read_text())
        file = written(line, "side,label,value\nsource,a,1\nsource,b,1\ntarget,a,0\ntarget,b,1\n")
        printed = " ".join(otmodels("audit", line, "--values", file, "--out", line / "result").split())
        assert "W1 = 0" in printed
        (line / "target.csv").write_text("label,mass,z\na,0.5,0\nb,0.5,3\n")
        printed = " ".join(otmodels("audit", line, "--values", file).split())
        assert "its constant is infinite" in printed
        assert as_json("audit", line, "--values", file)["audit"]["constant"] is None


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("side,label,value\nsource,a,0\nsource,b,1\ntarget,c,2\n", "lacks the target 'd'. Give every target a value."),
            ("side,label,value\nsource,a,0\nsource,b,1\n", "has no row of the side target"),
            ("side,label,value\nsource,a,nan\nsource,b,1\ntarget,c,2\ntarget,d,0\n", "line 2"),
            ("side,label,value\nsource,a,inf\nsource,b,1\ntarget,c,2\ntarget,d,0\n", "line 2"),
            ("side,label,value\nsource,a,x\n", "line 2, column 'value' holds 'x'"),
            ("side,label,value\nsource,e,1\n", "'e' is not a source"),
            ("side,label,value\nsource,a,1\nsource,a,1\n", "line 3: repeats the source 'a'. Give one value an atom"),
            ("side,label,value\nleft,a,1\n", "has the side 'left'"),
            ("side,label,phi\nsource,a,1\n", "no column 'value'"),
            ("label,value\na,1\n", "no column 'side'"),
            ("", "is empty"),
        ],
    )
    def test_values_that_cannot_be_read(self, text: str, said: str, line: Path) -> None:
        assert said in refusal("audit", line, "--values", written(line, text))

    def test_options(self, line: Path) -> None:
        values = "--values", line / "values.csv"
        assert "--values: is missing" in refusal("audit", line)
        assert "--splits" in refusal("audit", line, *values, "--splits", "1")
        assert "has fewer than 4 atoms" in refusal("audit", line, *values, "--splits", "2")
        assert "beside the data set" in refusal("audit", line, *values, "--metric", "cityblock")
        files = "--source", line / "source.csv", "--target", line / "target.csv"
        assert "--metric: " in refusal("audit", *files, *values, "--metric", "manhatten")
        assert "nowhere.csv" in refusal("audit", line, "--values", line / "nowhere.csv")
        error = as_json("audit", line, "--values", line / "nowhere.csv", code=2)["error"]
        assert error["exit_code"] == 2

    @pytest.mark.parametrize(("name", "what"), [("canning", "a matrix"), ("roads", "that of a graph")])
    def test_a_cost_that_is_no_metric_of_points(self, name: str, what: str, line: Path) -> None:
        said = refusal("audit", DATA / name, "--values", line / "values.csv")
        assert f"cost: is {what}, and a critic is a function of points. Give --source and --target" in said

    def test_another_power(self, line: Path) -> None:
        (line / "problem.toml").write_text('title = "Squared"\n[cost]\nmetric = "euclidean"\npower = 2\n')
        assert "a critic belongs to W1" in refusal("audit", line, "--values", line / "values.csv")

    def test_names_of_metrics_are_those_that_were_given(self) -> None:
        assert [routes.named(Minkowski(order)) for order in (1.0, 2.0, np.inf, 3.0)] == [
            ("cityblock", None),
            ("euclidean", None),
            ("chebyshev", None),
            ("minkowski", 3.0),
        ]
