"""A video call between two real browser pages: who takes part, and how one knows that it works."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from office360.core.auth import Role
from office360.core.web import STAFF_COOKIE
from office360.staff import service as staff
from playwright.async_api import Browser, BrowserContext, Page, expect

from ..chromium import CONNECTION
from ..conftest import AppServer
from ..rooms.conftest import Booked

PATIENCE_MS = 20_000  # two browsers and a server share the cores of whatever runs this
PASSWORD = "a password of boris"

MEDIA = f"""async () => {{
  const pc = {CONNECTION};
  const seen = {{ frames: 0, energy: 0 }};
  if (pc) (await pc.getStats()).forEach((report) => {{
    if (report.type !== "inbound-rtp") return;
    seen.frames += report.framesDecoded ?? 0;
    seen.energy += report.totalAudioEnergy ?? 0;
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


async def sees_and_hears(page: Page, since: dict[str, float]) -> None:
    """Asked again and again: Playwright's own `wait_for_function` takes a promise for a yes."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while True:
            seen = await page.evaluate(MEDIA)
            if seen["frames"] > since["frames"] + 10 and seen["energy"] > since["energy"]:
                return
            await page.wait_for_timeout(100)


async def sees_in_silence(page: Page) -> None:
    """The picture goes on, and of the sound nothing comes any more once its last echo has faded."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        before = await page.evaluate(MEDIA)
        while True:
            await page.wait_for_timeout(1_500)  # the fake microphone beeps every second
            after = await page.evaluate(MEDIA)
            if after["frames"] > before["frames"] + 10 and after["energy"] == before["energy"]:
                return
            before = after
