"""Program of the tests: `office360 serve` with the time of day from a file.

Several processes share the clock, which a test sets. Settings are read from the environment, as `serve` does. With
`--dies-when FILE`, the process is killed when it publishes while that file exists: after the commit, before any
subscriber gets the message.
"""

from __future__ import annotations

import argparse
import os
import signal
from datetime import datetime
from pathlib import Path

import uvicorn
from office360.core.bus import redis_bus
from office360.core.bus.base import BusMessage
from office360.server.process import logging
from office360.server.process.uvicorn_server import uvicorn_config
from office360.server.settings import load_settings


class FileClock:
    """The time in a file, which a test replaces atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    def set(self, at: datetime) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(at.isoformat())
        new.replace(self._path)


def bus_that_dies_on(sign: Path) -> type[redis_bus.RedisBus]:
    """Make a bus class that kills the process at the next publish, once the file exists."""

    def die_if_told() -> None:
        if sign.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    class MortalBus(redis_bus.RedisBus):
        async def publish(self, topic: str, message: BusMessage) -> None:
            die_if_told()
            await super().publish(topic, message)

    return MortalBus


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--clock", type=Path, required=True)
    arguments.add_argument("--dies-when", type=Path)
    wanted = arguments.parse_args()
    if wanted.dies_when:
        vars(redis_bus)["RedisBus"] = bus_that_dies_on(wanted.dies_when)
    settings = load_settings()
    logging.configure_logging(settings.log_level, human=True)
    config = uvicorn_config(settings, "127.0.0.1", wanted.port, FileClock(wanted.clock))
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
