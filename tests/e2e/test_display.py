"""The waiting-room screen in a real Chromium."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from office360.core.auth import Principal, StaffRole
from office360.offices.service import Office, office_by_slug
from office360.queue import service
from office360.queue.actions.agent import recall_ticket
from office360.queue.actions.pause import evacuate_office, pause_office, resume_office
from office360.queue.domain.ticket import Ticket
from office360.queue.service import TicketRequest
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, expect

from ..conftest import AppServer, FakeClock, serve_app
from ..support.chromium import SOUND_AFTER_PRESS
from ..support.office_fixture import build_office
from ..support.timeouts import PAGE_TIMEOUT_MS

pytestmark = pytest.mark.e2e

BORIS = Principal("boris", "Boris", StaffRole.AGENT, None)
FULL_HD: ViewportSize = {"width": 1920, "height": 1080}

# Counts played tones and spoken texts, because the machine has no audio output.
RECORD_SOUND_JS = """
window.tones = 0; window.said = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; start.call(this, at); };
speechSynthesis.speak = (one) => { window.said.push([one.lang, one.text]); };
"""
CHIME_TONES = 4
ANSWER_S = 0.1
HOUR_MS = 3_600_000
IDLE_MS = 5_000  # of static/queue/display_page.js


async def open_display(browser: Browser, server: AppServer, **options: Any) -> Page:
    """Open a display that is connected."""
    context = await browser.new_context(**{"viewport": FULL_HD, "base_url": server.url, **options})
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(RECORD_SOUND_JS)
    page = await context.new_page()
    await load_display(page)
    return page


async def load_display(page: Page, office: str = "centro") -> None:
    async with page.expect_websocket() as opening:
        await page.goto(f"/o/{office}/display")
    socket = await opening.value
    await socket.wait_for_event("framereceived")


class DisplayDriver:
    """Actions of citizens and agents in the office."""

    def __init__(self, server: AppServer, office: Office) -> None:
        self.runtime = server.runtime
        self.office = office.slug
        self.desks = [desk.id for desk in office.desks]

    async def take_tickets(self, count: int = 1) -> None:
        for _ in range(count):
            await service.take_ticket(self.runtime, self.office, TicketRequest(service="documents"))

    async def call_next(self, desk: int = 1) -> Ticket:
        who = Principal(f"agent-{desk}", "Boris", StaffRole.AGENT, None)
        await service.open_desk(self.runtime, who, self.desks[desk - 1])
        ticket = await service.call_next(self.runtime, who, self.desks[desk - 1])
        assert ticket is not None
        return ticket

    async def start_serving(self, ticket: Ticket, desk: int = 1) -> None:
        await service.start_service(
            self.runtime, Principal(f"agent-{desk}", "Boris", StaffRole.AGENT, None), ticket.id
        )


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> DisplayDriver:
    return DisplayDriver(app_server, office)


@pytest.fixture
async def display(browser: Browser, app_server: AppServer) -> AsyncIterator[Page]:
    page = await open_display(browser, app_server)
    yield page
    await page.context.close()


def highlighted_calls(page: Page) -> Any:
    return page.locator(".call[data-now]")


async def test_call_is_highlighted_until_answered(display: Page, driver: DisplayDriver) -> None:
    await expect(display.get_by_text("Aquí llamamos")).to_be_visible()
    await driver.take_tickets(2)
    first = await driver.call_next(1)
    await expect(highlighted_calls(display)).to_have_count(1)
    assert await display.locator(".call .code").text_content() == "A-001"
    await expect(display.locator(".call [data-desk]")).to_have_text("1")
    await expect(display.get_by_text("Aquí llamamos")).to_be_hidden()
    await driver.call_next(2)
    await expect(highlighted_calls(display)).to_have_count(2)
    await driver.start_serving(first)
    await expect(highlighted_calls(display)).to_have_count(1)
    await expect(display.locator(".call .code")).to_have_text(["A-002", "A-001"])


async def test_server_and_script_render_same_display(
    browser: Browser, app_server: AppServer, display: Page, driver: DisplayDriver
) -> None:
    await driver.take_tickets(3)
    await driver.call_next(1)
    await driver.call_next(2)
    await expect(highlighted_calls(display)).to_have_count(2)
    still = await open_display(browser, app_server)
    painted = ".calls .rows, .side .waits"
    shape = "parts => parts.map(one => one.innerHTML.replaceAll(' fresh', '').replace(/ class=\"call\"/g, ''))"
    live, fresh = (
        await display.locator(painted).evaluate_all(shape),
        await still.locator(painted).evaluate_all(shape),
    )
    assert live == fresh


async def test_chime_sounds_once_per_call_and_recall(display: Page, driver: DisplayDriver) -> None:
    await display.get_by_role("button", name="Activar el sonido").click()
    await expect(display.locator("main[data-sounds=yes]")).to_be_visible()
    await _wait_for_tones(display, CHIME_TONES)  # switching the sound on plays it once
    await driver.take_tickets()
    ticket = await driver.call_next()
    await _wait_for_tones(display, 2 * CHIME_TONES)
    wait = display.locator("[data-says]").first
    before = await wait.inner_text()
    await driver.take_tickets(3)  # the display changes without a call
    await expect(wait).not_to_have_text(before)
    await _wait_for_tones(display, 2 * CHIME_TONES)
    await recall_ticket(driver.runtime, Principal("agent-1", "Boris", StaffRole.AGENT, None), ticket.id)
    await _wait_for_tones(display, 3 * CHIME_TONES)
    await driver.start_serving(ticket)
    await expect(highlighted_calls(display)).to_have_count(0)
    await _wait_for_tones(display, 3 * CHIME_TONES)


async def _wait_for_tones(page: Page, count: int) -> None:
    """Wait until exactly `count` tones were played."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while (played := await page.evaluate("window.tones")) < count:
            await page.wait_for_timeout(100)
    assert played == count


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("es", ["es", "Turno A 1, mesa 1."]), ("en", ["en", "Ticket A 1, desk 1."])],
)
async def test_call_is_announced_if_voice_is_enabled(
    browser: Browser, app_server: AppServer, driver: DisplayDriver, language: str, spoken: list[str]
) -> None:
    page = await open_display(browser, app_server)
    await page.goto(f"/o/centro/display?lang={language}")
    await page.locator("[data-allow]").click()
    await page.locator("[data-voice]").check()
    await driver.take_tickets()
    await driver.call_next()
    await expect(highlighted_calls(page)).to_have_count(1)
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while not (said := await page.evaluate("window.said")):
            await page.wait_for_timeout(100)
    assert said == [spoken]


