"""Linear programs in LP files: read as they are meant, or refused by the line that HiGHS would read as something else."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from statements import INF, bread, programs, refused, same

from otmodels.errors import FileFormatError, NotLinearError
from otmodels.lp import LinearProgram

DIET = r"""\ two foods
Minimize
 cost: 2 bread + 3 milk
Subject To
 energy: bread + milk >= 4
 protein: bread
   + 2 milk >= 6
Bounds
 bread <= 5
 -1 <= milk <= 9
End
"""
"""Bread and milk, 2 each, at 10."""


def read(folder: Path, text: str) -> LinearProgram:
    path = folder / "model.lp"
    path.write_text(text)
    return LinearProgram.read_lp(path)


def columns(lp: LinearProgram) -> dict[str, tuple[float, float, float]]:
    """Cost and bounds by name."""
    return dict(zip(lp.column_names, zip(lp.c.tolist(), lp.lower.tolist(), lp.upper.tolist(), strict=True), strict=True))


class TestRead:
    def test_a_file_as_people_write_them(self, tmp_path: Path) -> None:
        lp = read(tmp_path, DIET)
        assert columns(lp) == {"bread": (2, 0, 5), "milk": (3, -1, 9)}
        assert (list(lp.row_names), lp.row_lower.tolist(), lp.row_upper.tolist()) == (["energy", "protein"], [4, 6], [INF, INF])
        assert lp.A.toarray().tolist() == [[1, 1], [1, 2]]
        assert (lp.sense, lp.offset, lp.notes) == ("min", 0, ())
        assert lp.solve().value == 10

    @pytest.mark.parametrize(
        ("old", "new", "bread"),
        [
            (" bread <= 5", " bread free", (2, -INF, INF)),
            (" bread <= 5", " bread >= -infinity", (2, -INF, INF)),
            (" bread <= 5", " bread = 3", (2, 3, 3)),
            (" bread <= 5", " 1 <= bread", (2, 1, INF)),
            (" bread <= 5", " bread <= 5\n bread <= 4", (2, 0, 4)),
            ("2 bread + 3", "-2.5e0bread - - 3", (-2.5, 0, 5)),
            ("cost: ", "", (2, 0, 5)),
        ],
    )
    def test_bounds_and_terms_in_other_words(self, tmp_path: Path, old: str, new: str, bread: tuple[float, ...]) -> None:
        assert old in DIET
        lp = read(tmp_path, DIET.replace(old, new))
        assert columns(lp) == {"bread": bread, "milk": (3, -1, 9)}

    def test_a_maximum_with_a_constant_rows_without_names_and_a_variable_twice_in_a_row(self, tmp_path: Path) -> None:
        lp = read(tmp_path, "max\n x + 2 y - 7\nst\n x + 3 y + x <= 8\n last: x - y = 1\n y >= 0\nend\n")
        assert (lp.sense, lp.offset, list(lp.row_names)) == ("max", -7, ["row_0", "last", "row_2"])
        assert lp.A.toarray().tolist() == [[2, 3], [1, -1], [0, 1]]

    def test_a_variable_among_the_bounds_alone_is_noted(self, tmp_path: Path) -> None:
        lp = read(tmp_path, DIET.replace(" bread <= 5", " beard <= 5"))
        assert columns(lp) == {"bread": (2, 0, INF), "milk": (3, -1, 9), "beard": (0, 0, 5)}
        assert lp.notes == ("variables that stand among the bounds alone: beard",)

    def test_compressed_or_with_another_ending(self, tmp_path: Path) -> None:
        with gzip.open(tmp_path / "a.lp.gz", "wt") as file:
            file.write(DIET)
        (tmp_path / "model.txt").write_text(DIET)
        for name in ("a.lp.gz", "model.txt"):
            same(LinearProgram.read_lp(str(tmp_path / name)), read(tmp_path, DIET))

    @settings(deadline=None, max_examples=40)
    @given(lp=programs())
    def test_a_file_of_any_program_that_highs_or_pyomo_wrote_has_its_optimum(
        self, lp: LinearProgram, tmp_path_factory: Any
    ) -> None:
        """HiGHS leaves out free rows and the digits after the 15th, pyomo chooses names of its own."""
        folder = tmp_path_factory.mktemp("lp")
        lp.to_highspy().writeModel(str(folder / "highs.lp"))
        model = lp.to_pyomo()
        model.write(str(folder / "pyomo.lp"), format="lp")
        answer = lp.solve()
        for name in ("highs.lp", "pyomo.lp"):
            again = LinearProgram.read_lp(folder / name).solve()
            assert again.status == answer.status
            if answer.certificate is not None:
                assert again.value == pytest.approx(answer.value, rel=1e-9, abs=1e-9)


class TestRefused:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            (">= 4", ">= 4;", ["line 5", "';'"]),
            ("2 bread + 3 milk", "2 bread + 3 milk + bread", ["'bread'", "two terms"]),
            ("2 bread + 3 milk", "2 bread 3 milk", ["line 3", "'3'"]),
            ("2 bread + 3 milk", "2 (bread + milk)", ["line 3", "'('"]),
            ("2 bread + 3 milk", "2 * bread + 3 milk", ["line 3", "'*'"]),
            ("2 bread", "2,5 bread", ["line 3", "','"]),
            ("2 bread", "2D0 bread", ["line 3", "'bread'"]),
            ("2 bread", "0x2 bread", ["line 3", "'0x'"]),
            ("2 bread", "2 infant + bread", ["line 3", "'infant'"]),
            ("2 bread", "2 nancy + bread", ["line 3", "'nancy'"]),
            ("bread + milk >= 4", "bread + milk + 3 >= 4", ["line 5", "constant"]),
            ("bread + milk >= 4", "4 <= bread + milk <= 8", ["line 5", "constant"]),
            ("bread + milk >= 4", "bread + milk >= 4 <= 8", ["line 5", "'<='"]),
            ("bread + milk >= 4", "bread + milk >= 4\n <= 8", ["line 6", "without a variable"]),
            ("bread + milk >= 4", "bread + milk >= 4 + 2", ["line 5", "'+'"]),
            ("bread + milk >= 4", "bread >= 4 - milk", ["line 5", "'-'"]),
            ("bread + milk >= 4", "bread >= milk", ["line 5", "'milk'"]),
            ("bread + milk >= 4", "bread + milk => 4", ["line 5", "HiGHS reads these three"]),
            ("bread + milk >= 4", "bread + milk > 4", ["line 5", "HiGHS reads these three"]),
            ("bread + milk >= 4", "open = 1 -> bread >= 4", ["line 5", "'-'"]),
            ("bread + milk >= 4", "bread + milk >= 4 dear: milk >= 2", ["line 5", "'dear'"]),
            (" bread <= 5", " bread <= 5 milk <= 3", ["line 9", "'milk'"]),
            (" bread <= 5", " bread <= five", ["line 9", "'five'"]),
            (" bread <= 5", " bread <= -5", ["bread has the lower bound 0 above the upper bound -5"]),
            ("energy:", "protein:", ["'protein'", "two rows"]),
            ("Minimize", "Minimise", ["line 2", "minimize"]),
            ("Minimize", "Maximize\n milk\nMinimize", ["line 4", "second objective"]),
            ("End", "End\n more: milk >= 5", ["line 12", "'more'", "behind the end"]),
            ("End", "", ["HiGHS cannot read it"]),
            ("+ milk >= 4", "+ 1e-13 milk >= 4", ["only in part"]),
            ("Subject To", "Such as", ["line 4"]),
        ],
    )
    def test_by_the_line(self, tmp_path: Path, old: str, new: str, words: list[str]) -> None:
        assert old in DIET
        refused(FileFormatError, lambda: read(tmp_path, DIET.replace(old, new, 1)), "model.lp", *words)

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("End", "General\n milk\nEnd", ["'milk'", "kInteger"]),
            ("End", "Binary\n milk\nEnd", ["'milk'", "kInteger"]),
            ("End", "Semi-continuous\n milk\nEnd", ["'milk'", "kSemiContinuous"]),
            ("End", "SOS\n s1: S1:: bread:1 milk:2\nEnd", ["special ordered sets"]),
            ("3 milk", "3 milk + [ milk ^ 2 ] / 2", ["line 3", "quadratic"]),
            ("milk >= 4", "milk + [ milk * bread ] >= 4", ["line 5", "quadratic"]),
        ],
    )
    def test_what_is_no_linear_program(self, tmp_path: Path, old: str, new: str, words: list[str]) -> None:
        refused(NotLinearError, lambda: read(tmp_path, DIET.replace(old, new, 1)), "model.lp", *words)

    @pytest.mark.parametrize("text", ["", "hello\nworld\n", "NAME A\nROWS\n N COST\nENDATA\n", "\x00\x01\x02"])
    def test_a_file_that_is_no_model(self, tmp_path: Path, text: str) -> None:
        refused(FileFormatError, lambda: read(tmp_path, text), "model.lp", "minimize")

    def test_a_file_that_is_not_there_or_not_packed(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: LinearProgram.read_lp(tmp_path / "none.lp"), "none.lp", "not there")
        (tmp_path / "a.lp.gz").write_text(DIET)
        refused(FileFormatError, lambda: LinearProgram.read_lp(tmp_path / "a.lp.gz"), "a.lp.gz", "cannot be read")
        bread().write_mps(tmp_path / "bread.mps")
        refused(FileFormatError, lambda: LinearProgram.read_lp(tmp_path / "bread.mps"), "bread.mps")
