"""Walk through the connection test as a person does.

It presses what the page offers, and waits for the result.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

MAX_WALK_S = 90.0
POLL_S = 0.1
OPEN_MS = 30_000
BAD_REQUEST = 400
RESULT_PATH = re.compile(r"/test/([^/]+)")
# A button is pressed once a step; the first that is shown wins.
PRESSES = ("begin", "heard", "go-on")
SHOWN_JS = """() => {
  const shown = [...document.querySelectorAll("[data-do]")].filter((one) => one.checkVisibility());
  return {
    step: document.querySelector("main")?.dataset.step ?? "",
    buttons: shown.map((one) => one.dataset.do),
    title: document.querySelector("h1")?.textContent.trim() ?? "",
  };
}"""


class WalkFailed(Exception):
    """The test did not reach its result in time."""


@dataclass
class Walk:
    """A finished test. `steps`: seconds since 1970 at which the page showed each step first."""

    token: str
    begun_at: float
    ended_at: float
    steps: dict[str, float] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)  # as the page reported it

    @property
    def seconds(self) -> float:
        return self.ended_at - self.begun_at

    @property
    def media_s(self) -> tuple[float, float]:
        """Return when the page began and ended to measure the way to the server and back."""
        return self.steps.get("media", self.ended_at), self.steps.get("send", self.ended_at)


async def open_page(browser: Browser, url: str, script: str) -> Page:
    """Open the test's page on a phone with its own cookies.

    `script` runs before those of the page.
    """
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="es-ES")
    context.set_default_timeout(OPEN_MS)
    if script:
        await context.add_init_script(f"(() => {{{script}}})();")
    page = await context.new_page()
    await page.goto(f"{url}/test")
    await page.locator("[data-do=begin]:visible").first.wait_for()
    return page


async def walk_test(page: Page) -> Walk:
    """Start the test of an open page, and go on until its result. Raises WalkFailed."""
    reported: dict[str, Any] = {}

    def note_report(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/report"):
            reported.update(json.loads(request.post_data or "{}").get("measurements", {}))

    refused: list[str] = []

    def note_refusal(response: Response) -> None:
        if response.request.method == "POST" and response.status >= BAD_REQUEST:
            refused.append(f"{response.status} for {urlsplit(response.url).path.rsplit('/', 1)[-1]}")

    page.on("request", note_report)
    page.on("response", note_refusal)
    begun_at, pressed, steps, last = time.time(), set[tuple[str, str]](), dict[str, float](), ""
    while time.time() < begun_at + MAX_WALK_S:
        if found := RESULT_PATH.fullmatch(urlsplit(page.url).path):
            return Walk(found[1], begun_at, time.time(), steps, reported)
        try:
            async with asyncio.timeout(5):
                shown = await page.evaluate(SHOWN_JS)
        except (PlaywrightError, TimeoutError):
            await asyncio.sleep(POLL_S)  # between two pages
            continue
        last = f"step {shown['step']}: {shown['title']}"
        steps.setdefault(shown["step"], time.time())
        press = next((name for name in PRESSES if name in shown["buttons"]), None)
        if press and (shown["step"], press) not in pressed:
            pressed.add((shown["step"], press))
            with suppress(PlaywrightError):  # the page went on by itself
                await page.locator(f"[data-do={press}]:visible").first.click(timeout=5_000)
        await asyncio.sleep(POLL_S)
    way = ", ".join(f"{step} {at - begun_at:.0f} s" for step, at in steps.items())
    said = f"; refused: {', '.join(refused)}" if refused else ""
    raise WalkFailed(f"no result after {MAX_WALK_S:.0f} s, {last} ({way}){said}; reported: {reported}")
