"""Posters of all offices in one file, own texts, and waiting-room screens with a name."""

from __future__ import annotations

import re

import pypdfium2
from office360.core.db.audit_entries import AuditEntryRow
from office360.offices.service import Office, office_by_slug
from office360.queue.domain.display_screen import MAX_SCREENS
from office360.queue.service import load_screens
from office360.server.settings import Settings
from sqlalchemy import select

from ....appointments.support.html_client import CitizenBrowser, HtmlPage
from ....conftest import AppServer, FakeClock, serve_app
from ....staff.conftest import sign_in
from ...conftest import SignIn
from ...support.console_forms import fill

SCREENS = "/staff/manage/screens"
POSTER = "/staff/manage/o/centro/poster"


async def download(server: AppServer, who: str, path: str) -> tuple[int, list[str]]:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get(path) as answer:
            body = await answer.read()
            if answer.status != 200:
                return answer.status, []
    with pypdfium2.PdfDocument(body) as document:
        return 200, [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


async def press(browser: CitizenBrowser, path: str, **typed: str) -> HtmlPage:
    """Send a form of the console, with the token of a page of it."""
    page = await browser.get(SCREENS)
    return await browser.post(path, [("csrf", page.form.value("csrf") or ""), *typed.items()])


async def test_one_file_has_the_posters_of_all_own_offices(managers: AppServer) -> None:
    status, pages = await download(managers, "elena", "/staff/manage/posters.pdf?size=a3&languages=en")
    assert (status, len(pages)) == (200, 2)
    assert "Oficina Norte" in pages[1]
    assert "Point your camera at the code." in pages[1]
    assert len((await download(managers, "diego", "/staff/manage/posters.pdf"))[1]) == 1
    assert await download(managers, "diego", "/staff/manage/posters.pdf?office=centro") == (403, [])


async def test_poster_in_arabic_is_printed_where_offered(
    managers_content: None, settings: Settings, clock: FakeClock, office: Office
) -> None:
    offering = settings.model_copy(update={"languages": ["es", "ar"]})
    async with serve_app(offering, clock) as server:
        _, pages = await download(server, "carmen", "/staff/manage/posters.pdf?office=centro&languages=ar-es")
    assert "خذ دورك بهاتفك المحمول" in pages[0]


async def test_own_text_stands_on_the_poster_and_can_be_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    text = "Por las obras, entra por la calle de la Fuente."
    async with sign_in_as("carmen") as carmen:
        assert text in (await fill(carmen, POSTER, "review", poster__es=text)).text
        assert "saved&undo=" in (await fill(carmen, POSTER, poster__es=text)).path
    assert text in (await download(managers, "carmen", "/staff/manage/posters.pdf?office=centro"))[1][0]
    async with sign_in_as("carmen") as carmen:
        long = await fill(carmen, POSTER, poster__es="x" * 141)
        assert (long.status, "x" * 141 in long.html) == (422, True)
    async with sign_in_as("diego") as diego:
        assert (await diego.get(POSTER)).status == 403


async def test_screen_is_named_opened_renamed_and_removed(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        made = await press(carmen, SCREENS, office="centro", name="  Planta   1 ")
        assert "Planta 1" in made.text
        link = re.search(r'value="(http[^"]+/o/centro/display\?screen=[^"]+)"', made.html)
        assert link is not None
        assert "data-screen=" in (await carmen.get("/o/" + link.group(1).partition("/o/")[2])).html
        again = await press(carmen, SCREENS, office="centro", name="Planta 1")
        assert (again.status, "Another screen of this office has this name." in again.text) == (422, True)
        path = made.path.partition("?")[0]
        renamed = await press(carmen, path, name="Entrada")
        assert "Entrada" in renamed.text
        assert "The screen is removed." in (await press(carmen, f"{path}/remove")).text
    async with managers.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        assert await load_screens(session, [office.id]) == []
        entries = (await session.execute(select(AuditEntryRow).order_by(AuditEntryRow.id))).scalars()
        actions = [entry.action for entry in entries if entry.subject_type == "screen"]
    assert actions == ["screen.created", "screen.renamed", "screen.removed"]


async def test_screens_of_another_office_are_refused(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        made = await press(carmen, SCREENS, office="centro", name="Entrada")
        path = made.path.partition("?")[0]
        assert (await press(carmen, SCREENS, office="norte", name="x")).status == 403
    async with sign_in_as("diego") as diego:
        assert "Entrada" not in (await diego.get(SCREENS)).text
        for refused in (path, f"{path}/remove"):
            assert (await diego.get(refused)).status == 403
            assert (await press(diego, refused, name="y")).status == 403


async def test_screens_of_an_office_are_limited(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        for number in range(MAX_SCREENS):
            await press(carmen, SCREENS, office="centro", name=f"Pantalla {number}")
        refused = await press(carmen, SCREENS, office="centro", name="Otra")
    assert (refused.status, f"At most {MAX_SCREENS} are possible." in refused.text) == (422, True)
    assert 'value="Otra"' in refused.html
