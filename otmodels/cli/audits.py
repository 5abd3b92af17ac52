"""What `otmodels audit` finds, as text, as tables and figures, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pandas as pd
from rich.console import RenderableType

from otmodels.arrays import FloatArray
from otmodels.cli import numerals, payload, report
from otmodels.cli.files import Folder, with_data, write_critic_figures
from otmodels.cli.routes import named
from otmodels.cli.terminal import fact, heading, literal, table
from otmodels.critics import Audit, Bracket, audit_critic
from otmodels.datasets import Dataset
from otmodels.errors import ParameterError
from otmodels.ground import GroundCost
from otmodels.network import GraphCost
from otmodels.problem import TransportProblem

FEW_ROWS = 10
"""Rows of the table of pairs that a terminal shows."""


def metric_of(problem: TransportProblem) -> tuple[str, float | None]:
    """Name and order of the metric of a problem.

    Raises
    ------
    ParameterError
        Its cost is no metric of points.
    """
    cost = problem.cost
    if isinstance(cost, GroundCost) and cost.power == 1:
        return named(cost.metric)
    if isinstance(cost, GroundCost):
        fault = "is a power of a metric, and a critic belongs to W1, whose cost is the metric"
    else:
        fault = f"is {'that of a graph' if isinstance(cost, GraphCost) else 'a matrix'}, and a critic is a function of points"
    remedy = "Give --source and --target with coordinates, and --metric; potentials of any cost are for otmodels certify"
    raise ParameterError("cost", fault, remedy)


def audited(data: Dataset, critic: tuple[FloatArray, FloatArray], metric: tuple[str, float | None]) -> Audit:
    """The audit of a critic by its values at the sources and at the targets."""
    name, order = metric
    return audit_critic(critic, data.problem.source, data.problem.target, name, order=order)


def write(data: Dataset, found: Audit, folder: Folder) -> None:
    """Write the tables and the figures that fit the data."""
    folder.add_table("summary.csv", with_data(data, found.summary()))
    folder.add_table("bounds.csv", found.table())
    folder.add_table("attained.csv", attained(found), index=False)
    folder.add_table("critic.csv", found.exact.table())
    write_critic_figures(folder, data, found)


def attained(found: Audit) -> pd.DataFrame:
    """The pairs with the largest slope, sides and labels in columns of their own."""
    pairs = found.attained()
    ends = {end: (f"{end} side", end) for end in ("from", "to")}
    columns = {name: [atom[k] for atom in pairs[end]] for end, names in ends.items() for k, name in enumerate(names)}
    return pd.DataFrame(columns | {name: pairs[name] for name in ("distance", "difference")})


def payload_of(data: Dataset, found: Audit, between: Bracket | None) -> dict[str, Any]:
    """Everything, for JSON."""
    bounds = [
        {
            "name": bound.name,
            "value": bound.value,
            "share": bound.share,
            "interval": None if bound.certificate is None else bound.certificate.interval,
        }
        for bound in found.bounds
    ]
    about = {
        "sentence": found.sentence,
        "w1": found.w1,
        "value": found.value,
        "standard_error": found.standard_error(),
        "constant": found.constant,
        "across": found.across,
        "scaled": found.scaled,
        "lost_by_shape": found.lost_by_shape,
        "lost_by_scale": found.lost_by_scale,
        "is_backwards": found.is_backwards,
        "best": {"name": found.best.name, "value": found.best.value},
        "share": found.share,
        "bounds": bounds,
        "attained": payload.records(attained(found).rename(columns=lambda name: name.replace(" ", "_"))),
        "critic": payload.records(found.exact.table().reset_index()),
    }
    made = found.exact.solution.provenance
    proof = payload.of_proof(found.exact.certificate)
    return {
        **payload.of_dataset(data),
        **proof,
        "provenance": {**asdict(made), "total_s": made.total_s},
        "audit": about,
        "distributions": None if between is None else _of_bracket(between),
    }


def _of_bracket(between: Bracket) -> dict[str, Any]:
    return {
        "lower": between.lower,
        "lower_error": between.lower_error,
        "upper": between.upper,
        "upper_error": between.upper_error,
        "bias": float(between.bias.mean()),
        "interval": between.interval,
        "splits": between.held_out.size,
    }


def sections(data: Dataset, found: Audit, between: Bracket | None, folder: Folder | None) -> Iterator[Iterator[RenderableType]]:
    """Everything, for a terminal."""
    yield report.title(data)
    yield _verdict(data, found)
    yield _parts(data, found)
    yield _bounds(data, found)
    yield _attained(data, found, report.NO_FOLDER if folder is None else str(folder.path / "attained.csv"))
    if between is not None:
        yield _distributions(data, between)
    yield report.checks(found.exact.certificate)


def _verdict(data: Dataset, found: Audit) -> Iterator[RenderableType]:
    yield fact("audit", found.sentence, "bold")
    yield fact("W1", f"{numerals.value(found.w1)} {data.units.value}".rstrip(), "bold")
    yield from report.proven(data, found.exact.certificate)
    yield from report.solved(found.exact.solution)


def _parts(data: Dataset, found: Audit) -> Iterator[RenderableType]:
    yield heading("Where W1 goes", "phi the critic, R = sum a phi(x) - sum b phi(y)")
    yield from report.units(("value", data.units.value))
    rows = [
        ("W1, exact", found.w1),
        ("W1 - R / L, lost by its shape", found.lost_by_shape),
        ("R / L, at slope 1", found.scaled),
        (f"R / L - R, {'feigned' if found.constant > 1 else 'lost'} by its scale", found.lost_by_scale),
        ("R, as it is", found.value),
    ]
    values = [value for _, value in rows]
    columns = [[name for name, _ in rows], numerals.column(values, found.w1), [_share(value, found.w1) for value in values]]
    yield table(["", "value", "of W1"], columns, words=("",))
    yield literal("")
    yield fact("L", f"{numerals.value(found.constant)}, the largest slope of phi over all pairs of atoms")
    yield fact("across", f"{numerals.value(found.across)}, the largest slope from a source to a target")
    error = f"{found.standard_error():.3g}, if phi was fixed before the samples were drawn"
    yield fact("error of R", error)


def _bounds(data: Dataset, found: Audit) -> Iterator[RenderableType]:
    yield heading("Bounds", "what phi proves: W1 is at least so much, whatever the rounding")
    yield from report.units(("value", data.units.value))
    bounds = found.bounds
    shares = [_percent(bound.share) for bound in bounds]
    columns = [[bound.name for bound in bounds], numerals.column([bound.value for bound in bounds], found.w1), shares]
    yield table(["bound", "value", "of W1"], columns, words=("bound",))


def _attained(data: Dataset, found: Audit, rest: str) -> Iterator[RenderableType]:
    pairs = attained(found)
    shown, more = pairs.head(FEW_ROWS), len(pairs) - FEW_ROWS
    if pairs.empty:
        yield heading("Steepest", "none: phi is constant")
        return
    which = f"{FEW_ROWS} of the {len(pairs):,} pairs found" if more > 0 else f"{report.count(len(pairs), 'pair')} found"
    yield heading("Steepest", f"where phi has slope L: {which}")
    yield from report.units(("distance and difference", data.units.cost))
    ends = [[literal(f"{side} {label}") for side, label in shown[[f"{end} side", end]].to_numpy()] for end in ("from", "to")]
    numbers = [numerals.column(shown[name], found.exact.solution.problem.cost_unit) for name in ("distance", "difference")]
    yield table(["from", "to", "distance", "difference"], [*ends, *numbers], words=("from", "to"))
    if more > 0:
        yield literal(f"all of these: {rest}", "dim")


def _distributions(data: Dataset, between: Bracket) -> Iterator[RenderableType]:
    splits = between.held_out.size
    low, high = between.interval
    yield heading("Distributions", f"W1(P, Q), P and Q of mass 1, from {splits} splits of the samples into halves")
    yield from report.units(("mean and error", data.units.value))
    rows = between.table()
    columns = [rows.index.tolist(), numerals.column(rows["mean"]), numerals.column(rows["standard error"])]
    yield table(["number", "mean", "error"], columns, words=("number",))
    yield literal("")
    yield fact("95 %", f"W1(P, Q) from {low:.6g} to {high:.6g} {data.units.value}".rstrip(), "bold")


def _share(value: float, w1: float) -> str:
    return _percent(value / w1 if w1 > 0 else math.nan)


def _percent(share: float) -> str:
    """A share of W1; a dash where W1 is 0."""
    return "-" if math.isnan(share) else f"{share + 0.0:.2%}"
