"""The house keeps its order: each room knows the rooms above it and none below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "otmodels"

ROOMS: tuple[frozenset[str], ...] = tuple(
    frozenset(room.split())
    for room in (
        "errors words arguments halting status tolerances arrays interval checks rounding deadline rows",
        "measure metrics powers cost ground blocks masses problem feasibility axioms images line network",
        "lp",
        "languages",
        "formulations",
        "potentials safe repair placing exact rational_check sensitivity differences implied",
        "tables",
        "claims certificate lipschitz_certificate solution lipschitz_solution",
        "families generation",
        "model verbs wasserstein distance collapse",
        "critics",
        "wgan",
        "datasets plots cli benchmark",
    )
)
PAGE = "__init__"
FLOOR = {name: floor for floor, room in enumerate(ROOMS) for name in room} | {PAGE: len(ROOMS) - 1}
TRANSPORT = ROOMS[1]
LANGUAGE_PACKAGES = {"cvxpy", "pyomo", "highspy"}
EXTENDING = "otmodels.benchmark.trust.editors"
"""What the campaign's users do to models, in each language."""
DOORS = {PAGE, "__main__"}
"""Modules that may know the whole house: the page of public names, and `python -m otmodels`."""

FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(file.relative_to(PACKAGE)) for file in FILES]


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=file.name)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(file: Path) -> str:
    parts = ["otmodels", *file.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.If) -> bool:
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below one, functions included, except what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and is_type_checking(child):
            for other in child.orelse:
                yield other
                yield from running(other)
            continue
        yield child
        yield from running(child)


def imports(file: Path) -> Iterator[str]:
    """Dotted names of everything that a file imports, `from x import y` as x.y."""
    package = dotted(file).split(".")
    if file.name != "__init__.py":
        package = package[:-1]
    for node in running(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def rooms_used(file: Path) -> set[str]:
    """Rooms of the house that a file imports from, PAGE for the page of public names."""
    parts = [name.split(".") for name in imports(file)]
    return {part[1] if len(part) > 1 and part[1] in FLOOR else PAGE for part in parts if part[0] == "otmodels"}


def test_every_module_has_a_room() -> None:
    assert {room_of(file) for file in FILES} - set(FLOOR) - DOORS == set()


@pytest.mark.parametrize("file", [file for file in FILES if room_of(file) not in DOORS], ids=dotted)
def test_a_module_imports_only_from_its_own_room_and_those_above(file: Path) -> None:
    floor = FLOOR[room_of(file)]
    below = {room for room in rooms_used(file) if FLOOR[room] > floor}
    assert below == set(), f"{dotted(file)} imports from below: {sorted(below)}"


@pytest.mark.parametrize("room", ["lp", "languages"])
def test_linear_programs_and_languages_know_nothing_of_transport(room: str) -> None:
    used = set().union(*(rooms_used(file) for file in FILES if room_of(file) == room))
    assert used & TRANSPORT == set()


@pytest.mark.parametrize("file", FILES, ids=dotted)
def test_modelling_languages_are_imported_where_models_are_written_or_solved(file: Path) -> None:
    used = {name.split(".")[0] for name in imports(file)} & LANGUAGE_PACKAGES
    assert not used or room_of(file) in {"languages", "formulations"} or dotted(file) == EXTENDING, (
        f"{dotted(file)} imports {sorted(used)}"
    )


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    modules = {dotted(file) for file in FILES}
    graph = {dotted(file): {_module(name, modules) for name in imports(file)} - {dotted(file), ""} for file in FILES}
    done: set[str] = set()
    while ready := {module for module, needs in graph.items() if module not in done and needs <= done}:
        done |= ready
    assert set(graph) - done == set()


def _module(name: str, modules: set[str]) -> str:
    """The module of the package that a dotted name is in: the longest prefix that is one, empty where none is."""
    parts = name.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in modules), "")


@pytest.mark.parametrize("file", FILES, ids=dotted)
def test_files_and_functions_stay_readable_in_one_sitting(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 400
    functions = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: lines for node in functions if (lines := _code_lines(node)) >= 50}
    assert long == {}


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first, last = node.lineno, node.end_lineno or node.lineno
    docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    documented = 0 if docstring is None else (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return last - first + 1 - documented


def test_the_rules_would_notice() -> None:
    """A rule that cannot fail is none: a delayed import counts, one for the type checker does not."""
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\ndef f():\n    import c\n"
    found = {alias.name for node in running(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names}
    assert found == {"b", "c"}
