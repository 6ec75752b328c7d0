"""Appointment pages in Chromium: focus, narrow screens, lost network, timed buttons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from office360.appointments.service import appointment_token, book_appointment

from ...conftest import AppServer, FakeClock
from ...e2e.support.page_scripts import wait_for_modules
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request

pytestmark = pytest.mark.e2e

NEW = "/appointments/new?office=centro"
VIDEO = f"{NEW}&service=certificate&mode=video"
DETAILS = f"{VIDEO}&starts_at=2026-11-27T09:00:00%2B01:00"


@pytest.fixture
async def page(browser: Any, app_server: AppServer) -> AsyncIterator[Any]:
    """Open a page on a phone. A script error fails the test."""
    context = await browser.new_context(base_url=app_server.url, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    await context.close()
    assert broken == []


async def fill_details(page: Any) -> None:
    await page.fill("#name", AMINA["name"])
    await page.fill("#email", AMINA["email"])
    await page.check("#privacy_accepted")


async def test_person_books_through_the_pages(page: Any) -> None:
    await page.goto("/appointments/new")
    await page.get_by_label("Certificado digital").check()
    await page.get_by_role("button", name="Seguir").click()
    await page.get_by_label("Por videollamada").check()
    await page.get_by_role("button", name="Elegir día y hora").click()
    await page.get_by_role("link", name="viernes 27 de noviembre").click()
    await page.get_by_text("9:00", exact=True).click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await wait_for_modules(page)  # without the proof of work the appointment would wait for a verification
    await fill_details(page)
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.wait_for_url("**/a/*?new=1")
    await page.get_by_role("status").filter(has_text="Cita confirmada").wait_for()
    heading = page.get_by_role("heading", level=1)
    assert await heading.inner_text() == "Tu videollamada es el viernes 27 de noviembre a las 9:00"


async def test_error_summary_takes_the_focus(page: Any) -> None:
    await page.goto(DETAILS)
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.locator(".problems:focus").wait_for()
    await page.get_by_role("link", name="Escribe tu correo electrónico").click()
    await page.locator("#email:focus").wait_for()


async def test_other_language_keeps_details_after_an_error(page: Any) -> None:
    await page.goto(DETAILS)
    await page.fill("#name", AMINA["name"])
    await page.fill("#email", "amina")
    await page.check("#needs-easy_reading")
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.locator(".problems:focus").wait_for()
    await page.get_by_role("button", name="English").press("Enter")
    await page.get_by_role("heading", name="Your details").wait_for()
    assert await page.input_value("#name") == AMINA["name"]
    assert await page.input_value("#email") == "amina"
    assert await page.is_checked("#needs-easy_reading")
    assert "9:00" in await page.inner_text("aside")
    await page.get_by_role("button", name="Change day or time").click()
    await page.get_by_role("button", name="Español").click()
    await page.get_by_role("heading", name="¿Qué día y a qué hora?").wait_for()
    assert await page.locator("input[name=name]").input_value() == AMINA["name"]


async def test_other_language_keeps_details_without_scripts(browser: Any, app_server: AppServer) -> None:
    context = await browser.new_context(base_url=app_server.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(DETAILS)
    await page.fill("#name", AMINA["name"])
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("heading", name="Your details").wait_for()
    assert await page.input_value("#name") == AMINA["name"]
    await context.close()


async def test_offline_form_stays_and_reports_no_connection(page: Any) -> None:
    await page.goto(DETAILS)
    await wait_for_modules(page)
    await fill_details(page)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.get_by_text("No se ha enviado: no hay conexión.").wait_for()
    assert await page.input_value("#name") == AMINA["name"]
    await page.context.set_offline(False)
    await page.get_by_text("No se ha enviado: no hay conexión.").wait_for(state="hidden")
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.wait_for_url("**/a/*?new=1")


async def test_enter_button_appears_when_entry_opens(page: Any, app_server: AppServer, clock: FakeClock) -> None:
    token = appointment_token(
        app_server.runtime, await book_appointment(app_server.runtime, "centro", make_booking_request())
    )
    clock.set(FRIDAY_AT_9 - timedelta(minutes=15, seconds=1))
    await page.goto(f"/a/{token}")
    assert await page.get_by_role("link", name="Entrar en la sala").count() == 0
    clock.advance(seconds=1)
    await page.get_by_role("link", name="Entrar en la sala").wait_for()


async def test_pages_fit_a_small_phone(page: Any, app_server: AppServer) -> None:
    token = appointment_token(
        app_server.runtime, await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    )
    await page.set_viewport_size({"width": 320, "height": 640})
    for path in (
        NEW,
        f"{NEW}&service=certificate",
        VIDEO,
        DETAILS,
        "/appointments/find",
        f"/a/{token}",
        f"/a/{token}/cancel",
        f"/a/{token}/reschedule",
    ):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        filled = page.locator(".button:not(.quiet, .plain, .danger):visible")
        assert await filled.count() <= 1, path


async def test_offline_appointment_page_stays_readable(page: Any, app_server: AppServer) -> None:
    token = appointment_token(
        app_server.runtime, await book_appointment(app_server.runtime, "centro", make_booking_request())
    )
    await page.goto(f"/a/{token}")
    await wait_for_modules(page)
    await page.context.set_offline(True)
    await page.get_by_text("Tu cita sigue como la ves.").wait_for()
    await page.get_by_role("link", name="Cancelar la cita").click(force=True)
    assert await page.get_by_role("heading", level=1).inner_text() == (
        "Tu videollamada es el viernes 27 de noviembre a las 9:00"
    )
    await page.context.set_offline(False)
    await page.get_by_text("Tu cita sigue como la ves.").wait_for(state="hidden")
    await page.get_by_role("link", name="Cancelar la cita").click()
    await page.wait_for_url("**/cancel")


async def test_submit_before_proof_is_ready_shows_progress(page: Any) -> None:
    is_requested, go_on = asyncio.Event(), asyncio.Event()

    async def later(route: Any) -> None:
        is_requested.set()
        await go_on.wait()
        await route.continue_()

    await page.route("**/api/v1/altcha", later)
    await page.goto(DETAILS)
    await fill_details(page)
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await is_requested.wait()
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.get_by_role("status").filter(has_text="Comprobando…").wait_for()
    go_on.set()
    await page.wait_for_url("**/a/*?new=1")
    await page.get_by_role("status").filter(has_text="Cita confirmada").wait_for()


async def test_proof_starts_for_field_that_had_focus_before_the_script(page: Any) -> None:
    is_typed = asyncio.Event()

    async def later(route: Any) -> None:
        await is_typed.wait()
        await route.continue_()

    await page.route("**/pages/*.js", later)
    await page.goto(DETAILS)
    await page.focus("#name")
    async with page.expect_request("**/api/v1/altcha"):
        is_typed.set()


async def test_booking_without_proof_asks_to_verify_the_email(page: Any) -> None:
    await page.route("**/api/v1/altcha", lambda route: route.abort())
    await page.goto(DETAILS)
    await fill_details(page)
    await page.get_by_role("button", name="Confirmar la cita").click()
    await page.wait_for_url("**/a/*?new=1")
    await page.get_by_role("heading", name="Confirma tu correo para quedarte con esta cita").wait_for()


async def test_hold_countdown_warns_before_expiry(page: Any) -> None:
    await page.clock.install()
    await page.goto(f"{VIDEO}&day=2026-11-27")
    await page.get_by_text("9:00", exact=True).click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await page.get_by_text("Te guardamos este sitio hasta las 10:40.", exact=True).wait_for()
    await wait_for_modules(page)
    await advance_clock_until(page, page.get_by_role("status").filter(has_text="Quedan menos de dos minutos"))
    await advance_clock_until(page, page.get_by_role("status").filter(has_text="Ya no te guardamos este sitio."))


async def advance_clock_until(page: Any, message: Any) -> None:
    """Advance the page's clock by half minutes until this message is visible."""
    for _ in range(60):
        if await message.is_visible():
            return
        await page.clock.run_for(30_000)
    raise AssertionError("the message did not appear")


