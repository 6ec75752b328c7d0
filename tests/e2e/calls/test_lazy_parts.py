"""Parts of a call that load at a press or an event, on a network that fails."""

from __future__ import annotations

import pytest
from office360.core.runtime import Runtime
from playwright.async_api import Route, expect

from ...rooms.support.accepted_texts import store_texts
from ...rooms.support.video_appointments import BookedVideoAppointment
from ..support.video_call import BrowserCall

pytestmark = pytest.mark.e2e

TEXT = {"title": {"es": "Consulta de mis datos"}, "body": {"es": "Autorizo la consulta."}}
PAPERS = "**/rooms/papers/papers.js"


@pytest.fixture
async def booked(runtime: Runtime, booked: BookedVideoAppointment) -> BookedVideoAppointment:
    """The appointment of Amina, in an office with a text to accept."""
    await store_texts(runtime, booked, {"query": TEXT})
    return booked


async def test_failed_parts_are_told_and_load_again(lobby_call: BrowserCall) -> None:
    citizen, agent = lobby_call.citizen, lobby_call.agent
    fails = {citizen: True, agent: True}

    async def load(route: Route) -> None:
        await (route.abort("internetdisconnected") if fails[route.request.frame.page] else route.continue_())

    for page in (citizen, agent):
        await page.route(PAPERS, load)
    await agent.get_by_role("button", name="Dejar entrar").click()
    await agent.get_by_role("tab", name="Documentos").click()
    failure = agent.get_by_role("alert").get_by_text("No se ha cargado")
    await expect(failure).to_be_visible()
    await expect(agent.get_by_role("tab", name="Documentos")).to_be_focused()
    fails[agent] = False
    await agent.get_by_role("tab", name="Documentos").click()
    # The citizen's page needs its part for the text, and loads it by itself when the network is back.
    async with citizen.expect_event("requestfailed", lambda request: request.url.endswith("papers.js")):
        await agent.get_by_role("button", name="Ofrecerlo").click()
    await expect(failure).to_have_count(0)
    fails[citizen] = False
    await expect(citizen.get_by_text("Autorizo la consulta.")).to_be_visible()