async def test_existing_call_does_not_chime_at_start(
    browser: Browser, app_server: AppServer, driver: DisplayDriver
) -> None:
    await driver.take_tickets()
    await driver.call_next()
    page = await open_display(browser, app_server)
    await page.locator("[data-allow]").click()
    await _wait_for_tones(page, CHIME_TONES)
    await load_display(page)
    await expect(page.locator("main[data-sounds=yes]")).to_be_visible()  # stored, so that no touch is needed
    await expect(highlighted_calls(page)).to_have_count(1)
    assert await page.evaluate("window.tones") == 0


@pytest.mark.parametrize("chromium_flags", [[SOUND_AFTER_PRESS]])
async def test_any_key_restores_sound_after_restart(browser: Browser, app_server: AppServer) -> None:
    page = await open_display(browser, app_server)
    await page.locator("[data-allow]").click()
    await expect(page.locator("main[data-sounds=yes]")).to_be_visible()
    again = await page.context.new_page()  # a tab without user activation
    await load_display(again)
    await expect(again.locator("main[data-sounds=no]")).to_be_visible()
    await expect(again.get_by_role("button", name="Activar el sonido")).to_be_visible()
    await again.keyboard.press("Shift")
    await again.keyboard.press("a")
    await expect(again.locator("main[data-sounds=yes]")).to_be_visible()


async def test_sound_controls_hide_and_return_on_key(display: Page) -> None:
    await display.clock.install()
    await display.locator("[data-allow]").click()
    await display.locator("h1").evaluate("() => document.activeElement.blur()")
    box = display.locator(".sound")
    await expect(box).not_to_have_css("position", "absolute")
    await display.clock.run_for(IDLE_MS)
    await expect(box).to_have_css("position", "absolute")
    await display.keyboard.press("Tab")
    await expect(box).not_to_have_css("position", "absolute")
    await expect(box.locator(":focus")).to_have_count(1)
    await expect(display.get_by_role("button", name="Quitar el sonido")).to_be_visible()


