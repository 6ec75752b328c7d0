"""Main pages of a server without bundles, which sends each module as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.offices.service import Office
from office360.queue.service import TicketRequest, take_ticket
from office360.server import app
from office360.server.settings import Settings
from office360.server.web import static_files
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer
from playwright.async_api import expect

from ...conftest import AppServer, FakeClock, serve_app
from ..support.page_scripts import wait_for_modules
from ..support.video_call import BrowserCall

pytestmark = pytest.mark.e2e

SCRIPTS_JS = """performance.getEntriesByType("resource").map((entry) => entry.name)
  .filter((name) => name.endsWith(".js"))"""


@pytest.fixture
async def app_server(
    settings: Settings, clock: FakeClock, office: Office, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AppServer]:
    """Serve the app of a package without bundles."""
    monkeypatch.setattr(static_files, "current_manifest", lambda root: None)
    monkeypatch.setattr(app, "StaticFolder", StaticFolder)
    monkeypatch.setattr(app, "JinjaRenderer", JinjaRenderer)  # not those that all tests share
    async with serve_app(settings, clock) as server:
        yield server


async def test_main_pages_work_on_single_modules(call: BrowserCall) -> None:
    citizen, agent, server = call.citizen, call.agent, call.server
    await agent.get_by_role("tab", name="Documentos").click()
    await expect(agent.get_by_role("tab", name="Documentos")).to_have_attribute("aria-selected", "true")
    issued = await take_ticket(server.runtime, "centro", TicketRequest(service="documents"))
    errors: list[str] = []
    for page in (citizen, agent):
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for path in ("/", "/appointments/new", f"/t/{issued.token}", "/test", "/staff/desk?office=centro"):
        page = agent if path.startswith("/staff") else citizen
        await page.goto(server.url + path)
        await wait_for_modules(page)
        scripts = await page.evaluate(SCRIPTS_JS)
        assert len(scripts) >= 3
        assert not any("/pages/" in script for script in scripts)
    assert errors == []
