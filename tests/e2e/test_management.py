"""The manager's console in a browser: without a network, by keyboard, its states."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments.service import book_appointment
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.storage.tables import OfficeRow
from office360.staff.actions import accounts
from playwright.async_api import Browser, FilePayload, Page, expect
from sqlalchemy import update

from ..appointments.support.requesters import FRIDAY_AT_9, QUARTER, make_booking_request
from ..conftest import AppServer
from .support.page_scripts import wait_for_modules
from .support.video_call import PASSWORD, sign_in_with_cookie
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e

DETAILS = "/staff/manage/o/centro/details"
LOOK = "/staff/manage/look"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
LOGO: FilePayload = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": SVG}
HOURS = "/staff/manage/o/centro/hours"


async def open_as_administrator(server: AppServer, page: Page, path: str) -> None:
    """Create an administrator and open a page of the console."""
    await accounts.create_user(
        server.runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    await sign_in_with_cookie(page.context, server, "elena")
    await page.goto(path)
    await wait_for_modules(page)


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
        await wait_for_modules(page)
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Guardar").press("Enter")
        await expect(page.get_by_text("No se ha enviado: no hay conexión.")).to_be_visible()
        await page.context.set_offline(False)
        await page.get_by_role("button", name="Guardar").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Guardado")


async def test_list_of_offices_shows_the_present(app_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await page.clock.install()
        await open_as_administrator(app_server, page, "/staff/manage")
        await expect(page.locator("#offices-now")).to_contain_text("Abierta ahora")
        async with app_server.runtime.transaction() as tx:
            await tx.session.execute(update(OfficeRow).values(paused=True, version=OfficeRow.version + 1))
        await page.clock.fast_forward(20_000)
        await expect(page.locator("#offices-now")).to_contain_text("En pausa")


async def test_form_states_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, DETAILS)
        await page.get_by_label("Nombre", exact=True).fill("")
        await page.get_by_label("Teléfono", exact=True).fill("llamar")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await eyes.check_page(page, "manage details wrong")
        await page.get_by_label("Nombre", exact=True).fill("Oficina del Centro")
        await page.get_by_label("Teléfono", exact=True).fill("910 000 360")
        await page.get_by_label("Zona horaria").select_option("Atlantic/Canary")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await eyes.check_page(page, "manage details review")
        await page.get_by_role("button", name="Guardar").click()
        await eyes.check_page(page, "manage details saved")
    eyes.assert_no_flaws()


async def test_invitation_passes_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, "/staff/manage/people")
        await page.get_by_role("link", name="Invitar a una persona").press("Enter")
        await page.get_by_role("button", name="Invitar", exact=True).press("Enter")
        await eyes.check_page(page, "people invite wrong")
        await page.get_by_label("Nombre", exact=True).fill("Rosa Etxeberria Goikoetxea")
        await page.get_by_label("Usuario", exact=True).fill("rosa")
        await page.get_by_label("Correo").fill("rosa@example.org")
        await page.get_by_role("radio", name="Recepción Lleva").press("Space")
        await expect(page.get_by_label("Oficina Centro")).to_be_checked()  # the only office
        await page.get_by_role("button", name="Invitar", exact=True).press("Enter")
        await eyes.check_page(page, "people link")
        link = await page.get_by_label("Solo para Rosa").input_value()
        await page.get_by_role("link", name="Ir a la página de Rosa").press("Enter")
        async with new_visitor_page(browser, app_server) as rosa:
            await rosa.goto(link)
            await rosa.get_by_role("button", name="Guardar y entrar").press("Enter")
            await eyes.check_page(rosa, "account link wrong")
            await rosa.get_by_label("Contraseña", exact=True).fill("una frase larga")
            await rosa.get_by_label("Mostrar la contraseña").press("Space")
            await expect(rosa.get_by_label("Contraseña", exact=True)).to_have_attribute("type", "text")
            await rosa.get_by_role("button", name="Guardar y entrar").press("Enter")
            await rosa.wait_for_url("**/staff/host*")
            await rosa.goto(link)
            await eyes.check_page(rosa, "account link used")
        await page.reload()
        await eyes.check_page(page, "people person")
        await page.get_by_role("link", name="Desactivar…").press("Enter")
        await eyes.check_page(page, "people disable")
    eyes.assert_no_flaws()


async def test_api_key_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, "/staff/manage/keys")
        await page.get_by_role("link", name="Crear una clave").press("Enter")
        await page.get_by_role("button", name="Crear la clave").press("Enter")
        await eyes.check_page(page, "key wrong")
        await page.get_by_label("Nombre", exact=True).fill("Quiosco de la entrada")
        await page.get_by_label("Todas las oficinas").press("Space")
        await page.get_by_role("button", name="Crear la clave").press("Enter")
        await eyes.check_page(page, "key created")
        await page.get_by_role("link", name="Ir a las claves").press("Enter")
        await page.get_by_role("link", name="Anular…").press("Enter")
        await eyes.check_page(page, "key revoke")
        await page.get_by_role("button", name="Anular la clave").press("Enter")
        await page.get_by_text("Una clave anulada").press("Enter")
        await eyes.check_page(page, "keys revoked")
    eyes.assert_no_flaws()


async def test_look_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, LOOK)
        await eyes.check_page(page, "look of nothing")
        await page.goto(f"{LOOK}/organisation")
        await page.get_by_label("Español").fill("Ayuntamiento de Vilanova i la Geltrú, Façana Marítima")
        await page.get_by_label("Teléfono de ayuda").fill("llámanos")
        await page.get_by_role("button", name="Guardar", exact=True).click()
        await eyes.check_page(page, "look organisation refused")
        await page.get_by_label("Teléfono de ayuda").fill("010")
        await page.get_by_role("button", name="Guardar", exact=True).click()
        await page.wait_for_url("**/look?saved")
        await page.goto(f"{LOOK}/colours")
        await page.get_by_label("Botones y enlaces", exact=True).fill("#F29BB0")
        await page.get_by_label("Superficies grandes", exact=True).fill("#5B2A86")
        await page.get_by_role("button", name="Guardar", exact=True).click()
        await eyes.check_page(page, "look colour refused")
        await page.get_by_role("button", name="Usar este").click()
        await expect(page.get_by_label("Botones y enlaces", exact=True)).to_have_value("#A4546A")
        await page.get_by_role("button", name="Guardar", exact=True).click()
        await page.wait_for_url("**/look?saved")
        await page.goto(f"{LOOK}/logo")
        await page.get_by_label("Imagen").set_input_files(LOGO)
        await page.get_by_role("button", name="Usar esta imagen").click()
        await eyes.check_page(page, "look logo")
        await page.goto(f"{LOOK}/accessibility")
        await eyes.check_page(page, "look accessibility")
        await page.goto(LOOK)
        await eyes.check_page(page, "look of an organisation")
        for path in ("/", "/privacy", "/accessibility"):
            await page.goto(path)
            await eyes.check_page(page, f"look at {path.strip('/') or 'home'}")
    eyes.assert_no_flaws()


async def test_sample_follows_the_colour_picker(app_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, f"{LOOK}/colours")
        picker = page.get_by_label("Elegir un color: Botones y enlaces")
        await picker.fill("#8b1e3f")
        await expect(page.get_by_label("Botones y enlaces", exact=True)).to_have_value("#8B1E3F")
        button = page.locator('[data-sample="light"] .button')
        await expect(button).to_have_css("background-color", "rgb(139, 30, 63)")


# Opening hours


async def book_people(runtime: Runtime, count: int) -> None:
    for number in range(count):
        person = {"name": f"Persona {number}", "email": f"p{number}@example.org"}
        starts_at = FRIDAY_AT_9 + number * QUARTER
        await book_appointment(runtime, "centro", make_booking_request(person, starts_at=starts_at))


async def type_time(page: Page, name: str, value: str) -> None:
    """Fill a field for a time that has the focus; its parts depend on the browser's locale."""
    field = page.locator(f'[name="{name}"]')
    await expect(field).to_be_focused()
    await field.fill(value)


