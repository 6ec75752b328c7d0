"""Download of posters, over real HTTP: access by office."""

from __future__ import annotations

import pypdfium2
import zxingcpp

from ...conftest import AppServer
from ..conftest import sign_in


async def test_agent_downloads_poster_of_own_office(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/posters/centro.pdf") as answer:
            pdf = await answer.read()
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            assert answer.headers["Content-Disposition"] == 'attachment; filename="centro.pdf"'
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().convert("L")
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [f"{app_server.url}/o/centro"]


async def test_poster_of_other_office_is_refused(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "diego")
        for office in ("centro", "nowhere"):
            async with client.get(f"/staff/posters/{office}.pdf") as answer:
                assert answer.status == 403


async def test_poster_without_session_redirects_to_login(app_server: AppServer, staff: dict[str, str]) -> None:
    path = "/staff/posters/centro.pdf"
    async with app_server.client() as client, client.get(path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/staff/?next={path}")


async def test_desk_choice_links_to_poster_and_display(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/staff/desk") as answer:
            page = await answer.text()
    assert 'href="/staff/posters/centro.pdf"' in page
    assert 'href="/o/centro/display"' in page
