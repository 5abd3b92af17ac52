"""Linear programs in MPS files: what is written is what is read back, and what a reader had to decide is said."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array
from statements import INF, bread, changed, programs, refused, same

from otmodels.errors import DuplicateLabelError, FileFormatError, ModelError, NotLinearError, ParameterError, UnknownNameError
from otmodels.lp import LinearProgram

ENDS_THAT_ADD_UP = [(0.6, 3.0), (-0.2, 2.0), (-1.9, -0.2), (-1.1, 0.2)]


class TestWritten:
    @settings(deadline=None, max_examples=200)
    @given(lp=programs())
    def test_a_program_reads_back_as_itself_in_its_own_order(self, lp: LinearProgram, tmp_path_factory: Any) -> None:
        path = tmp_path_factory.mktemp("mps") / "a.mps"
        lp.write_mps(path)
        again = LinearProgram.read_mps(path)
        assert (list(again.row_names), list(again.column_names)) == (list(lp.row_names), list(lp.column_names))
        same(again, lp)

    @given(st.floats(1e-11, 1e14), st.floats(-1e19, 1e19), st.floats(-1e19, 1e19))
    def test_numbers_read_back_to_the_last_bit(self, tmp_path_factory: Any, entry: float, cost: float, side: float) -> None:
        path = tmp_path_factory.mktemp("mps") / "a.mps"
        lp = changed(LinearProgram.standard([cost, 1 / 3], [[entry, -entry]], [side]), lower=np.array([-INF, side]), offset=cost)
        lp.write_mps(path)
        same(LinearProgram.read_mps(path), lp)

    @given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
    def test_the_ends_of_a_ranged_row_move_by_a_rounding_at_most(self, tmp_path_factory: Any, low: float, width: float) -> None:
        path = tmp_path_factory.mktemp("mps") / "a.mps"
        lp = changed(LinearProgram.standard([1], [[1]], [0]), row_lower=np.array([low]), row_upper=np.array([low + width]))
        if lp.row_lower[0] == lp.row_upper[0]:
            return
        lp.write_mps(path)
        again = LinearProgram.read_mps(path)
        moved = np.abs(np.concatenate([again.row_lower - lp.row_lower, again.row_upper - lp.row_upper]))
        assert moved.max() <= np.spacing(max(abs(low), abs(low + width)))
        assert moved.min() == 0

    @pytest.mark.parametrize(("low", "high"), ENDS_THAT_ADD_UP)
    def test_the_ends_of_a_ranged_row_stay_where_one_of_them_can_be_reached_from_the_other(
        self, tmp_path: Path, low: float, high: float
    ) -> None:
        lp = changed(LinearProgram.standard([1], [[1]], [0]), row_lower=np.array([low]), row_upper=np.array([high]))
        lp.write_mps(tmp_path / "a.mps")
        same(LinearProgram.read_mps(tmp_path / "a.mps"), lp)

    NAMES = (
        "New York", "New_York", "New\tYork", "RHS", "rows", "ENDATA", "OBJSENSE", "OBJECTIVE", "SIDE", "BOUND", "*star",
        "$dollar", "'MARKER'", '"q"', "3", "-1e5", "gamma[Paris, France,Zürich]", "x" * 300, "", "  ", "a\u00a0b", "a = b", "MAX",
        "nul\x00", "a\u200bb",
    )  # fmt: skip

    def test_names_of_every_kind_are_restored(self, tmp_path: Path) -> None:
        names = list(self.NAMES)
        k = len(names)
        lp = changed(
            LinearProgram.standard(np.arange(1.0, k + 1), np.eye(k), np.arange(k) + 0.5, names, names[::-1]),
            sense="max",
            offset=-2.0,
        )
        lp.write_mps(tmp_path / "names.mps")
        again = LinearProgram.read_mps(tmp_path / "names.mps")
        assert (list(again.row_names), list(again.column_names)) == (names, names[::-1])
        same(again, lp)

    def test_another_reader_gets_names_without_blanks_and_the_file_says_whose_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mps"
        LinearProgram.standard([1, 2, 3], [[1, 1, 1]], [1], ["total"], ["New York", "New_York", "Ulm"]).write_mps(path)
        highs = highspy.Highs()
        highs.silent()
        assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
        assert highs.getLp().col_names_ == ["New_York_", "New_York", "Ulm"]
        assert path.read_text().splitlines()[0] == '* column New_York_ = "New York"'

    def test_a_file_written_by_highs(self, tmp_path: Path) -> None:
        lp = changed(bread(), sense="max", offset=3.0, row_upper=np.array([9.0, INF]), upper=np.array([5.0, 2.0]))
        lp.to_highspy().writeModel(str(tmp_path / "theirs.mps"))
        same(LinearProgram.read_mps(tmp_path / "theirs.mps"), lp)

    def test_a_file_with_another_ending_and_a_path_that_is_text(self, tmp_path: Path) -> None:
        bread().write_mps(str(tmp_path / "model.txt"))
        same(LinearProgram.read_mps(str(tmp_path / "model.txt")), bread())

    def test_a_file_in_fixed_format_with_blanks_in_its_names(self, tmp_path: Path) -> None:
        lines = [
            "NAME          OLD",
            "ROWS",
            " N  COST",
            " G  ROW ONE",
            "COLUMNS",
            "    COL ONE   COST               2.0   ROW ONE            1.0",
        ]
        path = tmp_path / "fixed.mps"
        path.write_text("\n".join([*lines, "RHS", "    RHS       ROW ONE            3.0", "ENDATA", ""]))
        program = LinearProgram.read_mps(path)
        assert (list(program.column_names), list(program.row_names), program.row_lower.tolist()) == (
            ["COL ONE"],
            ["ROW ONE"],
            [3],
        )

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("ENDATA", "", "cannot read"),
            (" buy[milk] protein 2.0", " buy[milk] protein nan", "nan"),
            (" buy[milk] protein 2.0", " buy[milk] protein 1e-15", "part"),
            (" buy[milk] protein 2.0", " buy[milk] protein 2.0\n buy[milk] protein 3.0", "second time"),
            (" SIDE protein 6.0", " SIDE proteins 6.0", "proteins"),
            (" buy[milk] OBJECTIVE 3.0", " buy[milk] OBJECTIVE 1e400", "infinite"),
            ("BOUNDS", "BOUNDS\n UP BOUND buy[milk] -1\n LO BOUND buy[milk] 2", "buy[milk] has the lower bound 2"),
            ("ROWS", "ROWZ", "'ROWZ'"),
            (" buy[milk] protein 2.0", " buy[milk] protein 2,0", "2,0"),
            (" buy[milk] protein 2.0", " buy[milk] protein 2D0", "2D0"),
            (" SIDE protein 6.0", " SIDE protein six", "six"),
            ("BOUNDS", "BOUNDS\n UP BOUND buy[milk] 1,5", "1,5"),
        ],
    )
    def test_a_file_that_is_read_in_part_or_not_at_all(self, tmp_path: Path, old: str, new: str, words: str) -> None:
        path = tmp_path / "bad.mps"
        bread().write_mps(path)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        refused(FileFormatError, lambda: LinearProgram.read_mps(path), str(path), words)

    @pytest.mark.parametrize("text", ["", "hello\nworld\n", "{}", "a,b\n1,2\n"])
    def test_a_file_that_is_no_model(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "no.mps").write_text(text)
        refused(FileFormatError, lambda: LinearProgram.read_mps(tmp_path / "no.mps"), "no.mps")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: LinearProgram.read_mps(tmp_path / "none.mps"), "none.mps", "not there")
        refused(FileFormatError, lambda: LinearProgram.read_mps(tmp_path), str(tmp_path))
        refused(FileFormatError, lambda: bread().write_mps(tmp_path / "no" / "a.mps"), "a.mps")

    def test_files_with_integers_and_quadratic_terms(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mps"
        bread().write_mps(path)
        text = path.read_text()
        path.write_text(text.replace("ENDATA", " LI BOUND buy[milk] 1\nENDATA"))
        refused(NotLinearError, lambda: LinearProgram.read_mps(path), "a.mps", "buy[milk]")
        path.write_text(text.replace("ENDATA", "QUADOBJ\n buy[milk] buy[milk] 2\nENDATA"))
        refused(NotLinearError, lambda: LinearProgram.read_mps(path), "a.mps", "quadratic")

    def test_programs_that_mps_cannot_hold(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mps"
        refused(ModelError, lambda: changed(bread(), upper=np.array([-1.0, 1])).write_mps(path), "buy[bread]", "MPS")
        refused(ModelError, lambda: changed(bread(), row_upper=np.array([1.0, INF])).write_mps(path), "energy", "MPS")
        refused(DuplicateLabelError, lambda: changed(bread(), row_names=["r", "r"]).write_mps(path), "'r'")
        refused(FileFormatError, lambda: changed(bread(), upper=np.array([1e20, 1])).write_mps(path), "1e20")
        refused(FileFormatError, lambda: changed(bread(), A=csc_array([[1e-12, 1], [1, 1]])).write_mps(path), "1e-12")
        assert not path.exists()


BLEND = """NAME BLEND
ROWS
 N COST
 L CAP
 G NEED
