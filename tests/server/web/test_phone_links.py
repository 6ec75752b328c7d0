"""Telephone numbers on pages for citizens are links that dial."""

from __future__ import annotations

import re

import pytest
from office360.core.db.audit_entries import AuditActor
from office360.offices.domain.documents.site import SiteProfile
from office360.offices.service import Office, office_by_slug, save_site_profile

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...appointments.support.phone_mode import allow_phone
from ...conftest import AppServer
from ...support.phone_links import unlinked_numbers

DETAILS = "/appointments/new?office=centro&service=certificate&mode={}&starts_at=2026-11-27T09:00:00%2B01:00"
FILLED = {"name": "Amina Haddad", "email": "amina@example.org", "privacy_accepted": "1", "phone": "600 111 222"}


@pytest.fixture
async def reachable_office(app_server: AppServer) -> Office:
    """Give the site a help telephone, and the service a mode by telephone."""
    runtime = app_server.runtime
    async with runtime.transaction() as tx:
        profile = SiteProfile(help_phone="900 000 361")
        await save_site_profile(tx.session, tx.now, AuditActor("cli", "cli"), profile)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await allow_phone(runtime, office)
    return office


async def pages_with_numbers(person: CitizenBrowser, language: str) -> list[HtmlPage]:
    """Open the pages that tell a number."""
    pages = [await person.get(f"/accessibility?lang={language}")]
    for path in ("/", "/chat", "/test", "/privacy", "/appointments/find", "/nowhere", DETAILS.format("phone")):
        pages.append(await person.get(path))
    for mode in ("phone", "video"):
        page = await person.send(await person.get(DETAILS.format(mode)), "/appointments/new", **FILLED)
        pages += [page, await person.get(page.path.partition("?")[0] + "/reschedule")]
        if mode == "video":
            pages.append(await person.get(page.path.partition("?")[0] + "/room"))
        refused = await person.send(await person.get(DETAILS.format(mode)), "/appointments/new", **FILLED)
        pages.append(refused)
    page = await person.get("/appointments/find")
    for _ in range(6):
        page = await person.send(page, "/appointments/find", locator="7KQM2X9T", contact="x@example.org")
    return [*pages, page]


@pytest.mark.parametrize("language", ["es", "en"])
async def test_numbers_on_citizens_pages_are_links(
    app_server: AppServer, reachable_office: Office, language: str
) -> None:
    async with citizen_browser(app_server) as person:
        pages = await pages_with_numbers(person, language)
    on_screen = {
        page.url: re.sub(r'<section class="paper.*?</section>', "", page.html, flags=re.S) for page in pages
    }
    assert {url: found for url, html in on_screen.items() if (found := unlinked_numbers(html))} == {}
    linked = [page.html.count('href="tel:+34900000361"') for page in pages]
    assert all(linked), "the help telephone of each page"
    assert any('href="tel:+34900000360"' in page.html for page in pages), "that of the office"


async def test_number_in_an_answer_of_the_assistant_is_a_link(
    app_server: AppServer, reachable_office: Office
) -> None:
    async with citizen_browser(app_server) as person:
        page = await person.get("/chat")
        page = await person.post("/chat", page.forms[-1].filled_values(text="quiero hablar con una persona"))
    assert 'href="tel:+34900000361"' in page.html
    assert unlinked_numbers(page.html) == []
