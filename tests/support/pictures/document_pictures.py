"""Pictures that README and docs show, taken anew by `make document-pictures`.

The demo city stands still at Wednesday 10:31 and its ids are counted, so the same tree gives the same pictures;
only the camera of the call moves. A test compares PICTURES with the pictures of the documents.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pypdfium2
from office360.appointments import service as appointments
from office360.core import ids
from office360.core.auth import Principal, StaffRole
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue import service as queue
from office360.server.commands.simulate_command import simulate
from office360.server.demo.build import DemoSummary, build_demo
from office360.server.migrations import migrate
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings
from PIL import Image
from playwright.async_api import Browser, Page

from ...conftest import TEST_SECRET, AppServer, FakeClock, serve_app
from ...precheck.support.forged_sound import write_voice
from ..chromium import CHROMIUM_PATH, launch_chromium
from . import handbook_pictures
from .screenshots import HOST, MORNING, OFFICE, free_desk, sign_in

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "pictures"
SIMULATION_PAGE = ROOT / "docs" / "simulate.md"
HOST_NAME, PORT = (
    "citas.localhost",
    8360,
)  # in addresses and QR codes; loopback, and a secure context for the camera
MAX_BYTES = 150_000  # of a picture
COLOURS = 128  # a page has few; the call's picture stays smooth enough
NO_DITHER = Image.Dither.NONE  # dots would make the file larger
PHONE, DESK, TABLET, SCREEN = (390, 844), (1280, 800), (1024, 868), (1920, 1080)


@dataclass
class PictureStudio:
    """The demo city at one moment, a browser, and the folder of the pictures."""

    server: AppServer
    browser: Browser
    demo: DemoSummary
    folder: Path

    @property
    def runtime(self) -> Runtime:
        return self.server.runtime

    @asynccontextmanager
    async def page(self, size: tuple[int, int]) -> AsyncIterator[Page]:
        """Open a page with new cookies, at the time of the server."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="light",
            permissions=["camera", "microphone"],
            base_url=self.server.url,
            locale="es-ES",
        )
        await context.clock.set_fixed_time(self.runtime.now())
        page = await context.new_page()
        page.set_default_timeout(15_000)
        yield page
        await context.close()

    async def take(self, page: Page, name: str) -> None:
        """Write a picture of the window when it has come to rest."""
        await page.evaluate("document.fonts.ready")
        await page.wait_for_timeout(400)
        content = await page.screenshot(animations="disabled", caret="hide")
        self.save(name, Image.open(BytesIO(content)))

    def save(self, name: str, image: Image.Image) -> None:
        """Save a picture with a palette; the pictures of a page need no more colours."""
        path = self.folder / name
        # MAXCOVERAGE keeps colours of few points, such as the gold of the logo; kmeans brings back those of many.
        palette = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=NO_DITHER)
        palette.save(path, optimize=True)
        size = path.stat().st_size
        sys.stdout.write(f"{path}: {image.width} × {image.height}, {size / 1000:.0f} kB\n")
        if size > MAX_BYTES:
            raise RuntimeError(f"{path} has {size} bytes, more than {MAX_BYTES}")


async def take_home(studio: PictureStudio, name: str) -> None:
    async with studio.page(PHONE) as page:
        await page.goto("/")
        await studio.take(page, name)


async def take_assistant(studio: PictureStudio, name: str) -> None:
    """Take a conversation that has come to the times."""
    async with studio.page(PHONE) as page:
        await page.goto("/chat")
        for said in ("renovar la licencia de pesca por vídeo", "en centro"):
            await page.locator("[data-started]").wait_for()
            answers = await page.locator(".answer").count()
            await page.locator("#say").fill(said)
            await page.keyboard.press("Enter")
            await page.locator(".answer").nth(answers).wait_for()
        await studio.take(page, name)


async def take_booking_time(studio: PictureStudio, name: str) -> None:
    async with studio.page(DESK) as page:
        await page.goto(f"/appointments/new?office={OFFICE}&service=certificate&mode=video")
        await studio.take(page, name)


