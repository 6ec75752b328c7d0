"""Failures shown when they happen, and the summary of an interrupted `make test`."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from office360.server.app import ROOT

from ..processes import EXIT_TIMEOUT_S, WITH_INTERRUPTS

TESTS = """
import time
from pathlib import Path

import pytest

def test_fails():
    value = 2
    assert value == 3

@pytest.fixture
def broken():
    raise ValueError("no such server")

def test_without_server(broken):
    pass

def test_waits():
    while not Path(__file__).with_name("may-end").exists():
        time.sleep(0.01)
"""


@contextmanager
def make_test_run(folder: Path, tests: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `make test` for a file of its own, in a process group as in a terminal."""
    path = folder / "test_of_run.py"
    path.write_text(tests)
    plugin = "tests.support.failures.instant_failures"
    installed = ["-o", ".venv/.ready-run", "-o", ".venv/.ready-dev"]  # the tests already run in this environment
    arguments = " ".join([str(path), "-p", "xdist.plugin", "-p", plugin, "-p", "no:cacheprovider", *options])
    with subprocess.Popen(
        [*WITH_INTERRUPTS, "make", *installed, "test", f"ARGS={arguments}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MAKEFLAGS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            yield run
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)


def read_until(run: subprocess.Popen[str], words: str) -> str:
    """Read the output up to the line with these words. Fails if the run ends before."""
    assert run.stdout is not None
    read = ""
    for line in run.stdout:
        read += line
        if words in line:
            return read
    raise AssertionError(f"{words!r} is not in the output: {read}")


@pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "python").exists(), reason="make test runs in .venv")
def test_failure_is_shown_while_other_tests_run(tmp_path: Path) -> None:
    with make_test_run(tmp_path, TESTS) as run:
        read_until(run, "FAILED NOW: test_of_run.py::test_fails")
        read_until(run, "E       assert 2 == 3")
        read_until(run, "FAILED NOW: test_of_run.py::test_without_server (setup)")
        read_until(run, "E       ValueError: no such server")
        (tmp_path / "may-end").touch()
        read_until(run, "1 failed, 1 passed")
        assert run.wait(EXIT_TIMEOUT_S) != 0


@pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "python").exists(), reason="make test runs in .venv")
def test_interrupted_run_names_failures_found_so_far(tmp_path: Path) -> None:
    with make_test_run(tmp_path, TESTS) as run:
        read_until(run, "FAILED NOW: test_of_run.py::test_fails")
        os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C in a terminal
        read_until(run, "short test summary info")
        read_until(run, "test_of_run.py::test_fails")
        read_until(run, "1 failed")
        assert run.wait(EXIT_TIMEOUT_S) != 0
