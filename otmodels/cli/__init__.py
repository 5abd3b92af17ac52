"""The command line: solve, distance, lipschitz, explain, report, compare, certify, audit, dual, benchmark; verbs of Python."""

import logging

from otmodels.cli.app import app
from otmodels.cli.streams import keep_writing


def main() -> None:
    """Run the command line and exit: 0 certified, 1 not certified, 2 bad input, 130 interrupted."""
    # Neither a reader that has seen enough nor a label that the terminal's encoding lacks is a reason to lose the answer.
    keep_writing()
    # Pyomo logs, before it raises, what is then told as one line.
    logging.getLogger("pyomo").setLevel(logging.CRITICAL)
    app(prog_name="otmodels")


__all__ = ["app", "main"]
