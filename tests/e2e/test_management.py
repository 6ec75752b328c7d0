"""The manager's console in a browser: without a network, by keyboard, its states."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import accounts
from playwright.async_api import Browser, Page, expect

from ..conftest import AppServer
from .support.video_call import PASSWORD
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

DETAILS = "/staff/manage/o/centro/details"


async def open_as_administrator(server: AppServer, page: Page, path: str) -> None:
    """Log in and open a page of the console."""
    await accounts.create_user(
        server.runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    await page.goto(f"/staff/?next={path}")
    await page.get_by_label("Usuario").fill("elena")
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Entrar").click()
    await page.wait_for_url(f"**{path}")


async def test_form_without_network_keeps_typed_values(app_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, DETAILS)
        name = page.get_by_label("Nombre", exact=True)
        await name.fill("Oficina del Centro")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Ver qué cambia").press("Enter")
        await expect(page.get_by_text("No se ha enviado: no hay conexión.")).to_be_visible()
        await expect(name).to_have_value("Oficina del Centro")
        await page.context.set_offline(False)
        await page.get_by_role("button", name="Ver qué cambia").press("Enter")
        await expect(page.get_by_role("heading", name="¿Guardar estos cambios?")).to_be_visible()
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Guardar").press("Enter")
        await expect(page.get_by_text("No se ha enviado: no hay conexión.")).to_be_visible()
        await page.context.set_offline(False)
        await page.get_by_role("button", name="Guardar").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Guardado")


async def test_form_states_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, DETAILS)
        await eyes.check_page(page, "manage details")
        await page.get_by_label("Nombre", exact=True).fill("")
        await page.get_by_label("Zona horaria").fill("Madrid")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await eyes.check_page(page, "manage details wrong")
        await page.get_by_label("Nombre", exact=True).fill("Oficina del Centro")
        await page.get_by_label("Zona horaria").fill("Europe/Madrid")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await eyes.check_page(page, "manage details review")
        await page.get_by_role("button", name="Guardar").click()
        await eyes.check_page(page, "manage details saved")
    eyes.assert_no_flaws()
