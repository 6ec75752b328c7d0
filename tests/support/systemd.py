"""The part of systemd that a unit needs: notifications, EnvironmentFile, Exec lines."""

from __future__ import annotations

import asyncio
import shlex
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .processes import READY_TIMEOUT_S


class NotificationSocket:
    """The socket of sd_notify(3), which receives the messages of a service."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(READY_TIMEOUT_S)
        self.environment = {"NOTIFY_SOCKET": str(folder / "notify")}

    async def receive(self) -> list[str]:
        """Wait for the next message and return its lines."""
        return (await asyncio.to_thread(self._socket.recv, 1_000)).decode().splitlines()

    def close(self) -> None:
        self._socket.close()


@contextmanager
def notification_socket(folder: Path) -> Iterator[NotificationSocket]:
    """Open a socket in this folder. Its path is at most 100 bytes long."""
    opened = NotificationSocket(folder)
    try:
        yield opened
    finally:
        opened.close()


def parse_environment_file(text: str) -> dict[str, str]:
    """Parse an EnvironmentFile by the rules of systemd.exec(5).

    Comments begin a line only. Quotes as in a shell, but `#` and spaces need none.
    """
    values = {}
    for line in text.splitlines():
        name, separator, written = line.strip().partition("=")
        if not separator or name.startswith(("#", ";")):
            continue
        value, quote, escaped = "", "", False
        for character in written.strip():
            if escaped:
                value += character if character in '"\\`$' or not quote else f"\\{character}"
                escaped = False
            elif character == "\\" and quote != "'":
                escaped = True
            elif quote == character:
                quote = ""
            elif not quote and character in "'\"":
                quote = character
            else:
                value += character
        values[name] = value
    return values


def unit_command(unit: str, name: str, instance: str, environment: Mapping[str, str]) -> list[str]:
    """Return the words of `ExecStart` or `ExecReload` in a unit, with variables replaced."""
    (line,) = (line for line in unit.splitlines() if line.startswith(f"{name}="))
    words = shlex.split(line.removeprefix(f"{name}=").replace("%i", instance))
    return [environment.get(word[1:], "") if word.startswith("$") else word.replace("$$", "$") for word in words]


def run_exec_reload(unit: str, main_pid: int) -> None:
    """Run the unit's ExecReload."""
    subprocess.run(unit_command(unit, "ExecReload", "web", {"MAINPID": str(main_pid)}), check=True)
