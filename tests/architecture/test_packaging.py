"""The root folder is the package, and the wheel contains the whole tree."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DATA = (
    "static/**/*",
    "*/templates/**/*",
    "*/locale/*.po",
    "*/fonts/*",
    "server/demo/*.toml",
    "server/demo/*.json.gz",
)
UNPACKAGED_FOLDERS = {"tests", "benchmarks", "deploy", "docs", "static", "build", "dist", "var", "node_modules"}


def _project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _folders_with_python() -> set[str]:
    found = {"office360"}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parent.parts
        if parts and parts[0] not in UNPACKAGED_FOLDERS and not parts[0].startswith("."):
            found.add(".".join(("office360", *parts)))
    return found


def test_package_list_equals_folder_tree() -> None:
    project = _project()
    packages = project["tool"]["setuptools"]["packages"]  # type: ignore[index]
    assert set(packages) == _folders_with_python()


def test_queue_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "queue" / "__init__.py").exists()
    assert hasattr(queue, "SimpleQueue")
    seen_from_the_root = subprocess.run(
        [sys.executable, "-c", "import queue, asyncio, office360.queue.domain.line; print(queue.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in seen_from_the_root.stdout


def test_root_has_no_loose_module() -> None:
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_constraints_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert "@" not in text


# Files that setuptools made when an earlier version was installed from this folder.
LEFT_BY_AN_EARLIER_VERSION = {
    "build/lib/office360/old_module.py": "",
    "build/lib/office360/server/migrations/versions/0000_old.py": "",
    "office360.egg-info/SOURCES.txt": "old_module.py\nbuild/lib/office360/old_module.py\n",
    "office360.egg-info/top_level.txt": "old_module\n",
}


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build a wheel in a folder that was upgraded, and return the names of its files."""
    tree, wheels = tmp_path_factory.mktemp("upgraded") / "tree", tmp_path_factory.mktemp("wheels")
    left_out = shutil.ignore_patterns(
        ".*", "__pycache__", "build", "*.egg-info", "var", "node_modules", "tests", "benchmarks", "docs"
    )
    shutil.copytree(ROOT, tree, ignore=left_out)
    for name, text in LEFT_BY_AN_EARLIER_VERSION.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(tree)],
        check=True,
        capture_output=True,
    )
    (wheel,) = wheels.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_contains_all_data_files(wheel_names: set[str]) -> None:
    missing = [
        f"office360/{path.relative_to(ROOT)}"
        for pattern in (*DATA, "server/migrations/**/*.py")
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and not path.parts[len(ROOT.parts)].startswith(".")
    ]
    assert [name for name in missing if name not in wheel_names] == []


def test_wheel_contains_no_module_of_an_earlier_version(wheel_names: set[str]) -> None:
    modules = {name for name in wheel_names if name.endswith(".py")}
    assert len(modules) > 100
    assert {name for name in modules if not (ROOT / name.removeprefix("office360/")).exists()} == set()
