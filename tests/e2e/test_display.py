"""The waiting-room screen in a real Chromium: seen by everybody, touched by nobody."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from office360.core.auth import Principal, Role
from office360.offices.service import Office, office_by_slug
from office360.queue import service
from office360.queue.service import Ticket, TicketRequest
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect
from sqlalchemy import text

from ..conftest import CHROMIUM_FLAGS, AppServer, FakeClock, serving
from ..support.office_fixture import build_office
from ..support.timeouts import PATIENCE_MS
from .support.axe import overflows, violations

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

BORIS = Principal("boris", "Boris", Role.AGENT, None)
FULL_HD: ViewportSize = {"width": 1920, "height": 1080}

# Counts what is played and what is said, where the machine has no ears.
LISTEN = """
window.tones = 0; window.said = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; start.call(this, at); };
speechSynthesis.speak = (one) => { window.said.push([one.lang, one.text]); };
"""
CHIME_TONES = 4
HOUR_MS = 3_600_000


async def hang(browser: Browser, server: AppServer, **options: Any) -> Page:
    """A screen on the wall that is connected."""
    context = await browser.new_context(**{"viewport": FULL_HD, "base_url": server.url, **options})
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(LISTEN)
    page = await context.new_page()
    await show(page)
    return page


async def show(page: Page, office: str = "centro") -> None:
    async with page.expect_websocket() as opening:
        await page.goto(f"/o/{office}/display")
    socket = await opening.value
    await socket.wait_for_event("framereceived")


class Room:
    """The office from the inside."""

    def __init__(self, server: AppServer, office: Office) -> None:
        self.runtime = server.runtime
        self.office = office.slug
        self.desks = [desk.id for desk in office.desks]

    async def take(self, count: int = 1) -> None:
        for _ in range(count):
            await service.take_ticket(self.runtime, self.office, TicketRequest(service="documents"))

    async def call(self, desk: int = 1) -> Ticket:
        who = Principal(f"agent-{desk}", "Boris", Role.AGENT, None)
        await service.open_desk(self.runtime, who, self.desks[desk - 1])
        ticket = await service.call_next(self.runtime, who, self.desks[desk - 1])
        assert ticket is not None
        return ticket

    async def start(self, ticket: Ticket, desk: int = 1) -> None:
        await service.start(self.runtime, Principal(f"agent-{desk}", "Boris", Role.AGENT, None), ticket.id)


@pytest.fixture
async def room(app_server: AppServer, office: Office) -> Room:
    return Room(app_server, office)


@pytest.fixture
async def wall(browser: Browser, app_server: AppServer) -> AsyncIterator[Page]:
    page = await hang(browser, app_server)
    yield page
    await page.context.close()


def gold(page: Page) -> Any:
    return page.locator(".call[data-now]")


async def test_a_call_turns_gold_and_calm_again_once_it_is_answered(wall: Page, room: Room) -> None:
    await expect(wall.get_by_text("Aquí llamamos")).to_be_visible()
    await room.take(2)
    first = await room.call(1)
    await expect(gold(wall)).to_have_count(1)
    assert await wall.locator(".call .code").text_content() == "A-001"
    await expect(wall.locator(".call [data-desk]")).to_have_text("1")
    await expect(wall.get_by_text("Aquí llamamos")).to_be_hidden()
    await room.call(2)
    await expect(gold(wall)).to_have_count(2)
    await room.start(first)
    await expect(gold(wall)).to_have_count(1)
    await expect(wall.locator(".call .code")).to_have_text(["A-002", "A-001"])


async def test_the_page_painted_by_the_server_and_by_its_script_are_the_same(
    browser: Browser, app_server: AppServer, wall: Page, room: Room
) -> None:
    await room.take(3)
    await room.call(1)
    await room.call(2)
    await expect(gold(wall)).to_have_count(2)
    still = await hang(browser, app_server)
    painted = ".calls .rows, .side .waits"
    shape = "parts => parts.map(one => one.innerHTML.replaceAll(' fresh', '').replace(/ class=\"call\"/g, ''))"
    live, fresh = await wall.locator(painted).evaluate_all(shape), await still.locator(painted).evaluate_all(shape)
    assert live == fresh


async def test_the_chime_sounds_once_a_call_and_once_more_when_it_is_repeated(wall: Page, room: Room) -> None:
    await wall.get_by_role("button", name="Activar el sonido").click()
    await expect(wall.locator("main[data-sounds=yes]")).to_be_visible()
    await _tones(wall, CHIME_TONES)  # whoever turns it on hears what it is like
    await room.take()
    ticket = await room.call()
    await _tones(wall, 2 * CHIME_TONES)
    wait = wall.locator("[data-says]").first
    before = await wait.inner_text()
    await room.take(3)  # the screen shows something else, but nobody is called
    await expect(wait).not_to_have_text(before)
    await _tones(wall, 2 * CHIME_TONES)
    await service.recall(room.runtime, Principal("agent-1", "Boris", Role.AGENT, None), ticket.id)
    await _tones(wall, 3 * CHIME_TONES)
    await room.start(ticket)
    await expect(gold(wall)).to_have_count(0)
    await _tones(wall, 3 * CHIME_TONES)


async def _tones(page: Page, count: int) -> None:
    """Wait until so many tones were played, and no more."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while (played := await page.evaluate("window.tones")) < count:
            await page.wait_for_timeout(100)
    assert played == count


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("es", ["es-ES", "Turno A 1, mesa 1."]), ("en", ["en-GB", "Turn A 1, desk 1."])],
)
async def test_a_call_is_said_aloud_when_that_was_asked_for(
    browser: Browser, app_server: AppServer, room: Room, language: str, spoken: list[str]
) -> None:
    wall = await hang(browser, app_server)
    await wall.goto(f"/o/centro/display?lang={language}")
    await wall.locator("[data-allow]").click()
    await wall.locator("[data-voice]").check()
    await room.take()
    await room.call()
    await expect(gold(wall)).to_have_count(1)
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not (said := await wall.evaluate("window.said")):
            await wall.wait_for_timeout(100)
    assert said == [spoken]


