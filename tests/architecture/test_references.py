"""Files named in docstrings and comments exist."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from ..support.suite.source_files import nodes_of_file

ROOT = Path(__file__).parents[2]
SKIPPED = {".git", ".venv", ".src", ".mypy_cache", ".ruff_cache", "build", "node_modules", "var"}
# A path, or a file name alone. No address, glob, placeholder or attribute: none of their characters precede it.
FILE_NAME = re.compile(r"(?<![\w/.:{<*-])(?:[\w-]+/)*[\w-]+\.(?:py|js|html|css|md|toml|po)\b(?![\w/])")
COMMENT = re.compile(r"^\s*(?:\*|/\*|//|#|\{#).*|\{#.*?#\}", re.MULTILINE)
LIBRARIES = {"ical.js", "twilio-video.js"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _files() -> list[Path]:
    tops = [path for path in sorted(ROOT.iterdir()) if path.name not in SKIPPED]
    return [path for top in tops for path in [top, *sorted(top.rglob("*"))] if path.is_file()]


def _python_prose(path: Path, text: str) -> Iterator[str]:
    for node in nodes_of_file(path):
        if isinstance(node, DOCUMENTED):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _prose(path: Path) -> Iterator[str]:
    if path.suffix == ".py":
        text = path.read_text()
        if FILE_NAME.search(text):  # parsing every file would take seconds
            yield from _python_prose(path, text)
    elif path.suffix in {".js", ".css", ".html", ".toml"} or path.name in {"Makefile", "Procfile"}:
        yield from COMMENT.findall(path.read_text())


def test_files_named_in_prose_exist() -> None:
    existing = {suffix for path in _files() for suffix in _path_suffixes(path)}
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in _files()
        for prose in _prose(path)
        for name in FILE_NAME.findall(prose)
        if name not in LIBRARIES | existing
    ]
    assert missing == []


def _path_suffixes(path: Path) -> list[str]:
    """Return the ways to name a file: its name alone, or after some of its folders."""
    parts = path.relative_to(ROOT).parts
    return ["/".join(parts[start:]) for start in range(len(parts))]
