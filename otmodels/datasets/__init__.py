"""Data sets: a folder that states a transport problem, what its numbers mean and where they are from."""

from otmodels.datasets.read import Dataset, read_dataset, read_files
from otmodels.datasets.statement import Units

__all__ = ["Dataset", "Units", "read_dataset", "read_files"]
