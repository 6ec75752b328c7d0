"""Public pages: readable with large text, and the skip link."""

from __future__ import annotations

import pytest
from office360.appointments.service import appointment_token, book_appointment
from playwright.async_api import Browser

from ..appointments.support.requesters import DIEGO, make_booking_request
from ..conftest import AppServer
from .support.axe import has_horizontal_overflow

PAGES = [
    "/",
    "/turn",
    "/test",
    "/o/centro",
    "/appointments/new",
    "/appointments/new?office=centro&service=certificate",
    "/appointments/new?office=centro&service=certificate&mode=video",
    "/appointments/find",
    "/accessibility",
    "/privacy",
    "/staff/",
    "/dev/outbox",
    "/nowhere",
    "/a/a-link-that-is-wrong",
    "/t/a-link-that-is-wrong",
]
pytestmark = pytest.mark.e2e


# Texts with fewer than three letters a line, which are unreadable.
SQUEEZED_TEXT_JS = """() => [...document.querySelectorAll("h1, h2, b, p, .button, label")]
  .filter((one) => one.checkVisibility() && one.textContent.trim().length > 3 && !one.matches(".visually-hidden"))
  .filter((one) => getComputedStyle(one).display !== "inline")
  .filter((one) => one.getBoundingClientRect().width < 2.5 * parseFloat(getComputedStyle(one).fontSize))
  .map((one) => `${one.localName}: ${one.textContent.trim()}`)"""


@pytest.mark.parametrize("language", ["es", "en"])
async def test_pages_fit_phone_with_doubled_text(app_server: AppServer, browser: Browser, language: str) -> None:
    appointment = await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    mine = f"/a/{appointment_token(app_server.runtime, appointment)}"
    wide, squeezed = [], {}
    page = await browser.new_page(base_url=app_server.url)
    session = await page.context.new_cdp_session(page)
    await session.send("Page.enable")
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})  # twice the defaults
    await page.goto(f"/?lang={language}")
    # 112.5 % of the doubled default: without this, a browser that ignores the command would pass
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "36px"
    for path in [*PAGES, "/o/centro?service=documents", f"{mine}/cancel", f"{mine}/reschedule", mine]:
        await page.goto(path)
        for width in (390, 320):
            await page.set_viewport_size({"width": width, "height": 844})
            if await has_horizontal_overflow(page):
                wide.append(f"{path} at {width}")
            if found := await page.evaluate(SQUEEZED_TEXT_JS):
                squeezed[f"{path} at {width}"] = found
    clipped = await page.locator(".when .figure").evaluate_all(
        "figures => figures.filter(one => one.scrollWidth > one.clientWidth).length"
    )
    assert (wide, squeezed, clipped) == ([], {}, 0)


async def test_skip_link_reaches_content(app_server: AppServer, browser: Browser) -> None:
    page = await browser.new_page(base_url=app_server.url)
    await page.goto("/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/#main")  # the key's answer does not wait for the jump
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null")
