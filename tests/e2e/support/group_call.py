"""A video call of two to four people, each in a browser context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.staff.actions import accounts
from playwright.async_api import Browser, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from ...conftest import AppServer
from ...rooms.support.video_appointments import BookedVideoAppointment
from .video_call import PASSWORD, new_browser_context

STAFF_NAMES = ("Boris", "Carmen", "Elena")
# All other people's pictures move.
MOVING_PICTURES_JS = """(number) => {
  const videos = [...document.querySelectorAll(".tile video")];
  return videos.length === number && videos.every((one) => one.videoWidth > 2 && one.currentTime > 0.3);
}"""
# What a page has instead, for the message of a failure.
PICTURES_STATE_JS = """() => [
  ...[...document.querySelectorAll(".tile")].map((tile) => {
    const { videoWidth, currentTime, paused } = tile.querySelector("video");
    return `${tile.querySelector(".tag").textContent} ${videoWidth} px ${currentTime} s${paused ? " paused" : ""}`;
  }),
  ...window.connections.map((pc) => `${pc.connectionState}/${pc.signalingState}`),
  ...[...document.querySelectorAll("h1, [data-strip], .tile .none")]
    .filter((one) => one.checkVisibility()).map((one) => one.textContent.trim()),
].join(", ")"""
# The elements that are in front of the pictures, without the people's own.
OVER_PICTURES_JS = """() => {
  const notices = document.querySelectorAll("[data-why], [data-do=play], [data-notice=devices]");
  const wereHidden = [...notices].filter((one) => one.hidden);
  for (const one of wereHidden) one.hidden = false;
  const { left, right, top, bottom } = document.querySelector("[data-tiles]").getBoundingClientRect();
  const over = [...notices, ...document.querySelectorAll(".guests, .latest, .tools")]
    .filter((one) => one.checkVisibility())
    .filter((one) => {
      const box = one.getBoundingClientRect();
      return box.left < right - 1 && box.right > left + 1 && box.top < bottom - 1 && box.bottom > top + 1;
    })
    .map((one) => one.className);
  for (const one of wereHidden) one.hidden = true;
  return over;
}"""
RECORD_CONNECTIONS_JS = """
  window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...config) {
      super(...config);
      window.connections.push(this);
    }
  };
"""


@dataclass
class GroupCall:
    """Pages of the citizen and of the staff, the attending agent first."""

    citizen: Page
    server: AppServer
    booking: BookedVideoAppointment
    staff: list[Page] = field(default_factory=list)

    @property
    def pages(self) -> list[Page]:
        return [self.citizen, *self.staff]

    async def expect_pictures(self) -> None:
        """Wait until each page shows the moving pictures of all others."""
        for page in self.pages:
            try:
                await page.wait_for_function(MOVING_PICTURES_JS, arg=len(self.pages) - 1)
            except PlaywrightTimeoutError:
                shown = [await one.evaluate(PICTURES_STATE_JS) for one in self.pages]
                raise AssertionError("\n".join(["pictures are missing; the pages show", *shown])) from None


@asynccontextmanager
async def open_group_call(
    browser: Browser,
    server: AppServer,
    booking: BookedVideoAppointment,
    *,
    people: int = 2,
    citizen_size: tuple[int, int] = (390, 844),
    staff_size: tuple[int, int] = (1280, 800),
    init_script: str = "",
) -> AsyncIterator[GroupCall]:
    """Open a call of `people`: amina, admitted by boris, and further staff."""
    errors: list[str] = []
    async with AsyncExitStack() as contexts:

        async def new_page(size: tuple[int, int], cookie: str | None) -> Page:
            context = await new_browser_context(browser, *size)
            contexts.push_async_callback(context.close)
            if cookie:
                await context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])
            await context.add_init_script(RECORD_CONNECTIONS_JS + init_script)
            page = await context.new_page()
            page.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
            return page

        call = GroupCall(await new_page(citizen_size, None), server, booking)
        await call.citizen.goto(f"{server.url}/a/{booking.token}/room")
        await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
        await expect(call.citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        for name in STAFF_NAMES[: people - 1]:
            page = await new_page(staff_size, await _sign_in(server, name))
            call.staff.append(page)
            await page.goto(f"{server.url}/staff/rooms/{booking.appointment.id}")
            await page.locator(".button", has_text="Empezar ahora").click()
        await call.staff[0].get_by_role("button", name="Dejar entrar").click()
        await expect(call.citizen.locator("[data-screen=call]")).to_be_visible()
        await call.expect_pictures()
        yield call
    assert not errors, "\n".join(errors)


async def _sign_in(server: AppServer, name: str) -> str:
    """Create an agent of this name and return the cookie of a session."""
    username = name.lower()
    await accounts.create_user(
        server.runtime,
        username=username,
        name=name,
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    return await accounts.login(server.runtime, username, PASSWORD, "192.0.2.7")
