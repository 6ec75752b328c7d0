"""A person on hold and the HTTP calls of the room: refused as on the socket (decision 40)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from office360.core.web.api_route import API_PREFIX
from office360.core.web.authentication import UPLOAD_MEDIA_TYPE
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.rooms.actions.accept_text import offer_text
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.actions.send_document import append_part, begin_upload
from office360.rooms.domain.room_documents import MIN_PART_BYTES
from office360.rooms.queries.room_access import CITIZEN_PERSON, guest_key, person_key
from office360.rooms.storage import document_rows
from office360.server.web.openapi_document import API_ROUTES

from ...conftest import AppServer, FakeClock
from ..support.accepted_texts import store_texts
from ..support.documents import announced, pdf
from ..support.guests import invite_guest
from ..support.video_appointments import (
    AT,
    BORIS,
    BookedVideoAppointment,
    enter_admitted_pair,
    new_session_hash,
)

DEVICE = "phone-of-fatima"
AGENT = person_key(BORIS)
CONTENT = pdf()
FILE = {"name": "otra.pdf", "size": 20_000, "sha256": "0" * 64}
REFUSED, STAFF_ONLY = "not_admitted", "unauthenticated"
# Each call of a room, its body, and the code for a person on hold.
CALLS: Mapping[str, tuple[Any, str]] = {
    "GET /rooms/{appointment}/documents": (None, REFUSED),
    "POST /rooms/{appointment}/documents": (FILE, REFUSED),
    "PATCH /rooms/{appointment}/documents/{upload}": (CONTENT[MIN_PART_BYTES:], REFUSED),
    "GET /rooms/{appointment}/documents/{document}": (None, REFUSED),
    "DELETE /rooms/{appointment}/documents/{document}": (None, REFUSED),
    "DELETE /rooms/{appointment}/documents/{upload}": (None, REFUSED),
    "GET /rooms/{appointment}/acceptances": (None, REFUSED),
    "POST /rooms/{appointment}/acceptances": ({"text": "query"}, REFUSED),
    "POST /rooms/{appointment}/acceptances/{text}/code": ({"channel": "email"}, REFUSED),
    "POST /rooms/{appointment}/acceptances/{text}/accept": ({"code": "123456"}, REFUSED),
    "POST /rooms/{appointment}/acceptances/{text}/decline": ({}, REFUSED),
    "POST /rooms/{appointment}/acceptances/{text}/withdraw": ({}, REFUSED),
    "POST /rooms/{appointment}/survey": ({"overall": "good"}, "call_not_over"),
    "POST /rooms/{appointment}/call-back": ({}, STAFF_ONLY),
    "GET /rooms/{appointment}/invites": (None, STAFF_ONLY),
    "POST /rooms/{appointment}/invites": ({"role": "relative"}, STAFF_ONLY),
    "POST /rooms/{appointment}/invites/{invite}/send-again": ({}, STAFF_ONLY),
    "POST /rooms/{appointment}/invites/{invite}/withdraw": ({}, STAFF_ONLY),
    "GET /rooms/{appointment}/transfer": (None, STAFF_ONLY),
    "POST /rooms/{appointment}/transfer": ({"agent": "boris", "kind": "cold"}, STAFF_ONLY),
    "POST /rooms/{appointment}/transfer/answer": ({"accepted": True}, STAFF_ONLY),
    "POST /rooms/{appointment}/transfer/withdraw": ({}, STAFF_ONLY),
    "POST /rooms/{appointment}/transfer/finish": ({}, STAFF_ONLY),
    "POST /staff/rooms/{appointment}/emergency": ({}, STAFF_ONLY),
}


@dataclass
class HeldPerson:
    """A person in the call with an upload that is not finished, then put on hold."""

    member: RoomMember
    agent: RoomMember
    client: aiohttp.ClientSession
    page: str
    ids: dict[str, str]  # by the placeholders of CALLS

    async def call(self, call: str, body: Any) -> tuple[int, str | None]:
        """Make a call. Return the status and the error code."""
        method, path = call.split()
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        if isinstance(body, bytes):
            headers = {"Content-Type": UPLOAD_MEDIA_TYPE, "Upload-Offset": str(MIN_PART_BYTES)}
            sent = {"data": body, "headers": headers}
        async with self.client.request(method, API_PREFIX + path.format(**self.ids), **sent) as answer:
            found = await answer.json() if "json" in answer.content_type else {}
            return answer.status, found.get("code")


@pytest.fixture(params=["citizen", "guest"])
async def held(
    request: pytest.FixtureRequest, app_server: AppServer, clock: FakeClock, amina: BookedVideoAppointment
) -> AsyncIterator[HeldPerson]:
    clock.set(AT)
    runtime, appointment, is_guest = app_server.runtime, amina.appointment, request.param == "guest"
    await store_texts(runtime, amina, {"query": {"title": {"es": "Datos"}, "body": {"es": "Autorizo."}}})
    member, agent = await enter_admitted_pair(runtime, amina)
    invite, link = await invite_guest(runtime, amina)
    token, person = amina.token, CITIZEN_PERSON
    if is_guest:
        token, person = link, guest_key(invite.id)
        member = await room_entry.enter_as_guest(runtime, link, DEVICE, new_session_hash())
        await participant_actions.join_lobby(runtime, member, None)
        await staff_actions.admit_participant(runtime, agent, member.participant_id)
    document, _ = await begin_upload(runtime, appointment, AGENT, announced(CONTENT, "de-boris.pdf"))
    await append_part(runtime, appointment, AGENT, document.id, 0, CONTENT)
    upload, _ = await begin_upload(runtime, appointment, person, announced(CONTENT))
    await append_part(runtime, appointment, person, upload.id, 0, CONTENT[:MIN_PART_BYTES])
    offered = await offer_text(runtime, appointment, AGENT, "query", frozenset())
    await staff_actions.hold_participant(runtime, agent, member.participant_id)
    ids = {
        "appointment": token,
        "document": document.id,
        "upload": upload.id,
        "text": offered.id,
        "invite": invite.id,
    }
    page = f"/i/{token}" if is_guest else f"/a/{token}/room"
    async with app_server.client(headers={"Cookie": f"office360_device={DEVICE}"}) as client:
        yield HeldPerson(member, agent, client, page, ids)


async def test_held_person_is_refused_by_every_call(held: HeldPerson, app_server: AppServer) -> None:
    answers = {call: (await held.call(call, body))[1] for call, (body, _) in CALLS.items()}
    assert answers == {call: code for call, (_, code) in CALLS.items()}
    async with app_server.runtime.read_session() as session:
        assert await document_rows.count_documents(session, held.member.appointment_id) == 2
    async with held.client.get(held.page) as answer:  # the page itself stays open, and lists nothing
        assert (answer.status, "de-boris.pdf" in await answer.text()) == (200, False)
    await staff_actions.admit_participant(app_server.runtime, held.agent, held.member.participant_id)
    for call in ("GET /rooms/{appointment}/documents", "GET /rooms/{appointment}/documents/{document}"):
        assert (await held.call(call, None))[0] == 200
    assert (await held.call("PATCH /rooms/{appointment}/documents/{upload}", CONTENT[MIN_PART_BYTES:]))[0] == 200


async def test_held_person_who_hangs_up_reads_after_the_end_only(held: HeldPerson, app_server: AppServer) -> None:
    calls = ("GET /rooms/{appointment}/documents", "GET /rooms/{appointment}/acceptances")
    await participant_actions.leave_room(app_server.runtime, held.member)
    assert [(await held.call(call, None))[0] for call in calls] == [403, 403]
    await staff_actions.end_room(app_server.runtime, held.agent, "resolved")
    after = 200 if held.page.startswith("/a/") else 403
    assert [(await held.call(call, None))[0] for call in calls] == [after, after]


def test_table_of_held_people_has_every_call() -> None:
    placeholders = ("{upload}", "{document}", "{text}", "{invite}")

    def route(call: str) -> str:
        for placeholder in placeholders:
            call = call.replace(placeholder, "{id}")
        return call

    rooms = {call for call in API_ROUTES if "/rooms/{appointment}" in call}
    assert {route(call) for call in CALLS} == rooms
