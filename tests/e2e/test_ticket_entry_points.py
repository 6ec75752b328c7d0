"""The five entry points to a ticket: three with an appointment, two without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from office360.appointments.service import appointment_token, reschedule_appointment
from office360.offices.service import Office
from office360.queue.actions.pause import stop_walk_ins
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer, FakeClock
from ..queue.conftest import AT_11, CARMEN, OfficeDriver
from .support.page_scripts import wait_for_modules
from .support.visual_check import new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


async def _enter_locator(page: Page, locator: str) -> None:
    await page.get_by_label("Localizador").fill(f"{locator[:4]} {locator[4:]}".lower())  # as citizens dictate it
    await page.get_by_label("Correo o teléfono de la cita").fill("amina@example.org")
    await page.locator("#appointment").get_by_role("button", name="Coger turno").click()


async def follow_email_link(page: Page, token: str, locator: str) -> None:
    await page.goto(f"/o/centro?appointment={token}")
    await page.get_by_role("button", name="Coger turno").click()


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


async def test_older_email_link_takes_ticket_for_the_new_time(
    app_server: AppServer, browser: Browser, driver: OfficeDriver, clock: FakeClock
) -> None:
    old = await driver.book_appointment(AT_11 + timedelta(hours=2))
    token = appointment_token(app_server.runtime, old)
    await reschedule_appointment(app_server.runtime, token, AT_11)
    clock.set(AT_11)
    async with new_visitor_page(browser, app_server) as page:
        await page.goto(f"/o/centro?appointment={token}")
        await expect(page.get_by_text("hoy a las 11:00")).to_be_visible()
        await page.get_by_role("button", name="Coger turno").click()
        await expect(page.get_by_text("cita a las 11:00")).to_be_visible()


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
        await page.locator("#walk_in").get_by_role("button", name="Coger turno").click()
        await expect(page.locator(".slip .code")).to_have_text("A-001")
        await expect(page.get_by_text("Registro de documentos, sin cita")).to_be_visible()


async def test_stopped_service_leads_to_an_open_one_by_keyboard(
    app_server: AppServer, browser: Browser, driver: OfficeDriver
) -> None:
    line_id = driver.office.line("registry").id
    await stop_walk_ins(app_server.runtime, CARMEN, line_id, "Se ha ido la luz en las mesas.")
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/o/centro")
        await page.locator("summary", has_text="No tengo cita").press("Enter")
        await expect(page.get_by_role("radio", name="Registro de documentos")).to_have_count(0)
        stopped = page.get_by_role("link", name="Registro de documentos")
        await expect(stopped).to_contain_text("Ahora no: se ha ido la luz en las mesas.")
        await stopped.press("Enter")
        await expect(page.get_by_role("heading", name="Registro de documentos: ahora no")).to_be_visible()
        others = page.get_by_role("navigation", name="Lo que puedes hacer")
        await others.get_by_role("link", name="Certificado digital").press("Enter")
        await expect(page.get_by_role("radio", name="Certificado digital")).to_be_checked()
        await page.locator("#walk_in").get_by_role("button", name="Coger turno").press("Enter")
        await expect(page.locator(".slip .code")).to_have_text("B-001")


async def test_other_language_keeps_what_was_typed_and_chosen(app_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/o/centro")
        await page.locator("summary", has_text="No tengo cita").click()
        await page.get_by_role("radio", name="Certificado digital").check()
        await page.get_by_label("Correo (opcional)").fill("amina@bad")
        await wait_for_modules(page)
        await page.get_by_role("link", name="English").press("Enter")
        await expect(page.get_by_role("radio", name="Digital certificate")).to_be_checked()
        await expect(page.get_by_label("E-mail (optional)")).to_have_value("amina@bad")
        await page.locator("#walk_in").get_by_role("button", name="Join the queue").click()
        await page.locator(".problems").wait_for()
        await wait_for_modules(page)
        await page.get_by_role("button", name="Español").click()
        await expect(page.locator(".problems a")).to_contain_text("Completa tu correo electrónico.")
        await expect(page.get_by_role("radio", name="Certificado digital")).to_be_checked()
        await expect(page.get_by_label("Correo (opcional)")).to_have_value("amina@bad")
        assert await page.evaluate("sessionStorage.length") == 0
