"""The assistant in a real browser: booking by keyboard, reload, lost network."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from office360.appointments.service import AppointmentState, appointment_by_token
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer
from .support.keyboard import KeyboardUser
from .support.page_scripts import wait_for_modules
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def amina(app_server: AppServer, browser: Browser) -> AsyncIterator[KeyboardUser]:
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        yield KeyboardUser(page)


async def _expect_reply(page: Page, text: str) -> None:
    await expect(page.locator(".answer").last).to_contain_text(text)


async def _send_message(keys: KeyboardUser, text: str, answer: str) -> None:
    """Type a message; the field has the focus already."""
    await expect(keys.page.get_by_label("Escribe tu mensaje")).to_be_focused()
    await keys.page.keyboard.type(text)
    await keys.press_keys("Enter")
    await _expect_reply(keys.page, answer)


async def test_chat_booking_by_keyboard_survives_reload(app_server: AppServer, amina: KeyboardUser) -> None:
    page, eyes = amina.page, VisualCheck()
    await page.goto("/")
    await amina.press_enter_on("Preguntar al asistente")
    await expect(page.get_by_role("heading", name="Asistente")).to_be_visible()
    await eyes.check_page(page, "chat")
    await amina.tab_to("Escribe tu mensaje")
    await _send_message(amina, "sertificado dijital", "¿Cómo quieres que te atendamos?")
    await amina.tab_to("Por videollamada", key="Shift+Tab")
    await amina.press_keys("Enter")
    await _expect_reply(page, "¿Qué día te viene bien?")
    await page.reload()
    await _expect_reply(page, "¿Qué día te viene bien?")
    await expect(page.locator(".me").first).to_contain_text("sertificado dijital")
    await eyes.check_page(page, "chat with days")
    await amina.tab_to("Escribe tu mensaje")
    await _send_message(amina, "el viernes a las 9", "¿Cómo te llamas")
    await _send_message(amina, "Amina Hadad, amina@example.org", "Viernes 27 de noviembre, a las 9:00")
    await eyes.check_page(page, "chat with summary")
    await amina.tab_to("Cambiar el nombre Cambiar", key="Shift+Tab")
    await amina.press_keys("Enter")  # its answer is typed, so that the focus is in the field
    await _send_message(amina, "Amina Haddad", "Amina Haddad")
    await amina.tab_to("Sí, acepto y pido la cita", key="Shift+Tab")
    await amina.press_keys("Enter")
    await _expect_reply(page, "Ya tienes cita")
    await eyes.check_page(page, "chat, booked")
    link = await page.get_by_role("link", name="Ver mi cita").get_attribute("href")
    async with app_server.runtime.read_session() as session:
        made = await appointment_by_token(session, str(link).rpartition("/")[2])
    assert made.state == AppointmentState.CONFIRMED  # the page has sent its proof of work
    eyes.assert_no_flaws()


async def test_unsent_chat_message_is_kept_and_resent(amina: KeyboardUser) -> None:
    page, eyes = amina.page, VisualCheck()
    await page.goto("/chat")
    await wait_for_modules(page)
    await page.context.set_offline(True)
    await page.get_by_label("Escribe tu mensaje").fill("certificado digital")
    await amina.press_keys("Enter")
    await expect(page.get_by_text("No se ha enviado.")).to_be_visible()
    await eyes.check_page(page, "chat, not sent")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Enviar de nuevo").click()
    await _expect_reply(page, "¿Cómo quieres que te atendamos?")
    await expect(page.locator(".me")).to_have_count(1)
    await expect(page.get_by_text("No se ha enviado.")).to_have_count(0)
    eyes.assert_no_flaws()


async def test_overlong_chat_message_stays_with_error(amina: KeyboardUser) -> None:
    page = amina.page
    await page.goto("/chat")
    await wait_for_modules(page)
    await page.get_by_label("Escribe tu mensaje").fill("a" * 501)
    await amina.press_keys("Enter")
    await expect(page.get_by_text("Escribe como mucho 500 caracteres.")).to_be_visible()
    await expect(page.get_by_label("Escribe tu mensaje")).to_have_value("a" * 501)
    await expect(page.get_by_label("Escribe tu mensaje")).to_be_focused()


async def test_danger_is_answered_and_left_without_a_trace(amina: KeyboardUser) -> None:
    page, eyes = amina.page, VisualCheck()
    await page.goto("/privacy")
    await page.goto("/chat")
    await wait_for_modules(page)
    await amina.tab_to("Escribe tu mensaje")
    await _send_message(amina, "certificado digital", "¿Cómo quieres que te atendamos?")
    await page.keyboard.type("mi marido me ha pegado")
    await amina.press_keys("Enter")
    alarm = page.get_by_role("alert")
    await expect(alarm.get_by_role("link", name="Llamar al 112")).to_be_in_viewport()
    await expect(page.get_by_text("me ha pegado")).to_have_count(0)
    await expect(page.get_by_role("button", name="Por videollamada")).to_be_visible()  # the question is still open
    for link in await alarm.get_by_role("link").all():
        box = await link.bounding_box()
        assert box is not None
        assert box["height"] >= 48
    await eyes.check_page(page, "chat, danger")
    await alarm.get_by_role("button", name="Salir de esta página").click()
    await expect(page).to_have_url(re.compile(r":\d+/$"))
    await page.go_back()
    await expect(page).to_have_url(re.compile(r"/privacy$"))
    await page.wait_for_function(  # the request that deletes the conversation outlives its page
        "async () => !(await (await fetch('/chat')).text()).includes('certificado digital')"
    )
    eyes.assert_no_flaws()
