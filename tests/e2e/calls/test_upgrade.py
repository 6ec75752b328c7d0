"""Pages of a call that were opened before an upgrade of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from office360.offices.service import Office
from office360.server import app
from office360.server.app import ROOT
from office360.server.settings import Settings
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer
from playwright.async_api import Response, expect

from ...conftest import AppServer, FakeClock, serve_app
from ..support.video_call import BrowserCall

pytestmark = pytest.mark.e2e

NEXT_BUILD = "0123456789ab"
PARTS = {"rooms/papers/papers.js", "rooms/record/identity_check.js", "rooms/record/asked_document.js"}


@pytest.fixture
async def servers(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def app_server(servers: AsyncExitStack, settings: Settings, clock: FakeClock) -> AppServer:
    """Serve the app until it is upgraded."""
    return await servers.enter_async_context(serve_app(settings, clock))


@pytest.fixture
def upgrade(
    servers: AsyncExitStack,
    app_server: AppServer,
    settings: Settings,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Awaitable[None]]:
    """Return a function that replaces the server by another build at the same address."""
    static = StaticFolder(ROOT / "static")
    static.build = NEXT_BUILD

    async def replace() -> None:
        await servers.aclose()
        monkeypatch.setattr(app, "StaticFolder", lambda path: static)
        monkeypatch.setattr(
            app, "JinjaRenderer", lambda folders, words, files: JinjaRenderer(folders, words, static)
        )
        port = int(app_server.url.rpartition(":")[2])
        await servers.enter_async_context(serve_app(settings, clock, port))

    return replace


async def test_open_call_loads_parts_after_upgrade(
    call: BrowserCall, upgrade: Callable[[], Awaitable[None]]
) -> None:
    citizen, agent = call.citizen, call.agent
    loaded: dict[str, tuple[str, int, str]] = {}

    def record(response: Response) -> None:
        _, _, address = response.url.partition("/static/")
        build, _, name = address.partition("/")
        loaded[name] = (build, response.status, response.headers.get("cache-control", ""))

    await upgrade()
    for page in (citizen, agent):
        page.on("response", record)
    await agent.get_by_role("tab", name="Documentos").click()
    await agent.get_by_role("tab", name="Ficha", exact=True).click()
    await agent.get_by_role("button", name="Enseñar anverso").click()
    asked = citizen.get_by_role("dialog", name="La oficina te pide ver el anverso de tu documento de identidad")
    await asked.get_by_role("button", name="Ahora no").click()
    await expect(agent.get_by_text("La persona no quiere enseñarlo ahora.")).to_be_visible()
    assert set(loaded) >= PARTS
    for build, status, cache_control in (loaded[name] for name in PARTS):
        assert build != NEXT_BUILD
        assert (status, cache_control) == (200, "no-cache")
    await agent.reload()
    assert f"/static/{NEXT_BUILD}/" in await agent.content()