async def take_email(studio: PictureStudio, name: str) -> None:
    """Take the newest e-mail of the demo, a reminder."""
    async with studio.page(PHONE) as page:
        await page.goto("/dev/outbox")
        href = await page.locator("a[href^='/dev/outbox/']").first.get_attribute("href")
        await page.goto(f"{href}/html")
        await studio.take(page, name)


async def take_display(studio: PictureStudio, name: str) -> None:
    """Take the waiting-room screen during a call."""
    agent = Principal("pictures-display", "Boris (demo)", StaffRole.AGENT, None)
    desk = await free_desk(studio.runtime)
    async with studio.page(SCREEN) as page:
        await page.goto(f"/o/{OFFICE}/display")
        await queue.open_desk(studio.runtime, agent, desk)
        called = await queue.call_next(studio.runtime, agent, desk)
        assert called is not None
        await page.locator("[data-now]").wait_for()
        await studio.take(page, name)
    await _serve(studio.runtime, agent, called.id)
    await queue.close_desk(studio.runtime, agent, desk)


async def take_poster(studio: PictureStudio, name: str) -> None:
    async with studio.page(DESK) as page:
        await sign_in(studio.demo, page)
        octets = await page.evaluate(
            "async (path) => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]",
            f"/staff/posters/{OFFICE}.pdf",
        )
    with pypdfium2.PdfDocument(bytes(octets)) as document:
        studio.save(name, document[0].render(scale=700 / document[0].get_width()).to_pil())


async def take_host(studio: PictureStudio, name: str) -> None:
    async with studio.page(TABLET) as page:
        await sign_in(studio.demo, page, HOST)
        await page.goto(f"/staff/host?office={OFFICE}")
        await page.locator(".person").first.wait_for()
        await studio.take(page, name)


async def take_desk_console(studio: PictureStudio, name: str) -> None:
    """Take an agent's console while a person is served, then close the desk."""
    async with studio.page(DESK) as page:
        await sign_in(studio.demo, page)
        await page.goto(f"/staff/desk?office={OFFICE}")
        await page.locator("input[name=desk]:not([disabled])").last.check()
        await page.get_by_role("button", name="Abrir la mesa").click()
        await page.locator(
            "main[data-module='staff/desk/desk_console']"
        ).wait_for()  # the page before is live, too
        await page.get_by_text("En directo, hace").wait_for()  # a press before the page's script is lost
        await page.get_by_role("button", name="Llamar al siguiente").click()
        await page.get_by_role("button", name="Empezar").click()
        await page.get_by_role("button", name="Solo terminar").wait_for()
        await page.mouse.move(0, 0)
        await studio.take(page, name)
        await page.get_by_role("button", name="Solo terminar").click()
        await page.get_by_role("button", name="Llamar al siguiente").wait_for()
        if await (menu := page.get_by_role("button", name="Menú")).is_visible():
            await menu.click()
        await page.get_by_role("button", name="Cerrar o cambiar de mesa").click()
        await page.get_by_role("button", name="Abrir la mesa").wait_for()


async def take_call(studio: PictureStudio, name: str) -> None:
    """Take a video call from the citizen's side."""
    now, soon = studio.runtime.now(), timedelta(minutes=15)
    async with studio.runtime.read_session() as session:
        office = await office_by_slug(session, OFFICE)
        due = await appointments.appointments_of_day(session, office.id, now - soon, now + soon, "video")
    appointment = next(booked for booked in due if booked.state == "confirmed")
    token = appointments.appointment_token(studio.runtime, appointment)
    async with studio.page(DESK) as page, studio.page(DESK) as agent:
        await page.goto(f"/a/{token}/room")
        await page.get_by_role("button", name="Entrar en la sala de espera").click()
        await page.get_by_role("heading", name="Te dejaremos entrar enseguida").wait_for()
        await sign_in(studio.demo, agent)
        await agent.goto(f"/staff/rooms/{appointment.id}")
        await agent.locator(".button", has_text="Empezar ahora").click()
        await agent.get_by_role("button", name="Dejar entrar").click()
        while not await page.evaluate(
            "[...document.querySelectorAll('video')].every((video) => video.videoWidth)"
        ):
            await page.wait_for_timeout(100)
        await page.wait_for_timeout(2_500)  # until the picture is sharp, and the notices of the beginning are gone
        await studio.take(page, name)


