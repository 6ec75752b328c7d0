"""Texts that citizens accept: add, change, remove, undo, and in the city file."""

from __future__ import annotations

from typing import Any

from office360.management.domain.city_file import format_city, parse_city
from office360.offices.service import office_by_slug, office_to_document, parse_office

from ...conftest import AppServer
from ..conftest import SignIn
from ..support.console_forms import fill

TEXTS = "/staff/manage/o/centro/settings/texts"
BODY = "Autorizo la consulta.\r\n\r\n\r\nUna   sola vez."


async def document(server: AppServer) -> dict[str, Any]:
    async with server.runtime.read_session() as session:
        return office_to_document(await office_by_slug(session, "centro"))


async def test_text_is_added_changed_removed_and_taken_back(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{TEXTS}/new", title__es="Consulta de datos", body__es=BODY)
        assert "Consulta de datos" in page.text
        stored = {"title": {"es": "Consulta de datos"}, "body": {"es": "Autorizo la consulta.\n\nUna sola vez."}}
        assert (await document(managers))["texts"] == {"consulta-datos": stored}
        review = await fill(carmen, f"{TEXTS}/consulta-datos", "review", body__en="I authorise it.")
        assert "Text (English)" in review.text
        removed = await fill(carmen, f"{TEXTS}/consulta-datos/remove")
        assert (await document(managers))["texts"] == {}
        await carmen.send(removed, "/undo")
        assert (await document(managers))["texts"] == {"consulta-datos": stored}


async def test_text_without_spanish_is_refused_and_kept(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await fill(carmen, f"{TEXTS}/new", title__en="Look-up", body__en="I authorise it.")
        assert page.status == 422
        assert "I authorise it." in page.html


async def test_texts_survive_the_city_file(managers: AppServer) -> None:
    changed = await document(managers) | {
        "texts": {"query": {"title": {"es": "Consulta"}, "body": {"es": "Uno.\n\nDos “tres”."}}}
    }
    written = format_city({"centro": changed})
    assert parse_office(parse_city(written.encode()).offices["centro"])["texts"] == changed["texts"]
