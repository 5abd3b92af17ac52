"""A certificate: a list of checks recomputed from the data, and what they prove together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from otmodels.errors import CertificateError
from otmodels.interval import Interval
from otmodels.tolerances import DEFAULT


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was recomputed.

    Attributes
    ----------
    name : str
        What was checked.
    violation : float
        By how much the numbers fail, >= 0, in the user's units; +inf where nothing was given to check.
    tolerance : float
        Largest violation that passes, in the same units.
    where : str
        The worst offender, by label.
    """

    name: str
    violation: float
    tolerance: float
    where: str = ""

    @property
    def passed(self) -> bool:
        """Whether the violation is within the tolerance; NaN never is."""
        return self.violation <= self.tolerance

    @property
    def severity(self) -> float:
        """Violation over tolerance, to tell which failure is worst; +inf for NaN."""
        if math.isnan(self.violation):
            return math.inf
        return self.violation / self.tolerance if self.tolerance else (math.inf if self.violation else 0.0)

    def __str__(self) -> str:
        if math.isinf(self.violation):
            return f"{self.name}: nothing was given to check"
        at = f" at {self.where}" if self.where else ""
        return f"{self.name}: {self.violation:.3g}{at} (tolerance {self.tolerance:.3g})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a primal point and a dual point prove about a minimum or maximum.

    It passes where two things hold: the interval, which is rigorous, is narrow; and the numbers handed in are those that it was
    made from, each in its own scale. Both are among the checks, and a check may veto, never excuse another.

    Attributes
    ----------
    checks : tuple of Check
        Everything that was recomputed.
    primal_value, dual_value : float
        Objective of the point and of the multipliers; NaN where none were given.
    interval : Interval
        Proven bounds on the optimal value of the exact data, rounding counted in; infinite where nothing is proven.
    proven : bool
        Whether both bounds are rigorous. False where one of the two could be had to a tolerance only: such numbers may
        pass, and are called optimal to tolerance.
    absolute : bool
        Whether the interval is narrow next to the terms that the value is summed from, and not next to the value, which
        vanishes or cancels.
    about : str
        What the exact data are, where that needs to be said: the float costs that a rule gives, masses that were moved.
    """

    checks: tuple[Check, ...]
    primal_value: float
    dual_value: float
    interval: Interval
    proven: bool = True
    absolute: bool = False
    about: str = ""

    @property
    def passed(self) -> bool:
        """Whether the numbers prove optimality: every check passes."""
        return all(check.passed for check in self.checks)

    @property
    def value(self) -> float:
        """The point's own value, and where rounding takes it out of the interval the end of that."""
        lower, upper = self.interval
        return min(max(self.primal_value, lower), upper) if self.passed else self.primal_value

    @property
    def gap(self) -> float:
        """Width of the interval; infinite where one of its bounds is missing."""
        return self.interval.width if math.isfinite(self.interval.size) else math.inf

    @property
    def relative_gap(self) -> float:
        """Width of the interval over the value; 0 over 0 is 0, and infinite where a bound is missing."""
        return self.interval.relative_width if math.isfinite(self.interval.size) else math.inf

    @property
    def worst(self) -> Check | None:
        """The failed check furthest beyond its tolerance, one that names a label first; None where all passed."""
        failed = [check for check in self.checks if not check.passed]
        return max(failed, key=lambda check: (bool(check.where), check.severity), default=None)

    @property
    def word(self) -> str:
        """What the numbers are, in a word or two: "certified optimal", "optimal to tolerance", "not certified"."""
        if not self.passed:
            return "not certified"
        if not self.proven:
            return "optimal to tolerance"
        return "certified optimal" if self.absolute or self.relative_gap <= DEFAULT.gap else "certified to a gap"

    @property
    def verdict(self) -> str:
        """What the numbers prove, in a sentence."""
        lower, upper = self.interval
        if not self.passed:
            return f"not certified: {self.worst}; {self._proof()}"
        if not self.proven:
            known = "" if math.isinf(lower) and math.isinf(upper) else f"; {self._proof()}"
            return f"optimal to tolerance: the value is {self.primal_value:.12g}{known}"
        if self.absolute:
            return f"certified optimal: the value is {self.primal_value:.12g}, absolute gap {self.gap:.1e}"
        if self.relative_gap > DEFAULT.gap:
            return f"certified to a relative gap of {self.relative_gap:.1e}: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
        return f"certified optimal: the value is {self.primal_value:.12g}, relative gap {self.relative_gap:.1e}"

    def _proof(self) -> str:
        lower, upper = self.interval
        if math.isfinite(lower) and math.isfinite(upper):
            return f"proven: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
        if math.isfinite(lower):
            return f"proven: the optimal value is at least {lower:.9g}"
        if math.isfinite(upper):
            return f"proven: the optimal value is at most {upper:.9g}"
        return "nothing is proven"

    def table(self) -> pd.DataFrame:
        """One row a check: violation, tolerance, passed, where."""
        rows = [(c.name, c.violation, c.tolerance, c.passed, c.where) for c in self.checks]
        return pd.DataFrame(rows, columns=["check", "violation", "tolerance", "passed", "where"]).set_index("check")

    def raise_if_failed(self) -> None:
        """Raise unless the certificate passed.

        Raises
        ------
        CertificateError
            With the verdict and the worst offender.
        """
        if not self.passed:
            raise CertificateError(self.verdict)
