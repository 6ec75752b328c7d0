"""Search of offices by town or street, where a list is long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.offices.storage.tables import OfficeRow
from sqlalchemy import update

from ...appointments.support.html_client import CitizenBrowser, citizen_browser
from ...chatbot.support.client import open_chat_client
from ...conftest import AppServer
from ...support.office_fixture import build_office

TOWNS = ("Alcalá", "Getafe", "Móstoles", "Ávila", "Cuenca", "Toledo", "Segovia")
LISTS = (
    "/",
    "/turn",
    "/turn?appointment=1",
    "/appointments/new",
    "/appointments/new?service=certificate&mode=video",
)


async def build_towns(server: AppServer, count: int) -> None:
    for place, town in enumerate(TOWNS[: count - 1], start=1):
        await build_office(server.runtime, slug=f"town{place}", name=f"Oficina {place}", position=place)
        async with server.runtime.transaction() as tx:
            address = f"Calle de la Estación, {place}, {town}"
            statement = update(OfficeRow).where(OfficeRow.slug == f"town{place}").values(address=address)
            await tx.session.execute(statement)


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[CitizenBrowser]:
    await build_towns(app_server, 8)
    async with citizen_browser(app_server) as person:
        yield person


def with_query(address: str, words: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}q={words}"


@pytest.mark.parametrize("address", LISTS)
async def test_eight_offices_are_searched_by_town_or_street(amina: CitizenBrowser, address: str) -> None:
    page = await amina.get(address)
    assert "Buscar oficina por municipio o calle" in page.text
    for words, number in (("mostoles", 3), ("AVILA", 4), ("estacion, 5", 5), ("Oficina 6 toledo", 6)):
        page = await amina.get(with_query(address, words))
        shown = [place for place in range(1, 8) if f"Oficina {place}" in page.text.replace(words, "")]
        assert shown == [number], words
        assert "1 oficina encontrada" in page.text
    page = await amina.get(with_query(address, "Lisboa"))
    assert "No encontramos ninguna oficina ahí" in page.text
    assert "Has buscado «Lisboa»." in page.text
    path = address.partition("?")[0]
    ways = [link for link in page.links if link.partition("?")[0] in (path, f"{path}#now") and "q=" not in link]
    assert "Oficina 7" in (await amina.get(ways[-1])).text, "the way to all offices"
    english = await amina.get(with_query(address, "getafe") + "&lang=en")
    assert "1 office found" in english.text


async def test_search_form_keeps_what_was_chosen(amina: CitizenBrowser) -> None:
    page = await amina.get("/appointments/new?service=certificate&mode=video")
    page = await amina.send(page, q="getafe")
    assert "Oficina 2" in page.text
    missing = await amina.get("/appointments/new?service=certificate&mode=video&asked=office&q=getafe")
    assert "Falta una respuesta" in missing.text
    assert "1 oficina encontrada" in missing.text
    page = await amina.get("/appointments/new?service=certificate&mode=video&asked=office&q=getafe&office=town2")
    assert "Paso 3 de 5" in page.text


async def test_seven_offices_need_no_search(app_server: AppServer) -> None:
    await build_towns(app_server, 7)
    async with citizen_browser(app_server) as person:
        for address in LISTS:
            page = await person.get(with_query(address, "getafe"))
            assert "Buscar oficina" not in page.text
            assert "Oficina 6" in page.text, "a short list is not shortened by an old link"


@pytest.mark.parametrize("words", ["%22%3E%3Cscript%3E", "%00", "x" * 5_000, "%F0%9F%8F%A2", "%20"])
async def test_search_takes_any_words(amina: CitizenBrowser, words: str) -> None:
    page = await amina.get(f"/turn?q={words}")
    assert page.status == 200
    assert "<script>" not in page.html.partition("<main")[2].partition("</main>")[0]


async def test_assistant_finds_offices_by_town_or_street(app_server: AppServer) -> None:
    await build_towns(app_server, 8)
    async with open_chat_client(app_server) as diego:
        assert "escribe un municipio o una calle" in await diego.say("certificado digital en persona")
        assert "No encuentro ninguna oficina ahí." in await diego.say("Lisboa")
        await diego.say("calle de la estación")
        assert len(diego.choices) == 7, "those in this street"
        assert "¿Qué día te viene bien?" in await diego.say("en avila")
    async with open_chat_client(app_server, "en") as amina:
        assert "write a town or a street" in await amina.say("digital certificate in person")


async def test_assistant_lists_few_offices_without_a_search(app_server: AppServer) -> None:
    await build_towns(app_server, 7)
    async with open_chat_client(app_server) as diego:
        assert "municipio" not in await diego.say("certificado digital en persona")
        assert "No te he entendido" in await diego.say("Lisboa")
