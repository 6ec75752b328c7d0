"""Invitations by the API, their messages, and the guest's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Gone
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.rooms.actions import participant_actions, room_entry
from office360.rooms.storage.room_invite_rows import anonymise_invites, invites_of_room
from office360.staff.actions import accounts as staff
from sqlalchemy import select

from ...conftest import AppServer, FakeClock
from ...support.office_fixture import build_office
from ..support.guests import invite_guest
from ..support.video_appointments import AT, BookedVideoAppointment, new_session_hash


async def call_api(
    server: AppServer, method: str, path: str, body: Any = None, *, office: str = "centro"
) -> tuple[int, Any]:
    """Call the API with the key of an agent."""
    key = await staff.create_api_key(server.runtime, name="Boris", role=StaffRole.AGENT, offices=[office])
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        server.client(headers=headers) as client,
        client.request(method, f"/api/v1/rooms/{path}", json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_invited_guest_gets_link_that_names_no_citizen(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    path = f"{booked.appointment.id}/invites"
    body = {"role": "interpreter", "name": "Fatima", "email": "fatima@example.org"}
    status, made = await call_api(app_server, "POST", path, body)
    assert (status, made["state"], made["channel"], made["role"]) == (201, "sent", "email", "interpreter")
    assert made["link"].startswith(f"{app_server.url}/i/")
    assert made["qr"]["path"]
    async with app_server.runtime.read_session() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == "room_invite"))).one()
    assert (row.recipient, row.channel, row.language) == ("fatima@example.org", "email", "es")
    assert booked.appointment.name not in str(row.payload)
    assert made["link"].rsplit("/", 1)[1] not in str(row.payload)  # derived when it is sent
    async with app_server.client() as client, client.get(made["link"]) as page:
        text = await page.text()
    assert (page.status, "Te han invitado a una videollamada" in text, "Amina" in text) == (200, True, False)
    async with app_server.runtime.read_session() as session:
        (invite,) = await invites_of_room(session, booked.appointment.id)
    assert invite.opened_at is None  # a GET binds nothing


async def test_list_shows_states_and_hides_used_links(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    runtime, path = app_server.runtime, f"{booked.appointment.id}/invites"
    _, token = await invite_guest(runtime, booked)
    invite, _ = await invite_guest(runtime, booked, "Gema")
    await room_entry.enter_as_guest(runtime, token, "phone", new_session_hash())
    status, withdrawn = await call_api(app_server, "POST", f"{path}/{invite.id}/withdraw")
    assert (status, withdrawn["state"], withdrawn["link"]) == (200, "withdrawn", None)
    _, listed = await call_api(app_server, "GET", path)
    assert [(invite["name"], invite["state"], invite["link"]) for invite in listed] == [
        ("Fatima", "opened", None),
        ("Gema", "withdrawn", None),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "role"),
        ({"role": "citizen"}, "role"),
        ({"role": "relative", "email": "nothing"}, "email"),
        ({"role": "relative", "phone": "12"}, "phone"),
    ],
)
async def test_wrong_invitation_names_its_field(
    app_server: AppServer, booked: BookedVideoAppointment, body: dict[str, Any], field: str
) -> None:
    status, problem = await call_api(app_server, "POST", f"{booked.appointment.id}/invites", body)
    assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])


async def test_agents_of_another_office_and_citizens_may_not_invite(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    path, body = f"{booked.appointment.id}/invites", {"role": "relative"}
    status, _ = await call_api(app_server, "POST", path, body, office="norte")
    assert status == 403
    async with app_server.client() as client:
        async with client.post(f"/api/v1/rooms/{path}", json=body) as answer:
            assert answer.status == 401
        async with client.get(f"/api/v1/rooms/{booked.token}/invites") as answer:
            assert answer.status == 401


async def test_eleventh_invitation_is_refused(app_server: AppServer, booked: BookedVideoAppointment) -> None:
    for number in range(10):
        await invite_guest(app_server.runtime, booked, f"Guest {number}")
    status, problem = await call_api(app_server, "POST", f"{booked.appointment.id}/invites", {"role": "relative"})
    assert (status, problem["code"]) == (409, "too_many_invites")


async def test_unused_link_is_sent_again_once_a_minute(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    invite, token = await invite_guest(app_server.runtime, booked, email="fatima@example.org")
    path = f"{booked.appointment.id}/invites/{invite.id}/send-again"
    status, problem = await call_api(app_server, "POST", path)
    assert (status, problem["code"]) == (409, "invited_already")
    clock.advance(minutes=1)
    status, sent = await call_api(app_server, "POST", path)
    assert (status, sent["id"], sent["link"].rsplit("/", 1)[1]) == (200, invite.id, token)
    async with app_server.runtime.read_session() as session:  # the server may have sent the first of them
        messages = await session.scalars(select(OutboxRow).where(OutboxRow.kind == "room_invite"))
        assert len(messages.all()) == 2


async def test_used_link_is_replaced_by_a_new_one(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime = app_server.runtime
    invite, token = await invite_guest(runtime, booked, email="fatima@example.org")
    guest = await room_entry.enter_as_guest(runtime, token, "phone", new_session_hash())
    await participant_actions.join_lobby(runtime, guest, "Fatima")
    path = f"{booked.appointment.id}/invites/{invite.id}/send-again"
    clock.advance(minutes=1)
    assert (await call_api(app_server, "POST", path))[1]["code"] == "guest_present"
    await participant_actions.leave_room(runtime, guest)
    status, fresh = await call_api(app_server, "POST", path)
    assert (status, fresh["state"], fresh["contact"]) == (200, "sent", "fatima@example.org")
    assert fresh["id"] != invite.id
    new_token = fresh["link"].rsplit("/", 1)[1]
    await room_entry.enter_as_guest(runtime, new_token, "tablet", new_session_hash())
    with pytest.raises(Gone, match="invite_withdrawn"):
        await room_entry.enter_as_guest(runtime, token, "phone", new_session_hash())
    assert (await call_api(app_server, "POST", path))[1]["code"] == "invite_withdrawn"


async def guest_page(client: aiohttp.ClientSession, token: str) -> tuple[int, str]:
    async with client.get(f"/i/{token}") as page:
        return page.status, await page.text()


async def test_page_says_why_a_link_does_not_work(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime = app_server.runtime
    _, token = await invite_guest(runtime, booked)
    async with app_server.client() as phone, app_server.client() as tablet:
        assert (await guest_page(phone, "unknown"))[0] == 404
        clock.set(AT - timedelta(hours=2))
        assert "Podrás entrar desde las 11:45" in (await guest_page(phone, token))[1]
        clock.set(AT)
        assert "Entrar en la sala de espera" in (await guest_page(phone, token))[1]
        (device,) = (cookie.value for cookie in phone.cookie_jar if cookie.key == "office360_device")
        await room_entry.enter_as_guest(runtime, token, device, new_session_hash())
        assert "Entrar en la sala de espera" in (await guest_page(phone, token))[1]
        assert "Este enlace se ha usado en otro dispositivo" in (await guest_page(tablet, token))[1]
        clock.set(AT + timedelta(hours=3))
        assert "Esta videollamada ya ha terminado" in (await guest_page(phone, token))[1]


async def test_names_and_contacts_of_guests_are_deleted(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await invite_guest(runtime, booked, email="fatima@example.org")
    await anonymise_invites(runtime, runtime.now() - timedelta(days=1))
    async with runtime.read_session() as session:
        assert (await invites_of_room(session, booked.appointment.id))[0].contact is not None
    await anonymise_invites(runtime, runtime.now() + timedelta(days=1))
    async with runtime.read_session() as session:
        (invite,) = await invites_of_room(session, booked.appointment.id)
    assert (invite.name, invite.contact, invite.token_hash) == ("", None, hash_token(_token(runtime, invite.id)))


def _token(runtime: Runtime, invite_id: str) -> str:
    return runtime.tokens.derive("guest", invite_id)
