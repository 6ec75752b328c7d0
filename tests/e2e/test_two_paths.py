"""The two paths of the product, walked whole as people walk them: from the home page to the end of the visit."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from office360.core.auth import Role
from office360.staff import service as staff
from playwright.async_api import Browser, BrowserContext, Page, expect

from ..conftest import AppServer, FakeClock
from .axe import violations
from .test_video_call import PATIENCE_MS, sees_and_hears

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

PASSWORD = "a password of boris"
ELEVEN = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # 11:00 in Madrid: the first free time of the morning


async def phone_of(browser: Browser, server: AppServer) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=server.url, permissions=["camera", "microphone"]
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
async def amina(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """A citizen's phone."""
    context = await phone_of(browser, app_server)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def diego(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """Another citizen's phone."""
    context = await phone_of(browser, app_server)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def boris(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """An agent who has signed in by the login page."""
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro"], password=PASSWORD
    )
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=app_server.url, permissions=["camera", "microphone"]
    )
    context.set_default_timeout(PATIENCE_MS)
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


async def choose(page: Page, option: str, then: str) -> None:
    await page.locator(".choice", has_text=option).click()
    await page.get_by_role("button", name=then).click()


async def book(page: Page, service: str, way: str | None, name: str, email: str) -> None:
    """From the home page to the confirmation, by what stands on the buttons."""
    await page.goto("/")
    await page.get_by_role("link", name="Pedir cita").click()
    if await page.get_by_role("heading", name="¿En qué oficina?").count():
        await choose(page, "Oficina Centro", "Elegir el trámite")
    await choose(page, service, "Seguir")
    if way is not None:
        await choose(page, way, "Elegir día y hora")
    await page.locator(".time", has_text="11:00").click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await page.get_by_label("Nombre y apellidos").fill(name)
    await page.get_by_label("Correo electrónico").fill(email)
    await page.get_by_label("estoy de acuerdo", exact=False).check()
    await page.get_by_role("button", name="Confirmar la cita").click()
    await expect(page).to_have_url(re.compile(r"/a/[\w-]{24}"))


async def link_of_the_letter(page: Page, pattern: str) -> str:
    """What the person finds in the e-mail: the demo's outbox, once the worker has sent it."""
    for _ in range(50):
        await page.goto("/dev/outbox")
        links = page.locator("ul.links a")
        if await links.count():
            break
        await page.wait_for_timeout(100)
    addresses: list[str] = await links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return next(address for address in addresses if re.search(pattern, address))


async def test_a_video_appointment_from_booking_to_its_end(
    app_server: AppServer, amina: Page, boris: Page, clock: FakeClock
) -> None:
    await book(amina, "Certificado digital", "Por videollamada", "Amina Haddad", "amina@example.org")
    await expect(amina.get_by_text("Cita confirmada").first).to_be_visible()
    assert await violations(amina) == []
    link = await link_of_the_letter(amina, r"/a/[\w-]{24}$")

    clock.set(ELEVEN)
    await amina.goto(link)
    await amina.get_by_role("link", name="Entrar en la sala").click()
    await amina.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(amina.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    assert await violations(amina) == []

    waiting = boris.locator("[data-panel=video]")
    await expect(waiting.get_by_text("Amina Haddad")).to_be_visible()
    await waiting.get_by_role("link", name="Dejar entrar").click()
    for page in (amina, boris):
        await sees_and_hears(page, {"frames": 0, "energy": 0})

    await boris.get_by_role("button", name="Terminar", exact=True).click()
    await boris.get_by_label("Resultado").select_option("resolved")
    await boris.get_by_role("button", name="Terminar la llamada").click()
    await expect(
        boris.get_by_role("heading", name="La videollamada con Amina Haddad ha terminado")
    ).to_be_visible()
    await expect(amina.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    assert await violations(amina) == []
    assert await violations(boris) == []
