"""A worker of its own process, whose other side takes a message and then never answers. To be killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from office360.core.clock import SystemClock
from office360.core.events import Events
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.notifications.domain.message_content import Message
from office360.notifications.service import (
    Channel,
    Gateway,
    Vapid,
    new_private_key,
    push_channels,
    run,
    sms_channels,
)
from office360.server.app import FOLDERS, ROOT
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings
from office360.server.web.templates import JinjaPages, StaticFolder

SMS_BODY = '{"messages": [{"to": "$to", "text": "$text"}], "reference": "$key"}'


class Hanging:
    async def send(self, message: Message) -> None:
        sys.stdout.write(f"{message.key}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


@asynccontextmanager
async def channels_of(runtime: Runtime, arguments: list[str]) -> AsyncIterator[dict[str, Channel]]:
    """The channel that is asked for: `push`, `sms URL`, or one for e-mail that never answers by itself."""
    pages = JinjaPages(FOLDERS, Catalogues(FOLDERS), StaticFolder(ROOT / "static"), {"help_phone": "900 000 360"})
    if arguments[:1] == ["push"]:
        vapid = Vapid(new_private_key(), "mailto:it@example.org")
        async with push_channels(runtime, pages, vapid, local=True) as channels:
            yield channels
    elif arguments[:1] == ["sms"]:
        async with sms_channels(runtime, pages, Gateway(arguments[1], SMS_BODY)) as channels:
            yield channels
    else:
        yield {"email": Hanging()}


async def main(database_url: str, *arguments: str) -> None:
    settings = load_settings(environment="development", secret_key=["x" * 40], database_url=database_url)
    runtime = make_runtime(settings, SystemClock(), Events())
    async with channels_of(runtime, list(arguments)) as channels:
        await run(runtime, channels, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
