"""Delivery of pushes to the service worker of a real browser."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Page, Worker

from ...support.timeouts import PAGE_TIMEOUT_MS

# Querying notifications may disturb a notification that is being shown, so the service worker reports when it is
# shown.
COUNT_NOTIFICATIONS_JS = """() => {
  self.shown = 0;
  const show = registration.showNotification.bind(registration);
  registration.showNotification = (...told) => show(...told).then(() => void (self.shown += 1));
}"""


async def wait_until(asked: Page | Worker, what: str, argument: Any) -> None:
    """Evaluate a condition in a page or service worker until it holds."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while not await asked.evaluate(what, argument):
            await asyncio.sleep(0.02)


async def deliver_push(page: Page, payload: dict[str, Any]) -> None:
    """Deliver a decrypted push payload to the service worker."""
    session = await page.context.new_cdp_session(page)
    registrations: list[Any] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    await session.send("ServiceWorker.enable")
    while not registrations:
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    address = urlsplit(page.url)
    message = {
        "origin": f"{address.scheme}://{address.netloc}",
        "registrationId": registrations[-1]["registrationId"],
        "data": json.dumps(payload),
    }
    await session.send("ServiceWorker.deliverPushMessage", message)
    await session.detach()
