"""The assistant in a real browser: a booking by keys alone, over a reload; a lost network; what it looks like."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.appointments.service import AppointmentState, appointment_by_token
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer
from .support.keyboard import Keyboard
from .support.page_scripts import begun
from .support.visual_check import Eyes, visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def amina(app_server: AppServer, browser: Browser) -> AsyncIterator[Keyboard]:
    async with visitor(browser, app_server) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        yield Keyboard(page)


async def _answered(page: Page, text: str) -> None:
    await expect(page.locator(".answer").last).to_contain_text(text)


async def _say(keys: Keyboard, text: str, answer: str) -> None:
    """The focus is in the field already: one goes on writing."""
    await expect(keys.page.get_by_label("Escribe tu mensaje")).to_be_focused()
    await keys.page.keyboard.type(text)
    await keys.press("Enter")
    await _answered(keys.page, answer)


async def test_a_whole_booking_by_keys_over_a_reload(app_server: AppServer, amina: Keyboard) -> None:
    page, eyes = amina.page, Eyes()
    await page.goto("/")
    await amina.enter("Preguntar al asistente")
    await expect(page.get_by_role("heading", name="Asistente")).to_be_visible()
    await eyes.on(page, "chat")
    await amina.go_to("Escribe tu mensaje")
    await _say(amina, "sertificado dijital", "¿Cómo quieres que te atendamos?")
    await amina.go_to("Por videollamada", key="Shift+Tab")
    await amina.press("Enter")
    await _answered(page, "¿Qué día te viene bien?")
    await page.reload()
    await _answered(page, "¿Qué día te viene bien?")
    await expect(page.locator(".me").first).to_contain_text("sertificado dijital")
    await eyes.on(page, "chat with days")
    await amina.go_to("Escribe tu mensaje")
    await _say(amina, "el viernes a las 9", "¿Cómo te llamas?")
    await _say(amina, "Amina Haddad", "¿A qué correo")
    await _say(amina, "amina@example.org", "teléfono")
    await _say(amina, "no", "¿Estás de acuerdo?")
    await _say(amina, "sí", "viernes 27 de noviembre, a las 9:00")
    await amina.go_to("Sí, pedir la cita", key="Shift+Tab")
    await amina.press("Enter")
    await _answered(page, "Ya tienes cita")
    await eyes.on(page, "chat, booked")
    link = await page.get_by_role("link", name="Ver mi cita").get_attribute("href")
    async with app_server.runtime.reading() as session:
        made = await appointment_by_token(session, str(link).rpartition("/")[2])
    assert made.state == AppointmentState.CONFIRMED  # the page has proved its work
    eyes.saw_nothing_wrong()


async def test_a_message_that_cannot_be_sent_is_kept_and_sent_again(amina: Keyboard) -> None:
    page, eyes = amina.page, Eyes()
    await page.goto("/chat")
    await begun(page)
    await page.context.set_offline(True)
    await page.get_by_label("Escribe tu mensaje").fill("certificado digital")
    await amina.press("Enter")
    await expect(page.get_by_text("No se ha enviado.")).to_be_visible()
    await eyes.on(page, "chat, not sent")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Enviar de nuevo").click()
    await _answered(page, "¿Cómo quieres que te atendamos?")
    await expect(page.locator(".me")).to_have_count(1)
    await expect(page.get_by_text("No se ha enviado.")).to_have_count(0)
    eyes.saw_nothing_wrong()


async def test_too_long_a_message_stays_in_the_field_with_what_is_wrong(amina: Keyboard) -> None:
    page = amina.page
    await page.goto("/chat")
    await begun(page)
    await page.get_by_label("Escribe tu mensaje").fill("a" * 501)
    await amina.press("Enter")
    await expect(page.get_by_text("Escribe como mucho 500 caracteres.")).to_be_visible()
    await expect(page.get_by_label("Escribe tu mensaje")).to_have_value("a" * 501)
    await expect(page.get_by_label("Escribe tu mensaje")).to_be_focused()
