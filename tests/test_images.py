"""Pictures: pixels as atoms, grey levels as masses, exactly as they stand in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from otmodels.errors import FileFormatError, InputError, ParameterError, ShapeError, ZeroMassError
from otmodels.images import read_image
from otmodels.measure import Measure, grid_measure


def saved(folder: Path, pixels: Any, mode: str | None = None, name: str = "picture.png", **options: Any) -> Path:
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels, dtype=np.uint8))
    (picture if mode is None else picture.convert(mode)).save(folder / name, **options)
    return folder / name


def levels(measure: Measure) -> list[float]:
    return [float(mass) for mass in measure.mass]


def refused(kind: type[InputError], make: Callable[[], object], *words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert [word for word in words if word not in str(caught.value)] == []


class TestGrey:
    @settings(deadline=None)
    @given(pixels=arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5))), invert=st.booleans())
    def test_levels_are_taken_over_exactly(
        self, tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray, invert: bool
    ) -> None:
        mass = 255 - pixels.astype(int) if invert else pixels.astype(int)
        path = saved(tmp_path_factory.mktemp("grey"), pixels)
        if not mass.any():
            refused(ZeroMassError, lambda: read_image(path, invert=invert), str(path))
            return
        picture = read_image(path, invert=invert)
        assert levels(picture) == mass.ravel().tolist()
        assert picture.rounding == 0

    def test_a_picture_is_the_grid_measure_of_its_levels(self, tmp_path: Path) -> None:
        pixels = np.arange(6).reshape(2, 3) * 50
        picture, grid = read_image(saved(tmp_path, pixels), spacing=0.5), grid_measure(pixels, spacing=0.5)
        assert list(picture.labels) == list(grid.labels) == ["(0, 0)", "(0, 1)", "(0, 2)", "(1, 0)", "(1, 1)", "(1, 2)"]
        assert np.array_equal(picture.points, grid.points)  # type: ignore[arg-type]
        assert levels(picture) == levels(grid)

    def test_spacing_may_differ_by_axis(self, tmp_path: Path) -> None:
        points = read_image(saved(tmp_path, [[1, 1], [1, 1]]), spacing=(2, 3)).points
        assert points is not None
        assert points.tolist() == [[0, 0], [0, 3], [2, 0], [2, 3]]

    def test_black_and_white_are_0_and_255(self, tmp_path: Path) -> None:
        assert levels(read_image(saved(tmp_path, [[0, 255]], "1"))) == [0, 255]

    def test_sixteen_bits_keep_their_levels(self, tmp_path: Path) -> None:
        path = saved(tmp_path, Image.fromarray(np.array([[0, 1, 300, 65535]], dtype=np.uint16)))
        assert levels(read_image(path)) == [0, 1, 300, 65535]
        assert levels(read_image(path, invert=True)) == [65535, 65534, 65235, 0]

    def test_jpeg_is_read_too(self, tmp_path: Path) -> None:
        path = saved(tmp_path, np.full((8, 8), 77), name="picture.jpg")
        assert levels(read_image(path)) == [77] * 64


class TestColour:
    def test_counts_by_its_luma(self, tmp_path: Path) -> None:
        primaries = [[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 20, 30]]]
        expected = [round(0.299 * r + 0.587 * g + 0.114 * b) for r, g, b in primaries[0]]
        assert levels(read_image(saved(tmp_path, primaries))) == expected == [76, 150, 29, 255, 18]

    def test_of_a_palette_is_looked_up(self, tmp_path: Path) -> None:
        colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8))
        path = saved(tmp_path, colours.quantize(3))
        with Image.open(path) as stored:
            assert stored.mode == "P"
        assert levels(read_image(path)) == [76, 150, 29]

    @pytest.mark.parametrize(("invert", "expected"), [(False, [200, 100, 0, 0]), (True, [55, 28, 0, 128])])
    def test_what_is_not_opaque_has_its_share(self, tmp_path: Path, invert: bool, expected: list[float]) -> None:
        grey_and_opacity = np.array([[[200, 255], [200, 128], [200, 0], [0, 128]]])
        rgba = np.concatenate([np.repeat(grey_and_opacity[..., :1], 3, axis=2), grey_and_opacity[..., 1:]], axis=2)
        assert levels(read_image(saved(tmp_path, rgba), invert=invert)) == expected
        assert levels(read_image(saved(tmp_path, rgba, "LA"), invert=invert)) == expected

    def test_the_colour_that_stands_for_transparent_has_no_mass(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [[9, 200, 255]], transparency=200)
        assert levels(read_image(path)) == [9, 0, 255]

    def test_a_picture_stored_sideways_is_turned_upright(self, tmp_path: Path) -> None:
        pixels = np.zeros((8, 16))
        pixels[:, 8:] = 255
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter, clockwise
        picture = read_image(saved(tmp_path, pixels, name="picture.jpg", exif=exif, quality=100))
        assert picture.labels[-1] == "(15, 7)"
        assert picture.mass.reshape(16, 8)[:, 0].tolist() == [0] * 8 + [255] * 8


class TestRefusals:
    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        refused(FileFormatError, lambda: read_image(tmp_path / "none.png"), str(tmp_path / "none.png"), "cannot be read")
        refused(FileFormatError, lambda: read_image(tmp_path), str(tmp_path), "cannot be read")

    @pytest.mark.parametrize("content", [b"", b"label,mass\nnorth,1\n"])
    def test_what_is_not_a_picture_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "picture.png").write_bytes(content)
        refused(FileFormatError, lambda: read_image(tmp_path / "picture.png"), "picture.png", "is not a picture")

    @pytest.mark.parametrize("kept", [40, 60, 200])
    def test_a_file_that_breaks_off_is_refused(self, tmp_path: Path, kept: int) -> None:
        path = saved(tmp_path, np.random.default_rng(0).integers(0, 256, (32, 32)))
        path.write_bytes(path.read_bytes()[:kept])
        refused(FileFormatError, lambda: read_image(path), str(path), "a picture")

    def test_a_damaged_file_is_refused(self, tmp_path: Path) -> None:
        path = saved(tmp_path, np.random.default_rng(0).integers(0, 256, (32, 32)))
        content = bytearray(path.read_bytes())
        content[200:300] = bytes(100)
        path.write_bytes(content)
        refused(FileFormatError, lambda: read_image(path), str(path))

    def test_a_picture_without_light_or_without_ink_is_refused(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [[0, 0]])
        refused(ZeroMassError, lambda: read_image(path), str(path), "mass", "give invert=True")
        assert levels(read_image(path, invert=True)) == [255, 255]
        path = saved(tmp_path, [[255, 255]])
        refused(ZeroMassError, lambda: read_image(path, invert=True), str(path), "leave out invert=True")

    def test_levels_that_are_no_whole_numbers_are_refused(self, tmp_path: Path) -> None:
        path = saved(tmp_path, Image.fromarray(np.array([[0.5, 2]], dtype=np.float32)), name="picture.tif")
        refused(ParameterError, lambda: read_image(path), str(path), "mode 'F'", "8 bits")
        path = saved(tmp_path, Image.fromarray(np.array([[-1, 2]], dtype=np.int32)), name="picture.tif")
        refused(ParameterError, lambda: read_image(path), str(path), "16 bits")

    def test_a_spacing_out_of_range_is_refused(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [[1]])
        refused(ParameterError, lambda: read_image(path, spacing=0), "spacing", "> 0")
        refused(ShapeError, lambda: read_image(path, spacing=(1, 1, 1)), "spacing", "3 entries")