async def test_display_is_marked_offline_after_a_minute(
    browser: Browser, app_server: AppServer, driver: DisplayDriver
) -> None:
    await driver.take_tickets()
    await driver.call_next()
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    page = await context.new_page()
    await page.clock.install()
    await load_display(page)
    await expect(highlighted_calls(page)).to_have_count(1)
    await context.set_offline(True)
    await page.clock.run_for(20_000)
    await expect(page.get_by_text(re.compile("hace .* s"))).to_be_visible()
    await expect(highlighted_calls(page)).to_have_count(1)
    await page.clock.run_for(50_000)
    await expect(page.get_by_text("Sin conexión desde las 10:30")).to_be_visible()
    await expect(page.get_by_text("Pregunta en la entrada.")).to_be_visible()
    await expect(highlighted_calls(page)).to_have_count(0)
    await expect(page.get_by_text("Si llegas ahora")).to_be_hidden()
    await expect(page.locator("[data-clock]")).to_have_text("10:31")  # the clock still runs
    await context.set_offline(False)
    await page.clock.run_for(40_000)
    await expect(highlighted_calls(page)).to_have_count(1)
    await expect(page.get_by_text("Sin conexión")).to_be_hidden()


async def test_call_during_outage_appears_after_reconnect(display: Page, driver: DisplayDriver) -> None:
    await driver.take_tickets()
    await display.context.set_offline(True)
    await driver.call_next()
    await display.context.set_offline(False)
    await expect(highlighted_calls(display)).to_have_count(1)


async def test_display_reconnects_after_server_restart(
    browser: Browser, settings: Any, clock: FakeClock, office: Office
) -> None:
    async with serve_app(settings, clock) as server:
        port = int(server.url.rpartition(":")[2])
        page = await open_display(browser, server)
        await DisplayDriver(server, office).take_tickets()
    async with serve_app(settings, clock, port=port) as server:
        await DisplayDriver(server, office).call_next()
        await expect(highlighted_calls(page)).to_have_count(1)


async def test_display_clock_shows_office_time(browser: Browser, app_server: AppServer, clock: FakeClock) -> None:
    clock.advance(seconds=50)  # after 45 s without an answer the page reconnects and takes the server's time again
    context = await browser.new_context(base_url=app_server.url, timezone_id="Pacific/Auckland")
    page = await context.new_page()
    await page.clock.install(time="2001-01-01T00:00:00Z")
    await load_display(page)
    await expect(page.locator("[data-clock]")).to_have_text("10:30")
    await page.clock.run_for(12_000)
    await expect(page.locator("[data-clock]")).to_have_text("10:31")


async def test_display_reloads_after_new_build(browser: Browser, app_server: AppServer) -> None:
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    page = await context.new_page()
    await page.clock.install()
    await load_display(page)
    pages = 0

    async def another_build(route: Any) -> None:
        nonlocal pages
        pages += 1
        answer = await route.fetch()
        body = await answer.text()
        await route.fulfill(
            response=answer, body=re.sub(r"/static/\w+/core/module_loader", "/static/0/core/module_loader", body)
        )

    await context.route("**/o/centro/display", another_build)
    await context.set_offline(True)
    await context.set_offline(False)
    await _wait_for_reload(page)
    assert pages >= 2


async def _wait_for_reload(page: Page) -> None:
    """Advance the page's time until it has reloaded."""
    loaded = asyncio.Event()
    page.once("load", lambda _: loaded.set())
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while not loaded.is_set():
            await page.clock.run_for(5_000)
            # its requests take real time: without this, each minute of the page's time begins the reload anew
            with suppress(TimeoutError):
                await asyncio.wait_for(loaded.wait(), ANSWER_S)


