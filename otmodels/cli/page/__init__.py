"""The page of `otmodels report`: one HTML file that holds everything about a result and needs nothing else."""

from otmodels.cli.page.document import document
from otmodels.cli.page.material import Material, gathered

__all__ = ["Material", "document", "gathered"]
