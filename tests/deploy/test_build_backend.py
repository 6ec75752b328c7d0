"""Build of a wheel where npm cannot install esbuild."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BUILD_FILES = ("deploy/packaging/build_backend.py", "pyproject.toml")
BUNDLE_PAGES = "import build_backend, pathlib; build_backend.bundle_pages(pathlib.Path('node'))"


def test_build_without_npm_says_so_and_goes_on(tmp_path: Path) -> None:
    tree, tools = tmp_path / "tree", tmp_path / "tools"
    shutil.copytree(ROOT / "server/bundling", tree / "server/bundling")
    for name in BUILD_FILES:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    (tree / "static").mkdir()
    tools.mkdir()
    (tools / "npm").write_text("#!/bin/sh\nexit 1\n")
    (tools / "npm").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(tree / "deploy/packaging"),
    }
    built = subprocess.run(
        [sys.executable, "-c", BUNDLE_PAGES],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "the wheel has no bundles" in built.stderr
    assert not (tree / "server/bundles").exists()
