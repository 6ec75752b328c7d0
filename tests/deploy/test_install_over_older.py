"""`pip install .` in a folder in which an earlier version was built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOT_INSTALLED = (".*", "__pycache__", "build", "*.egg-info", "var", "node_modules", "tests", "benchmarks", "docs")
OWN_BACKEND_KEYS = ("build-backend", "backend-path")
# An earlier version had modules that this one lacks, and was built by setuptools' own backend.
REMOVED_MODULES = ("queue/old_module.py", "server/migrations/versions/0000_old.py")


def _install(python: Path, tree: Path) -> set[str]:
    """Install a tree, and return the product's modules that the environment has then."""
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    install = [*pip, "install", "--quiet", "--no-deps", "--force-reinstall", str(tree)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    (package,) = python.parent.parent.glob("lib/python*/site-packages/office360")
    return {path.relative_to(package).as_posix() for path in package.rglob("*.py")}


def test_installation_over_older_keeps_no_module(tmp_path: Path) -> None:
    tree, environment = tmp_path / "tree", tmp_path / "environment"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_INSTALLED))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    project = tree / "pyproject.toml"
    current = project.read_text()
    assert "\nbuild-backend =" in current
    project.write_text("\n".join(line for line in current.splitlines() if not line.startswith(OWN_BACKEND_KEYS)))
    for name in REMOVED_MODULES:
        (tree / name).write_text('"""A module that the next version removes."""\n')
    assert _install(environment / "bin/python", tree) >= set(REMOVED_MODULES)

    project.write_text(current)
    for name in REMOVED_MODULES:
        (tree / name).unlink()
    assert list(tree.glob(f"build/lib*/office360/{REMOVED_MODULES[0]}"))
    modules = _install(environment / "bin/python", tree)
    assert len(modules) > 100
    assert {name for name in modules if not (ROOT / name).exists()} == set()
