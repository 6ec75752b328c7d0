"""Both journeys from the home page to the end of the visit.

Those that staff take part in run with everything in one process, and with PostgreSQL, a bus and two real
processes: citizens use the first, staff the second.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, BrowserContext, Page, expect

from ..conftest import FakeClock, serve_app
from ..support.installation import ProductInstallation, run_two_processes
from ..support.timeouts import PAGE_TIMEOUT_MS
from .support.page_scripts import wait_for_modules
from .support.video_call import expect_picture_and_sound

pytestmark = pytest.mark.e2e
on_both_installations = pytest.mark.parametrize(
    ("database_url", "installation"),
    [("sqlite", "one process"), ("postgresql", "two processes")],
    indirect=True,
    ids=["sqlite-memory-1", "postgresql-valkey-2"],
)

PASSWORD = "a password of boris"
ELEVEN = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # 11:00 in Madrid: the first free slot of the morning


@pytest.fixture
async def installation(
    request: pytest.FixtureRequest,
    settings: Settings,
    runtime: Runtime,
    clock: FakeClock,
    office: Office,
    tmp_path: Path,
) -> AsyncIterator[ProductInstallation]:
    if request.param == "one process":
        async with serve_app(settings, clock) as server:
            yield ProductInstallation(server.url, server.url, server.runtime, clock)
        return
    with_bus = settings.model_copy(update={"redis_url": request.getfixturevalue("redis_url")})
    async with run_two_processes(tmp_path, with_bus, runtime, clock.now()) as installed:
        yield installed


async def new_phone(browser: Browser, url: str) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=url, permissions=["camera", "microphone"]
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    return context


@pytest.fixture
async def amina(installation: ProductInstallation, browser: Browser) -> AsyncIterator[Page]:
    """The phone of a citizen."""
    context = await new_phone(browser, installation.url)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def diego(installation: ProductInstallation, browser: Browser) -> AsyncIterator[Page]:
    """The phone of another citizen."""
    context = await new_phone(browser, installation.url)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def boris(installation: ProductInstallation, browser: Browser) -> AsyncIterator[Page]:
    """An agent who has logged in on the login page."""
    await staff.create_user(
        installation.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800},
        base_url=installation.staff_url,
        permissions=["camera", "microphone"],
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    page = await context.new_page()
    await page.goto("/staff/")
    await page.get_by_label("Usuario").fill("boris")
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Entrar").click()
    await expect(page.get_by_role("heading", name="¿En qué mesa estás hoy?")).to_be_visible()
    yield page
    await context.close()


async def open_desk(boris: Page, name: str) -> None:
    await boris.get_by_label(f"Mesa {name}", exact=False).first.check()
    await boris.get_by_role("button", name="Abrir la mesa").click()
    await expect(boris.get_by_role("button", name="Llamar al siguiente")).to_be_visible()


async def choose_option(page: Page, option: str, then: str) -> None:
    await page.locator(".choice", has_text=option).click()
    await page.get_by_role("button", name=then).click()


async def book_appointment(page: Page, service: str, way: str | None, name: str, email: str) -> None:
    """Book from the home page to the confirmation, by the texts of the buttons."""
    await page.goto("/")
    await page.get_by_role("link", name="Pedir cita").click()
    if await page.get_by_role("heading", name="¿En qué oficina?").count():
        await choose_option(page, "Oficina Centro", "Elegir el trámite")
    await choose_option(page, service, "Seguir")
    if way is not None:
        await choose_option(page, way, "Elegir día y hora")
    await page.locator(".time", has_text="11:00").click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await wait_for_modules(page)  # without its proof of work, the booking would wait for a confirmed e-mail
    await page.get_by_label("Nombre y apellidos").fill(name)
    await page.get_by_label("Correo electrónico").fill(email)
    await page.get_by_label("estoy de acuerdo", exact=False).check()
    await page.get_by_role("button", name="Confirmar la cita").click()
    await expect(page).to_have_url(re.compile(r"/a/[\w-]{24}"))


async def find_email_link(page: Page, pattern: str) -> str:
    """Wait until the worker has sent the e-mail, and return its link from `/dev/outbox`."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while True:
            await page.goto("/dev/outbox")
            links = await page.locator("ul.links a").evaluate_all(
                "all => all.map(one => one.getAttribute('href'))"
            )
            if found := [link for link in links if re.search(pattern, link)]:
                return str(found[0])
            await page.wait_for_timeout(100)


