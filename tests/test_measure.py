"""Measures: whatever a user brings becomes atoms with mass, exactly, or is refused in words that help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import otmodels as om
from otmodels.errors import (
    DuplicateLabelError,
    FileFormatError,
    InfiniteValueError,
    InputError,
    LabelMismatchError,
    NegativeMassError,
    NotANumberError,
    ParameterError,
    ShapeError,
    UnknownNameError,
    ZeroMassError,
)


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    """Raises exactly this error, whose message holds the words and ends in a remedy."""
    with pytest.raises(kind) as caught:
        make()
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, ValueError)
    assert error.argument
    assert error.remedy
    message = str(error)
    assert message.startswith(error.argument)
    assert message.endswith(f"{error.remedy}.")
    assert [word for word in words if word not in message] == []


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "measure.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class TestFromArrays:
    def test_masses_points_and_labels_are_kept_as_given(self) -> None:
        measure = om.Measure([3, 0, 1.5], [[0, 1], [2, 3], [4, 5]], ["a", "b", "c"])
        assert measure.mass.tolist() == [3, 0, 1.5]
        assert measure.points is not None
        assert measure.points.tolist() == [[0, 1], [2, 3], [4, 5]]
        assert measure.labels.tolist() == ["a", "b", "c"]
        assert (measure.size, measure.total) == (3, 4.5)

    def test_atoms_without_labels_are_counted_from_zero(self) -> None:
        assert om.Measure([1, 2, 3]).labels.tolist() == [0, 1, 2]

    def test_points_on_a_line_may_be_given_flat(self) -> None:
        points = om.Measure([1, 1], [0.5, 2]).points
        assert points is not None
        assert points.shape == (2, 1)

    @pytest.mark.parametrize(
        "dtype", [np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64, bool]
    )
    def test_every_numeric_type_is_taken_over_exactly(self, dtype: Any) -> None:
        given = np.array([1, 0, 1, 1], dtype=dtype)
        assert om.Measure(given).mass.dtype == np.float64
        assert om.Measure(given).mass.tolist() == [1, 0, 1, 1]

    def test_float32_is_widened_without_another_rounding(self) -> None:
        given = np.array([0.1, 1 / 3, 1e-30], dtype=np.float32)
        assert om.Measure(given).mass.tolist() == [float(value) for value in given]

    def test_integers_up_to_the_last_exact_double_stay_exact(self) -> None:
        assert int(om.Measure(np.array([2**53 - 1, 1])).mass[0]) == 2**53 - 1

    def test_an_object_array_of_numbers_is_an_array_of_numbers(self) -> None:
        assert om.Measure(np.array([1, 2.5], dtype=object)).mass.tolist() == [1, 2.5]

    def test_the_rounding_of_the_given_type_is_remembered(self) -> None:
        assert om.Measure([1, 2]).rounding == 0
        assert om.Measure(np.ones(2, np.float32)).rounding == np.finfo(np.float32).eps
        assert om.Measure([0.1, 0.9]).rounding == np.finfo(np.float64).eps
        assert om.Measure(np.array([0.1, 0.9], dtype=np.longdouble)).rounding == np.finfo(np.float64).eps

    def test_a_measure_does_not_change_with_the_array_that_it_came_from(self) -> None:
        mass, points = np.array([1.0, 2.0]), np.array([[0.0], [1.0]])
        measure = om.Measure(mass, points)
        mass[0], points[0, 0] = 7, 7
        assert measure.mass.tolist() == [1, 2]
        assert measure.points is not None
        assert measure.points.tolist() == [[0], [1]]

    def test_a_measure_cannot_be_written_to(self) -> None:
        measure = om.Measure([1.0, 2.0], [0, 1])
        assert measure.points is not None
        for array in (measure.mass, measure.points):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5
        with pytest.raises(AttributeError):
            measure.mass = np.ones(2)  # type: ignore[misc]

    def test_read_only_arrays_are_welcome(self) -> None:
        mass = np.array([1.0, 2.0])
        mass.setflags(write=False)
        assert om.Measure(mass, mass).total == 3

    @pytest.mark.parametrize(
        "labels",
        [["x", "y"], (1, 2), [(0, 1), (1, 0)], pd.Index(["p", "q"]), pd.to_datetime(["2020-01-01", "2020-01-02"]), "ab"],
    )
    def test_labels_are_anything_hashable(self, labels: Any) -> None:
        assert om.Measure([1, 2], labels=labels).labels.tolist() == pd.Index(list(labels), tupleize_cols=False).tolist()

    def test_a_zero_mass_atom_is_an_atom(self) -> None:
        assert om.Measure([0, 1]).size == 2

    def test_its_picture_names_atoms_dimension_and_total(self) -> None:
        assert repr(om.Measure([1, 2], [[0, 0], [1, 1]])) == "Measure(2 atoms in R^2, total mass 3)"

    def test_scaling_keeps_points_labels_and_remembered_rounding(self) -> None:
        measure = om.Measure(np.array([1, 3], np.float32), [0, 1], ["a", "b"]).scaled(0.25)
        assert measure.mass.tolist() == [0.25, 0.75]
        assert measure.labels.tolist() == ["a", "b"]
        assert measure.rounding == np.finfo(np.float32).eps


class TestRefusedArrays:
    def test_a_mass_that_is_nan(self) -> None:
        refused(NotANumberError, lambda: om.Measure([1, np.nan], labels=["a", "Ulm"]), "mass", "'Ulm'")

    @pytest.mark.parametrize("mass", [[1, None], pd.Series([1, pd.NA], dtype="Int64")])
    def test_a_mass_that_is_missing(self, mass: Any) -> None:
        refused(NotANumberError, lambda: om.Measure(mass, labels=["a", "Ulm"]), "mass", "'Ulm'")

    def test_a_mass_that_is_infinite(self) -> None:
        refused(InfiniteValueError, lambda: om.Measure([1, np.inf], labels=["a", "Ulm"]), "mass", "'Ulm'")

    @pytest.mark.parametrize(
        "masked",
        [
            np.ma.masked_array([1, 2, 3], [False, True, False]),
            np.ma.masked_array([1.0, 2.0, 3.0], [False, True, True]),
            np.ma.masked_invalid([1.0, np.nan, 3.0]),
            [1.0, np.ma.masked, 3.0],
        ],
        ids=["integers", "floats", "invalid", "in a list"],
    )
    def test_a_mass_that_is_masked(self, masked: Any) -> None:
        refused(NotANumberError, lambda: om.Measure(masked), "mass", "masked at position 1", ".filled(value)")

    def test_a_mask_that_masks_nothing_is_none(self) -> None:
        assert om.Measure(np.ma.masked_array([1, 2], [False, False])).mass.tolist() == [1, 2]
        assert om.Measure(np.ma.masked_array([1, 2])).rounding == 0
        assert om.Measure(np.ma.masked_array([1, 2], [True, False]).filled(0)).mass.tolist() == [0, 2]

    def test_points_samples_cells_and_labels_that_are_masked(self) -> None:
        masked = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, False], [False, True]])
        refused(NotANumberError, lambda: om.Measure([1, 1], masked), "points", "masked at position 1, 1")
        refused(NotANumberError, lambda: om.Measure([1, 1], list(masked)), "points", "masked at position 1, 1")
        refused(NotANumberError, lambda: om.Measure.from_samples(masked), "x", "masked")
        refused(NotANumberError, lambda: om.Measure.from_samples([1, 2], masked[1]), "mass", "masked")
        refused(NotANumberError, lambda: om.grid_measure(masked), "array", "masked")
        refused(NotANumberError, lambda: om.grid_measure([[1, 2]], masked[1]), "spacing", "masked")
        refused(NotANumberError, lambda: om.Measure([1, 1], labels=masked[1]), "labels", "masked")

    @pytest.mark.parametrize("text", [["1", "2"], np.array(["1", "2"], dtype=object), pd.Series(["1", "2"]), [b"1", 2], "12"])
    def test_text_is_no_number_whatever_it_looks_like(self, text: Any) -> None:
        refused(ShapeError, lambda: om.Measure(text), "mass", "real numbers")

    def test_a_negative_mass_of_which_the_worst_is_named(self) -> None:
        refused(NegativeMassError, lambda: om.Measure([1, -1e-9, -2], labels=["a", "Bonn", "Ulm"]), "mass", "'Ulm'", "-2")

    def test_a_mass_barely_below_zero(self) -> None:
        refused(NegativeMassError, lambda: om.Measure([1, -1e-300]), "mass", "1")

    def test_a_measure_without_mass(self) -> None:
        refused(ZeroMassError, lambda: om.Measure([0, 0.0]), "mass", "2 atoms")

    def test_labels_that_repeat(self) -> None:
        refused(DuplicateLabelError, lambda: om.Measure([1, 1, 1], labels=["a", "Ulm", "Ulm"]), "labels", "'Ulm'")

    @pytest.mark.parametrize(
        "labels", [pd.MultiIndex.from_tuples([("a", 1), ("a", 1)]), pd.Index([("a", 1), ("a", 1)], tupleize_cols=False)]
    )
    def test_pairs_that_repeat_as_labels(self, labels: pd.Index[Any]) -> None:
        refused(DuplicateLabelError, lambda: om.Measure([1, 1], labels=labels), "labels", "('a', 1)")

    def test_labels_that_are_equal_to_python(self) -> None:
        refused(DuplicateLabelError, lambda: om.Measure([1, 1], labels=[1, True]), "labels")

    def test_labels_that_are_missing(self) -> None:
        refused(NotANumberError, lambda: om.Measure([1, 1], labels=["a", None]), "labels", "position 1")

    def test_too_few_labels(self) -> None:
        refused(ShapeError, lambda: om.Measure([1, 1], labels=["a"]), "labels", "1 entries for 2")

    @pytest.mark.parametrize("mass", [[], 3.0, [[1, 2], [3, 4]], np.ones((2, 1))])
    def test_masses_that_are_no_row_of_numbers(self, mass: Any) -> None:
        refused(ShapeError, lambda: om.Measure(mass), "mass")

    @pytest.mark.parametrize("mass", [["1", "two"], [1j, 2], [b"x"], np.array(["2020-01-01"], dtype="datetime64[D]"), [{}]])
    def test_masses_that_are_no_numbers(self, mass: Any) -> None:
        refused(ShapeError, lambda: om.Measure(mass), "mass")

    def test_masses_in_ragged_rows(self) -> None:
        refused(ShapeError, lambda: om.Measure([[1], [1, 2]]), "mass")

    def test_an_integer_beyond_floating_point(self) -> None:
        with pytest.raises(InputError, match="mass"):
            om.Measure([10**400, 1])
        refused(ParameterError, lambda: om.Measure([10**20, 1]), "mass", "2^53")
        refused(ParameterError, lambda: om.Measure(np.array([2**53, 1])), "mass", "2^53")

    def test_points_for_other_atoms(self) -> None:
        refused(ShapeError, lambda: om.Measure([1, 1], [[0, 0]]), "points", "2 atoms")

    def test_points_of_no_dimension(self) -> None:
        refused(ShapeError, lambda: om.Measure([1, 1], np.zeros((2, 0))), "points")

    def test_points_that_are_a_stack_of_matrices(self) -> None:
        refused(ShapeError, lambda: om.Measure([1, 1], np.zeros((2, 2, 2))), "points")

    def test_a_coordinate_that_is_nan(self) -> None:
        refused(NotANumberError, lambda: om.Measure([1, 1], [[0.0, 0.0], [np.nan, 1.0]], ["a", "Ulm"]), "points", "'Ulm'")

    def test_a_coordinate_that_is_infinite(self) -> None:
        refused(InfiniteValueError, lambda: om.Measure([1, 1], [[0.0, 0.0], [1.0, -np.inf]], ["a", "Ulm"]), "points", "'Ulm'")


class TestFromFrame:
    FRAME = pd.DataFrame({"tons": [1, 3], "x": [0.0, 2.5], "y": [1, 1]}, index=["left", "right"])

    def test_the_index_labels_the_atoms(self) -> None:
        measure = om.Measure.from_frame(self.FRAME, mass="tons", points=["y", "x"])
        assert measure.labels.tolist() == ["left", "right"]
        assert measure.points is not None
        assert measure.points.tolist() == [[1, 0], [1, 2.5]]

    def test_coordinates_are_taken_only_when_asked_for(self) -> None:
        assert om.Measure.from_frame(self.FRAME, mass="tons").points is None

    def test_a_multi_index_gives_tuples(self) -> None:
        index = pd.MultiIndex.from_product([["a"], [1, 2]])
        assert om.Measure.from_frame(pd.DataFrame({"mass": [1, 2]}, index=index)).labels.tolist() == [("a", 1), ("a", 2)]

    def test_a_column_that_is_not_there(self) -> None:
        refused(UnknownNameError, lambda: om.Measure.from_frame(self.FRAME), "frame", "'mass'", "tons")
        refused(UnknownNameError, lambda: om.Measure.from_frame(self.FRAME, "tons", ["z"]), "frame", "'z'")

    def test_a_gap_in_the_table(self) -> None:
        frame = self.FRAME.assign(tons=[1, np.nan])
        refused(NotANumberError, lambda: om.Measure.from_frame(frame, "tons"), "mass", "'right'")

    def test_an_index_that_repeats(self) -> None:
        frame = pd.DataFrame({"mass": [1, 2]}, index=["Ulm", "Ulm"])
        refused(DuplicateLabelError, lambda: om.Measure.from_frame(frame), "labels", "'Ulm'")


class TestFromSamples:
    def test_samples_weigh_the_same(self) -> None:
        assert om.Measure.from_samples([3.4, 3.9, 7.5, 7.8]).mass.tolist() == [0.25] * 4

    def test_weights_may_be_given(self) -> None:
        measure = om.Measure.from_samples([[0, 0], [1, 1]], weights=[1, 3])
        assert measure.mass.tolist() == [1, 3]

    @pytest.mark.parametrize("samples", [[], 1.0])
    def test_no_samples(self, samples: Any) -> None:
        refused(ShapeError, lambda: om.Measure.from_samples(samples), "x")

    def test_a_sample_that_is_nan(self) -> None:
        refused(NotANumberError, lambda: om.Measure.from_samples([0.0, np.nan]), "points", "1")


class TestImages:
    def test_a_pixel_is_an_atom_at_its_index(self) -> None:
        image = om.grid_measure(np.array([[0, 1], [2, 0]], dtype=np.uint8))
        assert image.mass.tolist() == [0, 1, 2, 0]
        assert image.points is not None
        assert image.points.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert image.labels[2] == "(1, 0)"

    def test_spacing_stretches_the_axes(self) -> None:
        points = om.grid_measure(np.ones((2, 2)), spacing=(10, 0.5)).points
        assert points is not None
        assert points.tolist() == [[0, 0], [0, 0.5], [10, 0], [10, 0.5]]

    def test_a_histogram_is_an_image_of_one_axis(self) -> None:
        histogram = om.grid_measure([1, 2, 3], spacing=0.5)
        assert histogram.points is not None
        assert histogram.points.ravel().tolist() == [0, 0.5, 1]
        assert histogram.labels.tolist() == [0, 1, 2]

    def test_three_axes_are_as_good_as_two(self) -> None:
        cube = om.grid_measure(np.ones((2, 3, 4)))
        assert cube.points is not None
        assert (cube.size, cube.points.shape, cube.labels[-1]) == (24, (24, 3), "(1, 2, 3)")

    COLOURS = np.random.default_rng(0).integers(0, 256, (28, 28, 3))

    @pytest.mark.parametrize(
        "colours",
        [COLOURS.astype(np.uint8), COLOURS, COLOURS.astype(np.float32), COLOURS / 255, COLOURS[:, :, [0, 1, 2, 0]] / 255],
        ids=["bytes", "integers", "whole floats", "shares", "with opacity"],
    )
    def test_colours_are_no_third_axis_unless_somebody_says_so(self, colours: Any) -> None:
        refused(ShapeError, lambda: om.grid_measure(colours), "array", str(colours.shape), "colours", "grey", "three spacings")
        refused(ShapeError, lambda: om.grid_measure(colours, 0.5), "colours")
        assert om.grid_measure(colours, (1, 1, 1)).size == colours.size
        assert om.grid_measure(colours.mean(axis=2)).size == 28 * 28

    @pytest.mark.parametrize(
        "cells",
        [
            np.full((28, 28, 3), 1 / 2352),
            np.full((28, 28, 3), 2),
            np.full((28, 28, 5), 200),
            np.full((28, 28, 3), 255.5),
            np.full((3, 4, 3), 255),
            np.full((28, 3), 255),
            1000 * COLOURS,
        ],
        ids=["a probability", "counts", "five layers", "halves", "few cells", "a table", "large counts"],
    )
    def test_what_does_not_look_like_colours_is_a_histogram(self, cells: Any) -> None:
        assert om.grid_measure(cells).size == cells.size

    def test_bad_pixels_are_named(self) -> None:
        refused(NegativeMassError, lambda: om.grid_measure([[1, -2]]), "mass", "(0, 1)")
        refused(NotANumberError, lambda: om.grid_measure([[1, np.nan]]), "mass", "(0, 1)")
        refused(ZeroMassError, lambda: om.grid_measure(np.zeros((2, 2))), "mass")

    def test_no_pixels(self) -> None:
        refused(ShapeError, lambda: om.grid_measure(np.zeros((0, 3))), "array")
        refused(ShapeError, lambda: om.grid_measure(1.0), "array")

    @pytest.mark.parametrize("spacing", [0, -1, np.nan, np.inf, [1, 0]])
    def test_spacing_that_is_no_distance(self, spacing: Any) -> None:
        refused(ParameterError, lambda: om.grid_measure(np.ones((2, 2)), spacing), "spacing")

    def test_spacing_for_another_number_of_axes(self) -> None:
        refused(ShapeError, lambda: om.grid_measure(np.ones((2, 2)), [1, 1, 1]), "spacing", "3 entries for 2 axes")


class TestFromFile:
    def test_mass_label_and_coordinates_are_read_by_column(self, tmp_path: Path) -> None:
        measure = om.read_measure(written(tmp_path, "x,mass,label,y\n0,2,Ulm,1\n2.5,3,Bonn,1e1\n"))
        assert measure.mass.tolist() == [2, 3]
        assert measure.points is not None
        assert measure.points.tolist() == [[0, 1], [2.5, 10]]
        assert measure.labels.tolist() == ["Ulm", "Bonn"]
        assert measure.rounding == 0

    def test_only_masses_are_needed(self, tmp_path: Path) -> None:
        measure = om.read_measure(written(tmp_path, "mass\n1\n0.5\n"))
        assert measure.points is None
        assert measure.labels.tolist() == [0, 1]

    def test_quotes_blank_lines_spaces_a_byte_order_mark_and_windows_lines_are_harmless(self, tmp_path: Path) -> None:
        text = '\ufeffmass, label\r\n\r\n 1 ,"Frankfurt, Main"\r\n2,Ulm\r\n'
        assert om.read_measure(written(tmp_path, text)).labels.tolist() == ["Frankfurt, Main", "Ulm"]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(tmp_path / "no.csv"), "no.csv")
        refused(FileFormatError, lambda: om.read_measure(tmp_path))

    @pytest.mark.parametrize("text", ["", "\n\n", "   \n"])
    def test_an_empty_file(self, tmp_path: Path, text: str) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, text)), "measure.csv", "empty")

    def test_a_header_alone(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass,x\n")), "line 1")

    def test_no_column_of_masses(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "weight,x\n1,2\n")), "line 1", "weight", "mass")

    def test_a_column_named_twice(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass,x,x\n1,2,3\n")), "line 1", "'x'")

    def test_a_row_that_is_too_short_or_too_long(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass,x\n1,2\n3\n")), "line 3", "1 cells")
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass,x\n1,2,3\n")), "line 2", "3 cells")

    def test_a_cell_that_is_no_number(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass\n1\n\ntwo\n")), "line 4", "'mass'", "'two'")
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass,x\n1,\n")), "line 2", "'x'", "empty")
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, 'mass\n"1,5"\n')), "line 2", "'1,5'")

    def test_a_number_written_as_python_would_write_it_but_no_table(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, "mass\n1_000\n")), "line 2", "1_000")

    def test_an_integer_beyond_floating_point(self, tmp_path: Path) -> None:
        path = written(tmp_path, f"mass\n1\n{10**400}\n")
        with pytest.raises(InputError, match=r"measure\.csv"):
            om.read_measure(path)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, b"mass\n\xff\xfe1\n")), "UTF-8")
        refused(FileFormatError, lambda: om.read_measure(written(tmp_path, 'mass\n"1\n')), "measure.csv")

    @pytest.mark.parametrize(
        ("rows", "kind", "word"),
        [
            ("Ulm,nan", NotANumberError, "'Ulm'"),
            ("Ulm,inf", InfiniteValueError, "'Ulm'"),
            ("Ulm,-3", NegativeMassError, "'Ulm'"),
            ("Ulm,0", ZeroMassError, "1 atoms"),
            ("Ulm,1\nUlm,2", DuplicateLabelError, "'Ulm'"),
        ],
    )
    def test_a_bad_mass_names_the_file_and_the_atom(self, tmp_path: Path, rows: str, kind: type[InputError], word: str) -> None:
        refused(kind, lambda: om.read_measure(written(tmp_path, f"label,mass\n{rows}\n")), "measure.csv", word)


class TestAligning:
    def test_other_labels_in_another_order_are_found(self) -> None:
        measure = om.Measure([1, 2, 3], labels=["a", "b", "c"])
        assert measure.positions(pd.Index(["c", "a", "b"]), "cost").tolist() == [1, 2, 0]

    def test_labels_that_are_missing_or_too_many_are_named(self) -> None:
        measure = om.Measure([1, 2], labels=["a", "b"])
        refused(LabelMismatchError, lambda: measure.positions(pd.Index(["a", "z"]), "table"), "table", "'b'", "'z'")

    def test_a_long_list_of_labels_is_cut(self) -> None:
        measure = om.Measure(np.ones(9), labels=list("abcdefghi"))
        refused(LabelMismatchError, lambda: measure.positions(pd.Index(["a"]), "table"), "'f' and 3 more")

    def test_labels_that_repeat_cannot_be_aligned(self) -> None:
        measure = om.Measure([1, 2], labels=["a", "b"])
        refused(DuplicateLabelError, lambda: measure.positions(pd.Index(["a", "b", "b"]), "table"), "table", "'b'")
