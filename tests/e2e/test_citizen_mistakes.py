"""Pages for people who are late, early, at the wrong office, or mistype their e-mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.service import appointment_token
from office360.core.db.outbox import OutboxRow
from office360.offices.service import Office
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from ..conftest import AppServer, FakeClock
from ..queue.conftest import AT_11, OfficeDriver
from ..support.office_fixture import build_office
from .support.page_scripts import wait_for_fragment, wait_for_modules
from .support.visual_check import new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


@pytest.fixture
async def page(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    async with new_visitor_page(browser, app_server) as page:
        yield page


async def test_late_person_reads_how_late_and_what_happens(
    page: Page, driver: OfficeDriver, clock: FakeClock
) -> None:
    appointment = await driver.book_appointment(AT_11)
    token = appointment_token(driver.runtime, appointment)
    clock.set(AT_11 + timedelta(minutes=29))
    for path in (f"/a/{token}", f"/o/centro?appointment={token}"):
        await page.goto(path)
        notice = page.locator(".notice", has_text="Llegas 29 minutos tarde")
        await expect(notice).to_contain_text("Coge tu turno antes de las 11:30. Te llamamos por orden de llegada")
    await page.get_by_role("button", name="Coger turno").press("Enter")
    await expect(page.locator(".notice", has_text="Llegaste 29 minutos tarde")).to_be_visible()


async def test_person_at_wrong_office_reads_the_right_one(
    page: Page, driver: OfficeDriver, clock: FakeClock
) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", position=1)
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    await page.goto(f"/o/norte?appointment={appointment_token(driver.runtime, appointment)}")
    await expect(page.get_by_text("Tu cita es en otra oficina: Oficina Centro, ")).to_be_visible()
    await page.goto("/o/norte")
    await page.locator("summary", has_text="Con el localizador").click()
    await page.get_by_label("Localizador").fill(appointment.locator)
    await page.get_by_label("Correo o teléfono de la cita").fill(appointment.email or "")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Tu cita es en otra oficina: Oficina Centro, ")
    await page.get_by_role("link", name="Ver mi cita").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ya puedes coger tu turno")


async def test_person_too_early_can_see_the_appointment(page: Page, driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    await page.goto(f"/o/centro?appointment={appointment_token(driver.runtime, appointment)}")
    await page.get_by_role("link", name="Ver mi cita").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Tu cita es hoy a las 11:00")
    await page.goto("/o/centro")
    await page.locator("summary", has_text="Con el localizador").click()
    await page.get_by_label("Localizador").fill(appointment.locator)
    await page.get_by_label("Correo o teléfono de la cita").fill(appointment.email or "")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Aún es pronto")
    await wait_for_modules(page)  # a module moves the focus to the alert
    await page.get_by_role("link", name="Ver mi cita").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Tu cita es hoy a las 11:00")


async def test_lost_email_is_sent_again_without_telling_more(page: Page, driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    answers = set()
    for mailbox in (appointment.email, "unknown@example.org"):
        await page.goto("/o/centro")
        await page.locator("summary", has_text="Con el localizador").click()
        await page.get_by_role("link", name="He perdido el correo").click()
        await wait_for_fragment(page, "lost")
        await page.get_by_label("Correo de la cita").fill(mailbox or "")
        await page.get_by_role("button", name="Enviarme el enlace").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Si ese correo tiene citas")
        answers.add(await page.get_by_role("status").text_content())
    assert len(answers) == 1
    async with driver.runtime.read_session() as session:
        sent = await session.scalars(select(OutboxRow.recipient).where(OutboxRow.kind == "appointment_link"))
        assert list(sent) == [appointment.email]


async def test_mistyped_email_is_asked_about_and_can_be_mended(page: Page, driver: OfficeDriver) -> None:
    details = "/appointments/new?office=centro&service=certificate&mode=video"
    await page.goto(f"{details}&starts_at=2026-11-27T09:00:00%2B01:00")
    await wait_for_modules(page)
    await page.get_by_label("Nombre y apellidos").fill("Amina Haddad")
    await page.get_by_label("Correo electrónico").fill("amina@gmial.com")
    await page.get_by_label("estoy de acuerdo", exact=False).check()
    await page.get_by_role("button", name="Confirmar la cita").click()
    question = page.get_by_role("alert").filter(has_text="¿Tu correo es amina@gmail.com?")
    await expect(question).to_be_focused()
    await page.get_by_label("Nombre y apellidos").press("Enter")  # leaves the e-mail as it was written
    await expect(page.get_by_role("status").filter(has_text="Cita confirmada")).to_contain_text("gmial.com")
    await page.locator("summary", has_text="¿El correo está mal? Corrígelo").click()
    await page.get_by_label("Correo electrónico").fill("amina@gmail.com")
    await page.get_by_role("button", name="Enviar a este correo").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="amina@gmail.com")).to_be_visible()
