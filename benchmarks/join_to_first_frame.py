"""Time from a button to the first video frame: `python benchmarks/join_to_first_frame.py`.

The real server (`office360 demo` on SQLite and the in-process bus) and two pages in one real Chromium with fake
devices. Twenty times: the citizen presses "enter" and the agent sees the citizen; the agent presses "admit" and
each side shows the other's first frame. After each, two bare pages connect with nothing around them: the lower
bound.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from calls.bare_page import measure_bare_call, serve_bare_pages
from office360.appointments import service as appointments
from office360.appointments.service import BookingRequest
from office360.core.clock import SystemClock
from office360.core.events import EventRegistry
from office360.offices.service import Office, all_offices
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings
from office360.tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from product import DemoProduct, run_demo

CALL_COUNT = 20
PAGE_TIMEOUT_MS = 15_000
# Records when a button was pressed, when the waiting citizen was shown, and when the first frame was.
RECORD_EVENTS_JS = """
const now = () => performance.timeOrigin + performance.now();
window.notes = {};
addEventListener("click", (event) => {
  if (event.target.closest("[data-do='admit'], [data-join] button")) window.notes.pressed = now();
}, true);
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue;
    if (node.matches("[data-guest-card]")) window.notes.seen = now();
    const video = node.matches(".tile") && node.querySelector("video");
    if (video) video.requestVideoFrameCallback(() => { window.notes.frame = now(); });
  }
}).observe(document, { childList: true, subtree: true });
"""


@dataclass(frozen=True)
class JoinTimes:
    """Milliseconds of the start of one call."""

    seen_by_agent: float
    agent_sees: float
    citizen_sees: float


async def insert_current_appointment(product: DemoProduct) -> tuple[str, str]:
    """Insert an appointment whose room is open, without the agenda. Returns its id and token."""
    settings = load_settings(
        environment="development",
        database_url=product.environment["OFFICE360_DATABASE_URL"],
        secret_key=[product.environment["OFFICE360_SECRET_KEY"]],
    )
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        async with runtime.transaction() as tx:
            office, service = _with_video(await all_offices(tx.session))
            at = tx.now.replace(microsecond=0) + timedelta(minutes=5)
            asked = BookingRequest(service, "video", at, "Amina (demo)", "amina@example.org")
            made = await appointments.create_appointment(tx, office, asked)
        return made.id, appointments.appointment_token(runtime, made)
    finally:
        await runtime.bus.close()
        await runtime.db.close()


def _with_video(offices: list[Office]) -> tuple[Office, str]:
    return next((office, one.slug) for office in offices for one in office.services_for("video"))


async def sign_in(context: BrowserContext, product: DemoProduct) -> None:
    """Log in with the first account that may serve all offices."""
    _, user, password = next(one for one in product.logins if one[0].lower() in ("administrator", "manager"))
    page = await context.new_page()
    await page.goto("/staff/")
    await page.fill("#user", user)
    await page.fill("#password", password)
    await page.locator("main form button").click()
    await page.wait_for_url("**/staff/desk*")
    await page.close()


async def check_nothing(*_pages: Page) -> None:
    """Check nothing during a call; the default."""


async def measure_call(
    citizen: Page,
    agent: Page,
    appointment_id: str,
    token: str,
    while_talking: Callable[[Page, Page], Awaitable[None]] = check_nothing,
) -> JoinTimes:
    await agent.goto(f"/staff/rooms/{appointment_id}")
    await citizen.goto(f"/a/{token}/room")
    await _wait_for_own_picture(citizen, "[data-mirror]")
    await _wait_for_own_picture(agent, "[data-self] video")
    await citizen.locator("[data-join] button").click()
    await agent.locator("[data-do='admit']").click()
    for page in (citizen, agent):
        await page.wait_for_function("() => window.notes.frame", timeout=PAGE_TIMEOUT_MS)
    await while_talking(citizen, agent)
    theirs, ours = await citizen.evaluate("window.notes"), await agent.evaluate("window.notes")
    await citizen.locator("[data-opens='leave']").click()
    await citizen.locator("dialog[open] [data-do='leave']").click()
    await agent.locator("[data-guest-card='none']").wait_for(timeout=PAGE_TIMEOUT_MS)
    return JoinTimes(
        seen_by_agent=ours["seen"] - theirs["pressed"],
        agent_sees=ours["frame"] - ours["pressed"],
        citizen_sees=theirs["frame"] - ours["pressed"],
    )


async def _wait_for_own_picture(page: Page, selector: str) -> None:
    """Wait until the page shows its own camera."""
    showing = "(selector) => document.querySelector(selector).readyState >= 2"
    await page.wait_for_function(showing, arg=selector, timeout=PAGE_TIMEOUT_MS)


async def measure(product: DemoProduct) -> tuple[list[JoinTimes], list[float]]:
    """Measure the calls, and those of bare pages in milliseconds, by turns."""
    appointment_id, token = await insert_current_appointment(product)
    async with async_playwright() as playwright, serve_bare_pages() as bare_url:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM_FLAGS)
        phone, desk = await new_context(browser, product.url), await new_context(browser, product.url)
        await sign_in(desk, product)
        citizen, agent = await phone.new_page(), await desk.new_page()
        rounds, bare = [], []
        for _ in range(CALL_COUNT):
            rounds.append(await measure_call(citizen, agent, appointment_id, token))
            bare.append(await measure_bare_call(browser, bare_url))
        await browser.close()
    return rounds, bare


async def new_context(browser: Browser, url: str) -> BrowserContext:
    """Open a browser context with its own cookies, whose pages record times."""
    context = await browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    await context.add_init_script(RECORD_EVENTS_JS)
    return context


def format_line(name: str, figures: list[float]) -> str:
    """Format median and range in milliseconds."""
    ordered = sorted(figures)
    return f"  {name}: median {statistics.median(ordered):.0f} ms ({ordered[0]:.0f} to {ordered[-1]:.0f})"


def report_lines(rounds: list[JoinTimes], bare: list[float]) -> list[str]:
    """Format the lines to print."""
    both: list[Any] = [max(one.agent_sees, one.citizen_sees) for one in rounds]
    return [
        f"join to first frame, {len(rounds)} calls between two pages of one browser",
        format_line("press on enter until the agent sees who waits", [one.seen_by_agent for one in rounds]),
        format_line("press on admit until the agent sees a frame", [one.agent_sees for one in rounds]),
        format_line("press on admit until the citizen sees a frame", [one.citizen_sees for one in rounds]),
        format_line("press on admit until both see a frame", both),
        format_line("lower bound: two bare pages", bare),
        f"  ratio of the medians {statistics.median(both) / statistics.median(bare):.2f}",
    ]


def main() -> None:
    with run_demo() as product:
        rounds, bare = asyncio.run(measure(product))
    print("\n".join(report_lines(rounds, bare)))


if __name__ == "__main__":
    main()
