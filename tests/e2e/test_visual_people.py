"""People and API keys in the manager's console, and the link of an invitation, in a browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from ..conftest import AppServer
from .support.visual_check import FORCED_COLOUR_VARIANTS, SCREEN_VARIANTS, VisualCheck, new_visitor_page
from .test_management import open_as_administrator

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

FEW_VARIANTS = (SCREEN_VARIANTS[0], SCREEN_VARIANTS[3], *FORCED_COLOUR_VARIANTS)


async def test_invitation_passes_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, "/staff/manage/people")
        await eyes.check_page(page, "people")
        await page.get_by_role("link", name="Invitar a una persona").press("Enter")
        await page.get_by_role("button", name="Invitar", exact=True).press("Enter")
        await eyes.check_page(page, "people invite wrong")
        await page.get_by_label("Nombre", exact=True).fill("Rosa Etxeberria Goikoetxea")
        await page.get_by_label("Usuario", exact=True).fill("rosa")
        await page.get_by_label("Correo").fill("rosa@example.org")
        await page.get_by_role("radio", name="Recepción Lleva").press("Space")
        await expect(page.get_by_label("Oficina Centro")).to_be_checked()  # the only one
        await page.get_by_role("button", name="Invitar", exact=True).press("Enter")
        await eyes.check_page(page, "people link")
        link = await page.get_by_label("Solo para Rosa").input_value()
        await page.get_by_role("link", name="Ir a la página de Rosa").press("Enter")
        await eyes.check_page(page, "people invited")
        async with new_visitor_page(browser, app_server) as rosa:
            await rosa.goto(link)
            await rosa.get_by_role("button", name="Guardar y entrar").press("Enter")
            await eyes.check_page(rosa, "account link wrong", FEW_VARIANTS)
            await rosa.get_by_label("Contraseña", exact=True).fill("una frase larga")
            await rosa.get_by_label("Mostrar la contraseña").press("Space")
            await expect(rosa.get_by_label("Contraseña", exact=True)).to_have_attribute("type", "text")
            await rosa.get_by_role("button", name="Guardar y entrar").press("Enter")
            await rosa.wait_for_url("**/staff/host")
            await rosa.goto(link)
            await eyes.check_page(rosa, "account link used", FEW_VARIANTS)
        await page.reload()
        await eyes.check_page(page, "people person", FEW_VARIANTS)
        await page.get_by_role("link", name="Desactivar…").press("Enter")
        await eyes.check_page(page, "people disable", FEW_VARIANTS)
    eyes.assert_no_flaws()


async def test_api_key_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, "/staff/manage/keys")
        await page.get_by_role("link", name="Crear una clave").press("Enter")
        await page.get_by_role("button", name="Crear la clave").press("Enter")
        await eyes.check_page(page, "key wrong", FEW_VARIANTS)
        await page.get_by_label("Nombre", exact=True).fill("Quiosco de la entrada")
        await page.get_by_label("Todas las oficinas").press("Space")
        await page.get_by_role("button", name="Crear la clave").press("Enter")
        await eyes.check_page(page, "key created", FEW_VARIANTS)
        await page.get_by_role("link", name="Ir a las claves").press("Enter")
        await eyes.check_page(page, "keys", FEW_VARIANTS)
        await page.get_by_role("link", name="Anular…").press("Enter")
        await eyes.check_page(page, "key revoke", FEW_VARIANTS)
        await page.get_by_role("button", name="Anular la clave").press("Enter")
        await page.get_by_text("Una clave anulada").press("Enter")
        await eyes.check_page(page, "keys revoked", FEW_VARIANTS)
    eyes.assert_no_flaws()
