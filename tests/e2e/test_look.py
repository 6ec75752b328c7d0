"""Look and law in a browser: visual checks, and the colour picker."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import accounts
from playwright.async_api import Browser, FilePayload, Page, expect

from ..conftest import AppServer
from .support.video_call import PASSWORD
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
LOGO: FilePayload = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": SVG}
SAVE = "Guardar"


async def sign_in_administrator(page: Page, server: AppServer) -> None:
    await accounts.create_user(
        server.runtime, username="ada", name="Ada", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    await page.goto("/staff/")
    await page.get_by_label("Usuario").fill("ada")
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Entrar").click()
    await page.wait_for_url("**/staff/host**")


async def save(page: Page) -> None:
    await page.get_by_role("button", name=SAVE, exact=True).click()


async def test_look_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await sign_in_administrator(page, app_server)
        await page.goto("/staff/manage/look")
        await eyes.check_page(page, "look of nothing")
        await page.goto("/staff/manage/look/organisation")
        await page.get_by_label("Español").fill("Ayuntamiento de Vilanova i la Geltrú, Façana Marítima")
        await page.get_by_label("Teléfono de ayuda").fill("llámanos")
        await save(page)
        await eyes.check_page(page, "look organisation refused")
        await page.get_by_label("Teléfono de ayuda").fill("010")
        await save(page)
        await page.wait_for_url("**/look?saved")
        await page.goto("/staff/manage/look/colours")
        await page.get_by_label("Botones y enlaces", exact=True).fill("#F29BB0")
        await page.get_by_label("Superficies grandes", exact=True).fill("#5B2A86")
        await save(page)
        await eyes.check_page(page, "look colour refused")
        await page.get_by_role("button", name="Usar este").click()
        await expect(page.get_by_label("Botones y enlaces", exact=True)).to_have_value("#A4546A")
        await save(page)
        await page.wait_for_url("**/look?saved")
        await page.goto("/staff/manage/look/logo")
        await page.get_by_label("Imagen").set_input_files(
            {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": SVG}
        )
        await page.get_by_role("button", name="Usar esta imagen").click()
        await eyes.check_page(page, "look logo")
        await page.goto("/staff/manage/look/accessibility")
        await eyes.check_page(page, "look accessibility")
        await page.goto("/staff/manage/look")
        await eyes.check_page(page, "look of an organisation")
        for path in ("/", "/privacy", "/accessibility"):
            await page.goto(path)
            await eyes.check_page(page, f"look at {path.strip('/') or 'home'}")
    eyes.assert_no_flaws()


async def test_sample_follows_the_colour_picker(app_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await sign_in_administrator(page, app_server)
        await page.goto("/staff/manage/look/colours")
        picker = page.get_by_label("Elegir un color: Botones y enlaces")
        await picker.fill("#8b1e3f")
        await expect(page.get_by_label("Botones y enlaces", exact=True)).to_have_value("#8B1E3F")
        button = page.locator('[data-sample="light"] .button')
        await expect(button).to_have_css("background-color", "rgb(139, 30, 63)")
