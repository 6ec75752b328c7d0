"""The commit-msg hook: what it accepts, what it refuses, and how make installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HOOK = ROOT / ".githooks" / "commit-msg"


def _refusal(folder: Path, message: str) -> str:
    """Return the output of the hook for a message; empty if it accepts the message."""
    file = folder / "COMMIT_EDITMSG"
    file.write_text(message, encoding="utf-8")
    done = subprocess.run([sys.executable, HOOK, file], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize(
    "message",
    [
        "queue: Refuse a second ticket for the same appointment",
        "core, signaling: Fix shutdown hang when a handler swallows cancellation",
        "queue/web: Move schemas\n\nTwo modules declared them.\nNow one does.\n",
        "docs: Renumber decision record to 0023\n\n# comment of git\n",
        "tests: Bring the fake clock forward",
        "core: Process due timers in batches",
        "core: Embed fonts in the poster",
        "core: Re-read the line under the lock",
        "docs: " + "Add a page ".ljust(66, "x"),
        "appointments: Find names with “ñ”",
        "Merge branch 'main' of example into main",
        'Revert "queue: Refuse a second ticket for the same appointment of a person that has a very long name"',
        "fixup! queue: Refuse a second ticket",
        "queue: Add a column\n# ------------------------ >8 ------------------------\ndiff --git\n",
        "",
    ],
)
def test_hook_accepts_message(tmp_path: Path, message: str) -> None:
    assert _refusal(tmp_path, message) == ""


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("queue: " + "Add a setting ".ljust(66, "x"), "73 characters"),
        ("Refuse a second ticket", "area: Verb object"),
        ("queue: refuse a second ticket", "area: Verb object"),
        ("Queue: Refuse a second ticket", "area: Verb object"),
        ("queue:Refuse a second ticket", "area: Verb object"),
        ("queue: Refuse", "area: Verb object"),
        ("queue: Refuse a second ticket.", "full stop"),
        ("chatbot: JSON errors are shown", "JSON is none"),
        ("queue: Refused a second ticket", "Refused is none"),
        ("queue: Refusing a second ticket", "Refusing is none"),
        ("queue: Refuses a second ticket", "Refuses is none"),
        ("staff: A camera is switched off", "A is none"),
        ("queue: Nobody waits twice", "Nobody is none"),
        ("docs: The next number", "The is none"),
        ("queue: Refuse a second ticket\nThe first is enough.", "blank line"),
        ("queue: Refuse a second ticket\n\n\nThe first is enough.", "one blank line"),
    ],
)
def test_hook_refuses_message(tmp_path: Path, message: str, reason: str) -> None:
    assert reason in _refusal(tmp_path, message)


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = ("-c", "user.name=boris", "-c", "user.email=boris@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and the hook."""
    if shutil.which("git") is None or shutil.which("make") is None:
        pytest.skip("needs git and make")
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / ".githooks", tmp_path / ".githooks")
    return tmp_path


def _make_hooks(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "hooks"], cwd=folder, capture_output=True, text=True, check=True
    )


def test_make_installs_hook_that_git_runs(checkout: Path) -> None:
    _git(checkout, "init")
    for _ in range(2):
        done = _make_hooks(checkout)
        assert done.stdout + done.stderr == ""
    assert _git(checkout, "config", "--get-all", "core.hooksPath").stdout == ".githooks\n"
    assert _git(checkout, "config", "blame.ignoreRevsFile").stdout == ""
    refused = _git(checkout, "commit", "--allow-empty", "-m", "Nobody waits twice")
    assert refused.returncode != 0
    assert "area: Verb object" in refused.stderr
    accepted = _git(checkout, "commit", "--allow-empty", "-m", "queue: Refuse a second ticket")
    assert accepted.returncode == 0, accepted.stderr


def test_make_sets_blame_file_that_exists(checkout: Path) -> None:
    (checkout / ".git-blame-ignore-revs").touch()
    _git(checkout, "init")
    _make_hooks(checkout)
    assert _git(checkout, "config", "blame.ignoreRevsFile").stdout == ".git-blame-ignore-revs\n"


def test_make_outside_checkout_changes_nothing(checkout: Path) -> None:
    done = _make_hooks(checkout)
    assert done.stdout + done.stderr == ""
    assert not (checkout / ".git").exists()
