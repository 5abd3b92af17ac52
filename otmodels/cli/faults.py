"""What goes wrong, as the command line tells it: in the words of its options, in one line and, with --json, as an object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, cast

import typer

from otmodels.cli.terminal import say
from otmodels.errors import InfeasibleError, InputError, OtmodelsError, SolveError
from otmodels.words import restated

USAGE_ERROR = cast(type[Exception], typer.BadParameter.__base__)
"""A command line that cannot be read; typer may bring click's class or one of its own."""

_OPTIONS = (
    *("balance", "force", "form", "gap", "language", "metric", "order", "power", "rows", "sets", "support", "time_limit"),
    *("largest_emd", "repeats", "seed", "side", "size", "splits"),
)
"""Arguments of Python that are options of the same name."""

_BESIDE = {
    "is None": "is missing",
    "is given beside a graph": "is given beside --graph",
    "is given beside a cost matrix": "is given beside --cost",
}
"""What an option has, or has beside it, in the words of options."""

_KEYS = {"invert": "grid", "directed": "cost"}
"""What is stated in problem.toml alone, and the table that it stands in."""


class ExitCode(IntEnum):
    """What the shell gets."""

    CERTIFIED = 0
    NOT_CERTIFIED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130


@contextmanager
def told(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong within into one line on stderr, with --json an object on stdout too, and an exit code."""
    try:
        yield
    except USAGE_ERROR as error:
        message = getattr(error, "message", "")
        if "unexpected extra argument" in message and any(suffix in message for suffix in (".csv", ".png")):
            setattr(error, "message", f"{message}. Single files go with --source and --target")  # noqa: B010
        if as_json:
            _print({"kind": "UsageError", "message": getattr(error, "format_message", error.__str__)()}, ExitCode.BAD_INPUT)
        raise
    except OtmodelsError as error:
        code = ExitCode.BAD_INPUT if isinstance(error, InputError | InfeasibleError) else ExitCode.NOT_CERTIFIED
        about = _about(error)
        say(f"{'error' if code is ExitCode.BAD_INPUT else 'not certified'}: {about['message']}")
        _end(about, code, as_json, error)
    except OSError as error:
        about = {"kind": "FileError", "message": f"{error.filename or 'file'}: {error.strerror or error}"}
        say(f"error: {about['message']}")
        _end(about, ExitCode.BAD_INPUT, as_json, error)
    except KeyboardInterrupt:
        say("interrupted: nothing was certified")
        _end({"kind": "Interrupted", "message": "nothing was certified"}, ExitCode.INTERRUPTED, as_json, None)


def in_options(text: str) -> str:
    """A message of Python's in the words of the command line.

    >>> in_options("Choose one of cityblock, euclidean, or give a callable")
    'Choose one of cityblock, euclidean'
    >>> in_options("Make them equal, or choose balance='rescale' to divide each by its total")
    'Make them equal, or choose --balance rescale to divide each by its total'
    """

    def option(name: str, value: str) -> str:
        if name in _KEYS:
            return f"{name} = {value.lower()} in the table [{_KEYS[name]}] of a problem.toml"
        return f"--{name.replace('_', '-')}{'' if value == 'True' else f' {value}'}"

    return restated(text, (*_OPTIONS, *_KEYS), option)


def _about(error: OtmodelsError) -> dict[str, Any]:
    """What is known of an error."""
    kind: dict[str, Any] = {"kind": type(error).__name__}
    if isinstance(error, InputError):
        option = error.argument in _OPTIONS or (error.fault in _BESIDE and error.argument.isidentifier())
        named = f"--{error.argument.replace('_', '-')}" if option else error.argument
        fault = _BESIDE.get(error.fault, in_options(error.fault)) if option else in_options(error.fault)
        remedy = in_options(error.remedy)
        return {**kind, "message": f"{named}: {fault}. {remedy}.", "argument": named, "fault": fault, "remedy": remedy}
    about = {**kind, "message": in_options(str(error))}
    if isinstance(error, InfeasibleError):
        about["message"] += "; otmodels explain has the least that would help"
    if isinstance(error, SolveError):
        from otmodels.cli import payload

        about |= {"status": payload.of_status(error.status), "interval": error.interval}
    return about


def _end(about: dict[str, Any], code: ExitCode, as_json: bool, cause: BaseException | None) -> None:
    if as_json:
        _print(about, code)
    raise typer.Exit(code) from cause


def _print(about: dict[str, Any], code: ExitCode) -> None:
    from otmodels.cli import payload

    typer.echo(payload.dumps({"certified": False, "error": {**about, "exit_code": int(code)}}))
