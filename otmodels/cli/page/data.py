"""The data of a page: what is moved, at what price, in which units, and where it is from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from otmodels.cli import numerals
from otmodels.cli.page.markup import Html, element, facts, joined, section
from otmodels.cli.page.tables import MOST_ROWS, Column, numbers, shortened, table, words
from otmodels.cli.report import count
from otmodels.cost import Cost
from otmodels.datasets import Dataset
from otmodels.measure import Measure
from otmodels.network import GraphCost

MOST_COLUMNS = 12
"""Columns of a matrix that is shown whole."""


def data_section(data: Dataset) -> Html:
    """Masses, cost, units, adjustments, source and licence."""
    return section("data", "Data", _facts(data), *_masses(data), *_cost(data))


def cost_in_words(data: Dataset) -> str:
    """What a unit of mass pays."""
    cost, unit = data.problem.cost, data.units.cost
    if isinstance(cost, Cost):
        return f"a matrix, in {unit}" if unit else "a matrix"
    return f"{cost.description}, in {unit}" if unit else cost.description


def _facts(data: Dataset) -> Html:
    problem, (n, m) = data.problem, data.problem.shape
    forbidden = sum(int(np.isposinf(block).sum()) for _, block in problem.cost.blocks()) if problem.has_forbidden else 0
    adjustments = element("ul", *(element("li", note) for note in problem.adjustments)) if problem.adjustments else "none"
    return facts(
        ("sources, targets", f"{n:,}, {m:,}"),
        ("mass on either side", _total(data)),
        ("cost of a unit", cost_in_words(data)),
        ("coordinates", data.places),
        ("how files were read", "; ".join(data.notes)),
        ("forbidden pairs", f"{forbidden:,} of {n * m:,}" if forbidden else ""),
        ("changed in the data", adjustments),
        ("units", _units(data)),
        ("where it is from", data.source),
        ("licence", data.licence),
    )


def _total(data: Dataset) -> str:
    if data.balance == "rescale":
        return "1, in shares of the total"
    return f"{numerals.value(data.problem.mass_unit)} {data.mass_unit}".rstrip()


def _units(data: Dataset) -> str:
    units = {"mass in the files": data.units.mass, "distance": data.units.distance, "cost": data.units.cost}
    units["value"] = data.units.value
    return "; ".join(f"{name}: {unit}" for name, unit in units.items() if unit) or "none are stated"


def _masses(data: Dataset) -> Iterator[Html]:
    source, target = data.problem.source, data.problem.target
    if _same_places(source, target):
        both = {"source mass": source.mass, "target mass": target.mass}
        yield _measure("Masses", data, source, both)
        return
    sides = (_measure(name, data, side, {"mass": side.mass}) for name, side in (("Sources", source), ("Targets", target)))
    yield element("div", *sides, class_="beside")


def _same_places(source: Measure, target: Measure) -> bool:
    same = source.labels.equals(target.labels)
    if source.points is None or target.points is None:
        return same and source.points is target.points
    return same and np.array_equal(source.points, target.points)


def _measure(caption: str, data: Dataset, measure: Measure, masses: dict[str, np.ndarray]) -> Html:
    """A row an atom: label, coordinates, masses."""
    points = np.empty((measure.size, 0)) if measure.points is None else measure.points
    axes = data.coordinates if len(data.coordinates) == points.shape[1] else _axes(points.shape[1])
    rows = pd.DataFrame({"atom": list(map(str, measure.labels))})
    columns = {f"point {k}": points[:, k] for k in range(points.shape[1])} | {f"mass {name}": masses[name] for name in masses}
    rows = pd.concat([rows, pd.DataFrame(columns)], axis=1)

    def made(some: pd.DataFrame) -> Sequence[Column]:
        places = [numbers(axis, some[f"point {k}"]) for k, axis in enumerate(axes)]
        amounts = [numbers(name, some[f"mass {name}"], data.mass_unit) for name in masses]
        return [words("atom", some["atom"]), *places, *amounts]

    return shortened(caption, rows, made, what="atom", by=pd.Series(np.sum(list(masses.values()), axis=0)))


def _axes(dimension: int) -> tuple[str, ...]:
    return tuple(f"x{k}" for k in range(1, dimension + 1))


def _cost(data: Dataset) -> Iterator[Html]:
    """The matrix, where the cost is one or is small; the edges of a graph."""
    cost, (n, m) = data.problem.cost, data.problem.shape
    if isinstance(cost, GraphCost):
        yield _edges(data, cost)
    if isinstance(cost, Cost) or (n <= MOST_COLUMNS and m <= MOST_COLUMNS):
        yield _matrix(data)


def _matrix(data: Dataset) -> Html:
    """The costs, or the first rows and columns of them."""
    problem, (n, m) = data.problem, data.problem.shape
    rows, columns = min(n, MOST_ROWS), min(m, MOST_COLUMNS)
    values = problem.cost.block(slice(0, rows))[:, :columns]
    # One number of decimals for the whole matrix.
    cells = np.array(numerals.column(values.ravel())).reshape(rows, columns)
    cells = np.where(np.isposinf(values), "forbidden", cells)
    whole = rows == n and columns == m
    note = "" if whole else f"the first {rows} x {columns} of {n:,} x {m:,}; {n * m - rows * columns:,} costs left out"
    named = [Column(str(problem.target.labels[j]), cells[:, j].tolist(), numeric=True) for j in range(columns)]
    unit = f", {data.units.cost}" if data.units.cost else ""
    caption = f"Costs: a row a source, a column a target{unit}"
    return table(caption, [words("source", map(str, problem.source.labels[:rows])), *named], note=note)


def _edges(data: Dataset, cost: GraphCost) -> Html:
    graph = cost.graph
    tail, head, length = graph.arcs.tail, graph.arcs.head, graph.arcs.length
    kept = np.ones(tail.size, dtype=bool) if graph.directed else tail < head
    tail, head, length = tail[kept], head[kept], length[kept]
    some = slice(0, MOST_ROWS)
    ends = [words(name, map(str, graph.labels[end[some]])) for name, end in (("from", tail), ("to", head))]
    left = max(tail.size - MOST_ROWS, 0)
    note = f"{count(tail.size, 'edge')} between {count(graph.size, 'vertex').replace('vertexs', 'vertices')}"
    note += f"; {left:,} left out" if left else ""
    how = "one way" if graph.directed else "both ways"
    return table(f"Edges of the graph, {how}", [*ends, numbers("length", length[some], data.units.distance)], note=note)


def described(data: Dataset) -> Html:
    """Title and description, as the top of a page."""
    paragraphs_of = (" ".join(part.split()) for part in data.description.split("\n\n"))
    prose = joined(element("p", part) for part in paragraphs_of if part)
    return element("header", element("p", "Optimal transport report", class_="kind"), element("h1", data.title), prose)
