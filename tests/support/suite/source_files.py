"""Files of the repository, read and parsed once for all tests of the architecture."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path


@cache
def parse_file(path: Path) -> ast.Module:
    """Parse a Python file. The caller must not change the tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of_file(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a Python file; walking a tree costs as much as parsing it."""
    return tuple(ast.walk(parse_file(path)))


@cache
def constants_of_file(path: Path) -> frozenset[str]:
    """Return all texts that stand in a Python file as literals, docstrings included."""
    found = (node.value for node in nodes_of_file(path) if isinstance(node, ast.Constant))
    return frozenset(value for value in found if isinstance(value, str))


def files_that_match(
    pattern: re.Pattern[str], folders: Iterable[Path], suffixes: Collection[str]
) -> Iterator[Path]:
    """Yield the files with these suffixes in which a pattern is found, without built files."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and "bundles" not in path.parts and pattern.search(text_of_file(path)):
                yield path


@cache
def text_of_file(path: Path) -> str:
    return path.read_text(encoding="utf-8")
