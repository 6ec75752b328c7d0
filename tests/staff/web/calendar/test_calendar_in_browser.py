"""The reception's calendar in a real browser: booking by keyboard, a move, the look."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, expect

from ....conftest import AppServer
from ....e2e.support.page_scripts import wait_for_modules
from ....e2e.support.video_call import PASSWORD
from ....e2e.support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e


async def test_host_books_by_keyboard_and_moves(app_server: AppServer, browser: Browser) -> None:
    await staff.create_user(
        app_server.runtime,
        username="carmen",
        name="Carmen",
        role=StaffRole.HOST,
        offices=["centro"],
        password=PASSWORD,
    )
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": 1024, "height": 768})
        await page.goto("/staff/")
        await page.get_by_label("Usuario").fill("carmen")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/staff/host*")
        await page.get_by_role("button", name="Menú").click()
        await page.get_by_role("link", name="Calendario").click()
        await page.wait_for_url("**/staff/calendar**")
        await wait_for_modules(page)
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Jueves 26 de noviembre")
        await wait_for_modules(page)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")  # the first free time
        await page.wait_for_url("**/staff/calendar/new**")
        await wait_for_modules(page)
        await expect(page.get_by_label("9:00")).to_be_checked()
        await page.get_by_label("Trámite", exact=True).select_option("certificate")
        await expect(page.get_by_label("9:15")).to_be_visible()  # the times of the other service
        await eyes.check_page(page, "booking form")
        await page.get_by_label("Nombre y apellidos").fill("Rosa Pérez")
        await page.get_by_label("Correo electrónico").fill("rosa@example.org")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("La cita está dada")).to_be_visible()
        await eyes.check_page(page, "card of the appointment")

        await page.get_by_role("link", name="Cambiar la cita").click()
        await wait_for_modules(page)
        await page.get_by_label("Día", exact=True).fill("2026-11-27")
        await page.locator('[name="starts_at"][value^="2026-11-27T10:30"]').check()
        await page.get_by_role("button", name="Cambiar", exact=True).click()
        await expect(page.get_by_text("La cita está cambiada")).to_be_visible()
        await page.get_by_role("link", name="Al calendario de este día").click()
        await expect(page.get_by_role("link", name="Rosa Pérez")).to_be_visible()
        await eyes.check_page(page, "day of the calendar")
        await page.keyboard.press("b")
        await page.keyboard.type("rosa perez")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Rosa Pérez")).to_be_visible()
        await eyes.check_page(page, "search over all days")
    eyes.assert_no_flaws()
