"""Every message of /ws/room in a table: accepted, refused, malformed, foreign, replayed.

One call runs, of Amina and Boris. Elena is outside the lobby of another room.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from office360.core.auth import StaffRole
from office360.core.json_types import JsonObject
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.rooms.realtime.room_commands import COMMANDS
from office360.staff.actions import accounts as staff

from ...conftest import AppServer
from ..support.room_client import RoomClient, enter_room_client
from ..support.socket_call import CANDIDATE, OFFER, call
from ..support.video_appointments import AT, BookedVideoAppointment, book_video_appointment

SILENT = ("", "")  # stored, or without effect
AGAIN = "the same effect again"
NOTHING = "neither an effect nor an error"
CLOSED = "the socket is closed"
TO_AMINA, TO_BORIS, TO_ELENA = "id of amina", "id of boris", "id of elena"
TEST, OTHERS_TEST = "test of amina", "test of elena"


@dataclass(frozen=True)
class Step:
    """Message that brings Amina into the place of a row, and what follows from it."""

    sender: str
    type: str
    fields: JsonObject
    effects: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """Message of a row.

    Its fields may name a person by TO_AMINA and so on, and a connection test.
    """

    type: str
    sender: str
    fields: JsonObject = field(default_factory=dict)
    effect: tuple[str, str] = SILENT  # receiver, and type of what the receiver gets
    refused: tuple[str, str] | None = None  # who may not send it, and the code; None if everyone may
    malformed: JsonObject | None = None  # None if the message has no fields
    foreign: JsonObject | None = None  # fields that name what is Elena's; None if the message names nothing
    replayed: str = AGAIN  # or a code
    before: Step | None = None
    foreign_code: str = "not_in_room"


STAFF_ONLY = ("amina", "staff_only")
MEMBERS_ONLY = ("elena", "not_admitted")
SIGNAL = {"to": TO_BORIS, "pc_gen": 1}
TO_OTHERS_ROOM = {"to": TO_ELENA}
LOBBY = Step(
    "boris", "return_to_lobby", {"participant": TO_AMINA}, (("amina", "lobby"), ("boris", "participant_updated"))
)
AWAY = Step("amina", "leave", {}, (("boris", "participant_left"),))
LINE = {"text": "hola", "id": "1"}

TABLE = [
    Row("join", "elena", {"name": "Elena"}, ("elena", "lobby"), None, {"name": 7}, None, NOTHING),
    Row("leave", "amina", {}, ("boris", "participant_left"), None, None, None, NOTHING),
    Row(
        "admit", "boris", {"participant": TO_AMINA}, ("amina", "admitted"), STAFF_ONLY,
        {}, {"participant": TO_ELENA}, NOTHING, LOBBY,
    ),
    Row(
        "hold", "boris", {"participant": TO_AMINA}, ("amina", "held"), STAFF_ONLY,
        {"participant": 7}, {"participant": TO_ELENA}, NOTHING,
    ),
    Row(
        "return_to_lobby", "boris", {"participant": TO_AMINA}, ("amina", "returned_to_lobby"), STAFF_ONLY,
        {"participant": None}, {"participant": TO_ELENA}, "not_admitted",
    ),
    Row(
        "remove", "boris", {"participant": TO_AMINA}, ("amina", "ended"), STAFF_ONLY,
        {"participant": ["x"]}, {"participant": TO_ELENA}, "not_inside",
    ),
    Row(
        "message", "boris", {"text": "Two minutes", "participant": TO_AMINA}, ("amina", "lobby"), STAFF_ONLY,
        {"text": ""}, {"participant": TO_ELENA}, NOTHING, LOBBY,
    ),
    Row(
        "agent_state", "boris", {"state": "busy"}, SILENT, STAFF_ONLY, {"state": "asleep"}, None, NOTHING
    ),
    Row(
        "call_back", "boris", {}, ("boris", "called_back"), STAFF_ONLY, None, None, "called_back_already", AWAY
    ),
    Row(
        "lobby_test", "amina", {"test": TEST}, ("boris", "participant_updated"), MEMBERS_ONLY,
        {"test": " "}, {"test": OTHERS_TEST}, NOTHING, foreign_code="not_found",
    ),
    Row("checklist", "boris", {"items": {"document_shown": True}}, SILENT, STAFF_ONLY, {"items": "all"}),
    Row("show_document", "boris", {"side": "front"}, ("amina", "show_document"), STAFF_ONLY, {"side": "inside"}),
    Row(
        "document_shown", "amina", {"side": "front", "state": "shown"}, ("boris", "document_shown"), MEMBERS_ONLY,
        {"state": "perhaps"},
    ),
    Row("by_phone", "boris", {"on": True}, ("boris", "by_phone"), STAFF_ONLY, {"on": "perhaps"}, None, NOTHING),
    Row("phone_number", "boris", {}, ("boris", "phone_number"), STAFF_ONLY),
    Row("end", "boris", {"outcome": "resolved"}, ("amina", "ended"), STAFF_ONLY, {"outcome": 7}, None, CLOSED),
    Row(
        "description", "amina", {**SIGNAL, "description": OFFER}, ("boris", "description"), MEMBERS_ONLY,
        {"description": "v=0"}, TO_OTHERS_ROOM,
    ),
    Row(
        "candidate", "amina", {**SIGNAL, "candidate": CANDIDATE}, ("boris", "candidate"), MEMBERS_ONLY,
        {"candidate": 7}, TO_OTHERS_ROOM,
    ),
    Row(
        "candidates", "amina", {**SIGNAL, "candidates": [CANDIDATE]}, ("boris", "candidate"), MEMBERS_ONLY,
        {"candidates": []}, TO_OTHERS_ROOM,
    ),
    Row("renew", "amina", SIGNAL, ("boris", "renew"), MEMBERS_ONLY, {"pc_gen": -1}, TO_OTHERS_ROOM),
    Row("chat", "amina", LINE, ("boris", "chat"), MEMBERS_ONLY, {"text": " "}, None, NOTHING),
    Row("ack", "amina", {"seq": 1}, SILENT, None, {"seq": -1}),
    Row("media_state", "amina", {"video": False}, ("boris", "media_state"), MEMBERS_ONLY, {"audio": "perhaps"}),
    Row("quality", "amina", {"rtt_ms": 40}, SILENT, MEMBERS_ONLY, {"rtt_ms": -1}),
    Row(
        "sound_only", "amina", {"on": True, "reason": "own_choice"}, SILENT, MEMBERS_ONLY, {"reason": "because"}
    ),
    Row(
        "consent", "amina", {"text": "video_call_v1", "accepted": True}, SILENT, MEMBERS_ONLY,
        {"accepted": "perhaps"},
    ),
    Row("ice_servers", "amina", {}, ("amina", "ice_servers")),
    Row("away", "amina", {}, ("boris", "away"), MEMBERS_ONLY),
]  # fmt: skip


@pytest.fixture
async def amina(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    """Amina's appointment, with a telephone number."""
    return await book_video_appointment(runtime, AT, phone="+34600000001")


