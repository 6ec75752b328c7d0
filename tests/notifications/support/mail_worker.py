"""A worker process that sends over SMTP, for a test that kills it."""

from __future__ import annotations

import asyncio
import sys

from office360.core.clock import SystemClock
from office360.core.events import EventRegistry
from office360.core.i18n.catalogues import Catalogues
from office360.notifications.actions.worker import run_delivery_worker
from office360.notifications.channels import open_email_channels
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer


async def main(database_url: str, smtp_url: str) -> None:
    settings = load_settings(
        environment="development",
        secret_key=["a secret of the tests, long enough to be accepted"],
        database_url=database_url,
        public_url="http://127.0.0.1:1",
    )
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    pages = JinjaRenderer(
        FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), StaticFolder(ROOT / "static"), {"help_phone": "900 000 360"}
    )
    async with open_email_channels(runtime, pages, "Office 360 <no-reply@example.org>", smtp_url) as channels:
        await run_delivery_worker(runtime, channels, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