COLUMNS
 X COST 1 CAP 1
 X NEED 1
 Y COST 3 CAP 1
 Y NEED 2
RHS
 DRY CAP 10 NEED 4
RANGES
 WIDE CAP 6
BOUNDS
 UP LOW X 2
ENDATA
"""
"""The cheapest blend of 4 units or more for a need of 4 is X = 2, Y = 2, at 8; the dearest of 10 at most Y = 10, at 30."""

FIXED = """NAME          BLEND
ROWS
 N  COST
 L  THE CAP
 G  NEED
COLUMNS
    ROUGH X   COST               1.0   THE CAP            1.0
    ROUGH X   NEED               1.0
    Y         COST               3.0   THE CAP            1.0
    Y         NEED               2.0
RHS
    DRY       THE CAP           10.0   NEED               4.0
RANGES
    WIDE      THE CAP            6.0
BOUNDS
 UP LOW       ROUGH X            2.0
ENDATA
"""
"""The same in fixed format, where names may have blanks."""


def read(folder: Path, text: str, sets: dict[str, str] | None = None) -> LinearProgram:
    path = folder / "model.mps"
    path.write_text(text)
    return LinearProgram.read_mps(path, sets)


def ends(lp: LinearProgram) -> dict[str, tuple[float, float]]:
    """Bounds of rows and columns by name."""
    names = [*lp.row_names, *lp.column_names]
    lower, upper = np.concatenate([lp.row_lower, lp.lower]), np.concatenate([lp.row_upper, lp.upper])
    return dict(zip(names, zip(lower.tolist(), upper.tolist(), strict=True), strict=True))


class TestSets:
    SEVERAL = (
        BLEND.replace("RANGES", " WET NEED 9\nRANGES")
        .replace("BOUNDS", " SLIM NEED 1\nBOUNDS")
        .replace("ENDATA", " LO HIGH Y 5\n UP HIGH X 9\nENDATA")
    )

    def test_a_file_with_one_of_each_has_nothing_to_say(self, tmp_path: Path) -> None:
        lp = read(tmp_path, BLEND)
        assert ends(lp) == {"CAP": (4, 10), "NEED": (4, INF), "X": (0, 2), "Y": (0, INF)}
        assert lp.notes == ()
        assert lp.solve().value == 8

    def test_the_first_of_each_is_used_and_the_others_are_named(self, tmp_path: Path) -> None:
        lp = read(tmp_path, self.SEVERAL)
        same(lp, read(tmp_path, BLEND))
        for note, section, used, other in zip(
            lp.notes, ("RHS", "RANGES", "BOUNDS"), ("DRY", "WIDE", "LOW"), ("WET", "SLIM", "HIGH"), strict=True
        ):
            assert f"of 2 {section} sets, {used} is used, and not {other}" == note

    def test_they_can_be_chosen(self, tmp_path: Path) -> None:
        lp = read(tmp_path, self.SEVERAL, {"RHS": "WET", "RANGES": "SLIM", "bounds": "HIGH"})
        assert ends(lp) == {"CAP": (-INF, 0), "NEED": (9, 10), "X": (0, 9), "Y": (5, INF)}
        assert [note.split(", ")[1] for note in lp.notes] == ["WET is used", "SLIM is used", "HIGH is used"]
        only = read(tmp_path, self.SEVERAL, {"BOUNDS": "HIGH"})
        assert ends(only) == {"CAP": (4, 10), "NEED": (4, INF), "X": (0, 9), "Y": (5, INF)}

    def test_a_set_without_a_name_is_one(self, tmp_path: Path) -> None:
        text = BLEND.replace("RANGES", " CAP 7\nRANGES").replace("ENDATA", " UP Y 5\n FR X\nENDATA")
        assert "the one without a name" in "".join(read(tmp_path, text).notes)
        assert ends(read(tmp_path, text, {"RHS": "", "BOUNDS": ""})) == {
            "CAP": (1, 7), "NEED": (0, INF), "X": (-INF, INF), "Y": (0, 5)
        }  # fmt: skip

    def test_integers_of_a_set_that_is_not_used_are_no_fault(self, tmp_path: Path) -> None:
        text = BLEND.replace("ENDATA", " UI WHOLE Y 5\nENDATA")
        assert ends(read(tmp_path, text))["Y"] == (0, INF)
        refused(NotLinearError, lambda: read(tmp_path, text, {"BOUNDS": "WHOLE"}), "'Y'")

    def test_sets_that_are_not_there(self, tmp_path: Path) -> None:
        refused(UnknownNameError, lambda: read(tmp_path, BLEND, {"RHS": "WET"}), "RHS", "'WET'", "DRY")
        refused(UnknownNameError, lambda: read(tmp_path, BLEND, {"ROWS": "DRY"}), "'ROWS'", "RANGES")
        without = BLEND.replace("BOUNDS\n UP LOW X 2\n", "")
        refused(UnknownNameError, lambda: read(tmp_path, without, {"BOUNDS": "LOW"}), "BOUNDS", "none")
        refused(ParameterError, lambda: LinearProgram.read_mps(tmp_path / "model.mps", "RHS"), "sets", "'RHS'")  # type: ignore[arg-type]

    def test_of_a_file_in_fixed_format(self, tmp_path: Path) -> None:
        plain = read(tmp_path, FIXED)
        assert ends(plain) == {"THE CAP": (4, 10), "NEED": (4, INF), "ROUGH X": (0, 2), "Y": (0, INF)}
        text = FIXED.replace("RANGES", "    WET       THE CAP            7.0\nRANGES").replace(
            "ENDATA", " UP HIGH      ROUGH X           -1.0\nENDATA"
        )
        same(read(tmp_path, text), plain)
        lp = read(tmp_path, text, {"RHS": "WET", "BOUNDS": "HIGH"})
        assert ends(lp) == {"THE CAP": (1, 7), "NEED": (0, INF), "ROUGH X": (-INF, -1), "Y": (0, INF)}

    @settings(deadline=None, max_examples=30)
    @given(lp=programs(), numbers=st.lists(st.integers(-9, 9), min_size=6, max_size=6))
    def test_any_program_is_read_whatever_sets_stand_behind_its_own(
        self, lp: LinearProgram, numbers: list[int], tmp_path_factory: Any
    ) -> None:
        path = tmp_path_factory.mktemp("mps") / "a.mps"
        lp.write_mps(path)
        lines = path.read_text().splitlines()
        heads = [lines.index(head) for head in ("ROWS", "COLUMNS", "RHS", "BOUNDS", "ENDATA")]
        of = {lines[start]: lines[start + 1 : end] for start, end in pairwise(heads)}
        rows, columns = [line.split()[1] for line in of["ROWS"][1:]], dict.fromkeys(line.split()[0] for line in of["COLUMNS"])
        if of["RHS"] and of["RHS"][-1].startswith(" "):  # of right-hand sides or ranges, whichever are last
            lines[heads[3] : heads[3]] = [f" OTHER {row} {v}" for row, v in zip(rows, numbers, strict=False)]
        if of["BOUNDS"]:
            lines[-1:-1] = [f" UP OTHER {column} {v}" for column, v in zip(columns, numbers, strict=False)]
        path.write_text("\n".join(lines))
        same(LinearProgram.read_mps(path), lp)


class TestBounds:
    @pytest.mark.parametrize(
        ("bounds", "x"),
        [
            ([" UP LOW X -2"], (-INF, -2)),
            ([" UP LOW X -2", " LO LOW X -9"], (-9, -2)),
            ([" LO LOW X -9", " UP LOW X -2"], (-9, -2)),
            ([" MI LOW X", " UP LOW X -2"], (-INF, -2)),
            ([" UP LOW X 0"], (0, 0)),
            ([" FX LOW X -2"], (-2, -2)),
        ],
    )
    @pytest.mark.parametrize("text", [BLEND, FIXED], ids=["free", "fixed"])
    def test_an_upper_bound_below_0_and_no_lower_one(
        self, tmp_path: Path, text: str, bounds: list[str], x: tuple[float, float]
    ) -> None:
        """-inf, as SAS, QSopt and lp_solve read it, and said; a bound of 0 leaves the lower one at 0."""
        name = "ROUGH X" if text is FIXED else "X"
        if text is FIXED:
            kinds = [line.split() for line in bounds]
            bounds = [f" {w[0]} {w[1]:<8}  {name:<8}  {w[3] if len(w) > 3 else '':>12}" for w in kinds]
        lp = read(tmp_path, text[: text.index(" UP ")] + "\n".join([*bounds, "ENDATA", ""]))
        assert ends(lp)[name] == x
        said = f"an upper bound below 0 and no lower bound: the lower bound is -inf, of {name}"
        assert lp.notes == ((said,) if x == (-INF, -2) and len(bounds) == 1 else ())

    def test_bounds_that_cross_are_named(self, tmp_path: Path) -> None:
        text = BLEND.replace("ENDATA", " LO LOW X 3\nENDATA")
        refused(FileFormatError, lambda: read(tmp_path, text), "X has the lower bound 3 above the upper bound 2")


class TestWhatHighsPassesOver:
    """Lines that HiGHS reads as something else, or not at all, and says nothing."""

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            (" UP LOW X 2", " UP LOW XX 2", ["line 16", "'XX'"]),
            (" UP LOW X 2", " UP LOW X 2 $ note", ["line 16"]),
            (" UP LOW X 2", " UP LOW X 2\n UP LOW X 3", ["line 17", "upper bound of X", "second time"]),
            (" X COST 1 CAP 1\n X NEED 1", " X COST 1 CAP 1 NEED 1", ["line 7", "one or two pairs"]),
            (" X COST 1 CAP 1", " X COST 1 CAP", ["line 7", "one or two pairs"]),
            (" DRY CAP 10 NEED 4", " DRY CAP 10 NEED 4 COST 5", ["line 12", "one or two pairs"]),
            (" DRY CAP 10 NEED 4", " DRY COST 5 CAP 10 NEED 4", ["line 12", "one or two pairs"]),
            (" DRY CAP 10 NEED 4", " DRY CAP 10 NEEDS 4", ["line 12", "'NEEDS'"]),
            (" DRY CAP 10 NEED 4", " DRY CAP 10 NEED 4\n DRY CAP 9", ["line 13", "row CAP", "second time"]),
            (" Y COST 3 CAP 1", " NAME COST 3 CAP 1", ["line 9", "NAME"]),
            (" N COST", " N COST\n N COST", ["line 4", "row COST", "second time"]),
            ("NAME BLEND", "NAME BLEND\nSENSE MAX", ["line 2", "SENSE MAX"]),
            ("NAME BLEND", "NAME BLEND\nMAXIMIZE", ["line 2", "MAXIMIZE"]),
            ("ROWS", "OBJSENSE\n UP\nROWS", ["line 3", "MIN nor MAX"]),
        ],
    )
    def test_is_refused_by_its_line(self, tmp_path: Path, old: str, new: str, words: list[str]) -> None:
        assert old in BLEND
        refused(FileFormatError, lambda: read(tmp_path, BLEND.replace(old, new, 1)), "model.mps", *words)

    def test_ranges_before_the_right_hand_sides_that_they_are_of(self, tmp_path: Path) -> None:
        for text in (BLEND, FIXED):
            before, right, ranges, after = (
                text[: text.index("RHS")],
                text[text.index("RHS") : text.index("RANGES")],
                text[text.index("RANGES") : text.index("BOUNDS")],
                text[text.index("BOUNDS") :],
            )
            refused(FileFormatError, lambda parts=(before, ranges, right, after): read(tmp_path, "".join(parts)), "RHS", "RANGES")  # type: ignore[misc]

    @pytest.mark.parametrize(
        "head", ["OBJSENSE\n  MAX", "OBJSENSE MAX", "OBJSENSE MAXIMIZE", "OBJSENSE: MAX", "objsense\n maximise"]
    )
    def test_a_maximum_is_one_however_it_is_written(self, tmp_path: Path, head: str) -> None:
        lp = read(tmp_path, BLEND.replace("NAME BLEND", f"NAME BLEND\n{head}"))
        assert (lp.sense, lp.solve().value) == ("max", 30)

    def test_sets_that_are_named_like_columns_and_rows(self, tmp_path: Path) -> None:
        text = BLEND.replace(" DRY ", " NEED ").replace(" WIDE ", " CAP ").replace(" LOW ", " Y ")
        same(read(tmp_path, text), read(tmp_path, BLEND))

    def test_further_rows_of_type_n_are_left_out_with_all_that_is_said_of_them(self, tmp_path: Path) -> None:
        text = BLEND.replace(" N COST", " N COST\n N SPARE").replace(" X NEED 1", " X NEED 1 SPARE 5")
        text = text.replace(" DRY CAP", " DRY SPARE 7\n DRY COST -2\n DRY CAP")
        lp = read(tmp_path, text)
        same(changed(lp, offset=0.0), read(tmp_path, BLEND))
        assert lp.offset == 2
        assert lp.notes == ("rows of type N after the first bound nothing and are left out: SPARE",)

    def test_lines_that_are_not_indented_and_compressed_files(self, tmp_path: Path) -> None:
        flat = "\n".join(line.strip() for line in TestSets.SEVERAL.splitlines())
        same(read(tmp_path, flat), read(tmp_path, BLEND))
        with gzip.open(tmp_path / "model.mps.gz", "wt") as file:
            file.write(TestSets.SEVERAL)
        lp = LinearProgram.read_mps(tmp_path / "model.mps.gz", {"RHS": "WET"})
        assert ends(lp)["NEED"] == (9, INF)
