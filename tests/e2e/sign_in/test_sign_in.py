"""Passkeys with Chromium's virtual authenticator, and the login over a page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions import accounts
from office360.staff.storage.tables import StaffSessionRow
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from ...conftest import AppServer, FakeClock, serve_app
from ...staff.conftest import PASSWORD
from ..support.page_scripts import wait_for_modules
from ..support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e

DETAILS = "/staff/manage/o/centro/details"
FIRST_CHECK_MS = 5 * 60_000 + 1_000  # of the session, after the page was loaded
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def named_server(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AppServer]:
    """Serve the app under a name, which passkeys need, with an administrator and an agent."""
    async with serve_app(settings, clock, host="localhost") as server:
        for username, role in (("elena", StaffRole.ADMINISTRATOR), ("boris", StaffRole.AGENT)):
            await accounts.create_user(
                server.runtime, username=username, name=username.title(), role=role, password=PASSWORD
            )
        yield server


async def sign_in(page: Page, username: str, path: str) -> None:
    await page.goto(f"/staff/?next={path}")
    await page.get_by_label("Usuario").fill(username)
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Entrar", exact=True).click()
    await page.wait_for_url(f"**{path}")


async def end_sessions(server: AppServer) -> None:
    async with server.runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(revoked_at=tx.now))


async def test_added_passkey_signs_in_alone(named_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, named_server) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await sign_in(page, "elena", "/staff/account")
        await eyes.check_page(page, "own account")
        await page.get_by_role("link", name="Añadir una llave de acceso").click()
        await page.get_by_label("Nombre").fill("Portátil")
        await page.get_by_role("button", name="Crear la llave de acceso").click()
        await expect(page.locator("[data-codes] li")).to_have_count(10)
        await eyes.check_page(page, "recovery codes")
        await page.get_by_role("link", name="Ya los he guardado").click()
        await page.goto("/staff/account")
        await expect(page.get_by_text("Portátil", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Salir").click()
        # the virtual device answers the field's question for a passkey as soon as the page asks it
        await page.wait_for_url("**/staff/host*")
        await page.get_by_role("button", name="Menú").click()
        await expect(page.get_by_role("link", name="Elena")).to_be_visible()
    eyes.assert_no_flaws()


async def test_session_end_keeps_typed_form_and_sends_it(named_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, named_server) as page:
        await sign_in(page, "elena", DETAILS)
        await wait_for_modules(page)
        await page.get_by_label("Nombre", exact=True).fill("Oficina de la Plaza")
        await end_sessions(named_server)
        await page.get_by_role("button", name="Ver qué cambia").click()
        dialog = page.get_by_role("dialog", name="Tu sesión ha terminado")
        await expect(dialog.get_by_label("Contraseña")).to_be_focused()
        await eyes.check_page(page, "login over the page")
        await dialog.get_by_label("Contraseña").fill("wrong")
        await dialog.get_by_role("button", name="Entrar", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("no coinciden")
        await dialog.get_by_label("Contraseña").fill(PASSWORD)
        await dialog.get_by_role("button", name="Entrar", exact=True).click()
        await expect(page.get_by_role("heading", name="¿Guardar estos cambios?")).to_be_visible()
        await page.get_by_role("button", name="Guardar").click()
        await expect(page.get_by_role("status").first).to_contain_text("Guardado")
        await expect(page.get_by_text("Oficina de la Plaza").first).to_be_visible()
    eyes.assert_no_flaws()


async def test_closed_socket_asks_for_login_over_the_board(named_server: AppServer, browser: Browser) -> None:
    async with new_visitor_page(browser, named_server) as page:
        await sign_in(page, "elena", "/staff/host")
        await expect(page.locator("main[data-connection=on], [data-connection=on]").first).to_be_attached()
        await end_sessions(named_server)
        async with named_server.runtime.transaction() as tx:
            await accounts.recheck_open_sockets(tx)
        dialog = page.get_by_role("dialog", name="Tu sesión ha terminado")
        await dialog.get_by_label("Contraseña").fill(PASSWORD)
        await dialog.get_by_role("button", name="Entrar", exact=True).click()
        await expect(dialog).to_be_hidden()
        await expect(page.locator("[data-connection=on]").first).to_be_attached()


async def test_warned_person_stays_and_keeps_typed_text(
    named_server: AppServer, browser: Browser, clock: FakeClock
) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, named_server) as page:
        await page.clock.install()
        await sign_in(page, "elena", DETAILS)
        await wait_for_modules(page)
        await page.get_by_label("Nombre", exact=True).fill("Oficina de la Plaza")
        warning = page.locator(".session-warning")
        clock.advance(minutes=116)  # a session ends after two hours without use
        await page.clock.fast_forward(FIRST_CHECK_MS)
        await expect(warning).to_contain_text("Hace un rato que no usas esta página")
        await eyes.check_page(page, "warning before the session ends")
        await warning.get_by_role("button", name="Seguir con la sesión").click()
        await expect(warning).to_be_hidden()
        clock.advance(minutes=10)
        await page.get_by_role("button", name="Ver qué cambia").click()
        await expect(page.get_by_role("heading", name="¿Guardar estos cambios?")).to_be_visible()
    eyes.assert_no_flaws()
