"""CSV files of atoms, costs and edges as spreadsheets write them: read as they are meant, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import otmodels as om
from otmodels.errors import FileFormatError
from otmodels.rows import read_table

COORDINATES = ["id", "ID", "idx", "index", "Name", "nr", "code", "station_id", "stationId", "Unnamed: 0", "#no"]


def written(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> FileFormatError:
    with pytest.raises(FileFormatError) as caught:
        om.read_measure(path)
    assert caught.value.argument == str(path)
    return caught.value


class TestGermanSpreadsheets:
    def test_semicolons_decimal_commas_and_points_between_thousands(self, tmp_path: Path) -> None:
        text = "\ufefflabel;mass;lon;lat\r\nKöln;1.073,5;6,96;50,94\r\nUlm;126,3;9,99;48,40\r\n\r\n"
        measure = om.read_measure(written(tmp_path, text))
        assert measure.mass.tolist() == [1073.5, 126.3]
        assert measure.labels.tolist() == ["Köln", "Ulm"]
        assert measure.points is not None
        assert measure.points.tolist() == [[6.96, 50.94], [9.99, 48.40]]

    def test_how_it_was_read_is_said(self, tmp_path: Path) -> None:
        note = read_table(written(tmp_path, "mass;x\n1,5;2\n")).note
        assert note == "a.csv: columns parted by semicolons; a comma is the decimal mark"
        assert read_table(written(tmp_path, "mass\tx\n1.5\t2\n")).note == "a.csv: columns parted by tabs"
        assert read_table(written(tmp_path, "mass,x\n1.5,2\n")).note == ""

    def test_quoted_cells_and_labels_with_commas_stay_as_they_are(self, tmp_path: Path) -> None:
        text = '"label";"mass";"x"\n"Ulm, Donau";"1,5";"0"\n"Bonn";"2";"3"\n'
        measure = om.read_measure(written(tmp_path, text))
        assert measure.labels.tolist() == ["Ulm, Donau", "Bonn"]
        assert measure.mass.tolist() == [1.5, 2]

    def test_semicolons_with_decimal_points_are_read_as_such(self, tmp_path: Path) -> None:
        assert om.read_measure(written(tmp_path, "mass;x\n1.5;2\n1.073;3\n")).mass.tolist() == [1.5, 1.073]

    def test_whole_numbers_stay_exact(self, tmp_path: Path) -> None:
        assert om.read_measure(written(tmp_path, "mass;x\n1.073;2,5\n1;3\n")).rounding == 0

    def test_a_number_that_can_be_read_in_two_ways_is_refused(self, tmp_path: Path) -> None:
        error = refusal(written(tmp_path, "label;mass\nUlm;1.073\nBonn;12\n"))
        assert (
            error.fault
            == "line 2, column 'mass' holds '1.073', which may be 1073 or 1.0730, and no other number of the file tells"
        )
        assert om.read_measure(written(tmp_path, "label;mass\nUlm;1.0730\nBonn;12\n")).mass[0] == 1.073

    def test_two_marks_in_one_file_are_refused(self, tmp_path: Path) -> None:
        assert "other numbers of the file have a decimal comma" in refusal(written(tmp_path, "mass;x\n1,5;2\n1.5;3\n")).fault

    def test_a_decimal_comma_between_commas_is_refused_with_what_to_write(self, tmp_path: Path) -> None:
        error = refusal(written(tmp_path, 'mass,x\n"1,5",2\n'))
        assert (error.fault, error.remedy) == ("line 2, column 'mass' holds '1,5'", "Write it with a point, as 1.5")

    def test_costs_plans_and_edges_are_read_the_same_way(self, tmp_path: Path) -> None:
        cost = om.read_cost(written(tmp_path, "von;Ulm;Bonn\nKiel;1,5;inf\n"))
        assert cost.values.tolist() == [[1.5, float("inf")]]
        graph = om.read_graph(written(tmp_path, "from;to;length\nUlm;Bonn;1,5\n"))
        assert graph.arcs.length.tolist() == [1.5, 1.5]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("mass;x\n1;2\n".encode("utf-16"), "UTF-16"),
            ("label,mass\nKöln,2\n".encode("cp1252"), "line 2 has the byte 0xf6"),
            (b"PK\x03\x04...", "workbook"),
            ('mass,x\n1,"2\n', "is not CSV"),
        ],
    )
    def test_what_is_no_text_in_utf8_is_named(self, tmp_path: Path, content: str | bytes, said: str) -> None:
        error = refusal(written(tmp_path, content))
        assert said in error.fault
        assert "UTF-8" in error.remedy


class TestWithoutMass:
    @pytest.mark.parametrize("column", ["Mass", "MASS", "weight", "Masse", "mas", "kg"])
    def test_the_column_that_may_be_meant_is_named(self, tmp_path: Path, column: str) -> None:
        error = refusal(written(tmp_path, f"label,{column},x\nUlm,1,2\n"))
        assert error.fault == f"line 1 has no column 'mass' but label, {column}, x"
        assert error.remedy == f"Rename {column!r} to 'mass'"

    def test_where_none_comes_near_the_columns_are_listed(self, tmp_path: Path) -> None:
        assert refusal(written(tmp_path, "label,x\nUlm,1\n")).remedy == "Rename the column of masses to 'mass'"

    def test_a_file_without_a_header_is_told_so(self, tmp_path: Path) -> None:
        error = refusal(written(tmp_path, "1,0.5,2\n3,1,1\n"))
        assert error.fault == "line 1 holds 1, 0.5, 2: numbers, where the names of the columns belong"
        assert "'mass'" in error.remedy

    def test_columns_parted_by_something_else_are_told_so(self, tmp_path: Path) -> None:
        for header in ("label mass x", "label|mass|x"):
            error = refusal(written(tmp_path, f"{header}\nUlm 1 0\n"))
            assert error.fault == f"line 1 has the single column {header!r}"
            assert error.remedy == "Part the columns by commas, semicolons or tabs"

    def test_a_column_of_words_is_no_coordinate(self, tmp_path: Path) -> None:
        error = refusal(written(tmp_path, "label,mass,country\nUlm,1,DE\n"))
        assert error.fault == "line 2, column 'country' holds 'DE'"
        assert error.remedy == "Write a number, or leave the column out: all but mass and label are coordinates"


class TestIdentifiers:
    """`id,mass,x,y`: 299.5 was once certified, a hundred of it the distance between ids."""

    @pytest.mark.parametrize("column", COORDINATES)
    def test_are_no_coordinates(self, tmp_path: Path, column: str) -> None:
        error = refusal(written(tmp_path, f"{column},mass,x,y\n1,1,0,0\n2,1,1,0\n"))
        assert repr(column) in error.fault
        assert "names are no coordinates" in error.fault
        assert error.remedy == "Name it 'label' if it names the atoms, rename it if it is a coordinate, or leave it out"

    def test_nor_is_a_column_without_a_name_as_pandas_writes_one(self, tmp_path: Path) -> None:
        assert "column 1 without a name" in refusal(written(tmp_path, ",mass,x\n0,1,0\n1,1,1\n")).fault

    def test_beside_labels_they_are_to_be_left_out(self, tmp_path: Path) -> None:
        assert refusal(written(tmp_path, "label,id,mass,x\nUlm,1,1,0\n")).remedy.startswith("Rename it if it is a coordinate")

    @pytest.mark.parametrize("column", ["x", "lon", "width", "grid", "paid", "valid", "node", "income"])
    def test_other_columns_are_coordinates_as_ever(self, tmp_path: Path, column: str) -> None:
        measure = om.read_measure(written(tmp_path, f"mass,{column}\n1,5\n"))
        assert measure.points is not None
        assert measure.points.tolist() == [[5]]
