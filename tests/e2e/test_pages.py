"""All public pages: readable with large text, usable by keyboard, without script errors."""

from __future__ import annotations

from typing import Any

import pytest
from office360.appointments.service import appointment_token, book_appointment

from ..appointments.support.requesters import DIEGO, make_booking_request
from ..conftest import AppServer
from ..support.chromium import DOUBLED_TEXT, launch_chromium
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
pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


# Texts with fewer than three letters a line, which are unreadable.
SQUEEZED_TEXT_JS = """() => [...document.querySelectorAll("h1, h2, b, p, .button, label")]
  .filter((one) => one.checkVisibility() && one.textContent.trim().length > 3 && !one.matches(".visually-hidden"))
  .filter((one) => getComputedStyle(one).display !== "inline")
  .filter((one) => one.getBoundingClientRect().width < 2.5 * parseFloat(getComputedStyle(one).fontSize))
  .map((one) => `${one.localName}: ${one.textContent.trim()}`)"""


@pytest.mark.parametrize(("language", "width"), [("es", 390), ("en", 390), ("es", 320)])
async def test_pages_fit_phone_with_doubled_text(
    app_server: AppServer, chromium_path: str, language: str, width: int
) -> None:
    appointment = await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    mine = f"/a/{appointment_token(app_server.runtime, appointment)}"
    wide, squeezed = [], {}
    async with launch_chromium(chromium_path, DOUBLED_TEXT) as browser:
        context = await browser.new_context(viewport={"width": width, "height": 844}, base_url=app_server.url)
        page = await context.new_page()
        await page.goto(f"/?lang={language}")
        for path in [*PAGES, "/o/centro?service=documents", mine, f"{mine}/cancel", f"{mine}/reschedule"]:
            await page.goto(path)
            if await has_horizontal_overflow(page):
                wide.append(path)
            if found := await page.evaluate(SQUEEZED_TEXT_JS):
                squeezed[path] = found
        await page.goto(mine)
        clipped = await page.locator(".when .figure").evaluate_all(
            "figures => figures.filter(one => one.scrollWidth > one.clientWidth).length"
        )
    assert (wide, squeezed, clipped) == ([], {}, 0)


async def test_pages_log_no_console_error(app_server: AppServer, browser: Any) -> None:
    context = await browser.new_context(base_url=app_server.url)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: complaints.append(f"{page.url}: {message.text}") if message.type == "error" else None,
    )
    for path in PAGES:
        answer = await page.goto(path)
        expected = 404 if "wrong" in path or path == "/nowhere" else 200
        assert answer.status == expected, path
    assert [one for one in complaints if "404" not in one] == []


async def test_each_page_has_one_main_one_heading_and_a_title(app_server: AppServer, browser: Any) -> None:
    page = await browser.new_page(base_url=app_server.url)
    for path in PAGES:
        await page.goto(path)
        assert await page.locator("main").count() == 1, path
        assert await page.locator("h1").count() == 1, path
        assert len(await page.title()) > len("· Office 360"), path


async def test_skip_link_reaches_content(app_server: AppServer, browser: Any) -> None:
    page = await browser.new_page(base_url=app_server.url)
    await page.goto("/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/#main")  # the key's answer does not wait for the jump
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null")
