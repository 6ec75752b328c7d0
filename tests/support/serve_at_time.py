"""A program of the tests: the product as `office360 serve` serves it, at the time of day that a file says.

So real processes can share a clock that a test moves. Settings come from the environment, as they do for `serve`.
With `--dies-when FILE`, it is killed when it publishes while that file exists: after the commit, before anybody
is told.
"""

from __future__ import annotations

import argparse
import os
import signal
from datetime import datetime
from pathlib import Path

import uvicorn
from office360.core.bus.base import BusMessage
from office360.core.bus.redis_bus import RedisBus
from office360.server import lifespan
from office360.server.process import logging
from office360.server.process.uvicorn_server import uvicorn_config
from office360.server.settings import load_settings


class FileClock:
    """The time that stands in a file; whoever moves it replaces the file at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    def set(self, at: datetime) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(at.isoformat())
        new.replace(self._path)


def bus_that_dies_on(sign: Path) -> type[RedisBus]:
    """A bus whose process ends where another would publish, once the sign is given."""

    def die_if_told() -> None:
        if sign.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    class MortalBus(RedisBus):
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
        vars(lifespan)["RedisBus"] = bus_that_dies_on(wanted.dies_when)
    settings = load_settings()
    logging.configure_logging(settings.log_level, human=True)
    config = uvicorn_config(settings, "127.0.0.1", wanted.port, FileClock(wanted.clock))
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