async def test_what_already_stood_there_does_not_ring_when_the_screen_starts(
    browser: Browser, app_server: AppServer, room: Room
) -> None:
    await room.take()
    await room.call()
    wall = await hang(browser, app_server)
    await wall.locator("[data-allow]").click()
    await _tones(wall, CHIME_TONES)
    await show(wall)
    await expect(wall.locator("main[data-sounds=yes]")).to_be_visible()  # remembered, and no touch was needed
    await expect(gold(wall)).to_have_count(1)
    assert await wall.evaluate("window.tones") == 0


async def test_where_the_browser_wants_a_touch_after_a_restart_any_key_gives_the_sound_back(
    app_server: AppServer, chromium_path: str, room: Room
) -> None:
    strict = [flag for flag in CHROMIUM_FLAGS if not flag.startswith("--autoplay-policy")]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=strict)
        wall = await hang(browser, app_server)
        await wall.locator("[data-allow]").click()
        await expect(wall.locator("main[data-sounds=yes]")).to_be_visible()
        again = await wall.context.new_page()  # a tab that nobody has touched
        await show(again)
        await expect(again.locator("main[data-sounds=no]")).to_be_visible()
        await expect(again.get_by_role("button", name="Activar el sonido")).to_be_visible()
        await again.keyboard.press("Shift")
        await again.keyboard.press("a")
        await expect(again.locator("main[data-sounds=yes]")).to_be_visible()
        await browser.close()


async def test_the_controls_of_the_sound_go_and_come_back_with_a_key(wall: Page) -> None:
    await wall.locator("[data-allow]").click()
    await wall.locator("h1").evaluate("() => document.activeElement.blur()")
    box = wall.locator(".sound")
    await expect(box).to_have_css("position", "absolute")  # clipped away after five seconds
    await wall.keyboard.press("Tab")
    await expect(box).not_to_have_css("position", "absolute")
    await expect(box.locator(":focus")).to_have_count(1)
    await expect(wall.get_by_role("button", name="Quitar el sonido")).to_be_visible()


async def test_after_a_minute_without_the_server_nothing_there_is_relied_upon(
    browser: Browser, app_server: AppServer, room: Room
) -> None:
    await room.take()
    await room.call()
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    wall = await context.new_page()
    await wall.clock.install()
    await show(wall)
    await expect(gold(wall)).to_have_count(1)
    await context.set_offline(True)
    await wall.clock.run_for(20_000)
    await expect(wall.get_by_text(re.compile("hace .* s"))).to_be_visible()
    await expect(gold(wall)).to_have_count(1)
    await wall.clock.run_for(50_000)
    await expect(wall.get_by_text("Sin conexión desde las 10:30")).to_be_visible()
    await expect(wall.get_by_text("Pregunta en la entrada.")).to_be_visible()
    await expect(gold(wall)).to_have_count(0)
    await expect(wall.get_by_text("Si llegas ahora")).to_be_hidden()
    await expect(wall.locator("[data-clock]")).to_have_text("10:31")  # the clock goes on
    await context.set_offline(False)
    await wall.clock.run_for(40_000)
    await expect(gold(wall)).to_have_count(1)
    await expect(wall.get_by_text("Sin conexión")).to_be_hidden()


async def test_a_call_made_while_the_screen_was_away_is_there_when_it_is_back(wall: Page, room: Room) -> None:
    await room.take()
    await wall.context.set_offline(True)
    await room.call()
    await wall.context.set_offline(False)
    await expect(gold(wall)).to_have_count(1)


async def test_a_restart_of_the_server_needs_nobody(
    browser: Browser, settings: Any, clock: FakeClock, office: Office
) -> None:
    async with serving(settings, clock) as server:
        port = int(server.url.rpartition(":")[2])
        wall = await hang(browser, server)
        await Room(server, office).take()
    async with serving(settings, clock, port=port) as server:
        await Room(server, office).call()
        await expect(gold(wall)).to_have_count(1)


