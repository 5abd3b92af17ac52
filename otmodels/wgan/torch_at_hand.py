"""Torch, imported where something of torch is asked for. It need not be installed."""

from __future__ import annotations

import importlib
from typing import Any

from otmodels.errors import ParameterError


def import_torch(argument: str, kind: str) -> Any:
    """Torch.

    Parameters
    ----------
    argument : str
        What messages call that which needs it.
    kind : str
        What that is, such as "loss".

    Raises
    ------
    ParameterError
        It is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        fault = f"is a {kind} of torch, which cannot be imported ({error})"
        raise ParameterError(argument, fault, "Install it: pip install 'otmodels[wgan]'") from error