@asynccontextmanager
async def three_people(
    server: AppServer, booked: BookedVideoAppointment, elena: BookedVideoAppointment
) -> AsyncIterator[dict[str, RoomClient]]:
    key = await staff.create_api_key(server.runtime, name="boris", role=StaffRole.AGENT, offices=["centro"])
    async with (
        call(server, booked, key) as (amina, boris),
        enter_room_client(server, {"token": elena.token}) as stranger,
    ):
        yield {"amina": amina, "boris": boris, "elena": stranger}


async def expect_effect(people: dict[str, RoomClient], row: Row) -> None:
    receiver, type = row.effect
    if receiver:
        await people[receiver].receive(type)
    else:
        await expect_nothing(people, row)


async def expect_nothing(people: dict[str, RoomClient], row: Row) -> None:
    """Check that no participant gets the effect, and the sender no error."""
    for person in {row.sender, row.effect[0]} - {""}:
        assert not {row.effect[1], "error"} & set(await people[person].drain_types()), person


async def new_test(server: AppServer, booked: BookedVideoAppointment) -> str:
    """Report a connection test of an appointment, and return its token."""
    _, token = await connection_tests.create_test(server.runtime, "room", booked.token, quick=True)
    await connection_tests.add_report(server.runtime, token, MeasurementsMessage(rtt_ms=900))
    return token


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.type)
async def test_message_in_every_way_it_can_arrive(
    app_server: AppServer, elena: BookedVideoAppointment, booked: BookedVideoAppointment, row: Row
) -> None:
    async with three_people(app_server, booked, elena) as people:
        names = {f"id of {name}": client.id for name, client in people.items()}
        if TEST in row.fields.values():
            names |= {TEST: await new_test(app_server, booked), OTHERS_TEST: await new_test(app_server, elena)}

        def body(fields: JsonObject) -> JsonObject:
            return {
                key: names.get(value, value) if isinstance(value, str) else value for key, value in fields.items()
            }

        sender = people[row.sender]
        if row.before is not None:
            await people[row.before.sender].send(row.before.type, **body(row.before.fields))
            for receiver, type_ in row.before.effects:
                await people[receiver].receive(type_)
        if row.refused is not None:
            who, code = row.refused
            assert await people[who].send_refused(row.type, **body(row.fields)) == code
        if row.malformed is not None:
            fields = {} if row.malformed == {} else {**row.fields, **row.malformed}
            assert await sender.send_refused(row.type, **body(fields)) == "invalid"
        if row.foreign is not None:
            foreign = body({**row.fields, **row.foreign})
            assert await sender.send_refused(row.type, **foreign) == row.foreign_code
            assert await people["elena"].drain_types() == []
        await sender.send(row.type, **body(row.fields))
        await expect_effect(people, row)
        if row.replayed == CLOSED:
            assert await sender.wait_closed() is not None
            return
        if row.replayed not in (AGAIN, NOTHING):
            assert await sender.send_refused(row.type, **body(row.fields)) == row.replayed
            return
        await sender.send(row.type, **body(row.fields))
        await (expect_effect if row.replayed == AGAIN else expect_nothing)(people, row)


def test_table_has_every_message() -> None:
    assert [row.type for row in TABLE if row.type not in COMMANDS] == []
    assert set(COMMANDS) - {row.type for row in TABLE} == set()
