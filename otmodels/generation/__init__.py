"""Generation: programs over all pairs that start from few and are given those that their multipliers ask for."""

from otmodels.generation.arcs import REACH, GeneratedArcs, generate_arcs
from otmodels.generation.pairs import GeneratedPairs, generate_pairs
from otmodels.generation.rounds import Asked, Generation, Round, Watch
from otmodels.generation.start import DIRECT

__all__ = [
    "DIRECT",
    "REACH",
    "Asked",
    "GeneratedArcs",
    "GeneratedPairs",
    "Generation",
    "Round",
    "Watch",
    "generate_arcs",
    "generate_pairs",
]
