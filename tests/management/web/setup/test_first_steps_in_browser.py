"""From an empty installation to a running office in a browser, with its presses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.db.audit_entries import AuditActor
from office360.management.actions.change_office import change_office
from office360.server.settings import Settings
from office360.staff.actions import accounts
from playwright.async_api import Browser, Page, expect

from ....conftest import AppServer, FakeClock, serve_app
from ....e2e.support.axe import ALL_RULES, CONTRAST_RULE
from ....e2e.support.video_call import PASSWORD
from ....e2e.support.visual_check import ScreenVariant, VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e

VIEWS = (
    ScreenVariant("phone light", 320, 640, "light", ALL_RULES),
    ScreenVariant("tablet light", 1024, 768, "light", CONTRAST_RULE),
    ScreenVariant("desk dark", 1280, 800, "dark", CONTRAST_RULE),
)
MAX_PRESSES = 25  # a person needs half a minute for each, typing included: 15 minutes leave room to read


@dataclass
class CountedPage:
    """A page that counts presses and checks each page once."""

    page: Page
    eyes: VisualCheck
    presses: int = 0

    async def look(self, name: str) -> None:
        await self.eyes.check_page(self.page, f"first steps {name}", VIEWS)

    async def press(self, role: Any, name: str) -> None:
        await self.page.get_by_role(role, name=name, exact=True).click()
        self.presses += 1

    async def fill(self, **texts: str) -> None:
        for label, text in texts.items():
            await self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)


@pytest.fixture
async def empty_server(settings: Settings, clock: FakeClock) -> AsyncIterator[AppServer]:
    """Serve an installation that has one administrator and nothing else."""
    async with serve_app(settings, clock) as server:
        await accounts.create_user(
            server.runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
        )
        yield server


async def test_first_office_is_set_up_in_few_presses(
    empty_server: AppServer, browser: Browser, record_property: Any
) -> None:
    async with new_visitor_page(browser, empty_server) as page:
        steps = CountedPage(page, VisualCheck())
        await page.goto("/staff/")
        await steps.fill(Usuario="elena", Contraseña=PASSWORD)
        await steps.press("button", "Entrar")
        await page.wait_for_url("**/staff/manage")
        await steps.look("empty installation")
        await steps.press("link", "Empezar")
        await _create_office(steps)
        await _add_parts(steps)
        await _open_and_show(steps, empty_server)
    steps.eyes.assert_no_flaws()
    assert steps.presses <= MAX_PRESSES
    record_property("summary", f"first steps: an office runs after {steps.presses} presses")


async def _create_office(steps: CountedPage) -> None:
    await steps.press("button", "Crear la oficina")
    await steps.look("new office, nothing typed")
    await steps.fill(Nombre_de_la_oficina="Oficina de Getafe", Dirección="Plaza Mayor, 1", Localidad="Getafe")
    await steps.fill(Teléfono="910 000 360")
    await expect(steps.page.get_by_label("Nombre corto")).to_have_value("oficina-getafe")
    await steps.page.get_by_label("Zona horaria").select_option("Europe/Madrid")
    await steps.page.get_by_label("País de sus festivos").select_option("ES")
    await steps.page.get_by_label("Región de sus festivos").select_option("MD")  # the script has loaded it
    await steps.press("button", "Crear la oficina")
    await steps.look("overview, 2 of 6")


async def _add_parts(steps: CountedPage) -> None:
    await steps.page.goto("/staff/manage/o/oficina-getafe/lines")
    await steps.look("no lines")
    await steps.page.go_back()
    await steps.press("link", "Añadir una cola")
    await steps.fill(**{"Nombre (Español)": "Registro"})
    await steps.look("new line")
    await steps.press("button", "Añadir la cola")
    await steps.press("link", "Añadir un trámite")
    await steps.fill(**{"Nombre (Español)": "Empadronarse"})
    await steps.look("new service")
    await steps.press("button", "Añadir el trámite")
    await steps.look("services")
    await steps.press("link", "Añadir mesas")
    await steps.page.get_by_label("Hasta el número (opcional)").fill("4")
    await steps.page.get_by_label("Cómo llegar (Español)").fill("Al fondo, a la izquierda")
    await steps.look("new desks")
    await steps.press("button", "Añadir")
    await steps.look("desks")


async def _open_and_show(steps: CountedPage, server: AppServer) -> None:
    week = {day: ["09:00-14:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    actor = AuditActor(None, "test")
    await change_office(server.runtime, actor, "oficina-getafe", lambda office: {**office, "hours": week})
    # an invitation ends in the invited person's browser, so that account comes from elsewhere
    await accounts.create_user(
        server.runtime, username="boris", name="Boris", role=StaffRole.AGENT, password=PASSWORD
    )
    await steps.press("link", "Oficina")
    await steps.look("overview, complete")
    await steps.press("link", "Mostrarla a la ciudadanía")
    await steps.look("show to citizens")
    await steps.press("button", "Mostrarla a la ciudadanía")
    await expect(steps.page.get_by_text("Ve esta oficina.")).to_be_visible()
    await steps.look("overview, shown")
    async with steps.page.context.expect_page() as opened:
        await steps.press("link", "Página de la oficina")
    citizen = await opened.value
    await expect(citizen.get_by_role("heading", name="Oficina de Getafe")).to_be_visible()
    await citizen.close()
