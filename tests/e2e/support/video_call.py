"""A video call between two real browser pages: who takes part, and how one knows that it works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from office360.core.auth import Role
from office360.core.web.requests import STAFF_COOKIE
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, BrowserContext, Page, expect

from ...conftest import AppServer
from ...rooms.conftest import Booked
from ...support.chromium import CONNECTION
from ...support.timeouts import PATIENCE_MS

PASSWORD = "a password of boris"
BEEPS_S = 1.5  # so much sound has a beep in it: the fake microphone gives one every second
# Energy in a second of sound, where full scale is 1 (W3C webrtc-stats, totalAudioEnergy): -60 dB. Beeps have 0.2.
SILENCE = 1e-6

Media = dict[str, float]
MEDIA = f"""async () => {{
  const pc = {CONNECTION};
  const seen = {{ frames: 0, energy: 0, played_s: 0 }};
  if (pc) (await pc.getStats()).forEach((report) => {{
    if (report.type !== "inbound-rtp") return;
    seen.frames += report.framesDecoded ?? 0;
    seen.energy += report.totalAudioEnergy ?? 0;
    seen.played_s += report.totalSamplesDuration ?? 0;
  }});
  return seen;
}}"""


@dataclass
class Call:
    """Both pages, and what they belong to."""

    citizen: Page
    agent: Page
    server: AppServer
    booked: Booked

    @property
    def citizen_url(self) -> str:
        return f"{self.server.url}/a/{self.booked.token}/room"

    @property
    def agent_url(self) -> str:
        return f"{self.server.url}/staff/rooms/{self.booked.appointment.id}"


async def phone_or_desk(browser: Browser, width: int, height: int) -> BrowserContext:
    """A browser with its own cookies, on a screen of this size."""
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="es-ES")
    context.set_default_timeout(PATIENCE_MS)
    return context


async def sign_in(context: BrowserContext, server: AppServer) -> None:
    """boris, an agent of the office, in this browser."""
    await staff.create_user(
        server.runtime,
        username="boris",
        name="Boris",
        role=Role.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    cookie = await staff.login(server.runtime, "boris", PASSWORD, "192.0.2.7")
    await context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])


async def wait_for_each_other(call: Call) -> None:
    """amina goes to the waiting room, boris to his page of the room."""
    await call.citizen.goto(call.citizen_url)
    await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(call.citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    await call.agent.goto(call.agent_url)


async def both_see_and_hear(call: Call) -> None:
    """Both decode new frames, and the sound that arrives is not silence."""
    for page in (call.citizen, call.agent):
        await sees_and_hears(page, {"frames": 0, "energy": 0})
        await sees_and_hears(page, await page.evaluate(MEDIA))


async def sees_and_hears(page: Page, since: Media) -> None:
    """Ten more pictures and more than silence, after a moment that was noted with MEDIA."""
    await until(
        page, lambda seen: seen["frames"] > since["frames"] + 10 and seen["energy"] > since["energy"] + SILENCE
    )


async def sees_in_silence(page: Page) -> None:
    """The picture goes on, and what is played of the sound is silence once its last echo has faded."""
    first: Media = await page.evaluate(MEDIA)
    last = first

    def silent(seen: Media) -> bool:
        nonlocal last
        played_s = seen["played_s"] - last["played_s"]
        if played_s < BEEPS_S:
            return False
        heard = seen["energy"] - last["energy"]
        last = seen
        return heard < SILENCE * played_s and seen["frames"] > first["frames"] + 10

    await until(page, silent)


async def until(page: Page, holds: Callable[[Media], bool]) -> None:
    """Asked again and again: Playwright's own `wait_for_function` takes a promise for a yes."""
    seen: Media = {}
    try:
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not holds(seen := await page.evaluate(MEDIA)):
                await page.wait_for_timeout(100)
    except TimeoutError:
        raise AssertionError(f"the last that arrived: {seen}") from None
