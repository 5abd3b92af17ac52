"""How far a certificate can be trusted: random problems of every kind, solved exactly in rationals next to the package.

An oracle that checks itself in exact arithmetic (`hitchcock` for transport, `simplex` for programs in general); data drawn at
random, the ordinary and the hostile (`draws`, `numbers`, `editors`); ways to ask (`questions`, `extended`, `programs`); a judge
in rationals (`judge`); and the campaign that counts (`campaign`).
"""

from otmodels.benchmark.trust.campaign import COLUMNS, KINDS, Counts, Failure, trust

__all__ = ["COLUMNS", "KINDS", "Counts", "Failure", "trust"]
