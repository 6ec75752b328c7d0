"""The ticket page in a real browser without network, and with a killed server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from ..conftest import MORNING
from .conftest import FaultScenario
from .support.tcp_proxy import run_tcp_proxy

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="es-ES")
    yield await context.new_page()
    await context.close()


async def test_offline_phone_says_so_and_shows_call_after_reconnect(scenario: FaultScenario, page: Page) -> None:
    async with run_tcp_proxy(scenario.installed.url) as way:
        await page.goto(f"{way.url}/t/{await scenario.take_ticket()}")
        await expect(page.get_by_text("Eres la siguiente persona", exact=True)).to_be_visible()
        await expect(page.get_by_label("Sonido y vibración")).to_be_visible()  # the page's modules are running
        way.cut()
        told = page.locator("[data-slot=offline_since]:visible").first
        await expect(told).to_be_visible()
        await scenario.call_next()
        scenario.installed.clock.set(MORNING + timedelta(minutes=1))
        way.restore()  # phones reconnect spread over seconds, to avoid a stampede
        await expect(page.locator("body[data-ticket=called]")).to_be_visible()
        # The ticket may have been recalled by now, for which the page has another text.
        await expect(page.get_by_role("heading", level=1)).to_contain_text("1")
