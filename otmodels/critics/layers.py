"""A layer that sorts units in pairs: it makes a network no steeper than its linear layers do. Torch has none.

Source: Anil, Lucas and Grosse (2019), Sorting out Lipschitz function approximation, section 4; Tanielian and Biau (2021),
Approximating Lipschitz continuous functions with GroupSort neural networks.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from otmodels.critics.tensors import import_torch
from otmodels.errors import ShapeError


@cache
def group_sort() -> Any:
    """The class `GroupSort`, a module of torch.

    Raises
    ------
    ParameterError
        Torch is not installed.
    """
    torch = import_torch("GroupSort")

    def forward(self: Any, units: Any) -> Any:
        if not units.ndim or units.shape[-1] % 2:
            raise ShapeError("units", f"have shape {tuple(units.shape)}, and are sorted in pairs", "Give an even number of them")
        first, second = units.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack((torch.minimum(first, second), torch.maximum(first, second)), dim=-1).flatten(-2)

    about = {
        "__module__": "otmodels.critics",
        "__doc__": "Sorts units in pairs: 1-Lipschitz, and no gradient that passes becomes smaller. Their number is even.",
        "forward": forward,
    }
    return type("GroupSort", (torch.nn.Module,), about)