async def take_tickets(studio: PictureStudio, waiting: str, called: str) -> None:
    """Take a ticket that waits, then the same ticket when an agent calls it."""
    agent = Principal("pictures-ticket", "Boris (demo)", StaffRole.AGENT, None)
    issued = await queue.take_ticket(studio.runtime, OFFICE, queue.TicketRequest(service="documents", exempt=True))
    async with studio.page(PHONE) as page:
        await page.goto(f"/t/{issued.token}")
        await studio.take(page, waiting)
        desk = await free_desk(studio.runtime)
        await queue.open_desk(studio.runtime, agent, desk)
        while (now_called := await queue.call_next(studio.runtime, agent, desk)) is not None:
            if now_called.id == issued.ticket.id:
                break
            await _serve(studio.runtime, agent, now_called.id)
        await page.locator("body[data-ticket=called]").wait_for()
        await studio.take(page, called)


async def _serve(runtime: Runtime, agent: Principal, ticket_id: str) -> None:
    await queue.start_service(runtime, agent, ticket_id)
    await queue.finish_service(runtime, agent, ticket_id)


async def take_simulation(studio: PictureStudio, name: str) -> None:
    """Draw the simulated day of docs/simulate.md, and write its table there."""
    table, chart = await simulate(studio.runtime, OFFICE, seed=4, days=1, more_desks=1)
    (studio.folder / name).write_text(chart)
    sys.stdout.write(f"{studio.folder / name}: {len(chart) / 1000:.0f} kB\n")
    if studio.folder == FOLDER:
        block = "".join(f"    {line}".rstrip() + "\n" for line in table.splitlines())
        text = SIMULATION_PAGE.read_text()
        written = re.sub(r"(?m)(?<=\n\n)    Oficina .*\n(?:    .*\n|\n(?=    ))*", lambda _: block, text, count=1)
        SIMULATION_PAGE.write_text(written)


Take = Callable[..., Awaitable[None]]
# By what takes them, in this order: an agent whose call has just ended must confirm the next call at the desk, so
# desks come before calls, and `take_tickets` empties the line, so it is the last.
PICTURES: Mapping[Take, tuple[str, ...]] = {
    take_home: ("home-phone.png",),
    take_assistant: ("chat-phone.png",),
    take_booking_time: ("booking-time-desk.png",),
    take_email: ("letter-phone.png",),
    take_simulation: ("simulate.svg",),
    take_poster: ("poster.png",),
    take_host: ("host-tablet.png",),
    **handbook_pictures.PICTURES,
    take_display: ("display.png",),
    take_desk_console: ("console-desk.png",),
    **handbook_pictures.CALLS,
    take_call: ("call-desk.png",),
    take_tickets: ("ticket-waiting-phone.png", "ticket-called-phone.png"),
}


@contextmanager
def counted_ids() -> Iterator[None]:
    """Make ids and locators from a counter and a seed: simulations order people by their ids."""
    numbers, milliseconds = random.Random(360), itertools.count(int(MORNING.timestamp()) * 1_000)
    with (
        patch.object(ids, "secrets", SimpleNamespace(randbits=numbers.getrandbits)),
        patch.object(ids, "time", SimpleNamespace(time_ns=lambda: next(milliseconds) * 1_000_000)),
    ):
        yield


@asynccontextmanager
async def run_picture_studio(folder: Path) -> AsyncIterator[PictureStudio]:
    """Build the demo city in a folder of its own and open a browser."""
    clock = FakeClock(MORNING)
    with tempfile.TemporaryDirectory() as place, counted_ids():
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
        async with (
            serve_app(settings, clock, PORT, HOST_NAME) as server,
            launch_chromium(CHROMIUM_PATH, voice) as browser,
        ):
            yield PictureStudio(server, browser, demo, folder)


async def take_pictures(folder: Path, names: list[str]) -> None:
    """Take all pictures, or those whose file name begins with any of these words."""
    async with run_picture_studio(folder) as studio:
        for take, files in PICTURES.items():
            if not names or any(file.startswith(tuple(names)) for file in files):
                await take(studio, *files)


if __name__ == "__main__":
    asyncio.run(take_pictures(FOLDER, sys.argv[1:]))
