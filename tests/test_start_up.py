"""What is imported when: a version or a help needs no solver, and a name of the package what it is made of."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import otmodels as om
from otmodels.cli.app import COMMANDS

HEAVY = ("cvxpy", "pyomo", "pandas", "matplotlib", "highspy", "scipy", "torch")


def loaded_after(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has imported after some code."""
    tell = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True)
    return set(ast.literal_eval(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("word", ["--version", "--help", "-h", "solv"])
def test_the_command_line_starts_without_what_it_does_not_need(word: str) -> None:
    assert not loaded_after(f"sys.argv = ['otmodels', {word!r}]; from otmodels.cli import main; main()")


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.6, 0.9])
def test_ctrl_c_while_a_command_is_imported_ends_quietly(seconds: float) -> None:
    """Or after that, or before: as soon as there is somebody to hear it, there is one line and no traceback."""
    code = (
        "import signal, sys, threading\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from otmodels.cli import main\n"
        f"threading.Timer({seconds}, signal.raise_signal, [signal.SIGINT]).start()\n"
        "sys.argv = ['otmodels', 'benchmark', 'trust', '--seconds', '60']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 130)
    assert "interrupted" in done.stderr + done.stdout


def test_the_package_starts_with_nothing() -> None:
    assert not loaded_after("import otmodels")


def test_data_need_no_language_and_no_figures() -> None:
    assert not loaded_after("import otmodels; otmodels.Measure([1, 2])") & {"cvxpy", "pyomo", "matplotlib", "torch"}


def test_the_package_brings_no_torch() -> None:
    assert "torch" not in loaded_after(
        "import otmodels; [getattr(otmodels, name) for name in otmodels.__all__]; otmodels.wgan.train"
    )


def test_every_public_name_is_where_it_is_said_to_be() -> None:
    stated = Path(om.__file__).read_text(encoding="utf-8")
    [block] = [node for node in ast.parse(stated).body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    typed = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(om.__all__)
    for name in om.__all__:
        assert name in dir(om)
        assert getattr(om, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Mesure'"):
        om.Mesure  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_the_one_that_help_tells_of(name: str) -> None:
    module, line = COMMANDS[name]
    found = getattr(import_module(f"otmodels.cli.{module}"), name)
    told = found.info.help if isinstance(found, typer.Typer) else found.__doc__.splitlines()[0]
    assert told == line
