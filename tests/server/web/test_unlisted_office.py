"""An unlisted office: invisible in every list for citizens, reachable by its own links."""

from __future__ import annotations

from typing import Any

import pytest
from office360.chatbot.queries.context_loader import load_dialogue_context
from office360.core.db.audit_entries import AuditActor
from office360.management.actions.change_office import change_office
from office360.offices.service import office_by_slug, public_offices
from office360.queue.actions.refusals import find_alternatives

from ...appointments.support.html_client import citizen_browser
from ...conftest import AppServer
from ...support.office_fixture import build_office


@pytest.fixture
async def with_unlisted(app_server: AppServer) -> AppServer:
    """Add an unlisted office to the listed office."""
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    actor = AuditActor(None, "test")
    await change_office(app_server.runtime, actor, "norte", lambda office: {**office, "listed": False})
    return app_server


async def test_lists_of_citizens_do_not_show_it(with_unlisted: AppServer) -> None:
    async with citizen_browser(with_unlisted, "en") as amina:
        # with two listed offices the booking asks which; here it does not ask
        pages = [await amina.get(path) for path in ("/", "/turn", "/appointments/new", "/waiting/new")]
        assert ["Oficina Norte" in page.text for page in pages] == [False] * 4
        assert "Which service do you need?" in pages[2].text
    async with with_unlisted.client() as client, client.get("/api/v1/offices") as answer:
        assert [office["slug"] for office in await answer.json()] == ["centro"]


async def test_assistant_and_alternatives_do_not_offer_it(with_unlisted: AppServer) -> None:
    runtime = with_unlisted.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        catalogue = (await load_dialogue_context(session, runtime.now(), "900 000 360")).catalogue
        alternatives = await find_alternatives(session, office, office.service("documents"), "en", runtime.now())
        public = await public_offices(session)
    assert [office.slug for office in catalogue.offices_with_service("documents")] == ["centro"]
    assert (found := catalogue.office("norte")) is not None  # a citizen may have an appointment there
    assert found.name == "Oficina Norte"
    assert {alternative["office"] for alternative in alternatives} == {"centro"}
    assert [office.slug for office in public] == ["centro"]


async def test_its_own_links_work(with_unlisted: AppServer) -> None:
    async with citizen_browser(with_unlisted, "en") as amina:
        for path in ("/o/norte", "/o/norte/display"):
            assert "Oficina Norte" in (await amina.get(path)).text
        booking = await amina.get("/appointments/new?office=norte&service=documents")
        assert "Oficina Norte" in booking.text
        waiting = await amina.get("/waiting/new?office=norte")
        assert ("office", "norte") in waiting.forms[0].values


async def test_office_without_services_is_not_public(app_server: AppServer) -> None:
    def without_services(office: dict[str, Any]) -> dict[str, Any]:
        return {**office, "services": {}}

    await change_office(app_server.runtime, AuditActor(None, "test"), "centro", without_services)
    async with app_server.runtime.read_session() as session:
        assert await public_offices(session) == []
        assert [office.slug for office in await public_offices(session, also="centro")] == ["centro"]
