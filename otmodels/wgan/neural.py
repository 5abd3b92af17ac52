"""Neural critics: networks that are trained to make E_p f - E_q f large, their slope held near 1 by one of four devices.

All have layers x -> s(W x + c) and a linear one at the end, and all are trained by steps along the gradient of E_p f - E_q f on
batches. What sets them apart is what keeps them from being steep:

- *clipping*: after each step every weight is put back into [-c, c] (Arjovsky et al. 2017). The slope is bounded, by what is not
  known; R / L of an audit says what is left.
- *penalty*: from the value, lambda times the mean of (|grad f| - 1)^2 is taken, at random points between the two batches
  (Gulrajani et al. 2017). Slopes of 1 are wished for, at these points, and not enforced.
- *spectral*: each W is divided by an estimate of its largest singular value (Miyato et al. 2018). The slope is at most 1 where
  the estimate is right, and mostly less: it is lost between layers.
- *groupsort*: each W is orthonormal, and s sorts units in pairs (Anil, Lucas and Grosse 2019). No slope is lost on the way back,
  but in layers with more units than inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from otmodels.arguments import check_name, kind_of, positive, whole
from otmodels.arrays import travels
from otmodels.critics.layers import group_sort
from otmodels.critics.tensors import as_usual, import_torch
from otmodels.errors import ParameterError, UnknownNameError

RATES = {"clipping": 5e-5, "penalty": 1e-3, "spectral": 1e-3, "groupsort": 1e-3}
"""How fast each learns where nothing else is asked for: of clipping as in its source, the others by trial on known pairs."""


@travels
@dataclass(frozen=True, slots=True, init=False)
class Neural:
    """A neural critic: its network, and how it is trained; see `otmodels.wgan.neural`.

    Parameters
    ----------
    kind : {"clipping", "penalty", "spectral", "groupsort"}
        What holds its slope.
    hidden : sequence of int
        Units of each hidden layer, >= 1; even ones for groupsort.
    rate : float, optional
        Of Adam, of RMSprop with clipping; > 0.
    turns : int
        Steps that it takes for each one of a generator's, >= 1.
    clip : float
        c, > 0; of clipping alone.
    weight : float
        lambda, > 0; of the penalty alone.
    seed : int
        Of its weights at the start, >= 0.

    Raises
    ------
    UnknownNameError, ParameterError

    Examples
    --------
    >>> Neural("penalty", weight=1)
    Neural(penalty 1 with 64 and 64 units, Adam 0.001)
    """

    kind: str
    hidden: tuple[int, ...]
    rate: float
    turns: int
    clip: float
    weight: float
    seed: int

    def __init__(
        self,
        kind: str,
        hidden: Iterable[int] = (64, 64),
        rate: float | None = None,
        turns: int = 5,
        clip: float = 0.01,
        weight: float = 10.0,
        seed: int = 0,
    ) -> None:
        check_name("kind", kind, RATES)
        if isinstance(hidden, str) or not isinstance(hidden, Iterable):
            raise ParameterError("hidden", f"is {kind_of(hidden)}", "Give units of each hidden layer, such as (64, 64)")
        units = tuple(whole("hidden", width, 1) for width in hidden)
        if kind == "groupsort" and any(width % 2 for width in units):
            raise ParameterError("hidden", f"is {units}, and units are sorted in pairs", "Give even numbers")
        settled = {
            "kind": kind,
            "hidden": units,
            "rate": RATES[kind] if rate is None else positive("rate", rate),
            "turns": whole("turns", turns, 1),
            "clip": positive("clip", clip),
            "weight": positive("weight", weight),
            "seed": whole("seed", seed, 0),
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """What it is called, its strength counted in where it has one."""
        strength = {"clipping": f" {self.clip:g}", "penalty": f" {self.weight:g}"}
        return self.kind + strength.get(self.kind, "")

    @property
    def said(self) -> str:
        """What it is, in words."""
        units = " and ".join(map(str, self.hidden)) or "no hidden"
        optimiser = "RMSprop" if self.kind == "clipping" else "Adam"
        return f"{self.name} with {units} units, {optimiser} {self.rate:g}"

    def module(self, dimension: int) -> Any:
        """The network before training, of float64, from points (k, dimension) to values (k, 1)."""
        torch = import_torch("critic")
        with as_usual(torch, own=True), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed % 2**64)  # torch.manual_seed would seed every accelerator too
            layers, inputs = [], dimension
            for width in (*self.hidden, 1):
                layers += [self._held(torch, torch.nn.Linear(inputs, width, dtype=torch.float64)), self._activation(torch)]
                inputs = width
            return torch.nn.Sequential(*layers[:-1])

    def _held(self, torch: Any, layer: Any) -> Any:
        """A linear layer, its weights held."""
        held = torch.nn.utils.parametrizations
        if self.kind == "spectral":
            return held.spectral_norm(layer)
        if self.kind == "groupsort":
            return held.orthogonal(layer, orthogonal_map="cayley")
        if self.kind == "clipping":
            with torch.no_grad():
                for parameter in layer.parameters():
                    parameter.clamp_(-self.clip, self.clip)
        return layer

    def _activation(self, torch: Any) -> Any:
        return group_sort()() if self.kind == "groupsort" else torch.nn.ReLU()

    def __repr__(self) -> str:
        return f"Neural({self.said})"


def recipe_of(critic: object) -> Neural | None:
    """The neural critic that is asked for, by its kind or as it is; None where it is the exact one.

    Raises
    ------
    UnknownNameError, ParameterError
        Torch is missing for it, or there is no such critic.
    """
    if not isinstance(critic, Neural):
        known = ("exact", *RATES)
        if not isinstance(critic, str):
            remedy = f"Name one of {', '.join(known)}, or give a Neural; what any other critic is worth, om.audit_critic says"
            raise UnknownNameError("critic", f"is {kind_of(critic)}", remedy)
        check_name("critic", critic, known)
        if critic == "exact":
            return None
    import_torch("critic", f"{critic!r} is a network of torch")
    return critic if isinstance(critic, Neural) else Neural(str(critic))
