"""A certificate: a list of checks recomputed from the data, and what they prove together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from otmodels.errors import CertificateError
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

    Attributes
    ----------
    checks : tuple of Check
        Everything that was recomputed.
    primal_value, dual_value : float
        Objective of the point and of the multipliers; NaN where none were given.
    interval : tuple of float
        Proven (lower, upper) bounds on the optimal value; infinite where nothing is proven. Where pairs are forbidden,
        the upper one holds up to the tolerance of the marginals.
    relative_gap : float
        |primal - dual| over the value; the width of the interval over the value where one of the two is missing.
    """

    checks: tuple[Check, ...]
    primal_value: float
    dual_value: float
    interval: tuple[float, float]
    relative_gap: float

    @property
    def passed(self) -> bool:
        """Whether the numbers prove optimality: every check passes."""
        return all(check.passed for check in self.checks)

    @property
    def gap(self) -> float:
        """Duality gap |primal - dual|; infinite where one of the two is missing."""
        gap = abs(self.primal_value - self.dual_value)
        return math.inf if math.isnan(gap) else gap

    @property
    def worst(self) -> Check | None:
        """The failed check furthest beyond its tolerance, one that names a label first; None where all passed."""
        failed = [check for check in self.checks if not check.passed]
        return max(failed, key=lambda check: (bool(check.where), check.severity), default=None)

    @property
    def verdict(self) -> str:
        """What the numbers prove, in a sentence."""
        lower, upper = self.interval
        if self.passed and self.relative_gap > DEFAULT.gap:
            return f"certified to a relative gap of {self.relative_gap:.1e}: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
        if self.passed:
            return f"certified optimal: the value is {self.primal_value:.12g}, relative gap {self.relative_gap:.1e}"
        if math.isfinite(lower) and math.isfinite(upper):
            proof = f"proven: the optimal value lies in [{lower:.9g}, {upper:.9g}]"
        elif math.isfinite(lower):
            proof = f"proven: the optimal value is at least {lower:.9g}"
        elif math.isfinite(upper):
            proof = f"proven: the optimal value is at most {upper:.9g}"
        else:
            proof = "nothing is proven"
        return f"not certified: {self.worst}; {proof}"

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