@on_both_installations
async def test_video_appointment_from_booking_to_end(
    installation: ProductInstallation, amina: Page, boris: Page
) -> None:
    await book_appointment(amina, "Certificado digital", "Por videollamada", "Amina Haddad", "amina@example.org")
    await expect(amina.get_by_text("Cita confirmada").first).to_be_visible()
    link = await find_email_link(amina, r"/a/[\w-]{24}$")

    installation.clock.set(ELEVEN)
    await amina.goto(link)
    await amina.get_by_role("link", name="Entrar en la sala").click()
    await amina.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(amina.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()

    waiting = boris.locator("[data-panel=video]")
    await expect(waiting.get_by_text("Amina Haddad")).to_be_visible()
    await waiting.get_by_role("link", name="Dejar entrar").click()
    for page in (amina, boris):
        await expect_picture_and_sound(page, {"frames": 0, "energy": 0})

    await boris.get_by_role("button", name="Terminar", exact=True).click()
    await boris.get_by_label("Resultado", exact=True).select_option("resolved")
    await boris.get_by_role("button", name="Terminar la llamada").click()
    await expect(
        boris.get_by_role("heading", name="La videollamada con Amina Haddad ha terminado")
    ).to_be_visible()
    await expect(amina.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()


@on_both_installations
async def test_tickets_with_and_without_appointment_to_end(
    installation: ProductInstallation, amina: Page, diego: Page, boris: Page
) -> None:
    await book_appointment(amina, "Certificado digital", "En la oficina", "Amina Haddad", "amina@example.org")
    link = await find_email_link(amina, r"/o/centro\?appointment=")
    await open_desk(boris, "4")

    # By the QR code of the poster, without an appointment.
    installation.clock.set(ELEVEN)
    await diego.goto("/o/centro")
    await diego.get_by_text("No tengo cita").click()
    await diego.locator(".choice", has_text="Certificado digital").click()
    await diego.get_by_role("button", name="Coger turno").click()
    await expect(diego.locator("h1 .code").first).to_have_text("B-001")
    await expect(diego.get_by_text("Eres la siguiente persona", exact=True)).to_be_visible()

    # By the link of the e-mail: the appointment is due, so it goes first, and the other phone is updated.
    await amina.goto(link)
    await amina.get_by_role("button", name="Coger turno").click()
    await expect(amina.locator(".slip .code")).to_have_text("B-002")
    await expect(diego.get_by_text("1 persona delante", exact=True)).to_be_visible()
    await expect(boris.locator(".next").first).to_contain_text("Cita de las 11:00")

    # Called: the right phone shows the desk, and the other moves up.
    await boris.keyboard.press("n")
    await expect(amina.locator("body[data-ticket=called]")).to_be_visible()
    await expect(amina.get_by_role("heading", name="Es tu turno")).to_contain_text("4")
    await expect(diego.get_by_text("Eres la siguiente persona", exact=True)).to_be_visible()

    await boris.get_by_role("button", name="Empezar").click()
    await expect(amina.get_by_role("heading", name="Te están atendiendo")).to_be_visible()
    await expect(boris.get_by_role("button", name="Terminar y llamar a B-001")).to_be_visible()
    await boris.keyboard.press("n")
    await expect(amina.get_by_role("heading", name="Tu visita ha terminado")).to_be_visible()
    await expect(diego.locator("body[data-ticket=called]")).to_be_visible()

    # No-show: the person comes back to the line, leaves, and takes another ticket.
    await boris.get_by_role("button", name="No ha venido").click(click_count=2, delay=50)
    await expect(diego.get_by_role("heading", name="Te llamamos y no llegaste")).to_be_visible()
    await diego.get_by_role("button", name="Volver a la cola").click()
    await expect(diego.get_by_text("Eres la siguiente persona", exact=True)).to_be_visible()
    await diego.get_by_role("link", name="Dejar mi turno").click()
    await diego.get_by_role("dialog").get_by_role("button", name="Dejar mi turno").click()
    await diego.get_by_role("link", name="Coger otro turno").click()

    # Another ticket, left after a confirmation.
    await diego.get_by_text("No tengo cita").click()
    await diego.locator(".choice", has_text="Registro de documentos").click()
    await diego.get_by_role("button", name="Coger turno").click()
    await diego.get_by_role("link", name="Dejar mi turno").click()
    await diego.get_by_role("dialog").get_by_role("button", name="Dejar mi turno").click()
    await expect(diego.get_by_role("heading", name="Has dejado tu turno")).to_be_visible()
    await expect(boris.get_by_text("Nadie espera").first).to_be_visible()


@pytest.mark.parametrize("installation", ["one process"], indirect=True)
async def test_both_journeys_work_without_javascript(installation: ProductInstallation, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, base_url=installation.url)
    page = await context.new_page()
    await book_appointment(page, "Registro de documentos", None, "Amina Haddad", "amina@example.org")
    await page.goto("/o/centro")
    await page.get_by_text("No tengo cita").click()
    await page.locator(".choice", has_text="Certificado digital").click()
    await page.get_by_role("button", name="Coger turno").click()
    await expect(page.locator(".slip .code")).to_have_text("B-001")
    await page.get_by_role("link", name="Dejar mi turno").click()
    await page.get_by_role("button", name="Dejar mi turno").click()
    await expect(page.get_by_role("heading", name="Has dejado tu turno")).to_be_visible()
    await context.close()
