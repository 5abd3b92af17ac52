"""The application that commands register with, and what every error does to the exit code."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from otmodels.cli.faults import told

_AS_JSON = "otmodels.json"
"""Where a context remembers that JSON was asked for: known before the command's own options are read."""


class _Group(TyperGroup):
    """A group of commands whose errors are one line, and JSON where that was asked for."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:
        as_json = "--json" in args
        with told(as_json):
            context = super().make_context(info_name, args, *rest, **more)
        context.meta[_AS_JSON] = as_json
        return context

    def invoke(self, ctx: Any) -> Any:
        with told(ctx.meta[_AS_JSON]):
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