async def test_the_clock_is_the_offices_whatever_the_device_believes(
    browser: Browser, app_server: AppServer
) -> None:
    context = await browser.new_context(base_url=app_server.url, timezone_id="Pacific/Auckland")
    wall = await context.new_page()
    await wall.clock.install(time="2001-01-01T00:00:00Z")
    await show(wall)
    await expect(wall.locator("[data-clock]")).to_have_text("10:30")
    await wall.clock.run_for(60_000)
    await expect(wall.locator("[data-clock]")).to_have_text("10:31")


async def test_when_the_server_has_a_newer_page_the_screen_takes_it(
    browser: Browser, app_server: AppServer
) -> None:
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    wall = await context.new_page()
    await wall.clock.install()
    await show(wall)
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
    await _read_anew(wall)
    assert pages >= 2


async def _read_anew(page: Page) -> None:
    """Let the page's time go on until it has been loaded again."""
    loaded = asyncio.Event()
    page.once("load", lambda _: loaded.set())
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not loaded.is_set():
            await page.clock.run_for(5_000)


async def test_each_night_the_page_is_read_anew_but_only_while_the_server_answers(
    browser: Browser, app_server: AppServer, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))  # nine in the evening in Madrid
    context = await browser.new_context(viewport=FULL_HD, base_url=app_server.url)
    wall = await context.new_page()
    await wall.clock.install(time=clock.now())
    await show(wall)
    await wall.evaluate("window.still = 'the same page'")
    await context.set_offline(True)
    await wall.clock.fast_forward(7 * HOUR_MS)
    await wall.clock.run_for(2_000)
    await expect(wall.locator("[data-clock]")).to_have_text("4:00")
    await expect(wall.get_by_text("Sin conexión")).to_be_visible()
    assert await wall.evaluate("window.still") == "the same page"
    clock.advance(hours=7)
    await context.set_offline(False)
    await _read_anew(wall)


async def test_the_code_on_the_screen_leads_to_the_entrance(wall: Page, app_server: AppServer) -> None:
    picture = await wall.locator(".qr").screenshot()
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert [one.text for one in read] == [f"{app_server.url}/o/centro"]


LONG_NAME = "Oficina de Atención a la Ciudadanía de Vilanova i la Geltrú"
SIZES = [(1920, 1080), (1366, 640), (3840, 2160), (1080, 1920)]
# Texts that are too small or not whole on the screen, as [too small, cut].
UNREADABLE = """(least) => {
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
async def test_everything_is_readable_from_six_metres_and_nothing_is_cut(
    browser: Browser, app_server: AppServer, calls: int
) -> None:
    await build_office(app_server.runtime, slug="large", name=LONG_NAME, desks=8, position=1)
    async with app_server.runtime.reading() as session:
        room = Room(app_server, await office_by_slug(session, "large"))
    await room.take(calls)
    for desk in range(1, calls + 1):
        await room.call(desk)
    wall = await hang(browser, app_server)
    await show(wall, "large")
    await expect(gold(wall)).to_have_count(calls)
    found = {}
    for width, height in SIZES:
        await wall.set_viewport_size({"width": width, "height": height})
        least = 0.0205 * min(width, height * 16 / 9) if width > height else 0.02 * height
        found[width, height] = await wall.evaluate(UNREADABLE, least)
    assert found == {size: [[], []] for size in SIZES}


async def test_a_pause_has_its_sign_from_its_first_moment_to_its_last(room: Room, wall: Page) -> None:
    host, sign = Principal("carmen", "Carmen", Role.HOST, None), wall.locator(".say .icon")
    await expect(sign).to_be_hidden()
    await service.pause(room.runtime, host, room.office, "Simulacro de evacuación.")
    await expect(wall.get_by_text("Simulacro de evacuación.")).to_be_visible()
    await expect(sign).to_be_visible()
    await show(wall)
    await expect(sign).to_be_visible()
    await service.resume(room.runtime, host, room.office)
    await expect(wall.get_by_text("Aquí llamamos")).to_be_visible()
    await expect(sign).to_be_hidden()


async def test_axe_finds_nothing_in_any_state(
    app_server: AppServer, room: Room, wall: Page, clock: FakeClock
) -> None:
    found = {"empty": await violations(wall)}
    await room.take(3)
    answered = await room.call(1)
    await room.start(answered)
    await room.call(2)
    await expect(wall.locator(".call")).to_have_count(2)
    found["called"] = await violations(wall)
    await wall.set_viewport_size({"width": 320, "height": 640})
    found["phone"] = await violations(wall)
    assert not await overflows(wall)
    async with room.runtime.transaction() as tx:
        await tx.session.execute(text("UPDATE offices SET paused = true"))
    await show(wall)
    await expect(wall.get_by_text("La oficina está en pausa")).to_be_visible()
    found["paused"] = await violations(wall)
    assert not await overflows(wall)
    assert {state: problems for state, problems in found.items() if problems} == {}
