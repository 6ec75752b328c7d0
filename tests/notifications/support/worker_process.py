"""A worker process to be killed: `worker_process.py DATABASE_URL [CHANNEL [URL]]`.

CHANNEL is `push`, `sms` (with the gateway's URL) or `email` (with the mail server's URL). Without it, an
e-mail channel prints the key of each message and hangs.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from office360.core.clock import SystemClock
from office360.core.events import EventRegistry
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import DeliveryChannel, run_delivery_worker
from office360.notifications.channel_setup import ChannelSetup
from office360.notifications.channels import open_chosen_channels, open_email_channels, open_push_channels
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.push.vapid import VapidIdentity, generate_vapid_private_key
from office360.notifications.sms.declaration import SMS_CHANNEL
from office360.notifications.sms.gateway_request import SmsGateway
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer

SMS_BODY = '{"messages": [{"to": "$to", "text": "$text"}], "reference": "$key"}'
SENDER = "Office 360 <no-reply@example.org>"


class HangingChannel:
    """Prints the key of each message and never answers."""

    async def send(self, message: OutboxMessage) -> None:
        sys.stdout.write(f"{message.key}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


@asynccontextmanager
async def open_channels(runtime: Runtime, name: str, url: str) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """Open the channel of the arguments."""
    pages = JinjaRenderer(FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), StaticFolder(ROOT / "static"))
    if name == "push":
        vapid = VapidIdentity(generate_vapid_private_key(), "mailto:it@example.org")
        async with open_push_channels(runtime, pages, vapid, allow_local=True) as channels:
            yield channels
    elif name == "sms":
        setup = ChannelSetup(SMS_CHANNEL, SmsGateway(url, SMS_BODY), frozenset({"34"}))
        async with open_chosen_channels(runtime, pages, [setup]) as channels:
            yield channels
    elif name == "email":
        async with open_email_channels(runtime, pages, SENDER, url) as channels:
            yield channels
    else:
        yield {"email": HangingChannel()}


async def main(database_url: str, name: str = "", url: str = "") -> None:
    settings = load_settings(
        environment="development",
        secret_key=["a secret of the tests, long enough to be accepted"],
        database_url=database_url,
        public_url="http://127.0.0.1:1",  # that of the tests, so that both derive the same Message-ID
    )
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    async with open_channels(runtime, name, url) as channels:
        await run_delivery_worker(runtime, channels, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
