"""The figures of a page, inside it: SVG where that is small, else PNG, each with a caption and a text in its place."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from otmodels.cli import gallery
from otmodels.cli.page.markup import Html, element, joined
from otmodels.cli.report import count
from otmodels.datasets import Dataset
from otmodels.lipschitz_solution import LipschitzSolution
from otmodels.solution import Solution

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

MOST_DRAWN = 1500
"""Most atoms and moves of a figure that is drawn as SVG."""

MOST_BYTES = 300_000
"""Most bytes of an SVG; a larger figure is a PNG."""

_DPI = 120
"""Dots per inch of a PNG: more than a screen shows, and a page of large figures is a few megabytes."""

_CAPTIONS = {
    "earth_moving": "Earth moving: every source in its own shade above, and below where its pieces are stacked over the targets",
    "plan_map": "The plan in the plane: discs are sources, rings targets, and each wedge is mass on its way to its point",
    "plan_heatmap": "The plan: a row a source, a column a target, darker where more mass moves; bars are the masses",
    "potentials_line": "The potentials: f at the sources, and -g at the targets",
    "slack_heatmap": "The slack C - f - g of each pair: a dot marks a pair that carries mass, and there the slack is 0",
    "flow_arrows": "The potential f and the flow: mass goes where f falls as steeply as it may",
    "potentials_overlay": "f and -g over each other: where g = -f the two lines are one",
    "lipschitz_matrix": "The rows of the Lipschitz program: a grey band is an active row, a dot a row whose arc carries mass",
}


@dataclass(frozen=True, slots=True)
class Image:
    """A figure as it stands in a page.

    Attributes
    ----------
    name : str
        As in `gallery`.
    source : str
        A data URI, SVG or PNG.
    width, height : int
        CSS pixels.
    about : str
        What is drawn, with its size.
    remarks : tuple of str
        What matplotlib had to say.
    """

    name: str
    source: str
    width: int
    height: int
    about: str
    remarks: tuple[str, ...]

    def html(self) -> Html:
        """The image over its caption."""
        size = {"width": str(self.width), "height": str(self.height)}
        shown = element("img", src=self.source, alt=f"{_CAPTIONS[self.name]}. {self.about}.", **size)
        caption = ". ".join((_CAPTIONS[self.name], *self.remarks)) + "."
        box = element("div", shown, class_="drawn", tabindex="0", role="region", aria_label=self.name.replace("_", " "))
        return element("figure", box, element("figcaption", caption))


def drawn(data: Dataset, result: Solution | LipschitzSolution, flow: LipschitzSolution | None) -> Mapping[str, Image]:
    """The figures that fit the data, by name.

    Parameters
    ----------
    data : Dataset
        What was solved.
    result : Solution or LipschitzSolution
        With a plan and potentials.
    flow : LipschitzSolution, optional
        With a flow, where there is one.
    """
    n, m = data.problem.shape
    small = n + m + result.sparse_plan.nnz <= MOST_DRAWN
    about = f"{count(n, 'source')}, {count(m, 'target')}"
    kept: dict[str, tuple[str, int, int]] = {}

    def keep(name: str, figure: Figure, box: Bbox) -> None:
        kept[name] = _embedded(figure, box, small), round(96 * box.width), round(96 * box.height)

    drawers = {**gallery.of_plan(data, result), **(gallery.of_flow(data, flow) if flow is not None else {})}
    return {name: Image(name, *kept[name], about, remarks) for name, remarks in gallery.keep_each(drawers, keep)}


def shown(images: Mapping[str, Image], names: Iterable[str]) -> Html:
    """Those figures of some names that there are."""
    return joined(images[name].html() for name in names if name in images)


def _embedded(figure: Figure, box: Bbox, small: bool) -> str:
    """A figure as a data URI; the same figure is the same bytes."""
    from matplotlib import rc_context

    if small:
        with BytesIO() as file, rc_context({"svg.hashsalt": "otmodels"}):
            figure.savefig(file, format="svg", bbox_inches=box, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
            content = _bare(file.getvalue())
        if len(content) <= MOST_BYTES:
            return _uri("svg+xml", content)
    with BytesIO() as file:
        figure.savefig(file, format="png", dpi=_DPI, bbox_inches=box, metadata={"Software": None})
        return _uri("png", file.getvalue())


def _bare(svg: bytes) -> bytes:
    """An SVG without its document type, which names a place elsewhere, and without comments, where labels stand as they are."""
    return re.sub(rb"<!--.*?-->\n?", b"", svg[svg.index(b"<svg") :], flags=re.DOTALL)


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
