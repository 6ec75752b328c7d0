"""Earlier fixes in the history of the repository, and how to take them back. No tests."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

NOT_PRODUCT = ("tests", "docs", "benchmarks")
AREAS_WITHOUT_FIXES = {*NOT_PRODUCT, "demo"}
CODE = {".py", ".js", ".html", ".css", ".txt", ".svg"}  # translations stay: nearly every later change moved them
FEATURE_FILES = 13  # a commit of so many product files, or more, is a feature that also mends something

# first words of commits that add, move or name things and leave the behaviour as it was
VERBS_WITHOUT_FIXES = {
    *(
        "Add",
        "Check",
        "Describe",
        "Draw",
        "Follow",
        "Import",
        "Join",
        "List",
        "Measurement",
        "Merge",
        "Move",
        "Name",
    ),
    *("Publish", "Record", "Rename", "Rewrite", "Share", "Shorten", "Sort", "Split", "Test", "Type", "Use"),
    *("Wrap", "Write"),
}
SUBJECT = re.compile(r"(?P<areas>[\w, ]+): (?P<verb>[A-Z][a-z]+) ")
WITH_DOCSTRING = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
FORMAT = "%x1e%H%x1f%s%x1f"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, its subject and the paths that it changed."""

    id: str
    subject: str
    paths: tuple[str, ...]

    @property
    def product_paths(self) -> list[str]:
        return [path for path in self.paths if _is_product(PurePosixPath(path))]

    @property
    def test_paths(self) -> list[str]:
        return [path for path in self.paths if re.fullmatch(r"tests/(.*/)?test_\w+\.py", path)]


def _is_product(path: PurePosixPath) -> bool:
    return len(path.parts) > 1 and path.parts[0] not in NOT_PRODUCT and path.suffix in CODE


def git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    """Return the output of a git command. Raises CalledProcessError if it fails."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def commits(folder: Path, until: str) -> Iterator[Commit]:
    """Yield the commits up to `until`, newest first, without merges."""
    log = git(folder, "log", "--no-merges", "--no-renames", "--name-only", f"--format={FORMAT}", until)
    for record in log.split("\x1e")[1:]:
        identifier, subject, paths = record.split("\x1f")
        yield Commit(identifier, subject, tuple(paths.split()))


def is_fix(commit: Commit) -> bool:
    """Tell whether a commit mends the product: a small change of its behaviour and of tests."""
    subject = SUBJECT.match(commit.subject)
    if subject is None or subject["verb"] in VERBS_WITHOUT_FIXES:
        return False
    if AREAS_WITHOUT_FIXES.issuperset(subject["areas"].split(", ")):
        return False
    return 0 < len(commit.product_paths) < FEATURE_FILES and bool(commit.test_paths)


def draw_order(fixes: Sequence[Commit], seed: int) -> list[Commit]:
    """Shuffle fixes by a seed. A later commit changes the order of no two earlier commits."""
    return sorted(fixes, key=lambda fix: hashlib.sha256(f"{seed} {fix.id}".encode()).digest())


def take_back(tree: Path, fix: Commit) -> str | None:
    """Take a fix back in the product of a clean tree. Return why it does not fit, else None."""
    patch = git(tree, "diff", "--binary", f"{fix.id}^", fix.id, "--", *fix.product_paths)
    try:
        git(tree, "apply", "--reverse", "--3way", "--whitespace=nowarn", stdin=patch)
    except subprocess.CalledProcessError:
        return "does not apply"
    changed = git(tree, "diff", "--name-only", "HEAD").split()
    try:
        is_same = all(_is_same_program(tree, path) for path in changed)
    except SyntaxError:
        return "leaves a syntax error"
    return "changes only comments" if is_same else None


def restore(tree: Path) -> None:
    """Bring a tree back to its commit."""
    git(tree, "reset", "--quiet", "--hard")
    git(tree, "clean", "--quiet", "--force", "-d")


def _is_same_program(tree: Path, path: str) -> bool:
    if not path.endswith(".py"):
        return False
    if not (tree / path).exists():
        return False
    try:
        before = git(tree, "show", f"HEAD:{path}")
    except subprocess.CalledProcessError:  # the fix deleted this file
        return False
    return _program(before) == _program((tree / path).read_text())


def _program(source: str) -> str:
    """Return a program without its comments, docstrings and annotations."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)
