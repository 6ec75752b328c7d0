"""A push to staff, which the service worker leaves out while a console tells the same."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.notifications.domain.short_message import CONSOLE_PATHS
from office360.offices.service import Office
from playwright.async_api import Browser

from ...conftest import AppServer
from ..support.push_delivery import COUNT_NOTIFICATIONS_JS, deliver_push, wait_until
from .test_alerts import open_console, signed_in

pytestmark = pytest.mark.e2e

COUNT_CHECKED_JS = """() => {
  self.checked = 0;
  const match = clients.matchAll.bind(clients);
  clients.matchAll = (...asked) => match(...asked).then((found) => ((self.checked += 1), found));
}"""


@pytest.mark.whole_chromium
async def test_push_is_left_out_while_a_console_is_seen(
    app_server: AppServer, office: Office, browser: Browser
) -> None:
    payload: dict[str, Any] = {
        "title": "Sala",
        "body": "Espera",
        "url": f"{app_server.url}/staff/host",
        "lang": "es",
    }
    payload |= {"tag": "lobby", "key": "lobby 1", "urgent": False}
    async with signed_in(browser, app_server, "carmen", StaffRole.HOST) as (context, _):
        await context.grant_permissions(["notifications"])
        page = await open_console(context, "/staff/host")
        await page.evaluate("navigator.serviceWorker.register('/sw.js', { scope: '/' }).then(() => true)")
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        (worker,) = context.service_workers
        await worker.evaluate(COUNT_NOTIFICATIONS_JS)
        await worker.evaluate(COUNT_CHECKED_JS)

        async def deliver(office_slug: str) -> None:
            told = {**payload, "unless_open": {"paths": list(CONSOLE_PATHS), "office": office_slug}}
            checked = await worker.evaluate("checked")
            await deliver_push(page, told)
            await wait_until(worker, "before => checked > before", checked)

        await deliver(office.slug)
        assert await worker.evaluate("shown") == 0
        await page.goto("/staff/alerts")
        await deliver(office.slug)
        await wait_until(worker, "least => shown >= least", 1)
        assert await worker.evaluate("shown") == 1
