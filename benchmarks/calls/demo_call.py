"""A call between two pages of the demo city, which note presses and first frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Browser, BrowserContext, Page

from ...appointments import service as appointments
from ...appointments.service import BookingRequest
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.runtime import Runtime
from ...core.web.authentication import STAFF_COOKIE
from ...offices.service import Office, all_offices
from ...server.runtime import make_runtime
from ...server.settings import load_settings
from ...staff.actions import accounts
from ..installation import DemoProduct

ADDRESS = "192.0.2.7"  # of the agent who logs in
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
# As for a reloaded page, which does not ask whether the call may start (static/rooms/lobby/entry.js).
ENTERED_JS = "sessionStorage.setItem(`entered ${location.pathname}`, 'yes')"


@dataclass(frozen=True)
class DemoCall:
    """Both pages, and the addresses of the room."""

    citizen: Page
    agent: Page
    appointment_id: str
    token: str

    @property
    def pages(self) -> tuple[Page, Page]:
        return self.citizen, self.agent

    async def wait_in_lobby(self) -> None:
        """Open both pages, with the citizen in the lobby, until both show their own camera."""
        await self.agent.goto(f"/staff/rooms/{self.appointment_id}")
        await self.citizen.goto(f"/a/{self.token}/room")
        for page, own in ((self.citizen, "[data-mirror]"), (self.agent, "[data-self] video")):
            showing = "(selector) => document.querySelector(selector)?.readyState >= 2"
            await page.wait_for_function(showing, arg=own)
        await self.citizen.locator("[data-join] button").click()
        await self.agent.locator("[data-do='admit']").wait_for()

    async def admit(self) -> None:
        """Let the citizen in, and wait until both show a frame of the other."""
        await self.agent.locator("[data-do='admit']").click()
        await self.wait_frames()

    async def wait_frames(self) -> None:
        for page in self.pages:
            await page.wait_for_function("() => window.notes.frame")

    async def leave(self) -> None:
        """Leave the call as the citizen."""
        await self.citizen.locator("[data-opens='leave']").click()
        await self.citizen.locator("dialog[open] [data-do='leave']").click()
        await self.agent.locator("[data-guest-card='none']").wait_for()


@asynccontextmanager
async def open_demo_call(
    product: DemoProduct, phone: Browser, desk: Browser, *, timeout_ms: int, init_script: str = ""
) -> AsyncIterator[DemoCall]:
    """Open a page of each browser, for a room that is open now."""
    appointment_id, token, cookie = await prepare_call(product)
    contexts = [await _new_context(browser, product.url, timeout_ms, init_script) for browser in (phone, desk)]
    await contexts[1].add_init_script(ENTERED_JS)
    await contexts[1].add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": product.url}])
    citizen, agent = [await context.new_page() for context in contexts]
    yield DemoCall(citizen, agent, appointment_id, token)
    for context in contexts:
        await context.close()


async def _new_context(browser: Browser, url: str, timeout_ms: int, init_script: str) -> BrowserContext:
    context = await browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(timeout_ms)
    await context.add_init_script(RECORD_EVENTS_JS + init_script)
    return context


async def prepare_call(product: DemoProduct) -> tuple[str, str, str]:
    """Insert an appointment without the agenda, and log in an account of all offices.

    Returns the appointment's id and token, and the session's cookie.
    """
    settings = load_settings(
        environment="development",
        database_url=product.environment["OFFICE360_DATABASE_URL"],
        secret_key=[product.environment["OFFICE360_SECRET_KEY"]],
    )
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        _, user, password = next(
            login for login in product.logins if login[0].lower() in ("administrator", "manager")
        )
        cookie = await accounts.login(runtime, user, password, ADDRESS)
        return *await _insert_appointment(runtime), cookie
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def _insert_appointment(runtime: Runtime) -> tuple[str, str]:
    async with runtime.transaction() as tx:
        office, service = _with_video(await all_offices(tx.session))
        at = tx.now.replace(microsecond=0) + timedelta(minutes=5)
        asked = BookingRequest(service, "video", at, "Amina (demo)", "amina@example.org")
        made = await appointments.create_appointment(tx, office, asked)
    return made.id, appointments.appointment_token(runtime, made)


def _with_video(offices: list[Office]) -> tuple[Office, str]:
    return next((office, service.slug) for office in offices for service in office.services_for("video"))
