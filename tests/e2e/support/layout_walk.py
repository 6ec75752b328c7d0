"""Walk of a browser through the pages of a full day, and the flaws that it finds."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from office360.core.web.authentication import STAFF_COOKIE
from office360.queue import service as queue
from office360.queue.actions.agent import hold_ticket
from office360.queue.actions.pause import evacuate_office, pause_office, resume_office
from office360.server.settings import Settings
from office360.staff.actions.emergencies import press_at_desk
from playwright.async_api import Browser, ConsoleMessage, Page

from ...conftest import FakeClock, serve_app
from ...notifications.support.gateways import with_push_keys
from ...support.full_day.full_day import CLOSED_DESK, HOST, SLUG
from .axe import ALL_RULES, CONTRAST_AND_NAMES
from .layout_pages import MARKS
from .layout_world import LayoutWorld, build_layout_world
from .visual_check import FORCED_COLOURS, ScreenVariant, VisualCheck, new_visitor_page, resize_page

AXE_LANGUAGE = "es"
DESK_PAGE, HOST_PAGE = "/staff/desk", "/staff/host?office=centro"
WIDE = (1920, 1080)  # shows each control
PAUSE = "Estamos resolviendo una avería eléctrica en la planta baja. Os avisaremos antes de las 11:15."
EVACUATION = {
    "es": "Reúnete con los demás junto a la fuente de la plaza, y no vuelvas a entrar hasta que te lo digan.",
    "en": "Meet the others at the fountain of the square, and do not go in again until you are told to.",
}
# At sizes of the Spanish walk, so that a page is not resized for them.
AXE_VARIANTS = (
    ScreenVariant("phone", 320, 640, "light", ALL_RULES, with_layout=False),
    FORCED_COLOURS,
    ScreenVariant("desk", 1280, 720, "dark", CONTRAST_AND_NAMES, with_layout=False),
)
# What each page has once: for people who hear it or jump from heading to heading.
OUTLINE_FLAWS_JS = """() => ["main", "h1"]
  .filter((name) => [...document.querySelectorAll(name)].filter((one) => one.checkVisibility()).length !== 1)
  .concat(document.title.length > "· Office 360".length ? [] : ["title"]).map((name) => `not one ${name}`)"""


@dataclass
class LayoutWalk:
    """A page that walks through the full day, and the flaws that it found."""

    clock: FakeClock
    page: Page
    world: LayoutWorld
    eyes: VisualCheck
    language: str
    sizes: Sequence[tuple[int, int]]

    def note_console(self, message: ConsoleMessage) -> None:
        """Count an error of the console as a flaw, unless the address or its frame explains it."""
        # a wrong link or form is answered by 4xx; the frame of an e-mail runs no script, the test's own included
        if message.type == "error" and not re.search("status of 4|frame is sandboxed", message.text):
            self.eyes.flaws.append(f"{self.page.url}: {message.text}")

    async def check_page(self, state: str, name: str = "", *, with_axe: bool = False) -> None:
        """Load an address without its marks once, and check its layout and outline."""
        address = state.lstrip(MARKS)
        marks = state.removesuffix(address)
        answer = await self.page.goto(address)
        assert answer is not None
        if (answer.status >= 400) != ("!" in marks):
            self.eyes.flaws.append(f"{address}: {answer.status}")
        name = f"{address} {name}".strip()
        self.eyes.flaws += [f"{name}: {flaw}" for flaw in await self.page.evaluate(OUTLINE_FLAWS_JS)]
        await self._check_shown(name, with_axe=with_axe or "+" in marks)

    async def _check_shown(self, name: str, *, with_axe: bool = True) -> None:
        views = AXE_VARIANTS if with_axe and self.language == AXE_LANGUAGE else ()
        await self.eyes.check_layout(self.page, name, self.sizes, views)

    async def check_addresses(self, *, signed_in: bool) -> None:
        """Check what each page shows when it is opened, for staff or for the others."""
        for address in self.world.states(signed_in=signed_in):
            await self.check_page(address)

    async def sign_in(self) -> None:
        """Sign the administrator in."""
        cookie = {"name": STAFF_COOKIE, "value": self.world.session, "url": self.page.url}
        await self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    async def occupy_desk(self) -> None:
        """Leave the administrator at the last desk with a ticket on hold, as `check_desk` does."""
        day, agent = self.world.day, self.world.administrator
        await queue.open_desk(day.runtime, agent, day.desk_id(CLOSED_DESK))
        called = await queue.call_next(day.runtime, agent, day.desk_id(CLOSED_DESK))
        assert called is not None
        await queue.start_service(day.runtime, agent, called.id)
        await hold_ticket(day.runtime, agent, called.id)

    async def check_desk(self) -> None:
        """Let the administrator serve at the last desk, in each state of a ticket."""
        day, agent = self.world.day, self.world.administrator
        desk = day.desk_id(CLOSED_DESK)
        await queue.open_desk(day.runtime, agent, desk)
        await self.check_page(DESK_PAGE, "free", with_axe=True)
        called = await queue.call_next(day.runtime, agent, desk)
        assert called is not None
        await self.check_page(DESK_PAGE, "called", with_axe=True)
        await queue.start_service(day.runtime, agent, called.id)
        await self.check_page(DESK_PAGE, "serving", with_axe=True)
        await resize_page(self.page, *WIDE)
        await self.page.locator(".note summary").click()
        await self._check_shown(f"{DESK_PAGE} note")
        for dialog in ("transfer", "keys"):
            await self._check_opened(DESK_PAGE, f"[data-opens={dialog}]", f"#{dialog}")
        await hold_ticket(day.runtime, agent, called.id)
        await self.check_page(DESK_PAGE, "on hold", with_axe=True)

    async def check_host(self) -> None:
        """Open each dialog of the entrance."""
        await self.page.goto(HOST_PAGE)
        for opener, dialog in (
            (".person button", "#person"),
            (".seat button", "#seat"),
            (".pick", "#give"),
            (".line [data-card=stop]", "#stop"),
            ("[data-opens=pause]", "#pause"),
            ("[data-opens=evacuate]", "#evacuate"),
        ):
            await self._check_opened(HOST_PAGE, opener, dialog)

    async def _check_opened(self, address: str, opener: str, dialog: str) -> None:
        await resize_page(self.page, *WIDE)
        await self.page.locator(f"{opener}:visible").first.click()
        await self.page.locator(f"dialog{dialog}[open]").wait_for()
        await self._check_shown(f"{address} {dialog}")
        await self.page.keyboard.press("Escape")

    async def check_emergency_and_pause(self) -> None:
        """Show an emergency on the consoles, then pause the office."""
        day = self.world.day
        await press_at_desk(day.runtime, self.world.administrator, day.desk_id(CLOSED_DESK))
        await pause_office(day.runtime, HOST, SLUG, PAUSE)
        for address in (
            DESK_PAGE,
            HOST_PAGE,
            "/",
            "/o/centro",
            "/o/centro/display",
            f"/t/{self.world.words['t_waiting']}",
        ):
            await self.check_page(address, "paused", with_axe=True)
        await self.check_page("/staff/manage/today", "emergency", with_axe=True)
        await resume_office(day.runtime, HOST, SLUG)

    async def check_evacuation(self) -> None:
        """Evacuate the office, and look at each kind of page that says so."""
        day, words = self.world.day, self.world.words
        await evacuate_office(day.runtime, HOST, SLUG, lambda _: EVACUATION)
        for address in (
            DESK_PAGE,
            HOST_PAGE,
            "/",
            "/turn",
            "/o/centro",
            "/o/centro/display",
            f"/t/{words['t_waiting']}",
        ):
            await self.check_page(address, "evacuated", with_axe=True)
        for address in (
            f"/t/{words['t_called']}",
            words["booking"],
            f"/a/{words['tomorrow']}",
            f"/a/{words['video_weak']}/test",
            f"/staff/calls/{words['phone_due_id']}",
            "/staff/manage/today",
        ):
            await self.check_page(address, "evacuated")
        await resume_office(day.runtime, HOST, SLUG)

    async def check_night(self) -> None:
        """Look at pages that say when the office opens, hours before it does."""
        self.clock.set(self.clock.now().replace(hour=2))
        for address in ("/", "/turn", "/o/centro", "/o/centro/display"):
            await self.check_page(address, "night", with_axe=True)
        await self.check_page(HOST_PAGE, "night")

    async def check_sign_in_rules(self) -> None:
        """Send a rule without its day, then with it."""
        page, name = self.page, "sign-in rules"
        await resize_page(page, *WIDE)
        await page.goto("/staff/manage/people/sign-in")
        await page.locator("[name=rule-agent][value=from]").check()
        await page.locator("[name=day-agent]").fill("")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await self.eyes.check_page(page, f"{name} wrong", AXE_VARIANTS)
        await page.locator("[name=day-agent]").fill("2026-12-24")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await page.locator("[name=rule-agent][value=from]").wait_for(state="hidden")
        await self.eyes.check_page(page, f"{name} review", AXE_VARIANTS)


@asynccontextmanager
async def open_layout_walk(
    settings: Settings, clock: FakeClock, browser: Browser, language: str, sizes: Sequence[tuple[int, int]]
) -> AsyncIterator[LayoutWalk]:
    """Serve the full day to a walk, whose flaws fail the test.

    No worker runs, so that nothing changes during the walk.
    """
    still = with_push_keys(settings).model_copy(update={"embedded_worker": False})
    async with serve_app(still, clock) as server:
        world = await build_layout_world(server.runtime)
        async with new_visitor_page(browser, server, ["camera", "microphone", "notifications"]) as page:
            walk = LayoutWalk(clock, page, world, VisualCheck(), language, sizes)
            page.on("console", walk.note_console)
            await page.goto(f"/privacy?lang={language}")
            yield walk
    walk.eyes.assert_no_flaws()