async def test_display_reloads_nightly_if_server_is_up(
    browser: Browser, app_server: AppServer, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))  # 21:00 in Madrid
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    page = await context.new_page()
    await page.clock.install(time=clock.now())
    await load_display(page)
    await page.evaluate("window.still = 'the same page'")
    await context.set_offline(True)
    await page.clock.fast_forward(7 * HOUR_MS)
    await page.clock.run_for(2_000)
    await expect(page.locator("[data-clock]")).to_have_text("4:00")
    await expect(page.get_by_text("Sin conexión")).to_be_visible()
    assert await page.evaluate("window.still") == "the same page"
    clock.advance(hours=7)
    await context.set_offline(False)
    await _wait_for_reload(page)


async def test_display_qr_code_leads_to_office_page(display: Page, app_server: AppServer) -> None:
    picture = await display.locator(".qr").screenshot()
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert [code.text for code in read] == [f"{app_server.url}/o/centro"]


LONG_NAME = "Oficina de Atención a la Ciudadanía de Vilanova i la Geltrú"
SCREEN_SIZES = [(1920, 1080), (1366, 640), (3840, 2160), (1080, 1920)]
# Texts that are too small or cut off on the screen, as [too small, cut off].
UNREADABLE_TEXT_JS = """(least) => {
  const texts = [...document.querySelectorAll(".tv *")].filter((one) =>
    one.checkVisibility() && !one.closest(".visually-hidden") && getComputedStyle(one).clipPath === "none" &&
    [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const inside = (one) => {
    const box = one.getBoundingClientRect();
    return box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1 && box.left >= -1 &&
      one.scrollWidth <= one.clientWidth + 1;
  };
  const whole = (one) => getComputedStyle(one).display === "inline" || inside(one);
  return [texts.filter((one) => parseFloat(getComputedStyle(one).fontSize) < least).map((one) => one.outerHTML),
    texts.filter((one) => !whole(one)).map((one) => one.outerHTML)];
}"""


@pytest.mark.parametrize("calls", [1, 8])
async def test_display_text_is_large_enough_and_not_cut(
    browser: Browser, app_server: AppServer, calls: int
) -> None:
    await build_office(app_server.runtime, slug="large", name=LONG_NAME, desks=8, position=1)
    async with app_server.runtime.read_session() as session:
        room = DisplayDriver(app_server, await office_by_slug(session, "large"))
    await room.take_tickets(calls)
    for desk in range(1, calls + 1):
        await room.call_next(desk)
    page = await open_display(browser, app_server)
    await load_display(page, "large")
    await expect(highlighted_calls(page)).to_have_count(calls)
    found = {}
    for width, height in SCREEN_SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        least = 0.0205 * min(width, height * 16 / 9) if width > height else 0.02 * height
        found[width, height] = await page.evaluate(UNREADABLE_TEXT_JS, least)
    assert found == {size: [[], []] for size in SCREEN_SIZES}


async def test_pause_and_evacuation_replace_the_board(driver: DisplayDriver, display: Page) -> None:
    host, sign = Principal("carmen", "Carmen", StaffRole.HOST, None), display.locator(".say .icon")
    await expect(sign).to_be_hidden()
    await pause_office(driver.runtime, host, driver.office, "Simulacro de evacuación.")
    await expect(display.get_by_text("Simulacro de evacuación.")).to_be_visible()
    await expect(sign).to_be_visible()
    await load_display(display)
    await expect(sign).to_be_visible()
    leave = display.get_by_role("alert").filter(has_text="Sal del edificio por la salida más cercana.")
    await evacuate_office(driver.runtime, host, driver.office, lambda _: {"es": "Sal.", "en": "Leave."})
    for seen_by in ("frame", "first rendering"):
        await evacuate_office(driver.runtime, host, driver.office, lambda _: {"es": "Sal.", "en": "Leave."})
        await expect(leave, seen_by).to_be_visible()
        await expect(leave).to_contain_text("Leave the building by the nearest exit.")
        await expect(display.get_by_text("La oficina está en pausa")).to_be_hidden()
        await expect(display.locator(".top, .side").first).to_be_hidden()
        await display.wait_for_function("window.tones > 5")
        await load_display(display)
    await resume_office(driver.runtime, host, driver.office)
    await expect(display.get_by_text("Aquí llamamos")).to_be_visible()
    await expect(sign).to_be_hidden()
    await expect(leave).to_be_hidden()
