"""Screenshots of every page, in two sizes, light and dark.

Usage: `python -m tests.support.pictures.screenshots FOLDER [SET]`. The demo city is served with a clock at
Wednesday 10:31, so that the pictures show a working day. `document_pictures.py` takes those of README and docs.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
from office360.appointments import service as appointments
from office360.core.auth import Principal, StaffRole
from office360.core.clock import SystemClock
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue import service as queue
from office360.queue.actions.agent import put_back_ticket
from office360.queue.queries.staff_board import staff_board
from office360.server.demo.build import DemoSummary, build_demo
from office360.server.migrations import migrate
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings
from playwright.async_api import Browser, BrowserContext, Page

from ...conftest import TEST_SECRET, AppServer, serve_app
from ...precheck.support.forged_sound import write_voice
from ..chromium import CHROMIUM_PATH, launch_chromium

MORNING = datetime(2026, 11, 25, 9, 31, tzinfo=UTC)  # 10:31 in Madrid
SIZES = {"phone": (390, 844), "desk": (1280, 800)}
VARIANTS = (("phone", "light"), ("desk", "dark"), ("desk", "light"), ("phone", "dark"))


class ShiftedClock:
    """The machine's clock, shifted to another start."""

    def __init__(self, start: datetime) -> None:
        self._system = SystemClock()
        self._by = start - self._system.now()

    def now(self) -> datetime:
        return self._system.now() + self._by


@dataclasses.dataclass
class ScreenshotStudio:
    """The demo city, a browser, and the folder of the pictures."""

    server: AppServer
    browser: Browser
    demo: DemoSummary
    folder: Path
    clock: ShiftedClock

    @asynccontextmanager
    async def page(self, size: str, scheme: str, language: str = "es") -> AsyncIterator[Page]:
        """Open a page with new cookies whose clock equals the server's."""
        width, height = SIZES[size]
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=1,
            permissions=["camera", "microphone"],
            base_url=self.server.url,
        )
        await context.clock.install(time=self.clock.now() + timedelta(seconds=1))
        page = await context.new_page()
        if language != "es":
            await page.goto(f"/?lang={language}")
        yield page
        await context.close()

    async def take_screenshot(self, page: Page, name: str, *, whole: bool = True) -> None:
        """Write a picture when the page has come to rest."""
        await page.wait_for_timeout(600)
        await page.screenshot(path=self.folder / f"{name}.png", full_page=whole, animations="disabled")


@asynccontextmanager
async def run_studio(folder: Path) -> AsyncIterator[ScreenshotStudio]:
    """Build the demo city in its own folder and open a browser."""
    clock = ShiftedClock(MORNING)
    with tempfile.TemporaryDirectory() as place:
        settings = load_settings(
            environment="development",
            secret_key=[TEST_SECRET],
            database_url=f"sqlite+aiosqlite:///{place}/pictures.db",
            gets_per_minute=100_000,
            writes_per_minute=100_000,
            turns_per_address=0,
        )
        runtime = make_runtime(settings, clock, EventRegistry())
        await migrate(runtime.db)
        demo = await build_demo(runtime)
        await runtime.db.close()
        voice = f"--use-file-for-fake-audio-capture={write_voice(Path(place))}"
        async with serve_app(settings, clock) as server, launch_chromium(CHROMIUM_PATH, voice) as browser:
            yield ScreenshotStudio(server, browser, demo, folder, clock)


OFFICE = "centro"
AGENT, HOST, MANAGER = "agent1", "host", "manager"


