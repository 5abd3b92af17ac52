"""Changes that users make to models, said once and made in each language: rows, columns, bounds, deletions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
import pyomo.environ as pyo

from otmodels.model import Model

Coefficients = Mapping[int, float]
"""By position among the declared variables in C order, and those added after them."""


class Editor(ABC):
    """A model that is being changed.

    Attributes
    ----------
    code : list of str
        Lines that make the same changes, `x` being the variables one by one.
    size : int
        Number of variables.
    """

    header: str

    def __init__(self, model: Model) -> None:
        self.model = model
        self.code = [self.header]
        self.size = self._declared()

    @abstractmethod
    def _declared(self) -> int:
        """Number of declared variables, one by one."""

    @abstractmethod
    def _add_row(self, coefficients: Coefficients, lower: float, upper: float, name: str) -> None: ...

    @abstractmethod
    def _add_column(self, cost: float, lower: float, upper: float, name: str) -> None: ...

    @abstractmethod
    def at_most(self, variable: int, upper: float) -> None:
        """Bound a declared variable from above."""

    @abstractmethod
    def delete(self, rng: np.random.Generator) -> None:
        """Take a declared constraint, or one of its rows, out."""

    @abstractmethod
    def make_integer(self, variable: int) -> None:
        """Make a program of it that is not linear: a variable takes whole values only."""

    def row(self, coefficients: Coefficients, lower: float, upper: float) -> None:
        """Add lower <= sum of coefficients times variables <= upper."""
        self._add_row(coefficients, lower, upper, f"added{len(self.code)}")

    def column(self, cost: float, lower: float, upper: float) -> int:
        """Add a variable and say its position."""
        self._add_column(cost, lower, upper, f"extra{len(self.code)}")
        self.size += 1
        return self.size - 1


def _total(coefficients: Coefficients) -> str:
    return " + ".join(f"{value!r} * x[{k}]" for k, value in coefficients.items())


def _bounds(lower: float, upper: float) -> tuple[float | None, float | None]:
    """Bounds, None where there is none."""
    return lower if np.isfinite(lower) else None, upper if np.isfinite(upper) else None


class CvxpyEditor(Editor):
    """A cvxpy Problem, stated anew at each change."""

    header = "import cvxpy as cp\nx = [*cp.hstack([cp.vec(v, order='C') for v in model.variables.values()])]"

    def _declared(self) -> int:
        self._x: list[Any] = [*cp.hstack([cp.vec(variable, order="C") for variable in self.model.variables.values()])]
        return len(self._x)

    def _add_row(self, coefficients: Coefficients, lower: float, upper: float, name: str) -> None:
        total, said = sum(value * self._x[k] for k, value in coefficients.items()), _total(coefficients)
        if lower == upper:
            return self._constrain((total == lower).set_label(name), f"({said} == {lower!r}).set_label({name!r})")
        if np.isfinite(lower):
            self._constrain((total >= lower).set_label(f"{name}_lower"), f"({said} >= {lower!r}).set_label('{name}_lower')")
        if np.isfinite(upper):
            self._constrain((total <= upper).set_label(f"{name}_upper"), f"({said} <= {upper!r}).set_label('{name}_upper')")
        return None

    def _constrain(self, constraint: Any, said: str) -> None:
        native = self.model.native
        self.model.native = cp.Problem(native.objective, [*native.constraints, constraint])
        self.code.append(f"model.native = cp.Problem(model.native.objective, [*model.native.constraints, {said}])")

    def _add_column(self, cost: float, lower: float, upper: float, name: str) -> None:
        (low, high), native = _bounds(lower, upper), self.model.native
        variable = cp.Variable(name=name, bounds=[low, high])
        objective = type(native.objective)(native.objective.args[0] + cost * variable)
        self.model.native = cp.Problem(objective, native.constraints)
        self._x.append(variable)
        self.code += [
            f"x.append(cp.Variable(name={name!r}, bounds={[low, high]}))",
            "objective = model.native.objective",
            f"objective = type(objective)(objective.args[0] + {cost!r} * x[-1])",
            "model.native = cp.Problem(objective, model.native.constraints)",
        ]

    def at_most(self, variable: int, upper: float) -> None:
        """Bound a declared variable from above."""
        self._constrain(self._x[variable] <= upper, f"x[{variable}] <= {upper!r}")

    def delete(self, rng: np.random.Generator) -> None:
        """Take a declared constraint out."""
        native = self.model.native
        gone = int(rng.integers(len(native.constraints)))
        self.model.native = cp.Problem(native.objective, [c for k, c in enumerate(native.constraints) if k != gone])
        self.code += [
            f"kept = [c for k, c in enumerate(model.native.constraints) if k != {gone}]",
            "model.native = cp.Problem(model.native.objective, kept)",
        ]

    def make_integer(self, variable: int) -> None:
        """Add a whole variable that bounds a declared one."""
        self._constrain(self._x[variable] <= cp.Variable(integer=True), f"x[{variable}] <= cp.Variable(integer=True)")


class PyomoEditor(Editor):
    """A pyomo model, changed in place."""

    header = "import pyomo.environ as pyo\nx = [entry for v in model.variables.values() for entry in v.values()]"

    def _declared(self) -> int:
        self._x: list[Any] = [entry for variable in self.model.variables.values() for entry in variable.values()]
        return len(self._x)

    def _add_row(self, coefficients: Coefficients, lower: float, upper: float, name: str) -> None:
        total, said = sum(value * self._x[k] for k, value in coefficients.items()), _total(coefficients)
        low, high = _bounds(lower, upper)
        equal = lower == upper
        self.model.native.add_component(name, pyo.Constraint(expr=total == lower if equal else (low, total, high)))
        stated = f"{said} == {lower!r}" if equal else f"({low!r}, {said}, {high!r})"
        self.code.append(f"model.native.add_component({name!r}, pyo.Constraint(expr={stated}))")

    def _add_column(self, cost: float, lower: float, upper: float, name: str) -> None:
        bounds, native = _bounds(lower, upper), self.model.native
        self._x.append(pyo.Var(bounds=bounds))
        native.add_component(name, self._x[-1])
        objective = next(native.component_data_objects(pyo.Objective, active=True))
        objective.set_value(objective.expr + cost * self._x[-1])
        self.code += [
            f"x.append(pyo.Var(bounds={bounds}))",
            f"model.native.add_component({name!r}, x[-1])",
            "objective = next(model.native.component_data_objects(pyo.Objective, active=True))",
            f"objective.set_value(objective.expr + {cost!r} * x[-1])",
        ]

    def at_most(self, variable: int, upper: float) -> None:
        """Bound a declared variable from above."""
        self._x[variable].setub(upper)
        self.code.append(f"x[{variable}].setub({upper!r})")

    def delete(self, rng: np.random.Generator) -> None:
        """Deactivate a row of a declared constraint."""
        rows = [row for constraint in self.model.constraints.values() for row in constraint.values()]
        gone = int(rng.integers(len(rows)))
        rows[gone].deactivate()
        self.code.append(f"[row for c in model.constraints.values() for row in c.values()][{gone}].deactivate()")

    def make_integer(self, variable: int) -> None:
        """Let a declared variable take whole values only."""
        self._x[variable].domain = pyo.Integers
        self.code.append(f"x[{variable}].domain = pyo.Integers")


class HighspyEditor(Editor):
    """A Highs object, changed in place."""

    header = "import highspy"

    def _declared(self) -> int:
        return int(self.model.native.getNumCol())

    def _add_row(self, coefficients: Coefficients, lower: float, upper: float, name: str) -> None:
        native, index, values = self.model.native, list(coefficients), list(coefficients.values())
        native.addRow(lower, upper, len(index), np.array(index, dtype=np.int32), np.array(values, dtype=np.float64))
        native.passRowName(native.getNumRow() - 1, name)
        arrays = f"np.array({index}, dtype=np.int32), np.array({values})"
        self.code += [
            f"model.native.addRow({lower!r}, {upper!r}, {len(index)}, {arrays})",
            f"model.native.passRowName(model.native.getNumRow() - 1, {name!r})",
        ]

    def _add_column(self, cost: float, lower: float, upper: float, name: str) -> None:
        empty = np.array([], dtype=np.int32)
        self.model.native.addCol(cost, lower, upper, 0, empty, np.array([], dtype=np.float64))
        arrays = "np.array([], dtype=np.int32), np.array([])"
        self.code.append(f"model.native.addCol({cost!r}, {lower!r}, {upper!r}, 0, {arrays})")

    def at_most(self, variable: int, upper: float) -> None:
        """Bound a declared variable from above."""
        lower = float(self.model.native.getLp().col_lower_[variable])
        self.model.native.changeColBounds(variable, lower, upper)
        self.code.append(f"model.native.changeColBounds({variable}, {lower!r}, {upper!r})")

    def delete(self, rng: np.random.Generator) -> None:
        """Delete a row."""
        row = int(rng.integers(self.model.native.getNumRow()))
        self.model.native.deleteRows(1, np.array([row], dtype=np.int32))
        self.code.append(f"model.native.deleteRows(1, np.array([{row}], dtype=np.int32))")

    def make_integer(self, variable: int) -> None:
        """Let a declared variable take whole values only."""
        self.model.native.changeColIntegrality(variable, highspy.HighsVarType.kInteger)
        self.code.append(f"model.native.changeColIntegrality({variable}, highspy.HighsVarType.kInteger)")


EDITORS: dict[str, type[Editor]] = {"cvxpy": CvxpyEditor, "pyomo": PyomoEditor, "highspy": HighspyEditor}
