"""Calls of documents and texts over HTTP: headers, forged requests, messages, ended pages."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.web.authentication import UPLOAD_MEDIA_TYPE
from office360.rooms.actions import staff_actions
from office360.rooms.domain.room_documents import (
    CHECK_CLAIMED_FOR,
    CHECK_RETRY_AFTER_S,
    MAX_DOCUMENT_BYTES,
    MAX_PART_BYTES,
)
from office360.rooms.storage import document_rows
from office360.staff.actions import accounts as staff

from ...conftest import AppServer, FakeClock
from ..support.documents import pdf
from ..support.room_client import enter_room_client
from ..support.video_appointments import AT, BookedVideoAppointment, enter_admitted_pair

API = "/api/v1/rooms"
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


@pytest.fixture
async def boris(app_server: AppServer) -> dict[str, str]:
    """Headers of a page of Boris, who is signed in."""
    await staff.create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password="a password of boris",
    )
    cookie = await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")
    return SAME_SITE | {"Cookie": f"office360_staff={cookie}"}


async def begin(client: aiohttp.ClientSession, path: str, content: bytes, **fields: Any) -> tuple[int, Any]:
    body = {"name": "carta.pdf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **fields}
    async with client.post(f"{path}/documents", json=body) as answer:
        return answer.status, await answer.json()


async def send_part(
    client: aiohttp.ClientSession, path: str, id: str, offset: int, content: bytes, **headers: str
) -> tuple[int, Any]:
    sent = {"Content-Type": UPLOAD_MEDIA_TYPE, "Upload-Offset": str(offset), **headers}
    async with client.patch(f"{path}/documents/{id}", data=io.BytesIO(content), headers=sent) as answer:
        return answer.status, await answer.json() if "json" in answer.content_type else None


async def test_document_reaches_the_other_side_as_attachment(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: dict[str, str]
) -> None:
    clock.set(AT)
    path, content = f"{API}/{amina.token}", pdf()
    hello = {"appointment": amina.appointment.id}
    async with (
        enter_room_client(app_server, {"token": amina.token}) as citizen,
        enter_room_client(app_server, hello, Cookie=boris["Cookie"], Origin=app_server.url) as agent,
        app_server.client() as client,
        app_server.client(headers=boris) as desk,
    ):
        await citizen.send("join")
        await agent.send("admit", participant=citizen.id)
        await citizen.receive("admitted")
        _, begun = await begin(client, path, content, name="nómina.pdf")
        status, done = await send_part(client, path, begun["id"], 0, content)
        assert (status, done["is_complete"]) == (200, True)
        told = await agent.receive("document")
        assert (told["id"], told["name"], told["size"]) == (begun["id"], "nómina.pdf", len(content))
        assert told["from"] == citizen.id
        staff_path = f"{API}/{amina.appointment.id}"
        async with desk.get(f"{staff_path}/documents") as answer:
            (listed,) = (await answer.json())["documents"]
        assert (listed["sender"], listed["is_mine"], listed["from"]) == ("Amina", False, citizen.id)
        async with desk.get(f"{staff_path}/documents/{begun['id']}") as answer:
            assert await answer.read() == content
            headers = answer.headers
        assert headers["Content-Type"] == "application/pdf"
        assert headers["Content-Disposition"].startswith(
            "attachment; filename=\"n_mina.pdf\"; filename*=UTF-8''n%C3%B3"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in headers["Cache-Control"]
        async with client.delete(f"{path}/documents/{begun['id']}") as answer:
            assert answer.status == 204
        assert (await agent.receive("document_removed"))["id"] == begun["id"]


async def test_uploads_of_staff_cannot_be_forged(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: dict[str, str]
) -> None:
    clock.set(AT)
    path = f"{API}/{amina.appointment.id}"
    hello = {"appointment": amina.appointment.id}
    async with (
        enter_room_client(app_server, hello, Cookie=boris["Cookie"], Origin=app_server.url),
        app_server.client(headers=boris) as client,
        app_server.client(headers={"Cookie": boris["Cookie"]}) as foreign,
    ):
        _, begun = await begin(client, path, pdf())
        part = pdf()
        status, refused = await send_part(foreign, path, begun["id"], 0, part, **{"Sec-Fetch-Site": "cross-site"})
        assert (status, refused["code"]) == (403, "csrf")
        status, refused = await send_part(client, path, begun["id"], 0, part, **{"Content-Type": "text/plain"})
        assert (status, refused["code"]) == (403, "csrf")
        assert (await send_part(client, path, begun["id"], 0, part))[0] == 200


async def test_bad_uploads_get_clear_errors(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT)
    await enter_admitted_pair(app_server.runtime, amina)
    path = f"{API}/{amina.token}"
    async with app_server.client(headers={"Accept-Language": "es"}) as client:
        status, refused = await begin(client, path, pdf(), size=MAX_DOCUMENT_BYTES + 1)
        assert (status, refused["errors"][0]["message"][:22]) == (422, "Ocupa más de 10 MB. En")
        assert (await begin(client, path, b""))[1]["errors"][0]["code"] == "document_empty"
        _, begun = await begin(client, path, b"<html>" * 99)
        status, refused = await send_part(client, path, begun["id"], 0, b"<html>" * 99)
        assert (status, refused["code"]) == (409, "document_type")
        assert "Envía un PDF, una foto" in refused["detail"]
        _, begun = await begin(client, path, pdf())
        status, refused = await send_part(client, path, begun["id"], 7, pdf())
        assert (status, refused["code"], refused["offset"]) == (409, "wrong_offset", 0)
        assert (await send_part(client, path, begun["id"], 0, b"x" * (MAX_PART_BYTES + 1)))[0] == 413
        assert (await send_part(client, path, begun["id"], 0, pdf(), **{"Upload-Offset": "-1"}))[0] == 400
        async with client.get(f"{API}/{amina.appointment.id}/documents") as answer:
            assert answer.status == 404  # the id alone opens nothing without a login


async def test_check_under_way_is_told_with_retry_after(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT)
    await enter_admitted_pair(app_server.runtime, amina)
    path = f"{API}/{amina.token}"
    async with app_server.client(headers={"Accept-Language": "es"}) as client:
        _, begun = await begin(client, path, pdf())
        async with app_server.runtime.transaction() as tx:  # another process checks it
            await document_rows.add_part(tx.session, begun["id"], 0, pdf(), tx.now)
            await document_rows.update_document(
                tx.session, begun["id"], check_claimed_until=tx.now + CHECK_CLAIMED_FOR
            )
        sent = {"Content-Type": UPLOAD_MEDIA_TYPE, "Upload-Offset": str(len(pdf()))}
        async with client.patch(f"{path}/documents/{begun['id']}", data=b"", headers=sent) as answer:
            refused = await answer.json()
            assert (answer.status, refused["code"]) == (503, "document_being_checked")
            assert answer.headers["Retry-After"] == str(CHECK_RETRY_AFTER_S)
            assert refused["detail"].startswith("Todavía estamos revisando")


async def test_ended_pages_list_documents_for_members_only(
    app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment, boris: dict[str, str]
) -> None:
    clock.set(AT)
    path, content = f"{API}/{amina.token}", pdf()
    _, agent = await enter_admitted_pair(app_server.runtime, amina)
    async with app_server.client() as client, app_server.client(headers=boris) as desk:
        _, begun = await begin(client, path, content)
        await send_part(client, path, begun["id"], 0, content)
        await staff_actions.end_room(app_server.runtime, agent, "resolved")
        async with client.get(f"/a/{amina.token}/room") as answer:
            assert f"{path}/documents/{begun['id']}" in await answer.text()
        async with desk.get(f"/staff/rooms/{amina.appointment.id}") as answer:
            assert "carta.pdf" not in await answer.text()  # this Boris was not in the call
        async with desk.get(f"{API}/{amina.appointment.id}/documents/{begun['id']}") as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "not_of_this_room")
