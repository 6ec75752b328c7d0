"""Handing a video call over by the API, as both agents and the citizen see it."""

from __future__ import annotations

import gettext
from typing import Any

import pytest
from office360.appointments.service import notes_of_subjects
from office360.core.auth import StaffRole
from office360.core.contact.push_subscriptions import PushSettings, PushSubscription
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.service import open_desk
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.domain.room import ParticipantState
from office360.staff.actions import accounts, alert_settings
from office360.staff.consoles.call_transfers import build_transfer_fields
from office360.staff.consoles.locale import LocaleContext
from office360.staff.queries.board import load_board, remove_names
from sqlalchemy import select

from ...conftest import AppServer
from ...rooms.conftest import amina, booked
from ...rooms.support.video_appointments import (
    BookedVideoAppointment,
    enter_admitted_pair,
    enter_as_agent,
    load_room,
    participant_state,
)
from ..conftest import PASSWORD, load_principal

__all__ = ["amina", "booked"]


class RoomAgent:
    """A signed-in member of staff who calls the API of a room."""

    def __init__(self, server: AppServer, username: str, booked: BookedVideoAppointment) -> None:
        self.server, self.username = server, username
        self.path = f"/api/v1/rooms/{booked.appointment.id}/transfer"

    async def call(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        cookie = await accounts.login(self.server.runtime, self.username, PASSWORD, "192.0.2.7")
        headers = {"Cookie": f"office360_staff={cookie}", "Sec-Fetch-Site": "same-origin"}
        async with self.server.client(headers=headers) as client:
            sent = (body or {}) if method == "POST" else None
            async with client.request(method, self.path + path, json=sent) as answer:
                return answer.status, await answer.json()


@pytest.fixture
async def elena(runtime: Runtime, staff: dict[str, str]) -> str:
    """Id of another agent of the office, who is signed in."""
    created = await accounts.create_user(
        runtime, username="elena", name="Elena", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
    )
    await load_principal(runtime, "elena")
    return created


@pytest.fixture
async def talking(runtime: Runtime, booked: BookedVideoAppointment, elena: str) -> tuple[RoomMember, RoomMember]:
    """Amina and Boris in the call."""
    return await enter_admitted_pair(runtime, booked, await load_principal(runtime, "boris"))


async def test_warm_transfer_has_both_inside_before_sender_leaves(
    app_server: AppServer, booked: BookedVideoAppointment, talking: tuple[RoomMember, RoomMember], elena: str
) -> None:
    runtime, (citizen, sender) = app_server.runtime, talking
    boris, elena_api = RoomAgent(app_server, "boris", booked), RoomAgent(app_server, "elena", booked)
    status, asked = await boris.call("POST", "", {"agent": elena, "kind": "warm", "note": "Wants the form 7."})
    assert (status, asked["state"], asked["from"], asked["to"], asked["inside"]) == (
        201,
        "offered",
        "Boris",
        "Elena",
        False,
    )
    assert (await boris.call("POST", "/answer", {"accept": True}))[1]["code"] == "not_your_transfer"
    assert (await elena_api.call("POST", "/answer", {"accept": True}))[1]["state"] == "accepted"
    assert (await boris.call("POST", "/finish"))[1]["code"] == "successor_missing"
    successor = await enter_as_agent(runtime, booked, await load_principal(runtime, "elena"))
    both = [participant.name for participant in (await load_room(runtime, booked)).admitted_participants()]
    assert sorted(both) == ["Amina", "Boris", "Elena"]
    status, done = await boris.call("POST", "/finish", {"outcome": "pending", "note": "Elena goes on."})
    assert (status, done["state"], done["inside"]) == (200, "done", True)
    states = [await participant_state(runtime, booked, person) for person in (citizen, successor, sender)]
    assert states == [ParticipantState.ADMITTED, ParticipantState.ADMITTED, ParticipantState.LEFT]
    async with runtime.read_session() as session:
        notes = await notes_of_subjects(session, (), (booked.appointment.id,))
    assert sorted(note.text for note in notes) == ["Elena goes on.", "Wants the form 7."]
    assert {note.outcome for note in notes} == {None, "pending"}


async def test_cold_transfer_keeps_place_and_frees_sender(
    app_server: AppServer, booked: BookedVideoAppointment, talking: tuple[RoomMember, RoomMember], elena: str
) -> None:
    runtime, (citizen, sender) = app_server.runtime, talking
    joined_at = (await load_room(runtime, booked)).get_participant(citizen.participant_id).first_joined_at
    boris, elena_api = RoomAgent(app_server, "boris", booked), RoomAgent(app_server, "elena", booked)
    assert (await boris.call("POST", "", {"agent": elena, "kind": "cold"}))[0] == 201
    room = await load_room(runtime, booked)
    amina = room.get_participant(citizen.participant_id)
    assert (amina.state, amina.first_joined_at) == (ParticipantState.LOBBY, joined_at)
    assert amina.lobby_message == "Te pasamos con Elena. Quédate aquí: conservas tu sitio."
    assert room.get_participant(sender.participant_id).state is ParticipantState.LEFT
    assert (await elena_api.call("POST", "/answer", {"accept": False}))[1]["state"] == "declined"
    assert (await elena_api.call("POST", "/answer", {"accept": True}))[1]["code"] == "transfer_over"


async def test_console_of_receiver_shows_transfer_until_inside(
    app_server: AppServer,
    office: Office,
    booked: BookedVideoAppointment,
    talking: tuple[RoomMember, RoomMember],
    elena: str,
) -> None:
    runtime = app_server.runtime
    boris = await load_principal(runtime, "boris")
    await RoomAgent(app_server, "boris", booked).call("POST", "", {"agent": elena})

    async def console(person_id: str) -> dict[str, Any]:
        async with runtime.read_session() as session:
            board = await load_board(session, runtime.tokens, office, "en", runtime.now())
        assert remove_names(board)["transfers"] == []
        return build_transfer_fields(board, person_id, LocaleContext("en", gettext.NullTranslations(), office))

    (asked,) = (await console(elena))["transfers"]
    assert (asked["title"], asked["may"]) == ("Boris asks you to come into a video call", ["answer"])
    assert asked["detail"].startswith("Amina, ")
    (own,) = (await console(boris.id))["own_transfers"]
    assert (own["to"], own["state"], own["inside"]) == ("Elena", "offered", False)
    assert (await console(boris.id))["transfers"] == []
    await enter_as_agent(runtime, booked, await load_principal(runtime, "elena"))  # without answering
    assert (await console(elena))["transfers"] == []
    assert (await console(boris.id))["own_transfers"][0]["state"] == "accepted"


async def test_declined_cold_transfer_comes_back_to_sender(
    app_server: AppServer,
    office: Office,
    booked: BookedVideoAppointment,
    talking: tuple[RoomMember, RoomMember],
    elena: str,
) -> None:
    runtime = app_server.runtime
    boris = await load_principal(runtime, "boris")
    await RoomAgent(app_server, "boris", booked).call("POST", "", {"agent": elena, "kind": "cold"})
    await RoomAgent(app_server, "elena", booked).call("POST", "/answer", {"accept": False})

    async def told() -> list[str]:
        async with runtime.read_session() as session:
            board = await load_board(session, runtime.tokens, office, "en", runtime.now())
        fields = build_transfer_fields(board, boris.id, LocaleContext("en", gettext.NullTranslations(), office))
        return [transfer["title"] for transfer in fields["transfers"]]

    assert await told() == ["Elena cannot take the video call"]
    await enter_as_agent(runtime, booked, boris)
    assert await told() == []


async def test_receiver_of_transfer_gets_a_push(
    app_server: AppServer, booked: BookedVideoAppointment, talking: tuple[RoomMember, RoomMember], elena: str
) -> None:
    runtime = app_server.runtime
    for name in ("boris", "elena"):
        person = await load_principal(runtime, name)
        browser = PushSubscription(f"https://push.example.org/{name}", "p", "a")
        await alert_settings.add_device(
            runtime, person, browser, PushSettings("key"), label="Firefox", language="es"
        )
    await RoomAgent(app_server, "boris", booked).call("POST", "", {"agent": elena, "kind": "cold"})
    async with runtime.read_session() as session:
        rows = list(await session.scalars(select(OutboxRow).where(OutboxRow.channel == "push")))
    assert [(row.kind, row.subject) for row in rows] == [("staff_transfer", f"staff:{elena}")]
    assert rows[0].payload["path"] == f"/staff/rooms/{booked.appointment.id}"
    assert booked.appointment.name not in str(rows[0].payload)


async def test_choices_are_people_who_are_here(
    app_server: AppServer,
    office: Office,
    booked: BookedVideoAppointment,
    talking: tuple[RoomMember, RoomMember],
    elena: str,
) -> None:
    boris = RoomAgent(app_server, "boris", booked)
    assert [(person["agent"], person["desk"]) for person in (await boris.call("GET"))[1]["people"]] == [
        (elena, None)
    ]
    principal = await load_principal(app_server.runtime, "elena")
    await open_desk(app_server.runtime, principal, office.desks[1].id)
    _, found = await boris.call("GET")
    assert [(person["agent"], person["desk"]) for person in found["people"]] == [(elena, office.desks[1].id)]
    for body, code in (
        ({"agent": "unknown"}, "transfer_unknown"),
        ({"desk": office.desks[0].id}, "transfer_unknown"),
        ({"agent": talking[1].participant_id}, "transfer_unknown"),
    ):
        assert (await boris.call("POST", "", body))[1]["code"] == code
    assert (await boris.call("POST", "", {"desk": office.desks[1].id}))[1]["to_id"] == elena
    assert (await boris.call("POST", "/withdraw"))[1]["state"] == "withdrawn"


async def test_transfer_from_outside_of_the_room_is_refused(
    app_server: AppServer, booked: BookedVideoAppointment, talking: tuple[RoomMember, RoomMember], elena: str
) -> None:
    await load_principal(app_server.runtime, "boris")  # is here
    _, people = await RoomAgent(app_server, "elena", booked).call("GET")
    body = {"agent": people["people"][0]["agent"], "kind": "cold"}
    status, problem = await RoomAgent(app_server, "elena", booked).call("POST", "", body)
    assert (status, problem["code"]) == (403, "staff_only")
    status, _ = await RoomAgent(app_server, "diego", booked).call("POST", "", body)
    assert status == 403
