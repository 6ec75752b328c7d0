"""Lists to choose from: add, edit, order, remove, defaults, and where they are used."""

from __future__ import annotations

import re
from typing import Any

from office360.core.db.audit_entries import AuditActor
from office360.management.actions.change_office import change_office
from office360.offices.service import OfficeDocument, office_by_slug

from ...appointments.support.html_client import CitizenBrowser, HtmlPage
from ...conftest import AppServer
from ..conftest import SignIn

LISTS = "/staff/manage/o/centro/settings/lists"
OUTCOMES, PAUSES = f"{LISTS}/outcomes", f"{LISTS}/pause_messages"


async def choices(server: AppServer) -> dict[str, Any]:
    async with server.runtime.read_session() as session:
        return dict((await office_by_slug(session, "centro")).choices)


async def press(browser: CitizenBrowser, page: HtmlPage, step: str, **texts: str) -> HtmlPage:
    """Press a button of the list's form. `es_0` is the Spanish text of the first row."""
    values = next(form.values for form in page.forms if form.value("loaded") is not None)
    sent, seen = [], {"es": 0, "en": 0}
    for name, value in values:
        field = name
        if name in seen:
            field, seen[name] = f"{name}_{seen[name]}", seen[name] + 1
        sent.append((name, texts.get(field.replace(".", "_"), value)))
    return await browser.post(page.path.partition("?")[0], [*sent, ("step", step)])


async def test_list_is_changed_by_rows_and_taken_back(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await press(carmen, await carmen.get(OUTCOMES), "add")
        page = await press(carmen, page, "up:3", es_3="Pagó la tasa", en_3="Paid the fee")
        page = await press(carmen, page, "remove:3")
        review = await press(carmen, page, "review")
        assert "Resolved" in review.text
        assert "Paid the fee" in review.text
        assert "Visits that have a removed outcome keep its words." in review.text
        saved = await press(carmen, review, "save")
        assert "Saved" in saved.text
        stored = (await choices(managers))["outcomes"]
        assert list(stored) == ["resolved", "documents_missing", "pago_la_tasa"]
        assert stored["pago_la_tasa"] == {"es": "Pagó la tasa", "en": "Paid the fee"}
        await carmen.send(saved, "/undo")
        assert "outcomes" not in await choices(managers)


async def test_list_keeps_texts_of_languages_not_offered(managers: AppServer, sign_in_as: SignIn) -> None:
    texts = {"es": "Resuelto", "ca": "Resolt", "ar": "تم"}

    def edit(document: OfficeDocument) -> OfficeDocument:
        return {**document, "choices": {"outcomes": {"resolved": texts}}}

    await change_office(managers.runtime, AuditActor(None, "test"), "centro", edit)
    async with sign_in_as("carmen") as carmen:
        await press(carmen, await carmen.get(OUTCOMES), "save", es_0="Hecho")
    assert (await choices(managers))["outcomes"] == {"resolved": texts | {"es": "Hecho"}}


async def test_removed_entry_returns_to_its_place_on_undo(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await press(carmen, await carmen.get(OUTCOMES), "save", es_0="Hecho")
        page = await press(carmen, await carmen.get(OUTCOMES), "remove:0")
        saved = await press(carmen, page, "save")
        assert (await choices(managers))["former_outcomes"]["resolved"]["es"] == "Hecho"
        await carmen.send(saved, "/undo")
        stored = await choices(managers)
        assert list(stored["outcomes"]) == ["resolved", "documents_missing", "referred"]
        page = await press(carmen, await carmen.get(OUTCOMES), "defaults")
        await press(carmen, page, "save")
        assert "outcomes" not in await choices(managers)


async def test_wrong_rows_are_named_and_kept(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await press(carmen, await carmen.get(OUTCOMES), "save", es_1="", en_1="Papers")
        assert page.status == 422
        assert 'id="es-1-error"' in page.html
        assert "Entry 2 (Español)" in page.text
        assert 'value="Papers"' in page.html
        empty = {f"{language}_{row}": "" for language in ("es", "en") for row in range(3)}
        page = await press(carmen, await carmen.get(OUTCOMES), "review", **empty)
        assert page.status == 422
        assert "a list needs at least one entry." in page.text


async def test_second_manager_keeps_typed_rows(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        theirs = await carmen.get(OUTCOMES)
        await press(elena, await elena.get(OUTCOMES), "save", en_0="Done")
        page = await press(carmen, theirs, "save", en_1="Papers")
        assert page.status == 409
        assert "Done" in page.text
        assert 'value="Papers"' in page.html


async def test_evacuation_text_is_edited_apart_from_messages(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(PAUSES)
        await press(carmen, page, "save", evacuation_es="Sal a la plaza.", evacuation_en="Go to the square.")
        stored = (await choices(managers))["pause_messages"]
        assert stored["evacuation"] == {"es": "Sal a la plaza.", "en": "Go to the square."}
        host = await carmen.get("/staff/host?office=centro")
        evacuate = host.html[host.html.index('id="evacuate"') :]
        assert "Go to the square." in evacuate
        offered = re.findall(r'name="reason" value="(\w*)"([^>]*)>', host.html)
        assert [key for key, _ in offered] == ["outage", "short_break", "", "evacuation"]
        assert not any("checked" in more for _, more in offered)


async def test_lists_are_used_in_consoles_of_both_languages(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{LISTS}/stop_reasons")
        await press(carmen, page, "save", es_0="No hay papel.", en_0="There is no paper.")
        assert "There is no paper." in (await carmen.get("/staff/host?office=centro")).text
    async with sign_in_as("carmen", "es") as carmen:
        assert "No hay papel." in (await carmen.get("/staff/host?office=centro")).text


async def test_lists_are_refused_to_other_roles_and_offices(managers: AppServer, sign_in_as: SignIn) -> None:
    for username in ("diego", "boris"):
        async with sign_in_as(username) as browser:
            assert (await browser.get(LISTS)).status == 403
            assert (await browser.get(OUTCOMES)).status == 403
    async with sign_in_as("carmen") as carmen:
        assert (await carmen.get(f"{LISTS}/colours")).status == 404
