"""Choice of the tests that a change concerns: `make test ARGS="--changed"`.

A test file is chosen if it changed, if it needs a changed module by its imports, or if it stands in the folder of
tests for the folder that changed. What the fixtures of tests/conftest.py import is not followed, because that is
everything; a change of the core, of these fixtures or of the project's settings therefore chooses all tests.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ...matrix import Load, required_load
from .import_graph import ROOT, needed_files

# Changes that concern every test.
EVERYTHING = ("core/", "static/core/", "tests/conftest.py", "tests/support/", "tests/matrix.py", "pyproject.toml")
EVERYTHING_ALSO = (
    "constraints.txt",
    "constraints-dev.txt",
    "server/app.py",
    "server/lifespan.py",
    "server/settings.py",
)
# Changes that concern no test but those of tests/architecture, which `make check` runs.
DOCUMENTS = ("docs/", "benchmarks/")
# Folders of a feature whose files are seen on its pages.
SEEN_FOLDERS = ("templates", "locale", "fonts")


def changed_files(base: str) -> set[str]:
    """Return the files that differ from a commit or branch, as paths from the root."""
    differing = _git("diff", "--name-only", "--no-renames", base)
    return {*differing, *_git("ls-files", "--others", "--exclude-standard")}


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise pytest.UsageError(f"--changed: git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.splitlines()


@dataclass
class ChangedTests:
    """Plugin that collects only test files concerned by changed files."""

    changed: set[str]
    _paths: set[Path] = field(init=False)
    _folders: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._paths = {ROOT / name for name in self.changed}
        self._folders = {folder for name in self.changed if (folder := tests_folder(name))}

    __hash__ = object.__hash__  # pluggy keeps plugins by their hash

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
        return True if is_test and not self.concerns(collection_path) else None

    def concerns(self, test_file: Path) -> bool:
        """Tell whether a test file is concerned."""
        if any(name.startswith((*EVERYTHING, *EVERYTHING_ALSO)) for name in self.changed):
            return True
        name = test_file.relative_to(ROOT).as_posix()
        fixtures = {folder / "conftest.py" for folder in test_file.parents}
        if fixtures & self._paths or any(name.startswith(folder) for folder in self._folders):
            return True
        needed = needed_files(test_file)
        return bool(needed & self._paths) or self._shows_changed_page(name, needed)

    def _shows_changed_page(self, name: str, needed: Iterable[Path]) -> bool:
        """Tell whether a test in a browser may see a changed page.

        Tests without media walk pages of several features.
        """
        seen = {feature for changed in self.changed if (feature := seen_feature(changed))}
        if not seen or required_load(name) not in (Load.BROWSER, Load.MEDIA) or not name.startswith("tests/e2e/"):
            return False
        return required_load(name) is Load.BROWSER or bool(
            seen & {path.relative_to(ROOT).parts[0] for path in needed}
        )


def tests_folder(name: str) -> str | None:
    """Return the folder of tests of a product file: tests/<feature>/<role>/."""
    feature, *rest = name.split("/")
    if name.startswith(DOCUMENTS) or not rest or feature == "tests":
        return None
    if feature == "static":
        return f"tests/{rest[0]}/"
    if rest[0] in SEEN_FOLDERS:
        return f"tests/{feature}/web/"
    return f"tests/{'/'.join([feature, *rest[:-1]])}/"


def seen_feature(name: str) -> str | None:
    """Return the feature whose pages show a file; None for files that no browser gets."""
    feature, *rest = name.split("/")
    if feature == "static" and rest:
        return rest[0]
    return feature if rest and rest[0] in (*SEEN_FOLDERS, "web", "realtime", "consoles") else None
