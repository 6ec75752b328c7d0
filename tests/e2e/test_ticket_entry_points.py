"""The five entry points to a ticket: three with an appointment, two without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from office360.appointments.service import appointment_token
from office360.offices.service import Office
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer, FakeClock
from ..queue.conftest import AT_11, OfficeDriver
from .support.visual_check import new_visitor_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


async def _enter_locator(page: Page, locator: str) -> None:
    await page.get_by_label("Localizador").fill(f"{locator[:4]} {locator[4:]}".lower())  # as citizens dictate it
    await page.get_by_label("Correo o teléfono de la cita").fill("amina@example.org")
    await page.locator("#appointment").get_by_role("button", name="Coger mi turno").click()


async def follow_email_link(page: Page, token: str, locator: str) -> None:
    await page.goto(f"/o/centro?appointment={token}")
    await page.get_by_role("button", name="Coger mi turno").click()


async def use_poster_and_locator(page: Page, token: str, locator: str) -> None:
    await page.goto("/o/centro")
    await page.locator("summary", has_text="Con el localizador").click()
    await _enter_locator(page, locator)


async def use_web_app_and_locator(page: Page, token: str, locator: str) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Tengo cita", exact=True).click()
    await page.get_by_role("link", name="Oficina Centro").click()
    await _enter_locator(page, locator)


EntryPoint = Callable[[Page, str, str], Awaitable[None]]


@pytest.mark.parametrize("way", [follow_email_link, use_poster_and_locator, use_web_app_and_locator])
async def test_ticket_with_appointment_by_every_entry_point(
    way: EntryPoint, app_server: AppServer, browser: Browser, driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    async with new_visitor_page(browser, app_server) as page:
        await way(page, appointment_token(app_server.runtime, appointment), appointment.locator)
        await expect(page.locator(".slip .code")).to_have_text("A-001")
        await expect(page.get_by_text("cita a las 11:00")).to_be_visible()
    assert await driver.appointment_state(appointment) == "checked_in"


@pytest.mark.parametrize("start", ["/o/centro", "/"])
async def test_ticket_without_appointment_by_every_entry_point(
    start: str, app_server: AppServer, browser: Browser, driver: OfficeDriver
) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await page.goto(start)
        if start == "/":
            await page.get_by_role("link", name="No tengo cita", exact=True).click()
            await page.get_by_role("link", name="Oficina Centro").click()
        await page.locator("summary", has_text="No tengo cita").click()
        await page.locator(".choice", has_text="Registro de documentos").click()
        await page.locator("#walk_in").get_by_role("button", name="Coger mi turno").click()
        await expect(page.locator(".slip .code")).to_have_text("A-001")
        await expect(page.get_by_text("Registro de documentos, sin cita")).to_be_visible()
