"""Sign-in with the organisation's login in a browser, with its cookies and policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from office360.offices.service import Office
from office360.server.settings import Settings
from playwright.async_api import Browser, expect

from ....conftest import AppServer, FakeClock
from ....e2e.support.visual_check import BOTH_SIZES, VisualCheck, new_visitor_page
from ....e2e.test_management import open_as_administrator
from ...support.oidc_provider import OidcProvider, running_provider, serve_with_provider

pytestmark = pytest.mark.e2e

GROUPS = "/staff/manage/people/groups"


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
async def site(
    settings: Settings, clock: FakeClock, office: Office, provider: OidcProvider
) -> AsyncIterator[AppServer]:
    clock.set(datetime.now(UTC))
    async with serve_with_provider(settings, clock, provider) as server:
        yield server


async def test_group_opens_the_console_and_logout_leaves_both(
    site: AppServer, provider: OidcProvider, browser: Browser
) -> None:
    eyes = VisualCheck()
    await provider.set_people(rosa=["mostrador"], pau=["coro"])
    async with new_visitor_page(browser, site) as admin, new_visitor_page(browser, site) as rosa:
        await admin.goto("/staff/")
        await eyes.check_page(admin, "login with provider", BOTH_SIZES)
        await open_as_administrator(site, admin, GROUPS)
        await admin.get_by_role("link", name="Añadir un grupo").press("Enter")
        await admin.get_by_role("button", name="Guardar").press("Enter")
        await eyes.check_page(admin, "group wrong", BOTH_SIZES)
        await admin.get_by_label("Grupo", exact=True).fill("mostrador")
        await admin.get_by_label("Oficina Centro").press("Space")
        await admin.get_by_role("button", name="Guardar").press("Enter")
        await expect(admin.get_by_role("link", name="mostrador", exact=True)).to_be_visible()

        await rosa.goto("/staff/?next=/staff/desk")
        await rosa.get_by_role("link", name="Entrar con Cuenta de la Junta").press("Enter")
        await rosa.get_by_role("link", name="pau").click()
        await expect(rosa.get_by_role("heading", name="Tu cuenta aún no tiene acceso aquí")).to_be_visible()
        await eyes.check_page(rosa, "provider account without role", BOTH_SIZES)
        await rosa.get_by_role("link", name="Usar otra cuenta").press("Enter")
        await rosa.get_by_role("link", name="rosa").click()
        await rosa.wait_for_url("**/staff/desk*")

        await admin.reload()
        await admin.get_by_role("link", name="mostrador", exact=True).press("Enter")
        await admin.get_by_role("radio", name="Recepción Lleva").press("Space")
        await admin.get_by_role("button", name="Guardar").press("Enter")
        await expect(admin.get_by_role("heading", name="Cambia el acceso de una persona")).to_be_visible()
        await eyes.check_page(admin, "group review", BOTH_SIZES)
        await admin.get_by_role("button", name="Guardar el grupo").press("Enter")
        await expect(admin.get_by_role("link", name="Quitar…")).to_be_visible()
        await eyes.check_page(admin, "groups", BOTH_SIZES)
        await rosa.goto("/staff/host")
        await rosa.wait_for_url("**/staff/host*")  # its script adds the office
        await rosa.get_by_role("button", name="Menú").click()
        await rosa.get_by_role("button", name="Salir").first.click()
        await expect(rosa.get_by_role("heading", name="Has cerrado la sesión")).to_be_visible()
        await rosa.wait_for_url(f"{provider.issuer}/session/end?**")
        await rosa.goto("/staff/host")
        await expect(rosa).to_have_url(f"{site.url}/staff/?next=/staff/host")
    eyes.assert_no_flaws()
