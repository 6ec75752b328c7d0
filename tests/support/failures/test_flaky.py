"""`make flaky` with tests of its own: its findings, its end, its list."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from office360.server.app import ROOT

from ..processes import WITH_INTERRUPTS
from ..timeouts import TEST_TIMEOUT_S
from .cpu_stress import stressed_cpu
from .flaky import LIST, planned_times
from .repeat_plugin import split_run

EVERY_THIRD = """
import pytest
runs = []

@pytest.mark.parametrize("kind", ["a", "b"])
def test_third(kind):
    runs.append(kind)
    assert runs.count("a") % 3 or kind == "b", "every third time"

def test_good(): pass

def test_skipped(): pytest.skip("no machine for it")

@pytest.mark.alone
def test_alone(): raise AssertionError("it must not run beside busy processes")

def test_not_listed(): raise AssertionError("it is not listed")
"""
LISTED = """
[failed]
"test_of_list.py::test_third[a]" = "counts"
"test_of_list.py::test_good" = "never"
"test_of_list.py::test_skipped" = "never"
"test_of_list.py::test_alone" = "never"
"""

FLAKY = ("-m", "tests.support.failures.flaky", "--list", "list.toml", "--stress", "1")


def flaky_command(folder: Path, tests: str, *options: str) -> subprocess.Popen[str]:
    """Start `make flaky` in a folder with its own tests and list."""
    (folder / "test_of_list.py").write_text(tests)
    (folder / "list.toml").write_text(LISTED)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    return subprocess.Popen(
        [*WITH_INTERRUPTS, sys.executable, *FLAKY, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_test_that_fails_every_third_time_is_found(tmp_path: Path) -> None:
    with flaky_command(tmp_path, EVERY_THIRD, "--times", "12") as run:
        printed, _ = run.communicate(timeout=TEST_TIMEOUT_S)
    assert "   4 of    12 failed: below  60.9%  test_of_list.py::test_third[a]\n" in printed
    assert "        call: AssertionError: every third time\n" in printed
    assert "   0 of    12 failed: below  22.1%  test_of_list.py::test_good\n" in printed
    assert "   0 of     0 failed: not run        test_of_list.py::test_skipped, 12 not run\n" in printed
    assert "   4 of    24 failed" in printed
    assert "test_alone" not in printed
    assert "not listed" not in printed
    assert run.returncode == pytest.ExitCode.TESTS_FAILED


def test_run_ends_when_its_minutes_are_over(tmp_path: Path) -> None:
    with flaky_command(tmp_path, EVERY_THIRD, "--minutes", "0", "--times", "12") as run:
        printed, _ = run.communicate(timeout=TEST_TIMEOUT_S)
    assert "0 minutes are over" in printed
    assert run.returncode == pytest.ExitCode.OK
    assert "   0 of     1 failed: below  95.0%  test_of_list.py::test_third[a], 11 not run\n" in printed


def test_interrupt_prints_what_was_found(tmp_path: Path) -> None:
    tests = EVERY_THIRD.replace(
        "def test_good(): pass",
        "def test_good():\n    import time\n    print('WAITS', flush=True)\n    time.sleep(600)",
    )
    with flaky_command(tmp_path, tests, "--times", "5", "-s") as run:
        assert run.stdout is not None
        while "WAITS" not in run.stdout.readline():
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        printed, _ = run.communicate(timeout=TEST_TIMEOUT_S)
    assert "   1 of     5 failed: below  65.7%  test_of_list.py::test_third[a]\n" in printed
    assert run.returncode == pytest.ExitCode.INTERRUPTED


def test_busy_processes_end_with_the_run() -> None:
    with stressed_cpu(2) as pids:
        assert len({*pids}) == 2
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize(
    ("nodeid", "split"),
    [
        ("a.py::b", ("a.py::b", 0)),
        ("a.py::b[run3]", ("a.py::b", 3)),
        ("a.py::b[sqlite-run12]", ("a.py::b[sqlite]", 12)),
        ("a.py::b[x-run0-y]", ("a.py::b[x-y]", 0)),
        ("a.py::b[rerun1]", ("a.py::b[rerun1]", 0)),
    ],
)
def test_run_number_is_removed_from_the_node_id(nodeid: str, split: tuple[str, int]) -> None:
    assert split_run(nodeid) == split


def test_listed_tests_run_most_often_and_may_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).touch()
    listed = {"failed": {"a.py::x": "cause"}}
    durations = {"a.py::x": 9.0, "b.py::y": 5.0, "b.py::z": 1.0, "gone.py::g": 50.0}
    options = argparse.Namespace(times=100, slow_times=20, slowest=2, only=None)
    assert planned_times(listed, ["m"], durations, options) == {"m": 20, "a.py::x": 100, "b.py::y": 20}
    options.only = ["b.py"]
    assert planned_times(listed, ["m"], durations, options) == {"b.py::y": 20}


def test_each_listed_test_exists_and_has_its_cause() -> None:
    listed = tomllib.loads(LIST.read_text())
    missing = []
    for name, reason in listed["failed"].items():
        path, _, function = name.partition("::")
        there = (ROOT / path).exists() and f"def {function.partition('[')[0]}(" in (ROOT / path).read_text()
        if not there or len(reason) < 5:
            missing.append(name)
    assert missing == []
