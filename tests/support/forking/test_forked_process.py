from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .forked_process import ForkedProcess, fork_server

TIMEOUT_S = 60
CODE = """
import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}))
print(sys.stdin.read(), file=sys.stderr)
sys.exit(3)
"""


def start(folder: Path, code: str, *arguments: str) -> ForkedProcess:
    (folder / "program.py").write_text(code)
    command = [str(folder / "program.py"), *arguments]
    return fork_server().start(command, {"COLOUR": "blue"}, folder, folder / "log")


def test_forked_program_gets_arguments_and_environment(tmp_path: Path) -> None:
    assert start(tmp_path, CODE, "--port", "1").wait(TIMEOUT_S) == 3
    said = json.loads((tmp_path / "log").read_text())
    assert said == {"argv": ["--port", "1"], "environment": {"COLOUR": "blue"}, "folder": str(tmp_path)}


def test_forked_module_runs_as_main(tmp_path: Path) -> None:
    command = ["-m", "office360.server.cli", "--help"]
    assert fork_server().start(command, {}, tmp_path, tmp_path / "log").wait(TIMEOUT_S) == 0
    assert "serve" in (tmp_path / "log").read_text()


def test_killed_fork_tells_its_signal(tmp_path: Path) -> None:
    running = start(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0)
    running.kill()
    assert running.wait(TIMEOUT_S) == -9
    running.terminate()  # no error after its end


def test_fork_server_ends_with_its_input() -> None:
    program = Path(__file__).parent / "fork_server.py"
    subprocess.run([sys.executable, "-P", program], stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, check=True)
