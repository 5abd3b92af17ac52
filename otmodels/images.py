"""Pictures: the pixels of a file as atoms, brightness or darkness as mass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from otmodels.arguments import checked_path
from otmodels.errors import FileFormatError, ParameterError, ZeroMassError
from otmodels.measure import Measure, grid_measure

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm")
"""Endings of files that are read as pictures where a table could stand too."""

_GREY_16 = 65535


def read_image(path: str | Path, spacing: float | Sequence[float] = 1.0, invert: bool = False) -> Measure:
    """A measure from a picture file: one atom a pixel, its mass the grey level, its point (row, column) * spacing.

    Grey levels are whole numbers, exactly as in the file: 0 (black) to 255 (white), or to 65535 in a grey picture of 16
    bits. Colours count by their luma, 0.299 red + 0.587 green + 0.114 blue, rounded. A pixel that is not opaque has its
    share of the mass, rounded: a transparent one has none. A picture that says it is stored sideways is turned upright.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG or another format that Pillow reads; of several pictures in a file the first.
    spacing : float or sequence of float
        As for `grid_measure`.
    invert : bool
        Whether mass is darkness: the highest level less the grey level, as for ink on paper.

    Returns
    -------
    Measure
        As `grid_measure`: pixels in C order with labels "(row, column)", those of mass 0 included.

    Raises
    ------
    FileFormatError
        The file is missing or is not a picture.
    ParameterError, ShapeError
        Pixels that are not grey levels or colours; a spacing that is out of range.
    ZeroMassError
        All pixels are black (with `invert`, white) or transparent.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Image.fromarray(np.array([[0, 51], [102, 255]], dtype=np.uint8)).save(Path(folder, "grey.png"))
    ...     read_image(Path(folder, "grey.png")).mass.tolist()
    [0.0, 51.0, 102.0, 255.0]
    """
    path = checked_path(path)
    levels = _levels(path, _opened(path), invert)
    try:
        return grid_measure(levels, spacing)
    except ZeroMassError as error:
        colour = "white" if invert else "black"
        remedy = f"Give a picture that is not all {colour} or transparent, or {'leave out' if invert else 'give'} invert=True"
        raise ZeroMassError(f"{path}, {error.argument}", error.fault, remedy) from error


def _opened(path: Path) -> Image.Image:
    """The picture, loaded and upright."""
    try:
        with path.open("rb") as handle, Image.open(handle) as picture:
            picture.load()
            return ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as error:
        raise FileFormatError(str(path), "is not a picture", "Give a PNG, JPEG or other picture file") from error
    except OSError as error:
        if error.strerror:
            raise FileFormatError(str(path), f"cannot be read ({error.strerror})", "Check the path") from error
        raise _damaged(path, error) from error
    except (SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FileFormatError:
    return FileFormatError(str(path), f"cannot be read as a picture ({error})", "Save the picture again")


def _levels(path: Path, picture: Image.Image, invert: bool) -> npt.NDArray[np.int64]:
    """Mass of each pixel (h, w), whole numbers."""
    if picture.mode.startswith("I"):
        # Pillow would clip 16 bits to 8; some formats hand them over in 32.
        levels = np.asarray(picture).astype(np.int64)
        if levels.min() < 0 or levels.max() > _GREY_16 or picture.has_transparency_data:
            raise _unusable(path, "levels beyond 16 bits, or 16 bits with transparency")
        return _GREY_16 - levels if invert else levels
    if picture.mode in ("F", "LAB"):
        raise _unusable(path, f"pixels of Pillow's mode {picture.mode!r}")
    colours = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    levels = np.asarray(colours.convert("L")).astype(np.int64)
    levels = 255 - levels if invert else levels
    if colours.mode == "RGB":
        return levels
    opacity = np.asarray(colours.getchannel("A")).astype(np.int64)
    return (levels * opacity + 127) // 255


def _unusable(path: Path, fault: str) -> ParameterError:
    return ParameterError(str(path), f"has {fault}", "Save it as a grey or colour picture of 8 bits, or a grey one of 16")
