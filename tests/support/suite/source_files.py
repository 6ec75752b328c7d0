"""Syntax trees of the repository's files, parsed once for all tests of the architecture."""

from __future__ import annotations

import ast
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