async def test_confirmation_prints_on_one_sheet(page: Any, app_server: AppServer) -> None:
    made = await book_appointment(
        app_server.runtime, "centro", make_booking_request(mode="in_person", needs=("step_free",))
    )
    await page.goto(f"/a/{appointment_token(app_server.runtime, made)}")
    await wait_for_modules(page)
    await page.evaluate("window.print = () => { document.title = 'printed'; }")
    await page.get_by_role("link", name="Imprimir").click()
    assert await page.title() == "printed"
    sheet = pypdfium2.PdfDocument(await page.pdf(prefer_css_page_size=True))
    assert len(sheet) == 1
    text = sheet[0].get_textpage().get_text_range()
    locator = f"{made.locator[:4]} {made.locator[4:]}"
    for what in (locator, "9:00", "Calle del Olivar, 12", "DNI o NIE", "silla de ruedas"):
        assert what in text
    for what in ("Cancelar la cita", "English", "Privacidad"):
        assert what not in text


async def test_waitlist_form_computes_its_proof_of_work(page: Any) -> None:
    await page.goto("/waiting/new?service=certificate&office=centro&mode=video")
    await wait_for_modules(page)
    await page.fill("#email", DIEGO["email"])
    await page.check("#privacy_accepted")
    await page.get_by_role("button", name="Avisarme").click()
    await page.get_by_role("heading", name="Estás en la lista").wait_for()
