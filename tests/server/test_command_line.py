"""`office360 --version` and the completion of commands in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from office360.server.cli import OUTPUT_CLOSED, main

from ..support.processes import EXIT_TIMEOUT_S, environment_without_settings

# What bash does when a person presses Tab in the last word.
PRESS_TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_shtab_office360 office360 "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(arguments)
    return capsys.readouterr().out


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"office360 {version('office360')}\n")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["mig"], ["migrate"]),
        (["user", "reset"], ["reset", "reset-factors"]),
        (["user", "create", "--role", "ag"], ["agent"]),
        (["--env-f"], ["--env-file"]),
        (["--env-file", "sam"], ["sample.env"]),
    ],
)
def test_bash_completes(
    words: list[str], completed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sample.env").touch()
    script = tmp_path / "script"
    script.write_text(printed(capsys, "completion", "bash"))
    pressed = subprocess.run(
        ["bash", "-c", PRESS_TAB, "bash", script, "office360", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (sorted(pressed.stdout.split()), pressed.stderr) == (completed, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script"
    script.write_text(printed(capsys, "completion", shell))
    assert {"migrate", "api-key"} <= set(script.read_text().replace("'", " ").replace('"', " ").split())
    if shutil.which(shell):
        subprocess.run([shell, "-n", script], check=True)


@pytest.mark.parametrize(
    ("arguments", "unbuffered"),
    [
        (["completion", "zsh"], ""),
        (["completion", "zsh"], "1"),
        (["vapid-keys"], ""),
        (["vapid-keys"], "1"),
        (["--version"], ""),
        (["--help"], ""),
    ],
)
def test_closed_output_ends_command_quietly(arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "office360.server.cli", *arguments],
        env={**environment_without_settings(), "PYTHONUNBUFFERED": unbuffered},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=EXIT_TIMEOUT_S,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (OUTPUT_CLOSED, "")
