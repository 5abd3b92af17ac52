"""Benchmarks: seconds and memory as ratios between things that ran next to each other in one run.

Every measurement runs in a process of its own, so that its peak memory is its own, and the candidates take turns, so that
a machine that slows down slows all of them down. What is reported is the median over the turns.

`trust` measures no speed: it counts how often a certificate is wrong. `known_truth` measures what critics are worth, and
`generators` what is learnt from them.
"""

from otmodels.benchmark.critics import BATCH, DIMENSIONS, SAMPLES, SIDE, critics
from otmodels.benchmark.dense import FAMILIES, SIZES, dense
from otmodels.benchmark.grid import CASES, grid
from otmodels.benchmark.known import KNOWN_DIMENSIONS, KNOWN_SAMPLES, KNOWN_STEPS, check_trainable, known_truth
from otmodels.benchmark.languages import STEPS, languages
from otmodels.benchmark.methods import methods
from otmodels.benchmark.trust import KINDS, Counts, Failure, trust
from otmodels.benchmark.wgan import CRITICS, DATA, GENERATOR_BATCH, GENERATOR_STEPS, Trained, generators

__all__ = [
    "BATCH",
    "CASES",
    "CRITICS",
    "DATA",
    "DIMENSIONS",
    "FAMILIES",
    "GENERATOR_BATCH",
    "GENERATOR_STEPS",
    "KINDS",
    "KNOWN_DIMENSIONS",
    "KNOWN_SAMPLES",
    "KNOWN_STEPS",
    "SAMPLES",
    "SIDE",
    "SIZES",
    "STEPS",
    "Counts",
    "Failure",
    "Trained",
    "check_trainable",
    "critics",
    "dense",
    "generators",
    "grid",
    "known_truth",
    "languages",
    "methods",
    "trust",
]
