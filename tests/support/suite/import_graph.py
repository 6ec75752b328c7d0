"""Import graph of the repository: which modules a file needs, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .source_files import nodes_of_file

ROOT = Path(__file__).parents[3]
PACKAGE = "office360"
# Modules that only pass on names: an import of a name needs the module that defines it, not all of them.
PASSING_MODULES = ("service", "__init__")


@cache
def imported_names(path: Path) -> tuple[tuple[str, ...], ...]:
    """Return all imports of a file as parts of dotted names, also inside functions."""
    return tuple(name for _, name in _bindings(path))


@cache
def _bindings(path: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each name that an import binds, with what it stands for."""
    here = path.relative_to(ROOT).parent.parts
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in nodes_of_file(path):
        if isinstance(node, ast.Import):
            found += [(alias.asname or alias.name, tuple(alias.name.split("."))) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            base = module if node.level == 0 else (PACKAGE, *here[: len(here) - node.level + 1], *module)
            found += [(alias.asname or alias.name, (*base, alias.name)) for alias in node.names]
    return tuple(found)


def needed_files(path: Path) -> set[Path]:
    """Return a file and all files that its imports need, but not those of fixtures."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in seen and file.name != "conftest.py":
            seen.add(file)
            waiting += _direct(file)
    return seen


@cache
def _direct(path: Path) -> tuple[Path, ...]:
    return tuple(file for name in imported_names(path) if name[0] == PACKAGE for file in _files(name[1:]))


def _files(name: tuple[str, ...]) -> Iterator[Path]:
    """Yield the file of a dotted name, which may be that of a name passed on."""
    for length in range(len(name), 0, -1):
        base = ROOT.joinpath(*name[:length])
        file = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
        if file is None:
            continue
        rest = name[length:]
        if rest and file.stem in PASSING_MODULES:
            passed = [target for bound, target in _bindings(file) if bound == rest[0]]
            if passed:
                for target in passed:
                    yield from _files(target[1:])
                return
        yield file
        return
