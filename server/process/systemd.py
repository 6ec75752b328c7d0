"""Messages to systemd (sd_notify(3)): the process serves, and its event loop runs.

Without systemd there is no such socket, and nothing is sent.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from contextlib import suppress

logger = logging.getLogger(__name__)

WATCHDOG_INTERVAL_S = 5.0  # six within WatchdogSec of deploy/server/office360@.service


class Watchdog:
    """systemd's watchdog of this process.

    systemd kills and restarts a process after WatchdogSec without a beat. `is_replaced`: whether others serve
    when this process ends.
    """

    def __init__(self, *, is_replaced: bool = False) -> None:
        self._due_at_s = 0.0
        self.is_replaced = is_replaced

    def beat(self) -> None:
        """Send a sign of life, every few seconds; the first says that the process serves."""
        if time.monotonic() < self._due_at_s:
            return
        self._due_at_s = time.monotonic() + WATCHDOG_INTERVAL_S
        address = os.environ.get("NOTIFY_SOCKET", "")
        if not address:
            return
        if address.startswith("@"):  # an abstract socket
            address = "\0" + address[1:]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
            sender.setblocking(False)
            sender.sendto(b"READY=1\nWATCHDOG=1", address)


def ignore_reload() -> None:
    """Log SIGHUP in place of ending: a single process cannot be replaced without a gap.

    In a terminal, which sends it when it closes, it ends the process.
    """
    if not os.isatty(0):
        signal.signal(signal.SIGHUP, _log_reload)


def _log_reload(*_: object) -> None:
    logger.warning(
        "reload_ignored", extra={"remedy": "restart this process; `serve` reloads with WORKERS above 1"}
    )
