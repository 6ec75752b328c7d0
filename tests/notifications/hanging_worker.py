"""A worker of its own process, whose gateway takes a letter and then never answers. To be killed."""

from __future__ import annotations

import asyncio
import sys

from office360.core.clock import SystemClock
from office360.core.events import Events
from office360.notifications.message import Message
from office360.notifications.service import run
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings


class Hanging:
    async def send(self, message: Message) -> None:
        sys.stdout.write(f"{message.key}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


async def main(database_url: str) -> None:
    settings = load_settings(environment="development", secret_key=["x" * 40], database_url=database_url)
    await run(make_runtime(settings, SystemClock(), Events()), {"email": Hanging()}, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
