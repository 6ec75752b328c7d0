"""The five ways to a turn, each by what a person presses: three with an appointment, two without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from office360.appointments.service import token_of
from office360.offices.service import Office
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer, FakeClock
from ..queue.conftest import AT_11, Hall
from .support.visual_check import visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


async def _by_locator(page: Page, locator: str) -> None:
    await page.get_by_label("Localizador").fill(f"{locator[:4]} {locator[4:]}".lower())  # as it is dictated
    await page.get_by_label("Correo o teléfono de la cita").fill("amina@example.org")
    await page.locator("#appointment").get_by_role("button", name="Coger mi turno").click()


async def by_the_letters_link(page: Page, token: str, locator: str) -> None:
    await page.goto(f"/o/centro?appointment={token}")
    await page.get_by_role("button", name="Coger mi turno").click()


async def by_the_poster_with_the_locator(page: Page, token: str, locator: str) -> None:
    await page.goto("/o/centro")
    await page.locator("summary", has_text="Con el localizador").click()
    await _by_locator(page, locator)


async def by_the_web_app_with_the_locator(page: Page, token: str, locator: str) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Tengo cita", exact=True).click()
    await page.get_by_role("link", name="Oficina Centro").click()
    await _by_locator(page, locator)


Way = Callable[[Page, str, str], Awaitable[None]]


@pytest.mark.parametrize(
    "way", [by_the_letters_link, by_the_poster_with_the_locator, by_the_web_app_with_the_locator]
)
async def test_a_turn_with_an_appointment(
    way: Way, app_server: AppServer, browser: Browser, hall: Hall, clock: FakeClock
) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    async with visitor(browser, app_server) as page:
        await way(page, token_of(app_server.runtime, appointment), appointment.locator)
        await expect(page.locator(".slip .code")).to_have_text("A-001")
        await expect(page.get_by_text("cita a las 11:00")).to_be_visible()
    assert await hall.appointment_state(appointment) == "checked_in"


@pytest.mark.parametrize("start", ["/o/centro", "/"])
async def test_a_turn_without_an_appointment(
    start: str, app_server: AppServer, browser: Browser, hall: Hall
) -> None:
    async with visitor(browser, app_server) as page:
        await page.goto(start)
        if start == "/":
            await page.get_by_role("link", name="No tengo cita", exact=True).click()
            await page.get_by_role("link", name="Oficina Centro").click()
        await page.locator("summary", has_text="No tengo cita").click()
        await page.locator(".choice", has_text="Registro de documentos").click()
        await page.locator("#walk_in").get_by_role("button", name="Coger mi turno").click()
        await expect(page.locator(".slip .code")).to_have_text("A-001")
        await expect(page.get_by_text("Registro de documentos, sin cita")).to_be_visible()