async def public(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the public pages."""
    for name, path in {
        "home": "/",
        "turn": "/turn",
        "entrance": f"/o/{OFFICE}",
        "booking-office": "/appointments/new",
        "booking-service": f"/appointments/new?office={OFFICE}",
        "booking-more": f"/appointments/new?office={OFFICE}&service=certificate&step=more",
        "booking-mode": f"/appointments/new?office={OFFICE}&service=certificate",
        "booking-time": f"/appointments/new?office={OFFICE}&service=certificate&mode=video",
        "find": "/appointments/find",
        "lost": "/nowhere",
        "login": "/staff/",
        "outbox": "/dev/outbox",
    }.items():
        await page.goto(path)
        await studio.take_screenshot(page, f"{name}-{tag}")


async def assistant(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take a conversation until it offers times."""
    await page.goto("/chat")
    await studio.take_screenshot(page, f"chat-{tag}")
    for said in ("renovar la licencia de pesca por vídeo", "en centro"):
        await page.locator("[data-started]").wait_for()
        answers = await page.locator(".answer").count()
        await page.locator("#say").fill(said)
        await page.keyboard.press("Enter")
        await page.locator(".answer").nth(answers).wait_for()
    await studio.take_screenshot(page, f"chat-days-{tag}")


async def ticket(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take a ticket's pages from its issue to its end; an agent calls the line."""
    runtime = studio.server.runtime
    agent = Principal(f"pictures-{tag}", "Boris (demo)", StaffRole.AGENT, None)
    issued = await queue.take_ticket(runtime, OFFICE, queue.TicketRequest(service="documents", exempt=True))
    await page.goto(f"/t/{issued.token}")
    await studio.take_screenshot(page, f"ticket-waiting-{tag}")
    await page.context.set_offline(True)
    await studio.take_screenshot(page, f"ticket-offline-{tag}")
    await page.context.set_offline(False)
    desk = await free_desk(runtime)
    await queue.open_desk(runtime, agent, desk)
    while (called := await queue.call_next(runtime, agent, desk)) is not None:
        if called.id == issued.ticket.id:
            break
        await page.wait_for_timeout(100)
        if await page.locator("body[data-ticket=next]").count():
            await studio.take_screenshot(page, f"ticket-next-{tag}")
        await queue.start_service(runtime, agent, called.id)
        await queue.finish_service(runtime, agent, called.id)
    await studio.take_screenshot(page, f"ticket-called-{tag}")
    await queue.start_service(runtime, agent, issued.ticket.id)
    await studio.take_screenshot(page, f"ticket-serving-{tag}")
    await queue.finish_service(runtime, agent, issued.ticket.id)
    await studio.take_screenshot(page, f"ticket-finished-{tag}")
    await queue.close_desk(runtime, agent, desk)


async def free_desk(runtime: Runtime) -> str:
    """Return the id of the last closed desk of the office."""
    async with runtime.read_session() as session:
        office = await office_by_slug(session, OFFICE)
        board = await staff_board(session, office, runtime.now(), "es")
    free: list[str] = [desk["id"] for desk in board["desks"] if desk["state"] == "closed"]
    return free[-1]


async def console(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the agent's console: sign in, open a desk, call, start; then close the desk."""
    await sign_in(studio.demo, page)
    await page.goto(f"/staff/desk?office={OFFICE}")
    await studio.take_screenshot(page, f"desks-{tag}")
    await page.locator("input[name=desk]:not([disabled])").last.check()
    await page.get_by_role("button", name="Abrir la mesa").click()
    await page.get_by_role("button", name="Llamar al siguiente").wait_for()
    await studio.take_screenshot(page, f"console-free-{tag}")
    await page.keyboard.press("n")
    await page.get_by_role("button", name="Empezar").wait_for()
    await studio.take_screenshot(page, f"console-called-{tag}")
    await page.get_by_role("button", name="Empezar").click()
    await page.get_by_role("button", name="Solo terminar").wait_for()
    await studio.take_screenshot(page, f"console-serving-{tag}")
    await page.get_by_role("button", name="Solo terminar").click()
    await page.get_by_role("button", name="Llamar al siguiente").wait_for()
    if await (menu := page.get_by_role("button", name="Menú")).is_visible():
        await menu.click()
    await page.get_by_role("button", name="Cerrar o cambiar de mesa").click()
    await page.wait_for_timeout(500)


async def host(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the host's console: a person's card, a new ticket, a paper slip."""
    if tag.startswith("desk"):
        await page.set_viewport_size({"width": 1024, "height": 868})  # a tablet in landscape
    await sign_in(studio.demo, page, HOST)
    await page.goto(f"/staff/host?office={OFFICE}")
    await page.locator(".person").first.wait_for()
    await studio.take_screenshot(page, f"host-{tag}", whole=False)
    await studio.take_screenshot(page, f"host-whole-{tag}")
    await page.locator(".person button").first.click()
    await studio.take_screenshot(page, f"host-person-{tag}", whole=False)
    slip = await page.get_by_role("dialog").get_by_role("link", name="Imprimir el turno").get_attribute("href")
    await page.keyboard.press("Escape")
    await page.locator(".pick").first.click()
    await studio.take_screenshot(page, f"host-give-{tag}", whole=False)
    await page.keyboard.press("Escape")
    await page.locator("[data-opens=pause]").click()
    await studio.take_screenshot(page, f"host-pause-{tag}", whole=False)
    for name, path in {
        "calendar": f"/staff/calendar?office={OFFICE}",
        "calendar-book": f"/staff/calendar/new?office={OFFICE}",
        "calendar-search": "/staff/calendar/search",
    }.items():
        await page.goto(path)
        await studio.take_screenshot(page, f"{name}-{tag}")
    await page.goto(f"{slip}".removesuffix("?print=1"))
    await studio.take_screenshot(page, f"slip-{tag}")
    await page.goto("/staff/alerts")
    await studio.take_screenshot(page, f"alerts-{tag}")


async def manage(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the pages on which managers run their offices."""
    await sign_in(studio.demo, page, MANAGER)
    for name, path in {
        "today": "/staff/manage/today",
        "figures": f"/staff/manage/figures?office={OFFICE}",
        "figures-mail": "/staff/manage/figures/mail",
        "targets": f"/staff/manage/o/{OFFICE}/targets",
        "what-if": f"/staff/manage/o/{OFFICE}/what-if",
        "lists": f"/staff/manage/o/{OFFICE}/settings/lists",
        "texts-to-accept": f"/staff/manage/o/{OFFICE}/settings/texts",
        "messages": "/staff/manage/messages",
        "messages-sent": "/staff/manage/messages/sent",
        "messages-texts": "/staff/manage/messages/templates",
        "messages-test": "/staff/manage/messages/test",
        "posters": "/staff/manage/posters",
        "screens": "/staff/manage/screens",
        "sign-in-rules": "/staff/manage/people/sign-in",
        "groups": "/staff/manage/people/groups",
        "account": "/staff/account",
        "cancel": f"/staff/host/{OFFICE}/cancel",
        "punctuality": f"/o/{OFFICE}/punctuality",
    }.items():
        await page.goto(path)
        await studio.take_screenshot(page, f"{name}-{tag}")


async def sign_in(demo: DemoSummary, page: Page, username: str = AGENT) -> None:
    """Sign in with a login of the demo."""
    login = next(known for known in demo.logins if known.username == username)
    await page.goto("/staff/")
    await page.get_by_label("Usuario").fill(login.username)
    await page.get_by_label("Contraseña").fill(login.password)
    await page.get_by_role("button", name="Entrar", exact=True).click()
    homes = {AGENT: "**/staff/desk**", HOST: "**/staff/host**", MANAGER: "**/staff/manage/today**"}
    await page.wait_for_url(homes[username])


async def room(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take a video appointment, from the citizen's and the agent's side."""
    runtime = studio.server.runtime
    now = runtime.now()
    async with runtime.read_session() as session:
        office = await office_by_slug(session, OFFICE)
        soon = timedelta(minutes=15)
        due = await appointments.appointments_of_day(session, office.id, now - soon, now + soon, "video")
    appointment = next((candidate for candidate in due if candidate.state == "confirmed"), None)
    if appointment is None:
        return  # the demo has two video appointments: a picture per size, the first light and the second dark
    token = appointments.appointment_token(runtime, appointment)
    await page.goto(f"/a/{token}")
    await studio.take_screenshot(page, f"appointment-{tag}")
    await page.goto(f"/a/{token}/room")
    await page.get_by_role("button", name="Entrar en la sala de espera").wait_for()
    await page.wait_for_timeout(1500)
    await studio.take_screenshot(page, f"room-preview-{tag}")
    await page.get_by_role("button", name="Entrar en la sala de espera").click()
    await page.get_by_role("heading", name="Te dejaremos entrar enseguida").wait_for()
    await studio.take_screenshot(page, f"room-lobby-{tag}")
    size, scheme = tag.split("-")
    async with studio.page("desk" if size == "desk" else "phone", scheme) as agent:
        await sign_in(studio.demo, agent)
        await agent.goto(f"/staff/rooms/{appointment.id}")
        await agent.locator(".button", has_text="Empezar ahora").click()
        await agent.get_by_role("button", name="Dejar entrar").wait_for()
        await studio.take_screenshot(agent, f"staff-room-{tag}", whole=False)
        await agent.get_by_role("button", name="Dejar entrar").click()
        await page.wait_for_timeout(3000)
        await studio.take_screenshot(page, f"call-{tag}", whole=False)
        await studio.take_screenshot(agent, f"staff-call-{tag}", whole=False)
        await page.get_by_role("button", name="Más").click()
        await page.get_by_role("button", name="Enviar un documento").click()
        await studio.take_screenshot(page, f"call-documents-{tag}", whole=False)
        if size == "desk":  # where the panel is open beside the picture
            for tab, name in (("Documentos", "documents"), ("Ficha", "person")):
                await agent.get_by_role("tab", name=tab, exact=True).click()
                await studio.take_screenshot(agent, f"staff-{name}-{tag}", whole=False)
        await agent.get_by_role("button", name="Terminar", exact=True).click()
        await studio.take_screenshot(agent, f"staff-end-{tag}", whole=False)
        await agent.get_by_role("button", name="Terminar la llamada").click()
        await page.get_by_role("heading", name="Tu videollamada ha terminado").wait_for()
        await studio.take_screenshot(page, f"room-after-{tag}")  # with the survey
        await studio.take_screenshot(agent, f"staff-after-{tag}")


async def testroom(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the connection test, step by step."""
    await page.goto("/test")
    await studio.take_screenshot(page, f"test-start-{tag}")
    await page.get_by_role("button", name="Empezar la prueba").click()
    await page.get_by_role("heading", name="Di «buenos días» en voz alta").wait_for()
    await studio.take_screenshot(page, f"test-microphone-{tag}")
    await page.get_by_role("heading", name="¿Te has oído?").wait_for()
    await studio.take_screenshot(page, f"test-speaker-{tag}")
    await page.get_by_role("button", name="Sí, me oigo").click()
    await page.locator("[data-slot=live_rtt]", has_text="ms").wait_for(timeout=30_000)
    await studio.take_screenshot(page, f"test-media-{tag}")
    await page.locator(".said").wait_for(timeout=30_000)
    await studio.take_screenshot(page, f"test-verdict-{tag}")
    await page.get_by_text("Informe técnico").first.click()
    await studio.take_screenshot(page, f"test-report-{tag}")
    await page.goto("/test/walk")
    await studio.take_screenshot(page, f"walk-start-{tag}")
    await page.get_by_role("button", name="Empezar a caminar").click()
    await page.locator("[data-slot=best]", has_text="Lo mejor hasta ahora").wait_for(timeout=30_000)
    await studio.take_screenshot(page, f"walk-{tag}")


async def display(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the waiting-room screen with a call, and the poster; both have one colour scheme."""
    if tag != "desk-light":
        return
    runtime, agent = studio.server.runtime, Principal("pictures-display", "Boris (demo)", StaffRole.AGENT, None)
    desk = await free_desk(runtime)
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.goto(f"/o/{OFFICE}/display")
    await queue.open_desk(runtime, agent, desk)
    called = await queue.call_next(runtime, agent, desk)
    await page.locator("[data-now]").wait_for()
    await studio.take_screenshot(page, "display", whole=False)
    if called is not None:
        await put_back_ticket(runtime, agent, called.id)
    await queue.close_desk(runtime, agent, desk)
    await sign_in(studio.demo, page)
    poster = await page.request.get(f"/staff/posters/{OFFICE}.pdf")
    with pypdfium2.PdfDocument(await poster.body()) as document:
        document[0].render(scale=1.5).to_pil().save(studio.folder / "poster.png")


async def newest_email(studio: ScreenshotStudio, page: Page, tag: str) -> None:
    """Take the newest e-mail."""
    await page.goto("/dev/outbox")
    href = await page.locator("a[href^='/dev/outbox/']").first.get_attribute("href")
    await page.goto(f"{href}")
    await studio.take_screenshot(page, f"letter-{tag}")
    await page.goto(f"{href}/html")
    await studio.take_screenshot(page, f"email-{tag}")


# By the word of the command line. `ticket` is the last, because it empties the line.
SETS = {
    "public": public,
    "assistant": assistant,
    "testroom": testroom,
    "display": display,
    "console": console,
    "host": host,
    "manage": manage,
    "room": room,
    "letter": newest_email,
    "ticket": ticket,
}


async def main(folder: Path, names: list[str]) -> None:
    """Take all sets, or the named sets, in both sizes and colour schemes."""
    async with run_studio(folder) as made:
        for name in names or SETS:
            for size, scheme in VARIANTS:
                async with made.page(size, scheme) as page:
                    page.set_default_timeout(15_000)
                    await SETS[name](made, page, f"{size}-{scheme}")


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
