"""Parts of a page that load at a press (static/core/lazy_part.js), without a server."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from office360.server.app import ROOT
from playwright.async_api import Browser, Page, Route, expect

pytestmark = pytest.mark.e2e

SITE = "http://modules.test/"
STATIC = ROOT / "static"
PAGE = """<!doctype html><template id="part-failed"><b>It did not load</b></template>
<button id="open">Open</button><output id="times">0</output>
<script type="module">
import { loadLazyPart } from "/core/lazy_part.js";
const button = document.getElementById("open"), times = document.getElementById("times");
button.onclick = async () => (await loadLazyPart(() => import("/part.js"), button))?.start(times);
</script>"""
PART = "export function start(times) { times.value = Number(times.value) + 1; }"


@dataclass
class PartPage:
    page: Page
    part: list[Route]
    fails: bool = False


@pytest.fixture
async def opened(browser: Browser) -> AsyncIterator[PartPage]:
    """A page with a button; each request of its part waits in `part`, or fails at once."""
    context = await browser.new_context()
    opened = PartPage(await context.new_page(), [])

    async def fulfil(route: Route) -> None:
        name = route.request.url.removeprefix(SITE)
        if name == "part.js" and opened.fails:
            await route.abort()
        elif name == "part.js":
            opened.part.append(route)
        elif name:
            await route.fulfill(body=(STATIC / name).read_bytes(), content_type=mimetypes.guess_type(name)[0])
        else:
            await route.fulfill(body=PAGE, content_type="text/html")

    await context.route(f"{SITE}**", fulfil)
    await opened.page.goto(SITE)
    yield opened
    await context.close()


async def test_two_presses_during_load_start_part_once(opened: PartPage) -> None:
    page = opened.page
    async with page.expect_request("**/part.js"):
        await page.click("#open")
    await expect(page.locator("#open")).to_have_attribute("aria-busy", "true")
    await page.click("#open")
    await opened.part[0].fulfill(body=PART, content_type="text/javascript")
    await expect(page.locator("#times")).to_have_text("1")
    await expect(page.locator("#open")).not_to_have_attribute("aria-busy", "true")
    await page.click("#open")
    await expect(page.locator("#times")).to_have_text("2")
    assert len(opened.part) == 1


async def test_failed_load_is_told_and_next_press_loads(opened: PartPage) -> None:
    page, alert = opened.page, opened.page.get_by_role("alert")
    opened.fails = True
    await page.click("#open")
    await expect(alert).to_have_text("It did not load")
    await expect(page.locator("#open")).not_to_have_attribute("aria-busy", "true")
    opened.fails = False
    async with page.expect_request("**/part.js"):
        await page.click("#open")
    await expect(alert).to_have_count(0)
    await opened.part[0].fulfill(body=PART, content_type="text/javascript")
    await expect(page.locator("#times")).to_have_text("1")
