"""A video call between two real browser pages, and checks of its media."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, BrowserContext, Error, Page, expect

from ...conftest import AppServer
from ...rooms.support.video_appointments import BookedVideoAppointment
from ...support.chromium import PEER_CONNECTION_JS
from ...support.timeouts import PAGE_TIMEOUT_MS

PASSWORD = "a password of boris"
BEEP_PERIOD_S = 1.5  # contains a beep of the fake microphone, which beeps each second
# Audio energy per second at full scale 1 (W3C webrtc-stats, totalAudioEnergy): -60 dB. Beeps have 0.2.
SILENCE_ENERGY = 1e-6

POLLING_MS = 100  # Playwright's own polling draws a frame each time, beside the pictures of the call
NEW_FRAMES = 3  # more than were on their way to a decoder

# A page that has tested its line within five minutes does not test it in the lobby: the test would load the
# processor beside each call that begins. `about:blank` has no storage.
TESTED_LINE_JS = """try {
  sessionStorage.setItem(`tested ${location.pathname}`, String(Date.now()));
} catch {}"""
# The call of test_end_to_end_journeys.py has the product's own 640 × 480 and its processed sound. Where picture
# and sound only have to arrive, a quarter of the picture and the bare sound do, at half of the CPU.
PICTURE_WIDTH = 320
SMALL_MEDIA_JS = f"""(() => {{
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const real = devices.getUserMedia.bind(devices);
  const size = {{ width: {{ ideal: {PICTURE_WIDTH} }}, height: {{ ideal: {PICTURE_WIDTH * 3 // 4} }} }};
  const bare = {{ echoCancellation: false, noiseSuppression: false, autoGainControl: false }};
  devices.getUserMedia = ({{ audio, video }}) => real({{
    audio: audio && {{ ...audio, ...bare }},
    video: video && {{ ...video, ...(video.width?.ideal === 640 && size) }}, // a document keeps its size
  }});
}})()"""
# Page.setFontSizes of Chromium: the person's own text size is twice as large, for media queries too.
DOUBLED_TEXT = {"fontSizes": {"standard": 32, "fixed": 26}}

MediaCounters = dict[str, float]
MEDIA_COUNTERS_JS = f"""async () => {{
  const pc = {PEER_CONNECTION_JS};
  const seen = {{ frames: 0, energy: 0, played_s: 0 }};
  if (pc) (await pc.getStats()).forEach((report) => {{
    if (report.type !== "inbound-rtp") return;
    seen.frames += report.framesDecoded ?? 0;
    seen.energy += report.totalAudioEnergy ?? 0;
    seen.played_s += report.totalSamplesDuration ?? 0;
  }});
  return seen;
}}"""

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


@dataclass
class BrowserCall:
    """Both pages of a call, with the server and the appointment."""

    citizen: Page
    agent: Page
    server: AppServer
    booking: BookedVideoAppointment

    @property
    def citizen_url(self) -> str:
        return f"{self.server.url}/a/{self.booking.token}/room"

    @property
    def agent_url(self) -> str:
        return f"{self.server.url}/staff/rooms/{self.booking.appointment.id}"

    async def enter_as_agent(self) -> None:
        """Open the agent's page by its bare address, which asks first."""
        await self.agent.goto(self.agent_url)
        await self.agent.locator(".button", has_text="Empezar ahora").click()


async def new_browser_context(
    browser: Browser, width: int, height: int, *, tests_line: bool = False
) -> BrowserContext:
    """Open a browser context with its own cookies and this screen size.

    `tests_line`: its pages run the short connection test in the lobby.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="es-ES", reduced_motion="reduce"
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(SMALL_MEDIA_JS)
    if not tests_line:
        await context.add_init_script(TESTED_LINE_JS)
    return context


async def double_text(page: Page) -> None:
    """Double the text size that the person has set in the browser."""
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", DOUBLED_TEXT)


async def sign_in_agent(context: BrowserContext, server: AppServer) -> None:
    """Create the agent boris and log him in."""
    await staff.create_user(
        server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    await sign_in_with_cookie(context, server, "boris")


async def sign_in_with_cookie(context: BrowserContext, server: AppServer, username: str) -> None:
    """Log in an account of PASSWORD without the login page, which test_sign_in.py checks."""
    cookie = await staff.login(server.runtime, username, PASSWORD, "192.0.2.7")
    await context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])


async def enter_lobby(call: BrowserCall) -> None:
    await call.citizen.goto(call.citizen_url)
    await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(call.citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def enter_lobby_and_room(call: BrowserCall) -> None:
    """amina enters the lobby, boris the agent's page of the room."""
    await enter_lobby(call)
    await call.enter_as_agent()


async def expect_media_both_ways(call: BrowserCall) -> None:
    """Expect on both sides new decoded frames and audible sound."""
    await asyncio.gather(expect_new_media(call.citizen), expect_new_media(call.agent))


async def media_counters(page: Page) -> MediaCounters:
    """Return the counters of a page that may be about to open the next."""
    while True:
        try:
            counters: MediaCounters = await page.evaluate(MEDIA_COUNTERS_JS)
        except Error as error:
            if "context was destroyed" not in error.message:
                raise
            await page.wait_for_load_state()
        else:
            return counters


async def expect_new_media(page: Page) -> None:
    """Expect frames and audible sound from now on."""
    await expect_picture_and_sound(page, await media_counters(page))


async def expect_picture_and_sound(page: Page, since: MediaCounters) -> None:
    """Expect new frames and audible sound after the counters `since`."""
    frames, energy = since["frames"], since["energy"]

    def arrived(seen: MediaCounters) -> bool:
        nonlocal frames, energy
        if seen["frames"] < frames or seen["energy"] < energy:  # a new connection counts from zero
            frames = energy = 0
        return seen["frames"] >= frames + NEW_FRAMES and seen["energy"] > energy + SILENCE_ENERGY

    await wait_until_media(page, arrived)


async def expect_picture_without_sound(page: Page) -> None:
    """Expect further frames, and silence after the last echo has faded."""
    first: MediaCounters = await media_counters(page)
    last = first

    def silent(seen: MediaCounters) -> bool:
        nonlocal last
        played_s = seen["played_s"] - last["played_s"]
        if played_s < BEEP_PERIOD_S:
            return False
        heard = seen["energy"] - last["energy"]
        last = seen
        return heard < SILENCE_ENERGY * played_s and seen["frames"] >= first["frames"] + NEW_FRAMES

    await wait_until_media(page, silent)


async def wait_until_media(page: Page, holds: Callable[[MediaCounters], bool]) -> None:
    """Poll the counters. Playwright's `wait_for_function` would take a promise as true."""
    seen: MediaCounters = {}
    try:
        async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
            while not holds(seen := await media_counters(page)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"the last that arrived: {seen}") from None


@asynccontextmanager
async def open_other_device(call: BrowserCall, browser: Browser) -> AsyncIterator[Page]:
    """Open the citizen's link in another browser."""
    context = await new_browser_context(browser, 390, 844)
    page = await context.new_page()
    await page.goto(call.citizen_url)
    await expect(page.get_by_role("heading", name="Mira si te ves y te oyes antes de entrar")).to_be_visible()
    await expect(page.get_by_role("button", name="Seguir aquí")).to_be_visible()
    yield page
    await context.close()
