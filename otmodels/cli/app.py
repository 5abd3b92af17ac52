"""The application that commands register with, and what every error does to the exit code."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from otmodels.cli.faults import told
from otmodels.halting import ctrl_c_noted

_AS_JSON = "otmodels.json"
"""Where a context remembers that JSON was asked for: known before the command's own options are read."""


COMMANDS = {
    "solve": ("solve", "Solve a transport problem and certify the answer."),
    "distance": ("distance", "Wasserstein distance by the fastest exact route, and say which."),
    "lipschitz": ("lipschitz", "Say whether g = -f holds, can be had at no loss, or is false, and why."),
    "explain": ("explain", "Explain the answer: why there is none, or how firm it is."),
    "report": ("page.command", "Write everything about a problem into one HTML page to send to another."),
    "compare": ("compare", "Solve in every form and language and lay the answers side by side."),
    "certify": ("certify", "Check anybody's plan, potentials or both, and say what they prove."),
    "audit": ("audit", "Say what a critic is worth: how far from the exact W1, and why."),
    "dual": ("dual", "Print a linear program and its dual in algebra, and solve both."),
    "benchmark": ("benchmark", "Measure speed and memory as ratios within one run."),
}
"""Each command with the module that it is in and the line that `--help` shows, so that it is imported when it is called."""


class Later(TyperCommand):
    """A command that is imported when it is called."""

    def __init__(self, name: str, module: str, line: str) -> None:
        super().__init__(name, help=line)
        self.module = f"{__package__}.{module}"

    @property
    def command(self) -> Any:
        """The command itself; Ctrl-C waits for its import, half of which some packages cannot do again."""
        with ctrl_c_noted() as asked:
            found = getattr(import_module(self.module), str(self.name))
        if asked.is_set():
            raise KeyboardInterrupt
        if isinstance(found, typer.Typer):
            return get_command(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return get_command(alone)

    def make_context(self, *args: Any, **more: Any) -> Any:
        """The context of the command itself."""
        return self.command.make_context(*args, **more)


class _Group(TyperGroup):
    """A group of commands whose errors are one line, and JSON where that was asked for."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.commands = {name: Later(name, *where) for name, where in COMMANDS.items()}

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
