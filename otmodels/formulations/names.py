"""Labels as names of rows and columns, and as what pyomo can index by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

import pandas as pd

from otmodels.lp import Names


def keys(labels: pd.Index[Any]) -> list[Hashable]:
    """Labels as pyomo can index by them: it would take a tuple apart."""
    if not any(isinstance(label, tuple) for label in labels):
        return list(labels.tolist())
    return list(texts(labels))


def texts(labels: pd.Index[Any]) -> list[str]:
    """One text a label; labels that look the same, such as 1 and "1", are told apart by their position."""
    written = [str(label) for label in labels]
    if len(set(written)) == len(written):
        return written
    counts = Counter(written)
    return [text if counts[text] == 1 else f"{text}#{k}" for k, text in enumerate(written)]


def names_of(name: str, labels: pd.Index[Any]) -> Names:
    """name[label] for each label."""
    return Names(len(labels), lambda: [f"{name}[{text}]" for text in texts(labels)])
