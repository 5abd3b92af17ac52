"""The application that commands register with, and what every error does to the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from otmodels.cli.terminal import say
from otmodels.errors import InfeasibleError, InputError, OtmodelsError


class ExitCode(IntEnum):
    """What the shell gets."""

    CERTIFIED = 0
    NOT_CERTIFIED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn what goes wrong within into one line on stderr and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (InputError, InfeasibleError) as error:
        say(f"error: {error}")
        raise typer.Exit(ExitCode.BAD_INPUT) from error
    except OtmodelsError as error:
        say(f"not certified: {error}")
        raise typer.Exit(ExitCode.NOT_CERTIFIED) from error
    except OSError as error:
        say(f"error: {error.filename or 'file'}: {error.strerror or error}")
        raise typer.Exit(ExitCode.BAD_INPUT) from error
    except KeyboardInterrupt:
        say("interrupted: nothing was certified")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


class _Group(TyperGroup):
    """A group of commands whose errors are one line."""

    def invoke(self, ctx: Any) -> Any:
        with _one_line_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from otmodels import __version__

        typer.echo(f"otmodels {__version__}")
        raise typer.Exit


@app.callback()
def otmodels(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Optimal transport as linear programming: every answer certified.

    \b
    otmodels solve data/earth_moving
    otmodels solve --help

    Exit code: 0 certified, 1 not certified, 2 bad input, 130 interrupted.
    """  # noqa: D301
