"""`otmodels explain` and `otmodels dual`, as a person runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import as_json, otmodels, refusal

import otmodels as om
from otmodels.lp import LinearProgram


@pytest.fixture(autouse=True)
def narrow_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def stuck(tmp_path: Path) -> list[str | Path]:
    """Two bakeries that reach only one mill, which takes less, and an island with a port too small."""
    pd.DataFrame({"label": ["Ulm", "Bonn", "Kiel", "Elba"], "mass": [5, 4, 1, 3]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"label": ["mill", "bridge", "dam", "port"], "mass": [6, 3, 3, 1]}).to_csv(tmp_path / "b.csv", index=False)
    inf = np.inf
    cost = [[0, inf, inf, inf], [0, inf, inf, inf], [1, 1, 1, 1], [inf, inf, inf, 2]]
    pd.DataFrame(cost, ["Ulm", "Bonn", "Kiel", "Elba"], ["mill", "bridge", "dam", "port"]).to_csv(tmp_path / "c.csv")
    return ["--source", tmp_path / "a.csv", "--target", tmp_path / "b.csv", "--cost", tmp_path / "c.csv"]


class TestExplain:
    def test_an_infeasible_problem_names_who_is_stuck_and_what_would_help(self, stuck: list[str | Path], tmp_path: Path) -> None:
        shown = " ".join(otmodels("explain", *stuck, "--out", tmp_path / "out").split())
        assert "sources 'Ulm', 'Bonn' hold 9, and the targets that they may reach, 'mill', take 6: 3 has nowhere to go" in shown
        assert "sources 'Elba' hold 3" in shown
        repair = pd.read_csv(tmp_path / "out" / "repair.csv")
        assert repair["mass"].sum() == 5
        atoms = pd.read_csv(tmp_path / "out" / "bottlenecks.csv")
        assert atoms["label"].tolist() == ["Ulm", "Bonn", "mill", "Elba", "port"]

    def test_its_repair_opens_the_way(self, stuck: list[str | Path], tmp_path: Path) -> None:
        read = as_json("explain", *stuck)
        assert (read["feasible"], read["shortfall"]) == (False, 5)
        cost = pd.read_csv(tmp_path / "c.csv", index_col=0)
        for pair in read["repair"]:
            cost.loc[pair["source"], pair["target"]] = 9
        cost.to_csv(tmp_path / "c.csv")
        assert as_json("explain", *stuck)["feasible"]

    def test_solving_it_is_refused_with_the_same_words(self, stuck: list[str | Path]) -> None:
        assert "'Ulm', 'Bonn' hold 9" in refusal("solve", *stuck)

    def test_a_feasible_problem_says_what_is_unique_and_how_far_it_holds(self, tmp_path: Path) -> None:
        shown = " ".join(otmodels("explain", "data/canning", "--out", tmp_path).split())
        assert "Not unique 4 of 12 numbers" in shown
        assert re.search(r"plan Seattle New York (0|50) 0 50", shown)
        assert "Seattle Chicago 0.153 -inf 0.162 300" in shown
        costs, masses = shown.split("Costs of the pairs in use")[1].split("Masses")
        assert "Seattle Topeka" not in costs
        assert masses.index("San Diego 600") < masses.index("New York 325") < masses.index("Topeka 275")
        table = pd.read_csv(tmp_path / "uniqueness.csv")
        assert table.columns.tolist() == ["what", "source", "target", "value", "lowest", "highest", "unique"]
        assert len(pd.read_csv(tmp_path / "ranging.csv")) == 8 + 5

    def test_json_has_null_where_a_range_has_no_end(self) -> None:
        read = as_json("explain", "data/canning")
        row = next(row for row in read["ranging"] if (row["source"], row["target"]) == ("Seattle", "Chicago"))
        assert (row["lowest"], row["highest"]) == (None, pytest.approx(0.162))
        assert {row["fact"] for row in read["degeneracy"]} >= {"plan is degenerate", "potentials are degenerate"}

    def test_more_pairs_than_can_be_examined(self) -> None:
        assert "at most" in refusal("explain", "data/pictures")

    def test_a_data_set_that_is_not_there(self) -> None:
        assert "nowhere" in refusal("explain", "data/nowhere")


class TestDual:
    @pytest.fixture
    def canning(self, tmp_path: Path) -> Path:
        om.build(om.read_dataset("data/canning").problem).linear_program().write_mps(tmp_path / "canning.mps")
        return tmp_path / "canning.mps"

    def test_both_programs_are_written_out_with_names_and_agree(self, canning: Path) -> None:
        shown = " ".join(otmodels("dual", canning).split())
        assert "minimise 0.225 gamma[Seattle,New York] + 0.225 gamma[San Diego,New York]" in shown
        assert "maximise 350 source_marginal[Seattle] + 600 source_marginal[San Diego]" in shown
        assert "source_marginal[Seattle] + target_marginal[New York] <= 0.225" in shown
        assert shown.count("value 153.675") == 2
        assert "strong duality" in shown

    def test_the_dual_is_written_as_a_model_whose_dual_is_the_program(self, canning: Path, tmp_path: Path) -> None:
        otmodels("dual", canning, "--out", tmp_path / "dual.mps")
        once = LinearProgram.read_mps(tmp_path / "dual.mps")
        assert list(once.column_names) == list(LinearProgram.read_mps(canning).row_names)
        assert once.solve().value == pytest.approx(153.675)
        assert once.dual().solve().value == pytest.approx(153.675)

    def test_json_has_point_and_multipliers_by_name(self, canning: Path) -> None:
        read = as_json("dual", canning)
        assert read["primal"]["value"] == pytest.approx(153.675)
        assert read["primal"]["point"]["gamma[Seattle,Chicago]"] == 300
        assert read["dual"]["multipliers"]["gamma[Seattle,Chicago]"] == 300

    @pytest.mark.parametrize(
        ("c", "matrix", "b", "endings"),
        [
            ([1, 1], [[1, 1], [-1, 0], [0, -1]], [5, -1, -2], ("infeasible", "unbounded")),
            ([-1, 0], [[1, -1]], [0], ("unbounded", "infeasible")),
            ([-1, 0], [[0, -1]], [1], ("infeasible", "infeasible")),
        ],
    )
    def test_a_program_without_an_optimum_is_proven_to_have_none(
        self, c: list[float], matrix: list[list[float]], b: list[float], endings: tuple[str, str], tmp_path: Path
    ) -> None:
        LinearProgram.canonical(c, matrix, b).write_mps(tmp_path / "m.mps")
        shown = " ".join(otmodels("dual", tmp_path / "m.mps").split())
        assert f"the program is {endings[0]}, its dual {endings[1]}" in shown
        assert shown.count("proven because") == 2

    def test_values_eighteen_orders_of_magnitude_apart_agree(self, tmp_path: Path) -> None:
        """HiGHS takes the dear one of two columns; exact arithmetic on the basis goes on to the cheap one."""
        LinearProgram.canonical([1e-12, 1e12], [[1e-9, 1e9]], [1e6]).write_mps(tmp_path / "m.mps")
        shown = otmodels("dual", tmp_path / "m.mps")
        assert "not certified" not in shown
        assert "strong duality: the two values agree" in shown

    def test_only_so_many_rows_are_written_out(self, canning: Path) -> None:
        assert "... and 5 more rows" in otmodels("dual", canning, "--rows", "1")
        assert "rows: is -1" in refusal("dual", canning, "--rows", "-1")

    def test_files_that_are_no_models_and_places_that_are_no_files(self, canning: Path, tmp_path: Path) -> None:
        (tmp_path / "notes.csv").write_text("label,mass\nUlm,1\n", encoding="utf-8")
        said = refusal("dual", tmp_path / "notes.csv")
        assert "line 1: 'label,mass' stands in no section" in said
        assert "Give an MPS file" in said
        assert "is not there" in refusal("dual", tmp_path / "nothing.mps")
        assert "is a folder" in refusal("dual", canning, "--out", tmp_path)

    def test_of_several_sets_the_first_or_the_one_that_is_asked_for(self, tmp_path: Path) -> None:
        """X may be 4 or 9, and is."""
        lines = ["NAME", "ROWS", " N COST", " L CAP", "COLUMNS", " X COST -1 CAP 1", "RHS", " DRY CAP 4", " WET CAP 9", "ENDATA"]
        (tmp_path / "m.mps").write_text("\n".join(lines), encoding="utf-8")
        shown = " ".join(otmodels("dual", tmp_path / "m.mps").split())
        assert "read of 2 RHS sets, DRY is used, and not WET" in shown
        assert shown.count("value -4") == 2
        read = as_json("dual", tmp_path / "m.mps", "--sets", "RHS=WET")
        assert read["primal"]["notes"] == ["of 2 RHS sets, WET is used, and not DRY"]
        assert (read["primal"]["value"], read["dual"]["value"], read["dual"]["notes"]) == (-9, -9, [])
        assert "there is no RHS set 'DAMP'. Choose one of DRY, WET" in refusal("dual", tmp_path / "m.mps", "--sets", "RHS=DAMP")
        assert "--sets: is 'WET'" in refusal("dual", tmp_path / "m.mps", "--sets", "WET")

    def test_an_lp_file(self, tmp_path: Path) -> None:
        (tmp_path / "m.lp").write_text("max\n 3 x + 2 y\nst\n hours: x + y <= 4\n x <= 3\nend\n", encoding="utf-8")
        shown = " ".join(otmodels("dual", tmp_path / "m.lp").split())
        assert "maximise 3 x + 2 y subject to hours: x + y <= 4" in shown
        assert shown.count("value 11") == 2
        assert "--sets: is given for m.lp" in refusal("dual", tmp_path / "m.lp", "--sets", "RHS=a")

    def test_a_limit_leaves_nothing_proven(self, tmp_path: Path) -> None:
        om.build(om.read_dataset("data/digits").problem).linear_program().write_mps(tmp_path / "digits.mps")
        read = json.loads(otmodels("dual", tmp_path / "digits.mps", "--time-limit", "1e-9", "--json", code=1))
        assert read["primal"]["value"] is None
        assert not read["primal"]["verified"]
