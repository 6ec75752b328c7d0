"""The root folder is the package, and the wheel contains the whole tree."""

from __future__ import annotations

import queue
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DATA = (
    "static/**/*",
    "*/templates/**/*",
    "*/locale/*.po",
    "*/fonts/*",
    "server/demo/*.toml",
    "server/demo/*.json.gz",
)
UNPACKAGED_FOLDERS = {"tests", "benchmarks", "docs", "static", "build", "dist", "var", "node_modules"}


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


def test_wheel_contains_all_data_files(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    missing = [
        f"office360/{path.relative_to(ROOT)}"
        for pattern in (*DATA, "server/migrations/**/*.py")
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and not path.parts[len(ROOT.parts)].startswith(".")
    ]
    assert [name for name in missing if name not in inside] == []