@pytest.mark.parametrize("width", [390, 1280])
async def test_week_is_changed_by_keyboard(app_server: AppServer, browser: Browser, width: int) -> None:
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": width, "height": 900})
        await open_as_administrator(app_server, page, HOURS)
        await page.locator('[name="monday.1.until"]').focus()
        await type_time(page, "monday.1.until", "14:00")
        add = page.locator("#monday").get_by_role("button", name="Añadir horas")
        while not await add.evaluate("(one) => one === document.activeElement"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await type_time(page, "monday.2.from", "16:00")
        await page.locator('[name="monday.2.until"]').fill("00:00")
        await page.get_by_role("button", name="Copiar a martes–viernes").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("se ha copiado")
        await expect(page.locator('[name="friday.2.until"]')).to_have_value("00:00")
        await expect(page.locator('[name="saturday.2.from"]')).to_be_hidden()
        await page.locator('[name="friday.1.from"]').press("Enter")
        await expect(page.get_by_role("heading", name="¿Guardar estos cambios?")).to_be_visible()
        await expect(page.get_by_text("9:00–14:00, 16:00–24:00").first).to_be_visible()


async def test_person_of_today_is_found_at_the_entrance(app_server: AppServer, browser: Browser) -> None:
    at_noon = app_server.runtime.now().replace(hour=11, minute=0)
    await book_appointment(app_server.runtime, "centro", make_booking_request(starts_at=at_noon))
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, f"{HOURS}/closures")
        await page.get_by_label("Primer día").fill(at_noon.date().isoformat())
        await page.get_by_label("Motivo").fill("Avería")
        await page.get_by_role("button", name="Ver qué cambia").click()
        await page.locator(".visit a").click()
        await expect(page.locator("[data-found]")).to_contain_text("Amina Haddad")


async def test_hours_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    await book_people(app_server.runtime, 3)
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, HOURS)
        review = page.get_by_role("button", name="Ver qué cambia")
        await page.locator('[name="monday.1.until"]').fill("08:00")
        await review.click()
        await eyes.check_page(page, "hours week wrong")
        await page.goto(f"{HOURS}/holidays?years=2027")
        await eyes.check_page(page, "hours holidays")
        await page.goto(f"{HOURS}/extra")
        await page.locator("#day").fill("2026-12-05")
        await page.locator('[name="hours.1.from"]').fill("10:00")
        await page.locator('[name="hours.1.until"]').fill("13:00")
        await review.click()
        await page.get_by_role("button", name="Guardar").click()
        await eyes.check_page(page, "hours extra")
        await page.goto(f"{HOURS}/closures")
        await page.get_by_label("Primer día").fill(FRIDAY_AT_9.date().isoformat())
        await page.get_by_label("Último día").fill((FRIDAY_AT_9 + timedelta(days=2)).date().isoformat())
        await page.get_by_label("Motivo").fill("Obras en la planta baja")
        await review.click()
        await page.get_by_label("Cancelarlas con aviso").check()
        await page.get_by_role("button", name="Guardar").click()
        await eyes.check_page(page, "hours review wrong")
        await page.get_by_label("Dejarlas").check()
        await page.get_by_role("button", name="Guardar").click()
        await eyes.check_page(page, "hours closures")
        await page.get_by_role("link", name="Cambiarlas o cancelarlas").click()
        await page.get_by_label("Cambiarlas a las horas nuevas").check()
        await eyes.check_page(page, "hours appointments")
        await page.get_by_role("button", name="Resolver las marcadas").click()
        await eyes.check_page(page, "hours settled")
    eyes.assert_no_flaws()


async def test_settings_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes, settings = VisualCheck(), "/staff/manage/o/centro/settings"
    async with new_visitor_page(browser, app_server) as page:
        await open_as_administrator(app_server, page, settings)
        await page.goto(f"{settings}/lines/registry")
        await page.get_by_label("Una cita cuenta como tarde después de").fill("45")
        await page.keyboard.press("Enter")  # shows what changes, and does not empty another field
        await expect(page.get_by_role("alert")).to_contain_text("escribe como mucho 30 min")
        await eyes.check_page(page, "manage line settings wrong")
        await page.get_by_role("button", name="Volver a 10 min").click()
        await expect(page.get_by_label("Una cita cuenta como tarde después de")).to_be_focused()
        await page.get_by_label("Citas seguidas antes de que pase una espera larga").fill("3")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Guardar").click()
        await expect(page.get_by_text("Guardado", exact=True)).to_be_visible()
        await page.goto(f"{settings}/lists/pause_messages")
        await page.get_by_role("button", name="Añadir una entrada").click()
        await expect(page.locator("#es-2")).to_be_focused()
        await eyes.check_page(page, "manage list")
    eyes.assert_no_flaws()
